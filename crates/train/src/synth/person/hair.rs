//! Hair on the head: what style it is, the cap over the scalp, long hair, and painted stubble.

use std::f32::consts::PI;

use glam::Vec3;

use super::super::facekit::FaceKit;
use super::super::noise::value_noise;
use super::super::surface::Vertex;
use super::assembly::{Assembly, Material, hanging_weight};
use super::body::Torso;
use super::headwear::Headwear;
use super::locks;
use super::scene::Scene;
use super::shapes::{Mesh, interpolate, smoothstep};
use super::skin::SkinPaint;
use super::skin_triangles;
use crate::data::Part;
use crate::random::Random;

/// Middle of the skull, which azimuths and elevations are measured from.
pub(super) const SKULL: Vec3 = Vec3::new(0.0, 4.5, 0.0);

/// Style of one person's hair, beard and headwear.
#[derive(Debug)]
pub(super) struct HairStyle {
    pub(super) material: Material,
    /// No hair on the head, perhaps stubble.
    pub(super) is_bald: bool,
    /// What is worn on it.
    pub(super) headwear: Option<Headwear>,
    pub(super) has_long_hair: bool,
    /// A beard of this kind of length: 0 none, below 0.3 stubble, up to 1 long.
    pub(super) beard: f32,
    /// Thickness of the cap, in cm.
    thickness: f32,
    /// Azimuth in degrees and height of the hairline.
    line: [(f32, f32); 10],
    /// Where it is parted, x in cm, and how deep, 0..1.
    parting: (f32, f32),
    ragged: (f32, f32),
    offset: Vec3,
}

impl HairStyle {
    pub(super) fn new(scene: &Scene, random: &mut Random) -> Self {
        let headwear = random.chance(0.22).then(|| Headwear::random(random));
        let is_covered = headwear.is_some();
        let is_bald = random.chance(if is_covered { 0.25 } else { 0.09 });
        let has_long_hair = !is_bald && !headwear.is_some_and(Headwear::hides_long_hair) && random.chance(0.48);
        let forehead = if random.chance(0.75) { random.range(8.6, 11.6) } else { random.range(6.6, 8.6) };
        let thickness = match random.unit() {
            _ if is_covered => random.range(0.2, 0.7),
            u if u < 0.08 => random.range(2.5, 5.5),
            _ => random.range(0.2, 2.1),
        };
        let below_ears = if has_long_hair { random.range(-3.0, 2.0) } else { random.range(-2.0, 3.0) };
        let line = [
            (0.0, forehead),
            (30.0, forehead + random.range(-1.0, 0.8)),
            (52.0, forehead - random.range(0.0, 2.5)),
            (68.0, random.range(3.0, 7.0)),
            (80.0, random.range(1.5, 6.5)),
            (88.0, 6.6),
            (106.0, 5.5),
            (128.0, below_ears),
            (150.0, -5.0),
            (180.0, random.range(-9.0, -5.0)),
        ];
        let beard = if random.chance(0.28) { random.range(0.05, 1.0) } else { 0.0 };
        Self {
            material: Material {
                part: Part::Hair,
                albedo: scene.hair,
                specular: random.range(0.0, 0.28),
                texture_gain: if scene.is_cartoon { random.range(0.0, 0.2) } else { random.range(0.12, 0.55) },
                texture_scale: 1.0,
            },
            is_bald,
            headwear,
            has_long_hair,
            beard,
            thickness,
            line,
            parting: (
                random.range(-3.5, 3.5) * if random.chance(0.4) { 0.0 } else { 1.0 },
                if random.chance(0.5) { random.range(0.2, 0.9) } else { 0.0 },
            ),
            ragged: (random.range(0.3, 1.2), random.range(0.0, 0.9)),
            offset: Vec3::new(1.0, 1.3, -1.0) * random.range(0.0, 99.0),
        }
    }

