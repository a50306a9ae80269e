//! The classical generator: a closed-form backward flow from the 68 landmark correspondences, no network.
//!
//! An affine map fitted to the landmarks carries the head as a whole; what the landmarks do beyond it is spread around them by a
//! Nadaraya-Watson kernel regression (Nadaraya 1964, Watson 1964). The flow fades to nothing outside the head, so that the background stays still.

use glam::Vec2;

use super::reach::{Sides, spread};
use super::{FLOW_CELLS, Generator};
use crate::data::{CROP_PX, Landmarks, PictureChange, Portrait, PuppetMotion};
use crate::math::smooth_step;
use crate::model::{FLOW_CELLS as CROP_CELLS, near_flow};

/// Elliptic head radius up to which the flow is whole, and from which on it is nothing.
const FADE: std::ops::Range<f32> = 0.62..1.0;

/// Landmark-driven warp of the portrait's own pixels.
#[derive(Debug, Default)]
pub struct LandmarkWarp {
    portrait: Option<Prepared>,
}

/// What is needed of a portrait.
#[derive(Debug)]
struct Prepared {
    rest_in_crop: Landmarks,
    sides: Sides,
}

impl LandmarkWarp {
    /// A warp without a portrait yet; until one is set, nothing moves.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Generator for LandmarkWarp {
    fn name(&self) -> &'static str {
        "landmark-warp"
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        self.portrait = Some(Prepared { rest_in_crop: portrait.landmarks_in_crop(), sides: Sides::of(portrait) });
    }

    fn generate(&mut self, motion: &PuppetMotion, change: &mut PictureChange) {
        change.uncovered.clear();
        change.paint.clear();
        let flow = &mut change.flow;
        flow.size = FLOW_CELLS;
        flow.displacement_px.resize(FLOW_CELLS * FLOW_CELLS, Vec2::ZERO);
        let Some(Prepared { rest_in_crop: rest, sides }) = &self.portrait else {
            flow.displacement_px.fill(Vec2::ZERO);
            return;
        };
        let targets = &motion.landmarks_in_crop;
        let mut in_crop = near_flow(&rest.0, &targets.0, CROP_CELLS);
        let heads = [HeadEllipse::of(rest), HeadEllipse::of(targets)];
        for (row, out) in in_crop.chunks_exact_mut(CROP_CELLS).enumerate() {
            for (cell, flow) in out.iter_mut().enumerate() {
                let at = Vec2::new(cell_centre_px(cell), cell_centre_px(row));
                *flow *= head_weight(&heads, at);
            }
        }
        spread(&in_crop, *sides, |_| Vec2::ZERO, &mut flow.displacement_px);
    }
}

/// Crop coordinate of the middle of a flow cell, in pixel-index units.
fn cell_centre_px(cell: usize) -> f32 {
    (cell as f32 + 0.5) * (CROP_PX / CROP_CELLS as f32) - 0.5
}

/// The ellipse that a head with its hair fills, upright in the face's own tilt.
struct HeadEllipse {
    centre: Vec2,
    across: Vec2,
    down: Vec2,
}

impl HeadEllipse {
    /// Half axes: 1.05 jaw widths across and 1.9 times the distance from nose root to chin.
    fn of(landmarks: &Landmarks) -> Self {
        let p = &landmarks.0;
        let jaw_width = p[16].distance(p[0]).max(1.0);
        let face_height = p[8].distance(p[27]).max(1.0);
        let right = (landmarks.0[45] - landmarks.0[36]).try_normalize().unwrap_or(Vec2::X);
        let down = right.perp();
        Self { centre: p[27] - 0.05 * face_height * down, across: right / (1.05 * jaw_width), down: down / (1.9 * face_height) }
    }

    /// 0 in the middle, 1 on the ellipse.
    fn radius(&self, at: Vec2) -> f32 {
        let offset = at - self.centre;
        Vec2::new(offset.dot(self.across), offset.dot(self.down)).length()
    }
}

fn head_weight(heads: &[HeadEllipse; 2], at: Vec2) -> f32 {
    let radius = heads[0].radius(at).min(heads[1].radius(at));
    1.0 - smooth_step(&FADE, radius)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::data::{Crop, FlowField};

    fn flow_for(change: impl Fn(usize, Vec2) -> Vec2) -> (Landmarks, Landmarks, FlowField) {
        let portrait = testing::portrait(image::RgbaImage::new(256, 256));
        let rest = portrait.landmarks_in_crop();
        let target = Landmarks(std::array::from_fn(|i| change(i, rest.0[i])));
        let mut warp = LandmarkWarp::new();
        warp.set_portrait(&portrait);
        let mut change = PictureChange::none(FLOW_CELLS);
        warp.generate(&PuppetMotion::of_landmarks(target.clone()), &mut change);
        (rest, target, change.flow)
    }

    fn at(flow: &FlowField, point: Vec2) -> Vec2 {
        let cell = |v: f32| ((v + 0.5) * FLOW_CELLS as f32 / CROP_PX) as usize;
        let point = Crop::reach_from_crop(point);
        flow.displacement_px[cell(point.y) * FLOW_CELLS + cell(point.x)]
    }

    #[test]
    fn a_portrait_at_rest_does_not_move_at_all() {
        let (_, _, flow) = flow_for(|_, p| p);
        assert!(flow.displacement_px.iter().all(|d| d.length() < 1e-4), "no landmark moved, so nothing moves");
    }

    #[test]
    fn landmarks_are_fetched_from_where_they_were() {
        let (rest, target, flow) = flow_for(|i, p| if region_moves(i) { p + Vec2::new(3.0, 4.0) } else { p });
        for i in [62, 66, 8, 27, 36] {
            let error = (target.0[i] + at(&flow, target.0[i]) - rest.0[i]).length();
            assert!(error < 2.0, "landmark {i} is off by {error} pixels");
        }
    }

    fn region_moves(i: usize) -> bool {
        crate::data::region::MOUTH.contains(&i)
    }

    #[test]
    fn the_background_stays_still_however_the_head_moves() {
        let (_, _, flow) = flow_for(|_, p| p + Vec2::new(12.0, -6.0));
        for corner in [Vec2::new(2.0, 2.0), Vec2::new(253.0, 2.0), Vec2::new(4.0, 250.0), Vec2::new(250.0, 250.0)] {
            assert_eq!(at(&flow, corner), Vec2::ZERO, "{corner} lies outside the head");
        }
        let moved = at(&flow, Vec2::new(130.0, 120.0));
        assert!((moved - Vec2::new(-12.0, 6.0)).length() < 1.0, "the head itself moves as a whole: {moved}");
    }
}
