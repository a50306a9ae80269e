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
    /// Those that write: they are waited for.
    writing: Mutex<Vec<Worker>>,
    /// Those that only look, which a device or a folder far away may keep waiting.
    looking: Mutex<Vec<Worker>>,
}

impl Errands {
    pub(super) fn new(shared: Arc<PipelineState>) -> Self {
        Self { shared, writing: Mutex::default(), looking: Mutex::default() }
    }

    /// Lists cameras and microphones.
    pub(super) fn list_devices(&self) {
        self.run(&self.looking, "list devices", |shared| {
            shared.report(Event::Cameras(cameras(shared)));
            shared.report(Event::Microphones(microphones()));
        });
    }

    /// Looks for unfinished recordings.
    pub(super) fn find_interrupted(&self, folder: PathBuf) {
        self.run(&self.looking, "find recordings", move |shared| {
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
        self.run(&self.writing, "recover recording", move |shared| {
            shared.report(match record::recover(&part) {
                Ok(recovered) => Event::Recovered(recovered),
                Err(error) => Event::RecoveryFailed(error.to_string()),
            });
        });
    }

    fn run(&self, workers: &Mutex<Vec<Worker>>, name: &'static str, work: impl FnOnce(&PipelineState) + Send + 'static) {
        let (shared, panicked) = (Arc::clone(&self.shared), Arc::clone(&self.shared));
        let started = Worker::spawn(name, move |_| work(&shared), move |error| panicked.report(Event::Warning(error.to_string())));
        let mut workers = lock(workers);
        workers.retain(|worker| !worker.is_finished());
        match started {
            Ok(worker) => workers.push(worker),
            Err(error) => self.shared.report(Event::Warning(error.to_string())),
        }
    }
}

impl Drop for Errands {
    fn drop(&mut self) {
        lock(&self.looking).drain(..).for_each(Worker::abandon);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn the_end_waits_for_what_writes_and_not_for_a_device() {
        let (events, _told) = crossbeam::channel::unbounded();
        let errands = Errands::new(Arc::new(PipelineState::new(events, || {})));
        let (release, hangs) = crossbeam::channel::bounded::<()>(0);
        errands.run(&errands.looking, "list devices", move |_| {
            hangs.recv_timeout(Duration::from_secs(30)).ok();
        });
        let written = Arc::new(AtomicBool::new(false));
        let writes = Arc::clone(&written);
        errands.run(&errands.writing, "recover recording", move |_| {
            std::thread::sleep(Duration::from_millis(100));
            writes.store(true, Ordering::Relaxed);
        });
        let start = Instant::now();
        drop(errands);
        assert!(written.load(Ordering::Relaxed), "a recording is made playable to the end");
        assert!(start.elapsed() < Duration::from_secs(10), "a device that hangs is left alone");
        drop(release);
    }
}
