//! What stands behind the head, and where it comes to light when the head moves away.
//!
//! All of it is in the crop's reach: the matte net sees a head and its hat best when none of them is cut off. The matte says which part of the portrait is head; behind it, the background is filled in once. In each frame the matte moves as the head does: where the
//! head was and is no more, the plate shows.

use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;
use rayon::iter::{IndexedParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;

use super::contour::{Contour, MovedContour};
use super::outline::Outline;
use super::reach::{HeadField, bilinear};
use super::{FLOW_CELLS, smooth_step};
use crate::data::{CROP_PX, Crop, Landmarks, Portrait, UncoveredField, UpFromChin};
use crate::model::MATTE_CELLS;
use retrato_head::Attachment;
use retrato_plate::{CoarseShares, Plate, SoftMatte, Window};

/// Cells round the matte in which the plate may show: what a warp shows there is stretched.
const BEYOND: usize = 3;
/// Shares of head over which a place counts as uncovered when the head has gone from it.
pub(super) const GONE: std::ops::Range<f32> = 0.2..0.7;
/// Shares of head over which a place counts as one that the head comes to.
pub(super) const COMES: std::ops::Range<f32> = 0.2..0.6;
/// Cells of the reach that a head never goes further.
const FARTHEST_CELLS: usize = 24;
/// Motion below which nothing is uncovered and from which on all of it is, in crop pixels: at rest the picture is its own, and over a narrow gap its own pixels,
/// stretched, look more like it than what was filled in (measured on four real clips, where the whole picture and the face came nearer on each).
pub(super) const MOVED_PX: std::ops::Range<f32> = 4.0..9.0;
/// Share of the head's motion from which on a place begins to move with it, and does.
pub(super) const MOVES_ALONG: std::ops::Range<f32> = 0.3..0.7;
/// Along the face's height from the chin (0) upwards, in distances between the eyes: below the first nothing is uncovered, since neck and long hair do not
/// follow the head as a whole.
pub(super) const ABOVE_CHIN: std::ops::Range<f32> = 0.2..0.8;
/// Where there was less head than this, nothing is uncovered.
pub(super) const LEAST_HEAD: f32 = 1e-3;
const CELL_PX: f32 = CROP_PX / MATTE_CELLS as f32;

/// How many numbers a plate's matte and its reach have.
pub(super) const HEAD_NUMBERS: usize = MATTE_CELLS * MATTE_CELLS;
pub(super) const REACH_NUMBERS: usize = UncoveredField::CELLS * UncoveredField::CELLS;

/// The head's soft edge and the whole picture without it.
pub(super) type Parts = (Option<Arc<SoftMatte>>, Arc<RgbaImage>);

/// Shares of head and body, 0 to 1, at places in pixels of the picture.
pub(super) type Shares<'a> = &'a (dyn Fn(Vec2) -> [f32; 2] + Sync);

/// How far the places of a portrait go with its head, of which `head` says the share, 0 to 1, at a point in crop pixels.
pub(super) fn attached(portrait: &Portrait, head: &dyn Fn(Vec2) -> f32) -> Attachment {
    Attachment::of(&portrait.landmarks_in_crop(), &portrait.crop, portrait.pixels.dimensions().into(), head)
}

/// A person and what of them moves, as far as a net knows.
pub(super) struct MovingShares<'a> {
    shares: Shares<'a>,
    crop: Crop,
    /// Head and body in every cell.
    seen: Vec<[f32; 2]>,
    attached: Attachment,
}

impl<'a> MovingShares<'a> {
    /// From the shares of head and body.
    pub(super) fn new(shares: Shares<'a>, portrait: &Portrait) -> Self {
        let crop = portrait.crop;
        let reach = crop.reach();
        let seen: Vec<[f32; 2]> = (0..HEAD_NUMBERS).map(|cell| shares(reach.image_from_crop(centre(cell)))).collect();
        // As the head is made later: where what is filled in went farther than what moves, a hole would be seen.
        let head = softened(&heads(&seen));
        let attached = attached(portrait, &|point| sampled(&head, Crop::reach_from_crop(point)));
        Self { shares, crop, seen, attached }
    }

