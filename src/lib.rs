//! Retrato brings a portrait to life with your own face.

pub mod data;
pub mod record;
pub mod runtime;
