//! What the few-shot generator is taught: the target's pixels and edges at several scales, mouth and eyes above all, that it leaves alone what the warp
//! shows rightly, and that a discriminator that knows the person takes it for real.

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

use super::batch::FewShotBatch;
use crate::model::{Condition, Discriminator, DiscriminatorOutput, GeneratorOutput};
use crate::nn::ops;
use crate::{Chart, Figures};

/// Weights of the parts of the generator's loss, beside the pixel error's 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FewShotWeights {
    /// Of the error of brightness steps between neighbours.
    pub edges: f64,
    /// Of changes to what is visible in the source and neither mouth nor eye.
    pub restraint: f64,
    /// Of the discriminator's score.
    pub score: f64,
    /// Of the distance between the discriminator's features of output and target.
    pub features: f64,
    /// Of the distance between embeddings and the discriminator's own vectors of the persons.
    pub matching: f64,
}

impl Default for FewShotWeights {
    fn default() -> Self {
        Self { edges: 0.7, restraint: 0.5, score: 0.05, features: 0.4, matching: 0.05 }
    }
}

/// Figures of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FewShotParts {
    /// The generator's whole loss.
    pub loss: f32,
    /// Weighted absolute error of the output, colours in 0..1.
    pub error: f32,
    /// The same of the warped source: what the generator starts from, 0 without one.
    pub warped_error: f32,
    /// The output's error with another person's embedding; in validation only.
    #[serde(default)]
    pub shuffled_error: f32,
    /// The discriminator's hinge loss; 0 before it takes part.
    pub discriminator: f32,
    /// Its mean score of outputs.
    pub score: f32,
    /// Structural similarity of output and target; in validation only.
    #[serde(default)]
    pub ssim: f32,
    /// That of what there was before: the warped source, or without a warp the nearest source as it is.
    #[serde(default)]
    pub given_ssim: f32,
    /// [`Self::ssim`] where the target is a frame that training shows; 0 where that is not looked at.
    #[serde(default)]
    pub memory_ssim: f32,
}

impl FewShotParts {
    fn each(&self, other: &Self, join: impl Fn(f32, f32) -> f32) -> Self {
        Self {
            loss: join(self.loss, other.loss),
            error: join(self.error, other.error),
            warped_error: join(self.warped_error, other.warped_error),
            shuffled_error: join(self.shuffled_error, other.shuffled_error),
            discriminator: join(self.discriminator, other.discriminator),
            score: join(self.score, other.score),
            ssim: join(self.ssim, other.ssim),
            given_ssim: join(self.given_ssim, other.given_ssim),
            memory_ssim: join(self.memory_ssim, other.memory_ssim),
        }
    }
}

impl Figures for FewShotParts {
    const CHARTS: [Chart<Self>; 3] =
        [("loss", |p| p.loss), ("error of the output, of the warped source", |p| p.error), ("discriminator", |p| p.discriminator)];