    /// Calls `work` with what is known of them, for the soft edge and the plate.
    pub(super) fn with_coarse<T>(&self, work: impl FnOnce(&CoarseShares<'_>) -> T) -> T {
        work(&CoarseShares {
            at: &|at| {
                let [head, body] = (self.shares)(at);
                [1.0 - (1.0 - head) * (1.0 - body), body]
            },
            uncovered: &|at| self.attached.may_uncover(self.crop.crop_from_image(at)),
            cell_px: self.crop.reach().side_px / MATTE_CELLS as f32,
        })
    }
}

/// The clean plate of one portrait.
#[derive(Clone)]
pub(super) struct CleanPlate {
    /// The whole picture, with the background in the place of the head.
    pub pixels: Arc<RgbaImage>,
    /// The person with a soft edge at the picture's own detail; `None` where the picture shows next to nothing of the reach.
    pub soft: Option<Arc<SoftMatte>>,
    /// Share of head, [`MATTE_CELLS`] squared, softened: a net that is sure of every cell would leave the cells to be seen at the hair's edge.
    pub head: Vec<f32>,
    /// The cells from which the head is not too far to come there, whatever it does.
    pub near_head: Vec<bool>,
    /// Share of head with its rim and without the body, for every cell of [`UncoveredField::CELLS`] squared.
    pub reach: Vec<f32>,
    /// Share of face with its rim, [`MATTE_CELLS`] squared: neither ears nor collars.
    pub face: Vec<f32>,
    /// Where the face ends in the picture.
    pub contour: Contour,
}

impl CleanPlate {
    /// Of a face with those landmarks in the crop, from its parts as they were kept.
    pub(super) fn from_parts((soft, pixels): Parts, head: Vec<f32>, reach: Vec<f32>, landmarks: &Landmarks) -> Self {
        let contour = Contour::of(landmarks, |point| sampled(&head, Crop::reach_from_crop(point)));
        let outline = Outline::of(landmarks);
        let face = (0..HEAD_NUMBERS).map(|cell| outline.share(Crop::crop_from_reach(centre(cell)))).collect();
        Self { pixels, soft, near_head: near(&head), head, reach, face, contour }
    }

    /// From the shares of head and body, 0 to 1, at places in pixels of the picture, filled in by `fill`.
    pub(super) fn of(
        shares: Shares<'_>,
        portrait: &Portrait,
        fill: impl FnOnce(&RgbaImage, &SoftMatte, &CoarseShares<'_>) -> Plate,
    ) -> Self {
        let picture = &*portrait.pixels;
        let moving = MovingShares::new(shares, portrait);
        let (soft, pixels) = moving.with_coarse(|coarse| {
            let window = Window::of([picture.width(), picture.height()], &portrait.crop.reach());
            let soft = window.map(|window| Arc::new(SoftMatte::of(picture, window, coarse)));
            let pixels = match &soft {
                Some(soft) => Arc::new(fill(picture, soft, coarse).pixels),
                None => Arc::clone(&portrait.pixels),
            };
            (soft, pixels)
        });
        let head = heads(&moving.seen);
        // A collar beside the face is not behind it.
        let beside: Vec<f32> = widened(&head, BEYOND).iter().zip(&moving.seen).map(|(head, [_, body])| head * (1.0 - body)).collect();
        let beside = softened(&beside);
        let place = |cell: usize| Vec2::new((cell % UncoveredField::CELLS) as f32, (cell / UncoveredField::CELLS) as f32);
        let shown = (0..REACH_NUMBERS).map(|cell| sampled(&beside, place(cell))).collect();
        Self::from_parts((soft, pixels), softened(&head), shown, &portrait.landmarks_in_crop())
    }

    /// The head on its way to `target`, landmarks in the crop; `head` is its backward flow.
    pub(super) fn moving<'a>(&'a self, head: &'a HeadField<'a>, target: &Landmarks) -> MovingHead<'a> {
        MovingHead { plate: self, head, up: UpFromChin::of(target), contour: self.contour.moved(target) }
    }
}

