//! Another background for the portrait on show, made on a thread of its own.

use crossbeam::channel::{Receiver, TryRecvError, bounded};

use crate::data::Background;
use crate::generate::{Backdrop, Backdrops};
use crate::runtime::{Worker, in_background};

/// Why a portrait keeps its own background.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackgroundError {
    /// The generator does not know where the person ends.
    #[error("{0} does not know where the person ends, so the background stays as it is: choose another generator, such as head-3d")]
    NotKnown(&'static str),
    /// It could not be made.
    #[error("the background cannot be changed: {0}")]
    Failed(String),
}

/// A background that is being made. It is given up when this is dropped.
pub(super) struct BackgroundUnderWay {
    made: Receiver<Result<Option<Backdrop>, BackgroundError>>,
    worker: Worker,
}

impl BackgroundUnderWay {
    /// Begins.
    pub(super) fn begin(backdrops: Backdrops, background: Background) -> Result<Self, BackgroundError> {
        let (send, made) = bounded(1);
        let work = move |_: &_| {
            // It takes a second or two, for which the live frames must not wait.
            let backdrop = in_background(|| backdrops.make(background)).map_err(|error| BackgroundError::Failed(error.to_string()));
            // Nobody waits for it when another one is wanted by now.
            send.send(backdrop).ok();
        };
        let worker = Worker::spawn("background", work, |error| tracing::error!("{error}"));
        Ok(Self { made, worker: worker.map_err(|error| BackgroundError::Failed(error.to_string()))? })
    }

    /// What came of it; `None` while it is not ready.
    pub(super) fn take(&self) -> Option<Result<Option<Backdrop>, BackgroundError>> {
        match self.made.try_recv() {
            Ok(made) => Some(made),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(ended())),
        }
    }

    /// The same, waiting for it.
    pub(super) fn wait(&self) -> Result<Option<Backdrop>, BackgroundError> {
        self.made.recv().unwrap_or_else(|_| Err(ended()))
    }

    /// Lets it end by itself, without waiting.
    pub(super) fn abandon(self) {
        self.worker.abandon();
    }
}

fn ended() -> BackgroundError {
    BackgroundError::Failed("its thread has failed; the log says more".to_owned())
}
