//! The portrait's head in 3D, and the memory for drawing it.

use std::ops::Range;
use std::sync::Arc;

use image::RgbaImage;
use retrato_head::{HeadPainter, HeadShape, PosedHead};

use crate::data::HeadChange;

/// A head that is turned from frame to frame.
pub(super) struct TurnedHead {
    shape: Arc<HeadShape>,
    plate: Arc<RgbaImage>,
    posed: PosedHead,
    painter: HeadPainter,
}

impl TurnedHead {
    pub(super) fn new(shape: Arc<HeadShape>) -> Self {
        Self { plate: Arc::clone(&shape.plate), shape, posed: PosedHead::default(), painter: HeadPainter::default() }
    }

    /// Shows another plate from now on, of the picture's size.
    pub(super) fn set_plate(&mut self, plate: Arc<RgbaImage>) {
        self.plate = plate;
    }

    /// Draws it into a picture that equals the portrait but in some rows of the region; returns those in which it now differs.
    pub(super) fn draw(&mut self, change: &HeadChange, target: &mut RgbaImage, changed: &Range<usize>) -> Range<usize> {
        let Self { shape, plate, posed, painter } = self;
        rayon::scope(|_| {
            shape.pose(&change.motion, posed);
            painter.paint(shape, posed, &change.mouth, plate, target, changed)
        })
    }
}
