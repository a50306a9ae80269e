//! Fine-tuning on one person's own pictures (Zakharov et al. 2019): the embedding is found once, and from ψ' = P ê the style itself is learnt further, the
//! generator with it, against a discriminator for which the embedding stands in the place of the person's learnt vector.
//!
//! With one picture there is no second pose to learn from. So the motion net brings the picture to other poses and expressions ([`super::repose`]), and from
//! those the generator has to make the picture again. And where nobody knows what is right, in the mouth that the picture does not show, it is held to what it
//! made before: expressions survive. One picture alone says nothing of how its mouth and its eyes look otherwise, and whoever makes them again learns to leave
//! them as they are; so with one picture only the rest of the face is learnt from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};
use glam::Vec2;

use super::batch::{FewShotBatch, seen};
use super::examples::{FewShotExample, View, example, plain};
use super::loss::{self, FewShotWeights};
use super::options::FewShotOptions;
use super::repose::reposed;
use crate::Sample;
use crate::data::PICTURE_PX;
use crate::model::{
    Condition, Discriminator, DiscriminatorConfig, FewShotConfig, FewShotNets, GeneratorInput, GeneratorNet, GeneratorOutput, MotionBatch,
    MotionNet, MotionSample, Preset, Tuned, WarpedSource,
};
use crate::nn::{Adam, AdamSettings, Gradients, MovingAverage, Store, StyleVector};
use crate::random::Random;
use crate::{HeadEpisode, HeadFrame, TrainError};

/// Settings of fine-tuning.
#[derive(Clone, Debug)]
pub struct FineTuneOptions {
    /// Seed of the poses and of what is looked at.
    pub seed: u64,
    /// Steps of the whole run.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// Learning rate of the generator and the style; it falls towards the end.
    pub rate: f32,
}

impl Default for FineTuneOptions {
    fn default() -> Self {
        Self { seed: 1, steps: 80, batch: 2, rate: 2e-4 }
    }
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineTuneStep {
    /// Steps made, this one included.
    pub step: u64,
    /// Weighted error of the pictures made again.
    pub error: f32,
}

/// What came of it.
pub struct FineTuned {
    /// Weighted error on held-out poses before.
    pub before: f32,
    /// The same after.
    pub after: f32,
    /// The person's own generator and style, if they are better.
    pub tuned: Option<Tuned>,
}

/// Weights that fine-tuning starts from: as the program carries them.
pub struct FineTuneWeights {
    /// Of the few-shot networks.
    pub few_shot: BTreeMap<String, Tensor>,
    /// Of the discriminator, without the learnt persons.
    pub discriminator: BTreeMap<String, Tensor>,
}

/// Side of the crops, in pixels.
const SIDE: usize = 96;
/// Held-out examples.
const HELD_OUT: u64 = 6;
/// Numbers of held-out examples begin here.
const HELD_OUT_FROM: u64 = 1 << 40;
/// Most pictures of the person in one example.
const MOST_SOURCES: usize = 2;
/// Weight of staying with what the generator made before.
const KEEPING: f64 = 6.0;
/// What the error must fall to, to count as better: with several pictures, and with one, of which the held-out poses show the same pixels again.
const GAIN: f32 = 0.995;
const GAIN_OF_ONE: f32 = 0.97;
/// Share of the averaged weights that one step keeps.
const AVERAGE_DECAY: f32 = 0.95;
const STYLE: &str = "style";

/// Fine-tuning under way. It can be dropped at any time.
pub struct FineTuner {
    options: FineTuneOptions,
    framing: FewShotOptions,
    motion: MotionNet,
    pictures: Vec<HeadFrame>,
    /// The generator as it was, and the style that it begins with.
    start: GeneratorNet,
    start_style: StyleVector,
    embedding: Tensor,
    store: Store,
    generator: GeneratorNet,
    style: Var,
    adam: Adam,
    average: MovingAverage,
    discriminator_store: Store,
    discriminator: Discriminator,
    discriminator_adam: Adam,
    held_out: Vec<FewShotExample>,
    step: u64,
}

impl FineTuner {
    /// Prepares for one person's pictures, of which there must be one at least.
    ///
    /// # Errors
    /// Weights that are not those of the networks, or no picture.
    pub fn new(
        weights: FineTuneWeights,
        motion: MotionNet,
        pictures: Vec<HeadFrame>,
        options: FineTuneOptions,
    ) -> Result<Self, TrainError> {
        if pictures.is_empty() {
            return Err(TrainError::Settings("no picture to learn from".to_owned()));
        }
        let device = Device::Cpu;
        let config = FewShotConfig::of(Preset::Retrato);
        let start = FewShotNets::new(&Store::from_tensors(weights.few_shot.clone(), false, &device).scope(), &config)?;
        let store = Store::from_tensors(weights.few_shot, true, &device);
        let generator = GeneratorNet::new(&store.scope().under("generator"), &config.generator)?;
        let framing = framing(&options, config);
        let embedding = embedding(&start, &pictures, &framing)?;
        let start_style = start.projection.project(&embedding)?;
        let style = Var::from_tensor(start_style.flat())?;
        let discriminator_store = Store::from_tensors(weights.discriminator, true, &device);
        let discriminator = Discriminator::new(&discriminator_store.scope(), &DiscriminatorConfig::of(Preset::Retrato), 0)?;
        let mut variables = store.variables();
        variables.insert(STYLE.to_owned(), style.clone());
        let average = MovingAverage::new(&variables, AVERAGE_DECAY)?;
        let adam = Adam::new(variables, AdamSettings::default())?;
        let discriminator_adam = Adam::new(discriminator_store.variables(), crate::DISCRIMINATOR_ADAM)?;
        let mut tuner = Self {
            options,
            framing,
            motion,
            pictures,
            start: start.generator,
            start_style,
            embedding,
            store,
            generator,
            style,
            adam,
            average,
            discriminator_store,
            discriminator,
            discriminator_adam,
            held_out: Vec::new(),
            step: 0,
        };
        tuner.held_out = (0..HELD_OUT).map(|k| tuner.restoring(HELD_OUT_FROM + k, false)).collect::<Result<_, _>>()?;
        Ok(tuner)
    }

