//! Fine-tuning on a portrait: its pictures become what the trainer learns from, and what it made becomes what the generator adopts.

use image::RgbImage;

use crate::data::{CROP_PX, Portrait};
use crate::generate::WeightFiles;
use crate::model::{self, Discriminator, FewShotNets};
use crate::train::{FineTuneOptions, FineTuneStep, FineTuneWeights, FineTuned, FineTuner, HeadFrame, TrainError};

/// Why there was no fine-tuning.
#[derive(Debug, thiserror::Error)]
pub enum FineTuneError {
    /// Weights are missing or damaged.
    #[error("fine-tuning cannot begin: {0}")]
    Weights(#[from] model::ModelError),
    /// It failed on the way.
    #[error("fine-tuning failed: {0}")]
    Training(#[from] TrainError),
}

/// Fine-tunes on a portrait and other pictures of the same person. `goes_on` hears of every step and ends it early, keeping what was learnt, with false.
///
/// # Errors
/// [`FineTuneError`].
pub fn fine_tune(
    pictures: &[&Portrait],
    files: &WeightFiles,
    options: FineTuneOptions,
    mut goes_on: impl FnMut(FineTuneStep) -> bool,
) -> Result<FineTuned, FineTuneError> {
    let weights = FineTuneWeights {
        few_shot: model::load_tensors::<FewShotNets>(files.few_shot.as_deref())?,
        discriminator: model::load_tensors::<Discriminator>(None)?,
    };
    let frames = pictures.iter().map(|portrait| head_frame(portrait)).collect();
    let mut tuner = FineTuner::new(weights, model::load(files.motion.as_deref())?, frames, options)?;
    while !tuner.is_finished() {
        if !goes_on(tuner.step()?) {
            break;
        }
    }
    Ok(tuner.outcome()?)
}

fn head_frame(portrait: &Portrait) -> HeadFrame {
    let side = CROP_PX as u32;
    let numbers = portrait.crop_picture(CROP_PX as usize);
    let mut bytes = numbers.iter().map(|v| (v * 255.0 + 0.5).clamp(0.0, 255.0) as u8);
    let pixels = RgbImage::from_fn(side, side, |_, _| image::Rgb(std::array::from_fn(|_| bytes.next().unwrap_or_default())));
    HeadFrame::pictured(pixels, portrait.landmarks_in_crop().0, Some(portrait.pupils_in_crop()))
}
