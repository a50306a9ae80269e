//! Training of the matte net: head and body on single frames of the pairs.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};
use glam::Vec2;
use serde::{Deserialize, Serialize};

use super::pairs::{PairTask, PairTrainer};
use crate::data::Part;
use crate::model::{LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MATTE_CELLS, MATTE_CHANNELS, MatteConfig, MatteNet, draw_landmarks};
use crate::nn::{Scope, WeightsError};
use crate::random::Random;
use crate::synth::FramePair;
use retrato_learn::Recolouring;
use retrato_learn::Sample;
use retrato_learn::{Chart, Figures};
use retrato_learn::{TrainError, tracker_noise};

/// Largest deviation of the landmark noise in pixels, and the largest amount of a tracker's errors.
const MAX_JITTER_PX: f32 = 0.8;
const MAX_TRACKER_NOISE: f32 = 1.5;
const CELLS: usize = MATTE_CELLS * MATTE_CELLS;

/// Teaches the matte net which cells of a frame are head, which are body.
#[derive(Clone, Debug)]
pub struct MatteTask {
    /// Sizes of the net.
    pub config: MatteConfig,
}

/// A run of the matte net's training.
pub type MatteTrainer = PairTrainer<MatteTask>;

/// One frame, planes of [`MATTE_CELLS`] squared.
#[derive(Clone, Debug)]
pub struct MatteExample {
    picture: Vec<f32>,
    landmarks: Vec<f32>,
    /// Head and body, 0 or 1, for every cell.
    truth: Vec<f32>,
}

/// Figures of one batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MatteParts {
    /// Cross entropy, the mean over head and body.
    pub loss: f32,
    /// Cells that are head in truth and in the matte, by cells that are head in either.
    pub head_overlap: f32,
    /// The same of the body.
    pub body_overlap: f32,
}

impl Figures for MatteParts {
    const CHARTS: [Chart<Self>; 3] =
        [("loss", |p| p.loss), ("overlap of heads", |p| p.head_overlap), ("overlap of bodies", |p| p.body_overlap)];

    fn plus(&self, other: &Self) -> Self {
        Self {
            loss: self.loss + other.loss,
            head_overlap: self.head_overlap + other.head_overlap,
            body_overlap: self.body_overlap + other.body_overlap,
        }
    }

    fn divided(&self, count: f32) -> Self {
        Self { loss: self.loss / count, head_overlap: self.head_overlap / count, body_overlap: self.body_overlap / count }
    }

    fn loss(&self) -> f32 {
        self.loss
    }

    fn words(&self) -> String {
        format!("loss {:.4}, overlap of heads {:.4}, of bodies {:.4}", self.loss, self.head_overlap, self.body_overlap)
    }
}

impl PairTask for MatteTask {
    type Net = MatteNet;
    type Example = MatteExample;
    type Figures = MatteParts;

    const KIND: &'static str = "retrato matte training 1";

    fn sizes(&self) -> String {
        format!("channels {:?}", self.config.channels)
    }

    fn net(&self, scope: &Scope<'_>) -> std::result::Result<MatteNet, WeightsError> {
        MatteNet::new(scope, &self.config)
    }

    fn example(&self, sample: &Sample<FramePair>, seed: u64, augment: bool) -> MatteExample {
        let mut random = Random::new(seed ^ 0x3A77_E000, sample.number);
        let frame = &sample.item.frames[sample.turn];
        let colours = if augment { Recolouring::sometimes(&mut random) } else { Recolouring::NONE };
        let [jitter, amount] = [MAX_JITTER_PX, MAX_TRACKER_NOISE].map(|most| if augment { random.range(0.0, most) } else { 0.0 });
        let mut points = tracker_noise::disturbed(&frame.landmarks, amount, &mut random);
        for point in &mut points {
            *point += Vec2::new(random.normal(0.0, jitter), random.normal(0.0, jitter));
        }
        let mut landmarks = vec![0.0; CELLS * LANDMARK_CHANNELS];
        draw_landmarks(&points, None, MATTE_CELLS, LANDMARK_LINE_RADIUS, &mut landmarks, LANDMARK_CHANNELS, 0);
        MatteExample {
            picture: colours.shrink(&frame.pixels, MATTE_CELLS),
            landmarks,
            truth: frame.labels.iter().flat_map(|label| truth(*label)).collect(),
        }
    }