impl CleanPlate {
    /// Whether the head is near enough to a point in crop pixels to come there.
    fn may_come(&self, point: Vec2) -> bool {
        self.near_head[cell_at(Crop::reach_from_crop(point))]
    }
}

/// A head that has left its place.
pub(super) struct MovingHead<'a> {
    plate: &'a CleanPlate,
    head: &'a HeadField<'a>,
    up: UpFromChin,
    contour: MovedContour,
}

impl MovingHead<'_> {
    /// Backward flow at a point in crop pixels beyond the crop: the head's own where it comes to be, and none elsewhere.
    pub(super) fn beyond_crop(&self, point: Vec2) -> Vec2 {
        let above = smooth_step(&ABOVE_CHIN, self.up.height(point));
        if above <= 0.0 || !self.plate.may_come(point) {
            return Vec2::ZERO;
        }
        let flow = self.head.at(point);
        flow * (above * smooth_step(&COMES, self.reached_by(point, flow)))
    }

    /// Where the head was and is no more. `shown` is the flow over the reach that the picture is fetched by, [`FLOW_CELLS`] squared.
    pub(super) fn uncovered(&self, shown: &[Vec2], uncovered: &mut UncoveredField) {
        uncovered.size = UncoveredField::CELLS;
        uncovered.cells.resize(UncoveredField::CELLS * UncoveredField::CELLS, 0.0);
        uncovered.cells.par_chunks_exact_mut(UncoveredField::CELLS).with_min_len(16).enumerate().for_each(|(row, line)| {
            for (column, share) in line.iter_mut().enumerate() {
                let reach = self.plate.reach[row * UncoveredField::CELLS + column];
                let place = Vec2::new(column as f32, row as f32);
                *share = if reach < LEAST_HEAD {
                    0.0
                } else {
                    reach * self.gone_from(Crop::crop_from_reach(place), || bilinear(shown, FLOW_CELLS, place))
                };
            }
        });
    }

    /// How far the head has gone from a point where it was, in crop pixels; `shown` is the flow by which the picture is fetched there.
    fn gone_from(&self, point: Vec2, shown: impl FnOnce() -> Vec2) -> f32 {
        let above = smooth_step(&ABOVE_CHIN, self.up.height(point));
        if above <= 0.0 {
            return 0.0;
        }
        let with_head = self.gone_with_head(point, shown);
        above * if with_head < 1.0 { with_head.max(self.gone_with_edge(point)) } else { with_head }
    }

    /// The same by the motion of the head as a whole, chin or no chin.
    fn gone_with_head(&self, point: Vec2, shown: impl FnOnce() -> Vec2) -> f32 {
        let flow = self.head.at(point);
        let gone = self.left_by(point, flow);
        if gone > 0.0 { gone * (1.0 - self.head_shown(point, flow, shown())) } else { 0.0 }
    }

    /// How far the face has gone from a point where it was, by the motion of its edge.
    fn gone_with_edge(&self, point: Vec2) -> f32 {
        let face = sampled(&self.plate.face, Crop::reach_from_crop(point));
        if face <= 0.0 {
            return 0.0;
        }
        self.contour.flow_at(point).map_or(0.0, |(flow, weight)| face * weight * self.left_by(point, flow))
    }

    /// How surely nothing of the head comes to a point that moves by `flow`.
    fn left_by(&self, point: Vec2, flow: Vec2) -> f32 {
        let moved = smooth_step(&MOVED_PX, flow.length());
        if moved > 0.0 { moved * (1.0 - smooth_step(&GONE, self.reached_by(point, flow))) } else { 0.0 }
    }

    /// How surely head is shown at a point that moves by `flow` with the head and is fetched by `shown`: what comes from the head and moves as it does is the
    /// head's, and no rest of it that stayed behind.
    fn head_shown(&self, point: Vec2, flow: Vec2, shown: Vec2) -> f32 {
        let along = shown.dot(flow) / flow.length_squared().max(1.0);
        smooth_step(&MOVES_ALONG, along) * smooth_step(&GONE, self.reached_by(point, shown))
    }

    /// How surely the head comes to be at a point in crop pixels.
    pub(super) fn is_at(&self, point: Vec2) -> f32 {
        smooth_step(&COMES, self.reached_by(point, self.head.at(point)))
    }

    /// Share of head where a point's flow leads to.
    fn reached_by(&self, point: Vec2, flow: Vec2) -> f32 {
        sampled(&self.plate.head, Crop::reach_from_crop(point + flow))
    }
}

