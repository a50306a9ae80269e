//! The generator that mends the warped source: a U-net at a half, a quarter and an eighth of the picture's size.
//!
//! The picture comes in unshuffled and leaves shuffled, so that no convolution works at full size. A mask that cannot close and a last layer that starts at
//! nothing keep it from learning either nothing or everything: what is learnt is a change to the warped picture.

use candle_core::{D, Result, Tensor};

use super::super::body::{LEAK, beside_landmarks};
use super::super::config::TextureConfig;
use super::super::landmark_image::LANDMARK_CHANNELS;
use super::super::warped::WarpedSource;
use super::{Blend, GeneratorOutput};
use crate::nn::ops::{self, Statistics};
use crate::nn::{
    ConvolutionSpec, NormSource, Normalisation, Resample, ResidualBlock, ResidualSpec, Scope, SpectralConvolution, StyleLayout,
    StyleVector, WeightsError,
};

/// Pixels of the picture for one of the landmark image, along each side.
pub(super) const SHARE: usize = 2;
/// The mask does not fall below this.
pub const MASK_FLOOR: f64 = 0.25;
/// Numbers of a pixel of the output: RGB and the mask.
pub(super) const RESULTS: usize = 4;

#[derive(Debug)]
pub(super) struct Texture {
    pub half: SpectralConvolution,
    pub down4: SpectralConvolution,
    pub same4: SpectralConvolution,
    pub down8: SpectralConvolution,
    pub blocks: Vec<ResidualBlock>,
    pub narrow4: SpectralConvolution,
    pub refine4: Refinement,
    pub narrow2: SpectralConvolution,
    pub refine2: Vec<Refinement>,
    pub before_head: Normalisation,
    pub head: SpectralConvolution,
}

/// `x + convolve(act(x * (1 + scale) + shift))`: detail in the person's own colours.
#[derive(Debug)]
pub(super) struct Refinement {
    pub before: Normalisation,
    pub layer: SpectralConvolution,
}

impl Refinement {
    fn forward(&self, x: &Tensor, style: &StyleVector) -> Result<Tensor> {
        x + self.layer.forward(&self.before.forward(x, Some(style))?)?
    }
}

impl Texture {
    pub(super) fn new(scope: &Scope<'_>, config: &TextureConfig, layout: &mut StyleLayout) -> std::result::Result<Self, WeightsError> {
        let TextureConfig { channels: [a, b, c], statistics, spectral, .. } = *config;
        let layer = |name: &str, spec: ConvolutionSpec| SpectralConvolution::new(&scope.under(name), &spec.spectral(spectral));
        let half = layer("half", ConvolutionSpec::wide(4 * SHARE * SHARE + LANDMARK_CHANNELS, a).then(LEAK))?;
        let down4 = layer("down4", ConvolutionSpec::wide(a, b).halving().then(LEAK))?;
        let same4 = layer("same4", ConvolutionSpec::wide(b, b).then(LEAK).gain(0.5))?;
        let down8 = layer("down8", ConvolutionSpec::wide(b, c).halving())?;
        let mut blocks = Vec::with_capacity(config.blocks);
        for n in 0..config.blocks {
            let spec =
                ResidualSpec { channels: [c, c], resample: Resample::Same, activation: LEAK, spectral, second_gain: 0.3, first: false };
            let person = NormSource::Person(statistics, &mut *layout);
            blocks.push(ResidualBlock::new(&scope.under(format_args!("block{}", n + 1)), &spec, person)?);
        }
        let narrow4 = layer("narrow4", ConvolutionSpec::narrow(c, b).gain(0.5))?;
        let refine4 = refinement(&scope.under("refine4"), b, spectral, statistics, layout)?;
        let narrow2 = layer("narrow2", ConvolutionSpec::narrow(b, a).gain(0.5))?;
        let mut refine2 = Vec::with_capacity(config.refinements);
        for n in 0..config.refinements {
            refine2.push(refinement(&scope.under(format_args!("refine2.{}", n + 1)), a, spectral, statistics, layout)?);
        }
        let before_head = Normalisation::new(&scope.under("before_head"), a, &mut NormSource::Person(statistics, layout), LEAK)?;
        // Never spectral: it starts at nothing, so that a fresh generator gives the warped picture back.
        let head = SpectralConvolution::new(&scope.under("head"), &ConvolutionSpec::wide(a, RESULTS * SHARE * SHARE).gain(0.0))?;
        Ok(Self { half, down4, same4, down8, blocks, narrow4, refine4, narrow2, refine2, before_head, head })
    }