    /// Whether all steps are made.
    pub fn is_finished(&self) -> bool {
        self.step >= self.options.steps
    }

    /// One step.
    ///
    /// # Errors
    /// When the tensor library fails or the numbers grow beyond all bounds.
    pub fn step(&mut self) -> Result<FineTuneStep, TrainError> {
        let first = self.step * self.options.batch as u64;
        let numbers = first..first + self.options.batch as u64;
        let restored: Vec<FewShotExample> = numbers.clone().map(|n| self.restoring(n, true)).collect::<Result<_, _>>()?;
        let expressive: Vec<FewShotExample> = numbers.map(|n| self.expressive(n)).collect();
        let (restored, expressive) = (self.batch(&restored)?, self.batch(&expressive)?);
        self.discriminator.advance_norms(1)?;
        let made = self.made(&restored)?;
        let made = GeneratorOutput { picture: self.learnt_part(&restored, &made.picture)?, blend: made.blend };
        let weights = FewShotWeights::default();
        let faithful = loss::faithful(&restored, &made, &weights)?;
        let was = made_by(&self.start, &expressive, &self.start_style)?.picture.detach();
        let kept = loss::weighted_error(&self.made(&expressive)?.picture, &was, &expressive.weights)?;
        let persons = self.persons(&restored)?;
        let discriminate = |picture: &Tensor| self.discriminator.forward(picture, &restored.target_landmarks, Condition::Vector(&persons));
        let (fake, real) = (discriminate(&made.picture)?, discriminate(&restored.target)?);
        let adversarial =
            ((loss::feature_distance(&fake, &real)? * weights.features)? - (loss::mean_score(&fake.score, &restored)? * weights.score)?)?;
        let objective = ((faithful + (kept * KEEPING)?)? + adversarial)?;
        let error = loss::weighted_error(&made.picture, &restored.target, &restored.weights)?.to_scalar::<f32>()?;
        if !error.is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let hinge = loss::hinge(&discriminate(&restored.target)?, &discriminate(&made.picture.detach())?, &restored)?;
        let discriminator_gradients = Gradients::of(&hinge.backward()?, &self.discriminator_store.variables())?;
        let variables = self.variables();
        let found = Gradients::of(&objective.backward()?, &variables)?;
        let rate = self.options.rate * (1.0 - self.step as f32 / self.options.steps.max(1) as f32).max(0.1);
        let norms = [self.adam.step(&found, rate)?, self.discriminator_adam.step(&discriminator_gradients, rate)?];
        if !norms.iter().all(|norm| norm.is_finite()) {
            // The error is that of the pictures alone: it does not show that one of the two learns nothing any more.
            return Err(TrainError::Diverged(self.step));
        }
        self.average.update(&variables, self.step)?;
        self.step += 1;
        Ok(FineTuneStep { step: self.step, error })
    }

