//! Self-attention between the places of a picture (Zhang et al. 2019): what is far apart, as the two eyes, can agree.

use candle_core::{D, Result, Tensor};

use super::ops;
use super::spectral::{ConvolutionSpec, SpectralConvolution};
use super::weights::{Initial, Scope, WeightsError};

/// Queries and keys have this share of the channels.
const NARROW: usize = 8;
/// Keys and values are averages over squares of this many pixels, which keeps the table of all pairs small.
const POOL: usize = 2;

/// `x + gamma * attention(x)`; gamma is learnt and starts at 0, so that a fresh layer changes nothing.
#[derive(Debug)]
pub struct SelfAttention {
    query: SpectralConvolution,
    key: SpectralConvolution,
    value: SpectralConvolution,
    output: SpectralConvolution,
    gamma: Tensor,
}

impl SelfAttention {
    /// For pictures of `channels` channels.
    pub fn new(scope: &Scope<'_>, channels: usize, spectral: bool) -> std::result::Result<Self, WeightsError> {
        let (narrow, half) = ((channels / NARROW).max(1), (channels / 2).max(1));
        let layer = |name: &str, from: usize, to: usize| {
            SpectralConvolution::new(&scope.under(name), &ConvolutionSpec::narrow(from, to).spectral(spectral))
        };
        Ok(Self {
            query: layer("query", channels, narrow)?,
            key: layer("key", channels, narrow)?,
            value: layer("value", channels, half)?,
            output: layer("output", half, channels)?,
            gamma: scope.weight("gamma", 1, Initial::Constant(0.0))?,
        })
    }

    /// `[batch, height, width, channels]` → the same shape; height and width are even.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, height, width, _) = x.dims4()?;
        let places = |t: &Tensor| t.reshape((batch, (), t.dim(D::Minus1)?));
        let low = ops::average_pool(x, POOL)?;
        let (query, key, value) =
            (places(&self.query.forward(x)?)?, places(&self.key.forward(&low)?)?, places(&self.value.forward(&low)?)?);
        let likeness = query.matmul(&key.t()?.contiguous()?)?;
        // The library's own softmax has no gradient. Taking off the largest keeps the exponential finite and changes nothing.
        let raised = likeness.broadcast_sub(&likeness.detach().max_keepdim(D::Minus1)?)?.exp()?;
        let seen = raised.matmul(&value)?.broadcast_div(&raised.sum_keepdim(D::Minus1)?)?;
        let seen = self.output.forward(&seen.reshape((batch, height, width, seen.dim(D::Minus1)?))?)?;
        x + seen.broadcast_mul(&self.gamma)?
    }

    /// One step of power iteration in every layer.
    pub fn advance(&self) -> Result<()> {
        [&self.query, &self.key, &self.value, &self.output].into_iter().try_for_each(SpectralConvolution::advance)
    }

    /// Floating point operations for one picture of `[height, width]`.
    pub fn flops(&self, [height, width]: [usize; 2], channels: usize) -> Result<usize> {
        let low = [height / POOL, width / POOL];
        let pairs = height * width * low[0] * low[1];
        let products = 2 * pairs * ((channels / NARROW).max(1) + (channels / 2).max(1));
        Ok(products
            + self.query.flops([height, width])?
            + self.key.flops(low)?
            + self.value.flops(low)?
            + self.output.flops([height, width])?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::{Store, testing};

    #[test]
    fn a_fresh_layer_changes_nothing_and_only_gamma_learns() -> anyhow::Result<()> {
        let store = Store::fresh(4, &Device::Cpu);
        let layer = SelfAttention::new(&store.scope(), 8, true)?;
        let x = testing::noise(&[2, 4, 6, 8], 1)?;
        let y = layer.forward(&x)?;
        assert_eq!(y.flatten_all()?.to_vec1::<f32>()?, x.flatten_all()?.to_vec1::<f32>()?, "gamma starts at 0");
        let gradients = testing::score(&y)?.backward()?;
        testing::assert_gradients(&store, &gradients, |name| name != "gamma")?;
        Ok(())
    }

    #[test]
    fn with_equal_keys_every_place_sees_the_mean() -> anyhow::Result<()> {
        let store = Store::fresh(4, &Device::Cpu);
        let layer = SelfAttention::new(&store.scope(), 8, false)?;
        let variables = store.variables();
        variables["gamma"].set(&Tensor::new(&[1.0_f32], &Device::Cpu)?)?;
        variables["key.kernel"].set(&variables["key.kernel"].zeros_like()?)?;
        let x = testing::noise(&[1, 4, 4, 8], 1)?;
        let seen = (layer.forward(&x)? - &x)?.reshape((16, 8))?;
        let mean = layer.output.forward(&layer.value.forward(&x.mean_keepdim(1)?.mean_keepdim(2)?)?)?.reshape((1, 8))?;
        let worst = seen.broadcast_sub(&mean)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
        assert!(worst < 1e-5, "off by {worst}");
        Ok(())
    }

    #[test]
    fn gradients_reach_every_weight_and_have_the_right_slope() -> anyhow::Result<()> {
        for spectral in [false, true] {
            let store = Store::fresh(4, &Device::Cpu);
            let layer = SelfAttention::new(&store.scope(), 8, spectral)?;
            testing::wake(&store)?;
            let x = Var::from_tensor(&testing::noise(&[2, 4, 4, 8], 1)?)?;
            let loss = || testing::score(&layer.forward(&x)?);
            // A bias on all keys adds the same to every likeness of a query, which the softmax does not see.
            testing::assert_gradients(&store, &loss()?.backward()?, |name| name == "key.bias")?;
            testing::assert_slope("input", &x, 1e-2, loss)?;
            if !spectral {
                testing::assert_slope("query", &store.variables()["query.kernel"], 1e-2, loss)?;
                testing::assert_slope("key", &store.variables()["key.kernel"], 1e-2, loss)?;
            }
        }
        Ok(())
    }

    #[test]
    fn large_numbers_stay_finite() -> anyhow::Result<()> {
        let store = Store::fresh(4, &Device::Cpu);
        let layer = SelfAttention::new(&store.scope(), 8, false)?;
        testing::wake(&store)?;
        let y = layer.forward(&(testing::noise(&[1, 4, 4, 8], 1)? * 1e3)?)?;
        assert!(y.flatten_all()?.to_vec1::<f32>()?.iter().all(|v| v.is_finite()), "the exponential must not overflow");
        Ok(())
    }
}
