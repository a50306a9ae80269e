//! Depthwise convolution: every channel has a kernel of its own.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Arch, Simd};

use super::{dispatch, multiply_add};
use crate::aligned::{Aligned, LINE};
use crate::model::SlidingWindow;

/// A depthwise convolution with any window.
#[derive(Debug)]
pub(crate) struct Depthwise {
    window: SlidingWindow,
    kernel: Vec<f32>,
    bias: Vec<f32>,
    relu: bool,
}

impl Depthwise {
    /// `kernel` is `[height, width, channels]`.
    pub(crate) fn new(window: SlidingWindow, kernel: &[f32], bias: &[f32], relu: bool) -> Self {
        Self { window, kernel: kernel.to_vec(), bias: bias.to_vec(), relu }
    }

    pub(crate) fn run(&self, arch: Arch, input: &[f32], out: &mut [f32]) {
        let SlidingWindow { input: [height, width, channels], output: [_, out_width, _], kernel: [kh, kw], stride, pad } = self.window;
        // Compiled for each vector width.
        dispatch(arch, || {
            for (pixel, out) in out.chunks_exact_mut(channels).enumerate() {
                let [top, left] = [pixel / out_width * stride, pixel % out_width * stride];
                out.copy_from_slice(&self.bias);
                for (tap, weights) in self.kernel.chunks_exact(channels).enumerate().take(kh * kw) {
                    let y = (top + tap / kw).wrapping_sub(pad[0]);
                    let x = (left + tap % kw).wrapping_sub(pad[1]);
                    if y < height && x < width {
                        let input = &input[(y * width + x) * channels..][..channels];
                        for c in 0..channels {
                            out[c] += input[c] * weights[c];
                        }
                    }
                }
                if self.relu {
                    for value in out.iter_mut() {
                        *value = value.max(0.0);
                    }
                }
            }
        });
    }

    pub(crate) fn describe(&self) -> String {
        let SlidingWindow { kernel: [kh, kw], input: [h, w, c], stride, .. } = self.window;
        format!("depthwise {kh}x{kw}/{stride} {c} at {h}x{w}")
    }
}

/// The depthwise convolution of one row of pixels with a 3 x 3 kernel and stride 1.
///
/// Channels and pixels of a row are one stretch of numbers, so that vectors are full whatever the number of channels: the weights repeat after as many
/// vectors as hold whole pixels.
#[derive(Debug)]
pub(crate) struct Depthwise3x3 {
    pub channels: usize,
    pub width: usize,
    lanes: usize,
    /// For each vector of a period: nine vectors of weights and one of bias.
    weights: Aligned,
}

/// Vectors of weights for each vector of a period.
const VECTORS: usize = 10;

impl Depthwise3x3 {
    /// `kernel` is `[3, 3, channels]`.
    pub(crate) fn new(width: usize, kernel: &[f32], bias: &[f32], lanes: usize) -> Self {
        let channels = bias.len();
        let period = channels / greatest_common_divisor(channels, lanes);
        let mut weights = Vec::with_capacity(period * VECTORS * lanes);
        for vector in 0..period {
            let channel = |lane: usize| (vector * lanes + lane) % channels;
            for tap in 0..9 {
                weights.extend((0..lanes).map(|lane| kernel[tap * channels + channel(lane)]));
            }
            weights.extend((0..lanes).map(|lane| bias[channel(lane)]));
        }
        Self { channels, width, lanes, weights: Aligned::from_slice(&weights) }
    }

    /// Numbers in a row of results: whole vectors, of which the last ones may be meaningless.
    pub(crate) fn out_len(&self) -> usize {
        (self.width * self.channels).next_multiple_of(self.lanes)
    }

    /// Where the first pixel of a row that is read lies: behind a pixel of zeros, on a cache line.
    pub(crate) fn margin(&self) -> usize {
        self.channels.next_multiple_of(LINE)
    }

    /// Numbers in a row that is read: the margin, the row, a pixel of zeros and room for the last vector.
    pub(crate) fn row_len(&self) -> usize {
        self.margin() + self.out_len() + self.channels
    }

