//! `retrato train performances`: the built-in performances, acted by what synthetic heads do.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::synth::KitArgs;
use crate::synth::PairSampler;
use crate::train::{ACTS, Actor};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    kit: KitArgs,
    /// Folder for the performances; those of the same names are replaced
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&args.output).with_context(|| format!("{} cannot be made", args.output.display()))?;
    let actor = Actor::learn(&PairSampler::new(args.kit.load()?))?;
    for act in &ACTS {
        let path = args.output.join(format!("{}.jsonl", act.name));
        let performance = actor.perform(act);
        let cannot = || format!("{} cannot be written", path.display());
        performance.write(BufWriter::new(File::create(&path).with_context(cannot)?)).with_context(cannot)?;
        say!("{}: {} frames, {:.1} s", path.display(), performance.frames.len(), performance.duration().as_secs_f64());
    }
    Ok(ExitCode::SUCCESS)
}
