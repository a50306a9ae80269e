//! How faithfully the motion that is wanted of a portrait follows a clip's: its mesh is measured as the reader measures the driver's.

use std::path::Path;
use std::process::ExitCode;

use super::clips::{clip_files, clip_name};
use super::common;
use crate::capture::{self, OpenOptions, SourceSpec};
use crate::data::{Input, Portrait, TrackedFrame};
use crate::evaluate::{CHANNELS, Channels, FollowingReport, channels, following, mean_following};
use crate::pipeline;
use crate::retarget::Retargeter;
use crate::runtime::StopFlag;
use crate::track::MeshReader;

/// Measures every portrait with every clip.
pub(super) fn run(args: &super::Args) -> anyhow::Result<ExitCode> {
    let model = common::load_model(&args.model);
    let stop = common::stop_on_interrupt()?;
    let mut measuring = MeshReader::load()?;
    let portraits = args.following.iter().map(|name| common::portrait(name, 1, None, &model)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut reports = Vec::new();
    for path in clip_files(&args.clips)? {
        let (leading, frames) = read(&path, &mut measuring, args, &stop)?;
        let own: Vec<_> = frames.iter().map(|frame| own_channels(frame, &mut measuring)).collect();
        say!("{:20} {:20} {}", clip_name(&path), "(smoothed reading)", line(&following(&leading, &own)));
        for portrait in &portraits {
            let report = following(&leading, &follow(&frames, portrait, &mut measuring));
            say!("{:20} {:20} {}", clip_name(&path), portrait.name, line(&report));
            reports.push(report);
        }
        if stop.is_set() {
            break;
        }
    }
    let (means, blinks) = mean_following(&reports);
    let cells = CHANNELS.iter().zip(means).filter_map(|(name, mean)| {
        let (following, films) = mean?;
        Some(format!("{name} {:.2}/{:.2}({films})", following.correlation, following.gain))
    });
    say!("mean {} | blinks {}/{} false {}", cells.collect::<Vec<_>>().join(" "), blinks[1], blinks[0], blinks[2]);
    Ok(ExitCode::SUCCESS)
}

fn line(report: &FollowingReport) -> String {
    let cells = CHANNELS.iter().zip(report.channels).filter_map(|(name, following)| {
        let following = following?;
        Some(format!("{name} {:.2}/{:.2}", following.correlation, following.gain))
    });
    let [driver, hit, invented] = report.blinks;
    format!("blinks {hit}/{driver} false {invented} {}", cells.collect::<Vec<_>>().join(" "))
}

/// The clip as it is, frame by frame, and as the tracker follows it.
fn read(
    path: &Path,
    measuring: &mut MeshReader,
    args: &super::Args,
    stop: &StopFlag,
) -> anyhow::Result<(Vec<Option<Channels>>, Vec<TrackedFrame>)> {
    let spec = SourceSpec::Clip { path: path.to_owned(), looped: false };
    let mut source = capture::open(&spec, OpenOptions::default())?;
    let mut tracker = pipeline::tracker(None, crate::settings::Controls::default().smoothing, crate::track::FaceReader::Best);
    measuring.set_smoothed(false);
    measuring.reset();
    let (mut leading, mut frames) = (Vec::new(), Vec::new());
    while let Some(input) = source.next()? {
        if stop.is_set() || args.max_frames.is_some_and(|most| frames.len() >= most) {
            break;
        }
        if let Input::Frame(frame) = &input {
            let read = measuring.read(&frame.pixels, frame.time.media_time);
            leading.push(read.map(|face| channels(&face.coefficients, &face.pose)));
            let mut tracked = tracker.track(input);
            tracked.pixels = None;
            frames.push(tracked);
        }
    }
    Ok((leading, frames))
}

/// The channels of a tracked face, smoothed as it is.
fn own_channels(frame: &TrackedFrame, measuring: &mut MeshReader) -> Option<Channels> {
    let face = frame.face.as_ref()?;
    let (coefficients, pose) = measuring.measure(face.mesh_in_frame.as_deref()?, face.frame_size)?;
    Some(channels(&coefficients, &pose))
}

/// The portrait's own channels while it follows.
fn follow(frames: &[TrackedFrame], portrait: &Portrait, measuring: &mut MeshReader) -> Vec<Option<Channels>> {
    let mut retargeter = Retargeter::default();
    retargeter.set_portrait(portrait);
    let size = portrait.pixels.dimensions().into();
    let scale = portrait.crop.scale();
    let measured = frames.iter().map(|frame| {
        let mesh = retargeter.retarget(frame)?.mesh?.mesh_in_crop();
        let in_picture = mesh.map(|p| portrait.crop.image_from_crop(p.truncate()).extend(p.z * scale));
        let (coefficients, pose) = measuring.measure(&in_picture, size)?;
        Some(channels(&coefficients, &pose))
    });
    measured.collect()
}