    /// The row between the first and the last of `rows`, each of [`Self::row_len`] numbers.
    #[inline(always)]
    pub(crate) fn row<S: Simd>(&self, simd: S, rows: [&[f32]; 3], out: &mut [f32]) {
        assert_eq!(self.lanes, S::F32_LANES, "the weights were packed for other vectors");
        let c = self.channels;
        let vectors = self.out_len() / S::F32_LANES;
        let rows = rows.map(|row| &row[self.margin() - c..self.row_len()]);
        let (out, _) = S::as_mut_simd_f32s(&mut out[..vectors * S::F32_LANES]);
        let period = self.weights.len() / (VECTORS * S::F32_LANES);
        for (first, weights) in self.weights.chunks_exact(VECTORS * S::F32_LANES).enumerate() {
            let (weights, _) = S::as_simd_f32s(weights);
            let Some(weights) = weights.first_chunk::<VECTORS>() else { return };
            let mut vector = first;
            while vector < vectors {
                let at = vector * S::F32_LANES;
                let mut sum = weights[9];
                for ky in 0..3 {
                    let near = &rows[ky][at..][..2 * c + S::F32_LANES];
                    for kx in 0..3 {
                        let (values, _) = S::as_simd_f32s(&near[kx * c..][..S::F32_LANES]);
                        sum = multiply_add(simd, values[0], weights[3 * ky + kx], sum);
                    }
                }
                out[vector] = sum;
                vector += period;
            }
        }
    }

    /// The whole picture, for tests.
    #[cfg(test)]
    fn picture(&self, arch: Arch, input: &[f32]) -> Vec<f32> {
        use pulp::WithSimd;
        struct DepthwiseRow<'a>(&'a Depthwise3x3, [&'a [f32]; 3], &'a mut [f32]);
        impl WithSimd for DepthwiseRow<'_> {
            type Output = ();
            fn with_simd<S: Simd>(self, simd: S) {
                self.0.row(simd, self.1, self.2);
            }
        }
        let row = self.width * self.channels;
        let padded = |y: usize| {
            let mut to = vec![0.0; self.row_len()];
            if let Some(from) = y.checked_sub(1).and_then(|y| input.chunks_exact(row).nth(y)) {
                to[self.margin()..][..row].copy_from_slice(from);
            }
            to
        };
        let mut out = vec![0.0; self.out_len()];
        (0..input.len() / row)
            .flat_map(|y| {
                let rows = [padded(y), padded(y + 1), padded(y + 2)];
                dispatch(arch, DepthwiseRow(self, [&rows[0], &rows[1], &rows[2]], &mut out));
                out[..row].to_vec()
            })
            .collect()
    }
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::super::{assert_close, every_width, lanes, noise};
    use super::*;

    fn naive(window: &SlidingWindow, input: &[f32], kernel: &[f32], bias: &[f32]) -> Vec<f32> {
        let ([h, w, c], [oh, ow, _], [kh, kw]) = (window.input, window.output, window.kernel);
        let mut out = Vec::new();
        for (p, i) in (0..oh * ow).flat_map(|p| (0..c).map(move |i| (p, i))) {
            let mut sum = bias[i];
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                let y = (p / ow * window.stride + ky).wrapping_sub(window.pad[0]);
                let x = (p % ow * window.stride + kx).wrapping_sub(window.pad[1]);
                if y < h && x < w {
                    sum += input[(y * w + x) * c + i] * kernel[(ky * kw + kx) * c + i];
                }
            }
            out.push(sum);
        }
        out
    }

    #[test]
    fn both_forms_are_as_defined_at_odd_sizes_and_all_vector_widths() {
        for (h, w, c) in [(1, 1, 1), (2, 2, 64), (5, 7, 3), (3, 16, 8), (4, 9, 16), (6, 5, 28), (3, 8, 42), (2, 3, 24)] {
            let window = SlidingWindow { input: [h, w, c], output: [h, w, c], kernel: [3, 3], stride: 1, pad: [1, 1] };
            let (input, kernel, bias) = (noise(h * w * c, 1), noise(9 * c, 2), noise(c, 3));
            let wanted = naive(&window, &input, &kernel, &bias);
            for arch in every_width() {
                let rows = Depthwise3x3::new(w, &kernel, &bias, lanes(arch));
                assert_close(&rows.picture(arch, &input), &wanted, "row by row");
                let mut out = vec![f32::NAN; wanted.len()];
                Depthwise::new(window, &kernel, &bias, false).run(arch, &input, &mut out);
                assert_close(&out, &wanted, "any window");
            }
        }
    }

    #[test]
    fn a_stride_of_two_pads_below_and_to_the_right() {
        let window = SlidingWindow { input: [6, 8, 5], output: [3, 4, 5], kernel: [3, 3], stride: 2, pad: [0, 0] };
        let (input, kernel, bias) = (noise(6 * 8 * 5, 1), noise(45, 2), noise(5, 3));
        let mut out = vec![f32::NAN; 60];
        Depthwise::new(window, &kernel, &bias, true).run(Arch::new(), &input, &mut out);
        let wanted: Vec<f32> = naive(&window, &input, &kernel, &bias).into_iter().map(|v| v.max(0.0)).collect();
        assert_close(&out, &wanted, "stride 2");
    }
}
