//! Planes of cells.

use glam::Vec2;
use rayon::prelude::*;

/// A plane of cells, row by row; neither side is 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CellGrid<T> {
    pub width: usize,
    pub height: usize,
    pub cells: Vec<T>,
}

/// What can be mixed.
pub(crate) trait Mixed: Copy + Send + Sync {
    /// `self + weight * other`.
    fn plus(self, other: Self, weight: f32) -> Self;
    /// Nothing.
    fn zero() -> Self;
}

impl Mixed for f32 {
    fn plus(self, other: Self, weight: f32) -> Self {
        self + weight * other
    }

    fn zero() -> Self {
        0.0
    }
}

impl Mixed for glam::Vec3 {
    fn plus(self, other: Self, weight: f32) -> Self {
        self + weight * other
    }

    fn zero() -> Self {
        Self::ZERO
    }
}

impl<T: Copy + Send + Sync> CellGrid<T> {
    /// Every cell by its column and row, over all cores.
    pub(crate) fn from_fn([width, height]: [usize; 2], cell: impl Fn(usize, usize) -> T + Sync + Send) -> Self {
        let cells = (0..width * height).into_par_iter().with_min_len(width.max(1)).map(|n| cell(n % width, n / width)).collect();
        Self { width, height, cells }
    }

    /// Width and height.
    pub(crate) fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// A cell, or beyond the edge the one nearest to it.
    pub(crate) fn near(&self, x: isize, y: isize) -> T {
        self.cells[self.near_index(x, y)]
    }

    /// Where it is.
    pub(crate) fn near_index(&self, x: isize, y: isize) -> usize {
        let within = |at: isize, size: usize| at.clamp(0, size.cast_signed() - 1) as usize;
        within(y, self.height) * self.width + within(x, self.width)
    }

    /// Another plane of the same size.
    pub(crate) fn map<U: Copy + Send + Sync>(&self, cell: impl Fn(T) -> U + Sync + Send) -> CellGrid<U> {
        let cells = self.cells.par_iter().with_min_len(1024).map(|value| cell(*value)).collect();
        CellGrid { width: self.width, height: self.height, cells }
    }
}

impl<T: Mixed> CellGrid<T> {
    /// Between cells, bilinear; beyond the edge it repeats. The middle of cell `i` lies at `i`.
    pub(crate) fn at(&self, place: Vec2) -> T {
        let place = place.clamp(Vec2::ZERO, Vec2::new((self.width - 1) as f32, (self.height - 1) as f32));
        let (x, y) = (place.x as usize, place.y as usize);
        let (u, v) = (place.x.fract(), place.y.fract());
        let (right, below) = ((x + 1).min(self.width - 1), (y + 1).min(self.height - 1));
        let row = |y: usize| T::zero().plus(self.cells[y * self.width + x], 1.0 - u).plus(self.cells[y * self.width + right], u);
        T::zero().plus(row(y), 1.0 - v).plus(row(below), v)
    }

    /// The same over squares of two cells; those at an odd edge count twice.
    pub(crate) fn halved(&self) -> Self {
        Self::from_fn([self.width.div_ceil(2), self.height.div_ceil(2)], |x, y| {
            let cell = |i: usize, j: usize| self.near((2 * x + i).cast_signed(), (2 * y + j).cast_signed());
            T::zero().plus(cell(0, 0), 0.25).plus(cell(1, 0), 0.25).plus(cell(0, 1), 0.25).plus(cell(1, 1), 0.25)
        })
    }

    /// A halved plane at the size it had.
    pub(crate) fn doubled(&self, size: [usize; 2]) -> Self {
        Self::from_fn(size, |x, y| self.at(Vec2::new(x as f32, y as f32) / 2.0 - 0.25))
    }

    /// The mean over squares that reach `radius` cells to each side, as far as they lie inside.
    pub(crate) fn box_mean(&self, radius: usize) -> Self {
        let lines = |plane: &Self| {
            let (width, height) = (plane.width, plane.height);
            // The result lies across, so that two passes bring it back.
            let mut across = Self { width: height, height: width, cells: vec![T::zero(); width * height] };
            let rows: Vec<Vec<T>> = plane.cells.par_chunks_exact(width).map(|row| running_mean(row, radius)).collect();
            across.cells.par_chunks_exact_mut(height).enumerate().for_each(|(x, line)| {
                for (cell, row) in line.iter_mut().zip(&rows) {
                    *cell = row[x];
                }
            });
            across
        };
        lines(&lines(self))
    }
}

fn running_mean<T: Mixed>(row: &[T], radius: usize) -> Vec<T> {
    let mut sum = row.iter().take(radius).fold(T::zero(), |sum, cell| sum.plus(*cell, 1.0));
    (0..row.len())
        .map(|x| {
            if let Some(entering) = row.get(x + radius) {
                sum = sum.plus(*entering, 1.0);
            }
            if let Some(leaving) = x.checked_sub(radius + 1) {
                sum = sum.plus(row[leaving], -1.0);
            }
            let count = (x + radius + 1).min(row.len()) - x.saturating_sub(radius);
            T::zero().plus(sum, 1.0 / count as f32)
        })
        .collect()
}

impl CellGrid<f32> {
    /// The largest value within `radius` cells to each side.
    pub(crate) fn widened(&self, radius: usize) -> Self {
        let reach = radius.cast_signed();
        let rows = Self::from_fn(self.size(), |x, y| {
            (-reach..=reach).map(|step| self.near(x.cast_signed() + step, y.cast_signed())).fold(f32::NEG_INFINITY, f32::max)
        });
        Self::from_fn(self.size(), |x, y| {
            (-reach..=reach).map(|step| rows.near(x.cast_signed(), y.cast_signed() + step)).fold(f32::NEG_INFINITY, f32::max)
        })
    }

    /// The smallest value within `radius` cells to each side.
    pub(crate) fn narrowed(&self, radius: usize) -> Self {
        self.map(|v| -v).widened(radius).map(|v| -v)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_squares_as_far_as_they_lie_inside() {
        let plane = CellGrid::from_fn([9, 6], |x, y| (x * x + 3 * y) as f32);
        let mean = plane.box_mean(2);
        for (n, value) in mean.cells.iter().enumerate() {
            let (x, y) = (n % 9, n / 9);
            let inside = |i: &usize| (i % 9).abs_diff(x) <= 2 && (i / 9).abs_diff(y) <= 2;
            let of: Vec<f32> = (0..54).filter(inside).map(|i| plane.cells[i]).collect();
            assert!((value - of.iter().sum::<f32>() / of.len() as f32).abs() < 1e-3, "at {x}, {y}: {value}");
        }
    }

    #[test]
    fn a_ramp_is_the_same_after_halving_and_doubling_and_extremes_spread() {
        let ramp = CellGrid::from_fn([16, 12], |x, y| (x + 2 * y) as f32);
        let back = ramp.halved().doubled(ramp.size());
        for (x, y) in [(3, 3), (8, 5), (12, 8)] {
            assert!((back.near(x, y) - ramp.near(x, y)).abs() < 1e-4, "at {x}, {y}");
        }
        let dot = CellGrid::from_fn([9, 9], |x, y| f32::from(u8::from((x, y) == (4, 5))));
        assert!((dot.widened(2).cells.iter().sum::<f32>() - 25.0).abs() < 1e-6, "a square of it");
        assert!(dot.widened(2).narrowed(2) == dot, "and back");
    }
}
