//! The projection discriminator (Miyato and Koyama 2018, as Zakharov et al. 2019 use it): does this picture show this person with these landmarks?
//!
//! A picture's vector v is weighed against the person's: `r = v · (W_i + w0) + b`. `W_i` is learnt for each identity, or, where identities come and go as those of
//! a stream of synthetic heads do, is a vector from outside such as the embedding.

use candle_core::{Result, Tensor, bail};

use super::body::{LEAK, ResidualBody, beside_landmarks, channels_beside_landmarks, sum_of_places};
use super::config::{BodyConfig, DiscriminatorConfig};
use crate::nn::{
    ConvolutionSpec, Initial, NormSource, Resample, ResidualBlock, ResidualSpec, Scope, SpectralConvolution, SpectralLinear, WeightsError,
};

/// Whose picture it is said to be.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'a> {
    /// Number of the identity of each picture, below the number of identities that the discriminator was made for.
    Known(&'a [u32]),
    /// A vector for each picture, `[batch, numbers]`: an embedding, or in fine-tuning a variable that starts as one.
    Vector(&'a Tensor),
}

/// What the discriminator says.
#[derive(Clone, Debug)]
pub struct DiscriminatorOutput {
    /// `[batch, places]`, higher is more real: one number for the paper's, one for each place of a coarse grid for the light one.
    pub score: Tensor,
    /// Features of the layers from fine to coarse, for feature matching.
    pub features: Vec<Tensor>,
}

/// The discriminator's layers.
#[derive(Debug)]
pub struct Discriminator {
    body: DiscriminatorBody,
    share: usize,
    numbers: usize,
    /// W, `[identities, numbers]`.
    persons: Option<Tensor>,
    /// w0, `[numbers]`.
    anyone: Tensor,
    /// b.
    bias: Tensor,
}

#[derive(Debug)]
enum DiscriminatorBody {
    /// For crops: strided convolutions, a score for every place, and the vector from the mean over all places.
    Light { layers: Vec<SpectralConvolution>, places: SpectralConvolution, vector: SpectralLinear },
    /// The paper's: the embedder's body and one residual block more, whose sum over all places is the vector.
    Residual { body: Box<ResidualBody>, last: Box<ResidualBlock> },
}

impl Discriminator {
    /// Takes the weights from a scope; with 0 identities there are no learnt ones. Every layer has spectral normalisation, the persons' vectors have none: they are
    /// matched with embeddings, which have their own length.
    pub fn new(scope: &Scope<'_>, config: &DiscriminatorConfig, identities: usize) -> std::result::Result<Self, WeightsError> {
        let share = config.body.landmark_share();
        let numbers = config.numbers;
        let deviation = (numbers.max(1) as f32).sqrt().recip();
        let persons = match identities {
            0 => None,
            _ => Some(scope.weight("persons", (identities, numbers), Initial::Normal(deviation))?),
        };
        Ok(Self {
            body: DiscriminatorBody::new(scope, &config.body, numbers)?,
            share,
            numbers,
            persons,
            anyone: scope.weight("anyone", numbers, Initial::Normal(deviation))?,
            bias: scope.weight("bias", 1, Initial::Constant(0.0))?,
        })
    }

    /// Looks at pictures `[batch, h, w, 3]` in 0..1 with their landmark images (of the size that [`BodyConfig::landmark_share`] says). Sides are multiples of 8
    /// (light) or 64 (paper).
    pub fn forward(&self, pictures: &Tensor, landmarks: &Tensor, person: Condition<'_>) -> Result<DiscriminatorOutput> {
        let input = beside_landmarks(pictures, landmarks, self.share)?;
        let persons = self.vectors(person)?;
        let (vector, features, places) = self.body.forward(&input)?;
        if persons.dims() != vector.dims() {
            bail!("persons of {:?} for pictures of {:?}", persons.shape(), vector.shape());
        }
        let weights = persons.broadcast_add(&self.anyone)?;
        let whole = (vector * weights)?.sum_keepdim(1)?.broadcast_add(&self.bias)?;
        let score = match places {
            Some(places) => places.broadcast_add(&(whole / (self.numbers as f64).sqrt())?)?,
            None => whole,
        };
        Ok(DiscriminatorOutput { score, features })
    }

    /// The vectors of persons, `[batch, numbers]`: what embeddings are matched with.
    pub fn vectors(&self, person: Condition<'_>) -> Result<Tensor> {
        match (person, &self.persons) {
            (Condition::Vector(vectors), _) => Ok(vectors.clone()),
            (Condition::Known(numbers), Some(persons)) => {
                let known = persons.dim(0)?;
                if let Some(stranger) = numbers.iter().find(|n| **n as usize >= known) {
                    bail!("identity {stranger} of {known}");
                }
                persons.index_select(&Tensor::new(numbers, persons.device())?, 0)
            }
            (Condition::Known(_), None) => bail!("this discriminator knows no identities"),
        }
    }

    /// Steps of power iteration in every layer; see [`super::Embedder::advance_norms`].
    pub fn advance_norms(&self, steps: usize) -> Result<()> {
        (0..steps).try_for_each(|_| match &self.body {
            DiscriminatorBody::Light { layers, places, vector } => {
                layers.iter().chain([places]).try_for_each(SpectralConvolution::advance)?;
                vector.advance()
            }
            DiscriminatorBody::Residual { body, last } => {
                body.advance()?;
                last.advance()
            }
        })
    }
}

impl DiscriminatorBody {
    fn new(scope: &Scope<'_>, config: &BodyConfig, numbers: usize) -> std::result::Result<Self, WeightsError> {
        let mut from = channels_beside_landmarks(config.landmark_share());
        match config {
            BodyConfig::Light { channels } => {
                let mut layers = Vec::with_capacity(channels.len());
                for (n, to) in channels.iter().enumerate() {
                    let spec = ConvolutionSpec::wide(from, *to).then(LEAK).spectral(true);
                    // The first keeps the half size, so that fine strokes are seen; the last works at the size of the one before it.
                    let spec = if n == 0 || n > 2 { spec } else { spec.halving() };
                    layers.push(SpectralConvolution::new(&scope.under(format_args!("layer{}", n + 1)), &spec)?);
                    from = *to;
                }
                let deviation = (from as f32).sqrt().recip();
                Ok(Self::Light {
                    layers,
                    places: SpectralConvolution::new(&scope.under("places"), &ConvolutionSpec::wide(from, 1).spectral(true))?,
                    vector: SpectralLinear::new(&scope.under("vector"), [from, numbers], deviation, true)?,
                })
            }
            BodyConfig::Residual { channels, attention_after } => {
                if channels.last() != Some(&numbers) {
                    return Err(
                        candle_core::Error::Msg(format!("a discriminator of {channels:?} channels gives no {numbers} numbers")).into()
                    );
                }
                let spec = ResidualSpec {
                    channels: [numbers, numbers],
                    resample: Resample::Same,
                    activation: LEAK,
                    spectral: true,
                    second_gain: 1.0,
                    first: false,
                };
                Ok(Self::Residual {
                    body: ResidualBody::new(scope, from, channels, *attention_after, true)?.into(),
                    last: ResidualBlock::new(&scope.under("last"), &spec, NormSource::None)?.into(),
                })
            }
        }
    }

    /// The vector `[batch, numbers]`, the features, and of the light body a score for every place, `[batch, places]`.
    fn forward(&self, input: &Tensor) -> Result<(Tensor, Vec<Tensor>, Option<Tensor>)> {
        match self {
            Self::Light { layers, places, vector } => {
                let mut features: Vec<Tensor> = Vec::with_capacity(layers.len());
                for layer in layers {
                    features.push(layer.forward(features.last().unwrap_or(input))?);
                }
                let last = features.last().unwrap_or(input);
                Ok((vector.forward(&last.mean(2)?.mean(1)?)?, features.clone(), Some(places.forward(last)?.flatten_from(1)?)))
            }
            Self::Residual { body, last } => {
                let mut features = body.forward(input)?;
                let y = last.forward(features.last().unwrap_or(input), None)?;
                let vector = sum_of_places(&y)?;
                features.push(y);
                Ok((vector, features, None))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::LANDMARK_CHANNELS;
    use super::super::config::Preset;
    use super::*;
    use crate::nn::{Store, testing};

    fn configs() -> [DiscriminatorConfig; 2] {
        let light = BodyConfig::Light { channels: vec![8, 8, 12, 12] };
        let residual = BodyConfig::Residual { channels: vec![4, 4, 8, 8, 8, 8], attention_after: 3 };
        [DiscriminatorConfig { body: light, numbers: 8 }, DiscriminatorConfig { body: residual, numbers: 8 }]
    }

    fn inputs(config: &DiscriminatorConfig, batch: usize, side: usize) -> Result<(Tensor, Tensor)> {
        let small = side / config.body.landmark_share();
        Ok((testing::picture(&[batch, side, side, 3], 1)?, testing::picture(&[batch, small, small, LANDMARK_CHANNELS], 2)?))
    }

    #[test]
    fn every_weight_learns_and_so_can_the_picture() -> anyhow::Result<()> {
        for (config, places) in configs().into_iter().zip([64, 1]) {
            let store = Store::fresh(7, &Device::Cpu);
            let discriminator = Discriminator::new(&store.scope(), &config, 2)?;
            discriminator.advance_norms(3)?;
            testing::wake(&store)?;
            let (pictures, landmarks) = inputs(&config, 3, 64)?;
            let pictures = Var::from_tensor(&pictures)?;
            let output = discriminator.forward(&pictures, &landmarks, Condition::Known(&[1, 0, 1]))?;
            assert_eq!(output.score.dims(), [3, places], "a score for every place");
            let gradients = testing::score(&output.score)?.backward()?;
            // A key's bias drops out of the softmax.
            testing::assert_gradients(&store, &gradients, |name| name == "attention.key.bias")?;
            assert!(gradients.get(&pictures).is_some(), "the generator learns through the picture");
        }
        Ok(())
    }

    #[test]
    fn the_score_is_the_formula_for_known_and_for_given_persons() -> anyhow::Result<()> {
        let [_, config] = configs();
        let store = Store::fresh(7, &Device::Cpu);
        let discriminator = Discriminator::new(&store.scope(), &config, 2)?;
        let (pictures, landmarks) = inputs(&config, 2, 64)?;
        let known = discriminator.forward(&pictures, &landmarks, Condition::Known(&[1, 0]))?;
        let vectors = discriminator.vectors(Condition::Known(&[1, 0]))?;
        let given = discriminator.forward(&pictures, &landmarks, Condition::Vector(&vectors))?.score;
        assert_eq!(known.score.to_vec2::<f32>()?, given.to_vec2::<f32>()?, "the same vectors from outside");
        let Some(last) = known.features.last() else { panic!("there are features") };
        let v = last.sum(2)?.sum(1)?.relu()?.to_vec2::<f32>()?;
        let (w, w0) = (vectors.to_vec2::<f32>()?, discriminator.anyone.to_vec1::<f32>()?);
        for (picture, score) in known.score.to_vec2::<f32>()?.iter().enumerate() {
            let by_hand: f32 = (0..8).map(|k| v[picture][k] * (w[picture][k] + w0[k])).sum();
            assert!((by_hand - score[0]).abs() < 1e-4 * by_hand.abs().max(1.0), "picture {picture}: {by_hand}, not {}", score[0]);
        }
        Ok(())
    }

    #[test]
    fn another_person_gets_another_score() -> anyhow::Result<()> {
        for config in configs() {
            let store = Store::fresh(7, &Device::Cpu);
            let discriminator = Discriminator::new(&store.scope(), &config, 2)?;
            let (pictures, landmarks) = inputs(&config, 1, 64)?;
            let score = |who: u32| -> anyhow::Result<f32> {
                Ok(discriminator.forward(&pictures, &landmarks, Condition::Known(&[who]))?.score.mean_all()?.to_scalar::<f32>()?)
            };
            assert_ne!(score(0)?.to_bits(), score(1)?.to_bits(), "the person matters");
        }
        Ok(())
    }

    #[test]
    fn strangers_and_wrong_vectors_are_refused() -> anyhow::Result<()> {
        let [config, _] = configs();
        let (pictures, landmarks) = inputs(&config, 2, 16)?;
        let store = Store::fresh(7, &Device::Cpu);
        let discriminator = Discriminator::new(&store.scope(), &config, 2)?;
        assert!(discriminator.forward(&pictures, &landmarks, Condition::Known(&[0, 2])).is_err(), "identity 2 of 2");
        assert!(discriminator.forward(&pictures, &landmarks, Condition::Known(&[0])).is_err(), "one identity for two pictures");
        let long = testing::noise(&[2, 9], 1)?;
        assert!(discriminator.forward(&pictures, &landmarks, Condition::Vector(&long)).is_err(), "a vector of 9 numbers");
        let none = Discriminator::new(&Store::fresh(7, &Device::Cpu).scope(), &config, 0)?;
        assert!(none.forward(&pictures, &landmarks, Condition::Known(&[0, 1])).is_err(), "no identities");
        Ok(())
    }

    #[test]
    fn the_papers_discriminator_has_the_papers_size() -> anyhow::Result<()> {
        let store = Store::fresh(7, &Device::Cpu);
        Discriminator::new(&store.scope(), &DiscriminatorConfig::of(Preset::Paper), 0)?;
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((19.4..20.0).contains(&millions), "{millions} million parameters, the paper says 20");
        let store = Store::fresh(7, &Device::Cpu);
        let config = DiscriminatorConfig::of(Preset::Retrato);
        let light = Discriminator::new(&store.scope(), &config, 0)?;
        let millions = testing::parameters(&store) as f32 / 1e6;
        assert!((0.4..0.6).contains(&millions), "{millions} million parameters of the light one");
        let (pictures, landmarks) = inputs(&config, 1, 112)?;
        let output = light.forward(&pictures, &landmarks, Condition::Vector(&testing::noise(&[1, config.numbers], 1)?))?;
        assert_eq!(output.score.dims(), [1, 14 * 14], "a crop of 112 pixels");
        Ok(())
    }
}
