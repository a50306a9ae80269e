//! A picture in memory, and the rotated square of it that a network looks at.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::ops::Range;

use glam::DVec2;

use crate::error::ReaderError;
use crate::kernels::dispatch;
use crate::region::Region;

/// A view of RGB pixels, 8 bits each, row by row without gaps.
#[derive(Clone, Copy, Debug)]
pub struct RgbView<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

/// What lies outside a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    Black,
    /// The nearest pixel of the edge.
    Edge,
}

/// Fractions of a pixel are counted in 2^-32.
const FIXED_BITS: u32 = 32;
/// Samples that are computed before they are written.
const BATCH: usize = 64;
/// Coordinates beyond this are far outside every picture; larger ones, times a side, would not fit the fixed-point numbers.
const FARTHEST_PX: f64 = 1e6;

impl<'a> RgbView<'a> {
    /// A view of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`ReaderError::Picture`] where there are no pixels, or another number of bytes than three for each.
    pub fn new(pixels: &'a [u8], width: usize, height: usize) -> Result<Self, ReaderError> {
        let needed = width.checked_mul(height).and_then(|count| count.checked_mul(3));
        if width == 0 || height == 0 || needed != Some(pixels.len()) {
            return Err(ReaderError::Picture { width, height, bytes: pixels.len() });
        }
        Ok(Self { pixels, width, height })
    }

    /// Pixels along a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width and height.
    pub fn size(&self) -> DVec2 {
        DVec2::new(self.width as f64, self.height as f64)
    }

    /// The region as `side` x `side` RGB pixels, sampled bilinearly and scaled: `value * scale + offset`.
    ///
    /// Pixel (i, j) is read at (i / side - 1/2, j / side - 1/2) of the region: corners of pixels meet, not centres, which is what the networks were
    /// run with when their reference values were made.
    pub(crate) fn sample(&self, region: &Region, side: usize, outside: Outside, [scale, offset]: [f32; 2], out: &mut [f32]) {
        let along = DVec2::from_angle(region.angle) * region.size.x / side as f64;
        let down = DVec2::from_angle(region.angle).perp() * region.size.y / side as f64;
        let first = region.centre - (along + down) * (side as f64 / 2.0);
        // Compiled for each vector width.
        dispatch(retrato_core::runtime::arch(), || self.sample_lines(first, [along, down], side, outside, [scale, offset], out));
    }

    #[inline(always)]
    fn sample_lines(
        &self,
        first: DVec2,
        [along, down]: [DVec2; 2],
        side: usize,
        outside: Outside,
        [scale, offset]: [f32; 2],
        out: &mut [f32],
    ) {
        for (j, out) in out.chunks_exact_mut(3 * side).enumerate() {
            let start = first + down * j as f64;
            let line = Line { start, step: along, count: side };
            let inside = line.inside(self.size());
            let pixels = out.as_chunks_mut::<3>().0;
            self.sample_across(line.fixed(0..inside.start), outside, [scale, offset], &mut pixels[..inside.start]);
            self.sample_inside(&line, inside.clone(), [scale, offset], &mut pixels[inside.clone()]);
            self.sample_across(line.fixed(inside.end..side), outside, [scale, offset], &mut pixels[inside.end..]);
        }
    }

    /// Samples that have four neighbours in the picture.
    #[inline(always)]
    fn sample_inside(&self, line: &Line, range: Range<usize>, [scale, offset]: [f32; 2], out: &mut [[f32; 3]]) {
        let row = 3 * self.width;
        // Four numbers of each pixel, the last of them of the next one: vectors have no three.
        let quad = |at: usize| self.pixels.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or([0.0; 4], |p| p.map(f32::from));
        let mut mixtures = [[0.0_f32; 4]; BATCH];
        for (start, out) in range.step_by(BATCH).zip(out.chunks_mut(BATCH)) {
            for ([x, y], mixture) in line.fixed(start..start + out.len()).zip(&mut mixtures) {
                let at = whole(y) as usize * row + 3 * whole(x) as usize;
                let [a, b, c, d] = [quad(at), quad(at + 3), quad(at + row), quad(at + row + 3)];
                let (fx, fy) = (fraction(x), fraction(y));
                for channel in 0..4 {
                    let upper = a[channel] + (b[channel] - a[channel]) * fx;
                    let lower = c[channel] + (d[channel] - c[channel]) * fx;
                    mixture[channel] = (upper + (lower - upper) * fy) * scale + offset;
                }
            }
            for (out, [r, g, b, _]) in out.iter_mut().zip(&mixtures) {
                *out = [*r, *g, *b];
            }
        }
    }

