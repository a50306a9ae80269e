//! `retrato train few-shot`: embedder, projection and generator, by episodes of synthetic heads or of clips.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::prepare::{self, ClipArgs};
use super::run::RunArgs;
use crate::cli::synth::KitArgs;
use crate::learn::{FewShotOptions, FewShotWeights};
use crate::model::{self, DiscriminatorConfig, FewShotConfig, GeneratorConfig, MotionNet, Preset, Width};
use crate::nn::ops::Statistics;
use crate::synth::EpisodeSampler;
use crate::train::{DISCRIMINATOR_FILE, EpisodeSource, FewShotStart, FewShotTrainer};

#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("material").required(true).args(["facekit", "stand_in", "clips"])))]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    #[command(flatten)]
    clips: ClipArgs,
    #[command(flatten)]
    run: RunArgs,
    /// Which networks: retrato mends warped sources, paper draws every pixel from the landmarks, as Zakharov et al. 2019
    #[arg(long, default_value = "retrato", value_parser = ["retrato", "paper"])]
    preset: String,
    /// Share of the paper's channels: full, half or quarter (default: full)
    #[arg(long, value_parser = ["full", "half", "quarter"])]
    width: Option<String>,
    /// What stands before the person's scale and shift: none, or the statistics of instance norm, which the paper has. The program itself runs weights that were
    /// trained with none; instance is there to be compared (default: none, preset paper: instance)
    #[arg(long, value_parser = ["none", "instance"])]
    statistics: Option<String>,
    /// Weights of the motion net that warps the sources, instead of the program's own
    #[arg(long, value_name = "FILE")]
    motion_weights: Option<PathBuf>,
    /// Steps of the whole run
    #[arg(long, default_value = "20000")]
    steps: u64,
    /// Examples per step; each gives three crops, or one whole picture with the preset paper
    #[arg(long, default_value = "8", value_parser = clap::value_parser!(u64).range(2..=512))]
    batch: u64,
    /// Side of a crop in pixels (default: 96), or of whole pictures with the preset paper: 64, 128 or 256 (default: 256)
    #[arg(long, value_name = "PIXELS", value_parser = parse_side)]
    side: Option<usize>,
    /// Most sources of an example
    #[arg(long, default_value = "8", value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=8))]
    sources: u64,
    /// Learning rate of the generator after warming up (default: 1e-3; preset paper: 5e-5)
    #[arg(long)]
    rate: Option<f32>,
    /// Learning rate of the discriminator (default: 4e-4; preset paper: 2e-4)
    #[arg(long)]
    discriminator_rate: Option<f32>,
    /// The step from which on the discriminator takes part (default: 6000; preset paper: 0)
    #[arg(long, value_name = "STEP")]
    adversarial_from: Option<u64>,
    /// How many different synthetic persons there are
    #[arg(long, default_value = "2048", conflicts_with = "clips", value_parser = clap::value_parser!(u32).range(1..=65536))]
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
    fn preset(&self) -> Preset {
        if self.preset == "paper" { Preset::Paper } else { Preset::Retrato }
    }

    /// Refuses what would have no effect.
    fn check(&self) -> anyhow::Result<()> {
        match self.preset() {
            Preset::Retrato if self.width.is_some() => anyhow::bail!("--width is for --preset paper only: leave one out or add the other"),
            Preset::Paper if self.motion_weights.is_some() => {
                anyhow::bail!("--preset paper warps nothing, so --motion-weights has no effect: leave it out")
            }
            Preset::Paper if self.statistics.is_some() => {
                anyhow::bail!("--preset paper has the statistics of the paper, so --statistics has no effect: leave it out")
            }
            _ => Ok(()),
        }
    }

    fn networks(&self) -> (FewShotConfig, DiscriminatorConfig) {
        let width = match self.width.as_deref() {
            Some("quarter") => Width::Quarter,
            Some("half") => Width::Half,
            _ => Width::Full,
        };
        match self.preset() {
            Preset::Retrato => {
                let mut config = FewShotConfig::of(Preset::Retrato);
                if let (GeneratorConfig::Texture(generator), Some("instance")) = (&mut config.generator, self.statistics.as_deref()) {
                    generator.statistics = Statistics::Instance;
                }
                (config, DiscriminatorConfig::of(Preset::Retrato))
            }
            Preset::Paper => (FewShotConfig::paper(width), DiscriminatorConfig::paper(width)),
        }
    }

    /// Settings for synthetic heads.
    fn options(&self) -> anyhow::Result<FewShotOptions> {
        let (config, discriminator) = self.networks();
        // The paper's rates and its discriminator from the first step on.
        let (side, rate, discriminator_rate, adversarial_from) = match self.preset() {
            Preset::Retrato => (96, 1e-3, 4e-4, 6000),
            Preset::Paper => (256, 5e-5, 2e-4, 0),
        };
        Ok(FewShotOptions {
            seed: self.run.seed,
            steps: self.steps,
            batch: self.batch as usize,
            side: self.side.unwrap_or(side),
            most_sources: self.sources as usize,
            augment: true,
            rate: self.rate.unwrap_or(rate),
            discriminator_rate: self.discriminator_rate.unwrap_or(discriminator_rate),
            adversarial_from: self.adversarial_from.unwrap_or(adversarial_from),
            average_decay: 0.998,
            config,
            discriminator,
            identities: self.identities,
            loss: FewShotWeights::default(),
            block: self.block as usize,
            turns: self.turns as usize,
            threads: self.run.threads(),
            shards: self.run.shards(),
            validation_episodes: self.validation,
            memory_episodes: 0,
            material: String::new(),
            device: self.run.device()?,
        })
    }

    /// What is learnt from; clips change the settings.
    fn source(&self, options: &mut FewShotOptions) -> anyhow::Result<Arc<EpisodeSource>> {
        let Some(folder) = &self.clips.clips else { return Ok(Arc::new(EpisodeSampler::new(self.kit.load()?, self.identities))) };
        let source = prepare::clips(folder, &self.clips, &self.run)?;
        options.identities = source.identities();
        options.material = format!("clips {}", source.fingerprint());
        // Clips are learnt as they are: their landmarks have a tracker's errors already.
        options.augment = false;
        options.memory_episodes = options.validation_episodes;
        Ok(Arc::new(source))
    }

    /// The net that warps, where the preset has warps.
    fn motion(&self) -> anyhow::Result<Option<MotionNet>> {
        match self.preset() {
            Preset::Paper => Ok(None),
            Preset::Retrato => Ok(Some(model::load(self.motion_weights.as_deref())?)),
        }
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.check()?;
    let (resumed_motion, new_motion) = (args.motion()?, args.motion()?);
    let mut options = args.options()?;
    options.check()?;
    let source = args.source(&mut options)?;
    let resumed = options.clone();
    let samples = options.pictures_per_step();
    let trainer = args.run.open(
        |checkpoint| FewShotTrainer::resume(&source, resumed_motion, resumed, checkpoint),
        |weights| {
            let discriminator = args.run.beside_start(DISCRIMINATOR_FILE)?;
            FewShotTrainer::new(&source, new_motion, options, FewShotStart { nets: weights, discriminator })
        },
    )?;
    args.run.finish(trainer, "few_shot.safetensors", args.steps, samples)
}