    fn plus(&self, other: &Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    fn divided(&self, count: f32) -> Self {
        self.each(self, |a, _| a / count)
    }

    fn loss(&self) -> f32 {
        self.loss
    }

    fn words(&self) -> String {
        let Self { error, warped_error, shuffled_error, ssim, given_ssim, memory_ssim, .. } = self;
        let warped = if *warped_error > 0.0 { format!("warped source {warped_error:.4}, ") } else { String::new() };
        let memory = if *memory_ssim > 0.0 { format!("; {memory_ssim:.3} on frames that it learns from") } else { String::new() };
        format!("error {error:.4} ({warped}another's embedding {shuffled_error:.4}), SSIM {ssim:.3} (source {given_ssim:.3}{memory})")
    }
}

/// Mean of `weights * |a - b|` over all places and colours.
pub fn weighted_error(a: &Tensor, b: &Tensor, weights: &Tensor) -> Result<Tensor> {
    (a - b)?.abs()?.broadcast_mul(weights)?.mean_all()
}

/// [`weighted_error`] of the warped source; 0 without one.
pub fn warped_error(batch: &FewShotBatch) -> Result<f32> {
    batch.warped.as_ref().map_or(Ok(0.0), |warped| weighted_error(&warped.picture, &batch.target, &batch.weights)?.to_scalar())
}

/// What holds the output to the target, and to the source where nothing has to change.
pub fn faithful(batch: &FewShotBatch, output: &GeneratorOutput, weights: &FewShotWeights) -> Result<Tensor> {
    let same = reconstruction(batch, &output.picture, weights.edges)?;
    match restraint(batch, output)? {
        Some(changes) => same + (changes * weights.restraint)?,
        None => Ok(same),
    }
}

/// [`multi_scale_error`] of a picture against a batch's target.
pub fn reconstruction(batch: &FewShotBatch, picture: &Tensor, edges: f64) -> Result<Tensor> {
    multi_scale_error(picture, &batch.target, &batch.weights, edges)
}

/// Pixel errors at the full size, a half, a quarter and an eighth, and errors of the steps between neighbours at the first two.
pub fn multi_scale_error(picture: &Tensor, target: &Tensor, weights: &Tensor, edges: f64) -> Result<Tensor> {
    let (mut a, mut b, mut weights) = (picture.clone(), target.clone(), weights.clone());
    let mut sum = weighted_error(&a, &b, &weights)?;
    sum = (sum + (edge_error(&a, &b, &weights)? * edges)?)?;
    for scale in 1..4 {
        [a, b, weights] = [ops::average_pool(&a, 2)?, ops::average_pool(&b, 2)?, ops::average_pool(&weights, 2)?];
        sum = (sum + weighted_error(&a, &b, &weights)?)?;
        if scale == 1 {
            sum = (sum + (edge_error(&a, &b, &weights)? * edges)?)?;
        }
    }
    Ok(sum)
}

fn edge_error(a: &Tensor, b: &Tensor, weights: &Tensor) -> Result<Tensor> {
    let difference = (a - b)?;
    let along = |dimension: usize| -> Result<Tensor> {
        let last = difference.dim(dimension)? - 1;
        let step = (difference.narrow(dimension, 1, last)? - difference.narrow(dimension, 0, last)?)?;
        step.abs()?.broadcast_mul(&weights.narrow(dimension, 0, last)?)?.mean_all()
    };
    along(1)? + along(2)?
}

/// Changes to places that the source shows and where nothing opens or closes.
fn restraint(batch: &FewShotBatch, output: &GeneratorOutput) -> Result<Option<Tensor>> {
    let (Some(blend), Some(warped)) = (&output.blend, &batch.warped) else { return Ok(None) };
    let keep = (&warped.visibility * &batch.calm)?;
    Ok(Some(blend.change.abs()?.broadcast_mul(&keep)?.mean_all()?))
}

/// The hinge loss by which the discriminator learns: real above 1, made below -1.
pub fn hinge(real: &DiscriminatorOutput, made: &DiscriminatorOutput, batch: &FewShotBatch) -> Result<Tensor> {
    mean_score(&real.score.affine(-1.0, 1.0)?.relu()?, batch)? + mean_score(&made.score.affine(1.0, 1.0)?.relu()?, batch)?
}

/// Mean of what is said of every place, mouth and eyes above all: most places show the source's own pixels, and nobody can tell those from the target's.
pub fn mean_score(scores: &Tensor, batch: &FewShotBatch) -> Result<Tensor> {
    let (places, side) = (scores.dim(1)?, batch.weights.dim(1)?);
    let across = places.isqrt();
    if across <= 1 {
        return scores.mean_all();
    }
    (scores * ops::average_pool(&batch.weights, side / across)?.flatten_from(1)?)?.mean_all()
}

/// What the discriminator's features of output and target differ by, each layer's mean.
pub fn feature_distance(made: &DiscriminatorOutput, real: &DiscriminatorOutput) -> Result<Tensor> {
    let mut sum: Option<Tensor> = None;
    for (a, b) in made.features.iter().zip(&real.features) {
        let distance = (a - b.detach())?.abs()?.mean_all()?;
        sum = Some(match sum {
            None => distance,
            Some(sum) => (sum + distance)?,
        });
    }
    sum.ok_or_else(|| candle_core::Error::Msg("a discriminator without features".to_owned()))
}

/// What the discriminator says of pictures of the size that the generator makes.
pub fn discriminate(discriminator: &Discriminator, batch: &FewShotBatch, pictures: &Tensor) -> Result<DiscriminatorOutput> {
    discriminator.forward(pictures, &batch.target_landmarks, Condition::Known(&batch.identities))
}
