//! The portrait's head in 3D, and the memory for drawing it.

use std::ops::Range;
use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::math::hull;
use retrato_head::{HeadPainter, HeadShape, PosedHead};

use crate::data::{HeadChange, PartChange, PasteRegion};

/// A head that is turned from frame to frame.
pub(super) struct TurnedHead {
    shape: Arc<HeadShape>,
    plate: Arc<RgbaImage>,
    posed: PosedHead,
    painter: HeadPainter,
}

impl TurnedHead {
    /// With what stands behind it, of its picture's size; a head knows that as well as it was known when it was made.
    pub(super) fn new(shape: Arc<HeadShape>, plate: Option<Arc<RgbaImage>>) -> Self {
        Self {
            plate: plate.unwrap_or_else(|| Arc::clone(&shape.plate)),
            shape,
            posed: PosedHead::default(),
            painter: HeadPainter::default(),
        }
    }

    /// What stands behind it.
    pub(super) fn plate(&self) -> &Arc<RgbaImage> {
        &self.plate
    }

    /// The same in a picture that is smaller by `scale`: that picture, and its plate.
    pub(super) fn smaller(&self, scale: f32, picture: &Arc<RgbaImage>, plate: &Arc<RgbaImage>) -> Self {
        Self::new(Arc::new(self.shape.smaller(scale, picture, plate)), None)
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
            let written = painter.paint(shape, posed, &change.mouth, plate, target, changed);
            if posed.still {
                return written;
            }
            change.parts.iter().fold(written, |written, part| hull(written, add(shape, part, target)))
        })
    }
}

/// Adds what is changed of a part to the drawn picture; returns the rows of the region in which it may.
fn add(shape: &HeadShape, part: &PartChange, target: &mut RgbaImage) -> Range<usize> {
    let PasteRegion { left, top, width, height } = shape.region;
    let corners = part.corners().map(|at| shape.crop.image_from_crop(at));
    let low = corners.into_iter().fold(Vec2::INFINITY, Vec2::min).max(Vec2::new(left as f32, top as f32));
    let high = corners.into_iter().fold(Vec2::NEG_INFINITY, Vec2::max).min(Vec2::new((left + width) as f32, (top + height) as f32) - 1.0);
    if !(low.is_finite() && high.is_finite() && low.cmple(high).all()) {
        return 0..0;
    }
    let (columns, rows) = (low.x.ceil() as usize..high.x as usize + 1, low.y.ceil() as usize..high.y as usize + 1);
    let stride = 4 * target.width() as usize;
    let lines = target.as_mut().get_mut(rows.start * stride..rows.end * stride).unwrap_or_default();
    lines.par_chunks_exact_mut(stride).enumerate().for_each(|(line, pixels)| {
        let y = (rows.start + line) as f32;
        for (column, pixel) in columns.clone().zip(pixels.as_chunks_mut::<4>().0[columns.clone()].iter_mut()) {
            let added = part.at(shape.crop.crop_from_image(Vec2::new(column as f32, y)));
            if added != Vec3::ZERO {
                for (value, added) in pixel.iter_mut().zip(added.to_array()) {
                    *value = (f32::from(*value) + 255.0 * added + 0.5).clamp(0.0, 255.0) as u8;
                }
            }
        }
    });
    rows.start - top as usize..rows.end - top as usize
}
