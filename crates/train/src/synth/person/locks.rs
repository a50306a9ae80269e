//! Hair beyond the cap: buns, curls, braids round the head, ringlets, fringes, rolls of wigs.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::assembly::{Assembly, Material, hanging_weight};
use super::body::Torso;
use super::hair::{HairStyle, SKULL};
use super::scene::Scene;
use super::shapes::{Mesh, direction};
use crate::random::Random;

/// A place above the skull: azimuth and elevation in radians, `out` cm off the mean skull.
fn over_skull(azimuth: f32, elevation: f32, out: f32) -> Vec3 {
    SKULL + direction(azimuth, elevation) * (Vec3::new(7.9, 10.1, 8.8) + Vec3::splat(out))
}

/// Adds none or some of them.
pub(super) fn add(assembly: &mut Assembly, scene: &Scene, plan: &HairStyle, torso: &Torso, random: &mut Random) {
    match random.unit() {
        u if u < 0.10 => bun(assembly, plan, random),
        u if u < 0.18 => curls(assembly, scene, plan, random),
        u if u < 0.24 => braid(assembly, plan, random),
        u if u < 0.30 => ringlets(assembly, plan, torso, random),
        u if u < 0.35 => rolls(assembly, plan, random),
        u if u < 0.42 => fringe(assembly, plan, random),
        _ => {}
    }
}

fn add_hair(assembly: &mut Assembly, plan: &HairStyle, mesh: &Mesh, fineness: f32) {
    assembly.add(mesh, |_, at| plan.strand(at, fineness), hanging_weight);
}

/// One knot on the crown or the back, or two at the sides.
fn bun(assembly: &mut Assembly, plan: &HairStyle, random: &mut Random) {
    let radius = random.range(1.8, 4.2);
    let squash = Vec3::new(random.range(0.8, 1.3), random.range(0.7, 1.2), random.range(0.8, 1.2));
    let fineness = random.range(8.0, 20.0);
    let places = if random.chance(0.7) {
        vec![over_skull(random.normal(0.0, 0.2) + PI, random.range(0.4, 1.6), 0.4 * radius)]
    } else {
        let (azimuth, elevation) = (random.range(1.2, 1.9), random.range(0.1, 1.0));
        vec![over_skull(azimuth, elevation, 0.5 * radius), over_skull(-azimuth, elevation, 0.5 * radius)]
    };
    for place in places {
        add_hair(assembly, plan, &Mesh::ellipsoid(place, squash * radius), fineness);
    }
}

/// Many small balls along sides and top, sometimes of another colour as flowers.
fn curls(assembly: &mut Assembly, scene: &Scene, plan: &HairStyle, random: &mut Random) {
    let count = 10 + random.below(50);
    let low = random.range(-0.2, 0.7);
    let flowers = random.chance(0.15).then(|| Material { part: plan.material.part, ..plan.material.coloured(scene.cloth(random)) });
    for _ in 0..count {
        let azimuth = random.range(0.9, TAU - 0.9);
        let radius = random.range(0.7, 1.9);
        let place = over_skull(azimuth, random.range(low, 1.4), 0.4 * radius);
        let squash = Vec3::from_array(std::array::from_fn(|_| random.range(0.7, 1.3)));
        let mesh = Mesh::ellipsoid(place, squash * radius);
        match &flowers {
            Some(material) if random.chance(0.4) => assembly.add_rigid(&mesh, material),
            _ => add_hair(assembly, plan, &mesh, 10.0),
        }
    }
}

