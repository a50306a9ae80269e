//! What is worn on the head: brimmed hats, caps, berets, crowns; turbans, veils and hoods are in [`super::drape`].

use std::f32::consts::{PI, TAU};

use glam::{Mat3, Vec3};

use super::super::noise::value_noise;
use super::super::surface::Vertex;
use super::assembly::Assembly;
use super::body::{Torso, cloth};
use super::drape;
use super::hair::{HairStyle, SKULL};
use super::scene::Scene;
use super::shapes::{Mesh, smoothstep};
use super::skull::Skull;
use crate::data::Part;
use crate::random::Random;

/// Kind of headwear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headwear {
    /// A crown of felt or straw with a brim all round.
    Hat,
    /// Close to the head, perhaps with a peak, or a metal helmet.
    Cap,
    /// A wide soft cap that hangs over.
    Beret,
    /// A ring with points, or a band.
    Crown,
    /// Wound cloth, perhaps with a hanging end.
    Turban,
    /// A sheet from the crown over the sides, that leaves the front hair free.
    Veil,
    /// Cloth round the whole face down to the shoulders.
    Hood,
}

impl Headwear {
    /// A random kind.
    pub(super) fn random(random: &mut Random) -> Self {
        match random.unit() {
            u if u < 0.28 => Self::Hat,
            u if u < 0.40 => Self::Cap,
            u if u < 0.47 => Self::Beret,
            u if u < 0.52 => Self::Crown,
            u if u < 0.72 => Self::Turban,
            u if u < 0.86 => Self::Veil,
            _ => Self::Hood,
        }
    }

    /// Whether long hair would stick through it.
    pub(super) fn hides_long_hair(self) -> bool {
        self == Self::Hood
    }
}

/// Adds the headwear.
pub(super) fn add(assembly: &mut Assembly, scene: &Scene, plan: &HairStyle, torso: &Torso, random: &mut Random) {
    let Some(kind) = plan.headwear else { return };
    let skull = Skull::fit(&assembly.rest);
    match kind {
        Headwear::Hat => hat(assembly, scene, &skull, random),
        Headwear::Cap => cap(assembly, scene, &skull, random),
        Headwear::Beret => beret(assembly, scene, &skull, random),
        Headwear::Crown => crown(assembly, scene, &skull, random),
        Headwear::Turban => drape::turban(assembly, scene, &skull, torso, random),
        Headwear::Veil => drape::veil(assembly, scene, &skull, torso, plan.has_long_hair, random),
        Headwear::Hood => drape::hood(assembly, scene, &skull, torso, random),
    }
}

/// Cloth as headwear.
pub(super) fn paint(scene: &Scene, random: &mut Random) -> impl Fn(Vec3) -> Vertex + use<> {
    let cloth = cloth(scene, random);
    move |at| Vertex { part: Part::Headwear, ..cloth(at) }
}

/// Elevation of a rim that is high at the front, `front` and `back` in radians.
pub(super) fn rim(azimuth: f32, front: f32, back: f32) -> f32 {
    back + (front - back) * (0.5 + 0.5 * azimuth.cos())
}

/// A slight random tilt about the middle of the skull.
fn tilt(random: &mut Random) -> impl Fn(Vec3) -> Vec3 + use<> {
    let turn = Mat3::from_rotation_z(random.normal(0.0, 0.09)) * Mat3::from_rotation_x(random.normal(-0.02, 0.05));
    move |at| turn * (at - SKULL) + SKULL
}

/// Form of a hat's crown.
struct HatForm {
    height: f32,
    /// How much narrower the top is, 0 a cylinder, 1 a cone.
    taper: f32,
    /// Height of the dome on top, below 0 for a dent.
    dome: f32,
}

