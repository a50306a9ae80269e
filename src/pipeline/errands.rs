//! Single jobs beside everything else, each on a thread of its own: lists of devices, and recordings that an earlier run left unfinished.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::camera_looks::cameras;
use super::shared::{PipelineState, lock};
use crate::record;
use crate::runtime::Worker;
use crate::session::Event;

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
            shared.report(Event::Cameras(cameras(shared)));
            shared.report(Event::Microphones(microphones()));
        });
    }

    /// Looks for unfinished recordings.
    pub(super) fn find_interrupted(&self, folder: PathBuf) {
        self.run("find recordings", move |shared| {
            if let Err(error) = record::remove_leftovers(&folder) {
                tracing::debug!("{error}");
            }
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

#[cfg(feature = "audio")]
fn microphones() -> Vec<String> {
    record::input_devices().into_iter().map(|device| device.id).collect()
}

#[cfg(not(feature = "audio"))]
fn microphones() -> Vec<String> {
    Vec::new()
}
