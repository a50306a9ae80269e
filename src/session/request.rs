//! Everything that a front end can ask of the pipeline.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use image::RgbaImage;
use serde::{Deserialize, Serialize};

use super::{DriverChoice, Framing, VirtualCameraOptions};
use crate::data::{Background, PixelBox, Portrait};
use crate::settings::{Controls, ExecutorChoice};

/// A number that the front end gives to a request, so that it recognises the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

impl RequestId {
    /// The number for one more request, after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Something that the pipeline shall do.
#[derive(Clone, Debug)]
pub enum Request {
    /// Drive the portrait by something else. A new driver is calibrated anew. A clip or a performance waits at its first picture until a portrait is alive.
    /// Answers: `SourceOpened` or `SourceFailed`.
    Drive(DriverChoice),
    /// Play the clip or the performance that drives in another way; a camera plays as it likes.
    Play(PlayRequest),
    /// List the cameras and microphones. Answers: `Cameras` and `Microphones`.
    ListDevices,
    /// Look at every camera in turn from now on, and list them anew when there are others; or do so no more. The one that drives is not opened a second time.
    /// Answers: `CameraSeen` for each, and `Cameras`.
    LookAtCameras(bool),
    /// Open a portrait. Answers: `PortraitReady`, `FaceAsked` or `PortraitFailed`; none when another portrait is asked for meanwhile.
    OpenPortrait {
        /// Comes back with the answers.
        id: RequestId,
        /// Which one.
        choice: PortraitChoice,
    },
    /// Answer a [`FaceQuestion`](super::FaceQuestion) with one of its faces. Answers as for [`Self::OpenPortrait`].
    ChooseFace {
        /// Number of the question.
        id: RequestId,
        /// Which of its faces.
        index: usize,
    },
    /// Answer a [`FaceQuestion`](super::FaceQuestion) with a box around the face. Answers as for [`Self::OpenPortrait`].
    PlaceFace {
        /// Number of the question.
        id: RequestId,
        /// The box, in pixels of its picture.
        face_box: PixelBox,
    },
    /// Make the portrait from another picture of its person, too. Answers: `FurtherPictures` or `PictureFailed`; none when another portrait was opened since.
    AddPicture {
        /// Comes back with the answer.
        id: RequestId,
        /// Number of the request that opened the portrait.
        portrait: RequestId,
        /// The picture.
        picture: PictureInput,
    },
    /// Do without one of the further pictures, by its place among them. Answer: `FurtherPictures`.
    RemovePicture(usize),
    /// Take the portrait before this one back, with this one and its further pictures as further pictures of the same person. Possible when
    /// [`PortraitReady::replaced`](super::PortraitReady::replaced) named it. Answers: `PortraitReady` with the number of the first portrait's request, and `FurtherPictures`.
    JoinBefore,
    /// Fine-tune on the portrait's pictures. The portrait goes on living meanwhile and shows what is learnt; another portrait, one more picture or one less cancels
    /// it. Answers: `FineTuning`, and at the end `FineTuned` or `FineTuningFailed`.
    FineTune,
    /// Cancel fine-tuning: all is as before it. Answer: `FineTuning`.
    StopFineTuning,
    /// Draw the portrait without what fine-tuning made, and delete that. Answer: `FineTuning`.
    UndoFineTuning,
    /// Change strengths, smoothing and switches.
    SetControls(Controls),
    /// Take the driver's next frames as neutral. Answer: `Calibrated`.
    Calibrate,
    /// Take the driver's present picture, and it alone, as neutral. Answer: `Calibrated`, or `Warning` when it shows no face.
    CalibrateHere,
    /// Record, save and send this part of the portrait's picture from now on.
    Frame(Framing),
    /// The picture is shown so large from now on, in pixels of the screen per pixel of its own: at first 1. Below it the CPU makes smaller pictures, at less work; recordings,
    /// snapshots and the virtual camera always have all of it.
    ShowAt(f32),
    /// Show the portrait's person before this background from now on. It is there a moment later. Answer: `BackgroundFailed`, when it cannot be.
    SetBackground(Background),
    /// Make the pictures elsewhere. While a recording runs, nothing changes. Answer: `ExecutorChosen`.
    UseExecutor(ExecutorChoice),
    /// Record what is shown, into an MP4 file. Answers: `RecordingFailed` when it cannot start; otherwise as for [`Self::StopRecording`].
    StartRecording(RecordingRequest),
    /// End the recording. Answers: `RecordingFinished` or `RecordingFailed`.
    StopRecording,
    /// Write the present picture to a PNG file. Answers: `SnapshotSaved` or `SnapshotFailed`.
    Snapshot(NewFile),
    /// Show what is shown to other programs as a camera. Answers: `VirtualCameraOpened` or `VirtualCameraFailed`.
    StartVirtualCamera(VirtualCameraOptions),
    /// End that: programs that read the camera get no more pictures.
    StopVirtualCamera,
    /// Look for recordings in a folder that an earlier run did not finish. Answer: `InterruptedFound`, when there are any.
    FindInterrupted(PathBuf),
    /// Make an unfinished recording playable. Answers: `Recovered` or `RecoveryFailed`.
    Recover(PathBuf),
}

/// How a clip or a performance shall be played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlayRequest {
    /// Stand still, or go on. At its end going on begins it anew.
    Pause(bool),
    /// Go to a place of the present repetition; what stands still shows the picture there.
    Seek(Duration),
    /// Start again at its end, or not.
    Loop(bool),
    /// Play at a multiple of its own speed.
    Speed(f32),
}

