//! What narrowed and turned eyes probably look like: the start from which the generator draws them.
//!
//! A smooth flow squeezes an eye together with its iris. Real lids do otherwise: they slide over an eyeball that keeps its shape, and their skin unrolls from
//! under the brow. So both are drawn that way from the picture's own pixels: the lashes' strip goes with the lid's edge, the skin between it and the brow is
//! stretched, and in the opening that is left, the eyeball shows, turned to where the pupil is wanted. What the generator changes of it is then detail.

mod lids;

use glam::{Vec2, Vec3};

use super::SOURCE_NUMBERS;
use crate::data::Landmarks;
use lids::Lids;

/// Pixels along each side of the pictures that are drawn from.
const SIDE: usize = 256;
/// By how much the opening narrows, in widths of the eye, from which on lids begin to be drawn and are drawn wholly.
const NARROWS: [f32; 2] = [0.03, 0.08];
/// The same of the way that the pupil goes.
const TURNS: [f32; 2] = [0.04, 0.12];
/// Farthest way of a pupil, in widths of the eye.
const FARTHEST: f32 = 0.4;
/// Height of the lashes' strip, in widths of the eye.
const LASHES: f32 = 0.08;
/// Where lids shut, so much above the strip is left out as well: landmarks that lie inside the eye would have its white stretched into skin.
const DOUBTFUL: f32 = 0.1;
/// Of the way from the lid to the brow, where what is drawn begins to give way to the warp, and where none of it is left.
const TO_BROW: [f32; 2] = [0.5, 0.95];
/// The same below the lower lid, in widths of the eye.
const TO_CHEEK: [f32; 2] = [0.3, 0.6];
/// The same beyond the corners.
const BEYOND: [f32; 2] = [-0.06, 0.1];

/// A person's eyes in one picture.
#[derive(Clone, Debug)]
pub struct EyePrior {
    eyes: [Eye; 2],
}

#[derive(Clone, Debug)]
struct Eye {
    lids: Lids,
    pupil: Option<Vec2>,
}

impl EyePrior {
    /// From the 68 landmarks of a picture of 256 pixels each way and its pupils, the right eye's first, where they are known; `None` for what is no face.
    pub fn of(landmarks: &[Vec2], pupils: Option<[Vec2; 2]>) -> Option<Self> {
        let points: &[Vec2; Landmarks::COUNT] = landmarks.try_into().ok()?;
        let eye = |n: usize| {
            let lids = Lids::of(points, n)?;
            let pupil = pupils.map(|both| lids.place(both[n])).filter(|at| at.is_finite());
            Some(Eye { lids, pupil })
        };
        Some(Self { eyes: [eye(0)?, eye(1)?] })
    }

    /// Draws the eyes of `picture`, `[256, 256, 3]`, as those of `target`, into a part of the warped source with its corner at (x, y), of `size` pixels across
    /// and down, `[down, across, SOURCE_NUMBERS]`: where they narrow or turn. The visibility stays.
    pub fn draw(&self, picture: &[f32], target: &Self, corner: [usize; 2], size: [usize; 2], source: &mut [f32]) {
        let (pixels, _) = source.as_chunks_mut::<SOURCE_NUMBERS>();
        self.strokes(picture, target, corner, size, &mut |pixel, colour, share| {
            if let Some(pixel) = pixels.get_mut(pixel) {
                pixel.iter_mut().zip(colour.to_array()).for_each(|(have, want)| *have += share * (want - *have));
            }
        });
    }

    /// What [`Self::draw`] draws, pixel by pixel: number of the pixel in the part, colour and its share.
    pub fn strokes(&self, picture: &[f32], target: &Self, corner: [usize; 2], size: [usize; 2], stroke: &mut dyn FnMut(usize, Vec3, f32)) {
        if picture.len() != SIDE * SIDE * 3 {
            return;
        }
        // Both eyes together say how much larger the head is: one of them may be foreshortened.
        let widths = |prior: &Self| prior.eyes.iter().map(|eye| eye.lids.width_px()).sum::<f32>();
        let scale = widths(target) / widths(self);
        for (was, is) in self.eyes.iter().zip(&target.eyes) {
            Change::between(was, is, scale).draw(picture, corner, size, stroke);
        }
    }
}

