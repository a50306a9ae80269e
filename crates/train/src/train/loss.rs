//! What the motion net is taught: the true flow, the true visibility, and that the warped source looks like the target.

use std::sync::{Arc, Mutex, OnceLock};

use candle_core::{CpuStorage, CustomOp2, DType, Device, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::samples::MotionExample;
use crate::data::CROP_PX;
use crate::model::{FLOW_CELLS, MotionFlow};
use crate::nn::ops;
use retrato_learn::{Chart, Figures};

/// Weights of the parts of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    /// Of the flow's error, in pixels.
    pub flow: f32,
    /// Of the visibility's cross entropy.
    pub visibility: f32,
    /// Of the colour error of the warped source where it is visible.
    pub colour: f32,
}

impl Default for LossWeights {
    fn default() -> Self {
        Self { flow: 0.1, visibility: 0.3, colour: 1.0 }
    }
}

/// Softens the flow error's corner at 0: `sqrt(d² + this)`, in square pixels.
const CORNER: f32 = 0.01;
/// Flow cells of pictures per crop pixel.
const CELLS_PER_PX: f32 = FLOW_CELLS as f32 / CROP_PX;

/// Figures of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LossParts {
    /// The whole loss.
    pub loss: f32,
    /// End-point error of the flow over visible places, in crop pixels.
    pub flow_error_px: f32,
    /// The same over visible places of the face.
    pub face_error_px: f32,
    /// Weighted colour error of the warped source.
    pub colour_error: f32,
    /// Share of places whose visibility is told rightly.
    pub visibility_accuracy: f32,
}

impl Figures for LossParts {
    const CHARTS: [Chart<Self>; 3] =
        [("loss", |p| p.loss), ("flow error, px", |p| p.flow_error_px), ("visibility told rightly", |p| p.visibility_accuracy)];

    fn plus(&self, other: &Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            flow_error_px: self.flow_error_px + other.flow_error_px,
            face_error_px: self.face_error_px + other.face_error_px,
            colour_error: self.colour_error + other.colour_error,
            visibility_accuracy: self.visibility_accuracy + other.visibility_accuracy,
        }
    }

    fn divided(&self, count: f32) -> Self {
        Self {
            loss: self.loss / count,
            flow_error_px: self.flow_error_px / count,
            face_error_px: self.face_error_px / count,
            colour_error: self.colour_error / count,
            visibility_accuracy: self.visibility_accuracy / count,
        }
    }

    fn loss(&self) -> f32 {
        self.loss
    }

    fn words(&self) -> String {
        format!(
            "loss {:.4}, flow error {:.2} px, face {:.2} px, colour {:.4}, visibility {:.4}",
            self.loss, self.flow_error_px, self.face_error_px, self.colour_error, self.visibility_accuracy
        )
    }
}

/// The loss as a scalar tensor, and its parts; one example for each frame of the batch, in its order.
pub(super) fn motion_loss(output: &MotionFlow, examples: &Arc<[MotionExample]>, weights: LossWeights) -> Result<(Tensor, LossParts)> {
    let (batch, rows, columns, _) = output.flow.dims4()?;
    if batch != examples.len() || rows != FLOW_CELLS || columns != FLOW_CELLS || batch == 0 {
        bail!("{} examples do not fit a flow of {:?}", examples.len(), output.flow.shape());
    }
    if !output.flow.device().is_cpu() {
        let loss = composed(output, examples, weights)?;
        let parts = LossParts { loss: loss.to_scalar()?, ..LossParts::default() };
        return Ok((loss, parts));
    }
    let op = MotionLoss { examples: Arc::clone(examples), weights, found: OnceLock::new(), parts: Arc::default() };
    let parts = Arc::clone(&op.parts);
    let loss = output.flow.contiguous()?.apply_op2(&output.visibility.contiguous()?, op)?;
    let parts = parts.lock().map_or_else(|poisoned| *poisoned.into_inner(), |parts| *parts);
    Ok((loss, parts))
}

