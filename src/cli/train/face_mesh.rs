//! `retrato train face-mesh`: the mean face and its modes, from synthetic heads as the face reader sees them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::cli::synth::KitArgs;
use crate::synth::PairSampler;
use crate::train::{FaceMeshFigures, learn_face_mesh};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    /// File for the mean face and its modes
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Seed of the heads
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Pairs of pictures of synthetic heads to read
    #[arg(long, default_value = "2000")]
    pairs: u64,
    /// Modes to keep
    #[arg(long, default_value = "24", value_parser = clap::value_parser!(u64).range(1..=64))]
    modes: u64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    output: PathBuf,
    blake3: String,
    readings: usize,
    validation: FaceMeshFigures,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let sampler = PairSampler::new(args.kit.load()?);
    let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::new(args.pairs) };
    let learnt = learn_face_mesh(&sampler, args.seed, args.pairs, args.modes as usize, |pairs| bar.set_position(pairs))?;
    bar.finish_and_clear();
    std::fs::write(&args.output, &learnt.file).with_context(|| format!("{} cannot be written", args.output.display()))?;
    let report = Report {
        output: args.output.clone(),
        blake3: blake3::hash(&learnt.file).to_hex().to_string(),
        readings: learnt.readings,
        validation: learnt.validation,
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let FaceMeshFigures { distance_in_space, distance_in_picture, variance_held } = report.validation;
        say!("{} readings, {:.0} % of their variance held", report.readings, 100.0 * variance_held);
        say!("held out: {distance_in_space:.3} inter-ocular distances off in space, {distance_in_picture:.3} in the picture");
        say!("{} {}", report.output.display(), report.blake3);
    }
    Ok(ExitCode::SUCCESS)
}
