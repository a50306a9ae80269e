//! The contract between a front end and the live pipeline: requests in, events and pictures out.
//!
//! The window, the commands and the tests' double all use these types and no others. [`Pipeline`](crate::pipeline::Pipeline) implements [`Session`].
//! No method waits or touches disk or devices: a [`Request`] is passed on to a worker thread, and its outcome comes back as an [`Event`].

mod driver;
mod event;
mod framing;
mod live;
mod request;

pub use driver::{DriverChoice, DriverError};
pub use event::{Degraded, Event, FaceQuestion, PortraitReady};
pub use framing::{Framing, PicturePart, PictureShare};
pub use live::{LiveStats, Rendered, RenderedImage};
pub use request::{
    DeferredPixels, FaceShare, NewFile, Panes, PictureInput, PlayRequest, PortraitChoice, PortraitOrigin, RecordingRequest, Request,
    RequestId, Sound,
};

// Types of the stages that requests and events carry as they are.
pub use crate::capture::{CameraChoice, CameraFormat, CameraInfo, CameraLook, CameraSight, Playback, SPEEDS, SourceInfo, SourceKind};
pub use crate::executor::{Decision, Executor};
pub use crate::record::{Finished, Interrupted, RecordStatus};
pub use crate::virtual_camera::{LoopbackDevice, LoopbackState, VirtualCameraOptions, VirtualCameraPhase, VirtualCameraStatus};

use crate::data::TrackedFrame;

/// A live pipeline, as a front end drives it.
pub trait Session {
    /// Asks for something. The variants of [`Request`] say which events answer.
    fn request(&self, request: Request);
    /// What has happened since the last call, in order.
    fn take_events(&self) -> Vec<Event>;
    /// The newest finished frame; `None` when there is no new one.
    fn take_rendered(&self) -> Option<Rendered>;
    /// The newest driving frame with what was tracked in it; `None` when there is no new one.
    fn take_tracked(&self) -> Option<TrackedFrame>;
    /// Speed, executor and generator at present.
    fn live_stats(&self) -> LiveStats;
    /// How the clip or the performance that drives is being played; `None` for a camera, and while nothing drives.
    fn playback(&self) -> Option<Playback>;
    /// The recording under way, from the request on until its file is complete or has failed.
    fn recording(&self) -> Option<RecordStatus>;
    /// The virtual camera, from the request on until it is off.
    fn virtual_camera(&self) -> Option<VirtualCameraStatus>;
}
