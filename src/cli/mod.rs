//! The command line: one file per command. Without a command the window opens.
//!
//! Results go to standard output, as text or with `--json` as JSON; progress, warnings and errors go to standard error.
//! Exit status: 0 when it worked, also when Ctrl-C ended it early and what was made is kept, or when nobody reads the results any more; 1 when it failed; 2
//! when the call was wrong.

#[macro_use]
mod say;

mod animate;
mod bench;
mod common;
mod crash;
mod doctor;
mod doctor_report;
mod enroll;
#[cfg(feature = "train")]
mod evaluate;
#[cfg(feature = "train")]
mod head_template;
mod log;
mod redact;
#[cfg(feature = "train")]
mod synth;
mod track;
#[cfg(feature = "train")]
mod train;
mod verify;
mod window;
mod write_docs;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::nn::ops::Products;
use crate::runtime::{Instructions, share_arenas};

/// Brings a portrait to life: drop a painting on the window, look into the webcam, record the clip.
#[derive(Parser)]
#[command(name = "retrato", version, about, long_about = None, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    window: window::Args,
    #[command(flatten)]
    processor: ProcessorArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// How the processor is used.
#[derive(clap::Args)]
#[command(next_help_heading = "Processor")]
struct ProcessorArgs {
    /// Numbers that the networks multiply: measured (what is quicker here), f32 or bf16
    #[arg(long, global = true, env = "RETRATO_NUMBERS", default_value = "measured", value_name = "FORMAT")]
    numbers: Products,
    /// Instructions that may be used: all, avx2 or scalar
    #[arg(long, global = true, env = "RETRATO_INSTRUCTIONS", default_value = "all", value_name = "SET")]
    instructions: Instructions,
}

#[derive(Subcommand)]
enum Command {
    /// Animate a portrait without a window, into an MP4, a GIF or a folder of PNGs
    Animate(animate::Args),
    /// Find the face in pictures and say what was found
    Enroll(enroll::Args),
    /// Store the motion of a clip's face: no pixels, safe to share
    Track(track::Args),
    /// Measure self-reenactment on real clips
    #[cfg(feature = "train")]
    Evaluate(evaluate::Args),
    /// Make synthetic heads and look at them
    #[cfg(feature = "train")]
    Synth(synth::Args),
    /// Make the neutral head that is laid under portraits' faces
    #[cfg(feature = "train")]
    HeadTemplate(head_template::Args),
    /// Train the networks on synthetic heads or on clips
    #[cfg(feature = "train")]
    Train(train::Args),
    /// Measure the speed of the live pipeline on this machine
    Bench(bench::Args),
    /// Say what this machine has, what is missing, and how to mend it
    Doctor(doctor::Args),
    /// Tell what pictures and films say of how they were made
    Verify(verify::Args),
    /// Write the manual and the shells' completions, for packages
    #[command(hide = true)]
    WriteDocs(write_docs::Args),
}

impl Cli {
    /// The command, for a report.
    fn doing(&self) -> &'static str {
        match self.command {
            None => "window",
            Some(Command::Animate(_)) => "animate",
            Some(Command::Enroll(_)) => "enroll",
            Some(Command::Track(_)) => "track",
            Some(Command::Bench(_)) => "bench",
            Some(Command::Doctor(_)) => "doctor",
            Some(Command::Verify(_)) => "verify",
            Some(Command::WriteDocs(_)) => "write-docs",
            #[cfg(feature = "train")]
            Some(_) => "training and measuring",
        }
    }
}

/// Runs the program with the process's own arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    cli.processor.instructions.allow();
    cli.processor.numbers.choose();
    if matches!(cli.command, None | Some(Command::Animate(_) | Command::Bench(_))) {
        share_arenas();
    }
    let log = log::start(cli.command.is_none());
    crash::watch(cli.doing(), log::path());
    let result = match cli.command {
        None => window::run(&cli.window, log),
        Some(Command::Animate(args)) => animate::run(&args),
        Some(Command::Enroll(args)) => enroll::run(&args),
        Some(Command::Track(args)) => track::run(&args),
        #[cfg(feature = "train")]
        Some(Command::Evaluate(args)) => evaluate::run(&args),
        #[cfg(feature = "train")]
        Some(Command::Synth(args)) => synth::run(&args),
        #[cfg(feature = "train")]
        Some(Command::HeadTemplate(args)) => head_template::run(&args),
        #[cfg(feature = "train")]
        Some(Command::Train(args)) => train::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Verify(args)) => verify::run(&args),
        Some(Command::WriteDocs(args)) => write_docs::run(&args, &Cli::command()),
    };
    let code = result.unwrap_or_else(|error| {
        if say::is_of_reader(&error) {
            return ExitCode::SUCCESS;
        }
        tell!("retrato: {error:#}");
        ExitCode::FAILURE
    });
    match say::failure() {
        None => code,
        Some(why) => {
            tell!("retrato: the result could not be printed: {why}");
            ExitCode::FAILURE
        }
    }
}
