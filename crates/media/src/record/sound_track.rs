//! Puts blocks of sound where they belong on the recording's clock: gaps become silence, overlaps are left out.

use super::RecordError;
use super::aac::{AacEncoder, AccessUnit, UNIT_SAMPLES};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// Blocks that are off by less than this follow each other without a seam: 10 ms of rounding in somebody's time stamps.
const TOLERANCE_SAMPLES: i64 = SAMPLE_RATE_HZ as i64 / 100;

/// Within the tolerance, blocks that are off by more than this are led back a few samples at a time: 1 ms.
const STEERED_SAMPLES: i64 = SAMPLE_RATE_HZ as i64 / 1000;

/// One sample in so many is left out or repeated to lead sound back, which nobody hears.
const STEERING_SHARE: i64 = 500;

/// A block further ahead than this is taken for a wrong time stamp.
const LARGEST_GAP_SAMPLES: i64 = 600 * SAMPLE_RATE_HZ as i64;

/// Silence is coded in pieces of this many samples.
const SILENCE_SAMPLES: u64 = 48_000;

/// The sound of one recording.
pub(super) struct SoundTrack {
    encoder: AacEncoder,
    /// Samples placed so far: where the next one goes.
    head: u64,
}

impl SoundTrack {
    /// An empty track.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when there is no encoder.
    pub(super) fn new() -> Result<Self, RecordError> {
        Ok(Self { encoder: AacEncoder::new()?, head: 0 })
    }

    /// The encoder's description for a container.
    pub(super) fn encoder(&self) -> &AacEncoder {
        &self.encoder
    }

    /// Places a block whose first sample belongs at `at` samples from the start; what lies before the start or before the head is left out.
    /// Returns whether any of it was used.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder fails.
    pub(super) fn place(&mut self, block: &AudioBlock, at: i64, units: &mut Vec<AccessUnit>) -> Result<bool, RecordError> {
        let ahead = at - self.head.cast_signed();
        if ahead > LARGEST_GAP_SAMPLES {
            return Ok(false);
        }
        // At the very start there is no seam to hide, so sound is cut exactly there.
        let block = if self.head == 0 || ahead.abs() > TOLERANCE_SAMPLES {
            self.pad_to(u64::try_from(at).unwrap_or(0), units)?;
            shifted(block, ahead.min(0))
        } else if ahead.abs() > STEERED_SAMPLES {
            let step = 1 + (block.len() as u64).cast_signed() / STEERING_SHARE;
            shifted(block, ahead.clamp(-step, step))
        } else {
            shifted(block, 0)
        };
        if block.is_empty() {
            return Ok(false);
        }
        self.append(&block, units)?;
        Ok(true)
    }

    /// Fills with silence up to `sample`.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder fails.
    pub(super) fn pad_to(&mut self, sample: u64, units: &mut Vec<AccessUnit>) -> Result<(), RecordError> {
        while self.head < sample {
            let length = (sample - self.head).min(SILENCE_SAMPLES) as usize;
            self.append(&AudioBlock { left: vec![0.0; length], right: vec![0.0; length] }, units)?;
        }
        Ok(())
    }

    /// Ends the track at `end` samples, padded with silence where needed. Returns how many units it has in all: what lies behind is too much.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder fails.
    pub(super) fn finish(&mut self, end: u64, units: &mut Vec<AccessUnit>) -> Result<u64, RecordError> {
        let whole_units = end.div_ceil(UNIT_SAMPLES).max(1);
        self.pad_to(whole_units * UNIT_SAMPLES, units)?;
        self.encoder.finish(units)?;
        Ok(whole_units)
    }

    fn append(&mut self, block: &AudioBlock, units: &mut Vec<AccessUnit>) -> Result<(), RecordError> {
        self.encoder.feed(block, units)?;
        self.head += block.len() as u64;
        Ok(())
    }
}

/// The block with its first sample repeated `by` times, or, where that is negative, without so many of its first samples. Both channels come
/// out equally long.
fn shifted(block: &AudioBlock, by: i64) -> AudioBlock {
    let length = block.left.len().min(block.right.len());
    let skipped = usize::try_from(-by).unwrap_or(0).min(length);
    let repeated = if length == 0 { 0 } else { usize::try_from(by).unwrap_or(0) };
    let shift = |channel: &[f32]| {
        let first = channel.iter().take(1).cycle().take(repeated);
        first.chain(&channel[skipped..length]).copied().collect()
    };
    AudioBlock { left: shift(&block.left), right: shift(&block.right) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> AudioBlock {
        AudioBlock { left: vec![0.1; samples], right: vec![0.1; samples] }
    }

    #[test]
    fn gaps_are_filled_overlaps_left_out_and_rounding_ignored() {
        let (mut track, mut units) = (SoundTrack::new().expect("a track"), Vec::new());
        assert!(track.place(&tone(1000), -400, &mut units).expect("placed"), "its later part lies behind the start");
        assert_eq!(track.head, 600, "the part before the start is cut exactly");
        track.place(&tone(1000), 630, &mut units).expect("placed");
        assert_eq!(track.head, 1600, "30 samples off is rounding, not a gap");
        track.place(&tone(1000), 10_000, &mut units).expect("placed");
        assert_eq!(track.head, 11_000, "a real gap is filled");
        track.place(&tone(3000), 9000, &mut units).expect("placed");
        assert_eq!(track.head, 12_000, "the overlapping 2000 samples are left out");
        assert!(!track.place(&tone(10), 100, &mut units).expect("placed"), "sound from the past is not used");
        assert!(!track.place(&tone(10), i64::MAX / 2, &mut units).expect("placed"), "nor from a far future");
        assert_eq!(track.finish(48_000, &mut units).expect("finished"), 47, "48000 samples need 47 units");
        assert_eq!(units.len(), 47, "and exactly these come out");
    }

    #[test]
    fn small_errors_are_led_back_without_a_jump() {
        let (mut track, mut units) = (SoundTrack::new().expect("a track"), Vec::new());
        // Blocks that are each two samples longer than their time stamps say.
        for i in 0..500 {
            let before = track.head;
            track.place(&tone(1002), i * 1000, &mut units).expect("placed");
            assert!((998..=1005).contains(&(track.head - before)), "block {i} gained or lost more than a few samples");
        }
        let late = track.head.cast_signed() - 500_000;
        assert!((0..2 * STEERED_SAMPLES).contains(&late), "the sound stays near its time: {late} samples late");
    }

    #[test]
    fn sound_longer_than_the_pictures_is_cut_at_a_unit() {
        let (mut track, mut units) = (SoundTrack::new().expect("a track"), Vec::new());
        track.place(&tone(100_000), 0, &mut units).expect("placed");
        assert_eq!(track.finish(48_000, &mut units).expect("finished"), 47, "units up to the pictures' end");
        assert!(units.len() > 47, "the caller leaves out the rest");
    }
}
