//! The generating thread: newest motion in, finished pictures out; hands them to the recording and to the virtual camera, too.

mod person;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::Receiver;

use super::command::{Command, LivePortrait};
use super::driver_epoch::{DriverEpoch, FromDriver};
use super::error::PipelineError;
use super::fine_tuning::FineTuning;
use super::further::FurtherPictures;
use super::live_camera::LiveCamera;
use super::live_fine_tuning::LiveFineTuning;
use super::live_recording::LiveRecording;
use super::panes::Moment;
use super::puppet::Puppet;
use super::shared::{PipelineState, lock, source_type};
use super::{outputs, puppet};
use crate::data::{FrameTime, Portrait, TrackedFrame};
use crate::executor::{Decision, Executors};
use crate::generate::{self, GeneratorChoice};
use crate::gpu::Gpu;
use crate::runtime::{FileCache, LatestReader, LatestWriter, StopFlag, Worker, WorkerError};
use crate::session::{Degraded, Event, Framing, NewFile, PicturePart, PortraitReady, Rendered, RenderedImage};
use crate::settings::{Controls, ExecutorChoice};
use crate::virtual_camera::VirtualCamera;

/// How long the thread sleeps at most before it looks at its commands: a dropped portrait waits for no frame of the driver.
const PATIENCE: Duration = Duration::from_millis(4);

/// Smallest pictures that are made, against the portrait's own: a window has some hundred pixels at least.
const LEAST_SHOWN: f32 = 1.0 / 64.0;

/// The thread's connections.
pub(super) struct Links {
    pub(super) tracked: LatestReader<FromDriver<TrackedFrame>>,
    pub(super) commands: Receiver<Command>,
    pub(super) rendered: LatestWriter<Rendered>,
}

/// What the thread starts with.
pub(super) struct Start {
    pub(super) executors: Executors,
    pub(super) executor: Decision,
    pub(super) generator: GeneratorChoice,
    pub(super) controls: Controls,
    pub(super) fine_tuning: FineTuning,
    pub(super) known_plates: Option<FileCache>,
    pub(super) began: Instant,
}

/// Starts the thread.
pub(super) fn spawn(links: Links, start: Start, shared: Arc<PipelineState>) -> Result<Worker, PipelineError> {
    let panicked = Arc::clone(&shared);
    let worker = Worker::spawn(
        "generate",
        move |stop| Generating::new(links, start, shared).run(stop),
        move |error| {
            *lock(&panicked.recording) = None;
            panicked.report(Event::Warning(format!("{error}. Restart Retrato to go on; a recording that was running is kept.")));
        },
    )?;
    Ok(worker)
}

struct Generating {
    links: Links,
    puppet: Puppet,
    live: Option<LivePortrait>,
    further: FurtherPictures,
    executors: Executors,
    /// Where pictures are made at present.
    executor: Decision,
    gpu: Option<Gpu>,
    shared: Arc<PipelineState>,
    driver: DriverEpoch,
    /// The driver's last frame.
    last: Option<TrackedFrame>,
    framing: Framing,
    /// How large the picture is shown, in pixels of the screen per pixel of its own.
    shown_at: f32,
    /// What of the portrait's picture that is; `None` for all of it.
    part: Option<PicturePart>,
    recording: Option<LiveRecording>,
    camera: Option<LiveCamera>,
    /// Whether the portrait is drawn by something else since it was shown.
    stale: bool,
    calibrating: bool,
    /// Whether it was reported that the networks are given up for this portrait.
    networks_given_up: bool,
    fine_tuning: LiveFineTuning,
    /// Files being finished or written beside the running work.
    background: Vec<Worker>,
    /// When the program began, until the first frame is there.
    began: Option<Instant>,
}

