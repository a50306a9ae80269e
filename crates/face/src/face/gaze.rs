//! From the places of the pupils to where the eyes look, and back.
//!
//! Weak perspective: the head model gives the orientation of the head, the corners of the eyes say where the middles of the eyeballs are, and
//! the pupils lie on spheres around these.

use std::f32::consts::FRAC_PI_6;

use glam::{Vec2, Vec3};

use super::{RIGID_WEIGHTS, RigidFit, fit_rigid, template};
use crate::data::{Landmarks, region};

/// Middle of the right eyeball from halfway between the corners of its eye, in the axes and the unit of the head model; mirrored for the
/// left one. Between anatomy (the eyeball turns about a point 10 mm behind the pupil, the eyes are 63 mm apart) and what fits synthetic heads
/// of known gaze as a tracker sees them.
const EYEBALL: Vec3 = Vec3::new(0.01, -0.05, -0.07);
/// Distance of the pupil from the eyeball's middle, in the unit of the head model.
const PUPIL_RADIUS: f32 = 0.2;
/// Width of an eye of the head model from corner to corner, along the face.
const EYE_WIDTH: f32 = 0.388;
/// Turn of the eyes that counts as 1, in radians.
const UNIT_RAD: f32 = FRAC_PI_6;
/// Furthest that eyes turn, in that unit.
const FURTHEST: f32 = 1.7;

/// How far a pupil that looks ahead lies before the corners of its eye, in eye widths.
pub const PUPIL_DEPTH: f32 = (EYEBALL.z + PUPIL_RADIUS) / EYE_WIDTH;

/// An eye as a measure: origin halfway between its corners, x from the corner on the picture's left to the other one, y down, unit the
/// distance of the corners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EyeFrame {
    middle: Vec2,
    along: Vec2,
}

impl EyeFrame {
    /// The frames of the sitter's right and left eye; `None` when the corners of one coincide.
    pub fn of(landmarks: &Landmarks) -> Option<[Self; 2]> {
        let [right, left] = [region::RIGHT_EYE.start, region::LEFT_EYE.start].map(|first| {
            let (from, to) = (landmarks.0[first], landmarks.0[first + 3]);
            let frame = Self { middle: 0.5 * (from + to), along: to - from };
            (frame.along.is_finite() && frame.along.length() > 1e-3).then_some(frame)
        });
        Some([right?, left?])
    }

    /// A point of the picture, in the eye's own measure.
    pub fn eye_from_picture(&self, p: Vec2) -> Vec2 {
        Vec2::new(self.along.x, -self.along.y).rotate(p - self.middle) / self.along.length_squared()
    }

    /// A point in the eye's own measure, in the picture.
    pub fn picture_from_eye(&self, p: Vec2) -> Vec2 {
        self.middle + self.along.rotate(p)
    }
}

/// Where the eyes of the face look whose pupils are at `pupils` (the sitter's right one first), both in pixels of the same picture.
///
/// Against the head and along its own axes: x to the right as seen in the picture, y down, 1 for 30 degrees. The mean of both eyes.
/// `None` when the landmarks are no face.
pub fn gaze_from_pupils(landmarks: &Landmarks, pupils: [Vec2; 2]) -> Option<Vec2> {
    let head = fit_rigid(&landmarks.0, template(), &RIGID_WEIGHTS)?;
    let frames = EyeFrame::of(landmarks)?;
    let eyeballs = [EYEBALL, EYEBALL * Vec3::new(-1.0, 1.0, 1.0)];
    let directions = frames.into_iter().zip(eyeballs).zip(pupils).map(|((frame, eyeball), pupil)| {
        let middle = frame.middle + (head.rotation * eyeball).truncate() * head.scale;
        direction(&head, (pupil - middle) / head.scale)
    });
    let ahead = directions.sum::<Vec3>().try_normalize()?;
    let gaze = ahead.truncate().clamp(Vec2::NEG_ONE, Vec2::ONE).map(f32::asin) / UNIT_RAD;
    gaze.is_finite().then(|| gaze.clamp(Vec2::splat(-FURTHEST), Vec2::splat(FURTHEST)))
}

/// Where the pupils of a face lie whose eyes look so against the head, in the picture of its landmarks: what [`gaze_from_pupils`] is the inverse of.
/// `None` when the landmarks are no face.
pub fn pupils_from_gaze(landmarks: &Landmarks, gaze: Vec2) -> Option<[Vec2; 2]> {
    let head = fit_rigid(&landmarks.0, template(), &RIGID_WEIGHTS)?;
    let ahead = (gaze.clamp(Vec2::splat(-FURTHEST), Vec2::splat(FURTHEST)) * UNIT_RAD).map(f32::sin).clamp_length_max(0.99);
    let direction = ahead.extend((1.0 - ahead.length_squared()).sqrt());
    let [right, left] = EyeFrame::of(landmarks)?;
    let pupil =
        |frame: EyeFrame, eyeball: Vec3| frame.middle + (head.rotation * (eyeball + PUPIL_RADIUS * direction)).truncate() * head.scale;
    let pupils = [pupil(right, EYEBALL), pupil(left, EYEBALL * Vec3::new(-1.0, 1.0, 1.0))];
    pupils.iter().all(|p| p.is_finite()).then_some(pupils)
}

