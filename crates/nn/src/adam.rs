//! The optimiser: Adam with a state that can be saved (Kingma and Ba 2015), clipping by the global norm, and a moving average of the weights.

use std::collections::BTreeMap;

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var};

use crate::ops::{Decay, Descent, square_sum};

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

/// Gradients by the names of their variables, on the variables' device.
#[derive(Clone, Debug, Default)]
pub struct Gradients(BTreeMap<String, Tensor>);

impl Gradients {
    /// Those of the variables that the loss depends on.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn of(found: &GradStore, variables: &BTreeMap<String, Var>) -> Result<Self> {
        let gradients = variables.iter().filter_map(|(name, variable)| Some((name, found.get(variable)?)));
        gradients.map(|(name, gradient)| Ok((name.clone(), gradient.detach().contiguous()?))).collect::<Result<_>>().map(Self)
    }

    /// Adds `share` of `other`'s gradients.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn add(&mut self, other: &Self, share: f32) -> Result<()> {
        for (name, gradient) in &other.0 {
            let more = (gradient * f64::from(share))?;
            let sum = match self.0.get(name) {
                Some(sum) => (sum + more)?,
                None => more,
            };
            self.0.insert(name.clone(), sum);
        }
        Ok(())
    }

    /// Length of all gradients together.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn norm(&self) -> Result<f32> {
        Ok(square_sum(self.0.values())?.sqrt() as f32)
    }
}

/// Running means of one variable's gradients and of their squares, shaped as it is.
struct Moments {
    mean: Tensor,
    square: Tensor,
}

