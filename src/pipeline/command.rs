//! What the generating thread is asked for.

use std::sync::Arc;

use super::driver_epoch::DriverEpoch;
use super::live_recording::Recording;
use crate::data::{Background, Portrait};
use crate::session::{Framing, NewFile, PortraitOrigin, RequestId};
use crate::settings::{Controls, ExecutorChoice};
use crate::virtual_camera::VirtualCamera;

/// A portrait that is alive, or was.
#[derive(Clone)]
pub(super) struct LivePortrait {
    /// Number of the request that opened it.
    pub(super) id: RequestId,
    pub(super) origin: PortraitOrigin,
    pub(super) portrait: Arc<Portrait>,
}

/// Another picture of a portrait's person.
pub(super) struct PictureToAdd {
    /// Number of its own request.
    pub(super) id: RequestId,
    /// Number of the request that opened the portrait.
    pub(super) portrait: RequestId,
    pub(super) picture: Arc<Portrait>,
}

/// One thing that the thread is asked for.
pub(super) enum Command {
    /// Animate this portrait from now on.
    Portrait(Box<LivePortrait>),
    /// Make the portrait from this picture of its person, too.
    AddPicture(PictureToAdd),
    /// Do without one of those pictures.
    RemovePicture(usize),
    /// Go back to the portrait before, with the present one as another picture of its person.
    JoinBefore,
    /// Make pictures elsewhere.
    UseExecutor(ExecutorChoice),
    /// New strengths and switches.
    Controls(Controls),
    /// Another driver was chosen: nothing of the one before counts any more.
    NewDriver(DriverEpoch),
    /// Take the driver's next frames as neutral.
    Calibrate,
    /// Take the present one as neutral.
    CalibrateHere,
    /// Record, save and send this part of the picture.
    Frame(Framing),
    /// The picture is shown so large from now on, in pixels of the screen per pixel of its own.
    ShowAt(f32),
    /// Show the person before this background.
    SetBackground(Background),
    /// Record from now on.
    Record(Box<Recording>),
    /// End the recording.
    StopRecording,
    /// Send every picture to this virtual camera from now on; without one, to none.
    VirtualCamera(Option<Box<VirtualCamera>>),
    /// Write the current picture.
    Snapshot(NewFile),
    /// Learn the person's pictures.
    FineTune,
    /// Cancel that.
    StopFineTuning,
    /// Delete what was learnt.
    UndoFineTuning,
}
