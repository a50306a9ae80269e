//! AAC-LC at 48 kHz stereo, one access unit per 1024 samples, aligned so that unit `n` plays from sample `1024 n`.

use shiguredo_mp4::bitstream::aac::{Mp4aSampleEntryConfig, build_mp4a_box, parse_audio_specific_config};
use shiguredo_mp4::boxes::SampleEntry;
use syom::{EncodeOptions, Encoder};

use super::RecordError;
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// Samples per channel in one access unit.
pub(super) const UNIT_SAMPLES: u64 = 1024;

/// Bits per second of both channels together.
const BITRATE_BPS: u32 = 160_000;

/// One access unit.
pub(super) type AccessUnit = Vec<u8>;

/// The encoder with its alignment.
pub(super) struct AacEncoder {
    encoder: Encoder,
    entry: SampleEntry,
    /// The encoder's first unit holds only its priming, the first half of the overlapping transform. It is left out instead of being cut by an edit list,
    /// which not every player honours; the price is that the first 21 ms fade in.
    priming_dropped: bool,
    clean: [Vec<f32>; 2],
}

impl AacEncoder {
    /// A new encoder.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder refuses its settings.
    pub(super) fn new() -> Result<Self, RecordError> {
        let options = EncodeOptions::raw().with_bitrate_bps(BITRATE_BPS);
        let encoder = Encoder::new(SAMPLE_RATE_HZ, 2, &options).map_err(RecordError::encoder("AAC"))?;
        let config = parse_audio_specific_config(encoder.asc()).map_err(RecordError::encoder("AAC"))?;
        let description = Mp4aSampleEntryConfig { es_id: 2, buffer_size_db: 0, max_bitrate: 2 * BITRATE_BPS, avg_bitrate: BITRATE_BPS };
        let entry = build_mp4a_box(&config, &description).map(SampleEntry::Mp4a).map_err(RecordError::encoder("AAC"))?;
        Ok(Self { encoder, entry, priming_dropped: false, clean: Default::default() })
    }

    /// What a container says about the stream.
    pub(super) fn sample_entry(&self) -> &SampleEntry {
        &self.entry
    }

    /// Codes a block of any length; finished units are appended to `units`. Samples are clamped to -1..1, and what is no number is silence.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder fails.
    pub(super) fn feed(&mut self, block: &AudioBlock, units: &mut Vec<AccessUnit>) -> Result<(), RecordError> {
        let length = block.left.len().min(block.right.len());
        for (clean, raw) in self.clean.iter_mut().zip([&block.left, &block.right]) {
            clean.clear();
            clean.extend(raw[..length].iter().map(|&sample| clean_sample(sample)));
        }
        let priming_dropped = &mut self.priming_dropped;
        let fed = self.encoder.feed(&[&self.clean[0], &self.clean[1]], |frame| {
            keep(frame.payload, priming_dropped, units);
            Ok(())
        });
        fed.map(|_| ()).map_err(RecordError::encoder("AAC"))
    }

    /// Codes what is left over.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the encoder fails.
    pub(super) fn finish(&mut self, units: &mut Vec<AccessUnit>) -> Result<(), RecordError> {
        let priming_dropped = &mut self.priming_dropped;
        let finished = self.encoder.finish(|frame| {
            keep(frame.payload, priming_dropped, units);
            Ok(())
        });
        finished.map(|_| ()).map_err(RecordError::encoder("AAC"))
    }
}

fn keep(payload: &[u8], priming_dropped: &mut bool, units: &mut Vec<AccessUnit>) {
    if *priming_dropped {
        units.push(payload.to_vec());
    }
    *priming_dropped = true;
}

fn clean_sample(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_samples_are_tamed() {
        for (wild, tame) in [(f32::NAN, 0.0), (3.0, 1.0), (f32::NEG_INFINITY, -1.0), (0.25, 0.25)] {
            assert!((clean_sample(wild) - tame).abs() < f32::EPSILON, "{wild} becomes {tame}");
        }
    }

    #[test]
    fn one_unit_comes_out_per_1024_samples_however_they_are_fed() {
        let mut encoder = AacEncoder::new().expect("an encoder");
        let mut units = Vec::new();
        for length in [1, 700, 1500, 1024, 4000, 3015] {
            let block = AudioBlock { left: vec![f32::NAN; length], right: vec![0.5; length] };
            encoder.feed(&block, &mut units).expect("fed");
        }
        encoder.finish(&mut units).expect("finished");
        assert_eq!(units.len(), 10, "10240 samples are ten units");
    }
}
