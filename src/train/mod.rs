//! Training of the networks on synthetic heads: streams of samples, losses, checkpoints that resume exactly, learning curves.

mod checkpoint;
mod curve;
mod error;
mod loss;
mod motion;
mod samples;
mod stream;
mod tracker_noise;
mod uncovered;

pub use checkpoint::Checkpoint;
pub use curve::{Curve, CurvePoint};
pub use error::TrainError;
pub use loss::{LossParts, LossWeights};
pub use motion::{MotionOptions, MotionTrainer, StepReport};
pub use stream::{PairSource, Stream, StreamOptions};
