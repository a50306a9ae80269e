//! What drives the portrait, as a user names it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::builtin::{self, BuiltinError};
use crate::capture::{CameraChoice, CaptureError, SourceSpec};

/// What drives the portrait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DriverChoice {
    /// A camera.
    Camera(CameraChoice),
    /// A clip or a stored performance; the content says which.
    File(PathBuf),
    /// A built-in performance, by its place in [`builtin::PERFORMANCES`].
    BuiltIn(usize),
}

/// Why a driver cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The file cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The built-in performance is damaged.
    #[error(transparent)]
    BuiltIn(#[from] BuiltinError),
    /// There is no built-in performance with that number.
    #[error("there is no built-in performance with the number {0}")]
    NoSuchPerformance(usize),
}

impl DriverChoice {
    /// What an argument of the command line means: the name of a built-in performance unless there is such a file, `camera`, `camera:NUMBER`,
    /// `camera:NAME`, or a path.
    pub fn from_argument(argument: &OsStr) -> Self {
        let by_name = builtin::PERFORMANCES.iter().position(|p| argument == p.name || argument == p.title);
        match by_name.filter(|_| !Path::new(argument).exists()) {
            Some(index) => Self::BuiltIn(index),
            None => CameraChoice::from_argument(argument).map_or_else(|| Self::File(argument.into()), Self::Camera),
        }
    }

    /// Reads what has to be read before it can be played: up to 64 MiB of a performance.
    ///
    /// # Errors
    /// [`DriverError`].
    pub fn source(&self, looped: bool) -> Result<SourceSpec, DriverError> {
        match self {
            Self::Camera(choice) => Ok(SourceSpec::Camera(choice.clone())),
            Self::File(path) => Ok(SourceSpec::from_path(path, looped)?),
            Self::BuiltIn(index) => {
                let performance = builtin::PERFORMANCES.get(*index).ok_or(DriverError::NoSuchPerformance(*index))?;
                Ok(performance.source(looped)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_are_understood_as_users_write_them() {
        let choice = |text: &str| DriverChoice::from_argument(OsStr::new(text));
        assert_eq!(choice("talk"), DriverChoice::BuiltIn(0), "a built-in performance by name");
        assert_eq!(choice("Laugh"), DriverChoice::BuiltIn(1), "or title");
        assert_eq!(choice("camera"), DriverChoice::Camera(CameraChoice::First), "any camera");
        assert_eq!(choice("camera:2"), DriverChoice::Camera(CameraChoice::Index(2)), "a number is a number, in the window, too");
        assert_eq!(choice("camera:HD Webcam"), DriverChoice::Camera(CameraChoice::Name("HD Webcam".to_owned())), "a name");
        assert_eq!(choice("clips/me.mp4"), DriverChoice::File(PathBuf::from("clips/me.mp4")), "a file");
        assert_eq!(choice("camera_1.mp4"), DriverChoice::File(PathBuf::from("camera_1.mp4")), "whose name may begin like a camera");
    }

    #[test]
    fn what_is_not_there_is_an_error_that_names_it() {
        let error = |choice: DriverChoice| choice.source(true).expect_err("it is not there").to_string();
        assert!(error(DriverChoice::BuiltIn(99)).contains("99"), "a number");
        assert!(error(DriverChoice::File(PathBuf::from("missing.mp4"))).contains("missing.mp4"), "a file");
        let source = DriverChoice::BuiltIn(0).source(true).expect("a performance");
        assert!(matches!(source, SourceSpec::Performance { looped: true, .. }), "read and ready: {source:?}");
    }
}
