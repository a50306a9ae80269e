//! The order of the stages, their threads and their links: the only place that knows all of them.
//!
//! [`Pipeline`] is the live one, which the window drives: capture → track → generate run on a thread each, joined by links that keep the newest
//! value. [`animate`] is the one without a window, which skips nothing. Both move the same [`Puppet`].

mod clip_sound;
mod enroll;
mod error;
mod executor;
mod fine_tuning;
mod further;
mod generating;
mod known_faces;
mod live_camera;
mod live_fine_tuning;
mod live_recording;
mod offline;
mod picture_memory;
mod puppet;
mod returning;
mod tracking;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, unbounded};

use enroll::EnrollJob;
pub use enroll::{Opened, PictureInput};
pub use error::PipelineError;
pub use executor::{ChosenExecutor, choose_executor, choose_on};
pub use fine_tuning::{FINE_TUNED, FineTuneError, FineTuning, LIVE_STEPS, Learnt, fine_tune, fine_tune_once};
pub use offline::{OfflineJob, OfflineReport, Progress, Sound, animate, tracker};
pub use picture_memory::PictureMemory;
pub use puppet::{Puppet, RenderedImage};

use crate::capture::{CaptureEvent, CaptureOptions, CaptureWorker, SourceInfo, SourceSpec};
use crate::data::{FrameTime, Input, PixelBox, Portrait, TrackedFrame, Tuning};
use crate::generate::GeneratorChoice;
use crate::gpu::Gpu;
use crate::record::{AudioSource, Finished, RecordOptions, RecordStatus, Recorder};
use crate::runtime::{Latest, LatestReader, LatestWriter, Timings, Worker};
use crate::settings::Controls;
use crate::virtual_camera::{LoopbackDevice, VirtualCameraWatch};

/// What a live pipeline starts with.
pub struct PipelineConfig {
    /// The landmark model's place, where it is not in a usual one.
    pub landmark_model: Option<PathBuf>,
    /// Device to compose on; `None` composes on the CPU.
    pub gpu: Option<Gpu>,
    /// What moves the portrait.
    pub generator: GeneratorChoice,
    /// First settings of the motion.
    pub controls: Controls,
    /// How portraits are fine-tuned, and what earlier runs made of them.
    pub fine_tuning: FineTuning,
    /// What is remembered of pictures that were opened before.
    pub memory: PictureMemory,
}

/// What happened, for the window to show.
#[derive(Debug)]
pub enum Event {
    /// A source delivers.
    SourceOpened(SourceInfo),
    /// A camera has been silent for so many seconds; it is tried again.
    SourceStalled {
        /// Seconds without a frame.
        seconds: f64,
        /// What the driver said.
        reason: String,
    },
    /// A silent camera delivers again.
    SourceRecovered,
    /// A clip is over.
    SourceEnded,
    /// A source cannot be opened or read.
    SourceFailed(String),
    /// The driver's face has left the frame.
    FaceLost,
    /// The driver's face is there.
    FaceFound,
    /// The driver's neutral face is settled.
    Calibrated,
    /// A portrait is alive from now on; `faces` is the number of faces found in its picture.
    PortraitReady {
        /// The portrait.
        portrait: Arc<Portrait>,
        /// How many faces its picture has.
        faces: usize,
        /// Whether it is fine-tuned already, by what was kept of an earlier time.
        tuning: Tuning,
    },
    /// How far the portrait is fine-tuned, whenever that changes.
    FineTuning(Tuning),
    /// Fine-tuning has come to its end.
    FineTuned {
        /// Weighted error on held-out poses before.
        before: f32,
        /// The same after.
        after: f32,
        /// Whether that is better, and the portrait is drawn by it from now on; else all is as before.
        kept: bool,
    },
    /// Fine-tuning was not possible; all is as before.
    FineTuningFailed(String),
    /// The picture has several faces; the largest is alive already, another may be chosen.
    ChooseFace {
        /// The picture and its faces.
        picture: Arc<Opened>,
    },
    /// No face was found; the user may place one by hand.
    NoFace {
        /// The picture.
        picture: Arc<Opened>,
    },
    /// A picture cannot be used.
    PortraitFailed(String),
    /// A recording is complete.
    RecordingFinished(Finished),
    /// A recording has failed; says what was kept.
    RecordingFailed(String),
    /// Other programs can choose the virtual camera from now on.
    VirtualCameraOpened(LoopbackDevice),
    /// The virtual camera cannot be opened, or has ended; says what to do.
    VirtualCameraFailed(String),
    /// A snapshot is written.
    SnapshotSaved(PathBuf),
    /// A snapshot could not be written.
    SnapshotFailed(String),
    /// Which further pictures the portrait is made from, whenever that changes; another portrait begins with none.
    FurtherPictures(Vec<Arc<Portrait>>),
    /// A further picture cannot be used; all is as before.
    PictureFailed(String),
    /// Another executor was asked for: where pictures are made from now on.
    ExecutorChosen(Box<ChosenExecutor>),
    /// The GPU is given up; pictures come from the CPU from now on.
    ExecutorFellBack(String),
    /// A part of the program failed; says what still works.
    Warning(String),
}

