//! `retrato train parts`: the networks that draw what no pixel of a portrait shows of its eyes and its mouth.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::run::RunArgs;
use crate::cli::synth::KitArgs;
use crate::model::{self, FewShotNets, PartConfig, Preset};
use crate::synth::CloseUpSampler;
use crate::train::{PartOptions, PartSampler, PartSource, PartTrainer};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Steps of the whole run
    #[arg(long, default_value = "20000")]
    steps: u64,
    /// Frames per step
    #[arg(long, default_value = "8", value_parser = clap::value_parser!(u64).range(1..=256))]
    batch: u64,
    /// Learning rate after warming up
    #[arg(long, default_value = "1e-3")]
    rate: f32,
    /// Visits of each frame
    #[arg(long, default_value = "2", value_parser = clap::value_parser!(u64).range(1..=64))]
    visits: u64,
    /// Close-ups made ahead and shuffled together
    #[arg(long, default_value = "32", value_parser = clap::value_parser!(u64).range(1..=1024))]
    block: u64,
    /// Held-out close-ups to look at now and then
    #[arg(long, default_value = "32", value_name = "CLOSE-UPS")]
    validation: usize,
    /// Few-shot weights whose embedder describes the portraits (default: the program's own)
    #[arg(long, value_name = "FILE")]
    few_shot_weights: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let embedder = model::load::<FewShotNets>(args.few_shot_weights.as_deref())?.embedder;
    let source: Arc<PartSource> = Arc::new(PartSampler::new(CloseUpSampler::new(args.kit.load()?), embedder));
    let options = PartOptions {
        seed: args.run.seed,
        steps: args.steps,
        batch: args.batch as usize,
        rate: args.rate,
        average_decay: 0.998,
        config: PartConfig::of(Preset::Retrato),
        block: args.block as usize,
        visits: args.visits as usize,
        threads: args.run.threads(),
        shards: args.run.shards(),
        validation: args.validation,
        device: args.run.device()?,
    };
    let resumed = options.clone();
    let trainer = args
        .run
        .open(|checkpoint| PartTrainer::resume(&source, resumed, checkpoint), |weights| PartTrainer::new(&source, options, weights))?;
    args.run.finish(trainer, "parts.safetensors", args.steps, args.batch)
}
