//! The driver as in a mirror: left and right exchanged.

use glam::Vec2;

use crate::data::{FaceMotion, HeadPose, Landmarks};

/// For every landmark, the one that takes its place in a mirrored face.
const PARTNER: [usize; Landmarks::COUNT] = [
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, // jaw
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17, // brows
    27, 28, 29, 30, 35, 34, 33, 32, 31, // nose
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, // eyes
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, // outer lips
    64, 63, 62, 61, 60, 67, 66, 65, // inner lips
];

/// Landmarks of the mirrored face; `last_column` is the index of the picture's last column.
pub(super) fn mirrored_landmarks(landmarks: &Landmarks, last_column: f32) -> Landmarks {
    Landmarks(std::array::from_fn(|i| {
        let p = landmarks.0[PARTNER[i]];
        Vec2::new(last_column - p.x, p.y)
    }))
}

/// The whole motion mirrored within its frame.
pub(super) fn mirrored(face: &FaceMotion) -> FaceMotion {
    let last_column = face.frame_size[0] as f32 - 1.0;
    FaceMotion {
        landmarks_in_frame: mirrored_landmarks(&face.landmarks_in_frame, last_column),
        frame_size: face.frame_size,
        pose: HeadPose { yaw_rad: -face.pose.yaw_rad, pitch_rad: face.pose.pitch_rad, roll_rad: -face.pose.roll_rad },
        gaze: face.gaze.map(|gaze| Vec2::new(-gaze.x, gaze.y)),
        pupils_in_frame: face.pupils_in_frame.map(|[right, left]| [left, right].map(|p| Vec2::new(last_column - p.x, p.y))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_twice_changes_nothing() {
        let landmarks = Landmarks(std::array::from_fn(|i| Vec2::new(i as f32 * 3.5, i as f32)));
        assert_eq!(mirrored_landmarks(&mirrored_landmarks(&landmarks, 100.0), 100.0), landmarks, "partners are mutual");
    }
}