impl Generating {
    fn new(links: Links, start: Start, shared: Arc<PipelineState>) -> Self {
        let Start { executors, executor, generator: choice, controls, fine_tuning, known_plates, began } = start;
        let (mut generator, trouble) = generate::start(&choice);
        if let Some(known) = known_plates {
            generator.remember_in(known);
        }
        generator.make_haste();
        if let Some(trouble) = trouble {
            shared.report(Event::Warning(trouble));
        }
        let gpu = executors.device(&executor.executor);
        let mut puppet = Puppet::new(generator, gpu.clone(), shared.timings.clone());
        puppet.set_controls(controls);
        shared.set_trained(puppet.uses_networks());
        shared.report(Event::ExecutorChosen(executor.clone()));
        let generating = Self {
            links,
            puppet,
            live: None,
            further: FurtherPictures::default(),
            executors,
            executor,
            gpu,
            shared,
            driver: DriverEpoch::default(),
            last: None,
            framing: Framing::default(),
            shown_at: 1.0,
            part: None,
            recording: None,
            camera: None,
            stale: false,
            calibrating: true,
            networks_given_up: false,
            fine_tuning: LiveFineTuning::new(fine_tuning, &choice),
            background: Vec::new(),
            began: Some(began),
        };
        generating.update_read_out();
        generating
    }