    pub(super) fn forward(&self, source: &WarpedSource, landmarks: &Tensor, style: &StyleVector) -> Result<GeneratorOutput> {
        let half = self.half.forward(&beside_landmarks(&source.channels()?, landmarks, SHARE)?)?;
        let quarter = self.down4.forward(&half)?;
        let quarter = (self.same4.forward(&quarter)? + quarter)?;
        let mut x = self.down8.forward(&quarter)?;
        for block in &self.blocks {
            x = block.forward(&x, Some(style))?;
        }
        x = (ops::upsample_nearest(&self.narrow4.forward(&x)?, 2)? + quarter)?;
        x = self.refine4.forward(&x, style)?;
        x = (ops::upsample_nearest(&self.narrow2.forward(&x)?, 2)? + half)?;
        for refine in &self.refine2 {
            x = refine.forward(&x, style)?;
        }
        let output = ops::pixel_shuffle(&self.head.forward(&self.before_head.forward(&x, Some(style))?)?)?;
        // The logistic function by way of the hyperbolic tangent, whose far ends stay finite both ways.
        let open = (output.narrow(D::Minus1, 3, 1)? * 0.5)?.tanh()?.affine(0.5, 0.5)?;
        let mask = open.affine(1.0 - MASK_FLOOR, MASK_FLOOR)?;
        let change = output.narrow(D::Minus1, 0, 3)?.tanh()?.broadcast_mul(&mask)?;
        Ok(GeneratorOutput { picture: (&source.picture + &change)?, blend: Some(Blend { mask, change }) })
    }

    pub(super) fn advance(&self) -> Result<()> {
        self.blocks.iter().try_for_each(ResidualBlock::advance)?;
        let plain = [&self.half, &self.down4, &self.same4, &self.down8, &self.narrow4, &self.refine4.layer, &self.narrow2, &self.head];
        plain.into_iter().chain(self.refine2.iter().map(|r| &r.layer)).try_for_each(SpectralConvolution::advance)
    }

    pub(super) fn flops(&self, [height, width]: [usize; 2]) -> Result<usize> {
        let [half, quarter, eighth] = [2, 4, 8].map(|share| [height / share, width / share]);
        let mut sum = self.half.flops(half)? + self.down4.flops(half)? + self.same4.flops(quarter)? + self.down8.flops(quarter)?;
        for block in &self.blocks {
            sum += block.flops(eighth)?.0;
        }
        sum += self.narrow4.flops(eighth)? + self.refine4.layer.flops(quarter)? + self.narrow2.flops(quarter)? + self.head.flops(half)?;
        for refine in &self.refine2 {
            sum += refine.layer.flops(half)?;
        }
        Ok(sum)
    }
}