    /// How far above the hairline a place of the skin is, in cm.
    fn above_line(&self, at: Vec3) -> f32 {
        let from = at - SKULL;
        let azimuth = from.x.atan2(from.z).abs().to_degrees();
        at.y - interpolate(&self.line, azimuth) - self.ragged.1 * value_noise(at * self.ragged.0 + self.offset)
    }

    /// Whether a place belongs to an ear, which hair of the cap does not cover.
    fn is_ear(at: Vec3) -> bool {
        let from = at - SKULL;
        let azimuth = from.x.atan2(from.z).abs().to_degrees();
        at.x.abs() > 8.2 && at.y < 6.0 && (60.0..118.0).contains(&azimuth)
    }

    /// Paints the scalp under the hair, stubble of shaven heads, and painted beards.
    pub(super) fn paint(&self, painting: &mut SkinPaint<'_>, random: &mut Random) {
        let strength = if self.is_bald { random.range(0.0, 0.5) } else { random.range(0.75, 1.0) };
        painting.stain(self.material.albedo, |at| {
            if at.y < -9.0 || at.z > 10.0 || Self::is_ear(at) { 0.0 } else { strength * smoothstep(-0.5, 0.35, self.above_line(at)) }
        });
        if self.beard > 0.0 {
            super::beard::paint(painting, self.beard, random);
        }
    }

    /// Vertex of hair at a place: strands run down from the crown.
    pub(super) fn strand(&self, at: Vec3, fineness: f32) -> Vertex {
        let from = at - SKULL;
        let level = from.x.hypot(from.z);
        let texture_at = Vec3::new(from.x.atan2(from.z) * fineness, from.y.atan2(level) * 0.25 * fineness, self.offset.x);
        let shade = 1.0 + 0.25 * value_noise(at * 0.7 + self.offset);
        Vertex { texture_at, ..self.material.coloured(self.material.albedo * shade).at(at) }
    }
}

/// Adds the hair of a head.
pub(super) fn add(assembly: &mut Assembly, kit: &FaceKit, scene: &Scene, plan: &HairStyle, torso: &Torso, random: &mut Random) {
    if plan.is_bald {
        return;
    }
    add_cap(assembly, kit, plan, random);
    if plan.has_long_hair {
        add_curtain(assembly, plan, torso, random);
    }
    if plan.headwear.is_none() {
        locks::add(assembly, scene, plan, torso, random);
    }
}

/// A layer over the scalp that follows the skin.
fn add_cap(assembly: &mut Assembly, kit: &FaceKit, plan: &HairStyle, random: &mut Random) {
    let ramp = random.range(0.8, 2.5);
    let (coarse, uneven) = (random.range(0.12, 0.4), random.range(0.0, 0.6));
    let clumps = random.range(0.0, 0.22);
    let on_top = random.range(0.0, 0.5);
    let quiff = if random.chance(0.2) { random.range(0.3, 1.5) } else { 0.0 };
    let offset = |at: Vec3| {
        let above = plan.above_line(at);
        if above < -0.6 || HairStyle::is_ear(at) || at.z > 10.5 {
            return None;
        }
        let from = at - SKULL;
        let parting = 1.0
            - plan.parting.1
                * (-((at.x - plan.parting.0 - 0.1 * at.z) / 0.8).powi(2)).exp()
                * smoothstep(6.0, 9.0, at.y)
                * smoothstep(-6.0, 0.0, at.z);
        let lump = 1.0 + uneven * value_noise(at * coarse + plan.offset) + clumps * value_noise(at * 1.6 + plan.offset);
        let front = quiff * smoothstep(4.0, 9.0, at.z) * smoothstep(9.0, 12.0, at.y);
        let thick = (plan.thickness * (1.0 + on_top * smoothstep(6.0, 14.0, at.y)) + front) * lump * parting;
        let out = (above / ramp).clamp(-0.15, 1.0) * thick - 0.12 + if above > 0.0 { 0.06 } else { 0.0 };
        Some(from.normalize_or(Vec3::Y) * out)
    };
    let end = kit.end_of(Part::Head);
    let offsets: Vec<Option<Vec3>> = assembly.rest[..end].iter().map(|p| offset(*p)).collect();
    let triangles: Vec<[u32; 3]> = skin_triangles(kit).collect();
    let fineness = random.range(4.0, 14.0);
    assembly.add_layer(&triangles, &offsets, |_, at| plan.strand(at, fineness));
}