fn hat(assembly: &mut Assembly, scene: &Scene, skull: &Skull, random: &mut Random) {
    let (front, back) = (random.range(0.28, 0.52), random.range(0.05, 0.3));
    let ring = |azimuth: f32| skull.at(azimuth, rim(azimuth, front, back), 0.45);
    let needed = skull.top() - ring(0.0).y.min(ring(PI).y) + 0.4;
    let tall = match random.below(4) {
        0 => random.range(4.0, 10.0),
        1 => random.range(1.0, 4.0),
        _ => random.range(0.0, 1.0),
    };
    let taper = if tall > 3.0 && random.chance(0.3) { random.range(0.4, 0.95) } else { random.range(-0.15, 0.22) };
    let form = HatForm { height: needed + tall, taper, dome: random.range(-1.0, 1.5) };
    let tilted = tilt(random);
    let crumple = if random.chance(0.4) { random.range(0.2, 1.0) } else { 0.0 };
    let offset = Vec3::splat(random.range(0.0, 50.0));
    let crown = Mesh::grid(56, 18, true, |u, v| {
        // From the top's middle down to the ring.
        let azimuth = (u - 0.5) * TAU;
        let base = ring(azimuth);
        let (along, narrow) = if v < 0.35 { (1.0, v / 0.35) } else { ((1.0 - v) / 0.65, 1.0) };
        let reach = narrow * (1.0 - form.taper * along * along.sqrt());
        let y = base.y + (form.height + form.dome * (1.0 - narrow * narrow)) * along.powf(0.8);
        let soft = crumple * value_noise(Vec3::new(base.x * 0.25, y * 0.25, base.z * 0.25) + offset) * along;
        Vec3::new(base.x * reach + soft, y + soft, base.z * reach)
    })
    .map(&tilted);
    let (felt, ribbon) = (paint(scene, random), paint(scene, random));
    let with_ribbon = random.chance(0.5);
    assembly.add(&crown, |i, p| if with_ribbon && (13..18).contains(&(i / 56)) { ribbon(p) } else { felt(p) }, |_| 1.0);
    let (reach, longer) = (random.range(1.5, 9.0), random.range(-0.25, 0.25));
    let (droop, curl, ripple) = (random.range(-1.5, 2.5), random.range(-1.5, 1.5), random.range(0.0, 0.8));
    let brim = Mesh::grid(56, 7, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let base = ring(azimuth);
        let out = Vec3::new(azimuth.sin(), 0.0, azimuth.cos()) * (reach * (1.0 + longer * azimuth.cos()) * v);
        let wave = ripple * value_noise(Vec3::new(azimuth.sin() * 2.0, azimuth.cos() * 2.0, 0.0) + offset);
        base + out + Vec3::Y * (v * v * (reach / 9.0) * (curl * (2.0 * azimuth).cos() - droop) + wave * v)
    })
    .map(&tilted);
    assembly.add(&brim, |_, p| felt(p), |_| 1.0);
    if random.chance(0.12) {
        feather(assembly, scene, ring(1.2), &tilted, random);
    }
}

/// A feather at the side of a hat.
fn feather(assembly: &mut Assembly, scene: &Scene, root: Vec3, tilted: impl Fn(Vec3) -> Vec3, random: &mut Random) {
    let (long, bend, wide) = (random.range(6.0, 14.0), random.range(-0.6, 1.4), random.range(0.8, 2.0));
    let mesh = Mesh::grid(5, 16, false, |u, v| {
        let (sin, cos) = (0.3 + bend * v).sin_cos();
        let along = root + Vec3::new(0.4 + sin * long * v, cos * long * v, -0.3 * long * v);
        along + Vec3::new(0.3, 0.2, 1.0).normalize() * ((u - 0.5) * 2.0 * wide * (PI * (0.05 + 0.95 * v)).sin())
    })
    .map(tilted);
    let look = paint(scene, random);
    assembly.add(&mesh, |_, p| look(p), |_| 1.0);
}

/// A cap close to the head, or a helmet; perhaps with a peak.
fn cap(assembly: &mut Assembly, scene: &Scene, skull: &Skull, random: &mut Random) {
    let (front, back) = (random.range(0.18, 0.5), random.range(-0.3, 0.25));
    let (thick, puff) = (random.range(0.3, 0.9), random.range(0.0, 1.8));
    let ribs = if random.chance(0.3) { random.range(0.05, 0.2) } else { 0.0 };
    let shell = Mesh::grid(64, 20, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let low = rim(azimuth, front, back);
        let elevation = PI / 2.0 + (low - PI / 2.0) * v;
        let cuff = if v > 0.85 { 0.25 } else { 0.0 };
        skull.at(azimuth, elevation, thick + puff * (PI * v).sin().max(0.0) + ribs * (azimuth * 24.0).sin() + cuff)
    });
    let look = paint(scene, random);
    let metal = random.chance(0.12);
    let shine = if metal { 0.9 } else { 0.0 };
    assembly.add(
        &shell,
        |_, p| {
            let v = look(p);
            Vertex { specular: v.specular + shine, ..v }
        },
        |_| 1.0,
    );
    if random.chance(0.4) && !metal {
        let (reach, droop, half) = (random.range(3.0, 7.5), random.range(0.5, 3.0), random.range(0.6, 0.95));
        let peak = Mesh::grid(24, 7, false, |u, v| {
            let azimuth = half * (2.0 * u - 1.0);
            let base = skull.at(azimuth, rim(azimuth, front, back), thick);
            let long = reach * (1.0 - (2.0 * u - 1.0).powi(2)).max(0.0).sqrt();
            base + Vec3::new(azimuth.sin() * 0.3, 0.0, 1.0) * (long * v) - Vec3::Y * (droop * v * v * long / reach)
        });
        assembly.add(&peak, |_, p| look(p), |_| 1.0);
    }
}

