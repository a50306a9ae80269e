//! What is seen of the driver: how far lids, mouth and brows are moved, and why no face is found where none is.

use std::sync::Arc;

use glam::Vec2;
use image::RgbImage;

use super::words::t;
use crate::data::{Coefficient, FaceMesh, FaceMotion, HeadPose, Landmarks, region};

/// Mean brightness below which a picture is too dark to find a face in, 0 to 1 of the sRGB values. Tuned on webcam clips that were darkened step by step.
const DARK: f32 = 0.11;
/// Distance between the eyes, over the frame's longer side, below which a face is nearly lost. Measured: both readers find faces down to about 0.02.
const SMALL: f32 = 0.028;
/// Turns of the head beyond which a face is nearly lost, in radians: 50 degrees to a side, 32 up or down.
const TURNED: [f32; 2] = [0.87, 0.56];
/// Part of the frame at its edges: a face that was last seen with its middle in there has left the picture.
const EDGE: f32 = 0.12;
/// Every so many pixels one is looked at for the brightness.
const STEP: usize = 61;
/// Eye aspect of an open eye, and mouth opening of a shout over the distance between the eyes.
const OPEN_EYE: f32 = 0.3;
const SHOUT: f32 = 0.7;
/// Height of brows at rest over the eyes, and how far they go up and down from there, over the distance between the eyes. Measured on the generic head.
const BROWS_AT_REST: f32 = 0.33;
const BROWS_REACH: f32 = 0.13;

/// How far lids, mouth and brows are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Movements {
    /// How far the right and the left eye are open, 0 to 1.
    pub(super) eyes: [f32; 2],
    /// How far the mouth is open, 0 to 1.
    pub(super) mouth: f32,
    /// The right and the left brow: raised up to 1, lowered down to -1.
    pub(super) brows: [f32; 2],
}

impl Movements {
    /// From what the reader says, else from the landmarks alone.
    pub(super) fn of(face: &FaceMotion) -> Self {
        let Some(all) = &face.coefficients else { return Self::of_landmarks(&face.landmarks_in_frame) };
        let brow = |outer, down| (0.5 * (all[Coefficient::BrowInnerUp] + all[outer]) * 1.6 - all[down]).clamp(-1.0, 1.0);
        Self {
            eyes: [Coefficient::EyeBlinkRight, Coefficient::EyeBlinkLeft].map(|blink| 1.0 - all[blink]),
            mouth: all[Coefficient::JawOpen],
            brows: [
                brow(Coefficient::BrowOuterUpRight, Coefficient::BrowDownRight),
                brow(Coefficient::BrowOuterUpLeft, Coefficient::BrowDownLeft),
            ],
        }
    }

    fn of_landmarks(landmarks: &Landmarks) -> Self {
        let unit = landmarks.inter_ocular().max(1e-3);
        // Between the corners, which stay where they are when an eye shuts.
        let [right, left] = [region::RIGHT_EYE, region::LEFT_EYE].map(|eye| 0.5 * (landmarks.0[eye.start] + landmarks.0[eye.start + 3]));
        let down = (left - right).perp() / (left - right).length().max(1e-3);
        let height = |brow, eye: Vec2| (eye - landmarks.centre(brow)).dot(down) / unit;
        let middle = region::BROWS.start + region::BROWS.len() / 2;
        let raised = |height: f32| ((height - BROWS_AT_REST) / BROWS_REACH).clamp(-1.0, 1.0);
        Self {
            eyes: landmarks.eye_aspect().map(|aspect| (aspect / OPEN_EYE).clamp(0.0, 1.0)),
            mouth: (landmarks.0[62].distance(landmarks.0[66]) / unit / SHOUT).clamp(0.0, 1.0),
            brows: [raised(height(region::BROWS.start..middle, right)), raised(height(middle..region::BROWS.end, left))],
        }
    }
}

/// What is read of a face, for the inset.
#[derive(Clone, Debug)]
pub(super) struct DriverReading {
    /// Its landmarks, in pixels of the frame.
    pub(super) landmarks_in_frame: Landmarks,
    /// Its mesh, where it was read as one.
    pub(super) mesh_in_frame: Option<Arc<FaceMesh>>,
    /// Its pupils.
    pub(super) pupils_in_frame: Option<[Vec2; 2]>,
    /// Where it looks; see [`FaceMotion::gaze`].
    pub(super) gaze: Option<Vec2>,
    /// What it does.
    pub(super) movements: Movements,
}

