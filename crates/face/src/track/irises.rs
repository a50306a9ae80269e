//! Irises that the face reader overlooks: it places those of eyes that are rolled up, and of fast glances, in the white.

use std::time::Duration;

use glam::Vec2;
use image::RgbImage;

use crate::data::FaceMesh;
use crate::face::{EyeFrame, overlooked_pupils};

/// Opening of an eye (lid distance over its width) below which no iris is looked for: what is seen between closing lids is mostly lashes. As where dlib reads.
const LEAST_OPEN: f32 = 0.16;
/// Seconds in which the irises follow what is seen: a frame or two, and no flicker where it is doubtful. Tuned by looking at `lively_turns`.
const FOLLOWS_SECS: f32 = 0.05;
/// Seconds after which lids that stay narrow no longer keep the irises where they were: a blink takes less.
const HELD_SECS: f32 = 0.4;
/// Longest step of time that is believed to be one frame's, in seconds.
const LONGEST_STEP_SECS: f32 = 0.2;

/// Puts the irises of one face's meshes where the picture has them.
#[derive(Debug, Default)]
pub(super) struct Irises {
    last: Option<Duration>,
    /// How far the irises lie from where the reader has them, in the eyes' own measure.
    off: [Vec2; 2],
    /// For how long the eyes are too narrow to see, in seconds.
    narrow_secs: f32,
}

impl Irises {
    /// Moves the irises of a mesh that was read in `picture` at the time `at`.
    pub(super) fn settle(&mut self, mesh: &mut FaceMesh, picture: &RgbImage, at: Duration) {
        let step = self.last.replace(at).map_or(0.0, |last| at.saturating_sub(last).as_secs_f32()).min(LONGEST_STEP_SECS);
        let landmarks = mesh.landmarks();
        let Some(frames) = EyeFrame::of(&landmarks) else { return };
        let said = mesh.pupils();
        let is_open = landmarks.eye_aspect().into_iter().all(|aspect| aspect > LEAST_OPEN);
        let found = if is_open { overlooked_pupils(picture, &landmarks, said) } else { None };
        let seen = found.map(|(pupils, doubt)| {
            [0, 1].map(|side| doubt * (frames[side].eye_from_picture(pupils[side]) - frames[side].eye_from_picture(said[side])))
        });
        let seen = seen.filter(|seen| seen.iter().all(|off| off.is_finite()));
        self.narrow_secs = if seen.is_some() { 0.0 } else { self.narrow_secs + step };
        // Lids that close keep their irises where they were, for a while.
        if seen.is_some() || self.narrow_secs > HELD_SECS {
            let share = 1.0 - (-step / FOLLOWS_SECS).exp();
            for (off, seen) in self.off.iter_mut().zip(seen.unwrap_or_default()) {
                *off = off.lerp(seen, share);
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

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;
    use crate::data::Landmarks;
    use crate::face::{MeshModel, template};

    /// The generic face with its eyes opened by `lids`, the reader's irises in their middles.
    fn face(lids: f32) -> FaceMesh {
        let mut landmarks = Landmarks(template().map(|p| p.truncate() * 90.0 + Vec2::new(130.0, 60.0)));
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            landmarks.0[upper] = landmarks.0[lower].lerp(landmarks.0[upper], lids);
        }
        let middles = landmarks.eye_centres();
        let mut mesh = MeshModel::shipped().and_then(|model| model.fit(&landmarks, Some(middles))).expect("a face");
        for (first, middle) in FaceMesh::PUPILS.into_iter().zip(mesh.landmarks().eye_centres()) {
            mesh.0[first..first + 5].fill(middle.extend(0.0));
        }
        mesh
    }

    /// Whites with irises, darkest in their middles, that lie to the side by so much.
    fn picture(aside: f32) -> RgbImage {
        let middles = face(1.0).pupils();
        RgbImage::from_fn(260, 120, |x, y| {
            let p = Vec2::new(x as f32, y as f32);
            let off = middles.map(|middle| p.distance(middle + Vec2::X * aside)).into_iter().fold(f32::INFINITY, f32::min);
            image::Rgb([if off < 7.5 { 20 + (8.0 * off) as u8 } else { 220 }; 3])
        })
    }

    #[test]
    fn irises_that_the_reader_has_in_the_white_are_put_where_they_are_and_lids_hide_them_for_a_while() {
        let mut irises = Irises::default();
        let mut settled = |frame: u64, picture: &RgbImage, lids: f32| {
            let mut mesh = face(lids);
            let before = mesh.pupils()[0].x;
            irises.settle(&mut mesh, picture, Duration::from_millis(33 * frame));
            mesh.pupils()[0].x - before
        };
        let (aside, ahead) = (picture(9.0), picture(0.0));
        assert!(settled(0, &aside, 1.0).abs() < 0.01, "nothing is known of the first frame's time");
        let found = (1..12).map(|frame| settled(frame, &aside, 1.0)).last().expect("a frame");
        assert!((found - 9.0).abs() < 2.0, "{found}");
        let blinking = settled(12, &ahead, 0.05);
        assert!((blinking - found).abs() < 1.0, "a blink keeps it: {blinking}");
        let squinting = (13..60).map(|frame| settled(frame, &ahead, 0.05)).last().expect("a frame");
        assert!(squinting.abs() < 0.5, "a squint does not: {squinting}");
        let right = (60..80).map(|frame| settled(frame, &ahead, 1.0)).last().expect("a frame");
        assert!(right.abs() < 1.0, "where the reader is right it is left alone: {right}");
    }

    #[test]
    fn nonsense_does_not_stay() {
        let mut irises = Irises::default();
        let mut nonsense = face(1.0);
        nonsense.0[FaceMesh::PUPILS[0]] = Vec3::NAN;
        for frame in 0..3 {
            irises.settle(&mut nonsense.clone(), &picture(0.0), Duration::from_millis(33 * frame));
        }
        let mut mesh = face(1.0);
        irises.settle(&mut mesh, &picture(0.0), Duration::from_millis(132));
        assert!(mesh.0.iter().all(|p| p.is_finite()), "the next frame is sound");
    }
}
