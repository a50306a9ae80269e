//! `retrato bench`: the live pipeline on this machine, as the window runs it, without the window.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

mod networks;
mod opening;
mod sending;

use super::common;
use crate::builtin;
use crate::capture::SourceSpec;
use crate::data::{Background, Portrait};
use crate::executor::Decision;
use crate::generate::GeneratorChoice;
use crate::nn::ops::{FormatTrial, format_sentence, format_trials};
use crate::pipeline::{self, OfflineJob, PictureMemory, Pipeline, PipelineConfig};
use crate::portrait::{self, Picture};
use crate::present::first_shown_at;
use crate::record::RecordOptions;
use crate::runtime::{Instructions, StageTimes, peak_memory_mb};
use crate::scale::{FilterType, Scaler};
use crate::session::{
    CameraChoice, DriverChoice, Event, NewFile, Panes, PortraitChoice, RecordingRequest, Request, RequestId, Session as _, Sound,
    SourceInfo,
};
use crate::settings::{Controls, ExecutorChoice};
use crate::track::FaceReader;

/// Time before measuring, for caches, clocks and the calibration to settle.
const WARM_UP: Duration = Duration::from_secs(2);
/// Camera picture that the built-in driver is rendered at.
const DRIVER_SIZE: [u32; 2] = [640, 480];

