//! Carries the driver's motion over to the portrait's own face.
//!
//! The driver's landmarks are taken apart into rigid head motion and expression, both relative to a neutral calibration, and put together again on the
//! portrait's geometry: a wide mouth stays wide, large eyes close fully, and a portrait that looks to the side turns from where it looks.

mod calibration;
mod expression;
mod limits;
mod mirror;
mod presence;
mod rigid;
mod shape;

use calibration::Calibration;
use glam::Vec3;
use limits::FoldGuard;
use presence::Presence;
use shape::FaceShape;

use crate::data::{Crop, FaceMotion, Landmarks, Portrait, PuppetMotion, TrackedFrame};
use crate::settings::Controls;

/// Retargets one driver to one portrait. Keeps the calibration when the portrait changes.
#[derive(Debug, Default)]
pub struct Retargeter {
    controls: Controls,
    calibration: Calibration,
    presence: Presence,
    sitter: Option<Sitter>,
    held: Option<Landmarks>,
}

/// What retargeting needs to know of the portrait.
#[derive(Debug)]
struct Sitter {
    rest_in_crop: Landmarks,
    shape: FaceShape,
    guard: FoldGuard,
    crop: Crop,
    picture_size: [f32; 2],
}

impl Retargeter {
    /// Starts on a new portrait, from rest.
    pub fn set_portrait(&mut self, portrait: &Portrait) {
        let rest_in_crop = portrait.landmarks_in_crop();
        let (width, height) = portrait.pixels.dimensions();
        self.sitter = FaceShape::of(&rest_in_crop).map(|shape| Sitter {
            guard: FoldGuard::new(&rest_in_crop),
            shape,
            rest_in_crop,
            crop: portrait.crop,
            picture_size: [width as f32, height as f32],
        });
        self.held = None;
    }

    /// Takes over strengths and switches; mirroring keeps the calibration valid.
    pub fn set_controls(&mut self, controls: Controls) {
        if controls.mirror != self.controls.mirror {
            self.calibration.mirror();
        }
        self.controls = controls;
    }

    /// Takes the driver's face in the next frames as the new neutral one.
    pub fn recalibrate(&mut self) {
        self.calibration = Calibration::default();
    }

    /// Whether the neutral face is settled.
    pub fn is_calibrated(&self) -> bool {
        self.calibration.is_settled()
    }

    /// Where the portrait's landmarks go for one tracked frame; `None` before a portrait is set.
    /// While no face is tracked, the portrait eases back to rest.
    pub fn retarget(&mut self, tracked: &TrackedFrame) -> Option<PuppetMotion> {
        let presence = self.presence.update(tracked.time.media_time, tracked.face.is_some());
        let sitter = self.sitter.as_ref()?;
        if let Some(face) = tracked.face.as_ref().filter(|face| face.landmarks_in_frame.is_finite()) {
            let face = if self.controls.mirror { mirror::mirrored(face) } else { face.clone() };
            let moved = if self.controls.absolute {
                Some(absolute(&face, sitter))
            } else {
                relative(&face, sitter, &mut self.calibration, &self.controls)
            };
            self.held = moved.or(self.held.take());
        }
        let target = self.held.as_ref().unwrap_or(&sitter.rest_in_crop);
        let eased = sitter.rest_in_crop.lerp(target, presence);
        let gaze = tracked.face.as_ref().and_then(|face| face.gaze).map(|gaze| gaze * (self.controls.strengths.eyes * presence));
        Some(PuppetMotion { landmarks_in_crop: eased, gaze })
    }
}

/// The driver's landmarks at the same relative place of the portrait's picture: for re-enactment of the same head.
fn absolute(face: &FaceMotion, sitter: &Sitter) -> Landmarks {
    let scale = [0, 1].map(|axis| sitter.picture_size[axis] / face.frame_size[axis].max(1) as f32);
    let scale = glam::Vec2::from_array(scale);
    face.landmarks_in_frame.map(|p| sitter.crop.crop_from_image((p + 0.5) * scale - 0.5))
}

