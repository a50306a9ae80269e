//! Direct convolution on plain slices: channels last, vectorised over output channels, threaded over rows.
//!
//! Along a row of a picture whose channels lie last, all taps of one kernel row are one contiguous run of numbers. A convolution is therefore a sum of
//! few short matrix products whose left side is the padded picture itself: nothing is unfolded. The gradient with respect to the input is the same
//! sum with the kernel turned round; with stride 2 it falls apart into four such sums, one for each parity of the place.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use retrato_core::runtime::vectorized;

use super::Activation;
use super::padded::Padded;
use super::tiles::{self, Sums};

/// Sizes of one convolution. Padding is half the kernel, so that stride 1 keeps the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConvShape {
    pub batch: usize,
    /// Height and width of the input; multiples of the stride.
    pub input: [usize; 2],
    pub channels_in: usize,
    pub channels_out: usize,
    /// 1 or 3.
    pub kernel: usize,
    /// 1 or 2.
    pub stride: usize,
}

impl ConvShape {
    /// Height and width of the output.
    pub(super) fn output(&self) -> [usize; 2] {
        self.input.map(|side| side / self.stride)
    }

    /// Batch, height and width of the input.
    pub(super) fn pixels_in(&self) -> [usize; 3] {
        [self.batch, self.input[0], self.input[1]]
    }

    /// Zero border of the padded input.
    pub(super) fn pad(&self) -> usize {
        self.kernel / 2
    }

    /// Floating point operations of the forward pass, a multiplication and an addition counted as two.
    pub(super) fn flops(&self) -> usize {
        let [height, width] = self.output();
        2 * self.batch * height * width * self.kernel * self.kernel * self.channels_in * self.channels_out
    }
}

/// One contiguous product of a tile: where it starts in the padded picture (relative to the tile's first pixel) and in the packed kernel.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileRun {
    pub offset: usize,
    pub packed: usize,
    pub depth: usize,
}

/// The places of an output row that share one set of runs: `start, start + step, …`.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    pub start: usize,
    pub step: usize,
    pub count: usize,
    pub runs: Vec<TileRun>,
}

/// A kernel in the order of the inner loop: `[block of columns][k][column in block]`, padded with zeros to whole vectors.
pub(super) struct Packed {
    values: Vec<f32>,
    /// Numbers of one block of columns.
    block: usize,
    vectors: usize,
}

/// Vectors per tile: two where there are columns enough for them.
pub(super) fn vectors_for(columns: usize, lanes: usize) -> usize {
    if columns > lanes { 2 } else { 1 }
}

pub(super) fn lanes() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    tiles::arch().dispatch(Lanes)
}

impl Packed {
    /// Packs `depth` rows of `columns` numbers; `fill(k, first, line)` writes those of row `k` from column `first` on.
    pub(super) fn new(depth: usize, columns: usize, fill: impl Fn(usize, usize, &mut [f32]) + Sync) -> Self {
        let vectors = vectors_for(columns, lanes());
        let width = vectors * lanes();
        let block = depth * width;
        let mut values = vec![0.0; columns.div_ceil(width) * block];
        values.par_chunks_mut(block.max(1)).enumerate().for_each(|(b, packed)| {
            let first = b * width;
            let count = width.min(columns - first);
            packed.chunks_mut(width).enumerate().for_each(|(k, line)| fill(k, first, &mut line[..count]));
        });
        Self { values, block, vectors }
    }

    /// The rows as they were before packing.
    pub(super) fn unpacked(&self, depth: usize, columns: usize) -> Vec<f32> {
        let width = self.block / depth.max(1);
        let places = (0..depth).flat_map(|k| (0..columns).map(move |n| (k, n)));
        places.map(|(k, n)| self.values[n / width * self.block + k * width + n % width]).collect()
    }
}

/// One pass over pictures: every output row is made of phases, every phase of runs.
pub(super) struct Pass<'a> {
    pub padded: &'a Padded<'a>,
    /// Numbers from one pixel of a phase to the next, in the padded picture.
    pub pixel_step: usize,
    /// Numbers from one output row (or pair of rows) to the next.
    pub row_step: usize,
    pub packed: &'a Packed,
    pub bias: Option<&'a [f32]>,
    pub columns: usize,
    pub activation: Activation,
}

/// `R` pixels of one phase, all columns.
pub(super) struct RowTask<'a> {
    pub pass: &'a Pass<'a>,
    /// First number of the row's first pixel in the padded pictures.
    pub base: usize,
    pub phase: &'a Phase,
    pub out: &'a mut [f32],
}

