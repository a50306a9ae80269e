//! Sizes of the networks.

use serde::{Deserialize, Serialize};

use crate::nn::ops::Statistics;

/// A named set of sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// What is shipped: warps the portrait's own pixels, fits real time on a processor alone.
    #[default]
    Retrato,
    /// The full-width landmark-to-image generator of Zakharov et al. 2019.
    Paper,
}

/// Sizes of the motion net.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotionConfig {
    /// Channels at 64, 32, 16 and 8 cells.
    pub channels: [usize; 4],
}

impl MotionConfig {
    /// The sizes of the net that is shipped.
    pub fn shipped() -> Self {
        Self { channels: [32, 64, 96, 128] }
    }
}

/// Sizes of the matte net.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatteConfig {
    /// Channels at 128 cells, 64 and so on; never empty.
    pub channels: Vec<usize>,
}

impl MatteConfig {
    /// The sizes of the net that is shipped.
    pub fn shipped() -> Self {
        Self { channels: vec![16, 32, 64, 96, 128] }
    }
}

/// Numbers of an embedding in both presets.
const EMBEDDING: usize = 512;

/// How the embedder and the discriminator look at a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BodyConfig {
    /// Strided convolutions on the picture unshuffled to half its size; landmark images have half the picture's size.
    Light {
        /// Channels of the convolutions.
        channels: Vec<usize>,
    },
    /// Residual blocks that halve, on the whole picture; landmark images have the picture's size.
    Residual {
        /// Channels of the blocks.
        channels: Vec<usize>,
        /// Self-attention follows this many blocks.
        attention_after: usize,
    },
}

impl BodyConfig {
    /// The body of the paper at some width: 256 pixels to 4, attention at 32.
    fn paper(width: Width) -> Self {
        Self::Residual { channels: [64, 128, 256, 512, 512, 512].map(|c| c / width.divisor()).to_vec(), attention_after: 3 }
    }

    /// Pixels of a picture for one pixel of its landmark image, along each side.
    pub fn landmark_share(&self) -> usize {
        match self {
            Self::Light { .. } => 2,
            Self::Residual { .. } => 1,
        }
    }
}

/// Sizes of the embedder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedderConfig {
    /// How it looks at a picture.
    pub body: BodyConfig,
    /// Numbers of an embedding.
    pub numbers: usize,
    /// Spectral normalisation of every layer.
    pub spectral: bool,
}

impl EmbedderConfig {
    /// The sizes of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Retrato => Self { body: BodyConfig::Light { channels: vec![32, 64, 128, 256] }, numbers: EMBEDDING, spectral: false },
            Preset::Paper => Self::paper(Width::Full),
        }
    }

    /// The paper's sizes at some width; the embedding, which the last channels are, gets narrower with them.
    pub fn paper(width: Width) -> Self {
        Self { body: BodyConfig::paper(width), numbers: EMBEDDING / width.divisor(), spectral: true }
    }
}

/// Sizes of the discriminator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscriminatorConfig {
    /// How it looks at a picture.
    pub body: BodyConfig,
    /// Numbers of a person's vector, those of an embedding.
    pub numbers: usize,
}

impl DiscriminatorConfig {
    /// The sizes of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Retrato => Self { body: BodyConfig::Light { channels: vec![48, 96, 160, 160] }, numbers: EMBEDDING },
            Preset::Paper => Self::paper(Width::Full),
        }
    }

    /// The paper's sizes at some width; a person's vector fits the embedding of the same width.
    pub fn paper(width: Width) -> Self {
        Self { body: BodyConfig::paper(width), numbers: EMBEDDING / width.divisor() }
    }
}

/// Sizes of the generator, with the texture path or without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorConfig {
    /// Mends the warped source.
    Texture(TextureConfig),
    /// Draws every pixel from the landmark image, as the paper's.
    Direct(DirectConfig),
}

