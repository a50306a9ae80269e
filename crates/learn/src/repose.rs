//! The same face in another pose and with another expression: what one picture of a person is learnt from when there is no second one.

use glam::{Vec2, Vec3};

use crate::data::{HeadPose, region};
use crate::face::{RIGID_WEIGHTS, fit_rigid, pose_from_rotation, rotation_from_pose, template};
use crate::random::Random;

/// Deviations of a new pose from the picture's own, in radians: yaw, pitch, roll.
const TURN_RAD: [f32; 3] = [0.22, 0.12, 0.08];
/// Deviation of the face's place, in distances between the eyes.
const SHIFT: f32 = 0.08;
/// Shares of new expressions in which the mouth opens, its corners move, and the eyes close.
const OPEN: f32 = 0.5;
const SMILE: f32 = 0.4;
const BLINK: f32 = 0.35;
/// Most that the lower lip goes down and the mouth's corners go out and up, in distances between the eyes.
const MOST_OPEN: f32 = 0.45;
const MOST_SMILE: f32 = 0.14;

/// The landmarks of a picture in another pose and with another expression, as drawn. Where no head explains them, they only move and change expression.
pub(crate) fn reposed(landmarks: &[Vec2; 68], random: &mut Random) -> [Vec2; 68] {
    let turned = turned(landmarks, random).unwrap_or(*landmarks);
    let unit = (eye_middle(&turned, region::RIGHT_EYE) - eye_middle(&turned, region::LEFT_EYE)).length().max(1.0);
    let shift = unit * Vec2::new(random.normal(0.0, SHIFT), random.normal(0.0, SHIFT));
    let mut points = turned.map(|p| p + shift);
    // Up and across as the face has them.
    let down = (points[8] - points[27]).try_normalize().unwrap_or(Vec2::Y);
    let across = -down.perp();
    if random.chance(OPEN) {
        open(&mut points, down * unit * random.range(0.05, MOST_OPEN));
    }
    if random.chance(SMILE) {
        let size = unit * random.range(-0.4, 1.0) * MOST_SMILE;
        for (corner, side) in [(48, -1.0), (54, 1.0), (60, -1.0), (64, 1.0)] {
            points[corner] += size * (side * across - 0.7 * down);
        }
    }
    if random.chance(BLINK) {
        close(&mut points, random.range(0.3, 1.0));
    }
    points
}

fn eye_middle(points: &[Vec2; 68], eye: std::ops::Range<usize>) -> Vec2 {
    points[eye.clone()].iter().sum::<Vec2>() / eye.len() as f32
}

/// The head turned a little, each landmark at the generic head's depth.
fn turned(landmarks: &[Vec2; 68], random: &mut Random) -> Option<[Vec2; 68]> {
    let fit = fit_rigid(landmarks, template(), &RIGID_WEIGHTS).filter(|fit| fit.scale > 0.0)?;
    let shape: [Vec3; 68] = std::array::from_fn(|i| {
        let depth = (fit.rotation * template()[i]).z;
        fit.rotation.transpose() * ((landmarks[i] - fit.translation) / fit.scale).extend(depth)
    });
    let pose = pose_from_rotation(&fit.rotation);
    let [yaw, pitch, roll] = TURN_RAD.map(|deviation| random.normal(0.0, deviation));
    let pose = HeadPose { yaw_rad: pose.yaw_rad + yaw, pitch_rad: pose.pitch_rad + pitch, roll_rad: pose.roll_rad + roll };
    let rotation = rotation_from_pose(pose);
    let points = shape.map(|p| (rotation * p).truncate() * fit.scale + fit.translation);
    points.iter().all(|p| p.is_finite()).then_some(points)
}

/// Lower lip and chin go the whole way, the jaw's sides less and less.
fn open(points: &mut [Vec2; 68], way: Vec2) {
    for lip in (55..60).chain(65..68) {
        let inner_half = if matches!(lip, 55 | 59) { 0.7 } else { 1.0 };
        points[lip] += inner_half * way;
    }
    for (k, jaw) in region::JAW.enumerate() {
        let from_chin = (k as f32 - 8.0).abs() / 8.0;
        points[jaw] += (1.0 - from_chin).max(0.0) * way;
    }
    for corner in [48, 54, 60, 64] {
        points[corner] += 0.35 * way;
    }
}

/// Upper lids come down by a share of the opening.
fn close(points: &mut [Vec2; 68], share: f32) {
    for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
        let way = points[lower] - points[upper];
        points[upper] += 0.9 * share * way;
        points[lower] -= 0.1 * share * way;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_differ_stay_faces_and_repeat_with_the_seed() {
        let face: [Vec2; 68] = template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0));
        let draw = |index: u64| reposed(&face, &mut Random::new(5, index));
        assert_eq!(draw(3), draw(3), "the same drawing");
        let (mut opened, mut closed) = (0, 0);
        for index in 0..60 {
            let points = draw(index);
            let far = points.iter().zip(&face).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
            assert!((0.5..90.0).contains(&far), "it moves, within reason: {far} pixels");
            assert!(points[8].distance(points[27]) > 20.0 && points[36].x < points[45].x, "a face still");
            opened += usize::from(points[62].distance(points[66]) > 8.0 + face[62].distance(face[66]));
            closed += usize::from(points[37].distance(points[41]) < 0.5 * face[37].distance(face[41]));
        }
        assert!(opened > 10 && closed > 5, "mouths open and eyes close: {opened}, {closed}");
        assert!(reposed(&[Vec2::ZERO; 68], &mut Random::new(5, 1)).iter().all(|p| p.is_finite()), "no face at all");
    }
}