impl WithSimd for RowTask<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if self.pass.packed.vectors == 2 {
            self.with_vectors::<S, 2>(simd);
        } else {
            self.with_vectors::<S, 1>(simd);
        }
    }
}

impl RowTask<'_> {
    #[inline(always)]
    fn with_vectors<S: Simd, const V: usize>(self, simd: S) {
        let Self { pass, base, phase, out } = self;
        let width = V * S::F32_LANES;
        for block in 0..pass.columns.div_ceil(width) {
            let kernel = &pass.packed.values[block * pass.packed.block..][..pass.packed.block];
            let columns = block * width..pass.columns.min((block + 1) * width);
            let first: [S::f32s; V] = match pass.bias {
                Some(bias) => tiles::load(simd, &bias[columns.clone()]),
                None => [simd.splat_f32s(0.0); V],
            };
            let mut pixel = 0;
            // Processors with 32 vector registers hold 8 rows of 2 vectors; with 16 registers, 4 rows.
            if S::REGISTER_COUNT >= 32 {
                while V == 1 && phase.count - pixel >= 16 {
                    pass.tile::<S, 16, V>(simd, phase, base, pixel, kernel, first, columns.clone(), out);
                    pixel += 16;
                }
                while phase.count - pixel >= 8 {
                    pass.tile::<S, 8, V>(simd, phase, base, pixel, kernel, first, columns.clone(), out);
                    pixel += 8;
                }
                // A tile of one row waits for its own sums: what is left is made by a whole tile that overlaps the last.
                if phase.count - pixel > 4 && phase.count >= 8 {
                    pass.tile::<S, 8, V>(simd, phase, base, phase.count - 8, kernel, first, columns.clone(), out);
                    pixel = phase.count;
                }
            }
            while phase.count - pixel >= 4 {
                pass.tile::<S, 4, V>(simd, phase, base, pixel, kernel, first, columns.clone(), out);
                pixel += 4;
            }
            if pixel < phase.count && phase.count >= 4 {
                pass.tile::<S, 4, V>(simd, phase, base, phase.count - 4, kernel, first, columns.clone(), out);
                pixel = phase.count;
            }
            while pixel < phase.count {
                pass.tile::<S, 1, V>(simd, phase, base, pixel, kernel, first, columns.clone(), out);
                pixel += 1;
            }
        }
    }
}

