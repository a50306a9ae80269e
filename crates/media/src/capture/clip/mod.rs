//! Clips: videos, animated pictures and stills, each read by the simplest means that can.
//!
//! | file | decoder |
//! |---|---|
//! | H.264 (8 bits, 4:2:0, progressive) in MP4 or MOV | in-process: `h264` |
//! | GIF, animated PNG and WebP, stills | in-process: `animation` |
//! | everything else | a child process: `ffmpeg`, when it is installed |

mod animation;
mod h264;
pub(super) mod sps;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbImage;
use image::metadata::Orientation;

use self::animation::AnimationPictures;
use self::h264::{H264Pictures, Refusal};
use super::error::CaptureError;
use super::ffmpeg::{FfmpegPictures, Tools};
use super::scale::Shaper;
use super::sniff::{FileKind, container_words};
use super::source::{OpenOptions, Source, SourceInfo, SourceKind};
use crate::data::{Frame, FrameTime, Input};

/// Most frames that show a clip's last picture again: ten minutes at 60 per second.
const MAX_HELD_FRAMES: u32 = 36_000;

/// A first picture that comes later than this is shown from the clip's beginning on: the sound before it belongs to the film.
const LEAST_LEAD: Duration = Duration::from_millis(150);

/// A decoded picture.
pub(super) struct DecodedPicture {
    /// Its pixels as stored: not turned upright, not scaled.
    pub(super) pixels: RgbImage,
    /// When it is shown, from the clip's beginning.
    pub(super) at: Duration,
    /// For how long, where the file says so.
    pub(super) lasts: Option<Duration>,
}

/// A first picture that comes late, and is shown from the clip's beginning on.
struct Lead {
    pixels: Arc<RgbImage>,
    /// When it comes.
    at: Duration,
    /// Frames before that time, and how many of them were given.
    frames: u32,
    given: u32,
}

/// Something that gives pictures in the order in which they are shown.
pub(super) trait Pictures: Send {
    /// The next picture, or `None` at the end.
    fn next(&mut self) -> Result<Option<DecodedPicture>, CaptureError>;

    /// Back to the beginning.
    fn restart(&mut self) -> Result<(), CaptureError>;

    /// To a place from which [`Self::next`] comes to the picture that is shown at `to`: to the beginning where no nearer one is known.
    fn approach(&mut self, _to: Duration) -> Result<(), CaptureError> {
        self.restart()
    }
}

/// A clip that was opened, and what is known about it.
pub(super) struct OpenedClip {
    pub(super) pictures: Box<dyn Pictures>,
    pub(super) kind: SourceKind,
    /// Size of the pictures as stored.
    pub(super) size: [u32; 2],
    /// The same in square pixels.
    pub(super) shown: [u32; 2],
    /// How to turn them upright.
    pub(super) orientation: Orientation,
    pub(super) fps: f64,
    pub(super) frames: Option<u64>,
    pub(super) duration: Option<Duration>,
    pub(super) has_sound: bool,
    pub(super) decoder: &'static str,
}

/// A clip as a source.
pub(super) struct ClipSource {
    info: SourceInfo,
    pictures: Box<dyn Pictures>,
    shaper: Shaper,
    looped: bool,
    loops: u64,
    /// The first picture, which was decoded to see whether there is one.
    first: Option<DecodedPicture>,
    /// The first picture of this repetition while it is shown before its time.
    lead: Option<Lead>,
    /// A place that was asked for and not reached yet.
    sought: Option<Duration>,
    /// A picture that was decoded on the way there and comes after it.
    after_sought: Option<DecodedPicture>,
    /// Time from frame to frame, on average.
    interval: Duration,
    /// The newest picture, and its time in this repetition.
    newest: Option<(Arc<RgbImage>, Duration)>,
    /// Frames since then that showed it again.
    held: u32,
    /// Frames delivered, over all repetitions.
    delivered: u64,
    /// Length of the repetitions that are over.
    begun_at: Duration,
    /// End of the last picture of this repetition.
    end: Duration,
}

