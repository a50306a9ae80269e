//! What the tests of layers and networks share.

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};

use super::Store;
use crate::random::Random;

/// Normally distributed numbers, the same for one seed.
pub fn noise(shape: &[usize], seed: u64) -> Result<Tensor> {
    let mut random = Random::new(seed, 1);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.normal(0.0, 1.0)).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// Pictures with numbers in 0..1, the same for one seed.
pub fn picture(shape: &[usize], seed: u64) -> Result<Tensor> {
    let mut random = Random::new(seed, 2);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.unit()).collect();
    Tensor::from_vec(values, shape, &Device::Cpu)
}

/// Gives every weight that starts at nothing some numbers, so that gradients pass through it.
pub fn wake(store: &Store) -> Result<()> {
    for (n, variable) in store.variables().values().enumerate() {
        if size(variable.as_tensor())? == 0.0 {
            variable.set(&(noise(variable.dims(), n as u64)? * 0.1)?)?;
        }
    }
    Ok(())
}

/// How many numbers the weights have, those that spectral normalisation keeps not counted.
pub fn parameters(store: &Store) -> usize {
    store.variables().iter().filter(|(name, _)| !is_state(name)).map(|(_, v)| v.elem_count()).sum()
}

/// A score whose gradient reaches every number differently.
pub fn score(output: &Tensor) -> Result<Tensor> {
    (output * noise(output.dims(), 77)?)?.sum_all()
}

/// Every weight has a finite gradient that is not nothing, but for the singular vectors and for those that `idle` names, whose gradient is nothing.
pub fn assert_gradients(store: &Store, gradients: &GradStore, idle: impl Fn(&str) -> bool) -> Result<()> {
    for (name, variable) in store.variables() {
        let size = gradients.get(&variable).map(size).transpose()?;
        if is_state(&name) {
            assert!(size.is_none(), "{name} must not be learnt");
        } else if idle(&name) {
            assert!(size.is_none_or(|s| s < 1e-3), "{name} has the gradient {size:?}, but should have none");
        } else {
            assert!(size.is_some_and(|s| s > 1e-7 && s.is_finite()), "{name} has the gradient {size:?}");
        }
    }
    Ok(())
}

/// The slope of `loss` at the first number of a variable agrees with its gradient.
pub fn assert_slope(name: &str, variable: &Var, step: f32, loss: impl Fn() -> Result<Tensor>) -> Result<()> {
    let Some(gradient) = loss()?.backward()?.get(variable).cloned() else { panic!("{name} has no gradient") };
    let gradient = gradient.flatten_all()?.to_vec1::<f32>()?[0];
    let original = variable.flatten_all()?.to_vec1::<f32>()?;
    let moved = |by: f32| -> Result<f64> {
        let mut values = original.clone();
        values[0] += by;
        variable.set(&Tensor::from_vec(values, variable.shape(), &Device::Cpu)?)?;
        loss()?.to_dtype(DType::F64)?.to_scalar::<f64>()
    };
    let slope = ((moved(step)? - moved(-step)?) / (2.0 * f64::from(step))) as f32;
    moved(0.0)?;
    assert!((slope - gradient).abs() < 0.02 * gradient.abs().max(0.05), "{name}: slope {slope}, gradient {gradient}");
    Ok(())
}

/// Largest magnitude in a tensor; not a number if any is not.
fn size(tensor: &Tensor) -> Result<f32> {
    let values = tensor.flatten_all()?.to_vec1::<f32>()?;
    Ok(values.iter().fold(0.0_f32, |m, v| if v.is_nan() || m.is_nan() { f32::NAN } else { m.max(v.abs()) }))
}

fn is_state(name: &str) -> bool {
    name.rsplit('.').next() == Some("left")
}