    fn run(mut self, stop: &StopFlag) {
        while !stop.is_set() {
            while let Ok(command) = self.links.commands.try_recv() {
                self.obey(command);
            }
            self.background.retain(|worker| !worker.is_finished());
            self.stale |= self.fine_tuning.follow(&mut self.puppet, &self.shared);
            self.stale |= self.puppet.improve_plate();
            self.follow_background();
            if let Some(tracked) = self.links.tracked.take_timeout(PATIENCE) {
                self.follow(tracked);
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
            Command::Portrait(new) => {
                let replaced = self.further.turn_to(self.live.as_ref(), &new.portrait);
                self.take_portrait(*new, replaced);
            }
            Command::AddPicture(picture) => self.add_further(&picture),
            Command::RemovePicture(index) => self.remove_further(index),
            Command::JoinBefore => self.join_before(),
            Command::UseExecutor(wish) => self.use_executor(wish),
            Command::Controls(controls) => self.puppet.set_controls(controls),
            Command::NewDriver(driver) => self.turn_to_driver(driver),
            Command::Calibrate => self.recalibrate(),
            Command::CalibrateHere => {
                if self.last.as_ref().is_some_and(|last| self.puppet.take_as_neutral(last)) {
                    (self.calibrating, self.stale) = (true, true);
                } else {
                    let why = "There is no face in this picture, so it cannot be the neutral one. Choose another picture of the clip.";
                    self.shared.report(Event::Warning(why.to_owned()));
                }
            }
            Command::Frame(framing) => {
                self.framing = framing;
                self.frame_part();
                self.stale = true;
            }
            Command::ShowAt(scale) => {
                self.shown_at = scale.clamp(LEAST_SHOWN, 1.0);
                self.stale = true;
            }
            Command::SetBackground(background) => {
                self.puppet.set_background(background);
                self.stale = true;
            }
            Command::Record(recording) => {
                self.stop_recording();
                self.recording = Some(LiveRecording::new(*recording, self.gpu.as_ref()));
            }
            Command::StopRecording => self.stop_recording(),
            Command::VirtualCamera(camera) => self.change_camera(camera),
            Command::Snapshot(file) => self.snapshot(file),
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

    /// Animates a portrait from now on. `replaced` is the name of the one before, if both may be pictures of one person.
    fn take_portrait(&mut self, new: LivePortrait, replaced: Option<String>) {
        let LivePortrait { id, origin, portrait } = new.clone();
        self.live = Some(new);
        self.frame_part();
        self.networks_given_up = false;
        if let Some(why) = self.set_on_puppet(&portrait) {
            self.shared.report(Event::Degraded(Degraded::Executor { why }));
        }
        self.fine_tuning.turn_to(&[&portrait], &self.puppet);
        self.puppet.adopt(self.fine_tuning.tuned());
        let tuning = self.fine_tuning.state(&self.puppet);
        let takes_pictures = self.puppet.takes_pictures();
        let replaced = replaced.filter(|_| takes_pictures);
        self.shared.report(Event::PortraitReady(PortraitReady { id, origin, portrait, tuning, takes_pictures, replaced }));
        self.shared.portrait_is_alive();
        self.update_read_out();
        self.frame_again();
    }

    /// Another driver: nothing is learnt of it from frames of the one before.
    fn turn_to_driver(&mut self, driver: DriverEpoch) {
        if self.driver.turn_to(driver) {
            self.last = None;
            self.recalibrate();
        }
    }

    fn recalibrate(&mut self) {
        self.puppet.recalibrate();
        self.calibrating = true;
    }

    /// Moves the portrait by a frame of the driver. One of an earlier driver may come late.
    fn follow(&mut self, FromDriver { epoch, value: tracked }: FromDriver<TrackedFrame>) {
        self.turn_to_driver(epoch);
        if epoch != self.driver {
            return;
        }
        self.frame(&tracked, Puppet::frame_at);
        self.shared.timings.add("latency", tracked.time.captured_at.elapsed());
        self.shared.count_frame(tracked.time.captured_at.elapsed());
        self.last = Some(tracked);
    }

    /// Finds the part of the portrait's picture that is wanted.
    fn frame_part(&mut self) {
        self.part = self.live.as_ref().and_then(|live| self.framing.part(&live.portrait));
    }

    /// Shows the background that was wanted once it is made, or says why it cannot be and shows the portrait's own.
    fn follow_background(&mut self) {
        let background = self.puppet.background();
        match self.puppet.take_background() {
            Ok(shown) => self.stale |= shown,
            Err(error) => {
                self.stale = true;
                self.shared.report(Event::BackgroundFailed { background, why: error.to_string() });
            }
        }
    }

    /// Gives the puppet a portrait. When the GPU cannot take it, or cannot go on at all, the CPU does; gives the reason then.
    fn set_on_puppet(&mut self, portrait: &Portrait) -> Option<String> {
        let refused = self.puppet.set_portrait(portrait).err().map(|error| error.to_string());
        let why = refused.or_else(|| self.gpu.as_ref()?.health.fault().map(|fault| fault.to_string()))?;
        self.leave_gpu(&why);
        // The CPU takes any picture that could be opened.
        if let Err(error) = self.puppet.set_portrait(portrait) {
            tracing::error!("the CPU executor refused a portrait: {error}");
        }
        Some(why)
    }

    /// Shows the portrait at once, moved or at rest, whether or not the driver sends anything just now.
    fn frame_again(&mut self) {
        let tracked = self.last.clone().unwrap_or_else(|| TrackedFrame { time: start_time(), pixels: None, face: None });
        self.frame(&tracked, Puppet::frame_again);
    }

    /// Hands out the picture that the puppet `makes` of a frame.
    fn frame(&mut self, tracked: &TrackedFrame, makes: fn(&mut Puppet, &TrackedFrame, f32) -> Option<RenderedImage>) {
        if let Some(fault) = self.gpu.as_ref().and_then(|gpu| gpu.health.fault()) {
            self.fall_back(fault.to_string());
        }
        self.stale = false;
        // Films and cameras have all of the picture.
        let is_kept = self.recording.is_some() || self.camera.is_some();
        let scale = if is_kept { 1.0 } else { self.shown_at };
        let Some((image, live)) = makes(&mut self.puppet, tracked, scale).zip(self.live.as_ref()) else { return };
        let (id, size_px) = (live.id, live.portrait.pixels.dimensions().into());
        let moment = Moment::of(tracked, &live.portrait, self.part, self.puppet.mirrors());
        self.watch_networks();
        if let Some(recording) = &mut self.recording {
            recording.add(&image, moment);
        }
        if let Some(camera) = &mut self.camera {
            camera.add(&image, self.part);
        }
        self.links.rendered.put(Rendered { time: tracked.time, portrait: id, image, size_px });
        if let Some(began) = self.began.take() {
            tracing::info!("the first frame is there {:.2} s after the start", began.elapsed().as_secs_f64());
        }
        if self.calibrating && self.puppet.is_calibrated() {
            self.calibrating = false;
            self.shared.report(Event::Calibrated);
        }
        self.shared.wake();
    }

    /// Reports once for each portrait when its networks were given up.
    fn watch_networks(&mut self) {
        if self.networks_given_up {
            return;
        }
        let Some(why) = self.puppet.networks_fault().map(str::to_owned) else { return };
        self.networks_given_up = true;
        self.update_read_out();
        let (generator, takes_pictures) = (self.puppet.generator().to_owned(), self.puppet.takes_pictures());
        self.shared.report(Event::Degraded(Degraded::Networks { why, generator, takes_pictures }));
        self.fine_tuning.stop(&mut self.puppet, &self.shared);
        self.shared.report(Event::FineTuning(self.fine_tuning.state(&self.puppet)));
    }

    /// Goes on without the GPU, with all that belongs to the portrait.
    fn fall_back(&mut self, why: String) {
        self.leave_gpu(&why);
        self.set_again();
        self.update_read_out();
        self.shared.report(Event::Degraded(Degraded::Executor { why }));
    }

    /// Makes pictures on the CPU from now on. The portrait must be set again.
    fn leave_gpu(&mut self, why: &str) {
        self.gpu = None;
        self.puppet.leave_gpu();
        self.executor = self.executor.clone().refused(why);
    }

    /// Gives the puppet all that belongs to the portrait, after a change of the executor.
    fn set_again(&mut self) {
        let Some(portrait) = self.live.as_ref().map(|live| Arc::clone(&live.portrait)) else { return };
        self.set_on_puppet(&portrait);
        self.further.show(&mut self.puppet);
        self.puppet.adopt(self.fine_tuning.tuned());
    }

    fn use_executor(&mut self, wish: ExecutorChoice) {
        if self.recording.is_some() {
            // Its frames come back from where they were made at its start.
            self.shared.report(Event::Warning("The executor can be changed when the recording is over.".to_owned()));
            return self.shared.report(Event::ExecutorChosen(self.executor.clone()));
        }
        let decision = self.executors.choose(wish);
        self.gpu = self.executors.device(&decision.executor);
        self.puppet.use_gpu(self.gpu.clone());
        if let Some(camera) = &mut self.camera {
            camera.use_gpu(self.gpu.as_ref());
        }
        self.executor = decision;
        self.set_again();
        self.update_read_out();
        self.shared.report(Event::ExecutorChosen(self.executor.clone()));
        if self.live.is_some() {
            self.frame_again();
        }
    }

    fn update_read_out(&self) {
        *lock(&self.shared.executor) = self.executor.executor.to_string();
        self.puppet.generator().clone_into(&mut lock(&self.shared.generator));
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
        self.background.extend(outputs::finish_recording(&self.shared, move |progress| recording.finish(progress)));
    }

    fn change_camera(&mut self, camera: Option<Box<VirtualCamera>>) {
        if let Some(earlier) = self.camera.take() {
            self.background.push(earlier.close());
        }
        let Some(camera) = camera else { return };
        let mut camera = LiveCamera::new(*camera, self.gpu.as_ref(), self.shared.timings.clone());
        if let Some(picture) = self.puppet.last_frame() {
            // The driver may send nothing just now.
            camera.add(&picture, self.part);
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

    fn snapshot(&mut self, file: NewFile) {
        let Some(pixels) = self.puppet.last_frame().and_then(|image| puppet::pixels(&image, self.gpu.as_ref())) else {
            self.shared.report(Event::SnapshotFailed("there is no portrait to take a picture of: open one first".to_owned()));
            return;
        };
        let pixels = self.part.map_or_else(|| Arc::clone(&pixels), |part| Arc::new(part.cut(&pixels)));
        let made_by = source_type(self.puppet.uses_networks());
        let writing = outputs::write_snapshot(file, pixels, made_by, &self.shared);
        self.keep(writing);
    }

    fn keep(&mut self, worker: Result<Worker, WorkerError>) {
        match worker {
            Ok(worker) => self.background.push(worker),
            Err(error) => self.shared.report(Event::Warning(error.to_string())),
        }
    }
}

fn start_time() -> FrameTime {
    FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() }
}

#[cfg(test)]
mod tests;
