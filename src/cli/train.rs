//! `retrato train`: the networks learn from synthetic heads.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use candle_core::Device;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::common;
use super::synth::KitArgs;
use crate::model::{MotionConfig, Preset};
use crate::runtime::StopFlag;
use crate::train::{Curve, CurvePoint, LossParts, LossWeights, MotionOptions, MotionTrainer, PairSource};

/// File of the run's whole state, and of the weights as they are shipped, in the output folder.
const CHECKPOINT: &str = "checkpoint.safetensors";
const WEIGHTS: &str = "motion.safetensors";

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    network: Network,
}

#[derive(clap::Subcommand)]
enum Network {
    /// The motion net: landmarks to backward flow and visibility
    Motion(MotionArgs),
}

#[derive(clap::Args)]
struct MotionArgs {
    #[command(flatten)]
    kit: KitArgs,
    /// Folder for checkpoint, weights and curve; a run that is there already is gone on with
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Steps of the whole run
    #[arg(long, default_value = "7000")]
    steps: u64,
    /// Samples per step
    #[arg(long, default_value = "16", value_parser = clap::value_parser!(u64).range(1..=1024))]
    batch: u64,
    /// Learning rate after warming up
    #[arg(long, default_value = "1e-3")]
    rate: f32,
    /// Seed of weights, heads and order
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Begin with these weights instead of fresh ones
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Visits of each pair, in both directions
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(u64).range(1..=64))]
    visits: u64,
    /// Pairs made ahead and shuffled together
    #[arg(long, default_value = "256", value_parser = clap::value_parser!(u64).range(1..=4096))]
    block: u64,
    /// Threads that make heads (default: all cores)
    #[arg(long)]
    threads: Option<usize>,
    /// Shares of a batch that are worked on side by side
    #[arg(long, default_value = "2", value_parser = clap::value_parser!(u64).range(1..=64))]
    shards: u64,
    /// Held-out pairs to look at now and then
    #[arg(long, default_value = "64", value_name = "PAIRS")]
    validation: usize,
    /// Channels at 64, 32, 16 and 8 cells, for trials with a smaller net: the program itself takes the default only
    #[arg(long, value_name = "A,B,C,D", value_parser = parse_channels)]
    channels: Option<[usize; 4]>,
    /// Steps from one checkpoint to the next
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Where to compute: cpu, or cuda or metal in builds with that feature
    #[arg(long, default_value = "cpu", value_parser = ["cpu", "cuda", "metal"])]
    device: String,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What a run ended with.
#[derive(Serialize)]
struct Report {
    weights: PathBuf,
    steps: u64,
    samples: u64,
    finished: bool,
    samples_per_second: f64,
    first_loss: Option<f32>,
    last_loss: Option<f32>,
    validation: LossParts,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    keep_memory()?;
    match &args.network {
        Network::Motion(args) => motion(args),
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

fn device(name: &str) -> anyhow::Result<Device> {
    let device = match name {
        "cuda" => Device::new_cuda(0),
        "metal" => Device::new_metal(0),
        _ => return Ok(Device::Cpu),
    };
    device.map_err(|e| anyhow!("no {name} device can be used: {e}. Build with --features {name} on a machine that has one"))
}

fn parse_channels(text: &str) -> Result<[usize; 4], String> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|n| n.trim().parse().ok().filter(|n| (1..=512).contains(n))).collect();
    numbers.and_then(|n| n.try_into().ok()).ok_or_else(|| "give four numbers from 1 to 512, as 32,64,96,128".to_owned())
}

fn options(args: &MotionArgs) -> anyhow::Result<MotionOptions> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(MotionOptions {
        seed: args.seed,
        steps: args.steps,
        batch: args.batch as usize,
        rate: args.rate,
        average_decay: 0.998,
        config: args.channels.map_or_else(|| MotionConfig::of(Preset::Retrato), |channels| MotionConfig { channels }),
        loss: LossWeights::default(),
        block: args.block as usize,
        visits: args.visits as usize,
        threads: args.threads.unwrap_or(cores),
        shards: args.shards as usize,
        validation_pairs: args.validation,
        device: device(&args.device)?,
    })
}

