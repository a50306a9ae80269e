//! Keeps a camera alive: notices when nothing comes any more, and opens it again until something does.
//!
//! A driver that has stalled may never return from its call, so its reader cannot be ended, only given up. While new readers are tried, the
//! stalled one is still listened to: whichever delivers first is the one that counts from then on.
//!
//! A camera that fails is opened again at once; the user hears of it only when no frame has come for [`Patience::frame`]. Closing a reader
//! that was given up can break the one that replaced it, since both may share a device: that, too, is mended before anybody notices.

use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;

use super::error::CaptureError;
use super::source::SourceInfo;
use super::tap::{OPEN_WITHIN, Opener, ReaderThread, Readers, Report, STALL_AFTER, Said};
use super::worker::{CaptureEvent, End, Outlet, time_of};
use crate::data::Input;

/// How many readers may hang in their drivers before no more are tried.
const MAX_STUCK: usize = 4;

/// How long the watchdog waits for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For opening and the first frame.
    pub(super) open: Duration,
    /// For the next frame.
    pub(super) frame: Duration,
    /// Between attempts to open.
    pub(super) retry: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { open: OPEN_WITHIN, frame: STALL_AFTER, retry: Duration::from_secs(1) }
    }
}

/// The reader that counts, and the one that may replace it.
pub(super) struct Watchdog<F> {
    openers: F,
    readers: Readers,
    patience: Patience,
    /// What is known since the source was first open.
    info: Option<SourceInfo>,
    current: Option<ReaderThread>,
    trial: Option<Trial>,
    /// Readers that were given up and have not ended yet.
    stuck: Vec<ReaderThread>,
    last_frame: Instant,
    /// Why frames are missing, as long as the user has not been told.
    trouble: Option<CaptureError>,
    /// Whether the user has been told that frames are missing.
    stalled: bool,
    next_attempt: Instant,
    first_frame: Option<Instant>,
    delivered: u64,
}

/// An attempt to open a stalled source again.
struct Trial {
    reader: ReaderThread,
    info: Option<SourceInfo>,
    give_up_at: Instant,
}

impl<F: FnMut(Option<&str>) -> Opener> Watchdog<F> {
    /// Ready to run.
    pub(super) fn new(openers: F, readers: Readers, patience: Patience) -> Self {
        let now = Instant::now();
        Self {
            openers,
            readers,
            patience,
            info: None,
            current: None,
            trial: None,
            stuck: Vec::new(),
            last_frame: now,
            trouble: None,
            stalled: false,
            next_attempt: now,
            first_frame: None,
            delivered: 0,
        }
    }

    /// Runs until the source ends or nobody wants more. A source that cannot be opened the first time is an error; later, it is tried for ever.
    pub(super) fn run(mut self, reports: &Receiver<Report>, outlet: &Outlet<'_>) -> Result<End, CaptureError> {
        self.current = Some(self.readers.start((self.openers)(None), None)?);
        loop {
            match outlet.wait(reports, self.until_next_check()) {
                Err(end) => return Ok(end),
                Ok(None) => {}
                Ok(Some(report)) => {
                    if let Some(end) = self.hear(report, outlet)? {
                        return Ok(end);
                    }
                }
            }
            self.check(outlet)?;
        }
    }

    fn until_next_check(&self) -> Duration {
        let told = if self.stalled { self.next_attempt } else { self.last_frame + self.allowance() };
        let moment = if self.trouble.is_some() { told.min(self.next_attempt) } else { told };
        moment.saturating_duration_since(Instant::now()).clamp(Duration::from_millis(1), self.patience.retry)
    }

    fn allowance(&self) -> Duration {
        if self.delivered == 0 { self.patience.open } else { self.patience.frame }
    }

    fn is_current(&self, epoch: u64) -> bool {
        self.current.as_ref().is_some_and(|reader| reader.epoch == epoch)
    }

    /// Acts on a report. Those of readers that were given up are ignored.
    fn hear(&mut self, Report { epoch, said }: Report, outlet: &Outlet<'_>) -> Result<Option<End>, CaptureError> {
        if self.is_current(epoch) {
            match said {
                Said::Input(input) => return Ok(self.pass_on(input, outlet)),
                Said::Opened(info) => self.opened(info, outlet),
                Said::Looped(_) | Said::Sought(_) => {}
                Said::Ended => return Ok(Some(End::Reached)),
                Said::Failed(error) if self.info.is_none() || !error.is_worth_retrying() => return Err(error),
                Said::Failed(error) => {
                    self.trouble = Some(error);
                    self.next_attempt = Instant::now();
                }
            }
        } else if self.trial.as_ref().is_some_and(|trial| trial.reader.epoch == epoch) {
            match said {
                Said::Input(input) => {
                    self.promote_trial(outlet);
                    return Ok(self.pass_on(input, outlet));
                }
                Said::Opened(info) => {
                    if let Some(trial) = &mut self.trial {
                        trial.info = Some(info);
                    }
                }
                Said::Looped(_) | Said::Sought(_) => {}
                Said::Ended => self.end_trial(),
                Said::Failed(error) => {
                    tracing::debug!("the camera is not back yet: {error}");
                    self.end_trial();
                }
            }
        }
        Ok(None)
    }