#[derive(clap::Args)]
pub(super) struct Args {
    /// Driving clip or performance, or the name of a built-in performance (default: a built-in portrait, animated and played back as a 640x480 clip)
    #[arg(long, value_name = "FILE")]
    clip: Option<OsString>,
    /// Drive by this camera instead of a clip; how often it stalled and came back is counted
    #[arg(long, value_name = "NAME", conflicts_with = "clip")]
    camera: Option<String>,
    /// Portrait: a picture file, or the name of a built-in one
    #[arg(long, value_name = "FILE")]
    portrait: Option<OsString>,
    /// How long to measure
    #[arg(long, default_value = "10", value_name = "SECONDS", allow_negative_numbers = true, value_parser = common::parse_seconds)]
    seconds: Duration,
    /// Record an MP4 meanwhile
    #[arg(long)]
    record: bool,
    /// Make all of the picture, as for a recording, instead of as much as the window shows at its first size
    #[arg(long)]
    whole: bool,
    /// Which executor to measure: auto, cpu or gpu
    #[arg(long, default_value = "auto", value_parser = common::parse_executor)]
    executor: ExecutorChoice,
    #[command(flatten)]
    generator: common::GeneratorArgs,
    #[command(flatten)]
    reader: common::ReaderArgs,
    #[command(flatten)]
    model: common::ModelArgs,
    #[command(flatten)]
    sending: sending::SendingArgs,
    #[command(flatten)]
    other: Other,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What can be measured in place of the live pipeline.
#[derive(clap::Args)]
struct Other {
    /// Measure the networks alone, beside what the processor can compute at most: on the CPU, and on a graphics processor if there is one
    #[arg(long, conflicts_with_all = ["clip", "camera", "portrait", "record"])]
    networks: bool,
    /// Measure how long a picture takes from being dropped to its first moving frame, new and known
    #[arg(long, conflicts_with_all = ["networks", "record", "seconds"])]
    opening: bool,
}

#[derive(Serialize)]
struct Report {
    live_fps: f64,
    latency_ms_p50: f64,
    latency_ms_p95: f64,
    latency_ms_p99: f64,
    executor: String,
    executor_choice: Decision,
    generator: String,
    peak_memory_mb: f64,
    driver: String,
    driver_fps: f64,
    driver_size: [u32; 2],
    portrait: String,
    portrait_size: [u32; 2],
    /// Pixels made per pixel of the portrait's, along a side.
    shown_at: f32,
    seconds: f64,
    frames: u64,
    stalls: u64,
    recoveries: u64,
    recorded_frames: Option<u64>,
    record_dropped: Option<u64>,
    virtual_camera: Option<sending::Report>,
    stages: Vec<StageTimes>,
    processor: Processor,
}

/// The processor, and how it is used.
#[derive(Serialize)]
struct Processor {
    name: Option<String>,
    cores: usize,
    /// Processes that ran or waited on average during the last minute.
    load: Option<f64>,
    instructions: String,
    /// Which numbers networks multiply, and what was measured for it.
    numbers: String,
    formats: Vec<FormatTrial>,
}

impl Processor {
    fn now() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let name = read("/proc/cpuinfo").and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        });
        Self {
            name,
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            load: read("/proc/loadavg").and_then(|text| text.split_whitespace().next()?.parse().ok()),
            instructions: Instructions::allowed().to_string(),
            numbers: format_sentence(),
            formats: format_trials(),
        }
    }

    /// One line for people.
    fn sentence(&self) -> String {
        let name = self.name.as_deref().unwrap_or("a processor that does not tell its name");
        let load = self.load.map_or_else(String::new, |load| format!(", load {load:.1}"));
        format!("{name}, {} cores{load}; instructions: {}; numbers: {}", self.cores, self.instructions, self.numbers)
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.other.networks {
        networks::run(&args.generator, args.executor, args.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    args.sending.check()?;
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let driver = match (&args.camera, &args.clip) {
        (Some(name), _) => DriverChoice::Camera(CameraChoice::Name(name.clone())),
        (None, Some(clip)) => DriverChoice::from_argument(clip),
        (None, None) => DriverChoice::File(render_driver(folder.path())?),
    };
    if args.other.opening {
        opening::run(args, driver, folder.path())?;
        return Ok(ExitCode::SUCCESS);
    }
    let report = measure(args, driver, args.seconds, folder.path())?;
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

/// A face in front of a camera, made from built-in material: a clip of the program's own to be tracked like any other.
fn render_driver(folder: &std::path::Path) -> anyhow::Result<PathBuf> {
    let portrait = builtin::PORTRAITS.first().context("there is no built-in portrait")?.portrait()?;
    let portrait = framed(&portrait, DRIVER_SIZE).context("the built-in portrait cannot be framed")?;
    let performance = builtin::PERFORMANCES.first().context("there is no built-in performance")?.source(false)?;
    let output = RecordOptions::new(folder.join("driver.mp4"))?;
    let job = OfflineJob {
        also: Vec::new(),
        background: Background::Own,
        gpu: None,
        tuned: None,
        portrait: std::sync::Arc::new(portrait),
        driver: performance,
        output,
        generator: GeneratorChoice::LandmarkWarp,
        controls: Controls { smoothing: 0.0, ..Controls::default() },
        sound: Sound::Silent,
        limit: None,
        stop: crate::runtime::StopFlag::default(),
    };
    Ok(pipeline::animate(&job, pipeline::tracker(None, 0.0, FaceReader::Dlib), |_| {})?.finished.path)
}

/// The face's surroundings at a camera's size.
fn framed(portrait: &Portrait, [width, height]: [u32; 2]) -> Option<Portrait> {
    let (picture, crop) = (&portrait.pixels, portrait.crop);
    let top = crop.origin_px[1].clamp(0.0, picture.height() as f32 - 1.0);
    let part_height = crop.side_px.min(picture.height() as f32 - top);
    let part_width = (part_height * width as f32 / height as f32).min(picture.width() as f32);
    let left = (crop.origin_px[0] + 0.5 * (crop.side_px - part_width)).clamp(0.0, picture.width() as f32 - part_width);
    let cut = image::imageops::crop_imm(&**picture, left as u32, top as u32, part_width as u32, part_height as u32).to_image();
    let pixels = Scaler::new().rgba(&cut, [width, height], FilterType::Bilinear)?;
    let scale = glam::Vec2::new(width as f32 / part_width, height as f32 / part_height);
    let landmarks = portrait.landmarks_in_image.map(|p| (p - glam::Vec2::new(left.floor(), top.floor())) * scale);
    let picture = Picture::unscaled(portrait.name.clone(), std::sync::Arc::new(pixels), portrait.content_hash.clone());
    portrait::portrait(picture, &portrait::FaceCandidate::of_landmarks(landmarks)?)
}

fn measure(args: &Args, driver: DriverChoice, duration: Duration, folder: &std::path::Path) -> anyhow::Result<Report> {
    let model = common::load_model(&args.model);
    let portrait = match &args.portrait {
        Some(name) => common::portrait(name, 1, None, &model)?,
        None => std::sync::Arc::new(builtin::PORTRAITS.first().context("there is no built-in portrait")?.portrait()?),
    };
    if !matches!(driver.source(true)?, SourceSpec::Performance { .. }) {
        // Stored motion need not be tracked; what shall read the rest must be there.
        args.reader.tracker(model, 0.0)?;
    }
    let (pipeline, executor_choice) = start(args, PictureMemory::default())?;
    let choice = PortraitChoice::Enrolled(std::sync::Arc::clone(&portrait));
    pipeline.request(Request::OpenPortrait { id: RequestId::default(), choice });
    let size = portrait.pixels.dimensions().into();
    let shown_at = if args.whole || args.record || args.sending.is_wanted() { 1.0 } else { first_shown_at(size) };
    pipeline.request(Request::ShowAt(shown_at));
    pipeline.request(Request::Drive(driver));
    let driver = wait_for_driver(&pipeline)?;
    let mut sending = args.sending.start(&pipeline)?;
    run_for(&pipeline, WARM_UP)?;
    pipeline.timings().clear();
    if args.record {
        let file = NewFile { folder: folder.to_owned(), title: "bench".to_owned(), mark: false };
        pipeline.request(Request::StartRecording(RecordingRequest { file, own_size: false, sound: Sound::OfDriver, panes: Panes::Alone }));
    }
    if let Some(sending) = &mut sending {
        sending.begin(&pipeline);
    }
    let start = Instant::now();
    let seen = run_for(&pipeline, duration)?;
    let seconds = start.elapsed().as_secs_f64();
    let recorded = pipeline.recording();
    let stages = pipeline.timings().stages();
    let latency = stages.iter().find(|s| s.name == "latency").map(|s| s.times).unwrap_or_default();
    Ok(Report {
        live_fps: seen.frames as f64 / seconds,
        latency_ms_p50: latency.ms_p50,
        latency_ms_p95: latency.ms_p95,
        latency_ms_p99: latency.ms_p99,
        executor: pipeline.live_stats().executor,
        executor_choice,
        generator: pipeline.live_stats().generator,
        peak_memory_mb: peak_memory_mb().unwrap_or(0.0),
        driver: driver.name,
        driver_fps: driver.fps,
        driver_size: driver.size,
        portrait: portrait.name.clone(),
        portrait_size: size,
        shown_at,
        seconds,
        frames: seen.frames,
        stalls: seen.stalls,
        recoveries: seen.recoveries,
        recorded_frames: recorded.as_ref().map(|r| r.frames),
        record_dropped: recorded.as_ref().map(|r| r.dropped),
        virtual_camera: sending.map(|sending| sending.report(&pipeline, &stages)),
        stages,
        processor: Processor::now(),
    })
}

/// A pipeline that nothing a user has kept changes, and where it makes its pictures.
fn start(args: &Args, memory: PictureMemory) -> anyhow::Result<(Pipeline, Decision)> {
    let mut executors = common::executors();
    let executor = executors.choose(args.executor);
    let config = PipelineConfig {
        landmark_model: args.model.named()?,
        executors,
        executor: executor.clone(),
        generator: args.generator.choice(),
        controls: Controls { reader: args.reader.reader, ..Controls::default() },
        memory,
        ..PipelineConfig::default()
    };
    Ok((Pipeline::start(config, || {})?, executor))
}

fn wait_for_driver(pipeline: &Pipeline) -> anyhow::Result<SourceInfo> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        for event in pipeline.take_events() {
            match event {
                Event::SourceOpened(info) => return Ok(info),
                Event::SourceFailed(message) => anyhow::bail!("{message}"),
                _ => {}
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    anyhow::bail!("the driver did not open within 20 seconds")
}

/// What came out of the pipeline.
#[derive(Default)]
struct PipelineTotals {
    frames: u64,
    stalls: u64,
    recoveries: u64,
}

/// Takes every finished frame for a while.
fn run_for(pipeline: &Pipeline, duration: Duration) -> anyhow::Result<PipelineTotals> {
    let end = Instant::now() + duration;
    let mut seen = PipelineTotals::default();
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        seen.frames += u64::from(pipeline.wait_rendered(left.min(Duration::from_millis(100))).is_some());
        for event in pipeline.take_events() {
            match event {
                Event::SourceFailed(message)
                | Event::RecordingFailed(message)
                | Event::VirtualCameraFailed(message)
                | Event::Warning(message) => anyhow::bail!("{message}"),
                Event::Degraded(degraded) => anyhow::bail!("{}", degraded.sentence()),
                Event::SourceStalled { seconds, reason } => {
                    seen.stalls += 1;
                    tell!("no frame for {seconds:.1} s: {reason}");
                }
                Event::SourceRecovered => {
                    seen.recoveries += 1;
                    tell!("the camera sends again");
                }
                _ => {}
            }
        }
    }
    Ok(seen)
}

fn print(report: &Report) {
    say!(
        "{:.1} frames per second live from {} ({} x {}, {:.0} per second), portrait {} ({} x {})",
        report.live_fps,
        report.driver,
        report.driver_size[0],
        report.driver_size[1],
        report.driver_fps,
        report.portrait,
        report.portrait_size[0],
        report.portrait_size[1]
    );
    say!(
        "latency {:.1} ms median, {:.1} ms p95, {:.1} ms p99; {}; peak memory {:.0} MB",
        report.latency_ms_p50,
        report.latency_ms_p95,
        report.latency_ms_p99,
        report.executor,
        report.peak_memory_mb
    );
    say!("{}", report.executor_choice.reason);
    if report.shown_at < 1.0 && report.executor == "CPU" {
        say!(
            "pictures are made at {:.3} of their size, as large as the window shows them at first; --whole makes all of them",
            report.shown_at
        );
    }
    say!("{}", report.processor.sentence());
    if let (Some(frames), Some(dropped)) = (report.recorded_frames, report.record_dropped) {
        say!("recorded {frames} frames meanwhile, {dropped} dropped");
    }
    if let Some(sent) = &report.virtual_camera {
        sent.print();
    }
    say!("{:<12}{:>10}{:>10}{:>10}{:>8}", "stage", "p50 ms", "p95 ms", "p99 ms", "count");
    for stage in &report.stages {
        let t = stage.times;
        say!("{:<12}{:>10.2}{:>10.2}{:>10.2}{:>8}", stage.name, t.ms_p50, t.ms_p95, t.ms_p99, t.count);
    }
}
