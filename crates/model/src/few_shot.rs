//! The few-shot generator as a whole (Zakharov et al. 2019): embedder, projection and generator, whose weights belong together.

use candle_core::Result;

use super::config::{DirectConfig, EmbedderConfig, GeneratorConfig, Preset, Width};
use super::{Embedder, GeneratorNet, Projection};
use crate::nn::{Scope, WeightsError};

/// Sizes of the three networks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FewShotConfig {
    /// Of the embedder.
    pub embedder: EmbedderConfig,
    /// Of the generator.
    pub generator: GeneratorConfig,
}

impl FewShotConfig {
    /// The sizes of a preset.
    pub fn of(preset: Preset) -> Self {
        Self { embedder: EmbedderConfig::of(preset), generator: GeneratorConfig::of(preset) }
    }

    /// The paper's sizes at some width.
    pub fn paper(width: Width) -> Self {
        Self { embedder: EmbedderConfig::paper(width), generator: GeneratorConfig::Direct(DirectConfig::of(width)) }
    }
}

/// The three networks; their weights are those under `embedder`, `projection` and `generator` of the scope.
#[derive(Debug)]
pub struct FewShotNets {
    /// Pictures to vectors.
    pub embedder: Embedder,
    /// Vectors to styles.
    pub projection: Projection,
    /// Styles and landmarks to pictures.
    pub generator: GeneratorNet,
}

impl FewShotNets {
    /// Takes the weights from a scope.
    pub fn new(scope: &Scope<'_>, config: &FewShotConfig) -> std::result::Result<Self, WeightsError> {
        let generator = GeneratorNet::new(&scope.under("generator"), &config.generator)?;
        let EmbedderConfig { numbers, spectral, .. } = config.embedder;
        Ok(Self {
            embedder: Embedder::new(&scope.under("embedder"), &config.embedder)?,
            projection: Projection::new(&scope.under("projection"), numbers, generator.layout(), spectral)?,
            generator,
        })
    }

    /// Steps of power iteration in all three; see [`Embedder::advance_norms`].
    pub fn advance_norms(&self, steps: usize) -> Result<()> {
        self.embedder.advance_norms(steps)?;
        self.projection.advance_norms(steps)?;
        self.generator.advance_norms(steps)
    }
}
