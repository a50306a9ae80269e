//! Training of the networks on synthetic heads and on clips: streams of samples, losses, checkpoints that resume exactly, learning curves.

mod acting;
mod checkpoint;
mod clips;
mod curve;
mod episode;
mod face_mesh;
mod few_shot;
mod learning;
mod loss;
mod matte;
mod motion;
mod pairs;
mod samples;
mod stream;
mod trainer;
mod uncovered;

pub use acting::{ACTS, Act, ActingError, Actor};
pub use checkpoint::Checkpoint;
pub use clips::{ClipDataset, ClipFrame, FEWEST_CLIP_FRAMES, MOST_CLIP_FRAMES, PreparedClip};
pub use curve::{Curve, CurvePoint};
pub use episode::EpisodeSource;
pub use face_mesh::{FaceMeshError, FaceMeshFigures, LearntFaceMesh, learn_face_mesh};
pub use few_shot::{DISCRIMINATOR_FILE, FewShotStart, FewShotTrainer};
pub use loss::{LossParts, LossWeights};
pub use matte::{MatteExample, MatteParts, MatteTask, MatteTrainer};
pub use motion::{MotionTask, MotionTrainer};
pub use pairs::{PairOptions, PairTask, PairTrainer};
pub use stream::{Dataset, PairSource, Stream, StreamOptions};
pub use trainer::{StepReport, Trainer};
