//! Eyeballs that turn with the gaze, and lids that lie on them: the kit's lids were made for its mean head and sink into other eyes.

use std::f32::consts::PI;
use std::ops::Range;

use glam::{Mat3, Vec3};

use super::super::facekit::FaceKit;
use super::mouth::middle;
use crate::data::Part;

/// Steps of angle from the front to the back of an eyeball.
const STEPS: usize = 48;
/// Lids lie this far off the eyeball, in cm.
const LID_CM: f32 = 0.06;
/// Lids reach no further from the eyeball's middle, in cm.
const REACH_CM: f32 = 2.6;
/// The blink shapes move what belongs to the lids further than this, in cm.
const MOVES_CM: f32 = 0.02;

/// One eye of a person.
#[derive(Debug)]
pub(super) struct EyeMesh {
    /// Its vertices.
    pub(super) range: Range<usize>,
    /// What it turns about.
    pub(super) centre: Vec3,
    /// Its radius by the angle from where it looks, in steps from 0 to half a turn.
    profile: [f32; STEPS + 1],
    /// Vertices of lids and lashes that must stay outside.
    lids: Vec<u32>,
}

impl EyeMesh {
    /// The eye `index` (0 is on the picture's left) of a head shape.
    pub(super) fn new(kit: &FaceKit, shape: &[Vec3], index: usize) -> Self {
        let range = kit.eyes[index].clone();
        let centre = middle(&shape[range.clone()]);
        let mut profile = [0.0_f32; STEPS + 1];
        for p in &shape[range.clone()] {
            let from = *p - centre;
            let step = from.angle_between(Vec3::Z) / PI * STEPS as f32;
            for slot in [step.floor(), step.ceil()] {
                let radius = &mut profile[(slot as usize).min(STEPS)];
                *radius = radius.max(from.length());
            }
        }
        // Steps without a vertex are as far out as the step behind them.
        for step in (0..STEPS).rev() {
            if profile[step] < 0.1 {
                profile[step] = profile[step + 1];
            }
        }
        let blink = kit.expression(if index == 0 { "eyeBlink_R" } else { "eyeBlink_L" }).map(|i| &kit.expressions[i]);
        let belongs = |(vertex, delta): (&u32, &Vec3)| {
            let is_lid = matches!(kit.parts[*vertex as usize], Part::Face | Part::Lash);
            let from = shape[*vertex as usize] - centre;
            (is_lid && delta.length() > MOVES_CM && from.length() < REACH_CM && from.z > 0.0).then_some(*vertex)
        };
        let lids = blink.map(|shape| shape.vertices.iter().zip(&shape.deltas).filter_map(belongs).collect());
        Self { range, centre, profile, lids: lids.unwrap_or_default() }
    }

    /// The foremost point of the eyeball at rest.
    pub(super) fn front(&self) -> Vec3 {
        self.centre + Vec3::Z * self.profile[0].max(self.profile[1])
    }

    /// Turns the eyeball and its pupil marker.
    pub(super) fn look(&self, turn: &Mat3, pupil: usize, places: &mut [Vec3]) {
        for i in self.range.clone().chain(std::iter::once(pupil)) {
            places[i] = *turn * (places[i] - self.centre) + self.centre;
        }
    }

    /// Moves lids that have sunk into the turned eyeball out of it.
    pub(super) fn lift_lids(&self, turn: &Mat3, places: &mut [Vec3]) {
        let looks = *turn * Vec3::Z;
        for &i in &self.lids {
            let from = places[i as usize] - self.centre;
            let length = from.length();
            if from.z <= 0.0 || length < 0.3 {
                continue;
            }
            let step = (from.dot(looks) / length).clamp(-1.0, 1.0).acos() / PI * STEPS as f32;
            let low = (step as usize).min(STEPS - 1);
            let radius = self.profile[low] + (self.profile[low + 1] - self.profile[low]) * (step - low as f32) + LID_CM;
            if length < radius {
                places[i as usize] = self.centre + from * (radius / length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lids_never_sink_into_the_eye() {
        let kit = FaceKit::stand_in();
        let eye = EyeMesh { lids: vec![0, 1, 2], ..EyeMesh::new(&kit, &kit.neutral, 1) };
        let turn = Mat3::from_rotation_y(0.3);
        let directions = [Vec3::Z, Vec3::new(0.3, 0.4, 1.0).normalize(), Vec3::new(-0.2, -0.5, 1.0).normalize()];
        let mut places: Vec<Vec3> = [0.9, 1.3, 2.2].iter().zip(directions).map(|(r, d)| eye.centre + d * *r).collect();
        let outside = places[2];
        eye.lift_lids(&turn, &mut places);
        for p in &places {
            assert!(p.distance(eye.centre) > 1.5, "a lid at {} from the middle of an eye of 1.5 cm", p.distance(eye.centre));
        }
        assert_eq!(places[2], outside, "what is outside stays");
    }
}
