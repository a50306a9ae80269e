//! Orientation of the driver's head, from its landmarks alone.

use crate::data::{HeadPose, Landmarks};
use crate::face::{RIGID_WEIGHTS, fit_rigid, template};

/// Pose of the generic head that explains the landmarks best; all zero when none does.
///
/// Weak perspective and a generic head: right to a few degrees in absolute terms, much better from frame to frame.
pub fn head_pose(landmarks: &Landmarks) -> HeadPose {
    fit_rigid(&landmarks.0, template(), &RIGID_WEIGHTS).map(|fit| fit.pose()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::face::rotation_from_pose;

    #[test]
    fn a_turned_head_is_measured() {
        let pose = HeadPose { yaw_rad: 0.4, pitch_rad: -0.2, roll_rad: 0.1 };
        let rotation = rotation_from_pose(pose);
        let got = head_pose(&Landmarks(template().map(|p| (rotation * p).truncate() * 70.0 + 250.0)));
        for (want, got) in [(pose.yaw_rad, got.yaw_rad), (pose.pitch_rad, got.pitch_rad), (pose.roll_rad, got.roll_rad)] {
            assert!((want - got).abs().to_degrees() < 0.5, "{} instead of {} degrees", got.to_degrees(), want.to_degrees());
        }
    }

    #[test]
    fn no_face_has_no_pose() {
        assert_eq!(head_pose(&Landmarks([Vec2::ZERO; 68])), HeadPose::default(), "one point has no orientation");
    }
}
