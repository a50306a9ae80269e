//! Candidate flows in closed form, of which the motion net mixes its own.
//!
//! The rigid motion of the head (`head`), and the same with what the landmarks do beyond it spread around them by a Nadaraya-Watson kernel, narrow (`near`)
//! and wide (`far`). Where no head explains the landmarks, an affine map takes its place; the closed-form warp is built on that alone.

use glam::{DMat3, DVec3, Vec2, Vec3, Vec4};

use super::head_motion::HeadPair;
use crate::data::CROP_PX;
use crate::wgsl::Wgsl as _;
use crate::wgsl_struct;

/// Reach of the narrow and the wide kernel, in crop pixels.
pub const SIGMAS_PX: [f32; 2] = [9.0, 28.0];
/// Kernel mass below which a place follows the whole head alone.
pub const FLOOR: f32 = 0.01;
/// The affine map is fitted to jaw, brows, nose and eyes; the mouth moves too freely.
const AFFINE_POINTS: usize = 48;
/// Ridge on the affine map's linear part and on its offset, with coordinates scaled to -1..1.
const RIDGE: [f64; 3] = [0.02, 0.02, 1e-4];
/// The kernel's mass is shown to the net up to this.
pub const MAX_DENSITY: f32 = 2.0;

/// Backward flows in crop pixels on a square grid, row by row; each from a target place to its source.
#[derive(Clone, Debug)]
pub struct CandidateFlows {
    /// The head as a whole.
    pub head: Vec<Vec2>,
    /// With the landmarks' own motion near them.
    pub near: Vec<Vec2>,
    /// With the landmarks' own motion spread far.
    pub far: Vec<Vec2>,
    /// Mass of the narrow kernel, 0 to 2: how near landmarks are.
    pub density: Vec<f32>,
}

/// Motion of the head as a whole, for any place in and around the crop.
pub struct HeadFlow(Whole);

enum Whole {
    Rigid(HeadPair),
    Affine(AffineFit),
}

impl HeadFlow {
    /// From `target` back to `source`, 68 landmarks each in crop pixels.
    pub fn between(source: &[Vec2], target: &[Vec2]) -> Self {
        Self(HeadPair::between(source, target).map_or_else(|| Whole::Affine(AffineFit::fit(source, target)), Whole::Rigid))
    }

    /// Displacement from a place of the target to where the source shows it, in crop pixels.
    pub fn at(&self, place: Vec2) -> Vec2 {
        match &self.0 {
            Whole::Rigid(motion) => motion.at(place),
            Whole::Affine(affine) => affine.at(place),
        }
    }

    /// The angle by which the head turns between the two, in radians; infinite where no head explains the landmarks.
    pub fn turn_rad(&self) -> f32 {
        match &self.0 {
            Whole::Rigid(motion) => motion.turn_rad(),
            Whole::Affine(_) => f32::INFINITY,
        }
    }

    /// The motion as numbers, for a shader.
    pub fn numbers(&self) -> HeadNumbers {
        match &self.0 {
            Whole::Rigid(motion) => motion.numbers(),
            Whole::Affine(affine) => HeadNumbers { affine: affine.axes, ..HeadNumbers::zero() },
        }
    }
}

wgsl_struct! {
    /// [`HeadFlow`] for a shader: a head that turns, or else an affine map.
    #[derive(Clone, Debug, PartialEq)]
    pub struct HeadNumbers {
        /// 1 for a head, 0 for an affine map.
        pub is_head: bool,
        /// From the target's camera axes to the head's: three columns.
        pub inverse: [Vec3; 3],
        /// The source's rotation times its scale, first two rows, each with its translation.
        pub source: [Vec4; 2],
        /// Of the target.
        pub translation: Vec2,
        /// One over the target's scale.
        pub per_scale: f32,
        /// For each axis: by x and y from -1 to 1, and by 1.
        pub affine: [Vec3; 2],
    }
}

/// The candidate flows from `target` back to `source` (68 landmarks each, crop pixels).
pub fn candidate_flows(source: &[Vec2], target: &[Vec2], cells: usize) -> CandidateFlows {
    let motion = HeadFlow::between(source, target);
    let (residuals, head) = whole_and_rest(source, target, cells, |place| motion.at(place));
    let [(near, density), (far, _)] = SIGMAS_PX.map(|sigma| spread(&residuals, target, cells, sigma));
    let sum = |local: Vec<Vec2>| head.iter().zip(local).map(|(a, b)| *a + b).collect();
    let density = density.into_iter().map(|d| d.min(MAX_DENSITY)).collect();
    CandidateFlows { near: sum(near), far: sum(far), head, density }
}

/// What a motion of the whole leaves of each landmark's displacement, and that motion's own flow.
fn whole_and_rest(source: &[Vec2], target: &[Vec2], cells: usize, motion: impl Fn(Vec2) -> Vec2) -> (Vec<Vec2>, Vec<Vec2>) {
    let residuals = source.iter().zip(target).map(|(s, t)| *s - *t - motion(*t)).collect();
    let centre = |cell: usize| (cell as f32 + 0.5) * (CROP_PX / cells as f32) - 0.5;
    let moved = (0..cells * cells).map(|i| motion(Vec2::new(centre(i % cells), centre(i / cells)))).collect();
    (residuals, moved)
}