/// The shares of head of all cells.
fn heads(seen: &[[f32; 2]]) -> Vec<f32> {
    seen.iter().map(|[head, _]| *head).collect()
}

/// Middle of a cell, in pixels of the reach.
pub(super) fn centre(cell: usize) -> Vec2 {
    (Vec2::new((cell % MATTE_CELLS) as f32, (cell / MATTE_CELLS) as f32) + 0.5) * CELL_PX - 0.5
}

/// The cell that a place of the reach lies in, or the nearest one.
fn cell_at(at: Vec2) -> usize {
    let [x, y] = ((at + 0.5) / CELL_PX).to_array().map(|v| (v.max(0.0) as usize).min(MATTE_CELLS - 1));
    y * MATTE_CELLS + x
}

/// A plane of [`MATTE_CELLS`] squared at a place of the reach, bilinear; beyond its edge it repeats.
pub(super) fn sampled(plane: &[f32], at: Vec2) -> f32 {
    let place = ((at + 0.5) / CELL_PX - 0.5).clamp(Vec2::ZERO, Vec2::splat((MATTE_CELLS - 1) as f32));
    let (x, y) = (place.x as usize, place.y as usize);
    let (u, v) = (place.x.fract(), place.y.fract());
    let cell = |x: usize, y: usize| plane[y.min(MATTE_CELLS - 1) * MATTE_CELLS + x.min(MATTE_CELLS - 1)];
    let between = |a: f32, b: f32, share: f32| a + share * (b - a);
    between(between(cell(x, y), cell(x + 1, y), u), between(cell(x, y + 1), cell(x + 1, y + 1), u), v)
}

/// The row or column `step - reach` from another, the outermost one beyond the edge.
fn beside(at: usize, step: usize, reach: usize) -> usize {
    (at + step).saturating_sub(reach).min(MATTE_CELLS - 1)
}

/// The cells with some head within [`FARTHEST_CELLS`].
fn near(head: &[f32]) -> Vec<bool> {
    widened(head, FARTHEST_CELLS).into_iter().map(|share| share > COMES.start).collect()
}

/// The largest value within some cells in each direction.
fn widened(plane: &[f32], reach: usize) -> Vec<f32> {
    let largest = |value: &dyn Fn(usize) -> f32| (0..=2 * reach).map(value).fold(0.0, f32::max);
    let rows: Vec<f32> = (0..plane.len())
        .map(|cell| {
            let (x, row) = (cell % MATTE_CELLS, cell / MATTE_CELLS * MATTE_CELLS);
            largest(&|step| plane[row + beside(x, step, reach)])
        })
        .collect();
    (0..plane.len())
        .map(|cell| {
            let (x, y) = (cell % MATTE_CELLS, cell / MATTE_CELLS);
            largest(&|step| rows[beside(y, step, reach) * MATTE_CELLS + x])
        })
        .collect()
}

