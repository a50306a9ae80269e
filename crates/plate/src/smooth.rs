//! What is unknown from what is known around it, smoothly: colours are gathered upwards with their weights and spread downwards (push and pull, Gortler et al.
//! 1996), and smoothed on every level.

use crate::grid::{CellGrid, Mixed};

/// Passes of smoothing on every level.
const PASSES: usize = 4;

/// A value with how well it is known, 0 to 1.
#[derive(Clone, Copy, Debug)]
struct Weighted<T> {
    value: T,
    weight: f32,
}

/// The plane with its unknown parts filled; `weight` says how well a cell is known, 0 to 1. Where nothing is known anywhere, all is zero.
pub(crate) fn spread<T: Mixed>(values: &CellGrid<T>, weight: &CellGrid<f32>) -> CellGrid<T> {
    let first = CellGrid::from_fn(values.size(), |x, y| {
        let n = y * values.width + x;
        Weighted { value: values.cells[n], weight: weight.cells[n] }
    });
    let mut levels = vec![first];
    while let Some(last) = levels.last().filter(|last| last.width.max(last.height) > 1) {
        levels.push(gathered(last));
    }
    let mut filled: Option<CellGrid<T>> = None;
    for level in levels.iter().rev() {
        let behind = match filled {
            Some(coarse) => coarse.doubled(level.size()),
            None => level.map(|_| T::zero()),
        };
        let mixed = |n: usize, around: T| {
            let Weighted { value, weight } = level.cells[n];
            T::zero().plus(value, weight).plus(around, 1.0 - weight)
        };
        let mut plane = CellGrid::from_fn(level.size(), |x, y| mixed(y * level.width + x, behind.cells[y * level.width + x]));
        for _ in 0..PASSES {
            plane = CellGrid::from_fn(level.size(), |x, y| {
                let (column, row) = (x.cast_signed(), y.cast_signed());
                let sides = [(-1, 0), (1, 0), (0, -1), (0, 1)];
                let mean = sides.into_iter().fold(T::zero(), |sum, (i, j)| sum.plus(plane.near(column + i, row + j), 0.25));
                mixed(y * level.width + x, mean)
            });
        }
        filled = Some(plane);
    }
    filled.unwrap_or_else(|| values.clone())
}

fn gathered<T: Mixed>(fine: &CellGrid<Weighted<T>>) -> CellGrid<Weighted<T>> {
    CellGrid::from_fn([fine.width.div_ceil(2), fine.height.div_ceil(2)], |x, y| {
        let (mut sum, mut mass) = (T::zero(), 0.0);
        for (i, j) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
            let Weighted { value, weight } = fine.near((2 * x + i).cast_signed(), (2 * y + j).cast_signed());
            sum = sum.plus(value, weight);
            mass += weight;
        }
        let value = if mass > 1e-6 { T::zero().plus(sum, 1.0 / mass) } else { T::zero() };
        Weighted { value, weight: mass.min(1.0) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ramp_goes_on_through_a_hole_and_what_is_known_stays() {
        let ramp = CellGrid::from_fn([50, 40], |x, y| (x + y) as f32);
        let known = CellGrid::from_fn([50, 40], |x, y| f32::from(u8::from(x.abs_diff(24) > 9 || y.abs_diff(20) > 8)));
        let holed =
            CellGrid::from_fn([50, 40], |x, y| if known.near(x.cast_signed(), y.cast_signed()) > 0.0 { (x + y) as f32 } else { 1e6 });
        let filled = spread(&holed, &known);
        for (n, value) in filled.cells.iter().enumerate() {
            let limit = if known.cells[n] > 0.0 { 1e-3 } else { 5.0 };
            assert!((value - ramp.cells[n]).abs() < limit, "at {}, {}: {value}", n % 50, n / 50);
        }
        assert!(spread(&holed, &known.map(|_| 0.0)).cells.iter().all(|v| *v == 0.0), "nothing is known");
    }
}
