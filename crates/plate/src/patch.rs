//! Patches of a picture that has a hole, and how alike two of them are.

use glam::Vec3;

use crate::grid::{CellGrid, Mixed};

// Tuned by eye on what was filled in behind the heads of eight portraits.

/// A patch reaches so many cells to each side of its middle.
pub(crate) const RADIUS: usize = 3;
/// Cells of a patch.
pub(crate) const AREA: f32 = ((2 * RADIUS + 1) * (2 * RADIUS + 1)) as f32;
/// How far a patch's colours may be shifted to fit, of 0 to 1: light and paint change over a plain wall.
const MOST_SHIFT: f32 = 0.05;
/// How much a shift counts against a patch, per square of it.
const SHIFT_COST: f32 = 0.5;

/// What patches are compared by: red, green, blue; strength of fine structure across and down; how much it is body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PatchFeatures(pub [f32; 8]);

/// Weights of what is no colour.
const TEXTURE_WEIGHT: f32 = 3.0;
const BODY_WEIGHT: f32 = 0.5;

impl PatchFeatures {
    /// Of colour, structure and body, 0 to 1.
    pub(crate) fn new(colour: Vec3, texture: [f32; 2], body: f32) -> Self {
        let [across, down] = texture.map(|v| TEXTURE_WEIGHT * v);
        Self([colour.x, colour.y, colour.z, across, down, BODY_WEIGHT * body, 0.0, 0.0])
    }

    pub(crate) fn colour(&self) -> Vec3 {
        Vec3::new(self.0[0], self.0[1], self.0[2])
    }

    /// How much it is body, 0 to 1.
    pub(crate) fn body(&self) -> f32 {
        self.0[5] / BODY_WEIGHT
    }
}

impl Mixed for PatchFeatures {
    fn plus(mut self, other: Self, weight: f32) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(sum, value)| *sum += weight * value);
        self
    }

    fn zero() -> Self {
        Self([0.0; 8])
    }
}

/// How a patch fits another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Likeness {
    /// Mean square of differences.
    pub cost: f32,
    /// What must be added to the source's colours.
    pub shift: Vec3,
}

impl Likeness {
    pub(crate) const NONE: Self = Self { cost: f32::INFINITY, shift: Vec3::ZERO };
}

/// How well the patch at `source` fits the one at `target`; both must lie inside.
pub(crate) fn likeness(looks: &CellGrid<PatchFeatures>, target: usize, source: usize) -> Likeness {
    let (mut sum, mut squares) = ([0.0_f32; 8], [0.0_f32; 8]);
    let reach = RADIUS * looks.width + RADIUS;
    let (mut a, mut b) = (target - reach, source - reach);
    for _ in 0..=2 * RADIUS {
        let rows = looks.cells[a..=a + 2 * RADIUS].iter().zip(&looks.cells[b..=b + 2 * RADIUS]);
        for (PatchFeatures(wanted), PatchFeatures(found)) in rows {
            for lane in 0..8 {
                let off = wanted[lane] - found[lane];
                sum[lane] += off;
                squares[lane] += off * off;
            }
        }
        a += looks.width;
        b += looks.width;
    }
    let mean = Vec3::new(sum[0], sum[1], sum[2]) / AREA;
    let shift = mean.clamp(Vec3::splat(-MOST_SHIFT), Vec3::splat(MOST_SHIFT));
    // The sum of (off - shift)² is that of off² without 2 shift off and with shift².
    let without: f32 = (shift * (2.0 * mean - shift)).element_sum();
    let cost = squares.iter().sum::<f32>() / AREA - without + SHIFT_COST * shift.length_squared();
    Likeness { cost: cost.max(0.0), shift }
}

/// How badly the patch at `source` fits the one at `target`, whose cells count as `known` says; stops where it is more than `most`.
pub(crate) fn partial_cost(looks: &CellGrid<PatchFeatures>, known: &[f32], target: usize, source: usize, most: f32) -> f32 {
    let reach = RADIUS * looks.width + RADIUS;
    let (mut a, mut b) = (target - reach, source - reach);
    let mut cost = 0.0;
    for _ in 0..=2 * RADIUS {
        let rows = looks.cells[a..=a + 2 * RADIUS].iter().zip(&looks.cells[b..=b + 2 * RADIUS]);
        for ((PatchFeatures(wanted), PatchFeatures(found)), weight) in rows.zip(&known[a..=a + 2 * RADIUS]) {
            cost += weight * wanted.iter().zip(found).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        }
        if cost > most {
            return cost;
        }
        a += looks.width;
        b += looks.width;
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_that_differ_by_a_little_light_are_alike_and_others_are_not() {
        let looks = CellGrid::from_fn([40, 9], |x, y| {
            let light = if x < 20 { 0.0 } else { 0.04 };
            let pattern = ((x % 20) * 7 + y * 3) % 5;
            PatchFeatures::new(Vec3::splat(0.3 + light + 0.1 * pattern as f32), [0.0; 2], f32::from(u8::from(x > 34)))
        });
        let at = |x: usize| 4 * 40 + x;
        let same = likeness(&looks, at(6), at(26));
        assert!(same.cost < 0.003 && (same.shift.x + 0.04).abs() < 1e-4, "{same:?}");
        assert!(likeness(&looks, at(6), at(8)).cost > 0.01, "another part of the pattern");
        assert!(likeness(&looks, at(14), at(36)).cost > likeness(&looks, at(14), at(34)).cost, "body is unlike background");
    }
}
