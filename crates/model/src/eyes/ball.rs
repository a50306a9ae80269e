//! An eyeball as a picture shows it: a round iris with its own pixels, and white of its own colour where the iris leaves.

use glam::{Vec2, Vec3};

use super::lids::Lids;
use super::{SIDE, ramp, sampled};

/// Radii of an iris that are tried, in widths of the eye, and the usual one.
const RADII: [f32; 9] = [0.17, 0.19, 0.21, 0.23, 0.25, 0.27, 0.29, 0.31, 0.33];
const USUAL: f32 = 0.22;
/// How far beside the pupil that is known its middle is looked for, in widths, and in how many steps.
const BESIDE: f32 = 0.16;
const STEPS: i32 = 4;
/// How much colour counts against brightness: the white has none, whatever the iris's.
const COLOURFUL: f32 = 0.6;
/// Directions in which the rim is looked at.
const DIRECTIONS: usize = 16;
const TURN: f32 = std::f32::consts::TAU / DIRECTIONS as f32;
/// Distance from the rim at which the colours are compared, in widths.
const RIM: f32 = 0.045;
/// So many places outside the rim are few.
const FEW: f32 = 4.0;
/// Costs: square of the way from the known pupil in widths, and of the difference from the usual radius.
const FAR: f32 = 6.0;
const UNUSUAL: f32 = 2.0;
/// Share of the best rating that is about as good.
const NEARLY: f32 = 0.94;
/// Rims fainter than this are none.
const FAINTEST: f32 = 0.03;
/// Rings of the iris, from the middle to a little beyond the rim.
const RINGS: usize = 8;
const BEYOND: f32 = 1.1;
/// From how many radii on the picture shows white, for certain and not at all.
const WHITE: [f32; 2] = [1.08, 1.25];
/// Places closer to a lid than this show its lashes, in widths.
const INSIDE: f32 = 0.05;

/// Share of the way from the skin's colour to the white's from which on something begins to be white, and is.
const WHITER: [f32; 2] = [0.25, 0.6];
/// By how much the white must be lighter and less colourful than the skin to be told from it.
const LIGHTER: [f32; 2] = [0.03, 0.1];
/// White in shadow is no lighter than the skin, but pale: for its brightness less colourful than coloured skin, in its shares, and not as dark as lashes.
const COLOURED: [f32; 2] = [0.08, 0.16];
const PALE: [f32; 2] = [0.5, 0.8];
const DARK: [f32; 2] = [0.5, 0.75];

/// What is known of one eyeball.
#[derive(Clone, Debug)]
pub(super) struct Ball {
    /// Middle and radius of the iris, in pixels of the picture.
    middle: Vec2,
    radius: f32,
    /// Colour of each ring.
    rings: [Vec3; RINGS],
    white: White,
}

/// Colour of the white: a plane over how far along the eye a place is, and how far down between the lids.
#[derive(Clone, Copy, Debug)]
struct White {
    mean: Vec3,
    along: Vec3,
    down: Vec3,
}

impl Ball {
    /// Both of a picture between their lids, with their pupils near `pupils`.
    pub(super) fn both(picture: &[f32], lids: &[Lids; 2], pupils: [Vec2; 2]) -> [Self; 2] {
        let irises = irises(picture, lids, pupils);
        [0, 1].map(|eye| {
            let (lids, (middle, radius)) = (&lids[eye], irises[eye]);
            let rings = rings(picture, lids, middle, radius);
            Self { middle, radius, rings, white: White::of(picture, lids, middle, radius, rings[RINGS - 1]) }
        })
    }

    pub(super) fn middle(&self) -> Vec2 {
        self.middle
    }

    /// Colour of a place that is `from` away from the iris's middle in the picture's pixels. `place` is where the picture's eye has the same white.
    pub(super) fn colour(&self, picture: &[f32], lids: &Lids, from: Vec2, place: Vec2) -> Vec3 {
        let white = self.white(picture, lids, place);
        let share = (self.radius + 0.7 - from.length()).clamp(0.0, 1.4) / 1.4;
        if share > 0.0 { white.lerp(self.iris(picture, lids, from), share) } else { white }
    }

    /// Its own pixels where no lid hides them, else what the ring has elsewhere.
    fn iris(&self, picture: &[f32], lids: &Lids, from: Vec2) -> Vec3 {
        let at = self.middle + from;
        let shown = depth(lids, at) / lids.width_px();
        let ring = ringed(&self.rings, from.length() / self.radius);
        ring.lerp(sampled(picture, at), ramp([0.5 * INSIDE, 1.5 * INSIDE], shown))
    }

