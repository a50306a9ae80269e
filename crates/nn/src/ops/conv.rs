//! Two-dimensional convolution with bias and activation, channels last.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::access::{numbers, slice, tensor};
use super::conv_gradient::backward_kernel;
use super::conv_kernels as kernels;
use super::plain;

/// What follows the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// Nothing.
    Linear,
    /// `max(x, 0) + slope min(x, 0)`; the slope is positive.
    LeakyRelu(f32),
}

impl Activation {
    /// Factor for negative numbers.
    pub fn negative_slope(self) -> f32 {
        match self {
            Self::Linear => 1.0,
            Self::LeakyRelu(slope) => slope,
        }
    }
}

/// `act(input * kernel + bias)` with zero padding of half the kernel.
///
/// `input` is `[batch, height, width, channels in]`, `kernel` is `[k, k, channels in, channels out]` with `k` 1 or 3, `bias` is `[channels out]`; the result is
/// `[batch, height / stride, width / stride, channels out]`. `stride` is 1 or 2 and divides height and width. All f32; on devices other than the CPU it is
/// composed of the library's own operations.
pub fn conv(input: &Tensor, kernel: &Tensor, bias: &Tensor, stride: usize, activation: Activation) -> Result<Tensor> {
    shape_of(input.shape(), kernel.shape(), bias.shape(), stride)?;
    if input.device().is_cpu() {
        input.contiguous()?.apply_op3(&kernel.contiguous()?, &bias.contiguous()?, Conv { stride, activation })
    } else {
        plain::conv(input, kernel, bias, stride, activation)
    }
}

/// Floating point operations of [`conv`], a multiplication and an addition counted as two.
pub fn conv_flops(input: &Shape, kernel: &Shape, stride: usize) -> Result<usize> {
    let channels_out = *kernel.dims().last().unwrap_or(&0);
    Ok(shape_of(input, kernel, &Shape::from(channels_out), stride)?.flops())
}

fn shape_of(input: &Shape, kernel: &Shape, bias: &Shape, stride: usize) -> Result<kernels::ConvShape> {
    let (batch, height, width, channels_in) = input.dims4()?;
    let (kh, kw, ki, channels_out) = kernel.dims4()?;
    let fits = kh == kw && matches!(kh, 1 | 3) && ki == channels_in && bias.dims() == [channels_out];
    if !fits || !matches!(stride, 1 | 2) || height % stride != 0 || width % stride != 0 {
        bail!("no convolution of {input:?} with {kernel:?} and bias {bias:?} at stride {stride}");
    }
    Ok(kernels::ConvShape { batch, input: [height, width], channels_in, channels_out, kernel: kh, stride })
}

struct Conv {
    stride: usize,
    activation: Activation,
}

impl CustomOp3 for Conv {
    fn name(&self) -> &'static str {
        "conv"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let shape = shape_of(l1.shape(), l2.shape(), l3.shape(), self.stride)?;
        let out = kernels::forward(&shape, slice(s1, l1)?, slice(s2, l2)?, slice(s3, l3)?, self.activation);
        let [height, width] = shape.output();
        Ok((CpuStorage::F32(out), (shape.batch, height, width, shape.channels_out).into()))
    }

    fn bwd(
        &self,
        input: &Tensor,
        kernel: &Tensor,
        bias: &Tensor,
        output: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let shape = shape_of(input.shape(), kernel.shape(), bias.shape(), self.stride)?;
        let gradient = gradient.contiguous()?;
        let reached = numbers(&gradient)?;
        let sums = kernels::gradient_of_sums(&shape, &numbers(output)?, &reached, self.activation);
        let of_input =
            if input.track_op() { Some(tensor(kernels::backward_input(&shape, &numbers(kernel)?, &sums), input.shape())?) } else { None };
        if !kernel.track_op() && !bias.track_op() {
            return Ok((of_input, None, None));
        }
        let (of_kernel, of_bias) = backward_kernel(&shape, &numbers(input)?, &sums);
        Ok((of_input, Some(tensor(of_kernel, kernel.shape())?), Some(tensor(of_bias, bias.shape())?)))
    }
}