    /// What came of the steps so far.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn outcome(&self) -> Result<FineTuned, TrainError> {
        let batch = self.batch(&self.held_out)?;
        let error =
            |picture: &Tensor| loss::weighted_error(&self.learnt_part(&batch, picture)?, &batch.target, &batch.weights)?.to_scalar::<f32>();
        let before = error(&made_by(&self.start, &batch, &self.start_style)?.picture)?;
        let tuned = self.present()?;
        let (generator, style) = tuned.nets()?;
        let after = error(&made_by(&generator, &batch, &style)?.picture)?;
        let gain = if self.pictures.len() == 1 { GAIN_OF_ONE } else { GAIN };
        Ok(FineTuned { before, after, tuned: (after < gain * before).then_some(tuned) })
    }

    /// Generator and style as they are now, to look at while it goes on. Nothing says whether they are better yet.
    ///
    /// # Errors
    /// When the tensor library fails or the numbers have grown beyond all bounds.
    pub fn present(&self) -> Result<Tuned, TrainError> {
        let mut values = self.average.values().clone();
        for value in values.values() {
            // One that is not finite makes the sum so.
            if !value.sum_all()?.to_scalar::<f32>()?.is_finite() {
                return Err(TrainError::Diverged(self.step));
            }
        }
        let style = values.remove(STYLE).unwrap_or_else(|| self.style.as_tensor().clone());
        Ok(Tuned::new(values, &style)?)
    }

    fn variables(&self) -> BTreeMap<String, Var> {
        let mut variables = self.store.variables();
        variables.insert(STYLE.to_owned(), self.style.clone());
        variables
    }

    fn batch(&self, examples: &[FewShotExample]) -> candle_core::Result<FewShotBatch> {
        FewShotBatch::new(examples, Some(&self.motion), self.framing.framing(), &Device::Cpu)
    }

    fn made(&self, batch: &FewShotBatch) -> candle_core::Result<GeneratorOutput> {
        made_by(&self.generator, batch, &StyleVector::new(self.style.as_tensor().clone(), self.generator.layout())?)
    }

    /// What is learnt from of a picture that was made: all of it, or with one picture all but mouth and eyes, which are then as they should be.
    fn learnt_part(&self, batch: &FewShotBatch, picture: &Tensor) -> candle_core::Result<Tensor> {
        if self.pictures.len() > 1 {
            return Ok(picture.clone());
        }
        &batch.target + (picture - &batch.target)?.broadcast_mul(&batch.calm)?
    }

    /// The person's vector once for each crop.
    fn persons(&self, batch: &FewShotBatch) -> candle_core::Result<Tensor> {
        let numbers = self.embedding.dim(1)?;
        self.embedding.broadcast_as((batch.identities.len(), numbers))?.contiguous()
    }

    /// Example number `number`: a picture, from itself in other poses.
    fn restoring(&self, number: u64, augment: bool) -> Result<FewShotExample, TrainError> {
        let mut random = Random::new(self.options.seed ^ 0xF1_7E70, number);
        let target = &self.pictures[random.below(self.pictures.len())];
        let mut frames = vec![target.clone()];
        for _ in 0..=random.below(MOST_SOURCES) {
            let from = &self.pictures[random.below(self.pictures.len())];
            frames.push(self.moved(from, &reposed(&from.landmarks, &mut random))?);
        }
        Ok(self.example(frames, 0, number, augment))
    }

    /// Example number `number` without a truth: a picture as it is, from which another expression is to be made.
    fn expressive(&self, number: u64) -> FewShotExample {
        let mut random = Random::new(self.options.seed ^ 0xF1_7E71, number);
        let from = &self.pictures[random.below(self.pictures.len())];
        let landmarks = reposed(&from.landmarks, &mut random);
        let wanted = HeadFrame::pictured(from.pixels.clone(), landmarks, None);
        self.example(vec![wanted, from.clone()], 0, number, true)
    }