/// The loss with both gradients in one pass over the places.
struct MotionLoss {
    examples: Arc<[MotionExample]>,
    weights: LossWeights,
    /// Gradients with respect to flow and visibility, found in the forward pass.
    found: OnceLock<(Vec<f32>, Vec<f32>)>,
    parts: Arc<Mutex<LossParts>>,
}

/// Sums over the places of one example.
#[derive(Clone, Copy, Default)]
struct Sums {
    flow: f64,
    visibility: f64,
    colour: f64,
    visible: f64,
    error: f64,
    face_visible: f64,
    face_error: f64,
    right: f64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            flow: self.flow + other.flow,
            visibility: self.visibility + other.visibility,
            colour: self.colour + other.colour,
            visible: self.visible + other.visible,
            error: self.error + other.error,
            face_visible: self.face_visible + other.face_visible,
            face_error: self.face_error + other.face_error,
            right: self.right + other.right,
        }
    }
}

impl MotionLoss {
    /// One example: its sums, and its gradients into `to_flow` and `to_visibility`.
    fn one(
        &self,
        example: &MotionExample,
        flow: &[f32],
        logits: &[f32],
        per_place: f32,
        to_flow: &mut [f32],
        to_visibility: &mut [f32],
    ) -> Sums {
        let mut sums = Sums::default();
        for place in 0..FLOW_CELLS * FLOW_CELLS {
            let (u, v) = (flow[2 * place], flow[2 * place + 1]);
            let (visible, logit) = (example.visible[place], logits[place]);
            let off = [u - example.flow[place].x, v - example.flow[place].y];
            let length = (off[0] * off[0] + off[1] * off[1] + CORNER).sqrt();
            let weight = example.flow_weight[place];
            sums.flow += f64::from(weight * length);
            let pull = self.weights.flow * per_place * weight / length;
            let mut slope = [pull * off[0], pull * off[1]];
            sums.visibility += f64::from(logit.max(0.0) - logit * visible + (-logit.abs()).exp().ln_1p());
            to_visibility[place] = self.weights.visibility * per_place * (1.0 / (1.0 + (-logit).exp()) - visible);
            if visible > 0.0 {
                let (error, along) = colour(example, place, u, v);
                let weight = example.colour_weight[place] / 3.0;
                sums.colour += f64::from(weight * error);
                let pull = self.weights.colour * per_place * weight * CELLS_PER_PX;
                slope[0] += pull * along[0];
                slope[1] += pull * along[1];
                sums.visible += 1.0;
                sums.error += f64::from(length);
                sums.face_visible += f64::from(example.face[place]);
                sums.face_error += f64::from(example.face[place] * length);
            }
            sums.right += f64::from(u8::from((logit > 0.0) == (visible > 0.0)));
            to_flow[2 * place..2 * place + 2].copy_from_slice(&slope);
        }
        sums
    }
}

/// Sum of the absolute colour differences at a place, and its slope along x and y in cells of the picture.
fn colour(example: &MotionExample, place: usize, u: f32, v: f32) -> (f32, [f32; 2]) {
    let [source, target] = &example.pictures;
    let last = (FLOW_CELLS - 1) as f32;
    let at = |cell: usize, by: f32| {
        let wanted = cell as f32 + by * CELLS_PER_PX;
        let inside = wanted.clamp(0.0, last);
        let low = (inside as usize).min(FLOW_CELLS - 2);
        (low, inside - low as f32, wanted > 0.0 && wanted < last)
    };
    let (x, p, free_x) = at(place % FLOW_CELLS, u);
    let (y, q, free_y) = at(place / FLOW_CELLS, v);
    let first = (y * FLOW_CELLS + x) * 3;
    let (mut error, mut along) = (0.0, [0.0; 2]);
    for c in 0..3 {
        let pixel = |offset: usize| source[first + offset * 3 + c];
        let [a, b, d, e] = [pixel(0), pixel(1), pixel(FLOW_CELLS), pixel(FLOW_CELLS + 1)];
        let upper = a + p * (b - a);
        let lower = d + p * (e - d);
        let difference = upper + q * (lower - upper) - target[place * 3 + c];
        let sign = if difference == 0.0 { 0.0 } else { difference.signum() };
        error += difference.abs();
        along[0] += sign * ((b - a) * (1.0 - q) + (e - d) * q);
        along[1] += sign * (lower - upper);
    }
    (error, [if free_x { along[0] } else { 0.0 }, if free_y { along[1] } else { 0.0 }])
}

