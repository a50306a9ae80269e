//! One row of the composed picture.
//!
//! Four pixels of four rows go into every pixel that moves, which is most of the compositor's work: where the processor has vectors for it, that is written
//! for them.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::ops::Range;

use glam::Vec2;
use image::RgbaImage;
use pulp::{Simd, WithSimd};
#[cfg(target_arch = "x86_64")]
use pulp::{cast, f32x4, f32x8, x86::V3};

use super::cpu::STILL_PX;
use crate::data::PaintField;

/// Pixels whose places are worked out together.
const LANES: usize = 16;

/// Where one column of the region lies in a field, and how much of the change that field's edge leaves.
pub(super) struct Column {
    pub cell: usize,
    pub next: usize,
    pub fraction: f32,
    pub feather: f32,
}

/// A field's row at the height of the picture's row, what its columns are, and the cells in which there is anything.
pub(super) struct Across<'a, T> {
    pub row: &'a [T],
    pub columns: &'a [Column],
    pub cells: Range<usize>,
}

/// A row to be made.
pub(super) struct Row<'a> {
    /// First column of the region in the picture, and the row's number.
    pub corner: [u32; 2],
    /// How much of the motion the edge of the crop's reach leaves at this height, and picture pixels per crop pixel.
    pub edge: f32,
    pub scale: f32,
    pub source: &'a SourcePixels<'a>,
    pub flow: Across<'a, Vec2>,
    /// The plate's own row, and how much of it shows.
    pub plate: Option<(&'a [u8], Across<'a, f32>)>,
    /// How much of the paint the crop's edge leaves at this height, and the paint.
    pub paint: Option<(f32, Across<'a, [f32; 4]>)>,
}

impl Row<'_> {
    /// Writes the row's pixels, RGBA.
    pub(super) fn write(&self, out: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(vectors) = V3::try_new() {
            return Simd::vectorize(vectors, Writing { row: self, out, sampler: vectors });
        }
        crate::runtime::arch().dispatch(Writing { row: self, out, sampler: Plain });
    }
}

struct Writing<'a, 'b, S> {
    row: &'a Row<'b>,
    out: &'a mut [u8],
    sampler: S,
}

impl<T: CubicSampler> WithSimd for Writing<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Row { corner, edge, scale, source, flow, plate, paint } = self.row;
        move_pixels(self.sampler, self.out, source, flow, edge * scale, *corner);
        if let Some((plate, shares)) = plate {
            show_plate(self.out, plate, shares, *edge);
        }
        if let Some((edge, paint)) = paint {
            paint_over(self.out, paint, *edge);
        }
    }
}

impl<T> Across<'_, T> {
    /// The columns that have to do with the cells.
    fn touched(&self) -> Range<usize> {
        let first = self.columns.partition_point(|column| column.next < self.cells.start);
        first..self.columns.partition_point(|column| column.cell < self.cells.end).max(first)
    }
}

#[inline(always)]
fn move_pixels(
    sampler: impl CubicSampler,
    out: &mut [u8],
    source: &SourcePixels<'_>,
    flow: &Across<'_, Vec2>,
    strength: f32,
    [left, y]: [u32; 2],
) {
    out.copy_from_slice(source.row(y, left, flow.columns.len()));
    let touched = flow.touched();
    let first = left as usize + touched.start;
    let pixels = out.as_chunks_mut::<4>().0[touched.clone()].chunks_mut(LANES).zip(flow.columns[touched].chunks(LANES));
    for (n, (pixels, columns)) in pixels.enumerate() {
        let mut moved = [[0.0; LANES]; 2];
        for (lane, column) in columns.iter().enumerate() {
            let flow = flow.row[column.cell].lerp(flow.row[column.next], column.fraction) * (strength * column.feather);
            (moved[0][lane], moved[1][lane]) = (flow.x, flow.y);
        }
        // A NaN flow compares false here, and the sampler takes it for the border: never out of bounds.
        let is_still = |lane: usize| moved[0][lane].abs() < STILL_PX && moved[1][lane].abs() < STILL_PX;
        if (0..LANES).all(is_still) {
            continue;
        }
        let taps = Taps::at(&moved, [(first + n * LANES) as f32, y as f32]);
        for (lane, pixel) in pixels.iter_mut().enumerate() {
            if !is_still(lane) {
                *pixel = source.cubic(sampler, &taps, lane);
            }
        }
    }
}

/// Where the four by four pixels round some places begin, and their weights: worked out for many places at once.
struct Taps {
    x: [f32; LANES],
    y: [f32; LANES],
    across: [[f32; LANES]; 4],
    down: [[f32; LANES]; 4],
}

