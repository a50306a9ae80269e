//! A double in place of the pipeline: writes down what it is asked, and gives back what a test has prepared.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use retrato::data::TrackedFrame;
use retrato::session::{
    CameraChoice, DriverChoice, Event, LiveStats, Panes, PictureInput, Playback, PortraitChoice, RecordStatus, RecordingRequest, Rendered,
    Request, RequestId, Session, Sound, VirtualCameraStatus,
};

/// What the window asked of the pipeline, in words.
#[derive(Default)]
pub(super) struct Log {
    calls: Vec<String>,
    /// Number of the last request that has one.
    pub(super) last: RequestId,
    /// The portrait that a picture was added to last.
    pub(super) added_to: RequestId,
    pub(super) events: Vec<Event>,
    pub(super) rendered: Option<Rendered>,
    pub(super) tracked: Option<TrackedFrame>,
    pub(super) stats: LiveStats,
    pub(super) recording: Option<RecordStatus>,
    pub(super) virtual_camera: Option<VirtualCameraStatus>,
    pub(super) playback: Option<Playback>,
    /// How large the picture is shown, as it was told last.
    pub(super) shown_at: Option<f32>,
}

/// Stands in for the pipeline: writes down what it is asked, and gives back what the test has prepared.
#[derive(Clone, Default)]
pub(super) struct Double(pub(super) Rc<RefCell<Log>>);

impl Double {
    pub(super) fn report(&self, event: Event) {
        self.0.borrow_mut().events.push(event);
    }

    /// The calls since the last time, without the steady ones of the start.
    pub(super) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut().calls)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn name_of_input(picture: &PictureInput) -> String {
    match picture {
        PictureInput::Path(path) => name_of(path),
        PictureInput::Bytes { name, .. } | PictureInput::Pixels { name, .. } => name.clone(),
        PictureInput::Deferred { name, pixels } => {
            let pixels = pixels.convert();
            format!("{name} {}x{}", pixels.width(), pixels.height())
        }
    }
}

fn driver(choice: DriverChoice) -> String {
    match choice {
        DriverChoice::Camera(CameraChoice::Listed { index, name }) => format!("camera {index} {name}"),
        DriverChoice::Camera(choice) => format!("camera {choice:?}"),
        DriverChoice::File(path) => format!("drive by {}", name_of(&path)),
        DriverChoice::BuiltIn(index) => format!("built-in performance {index}"),
    }
}

fn recording(RecordingRequest { file, sound, panes, .. }: RecordingRequest) -> String {
    let beside = if panes == Panes::Alone { String::new() } else { format!(" {panes:?}") };
    format!("record {} sound={}{beside}", file.title, sound != Sound::Silent)
}

impl Session for Double {
    fn request(&self, request: Request) {
        let mut log = self.0.borrow_mut();
        match &request {
            Request::OpenPortrait { id, .. } => log.last = *id,
            Request::AddPicture { id, portrait, .. } => (log.last, log.added_to) = (*id, *portrait),
            Request::StartRecording(_) => log.recording = Some(RecordStatus { audio_level: Some(0.6), ..RecordStatus::default() }),
            Request::StopRecording => log.recording = None,
            Request::StartVirtualCamera(_) => log.virtual_camera = Some(VirtualCameraStatus::default()),
            Request::StopVirtualCamera => log.virtual_camera = None,
            _ => {}
        }
        let call = match request {
            Request::Drive(choice) => driver(choice),
            Request::ListDevices => "list devices".to_owned(),
            Request::LookAtCameras(on) => format!("look at cameras {on}"),
            Request::OpenPortrait { choice: PortraitChoice::BuiltIn(index), .. } => format!("open built-in {index}"),
            Request::OpenPortrait { choice: PortraitChoice::Picture(picture), .. } => format!("open {}", name_of_input(&picture)),
            Request::OpenPortrait { choice: PortraitChoice::PictureWithFace(picture, face), .. } => {
                format!("open {} with the face at {:.2} {:.2}", name_of_input(&picture), face.left, face.top)
            }
            Request::OpenPortrait { choice: PortraitChoice::Enrolled(portrait), .. } => format!("open {}", portrait.name),
            Request::ChooseFace { id, index } => format!("face {index} of {}", id.0),
            Request::PlaceFace { face_box: b, .. } => format!("place {:.0} {:.0} {:.0} {:.0}", b.left, b.top, b.right, b.bottom),
            Request::AddPicture { picture, .. } => format!("add {}", name_of_input(&picture)),
            Request::RemovePicture(index) => format!("remove {index}"),
            Request::JoinBefore => "join".to_owned(),
            Request::FineTune => "fine-tune".to_owned(),
            Request::StopFineTuning => "stop fine-tuning".to_owned(),
            Request::UndoFineTuning => "undo fine-tuning".to_owned(),
            Request::SetControls(controls) => format!("controls mirror={} head={:.2}", controls.mirror, controls.strengths.head),
            Request::Calibrate => "calibrate".to_owned(),
            Request::CalibrateHere => "calibrate here".to_owned(),
            Request::Play(wish) => format!("play {wish:?}"),
            Request::Frame(framing) => format!("frame {framing:?}"),
            // Follows the window's size, and is nothing that a person does.
            Request::ShowAt(scale) => return log.shown_at = Some(scale),
            Request::SetBackground(background) => format!("background {background:?}"),
            Request::UseExecutor(wish) => format!("executor {wish:?}"),
            Request::StartRecording(request) => recording(request),
            Request::StopRecording => "stop".to_owned(),
            Request::Snapshot(file) => format!("snapshot {}", file.title),
            Request::StartVirtualCamera(_) => "virtual camera on".to_owned(),
            Request::StopVirtualCamera => "virtual camera off".to_owned(),
            Request::FindInterrupted(_) => "find interrupted".to_owned(),
            Request::Recover(path) => format!("recover {}", name_of(&path)),
        };
        log.calls.push(call);
    }

    fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.borrow_mut().events)
    }

    fn take_rendered(&self) -> Option<Rendered> {
        self.0.borrow_mut().rendered.take()
    }

    fn take_tracked(&self) -> Option<TrackedFrame> {
        self.0.borrow_mut().tracked.take()
    }

    fn live_stats(&self) -> LiveStats {
        self.0.borrow().stats.clone()
    }

    fn playback(&self) -> Option<Playback> {
        self.0.borrow().playback.clone()
    }

    fn recording(&self) -> Option<RecordStatus> {
        self.0.borrow().recording.clone()
    }

    fn virtual_camera(&self) -> Option<VirtualCameraStatus> {
        self.0.borrow().virtual_camera.clone()
    }
}