/// A plait laid round the head like a crown.
fn braid(assembly: &mut Assembly, plan: &HairStyle, random: &mut Random) {
    let (tilt, level, thick) = (random.range(-0.3, 0.5), random.range(0.35, 0.8), random.range(0.6, 1.3));
    let strands = random.range(14.0, 30.0).floor();
    let mesh = Mesh::grid(120, 9, true, |u, v| {
        let azimuth = (u - 0.5) * TAU;
        let centre = over_skull(azimuth, level + tilt * azimuth.cos(), 0.3 * thick);
        let radius = thick * (1.0 + 0.18 * (azimuth * strands + 4.0 * v * PI).sin());
        let out = (centre - SKULL).normalize_or(Vec3::Y);
        let up = (Vec3::Y - out * out.y).normalize_or(Vec3::Y);
        let (sin, cos) = (TAU * v).sin_cos();
        centre + radius * (up * cos + out * sin)
    });
    add_hair(assembly, plan, &mesh, 24.0);
}

/// Hanging curls before the ears.
fn ringlets(assembly: &mut Assembly, plan: &HairStyle, torso: &Torso, random: &mut Random) {
    let per_side = 1 + random.below(4);
    let (bottom, radius) = (random.range(-14.0, -3.0), random.range(0.5, 1.0));
    for side in [-1.0, 1.0] {
        for k in 0..per_side {
            let azimuth = side * (1.15 + 0.28 * k as f32 + random.normal(0.0, 0.06));
            let (turns, phase) = (random.range(2.0, 6.0), random.range(0.0, TAU));
            let path: Vec<Vec3> = (0..24)
                .map(|i| {
                    let t = i as f32 / 23.0;
                    let y = 6.0 + (bottom - 6.0) * t;
                    let (sin, cos) = (TAU * turns * t + phase).sin_cos();
                    let at = Vec3::new(8.7 * azimuth.sin(), y, 8.7 * azimuth.cos() - 0.5) + Vec3::new(cos, 0.0, sin) * 0.45;
                    torso.push_out(at, 1.0)
                })
                .collect();
            add_hair(assembly, plan, &Mesh::tube(&path, radius, false), 12.0);
        }
    }
}

/// Horizontal rolls at the ears, as on wigs.
fn rolls(assembly: &mut Assembly, plan: &HairStyle, random: &mut Random) {
    let (count, radius, step) = (1 + random.below(3), random.range(1.0, 1.7), random.range(2.0, 3.0));
    for side in [-1.0, 1.0] {
        for k in 0..count {
            let y = 3.5 - step * k as f32;
            let path: Vec<Vec3> =
                (0..8).map(|i| Vec3::new(side * (8.8 + 0.3 * (i as f32 * 0.9).sin()), y, 3.2 - 6.0 * i as f32 / 7.0)).collect();
            add_hair(assembly, plan, &Mesh::tube(&path, radius, false), 16.0);
        }
    }
}

/// Hair combed over the forehead, ragged at its ends.
fn fringe(assembly: &mut Assembly, plan: &HairStyle, random: &mut Random) {
    let (half, bottom, slant) = (random.range(0.7, 1.15), random.range(6.3, 8.8), random.range(-1.5, 1.5));
    let offset = random.range(0.3, 0.9);
    let teeth = random.range(4.0, 14.0);
    let ragged = random.range(0.1, 0.9);
    let mesh = Mesh::grid(40, 10, false, |u, v| {
        let azimuth = half * (2.0 * u - 1.0);
        let end = bottom + slant * (u - 0.5) + ragged * (u * teeth * TAU).sin() * 0.4 + 1.5 * (2.0 * u - 1.0).powi(4);
        let y = 12.8 + (end - 12.8) * v;
        // The forehead's own curve, a little before it.
        let height = ((y - 3.0) / 12.5).clamp(0.0, 1.0);
        let round = (1.0 - height.powi(3)).sqrt();
        let out = offset + plan_lift(v);
        Vec3::new(azimuth.sin() * (7.8 * round + out), y, (azimuth.cos() * 1.05).min(1.0) * (10.7 * round + out))
    });
    add_hair(assembly, plan, &mesh, 16.0);
}

/// A fringe stands off the head in its middle.
fn plan_lift(along: f32) -> f32 {
    0.5 * (PI * along).sin()
}
