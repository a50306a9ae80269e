//! The roof: what the processor can compute at most, to compare the networks' speed with.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::hint::black_box;
use std::time::Instant;

use pulp::{Simd, WithSimd};

use crate::nn::ops;

/// Sums that are worked on side by side: enough for the latency of a multiplication with addition, and few enough for the registers.
const SUMS: usize = 16;
/// Multiplications with addition of one measurement, for each sum.
const ROUNDS: usize = 2_000_000;
/// Measurements; the fastest counts.
const ATTEMPTS: usize = 15;

/// Multiplies and adds registers so many times, and nothing else.
struct RegisterWork(usize);

impl WithSimd for RegisterWork {
    /// Operations.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> usize {
        black_box(worked(simd, self.0));
        2 * self.0 * SUMS * S::F32_LANES
    }
}

/// The sums after so many rounds: each began as its own number `k`, and every round makes `0.999 x + 0.001` of `x`.
#[inline(always)]
fn worked<S: Simd>(simd: S, rounds: usize) -> [S::f32s; SUMS] {
    let mut sums: [S::f32s; SUMS] = std::array::from_fn(|k| simd.splat_f32s(k as f32));
    // Numbers that the compiler does not know, and results that it takes to be wanted: it must not work them out itself or leave them out.
    let (a, b) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = simd.mul_add_f32s(*sum, a, b);
        }
    }
    sums
}

/// Most operations per second in single precision, in thousand millions, on all threads of the pool together.
pub fn roof_gflops() -> f64 {
    let arch = crate::runtime::arch();
    most_gflops(|| arch.dispatch(RegisterWork(ROUNDS)))
}

/// The same of pairs of bfloat16; `None` where the processor does not multiply those.
pub fn pair_roof_gflops() -> Option<f64> {
    ops::has_pair_products().then(|| most_gflops(|| ops::multiply_pairs(ROUNDS).unwrap_or(0)))
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

    /// The numbers of the sums after some rounds.
    struct Look(usize);

    impl WithSimd for Look {
        type Output = Vec<f32>;

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
            pulp::bytemuck::cast_slice(&worked(simd, self.0)).to_vec()
        }
    }

    #[test]
    fn every_operation_that_is_counted_is_done() {
        for rounds in [1, 10, 1000] {
            let numbers = crate::runtime::arch().dispatch(Look(rounds));
            let operations = crate::runtime::arch().dispatch(RegisterWork(rounds));
            assert_eq!(operations, 2 * rounds * numbers.len(), "a multiplication and an addition for every number and round");
            for (n, number) in numbers.iter().enumerate() {
                let k = (n / (numbers.len() / SUMS)) as f64;
                // What is left of the distance from 1, to which all of them go.
                let expected = 1.0 + (k - 1.0) * 0.999_f64.powf(rounds as f64);
                assert!((f64::from(*number) - expected).abs() < 1e-3, "number {n} after {rounds} rounds: {number} instead of {expected}");
            }
        }
    }

    /// Operations per second, in thousand millions, of one chain of single multiplications with addition, each of which waits for the one before.
    fn chain_gflops() -> f64 {
        let start = Instant::now();
        let (a, b) = (black_box(0.999_f32), black_box(0.001_f32));
        let sum = (0..ROUNDS).fold(2.0_f32, |sum, _| sum * a + b);
        black_box(sum);
        2.0 * ROUNDS as f64 / start.elapsed().as_secs_f64() / 1e9
    }

    #[test]
    fn the_roof_is_far_above_a_chain_of_single_numbers_and_below_what_no_processor_can() {
        let chain = (0..ATTEMPTS).map(|_| chain_gflops()).fold(0.0, f64::max);
        // Four units that each take a whole vector at 8 GHz: who leaves the work out seems to be faster.
        let lanes = crate::runtime::arch().dispatch(Look(0)).len() / SUMS;
        let most = |lanes: usize| (lanes * 2 * 4 * 8 * rayon::current_num_threads()) as f64;
        let roof = roof_gflops();
        assert!(roof > 3.0 * chain && roof < most(lanes), "{roof} GFLOP/s, {chain} of a chain, {lanes} lanes");
        if let Some(pairs) = pair_roof_gflops() {
            assert!(pairs > 3.0 * chain && pairs < most(32), "{pairs} GFLOP/s of pairs, {chain} of a chain");
        }
    }
}
