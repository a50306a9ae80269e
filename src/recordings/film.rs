//! What a film is, and pictures of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

use super::RecordingsError;
use crate::capture::{self, BoxedSource, OpenOptions, SourceInfo, SourceKind, SourceSpec};
use crate::data::Input;
use crate::runtime::StopFlag;

/// Most frames that are counted of a film that does not say how long it is.
const MOST_COUNTED: u64 = 20_000;
/// Farther ahead than this, a film is gone to a place instead of being decoded up to there.
const NEAR: Duration = Duration::from_secs(2);

/// What is known about a film.
#[derive(Clone, Debug, PartialEq)]
pub struct FilmFacts {
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Its length.
    pub duration: Duration,
    /// Pictures per second, on average.
    pub fps: f64,
    /// Whether it has sound.
    pub has_sound: bool,
    /// Size of the file.
    pub bytes: u64,
}

/// Looks at a film.
///
/// # Errors
/// A file that cannot be read or is no film.
pub fn facts(path: &Path) -> Result<FilmFacts, RecordingsError> {
    let source = open(path, None)?;
    let info = source.info().clone();
    let duration = match info.duration {
        Some(duration) => duration,
        None => counted(source, &info)?,
    };
    let bytes = std::fs::metadata(path).map_or(0, |facts| facts.len());
    Ok(FilmFacts { size: info.size, duration, fps: info.fps, has_sound: info.has_sound, bytes })
}

/// Opens a film, whose frames come once, at most so large.
pub(super) fn open(path: &Path, max_side_px: Option<u32>) -> Result<BoxedSource, RecordingsError> {
    let spec = SourceSpec::from_path(path, false)?;
    let no_film = || RecordingsError::NoFilm { path: path.to_owned() };
    if !matches!(spec, SourceSpec::Clip { .. }) {
        return Err(no_film());
    }
    let source = capture::open(&spec, OpenOptions { max_side_px })?;
    if source.info().kind == SourceKind::Clip { Ok(source) } else { Err(no_film()) }
}

/// The next picture and its time.
pub(super) fn next(source: &mut BoxedSource) -> Result<Option<(Arc<RgbImage>, Duration)>, RecordingsError> {
    match source.next()? {
        Some(Input::Frame(frame)) => Ok(Some((frame.pixels, frame.time.media_time))),
        Some(Input::Motion(..)) | None => Ok(None),
    }
}

/// The length of an animation, which only its pictures say.
fn counted(mut source: BoxedSource, info: &SourceInfo) -> Result<Duration, RecordingsError> {
    let mut end = Duration::ZERO;
    let mut interval = Duration::from_secs_f64(1.0 / info.fps.max(1.0));
    for _ in 0..MOST_COUNTED {
        let Some((_, at)) = next(&mut source)? else { break };
        interval = at.checked_sub(end).filter(|gap| !gap.is_zero()).unwrap_or(interval);
        end = at;
    }
    Ok(end + interval)
}

/// The picture that is shown at a time, at most `max_side_px` on its longer side.
///
/// # Errors
/// As for [`facts`].
pub fn picture_at(path: &Path, at: Duration, max_side_px: Option<u32>) -> Result<Arc<RgbImage>, RecordingsError> {
    let mut source = open(path, max_side_px)?;
    if !at.is_zero() {
        source.seek(at)?;
    }
    next(&mut source)?.map(|(pixels, _)| pixels).ok_or(RecordingsError::Empty)
}

/// Pictures at even distances, at most `max_side_px` on their longer side, each handed over as soon as it is there.
///
/// # Errors
/// As for [`facts`], and [`RecordingsError::Cancelled`].
pub fn strip(
    path: &Path,
    duration: Duration,
    count: u32,
    max_side_px: u32,
    stop: &StopFlag,
    mut sink: impl FnMut(Arc<RgbImage>),
) -> Result<(), RecordingsError> {
    let mut source = open(path, Some(max_side_px))?;
    let mut shown: Option<(Arc<RgbImage>, Duration)> = None;
    for index in 0..count {
        // The middle of its share of the film.
        let wanted = duration.mul_f64((f64::from(index) + 0.5) / f64::from(count.max(1)));
        if shown.as_ref().is_none_or(|(_, at)| *at + NEAR < wanted) && source.info().duration.is_some() {
            source.seek(wanted)?;
        }
        while shown.as_ref().is_none_or(|(_, at)| *at < wanted) {
            if stop.is_set() {
                return Err(RecordingsError::Cancelled);
            }
            let Some(picture) = next(&mut source)? else { break };
            shown = Some(picture);
        }
        sink(shown.as_ref().map(|(pixels, _)| Arc::clone(pixels)).ok_or(RecordingsError::Empty)?);
    }
    Ok(())
}
