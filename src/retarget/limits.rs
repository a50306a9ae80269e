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
    triangles: Vec<[usize; 3]>,
}

/// Parts of the face that are held back separately: an eye that cannot open further must not keep the mouth shut.
const PARTS: [std::ops::Range<usize>; 6] =
    [region::JAW, region::NOSE_BRIDGE.start..region::NOSE_BASE.end, region::BROWS, region::RIGHT_EYE, region::LEFT_EYE, region::MOUTH];

impl FoldGuard {
    /// Triangulates the resting face (Delaunay).
    pub(super) fn new(rest: &Landmarks) -> Self {
        let points: Vec<_> = rest.0.iter().map(|p| delaunator::Point { x: f64::from(p.x), y: f64::from(p.y) }).collect();
        let corners = delaunator::triangulate(&points).triangles;
        let triangles = corners.chunks_exact(3).map(|t| [t[0], t[1], t[2]]).filter(|t| !may_close(t)).collect();
        Self { triangles }
    }

    /// The share of a change from `from` to `to` that the whole face can bear, 0 to 1. The outline is not judged: on a turned head its far
    /// side is hidden, and may be.
    pub(super) fn bearable(&self, from: &Landmarks, to: &Landmarks) -> f32 {
        let inner = |t: &[usize; 3]| !t.iter().any(|i| region::JAW.contains(i));
        bisect(|share| self.holds(from, &from.lerp(to, share), inner))
    }

    /// `target` itself where the face keeps its order against `base`; where a part of it does not, as much of that part's motion as it bears.
    pub(super) fn limit(&self, base: &Landmarks, target: &Landmarks) -> Landmarks {
        // Part by part, so that every triangle is judged again after the last of its corners has moved.
        PARTS.iter().fold(base.clone(), |so_far, part| {
            let touches = |t: &[usize; 3]| t.iter().any(|i| part.contains(i));
            let with = |share: f32| {
                let mut moved = so_far.clone();
                part.clone().for_each(|i| moved.0[i] = base.0[i].lerp(target.0[i], share));
                moved
            };
            let share = bisect(|share| self.holds(base, &with(share), touches));
            if share < 1.0 {
                tracing::trace!("landmarks {part:?} keep {share:.2} of their motion");
            }
            with(share)
        })
    }

    /// Whether no judged triangle that is large enough in `base` has turned over, or nearly, in `moved`.
    pub(super) fn holds(&self, base: &Landmarks, moved: &Landmarks, judged: impl Fn(&[usize; 3]) -> bool) -> bool {
        self.triangles.iter().filter(|t| judged(t)).all(|triangle| {
            let before = signed_area(triangle, base);
            before.abs() < JUDGED_AREA_PX || signed_area(triangle, moved) / before > SMALLEST_AREA
        })
    }
}

/// The largest share, up to 1, at which `holds`, given that it holds at 0.
fn bisect(holds: impl Fn(f32) -> bool) -> f32 {
    if holds(1.0) {
        return 1.0;
    }
    let (mut good, mut bad) = (0.0_f32, 1.0_f32);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (good + bad);
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

/// Triangles with a lid or between the lips close in every blink and every word: lids and lips have an order of their own. The outer and
/// inner corner of the mouth nearly coincide, so a triangle with both tells nothing.
fn may_close(triangle: &[usize; 3]) -> bool {
    let has = |indices: &[usize]| triangle.iter().any(|i| indices.contains(i));
    let lips = has(&[61, 62, 63]) && has(&[65, 66, 67]) || triangle.iter().all(|i| region::INNER_LIPS.contains(i));
    let corner = has(&[48]) && has(&[60]) || has(&[54]) && has(&[64]);
    has(&[37, 38, 40, 41, 43, 44, 46, 47]) || lips || corner
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
