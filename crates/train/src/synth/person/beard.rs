//! Beards and moustaches: painted stubble, and hair that stands off the skin and moves with the jaw.

use std::ops::Range;

use glam::{Vec2, Vec3};

use super::super::facekit::FaceKit;
use super::super::noise::value_noise;
use super::assembly::Assembly;
use super::hair::HairStyle;
use super::scene::Scene;
use super::shapes::{is_inside, polyline_distance, smoothstep};
use super::skin::SkinPaint;
use super::skin_triangles;
use crate::data::Part;
use crate::random::Random;

/// Shortest beard that stands off the skin.
const STANDS_OFF: f32 = 0.35;
const OUTER_LIP: Range<usize> = 48..60;

/// How much of a full beard and of a moustache grows at a place, 0..1 each.
struct Growth {
    lips: Vec<Vec2>,
    nose_y: f32,
    mouth: Vec3,
    chin_y: f32,
    /// Half width of a chin beard in cm; large for a full one.
    width: f32,
}

impl Growth {
    fn new(landmarks: &[Vec3; 68], width: f32) -> Self {
        let mut lips: Vec<Vec2> = landmarks[OUTER_LIP].iter().map(|p| p.truncate()).collect();
        lips.push(lips[0]);
        Self { lips, nose_y: landmarks[33].y, mouth: landmarks[48].midpoint(landmarks[54]), chin_y: landmarks[8].y, width }
    }

    /// 0 on the lips, 1 beside them.
    fn off_lips(&self, at: Vec3) -> f32 {
        if at.z < 7.0 {
            return 1.0;
        }
        if is_inside(&self.lips, at.truncate()) {
            return 0.0;
        }
        smoothstep(0.05, 0.4, polyline_distance(&self.lips, at.truncate()))
    }

    fn beard(&self, at: Vec3) -> f32 {
        // The upper edge falls from the ears to the corners of the mouth.
        let cheek = 0.42 * (at.x.abs() - 2.6).max(0.0);
        let edge = self.mouth.y - 0.2 + cheek + if at.x.abs() > 6.2 { 2.0 } else { 0.0 };
        let low = smoothstep(self.chin_y - 2.4, self.chin_y - 0.9, at.y);
        let wide = smoothstep(self.width + 0.8, self.width - 0.8, at.x.abs());
        smoothstep(edge + 0.8, edge - 0.9, at.y) * low * wide * smoothstep(0.5, 2.2, at.z) * self.off_lips(at)
    }

    fn moustache(&self, at: Vec3) -> f32 {
        let between = smoothstep(self.nose_y - 0.15, self.nose_y - 0.75, at.y) * smoothstep(self.mouth.y - 0.45, self.mouth.y + 0.1, at.y);
        between * smoothstep(3.0, 2.2, at.x.abs()) * smoothstep(7.5, 8.5, at.z) * self.off_lips(at)
    }
}

/// Which of beard and moustache there are, and how wide: the same draws for painted and standing hair.
fn kind(length: f32) -> (f32, f32, f32) {
    // The length's own digits choose, so that paint and hair agree.
    let digit = (length * 997.0).fract();
    match digit {
        d if d < 0.55 => (1.0, 1.0, 20.0),
        d if d < 0.70 => (0.0, 1.0, 20.0),
        d if d < 0.85 => (1.0, 1.0, 2.6),
        _ => (1.0, 0.0, 20.0),
    }
}

/// Paints the skin below a beard, or stubble.
pub(super) fn paint(painting: &mut SkinPaint<'_>, length: f32, random: &mut Random) {
    let (beard, moustache, width) = kind(length);
    let growth = Growth::new(&painting.landmarks, width);
    let cover = if length < STANDS_OFF { random.range(0.15, 0.9) } else { 0.9 };
    let (scale, offset) = (random.range(0.8, 2.5), Vec3::splat(random.range(0.0, 9.0)));
    let colour = painting.scene.hair * 1.1;
    painting.stain(colour, |at| {
        if at.z < 0.0 || at.y > 3.0 {
            return 0.0;
        }
        let patchy = 0.65 + 0.35 * value_noise(at * scale + offset);
        cover * (beard * growth.beard(at)).max(moustache * growth.moustache(at)) * patchy
    });
}

/// Adds a beard that stands off the skin, if it is long enough.
pub(super) fn add(assembly: &mut Assembly, kit: &FaceKit, scene: &Scene, plan: &HairStyle, landmarks: &[Vec3; 68], random: &mut Random) {
    if plan.beard < STANDS_OFF {
        return;
    }
    let (beard, moustache, width) = kind(plan.beard);
    let growth = Growth::new(landmarks, width);
    let thick = random.range(0.2, 0.9);
    let long = if random.chance(0.4) { random.range(0.5, 6.0) * plan.beard } else { 0.0 };
    let (scale, uneven) = (random.range(0.5, 1.6), random.range(0.1, 0.6));
    let seed = Vec3::splat(random.range(0.0, 50.0));
    let narrow = random.range(0.0, 0.35);
    let offset = |at: Vec3| {
        let (b, m) = (beard * growth.beard(at), moustache * growth.moustache(at));
        let grown = b.max(m);
        if grown < 0.08 || at.y > 3.0 {
            return None;
        }
        let out = Vec3::new(at.x, 0.4 * (at.y - 2.0), at.z).normalize_or(Vec3::Z);
        let lump = 1.0 + uneven * value_noise(at * scale + seed);
        let chin = b * smoothstep(landmarks[57].y + 0.2, landmarks[8].y, at.y) * smoothstep(5.5, 1.0, at.x.abs());
        let hang = Vec3::new(-narrow * at.x * (long / 6.0), -long, 0.25 * long) * chin * lump;
        Some(out * ((grown * thick - 0.07) * lump) + hang)
    };
    let end = kit.end_of(Part::Face);
    let offsets: Vec<Option<Vec3>> = assembly.rest[..end].iter().map(|p| offset(*p)).collect();
    let triangles: Vec<[u32; 3]> = skin_triangles(kit).collect();
    let fine = random.range(3.0, 9.0);
    let tint = if scene.is_sculpture { 1.0 } else { random.range(0.75, 1.15) };
    assembly.add_layer(&triangles, &offsets, |_, at| {
        let mut vertex = plan.material.coloured(scene.hair * tint).at(at);
        vertex.texture_at = Vec3::new(at.x * fine * 0.4, at.y * 0.5, at.z * 0.8);
        vertex
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beards_grow_on_the_chin_and_not_on_lips_or_forehead() {
        let kit = FaceKit::stand_in();
        let landmarks = kit.landmarks.map(|i| kit.neutral[i as usize]);
        let growth = Growth::new(&landmarks, 20.0);
        let lip = landmarks[51].midpoint(landmarks[57]);
        assert!(growth.beard(landmarks[8] + Vec3::Y * 0.8) > 0.5, "on the chin");
        assert!(growth.beard(lip) < 0.05 && growth.moustache(lip) < 0.05, "not on the lips");
        assert!(growth.beard(landmarks[27]) < 0.01, "not on the nose");
        let under_nose = landmarks[33].midpoint(landmarks[51]);
        assert!(growth.moustache(under_nose) > 0.2, "under the nose");
    }
}