impl Adam {
    /// An optimiser that has not seen a gradient.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn new(variables: BTreeMap<String, Var>, settings: AdamSettings) -> Result<Self> {
        let zeros = |variable: &Var| Tensor::zeros(variable.shape(), variable.dtype(), variable.device());
        let moments = |variable: &Var| -> Result<Moments> { Ok(Moments { mean: zeros(variable)?, square: zeros(variable)? }) };
        let moments = variables.iter().map(|(name, v)| Ok((name.clone(), moments(v)?))).collect::<Result<_>>()?;
        Ok(Self { settings, variables, moments, steps: 0 })
    }

    /// One step; variables without a gradient stay. Returns the norm of all gradients before clipping.
    ///
    /// A gradient that is not finite changes nothing, and its norm says so.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn step(&mut self, gradients: &Gradients, rate: f32) -> Result<f32> {
        let norm = gradients.norm()?;
        if !norm.is_finite() {
            return Ok(norm);
        }
        self.steps += 1;
        let AdamSettings { beta1, beta2, epsilon, clip_norm } = self.settings;
        let scale = (clip_norm / norm.max(1e-12)).min(1.0);
        let unbias = [beta1, beta2].map(|beta| 1.0 - f64::from(beta).powf(self.steps as f64) as f32);
        let descent = Descent { rate, unbias, epsilon };
        for (name, gradient) in &gradients.0 {
            let (Some(moments), Some(variable)) = (self.moments.get_mut(name), self.variables.get(name)) else { continue };
            Decay { keep: beta1, scale, squared: false }.take_in(&mut moments.mean, gradient)?;
            Decay { keep: beta2, scale, squared: true }.take_in(&mut moments.square, gradient)?;
            descent.step(variable, &moments.mean, &moments.square)?;
        }
        Ok(norm)
    }

    /// How many steps were made.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The state as tensors on the CPU: `mean.NAME` and `square.NAME`, shaped as the variables. Later steps do not change them.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn state(&self) -> Result<BTreeMap<String, Tensor>> {
        let mut state = BTreeMap::new();
        for (name, moments) in &self.moments {
            for (kind, values) in [("mean", &moments.mean), ("square", &moments.square)] {
                state.insert(format!("{kind}.{name}"), values.copy()?.to_device(&Device::Cpu)?);
            }
        }
        Ok(state)
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// A state of other variables.
    pub fn restore(&mut self, state: &BTreeMap<String, Tensor>, steps: u64) -> Result<()> {
        for (name, moments) in &mut self.moments {
            for (kind, values) in [("mean", &mut moments.mean), ("square", &mut moments.square)] {
                let Some(saved) = state.get(&format!("{kind}.{name}")) else {
                    candle_core::bail!("the optimiser's {kind} of {name} was not saved")
                };
                if saved.elem_count() != values.elem_count() {
                    let (saved, wanted) = (saved.elem_count(), values.elem_count());
                    candle_core::bail!("the optimiser's {kind} of {name} has {saved} numbers instead of {wanted}");
                }
                *values = saved.copy()?.reshape(values.shape())?.to_device(values.device())?;
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
    use super::*;
    use crate::random::Random;

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
        let mut adam = Adam::new(variables.clone(), AdamSettings::default())?;
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
    fn steps_are_those_of_the_formula() -> Result<()> {
        let mut random = Random::new(8, 0);
        let mut noise = |deviation: f32| -> Vec<f32> { (0..60).map(|_| random.normal(0.0, deviation)).collect() };
        let start = noise(1.0);
        let variables = BTreeMap::from([("x".to_owned(), Var::from_vec(start.clone(), (3, 20), &Device::Cpu)?)]);
        let settings = AdamSettings { clip_norm: 2.0, ..AdamSettings::default() };
        let mut adam = Adam::new(variables.clone(), settings)?;
        let (mut x, mut mean, mut square) = (start.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>(), vec![0.0; 60], vec![0.0; 60]);
        for step in 1..=8 {
            // Some are longer than what is clipped at, some are not.
            let gradient = noise(0.1 * step as f32);
            let tensor = Tensor::from_vec(gradient.clone(), (3, 20), &Device::Cpu)?;
            let mut gradients = Gradients::default();
            gradients.add(&Gradients(BTreeMap::from([("x".to_owned(), tensor)])), 1.0)?;
            let norm = adam.step(&gradients, 0.05)?;
            let length = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
            assert!((f64::from(norm) - length).abs() < 1e-5, "{norm} instead of {length}");
            for (n, gradient) in gradient.iter().enumerate() {
                let g = f64::from(*gradient) * (2.0 / length).min(1.0);
                mean[n] = 0.9 * mean[n] + 0.1 * g;
                square[n] = 0.99 * square[n] + 0.01 * g * g;
                let (m, s) = (mean[n] / (1.0 - 0.9_f64.powi(step)), square[n] / (1.0 - 0.99_f64.powi(step)));
                x[n] -= 0.05 * m / (s.sqrt() + 1e-8);
            }
        }
        let found = variables["x"].flatten_all()?.to_vec1::<f32>()?;
        let worst = found.iter().zip(&x).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst < 2e-5, "after eight steps off by {worst}");
        Ok(())
    }

    #[test]
    fn a_restored_optimiser_goes_on_exactly() -> Result<()> {
        let variables = variable(0.0)?;
        let mut adam = Adam::new(variables.clone(), AdamSettings::default())?;
        for _ in 0..5 {
            descend(&mut adam, &variables)?;
        }
        let (state, steps, at) = (adam.state()?, adam.steps(), value(&variables)?);
        // What was saved stays as it was, whatever comes later.
        descend(&mut adam, &variables)?;
        let other = variable(at)?;
        let mut again = Adam::new(other.clone(), AdamSettings::default())?;
        again.restore(&state, steps)?;
        descend(&mut again, &other)?;
        assert_eq!(value(&variables)?.to_bits(), value(&other)?.to_bits(), "bit for bit");
        Ok(())
    }

    #[test]
    fn a_gradient_that_is_no_number_changes_nothing() -> Result<()> {
        let variables = variable(1.0)?;
        let mut adam = Adam::new(variables.clone(), AdamSettings::default())?;
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
