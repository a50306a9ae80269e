//! Operations on tensors that the networks live by, with gradients. Pictures are `[batch, height, width, channels]`, f32.
//!
//! On the CPU they are kernels of our own, vectorised for the processor found at run time; on other devices they are composed of the tensor library's
//! operations. The same compositions are what the kernels are tested against. Networks that are frozen for frame after frame multiply pairs of bfloat16 where the
//! processor is quicker with that ([`Products`]).

mod access;
mod conv;
mod conv_gradient;
mod conv_kernels;
mod frozen;
mod moments;
mod norm;
mod number_format;
mod padded;
mod pairs;
mod plain;
mod resize;
mod sample;
mod shuffle;
pub mod snap;
#[cfg(test)]
mod tests;
mod tiles;

pub use conv::{Activation, conv, conv_flops};
pub use frozen::ConvWeights;
pub use frozen::{Affine, FrozenConv, Plane, add, doubled_beside};
pub(crate) use moments::{Decay, Descent, square_sum};
pub use norm::{Statistics, adain};
pub use number_format::{FormatTrial, Products, UnknownFormat, format_sentence, format_trials, frozen_with};
pub use pairs::{has_pair_products, work as multiply_pairs};
pub use resize::{average_pool, upsample_beside, upsample_bilinear, upsample_nearest};
pub use sample::grid_sample;
pub use sample::place as sampled_place;
pub use shuffle::{pixel_shuffle, pixel_unshuffle};
pub use snap::snap;
pub use snap::{Correspondences, landmark_snap};

/// The numbers of a contiguous f32 tensor on the CPU, as an operation of another module receives them.
pub fn contiguous<'a>(storage: &'a candle_core::CpuStorage, layout: &candle_core::Layout) -> candle_core::Result<&'a [f32]> {
    access::slice(storage, layout)
}

/// The numbers of a contiguous f32 tensor on the CPU for as long as the value lives.
pub fn numbers(tensor: &candle_core::Tensor) -> candle_core::Result<impl std::ops::Deref<Target = [f32]> + '_> {
    access::numbers(tensor)
}

pub use resize::neighbours as doubled_neighbours;
