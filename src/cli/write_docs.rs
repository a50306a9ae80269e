//! `retrato write-docs`: the manual and the shells' completions, for packages. Hidden, since nobody else needs it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Command;
use clap_complete::{Shell, generate_to};

#[derive(clap::Args)]
pub(super) struct Args {
    /// The folder to write them to
    folder: PathBuf,
}

/// Writes a page for every command and a script for every usual shell.
pub(super) fn run(args: &Args, command: &Command) -> anyhow::Result<ExitCode> {
    let cannot = || format!("the documentation cannot be written to {}", args.folder.display());
    std::fs::create_dir_all(&args.folder).with_context(cannot)?;
    let command = without_hidden(command).disable_help_subcommand(true);
    clap_mangen::generate_to(command.clone(), &args.folder).with_context(cannot)?;
    write_completions(command, &args.folder).with_context(cannot)?;
    Ok(ExitCode::SUCCESS)
}

fn write_completions(mut command: Command, folder: &Path) -> std::io::Result<()> {
    [Shell::Bash, Shell::Zsh, Shell::Fish].into_iter().try_for_each(|shell| generate_to(shell, &mut command, "retrato", folder).map(drop))
}

/// The same command line without what is not shown: a parser of its own, only to be described.
fn without_hidden(command: &Command) -> Command {
    let shown: Vec<Command> = command.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned().collect();
    let bare = Command::new("retrato").args(command.get_arguments().cloned()).subcommands(shown);
    let bare = bare.version(env!("CARGO_PKG_VERSION")).propagate_version(true);
    match command.get_about() {
        Some(about) => bare.about(about.clone()),
        None => bare,
    }
}
