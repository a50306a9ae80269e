//! Meta-learning of the few-shot generator by episodes (Zakharov et al. 2019): from a few sources of a head, the embedding; from it and the landmarks of
//! another frame, that frame. The motion net is trained before and stays as it is.

mod batch;
mod examples;
mod loss;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;

use super::TrainError;
use super::checkpoint::{Checkpoint, write_whole};
use super::curve::Figures as _;
use super::stream::{EpisodeSource, Sample, Stream, StreamOptions};
use super::trainer::{StepReport, Trainer, rate_at};
use crate::model::{Discriminator, DiscriminatorConfig, FewShotConfig, FewShotNets, GeneratorInput, GeneratorOutput, MotionNet, Person};
use crate::nn::{Adam, AdamSettings, Gradients, MovingAverage, Store, to_bytes};
use crate::synth::{Episode, Scratch};
use batch::FewShotBatch;
use examples::{CROPS, FewShotExample, example};
pub use loss::{FewShotParts, FewShotWeights};

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct FewShotOptions {
    /// Seed of the weights, the episodes and their order.
    pub seed: u64,
    /// Steps of the whole run: the learning rate falls towards the last of them.
    pub steps: u64,
    /// Examples per step, each with three crops.
    pub batch: usize,
    /// Side of a crop in pixels, a multiple of 8.
    pub side: usize,
    /// Learning rate of the generator after warming up.
    pub rate: f32,
    /// That of the discriminator.
    pub discriminator_rate: f32,
    /// The step from which on the discriminator takes part; its weight rises over 500 steps.
    pub adversarial_from: u64,
    /// Share of the averaged weights that one step keeps.
    pub average_decay: f32,
    /// Sizes of embedder and generator.
    pub config: FewShotConfig,
    /// Sizes of the discriminator, and how many identities it knows.
    pub discriminator: DiscriminatorConfig,
    /// See [`crate::synth::EpisodeSampler::identities`].
    pub identities: u32,
    /// Weights of the loss.
    pub loss: FewShotWeights,
    /// Episodes per block of the stream.
    pub block: usize,
    /// Combinations of sources and target drawn from each episode.
    pub turns: usize,
    /// Threads that make episodes.
    pub threads: usize,
    /// Shares of a batch that are worked on side by side.
    pub shards: usize,
    /// Held-out episodes.
    pub validation_episodes: usize,
    /// Where the networks are trained.
    pub device: Device,
}

/// Steps over which the discriminator's weight rises to its own.
const RISE: u64 = 500;
/// Steps of power iteration that fresh spectral norms begin with.
const SETTLING: usize = 20;
/// Turns the seed into that of the held-out episodes, whose persons are nobody's in training.
const HELD_OUT: u64 = 0x5EED_0FF5;
/// What a checkpoint of this run calls itself.
const KIND: &str = "retrato few-shot training 1";

impl FewShotOptions {
    /// Crops that one step learns from.
    pub fn crops_per_step(&self) -> u64 {
        (self.batch * CROPS) as u64
    }

    /// What must be the same for a checkpoint to fit; steps and rates may differ.
    fn identity(&self) -> String {
        let Self { seed, batch, side, shards, block, turns, identities, .. } = self;
        format!("seed {seed} batch {batch} of {side} px in {shards} block {block} turns {turns} identities {identities}")
    }

    /// Weight of the discriminator in step `step`, 0 to 1.
    fn adversarial(&self, step: u64) -> f64 {
        if step < self.adversarial_from { 0.0 } else { ((step - self.adversarial_from + 1) as f64 / RISE as f64).min(1.0) }
    }
}

/// Weights with their network and optimiser.
struct Learning<N> {
    store: Store,
    net: N,
    adam: Adam,
}

/// A run of training.
pub struct FewShotTrainer {
    options: FewShotOptions,
    motion: MotionNet,
    made: Learning<FewShotNets>,
    judge: Learning<Discriminator>,
    average: MovingAverage,
    stream: Stream<Episode>,
    validation: Vec<FewShotExample>,
    step: u64,
}

