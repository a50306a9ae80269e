//! Few-shot learning from frames of one head: what training on many persons and fine-tuning on one person share.
//!
//! An example is made from a few source frames and a target ([`examples`]); a batch carries examples to the tensors ([`batch`]); the losses compare what the
//! generator makes with the target ([`loss`]). [`FineTuner`] runs this on the user's own pictures while the portrait lives, so none of it depends on
//! synthetic heads.

pub mod batch;
mod error;
pub mod examples;
mod figures;
mod fine_tune;
mod head_frame;
pub mod loss;
mod options;
mod parts;
mod recolouring;
mod repose;
pub mod tracker_noise;

pub use error::TrainError;
pub use figures::{Chart, Figures};
pub use fine_tune::{FineTuneOptions, FineTuneStep, FineTuneWeights, FineTuned, FineTuner};
pub use head_frame::{HeadEpisode, HeadFrame, Sample};
pub use loss::{FewShotParts, FewShotWeights};
pub use options::{FewShotOptions, Framing};
pub use recolouring::Recolouring;

use retrato_core::{data, random};
use retrato_face::face;
use retrato_model as model;
use retrato_nn::{self as nn, AdamSettings};

/// The discriminator's optimiser forgets faster than the generator's: what it has to tell apart changes all the time.
pub const DISCRIMINATOR_ADAM: AdamSettings = AdamSettings { beta1: 0.5, beta2: 0.99, epsilon: 1e-8, clip_norm: 10.0 };
