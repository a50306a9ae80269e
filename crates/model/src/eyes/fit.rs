//! Where the lids of a picture really are.
//!
//! Landmarks know the eyes of people: in a cartoon's large eye they lie inside it, in a painting beside it. So their shape is moved and stretched until what is
//! inside differs most from the skin outside.

use glam::{Vec2, Vec3};

use super::lids::Lids;
use super::{ramp, sampled};

/// What brings the landmarks' lids to those of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LidFit {
    /// Of the middle, along the eye and down, in its widths.
    pub shift: Vec2,
    /// How much wider it is, and how much farther from the line between the corners each lid is in its middle, in widths.
    pub wide: f32,
    pub upper: f32,
    pub lower: f32,
    /// How round its corners are: 0 for an almond, 1 for an ellipse.
    pub round: f32,
}

/// How far both eyes go outwards and down, and the rest of [`LidFit`] in its order.
type Numbers = [f32; 6];

/// What is tried of each number first, all with all.
const FIRST: [&[f32]; 6] =
    [&[-0.05, 0.0, 0.05], &[-0.08, 0.0, 0.08], &[0.0, 0.15, 0.3], &[0.0, 0.06, 0.12], &[0.0, 0.06, 0.12, 0.18, 0.24], &[0.0, 0.8]];
/// Then steps round the best.
const STEPS: [Numbers; 2] = [[0.05, 0.03, 0.07, 0.03, 0.03, 0.4], [0.025, 0.015, 0.035, 0.015, 0.015, 0.2]];
const ROUNDS: usize = 3;
/// Bounds of each number: landmarks lie inside an eye rather than outside.
const LIMITS: [(f32, f32); 6] = [(-0.1, 0.1), (-0.12, 0.12), (-0.05, 0.35), (-0.03, 0.2), (-0.03, 0.3), (0.0, 1.0)];
/// What counts as far of each number, and what it costs.
const FAR: Numbers = [0.1, 0.1, 0.25, 0.12, 0.2, 1.0];
const COST: f32 = 0.004;
/// Places along each lid that are looked at.
const PLACES: usize = 9;
/// How far from the edge they are looked at inside and outside, in widths of the eye.
const ASIDE: f32 = 0.07;
/// Where between the lids.
const DEPTHS: [f32; 4] = [0.12, 0.37, 0.63, 0.88];
/// What one place can say at most: black lashes shall not outweigh the pale rest.
const MOST: f32 = 0.3;
/// Above the lid that landmarks know, skin lies in the brow's shadow: so dark, it is no other colour.
const SHADOW: f32 = 0.6;
/// An eye narrower than this is too coarse to be measured, in pixels.
const COARSE_PX: f32 = 12.0;
/// An opening lower than this is taken for shut, in widths.
const SHUT: f32 = 0.08;
/// Gain from which on the fit is believed wholly, and below which it is not.
const BELIEVED: [f32; 2] = [0.012, 0.028];

impl LidFit {
    /// The best ones for both eyes of a picture as the landmarks say. What landmarks make of one eye they make of the other, so both are looked for together.
    pub(super) fn to(picture: &[f32], eyes: [&Lids; 2]) -> [Self; 2] {
        let open: Vec<(usize, &Lids, Skin)> = eyes
            .into_iter()
            .enumerate()
            .filter(|(_, lids)| lids.width_px() > COARSE_PX && lids.opening_px() > SHUT * lids.width_px())
            .map(|(eye, lids)| (eye, lids, Skin::round(picture, lids)))
            .collect();
        let rate = |numbers: Numbers| {
            let each = open.iter().map(|(eye, lids, skin)| contrast(picture, &lids.fitted(&Self::of_eye(numbers, *eye)), skin));
            each.sum::<f32>() / open.len().max(1) as f32 - cost(&numbers)
        };
        let first = rate(Numbers::default());
        let mut best = (Numbers::default(), first);
        let mut offer = |tried: Numbers| {
            let rated = rate(tried);
            if rated > best.1 {
                best = (tried, rated);
            }
            best.0
        };
        let [outs, downs, wides, uppers, lowers, rounds] = FIRST;
        for (out, down, wide) in outs.iter().flat_map(|a| downs.iter().flat_map(move |d| wides.iter().map(move |w| (*a, *d, *w)))) {
            for (upper, lower) in uppers.iter().flat_map(|u| lowers.iter().map(move |l| (*u, *l))) {
                for round in rounds {
                    offer([out, down, wide, upper, lower, *round]);
                }
            }
        }
        for steps in [STEPS[0], STEPS[1]].into_iter().flat_map(|steps| [steps; ROUNDS]) {
            for (axis, way) in steps.iter().enumerate().flat_map(|(axis, step)| [(axis, -step), (axis, *step)]) {
                let mut tried = offer(Numbers::default());
                tried[axis] = (tried[axis] + way).clamp(LIMITS[axis].0, LIMITS[axis].1);
                offer(tried);
            }
        }
        let belief = ramp(BELIEVED, best.1 - first);
        [0, 1].map(|eye| Self::of_eye(best.0.map(|value| belief * value), eye))
    }

