//! The graphics processor: which adapters there are, which one is the best, a device on it, and every copy back to host memory.

mod adapter;
mod change;
mod device;
mod flag;
mod health;
mod readback;
#[doc(hidden)]
pub mod testing;
mod timer;
mod uniform;

pub use adapter::{AdapterDescription, AdapterKind, TrialMs, best_adapter};
pub use change::ChangeBuffers;
pub use device::{Gpu, GpuError, adapters, device_descriptor};
pub use flag::FaultFlag;
pub use health::{GpuFault, GpuHealth};
pub(crate) use readback::read_floats;
pub use readback::{MappedPicture, ReadbackError, ReadbackRing, read_texture};
pub use timer::PassTimer;
pub use uniform::Uniform;
pub use wgpu::Texture;

/// Threads of a group along each side, in kernels of which every thread makes one pixel or cell.
pub(crate) const GROUP: u32 = 8;
