//! Paints eyes and mouth: irises and pupils, separate teeth with gum lines, the dark of the mouth.

use glam::Vec3;

use super::scene::mouth_light;
use super::shapes::{random_colour, smoothstep};
use super::skin::SkinPaint;
use crate::data::Part;
use crate::random::Random;

/// Colours of one person's eyes.
struct EyeColours {
    white: Vec3,
    iris: Vec3,
    iris_cm: f32,
    pupil_cm: f32,
    /// Strength of the highlight.
    shine: f32,
}

impl SkinPaint<'_> {
    /// Eyeballs, sockets and lashes.
    pub(super) fn paint_eyes(&mut self, random: &mut Random) {
        let look = self.eye_look(random);
        for range in self.kit.eyes.clone() {
            let centre = middle(&self.shape[range.clone()]);
            for i in range {
                let from_centre = self.shape[i] - centre;
                let vertex = &mut self.vertices[i];
                vertex.texture_gain = 0.0;
                vertex.specular = look.shine;
                vertex.albedo = eye_colour(&look, from_centre);
            }
        }
        for i in self.kit.range_of(Part::EyeSocket) {
            self.vertices[i].albedo *= 0.6;
            self.vertices[i].texture_gain = 0.0;
        }
        let lash = if self.scene.is_sculpture { self.scene.skin * 0.8 } else { self.scene.hair * random.range(0.1, 0.6) };
        for i in self.kit.range_of(Part::Lash) {
            let vertex = &mut self.vertices[i];
            (vertex.albedo, vertex.specular, vertex.texture_gain) = (lash, 0.0, 0.0);
        }
    }

    fn eye_look(&self, random: &mut Random) -> EyeColours {
        let scene = self.scene;
        let share = random.range(0.62, 0.98);
        let iris_cm = if scene.is_cartoon { random.range(0.6, 0.95) } else { random.range(0.52, 0.68) };
        let pupil_cm = iris_cm * random.range(0.3, 0.5);
        if scene.is_sculpture {
            // Blank eyes, or eyes with a carved pupil.
            let carved = if random.chance(0.5) { random.range(0.35, 0.8) } else { 1.0 };
            return EyeColours { white: scene.skin * 0.97, iris: scene.skin * carved, iris_cm, pupil_cm, shine: 0.05 };
        }
        let iris = if random.chance(0.45) {
            let saturation = random.range(0.2, 1.0);
            random_colour(random, saturation) * random.range(0.15, 0.7)
        } else {
            Vec3::new(0.20, 0.11, 0.06) * random.range(0.4, 1.5)
        };
        let iris = iris / scene.gain.max(0.8).sqrt();
        EyeColours { white: scene.white(random, share), iris, iris_cm, pupil_cm, shine: random.range(0.1, 0.8) }
    }

    /// The inside of the mouth.
    pub(super) fn paint_mouth(&mut self, random: &mut Random) {
        let depth = random.range(0.4, 1.5);
        let flesh = if self.scene.is_sculpture {
            self.scene.skin * random.range(0.3, 0.8)
        } else {
            let gain = self.scene.gain.max(0.6);
            Vec3::new(random.range(0.5, 0.8), random.range(0.2, 0.38), random.range(0.2, 0.38))
                * (random.range(0.6, 1.1) * self.scene.skin_level.sqrt() / gain)
        };
        let inner_edge = self.landmarks[62].z - 1.3;
        for i in self.kit.range_of(Part::MouthInterior) {
            let at = self.shape[i];
            // From the lip's own colour into the dark.
            let lip = smoothstep(inner_edge - 0.2, inner_edge + 0.5, at.z);
            let dark = flesh * Vec3::new(0.75, 0.5, 0.5) * mouth_light(at, 0.03).powf(depth + 0.5);
            let vertex = &mut self.vertices[i];
            vertex.albedo = dark.lerp(vertex.albedo, lip);
            vertex.specular *= lip;
            vertex.texture_gain = 0.0;
        }
        let shine = random.range(0.0, 0.15);
        for i in self.kit.range_of(Part::Gums) {
            let light = mouth_light(self.shape[i], 0.05).powf(depth);
            let vertex = &mut self.vertices[i];
            (vertex.albedo, vertex.specular, vertex.texture_gain) = (flesh * light, shine * light, 0.0);
        }
        self.teeth(random, flesh, depth);
    }

    fn teeth(&mut self, random: &mut Random, flesh: Vec3, depth: f32) {
        let share = random.range(0.68, 1.0);
        let yellow = Vec3::new(1.0, 1.0 - random.range(0.0, 0.06), 1.0 - random.range(0.0, 0.22));
        let white = if self.scene.is_sculpture { self.scene.skin * 0.95 } else { self.scene.white(random, share) * yellow };
        let (gap, uneven) = (random.range(0.25, 0.65), random.range(0.0, 0.08));
        let shine = random.range(0.0, 0.25);
        let middles: Vec<Vec3> = self.kit.teeth.iter().map(|range| middle(&self.shape[range.clone()])).collect();
        for (tooth, range) in self.kit.teeth.clone().into_iter().enumerate() {
            let jaw = tooth / 16 * 16;
            let along = (middles[(tooth + 1).min(jaw + 15)] - middles[tooth.max(jaw + 1) - 1]).normalize_or(Vec3::X);
            let shape = &self.shape[range.clone()];
            let half = shape.iter().map(|p| (*p - middles[tooth]).dot(along).abs()).fold(0.05, f32::max);
            let (low, high) = shape.iter().fold((f32::MAX, f32::MIN), |(l, h), p| (l.min(p.y), h.max(p.y)));
            let colour = white * (1.0 + random.normal(0.0, uneven).clamp(-0.2, 0.2));
            for i in range {
                let at = self.shape[i];
                // 0 in the middle, 1 where it touches the next tooth.
                let side = (at - middles[tooth]).dot(along).abs() / half;
                // 0 at the biting edge, 1 at the root.
                let root = if jaw == 0 { (at.y - low) / (high - low) } else { (high - at.y) / (high - low) };
                let lit = mouth_light(at, 0.06).powf(depth);
                let crown = colour * (1.0 - gap * smoothstep(0.72, 1.0, side)) * (1.0 - 0.25 * smoothstep(0.2, 0.0, root));
                let vertex = &mut self.vertices[i];
                vertex.albedo = crown.lerp(flesh * 0.6, 0.8 * smoothstep(0.55, 0.85, root)) * lit;
                vertex.specular = shine * lit;
                vertex.texture_gain = 0.0;
            }
        }
    }
}

