//! The part of a picture that is worked on.

use glam::{Vec2, Vec3};
use image::RgbaImage;

use crate::data::Crop;
use crate::grid::CellGrid;

/// Most cells along a side. Derived: at 384 a cell is a pixel of the crop, finer than any motion is computed.
const MOST_CELLS: u32 = 384;

/// A part of a picture, and the squares of whole pixels (cells) in which most is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First column and row, in pixels of the picture.
    pub corner: [u32; 2],
    /// Width and height in pixels, neither 0; all of it is inside the picture.
    pub size: [u32; 2],
    /// Side of a cell in pixels; those at the right and lower edge may be cut.
    pub step: u32,
}

impl Window {
    /// The part of a picture of that size that lies in a crop; `None` when they have less than 8 pixels in common along a side.
    pub fn of(picture: [u32; 2], crop: &Crop) -> Option<Self> {
        const LEAST_PX: u32 = 8;
        let span = |axis: usize| {
            let within = |px: f32| px.clamp(0.0, picture[axis] as f32) as u32;
            let first = within(crop.origin_px[axis].floor());
            (first, within((crop.origin_px[axis] + crop.side_px).ceil()).saturating_sub(first))
        };
        let ((left, width), (top, height)) = (span(0), span(1));
        let step = width.max(height).div_ceil(MOST_CELLS).max(1);
        (width.min(height) >= LEAST_PX).then_some(Self { corner: [left, top], size: [width, height], step })
    }

    /// Columns and rows of cells.
    pub(crate) fn cells(&self) -> [usize; 2] {
        self.size.map(|px| px.div_ceil(self.step) as usize)
    }

    /// The middle of a cell, in pixels of the picture.
    pub(crate) fn place(&self, x: usize, y: usize) -> Vec2 {
        let [left, top] = self.corner.map(|px| px as f32);
        let step = self.step as f32;
        Vec2::new(left + (x as f32 + 0.5) * step - 0.5, top + (y as f32 + 0.5) * step - 0.5)
    }

    /// Where a pixel of the window, counted from its corner, lies among the cells.
    pub(crate) fn cell_place(&self, x: usize, y: usize) -> Vec2 {
        (Vec2::new(x as f32, y as f32) + 0.5) / self.step as f32 - 0.5
    }

    /// The picture's colours in a cell's pixels.
    pub(crate) fn pixels<'a>(&self, picture: &'a RgbaImage, x: usize, y: usize) -> impl Iterator<Item = [u8; 4]> + use<'a> {
        let Self { corner, size, step } = *self;
        let span = |n: usize, axis: usize| {
            let first = n as u32 * step;
            corner[axis] + first.min(size[axis])..corner[axis] + (first + step).min(size[axis])
        };
        let columns = span(x, 0);
        span(y, 1).flat_map(move |y| columns.clone().map(move |x| picture.get_pixel(x, y).0))
    }

    /// The mean colours of the cells, 0 to 1; what is transparent is grey.
    pub(crate) fn colours(&self, picture: &RgbaImage) -> CellGrid<Vec3> {
        CellGrid::from_fn(self.cells(), |x, y| {
            let (mut sum, mut count) = (Vec3::ZERO, 0.0_f32);
            for pixel in self.pixels(picture, x, y) {
                sum += seen(pixel);
                count += 1.0;
            }
            sum / count.max(1.0)
        })
    }
}

/// A pixel's colour, 0 to 1; what is transparent is grey.
pub(crate) fn seen([r, g, b, alpha]: [u8; 4]) -> Vec3 {
    const GREY: Vec3 = Vec3::splat(0.5);
    let colour = Vec3::new(f32::from(r), f32::from(g), f32::from(b)) / 255.0;
    GREY.lerp(colour, f32::from(alpha) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lies_inside_its_picture_and_has_few_cells_however_large_it_is() {
        for (picture, origin_px, side_px) in [
            ([300, 200], [-50.0, 20.0], 170.0),
            ([1920, 1900], [-4000.0, -300.0], 9000.0),
            ([9, 4000], [-3.0, 1500.5], 800.0),
            ([40, 40], [-1e9, -1e9], 3e9),
        ] {
            let window = Window::of(picture, &Crop { origin_px, side_px }).expect("they overlap");
            let inside = (0..2).all(|axis| window.corner[axis] + window.size[axis] <= picture[axis]);
            assert!(inside && window.cells().into_iter().max() <= Some(384), "{window:?}");
        }
        for (origin_px, side_px) in [([400.0, 0.0], 100.0), ([0.0, -95.0], 100.0), ([f32::NAN; 2], 50.0), ([0.0; 2], f32::NAN)] {
            assert_eq!(Window::of([300, 300], &Crop { origin_px, side_px }), None, "{origin_px:?} {side_px}");
        }
    }

    #[test]
    fn cells_are_the_means_of_their_pixels_cut_ones_too() {
        let picture = RgbaImage::from_fn(801, 500, |x, _| image::Rgba(if x == 800 { [255; 4] } else { [0, 0, 0, 255] }));
        let window = Window::of([801, 500], &Crop { origin_px: [0.0; 2], side_px: 801.0 }).expect("it is there");
        let colours = window.colours(&picture);
        assert_eq!((window.step, colours.size()), (3, [267, 167]), "thirds");
        assert!((colours.near(266, 5).x - 1.0 / 3.0).abs() < 1e-4 && colours.near(265, 5).x.abs() < 1e-6, "means");
    }
}
