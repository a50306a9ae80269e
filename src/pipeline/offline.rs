//! A run without a window: every frame of the driver in order, none skipped, into a file.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, bounded};
use image::RgbaImage;

use super::clip_sound::ClipSound;
use super::error::PipelineError;
use super::outputs::microphone;
use super::puppet::{self, Puppet};
use super::shared::source_type;
use crate::capture::{self, OpenOptions, SourceInfo, SourceKind, SourceSpec};
use crate::data::{Background, Portrait, TrackedFrame};
use crate::generate::{self, GeneratorChoice};
use crate::gpu::Gpu;
use crate::model::Tuned;
use crate::record::{AudioSource, Finished, RecordFrame, RecordOptions, Recorder};
use crate::runtime::{StageTimes, StopFlag, Timings};
use crate::session::Sound;
use crate::settings::Controls;
use crate::track::Tracker;

/// Tracked frames that may wait for the compositor.
const QUEUED: usize = 4;

/// Everything one run needs.
pub struct OfflineJob {
    /// Who is animated.
    pub portrait: Arc<Portrait>,
    /// Other pictures of the same person.
    pub also: Vec<Arc<Portrait>>,
    /// By what.
    pub driver: SourceSpec,
    /// Into which file. What it says about how it came to be follows from the generator.
    pub output: RecordOptions,
    /// Before which background.
    pub background: Background,
    /// By which method.
    pub generator: GeneratorChoice,
    /// The graphics processor that makes the pictures; `None` for the CPU.
    pub gpu: Option<Gpu>,
    /// What fine-tuning made for this portrait.
    pub tuned: Option<Tuned>,
    /// How.
    pub controls: Controls,
    /// With which sound.
    pub sound: Sound,
    /// Ends after this much of the driver; a camera never ends by itself.
    pub limit: Option<Duration>,
    /// Ends early, keeping what was made, when set.
    pub stop: StopFlag,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Frames made so far.
    pub frames: u64,
    /// Frames there will be, where that is known.
    pub total: Option<u64>,
    /// Whether the file is being rewritten into its final form, from 0 to 1.
    pub finishing: Option<f32>,
}

/// What a run made.
#[derive(Debug)]
pub struct OfflineReport {
    /// The file.
    pub finished: Finished,
    /// What drove the portrait.
    pub driver: SourceInfo,
    /// Frames in which a face was tracked.
    pub faces: u64,
    /// Name of the generator that moved the portrait.
    pub generator: &'static str,
    /// Why it is not the one that was asked for.
    pub trouble: Option<String>,
    /// How long the run took.
    pub wall: Duration,
    /// Times of the stages.
    pub stages: Vec<StageTimes>,
}

/// Animates a portrait from a driver into a file.
///
/// # Errors
/// A driver that cannot be read or shows no face at all, and an output that cannot be written.
pub fn animate(job: &OfflineJob, tracker: Tracker, mut progress: impl FnMut(Progress)) -> Result<OfflineReport, PipelineError> {
    let start = Instant::now();
    let timings = Timings::default();
    let driver = open_driver(job)?;
    let info = driver.info().clone();
    let (generator, trouble) = generate::start(&job.generator);
    let mut puppet = Puppet::new(generator, job.gpu.clone(), timings.clone());
    puppet.set_controls(job.controls.clone());
    puppet.set_background(job.background);
    prepare(&mut puppet, job)?;
    let mut options = job.output.clone();
    options.fps_hint = info.fps as f32;
    options.source_type = source_type(puppet.uses_networks());
    let (mut sound, no_sound) = match ClipSound::for_driver(&job.driver, &info, &job.sound) {
        Ok(sound) => (sound, None),
        Err(error) => (None, Some(error)),
    };
    let recorder = Recorder::start(options, audio_source(&job.sound, sound.is_some())?)?;
    if let Some(error) = no_sound {
        recorder.warn(format!("the film has no sound: {error}"));
    }

    let (tracked_out, tracked_in) = bounded(QUEUED);
    let faces = std::thread::scope(|scope| {
        let reader = TrackedReader { driver, tracker, limit: job.limit, stop: job.stop.clone(), timings: timings.clone() };
        let reading = scope.spawn(move || reader.run(&tracked_out));
        let made = make_frames(&mut puppet, &tracked_in, &recorder, sound.as_mut(), &info, job, &mut progress);
        // Ends the reader, should it still wait for room.
        drop(tracked_in);
        let read = reading.join().map_err(|_panic| PipelineError::ReaderPanicked)?;
        made.and_then(|faces| read.map(|()| faces))
    });
    let status = recorder.status();
    if status.error.is_none() && !job.driver.is_live() && !job.stop.is_set() {
        // The file would hold nothing but the portrait at rest.
        let is_of_nobody = matches!(faces, Ok(0));
        // Some clips do not say before they are read that they have one picture.
        let is_still = faces.is_ok() && status.frames <= 1 && job.limit.is_none() && matches!(job.driver, SourceSpec::Clip { .. });
        if is_of_nobody || is_still {
            recorder.discard()?;
            let name = info.name;
            return Err(if is_of_nobody { PipelineError::NoFaceInDriver { name } } else { PipelineError::StillDriver { name } });
        }
    }
    let total = status.frames;
    let finished = recorder.finish(|share| progress(Progress { frames: total, total: Some(total), finishing: Some(share) }));
    let (faces, finished) = (faces?, finished?);
    Ok(OfflineReport {
        finished,
        driver: info,
        faces,
        generator: puppet.generator(),
        trouble,
        wall: start.elapsed(),
        stages: timings.stages(),
    })
}

