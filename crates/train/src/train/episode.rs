//! What the few-shot generator learns from, whoever it comes from: frames of one head, synthetic or filmed.

use super::stream::Dataset;
use crate::synth::{Episode, EpisodeSampler, Scratch, SynthFrame};
use retrato_learn::{HeadEpisode, HeadFrame, TrainError};

/// A source of episodes.
pub type EpisodeSource = dyn Dataset<Item = HeadEpisode>;

impl From<SynthFrame> for HeadFrame {
    fn from(frame: SynthFrame) -> Self {
        let SynthFrame { pixels, labels, landmarks, pupils, .. } = frame;
        Self { pixels, labels, landmarks, pupils: Some(pupils) }
    }
}

impl From<Episode> for HeadEpisode {
    fn from(Episode { identity, frames }: Episode) -> Self {
        Self { identity, frames: frames.into_iter().map(HeadFrame::from).collect(), target: None }
    }
}

impl Dataset for EpisodeSampler {
    type Item = HeadEpisode;

    fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<HeadEpisode, TrainError> {
        Ok(self.episode(seed, index, scratch).into())
    }
}
