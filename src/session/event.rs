//! Everything that the pipeline reports.

use std::path::PathBuf;
use std::sync::Arc;

use image::RgbaImage;

use super::{CameraInfo, CameraLook, Decision, Finished, Interrupted, LoopbackDevice, PortraitOrigin, RequestId, SourceInfo};
use crate::data::{Background, PixelBox, Portrait, Tuning};

/// Something that has happened. Texts are whole sentences for the user, and say what to do.
#[derive(Clone, Debug)]
pub enum Event {
    /// The cameras that can be chosen now.
    Cameras(Vec<CameraInfo>),
    /// What is seen of a camera, while all are looked at.
    CameraSeen(CameraLook),
    /// The microphones that can be chosen now, by name.
    Microphones(Vec<String>),
    /// The driver delivers. Comes again when a camera was opened anew.
    SourceOpened(SourceInfo),
    /// A camera has sent nothing for a while; it is tried again.
    SourceStalled {
        /// Seconds without a frame.
        seconds: f64,
        /// What its driver said.
        reason: String,
    },
    /// A silent camera sends again.
    SourceRecovered,
    /// A clip or performance is over.
    SourceEnded,
    /// The driver cannot be opened or read.
    SourceFailed(String),
    /// The driver's face has left the frame.
    FaceLost,
    /// The driver's face is in the frame.
    FaceFound,
    /// The driver's neutral face is known.
    Calibrated,
    /// A portrait is alive from now on. A [`FaceQuestion`] about the same picture stays open.
    PortraitReady(PortraitReady),
    /// The picture has several faces, of which the largest is alive already, or none, and the user has to help.
    FaceAsked(FaceQuestion),
    /// A picture cannot be used as a portrait.
    PortraitFailed {
        /// Number of the request.
        id: RequestId,
        /// Why.
        why: String,
    },
    /// Which further pictures the portrait is made from, whenever that changes; another portrait begins with none.
    FurtherPictures {
        /// All of them.
        pictures: Vec<Arc<Portrait>>,
        /// Number of the request that added one.
        added: Option<RequestId>,
    },
    /// A further picture cannot be used; all is as before.
    PictureFailed {
        /// Number of the request.
        id: RequestId,
        /// Why.
        why: String,
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
    /// The portrait cannot be shown before the background that was wanted: it has its own, and so have those after it.
    BackgroundFailed {
        /// The one that was wanted; another one may be wanted since.
        background: Background,
        /// What went wrong.
        why: String,
    },
    /// Where the pictures are made, at the start and whenever another executor was asked for.
    ExecutorChosen(Decision),
    /// Something was given up; the live work goes on without it.
    Degraded(Degraded),
    /// A recording is complete.
    RecordingFinished(Finished),
    /// A recording could not start, or had to stop; says what was kept.
    RecordingFailed(String),
    /// Other programs can choose the virtual camera from now on.
    VirtualCameraOpened(LoopbackDevice),
    /// The virtual camera cannot be opened, or has ended.
    VirtualCameraFailed(String),
    /// A snapshot is written.
    SnapshotSaved(PathBuf),
    /// A snapshot could not be written.
    SnapshotFailed(String),
    /// An earlier run left unfinished recordings.
    InterruptedFound(Vec<Interrupted>),
    /// An unfinished recording was made playable.
    Recovered(PathBuf),
    /// It could not be.
    RecoveryFailed(String),
    /// A part of the program failed; says what still works.
    Warning(String),
}

/// A portrait that has come alive.
#[derive(Clone, Debug)]
pub struct PortraitReady {
    /// Number of the request that opened it.
    pub id: RequestId,
    /// Where it comes from.
    pub origin: PortraitOrigin,
    /// The portrait.
    pub portrait: Arc<Portrait>,
    /// Whether it is fine-tuned already, by what an earlier run kept.
    pub tuning: Tuning,
    /// Whether it can be made from further pictures of its person.
    pub takes_pictures: bool,
    /// Name of the portrait whose place it has taken, when the two may be pictures of one person: [`Request::JoinBefore`](super::Request::JoinBefore)
    /// then uses both. `None` when it is the same picture by its content, when a built-in portrait was there before, and when the generator uses one picture only.
    pub replaced: Option<String>,
}

/// A picture in which the user has to say where the face is.
#[derive(Clone, Debug)]
pub struct FaceQuestion {
    /// Number of the request that opened the picture; the answer has the same.
    pub id: RequestId,
    /// The picture's name.
    pub name: String,
    /// The picture.
    pub pixels: Arc<RgbaImage>,
    /// The faces that were found, in pixels of the picture, the largest first; may be empty.
    pub faces: Vec<PixelBox>,
}

/// Something that was given up while the live work goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Degraded {
    /// The graphics adapter: the CPU makes the pictures from now on.
    Executor {
        /// What went wrong.
        why: String,
    },
    /// The networks, for this portrait; the next one tries them again.
    Networks {
        /// What went wrong.
        why: String,
        /// Name of the generator that moves the portrait now.
        generator: String,
        /// Whether the portrait can still be made from further pictures of its person.
        takes_pictures: bool,
    },
}

impl Degraded {
    /// What has happened and what follows, for the user.
    pub fn sentence(&self) -> String {
        match self {
            Self::Executor { why } => format!("The graphics adapter cannot go on ({why}). Retrato continues on the CPU."),
            Self::Networks { why, .. } => {
                format!("The networks cannot go on ({why}). This portrait is moved without them, less well; the next one tries them again.")
            }
        }
    }
}
