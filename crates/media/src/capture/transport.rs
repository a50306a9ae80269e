//! How a clip or a performance is played: paused, from where, how fast. Asked for by whoever shows it, obeyed by the threads that play it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};

/// Slowest and fastest, as multiples of a clip's own speed.
pub const SPEEDS: (f32, f32) = (0.25, 2.0);
/// How long a reader at its end sleeps at most before it looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(100);

/// How a clip or a performance is being played.
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself, or told by itself")]
#[derive(Clone, Debug, PartialEq)]
pub struct Playback {
    /// Place in the present repetition.
    pub position: Duration,
    /// Length of a repetition, where it is known.
    pub length: Option<Duration>,
    /// Whether it stands still because somebody wished it.
    pub paused: bool,
    /// Whether it waits at its first picture until somebody lets it go.
    pub waiting: bool,
    /// Whether it starts again at its end.
    pub looped: bool,
    /// Speed, as a multiple of its own.
    pub speed: f32,
    /// Whether it is at its end and stays there.
    pub ended: bool,
}

/// The place in a clip that belongs to a moment of what was shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClipPlace {
    /// Number of the unbroken run: it changes when somebody has gone elsewhere in the clip, or changed its speed.
    pub run: u64,
    /// Time of the clip, which runs on across its repetitions.
    pub media_time: Duration,
    /// Speed, as a multiple of the clip's own.
    pub speed: f32,
}

/// The way to a playing clip. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub struct Transport(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    board: Mutex<Board>,
    /// For a reader that waits at its end.
    changed: Condvar,
    wake: Sender<()>,
    woken: Receiver<()>,
}

#[derive(Debug)]
struct Board {
    playback: Playback,
    /// Number of the newest wish to be elsewhere, and the place, until the reader has taken it.
    sought: u64,
    seek: Option<Duration>,
    run: Run,
    over: bool,
}

/// An unbroken run: what is shown at a moment, from there on.
#[derive(Clone, Copy, Debug)]
struct Run {
    number: u64,
    shown: Duration,
    media_time: Duration,
    speed: f32,
}

impl Default for Transport {
    fn default() -> Self {
        Self::new(true, false)
    }
}

impl Transport {
    /// For something that starts again at its end if `looped`, and stops at its first picture until [`Self::release`] if `waiting`.
    pub fn new(looped: bool, waiting: bool) -> Self {
        let (wake, woken) = bounded(1);
        let playback = Playback { position: Duration::ZERO, length: None, paused: false, waiting, looped, speed: 1.0, ended: false };
        let run = Run { number: 0, shown: Duration::ZERO, media_time: Duration::ZERO, speed: 1.0 };
        let board = Mutex::new(Board { playback, sought: 0, seek: None, run, over: false });
        Self(Arc::new(Shared { board, changed: Condvar::new(), wake, woken }))
    }

    /// Stands still, or goes on. At the end of the clip going on begins it anew.
    pub fn pause(&self, paused: bool) {
        self.change(|board| {
            board.playback.paused = paused;
            if !paused && board.playback.ended {
                board.seek_to(Duration::ZERO);
            }
        });
    }

    /// Goes to a place of the present repetition. What stands still shows the picture there.
    pub fn seek(&self, to: Duration) {
        self.change(|board| board.seek_to(to));
    }

    /// Starts again at its end from now on, or not.
    pub fn set_looped(&self, looped: bool) {
        self.change(|board| {
            board.playback.looped = looped;
            if looped && board.playback.ended && !board.playback.paused {
                board.seek_to(Duration::ZERO);
            }
        });
    }

    /// Plays at a multiple of the clip's own speed, within [`SPEEDS`].
    pub fn set_speed(&self, speed: f32) {
        let speed = if speed.is_finite() { speed.clamp(SPEEDS.0, SPEEDS.1) } else { 1.0 };
        self.change(|board| board.playback.speed = speed);
    }

    /// Lets something go on that waits at its first picture.
    pub fn release(&self) {
        self.change(|board| board.playback.waiting = false);
    }

    /// How it is being played.
    pub fn playback(&self) -> Playback {
        self.board().playback.clone()
    }

    /// The place in the clip of a moment that was shown; `None` once it plays no more.
    pub fn place(&self, shown: Duration) -> Option<ClipPlace> {
        let board = self.board();
        let Run { number, shown: begun, media_time, speed } = board.run;
        let media_time = media_time + shown.saturating_sub(begun).mul_f64(speed.into());
        (!board.over).then_some(ClipPlace { run: number, media_time, speed })
    }