/// The discriminator's own optimiser forgets faster: what it has to tell apart changes all the time.
const JUDGE_ADAM: AdamSettings = AdamSettings { beta1: 0.5, beta2: 0.99, epsilon: 1e-8, clip_norm: 10.0 };

impl FewShotTrainer {
    /// A run from fresh weights, or from `weights` of an earlier one. `motion` makes the warps.
    pub fn new(
        source: &Arc<EpisodeSource>,
        motion: MotionNet,
        options: FewShotOptions,
        weights: Option<BTreeMap<String, Tensor>>,
    ) -> Result<Self, TrainError> {
        let fresh = weights.is_none();
        let device = &options.device;
        let store = weights.map_or_else(|| Store::fresh(options.seed, device), |w| Store::from_tensors(w, true, device));
        let net = FewShotNets::new(&store.scope(), &options.config)?;
        if fresh {
            net.advance_norms(SETTLING)?;
        }
        let judge_store = Store::fresh(options.seed ^ 1, device);
        let judge = Discriminator::new(&judge_store.scope(), &options.discriminator, options.identities as usize)?;
        judge.advance_norms(SETTLING)?;
        let average = MovingAverage::new(&store.variables(), options.average_decay)?;
        let adam = Adam::new(store.variables(), AdamSettings::default());
        let judge_adam = Adam::new(judge_store.variables(), JUDGE_ADAM);
        let made = Learning { store, net, adam };
        Ok(Self::assemble(source, motion, options, made, Learning { store: judge_store, net: judge, adam: judge_adam }, average, 0))
    }

