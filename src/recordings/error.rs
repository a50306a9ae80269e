//! Why something could not be done with a recording.

use std::path::PathBuf;

use crate::capture::CaptureError;
use crate::record::RecordError;
use crate::runtime::WorkerError;

/// Why something could not be done with a recording. Texts are for the person who pressed the button.
#[derive(Debug, thiserror::Error)]
pub enum RecordingsError {
    /// It cannot be read.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The new file cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A thread could not be started or failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The user thought better of it.
    #[error("it was cancelled; nothing was written")]
    Cancelled,
    /// Nothing lies between the two ends.
    #[error("there is no picture between these two ends; draw them apart")]
    Empty,
    /// It holds motion, or a single picture, where a film is needed.
    #[error("{} is no film", path.display())]
    NoFilm {
        /// The file.
        path: PathBuf,
    },
    /// A film that is too long to be played backwards.
    #[error("only films of up to {most_secs} seconds can be made to go back and forth; trim it first")]
    TooLong {
        /// The longest one.
        most_secs: u64,
    },
    /// A name that no file can have.
    #[error("no file can be called that; use letters, digits and spaces")]
    BadName,
    /// A name that another file has.
    #[error("there already is a file called {name}; choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It cannot be renamed.
    #[error("{} cannot be renamed: {cause}", path.display())]
    Rename {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// There is no trash, or it does not take the file.
    #[error("{} could not be put into the trash ({cause}); nothing was deleted", path.display())]
    Trash {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// It cannot be taken out of the trash.
    #[error("{} could not be put back: {cause}", path.display())]
    PutBack {
        /// The file.
        path: PathBuf,
        /// What the trash said.
        cause: String,
    },
    /// The folder for temporary files cannot be used.
    #[error("no temporary file can be made: {0}")]
    Temporary(std::io::Error),
}
