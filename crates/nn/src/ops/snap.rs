//! The landmark snap: a backward flow corrected so that it carries every landmark where it belongs.
//!
//! The flow is sampled at the target landmarks; what is missing there to reach the source landmarks is spread around them by a narrow Nadaraya-Watson
//! kernel and added. Such a kernel gives a landmark a mean of what it and its neighbours miss, which on lips and lids is less than its own: so what is still
//! missing after one correction is added to what is spread, a few times over ("twicing", Tukey 1977). The operation is linear in the flow, and part of the
//! network: it is trained through.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor, bail};
use glam::Vec2;
use rayon::prelude::*;

use super::access::{numbers, slice, tensor};
use super::resize::{spread_bilinear, upsample_bilinear_into};

/// Reach of a landmark's correction, in pixels of the crop.
pub const SIGMA_PX: f32 = 5.0;
/// Kernel mass at which half of the correction is made: far from all landmarks nothing is.
pub const FLOOR: f32 = 0.3;
/// Kernel values are left out beyond this many sigmas.
pub const REACH: f32 = 3.5;
/// Corrections in all: one of the flow, the others of what those before left. More gain hardly anything.
pub const ROUNDS: usize = 3;

/// Source and target landmarks of one picture, in crop pixels (centre of pixel i at i).
#[derive(Clone, Debug)]
pub struct Correspondences {
    /// Where the points are in the source.
    pub source: Vec<Vec2>,
    /// Where they shall be; as many.
    pub target: Vec<Vec2>,
}

/// Corrects `flow`, `[batch, cells, cells, 2]` in pixels of a crop of `crop_px`; `pairs` has one entry per picture of the batch. `cells` is even.
pub fn landmark_snap(flow: &Tensor, pairs: &[Correspondences], crop_px: f32) -> Result<Tensor> {
    let (batch, rows, columns, two) = flow.dims4()?;
    if rows != columns || rows % 2 != 0 || two != 2 || pairs.len() != batch || pairs.iter().any(|p| p.source.len() != p.target.len()) {
        bail!("{} sets of landmarks do not fit the flow {:?}", pairs.len(), flow.shape());
    }
    let plans: Vec<SnapPlan> = pairs.par_iter().map(|pair| SnapPlan::new(pair, rows, crop_px)).collect();
    let op = Snap { plans: plans.into(), cells: rows };
    if flow.device().is_cpu() { flow.contiguous()?.apply_op1(op) } else { op.composed(flow) }
}

/// Everything that depends on the landmarks alone, for one picture.
struct SnapPlan {
    /// Per landmark, the displacement it needs, in pixels.
    wanted: Vec<Vec2>,
    /// Per landmark, the four cells its place is sampled from, and their weights.
    samples: Vec<[(usize, f32); 4]>,
    /// For each landmark, the share of every landmark's correction at its place.
    mutual: Vec<f32>,
    /// Landmark, cell of the half-size grid, and share of the landmark's correction there.
    spread: Vec<(usize, usize, f32)>,
}

impl SnapPlan {
    fn new(pair: &Correspondences, cells: usize, crop_px: f32) -> Self {
        let wanted = pair.source.iter().zip(&pair.target).map(|(s, t)| *s - *t).collect();
        let samples = pair.target.iter().map(|t| sample(*t, cells, crop_px)).collect();
        let half = cells / 2;
        let cell_px = crop_px / half as f32;
        let mut mass = vec![FLOOR; half * half];
        let mut spread = Vec::new();
        for (landmark, target) in pair.target.iter().enumerate() {
            let range = |at: f32| {
                let cell = |px: f32| ((px + 0.5) / cell_px - 0.5).clamp(0.0, half as f32 - 1.0);
                let reach = REACH * SIGMA_PX;
                cell(at - reach).ceil() as usize..cell(at + reach).floor() as usize + 1
            };
            for y in range(target.y) {
                for x in range(target.x) {
                    let centre = (Vec2::new(x as f32, y as f32) + 0.5) * cell_px - 0.5;
                    let weight = kernel(centre, *target);
                    mass[y * half + x] += weight;
                    spread.push((landmark, y * half + x, weight));
                }
            }
        }
        for (_, cell, weight) in &mut spread {
            *weight /= mass[*cell];
        }
        Self { wanted, samples, mutual: mutual_shares(&pair.target), spread }
    }

