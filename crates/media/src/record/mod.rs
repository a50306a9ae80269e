//! Recording: pictures and sound become an MP4, an animated GIF or a folder of PNGs.
//!
//! A [`Recorder`] owns a worker thread that is fed through bounded links. An MP4 grows as a fragmented `NAME.mp4.part`, one fragment a
//! second, each forced to the disk, so that a crash or a full disk costs at most the last second; on stop it is rewritten into an ordinary
//! MP4 beside it and renamed. [`find_interrupted`] and [`recover()`] finish what a crash left behind.

mod aac;
mod drift;
mod error;
mod files;
mod fragments;
mod frame;
mod gif;
mod live_sound;
mod mark;
mod metadata;
#[cfg(feature = "audio")]
mod microphone;
mod mp4;
mod options;
mod palette;
mod part_gif;
mod part_index;
mod picture;
mod png_sequence;
mod provenance;
mod recorder;
mod recover;
mod remux;
mod session;
mod sink;
mod snapshot;
mod sound_track;
mod status;
mod video;

#[cfg(test)]
mod testing;

pub use error::RecordError;
pub use frame::RecordFrame;
pub use live_sound::{AudioSource, LiveSound, TimedSound};
pub use mark::mark;
#[cfg(feature = "audio")]
pub use microphone::{InputDevice, Microphone, input_devices};
pub use options::{MatteColour, RecordFormat, RecordOptions, SourceType};
pub use provenance::Provenance;
pub use recorder::Recorder;
pub use recover::{Interrupted, find_interrupted, recover, remove_leftovers};
pub use snapshot::snapshot;
pub use status::{Finished, RecordStatus};
