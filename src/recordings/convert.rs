//! Other files made of a film: a part of it, another shape, a GIF, a single picture, the film forth and back. The film itself stays as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{DynamicImage, RgbImage, RgbaImage};

use super::RecordingsError;
use super::film;
use super::sound::FilmSound;
use crate::capture::SourceInfo;

use crate::record::{AudioSource, Finished, Provenance, RecordFrame, RecordOptions, Recorder, SourceType, snapshot};
use crate::runtime::StopFlag;
use crate::session::PicturePart;

/// Share of the work that is done when all pictures are handed over; the rest is completing the file.
const READING: f32 = 0.95;
/// Longest film that is made to go back and forth, most of its pictures, and their longer side in pixels: they are held in memory, and take 600 MB at most.
const LONGEST_BACK_AND_FORTH: Duration = Duration::from_secs(5);
const MOST_HELD: usize = 300;
const HELD_SIDE_PX: u32 = 720;
/// Longer side of a GIF, in pixels, as the recorder makes it by itself: larger pictures would only be made smaller once more.
const GIF_SIDE_PX: u32 = 480;

/// The shape of a new film.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As it is.
    #[default]
    Whole,
    /// As wide as high, cut out.
    Square,
    /// 9 to 16, cut out: a telephone held upright.
    Tall,
}

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// An MP4 film with the sound.
    Film(Shape),
    /// An animated GIF.
    Gif,
    /// The first picture of the part, as PNG.
    Still,
    /// An MP4 film that goes forth and then back, without sound.
    BackAndForth,
}

/// What to make of a film.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The film.
    pub source: PathBuf,
    /// Where the part begins.
    pub from: Duration,
    /// Where it ends; `None` for the film's end.
    pub to: Option<Duration>,
    /// What it becomes.
    pub output: Output,
    /// What must stay in view where the picture is cut, in shares of its width and height: the face.
    pub focus: [f32; 2],
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// Where it is.
    pub path: PathBuf,
    /// What went less well than it should.
    pub warnings: Vec<String>,
}

impl Conversion {
    /// The new file's name, which gets a number when it is taken.
    fn target(&self) -> PathBuf {
        let stem = self.source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_part = !self.from.is_zero() || self.to.is_some();
        let name = match self.output {
            Output::Film(Shape::Whole) if is_part => format!("{stem} trimmed.mp4"),
            Output::Film(Shape::Whole) => format!("{stem} copy.mp4"),
            Output::Film(Shape::Square) => format!("{stem} square.mp4"),
            Output::Film(Shape::Tall) => format!("{stem} tall.mp4"),
            Output::Gif => format!("{stem}.gif"),
            Output::Still => format!("{stem}.png"),
            Output::BackAndForth => format!("{stem} boomerang.mp4"),
        };
        self.source.with_file_name(name)
    }
}

/// Makes a file of a film. `progress` is told how far it is, from 0 to 1. When `stop` is set nothing is left behind.
///
/// # Errors
/// [`RecordingsError`].
pub fn convert(job: &Conversion, stop: &StopFlag, mut progress: impl FnMut(f32)) -> Result<Made, RecordingsError> {
    let made_by = source_type(&job.source);
    if job.output == Output::Still {
        let picture = film::picture_at(&job.source, job.from, None)?;
        let path = snapshot(&job.target(), &opaque(&picture), made_by)?;
        return Ok(Made { path, warnings: Vec::new() });
    }
    let mut film = Film::open(job)?;
    let mut options = RecordOptions::new(job.target())?;
    options.fps_hint = film.info.fps as f32;
    options.source_type = made_by;
    options.inputs = vec![job.source.clone()];
    if matches!(job.output, Output::Film(_) | Output::BackAndForth) {
        options.max_long_side_px = None;
    }
    let (sound, no_sound) = film.sound(job);
    let audio = if sound.is_some() { AudioSource::Pushed } else { AudioSource::None };
    let recorder = Recorder::start(options, audio)?;
    if let Some(why) = no_sound {
        recorder.warn(format!("the new film has no sound: {why}"));
    }
    let fed = if job.output == Output::BackAndForth {
        feed_both_ways(&mut film, &recorder, stop, &mut progress)
    } else {
        feed(&mut film, sound, &recorder, stop, &mut progress)
    };
    end(recorder, fed, &mut progress)
}