/// Sizes of the generator that mends the warped source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextureConfig {
    /// Channels at a half, a quarter and an eighth of the picture's size.
    pub channels: [usize; 3],
    /// Residual blocks at an eighth of the size.
    pub blocks: usize,
    /// Residual convolutions at half the size, behind the others.
    pub refinements: usize,
    /// What stands before the person's scale and shift; without statistics crops can be trained on.
    pub statistics: Statistics,
    /// Spectral normalisation of every layer but the last.
    pub spectral: bool,
}

/// Sizes of the generator that draws every pixel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectConfig {
    /// Channels of the four blocks that halve; those that double have the same in reverse.
    pub channels: [usize; 4],
    /// Residual blocks in between.
    pub blocks: usize,
    /// What stands before every scale and shift.
    pub statistics: Statistics,
    /// Spectral normalisation of every layer.
    pub spectral: bool,
}

/// How wide the networks of [`Preset::Paper`] are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// The paper's: a generator of 36 million parameters.
    #[default]
    Full,
    /// Half the channels, a quarter of the work.
    Half,
    /// A quarter of the channels, a sixteenth of the work.
    Quarter,
}

impl Width {
    /// What the paper's numbers of channels are divided by.
    fn divisor(self) -> usize {
        match self {
            Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
        }
    }
}

impl DirectConfig {
    /// The paper's sizes at some width.
    pub fn of(width: Width) -> Self {
        Self { channels: [64, 128, 256, 512].map(|c| c / width.divisor()), blocks: 5, statistics: Statistics::Instance, spectral: true }
    }
}

impl GeneratorConfig {
    /// The sizes of a preset.
    pub fn of(preset: Preset) -> Self {
        match preset {
            Preset::Retrato => Self::Texture(TextureConfig {
                channels: [32, 64, 128],
                blocks: 4,
                refinements: 2,
                statistics: Statistics::None,
                spectral: false,
            }),
            Preset::Paper => Self::Direct(DirectConfig::of(Width::Full)),
        }
    }

    /// Pixels of a picture for one pixel of its landmark image, along each side.
    pub fn landmark_share(&self) -> usize {
        match self {
            Self::Texture(_) => 2,
            Self::Direct(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_back_from_text() -> anyhow::Result<()> {
        for preset in [Preset::Retrato, Preset::Paper] {
            let generator = GeneratorConfig::of(preset);
            assert_eq!(serde_json::from_str::<GeneratorConfig>(&serde_json::to_string(&generator)?)?, generator, "generator");
            let embedder = EmbedderConfig::of(preset);
            assert_eq!(serde_json::from_str::<EmbedderConfig>(&serde_json::to_string(&embedder)?)?, embedder, "embedder");
        }
        Ok(())
    }

    #[test]
    fn all_networks_of_a_preset_take_the_same_landmark_images() {
        for preset in [Preset::Retrato, Preset::Paper] {
            let share = GeneratorConfig::of(preset).landmark_share();
            assert_eq!(EmbedderConfig::of(preset).body.landmark_share(), share, "embedder");
            assert_eq!(DiscriminatorConfig::of(preset).body.landmark_share(), share, "discriminator");
            assert_eq!(EmbedderConfig::of(preset).numbers, DiscriminatorConfig::of(preset).numbers, "a person's vector");
        }
    }

    #[test]
    fn narrower_networks_of_the_paper_fit_each_other() {
        for width in [Width::Full, Width::Half, Width::Quarter] {
            let (embedder, discriminator) = (EmbedderConfig::paper(width), DiscriminatorConfig::paper(width));
            let BodyConfig::Residual { channels, .. } = &embedder.body else { panic!("the paper's body is residual") };
            assert_eq!(channels.last(), Some(&embedder.numbers), "the last block's sums are the embedding");
            assert_eq!((&discriminator.body, discriminator.numbers), (&embedder.body, embedder.numbers), "one person, one vector");
            assert_eq!(channels[..4], DirectConfig::of(width).channels, "as wide as the generator");
        }
    }
}
