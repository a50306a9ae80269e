//! From motion to pictures: generators on the CPU and on a graphics processor, and the compositor.

pub mod compose;
pub mod generate;
pub mod gpu;

#[cfg(test)]
use retrato_builtin as builtin;
use retrato_core::{data, runtime};
#[cfg(test)]
use retrato_face::face;
use retrato_model as model;
use retrato_nn as nn;
