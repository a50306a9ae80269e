//! What every other part stands on: the types of the data flow, threads and links, random numbers, scaling, small formulas, still
//! pictures, and what shaders take over from Rust.

pub mod data;
pub mod jpeg;
pub mod math;
pub mod random;
pub mod runtime;
pub mod scale;
pub mod stills;
pub mod wgsl;
