//! `retrato train motion`: landmarks to backward flow and visibility.

use std::process::ExitCode;
use std::sync::Arc;

use super::run::RunArgs;
use crate::cli::synth::KitArgs;
use crate::model::{MotionConfig, Preset};
use crate::synth::PairSampler;
use crate::train::{LossWeights, MotionOptions, MotionTrainer, PairSource};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Steps of the whole run
    #[arg(long, default_value = "7000")]
    steps: u64,
    /// Samples per step
    #[arg(long, default_value = "16", value_parser = clap::value_parser!(u64).range(1..=1024))]
    batch: u64,
    /// Learning rate after warming up
    #[arg(long, default_value = "1e-3")]
    rate: f32,
    /// Visits of each pair, in both directions
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u64).range(1..=64))]
    visits: u64,
    /// Pairs made ahead and shuffled together
    #[arg(long, default_value = "256", value_parser = clap::value_parser!(u64).range(1..=4096))]
    block: u64,
    /// Held-out pairs to look at now and then
    #[arg(long, default_value = "64", value_name = "PAIRS")]
    validation: usize,
    /// Channels at 64, 32, 16 and 8 cells, for trials with a smaller net: the program itself takes the default only
    #[arg(long, value_name = "A,B,C,D", value_parser = parse_channels)]
    channels: Option<[usize; 4]>,
}

fn parse_channels(text: &str) -> Result<[usize; 4], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n| (1..=512).contains(n))).collect();
    numbers.and_then(|n| n.try_into().ok()).ok_or_else(|| "give four numbers from 1 to 512, as 32,64,96,128".to_owned())
}

impl Args {
    fn options(&self) -> anyhow::Result<MotionOptions> {
        Ok(MotionOptions {
            seed: self.run.seed,
            steps: self.steps,
            batch: self.batch as usize,
            rate: self.rate,
            average_decay: 0.998,
            config: self.channels.map_or_else(|| MotionConfig::of(Preset::Retrato), |channels| MotionConfig { channels }),
            loss: LossWeights::default(),
            block: self.block as usize,
            visits: self.visits as usize,
            threads: self.run.threads(),
            shards: self.run.shards(),
            validation_pairs: self.validation,
            device: self.run.device()?,
        })
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source: Arc<PairSource> = Arc::new(PairSampler::new(args.kit.load()?));
    let options = args.options()?;
    let resumed = options.clone();
    let trainer = args
        .run
        .open(|checkpoint| MotionTrainer::resume(&source, resumed, checkpoint), |weights| MotionTrainer::new(&source, options, weights))?;
    args.run.finish(trainer, "motion.safetensors", args.steps, args.batch)
}
