//! The lips: how far they are parted, from where they meet, on either face.

use super::shape::Shape;
use crate::data::FaceMesh;

/// Points of either lip from the right to the left corner, next to those of the inner contour, further out, and along the outer contour.
const UPPER: [[u16; 9]; 3] =
    [[183, 42, 41, 38, 12, 268, 271, 272, 407], [184, 74, 73, 72, 11, 302, 303, 304, 408], [185, 40, 39, 37, 0, 267, 269, 270, 409]];
const LOWER: [[u16; 9]; 3] =
    [[96, 89, 179, 86, 15, 316, 403, 319, 325], [77, 90, 180, 85, 16, 315, 404, 320, 307], [146, 91, 181, 84, 17, 314, 405, 321, 375]];
/// Pairs of points of the inner contour, each an upper and a lower one.
const PAIRS: std::ops::Range<usize> = 1..10;
/// Pair in the middle.
const MIDDLE: usize = 5;
/// Share of a parting that the lower lip makes: the jaw carries it.
const LOWER_SHARE: f32 = 0.7;

/// The upper and the lower point of a pair.
fn pair(i: usize) -> [usize; 2] {
    [FaceMesh::INNER_LIPS[i], FaceMesh::INNER_LIPS[20 - i]].map(usize::from)
}

/// How far the lips are parted at a pair, in the unit of the shape; negative where they are crossed.
fn parted(shape: &Shape, i: usize) -> f32 {
    let [upper, lower] = pair(i);
    shape.0[lower].y - shape.0[upper].y
}

/// Moves both lips at a pair, each as a whole, so that its red neither folds nor vanishes: up and down.
fn part(shape: &mut Shape, i: usize, up: f32, down: f32) {
    let [upper, lower] = pair(i);
    shape.0[upper].y -= up;
    shape.0[lower].y += down;
    for ring in 0..UPPER.len() {
        shape.0[usize::from(UPPER[ring][i - 1])].y -= up;
        shape.0[usize::from(LOWER[ring][i - 1])].y += down;
    }
}

/// What is known of how far a driver's lips close.
#[derive(Clone, Copy, Debug)]
pub(super) struct LipRange {
    closed: f32,
}

impl Default for LipRange {
    fn default() -> Self {
        Self { closed: f32::INFINITY }
    }
}

impl LipRange {
    /// Learns from a frame.
    pub(super) fn see(&mut self, shape: &Shape) {
        let gap = parted(shape, MIDDLE);
        if gap.is_finite() {
            self.closed = self.closed.min(gap.max(0.0));
        }
    }

    /// How much wider the driver's neutral lips are parted than those of a sitter at rest, both from where they meet. Who speaks with lips that are never quite
    /// closed would else move a closed mouth too little.
    fn excess(self, neutral: f32, rest: f32) -> f32 {
        (neutral - self.closed - rest.max(0.0)).max(0.0)
    }
}

/// Opens a sitter's lips as far as the driver's are from where they meet, and lets them meet but never cross. `moved` is the sitter's shape with the driver's
/// offsets since `neutral`.
pub(super) fn place(rest: &Shape, moved: &mut Shape, neutral: &Shape, range: LipRange, strength: f32) {
    let open = parted(neutral, MIDDLE);
    let excess = strength * range.excess(open, parted(rest, MIDDLE));
    for i in PAIRS {
        if excess > 0.0 {
            let own = excess * (parted(neutral, i) / open).clamp(0.0, 1.0);
            part(moved, i, (1.0 - LOWER_SHARE) * own, LOWER_SHARE * own);
        }
        // A portrait's lips may be drawn crossed by a hair at rest.
        let half = 0.5 * (-parted(moved, i) - (-parted(rest, i)).max(0.0));
        if half > 0.0 {
            part(moved, i, half, half);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_points_are_symmetric() {
        let partners = FaceMesh::partners();
        for ring in UPPER.iter().chain(&LOWER) {
            assert!((0..9).all(|i| partners[usize::from(ring[i])] == ring[8 - i]), "{ring:?}");
        }
    }

    #[test]
    fn lips_that_are_never_seen_closed_are_neutral_as_they_are() {
        let mut range = LipRange::default();
        assert!(range.excess(0.1, 0.0) == 0.0, "nothing is known");
        range.closed = 0.1;
        assert!(range.excess(0.1, 0.0) == 0.0, "never closer than in the neutral face");
        range.closed = 0.01;
        assert!((range.excess(0.1, 0.02) - 0.07).abs() < 1e-6, "parted while neutral");
        assert!(range.excess(0.03, 0.08) == 0.0, "a portrait whose lips are wider apart at rest stays so");
    }
}
