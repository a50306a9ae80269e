//! The window's trait on top of the live pipeline: translates, and keeps slow device work off the window's thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crossbeam::channel::{Receiver, Sender, unbounded};

use crate::builtin;
use crate::capture::{self, CameraChoice, SourceSpec};
use crate::data::{PixelBox, Portrait, TrackedFrame};
use crate::gpu::Gpu;
use crate::pipeline::{ChosenExecutor, Event, Opened, PictureInput, Pipeline, RecordRequest, RenderedImage, Sound};
use crate::present::{
    CameraInfo, FaceQuestion, FurtherPicture, InterruptedRecording, LiveStats, PictureChoice, PreviewImage, Puppet, PuppetEvent,
    RecordTarget, RecordingState, SourceChoice, VirtualCameraState,
};
use crate::record::{self, RecordOptions};
use crate::runtime::Worker;
use crate::settings::{Controls, ExecutorChoice, MeasuredAdapter, Settings};
use crate::virtual_camera::{VirtualCameraOptions, VirtualCameraPhase};

/// The live pipeline, as the window drives it.
pub(super) struct LivePuppet {
    pipeline: Pipeline,
    /// The device that the window is drawn with.
    window_gpu: Option<Gpu>,
    /// The picture that the user is asked about.
    asked: Option<Arc<Opened>>,
    /// Events that do not come from the pipeline.
    own_events: Receiver<PuppetEvent>,
    own: Sender<PuppetEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
    background: Vec<Worker>,
    /// The device for the virtual camera that the settings name.
    loopback: Option<PathBuf>,
    /// When the program began, until the first frame is there.
    began: Option<Instant>,
}

/// What is known when the window opens.
pub(super) struct Beginning {
    /// The device that the window is drawn with.
    pub(super) window_gpu: Option<Gpu>,
    /// Where pictures are made.
    pub(super) executor: ChosenExecutor,
    /// When the program began.
    pub(super) began: Instant,
}

impl LivePuppet {
    /// Takes the pipeline over, says where it makes its pictures, and looks for recordings that an earlier run left unfinished.
    pub(super) fn new(pipeline: Pipeline, beginning: Beginning, settings: &Settings, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        // Drained before every frame of the window; device lists and recoveries are few.
        let (own, own_events) = unbounded();
        let Beginning { window_gpu, executor, began } = beginning;
        let loopback = settings.virtual_camera.clone();
        let mut puppet =
            Self { pipeline, window_gpu, asked: None, own_events, own, wake, background: Vec::new(), loopback, began: Some(began) };
        puppet.tell(executor_chosen(executor));
        let folder = settings.recordings_dir.clone();
        puppet.beside("look for recordings", move |report| {
            // A folder that is not there yet holds no interrupted recordings.
            let found = record::find_interrupted(&folder).unwrap_or_default();
            if !found.is_empty() {
                report(PuppetEvent::InterruptedFound(found.into_iter().map(interrupted).collect()));
            }
        });
        puppet
    }

    /// Does something that may take long on a thread of its own.
    fn beside(&mut self, name: &'static str, work: impl FnOnce(&dyn Fn(PuppetEvent)) + Send + 'static) {
        self.background.retain(|worker| !worker.is_finished());
        let (out, failed) = (self.own.clone(), self.own.clone());
        let wake = Arc::clone(&self.wake);
        let body = move |_: &crate::runtime::StopFlag| {
            work(&|event| {
                out.send(event).ok();
                wake();
            });
        };
        let worker = Worker::spawn(name, body, move |error| {
            failed.send(PuppetEvent::Warning(error.to_string())).ok();
        });
        match worker {
            Ok(worker) => self.background.push(worker),
            Err(error) => self.tell(PuppetEvent::Warning(error.to_string())),
        }
    }

