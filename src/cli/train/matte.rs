//! `retrato train matte`: which part of a picture is the head, which the body.

use std::process::ExitCode;

use super::pairs::PairArgs;
use crate::model::MatteConfig;
use crate::synth::PairSampler;
use crate::train::MatteTask;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    pairs: PairArgs,
    /// Steps of the whole run
    #[arg(long, default_value = "3000")]
    steps: u64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    args.pairs.train(MatteTask { config: MatteConfig::shipped() }, PairSampler::with_wide_views, args.steps, "matte.safetensors")
}
