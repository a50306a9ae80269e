//! The driver as in a mirror: left and right exchanged.

use std::sync::Arc;

use glam::Vec2;

use crate::data::{FaceMotion, HeadPose};

/// The whole motion mirrored within its frame.
pub(super) fn mirrored(face: &FaceMotion) -> FaceMotion {
    let last_column = face.frame_size[0] as f32 - 1.0;
    FaceMotion {
        landmarks_in_frame: face.landmarks_in_frame.mirrored(last_column),
        frame_size: face.frame_size,
        pose: HeadPose { yaw_rad: -face.pose.yaw_rad, pitch_rad: face.pose.pitch_rad, roll_rad: -face.pose.roll_rad },
        gaze: face.gaze.map(|gaze| Vec2::new(-gaze.x, gaze.y)),
        pupils_in_frame: face.pupils_in_frame.map(|[right, left]| [left, right].map(|p| Vec2::new(last_column - p.x, p.y))),
        mesh_in_frame: face.mesh_in_frame.as_ref().map(|mesh| Arc::new(mesh.mirrored(last_column))),
        coefficients: face.coefficients.map(|coefficients| coefficients.mirrored()),
        presence: face.presence,
    }
}
