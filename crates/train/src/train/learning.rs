//! Weights under training with their network and their optimiser, and how a checkpoint keeps them.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};

use super::checkpoint::Checkpoint;
use crate::nn::{Adam, AdamSettings, Gradients, Scope, Store, WeightsError};
use retrato_learn::{Figures, TrainError};

/// What a checkpoint calls the weights, their optimiser's state and the number of its steps.
pub(super) type Groups = [&'static str; 3];

/// Weights with their network and optimiser.
pub(super) struct Learning<N> {
    pub(super) store: Store,
    pub(super) net: N,
    pub(super) adam: Adam,
}

impl<N> Learning<N> {
    pub(super) fn new(store: Store, net: N, settings: AdamSettings) -> Result<Self, TrainError> {
        let adam = Adam::new(store.variables(), settings)?;
        Ok(Self { store, net, adam })
    }

    /// As a checkpoint keeps it.
    pub(super) fn resumed(
        checkpoint: &Checkpoint,
        [weights, state, steps]: Groups,
        settings: AdamSettings,
        device: &Device,
        net: impl FnOnce(&Scope<'_>) -> Result<N, WeightsError>,
    ) -> Result<Self, TrainError> {
        let store = Store::from_tensors(checkpoint.group(weights), true, device);
        let net = net(&store.scope())?;
        let mut learning = Self::new(store, net, settings)?;
        let steps = checkpoint.count(steps).or_else(|| checkpoint.count("step")).unwrap_or(0);
        learning.adam.restore(&checkpoint.group(state), steps)?;
        Ok(learning)
    }

    /// Puts it into a checkpoint.
    pub(super) fn keep(&self, checkpoint: &mut Checkpoint, [weights, state, steps]: Groups) -> Result<(), TrainError> {
        checkpoint.put(weights, &tensors(&self.store));
        checkpoint.put(state, &self.adam.state()?);
        checkpoint.about.insert(steps.to_owned(), self.adam.steps().to_string());
        Ok(())
    }
}

/// The weights of a store by name.
pub(super) fn tensors(store: &Store) -> BTreeMap<String, Tensor> {
    store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().clone())).collect()
}

/// Mean gradients of some networks and figures of a batch. `learn` finds those of a share of it. Shares are worked on side by side, since much of the tensor
/// library's own work keeps to one thread; they are added up in order, so that the sum does not depend on which was ready first.
pub(super) fn in_shares<S: Sync, F: Figures + Send, const N: usize>(
    samples: &[S],
    shares: usize,
    learn: impl Fn(&[S]) -> Result<([Gradients; N], F), TrainError> + Sync,
) -> Result<([Gradients; N], F), TrainError> {
    let share = samples.len().div_ceil(shares.max(1)).max(1);
    let learn = &learn;
    let each: Vec<Result<([Gradients; N], F), TrainError>> = std::thread::scope(|scope| {
        let working: Vec<_> = samples.chunks(share).map(|samples| scope.spawn(move || learn(samples))).collect();
        working.into_iter().map(|work| work.join().unwrap_or(Err(TrainError::Panicked))).collect()
    });
    let (mut sums, mut figures) = (std::array::from_fn(|_| Gradients::default()), F::default());
    for (found, part) in each.into_iter().zip(samples.chunks(share)) {
        let (gradients, part_figures) = found?;
        let weight = part.len() as f32 / samples.len() as f32;
        for (sum, gradients) in sums.iter_mut().zip(&gradients) {
            Gradients::add(sum, gradients, weight)?;
        }
        figures = figures.plus(&part_figures.divided(1.0 / weight));
    }
    Ok((sums, figures))
}
