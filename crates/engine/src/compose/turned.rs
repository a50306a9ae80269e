//! The portrait's head in 3D, and the memory for drawing it.

use std::ops::Range;
use std::sync::Arc;

use image::RgbaImage;
use retrato_head::{HeadPainter, HeadShape, PosedHead};

use crate::data::HeadChange;

/// A head that is turned from frame to frame.
pub(super) struct TurnedHead {
    shape: Arc<HeadShape>,
    posed: PosedHead,
    painter: HeadPainter,
}

impl TurnedHead {
    pub(super) fn new(shape: Arc<HeadShape>) -> Self {
        Self { shape, posed: PosedHead::default(), painter: HeadPainter::default() }
    }

    /// Draws it into a picture that equals the portrait but in some rows of the region; returns those in which it now differs.
    pub(super) fn draw(&mut self, change: &HeadChange, target: &mut RgbaImage, changed: &Range<usize>) -> Range<usize> {
        let Self { shape, posed, painter } = self;
        rayon::scope(|_| {
            shape.pose(&change.motion, posed);
            painter.paint(shape, posed, &change.mouth, target, changed)
        })
    }

    /// The portrait's own picture.
    pub(super) fn picture(&self) -> &Arc<RgbaImage> {
        &self.shape.picture
    }
}
