//! `retrato animate`: a portrait and a driver become a file.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::{common, crash};
use crate::capture::SourceSpec;
use crate::data::{Background, Portrait};
use crate::generate::MOST_PICTURES;
use crate::gpu::Gpu;
use crate::pipeline::{self, OfflineJob, OfflineReport};
use crate::record::{MatteColour, RecordFormat, RecordOptions};
use crate::runtime::StageTimes;
use crate::session::Sound;
use crate::settings::{Controls, ExecutorChoice, Strengths};

#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub(super) struct Args {
    /// The portrait: a picture file, or the name of a built-in one
    portrait: OsString,
    /// What drives it: a clip, a performance, the name of a built-in performance, `camera`, `camera:NUMBER` or `camera:NAME`
    #[arg(long, short)]
    driver: OsString,
    /// Where to: NAME.mp4, NAME.gif, or a folder for PNGs
    #[arg(long, short)]
    output: PathBuf,
    /// Use the driver's landmarks as they are, for a clip of the portrait's own sitter
    #[arg(long)]
    absolute: bool,
    /// Long side of the result in pixels (default: at most 1920 for MP4, 480 for GIF, the picture's own for PNGs)
    #[arg(long, value_name = "PIXELS", conflicts_with = "own_size", value_parser = clap::value_parser!(u32).range(16..=8192))]
    size: Option<u32>,
    /// Keep the picture's own size
    #[arg(long)]
    own_size: bool,
    /// Show in every picture that it is synthetic: a mark in the lower right corner
    #[arg(long)]
    mark: bool,
    /// Replace an existing file instead of choosing a free name
    #[arg(long)]
    overwrite: bool,
    /// End after so many seconds; a camera runs until then or until Ctrl-C
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = common::parse_seconds)]
    seconds: Option<Duration>,
    /// Record a microphone: its name, or nothing for the system's default
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    microphone: Option<String>,
    /// Leave out the clip's own sound
    #[arg(long, conflicts_with = "microphone")]
    silent: bool,
    /// Which face, if the portrait shows several: 1 is the largest
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = common::parse_face_number)]
    face: usize,
    /// Where the face is, if none is found: LEFT,TOP,RIGHT,BOTTOM in the picture's own pixels
    #[arg(long, value_name = "BOX", value_parser = common::parse_box)]
    face_box: Option<crate::data::PixelBox>,
    /// Another picture of the same person, such as one with the mouth open: what the portrait does not show is taken from it. May be given several times
    #[arg(long, value_name = "PICTURE")]
    also: Vec<OsString>,
    /// Fine-tune on the person's pictures for so many steps first: nearer to them, but slower to begin; 80 are enough. What came of it is kept for the next time
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..=5000))]
    fine_tune: Option<u64>,
    /// What stands behind the person: own (what the picture shows), blurred, green (to be keyed out), a colour such as #204080, or transparent, for PNGs and GIFs
    #[arg(long, default_value = "own", value_name = "NAME", value_parser = common::parse_background)]
    background: Background,
    /// Where pictures are made: auto (a graphics processor, if there is one), cpu or gpu (a software one, too)
    #[arg(long, default_value = "auto", value_parser = common::parse_executor)]
    executor: ExecutorChoice,
    #[command(flatten)]
    motion: MotionArgs,
    #[command(flatten)]
    generator: common::GeneratorArgs,
    #[command(flatten)]
    reader: common::ReaderArgs,
    #[command(flatten)]
    model: common::ModelArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// How the portrait follows its driver.
#[derive(clap::Args)]
struct MotionArgs {
    /// Strength of the head's motion, 0 to 2
    #[arg(long, default_value_t = 1.0, value_parser = common::parse_strength)]
    head: f32,
    /// Strength of blinking and squinting, 0 to 2
    #[arg(long, default_value_t = 1.0, value_parser = common::parse_strength)]
    eyes: f32,
    /// Strength of looking around, 0 to 2
    #[arg(long, default_value_t = 1.0, value_parser = common::parse_strength)]
    gaze: f32,
    /// Strength of the brows' motion, 0 to 2
    #[arg(long, default_value_t = 1.0, value_parser = common::parse_strength)]
    brows: f32,
    /// Strength of the mouth's motion, 0 to 2
    #[arg(long, default_value_t = 1.0, value_parser = common::parse_strength)]
    mouth: f32,
    /// Smoothing of the tracked motion, 0 (none) to 1
    #[arg(long, default_value_t = 0.5, value_parser = common::parse_unit)]
    smoothing: f32,
    /// Mirror the driver
    #[arg(long)]
    mirror: bool,
}