fn relative(face: &FaceMotion, sitter: &Sitter, calibration: &mut Calibration, controls: &Controls) -> Option<Landmarks> {
    let neutral = calibration.neutral(&face.landmarks_in_frame, face.frame_size[0] as f32 - 1.0)?;
    let (pose, offsets) = neutral.decompose(&face.landmarks_in_frame)?;
    let offsets = expression::transfer(&offsets, neutral, &sitter.shape, &controls.strengths);
    let still = [Vec3::ZERO; Landmarks::COUNT];
    let posed = |strength: f32| rigid::transfer(&neutral.pose, &pose, &sitter.shape.pose, strength);
    let strength = controls.strengths.head;
    let turned = sitter.shape.project(&posed(strength), &still);
    let bearable = sitter.guard.bearable(&sitter.rest_in_crop, &turned);
    let pose = posed(strength * bearable);
    let base = sitter.shape.project(&pose, &still);
    let target = sitter.shape.project(&pose, &offsets);
    // A tracker's nonsense ends here: what is no number moves nothing.
    Some(if target.is_finite() { sitter.guard.limit(&base, &target) } else { sitter.rest_in_crop.clone() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use glam::{Mat3, Vec2};

    use super::*;
    use crate::data::{FrameTime, HeadPose, region};
    use crate::face::{rotation_from_pose, template};
    use crate::settings::Strengths;

    /// Landmarks of the generic head under a pose, `scale` pixels per inter-ocular distance, after `shape` has changed it.
    fn face(rotation: Mat3, scale: f32, centre: Vec2, shape: impl Fn(usize, Vec3) -> Vec3) -> Landmarks {
        Landmarks(std::array::from_fn(|i| (rotation * shape(i, template()[i])).truncate() * scale + centre))
    }

    fn unchanged(_: usize, p: Vec3) -> Vec3 {
        p
    }

    fn portrait() -> Portrait {
        // A wider face with larger eyes than the driver's, turned a little to the side.
        let rotation = rotation_from_pose(HeadPose { yaw_rad: 0.25, pitch_rad: 0.0, roll_rad: 0.05 });
        let eyes =
            |i: usize, p: Vec3| if region::EYES.contains(&i) { Vec3::new(p.x, p.y * 1.6, p.z) } else { p * Vec3::new(1.1, 1.0, 1.0) };
        Portrait {
            name: "test".to_owned(),
            pixels: Arc::new(image::RgbaImage::new(512, 512)),
            landmarks_in_image: face(rotation, 84.0, Vec2::new(256.0, 220.0), eyes),
            crop: Crop::whole(512.0),
            content_hash: String::new(),
        }
    }

    fn tracked(index: u64, landmarks: Option<Landmarks>) -> TrackedFrame {
        let time = FrameTime { index, media_time: Duration::from_millis(33 * index), captured_at: Instant::now() };
        let face = landmarks.map(|landmarks_in_frame| FaceMotion {
            landmarks_in_frame,
            frame_size: [640, 480],
            pose: HeadPose::default(),
            gaze: None,
        });
        TrackedFrame { time, pixels: None, face }
    }

    fn driver(shape: impl Fn(usize, Vec3) -> Vec3) -> Landmarks {
        face(Mat3::IDENTITY, 60.0, Vec2::new(320.0, 200.0), shape)
    }

    /// A retargeter that has seen the neutral driver often enough.
    fn calibrated() -> (Retargeter, Landmarks) {
        let portrait = portrait();
        let mut retargeter = Retargeter::default();
        retargeter.set_portrait(&portrait);
        for i in 0..12 {
            retargeter.retarget(&tracked(i, Some(driver(unchanged))));
        }
        assert!(retargeter.is_calibrated(), "twelve frames are enough");
        (retargeter, portrait.landmarks_in_crop())
    }

    fn largest_distance(a: &Landmarks, b: &Landmarks) -> f32 {
        a.0.iter().zip(&b.0).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max)
    }

    #[test]
    fn a_neutral_driver_leaves_the_portrait_at_rest() {
        let (mut retargeter, rest) = calibrated();
        let moved = retargeter.retarget(&tracked(20, Some(driver(unchanged)))).expect("a portrait is set");
        let distance = largest_distance(&moved.landmarks_in_crop, &rest);
        assert!(distance < 0.05, "rest is met within {distance} pixels");
    }

    #[test]
    fn closed_eyes_close_fully_whatever_their_size() {
        let (mut retargeter, _) = calibrated();
        let blink = driver(|i, p| match i {
            37 | 38 => template()[if i == 37 { 41 } else { 40 }],
            43 | 44 => template()[if i == 43 { 47 } else { 46 }],
            _ => p,
        });
        let before = portrait().landmarks_in_crop().eye_aspect();
        let moved = retargeter.retarget(&tracked(20, Some(blink))).expect("a portrait is set");
        let after = moved.landmarks_in_crop.eye_aspect();
        assert!(after[0] < 0.25 * before[0] && after[1] < 0.25 * before[1], "lids meet: {before:?} became {after:?}");
    }

    #[test]
    fn a_turn_of_the_driver_turns_the_portrait_as_far() {
        let (mut retargeter, rest) = calibrated();
        let turn = rotation_from_pose(HeadPose { yaw_rad: 0.15, ..HeadPose::default() });
        let turned = face(turn, 60.0, Vec2::new(320.0, 200.0), unchanged);
        let moved = retargeter.retarget(&tracked(20, Some(turned))).expect("a portrait is set");
        let yaw = |landmarks: &Landmarks| FaceShape::of(landmarks).expect("a face").pose.pose().yaw_rad;
        let change = yaw(&moved.landmarks_in_crop) - yaw(&rest);
        assert!((change - 0.15).abs() < 0.04, "turned by {change} rad");
    }

    #[test]
    fn losing_the_face_brings_the_portrait_to_rest_without_a_jump() {
        let (mut retargeter, rest) = calibrated();
        let open = driver(|i, p| if (65..68).contains(&i) || (55..60).contains(&i) { p + Vec3::Y * 0.25 } else { p });
        let mut last = retargeter.retarget(&tracked(20, Some(open))).expect("a portrait is set").landmarks_in_crop;
        for i in 21..80 {
            let next = retargeter.retarget(&tracked(i, None)).expect("a portrait is set").landmarks_in_crop;
            assert!(largest_distance(&next, &last) < 2.5, "no jump at frame {i}");
            last = next;
        }
        assert!(largest_distance(&last, &rest) < 0.05, "at rest in the end");
    }

    #[test]
    fn no_driver_folds_the_face() {
        let (mut retargeter, rest) = calibrated();
        let mut random = 1_u32;
        let mut noise = move || {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let guard = FoldGuard::new(&rest);
        // With the head held still, every triangle can be compared with the face at rest.
        retargeter.set_controls(Controls { strengths: Strengths { head: 0.0, ..Strengths::default() }, ..Controls::default() });
        for i in 0..400_u64 {
            let wild = 10.0_f32.powf(i as f32 / 130.0);
            let landmarks = driver(unchanged).map(|p| p + Vec2::new(noise(), noise()) * wild);
            let moved = retargeter.retarget(&tracked(20 + i, Some(landmarks))).expect("a portrait is set").landmarks_in_crop;
            assert!(moved.is_finite() && guard.holds(&rest, &moved, |_| true), "no fold at noise {wild}");
        }
        let nonsense = Landmarks([Vec2::new(f32::NAN, 1e30); Landmarks::COUNT]);
        let moved = retargeter.retarget(&tracked(900, Some(nonsense))).expect("a portrait is set");
        assert!(moved.landmarks_in_crop.is_finite(), "a tracker's nonsense does not reach the picture");
    }

    #[test]
    fn mirroring_keeps_the_calibration() {
        let (mut retargeter, rest) = calibrated();
        retargeter.set_controls(Controls { mirror: true, ..Controls::default() });
        let moved = retargeter.retarget(&tracked(20, Some(driver(unchanged)))).expect("a portrait is set");
        let distance = largest_distance(&moved.landmarks_in_crop, &rest);
        assert!(distance < 0.5, "the mirrored neutral face is neutral: {distance} pixels");
    }
}
