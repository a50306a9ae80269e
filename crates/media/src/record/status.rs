//! What can be told about a recording at any time, and when it is done.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A recording as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordStatus {
    /// Length so far, from the first picture's presentation time to the newest one's.
    pub elapsed: Duration,
    /// Bytes written so far.
    pub bytes: u64,
    /// Pictures recorded so far.
    pub frames: u64,
    /// Pictures lost: the recorder could not keep up, or their time lay before the newest picture's.
    pub dropped: u64,
    /// Pictures that came with the time of the one before, since the driver had no new frame: nothing is lost by leaving them out.
    pub repeated: u64,
    /// Peak of the live sound since the last reading of the device, 0 to 1; `None` without live sound.
    pub audio_level: Option<f32>,
    /// Why the recording has stopped by itself, if it has.
    pub error: Option<String>,
    /// What went less well than it should, in order of appearance.
    pub warnings: Vec<String>,
    /// Progress of finishing, 0 to 1; `None` while recording.
    pub finishing: Option<f32>,
}

/// A finished recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Where it is: the name that was asked for, or a free one like it.
    pub path: PathBuf,
    /// Pictures in it.
    pub frames: u64,
    /// Pictures lost on the way; see [`RecordStatus::dropped`].
    pub dropped: u64,
    /// Repetitions that were left out; see [`RecordStatus::repeated`].
    pub repeated: u64,
    /// Its length.
    pub duration: Duration,
    /// Its size.
    pub bytes: u64,
    /// What went less well than it should.
    pub warnings: Vec<String>,
}

/// The status as the worker and the recorder's owner share it.
#[derive(Debug, Default)]
pub(super) struct StatusBoard {
    status: Mutex<RecordStatus>,
    dropped_on_entry: AtomicU64,
    discarded: AtomicBool,
}

impl StatusBoard {
    /// A panic while the lock was held cannot leave the numbers half-written, so a poisoned lock is still good.
    pub(super) fn edit(&self) -> MutexGuard<'_, RecordStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a picture that found the queue full.
    pub(super) fn count_drop(&self) {
        self.dropped_on_entry.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the worker to give the recording up instead of finishing it; comes before its input ends.
    pub(super) fn discard(&self) {
        self.discarded.store(true, Ordering::Release);
    }

    /// Whether the recording is to be given up.
    pub(super) fn is_discarded(&self) -> bool {
        self.discarded.load(Ordering::Acquire)
    }

    /// Adds a warning unless it is there already.
    pub(super) fn warn(&self, warning: String) {
        let mut status = self.edit();
        if !status.warnings.contains(&warning) {
            tracing::warn!("{warning}");
            status.warnings.push(warning);
        }
    }

    /// Everything as it stands.
    pub(super) fn read(&self) -> RecordStatus {
        let mut status = self.edit().clone();
        status.dropped += self.dropped_on_entry.load(Ordering::Relaxed);
        status
    }
}