    /// The device of the virtual camera, while it is on.
    fn sends_to(&self) -> Option<PathBuf> {
        match self.pipeline.virtual_camera()?.phase {
            VirtualCameraPhase::On { device, .. } => Some(device.path),
            VirtualCameraPhase::Opening | VirtualCameraPhase::Over => None,
        }
    }

    fn tell(&self, event: PuppetEvent) {
        self.own.send(event).ok();
        (self.wake)();
    }

    fn source(choice: SourceChoice) -> Result<SourceSpec, String> {
        match choice {
            SourceChoice::Camera(name) => Ok(SourceSpec::Camera(CameraChoice::Name(name))),
            SourceChoice::Clip(path) | SourceChoice::Performance(path) => {
                SourceSpec::from_path(&path, true).map_err(|error| error.to_string())
            }
            SourceChoice::BuiltIn(index) => {
                let builtin = builtin::PERFORMANCES.get(index).ok_or_else(|| "there is no such performance".to_owned())?;
                builtin.source(true).map_err(|error| error.to_string())
            }
        }
    }

    fn translate(&mut self, event: Event) -> PuppetEvent {
        match event {
            Event::SourceOpened(info) => {
                PuppetEvent::SourceOpened { name: info.name, frames_per_sec: Some(info.fps as f32).filter(|fps| *fps > 0.0) }
            }
            Event::SourceStalled { seconds, .. } => PuppetEvent::SourceStalled(seconds as f32),
            Event::SourceRecovered => PuppetEvent::SourceRecovered,
            Event::SourceEnded => PuppetEvent::SourceEnded,
            Event::SourceFailed(message) => PuppetEvent::SourceFailed(message),
            Event::FaceLost => PuppetEvent::FaceLost,
            Event::FaceFound => PuppetEvent::FaceFound,
            Event::Calibrated => PuppetEvent::Calibrated,
            Event::PortraitReady { portrait, tuning, .. } => {
                PuppetEvent::PortraitReady { name: portrait.name.clone(), pixels: Arc::clone(&portrait.pixels), tuning }
            }
            Event::FurtherPictures(pictures) => PuppetEvent::FurtherPictures(pictures.iter().map(|picture| further(picture)).collect()),
            Event::PictureFailed(message) => PuppetEvent::PictureFailed(message),
            Event::ExecutorChosen(chosen) => executor_chosen(*chosen),
            Event::FineTuning(tuning) => PuppetEvent::FineTuning(tuning),
            Event::FineTuned { before, after, kept } => PuppetEvent::FineTuned { before, after, kept },
            Event::FineTuningFailed(message) => PuppetEvent::FineTuningFailed(message),
            Event::ChooseFace { picture } | Event::NoFace { picture } => self.ask(picture),
            Event::PortraitFailed(message) => PuppetEvent::PortraitFailed(message),
            Event::RecordingFinished(finished) => PuppetEvent::RecordingFinished {
                path: finished.path,
                seconds: finished.duration.as_secs_f64(),
                warnings: finished.warnings,
            },
            Event::RecordingFailed(message) => PuppetEvent::RecordingFailed(message),
            Event::VirtualCameraOpened(device) => PuppetEvent::VirtualCameraOpened(device.name),
            Event::VirtualCameraFailed(message) => PuppetEvent::VirtualCameraFailed(message),
            Event::SnapshotSaved(path) => PuppetEvent::SnapshotSaved(path),
            Event::SnapshotFailed(message) => PuppetEvent::SnapshotFailed(message),
            Event::ExecutorFellBack(message) => PuppetEvent::ExecutorFellBack(message),
            Event::Warning(message) => PuppetEvent::Warning(message),
        }
    }

    fn ask(&mut self, picture: Arc<Opened>) -> PuppetEvent {
        let question = FaceQuestion {
            name: picture.picture.name.clone(),
            pixels: Arc::clone(&picture.picture.pixels),
            faces: picture.faces.iter().map(|face| face.place.to_box()).collect(),
        };
        self.asked = Some(picture);
        PuppetEvent::FaceAsked(question)
    }

