//! The networks that draw what no pixel of a portrait shows of its eyes and its mouth: shut lids, the white that a glance uncovers, the inside of a mouth.
//!
//! Each sees a part in a frame of its own as geometry has drawn it, and mends it for one person, whom the style describes.

use candle_core::Result;

use super::config::{EmbedderConfig, GeneratorConfig, Preset, TextureConfig};
use super::{GeneratorNet, Projection};
use crate::nn::ops::Statistics;
use crate::nn::{Scope, WeightsError};

/// Sizes of the networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartConfig {
    /// Numbers of the embedding that the style is made from.
    pub embedding: usize,
    /// Of the network for eyes.
    pub eye: TextureConfig,
    /// Of the network for mouths.
    pub mouth: TextureConfig,
}

impl PartConfig {
    /// The sizes of a preset.
    pub fn of(preset: Preset) -> Self {
        let texture = |channels| TextureConfig { channels, blocks: 2, refinements: 1, statistics: Statistics::None, spectral: false };
        Self { embedding: EmbedderConfig::of(preset).numbers, eye: texture([24, 48, 64]), mouth: texture([24, 48, 96]) }
    }
}

/// A network with the projection that makes its style.
#[derive(Debug)]
pub struct PartNet {
    /// Embeddings to styles.
    pub projection: Projection,
    /// What is drawn to what it should look like.
    pub generator: GeneratorNet,
}

impl PartNet {
    fn new(scope: &Scope<'_>, texture: &TextureConfig, embedding: usize) -> std::result::Result<Self, WeightsError> {
        let generator = GeneratorNet::new(&scope.under("generator"), &GeneratorConfig::Texture(texture.clone()))?;
        let projection = Projection::new(&scope.under("projection"), embedding, generator.layout(), false)?;
        Ok(Self { projection, generator })
    }

    /// Floating point operations for one part of `[height, width]`.
    ///
    /// # Errors
    /// Sizes that do not fit.
    pub fn flops(&self, size: [usize; 2]) -> Result<usize> {
        self.generator.flops(size)
    }
}

/// The networks of eyes and mouth; their weights are those under `eye` and `mouth` of the scope.
#[derive(Debug)]
pub struct PartNets {
    /// For right eyes, and for left ones as in a mirror.
    pub eye: PartNet,
    /// For mouths.
    pub mouth: PartNet,
}

impl PartNets {
    /// Takes the weights from a scope.
    ///
    /// # Errors
    /// Weights that are missing or of another size.
    pub fn new(scope: &Scope<'_>, config: &PartConfig) -> std::result::Result<Self, WeightsError> {
        let PartConfig { embedding, eye, mouth } = config;
        Ok(Self {
            eye: PartNet::new(&scope.under("eye"), eye, *embedding)?,
            mouth: PartNet::new(&scope.under("mouth"), mouth, *embedding)?,
        })
    }
}
