//! Pictures on their way from a source to the tracker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::RgbImage;

use super::FaceMotion;

/// When a frame was taken, on both clocks that matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameTime {
    /// Number of the frame since its source began; a gap means frames were skipped.
    pub index: u64,
    /// Position within the source; runs on across repetitions of a looped clip.
    pub media_time: Duration,
    /// When the frame became available in this program; what latency is measured from.
    pub captured_at: Instant,
}

/// One picture from a camera or a clip: sRGB, 8 bits a channel, upright.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The pixels; shared, since tracker and camera inset both read them.
    pub pixels: Arc<RgbImage>,
    /// When it was taken.
    pub time: FrameTime,
}

/// What a source delivers: pictures still to be tracked, or motion that a performance has stored.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one value travels per frame; a box would cost an allocation each")]
pub enum Input {
    /// A picture.
    Frame(Frame),
    /// Ready motion; `None` while the stored performance has no face.
    Motion(FrameTime, Option<FaceMotion>),
}