impl CustomOp2 for MotionLoss {
    fn name(&self) -> &'static str {
        "motion-loss"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (flow, logits) = (ops::contiguous(s1, l1)?, ops::contiguous(s2, l2)?);
        let cells = FLOW_CELLS * FLOW_CELLS;
        let places = self.examples.len() * cells;
        let per_place = 1.0 / places as f32;
        let (mut to_flow, mut to_visibility) = (vec![0.0_f32; places * 2], vec![0.0_f32; places]);
        let parts = to_flow.par_chunks_mut(cells * 2).zip(to_visibility.par_chunks_mut(cells)).zip(&self.examples[..]).enumerate();
        let each: Vec<Sums> = parts
            .map(|(b, ((to_flow, to_visibility), example))| {
                self.one(example, &flow[b * cells * 2..][..cells * 2], &logits[b * cells..][..cells], per_place, to_flow, to_visibility)
            })
            .collect();
        // Added up in order, whatever thread was first.
        let sums = each.into_iter().fold(Sums::default(), Sums::plus);
        let mean = |sum: f64| (sum * f64::from(per_place)) as f32;
        let loss =
            self.weights.flow * mean(sums.flow) + self.weights.visibility * mean(sums.visibility) + self.weights.colour * mean(sums.colour);
        let ratio = |sum: f64, count: f64| (sum / count.max(1.0)) as f32;
        let parts = LossParts {
            loss,
            flow_error_px: ratio(sums.error, sums.visible),
            face_error_px: ratio(sums.face_error, sums.face_visible),
            colour_error: mean(sums.colour),
            visibility_accuracy: mean(sums.right),
        };
        if let Ok(mut slot) = self.parts.lock() {
            *slot = parts;
        }
        if self.found.set((to_flow, to_visibility)).is_err() {
            bail!("a loss is computed once");
        }
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(&self, flow: &Tensor, logits: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some((to_flow, to_visibility)) = self.found.get() else { bail!("no loss was computed") };
        let scale = f64::from(gradient.to_scalar::<f32>()?);
        let scaled = |values: &[f32], like: &Tensor| Tensor::from_slice(values, like.shape(), &Device::Cpu)? * scale;
        Ok((Some(scaled(to_flow, flow)?), Some(scaled(to_visibility, logits)?)))
    }
}

/// The same loss out of the library's own operations: for other devices, and what the fast one is checked against.
fn composed(output: &MotionFlow, examples: &[MotionExample], weights: LossWeights) -> Result<Tensor> {
    let device = output.flow.device();
    let batch = examples.len();
    let plane = |channels: usize, values: &dyn Fn(&MotionExample) -> Vec<f32>| {
        let all: Vec<f32> = examples.iter().flat_map(values).collect();
        Tensor::from_vec(all, (batch, FLOW_CELLS, FLOW_CELLS, channels), &Device::Cpu)?.to_dtype(DType::F32)?.to_device(device)
    };
    let truth = plane(2, &|e| e.flow.iter().flat_map(|d| [d.x, d.y]).collect())?;
    let visible = plane(1, &|e| e.visible.clone())?;
    let length = ((&output.flow - truth)?.sqr()?.sum_keepdim(3)? + f64::from(CORNER))?.sqrt()?;
    let flow = (length * plane(1, &|e| e.flow_weight.clone())?)?.mean_all()?;
    let logits = &output.visibility;
    let entropy = ((logits.relu()? - (logits * &visible)?)? + ((logits.abs()?.neg()?.exp()? + 1.0)?.log()?))?.mean_all()?;
    let [source, target] = [plane(3, &|e| e.pictures[0].clone())?, plane(3, &|e| e.pictures[1].clone())?];
    let warped = ops::grid_sample(&source, &(&output.flow * f64::from(CELLS_PER_PX))?)?;
    let weight = (plane(1, &|e| e.colour_weight.clone())? * visible)?;
    let colour = (warped - target)?.abs()?.broadcast_mul(&weight)?.mean_all()?;
    (flow * f64::from(weights.flow))? + (entropy * f64::from(weights.visibility))? + (colour * f64::from(weights.colour))?
}

