//! Training of the motion net.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::loss::{LossParts, LossWeights, motion_loss};
use super::pairs::{PairTask, PairTrainer};
use super::samples::{MotionExample, example};
use crate::model::{MotionBatch, MotionConfig, MotionNet, MotionSample};
use crate::nn::{Scope, WeightsError};
use crate::synth::FramePair;
use retrato_learn::Sample;
use retrato_learn::TrainError;

/// Teaches the motion net flow and visibility between the frames of a pair, one to the other in each turn.
#[derive(Clone, Debug)]
pub struct MotionTask {
    /// Sizes of the net.
    pub config: MotionConfig,
    /// Weights of the loss.
    pub loss: LossWeights,
}

/// A run of the motion net's training.
pub type MotionTrainer = PairTrainer<MotionTask>;

impl PairTask for MotionTask {
    type Net = MotionNet;
    type Example = MotionExample;
    type Figures = LossParts;

    const KIND: &'static str = "retrato motion training 1";

    fn sizes(&self) -> String {
        format!("channels {:?}", self.config.channels)
    }

    fn net(&self, scope: &Scope<'_>) -> Result<MotionNet, WeightsError> {
        MotionNet::new(scope, &self.config)
    }

    fn start(&self, net: &MotionNet) -> candle_core::Result<()> {
        net.start_even()
    }

    fn example(&self, sample: &Sample<FramePair>, seed: u64, augment: bool) -> MotionExample {
        example(sample, seed, augment)
    }

    fn loss(&self, net: &MotionNet, examples: &Arc<[MotionExample]>, device: &Device) -> Result<(Tensor, LossParts), TrainError> {
        let inputs: Vec<MotionSample> = examples.iter().map(|e| e.input.clone()).collect();
        let output = net.forward(&MotionBatch::new(&inputs, device)?)?;
        Ok(motion_loss(&output, examples, self.loss)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{FaceKit, PairSampler};
    use crate::train::{PairOptions, PairSource, Trainer as _};

    fn task() -> MotionTask {
        MotionTask { config: MotionConfig { channels: [4, 4, 8, 8] }, loss: LossWeights::default() }
    }

    fn options() -> PairOptions {
        PairOptions {
            seed: 3,
            steps: 40,
            batch: 3,
            rate: 1e-3,
            average_decay: 0.99,
            block: 2,
            visits: 2,
            threads: 2,
            shards: 2,
            validation_pairs: 1,
            device: Device::Cpu,
        }
    }

    fn source() -> Arc<PairSource> {
        Arc::new(PairSampler::new(Arc::new(FaceKit::stand_in())))
    }

    #[test]
    fn a_resumed_run_has_the_same_next_loss_as_one_that_did_not_stop() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let mut trainer = MotionTrainer::new(&source(), task(), options(), None)?;
        for _ in 0..3 {
            trainer.step()?;
        }
        trainer.save(&path)?;
        let went_on: Vec<LossParts> = (0..3).map(|_| trainer.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        let mut again = MotionTrainer::resume(&source(), task(), options(), &path)?;
        assert_eq!(again.steps(), 3, "the counter is kept");
        let resumed: Vec<LossParts> = (0..3).map(|_| again.step().map(|r| r.parts)).collect::<Result<_, _>>()?;
        assert_eq!(went_on, resumed, "bit for bit, across a block of the stream");
        assert_eq!(trainer.validate()?, again.validate()?, "the averaged weights too");
        let other = PairOptions { seed: 4, ..options() };
        let refused = MotionTrainer::resume(&source(), task(), other, &path);
        assert!(refused.is_err_and(|e| e.to_string().contains("seed 3")), "another run's checkpoint is refused");
        Ok(())
    }
}
