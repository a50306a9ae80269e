//! Convolutions and matrices with spectral normalisation, where a network asks for it.
//!
//! The normalised kernel is a pure function of the weights and of the singular vectors kept beside them. Training moves the vectors on with `advance`, once
//! per step; frozen weights are divided once, when the layer is made.

use candle_core::{Result, Shape, Tensor};

use super::layers::{Convolution, Linear, SpectralNorm};
use super::ops::{self, Activation, Affine, FrozenConv};
use super::weights::{Scope, WeightsError};

/// What a convolution is like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvolutionSpec {
    /// Side of the kernel, 1 or 3.
    pub size: usize,
    /// Channels in and out.
    pub channels: [usize; 2],
    /// 1 or 2.
    pub stride: usize,
    /// What follows.
    pub activation: Activation,
    /// Size of fresh kernels, 1 for He's. Must not be 0 with spectral normalisation, which has nothing to divide by then.
    pub gain: f32,
    /// Whether the kernel is divided by its largest singular value.
    pub spectral: bool,
}

impl ConvolutionSpec {
    /// A linear 3 x 3 convolution that keeps the size.
    pub fn wide(from: usize, to: usize) -> Self {
        Self { size: 3, channels: [from, to], stride: 1, activation: Activation::Linear, gain: 1.0, spectral: false }
    }

    /// A linear 1 x 1 convolution.
    pub fn narrow(from: usize, to: usize) -> Self {
        Self { size: 1, ..Self::wide(from, to) }
    }

    /// The same followed by an activation.
    #[must_use]
    pub fn then(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// The same with a result of half the size.
    #[must_use]
    pub fn halving(self) -> Self {
        Self { stride: 2, ..self }
    }

    /// The same with fresh kernels of another size.
    #[must_use]
    pub fn gain(self, gain: f32) -> Self {
        Self { gain, ..self }
    }

    /// The same with spectral normalisation, or without.
    #[must_use]
    pub fn spectral(self, spectral: bool) -> Self {
        Self { spectral, ..self }
    }
}

/// A convolution with or without spectral normalisation (Miyato et al. 2018).
#[derive(Debug)]
pub struct SpectralConvolution {
    layer: Convolution,
    norm: Option<SpectralNorm>,
    stride: usize,
}

impl SpectralConvolution {
    /// The weights `kernel` and `bias` of the scope, with spectral normalisation also `left`.
    pub fn new(scope: &Scope<'_>, spec: &ConvolutionSpec) -> std::result::Result<Self, WeightsError> {
        let ConvolutionSpec { size, channels, stride, activation, gain, spectral } = *spec;
        let layer = Convolution::new(scope, size, channels, stride, activation, gain)?;
        let norm = if spectral { Some(SpectralNorm::new(scope, channels[1])?) } else { None };
        match norm {
            Some(norm) if !layer.kernel().is_variable() => {
                let layer = layer.with_kernel(norm.apply(layer.kernel(), false)?);
                Ok(Self { layer, norm: None, stride })
            }
            norm => Ok(Self { layer, norm, stride }),
        }
    }

