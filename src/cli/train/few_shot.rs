//! `retrato train few-shot`: embedder, projection and generator, by episodes.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::run::RunArgs;
use crate::cli::synth::KitArgs;
use crate::model::{self, DiscriminatorConfig, FewShotConfig, Preset};
use crate::synth::EpisodeSampler;
use crate::train::{EpisodeSource, FewShotOptions, FewShotTrainer, FewShotWeights};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Weights of the motion net that warps the sources, instead of the program's own
    #[arg(long, value_name = "FILE")]
    motion_weights: Option<PathBuf>,
    /// Steps of the whole run
    #[arg(long, default_value = "20000")]
    steps: u64,
    /// Examples per step; each gives three crops
    #[arg(long, default_value = "8", value_parser = clap::value_parser!(u64).range(2..=512))]
    batch: u64,
    /// Side of a crop, in pixels
    #[arg(long, default_value = "96", value_name = "PIXELS", value_parser = parse_side)]
    side: usize,
    /// Learning rate of the generator after warming up
    #[arg(long, default_value = "1e-3")]
    rate: f32,
    /// Learning rate of the discriminator
    #[arg(long, default_value = "4e-4")]
    discriminator_rate: f32,
    /// The step from which on the discriminator takes part
    #[arg(long, default_value = "6000", value_name = "STEP")]
    adversarial_from: u64,
    /// How many different persons there are
    #[arg(long, default_value = "2048", value_parser = clap::value_parser!(u32).range(1..=65536))]
    identities: u32,
    /// Combinations of sources and target drawn from each episode
    #[arg(long, default_value = "4", value_parser = clap::value_parser!(u64).range(1..=64))]
    turns: u64,
    /// Episodes made ahead and shuffled together
    #[arg(long, default_value = "96", value_parser = clap::value_parser!(u64).range(1..=4096))]
    block: u64,
    /// Held-out episodes to look at now and then
    #[arg(long, default_value = "64", value_name = "EPISODES")]
    validation: usize,
}

fn parse_side(text: &str) -> Result<usize, String> {
    let side = text.trim().parse().ok().filter(|side| (32..=256).contains(side) && side % 8 == 0);
    side.ok_or_else(|| "give a multiple of 8 from 32 to 256".to_owned())
}

impl Args {
    fn options(&self) -> anyhow::Result<FewShotOptions> {
        Ok(FewShotOptions {
            seed: self.run.seed,
            steps: self.steps,
            batch: self.batch as usize,
            side: self.side,
            rate: self.rate,
            discriminator_rate: self.discriminator_rate,
            adversarial_from: self.adversarial_from,
            average_decay: 0.998,
            config: FewShotConfig::of(Preset::Retrato),
            discriminator: DiscriminatorConfig::of(Preset::Retrato),
            identities: self.identities,
            loss: FewShotWeights::default(),
            block: self.block as usize,
            turns: self.turns as usize,
            threads: self.run.threads(),
            shards: self.run.shards(),
            validation_episodes: self.validation,
            device: self.run.device()?,
        })
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source: Arc<EpisodeSource> = Arc::new(EpisodeSampler::new(args.kit.load()?, args.identities));
    let motion = || model::load(args.motion_weights.as_deref());
    let (resumed_motion, new_motion) = (motion()?, motion()?);
    let options = args.options()?;
    let resumed = options.clone();
    let samples = options.crops_per_step();
    let trainer = args.run.open(
        |checkpoint| FewShotTrainer::resume(&source, resumed_motion, resumed, checkpoint),
        |weights| FewShotTrainer::new(&source, new_motion, options, weights),
    )?;
    args.run.finish(trainer, "few_shot.safetensors", args.steps, samples)
}
