//! Runs a source on its own thread: clips and performances at their pace, cameras under a watchdog.

use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use crossbeam::select;

use super::camera::CameraChoice;
use super::error::CaptureError;
use super::open::{SourceSpec, open_here};
use super::pacer::{Pacer, Turn};
use super::source::{OpenOptions, SourceInfo};
use super::tap::{Opener, Readers, Report, Said};
use super::watchdog::{Patience, Watchdog};
use crate::data::{FrameTime, Input};
use crate::runtime::Worker;

/// How fast a clip or a performance is played. A camera has its own pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As its times say; frames that would come late are left out.
    #[default]
    RealTime,
    /// Every frame, as fast as it is taken.
    AsFastAsPossible,
}

/// How to run a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureOptions {
    /// How to open it.
    pub open: OpenOptions,
    /// How fast to play it.
    pub pace: Pace,
}

/// What happens to a source while it runs.
#[derive(Debug)]
pub enum CaptureEvent {
    /// It is open. Comes again when a camera was opened anew.
    Opened(SourceInfo),
    /// It has started again, for the n-th time.
    Looped(u64),
    /// A camera has stopped sending, or was unplugged; it is tried again every second.
    Stalled {
        /// For how long nothing has come.
        seconds: f64,
        /// What to tell the user.
        reason: CaptureError,
    },
    /// It sends again.
    Recovered,
    /// It is at its end; nothing follows.
    Ended,
    /// It cannot be opened or cannot go on; nothing follows.
    Failed(CaptureError),
}

/// A running source. Dropping it stops it, within milliseconds even when a camera driver never returns; no input is delivered afterwards.
#[derive(Debug)]
pub struct CaptureWorker {
    /// Dropped first: wakes the thread wherever it waits.
    stop: Option<Sender<()>>,
    worker: Option<Worker>,
}

impl CaptureWorker {
    /// Starts a source. `sink` takes every input and says whether it wants more; it must not wait for long. `events` hears what happens.
    /// Both are called on the capture thread.
    ///
    /// # Errors
    /// [`CaptureError::Thread`] when the system gives us no thread. All else, bad sources included, arrives as [`CaptureEvent::Failed`].
    pub fn start(
        spec: SourceSpec,
        options: CaptureOptions,
        sink: impl Fn(Input) -> bool + Send + 'static,
        events: impl Fn(CaptureEvent) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        let live = spec.is_live();
        let openers = move |known_name: Option<&str>| -> Opener {
            let spec = match (known_name, &spec) {
                // Numbers change when a camera is plugged in again; its name does not. The number still tells it from another one of that name.
                (Some(name), SourceSpec::Camera(CameraChoice::Index(index) | CameraChoice::Listed { index, .. })) => {
                    SourceSpec::Camera(CameraChoice::Listed { index: *index, name: name.to_owned() })
                }
                (Some(name), SourceSpec::Camera(_)) => SourceSpec::Camera(CameraChoice::Name(name.to_owned())),
                _ => spec.clone(),
            };
            Box::new(move || open_here(&spec, options.open))
        };
        Self::run(openers, live.then(Patience::default), options.pace, sink, events)
    }

    /// As [`Self::start`], for any kind of source: `patience` makes it a live one.
    pub(super) fn run(
        openers: impl FnMut(Option<&str>) -> Opener + Send + 'static,
        patience: Option<Patience>,
        pace: Pace,
        sink: impl Fn(Input) -> bool + Send + 'static,
        events: impl Fn(CaptureEvent) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        let (stop, stopped) = bounded(0);
        let (readers, reports) = Readers::new();
        let events = std::sync::Arc::new(events);
        let panics = std::sync::Arc::clone(&events);
        let body = move |_: &crate::runtime::StopFlag| {
            let outlet = Outlet { sink: &sink, events: &*events, stopped: &stopped };
            let end = match patience {
                Some(patience) => Watchdog::new(openers, readers, patience).run(&reports, &outlet),
                None => play(openers, &readers, &reports, pace, &outlet),
            };
            match end {
                Ok(End::Reached) => outlet.tell(CaptureEvent::Ended),
                Ok(End::Stopped) => {}
                Err(error) => outlet.tell(CaptureEvent::Failed(error)),
            }
        };
        let worker = Worker::spawn("capture", body, move |panic| panics(CaptureEvent::Failed(panic.into())))?;
        Ok(Self { stop: Some(stop), worker: Some(worker) })
    }

