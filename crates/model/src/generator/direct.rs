//! The paper's generator: every pixel is drawn from the landmark image alone.
//!
//! Blocks that halve, with instance normalisation and coefficients of the network's own; residual blocks and blocks that double, with the person's.
//! Self-attention at an eighth of the size going down and at a quarter going up, 32 and 64 pixels for a picture of 256.

use candle_core::{Result, Tensor, bail};

use super::super::body::LEAK;
use super::super::config::DirectConfig;
use super::super::landmark_image::LANDMARK_CHANNELS;
use crate::nn::{
    ConvolutionSpec, NormSource, Normalisation, Resample, ResidualBlock, ResidualSpec, Scope, SelfAttention, SpectralConvolution,
    StyleLayout, StyleVector, WeightsError,
};

/// Attention follows this many blocks that halve, and this many that double.
const ATTENTION_AFTER: [usize; 2] = [3, 2];

#[derive(Debug)]
pub(super) struct Direct {
    down: Vec<ResidualBlock>,
    down_attention: SelfAttention,
    same: Vec<ResidualBlock>,
    up: Vec<ResidualBlock>,
    up_attention: SelfAttention,
    before_head: Normalisation,
    head: SpectralConvolution,
    /// Channels where attention works, going down and going up.
    attentive: [usize; 2],
}

impl Direct {
    pub(super) fn new(scope: &Scope<'_>, config: &DirectConfig, layout: &mut StyleLayout) -> std::result::Result<Self, WeightsError> {
        let DirectConfig { channels, statistics, spectral, .. } = *config;
        let [a, b, c, d] = channels;
        let spec = |from: usize, to: usize, resample: Resample, first: bool| ResidualSpec {
            channels: [from, to],
            resample,
            activation: LEAK,
            spectral,
            second_gain: 1.0,
            first,
        };
        let mut down = Vec::with_capacity(channels.len());
        for (n, [from, to]) in [[LANDMARK_CHANNELS, a], [a, b], [b, c], [c, d]].into_iter().enumerate() {
            let scope = scope.under(format_args!("down{}", n + 1));
            down.push(ResidualBlock::new(&scope, &spec(from, to, Resample::Down, n == 0), NormSource::Own(statistics))?);
        }
        let mut same = Vec::with_capacity(config.blocks);
        for n in 0..config.blocks {
            let scope = scope.under(format_args!("same{}", n + 1));
            let person = NormSource::Person(statistics, &mut *layout);
            same.push(ResidualBlock::new(&scope, &spec(d, d, Resample::Same, false), person)?);
        }
        let mut up = Vec::with_capacity(channels.len());
        for (n, [from, to]) in [[d, d], [d, c], [c, b], [b, a]].into_iter().enumerate() {
            let scope = scope.under(format_args!("up{}", n + 1));
            let person = NormSource::Person(statistics, &mut *layout);
            up.push(ResidualBlock::new(&scope, &spec(from, to, Resample::Up, false), person)?);
        }
        Ok(Self {
            down,
            down_attention: SelfAttention::new(&scope.under("down_attention"), c, spectral)?,
            same,
            up,
            up_attention: SelfAttention::new(&scope.under("up_attention"), c, spectral)?,
            before_head: Normalisation::new(&scope.under("before_head"), a, &mut NormSource::Person(statistics, layout), LEAK)?,
            head: SpectralConvolution::new(&scope.under("head"), &ConvolutionSpec::wide(a, 3).spectral(spectral))?,
            attentive: [c, c],
        })
    }

    /// Landmark images `[batch, h, w, LANDMARK_CHANNELS]` → RGB in 0..1, `[batch, h, w, 3]`; sides are multiples of 16.
    pub(super) fn forward(&self, landmarks: &Tensor, style: &StyleVector) -> Result<Tensor> {
        let (_, height, width, _) = landmarks.dims4()?;
        if height % 16 != 0 || width % 16 != 0 {
            bail!("landmark images of {height} x {width}: the sides must be multiples of 16");
        }
        let mut x = landmarks.clone();
        for (n, block) in self.down.iter().enumerate() {
            x = block.forward(&x, None)?;
            if n + 1 == ATTENTION_AFTER[0] {
                x = self.down_attention.forward(&x)?;
            }
        }
        for block in &self.same {
            x = block.forward(&x, Some(style))?;
        }
        for (n, block) in self.up.iter().enumerate() {
            x = block.forward(&x, Some(style))?;
            if n + 1 == ATTENTION_AFTER[1] {
                x = self.up_attention.forward(&x)?;
            }
        }
        let output = self.head.forward(&self.before_head.forward(&x, Some(style))?)?;
        // The logistic function by way of the hyperbolic tangent, whose far ends stay finite both ways.
        (output * 0.5)?.tanh()?.affine(0.5, 0.5)
    }

