//! The roof: what the processor can compute at most, to compare the networks' speed with.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::time::Instant;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tiles;

/// Sums that are worked on side by side: enough for the latency of a multiplication with addition, and few enough for the registers.
const SUMS: usize = 12;
/// Multiplications with addition of one measurement, for each sum.
const ROUNDS: usize = 200_000;
/// Measurements; the fastest counts.
const ATTEMPTS: usize = 15;

/// Multiplies and adds registers, and nothing else.
struct Work(usize);

impl WithSimd for Work {
    /// Operations, and their result so that they are not left out.
    type Output = (usize, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        // Numbers that the compiler cannot know, or it would work them out itself.
        let mut sums: [S::f32s; SUMS] = std::hint::black_box([1.0_f32; SUMS]).map(|start| simd.splat_f32s(start));
        let [a, b] = std::hint::black_box([0.999_999_f32, 1e-6]).map(|v| simd.splat_f32s(v));
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, a, b);
            }
        }
        let all = sums.into_iter().fold(simd.splat_f32s(0.0), |all, sum| simd.add_f32s(all, sum));
        (2 * self.0 * SUMS * S::F32_LANES, simd.reduce_sum_f32s(all))
    }
}

/// Most operations per second in single precision, in thousand millions, on all threads of the pool together.
pub fn roof_gflops() -> f64 {
    let arch = tiles::arch();
    let attempt = || {
        let start = Instant::now();
        let results: Vec<(usize, f32)> =
            (0..rayon::current_num_threads()).into_par_iter().with_max_len(1).map(|_| arch.dispatch(Work(ROUNDS))).collect();
        let operations: usize = results.iter().map(|(count, _)| count).sum();
        std::hint::black_box(results);
        operations as f64 / start.elapsed().as_secs_f64() / 1e9
    };
    (0..ATTEMPTS).map(|_| attempt()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_counted_and_done() {
        let (operations, sum) = tiles::arch().dispatch(Work(10));
        assert!(operations >= 2 * 10 * SUMS && operations.is_multiple_of(2 * 10 * SUMS), "{operations} operations");
        let each = 0.999_999_f64.powi(10) + 1e-6 * (0..10).map(|k| 0.999_999_f64.powi(k)).sum::<f64>();
        let expected = each * (operations / 20) as f64;
        assert!((f64::from(sum) - expected).abs() < 1e-3 * expected, "{sum} instead of {expected}");
    }
}
