//! The figures by which training is watched.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A chart's title and the figure it shows.
pub type Chart<F> = (&'static str, fn(&F) -> f32);

/// The figures by which the training of a network is watched.
pub trait Figures: Copy + Default + Serialize + DeserializeOwned {
    /// What the picture of the curve shows.
    const CHARTS: [Chart<Self>; 3];

    /// Figure by figure.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;

    /// Every figure over `count`.
    #[must_use]
    fn divided(&self, count: f32) -> Self;

    /// The whole loss.
    fn loss(&self) -> f32;

    /// The figures in a line for people.
    fn words(&self) -> String;
}
