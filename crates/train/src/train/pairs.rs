//! Training by pairs of frames whose answers are known exactly: what the motion net and the matte net have in common.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;

use super::checkpoint::{Checkpoint, write_whole};
use super::learning::{Groups, Learning, in_shares};
use super::stream::{PairSource, Stream, StreamOptions};
use super::trainer::{StepReport, Trainer, rate_at};
use crate::nn::{AdamSettings, Gradients, MovingAverage, Scope, Store, WeightsError, to_bytes};
use crate::synth::{FramePair, Scratch};
use retrato_learn::Figures;
use retrato_learn::Sample;
use retrato_learn::TrainError;

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct PairOptions {
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
    /// Pairs per block of the stream.
    pub block: usize,
    /// Visits of each pair in each of its two turns.
    pub visits: usize,
    /// Threads that make pairs.
    pub threads: usize,
    /// Shares of a batch that are worked on side by side.
    pub shards: usize,
    /// Held-out pairs, each seen in both turns.
    pub validation_pairs: usize,
    /// Where the net is trained.
    pub device: Device,
}

/// What is learnt from pairs: a network, what it is shown and what it is taught.
pub trait PairTask: Clone + Send + Sync {
    /// The network.
    type Net: Sync;
    /// What it learns from one sample.
    type Example: Clone + Send + Sync;
    /// What is said of a batch.
    type Figures: Figures + Send;

    /// What a checkpoint of such a run calls itself.
    const KIND: &'static str;

    /// The sizes, in words: a checkpoint fits only a run of the same.
    fn sizes(&self) -> String;

    /// The network with the weights of a scope.
    fn net(&self, scope: &Scope<'_>) -> Result<Self::Net, WeightsError>;

    /// Prepares fresh weights.
    fn start(&self, _: &Self::Net) -> candle_core::Result<()> {
        Ok(())
    }

    /// Makes an example; `augment` is left out in validation. The same sample number and seed give the same example.
    fn example(&self, sample: &Sample<FramePair>, seed: u64, augment: bool) -> Self::Example;

    /// The net's loss on some examples as a scalar, and figures.
    fn loss(&self, net: &Self::Net, examples: &Arc<[Self::Example]>, device: &Device) -> Result<(Tensor, Self::Figures), TrainError>;
}

/// What a checkpoint calls the network's parts.
const GROUPS: Groups = ["weights", "adam", "adam steps"];

/// A run of training.
pub struct PairTrainer<T: PairTask> {
    task: T,
    options: PairOptions,
    learning: Learning<T::Net>,
    average: MovingAverage,
    stream: Stream<FramePair>,
    validation: Vec<T::Example>,
    step: u64,
}

impl<T: PairTask> PairTrainer<T> {
    /// A run from fresh weights, or from `weights` of an earlier one.
    pub fn new(
        source: &Arc<PairSource>,
        task: T,
        options: PairOptions,
        weights: Option<BTreeMap<String, Tensor>>,
    ) -> Result<Self, TrainError> {
        let fresh = weights.is_none();
        let store = weights.map_or_else(|| Store::fresh(options.seed, &options.device), |w| Store::from_tensors(w, true, &options.device));
        let net = task.net(&store.scope())?;
        if fresh {
            task.start(&net)?;
        }
        let average = MovingAverage::new(&store.variables(), options.average_decay)?;
        Self::assemble(source, task, options, (Learning::new(store, net, AdamSettings::default())?, average), 0)
    }

    /// Goes on exactly where a checkpoint was written.
    pub fn resume(source: &Arc<PairSource>, task: T, options: PairOptions, path: &Path) -> Result<Self, TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        checkpoint.check(path, T::KIND, &identity(&task, &options))?;
        let step = checkpoint.count("step").unwrap_or(0);
        let learning = Learning::resumed(&checkpoint, GROUPS, AdamSettings::default(), &options.device, |scope| task.net(scope))?;
        let average = MovingAverage::restored(checkpoint.group("average"), options.average_decay);
        Self::assemble(source, task, options, (learning, average), step)
    }

    fn assemble(
        source: &Arc<PairSource>,
        task: T,
        options: PairOptions,
        (learning, average): (Learning<T::Net>, MovingAverage),
        step: u64,
    ) -> Result<Self, TrainError> {
        let validation = held_out(&task, &**source, &options)?;
        let stream_options =
            StreamOptions { seed: options.seed, block: options.block, turns: 2, visits: options.visits, threads: options.threads };
        let stream = Stream::new(source, stream_options, step * options.batch as u64);
        Ok(Self { task, options, learning, average, stream, validation, step })
    }

