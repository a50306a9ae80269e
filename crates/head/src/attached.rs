//! What hangs from the head: how far each place of a picture goes with it.
//!
//! Hair, veil and collar are joined to the head at one end and lie on the shoulders with the other. Cut off anywhere, the rest stays behind as a ghost; so the head's
//! motion fades along them, downwards and away from the head, and nothing is torn.

use std::ops::Range;

use glam::Vec2;
use retrato_core::data::{CROP_PX, Crop, Landmarks, UpFromChin};

use crate::grid::{CELL_PX, Grid, middle, smooth_step};

// All lengths are in distances between the eyes.

/// Heights above the chin over which the head's motion fades to that of the body.
const NECK: Range<f32> = -0.9..0.3;
/// Distances from the head over which it does, too: what is farther away is no part of it. Tuned by eye on `mona_lisa` and
/// `long_hair_waterfall`, and on the shoulders of `phone_talk`, as is [`NECK`].
const AWAY: Range<f32> = 0.05..0.7;
/// Standard deviation by which the fading is softened: cloth that hangs down must not be bent like a knee. Tuned by eye on `girl_with_a_pearl_earring`.
pub(crate) const SOFTENED: f32 = 0.25;
/// So far beyond the last place that moves before the fading is softened a place may still be uncovered.
const ROOM: Range<f32> = 2.0 * SOFTENED..2.5 * SOFTENED;
/// Distances from where the picture cuts a person off over which they begin to move inwards: what is cut off goes on beyond,
/// and must not be pulled in.
const TIED: Range<f32> = 0.1..0.9;
/// Height above the chin below which what is cut off is held: the crown of a head that is cut off goes with it all the same.
const LOW: f32 = 0.5;
/// Distances from the edge of the crop's reach over which a place begins to be uncovered, in crop pixels: what is filled in goes some pixels farther.
const REACH_ENDS_PX: Range<f32> = 8.0..12.0;
/// Share of head from which on a place is head.
const HEAD: f32 = 0.5;

/// How far the places of one portrait go with its head.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Distance from the head.
    away: Grid,
    up: UpFromChin,
    /// Corners of the picture.
    shown: [Vec2; 2],
}

impl Attachment {
    /// Of a face with those landmarks, in crop pixels; `head` is the share of head, 0 to 1, at such a point. The crop's picture has that size in pixels.
    pub fn of(landmarks: &Landmarks, crop: &Crop, picture_size: [u32; 2], head: &dyn Fn(Vec2) -> f32) -> Self {
        let last = Vec2::from_array(picture_size.map(|px| px as f32)) - 1.0;
        let shown = [Vec2::ZERO, last].map(|corner| crop.crop_from_image(corner));
        let up = UpFromChin::of(landmarks);
        let away = Grid::of(|cell| head(middle(cell))).distance_to(|share| share > HEAD).map(|px| px / up.unit_px);
        Self { away, up, shown }
    }

    /// Height of a point above the chin, in distances between the eyes.
    pub(crate) fn above(&self, point: Vec2) -> f32 {
        self.up.height(point)
    }

    /// Of every cell how firmly the picture's left, upper, right and lower edge hold it, 0 to 1: where they cut a body off. `shares` are the person's shares.
    pub(crate) fn held(&self, shares: &Grid) -> [Grid; 4] {
        let reach = reach();
        std::array::from_fn(|side| {
            let at_edge = |point: Vec2| {
                let ends = [&self.shown, &reach].map(|edges| from_side(edges, side, point));
                ends.iter().any(|inside| (0.0..1.5 * CELL_PX).contains(inside)) && self.above(point) < LOW
            };
            let cut = Grid::of(|cell| if at_edge(middle(cell)) { shares.0[cell] } else { 0.0 });
            cut.distance_to(|share| share > 0.5).map(|px| 1.0 - smooth_step(&TIED, px / self.up.unit_px))
        })
    }

    /// How far a point goes with the head, 0 to 1, where nothing holds it.
    pub(crate) fn weight(&self, point: Vec2) -> f32 {
        smooth_step(&NECK, self.above(point)) * (1.0 - smooth_step(&AWAY, self.away.at(point)))
    }

