//! The openings of a face, eyes and mouth, as they are in one frame: strips between an upper and a lower edge.

use std::ops::Range;

use glam::{Vec2, Vec3};

use crate::grid::smooth_step;

/// Places between two points of an edge.
const FINER: usize = 4;
/// Sine of the steepest slope of an edge against the way down from it that counts: next to a corner that is round an edge goes straight down.
const STEEPEST: f32 = 0.2;
/// Cosines of the angle between two edges at their corner from which on it begins to be sharp, and is. Derived: from right angles to 45 degrees.
const SHARP: Range<f32> = 0.0..0.7;

/// A point of a strip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchVertex {
    /// Where it is, in pixels of the picture, z away from the viewer.
    pub at: Vec3,
    /// Where it is while the head is at rest, in crop pixels.
    pub rest: Vec2,
    /// How far it lies inside the upper and the lower edge, in pixels of the picture; negative outside.
    pub inside: Vec2,
}

/// A strip: pairs of a point above and one below, in an order that makes it clockwise (y down) while it is seen from the front.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// The pairs, one after the other.
    pub vertices: Vec<PatchVertex>,
}

impl Patch {
    /// Corners of all triangles of a strip between edges of so many points.
    pub(crate) const fn corners(points: usize) -> usize {
        6 * FINER * (points - 1)
    }

    /// The strip's triangles.
    pub fn triangles(&self) -> impl Iterator<Item = [PatchVertex; 3]> + '_ {
        let quads = self.vertices.windows(4).step_by(2);
        quads.filter_map(|quad| quad.first_chunk()).flat_map(|&[a, d, b, c]| [[a, b, c], [a, c, d]])
    }

    /// Makes the strip between an upper and a lower edge of an expression, both from left to right in the picture and in crop pixels. `put` brings a point to its
    /// place in the picture; `margin` is how far the strip reaches beyond its edges, in crop pixels, so that these can be soft.
    pub(crate) fn between(&mut self, upper: &[Vec3], lower: &[Vec3], margin: f32, put: impl Fn(Vec3) -> Vec3) {
        let [left, right] = [(upper.first(), lower.first()), (upper.last(), lower.last())].map(|(a, b)| a.copied().zip(b.copied()));
        let (Some(left), Some(right)) = (left, right) else { return self.vertices.clear() };
        let (upper, lower) = smooth_edges(upper, lower);
        self.vertices.clear();
        let down = upper.iter().zip(&lower).map(|(a, b)| *b - *a).sum::<Vec3>().try_normalize();
        let across = (right.0 - left.0).truncate().perp().extend(0.0).try_normalize();
        let down = down.or(across).unwrap_or(Vec3::Y);
        let last = upper.len() - 1;
        for (i, (a, b)) in upper.iter().zip(&lower).enumerate() {
            let direction = (*b - *a).try_normalize().filter(|d| d.dot(down) > 0.5).unwrap_or(down);
            // Distances across an edge are shorter than those down to it, by its slope; the margin is as wide everywhere.
            let [above, below] = [&upper, &lower].map(|edge| {
                let along = edge[(i + 1).min(last)] - edge[i.saturating_sub(1)];
                let slope = along.truncate().normalize_or_zero().perp_dot(direction.truncate()).abs();
                if slope > 0.0 { slope.clamp(STEEPEST, 1.0) } else { 1.0 }
            });
            let ends = [*a - direction * (margin / above), *b + direction * (margin / below)];
            let [top, bottom, over, under] = [*a, *b, ends[0], ends[1]].map(&put);
            let height = top.truncate().distance(bottom.truncate());
            let [over_by, under_by] = [over.truncate().distance(top.truncate()), under.truncate().distance(bottom.truncate())];
            let inside = Vec2::new(-over_by * above, (height + over_by) * below);
            self.vertices.push(PatchVertex { at: over, rest: ends[0].truncate(), inside });
            let inside = Vec2::new((height + under_by) * above, -under_by * below);
            self.vertices.push(PatchVertex { at: under, rest: ends[1].truncate(), inside });
        }
    }
}

