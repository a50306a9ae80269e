//! A run of training with its files and its progress bar, whatever network it is of.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context as _;
use candle_core::Device;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cli::common;
use crate::learn::{Figures as _, TrainError};
use crate::nn::WeightsError;
use crate::runtime::StopFlag;
use crate::train::{Curve, CurvePoint, Trainer};

/// What every network's training takes.
#[derive(clap::Args)]
pub(super) struct RunArgs {
    /// Folder for checkpoint, weights and curve; a run that is there already is gone on with
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) output: PathBuf,
    /// Seed of weights, heads and order
    #[arg(long, default_value = "1")]
    pub(super) seed: u64,
    /// Begin with these weights instead of fresh ones, and with the discriminator that lies beside them
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Threads that make examples (default: all cores)
    #[arg(long)]
    threads: Option<usize>,
    /// Shares of a batch that are worked on side by side
    #[arg(long, default_value = "2", value_parser = clap::value_parser!(u64).range(1..=64))]
    shards: u64,
    /// Steps from one checkpoint to the next
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Where to compute: cpu, or cuda or metal in builds with that feature
    #[arg(long, default_value = "cpu", value_parser = ["cpu", "cuda", "metal"])]
    device: String,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Weights by name, as a run may begin with.
pub(super) type Weights = std::collections::BTreeMap<String, candle_core::Tensor>;

/// File of the run's whole state in the output folder.
const CHECKPOINT: &str = "checkpoint.safetensors";

impl RunArgs {
    pub(super) fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    pub(super) fn shards(&self) -> usize {
        self.shards as usize
    }

    pub(super) fn device(&self) -> anyhow::Result<Device> {
        let name = self.device.as_str();
        let device = match name {
            "cuda" => Device::new_cuda(0),
            "metal" => Device::new_metal(0),
            _ => return Ok(Device::Cpu),
        };
        device.with_context(|| format!("no {name} device can be used. Build with --features {name} on a machine that has one"))
    }

    /// The run in the output folder, gone on with, or a new one.
    pub(super) fn open<T>(
        &self,
        resume: impl FnOnce(&Path) -> Result<T, TrainError>,
        start: impl FnOnce(Option<Weights>) -> Result<T, TrainError>,
    ) -> anyhow::Result<T> {
        std::fs::create_dir_all(&self.output).with_context(|| format!("{} cannot be made", self.output.display()))?;
        let checkpoint = self.output.join(CHECKPOINT);
        if checkpoint.exists() {
            if self.from.is_some() {
                anyhow::bail!("{} holds a run already: leave --from out to go on with it, or give another folder", self.output.display());
            }
            return Ok(resume(&checkpoint)?);
        }
        Ok(start(self.from.as_deref().map(crate::nn::read_weights).transpose()?)?)
    }

    /// Weights of a file beside those that the run begins with; none where there is no such file.
    pub(super) fn beside_start(&self, name: &str) -> Result<Option<Weights>, WeightsError> {
        let file = self.from.as_deref().map(|path| path.with_file_name(name)).filter(|path| path.exists());
        file.as_deref().map(crate::nn::read_weights).transpose()
    }

    /// Trains to the end or until interrupted, and says how it went. `weights` is the name of the file that is shipped, `steps` those of the whole run.
    pub(super) fn finish<T: Trainer>(
        &self,
        trainer: T,
        weights: &'static str,
        steps: u64,
        samples_per_step: u64,
    ) -> anyhow::Result<ExitCode> {
        let report = Run::new(self, trainer, weights, steps, samples_per_step)?.finish()?;
        if self.json {
            say!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            let state = if report.finished { "finished" } else { "stopped; the same command goes on" };
            say!("{} steps, {} samples, {:.1} samples per second: {state}", report.steps, report.samples, report.samples_per_second);
            say!("held out: {}", report.validation.words());
            say!("{}", report.weights.display());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a run ended with.
#[derive(Serialize)]
struct Report<F> {
    weights: PathBuf,
    steps: u64,
    samples: u64,
    finished: bool,
    samples_per_second: f64,
    first_loss: Option<f32>,
    last_loss: Option<f32>,
    validation: F,
}

/// Steps from one point of the curve to the next.
const POINT_EVERY: u64 = 50;

struct Run<'a, T: Trainer> {
    args: &'a RunArgs,
    trainer: T,
    weights: &'static str,
    samples_per_step: u64,
    curve: Curve<T::Figures>,
    stop: StopFlag,
    bar: ProgressBar,
    start: Instant,
    first_step: u64,
    seconds_before: f64,
    sum: T::Figures,
    count: f32,
}

impl<'a, T: Trainer> Run<'a, T> {
    fn new(args: &'a RunArgs, trainer: T, weights: &'static str, steps: u64, samples_per_step: u64) -> anyhow::Result<Self> {
        let stop = common::stop_on_interrupt()?;
        let curve = Curve::<T::Figures>::open(&args.output, trainer.steps())?;
        let bar = if args.json { ProgressBar::hidden() } else { ProgressBar::new(steps) };
        let style = "{bar:32} {pos}/{len} steps, {per_sec}, {eta} left {msg}";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(trainer.steps());
        bar.reset_eta();
        let seconds_before = curve.points().last().map_or(0.0, |p| p.seconds);
        let first_step = trainer.steps();
        Ok(Self {
            args,
            trainer,
            weights,
            samples_per_step,
            curve,
            stop,
            bar,
            start: Instant::now(),
            first_step,
            seconds_before,
            sum: T::Figures::default(),
            count: 0.0,
        })
    }

    fn finish(mut self) -> anyhow::Result<Report<T::Figures>> {
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
        let samples = self.samples_per_step * self.trainer.steps();
        let made = self.samples_per_step * (self.trainer.steps() - self.first_step);
        Ok(Report {
            weights: self.args.output.join(self.weights),
            steps: self.trainer.steps(),
            samples,
            finished: self.trainer.is_finished(),
            samples_per_second: made as f64 / self.start.elapsed().as_secs_f64().max(1e-9),
            first_loss: points.first().map(|p| p.training.loss()),
            last_loss: points.last().map(|p| p.training.loss()),
            validation: self.last_validation()?,
        })
    }

    /// Figures of the weights as they are now; a finished run has them in its last point.
    fn last_validation(&self) -> anyhow::Result<T::Figures> {
        let last = self.curve.points().last().filter(|point| point.step == self.trainer.steps());
        Ok(last.and_then(|point| point.validation).map_or_else(|| self.trainer.validate(), Ok)?)
    }

    fn point(&mut self, rate: f32, validate: bool) -> anyhow::Result<()> {
        let validation = validate.then(|| self.trainer.validate()).transpose()?;
        let training = std::mem::take(&mut self.sum).divided(self.count.max(1.0));
        self.count = 0.0;
        self.bar.set_message(format!("loss {:.4}", training.loss()));
        if let Some(validation) = &validation {
            self.bar.println(format!("step {}, held out: {}", self.trainer.steps(), validation.words()));
        }
        self.curve.add(CurvePoint {
            step: self.trainer.steps(),
            samples: self.samples_per_step * self.trainer.steps(),
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
        self.trainer.export(&output.join(self.weights))?;
        Ok(())
    }
}
