//! `retrato bench --networks`: the networks alone, beside what the processor can compute at most.

use anyhow::Context as _;
use glam::Vec2;
use serde::Serialize;

use crate::bench::{self, GpuSpeeds, Speeds};
use crate::builtin;
use crate::cli::common;
use crate::data::{Portrait, PuppetMotion};
use crate::generate::{GeneratorChoice, WeightFiles};
use crate::gpu::{AdapterKind, Gpu};
use crate::model;
use crate::settings::ExecutorChoice;

/// Runs of each network.
const RUNS: usize = 60;
/// The same on a software adapter, which takes seconds for each.
const SOFTWARE_RUNS: usize = 3;
/// How far the mouth of the measured frame is opened, in crop pixels.
const OPENED_PX: f32 = 14.0;
/// How much narrower the turned face is.
const NARROWED: f32 = 0.88;

/// What was measured.
#[derive(Serialize)]
struct Report {
    cpu: Option<Speeds>,
    gpu: Option<GpuSpeeds>,
}

/// Measures the networks on the CPU, and on a graphics processor where there is one or one is asked for, and prints what was found.
pub(super) fn run(generator: &common::GeneratorArgs, executor: ExecutorChoice, json: bool) -> anyhow::Result<()> {
    let (GeneratorChoice::Head(files) | GeneratorChoice::FewShot(files)) = generator.choice() else {
        anyhow::bail!("--networks measures those of --generator few-shot: leave one of the two out");
    };
    let gpu = adapter(executor)?;
    let report = Report {
        cpu: if executor == ExecutorChoice::Gpu { None } else { Some(on_cpu(&files)?) },
        gpu: gpu.map(|gpu| on_gpu(&gpu, &files)).transpose()?,
    };
    if json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.cpu.iter().for_each(print_cpu);
        report.gpu.iter().for_each(print_gpu);
    }
    Ok(())
}

/// The adapter to measure: any that was asked for, or else a real one.
fn adapter(executor: ExecutorChoice) -> anyhow::Result<Option<Gpu>> {
    if executor == ExecutorChoice::Cpu {
        return Ok(None);
    }
    let mut executors = common::executors();
    let chosen = executors.choose(executor);
    match (executors.device(&chosen.executor), executor) {
        (None, ExecutorChoice::Gpu) => anyhow::bail!("there is no graphics adapter to measure: {}", chosen.reason),
        (Some(gpu), ExecutorChoice::Auto) if gpu.info.kind == AdapterKind::Software => Ok(None),
        (gpu, _) => Ok(gpu),
    }
}

fn on_cpu(files: &WeightFiles) -> anyhow::Result<Speeds> {
    let motion = model::load(files.motion.as_deref())?;
    bench::network_speeds(&motion, &model::load(files.few_shot.as_deref())?, &model::load(files.parts.as_deref())?, RUNS)
        .context("the networks cannot be run")
}

fn on_gpu(gpu: &Gpu, files: &WeightFiles) -> anyhow::Result<GpuSpeeds> {
    let (motion, few_shot) = (model::load(files.motion.as_deref())?, model::load(files.few_shot.as_deref())?);
    let portrait = builtin::PORTRAITS.first().context("there is no built-in portrait")?.portrait()?;
    let runs = if gpu.info.kind == AdapterKind::Software { SOFTWARE_RUNS } else { RUNS };
    let speeds = bench::gpu_speeds(gpu, &motion, few_shot, (&portrait, &opened(&portrait)), runs);
    let speeds = speeds.context("the networks cannot be run on the graphics adapter")?;
    match gpu.health.fault() {
        Some(fault) => Err(fault).context("the graphics adapter failed while it was measured"),
        None => Ok(speeds),
    }
}

/// A face a little turned, with an opened mouth and another gaze: everything in which the generator's output is blended.
fn opened(portrait: &Portrait) -> PuppetMotion {
    let mut landmarks_in_crop = portrait.landmarks_in_crop();
    for index in (5..12).chain(55..60).chain(65..68) {
        landmarks_in_crop.0[index].y += OPENED_PX;
    }
    let landmarks_in_crop = landmarks_in_crop.map(|p| Vec2::new(128.0 + NARROWED * (p.x - 128.0), p.y));
    let pupils = portrait.pupils_in_crop().map(|pupil| pupil + Vec2::new(3.0, 0.0));
    PuppetMotion { pupils_in_crop: Some(pupils), ..PuppetMotion::of_landmarks(landmarks_in_crop) }
}

fn print_cpu(speeds: &Speeds) {
    let pairs = speeds.roof_bf16_gflops.map_or_else(|| "not to be had".to_owned(), |roof| format!("{roof:.0} GFLOP/s"));
    say!("roof of {} threads in single precision: {:.0} GFLOP/s, with products in bfloat16: {pairs}", speeds.threads, speeds.roof_gflops);
    say!("{:<22}{:>6}{:>8}{:>9}{:>10}{:>9}", "network", "", "GFLOP", "p50 ms", "GFLOP/s", "of roof");
    for network in &speeds.networks {
        let share = 100.0 * network.share_of_roof;
        say!("{:<22}{:>6}{:>8.2}{:>9.2}{:>10.0}{share:>8.0}%", network.name, network.format, network.gflop, network.ms, network.gflops);
    }
}

fn print_gpu(speeds: &GpuSpeeds) {
    let half = speeds.roof_f16_gflops.map_or_else(|| "not to be had".to_owned(), |roof| format!("{roof:.0} GFLOP/s"));
    say!("{}: roof in single precision {:.0} GFLOP/s, in half precision {half}", speeds.adapter, speeds.roof_f32_gflops);
    let clock = if speeds.own_clock { "the adapter's own clock" } else { "this machine's clock, which sees the way there and back too" };
    say!("memory moved at {:.0} GB/s; times by {clock}", speeds.bandwidth_gb_per_s);
    say!("{:<22}{:>6}{:>8}{:>9}{:>10}{:>9}", "network", "", "GFLOP", "p50 ms", "GFLOP/s", "of roof");
    for run in &speeds.runs {
        let share = 100.0 * run.share_of_roof;
        say!("{:<22}{:>6}{:>8.2}{:>9.3}{:>10.0}{share:>8.1}%", run.name, run.precision, run.gflop, run.ms, run.gflops);
    }
    for frames in &speeds.frames {
        let stages: Vec<String> = frames.stages.iter().map(|(stage, ms)| format!("{stage} {ms:.3}")).collect();
        say!("whole frame {}: {} ms on the adapter, {:.3} ms from call to end", frames.precision, stages.join(", "), frames.wall_ms);
        say!(
            "whole frame {}: flow within {:.4} px and paint within {:.4} of the CPU's",
            frames.precision,
            frames.flow_off_px,
            frames.paint_off
        );
    }
}