fn motion(args: &MotionArgs) -> anyhow::Result<ExitCode> {
    let source: Arc<dyn PairSource> = Arc::new(args.kit.sampler()?);
    std::fs::create_dir_all(&args.output).with_context(|| format!("{} cannot be made", args.output.display()))?;
    let checkpoint = args.output.join(CHECKPOINT);
    let trainer = if checkpoint.exists() {
        if args.from.is_some() {
            anyhow::bail!("{} holds a run already: leave --from out to go on with it, or give another folder", args.output.display());
        }
        MotionTrainer::resume(&source, options(args)?, &checkpoint)?
    } else {
        let weights = args.from.as_deref().map(crate::nn::read_weights).transpose()?;
        MotionTrainer::new(&source, options(args)?, weights)?
    };
    let report = Run::new(args, trainer, common::stop_on_interrupt()?)?.finish()?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let state = if report.finished { "finished" } else { "stopped; the same command goes on" };
        println!("{} steps, {} samples, {:.1} samples per second: {state}", report.steps, report.samples, report.samples_per_second);
        println!("held out: {}", describe(&report.validation));
        println!("{}", report.weights.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(parts: &LossParts) -> String {
    format!(
        "loss {:.4}, flow error {:.2} px, face {:.2} px, colour {:.4}, visibility {:.4}",
        parts.loss, parts.flow_error_px, parts.face_error_px, parts.colour_error, parts.visibility_accuracy
    )
}

/// Steps from one point of the curve to the next.
const POINT_EVERY: u64 = 50;

/// A run with its files and its progress bar.
struct Run<'a> {
    args: &'a MotionArgs,
    trainer: MotionTrainer,
    curve: Curve,
    stop: StopFlag,
    bar: ProgressBar,
    start: Instant,
    first_step: u64,
    seconds_before: f64,
    sum: LossParts,
    count: f32,
}

impl<'a> Run<'a> {
    fn new(args: &'a MotionArgs, trainer: MotionTrainer, stop: StopFlag) -> anyhow::Result<Self> {
        let curve = Curve::open(&args.output, trainer.steps())?;
        let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::new(args.steps) };
        let style = "{bar:32} {pos}/{len} steps, {per_sec}, {eta} left {msg}";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(trainer.steps());
        bar.reset_eta();
        let seconds_before = curve.points().last().map_or(0.0, |p| p.seconds);
        let first_step = trainer.steps();
        Ok(Self {
            args,
            trainer,
            curve,
            stop,
            bar,
            start: Instant::now(),
            first_step,
            seconds_before,
            sum: LossParts::default(),
            count: 0.0,
        })
    }

    fn finish(mut self) -> anyhow::Result<Report> {
        while !self.trainer.is_finished() && !self.stop.is_set() {
            let report = self.trainer.step()?;
            self.sum = self.sum.plus(&report.parts);
            self.count += 1.0;
            self.bar.set_position(report.step);
            let is_checkpoint = report.step % self.args.every == 0;
            if report.step % POINT_EVERY == 0 || is_checkpoint || self.trainer.is_finished() {
                self.point(report.rate, is_checkpoint || self.trainer.is_finished())?;
            }
            if is_checkpoint && !self.trainer.is_finished() {
                self.save()?;
            }
        }
        self.save()?;
        self.bar.finish_and_clear();
        let points = self.curve.points();
        let samples = self.args.batch * self.trainer.steps();
        let made = self.args.batch * (self.trainer.steps() - self.first_step);
        Ok(Report {
            weights: self.args.output.join(WEIGHTS),
            steps: self.trainer.steps(),
            samples,
            finished: self.trainer.is_finished(),
            samples_per_second: made as f64 / self.start.elapsed().as_secs_f64().max(1e-9),
            first_loss: points.first().map(|p| p.training.loss),
            last_loss: points.last().map(|p| p.training.loss),
            validation: self.last_validation()?,
        })
    }

    /// Figures of the weights as they are now; a finished run has them in its last point.
    fn last_validation(&self) -> anyhow::Result<LossParts> {
        let last = self.curve.points().last().filter(|point| point.step == self.trainer.steps());
        Ok(last.and_then(|point| point.validation).map_or_else(|| self.trainer.validate(), Ok)?)
    }

    fn point(&mut self, rate: f32, validate: bool) -> anyhow::Result<()> {
        let validation = validate.then(|| self.trainer.validate()).transpose()?;
        let training = std::mem::take(&mut self.sum).divided(self.count.max(1.0));
        self.count = 0.0;
        self.bar.set_message(format!("loss {:.4}", training.loss));
        if let Some(validation) = &validation {
            self.bar.println(format!("step {}, held out: {}", self.trainer.steps(), describe(validation)));
        }
        self.curve.add(CurvePoint {
            step: self.trainer.steps(),
            samples: self.args.batch * self.trainer.steps(),
            rate,
            training,
            validation,
            seconds: self.seconds_before + self.start.elapsed().as_secs_f64(),
        })?;
        Ok(())
    }

    fn save(&self) -> anyhow::Result<()> {
        let output: &Path = &self.args.output;
        self.trainer.save(&output.join(CHECKPOINT))?;
        self.trainer.export(&output.join(WEIGHTS))?;
        Ok(())
    }
}
