//! The classical generator: a closed-form backward flow from the 68 landmark correspondences, no network.
//!
//! An affine map fitted to the landmarks carries the head as a whole; what the landmarks do beyond it is spread around them by a
//! Nadaraya-Watson kernel regression (Nadaraya 1964, Watson 1964). The flow fades to nothing outside the head, so that the background stays still.

use glam::Vec2;
use nalgebra::{Matrix3, Matrix3x2};

use super::{FLOW_CELLS, Generator};
use crate::data::{CROP_PX, FlowField, Landmarks, Portrait, PuppetMotion};

/// Reach of one landmark's own displacement, in crop pixels.
const KERNEL_SIGMA_PX: f32 = 9.0;
/// Kernel mass below which a place follows the affine map alone.
const KERNEL_FLOOR: f32 = 0.01;
/// The affine map is fitted to jaw, brows, nose and eyes; the mouth moves too freely.
const AFFINE_POINTS: usize = 48;
/// Ridge on the affine map's linear part and on its offset, with coordinates scaled to -1..1.
const AFFINE_RIDGE: [f64; 3] = [0.02, 0.02, 1e-4];
/// Elliptic head radius up to which the flow is whole, and from which on it is nothing.
const FADE: std::ops::Range<f32> = 0.62..1.0;

/// Landmark-driven warp of the portrait's own pixels.
#[derive(Debug)]
pub struct LandmarkWarp {
    rest_in_crop: Option<Landmarks>,
    kernel_x: Vec<[f32; FLOW_CELLS]>,
    kernel_y: Vec<[f32; FLOW_CELLS]>,
}

impl Default for LandmarkWarp {
    fn default() -> Self {
        Self::new()
    }
}

impl LandmarkWarp {
    /// A warp without a portrait yet; until one is set, nothing moves.
    pub fn new() -> Self {
        Self {
            rest_in_crop: None,
            kernel_x: vec![[0.0; FLOW_CELLS]; Landmarks::COUNT],
            kernel_y: vec![[0.0; FLOW_CELLS]; Landmarks::COUNT],
        }
    }

    /// The Gaussian is separable: two short tables per landmark replace an exponential per landmark and cell.
    fn fill_kernels(&mut self, targets: &Landmarks) {
        let falloff = -0.5 / (KERNEL_SIGMA_PX * KERNEL_SIGMA_PX);
        for (k, target) in targets.0.iter().enumerate() {
            for cell in 0..FLOW_CELLS {
                let at = cell_centre_px(cell);
                self.kernel_x[k][cell] = (falloff * (at - target.x).powi(2)).exp();
                self.kernel_y[k][cell] = (falloff * (at - target.y).powi(2)).exp();
            }
        }
    }

    fn fill_row(&self, row: usize, out: &mut [Vec2], residuals: &[Vec2; Landmarks::COUNT], affine: &Affine) {
        let mut mass = [0.0_f32; FLOW_CELLS];
        let mut sum_x = [0.0_f32; FLOW_CELLS];
        let mut sum_y = [0.0_f32; FLOW_CELLS];
        for (k, residual) in residuals.iter().enumerate() {
            let weight_y = self.kernel_y[k][row];
            if weight_y < 1e-6 {
                continue;
            }
            for cell in 0..FLOW_CELLS {
                let weight = weight_y * self.kernel_x[k][cell];
                mass[cell] += weight;
                sum_x[cell] += weight * residual.x;
                sum_y[cell] += weight * residual.y;
            }
        }
        for (cell, flow) in out.iter_mut().enumerate() {
            let at = Vec2::new(cell_centre_px(cell), cell_centre_px(row));
            let local = Vec2::new(sum_x[cell], sum_y[cell]) / (mass[cell] + KERNEL_FLOOR);
            *flow = affine.displacement(at) + local;
        }
    }
}

