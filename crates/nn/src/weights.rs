//! Named weights: made from a seed, or read from a safetensors file; frozen for use, or variable for training.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Shape, Tensor, Var};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::random::Random;
use crate::runtime::is_special;

/// Largest weights file that is read.
pub const MAX_WEIGHTS_BYTES: u64 = 256 << 20;

/// What can be wrong with a set of weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read or written.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The file is larger than any set of weights.
    #[error("the file has {bytes} bytes, more than the {most} that it may have")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most.
        most: u64,
    },
    /// The file is no safetensors file, or damaged.
    #[error("not a usable safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// A weight of the network is not in the file.
    #[error("the weight {0} is missing: the file belongs to another network or version")]
    Missing(String),
    /// A weight has another shape than the network's.
    #[error("the weight {name} has the shape {found:?} instead of {expected:?}: the file belongs to another network or version")]
    WrongShape {
        /// Name of the weight.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape that the network has.
        expected: Vec<usize>,
    },
    /// A weight is stored in a number format that is not read.
    #[error("the weight {0} is neither f32 nor f16")]
    WrongType(String),
    /// A weight holds something that is no number.
    #[error("the weight {0} holds numbers that are not finite: the file is damaged")]
    NotFinite(String),
    /// The tensor library failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// How a fresh weight is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Initial {
    /// Every number the same.
    Constant(f32),
    /// Normally distributed with this deviation.
    Normal(f32),
}

/// All weights of one network.
pub struct Store {
    device: Device,
    trainable: bool,
    tensors: RefCell<BTreeMap<String, Tensor>>,
    variables: RefCell<BTreeMap<String, Var>>,
    random: Option<RefCell<Random>>,
}

impl Store {
    /// Fresh, variable weights, drawn from a seed as the network asks for them.
    pub fn fresh(seed: u64, device: &Device) -> Self {
        Self {
            device: device.clone(),
            trainable: true,
            tensors: RefCell::default(),
            variables: RefCell::default(),
            random: Some(Random::new(seed, 0).into()),
        }
    }

    /// Weights from tensors by name, variable if `trainable`.
    pub fn from_tensors(tensors: BTreeMap<String, Tensor>, trainable: bool, device: &Device) -> Self {
        Self { device: device.clone(), trainable, tensors: tensors.into(), variables: RefCell::default(), random: None }
    }

    /// Weights from the bytes of a safetensors file in f32 or f16.
    pub fn from_bytes(bytes: &[u8], trainable: bool, device: &Device) -> Result<Self, WeightsError> {
        Ok(Self::from_tensors(read_tensors(bytes, device)?, trainable, device))
    }

    /// Weights from a safetensors file of bounded size.
    pub fn from_file(path: &Path, trainable: bool, device: &Device) -> Result<Self, WeightsError> {
        Self::from_bytes(&read_bounded(path, MAX_WEIGHTS_BYTES)?, trainable, device)
    }

    /// The root of the names.
    pub fn scope(&self) -> Scope<'_> {
        Scope { store: self, prefix: String::new() }
    }

    /// The variables by name, for the optimiser. Only those that a network asked for.
    pub fn variables(&self) -> BTreeMap<String, Var> {
        self.variables.borrow().clone()
    }

    fn get(&self, name: &str, shape: &Shape, initial: Initial) -> Result<Tensor, WeightsError> {
        let known = self.tensors.borrow().get(name).cloned();
        let tensor = match (known, &self.random) {
            (Some(tensor), _) => tensor,
            (None, Some(random)) => draw(shape, initial, &mut random.borrow_mut(), &self.device)?,
            (None, None) => return Err(WeightsError::Missing(name.to_owned())),
        };
        if tensor.shape() != shape {
            return Err(WeightsError::WrongShape { name: name.to_owned(), found: tensor.dims().to_vec(), expected: shape.dims().to_vec() });
        }
        if !self.trainable {
            return Ok(tensor);
        }
        let mut variables = self.variables.borrow_mut();
        if let Some(variable) = variables.get(name) {
            return Ok(variable.as_tensor().clone());
        }
        // A variable would be taken as it is: then what is learnt here would change whoever else has it.
        let variable = Var::from_tensor(&tensor.detach())?;
        let tensor = variable.as_tensor().clone();
        variables.insert(name.to_owned(), variable);
        Ok(tensor)
    }
}

fn draw(shape: &Shape, initial: Initial, random: &mut Random, device: &Device) -> Result<Tensor, WeightsError> {
    let values = match initial {
        Initial::Constant(value) => vec![value; shape.elem_count()],
        Initial::Normal(deviation) => (0..shape.elem_count()).map(|_| random.normal(0.0, deviation)).collect(),
    };
    Ok(Tensor::from_vec(values, shape.clone(), device)?)
}

/// A place in the names of the weights: `encoder.0.kernel` is asked for as `kernel` in the scope `encoder.0`.
#[derive(Clone)]
pub struct Scope<'a> {
    store: &'a Store,
    prefix: String,
}

impl Scope<'_> {
    /// The scope of a part.
    #[must_use]
    pub fn under(&self, part: impl std::fmt::Display) -> Self {
        Self { store: self.store, prefix: format!("{}{part}.", self.prefix) }
    }

    /// The weight of this name, which must have this shape; drawn if the store is fresh.
    pub fn weight(&self, name: &str, shape: impl Into<Shape>, initial: Initial) -> Result<Tensor, WeightsError> {
        self.store.get(&format!("{}{name}", self.prefix), &shape.into(), initial)
    }
}

