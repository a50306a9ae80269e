//! What goes into a recording: pictures with their times, and sound that is handed over with them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbaImage;

use crate::data::AudioBlock;

/// One picture to record.
#[derive(Clone, Debug)]
pub struct RecordFrame {
    /// The picture, sRGB with straight alpha. All should have the first one's size; others are fitted into it.
    pub pixels: Arc<RgbaImage>,
    /// When it is to be seen, on a clock of the caller's; the first picture's time becomes zero. With live sound this clock must run like
    /// [`Instant`]. A picture with the time of the one before is a repetition: it is counted and not recorded.
    pub pts: Duration,
    /// When the driving frame was captured: ties live sound to the pictures.
    pub captured_at: Instant,
}

/// A block of pushed sound and its place on the pictures' clock.
pub(super) type PushedSound = (AudioBlock, Duration);