    pub(super) fn advance(&self) -> Result<()> {
        self.down.iter().chain(&self.same).chain(&self.up).try_for_each(ResidualBlock::advance)?;
        self.down_attention.advance()?;
        self.up_attention.advance()?;
        self.head.advance()
    }

    pub(super) fn flops(&self, size: [usize; 2]) -> Result<usize> {
        let (mut sum, mut size) = (0, size);
        for (n, block) in self.down.iter().enumerate() {
            let (flops, out) = block.flops(size)?;
            (sum, size) = (sum + flops, out);
            if n + 1 == ATTENTION_AFTER[0] {
                sum += self.down_attention.flops(size, self.attentive[0])?;
            }
        }
        for block in &self.same {
            sum += block.flops(size)?.0;
        }
        for (n, block) in self.up.iter().enumerate() {
            let (flops, out) = block.flops(size)?;
            (sum, size) = (sum + flops, out);
            if n + 1 == ATTENTION_AFTER[1] {
                sum += self.up_attention.flops(size, self.attentive[1])?;
            }
        }
        Ok(sum + self.head.flops(size)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::super::config::{GeneratorConfig, Preset, Width};
    use super::super::{GeneratorInput, GeneratorNet};
    use super::*;
    use crate::nn::ops::Statistics;
    use crate::nn::{Store, testing};

    #[test]
    fn every_weight_and_every_number_of_the_style_learns() -> anyhow::Result<()> {
        let config = DirectConfig { channels: [4, 4, 8, 8], blocks: 1, statistics: Statistics::Instance, spectral: true };
        let store = Store::fresh(6, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope(), &GeneratorConfig::Direct(config))?;
        generator.advance_norms(3)?;
        testing::wake(&store)?;
        let flat = Var::from_tensor(&(testing::noise(&[2, generator.layout().numbers()], 4)? * 0.3)?)?;
        let style = StyleVector::new(flat.as_tensor().clone(), generator.layout())?;
        let input = GeneratorInput { source: None, landmarks: testing::picture(&[2, 32, 48, LANDMARK_CHANNELS], 3)? };
        let picture = generator.forward(&input, &style)?.picture;
        assert_eq!(picture.dims(), [2, 32, 48, 3], "as large as the landmark image");
        assert!(picture.flatten_all()?.to_vec1::<f32>()?.iter().all(|v| (0.0..=1.0).contains(v)), "colours in 0..1");
        let gradients = testing::score(&picture)?.backward()?;
        // Instance normalisation takes off the mean, and with it the bias of the convolution before it; behind the last attention that holds for the skips
        // too. A key's bias drops out of the softmax.
        let last =
            ["up_attention.value.bias", "up_attention.output.bias", "up3.second.bias", "up3.skip.bias", "up4.second.bias", "up4.skip.bias"];
        let idle = |name: &str| name.ends_with("first.bias") || name.ends_with("key.bias") || last.contains(&name);
        testing::assert_gradients(&store, &gradients, idle)?;
        let gradient = gradients.get(&flat).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite() && *v != 0.0)), "each number of the style counts");
        Ok(())
    }

    #[test]
    fn the_full_generator_has_the_papers_size_and_narrow_ones_are_cheaper() -> anyhow::Result<()> {
        let store = Store::fresh(6, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope(), &GeneratorConfig::of(Preset::Paper))?;
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((36.0..38.0).contains(&millions), "{millions} million parameters, the paper says 38");
        let numbers = generator.layout().numbers();
        assert!((13_000..15_500).contains(&numbers), "a style of {numbers} numbers");
        let multiplications = |width: Width| -> anyhow::Result<f32> {
            let generator = GeneratorNet::new(&Store::fresh(6, &Device::Cpu).scope(), &GeneratorConfig::Direct(DirectConfig::of(width)))?;
            Ok(generator.flops([256, 256])? as f32 / 2e9)
        };
        let full = generator.flops([256, 256])? as f32 / 2e9;
        let (half, quarter) = (multiplications(Width::Half)?, multiplications(Width::Quarter)?);
        assert!((44.0..56.0).contains(&full), "{full} billion multiplications at full width");
        assert!((11.0..14.5).contains(&half) && (2.8..4.0).contains(&quarter), "{half} and {quarter} at half and quarter width");
        Ok(())
    }

    #[test]
    fn odd_sizes_are_refused() -> anyhow::Result<()> {
        let config = DirectConfig { channels: [4, 4, 8, 8], blocks: 1, statistics: Statistics::Instance, spectral: false };
        let generator = GeneratorNet::new(&Store::fresh(6, &Device::Cpu).scope(), &GeneratorConfig::Direct(config))?;
        let style = StyleVector::neutral(generator.layout(), &Device::Cpu)?;
        let input = GeneratorInput { source: None, landmarks: testing::picture(&[1, 24, 32, LANDMARK_CHANNELS], 3)? };
        assert!(generator.forward(&input, &style).is_err(), "24 is no multiple of 16");
        Ok(())
    }
}