    /// Goes on exactly where a checkpoint was written.
    pub fn resume(source: &Arc<EpisodeSource>, motion: MotionNet, options: FewShotOptions, path: &Path) -> Result<Self, TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        checkpoint.check(path, KIND, &options.identity())?;
        let step = checkpoint.count("step").unwrap_or(0);
        let store = Store::from_tensors(checkpoint.group("weights"), true, &options.device);
        let net = FewShotNets::new(&store.scope(), &options.config)?;
        let mut adam = Adam::new(store.variables(), AdamSettings::default());
        adam.restore(&checkpoint.group("adam"), checkpoint.count("adam steps").unwrap_or(step))?;
        let judge_store = Store::from_tensors(checkpoint.group("judge"), true, &options.device);
        let judge = Discriminator::new(&judge_store.scope(), &options.discriminator, options.identities as usize)?;
        let mut judge_adam = Adam::new(judge_store.variables(), JUDGE_ADAM);
        judge_adam.restore(&checkpoint.group("judge adam"), checkpoint.count("judge steps").unwrap_or(0))?;
        let average = MovingAverage::restored(checkpoint.group("average"), options.average_decay);
        let made = Learning { store, net, adam };
        Ok(Self::assemble(source, motion, options, made, Learning { store: judge_store, net: judge, adam: judge_adam }, average, step))
    }

    fn assemble(
        source: &Arc<EpisodeSource>,
        motion: MotionNet,
        options: FewShotOptions,
        made: Learning<FewShotNets>,
        judge: Learning<Discriminator>,
        average: MovingAverage,
        step: u64,
    ) -> Self {
        let held_out: Vec<_> = (0..options.validation_episodes as u64)
            .into_par_iter()
            .map_init(Scratch::new, |scratch, index| Arc::new(source.make(options.seed ^ HELD_OUT, index, scratch)))
            .collect();
        let samples = held_out.iter().enumerate().map(|(n, item)| Sample { item: Arc::clone(item), turn: 0, number: n as u64 });
        let validation = samples.map(|sample| example(&sample, options.seed, options.side, false)).collect();
        let FewShotOptions { seed, block, turns, threads, .. } = options;
        let stream = Stream::new(source, StreamOptions { seed, block, turns, visits: 1, threads }, step * options.batch as u64);
        Self { options, motion, made, judge, average, stream, validation, step }
    }

    /// Mean gradients of generator and discriminator and the figures of a batch; shares of it are worked on side by side and added up in order.
    fn gradients(&self, samples: &[Sample<Episode>]) -> Result<(Gradients, Gradients, FewShotParts), TrainError> {
        let strict = self.options.adversarial(self.step);
        let frozen = if strict > 0.0 { Some(frozen(&self.judge.store, &self.options)?) } else { None };
        let made_variables = self.made.store.variables();
        let judge_variables = self.judge.store.variables();
        let learner = Learner {
            nets: &self.made.net,
            judge: &self.judge.net,
            frozen: frozen.as_ref(),
            strict,
            motion: &self.motion,
            options: &self.options,
            made_variables: &made_variables,
            judge_variables: &judge_variables,
        };
        let share = samples.len().div_ceil(self.options.shards.max(1)).max(1);
        let each: Vec<Result<(Gradients, Gradients, FewShotParts), TrainError>> = std::thread::scope(|scope| {
            let working: Vec<_> = samples.chunks(share).map(|samples| scope.spawn(move || learner.gradients(samples))).collect();
            working.into_iter().map(|work| work.join().unwrap_or(Err(TrainError::Panicked))).collect()
        });
        let (mut made, mut judged, mut parts) = (Gradients::default(), Gradients::default(), FewShotParts::default());
        for (found, samples) in each.into_iter().zip(samples.chunks(share)) {
            let (a, b, figures) = found?;
            let weight = samples.len() as f32 / self.options.batch as f32;
            made.add(&a, weight);
            judged.add(&b, weight);
            parts = parts.plus(&figures.divided(1.0 / weight));
        }
        Ok((made, judged, parts))
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
        let samples: Vec<Sample<Episode>> = (0..self.options.batch).map(|_| self.stream.sample()).collect::<Result<_, _>>()?;
        self.made.net.advance_norms(1)?;
        let strict = self.options.adversarial(self.step) > 0.0;
        if strict {
            self.judge.net.advance_norms(1)?;
        }
        let (made, judged, parts) = self.gradients(&samples)?;
        if !parts.loss.is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let at = |rate: f32| rate_at(rate, self.step, self.options.steps);
        let (rate, judge_rate) = (at(self.options.rate), at(self.options.discriminator_rate));
        let gradient_norm = self.made.adam.step(&made, rate)?;
        if strict {
            self.judge.adam.step(&judged, judge_rate)?;
        }
        self.average.update(&self.made.store.variables(), self.step)?;
        self.step += 1;
        Ok(StepReport { step: self.step, parts, rate, gradient_norm })
    }

    fn validate(&self) -> Result<FewShotParts, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let nets = FewShotNets::new(&store.scope(), &self.options.config)?;
        let mut sum = FewShotParts::default();
        let mut batches = 0.0_f32;
        // Exchanging embeddings takes at least two examples.
        for examples in self.validation.chunks(self.options.batch.max(2)).filter(|examples| examples.len() > 1) {
            let batch = FewShotBatch::new(examples, &self.motion, self.options.side, &self.options.device)?;
            let embeddings = embeddings(&nets, &batch)?;
            let output = generated(&nets, &batch, &embeddings)?;
            let others = Tensor::cat(&[embeddings.narrow(0, 1, examples.len() - 1)?, embeddings.narrow(0, 0, 1)?], 0)?;
            let error = |picture: &Tensor| loss::weighted_error(picture, &batch.target, &batch.weights)?.to_scalar::<f32>();
            let parts = FewShotParts {
                loss: loss::reconstruction(&batch, &output.picture, self.options.loss.edges)?.to_scalar()?,
                error: error(&output.picture)?,
                warped_error: error(&batch.warped.picture)?,
                shuffled_error: error(&generated(&nets, &batch, &others)?.picture)?,
                ..FewShotParts::default()
            };
            sum = sum.plus(&parts);
            batches += 1.0;
        }
        Ok(sum.divided(batches.max(1.0)))
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut checkpoint = Checkpoint::default();
        checkpoint.put("weights", &tensors(&self.made.store));
        checkpoint.put("judge", &tensors(&self.judge.store));
        checkpoint.put("adam", &self.made.adam.state()?);
        checkpoint.put("judge adam", &self.judge.adam.state()?);
        checkpoint.put("average", self.average.values());
        checkpoint.describe(KIND, &self.options.identity());
        let counts = [("step", self.step), ("adam steps", self.made.adam.steps()), ("judge steps", self.judge.adam.steps())];
        checkpoint.about.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
        checkpoint.write(path)
    }

    fn export(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = to_bytes(self.average.values(), candle_core::DType::F16, std::collections::HashMap::new())?;
        write_whole(path, &bytes)
    }
}

