//! The gradient of a convolution with respect to its kernel.
//!
//! The run of numbers under one kernel row is a row of a matrix that is never written down; its product with the gradients of the sums is the kernel's
//! gradient. Rows of the result stay in registers while a band of pixels passes.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::conv_kernels::{ConvShape, lanes, vectors_for};
use super::padded::Padded;
use super::tiles::{self, Sums};

/// Stripes of rows that are summed up side by side, and the largest gradient (in numbers) for which that pays: a copy of it for each stripe stays in a near
/// cache. Larger ones belong to few pixels; there the taps are shared out instead. Neither depends on the number of threads, so that the sums do not either.
const STRIPES: usize = 8;
const LARGEST_STRIPED: usize = 1 << 15;
/// Stretches that the taps of one kernel row are cut into where they are shared out, and the rows of the largest tile.
const STRETCHES: usize = 4;
const TILE_ROWS: usize = 12;

/// Gradients with respect to the kernel and the bias.
pub(super) fn backward_kernel(shape: &ConvShape, input: &[f32], sums: &Padded<'_>) -> (Vec<f32>, Vec<f32>) {
    let padded = Padded::of(input, shape.pixels_in(), shape.channels_in, shape.pad());
    let co = shape.channels_out;
    let vectors = vectors_for(co, lanes());
    let whole = co.next_multiple_of(vectors * lanes());
    let inner = Columns { values: &sums.values, first: shape.pad() * (sums.row + co), image: sums.image, row: sums.row, step: co };
    let filled;
    let columns = if whole == co {
        inner
    } else {
        // Whole vectors need whole columns.
        let [height, width] = shape.output();
        filled = Padded::new([shape.batch, height, width], [co, whole], 0, |row, to| {
            let from = &inner.values[inner.start(row / height, row % height)..][..width * co];
            to.chunks_exact_mut(whole).zip(from.chunks_exact(co)).for_each(|(to, from)| to[..co].copy_from_slice(from));
        });
        Columns { values: &filled.values, first: 0, image: filled.image, row: filled.row, step: whole }
    };
    let task = KernelTask { shape, padded: &padded, columns, whole, vectors };
    let bias = task.bias();
    let kernel = task.kernel();
    let kernel = if whole == co { kernel } else { kernel.chunks_exact(whole).flat_map(|row| row[..co].iter().copied()).collect() };
    (kernel, bias)
}

/// Gradients of the sums, pixel after pixel within a row of the picture.
#[derive(Clone, Copy)]
struct Columns<'a> {
    values: &'a [f32],
    first: usize,
    image: usize,
    row: usize,
    step: usize,
}

impl Columns<'_> {
    fn start(&self, image: usize, y: usize) -> usize {
        self.first + image * self.image + y * self.row
    }
}

/// Pixels that one tile of the kernel's gradient passes over at a time: as many as leave their gradients in the nearest cache for the next tile.
const BAND_PIXELS: usize = 128;

struct KernelTask<'a> {
    shape: &'a ConvShape,
    padded: &'a Padded<'a>,
    columns: Columns<'a>,
    /// Channels out, filled up to whole vectors.
    whole: usize,
    vectors: usize,
}

