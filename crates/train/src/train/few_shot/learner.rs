//! One share of a step: from samples to gradients of generator and discriminator.

use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use crate::model::{Condition, Discriminator, FewShotNets, GeneratorInput, GeneratorOutput, MotionNet};
use crate::nn::Gradients;
use retrato_learn::FewShotOptions;
use retrato_learn::FewShotParts;
use retrato_learn::Sample;
use retrato_learn::batch::FewShotBatch;
use retrato_learn::examples::{FewShotExample, example};
use retrato_learn::loss;
use retrato_learn::{HeadEpisode, TrainError};

/// Each example's embedding: the mean over its sources.
pub(super) fn embeddings(nets: &FewShotNets, batch: &FewShotBatch) -> candle_core::Result<Tensor> {
    batch.means.matmul(&nets.embedder.embed(&batch.pictures, &batch.landmarks)?)
}

/// The pictures that the generator gives for the examples' embeddings.
pub(super) fn generated(nets: &FewShotNets, batch: &FewShotBatch, embeddings: &Tensor) -> candle_core::Result<GeneratorOutput> {
    let style = nets.projection.project(&embeddings.index_select(&batch.example_of, 0)?)?;
    let input = GeneratorInput { source: batch.warped.clone(), landmarks: batch.target_landmarks.clone() };
    nets.generator.forward(&input, &style)
}

/// What a thread needs to find gradients.
#[derive(Clone, Copy)]
pub(super) struct Learner<'a> {
    pub(super) nets: &'a FewShotNets,
    pub(super) discriminator: &'a Discriminator,
    pub(super) frozen: Option<&'a Discriminator>,
    pub(super) strict: f64,
    pub(super) motion: Option<&'a MotionNet>,
    pub(super) options: &'a FewShotOptions,
    pub(super) made_variables: &'a BTreeMap<String, Var>,
    pub(super) discriminator_variables: &'a BTreeMap<String, Var>,
}

impl Learner<'_> {
    /// Mean gradients of generator and discriminator, and figures.
    pub(super) fn gradients(self, samples: &[Sample<HeadEpisode>]) -> Result<(Gradients, Gradients, FewShotParts), TrainError> {
        let examples: Vec<FewShotExample> = samples.iter().map(|sample| example(sample, self.options, self.options.augment)).collect();
        let batch = FewShotBatch::new(&examples, self.motion, self.options.framing(), &self.options.device)?;
        let embeddings = embeddings(self.nets, &batch)?;
        let output = generated(self.nets, &batch, &embeddings)?;
        let weights = &self.options.loss;
        let mut loss = loss::faithful(&batch, &output, weights)?;
        let mut parts = FewShotParts {
            error: loss::weighted_error(&output.picture, &batch.target, &batch.weights)?.to_scalar()?,
            warped_error: loss::warped_error(&batch)?,
            ..FewShotParts::default()
        };
        let mut discriminator_gradients = Gradients::default();
        if let Some(frozen) = self.frozen {
            let (made, real) = (loss::discriminate(frozen, &batch, &output.picture)?, loss::discriminate(frozen, &batch, &batch.target)?);
            let score = loss::mean_score(&made.score, &batch)?;
            parts.score = score.to_scalar()?;
            let adversarial = ((loss::feature_distance(&made, &real)? * weights.features)? - (score * weights.score)?)?;
            let persons = self.discriminator.vectors(Condition::Known(&batch.identities))?;
            let matching = (embeddings.index_select(&batch.example_of, 0)? - persons)?.abs()?.mean_all()?;
            loss = (loss + (adversarial + (matching * weights.matching)?)? * self.strict)?;
            let real = loss::discriminate(self.discriminator, &batch, &batch.target)?;
            let hinge = loss::hinge(&real, &loss::discriminate(self.discriminator, &batch, &output.picture.detach())?, &batch)?;
            parts.discriminator = hinge.to_scalar()?;
            discriminator_gradients = Gradients::of(&hinge.backward()?, self.discriminator_variables)?;
        }
        parts.loss = loss.to_scalar()?;
        let found = loss.backward()?;
        // The match moves the discriminator's own vectors too.
        discriminator_gradients.add(&Gradients::of(&found, self.discriminator_variables)?, 1.0)?;
        Ok((Gradients::of(&found, self.made_variables)?, discriminator_gradients, parts))
    }
}