impl Taps {
    /// Of places side by side from `corner` on, each moved by so many pixels.
    #[inline(always)]
    fn at(moved: &[[f32; LANES]; 2], corner: [f32; 2]) -> Self {
        let zero = [0.0; LANES];
        let mut taps = Self { x: zero, y: zero, across: [zero; 4], down: [zero; 4] };
        for (lane, (dx, dy)) in moved[0].iter().zip(&moved[1]).enumerate() {
            let (x, y) = (corner[0] + lane as f32 + dx, corner[1] + dy);
            (taps.x[lane], taps.y[lane]) = (x.floor(), y.floor());
            let (wx, wy) = (catmull_rom(x - x.floor()), catmull_rom(y - y.floor()));
            for k in 0..4 {
                taps.across[k][lane] = wx[k];
                taps.down[k][lane] = wy[k];
            }
        }
        taps
    }
}

/// Mixes the plate into a row.
#[inline(always)]
fn show_plate(out: &mut [u8], plate: &[u8], shares: &Across<'_, f32>, edge: f32) {
    let touched = shares.touched();
    let pixels = out.as_chunks_mut::<4>().0[touched.clone()].iter_mut().zip(&plate.as_chunks::<4>().0[touched.clone()]);
    for ((pixel, behind), column) in pixels.zip(&shares.columns[touched]) {
        let (a, b) = (shares.row[column.cell], shares.row[column.next]);
        let share = edge * column.feather * (a + column.fraction * (b - a));
        if share > 0.0 {
            *pixel = bytes(std::array::from_fn(|c| f32::from(pixel[c]) + share * (f32::from(behind[c]) - f32::from(pixel[c]))));
        }
    }
}

/// Paints over a row; its own transparency stays.
#[inline(always)]
fn paint_over(out: &mut [u8], paint: &Across<'_, [f32; 4]>, edge: f32) {
    let touched = paint.touched();
    for (pixel, column) in out.as_chunks_mut::<4>().0[touched.clone()].iter_mut().zip(&paint.columns[touched]) {
        let (a, b) = (paint.row[column.cell], paint.row[column.next]);
        let over: [f32; 4] = std::array::from_fn(|c| a[c] + column.fraction * (b[c] - a[c]));
        if !PaintField::paints(&over) {
            continue;
        }
        let strength = edge * column.feather;
        let keep = 1.0 + strength * (over[3] - 1.0);
        let [r, g, b, _] = bytes(std::array::from_fn(|c| keep * f32::from(pixel[c]) + 255.0 * strength * over[c]));
        *pixel = [r, g, b, pixel[3]];
    }
}

/// Sums up the four by four pixels round a place.
trait CubicSampler: Copy {
    /// `rows` are four RGBA pixels each, `wx` and `wy` the weights of columns and rows.
    fn sum(self, rows: [&[u8; 16]; 4], wx: [f32; 4], wy: [f32; 4]) -> [u8; 4];
}

/// For any processor.
#[derive(Clone, Copy)]
struct Plain;

impl CubicSampler for Plain {
    #[inline(always)]
    fn sum(self, rows: [&[u8; 16]; 4], wx: [f32; 4], wy: [f32; 4]) -> [u8; 4] {
        let mut sum = [0.0_f32; 16];
        for (row, wy) in rows.into_iter().zip(wy) {
            for (sum, tap) in sum.iter_mut().zip(row) {
                *sum += wy * f32::from(*tap);
            }
        }
        bytes(std::array::from_fn(|c| wx[0] * sum[c] + wx[1] * sum[4 + c] + wx[2] * sum[8 + c] + wx[3] * sum[12 + c]))
    }
}

/// Two pixels at once.
#[cfg(target_arch = "x86_64")]
impl CubicSampler for V3 {
    #[inline(always)]
    fn sum(self, rows: [&[u8; 16]; 4], [a, b, c, d]: [f32; 4], wy: [f32; 4]) -> [u8; 4] {
        let mut sums = [self.splat_f32x8(0.0); 2];
        for (row, wy) in rows.into_iter().zip(wy) {
            let down = self.splat_f32x8(wy);
            for (sum, pair) in sums.iter_mut().zip(row.as_chunks::<8>().0) {
                let wide = self.avx2._mm256_cvtepu8_epi32(cast([u64::from_le_bytes(*pair), 0]));
                *sum = self.mul_add_f32x8(cast(self.avx._mm256_cvtepi32_ps(wide)), down, *sum);
            }
        }
        let [left, right] = [f32x8(a, a, a, a, b, b, b, b), f32x8(c, c, c, c, d, d, d, d)];
        let both = self.mul_add_f32x8(sums[0], left, self.mul_f32x8(sums[1], right));
        let [first, second]: [f32x4; 2] = cast(both);
        let whole = self.convert_f32x4_to_i32x4(self.add_f32x4(self.add_f32x4(first, second), self.splat_f32x4(0.5)));
        // Packing keeps within what a byte holds.
        let narrow = self.sse4_1._mm_packus_epi32(cast(whole), cast(whole));
        self.sse2._mm_cvtsi128_si32(self.sse2._mm_packus_epi16(narrow, narrow)).to_le_bytes()
    }
}

