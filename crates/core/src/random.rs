//! Random numbers for synthetic data and fresh weights: small, fast, and the same for ever for one seed.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore as _, SeedableRng as _};

/// Xoshiro256++ (Blackman and Vigna 2019), seeded through `SplitMix64`. Its stream is part of what a seed means, so it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The stream number `stream` of a seed: streams are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(32)))
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..1`.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / 16_777_216.0
    }

    /// Uniform in `low..high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Normally distributed (Box and Muller 1958).
    pub fn normal(&mut self, mean: f32, deviation: f32) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        mean + deviation * radius * (std::f32::consts::TAU * self.unit()).cos()
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Uniform among `0..count`; 0 when `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }

    /// One of `choices`.
    ///
    /// # Panics
    /// When there are no choices.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        // Worked out by another program from the definitions above. They never change: training data and fresh weights are named by their seeds.
        let bits = |seed, stream| {
            let mut random = Random::new(seed, stream);
            [(); 4].map(|()| random.bits())
        };
        let first = [0x5317_5D61_490B_23DF, 0x61DA_6F3D_C380_D507, 0x5C0F_DF91_EC9A_7BFC, 0x02EE_BF8C_3BBE_5E1A];
        assert_eq!(bits(0, 0), first, "seed 0, stream 0");
        let other = [0x3185_2CE4_9147_8EC2, 0xD439_A1A1_58BA_D922, 0xEE5D_89BE_1D2E_6C3B, 0x7449_5DAF_0B0F_6DA4];
        assert_eq!(bits(7, 3), other, "seed 7, stream 3");
        let last = [0x7D45_E1C5_9FD8_6A43, 0x4C28_9B7B_66DA_10EF, 0xC284_F40D_C00F_0BE7, 0x8E1B_B0BF_7D56_E320];
        assert_eq!(bits(u64::MAX, 5), last, "the last seed, stream 5");
    }

    #[test]
    fn numbers_of_every_kind_are_made_of_the_same_bits_for_ever() {
        let from = || Random::new(7, 3);
        let mut random = from();
        // Whole numbers of 2 to the power of -24: exact in single precision.
        let units = [(); 4].map(|()| random.unit() * 16_777_216.0);
        assert_eq!(units.map(|unit| unit as u32), [3_245_356, 13_908_385, 15_621_513, 7_620_957], "units");
        let mut random = from();
        assert_eq!([(); 6].map(|()| random.below(1000)), [193, 829, 931, 454, 885, 248], "below a thousand");
        let mut random = from();
        assert_eq!([(); 4].map(|()| random.chance(0.5)), [true, false, false, true], "chances");
        let mut random = from();
        assert_eq!([(); 3].map(|()| *random.pick(&["a", "b", "c", "d"])), ["a", "d", "d"], "choices");
        let mut random = from();
        for (expected, normal) in [0.312_287_77, -2.218_207, 0.023_601_428].into_iter().zip([(); 3].map(|()| random.normal(0.0, 1.0))) {
            // Logarithm and cosine may differ by a rounding between systems.
            assert!((normal - expected).abs() < 1e-6_f32, "{normal} instead of {expected}");
        }
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut random = Random::new(1, 0);
        let n = 40_000;
        let uniform: f32 = (0..n).map(|_| random.range(2.0, 4.0)).sum::<f32>() / n as f32;
        assert!((uniform - 3.0).abs() < 0.02, "mean of a uniform range is {uniform}");
        let normals: Vec<f32> = (0..n).map(|_| random.normal(1.0, 2.0)).collect();
        let mean = normals.iter().sum::<f32>() / n as f32;
        let variance = normals.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n as f32;
        assert!((mean - 1.0).abs() < 0.05, "mean of normals is {mean}");
        assert!((variance - 4.0).abs() < 0.15, "variance of normals is {variance}");
        assert!((0..1000).all(|_| random.below(7) < 7), "below stays below");
    }
}
