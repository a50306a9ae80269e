//! The state of a training run on disk: written whole or not at all, and resumed exactly.

use std::collections::{BTreeMap, HashMap};
use std::io::Write as _;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use crate::nn::WeightsError;
use crate::nn::{read_bounded, read_metadata, read_tensors, to_bytes};
use crate::runtime::temporary_in;
use retrato_learn::TrainError;

/// Everything a run needs to go on: groups of tensors, and words about the run.
#[derive(Default)]
pub struct Checkpoint {
    /// `GROUP.NAME` → tensor.
    pub tensors: BTreeMap<String, Tensor>,
    /// What kind of run this is, its settings and its counters.
    pub about: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Adds the tensors of a group under its name.
    pub fn put(&mut self, group: &str, tensors: &BTreeMap<String, Tensor>) {
        self.tensors.extend(tensors.iter().map(|(name, tensor)| (format!("{group}/{name}"), tensor.clone())));
    }

    /// The tensors of a group.
    pub fn group(&self, group: &str) -> BTreeMap<String, Tensor> {
        let prefix = format!("{group}/");
        self.tensors.iter().filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?.to_owned(), tensor.clone()))).collect()
    }

    /// Says what kind of run this is, and its settings.
    pub fn describe(&mut self, kind: &str, run: &str) {
        self.about.extend([("kind", kind), ("run", run)].map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Whether the file at `path` is of this kind and these settings.
    pub fn check(&self, path: &Path, kind: &str, run: &str) -> Result<(), TrainError> {
        for (what, expected) in [("kind", kind), ("run", run)] {
            let found = self.about.get(what).map_or("", String::as_str);
            if found != expected {
                return Err(TrainError::OtherRun { path: path.to_owned(), what: format!("{what}: {found} instead of {expected}") });
            }
        }
        Ok(())
    }

    /// A counter among the words.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.about.get(name)?.parse().ok()
    }

    /// Writes the file beside `path` and then moves it there, so that a full disk or a kill leaves the old one.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let about: HashMap<String, String> = self.about.clone().into_iter().collect();
        let bytes = to_bytes(&self.tensors, DType::F32, about)?;
        write_whole(path, &bytes)
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let wrap = |source: WeightsError| TrainError::Weights { path: path.to_owned(), source };
        let bytes = read_bounded(path).map_err(wrap)?;
        let tensors = read_tensors(&bytes, &Device::Cpu).map_err(wrap)?;
        let about = read_metadata(&bytes).map_err(wrap)?;
        Ok(Self { tensors, about })
    }
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let wrap = |source: std::io::Error| TrainError::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = temporary_in(folder).map_err(wrap)?;
    file.write_all(bytes).map_err(wrap)?;
    file.as_file().sync_all().map_err(wrap)?;
    file.persist(path).map_err(|e| wrap(e.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_comes_back_whole_and_a_damaged_one_is_refused() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let mut checkpoint = Checkpoint::default();
        checkpoint.put("weights", &BTreeMap::from([("a".to_owned(), Tensor::new(&[1.5_f32, 1e-30], &Device::Cpu)?)]));
        checkpoint.about.insert("step".to_owned(), "17".to_owned());
        checkpoint.write(&path)?;
        let back = Checkpoint::read(&path)?;
        assert_eq!(back.group("weights")["a"].to_vec1::<f32>()?, [1.5, 1e-30], "to the last bit");
        assert_eq!(back.count("step"), Some(17), "counters too");
        assert!(back.group("other").is_empty(), "another group");
        let bytes = std::fs::read(&path)?;
        std::fs::write(&path, &bytes[..bytes.len() - 3])?;
        assert!(Checkpoint::read(&path).is_err_and(|e| e.to_string().contains("run.safetensors")), "cut short");
        Ok(())
    }
}
