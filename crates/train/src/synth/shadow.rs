//! Shadows: what the key light does not reach, and the dimness of hollows and of what lies close behind something.

use glam::{Vec2, Vec3};

use super::flow::cell_sample;
use super::planes::box_filter;
use super::raster::{Buffer, Coverage, signed_area};
use super::surface::PersonSurface;
use crate::data::{PLANE_CELLS, Part};

/// Samples along each side of the light's own picture.
const MAP_SIDE: usize = 256;

/// A point is lit when it lies less than this behind what the light sees, in cm: the map's coarseness against false shadows.
const BIAS_CM: f32 = 0.45;

/// Added to the distance along the light so that all nearness is above 0, in cm.
const BEHIND_CM: f32 = 300.0;

/// Radius of the neighbourhood that hollows are measured against, in cells of two pixels.
const HOLLOW_CELLS: usize = 7;

/// Depth behind the neighbourhood at which a hollow is darkest, in cm.
const HOLLOW_CM: f32 = 2.5;

/// What one light sees of a surface.
#[derive(Clone, Debug)]
pub(super) struct ShadowMap {
    buffer: Buffer,
    screen: Vec<Vec3>,
    axes: [Vec3; 3],
    corner: Vec2,
    samples_per_cm: f32,
}

impl ShadowMap {
    /// A map of nothing.
    pub(super) fn new() -> Self {
        Self {
            buffer: Buffer::new(MAP_SIDE),
            screen: Vec::new(),
            axes: [Vec3::X, Vec3::Y, Vec3::Z],
            corner: Vec2::ZERO,
            samples_per_cm: 1.0,
        }
    }

    /// Draws the surface as seen from a light in the given direction. Only what is round the head casts and takes shadows.
    pub(super) fn draw(&mut self, surface: &PersonSurface, coverage: &Coverage, direction: Vec3) {
        let right = Vec3::Y.cross(direction).try_normalize().unwrap_or(Vec3::X);
        self.axes = [right, right.cross(direction), direction];
        let flat = |at: Vec3| Vec2::new(at.dot(self.axes[0]), at.dot(self.axes[1]));
        let (mut low, mut high) = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        for (vertex, at) in surface.vertices.iter().zip(&coverage.positions) {
            if vertex.part != Part::Clothes {
                low = low.min(flat(*at));
                high = high.max(flat(*at));
            }
        }
        self.corner = low - 1.0;
        self.samples_per_cm = MAP_SIDE as f32 / (high - low + 2.0).max_element().clamp(1.0, 200.0);
        let mut screen = std::mem::take(&mut self.screen);
        screen.clear();
        screen.extend(coverage.positions.iter().map(|&at| self.place(at)));
        self.screen = screen;
        self.buffer.clear();
        for (triangle, part) in surface.triangles.iter().zip(&coverage.parts) {
            if matches!(part, Part::Eyeball | Part::Lash) {
                continue;
            }
            let corners = triangle.map(|v| self.screen[v as usize]);
            let area = signed_area(corners);
            if area < -1e-7 || (area > 1e-7 && part.is_double_sided()) {
                self.buffer.draw(corners, area, 0);
            }
        }
        self.buffer.finish();
    }

    /// A world point in samples of the map, with its nearness to the light.
    fn place(&self, at: Vec3) -> Vec3 {
        let [x, y, near] = self.axes.map(|axis| at.dot(axis));
        ((Vec2::new(x, y) - self.corner) * self.samples_per_cm).extend(near + BEHIND_CM)
    }

    /// How much of a world point lies in shadow, 0..=1, softened over one sample.
    pub(super) fn shade(&self, at: Vec3) -> f32 {
        let place = self.place(at);
        let inside = 0.0..(MAP_SIDE - 1) as f32;
        if !inside.contains(&place.x) || !inside.contains(&place.y) {
            return 0.0;
        }
        let (x, y) = (place.x as usize, place.y as usize);
        let (tx, ty) = (place.x - x as f32, place.y - y as f32);
        let hidden = |x: usize, y: usize| {
            let behind = self.buffer.nearness[y * MAP_SIDE + x] - place.z - BIAS_CM;
            (behind * 5.0).clamp(0.0, 1.0)
        };
        let above = hidden(x, y) * (1.0 - tx) + hidden(x + 1, y) * tx;
        let below = hidden(x, y + 1) * (1.0 - tx) + hidden(x + 1, y + 1) * tx;
        above * (1.0 - ty) + below * ty
    }
}

