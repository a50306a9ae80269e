//! Single jobs beside everything else, each on a thread of its own: lists of devices, and recordings that an earlier run left unfinished.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::shared::{PipelineState, lock};
use crate::capture;
use crate::record;
use crate::runtime::Worker;
use crate::session::{Event, VirtualCameraPhase};

/// The jobs under way.
pub(super) struct Errands {
    shared: Arc<PipelineState>,
    workers: Mutex<Vec<Worker>>,
}

impl Errands {
    pub(super) fn new(shared: Arc<PipelineState>) -> Self {
        Self { shared, workers: Mutex::default() }
    }

    /// Lists cameras and microphones.
    pub(super) fn list_devices(&self) {
        self.run("list devices", |shared| {
            let mut cameras = capture::list_cameras().unwrap_or_default();
            // While this program sends to it, a loopback device of any name looks like a webcam.
            let own = own_device(shared);
            cameras.retain(|camera| own.as_deref() != Some(Path::new(&format!("/dev/video{}", camera.index))));
            shared.report(Event::Cameras(cameras));
            shared.report(Event::Microphones(microphones()));
        });
    }

    /// Looks for unfinished recordings.
    pub(super) fn find_interrupted(&self, folder: PathBuf) {
        self.run("find recordings", move |shared| {
            // A folder that is not there yet holds no interrupted recordings.
            let found = record::find_interrupted(&folder).unwrap_or_default();
            if !found.is_empty() {
                shared.report(Event::InterruptedFound(found));
            }
        });
    }

    /// Makes an unfinished recording playable.
    pub(super) fn recover(&self, part: PathBuf) {
        self.run("recover recording", move |shared| {
            shared.report(match record::recover(&part) {
                Ok(recovered) => Event::Recovered(recovered),
                Err(error) => Event::RecoveryFailed(error.to_string()),
            });
        });
    }

    fn run(&self, name: &'static str, work: impl FnOnce(&PipelineState) + Send + 'static) {
        let (shared, panicked) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        let started = Worker::spawn(name, move |_| work(&shared), move |error| panicked.report(Event::Warning(error.to_string())));
        let mut workers = lock(&self.workers);
        workers.retain(|worker| !worker.is_finished());
        match started {
            Ok(worker) => workers.push(worker),
            Err(error) => self.shared.report(Event::Warning(error.to_string())),
        }
    }
}

/// The device that the virtual camera writes to, while it is on.
fn own_device(shared: &PipelineState) -> Option<PathBuf> {
    match lock(&shared.virtual_camera).as_ref()?.status().phase {
        VirtualCameraPhase::On { device, .. } => Some(device.path),
        VirtualCameraPhase::Opening | VirtualCameraPhase::Over => None,
    }
}

#[cfg(feature = "audio")]
fn microphones() -> Vec<String> {
    record::input_devices().into_iter().map(|device| device.id).collect()
}

#[cfg(not(feature = "audio"))]
fn microphones() -> Vec<String> {
    Vec::new()
}
