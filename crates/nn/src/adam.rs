//! The optimiser: Adam with a state that can be saved (Kingma and Ba 2015), clipping by the global norm, and a moving average of the weights.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

/// Settings of [`Adam`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamSettings {
    /// Decay of the mean of the gradients.
    pub beta1: f32,
    /// Decay of the mean of their squares.
    pub beta2: f32,
    /// Added to the root of the squares.
    pub epsilon: f32,
    /// Gradients are scaled down so that all of them together are no longer than this.
    pub clip_norm: f32,
}

impl Default for AdamSettings {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, clip_norm: 1.0 }
    }
}

/// Adam over named variables.
pub struct Adam {
    settings: AdamSettings,
    variables: BTreeMap<String, Var>,
    moments: BTreeMap<String, Moments>,
    steps: u64,
}

/// Gradients by the names of their variables.
#[derive(Clone, Debug, Default)]
pub struct Gradients(BTreeMap<String, Vec<f32>>);

impl Gradients {
    /// Those of the variables that the loss depends on.
    pub fn of(found: &GradStore, variables: &BTreeMap<String, Var>) -> Result<Self> {
        let mut gradients = BTreeMap::new();
        for (name, variable) in variables {
            if let Some(gradient) = found.get(variable) {
                gradients.insert(name.clone(), gradient.flatten_all()?.to_vec1::<f32>()?);
            }
        }
        Ok(Self(gradients))
    }

    /// Adds `share` of `other`'s gradients.
    pub fn add(&mut self, other: &Self, share: f32) {
        for (name, values) in &other.0 {
            let sum = self.0.entry(name.clone()).or_insert_with(|| vec![0.0; values.len()]);
            sum.iter_mut().zip(values).for_each(|(s, v)| *s += share * v);
        }
    }

    /// Length of all gradients together.
    pub fn norm(&self) -> f32 {
        self.0.values().flatten().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt() as f32
    }
}

struct Moments {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Adam {
    /// An optimiser that has not seen a gradient.
    pub fn new(variables: BTreeMap<String, Var>, settings: AdamSettings) -> Self {
        let moments = variables
            .iter()
            .map(|(name, v)| (name.clone(), Moments { mean: vec![0.0; v.elem_count()], square: vec![0.0; v.elem_count()] }))
            .collect();
        Self { settings, variables, moments, steps: 0 }
    }

    /// One step; variables without a gradient stay. Returns the norm of all gradients before clipping.
    ///
    /// A gradient that is not finite changes nothing, and its norm says so.
    pub fn step(&mut self, gradients: &Gradients, rate: f32) -> Result<f32> {
        let norm = gradients.norm();
        if !norm.is_finite() {
            return Ok(norm);
        }
        self.steps += 1;
        let AdamSettings { beta1, beta2, epsilon, clip_norm } = self.settings;
        let scale = (clip_norm / norm.max(1e-12)).min(1.0);
        let unbias = |beta: f32| 1.0 - f64::from(beta).powf(self.steps as f64) as f32;
        let (unbias1, unbias2) = (unbias(beta1), unbias(beta2));
        for (name, gradient) in &gradients.0 {
            let (Some(moments), Some(variable)) = (self.moments.get_mut(name), self.variables.get(name)) else { continue };
            let mut values = variable.flatten_all()?.to_vec1::<f32>()?;
            for (((value, gradient), mean), square) in values.iter_mut().zip(gradient).zip(&mut moments.mean).zip(&mut moments.square) {
                let gradient = gradient * scale;
                *mean = beta1 * *mean + (1.0 - beta1) * gradient;
                *square = beta2 * *square + (1.0 - beta2) * gradient * gradient;
                *value -= rate * (*mean / unbias1) / ((*square / unbias2).sqrt() + epsilon);
            }
            variable.set(&Tensor::from_vec(values, variable.shape(), variable.device())?)?;
        }
        Ok(norm)
    }

    /// How many steps were made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The state as tensors: `mean.NAME` and `square.NAME`, shaped as the variables.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, moments) in &self.moments {
            let Some(variable) = self.variables.get(name) else { continue };
            for (kind, values) in [("mean", &moments.mean), ("square", &moments.square)] {
                state.insert(format!("{kind}.{name}"), Tensor::from_vec(values.clone(), variable.shape(), &candle_core::Device::Cpu)?);
            }
        }
        Ok(state)
    }

    /// Goes on from a saved state.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, steps: u64) -> Result<()> {
        for (name, moments) in &mut self.moments {
            for (kind, values) in [("mean", &mut moments.mean), ("square", &mut moments.square)] {
                let Some(saved) = state.get(&format!("{kind}.{name}")) else {
                    candle_core::bail!("the optimiser's {kind} of {name} was not saved")
                };
                let saved = saved.flatten_all()?.to_vec1::<f32>()?;
                if saved.len() != values.len() {
                    candle_core::bail!("the optimiser's {kind} of {name} has {} numbers instead of {}", saved.len(), values.len());
                }
                *values = saved;
            }
        }
        self.steps = steps;
        Ok(())
    }
}

