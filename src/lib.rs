//! Retrato brings a portrait to life with your own face.

pub mod builtin;
pub mod capture;
pub mod cli;
pub mod compose;
pub mod data;
pub mod doctor;
pub mod evaluate;
pub mod face;
pub mod generate;
pub mod gpu;
pub mod pipeline;
pub mod portrait;
pub mod present;
pub mod record;
pub mod retarget;
pub mod runtime;
pub mod scale;
pub mod settings;
pub mod track;