    fn example(&self, frames: Vec<HeadFrame>, target: usize, number: u64, augment: bool) -> FewShotExample {
        let item = Arc::new(HeadEpisode { identity: 0, frames, target: Some(target) });
        example(&Sample { item, turn: 0, number }, &self.framing, augment)
    }

    /// A picture brought to other landmarks by the motion net.
    fn moved(&self, from: &HeadFrame, landmarks: &[Vec2; 68]) -> Result<HeadFrame, TrainError> {
        let View { picture, small, .. } = plain(from, self.framing.framing());
        let side = PICTURE_PX;
        let picture = Tensor::from_vec(picture, (1, side, side, 3), &Device::Cpu)?;
        let sample = MotionSample::of_still_body(&from.landmarks, landmarks, small);
        let flow = self.motion.forward(&MotionBatch::new(&[sample], &Device::Cpu)?)?;
        let moved = WarpedSource::fetched(&picture, &flow)?.picture.flatten_all()?.to_vec1::<f32>()?;
        let bytes = moved.iter().map(|v| (v * 255.0 + 0.5).clamp(0.0, 255.0) as u8).collect();
        let pixels = image::RgbImage::from_raw(side as u32, side as u32, bytes).unwrap_or_else(|| from.pixels.clone());
        let eye = |points: &[Vec2; 68], first: usize| points[first..first + 6].iter().sum::<Vec2>() / 6.0;
        let pupils = from.pupils.map(|[right, left]| {
            [(right, 36), (left, 42)].map(|(pupil, first)| pupil + eye(landmarks, first) - eye(&from.landmarks, first))
        });
        Ok(HeadFrame::pictured(pixels, *landmarks, pupils))
    }
}

/// The settings by which examples are made.
fn framing(options: &FineTuneOptions, config: FewShotConfig) -> FewShotOptions {
    FewShotOptions {
        seed: options.seed,
        steps: options.steps,
        batch: options.batch,
        side: SIDE,
        most_sources: MOST_SOURCES,
        augment: true,
        rate: options.rate,
        discriminator_rate: options.rate,
        adversarial_from: 0,
        average_decay: AVERAGE_DECAY,
        config,
        discriminator: DiscriminatorConfig::of(Preset::Retrato),
        identities: 1,
        loss: FewShotWeights::default(),
        block: 1,
        turns: 1,
        threads: 1,
        shards: 1,
        validation_episodes: 0,
        memory_episodes: 0,
        material: String::new(),
        device: Device::Cpu,
    }
}

/// ê: the mean over the pictures.
fn embedding(nets: &FewShotNets, pictures: &[HeadFrame], options: &FewShotOptions) -> candle_core::Result<Tensor> {
    let views: Vec<View> = pictures.iter().map(|frame| plain(frame, options.framing())).collect();
    let (pictures, landmarks) = seen(&views.iter().collect::<Vec<_>>(), options.framing(), &Device::Cpu)?;
    nets.embedder.embed(&pictures, &landmarks)?.mean_keepdim(0)
}

