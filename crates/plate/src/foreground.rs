//! The colours of what is in front and of what is behind, where a picture shows both mixed (as Germer et al. 2020): the smoothest ones that give the picture
//! again, found from the coarsest level down.

use glam::Vec3;

use crate::grid::CellGrid;

/// How much neighbours shall be alike: everywhere, and for each difference of their shares in addition.
const ALIKE: f32 = 1e-4;
const ALIKE_AT_EDGE: f32 = 1.0;
/// Passes on every level, and on those of fewer cells than `SMALL` along a side.
const PASSES: usize = 3;
const SMALL_PASSES: usize = 12;
const SMALL: usize = 32;

/// Colours in front and behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unmixed {
    pub front: Vec3,
    pub behind: Vec3,
}

impl crate::grid::Mixed for Unmixed {
    fn plus(self, other: Self, weight: f32) -> Self {
        Self { front: self.front + weight * other.front, behind: self.behind + weight * other.behind }
    }

    fn zero() -> Self {
        Self { front: Vec3::ZERO, behind: Vec3::ZERO }
    }
}

/// For every cell of a picture with those shares of what is in front.
pub(crate) fn unmixed(colours: &CellGrid<Vec3>, shares: &CellGrid<f32>) -> CellGrid<Unmixed> {
    let mut levels = vec![(colours.clone(), shares.clone())];
    while let Some((colours, shares)) = levels.last().filter(|(colours, _)| colours.width.max(colours.height) > 2) {
        levels.push((colours.halved(), shares.halved()));
    }
    let mut result: Option<CellGrid<Unmixed>> = None;
    for (colours, shares) in levels.iter().rev() {
        let mut level = match result {
            Some(coarse) => coarse.doubled(colours.size()),
            None => colours.map(|colour| Unmixed { front: colour, behind: colour }),
        };
        let passes = if colours.width.max(colours.height) < SMALL { SMALL_PASSES } else { PASSES };
        for _ in 0..passes {
            level = smoothed(&level, colours, shares);
        }
        result = Some(level);
    }
    result.unwrap_or_else(|| colours.map(|colour| Unmixed { front: colour, behind: colour }))
}

fn smoothed(level: &CellGrid<Unmixed>, colours: &CellGrid<Vec3>, shares: &CellGrid<f32>) -> CellGrid<Unmixed> {
    CellGrid::from_fn(colours.size(), |x, y| {
        let (column, row) = (x.cast_signed(), y.cast_signed());
        let share = shares.near(column, row);
        let (mut near, mut mass) = (Unmixed { front: Vec3::ZERO, behind: Vec3::ZERO }, 0.0);
        for (i, j) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
            let beside = level.near_index(column + i, row + j);
            let weight = ALIKE + ALIKE_AT_EDGE * (shares.cells[beside] - share).abs();
            near.front += weight * level.cells[beside].front;
            near.behind += weight * level.cells[beside].behind;
            mass += weight;
        }
        let near = Unmixed { front: near.front / mass, behind: near.behind / mass };
        fitted(near, colours.near(column, row), share, mass)
    })
}

/// The colours nearest to `near` that mix to `colour`, as far as `softness` lets them: the minimum of |share front + (1 - share) behind - colour|² +
/// softness (|front - near.front|² + |behind - near.behind|²), in 0 to 1.
pub(crate) fn fitted(near: Unmixed, colour: Vec3, share: f32, softness: f32) -> Unmixed {
    let rest = 1.0 - share;
    let off = (colour - share * near.front - rest * near.behind) / (share * share + rest * rest + softness);
    Unmixed {
        front: (near.front + share * off).clamp(Vec3::ZERO, Vec3::ONE),
        behind: (near.behind + rest * off).clamp(Vec3::ZERO, Vec3::ONE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_colours_are_found_again_in_a_soft_edge() {
        let (hair, sky) = (Vec3::new(0.3, 0.2, 0.1), Vec3::new(0.5, 0.7, 0.9));
        let shares = CellGrid::from_fn([64, 48], |x, y| ((40.0 - x as f32 + (y % 7) as f32) / 12.0).clamp(0.0, 1.0));
        let lit = |x: usize| 1.0 + 0.004 * x as f32;
        let colours = CellGrid::from_fn([64, 48], |x, y| (sky * lit(x)).lerp(hair * lit(x), shares.near(x.cast_signed(), y.cast_signed())));
        let found = unmixed(&colours, &shares);
        let (mut worst, mut mixed) = (0.0_f32, 0);
        for (n, share) in shares.cells.iter().enumerate() {
            let Unmixed { front, behind } = found.cells[n];
            let (front_off, behind_off) = (front.distance(hair * lit(n % 64)), behind.distance(sky * lit(n % 64)));
            if *share > 0.1 && *share < 0.9 {
                mixed += 1;
                worst = worst.max(front_off).max(behind_off);
            }
        }
        assert!(mixed > 300 && worst < 0.08, "off by {worst} in {mixed} cells");
    }
}
