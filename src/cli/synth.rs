//! `retrato synth`: pairs of synthetic heads, to look at or to time.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use rayon::prelude::*;
use serde::Serialize;

use crate::synth::{self, FaceKit, FramePair, PairSampler, Scratch};

/// Pairs on one sheet, and in one row of it.
const PAIRS_PER_SHEET: u64 = 24;
const COLUMNS: usize = 2;

/// Where the geometry of heads comes from.
#[derive(clap::Args)]
pub(super) struct KitArgs {
    /// ICT-FaceKit's folder `FaceXModel`: its public archive, unpacked
    #[arg(long, value_name = "FOLDER")]
    facekit: Option<PathBuf>,
    /// A crude head of our own instead: for trying the machinery, not for training
    #[arg(long, conflicts_with = "facekit")]
    stand_in: bool,
}

impl KitArgs {
    /// The heads.
    pub(super) fn load(&self) -> anyhow::Result<Arc<FaceKit>> {
        let kit = match &self.facekit {
            Some(folder) => FaceKit::load(folder)?,
            None if self.stand_in => FaceKit::stand_in(),
            None => anyhow::bail!("give the folder FaceXModel of ICT-FaceKit with --facekit; it is public, under the MIT licence"),
        };
        Ok(Arc::new(kit))
    }
}

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    /// How many pairs
    #[arg(long, default_value = "24", value_name = "COUNT")]
    pairs: u64,
    /// Seed: the same one makes the same pairs
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Number of the first pair
    #[arg(long, default_value = "0", value_name = "NUMBER")]
    first: u64,
    /// Frame some pairs wider than crops are, as the matte net learns from them
    #[arg(long)]
    wide: bool,
    /// Write contact sheets into this folder: source, target, exact warp, parts
    #[arg(long, value_name = "FOLDER")]
    preview: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    pairs: u64,
    seconds: f64,
    pairs_per_second: f64,
    threads: usize,
    sheets: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let kit = args.kit.load()?;
    let sampler = if args.wide { PairSampler::with_wide_views(kit) } else { PairSampler::new(kit) };
    if let Some(folder) = &args.preview {
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut seconds = 0.0;
    let mut sheets = Vec::new();
    let end = args.first.saturating_add(args.pairs);
    let mut next = args.first;
    while next < end {
        let numbers = next..end.min(next + PAIRS_PER_SHEET);
        next = numbers.end;
        let start = Instant::now();
        let pairs: Vec<FramePair> =
            numbers.clone().into_par_iter().map_init(Scratch::new, |scratch, n| sampler.pair(args.seed, n, scratch)).collect();
        seconds += start.elapsed().as_secs_f64();
        if let Some(folder) = &args.preview {
            sheets.push(write_sheet(folder, args.seed, numbers.start, &pairs)?);
        }
    }
    let report = Report {
        pairs: args.pairs,
        seconds,
        pairs_per_second: args.pairs as f64 / seconds.max(1e-9),
        threads: rayon::current_num_threads(),
        sheets,
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        say!(
            "{} pairs in {:.1} s on {} threads: {:.1} pairs per second",
            report.pairs,
            report.seconds,
            report.threads,
            report.pairs_per_second
        );
        report.sheets.iter().for_each(|sheet| say!("{}", sheet.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn write_sheet(folder: &Path, seed: u64, first: u64, pairs: &[FramePair]) -> anyhow::Result<PathBuf> {
    let path = folder.join(format!("synth_{seed}_{first:06}.png"));
    synth::sheet(pairs, COLUMNS).save(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}