impl Pass<'_> {
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "an inner loop: a struct would only rename them")]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        simd: S,
        phase: &Phase,
        base: usize,
        pixel: usize,
        kernel: &[f32],
        first: [S::f32s; V],
        columns: std::ops::Range<usize>,
        out: &mut [f32],
    ) {
        let mut sums: Sums<S, R, V> = [first; R];
        let start = base + pixel * self.pixel_step;
        let width = V * S::F32_LANES;
        for run in &phase.runs {
            tiles::along_rows(
                simd,
                &mut sums,
                &self.padded.values[start + run.offset..],
                self.pixel_step,
                &kernel[run.packed * width..],
                run.depth,
            );
        }
        // Loops without closures: a closure would be compiled for the plainest processor, and called.
        if let Activation::LeakyRelu(slope) = self.activation {
            let (zero, slope) = (simd.splat_f32s(0.0), simd.splat_f32s(slope));
            for row in &mut sums {
                for sum in row {
                    *sum = simd.mul_add_f32s(slope, simd.min_f32s(*sum, zero), simd.max_f32s(*sum, zero));
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            let at = (phase.start + (pixel + r) * phase.step) * self.columns;
            tiles::store(simd, &mut out[at + columns.start..at + columns.end], row);
        }
    }

    /// All output rows; `phases(y)` are those of row `y`, `first_row(y)` the padded row its first run starts in.
    fn run(&self, rows: usize, width: usize, out: &mut [f32], phases: &[Vec<Phase>]) {
        let arch = tiles::arch();
        let line = width * self.columns;
        let parities = phases.len();
        out.par_chunks_mut(line.max(1)).with_min_len(2).enumerate().for_each(|(index, out)| {
            let (image, y) = (index / rows, index % rows);
            let base = image * self.padded.image + (y / parities) * self.row_step;
            for phase in &phases[y % parities] {
                arch.dispatch(RowTask { pass: self, base, phase, out });
            }
        });
    }
}

/// `out[b, y, x, o] = act(bias[o] + sum over ky, kx, i of input[b, s y + ky - pad, s x + kx - pad, i] kernel[ky, kx, i, o])`.
pub(super) fn forward(shape: &ConvShape, input: &[f32], kernel: &[f32], bias: &[f32], activation: Activation) -> Vec<f32> {
    let padded = Padded::of(input, shape.pixels_in(), shape.channels_in, shape.pad());
    let depth = shape.kernel * shape.channels_in;
    let packed = Packed::new(shape.kernel * depth, shape.channels_out, |k, first, line| {
        line.copy_from_slice(&kernel[k * shape.channels_out + first..][..line.len()]);
    });
    let [height, width] = shape.output();
    let runs = (0..shape.kernel).map(|ky| TileRun { offset: ky * padded.row, packed: ky * depth, depth }).collect();
    let phases = [vec![Phase { start: 0, step: 1, count: width, runs }]];
    let pass = Pass {
        padded: &padded,
        pixel_step: shape.stride * shape.channels_in,
        row_step: shape.stride * padded.row,
        packed: &packed,
        bias: Some(bias),
        columns: shape.channels_out,
        activation,
    };
    let mut out = vec![0.0; shape.batch * height * width * shape.channels_out];
    pass.run(height, width, &mut out, &phases);
    out
}

/// The gradient that reaches the sums, from the gradient of the output and the output itself, with a zero border.
pub(super) fn gradient_of_sums<'a>(shape: &ConvShape, output: &[f32], gradient: &'a [f32], activation: Activation) -> Padded<'a> {
    let [height, width] = shape.output();
    let pixels = [shape.batch, height, width];
    let Activation::LeakyRelu(slope) = activation else { return Padded::of(gradient, pixels, shape.channels_out, shape.pad()) };
    let line = width * shape.channels_out;
    let arch = tiles::arch();
    Padded::new(pixels, [shape.channels_out; 2], shape.pad(), |row, to| {
        let (y, g) = (&output[row * line..][..line], &gradient[row * line..][..line]);
        // Compiled for each vector width.
        vectorized(arch, || {
            for ((to, y), g) in to.iter_mut().zip(y).zip(g) {
                *to = if *y < 0.0 { slope } else { 1.0 } * g;
            }
        });
    })
}

/// Gradient with respect to the input.
pub(super) fn backward_input(shape: &ConvShape, kernel: &[f32], sums: &Padded<'_>) -> Vec<f32> {
    let (size, ci, co) = (shape.kernel, shape.channels_in, shape.channels_out);
    let [height, width] = shape.input;
    let mut out = vec![0.0; shape.batch * height * width * ci];
    // Every phase reads kernel taps in the order of the places they meet; the packed kernel holds them all, one after the other.
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut phase = |start: usize, step: usize, count: usize, rows: &[(usize, usize)], columns: &[(usize, usize)]| {
        // `rows` and `columns` pair a kernel index with how far the place it meets lies behind the phase's first.
        let runs = rows
            .iter()
            .map(|&(ky, dy)| {
                let packed = order.len() * co;
                order.extend(columns.iter().map(|&(kx, _)| (ky, kx)));
                let dx = columns.first().map_or(0, |c| c.1);
                TileRun { offset: dy * sums.row + dx * co, packed, depth: columns.len() * co }
            })
            .collect();
        Phase { start, step, count, runs }
    };
    let phases: Vec<Vec<Phase>> = if shape.stride == 1 {
        let turned: Vec<(usize, usize)> = (0..size).map(|d| (size - 1 - d, d)).collect();
        vec![vec![phase(0, 1, width, &turned, &turned)]]
    } else if size == 1 {
        // Only even places were seen; the others keep their zero.
        vec![vec![phase(0, 2, width / 2, &[(0, 0)], &[(0, 0)])], vec![]]
    } else {
        let taps: [&[(usize, usize)]; 2] = [&[(1, 1)], &[(2, 1), (0, 2)]];
        taps.map(|rows| taps.iter().enumerate().map(|(start, columns)| phase(start, 2, width / 2, rows, columns)).collect()).into()
    };
    let packed = Packed::new(order.len() * co, ci, |k, first, line| {
        let (ky, kx) = order[k / co];
        let from = &kernel[((ky * size + kx) * ci + first) * co + k % co..];
        line.iter_mut().zip(from.iter().step_by(co)).for_each(|(to, value)| *to = *value);
    });
    let pass =
        Pass { padded: sums, pixel_step: co, row_step: sums.row, packed: &packed, bias: None, columns: ci, activation: Activation::Linear };
    pass.run(height, width, &mut out, &phases);
    out
}
