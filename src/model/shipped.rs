//! The weights that the program carries, and the manifest that says how they were made.

use std::path::Path;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::config::{MotionConfig, Preset};
use super::few_shot::{FewShotConfig, FewShotNets};
use super::motion::MotionNet;
use crate::nn::{Store, WeightsError};

const MOTION: &[u8] = include_bytes!("../../models/motion.safetensors");
const MANIFEST: &str = include_str!("../../models/manifest.json");

/// Where a set of weights comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEntry {
    /// Name of the network.
    pub name: String,
    /// Version of the weights.
    pub version: String,
    /// File beside the manifest.
    pub file: String,
    /// BLAKE3 hash of the file, in hexadecimal.
    pub blake3: String,
    /// Licence of the weights.
    pub licence: String,
    /// The command that made them.
    pub command: String,
    /// What changed while they were made, where a run was gone on with by changed code: the command alone does not repeat it exactly then.
    pub history: Vec<String>,
    /// Seed of the run.
    pub seed: u64,
    /// Training samples seen.
    pub samples: u64,
    /// Different synthetic pairs among them.
    pub pairs: u64,
    /// The learning curve beside the manifest.
    pub curve: String,
    /// Figures on held-out synthetic heads.
    pub validation: serde_json::Value,
}

/// Why there is no network.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file of weights is not usable.
    #[error("{file}: {source}")]
    Weights {
        /// The file.
        file: String,
        /// Why.
        source: WeightsError,
    },
    /// The manifest does not list the network.
    #[error("the program's manifest of weights does not list {0}: this build is damaged")]
    NotListed(&'static str),
    /// The weights are not the ones of the manifest.
    #[error("the program's own weights of {0} are not those of its manifest: this build is damaged")]
    Changed(&'static str),
}

/// All sets of weights that the program carries.
pub fn manifest() -> Vec<ManifestEntry> {
    // A test holds that the manifest can be read; a damaged one lists nothing.
    serde_json::from_str(MANIFEST).unwrap_or_default()
}

/// The motion net with the program's own weights.
pub fn shipped_motion() -> Result<MotionNet, ModelError> {
    let entry = manifest().into_iter().find(|entry| entry.name == "motion").ok_or(ModelError::NotListed("motion"))?;
    if blake3::hash(MOTION).to_hex().as_str() != entry.blake3 {
        return Err(ModelError::Changed("motion"));
    }
    let wrap = |source| ModelError::Weights { file: entry.file.clone(), source };
    let store = Store::from_bytes(MOTION, false, &Device::Cpu).map_err(wrap)?;
    MotionNet::new(&store.scope(), &MotionConfig::of(Preset::Retrato)).map_err(wrap)
}

/// The motion net with the weights of a file.
pub fn motion_from_file(path: &Path) -> Result<MotionNet, ModelError> {
    let wrap = |source| ModelError::Weights { file: path.display().to_string(), source };
    let store = Store::from_file(path, false, &Device::Cpu).map_err(wrap)?;
    MotionNet::new(&store.scope(), &MotionConfig::of(Preset::Retrato)).map_err(wrap)
}

/// The few-shot networks with the weights of a file.
pub fn few_shot_from_file(path: &Path) -> Result<FewShotNets, ModelError> {
    let wrap = |source| ModelError::Weights { file: path.display().to_string(), source };
    let store = Store::from_file(path, false, &Device::Cpu).map_err(wrap)?;
    FewShotNets::new(&store.scope(), &FewShotConfig::of(Preset::Retrato)).map_err(wrap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_describes_the_shipped_weights() {
        let entries = manifest();
        assert_eq!(entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["motion"], "one set is shipped");
        for entry in entries {
            assert_eq!(entry.blake3, blake3::hash(MOTION).to_hex().as_str(), "the hash of {} fits", entry.file);
            assert!(entry.samples > 0 && !entry.command.is_empty() && !entry.licence.is_empty(), "{} says how it was made", entry.name);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
            assert!(folder.join(&entry.file).is_file() && folder.join(&entry.curve).is_file(), "its files lie beside the manifest");
        }
        assert!(shipped_motion().is_ok(), "and they make a network");
    }
}
