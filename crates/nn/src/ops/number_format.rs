//! In which numbers frozen networks multiply, chosen by measuring: a processor that has instructions for pairs of bfloat16 is not always quicker with them.

use std::cell::Cell;
use std::fmt;
use std::hint::black_box;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

/// The numbers that frozen networks multiply. Sums are in single precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Products {
    /// What is quicker on this processor, measured for each shape of convolution.
    #[default]
    Measured,
    /// Single precision.
    Single,
    /// Pairs of bfloat16 where the processor has that, and else single precision.
    Pairs,
}

/// How long one shape of convolution takes in each format.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FormatTrial {
    /// Side of the kernel, its stride, channels of its input and of its output.
    pub shape: [usize; 4],
    /// Microseconds of the trial in single precision.
    pub single_us: f64,
    /// The same with pairs of bfloat16.
    pub pairs_us: f64,
    /// Whether pairs are used.
    pub takes_pairs: bool,
}

/// Pairs are taken when they need less than this share of the time: single precision is exact, and a trial is short. Tuned on nothing: a tenth.
const CLEARLY: f64 = 0.9;
/// Runs of a trial; the quickest counts, since others are disturbed.
const RUNS: usize = 4;

/// What this process multiplies where nothing else is asked for.
static CHOSEN: AtomicU8 = AtomicU8::new(Products::Measured as u8);
/// What was measured in this process.
static TRIALS: Mutex<Vec<FormatTrial>> = Mutex::new(Vec::new());

thread_local! {
    /// Unit tests of this crate compare with single precision unless they are about other numbers.
    static FROZEN_WITH: Cell<Option<Products>> = const { Cell::new(if cfg!(test) { Some(Products::Single) } else { None }) };
}

impl Products {
    /// Lets all networks that this process freezes from now on multiply such numbers.
    pub fn choose(self) {
        CHOSEN.store(self as u8, Ordering::Relaxed);
    }

    /// What this process has chosen.
    pub fn of_process() -> Self {
        [Self::Single, Self::Pairs].into_iter().find(|products| *products as u8 == CHOSEN.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// What networks multiply that are frozen on this thread now.
    pub(super) fn chosen() -> Self {
        FROZEN_WITH.get().unwrap_or_else(Self::of_process)
    }
}

impl fmt::Display for Products {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measured => "measured",
            Self::Single => "f32",
            Self::Pairs => "bf16",
        })
    }
}

/// A name that is none of the formats.
#[derive(Debug, thiserror::Error)]
#[error("write measured, f32 or bf16")]
pub struct UnknownFormat;

impl FromStr for Products {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        [Self::Measured, Self::Single, Self::Pairs].into_iter().find(|products| products.to_string() == name).ok_or(UnknownFormat)
    }
}

/// Lets the networks that `freeze` freezes on this thread multiply such numbers, whatever the process has chosen.
pub fn frozen_with<R>(products: Products, freeze: impl FnOnce() -> R) -> R {
    let before = FROZEN_WITH.replace(Some(products));
    let frozen = freeze();
    FROZEN_WITH.set(before);
    frozen
}

/// All trials of this process, in the order in which shapes were met.
pub fn format_trials() -> Vec<FormatTrial> {
    TRIALS.lock().map(|trials| trials.clone()).unwrap_or_default()
}

/// Which numbers the networks of this process multiply and what was measured for that, for people.
pub fn format_sentence() -> String {
    match Products::of_process() {
        Products::Single => "f32, as asked for".to_owned(),
        Products::Pairs => "bf16 where the processor has it, as asked for".to_owned(),
        Products::Measured => measured_sentence(&format_trials()),
    }
}

fn measured_sentence(trials: &[FormatTrial]) -> String {
    if trials.is_empty() {
        return "f32: the processor has no quicker format".to_owned();
    }
    let pairs = trials.iter().filter(|trial| trial.takes_pairs).count();
    let sum = |us: fn(&FormatTrial) -> f64| trials.iter().map(us).sum::<f64>() / 1e3;
    let [single, double] = [sum(|trial| trial.single_us), sum(|trial| trial.pairs_us)];
    format!(
        "bf16 for {pairs} of {} shapes of convolution, f32 for the others: one of each took {double:.2} ms in bf16 and {single:.2} ms in f32",
        trials.len()
    )
}

/// Whether pairs are clearly quicker for a shape: `run` does the work once, in pairs or not, and returns some of its result. A shape is tried once in a process, so that all networks agree.
pub(super) fn pairs_are_quicker(shape: [usize; 4], run: impl Fn(bool) -> f32) -> bool {
    let Ok(mut trials) = TRIALS.lock() else { return false };
    if let Some(known) = trials.iter().find(|trial| trial.shape == shape) {
        return known.takes_pairs;
    }
    let mut best = [Duration::MAX; 2];
    // One after the other in turn, so that a slower moment meets both; the first run of each warms up.
    for _ in 0..=RUNS {
        for (best, in_pairs) in best.iter_mut().zip([false, true]) {
            let start = Instant::now();
            black_box(run(in_pairs));
            *best = start.elapsed().min(*best);
        }
    }
    let [single_us, pairs_us] = best.map(|time| time.as_secs_f64() * 1e6);
    let takes_pairs = pairs_us < CLEARLY * single_us;
    trials.push(FormatTrial { shape, single_us, pairs_us, takes_pairs });
    takes_pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quicker_format_is_taken_and_kept() {
        let asleep = |ms| {
            std::thread::sleep(Duration::from_millis(ms));
            0.0
        };
        let slow_pairs = |in_pairs: bool| asleep(if in_pairs { 6 } else { 1 });
        let slow_single = |in_pairs: bool| asleep(if in_pairs { 1 } else { 6 });
        assert!(!pairs_are_quicker([9, 1, 1, 1], slow_pairs) && pairs_are_quicker([9, 1, 1, 2], slow_single), "by the time they take");
        assert!(!pairs_are_quicker([9, 1, 1, 1], |_| panic!("a shape is tried once")), "remembered");
        let trial = format_trials().into_iter().find(|trial| trial.shape == [9, 1, 1, 2]).expect("it was tried");
        assert!(trial.takes_pairs && trial.pairs_us < trial.single_us, "{trial:?}");
    }

    #[test]
    fn people_are_told_what_was_measured() {
        let trial = |takes_pairs| FormatTrial { shape: [3, 1, 8, 8], single_us: 300.0, pairs_us: 150.0, takes_pairs };
        let sentence = measured_sentence(&[trial(true), trial(false)]);
        assert!(sentence.contains("bf16 for 1 of 2") && sentence.contains("0.30 ms in bf16 and 0.60 ms in f32"), "{sentence}");
        assert!(measured_sentence(&[]).contains("f32"), "no other format");
    }

    #[test]
    fn what_a_thread_asks_for_goes_before_what_the_process_chose() {
        assert_eq!(Products::chosen(), Products::Single, "unit tests");
        frozen_with(Products::Pairs, || assert_eq!(Products::chosen(), Products::Pairs));
        for products in [Products::Measured, Products::Single, Products::Pairs] {
            assert_eq!(products.to_string().parse::<Products>().ok(), Some(products), "by its name");
        }
        assert!("int3".parse::<Products>().is_err());
    }
}