    fn opened(&mut self, info: SourceInfo, outlet: &Outlet<'_>) {
        if self.delivered == 0 {
            self.last_frame = Instant::now();
        }
        self.info = Some(info.clone());
        outlet.tell(CaptureEvent::Opened(info));
    }

    /// Hands a frame on, numbered and timed across all readers.
    fn pass_on(&mut self, mut input: Input, outlet: &Outlet<'_>) -> Option<End> {
        self.last_frame = Instant::now();
        self.trouble = None;
        self.end_trial();
        if std::mem::take(&mut self.stalled) {
            outlet.tell(CaptureEvent::Recovered);
        }
        let time = time_of(&mut input);
        let first = *self.first_frame.get_or_insert(time.captured_at);
        time.index = self.delivered;
        time.media_time = time.captured_at.saturating_duration_since(first);
        self.delivered += 1;
        if (outlet.sink)(input) { None } else { Some(End::Stopped) }
    }

    fn promote_trial(&mut self, outlet: &Outlet<'_>) {
        let Some(trial) = self.trial.take() else { return };
        if let Some(old) = self.current.replace(trial.reader) {
            self.give_up(old);
        }
        if let Some(info) = trial.info {
            self.opened(info, outlet);
        }
    }

    fn end_trial(&mut self) {
        if let Some(trial) = self.trial.take() {
            self.give_up(trial.reader);
        }
    }

    fn give_up(&mut self, reader: ReaderThread) {
        reader.give_up();
        self.stuck.retain(|reader| !reader.is_finished());
        self.stuck.push(reader);
    }

    /// What the clock asks for: telling the user, trying again.
    fn check(&mut self, outlet: &Outlet<'_>) -> Result<(), CaptureError> {
        let now = Instant::now();
        if !self.stalled && now >= self.last_frame + self.allowance() {
            let waited = now.saturating_duration_since(self.last_frame);
            let name = self.info.as_ref().map_or("that was chosen", |info| &info.name).to_owned();
            let reason = self.trouble.take().unwrap_or(CaptureError::CameraStalled { name, seconds: waited.as_secs() });
            self.stalled = true;
            outlet.tell(CaptureEvent::Stalled { seconds: waited.as_secs_f64(), reason });
        }
        if (self.stalled || self.trouble.is_some()) && now >= self.next_attempt {
            self.next_attempt = now + self.patience.retry;
            self.attempt(now)?;
        }
        Ok(())
    }

