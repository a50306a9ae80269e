//! The last step of the motion net as one operation: from its numbers and the candidates to a flow and its visibility.
//!
//! A softmax over four numbers says how likely a place stands still or moves by each of three candidates. What stands still shall stand exactly still, so that
//! a painted background keeps its pixels: the flow is the mean of the candidates, plus a residual, times a gate that all but closes when moving is unlikely.

use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use crate::nn::ops;

/// Numbers of one cell of the flow: four mixing weights (still, head, near, far; before softmax), two of the residual, one of the visibility.
pub const CHANNELS: usize = 7;
/// Numbers of one cell of the result.
const RESULTS: usize = 3;
/// Residual flow of one unit of output, in pixels.
pub const RESIDUAL_PX: f32 = 8.0;
/// Share of moving at which the gate opens.
pub const SILL: f32 = 0.1;
/// What a closed gate lets through, so that learning still reaches it.
pub const LEAK: f32 = 0.05;

/// How far the gate is open for a share of moving from 0 to 1, and its slope there.
fn gate(moving: f32) -> (f32, f32) {
    let open = (moving - SILL) / (1.0 - SILL);
    if open > LEAK * moving { (open, 1.0 / (1.0 - SILL)) } else { (LEAK * moving, LEAK) }
}

/// `numbers` is `[batch, h, w, 4 CHANNELS]`: the cells of a square of four behind each other, row by row. `candidates` is `[batch, h, w, 6]`: three flows in
/// pixels, enlarged bilinearly here. The result is `[batch, 2 h, 2 w, 3]`: flow in pixels, logit of the visibility. Only `numbers` gets a gradient.
pub(super) fn mix(numbers: &Tensor, candidates: &Tensor) -> Result<Tensor> {
    sizes(numbers.shape(), candidates.shape())?;
    if numbers.device().is_cpu() { numbers.contiguous()?.apply_op2(&candidates.contiguous()?, Mix) } else { composed(numbers, candidates) }
}

fn sizes(numbers: &Shape, candidates: &Shape) -> Result<[usize; 3]> {
    let (batch, height, width, channels) = numbers.dims4()?;
    if channels != 4 * CHANNELS || candidates.dims() != [batch, height, width, 6] {
        bail!("candidates of {candidates:?} do not fit {numbers:?}");
    }
    Ok([batch, height, width])
}

struct Mix;

/// Weights of the four flows.
fn softmax(logits: &[f32]) -> [f32; 4] {
    let largest = logits[..4].iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: [f32; 4] = std::array::from_fn(|k| (logits[k] - largest).exp());
    let sum: f32 = raised.iter().sum();
    raised.map(|r| r / sum)
}

/// One cell's mixture: the share of moving, the shares of the three candidates in it, and the flow behind the gate in pixels.
struct Mixture {
    moving: f32,
    shares: [f32; 3],
    flow: [f32; 2],
}

impl Mixture {
    fn of(cell: &[f32], flows: &[f32; 6]) -> Self {
        let weights = softmax(cell);
        let moving = (weights[1] + weights[2] + weights[3]).max(f32::MIN_POSITIVE);
        let shares: [f32; 3] = std::array::from_fn(|k| weights[k + 1] / moving);
        let flow = std::array::from_fn(|c| (0..3).map(|k| shares[k] * flows[2 * k + c]).sum::<f32>() + RESIDUAL_PX * cell[4 + c]);
        Self { moving, shares, flow }
    }
}

/// The three candidates at a cell of the doubled grid.
fn enlarged(candidates: &[f32], [height, width]: [usize; 2], y: usize, x: usize) -> [f32; 6] {
    let rows = ops::doubled_neighbours(y, height);
    let columns = ops::doubled_neighbours(x, width);
    let mut sum = [0.0; 6];
    for (row, down) in rows.into_iter().zip([0.75, 0.25]) {
        for (column, across) in columns.into_iter().zip([0.75, 0.25]) {
            let flows = &candidates[(row * width + column) * 6..][..6];
            sum.iter_mut().zip(flows).for_each(|(s, f)| *s += down * across * f);
        }
    }
    sum
}

/// Flow in pixels and logit of the visibility at a cell of the doubled grid, from the row of numbers that it is in and all candidates of a grid of `size`.
pub(super) fn mixed(row: &[f32], candidates: &[f32], size: [usize; 2], [x, y]: [usize; 2]) -> [f32; RESULTS] {
    let cell = &row[(x / 2 * 4 + y % 2 * 2 + x % 2) * CHANNELS..][..CHANNELS];
    let mixture = Mixture::of(cell, &enlarged(candidates, size, y, x));
    let (open, _) = gate(mixture.moving);
    [open * mixture.flow[0], open * mixture.flow[1], cell[6]]
}

