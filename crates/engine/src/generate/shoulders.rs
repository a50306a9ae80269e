//! Where a body is to be expected: below a head there is one, even where a net cannot tell dark cloth from a dark wall.

use glam::Vec2;

use crate::data::{Landmarks, region};
use crate::math::smooth_step;

/// How much a body is expected, as a logit. Tuned by eye on the shared paintings.
const EXPECTED: f32 = 2.0;
/// Half the width of neck and shoulders, and how far below the chin they are, in distances between the eyes.
const NECK: (f32, f32) = (0.9, 0.3);
const SHOULDERS: (f32, f32) = (2.8, 2.4);
/// Width of its soft edge, in the same unit.
const EDGE: f32 = 0.8;
/// Shares beyond these say no more.
const MOST: std::ops::Range<f32> = 0.002..0.998;

/// Neck and shoulders below a head, in pixels of the picture.
pub(super) struct Shoulders {
    chin: Vec2,
    unit_px: f32,
}

impl Shoulders {
    /// Of a face.
    pub(super) fn of(landmarks_in_image: &Landmarks) -> Self {
        Self { chin: landmarks_in_image.0[region::JAW.start + 8], unit_px: landmarks_in_image.inter_ocular().max(1.0) }
    }

    /// The share of body at a place of which a net says `share`, 0 to 1.
    pub(super) fn expect(&self, at: Vec2, share: f32) -> f32 {
        let inside = self.inside(at);
        if inside <= 0.0 {
            return share;
        }
        let share = share.clamp(MOST.start, MOST.end);
        1.0 / (1.0 + (1.0 - share) / share * (-EXPECTED * inside).exp())
    }

    /// How far a place is inside, 0 to 1. People stand upright, however they hold their heads.
    fn inside(&self, at: Vec2) -> f32 {
        let off = (at - self.chin) / self.unit_px;
        let down = ((off.y - NECK.1) / (SHOULDERS.1 - NECK.1)).clamp(0.0, 1.0);
        let half = NECK.0 + down * (SHOULDERS.0 - NECK.0);
        smooth_step(&(0.0..EDGE), off.y) * (1.0 - smooth_step(&(half - EDGE / 2.0..half + EDGE / 2.0), off.x.abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    #[test]
    fn a_doubt_below_the_head_becomes_body_and_what_is_sure_stays() {
        let landmarks = Landmarks(template().map(|p| p.truncate() * 40.0 + Vec2::new(300.0, 200.0)));
        let shoulders = Shoulders::of(&landmarks);
        let below = shoulders.chin + Vec2::new(0.0, 4.0 * shoulders.unit_px);
        assert!(shoulders.expect(below, 0.3) > 0.7, "a doubt");
        assert!(shoulders.expect(below, 0.001) < 0.05 && shoulders.expect(below, 0.99) > 0.99, "what is sure");
        let beside = shoulders.chin + Vec2::new(4.0, -1.0) * shoulders.unit_px;
        assert!((shoulders.expect(beside, 0.3) - 0.3).abs() < 1e-6, "nothing is expected beside a head");
    }
}
