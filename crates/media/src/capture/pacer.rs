//! When a frame of a clip is due.

use std::time::{Duration, Instant};

/// Later than this, the clock is set anew instead of racing after it: the machine slept, or decoding is slower than the clip.
const HOPELESS: Duration = Duration::from_secs(1);

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Deliver it at this moment, or at once when that has passed.
    At(Instant),
    /// It is late and the next one is here: leave it out.
    Skip,
}

/// Ties media time to the wall clock. There is no drift: every frame is due relative to the first.
#[derive(Debug)]
pub(super) struct Pacer {
    zero: Option<Instant>,
    interval: Duration,
}

impl Pacer {
    /// For frames at this rate.
    pub(super) fn new(fps: f64) -> Self {
        Self { zero: None, interval: Duration::try_from_secs_f64(1.0 / fps.max(1.0)).unwrap_or_default() }
    }

    /// The turn of the frame at `media_time`; `another_waits` tells whether the one after it has arrived as well.
    pub(super) fn turn(&mut self, media_time: Duration, now: Instant, another_waits: bool) -> Turn {
        let zero = *self.zero.get_or_insert_with(|| now.checked_sub(media_time).unwrap_or(now));
        let due = zero + media_time;
        let late = now.saturating_duration_since(due);
        if late > HOPELESS {
            self.zero = now.checked_sub(media_time);
            return Turn::At(now);
        }
        if late > self.interval && another_waits { Turn::Skip } else { Turn::At(due) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn frames_are_due_relative_to_the_first_without_drift() {
        let start = Instant::now() + ms(10_000);
        let mut pacer = Pacer::new(25.0);
        assert_eq!(pacer.turn(ms(80), start, true), Turn::At(start), "the first frame is due at once");
        let late = start + ms(43);
        assert_eq!(pacer.turn(ms(120), late, true), Turn::At(start + ms(40)), "a little late is not skipped");
        assert_eq!(pacer.turn(ms(10_080), late, true), Turn::At(start + ms(10_000)), "lateness does not add up");
    }

    #[test]
    fn late_frames_are_skipped_only_when_a_newer_one_is_there() {
        let start = Instant::now() + ms(10_000);
        let mut pacer = Pacer::new(25.0);
        pacer.turn(ms(0), start, true);
        assert_eq!(pacer.turn(ms(40), start + ms(90), true), Turn::Skip, "more than a frame late");
        assert!(matches!(pacer.turn(ms(40), start + ms(90), false), Turn::At(_)), "but it is all there is");
    }

    #[test]
    fn after_a_long_pause_playing_goes_on_from_there() {
        let start = Instant::now() + ms(10_000);
        let mut pacer = Pacer::new(25.0);
        pacer.turn(ms(0), start, true);
        let woken = start + ms(3_600_000);
        assert_eq!(pacer.turn(ms(40), woken, true), Turn::At(woken), "no race through an hour of frames");
        assert_eq!(pacer.turn(ms(80), woken, true), Turn::At(woken + ms(40)), "the next one a frame later");
    }
}
