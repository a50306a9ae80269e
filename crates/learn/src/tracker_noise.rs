//! Errors as a landmark tracker makes them: whole parts of the face off by a little, and the jaw's points slipping along its outline.
//!
//! Independent noise on every point averages out of whatever the net fits to many of them; real errors do not, so a net that never saw them moves the hair
//! with every slip of the jaw.

use glam::Vec2;

use crate::data::region;
use crate::random::Random;

/// Distance between the eyes at which the deviations below hold, in pixels.
const USUAL_EYES_PX: f32 = 50.0;
/// Deviation of a part's place in pixels: brows, nose, eyes, mouth.
const BROW_PX: f32 = 0.9;
const NOSE_PX: f32 = 0.5;
const EYE_PX: f32 = 0.4;
const MOUTH_PX: f32 = 0.5;
/// Deviation of the jaw's points in pixels: along the outline, and across it (the whole, and one side against the other).
const JAW_ALONG_PX: f32 = 1.5;
const JAW_ACROSS_PX: f32 = 1.0;

/// The 68 landmarks of one frame as a tracker might find them; `amount` scales all errors.
pub fn disturbed(landmarks: &[Vec2], amount: f32, random: &mut Random) -> Vec<Vec2> {
    let mut out = landmarks.to_vec();
    if landmarks.len() < region::MOUTH.end {
        return out;
    }
    let scale = amount * landmarks[region::RIGHT_EYE.start].distance(landmarks[region::LEFT_EYE.end - 3]) / USUAL_EYES_PX;
    let parts = [
        (region::BROWS.start..region::BROWS.start + 5, BROW_PX),
        (region::BROWS.start + 5..region::BROWS.end, BROW_PX),
        (region::NOSE_BRIDGE.start..region::NOSE_BASE.end, NOSE_PX),
        (region::RIGHT_EYE, EYE_PX),
        (region::LEFT_EYE, EYE_PX),
        (region::MOUTH, MOUTH_PX),
    ];
    for (range, deviation) in parts {
        let shift = scale * Vec2::new(random.normal(0.0, deviation), random.normal(0.0, deviation));
        out[range].iter_mut().for_each(|p| *p += shift);
    }
    let [slip, phase] = [random.normal(0.0, JAW_ALONG_PX), random.range(0.0, std::f32::consts::TAU)];
    let [whole, sides] = [0, 1].map(|_| random.normal(0.0, JAW_ACROSS_PX));
    let last = region::JAW.end - 1;
    for k in region::JAW {
        let along = (landmarks[(k + 1).min(last)] - landmarks[k.saturating_sub(1)]).normalize_or_zero();
        let share = k as f32 / last as f32;
        let slipped = slip * (std::f32::consts::PI * share + phase).sin();
        out[k] += scale * (slipped * along + (whole + sides * (2.0 * share - 1.0)) * along.perp());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_move_as_wholes_and_no_error_changes_nothing() {
        let face: Vec<Vec2> = (0..68).map(|i| Vec2::new(80.0 + 1.5 * i as f32, 100.0 + (i % 17) as f32 * 3.0)).collect();
        let mut random = Random::new(3, 0);
        assert_eq!(disturbed(&face, 0.0, &mut random), face, "no error");
        let noisy = disturbed(&face, 1.0, &mut random);
        let shift = |i: usize| noisy[i] - face[i];
        assert!((shift(48) - shift(67)).length() < 1e-4 && shift(48).length() > 1e-3, "the mouth is off as a whole");
        assert!((shift(17) - shift(26)).length() > 1e-3, "each brow on its own");
        assert!((shift(0) - shift(8)).length() > 1e-3, "the jaw bends");
    }
}
