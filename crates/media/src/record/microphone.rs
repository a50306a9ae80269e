//! The microphone: a callback on the system's audio thread fills a lock-free ring, and the recorder empties it. The only file that names cpal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{Device, ErrorKind, FromSample, InputCallbackInfo, SampleFormat, SizedSample, Stream, SupportedStreamConfig};
use crossbeam::channel::{Receiver, Sender, bounded};
use rtrb::{Consumer, Producer, RingBuffer};

use super::drift::ClockedResampler;
use super::{LiveSound, RecordError, TimedSound};
use crate::data::AudioBlock;

/// A microphone that delivers nothing for this long is reported.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// Sound the ring can hold, in seconds: what a stalled recorder may miss without loss.
const RING_SECS: usize = 4;

/// Callbacks the ring can hold.
const RING_CALLBACKS: usize = 4096;

/// Highest rate a device is opened with, in hertz.
const HIGHEST_RATE_HZ: u32 = 192_000;

/// Longest time between the capture of a frame and its callback that is believed.
const LONGEST_LATENCY: Duration = Duration::from_millis(500);

/// Devices to try first when none was named: with a sound server running, others may be busy.
const PREFERRED: [&str; 3] = ["pipewire", "pulse", "default"];

/// Devices that are listed and are none: ALSA's `null` makes silence as fast as it is read.
const NO_MICROPHONES: [&str; 1] = ["null"];

/// A device that delivers sound this many times faster than time passes is no microphone.
const FASTEST_PACE: f64 = 2.0;

/// A device that may be a microphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDevice {
    /// What [`Microphone::start`] takes, such as `pipewire`, `pulse` or `hw:CARD=0`.
    pub id: String,
    /// A name for people.
    pub name: String,
}

/// All devices that may be microphones. A listed device need not work: only sound proves a microphone.
pub fn input_devices() -> Vec<InputDevice> {
    listed(&cpal::default_host()).into_iter().map(|(facts, _)| facts).collect()
}

fn listed(host: &cpal::Host) -> Vec<(InputDevice, Device)> {
    let devices = host.input_devices().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    let described = devices.into_iter().map(|device| (describe(&device), device));
    described.filter(|(facts, _)| !NO_MICROPHONES.contains(&facts.id.as_str())).collect()
}

fn describe(device: &Device) -> InputDevice {
    let id = device.id().map(|id| id.id().to_owned()).unwrap_or_default();
    let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_owned());
    InputDevice { id, name }
}

/// An open microphone. Its sound comes out as [`LiveSound`], at 48 kHz stereo by the computer's clock.
pub struct Microphone {
    // Dropping it ends the callbacks.
    _stream: Stream,
    name: String,
    ring: Ring,
    failures: Receiver<cpal::Error>,
    meter: Arc<Meter>,
    resampler: ClockedResampler,
    frames: Vec<f32>,
    pace: DeliveryRate,
    last_heard_at: Instant,
}

/// How much sound a device has delivered since it was opened.
#[derive(Debug)]
struct DeliveryRate {
    rate_hz: u32,
    opened_at: Instant,
    delivered_frames: u64,
}

impl DeliveryRate {
    fn new(rate_hz: u32) -> Self {
        Self { rate_hz, opened_at: Instant::now(), delivered_frames: 0 }
    }

    /// Counts frames that have come by `now`; false when no microphone can have recorded so many.
    fn count(&mut self, frames: u64, now: Instant) -> bool {
        self.delivered_frames += frames;
        let passed_secs = now.saturating_duration_since(self.opened_at).as_secs_f64();
        let believable_secs = FASTEST_PACE * passed_secs + RING_SECS as f64;
        self.delivered_frames as f64 <= believable_secs * f64::from(self.rate_hz)
    }
}

/// When a callback's frames were captured, and how many they are.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    frames: usize,
    first_at: Instant,
}

/// The recorder's ends of the rings.
struct Ring {
    samples: Consumer<f32>,
    stamps: Consumer<Stamp>,
}

/// The callback's ends of the rings.
struct Feed {
    samples: Producer<f32>,
    stamps: Producer<Stamp>,
    meter: Arc<Meter>,
}

