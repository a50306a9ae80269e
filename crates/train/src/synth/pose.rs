//! Where the head, the body and the eyes of a person are turned in one frame.

use glam::{Mat3, Vec2};

/// One frame's pose. Angles are radians, lengths cm.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Yaw (positive turns the face to the picture's right), pitch (positive nods down), roll (positive tilts counter-clockwise) of the head.
    pub head: [f32; 3],
    /// The same for the shoulders.
    pub body: [f32; 3],
    /// How far the head is moved, x to the right, y up.
    pub head_shift_cm: Vec2,
    /// How far the body is moved.
    pub body_shift_cm: Vec2,
    /// Where the eyes look against the head: yaw to the picture's right, pitch up.
    pub gaze: Vec2,
}

/// The rotation of yaw, pitch and roll: first yaw, then pitch, then roll.
pub(super) fn rotation([yaw, pitch, roll]: [f32; 3]) -> Mat3 {
    Mat3::from_rotation_z(roll) * Mat3::from_rotation_x(pitch) * Mat3::from_rotation_y(yaw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec3;

    #[test]
    fn signs_are_those_documented() {
        let nose = Vec3::Z;
        assert!((rotation([0.3, 0.0, 0.0]) * nose).x > 0.2, "positive yaw turns to the picture's right");
        assert!((rotation([0.0, 0.3, 0.0]) * nose).y < -0.2, "positive pitch nods down");
        assert!((rotation([0.0, 0.0, 0.3]) * Vec3::Y).x < -0.2, "positive roll is counter-clockwise");
    }
}
