//! Builds without sound have no output.

use super::SpeakerError;
use crate::data::AudioBlock;

/// Never there.
pub struct Speaker;

impl Speaker {
    /// Always an error.
    ///
    /// # Errors
    /// [`SpeakerError::NoOutput`].
    pub fn open() -> Result<Self, SpeakerError> {
        Err(SpeakerError::NoOutput)
    }

    /// Nothing waits.
    pub fn queued_secs(&self) -> f64 {
        0.0
    }

    /// Takes nothing.
    pub fn push(&mut self, _block: &AudioBlock) {}

    /// Changes nothing.
    pub fn set_volume(&self, _volume: f32) {}

    /// Never asked.
    pub fn has_failed(&self) -> bool {
        true
    }
}
