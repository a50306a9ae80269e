//! What narrowed, widened and turned eyes probably look like: the start from which the generator draws them.
//!
//! A smooth flow squeezes an eye together with its iris. Real lids do otherwise: they slide over an eyeball that keeps its shape, and their skin unrolls from
//! under the brow. So both are drawn that way from the picture's own pixels: the lashes' strip goes with the lid's edge, the skin between it and the brow is
//! stretched, and in the opening that is left, the eyeball shows: a round iris where the pupil is wanted, and white where it has left. What the generator
//! changes of it is then detail.

mod ball;
mod fit;
mod lids;

use glam::{Vec2, Vec3};

use super::{DrawnPart, SOURCE_NUMBERS};
use crate::data::Landmarks;
use crate::math::smoothstep;
use ball::Ball;
use fit::{LidFit, Skin};
use lids::Lids;

/// Pixels along each side of the pictures that are drawn from.
const SIDE: usize = 256;
/// By how much the opening narrows, in widths of the eye, from which on lids begin to be drawn and are drawn wholly; of the eyeball, also by how much it widens.
const NARROWS: [f32; 2] = [0.08, 0.16];
/// The same of the way that the pupil goes.
const TURNS: [f32; 2] = [0.05, 0.12];
/// Farthest way of a pupil, in widths of the eye.
const FARTHEST: f32 = 0.4;
/// Height of the lashes' strip, in widths of the eye.
const LASHES: f32 = 0.08;
/// Where lids shut, so much above the strip is left out as well: lids that lie inside the eye would have its white stretched into skin.
const DOUBTFUL: f32 = 0.05;
/// How far lids shut from which on they begin to cover what the warp has there, and cover it wholly: a narrowed eye's lids are the warp's own.
const SHUTS: [f32; 2] = [0.3, 0.65];
/// Half the height of a brow, in widths of the eye, and at most so much of the room between lid and brow: its hair is not stretched into the lid.
const BROW: f32 = 0.16;
const BROW_SHARE: f32 = 0.35;
/// Of the way from the lid to the brow, where what is drawn begins to give way to the warp, and where none of it is left.
const TO_BROW: [f32; 2] = [0.4, 0.95];
/// The same below the lower lid, in widths of the eye.
const TO_CHEEK: [f32; 2] = [0.2, 0.5];
/// So much of the lower lid next to the eye is not drawn where lids shut, in widths of the eye.
const RIM: f32 = 0.07;
/// The same beyond the corners, and where lids shut: landmarks of shut eyes have their corners too near each other.
const BEYOND: [f32; 2] = [-0.02, 0.12];
const BEYOND_SHUT: [f32; 2] = [0.12, 0.3];

/// A person's eyes in one picture.
#[derive(Clone, Debug)]
pub struct EyePrior {
    eyes: [SourceEye; 2],
}

#[derive(Clone, Debug)]
struct SourceEye {
    /// As the landmarks say.
    marked: Lids,
    /// In pixels.
    pupil: Option<Vec2>,
    seen: Option<EyeAppearance>,
}

/// What the picture itself says of an eye.
#[derive(Clone, Debug)]
struct EyeAppearance {
    fit: LidFit,
    lids: Lids,
    ball: Ball,
    skin: Skin,
}

impl EyePrior {
    /// Eyes as they are wanted, from the 68 landmarks of a picture of 256 pixels each way and its pupils, the right eye's first, where they are known; `None`
    /// for what is no face.
    pub fn of(landmarks: &[Vec2], pupils: Option<[Vec2; 2]>) -> Option<Self> {
        let points: &[Vec2; Landmarks::COUNT] = landmarks.try_into().ok()?;
        let eye = |n: usize| {
            let marked = Lids::of(points, n)?;
            Some(SourceEye { marked, pupil: pupils.map(|both| both[n]).filter(|at| at.is_finite()), seen: None })
        };
        Some(Self { eyes: [eye(0)?, eye(1)?] })
    }

    /// Eyes of a picture `[256, 256, 3]`, from which others can be drawn.
    pub fn seen(picture: &[f32], landmarks: &[Vec2], pupils: Option<[Vec2; 2]>) -> Option<Self> {
        let mut prior = Self::of(landmarks, pupils)?;
        if picture.len() == SIDE * SIDE * 3 {
            let fits = LidFit::to(picture, [0, 1].map(|n| &prior.eyes[n].marked));
            let lids = [0, 1].map(|n| prior.eyes[n].marked.fitted(&fits[n]));
            let pupils = [0, 1].map(|n| prior.eyes[n].pupil.unwrap_or_else(|| lids[n].middle()));
            let balls = Ball::both(picture, &lids, pupils);
            for (((eye, fit), lids), ball) in prior.eyes.iter_mut().zip(fits).zip(lids).zip(balls) {
                let skin = Skin::round(picture, &lids);
                eye.seen = Some(EyeAppearance { fit, lids, ball, skin });
            }
        }
        Some(prior)
    }

