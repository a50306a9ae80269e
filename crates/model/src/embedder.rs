//! The embedder: from pictures of one head to a vector that says who it is (Zakharov et al. 2019).
//!
//! Each picture is seen with its landmark image, so that the vector can leave out the pose; the vectors of several pictures are averaged.

use candle_core::{Result, Tensor, bail};

use super::body::{LEAK, ResidualBody, beside_landmarks, channels_beside_landmarks, sum_of_places};
use super::config::{BodyConfig, EmbedderConfig};
use crate::nn::{ConvolutionSpec, Scope, SpectralConvolution, SpectralLinear, WeightsError};

/// The embedder's layers.
#[derive(Debug)]
pub struct Embedder {
    body: Body,
    share: usize,
}

#[derive(Debug)]
enum Body {
    /// Strided convolutions, mean over all places, a matrix.
    Light { layers: Vec<SpectralConvolution>, output: SpectralLinear },
    /// The paper's: the sum over all places of the last block is the vector itself.
    Residual(ResidualBody),
}

impl Embedder {
    /// Takes the weights from a scope. A residual body's last block must have as many channels as the vector has numbers.
    pub fn new(scope: &Scope<'_>, config: &EmbedderConfig) -> std::result::Result<Self, WeightsError> {
        let share = config.body.landmark_share();
        let mut from = channels_beside_landmarks(share);
        let body = match &config.body {
            BodyConfig::Light { channels } => {
                let mut layers = Vec::with_capacity(channels.len());
                for (n, to) in channels.iter().enumerate() {
                    let spec = ConvolutionSpec::wide(from, *to).halving().then(LEAK).spectral(config.spectral);
                    layers.push(SpectralConvolution::new(&scope.under(format_args!("down{}", n + 1)), &spec)?);
                    from = *to;
                }
                let deviation = (from as f32).sqrt().recip();
                Body::Light {
                    layers,
                    output: SpectralLinear::new(&scope.under("output"), [from, config.numbers], deviation, config.spectral)?,
                }
            }
            BodyConfig::Residual { channels, attention_after } => {
                if channels.last() != Some(&config.numbers) {
                    return Err(candle_core::Error::Msg(format!(
                        "an embedder of {channels:?} channels gives no {} numbers",
                        config.numbers
                    ))
                    .into());
                }
                Body::Residual(ResidualBody::new(scope, from, channels, *attention_after, config.spectral)?)
            }
        };
        Ok(Self { body, share })
    }

    /// A vector for each picture: pictures `[n, h, w, 3]` in 0..1 and landmark images (of the size that [`BodyConfig::landmark_share`] says) → `[n, numbers]`.
    /// The sides are multiples of 32 (light) or 64 (paper).
    pub fn embed(&self, pictures: &Tensor, landmarks: &Tensor) -> Result<Tensor> {
        let mut x = beside_landmarks(pictures, landmarks, self.share)?;
        match &self.body {
            Body::Light { layers, output } => {
                for layer in layers {
                    x = layer.forward(&x)?;
                }
                output.forward(&x.mean(2)?.mean(1)?)
            }
            Body::Residual(body) => match body.forward(&x)?.last() {
                Some(last) => sum_of_places(last),
                None => bail!("an embedder without blocks"),
            },
        }
    }

    /// The mean over each head's pictures: `[heads * pictures, numbers]`, the pictures of one head behind each other → `[heads, numbers]`.
    pub fn mean(vectors: &Tensor, pictures: usize) -> Result<Tensor> {
        let (count, numbers) = vectors.dims2()?;
        if pictures == 0 || count % pictures != 0 {
            bail!("{count} vectors are not those of {pictures} pictures a head");
        }
        vectors.reshape((count / pictures, pictures, numbers))?.mean(1)
    }

    /// Steps of power iteration in every layer with spectral normalisation: one before each step of training, some dozens for fresh weights.
    pub fn advance_norms(&self, steps: usize) -> Result<()> {
        (0..steps).try_for_each(|_| match &self.body {
            Body::Light { layers, output } => {
                layers.iter().try_for_each(SpectralConvolution::advance)?;
                output.advance()
            }
            Body::Residual(body) => body.advance(),
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::super::LANDMARK_CHANNELS;
    use super::super::config::Preset;
    use super::*;
    use crate::nn::{Store, testing};

    fn small_paper() -> EmbedderConfig {
        let body = BodyConfig::Residual { channels: vec![4, 4, 8, 8, 8, 8], attention_after: 3 };
        EmbedderConfig { body, numbers: 8, spectral: true }
    }

    #[test]
    fn every_weight_learns_and_pictures_do_not_touch_each_other() -> anyhow::Result<()> {
        for (config, side, share) in [(EmbedderConfig::of(Preset::Retrato), 64, 2), (small_paper(), 64, 1)] {
            let store = Store::fresh(5, &Device::Cpu);
            let embedder = Embedder::new(&store.scope(), &config)?;
            embedder.advance_norms(3)?;
            testing::wake(&store)?;
            let pictures = testing::picture(&[3, side, side, 3], 1)?;
            let landmarks = testing::picture(&[3, side / share, side / share, LANDMARK_CHANNELS], 2)?;
            let vectors = embedder.embed(&pictures, &landmarks)?;
            assert_eq!(vectors.dims(), [3, config.numbers], "a vector each");
            // A key's bias drops out of the softmax.
            testing::assert_gradients(&store, &testing::score(&vectors)?.backward()?, |name| name == "attention.key.bias")?;
            let alone = embedder.embed(&pictures.narrow(0, 1, 1)?, &landmarks.narrow(0, 1, 1)?)?;
            let difference = (alone - vectors.narrow(0, 1, 1)?)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
            assert!(difference < 1e-5, "the same picture among others: {difference}");
        }
        Ok(())
    }

    #[test]
    fn the_mean_is_over_the_pictures_of_one_head() -> Result<()> {
        let vectors = Tensor::new(&[[1.0_f32, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 0.0]], &Device::Cpu)?;
        assert_eq!(Embedder::mean(&vectors, 2)?.to_vec2::<f32>()?, [[2.0, 3.0], [6.0, 3.0]], "two heads");
        assert_eq!(Embedder::mean(&vectors, 4)?.to_vec2::<f32>()?, [[4.0, 3.0]], "one head");
        assert!(Embedder::mean(&vectors, 3).is_err() && Embedder::mean(&vectors, 0).is_err(), "no whole heads");
        Ok(())
    }

    #[test]
    fn the_papers_embedder_has_the_papers_size() -> anyhow::Result<()> {
        let store = Store::fresh(5, &Device::Cpu);
        Embedder::new(&store.scope(), &EmbedderConfig::of(Preset::Paper))?;
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((14.8..15.1).contains(&millions), "{millions} million parameters, the paper says 15");
        let store = Store::fresh(5, &Device::Cpu);
        Embedder::new(&store.scope(), &EmbedderConfig::of(Preset::Retrato))?;
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((0.4..0.7).contains(&millions), "{millions} million parameters of the light one");
        Ok(())
    }

    #[test]
    fn a_body_that_gives_another_vector_is_refused() {
        let store = Store::fresh(5, &Device::Cpu);
        let config = EmbedderConfig { numbers: 9, ..small_paper() };
        assert!(Embedder::new(&store.scope(), &config).is_err(), "8 channels, 9 numbers");
    }
}
