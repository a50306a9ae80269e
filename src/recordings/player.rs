//! A film that is played in the window.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

use super::{Hearing, RecordingsError};
use crate::capture::{CaptureEvent, CaptureOptions, CaptureWorker, OpenOptions, Pace, Playback, SourceSpec, Transport};
use crate::data::Input;

/// How to play a film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayerOptions {
    /// Longer side of the pictures at most, in pixels.
    pub max_side_px: u32,
    /// Whether it starts again at its end.
    pub looped: bool,
    /// Where it begins.
    pub from: Duration,
    /// Where it ends; `None` for the film's end.
    pub to: Option<Duration>,
}

/// A film that is being played. Dropping it ends that.
pub struct Player {
    _capture: CaptureWorker,
    transport: Transport,
}

impl Player {
    /// Begins to play. `sink` gets every picture when it is due, on a thread of its own; `on_end` is called at the end of a film that does not start again, and
    /// with the reason when it cannot be played.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        path: &Path,
        options: PlayerOptions,
        sink: impl Fn(Arc<RgbImage>) + Send + 'static,
        on_end: impl Fn(Option<String>) + Send + Sync + 'static,
    ) -> Result<Self, RecordingsError> {
        let PlayerOptions { max_side_px, looped, from, to } = options;
        let transport = Transport::new(looped, false);
        if !from.is_zero() {
            transport.seek(from);
        }
        let on_end = Arc::new(on_end);
        let (played, reached) = (transport.clone(), Arc::clone(&on_end));
        let show = move |input| {
            let Input::Frame(frame) = input else { return false };
            let now = played.playback();
            // What stands still shows any place that is asked for.
            if to.is_some_and(|to| now.position >= to) && !now.paused {
                if looped {
                    played.seek(from);
                } else {
                    played.pause(true);
                    reached(None);
                }
            } else {
                sink(frame.pixels);
            }
            true
        };
        let hear = move |event| match event {
            CaptureEvent::Ended => on_end(None),
            CaptureEvent::Failed(error) => on_end(Some(error.to_string())),
            _ => {}
        };
        let spec = SourceSpec::Clip { path: path.to_owned(), looped };
        let options = CaptureOptions { open: OpenOptions { max_side_px: Some(max_side_px) }, pace: Pace::RealTime };
        let capture = CaptureWorker::start_controlled(spec, options, transport.clone(), show, hear)?;
        Ok(Self { _capture: capture, transport })
    }

    /// Lets it be heard, too; see [`Hearing::start`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn hear(&self, path: &Path, volume: f32, on_trouble: impl Fn(String) + Send + 'static) -> Result<Hearing, RecordingsError> {
        Hearing::start(path.to_owned(), self.transport.clone(), volume, on_trouble)
    }

    /// How it is being played.
    pub fn playback(&self) -> Playback {
        self.transport.playback()
    }

    /// Stands still, or goes on.
    pub fn pause(&self, paused: bool) {
        self.transport.pause(paused);
    }

    /// Goes to a place.
    pub fn seek(&self, to: Duration) {
        self.transport.seek(to);
    }
}
