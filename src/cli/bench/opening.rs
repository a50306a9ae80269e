//! `retrato bench --opening`: from a dropped picture to its first moving frame, while another portrait is live.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::{Args, WARM_UP, run_for, start, wait_for_driver};
use crate::builtin;
use crate::pipeline::{PictureMemory, Pipeline};
use crate::session::{DriverChoice, Event, PictureInput, PortraitChoice, Request, RequestId, Session as _};

/// Times that the picture is dropped again after the first.
const AGAIN: usize = 9;
/// Nothing may take longer.
const PATIENCE: Duration = Duration::from_mins(1);
/// Bytes of what is remembered of each kind.
const CACHE_BYTES: u64 = 64 << 20;

#[derive(Serialize)]
struct Report {
    picture: String,
    size: [u32; 2],
    executor: String,
    /// The first time, when its faces have to be looked for.
    new_ms: f64,
    /// Median and worst of the further times.
    known_ms_p50: f64,
    known_ms_max: f64,
    /// What of it takes opening the picture, and what the generator's preparing for it, medians.
    open_ms_p50: f64,
    prepare_ms_p50: f64,
}

/// Measures and prints.
pub(super) fn run(args: &Args, driver: DriverChoice, folder: &Path) -> anyhow::Result<()> {
    let dropped = dropped(args.portrait.as_deref())?;
    let (pipeline, _) = start(args, PictureMemory::at(folder, CACHE_BYTES))?;
    pipeline.request(Request::Drive(driver));
    wait_for_driver(&pipeline)?;
    let other = Arc::new(builtin::PORTRAITS.last().context("there is no built-in portrait")?.portrait()?);
    let mut times = Vec::with_capacity(1 + AGAIN);
    let mut size = [0; 2];
    let mut id = RequestId::default();
    for _ in 0..=AGAIN {
        pipeline.request(Request::OpenPortrait { id: RequestId::default(), choice: PortraitChoice::Enrolled(Arc::clone(&other)) });
        run_for(&pipeline, WARM_UP)?;
        let start = Instant::now();
        id = id.next();
        pipeline.request(Request::OpenPortrait { id, choice: PortraitChoice::Picture(dropped.clone()) });
        size = wait_for_frame(&pipeline, id)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let new_ms = times.remove(0);
    times.sort_by(f64::total_cmp);
    let stages = pipeline.timings().stages();
    let stage = |name: &str| stages.iter().find(|stage| stage.name == name).map(|stage| stage.times.ms_p50).unwrap_or_default();
    let report = Report {
        picture: name(&dropped),
        size,
        executor: pipeline.live_stats().executor,
        new_ms,
        known_ms_p50: times.get(AGAIN / 2).copied().unwrap_or_default(),
        known_ms_max: times.last().copied().unwrap_or_default(),
        open_ms_p50: stage("open"),
        prepare_ms_p50: stage("prepare"),
    };
    if args.json {
        say!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        let Report { picture, size: [width, height], executor, new_ms, known_ms_p50, known_ms_max, open_ms_p50, prepare_ms_p50 } = report;
        say!("{picture} ({width} x {height}), from the drop to its first moving frame, {executor}");
        say!(
            "new {new_ms:.0} ms; known {known_ms_p50:.0} ms median of {AGAIN}, {known_ms_max:.0} ms at most, of which opening {open_ms_p50:.0} ms and preparing the generator {prepare_ms_p50:.0} ms"
        );
    }
    Ok(())
}

/// What is dropped: a file, or the file of a built-in portrait as if nobody knew its face.
fn dropped(wanted: Option<&OsStr>) -> anyhow::Result<PictureInput> {
    let builtin = match wanted {
        None => builtin::PORTRAITS.first(),
        Some(wanted) => builtin::PORTRAITS.iter().find(|p| wanted == p.name && !Path::new(wanted).exists()),
    };
    Ok(match (builtin, wanted) {
        (Some(portrait), _) => PictureInput::Bytes { name: portrait.title.to_owned(), bytes: portrait.file().into() },
        (None, Some(path)) => PictureInput::Path(path.into()),
        (None, None) => anyhow::bail!("there is no built-in portrait"),
    })
}

fn name(input: &PictureInput) -> String {
    match input {
        PictureInput::Path(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        PictureInput::Bytes { name, .. } | PictureInput::Pixels { name, .. } | PictureInput::Deferred { name, .. } => name.clone(),
    }
}

/// Waits for a frame of the portrait with this number; gives its picture's size.
fn wait_for_frame(pipeline: &Pipeline, id: RequestId) -> anyhow::Result<[u32; 2]> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(frame) = pipeline.wait_rendered(Duration::from_millis(1))
            && frame.portrait == id
        {
            return Ok(frame.size_px);
        }
        for event in pipeline.take_events() {
            match event {
                Event::PortraitFailed { why, .. } | Event::SourceFailed(why) | Event::Warning(why) => anyhow::bail!("{why}"),
                Event::Degraded(degraded) => anyhow::bail!("{}", degraded.sentence()),
                Event::FaceAsked(question) if question.faces.is_empty() => anyhow::bail!("no face was found in the picture"),
                _ => {}
            }
        }
    }
    anyhow::bail!("no frame of the picture came within {} seconds", PATIENCE.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_a_built_in_picture_is_dropped_as_if_its_face_were_not_known() -> anyhow::Result<()> {
        assert_eq!(name(&dropped(None)?), builtin::PORTRAITS[0].title);
        let PictureInput::Bytes { name, bytes } = dropped(Some(OsStr::new("garden")))? else { panic!("the bytes of a built-in one") };
        assert!(name == builtin::PORTRAITS[1].title && bytes.starts_with(&[0xFF, 0xD8]), "its JPEG file");
        let PictureInput::Path(path) = dropped(Some(OsStr::new("mine.png")))? else { panic!("a path") };
        assert_eq!(path, Path::new("mine.png"));
        Ok(())
    }
}
