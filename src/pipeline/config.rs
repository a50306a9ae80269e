//! What a live pipeline starts with.

use std::path::PathBuf;
use std::time::Instant;

use super::fine_tuning::FineTuning;
use super::picture_memory::PictureMemory;
use crate::executor::{Decision, Executors};
use crate::generate::GeneratorChoice;
use crate::settings::Controls;

/// What a live pipeline starts with. The default makes its pictures on the CPU and remembers nothing.
pub struct PipelineConfig {
    /// The landmark model's place, where it is not in a usual one.
    pub landmark_model: Option<PathBuf>,
    /// What makes pictures, for the start and for every later choice.
    pub executors: Executors,
    /// Which of them to start with.
    pub executor: Decision,
    /// What moves the portrait.
    pub generator: GeneratorChoice,
    /// First settings of the motion.
    pub controls: Controls,
    /// How portraits are fine-tuned, and what earlier runs made of them.
    pub fine_tuning: FineTuning,
    /// What is remembered of pictures that were opened before.
    pub memory: PictureMemory,
    /// When the program began; the log says how long after that the first frame was there.
    pub began: Instant,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        Self {
            landmark_model: None,
            executors: Executors::default(),
            executor: Decision::default(),
            generator: GeneratorChoice::default(),
            controls: Controls::default(),
            fine_tuning: FineTuning::default(),
            memory: PictureMemory::default(),
            began: Instant::now(),
        }
    }
}