/// Colour of a place of an eyeball that looks straight ahead.
fn eye_colour(look: &EyeColours, from_centre: Vec3) -> Vec3 {
    let radius = from_centre.truncate().length();
    let front = if from_centre.z > 0.0 { 1.0 } else { 0.0 };
    let iris = smoothstep(look.iris_cm + 0.06, look.iris_cm - 0.06, radius) * front;
    let pupil = smoothstep(look.pupil_cm + 0.06, look.pupil_cm - 0.06, radius) * front;
    // The upper lid and its lashes keep light off the upper part of the eye; the rim is darker than the middle.
    let lid = 1.0 - 0.45 * smoothstep(0.1, 0.9, from_centre.y);
    let white = look.white * (1.0 - 0.35 * smoothstep(look.iris_cm, 1.4, radius));
    let ring = look.iris * (1.0 - 0.5 * smoothstep(look.iris_cm - 0.2, look.iris_cm, radius));
    let black = (look.iris * 0.1).min(Vec3::splat(0.03)).max(look.iris * if look.white.distance(look.iris) < 0.02 { 0.9 } else { 0.0 });
    white.lerp(ring, iris).lerp(black, pupil) * lid
}

/// Middle of the bounding box.
pub(super) fn middle(points: &[Vec3]) -> Vec3 {
    let (low, high) = points.iter().fold((Vec3::MAX, Vec3::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
    (low + high) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eye_is_dark_in_the_middle_and_light_at_the_side() {
        let look = EyeColours { white: Vec3::splat(0.8), iris: Vec3::new(0.2, 0.3, 0.4), iris_cm: 0.6, pupil_cm: 0.25, shine: 0.2 };
        let at = |x: f32| eye_colour(&look, Vec3::new(x, 0.0, 1.4)).y;
        assert!(at(0.0) < 0.05, "the pupil is dark: {}", at(0.0));
        assert!((at(0.42) - 0.3).abs() < 0.05, "the iris has its colour: {}", at(0.42));
        assert!(at(0.9) > 0.5, "the white is light: {}", at(0.9));
        assert!(eye_colour(&look, Vec3::new(0.0, 0.0, -1.4)).y > 0.3, "no pupil at the back");
    }
}
