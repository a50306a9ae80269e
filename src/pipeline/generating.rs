//! The generating thread: newest motion in, finished pictures out; hands them to the recording and to the virtual camera, too.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;

use super::executor::ExecutorWish;
use super::fine_tuning::FineTuning;
use super::further::FurtherPictures;
use super::live_camera::LiveCamera;
use super::live_fine_tuning::LiveFineTuning;
use super::live_recording::LiveRecording;
use super::puppet::{Puppet, RenderedImage};
use super::{Event, PipelineError, Rendered, Shared, lock};
use crate::capture::{SourceInfo, SourceSpec};
use crate::data::{FrameTime, Portrait, TrackedFrame};
use crate::generate::{self, GeneratorChoice};
use crate::gpu::Gpu;
use crate::record::{Recorder, SourceType};
use crate::runtime::{FileCache, LatestReader, LatestWriter, StopFlag, Worker};
use crate::settings::Controls;
use crate::virtual_camera::VirtualCamera;

/// How long the thread sleeps at most before it looks at its commands: a dropped portrait waits for no frame of the driver.
const PATIENCE: Duration = Duration::from_millis(4);

/// What the thread is told.
pub(super) enum Command {
    /// Animate this portrait from now on; the number of faces in its picture is passed on to the window.
    Portrait(Arc<Portrait>, usize),
    /// Make the portrait from this picture of its person, too.
    AddPicture(Arc<Portrait>),
    /// Do without one of those pictures.
    RemovePicture(usize),
    /// Go back to the portrait before, with the present one as another picture of its person.
    JoinBefore,
    /// Make pictures elsewhere.
    UseExecutor(Box<ExecutorWish>),
    /// New strengths and switches.
    Controls(Controls),
    /// Take the driver's next frames as neutral.
    Calibrate,
    /// Record from now on, with a clip's own sound where one is given.
    Record(Box<Recorder>, Option<(SourceSpec, SourceInfo)>),
    /// End the recording.
    StopRecording,
    /// Send every picture to this virtual camera from now on; without one, to none.
    VirtualCamera(Option<Box<VirtualCamera>>),
    /// Write the current picture.
    Snapshot(PathBuf),
    /// Learn the person's pictures.
    FineTune,
    /// Cancel that.
    StopFineTuning,
    /// Forget what was learnt.
    UndoFineTuning,
}

/// The thread's connections.
pub(super) struct Links {
    pub(super) tracked: LatestReader<TrackedFrame>,
    pub(super) commands: Receiver<Command>,
    pub(super) rendered: LatestWriter<Rendered>,
}

/// What the thread starts with.
pub(super) struct Start {
    pub(super) generator: GeneratorChoice,
    pub(super) gpu: Option<Gpu>,
    pub(super) controls: Controls,
    pub(super) fine_tuning: FineTuning,
    pub(super) known_plates: Option<FileCache>,
}

/// Starts the thread.
pub(super) fn spawn(links: Links, start: Start, shared: Arc<Shared>) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let worker = Worker::spawn(
        "generate",
        move |stop| Generating::new(links, start, shared).run(stop),
        move |error| panicked.report(Event::Warning(format!("{error}. Restart Retrato to go on; a recording that was running is kept."))),
    )?;
    Ok(worker)
}

struct Generating {
    links: Links,
    puppet: Puppet,
    portrait: Option<Arc<Portrait>>,
    further: FurtherPictures,
    gpu: Option<Gpu>,
    shared: Arc<Shared>,
    last: Option<TrackedFrame>,
    shown: Option<RenderedImage>,
    recording: Option<LiveRecording>,
    camera: Option<LiveCamera>,
    /// Whether the portrait is drawn by something else since it was shown.
    stale: bool,
    calibrating: bool,
    fine_tuning: LiveFineTuning,
    /// Files being finished or written beside the running work.
    background: Vec<Worker>,
}

impl Generating {
    fn new(links: Links, start: Start, shared: Arc<Shared>) -> Self {
        let Start { generator: choice, gpu, controls, fine_tuning, known_plates } = start;
        let (mut generator, trouble) = generate::start(&choice);
        if let Some(known) = known_plates {
            generator.remember_in(known);
        }
        if let Some(trouble) = trouble {
            shared.report(Event::Warning(trouble));
        }
        let mut puppet = Puppet::new(generator, gpu.clone(), shared.timings.clone());
        puppet.set_controls(controls);
        *lock(&shared.executor) = puppet.executor();
        puppet.generator().clone_into(&mut lock(&shared.generator));
        Self {
            links,
            puppet,
            portrait: None,
            further: FurtherPictures::default(),
            gpu,
            shared,
            last: None,
            shown: None,
            recording: None,
            camera: None,
            stale: false,
            calibrating: true,
            fine_tuning: LiveFineTuning::new(fine_tuning, &choice),
            background: Vec::new(),
        }
    }