fn refinement(
    scope: &Scope<'_>,
    channels: usize,
    spectral: bool,
    statistics: Statistics,
    layout: &mut StyleLayout,
) -> std::result::Result<Refinement, WeightsError> {
    let before = Normalisation::new(&scope.under("before"), channels, &mut NormSource::Person(statistics, layout), LEAK)?;
    let gain = 0.5;
    let layer = SpectralConvolution::new(&scope.under("layer"), &ConvolutionSpec::wide(channels, channels).gain(gain).spectral(spectral))?;
    Ok(Refinement { before, layer })
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::super::config::{GeneratorConfig, Preset};
    use super::super::{GeneratorInput, GeneratorNet};
    use super::*;
    use crate::nn::{Store, testing};

    fn small(statistics: Statistics, spectral: bool) -> GeneratorConfig {
        GeneratorConfig::Texture(TextureConfig { channels: [8, 8, 12], blocks: 2, refinements: 2, statistics, spectral })
    }

    fn input(batch: usize, height: usize, width: usize) -> Result<GeneratorInput> {
        let source = WarpedSource {
            picture: testing::picture(&[batch, height, width, 3], 1)?,
            visibility: testing::picture(&[batch, height, width, 1], 2)?,
        };
        Ok(GeneratorInput { source: Some(source), landmarks: testing::picture(&[batch, height / 2, width / 2, LANDMARK_CHANNELS], 3)? })
    }

    /// A style as a projection of fresh weights would give.
    fn style(generator: &GeneratorNet, persons: usize) -> Result<(Var, StyleVector)> {
        let flat = Var::from_tensor(&(testing::noise(&[persons, generator.layout().numbers()], 4)? * 0.3)?)?;
        let style = StyleVector::new(flat.as_tensor().clone(), generator.layout())?;
        Ok((flat, style))
    }

    #[test]
    fn a_fresh_generator_gives_the_warped_picture_back_at_any_size() -> anyhow::Result<()> {
        let store = Store::fresh(6, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope(), &GeneratorConfig::of(Preset::Retrato))?;
        let (_, style) = style(&generator, 1)?;
        for (batch, height, width) in [(1, 8, 8), (2, 24, 40), (1, 112, 112)] {
            let input = input(batch, height, width)?;
            let output = generator.forward(&input, &style)?;
            let warped = input.source.as_ref().map(|s| s.picture.flatten_all()?.to_vec1::<f32>()).transpose()?;
            assert_eq!(Some(output.picture.flatten_all()?.to_vec1::<f32>()?), warped, "{height} x {width}");
            let gradients = testing::score(&output.picture)?.backward()?;
            let variables = store.variables();
            assert!(gradients.get(&variables["head.kernel"]).is_some(), "and the last layer can learn");
        }
        Ok(())
    }

    #[test]
    fn every_weight_and_every_number_of_the_style_learns() -> anyhow::Result<()> {
        for (statistics, spectral) in [(Statistics::None, false), (Statistics::Instance, true)] {
            let store = Store::fresh(6, &Device::Cpu);
            let generator = GeneratorNet::new(&store.scope(), &small(statistics, spectral))?;
            generator.advance_norms(3)?;
            testing::wake(&store)?;
            let (flat, style) = style(&generator, 2)?;
            let input = input(2, 16, 24)?;
            let output = generator.forward(&input, &style)?;
            let Some(blend) = &output.blend else { panic!("the texture path says how it blends") };
            let masks = blend.mask.flatten_all()?.to_vec1::<f32>()?;
            assert!(masks.iter().all(|m| (0.25..=1.0).contains(m)), "the mask stays between its floor and 1");
            let gradients = testing::score(&output.picture)?.backward()?;
            // Instance normalisation takes off every mean, and with it every bias that no activation stands behind.
            let behind_activation = ["half.bias", "down4.bias", "same4.bias", "head.bias"];
            let idle = |name: &str| {
                statistics == Statistics::Instance && name.rsplit('.').next() == Some("bias") && !behind_activation.contains(&name)
            };
            testing::assert_gradients(&store, &gradients, idle)?;
            let gradient = gradients.get(&flat).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
            assert!(gradient.is_some_and(|g| g.iter().all(|v| v.is_finite() && *v != 0.0)), "each number of the style counts");
        }
        Ok(())
    }

    #[test]
    fn without_statistics_a_crop_gives_what_the_whole_picture_gives() -> anyhow::Result<()> {
        let difference = |statistics: Statistics| -> anyhow::Result<f32> {
            let store = Store::fresh(6, &Device::Cpu);
            let generator = GeneratorNet::new(&store.scope(), &small(statistics, false))?;
            testing::wake(&store)?;
            let (_, style) = style(&generator, 1)?;
            let whole = input(1, 160, 160)?;
            let crop = |t: &Tensor, share: usize| t.narrow(1, 16 / share, 128 / share)?.narrow(2, 16 / share, 128 / share)?.contiguous();
            let source = whole
                .source
                .as_ref()
                .map(|s| Ok::<_, candle_core::Error>(WarpedSource { picture: crop(&s.picture, 1)?, visibility: crop(&s.visibility, 1)? }));
            let part = GeneratorInput { source: source.transpose()?, landmarks: crop(&whole.landmarks, 2)? };
            // Far enough from the crop's border that its zeros do not reach: 64 pixels with two blocks.
            let middle = |t: &Tensor, first: usize| t.narrow(1, first, 8)?.narrow(2, first, 8);
            let a = middle(&generator.forward(&whole, &style)?.picture, 76)?;
            let b = middle(&generator.forward(&part, &style)?.picture, 60)?;
            Ok((a - b)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?)
        };
        let (without, with) = (difference(Statistics::None)?, difference(Statistics::Instance)?);
        assert!(without < 1e-5, "a crop differs by {without}");
        assert!(with > 1e-4, "and with statistics it does not hold ({with}), so the test can fail");
        Ok(())
    }

    #[test]
    fn a_missing_source_or_anothers_style_is_refused() -> anyhow::Result<()> {
        let store = Store::fresh(6, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope(), &small(Statistics::None, false))?;
        let (_, style) = style(&generator, 1)?;
        let none = GeneratorInput { source: None, ..input(1, 8, 8)? };
        assert!(generator.forward(&none, &style).is_err(), "no warped source");
        let small_landmarks = GeneratorInput { landmarks: testing::picture(&[1, 2, 2, LANDMARK_CHANNELS], 3)?, ..input(1, 8, 8)? };
        assert!(generator.forward(&small_landmarks, &style).is_err(), "a landmark image of another size");
        let other = StyleVector::new(testing::noise(&[3, generator.layout().numbers()], 4)?, generator.layout())?;
        assert!(generator.forward(&input(2, 8, 8)?, &other).is_err(), "three persons for two pictures");
        Ok(())
    }

    #[test]
    fn the_shipped_generator_fits_real_time() -> anyhow::Result<()> {
        let store = Store::fresh(6, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope(), &GeneratorConfig::of(Preset::Retrato))?;
        // 3x3 convolutions as [places, from, to, how many], counted by hand; then the two 1x1.
        let wide = [
            [16384, 23, 32, 1],
            [4096, 32, 64, 1],
            [4096, 64, 64, 2],
            [1024, 64, 128, 1],
            [1024, 128, 128, 8],
            [16384, 32, 32, 2],
            [16384, 32, 16, 1],
        ];
        let expected = wide.iter().map(|[places, from, to, count]| 2 * 9 * places * from * to * count).sum::<usize>()
            + 2 * (1024 * 128 * 64 + 4096 * 64 * 32);
        assert_eq!(generator.flops([256, 256])?, expected, "as counted by hand");
        let giga = expected as f32 / 1e9;
        assert!((4.2..4.5).contains(&giga), "{giga} GFLOP for a picture of 256 x 256");
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((1.3..1.5).contains(&millions), "{millions} million parameters");
        Ok(())
    }
}
