//! Keeps a camera alive: notices when nothing comes any more, and opens it again until something does.
//!
//! A driver that has stalled may never return from its call, so its reader cannot be ended, only given up. While new readers are tried, the
//! stalled one is still listened to: whichever delivers first is the one that counts from then on.

use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;

use super::error::CaptureError;
use super::source::SourceInfo;
use super::tap::{OPEN_WITHIN, Opener, Reader, Readers, Report, STALL_AFTER, Said};
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
    current: Option<Reader>,
    trial: Option<Trial>,
    /// Readers that were given up and have not ended yet.
    stuck: Vec<Reader>,
    last_frame: Instant,
    stalled: bool,
    next_attempt: Instant,
    first_frame: Option<Instant>,
    delivered: u64,
}

/// An attempt to open a stalled source again.
struct Trial {
    reader: Reader,
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
            stalled: false,
            next_attempt: now,
            first_frame: None,
            delivered: 0,
        }
    }

    /// Runs until the source ends or nobody wants more. A source that cannot be opened the first time is an error; later, it is tried for ever.
    pub(super) fn run(mut self, reports: &Receiver<Report>, outlet: &Outlet<'_>) -> Result<End, CaptureError> {
        self.current = Some(self.readers.start((self.openers)(None))?);
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
        let moment = if self.stalled { self.next_attempt } else { self.last_frame + self.allowance() };
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
                Said::Looped(_) => {}
                Said::Ended => return Ok(Some(End::Reached)),
                Said::Failed(error) if self.info.is_none() || !error.is_worth_retrying() => return Err(error),
                Said::Failed(error) => self.lost(error, outlet),
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
                Said::Looped(_) => {}
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
        self.last_frame = Instant::now();
        self.info = Some(info.clone());
        outlet.tell(CaptureEvent::Opened(info));
    }

    /// Hands a frame on, numbered and timed across all readers.
    fn pass_on(&mut self, mut input: Input, outlet: &Outlet<'_>) -> Option<End> {
        self.last_frame = Instant::now();
        if std::mem::take(&mut self.stalled) {
            self.end_trial();
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

    fn give_up(&mut self, reader: Reader) {
        reader.give_up();
        self.stuck.retain(|reader| !reader.is_finished());
        self.stuck.push(reader);
    }

    /// The source failed or stalled: says so once, and tries again from now on.
    fn lost(&mut self, reason: CaptureError, outlet: &Outlet<'_>) {
        if !std::mem::replace(&mut self.stalled, true) {
            let seconds = self.last_frame.elapsed().as_secs_f64();
            self.next_attempt = Instant::now() + self.patience.retry;
            outlet.tell(CaptureEvent::Stalled { seconds, reason });
        }
    }

    /// What the clock asks for.
    fn check(&mut self, outlet: &Outlet<'_>) -> Result<(), CaptureError> {
        let now = Instant::now();
        if !self.stalled && now >= self.last_frame + self.allowance() {
            let name = self.info.as_ref().map_or("that was chosen", |info| &info.name).to_owned();
            let reason = CaptureError::CameraStalled { name, seconds: self.last_frame.elapsed().as_secs() };
            self.lost(reason, outlet);
        }
        if self.stalled && now >= self.next_attempt {
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
        let reader = self.readers.start(opener)?;
        self.trial = Some(Trial { reader, info: None, give_up_at: now + self.patience.open });
        Ok(())
    }
}
