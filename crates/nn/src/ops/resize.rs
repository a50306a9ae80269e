//! Changing the size of pictures: average pooling, nearest and bilinear enlargement, and the U-net's "enlarge and put beside".

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::access::{numbers, slice, tensor};
use super::plain;

/// Mean over squares of `factor` pixels: `[b, h, w, c]` → `[b, h / factor, w / factor, c]`. `factor` divides both sides.
pub fn average_pool(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (_, height, width, _) = x.dims4()?;
    if factor == 0 || height % factor != 0 || width % factor != 0 {
        bail!("{height} x {width} is not made of squares of {factor}");
    }
    if x.device().is_cpu() { x.contiguous()?.apply_op1(AveragePool { factor }) } else { plain::average_pool(x, factor) }
}

/// Every pixel `factor` times in both directions: `[b, h, w, c]` → `[b, factor h, factor w, c]`.
pub fn upsample_nearest(x: &Tensor, factor: usize) -> Result<Tensor> {
    if factor == 0 {
        bail!("an enlargement by 0");
    }
    if x.device().is_cpu() { x.contiguous()?.apply_op1(Nearest { factor }) } else { plain::upsample_nearest(x, factor) }
}

/// Twice the size, bilinear between pixel centres, the border repeated: `[b, h, w, c]` → `[b, 2 h, 2 w, c]`.
pub fn upsample_bilinear(x: &Tensor) -> Result<Tensor> {
    if x.device().is_cpu() { x.contiguous()?.apply_op1(Bilinear) } else { plain::upsample_bilinear(x) }
}

/// `low` enlarged twice (nearest) with `skip`'s channels behind its own: `[b, h, w, c]`, `[b, 2 h, 2 w, d]` → `[b, 2 h, 2 w, c + d]`.
pub fn upsample_beside(low: &Tensor, skip: &Tensor) -> Result<Tensor> {
    beside_shape(low.shape(), skip.shape())?;
    if low.device().is_cpu() {
        low.contiguous()?.apply_op2(&skip.contiguous()?, Beside)
    } else {
        Tensor::cat(&[&plain::upsample_nearest(low, 2)?, skip], 3)
    }
}

struct AveragePool {
    factor: usize,
}

