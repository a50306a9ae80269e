//! Neural network building blocks on top of candle: operations, layers, weights and their optimiser.

mod adam;
mod attention;
mod layers;
pub mod ops;
mod residual;
mod spectral;
mod style;
#[doc(hidden)]
pub mod testing;
mod weights;

pub use adam::{Adam, AdamSettings, Gradients, MovingAverage};
pub use attention::SelfAttention;
pub use layers::{Convolution, Linear, SpectralNorm};
pub use residual::FrozenBlock;
pub use residual::{NormSource, Normalisation, Resample, ResidualBlock, ResidualSpec};
pub use spectral::{ConvolutionSpec, SpectralConvolution, SpectralLinear};
pub use style::{StyleLayout, StyleSlot, StyleVector};
pub use weights::{Initial, MAX_WEIGHTS_BYTES, Scope, Store, WeightsError, read_weights};
pub use weights::{read_bounded, read_metadata, read_tensors, to_bytes};

use retrato_core::{random, runtime};
