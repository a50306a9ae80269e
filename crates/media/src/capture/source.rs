//! What every driver of the portrait offers, be it a camera, a clip or a stored performance.

use std::time::Duration;

use super::error::CaptureError;
use crate::data::Input;

/// How to open a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// Longest side of the frames in pixels; larger ones are scaled down. `None` leaves them as they are.
    pub max_side_px: Option<u32>,
}

impl Default for OpenOptions {
    /// As the tracker needs it: at most 1280 pixels.
    fn default() -> Self {
        Self { max_side_px: Some(1280) }
    }
}

impl OpenOptions {
    /// Frames at their own size, for measurements.
    pub fn full_size() -> Self {
        Self { max_side_px: None }
    }
}

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A camera.
    Camera,
    /// A video or an animated picture.
    Clip,
    /// A single picture.
    Still,
    /// Stored motion.
    Performance,
}

/// What is known about an open source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceInfo {
    /// Name of the camera, the file's name, or the performance's.
    pub name: String,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// Width and height of the frames as delivered, in pixels: upright and scaled down. For a performance: of its driver.
    pub size: [u32; 2],
    /// Frames per second, on average.
    pub fps: f64,
    /// Number of frames of one repetition, where it is known in advance.
    pub frames: Option<u64>,
    /// Length of one repetition, where it is known in advance.
    pub duration: Option<Duration>,
    /// Whether the clip has sound ([`super::SoundReader`] reads it).
    pub has_sound: bool,
    /// Who decodes it: `in-process`, `ffmpeg`, the camera's pixel format, or `stored motion`.
    pub decoder: String,
}

/// An open source.
pub trait Source {
    /// What is known about it.
    fn info(&self) -> &SourceInfo;

    /// The next input, or `None` at the end. Clips and performances give it at once, in order and without gaps; cameras wait for it.
    ///
    /// # Errors
    /// A source that cannot go on. After an error the source may be asked again only if [`CaptureError::is_worth_retrying`].
    fn next(&mut self) -> Result<Option<Input>, CaptureError>;

    /// How many times it has started again.
    fn loops(&self) -> u64 {
        0
    }

    /// Goes to a place of the present repetition: next comes what is shown there. A camera stays where it is.
    ///
    /// # Errors
    /// As for [`Self::next`].
    fn seek(&mut self, _to: Duration) -> Result<(), CaptureError> {
        Ok(())
    }

    /// Starts again at its end from now on, or not. A camera has no end.
    fn set_looped(&mut self, _looped: bool) {}
}

/// An open source that may move to another thread.
pub type BoxedSource = Box<dyn Source + Send>;