    #[inline(always)]
    fn sample_across(&self, places: impl Iterator<Item = [i64; 2]>, outside: Outside, [scale, offset]: [f32; 2], out: &mut [[f32; 3]]) {
        for ([x, y], out) in places.zip(out) {
            let (fx, fy) = (fraction(x), fraction(y));
            let [x, y] = [whole(x), whole(y)];
            let upper = mixed(self.pixel(x, y, outside), self.pixel(x + 1, y, outside), fx);
            let lower = mixed(self.pixel(x, y + 1, outside), self.pixel(x + 1, y + 1, outside), fx);
            *out = mixed(upper, lower, fy).map(|value| value * scale + offset);
        }
    }

    #[inline(always)]
    fn pixel(&self, x: i64, y: i64, outside: Outside) -> [f32; 3] {
        let [right, bottom] = [self.width - 1, self.height - 1].map(|last| last.cast_signed() as i64);
        if outside == Outside::Black && (x < 0 || y < 0 || x > right || y > bottom) {
            return [0.0; 3];
        }
        let at = y.clamp(0, bottom) as usize * self.width + x.clamp(0, right) as usize;
        self.pixels[3 * at..].first_chunk::<3>().map_or([0.0; 3], |rgb| rgb.map(f32::from))
    }
}

/// Samples at equal distances.
struct Line {
    start: DVec2,
    step: DVec2,
    count: usize,
}

impl Line {
    /// The samples that lie between pixels of a picture of this size, and not beside its last column or row.
    fn inside(&self, size: DVec2) -> Range<usize> {
        let (mut first, mut end) = (0.0_f64, self.count as f64);
        for axis in 0..2 {
            let (start, step) = (self.start[axis], self.step[axis]);
            // What is not a number compares as false.
            if !(start.abs() < FARTHEST_PX && step.abs() < FARTHEST_PX) {
                return 0..0;
            }
            // A little room for the rounding of the fixed-point numbers.
            let [low, high] = [0.01, size[axis] - 2.01];
            if step.abs() < 1e-9 {
                if !(low..high).contains(&start) {
                    return 0..0;
                }
            } else {
                let [a, b] = [(low - start) / step, (high - start) / step];
                first = first.max(a.min(b).ceil());
                end = end.min(a.max(b).floor());
            }
        }
        if first < end { first as usize..(end as usize).min(self.count) } else { 0..0 }
    }

    /// Samples in fixed-point numbers.
    #[inline(always)]
    fn fixed(&self, range: Range<usize>) -> impl Iterator<Item = [i64; 2]> {
        let fixed = |v: f64| (v.clamp(-FARTHEST_PX, FARTHEST_PX) * (1_i64 << FIXED_BITS) as f64).round() as i64;
        let [x, y] = [fixed(self.start.x), fixed(self.start.y)];
        let [dx, dy] = [fixed(self.step.x), fixed(self.step.y)];
        // Both are bounded so that the sum fits for every side that a network has.
        range.map(move |i| {
            let i = i.cast_signed() as i64;
            [x.wrapping_add(dx.wrapping_mul(i)), y.wrapping_add(dy.wrapping_mul(i))]
        })
    }
}

#[inline(always)]
fn mixed<const N: usize>(a: [f32; N], b: [f32; N], share: f32) -> [f32; N] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share)
}

#[inline(always)]
fn whole(fixed: i64) -> i64 {
    fixed >> FIXED_BITS
}

