//! Meta-learning of the few-shot generator by episodes (Zakharov et al. 2019): from a few sources of a head, the embedding; from it and the landmarks of
//! another frame, that frame. With the texture path the sources are warped by a motion net, which is trained before and stays as it is; without it, as in the
//! paper, whole pictures are drawn.

#[cfg(test)]
mod example_tests;
mod learner;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;

use super::EpisodeSource;
use super::checkpoint::{Checkpoint, write_whole};
use super::learning::{Groups, Learning, in_shares, tensors};
use super::stream::{Stream, StreamOptions};
use super::trainer::{StepReport, Trainer, rate_at};
use crate::model::{Discriminator, FewShotNets, MotionNet};
use crate::nn::{AdamSettings, Gradients, MovingAverage, Scope, Store, to_bytes};
use learner::Learner;
use retrato_learn::Sample;
use retrato_learn::{DISCRIMINATOR_ADAM, FewShotOptions, FewShotParts, HeadEpisode, TrainError};
use watch::Watched;

/// Steps of power iteration that fresh spectral norms begin with.
const SETTLING: usize = 20;
/// Name of the discriminator's file beside the weights that are exported.
pub const DISCRIMINATOR_FILE: &str = "discriminator.safetensors";
/// Name of its vectors of the persons.
const PERSONS: &str = "persons";
/// What a checkpoint of this run calls itself.
const KIND: &str = "retrato few-shot training 1";

/// What a checkpoint calls the parts of the networks that make pictures, and of the discriminator. Checkpoints of earlier versions have these names.
const MADE: Groups = ["weights", "adam", "adam steps"];
const DISCRIMINATOR: Groups = ["judge", "judge adam", "judge steps"];

/// A run of training.
pub struct FewShotTrainer {
    options: FewShotOptions,
    motion: Option<MotionNet>,
    made: Learning<FewShotNets>,
    discriminator: Learning<Discriminator>,
    average: MovingAverage,
    stream: Stream<HeadEpisode>,
    watched: Watched,
    step: u64,
}

/// What a run begins with, as an earlier one exported it; what is not given is fresh.
#[derive(Default)]
pub struct FewShotStart {
    /// Weights of embedder, projection and generator by name.
    pub nets: Option<BTreeMap<String, Tensor>>,
    /// Weights of the discriminator by name, mostly without its vectors of the persons: those are fresh then.
    pub discriminator: Option<BTreeMap<String, Tensor>>,
}

impl FewShotTrainer {
    /// A run from fresh weights, or from those of an earlier one. `motion` makes the warps, where the generator needs them.
    pub fn new(
        source: &Arc<EpisodeSource>,
        motion: Option<MotionNet>,
        options: FewShotOptions,
        start: FewShotStart,
    ) -> Result<Self, TrainError> {
        options.check()?;
        let fresh = start.nets.is_none();
        let device = &options.device;
        let store = start.nets.map_or_else(|| Store::fresh(options.seed, device), |w| Store::from_tensors(w, true, device));
        let net = FewShotNets::new(&store.scope(), &options.config)?;
        if fresh {
            net.advance_norms(SETTLING)?;
        }
        let (discriminator_store, discriminator) = first_discriminator(start.discriminator, &options)?;
        let average = MovingAverage::new(&store.variables(), options.average_decay)?;
        let made = Learning::new(store, net, AdamSettings::default())?;
        Self::assemble(source, motion, options, made, Learning::new(discriminator_store, discriminator, DISCRIMINATOR_ADAM)?, average, 0)
    }

