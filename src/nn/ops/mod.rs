//! Operations on tensors that the networks live by, with gradients. Pictures are `[batch, height, width, channels]`, f32.
//!
//! On the CPU they are kernels of our own, vectorised for the processor found at run time; on other devices they are composed of the tensor library's
//! operations. The same compositions are what the kernels are tested against.

mod access;
mod conv;
mod conv_kernels;
mod norm;
mod plain;
mod resize;
mod sample;
mod snap;
#[cfg(test)]
mod tests;
mod tiles;

pub use conv::{Activation, conv, conv_flops};
pub use norm::{Statistics, adain};
pub use resize::{average_pool, upsample_beside, upsample_bilinear, upsample_nearest};
pub use sample::grid_sample;
pub use snap::{Correspondences, landmark_snap};
