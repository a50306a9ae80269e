//! What fine-tuning makes of the few-shot networks: one person's own generator and style.

use std::collections::{BTreeMap, HashMap};

use candle_core::{DType, Device, Tensor};

use super::GeneratorNet;
use super::config::{GeneratorConfig, Preset};
use crate::nn::{Store, StyleVector, WeightsError, read_tensors, to_bytes};

/// Name of the style among the weights.
const STYLE: &str = "style";

/// Generator and style of one person, as they are kept.
#[derive(Clone, Debug)]
pub struct Tuned {
    tensors: BTreeMap<String, Tensor>,
}

impl Tuned {
    /// From the generator's weights by name, `generator.…`, and the style `[1, numbers]`.
    pub fn new(mut generator: BTreeMap<String, Tensor>, style: &Tensor) -> candle_core::Result<Self> {
        generator.insert(STYLE.to_owned(), style.detach());
        Ok(Self { tensors: generator })
    }

    /// From the bytes of [`Self::to_bytes`].
    ///
    /// # Errors
    /// Bytes that are not such a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let tuned = Self { tensors: read_tensors(bytes, &Device::Cpu)? };
        tuned.nets()?;
        Ok(tuned)
    }

    /// A safetensors file in f16.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        to_bytes(&self.tensors, DType::F16, HashMap::new())
    }

    /// The generator, frozen, and its style.
    ///
    /// # Errors
    /// Weights of another network or version.
    pub fn nets(&self) -> Result<(GeneratorNet, StyleVector), WeightsError> {
        let store = Store::from_tensors(self.tensors.clone(), false, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope().under("generator"), &GeneratorConfig::of(Preset::Retrato))?;
        let style = self.tensors.get(STYLE).ok_or_else(|| WeightsError::Missing(STYLE.to_owned()))?;
        let style = StyleVector::new(style.clone(), generator.layout())?;
        Ok((generator, style))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_other_things_are_refused() -> anyhow::Result<()> {
        let store = Store::fresh(3, &Device::Cpu);
        let generator = GeneratorNet::new(&store.scope().under("generator"), &GeneratorConfig::of(Preset::Retrato))?;
        let weights: BTreeMap<String, Tensor> = store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().clone())).collect();
        let numbers = generator.layout().numbers();
        let style = Tensor::full(0.25_f32, (1, numbers), &Device::Cpu)?;
        let bytes = Tuned::new(weights.clone(), &style)?.to_bytes()?;
        let (_, kept) = Tuned::from_bytes(&bytes)?.nets()?;
        assert_eq!(kept.flat().to_vec2::<f32>()?, vec![vec![0.25; numbers]], "the style");
        assert!(Tuned::from_bytes(&bytes[..bytes.len() / 2]).is_err(), "cut off");
        let short = Tensor::full(0.25_f32, (1, 3), &Device::Cpu)?;
        assert!(Tuned::from_bytes(&Tuned::new(weights, &short)?.to_bytes()?).is_err(), "a style of another size");
        Ok(())
    }
}