impl CustomOp1 for AveragePool {
    fn name(&self) -> &'static str {
        "average-pool"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let out =
            sum_squares(slice(storage, layout)?, [batch, height, width, channels], self.factor, 1.0 / (self.factor * self.factor) as f32);
        Ok((CpuStorage::F32(out), (batch, height / self.factor, width / self.factor, channels).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let (batch, height, width, channels) = gradient.dims4()?;
        let spread = repeat(&numbers(&gradient)?, [batch, height, width, channels], self.factor, 1.0 / (self.factor * self.factor) as f32);
        Ok(Some(tensor(spread, x.shape())?))
    }
}

struct Nearest {
    factor: usize,
}

impl CustomOp1 for Nearest {
    fn name(&self) -> &'static str {
        "upsample-nearest"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let out = repeat(slice(storage, layout)?, [batch, height, width, channels], self.factor, 1.0);
        Ok((CpuStorage::F32(out), (batch, height * self.factor, width * self.factor, channels).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let (batch, height, width, channels) = gradient.dims4()?;
        Ok(Some(tensor(sum_squares(&numbers(&gradient)?, [batch, height, width, channels], self.factor, 1.0), x.shape())?))
    }
}

/// Sums of the squares of `factor` pixels, times `scale`.
fn sum_squares(x: &[f32], [batch, height, width, channels]: [usize; 4], factor: usize, scale: f32) -> Vec<f32> {
    let line = width / factor * channels;
    let mut out = vec![0.0_f32; batch * (height / factor) * line];
    out.par_chunks_mut(line.max(1)).enumerate().for_each(|(row, out)| {
        for y in 0..factor {
            let from = &x[(row * factor + y) * width * channels..][..width * channels];
            for (out, square) in out.chunks_exact_mut(channels).zip(from.chunks_exact(factor * channels)) {
                for pixel in square.chunks_exact(channels) {
                    out.iter_mut().zip(pixel).for_each(|(o, p)| *o += p);
                }
            }
        }
        for o in out.iter_mut() {
            *o *= scale;
        }
    });
    out
}

/// Every pixel `factor` times in both directions, times `scale`.
fn repeat(x: &[f32], [batch, height, width, channels]: [usize; 4], factor: usize, scale: f32) -> Vec<f32> {
    let line = width * factor * channels;
    let mut out = vec![0.0_f32; batch * height * factor * line];
    out.par_chunks_mut(line.max(1)).enumerate().for_each(|(row, out)| {
        let from = &x[row / factor * width * channels..][..width * channels];
        for (square, pixel) in out.chunks_exact_mut(factor * channels).zip(from.chunks_exact(channels)) {
            for copy in square.chunks_exact_mut(channels) {
                copy.iter_mut().zip(pixel).for_each(|(o, p)| *o = p * scale);
            }
        }
    });
    out
}

struct Bilinear;

/// The two sources of place `at` of a doubled side, the nearer one (weight 0.75) first.
pub fn neighbours(at: usize, side: usize) -> [usize; 2] {
    let near = at / 2;
    let far = if at.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(side - 1) };
    [near, far]
}

impl CustomOp1 for Bilinear {
    fn name(&self) -> &'static str {
        "upsample-bilinear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (batch, height, width, channels) = layout.shape().dims4()?;
        let x = slice(storage, layout)?;
        let one = (height * width * channels).max(1);
        let mut out = vec![0.0_f32; batch * 4 * one];
        out.par_chunks_mut(4 * one).zip(x.par_chunks(one)).for_each(|(out, x)| upsample_bilinear_into(x, [height, width, channels], out));
        Ok((CpuStorage::F32(out), (batch, 2 * height, 2 * width, channels).into()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let (batch, height, width, channels) = x.dims4()?;
        let gradient = gradient.contiguous()?;
        let one = (height * width * channels).max(1);
        let mut out = vec![0.0_f32; batch * one];
        out.par_chunks_mut(one)
            .zip(numbers(&gradient)?.par_chunks(4 * one))
            .for_each(|(out, g)| spread_bilinear(g, [height, width, channels], out));
        Ok(Some(tensor(out, x.shape())?))
    }
}

/// Adds one picture of `[height, width, channels]`, doubled, to `out`.
pub(super) fn upsample_bilinear_into(x: &[f32], [height, width, channels]: [usize; 3], out: &mut [f32]) {
    for (y, line) in out.chunks_exact_mut(2 * width * channels).enumerate() {
        let [near, far] = neighbours(y, height).map(|y| &x[y * width * channels..][..width * channels]);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let [a, b] = neighbours(x, width).map(|x| x * channels);
            for (c, value) in pixel.iter_mut().enumerate() {
                *value += 0.75 * (0.75 * near[a + c] + 0.25 * near[b + c]) + 0.25 * (0.75 * far[a + c] + 0.25 * far[b + c]);
            }
        }
    }
}

/// The transpose of [`upsample_bilinear_into`]: adds the gradient of the doubled picture to that of the small one.
pub(super) fn spread_bilinear(gradient: &[f32], [height, width, channels]: [usize; 3], out: &mut [f32]) {
    for (y, row) in gradient.chunks_exact(2 * width * channels).enumerate() {
        for (line, weight) in neighbours(y, height).into_iter().zip([0.75, 0.25]) {
            let out = &mut out[line * width * channels..][..width * channels];
            for (x, pixel) in row.chunks_exact(channels).enumerate() {
                for (at, across) in neighbours(x, width).into_iter().zip([0.75, 0.25]) {
                    let to = &mut out[at * channels..][..channels];
                    to.iter_mut().zip(pixel).for_each(|(o, p)| *o += weight * across * p);
                }
            }
        }
    }
}

fn beside_shape(low: &Shape, skip: &Shape) -> Result<[usize; 5]> {
    let (batch, height, width, channels) = low.dims4()?;
    let (other_batch, tall, wide, others) = skip.dims4()?;
    if batch != other_batch || tall != 2 * height || wide != 2 * width {
        bail!("{low:?} enlarged twice does not fit beside {skip:?}");
    }
    Ok([batch, height, width, channels, others])
}

struct Beside;

impl CustomOp2 for Beside {
    fn name(&self) -> &'static str {
        "upsample-beside"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let [batch, height, width, channels, others] = beside_shape(l1.shape(), l2.shape())?;
        let (low, skip) = (slice(s1, l1)?, slice(s2, l2)?);
        let (wide, both) = (2 * width, channels + others);
        let mut out = vec![0.0_f32; batch * 2 * height * wide * both];
        out.par_chunks_mut((wide * both).max(1)).enumerate().for_each(|(row, out)| {
            let low = &low[row / 2 * width * channels..][..width * channels];
            let skip = &skip[row * wide * others..][..wide * others];
            for (x, pixel) in out.chunks_exact_mut(both).enumerate() {
                let (head, tail) = pixel.split_at_mut(channels);
                head.copy_from_slice(&low[x / 2 * channels..][..channels]);
                tail.copy_from_slice(&skip[x * others..][..others]);
            }
        });
        Ok((CpuStorage::F32(out), (batch, 2 * height, wide, both).into()))
    }

    fn bwd(&self, low: &Tensor, skip: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [batch, height, width, channels, others] = beside_shape(low.shape(), skip.shape())?;
        let gradient = gradient.contiguous()?;
        let g = numbers(&gradient)?;
        let (wide, both) = (2 * width, channels + others);
        let mut to_low = vec![0.0_f32; batch * height * width * channels];
        let mut to_skip = vec![0.0_f32; batch * 2 * height * wide * others];
        let lines = to_low.par_chunks_mut((width * channels).max(1)).zip(to_skip.par_chunks_mut((2 * wide * others).max(1)));
        lines.enumerate().for_each(|(row, (low, skip))| {
            let rows = &g[row * 2 * wide * both..][..2 * wide * both];
            for (at, pixel) in rows.chunks_exact(both).enumerate() {
                let (head, tail) = pixel.split_at(channels);
                let to = &mut low[at % wide / 2 * channels..][..channels];
                to.iter_mut().zip(head).for_each(|(o, g)| *o += g);
                skip[at * others..][..others].copy_from_slice(tail);
            }
        });
        Ok((Some(tensor(to_low, low.shape())?), Some(tensor(to_skip, skip.shape())?)))
    }
}