/// The affine map with the landmarks' own motion near them: the flow of the warp without a net.
pub fn near_flow(source: &[Vec2], target: &[Vec2], cells: usize) -> Vec<Vec2> {
    let affine = AffineFit::fit(source, target);
    let (residuals, mut flow) = whole_and_rest(source, target, cells, |place| affine.at(place));
    let (local, _) = spread(&residuals, target, cells, SIGMAS_PX[0]);
    flow.iter_mut().zip(local).for_each(|(flow, local)| *flow += local);
    flow
}

/// Kernel regression of the residuals, and the kernel's mass. The Gaussian is separable: two short tables per landmark instead of an exponential per cell.
fn spread(residuals: &[Vec2], target: &[Vec2], cells: usize, sigma: f32) -> (Vec<Vec2>, Vec<f32>) {
    let falloff = -0.5 / (sigma * sigma);
    let cell_px = CROP_PX / cells as f32;
    let table = |at: f32| -> Vec<f32> { (0..cells).map(|c| (falloff * ((c as f32 + 0.5) * cell_px - 0.5 - at).powi(2)).exp()).collect() };
    let columns: Vec<Vec<f32>> = target.iter().map(|t| table(t.x)).collect();
    let rows: Vec<Vec<f32>> = target.iter().map(|t| table(t.y)).collect();
    let mut flow = Vec::with_capacity(cells * cells);
    let mut density = Vec::with_capacity(cells * cells);
    #[expect(clippy::needless_range_loop, reason = "it is an index into every landmark's table")]
    for y in 0..cells {
        let (mut mass, mut dx, mut dy) = (vec![0.0_f32; cells], vec![0.0_f32; cells], vec![0.0_f32; cells]);
        for (k, residual) in residuals.iter().enumerate() {
            let down = rows[k][y];
            if down < 1e-6 {
                continue;
            }
            for (((mass, dx), dy), across) in mass.iter_mut().zip(&mut dx).zip(&mut dy).zip(&columns[k]) {
                let weight = down * across;
                *mass += weight;
                *dx += weight * residual.x;
                *dy += weight * residual.y;
            }
        }
        flow.extend(mass.iter().zip(&dx).zip(&dy).map(|((m, x), y)| Vec2::new(*x, *y) / (m + FLOOR)));
        density.extend(mass);
    }
    (flow, density)
}

/// Least-squares affine displacement from target to source landmarks.
struct AffineFit {
    /// Of each axis, by the basis.
    axes: [Vec3; 2],
}

impl AffineFit {
    /// A place from -1 to 1 each way, and 1.
    fn basis(at: Vec2) -> Vec3 {
        (at / (CROP_PX / 2.0) - 1.0).extend(1.0)
    }

    fn fit(source: &[Vec2], target: &[Vec2]) -> Self {
        let mut normal = DMat3::from_diagonal(DVec3::from(RIDGE));
        let mut right = [DVec3::ZERO; 2];
        for (target, source) in target.iter().zip(source).take(AFFINE_POINTS) {
            let basis = Self::basis(*target).as_dvec3();
            normal += DMat3::from_cols(basis * basis.x, basis * basis.y, basis * basis.z);
            right = std::array::from_fn(|axis| right[axis] + basis * f64::from(source[axis] - target[axis]));
        }
        // The ridge keeps the matrix invertible, whatever the landmarks are, as long as they are numbers.
        let inverse = normal.inverse();
        Self { axes: right.map(|axis| Some(inverse * axis).filter(|axis| axis.is_finite()).unwrap_or_default().as_vec3()) }
    }

    fn at(&self, place: Vec2) -> Vec2 {
        Vec2::from(self.axes.map(|axis| axis.dot(Self::basis(place))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Vec<Vec2> {
        (0..68).map(|i| Vec2::new(128.0, 120.0) + Vec2::from_angle(i as f32 * 2.4) * (20.0 + (i % 11) as f32 * 4.0)).collect()
    }

    #[test]
    fn a_shift_of_the_face_is_a_shift_everywhere() {
        let source = face();
        let target: Vec<Vec2> = source.iter().map(|p| *p + Vec2::new(7.0, -3.0)).collect();
        let flows = candidate_flows(&source, &target, 64);
        for flow in [&flows.head, &flows.near, &flows.far] {
            let worst = flow.iter().map(|d| (*d - Vec2::new(-7.0, 3.0)).length()).fold(0.0, f32::max);
            assert!(worst < 0.4, "the shift is met within {worst} pixels everywhere");
        }
        assert!(flows.density[0] < 0.01 && flows.density[30 * 64 + 32] > 0.1, "dense at the face, empty in the corner");
    }

    #[test]
    fn one_landmark_moves_its_surroundings_only() {
        let source = face();
        let mut target = source.clone();
        target[60] += Vec2::new(0.0, 6.0);
        let flows = candidate_flows(&source, &target, 64);
        let cell = |p: Vec2| ((p.y / 4.0) as usize) * 64 + (p.x / 4.0) as usize;
        assert!(flows.near[cell(target[60])].y < -1.0, "near the landmark the picture is fetched from above");
        assert!(flows.near[cell(Vec2::new(10.0, 10.0))].length() < 0.1, "far away nothing moves");
    }
}
