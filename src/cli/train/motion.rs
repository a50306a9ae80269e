//! `retrato train motion`: landmarks to backward flow and visibility.

use std::process::ExitCode;

use super::pairs::PairArgs;
use crate::model::MotionConfig;
use crate::synth::PairSampler;
use crate::train::{LossWeights, MotionTask};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pairs: PairArgs,
    /// Steps of the whole run
    #[arg(long, default_value = "7000")]
    steps: u64,
    /// Channels at 64, 32, 16 and 8 cells, for trials with a smaller net: the program itself takes the default only
    #[arg(long, value_name = "A,B,C,D", value_parser = parse_channels)]
    channels: Option<[usize; 4]>,
}

fn parse_channels(text: &str) -> Result<[usize; 4], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n| (1..=512).contains(n))).collect();
    numbers.and_then(|n| n.try_into().ok()).ok_or_else(|| "give four numbers from 1 to 512, as 32,64,96,128".to_owned())
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let config = args.channels.map_or_else(MotionConfig::shipped, |channels| MotionConfig { channels });
    args.pairs.train(MotionTask { config, loss: LossWeights::default() }, PairSampler::new, args.steps, "motion.safetensors")
}