    /// Goes on exactly where a checkpoint was written.
    pub fn resume(
        source: &Arc<EpisodeSource>,
        motion: Option<MotionNet>,
        options: FewShotOptions,
        path: &Path,
    ) -> Result<Self, TrainError> {
        options.check()?;
        let checkpoint = Checkpoint::read(path)?;
        checkpoint.check(path, KIND, &options.identity())?;
        let step = checkpoint.count("step").unwrap_or(0);
        let nets = |scope: &Scope<'_>| FewShotNets::new(scope, &options.config);
        let made = Learning::resumed(&checkpoint, MADE, AdamSettings::default(), &options.device, nets)?;
        let net = |scope: &Scope<'_>| Discriminator::new(scope, &options.discriminator, options.identities as usize);
        let discriminator = Learning::resumed(&checkpoint, DISCRIMINATOR, DISCRIMINATOR_ADAM, &options.device, net)?;
        let average = MovingAverage::restored(checkpoint.group("average"), options.average_decay);
        Self::assemble(source, motion, options, made, discriminator, average, step)
    }

    fn assemble(
        source: &Arc<EpisodeSource>,
        motion: Option<MotionNet>,
        options: FewShotOptions,
        made: Learning<FewShotNets>,
        discriminator: Learning<Discriminator>,
        average: MovingAverage,
        step: u64,
    ) -> Result<Self, TrainError> {
        if options.warps() && motion.is_none() {
            return Err(TrainError::Settings("a generator that mends warped sources needs a motion net".to_owned()));
        }
        let watched = Watched::new(&**source, &options)?;
        let FewShotOptions { seed, block, turns, threads, .. } = options;
        let stream = Stream::new(source, StreamOptions { seed, block, turns, visits: 1, threads }, step * options.batch as u64);
        Ok(Self { options, motion, made, discriminator, average, stream, watched, step })
    }

    /// Mean gradients of generator and discriminator and the figures of a batch.
    fn gradients(&self, samples: &[Sample<HeadEpisode>]) -> Result<(Gradients, Gradients, FewShotParts), TrainError> {
        let strict = self.options.adversarial(self.step);
        let frozen = if strict > 0.0 { Some(frozen(&self.discriminator.store, &self.options)?) } else { None };
        let made_variables = self.made.store.variables();
        let discriminator_variables = self.discriminator.store.variables();
        let learner = Learner {
            nets: &self.made.net,
            discriminator: &self.discriminator.net,
            frozen: frozen.as_ref(),
            strict,
            motion: self.motion.as_ref(),
            options: &self.options,
            made_variables: &made_variables,
            discriminator_variables: &discriminator_variables,
        };
        let ([made, discriminator_gradients], parts) = in_shares(samples, self.options.shards, |samples| {
            let (made, discriminator_gradients, parts) = learner.gradients(samples)?;
            Ok(([made, discriminator_gradients], parts))
        })?;
        Ok((made, discriminator_gradients, parts))
    }
}

impl Trainer for FewShotTrainer {
    type Figures = FewShotParts;

    fn steps(&self) -> u64 {
        self.step
    }

    fn is_finished(&self) -> bool {
        self.step >= self.options.steps
    }

    fn step(&mut self) -> Result<StepReport<FewShotParts>, TrainError> {
        let samples: Vec<Sample<HeadEpisode>> = (0..self.options.batch).map(|_| self.stream.sample()).collect::<Result<_, _>>()?;
        self.made.net.advance_norms(1)?;
        let strict = self.options.adversarial(self.step) > 0.0;
        if strict {
            self.discriminator.net.advance_norms(1)?;
        }
        let (made, discriminator_gradients, parts) = self.gradients(&samples)?;
        if !parts.loss.is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let at = |rate: f32| rate_at(rate, self.step, self.options.steps);
        let (rate, discriminator_rate) = (at(self.options.rate), at(self.options.discriminator_rate));
        let gradient_norm = self.made.adam.step(&made, rate)?;
        if strict {
            let norm = self.discriminator.adam.step(&discriminator_gradients, discriminator_rate)?;
            if !norm.is_finite() {
                // The loss need not show that the discriminator learns nothing any more.
                return Err(TrainError::Diverged(self.step));
            }
        }
        self.average.update(&self.made.store.variables(), self.step)?;
        self.step += 1;
        Ok(StepReport { step: self.step, parts, rate, gradient_norm })
    }

