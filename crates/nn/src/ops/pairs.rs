//! Convolution with products in bfloat16 and sums in single precision, for processors that multiply and add pairs of such numbers (AVX-512 BF16): twice as many
//! operations for each instruction as in single precision.
//!
//! The order of work is that of [`super::conv_kernels`]: along a row of a picture, all taps of one kernel row are one contiguous run of numbers. Of these, two
//! that follow each other are one pair.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};

use retrato_core::runtime::Instructions;

use super::Activation;

/// Numbers of a vector's sums.
const LANES: usize = 16;
/// Rows of a kernel, at most.
const ROWS: usize = 3;

/// Whether the processor has what it takes, and may use it.
pub fn has_pair_products() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        Instructions::allowed() == Instructions::All
            && std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("avx512vl")
            && std::arch::is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// As many products of pairs as `rounds` asks for; the operations done, a multiplication and an addition counted as two. `None` where the processor has none.
pub fn work(rounds: usize) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "instructions that not every processor has")]
    // SAFETY: the processor was asked.
    return has_pair_products().then(|| unsafe { vectors::work(rounds) });
    #[cfg(not(target_arch = "x86_64"))]
    {
        let _ = rounds;
        None
    }
}

/// A kernel in the order of the inner loop: `[block of columns][kernel row][pair][column in block]`, padded with zeros to whole vectors.
pub(super) struct PairKernel {
    values: Vec<[u32; LANES]>,
    /// Rows of the kernel, and pairs of one.
    rows: usize,
    pairs: usize,
    /// Vectors of one block of columns.
    vectors: usize,
}

impl PairKernel {
    /// Of a kernel with `rows` rows of `depth` numbers for each of `columns`; `at(row, k, column)` is one of them. `None` where the processor
    /// has no use for it.
    pub(super) fn new(rows: usize, depth: usize, columns: usize, at: impl Fn(usize, usize, usize) -> f32) -> Option<Self> {
        if !has_pair_products() || rows > ROWS {
            return None;
        }
        let (pairs, vectors) = (depth.div_ceil(2), if columns > LANES { 2 } else { 1 });
        let width = vectors * LANES;
        let number = |row, k, column| if k < depth && column < columns { rounded(at(row, k, column)) } else { 0 };
        let mut values = Vec::with_capacity(columns.div_ceil(width) * rows * pairs * vectors);
        for first in (0..columns).step_by(width) {
            for (row, pair, vector) in (0..rows).flat_map(|r| (0..pairs).flat_map(move |p| (0..vectors).map(move |v| (r, p, v)))) {
                values.push(std::array::from_fn(|lane| {
                    let column = first + vector * LANES + lane;
                    u32::from(number(row, 2 * pair, column)) | u32::from(number(row, 2 * pair + 1, column)) << 16
                }));
            }
        }
        Some(Self { values, rows, pairs, vectors })
    }
}

/// The nearest bfloat16, of two that are as near the even one.
fn rounded(value: f32) -> u16 {
    half::bf16::from_f32(value).to_bits()
}

/// One pass over a picture.
pub(super) struct PairPass<'a> {
    pub kernel: &'a PairKernel,
    pub bias: &'a [f32],
    pub activation: Activation,
    /// The picture with its border, in rows of `line` numbers.
    pub values: &'a [f32],
    pub line: usize,
    /// Rows and numbers from one pixel of the output to the next.
    pub row_step: usize,
    pub pixel_step: usize,
    /// Where the first pixel's first number lies.
    pub first_row: usize,
    pub first: usize,
    /// Tells passes apart: [`next_call`].
    pub call: u64,
}

/// A number that no pass has had.
pub(super) fn next_call() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(1);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// Rows of the picture that is worked on, as the processor multiplies them.
#[derive(Default)]
struct RowCache {
    call: u64,
    /// The row that each holds.
    rows: [Option<usize>; ROWS],
    values: [Vec<u16>; ROWS],
}

thread_local! {
    static LINES: RefCell<RowCache> = RefCell::default();
}

impl PairPass<'_> {
    /// Makes row `y` of the output.
    pub(super) fn row(&self, y: usize, out: &mut [f32]) {
        LINES.with_borrow_mut(|lines| {
            if lines.call != self.call {
                (lines.call, lines.rows) = (self.call, [None; ROWS]);
            }
            let top = self.first_row + y * self.row_step;
            for row in top..top + self.kernel.rows {
                let slot = row % ROWS;
                if lines.rows[slot] != Some(row) {
                    self.narrow(row, &mut lines.values[slot]);
                    lines.rows[slot] = Some(row);
                }
            }
            let inputs: [&[u16]; ROWS] = std::array::from_fn(|k| &*lines.values[(top + k) % ROWS]);
            self.convolve(&inputs[..self.kernel.rows], out);
        });
    }

    /// A row of the picture, with a pair of zeros behind it: the last pair of a run may reach beyond.
    fn narrow(&self, row: usize, to: &mut Vec<u16>) {
        let from = &self.values[row * self.line..][..self.line];
        to.resize(self.line + 2, 0);
        to[self.line..].fill(0);
        #[cfg(not(target_arch = "x86_64"))]
        let _ = from;
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "instructions that not every processor has")]
        // SAFETY: a `PairKernel` exists only where `has_pair_products`.
        unsafe {
            vectors::narrow(from, to);
        }
    }

    fn convolve(&self, inputs: &[&[u16]], out: &mut [f32]) {
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "instructions that not every processor has")]
        // SAFETY: a `PairKernel` exists only where `has_pair_products`.
        unsafe {
            if self.kernel.vectors == 2 { vectors::row::<2>(self, inputs, out) } else { vectors::row::<1>(self, inputs, out) }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (
            inputs,
            out,
            self.pixel_step,
            self.first,
            self.bias,
            self.activation,
            &self.kernel.values,
            self.kernel.pairs,
            self.kernel.vectors,
        );
    }
}

