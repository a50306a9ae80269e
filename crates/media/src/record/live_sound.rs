//! Where a recording's sound comes from.

use std::time::Instant;

use super::RecordError;
use crate::data::AudioBlock;

/// Where a recording's sound comes from.
pub enum AudioSource {
    /// No sound: the file gets no sound track.
    None,
    /// Blocks pushed with [`super::Recorder::push_audio`], such as the driving clip's own sound.
    Pushed,
    /// A live source, such as `Microphone`; its sound starts with the first picture.
    Live(Box<dyn LiveSound>),
}

/// A run of sound and when its first sample was in the air.
#[derive(Clone, Debug, PartialEq)]
pub struct TimedSound {
    /// The sound.
    pub block: AudioBlock,
    /// When its first sample was captured.
    pub captured_at: Instant,
}

/// A source of sound that runs by itself, such as a microphone.
///
/// Runs follow each other without a gap: a source corrects its own clock so that sample counts agree with [`Instant`].
pub trait LiveSound: Send {
    /// What has come since the last call; never waits.
    ///
    /// # Errors
    /// When the source delivers nothing or has failed. The recording goes on, silent from there.
    fn read(&mut self) -> Result<Option<TimedSound>, RecordError>;

    /// Peak of the sound since the last call, 0 to 1.
    fn take_level(&self) -> f32;
}
