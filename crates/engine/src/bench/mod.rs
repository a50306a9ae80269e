//! Measurements that the product does without: how fast networks and frames are, beside what the processors can do at most.

mod cpu;
mod gpu;
#[cfg(test)]
mod heads;
mod roof;

pub use cpu::{NetworkSpeed, Speeds, network_speeds};
#[cfg(test)]
pub(crate) use gpu::ROOF;
pub use gpu::{GpuFrames, GpuSpeed, GpuSpeeds, gpu_speeds};
pub use roof::{pair_roof_gflops, roof_gflops};
