//! Irises that the face reader overlooks: it places those of eyes that are rolled up, and of fast glances, in the white.

use std::time::Duration;

use glam::Vec2;
use image::RgbImage;

use crate::data::FaceMesh;
use crate::face::{EyeFrame, overlooked_pupils};

/// Opening of an eye (lid distance over its width) below which no iris is looked for: what is seen between closing lids is mostly lashes.
const LEAST_OPEN: f32 = 0.16;
/// Seconds in which the irises follow what is seen: a frame or two, and no flicker where it is doubtful.
const FOLLOWS_SECS: f32 = 0.05;
/// Longest step of time that is believed to be one frame's, in seconds.
const LONGEST_STEP_SECS: f32 = 0.2;

/// Puts the irises of one face's meshes where the picture has them.
#[derive(Debug, Default)]
pub(super) struct Irises {
    last: Option<Duration>,
    /// How far the irises lie from where the reader has them, in the eyes' own measure.
    off: [Vec2; 2],
}

impl Irises {
    /// Moves the irises of a mesh that was read in `picture` at the time `at`.
    pub(super) fn settle(&mut self, mesh: &mut FaceMesh, picture: &RgbImage, at: Duration) {
        let step = self.last.replace(at).map_or(0.0, |last| at.saturating_sub(last).as_secs_f32()).min(LONGEST_STEP_SECS);
        let landmarks = mesh.landmarks();
        let Some(frames) = EyeFrame::of(&landmarks) else { return };
        let said = mesh.pupils();
        let is_open = landmarks.eye_aspect().into_iter().all(|aspect| aspect > LEAST_OPEN);
        // Lids that close keep their irises where they were.
        if is_open && let Some((pupils, doubt)) = overlooked_pupils(picture, &landmarks, said) {
            let share = 1.0 - (-step / FOLLOWS_SECS).exp();
            for side in 0..2 {
                let seen = frames[side].eye_from_picture(pupils[side]) - frames[side].eye_from_picture(said[side]);
                self.off[side] = self.off[side].lerp(doubt * seen, share);
            }
        }
        for (side, first) in FaceMesh::PUPILS.into_iter().enumerate() {
            let by = frames[side].picture_from_eye(self.off[side]) - frames[side].picture_from_eye(Vec2::ZERO);
            for point in &mut mesh.0[first..first + 5] {
                *point += by.extend(0.0);
            }
        }
    }
}
