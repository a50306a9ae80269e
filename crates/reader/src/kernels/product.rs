//! The inner loops of the convolutions: a row of pixels times a matrix, with bias, sum with another tensor and activation in one pass.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::Simd;

use super::multiply_add;
use crate::aligned::Aligned;

/// What happens to a sum before it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FusedActivation {
    Linear,
    Relu,
    /// A slope for the negative values of each channel.
    Prelu(Vec<f32>),
}

/// A tensor that is added to a product before its activation.
#[derive(Clone, Copy)]
pub(crate) struct ResidualInput<'a> {
    pub values: &'a [f32],
    /// Its channels. Where it has fewer than the product, the others are 0.
    pub channels: usize,
}

/// A matrix of weights in the order in which the inner loop reads it, with bias and activation.
///
/// The columns are cut into panels of two vectors; the last one may have a single vector. In a panel all columns of one row lie together.
#[derive(Debug)]
pub(crate) struct PackedWeights {
    /// Rows of the matrix: numbers that are summed up.
    pub depth: usize,
    /// Columns of the matrix: channels that come out.
    pub columns: usize,
    lanes: usize,
    values: Aligned,
    bias: Aligned,
    activation: FusedActivation,
}

impl PackedWeights {
    /// Packs `columns` rows of `depth` weights, as a convolution's kernel has them, for vectors of `lanes` numbers.
    pub(crate) fn new(kernel: &[f32], bias: &[f32], activation: &FusedActivation, lanes: usize) -> Self {
        let columns = bias.len();
        let depth = kernel.len() / columns.max(1);
        let whole = columns.next_multiple_of(lanes);
        let mut values = Aligned::zeros(whole * depth);
        for first in (0..whole).step_by(2 * lanes) {
            let width = (2 * lanes).min(whole - first);
            let panel = &mut values[first * depth..][..width * depth];
            for (column, weights) in kernel.chunks_exact(depth.max(1)).enumerate().skip(first).take(width) {
                panel[column - first..].iter_mut().step_by(width).zip(weights).for_each(|(to, weight)| *to = *weight);
            }
        }
        let filled = |values: &[f32]| values.iter().copied().chain(std::iter::repeat(0.0)).take(whole).collect::<Vec<f32>>();
        let activation = match activation {
            FusedActivation::Prelu(slopes) => FusedActivation::Prelu(filled(slopes)),
            other => other.clone(),
        };
        Self { depth, columns, lanes, values, bias: Aligned::from_slice(&filled(bias)), activation }
    }

    /// As [`Self::new`], for rows of `pixels` pixels one after the other. So few columns that they leave half of a vector empty are computed for two
    /// pixels at a time, as one pixel of twice the channels.
    pub(crate) fn for_rows(kernel: &[f32], bias: &[f32], activation: &FusedActivation, lanes: usize, pixels: usize) -> Self {
        let (columns, depth) = (bias.len(), kernel.len() / bias.len().max(1));
        if 2 * columns > lanes || !pixels.is_multiple_of(2) {
            return Self::new(kernel, bias, activation, lanes);
        }
        let mut paired = vec![0.0; 4 * kernel.len()];
        for (row, weights) in kernel.chunks_exact(depth).enumerate() {
            paired[2 * row * depth..][..depth].copy_from_slice(weights);
            paired[2 * (columns + row) * depth + depth..][..depth].copy_from_slice(weights);
        }
        let activation = match activation {
            FusedActivation::Prelu(slopes) => FusedActivation::Prelu(slopes.repeat(2)),
            other => other.clone(),
        };
        Self::new(&paired, &bias.repeat(2), &activation, lanes)
    }

    /// The product of `count` pixels with the matrix.
    ///
    /// A pixel's numbers lie in one run of equal length in each of `rows`; the next pixel's lie `step` numbers further.
    #[inline(always)]
    pub(crate) fn multiply<S: Simd>(
        &self,
        simd: S,
        rows: &[&[f32]],
        step: usize,
        count: usize,
        out: &mut [f32],
        residual: Option<ResidualInput<'_>>,
    ) {
        assert_eq!(self.lanes, S::F32_LANES, "the weights were packed for other vectors");
        let pixels = Pixels { rows, step, count, run: self.depth / rows.len(), residual };
        for first in (0..self.bias.len()).step_by(2 * self.lanes) {
            if self.bias.len() - first > self.lanes {
                self.panel::<S, 2>(simd, &pixels, first, out);
            } else {
                self.panel::<S, 1>(simd, &pixels, first, out);
            }
        }
    }

    #[inline(always)]
    fn panel<S: Simd, const V: usize>(&self, simd: S, pixels: &Pixels<'_>, first: usize, out: &mut [f32]) {
        let mut pixel = 0;
        // As many pixels at a time as leave registers for the weights: 16 or 32 registers hold the sums.
        if S::REGISTER_COUNT >= 32 {
            while V == 1 && pixels.count - pixel >= 16 {
                self.tile::<S, 16, V>(simd, pixels, pixel, first, out);
                pixel += 16;
            }
            while pixels.count - pixel >= 8 {
                self.tile::<S, 8, V>(simd, pixels, pixel, first, out);
                pixel += 8;
            }
        } else {
            while V == 1 && pixels.count - pixel >= 8 {
                self.tile::<S, 8, V>(simd, pixels, pixel, first, out);
                pixel += 8;
            }
        }
        while pixels.count - pixel >= 4 {
            self.tile::<S, 4, V>(simd, pixels, pixel, first, out);
            pixel += 4;
        }
        while pixels.count - pixel >= 2 {
            self.tile::<S, 2, V>(simd, pixels, pixel, first, out);
            pixel += 2;
        }
        if pixels.count > pixel {
            self.tile::<S, 1, V>(simd, pixels, pixel, first, out);
        }
    }

