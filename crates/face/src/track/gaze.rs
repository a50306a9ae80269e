//! Where the driver's eyes look: measured in every frame, held through blinks, smoothed like the landmarks.

use std::time::Duration;

use glam::Vec2;
use image::RgbImage;

use super::smoothing::{Clock, OneEuro, Part};
use crate::data::Landmarks;
use crate::face::{EyeFrame, Pupil, find_pupils, gaze_from_pupils};

/// Opening of an eye (lid distance over its width) below which no pupil is looked for: there is hardly any of it left.
const LEAST_OPEN: f32 = 0.16;
/// The same as a share of how wide the eye was open just now: what is seen between closing lids is mostly lashes.
const LEAST_OF_WIDEST: f32 = 0.65;
/// Seconds in which a wide opening is forgotten, so that the gaze of narrowed eyes is measured again.
const FORGET_SECS: f32 = 2.0;
/// Confidence, of both pupils in the mean, below which a measure is not believed.
const LEAST_CONFIDENCE: f32 = 0.4;
/// How long the last gaze is held while none can be measured: a blink takes less.
const HOLD: Duration = Duration::from_millis(400);
/// Smoothing of the pupils' places in their eyes, speeds in eye widths per second: a measure trembles with up to half a width per second,
/// a glance to the side makes five.
const PUPILS: OneEuro = OneEuro { still_hz: 1.2, hz_per_speed: 5.0, noise_speed: 0.3, speed_hz: 8.0 };

/// Where the eyes look in one frame; as in [`crate::data::FaceMotion`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looking {
    pub(super) gaze: Option<Vec2>,
    pub(super) pupils_in_frame: Option<[Vec2; 2]>,
}

/// Measures the gaze of one face from frame to frame.
#[derive(Debug)]
pub(super) struct GazeTracker {
    strength: f32,
    last_time: Option<Duration>,
    filter: Part,
    held: Option<Held>,
    /// Openings of the eyes, as wide as they were just now.
    widest: [f32; 2],
}

/// The last places that were believed, in the eyes' own measure.
#[derive(Clone, Copy, Debug)]
struct Held {
    pupils_in_eyes: [Vec2; 2],
    at: Duration,
}

impl GazeTracker {
    /// With a strength of smoothing from 0 to 1.
    pub(super) fn new(strength: f32) -> Self {
        Self { strength: strength.clamp(0.0, 1.0), last_time: None, filter: Part::new(PUPILS), held: None, widest: [0.0; 2] }
    }

    /// Changes the strength from the next frame on.
    pub(super) fn set_strength(&mut self, strength: f32) {
        self.strength = strength.clamp(0.0, 1.0);
    }

