//! Opens what drives the portrait: a camera, a clip or a stored performance.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::camera::CameraChoice;
use super::clip::ClipSource;
use super::error::CaptureError;
use super::playback::PerformanceSource;
use super::sniff::FileKind;
use super::source::{BoxedSource, OpenOptions, Source};
use super::tap::TappedSource;
use super::webcam::WebcamSource;
use crate::data::Performance;

/// What to open.
#[derive(Clone, Debug)]
pub enum SourceSpec {
    /// A camera.
    Camera(CameraChoice),
    /// A video, an animated picture or a still.
    Clip {
        /// Where it is.
        path: PathBuf,
        /// Whether it starts again at its end.
        looped: bool,
    },
    /// Stored motion.
    Performance {
        /// What to call it.
        name: String,
        /// The motion.
        data: Arc<Performance>,
        /// Whether it starts again at its end.
        looped: bool,
    },
}

impl SourceSpec {
    /// What a user means by a driver: `camera`, `camera:2`, `camera:NAME`, or the path of a performance or a clip.
    ///
    /// # Errors
    /// A file that is absent, unreadable, empty or a directory; a performance that cannot be used.
    pub fn from_argument(argument: &OsStr, looped: bool) -> Result<Self, CaptureError> {
        if let Some(camera) = CameraChoice::from_argument(argument) {
            return Ok(Self::Camera(camera));
        }
        Self::from_path(Path::new(argument), looped)
    }

    /// A performance or a clip, told apart by the file's first bytes.
    ///
    /// # Errors
    /// A file that is absent, unreadable, empty or a directory; a performance that cannot be used.
    pub fn from_path(path: &Path, looped: bool) -> Result<Self, CaptureError> {
        let kind = FileKind::of(path)?;
        if kind != FileKind::Performance {
            return Ok(Self::Clip { path: path.to_owned(), looped });
        }
        let file = std::fs::File::open(path).map_err(|cause| CaptureError::Unreadable { path: path.to_owned(), cause })?;
        let data = Performance::read(file).map_err(|cause| CaptureError::Performance { path: path.to_owned(), cause })?;
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = if data.header.name.is_empty() { stem() } else { data.header.name.clone() };
        Ok(Self::Performance { name, data: Arc::new(data), looped })
    }

    /// Whether it is live: it cannot wait for us, may stop sending, and may come back.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Camera(_))
    }
}

/// Opens a source. A camera gets a thread of its own, so that [`Source::next`] fails with [`CaptureError::CameraStalled`] after two
/// seconds without a frame instead of waiting for ever.
///
/// # Errors
/// Everything in [`CaptureError`] that says what cannot be opened and why.
pub fn open(spec: &SourceSpec, options: OpenOptions) -> Result<BoxedSource, CaptureError> {
    match spec {
        SourceSpec::Camera(choice) => {
            let choice = choice.clone();
            Ok(Box::new(TappedSource::open(move || Ok(Box::new(WebcamSource::open(&choice, options)?)))?))
        }
        SourceSpec::Clip { path, looped } => Ok(Box::new(ClipSource::open(path, *looped, options)?)),
        SourceSpec::Performance { name, data, looped } => Ok(Box::new(PerformanceSource::new(name, data, *looped))),
    }
}

/// Opens a source on the thread that will read it; [`Source::next`] of a camera may wait for ever.
pub(super) fn open_here(spec: &SourceSpec, options: OpenOptions) -> Result<Box<dyn Source>, CaptureError> {
    match spec {
        SourceSpec::Camera(choice) => Ok(Box::new(WebcamSource::open(choice, options)?)),
        _ => Ok(open(spec, options)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_understood_as_users_write_them() {
        let camera = |text: &str| match SourceSpec::from_argument(OsStr::new(text), false) {
            Ok(SourceSpec::Camera(choice)) => choice,
            other => panic!("{text} is a camera, not {other:?}"),
        };
        assert_eq!(camera("camera"), CameraChoice::First, "any camera");
        assert_eq!(camera("camera:2"), CameraChoice::Index(2), "by number");
        assert_eq!(camera("camera:HD Webcam"), CameraChoice::Name("HD Webcam".to_owned()), "by name");
        let path = SourceSpec::from_argument(OsStr::new("camera_test_without_file.mp4"), false);
        assert!(matches!(path, Err(CaptureError::NotFound { .. })), "a file whose name begins like that is a file");
    }

    #[test]
    fn performances_are_recognised_by_content_and_refused_with_the_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("wave.anything");
        let header = "{\"retrato_performance\":1,\"fps\":30.0,\"width\":64,\"height\":64}\n";
        std::fs::write(&path, format!("{header}{{\"t\":0.0,\"landmarks\":null}}\n")).expect("a file");
        let Ok(SourceSpec::Performance { name, data, looped: true }) = SourceSpec::from_path(&path, true) else { panic!("a performance") };
        assert_eq!((name.as_str(), data.frames.len()), ("wave", 1), "named after its file when it has no name");
        std::fs::write(&path, format!("{header}{{\"t\":-1}}\n")).expect("a file");
        let error = SourceSpec::from_path(&path, false).expect_err("time before the beginning").to_string();
        assert!(error.contains("line 2") && error.contains("wave.anything"), "file and line: {error}");
    }
}
