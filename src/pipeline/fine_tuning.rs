//! Fine-tuning on a portrait: its pictures become what the trainer learns from, and what it made becomes what the generator adopts.
//!
//! A result that is better than what the program knew before is kept for the next time, by the picture, the face in it, the weights and the settings.

use image::RgbImage;

use crate::data::{CROP_PX, Portrait};
use crate::generate::WeightFiles;
use crate::learn::{FineTuneOptions, FineTuneStep, FineTuneWeights, FineTuned, FineTuner, HeadFrame, TrainError};
use crate::model::{self, Discriminator, FewShotNets, MotionNet, Tuned};
use crate::runtime::FileCache;

/// Steps of a portrait that is alive: half a minute on two processor cores that have nothing else to do.
pub const LIVE_STEPS: u64 = 40;
/// Name of the folder of what fine-tuning made before.
pub const FINE_TUNED: &str = "tuned";

/// Changes with the method, so that what an older program made is made again.
const VERSION: &str = "tuned 2";
/// Bytes of the two errors at the head of a kept result.
const ERRORS_BYTES: usize = 8;

/// How portraits are fine-tuned, and where what came of it is kept.
#[derive(Clone, Debug)]
pub struct FineTuning {
    /// Settings of a run.
    pub options: FineTuneOptions,
    /// Results of earlier runs; without it nothing is kept.
    pub cache: Option<FileCache>,
}

impl Default for FineTuning {
    fn default() -> Self {
        Self { options: FineTuneOptions { steps: LIVE_STEPS, ..FineTuneOptions::default() }, cache: None }
    }
}

impl FineTuning {
    /// With what the user's earlier runs made.
    #[must_use]
    pub fn kept_for_user(self) -> Self {
        Self { cache: FileCache::of_user(FINE_TUNED), ..self }
    }
}

/// Why there was no fine-tuning.
#[derive(Debug, thiserror::Error)]
pub enum FineTuneError {
    /// Weights are missing or damaged.
    #[error("fine-tuning cannot begin: {0}")]
    Weights(#[from] model::ModelError),
    /// The numbers grew beyond all bounds.
    #[error("fine-tuning failed: this picture cannot be learnt")]
    Diverged,
    /// It failed on the way.
    #[error("fine-tuning failed: {0}")]
    Training(TrainError),
}

impl From<TrainError> for FineTuneError {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Diverged(_) => Self::Diverged,
            error => Self::Training(error),
        }
    }
}

/// What is known of a portrait after fine-tuning.
pub struct Learnt {
    /// What came of it.
    pub result: FineTuned,
    /// Whether an earlier run had made it.
    pub from_cache: bool,
}

/// Fine-tunes on a portrait and other pictures of the same person. `goes_on` hears of every step and ends it early, keeping what was learnt, with false.
///
/// # Errors
/// [`FineTuneError`].
pub fn fine_tune(
    pictures: &[&Portrait],
    files: &WeightFiles,
    options: FineTuneOptions,
    goes_on: impl FnMut(FineTuneStep) -> bool,
) -> Result<FineTuned, FineTuneError> {
    Ok(run(&mut tuner(pictures, files, options)?, goes_on)?)
}

/// Fine-tunes on a person's pictures, the portrait first, unless that was done before.
///
/// # Errors
/// [`FineTuneError`].
pub fn fine_tune_once(
    pictures: &[&Portrait],
    files: &WeightFiles,
    settings: &FineTuning,
    goes_on: impl FnMut(FineTuneStep) -> bool,
) -> Result<Learnt, FineTuneError> {
    let key = key(pictures, files, &settings.options);
    if let Some(result) = recall(settings.cache.as_ref(), key.as_deref()) {
        return Ok(Learnt { result, from_cache: true });
    }
    let mut tuner = tuner(pictures, files, settings.options.clone())?;
    let (result, entry) = packed(run(&mut tuner, goes_on)?);
    if tuner.is_finished()
        && let (Some(cache), Some(key), Some(entry)) = (&settings.cache, key, entry)
    {
        cache.put(&key, &entry);
    }
    Ok(Learnt { result, from_cache: false })
}