impl CustomOp2 for Mix {
    fn name(&self) -> &'static str {
        "mix"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let [batch, height, width] = sizes(l1.shape(), l2.shape())?;
        let (numbers, candidates) = (ops::contiguous(s1, l1)?, ops::contiguous(s2, l2)?);
        let line = 2 * width * RESULTS;
        let mut out = vec![0.0_f32; batch * 2 * height * line];
        out.par_chunks_mut(line.max(1)).with_min_len(8).enumerate().for_each(|(row, out)| {
            let (image, y) = (row / (2 * height), row % (2 * height));
            let candidates = &candidates[image * height * width * 6..][..height * width * 6];
            let from = &numbers[(image * height + y / 2) * width * 4 * CHANNELS..][..width * 4 * CHANNELS];
            for (x, out) in out.chunks_exact_mut(RESULTS).enumerate() {
                out.copy_from_slice(&mixed(from, candidates, [height, width], [x, y]));
            }
        });
        Ok((CpuStorage::F32(out), (batch, 2 * height, 2 * width, RESULTS).into()))
    }

    fn bwd(&self, numbers: &Tensor, candidates: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let [_, height, width] = sizes(numbers.shape(), candidates.shape())?;
        let gradient = gradient.contiguous()?;
        let (values, flows, g) = (ops::numbers(numbers)?, ops::numbers(candidates)?, ops::numbers(&gradient)?);
        let line = width * 4 * CHANNELS;
        let mut out = vec![0.0_f32; values.len()];
        out.par_chunks_mut(line.max(1)).with_min_len(4).enumerate().for_each(|(row, out)| {
            let (image, half) = (row / height.max(1), row % height.max(1));
            let candidates = &flows[image * height * width * 6..][..height * width * 6];
            let from = &values[row * line..][..line];
            for (at, (out, cell)) in out.chunks_exact_mut(CHANNELS).zip(from.chunks_exact(CHANNELS)).enumerate() {
                let (y, x) = (2 * half + at % 4 / 2, 2 * (at / 4) + at % 2);
                let g = &g[((image * 2 * height + y) * 2 * width + x) * RESULTS..][..RESULTS];
                let flows = enlarged(candidates, [height, width], y, x);
                let Mixture { moving, shares, flow } = Mixture::of(cell, &flows);
                let (open, slope) = gate(moving);
                let to_moving = slope * (g[0] * flow[0] + g[1] * flow[1]) * moving * (1.0 - moving);
                let pull: [f32; 3] = std::array::from_fn(|k| open * (g[0] * flows[2 * k] + g[1] * flows[2 * k + 1]));
                let mean: f32 = (0..3).map(|k| shares[k] * pull[k]).sum();
                out[0] = -to_moving;
                (0..3).for_each(|k| out[k + 1] = shares[k] * (to_moving + pull[k] - mean));
                out[4] = open * RESIDUAL_PX * g[0];
                out[5] = open * RESIDUAL_PX * g[1];
                out[6] = g[2];
            }
        });
        Ok((Some(Tensor::from_vec(out, numbers.shape(), &candle_core::Device::Cpu)?), None))
    }
}

/// The same out of the library's own operations.
fn composed(numbers: &Tensor, candidates: &Tensor) -> Result<Tensor> {
    let output = ops::pixel_shuffle(numbers)?;
    let logits = output.narrow(D::Minus1, 0, 4)?;
    let raised = logits.broadcast_sub(&logits.detach().max_keepdim(D::Minus1)?)?.exp()?;
    let weights = raised.broadcast_div(&raised.sum_keepdim(D::Minus1)?)?;
    let moving = (1.0 - weights.narrow(D::Minus1, 0, 1)?)?;
    let open = ((&moving - f64::from(SILL))? / f64::from(1.0 - SILL))?.maximum(&(&moving * f64::from(LEAK))?)?;
    let candidates = ops::upsample_bilinear(candidates)?.detach();
    let mut flow = (output.narrow(D::Minus1, 4, 2)? * f64::from(RESIDUAL_PX))?;
    for k in 0..3 {
        let share = weights.narrow(D::Minus1, 1 + k, 1)?.div(&moving)?;
        flow = (flow + candidates.narrow(D::Minus1, 2 * k, 2)?.broadcast_mul(&share)?)?;
    }
    let flow = flow.broadcast_mul(&open)?;
    Tensor::cat(&[&flow, &output.narrow(D::Minus1, 6, 1)?], D::Minus1)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use retrato_core::random::Random;

    #[test]
    fn the_fused_operation_is_the_composed_one_and_so_is_its_gradient() -> Result<()> {
        let mut random = Random::new(11, 0);
        let mut draw = |count: usize, size: f32| (0..count).map(|_| random.range(-size, size)).collect::<Vec<f32>>();
        let numbers = Var::from_vec(draw(2 * 3 * 4 * 28, 2.0), (2, 3, 4, 28), &Device::Cpu)?;
        let candidates = Tensor::from_vec(draw(2 * 3 * 4 * 6, 9.0), (2, 3, 4, 6), &Device::Cpu)?;
        let score = Tensor::from_vec(draw(2 * 6 * 8 * 3, 1.0), (2, 6, 8, 3), &Device::Cpu)?;
        let (fused, plain) = (mix(&numbers, &candidates)?, composed(&numbers, &candidates)?);
        let largest = |t: Tensor| t.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>();
        assert!(largest((&fused - &plain)?)? < 1e-4, "results differ");
        let gradient = |t: Tensor| Ok::<_, candle_core::Error>((t * &score)?.sum_all()?.backward()?.get(&numbers).cloned());
        let (Some(a), Some(b)) = (gradient(fused)?, gradient(plain)?) else { panic!("a gradient is missing") };
        assert!(largest((a - b)?)? < 1e-4, "gradients differ");
        Ok(())
    }

    #[test]
    fn a_closed_gate_holds_still_and_an_open_one_lets_through() {
        assert!(gate(0.05).0 < 0.003 && gate(0.0).0 == 0.0, "closed");
        assert!((gate(1.0).0 - 1.0).abs() < 1e-6 && gate(0.55).0 > 0.45, "open");
    }
}
