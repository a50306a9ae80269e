//! `retrato track`: the motion of a clip's face as a performance file.

use std::ffi::OsString;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::common;
use crate::capture::{self, OpenOptions, SourceInfo, SourceSpec};
use crate::data::{PerformanceFrame, PerformanceHeader, PerformanceWriter, TrackedFrame};
use crate::pipeline::{PipelineError, Progress};
use crate::runtime::{StopFlag, is_same_file, is_special, temporary_in};
use crate::track::Tracker;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The clip, or `camera` or `camera:NAME`
    clip: OsString,
    /// Where to, usually NAME.jsonl
    #[arg(long, short)]
    output: PathBuf,
    /// Name of the performance (default: the output's)
    #[arg(long)]
    name: Option<String>,
    /// End after so many seconds
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = common::parse_seconds)]
    seconds: Option<Duration>,
    /// Smoothing of the tracked motion, 0 (none) to 1
    #[arg(long, default_value_t = 0.5, value_parser = common::parse_unit)]
    smoothing: f32,
    /// Replace an existing file
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reader: common::ReaderArgs,
    #[command(flatten)]
    model: common::ModelArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    #[serde(serialize_with = "common::serialize_path")]
    output: PathBuf,
    frames: u64,
    frames_with_face: u64,
    seconds: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    check_place(args)?;
    let spec = SourceSpec::from_argument(&args.clip, false)?;
    let source = capture::open(&spec, OpenOptions::default())?;
    let info = source.info().clone();
    let file = open_output(&args.output)?;
    let tracker = args.reader.tracker(common::load_model(&args.model), args.smoothing)?;
    let stop = common::stop_on_interrupt()?;
    let frames = track_all(source, tracker, args.seconds, &stop, args.json)?;
    let faces = frames.iter().filter(|frame| frame.face.is_some()).count() as u64;
    if faces == 0 {
        return Err(PipelineError::NoFaceInDriver { name: info.name }.into());
    }
    write(args, file, &info, &frames)?;
    let report = Report {
        output: args.output.clone(),
        frames: frames.len() as u64,
        frames_with_face: faces,
        seconds: frames.last().map_or(0.0, |frame| frame.time.media_time.as_secs_f64()),
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        say!("{}: {} frames, a face in {} of them, {:.1} s", report.output.display(), report.frames, faces, report.seconds);
    }
    Ok(ExitCode::SUCCESS)
}

fn track_all(
    mut source: capture::BoxedSource,
    mut tracker: Tracker,
    limit: Option<Duration>,
    stop: &StopFlag,
    quiet: bool,
) -> anyhow::Result<Vec<TrackedFrame>> {
    let bar = common::ProgressLine::new(quiet);
    let total = source.info().frames;
    let mut frames = Vec::new();
    while !stop.is_set() {
        let Some(input) = source.next()? else { break };
        let mut tracked = tracker.track(input);
        if limit.is_some_and(|limit| tracked.time.media_time >= limit) {
            break;
        }
        // Motion is all that is kept; the pictures would fill the memory.
        tracked.pixels = None;
        frames.push(tracked);
        bar.show(Progress { frames: frames.len() as u64, total, finishing: None });
    }
    bar.clear();
    Ok(frames)
}

/// Refuses an output that cannot become a file.
fn check_place(args: &Args) -> anyhow::Result<()> {
    if args.output.as_os_str() == "-" {
        anyhow::bail!("- would be standard output, to which no performance is written: give the name of a file");
    }
    if is_special(&args.output) {
        anyhow::bail!("{} is a device, a pipe or a socket: give the name of a file for the performance", args.output.display());
    }
    if is_same_file(&args.output, Path::new(&args.clip)) {
        anyhow::bail!("{} is the clip itself: give the performance another name", args.output.display());
    }
    if args.output.is_dir() {
        anyhow::bail!("{} is a folder: give the performance a file name inside it", args.output.display());
    }
    if args.output.exists() && !args.overwrite {
        anyhow::bail!("{} exists already: give another name or --overwrite", args.output.display());
    }
    Ok(())
}

/// Opened before the work begins, so that nobody tracks a long clip in vain; beside the target, so that a failure leaves no half file
/// under the name.
fn open_output(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        anyhow::bail!("the folder {} does not exist, or is not a folder: create it or give another output", folder.display());
    }
    let cannot = || format!("{} cannot be written: check the permissions of its folder", path.display());
    temporary_in(folder).with_context(cannot)
}

fn write(args: &Args, mut file: NamedTempFile, info: &SourceInfo, frames: &[TrackedFrame]) -> anyhow::Result<()> {
    let path = &args.output;
    let name = args.name.clone().unwrap_or_else(|| path.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    let size = frames.iter().find_map(|frame| frame.face.as_ref()).map_or(info.size, |face| face.frame_size);
    let header = PerformanceHeader::new(name, info.fps, size, Some(frames.len() as u64));
    let cannot = || format!("{} cannot be written", path.display());
    let mut out = PerformanceWriter::new(BufWriter::new(file.as_file_mut()), header).with_context(cannot)?;
    for frame in frames {
        out.push(&PerformanceFrame::of_motion(frame.time.media_time.as_secs_f64(), frame.face.as_ref())).with_context(cannot)?;
    }
    out.finish().with_context(cannot)?;
    file.flush().with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    Ok(())
}
