//! Gaze: how far the driver's eyes turned since neutral, and where that takes the portrait's own pupils.

use std::time::Duration;

use glam::{Vec2, Vec3};

use super::presence::Presence;
use super::shape::FaceShape;
use crate::data::{Landmarks, region};
use crate::face::{EyeFrame, PUPIL_DEPTH, RigidFit, pupil_travel};

/// Furthest from the middle between its corners that a pupil goes along the eye, in eye widths: the iris then touches the corner.
const FURTHEST_ALONG: f32 = 0.33;

/// The turn of the driver's eyes, eased to rest while it is not known.
#[derive(Debug, Default)]
pub(super) struct Glance {
    known: Presence,
    turn: Option<Vec2>,
}

impl Glance {
    /// How far the eyes have turned from neutral at `now`; `turn` is what was measured. `None` before anything was.
    pub(super) fn update(&mut self, now: Duration, turn: Option<Vec2>) -> Option<Vec2> {
        let weight = self.known.update(now, turn.is_some());
        self.turn = turn.or(self.turn);
        self.turn.map(|turn| turn * weight)
    }

    /// Exchanges left and right.
    pub(super) fn mirror(&mut self) {
        self.turn = self.turn.map(|turn| Vec2::new(-turn.x, turn.y));
    }
}

/// The portrait's eyes at rest.
#[derive(Debug)]
pub(super) struct RestEyes {
    eyes: [RestEye; 2],
}

#[derive(Debug)]
struct RestEye {
    /// First of its landmarks.
    first: usize,
    /// The pupil on the sitter's shape.
    pupil: Vec3,
    /// Distance of the corners along the face, in the unit of the shape.
    width: f32,
    /// Lowest and highest place of the pupil in the eye's own measure.
    bounds: (Vec2, Vec2),
}

impl RestEyes {
    /// Of a portrait with this shape, landmarks and pupils; the latter in pixels of the crop. `None` when there are no eyes.
    pub(super) fn new(shape: &FaceShape, rest: &Landmarks, pupils: [Vec2; 2]) -> Option<Self> {
        let frames = EyeFrame::of(rest)?;
        let eye = |index: usize, first: usize| RestEye::new(shape, rest, first, frames[index], pupils[index]);
        Some(Self { eyes: [eye(0, region::RIGHT_EYE.start), eye(1, region::LEFT_EYE.start)] })
    }

    /// The pupils on a face that is moved to `pose` and whose eyes turn by `turn` (in the unit of [`crate::data::FaceMotion::gaze`]), while
    /// expression has carried the landmarks from `still`, the sitter's shape under that pose, to `target`. Within the eyes' openings.
    pub(super) fn turned(&self, turn: Vec2, pose: &RigidFit, still: &Landmarks, target: &Landmarks) -> Option<[Vec2; 2]> {
        let frames = EyeFrame::of(target)?;
        let place = |eye: &RestEye, frame: EyeFrame| {
            let looking = pose.project(eye.pupil + pupil_travel(turn, eye.width).extend(0.0));
            let corners = [eye.first, eye.first + 3].map(|i| target.0[i] - still.0[i]);
            let in_eye = frame.eye_from_picture(looking + 0.5 * (corners[0] + corners[1]));
            frame.picture_from_eye(in_eye.clamp(eye.bounds.0, eye.bounds.1))
        };
        let pupils = [place(&self.eyes[0], frames[0]), place(&self.eyes[1], frames[1])];
        pupils.iter().all(|p| p.is_finite()).then_some(pupils)
    }
}

impl RestEye {
    fn new(shape: &FaceShape, rest: &Landmarks, first: usize, frame: EyeFrame, pupil: Vec2) -> Self {
        let [outer, inner] = [first, first + 3].map(|i| shape.points[i]);
        let width = (inner.x - outer.x).abs();
        let before_corners = 0.5 * (outer + inner) + Vec3::Z * (PUPIL_DEPTH * width);
        let seen = (pupil - shape.pose.translation) / shape.pose.scale;
        let depth = (shape.pose.rotation * before_corners).z;
        let in_eye = frame.eye_from_picture(pupil);
        let lid = |a: usize, b: usize| 0.5 * [a, b].map(|i| frame.eye_from_picture(rest.0[first + i]).y).iter().sum::<f32>();
        // A sitter who looks further aside than these bounds may do so.
        let low = Vec2::new(-FURTHEST_ALONG, lid(1, 2)).min(in_eye);
        let high = Vec2::new(FURTHEST_ALONG, lid(4, 5)).max(in_eye);
        Self { first, pupil: shape.pose.rotation.transpose() * seen.extend(depth), width, bounds: (low, high) }
    }
}

/// `pupils` carried along with the eyes, from one set of landmarks to another of the same face.
pub(super) fn carried(pupils: [Vec2; 2], from: &Landmarks, to: &Landmarks) -> Option<[Vec2; 2]> {
    let (from, to) = (EyeFrame::of(from)?, EyeFrame::of(to)?);
    Some([0, 1].map(|eye| to[eye].picture_from_eye(from[eye].eye_from_picture(pupils[eye]))))
}