    /// Whether a colour is rather the white's than that of the skin round the eye, 0 to 1.
    pub(super) fn is_white(&self, colour: Vec3, skin: Vec3) -> f32 {
        let way = self.white.mean - skin;
        let lighter = way.element_sum() / 3.0 + COLOURFUL * (colourful(skin) - colourful(self.white.mean));
        let white = ramp(LIGHTER, lighter) * ramp(WHITER, (colour - skin).dot(way) / way.length_squared().max(1e-4));
        white.max(pale(colour, skin))
    }

    fn white(&self, picture: &[f32], lids: &Lids, place: Vec2) -> Vec3 {
        let [upper, lower] = lids.edges(place.x);
        let down = (place.y - upper) / (lower - upper).max(1.0);
        let plain = self.white.at(place.x, down);
        let at = lids.point(place);
        let shown = ramp(WHITE, at.distance(self.middle) / self.radius) * ramp([0.0, INSIDE], depth(lids, at) / lids.width_px());
        plain.lerp(sampled(picture, at), shown)
    }
}

impl White {
    fn of(picture: &[f32], lids: &Lids, middle: Vec2, radius: f32, rim: Vec3) -> Self {
        let mut seen: Vec<(f32, f32, Vec3)> = Vec::new();
        for (at, place) in places(lids) {
            let [upper, lower] = lids.edges(place.x);
            let inside = depth(lids, at) > INSIDE * lids.width_px();
            if inside && (0.08..0.92).contains(&place.x) && at.distance(middle) > WHITE[1] * radius {
                seen.push((place.x - 0.5, (place.y - upper) / (lower - upper) - 0.5, sampled(picture, at)));
            }
        }
        // What is darkest is lash or shadow.
        seen.sort_by(|a, b| b.2.element_sum().total_cmp(&a.2.element_sum()));
        seen.truncate(seen.len().div_ceil(3));
        // Where no white is seen at all, something between the rim and the skin below.
        let few = rim.lerp(sampled(picture, lids.point(Vec2::new(0.5, lids.edges(0.5)[1] + 0.25 * lids.width_px()))), 0.5);
        let count = seen.len() as f32;
        let mean = (seen.iter().map(|s| s.2).sum::<Vec3>() + few * 0.5) / (count + 0.5);
        let slope = |axis: fn(&(f32, f32, Vec3)) -> f32| {
            let sum: Vec3 = seen.iter().map(|s| (s.2 - mean) * axis(s)).sum();
            let squares: f32 = seen.iter().map(|s| axis(s) * axis(s)).sum();
            sum / (squares + 1.0)
        };
        Self { mean, along: slope(|s| s.0), down: slope(|s| s.1) }
    }

    fn at(&self, along: f32, down: f32) -> Vec3 {
        let colour = self.mean + self.along * (along - 0.5).clamp(-0.5, 0.5) + self.down * (down - 0.5).clamp(-0.5, 0.5);
        colour.clamp(Vec3::ZERO, Vec3::ONE)
    }
}

/// How deep between the lids a point of the picture is, in pixels; negative outside.
fn depth(lids: &Lids, at: Vec2) -> f32 {
    let place = lids.place(at);
    let [upper, lower] = lids.edges(place.x);
    (place.y - upper).min(lower - place.y)
}

/// The points of the picture between the lids, and their places.
fn places(lids: &Lids) -> impl Iterator<Item = (Vec2, Vec2)> {
    let (low, high) = lids.opening_bounds();
    let last = Vec2::splat((SIDE - 1) as f32);
    let [low, high] = [low.floor() - 1.0, high.ceil() + 1.0].map(|bound| bound.clamp(Vec2::ZERO, last).as_ivec2());
    let points = (low.y..=high.y).flat_map(move |y| (low.x..=high.x).map(move |x| Vec2::new(x as f32, y as f32)));
    points.map(|at| (at, lids.place(at))).filter(|(_, place)| {
        let [upper, lower] = lids.edges(place.x);
        (0.0..=1.0).contains(&place.x) && (upper..=lower).contains(&place.y)
    })
}

