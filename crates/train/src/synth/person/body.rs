//! Neck, shoulders and clothes: a torso fitted to the neck of the head, and cloth shells round it with necklines, collars and patterns.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::super::facekit::FaceKit;
use super::super::noise::value_noise;
use super::super::surface::Vertex;
use super::assembly::{Assembly, Material, clothes_weight};
use super::scene::Scene;
use super::shapes::{Mesh, interpolate, smoothstep};
use crate::data::Part;
use crate::random::Random;

/// The lowest part of the body, in cm.
const BOTTOM_CM: f32 = -56.0;
/// How much squarer than an ellipse the shoulders' cross section is.
const SHOULDER_SQUARENESS: f32 = 0.18;

/// Cross sections of the body without clothes.
#[derive(Debug)]
pub(super) struct Torso {
    /// Height and half width, ascending by height.
    width: Vec<(f32, f32)>,
    /// Height and z of the front.
    front: Vec<(f32, f32)>,
    /// Height and z of the back.
    back: Vec<(f32, f32)>,
    /// How much the shoulders slope: cm a squared cm.
    slope: f32,
}

impl Torso {
    /// Fits the neck of a head shape and draws shoulders.
    pub(super) fn fit(kit: &FaceKit, shape: &[Vec3], random: &mut Random) -> Self {
        let size = random.range(0.85, 1.15);
        let depth = random.range(0.9, 1.15);
        let mut torso = Self { width: Vec::new(), front: Vec::new(), back: Vec::new(), slope: random.range(0.005, 0.012) };
        let below = [
            (BOTTOM_CM, 21.5, 9.5, -11.5),
            (-36.0, 21.5, 9.3, -12.0),
            (-30.0, 21.5, 8.6, -12.0),
            (-25.0, 21.2, 7.6, -12.0),
            (-21.5, 21.0, 6.8, -11.6),
            (-19.0, 20.2, 6.0, -11.0),
            (-17.0, 19.0, 5.3, -10.3),
            (-15.3, 16.4, 4.7, -9.6),
        ];
        for (y, half, front, back) in below {
            torso.width.push((y, half * size));
            torso.front.push((y, front * depth));
            torso.back.push((y, back * depth));
        }
        for y in [-13.6, -12.5, -11.5, -10.5, -9.5, -8.5] {
            let ring = shape[..kit.end_of(Part::Head)].iter().filter(|p| (p.y - y).abs() < 0.6 && p.z < 7.0);
            let (mut half, mut front, mut back) = (4.0_f32, 2.5_f32, -5.0_f32);
            for p in ring {
                half = half.max(p.x.abs());
                front = front.max(p.z);
                back = back.min(p.z);
            }
            torso.width.push((y, half));
            torso.front.push((y, front));
            torso.back.push((y, back));
        }
        torso
    }

    /// The body's surface at an azimuth (0 is the front) and a height, `out` cm off the skin.
    pub(super) fn at(&self, azimuth: f32, y: f32, out: f32) -> Vec3 {
        let (half, front, back) = (interpolate(&self.width, y) + out, interpolate(&self.front, y) + out, interpolate(&self.back, y) - out);
        let (sin, cos) = azimuth.sin_cos();
        let shoulders = smoothstep(-11.5, -16.0, y);
        let power = 1.0 - SHOULDER_SQUARENESS * shoulders;
        let x = half * sin.signum() * sin.abs().powf(power);
        let z = 0.5 * (front + back) + 0.5 * (front - back) * cos;
        Vec3::new(x, y - self.slope * x * x * shoulders, z)
    }

    /// A place moved out of the body if it is inside, to `out` cm off the skin.
    pub(super) fn push_out(&self, at: Vec3, out: f32) -> Vec3 {
        if at.y > -9.0 {
            return at;
        }
        let shoulders = smoothstep(-11.5, -16.0, at.y);
        let y = at.y + self.slope * at.x * at.x * shoulders;
        let (front, back) = (interpolate(&self.front, y) + out, interpolate(&self.back, y) - out);
        let (half, middle, deep) = (interpolate(&self.width, y) + out, 0.5 * (front + back), 0.5 * (front - back));
        let (x, z) = (at.x.abs() / half, (at.z - middle).abs() / deep);
        let power = 2.0 / (1.0 - SHOULDER_SQUARENESS * smoothstep(-11.5, -16.0, y));
        let level = |grown: f32| (x * grown).powf(power) + (z * grown).powi(2);
        if level(1.0) >= 1.0 || x.max(z) < 1e-3 {
            return at;
        }
        // A few rounds find how far out the skin is in this direction.
        let mut grown = 1.0;
        for _ in 0..4 {
            grown *= level(grown).max(1e-4).powf(-0.45);
        }
        Vec3::new(at.x * grown, at.y, middle + (at.z - middle) * grown)
    }
}

