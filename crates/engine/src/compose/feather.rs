//! Which pixels of the picture a crop covers, and how to get from them to the flow field.

use crate::data::{CROP_PX, Crop};

/// Width of the band inside a crop's edge over which a change fades to nothing, in its pixels.
pub(super) const FEATHER_PX: f32 = 10.0;

/// The part of a picture that the compositor writes, in whole pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PasteRegion {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Number of columns; zero when crop and picture do not meet.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl PasteRegion {
    /// The crop, cut to the picture.
    pub fn new(crop: &Crop, picture_width: u32, picture_height: u32) -> Self {
        let span = |origin: f32, size: u32| {
            let first = origin.floor().clamp(0.0, size as f32) as u32;
            let end = (origin + crop.side_px).ceil().clamp(0.0, size as f32) as u32;
            (first, end.saturating_sub(first))
        };
        let (left, width) = span(crop.origin_px[0], picture_width);
        let (top, height) = span(crop.origin_px[1], picture_height);
        Self { left, top, width, height }
    }
}

/// How much of the motion remains at a crop coordinate along one axis: 1 inside, 0 on the crop's edge.
pub(super) fn feather(at_px: f32) -> f32 {
    let inside = (at_px + 0.5).min(CROP_PX - 0.5 - at_px);
    (inside / FEATHER_PX).clamp(0.0, 1.0)
}