/// One finished frame.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// When the driving frame was taken.
    pub time: FrameTime,
    /// The portrait that it shows.
    pub portrait: Arc<Portrait>,
    /// The whole picture.
    pub image: RenderedImage,
}

/// How the live pipeline runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStats {
    /// Portrait frames finished during the last second.
    pub frames_per_sec: f64,
    /// Median time from a driving frame's arrival to the finished portrait frame, over the recent ones.
    pub latency_ms_p50: f64,
    /// `CPU`, or `GPU:` and the adapter's name.
    pub executor: String,
    /// Name of the generator.
    pub generator: String,
}

/// Where the sound of a live recording comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRequest {
    /// Where to and how.
    pub options: RecordOptions,
    /// Its sound.
    pub sound: Sound,
}

/// The live pipeline. Every method returns at once; results come as [`Event`]s and through the `take_` methods.
pub struct Pipeline {
    shared: Arc<Shared>,
    events: Receiver<Event>,
    rendered: LatestReader<Rendered>,
    tracked: LatestReader<TrackedFrame>,
    input: Arc<LatestWriter<Input>>,
    capture: Option<CaptureWorker>,
    driver: Option<SourceSpec>,
    camera: Option<VirtualCameraWatch>,
    to_track: Sender<tracking::Command>,
    to_generate: Sender<generating::Command>,
    to_enroll: Sender<EnrollJob>,
    /// Ended in this order: each of them feeds the next.
    _workers: [Worker; 3],
}

/// What the worker threads report to.
pub(super) struct Shared {
    events: Sender<Event>,
    wake: Box<dyn Fn() + Send + Sync>,
    timings: Timings,
    executor: Mutex<String>,
    generator: Mutex<String>,
    recent: Mutex<std::collections::VecDeque<(Instant, Duration)>>,
    driver_info: Mutex<Option<SourceInfo>>,
    recording: Mutex<Option<RecordStatus>>,
}

impl Shared {
    fn new(events: Sender<Event>, wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            events,
            wake: Box::new(wake),
            timings: Timings::default(),
            executor: Mutex::default(),
            generator: Mutex::default(),
            recent: Mutex::default(),
            driver_info: Mutex::new(None),
            recording: Mutex::new(None),
        }
    }

    fn report(&self, event: Event) {
        // The window may be gone already, when its last worker still has something to say.
        self.events.send(event).ok();
        (self.wake)();
    }

    fn count_frame(&self, latency: Duration) {
        let mut recent = lock(&self.recent);
        let now = Instant::now();
        recent.push_back((now, latency));
        while recent.front().is_some_and(|(at, _)| now.duration_since(*at) > Duration::from_secs(1)) {
            recent.pop_front();
        }
    }
}

