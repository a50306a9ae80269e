//! The state of a training run on disk: written whole or not at all, and resumed exactly.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use crate::nn::WeightsError;
use crate::nn::{read_bounded, read_metadata, read_tensors, to_bytes};
use crate::runtime;
use retrato_learn::TrainError;

/// Largest checkpoint: the weights, their running averages and the optimiser's state of networks that together are larger than any that is shipped.
const MAX_CHECKPOINT_BYTES: u64 = 4 << 30;

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
    ///
    /// # Errors
    /// Also for one that is too large to be read again.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        self.write_within(path, MAX_CHECKPOINT_BYTES)
    }

    fn write_within(&self, path: &Path, most: u64) -> Result<(), TrainError> {
        let about: HashMap<String, String> = self.about.clone().into_iter().collect();
        let content = to_bytes(&self.tensors, DType::F32, about)?;
        let bytes = content.len() as u64;
        if bytes > most {
            return Err(TrainError::Weights { path: path.to_owned(), source: WeightsError::TooLarge { bytes, most } });
        }
        write_whole(path, &content)
    }

    /// Reads what [`Self::write`] wrote.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let wrap = |source: WeightsError| TrainError::Weights { path: path.to_owned(), source };
        let bytes = read_bounded(path, MAX_CHECKPOINT_BYTES).map_err(wrap)?;
        let tensors = read_tensors(&bytes, &Device::Cpu).map_err(wrap)?;
        let about = read_metadata(&bytes).map_err(wrap)?;
        Ok(Self { tensors, about })
    }
}

/// Writes a file whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    runtime::write_whole(path, bytes).map_err(|source| TrainError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::MAX_WEIGHTS_BYTES;

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

    #[test]
    fn a_checkpoint_may_be_larger_than_weights_but_none_is_written_that_cannot_be_resumed() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        // Full of zeros, which takes no room on the disk.
        std::fs::File::create(&path)?.set_len(MAX_WEIGHTS_BYTES + 8)?;
        let refused = |result: Result<Checkpoint, TrainError>| match result {
            Err(TrainError::Weights { source, .. }) => source,
            _ => panic!("it is none"),
        };
        assert!(matches!(refused(Checkpoint::read(&path)), WeightsError::Format(_)), "refused for what is in it, not for its size");
        std::fs::File::create(&path)?.set_len(MAX_CHECKPOINT_BYTES + 1)?;
        assert!(matches!(refused(Checkpoint::read(&path)), WeightsError::TooLarge { .. }), "there is an end to it");
        std::fs::remove_file(&path)?;
        let mut checkpoint = Checkpoint::default();
        checkpoint.put("weights", &BTreeMap::from([("a".to_owned(), Tensor::new(&[1.5_f32], &Device::Cpu)?)]));
        let written = checkpoint.write_within(&path, 10).map(|()| Checkpoint::default());
        assert!(matches!(refused(written), WeightsError::TooLarge { most: 10, .. }), "said before hours are spent on it");
        assert!(!path.exists(), "nothing is left there");
        Ok(())
    }
}