/// Completes the file, or removes what was written of it.
fn end(recorder: Recorder, fed: Result<(), RecordingsError>, progress: &mut impl FnMut(f32)) -> Result<Made, RecordingsError> {
    if let Err(error) = fed {
        recorder.discard()?;
        return Err(error);
    }
    let Finished { path, warnings, .. } = recorder.finish(|share| progress(READING + (1.0 - READING) * share))?;
    Ok(Made { path, warnings })
}

/// What the film says of how it was made; what says nothing is a composite at least.
pub(super) fn source_type(path: &Path) -> SourceType {
    let says_trained = Provenance::of(path).is_ok_and(|found| found.source_types.iter().any(|kind| kind == "trainedAlgorithmicMedia"));
    if says_trained { SourceType::TrainedAlgorithmicMedia } else { SourceType::CompositeSynthetic }
}

/// The part of a film that is wanted, picture by picture.
pub(super) struct Film {
    source: crate::capture::BoxedSource,
    pub(super) info: SourceInfo,
    from: Duration,
    to: Duration,
    cut: Option<PicturePart>,
}

impl Film {
    pub(super) fn open(job: &Conversion) -> Result<Self, RecordingsError> {
        let max_side_px = match job.output {
            Output::BackAndForth => Some(HELD_SIDE_PX),
            Output::Gif => Some(GIF_SIDE_PX),
            Output::Film(_) | Output::Still => None,
        };
        let mut source = film::open(&job.source, max_side_px)?;
        let info = source.info().clone();
        let to = job.to.unwrap_or(Duration::MAX);
        if to <= job.from {
            return Err(RecordingsError::Empty);
        }
        if !job.from.is_zero() {
            source.seek(job.from)?;
        }
        let cut = if let Output::Film(shape) = job.output { shape.part(info.size, job.focus) } else { None };
        Ok(Self { source, info, from: job.from, to, cut })
    }

    /// The next picture and its time in the film.
    pub(super) fn next(&mut self) -> Result<Option<(Arc<RgbaImage>, Duration)>, RecordingsError> {
        let Some((pixels, at)) = film::next(&mut self.source)? else { return Ok(None) };
        if at >= self.to {
            return Ok(None);
        }
        let picture = opaque(&pixels);
        let picture = match self.cut {
            Some(part) => part.cut(&picture),
            None => picture,
        };
        Ok(Some((Arc::new(picture), at.max(self.from))))
    }

    /// How far a time is in the part, from 0 to 1.
    fn share(&self, at: Duration) -> f32 {
        let end = self.info.duration.unwrap_or(self.to).min(self.to);
        let length = end.saturating_sub(self.from).as_secs_f32();
        if length > 0.0 { (at.saturating_sub(self.from).as_secs_f32() / length).min(1.0) } else { 0.0 }
    }

    /// The sound of the part, or why there is none although the film has some.
    fn sound(&self, job: &Conversion) -> (Option<FilmSound>, Option<RecordingsError>) {
        if !matches!(job.output, Output::Film(_)) || !self.info.has_sound {
            return (None, None);
        }
        match FilmSound::open(&job.source, self.from) {
            Ok(sound) => (sound, None),
            Err(error) => (None, Some(error)),
        }
    }
}

