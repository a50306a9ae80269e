//! From a flow field to the finished picture: the flow is brought up to the picture's own resolution, the picture's own pixels are sampled
//! there, and the result is pasted back with a feathered edge. Every pass exists twice, in WGSL and in Rust; a test compares both.

mod changed_parts;
mod cpu;
mod feather;
mod gpu;
mod head_pass;
mod head_pipelines;
mod row;
mod trial;
mod turned;

pub use cpu::CpuCompositor;
#[cfg(test)]
pub(crate) use gpu::COMPOSE;
pub use gpu::{ComposeError, GpuCompositor};
#[cfg(test)]
pub(crate) use head_pass::HEAD;
pub use retrato_plate::straight;
pub use trial::compare_executors;