    /// Whether nothing will follow any more.
    pub fn is_finished(&self) -> bool {
        self.worker.as_ref().is_none_or(Worker::is_finished)
    }
}

impl Drop for CaptureWorker {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.worker.take());
    }
}

/// How playing came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The source has no more.
    Reached,
    /// Nobody wants more.
    Stopped,
}

/// Where inputs and events go, and where the wish to stop comes from.
pub(super) struct Outlet<'a> {
    pub(super) sink: &'a dyn Fn(Input) -> bool,
    pub(super) events: &'a dyn Fn(CaptureEvent),
    pub(super) stopped: &'a Receiver<()>,
}

impl Outlet<'_> {
    /// Passes an event on.
    pub(super) fn tell(&self, event: CaptureEvent) {
        (self.events)(event);
    }

    /// The next report, or none after `timeout`.
    pub(super) fn wait(&self, reports: &Receiver<Report>, timeout: Duration) -> Result<Option<Report>, End> {
        select! {
            recv(self.stopped) -> _ => Err(End::Stopped),
            recv(reports) -> report => report.map_or(Err(End::Reached), |report| Ok(Some(report))),
            default(timeout) => Ok(None),
        }
    }

    /// Waits for a moment; false when asked to stop meanwhile.
    fn wait_until(&self, moment: Instant) -> bool {
        let timeout = moment.saturating_duration_since(Instant::now());
        self.stopped.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout)
    }
}

/// Time of an input, to be set anew.
pub(super) fn time_of(input: &mut Input) -> &mut FrameTime {
    match input {
        Input::Frame(frame) => &mut frame.time,
        Input::Motion(time, _) => time,
    }
}

/// Plays something that waits for us: a clip or a performance.
fn play(
    mut openers: impl FnMut(Option<&str>) -> Opener,
    readers: &Readers,
    reports: &Receiver<Report>,
    pace: Pace,
    outlet: &Outlet<'_>,
) -> Result<End, CaptureError> {
    const LONG: Duration = Duration::from_hours(1);
    let _reader = readers.start(openers(None))?;
    let mut pacer = Pacer::new(30.0);
    loop {
        let report = match outlet.wait(reports, LONG) {
            Ok(report) => report,
            Err(end) => return Ok(end),
        };
        match report.map(|report| report.said) {
            Some(Said::Opened(info)) => {
                pacer = Pacer::new(info.fps);
                outlet.tell(CaptureEvent::Opened(info));
            }
            Some(Said::Input(input)) => {
                let wanted = deliver(input, &mut pacer, pace, !reports.is_empty(), outlet);
                if !wanted {
                    return Ok(End::Stopped);
                }
            }
            Some(Said::Looped(count)) => outlet.tell(CaptureEvent::Looped(count)),
            Some(Said::Ended) => return Ok(End::Reached),
            Some(Said::Failed(error)) => return Err(error),
            None => {}
        }
    }
}

/// Delivers an input when it is due. False when nobody wants more.
fn deliver(mut input: Input, pacer: &mut Pacer, pace: Pace, another_waits: bool, outlet: &Outlet<'_>) -> bool {
    let time = time_of(&mut input);
    if pace == Pace::RealTime {
        match pacer.turn(time.media_time, Instant::now(), another_waits) {
            Turn::Skip => return true,
            Turn::At(due) if !outlet.wait_until(due) => return false,
            Turn::At(_) => {}
        }
    }
    // Decoding ahead is no latency: a clip's frame is captured when it is due.
    time.captured_at = Instant::now();
    (outlet.sink)(input)
}