    fn change(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.board());
        self.0.changed.notify_all();
        // One wake that waits is enough.
        self.0.wake.try_send(()).ok();
    }

    /// A panic while the lock was held cannot leave a number half-written, so a poisoned lock is still good.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // What the threads that play ask and say.

    /// Hears of every change.
    pub(super) fn woken(&self) -> &Receiver<()> {
        &self.0.woken
    }

    /// Number of the newest wish to be elsewhere.
    pub(super) fn sought(&self) -> u64 {
        self.board().sought
    }

    /// Whether nothing is to be shown but the picture at this place.
    pub(super) fn stands_still(&self) -> bool {
        let board = self.board();
        board.playback.paused || board.playback.waiting
    }

    /// A place to go to, with the wish's number, for the reader.
    pub(super) fn take_seek(&self) -> Option<(u64, Duration)> {
        let mut board = self.board();
        let seek = board.seek.take()?;
        Some((board.sought, seek))
    }

    /// Waits at the end of the source until there is a place to go to; false when `is_over` says so before.
    pub(super) fn wait_for_seek(&self, is_over: impl Fn() -> bool) -> bool {
        let mut board = self.board();
        while board.seek.is_none() {
            if is_over() || board.over {
                return false;
            }
            board = self.0.changed.wait_timeout(board, PATIENCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(super) fn opened(&self, length: Option<Duration>) {
        self.board().playback.length = length;
    }

    pub(super) fn ended(&self, ended: bool) {
        self.board().playback.ended = ended;
    }

    /// A picture is about to be shown: `position` in its repetition, at `shown` on the line of what is shown.
    pub(super) fn at(&self, position: Duration) {
        self.board().playback.position = position;
    }

    /// From here on `media_time` is shown at `shown`.
    pub(super) fn begin_run(&self, shown: Duration, media_time: Duration, speed: f32) {
        let mut board = self.board();
        board.run = Run { number: board.run.number + 1, shown, media_time, speed };
    }

    /// Nothing is played any more.
    pub(super) fn end(&self) {
        self.change(|board| board.over = true);
    }
}

impl Board {
    fn seek_to(&mut self, to: Duration) {
        let to = self.playback.length.map_or(to, |length| to.min(length));
        self.sought += 1;
        self.seek = Some(to);
        self.playback.position = to;
    }
}

/// The line of what is shown: it runs on evenly whatever happens to the clip.
#[derive(Debug)]
pub(super) struct ShownLine {
    /// Where the present run began, on both lines, and how fast it goes.
    begun: Option<(Duration, Duration, f32)>,
    /// The newest moment on both lines.
    newest: Option<(Duration, Duration)>,
    interval: Duration,
}

impl ShownLine {
    /// For pictures at this rate.
    pub(super) fn new(fps: f64) -> Self {
        Self { begun: None, newest: None, interval: Duration::try_from_secs_f64(1.0 / fps.max(1.0)).unwrap_or_default() }
    }

    /// The next picture does not follow the one before it in the clip.
    pub(super) fn break_off(&mut self) {
        self.begun = None;
    }

    /// When the picture of a time of the clip is shown. Begins a new run on `transport` where that is needed.
    pub(super) fn shown(&mut self, media_time: Duration, speed: f32, transport: &Transport) -> Duration {
        let run = match self.begun {
            Some(run) if run.2.to_bits() == speed.to_bits() => run,
            // Another speed goes on from the newest picture, another place an interval after it.
            Some(_) => self.begin(self.newest.unwrap_or((media_time, media_time)), speed, transport),
            None => {
                let shown = self.newest.map_or(media_time, |(shown, _)| shown + self.interval);
                self.begin((shown, media_time), speed, transport)
            }
        };
        let shown = run.0 + media_time.saturating_sub(run.1).div_f64(run.2.into());
        self.newest = Some((shown, media_time));
        shown
    }

    fn begin(&mut self, (shown, media_time): (Duration, Duration), speed: f32, transport: &Transport) -> (Duration, Duration, f32) {
        transport.begin_run(shown, media_time, speed);
        *self.begun.insert((shown, media_time, speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn what_is_shown_runs_on_evenly_whatever_happens_to_the_clip() {
        let (transport, mut line) = (Transport::default(), ShownLine::new(25.0));
        let mut shown = |media: u64, speed: f32, breaks: bool| {
            if breaks {
                line.break_off();
            }
            line.shown(ms(media), speed, &transport).as_millis()
        };
        assert_eq!([shown(5000, 1.0, false), shown(5040, 1.0, false)], [5000, 5040], "as the clip says");
        assert_eq!([shown(200, 1.0, true), shown(240, 1.0, false)], [5080, 5120], "another place is shown an interval later");
        assert_eq!([shown(280, 0.5, false), shown(320, 0.5, false)], [5200, 5280], "half as fast");
        let place = transport.place(ms(5280)).expect("it plays");
        assert_eq!((place.media_time, place.speed), (ms(320), 0.5), "and back to the clip's own time");
        transport.end();
        assert_eq!(transport.place(ms(5280)), None, "nothing plays any more");
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let transport = Transport::default();
        transport.opened(Some(ms(900)));
        transport.seek(ms(5000));
        assert_eq!(transport.take_seek(), Some((1, ms(900))), "once, with its number");
        assert_eq!(transport.take_seek(), None, "taken");
        transport.set_speed(f32::NAN);
        assert_eq!(
            transport.playback(),
            Playback { position: ms(900), length: Some(ms(900)), ..Transport::default().playback() },
            "no number is no speed"
        );
        transport.set_speed(99.0);
        assert!((transport.playback().speed - SPEEDS.1).abs() < 1e-6, "as fast as is offered");
    }

    #[test]
    fn going_on_at_the_end_begins_anew() {
        let transport = Transport::new(false, false);
        transport.ended(true);
        transport.pause(true);
        assert_eq!(transport.take_seek(), None, "it stands still");
        transport.pause(false);
        assert_eq!(transport.take_seek(), Some((1, Duration::ZERO)), "from the beginning");
    }
}
