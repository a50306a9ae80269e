//! The gradient of a convolution with respect to its kernel.
//!
//! The run of numbers under one kernel row is a row of a matrix that is never written down; its product with the gradients of the sums is the kernel's
//! gradient. Rows of the result stay in registers while a band of pixels passes.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::conv_kernels::{Shape, lanes, vectors_for};
use super::padded::Padded;
use super::tiles::{self, Sums};

/// Gradients with respect to the kernel and the bias.
pub(super) fn backward_kernel(shape: &Shape, input: &[f32], sums: &Padded<'_>) -> (Vec<f32>, Vec<f32>) {
    let padded = Padded::of(input, shape.pixels_in(), shape.channels_in, shape.pad());
    let co = shape.channels_out;
    let vectors = vectors_for(co, lanes());
    let width = vectors * lanes();
    let whole = co.next_multiple_of(width);
    let [out_height, out_width] = shape.output();
    let line = out_width * co;
    let inner = |row: usize| {
        let (image, y) = (row / out_height, row % out_height);
        &sums.values[image * sums.image + (y + shape.pad()) * sums.row + shape.pad() * co..][..line]
    };
    // Whole vectors need whole columns, and rows without a border between them.
    let even = Padded::new([shape.batch, out_height, out_width], [co, whole], 0, |row, to| {
        for (to, from) in to.chunks_exact_mut(whole).zip(inner(row).chunks_exact(co)) {
            to[..co].copy_from_slice(from);
        }
    });
    let run = shape.kernel * shape.channels_in;
    let mut result = vec![0.0_f32; shape.kernel * run * whole];
    let task = KernelTask { shape, padded: &padded, even: &even, whole, vectors };
    let arch = tiles::arch();
    // One kernel row and one stretch of its taps per task: every sum is made by one thread in one order.
    let stretch = run.div_ceil(4).next_multiple_of(12).min(run.max(1));
    result.par_chunks_mut((run * whole).max(1)).enumerate().for_each(|(ky, rows)| {
        rows.par_chunks_mut(stretch * whole).enumerate().for_each(|(s, rows)| {
            arch.dispatch(KernelStretch { task: &task, ky, first: s * stretch, rows });
        });
    });
    let mut bias = vec![0.0_f32; co];
    for row in 0..shape.batch * out_height {
        for pixel in inner(row).chunks_exact(co) {
            bias.iter_mut().zip(pixel).for_each(|(b, g)| *b += g);
        }
    }
    let kernel = if whole == co { result } else { result.chunks_exact(whole).flat_map(|row| row[..co].iter().copied()).collect() };
    (kernel, bias)
}

/// Pixels that one tile of the kernel's gradient passes over at a time: as many as leave their gradients in the nearest cache for the next tile.
const BAND_PIXELS: usize = 128;

struct KernelTask<'a> {
    shape: &'a Shape,
    padded: &'a Padded<'a>,
    even: &'a Padded<'a>,
    whole: usize,
    vectors: usize,
}

/// Some rows of the kernel's gradient: taps `first…` of kernel row `ky`, all output channels.
struct KernelStretch<'a> {
    task: &'a KernelTask<'a>,
    ky: usize,
    first: usize,
    rows: &'a mut [f32],
}

impl WithSimd for KernelStretch<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.task.vectors == 2 {
            self.with_vectors::<S, 2>(simd);
        } else {
            self.with_vectors::<S, 1>(simd);
        }
    }
}

impl KernelStretch<'_> {
    #[inline(always)]
    fn with_vectors<S: Simd, const V: usize>(self, simd: S) {
        let Self { task, ky, first, rows } = self;
        let count = rows.len() / task.whole;
        let [height, _] = task.shape.output();
        // A few rows at a time stay in the nearest cache while every tap passes over them.
        let band = (BAND_PIXELS / task.shape.output()[1].max(1)).max(1);
        for image in 0..task.shape.batch {
            for y in (0..height).step_by(band) {
                let band = y..(y + band).min(height);
                let mut row = 0;
                if S::REGISTER_COUNT >= 32 {
                    while count - row >= 12 {
                        task.tile::<S, 12, V>(simd, image, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                        row += 12;
                    }
                    while count - row >= 8 {
                        task.tile::<S, 8, V>(simd, image, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                        row += 8;
                    }
                }
                while count - row >= 4 {
                    task.tile::<S, 4, V>(simd, image, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                    row += 4;
                }
                while row < count {
                    task.tile::<S, 1, V>(simd, image, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                    row += 1;
                }
            }
        }
    }
}

impl KernelTask<'_> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        image: usize,
        band: std::ops::Range<usize>,
        ky: usize,
        tap: usize,
        rows: &mut [f32],
    ) {
        let width = V * S::F32_LANES;
        let stride = self.shape.stride;
        let out_width = self.shape.output()[1];
        for block in 0..self.whole / width {
            let mut sums: Sums<S, R, V> = std::array::from_fn(|r| tiles::load(simd, &rows[r * self.whole + block * width..][..width]));
            for y in band.clone() {
                let a = &self.padded.values[image * self.padded.image + (y * stride + ky) * self.padded.row + tap..];
                let b = &self.even.values[image * self.even.image + y * self.even.row + block * width..];
                tiles::along_columns(simd, &mut sums, a, stride * self.shape.channels_in, b, self.whole, out_width);
            }
            for (r, sum) in sums.into_iter().enumerate() {
                tiles::store(simd, &mut rows[r * self.whole + block * width..][..width], sum);
            }
        }
    }
}
