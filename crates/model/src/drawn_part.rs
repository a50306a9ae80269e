//! Where mouths and eyes are drawn: the cells of a part of a picture.

use glam::Vec2;

/// A part of a picture, in cells of which there are some along each side of a pixel.
#[derive(Clone, Copy, Debug)]
pub struct DrawnPart {
    corner: [usize; 2],
    size: [usize; 2],
    per_px: usize,
}

impl DrawnPart {
    /// With its corner at (x, y), of `size` pixels across and down; `per_px` cells along each side of a pixel.
    pub fn new(corner: [usize; 2], size: [usize; 2], per_px: usize) -> Self {
        Self { corner: corner.map(|v| v * per_px), size: size.map(|v| v * per_px), per_px }
    }

    /// Cells along a pixel: an edge is as soft as one of them.
    pub(super) fn per_px(&self) -> f32 {
        self.per_px as f32
    }

    /// Of each cell in an upright rectangle of the picture its number, row by row, and its middle in pixels.
    pub(super) fn within(self, low: Vec2, high: Vec2) -> impl Iterator<Item = (usize, Vec2)> {
        let span = |axis: usize| {
            let cell = |px: f32| (px.max(0.0) as usize * self.per_px).clamp(self.corner[axis], self.corner[axis] + self.size[axis]);
            cell(low[axis].floor())..cell(high[axis].ceil() + 1.0)
        };
        let (columns, rows) = (span(0), span(1));
        let middle = move |cell: usize| (cell as f32 + 0.5) / self.per_px() - 0.5;
        let number = move |x: usize, y: usize| (y - self.corner[1]) * self.size[0] + x - self.corner[0];
        rows.flat_map(move |y| columns.clone().map(move |x| (number(x, y), Vec2::new(middle(x), middle(y)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_row_by_row_and_lie_in_their_pixels() {
        let cells =
            |per_px: usize| DrawnPart::new([4, 6], [5, 3], per_px).within(Vec2::new(2.3, 7.2), Vec2::new(5.2, 90.0)).collect::<Vec<_>>();
        let point = |x: f32, y: f32| Vec2::new(x, y);
        let of = |n: usize, x: f32, y: f32| (n, point(x, y));
        assert_eq!(
            cells(1),
            [of(5, 4.0, 7.0), of(6, 5.0, 7.0), of(7, 6.0, 7.0), of(10, 4.0, 8.0), of(11, 5.0, 8.0), of(12, 6.0, 8.0)],
            "whole pixels"
        );
        let fine = cells(2);
        assert_eq!((fine.len(), fine[0], fine[7]), (24, of(20, 3.75, 6.75), of(31, 4.25, 7.25)), "four in each pixel");
        assert!(DrawnPart::new([4, 6], [5, 3], 2).within(point(40.0, 0.0), point(50.0, 90.0)).next().is_none(), "none beside it");
    }
}
