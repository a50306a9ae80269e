//! Stylised proportions: a smooth deformation of the whole head, with large eyes and heads for cartoons.

use glam::Vec3;

use super::shapes::smoothstep;
use crate::random::Random;

/// Reach of the eyes' enlargement, in cm.
const EYE_REACH_CM: f32 = 2.3;

/// A smooth map of the head's space onto itself; the body below y = -13 cm stays.
#[derive(Clone, Debug)]
pub(super) struct Warp {
    eyes: [Vec3; 2],
    /// How much larger the eyes are, 0 for as they are.
    eye_growth: f32,
    /// Factors of width, height and depth about the neck.
    head: Vec3,
    /// Relative width of the jaw against the forehead.
    jaw: f32,
    /// How much longer the nose sticks out, 0 for as it is.
    nose: f32,
    /// Waves: direction of the displacement in cm, wave vector, phase.
    waves: Vec<(Vec3, Vec3, f32)>,
}

impl Warp {
    /// A strong one for cartoons, a mild one for a third of the others.
    pub(super) fn random(is_cartoon: bool, eyes: &[Vec3; 2], random: &mut Random) -> Option<Self> {
        if !is_cartoon && !random.chance(0.33) {
            return None;
        }
        let strength = if is_cartoon { 1.0 } else { 0.4 };
        let factor = |random: &mut Random| (random.normal(0.0, 0.12) * strength).clamp(-0.2, 0.25).exp();
        let head = Vec3::new(factor(random), factor(random), factor(random)) * if is_cartoon { random.range(0.95, 1.2) } else { 1.0 };
        let wave = |random: &mut Random| {
            let amplitude = Vec3::from_array(std::array::from_fn(|_| random.normal(0.0, 0.16 * strength).clamp(-0.25, 0.25)));
            let vector = Vec3::from_array(std::array::from_fn(|_| random.normal(0.0, 0.25).clamp(-0.35, 0.35)));
            (amplitude, vector, random.range(0.0, std::f32::consts::TAU))
        };
        Some(Self {
            eyes: *eyes,
            eye_growth: if is_cartoon { random.range(0.1, 0.75) } else { random.range(-0.1, 0.2) },
            head,
            jaw: (random.normal(-0.05, 0.13) * strength).clamp(-0.3, 0.3),
            nose: (random.normal(-0.1, 0.3) * strength).clamp(-0.55, 0.8),
            waves: (0..3).map(|_| wave(random)).collect(),
        })
    }

    /// Where a place of the head goes.
    pub(super) fn apply(&self, at: Vec3) -> Vec3 {
        let mut p = at;
        for eye in self.eyes {
            let from = at - eye;
            let d2 = from.length_squared() / (EYE_REACH_CM * EYE_REACH_CM);
            if d2 < 12.0 {
                // The square makes it end smoothly.
                p += from * (self.eye_growth * (-0.5 * d2).exp() * (1.0 - d2 / 12.0).powi(2));
            }
        }
        // The nose is what stands out before the face's plane.
        let nose = (-0.5 * ((at.x / 1.6).powi(2) + ((at.y - 0.6) / 2.2).powi(2))).exp() * smoothstep(10.0, 12.5, at.z);
        p.z += self.nose * nose * (at.z - 10.0).max(0.0) * 0.8;
        p.x *= 1.0 + self.jaw * smoothstep(3.0, -5.0, at.y) * smoothstep(-9.0, -6.0, at.y + 0.35 * at.z.clamp(0.0, 10.0));
        for (amplitude, vector, phase) in &self.waves {
            p += *amplitude * (vector.dot(at) + phase).sin();
        }
        let head = smoothstep(-13.0, -7.0, at.y + 0.35 * at.z.clamp(0.0, 10.0));
        let pivot = Vec3::new(0.0, -9.0, 0.0);
        let scaled = pivot + (p - pivot) * self.head;
        at.lerp(scaled, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warp_never_folds_space_and_leaves_the_body() {
        let eyes = [Vec3::new(-3.1, 3.6, 8.0), Vec3::new(3.1, 3.6, 8.0)];
        for index in 0..60 {
            let warp = Warp::random(true, &eyes, &mut Random::new(5, index)).expect("cartoons are always warped");
            for k in 0..400 {
                let mut place = Random::new(6, k);
                let at = Vec3::new(place.range(-8.0, 8.0), place.range(-6.0, 13.0), place.range(-8.0, 12.0));
                let h = 0.02;
                let d = |e: Vec3| (warp.apply(at + e * h) - warp.apply(at - e * h)) / (2.0 * h);
                let volume = d(Vec3::X).cross(d(Vec3::Y)).dot(d(Vec3::Z));
                assert!(volume > 0.02, "warp {index} folds at {at}: {volume}");
            }
            let low = Vec3::new(5.0, -14.0, 0.0);
            assert!(warp.apply(low).distance(low) < 1e-4, "the body stays");
        }
    }
}