/// Numbers the callback leaves behind.
#[derive(Debug, Default)]
struct Meter {
    /// Peak since the last reading, as bits: for numbers from zero up these are ordered like the numbers.
    peak_bits: AtomicU32,
    lost_frames: AtomicU64,
}

impl Microphone {
    /// Opens a microphone by the id or name that [`input_devices`] gives; `None` tries the sound server, the default device, then all others.
    /// Returns without waiting for sound; [`LiveSound::read`] reports a device that delivers none within two seconds.
    ///
    /// # Errors
    /// [`RecordError::NoMicrophone`] when there is none of that name; [`RecordError::Microphone`] when it cannot be opened.
    pub fn start(device: Option<&str>) -> Result<Self, RecordError> {
        let mut failure = RecordError::NoMicrophone { device: device.map(ToOwned::to_owned) };
        for candidate in candidates(device) {
            match Self::open(&candidate) {
                Ok(microphone) => return Ok(microphone),
                Err(error) => {
                    tracing::debug!("{error}");
                    failure = error;
                }
            }
        }
        Err(failure)
    }

    /// The device's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn open(device: &Device) -> Result<Self, RecordError> {
        let name = describe(device).name;
        let failed = |error: cpal::Error| RecordError::Microphone { device: name.clone(), message: error.to_string() };
        let config = device.default_input_config().map_err(failed)?;
        let rate_hz = config.sample_rate();
        if rate_hz == 0 || rate_hz > HIGHEST_RATE_HZ || config.channels() == 0 {
            let message = format!("{rate_hz} Hz with {} channels is no format we can record", config.channels());
            return Err(RecordError::Microphone { device: name, message });
        }
        let meter = Arc::new(Meter::default());
        let (samples_in, samples) = RingBuffer::new(2 * RING_SECS * rate_hz as usize);
        let (stamps_in, stamps) = RingBuffer::new(RING_CALLBACKS);
        let feed = Feed { samples: samples_in, stamps: stamps_in, meter: Arc::clone(&meter) };
        let (report, failures) = bounded(1);
        let stream = open_stream(device, &config, feed, report).map_err(failed)?;
        stream.play().map_err(failed)?;
        let resampler = ClockedResampler::new(rate_hz)?;
        tracing::info!("microphone {name}: {rate_hz} Hz, {} channels, {}", config.channels(), config.sample_format());
        let ring = Ring { samples, stamps };
        Ok(Self {
            _stream: stream,
            name,
            ring,
            failures,
            meter,
            resampler,
            frames: Vec::new(),
            pace: DeliveryRate::new(rate_hz),
            last_heard_at: Instant::now(),
        })
    }

    fn check_failure(&self) -> Result<(), RecordError> {
        match self.failures.try_recv() {
            Ok(error) => Err(RecordError::Microphone { device: self.name.clone(), message: error.to_string() }),
            Err(_) => Ok(()),
        }
    }

    fn too_fast(&self) -> RecordError {
        let message = "it delivers sound faster than time passes, so it is no microphone".to_owned();
        RecordError::Microphone { device: self.name.clone(), message }
    }

    fn silent(&self) -> RecordError {
        RecordError::MicrophoneSilent { device: self.name.clone(), waited_secs: SILENT_AFTER.as_secs_f32() }
    }
}