    fn run(mut self, stop: &StopFlag) {
        while !stop.is_set() {
            while let Ok(command) = self.links.commands.try_recv() {
                self.obey(command);
            }
            self.background.retain(|worker| !worker.is_finished());
            self.stale |= self.fine_tuning.follow(&mut self.puppet, &self.shared);
            if let Some(tracked) = self.links.tracked.take_timeout(PATIENCE) {
                self.frame(&tracked);
                self.shared.timings.add("latency", tracked.time.captured_at.elapsed());
                self.shared.count_frame(tracked.time.captured_at.elapsed());
                self.last = Some(tracked);
            } else if self.stale {
                // The driver sends nothing just now.
                self.frame_again();
            }
            self.watch_recording();
            self.watch_camera();
        }
        self.stop_recording();
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Portrait(portrait, faces) => self.take_portrait(portrait, faces),
            Command::AddPicture(picture) => self.add_picture(&picture),
            Command::RemovePicture(index) => {
                if self.further.remove(index, &mut self.puppet) {
                    self.further_changed();
                }
            }
            Command::JoinBefore => self.join_before(),
            Command::UseExecutor(wish) => self.use_executor(*wish),
            Command::Controls(controls) => self.puppet.set_controls(controls),
            Command::Calibrate => {
                self.puppet.recalibrate();
                self.calibrating = true;
            }
            Command::Record(recorder, clip) => {
                self.stop_recording();
                self.recording = Some(LiveRecording::new(*recorder, clip, self.gpu.as_ref()));
            }
            Command::StopRecording => self.stop_recording(),
            Command::VirtualCamera(camera) => self.change_camera(camera),
            Command::Snapshot(path) => self.snapshot(path),
            Command::FineTune => self.fine_tuning.start(self.pictures(), &self.puppet, &self.shared),
            Command::StopFineTuning => {
                self.fine_tuning.stop(&mut self.puppet, &self.shared);
                self.stale = true;
            }
            Command::UndoFineTuning => {
                self.fine_tuning.undo(&mut self.puppet, &self.shared);
                self.stale = true;
            }
        }
    }

    fn take_portrait(&mut self, portrait: Arc<Portrait>, faces: usize) {
        self.fine_tuning.turn_to(&[&portrait], &self.puppet);
        self.further.turn_to(self.portrait.as_ref(), &portrait);
        if let Err(error) = self.puppet.set_portrait(&portrait) {
            self.fall_back(&error.to_string(), &portrait);
        }
        self.puppet.adopt(self.fine_tuning.tuned());
        self.portrait = Some(Arc::clone(&portrait));
        let tuning = self.fine_tuning.state(&self.puppet);
        self.shared.report(Event::PortraitReady { portrait, faces, tuning });
        self.frame_again();
    }

    fn add_picture(&mut self, picture: &Portrait) {
        match self.further.add(picture, self.portrait.as_deref(), &mut self.puppet) {
            Ok(()) => self.further_changed(),
            Err(why) => self.shared.report(Event::PictureFailed(why)),
        }
    }

    fn join_before(&mut self) {
        let Some((portrait, pictures)) = self.portrait.clone().and_then(|present| self.further.joined(&present)) else { return };
        self.take_portrait(portrait, 1);
        self.further.forget_before();
        for picture in &pictures {
            self.add_picture(picture);
        }
    }

    /// All pictures of the person, the portrait first.
    fn pictures(&self) -> Vec<Arc<Portrait>> {
        self.portrait.iter().chain(self.further.all()).cloned().collect()
    }

    /// Draws by the pictures that are there now, and says which they are. What was learnt of others is not theirs.
    fn further_changed(&mut self) {
        let pictures = self.pictures();
        if self.fine_tuning.turn_to(&pictures.iter().map(|picture| &**picture).collect::<Vec<_>>(), &self.puppet) {
            let why = "Fine-tuning has ended, since the person's pictures are others now. Begin it again to learn all of them.";
            self.shared.report(Event::Warning(why.to_owned()));
        }
        if let Some(tuned) = self.fine_tuning.tuned() {
            self.puppet.adopt(Some(tuned));
        }
        self.stale = true;
        self.shared.report(Event::FurtherPictures(self.further.all().to_vec()));
        self.shared.report(Event::FineTuning(self.fine_tuning.state(&self.puppet)));
    }

    /// Shows the portrait at once, moved or at rest, whether or not the driver sends anything just now.
    fn frame_again(&mut self) {
        let tracked = self.last.clone().unwrap_or_else(|| TrackedFrame { time: start_time(), pixels: None, face: None });
        self.frame(&tracked);
    }

    fn frame(&mut self, tracked: &TrackedFrame) {
        if let (Some(failure), Some(portrait)) = (self.gpu.as_ref().and_then(|gpu| gpu.health.fault()), self.portrait.clone()) {
            self.fall_back(&failure.to_string(), &portrait);
        }
        self.stale = false;
        let Some((image, portrait)) = self.puppet.frame(tracked).zip(self.portrait.clone()) else { return };
        if let Some(recording) = &mut self.recording {
            recording.add(&image, tracked.time);
        }
        if let Some(camera) = &mut self.camera {
            camera.add(&image);
        }
        self.shown = Some(image.clone());
        self.links.rendered.put(Rendered { time: tracked.time, portrait, image });
        if self.calibrating && self.puppet.is_calibrated() {
            self.calibrating = false;
            self.shared.report(Event::Calibrated);
        }
        (self.shared.wake)();
    }

    fn fall_back(&mut self, reason: &str, portrait: &Portrait) {
        self.gpu = None;
        self.puppet.leave_gpu();
        // The CPU takes any picture that could be opened.
        if let Err(error) = self.puppet.set_portrait(portrait) {
            tracing::error!("the CPU executor refused a portrait: {error}");
        }
        self.further.show(&mut self.puppet);
        self.puppet.adopt(self.fine_tuning.tuned());
        *lock(&self.shared.executor) = self.puppet.executor();
        self.shared.report(Event::ExecutorFellBack(format!("The graphics adapter cannot go on ({reason}). Retrato continues on the CPU.")));
    }

    fn use_executor(&mut self, wish: ExecutorWish) {
        if self.recording.is_some() {
            // Its frames come back from where they were made at its start.
            return self.shared.report(Event::Warning("The executor can be changed when the recording is over.".to_owned()));
        }
        let chosen = wish.choose();
        self.gpu.clone_from(&chosen.gpu);
        self.puppet.use_gpu(chosen.gpu.clone());
        if let Some(camera) = &mut self.camera {
            camera.use_gpu(self.gpu.as_ref());
        }
        if let Some(portrait) = self.portrait.clone() {
            match self.puppet.set_portrait(&portrait) {
                Ok(()) => {
                    self.further.show(&mut self.puppet);
                    self.puppet.adopt(self.fine_tuning.tuned());
                }
                Err(error) => self.fall_back(&error.to_string(), &portrait),
            }
            self.frame_again();
        }
        *lock(&self.shared.executor) = self.puppet.executor();
        self.shared.report(Event::ExecutorChosen(Box::new(chosen)));
    }

    /// Follows the recording's state, and ends one that has stopped by itself.
    fn watch_recording(&mut self) {
        let Some(recording) = &self.recording else { return };
        *lock(&self.shared.recording) = Some(recording.status());
        if recording.is_over() {
            self.stop_recording();
        }
    }

    fn stop_recording(&mut self) {
        let Some(recording) = self.recording.take() else { return };
        let shared = Arc::clone(&self.shared);
        let panicked = Arc::clone(&self.shared);
        let finishing = Worker::spawn(
            "finish recording",
            move |_| {
                let event = match recording.finish(|status| *lock(&shared.recording) = Some(status)) {
                    Ok(finished) => Event::RecordingFinished(finished),
                    Err(error) => Event::RecordingFailed(error.to_string()),
                };
                *lock(&shared.recording) = None;
                shared.report(event);
            },
            move |error| panicked.report(Event::RecordingFailed(error.to_string())),
        );
        self.keep(finishing);
    }

    fn change_camera(&mut self, camera: Option<Box<VirtualCamera>>) {
        if let Some(earlier) = self.camera.take() {
            self.background.push(earlier.close());
        }
        let Some(camera) = camera else { return };
        let mut camera = LiveCamera::new(*camera, self.gpu.as_ref(), self.shared.timings.clone());
        if let Some(shown) = &self.shown {
            // The driver may send nothing just now.
            camera.add(shown);
        }
        self.camera = Some(camera);
    }

    /// Hands over what has arrived for the virtual camera, and lets go of one that has ended by itself.
    fn watch_camera(&mut self) {
        if let Some(camera) = &mut self.camera {
            camera.catch_up();
        }
        self.camera.take_if(|camera| camera.is_over());
    }

    fn snapshot(&mut self, path: PathBuf) {
        let Some(pixels) = self.shown.as_ref().and_then(|image| super::puppet::pixels(image, self.gpu.as_ref())) else {
            self.shared.report(Event::SnapshotFailed("there is no portrait to take a picture of: open one first".to_owned()));
            return;
        };
        let shared = Arc::clone(&self.shared);
        let panicked = Arc::clone(&self.shared);
        let writing = Worker::spawn(
            "snapshot",
            move |_| {
                shared.report(match crate::record::snapshot(&path, &pixels, SourceType::default()) {
                    Ok(path) => Event::SnapshotSaved(path),
                    Err(error) => Event::SnapshotFailed(error.to_string()),
                });
            },
            move |error| panicked.report(Event::SnapshotFailed(error.to_string())),
        );
        self.keep(writing);
    }

    fn keep(&mut self, worker: Result<Worker, crate::runtime::WorkerError>) {
        match worker {
            Ok(worker) => self.background.push(worker),
            Err(error) => self.shared.report(Event::Warning(error.to_string())),
        }
    }
}

fn start_time() -> FrameTime {
    FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() }
}
