//! What a picture is made on and with: film grain, canvas, brush strokes, cracks, paper, scratches, as one plane of brightness.

use glam::{Vec2, Vec3};

use super::super::noise::value_noise;
use super::super::planes::{AREA, Planes, add_clouds, add_hills};
use super::sampled;
use crate::data::PICTURE_PX;
use crate::random::Random;

/// Strengths of textures; brightness varies by about that share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SurfaceTexture {
    /// Grain of film or of a sensor, uncorrelated between pixels.
    pub(super) grain: f32,
    /// Threads of a canvas.
    pub(super) weave: f32,
    /// Ridges that brushes leave.
    pub(super) strokes: f32,
    /// Cracks of old paint, or of stone.
    pub(super) cracks: f32,
    /// Clouds and fibres of paper, or the pores of stone.
    pub(super) paper: f32,
    /// How many scratches and spots.
    pub(super) scratches: f32,
}

impl SurfaceTexture {
    /// No texture.
    pub(super) fn none() -> Self {
        Self { grain: 0.0, weave: 0.0, strokes: 0.0, cracks: 0.0, paper: 0.0, scratches: 0.0 }
    }

    /// Whether there is no texture.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::none()
    }

    /// Draws the texture: what is added to 1 and multiplied onto the picture.
    pub(super) fn draw(&self, random: &mut Random, plane: &mut Vec<f32>) {
        if self.is_none() {
            return;
        }
        plane.clear();
        plane.resize(AREA, 0.0);
        if self.paper > 0.0 {
            add_clouds(plane, random, [6, 6], 5, 0.8);
            for value in plane.iter_mut() {
                *value *= 0.5 * self.paper;
            }
        }
        if self.strokes > 0.0 {
            strokes(plane, random, self.strokes);
        }
        if self.weave > 0.0 {
            weave(plane, random, self.weave);
        }
        if self.grain > 0.0 {
            grain(plane, random, self.grain);
        }
        if self.cracks > 0.0 {
            cracks(plane, random, self.cracks);
        }
        for _ in 0..self.scratches as usize {
            scratch(plane, random);
        }
    }
}

/// Puts a texture onto a picture, at the places where its pixels lay in the first frame.
pub(super) fn apply(planes: &mut Planes, material: &[f32], places: Option<&[Vec2]>) {
    let mut put = |index: usize, texture: f32| {
        for plane in &mut planes.0 {
            // A little of it also shows in the dark.
            plane[index] += texture * (plane[index] + 0.04);
        }
    };
    match places {
        None => material.iter().enumerate().for_each(|(index, texture)| put(index, *texture)),
        Some(places) => places.iter().enumerate().for_each(|(index, at)| put(index, sampled(material, *at))),
    }
}

/// Noise that looks normal: four uniform parts of one random number.
fn grain(plane: &mut [f32], random: &mut Random, strength: f32) {
    for value in plane {
        let bits = random.bits();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        *value += strength * (sum as f32 / 65_535.0 - 2.0) * 1.7;
    }
}

/// Threads over and under each other.
fn weave(plane: &mut [f32], random: &mut Random, strength: f32) {
    let (pitch, skew) = (random.range(2.2, 4.5), random.range(-0.05, 0.05));
    let turn = std::f32::consts::TAU / pitch;
    let mut waver = vec![0.0; AREA];
    add_hills(&mut waver, random, [8, 8], 1.2);
    let waves: Vec<f32> = (0..1024).map(|i| (i as f32 * std::f32::consts::TAU / 1024.0).sin()).collect();
    let sine = |angle: f32| waves[(angle * (1024.0 / std::f32::consts::TAU)) as i32 as usize & 1023];
    for (index, value) in plane.iter_mut().enumerate() {
        let (x, y) = ((index % PICTURE_PX) as f32, (index / PICTURE_PX) as f32);
        let sway = waver[index];
        *value += 0.5 * strength * (sine(turn * (x + skew * y + sway) + 100.0) + sine(turn * (y - skew * x + sway) + 100.0));
    }
}