/// Middle and radius of each iris near its pupil: where it is darker inside a circle than outside. Both are as large.
fn irises(picture: &[f32], lids: &[Lids; 2], pupils: [Vec2; 2]) -> [(Vec2, f32); 2] {
    let rated = RADII.map(|radius| {
        let found = [0, 1].map(|eye| iris(picture, &lids[eye], pupils[eye], radius));
        (found[0].0 + found[1].0 - 2.0 * UNUSUAL * (radius - USUAL).powi(2), radius, found)
    });
    // Of those that are about as good the largest: the rim of a pupil is one, too, and an iris that is cut off stays behind as a crescent.
    let most = rated.iter().map(|(rating, ..)| *rating).fold(0.0, f32::max);
    let best = rated.into_iter().rfind(|(rating, ..)| *rating >= NEARLY * most);
    [0, 1].map(|eye| {
        let width = lids[eye].width_px();
        match best {
            Some((_, radius, found)) if found[eye].0 > FAINTEST => (found[eye].1, radius * width),
            Some((_, radius, _)) => (pupils[eye], radius * width),
            None => (pupils[eye], USUAL * width),
        }
    })
}

/// How much paler than skin a colour is, without being dark, 0 to 1.
fn pale(colour: Vec3, skin: Vec3) -> f32 {
    let light = colour.element_sum() / skin.element_sum().max(0.05);
    let share = colourful(colour) / (light * colourful(skin)).max(1e-3);
    ramp(COLOURED, colourful(skin)) * (1.0 - ramp(PALE, share)) * ramp(DARK, light)
}

fn colourful(colour: Vec3) -> f32 {
    colour.max_element() - colour.min_element()
}

/// How well an iris of a radius fits near a pupil, and where.
fn iris(picture: &[f32], lids: &Lids, pupil: Vec2, radius: f32) -> (f32, Vec2) {
    let width = lids.width_px();
    let bright = |at: Vec2| {
        let colour = sampled(picture, at);
        colour.element_sum() / 3.0 - COLOURFUL * colourful(colour)
    };
    let rated = |middle: Vec2| {
        let mean = |distances: [f32; 2]| {
            let places = distances.iter().flat_map(|d| (0..DIRECTIONS).map(move |n| Vec2::from_angle(TURN * n as f32) * (d * width)));
            let seen = places.map(|from| middle + from).filter(|at| depth(lids, *at) > 0.5 * INSIDE * width);
            seen.fold((0.0, 0.0_f32), |(sum, count), at| (sum + bright(at), count + 1.0))
        };
        let (inside, outside) = (mean([0.5 * radius, radius - RIM]), mean([radius + RIM, radius + 2.0 * RIM]));
        (outside.0 / outside.1.max(1.0) - inside.0 / inside.1.max(1.0)) * outside.1 / (outside.1 + FEW)
    };
    let around = (-STEPS..=STEPS).flat_map(|y| (-STEPS..=STEPS).map(move |x| Vec2::new(x as f32, y as f32) * (BESIDE / STEPS as f32)));
    around
        .map(|beside| (rated(pupil + beside * width) - FAR * beside.length_squared(), pupil + beside * width))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, pupil))
}

/// Mean colour of each ring of the iris where it is seen.
fn rings(picture: &[f32], lids: &Lids, middle: Vec2, radius: f32) -> [Vec3; RINGS] {
    let mut sums = [(Vec3::ZERO, 0.0_f32); RINGS];
    let mut all = (Vec3::ZERO, 0.0_f32);
    for (at, _) in places(lids) {
        let ring = at.distance(middle) / radius / BEYOND * RINGS as f32;
        if ring < RINGS as f32 && depth(lids, at) > INSIDE * lids.width_px() {
            let colour = sampled(picture, at);
            for sum in [&mut sums[ring as usize], &mut all] {
                *sum = (sum.0 + colour, sum.1 + 1.0);
            }
        }
    }
    let whole = if all.1 > 0.0 { all.0 / all.1 } else { sampled(picture, middle) };
    sums.map(|(sum, count)| (sum + whole * 0.5) / (count + 0.5))
}

/// Colour at a distance from the middle, in radii.
fn ringed(rings: &[Vec3; RINGS], distance: f32) -> Vec3 {
    let at = (distance / BEYOND * RINGS as f32 - 0.5).clamp(0.0, (RINGS - 1) as f32);
    let low = (at as usize).min(RINGS - 2);
    rings[low].lerp(rings[low + 1], at - low as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_in_shadow_is_pale_and_skin_lashes_and_grey_pictures_are_not() {
        let skin = Vec3::new(0.86, 0.66, 0.52);
        assert!(pale(Vec3::new(0.66, 0.61, 0.58), skin) > 0.9, "a white in shadow");
        for (what, colour) in [("skin", skin), ("skin in shadow", 0.6 * skin), ("lashes", Vec3::new(0.2, 0.14, 0.12))] {
            assert!(pale(colour, skin) < 0.05, "{what}");
        }
        assert!(pale(Vec3::splat(0.9), Vec3::splat(0.6)) < 1e-6, "a picture without colours does not tell");
    }
}
