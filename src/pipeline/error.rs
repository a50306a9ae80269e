//! What can end a run.

use std::path::PathBuf;

use crate::capture::CaptureError;
use crate::compose::ComposeError;
use crate::record::RecordError;
use crate::runtime::WorkerError;
use crate::track::TrackError;

/// Why the pipeline cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// The driver cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The landmark model cannot be used.
    #[error(transparent)]
    Track(#[from] TrackError),
    /// The GPU cannot hold the picture.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The output cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A thread could not be started or failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// Nobody is in the driver.
    #[error("no face was found in any frame of {name}: choose a clip that shows one face from the front, well lit")]
    NoFaceInDriver {
        /// The driver's name.
        name: String,
    },
    /// The driver does not move.
    #[error("{name} is a single picture, which does not move: choose a video, or say with --seconds how long the film shall show it")]
    StillDriver {
        /// The driver's name.
        name: String,
    },
    /// The reading thread panicked: a defect of this program.
    #[error("reading the driver failed unexpectedly; what was made so far is kept")]
    ReaderPanicked,
    /// Nothing drives the portrait, so there is nothing to record.
    #[error("nothing drives the portrait, so there would be nothing in the recording: choose a camera or a clip first")]
    NothingDrives,
    /// The folder for a new file is not there and cannot be made.
    #[error("the folder {} cannot be made: {cause}; choose another one or check its permissions", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The portrait cannot be laid over another background.
    #[error(transparent)]
    Background(#[from] super::background::BackgroundError),
    /// Built without sound.
    #[error("this build of Retrato has no microphone support (feature `audio`): record without sound")]
    NoAudio,
}
