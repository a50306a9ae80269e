//! Timing of the stages, for `bench`, the window's read-out and tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// How many of the newest measurements of a stage count.
const WINDOW: usize = 4096;

/// Median and tail of a run of durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of the measurements are below.
    pub ms_p50: f64,
    /// 95 % are below.
    pub ms_p95: f64,
    /// 99 % are below.
    pub ms_p99: f64,
    /// How many measurements there were.
    pub count: usize,
}

impl Percentiles {
    /// Of any run of durations; zero when empty.
    pub fn of(durations: impl IntoIterator<Item = Duration>) -> Self {
        let mut ms: Vec<f64> = durations.into_iter().map(|d| d.as_secs_f64() * 1e3).collect();
        ms.sort_by(f64::total_cmp);
        let at = |share: f64| ms.get(((ms.len() as f64 - 1.0) * share).round().max(0.0) as usize).copied().unwrap_or(0.0);
        Self { ms_p50: at(0.50), ms_p95: at(0.95), ms_p99: at(0.99), count: ms.len() }
    }
}

/// The newest durations of every stage, shared between the threads that measure and the one that shows them.
#[derive(Clone, Debug, Default)]
pub struct Timings(Arc<Mutex<Vec<Stage>>>);

/// A stage's name and its newest durations.
type Stage = (&'static str, VecDeque<Duration>);

/// One stage's name and percentiles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageTimes {
    /// Name of the stage.
    pub name: &'static str,
    /// Its times.
    #[serde(flatten)]
    pub times: Percentiles,
}

impl Timings {
    /// Adds one measurement.
    pub fn add(&self, stage: &'static str, duration: Duration) {
        let mut stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = stages.iter().position(|(name, _)| *name == stage).unwrap_or_else(|| {
            stages.push((stage, VecDeque::with_capacity(WINDOW)));
            stages.len() - 1
        });
        let window = &mut stages[index].1;
        if window.len() == WINDOW {
            window.pop_front();
        }
        window.push_back(duration);
    }

    /// Runs `work` and adds how long it took.
    pub fn measure<T>(&self, stage: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(stage, start.elapsed());
        result
    }

    /// Percentiles of every stage, in the order in which the stages first reported.
    pub fn stages(&self) -> Vec<StageTimes> {
        let stages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stages.iter().map(|(name, window)| StageTimes { name, times: Percentiles::of(window.iter().copied()) }).collect()
    }

    /// Forgets everything measured so far.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_known_run() {
        let p = Percentiles::of((1..=101).map(Duration::from_millis));
        assert_eq!((p.ms_p50, p.ms_p95, p.ms_p99, p.count), (51.0, 96.0, 100.0, 101), "exact ranks of 1..=101 ms");
        assert_eq!(Percentiles::of([]), Percentiles::default(), "nothing measured is all zero");
    }
}