/// A panic while one of these locks was held cannot leave its value half-written, so a poisoned lock is still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pipeline {
    /// Starts the threads. `wake` is called from them whenever there is something new.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(config: PipelineConfig, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, PipelineError> {
        // Events are few and each must reach the window, which drains them before every frame: no bound is needed.
        let (events_out, events) = unbounded();
        let shared = Arc::new(Shared::new(events_out, wake));
        let model = enroll::SharedModel::load(config.landmark_model)?;
        let (input, input_in) = Latest::new();
        let (tracked_out, tracked_in) = Latest::new();
        let (inset_out, tracked) = Latest::new();
        let (rendered_out, rendered) = Latest::new();
        let (to_track, track_commands) = unbounded();
        let (to_generate, generate_commands) = unbounded();
        let (to_enroll, enroll_jobs) = unbounded();
        let track_links = tracking::Links { input: input_in, commands: track_commands, tracked: tracked_out, inset: inset_out };
        let PipelineConfig { generator, gpu, controls, fine_tuning, memory, .. } = config;
        let track = tracking::spawn(track_links, model.clone(), controls.smoothing, Arc::clone(&shared))?;
        let generate_links = generating::Links { tracked: tracked_in, commands: generate_commands, rendered: rendered_out };
        let start = generating::Start { generator, gpu, controls, fine_tuning, known_plates: memory.plates };
        let generate = generating::spawn(generate_links, start, Arc::clone(&shared))?;
        let enroll = enroll::spawn(enroll_jobs, model, to_generate.clone(), memory.faces, Arc::clone(&shared))?;
        Ok(Self {
            shared,
            events,
            rendered,
            tracked,
            input: Arc::new(input),
            capture: None,
            driver: None,
            camera: None,
            to_track,
            to_generate,
            to_enroll,
            _workers: [track, generate, enroll],
        })
    }

    /// Drives the portrait by another source from now on. A new driver is calibrated anew.
    pub fn set_source(&mut self, spec: SourceSpec) {
        self.stop_source();
        self.to_track.send(tracking::Command::NewDriver).ok();
        self.to_generate.send(generating::Command::Calibrate).ok();
        let input = Arc::clone(&self.input);
        let shared = Arc::clone(&self.shared);
        let started = CaptureWorker::start(
            spec.clone(),
            CaptureOptions::default(),
            move |value| input.put(value),
            move |event| report_capture(&shared, event),
        );
        match started {
            Ok(worker) => {
                self.capture = Some(worker);
                self.driver = Some(spec);
            }
            Err(error) => self.shared.report(Event::SourceFailed(error.to_string())),
        }
    }

    /// Stops the source; the portrait eases back to rest.
    pub fn stop_source(&mut self) {
        self.capture = None;
        self.driver = None;
        *lock(&self.shared.driver_info) = None;
    }

    /// Opens a picture and finds the face in it.
    pub fn open_portrait(&self, input: PictureInput) {
        self.to_enroll.send(EnrollJob::Open(input)).ok();
    }

    /// Takes a ready portrait, such as a built-in one.
    pub fn set_portrait(&self, portrait: Arc<Portrait>) {
        self.to_enroll.send(EnrollJob::Ready(portrait)).ok();
    }

    /// Takes another of the faces of a picture.
    pub fn choose_face(&self, picture: &Arc<Opened>, index: usize) {
        self.to_enroll.send(EnrollJob::Choose(Arc::clone(picture), index)).ok();
    }

    /// Takes the face in a box that the user has drawn, in pixels of the picture.
    pub fn place_face(&self, picture: &Arc<Opened>, face_box: PixelBox) {
        self.to_enroll.send(EnrollJob::Place(Arc::clone(picture), face_box)).ok();
    }

    /// Learns the pictures of the portrait that is alive, which goes on living meanwhile and shows what is learnt; [`Event::FineTuned`] tells what
    /// came of it. Another portrait, one more picture or one less cancels it.
    pub fn fine_tune(&self) {
        self.to_generate.send(generating::Command::FineTune).ok();
    }

    /// Cancels fine-tuning: the portrait is drawn as before, and nothing is kept.
    pub fn stop_fine_tuning(&self) {
        self.to_generate.send(generating::Command::StopFineTuning).ok();
    }

    /// Draws the portrait without what fine-tuning made, and forgets that.
    pub fn undo_fine_tuning(&self) {
        self.to_generate.send(generating::Command::UndoFineTuning).ok();
    }

    /// Takes over strengths, smoothing and switches.
    pub fn set_controls(&self, controls: Controls) {
        self.to_track.send(tracking::Command::Smoothing(controls.smoothing)).ok();
        self.to_generate.send(generating::Command::Controls(controls)).ok();
    }

    /// Takes the driver's next frames as neutral.
    pub fn calibrate(&self) {
        self.to_generate.send(generating::Command::Calibrate).ok();
    }

    /// What has happened since the last call.
    pub fn take_events(&self) -> Vec<Event> {
        self.events.try_iter().collect()
    }

    /// The newest finished frame, if there is a new one.
    pub fn take_rendered(&self) -> Option<Rendered> {
        self.rendered.take()
    }

    /// Waits for the next finished frame, for runs without a window.
    pub fn wait_rendered(&self, timeout: Duration) -> Option<Rendered> {
        self.rendered.take_timeout(timeout)
    }

    /// The newest driving frame with its landmarks, if there is a new one.
    pub fn take_tracked(&self) -> Option<TrackedFrame> {
        self.tracked.take()
    }

    /// How it runs.
    pub fn live_stats(&self) -> LiveStats {
        let now = Instant::now();
        let recent = lock(&self.shared.recent);
        let fresh = recent.iter().filter(|(at, _)| now.duration_since(*at) <= Duration::from_secs(1));
        let latencies: Vec<Duration> = fresh.map(|(_, latency)| *latency).collect();
        LiveStats {
            frames_per_sec: latencies.len() as f64,
            latency_ms_p50: crate::runtime::Percentiles::of(latencies).ms_p50,
            executor: lock(&self.shared.executor).clone(),
            generator: lock(&self.shared.generator).clone(),
        }
    }

    /// Times of all stages since the start.
    pub fn timings(&self) -> &Timings {
        &self.shared.timings
    }

    /// Starts recording what is shown. Returns a warning when the recording will be silent against the wish of [`Sound::Any`].
    ///
    /// # Errors
    /// When the output cannot be written or the microphone that was asked for cannot be used.
    pub fn start_recording(&self, request: RecordRequest) -> Result<Option<String>, PipelineError> {
        let RecordRequest { mut options, sound } = request;
        let info = lock(&self.shared.driver_info).clone();
        let clip = match (&self.driver, &info, &sound) {
            (Some(driver @ SourceSpec::Clip { .. }), Some(info), Sound::OfDriver | Sound::Any(_)) if info.has_sound => {
                Some((driver.clone(), info.clone()))
            }
            _ => None,
        };
        let mut warning = None;
        let audio = match &sound {
            Sound::Microphone(device) => microphone(device.as_deref())?,
            _ if clip.is_some() => AudioSource::Pushed,
            Sound::Any(device) => microphone(device.as_deref()).unwrap_or_else(|error| {
                warning = Some(format!("Recording without sound: {error}"));
                AudioSource::None
            }),
            Sound::Silent | Sound::OfDriver => AudioSource::None,
        };
        options.fps_hint = info.map_or(options.fps_hint, |info| info.fps as f32);
        let recorder = Recorder::start(options, audio)?;
        *lock(&self.shared.recording) = Some(recorder.status());
        self.to_generate.send(generating::Command::Record(Box::new(recorder), clip)).ok();
        Ok(warning)
    }

    /// Ends the recording; [`Event::RecordingFinished`] tells when the file is complete.
    pub fn stop_recording(&self) {
        self.to_generate.send(generating::Command::StopRecording).ok();
    }

    /// How the recording stands; `None` when there is none.
    pub fn recording(&self) -> Option<RecordStatus> {
        lock(&self.shared.recording).clone()
    }

    /// Writes the picture as it is shown into a PNG.
    pub fn snapshot(&self, path: PathBuf) {
        self.to_generate.send(generating::Command::Snapshot(path)).ok();
    }
}

fn report_capture(shared: &Shared, event: CaptureEvent) {
    shared.report(match event {
        CaptureEvent::Opened(info) => {
            *lock(&shared.driver_info) = Some(info.clone());
            Event::SourceOpened(info)
        }
        CaptureEvent::Stalled { seconds, reason } => Event::SourceStalled { seconds, reason: reason.to_string() },
        // The driver is the same as before: nothing to tell.
        CaptureEvent::Looped(_) => return,
        CaptureEvent::Recovered => Event::SourceRecovered,
        CaptureEvent::Ended => Event::SourceEnded,
        CaptureEvent::Failed(error) => Event::SourceFailed(error.to_string()),
    });
}

#[cfg(feature = "audio")]
fn microphone(device: Option<&str>) -> Result<AudioSource, PipelineError> {
    Ok(AudioSource::Live(Box::new(crate::record::Microphone::start(device)?)))
}

#[cfg(not(feature = "audio"))]
fn microphone(_device: Option<&str>) -> Result<AudioSource, PipelineError> {
    Err(PipelineError::NoAudio)
}
