//! The live pipeline as its front end holds it: passes requests on to the threads, and gives what comes back.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};

use super::camera_looks::CameraLooks;
use super::config::PipelineConfig;
use super::enroll::{self, EnrollJob};
use super::errands::Errands;
use super::error::PipelineError;
use super::outputs::{self, OutputJob};
use super::shared::{PipelineState, lock};
use super::{command, driving, generating, live_camera, tracking};
use crate::capture::Transport;
use crate::data::TrackedFrame;
use crate::record::RecordStatus;
use crate::runtime::{Latest, LatestReader, Timings, Worker};
use crate::session::{DriverChoice, Event, LiveStats, PlayRequest, Playback, Rendered, Request, Session};
use crate::virtual_camera::{VirtualCameraPhase, VirtualCameraStatus, VirtualCameraWatch};

/// The live pipeline. Fields are dropped in this order: the ends of the requests' links first, which ends the threads that wait for them.
pub struct Pipeline {
    shared: Arc<PipelineState>,
    events: Receiver<Event>,
    rendered: LatestReader<Rendered>,
    tracked: LatestReader<TrackedFrame>,
    to_driving: Sender<DriverChoice>,
    to_outputs: Sender<OutputJob>,
    to_enroll: Sender<EnrollJob>,
    to_track: Sender<tracking::Command>,
    to_generate: Sender<command::Command>,
    errands: Errands,
    camera_looks: CameraLooks,
    _workers: [Worker; 5],
}

impl Pipeline {
    /// Starts the threads. `wake` is called from them whenever there is something new.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(config: PipelineConfig, wake: impl Fn() + Send + Sync + 'static) -> Result<Self, PipelineError> {
        // Events are few and each must reach the front end, which drains them before every frame: no bound is needed. Requests are as few.
        let (events_out, events) = unbounded();
        let shared = Arc::new(PipelineState::new(events_out, wake));
        let model = enroll::SharedModel::load(config.landmark_model)?;
        let (input, input_in) = Latest::new();
        let (tracked_out, tracked_in) = Latest::new();
        let (inset_out, tracked) = Latest::new();
        let (rendered_out, rendered) = Latest::new();
        let (to_driving, driver_choices) = unbounded();
        let (to_outputs, output_jobs) = unbounded();
        let (to_enroll, enroll_jobs) = unbounded();
        let (to_track, track_commands) = unbounded();
        let (to_generate, generate_commands) = unbounded();
        let PipelineConfig { executors, executor, generator, controls, fine_tuning, memory, began, .. } = config;
        let track_links = tracking::Links { input: input_in, commands: track_commands, tracked: tracked_out, inset: inset_out };
        let track = tracking::spawn(track_links, model.clone(), &controls, Arc::clone(&shared))?;
        let generate_links = generating::Links { tracked: tracked_in, commands: generate_commands, rendered: rendered_out };
        let start = generating::Start { executors, executor, generator, controls, fine_tuning, known_plates: memory.plates, began };
        let generate = generating::spawn(generate_links, start, Arc::clone(&shared))?;
        let enroll = enroll::spawn(enroll_jobs, model, to_generate.clone(), memory.faces, Arc::clone(&shared))?;
        let driving_links = driving::Links { choices: driver_choices, input, to_track: to_track.clone(), to_generate: to_generate.clone() };
        let driving = driving::spawn(driving_links, Arc::clone(&shared))?;
        let outputs = outputs::spawn(output_jobs, to_generate.clone(), Arc::clone(&shared))?;
        Ok(Self {
            errands: Errands::new(Arc::clone(&shared)),
            camera_looks: CameraLooks::default(),
            shared,
            events,
            rendered,
            tracked,
            to_driving,
            to_outputs,
            to_enroll,
            to_track,
            to_generate,
            _workers: [driving, track, enroll, outputs, generate],
        })
    }

    /// Waits for the next finished frame, for runs without a window.
    pub fn wait_rendered(&self, timeout: Duration) -> Option<Rendered> {
        self.rendered.take_timeout(timeout)
    }

    /// Times of all stages since the start.
    pub fn timings(&self) -> &Timings {
        &self.shared.timings
    }

    // A thread that is gone has reported its panic; what is asked of it then is lost.

    fn generate(&self, command: command::Command) {
        self.to_generate.send(command).ok();
    }

    fn enroll(&self, job: EnrollJob) {
        self.to_enroll.send(job).ok();
    }

    fn output(&self, job: OutputJob) {
        self.to_outputs.send(job).ok();
    }
}

