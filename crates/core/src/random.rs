//! Random numbers for synthetic data and fresh weights: small, fast, and the same for ever for one seed.

/// Xoshiro256++ (Blackman and Vigna 2019), seeded through `SplitMix64`. Its stream is part of what a seed means, so it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream number `stream` of a seed: streams are independent of each other.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut mix = seed ^ stream.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(32);
        Self { state: std::array::from_fn(|_| split_mix(&mut mix)) }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
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

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        let mut random = Random::new(7, 3);
        let first = [random.bits(), random.bits()];
        let mut again = Random::new(7, 3);
        assert_eq!(first, [again.bits(), again.bits()], "same seed, same stream");
        assert_ne!(first[0], Random::new(7, 4).bits(), "streams differ");
        assert_ne!(first[0], Random::new(8, 3).bits(), "seeds differ");
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
