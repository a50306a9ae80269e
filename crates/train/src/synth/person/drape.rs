//! Cloth that is wound round the head or hangs from it: turbans, veils, scarves, hoods.

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use glam::Vec3;

use super::super::noise::value_noise;
use super::super::surface::Vertex;
use super::assembly::{Assembly, hanging_weight};
use super::body::Torso;
use super::hair::SKULL;
use super::headwear::{paint, rim};
use super::scene::Scene;
use super::shapes::{Mesh, smoothstep};
use super::skull::Skull;
use crate::random::Random;

/// Columns and rows of a turban's shell.
const TURBAN: (usize, usize) = (88, 36);

/// Wound cloth: bands that run aslant round the head.
pub(super) fn turban(assembly: &mut Assembly, scene: &Scene, skull: &Skull, torso: &Torso, random: &mut Random) {
    let (front, back) = (random.range(0.2, 0.5), random.range(-0.25, 0.1));
    let (thick, high) = (random.range(0.8, 3.6), random.range(0.0, 4.0));
    let (bands, slant, ridge) = (random.range(3.0, 8.0), random.range(0.05, 0.35), random.range(0.2, 0.8));
    let lean = random.range(-PI, PI);
    let offset = Vec3::splat(random.range(0.0, 60.0));
    // Fraction of the way from the top down at which the winding's phase is 0.
    let phase = move |azimuth: f32, v: f32| bands * (v + slant * (azimuth - lean).sin() * (PI * v).sin() + 0.05 * (2.0 * azimuth).sin());
    let mesh = Mesh::grid(TURBAN.0, TURBAN.1, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let low = rim(azimuth, front, back);
        let elevation = FRAC_PI_2 + (low - FRAC_PI_2) * v;
        let body = smoothstep(1.0, 0.75, v) * smoothstep(-0.4, 0.5, v);
        let bulge = (PI * phase(azimuth, v)).sin().abs().sqrt() - 0.7;
        let uneven = 0.35 * value_noise(Vec3::new(azimuth.sin(), azimuth.cos(), v) * 2.0 + offset);
        let out = 0.35 + thick * body * (1.0 + uneven) + ridge * bulge * smoothstep(1.0, 0.9, v);
        skull.at(azimuth, elevation, out) + Vec3::Y * (high * smoothstep(0.7, 0.0, v))
    });
    let (main, other) = (paint(scene, random), paint(scene, random));
    let second = match random.unit() {
        u if u < 0.35 => 1,
        u if u < 0.55 => 2,
        _ => 0,
    };
    let forehead = random.range(0.6, 0.85);
    let look = |i: usize, p: Vec3| {
        let (u, v) = ((i % TURBAN.0) as f32 / TURBAN.0 as f32, (i / TURBAN.0) as f32 / (TURBAN.1 - 1) as f32);
        let wound = phase((u - 0.5) * TAU, v);
        let is_other = match second {
            // A band of its own round the forehead, or every other winding.
            1 => v > forehead,
            2 => (wound as i32) % 2 == 0,
            _ => false,
        };
        let vertex = if is_other { other(p) } else { main(p) };
        // Between two windings it is dark.
        let valley = 1.0 - 0.45 * smoothstep(0.35, 0.0, (PI * wound).sin().abs());
        Vertex { albedo: vertex.albedo * valley, ..vertex }
    };
    assembly.add(&mesh, look, |_| 1.0);
    if random.chance(0.45) {
        let end_colour = random.chance(0.5);
        hanging_end(assembly, skull, torso, |p| if end_colour { other(p) } else { main(p) }, random);
    }
}

/// A strip that hangs from the back of the crown to the shoulders.
fn hanging_end(assembly: &mut Assembly, skull: &Skull, torso: &Torso, look: impl Fn(Vec3) -> Vertex, random: &mut Random) {
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let azimuth = side * random.range(1.9, 3.0);
    let root = skull.at(azimuth, random.range(0.5, 1.1), random.range(0.5, 2.0));
    let (bottom, wide) = (random.range(-20.0, -4.0), random.range(1.2, 2.8));
    let outwards = Vec3::new(azimuth.sin(), 0.0, azimuth.cos());
    let across = Vec3::new(outwards.z, 0.0, -outwards.x);
    // From the root out to beyond the widest part of the head.
    let bow = (random.range(9.8, 11.5) - root.x.hypot(root.z)).max(0.3);
    let offset = Vec3::splat(random.range(0.0, 60.0));
    let mesh = Mesh::grid(9, 26, false, |u, v| {
        let y = root.y + (bottom - root.y) * v;
        let fold = value_noise(Vec3::new(u * 4.0, v * 2.0, 0.0) + offset);
        let along = root.with_y(y) + outwards * (bow * (v * 3.0).min(1.0).sqrt() + 0.5 * fold);
        torso.push_out(along + across * ((u - 0.5) * 2.0 * wide * (0.5 + 0.5 * (4.0 * v).min(1.0) + 0.2 * fold)), 1.0)
    });
    assembly.add(&mesh, |_, p| look(p), hanging_weight);
}