fn tensors(store: &Store) -> BTreeMap<String, Tensor> {
    store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().clone())).collect()
}

/// The discriminator as it is now, without gradients of its own: for what the generator learns from it.
fn frozen(store: &Store, options: &FewShotOptions) -> Result<Discriminator, TrainError> {
    let tensors = tensors(store).into_iter().map(|(name, tensor)| (name, tensor.detach())).collect();
    let still = Store::from_tensors(tensors, false, &options.device);
    Ok(Discriminator::new(&still.scope(), &options.discriminator, options.identities as usize)?)
}

/// Each example's embedding: the mean over its sources.
fn embeddings(nets: &FewShotNets, batch: &FewShotBatch) -> candle_core::Result<Tensor> {
    batch.means.matmul(&nets.embedder.embed(&batch.pictures, &batch.landmarks)?)
}

/// The crops that the generator gives for the examples' embeddings.
fn generated(nets: &FewShotNets, batch: &FewShotBatch, embeddings: &Tensor) -> candle_core::Result<GeneratorOutput> {
    let style = nets.projection.project(&embeddings.index_select(&batch.example_of, 0)?)?;
    let input = GeneratorInput { source: Some(batch.warped.clone()), landmarks: batch.target_landmarks.clone() };
    nets.generator.forward(&input, &style)
}

/// What a thread needs to find gradients.
#[derive(Clone, Copy)]
struct Learner<'a> {
    nets: &'a FewShotNets,
    judge: &'a Discriminator,
    frozen: Option<&'a Discriminator>,
    strict: f64,
    motion: &'a MotionNet,
    options: &'a FewShotOptions,
    made_variables: &'a BTreeMap<String, Var>,
    judge_variables: &'a BTreeMap<String, Var>,
}

