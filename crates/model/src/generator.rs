//! The generator: what a person looks like with these landmarks (Zakharov et al. 2019).
//!
//! With the texture path it mends the warped source, of which the brushwork stays; without it every pixel is drawn from the landmark image, as in the paper.
//! Who the person is comes from the style: every adaptive normalisation has a scale and a shift of its own in it.

mod direct;
mod frozen;
mod texture;

use candle_core::{Device, Result, Tensor, bail};

use super::config::GeneratorConfig;
use super::warped::WarpedSource;
use crate::nn::{Scope, StyleLayout, StyleVector, WeightsError};
use direct::Direct;
pub use frozen::{FrozenGenerator, FrozenLayer, GeneratorLayers, GeneratorMemory, SOURCE_NUMBERS};
pub use texture::MASK_FLOOR;
use texture::Texture;

/// What the generator is told about a batch of frames.
#[derive(Clone, Debug)]
pub struct GeneratorInput {
    /// Needed with the texture path, ignored without.
    pub source: Option<WarpedSource>,
    /// Landmark images of the target, pupils included: `[batch, h / share, w / share, LANDMARK_CHANNELS]`, see [`GeneratorConfig::landmark_share`].
    pub landmarks: Tensor,
}

/// How the texture path came to its picture: `picture = warped + change`.
#[derive(Clone, Debug)]
pub struct Blend {
    /// How far the generator may change the warped picture, 0.25 to 1, `[batch, h, w, 1]`.
    pub mask: Tensor,
    /// What it adds, `mask * tanh(…)`, `[batch, h, w, 3]`.
    pub change: Tensor,
}

/// What the generator gives.
#[derive(Clone, Debug)]
pub struct GeneratorOutput {
    /// RGB, `[batch, h, w, 3]`: 0..1 up to overshoots of the texture path, which are not cut off, so that training can mend them.
    pub picture: Tensor,
    /// With the texture path only.
    pub blend: Option<Blend>,
}

/// The generator's layers.
#[derive(Debug)]
pub struct GeneratorNet {
    path: Path,
    layout: StyleLayout,
}

#[derive(Debug)]
enum Path {
    Texture(Texture),
    Direct(Direct),
}

impl GeneratorNet {
    /// Takes the weights from a scope.
    pub fn new(scope: &Scope<'_>, config: &GeneratorConfig) -> std::result::Result<Self, WeightsError> {
        let mut layout = StyleLayout::default();
        let path = match config {
            GeneratorConfig::Texture(config) => Path::Texture(Texture::new(scope, config, &mut layout)?),
            GeneratorConfig::Direct(config) => Path::Direct(Direct::new(scope, config, &mut layout)?),
        };
        Ok(Self { path, layout })
    }

    /// Where every layer's scale and shift lie in a style: what the projection has to give.
    pub fn layout(&self) -> &StyleLayout {
        &self.layout
    }

    /// The pictures of a batch, each of its own person or all of one. Sides are multiples of 8 with the texture path, of 16 without.
    pub fn forward(&self, input: &GeneratorInput, style: &StyleVector) -> Result<GeneratorOutput> {
        match (&self.path, &input.source) {
            (Path::Texture(path), Some(source)) => path.forward(source, &input.landmarks, style),
            (Path::Texture(_), None) => bail!("this generator mends the warped source, but there is none"),
            (Path::Direct(path), _) => Ok(GeneratorOutput { picture: path.forward(&input.landmarks, style)?, blend: None }),
        }
    }

    /// The generator as it is now for one person's style, for pictures that come frame after frame.
    ///
    /// # Errors
    /// Without the texture path, and with statistics, there is none.
    pub fn freeze(&self, style: &StyleVector) -> Result<FrozenGenerator> {
        match &self.path {
            Path::Texture(path) => FrozenGenerator::new(path, style),
            Path::Direct(_) => bail!("only the generator with the texture path can be frozen"),
        }
    }

    /// The same in nobody's style: for measurements and tests.
    ///
    /// # Errors
    /// See [`Self::freeze`].
    pub fn freeze_for_nobody(&self) -> Result<FrozenGenerator> {
        self.freeze(&StyleVector::neutral(&self.layout, &Device::Cpu)?)
    }

    /// Steps of power iteration in every layer with spectral normalisation; see [`super::Embedder::advance_norms`].
    pub fn advance_norms(&self, steps: usize) -> Result<()> {
        (0..steps).try_for_each(|_| match &self.path {
            Path::Texture(path) => path.advance(),
            Path::Direct(path) => path.advance(),
        })
    }

    /// Floating point operations for one picture of `[height, width]`: convolutions and attention, a multiplication and an addition counted as two.
    pub fn flops(&self, size: [usize; 2]) -> Result<usize> {
        match &self.path {
            Path::Texture(path) => path.flops(size),
            Path::Direct(path) => path.flops(size),
        }
    }
}