/// Some rows of the kernel's gradient: taps `first…` of kernel row `ky`, all output channels, summed over some rows of all pictures one below the other.
struct KernelStretch<'a> {
    task: &'a KernelTask<'a>,
    lines: std::ops::Range<usize>,
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
        let Self { task, lines, ky, first, rows } = self;
        let count = rows.len() / task.whole;
        // A few rows at a time stay in the nearest cache while every tap passes over them.
        let band = (BAND_PIXELS / task.shape.output()[1].max(1)).max(1);
        for start in lines.clone().step_by(band) {
            let band = start..(start + band).min(lines.end);
            let mut row = 0;
            if S::REGISTER_COUNT >= 32 {
                while count - row >= 12 {
                    task.tile::<S, 12, V>(simd, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                    row += 12;
                }
                while count - row >= 8 {
                    task.tile::<S, 8, V>(simd, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                    row += 8;
                }
            }
            while count - row >= 4 {
                task.tile::<S, 4, V>(simd, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                row += 4;
            }
            while row < count {
                task.tile::<S, 1, V>(simd, band.clone(), ky, first + row, &mut rows[row * task.whole..]);
                row += 1;
            }
        }
    }
}

impl KernelTask<'_> {
    /// Rows of all output pictures, one below the other.
    fn lines(&self) -> usize {
        self.shape.batch * self.shape.output()[0]
    }

    /// The kernel's gradient, with [`Self::whole`] numbers for each tap.
    fn kernel(&self) -> Vec<f32> {
        let run = self.shape.kernel * self.shape.channels_in;
        let size = self.shape.kernel * run * self.whole;
        let (stripes, stretch) =
            if size <= LARGEST_STRIPED { (STRIPES, run) } else { (1, run.div_ceil(STRETCHES).next_multiple_of(TILE_ROWS).min(run)) };
        let stripe = self.lines().div_ceil(stripes);
        let mut sums = vec![0.0_f32; stripes * size];
        let arch = tiles::arch();
        sums.par_chunks_mut((run * self.whole).max(1)).enumerate().for_each(|(index, rows)| {
            let (s, ky) = (index / self.shape.kernel, index % self.shape.kernel);
            let lines = s * stripe..((s + 1) * stripe).min(self.lines());
            rows.par_chunks_mut((stretch * self.whole).max(1)).enumerate().for_each(|(part, rows)| {
                arch.dispatch(KernelStretch { task: self, lines: lines.clone(), ky, first: part * stretch, rows });
            });
        });
        added_up(sums, size)
    }

    fn bias(&self) -> Vec<f32> {
        let co = self.shape.channels_out;
        let [height, width] = self.shape.output();
        let stripe = self.lines().div_ceil(STRIPES);
        let mut sums = vec![0.0_f32; STRIPES * co];
        sums.par_chunks_mut(co.max(1)).enumerate().for_each(|(s, bias)| {
            for line in s * stripe..((s + 1) * stripe).min(self.lines()) {
                let start = self.columns.start(line / height, line % height);
                for pixel in self.columns.values[start..][..width * self.columns.step].chunks_exact(self.columns.step) {
                    bias.iter_mut().zip(pixel).for_each(|(b, g)| *b += g);
                }
            }
        });
        added_up(sums, co)
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        lines: std::ops::Range<usize>,
        ky: usize,
        tap: usize,
        rows: &mut [f32],
    ) {
        let width = V * S::F32_LANES;
        let stride = self.shape.stride;
        let [height, out_width] = self.shape.output();
        for block in 0..self.whole / width {
            let mut sums: Sums<S, R, V> =
                std::array::from_fn(|r| tiles::load_whole::<S, V>(&rows[r * self.whole + block * width..][..width]));
            for line in lines.clone() {
                let (image, y) = (line / height, line % height);
                let a = &self.padded.values[image * self.padded.image + (y * stride + ky) * self.padded.row + tap..];
                let b = &self.columns.values[self.columns.start(image, y) + block * width..];
                tiles::along_columns(simd, &mut sums, a, stride * self.shape.channels_in, b, self.columns.step, out_width);
            }
            for (r, sum) in sums.into_iter().enumerate() {
                tiles::store_whole::<S, V>(&mut rows[r * self.whole + block * width..][..width], sum);
            }
        }
    }
}

/// The sum of all pieces of `size` numbers, in their order.
fn added_up(mut pieces: Vec<f32>, size: usize) -> Vec<f32> {
    let (sum, rest) = pieces.split_at_mut(size);
    for piece in rest.chunks_exact(size.max(1)) {
        sum.iter_mut().zip(piece).for_each(|(sum, value)| *sum += value);
    }
    pieces.truncate(size);
    pieces
}
