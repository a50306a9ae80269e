//! Colour: casts, contrast, fading, varnish, and toning in one or two tints.

use glam::{Mat3, Vec3};

use super::super::planes::{BRIGHTNESS, Planes};
use crate::random::Random;

/// Entries of the tone curve over 0..1.
const CURVE: usize = 1024;

/// What a toned picture was made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toning {
    /// Silver, sepia, cyanotype.
    Photograph,
    /// Marble, terracotta, bronze, sandstone.
    Stone,
}

/// What happens to every colour alike.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grade {
    matrix: Mat3,
    offset: Vec3,
    gamma: f32,
    contrast: f32,
    /// Dark, middle and light of a toned picture, and how far colours go there, 0..=1.
    tones: Option<([Vec3; 3], f32)>,
}

impl Grade {
    /// Leaves everything as it is.
    pub(super) fn none() -> Self {
        Self { matrix: Mat3::IDENTITY, offset: Vec3::ZERO, gamma: 1.0, contrast: 1.0, tones: None }
    }

    /// A random cast of the given strength, gamma and contrast.
    pub(super) fn colour(random: &mut Random, cast: f32) -> Self {
        let noise: [f32; 9] = std::array::from_fn(|_| random.normal(0.0, cast));
        let saturation = if random.chance(0.3) { random.range(0.3, 1.4) } else { 1.0 };
        Self {
            matrix: saturated(saturation) + Mat3::from_cols_array(&noise),
            offset: Vec3::splat(if random.chance(0.2) { random.range(-0.03, 0.1) } else { 0.0 }),
            gamma: random.normal(0.0, 0.25).clamp(-0.6, 0.6).exp(),
            contrast: random.range(0.8, 1.25),
            tones: None,
        }
    }

    /// Strong colours for cartoons.
    pub(super) fn vivid(random: &mut Random) -> Self {
        Self { matrix: saturated(random.range(0.9, 1.8)), gamma: random.range(0.6, 1.1), contrast: random.range(0.9, 1.3), ..Self::none() }
    }

    /// Light, weak colours for watercolours.
    pub(super) fn pale(random: &mut Random) -> Self {
        let offset = Vec3::splat(random.range(0.05, 0.3));
        Self { matrix: saturated(random.range(0.6, 1.3)) * random.range(0.65, 0.9), offset, gamma: random.range(0.6, 1.0), ..Self::none() }
    }

    /// The yellow-brown of old varnish over an oil painting.
    pub(super) fn varnish(random: &mut Random) -> Self {
        let tint = Vec3::new(random.range(0.9, 1.1), random.range(0.8, 0.98), random.range(0.45, 0.85));
        let saturation = saturated(random.range(0.5, 1.1));
        Self {
            matrix: Mat3::from_diagonal(tint) * saturation,
            offset: Vec3::new(0.03, 0.02, 0.0) * random.range(0.0, 2.0),
            gamma: random.range(0.75, 1.4),
            contrast: random.range(0.75, 1.1),
            tones: None,
        }
    }

    /// One or two tints instead of colours.
    pub(super) fn toned(random: &mut Random, toning: Toning) -> Self {
        const STONES: [Vec3; 6] = [
            Vec3::new(0.93, 0.91, 0.87),
            Vec3::new(0.78, 0.45, 0.3),
            Vec3::new(0.6, 0.48, 0.28),
            Vec3::new(0.85, 0.74, 0.55),
            Vec3::new(0.62, 0.7, 0.64),
            Vec3::new(0.62, 0.6, 0.6),
        ];
        let (dark, light) = match toning {
            Toning::Photograph => {
                let tint = *random.pick(&[Vec3::ONE, Vec3::new(1.08, 0.96, 0.76), Vec3::new(1.1, 0.92, 0.7), Vec3::new(0.82, 0.95, 1.1)]);
                (tint * random.range(0.02, 0.25), tint * random.range(0.75, 0.98))
            }
            Toning::Stone => {
                let stone = *random.pick(&STONES) * random.range(0.8, 1.1);
                (stone * stone * random.range(0.1, 0.35), stone.min(Vec3::ONE))
            }
        };
        let amount = if toning == Toning::Photograph && random.chance(0.3) { random.range(0.4, 0.9) } else { 1.0 };
        Self {
            gamma: random.range(0.55, 1.3),
            contrast: random.range(0.8, 1.3),
            tones: Some(([dark, dark.lerp(light, random.range(0.42, 0.58)), light], amount)),
            ..Self::none()
        }
    }

