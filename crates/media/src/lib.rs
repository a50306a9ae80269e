//! Films and sound, in and out: cameras, clips, recordings, the speaker, the virtual camera.

pub mod capture;
mod colour;
pub mod record;
mod resampler;
pub mod speaker;
pub mod virtual_camera;

use retrato_core::{data, jpeg, runtime, scale, stills};
