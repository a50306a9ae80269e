//! Training of the motion net.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;

use super::TrainError;
use super::checkpoint::{Checkpoint, write_whole};
use super::curve::Figures as _;
use super::loss::{LossParts, LossWeights, motion_loss};
use super::samples::{MotionExample, example};
use super::stream::{PairSource, Sample, Stream, StreamOptions};
use super::trainer::{StepReport, Trainer, rate_at};
use crate::model::{MotionBatch, MotionConfig, MotionNet, MotionSample};
use crate::nn::{Adam, AdamSettings, Gradients, MovingAverage, Store, to_bytes};
use crate::synth::{Pair, Scratch};

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct MotionOptions {
    /// Seed of the weights, the pairs and their order.
    pub seed: u64,
    /// Steps of the whole run: the learning rate falls towards the last of them.
    pub steps: u64,
    /// Samples per step.
    pub batch: usize,
    /// Learning rate after warming up.
    pub rate: f32,
    /// Share of the averaged weights that one step keeps.
    pub average_decay: f32,
    /// Sizes of the net.
    pub config: MotionConfig,
    /// Weights of the loss.
    pub loss: LossWeights,
    /// Pairs per block of the stream.
    pub block: usize,
    /// Visits of each pair in each direction.
    pub visits: usize,
    /// Threads that make pairs.
    pub threads: usize,
    /// Shares of a batch that are worked on side by side.
    pub shards: usize,
    /// Held-out pairs, each seen in both directions.
    pub validation_pairs: usize,
    /// Where the net is trained.
    pub device: Device,
}

/// What a checkpoint of this run calls itself.
const KIND: &str = "retrato motion training 1";

impl MotionOptions {
    /// What must be the same for a checkpoint to fit; steps may differ, so that a run can be made longer.
    fn identity(&self) -> String {
        format!(
            "seed {} batch {} in {} channels {:?} block {} visits {}",
            self.seed, self.batch, self.shards, self.config.channels, self.block, self.visits
        )
    }
}

/// Held-out pairs.
struct Validation {
    examples: Vec<MotionExample>,
}

impl Validation {
    /// Makes the pairs; the same for every run with the same seed.
    fn new(source: &PairSource, options: &MotionOptions) -> Result<Self, TrainError> {
        let pairs: Vec<_> = (0..options.validation_pairs as u64)
            .into_par_iter()
            .map_init(Scratch::new, |scratch, index| source.held_out(options.seed, index, scratch).map(Arc::new))
            .collect::<Result<_, _>>()?;
        let samples = pairs
            .iter()
            .enumerate()
            .flat_map(|(n, pair)| (0..2).map(move |k| Sample { item: Arc::clone(pair), turn: k, number: n as u64 }));
        Ok(Self { examples: samples.map(|sample| example(&sample, options.seed, false)).collect() })
    }
}

/// A run of training.
pub struct MotionTrainer {
    options: MotionOptions,
    store: Store,
    net: MotionNet,
    adam: Adam,
    average: MovingAverage,
    stream: Stream<Pair>,
    validation: Validation,
    step: u64,
}

impl MotionTrainer {
    /// A run from fresh weights, or from `weights` of an earlier one.
    pub fn new(source: &Arc<PairSource>, options: MotionOptions, weights: Option<BTreeMap<String, Tensor>>) -> Result<Self, TrainError> {
        let fresh = weights.is_none();
        let store = weights.map_or_else(|| Store::fresh(options.seed, &options.device), |w| Store::from_tensors(w, true, &options.device));
        let net = MotionNet::new(&store.scope(), &options.config)?;
        if fresh {
            net.start_even()?;
        }
        let adam = Adam::new(store.variables(), AdamSettings::default());
        let average = MovingAverage::new(&store.variables(), options.average_decay)?;
        Self::assemble(source, options, store, net, adam, average, 0)
    }

    /// Goes on exactly where a checkpoint was written.
    pub fn resume(source: &Arc<PairSource>, options: MotionOptions, path: &Path) -> Result<Self, TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        checkpoint.check(path, KIND, &options.identity())?;
        let step = checkpoint.count("step").unwrap_or(0);
        let store = Store::from_tensors(checkpoint.group("weights"), true, &options.device);
        let net = MotionNet::new(&store.scope(), &options.config)?;
        let mut adam = Adam::new(store.variables(), AdamSettings::default());
        adam.restore(&checkpoint.group("adam"), checkpoint.count("adam steps").unwrap_or(step))?;
        let average = MovingAverage::restored(checkpoint.group("average"), options.average_decay);
        Self::assemble(source, options, store, net, adam, average, step)
    }

    fn assemble(
        source: &Arc<PairSource>,
        options: MotionOptions,
        store: Store,
        net: MotionNet,
        adam: Adam,
        average: MovingAverage,
        step: u64,
    ) -> Result<Self, TrainError> {
        let validation = Validation::new(&**source, &options)?;
        let stream_options =
            StreamOptions { seed: options.seed, block: options.block, turns: 2, visits: options.visits, threads: options.threads };
        let stream = Stream::new(source, stream_options, step * options.batch as u64);
        Ok(Self { options, store, net, adam, average, stream, validation, step })
    }

    /// Mean gradients and figures of a batch. Shares of it are worked on side by side, since much of the tensor library's own work keeps to one thread; they
    /// are added up in order, so that the sum does not depend on which was ready first.
    fn gradients(&self, samples: &[Sample<Pair>]) -> Result<(Gradients, LossParts), TrainError> {
        let share = samples.len().div_ceil(self.options.shards.max(1)).max(1);
        let learner = Learner { net: &self.net, options: &self.options, variables: &self.store.variables() };
        let each: Vec<Result<(Gradients, LossParts), TrainError>> = std::thread::scope(|scope| {
            let working: Vec<_> = samples.chunks(share).map(|samples| scope.spawn(move || learner.gradients(samples))).collect();
            working.into_iter().map(|work| work.join().unwrap_or(Err(TrainError::Panicked))).collect()
        });
        let mut gradients = Gradients::default();
        let mut parts = LossParts::default();
        for (found, samples) in each.into_iter().zip(samples.chunks(share)) {
            let (found, figures) = found?;
            let weight = samples.len() as f32 / self.options.batch as f32;
            gradients.add(&found, weight);
            parts = parts.plus(&figures.divided(1.0 / weight));
        }
        Ok((gradients, parts))
    }
}

