//! What the window needs from the pipeline, as a trait, so that the window is tested without cameras and networks.
//!
//! Every method returns at once; results arrive as events.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use image::RgbaImage;

use super::preview::PreviewImage;
use crate::data::{PixelBox, TrackedFrame, Tuning};
use crate::settings::{Controls, ExecutorChoice, MeasuredAdapter};

/// A camera that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// What the pipeline calls it.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What drives the portrait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceChoice {
    /// A camera, by [`CameraInfo::id`].
    Camera(String),
    /// A video file.
    Clip(PathBuf),
    /// A stored performance.
    Performance(PathBuf),
    /// One of the built-in performances, by its place in the list.
    BuiltIn(usize),
}

/// Where a portrait comes from.
#[derive(Clone, Debug)]
pub enum PictureChoice {
    /// A picture file.
    File(PathBuf),
    /// Pixels from the clipboard, straight alpha.
    Pasted(Arc<RgbaImage>),
    /// One of the built-in portraits, by its place in the list.
    BuiltIn(usize),
}

/// A picture in which the user has to say where the face is.
#[derive(Clone, Debug)]
pub struct FaceQuestion {
    /// The picture's name.
    pub name: String,
    /// The picture.
    pub pixels: Arc<RgbaImage>,
    /// The faces that were found, in pixels of the picture, the largest first; may be empty.
    pub faces: Vec<PixelBox>,
}

/// Another picture of the portrait's person.
#[derive(Clone, Debug)]
pub struct FurtherPicture {
    /// Its name.
    pub name: String,
    /// What is used of it.
    pub pixels: Arc<RgbaImage>,
}

/// A recording that an earlier run did not finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptedRecording {
    /// The unfinished file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The numbers at the foot of the panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStats {
    /// Pictures made per second; 0 while nothing runs.
    pub frames_per_sec: f32,
    /// Median time from a frame's arrival to its picture, in milliseconds.
    pub latency_ms_p50: f32,
    /// What makes the pictures, such as "CPU" or "GPU: name of the card".
    pub executor: String,
}

/// What shall be recorded, and where to.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordTarget {
    /// The file to write, whose name ends in `.mp4`; its folder is made when it is missing.
    pub path: PathBuf,
    /// Whether with sound.
    pub sound: bool,
    /// The microphone's name; `None` is the system's default.
    pub microphone: Option<String>,
    /// Whether in the picture's own size.
    pub own_size: bool,
}

/// A recording that is running.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RecordingState {
    /// How long it is so far.
    pub elapsed: Duration,
    /// Frames that could not be kept.
    pub dropped: u64,
    /// Loudness of the microphone, 0 to 1; `None` without sound.
    pub audio_level: Option<f32>,
    /// How far the file is with being completed after the stop, 0 to 1; `None` while recording.
    pub finishing: Option<f32>,
}

/// A virtual camera that is on, or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VirtualCameraState {
    /// It is being opened.
    Opening,
    /// Other programs can choose it.
    On {
        /// What they call it.
        name: String,
    },
}

/// What happened in the pipeline.
#[derive(Clone, Debug)]
pub enum PuppetEvent {
    /// The cameras that can be chosen now.
    Cameras(Vec<CameraInfo>),
    /// The microphones that can be chosen now.
    Microphones(Vec<String>),
    /// A source delivers frames.
    SourceOpened {
        /// What to call it.
        name: String,
        /// Its nominal rate, if it has one.
        frames_per_sec: Option<f32>,
    },
    /// No frame has come for this many seconds.
    SourceStalled(f32),
    /// Frames come again.
    SourceRecovered,
    /// A clip or performance is over.
    SourceEnded,
    /// The source cannot be used; the message says why and what to do.
    SourceFailed(String),
    /// There is no face in front of the camera any more.
    FaceLost,
    /// There is one again.
    FaceFound,
    /// The driver's neutral face was taken.
    Calibrated,
    /// A portrait is ready to be moved. An open question about the same picture stays open.
    PortraitReady {
        /// Its name: the file's stem, or the title of a built-in one.
        name: String,
        /// The picture at rest.
        pixels: Arc<RgbaImage>,
        /// Whether it is fine-tuned already.
        tuning: Tuning,
    },
    /// Which further pictures the portrait is made from, whenever that changes; another portrait begins with none.
    FurtherPictures(Vec<FurtherPicture>),
    /// A further picture cannot be used; the message says why.
    PictureFailed(String),
    /// How far the portrait is fine-tuned, whenever that changes.
    FineTuning(Tuning),
    /// Fine-tuning has come to its end.
    FineTuned {
        /// How far the portrait was from its picture.
        before: f32,
        /// How far it would be after.
        after: f32,
        /// Whether that is better, and used from now on.
        kept: bool,
    },
    /// Fine-tuning was not possible; the message says why.
    FineTuningFailed(String),
    /// The picture has several faces or none, and the user has to help.
    FaceAsked(FaceQuestion),
    /// The picture cannot be used; the message says why and what to do.
    PortraitFailed(String),
    /// A recording is complete.
    RecordingFinished {
        /// The file.
        path: PathBuf,
        /// Its length in seconds.
        seconds: f64,
        /// What did not go quite right.
        warnings: Vec<String>,
    },
    /// A recording had to stop; the message says what was kept.
    RecordingFailed(String),
    /// Other programs can choose the camera of this name from now on.
    VirtualCameraOpened(String),
    /// The virtual camera cannot be used, or has ended; the message says why and what to do.
    VirtualCameraFailed(String),
    /// A snapshot was written.
    SnapshotSaved(PathBuf),
    /// A snapshot could not be written.
    SnapshotFailed(String),
    /// Where the pictures are made, at the start and whenever the user chose.
    ExecutorChosen {
        /// Why there; a sentence without its full stop.
        reason: String,
        /// An adapter that was measured for it, to be remembered.
        measured: Option<MeasuredAdapter>,
    },
    /// The pictures are made elsewhere from now on; the message says why.
    ExecutorFellBack(String),
    /// A part of the program failed; the message says what still works.
    Warning(String),
    /// An earlier run left unfinished recordings.
    InterruptedFound(Vec<InterruptedRecording>),
    /// An unfinished recording was made playable.
    Recovered(PathBuf),
    /// It could not be.
    RecoveryFailed(String),
}

