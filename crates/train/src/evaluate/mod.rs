//! Evaluation by self-reenactment: a clip's first frame is animated with the motion of its later frames, and the result is compared with
//! those frames themselves.
//!
//! The measures are those of the prototype's `evalx.py`; `tests/reference/evaluate_measures.py` holds the script behind the recorded numbers.

mod clip;
mod matte;
mod measures;
mod motion;
mod regions;
mod report;
mod runner;
mod scale;
mod sharpness;
mod ssim;
mod synthetic;
mod synthetic_table;
#[cfg(test)]
mod testing;
mod turn;

pub use clip::{Detect, EvaluationClip, EvaluationFrame, SeenFace};
pub use matte::MatteMeter;
pub use measures::{LandmarkError, Measures, compare_landmarks, compare_pictures};
pub use motion::{CHANNELS, Channels, Following, FollowingReport, channels, following, mean_following};
pub use regions::{Mask, background, face, mouth_and_eyes};
pub use report::{Evaluation, FrameScores, Identity, ResultTable, Scores, turn_table};
pub use runner::{CopySource, EvaluateError, ModelError, Reenactor, evaluate};
pub use scale::{scale_to_measure, upright_for_detection};
pub use sharpness::{Detail, compare_detail};
pub use ssim::{SsimMap, structural_similarity};
pub use synthetic::{FilmKind, SyntheticClip, SyntheticFrame};
pub use synthetic_table::{SyntheticResults, SyntheticScores, synthetic_table};
pub use turn::TurnScores;

/// Side of the square in which everything is measured, in pixels.
pub const MEASURE_PX: u32 = 256;