impl ClipSource {
    /// Opens a clip and decodes its first picture.
    ///
    /// # Errors
    /// A file that is no clip, that cannot be decoded, or that has no frames.
    pub(super) fn open(path: &Path, looped: bool, options: OpenOptions) -> Result<Self, CaptureError> {
        Self::open_with(&Tools::installed(), path, looped, options)
    }

    pub(super) fn open_with(tools: &Tools, path: &Path, looped: bool, options: OpenOptions) -> Result<Self, CaptureError> {
        let (mut opened, first) = open_with_first(tools, path, options)?;
        let first = match first {
            Some(first) => first,
            None => opened.pictures.next()?.ok_or_else(|| CaptureError::NoFrames { path: path.to_owned() })?,
        };
        let shaper = Shaper::stretching(opened.size, opened.shown, opened.orientation, options.max_side_px);
        let info = SourceInfo {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            kind: opened.kind,
            size: shaper.size(),
            fps: opened.fps,
            frames: opened.frames.map(|frames| frames + u64::from(lead_frames(first.at, opened.fps))),
            duration: opened.duration,
            has_sound: opened.has_sound,
            decoder: opened.decoder.to_owned(),
        };
        Ok(Self {
            info,
            pictures: opened.pictures,
            shaper,
            looped,
            loops: 0,
            first: Some(first),
            lead: None,
            sought: None,
            after_sought: None,
            interval: Duration::try_from_secs_f64(1.0 / opened.fps).unwrap_or_default(),
            newest: None,
            held: 0,
            delivered: 0,
            begun_at: Duration::ZERO,
            end: Duration::ZERO,
        })
    }

    /// The next frame and its time in this repetition.
    fn next_frame(&mut self) -> Result<Option<(Arc<RgbImage>, Duration)>, CaptureError> {
        if let Some(to) = self.sought.take()
            && let Some(found) = self.reach(to)?
        {
            return Ok(Some(found));
        }
        if let Some(picture) = self.after_sought.take() {
            return Ok(Some(self.show(picture)));
        }
        if let Some(early) = self.lead() {
            return Ok(Some(early));
        }
        if let Some(first) = self.first.take() {
            return Ok(Some(self.begin(first)));
        }
        if let Some(picture) = self.pictures.next()? {
            return Ok(Some(self.show(picture)));
        }
        if let Some(held) = self.hold() {
            return Ok(Some(held));
        }
        if !self.looped {
            return Ok(None);
        }
        self.loops += 1;
        self.begun_at += self.info.duration.unwrap_or(self.end).max(self.end);
        if let Some((still, _)) = self.newest.as_ref().filter(|_| self.info.kind == SourceKind::Still) {
            return Ok(Some((Arc::clone(still), Duration::ZERO)));
        }
        self.pictures.restart()?;
        self.end = Duration::ZERO;
        Ok(self.pictures.next()?.map(|picture| self.begin(picture)))
    }

    /// Decodes up to the picture that is shown at a place: the last one that has begun by then. `None` when there is no picture at all.
    fn reach(&mut self, to: Duration) -> Result<Option<(Arc<RgbImage>, Duration)>, CaptureError> {
        let mut found: Option<DecodedPicture> = None;
        while let Some(picture) = self.pictures.next()? {
            if picture.at > to {
                self.after_sought = Some(picture);
                break;
            }
            found = Some(picture);
        }
        Ok(found.or_else(|| self.after_sought.take()).map(|picture| self.show(picture)))
    }

    /// Shows the first picture of a repetition, from the beginning on should it come late.
    fn begin(&mut self, first: DecodedPicture) -> (Arc<RgbImage>, Duration) {
        let (pixels, at) = self.show(first);
        let frames = lead_frames(at, self.info.fps);
        if frames == 0 {
            return (pixels, at);
        }
        self.lead = Some(Lead { pixels: Arc::clone(&pixels), at, frames, given: 1 });
        (pixels, Duration::ZERO)
    }