/// The pipeline as the window sees it. Nothing here waits.
pub trait Puppet {
    /// Lets something else drive the portrait.
    fn set_source(&mut self, source: SourceChoice);
    /// Looks for cameras and microphones; answers with [`PuppetEvent::Cameras`] and [`PuppetEvent::Microphones`].
    fn refresh_devices(&mut self);
    /// Opens a portrait; answers with `PortraitReady`, `FaceAsked` or `PortraitFailed`.
    fn open_portrait(&mut self, picture: PictureChoice);
    /// Answers the last [`FaceQuestion`] with one of its faces.
    fn choose_face(&mut self, index: usize);
    /// Answers the last [`FaceQuestion`] with a box in pixels of its picture.
    fn place_face(&mut self, face_box: PixelBox);
    /// Makes the portrait from another picture of its person, too; answers with `FurtherPictures` or `PictureFailed`.
    fn add_picture(&mut self, file: PathBuf);
    /// Does without one of the further pictures, by its place among them; answers with `FurtherPictures`.
    fn remove_picture(&mut self, index: usize);
    /// Goes back to the portrait before the present one, with that as another picture of the same person; answers with `PortraitReady` and `FurtherPictures`.
    fn join_before(&mut self);
    /// Makes the pictures elsewhere; `known` are adapters that were measured before. Answers with `ExecutorChosen`.
    fn use_executor(&mut self, wanted: ExecutorChoice, known: &[MeasuredAdapter]);
    /// Learns the person's pictures; answers with `FineTuning` and at the end with `FineTuned` or `FineTuningFailed`.
    fn fine_tune(&mut self);
    /// Cancels that: all is as before; answers with `FineTuning`.
    fn stop_fine_tuning(&mut self);
    /// Forgets what was learnt; answers with `FineTuning`.
    fn undo_fine_tuning(&mut self);
    /// Changes how the portrait follows.
    fn set_controls(&mut self, controls: Controls);
    /// Takes the driver's present face as neutral.
    fn calibrate(&mut self);
    /// What happened since the last call.
    fn take_events(&mut self) -> Vec<PuppetEvent>;
    /// The newest picture, `None` when there is nothing new.
    fn take_rendered(&mut self) -> Option<PreviewImage>;
    /// The newest driver frame, `None` when there is nothing new.
    fn take_tracked(&mut self) -> Option<TrackedFrame>;
    /// The present speed.
    fn live_stats(&self) -> LiveStats;
    /// Begins to record. The error says why it cannot.
    fn start_recording(&mut self, target: RecordTarget) -> Result<(), String>;
    /// Ends the recording; answers with `RecordingFinished` or `RecordingFailed`.
    fn stop_recording(&mut self);
    /// The recording that is running, if one is.
    fn recording(&self) -> Option<RecordingState>;
    /// Lets other programs see the portrait as a camera, or not; answers with `VirtualCameraOpened` or `VirtualCameraFailed`.
    fn set_virtual_camera(&mut self, on: bool);
    /// The virtual camera, if it is on.
    fn virtual_camera(&self) -> Option<VirtualCameraState>;
    /// Writes the present picture to a PNG file, whose folder is made when it is missing; answers with `SnapshotSaved` or `SnapshotFailed`.
    fn snapshot(&mut self, path: PathBuf);
    /// Makes an unfinished recording playable; answers with `Recovered` or `RecoveryFailed`.
    fn recover(&mut self, path: PathBuf);
}
