//! Glasses, earrings and necklaces.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::super::facekit::FaceKit;
use super::assembly::{Assembly, Material, clothes_weight};
use super::body::Torso;
use super::scene::Scene;
use super::shapes::{Mesh, random_colour};
use crate::data::Part;
use crate::random::Random;

/// Gold, silver, pearl, or any colour.
fn metal(scene: &Scene, random: &mut Random) -> Material {
    let albedo = match random.below(4) {
        _ if scene.is_sculpture => scene.skin,
        0 => Vec3::new(0.75, 0.58, 0.22),
        1 => Vec3::new(0.62, 0.62, 0.65),
        2 => Vec3::new(0.85, 0.82, 0.78),
        _ => random_colour(random, 1.0),
    };
    let albedo = albedo / scene.gain.max(1.0).sqrt();
    Material { part: Part::Jewellery, albedo, specular: random.range(0.2, 1.0), texture_gain: 0.0, texture_scale: 1.0 }
}

/// Glasses in 14 % of real people.
pub(super) fn add_glasses(assembly: &mut Assembly, scene: &Scene, landmarks: &[Vec3; 68], random: &mut Random) {
    if scene.is_sculpture || !random.chance(0.14) {
        return;
    }
    let colour = random_colour(random, 0.6) * random.range(0.05, 0.8);
    let material = Material { part: Part::Glasses, albedo: colour, specular: 0.4, texture_gain: 0.0, texture_scale: 1.0 };
    let (half, aspect, power) = (random.range(1.7, 2.5), random.range(0.65, 1.05), random.range(2.0, 4.0));
    let thick = random.range(0.06, 0.2);
    let eye = |k: usize| landmarks[36 + 6 * k..42 + 6 * k].iter().sum::<Vec3>() / 6.0;
    let centres = [eye(0), eye(1)].map(|c| c + Vec3::new(0.0, -0.3, 1.6));
    let round = |x: f32| x.signum() * x.abs().powf(2.0 / power);
    for centre in centres {
        let side = centre.x.signum();
        let rim: Vec<Vec3> = (0..24)
            .map(|i| {
                let (sin, cos) = (TAU * i as f32 / 24.0).sin_cos();
                centre + Vec3::new(round(cos) * half, round(sin) * half * aspect, -0.12 * (cos * side + 1.0) * half)
            })
            .collect();
        assembly.add_rigid(&Mesh::tube(&rim, thick, true), &material);
        let hinge = centre + Vec3::new(side * half, 0.3, -0.2 * half);
        let temple = [hinge, Vec3::new(side * 7.9, centre.y + 0.7, 5.0), Vec3::new(side * 8.2, centre.y + 0.5, 0.0)];
        assembly.add_rigid(&Mesh::tube(&temple, 0.14, false), &material);
    }
    let bridge =
        [centres[0] + Vec3::new(half, 0.2, 0.0), landmarks[27] + Vec3::new(0.0, 0.0, 0.7), centres[1] + Vec3::new(-half, 0.2, 0.0)];
    assembly.add_rigid(&Mesh::tube(&bridge, 0.13, false), &material);
}

/// Earrings in 12 %.
pub(super) fn add_earrings(assembly: &mut Assembly, kit: &FaceKit, scene: &Scene, random: &mut Random) {
    if !random.chance(0.12) {
        return;
    }
    let material = metal(scene, random);
    let (drop, radius, ring) = (random.range(0.2, 1.8), random.range(0.3, 1.0), random.chance(0.3));
    for side in [-1.0, 1.0] {
        let lobe =
            assembly.rest[..kit.end_of(Part::Head)].iter().filter(|p| p.x * side > 7.6 && p.y > -3.5).min_by(|a, b| a.y.total_cmp(&b.y));
        let Some(lobe) = lobe.copied() else { continue };
        let at = lobe + Vec3::new(0.25 * side, -drop - 0.7 * radius, 0.3);
        let mesh = if ring {
            let path: Vec<Vec3> =
                (0..16).map(|i| TAU * i as f32 / 16.0).map(|a| at + radius * 1.3 * Vec3::new(0.3 * a.cos(), a.sin(), a.cos())).collect();
            Mesh::tube(&path, 0.12, true)
        } else {
            Mesh::ellipsoid(at, Vec3::new(1.0, random.range(1.0, 1.6), 1.0) * radius)
        };
        assembly.add_rigid(&mesh, &material);
        assembly.add_rigid(&Mesh::tube(&[lobe, at], 0.06, false), &material);
    }
}

/// Necklaces in 13 %: beads or a chain.
pub(super) fn add_necklace(assembly: &mut Assembly, scene: &Scene, torso: &Torso, random: &mut Random) {
    if !random.chance(0.13) {
        return;
    }
    let material = metal(scene, random);
    let (back, front) = (random.range(-11.8, -10.6), random.range(-20.0, -11.5));
    let radius = random.range(0.1, 0.7);
    let place = |azimuth: f32| {
        let low = (0.5 + 0.5 * azimuth.cos()).powf(1.5);
        torso.at(azimuth, back + (front - back) * low, 0.5 + radius)
    };
    if radius < 0.25 {
        let path: Vec<Vec3> = (0..48).map(|i| place((i as f32 / 48.0 - 0.5) * TAU)).collect();
        assembly.add(&Mesh::tube(&path, radius, true), |_, p| material.at(p), clothes_weight);
        let pendant = Mesh::ellipsoid(place(0.0) - Vec3::Y * 0.8, Vec3::new(0.7, 0.9, 0.4) * random.range(0.6, 1.6));
        assembly.add(&pendant, |_, p| material.at(p), clothes_weight);
    } else {
        let count = (36.0 / radius).clamp(30.0, 90.0) as usize;
        for i in 0..count {
            let azimuth = 0.75 * PI * (2.0 * i as f32 / (count - 1) as f32 - 1.0);
            assembly.add(&Mesh::ellipsoid(place(azimuth), Vec3::splat(radius)), |_, p| material.at(p), clothes_weight);
        }
    }
}