    /// Forgets the face.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.strength);
    }

    /// Where the eyes look in a picture in which `landmarks` were read, which became `smoothed`. `None` while nothing is known.
    pub(super) fn look(&mut self, picture: &RgbImage, landmarks: &Landmarks, smoothed: &Landmarks, at: Duration) -> Option<Looking> {
        let clock = Clock::new(self.last_time.replace(at), at, self.strength);
        let pupils = self.measure(find_pupils(picture, landmarks), landmarks, clock);
        self.held_or(pupils, smoothed, clock, at)
    }

    /// The same where a reader says where the pupils are: it has smoothed them already.
    pub(super) fn look_at(&mut self, pupils: [Vec2; 2], landmarks: &Landmarks, at: Duration) -> Option<Looking> {
        let clock = Clock::new(self.last_time.replace(at), at, 0.0);
        let pupils = self.measure(pupils.map(|at| Some(Pupil { at, confidence: 1.0 })), landmarks, clock);
        self.held_or(pupils, landmarks, clock, at)
    }

    /// The pupils that were measured, or for a while those before them.
    fn held_or(&mut self, pupils: Option<[Vec2; 2]>, smoothed: &Landmarks, clock: Clock, at: Duration) -> Option<Looking> {
        if let Some(pupils_in_eyes) = pupils {
            self.held = Some(Held { pupils_in_eyes, at });
        }
        self.held = self.held.filter(|held| at.checked_sub(held.at).is_some_and(|age| age <= HOLD));
        let Some(held) = self.held else {
            self.filter = Part::new(PUPILS);
            return None;
        };
        let steady = self.filter.filter(&held.pupils_in_eyes, 1.0, clock);
        let frames = EyeFrame::of(smoothed)?;
        let pupils_in_frame = [0, 1].map(|eye| frames[eye].picture_from_eye(steady[eye]));
        Some(Looking { gaze: gaze_from_pupils(smoothed, pupils_in_frame), pupils_in_frame: Some(pupils_in_frame) })
    }

    /// The pupils in their eyes' own measure; `None` when they are hidden or their confidence is low.
    fn measure(&mut self, found: [Option<Pupil>; 2], landmarks: &Landmarks, clock: Clock) -> Option<[Vec2; 2]> {
        let frames = EyeFrame::of(landmarks)?;
        let aspects = landmarks.eye_aspect();
        // After a long gap the clock begins anew, and so does this.
        let kept = if clock.starts() { 0.0 } else { (-clock.gap_secs / FORGET_SECS).exp() };
        self.widest = std::array::from_fn(|eye| aspects[eye].max(self.widest[eye] * kept));
        let seen: [Option<Pupil>; 2] =
            std::array::from_fn(|eye| found[eye].filter(|_| aspects[eye] > LEAST_OPEN.max(LEAST_OF_WIDEST * self.widest[eye])));
        let count = seen.iter().flatten().count() as f32;
        let confidence = seen.iter().flatten().map(|pupil| pupil.confidence).sum::<f32>();
        if count < 1.0 || confidence < LEAST_CONFIDENCE * count {
            return None;
        }
        match [0, 1].map(|eye| seen[eye].map(|pupil| frames[eye].eye_from_picture(pupil.at))) {
            [Some(right), Some(left)] => Some([right, left]),
            [Some(one), None] => Some(self.completed(one, 0)),
            [None, Some(one)] => Some(self.completed(one, 1)),
            [None, None] => None,
        }
    }

    /// Both pupils from the only one that is seen: the other one moved with it, or lies alike.
    fn completed(&self, seen: Vec2, eye: usize) -> [Vec2; 2] {
        let before = self.held.map_or([seen; 2], |held| held.pupils_in_eyes);
        let other = before[1 - eye] + seen - before[eye];
        if eye == 0 { [seen, other] } else { [other, seen] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    fn at(frame: u32) -> Duration {
        Duration::from_millis(u64::from(frame) * 33)
    }

    /// The generic face with its eyes opened by `lids`.
    fn face(lids: f32) -> Landmarks {
        let mut landmarks = Landmarks(template().map(|p| p.truncate() * 90.0 + Vec2::new(130.0, 60.0)));
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            landmarks.0[upper] = landmarks.0[lower].lerp(landmarks.0[upper], lids);
        }
        landmarks
    }

    /// Dark discs on white, moved to the side by `offset_px`; `pupils` of 0 and 1 says which eyes have one.
    fn picture(offset_px: f32, pupils: &[usize]) -> RgbImage {
        let centres: Vec<Vec2> = pupils.iter().map(|eye| face(1.0).eye_centres()[*eye] + Vec2::X * offset_px).collect();
        RgbImage::from_fn(260, 120, |x, y| {
            let p = Vec2::new(x as f32, y as f32);
            image::Rgb([if centres.iter().any(|centre| p.distance(*centre) < 7.5) { 40 } else { 220 }; 3])
        })
    }

    fn gaze(tracker: &mut GazeTracker, frame: u32, picture: &RgbImage, lids: f32) -> Option<Vec2> {
        let landmarks = face(lids);
        tracker.look(picture, &landmarks, &landmarks, at(frame)).and_then(|looking| looking.gaze)
    }

    #[test]
    fn a_glance_is_followed_and_a_blink_ridden_out() {
        let mut tracker = GazeTracker::new(0.5);
        let ahead = gaze(&mut tracker, 0, &picture(0.0, &[0, 1]), 1.0).expect("irises are there");
        for frame in 1..6 {
            gaze(&mut tracker, frame, &picture(5.0, &[0, 1]), 1.0);
        }
        let aside = gaze(&mut tracker, 6, &picture(5.0, &[0, 1]), 1.0).expect("irises are there");
        assert!(aside.x - ahead.x > 0.3, "to the picture's right: from {ahead} to {aside}");
        let closing = gaze(&mut tracker, 7, &picture(-5.0, &[0, 1]), 0.55).expect("held");
        assert!((closing.x - aside.x).abs() < 0.1, "what is seen between closing lids does not count: {closing}");
        let blinking = gaze(&mut tracker, 8, &picture(0.0, &[]), 0.1).expect("held");
        assert!((blinking.x - aside.x).abs() < 0.1, "held through a blink: {blinking}");
        assert_eq!(gaze(&mut tracker, 30, &picture(0.0, &[]), 0.1), None, "not for ever");
    }

    #[test]
    fn one_eye_is_enough() {
        let mut tracker = GazeTracker::new(0.0);
        let both = gaze(&mut tracker, 0, &picture(4.0, &[0, 1]), 1.0).expect("both");
        let mut winking = face(1.0);
        let shut = face(0.0);
        winking.0[42..48].copy_from_slice(&shut.0[42..48]);
        let one = tracker.look(&picture(4.0, &[0]), &winking, &winking, at(1)).and_then(|looking| looking.gaze).expect("one");
        assert!(one.distance(both) < 0.15, "the shut eye is thought to look alike: {one} and {both}");
    }

    #[test]
    fn a_blank_face_looks_nowhere() {
        let mut tracker = GazeTracker::new(0.5);
        assert_eq!(gaze(&mut tracker, 0, &picture(0.0, &[]), 1.0), None, "no irises");
    }
}
