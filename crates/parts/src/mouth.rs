//! The inside of a mouth as anatomy says, in the shadow of the lips: the start from which the network draws it.

use glam::{Vec2, Vec3, Vec4};
use retrato_core::data::MouthPicture;
use retrato_model::{DrawnPart, MouthPrior};

/// Draws what is seen in a mouth whose lips are the given landmarks, in a part of the picture with its corner there, of that many pixels across and down, with
/// some cells along each of them. `picture` is memory to use again.
pub fn mouth_picture(
    prior: &MouthPrior,
    landmarks: &[Vec2],
    corner: [usize; 2],
    size: [usize; 2],
    per_px: usize,
    mut picture: MouthPicture,
) -> MouthPicture {
    picture.corner = corner;
    picture.per_px = per_px;
    picture.size = size.map(|px| px * per_px);
    picture.cells.clear();
    picture.cells.resize(picture.size[0] * picture.size[1], Vec4::ZERO);
    prior.each(landmarks, DrawnPart::new(corner, size, per_px), |cell, colour, share| {
        if share > 0.0
            && let Some(cell) = picture.cells.get_mut(cell)
        {
            *cell = in_shadow(colour).extend(1.0);
        }
    });
    picture
}

/// A colour of the mouth's inside in the shadow of the lips and cheeks, the deeper the darker it is by itself: teeth stand in front, the tongue behind them.
/// Tuned by eye on `mona_lisa`, `sargent_black_dress` and `long_hair_waterfall`, and by the errors of the clips `lively_turns`, smile and `mouth_wide`.
fn in_shadow(colour: Vec3) -> Vec3 {
    let light = colour.dot(Vec3::new(0.3, 0.59, 0.11)).clamp(0.0, 1.0);
    // What is darker also loses colour to the brown of a shadow.
    let grey = Vec3::splat(light);
    colour.lerp(grey, 0.15) * (0.55 + 0.4 * light)
}
