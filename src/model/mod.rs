//! The networks, one per file, with the inputs that they share. `config` holds their sizes as named presets.

mod body;
mod candidates;
mod config;
mod discriminator;
mod embedder;
mod generator;
mod landmark_image;
mod mix;
mod motion;
mod projection;
mod shipped;

pub use candidates::{CandidateFlows, candidate_flows, near_flow};
pub use config::{
    BodyConfig, DirectConfig, DiscriminatorConfig, EmbedderConfig, GeneratorConfig, MotionConfig, Preset, TextureConfig, Width,
};
pub use discriminator::{Discriminator, Judgement, Person};
pub use embedder::Embedder;
pub use generator::{Blend, GeneratorInput, GeneratorNet, GeneratorOutput, WarpedSource};
pub use landmark_image::{LANDMARK_CHANNELS, draw_landmarks};
pub use motion::{FLOW_CELLS, INPUT_CELLS, INPUT_CHANNELS, MotionBatch, MotionFlow, MotionNet, MotionSample};
pub use projection::Projection;
pub use shipped::{ManifestEntry, ModelError, manifest, motion_from_file, shipped_motion};