fn made_by(generator: &GeneratorNet, batch: &FewShotBatch, style: &StyleVector) -> candle_core::Result<GeneratorOutput> {
    generator.forward(&GeneratorInput { source: batch.warped.clone(), landmarks: batch.target_landmarks.clone() }, style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    fn weights() -> anyhow::Result<FineTuneWeights> {
        Ok(FineTuneWeights {
            few_shot: crate::model::load_tensors::<FewShotNets>(None)?,
            discriminator: crate::model::load_tensors::<Discriminator>(None)?,
        })
    }

    fn motion() -> anyhow::Result<MotionNet> {
        Ok(crate::model::load(None)?)
    }

    /// A face of two colours, with dark eyes and mouth.
    fn picture() -> HeadFrame {
        let landmarks: [Vec2; 68] = template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0));
        let middle = landmarks.iter().sum::<Vec2>() / 68.0;
        let pixels = image::RgbImage::from_fn(256, 256, |x, y| {
            let at = Vec2::new(x as f32, y as f32);
            let dark = landmarks[36..].iter().any(|p| p.distance(at) < 3.0);
            let face = at.distance(middle) < 75.0;
            image::Rgb(if dark {
                [60, 20, 20]
            } else if face {
                [200, 160, 130]
            } else {
                [70, 90, 80]
            })
        });
        HeadFrame::pictured(pixels, landmarks, None)
    }

    #[test]
    fn a_discriminator_that_learns_nothing_any_more_is_told() -> anyhow::Result<()> {
        let mut tuner = FineTuner::new(weights()?, motion()?, vec![picture()], FineTuneOptions::default())?;
        for variable in tuner.discriminator_store.variables().values() {
            variable.set(&(variable.as_tensor() * f64::NAN)?)?;
        }
        assert!(matches!(tuner.step(), Err(TrainError::Diverged(0))), "not a step like any other");
        Ok(())
    }

    #[test]
    fn a_picture_is_learnt_and_the_result_is_the_persons_own() -> anyhow::Result<()> {
        let options = FineTuneOptions { steps: 20, rate: 1e-3, ..FineTuneOptions::default() };
        let mut tuner = FineTuner::new(weights()?, motion()?, vec![picture()], options)?;
        let first = tuner.outcome()?;
        assert!(first.tuned.is_none() && (first.before - first.after).abs() < 1e-6, "nothing is learnt yet");
        let mut steps = 0;
        while !tuner.is_finished() {
            steps += 1;
            assert_eq!(tuner.step()?.step, steps, "one step at a time");
        }
        let done = tuner.outcome()?;
        assert!(
            (done.before - first.before).abs() < 1e-6,
            "what it is compared with stays as it was: {} and {}",
            first.before,
            done.before
        );
        assert!(done.after < GAIN_OF_ONE * done.before, "{} instead of {}", done.after, done.before);
        let tuned = done.tuned.expect("what is clearly better is kept");
        let batch = tuner.batch(&tuner.held_out)?;
        let made = |tuned: &Tuned| -> anyhow::Result<Tensor> {
            let (generator, style) = tuned.nets()?;
            Ok(made_by(&generator, &batch, &style)?.picture)
        };
        let apart = |a: &Tensor, b: &Tensor| -> anyhow::Result<f32> { Ok((a - b)?.abs()?.mean_all()?.to_scalar::<f32>()?) };
        let (own, again) = (made(&tuned)?, made(&Tuned::from_bytes(&tuned.to_bytes()?)?)?);
        let start = made_by(&tuner.start, &batch, &tuner.start_style)?.picture;
        let (kept, learnt) = (apart(&own, &again)?, apart(&own, &start)?);
        assert!(kept < 0.1 * learnt, "what comes back from its bytes makes the same pictures, and not those from before: {kept}, {learnt}");
        Ok(())
    }

    #[test]
    fn one_picture_does_not_teach_mouth_and_eyes_and_two_do() -> anyhow::Result<()> {
        for pictures in 1..=2 {
            let tuner = FineTuner::new(weights()?, motion()?, vec![picture(); pictures], FineTuneOptions::default())?;
            let batch = tuner.batch(&tuner.held_out)?;
            let part = tuner.learnt_part(&batch, &batch.target.zeros_like()?)?;
            let numbers = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
            let (part, target, calm) = (numbers(&part)?, numbers(&batch.target)?, numbers(&batch.calm)?);
            let (mut learnt, mut left) = (0, 0);
            for (n, calm) in calm.iter().enumerate() {
                let is = |what: f32| (part[3 * n] - what).abs() < 1e-6;
                learnt += usize::from(*calm < 1e-6 && is(0.0));
                left += usize::from(*calm < 1e-6 && is(target[3 * n]));
                assert!(*calm < 1.0 - 1e-6 || is(0.0), "the rest of the face is learnt from any number");
            }
            assert!(if pictures == 1 { left > 1000 && learnt == 0 } else { learnt > 1000 && left == 0 }, "{pictures}: {learnt} and {left}");
        }
        Ok(())
    }

    #[test]
    fn no_picture_and_wrong_weights_are_refused() -> anyhow::Result<()> {
        let nothing = FineTuner::new(weights()?, motion()?, Vec::new(), FineTuneOptions::default());
        assert!(nothing.is_err_and(|e| e.to_string().contains("no picture")), "nothing to learn from");
        let wrong = FineTuneWeights { discriminator: BTreeMap::new(), ..weights()? };
        assert!(FineTuner::new(wrong, motion()?, vec![picture()], FineTuneOptions::default()).is_err(), "no discriminator");
        Ok(())
    }
}