#[cfg(test)]
mod tests {
    use candle_core::Var;
    use glam::Vec2;

    use super::*;
    use crate::model::MotionSample;
    use crate::random::Random;

    fn noise_example(random: &mut Random) -> MotionExample {
        let cells = FLOW_CELLS * FLOW_CELLS;
        let mut numbers = |count: usize, low: f32, high: f32| (0..count).map(|_| random.range(low, high)).collect::<Vec<f32>>();
        MotionExample {
            input: MotionSample { source: Vec::new(), target: Vec::new(), pupils: None, picture: Vec::new(), body_follow: 0.0 },
            flow: numbers(cells * 2, -3.0, 3.0).chunks_exact(2).map(|d| Vec2::new(d[0], d[1])).collect(),
            visible: numbers(cells, 0.0, 1.0).into_iter().map(|v| f32::from(u8::from(v > 0.3))).collect(),
            flow_weight: numbers(cells, 0.5, 1.5),
            colour_weight: numbers(cells, 0.5, 1.5),
            face: vec![1.0; cells],
            pictures: [numbers(cells * 3, 0.0, 1.0), numbers(cells * 3, 0.0, 1.0)],
        }
    }

    #[test]
    fn the_fast_loss_is_the_composed_one_and_so_are_its_gradients() -> Result<()> {
        let mut random = Random::new(4, 0);
        let examples: Arc<[MotionExample]> = (0..2).map(|_| noise_example(&mut random)).collect();
        let numbers = |random: &mut Random, count: usize| (0..count).map(|_| random.range(-4.0, 4.0)).collect::<Vec<f32>>();
        let flow = Var::from_vec(numbers(&mut random, 2 * FLOW_CELLS * FLOW_CELLS * 2), (2, FLOW_CELLS, FLOW_CELLS, 2), &Device::Cpu)?;
        let visibility = Var::from_vec(numbers(&mut random, 2 * FLOW_CELLS * FLOW_CELLS), (2, FLOW_CELLS, FLOW_CELLS, 1), &Device::Cpu)?;
        let output = || MotionFlow { flow: flow.as_tensor().clone(), visibility: visibility.as_tensor().clone() };
        let (fast, parts) = motion_loss(&output(), &examples, LossWeights::default())?;
        let plain = composed(&output(), &examples, LossWeights::default())?;
        let difference = (fast.to_scalar::<f32>()? - plain.to_scalar::<f32>()?).abs();
        assert!(difference < 1e-4, "losses differ by {difference}");
        assert!((parts.loss - plain.to_scalar::<f32>()?).abs() < 1e-4, "the parts tell the loss");
        let (a, b) = ((fast * 2.0)?.backward()?, (plain * 2.0)?.backward()?);
        for variable in [&flow, &visibility] {
            let (Some(a), Some(b)) = (a.get(variable), b.get(variable)) else { panic!("a gradient is missing") };
            let largest = b.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
            let difference = (a - b)?.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()?;
            assert!(difference < 1e-3 * largest, "gradients differ by {difference} of {largest}");
        }
        Ok(())
    }
}