/// One eye of the picture, and how it shall be.
struct Change<'a> {
    was: &'a Lids,
    is: &'a Lids,
    /// Pixels of the target in one of the picture.
    scale: f32,
    /// How far the lids are drawn, and how far the eyeball is.
    narrowed: f32,
    turned: f32,
    /// How far the lids shut, 0 to 1.
    shut: f32,
    /// The pupil's way: along the eye in its widths, and down in pixels of the picture.
    way: Vec2,
}

impl<'a> Change<'a> {
    fn between(was: &'a Eye, is: &'a Eye, scale: f32) -> Self {
        let (was_open, is_open) = (was.lids.opening_px(), is.lids.opening_px() / scale);
        let narrows = (was_open - is_open) / was.lids.width_px();
        let way = was.pupil.zip(is.pupil).map_or(Vec2::ZERO, |(a, b)| {
            let most = FARTHEST * Vec2::new(1.0, was.lids.width_px());
            Vec2::new(b.x - a.x, b.y / scale - a.y).clamp(-most, most)
        });
        let went = Vec2::new(way.x, way.y / was.lids.width_px()).length();
        Self {
            was: &was.lids,
            is: &is.lids,
            scale,
            narrowed: ramp(NARROWS, narrows),
            turned: ramp(TURNS, went),
            shut: (1.0 - is_open / was_open.max(1e-3)).clamp(0.0, 1.0),
            way,
        }
    }

    fn draw(&self, picture: &[f32], corner: [usize; 2], [across, down]: [usize; 2], stroke: &mut dyn FnMut(usize, Vec3, f32)) {
        if self.narrowed.max(self.turned) <= 0.0 {
            return;
        }
        let (low, high) = self.is.bounds(TO_CHEEK[1], BEYOND[1]);
        for y in within(low.y, high.y, corner[1], down) {
            for x in within(low.x, high.x, corner[0], across) {
                let at = self.is.place(Vec2::new(x as f32, y as f32));
                if let Some((place, share)) = self.fetched_from(at) {
                    stroke((y - corner[1]) * across + x - corner[0], sampled(picture, self.was.point(place)), share);
                }
            }
        }
    }

    /// Which place of the picture's eye shows at a place of the wanted one, and how far it is drawn.
    fn fetched_from(&self, at: Vec2) -> Option<(Vec2, f32)> {
        let beside = 1.0 - ramp(BEYOND, (at.x - 0.5).abs() - 0.5);
        let [upper, lower] = self.is.edges(at.x);
        let (drawn, share) = if at.y < upper {
            self.upper_lid(at, upper)?
        } else if at.y > lower {
            self.lower_lid(at, lower)
        } else {
            (self.eyeball(at), self.narrowed.max(self.turned))
        };
        let share = share * beside;
        (share > 0.0).then_some((drawn, share))
    }

    fn upper_lid(&self, at: Vec2, edge: f32) -> Option<(Vec2, f32)> {
        let [was_edge, _] = self.was.edges(at.x);
        let (brow, was_brow) = (self.is.brow(at.x), self.was.brow(at.x));
        let (room, was_room) = (edge - brow, was_edge - was_brow);
        let lashes = (LASHES * self.is.width_px()).min(0.4 * room);
        let above = edge - at.y;
        if room < 1.0 || was_room < 1.0 || above > room {
            return None;
        }
        let stretched = ((above - lashes) / (room - lashes)).max(0.0);
        let was_lashes = (lashes / self.scale).min(0.4 * was_room);
        let doubtful = (self.shut * DOUBTFUL * self.was.width_px()).min(0.3 * was_room) * ramp([1.0, 2.0], above / lashes);
        let first = was_edge - was_lashes - doubtful;
        let from = if above < lashes { was_edge - above * was_lashes / lashes } else { first - stretched * (first - was_brow) };
        Some((Vec2::new(at.x, from), self.narrowed * (1.0 - ramp(TO_BROW, above / room))))
    }

