//! Colours what is seen: light at every vertex, fine texture and shadows at every pixel, four samples to a pixel at edges.

use glam::{Vec2, Vec3};

use super::backdrop::PaintedBackdrop;
use super::flow::cell_sample;
use super::noise::two_octaves;
use super::planes::{BRIGHTNESS, Planes};
use super::raster::{Coverage, NONE, SAMPLES};
use super::shadow::{Hollows, ShadowMap};
use super::surface::{Camera, Light, Lighting, PersonSurface, Vertex};
use crate::data::{PICTURE_PX, PLANE_CELLS};

/// How far light wraps round a surface: skin is never quite dark at the edge of the light.
const WRAP: f32 = 0.15;

/// Depths within one pixel that differ by less than this share are one surface.
const SAME_DEPTH: f32 = 0.02;

/// A vertex as it looks under the frame's light.
#[derive(Clone, Copy, Debug)]
struct Lit {
    colour: Vec3,
    /// Share of the key light in the colour.
    key: f32,
    texture_at: Vec3,
    texture_gain: f32,
}

/// One frame being drawn, and its result; made once and used again for every frame.
#[derive(Clone, Debug)]
pub(super) struct FrameBuffer {
    /// What is seen where.
    pub(super) coverage: Coverage,
    /// The picture, 0..1.
    pub(super) picture: Planes,
    /// Part at the centre of every cell.
    pub(super) labels: Vec<u8>,
    /// How dark hollows become, 0..=1.
    pub(super) hollow_strength: f32,
    /// How much of the key light its shadows take away, 0..=1; at 0 none are drawn.
    pub(super) shadow_strength: f32,
    normals: Vec<Vec3>,
    seen: Vec<bool>,
    lit: Vec<Lit>,
    shadow: ShadowMap,
    hollows: Hollows,
}

impl FrameBuffer {
    /// An empty canvas.
    pub(super) fn new() -> Self {
        Self {
            coverage: Coverage::new(),
            picture: Planes::new(),
            labels: vec![0; PLANE_CELLS * PLANE_CELLS],
            hollow_strength: 0.3,
            shadow_strength: 0.0,
            normals: Vec::new(),
            seen: Vec::new(),
            lit: Vec::new(),
            shadow: ShadowMap::new(),
            hollows: Hollows::new(),
        }
    }

    /// Draws a surface before a backdrop.
    pub(super) fn draw(
        &mut self,
        surface: &PersonSurface,
        positions: &[Vec3],
        lighting: &Lighting,
        camera: &Camera,
        backdrop: &PaintedBackdrop,
    ) {
        self.coverage.draw(surface, positions, camera);
        for (cell, label) in self.labels.iter_mut().enumerate() {
            let triangle = self.coverage.buffer.triangle[cell_sample(cell)];
            *label = if triangle == NONE { 0 } else { self.coverage.parts[triangle as usize] as u8 };
        }
        self.mark_seen(surface);
        self.find_normals(surface);
        let key = lighting.lights.iter().copied().max_by(|a, b| a.colour.dot(BRIGHTNESS).total_cmp(&b.colour.dot(BRIGHTNESS)));
        self.light(surface, lighting, key);
        self.hollows.measure(&self.coverage);
        if let Some(key) = key.filter(|_| self.shadow_strength > 0.0) {
            self.shadow.draw(surface, &self.coverage, key.direction);
        }
        self.fill(surface, backdrop);
    }

    /// The true matte: which share of every cell is head, [`PLANE_CELLS`] squared.
    pub(super) fn head_shares(&self) -> Vec<f32> {
        const STEP: usize = SAMPLES / PLANE_CELLS;
        let is_head = |sample: usize| {
            let triangle = self.coverage.buffer.triangle[sample];
            triangle != NONE && self.coverage.parts[triangle as usize].is_head()
        };
        let share = |cell: usize| {
            let corner = cell / PLANE_CELLS * STEP * SAMPLES + cell % PLANE_CELLS * STEP;
            let samples = (0..STEP * STEP).map(|i| corner + i / STEP * SAMPLES + i % STEP);
            samples.filter(|sample| is_head(*sample)).count() as f32 / (STEP * STEP) as f32
        };
        (0..PLANE_CELLS * PLANE_CELLS).map(share).collect()
    }

    /// Marks the vertices of all triangles that are seen.
    fn mark_seen(&mut self, surface: &PersonSurface) {
        self.seen.clear();
        self.seen.resize(surface.vertices.len(), false);
        let mut last = NONE;
        for &triangle in &self.coverage.buffer.triangle {
            if triangle != last && triangle != NONE {
                surface.triangles[triangle as usize].iter().for_each(|&v| self.seen[v as usize] = true);
            }
            last = triangle;
        }
    }