#[cfg(target_arch = "x86_64")]
mod vectors {
    use std::arch::x86_64::{
        __m256bh, __m512, __m512bh, __m512i, _mm512_add_ps, _mm512_cvtneps_pbh, _mm512_dpbf16_ps, _mm512_fmadd_ps, _mm512_max_ps,
        _mm512_min_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
    };
    use std::hint::black_box;

    use super::{LANES, PairPass};
    use crate::ops::Activation;

    /// Numbers as they are in memory, as a vector, and back.
    macro_rules! same_bits {
        ($value:expr, $from:ty => $to:ty) => {{
            #[expect(unsafe_code, reason = "the standard library has no other way between arrays and vectors")]
            // SAFETY: both are as large and any bits are allowed in both.
            unsafe {
                std::mem::transmute::<$from, $to>($value)
            }
        }};
    }

    /// Rounds to bfloat16.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn narrow(from: &[f32], to: &mut [u16]) {
        let (whole, rest) = from.as_chunks::<LANES>();
        let (targets, _) = to.as_chunks_mut::<LANES>();
        for (from, to) in whole.iter().zip(targets) {
            *to = narrowed(*from);
        }
        let mut last = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        let last = narrowed(last);
        to[whole.len() * LANES..][..rest.len()].copy_from_slice(&last[..rest.len()]);
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    #[inline]
    fn narrowed(numbers: [f32; LANES]) -> [u16; LANES] {
        let numbers = same_bits!(numbers, [f32; LANES] => __m512);
        let numbers = _mm512_cvtneps_pbh(numbers);
        same_bits!(numbers, __m256bh => [u16; LANES])
    }

    /// A row of the output.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn row<const V: usize>(pass: &PairPass<'_>, inputs: &[&[u16]], out: &mut [f32]) {
        let columns = pass.bias.len();
        let count = out.len() / columns.max(1);
        let block = inputs.len() * pass.kernel.pairs * V;
        for (number, kernel) in pass.kernel.values.chunks_exact(block.max(1)).enumerate() {
            let first = number * V * LANES;
            let mut pixel = 0;
            if V == 1 {
                while count - pixel >= 16 {
                    tile::<16, V>(pass, inputs, kernel, first, pixel, out);
                    pixel += 16;
                }
            }
            while count - pixel >= 8 {
                tile::<8, V>(pass, inputs, kernel, first, pixel, out);
                pixel += 8;
            }
            // What is left is made by a whole tile that overlaps the last.
            if pixel < count && count >= 8 {
                tile::<8, V>(pass, inputs, kernel, first, count - 8, out);
                pixel = count;
            }
            while pixel < count {
                tile::<1, V>(pass, inputs, kernel, first, pixel, out);
                pixel += 1;
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    #[inline]
    fn tile<const R: usize, const V: usize>(
        pass: &PairPass<'_>,
        inputs: &[&[u16]],
        kernel: &[[u32; LANES]],
        first: usize,
        pixel: usize,
        out: &mut [f32],
    ) {
        let pairs = pass.kernel.pairs;
        let mut sums = [[_mm512_setzero_ps(); V]; R];
        for (input, kernel) in inputs.iter().zip(kernel.chunks_exact(pairs * V)) {
            let mut rows: [&[[u16; 2]]; R] = [&[]; R];
            for (r, row) in rows.iter_mut().enumerate() {
                let start = pass.first + (pixel + r) * pass.pixel_step;
                *row = input[start..start + 2 * pairs].as_chunks::<2>().0;
            }
            let (kernel, _) = kernel.as_chunks::<V>();
            for (p, kernel) in kernel.iter().enumerate().take(pairs) {
                let mut b = [same_bits!([0; LANES], [u32; LANES] => __m512bh); V];
                for (b, numbers) in b.iter_mut().zip(kernel) {
                    *b = same_bits!(*numbers, [u32; LANES] => __m512bh);
                }
                for r in 0..R {
                    let [low, high] = rows[r][p];
                    let pair = (u32::from(low) | u32::from(high) << 16).cast_signed();
                    let a = _mm512_set1_epi32(pair);
                    let a = same_bits!(a, __m512i => __m512bh);
                    for v in 0..V {
                        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], a, b[v]);
                    }
                }
            }
        }
        let columns = pass.bias.len();
        #[expect(clippy::needless_range_loop, reason = "it is an index into every row's sums")]
        for v in 0..V {
            let at = first + v * LANES;
            let many = columns.saturating_sub(at).min(LANES);
            let mut bias = [0.0; LANES];
            bias[..many].copy_from_slice(&pass.bias[at.min(columns)..][..many]);
            let bias = same_bits!(bias, [f32; LANES] => __m512);
            for r in 0..R {
                let sum = activated(_mm512_add_ps(sums[r][v], bias), pass.activation);
                let sum = same_bits!(sum, __m512 => [f32; LANES]);
                let to = &mut out[(pixel + r) * columns + at.min(columns)..][..many];
                if let Some(to) = to.first_chunk_mut::<LANES>() { *to = sum } else { to.copy_from_slice(&sum[..many]) }
            }
        }
    }