    /// Mean gradients and figures of a batch.
    fn gradients(&self, samples: &[Sample<FramePair>]) -> Result<(Gradients, T::Figures), TrainError> {
        let learner =
            PairLearner { task: &self.task, net: &self.learning.net, options: &self.options, variables: &self.learning.store.variables() };
        let ([gradients], figures) = in_shares(samples, self.options.shards, |samples| {
            let (gradients, figures) = learner.gradients(samples)?;
            Ok(([gradients], figures))
        })?;
        Ok((gradients, figures))
    }
}

impl<T: PairTask> Trainer for PairTrainer<T> {
    type Figures = T::Figures;

    fn steps(&self) -> u64 {
        self.step
    }

    fn is_finished(&self) -> bool {
        self.step >= self.options.steps
    }

    fn step(&mut self) -> Result<StepReport<T::Figures>, TrainError> {
        let samples: Vec<Sample<FramePair>> = (0..self.options.batch).map(|_| self.stream.sample()).collect::<Result<_, _>>()?;
        let (gradients, parts) = self.gradients(&samples)?;
        if !parts.loss().is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let rate = rate_at(self.options.rate, self.step, self.options.steps);
        let gradient_norm = self.learning.adam.step(&gradients, rate)?;
        self.average.update(&self.learning.store.variables(), self.step)?;
        self.step += 1;
        Ok(StepReport { step: self.step, parts, rate, gradient_norm })
    }

    fn validate(&self) -> Result<T::Figures, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let net = self.task.net(&store.scope())?;
        let mut sum = T::Figures::default();
        let mut batches = 0.0_f32;
        for examples in self.validation.chunks(self.options.batch.max(1)) {
            let (_, parts) = self.task.loss(&net, &examples.into(), &self.options.device)?;
            sum = sum.plus(&parts);
            batches += 1.0;
        }
        Ok(sum.divided(batches.max(1.0)))
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut checkpoint = Checkpoint::default();
        self.learning.keep(&mut checkpoint, GROUPS)?;
        checkpoint.put("average", self.average.values());
        checkpoint.describe(T::KIND, &identity(&self.task, &self.options));
        checkpoint.about.insert("step".to_owned(), self.step.to_string());
        checkpoint.write(path)
    }

    fn export(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = to_bytes(self.average.values(), candle_core::DType::F16, std::collections::HashMap::new())?;
        write_whole(path, &bytes)
    }
}

/// What must be the same for a checkpoint to fit; steps may differ, so that a run can be made longer.
fn identity<T: PairTask>(task: &T, options: &PairOptions) -> String {
    let PairOptions { seed, batch, shards, block, visits, .. } = options;
    format!("seed {seed} batch {batch} in {shards} {} block {block} visits {visits}", task.sizes())
}

/// Examples of held-out pairs; the same for every run with the same seed.
fn held_out<T: PairTask>(task: &T, source: &PairSource, options: &PairOptions) -> Result<Vec<T::Example>, TrainError> {
    let pairs: Vec<_> = (0..options.validation_pairs as u64)
        .into_par_iter()
        .map_init(Scratch::new, |scratch, index| source.held_out(options.seed, index, scratch).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let both = |(n, pair): (usize, &Arc<FramePair>)| [0, 1].map(|turn| Sample { item: Arc::clone(pair), turn, number: n as u64 });
    Ok(pairs.iter().enumerate().flat_map(both).map(|sample| task.example(&sample, options.seed, false)).collect())
}

/// What a thread needs to find gradients.
struct PairLearner<'a, T: PairTask> {
    task: &'a T,
    net: &'a T::Net,
    options: &'a PairOptions,
    variables: &'a BTreeMap<String, Var>,
}

impl<T: PairTask> PairLearner<'_, T> {
    /// Mean gradients and figures of some samples.
    fn gradients(&self, samples: &[Sample<FramePair>]) -> Result<(Gradients, T::Figures), TrainError> {
        let examples: Arc<[T::Example]> = samples.iter().map(|sample| self.task.example(sample, self.options.seed, true)).collect();
        let (loss, parts) = self.task.loss(self.net, &examples, &self.options.device)?;
        Ok((Gradients::of(&loss.backward()?, self.variables)?, parts))
    }
}