/// Each cell mixed with its neighbours.
fn softened(plane: &[f32]) -> Vec<f32> {
    const WEIGHTS: [f32; 3] = [0.25, 0.5, 0.25];
    let mixed = |cell: usize| {
        let (x, y) = (cell % MATTE_CELLS, cell / MATTE_CELLS);
        let one = |k: usize| WEIGHTS[k % 3] * WEIGHTS[k / 3] * plane[beside(y, k / 3, 1) * MATTE_CELLS + beside(x, k % 3, 1)];
        (0..9).map(one).sum()
    };
    (0..plane.len()).map(mixed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::testing::portrait;

    /// A round head of 60 of the reach's pixels about (128, 130), in a picture of 512 pixels that is the reach.
    fn plate() -> (CleanPlate, Portrait) {
        let pixels = RgbaImage::from_fn(512, 512, |x, y| {
            let head = Vec2::new(x as f32, y as f32).distance(Vec2::new(256.5, 260.5)) < 120.0;
            image::Rgba(if head { [220, 40, 40, 255] } else { [40, 90, 60, 255] })
        });
        let reach = Crop::whole(512.0);
        let crop = Crop { origin_px: Crop::BEFORE_REACH.map(|px| px * 512.0 / 384.0), side_px: 512.0 / Crop::REACH };
        let landmarks_in_image = rest().map(|p| crop.image_from_crop(p));
        let portrait = Portrait { crop, landmarks_in_image, ..portrait(pixels) };
        let share = |at: Vec2| (60.5 - reach.crop_from_image(at).distance(Vec2::new(128.0, 130.0))).clamp(0.0, 1.0);
        (CleanPlate::of(&|at| [share(at), 0.0], &portrait, Plate::of), portrait)
    }

    #[test]
    fn the_head_is_gone_from_the_plate_and_the_rest_is_the_pictures_own() {
        let (plate, portrait) = plate();
        let mut unequal = 0;
        for ((x, y, a), b) in plate.pixels.enumerate_pixels().zip(portrait.pixels.pixels()) {
            let far = Vec2::new(x as f32, y as f32).distance(Vec2::new(256.5, 260.5));
            unequal += usize::from(far > 144.0 && a != b);
            assert!(far > 118.0 || a[0] < 60, "red is left at {x}, {y}: {a:?}");
        }
        assert_eq!(unequal, 0, "the background is untouched");
    }

    #[test]
    fn a_cell_that_is_taken_for_head_far_from_it_is_not_filled_in() {
        let (_, portrait) = plate();
        let reach = portrait.crop.reach();
        let head = |at: Vec2| (60.5 - at.distance(Vec2::new(128.0, 130.0))).clamp(0.0, 1.0);
        let spot = Vec2::new(232.5, 150.5);
        let shares = |at: Vec2| {
            let at = reach.crop_from_image(at);
            let is_spot = at.distance(spot) < 1.5;
            [if is_spot { 1.0 } else { head(at) }, f32::from(u8::from(at.x > 196.0 && !is_spot))]
        };
        let plate = CleanPlate::of(&shares, &portrait, Plate::of);
        let moving = attached(&portrait, &|point| sampled(&plate.head, Crop::reach_from_crop(point)));
        let (mut filled, mut beyond) = (0, 0);
        for ((x, y, a), b) in plate.pixels.enumerate_pixels().zip(portrait.pixels.pixels()) {
            let moves = moving.may_uncover(portrait.crop.crop_from_image(Vec2::new(x as f32, y as f32))) > 0.0;
            filled += usize::from(a != b);
            beyond += usize::from(a != b && !moves);
        }
        assert!(filled > 10_000, "the head is filled in: {filled} pixels");
        assert_eq!(beyond, 0, "and nothing where nothing moves");
    }

    /// The landmarks of a face in that head.
    fn rest() -> Landmarks {
        Landmarks(crate::face::template().map(|p| Crop::crop_from_reach(p.truncate() * 28.0 + Vec2::new(128.0, 135.0))))
    }

    #[test]
    fn what_the_head_leaves_is_uncovered_and_at_rest_nothing_is() {
        let (plate, _) = plate();
        let rest = rest();
        let shares = |down_px: f32| {
            let target = rest.map(|p| p + Vec2::new(0.0, down_px));
            let near = vec![Vec2::new(0.0, -down_px); crate::model::INPUT_CELLS.pow(2)];
            let head = HeadField::new(&rest, &target, &near);
            let mut field = UncoveredField::default();
            plate.moving(&head, &target).uncovered(&vec![Vec2::ZERO; FLOW_CELLS * FLOW_CELLS], &mut field);
            field.cells
        };
        assert!(shares(0.0).iter().all(|share| *share == 0.0), "at rest");
        let moved = shares(18.0);
        let at = |at: Vec2| moved[at.y as usize * UncoveredField::CELLS + at.x as usize];
        assert!(at(Vec2::new(128.0, 74.0)) > 0.9, "above the crown");
        for still in [Vec2::new(128.0, 130.0), Vec2::new(128.0, 40.0), Vec2::new(128.0, 192.0)] {
            assert!(at(still) < 0.01, "{still} is head, background or neck");
        }
    }

    #[test]
    fn a_cheek_that_draws_back_uncovers_what_is_behind_it_whatever_the_warp_shows() {
        let rest = Landmarks(crate::face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)));
        let outline = Outline::of(&rest);
        let inside = |cell: usize| f32::from(u8::from(outline.share(Crop::crop_from_reach(centre(cell))) >= 1.0));
        let nothing_filled = (None, Arc::new(RgbaImage::new(1, 1)));
        let head = (0..HEAD_NUMBERS).map(inside).collect();
        let mut plate = CleanPlate::from_parts(nothing_filled, head, vec![1.0; REACH_NUMBERS], &rest);
        let mut target = rest.clone();
        target.0[..6].iter_mut().for_each(|p| p.x += 16.0);
        let near = crate::model::candidate_flows(&rest.0, &target.0, crate::model::INPUT_CELLS).near;
        let head = HeadField::new(&rest, &target, &near);
        // The net fetches cheek there, on the way from the new edge to the still background.
        let gone = |plate: &CleanPlate| plate.moving(&head, &target).gone_from(rest.0[2] + Vec2::new(7.0, 0.0), || Vec2::new(-9.0, 0.0));
        assert!(gone(&plate) > 0.8, "{}", gone(&plate));
        let inside = plate.moving(&head, &target).gone_from(rest.0[30], || Vec2::ZERO);
        assert!(inside < 1e-6, "the face itself stays: {inside}");
        plate.contour = Contour::default();
        assert!(gone(&plate) < 0.5, "it is the edge that says so: {}", gone(&plate));
    }

    #[test]
    fn a_head_is_where_it_comes_to_be_and_moves_there_beyond_the_crop() {
        let (plate, _) = plate();
        let (rest, up_px) = (rest(), Vec2::new(0.0, -30.0));
        let target = rest.map(|p| p + up_px);
        let near = vec![-up_px; crate::model::INPUT_CELLS.pow(2)];
        let head = HeadField::new(&rest, &target, &near);
        let moving = plate.moving(&head, &target);
        // The crown was at 70 in the reach's pixels, and comes to 50.
        let [new_crown, above, beside] = [(128.0, 58.0), (128.0, 42.0), (40.0, 58.0)].map(|(x, y)| Crop::crop_from_reach(Vec2::new(x, y)));
        assert!(new_crown.y < 0.0, "the new crown is beyond the crop: {new_crown}");
        assert!(moving.is_at(new_crown) > 0.9 && moving.beyond_crop(new_crown).distance(-up_px) < 1.0, "it moves there");
        for still in [above, beside] {
            assert!(moving.is_at(still) < 0.01 && moving.beyond_crop(still).length() < 0.1, "{still} is background");
        }
    }
}
