//! Convolution with any window: every kernel row meets one contiguous run of numbers, so nothing is unfolded.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use pulp::{Arch, Simd, WithSimd};

use super::dispatch;
use super::product::{FusedActivation, PackedWeights, ResidualInput};
use crate::aligned::Aligned;
use crate::model::SlidingWindow;

/// A convolution, its bias, a sum with another tensor and an activation.
#[derive(Debug)]
pub(crate) struct Conv2d {
    window: SlidingWindow,
    packed: PackedWeights,
    /// One padded row for each row of the kernel; empty where the window never leaves the picture.
    padded: Aligned,
}

impl Conv2d {
    /// `kernel` is `[out, height, width, in]`.
    pub(crate) fn new(window: SlidingWindow, kernel: &[f32], bias: &[f32], activation: &FusedActivation, lanes: usize) -> Self {
        let packed = PackedWeights::new(kernel, bias, activation, lanes);
        let reach = |axis: usize| (window.output[axis] - 1) * window.stride + window.kernel[axis];
        let inside = window.pad == [0, 0] && (0..2).all(|axis| reach(axis) <= window.input[axis]);
        let padded = if inside { Aligned::default() } else { Aligned::zeros(window.kernel[0] * Self::padded_row(&window)) };
        Self { window, packed, padded }
    }

    /// Numbers in a padded row.
    fn padded_row(window: &SlidingWindow) -> usize {
        let reach = (window.output[1] - 1) * window.stride + window.kernel[1];
        reach.max(window.pad[1] + window.input[1]) * window.input[2]
    }

    pub(crate) fn run(&mut self, arch: Arch, input: &[f32], residual: Option<ResidualInput<'_>>, out: &mut [f32]) {
        dispatch(arch, Run { convolution: self, input, residual, out });
    }

    pub(crate) fn describe(&self) -> String {
        let SlidingWindow { kernel: [kh, kw], input: [h, w, i], output: [.., o], stride, .. } = self.window;
        format!("convolution {kh}x{kw}/{stride} {i}->{o} at {h}x{w}")
    }
}

