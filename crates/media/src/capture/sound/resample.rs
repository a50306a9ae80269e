//! Any rate to 48 kHz, in time: the resampler's own delay is cut off, and nothing is lost at the end.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Async, Indexing, Resampler as _};

use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::resampler::{FILTER_SAMPLES, to_48_khz};

/// Input samples that are converted together.
const CHUNK: usize = 1024;

/// Converts a stream of stereo samples.
pub(super) struct ToSampleRate {
    rate_hz: u32,
    /// Absent when nothing needs to be done.
    resampler: Option<Async<f32>>,
    waiting: [Vec<f32>; 2],
    taken_in: u64,
    given_out: u64,
    /// Output samples that still belong to the resampler's delay.
    delay: usize,
}

impl ToSampleRate {
    /// For input at `rate_hz`.
    pub(super) fn new(rate_hz: u32) -> Result<Self, String> {
        // The ratio never changes while a clip plays: no range is needed.
        let resampler = (rate_hz != SAMPLE_RATE_HZ).then(|| to_48_khz(rate_hz, CHUNK, 1.0)).transpose().map_err(|e| e.to_string())?;
        // Half the filter, less the step that is made before the first output sample; rubato itself reports up to a sample more.
        let half_filter = FILTER_SAMPLES as f64 / 2.0 * f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz);
        let delay = resampler.as_ref().map_or(0, |_| (half_filter - 1.0).round().max(0.0) as usize);
        Ok(Self { rate_hz, resampler, waiting: [Vec::new(), Vec::new()], taken_in: 0, given_out: 0, delay })
    }

    /// The rate of the input.
    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Takes samples in and gives those that are ready.
    pub(super) fn push(&mut self, left: &[f32], right: &[f32]) -> Result<AudioBlock, String> {
        self.taken_in += left.len() as u64;
        if self.resampler.is_none() {
            return Ok(AudioBlock { left: left.to_vec(), right: right.to_vec() });
        }
        self.waiting[0].extend_from_slice(left);
        self.waiting[1].extend_from_slice(right);
        let mut out = AudioBlock::default();
        while self.waiting[0].len() >= CHUNK {
            self.convert(CHUNK, &mut out)?;
        }
        Ok(out)
    }

    /// The end of the stream: gives the rest, so that the output lasts exactly as long as the input.
    pub(super) fn finish(&mut self) -> Result<AudioBlock, String> {
        let mut out = AudioBlock::default();
        if self.resampler.is_none() {
            return Ok(out);
        }
        let wanted = (self.taken_in * u64::from(SAMPLE_RATE_HZ)).div_ceil(u64::from(self.rate_hz));
        let before = self.given_out;
        while self.given_out < wanted {
            self.convert(self.waiting[0].len().min(CHUNK), &mut out)?;
        }
        let keep = wanted.saturating_sub(before) as usize;
        out.left.truncate(keep);
        out.right.truncate(keep);
        self.given_out = wanted;
        Ok(out)
    }

    /// Converts one chunk, of which `count` samples are there and the rest is silence.
    fn convert(&mut self, count: usize, out: &mut AudioBlock) -> Result<(), String> {
        let Some(resampler) = &mut self.resampler else { return Ok(()) };
        let frames = resampler.output_frames_next();
        let mut converted = [vec![0.0; frames], vec![0.0; frames]];
        let input = SequentialSliceOfVecs::new(&self.waiting, 2, count).map_err(|e| e.to_string())?;
        let mut output = SequentialSliceOfVecs::new_mut(&mut converted, 2, frames).map_err(|e| e.to_string())?;
        let partial = Indexing::new().partial_len(count);
        let indexing = (count < CHUNK).then_some(&partial);
        let (_, written) = resampler.process_into_buffer(&input, &mut output, indexing).map_err(|e| e.to_string())?;
        for channel in &mut self.waiting {
            channel.drain(..count);
        }
        let skipped = self.delay.min(written);
        self.delay -= skipped;
        self.given_out += (written - skipped) as u64;
        out.left.extend_from_slice(&converted[0][skipped..written]);
        out.right.extend_from_slice(&converted[1][skipped..written]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn tone(rate: u32, count: usize, hz: f32) -> Vec<f32> {
        (0..count).map(|i| (TAU * hz * i as f32 / rate as f32).sin() * 0.5).collect()
    }

    #[test]
    fn tones_keep_pitch_phase_and_length_at_every_rate() {
        for rate in [8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000] {
            let input = tone(rate, rate as usize + 77, 440.0);
            let mut converter = ToSampleRate::new(rate).expect("a usual rate");
            let mut out = AudioBlock::default();
            for part in input.chunks(777) {
                let block = converter.push(part, part).expect("converts");
                out.left.extend(block.left);
                out.right.extend(block.right);
            }
            out.left.extend(converter.finish().expect("converts the rest").left);
            let wanted = tone(48_000, out.left.len(), 440.0);
            let same_length = (u64::from(rate) + 77) as f64 * 48_000.0 / f64::from(rate);
            assert_eq!(out.left.len(), same_length.ceil() as usize, "{rate}: lasts as long as before");
            let middle = 2_000..out.left.len() - 2_000;
            let worst = middle.map(|i| (out.left[i] - wanted[i]).abs()).fold(0.0, f32::max);
            let half_a_sample = 0.5 * TAU * 440.0 * 0.5 / 48_000.0;
            assert!(worst < half_a_sample + 0.002, "{rate}: neither delayed nor bent, off by {worst}");
        }
    }
}