    /// Sums of the normals of every vertex's triangles, each as long as its triangle is large.
    fn find_normals(&mut self, surface: &PersonSurface) {
        self.normals.clear();
        self.normals.resize(surface.vertices.len(), Vec3::ZERO);
        let positions = &self.coverage.positions;
        for triangle in &surface.triangles {
            let [a, b, c] = triangle.map(|v| v as usize);
            if !(self.seen[a] || self.seen[b] || self.seen[c]) {
                continue;
            }
            let normal = (positions[b] - positions[a]).cross(positions[c] - positions[a]);
            self.normals[a] += normal;
            self.normals[b] += normal;
            self.normals[c] += normal;
        }
    }

    fn light(&mut self, surface: &PersonSurface, lighting: &Lighting, key: Option<Light>) {
        let eye = Vec3::new(0.0, 0.0, self.coverage.camera.distance_cm + 5.0);
        let others: Vec<Light> = lighting.lights.iter().copied().filter(|l| Some(*l) != key).collect();
        let key: Vec<Light> = key.into_iter().collect();
        self.lit.resize(surface.vertices.len(), Lit { colour: Vec3::ZERO, key: 0.0, texture_at: Vec3::ZERO, texture_gain: 0.0 });
        for (index, (lit, vertex)) in self.lit.iter_mut().zip(&surface.vertices).enumerate() {
            if !self.seen[index] {
                continue;
            }
            let mut normal = self.normals[index].normalize_or(Vec3::Z);
            if vertex.part.is_double_sided() && normal.dot(eye - self.coverage.positions[index]) < 0.0 {
                normal = -normal;
            }
            let from_key = reflected(vertex, normal, &key);
            let rest = vertex.albedo * lighting.ambient * (0.75 + 0.25 * normal.y) + reflected(vertex, normal, &others);
            let colour = from_key + rest;
            let share = from_key.dot(BRIGHTNESS) / colour.dot(BRIGHTNESS).max(1e-4);
            *lit = Lit { colour, key: share.clamp(0.0, 1.0), texture_at: vertex.texture_at, texture_gain: vertex.texture_gain };
        }
    }

    /// Colours every pixel.
    fn fill(&mut self, surface: &PersonSurface, backdrop: &PaintedBackdrop) {
        let mut picture = std::mem::replace(&mut self.picture, Planes(Default::default()));
        picture.copy_from(&backdrop.planes);
        for y in 0..PICTURE_PX {
            let (above, below) = self.coverage.buffer.triangle[2 * y * SAMPLES..(2 * y + 2) * SAMPLES].split_at(SAMPLES);
            for x in 0..PICTURE_PX {
                let triangles = [above[2 * x], above[2 * x + 1], below[2 * x], below[2 * x + 1]];
                if triangles == [NONE; 4] {
                    continue;
                }
                let colour = if self.is_one_surface(triangles, x, y) {
                    self.colour(surface, triangles[3], Vec2::new(2.0 * x as f32 + 0.5, 2.0 * y as f32 + 0.5))
                } else {
                    self.mixed(surface, triangles, [x, y], backdrop)
                };
                picture.set(y * PICTURE_PX + x, colour.clamp(Vec3::ZERO, Vec3::ONE));
            }
        }
        self.picture = picture;
    }

    /// Whether all four samples of a pixel show one part without a step in depth.
    fn is_one_surface(&self, triangles: [u32; 4], x: usize, y: usize) -> bool {
        if triangles[1..].iter().all(|&t| t == triangles[0]) {
            return true;
        }
        if triangles.contains(&NONE) {
            return false;
        }
        let part = self.coverage.parts[triangles[0] as usize];
        if triangles[1..].iter().any(|&t| self.coverage.parts[t as usize] != part) {
            return false;
        }
        let first = 2 * y * SAMPLES + 2 * x;
        let near = [first, first + 1, first + SAMPLES, first + SAMPLES + 1].map(|s| self.coverage.buffer.nearness[s]);
        let (low, high) = near.iter().fold((near[0], near[0]), |(l, h), n| (l.min(*n), h.max(*n)));
        high - low < SAME_DEPTH * high
    }

    /// Mean of the four samples of a pixel on an edge.
    fn mixed(&self, surface: &PersonSurface, triangles: [u32; 4], [x, y]: [usize; 2], backdrop: &PaintedBackdrop) -> Vec3 {
        let mut sum = Vec3::ZERO;
        for (sample, &triangle) in triangles.iter().enumerate() {
            let at = Vec2::new((2 * x + sample % 2) as f32, (2 * y + sample / 2) as f32);
            sum += if triangle == NONE { backdrop.planes.at(y * PICTURE_PX + x) } else { self.colour(surface, triangle, at) };
        }
        sum / 4.0
    }