/// Long noise in three directions, each in its own patches.
fn strokes(plane: &mut [f32], random: &mut Random, strength: f32) {
    let directions: [Vec2; 3] = std::array::from_fn(|_| Vec2::from_angle(random.range(0.0, std::f32::consts::PI)));
    let (length, width) = (random.range(8.0, 30.0), random.range(1.3, 3.0));
    let mut patches = vec![0.0; AREA];
    add_hills(&mut patches, random, [7, 7], 1.0);
    add_hills(&mut patches, random, [40, 40], 0.3);
    for (index, value) in plane.iter_mut().enumerate() {
        let at = Vec2::new((index % PICTURE_PX) as f32, (index / PICTURE_PX) as f32);
        let patch = ((patches[index] + 1.0) * 1.5).clamp(0.0, 2.0) as usize;
        let direction = directions[patch];
        *value += strength * value_noise(Vec3::new(at.dot(direction) / length, at.perp_dot(direction) / width, patch as f32 * 9.5));
    }
}

/// A net of dark lines between cells of a jittered grid.
fn cracks(plane: &mut [f32], random: &mut Random, strength: f32) {
    let pitch = random.range(9.0, 34.0);
    let side = (PICTURE_PX as f32 / pitch) as usize + 3;
    let seeds: Vec<Vec2> = (0..side * side)
        .map(|i| (Vec2::new((i % side) as f32, (i / side) as f32) - 1.0 + Vec2::new(random.unit(), random.unit())) * pitch)
        .collect();
    let mut bend = vec![0.0; AREA];
    add_hills(&mut bend, random, [24, 24], 2.5);
    let width = random.range(0.5, 1.1);
    for (index, value) in plane.iter_mut().enumerate() {
        let at = Vec2::new((index % PICTURE_PX) as f32 + bend[index], (index / PICTURE_PX) as f32 - bend[index]);
        let cell = (at.max(Vec2::ZERO) / pitch).as_uvec2() + 1;
        let (mut first, mut second) = (f32::INFINITY, f32::INFINITY);
        for row in cell.y as usize - 1..=(cell.y as usize + 1).min(side - 1) {
            for seed in &seeds[row * side + cell.x as usize - 1..=row * side + (cell.x as usize + 1).min(side - 1)] {
                let distance = seed.distance_squared(at);
                second = second.min(distance.max(first));
                first = first.min(distance);
            }
        }
        let gap = second.sqrt() - first.sqrt();
        *value -= strength * (1.0 - gap / (2.0 * width)).max(0.0);
    }
}

/// One scratch or one spot, light or dark.
fn scratch(plane: &mut [f32], random: &mut Random) {
    let strength = random.range(0.1, 0.5) * if random.chance(0.6) { 1.0 } else { -1.0 };
    let side = PICTURE_PX as f32;
    let start = Vec2::new(random.range(0.0, side), random.range(0.0, side));
    let steps = if random.chance(0.5) { random.range(20.0, 200.0) as usize } else { 2 };
    let step = Vec2::from_angle(random.normal(std::f32::consts::FRAC_PI_2, 0.3));
    for i in 0..steps {
        let at = start + step * i as f32;
        if (0.0..side).contains(&at.x) && (0.0..side).contains(&at.y) {
            plane[at.y as usize * PICTURE_PX + at.x as usize] += strength;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(material: &SurfaceTexture) -> Vec<f32> {
        let mut plane = Vec::new();
        material.draw(&mut Random::new(4, 4), &mut plane);
        plane
    }

    #[test]
    fn each_texture_varies_about_as_strongly_as_asked_and_is_even_on_the_whole() {
        let bare = SurfaceTexture::none();
        let textures = [
            SurfaceTexture { grain: 0.1, ..bare.clone() },
            SurfaceTexture { weave: 0.1, ..bare.clone() },
            SurfaceTexture { strokes: 0.1, ..bare.clone() },
            SurfaceTexture { paper: 0.1, ..bare.clone() },
        ];
        for texture in textures {
            let plane = drawn(&texture);
            let mean = plane.iter().sum::<f32>() / AREA as f32;
            let spread = (plane.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / AREA as f32).sqrt();
            assert!(mean.abs() < 0.03, "{texture:?} has mean {mean}");
            assert!((0.01..0.15).contains(&spread), "{texture:?} has spread {spread}");
        }
    }

    #[test]
    fn cracks_are_thin_dark_lines() {
        let plane = drawn(&SurfaceTexture { cracks: 0.3, ..SurfaceTexture::none() });
        let dark = plane.iter().filter(|v| **v < -0.1).count() as f32 / AREA as f32;
        assert!((0.01..0.35).contains(&dark), "share of cracked pixels {dark}");
        assert!(plane.iter().all(|v| (-0.3001..=0.0).contains(v)), "cracks only darken");
    }
}