impl LiveSound for Microphone {
    fn read(&mut self) -> Result<Option<TimedSound>, RecordError> {
        self.check_failure()?;
        let mut heard: Option<TimedSound> = None;
        // Only what is there now: a device that delivers faster than it is read would keep this going for ever.
        for _ in 0..self.ring.stamps.slots() {
            let Ok(stamp) = self.ring.stamps.pop() else { break };
            if !self.pace.count(stamp.frames as u64, Instant::now()) {
                return Err(self.too_fast());
            }
            self.frames.resize(2 * stamp.frames, 0.0);
            if self.ring.samples.pop_entire_slice(&mut self.frames).is_err() {
                return Err(RecordError::Microphone { device: self.name.clone(), message: "its sound was damaged on the way".to_owned() });
            }
            self.last_heard_at = Instant::now();
            let Some(run) = self.resampler.push(&self.frames, stamp.first_at)? else { continue };
            match &mut heard {
                None => heard = Some(run),
                Some(heard) => append(&mut heard.block, &run.block),
            }
        }
        let lost_frames = self.meter.lost_frames.swap(0, Ordering::Relaxed);
        if !self.pace.count(lost_frames, Instant::now()) {
            return Err(self.too_fast());
        }
        if lost_frames > 0 {
            tracing::warn!("{lost_frames} frames of the microphone were lost because the recorder was busy");
        }
        if heard.is_none() && self.last_heard_at.elapsed() > SILENT_AFTER { Err(self.silent()) } else { Ok(heard) }
    }

    fn take_level(&self) -> f32 {
        f32::from_bits(self.meter.peak_bits.swap(0, Ordering::Relaxed))
    }
}

fn append(block: &mut AudioBlock, more: &AudioBlock) {
    block.left.extend_from_slice(&more.left);
    block.right.extend_from_slice(&more.right);
}

/// The devices to try, best first.
fn candidates(wanted: Option<&str>) -> Vec<Device> {
    let host = cpal::default_host();
    let mut listed = listed(&host);
    if listed.is_empty() {
        // A machine without sound still has a default device, which opens nothing.
        return Vec::new();
    }
    if let Some(wanted) = wanted {
        let fits = |device: &InputDevice| device.id == wanted || device.name.eq_ignore_ascii_case(wanted);
        return listed.into_iter().filter(|(facts, _)| fits(facts)).map(|(_, device)| device).collect();
    }
    let rank = |facts: &InputDevice| PREFERRED.iter().position(|id| facts.id == *id).unwrap_or(PREFERRED.len());
    listed.sort_by_key(|(facts, _)| rank(facts));
    let preferred = listed.iter().take_while(|(facts, _)| rank(facts) < PREFERRED.len()).count();
    let others = listed.split_off(preferred);
    let default = host.default_input_device();
    listed.into_iter().map(|(_, device)| device).chain(default).chain(others.into_iter().map(|(_, device)| device)).collect()
}

fn open_stream(device: &Device, config: &SupportedStreamConfig, feed: Feed, report: Sender<cpal::Error>) -> Result<Stream, cpal::Error> {
    match config.sample_format() {
        SampleFormat::I8 => stream_of::<i8>(device, config, feed, report),
        SampleFormat::I16 => stream_of::<i16>(device, config, feed, report),
        SampleFormat::I24 => stream_of::<cpal::I24>(device, config, feed, report),
        SampleFormat::I32 => stream_of::<i32>(device, config, feed, report),
        SampleFormat::I64 => stream_of::<i64>(device, config, feed, report),
        SampleFormat::U8 => stream_of::<u8>(device, config, feed, report),
        SampleFormat::U16 => stream_of::<u16>(device, config, feed, report),
        SampleFormat::U24 => stream_of::<cpal::U24>(device, config, feed, report),
        SampleFormat::U32 => stream_of::<u32>(device, config, feed, report),
        SampleFormat::U64 => stream_of::<u64>(device, config, feed, report),
        SampleFormat::F32 => stream_of::<f32>(device, config, feed, report),
        SampleFormat::F64 => stream_of::<f64>(device, config, feed, report),
        _ => Err(ErrorKind::UnsupportedConfig.into()),
    }
}

fn stream_of<T>(device: &Device, config: &SupportedStreamConfig, mut feed: Feed, report: Sender<cpal::Error>) -> Result<Stream, cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels());
    let rate_hz = f64::from(config.sample_rate());
    let on_sound = move |data: &[T], info: &InputCallbackInfo| {
        let played = Duration::from_secs_f64((data.len() / channels) as f64 / rate_hz);
        feed.take(data, channels, capture_time(Instant::now(), info, played));
    };
    let on_error = move |error: cpal::Error| {
        if !matches!(error.kind(), ErrorKind::DeviceChanged | ErrorKind::Xrun | ErrorKind::RealtimeDenied) {
            // A second failure adds nothing to the first.
            report.try_send(error).ok();
        }
    };
    device.build_input_stream(config.config(), on_sound, on_error, Some(SILENT_AFTER))
}