impl Session for Pipeline {
    fn request(&self, request: Request) {
        use command::Command;
        match request {
            Request::Drive(choice) => drop(self.to_driving.send(choice)),
            Request::Play(wish) => {
                if let Some(transport) = &*lock(&self.shared.transport) {
                    match wish {
                        PlayRequest::Pause(paused) => transport.pause(paused),
                        PlayRequest::Seek(to) => transport.seek(to),
                        PlayRequest::Loop(looped) => transport.set_looped(looped),
                        PlayRequest::Speed(speed) => transport.set_speed(speed),
                    }
                }
            }
            Request::ListDevices => self.errands.list_devices(),
            Request::LookAtCameras(on) => self.camera_looks.set(on, &self.shared),
            Request::OpenPortrait { id, choice } => self.enroll(EnrollJob::Open(id, choice)),
            Request::ChooseFace { id, index } => self.enroll(EnrollJob::Choose(id, index)),
            Request::PlaceFace { id, face_box } => self.enroll(EnrollJob::Place(id, face_box)),
            Request::AddPicture { id, portrait, picture } => self.enroll(EnrollJob::Add { id, portrait, picture }),
            Request::RemovePicture(index) => self.generate(Command::RemovePicture(index)),
            Request::JoinBefore => self.generate(Command::JoinBefore),
            Request::FineTune => self.generate(Command::FineTune),
            Request::StopFineTuning => self.generate(Command::StopFineTuning),
            Request::UndoFineTuning => self.generate(Command::UndoFineTuning),
            Request::SetControls(controls) => {
                let reading = tracking::Command::Reading { smoothing: controls.smoothing, reader: controls.reader };
                self.to_track.send(reading).ok();
                self.generate(Command::Controls(controls));
            }
            Request::Calibrate => self.generate(Command::Calibrate),
            Request::CalibrateHere => self.generate(Command::CalibrateHere),
            Request::Frame(framing) => self.generate(Command::Frame(framing)),
            Request::ShowAt(scale) => self.generate(Command::ShowAt(scale)),
            Request::SetBackground(background) => self.generate(Command::SetBackground(background)),
            Request::UseExecutor(wish) => self.generate(Command::UseExecutor(wish)),
            Request::StartRecording(recording) => {
                // A front end sees at once that it has begun.
                lock(&self.shared.recording).get_or_insert_with(RecordStatus::default);
                self.output(OutputJob::Start(recording));
            }
            Request::StopRecording => self.output(OutputJob::Stop),
            Request::Snapshot(file) => self.generate(Command::Snapshot(file)),
            Request::StartVirtualCamera(options) => match live_camera::start(options, &self.shared) {
                Ok(camera) => self.generate(Command::VirtualCamera(Some(Box::new(camera)))),
                Err(error) => self.shared.report(Event::VirtualCameraFailed(error.to_string())),
            },
            Request::StopVirtualCamera => {
                *lock(&self.shared.virtual_camera) = None;
                self.generate(Command::VirtualCamera(None));
            }
            Request::FindInterrupted(folder) => self.errands.find_interrupted(folder),
            Request::Recover(path) => self.errands.recover(path),
        }
    }

    fn take_events(&self) -> Vec<Event> {
        self.events.try_iter().collect()
    }

    fn take_rendered(&self) -> Option<Rendered> {
        self.rendered.take()
    }

    fn take_tracked(&self) -> Option<TrackedFrame> {
        self.tracked.take()
    }

    fn live_stats(&self) -> LiveStats {
        self.shared.live_stats()
    }

    fn playback(&self) -> Option<Playback> {
        lock(&self.shared.transport).as_ref().map(Transport::playback)
    }

    fn recording(&self) -> Option<RecordStatus> {
        lock(&self.shared.recording).clone()
    }

    fn virtual_camera(&self) -> Option<VirtualCameraStatus> {
        let status = lock(&self.shared.virtual_camera).as_ref().map(VirtualCameraWatch::status);
        status.filter(|status| status.phase != VirtualCameraPhase::Over)
    }
}