/// Everything made ready for the first step.
pub(super) fn tuner(pictures: &[&Portrait], files: &WeightFiles, options: FineTuneOptions) -> Result<FineTuner, FineTuneError> {
    let weights = FineTuneWeights {
        few_shot: model::load_tensors::<FewShotNets>(files.few_shot.as_deref())?,
        discriminator: model::load_tensors::<Discriminator>(None)?,
    };
    let frames = pictures.iter().map(|portrait| head_frame(portrait)).collect();
    Ok(FineTuner::new(weights, model::load(files.motion.as_deref())?, frames, options)?)
}

fn run(tuner: &mut FineTuner, mut goes_on: impl FnMut(FineTuneStep) -> bool) -> Result<FineTuned, TrainError> {
    while !tuner.is_finished() {
        if !goes_on(tuner.step()?) {
            break;
        }
    }
    tuner.outcome()
}

/// What the result of a person's pictures is kept by: everything that it depends on. `None` when a file of weights cannot be read.
pub(super) fn key(pictures: &[&Portrait], files: &WeightFiles, options: &FineTuneOptions) -> Option<String> {
    let face = |portrait: &&Portrait| {
        let Portrait { content_hash, crop, landmarks_in_image, pupils_in_image, .. } = portrait;
        format!("{content_hash} {crop:?} {landmarks_in_image:?} {pupils_in_image:?}")
    };
    let faces: Vec<String> = pictures.iter().map(face).collect();
    let few_shot = model::identity::<FewShotNets>(files.few_shot.as_deref()).ok()?;
    let discriminator = model::identity::<Discriminator>(None).ok()?;
    let motion = model::identity::<MotionNet>(files.motion.as_deref()).ok()?;
    Some(format!("{VERSION} {faces:?} {few_shot} {discriminator} {motion} {options:?}"))
}

/// What an earlier run made, if it is there and whole.
pub(super) fn recall(cache: Option<&FileCache>, key: Option<&str>) -> Option<FineTuned> {
    unpacked(&cache?.get(key?)?)
}

/// A result and the bytes that are kept of it, if it is worth keeping. It is rounded as those are: the same now and from the cache.
pub(super) fn packed(result: FineTuned) -> (FineTuned, Option<Vec<u8>>) {
    let FineTuned { before, after, tuned } = &result;
    let weights = tuned.as_ref().and_then(|tuned| tuned.to_bytes().ok());
    let entry = weights.map(|weights| [&before.to_le_bytes()[..], &after.to_le_bytes(), &weights].concat());
    match entry.as_deref().and_then(unpacked) {
        Some(rounded) => (rounded, entry),
        None => (result, None),
    }
}

fn unpacked(entry: &[u8]) -> Option<FineTuned> {
    let (errors, weights) = entry.split_first_chunk::<ERRORS_BYTES>()?;
    let ([before, after], _) = errors.as_chunks::<4>() else { return None };
    let [before, after] = [before, after].map(|bytes| f32::from_le_bytes(*bytes));
    let tuned = Tuned::from_bytes(weights).ok()?;
    (before.is_finite() && after.is_finite()).then_some(FineTuned { before, after, tuned: Some(tuned) })
}

