//! What every network's training has in common: steps, validation, a state on disk, weights to ship, and how the learning rate runs.

use std::path::Path;

use retrato_learn::Figures;
use retrato_learn::TrainError;

/// What one step did.
#[derive(Clone, Copy, Debug)]
pub struct StepReport<F> {
    /// Steps made, this one included.
    pub step: u64,
    /// Figures before the step.
    pub parts: F,
    /// Learning rate.
    pub rate: f32,
    /// Norm of the gradient before clipping.
    pub gradient_norm: f32,
}

/// A run of training.
pub trait Trainer {
    /// Its figures.
    type Figures: Figures;

    /// Steps made so far.
    fn steps(&self) -> u64;

    /// Whether all steps of the run are made.
    fn is_finished(&self) -> bool;

    /// One step.
    fn step(&mut self) -> Result<StepReport<Self::Figures>, TrainError>;

    /// Figures of the averaged weights on held-out heads; means over batches.
    fn validate(&self) -> Result<Self::Figures, TrainError>;

    /// Writes the run's whole state.
    fn save(&self, path: &Path) -> Result<(), TrainError>;

    /// Writes the averaged weights as they are shipped: f16.
    fn export(&self, path: &Path) -> Result<(), TrainError>;
}

/// Steps over which the learning rate rises.
const WARM_UP: u64 = 100;
/// From this share of the run on the rate falls, along a cosine to [`LAST_RATE`] of itself.
const DECAY_FROM: f32 = 0.5;
const LAST_RATE: f32 = 0.01;

/// Learning rate of step `step` (from 0) of `steps`, when it is `rate` after warming up.
pub(super) fn rate_at(rate: f32, step: u64, steps: u64) -> f32 {
    let warm = ((step + 1) as f32 / WARM_UP as f32).min(1.0);
    let done = step as f32 / steps.max(1) as f32;
    let fall = ((done - DECAY_FROM) / (1.0 - DECAY_FROM)).clamp(0.0, 1.0);
    let cosine = 0.5 * (1.0 + (std::f32::consts::PI * fall).cos());
    rate * warm * (LAST_RATE + (1.0 - LAST_RATE) * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_stays_and_falls() {
        let rates = [0, 99, 400, 750, 999].map(|step| rate_at(2.0, step, 1000) / 2.0);
        assert!(rates[0] < 0.02 && (rates[1] - 1.0).abs() < 1e-3 && (rates[2] - 1.0).abs() < 1e-3, "warm-up, then level: {rates:?}");
        assert!((rates[3] - 0.505).abs() < 0.01 && rates[4] < 0.011, "half way down, then the last share: {rates:?}");
    }
}
