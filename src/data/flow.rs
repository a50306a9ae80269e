//! Backward flow: for every place of the new picture, where to look in the old one.

use glam::Vec2;

/// Backward flow over the crop on a square grid.
///
/// Cell `(x, y)` covers a square of `CROP_PX / size` pixels; its value belongs to that square's centre.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowField {
    /// Cells along each side.
    pub size: usize,
    /// Row by row: displacement from a pixel of the new picture to its source, in crop pixels.
    pub displacement_px: Vec<Vec2>,
}

impl FlowField {
    /// A field that moves nothing.
    pub fn still(size: usize) -> Self {
        Self { size, displacement_px: vec![Vec2::ZERO; size * size] }
    }
}
