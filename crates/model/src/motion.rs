//! The motion net: from two sets of landmarks to a backward flow and what of it can be seen.
//!
//! A small U-net looks at both landmark images, the candidate flows and the source picture, and mixes the candidates cell by cell: nothing moves, the head
//! moves as a whole, the near and the far spread of the landmarks' motion, plus a residual. The landmark snap follows inside the network.

mod frozen;

use candle_core::{D, Device, Result, Tensor};
use glam::Vec2;

use super::candidates::{CandidateFlows, candidate_flows};
use super::config::MotionConfig;
use super::landmark_image::{LANDMARK_CHANNELS, draw_landmarks};
use super::mix::{self, mix};
use crate::data::CROP_PX;
use crate::nn::ops::{self, Activation, Correspondences};
use crate::nn::{Convolution, Scope, WeightsError};

pub use frozen::{FrameFlow, FrozenMotion, MotionLayers, MotionMemory};

/// Cells along each side of the net's input.
pub const INPUT_CELLS: usize = 64;
/// Cells along each side of the flow it gives.
pub const FLOW_CELLS: usize = 128;
/// Channels of the input: both landmark images, three candidates, density, the source as it is and as the near candidate fetches it, and how much the body
/// follows.
pub const INPUT_CHANNELS: usize = 2 * LANDMARK_CHANNELS + 3 * 2 + 1 + 2 * 3 + 1;
/// Flows are divided by this on the way in.
pub const FLOW_SCALE_PX: f32 = 16.0;
/// Half the width of the drawn lines, in cells of the input.
pub const MOTION_LINE_RADIUS: f32 = 0.6;
/// Slope of the activations for negative numbers.
const SLOPE: f32 = 0.1;
/// What the mixing weights, the residual and the visibility start from.
const START: [f32; mix::CHANNELS] = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5];

/// What the net is told about one frame. Points are in crop pixels, centre of pixel i at i.
#[derive(Clone, Debug)]
pub struct MotionSample {
    /// 68 landmarks in the source.
    pub source: Vec<Vec2>,
    /// 68 landmarks in the target.
    pub target: Vec<Vec2>,
    /// Pupils in source and target, sitter's right eye first; both or none.
    pub pupils: Option<[[Vec2; 2]; 2]>,
    /// The source picture at [`INPUT_CELLS`], RGB in 0..1, row by row.
    pub picture: Vec<f32>,
    /// How much the body follows the head, 0 to 1; [`STILL_BODY`] where it is meant to stay.
    pub body_follow: f32,
}

/// What the net is told of a body that shall not move: less than any body of its training. People before a camera move the head more than the body, and a
/// portrait's shoulders end at its frame. On real clips the background was stiller and the whole picture better so than at 0, and worse again at -0.8.
pub const STILL_BODY: f32 = -0.3;

impl MotionSample {
    /// A body that stays, and pupils of which nothing is said.
    pub fn of_still_body(source: &[Vec2], target: &[Vec2], picture: Vec<f32>) -> Self {
        Self { source: source.to_vec(), target: target.to_vec(), pupils: None, picture, body_follow: STILL_BODY }
    }
}

/// The inputs of several frames as tensors.
pub struct MotionBatch {
    /// `[batch, 64, 64, INPUT_CHANNELS]`.
    planes: Tensor,
    /// Candidates in pixels, `[batch, 64, 64, 6]`: head, near, far.
    candidates: Tensor,
    correspondences: Vec<Correspondences>,
}

impl MotionBatch {
    /// Prepares samples; pictures have `64 * 64 * 3` numbers.
    pub fn new(samples: &[MotionSample], device: &Device) -> Result<Self> {
        use rayon::prelude::*;
        let cells = INPUT_CELLS * INPUT_CELLS;
        let mut planes = vec![0.0_f32; samples.len() * cells * INPUT_CHANNELS];
        let mut candidates = vec![0.0_f32; samples.len() * cells * 6];
        let parts = planes.par_chunks_mut(cells * INPUT_CHANNELS).zip(candidates.par_chunks_mut(cells * 6)).zip(samples);
        parts.for_each(|((planes, candidates), sample)| fill(sample, planes, candidates));
        let shape = |channels| (samples.len(), INPUT_CELLS, INPUT_CELLS, channels);
        Ok(Self {
            planes: Tensor::from_vec(planes, shape(INPUT_CHANNELS), device)?,
            candidates: Tensor::from_vec(candidates, shape(6), device)?,
            correspondences: samples.iter().map(|s| Correspondences { source: s.source.clone(), target: s.target.clone() }).collect(),
        })
    }
}