    fn loss(
        &self,
        net: &MatteNet,
        examples: &Arc<[MatteExample]>,
        device: &Device,
    ) -> std::result::Result<(Tensor, MatteParts), TrainError> {
        let plane = |values: fn(&MatteExample) -> &[f32], channels: usize| {
            let all: Vec<f32> = examples.iter().flat_map(values).copied().collect();
            Tensor::from_vec(all, (examples.len(), MATTE_CELLS, MATTE_CELLS, channels), device)
        };
        let logits = net.forward(&plane(|e| &e.picture, 3)?, &plane(|e| &e.landmarks, LANDMARK_CHANNELS)?)?;
        let loss = cross_entropy(&logits, &plane(|e| &e.truth, MATTE_CHANNELS)?)?;
        let found = logits.flatten_all()?.to_vec1::<f32>()?;
        let wanted: Vec<f32> = examples.iter().flat_map(|e| &e.truth).copied().collect();
        let parts =
            MatteParts { loss: loss.to_scalar()?, head_overlap: overlap(&found, &wanted, 0), body_overlap: overlap(&found, &wanted, 1) };
        Ok((loss, parts))
    }
}

/// Whether a label is of the head with what it wears, and whether of the body.
fn truth(label: u8) -> [f32; MATTE_CHANNELS] {
    let is = |part: Part| label == part as u8;
    let body = is(Part::Clothes);
    [!body && !is(Part::Background), body].map(|yes| f32::from(u8::from(yes)))
}

/// Mean of `log(1 + exp(-x))` where the truth is 1 and of `log(1 + exp(x))` where it is 0, in the form that cannot overflow.
fn cross_entropy(logits: &Tensor, truth: &Tensor) -> Result<Tensor> {
    let beyond = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    ((logits.relu()? - (logits * truth)?)? + beyond)?.mean_all()
}

/// Intersection over union of one channel.
fn overlap(logits: &[f32], truth: &[f32], channel: usize) -> f32 {
    let cells = logits.chunks_exact(MATTE_CHANNELS).zip(truth.chunks_exact(MATTE_CHANNELS));
    let (mut both, mut either) = (0_u32, 0_u32);
    for (found, wanted) in cells.map(|(found, wanted)| (found[channel] > 0.0, wanted[channel] > 0.5)) {
        both += u32::from(found && wanted);
        either += u32::from(found || wanted);
    }
    both as f32 / either.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{FaceKit, PairSampler};
    use crate::train::{PairOptions, PairSource, Trainer as _};

    #[test]
    fn the_loss_is_the_textbooks_and_overlap_counts_cells() -> Result<()> {
        let logits = Tensor::new(&[2.0_f32, -3.0, 0.5, 80.0], &Device::Cpu)?;
        let truth = Tensor::new(&[1.0_f32, 0.0, 0.0, 1.0], &Device::Cpu)?;
        let plain = [(2.0_f32, 1.0), (-3.0, 0.0), (0.5, 0.0)].map(|(x, y)| {
            let p = 1.0 / (1.0 + (-x).exp());
            -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        });
        let found = cross_entropy(&logits, &truth)?.to_scalar::<f32>()?;
        assert!((found - plain.iter().sum::<f32>() / 4.0).abs() < 1e-5, "{found}");
        let (found, wanted) = ([1.0, 0.0, 1.0, 0.0, -1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert!((overlap(&found, &wanted, 0) - 1.0 / 3.0).abs() < 1e-6, "one of three");
        Ok(())
    }

    #[test]
    fn heads_are_told_from_what_is_behind() -> anyhow::Result<()> {
        let source: Arc<PairSource> = Arc::new(PairSampler::new(Arc::new(FaceKit::stand_in())));
        let options = PairOptions {
            seed: 3,
            steps: 1000,
            batch: 4,
            rate: 3e-3,
            average_decay: 0.8,
            block: 8,
            visits: 8,
            threads: 2,
            shards: 2,
            validation_pairs: 2,
            device: Device::Cpu,
        };
        let task = MatteTask { config: MatteConfig { channels: vec![4, 8, 8] } };
        let mut trainer = MatteTrainer::new(&source, task, options, None)?;
        let before = trainer.validate()?;
        for _ in 0..60 {
            trainer.step()?;
        }
        let after = trainer.validate()?;
        assert!(after.loss < 0.75 * before.loss, "{} of {} is left", after.loss, before.loss);
        Ok(())
    }
}