    fn validate(&self) -> Result<FewShotParts, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let nets = FewShotNets::new(&store.scope(), &self.options.config)?;
        self.watched.figures(&nets, self.motion.as_ref(), &self.options)
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut checkpoint = Checkpoint::default();
        self.made.keep(&mut checkpoint, MADE)?;
        self.discriminator.keep(&mut checkpoint, DISCRIMINATOR)?;
        checkpoint.put("average", self.average.values());
        checkpoint.describe(KIND, &self.options.identity());
        checkpoint.about.insert("step".to_owned(), self.step.to_string());
        checkpoint.write(path)
    }

    fn export(&self, path: &Path) -> Result<(), TrainError> {
        let write = |tensors: &BTreeMap<String, Tensor>, path: &Path| {
            write_whole(path, &to_bytes(tensors, candle_core::DType::F16, std::collections::HashMap::new())?)
        };
        write(self.average.values(), path)?;
        // Fine-tuning needs it, but for persons of its own.
        let mut discriminator = tensors(&self.discriminator.store);
        discriminator.remove(PERSONS);
        write(&discriminator, &path.with_file_name(DISCRIMINATOR_FILE))
    }
}

/// The discriminator that a run begins with, fresh or known.
fn first_discriminator(known: Option<BTreeMap<String, Tensor>>, options: &FewShotOptions) -> Result<(Store, Discriminator), TrainError> {
    let made = |store: Store| -> Result<(Store, Discriminator), TrainError> {
        let discriminator = Discriminator::new(&store.scope(), &options.discriminator, options.identities as usize)?;
        discriminator.advance_norms(SETTLING)?;
        Ok((store, discriminator))
    };
    let (fresh, discriminator) = made(Store::fresh(options.seed ^ 1, &options.device))?;
    let Some(mut known) = known else { return Ok((fresh, discriminator)) };
    if let (Some(persons), false) = (tensors(&fresh).remove(PERSONS), known.contains_key(PERSONS)) {
        known.insert(PERSONS.to_owned(), persons);
    }
    made(Store::from_tensors(known, true, &options.device))
}