impl Generator for LandmarkWarp {
    fn name(&self) -> &'static str {
        "landmark-warp"
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        self.rest_in_crop = Some(portrait.landmarks_in_crop());
    }

    fn generate(&mut self, motion: &PuppetMotion, flow: &mut FlowField) {
        flow.size = FLOW_CELLS;
        flow.displacement_px.resize(FLOW_CELLS * FLOW_CELLS, Vec2::ZERO);
        let Some(rest) = self.rest_in_crop.clone() else {
            flow.displacement_px.fill(Vec2::ZERO);
            return;
        };
        let targets = &motion.landmarks_in_crop;
        let affine = Affine::fit(targets, &rest);
        let residuals = std::array::from_fn(|k| rest.0[k] - targets.0[k] - affine.displacement(targets.0[k]));
        self.fill_kernels(targets);
        let heads = [HeadEllipse::of(&rest), HeadEllipse::of(targets)];
        for (row, out) in flow.displacement_px.chunks_exact_mut(FLOW_CELLS).enumerate() {
            self.fill_row(row, out, &residuals, &affine);
            for (cell, flow) in out.iter_mut().enumerate() {
                let at = Vec2::new(cell_centre_px(cell), cell_centre_px(row));
                *flow *= head_weight(&heads, at);
            }
        }
    }
}

/// Crop coordinate of the middle of a flow cell, in pixel-index units.
fn cell_centre_px(cell: usize) -> f32 {
    (cell as f32 + 0.5) * (CROP_PX / FLOW_CELLS as f32) - 0.5
}

/// Least-squares affine displacement from target to source landmarks.
struct Affine {
    rows: Matrix3x2<f64>,
}

impl Affine {
    fn basis(at: Vec2) -> [f64; 3] {
        let half = f64::from(CROP_PX) / 2.0;
        [f64::from(at.x) / half - 1.0, f64::from(at.y) / half - 1.0, 1.0]
    }

    fn fit(targets: &Landmarks, rest: &Landmarks) -> Self {
        let mut normal = Matrix3::from_diagonal(&AFFINE_RIDGE.into());
        let mut right = Matrix3x2::zeros();
        for (target, source) in targets.0.iter().zip(&rest.0).take(AFFINE_POINTS) {
            let basis = nalgebra::Vector3::from(Self::basis(*target));
            let d = *source - *target;
            normal += basis * basis.transpose();
            right += basis * nalgebra::RowVector2::new(f64::from(d.x), f64::from(d.y));
        }
        // The ridge keeps the matrix positive definite, whatever the landmarks are.
        let rows = normal.cholesky().map_or_else(Matrix3x2::zeros, |c| c.solve(&right));
        Self { rows }
    }

    fn displacement(&self, at: Vec2) -> Vec2 {
        let [x, y, one] = Self::basis(at);
        let column = |c: usize| (x * self.rows[(0, c)] + y * self.rows[(1, c)] + one * self.rows[(2, c)]) as f32;
        Vec2::new(column(0), column(1))
    }
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
    let t = ((FADE.end - radius) / (FADE.end - FADE.start)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Crop;
    use crate::face::template;

    fn portrait() -> Portrait {
        let landmarks_in_image = Landmarks(template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)));
        Portrait {
            name: "test".to_owned(),
            pixels: Arc::new(image::RgbaImage::new(256, 256)),
            landmarks_in_image,
            crop: Crop::whole(256.0),
            content_hash: String::new(),
        }
    }

    fn flow_for(change: impl Fn(usize, Vec2) -> Vec2) -> (Landmarks, Landmarks, FlowField) {
        let portrait = portrait();
        let rest = portrait.landmarks_in_crop();
        let target = Landmarks(std::array::from_fn(|i| change(i, rest.0[i])));
        let mut warp = LandmarkWarp::new();
        warp.set_portrait(&portrait);
        let mut flow = FlowField::still(FLOW_CELLS);
        warp.generate(&PuppetMotion { landmarks_in_crop: target.clone(), gaze: None }, &mut flow);
        (rest, target, flow)
    }

    fn at(flow: &FlowField, point: Vec2) -> Vec2 {
        let cell = |v: f32| ((v + 0.5) * FLOW_CELLS as f32 / CROP_PX) as usize;
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