    /// Draws the eyes of `picture`, in which they were [seen](Self::seen), as those of `target`, into a part of the warped source with its corner at (x, y), of
    /// `size` pixels across and down, `[down, across, SOURCE_NUMBERS]`: where they narrow, widen or turn. The visibility stays.
    pub fn draw(&self, picture: &[f32], target: &Self, corner: [usize; 2], size: [usize; 2], source: &mut [f32]) {
        let pixels = source.as_chunks_mut::<SOURCE_NUMBERS>().0;
        self.each(picture, target, DrawnPart::new(corner, size, 1), |n, drawn| {
            if let Some(pixel) = pixels.get_mut(n) {
                drawn.mix_into(pixel);
            }
        });
    }

    /// What [`Self::draw`] draws, with the number of the cell in the part. `picture` may be a finer one of the same: of 256 pixels each way or more.
    pub fn each(&self, picture: &[f32], target: &Self, part: DrawnPart, mut put: impl FnMut(usize, Drawn)) {
        // Both eyes together say how much larger the head is: one of them may be foreshortened.
        let widths = |prior: &Self| prior.eyes.iter().map(|eye| eye.marked.width_px()).sum::<f32>();
        let scale = widths(target) / widths(self);
        for (was, is) in self.eyes.iter().zip(&target.eyes) {
            if let Some(seen) = &was.seen {
                EyeChange::between(was, seen, is, scale).draw(picture, part, &mut put);
            }
        }
    }
}

/// What is drawn over a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// RGB in 0..1.
    pub colour: Vec3,
    /// How far it takes the place of what is there, 0 to 1.
    pub share: f32,
    /// How far nothing of what was there may shine through, not even its finest detail, 0 to 1: the warp's lashes and iris are where none are any more.
    pub covers: f32,
}

impl Drawn {
    /// Mixes it into a pixel of the warped source; its visibility stays.
    pub fn mix_into(&self, pixel: &mut [f32; SOURCE_NUMBERS]) {
        pixel.iter_mut().zip(self.colour.to_array()).for_each(|(have, want)| *have += self.share * (want - *have));
    }
}

/// One eye of the picture, and how it shall be.
struct EyeChange<'a> {
    was: &'a Lids,
    ball: &'a Ball,
    skin: &'a Skin,
    is: Lids,
    /// Pixels of the target in one of the picture.
    scale: f32,
    /// How far the lids are drawn, and how far the eyeball is.
    narrowed: f32,
    moved: f32,
    /// How far the lids shut, 0 to 1.
    shut: f32,
    /// Where the iris's middle comes to be, in pixels of the target.
    middle: Vec2,
}

impl<'a> EyeChange<'a> {
    fn between(was: &'a SourceEye, seen: &'a EyeAppearance, is: &SourceEye, scale: f32) -> Self {
        let (was_open, is_open) = (was.marked.opening_px(), is.marked.opening_px() / scale);
        let width = was.marked.width_px();
        // As the landmarks say: what the lids make of it beyond that would be drawn for every small motion of theirs.
        let narrows = (was_open - is_open) / width;
        let way = was.pupil.zip(is.pupil).map_or(Vec2::ZERO, |(a, b)| {
            let most = FARTHEST * Vec2::new(1.0, width);
            let (a, b) = (was.marked.place(a), is.marked.place(b));
            Vec2::new(b.x - a.x, b.y / scale - a.y).clamp(-most, most)
        });
        let lids = is.marked.fitted_like(&seen.fit, (&was.marked, &seen.lids), scale);
        let place = seen.lids.place(seen.ball.middle()) + way * Vec2::new(width / seen.lids.width_px(), 1.0);
        Self {
            was: &seen.lids,
            ball: &seen.ball,
            skin: &seen.skin,
            middle: lids.point(place * Vec2::new(1.0, scale)),
            is: lids,
            scale,
            narrowed: ramp(NARROWS, narrows),
            moved: ramp(NARROWS, narrows.abs()).max(ramp(TURNS, Vec2::new(way.x, way.y / width).length())),
            shut: (1.0 - is.marked.open(&was.marked, scale)).clamp(0.0, 1.0),
        }
    }

