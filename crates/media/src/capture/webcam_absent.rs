//! Stands in for the cameras in a build without the feature `camera`.

use super::camera::{CameraChoice, CameraFormat, CameraInfo};
use super::error::CaptureError;
use super::source::{OpenOptions, Source, SourceInfo};
use crate::data::Input;

/// Cameras of this build: none are supported.
///
/// # Errors
/// Always [`CaptureError::NoCameraSupport`].
pub fn list_cameras() -> Result<Vec<CameraInfo>, CaptureError> {
    Err(CaptureError::NoCameraSupport)
}

/// Formats of a camera: none are supported in this build.
///
/// # Errors
/// Always [`CaptureError::NoCameraSupport`].
pub fn camera_formats(_choice: &CameraChoice) -> Result<Vec<CameraFormat>, CaptureError> {
    Err(CaptureError::NoCameraSupport)
}

/// A camera, of which this build has none: there is no value of this type.
pub(super) enum WebcamSource {}

impl WebcamSource {
    /// Always says that there is no camera support.
    pub(super) fn open(_choice: &CameraChoice, _options: OpenOptions) -> Result<Self, CaptureError> {
        Err(CaptureError::NoCameraSupport)
    }
}

impl Source for WebcamSource {
    fn info(&self) -> &SourceInfo {
        match *self {}
    }

    fn next(&mut self) -> Result<Option<Input>, CaptureError> {
        match *self {}
    }
}
