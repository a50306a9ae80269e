//! Small meshes and curves that people's clothes, hair and things are made of.

use std::f32::consts::{PI, TAU};

use glam::{Vec2, Vec3};

pub(super) use crate::math::smoothstep;
use crate::random::Random;

/// Positions and triangles, counter-clockwise seen from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Mesh {
    pub(super) positions: Vec<Vec3>,
    pub(super) triangles: Vec<[u32; 3]>,
}

impl Mesh {
    /// A grid of `columns` x `rows` vertices; `at` gets the fractions along both, 0..=1 (columns 0..1 when `closed`: the last is joined to the first).
    /// Outside is where columns run to the right and rows down.
    pub(super) fn grid(columns: usize, rows: usize, closed: bool, at: impl Fn(f32, f32) -> Vec3) -> Self {
        let last = if closed { columns } else { columns - 1 };
        let positions =
            (0..rows * columns).map(|i| at((i % columns) as f32 / last as f32, (i / columns) as f32 / (rows - 1) as f32)).collect();
        let mut triangles = Vec::with_capacity(2 * (rows - 1) * last);
        for row in 0..rows - 1 {
            for column in 0..last {
                let a = (row * columns + column) as u32;
                let b = (row * columns + (column + 1) % columns) as u32;
                let (c, d) = (a + columns as u32, b + columns as u32);
                triangles.push([a, c, b]);
                triangles.push([b, c, d]);
            }
        }
        Self { positions, triangles }
    }

    /// An ellipsoid of 14 x 9 vertices.
    pub(super) fn ellipsoid(centre: Vec3, radii: Vec3) -> Self {
        Self::grid(14, 9, true, |u, v| centre + radii * direction(u * TAU, PI * (0.5 - v)))
    }

    /// A tube of six sides round a path.
    pub(super) fn tube(path: &[Vec3], radius: f32, closed: bool) -> Self {
        const SIDES: usize = 6;
        let n = path.len();
        let step = |i: usize| {
            let (after, before) = if closed { ((i + 1) % n, (i + n - 1) % n) } else { ((i + 1).min(n - 1), i.saturating_sub(1)) };
            (path[after] - path[before]).normalize_or(Vec3::X)
        };
        let mut mesh = Self::default();
        for (i, at) in path.iter().enumerate() {
            let along = step(i);
            let side = if along.cross(Vec3::Z).length() > 0.1 { along.cross(Vec3::Z) } else { along.cross(Vec3::Y) }.normalize_or(Vec3::Y);
            let up = along.cross(side);
            mesh.positions.extend((0..SIDES).map(|k| {
                let (sin, cos) = (TAU * k as f32 / SIDES as f32).sin_cos();
                *at + radius * (side * cos + up * sin)
            }));
        }
        for i in 0..if closed { n } else { n - 1 } {
            for k in 0..SIDES {
                let [a, b] = [k, (k + 1) % SIDES].map(|k| (i * SIDES + k) as u32);
                let [c, d] = [k, (k + 1) % SIDES].map(|k| ((i + 1) % n * SIDES + k) as u32);
                mesh.triangles.extend([[a, b, c], [b, d, c]]);
            }
        }
        mesh
    }

    /// The same mesh with every vertex moved.
    pub(super) fn map(mut self, f: impl Fn(Vec3) -> Vec3) -> Self {
        for p in &mut self.positions {
            *p = f(*p);
        }
        self
    }
}

/// Unit vector of an azimuth (0 is to the viewer, positive to the right) and an elevation, both in radians.
pub(super) fn direction(azimuth: f32, elevation: f32) -> Vec3 {
    let (sin, cos) = azimuth.sin_cos();
    let (up, level) = elevation.sin_cos();
    Vec3::new(sin * level, up, cos * level)
}

/// Piecewise linear through points of ascending first number.
pub(super) fn interpolate(points: &[(f32, f32)], x: f32) -> f32 {
    let after = points.partition_point(|(px, _)| *px <= x).clamp(1, points.len() - 1);
    let ((xa, ya), (xb, yb)) = (points[after - 1], points[after]);
    ya + (yb - ya) * ((x - xa) / (xb - xa)).clamp(0.0, 1.0)
}

/// Distance from a point to a polyline.
pub(super) fn polyline_distance(line: &[Vec2], at: Vec2) -> f32 {
    let segment = |a: Vec2, b: Vec2| {
        let ab = b - a;
        let t = ((at - a).dot(ab) / ab.length_squared().max(1e-9)).clamp(0.0, 1.0);
        at.distance_squared(a + ab * t)
    };
    line.windows(2).map(|w| segment(w[0], w[1])).fold(f32::MAX, f32::min).sqrt()
}

/// Whether a point is inside a polygon.
pub(super) fn is_inside(polygon: &[Vec2], at: Vec2) -> bool {
    let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
    let crosses = |(a, b): &(&Vec2, &Vec2)| (a.y > at.y) != (b.y > at.y) && at.x < (b.x - a.x) * (at.y - a.y) / (b.y - a.y) + a.x;
    edges.filter(crosses).count() % 2 == 1
}

/// A random colour, its saturation scaled by `saturation`.
pub(super) fn random_colour(random: &mut Random, saturation: f32) -> Vec3 {
    let c = Vec3::new(random.unit(), random.unit(), random.unit());
    let mean = Vec3::splat(c.element_sum() / 3.0);
    (mean + (c - mean) * saturation).clamp(Vec3::ZERO, Vec3::ONE)
}

/// Perceived brightness of a colour.
pub(super) fn brightness(colour: Vec3) -> f32 {
    colour.dot(Vec3::new(0.3, 0.59, 0.11))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ellipsoids_and_tubes_face_outwards() {
        let ball = Mesh::ellipsoid(Vec3::new(1.0, 2.0, 3.0), Vec3::new(1.0, 2.0, 1.5));
        for t in &ball.triangles {
            let [a, b, c] = t.map(|i| ball.positions[i as usize]);
            let normal = (b - a).cross(c - a);
            assert!(normal.dot((a + b + c) / 3.0 - Vec3::new(1.0, 2.0, 3.0)) >= -1e-5, "triangle {t:?} faces inwards");
        }
    }

    #[test]
    fn curves_behave() {
        let square = [Vec2::ZERO, Vec2::X, Vec2::ONE, Vec2::Y];
        assert!(is_inside(&square, Vec2::splat(0.5)) && !is_inside(&square, Vec2::new(1.5, 0.5)), "inside and outside");
        assert!((polyline_distance(&square[..2], Vec2::new(0.5, 2.0)) - 2.0).abs() < 1e-6, "distance to a segment");
        assert!((interpolate(&[(0.0, 1.0), (2.0, 3.0)], 1.0) - 2.0).abs() < 1e-6, "half way");
        assert!((interpolate(&[(0.0, 1.0), (2.0, 3.0)], 9.0) - 3.0).abs() < 1e-6, "constant outside");
        assert!(smoothstep(2.0, 1.0, 0.0) > 0.99 && smoothstep(2.0, 1.0, 3.0) < 0.01, "falling step");
    }
}
