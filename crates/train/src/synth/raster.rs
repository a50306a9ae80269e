//! Which triangle is seen where: a buffer of 512x512 samples, four to a pixel, nearest surface first.

use glam::{Vec2, Vec3, Vec4};

use super::surface::{Camera, PersonSurface};
use crate::data::{PICTURE_PX, Part};

/// Samples along each side of a picture; sample `i` lies at pixel index `i / 2 - 0.25`.
pub(super) const SAMPLES: usize = 2 * PICTURE_PX;

/// No triangle: the background.
pub(super) const NONE: u32 = u32::MAX;

/// Nearer than this to the camera nothing is drawn, in cm.
const NEAREST_CM: f32 = 1.0;

/// How far a triangle reaches over its edges, as a share of itself, so that rounding leaves no cracks between neighbours.
const OVERLAP: f32 = 1e-5;

/// Samples of a row that are tested together.
const LANES: usize = 4;

/// Places of the samples within a block.
const LANE: Vec4 = Vec4::new(0.0, 1.0, 2.0, 3.0);

/// A square of samples that keeps the nearest triangle at each.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    side: usize,
    /// Nearness in blocks of four, while triangles are drawn.
    near_blocks: Vec<Vec4>,
    /// Index of the triangle in blocks of four, -1 for none; whole numbers up to 2^24 are exact.
    index_blocks: Vec<Vec4>,
    /// Nearness of what is seen at each sample, larger is nearer; 0 where nothing is.
    pub(super) nearness: Vec<f32>,
    /// Triangle seen at each sample, or [`NONE`].
    pub(super) triangle: Vec<u32>,
}

impl Buffer {
    /// An empty buffer of `side` squared samples, a multiple of four.
    pub(super) fn new(side: usize) -> Self {
        let blocks = side * side / LANES;
        Self {
            side,
            near_blocks: vec![Vec4::ZERO; blocks],
            index_blocks: vec![Vec4::NEG_ONE; blocks],
            nearness: vec![0.0; side * side],
            triangle: vec![NONE; side * side],
        }
    }

    /// Forgets all triangles.
    pub(super) fn clear(&mut self) {
        self.near_blocks.fill(Vec4::ZERO);
        self.index_blocks.fill(Vec4::NEG_ONE);
    }

    /// Writes down what is seen, after the last triangle.
    pub(super) fn finish(&mut self) {
        for (flat, block) in self.nearness.chunks_exact_mut(LANES).zip(&self.near_blocks) {
            flat.copy_from_slice(&block.to_array());
        }
        for (flat, block) in self.triangle.chunks_exact_mut(LANES).zip(&self.index_blocks) {
            // -1 becomes NONE.
            flat.copy_from_slice(&block.to_array().map(|index| index as i32 as u32));
        }
    }

    /// Draws one triangle; corners are x and y in samples and a nearness that is linear over the picture and above 0.
    #[inline]
    pub(super) fn draw(&mut self, [a, b, c]: [Vec3; 3], area: f32, index: u32) {
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        let last = (self.side - 1) as f32;
        if high.x < 0.0 || high.y < 0.0 || low.x > last || low.y > last || low.z <= 0.0 {
            return;
        }
        let (left, top) = ((low.x.max(0.0) + 0.999) as usize, (low.y.max(0.0) + 0.999) as usize);
        let (right, bottom) = (high.x.min(last) as usize, high.y.min(last) as usize);
        if left > right || top > bottom {
            return;
        }
        // The weights of the corners b and c are linear over the picture.
        let share = 1.0 / area;
        let (step_b, step_c) = (Vec2::new(c.y - a.y, a.x - c.x) * share, Vec2::new(a.y - b.y, b.x - a.x) * share);
        let (rise_b, rise_c) = (b.z - a.z, c.z - a.z);
        let (first, last) = (left / LANES, right / LANES);
        let lanes = LANE + ((first * LANES) as f32 - a.x);
        let (across_b, across_c) = (lanes * step_b.x, lanes * step_c.x);
        let (next_b, next_c) = (Vec4::splat(LANES as f32 * step_b.x), Vec4::splat(LANES as f32 * step_c.x));
        let index = Vec4::splat(index as f32);
        for y in top..=bottom {
            let down = y as f32 - a.y;
            let (mut b_share, mut c_share) = (across_b + step_b.y * down, across_c + step_c.y * down);
            let row = y * (self.side / LANES);
            let seen = self.near_blocks[row + first..=row + last].iter_mut().zip(&mut self.index_blocks[row + first..=row + last]);
            for (nearest, triangle) in seen {
                let near = b_share * rise_b + c_share * rise_c + a.z;
                // No branches: most triangles are a few samples wide, and a guess would fail as often as not.
                let inside = b_share.min(c_share).min(1.0 - b_share - c_share).cmpge(Vec4::splat(-OVERLAP));
                let is_nearer = inside & near.cmpgt(*nearest);
                *nearest = Vec4::select(is_nearer, near, *nearest);
                *triangle = Vec4::select(is_nearer, index, *triangle);
                b_share += next_b;
                c_share += next_c;
            }
        }
    }
}