/// Rounded and kept within what a byte holds; a NaN becomes 0.
#[inline(always)]
fn bytes(colour: [f32; 4]) -> [u8; 4] {
    colour.map(|v| (v + 0.5).clamp(0.0, 255.0) as u8)
}

/// The picture being sampled.
pub(super) struct SourcePixels<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

impl<'a> SourcePixels<'a> {
    pub(super) fn new(picture: &'a RgbaImage) -> Self {
        Self { pixels: picture.as_raw(), width: picture.width() as usize, height: picture.height() as usize }
    }

    pub(super) fn row(&self, y: u32, left: u32, count: usize) -> &'a [u8] {
        let first = (y as usize * self.width + left as usize) * 4;
        &self.pixels[first..first + count * 4]
    }

    /// Catmull-Rom interpolation, which keeps brushwork crisp where bilinear sampling would blur it; edges repeat.
    #[inline(always)]
    fn cubic(&self, sampler: impl CubicSampler, taps: &Taps, lane: usize) -> [u8; 4] {
        let (x0, y0) = (taps.x[lane], taps.y[lane]);
        let (wx, wy) = (taps.across.each_ref().map(|w| w[lane]), taps.down.each_ref().map(|w| w[lane]));
        if x0 >= 1.0 && y0 >= 1.0 && x0 + 3.0 < self.width as f32 && y0 + 3.0 < self.height as f32 {
            let first = ((y0 as usize - 1) * self.width + x0 as usize - 1) * 4;
            let stride = self.width * 4;
            let row = |j: usize| self.pixels[first + j * stride..].first_chunk::<16>();
            match (row(0), row(1), row(2), row(3)) {
                (Some(a), Some(b), Some(c), Some(d)) => sampler.sum([a, b, c, d], wx, wy),
                _ => self.cubic_at_edge([x0, y0], wx, wy),
            }
        } else {
            self.cubic_at_edge([x0, y0], wx, wy)
        }
    }

    #[cold]
    fn cubic_at_edge(&self, [x0, y0]: [f32; 2], wx: [f32; 4], wy: [f32; 4]) -> [u8; 4] {
        let mut sum = [0.0_f32; 4];
        for (j, wy) in wy.iter().enumerate() {
            let row = nearest_inside(y0 + j as f32 - 1.0, self.height);
            for (i, wx) in wx.iter().enumerate() {
                let column = nearest_inside(x0 + i as f32 - 1.0, self.width);
                let tap = &self.pixels[(row * self.width + column) * 4..][..4];
                for c in 0..4 {
                    sum[c] += wx * wy * f32::from(tap[c]);
                }
            }
        }
        bytes(sum)
    }
}

/// The row or column at a whole coordinate, the outermost one for what lies outside; 0 for a NaN.
fn nearest_inside(at: f32, size: usize) -> usize {
    (at.max(0.0) as usize).min(size - 1)
}

/// Weights of the four neighbours at -1, 0, 1 and 2 for a position `t` between 0 and 1 (Catmull and Rom 1974, a = -1/2).
#[inline(always)]
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test_needs::needs(avx2)]
    #[test]
    fn vectors_give_what_plain_numbers_give() {
        let vectors = V3::try_new().expect("a processor with these vectors");
        let mut random = crate::random::Random::new(5, 0);
        let mut differ = 0;
        for _ in 0..10_000 {
            // Edges as hard as can be, so that sums leave the range of a byte.
            let mut rows = [[0_u8; 16]; 4];
            rows.as_flattened_mut().iter_mut().for_each(|v| *v = [0, 255, random.below(256) as u8][random.below(3)]);
            let (wx, wy) = (catmull_rom(random.range(0.0, 1.0)), catmull_rom(random.range(0.0, 1.0)));
            let rows = rows.each_ref();
            let (a, b) = (Plain.sum(rows, wx, wy), vectors.sum(rows, wx, wy));
            assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 1), "{a:?} and {b:?}");
            differ += usize::from(a != b);
        }
        assert!(differ < 20, "rounded otherwise in {differ} of 10,000");
    }
}
