//! Reads pictures between their pixels.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use glam::Vec2;
use image::RgbaImage;

/// A picture to be read, at least two pixels each way.
#[derive(Clone, Copy)]
pub(crate) struct Picture<'a> {
    pixels: &'a [[u8; 4]],
    width: usize,
    most: Vec2,
}

impl<'a> Picture<'a> {
    pub(crate) fn new(picture: &'a RgbaImage) -> Self {
        let (width, height) = picture.dimensions();
        Self { pixels: picture.as_raw().as_chunks::<4>().0, width: width as usize, most: Vec2::new(width as f32, height as f32) - 1.0 }
    }

    /// RGBA, 0 to 255, at a point in pixels; the edge's own beyond it.
    #[inline(always)]
    pub(crate) fn bilinear(&self, at: Vec2) -> [f32; 4] {
        // `max` first: a NaN becomes 0.
        let at = at.max(Vec2::ZERO).min(self.most);
        let first = at.min(self.most - 1.0).max(Vec2::ZERO);
        let (x, y) = (first.x as usize, first.y as usize);
        let (u, v) = (at.x - x as f32, at.y - y as f32);
        let start = y * self.width + x;
        let (Some([a, b]), Some([c, d])) =
            (self.pixels.get(start..).and_then(<[_]>::first_chunk), self.pixels.get(start + self.width..).and_then(<[_]>::first_chunk))
        else {
            return self.pixels.get(start).map_or([0.0; 4], |pixel| pixel.map(f32::from));
        };
        std::array::from_fn(|n| {
            let [a, b, c, d] = [a[n], b[n], c[n], d[n]].map(f32::from);
            let (above, below) = (a + u * (b - a), c + u * (d - c));
            above + v * (below - above)
        })
    }

    /// The mean over a square of `side` pixels round a point: for pictures that are made smaller.
    pub(crate) fn area(&self, at: Vec2, side: f32) -> [f32; 4] {
        let steps = (side.clamp(1.0, 16.0).ceil()) as usize;
        let step = side.max(1.0) / steps as f32;
        let mut sum = [0.0; 4];
        for (column, row) in (0..steps).flat_map(|row| (0..steps).map(move |column| (column, row))) {
            let offset = Vec2::new(column as f32, row as f32) + 0.5 - 0.5 * steps as f32;
            let look = self.bilinear(at + offset * step);
            (0..4).for_each(|n| sum[n] += look[n]);
        }
        sum.map(|v| v / (steps * steps) as f32)
    }
}

/// Rounded and kept within what a byte holds; a NaN becomes 0.
#[inline(always)]
pub(crate) fn between_bytes(colour: [f32; 4]) -> [u8; 4] {
    colour.map(|v| (v + 0.5).clamp(0.0, 255.0) as u8)
}