    /// The clip's own sound where the driver has one, else the microphone; without either the recording is silent, and the user is told.
    fn request(target: &RecordTarget) -> Result<RecordRequest, String> {
        if let Some(folder) = target.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("The folder {} cannot be made: {error}", folder.display()))?;
        }
        let mut options = RecordOptions::new(&target.path).map_err(|error| error.to_string())?;
        if target.own_size {
            options.max_long_side_px = None;
        }
        let sound = if target.sound { Sound::Any(target.microphone.clone()) } else { Sound::Silent };
        Ok(RecordRequest { options, sound })
    }
}

fn further(picture: &Portrait) -> FurtherPicture {
    FurtherPicture { name: picture.name.clone(), pixels: Arc::clone(&picture.pixels) }
}

fn executor_chosen(chosen: ChosenExecutor) -> PuppetEvent {
    PuppetEvent::ExecutorChosen { reason: chosen.reason, measured: chosen.to_remember }
}

fn interrupted(found: record::Interrupted) -> InterruptedRecording {
    InterruptedRecording { path: found.part, bytes: found.bytes }
}

impl Puppet for LivePuppet {
    fn set_source(&mut self, source: SourceChoice) {
        match Self::source(source) {
            Ok(spec) => self.pipeline.set_source(spec),
            Err(message) => self.tell(PuppetEvent::SourceFailed(message)),
        }
    }

    fn refresh_devices(&mut self) {
        let sends_to = self.sends_to();
        self.beside("list devices", move |report| {
            let mut cameras = capture::list_cameras().unwrap_or_default();
            // While this program sends to it, a loopback device of any name looks like a webcam.
            cameras.retain(|camera| sends_to.as_ref() != Some(&PathBuf::from(format!("/dev/video{}", camera.index))));
            report(PuppetEvent::Cameras(cameras.into_iter().map(|c| CameraInfo { id: c.name.clone(), name: c.name }).collect()));
            report(PuppetEvent::Microphones(microphones()));
        });
    }

    fn open_portrait(&mut self, picture: PictureChoice) {
        match picture {
            PictureChoice::File(path) => self.pipeline.open_portrait(PictureInput::Path(path)),
            PictureChoice::Pasted(pixels) => {
                self.pipeline.open_portrait(PictureInput::Pixels { name: "Pasted picture".to_owned(), pixels });
            }
            PictureChoice::BuiltIn(index) => match builtin::PORTRAITS.get(index).map(builtin::BuiltinPortrait::portrait) {
                Some(Ok(portrait)) => self.pipeline.set_portrait(Arc::new(portrait)),
                Some(Err(error)) => self.tell(PuppetEvent::PortraitFailed(error.to_string())),
                None => self.tell(PuppetEvent::PortraitFailed("there is no such built-in portrait".to_owned())),
            },
        }
    }

    fn choose_face(&mut self, index: usize) {
        if let Some(picture) = &self.asked {
            self.pipeline.choose_face(picture, index);
        }
    }

    fn place_face(&mut self, face_box: PixelBox) {
        if let Some(picture) = &self.asked {
            self.pipeline.place_face(picture, face_box);
        }
    }

    fn add_picture(&mut self, file: PathBuf) {
        self.pipeline.add_picture(PictureInput::Path(file));
    }

    fn remove_picture(&mut self, index: usize) {
        self.pipeline.remove_picture(index);
    }

    fn join_before(&mut self) {
        self.pipeline.join_before();
    }

    fn use_executor(&mut self, wanted: ExecutorChoice, known: &[MeasuredAdapter]) {
        self.pipeline.use_executor(wanted, self.window_gpu.clone(), known.to_vec());
    }

    fn fine_tune(&mut self) {
        self.pipeline.fine_tune();
    }

