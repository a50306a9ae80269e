//! From motion to pictures: generators on the CPU and on a graphics processor, and the compositor.

/// A file of `shaders/` with the shaders that it needs and what it takes over from Rust.
macro_rules! shader {
    ($file:literal, [$($needs:expr),*], $declares:expr) => {
        $crate::wgsl::Shader {
            file: $file,
            code: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shaders/", $file)),
            needs: &[$($needs),*],
            declares: $declares,
        }
    };
}

pub mod bench;
pub mod compose;
pub mod generate;
pub mod gpu;
#[cfg(test)]
mod shaders;

#[cfg(test)]
use retrato_builtin as builtin;
#[cfg(test)]
use retrato_core::random;
use retrato_core::{data, math, runtime, wgsl, wgsl_constants, wgsl_struct};
use retrato_face::face;
use retrato_model as model;
use retrato_nn as nn;
