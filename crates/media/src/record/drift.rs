//! Brings a device's sound to 48 kHz by the computer's clock. Devices run a little fast or slow; the resampling ratio follows, so that sample
//! counts and [`Instant`] agree however long the recording. A real interruption is jumped over instead of being stretched.

use std::time::{Duration, Instant};

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Adjustable as _, Async, Resampler as _};

use super::{RecordError, TimedSound};
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};
use crate::resampler::to_48_khz;

/// Frames of the device handled at once.
const CHUNK_FRAMES: usize = 256;

/// The most the speed is changed: half a percent, a twelfth of a semitone.
const LARGEST_CORRECTION: f64 = 0.005;

/// Correction of the speed per second of error: an error fades with a time constant of ten seconds.
const CORRECTION_PER_SEC: f64 = 0.1;

/// Single measurements are off by a few milliseconds; they are averaged over this time.
const SMOOTHING_SECS: f64 = 2.0;

/// Errors beyond this are an interruption, not drift.
const INTERRUPTION_SECS: f64 = 0.2;

/// An interruption counts once it has shown for this much sound: a late callback is followed by timely ones.
const INTERRUPTION_SHOWN_SECS: f64 = 0.5;

/// A resampler that keeps to the clock.
pub(super) struct ClockedResampler {
    resampler: Async<f32>,
    device_rate_hz: f64,
    /// Interleaved frames that wait for a full chunk.
    waiting: Vec<f32>,
    resampled: Vec<f32>,
    /// When the output's sample zero was in the air.
    epoch: Option<Instant>,
    /// Frames handed to the resampler.
    consumed: u64,
    /// Samples that came out, without the delay of the filter.
    produced: u64,
    delay_left: usize,
    error_secs: f64,
    interrupted_secs: f64,
}

impl ClockedResampler {
    /// For interleaved stereo at `device_rate_hz`.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the rate makes no sense.
    pub(super) fn new(device_rate_hz: u32) -> Result<Self, RecordError> {
        let range = 1.0 + 2.0 * LARGEST_CORRECTION;
        let resampler = to_48_khz(device_rate_hz, CHUNK_FRAMES, range).map_err(RecordError::encoder("sound"))?;
        Ok(Self {
            device_rate_hz: f64::from(device_rate_hz),
            waiting: Vec::with_capacity(8 * CHUNK_FRAMES),
            resampled: vec![0.0; 2 * resampler.output_frames_max()],
            epoch: None,
            consumed: 0,
            produced: 0,
            delay_left: resampler.output_delay(),
            resampler,
            error_secs: 0.0,
            interrupted_secs: 0.0,
        })
    }

    /// Takes interleaved stereo frames whose first was captured at `first_at`, as far as that is known. Returns what is ready, with the time
    /// of its first sample; runs follow each other without a seam except over an interruption.
    ///
    /// # Errors
    /// [`RecordError::Encoder`] when the resampler fails.
    pub(super) fn push(&mut self, frames: &[f32], first_at: Instant) -> Result<Option<TimedSound>, RecordError> {
        let waiting_secs = (self.waiting.len() / 2) as f64 / self.device_rate_hz;
        // When the first frame not yet consumed was captured.
        let next_at = earlier(first_at, waiting_secs);
        let epoch = *self.epoch.get_or_insert(next_at);
        self.steer(next_at, epoch, (frames.len() / 2) as f64 / self.device_rate_hz)?;
        self.waiting.extend_from_slice(frames);
        let start = self.produced;
        let mut block = AudioBlock::default();
        while self.waiting.len() >= 2 * CHUNK_FRAMES {
            self.resample_chunk(&mut block)?;
        }
        let epoch = self.epoch.unwrap_or(epoch);
        let captured_at = epoch + Duration::from_secs_f64(start as f64 / f64::from(SAMPLE_RATE_HZ));
        Ok((!block.is_empty()).then_some(TimedSound { block, captured_at }))
    }

    /// Compares the clock with the sample count and sets the speed of the next chunks.
    fn steer(&mut self, next_at: Instant, epoch: Instant, arrived_secs: f64) -> Result<(), RecordError> {
        let by_clock_secs = next_at.saturating_duration_since(epoch).as_secs_f64() - epoch.saturating_duration_since(next_at).as_secs_f64();
        let error_secs = by_clock_secs - self.reached_secs();
        self.interrupted_secs = if error_secs.abs() > INTERRUPTION_SECS { self.interrupted_secs + arrived_secs } else { 0.0 };
        if self.interrupted_secs > INTERRUPTION_SHOWN_SECS {
            self.jump(epoch, error_secs);
        } else if error_secs.abs() <= INTERRUPTION_SECS {
            self.error_secs += (error_secs - self.error_secs) * (arrived_secs / SMOOTHING_SECS).min(1.0);
        }
        let correction = (self.error_secs * CORRECTION_PER_SEC).clamp(-LARGEST_CORRECTION, LARGEST_CORRECTION);
        self.resampler.set_resample_ratio_relative(1.0 + correction, true).map_err(RecordError::encoder("sound"))
    }

    /// How far the output will have got with the frames consumed so far, including what is still inside the filter.
    fn reached_secs(&self) -> f64 {
        let inside = if self.consumed == 0 { 0 } else { self.resampler.output_delay() - self.delay_left };
        (self.produced + inside as u64) as f64 / f64::from(SAMPLE_RATE_HZ)
    }

    /// Moves the whole output in time, from here on.
    fn jump(&mut self, epoch: Instant, error_secs: f64) {
        let moved = Duration::from_secs_f64(error_secs.abs());
        self.epoch = if error_secs > 0.0 { Some(epoch + moved) } else { epoch.checked_sub(moved).or(Some(epoch)) };
        self.error_secs = 0.0;
        self.interrupted_secs = 0.0;
    }