/// A picture whose face is to be found.
#[derive(Clone, Debug)]
pub enum PictureInput {
    /// A file.
    Path(PathBuf),
    /// The bytes of a file.
    Bytes {
        /// What to call it.
        name: String,
        /// The file's content.
        bytes: Arc<[u8]>,
    },
    /// Pixels, sRGB with straight alpha.
    Pixels {
        /// What to call it.
        name: String,
        /// The picture.
        pixels: Arc<RgbaImage>,
    },
    /// Pixels of another arrangement, such as a clipboard's, which are converted on the worker thread.
    Deferred {
        /// What to call it.
        name: String,
        /// The conversion.
        pixels: DeferredPixels,
    },
}

/// A conversion into pixels that is done where there is time for it. Cheap to clone.
#[derive(Clone)]
pub struct DeferredPixels(Arc<dyn Fn() -> RgbaImage + Send + Sync>);

impl DeferredPixels {
    /// Converts when asked to, into sRGB with straight alpha.
    pub fn new(convert: impl Fn() -> RgbaImage + Send + Sync + 'static) -> Self {
        Self(Arc::new(convert))
    }

    /// The pixels, converted now.
    pub fn convert(&self) -> RgbaImage {
        (self.0)()
    }
}

impl fmt::Debug for DeferredPixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeferredPixels")
    }
}

/// Which portrait to open.
#[derive(Clone, Debug)]
pub enum PortraitChoice {
    /// A picture of the user's.
    Picture(PictureInput),
    /// The same, in which the user has said before where the face is: nothing is asked while there is one.
    PictureWithFace(PictureInput, FaceShare),
    /// A built-in portrait, by its place in [`builtin::PORTRAITS`](crate::builtin::PORTRAITS).
    BuiltIn(usize),
    /// A portrait whose landmarks are known already.
    Enrolled(Arc<Portrait>),
}

impl PortraitChoice {
    /// The picture file at a path.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::Picture(PictureInput::Path(path.into()))
    }

    /// Where it comes from.
    pub fn origin(&self) -> PortraitOrigin {
        match self {
            Self::Picture(PictureInput::Path(path)) | Self::PictureWithFace(PictureInput::Path(path), _) => {
                PortraitOrigin::File(path.clone())
            }
            Self::BuiltIn(index) => PortraitOrigin::BuiltIn(*index),
            Self::Picture(_) | Self::PictureWithFace(..) | Self::Enrolled(_) => PortraitOrigin::Memory,
        }
    }
}

/// Where a face is in a picture, whatever its resolution: every edge as a share of the picture's width or height, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceShare {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl FaceShare {
    /// The share that a box has of a picture of that width and height, in pixels; what reaches past its edges is cut off.
    pub fn of(face: &PixelBox, [width, height]: [u32; 2]) -> Self {
        let share = |at: f32, side: u32| (at / side.max(1) as f32).clamp(0.0, 1.0);
        Self {
            left: share(face.left, width),
            top: share(face.top, height),
            right: share(face.right, width),
            bottom: share(face.bottom, height),
        }
    }

    /// The box in a picture of that width and height, in pixels.
    pub fn in_picture(&self, [width, height]: [u32; 2]) -> PixelBox {
        let [width, height] = [width, height].map(|side| side as f32);
        PixelBox { left: self.left * width, top: self.top * height, right: self.right * width, bottom: self.bottom * height }
    }

    /// Whether it can be a face: numbers within the picture, and some room between them.
    pub fn is_sane(&self) -> bool {
        const LEAST: f32 = 1e-3;
        let edges = [self.left, self.top, self.right, self.bottom];
        edges.iter().all(|edge| (0.0..=1.0).contains(edge)) && self.right - self.left > LEAST && self.bottom - self.top > LEAST
    }
}

/// Where a portrait comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PortraitOrigin {
    /// From a file.
    File(PathBuf),
    /// From the program, by its place in [`builtin::PORTRAITS`](crate::builtin::PORTRAITS).
    BuiltIn(usize),
    /// From memory, such as the clipboard.
    #[default]
    Memory,
}

impl PortraitOrigin {
    /// The file, where it comes from one.
    pub fn path(&self) -> Option<&Path> {
        if let Self::File(path) = self { Some(path) } else { None }
    }
}

/// A file to write. Its folder is made when it is missing, and its name gets the first free number: `TITLE 1.mp4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where to.
    pub folder: PathBuf,
    /// What the name begins with; characters that no file name may have become spaces.
    pub title: String,
    /// Whether its pictures show a mark that says that they are synthetic.
    pub mark: bool,
}

/// What to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRequest {
    /// Where to.
    pub file: NewFile,
    /// Whether in the picture's own size instead of at most 1920 pixels on the long side.
    pub own_size: bool,
    /// With which sound.
    pub sound: Sound,
    /// What is to be seen beside the living portrait.
    pub panes: Panes,
}

/// What a recording shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Panes {
    /// The living portrait alone.
    #[default]
    Alone,
    /// The painting, and the living one to its right.
    BeforeAndAfter,
    /// Whoever drives, the painting, the living one.
    Triptych,
}

/// Which sound a recording gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// None.
    Silent,
    /// The driving clip's own, where it has one.
    OfDriver,
    /// A microphone, by name or the system's default; without it there is no recording.
    Microphone(Option<String>),
    /// The clip's own where there is one, else a microphone, else none and a warning: for the window, where a missing microphone must not stop a recording.
    Any(Option<String>),
}