/// Form of a neckline.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Neckline {
    Round,
    Vee,
    Square,
}

/// Adds skin and clothes.
pub(super) fn add(assembly: &mut Assembly, scene: &Scene, torso: &Torso, random: &mut Random) {
    let skin = Material {
        part: Part::Clothes,
        albedo: scene.skin,
        specular: random.range(0.0, 0.1),
        texture_gain: random.range(0.0, 0.06),
        texture_scale: 2.0,
    };
    let neck = Mesh::grid(48, 22, true, |u, v| {
        let y = -10.2 - 24.0 * v.powf(1.2);
        // The first ring lies inside the neck.
        torso.at(u * TAU, y, if v < 0.01 { -0.5 } else { 0.06 })
    });
    assembly.add(&neck, |_, p| skin.at(p), clothes_weight);
    let bare = scene.is_sculpture && random.chance(0.4) || random.chance(0.03);
    if bare {
        return;
    }
    let form = *random.pick(&[Neckline::Round, Neckline::Round, Neckline::Vee, Neckline::Square]);
    let front = if random.chance(0.45) { random.range(-12.5, -10.3) } else { random.range(-24.0, -12.5) };
    add_shell(assembly, scene, torso, (form, front, random.range(0.35, 0.7)), random);
    if random.chance(0.3) {
        add_shell(assembly, scene, torso, (Neckline::Vee, random.range(-40.0, -20.0), random.range(1.5, 2.2)), random);
    }
    add_collar(assembly, scene, torso, random);
}

/// A cloth shell from its neckline down: form, height of its front, distance from the skin.
fn add_shell(assembly: &mut Assembly, scene: &Scene, torso: &Torso, (form, front, out): (Neckline, f32, f32), random: &mut Random) {
    let back = random.range(-11.5, -9.8);
    let half_width = random.range(0.25, 0.6) * PI;
    let neckline = move |azimuth: f32| {
        let across = (azimuth.abs() / half_width).min(1.0);
        let drop = match form {
            Neckline::Round => (1.0 - across * across).sqrt(),
            Neckline::Vee => 1.0 - across,
            Neckline::Square => smoothstep(1.0, 0.75, across),
        };
        back + (front - back) * drop
    };
    let folds = random.range(0.0, 0.9);
    let offset = Vec3::splat(random.range(0.0, 99.0));
    let mesh = Mesh::grid(72, 30, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let top = neckline(azimuth);
        let y = top + (BOTTOM_CM - top) * v.powf(1.7);
        let at = torso.at(azimuth, y, 0.0);
        let wave = 0.5 + 0.5 * value_noise(Vec3::new(at.x * 0.35, at.y * 0.18, at.z * 0.35) + offset);
        let fold = folds * wave * smoothstep(0.0, 0.3, v);
        // The edge lies on the skin.
        torso.at(azimuth, y, if v < 0.01 { 0.1 } else { out + fold })
    })
    .map(|p| p + Vec3::Y * (0.3 * out));
    let paint = cloth(scene, random);
    let trim = random.chance(0.25).then(|| scene.cloth(random));
    assembly.add(
        &mesh,
        |i, p| {
            let vertex = paint(p);
            match trim {
                Some(colour) if i < 72 * 3 => Vertex { albedo: colour, ..vertex },
                _ => vertex,
            }
        },
        clothes_weight,
    );
}

/// How a cloth looks: plain, striped, chequered, flowered.
pub(super) fn cloth(scene: &Scene, random: &mut Random) -> impl Fn(Vec3) -> Vertex + use<> {
    let colours = [scene.cloth(random), scene.cloth(random)];
    let material = Material {
        part: Part::Clothes,
        albedo: colours[0],
        specular: random.range(0.0, 0.12),
        texture_gain: if random.chance(0.5) { random.range(0.0, 0.12) } else { random.range(0.1, 0.45) },
        texture_scale: random.range(0.5, 4.0),
    };
    let pattern = if random.chance(0.35) { 1 + random.below(4) } else { 0 };
    let (frequency, share) = (random.range(0.8, 3.5), random.range(-0.5, 0.6));
    move |p: Vec3| {
        let wave = match pattern {
            1 => (p.x * frequency).sin(),
            2 => (p.y * frequency).sin(),
            3 => (p.x * frequency).sin() * (p.y * frequency).sin() * 2.0,
            4 => value_noise(p * (0.5 * frequency)) * 1.6,
            _ => -1.0,
        };
        let shade = 1.0 + 0.12 * value_noise(p * 0.35);
        material.coloured(colours[0].lerp(colours[1], smoothstep(share - 0.15, share + 0.15, wave)) * shade).at(p)
    }
}