/// A wide soft cap that hangs over at one side.
fn beret(assembly: &mut Assembly, scene: &Scene, skull: &Skull, random: &mut Random) {
    let (front, back) = (random.range(0.25, 0.5), random.range(0.0, 0.3));
    let (wide, side, high) = (random.range(1.5, 5.0), random.normal(0.0, 2.0), random.range(0.5, 3.5));
    let offset = Vec3::splat(random.range(0.0, 50.0));
    let folds = random.range(0.0, 0.9);
    let shell = Mesh::grid(64, 22, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let low = rim(azimuth, front, back);
        let elevation = PI / 2.0 + (low - PI / 2.0) * v;
        // A band at the rim, above it the cloth bulges out.
        let bulge = (PI * smoothstep(0.0, 0.95, v).powf(1.4)).sin() * smoothstep(0.97, 0.8, v);
        let at = skull.at(azimuth, elevation, 0.5 + 0.4 * (1.0 - v));
        let level = Vec3::new(azimuth.sin(), 0.0, azimuth.cos()) * (wide * bulge);
        let fold = folds * bulge * value_noise(Vec3::new(azimuth.sin(), azimuth.cos(), v) * 2.5 + offset);
        at + level + Vec3::new(side * smoothstep(0.9, 0.3, v) * 0.5, high * smoothstep(0.8, 0.2, v) + fold, 0.0)
    });
    let look = paint(scene, random);
    assembly.add(&shell, |_, p| look(p), |_| 1.0);
}

/// A ring round the head, with points or plain.
fn crown(assembly: &mut Assembly, scene: &Scene, skull: &Skull, random: &mut Random) {
    let (front, back) = (random.range(0.4, 0.7), random.range(0.1, 0.5));
    let (height, points) = (random.range(0.6, 2.2), random.range(4.0, 12.0).floor());
    let spikes = if random.chance(0.5) { random.range(0.8, 4.0) } else { 0.0 };
    let ring = Mesh::grid(96, 6, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let base = skull.at(azimuth, rim(azimuth, front, back), 0.3);
        let spike = spikes * (1.0 - 2.0 * ((u * points).fract() - 0.5).abs());
        base + Vec3::Y * ((height + spike) * (1.0 - v)) + Vec3::new(azimuth.sin(), 0.0, azimuth.cos()) * (0.5 * (1.0 - v))
    });
    let look = paint(scene, random);
    let shine = random.range(0.0, 0.8);
    assembly.add(
        &ring,
        |_, p| {
            let v = look(p);
            Vertex { specular: v.specular + shine, ..v }
        },
        |_| 1.0,
    );
}

#[cfg(test)]
mod tests {
    use super::super::super::facekit::FaceKit;
    use super::*;

    #[test]
    fn hats_cover_the_crown_and_leave_the_eyes_free() {
        let kit = FaceKit::stand_in();
        for index in 0..60 {
            let mut random = Random::new(8, index);
            let scene = Scene::new(&mut random);
            let mut assembly = Assembly { rest: kit.neutral.clone(), ..Assembly::default() };
            let mut plan = HairStyle::new(&scene, &mut random);
            let kind = [Headwear::Hat, Headwear::Cap, Headwear::Turban, Headwear::Beret, Headwear::Hood][index as usize % 5];
            plan.headwear = Some(kind);
            let torso = Torso::fit(&kit, &kit.neutral, &mut random);
            add(&mut assembly, &scene, &plan, &torso, &mut random);
            let worn = &assembly.rest[kit.neutral.len()..];
            let top = worn.iter().map(|p| p.y).fold(f32::MIN, f32::max);
            assert!(top > 14.4, "{kind:?} {index}: the head sticks out above {top}");
            let before_eyes = worn.iter().filter(|p| p.z > 9.0 && p.x.abs() < 4.5 && (0.0..4.0).contains(&p.y)).count();
            assert_eq!(before_eyes, 0, "{kind:?} {index}: something hangs before the eyes");
        }
    }
}