    fn draw(&self, picture: &[f32], part: DrawnPart, put: &mut impl FnMut(usize, Drawn)) {
        if self.narrowed.max(self.moved) <= 0.0 {
            return;
        }
        let (low, high) = self.is.bounds(TO_CHEEK[1], BEYOND_SHUT[1]);
        for (cell, point) in part.within(low, high) {
            if let Some(drawn) = self.drawn(picture, point, part.per_px()) {
                put(cell, drawn);
            }
        }
    }

    /// What is drawn at a point of the target, with so many cells along a pixel.
    fn drawn(&self, picture: &[f32], point: Vec2, cells: f32) -> Option<Drawn> {
        let at = self.is.place(point);
        let [upper, lower] = self.is.edges(at.x);
        let depth = (at.y - upper).min(lower - at.y);
        let (beyond, shuts) = ((at.x - 0.5).abs() - 0.5, ramp(SHUTS, self.shut));
        let beside = 1.0 - ramp(BEYOND, beyond) * (1.0 - shuts) - ramp(BEYOND_SHUT, beyond) * shuts;
        // The edge of a lid is as soft as a cell.
        let inside = if (0.0..=1.0).contains(&at.x) { (depth * cells / 1.2 + 0.3).clamp(0.0, 1.0) } else { 0.0 };
        let (ball, ball_share) = (self.ball_colour(picture, point, at), inside * self.moved);
        let lid = if inside >= 1.0 {
            None
        } else if at.y < 0.5 * (upper + lower) {
            self.upper_lid(at, upper)
        } else {
            Some(self.lower_lid(at, lower))
        };
        let (lid, lid_share) = lid.map_or((ball, 0.0), |(place, share)| (self.lid_colour(picture, place), (1.0 - inside) * share));
        let share = lid_share + ball_share;
        (share * beside > 0.0).then(|| Drawn {
            colour: lid.lerp(ball, ball_share / share),
            share: share * beside,
            covers: (ball_share + lid_share * shuts) * beside,
        })
    }

    /// Colour of a place of the picture's lids. No white is stretched into shut ones: where lids are not as round as the eye's corners, there is some in them.
    fn lid_colour(&self, picture: &[f32], place: Vec2) -> Vec3 {
        let at = self.was.point(place);
        let (seen, skin) = (sampled(picture, at), self.skin.at(at));
        seen.lerp(skin, self.ball.is_white(seen, skin) * ramp(SHUTS, self.shut))
    }

    /// The place of the picture's lid that comes to a place of the wanted one, and how far it is drawn.
    fn upper_lid(&self, at: Vec2, edge: f32) -> Option<(Vec2, f32)> {
        let [was_edge, _] = self.was.edges(at.x);
        let under = |lids: &Lids, edge: f32| {
            let brow = lids.brow(at.x);
            brow + (BROW * lids.width_px()).min(BROW_SHARE * (edge - brow).max(0.0))
        };
        let (brow, was_brow) = (under(&self.is, edge), under(self.was, was_edge));
        let (room, was_room) = (edge - brow, was_edge - was_brow);
        let lashes = (LASHES * self.is.width_px()).min(0.4 * room);
        let above = (edge - at.y).max(0.0);
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
        let below = (at.y - edge).max(0.0);
        // Next to the edge there is still some of the eye.
        let rim = RIM * ramp(SHUTS, self.shut) * (1.0 - ramp([0.0, TO_CHEEK[1]], below / self.is.width_px()));
        let share = self.narrowed * (1.0 - ramp(TO_CHEEK, below / self.is.width_px()));
        (Vec2::new(at.x, was_edge + below / self.scale + rim * self.was.width_px()), share)
    }

    fn ball_colour(&self, picture: &[f32], point: Vec2, at: Vec2) -> Vec3 {
        let ([upper, lower], [was_upper, was_lower]) = (self.is.edges(at.x), self.was.edges(at.x));
        let down = ((at.y - upper) / (lower - upper).max(1.0)).clamp(0.0, 1.0);
        let place = Vec2::new(at.x.clamp(0.0, 1.0), was_upper + down * (was_lower - was_upper));
        // The picture's eye may be tilted otherwise.
        let from = self.was.turned_like(&self.is, (point - self.middle) / self.scale);
        self.ball.colour(picture, self.was, from, place)
    }
}

/// 0 up to the first, 1 from the second on, smooth between.
fn ramp([start, end]: [f32; 2], value: f32) -> f32 {
    smoothstep(start, end, value)
}