fn fill(sample: &MotionSample, planes: &mut [f32], candidates: &mut [f32]) {
    let pupils = |which: usize| sample.pupils.map(|p| p[which]);
    draw_landmarks(&sample.source, pupils(0), INPUT_CELLS, MOTION_LINE_RADIUS, planes, INPUT_CHANNELS, 0);
    draw_landmarks(&sample.target, pupils(1), INPUT_CELLS, MOTION_LINE_RADIUS, planes, INPUT_CHANNELS, LANDMARK_CHANNELS);
    let flows: CandidateFlows = candidate_flows(&sample.source, &sample.target, INPUT_CELLS);
    for (cell, (plane, candidate)) in planes.chunks_exact_mut(INPUT_CHANNELS).zip(candidates.chunks_exact_mut(6)).enumerate() {
        let moved = [flows.head[cell], flows.near[cell], flows.far[cell]].map(|v| v.to_array());
        candidate.copy_from_slice(moved.as_flattened());
        let rest = &mut plane[2 * LANDMARK_CHANNELS..];
        rest.iter_mut().zip(moved.as_flattened()).for_each(|(to, from)| *to = from / FLOW_SCALE_PX);
        rest[6] = flows.density[cell];
        rest[7..10].copy_from_slice(&sample.picture[cell * 3..cell * 3 + 3]);
        rest[10..13].copy_from_slice(&fetch(&sample.picture, cell, flows.near[cell]));
        rest[13] = sample.body_follow;
    }
}

/// The pixel of the small picture that a flow brings to a cell, bilinear.
fn fetch(picture: &[f32], cell: usize, flow_px: Vec2) -> [f32; 3] {
    let last = INPUT_CELLS as f32 - 1.0;
    let here = Vec2::new((cell % INPUT_CELLS) as f32, (cell / INPUT_CELLS) as f32);
    let at = (here + flow_px * (INPUT_CELLS as f32 / CROP_PX)).clamp(Vec2::ZERO, Vec2::splat(last));
    let low = at.floor().min(Vec2::splat(last - 1.0));
    let (w, x, y) = (at - low, low.x as usize, low.y as usize);
    std::array::from_fn(|c| {
        let value = |dx: usize, dy: usize| picture[((y + dy) * INPUT_CELLS + x + dx) * 3 + c];
        let line = |dy: usize| value(0, dy) + w.x * (value(1, dy) - value(0, dy));
        line(0) + w.y * (line(1) - line(0))
    })
}

/// What the net gives.
pub struct MotionFlow {
    /// Backward flow in crop pixels, `[batch, 128, 128, 2]`.
    pub flow: Tensor,
    /// Logit of whether the source shows the place, `[batch, 128, 128, 1]`.
    pub visibility: Tensor,
}

/// The motion net's layers.
pub struct MotionNet {
    encoder: Vec<Vec<Convolution>>,
    narrow: Vec<Option<Convolution>>,
    decoder: Vec<Convolution>,
    head: Convolution,
}

impl MotionNet {
    /// Takes the weights from a scope.
    pub fn new(scope: &Scope<'_>, config: &MotionConfig) -> std::result::Result<Self, WeightsError> {
        let [a, b, c, d] = config.channels;
        let act = Activation::LeakyRelu(SLOPE);
        let conv =
            |name: &str, from: usize, to: usize, stride: usize| Convolution::new(&scope.under(name), 3, [from, to], stride, act, 1.0);
        let encoder = vec![
            vec![conv("encoder64", INPUT_CHANNELS, a, 1)?],
            vec![conv("encoder32.down", a, b, 2)?, conv("encoder32.same", b, b, 1)?],
            vec![conv("encoder16.down", b, c, 2)?, conv("encoder16.same", c, c, 1)?],
            vec![conv("encoder8.down", c, d, 2)?, conv("encoder8.first", d, d, 1)?, conv("encoder8.second", d, d, 1)?],
        ];
        let decoder = vec![conv("decoder16", d + c, c, 1)?, conv("decoder32", b + b, b, 1)?, conv("decoder64", a + a, a, 1)?];
        // Fewer channels go up than were worked with below: the enlarged planes are the dear ones.
        let narrow = |name: &str, from: usize, to: usize| Convolution::new(&scope.under(name), 1, [from, to], 1, act, 1.0);
        let narrow = vec![None, Some(narrow("narrow16", c, b)?), Some(narrow("narrow32", b, a)?)];
        // Four cells of the flow for each cell of the features.
        let head = Convolution::new(&scope.under("head"), 3, [a, 4 * mix::CHANNELS], 1, Activation::Linear, 0.1)?;
        Ok(Self { encoder, narrow, decoder, head })
    }

