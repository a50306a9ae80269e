//! The lids of one eye as curves between its corners, and the brow above.

use glam::Vec2;

use super::fit::LidFit;
use super::ramp;

/// Numbers of landmarks: the corners from left to right in the picture, the upper lid, the lower lid, the brow.
struct LidLandmarks {
    corners: [usize; 2],
    upper: [usize; 2],
    lower: [usize; 2],
    brow: std::ops::RangeInclusive<usize>,
}

const RIGHT: LidLandmarks = LidLandmarks { corners: [36, 39], upper: [37, 38], lower: [41, 40], brow: 17..=21 };
const LEFT: LidLandmarks = LidLandmarks { corners: [42, 45], upper: [43, 44], lower: [47, 46], brow: 22..=26 };
/// Narrower eyes than this have no lids to draw.
const NARROWEST_PX: f32 = 4.0;

/// One eye. Its places are given by how far they are along the line from corner to corner, 0 to 1, and how far below it, in pixels.
#[derive(Clone, Debug)]
pub(super) struct Lids {
    corner: Vec2,
    along: Vec2,
    width_px: f32,
    upper: Lid,
    lower: Lid,
    brow: [Vec2; 5],
}

impl Lids {
    /// Eye number 0 is the person's right one, 1 the left one.
    pub(super) fn of(points: &[Vec2; 68], eye: usize) -> Option<Self> {
        let numbers = if eye == 0 { RIGHT } else { LEFT };
        let [corner, other] = numbers.corners.map(|i| points[i]);
        let width_px = corner.distance(other);
        if !(NARROWEST_PX..=256.0).contains(&width_px) {
            return None;
        }
        let flat = Lid { mean: 0.0, tilt: 0.0, round: 0.0 };
        let bare = Self { corner, along: (other - corner) / width_px, width_px, upper: flat, lower: flat, brow: [Vec2::ZERO; 5] };
        let places = |numbers: [usize; 2]| numbers.map(|i| bare.place(points[i]));
        let (upper, lower) = (Lid::through(places(numbers.upper), 0.0), Lid::through(places(numbers.lower), 0.0));
        let mut brow = bare.brow;
        for (place, number) in brow.iter_mut().zip(numbers.brow) {
            *place = bare.place(points[number]);
        }
        let whole = Self { upper, lower, brow, ..bare };
        let finite = [whole.upper.mean, whole.upper.tilt, whole.lower.mean, whole.lower.tilt].iter().all(|v| v.is_finite());
        (finite && whole.brow.iter().all(|p| p.is_finite())).then_some(whole)
    }

    /// The same as the picture has them.
    pub(super) fn fitted(&self, fit: &LidFit) -> Self {
        let [upper, lower] = [self.upper.farther(-fit.upper * self.width_px), self.lower.farther(fit.lower * self.width_px)];
        self.placed(fit, upper.rounded(fit.round), lower.rounded(fit.round))
    }

    /// The same as a picture would have them that has `whole` where the landmarks have `marked`: it shuts where these shut, and opens as they do.
    pub(super) fn fitted_like(&self, fit: &LidFit, (marked, whole): (&Self, &Self), scale: f32) -> Self {
        let lower = self.lower.farther(fit.lower * self.width_px).rounded(fit.round);
        let share = self.open(marked, scale);
        let upper = |x: f32| Vec2::new(x, lower.at(x) - share * (whole.lower.at(x) - whole.upper.at(x)).max(0.0) * scale);
        self.placed(fit, Lid::through([upper(0.3), upper(0.7)], fit.round), lower)
    }

    /// How far it is open in `was_open`'s openings. Landmarks leave shut eyes a little open.
    pub(super) fn open(&self, was_open: &Self, scale: f32) -> f32 {
        let share = (self.opening_px() / scale / was_open.opening_px().max(1.0)).clamp(0.0, WIDEST);
        share * ramp(SHUT, self.opening_px() / self.width_px).max(ramp(NARROW, share))
    }

    fn placed(&self, fit: &LidFit, upper: Lid, lower: Lid) -> Self {
        let moved = self.along * (fit.shift.x * self.width_px) + self.along.perp() * (fit.shift.y * self.width_px);
        let beside = self.along * (0.5 * fit.wide * self.width_px);
        let mut placed =
            Self { corner: self.corner + moved - beside, width_px: self.width_px * (1.0 + fit.wide), upper, lower, ..self.clone() };
        for (place, was) in placed.brow.iter_mut().zip(self.brow) {
            let at = self.point(was) - placed.corner;
            *place = Vec2::new(at.dot(placed.along) / placed.width_px, placed.along.perp_dot(at));
        }
        placed
    }

    pub(super) fn width_px(&self) -> f32 {
        self.width_px
    }

    /// The point in the picture in the middle of the opening.
    pub(super) fn middle(&self) -> Vec2 {
        let [upper, lower] = self.edges(0.5);
        self.point(Vec2::new(0.5, f32::midpoint(upper, lower)))
    }