    fn of_eye([out, down, wide, upper, lower, round]: Numbers, eye: usize) -> Self {
        Self { shift: Vec2::new(if eye == 0 { -out } else { out }, down), wide, upper, lower, round }
    }
}

fn cost(fit: &Numbers) -> f32 {
    COST * fit.iter().zip(FAR).map(|(value, far)| (value / far).powi(2)).sum::<f32>()
}

/// Colour of the skin round an eye: a plane over its place.
#[derive(Clone, Debug)]
pub(super) struct Skin {
    mean: Vec3,
    along: Vec3,
    down: Vec3,
    lids: Lids,
}

impl Skin {
    /// From what is well outside the eye, but neither brow nor the other side of the nose.
    pub(super) fn round(picture: &[f32], lids: &Lids) -> Self {
        let width = lids.width_px();
        let below = [0.15, 0.35, 0.5, 0.65, 0.85].map(|x| Vec2::new(x, lids.edges(x)[1].max(0.0) + 0.42 * width));
        let above = [0.3, 0.5, 0.7].map(|x| {
            let [upper, _] = lids.edges(x);
            Vec2::new(x, upper + 0.4 * (lids.brow(x) - upper).clamp(-0.6 * width, 0.0))
        });
        let seen = |places: &[Vec2]| {
            let sum: Vec3 = places.iter().map(|place| sampled(picture, lids.point(*place))).sum();
            sum / places.len() as f32
        };
        let (low, high) = (seen(&below), seen(&above));
        let (left, right) = (seen(&below[..2]), seen(&below[3..]));
        let y = |places: &[Vec2]| places.iter().map(|p| p.y).sum::<f32>() / places.len() as f32;
        let (bottom, top) = (y(&below), y(&above));
        let down = (low - high) / (bottom - top).max(1.0);
        let along = (right - left) / 0.5;
        Self { mean: low - down * bottom, along, down, lids: lids.clone() }
    }

    /// The colour of skin in the place of a point of the picture, beyond the corners as at them.
    pub(super) fn at(&self, at: Vec2) -> Vec3 {
        let place = self.lids.place(at);
        let colour = self.mean + self.down * place.y + self.along * (place.x.clamp(0.0, 1.0) - 0.5);
        colour.clamp(Vec3::ZERO, Vec3::ONE)
    }

    /// How unlike the skin a point of the picture is.
    fn unlike(&self, picture: &[f32], at: Vec2) -> f32 {
        let (place, skin) = (self.lids.place(at), self.at(at));
        let seen = sampled(picture, at);
        let darkest = if place.y < self.lids.edges(place.x)[0] { SHADOW } else { 1.0 };
        let shade = (seen.dot(skin) / skin.length_squared().max(1e-4)).clamp(darkest, 1.0);
        (seen - shade * skin).abs().element_sum() / 3.0
    }
}

/// How much more unlike the skin it is between the lids than beyond them.
fn contrast(picture: &[f32], lids: &Lids, skin: &Skin) -> f32 {
    let aside = ASIDE * lids.width_px();
    let (mut inside, mut outside) = (0.0, 0.0);
    for n in 0..PLACES {
        let x = (n as f32 + 0.5) / PLACES as f32;
        let [upper, lower] = lids.edges(x);
        let look = |y: f32| skin.unlike(picture, lids.point(Vec2::new(x, y))).min(MOST);
        inside += DEPTHS.iter().map(|share| look(upper + share * (lower - upper))).sum::<f32>() / DEPTHS.len() as f32;
        outside += (look(upper - aside) + look(upper - 2.0 * aside) + look(lower + aside) + look(lower + 2.0 * aside)) / 4.0;
    }
    (inside - outside) / PLACES as f32
}
