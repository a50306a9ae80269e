//! Retrato brings a portrait to life with your own face.

pub mod data;
pub mod face;
pub mod doctor;
pub mod evaluate;
pub mod gpu;
pub mod runtime;
pub mod compose;
pub mod generate;
