//! Capture: pictures from cameras and clips, sound of clips, motion from stored performances.
//!
//! [`open()`] gives a [`Source`] that is read in order, as offline commands do. [`CaptureWorker`] runs one on its own thread at its own pace,
//! and keeps trying when a camera stops or is unplugged. [`SoundReader`] reads the sound that belongs to a clip.

#[cfg_attr(not(feature = "camera"), expect(dead_code, reason = "some of it is only for cameras"))]
mod camera;
mod clip;
mod error;
mod ffmpeg;
pub mod hostile;
mod look;
mod moov;
mod mp4;
mod open;
mod pacer;
mod pixels;
mod playback;
#[cfg(test)]
mod rig;
mod scale;
mod sniff;
mod sound;
mod source;
mod tap;
mod transport;
#[cfg(all(feature = "camera", target_os = "linux"))]
mod v4l2;
mod watchdog;
#[cfg_attr(not(feature = "camera"), path = "webcam_absent.rs")]
mod webcam;
mod worker;

pub use camera::{CameraChoice, CameraFormat, CameraInfo};
pub use error::CaptureError;
pub use ffmpeg::ffmpeg_version;
pub use look::{CameraLook, CameraSight, look_at};
pub use open::{SourceSpec, open};
pub use pixels::PixelError;
pub use sound::SoundReader;
pub use source::{BoxedSource, OpenOptions, Source, SourceInfo, SourceKind};
pub use transport::{ClipPlace, Playback, SPEEDS, Transport};
pub use webcam::{camera_formats, list_cameras};
pub use worker::{CaptureEvent, CaptureOptions, CaptureWorker, Pace};
