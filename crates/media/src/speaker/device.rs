//! The system's default output, fed through a lock-free ring.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{Device, FromSample, OutputCallbackInfo, SampleFormat, SizedSample, Stream, SupportedStreamConfig};
use rtrb::{Consumer, Producer, RingBuffer};

use super::SpeakerError;
use crate::data::{AudioBlock, SAMPLE_RATE_HZ};

/// Sound that may wait, in frames: a second.
const MOST_QUEUED: usize = SAMPLE_RATE_HZ as usize;

/// An open output. Dropping it makes it silent.
pub struct Speaker {
    // Dropping it ends the callbacks.
    _stream: Stream,
    samples: Producer<f32>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Volume from 0 to 1, as bits.
    volume_bits: AtomicU32,
    failed: AtomicBool,
}

impl Speaker {
    /// Opens the default output at our own rate.
    ///
    /// # Errors
    /// [`SpeakerError`].
    pub fn open() -> Result<Self, SpeakerError> {
        let device = cpal::default_host().default_output_device().ok_or(SpeakerError::NoOutput)?;
        let config = config(&device)?;
        let (samples, ring) = RingBuffer::new(2 * MOST_QUEUED);
        let shared = Arc::new(Shared { volume_bits: AtomicU32::new(1.0_f32.to_bits()), failed: AtomicBool::new(false) });
        let unusable = |error: cpal::Error| SpeakerError::Unusable(error.to_string());
        let feed = Feed { ring, shared: Arc::clone(&shared) };
        let stream = match config.sample_format() {
            SampleFormat::F32 => stream_of::<f32>(&device, &config, feed),
            SampleFormat::I16 => stream_of::<i16>(&device, &config, feed),
            SampleFormat::I32 => stream_of::<i32>(&device, &config, feed),
            SampleFormat::U16 => stream_of::<u16>(&device, &config, feed),
            other => return Err(SpeakerError::Unusable(format!("it takes samples of the format {other} only"))),
        };
        let stream = stream.map_err(unusable)?;
        stream.play().map_err(unusable)?;
        Ok(Self { _stream: stream, samples, shared })
    }

    /// Sound that waits, in seconds.
    pub fn queued_secs(&self) -> f64 {
        let waiting = 2 * MOST_QUEUED - self.samples.slots();
        (waiting / 2) as f64 / f64::from(SAMPLE_RATE_HZ)
    }

    /// Adds sound behind what waits; what does not fit is left out.
    pub fn push(&mut self, block: &AudioBlock) {
        for (left, right) in block.left.iter().zip(&block.right) {
            if self.samples.slots() < 2 {
                break;
            }
            // There is room for both.
            self.samples.push(*left).ok();
            self.samples.push(*right).ok();
        }
    }

    /// How loud, from 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        self.shared.volume_bits.store(volume.clamp(0.0, 1.0).to_bits(), Ordering::Relaxed);
    }

    /// Whether the system has taken the output away.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Relaxed)
    }
}

/// The best way in which the device plays our rate: floats before others, two channels before others.
fn config(device: &Device) -> Result<SupportedStreamConfig, SpeakerError> {
    let offered = device.supported_output_configs().map_err(|error| SpeakerError::Unusable(error.to_string()))?;
    let rank = |config: &SupportedStreamConfig| {
        let format = [SampleFormat::F32, SampleFormat::I16, SampleFormat::I32, SampleFormat::U16];
        (config.channels().abs_diff(2), format.iter().position(|known| *known == config.sample_format()).unwrap_or(format.len()))
    };
    let usable = offered.filter(|range| range.channels() > 0).filter_map(|range| range.try_with_sample_rate(SAMPLE_RATE_HZ));
    usable.min_by_key(rank).ok_or_else(|| SpeakerError::Unusable("it does not play 48 kHz".to_owned()))
}

/// The callback's end.
struct Feed {
    ring: Consumer<f32>,
    shared: Arc<Shared>,
}

impl Feed {
    /// The next frame, silence where there is none.
    fn frame(&mut self, volume: f32) -> [f32; 2] {
        if self.ring.slots() < 2 {
            return [0.0; 2];
        }
        [0; 2].map(|_| self.ring.pop().unwrap_or(0.0) * volume)
    }
}

fn stream_of<T>(device: &Device, config: &SupportedStreamConfig, mut feed: Feed) -> Result<Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
{
    let channels = usize::from(config.channels());
    let shared = Arc::clone(&feed.shared);
    let on_room = move |data: &mut [T], _: &OutputCallbackInfo| {
        let volume = f32::from_bits(feed.shared.volume_bits.load(Ordering::Relaxed));
        for frame in data.chunks_mut(channels) {
            let [left, right] = feed.frame(volume);
            let middle = f32::midpoint(left, right);
            for (channel, sample) in frame.iter_mut().enumerate() {
                *sample = T::from_sample_(match (channels, channel) {
                    (1, _) => middle,
                    (_, 0) => left,
                    (_, 1) => right,
                    _ => 0.0,
                });
            }
        }
    };
    let on_error = move |error: cpal::Error| {
        if matches!(error.kind(), cpal::ErrorKind::DeviceNotAvailable | cpal::ErrorKind::StreamInvalidated) {
            shared.failed.store(true, Ordering::Relaxed);
        }
        tracing::debug!("sound output: {error}");
    };
    device.build_output_stream(config.config(), on_room, on_error, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_leaves_in_order_and_then_there_is_silence() {
        let (mut samples, ring) = RingBuffer::new(8);
        let shared = Arc::new(Shared { volume_bits: AtomicU32::new(0), failed: AtomicBool::new(false) });
        let mut feed = Feed { ring, shared };
        for sample in [0.1, 0.2, 0.3, 0.4, 0.5] {
            samples.push(sample).expect("room");
        }
        let mut heard = |volume| feed.frame(volume).map(|sample| (100.0 * sample).round() as i32);
        assert_eq!(heard(1.0), [10, 20], "the first frame");
        assert_eq!(heard(0.5), [15, 20], "the second, half as loud");
        assert_eq!(heard(1.0), [0; 2], "half a frame is none");
    }
}
