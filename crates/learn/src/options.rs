//! Settings of a run of few-shot training, and what follows from them.

use candle_core::Device;

use super::examples::{CROPS, MOST_SOURCES};
use super::loss::FewShotWeights;
use crate::TrainError;
use crate::data::PICTURE_PX;
use crate::model::{DiscriminatorConfig, FewShotConfig, GeneratorConfig};
use crate::nn::ops::Statistics;

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct FewShotOptions {
    /// Seed of the weights, the episodes and their order.
    pub seed: u64,
    /// Steps of the whole run: the learning rate falls towards the last of them.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// Side of what the generator makes, in pixels. With the texture path that of a crop, of which each example has three, a multiple of 8; without it that
    /// of the whole picture: 64, 128 or 256.
    pub side: usize,
    /// Most sources of an example, 1 to 8.
    pub most_sources: usize,
    /// Whether colours are changed and landmarks disturbed: synthetic heads are too clean without it.
    pub augment: bool,
    /// Learning rate of the generator after warming up.
    pub rate: f32,
    /// That of the discriminator.
    pub discriminator_rate: f32,
    /// The step from which on the discriminator takes part; its weight rises over 500 steps.
    pub adversarial_from: u64,
    /// Share of the averaged weights that one step keeps.
    pub average_decay: f32,
    /// Sizes of embedder and generator.
    pub config: FewShotConfig,
    /// Sizes of the discriminator, and how many identities it knows.
    pub discriminator: DiscriminatorConfig,
    /// Number of persons that the episodes show.
    pub identities: u32,
    /// Weights of the loss.
    pub loss: FewShotWeights,
    /// Episodes per block of the stream.
    pub block: usize,
    /// Combinations of sources and target drawn from each episode.
    pub turns: usize,
    /// Threads that make episodes.
    pub threads: usize,
    /// Shares of a batch that are worked on side by side.
    pub shards: usize,
    /// Held-out episodes.
    pub validation_episodes: usize,
    /// Episodes of the training's own that are looked at beside them.
    pub memory_episodes: usize,
    /// What is learnt from, where that is not synthetic heads: a run is gone on with on the same only.
    pub material: String,
    /// Where the networks are trained.
    pub device: Device,
}

/// Steps over which the discriminator's weight rises to its own.
const RISE: u64 = 500;
/// Sides that the paper's generator can make: whole pictures, averaged down by squares, that six blocks can halve.
const WHOLE_SIDES: [usize; 3] = [64, 128, 256];

/// What of a frame the networks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// Side of the whole picture as the embedder sees it, in pixels.
    pub picture: usize,
    /// Side of what the generator makes, in pixels: a crop of the picture, or all of it.
    pub side: usize,
    /// Pixels for one pixel of a landmark image, along each side.
    pub share: usize,
    /// Whether the generator mends warped sources; else it draws whole pictures.
    pub warps: bool,
}

impl Framing {
    /// Parts of the target that the generator makes, for one example.
    pub fn crops(self) -> usize {
        if self.warps { CROPS } else { 1 }
    }
}

impl FewShotOptions {
    /// Pictures that the generator makes in one step: crops, or whole ones.
    pub fn pictures_per_step(&self) -> u64 {
        (self.batch * self.framing().crops()) as u64
    }

    /// Whether sources are warped, so that a motion net is needed.
    pub fn warps(&self) -> bool {
        self.framing().warps
    }

    /// What of a frame the networks are shown, by the kind of generator.
    pub fn framing(&self) -> Framing {
        let share = self.config.generator.landmark_share();
        match self.config.generator {
            GeneratorConfig::Texture(_) => Framing { picture: PICTURE_PX, side: self.side, share, warps: true },
            GeneratorConfig::Direct(_) => Framing { picture: self.side, side: self.side, share, warps: false },
        }
    }

    /// Whether the settings fit each other.
    pub fn check(&self) -> Result<(), TrainError> {
        let framing = self.framing();
        let shares = [self.config.embedder.body.landmark_share(), self.discriminator.body.landmark_share()];
        let wrong = if shares != [framing.share; 2] {
            "embedder, generator and discriminator must take landmark images of the same size".to_owned()
        } else if framing.warps && (framing.side == 0 || framing.side > PICTURE_PX || !framing.side.is_multiple_of(8)) {
            format!("crops of {} pixels: give a multiple of 8, at most {PICTURE_PX}", framing.side)
        } else if !framing.warps && !WHOLE_SIDES.contains(&framing.side) {
            format!("pictures of {} pixels: the paper's networks take 64, 128 or 256", framing.side)
        } else if !(1..=MOST_SOURCES).contains(&self.most_sources) {
            format!("{} sources: give 1 to {MOST_SOURCES}", self.most_sources)
        } else {
            return Ok(());
        };
        Err(TrainError::Settings(wrong))
    }

    /// What must be the same for a checkpoint to fit; steps and rates may differ.
    pub fn identity(&self) -> String {
        let Self { seed, batch, side, shards, block, turns, identities, .. } = self;
        let usual = format!("seed {seed} batch {batch} of {side} px in {shards} block {block} turns {turns} identities {identities}");
        // What is the default goes without saying, so that older checkpoints fit.
        let sources = (self.most_sources != MOST_SOURCES).then(|| format!(" sources {}", self.most_sources));
        let material = (!self.material.is_empty()).then(|| format!(" from {}", self.material));
        let preset = match &self.config.generator {
            GeneratorConfig::Direct(direct) => {
                Some(format!(" preset paper of {} numbers and {:?} channels", self.config.embedder.numbers, direct.channels))
            }
            GeneratorConfig::Texture(texture) => (texture.statistics == Statistics::Instance).then(|| " with statistics".to_owned()),
        };
        [Some(usual), preset, sources, material].into_iter().flatten().collect()
    }

    /// Weight of the discriminator in step `step`, 0 to 1.
    pub fn adversarial(&self, step: u64) -> f64 {
        if step < self.adversarial_from { 0.0 } else { ((step - self.adversarial_from + 1) as f64 / RISE as f64).min(1.0) }
    }
}
