//! The motion net for one face after the other on the CPU: the twin of [`MotionNet::forward`] without gradients.

use candle_core::Result;
use glam::Vec2;
use rayon::prelude::*;

use super::{FLOW_CELLS, INPUT_CELLS, INPUT_CHANNELS, MotionNet, MotionSample, fill};
use crate::FrozenLayer;
use crate::data::CROP_PX;
use crate::mix;
use crate::nn::Convolution;
use crate::nn::ops::{self, Correspondences, FrozenConv, Plane};

/// Rows that one thread takes at a time, at least.
const ROWS: usize = 4;
/// Numbers of a cell of the candidates: three flows.
const CANDIDATES: usize = 6;

/// The motion net with its weights as they are.
pub struct FrozenMotion {
    encoder: Vec<Vec<FrozenConv>>,
    narrow: Vec<Option<FrozenConv>>,
    decoder: Vec<FrozenConv>,
    head: FrozenConv,
}

/// The motion net's layers for another processor to run.
#[derive(Clone, Debug)]
pub struct MotionLayers {
    /// Level by level, each half the size of the one before; at the last, layers after the first are residual.
    pub encoder: Vec<Vec<FrozenLayer>>,
    /// Before each layer of the decoder, where channels are left out.
    pub narrow: Vec<Option<FrozenLayer>>,
    /// Each takes what is below, enlarged, beside the encoder's result of its own size.
    pub decoder: Vec<FrozenLayer>,
    /// Seven numbers for each of four cells of the flow.
    pub head: FrozenLayer,
}

/// What the motion net says of one frame.
#[derive(Clone, Debug, Default)]
pub struct FrameFlow {
    /// Backward flow in crop pixels, [`FLOW_CELLS`] squared, row by row.
    pub flow: Vec<Vec2>,
    /// How surely the source shows the place, 0 to 1, for the same cells.
    pub visibility: Vec<f32>,
}

/// Memory of a frame.
#[derive(Default)]
pub struct MotionMemory {
    flow: FrameFlow,
    filled: Vec<f32>,
    candidates: Vec<f32>,
    input: Plane,
    /// What the layers of each level make, the last of a level being its result.
    encoded: [Vec<Plane>; 4],
    /// What goes into each layer of the decoder, what it makes, and that with fewer channels.
    beside: [Plane; 3],
    decoded: [Plane; 3],
    narrowed: [Plane; 3],
    head: Plane,
}

impl MotionMemory {
    /// What was found last.
    pub fn flow(&self) -> &FrameFlow {
        &self.flow
    }

    /// The near candidate of the last frame: the head as a whole with the landmarks' own motion near them, [`INPUT_CELLS`] squared, in crop pixels.
    pub fn near(&self) -> impl Iterator<Item = Vec2> + '_ {
        self.candidates.as_chunks::<CANDIDATES>().0.iter().map(|flows| Vec2::new(flows[2], flows[3]))
    }
}

impl MotionNet {
    /// The net as it is now, for frame after frame.
    ///
    /// # Errors
    /// Weights that are not on the CPU.
    pub fn freeze(&self) -> Result<FrozenMotion> {
        let freeze = |layers: &[Convolution]| layers.iter().map(Convolution::freeze).collect::<Result<Vec<_>>>();
        Ok(FrozenMotion {
            encoder: self.encoder.iter().map(|layers| freeze(layers)).collect::<Result<_>>()?,
            narrow: self.narrow.iter().map(|layer| layer.as_ref().map(Convolution::freeze).transpose()).collect::<Result<_>>()?,
            decoder: freeze(&self.decoder)?,
            head: self.head.freeze()?,
        })
    }
}

impl FrozenMotion {
    /// Finds the flow of one frame.
    pub fn forward(&self, sample: &MotionSample, memory: &mut MotionMemory) {
        let cells = INPUT_CELLS * INPUT_CELLS;
        memory.filled.clear();
        memory.filled.resize(cells * INPUT_CHANNELS, 0.0);
        memory.candidates.resize(cells * CANDIDATES, 0.0);
        fill(sample, &mut memory.filled, &mut memory.candidates);
        memory.input.fit([INPUT_CELLS; 2], INPUT_CHANNELS);
        let lines = memory.input.rows_mut().zip(memory.filled.par_chunks_exact(INPUT_CELLS * INPUT_CHANNELS));
        lines.with_min_len(ROWS).for_each(|(to, from)| to.copy_from_slice(from));
        self.encode(memory);
        self.decode(memory);
        memory.mix(sample);
    }

    /// Floating point operations of the convolutions, a multiplication and an addition counted as two.
    pub fn flops(&self) -> usize {
        let side = |level: usize| INPUT_CELLS >> level;
        let encoder = self.encoder.iter().enumerate().map(|(level, layers)| {
            // The first layer of a level halves the one above, where there is one.
            let from = |k: usize| if k == 0 { side(level.saturating_sub(1)) } else { side(level) };
            layers.iter().enumerate().map(|(k, layer)| layer.flops([from(k); 2])).sum::<usize>()
        });
        let decoder = self.decoder.iter().zip(&self.narrow).enumerate().map(|(n, (layer, narrow))| {
            let level = self.decoder.len() - 1 - n;
            layer.flops([side(level); 2]) + narrow.as_ref().map_or(0, |narrow| narrow.flops([side(level + 1); 2]))
        });
        encoder.sum::<usize>() + decoder.sum::<usize>() + self.head.flops([INPUT_CELLS; 2])
    }