    /// Sets the output of fresh weights to an even mix of the candidates.
    pub fn start_even(&self) -> Result<()> {
        self.head.set_bias(&[START; 4].concat())
    }

    /// Flow and visibility for a batch.
    pub fn forward(&self, batch: &MotionBatch) -> Result<MotionFlow> {
        let features = self.features(&batch.planes)?;
        let output = mix(&self.head.forward(&features)?, &batch.candidates)?;
        let flow = output.narrow(D::Minus1, 0, 2)?.contiguous()?;
        let flow = ops::landmark_snap(&flow, &batch.correspondences, CROP_PX)?;
        Ok(MotionFlow { flow, visibility: output.narrow(D::Minus1, 2, 1)?.contiguous()? })
    }

    fn features(&self, planes: &Tensor) -> Result<Tensor> {
        let mut skips = Vec::with_capacity(3);
        let mut x = planes.clone();
        for (level, layers) in self.encoder.iter().enumerate() {
            for (k, layer) in layers.iter().enumerate() {
                let y = layer.forward(&x)?;
                // At the bottom the layers after the first are residual.
                x = if level == 3 && k > 0 { (y + x)? } else { y };
            }
            if level < 3 {
                skips.push(x.clone());
            }
        }
        for ((layer, narrow), skip) in self.decoder.iter().zip(&self.narrow).zip(skips.iter().rev()) {
            if let Some(narrow) = narrow {
                x = narrow.forward(&x)?;
            }
            x = layer.forward(&ops::upsample_beside(&x, skip)?)?;
        }
        Ok(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Store;

    fn sample(shift: Vec2) -> MotionSample {
        let source: Vec<Vec2> =
            (0..68).map(|i| Vec2::new(128.0, 120.0) + Vec2::from_angle(i as f32 * 2.4) * (12.0 + (i % 11) as f32 * 4.0)).collect();
        let target = source.iter().map(|p| *p + shift).collect();
        MotionSample { source, target, pupils: None, picture: vec![0.5; INPUT_CELLS * INPUT_CELLS * 3], body_follow: 0.5 }
    }

    #[test]
    fn even_a_fresh_net_carries_the_landmarks() -> anyhow::Result<()> {
        let store = Store::fresh(1, &Device::Cpu);
        let net = MotionNet::new(&store.scope(), &MotionConfig::shipped())?;
        net.start_even()?;
        let samples = [sample(Vec2::new(8.0, -4.0)), sample(Vec2::ZERO)];
        let out = net.forward(&MotionBatch::new(&samples, &Device::Cpu)?)?;
        assert_eq!(out.flow.dims(), [2, FLOW_CELLS, FLOW_CELLS, 2], "shape of the flow");
        assert_eq!(out.visibility.dims(), [2, FLOW_CELLS, FLOW_CELLS, 1], "shape of the visibility");
        let flow = out.flow.narrow(0, 0, 1)?.flatten_all()?.to_vec1::<f32>()?;
        for point in &samples[0].target {
            let at = |px: f32| ((px + 0.5) * FLOW_CELLS as f32 / CROP_PX) as usize;
            let cell = at(point.y) * FLOW_CELLS + at(point.x);
            let error = (Vec2::new(flow[2 * cell], flow[2 * cell + 1]) - Vec2::new(-8.0, 4.0)).length();
            assert!(error < 3.0, "a landmark of 9 pixels' motion is off by {error}");
        }
        Ok(())
    }
}