/// The part behind the point, to 24 bits.
#[inline(always)]
fn fraction(fixed: i64) -> f32 {
    ((fixed as u32) >> 8) as f32 / 16_777_216.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Vec<u8> {
        (0..width * height).flat_map(|i| [(i % width) as u8, (i / width) as u8, 200]).collect()
    }

    #[test]
    fn a_picture_needs_three_bytes_for_each_pixel() {
        assert!(RgbView::new(&[0; 12], 2, 2).is_ok());
        for (bytes, width, height) in [(11, 2, 2), (0, 0, 0), (13, 2, 2), (12, usize::MAX, 2)] {
            let pixels = vec![0; bytes];
            assert!(matches!(RgbView::new(&pixels, width, height), Err(ReaderError::Picture { .. })), "{bytes} bytes, {width} x {height}");
        }
    }

    #[test]
    fn a_region_is_sampled_where_its_formula_says() {
        let pixels = ramp(60, 40);
        let view = RgbView::new(&pixels, 60, 40).unwrap();
        let region = Region { centre: DVec2::new(30.25, 18.5), size: DVec2::new(20.0, 14.0), angle: 0.3 };
        let mut out = vec![f32::NAN; 3 * 64];
        view.sample(&region, 8, Outside::Edge, [2.0, -1.0], &mut out);
        for (p, rgb) in out.as_chunks::<3>().0.iter().enumerate() {
            let at = DVec2::new((p % 8) as f64 / 8.0 - 0.5, (p / 8) as f64 / 8.0 - 0.5) * region.size;
            let at = region.centre + DVec2::from_angle(0.3).rotate(at);
            for (got, wanted) in rgb.iter().zip([at.x, at.y, 200.0]) {
                assert!((f64::from(*got) - (2.0 * wanted - 1.0)).abs() < 1e-3, "pixel {p}: {got}");
            }
        }
    }

    #[test]
    fn outside_is_black_or_the_edge_and_both_ways_agree_at_the_border() {
        let pixels = ramp(10, 10);
        let view = RgbView::new(&pixels, 10, 10).unwrap();
        let region = Region { centre: DVec2::new(4.3, 5.1), size: DVec2::splat(30.0), angle: 0.0 };
        let sampled = |outside| {
            let mut out = vec![f32::NAN; 3 * 30 * 30];
            view.sample(&region, 30, outside, [1.0, 0.0], &mut out);
            out
        };
        let (edge, black) = (sampled(Outside::Edge), sampled(Outside::Black));
        assert!(black[..3] == [0.0; 3] && edge[..3] == [0.0, 0.0, 200.0], "the corner: {:?} {:?}", &black[..3], &edge[..3]);
        // Sample (i, j) lies at (i - 10.7, j - 9.9).
        let at = |i: usize, j: usize| 3 * (j * 30 + i);
        assert!((edge[at(14, 15)] - 3.3).abs() < 1e-4 && (black[at(14, 15)] - 3.3).abs() < 1e-4, "inside");
        assert!((edge[at(29, 15)] - 9.0).abs() < 1e-4 && black[at(29, 15)] == 0.0, "to the right");
        // Half way out, black fades in.
        assert!((black[at(20, 15)] - 9.0 * 0.7).abs() < 1e-3, "at the border: {}", black[at(20, 15)]);
    }

    #[test]
    fn regions_far_away_or_of_no_size_are_sampled_without_harm() {
        let pixels = ramp(4, 3);
        let view = RgbView::new(&pixels, 4, 3).unwrap();
        for (centre, size) in
            [(DVec2::splat(1e300), 1.0), (DVec2::splat(f64::NAN), 2.0), (DVec2::ZERO, f64::INFINITY), (DVec2::splat(-1e9), 1e12)]
        {
            let mut out = vec![f32::NAN; 3 * 16];
            view.sample(&Region { centre, size: DVec2::splat(size), angle: 1.0 }, 4, Outside::Edge, [1.0, 0.0], &mut out);
            assert!(out.iter().all(|v| v.is_finite()), "{centre} {size}");
        }
    }
}
