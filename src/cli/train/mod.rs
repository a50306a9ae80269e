//! `retrato train`: the networks learn from synthetic heads, or from clips.

mod face_mesh;
mod few_shot;
mod matte;
mod motion;
mod pairs;
mod performances;
mod prepare;
mod run;

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use anyhow::Context as _;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    network: TrainCommand,
}

#[derive(clap::Subcommand)]
enum TrainCommand {
    /// The motion net: landmarks to backward flow and visibility
    Motion(motion::Args),
    /// The matte net: which part of a portrait is the head, so that what is behind it can be filled in
    Matte(matte::Args),
    /// The few-shot generator: what a warp cannot show, from an embedding of the person
    FewShot(few_shot::Args),
    /// No network: the performances that come with the program, acted by what synthetic heads do
    Performances(performances::Args),
    /// The mean face mesh and how faces vary: for faces that the face reader does not see
    FaceMesh(face_mesh::Args),
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    keep_memory()?;
    match &args.network {
        TrainCommand::Motion(args) => motion::run(args),
        TrainCommand::Matte(args) => matte::run(args),
        TrainCommand::FewShot(args) => few_shot::run(args),
        TrainCommand::Performances(args) => performances::run(args),
        TrainCommand::FaceMesh(args) => face_mesh::run(args),
    }
}

/// glibc gives large pieces of memory back to the system at once, and taking them again costs a page fault per 4 KiB: training was several times slower
/// for it. The allocator reads its settings when a process starts, so this one starts itself again with them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_memory() -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    const SETTINGS: [(&str, &str); 3] =
        [("MALLOC_MMAP_THRESHOLD_", "4294967296"), ("MALLOC_TRIM_THRESHOLD_", "17179869184"), ("MALLOC_TOP_PAD_", "268435456")];
    if SETTINGS.iter().any(|(name, _)| std::env::var_os(name).is_some()) {
        return Ok(());
    }
    let own = std::env::current_exe().context("the program's own file is not known")?;
    // Only comes back when it failed.
    let error = std::process::Command::new(own).args(std::env::args_os().skip(1)).envs(SETTINGS).exec();
    tracing::warn!("memory settings could not be set ({error}); training is slower without them");
    Ok(())
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn keep_memory() -> anyhow::Result<()> {
    Ok(())
}