    /// The first picture once more, up to its own time.
    fn lead(&mut self) -> Option<(Arc<RgbImage>, Duration)> {
        let lead = self.lead.as_mut()?;
        let early = (Arc::clone(&lead.pixels), lead.at * lead.given / lead.frames);
        lead.given += 1;
        if lead.given > lead.frames {
            self.lead = None;
        }
        Some(early)
    }

    fn show(&mut self, DecodedPicture { pixels, at, lasts }: DecodedPicture) -> (Arc<RgbImage>, Duration) {
        let pixels = Arc::new(self.shaper.shape(pixels));
        self.end = at + lasts.unwrap_or(self.interval);
        self.held = 0;
        self.newest = Some((Arc::clone(&pixels), at));
        (pixels, at)
    }

    /// The last picture again, at the pace of the clip, for as long as the clip shows it.
    fn hold(&mut self) -> Option<(Arc<RgbImage>, Duration)> {
        let (pixels, at) = self.newest.as_ref()?;
        if self.held >= held_frames(self.end.saturating_sub(*at), self.info.fps) {
            return None;
        }
        self.held += 1;
        Some((Arc::clone(pixels), *at + self.interval * self.held))
    }
}

/// How many frames show a clip's last picture again when it is seen for `seen` and frames come `fps` times a second.
pub(super) fn held_frames(seen: Duration, fps: f64) -> u32 {
    (seen.as_secs_f64() * fps - 0.5).clamp(0.0, f64::from(MAX_HELD_FRAMES)) as u32
}

/// How many frames show a clip's first picture before its time, when it comes at `at`.
fn lead_frames(at: Duration, fps: f64) -> u32 {
    if at < LEAST_LEAD { 0 } else { (at.as_secs_f64() * fps).round().clamp(1.0, f64::from(MAX_HELD_FRAMES)) as u32 }
}

impl Source for ClipSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        let Some((pixels, at)) = self.next_frame()? else { return Ok(None) };
        let time = FrameTime { index: self.delivered, media_time: self.begun_at + at, captured_at: Instant::now() };
        self.delivered += 1;
        Ok(Some(Input::Frame(Frame { pixels, time })))
    }

    fn loops(&self) -> u64 {
        self.loops
    }

    fn seek(&mut self, to: Duration) -> Result<(), CaptureError> {
        if self.info.kind == SourceKind::Still {
            return Ok(());
        }
        self.pictures.approach(to)?;
        (self.first, self.lead, self.after_sought, self.held) = (None, None, None, 0);
        self.sought = Some(to);
        Ok(())
    }

    fn set_looped(&mut self, looped: bool) {
        self.looped = looped;
    }
}

/// Opens a file by the simplest means that can. The first picture comes with it where it was needed to decide.
fn open_with_first(tools: &Tools, path: &Path, options: OpenOptions) -> Result<(OpenedClip, Option<DecodedPicture>), CaptureError> {
    match FileKind::of(path)? {
        FileKind::IsoMedia => open_mp4(tools, path, options),
        FileKind::Gif | FileKind::Png | FileKind::WebP | FileKind::Still => Ok((AnimationPictures::open(path)?, None)),
        FileKind::Performance => {
            Err(CaptureError::NotAVideo { path: path.to_owned(), looks_like: "a performance (motion without pictures)".to_owned() })
        }
        FileKind::Unknown => Ok((FfmpegPictures::open(tools, path, options, &container_words(path))?, None)),
    }
}

/// Decodes in-process if the first picture comes out, and by ffmpeg otherwise.
fn open_mp4(tools: &Tools, path: &Path, options: OpenOptions) -> Result<(OpenedClip, Option<DecodedPicture>), CaptureError> {
    let why = match H264Pictures::open(path) {
        Ok(mut opened) => match opened.pictures.next() {
            Ok(Some(first)) => return Ok((opened, Some(first))),
            Ok(None) => "no picture could be decoded".to_owned(),
            Err(error) => error.to_string(),
        },
        Err(Refusal::Final(error)) => return Err(error),
        Err(Refusal::Reason(why)) => why,
    };
    tracing::info!("{} is decoded by ffmpeg: {why}", path.display());
    Ok((FfmpegPictures::open(tools, path, options, &why)?, None))
}