fn head_frame(portrait: &Portrait) -> HeadFrame {
    let side = CROP_PX as u32;
    let numbers = portrait.crop_picture(CROP_PX as usize);
    let mut bytes = numbers.iter().map(|v| (v * 255.0 + 0.5).clamp(0.0, 255.0) as u8);
    let pixels = RgbImage::from_fn(side, side, |_, _| image::Rgb(std::array::from_fn(|_| bytes.next().unwrap_or_default())));
    HeadFrame::pictured(pixels, portrait.landmarks_in_crop().0, Some(portrait.pupils_in_crop()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portrait(number: usize) -> anyhow::Result<Portrait> {
        Ok(crate::builtin::PORTRAITS[number].portrait()?)
    }

    fn options() -> FineTuneOptions {
        FineTuning::default().options
    }

    /// As if fine-tuning had changed nothing.
    fn result() -> anyhow::Result<FineTuned> {
        let tuned = tuner(&[&portrait(0)?], &WeightFiles::default(), options())?.present()?;
        Ok(FineTuned { before: 0.5, after: 0.25, tuned: Some(tuned) })
    }

    #[test]
    fn the_key_knows_the_picture_the_face_the_weights_and_the_settings() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let file = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).map(|()| Some(folder.path().join(name)));
        let plain = WeightFiles::default();
        let first = portrait(0)?;
        let mut moved = first.clone();
        moved.landmarks_in_image.0[30].x += 0.001;
        let mut cut = first.clone();
        cut.crop = crate::data::Crop::whole(100.0);
        let own = WeightFiles { few_shot: file("a", "some")?, ..plain.clone() };
        let others = WeightFiles { few_shot: file("b", "others")?, ..plain.clone() };
        let motion = WeightFiles { motion: file("a", "some")?, ..plain.clone() };
        let more = FineTuneOptions { steps: 41, ..options() };
        let keys = [
            key(&[&first], &plain, &options()),
            key(&[&portrait(1)?], &plain, &options()),
            key(&[&moved], &plain, &options()),
            key(&[&cut], &plain, &options()),
            key(&[&first], &own, &options()),
            key(&[&first], &others, &options()),
            key(&[&first], &motion, &options()),
            key(&[&first], &plain, &more),
            key(&[&first, &moved], &plain, &options()),
        ];
        assert!(keys.iter().all(Option::is_some), "every one can be kept");
        let different: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "each is another");
        assert_eq!(key(&[&first.clone()], &plain, &options()), keys[0], "the same is the same");
        std::fs::write(folder.path().join("b"), "some")?;
        assert_eq!(key(&[&first], &others, &options()), keys[4], "weights are known by what they are, not by their name");
        let missing = WeightFiles { few_shot: Some(folder.path().join("missing")), ..plain };
        assert_eq!(key(&[&first], &missing, &options()), None, "nothing is known of weights that are not there");
        Ok(())
    }

    #[test]
    fn what_was_learnt_is_taken_from_the_cache_unless_it_is_damaged() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let settings = FineTuning { cache: Some(FileCache::at(folder.path(), 64 << 20)), ..FineTuning::default() };
        let (cache, portrait, files) = (settings.cache.as_ref(), portrait(0)?, WeightFiles::default());
        let key = key(&[&portrait], &files, &settings.options);
        assert!(recall(cache, key.as_deref()).is_none(), "nothing yet");
        let (rounded, entry) = packed(result()?);
        let entry = entry.ok_or_else(|| anyhow::anyhow!("a better result is worth keeping"))?;
        let put = |bytes: &[u8]| cache.zip(key.as_deref()).map(|(cache, key)| cache.put(key, bytes));
        put(&entry);
        let learnt = fine_tune_once(&[&portrait], &files, &settings, |_| panic!("no step is made"))?;
        assert!(learnt.from_cache && (learnt.result.before, learnt.result.after) == (0.5, 0.25), "as it was kept");
        let bytes = |result: FineTuned| result.tuned.map(|tuned| tuned.to_bytes()).transpose();
        assert_eq!(bytes(learnt.result)?, bytes(rounded)?, "and the same weights as at first");
        let not_a_number = [&f32::NAN.to_le_bytes()[..], &entry[4..]].concat();
        for damaged in [&entry[..entry.len() / 2], &entry[..5], b"", &not_a_number] {
            put(damaged);
            assert!(recall(cache, key.as_deref()).is_none(), "{} bytes that are no result", damaged.len());
        }
        let worse = FineTuned { tuned: None, ..result()? };
        assert!(packed(worse).1.is_none(), "what is not better is not kept");
        Ok(())
    }
}
