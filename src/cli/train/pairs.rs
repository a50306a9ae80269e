//! What the trainings by pairs take besides their steps, and how they run.

use std::process::ExitCode;
use std::sync::Arc;

use super::run::RunArgs;
use crate::cli::synth::KitArgs;
use crate::synth::{FaceKit, PairSampler};
use crate::train::{PairOptions, PairSource, PairTask, PairTrainer};

#[derive(clap::Args)]
pub(super) struct PairArgs {
    #[command(flatten)]
    kit: KitArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Samples per step
    #[arg(long, default_value = "16", value_parser = clap::value_parser!(u64).range(1..=1024))]
    batch: u64,
    /// Learning rate after warming up
    #[arg(long, default_value = "1e-3")]
    rate: f32,
    /// Visits of each pair, in both turns
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u64).range(1..=64))]
    visits: u64,
    /// Pairs made ahead and shuffled together
    #[arg(long, default_value = "256", value_parser = clap::value_parser!(u64).range(1..=4096))]
    block: u64,
    /// Held-out pairs to look at now and then
    #[arg(long, default_value = "64", value_name = "PAIRS")]
    validation: usize,
}

impl PairArgs {
    fn options(&self, steps: u64) -> anyhow::Result<PairOptions> {
        Ok(PairOptions {
            seed: self.run.seed,
            steps,
            batch: self.batch as usize,
            rate: self.rate,
            average_decay: 0.998,
            block: self.block as usize,
            visits: self.visits as usize,
            threads: self.run.threads(),
            shards: self.run.shards(),
            validation_pairs: self.validation,
            device: self.run.device()?,
        })
    }

    /// Trains on what a sampler makes of the kit, for `steps` in all; `weights` is the name of the file that is shipped.
    pub(super) fn train<T: PairTask>(
        &self,
        task: T,
        sampler: fn(Arc<FaceKit>) -> PairSampler,
        steps: u64,
        weights: &'static str,
    ) -> anyhow::Result<ExitCode> {
        let source: Arc<PairSource> = Arc::new(sampler(self.kit.load()?));
        let options = self.options(steps)?;
        let (again, resumed) = (task.clone(), options.clone());
        let trainer = self.run.open(
            |checkpoint| PairTrainer::resume(&source, again, resumed, checkpoint),
            |weights| PairTrainer::new(&source, task, options, weights),
        )?;
        self.run.finish(trainer, weights, steps, self.batch)
    }
}