    /// Adds the correction to a flow of `cells` squared.
    fn correct(&self, flow: &mut [f32], cells: usize) {
        let half = cells / 2;
        let missing: Vec<Vec2> = self
            .samples
            .iter()
            .zip(&self.wanted)
            .map(|(corners, wanted)| {
                let found: Vec2 = corners.iter().map(|&(cell, weight)| weight * Vec2::new(flow[2 * cell], flow[2 * cell + 1])).sum();
                *wanted - found
            })
            .collect();
        let settled = self.settled(&missing, |landmark, other| landmark * self.wanted.len() + other);
        let mut correction = vec![0.0_f32; half * half * 2];
        for &(landmark, cell, weight) in &self.spread {
            correction[2 * cell] += weight * settled[landmark].x;
            correction[2 * cell + 1] += weight * settled[landmark].y;
        }
        upsample_bilinear_into(&correction, [half, half, 2], flow);
    }

    /// What has to be spread for the landmarks to get what they miss. `index` finds the share at a landmark of another's correction; with the two exchanged it
    /// is the transposed, which gradients need.
    fn settled(&self, missing: &[Vec2], index: impl Fn(usize, usize) -> usize) -> Vec<Vec2> {
        let mut settled = missing.to_vec();
        for _ in 1..ROUNDS {
            let left = |landmark: usize| {
                let got: Vec2 = settled.iter().enumerate().map(|(other, c)| self.mutual[index(landmark, other)] * *c).sum();
                missing[landmark] + settled[landmark] - got
            };
            settled = (0..missing.len()).map(left).collect();
        }
        settled
    }
}

/// How much a landmark's correction counts at a place, before all are divided by their sum.
fn kernel(place: Vec2, landmark: Vec2) -> f32 {
    (-0.5 * place.distance_squared(landmark) / (SIGMA_PX * SIGMA_PX)).exp()
}

/// For each landmark, the share of every landmark's correction at its place.
fn mutual_shares(landmarks: &[Vec2]) -> Vec<f32> {
    let mut shares = Vec::with_capacity(landmarks.len() * landmarks.len());
    for place in landmarks {
        let first = shares.len();
        shares.extend(landmarks.iter().map(|landmark| kernel(*place, *landmark)));
        let row = &mut shares[first..];
        let mass = FLOOR + row.iter().sum::<f32>();
        for share in row {
            *share /= mass;
        }
    }
    shares
}

/// [`landmark_snap`] of one flow, `cells` squared (even) and two numbers each, in its place.
pub fn snap(flow: &mut [f32], pair: &Correspondences, cells: usize, crop_px: f32) {
    SnapPlan::new(pair, cells, crop_px).correct(flow, cells);
}

/// The bilinear sample of a grid of cells at a place in the crop.
fn sample(at: Vec2, cells: usize, crop_px: f32) -> [(usize, f32); 4] {
    let last = cells as f32 - 1.0;
    let place = ((at + 0.5) * (cells as f32 / crop_px) - 0.5).clamp(Vec2::ZERO, Vec2::splat(last));
    let low = place.floor().min(Vec2::splat(last));
    let w = place - low;
    let (x, y) = (low.x as usize, low.y as usize);
    let (x1, y1) = ((x + 1).min(cells - 1), (y + 1).min(cells - 1));
    [
        (y * cells + x, (1.0 - w.x) * (1.0 - w.y)),
        (y * cells + x1, w.x * (1.0 - w.y)),
        (y1 * cells + x, (1.0 - w.x) * w.y),
        (y1 * cells + x1, w.x * w.y),
    ]
}

