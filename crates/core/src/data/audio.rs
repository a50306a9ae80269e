//! Sound on its way from a microphone or a clip to the recorder.

/// Sampling rate of all sound inside the program, in hertz. Sources convert to it once, on entry.
pub const SAMPLE_RATE_HZ: u32 = 48_000;

/// A run of stereo sound at [`SAMPLE_RATE_HZ`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioBlock {
    /// Left channel, nominally within -1 to 1.
    pub left: Vec<f32>,
    /// Right channel, as long as the left one.
    pub right: Vec<f32>,
}

impl AudioBlock {
    /// Number of samples per channel.
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether there is no sample in it.
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Length in seconds.
    pub fn duration_secs(&self) -> f64 {
        self.len() as f64 / f64::from(SAMPLE_RATE_HZ)
    }
}
