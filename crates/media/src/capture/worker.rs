//! Runs a source on its own thread: clips and performances at their pace, cameras under a watchdog.

use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded, never};
use crossbeam::select;

use super::camera::CameraChoice;
use super::error::CaptureError;
use super::open::{SourceSpec, open_here};
use super::pacer::{Pacer, Turn};
use super::source::{OpenOptions, SourceInfo};
use super::tap::{Opener, Readers, Report, Said};
use super::transport::{ShownLine, Transport};
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
    transport: Option<Transport>,
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
        Self::start_with(spec, options, None, sink, events)
    }

    /// As [`Self::start`], for a clip or a performance that is played as `transport` wishes. It then stays open at its end, for further wishes: after
    /// [`CaptureEvent::Ended`] comes [`CaptureEvent::Opened`] once more when it is played again. The time of an input is that of what is shown, which runs on
    /// evenly; [`Transport::place`] says where that is in the clip.
    ///
    /// # Errors
    /// As for [`Self::start`].
    pub fn start_controlled(
        spec: SourceSpec,
        options: CaptureOptions,
        transport: Transport,
        sink: impl Fn(Input) -> bool + Send + 'static,
        events: impl Fn(CaptureEvent) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        let transport = Some(transport).filter(|_| !spec.is_live());
        Self::start_with(spec, options, transport, sink, events)
    }

    fn start_with(
        spec: SourceSpec,
        options: CaptureOptions,
        transport: Option<Transport>,
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
        Self::run(openers, live.then(Patience::default), options.pace, transport, sink, events)
    }

    /// As [`Self::start`], for any kind of source: `patience` makes it a live one.
    pub(super) fn run(
        openers: impl FnMut(Option<&str>) -> Opener + Send + 'static,
        patience: Option<Patience>,
        pace: Pace,
        transport: Option<Transport>,
        sink: impl Fn(Input) -> bool + Send + 'static,
        events: impl Fn(CaptureEvent) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        let (stop, stopped) = bounded(0);
        let (readers, reports) = Readers::new();
        let events = std::sync::Arc::new(events);
        let panics = std::sync::Arc::clone(&events);
        let played = transport.clone();
        let body = move |_: &crate::runtime::StopFlag| {
            let outlet = Outlet { sink: &sink, events: &*events, stopped: &stopped };
            let end = match patience {
                Some(patience) => Watchdog::new(openers, readers, patience).run(&reports, &outlet),
                None => Player::new(played, pace, &outlet).run(openers, &readers, &reports),
            };
            match end {
                Ok(End::Reached) => outlet.tell(CaptureEvent::Ended),
                Ok(End::Stopped) => {}
                Err(error) => outlet.tell(CaptureEvent::Failed(error)),
            }
        };
        let worker = Worker::spawn("capture", body, move |panic| panics(CaptureEvent::Failed(panic.into())))?;
        Ok(Self { stop: Some(stop), worker: Some(worker), transport })
    }

    /// Whether nothing will follow any more.
    pub fn is_finished(&self) -> bool {
        self.worker.as_ref().is_none_or(Worker::is_finished)
    }
}