    /// `R` pixels, `V` vectors of columns from `first` on.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&self, simd: S, pixels: &Pixels<'_>, pixel: usize, first: usize, out: &mut [f32]) {
        let width = V * S::F32_LANES;
        let panel = &self.values[first * self.depth..][..width * self.depth];
        let mut sums = [load::<S, V>(&self.bias[first..]); R];
        for (row, weights) in pixels.rows.iter().zip(panel.chunks_exact((pixels.run * width).max(1))) {
            accumulate::<S, R, V>(simd, &mut sums, &row[pixel * pixels.step..], pixels.step, weights, pixels.run);
        }
        if let Some(residual) = pixels.residual
            && residual.channels > first
        {
            let present = (residual.channels - first).min(width);
            let rows = residual.values[pixel * residual.channels..][..R * residual.channels].chunks_exact(residual.channels);
            for (sums, values) in sums.iter_mut().zip(rows) {
                let values = &values[first..first + present];
                let values = if present == width { load::<S, V>(values) } else { load_some::<S, V>(simd, values) };
                for v in 0..V {
                    sums[v] = simd.add_f32s(sums[v], values[v]);
                }
            }
        }
        self.activate::<S, R, V>(simd, first, &mut sums);
        let present = (self.columns - first).min(width);
        let rows = out[pixel * self.columns..][..R * self.columns].chunks_exact_mut(self.columns);
        for (sums, to) in sums.iter().zip(rows) {
            let to = &mut to[first..first + present];
            if present == width {
                S::as_mut_simd_f32s(to).0.copy_from_slice(sums);
            } else {
                store_some::<S, V>(simd, to, sums);
            }
        }
    }

    #[inline(always)]
    fn activate<S: Simd, const R: usize, const V: usize>(&self, simd: S, first: usize, sums: &mut [[S::f32s; V]; R]) {
        let zero = simd.splat_f32s(0.0);
        // Loops without closures: a closure would be compiled for the plainest processor, and called.
        match &self.activation {
            FusedActivation::Linear => {}
            FusedActivation::Relu => {
                for sums in sums {
                    for sum in sums {
                        *sum = simd.max_f32s(*sum, zero);
                    }
                }
            }
            FusedActivation::Prelu(slopes) => {
                let slopes = load::<S, V>(&slopes[first..]);
                for sums in sums {
                    for v in 0..V {
                        sums[v] = multiply_add(simd, slopes[v], simd.min_f32s(sums[v], zero), simd.max_f32s(sums[v], zero));
                    }
                }
            }
        }
    }
}

/// The left side of a product.
struct Pixels<'a> {
    rows: &'a [&'a [f32]],
    step: usize,
    count: usize,
    /// Numbers of a pixel in each row.
    run: usize,
    residual: Option<ResidualInput<'a>>,
}

/// `sums[r] += sum over k of a[r * step + k] * b[k]`.
#[inline(always)]
fn accumulate<S: Simd, const R: usize, const V: usize>(
    simd: S,
    sums: &mut [[S::f32s; V]; R],
    a: &[f32],
    step: usize,
    b: &[f32],
    depth: usize,
) {
    let mut rows: [&[f32]; R] = [&[]; R];
    for (r, row) in rows.iter_mut().enumerate() {
        *row = &a[r * step..][..depth];
    }
    let (b, _) = S::as_simd_f32s(&b[..depth * V * S::F32_LANES]);
    let mut local = *sums;
    for (k, b) in b.chunks_exact(V).enumerate().take(depth) {
        for r in 0..R {
            let a = simd.splat_f32s(rows[r][k]);
            for v in 0..V {
                local[r][v] = multiply_add(simd, a, b[v], local[r][v]);
            }
        }
    }
    *sums = local;
}

#[inline(always)]
fn load<S: Simd, const V: usize>(from: &[f32]) -> [S::f32s; V] {
    let (whole, _) = S::as_simd_f32s(&from[..V * S::F32_LANES]);
    let mut values = [whole[0]; V];
    values.copy_from_slice(whole);
    values
}

/// As many numbers as there are; the others are 0.
#[inline(always)]
fn load_some<S: Simd, const V: usize>(simd: S, from: &[f32]) -> [S::f32s; V] {
    let mut values = [simd.splat_f32s(0.0); V];
    for (value, from) in values.iter_mut().zip(from.chunks(S::F32_LANES)) {
        *value = simd.partial_load_f32s(from);
    }
    values
}

/// As many numbers as there is room for.
#[inline(always)]
fn store_some<S: Simd, const V: usize>(simd: S, to: &mut [f32], values: &[S::f32s; V]) {
    for (to, value) in to.chunks_mut(S::F32_LANES).zip(values) {
        simd.partial_store_f32s(to, *value);
    }
}