impl DriverReading {
    pub(super) fn of(face: &FaceMotion) -> Self {
        Self {
            landmarks_in_frame: face.landmarks_in_frame.clone(),
            // One that was only fitted to the landmarks says no more than these.
            mesh_in_frame: face.mesh_in_frame.clone().filter(|_| face.coefficients.is_some()),
            pupils_in_frame: face.pupils_in_frame,
            gaze: face.gaze,
            movements: Movements::of(face),
        }
    }
}

/// Where a face was when it was seen last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LastSeen {
    /// Its head.
    pose: HeadPose,
    /// The distance between its eyes, over the frame's longer side.
    size: f32,
    /// Its middle, as a part of the frame's sides.
    middle: Vec2,
}

impl LastSeen {
    pub(super) fn of(face: &FaceMotion) -> Self {
        let frame = Vec2::from(face.frame_size.map(|side| side.max(1) as f32));
        let (low, high) = face.landmarks_in_frame.bounds();
        // The eyes come together as the head turns.
        let unit = face.landmarks_in_frame.inter_ocular() / face.pose.yaw_rad.cos().max(0.3);
        Self { pose: face.pose, size: unit / frame.max_element(), middle: 0.5 * (low + high) / frame }
    }
}

/// Why no face is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing that reads faces is ready yet.
    Loading,
    /// The picture is dark.
    Dark,
    /// The head was turned far when it was lost.
    Turned,
    /// The face was small when it was lost.
    Small,
    /// The face left the picture.
    Gone,
    /// None of these.
    Unknown,
}

impl Trouble {
    /// What is the matter, from what reads faces, how bright the picture is (0 to 1) and where the face was seen last.
    pub(super) fn of(reader_is_ready: bool, brightness: Option<f32>, last: Option<&LastSeen>) -> Self {
        let left_by_the_edge = |last: &LastSeen| {
            let inside = Vec2::splat(EDGE);
            last.middle.cmplt(inside).any() || last.middle.cmpgt(1.0 - inside).any()
        };
        match last {
            _ if !reader_is_ready => Self::Loading,
            _ if brightness.is_some_and(|brightness| brightness < DARK) => Self::Dark,
            Some(last) if left_by_the_edge(last) => Self::Gone,
            Some(last) if last.size < SMALL => Self::Small,
            Some(last) if last.pose.yaw_rad.abs() > TURNED[0] || last.pose.pitch_rad.abs() > TURNED[1] => Self::Turned,
            _ => Self::Unknown,
        }
    }

    /// What to do, for people.
    pub(super) fn words(self) -> String {
        match self {
            Self::Loading => t!("sight-loading"),
            Self::Dark => t!("sight-dark"),
            Self::Turned => t!("sight-turned"),
            Self::Small => t!("sight-small"),
            Self::Gone => t!("sight-gone"),
            Self::Unknown => t!("sight-unknown"),
        }
    }
}

