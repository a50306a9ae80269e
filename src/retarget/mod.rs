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
    let pose = rigid::transfer(&neutral.pose, &pose, &sitter.shape.pose, controls.strengths.head);
    let target = sitter.shape.project(&pose, &offsets);
    Some(sitter.guard.limit(&sitter.rest_in_crop, target))
}
