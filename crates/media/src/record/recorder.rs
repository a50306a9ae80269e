//! The recorder as its owner sees it: feed it, watch it, finish it.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};

use super::frame::{PushedSound, RecordFrame};
use super::session::RecordingSession;
use super::status::StatusBoard;
use super::{AudioSource, Finished, RecordError, RecordOptions, RecordStatus};
use crate::data::AudioBlock;
use crate::runtime::Worker;

/// Pictures that may wait for the encoder: a third of a second at 30 per second, at most 80 MiB at 1080p.
const QUEUED_FRAMES: usize = 10;

/// Blocks of pushed sound that may wait.
const QUEUED_SOUND: usize = 64;

/// How often `finish` looks at the progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(30);

/// A running recording.
///
/// Dropping it without [`Recorder::finish`] finishes it silently; if even that is cut short, a recoverable `.part` stays.
pub struct Recorder {
    frames: Option<Sender<RecordFrame>>,
    sound: Option<Sender<PushedSound>>,
    outcome: Receiver<Result<Finished, RecordError>>,
    board: Arc<StatusBoard>,
    worker: Option<Worker>,
}

impl Recorder {
    /// Checks the output place, opens the file and starts the worker.
    ///
    /// # Errors
    /// When the place cannot be written: no such folder, a folder in place of the file, no permission, no room.
    pub fn start(options: RecordOptions, audio: AudioSource) -> Result<Self, RecordError> {
        let board = Arc::new(StatusBoard::default());
        let session = RecordingSession::open(options, audio, Arc::clone(&board))?;
        Self::run(session, board)
    }

    /// Starts the worker on an opened session.
    pub(super) fn run(session: RecordingSession, board: Arc<StatusBoard>) -> Result<Self, RecordError> {
        let (frames, frames_in) = bounded(QUEUED_FRAMES);
        let (sound, sound_in) = bounded(QUEUED_SOUND);
        let (report, outcome) = bounded(2);
        let panic_report = report.clone();
        let panic_board = Arc::clone(&board);
        let worker = Worker::spawn(
            "record",
            move |_stop| {
                // The stop flag is not asked: the links' end is the signal, so that nothing already accepted is lost.
                let result = session.record(&frames_in, &sound_in);
                drop((frames_in, sound_in));
                report.send(result).ok();
            },
            move |error| {
                panic_board.edit().error = Some(error.to_string());
                panic_report.send(Err(error.into())).ok();
            },
        )?;
        Ok(Self { frames: Some(frames), sound: Some(sound), outcome, board, worker: Some(worker) })
    }

    /// Hands a picture over without waiting, for live use. Returns whether it was taken; a picture that was not counts as dropped.
    pub fn try_push(&self, frame: RecordFrame) -> bool {
        let sent = self.frames.as_ref().map(|link| link.try_send(frame));
        match sent {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Full(_))) => {
                self.board.count_drop();
                false
            }
            Some(Err(TrySendError::Disconnected(_))) | None => false,
        }
    }

    /// Hands a picture over, waiting until there is room: for runs without a window, where nothing may be lost.
    ///
    /// # Errors
    /// [`RecordError::AlreadyStopped`] when the recording has ended by itself; [`Self::finish`] tells why.
    pub fn push(&self, frame: RecordFrame) -> Result<(), RecordError> {
        let link = self.frames.as_ref().ok_or(RecordError::AlreadyStopped)?;
        link.send(frame).map_err(stopped)
    }

    /// Hands over sound whose first sample belongs at `pts` on the pictures' clock, waiting until there is room. What comes before the first
    /// picture's time is left out, gaps become silence, and sound more than three seconds behind the pictures comes too late.
    /// Without [`AudioSource::Pushed`] it does nothing.
    ///
    /// # Errors
    /// [`RecordError::AlreadyStopped`] as for [`Self::push`].
    pub fn push_audio(&self, block: AudioBlock, pts: Duration) -> Result<(), RecordError> {
        let link = self.sound.as_ref().ok_or(RecordError::AlreadyStopped)?;
        link.send((block, pts)).map_err(stopped)
    }

    /// Adds to the warnings that come with the finished file, for what went less well outside the recorder, such as a clip without its sound.
    pub fn warn(&self, warning: String) {
        self.board.warn(warning);
    }

    /// How the recording stands. Cheap; for every frame of a window.
    pub fn status(&self) -> RecordStatus {
        self.board.read()
    }

    /// Ends the input and lets the worker finish, without waiting: for windows. [`Self::is_finished`] tells when [`Self::finish`] returns at once.
    pub fn close(&mut self) {
        self.frames = None;
        self.sound = None;
    }

    /// Whether the worker is done, because of [`Self::close`] or because the recording stopped by itself.
    pub fn is_finished(&self) -> bool {
        self.worker.as_ref().is_none_or(Worker::is_finished)
    }

    /// Ends the recording and waits for the finished file. `progress` is called with 0 to 1 while it is rewritten.
    ///
    /// # Errors
    /// [`RecordError::StoppedEarly`] when the recording had ended by itself: says why, and how much was kept where.
    /// [`RecordError::NothingRecorded`] when no picture came.
    pub fn finish(self, progress: impl FnMut(f32)) -> Result<Finished, RecordError> {
        self.end(progress)
    }

    /// Ends the recording and removes what was written. A file that it was to replace stays as it is.
    ///
    /// # Errors
    /// [`RecordError::File`] when it cannot be removed, and [`RecordError::Worker`].
    pub fn discard(self) -> Result<(), RecordError> {
        self.board.discard();
        match self.end(|_| {}) {
            Ok(_) | Err(RecordError::NothingRecorded) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn end(mut self, mut progress: impl FnMut(f32)) -> Result<Finished, RecordError> {
        self.close();
        let result = loop {
            match self.outcome.recv_timeout(PROGRESS_INTERVAL) {
                Ok(result) => break result,
                Err(error) if error.is_timeout() => progress(self.board.read().finishing.unwrap_or(0.0)),
                Err(_) => break Err(RecordError::AlreadyStopped),
            }
        };
        if let Some(worker) = self.worker.take() {
            worker.join();
        }
        if result.is_ok() {
            progress(1.0);
        }
        result
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Ends the worker's input first: its own drop then waits for the file to be finished.
        self.close();
        if self.worker.is_some()
            && let Some(Err(error)) = self.outcome.recv().ok()
        {
            tracing::warn!("a dropped recording ended badly: {error}");
        }
    }
}

fn stopped<T>(_: crossbeam::channel::SendError<T>) -> RecordError {
    RecordError::AlreadyStopped
}
