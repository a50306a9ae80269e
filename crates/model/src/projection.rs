//! The projection: from the embedding ê to ψ̂, every adaptive scale and shift of the generator (Zakharov et al. 2019).
//!
//! It is made once per portrait. The result is one flat vector that can be stored and, in fine-tuning, be learnt further in place of the projection.

use candle_core::{Result, Tensor};

use crate::nn::{Scope, SpectralLinear, StyleLayout, StyleVector, WeightsError};

/// Scales and shifts of a fresh projection are about this large for embeddings of numbers about 1: every person starts nearly alike.
const START: f32 = 0.1;

/// One matrix with bias.
#[derive(Debug)]
pub struct Projection {
    layer: SpectralLinear,
    layout: StyleLayout,
}

impl Projection {
    /// From embeddings of `numbers` numbers to the layers of a generator, which says its layout; takes the weights from a scope.
    pub fn new(scope: &Scope<'_>, numbers: usize, layout: &StyleLayout, spectral: bool) -> std::result::Result<Self, WeightsError> {
        let deviation = START / (numbers.max(1) as f32).sqrt();
        Ok(Self { layer: SpectralLinear::new(scope, [numbers, layout.numbers()], deviation, spectral)?, layout: layout.clone() })
    }

    /// `[persons, numbers]` → the style of each person.
    pub fn project(&self, embeddings: &Tensor) -> Result<StyleVector> {
        StyleVector::new(self.layer.forward(embeddings)?, &self.layout)
    }

    /// Steps of power iteration, if the matrix has spectral normalisation; see [`super::Embedder::advance_norms`].
    pub fn advance_norms(&self, steps: usize) -> Result<()> {
        (0..steps).try_for_each(|_| self.layer.advance())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::super::config::{GeneratorConfig, Preset, TextureConfig};
    use super::super::{GeneratorInput, GeneratorNet, LANDMARK_CHANNELS, WarpedSource};
    use super::*;
    use crate::nn::ops::Statistics;
    use crate::nn::{Adam, AdamSettings, Gradients, Store, testing};

    #[test]
    fn styles_fit_the_generator_and_can_be_stored() -> anyhow::Result<()> {
        let generator = GeneratorNet::new(&Store::fresh(1, &Device::Cpu).scope(), &GeneratorConfig::of(Preset::Retrato))?;
        for spectral in [false, true] {
            let store = Store::fresh(5, &Device::Cpu);
            let projection = Projection::new(&store.scope(), 512, generator.layout(), spectral)?;
            projection.advance_norms(5)?;
            let style = projection.project(&testing::noise(&[2, 512], 3)?)?;
            assert_eq!(style.flat().dims(), [2, generator.layout().numbers()], "all numbers for two persons");
            testing::assert_gradients(&store, &testing::score(style.flat())?.backward()?, |_| false)?;
            let first = style.flat().narrow(0, 0, 1)?.flatten_all()?.to_vec1::<f32>()?;
            let stored = StyleVector::from_numbers(&first, generator.layout(), &Device::Cpu)?;
            assert_eq!(stored.flat().flatten_all()?.to_vec1::<f32>()?, first, "as it was");
            let largest = first.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
            assert!(largest > 1e-3 && largest < 2.0, "a fresh projection asks for small changes, not {largest}");
        }
        Ok(())
    }

    /// Two persons with the same warped picture and the same landmarks: only the embedding says who is to be lighter and who darker.
    #[test]
    fn generator_and_projection_learn_who_is_who() -> anyhow::Result<()> {
        let config = TextureConfig { channels: [8, 8, 12], blocks: 1, refinements: 1, statistics: Statistics::None, spectral: false };
        let store = Store::fresh(9, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope().under("generator"), &GeneratorConfig::Texture(config))?;
        let projection = Projection::new(&store.scope().under("projection"), 16, generator.layout(), false)?;
        let twice = |t: Tensor| Tensor::cat(&[&t, &t], 0);
        let warped = twice(testing::picture(&[1, 16, 16, 3], 1)?.affine(0.5, 0.25)?)?;
        let visibility = twice(Tensor::ones((1, 16, 16, 1), candle_core::DType::F32, &Device::Cpu)?)?;
        let landmarks = twice(testing::picture(&[1, 8, 8, LANDMARK_CHANNELS], 2)?)?;
        let offset = Tensor::new(&[0.2_f32, -0.2], &Device::Cpu)?.reshape((2, 1, 1, 1))?;
        let target = warped.broadcast_add(&offset)?;
        let input = GeneratorInput { source: Some(WarpedSource { picture: warped, visibility }), landmarks };
        let embeddings = testing::noise(&[2, 16], 3)?;
        let loss = || -> anyhow::Result<Tensor> {
            let output = generator.forward(&input, &projection.project(&embeddings)?)?;
            Ok((output.picture - &target)?.sqr()?.mean_all()?)
        };
        let before = loss()?.to_scalar::<f32>()?;
        let mut adam = Adam::new(store.variables(), AdamSettings::default())?;
        for _ in 0..80 {
            adam.step(&Gradients::of(&loss()?.backward()?, &store.variables())?, 5e-3)?;
        }
        let after = loss()?.to_scalar::<f32>()?;
        assert!((before - 0.04).abs() < 1e-4, "it starts at the warped picture, off by {before}");
        assert!(after < 0.1 * before, "and tells the two apart: {after} of {before} is left");
        Ok(())
    }
}
