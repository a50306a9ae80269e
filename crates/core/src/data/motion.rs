//! Motion of a face: as tracked in the driver's frame, and as carried over to the portrait.

use std::sync::Arc;

use glam::Vec2;
use image::RgbImage;

use super::{FrameTime, HeadPose, Landmarks};

/// The driver's face in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceMotion {
    /// Landmarks in pixels of the driver's frame.
    pub landmarks_in_frame: Landmarks,
    /// Width and height of that frame, in pixels.
    pub frame_size: [u32; 2],
    /// Orientation of the head relative to the camera.
    pub pose: HeadPose,
    /// Where the eyes look against the head, x to the picture's right and y down, -1 to 1 for about 30 degrees; `None` when not measured.
    pub gaze: Option<Vec2>,
    /// The pupils of the right and the left eye, in pixels of the driver's frame; `None` when not measured, and in stored motion.
    pub pupils_in_frame: Option<[Vec2; 2]>,
}

/// What the tracker says about one frame.
#[derive(Clone, Debug)]
pub struct TrackedFrame {
    /// When the frame was taken.
    pub time: FrameTime,
    /// The frame itself, for the camera inset; `None` when the source has no pixels.
    pub pixels: Option<Arc<RgbImage>>,
    /// The face, or `None` when there is none in the frame.
    pub face: Option<FaceMotion>,
}

/// The motion the portrait shall make: where its own landmarks go.
#[derive(Clone, Debug, PartialEq)]
pub struct PuppetMotion {
    /// Target landmarks in the portrait's crop, in pixels at [`super::CROP_PX`].
    pub landmarks_in_crop: Landmarks,
    /// How far the eyes turn from where the portrait looks at rest, in the unit of [`FaceMotion::gaze`], after strengths; `None` while the
    /// driver's gaze is not known.
    pub gaze: Option<Vec2>,
    /// Where the portrait's pupils go, the sitter's right one first, in crop pixels; `None` when nothing is known of them.
    pub pupils_in_crop: Option<[Vec2; 2]>,
}
