//! Motion of a face: as tracked in the driver's frame, and as carried over to the portrait.

use std::sync::Arc;

use glam::{Mat3, Vec2, Vec3};
use image::RgbImage;

use super::{Coefficients, FaceMesh, FrameTime, HeadPose, Landmarks};

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
    /// The face in 3D, in pixels of the driver's frame. `None` where only landmarks are known, before the tracker has fitted a mesh to them.
    pub mesh_in_frame: Option<Arc<FaceMesh>>,
    /// How strongly each movement of the face is made; `None` where the face reader did not read it.
    pub coefficients: Option<Coefficients>,
    /// How certain it is that there is a face, 0 to 1.
    pub presence: f32,
}

impl FaceMotion {
    /// A face of which nothing is known but its landmarks, in pixels of a frame of this size.
    pub fn of_landmarks(landmarks_in_frame: Landmarks, frame_size: [u32; 2]) -> Self {
        Self {
            landmarks_in_frame,
            frame_size,
            pose: HeadPose::default(),
            gaze: None,
            pupils_in_frame: None,
            mesh_in_frame: None,
            coefficients: None,
            presence: 1.0,
        }
    }
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

/// How a head moves as a whole: turned, scaled and shifted, in pixels with the axes of a [`FaceMesh`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadMotion {
    /// Rotation about the origin.
    pub rotation: Mat3,
    /// Factor of size, above 0.
    pub scale: f32,
    /// Shift after rotation and scale, in pixels.
    pub translation: Vec3,
}

impl Default for HeadMotion {
    fn default() -> Self {
        Self { rotation: Mat3::IDENTITY, scale: 1.0, translation: Vec3::ZERO }
    }
}

impl HeadMotion {
    /// A rotation and scale about `pivot`, which then moves by `shift`.
    pub fn about(pivot: Vec3, rotation: Mat3, scale: f32, shift: Vec3) -> Self {
        Self { rotation, scale, translation: pivot + shift - scale * (rotation * pivot) }
    }

    /// Where a point of the head at rest goes.
    pub fn apply(&self, point: Vec3) -> Vec3 {
        self.scale * (self.rotation * point) + self.translation
    }
}

/// The motion the portrait shall make: where its own face goes.
#[derive(Clone, Debug, PartialEq)]
pub struct PuppetMotion {
    /// Target landmarks in the portrait's crop, in pixels at [`super::CROP_PX`].
    pub landmarks_in_crop: Landmarks,
    /// How far the eyes turn from where the portrait looks at rest, in the unit of [`FaceMotion::gaze`], after strengths; `None` while the
    /// driver's gaze is not known.
    pub gaze: Option<Vec2>,
    /// Where the portrait's pupils go, the sitter's right one first, in crop pixels; `None` when nothing is known of them.
    pub pupils_in_crop: Option<[Vec2; 2]>,
    /// The face in 3D; `None` where only landmarks are known.
    pub mesh: Option<MeshMotion>,
}

impl PuppetMotion {
    /// A motion of which nothing is known but the landmarks.
    pub fn of_landmarks(landmarks_in_crop: Landmarks) -> Self {
        Self { landmarks_in_crop, gaze: None, pupils_in_crop: None, mesh: None }
    }
}

/// The motion of the portrait's face in 3D: its expression first, then the head.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshMotion {
    /// The portrait's mesh with its new expression while the head is still at rest, in crop pixels. Irises are where the eyes look.
    pub expression_in_crop: Arc<FaceMesh>,
    /// How the head moves then.
    pub head: HeadMotion,
}

impl MeshMotion {
    /// The face where it goes, in crop pixels.
    pub fn mesh_in_crop(&self) -> FaceMesh {
        self.expression_in_crop.map(|p| self.head.apply(p))
    }
}