/// Twice the signed area of a triangle in the picture: below 0 when it is seen from its front, since y points down there.
#[inline]
pub(super) fn signed_area([a, b, c]: [Vec3; 3]) -> f32 {
    (b - a).truncate().perp_dot((c - a).truncate())
}

/// What is seen in one frame, before any colour.
#[derive(Clone, Debug)]
pub(super) struct Coverage {
    /// The frame's camera.
    pub(super) camera: Camera,
    /// World positions of all vertices.
    pub(super) positions: Vec<Vec3>,
    /// Every vertex in the picture: x and y in samples, 1 / depth; the last is 0 for what is behind or at the camera.
    pub(super) screen: Vec<Vec3>,
    /// Part of every triangle.
    pub(super) parts: Vec<Part>,
    /// Nearness here is 1 / depth in cm.
    pub(super) buffer: Buffer,
}

impl Coverage {
    /// Nothing seen yet.
    pub(super) fn new() -> Self {
        let camera = Camera { focal_px: 1.0, distance_cm: 1.0, centre_px: Vec2::ZERO };
        Self { camera, positions: Vec::new(), screen: Vec::new(), parts: Vec::new(), buffer: Buffer::new(SAMPLES) }
    }

    /// Finds what is seen. Triangles seen from behind are left out unless their part is thin.
    pub(super) fn draw(&mut self, surface: &PersonSurface, positions: &[Vec3], camera: &Camera) {
        self.camera = *camera;
        self.positions.clear();
        self.positions.extend_from_slice(positions);
        self.screen.clear();
        self.screen.extend(positions.iter().map(|&at| on_screen(camera, at)));
        self.parts.clear();
        self.parts.extend(surface.triangles.iter().map(|t| surface.vertices[t[0] as usize].part));
        self.buffer.clear();
        for (index, (triangle, part)) in surface.triangles.iter().zip(&self.parts).enumerate() {
            let corners = triangle.map(|v| self.screen[v as usize]);
            let area = signed_area(corners);
            if area < -1e-7 || (area > 1e-7 && part.is_double_sided()) {
                self.buffer.draw(corners, area, index as u32);
            }
        }
        self.buffer.finish();
    }

    /// Shares of a triangle's corners in the surface point seen at a place of the picture (in samples), right under perspective.
    /// A place outside the triangle gets the nearest point of it, roughly.
    #[inline]
    pub(super) fn shares(&self, triangle: [u32; 3], at: Vec2) -> [f32; 3] {
        let [a, b, c] = triangle.map(|v| self.screen[v as usize]);
        let [to_a, to_b, to_c] = [a, b, c].map(|corner| corner.truncate() - at);
        let [wa, wb, wc] = [to_b.perp_dot(to_c) * a.z, to_c.perp_dot(to_a) * b.z, to_a.perp_dot(to_b) * c.z];
        let side = if wa + wb + wc < 0.0 { -1.0 } else { 1.0 };
        let weights = Vec3::new(wa, wb, wc) * side;
        let weights = weights.max(Vec3::ZERO);
        (weights / weights.element_sum().max(1e-20)).to_array()
    }

    /// Depth from the camera of what is seen at a sample, in cm; infinite for the background.
    #[inline]
    pub(super) fn depth_cm(&self, sample: usize) -> f32 {
        1.0 / self.buffer.nearness[sample]
    }
}