struct Run<'a> {
    convolution: &'a mut Conv2d,
    input: &'a [f32],
    residual: Option<ResidualInput<'a>>,
    out: &'a mut [f32],
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { convolution: Conv2d { window, packed, padded }, input, residual, out } = self;
        let [height, width, channels] = window.input;
        let [out_height, out_width, columns] = window.output;
        let [kh, kw] = window.kernel;
        if kh * kw * window.stride == 1 {
            packed.multiply(simd, &[input], channels, height * width, out, residual);
            return;
        }
        let row = width * channels;
        let padded_row = padded.len() / kh;
        let margin = window.pad[1] * channels;
        let mut rows: [&[f32]; 8] = [&[]; 8];
        let mut copied = 0;
        for (y, out) in out.chunks_exact_mut(out_width * columns).enumerate().take(out_height) {
            let first = y * window.stride;
            if padded.is_empty() {
                for ky in 0..kh {
                    rows[ky] = &input[(first + ky) * row..][..row];
                }
            } else {
                // Rows that the window above has seen are still there.
                for padded_y in copied.max(first)..first + kh {
                    let to = &mut padded[padded_y % kh * padded_row + margin..][..row];
                    match padded_y.checked_sub(window.pad[0]).filter(|y| *y < height) {
                        Some(y) => to.copy_from_slice(&input[y * row..][..row]),
                        None => to.fill(0.0),
                    }
                }
                copied = first + kh;
                for ky in 0..kh {
                    rows[ky] = &padded[(first + ky) % kh * padded_row..][..padded_row];
                }
            }
            let residual =
                residual.map(|r| ResidualInput { values: &r.values[y * out_width * r.channels..][..out_width * r.channels], ..r });
            packed.multiply(simd, &rows[..kh], window.stride * channels, out_width, out, residual);
            rows = [&[]; 8];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{assert_close, every_width, lanes, noise};
    use super::*;

    /// The definition, number by number.
    fn naive(
        window: &SlidingWindow,
        input: &[f32],
        kernel: &[f32],
        bias: &[f32],
        residual: Option<ResidualInput<'_>>,
        activation: &FusedActivation,
    ) -> Vec<f32> {
        let ([h, w, c], [oh, ow, n], [kh, kw]) = (window.input, window.output, window.kernel);
        let mut out = Vec::new();
        for (p, o) in (0..oh * ow).flat_map(|p| (0..n).map(move |o| (p, o))) {
            let mut sum = bias[o];
            for (ky, kx, i) in (0..kh).flat_map(|ky| (0..kw).flat_map(move |kx| (0..c).map(move |i| (ky, kx, i)))) {
                let y = (p / ow * window.stride + ky).wrapping_sub(window.pad[0]);
                let x = (p % ow * window.stride + kx).wrapping_sub(window.pad[1]);
                if y < h && x < w {
                    sum += input[(y * w + x) * c + i] * kernel[((o * kh + ky) * kw + kx) * c + i];
                }
            }
            sum += residual.filter(|r| o < r.channels).map_or(0.0, |r| r.values[p * r.channels + o]);
            out.push(match activation {
                FusedActivation::Linear => sum,
                FusedActivation::Relu => sum.max(0.0),
                FusedActivation::Prelu(slopes) => {
                    if sum < 0.0 {
                        sum * slopes[o]
                    } else {
                        sum
                    }
                }
            });
        }
        out
    }

    #[test]
    fn every_window_is_as_defined_at_odd_sizes_and_all_vector_widths() {
        let window = |input: [usize; 3], kernel: usize, stride: usize, same: bool, channels: usize| {
            let output: [usize; 2] = [0, 1].map(|a| if same { input[a].div_ceil(stride) } else { (input[a] - kernel) / stride + 1 });
            let pad = [0, 1].map(|a| if same { ((output[a] - 1) * stride + kernel).saturating_sub(input[a]) / 2 } else { 0 });
            SlidingWindow { input, output: [output[0], output[1], channels], kernel: [kernel; 2], stride, pad }
        };
        let windows = [
            window([5, 7, 3], 1, 1, true, 1),
            window([4, 19, 8], 1, 1, false, 16),
            window([3, 9, 16], 1, 1, false, 8),
            window([7, 5, 11], 1, 1, true, 33),
            window([3, 3, 5], 1, 1, true, 48),
            window([9, 10, 3], 3, 2, true, 16),
            window([11, 12, 2], 5, 2, true, 24),
            window([8, 6, 4], 2, 2, false, 17),
            window([2, 2, 6], 2, 1, false, 35),
            window([6, 5, 3], 3, 1, true, 7),
        ];
        for (seed, window) in windows.iter().enumerate() {
            let [h, w, c] = window.input;
            let [oh, ow, n] = window.output;
            let input = noise(h * w * c, seed as u32);
            let kernel = noise(n * window.kernel[0] * window.kernel[1] * c, 7);
            let (bias, slopes) = (noise(n, 8), noise(n, 9));
            for activation in [FusedActivation::Linear, FusedActivation::Relu, FusedActivation::Prelu(slopes)] {
                for channels in [0, n, n.div_ceil(2)] {
                    let added = noise(oh * ow * channels, 10);
                    let residual = (channels > 0).then_some(ResidualInput { values: &added, channels });
                    let wanted = naive(window, &input, &kernel, &bias, residual, &activation);
                    for arch in every_width() {
                        let mut convolution = Conv2d::new(*window, &kernel, &bias, &activation, lanes(arch));
                        let mut out = vec![f32::NAN; oh * ow * n];
                        convolution.run(arch, &input, residual, &mut out);
                        assert_close(&out, &wanted, &convolution.describe());
                    }
                }
            }
        }
    }
}