    /// `[batch, height, width, from]` → `[batch, height / stride, width / stride, to]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.norm {
            Some(norm) => self.layer.with_kernel(norm.apply(self.layer.kernel(), false)?).forward(x),
            None => self.layer.forward(x),
        }
    }

    /// The layer as it is now, for pictures that come frame after frame.
    pub fn freeze(&self) -> Result<FrozenConv> {
        FrozenConv::new(&self.present_kernel()?, self.layer.bias(), self.stride, self.layer.activation(), None)
    }

    /// The same with a normalisation and its activation behind a linear layer.
    pub fn freeze_before(&self, after: &Affine, activation: Activation) -> Result<FrozenConv> {
        if self.layer.activation() != Activation::Linear {
            candle_core::bail!("a normalisation can only be joined to a linear layer");
        }
        FrozenConv::new(&self.present_kernel()?, self.layer.bias(), self.stride, activation, Some(after))
    }

    fn present_kernel(&self) -> Result<Tensor> {
        match &self.norm {
            Some(norm) => norm.apply(self.layer.kernel(), false),
            None => Ok(self.layer.kernel().clone()),
        }
    }

    /// One step of power iteration.
    pub fn advance(&self) -> Result<()> {
        match &self.norm {
            Some(norm) => norm.apply(&self.layer.kernel().detach(), true).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Floating point operations for one picture of `[height, width]`, a multiplication and an addition counted as two.
    pub fn flops(&self, [height, width]: [usize; 2]) -> Result<usize> {
        let kernel = self.layer.kernel();
        ops::conv_flops(&Shape::from((1, height, width, kernel.dim(2)?)), kernel.shape(), self.stride)
    }
}

/// A matrix with bias, with or without spectral normalisation.
#[derive(Debug)]
pub struct SpectralLinear {
    layer: Linear,
    norm: Option<SpectralNorm>,
}

impl SpectralLinear {
    /// The weights `matrix` and `bias` of the scope, with spectral normalisation also `left`; fresh numbers of the matrix have the given deviation, not 0.
    pub fn new(scope: &Scope<'_>, [from, to]: [usize; 2], deviation: f32, spectral: bool) -> std::result::Result<Self, WeightsError> {
        let layer = Linear::new(scope, from, to, deviation)?;
        let norm = if spectral { Some(SpectralNorm::new(scope, to)?) } else { None };
        match norm {
            Some(norm) if !layer.matrix().is_variable() => {
                Ok(Self { layer: layer.with_matrix(norm.apply(layer.matrix(), false)?), norm: None })
            }
            norm => Ok(Self { layer, norm }),
        }
    }

    /// `[batch, from]` → `[batch, to]`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.norm {
            Some(norm) => self.layer.with_matrix(norm.apply(self.layer.matrix(), false)?).forward(x),
            None => self.layer.forward(x),
        }
    }

    /// One step of power iteration.
    pub fn advance(&self) -> Result<()> {
        match &self.norm {
            Some(norm) => norm.apply(&self.layer.matrix().detach(), true).map(|_| ()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use candle_core::Device;

    use super::*;
    use crate::{Store, testing};

    #[test]
    fn a_settled_layer_is_no_longer_than_its_input_and_its_frozen_copy_is_the_same() -> anyhow::Result<()> {
        let store = Store::fresh(2, &Device::Cpu);
        let spec = ConvolutionSpec::narrow(6, 6).gain(5.0).spectral(true);
        let layer = SpectralConvolution::new(&store.scope(), &spec)?;
        for _ in 0..200 {
            layer.advance()?;
        }
        let x = testing::noise(&[1, 4, 4, 6], 3)?;
        let y = layer.forward(&x)?;
        let lengths = |t: &Tensor| t.sqr()?.sum(candle_core::D::Minus1)?.sqrt()?.flatten_all()?.to_vec1::<f32>();
        let longest = lengths(&y)?.iter().zip(lengths(&x)?).map(|(y, x)| y / x).fold(0.0, f32::max);
        assert!(longest < 1.001 && longest > 0.3, "a gain of at most 1, not {longest}");
        let weights: BTreeMap<String, Tensor> =
            store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().copy().unwrap())).collect();
        let frozen = SpectralConvolution::new(&Store::from_tensors(weights, false, &Device::Cpu).scope(), &spec)?;
        frozen.advance()?;
        assert_eq!(frozen.forward(&x)?.flatten_all()?.to_vec1::<f32>()?, y.flatten_all()?.to_vec1::<f32>()?, "frozen");
        Ok(())
    }

    #[test]
    fn only_advancing_moves_the_singular_vectors() -> anyhow::Result<()> {
        let store = Store::fresh(2, &Device::Cpu);
        let layer = SpectralLinear::new(&store.scope(), [5, 4], 1.0, true)?;
        let x = testing::noise(&[2, 5], 3)?;
        let output = || layer.forward(&x)?.flatten_all()?.to_vec1::<f32>();
        let before = output()?;
        assert_eq!(before, output()?, "forward leaves everything as it is");
        layer.advance()?;
        assert_ne!(before, output()?, "a better estimate of the largest singular value");
        Ok(())
    }

    #[test]
    fn operations_are_counted() -> anyhow::Result<()> {
        let store = Store::fresh(2, &Device::Cpu);
        let layer = SpectralConvolution::new(&store.scope(), &ConvolutionSpec::wide(3, 5).halving())?;
        assert_eq!(layer.flops([8, 6])?, 2 * 9 * 3 * 5 * 4 * 3, "two per multiplication and addition");
        Ok(())
    }
}