    fn lower_lid(&self, at: Vec2, edge: f32) -> (Vec2, f32) {
        let [_, was_edge] = self.was.edges(at.x);
        let below = at.y - edge;
        let share = self.narrowed * (1.0 - ramp(TO_CHEEK, below / self.is.width_px()));
        (Vec2::new(at.x, was_edge + below / self.scale), share)
    }

    /// Never a place of the picture where there are lids.
    fn eyeball(&self, at: Vec2) -> Vec2 {
        const INSIDE: f32 = 0.04;
        let x = (at.x - self.way.x).clamp(INSIDE, 1.0 - INSIDE);
        let [upper, lower] = self.was.edges(x);
        let inset = (INSIDE * self.was.width_px()).min(0.5 * (lower - upper));
        // Not `clamp`: where the lids touch, rounding may put one bound beyond the other.
        Vec2::new(x, (at.y / self.scale - self.way.y).max(upper + inset).min(lower - inset))
    }
}

/// 0 up to the first, 1 from the second on, smooth between.
fn ramp([start, end]: [f32; 2], value: f32) -> f32 {
    let t = ((value - start) / (end - start)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Whole pixels from `low` to `high` that lie in `size` pixels from `first` on.
fn within(low: f32, high: f32, first: usize, size: usize) -> std::ops::Range<usize> {
    let bound = |v: f32| (v.max(0.0) as usize).clamp(first, first + size);
    bound(low.floor())..bound(high.ceil() + 1.0)
}

/// Colour of a picture at a point, bilinear; beyond the edge as at the edge.
fn sampled(picture: &[f32], at: Vec2) -> Vec3 {
    let at = at.clamp(Vec2::ZERO, Vec2::splat((SIDE - 1) as f32));
    let (x, y) = (at.x as usize, at.y as usize);
    let (right, below) = ((x + 1).min(SIDE - 1), (y + 1).min(SIDE - 1));
    let pixel = |x: usize, y: usize| Vec3::from_slice(&picture[(y * SIDE + x) * 3..][..3]);
    let [upper, lower] = [y, below].map(|y| pixel(x, y).lerp(pixel(right, y), at.x.fract()));
    upper.lerp(lower, at.y.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    const UNIT_PX: f32 = 60.0;

    fn face() -> Vec<Vec2> {
        template().map(|p| p.truncate() * UNIT_PX + Vec2::new(128.0, 110.0)).to_vec()
    }

    /// The same with its eyes open by a share.
    fn narrowed(share: f32) -> Vec<Vec2> {
        let mut points = face();
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            points[upper] = points[lower].lerp(points[upper], share);
        }
        points
    }

    fn pupils(to_the_right: f32) -> [Vec2; 2] {
        let points = face();
        [36, 42].map(|first| points[first].midpoint(points[first + 3]) + Vec2::new(to_the_right, 0.0))
    }

    /// Skin with white eyes, and in each of them a dark iris.
    fn picture() -> Vec<f32> {
        let points: [Vec2; 68] = face().try_into().expect("68 landmarks");
        let eyes = [0, 1].map(|eye| Lids::of(&points, eye).expect("an eye"));
        let colour = |n: usize| {
            let at = Vec2::new((n % SIDE) as f32, (n / SIDE) as f32);
            let iris = pupils(0.0).iter().any(|pupil| pupil.distance(at) < 5.0);
            let eye = eyes.iter().any(|lids| {
                let place = lids.place(at);
                let [upper, lower] = lids.edges(place.x);
                (0.0..1.0).contains(&place.x) && (upper..lower).contains(&place.y)
            });
            if eye && iris { [0.1, 0.15, 0.3] } else { [[0.8, 0.6, 0.5], [0.95; 3]][usize::from(eye)] }
        };
        (0..SIDE * SIDE).flat_map(colour).collect()
    }

    fn source() -> Vec<f32> {
        picture().as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 0.7]).collect()
    }

    fn drawn(target: &[Vec2], pupils_at: [Vec2; 2]) -> Vec<f32> {
        let was = EyePrior::of(&face(), Some(pupils(0.0))).expect("eyes");
        let is = EyePrior::of(target, Some(pupils_at)).expect("eyes");
        let mut source = source();
        was.draw(&picture(), &is, [0, 0], [SIDE; 2], &mut source);
        source
    }

    fn at(source: &[f32], point: Vec2) -> Vec3 {
        Vec3::from_slice(&source[(point.y.round() as usize * SIDE + point.x.round() as usize) * SOURCE_NUMBERS..])
    }

    #[test]
    fn a_shut_eye_is_all_lid() {
        let source = drawn(&narrowed(0.0), pupils(0.0));
        for pupil in pupils(0.0) {
            let found = at(&source, pupil);
            assert!(found.distance(Vec3::new(0.8, 0.6, 0.5)) < 0.1, "skin over the iris at {pupil}: {found}");
        }
        assert!(source.iter().skip(3).step_by(SOURCE_NUMBERS).all(|visible| (visible - 0.7).abs() < 1e-6), "the visibility stays");
    }

    #[test]
    fn a_narrowed_eye_keeps_its_iris_round_and_a_turned_one_takes_it_along() {
        let half = drawn(&narrowed(0.6), pupils(0.0));
        let pupil = pupils(0.0)[0];
        assert!(at(&half, pupil).max_element() < 0.5, "the iris shows in the opening");
        let turned = drawn(&face(), pupils(5.0));
        let [before, after] = [Vec2::new(-4.0, 0.0), Vec2::new(8.0, 0.0)].map(|way| pupil + way);
        assert!(at(&source(), before).max_element() < 0.5 && at(&turned, before).min_element() > 0.7, "it has left its place");
        assert!(at(&source(), after).min_element() > 0.7 && at(&turned, after).max_element() < 0.5, "and come to another");
    }

    #[test]
    fn eyes_that_neither_narrow_nor_turn_stay() {
        for target in [face(), narrowed(1.3)] {
            assert!(drawn(&target, pupils(0.0)) == source());
        }
    }

    #[test]
    fn a_part_is_drawn_as_in_the_whole() {
        let whole = drawn(&narrowed(0.2), pupils(2.0));
        let was = EyePrior::of(&face(), Some(pupils(0.0))).expect("eyes");
        let is = EyePrior::of(&narrowed(0.2), Some(pupils(2.0))).expect("eyes");
        let (corner, size) = ([80, 90], [60, 30]);
        let cut = |source: &[f32]| -> Vec<f32> {
            let lines = (0..size[1]).map(|row| ((corner[1] + row) * SIDE + corner[0]) * SOURCE_NUMBERS);
            lines.flat_map(|first| source[first..first + size[0] * SOURCE_NUMBERS].to_vec()).collect()
        };
        let mut part = cut(&source());
        was.draw(&picture(), &is, corner, size, &mut part);
        assert!(part == cut(&whole));
    }

    #[test]
    fn landmarks_without_eyes_draw_nothing_and_do_no_harm() {
        assert!(EyePrior::of(&[Vec2::NAN; 68], None).is_none() && EyePrior::of(&face()[..40], None).is_none());
        assert!(EyePrior::of(&[Vec2::splat(5.0); 68], None).is_none(), "all in one place");
        let was = EyePrior::of(&face(), Some([Vec2::NAN; 2])).expect("eyes");
        let mut far = face();
        for (n, point) in far.iter_mut().enumerate().skip(36).take(12) {
            *point += Vec2::splat(if n % 3 == 0 { 0.0 } else { 1e6 });
        }
        for target in [far, face().iter().map(|p| *p - 500.0).collect()] {
            let Some(is) = EyePrior::of(&target, None) else { continue };
            let mut source = source();
            was.draw(&picture(), &is, [0, 0], [SIDE; 2], &mut source);
            was.draw(&[], &is, [0, 0], [SIDE; 2], &mut source);
            assert!(source.iter().all(|v| v.is_finite()));
        }
    }
}
