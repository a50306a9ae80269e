//! The roof: what the processor can compute at most, to compare the networks' speed with.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::hint::black_box;
use std::time::Instant;

use pulp::{Simd, WithSimd};

use super::{pairs, tiles};

/// Sums that are worked on side by side: enough for the latency of a multiplication with addition, and few enough for the registers.
const SUMS: usize = 16;
/// Multiplications with addition of one measurement, for each sum.
const ROUNDS: usize = 2_000_000;
/// Measurements; the fastest counts.
const ATTEMPTS: usize = 15;

/// Multiplies and adds registers so many times, and nothing else.
struct Work(usize);

impl WithSimd for Work {
    /// Operations.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        let mut sums: [S::f32s; SUMS] = std::array::from_fn(|k| simd.splat_f32s(k as f32));
        // Numbers that the compiler does not know, and results that it believes to be wanted: it must not work them out itself or leave them out.
        let (a, b) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, a, b);
            }
        }
        black_box(sums);
        2 * self.0 * SUMS * S::F32_LANES
    }
}

/// Most operations per second in single precision, in thousand millions, on all threads of the pool together.
pub fn roof_gflops() -> f64 {
    let arch = tiles::arch();
    most_gflops(|| arch.dispatch(Work(ROUNDS)))
}

/// The same of pairs of bfloat16; `None` where the processor does not multiply those.
pub fn pair_roof_gflops() -> Option<f64> {
    pairs::has_pair_products().then(|| most_gflops(|| pairs::work(ROUNDS).unwrap_or(0)))
}

/// The most operations per second of some attempts, in thousand millions, when every thread does `work`, which returns its operations.
fn most_gflops(work: impl Fn() -> usize + Sync) -> f64 {
    let attempt = || {
        let start = Instant::now();
        // Every thread does its own share: one that wakes late must not find its work done by another.
        let operations: usize = rayon::broadcast(|_| work()).into_iter().sum();
        operations as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..ATTEMPTS).map(|_| attempt()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_counted_and_takes_its_time() {
        let operations = tiles::arch().dispatch(Work(10));
        assert!(operations >= 2 * 10 * SUMS && operations.is_multiple_of(2 * 10 * SUMS), "{operations} operations");
        let roof = roof_gflops();
        // A thread that does none of it would seem to do far more than any processor can.
        assert!(roof > 0.5 && roof < 1000.0 * rayon::current_num_threads() as f64, "{roof} GFLOP/s");
        let pairs = pair_roof_gflops();
        assert!(pairs.is_none_or(|pairs| pairs > 0.5 && pairs < 2000.0 * rayon::current_num_threads() as f64), "{pairs:?} GFLOP/s");
    }
}