/// Where the cloth of a veil or hood lies.
struct Sheet {
    /// z of the front edge over the forehead and at the cheeks, in cm.
    front: (f32, f32),
    /// Distance from the head.
    out: f32,
    /// Height of the lower hem.
    hem: f32,
    /// How much wider it gets on the way down, 1 a 10 cm.
    flare: f32,
    folds: f32,
    offset: Vec3,
}

impl Sheet {
    /// Hem, flare and folds; front and distance are for the caller.
    fn random(random: &mut Random) -> Self {
        Self {
            front: (0.0, 0.0),
            out: 1.0,
            hem: random.range(-24.0, -9.0),
            flare: random.range(0.0, 0.25),
            folds: random.range(0.1, 1.1),
            offset: Vec3::splat(random.range(0.0, 60.0)),
        }
    }

    /// `u` runs from the hem at the picture's left over the top to the hem at the right, `v` from the front edge to the back.
    fn at(&self, torso: &Torso, top: f32, u: f32, v: f32) -> Vec3 {
        // The outer 35 % of both sides hang straight.
        let (arch, down) = ((0.5 - (u - 0.5).abs() - 0.35) / 0.15, ((u - 0.5).abs() - 0.15) / 0.35);
        let angle = if arch > 0.0 { FRAC_PI_2 * (1.0 - arch) } else { FRAC_PI_2 };
        let (sin, cos) = (angle.sin() * (u - 0.5).signum(), angle.cos());
        let front = self.front.1 + (self.front.0 - self.front.1) * smoothstep(0.0, 1.0, cos);
        let (middle, deep) = (0.3, 9.6 + self.out);
        let start = ((front - middle) / deep).clamp(-0.95, 0.95).acos();
        let turn = start + (PI - start) * v;
        let (k, z) = (turn.sin().max(0.0), middle + deep * turn.cos());
        let fall = down.max(0.0);
        let y = SKULL.y + cos * (top - SKULL.y + self.out) * k.powf(0.85) + (self.hem - SKULL.y) * fall;
        let fold = self.folds * value_noise(Vec3::new(turn * 2.5, y * 0.12, u * 3.0) + self.offset) * (0.3 + fall);
        let half = (8.3 + self.out) * k.powf(0.7) * (1.0 + self.flare * fall * (SKULL.y - self.hem) / 10.0) + fold;
        torso.push_out(Vec3::new(sin * half, y, z + 0.3 * fold), 1.1 + 0.3 * fold)
    }
}

/// A veil that leaves the front hair free and lies over the rest.
pub(super) fn veil(assembly: &mut Assembly, scene: &Scene, skull: &Skull, torso: &Torso, has_long_hair: bool, random: &mut Random) {
    let over = random.range(1.0, 6.5);
    let sheet = Sheet {
        front: (over, over.min(random.range(-1.5, 4.0))),
        out: random.range(0.9, 1.6) + if has_long_hair { 1.3 } else { 0.0 },
        ..Sheet::random(random)
    };
    let mesh = Mesh::grid(72, 20, false, |u, v| sheet.at(torso, skull.top(), u, v));
    let look = paint(scene, random);
    assembly.add(&mesh, |_, p| look(p), hanging_weight);
}

/// A hood or scarf round the face.
pub(super) fn hood(assembly: &mut Assembly, scene: &Scene, skull: &Skull, torso: &Torso, random: &mut Random) {
    let out = if random.chance(0.4) { random.range(1.6, 3.5) } else { random.range(0.7, 1.4) };
    let sheet = Sheet { front: (random.range(7.0, 8.8), random.range(4.0, 6.5)), out, ..Sheet::random(random) };
    let top = skull.top();
    let mesh = Mesh::grid(72, 20, false, |u, v| sheet.at(torso, top, u, v));
    let look = paint(scene, random);
    assembly.add(&mesh, |_, p| look(p), hanging_weight);
    if random.chance(0.35) {
        // A second cloth under it, closer to the face.
        let front = (sheet.front.0 + 0.5, sheet.front.1 + 0.8);
        let under = Sheet { front, out: 0.5, hem: sheet.hem.max(-13.0), flare: 0.0, folds: 0.1, ..sheet };
        let mesh = Mesh::grid(56, 12, false, |u, v| under.at(torso, top, u, v));
        let look = paint(scene, random);
        assembly.add(&mesh, |_, p| look(p), hanging_weight);
    }
    if random.chance(0.5) {
        wrap_neck(assembly, torso, look, random);
    }
}

/// The scarf's ends wound round the neck below the chin.
fn wrap_neck(assembly: &mut Assembly, torso: &Torso, look: impl Fn(Vec3) -> Vertex, random: &mut Random) {
    let (top, out) = (random.range(-9.6, -8.9), random.range(0.4, 1.0));
    let offset = Vec3::splat(random.range(0.0, 60.0));
    let mesh = Mesh::grid(56, 9, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let fold = value_noise(Vec3::new(azimuth.sin() * 1.5, azimuth.cos() * 1.5, v * 4.0) + offset);
        torso.at(azimuth, top - 5.0 * v, out + 0.4 * fold + 0.5 * v)
    });
    assembly.add(&mesh, |_, p| look(p), super::assembly::clothes_weight);
}