    fn resample_chunk(&mut self, block: &mut AudioBlock) -> Result<(), RecordError> {
        let input = InterleavedSlice::new(&self.waiting, 2, self.waiting.len() / 2).map_err(RecordError::encoder("sound"))?;
        let capacity = self.resampled.len() / 2;
        let mut output = InterleavedSlice::new_mut(&mut self.resampled, 2, capacity).map_err(RecordError::encoder("sound"))?;
        let (consumed, produced) = self.resampler.process_into_buffer(&input, &mut output, None).map_err(RecordError::encoder("sound"))?;
        self.waiting.drain(..2 * consumed);
        let delay = self.delay_left.min(produced);
        self.delay_left -= delay;
        for frame in self.resampled[2 * delay..2 * produced].chunks_exact(2) {
            block.left.push(frame[0]);
            block.right.push(frame[1]);
        }
        self.consumed += consumed as u64;
        self.produced += (produced - delay) as u64;
        Ok(())
    }
}

fn earlier(at: Instant, secs: f64) -> Instant {
    at.checked_sub(Duration::from_secs_f64(secs)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device that runs at `true_rate_hz` while it claims `claimed_rate_hz`, with callbacks of 10 ms whose time stamps jitter. A click sounds at
    /// every full second of true time. Returns the largest distance of a click in the output from its true time.
    fn largest_click_error_secs(claimed_rate_hz: u32, true_rate_hz: f64, seconds: u32) -> f64 {
        let mut resampler = ClockedResampler::new(claimed_rate_hz).expect("a resampler");
        let start = Instant::now();
        let per_callback = (claimed_rate_hz / 100) as usize;
        let (mut frame, mut noise, mut largest) = (0_u64, 1_u32, 0.0_f64);
        while (frame as f64) < true_rate_hz * f64::from(seconds) {
            let at = start + Duration::from_secs_f64(frame as f64 / true_rate_hz);
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let jitter = Duration::from_micros(u64::from(noise >> 24) * 20);
            let samples: Vec<f32> = (0..per_callback as u64)
                .flat_map(|i| {
                    let [this, next] = [frame + i, frame + i + 1].map(|f| (f as f64 / true_rate_hz).floor());
                    let sample = if next > this { 1.0 } else { 0.0 };
                    [sample, sample]
                })
                .collect();
            if let Some(run) = resampler.push(&samples, at + jitter).expect("resampled") {
                for (i, _) in run.block.left.iter().enumerate().filter(|(_, sample)| **sample > 0.5) {
                    let heard_secs = (run.captured_at - start).as_secs_f64() + i as f64 / f64::from(SAMPLE_RATE_HZ);
                    largest = largest.max((heard_secs - heard_secs.round()).abs());
                }
            }
            frame += per_callback as u64;
        }
        largest
    }

    #[test]
    fn a_fast_device_stays_in_time_over_ten_minutes() {
        // Uncorrected, 48,010 instead of 48,000 Hz is 125 ms after ten minutes.
        let error_secs = largest_click_error_secs(48_000, 48_010.0, 600);
        assert!(error_secs < 0.010, "sound is off by {:.1} ms", error_secs * 1e3);
    }

    #[test]
    fn a_slow_device_with_another_rate_stays_in_time() {
        let error_secs = largest_click_error_secs(44_100, 44_090.0, 120);
        assert!(error_secs < 0.010, "sound is off by {:.1} ms", error_secs * 1e3);
    }

    #[test]
    fn a_tone_keeps_its_level_and_pitch() {
        for device_rate_hz in [16_000, 44_100, 48_000, 96_000] {
            check_tone(device_rate_hz);
        }
    }

    fn check_tone(device_rate_hz: u32) {
        let mut resampler = ClockedResampler::new(device_rate_hz).expect("a resampler");
        let per_callback = device_rate_hz / 100;
        let start = Instant::now();
        let mut heard = Vec::new();
        for callback in 0..100_u32 {
            let samples: Vec<f32> = (0..per_callback)
                .map(|i| f64::from(callback * per_callback + i) * 440.0 / f64::from(device_rate_hz))
                .flat_map(|turns| [((turns * std::f64::consts::TAU).sin() * 0.5) as f32; 2])
                .collect();
            let run = resampler.push(&samples, start + Duration::from_millis(10) * callback).expect("resampled");
            heard.extend(run.into_iter().flat_map(|run| run.block.left));
        }
        let steady = &heard[4800..43_200];
        let rms = (steady.iter().map(|s| s * s).sum::<f32>() / steady.len() as f32).sqrt();
        assert!((rms - 0.5 / 2.0_f32.sqrt()).abs() < 0.002, "level at {device_rate_hz} Hz: {rms}");
        let crossings = steady.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((351..=353).contains(&crossings), "0.8 s of 440 Hz have 352 periods, not {crossings}");
    }

    #[test]
    fn an_interruption_is_jumped_over_at_once() {
        let mut resampler = ClockedResampler::new(48_000).expect("a resampler");
        let start = Instant::now();
        let mut last = None;
        for callback in 0..400_u32 {
            let pause = if callback < 200 { 0 } else { 3000 };
            let at = start + Duration::from_millis(u64::from(callback) * 10 + pause);
            if let Some(run) = resampler.push(&[0.1; 960], at).expect("resampled") {
                last = Some((run.captured_at + Duration::from_secs_f64(run.block.duration_secs()), at));
            }
        }
        let (heard_until, clock) = last.expect("sound came out");
        let off = heard_until.max(clock) - heard_until.min(clock);
        assert!(off < Duration::from_millis(40), "after a pause of 3 s the sound is off by {off:?}");
    }
}