    fn stop_fine_tuning(&mut self) {
        self.pipeline.stop_fine_tuning();
    }

    fn undo_fine_tuning(&mut self) {
        self.pipeline.undo_fine_tuning();
    }

    fn set_controls(&mut self, controls: Controls) {
        self.pipeline.set_controls(controls);
    }

    fn calibrate(&mut self) {
        self.pipeline.calibrate();
    }

    fn take_events(&mut self) -> Vec<PuppetEvent> {
        let events = self.pipeline.take_events();
        let mut translated: Vec<PuppetEvent> = events.into_iter().map(|event| self.translate(event)).collect();
        translated.extend(self.own_events.try_iter());
        translated
    }

    fn take_rendered(&mut self) -> Option<PreviewImage> {
        let rendered = self.pipeline.take_rendered()?;
        if let Some(began) = self.began.take() {
            tracing::info!("the first frame is there {:.2} s after the start", began.elapsed().as_secs_f64());
        }
        Some(match rendered.image {
            RenderedImage::Cpu(pixels) => PreviewImage::Cpu(pixels),
            RenderedImage::Gpu(texture) => PreviewImage::of_texture(&texture),
        })
    }

    fn take_tracked(&mut self) -> Option<TrackedFrame> {
        self.pipeline.take_tracked()
    }

    fn live_stats(&self) -> LiveStats {
        let stats = self.pipeline.live_stats();
        LiveStats { frames_per_sec: stats.frames_per_sec as f32, latency_ms_p50: stats.latency_ms_p50 as f32, executor: stats.executor }
    }

    fn start_recording(&mut self, target: RecordTarget) -> Result<(), String> {
        let request = Self::request(&target)?;
        match self.pipeline.start_recording(request) {
            Ok(None) => Ok(()),
            Ok(Some(warning)) => {
                self.tell(PuppetEvent::Warning(warning));
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn stop_recording(&mut self) {
        self.pipeline.stop_recording();
    }

    fn recording(&self) -> Option<RecordingState> {
        self.pipeline.recording().map(|status| RecordingState {
            elapsed: status.elapsed,
            dropped: status.dropped,
            audio_level: status.audio_level,
            finishing: status.finishing,
        })
    }

    fn set_virtual_camera(&mut self, on: bool) {
        if !on {
            return self.pipeline.stop_virtual_camera();
        }
        let options = VirtualCameraOptions { device: self.loopback.clone(), ..VirtualCameraOptions::default() };
        if let Err(error) = self.pipeline.start_virtual_camera(options) {
            self.tell(PuppetEvent::VirtualCameraFailed(error.to_string()));
        }
    }

    fn virtual_camera(&self) -> Option<VirtualCameraState> {
        match self.pipeline.virtual_camera()?.phase {
            VirtualCameraPhase::Opening => Some(VirtualCameraState::Opening),
            VirtualCameraPhase::On { device, .. } => Some(VirtualCameraState::On { name: device.name }),
            VirtualCameraPhase::Over => None,
        }
    }

    fn snapshot(&mut self, path: PathBuf) {
        if let Some(folder) = path.parent()
            && let Err(error) = std::fs::create_dir_all(folder)
        {
            return self.tell(PuppetEvent::SnapshotFailed(format!("The folder {} cannot be made: {error}", folder.display())));
        }
        self.pipeline.snapshot(path);
    }

    fn recover(&mut self, path: PathBuf) {
        self.beside("recover a recording", move |report| {
            report(match record::recover(&path) {
                Ok(recovered) => PuppetEvent::Recovered(recovered),
                Err(error) => PuppetEvent::RecoveryFailed(error.to_string()),
            });
        });
    }
}

#[cfg(feature = "audio")]
fn microphones() -> Vec<String> {
    record::input_devices().into_iter().map(|device| device.id).collect()
}

#[cfg(not(feature = "audio"))]
fn microphones() -> Vec<String> {
    Vec::new()
}