impl Shape {
    /// What of a picture of this size has this shape and `focus` as near to its middle as can be; `None` for all of it.
    fn part(self, [width, height]: [u32; 2], focus: [f32; 2]) -> Option<PicturePart> {
        let (across, down) = match self {
            Self::Whole => return None,
            Self::Square => (1, 1),
            Self::Tall => (9, 16),
        };
        let fits = |across: u64, down: u64| (u64::from(width) * down).min(u64::from(height) * across);
        let unit = fits(across, down);
        // Even, as video wants it.
        let [part_width, part_height] = [unit / down, unit / across].map(|side| (side as u32).max(2) & !1);
        let corner = |focus: f32, side: u32, part: u32| {
            let wanted = focus.clamp(0.0, 1.0) * side as f32 - 0.5 * part as f32;
            (wanted.max(0.0).round() as u32).min(side.saturating_sub(part))
        };
        let part = PicturePart {
            left: corner(focus[0], width, part_width),
            top: corner(focus[1], height, part_height),
            width: part_width,
            height: part_height,
        };
        ([part.width, part.height] != [width & !1, height & !1]).then_some(part)
    }
}

/// Hands the part over as it is.
fn feed(
    film: &mut Film,
    mut sound: Option<FilmSound>,
    recorder: &Recorder,
    stop: &StopFlag,
    progress: &mut impl FnMut(f32),
) -> Result<(), RecordingsError> {
    let zero = Instant::now();
    let mut end = None;
    while let Some((pixels, at)) = film.next()? {
        if stop.is_set() {
            return Err(RecordingsError::Cancelled);
        }
        if let Some(sound) = &mut sound {
            sound.push_until(recorder, at)?;
        }
        // Its own time: the recorder begins with the first picture, for sound, too.
        if recorder.push(RecordFrame { pixels, pts: at, captured_at: zero + at }).is_err() {
            return Ok(());
        }
        end = Some(at);
        progress(READING * film.share(at));
    }
    let end = end.ok_or(RecordingsError::Empty)?;
    if let Some(sound) = &mut sound {
        sound.push_until(recorder, end + Duration::from_secs_f64(1.0 / film.info.fps.max(1.0)))?;
    }
    Ok(())
}

/// Hands the part over forth and then back. Where both meet no picture comes twice, so that it can be shown again and again.
fn feed_both_ways(film: &mut Film, recorder: &Recorder, stop: &StopFlag, progress: &mut impl FnMut(f32)) -> Result<(), RecordingsError> {
    let mut pictures = Vec::new();
    while let Some((pixels, at)) = film.next()? {
        if stop.is_set() {
            return Err(RecordingsError::Cancelled);
        }
        if at.saturating_sub(film.from) > LONGEST_BACK_AND_FORTH || pictures.len() == MOST_HELD {
            return Err(RecordingsError::TooLong { most_secs: LONGEST_BACK_AND_FORTH.as_secs() });
        }
        pictures.push((pixels, at));
        progress(0.5 * READING * film.share(at));
    }
    let Some((_, turn)) = pictures.last().cloned() else { return Err(RecordingsError::Empty) };
    let back = pictures.iter().rev().skip(1).take(pictures.len().saturating_sub(2));
    let there_and_back =
        pictures.iter().map(|(pixels, at)| (pixels, *at)).chain(back.map(|(pixels, at)| (pixels, turn + turn.saturating_sub(*at))));
    let (zero, count) = (Instant::now(), 2 * pictures.len());
    for (index, (pixels, pts)) in there_and_back.enumerate() {
        if stop.is_set() {
            return Err(RecordingsError::Cancelled);
        }
        if recorder.push(RecordFrame { pixels: Arc::clone(pixels), pts, captured_at: zero + pts }).is_err() {
            return Ok(());
        }
        progress(READING * (0.5 + 0.5 * index as f32 / count as f32));
    }
    Ok(())
}

fn opaque(pixels: &Arc<RgbImage>) -> RgbaImage {
    DynamicImage::ImageRgb8(RgbImage::clone(pixels)).into_rgba8()
}

#[cfg(test)]
mod tests;