/// When a callback's first frame was captured: by the device's own account where that is plausible, else its length ago.
fn capture_time(now: Instant, info: &InputCallbackInfo, length: Duration) -> Instant {
    let stamp = info.timestamp();
    let reported = stamp.callback.checked_duration_since(stamp.capture).filter(|age| *age >= length && *age <= LONGEST_LATENCY);
    now.checked_sub(reported.unwrap_or(length)).unwrap_or(now)
}

impl Feed {
    /// Runs on the audio thread: no allocation, no lock. What does not fit is counted and left out whole.
    fn take<T: Copy>(&mut self, data: &[T], channels: usize, first_at: Instant)
    where
        f32: FromSample<T>,
    {
        let frames = data.len() / channels;
        let room = if self.stamps.is_full() { None } else { self.samples.write_chunk_uninit(2 * frames).ok() };
        let Some(room) = room else {
            self.meter.lost_frames.fetch_add(frames as u64, Ordering::Relaxed);
            return;
        };
        let right_channel = usize::from(channels > 1);
        let mut peak = 0.0_f32;
        let stereo = data.chunks_exact(channels).flat_map(|frame| [frame[0], frame[right_channel]].map(f32::from_sample_));
        room.fill_from_iter(stereo.inspect(|sample| peak = peak.max(sample.abs())));
        self.stamps.push(Stamp { frames, first_at }).ok();
        self.meter.peak_bits.fetch_max(peak.to_bits(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_of_any_format_become_stereo_and_overflow_is_counted() {
        let meter = Arc::new(Meter::default());
        let (samples_in, mut samples) = RingBuffer::new(8);
        let (stamps_in, mut stamps) = RingBuffer::new(4);
        let mut feed = Feed { samples: samples_in, stamps: stamps_in, meter: Arc::clone(&meter) };
        let now = Instant::now();
        feed.take(&[16_384_i16, -32_768], 1, now);
        feed.take(&[0.25_f32, -0.75, 9.0], 3, now);
        feed.take(&[0.0_f32; 20], 2, now);
        let mut heard = [0.0; 6];
        samples.pop_entire_slice(&mut heard).expect("three frames");
        let expected = [0.5, 0.5, -1.0, -1.0, 0.25, -0.75];
        let same = heard.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < f32::EPSILON);
        assert!(same, "mono is doubled, a third channel left out: {heard:?}");
        assert_eq!([stamps.pop(), stamps.pop()].map(|stamp| stamp.expect("a stamp").frames), [2, 1], "frames per callback");
        assert_eq!(meter.lost_frames.load(Ordering::Relaxed), 10, "what does not fit is lost whole");
        let peak = f32::from_bits(meter.peak_bits.load(Ordering::Relaxed));
        assert!((peak - 1.0).abs() < f32::EPSILON, "the peak of both callbacks: {peak}");
    }

    #[test]
    fn what_makes_sound_faster_than_time_is_no_microphone() {
        let mut pace = DeliveryRate::new(48_000);
        let after = |secs| pace.opened_at + Duration::from_secs(secs);
        let (soon, later) = (after(1), after(60));
        assert!(pace.count(4 * 48_000, soon), "a burst after a stall is believed");
        assert!(pace.count(56 * 48_000, later), "a minute's sound in a minute");
        assert!(!pace.count(100 * 48_000, later), "but not nearly three minutes' sound");
    }

    #[test]
    fn a_device_that_only_makes_silence_is_not_listed() {
        assert!(input_devices().iter().all(|device| device.id != "null"), "ALSA's null device is no microphone");
    }

    #[test]
    fn an_unknown_microphone_is_named_in_the_error() {
        let error = Microphone::start(Some("no such device")).err().expect("there is none");
        assert!(error.to_string().contains("\"no such device\""), "says which one: {error}");
    }
}