/// Opens the driver. One that is a single picture is shown for as long as is asked for.
fn open_driver(job: &OfflineJob) -> Result<capture::BoxedSource, PipelineError> {
    let driver = capture::open(&job.driver, OpenOptions::default())?;
    let SourceSpec::Clip { path, .. } = &job.driver else { return Ok(driver) };
    let info = driver.info();
    if info.kind != SourceKind::Still && info.frames != Some(1) {
        return Ok(driver);
    }
    if job.limit.is_none() {
        return Err(PipelineError::StillDriver { name: info.name.clone() });
    }
    Ok(capture::open(&SourceSpec::Clip { path: path.clone(), looped: true }, OpenOptions::default())?)
}

fn audio_source(sound: &Sound, clip_has_sound: bool) -> Result<AudioSource, PipelineError> {
    match sound {
        Sound::Microphone(device) => microphone(device.as_deref()),
        Sound::OfDriver if clip_has_sound => Ok(AudioSource::Pushed),
        _ => Ok(AudioSource::None),
    }
}

/// Reads and tracks on a thread of its own, beside composing and encoding.
struct TrackedReader {
    driver: capture::BoxedSource,
    tracker: Tracker,
    limit: Option<Duration>,
    stop: StopFlag,
    timings: Timings,
}

impl TrackedReader {
    fn run(mut self, out: &crossbeam::channel::Sender<TrackedFrame>) -> Result<(), PipelineError> {
        while !self.stop.is_set() {
            let Some(input) = self.timings.measure("capture", || self.driver.next())? else { break };
            let tracked = self.timings.measure("track", || self.tracker.track(input));
            let over = self.limit.is_some_and(|limit| tracked.time.media_time >= limit);
            if over || out.send(tracked).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Shows the puppet the portrait and all that is known of its person.
fn prepare(puppet: &mut Puppet, job: &OfflineJob) -> Result<(), PipelineError> {
    puppet.set_portrait(&job.portrait)?;
    puppet.wait_for_background()?;
    for picture in &job.also {
        puppet.add_source(picture);
    }
    puppet.adopt(job.tuned.as_ref());
    Ok(())
}

/// One frame's picture: a file needs every one, so that this run waits for the GPU where the live one does not. Goes on without one that failed.
fn picture(puppet: &mut Puppet, tracked: &TrackedFrame, job: &OfflineJob) -> Result<Option<Arc<RgbaImage>>, PipelineError> {
    let image = puppet.frame(tracked);
    let pixels = image.as_ref().and_then(|image| puppet::pixels(image, job.gpu.as_ref()));
    let fault = job.gpu.as_ref().filter(|_| puppet.is_on_gpu()).and_then(|gpu| gpu.health.fault());
    let Some(fault) = fault else { return Ok(pixels) };
    tracing::warn!("the graphics adapter cannot go on ({fault}); the CPU does");
    puppet.leave_gpu();
    prepare(puppet, job)?;
    Ok(puppet.frame(tracked).and_then(|image| puppet::pixels(&image, None)))
}

/// Returns in how many frames there was a face.
fn make_frames(
    puppet: &mut Puppet,
    tracked: &Receiver<TrackedFrame>,
    recorder: &Recorder,
    mut sound: Option<&mut ClipSound>,
    info: &SourceInfo,
    job: &OfflineJob,
    progress: &mut impl FnMut(Progress),
) -> Result<u64, PipelineError> {
    let mut faces = 0;
    for (made, tracked) in tracked.iter().enumerate() {
        faces += u64::from(tracked.face.is_some());
        let Some(pixels) = picture(puppet, &tracked, job)? else { continue };
        let time = tracked.time;
        let pushed = sound.as_mut().map(|sound| sound.push_until(recorder, time.media_time, time.media_time));
        if let Some(Err(error)) = pushed {
            recorder.warn(format!("the film has no sound from {:.1} s on: {error}", time.media_time.as_secs_f64()));
            sound = None;
        }
        let frame = RecordFrame { pixels, pts: time.media_time, captured_at: time.captured_at };
        if recorder.push(frame).is_err() {
            // The recorder has stopped by itself; `finish` tells why, and what was kept.
            break;
        }
        progress(Progress { frames: made as u64 + 1, total: info.frames.filter(|total| (made as u64) < *total), finishing: None });
    }
    let end = recorder.status().elapsed + Duration::from_secs_f64(1.0 / info.fps.max(1.0));
    if let Some(Err(error)) = sound.map(|sound| sound.push_until(recorder, end, end)) {
        recorder.warn(format!("the film's sound ends early: {error}"));
    }
    Ok(faces)
}
