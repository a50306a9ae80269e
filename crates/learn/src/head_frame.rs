//! What few-shot learning sees, whoever it comes from: frames of one head, synthetic, filmed or painted.

use std::sync::Arc;

use glam::Vec2;
use image::RgbImage;

use super::parts::parts;

/// One frame of a head.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadFrame {
    /// [`crate::data::PICTURE_PX`] squared.
    pub pixels: RgbImage,
    /// [`crate::data::Part`] of every cell, [`crate::data::PLANE_CELLS`] squared, row by row: where to look closely.
    pub labels: Vec<u8>,
    /// The 68 landmarks, in pixel indices; a few may lie outside.
    pub landmarks: [Vec2; 68],
    /// Pupil between landmarks 36 and 39, then the one between 42 and 45, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

impl HeadFrame {
    /// A frame of which nobody knows the parts: they are told by the landmarks.
    pub fn pictured(pixels: RgbImage, landmarks: [Vec2; 68], pupils: Option<[Vec2; 2]>) -> Self {
        Self { labels: parts(&landmarks), pixels, landmarks, pupils }
    }
}

/// Frames of one head before one backdrop.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadEpisode {
    /// Who it is, below the source's number of identities.
    pub identity: u32,
    /// Two at least.
    pub frames: Vec<HeadFrame>,
    /// Which of them is to be made from others, where it may not be any.
    pub target: Option<usize>,
}

/// One sample: an item and the turn in which it is seen.
pub struct Sample<T> {
    /// The item.
    pub item: Arc<T>,
    /// Which of the ways to see the item, counted from 0.
    pub turn: usize,
    /// Position in the stream.
    pub number: u64,
}
