//! Bounds that no driver can break: soft limits on single quantities, and a guard that keeps the face from folding over itself.

use glam::Vec2;

use crate::data::{Landmarks, region};

/// A triangle of the face may shrink to this share of its area at rest; below, it is about to turn over.
const SMALLEST_AREA: f32 = 0.12;
/// Triangles smaller than this at rest, in square crop pixels, are too thin to judge by.
const JUDGED_AREA_PX: f32 = 6.0;
/// Halvings of the search for the largest allowed motion: finer than a hundredth.
const HALVINGS: usize = 7;

/// `value` itself in the middle, bending over so that it never passes `limit`. Smooth and odd.
pub(super) fn soft_limit(value: f32, limit: f32) -> f32 {
    let free = 0.6 * limit;
    let size = value.abs();
    if size <= free {
        return value;
    }
    let bent = free + (limit - free) * ((size - free) / (limit - free)).tanh();
    bent.copysign(value)
}

/// Triangles between the portrait's landmarks whose orientation must not change.
#[derive(Debug)]
pub(super) struct FoldGuard {
    triangles: Vec<([usize; 3], f32)>,
}

impl FoldGuard {
    /// Triangulates the resting face (Delaunay).
    pub(super) fn new(rest: &Landmarks) -> Self {
        let points: Vec<_> = rest.0.iter().map(|p| delaunator::Point { x: f64::from(p.x), y: f64::from(p.y) }).collect();
        let corners = delaunator::triangulate(&points).triangles;
        let triangles = corners
            .chunks_exact(3)
            .map(|t| [t[0], t[1], t[2]])
            .filter(|t| !may_close(t))
            .map(|t| (t, signed_area(&t, rest)))
            .filter(|(_, area)| area.abs() > JUDGED_AREA_PX)
            .collect();
        Self { triangles }
    }

    /// `target` itself where the face keeps its order; otherwise as much of the way from `rest` to it as it can bear.
    pub(super) fn limit(&self, rest: &Landmarks, target: Landmarks) -> Landmarks {
        if target.is_finite() && self.holds(&target) {
            return target;
        }
        if !target.is_finite() {
            return rest.clone();
        }
        let (mut good, mut bad) = (0.0_f32, 1.0_f32);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (good + bad);
            if self.holds(&rest.lerp(&target, middle)) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        rest.lerp(&target, good)
    }

    /// As [`Self::limit`] promises it, with a thousandth of slack for rounding.
    #[cfg(test)]
    pub(super) fn nearly_holds(&self, landmarks: &Landmarks) -> bool {
        self.triangles.iter().all(|(triangle, rest_area)| signed_area(triangle, landmarks) / rest_area > SMALLEST_AREA - 1e-3)
    }

    fn holds(&self, landmarks: &Landmarks) -> bool {
        self.triangles.iter().all(|(triangle, rest_area)| signed_area(triangle, landmarks) / rest_area > SMALLEST_AREA)
    }
}

/// Triangles inside an eye or between the lips close in every blink and every word.
fn may_close(triangle: &[usize; 3]) -> bool {
    [region::RIGHT_EYE, region::LEFT_EYE, region::INNER_LIPS].iter().any(|part| triangle.iter().all(|i| part.contains(i)))
}

fn signed_area(triangle: &[usize; 3], landmarks: &Landmarks) -> f32 {
    let [a, b, c] = triangle.map(|i| landmarks.0[i]);
    0.5 * Vec2::perp_dot(b - a, c - a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_limit_is_identity_in_the_middle_and_never_passes_the_limit() {
        assert!((soft_limit(0.3, 1.0) - 0.3).abs() < 1e-6, "small values pass unchanged");
        assert!(soft_limit(1e9, 1.0) <= 1.0 && soft_limit(-1e9, 1.0) >= -1.0, "huge values stay inside");
        let mut last = 0.0;
        for i in 0..200 {
            let now = soft_limit(i as f32 * 0.02, 1.0);
            assert!(now >= last, "monotone at {i}");
            last = now;
        }
    }
}