/// A world point in samples, with 1 / depth.
pub(super) fn on_screen(camera: &Camera, at: Vec3) -> Vec3 {
    let depth = camera.depth_cm(at);
    if depth < NEAREST_CM {
        return Vec3::ZERO;
    }
    (camera.project(at) * 2.0 + 0.5).extend(1.0 / depth)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::surface::Vertex;
    use super::*;

    /// An ellipsoid of face over a plane of clothes, for the tests of everything that draws.
    pub(in super::super) fn ellipsoid(radii: Vec3) -> (PersonSurface, Vec<Vec3>) {
        let (across, down) = (48_u32, 24_u32);
        let mut surface = PersonSurface::default();
        let mut positions = Vec::new();
        for i in 0..=down {
            for j in 0..across {
                let (polar, turn) = (std::f32::consts::PI * i as f32 / down as f32, std::f32::consts::TAU * j as f32 / across as f32);
                let unit = Vec3::new(polar.sin() * turn.sin(), polar.cos(), polar.sin() * turn.cos());
                positions.push(unit * radii);
                surface.vertices.push(Vertex {
                    part: Part::Face,
                    albedo: Vec3::new(0.8, 0.6, 0.5),
                    specular: 0.1,
                    texture_at: unit * 8.0,
                    texture_gain: 0.2,
                });
            }
        }
        for i in 0..down {
            for j in 0..across {
                let [a, b] = [j, (j + 1) % across].map(|column| i * across + column);
                surface.triangles.push([a, a + across, b]);
                surface.triangles.push([b, a + across, b + across]);
            }
        }
        (surface, positions)
    }

    pub(in super::super) fn camera() -> Camera {
        Camera { focal_px: 600.0, distance_cm: 75.0, centre_px: Vec2::new(120.0, 130.0) }
    }

    #[test]
    fn an_ellipsoid_covers_its_outline_and_nothing_else() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let mut coverage = Coverage::new();
        coverage.draw(&surface, &positions, &camera());
        let covered = |x: f32, y: f32| coverage.buffer.triangle[(2.0 * y + 0.5) as usize * SAMPLES + (2.0 * x + 0.5) as usize] != NONE;
        assert!(covered(120.0, 130.0), "the middle");
        assert!(covered(120.0 + 56.0, 130.0) && covered(120.0, 130.0 - 80.0), "inside near the outline");
        assert!(!covered(120.0 + 66.0, 130.0) && !covered(120.0, 130.0 - 96.0), "outside");
        let holes = (0..SAMPLES * SAMPLES).filter(|i| {
            let at = Vec2::new((i % SAMPLES) as f32, (i / SAMPLES) as f32) * 0.5 - 0.25 - Vec2::new(120.0, 130.0);
            (at / Vec2::new(55.0, 78.0)).length() < 1.0 && coverage.buffer.triangle[*i] == NONE
        });
        assert_eq!(holes.count(), 0, "no cracks between triangles");
    }

    #[test]
    fn the_nearest_point_is_seen_at_its_depth_and_place() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let mut coverage = Coverage::new();
        coverage.draw(&surface, &positions, &camera());
        let sample = 260 * SAMPLES + 240;
        let depth = coverage.depth_cm(sample);
        assert!((depth - (80.0 - 9.0)).abs() < 0.2, "front of the ellipsoid at {depth} cm");
        let triangle = surface.triangles[coverage.buffer.triangle[sample] as usize];
        let shares = coverage.shares(triangle, Vec2::new(240.0, 260.0));
        let point: Vec3 = shares.iter().zip(triangle).map(|(s, v)| *s * positions[v as usize]).sum();
        let back = on_screen(&camera(), point);
        assert!(back.truncate().distance(Vec2::new(240.0, 260.0)) < 1e-2, "the point projects back to its sample: {back}");
        assert!((1.0 / back.z - depth).abs() < 1e-3, "and to its depth");
    }

    #[test]
    fn thin_parts_are_seen_from_behind_and_solid_ones_are_not() {
        let corner = |part| Vertex { part, albedo: Vec3::ONE, specular: 0.0, texture_at: Vec3::ZERO, texture_gain: 0.0 };
        let positions = [Vec3::new(-5.0, -5.0, 0.0), Vec3::new(5.0, -5.0, 0.0), Vec3::new(0.0, 5.0, 0.0)];
        let seen = |part, triangle| {
            let surface = PersonSurface { vertices: vec![corner(part); 3], triangles: vec![triangle] };
            let mut coverage = Coverage::new();
            coverage.draw(&surface, &positions, &camera());
            coverage.buffer.triangle.contains(&0)
        };
        assert!(seen(Part::Face, [0, 1, 2]), "counter-clockwise is the front");
        assert!(!seen(Part::Face, [0, 2, 1]), "the back of a solid is hidden");
        assert!(seen(Part::Hair, [0, 2, 1]), "hair is seen from both sides");
    }
}
