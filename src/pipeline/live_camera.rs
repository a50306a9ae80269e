//! The virtual camera that runs beside the live pictures: gets each of them, from the GPU or the CPU, and costs the generating thread next to nothing.

use std::sync::Arc;

use super::returning::{Returned, Returning};
use super::shared::{PipelineState, lock};

use crate::gpu::Gpu;
use crate::runtime::{Timings, Worker};
use crate::session::{Event, PicturePart, RenderedImage};
use crate::virtual_camera::{VirtualCamera, VirtualCameraError, VirtualCameraOptions};

/// Starts the camera's thread, which opens the device and reports what came of it.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(options: VirtualCameraOptions, shared: &Arc<PipelineState>) -> Result<VirtualCamera, VirtualCameraError> {
    let reports = Arc::clone(shared);
    let camera = VirtualCamera::start(options, shared.timings.clone(), move |outcome| {
        reports.report(match outcome {
            Ok(device) => Event::VirtualCameraOpened(device),
            Err(error) => Event::VirtualCameraFailed(error.to_string()),
        });
    })?;
    *lock(&shared.virtual_camera) = Some(camera.watch());
    Ok(camera)
}

/// The running virtual camera.
pub(super) struct LiveCamera {
    camera: VirtualCamera,
    /// Each with the part of it that is sent.
    returning: Returning<Option<PicturePart>>,
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

    /// Adds a part of a finished picture, or all of it. Never waits.
    pub(super) fn add(&mut self, image: &RenderedImage, part: Option<PicturePart>) {
        let Self { camera, returning, timings, .. } = self;
        timings.measure("hand over", || returning.add(image, part, |picture, part| put(camera, picture, part)));
        let missed = self.returning.skipped() - std::mem::replace(&mut self.missed, self.returning.skipped());
        self.camera.count_missed(missed);
    }

    /// Hands over what has come back from the GPU since, so that it need not wait for the driver's next frame. Never waits.
    pub(super) fn catch_up(&mut self) {
        if self.returning.is_under_way() {
            let Self { camera, returning, .. } = self;
            returning.collect(|picture, part| put(camera, picture, part));
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
fn put(camera: &VirtualCamera, picture: Returned, part: Option<PicturePart>) {
    camera.put(Box::new(move || match picture.part(part) {
        Ok(pixels) => Some(pixels),
        Err(error) => {
            tracing::warn!("a picture for the virtual camera was lost: {error}");
            None
        }
    }));
}
