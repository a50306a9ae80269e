//! Carries the driver's motion over to the portrait's own face.
//!
//! The driver's landmarks are taken apart into rigid head motion and expression, both relative to a neutral calibration, and put together again on the
//! portrait's geometry: a wide mouth stays wide, large eyes close fully, and a portrait that looks to the side turns from where it looks.

mod blink;
mod calibration;
mod expression;
mod gaze;
mod limits;
mod mirror;
mod presence;
mod rigid;
mod shape;

use std::time::Duration;

use blink::Lids;
use calibration::Calibration;
use gaze::{Glance, RestEyes};
use glam::{Vec2, Vec3};
use limits::FoldGuard;
use presence::Presence;
use shape::FaceShape;

use crate::data::{Crop, FaceMotion, Landmarks, Portrait, PuppetMotion, TrackedFrame};
use crate::settings::Controls;

/// Retargets one driver to one portrait. Keeps the calibration when the portrait changes.
#[derive(Debug, Default)]
pub struct Retargeter {
    controls: Controls,
    driver: Driver,
    presence: Presence,
    sitter: Option<Sitter>,
    held: Option<Placed>,
}

/// What is known of the driver.
#[derive(Debug, Default)]
struct Driver {
    calibration: Calibration,
    lids: Lids,
    glance: Glance,
}

/// What retargeting needs to know of the portrait.
#[derive(Debug)]
struct Sitter {
    rest: Placed,
    shape: FaceShape,
    eyes: Option<RestEyes>,
    guard: FoldGuard,
    crop: Crop,
    picture_size: [f32; 2],
}

/// A face in the portrait's crop.
#[derive(Clone, Debug)]
struct Placed {
    landmarks: Landmarks,
    pupils: [Vec2; 2],
}

impl Placed {
    /// From `self` (at 0) to `other` (at 1).
    fn lerp(&self, other: &Self, amount: f32) -> Self {
        let pupils = [0, 1].map(|eye| self.pupils[eye].lerp(other.pupils[eye], amount));
        Self { landmarks: self.landmarks.lerp(&other.landmarks, amount), pupils }
    }
}

impl Retargeter {
    /// Starts on a new portrait, from rest.
    pub fn set_portrait(&mut self, portrait: &Portrait) {
        let rest_in_crop = portrait.landmarks_in_crop();
        let (width, height) = portrait.pixels.dimensions();
        let pupils = portrait.pupils_in_crop();
        self.sitter = FaceShape::of(&rest_in_crop).map(|shape| Sitter {
            guard: FoldGuard::new(&rest_in_crop),
            eyes: RestEyes::new(&shape, &rest_in_crop, pupils),
            shape,
            rest: Placed { landmarks: rest_in_crop, pupils },
            crop: portrait.crop,
            picture_size: [width as f32, height as f32],
        });
        self.held = None;
    }

    /// Takes over strengths and switches; mirroring keeps the calibration valid.
    pub fn set_controls(&mut self, controls: Controls) {
        if controls.mirror != self.controls.mirror {
            self.driver.mirror();
        }
        self.controls = controls;
    }

    /// Takes the driver's face in the next frames as the new neutral one.
    pub fn recalibrate(&mut self) {
        self.driver.calibration = Calibration::default();
        self.driver.lids = Lids::default();
    }

    /// Whether the neutral face is settled.
    pub fn is_calibrated(&self) -> bool {
        self.driver.calibration.is_settled()
    }

