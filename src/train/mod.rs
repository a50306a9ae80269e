//! Training of the networks on synthetic heads and on clips: streams of samples, losses, checkpoints that resume exactly, learning curves.

mod checkpoint;
mod clips;
mod curve;
mod episode;
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
pub use clips::{ClipFrame, ClipSource, FEWEST_CLIP_FRAMES, MOST_CLIP_FRAMES, PreparedClip};
pub use curve::{Chart, Curve, CurvePoint, Figures};
pub use episode::{EpisodeSource, HeadEpisode, HeadFrame};
pub use error::TrainError;
pub use few_shot::{FewShotOptions, FewShotParts, FewShotTrainer, FewShotWeights};
pub use loss::{LossParts, LossWeights};
pub use motion::{MotionOptions, MotionTrainer};
pub use stream::{PairSource, Source, Stream, StreamOptions};
pub use trainer::{StepReport, Trainer};