    /// Distance of the lids in the middle of the eye.
    pub(super) fn opening_px(&self) -> f32 {
        let [upper, lower] = self.edges(0.5);
        lower - upper
    }

    /// A point of the picture as a place of the eye.
    pub(super) fn place(&self, point: Vec2) -> Vec2 {
        let from = point - self.corner;
        Vec2::new(from.dot(self.along) / self.width_px, self.along.perp_dot(from))
    }

    /// A place of the eye as a point of the picture.
    pub(super) fn point(&self, place: Vec2) -> Vec2 {
        self.corner + self.along * (place.x * self.width_px) + self.along.perp() * place.y
    }

    /// A way across an eye that lies as `other` does, across this one.
    pub(super) fn turned_like(&self, other: &Self, way: Vec2) -> Vec2 {
        self.along * other.along.dot(way) + self.along.perp() * other.along.perp_dot(way)
    }

    /// Upper and lower lid; the lower one is never above the upper one.
    pub(super) fn edges(&self, x: f32) -> [f32; 2] {
        let [upper, lower] = [self.upper, self.lower].map(|lid| lid.at(x));
        if lower < upper { [0.5 * (upper + lower); 2] } else { [upper, lower] }
    }

    /// The brow, between its landmarks on straight lines and level beyond.
    pub(super) fn brow(&self, x: f32) -> f32 {
        let [first, .., last] = self.brow;
        let between = self.brow.windows(2).find(|pair| (pair[0].x..pair[1].x).contains(&x));
        match between {
            Some(pair) => pair[0].y + (x - pair[0].x) / (pair[1].x - pair[0].x) * (pair[1].y - pair[0].y),
            None if x < first.x => first.y,
            None => last.y,
        }
    }

    /// Corners of the rectangle in the picture round the opening.
    pub(super) fn opening_bounds(&self) -> (Vec2, Vec2) {
        let edges = [0.0, 0.25, 0.5, 0.75, 1.0].map(|x| self.edges(x).map(|y| self.point(Vec2::new(x, y))));
        edges.as_flattened().iter().fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(*p), high.max(*p)))
    }

    /// Corners of the rectangle in the picture round the eye and what is above it up to the brow, `below` and `beside` it in its widths.
    pub(super) fn bounds(&self, below: f32, beside: f32) -> (Vec2, Vec2) {
        let top = self.brow.iter().fold(self.upper.at(0.5), |top, place| top.min(place.y));
        let bottom = self.lower.at(0.5).max(0.0) + below * self.width_px;
        let corners = [(-beside, top), (1.0 + beside, top), (-beside, bottom), (1.0 + beside, bottom)];
        let corners = corners.map(|(x, y)| self.point(Vec2::new(x, y)));
        corners.into_iter().fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(p), high.max(p)))
    }
}

/// Lids do not open farther than so many times what the picture shows.
const WIDEST: f32 = 1.8;

/// Opening in widths of the eye up to which it is shut, and from which on it is open as far as the landmarks say.
const SHUT: [f32; 2] = [0.11, 0.19];
/// The same of an eye that was not wider before: what of that must be left of it.
const NARROW: [f32; 2] = [0.45, 0.75];

/// A lid's edge: the curve through the corners of the eye and two landmarks, x (1 - x) (mean + tilt x), or with (x (1 - x))^½ / 2 in its place, which makes
/// the corners round.
#[derive(Clone, Copy, Debug)]
struct Lid {
    mean: f32,
    tilt: f32,
    /// 0 for the one, 1 for the other.
    round: f32,
}

impl Lid {
    fn through([a, b]: [Vec2; 2], round: f32) -> Self {
        // Landmarks that have slid onto each other or onto a corner would bend it beyond measure.
        let (p, q) = (a.x.clamp(0.15, 0.45), b.x.clamp(0.55, 0.85));
        let [at_p, at_q] = [(p, a.y), (q, b.y)].map(|(x, y)| y / bulge(x, round));
        let tilt = (at_q - at_p) / (q - p);
        Self { mean: at_p - tilt * p, tilt, round }
    }

    /// The same with corners so round.
    fn rounded(self, round: f32) -> Self {
        Self { round, ..self }
    }

    /// The same, in its middle farther down by so many pixels.
    fn farther(self, down_px: f32) -> Self {
        Self { mean: self.mean + 4.0 * down_px, ..self }
    }

    fn at(self, x: f32) -> f32 {
        let x = x.clamp(0.0, 1.0);
        bulge(x, self.round) * (self.mean + self.tilt * x)
    }
}

/// A quarter in the middle, 0 at the corners.
fn bulge(x: f32, round: f32) -> f32 {
    let almond = x * (1.0 - x);
    if round > 0.0 { almond + round * (0.5 * almond.sqrt() - almond) } else { almond }
}
