//! How a change fades to nothing at the edge of its crop.

use crate::data::CROP_PX;

/// Width of the band inside a crop's edge over which a change fades to nothing, in its pixels.
pub(super) const FEATHER_PX: f32 = 10.0;

/// How much of the motion remains at a crop coordinate along one axis: 1 inside, 0 on the crop's edge.
pub(super) fn feather(at_px: f32) -> f32 {
    let inside = (at_px + 0.5).min(CROP_PX - 0.5 - at_px);
    (inside / FEATHER_PX).clamp(0.0, 1.0)
}