#[derive(Serialize)]
struct Report {
    #[serde(serialize_with = "common::serialize_path")]
    output: PathBuf,
    frames: u64,
    frames_with_face: u64,
    seconds: f64,
    bytes: u64,
    wall_seconds: f64,
    realtime_factor: f64,
    driver: String,
    decoder: String,
    generator: &'static str,
    warnings: Vec<String>,
    stages: Vec<StageTimes>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut output = record_options(args)?;
    output.inputs = inputs(args);
    output.check_place()?;
    let driver = common::driver(&args.driver, false)?;
    let model = common::load_model(&args.model);
    let portrait = common::portrait(&args.portrait, args.face, args.face_box, &model)?;
    let also = args.also.iter().map(|picture| common::portrait(picture, 1, None, &model)).collect::<anyhow::Result<Vec<_>>>()?;
    let tracker = match (&driver, model) {
        // Stored motion needs no landmarks.
        (SourceSpec::Performance { .. }, model) => pipeline::tracker(model.ok(), args.motion.smoothing, args.reader.reader),
        (_, model) => args.reader.tracker(model, args.motion.smoothing)?,
    };
    let stop = common::stop_on_interrupt()?;
    // As the window keeps them, so that what was learnt there is known here.
    let further: Vec<Portrait> = also.iter().take(MOST_PICTURES - 1).map(|picture| picture.cut_to_crop()).collect();
    let pictures: Vec<&Portrait> = std::iter::once(&*portrait).chain(&further).collect();
    let tuned = args
        .fine_tune
        .map(|steps| common::fine_tune(&pictures, &args.generator.weights.files(), steps, &stop, args.json))
        .transpose()?
        .flatten();
    let job = OfflineJob {
        portrait,
        also,
        gpu: gpu(args.executor),
        tuned,
        background: args.background,
        generator: args.generator.choice(),
        controls: controls(args),
        sound: sound(args, &driver),
        limit: args.seconds,
        driver,
        output,
        stop,
    };
    let bar = common::ProgressLine::new(args.json);
    let report = pipeline::animate(&job, tracker, |progress| {
        bar.show(progress);
        crash::drill(progress.frames);
    })?;
    bar.clear();
    print(args, &report)?;
    Ok(ExitCode::SUCCESS)
}

/// The graphics processor to use. A software adapter that was not asked for would only compose, and every picture would have to be copied back.
fn gpu(wish: ExecutorChoice) -> Option<Gpu> {
    let mut executors = common::executors();
    let decision = executors.choose(wish);
    executors.device(&decision.executor).filter(|gpu| gpu.runs_networks)
}

fn record_options(args: &Args) -> anyhow::Result<RecordOptions> {
    let mut options = RecordOptions::new(&args.output)?;
    options.overwrite = args.overwrite;
    options.mark = args.mark;
    if args.own_size {
        options.max_long_side_px = None;
    } else if args.size.is_some() {
        options.max_long_side_px = args.size;
    }
    if options.format != RecordFormat::Mp4 && args.microphone.is_some() {
        anyhow::bail!("only MP4 files have sound: give an output that ends in .mp4, or leave --microphone out");
    }
    if args.background == Background::Transparent {
        if options.format == RecordFormat::Mp4 {
            anyhow::bail!(
                "MP4 files have no transparency: give a folder for PNGs or an output that ends in .gif, or use --background green and key it out later"
            );
        }
        options.matte = MatteColour::Nothing;
    }
    Ok(options)
}

/// The files that are read to make the film. What has a name of its own, such as a camera, is none where there is no such file.
fn inputs(args: &Args) -> Vec<PathBuf> {
    let named = [&args.portrait, &args.driver].into_iter().chain(&args.also).map(PathBuf::from);
    named.chain(args.generator.weights.named()).chain(args.model.named().ok().flatten()).collect()
}

fn controls(args: &Args) -> Controls {
    let MotionArgs { head, eyes, gaze, brows, mouth, smoothing, mirror } = args.motion;
    Controls {
        strengths: Strengths { head, eyes, gaze, brows, mouth },
        smoothing,
        mirror,
        absolute: args.absolute,
        reader: args.reader.reader,
    }
}

fn sound(args: &Args, driver: &SourceSpec) -> Sound {
    match &args.microphone {
        Some(name) => Sound::Microphone(Some(name.clone()).filter(|name| !name.is_empty())),
        None if args.silent || driver.is_live() => Sound::Silent,
        None => Sound::OfDriver,
    }
}

fn print(args: &Args, report: &OfflineReport) -> anyhow::Result<()> {
    let seconds = report.finished.duration.as_secs_f64();
    let wall_seconds = report.wall.as_secs_f64();
    let report = Report {
        output: report.finished.path.clone(),
        frames: report.finished.frames,
        frames_with_face: report.faces,
        seconds,
        bytes: report.finished.bytes,
        wall_seconds,
        realtime_factor: seconds / wall_seconds.max(1e-9),
        driver: report.driver.name.clone(),
        decoder: report.driver.decoder.clone(),
        generator: report.generator,
        warnings: report.trouble.iter().chain(&report.finished.warnings).cloned().collect(),
        stages: report.stages.clone(),
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    say!(
        "{}: {} frames, {:.1} s, {:.1} MB, made in {:.1} s ({:.1} times real time); a face in {} frames",
        report.output.display(),
        report.frames,
        report.seconds,
        report.bytes as f64 / 1e6,
        report.wall_seconds,
        report.realtime_factor,
        report.frames_with_face
    );
    for warning in &report.warnings {
        tell!("retrato: {warning}");
    }
    Ok(())
}