/// Long hair: a curtain round the back of the head that falls on or before the shoulders.
fn add_curtain(assembly: &mut Assembly, plan: &HairStyle, torso: &Torso, random: &mut Random) {
    let front = random.range(48.0_f32, 88.0).to_radians();
    let bottom = if random.chance(0.5) { random.range(-22.0, -10.0) } else { random.range(-9.0, 1.0) };
    let top = random.range(6.5, 9.0);
    let (flare, wide, deep) = (random.range(-0.1, 0.35), random.range(8.5, 9.9), random.range(7.8, 9.0));
    let (coarse, waves) = (random.range(0.3, 0.9), random.range(0.1, 1.0));
    let curl = if random.chance(0.3) { random.range(0.1, 0.5) } else { 0.0 };
    let before = random.range(0.0, 1.0);
    let mesh = Mesh::grid(48, 24, false, |u, v| {
        // The top is tucked under the cap, further back than the hair below.
        let tucked = smoothstep(0.35, 0.0, v);
        let start = front + 0.35 * tucked;
        let azimuth = start + (2.0 * PI - 2.0 * start) * u;
        let y = top + (bottom - top) * v;
        let down = (top - y) / 10.0;
        let noise = waves * value_noise(Vec3::new(azimuth * 3.0, y * 0.3, 0.0) * coarse + plan.offset);
        let ripple = curl * (y * 1.3 + 2.0 * azimuth.cos()).sin() * smoothstep(0.1, 0.6, v);
        let reach = 1.0 + 0.5 * flare * down + 0.1 * noise + 0.1 * ripple - 0.2 * tucked * tucked;
        // The ends of the hair are ragged.
        let y = y + 0.6 * noise + 1.2 * v * v * value_noise(Vec3::new(azimuth * 8.0, 0.0, 7.0) + plan.offset);
        let at = Vec3::new(azimuth.sin() * wide * reach, y, azimuth.cos() * deep * reach - 1.0);
        // Below the shoulders hair lies on the body; locks at the sides may fall before them.
        let side = smoothstep(0.3, 0.0, u.min(1.0 - u)) * before;
        let forward = Vec3::Z * (7.0 * side * smoothstep(-7.0, -15.0, y));
        torso.push_out(at + forward, 0.9 + 0.3 * noise)
    });
    let (fine, along) = (random.range(6.0, 18.0), random.range(0.05, 0.5));
    assembly.add(
        &mesh,
        |_, at| {
            let azimuth = at.x.atan2(at.z + 1.0);
            let vertex = plan.strand(at, fine);
            Vertex { texture_at: Vec3::new(azimuth * fine, at.y * along, plan.offset.x), ..vertex }
        },
        hanging_weight,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hair_stays_off_the_face() {
        let kit = FaceKit::stand_in();
        for index in 0..40 {
            let mut random = Random::new(4, index);
            let scene = Scene::new(&mut random);
            let plan = HairStyle::new(&scene, &mut random);
            let mut assembly = Assembly { rest: kit.neutral.clone(), ..Assembly::default() };
            add_cap(&mut assembly, &kit, &plan, &mut random);
            let hair = &assembly.rest[kit.neutral.len()..];
            assert!(!hair.is_empty(), "plan {index}: there is hair");
            let over_face = hair.iter().filter(|p| p.z > 8.0 && p.y < 4.0).count();
            assert_eq!(over_face, 0, "plan {index}: hair over eyes or nose");
        }
    }
}