impl Learner<'_> {
    /// Mean gradients of generator and discriminator, and figures.
    fn gradients(self, samples: &[Sample<Episode>]) -> Result<(Gradients, Gradients, FewShotParts), TrainError> {
        let examples: Vec<FewShotExample> =
            samples.iter().map(|sample| example(sample, self.options.seed, self.options.side, true)).collect();
        let batch = FewShotBatch::new(&examples, self.motion, self.options.side, &self.options.device)?;
        let embeddings = embeddings(self.nets, &batch)?;
        let output = generated(self.nets, &batch, &embeddings)?;
        let weights = &self.options.loss;
        let mut loss = loss::reconstruction(&batch, &output.picture, weights.edges)?;
        if let Some(changes) = loss::restraint(&batch, &output)? {
            loss = (loss + (changes * weights.restraint)?)?;
        }
        let mut parts = FewShotParts {
            error: loss::weighted_error(&output.picture, &batch.target, &batch.weights)?.to_scalar()?,
            warped_error: loss::weighted_error(&batch.warped.picture, &batch.target, &batch.weights)?.to_scalar()?,
            ..FewShotParts::default()
        };
        let mut judged = Gradients::default();
        if let Some(frozen) = self.frozen {
            let (made, real) = (loss::judge(frozen, &batch, &output.picture)?, loss::judge(frozen, &batch, &batch.target)?);
            let score = made.score.mean_all()?;
            parts.score = score.to_scalar()?;
            let adversarial = ((loss::feature_distance(&made, &real)? * weights.features)? - (score * weights.score)?)?;
            let persons = self.judge.vectors(Person::Known(&batch.identities))?;
            let matching = (embeddings.index_select(&batch.example_of, 0)? - persons)?.abs()?.mean_all()?;
            loss = (loss + (adversarial + (matching * weights.matching)?)? * self.strict)?;
            let real = loss::judge(self.judge, &batch, &batch.target)?;
            let hinge = loss::hinge(&real, &loss::judge(self.judge, &batch, &output.picture.detach())?)?;
            parts.discriminator = hinge.to_scalar()?;
            judged = Gradients::of(&hinge.backward()?, self.judge_variables)?;
        }
        parts.loss = loss.to_scalar()?;
        let found = loss.backward()?;
        // The match moves the discriminator's own vectors too.
        judged.add(&Gradients::of(&found, self.judge_variables)?, 1.0);
        Ok((Gradients::of(&found, self.made_variables)?, judged, parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BodyConfig, EmbedderConfig, GeneratorConfig, MotionConfig, TextureConfig};
    use crate::nn::ops::Statistics;
    use crate::synth::{EpisodeSampler, FaceKit};

    const IDENTITIES: u32 = 3;

    fn options() -> FewShotOptions {
        let body = BodyConfig::Light { channels: vec![4, 4, 8, 8] };
        let generator = TextureConfig { channels: [8, 8, 12], blocks: 1, refinements: 1, statistics: Statistics::None, spectral: false };
        FewShotOptions {
            seed: 3,
            steps: 1000,
            batch: 2,
            side: 32,
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
            device: Device::Cpu,
        }
    }

    fn source() -> Arc<EpisodeSource> {
        Arc::new(EpisodeSampler::new(Arc::new(FaceKit::stand_in()), IDENTITIES))
    }

    fn motion() -> anyhow::Result<MotionNet> {
        Ok(MotionNet::new(&Store::fresh(1, &Device::Cpu).scope(), &MotionConfig { channels: [4, 4, 8, 8] })?)
    }

    #[test]
    fn a_resumed_run_goes_on_as_if_it_had_not_stopped_discriminator_included() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let mut trainer = FewShotTrainer::new(&source(), motion()?, options(), None)?;
        for _ in 0..3 {
            trainer.step()?;
        }
        trainer.save(&path)?;
        let went_on: Vec<FewShotParts> = (0..2).map(|_| trainer.step().map(|r| r.parts)).collect::<std::result::Result<_, _>>()?;
        let mut again = FewShotTrainer::resume(&source(), motion()?, options(), &path)?;
        let resumed: Vec<FewShotParts> = (0..2).map(|_| again.step().map(|r| r.parts)).collect::<std::result::Result<_, _>>()?;
        assert_eq!(went_on, resumed, "bit for bit, across a block of the stream");
        assert!(went_on.iter().all(|parts| parts.discriminator > 0.1), "the discriminator takes part: {went_on:?}");
        assert_eq!(trainer.validate()?, again.validate()?, "the averaged weights too");
        let other = FewShotOptions { side: 40, ..options() };
        let refused = FewShotTrainer::resume(&source(), motion()?, other, &path);
        assert!(refused.is_err_and(|e| e.to_string().contains("32 px")), "another run's checkpoint is refused");
        Ok(())
    }

    /// The same episode again and again.
    struct One(Episode);

    impl super::super::stream::Source for One {
        type Item = Episode;

        fn make(&self, _: u64, _: u64, _: &mut Scratch) -> Episode {
            self.0.clone()
        }
    }

    #[test]
    fn it_begins_at_the_warped_source_and_learns_what_is_missing() -> anyhow::Result<()> {
        let one: Arc<EpisodeSource> = Arc::new(One(source().make(3, 0, &mut Scratch::new())));
        let loss = FewShotWeights { restraint: 0.0, ..FewShotWeights::default() };
        let options = FewShotOptions { adversarial_from: u64::MAX, validation_episodes: 2, loss, ..options() };
        let mut trainer = FewShotTrainer::new(&one, motion()?, options, None)?;
        let before = trainer.validate()?;
        assert!((before.error - before.warped_error).abs() < 1e-6, "a fresh generator changes nothing: {before:?}");
        for _ in 0..80 {
            trainer.step()?;
        }
        let last: Vec<FewShotParts> = (0..20).map(|_| trainer.step().map(|r| r.parts)).collect::<std::result::Result<_, _>>()?;
        let sum = |figure: fn(&FewShotParts) -> f32| last.iter().map(figure).sum::<f32>();
        let left = sum(|p| p.error) / sum(|p| p.warped_error);
        assert!(left < 0.95, "of the warp's error {left} is left");
        Ok(())
    }
}