impl Trainer for MotionTrainer {
    type Figures = LossParts;

    fn steps(&self) -> u64 {
        self.step
    }

    fn is_finished(&self) -> bool {
        self.step >= self.options.steps
    }

    fn step(&mut self) -> Result<StepReport<LossParts>, TrainError> {
        let samples: Vec<Sample<Pair>> = (0..self.options.batch).map(|_| self.stream.sample()).collect::<Result<_, _>>()?;
        let (gradients, parts) = self.gradients(&samples)?;
        if !parts.loss.is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let rate = rate_at(self.options.rate, self.step, self.options.steps);
        let gradient_norm = self.adam.step(&gradients, rate)?;
        self.average.update(&self.store.variables(), self.step)?;
        self.step += 1;
        Ok(StepReport { step: self.step, parts, rate, gradient_norm })
    }

    fn validate(&self) -> Result<LossParts, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let net = MotionNet::new(&store.scope(), &self.options.config)?;
        let mut sum = LossParts::default();
        let mut batches = 0.0_f32;
        for examples in self.validation.examples.chunks(self.options.batch.max(1)) {
            let (_, parts) = loss_on(&net, &examples.into(), &self.options)?;
            sum = sum.plus(&parts);
            batches += 1.0;
        }
        Ok(sum.divided(batches.max(1.0)))
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut checkpoint = Checkpoint::default();
        let weights = self.store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().clone())).collect();
        checkpoint.put("weights", &weights);
        checkpoint.put("adam", &self.adam.state()?);
        checkpoint.put("average", self.average.values());
        checkpoint.describe(KIND, &self.options.identity());
        let counts = [("step", self.step), ("adam steps", self.adam.steps())];
        checkpoint.about.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string())));
        checkpoint.write(path)
    }

    fn export(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = to_bytes(self.average.values(), candle_core::DType::F16, std::collections::HashMap::new())?;
        write_whole(path, &bytes)
    }
}

/// What a thread needs to find gradients.
#[derive(Clone, Copy)]
struct Learner<'a> {
    net: &'a MotionNet,
    options: &'a MotionOptions,
    variables: &'a BTreeMap<String, Var>,
}

impl Learner<'_> {
    /// Mean gradients and figures of some samples.
    fn gradients(self, samples: &[Sample<Pair>]) -> Result<(Gradients, LossParts), TrainError> {
        let examples: Arc<[MotionExample]> = samples.iter().map(|sample| example(sample, self.options.seed, true)).collect();
        let (loss, parts) = loss_on(self.net, &examples, self.options)?;
        Ok((Gradients::of(&loss.backward()?, self.variables)?, parts))
    }
}

/// The net's loss on some examples, and its parts.
fn loss_on(net: &MotionNet, examples: &Arc<[MotionExample]>, options: &MotionOptions) -> Result<(Tensor, LossParts), TrainError> {
    let inputs: Vec<MotionSample> = examples.iter().map(|e| e.input.clone()).collect();
    let output = net.forward(&MotionBatch::new(&inputs, &options.device)?)?;
    Ok(motion_loss(&output, examples, options.loss)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{FaceKit, PairSampler};

    fn options() -> MotionOptions {
        MotionOptions {
            seed: 3,
            steps: 40,
            batch: 3,
            rate: 1e-3,
            average_decay: 0.99,
            config: MotionConfig { channels: [4, 4, 8, 8] },
            loss: LossWeights::default(),
            block: 2,
            visits: 2,
            threads: 2,
            shards: 2,
            validation_pairs: 1,
            device: Device::Cpu,
        }
    }

    fn source() -> Arc<PairSource> {
        Arc::new(PairSampler::new(Arc::new(FaceKit::stand_in())))
    }

    #[test]
    fn a_resumed_run_has_the_same_next_loss_as_one_that_did_not_stop() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let mut trainer = MotionTrainer::new(&source(), options(), None)?;
        for _ in 0..3 {
            trainer.step()?;
        }
        trainer.save(&path)?;
        let went_on: Vec<LossParts> = (0..3).map(|_| trainer.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        let mut again = MotionTrainer::resume(&source(), options(), &path)?;
        assert_eq!(again.steps(), 3, "the counter is kept");
        let resumed: Vec<LossParts> = (0..3).map(|_| again.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        assert_eq!(went_on, resumed, "bit for bit, across a block of the stream");
        assert_eq!(trainer.validate()?, again.validate()?, "the averaged weights too");
        let other = MotionOptions { seed: 4, ..options() };
        let refused = MotionTrainer::resume(&source(), other, &path);
        assert!(refused.is_err_and(|e| e.to_string().contains("seed 3")), "another run's checkpoint is refused");
        Ok(())
    }
}