    /// Changes all colours; they stay within 0..1.
    pub(super) fn apply(&self, planes: &mut Planes) {
        if *self == Self::none() {
            return;
        }
        let curve: Vec<f32> = (0..=CURVE).map(|i| self.curve(i as f32 / CURVE as f32)).collect();
        let bent = |v: f32| curve[(v.clamp(0.0, 1.0) * CURVE as f32 + 0.5) as usize];
        let [red, green, blue] = &mut planes.0;
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            let mixed = self.matrix * Vec3::new(*r, *g, *b) + self.offset;
            let mut colour = Vec3::new(bent(mixed.x), bent(mixed.y), bent(mixed.z));
            if let Some((tones, amount)) = &self.tones {
                colour = colour.lerp(toned(tones, colour.dot(BRIGHTNESS)), *amount);
            }
            [*r, *g, *b] = colour.to_array();
        }
    }

    /// Gamma, then contrast about the middle.
    fn curve(&self, value: f32) -> f32 {
        ((value.powf(self.gamma) - 0.5) * self.contrast + 0.5).clamp(0.0, 1.0)
    }
}

/// Brightness below which 3 % of a picture lie, and above which 3 % do.
pub(super) fn range(planes: &Planes) -> (f32, f32) {
    let mut counts = [0_usize; 256];
    let [red, green, blue] = &planes.0;
    // Every seventh pixel tells enough.
    for ((r, g), b) in red.iter().zip(green).zip(blue).step_by(7) {
        counts[(Vec3::new(*r, *g, *b).dot(BRIGHTNESS) * 255.0).clamp(0.0, 255.0) as usize] += 1;
    }
    let total: usize = counts.iter().sum();
    let at = |share: f32| {
        let mut left = (share * total as f32) as usize;
        let level = counts.iter().position(|&count| {
            let is_here = count > left;
            left = left.saturating_sub(count);
            is_here
        });
        level.unwrap_or(255) as f32 / 255.0
    };
    (at(0.03), at(0.97))
}

/// Stretches a range of brightness towards 0..1: not at all for `amount` 0, whole for 1.
pub(super) fn stretch(planes: &mut Planes, (low, high): (f32, f32), amount: f32) {
    let (low, high) = (low * amount, 1.0 + (high.max(low + 0.15) - 1.0) * amount);
    let gain = 1.0 / (high - low);
    for value in planes.0.iter_mut().flatten() {
        *value = ((*value - low) * gain).clamp(0.0, 1.0);
    }
}

/// Colour of a brightness between three tones.
fn toned([dark, middle, light]: &[Vec3; 3], brightness: f32) -> Vec3 {
    let at = 2.0 * brightness;
    if at < 1.0 { dark.lerp(*middle, at) } else { middle.lerp(*light, (at - 1.0).min(1.0)) }
}

/// The matrix that pulls colours apart (above 1) or together; at 0 only brightness is left.
fn saturated(amount: f32) -> Mat3 {
    let grey = Mat3::from_cols(Vec3::splat(BRIGHTNESS.x), Vec3::splat(BRIGHTNESS.y), Vec3::splat(BRIGHTNESS.z));
    Mat3::IDENTITY * amount + grey * (1.0 - amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturation_keeps_greys_and_brightness() {
        for amount in [0.0, 0.5, 1.7] {
            let matrix = saturated(amount);
            assert!((matrix * Vec3::splat(0.4) - 0.4).abs().max_element() < 1e-6, "grey at {amount}");
            let colour = Vec3::new(0.8, 0.3, 0.1);
            assert!(((matrix * colour).dot(BRIGHTNESS) - colour.dot(BRIGHTNESS)).abs() < 1e-5, "brightness at {amount}");
        }
    }

    #[test]
    fn stretching_brings_a_pale_picture_to_the_full_range() {
        let mut planes = Planes::new();
        for i in 0..256 * 256 {
            planes.set(i, Vec3::splat(0.4 + 0.2 * (i % 256) as f32 / 255.0));
        }
        let (low, high) = range(&planes);
        assert!((low - 0.406).abs() < 0.01 && (high - 0.594).abs() < 0.01, "found {low} to {high}");
        stretch(&mut planes, (low, high), 1.0);
        assert!(
            planes.at(0).x < 1e-6 && planes.at(255).x > 1.0 - 1e-6 && (planes.at(128).x - 0.5).abs() < 0.02,
            "the middle stays the middle"
        );
    }

    #[test]
    fn a_toned_picture_has_one_tint() {
        let mut random = Random::new(3, 3);
        let mut planes = Planes::new();
        planes.fill(Vec3::new(0.9, 0.2, 0.1));
        let mut other = Planes::new();
        other.fill(Vec3::new(0.1, 0.53, 0.28));
        let mut grade = Grade::toned(&mut random, Toning::Stone);
        // With a straight curve two colours of one brightness become the same.
        (grade.gamma, grade.contrast) = (1.0, 1.0);
        grade.apply(&mut planes);
        grade.apply(&mut other);
        assert!((planes.at(0) - other.at(0)).abs().max_element() < 0.02, "{} and {}", planes.at(0), other.at(0));
    }
}
