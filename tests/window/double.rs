//! A double in place of the pipeline: writes down what it is asked, and gives back what a test has prepared.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use retrato::data::{PixelBox, TrackedFrame};
use retrato::present::{
    LiveStats, PictureChoice, PreviewImage, Puppet, PuppetEvent, RecordTarget, RecordingState, SourceChoice, VirtualCameraState,
};
use retrato::settings::{Controls, ExecutorChoice, MeasuredAdapter};

/// What the window asked of the pipeline, in words.
#[derive(Default)]
pub(super) struct Log {
    calls: Vec<String>,
    pub(super) events: Vec<PuppetEvent>,
    pub(super) rendered: Option<PreviewImage>,
    pub(super) tracked: Option<TrackedFrame>,
    pub(super) stats: LiveStats,
    pub(super) recording: Option<RecordingState>,
    pub(super) virtual_camera: Option<VirtualCameraState>,
}

/// Stands in for the pipeline: writes down what it is asked, and gives back what the test has prepared.
#[derive(Clone, Default)]
pub(super) struct Double(pub(super) Rc<RefCell<Log>>);

impl Double {
    fn note(&self, call: impl Into<String>) {
        self.0.borrow_mut().calls.push(call.into());
    }

    pub(super) fn report(&self, event: PuppetEvent) {
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

impl Puppet for Double {
    fn set_source(&mut self, source: SourceChoice) {
        self.note(match source {
            SourceChoice::Camera(id) => format!("camera {id}"),
            SourceChoice::Clip(path) => format!("clip {}", name_of(&path)),
            SourceChoice::Performance(path) => format!("performance {}", name_of(&path)),
            SourceChoice::BuiltIn(index) => format!("built-in performance {index}"),
        });
    }

    fn refresh_devices(&mut self) {
        self.note("refresh");
    }

    fn open_portrait(&mut self, picture: PictureChoice) {
        self.note(match picture {
            PictureChoice::File(path) => format!("open {}", name_of(&path)),
            PictureChoice::Pasted(image) => format!("open pasted {}x{}", image.width(), image.height()),
            PictureChoice::BuiltIn(index) => format!("open built-in {index}"),
        });
    }

    fn choose_face(&mut self, index: usize) {
        self.note(format!("face {index}"));
    }

    fn place_face(&mut self, b: PixelBox) {
        self.note(format!("place {:.0} {:.0} {:.0} {:.0}", b.left, b.top, b.right, b.bottom));
    }

    fn add_picture(&mut self, file: PathBuf) {
        self.note(format!("add {}", name_of(&file)));
    }

    fn remove_picture(&mut self, index: usize) {
        self.note(format!("remove {index}"));
    }

    fn join_before(&mut self) {
        self.note("join");
    }

    fn use_executor(&mut self, wanted: ExecutorChoice, known: &[MeasuredAdapter]) {
        self.note(format!("executor {wanted:?}, {} known", known.len()));
    }

    fn fine_tune(&mut self) {
        self.note("fine-tune");
    }

    fn stop_fine_tuning(&mut self) {
        self.note("stop fine-tuning");
    }

    fn undo_fine_tuning(&mut self) {
        self.note("undo fine-tuning");
    }

    fn set_controls(&mut self, controls: Controls) {
        self.note(format!("controls mirror={} head={:.2}", controls.mirror, controls.strengths.head));
    }

    fn calibrate(&mut self) {
        self.note("calibrate");
    }

    fn take_events(&mut self) -> Vec<PuppetEvent> {
        std::mem::take(&mut self.0.borrow_mut().events)
    }

    fn take_rendered(&mut self) -> Option<PreviewImage> {
        self.0.borrow_mut().rendered.take()
    }

    fn take_tracked(&mut self) -> Option<TrackedFrame> {
        self.0.borrow_mut().tracked.take()
    }

    fn live_stats(&self) -> LiveStats {
        self.0.borrow().stats.clone()
    }

    fn start_recording(&mut self, target: RecordTarget) -> Result<(), String> {
        self.note(format!("record {} sound={}", name_of(&target.path), target.sound));
        self.0.borrow_mut().recording = Some(RecordingState { audio_level: Some(0.6), ..RecordingState::default() });
        Ok(())
    }

    fn stop_recording(&mut self) {
        self.note("stop");
        self.0.borrow_mut().recording = None;
    }

    fn recording(&self) -> Option<RecordingState> {
        self.0.borrow().recording
    }

    fn set_virtual_camera(&mut self, on: bool) {
        self.note(format!("virtual camera {}", if on { "on" } else { "off" }));
        self.0.borrow_mut().virtual_camera = on.then_some(VirtualCameraState::Opening);
    }

    fn virtual_camera(&self) -> Option<VirtualCameraState> {
        self.0.borrow().virtual_camera.clone()
    }

    fn snapshot(&mut self, path: PathBuf) {
        self.note(format!("snapshot {}", name_of(&path)));
    }

    fn recover(&mut self, path: PathBuf) {
        self.note(format!("recover {}", name_of(&path)));
    }
}
