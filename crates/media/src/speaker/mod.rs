//! Sound out: what a replay lets be heard.
//!
//! A [`Speaker`] is an open output of the system. Whoever plays keeps a little sound ahead in it; what is played and when is theirs to say.

#[cfg_attr(not(feature = "audio"), path = "device_absent.rs")]
mod device;

pub use device::Speaker;

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    /// There is no output, or this build knows none.
    #[error("this computer has no sound output that could be found")]
    NoOutput,
    /// There is one, and it cannot be used.
    #[error("the sound output cannot be used: {0}")]
    Unusable(String),
}
