//! Training of the networks on synthetic heads: streams of samples, losses, checkpoints that resume exactly, learning curves.

mod checkpoint;
mod curve;
mod error;
mod few_shot;
mod loss;
mod motion;
mod recolouring;
mod samples;
mod stream;
mod tracker_noise;
mod trainer;
mod uncovered;

pub use checkpoint::Checkpoint;
pub use curve::{Chart, Curve, CurvePoint, Figures};
pub use error::TrainError;
pub use few_shot::{FewShotOptions, FewShotParts, FewShotTrainer, FewShotWeights};
pub use loss::{LossParts, LossWeights};
pub use motion::{MotionOptions, MotionTrainer};
pub use stream::{EpisodeSource, PairSource, Source, Stream, StreamOptions};
pub use trainer::{StepReport, Trainer};
