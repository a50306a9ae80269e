//! The networks, one per file, with the inputs that they share. `config` holds their sizes as named presets.

mod candidates;
mod config;
mod landmark_image;
mod mix;
mod motion;
mod shipped;

pub use candidates::{CandidateFlows, candidate_flows};
pub use config::{MotionConfig, Preset};
pub use landmark_image::{LANDMARK_CHANNELS, draw_landmarks};
pub use motion::{FLOW_CELLS, INPUT_CELLS, INPUT_CHANNELS, MotionBatch, MotionFlow, MotionNet, MotionSample};
pub use shipped::{ManifestEntry, ModelError, manifest, motion_from_file, shipped_motion};

/// Side of the crop in which landmarks and flows are given, in pixels.
pub const CROP_PX: f32 = 256.0;