/// Mean depth of the surroundings of every cell, for the dimness of hollows.
#[derive(Clone, Debug)]
pub(super) struct Hollows {
    depth_cm: Vec<f32>,
    weight: Vec<f32>,
    scratch: Vec<f32>,
}

impl Hollows {
    /// Flat surroundings.
    pub(super) fn new() -> Self {
        let plane = || vec![0.0; PLANE_CELLS * PLANE_CELLS];
        Self { depth_cm: plane(), weight: plane(), scratch: plane() }
    }

    /// Measures a frame.
    pub(super) fn measure(&mut self, coverage: &Coverage) {
        for (cell, (depth, weight)) in self.depth_cm.iter_mut().zip(&mut self.weight).enumerate() {
            let near = coverage.buffer.nearness[cell_sample(cell)];
            (*depth, *weight) = if near > 0.0 { (1.0 / near, 1.0) } else { (0.0, 0.0) };
        }
        for _ in 0..2 {
            box_filter(&mut self.depth_cm, PLANE_CELLS, HOLLOW_CELLS, &mut self.scratch);
            box_filter(&mut self.weight, PLANE_CELLS, HOLLOW_CELLS, &mut self.scratch);
        }
        for (depth, weight) in self.depth_cm.iter_mut().zip(&self.weight) {
            // Far from the figure there is nothing to compare with.
            *depth = if *weight > 1e-3 { *depth / weight } else { f32::INFINITY };
        }
    }

    /// Dimness of a pixel at some depth, 0..=1.
    pub(super) fn dimness(&self, x: usize, y: usize, depth_cm: f32) -> f32 {
        // Cells are two pixels wide: the nearer quarter of the next cell smooths the steps.
        let (cell_x, cell_y) = (x / 2, y / 2);
        let next =
            |cell: usize, pixel: usize| if pixel.is_multiple_of(2) { cell.saturating_sub(1) } else { (cell + 1).min(PLANE_CELLS - 1) };
        let here = self.depth_cm[cell_y * PLANE_CELLS + cell_x];
        let (beside, over) = (self.depth_cm[cell_y * PLANE_CELLS + next(cell_x, x)], self.depth_cm[next(cell_y, y) * PLANE_CELLS + cell_x]);
        let mean = if beside.is_finite() && over.is_finite() { 0.5 * here + 0.25 * (beside + over) } else { here };
        ((depth_cm - mean) / HOLLOW_CM).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::raster::tests::{camera, ellipsoid};
    use super::*;

    #[test]
    fn what_lies_behind_an_ellipsoid_is_in_its_shadow() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let mut coverage = Coverage::new();
        coverage.draw(&surface, &positions, &camera());
        let mut map = ShadowMap::new();
        let light = Vec3::new(0.6, 0.5, 0.62).normalize();
        map.draw(&surface, &coverage, light);
        assert!(map.shade(-light * 15.0) > 0.99, "straight behind it");
        assert!(map.shade(light * 15.0) < 0.01, "before it");
        assert!(map.shade(Vec3::new(0.0, 11.0, 0.0)) < 0.01, "the lit top does not shade itself");
        assert!(map.shade(-light * 15.0 + Vec3::new(-30.0, 20.0, 10.0)) < 0.01, "far beside it");
    }

    #[test]
    fn hollows_are_dim_and_flat_places_are_not() {
        let (surface, positions) = ellipsoid(Vec3::new(14.0, 14.0, 2.0));
        let mut coverage = Coverage::new();
        coverage.draw(&surface, &positions, &camera());
        let mut hollows = Hollows::new();
        hollows.measure(&coverage);
        let depth = coverage.depth_cm(260 * 512 + 240);
        assert!(hollows.dimness(120, 130, depth) < 0.05, "the flat middle");
        assert!(hollows.dimness(120, 130, depth + 2.0) > 0.7, "two centimetres behind it");
    }
}
