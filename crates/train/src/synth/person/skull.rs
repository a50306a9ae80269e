//! How far the head and its hair reach in every direction, so that hats fit.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::hair::SKULL;
use super::shapes::direction;

const COLUMNS: usize = 48;
const ROWS: usize = 17;
/// Lowest elevation of the table; the rows go up to the top.
const LOWEST: f32 = -PI / 6.0;

/// A table of radii by azimuth and elevation about [`SKULL`].
#[derive(Debug)]
pub(super) struct Skull {
    radius: Vec<f32>,
}

impl Skull {
    /// Fits the table round all points that lie on the upper head.
    pub(super) fn fit(points: &[Vec3]) -> Self {
        // The mean skull, where no point says anything.
        let mean = |i: usize| {
            let d = direction((i % COLUMNS) as f32 / COLUMNS as f32 * TAU, Self::elevation(i / COLUMNS));
            1.0 / (d / Vec3::new(7.9, 10.0, 9.2)).length() - 1.0
        };
        let mut radius: Vec<f32> = (0..COLUMNS * ROWS).map(mean).collect();
        for p in points {
            let from = *p - SKULL;
            let length = from.length();
            let elevation = (from.y / length).asin();
            // Ears and face do not count.
            if elevation < LOWEST || p.y < 6.0 && (p.x.abs() > 8.3 || p.z > 6.0) {
                continue;
            }
            let column = (from.x.atan2(from.z) / TAU).rem_euclid(1.0) * COLUMNS as f32;
            let row = (elevation - LOWEST) / (PI / 2.0 - LOWEST) * (ROWS - 1) as f32;
            for r in [row.floor(), row.ceil()] {
                for c in [column.floor(), column.ceil()] {
                    let slot = &mut radius[(r as usize).min(ROWS - 1) * COLUMNS + c as usize % COLUMNS];
                    *slot = slot.max(length);
                }
            }
        }
        let top = radius[(ROWS - 2) * COLUMNS..].iter().copied().fold(0.0, f32::max);
        radius[(ROWS - 1) * COLUMNS..].fill(top);
        Self { radius }
    }

    fn elevation(row: usize) -> f32 {
        LOWEST + (PI / 2.0 - LOWEST) * row as f32 / (ROWS - 1) as f32
    }

    /// The place in a direction, `out` cm off the head.
    pub(super) fn at(&self, azimuth: f32, elevation: f32, out: f32) -> Vec3 {
        let column = (azimuth / TAU).rem_euclid(1.0) * COLUMNS as f32;
        let row = ((elevation - LOWEST) / (PI / 2.0 - LOWEST)).clamp(0.0, 1.0) * (ROWS - 1) as f32;
        let (c, r) = (column.floor(), row.floor().min((ROWS - 2) as f32));
        let get = |r: f32, c: f32| self.radius[r as usize * COLUMNS + c as usize % COLUMNS];
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        let (u, v) = (column - c, row - r);
        let radius = mix(mix(get(r, c), get(r, c + 1.0), u), mix(get(r + 1.0, c), get(r + 1.0, c + 1.0), u), v);
        SKULL + direction(azimuth, elevation) * (radius + out)
    }

    /// Height of the top of head and hair.
    pub(super) fn top(&self) -> f32 {
        SKULL.y + self.radius[(ROWS - 1) * COLUMNS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reaches_over_the_points_that_made_it() {
        let points: Vec<Vec3> = (0..400).map(|i| SKULL + direction(i as f32 * 0.7, 0.15 + 1.3 * (i as f32 / 400.0)) * 11.0).collect();
        let skull = Skull::fit(&points);
        for p in &points {
            let from = *p - SKULL;
            let at = skull.at(from.x.atan2(from.z), (from.y / from.length()).asin(), 0.0);
            assert!((at - SKULL).length() > 10.99, "a point at {p} sticks out");
        }
        assert!(skull.top() > 15.0, "the top is on the points: {}", skull.top());
    }
}