/// How far a pupil moves along the face when the gaze changes by `change`, in the unit of `eye_width`, the width of the eye along the face.
pub fn pupil_travel(change: Vec2, eye_width: f32) -> Vec2 {
    let turn = change.clamp(Vec2::splat(-FURTHEST), Vec2::splat(FURTHEST)) * UNIT_RAD;
    turn.map(f32::sin) * (PUPIL_RADIUS / EYE_WIDTH * eye_width)
}

/// Unit vector of an eye's direction in the head's axes, from the pupil's offset in the picture.
fn direction(head: &RigidFit, offset: Vec2) -> Vec3 {
    let seen = (offset / PUPIL_RADIUS).clamp_length_max(0.99);
    let towards_camera = (1.0 - seen.length_squared()).sqrt();
    head.rotation.transpose() * seen.extend(towards_camera)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::rotation_from_pose;

    /// The generic head with pupils that look along `turn` (yaw to the right, pitch down) against it.
    fn looking(pose: HeadPose, turn: Vec2) -> (Landmarks, [Vec2; 2]) {
        let rotation = rotation_from_pose(pose);
        let place = |p: Vec3| (rotation * p).truncate() * 90.0 + 240.0;
        let [x, y] = turn.to_array().map(f32::sin);
        let ahead = Vec3::new(x, y, (1.0 - x * x - y * y).sqrt());
        let pupils = [(36, 1.0), (42, -1.0)].map(|(first, side)| {
            let corners = 0.5 * (template()[first] + template()[first + 3]);
            place(corners + EYEBALL * Vec3::new(side, 1.0, 1.0) + ahead * PUPIL_RADIUS)
        });
        (Landmarks(template().map(place)), pupils)
    }

    #[test]
    fn gaze_is_measured_against_the_head_however_it_is_turned() {
        for pose in [
            HeadPose::default(),
            HeadPose { yaw_rad: 0.4, pitch_rad: 0.0, roll_rad: 0.0 },
            HeadPose { yaw_rad: -0.3, pitch_rad: 0.2, roll_rad: 0.3 },
        ] {
            for turn in [Vec2::ZERO, Vec2::new(0.4, 0.0), Vec2::new(-0.2, 0.25)] {
                let (landmarks, pupils) = looking(pose, turn);
                let gaze = gaze_from_pupils(&landmarks, pupils).expect("a face");
                assert!(gaze.distance(turn / UNIT_RAD) < 0.05, "{gaze} instead of {} at {pose:?}", turn / UNIT_RAD);
                let back = pupils_from_gaze(&landmarks, gaze).expect("a face");
                assert!(back.iter().zip(pupils).all(|(a, b)| a.distance(b) < 1.5), "{back:?} instead of {pupils:?}");
            }
        }
    }

    #[test]
    fn travel_is_what_the_measure_sees() {
        let change = Vec2::new(0.6, -0.4);
        let (_, rest) = looking(HeadPose::default(), Vec2::ZERO);
        let (_, moved) = looking(HeadPose::default(), change * UNIT_RAD);
        let travel = pupil_travel(change, EYE_WIDTH * 90.0);
        assert!((moved[0] - rest[0]).distance(travel) < 0.1, "{} pixels, foretold {travel}", moved[0] - rest[0]);
    }

    #[test]
    fn an_eye_measures_itself_whatever_its_tilt() {
        let (landmarks, _) = looking(HeadPose { yaw_rad: 0.2, pitch_rad: 0.0, roll_rad: 0.5 }, Vec2::ZERO);
        let [right, _] = EyeFrame::of(&landmarks).expect("two eyes");
        assert!(right.eye_from_picture(landmarks.0[36]).distance(Vec2::new(-0.5, 0.0)) < 1e-5, "the outer corner");
        assert!(right.eye_from_picture(landmarks.0[41]).y > 0.05, "the lower lid is below");
        let p = Vec2::new(0.1, -0.2);
        assert!(right.eye_from_picture(right.picture_from_eye(p)).distance(p) < 1e-5, "there and back");
        assert_eq!(EyeFrame::of(&Landmarks([Vec2::ONE; 68])), None, "no corners, no eye");
    }

    #[test]
    fn no_face_looks_nowhere() {
        assert_eq!(gaze_from_pupils(&Landmarks([Vec2::ZERO; 68]), [Vec2::ZERO; 2]), None, "no face");
    }
}
