//! The weights that the program carries, and the manifest that says how they were made.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::Discriminator;
use super::config::{DiscriminatorConfig, MatteConfig, MotionConfig, Preset};
use super::few_shot::{FewShotConfig, FewShotNets};
use super::matte::MatteNet;
use super::motion::MotionNet;
use super::parts::{PartConfig, PartNets};
use crate::face::MeshModel;
use crate::nn::{MAX_WEIGHTS_BYTES, Scope, Store, WeightsError, read_bounded, read_tensors, read_weights};

const MANIFEST: &str = include_str!("../../../models/manifest.json");

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
    /// Different synthetic scenes among them: pairs of frames, or episodes.
    pub scenes: u64,
    /// The learning curve beside the manifest; none for statistics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
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
    /// The manifest lists a network that the program does not know.
    #[error("the program's manifest of weights lists {0}, which is no network of it: this build is damaged")]
    Unknown(String),
}

/// All sets of weights that the program carries.
pub fn manifest() -> Vec<ManifestEntry> {
    // A test holds that the manifest can be read; a damaged one lists nothing.
    serde_json::from_str(MANIFEST).unwrap_or_default()
}

/// A network that the program carries weights of: which sizes it has, and where its weights lie.
pub trait Shipped: Sized {
    /// Its name in the manifest.
    const NAME: &'static str;
    /// The file's content.
    const BYTES: &'static [u8];

    /// The network of the shipped sizes with the weights of a scope.
    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError>;
}

impl Shipped for MotionNet {
    const NAME: &'static str = "motion";
    const BYTES: &'static [u8] = include_bytes!("../../../models/motion.safetensors");

    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError> {
        Self::new(scope, &MotionConfig::shipped())
    }
}

impl Shipped for MatteNet {
    const NAME: &'static str = "matte";
    const BYTES: &'static [u8] = include_bytes!("../../../models/matte.safetensors");

    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError> {
        Self::new(scope, &MatteConfig::shipped())
    }
}

impl Shipped for FewShotNets {
    const NAME: &'static str = "few-shot";
    const BYTES: &'static [u8] = include_bytes!("../../../models/few_shot.safetensors");

    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError> {
        Self::new(scope, &FewShotConfig::of(Preset::Retrato))
    }
}

impl Shipped for PartNets {
    const NAME: &'static str = "parts";
    const BYTES: &'static [u8] = include_bytes!("../../../models/parts.safetensors");

    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError> {
        Self::new(scope, &PartConfig::of(Preset::Retrato))
    }
}

impl Shipped for Discriminator {
    const NAME: &'static str = "discriminator";
    const BYTES: &'static [u8] = include_bytes!("../../../models/discriminator.safetensors");

    fn of(scope: &Scope<'_>) -> Result<Self, WeightsError> {
        Self::new(scope, &DiscriminatorConfig::of(Preset::Retrato), 0)
    }
}

/// The weights by name of a network, the program's own or those of a file, to learn further from.
///
/// # Errors
/// As of [`load`].
pub fn load_tensors<N: Shipped>(file: Option<&Path>) -> Result<BTreeMap<String, Tensor>, ModelError> {
    let (bytes, name) = match file {
        Some(path) => (read_weights(path), path.display().to_string()),
        None => (read_tensors(own::<N>()?, &Device::Cpu), format!("the program's own {}", N::NAME)),
    };
    let wrap = |source| ModelError::Weights { file: name, source };
    let check = |tensors: BTreeMap<String, Tensor>| {
        N::of(&Store::from_tensors(tensors.clone(), false, &Device::Cpu).scope())?;
        Ok(tensors)
    };
    bytes.and_then(check).map_err(wrap)
}

/// The network with the program's own weights, or with those of a file.
///
/// # Errors
/// [`ModelError`]: a damaged build, or a file that does not hold such a network.
pub fn load<N: Shipped>(file: Option<&Path>) -> Result<N, ModelError> {
    let (store, name) = match file {
        Some(path) => (Store::from_file(path, false, &Device::Cpu), path.display().to_string()),
        None => (Store::from_bytes(own::<N>()?, false, &Device::Cpu), format!("the program's own {}", N::NAME)),
    };
    store.and_then(|store| N::of(&store.scope())).map_err(|source| ModelError::Weights { file: name, source })
}

/// The program's own weights of a network, if they are those of the manifest.
fn own<N: Shipped>() -> Result<&'static [u8], ModelError> {
    let entry = manifest().into_iter().find(|entry| entry.name == N::NAME).ok_or(ModelError::NotListed(N::NAME))?;
    if blake3::hash(N::BYTES).to_hex().as_str() != entry.blake3 {
        return Err(ModelError::Changed(N::NAME));
    }
    Ok(N::BYTES)
}

/// What tells a network's weights from all others, the program's own or those of a file: for what is kept about them.
///
/// # Errors
/// [`ModelError`]: a damaged build, or a file that cannot be read.
pub fn identity<N: Shipped>(file: Option<&Path>) -> Result<String, ModelError> {
    let Some(path) = file else {
        return manifest().into_iter().find(|entry| entry.name == N::NAME).map(|entry| entry.blake3).ok_or(ModelError::NotListed(N::NAME));
    };
    let bytes = read_bounded(path, MAX_WEIGHTS_BYTES).map_err(|source| ModelError::Weights { file: path.display().to_string(), source })?;
    Ok(blake3::hash(&bytes).to_hex().to_string())
}

/// Whether the program's own weights of a network of the manifest are in order.
///
/// # Errors
/// [`ModelError`]: a damaged build.
pub fn check_shipped(name: &str) -> Result<(), ModelError> {
    match name {
        MotionNet::NAME => load::<MotionNet>(None).map(drop),
        MatteNet::NAME => load::<MatteNet>(None).map(drop),
        FewShotNets::NAME => load::<FewShotNets>(None).map(drop),
        PartNets::NAME => load::<PartNets>(None).map(drop),
        Discriminator::NAME => load::<Discriminator>(None).map(drop),
        FACE_MESH => check_face_mesh(),
        _ => Err(ModelError::Unknown(name.to_owned())),
    }
}

/// Name of the mean face mesh in the manifest, which is no network.
const FACE_MESH: &str = "face-mesh";

fn check_face_mesh() -> Result<(), ModelError> {
    let entry = manifest().into_iter().find(|entry| entry.name == FACE_MESH).ok_or(ModelError::NotListed(FACE_MESH))?;
    let is_own = blake3::hash(MeshModel::shipped_bytes()).to_hex().as_str() == entry.blake3;
    if is_own && MeshModel::shipped().is_some() { Ok(()) } else { Err(ModelError::Changed(FACE_MESH)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_describes_the_shipped_weights() {
        let entries = manifest();
        assert_eq!(
            entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(),
            ["motion", "matte", "few-shot", "discriminator", "parts", "face-mesh"],
            "all that is shipped"
        );
        for entry in entries {
            assert!(check_shipped(&entry.name).is_ok(), "{} is the manifest's and makes a network", entry.file);
            assert!(entry.samples > 0 && !entry.command.is_empty() && !entry.licence.is_empty(), "{} says how it was made", entry.name);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
            let files = std::iter::once(&entry.file).chain(&entry.curve);
            assert!(files.into_iter().all(|file| folder.join(file).is_file()), "its files lie beside the manifest");
        }
        assert!(check_shipped("another").is_err(), "what is not shipped");
    }
}