struct Snap {
    plans: Arc<[SnapPlan]>,
    cells: usize,
}

impl Snap {
    /// The same out of the library's own operations.
    fn composed(&self, flow: &Tensor) -> Result<Tensor> {
        let (batch, cells) = (self.plans.len(), self.cells);
        let device = flow.device();
        let points = self.plans.first().map_or(0, |p| p.wanted.len());
        let mut wanted = Vec::new();
        let mut samples = vec![0.0_f32; batch * points * cells * cells];
        let mut spread = vec![0.0_f32; batch * cells * cells / 4 * points];
        let mut mutual = Vec::new();
        for (b, plan) in self.plans.iter().enumerate() {
            wanted.extend(plan.wanted.iter().flat_map(|w| [w.x, w.y]));
            for (k, corners) in plan.samples.iter().enumerate() {
                for (cell, weight) in corners {
                    samples[(b * points + k) * cells * cells + cell] += weight;
                }
            }
            mutual.extend_from_slice(&plan.mutual);
            for (k, cell, weight) in &plan.spread {
                spread[(b * cells * cells / 4 + cell) * points + k] += weight;
            }
        }
        let matrix = |values: Vec<f32>, rows: usize, columns: usize| {
            Tensor::from_vec(values, (batch, rows, columns), &Device::Cpu)?.to_device(device)
        };
        let found = matrix(samples, points, cells * cells)?.matmul(&flow.reshape((batch, cells * cells, 2))?)?;
        let missing = (matrix(wanted, points, 2)? - found)?;
        let mutual = matrix(mutual, points, points)?;
        let mut settled = missing.clone();
        for _ in 1..ROUNDS {
            settled = ((&missing + &settled)? - mutual.matmul(&settled)?)?;
        }
        let correction = matrix(spread, cells * cells / 4, points)?.matmul(&settled)?;
        flow + super::upsample_bilinear(&correction.reshape((batch, cells / 2, cells / 2, 2))?)?
    }
}

impl CustomOp1 for Snap {
    fn name(&self) -> &'static str {
        "landmark-snap"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut out = slice(storage, layout)?.to_vec();
        let one = self.cells * self.cells * 2;
        out.par_chunks_mut(one).zip(&self.plans[..]).for_each(|(flow, plan)| plan.correct(flow, self.cells));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, flow: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let gradient = gradient.contiguous()?;
        let mut out = numbers(&gradient)?.to_vec();
        let one = self.cells * self.cells * 2;
        let half = self.cells / 2;
        out.par_chunks_mut(one).zip(&self.plans[..]).for_each(|(gradient, plan)| {
            let mut correction = vec![0.0_f32; half * half * 2];
            spread_bilinear(gradient, [half, half, 2], &mut correction);
            let mut missing = vec![Vec2::ZERO; plan.wanted.len()];
            for &(landmark, cell, weight) in &plan.spread {
                missing[landmark] += weight * Vec2::new(correction[2 * cell], correction[2 * cell + 1]);
            }
            let count = missing.len();
            let missing = plan.settled(&missing, |landmark, other| other * count + landmark);
            for (corners, missing) in plan.samples.iter().zip(missing) {
                for &(cell, weight) in corners {
                    gradient[2 * cell] -= weight * missing.x;
                    gradient[2 * cell + 1] -= weight * missing.y;
                }
            }
        });
        Ok(Some(tensor(out, flow.shape())?))
    }
}

#[cfg(test)]
pub(super) fn composed_for_test(flow: &Tensor, pairs: &[Correspondences], crop_px: f32) -> Result<Tensor> {
    let cells = flow.dim(1)?;
    Snap { plans: pairs.iter().map(|pair| SnapPlan::new(pair, cells, crop_px)).collect(), cells }.composed(flow)
}
