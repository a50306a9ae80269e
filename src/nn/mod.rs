//! Neural network building blocks on top of candle: operations, layers, weights and their optimiser.

mod adam;
mod layers;
pub mod ops;
mod weights;

pub use adam::{Adam, AdamSettings, MovingAverage};
pub use layers::{Convolution, Linear, SpectralNorm};
pub use weights::{Initial, MAX_WEIGHTS_BYTES, Scope, Store, WeightsError};
pub(crate) use weights::{read_bounded, read_metadata, read_tensors, to_bytes};
