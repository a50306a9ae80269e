//! The face's edge against what stands behind it.
//!
//! A cheek that turns away moves otherwise than the head as a whole, and the matte's soft edge does not say where it ends. The landmarks do: wherever one of them
//! lies on the head's edge in the portrait, what is beyond it there is background, and what is beyond it in the frame is background as well.

use glam::Vec2;

use super::smooth_step;
use crate::data::Landmarks;
use crate::wgsl_struct;

/// The landmarks that may lie on the edge: the jaw's, and the brows' outer ends, over which the edge goes on in three-quarter views.
const CANDIDATES: [usize; MOST_POINTS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 25, 26];
pub(super) const MOST_POINTS: usize = 21;
/// The jaw's last landmark, and the root of the nose, from which brows point outwards.
const LAST_OF_JAW: usize = 16;
const NOSE_ROOT: usize = 27;
/// So far beyond a landmark there must be no head, in distances between the eyes: what lies nearer may be the matte's soft rim, what is farther an ear or hair.
const BEYOND: f32 = 0.15;
/// Shares of head there from which on a landmark begins to lie inside the head and does.
const INSIDE: std::ops::Range<f32> = 0.25..0.6;
/// Distance up to which a landmark has weight, in distances between the eyes.
const RADIUS: f32 = 0.8;
/// Nearness to landmarks, 1 at one and 0 at [`RADIUS`], from which on they have their whole weight.
pub(super) const SURE_NEARNESS: f32 = 0.6;
/// Where the weights of landmarks on the edge are less than this together, there is nothing to take the mean of.
pub(super) const LEAST_MASS: f32 = 1e-9;

/// Landmarks of a portrait with how surely they lie on its head's edge: the jaw's, some of which lie inside the head and speak against what the others say, and
/// those of the brows that lie on the edge.
#[derive(Clone, Debug, Default)]
pub(super) struct Contour(Vec<EdgePoint>);

#[derive(Clone, Debug)]
struct EdgePoint {
    landmark: usize,
    at: Vec2,
    share: f32,
}

wgsl_struct! {
    /// A landmark on the edge as a frame has it.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct ContourPoint {
        /// In crop pixels.
        at: Vec2,
        /// From there to where it is in the portrait.
        flow: Vec2,
        /// How surely it lies on the edge.
        share: f32,
    }
}

impl Contour {
    /// Of landmarks in the crop, `head` being the share of head at points of it.
    pub(super) fn of(landmarks: &Landmarks, head: impl Fn(Vec2) -> f32) -> Self {
        let far_px = BEYOND * landmarks.inter_ocular();
        let points = CANDIDATES.into_iter().map(|landmark| {
            let at = landmarks.0[landmark];
            let share = 1.0 - smooth_step(&INSIDE, head(at + far_px * outward(landmarks, landmark)));
            EdgePoint { landmark, at, share }
        });
        let points: Vec<EdgePoint> = points.filter(|point| point.landmark <= LAST_OF_JAW || point.share > 0.0).collect();
        let any = points.iter().any(|point| point.share > 0.0);
        Self(if any { points } else { Vec::new() })
    }

    /// The same on its way to `target`.
    pub(super) fn moved(&self, target: &Landmarks) -> MovedContour {
        let points = self.0.iter().map(|EdgePoint { landmark, at, share }| {
            let now = target.0[*landmark];
            ContourPoint { at: now, flow: *at - now, share: *share }
        });
        MovedContour { points: points.collect(), radius_px: RADIUS * target.inter_ocular().max(1.0) }
    }
}

/// The way out of the face at a landmark.
fn outward(landmarks: &Landmarks, landmark: usize) -> Vec2 {
    let point = |n: usize| landmarks.0[n];
    if landmark > LAST_OF_JAW {
        return (point(landmark) - point(NOSE_ROOT)).normalize_or_zero();
    }
    // The jaw's landmarks run from the picture's left over the chin to its right.
    (point((landmark + 1).min(LAST_OF_JAW)) - point(landmark.saturating_sub(1))).perp().normalize_or_zero()
}

/// The edge in a frame.
pub(super) struct MovedContour {
    points: Vec<ContourPoint>,
    radius_px: f32,
}

impl MovedContour {
    /// How a point in crop pixels moves if it moves with the edge, and the weight of that, 0 to 1; `None` away from the edge.
    pub(super) fn flow_at(&self, point: Vec2) -> Option<(Vec2, f32)> {
        let (mut nearest, mut sum, mut mass, mut of_edge) = (0.0_f32, Vec2::ZERO, 0.0_f32, 0.0_f32);
        for ContourPoint { at, flow, share, .. } in &self.points {
            let near = 1.0 - (point - *at).length_squared() / (self.radius_px * self.radius_px);
            if near > 0.0 {
                nearest = nearest.max(share * near);
                // The eighth power: a bell about a quarter as wide as it reaches.
                let weight = near.powi(8);
                sum += share * weight * *flow;
                of_edge += share * weight;
                mass += weight;
            }
        }
        (of_edge > LEAST_MASS).then(|| (sum / of_edge, of_edge / mass * smooth_step(&(0.0..SURE_NEARNESS), nearest)))
    }

    /// Distance up to which a landmark has weight, in crop pixels.
    pub(super) fn radius_px(&self) -> f32 {
        self.radius_px
    }

    /// Its landmarks, for the kernels.
    pub(super) fn points(&self) -> &[ContourPoint] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    fn face() -> Landmarks {
        Landmarks(template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)))
    }

    /// A head that ends with the jaw on the left, and goes on with hair and an ear on the right.
    fn head(at: Vec2) -> f32 {
        let left = face().0[..8].iter().map(|p| p.x).fold(f32::MAX, f32::min);
        f32::from(u8::from(at.x > left - 2.0 && at.y < 210.0))
    }

    #[test]
    fn jaw_points_before_the_background_are_on_the_edge_and_those_beside_hair_are_not() {
        let face = face();
        let contour = Contour::of(&face, head);
        let on_edge = |landmark: usize| contour.0.iter().any(|p| p.landmark == landmark && p.share > 0.9);
        assert!(on_edge(1) && on_edge(2), "the cheek before the background");
        assert!(!on_edge(14) && !on_edge(15) && !on_edge(17) && !on_edge(26), "beside hair, and brows inside the face");
        assert!(outward(&face, 2).x < -0.8 && outward(&face, 14).x > 0.8 && outward(&face, 8).y > 0.8, "out of the face");
        assert!(Contour::of(&face, |_| 1.0).moved(&face).flow_at(face.0[2]).is_none(), "a head without an edge");
    }

    #[test]
    fn what_is_beside_the_edge_moves_with_its_landmarks() {
        let (rest, by) = (face(), Vec2::new(9.0, -4.0));
        let contour = Contour::of(&rest, head);
        let target = rest.map(|p| p + by);
        let moved = contour.moved(&target);
        for beside in [Vec2::ZERO, Vec2::new(-10.0, 3.0)] {
            let (flow, weight) = moved.flow_at(target.0[2] + beside).expect("near the edge");
            assert!(flow.distance(-by) < 1e-3 && weight > 0.7, "{beside}: {flow}, {weight}");
        }
        let unit_px = target.inter_ocular();
        assert!(moved.flow_at(target.0[1] - Vec2::new(1.01 * RADIUS * unit_px, 0.0)).is_none(), "far away nothing is said");
        let (_, weight) = moved.flow_at(target.0[1] - Vec2::new(0.75 * RADIUS * unit_px, 0.0)).expect("it has weight");
        assert!((0.1..0.99).contains(&weight), "in between it has a part of it: {weight}");
    }
}
