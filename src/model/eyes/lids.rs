//! The lids of one eye as curves between its corners, and the brow above.

use glam::Vec2;

/// Numbers of landmarks: the corners from left to right in the picture, the upper lid, the lower lid, the brow.
struct Numbers {
    corners: [usize; 2],
    upper: [usize; 2],
    lower: [usize; 2],
    brow: std::ops::RangeInclusive<usize>,
}

const RIGHT: Numbers = Numbers { corners: [36, 39], upper: [37, 38], lower: [41, 40], brow: 17..=21 };
const LEFT: Numbers = Numbers { corners: [42, 45], upper: [43, 44], lower: [47, 46], brow: 22..=26 };
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
        let flat = Lid { mean: 0.0, tilt: 0.0 };
        let bare = Self { corner, along: (other - corner) / width_px, width_px, upper: flat, lower: flat, brow: [Vec2::ZERO; 5] };
        let places = |numbers: [usize; 2]| numbers.map(|i| bare.place(points[i]));
        let (upper, lower) = (Lid::through(places(numbers.upper)), Lid::through(places(numbers.lower)));
        let mut brow = bare.brow;
        for (place, number) in brow.iter_mut().zip(numbers.brow) {
            *place = bare.place(points[number]);
        }
        let whole = Self { upper, lower, brow, ..bare };
        let finite = [whole.upper.mean, whole.upper.tilt, whole.lower.mean, whole.lower.tilt].iter().all(|v| v.is_finite());
        (finite && whole.brow.iter().all(|p| p.is_finite())).then_some(whole)
    }

    pub(super) fn width_px(&self) -> f32 {
        self.width_px
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

    /// Corners of the rectangle in the picture round the eye and what is above it up to the brow, `below` and `beside` it in its widths.
    pub(super) fn bounds(&self, below: f32, beside: f32) -> (Vec2, Vec2) {
        let top = self.brow.iter().fold(self.upper.at(0.5), |top, place| top.min(place.y));
        let bottom = self.lower.at(0.5).max(0.0) + below * self.width_px;
        let corners = [(-beside, top), (1.0 + beside, top), (-beside, bottom), (1.0 + beside, bottom)];
        let corners = corners.map(|(x, y)| self.point(Vec2::new(x, y)));
        corners.into_iter().fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(p), high.max(p)))
    }
}

/// A lid's edge: the cubic curve through the corners of the eye and two landmarks, x (1 - x) (mean + tilt x).
#[derive(Clone, Copy, Debug)]
struct Lid {
    mean: f32,
    tilt: f32,
}

impl Lid {
    fn through([a, b]: [Vec2; 2]) -> Self {
        // Landmarks that have slid onto each other or onto a corner would bend it beyond measure.
        let (p, q) = (a.x.clamp(0.15, 0.45), b.x.clamp(0.55, 0.85));
        let [at_p, at_q] = [(p, a.y), (q, b.y)].map(|(x, y)| y / (x * (1.0 - x)));
        let tilt = (at_q - at_p) / (q - p);
        Self { mean: at_p - tilt * p, tilt }
    }

    fn at(self, x: f32) -> f32 {
        let x = x.clamp(0.0, 1.0);
        x * (1.0 - x) * (self.mean + self.tilt * x)
    }
}
