//! What can go wrong in training.

use std::path::PathBuf;

use crate::nn::WeightsError;

/// Why training stopped or could not begin.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A weight file or checkpoint is not usable.
    #[error("{path}: {source}", path = path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Why.
        source: WeightsError,
    },
    /// A checkpoint belongs to another run.
    #[error("{path} was made with other settings ({what}): give the same, or another --output folder", path = path.display())]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// The loss is not a number any more.
    #[error("the loss of step {0} is not a finite number: resume from the last checkpoint with a lower --rate")]
    Diverged(u64),
    /// The settings do not fit each other.
    #[error("{0}")]
    Settings(String),
    /// A prepared clip cannot be read any more.
    #[error("{path}: {source}; give the same command again: it prepares the clip anew", path = path.display())]
    Clip {
        /// The prepared file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The thread that makes examples is gone.
    #[error("the threads that make examples have stopped")]
    StreamEnded,
    /// A thread of the training has panicked.
    #[error("a thread of the training has failed unexpectedly; resume from the last checkpoint")]
    Panicked,
    /// A file cannot be written.
    #[error("cannot write {path}: {source}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A network cannot be built.
    #[error(transparent)]
    Network(#[from] WeightsError),
    /// The tensor library failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}
