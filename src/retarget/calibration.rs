//! The driver's neutral face: found by itself in the first frames, and mended when it was taken at a bad moment.

use glam::{Vec2, Vec3};

use super::shape::{FaceShape, INNER_LIPS, LEFT_LIDS, RIGHT_LIDS};
use crate::data::{Landmarks, region};

/// Frames whose median makes the neutral face. The first one counts at once, so the portrait lives from the first frame.
const FRAMES: usize = 9;
/// A neutral mouth open by more than this, in inter-ocular distances, is suspect: the driver may have been talking.
const OPEN_MOUTH: f32 = 0.05;
/// Neutral eyes open by less than this, in inter-ocular distances, are suspect: the driver may have blinked.
const CLOSED_EYES: f32 = 0.10;
/// How fast a suspect neutral follows a better frame.
const MENDING: f32 = 0.25;

/// Collects the neutral face.
#[derive(Debug, Default)]
pub(super) struct Calibration {
    seen: Vec<Landmarks>,
    neutral: Option<FaceShape>,
    gazes: Vec<Vec2>,
    last_column: f32,
}

impl Calibration {
    /// Whether enough frames were seen.
    pub(super) fn is_settled(&self) -> bool {
        self.seen.len() >= FRAMES
    }

    /// The neutral face, after taking `landmarks` of a frame whose last column is `last_column` into account. `None` if they are no face at all.
    pub(super) fn neutral(&mut self, landmarks: &Landmarks, last_column: f32) -> Option<&FaceShape> {
        self.last_column = last_column;
        if self.is_settled() {
            self.mend(landmarks);
        } else {
            self.seen.push(landmarks.clone());
            self.neutral = FaceShape::of(&median(&self.seen)).or(self.neutral.take());
        }
        self.neutral.as_ref()
    }

    /// Where the driver looks when neutral, after taking a frame's `gaze` into account; `None` before any was measured.
    pub(super) fn neutral_gaze(&mut self, gaze: Option<Vec2>) -> Option<Vec2> {
        if self.gazes.len() < FRAMES {
            self.gazes.extend(gaze);
        }
        let axis = |axis: usize| middle(self.gazes.iter().map(|gaze| gaze[axis]).collect());
        Some(Vec2::new(axis(0)?, axis(1)?))
    }

    /// Exchanges left and right of what was seen so far.
    pub(super) fn mirror(&mut self) {
        for landmarks in &mut self.seen {
            *landmarks = landmarks.mirrored(self.last_column);
        }
        for gaze in &mut self.gazes {
            gaze.x = -gaze.x;
        }
        if let Some(neutral) = &self.neutral {
            let landmarks = neutral.project(&neutral.pose, &[Vec3::ZERO; Landmarks::COUNT]);
            self.neutral = FaceShape::of(&landmarks.mirrored(self.last_column));
        }
    }

    /// A mouth that was open, or eyes that were closed, when the neutral face was taken give way to a frame that shows them at rest.
    fn mend(&mut self, landmarks: &Landmarks) {
        let Some(neutral) = &mut self.neutral else { return };
        let [mouth, right_eye, left_eye] = [neutral.gap(&INNER_LIPS), neutral.gap(&RIGHT_LIDS), neutral.gap(&LEFT_LIDS)];
        if mouth < OPEN_MOUTH && right_eye.min(left_eye) > CLOSED_EYES {
            return;
        }
        let Some(now) = FaceShape::of(landmarks) else { return };
        if mouth > OPEN_MOUTH && now.gap(&INNER_LIPS) < mouth {
            follow(neutral, &now, region::MOUTH);
            follow(neutral, &now, region::JAW);
        }
        if right_eye < CLOSED_EYES && now.gap(&RIGHT_LIDS) > right_eye {
            follow(neutral, &now, region::RIGHT_EYE);
        }
        if left_eye < CLOSED_EYES && now.gap(&LEFT_LIDS) > left_eye {
            follow(neutral, &now, region::LEFT_EYE);
        }
    }
}

fn follow(neutral: &mut FaceShape, now: &FaceShape, part: std::ops::Range<usize>) {
    for i in part {
        neutral.points[i] = neutral.points[i].lerp(now.points[i], MENDING);
    }
}

/// Point-wise median, which one blink or one bad detection among the frames cannot move far.
fn median(seen: &[Landmarks]) -> Landmarks {
    let coordinate = |i: usize, axis: usize| middle(seen.iter().map(|l| l.0[i][axis]).collect()).unwrap_or_default();
    Landmarks(std::array::from_fn(|i| Vec2::new(coordinate(i, 0), coordinate(i, 1))))
}

fn middle(mut values: Vec<f32>) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(0.5 * (values[last / 2] + values[values.len() / 2]))
}
