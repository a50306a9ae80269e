//! How a run is watched: figures of the weights on episodes that training does not show, and on some that it does.

use std::sync::Arc;

use candle_core::Tensor;
use image::RgbImage;
use rayon::prelude::*;

use super::learner::{embeddings, generated};
use crate::evaluate::structural_similarity;
use crate::model::{FewShotNets, MotionNet};
use crate::synth::Scratch;
use crate::train::EpisodeSource;
use retrato_learn::FewShotOptions;
use retrato_learn::FewShotParts;
use retrato_learn::Figures as _;
use retrato_learn::Sample;
use retrato_learn::batch::FewShotBatch;
use retrato_learn::examples::{FewShotExample, example};
use retrato_learn::loss;
use retrato_learn::{HeadEpisode, TrainError};

/// The episodes to look at.
pub(super) struct Watched {
    held_out: Vec<FewShotExample>,
    /// The first ones of the run's own.
    memory: Vec<FewShotExample>,
}

impl Watched {
    /// The same for every run with the same seed.
    pub(super) fn new(source: &EpisodeSource, options: &FewShotOptions) -> Result<Self, TrainError> {
        let held_out = |index, scratch: &mut Scratch| source.held_out(options.seed, index, scratch);
        let memory = |index, scratch: &mut Scratch| source.make(options.seed, index, scratch);
        Ok(Self {
            held_out: examples(options.validation_episodes, held_out, options)?,
            memory: examples(options.memory_episodes, memory, options)?,
        })
    }

    /// Means over all batches.
    pub(super) fn figures(
        &self,
        nets: &FewShotNets,
        motion: Option<&MotionNet>,
        options: &FewShotOptions,
    ) -> Result<FewShotParts, TrainError> {
        let figures = mean(&self.held_out, nets, motion, options)?;
        let memory = mean(&self.memory, nets, motion, options)?;
        Ok(FewShotParts { memory_ssim: memory.ssim, ..figures })
    }
}

fn examples(
    count: usize,
    make: impl Fn(u64, &mut Scratch) -> Result<HeadEpisode, TrainError> + Sync,
    options: &FewShotOptions,
) -> Result<Vec<FewShotExample>, TrainError> {
    let one = |scratch: &mut Scratch, number: u64| {
        let sample = Sample { item: Arc::new(make(number, scratch)?), turn: 0, number };
        Ok(example(&sample, options, false))
    };
    (0..count as u64).into_par_iter().map_init(Scratch::new, one).collect()
}

fn mean(
    examples: &[FewShotExample],
    nets: &FewShotNets,
    motion: Option<&MotionNet>,
    options: &FewShotOptions,
) -> Result<FewShotParts, TrainError> {
    let mut sum = FewShotParts::default();
    let mut batches = 0.0_f32;
    // Exchanging embeddings takes at least two examples.
    for examples in examples.chunks(options.batch.max(2)).filter(|examples| examples.len() > 1) {
        let batch = FewShotBatch::new(examples, motion, options.framing(), &options.device)?;
        let embeddings = embeddings(nets, &batch)?;
        let output = generated(nets, &batch, &embeddings)?;
        let others = Tensor::cat(&[embeddings.narrow(0, 1, examples.len() - 1)?, embeddings.narrow(0, 0, 1)?], 0)?;
        let error = |picture: &Tensor| loss::weighted_error(picture, &batch.target, &batch.weights)?.to_scalar::<f32>();
        let parts = FewShotParts {
            loss: loss::reconstruction(&batch, &output.picture, options.loss.edges)?.to_scalar()?,
            error: error(&output.picture)?,
            warped_error: loss::warped_error(&batch)?,
            shuffled_error: error(&generated(nets, &batch, &others)?.picture)?,
            ssim: similarity(&output.picture, &batch.target)?,
            given_ssim: similarity(&given(examples, &batch)?, &batch.target)?,
            ..FewShotParts::default()
        };
        sum = sum.plus(&parts);
        batches += 1.0;
    }
    Ok(sum.divided(batches.max(1.0)))
}

/// What the generator's pictures are to be better than: the warped sources, or the nearest source of each example.
fn given(examples: &[FewShotExample], batch: &FewShotBatch) -> candle_core::Result<Tensor> {
    if let Some(warped) = &batch.warped {
        return Ok(warped.picture.clone());
    }
    let nearest = examples.iter().scan(0, |next, example| {
        let first = *next;
        *next += example.sources.len() as u32;
        Some(first)
    });
    batch.pictures.index_select(&Tensor::from_iter(nearest, batch.pictures.device())?, 0)
}

/// Mean structural similarity of two batches of pictures, as `retrato evaluate` measures it.
fn similarity(a: &Tensor, b: &Tensor) -> candle_core::Result<f32> {
    let (a, b) = (pictures(a)?, pictures(b)?);
    let each: Vec<f64> = a.iter().zip(&b).filter_map(|(a, b)| Some(structural_similarity(a, b)?.mean)).collect();
    Ok((each.iter().sum::<f64>() / each.len().max(1) as f64) as f32)
}

/// `[n, h, w, 3]` in 0..1 as pictures.
fn pictures(tensor: &Tensor) -> candle_core::Result<Vec<RgbImage>> {
    let (count, height, width, _) = tensor.dims4()?;
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    let picture = |n: usize| {
        let own = &values[n * height * width * 3..][..height * width * 3];
        let bytes = own.iter().map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8).collect();
        RgbImage::from_raw(width as u32, height as u32, bytes)
    };
    Ok((0..count).filter_map(picture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::testing;

    #[test]
    fn similarity_is_one_for_the_same_pictures_and_less_for_others() -> candle_core::Result<()> {
        let a = testing::picture(&[2, 16, 16, 3], 1)?;
        assert!((similarity(&a, &a)? - 1.0).abs() < 1e-6, "the same");
        let half = Tensor::cat(&[a.narrow(0, 0, 1)?, testing::picture(&[1, 16, 16, 3], 2)?], 0)?;
        let found = similarity(&a, &half)?;
        assert!((0.4..0.75).contains(&found), "one of two is the same: {found}");
        Ok(())
    }
}