    /// Whether what stands behind a point may be uncovered: 1 where it goes with the head at all, and a little beyond; 0 far from it.
    pub fn may_uncover(&self, point: Vec2) -> f32 {
        let from_end = (0..4).map(|side| from_side(&reach(), side, point)).fold(f32::INFINITY, f32::min);
        let below = NECK.start - self.above(point);
        let beyond = self.away.at(point) - AWAY.end;
        (1.0 - smooth_step(&ROOM, below)) * (1.0 - smooth_step(&ROOM, beyond)) * smooth_step(&REACH_ENDS_PX, from_end)
    }
}

/// Corners of the crop's reach, in crop pixels.
fn reach() -> [Vec2; 2] {
    let low = -Vec2::from_array(Crop::BEFORE_REACH);
    [low, low + Crop::REACH * CROP_PX - 1.0]
}

/// How far a point is inside of a box from its left, upper, right or lower side.
fn from_side([low, high]: &[Vec2; 2], side: usize, point: Vec2) -> f32 {
    let inside = if side < 2 { point - low } else { high - point };
    inside[side % 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::testing;

    #[test]
    fn the_motion_fades_downwards_and_away_and_what_moves_may_uncover() {
        let landmarks = testing::mesh().landmarks();
        let (middle, unit) = (landmarks.0[27], landmarks.inter_ocular());
        let attached =
            Attachment::of(&landmarks, &testing::crop(), [testing::SIDE; 2], &|at| f32::from(u8::from(at.distance(middle) < unit)));
        let at = |right: f32, down: f32| middle + unit * Vec2::new(right, down);
        let weight = |right, down| attached.weight(at(right, down));
        assert!(weight(0.0, 0.0) > 0.99 && weight(1.05, 0.0) > 0.95, "the head and what is next to it");
        assert!(weight(1.5, 0.0) < weight(1.2, 0.0) && weight(2.0, 0.0) <= 0.0, "less and less away from it");
        assert!(weight(0.0, 4.0) <= 0.0, "the chest stays");
        for n in 0..400 {
            let point = at((n % 20) as f32 * 0.4 - 4.0, (n / 20) as f32 * 0.4 - 4.0);
            let (weight, uncovered) = (attached.weight(point), attached.may_uncover(point));
            assert!(weight <= 0.0 || uncovered >= 1.0, "{weight} at {point}, but {uncovered}");
        }
        let far = attached.may_uncover(at(5.0, 0.0)).max(attached.may_uncover(at(0.0, 6.0)));
        assert!(far <= 0.0, "nothing far away: {far}");
    }

    #[test]
    fn the_edge_that_cuts_a_body_off_holds_it_and_one_that_cuts_a_crown_off_does_not() {
        let landmarks = testing::mesh().landmarks();
        let attached = Attachment::of(&landmarks, &testing::crop(), [testing::SIDE; 2], &|_| 1.0);
        // A body that goes on below the picture, and a crown that goes on above it.
        let person = Grid::of(|cell| f32::from(u8::from((middle(cell).x - landmarks.0[8].x).abs() < 20.0)));
        let [left, upper, right, lower] = attached.held(&person);
        let edge = testing::crop().crop_from_image(Vec2::splat(testing::SIDE as f32 - 1.0));
        let at_edge = Vec2::new(landmarks.0[8].x, edge.y);
        assert!(lower.at(at_edge) > 0.9 && lower.at(landmarks.0[27]) < lower.at(at_edge), "held below: {}", lower.at(at_edge));
        assert!([left, upper, right].iter().all(|side| side.0.iter().all(|held| *held <= 0.0)), "and nowhere else");
    }

    #[test]
    fn without_a_head_nothing_goes_with_it() {
        let landmarks = testing::mesh().landmarks();
        let attached = Attachment::of(&landmarks, &testing::crop(), [testing::SIDE; 2], &|_| 0.0);
        assert!(attached.weight(landmarks.0[8]) <= 0.0, "nothing moves");
    }
}