    fn attempt(&mut self, now: Instant) -> Result<(), CaptureError> {
        match &self.trial {
            Some(trial) if now < trial.give_up_at && !trial.reader.is_finished() => return Ok(()),
            _ => self.end_trial(),
        }
        self.stuck.retain(|reader| !reader.is_finished());
        if self.stuck.len() >= MAX_STUCK {
            return Ok(());
        }
        let opener = (self.openers)(self.info.as_ref().map(|info| info.name.as_str()));
        let reader = self.readers.start(opener, None)?;
        self.trial = Some(Trial { reader, info: None, give_up_at: now + self.patience.open });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::rig::Rig;

    #[test]
    fn a_stall_is_reported_and_a_new_opening_takes_over() {
        let (rig, old) = Rig::running();
        let stalled = rig.event();
        let CaptureEvent::Stalled { seconds, reason: CaptureError::CameraStalled { name, .. } } = &stalled else {
            panic!("a stall was due, not {stalled:?}")
        };
        assert!((0.1..5.0).contains(seconds) && name == "Fake", "after the time that was set, by name: {stalled:?}");
        let new = rig.plug(2);
        new.send(Ok(())).expect("the camera exists");
        assert!(matches!(rig.event(), CaptureEvent::Opened(_)), "opened anew");
        assert!(matches!(rig.event(), CaptureEvent::Recovered), "and said so");
        let (number, time) = rig.frame();
        assert_eq!((number, time.index), (2, 1), "the new one delivers, and the numbers run on");
        assert!(time.media_time >= Duration::from_millis(100), "so does time: {:?}", time.media_time);
        assert!(rig.asked.lock().expect("not poisoned")[1..].iter().all(|name| name.as_deref() == Some("Fake")), "asked for by name");
        // The old driver wakes at last: it must not speak into the new session.
        _ = old.send(Ok(()));
        std::thread::sleep(Duration::from_millis(30));
        new.send(Ok(())).expect("the new reader waits");
        assert_eq!(rig.frame().0, 2, "the old camera's frame is not delivered");
    }

    #[test]
    fn a_stalled_camera_that_wakes_goes_on_by_itself() {
        let (rig, camera) = Rig::running();
        assert!(matches!(rig.event(), CaptureEvent::Stalled { .. }), "stalled");
        std::thread::sleep(Duration::from_millis(100));
        camera.send(Ok(())).expect("the reader still waits");
        assert!(matches!(rig.event(), CaptureEvent::Recovered), "no new opening was needed");
        assert_eq!(rig.frame().0, 1, "the same camera");
        assert!(rig.asked.lock().expect("not poisoned").len() > 1, "although openings had been tried meanwhile");
    }

    #[test]
    fn an_unplugged_camera_is_found_again() {
        let (rig, camera) = Rig::running();
        camera.send(Err(CaptureError::CameraRead { name: "Fake".to_owned(), detail: "no such device".to_owned() })).expect("waits");
        let lost = rig.event();
        assert!(matches!(&lost, CaptureEvent::Stalled { reason: CaptureError::CameraRead { .. }, .. }), "with its reason: {lost:?}");
        std::thread::sleep(Duration::from_millis(150));
        rig.plug(3).send(Ok(())).expect("the camera exists");
        assert!(matches!(rig.event(), CaptureEvent::Opened(_)), "found again");
        assert!(matches!(rig.event(), CaptureEvent::Recovered), "and said so");
        assert_eq!(rig.frame().0, 3, "delivers again");
    }

    /// How often the camera comes back: more often in the long form (`make soak`).
    fn rounds() -> u8 {
        if std::env::var_os("RETRATO_SOAK").is_some_and(|value| !value.is_empty()) { 100 } else { 3 }
    }

    #[test]
    fn a_camera_that_goes_and_comes_back_again_and_again_is_always_found() {
        let (rig, mut camera) = Rig::running();
        let mut last = Duration::ZERO;
        for round in 2..2 + rounds() {
            // It is pulled out, stops sending, or stops and wakes while a new one is being opened.
            let gone = if round % 3 == 0 {
                Err(CaptureError::CameraRead { name: "Fake".to_owned(), detail: "no such device".to_owned() })
            } else {
                Ok(())
            };
            camera.send(gone).expect("the reader waits");
            if round % 3 != 0 {
                assert_eq!(rig.frame().0, round - 1, "its last frame");
            }
            assert!(matches!(rig.event(), CaptureEvent::Stalled { .. }), "round {round}: told");
            let old = std::mem::replace(&mut camera, rig.plug(round));
            camera.send(Ok(())).expect("the camera exists");
            assert!(matches!(rig.event(), CaptureEvent::Opened(_)), "round {round}: opened anew");
            assert!(matches!(rig.event(), CaptureEvent::Recovered), "round {round}: and said so");
            if round % 3 == 1 {
                _ = old.send(Ok(()));
            }
            let (number, time) = rig.frame();
            assert_eq!(number, round, "the new one delivers, and no old one");
            assert!(time.media_time > last, "round {round}: time runs on");
            last = time.media_time;
        }
        assert!(rig.frames.try_recv().is_err() && rig.events.try_recv().is_err(), "nothing else happened");
    }

    #[test]
    fn a_failure_that_is_mended_at_once_is_not_worth_telling() {
        let (rig, camera) = Rig::running();
        rig.plug(2).send(Ok(())).expect("the camera exists");
        camera.send(Err(CaptureError::CameraRead { name: "Fake".to_owned(), detail: "invalid argument".to_owned() })).expect("waits");
        assert!(matches!(rig.event(), CaptureEvent::Opened(_)), "opened anew without a stall");
        assert_eq!(rig.frame().0, 2, "and goes on");
    }

    #[test]
    fn dropping_never_waits_for_the_driver() {
        let (mut rig, camera) = Rig::running();
        let start = Instant::now();
        drop(rig.worker.take());
        assert!(start.elapsed() < Duration::from_millis(100), "took {:?} although the driver blocks", start.elapsed());
        _ = camera.send(Ok(()));
        std::thread::sleep(Duration::from_millis(50));
        assert!(rig.frames.try_recv().is_err(), "nothing is delivered after the drop");
    }

    #[test]
    fn a_camera_that_is_not_there_at_first_is_a_failure() {
        let mut rig = Rig::new();
        rig.start();
        assert!(matches!(rig.event(), CaptureEvent::Failed(CaptureError::NoCamera)), "said once, not retried");
        assert!(rig.events.recv_timeout(Duration::from_millis(200)).is_err(), "nothing follows");
    }
}
