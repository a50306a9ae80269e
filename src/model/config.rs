//! Sizes of the networks.

use serde::{Deserialize, Serialize};

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
    /// The sizes of a preset.
    pub fn of(_: Preset) -> Self {
        Self { channels: [32, 64, 96, 128] }
    }
}