/// Exponential moving average of weights: steadier than the weights themselves, and what is shipped.
pub struct MovingAverage {
    decay: f32,
    values: BTreeMap<String, Tensor>,
}

impl MovingAverage {
    /// Starts at the variables' present values; `decay` is the share kept at each step once many were made.
    pub fn new(variables: &BTreeMap<String, Var>, decay: f32) -> Result<Self> {
        let values = variables.iter().map(|(name, v)| Ok((name.clone(), v.as_tensor().detach().copy()?))).collect::<Result<_>>()?;
        Ok(Self { decay, values })
    }

    /// Goes on from saved averages.
    pub fn restored(values: BTreeMap<String, Tensor>, decay: f32) -> Self {
        Self { decay, values }
    }

    /// Takes in the values after step number `step` (from 0). Early on less is kept, so that the start is soon forgotten.
    pub fn update(&mut self, variables: &BTreeMap<String, Var>, step: u64) -> Result<()> {
        let decay = f64::from(self.decay).min((step + 1) as f64 / (step + 20) as f64);
        for (name, average) in &mut self.values {
            let Some(variable) = variables.get(name) else { continue };
            *average = ((&*average * decay)? + (variable.as_tensor().detach() * (1.0 - decay))?)?;
        }
        Ok(())
    }

    /// The averaged weights by name.
    pub fn values(&self) -> &BTreeMap<String, Tensor> {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn variable(value: f32) -> Result<BTreeMap<String, Var>> {
        Ok(BTreeMap::from([("x".to_owned(), Var::new(&[value], &Device::Cpu)?)]))
    }

    fn value(variables: &BTreeMap<String, Var>) -> Result<f32> {
        variables["x"].to_vec1::<f32>().map(|v| v[0])
    }

    /// One step down the bowl `(x - 3)²`.
    fn descend(adam: &mut Adam, variables: &BTreeMap<String, Var>) -> Result<f32> {
        let loss = (variables["x"].as_tensor() - 3.0)?.sqr()?.sum_all()?;
        adam.step(&Gradients::of(&loss.backward()?, variables)?, 0.1)
    }

    #[test]
    fn the_first_step_is_as_long_as_the_rate_and_the_bowl_is_found() -> Result<()> {
        let variables = variable(0.0)?;
        let mut adam = Adam::new(variables.clone(), AdamSettings::default());
        let norm = descend(&mut adam, &variables)?;
        assert!((norm - 6.0).abs() < 1e-5, "the slope at 0 is -6, not {norm}");
        assert!((value(&variables)? - 0.1).abs() < 1e-5, "Adam's first step has the length of the rate");
        for _ in 0..300 {
            descend(&mut adam, &variables)?;
        }
        assert!((value(&variables)? - 3.0).abs() < 0.02, "the bottom is at 3, not {}", value(&variables)?);
        Ok(())
    }

    #[test]
    fn a_restored_optimiser_goes_on_exactly() -> Result<()> {
        let variables = variable(0.0)?;
        let mut adam = Adam::new(variables.clone(), AdamSettings::default());
        for _ in 0..5 {
            descend(&mut adam, &variables)?;
        }
        let (state, steps, at) = (adam.state()?, adam.steps(), value(&variables)?);
        descend(&mut adam, &variables)?;
        let other = variable(at)?;
        let mut again = Adam::new(other.clone(), AdamSettings::default());
        again.restore(&state, steps)?;
        descend(&mut again, &other)?;
        assert_eq!(value(&variables)?.to_bits(), value(&other)?.to_bits(), "bit for bit");
        Ok(())
    }

    #[test]
    fn a_gradient_that_is_no_number_changes_nothing() -> Result<()> {
        let variables = variable(1.0)?;
        let mut adam = Adam::new(variables.clone(), AdamSettings::default());
        let loss = (variables["x"].as_tensor() * f64::NAN)?.sum_all()?;
        assert!(!adam.step(&Gradients::of(&loss.backward()?, &variables)?, 0.1)?.is_finite(), "the norm says so");
        assert_eq!(value(&variables)?.to_bits(), 1.0_f32.to_bits(), "the weight stays");
        Ok(())
    }

    #[test]
    fn the_average_follows_slowly() -> Result<()> {
        let variables = variable(1.0)?;
        let mut average = MovingAverage::new(&variables, 0.9)?;
        variables["x"].set(&Tensor::new(&[2.0_f32], &Device::Cpu)?)?;
        average.update(&variables, 10_000)?;
        let now = average.values()["x"].to_vec1::<f32>()?[0];
        assert!((now - 1.1).abs() < 1e-5, "a tenth of the way, not {now}");
        Ok(())
    }
}
