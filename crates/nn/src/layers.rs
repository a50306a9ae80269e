//! Layers: an operation together with its weights.

use candle_core::{Result, Tensor, Var};

use super::ops::{self, Activation, FrozenConv};
use super::weights::{Initial, Scope, WeightsError};

/// A convolution with bias and activation; see [`ops::conv`].
#[derive(Clone, Debug)]
pub struct Convolution {
    kernel: Tensor,
    bias: Tensor,
    stride: usize,
    activation: Activation,
}

/// Deviation of fresh weights that keeps the variance of what passes (He et al. 2015), `fan_in` numbers going into one.
fn he_deviation(fan_in: usize, activation: Activation) -> f32 {
    let slope = activation.negative_slope();
    (2.0 / (1.0 + slope * slope) / fan_in.max(1) as f32).sqrt()
}

impl Convolution {
    /// A `size` x `size` convolution (1 or 3) with the weights `kernel` and `bias` of the scope; fresh ones are `gain` times He's.
    pub fn new(
        scope: &Scope<'_>,
        size: usize,
        channels: [usize; 2],
        stride: usize,
        activation: Activation,
        gain: f32,
    ) -> std::result::Result<Self, WeightsError> {
        let [from, to] = channels;
        let deviation = gain * he_deviation(size * size * from, activation);
        let kernel = scope.weight("kernel", (size, size, from, to), Initial::Normal(deviation))?;
        let bias = scope.weight("bias", to, Initial::Constant(0.0))?;
        Ok(Self { kernel, bias, stride, activation })
    }

    /// `[batch, height, width, from]` → `[batch, height / stride, width / stride, to]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::conv(x, &self.kernel, &self.bias, self.stride, self.activation)
    }

    /// The layer as it is now, for pictures that come frame after frame.
    pub fn freeze(&self) -> Result<FrozenConv> {
        FrozenConv::new(&self.kernel, &self.bias, self.stride, self.activation, None)
    }

    /// The kernel, `[size, size, from, to]`.
    pub fn kernel(&self) -> &Tensor {
        &self.kernel
    }

    /// The bias, `[to]`.
    pub fn bias(&self) -> &Tensor {
        &self.bias
    }

    /// What follows the sum.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The same layer with another kernel, as spectral normalisation needs it.
    #[must_use]
    pub fn with_kernel(&self, kernel: Tensor) -> Self {
        Self { kernel, ..self.clone() }
    }

    /// The same layer with another start for its bias; only for fresh weights.
    pub fn set_bias(&self, values: &[f32]) -> Result<()> {
        if self.bias.is_variable() {
            Var::from_tensor(&self.bias)?.set(&Tensor::new(values, self.bias.device())?)?;
        }
        Ok(())
    }
}

/// A matrix with bias.
#[derive(Clone, Debug)]
pub struct Linear {
    matrix: Tensor,
    bias: Tensor,
}

impl Linear {
    /// The weights `matrix` and `bias` of the scope; fresh numbers of the matrix have the given deviation.
    pub fn new(scope: &Scope<'_>, from: usize, to: usize, deviation: f32) -> std::result::Result<Self, WeightsError> {
        let matrix = scope.weight("matrix", (from, to), Initial::Normal(deviation))?;
        let bias = scope.weight("bias", to, Initial::Constant(0.0))?;
        Ok(Self { matrix, bias })
    }

    /// `[batch, from]` → `[batch, to]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.matrix)?.broadcast_add(&self.bias)
    }

    /// The matrix, `[from, to]`.
    pub fn matrix(&self) -> &Tensor {
        &self.matrix
    }

    /// The same layer with another matrix, as spectral normalisation needs it.
    #[must_use]
    pub fn with_matrix(&self, matrix: Tensor) -> Self {
        Self { matrix, bias: self.bias.clone() }
    }
}

/// Spectral normalisation (Miyato et al. 2018): a kernel divided by its largest singular value, which power iteration follows from step to step.
#[derive(Debug)]
pub struct SpectralNorm {
    /// Left singular vector so far; part of the state that a checkpoint keeps.
    left: Tensor,
}

impl SpectralNorm {
    /// For kernels with this many output channels, with a start drawn by the scope under `left`.
    pub fn new(scope: &Scope<'_>, channels_out: usize) -> std::result::Result<Self, WeightsError> {
        Ok(Self { left: scope.weight("left", channels_out, Initial::Normal(1.0))? })
    }

    /// `kernel / sigma`; `advance` makes one step of power iteration first, as training does.
    ///
    /// The gradient passes through sigma with the singular vectors held fixed.
    pub fn apply(&self, kernel: &Tensor, advance: bool) -> Result<Tensor> {
        let channels_out = self.left.dim(0)?;
        let matrix = kernel.reshape((kernel.elem_count() / channels_out, channels_out))?;
        let still = matrix.detach();
        let unit = |v: &Tensor| v.broadcast_div(&(v.sqr()?.sum_all()?.sqrt()? + 1e-12)?);
        let mut left = unit(&self.left.detach().unsqueeze(1)?)?;
        let right = unit(&still.matmul(&left)?)?;
        if advance {
            left = unit(&still.t()?.contiguous()?.matmul(&right)?)?;
            if self.left.is_variable() {
                Var::from_tensor(&self.left)?.set(&left.squeeze(1)?.contiguous()?)?;
            }
        }
        let sigma = right.t()?.contiguous()?.matmul(&matrix)?.matmul(&left)?.reshape(())?;
        kernel.broadcast_div(&(sigma + 1e-12)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::Store;

    #[test]
    fn spectral_norm_finds_the_largest_singular_value() -> anyhow::Result<()> {
        let store = Store::fresh(3, &Device::Cpu);
        let norm = SpectralNorm::new(&store.scope(), 2)?;
        // Singular values 5 and 2.
        let kernel = Tensor::new(&[[3.0_f32, 0.0], [4.0, 0.0], [0.0, 2.0]], &Device::Cpu)?.reshape((1, 1, 3, 2))?;
        for _ in 0..30 {
            norm.apply(&kernel, true)?;
        }
        let normalised = norm.apply(&kernel, false)?.flatten_all()?.to_vec1::<f32>()?;
        let expected = [0.6, 0.0, 0.8, 0.0, 0.0, 0.4];
        assert!(normalised.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "divided by 5: {normalised:?}");
        Ok(())
    }

    #[test]
    fn a_bias_can_be_given_a_start() -> anyhow::Result<()> {
        let store = Store::fresh(3, &Device::Cpu);
        let layer = Convolution::new(&store.scope(), 1, [2, 2], 1, Activation::Linear, 0.0)?;
        layer.set_bias(&[1.0, -2.0])?;
        let y = layer.forward(&Tensor::zeros((1, 1, 1, 2), candle_core::DType::F32, &Device::Cpu)?)?;
        assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, [1.0, -2.0], "the output is the bias");
        Ok(())
    }
}
