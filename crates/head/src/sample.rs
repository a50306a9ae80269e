//! Reads pictures between their pixels.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use glam::Vec2;
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::PasteRegion;

/// Points that are read at once: as many numbers as a vector of AVX2 has.
pub(crate) const LANES: usize = 8;

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

    /// The same for some points at once: their columns and rows, and their red, green, blue and alpha. Plain loops: what `map` and `from_fn` call is not always inlined,
    /// and then no code for vectors.
    #[inline(always)]
    pub(crate) fn bilinear_lanes(&self, [x, y]: [&[f32; LANES]; 2]) -> [[f32; LANES]; 4] {
        let (mut starts, mut u, mut v) = ([0; LANES], [0.0; LANES], [0.0; LANES]);
        for n in 0..LANES {
            let at = Vec2::new(x[n], y[n]).max(Vec2::ZERO).min(self.most);
            let first = at.min(self.most - 1.0).max(Vec2::ZERO).floor();
            (u[n], v[n]) = (at.x - first.x, at.y - first.y);
            starts[n] = whole_number(first.y) * self.width as u32 + whole_number(first.x);
        }
        let mut corners = [[0; LANES]; 4];
        for n in 0..LANES {
            let start = starts[n] as usize;
            let (above, below) = (self.pixels.get(start..start + 2), self.pixels.get(start + self.width..start + self.width + 2));
            let (Some([a, b]), Some([c, d])) = (above, below) else { continue };
            (corners[0][n], corners[1][n]) = (u32::from_le_bytes(*a), u32::from_le_bytes(*b));
            (corners[2][n], corners[3][n]) = (u32::from_le_bytes(*c), u32::from_le_bytes(*d));
        }
        let mut colours = [[0.0; LANES]; 4];
        for (number, out) in colours.iter_mut().enumerate() {
            for n in 0..LANES {
                let value = |corner: usize| channel(corners[corner][n], number);
                let (above, below) = (value(0) + u[n] * (value(1) - value(0)), value(2) + u[n] * (value(3) - value(2)));
                out[n] = above + v[n] * (below - above);
            }
        }
        colours
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

/// A picture made smaller by `scale`, 0 to 1: every pixel is the mean of its square. Places keep their proportion exactly; what is left of a last column or row is left
/// out.
pub fn smaller(picture: &RgbaImage, scale: f32) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let whole = |width: u32, height: u32| PasteRegion { left: 0, top: 0, width, height };
    let least = |px: u32| ((px as f32 * scale) as u32).max(1);
    part_smaller(picture, whole(width, height), scale, whole(least(width), least(height)))
}

/// The same of a picture of which only a part is there: another part of the smaller one.
pub(crate) fn part_smaller(part: &RgbaImage, place: PasteRegion, scale: f32, wanted: PasteRegion) -> RgbaImage {
    let look = Picture::new(part);
    let corner = Vec2::new(place.left as f32, place.top as f32);
    let mut made = RgbaImage::new(wanted.width.max(1), wanted.height.max(1));
    made.as_mut().par_chunks_exact_mut(4 * wanted.width.max(1) as usize).enumerate().for_each(|(row, out)| {
        for (column, out) in out.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let at = Vec2::new((wanted.left as usize + column) as f32, (wanted.top as usize + row) as f32);
            // Middles of pixels lie at halves.
            *out = between_bytes(look.area((at + 0.5) / scale - 0.5 - corner, 1.0 / scale));
        }
    });
    made
}

/// One of the four bytes of a pixel, 0 to 255: a shift, which vectors have, where an index would take byte by byte.
#[inline(always)]
pub(crate) fn channel(pixel: u32, number: usize) -> f32 {
    ((pixel >> (8 * number)) & 0xff).cast_signed() as f32
}

/// Some pixels as numbers, for [`channel`].
#[inline(always)]
pub(crate) fn whole_pixels(pixels: &[[u8; 4]]) -> [u32; LANES] {
    let mut numbers = [0; LANES];
    for (number, pixel) in numbers.iter_mut().zip(pixels) {
        *number = u32::from_le_bytes(*pixel);
    }
    numbers
}

/// A number from 0 to 2^23 as the nearest whole one: the sum's last bits are those of the whole number. A cast looks at every number whether it fits, one by one.
#[inline(always)]
pub(crate) fn whole_number(value: f32) -> u32 {
    const LAST_BIT_IS_ONE: f32 = 8_388_608.0;
    (value + LAST_BIT_IS_ONE).to_bits() & 0x007f_ffff
}

/// Rounded and kept within what a byte holds; a NaN becomes 0.
#[expect(clippy::manual_clamp, reason = "a NaN becomes 0, which `clamp` would keep")]
#[inline(always)]
pub(crate) fn byte(value: f32) -> u32 {
    whole_number(value.max(0.0).min(255.0))
}

/// [`byte`] of a pixel's four.
#[inline(always)]
pub(crate) fn between_bytes(colour: [f32; 4]) -> [u8; 4] {
    [byte(colour[0]) as u8, byte(colour[1]) as u8, byte(colour[2]) as u8, byte(colour[3]) as u8]
}