    /// Colour of the point that a triangle shows at a place, in samples.
    fn colour(&self, surface: &PersonSurface, triangle: u32, at: Vec2) -> Vec3 {
        let corners = surface.triangles[triangle as usize];
        let shares = self.coverage.shares(corners, at);
        let [a, b, c] = corners.map(|v| &self.lit[v as usize]);
        let [sa, sb, sc] = shares;
        let mut colour = a.colour * sa + b.colour * sb + c.colour * sc;
        let gain = a.texture_gain * sa + b.texture_gain * sb + c.texture_gain * sc;
        if gain > 0.003 {
            colour *= 1.0 + gain * two_octaves(a.texture_at * sa + b.texture_at * sb + c.texture_at * sc);
        }
        let [pa, pb, pc] = corners.map(|v| self.coverage.positions[v as usize]);
        let point = pa * sa + pb * sb + pc * sc;
        if self.shadow_strength > 0.0 {
            let key = a.key * sa + b.key * sb + c.key * sc;
            colour *= 1.0 - self.shadow_strength * key * self.shadow.shade(point);
        }
        let (x, y) = ((at.x as usize / 2).min(PICTURE_PX - 1), (at.y as usize / 2).min(PICTURE_PX - 1));
        colour * (1.0 - self.hollow_strength * self.hollows.dimness(x, y, self.coverage.camera.depth_cm(point)))
    }
}

/// Light of some lamps that a vertex sends to the viewer: wrapped Lambert, and Blinn's highlight.
fn reflected(vertex: &Vertex, normal: Vec3, lights: &[Light]) -> Vec3 {
    let mut sum = Vec3::ZERO;
    for light in lights {
        let facing = ((normal.dot(light.direction) + WRAP) / (1.0 + WRAP)).max(0.0);
        let half = (light.direction + Vec3::Z).normalize_or(Vec3::Z);
        let gloss = normal.dot(half).max(0.0).powi(32) * vertex.specular;
        sum += light.colour * (vertex.albedo * facing + gloss);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::raster::tests::{camera, ellipsoid};
    use super::*;
    use crate::data::Part;

    fn drawn(lighting: &Lighting, backdrop: Vec3) -> FrameBuffer {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let mut behind = PaintedBackdrop::new();
        behind.planes.fill(backdrop);
        let mut canvas = FrameBuffer::new();
        canvas.draw(&surface, &positions, lighting, &camera(), &behind);
        canvas
    }

    fn lamp(direction: Vec3) -> Lighting {
        Lighting { lights: vec![Light { direction: direction.normalize(), colour: Vec3::splat(0.8) }], ambient: Vec3::splat(0.1) }
    }

    #[test]
    fn the_side_towards_the_light_is_brighter_and_the_backdrop_is_untouched() {
        let canvas = drawn(&lamp(Vec3::new(1.0, 0.0, 0.5)), Vec3::new(0.2, 0.4, 0.6));
        let at = |x: usize, y: usize| canvas.picture.at(y * PICTURE_PX + x);
        assert!(at(160, 130).x > 2.0 * at(80, 130).x, "lit from the right: {} against {}", at(160, 130), at(80, 130));
        assert_eq!(at(3, 3), Vec3::new(0.2, 0.4, 0.6), "backdrop");
        assert_eq!(canvas.labels[65 * PLANE_CELLS + 60], Part::Face as u8, "the middle is labelled");
        assert_eq!(canvas.labels[0], 0, "the corner is background");
    }

    #[test]
    fn edges_are_mixed_with_the_backdrop() {
        let canvas = drawn(&Lighting { lights: Vec::new(), ambient: Vec3::ZERO }, Vec3::ONE);
        let between = (0..PICTURE_PX * PICTURE_PX).filter(|&i| (0.1..0.9).contains(&canvas.picture.at(i).x)).count();
        assert!((100..700).contains(&between), "a rim one pixel wide is grey: {between} pixels");
    }

    #[test]
    fn shadows_only_darken() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let behind = PaintedBackdrop::new();
        let lighting = lamp(Vec3::new(1.0, 0.6, 0.4));
        let mut canvas = FrameBuffer::new();
        canvas.draw(&surface, &positions, &lighting, &camera(), &behind);
        let bright = canvas.picture.clone();
        canvas.shadow_strength = 0.8;
        canvas.draw(&surface, &positions, &lighting, &camera(), &behind);
        assert!((0..PICTURE_PX * PICTURE_PX).all(|i| canvas.picture.at(i).x <= bright.at(i).x + 1e-6), "no pixel gets brighter");
        let lit = 105 * PICTURE_PX + 150;
        assert!(canvas.picture.at(lit).x > 0.97 * bright.at(lit).x, "a convex lit side throws no shadow on itself");
    }
}