/// More points on both edges of an opening. Where they stand wide apart next to a corner, as those of a mouth that says "oh", they run into each other there;
/// else the corner is sharp.
fn smooth_edges(upper: &[Vec3], lower: &[Vec3]) -> (Vec<Vec3>, Vec<Vec3>) {
    // The point beyond a corner, of an edge that goes from there to `own`.
    let beyond = |corner: Vec3, own: Vec3, other: Vec3| {
        let [own, other_way] = [own, other].map(|p| (p - corner).truncate().normalize_or(Vec2::X));
        corner.lerp(other, 1.0 - smooth_step(&SHARP, own.dot(other_way)))
    };
    let smooth = |edge: &[Vec3], other: &[Vec3]| {
        let count = edge.len().min(other.len());
        if count < 2 {
            return edge.to_vec();
        }
        let mut line = Vec::with_capacity(count + 2);
        line.push(beyond(edge[0], edge[1], other[1]));
        line.extend(&edge[..count]);
        line.push(beyond(edge[count - 1], edge[count - 2], other[count - 2]));
        let line = smooth_through(&line);
        line.get(FINER..line.len().saturating_sub(FINER)).unwrap_or_default().to_vec()
    };
    (smooth(upper, lower), smooth(lower, upper))
}

/// More points on a smooth line through some (Catmull and Rom 1974).
pub(crate) fn smooth_through(points: &[Vec3]) -> Vec<Vec3> {
    let last = points.len().saturating_sub(1);
    let point = |i: usize, step: isize| points[i.saturating_add_signed(step).min(last)];
    let mut line = Vec::with_capacity(last * FINER + 1);
    for i in 0..last {
        let [a, b, c, d] = [point(i, -1), point(i, 0), point(i, 1), point(i, 2)];
        for k in 0..FINER {
            let t = k as f32 / FINER as f32;
            let (slope_b, slope_c) = (0.5 * (c - a), 0.5 * (d - b));
            let (t2, t3) = (t * t, t * t * t);
            line.push(b * (2.0 * t3 - 3.0 * t2 + 1.0) + slope_b * (t3 - 2.0 * t2 + t) + c * (3.0 * t2 - 2.0 * t3) + slope_c * (t3 - t2));
        }
    }
    line.extend(points.last());
    line
}

/// How much of a pixel lies inside both edges, from how far its middle does: the width of a pixel softens them, and where they meet nothing is left.
pub(crate) fn covered([upper, lower]: [f32; 2]) -> f32 {
    ((upper + 0.5).clamp(0.0, 1.0) + (lower + 0.5).clamp(0.0, 1.0) - 1.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(gap: f32) -> Patch {
        let edge = |side: f32| -> Vec<Vec3> {
            (0..9).map(|i| i as f32 / 8.0).map(|t| Vec3::new(40.0 * t, side * gap * t * (1.0 - t), 0.0)).collect()
        };
        let mut patch = Patch::default();
        patch.between(&edge(-2.0), &edge(2.0), 1.0, |p| p * 3.0);
        patch
    }

    #[test]
    fn an_open_strip_knows_how_far_a_place_is_inside() {
        let patch = strip(8.0);
        let middle = &patch.vertices[2 * (4 * FINER)..][..2];
        assert!((middle[0].inside - Vec2::new(-3.0, 27.0)).length() < 0.1, "{:?}", middle[0]);
        assert!((middle[1].inside - Vec2::new(27.0, -3.0)).length() < 0.1, "{:?}", middle[1]);
        assert!(patch.triangles().count() > 40, "it is drawn");
        for [a, b, c] in patch.triangles() {
            let area = (b.at - a.at).truncate().perp_dot((c.at - a.at).truncate());
            assert!(area > 0.0, "clockwise: {area}");
        }
    }

    #[test]
    fn nothing_is_left_of_a_shut_strip() {
        for corner in strip(0.0).triangles().flatten() {
            assert!(covered(corner.inside.to_array()) == 0.0 && (corner.inside.x + corner.inside.y).abs() < 1e-3, "shut: {corner:?}");
        }
        assert!(covered([0.0, 0.0]) == 0.0 && covered([0.2, -0.2]) == 0.0, "a line is no opening");
        assert!((covered([3.0, 0.1]) - 0.6).abs() < 1e-6 && (covered([3.0, 4.0]) - 1.0).abs() < 1e-6, "an edge and the inside");
    }
}
