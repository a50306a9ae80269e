//! The steps of an optimiser, in place: running means of gradients and of their squares, and the descent along them (Kingma and Ba 2015).
//!
//! On the CPU each is one pass over the numbers, side by side on all cores; elsewhere they are composed of the tensor library's operations and stay on the
//! device.

use candle_core::{CpuStorage, InplaceOp2, InplaceOp3, Layout, Result, Tensor, Var};
use rayon::prelude::*;

use super::access::{numbers, slice, slice_mut};

/// Numbers that one core works on at a time.
const CHUNK: usize = 1 << 15;

/// How a running mean takes in a gradient.
#[derive(Clone, Copy)]
pub(crate) struct Decay {
    /// Share of the mean that stays.
    pub(crate) keep: f32,
    /// What gradients are multiplied by.
    pub(crate) scale: f32,
    /// Whether the mean is of the squares.
    pub(crate) squared: bool,
}

impl Decay {
    /// `mean = keep mean + (1 - keep) g`, where `g` is the scaled gradient or its square. Both are contiguous and of one size.
    pub(crate) fn take_in(self, mean: &mut Tensor, gradient: &Tensor) -> Result<()> {
        if mean.device().is_cpu() {
            return mean.inplace_op2(gradient, &self);
        }
        *mean = self.composed(mean, gradient)?;
        Ok(())
    }

    fn composed(self, mean: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let gradient = (gradient * f64::from(self.scale))?;
        let taken = if self.squared { gradient.sqr()? } else { gradient };
        (mean * f64::from(self.keep))? + (taken * f64::from(1.0 - self.keep))?
    }
}

impl InplaceOp2 for Decay {
    fn name(&self) -> &'static str {
        "decay"
    }

    fn cpu_fwd(&self, mean: &mut CpuStorage, mean_layout: &Layout, gradient: &CpuStorage, layout: &Layout) -> Result<()> {
        let (means, gradients) = (slice_mut(mean, mean_layout)?, slice(gradient, layout)?);
        means.par_chunks_mut(CHUNK).zip(gradients.par_chunks(CHUNK)).for_each(|(means, gradients)| {
            for (mean, gradient) in means.iter_mut().zip(gradients) {
                let gradient = gradient * self.scale;
                let taken = (1.0 - self.keep) * gradient;
                *mean = self.keep * *mean + if self.squared { taken * gradient } else { taken };
            }
        });
        Ok(())
    }
}

/// One descent.
#[derive(Clone, Copy)]
pub(crate) struct Descent {
    /// Length of the step.
    pub(crate) rate: f32,
    /// By what the running means of gradients and of squares are too small, having begun at 0.
    pub(crate) unbias: [f32; 2],
    /// Added to the root of the squares.
    pub(crate) epsilon: f32,
}

impl Descent {
    /// `value -= rate (mean / unbias₁) / (√(square / unbias₂) + epsilon)`. All are contiguous and of one size.
    pub(crate) fn step(self, value: &Var, mean: &Tensor, square: &Tensor) -> Result<()> {
        if value.device().is_cpu() {
            return value.as_tensor().inplace_op3(mean, square, &self);
        }
        value.set(&self.composed(value, mean, square)?)
    }

    fn composed(self, value: &Tensor, mean: &Tensor, square: &Tensor) -> Result<Tensor> {
        let [mean, square] = [(mean / f64::from(self.unbias[0]))?, (square / f64::from(self.unbias[1]))?];
        value.detach() - ((mean / (square.sqrt()? + f64::from(self.epsilon))?)? * f64::from(self.rate))?
    }
}

impl InplaceOp3 for Descent {
    fn name(&self) -> &'static str {
        "descent"
    }

    fn cpu_fwd(
        &self,
        value: &mut CpuStorage,
        value_layout: &Layout,
        mean: &CpuStorage,
        mean_layout: &Layout,
        square: &CpuStorage,
        square_layout: &Layout,
    ) -> Result<()> {
        let (values, means, squares) = (slice_mut(value, value_layout)?, slice(mean, mean_layout)?, slice(square, square_layout)?);
        let of_both = means.par_chunks(CHUNK).zip(squares.par_chunks(CHUNK));
        values.par_chunks_mut(CHUNK).zip(of_both).for_each(|(values, (means, squares))| {
            for ((value, mean), square) in values.iter_mut().zip(means).zip(squares) {
                *value -= self.rate * (mean / self.unbias[0]) / ((square / self.unbias[1]).sqrt() + self.epsilon);
            }
        });
        Ok(())
    }
}

/// Sum of the squares of all numbers of some contiguous tensors, which are on one device.
pub(crate) fn square_sum<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Result<f64> {
    let (mut sum, mut elsewhere) = (0.0, Vec::new());
    for tensor in tensors {
        if tensor.device().is_cpu() {
            sum += numbers(tensor)?.iter().map(|number| f64::from(*number) * f64::from(*number)).sum::<f64>();
        } else {
            elsewhere.push(tensor.sqr()?.sum_all()?);
        }
    }
    // One transfer for all of them.
    let sums = if elsewhere.is_empty() { Vec::new() } else { Tensor::stack(&elsewhere, 0)?.to_vec1::<f32>()? };
    Ok(sum + sums.into_iter().map(f64::from).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::random::Random;

    fn noise(count: usize, seed: u64) -> Result<Tensor> {
        let mut random = Random::new(seed, 0);
        Tensor::from_vec((0..count).map(|_| random.normal(0.0, 0.5)).collect::<Vec<f32>>(), count, &Device::Cpu)
    }

    fn worst(a: &Tensor, b: &Tensor) -> Result<f32> {
        (a - b)?.abs()?.max_all()?.to_scalar::<f32>()
    }

    #[test]
    fn one_pass_gives_what_the_librarys_operations_give() -> Result<()> {
        // More than a chunk, and no whole number of them.
        let count = CHUNK + 1234;
        let gradient = noise(count, 1)?;
        for squared in [false, true] {
            let decay = Decay { keep: 0.9, scale: 0.25, squared };
            let mut mean = noise(count, 2)?.abs()?;
            let expected = decay.composed(&mean, &gradient)?;
            decay.take_in(&mut mean, &gradient)?;
            assert!(worst(&mean, &expected)? < 1e-6, "squared {squared}: {}", worst(&mean, &expected)?);
        }
        let (value, mean, square) = (Var::from_tensor(&noise(count, 3)?)?, noise(count, 4)?, noise(count, 5)?.sqr()?);
        let descent = Descent { rate: 0.01, unbias: [0.5, 0.3], epsilon: 1e-3 };
        let expected = descent.composed(&value, &mean, &square)?;
        descent.step(&value, &mean, &square)?;
        assert!(worst(&value, &expected)? < 1e-5, "{}", worst(&value, &expected)?);
        let by_library = gradient.sqr()?.sum_all()?.to_scalar::<f32>()?;
        let sum = square_sum([&gradient, &gradient].into_iter())?;
        assert!((sum - 2.0 * f64::from(by_library)).abs() < 1e-4 * sum, "{sum}, half of it {by_library}");
        Ok(())
    }
}