/// Colour of a square picture at a point, in pixels of [`SIDE`] whatever its own are, bilinear; beyond the edge as at the edge.
fn sampled(picture: &[f32], at: Vec2) -> Vec3 {
    let side = if picture.len() == SIDE * SIDE * 3 { SIDE } else { (picture.len() / 3).isqrt() };
    let at = ((at + 0.5) * (side as f32 / SIDE as f32) - 0.5).clamp(Vec2::ZERO, Vec2::splat(side.saturating_sub(1) as f32));
    let (x, y) = (at.x as usize, at.y as usize);
    let (right, below) = ((x + 1).min(side.saturating_sub(1)), (y + 1).min(side.saturating_sub(1)));
    let pixel = |x: usize, y: usize| Vec3::from_slice(&picture[(y * side + x) * 3..][..3]);
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
        let was = EyePrior::seen(&picture(), &face(), Some(pupils(0.0))).expect("eyes");
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
    fn eyes_that_do_not_change_stay() {
        assert!(drawn(&face(), pupils(0.0)) == source());
    }

    #[test]
    fn a_widened_eye_keeps_its_iris_round() {
        let wide = drawn(&narrowed(1.4), pupils(0.0));
        let dark = |way: Vec2| (1..14).find(|px: &i32| at(&wide, pupils(0.0)[0] + way * *px as f32).max_element() > 0.5).unwrap_or(14);
        let [right, left, down] = [Vec2::X, Vec2::NEG_X, Vec2::Y].map(dark);
        assert!((4..=7).contains(&right) && right.abs_diff(left) <= 2 && down.abs_diff(right) <= 3, "{right} {left} {down} pixels");
    }

    /// The same face with eyes that reach `lower` widths farther down than its landmarks.
    fn large_eyed(lower: f32) -> Vec<f32> {
        let points: [Vec2; 68] = face().try_into().expect("68 landmarks");
        let eyes = [0, 1].map(|eye| Lids::of(&points, eye).expect("an eye").fitted(&LidFit { lower, ..LidFit::default() }));
        let mut picture = picture();
        for (n, pixel) in picture.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let at = Vec2::new((n % SIDE) as f32, (n / SIDE) as f32);
            let inside = eyes.iter().any(|lids| {
                let place = lids.place(at);
                let [upper, lower] = lids.edges(place.x);
                (0.0..1.0).contains(&place.x) && (upper..lower).contains(&place.y)
            });
            if inside && pixel[2] > 0.4 {
                *pixel = [0.95; 3];
            }
        }
        picture
    }

    #[test]
    fn lids_are_looked_for_in_the_picture_and_landmarks_that_fit_are_believed() {
        let fit = |picture: &[f32]| {
            let seen = EyePrior::seen(picture, &face(), Some(pupils(0.0))).expect("eyes");
            seen.eyes[0].seen.as_ref().map(|seen| seen.fit).unwrap_or_default()
        };
        let right = fit(&picture());
        assert!(right.shift.length() < 0.03 && right.lower.abs() < 0.05 && right.wide.abs() < 0.08, "{right:?}");
        let large = fit(&large_eyed(0.25));
        assert!(large.lower + large.shift.y > 0.12, "{large:?}");
        let blank = fit(&vec![0.5; SIDE * SIDE * 3]);
        assert_eq!(blank, LidFit::default(), "nothing to see, nothing to believe");
    }

    #[test]
    fn large_eyes_shut_too() {
        let picture = large_eyed(0.25);
        let was = EyePrior::seen(&picture, &face(), Some(pupils(0.0))).expect("eyes");
        let is = EyePrior::of(&narrowed(0.0), Some(pupils(0.0))).expect("eyes");
        let mut source: Vec<f32> = picture.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 1.0]).collect();
        was.draw(&picture, &is, [0, 0], [SIDE; 2], &mut source);
        for down in [0.0, 3.0, 6.0] {
            let found = at(&source, pupils(0.0)[0] + Vec2::new(0.0, down));
            assert!(found.distance(Vec3::new(0.8, 0.6, 0.5)) < 0.15, "skin {down} pixels below the pupil: {found}");
        }
    }

    #[test]
    fn a_part_is_drawn_as_in_the_whole() {
        let whole = drawn(&narrowed(0.2), pupils(2.0));
        let was = EyePrior::seen(&picture(), &face(), Some(pupils(0.0))).expect("eyes");
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
        let was = EyePrior::seen(&picture(), &face(), Some([Vec2::NAN; 2])).expect("eyes");
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
