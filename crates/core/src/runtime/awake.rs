//! Time for which the program really ran. A program that is stopped (`kill -STOP`, a paused virtual machine, a debugger) finds the clock far ahead when it goes
//! on; what it records must not show that as a minute of standing still.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::worker::{StopFlag, Worker, WorkerError};

/// How often the program makes sure that it runs.
const BEAT: Duration = Duration::from_millis(50);
/// A beat that comes later than this means that the whole program stood still; a busy machine alone is rarely so late.
const STOPPED: Duration = Duration::from_secs(1);
/// Stops that are remembered one by one; those before them count together.
const MOST_STOPS: usize = 256;

/// Keeps watch as long as it lives; all that live at the same time share one thread.
#[derive(Clone, Debug)]
pub struct AwakeClock(Arc<Watch>);

#[derive(Debug)]
struct Watch {
    stops: Arc<Mutex<Stops>>,
    _beat: Worker,
}

impl AwakeClock {
    /// Begins to watch, unless somebody does already.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn watch() -> Result<Self, WorkerError> {
        static SHARED: Mutex<Weak<Watch>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watch) = shared.upgrade() {
            return Ok(Self(watch));
        }
        let stops = Arc::new(Mutex::new(Stops::new(Instant::now())));
        let beaten = Arc::clone(&stops);
        let beat = Worker::spawn("awake", move |stop| beat(&beaten, stop), |error| tracing::error!("{error}"))?;
        let watch = Arc::new(Watch { stops, _beat: beat });
        *shared = Arc::downgrade(&watch);
        Ok(Self(watch))
    }

    /// From `earlier` to `later`, without the time for which the program was stopped; 0 where `later` comes first.
    pub fn between(&self, earlier: Instant, later: Instant) -> Duration {
        let stops = lock(&self.0.stops);
        // What lies ahead of the clock, such as sound that is told of early, says nothing about a stop.
        let now = Instant::now();
        let stopped = stops.until(later.min(now)).saturating_sub(stops.until(earlier.min(now)));
        later.saturating_duration_since(earlier).saturating_sub(stopped)
    }
}

fn lock(stops: &Mutex<Stops>) -> MutexGuard<'_, Stops> {
    stops.lock().unwrap_or_else(PoisonError::into_inner)
}

fn beat(stops: &Mutex<Stops>, stop: &StopFlag) {
    while !stop.sleep_until(Instant::now() + BEAT) {
        lock(stops).beat(Instant::now());
    }
}

/// When the program was stopped.
#[derive(Debug)]
struct Stops {
    /// When it was last known to run.
    alive_at: Instant,
    /// A moment within each stop, and how long all up to it were together.
    ended: Vec<(Instant, Duration)>,
}

impl Stops {
    fn new(now: Instant) -> Self {
        Self { alive_at: now, ended: Vec::new() }
    }

    fn total(&self) -> Duration {
        self.ended.last().map_or(Duration::ZERO, |(_, total)| *total)
    }

    /// The program runs at this moment.
    fn beat(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.alive_at);
        if late > STOPPED {
            tracing::info!("the program was stopped for {:.1} s", late.as_secs_f64());
            let ended = (self.alive_at + STOPPED / 2, self.total() + late.saturating_sub(BEAT));
            if self.ended.len() == MOST_STOPS {
                self.ended.remove(0);
            }
            self.ended.push(ended);
        }
        self.alive_at = self.alive_at.max(now);
    }

    /// For how long the program was stopped before a moment. Other threads may go on before the one that beats.
    fn until(&self, moment: Instant) -> Duration {
        let late = moment.saturating_duration_since(self.alive_at);
        if late > STOPPED {
            return self.total() + late.saturating_sub(BEAT);
        }
        self.ended.iter().rev().find(|(within, _)| *within < moment).map_or(Duration::ZERO, |(_, total)| *total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_counts_for_a_beat_whoever_notices_it_first() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut stops = Stops::new(start);
        for ms in (50..=1000).step_by(50) {
            stops.beat(at(ms));
        }
        assert_eq!(stops.until(at(1700)), Duration::ZERO, "a late beat is no stop");
        let noticed_early = stops.until(at(61_000));
        stops.beat(at(61_003));
        stops.beat(at(61_053));
        assert_eq!(noticed_early, Duration::from_millis(59_950), "by a thread that goes on before the beat");
        assert_eq!(stops.until(at(61_001)), Duration::from_millis(59_953), "and after it");
        assert_eq!(stops.until(at(1020)), Duration::ZERO, "what was before it stays there");
        for ms in (61_100..=62_000).step_by(50) {
            stops.beat(at(ms));
        }
        stops.beat(at(65_000));
        assert_eq!(stops.until(at(65_010)), Duration::from_millis(59_953 + 2950), "a second one");
    }

    #[test]
    fn time_runs_as_it_does_while_nothing_stops() -> Result<(), WorkerError> {
        let clock = AwakeClock::watch()?;
        let start = Instant::now();
        std::thread::sleep(Duration::from_millis(120));
        let now = Instant::now();
        assert_eq!(clock.between(start, now), now - start, "all of it");
        assert_eq!(clock.between(now, start), Duration::ZERO, "not backwards");
        assert_eq!(
            clock.between(start, now + Duration::from_mins(1)),
            now - start + Duration::from_mins(1),
            "nor is what lies ahead a stop"
        );
        assert!(Arc::ptr_eq(&clock.0, &AwakeClock::watch()?.0), "one watch for all");
        Ok(())
    }
}