    /// Where the portrait's landmarks and pupils go for one tracked frame; `None` before a portrait is set.
    /// While no face is tracked, the portrait eases back to rest.
    pub fn retarget(&mut self, tracked: &TrackedFrame) -> Option<PuppetMotion> {
        let now = tracked.time.media_time;
        let presence = self.presence.update(now, tracked.face.is_some());
        let face = tracked.face.as_ref().filter(|face| face.landmarks_in_frame.is_finite());
        let face = face.map(|face| if self.controls.mirror { mirror::mirrored(face) } else { face.clone() });
        let turn = self.driver.turn(now, face.as_ref()).map(|turn| turn * self.controls.strengths.gaze);
        let sitter = self.sitter.as_ref()?;
        if let Some(face) = &face {
            let moved = if self.controls.absolute {
                Some(absolute(face, sitter))
            } else {
                self.driver.relative(face, sitter, now, turn.unwrap_or_default(), &self.controls)
            };
            self.held = moved.or(self.held.take());
        }
        let target = self.held.as_ref().unwrap_or(&sitter.rest);
        let eased = sitter.rest.lerp(target, presence);
        Some(PuppetMotion {
            landmarks_in_crop: eased.landmarks,
            gaze: turn.map(|turn| turn * presence),
            pupils_in_crop: Some(eased.pupils),
            mesh: None,
        })
    }
}

impl Driver {
    /// Exchanges left and right.
    fn mirror(&mut self) {
        self.calibration.mirror();
        self.lids.mirror();
        self.glance.mirror();
    }

    /// How far the eyes have turned since neutral; `None` while the gaze was never known.
    fn turn(&mut self, now: Duration, face: Option<&FaceMotion>) -> Option<Vec2> {
        let gaze = face.and_then(|face| face.gaze).filter(|gaze| gaze.is_finite());
        let neutral = self.calibration.neutral_gaze(gaze);
        let turn = gaze.zip(neutral).map(|(gaze, neutral)| gaze - neutral);
        self.glance.update(now, turn)
    }

    /// The driver's motion since neutral, on the sitter; the sitter's eyes turn by `turn`. `None` for what is no face.
    fn relative(&mut self, face: &FaceMotion, sitter: &Sitter, now: Duration, turn: Vec2, controls: &Controls) -> Option<Placed> {
        let neutral = self.calibration.neutral(&face.landmarks_in_frame, face.frame_size[0] as f32 - 1.0)?;
        let (pose, offsets) = neutral.decompose(&face.landmarks_in_frame)?;
        let still = [Vec3::ZERO; Landmarks::COUNT];
        let closures = self.lids.update(now, neutral.eye_aspects(&offsets), neutral.eye_aspects(&still));
        let offsets = expression::transfer(&offsets, neutral, &sitter.shape, closures, &controls.strengths);
        let posed = |strength: f32| rigid::transfer(&neutral.pose, &pose, &sitter.shape.pose, strength);
        let strength = controls.strengths.head;
        let turned = sitter.shape.project(&posed(strength), &still);
        let bearable = sitter.guard.bearable(&sitter.rest.landmarks, &turned);
        let pose = posed(strength * bearable);
        let base = sitter.shape.project(&pose, &still);
        let target = sitter.shape.project(&pose, &offsets);
        // A tracker's nonsense ends here: what is no number moves nothing.
        if !target.is_finite() {
            return Some(sitter.rest.clone());
        }
        let landmarks = sitter.guard.limit(&base, &target);
        let pupils = sitter.eyes.as_ref().and_then(|eyes| eyes.turned(turn, &pose, &base, &landmarks));
        Some(Placed { pupils: pupils.unwrap_or(sitter.rest.pupils), landmarks })
    }
}

/// The driver's landmarks and pupils at the same relative place of the portrait's picture: for re-enactment of the same head.
fn absolute(face: &FaceMotion, sitter: &Sitter) -> Placed {
    let scale = [0, 1].map(|axis| sitter.picture_size[axis] / face.frame_size[axis].max(1) as f32);
    let scale = Vec2::from_array(scale);
    let place = |p: Vec2| sitter.crop.crop_from_image((p + 0.5) * scale - 0.5);
    let landmarks = face.landmarks_in_frame.map(place);
    let own = face.pupils_in_frame.filter(|pupils| pupils.iter().all(|p| p.is_finite()));
    let pupils = own.map(|pupils| pupils.map(place)).or_else(|| gaze::carried(sitter.rest.pupils, &sitter.rest.landmarks, &landmarks));
    Placed { pupils: pupils.unwrap_or(sitter.rest.pupils), landmarks }
}

#[cfg(test)]
mod tests;
