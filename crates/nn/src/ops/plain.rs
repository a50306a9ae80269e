//! The operations of this module composed of the library's own: what runs on devices without kernels of ours, and what ours are checked against.

use candle_core::{Result, Tensor};

use super::{Activation, Statistics};

fn activate(x: &Tensor, activation: Activation) -> Result<Tensor> {
    match activation {
        Activation::Linear => Ok(x.clone()),
        Activation::LeakyRelu(slope) => x.relu()? - (x.neg()?.relu()? * f64::from(slope))?,
    }
}

/// [`super::conv()`]: a sum of shifted matrix products.
pub(super) fn conv(input: &Tensor, kernel: &Tensor, bias: &Tensor, stride: usize, activation: Activation) -> Result<Tensor> {
    let (batch, height, width, channels_in) = input.dims4()?;
    let (size, _, _, channels_out) = kernel.dims4()?;
    let pad = size / 2;
    let padded = input.pad_with_zeros(1, pad, pad)?.pad_with_zeros(2, pad, pad)?;
    let (rows, columns) = (height / stride, width / stride);
    let mut sum: Option<Tensor> = None;
    for ky in 0..size {
        for kx in 0..size {
            let shifted = every(&every(&padded, 1, ky, rows, stride)?, 2, kx, columns, stride)?;
            let flat = shifted.contiguous()?.reshape((batch * rows * columns, channels_in))?;
            let tap = kernel.narrow(0, ky, 1)?.narrow(1, kx, 1)?.reshape((channels_in, channels_out))?;
            let part = flat.matmul(&tap)?;
            sum = Some(match sum {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
    }
    let Some(sum) = sum else { candle_core::bail!("a kernel without taps") };
    activate(&sum.broadcast_add(bias)?.reshape((batch, rows, columns, channels_out))?, activation)
}

/// Every `stride`-th of `count` places along a dimension, from `start`.
fn every(x: &Tensor, dim: usize, start: usize, count: usize, stride: usize) -> Result<Tensor> {
    if stride == 1 {
        return x.narrow(dim, start, count);
    }
    let reach = count * stride;
    let missing = (start + reach).saturating_sub(x.dim(dim)?);
    let x = x.pad_with_zeros(dim, 0, missing)?.narrow(dim, start, reach)?;
    let mut split = x.dims().to_vec();
    split[dim] = count;
    split.insert(dim + 1, stride);
    x.contiguous()?.reshape(split)?.narrow(dim + 1, 0, 1)?.squeeze(dim + 1)
}

/// [`super::average_pool`].
pub(super) fn average_pool(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    x.reshape((batch, height / factor, factor, width / factor, factor, channels))?.mean(4)?.mean(2)
}

/// [`super::upsample_nearest`].
pub(super) fn upsample_nearest(x: &Tensor, factor: usize) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let wide = x.reshape((batch, height, 1, width, 1, channels))?.broadcast_as((batch, height, factor, width, factor, channels))?;
    wide.contiguous()?.reshape((batch, height * factor, width * factor, channels))
}

/// [`super::upsample_bilinear`]: a matrix along each side.
pub(super) fn upsample_bilinear(x: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let tall = doubling(height, x)?.broadcast_as((batch, 2 * height, height))?.contiguous()?.matmul(&x.reshape((
        batch,
        height,
        width * channels,
    ))?)?;
    let tall = tall.reshape((batch * 2 * height, width, channels))?;
    let wide = doubling(width, x)?.broadcast_as((batch * 2 * height, 2 * width, width))?.contiguous()?.matmul(&tall)?;
    wide.reshape((batch, 2 * height, 2 * width, channels))
}

/// The matrix that doubles a side.
fn doubling(side: usize, like: &Tensor) -> Result<Tensor> {
    let mut matrix = vec![0.0_f32; 2 * side * side];
    for (at, row) in matrix.chunks_exact_mut(side).enumerate() {
        let near = at / 2;
        let far = if at.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(side - 1) };
        row[near] += 0.75;
        row[far] += 0.25;
    }
    Tensor::from_vec(matrix, (2 * side, side), like.device())
}

/// [`super::grid_sample`]: four gathers, weighted.
pub(super) fn grid_sample(image: &Tensor, flow: &Tensor) -> Result<Tensor> {
    let (batch, height, width, channels) = image.dims4()?;
    let (_, rows, columns, _) = flow.dims4()?;
    let device = image.device();
    let flat = image.reshape((batch, height * width, channels))?;
    let place = |component: usize, side: usize, cells: usize, across: bool| -> Result<[Tensor; 3]> {
        let centres: Vec<f32> = (0..cells).map(|at| (at as f32 + 0.5) * (side as f32 / cells as f32) - 0.5).collect();
        let centres = Tensor::from_vec(centres, if across { (1, 1, cells) } else { (1, cells, 1) }, device)?;
        let at = flow.narrow(3, component, 1)?.squeeze(3)?.broadcast_add(&centres)?.clamp(0.0, (side - 1) as f64)?;
        let low = at.detach().floor()?;
        let high = (&low + 1.0)?.clamp(0.0, (side - 1) as f64)?;
        let weight = (at - &low)?;
        Ok([low, high, weight])
    };
    let [x_low, x_high, x_weight] = place(0, width, columns, true)?;
    let [y_low, y_high, y_weight] = place(1, height, rows, false)?;
    let corner = |y: &Tensor, x: &Tensor, weight: &Tensor| -> Result<Tensor> {
        let index = ((y * width as f64)? + x)?.to_dtype(candle_core::DType::U32)?.reshape((batch, rows * columns, 1))?;
        let index = index.broadcast_as((batch, rows * columns, channels))?.contiguous()?;
        let picked = flat.contiguous()?.gather(&index, 1)?.reshape((batch, rows, columns, channels))?;
        picked.broadcast_mul(&weight.unsqueeze(3)?)
    };
    let (x_rest, y_rest) = ((1.0 - &x_weight)?, (1.0 - &y_weight)?);
    let upper = (corner(&y_low, &x_low, &(&x_rest * &y_rest)?)? + corner(&y_low, &x_high, &(&x_weight * &y_rest)?)?)?;
    let lower = (corner(&y_high, &x_low, &(&x_rest * &y_weight)?)? + corner(&y_high, &x_high, &(&x_weight * &y_weight)?)?)?;
    upper + lower
}

/// [`super::adain`].
pub(super) fn adain(
    x: &Tensor,
    scale: &Tensor,
    shift: &Tensor,
    statistics: Statistics,
    activation: Activation,
    epsilon: f64,
) -> Result<Tensor> {
    let (batch, height, width, channels) = x.dims4()?;
    let flat = x.reshape((batch, height * width, channels))?;
    let normal = if statistics == Statistics::Instance {
        let centred = flat.broadcast_sub(&flat.mean_keepdim(1)?)?;
        let variance = centred.sqr()?.mean_keepdim(1)?;
        centred.broadcast_div(&(variance + epsilon)?.sqrt()?)?
    } else {
        flat
    };
    let scaled = normal.broadcast_mul(&(scale.unsqueeze(1)? + 1.0)?)?.broadcast_add(&shift.unsqueeze(1)?)?;
    activate(&scaled.reshape(x.shape())?, activation)
}
