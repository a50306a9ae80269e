//! What the few-shot generator learns from, whoever it comes from: frames of one head, synthetic or filmed.

use glam::Vec2;
use image::RgbImage;

use super::TrainError;
use super::parts::parts;
use super::stream::Source;
use crate::synth::{Episode, EpisodeSampler, Scratch, SynthFrame};

/// One frame of a head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadFrame {
    /// [`crate::synth::PICTURE_PX`] squared.
    pub pixels: RgbImage,
    /// [`crate::synth::Part`] of every cell, [`crate::synth::PLANE_CELLS`] squared, row by row: where to look closely.
    pub labels: Vec<u8>,
    /// The 68 landmarks, in pixel indices; a few may lie outside.
    pub landmarks: [Vec2; 68],
    /// Pupil between landmarks 36 and 39, then the one between 42 and 45, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

impl HeadFrame {
    /// A frame of which nobody knows the parts: they are told by the landmarks.
    pub fn pictured(pixels: RgbImage, landmarks: [Vec2; 68], pupils: Option<[Vec2; 2]>) -> Self {
        Self { labels: parts(&landmarks), pixels, landmarks, pupils }
    }
}

/// Frames of one head before one backdrop.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadEpisode {
    /// Who it is, below the source's number of identities.
    pub identity: u32,
    /// Two at least.
    pub frames: Vec<HeadFrame>,
    /// Which of them is to be made from others, where it may not be any.
    pub target: Option<usize>,
}

/// A source of episodes.
pub type EpisodeSource = dyn Source<Item = HeadEpisode>;

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

impl Source for EpisodeSampler {
    type Item = HeadEpisode;

    fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<HeadEpisode, TrainError> {
        Ok(self.episode(seed, index, scratch).into())
    }
}