    /// Multiplies and adds registers so many times, and nothing else; the operations done.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    pub(super) fn work(rounds: usize) -> usize {
        const SUMS: usize = 16;
        let mut sums = [_mm512_setzero_ps(); SUMS];
        let one = black_box([0x3f80_3f80; LANES]);
        let a = same_bits!(one, [u32; LANES] => __m512bh);
        for _ in 0..rounds {
            for sum in &mut sums {
                *sum = _mm512_dpbf16_ps(*sum, a, a);
            }
        }
        black_box(sums);
        2 * 2 * rounds * SUMS * LANES
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
    #[inline]
    fn activated(sum: __m512, activation: Activation) -> __m512 {
        let Activation::LeakyRelu(slope) = activation else { return sum };
        let zero = _mm512_setzero_ps();
        _mm512_fmadd_ps(_mm512_set1_ps(slope), _mm512_min_ps(sum, zero), _mm512_max_ps(sum, zero))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use rayon::prelude::*;
    use test_needs::needs;

    use super::super::{FrozenConv, Plane};
    use super::*;
    use crate::ops::{Products, frozen_with};
    use crate::random::Random;

    fn nearest(values: &[f32]) -> Vec<f32> {
        values.iter().map(|v| half::bf16::from_f32(*v).to_f32()).collect()
    }

    /// A convolution of a picture of those numbers.
    fn convolved(
        products: Products,
        picture: &[f32],
        [height, width]: [usize; 2],
        kernel: &Tensor,
        stride: usize,
    ) -> candle_core::Result<Vec<f32>> {
        let (_, _, channels, columns) = kernel.dims4()?;
        let bias = Tensor::arange(0.0_f32, columns as f32, &Device::Cpu)?;
        let activation = Activation::LeakyRelu(0.2);
        let conv = frozen_with(products, || FrozenConv::new(kernel, &bias, stride, activation, None))?;
        let (mut input, mut output) = (Plane::default(), Plane::default());
        input.fit([height, width], channels);
        input.rows_mut().zip(picture.par_chunks_exact(width * channels)).for_each(|(to, from)| to.copy_from_slice(from));
        conv.run(&input, &mut output, |_, _| {});
        Ok((0..output.size()[0]).flat_map(|y| output.row(y).to_vec()).collect())
    }

    #[needs(pair_products)]
    #[test]
    fn products_of_pairs_are_those_of_the_nearest_numbers() -> candle_core::Result<()> {
        assert!(has_pair_products(), "this processor multiplies pairs of bfloat16");
        let mut random = Random::new(3, 0);
        // Odd numbers of channels, columns that are no whole vectors, rows that are no whole tiles.
        for (size, stride, channels, columns, across) in
            [(3, 1, 24, 32, 20), (3, 2, 7, 16, 18), (1, 1, 33, 40, 9), (3, 1, 16, 4, 40), (1, 1, 5, 28, 3), (3, 1, 3, 17, 64)]
        {
            let picture: Vec<f32> = (0..6 * across * channels).map(|_| random.range(-1.0, 1.0)).collect();
            let kernel: Vec<f32> = (0..size * size * channels * columns).map(|_| random.range(-0.3, 0.3)).collect();
            let shape = (size, size, channels, columns);
            let rounded = Tensor::from_vec(nearest(&kernel), shape, &Device::Cpu)?;
            let kernel = Tensor::from_vec(kernel, shape, &Device::Cpu)?;
            let expected = convolved(Products::Single, &nearest(&picture), [6, across], &rounded, stride)?;
            let exact = convolved(Products::Single, &picture, [6, across], &kernel, stride)?;
            for _ in 0..2 {
                let found = convolved(Products::Pairs, &picture, [6, across], &kernel, stride)?;
                let worst = |to: &[f32]| found.iter().zip(to).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert_eq!(found.len(), expected.len());
                assert!(worst(&expected) < 1e-4, "{size} {stride} {channels} {columns} {across}: {} off", worst(&expected));
                assert!(worst(&exact) > 1e-5 && worst(&exact) < 0.1, "it is rounded: {}", worst(&exact));
            }
        }
        Ok(())
    }
}