impl Drop for CaptureWorker {
    fn drop(&mut self) {
        if let Some(transport) = &self.transport {
            transport.end();
        }
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

    /// The next report, or none when something else was wished on `transport`. Without `wants_reports` only wishes are heard.
    fn wait_or_wish(&self, reports: &Receiver<Report>, wants_reports: bool, transport: &Transport) -> Result<Option<Report>, End> {
        let nothing = never();
        select! {
            recv(self.stopped) -> _ => Err(End::Stopped),
            recv(transport.woken()) -> _ => Ok(None),
            recv(if wants_reports { reports } else { &nothing }) -> report => report.map_or(Err(End::Reached), |report| Ok(Some(report))),
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
#[expect(clippy::struct_excessive_bools, reason = "each is one question that the loop asks")]
struct Player<'a> {
    transport: Transport,
    /// Whether somebody may want it played again after its end.
    stays: bool,
    pace: Pace,
    outlet: &'a Outlet<'a>,
    info: Option<SourceInfo>,
    pacer: Pacer,
    line: ShownLine,
    /// Number of the wish whose place was reached.
    reached: u64,
    /// One picture is shown even while all stands still: the first one, and that of a place that was asked for.
    shows_one: bool,
    stood_still: bool,
    ended: bool,
    /// Time of the clip at which its present repetition began; unknown until its first picture comes.
    begun_at: Option<Duration>,
}

impl<'a> Player<'a> {
    fn new(transport: Option<Transport>, pace: Pace, outlet: &'a Outlet<'a>) -> Self {
        Self {
            stays: transport.is_some(),
            transport: transport.unwrap_or_default(),
            pace,
            outlet,
            info: None,
            pacer: Pacer::new(30.0),
            line: ShownLine::new(30.0),
            reached: 0,
            shows_one: true,
            stood_still: false,
            ended: false,
            begun_at: Some(Duration::ZERO),
        }
    }

    fn run(
        mut self,
        mut openers: impl FnMut(Option<&str>) -> Opener,
        readers: &Readers,
        reports: &Receiver<Report>,
    ) -> Result<End, CaptureError> {
        let _reader = readers.start(openers(None), self.stays.then(|| self.transport.clone()))?;
        loop {
            let seeks = self.transport.sought() != self.reached;
            let stands_still = self.transport.stands_still() && !seeks && !self.shows_one;
            if !stands_still && std::mem::take(&mut self.stood_still) {
                // Time has passed that belongs to no picture.
                self.pacer = self.new_pacer();
            }
            self.stood_still |= stands_still;
            let report = match self.outlet.wait_or_wish(reports, !stands_still, &self.transport) {
                Ok(report) => report,
                Err(end) => return Ok(end),
            };
            match report.map(|report| report.said) {
                Some(Said::Opened(info)) => self.opened(info),
                Some(Said::Sought(wish)) => self.has_sought(wish),
                // What was read before the wish was heard; it may be the first picture of the repetition in which the wished place is.
                Some(Said::Input(mut input)) if seeks => _ = self.begun_at.get_or_insert(time_of(&mut input).media_time),
                Some(Said::Input(input)) => {
                    if let Some(end) = self.deliver(input, !reports.is_empty()) {
                        return Ok(end);
                    }
                }
                Some(Said::Looped(count)) => {
                    self.begun_at = None;
                    self.outlet.tell(CaptureEvent::Looped(count));
                }
                Some(Said::Ended) if self.stays => {
                    self.ended = true;
                    self.transport.ended(true);
                    self.outlet.tell(CaptureEvent::Ended);
                }
                Some(Said::Ended) => return Ok(End::Reached),
                Some(Said::Failed(error)) => return Err(error),
                None => {}
            }
        }
    }

    fn new_pacer(&self) -> Pacer {
        Pacer::new(self.info.as_ref().map_or(30.0, |info| info.fps))
    }

    fn opened(&mut self, info: SourceInfo) {
        self.transport.opened(info.duration);
        self.line = ShownLine::new(info.fps);
        self.info = Some(info.clone());
        self.pacer = self.new_pacer();
        self.outlet.tell(CaptureEvent::Opened(info));
    }

    fn has_sought(&mut self, wish: u64) {
        self.reached = wish;
        self.shows_one = true;
        self.pacer = self.new_pacer();
        self.line.break_off();
        if std::mem::take(&mut self.ended) {
            self.transport.ended(false);
            if let Some(info) = self.info.clone() {
                self.outlet.tell(CaptureEvent::Opened(info));
            }
        }
    }

    /// Delivers an input when it is due. Gives the end when nobody wants more.
    fn deliver(&mut self, mut input: Input, another_waits: bool) -> Option<End> {
        let time = time_of(&mut input);
        let begun_at = *self.begun_at.get_or_insert(time.media_time);
        let position = time.media_time.saturating_sub(begun_at);
        time.media_time = self.line.shown(time.media_time, self.transport.playback().speed, &self.transport);
        if self.pace == Pace::RealTime {
            match self.pacer.turn(time.media_time, Instant::now(), another_waits) {
                Turn::Skip => return None,
                Turn::At(due) if !self.outlet.wait_until(due) => return Some(End::Stopped),
                Turn::At(_) => {}
            }
        }
        self.transport.at(position);
        self.shows_one = false;
        // Decoding ahead is no latency: a clip's frame is captured when it is due.
        time.captured_at = Instant::now();
        let is_wanted = (self.outlet.sink)(input);
        (!is_wanted).then_some(End::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::data::{Landmarks, Performance, PerformanceFrame, PerformanceHeader};

    const SOON: Duration = Duration::from_secs(10);

    /// Ten frames in a second, which are told apart by where their landmarks lie.
    fn performance() -> SourceSpec {
        let frame = |i: usize| PerformanceFrame {
            time_secs: i as f64 * 0.1,
            landmarks: Some(Landmarks([glam::Vec2::splat(i as f32); 68])),
            ..PerformanceFrame::default()
        };
        let data = Performance { header: PerformanceHeader::new("x", 10.0, [320, 240], Some(10)), frames: (0..10).map(frame).collect() };
        SourceSpec::Performance { name: "x".to_owned(), data: std::sync::Arc::new(data), looped: true }
    }

    struct Played {
        _worker: CaptureWorker,
        transport: Transport,
        frames: mpsc::Receiver<(usize, FrameTime)>,
        events: mpsc::Receiver<&'static str>,
    }

    fn play(looped: bool, waiting: bool, pace: Pace) -> Played {
        let transport = Transport::new(looped, waiting);
        let (frame_out, frames) = mpsc::channel();
        let (event_out, events) = mpsc::channel();
        let event_out = std::sync::Mutex::new(event_out);
        let sink = move |input| {
            let Input::Motion(time, Some(motion)) = input else { panic!("motion with a face") };
            frame_out.send((motion.landmarks_in_frame.0[0].x as usize, time)).is_ok()
        };
        let tell = move |event| {
            let name = match event {
                CaptureEvent::Opened(_) => "opened",
                CaptureEvent::Looped(_) => "looped",
                CaptureEvent::Ended => "ended",
                _ => "other",
            };
            _ = event_out.lock().expect("not poisoned").send(name);
        };
        let worker = CaptureWorker::start_controlled(
            performance(),
            CaptureOptions { pace, ..CaptureOptions::default() },
            transport.clone(),
            sink,
            tell,
        );
        Played { _worker: worker.expect("a thread"), transport, frames, events }
    }

    impl Played {
        fn frame(&self) -> (usize, FrameTime) {
            self.frames.recv_timeout(SOON).expect("a frame")
        }

        fn event(&self) -> &'static str {
            self.events.recv_timeout(SOON).expect("an event")
        }

        /// Nothing comes for a while.
        fn is_still(&self) -> bool {
            self.frames.recv_timeout(Duration::from_millis(350)).is_err()
        }
    }

    #[test]
    fn what_waits_shows_its_first_picture_and_goes_on_when_it_is_let_go() {
        let played = play(true, true, Pace::RealTime);
        assert_eq!(played.frame().0, 0, "the first picture");
        assert!(played.is_still() && played.transport.playback().waiting, "no other one");
        played.transport.release();
        let (number, time) = played.frame();
        assert_eq!((number, time.media_time.as_millis()), (1, 100), "goes on from there");
    }

    #[test]
    fn a_paused_clip_shows_the_places_that_are_gone_to() {
        let played = play(true, false, Pace::RealTime);
        assert_eq!(played.frame().0, 0, "it plays");
        played.transport.pause(true);
        while !played.is_still() {}
        let before = played.transport.playback().position;
        played.transport.seek(Duration::from_millis(650));
        let (number, time) = played.frame();
        assert_eq!((number, played.transport.playback().position.as_millis()), (6, 600), "the picture that is shown there");
        assert!(time.media_time > before && time.media_time < before + Duration::from_millis(150), "the next on the line of what is shown");
        assert!(played.is_still(), "and no other");
        played.transport.pause(false);
        assert_eq!(played.frame().0, 7, "goes on from there");
    }

    #[test]
    fn going_back_from_the_end_of_a_paused_clip_keeps_the_place() {
        let played = play(true, false, Pace::RealTime);
        played.frame();
        played.transport.pause(true);
        while !played.is_still() {}
        // At the end, the first picture of the next repetition is read already.
        for (to_ms, shown) in [(950, 9), (250, 2), (450, 4)] {
            played.transport.seek(Duration::from_millis(to_ms));
            let place = (played.frame().0, played.transport.playback().position.as_millis());
            assert_eq!(place, (shown, 100 * shown as u128), "the picture there, and its place");
            assert!(played.is_still(), "and no other");
        }
    }

    #[test]
    fn a_clip_that_does_not_start_again_ends_and_can_be_played_once_more() {
        let played = play(false, false, Pace::AsFastAsPossible);
        assert_eq!(played.event(), "opened", "first");
        assert_eq!((0..10).map(|_| played.frame().0).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>(), "all of it");
        assert_eq!(played.event(), "ended", "once");
        assert!(played.transport.playback().ended && played.is_still(), "it stays there");
        played.transport.set_looped(true);
        assert_eq!(played.event(), "opened", "again");
        let (number, time) = played.frame();
        assert_eq!((number, time.media_time.as_millis()), (0, 1000), "from the beginning, shown after the end");
        assert_eq!((0..11).map(|_| played.frame().0).next_back(), Some(1), "over its end into the next repetition");
        assert_eq!(played.event(), "looped", "said, too");
    }

    #[test]
    fn half_the_speed_takes_twice_the_time() {
        let played = play(true, false, Pace::RealTime);
        played.transport.set_speed(0.5);
        let times: Vec<(usize, Duration)> = (0..6).map(|_| played.frame()).map(|(number, time)| (number, time.media_time)).collect();
        let [.., (before, earlier), (after, later)] = times[..] else { panic!("six frames") };
        // A busy machine may leave one out.
        assert_eq!(later.saturating_sub(earlier).as_millis(), 200 * (after - before) as u128, "shown half as fast");
    }
}
