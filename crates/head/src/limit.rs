//! How far a head may turn: smoothly held back where nothing is known of what would come to light.

use glam::{Mat3, Quat, Vec3};
use retrato_core::data::HeadMotion;

/// Turns up to the first angle are made wholly; however far the driver turns, the portrait stays below the second. In radians. Tuned on sheets of nine
/// portraits: beyond 45 degrees ears and backs of heads are seen to be made up.
const TURN: std::ops::Range<f32> = 0.70..1.05;
/// Bounds of the factor of size.
const SCALE: std::ops::RangeInclusive<f32> = 0.5..=2.0;
/// Farthest shift of the head's middle, in distances between the eyes.
const FARTHEST: f32 = 4.0;

/// `value` up to the range's start, then bent so that it never reaches the end.
fn bent(range: &std::ops::Range<f32>, value: f32) -> f32 {
    let (over, room) = (value - range.start, range.end - range.start);
    if over <= 0.0 { value } else { range.start + room * (1.0 - (-over / room).exp()) }
}

/// The motion within its limits, about the head's middle; none for what is no number. `unit` is the distance between the eyes.
pub(crate) fn limited(motion: &HeadMotion, middle: Vec3, unit: f32) -> HeadMotion {
    let moved = motion.apply(middle);
    let is_sane = moved.is_finite() && motion.rotation.is_finite() && motion.scale.is_finite() && motion.rotation.determinant() > 0.5;
    if !is_sane {
        return HeadMotion::default();
    }
    let (axis, angle) = Quat::from_mat3(&motion.rotation).normalize().to_axis_angle();
    let (axis, angle) = if angle > std::f32::consts::PI { (-axis, std::f32::consts::TAU - angle) } else { (axis, angle) };
    let held = bent(&TURN, angle);
    let rotation = if held < angle { Mat3::from_axis_angle(axis, held) } else { motion.rotation };
    let scale = motion.scale.clamp(*SCALE.start(), *SCALE.end());
    let shift = (moved - middle).clamp_length_max(FARTHEST * unit);
    if rotation == motion.rotation && scale.to_bits() == motion.scale.to_bits() && shift == moved - middle {
        return *motion;
    }
    HeadMotion::about(middle, rotation, scale, shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_turns_are_made_and_large_ones_held_back() {
        let turned = |angle: f32| {
            let motion = HeadMotion::about(Vec3::new(120.0, 110.0, 30.0), Mat3::from_rotation_y(angle), 1.0, Vec3::X);
            Quat::from_mat3(&limited(&motion, Vec3::new(120.0, 100.0, 0.0), 45.0).rotation).to_axis_angle().1
        };
        assert!((turned(0.6) - 0.6).abs() < 1e-3, "made: {}", turned(0.6));
        assert!(turned(1.0) < 1.0 && turned(3.0) < TURN.end && turned(3.0) > turned(1.0), "held back: {} {}", turned(1.0), turned(3.0));
    }

    #[test]
    fn nonsense_is_no_motion() {
        for wild in [f32::NAN, f32::INFINITY, -1e30] {
            for motion in [
                HeadMotion { scale: wild, ..HeadMotion::default() },
                HeadMotion { rotation: Mat3::from_diagonal(Vec3::splat(wild)), ..HeadMotion::default() },
                HeadMotion { translation: Vec3::splat(wild), ..HeadMotion::default() },
            ] {
                let limited = limited(&motion, Vec3::new(120.0, 100.0, 0.0), 45.0);
                assert!(limited.apply(Vec3::splat(100.0)).length() < 1e4, "{motion:?} gives {limited:?}");
            }
        }
    }
}