/// The discriminator as it is now, without gradients of its own: for what the generator learns from it.
fn frozen(store: &Store, options: &FewShotOptions) -> Result<Discriminator, TrainError> {
    let tensors = tensors(store).into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
    let still = Store::from_tensors(tensors, false, &options.device);
    Ok(Discriminator::new(&still.scope(), &options.discriminator, options.identities as usize)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::model::{
        BodyConfig, DirectConfig, DiscriminatorConfig, EmbedderConfig, FewShotConfig, GeneratorConfig, MotionConfig, TextureConfig,
    };
    use crate::nn::ops::Statistics;
    use crate::synth::{EpisodeSampler, FaceKit, Scratch};
    use crate::train::clips;
    use crate::train::stream::Dataset;
    use retrato_learn::FewShotWeights;

    const IDENTITIES: u32 = 3;

    pub(super) fn options() -> FewShotOptions {
        let body = BodyConfig::Light { channels: vec![4, 4, 8, 8] };
        let generator = TextureConfig { channels: [8, 8, 12], blocks: 1, refinements: 1, statistics: Statistics::None, spectral: false };
        FewShotOptions {
            seed: 3,
            steps: 1000,
            batch: 2,
            side: 32,
            most_sources: 8,
            augment: true,
            rate: 3e-3,
            discriminator_rate: 1e-3,
            adversarial_from: 1,
            average_decay: 0.9,
            config: FewShotConfig {
                embedder: EmbedderConfig { body: body.clone(), numbers: 16, spectral: false },
                generator: GeneratorConfig::Texture(generator),
            },
            discriminator: DiscriminatorConfig { body, numbers: 16 },
            identities: IDENTITIES,
            loss: FewShotWeights::default(),
            block: 2,
            turns: 2,
            threads: 2,
            shards: 2,
            validation_episodes: 4,
            memory_episodes: 0,
            material: String::new(),
            device: Device::Cpu,
        }
    }

    fn source() -> Arc<EpisodeSource> {
        Arc::new(EpisodeSampler::new(Arc::new(FaceKit::stand_in()), IDENTITIES))
    }

    fn motion() -> anyhow::Result<Option<MotionNet>> {
        Ok(Some(MotionNet::new(&Store::fresh(1, &Device::Cpu).scope(), &MotionConfig { channels: [4, 4, 8, 8] })?))
    }

    /// The paper's networks, very narrow.
    pub(super) fn paper() -> FewShotOptions {
        let body = BodyConfig::Residual { channels: vec![4, 4, 8, 8, 8, 8], attention_after: 3 };
        let generator = DirectConfig { channels: [4, 4, 8, 8], blocks: 1, statistics: Statistics::Instance, spectral: true };
        FewShotOptions {
            side: 64,
            most_sources: 3,
            augment: false,
            config: FewShotConfig {
                embedder: EmbedderConfig { body: body.clone(), numbers: 8, spectral: true },
                generator: GeneratorConfig::Direct(generator),
            },
            discriminator: DiscriminatorConfig { body, numbers: 8 },
            validation_episodes: 2,
            memory_episodes: 2,
            identities: 2,
            material: "clips of a test".to_owned(),
            ..options()
        }
    }

    #[test]
    fn a_resumed_run_goes_on_as_if_it_had_not_stopped_discriminator_included() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let mut trainer = FewShotTrainer::new(&source(), motion()?, options(), FewShotStart::default())?;
        for _ in 0..3 {
            trainer.step()?;
        }
        trainer.save(&path)?;
        let went_on: Vec<FewShotParts> = (0..2).map(|_| trainer.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        let mut again = FewShotTrainer::resume(&source(), motion()?, options(), &path)?;
        let resumed: Vec<FewShotParts> = (0..2).map(|_| again.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        assert_eq!(went_on, resumed, "bit for bit, across a block of the stream");
        assert!(went_on.iter().all(|parts| parts.discriminator > 0.1), "the discriminator takes part: {went_on:?}");
        assert_eq!(trainer.validate()?, again.validate()?, "the averaged weights too");
        let other = FewShotOptions { side: 40, ..options() };
        let refused = FewShotTrainer::resume(&source(), motion()?, other, &path);
        assert!(refused.is_err_and(|e| e.to_string().contains("32 px")), "another run's checkpoint is refused");
        Ok(())
    }

    #[test]
    fn a_run_begins_with_what_another_exported() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("few_shot.safetensors");
        let mut trainer = FewShotTrainer::new(&source(), motion()?, options(), FewShotStart::default())?;
        for _ in 0..3 {
            trainer.step()?;
        }
        trainer.export(&path)?;
        let read = |path: &Path| crate::nn::read_weights(path).map(Some);
        let start = FewShotStart { nets: read(&path)?, discriminator: read(&path.with_file_name(DISCRIMINATOR_FILE))? };
        let again = FewShotTrainer::new(&source(), motion()?, options(), start)?;
        let weight = |trainer: &FewShotTrainer, name: &str| -> anyhow::Result<Vec<f32>> {
            Ok(trainer.discriminator.store.variables()[name].as_tensor().flatten_all()?.to_vec1::<f32>()?)
        };
        let differ = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0_f32, f32::max);
        let bias = |trainer: &FewShotTrainer| weight(trainer, "anyone");
        assert!(differ(&bias(&trainer)?, &bias(&again)?) < 1e-3, "the discriminator goes on");
        assert_eq!(weight(&again, PERSONS)?.len(), weight(&trainer, PERSONS)?.len(), "with persons of its own");
        let (before, after) = (trainer.validate()?, again.validate()?);
        assert!((before.error - after.error).abs() < 1e-4, "and so do the networks: {before:?}, {after:?}");
        Ok(())
    }

    /// The same episode again and again.
    struct One(HeadEpisode);

    impl Dataset for One {
        type Item = HeadEpisode;

        fn make(&self, _: u64, _: u64, _: &mut Scratch) -> Result<HeadEpisode, TrainError> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn it_begins_at_the_warped_source_and_learns_what_is_missing() -> anyhow::Result<()> {
        let one: Arc<EpisodeSource> = Arc::new(One(source().make(3, 0, &mut Scratch::new())?));
        let loss = FewShotWeights { restraint: 0.0, ..FewShotWeights::default() };
        let options = FewShotOptions { adversarial_from: u64::MAX, validation_episodes: 2, loss, ..options() };
        let mut trainer = FewShotTrainer::new(&one, motion()?, options, FewShotStart::default())?;
        let before = trainer.validate()?;
        assert!((before.error - before.warped_error).abs() < 1e-6, "a fresh generator changes nothing: {before:?}");
        for _ in 0..200 {
            trainer.step()?;
        }
        let last: Vec<FewShotParts> = (0..20).map(|_| trainer.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        let sum = |figure: fn(&FewShotParts) -> f32| last.iter().map(figure).sum::<f32>();
        let left = sum(|p| p.error) / sum(|p| p.warped_error);
        assert!(left < 0.95, "of the warp's error {left} is left");
        Ok(())
    }

    #[test]
    fn the_papers_networks_learn_from_clips_and_go_on_as_if_they_had_not_stopped() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let source: Arc<EpisodeSource> = Arc::new(clips::tests::source(folder.path())?);
        let mut trainer = FewShotTrainer::new(&source, None, paper(), FewShotStart::default())?;
        let before = trainer.validate()?;
        for _ in 0..40 {
            trainer.step()?;
        }
        trainer.save(&path)?;
        let went_on: Vec<FewShotParts> = (0..2).map(|_| trainer.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        let mut again = FewShotTrainer::resume(&source, None, paper(), &path)?;
        let resumed: Vec<FewShotParts> = (0..2).map(|_| again.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        assert_eq!(went_on, resumed, "bit for bit");
        let after = trainer.validate()?;
        assert!(after.error < 0.8 * before.error && after.ssim > before.ssim, "it learns: {before:?} to {after:?}");
        assert!(after.memory_ssim > before.memory_ssim && before.warped_error == 0.0, "what it has seen too, without any warp: {after:?}");
        assert!(
            before.given_ssim > 0.5 && before.given_ssim.to_bits() == after.given_ssim.to_bits(),
            "a source resembles the target: {before:?}"
        );
        let narrower = FewShotOptions { material: "other clips".to_owned(), ..paper() };
        let refused = FewShotTrainer::resume(&source, None, narrower, &path).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(
            refused.contains("clips of a test") && refused.contains("preset paper"),
            "another folder's checkpoint is refused: {refused}"
        );
        Ok(())
    }

    #[test]
    fn settings_that_do_not_fit_are_refused_before_anything_is_made() {
        let refused = |options: FewShotOptions, motion: Option<MotionNet>| {
            FewShotTrainer::new(&source(), motion, options, FewShotStart::default()).err().map(|e| e.to_string()).unwrap_or_default()
        };
        assert!(refused(FewShotOptions { side: 96, ..paper() }, None).contains("128"), "no whole squares");
        assert!(refused(FewShotOptions { side: 12, ..options() }, None).contains("multiple of 8"), "an odd crop");
        assert!(refused(options(), None).contains("motion net"), "nothing to warp with");
        assert!(refused(FewShotOptions { most_sources: 9, ..paper() }, None).contains("sources"), "more sources than an episode has");
        let mixed = FewShotOptions { discriminator: options().discriminator, ..paper() };
        assert!(refused(mixed, None).contains("landmark images"), "networks of two presets");
    }
}
