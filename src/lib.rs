//! Retrato brings a portrait to life with your own face.

pub mod capture;
pub mod data;
pub mod runtime;
