//! Training of the networks on synthetic heads: streams of samples, losses, checkpoints that resume exactly, learning curves.

mod checkpoint;
mod curve;
mod error;
mod few_shot;
mod loss;
mod matte;
mod motion;
mod pairs;
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
pub use matte::{MatteExample, MatteParts, MatteTask, MatteTrainer};
pub use motion::{MotionTask, MotionTrainer};
pub use pairs::{PairOptions, PairTask, PairTrainer};
pub use stream::{EpisodeSource, PairSource, Sample, Source, Stream, StreamOptions};
pub use trainer::{StepReport, Trainer};
