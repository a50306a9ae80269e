//! The virtual camera that runs beside the live pictures: gets each of them, wherever it lies, and costs the generating thread next to nothing.

use std::sync::Arc;

use super::generating::Command;
use super::puppet::RenderedImage;
use super::returning::{Returned, Returning};
use super::{Event, Pipeline, PipelineError};
use crate::gpu::Gpu;
use crate::runtime::{Timings, Worker};
use crate::virtual_camera::{VirtualCamera, VirtualCameraOptions, VirtualCameraPhase, VirtualCameraStatus, VirtualCameraWatch};

impl Pipeline {
    /// Sends what is shown to a virtual camera from now on; [`Event::VirtualCameraOpened`] or [`Event::VirtualCameraFailed`] tells what came of it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_virtual_camera(&mut self, options: VirtualCameraOptions) -> Result<(), PipelineError> {
        let shared = Arc::clone(&self.shared);
        let camera = VirtualCamera::start(options, self.shared.timings.clone(), move |outcome| {
            shared.report(match outcome {
                Ok(device) => Event::VirtualCameraOpened(device),
                Err(error) => Event::VirtualCameraFailed(error.to_string()),
            });
        })?;
        self.camera = Some(camera.watch());
        self.to_generate.send(Command::VirtualCamera(Some(Box::new(camera)))).ok();
        Ok(())
    }

    /// Ends the virtual camera: programs that read it get no more pictures.
    pub fn stop_virtual_camera(&mut self) {
        self.camera = None;
        self.to_generate.send(Command::VirtualCamera(None)).ok();
    }

    /// How the virtual camera stands; `None` when there is none, or none any more.
    pub fn virtual_camera(&self) -> Option<VirtualCameraStatus> {
        let status = self.camera.as_ref().map(VirtualCameraWatch::status);
        status.filter(|status| status.phase != VirtualCameraPhase::Over)
    }
}

/// The running virtual camera.
pub(super) struct LiveCamera {
    camera: VirtualCamera,
    returning: Returning<()>,
    missed: u64,
    timings: Timings,
}

impl LiveCamera {
    /// Feeds `camera` with pictures, some of which lie on the GPU. `timings` gets what that costs.
    pub(super) fn new(camera: VirtualCamera, gpu: Option<&Gpu>, timings: Timings) -> Self {
        Self { camera, returning: Returning::new(gpu), missed: 0, timings }
    }

    /// Takes pictures from another device from now on; what is still on its way from the last one is left there.
    pub(super) fn use_gpu(&mut self, gpu: Option<&Gpu>) {
        (self.returning, self.missed) = (Returning::new(gpu), 0);
    }

    /// Adds a finished picture. Never waits.
    pub(super) fn add(&mut self, image: &RenderedImage) {
        let Self { camera, returning, timings, .. } = self;
        timings.measure("hand over", || returning.add(image, (), |picture, ()| put(camera, picture)));
        let missed = self.returning.skipped() - std::mem::replace(&mut self.missed, self.returning.skipped());
        self.camera.count_missed(missed);
    }

    /// Hands over what has come back from the GPU since, so that it need not wait for the driver's next frame. Never waits.
    pub(super) fn catch_up(&mut self) {
        if self.returning.is_under_way() {
            let Self { camera, returning, .. } = self;
            returning.collect(|picture, ()| put(camera, picture));
        }
    }

    /// Whether it has ended by itself.
    pub(super) fn is_over(&self) -> bool {
        self.camera.is_over()
    }

    /// Ends it without waiting; the worker closes the device in a moment.
    pub(super) fn close(self) -> Worker {
        self.camera.close()
    }
}

/// The copy out of the GPU's buffer is left to the camera's thread.
fn put(camera: &VirtualCamera, picture: Returned) {
    camera.put(Box::new(move || match picture.pixels() {
        Ok(pixels) => Some(pixels),
        Err(error) => {
            tracing::warn!("a picture for the virtual camera was lost: {error}");
            None
        }
    }));
}