    /// The layers, for another processor.
    pub fn layers(&self) -> MotionLayers {
        let plain = |layer: &FrozenConv| FrozenLayer { weights: layer.weights(), before: None };
        MotionLayers {
            encoder: self.encoder.iter().map(|level| level.iter().map(plain).collect()).collect(),
            narrow: self.narrow.iter().map(|layer| layer.as_ref().map(plain)).collect(),
            decoder: self.decoder.iter().map(plain).collect(),
            head: plain(&self.head),
        }
    }

    fn encode(&self, MotionMemory { input, encoded, .. }: &mut MotionMemory) {
        for (level, layers) in self.encoder.iter().enumerate() {
            let (above, here) = encoded.split_at_mut(level);
            let planes = &mut here[0];
            planes.resize_with(layers.len(), Plane::default);
            for (k, layer) in layers.iter().enumerate() {
                let (before, after) = planes.split_at_mut(k);
                match before.last() {
                    // At the bottom the layers after the first are residual.
                    Some(before) if level == 3 => layer.run(before, &mut after[0], |y, row| ops::add(row, before.row(y))),
                    Some(before) => layer.run(before, &mut after[0], |_, _| {}),
                    None => layer.run(above.last().and_then(|level| level.last()).unwrap_or(input), &mut after[0], |_, _| {}),
                }
            }
        }
    }

    fn decode(&self, MotionMemory { encoded, beside, decoded, narrowed, head, .. }: &mut MotionMemory) {
        let [skips @ .., bottom] = encoded;
        let Some(mut low) = bottom.last() else { return };
        let planes = beside.iter_mut().zip(decoded).zip(narrowed);
        for (n, ((beside, decoded), narrowed)) in planes.enumerate() {
            if let Some(narrow) = &self.narrow[n] {
                narrow.run(low, narrowed, |_, _| {});
                low = narrowed;
            }
            let Some(skip) = skips[skips.len() - 1 - n].last() else { return };
            ops::doubled_beside(low, skip, beside);
            self.decoder[n].run(beside, decoded, |_, _| {});
            low = decoded;
        }
        self.head.run(low, head, |_, _| {});
    }
}

impl MotionMemory {
    /// From the head's numbers to the flow, snapped to the landmarks.
    fn mix(&mut self, sample: &MotionSample) {
        let FrameFlow { flow, visibility } = &mut self.flow;
        flow.resize(FLOW_CELLS * FLOW_CELLS, Vec2::ZERO);
        visibility.resize(FLOW_CELLS * FLOW_CELLS, 0.0);
        let (head, candidates) = (&self.head, &self.candidates);
        let lines = flow.par_chunks_exact_mut(FLOW_CELLS).zip(visibility.par_chunks_exact_mut(FLOW_CELLS));
        lines.with_min_len(2 * ROWS).enumerate().for_each(|(y, (flow, visibility))| {
            for (x, (flow, visibility)) in flow.iter_mut().zip(visibility).enumerate() {
                let [dx, dy, logit] = mix::mixed(head.row(y / 2), candidates, [INPUT_CELLS; 2], [x, y]);
                *flow = Vec2::new(dx, dy);
                // The logistic function by way of the hyperbolic tangent, whose far ends stay finite both ways.
                *visibility = 0.5 + 0.5 * (0.5 * logit).tanh();
            }
        });
        let pair = Correspondences { source: sample.source.clone(), target: sample.target.clone() };
        ops::snap(bytemuck::cast_slice_mut(flow), &pair, FLOW_CELLS, CROP_PX);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::super::MotionBatch;
    use super::*;
    use crate::MotionConfig;
    use crate::nn::ops::Products;
    use crate::nn::{Store, testing};

    #[test]
    fn it_gives_what_the_network_gives_face_after_face() -> anyhow::Result<()> {
        let store = Store::fresh(8, &Device::Cpu);
        let net = MotionNet::new(&store.scope(), &MotionConfig::shipped())?;
        testing::wake(&store)?;
        let frozen = ops::frozen_with(Products::Single, || net.freeze())?;
        let mut memory = MotionMemory::default();
        let face: Vec<Vec2> = crate::face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)).to_vec();
        for (n, shift) in [Vec2::new(6.0, -3.0), Vec2::ZERO, Vec2::new(-20.0, 11.0)].into_iter().enumerate() {
            let picture = testing::picture(&[1, INPUT_CELLS, INPUT_CELLS, 3], n as u64)?.flatten_all()?.to_vec1::<f32>()?;
            let target: Vec<Vec2> = face.iter().enumerate().map(|(i, p)| *p + shift * (0.5 + i as f32 / 68.0)).collect();
            let sample = MotionSample::of_still_body(&face, &target, picture);
            let batch = MotionBatch::new(std::slice::from_ref(&sample), &Device::Cpu)?;
            let expected = net.forward(&batch)?;
            frozen.forward(&sample, &mut memory);
            let values = expected.flow.flatten_all()?.to_vec1::<f32>()?;
            let far = values.as_chunks::<2>().0.iter().zip(&memory.flow().flow);
            let worst = far.map(|(a, b)| (Vec2::from_array(*a) - *b).length()).fold(0.0, f32::max);
            assert!(worst < 1e-3, "frame {n}: the flow is off by {worst} pixels");
            let logits = expected.visibility.flatten_all()?.to_vec1::<f32>()?;
            let far = logits.iter().zip(&memory.flow().visibility).map(|(l, v)| (1.0 / (1.0 + (-l).exp()) - v).abs());
            let worst = far.fold(0.0, f32::max);
            assert!(worst < 1e-4, "frame {n}: the visibility is off by {worst}");
            let spread = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max) - logits.iter().copied().fold(f32::INFINITY, f32::min);
            assert!(spread > 0.1 && values.iter().any(|v| v.abs() > 0.5), "and there is something to get wrong");
        }
        Ok(())
    }
}
