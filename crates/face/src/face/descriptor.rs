//! Who a face belongs to, as a vector: two pictures of one person have vectors that point the same way.

/// Numbers of a descriptor.
const NUMBERS: usize = 128;

/// A face as a recognition network describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceDescriptor(Box<[f64; NUMBERS]>);

impl FaceDescriptor {
    /// The descriptor of these numbers; `None` unless there are 128 finite ones that are not all zero.
    pub fn new(numbers: &[f64]) -> Option<Self> {
        let usable = numbers.iter().all(|n| n.is_finite()) && numbers.iter().any(|n| *n != 0.0);
        usable.then(|| Box::<[f64; NUMBERS]>::try_from(numbers.to_vec()).ok()).flatten().map(Self)
    }

    /// Cosine of the angle between two descriptors, from -1 to 1; 1 when they point the same way.
    pub fn cosine_similarity(&self, other: &Self) -> f64 {
        let product = |a: &Self, b: &Self| a.0.iter().zip(b.0.iter()).map(|(x, y)| x * y).sum::<f64>();
        // Each root by itself: the product of two small or large squares might leave the numbers' range.
        (product(self, other) / product(self, self).sqrt() / product(other, other).sqrt()).clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(number: impl Fn(usize) -> f64) -> FaceDescriptor {
        FaceDescriptor::new(&(0..NUMBERS).map(number).collect::<Vec<_>>()).expect("128 numbers")
    }

    #[test]
    fn the_cosine_is_that_of_the_angle_and_not_of_the_lengths() {
        let along = |angle: f64, length: f64| {
            descriptor(move |n| match n {
                3 => length * angle.cos(),
                90 => length * angle.sin(),
                _ => 0.0,
            })
        };
        for (degrees, expected) in [(0.0, 1.0), (60.0, 0.5), (90.0, 0.0), (120.0, -0.5), (180.0, -1.0)] {
            for length in [1e-3, 1.0, 40.0] {
                let got = along(0.3, 2.0).cosine_similarity(&along(0.3 + f64::to_radians(degrees), length));
                assert!((got - expected).abs() < 1e-12, "{degrees} degrees at length {length}: {got} instead of {expected}");
            }
        }
        let wave = |shift: f64| descriptor(move |n| (n as f64 * 0.7 + shift).sin());
        assert!((wave(0.2).cosine_similarity(&wave(0.2)) - 1.0).abs() < 1e-12, "the same face");
        let (one, two) = (wave(0.0).cosine_similarity(&wave(1.0)), wave(1.0).cosine_similarity(&wave(0.0)));
        assert!((one - two).abs() < 1e-15 && one < 0.9, "the order does not matter: {one} and {two}");
    }

    #[test]
    fn numbers_that_describe_nobody_are_refused() {
        assert_eq!(FaceDescriptor::new(&[0.1; NUMBERS - 1]), None, "too few");
        assert_eq!(FaceDescriptor::new(&[0.1; NUMBERS + 1]), None, "too many");
        assert_eq!(FaceDescriptor::new(&[0.0; NUMBERS]), None, "no direction");
        assert_eq!(FaceDescriptor::new(&[f64::NAN; NUMBERS]), None, "no numbers");
    }
}
