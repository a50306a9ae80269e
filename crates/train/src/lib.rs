//! Synthetic heads, training on them, and the evaluation of what was learnt.

pub mod evaluate;
pub mod synth;
pub mod train;

use retrato_core::{data, math, random, runtime, scale};
use retrato_face::face;
use retrato_model as model;
use retrato_nn as nn;
