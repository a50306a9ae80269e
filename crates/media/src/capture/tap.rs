//! A source on a thread of its own, read through a channel: so that nobody has to wait for a camera driver that never returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::error::CaptureError;
use super::source::{Source, SourceInfo};
use super::transport::Transport;
use crate::data::Input;
use crate::runtime::{StopFlag, Worker};

/// How many inputs a reader may be ahead.
const READ_AHEAD: usize = 2;
/// A camera that sends nothing for this long has stalled.
pub(super) const STALL_AFTER: Duration = Duration::from_secs(2);
/// A camera may take this long to open and to send its first frame.
pub(super) const OPEN_WITHIN: Duration = Duration::from_secs(6);

/// Opens a source on the reader's thread, where it then stays: camera handles are bound to their thread.
pub(super) type Opener = Box<dyn FnOnce() -> Result<Box<dyn Source>, CaptureError> + Send>;

/// What a reader says.
#[expect(clippy::large_enum_variant, reason = "nearly every report is an input; boxing them would cost an allocation a frame")]
pub(super) enum Said {
    /// The source is open.
    Opened(SourceInfo),
    /// It has delivered.
    Input(Input),
    /// It has started again, for the n-th time.
    Looped(u64),
    /// It has gone to the place of this wish: what comes next is shown there.
    Sought(u64),
    /// It is at its end.
    Ended,
    /// It cannot go on.
    Failed(CaptureError),
}

/// What a reader says, and which reader it was: a reader that was given up may still wake and speak.
pub(super) struct Report {
    /// Number of the reader.
    pub(super) epoch: u64,
    /// What it says.
    pub(super) said: Said,
}

/// A running reader. Dropping it lets go of the thread without waiting.
pub(super) struct ReaderThread {
    /// Its number; higher ones are newer.
    pub(super) epoch: u64,
    worker: Option<Worker>,
}

impl ReaderThread {
    /// Asks its thread to end, without waiting.
    pub(super) fn give_up(&self) {
        if let Some(worker) = &self.worker {
            worker.stop();
        }
    }

    /// Whether its thread has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.worker.as_ref().is_none_or(Worker::is_finished)
    }
}

impl Drop for ReaderThread {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.abandon();
        }
    }
}

/// Starts readers that all report to one place.
pub(super) struct Readers {
    sender: Sender<Report>,
    started: Arc<AtomicU64>,
}

impl Readers {
    /// The starter, and the place where reports arrive.
    pub(super) fn new() -> (Self, Receiver<Report>) {
        let (sender, receiver) = bounded(READ_AHEAD);
        (Self { sender, started: Arc::default() }, receiver)
    }

    /// Starts a reader with the next epoch. With a `transport` it goes where that wishes, and stays at its end for further wishes.
    pub(super) fn start(&self, opener: Opener, transport: Option<Transport>) -> Result<ReaderThread, CaptureError> {
        let epoch = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, failures) = (self.sender.clone(), self.sender.clone());
        let worker = Worker::spawn(
            "capture-reader",
            move |stop| read_all(opener, stop, transport.as_ref(), &|said| sender.send(Report { epoch, said }).is_ok()),
            move |panic| report_panic(&failures, Report { epoch, said: Said::Failed(panic.into()) }),
        )?;
        Ok(ReaderThread { epoch, worker: Some(worker) })
    }
}

fn report_panic(sender: &Sender<Report>, report: Report) {
    if sender.send(report).is_err() {
        tracing::debug!("a capture reader failed after it was given up");
    }
}

/// Body of a reader: opens the source and reads it to its end. `say` is false when nobody listens any more.
fn read_all(opener: Opener, stop: &StopFlag, transport: Option<&Transport>, say: &dyn Fn(Said) -> bool) {
    let end = opener().and_then(|mut source| {
        let mut loops = 0;
        let mut heard = say(Said::Opened(source.info().clone()));
        while heard && !stop.is_set() {
            if let Some(transport) = transport {
                source.set_looped(transport.playback().looped);
                if let Some((wish, to)) = transport.take_seek() {
                    source.seek(to)?;
                    heard = say(Said::Sought(wish));
                }
            }
            let Some(input) = source.next()? else {
                let Some(transport) = transport else { return Ok(true) };
                heard = say(Said::Ended) && transport.wait_for_seek(|| stop.is_set());
                continue;
            };
            if source.loops() != loops {
                loops = source.loops();
                heard = say(Said::Looped(loops));
            }
            // After a long wait the reader may have been given up.
            heard = heard && !stop.is_set() && say(Said::Input(input));
        }
        Ok(false)
    });
    match end {
        _ if stop.is_set() => {}
        Ok(true) => _ = say(Said::Ended),
        Ok(false) => {}
        Err(error) => _ = say(Said::Failed(error)),
    }
}

/// A live source that fails after [`STALL_AFTER`] without a frame instead of waiting for ever.
pub(super) struct TappedSource {
    info: SourceInfo,
    reports: Receiver<Report>,
    _reader: ReaderThread,
}

impl TappedSource {
    /// Opens the source on its own thread.
    ///
    /// # Errors
    /// What `opener` says, or [`CaptureError::CameraStalled`] when it takes too long.
    pub(super) fn open(opener: impl FnOnce() -> Result<Box<dyn Source>, CaptureError> + Send + 'static) -> Result<Self, CaptureError> {
        let (readers, reports) = Readers::new();
        let reader = readers.start(Box::new(opener), None)?;
        match reports.recv_timeout(OPEN_WITHIN) {
            Ok(Report { said: Said::Opened(info), .. }) => Ok(Self { info, reports, _reader: reader }),
            Ok(Report { said: Said::Failed(error), .. }) => Err(error),
            _ => Err(CaptureError::CameraStalled { name: "that was chosen".to_owned(), seconds: OPEN_WITHIN.as_secs() }),
        }
    }
}

impl Source for TappedSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        loop {
            match self.reports.recv_timeout(STALL_AFTER).map(|report| report.said) {
                Ok(Said::Input(input)) => return Ok(Some(input)),
                Ok(Said::Failed(error)) => return Err(error),
                Ok(Said::Ended) | Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Ok(Said::Opened(_) | Said::Looped(_) | Said::Sought(_)) => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(CaptureError::CameraStalled { name: self.info.name.clone(), seconds: STALL_AFTER.as_secs() });
                }
            }
        }
    }
}
