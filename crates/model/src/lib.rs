//! The networks, one per file, with the inputs that they share. `config` holds their sizes as named presets.

mod body;
pub mod candidates;
mod config;
mod discriminator;
mod drawn_part;
mod embedder;
mod eyes;
mod few_shot;
mod generator;
pub mod head_motion;
mod landmark_image;
mod matte;
pub mod mix;
mod motion;
mod mouth;
mod parts;
mod projection;
mod shipped;
mod tuned;
mod warped;

pub use crate::nn::ops::ConvWeights;
pub use candidates::{CandidateFlows, HeadFlow, HeadNumbers, candidate_flows, near_flow};
pub use config::{
    BodyConfig, DirectConfig, DiscriminatorConfig, EmbedderConfig, GeneratorConfig, MatteConfig, MotionConfig, Preset, TextureConfig, Width,
};
pub use discriminator::{Condition, Discriminator, DiscriminatorOutput};
pub use drawn_part::DrawnPart;
pub use embedder::Embedder;
pub use eyes::{Drawn, EyePrior};
pub use few_shot::{FewShotConfig, FewShotNets};
pub use generator::{
    Blend, FrozenGenerator, FrozenLayer, GeneratorInput, GeneratorLayers, GeneratorMemory, GeneratorNet, GeneratorOutput, MASK_FLOOR,
    SOURCE_NUMBERS,
};
pub use landmark_image::{LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, LandmarkLine, MOST_LANDMARK_LINES, draw_landmarks, landmark_lines};
pub use matte::{MATTE_CELLS, MATTE_CHANNELS, Matte, MatteNet};
pub use motion::{
    FLOW_CELLS, FLOW_SCALE_PX, FrameFlow, FrozenMotion, INPUT_CELLS, INPUT_CHANNELS, MOTION_LINE_RADIUS, MotionBatch, MotionFlow,
    MotionLayers, MotionMemory, MotionNet, MotionSample, STILL_BODY,
};
pub use mouth::MouthPrior;
pub use parts::{PartConfig, PartNet, PartNets};
pub use projection::Projection;
pub use shipped::{ManifestEntry, ModelError, Shipped, check_shipped, identity, load, load_tensors, manifest};
pub use tuned::Tuned;
pub use warped::{WarpedSource, cut, fetch_part, landmark_distance, lay_over};

use retrato_core::{data, math, wgsl, wgsl_struct};
use retrato_face::face;
use retrato_nn as nn;

/// What running a network gives.
pub type Ran<T> = candle_core::Result<T>;