/// Mean brightness of a picture, 0 to 1; `None` for one without pixels.
pub(super) fn brightness(picture: &RgbImage) -> Option<f32> {
    let looked_at = picture.as_raw().as_chunks::<3>().0.iter().step_by(STEP);
    let count = looked_at.len();
    // Weights of Rec. 709, as luma is made of sRGB values.
    let sum: f32 = looked_at.map(|[r, g, b]| 0.2126 * f32::from(*r) + 0.7152 * f32::from(*g) + 0.0722 * f32::from(*b)).sum();
    (count > 0).then(|| sum / count as f32 / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Coefficients;
    use crate::face::{rotation_from_pose, template};

    fn face(pose: HeadPose, unit_px: f32, middle: Vec2) -> FaceMotion {
        let rotation = rotation_from_pose(pose);
        let landmarks = Landmarks(template().map(|p| (rotation * p).truncate() * unit_px + middle));
        FaceMotion { pose, ..FaceMotion::of_landmarks(landmarks, [640, 480]) }
    }

    fn trouble(pose: HeadPose, unit_px: f32, middle: Vec2) -> Trouble {
        Trouble::of(true, Some(0.4), Some(&LastSeen::of(&face(pose, unit_px, middle))))
    }

    #[test]
    fn every_trouble_has_its_reason() {
        let centre = Vec2::new(320.0, 200.0);
        let ahead = HeadPose::default();
        let well = LastSeen::of(&face(ahead, 80.0, centre));
        assert_eq!(Trouble::of(false, Some(0.02), Some(&well)), Trouble::Loading, "nothing reads yet");
        assert_eq!(Trouble::of(true, Some(0.02), Some(&well)), Trouble::Dark, "a dark room");
        assert_eq!(Trouble::of(true, None, None), Trouble::Unknown, "nobody yet");
        assert_eq!(trouble(ahead, 80.0, centre), Trouble::Unknown, "a hand before the face");
        assert_eq!(trouble(HeadPose { yaw_rad: -1.0, ..ahead }, 80.0, centre), Trouble::Turned, "to the side");
        assert_eq!(trouble(HeadPose { pitch_rad: 0.7, ..ahead }, 80.0, centre), Trouble::Turned, "down");
        assert_eq!(trouble(ahead, 14.0, centre), Trouble::Small, "far away");
        assert_eq!(trouble(HeadPose { yaw_rad: 0.7, ..ahead }, 30.0, centre), Trouble::Unknown, "turned eyes are not small");
        assert_eq!(trouble(ahead, 80.0, Vec2::new(30.0, 200.0)), Trouble::Gone, "by the left edge");
        let words = [Trouble::Loading, Trouble::Dark, Trouble::Turned, Trouble::Small, Trouble::Gone, Trouble::Unknown].map(Trouble::words);
        let mut distinct = words.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), words.len(), "no two troubles read the same");
    }

    #[test]
    fn brightness_is_that_of_the_picture() {
        let grey = |value: u8| RgbImage::from_pixel(320, 240, image::Rgb([value; 3]));
        for value in [0_u8, 64, 255] {
            let measured = brightness(&grey(value)).expect("pixels");
            assert!((measured - f32::from(value) / 255.0).abs() < 1e-3, "{measured} for {value}");
        }
        assert_eq!(brightness(&RgbImage::new(0, 0)), None, "no pixels");
    }

    #[test]
    fn movements_follow_coefficients_or_landmarks() {
        let mut face = face(HeadPose { roll_rad: 0.3, ..HeadPose::default() }, 80.0, Vec2::splat(200.0));
        let rest = Movements::of(&face);
        assert!(rest.eyes.iter().all(|open| *open > 0.6) && rest.mouth < 0.1, "{rest:?}");
        assert!(rest.brows.iter().all(|brow| brow.abs() < 0.3), "brows at rest: {rest:?}");
        let up = Vec2::from_angle(0.3).rotate(Vec2::new(0.0, -10.0));
        for i in 17..22 {
            face.landmarks_in_frame.0[i] += up;
        }
        for (upper, lower) in [(43, 47), (44, 46)] {
            face.landmarks_in_frame.0[upper] = face.landmarks_in_frame.0[lower];
        }
        let moved = Movements::of(&face);
        assert!(moved.brows[0] > rest.brows[0] + 0.6 && (moved.brows[1] - rest.brows[1]).abs() < 0.1, "the right brow: {moved:?}");
        assert!(moved.eyes[1] < 0.15 && moved.eyes[0] > 0.6, "the left eye: {moved:?}");
        let mut all = Coefficients::default();
        for (coefficient, value) in [(Coefficient::EyeBlinkRight, 0.75), (Coefficient::JawOpen, 0.5), (Coefficient::BrowDownLeft, 0.5)] {
            all.0[coefficient as usize] = value;
        }
        face.coefficients = Some(all);
        let read = Movements::of(&face);
        assert_eq!((read.eyes, read.mouth), ([0.25, 1.0], 0.5), "as the reader says");
        assert!(read.brows[1] < -0.4 && read.brows[0].abs() < 1e-6, "{read:?}");
    }
}