fn add_collar(assembly: &mut Assembly, scene: &Scene, torso: &Torso, random: &mut Random) {
    let paint = cloth(scene, random);
    let kind = random.unit();
    let offset = random.range(0.0, 99.0);
    let mesh = if kind < 0.10 {
        // A standing collar or turtle neck.
        let (top, out, lean) = (random.range(-9.6, -8.6), random.range(0.3, 0.8), random.range(0.0, 0.7));
        Mesh::grid(48, 6, true, |u, v| torso.at((u - 0.5) * TAU, top + (-12.5 - top) * v, out + lean * (1.0 - v)))
    } else if kind < 0.17 {
        // A ruff: a wavy disc.
        let (reach, waves, height) = (random.range(3.0, 8.0), (random.range(9.0, 22.0) as usize) as f32, random.range(0.3, 0.9));
        Mesh::grid(96, 5, true, |u, v| {
            let ring = torso.at((u - 0.5) * TAU, -10.2, 0.2 + reach * v);
            ring + Vec3::Y * (height * (u * TAU * waves).sin() * v - 0.13 * reach * v)
        })
    } else if kind < 0.27 {
        // A scarf: a thick uneven ring.
        let (thick, drop) = (random.range(0.8, 1.9), random.range(0.0, 2.5));
        Mesh::grid(48, 9, true, |u, v| {
            let azimuth = (u - 0.5) * TAU;
            let lump = 1.0 + 0.5 * value_noise(Vec3::new(azimuth.cos() * 2.0 + offset, azimuth.sin() * 2.0, v * 2.0));
            let (sin, cos) = (PI * (1.2 * v - 0.1)).sin_cos();
            torso.at(azimuth, -10.3, thick * (0.35 + 0.45 * v) * lump * sin.max(-0.2))
                + Vec3::Y * (thick * cos - drop * (0.5 + 0.5 * azimuth.cos()))
        })
    } else if kind < 0.36 {
        // A wide flat collar that lies on the shoulders.
        let (reach, out) = (random.range(3.0, 9.0), random.range(0.9, 1.9));
        Mesh::grid(64, 7, true, |u, v| {
            let azimuth = (u - 0.5) * TAU;
            torso.at(azimuth, -10.6 - reach * v, out * smoothstep(0.0, 0.3, v) + 0.1)
        })
    } else {
        return;
    };
    assembly.add(&mesh, |_, p| paint(p), clothes_weight);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cloth_lies_outside_the_body() {
        let kit = FaceKit::stand_in();
        for index in 0..30 {
            let mut random = Random::new(9, index);
            let torso = Torso::fit(&kit, &kit.neutral, &mut random);
            let scene = Scene::new(&mut random);
            let mut assembly = Assembly::default();
            add_shell(&mut assembly, &scene, &torso, (Neckline::Round, -14.0, 0.35), &mut random);
            let inside = assembly.rest.iter().filter(|p| torso.push_out(**p, 0.0).distance(**p) > 0.25).count();
            assert_eq!(inside, 0, "torso {index}: vertices of the cloth inside the body");
        }
    }

    #[test]
    fn what_is_inside_the_body_is_pushed_to_its_skin() {
        let torso = Torso::fit(&FaceKit::stand_in(), &FaceKit::stand_in().neutral, &mut Random::new(1, 1));
        let out = torso.push_out(Vec3::new(3.0, -20.0, 0.0), 0.5);
        assert!(out.z > 4.0 || out.x > 10.0, "it was moved out: {out}");
        let further = torso.push_out(out * Vec3::new(1.2, 1.0, 1.2), 0.5);
        assert!(further.distance(out * Vec3::new(1.2, 1.0, 1.2)) < 1e-4, "what is outside stays there");
        let high = Vec3::new(1.0, 0.0, 0.0);
        assert_eq!(torso.push_out(high, 0.5), high, "the head is not the body");
    }
}
