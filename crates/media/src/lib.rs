//! Films and sound, in and out: cameras, clips, recordings, the virtual camera.

pub mod capture;
pub mod record;
pub mod virtual_camera;

use retrato_core::{data, runtime, scale};