/// All tensors of a safetensors file by name, as f32 on the CPU.
pub fn read_weights(path: &Path) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    read_tensors(&read_bounded(path, MAX_WEIGHTS_BYTES)?, &Device::Cpu)
}

/// A file's bytes, if there are no more than `most`.
pub fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>, WeightsError> {
    let bytes = std::fs::metadata(path)?.len();
    if is_special(path) {
        // Reading could wait for ever, or never end.
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is a device or a pipe: give the path of a file").into());
    }
    if bytes > most {
        return Err(WeightsError::TooLarge { bytes, most });
    }
    Ok(std::fs::read(path)?)
}

/// All tensors of a safetensors file, as f32; every number must be finite.
pub fn read_tensors(bytes: &[u8], device: &Device) -> Result<BTreeMap<String, Tensor>, WeightsError> {
    let mut tensors = BTreeMap::new();
    for (name, view) in SafeTensors::deserialize(bytes)?.iter() {
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F16 => view.data().as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect(),
            _ => return Err(WeightsError::WrongType(name.to_owned())),
        };
        if !values.iter().all(|v| v.is_finite()) {
            return Err(WeightsError::NotFinite(name.to_owned()));
        }
        tensors.insert(name.to_owned(), Tensor::from_vec(values, view.shape(), device)?);
    }
    Ok(tensors)
}

/// The words that a safetensors file carries beside its tensors.
pub fn read_metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, WeightsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    Ok(metadata.metadata().clone().unwrap_or_default().into_iter().collect())
}

/// The bytes of a safetensors file with these tensors in `dtype` (f32 or f16) and this text beside them.
#[expect(clippy::implicit_hasher, reason = "the format's library takes the standard one")]
pub fn to_bytes(tensors: &BTreeMap<String, Tensor>, dtype: DType, about: HashMap<String, String>) -> Result<Vec<u8>, WeightsError> {
    let mut data: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let values = tensor.flatten_all()?.to_device(&Device::Cpu)?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
        let bytes = match dtype {
            DType::F16 => values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        };
        data.push((name.clone(), tensor.dims().to_vec(), bytes));
    }
    let kind = if dtype == DType::F16 { Dtype::F16 } else { Dtype::F32 };
    let mut views = Vec::with_capacity(data.len());
    for (name, shape, bytes) in &data {
        views.push((name.as_str(), TensorView::new(kind, shape.clone(), bytes)?));
    }
    Ok(safetensors::serialize(views, Some(about))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Result<BTreeMap<String, Tensor>, WeightsError> {
        Ok(BTreeMap::from([("a.kernel".to_owned(), Tensor::new(&[[1.0_f32, -2.5], [0.25, 4.0]], &Device::Cpu)?)]))
    }

    #[test]
    fn weights_come_back_from_a_file_as_they_were() -> Result<(), WeightsError> {
        for dtype in [DType::F32, DType::F16] {
            let bytes = to_bytes(&some()?, dtype, HashMap::new())?;
            let store = Store::from_bytes(&bytes, false, &Device::Cpu)?;
            let back = store.scope().under("a").weight("kernel", (2, 2), Initial::Constant(0.0))?;
            assert_eq!(back.to_vec2::<f32>()?, [[1.0, -2.5], [0.25, 4.0]], "{dtype:?}");
        }
        Ok(())
    }

    #[test]
    fn what_is_learnt_further_leaves_the_variables_that_it_began_with() -> Result<(), WeightsError> {
        let given = Var::new(&[1.0_f32, 2.0], &Device::Cpu)?;
        let store = Store::from_tensors(BTreeMap::from([("bias".to_owned(), given.as_tensor().clone())]), true, &Device::Cpu);
        store.scope().weight("bias", 2, Initial::Constant(0.0))?;
        store.variables()["bias"].set(&Tensor::new(&[5.0_f32, 6.0], &Device::Cpu)?)?;
        assert_eq!(given.to_vec1::<f32>()?, [1.0, 2.0], "whoever gave them keeps them");
        Ok(())
    }

    #[test]
    fn what_does_not_fit_is_refused_with_a_reason() -> Result<(), WeightsError> {
        let bytes = to_bytes(&some()?, DType::F32, HashMap::new())?;
        let store = Store::from_bytes(&bytes, false, &Device::Cpu)?;
        let shape = store.scope().under("a").weight("kernel", (3, 2), Initial::Constant(0.0));
        assert!(matches!(shape, Err(WeightsError::WrongShape { .. })), "another shape");
        assert!(matches!(store.scope().weight("b", 1, Initial::Constant(0.0)), Err(WeightsError::Missing(_))), "another name");
        for cut in [0, 7, 8, 40, bytes.len() - 1] {
            assert!(Store::from_bytes(&bytes[..cut], false, &Device::Cpu).is_err(), "cut to {cut} bytes");
        }
        let bad = BTreeMap::from([("x".to_owned(), Tensor::new(&[f32::NAN], &Device::Cpu)?)]);
        let bytes = to_bytes(&bad, DType::F32, HashMap::new())?;
        assert!(matches!(Store::from_bytes(&bytes, false, &Device::Cpu), Err(WeightsError::NotFinite(_))), "not a number");
        Ok(())
    }

    #[test]
    fn a_seed_draws_the_same_weights() -> Result<(), WeightsError> {
        let draw = |seed| {
            Store::fresh(seed, &Device::Cpu).scope().weight("w", 4, Initial::Normal(1.0))?.to_vec1::<f32>().map_err(WeightsError::from)
        };
        assert_eq!(draw(5)?, draw(5)?, "same seed");
        assert_ne!(draw(5)?, draw(6)?, "other seed");
        Ok(())
    }
}
