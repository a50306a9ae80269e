//! What an eye shows: its own picture, with the iris moved round and unstretched and the white stretched beside it.

use std::ops::{Range, RangeInclusive};

use glam::{Vec2, Vec3};
use retrato_core::data::FaceMesh;

use crate::grid::smooth_step;
use crate::lid::{LidSkin, lowered};
use crate::patch::smooth_through;

/// Places along an eye at which its lids are kept.
pub const LID_SAMPLES: usize = 33;
// Where nothing else is said, Tuned by eye on sheets of nine portraits moved by `lively_turns` and `glances`.

/// Radius of an iris where the mesh gives none that can be meant, and the bounds of those that can, in widths of the eye.
const IRIS: f32 = 0.22;
const IRISES: RangeInclusive<f32> = 0.14..=0.36;
/// So much more than the iris moves without being stretched: its rim.
pub(crate) const RIM: f32 = 1.15;
/// Radii of the iris over which it ends, and over which what is mirrored ceases to be of it: its rim is soft, and often darker. Tuned
/// by eye on `cartoon_boy` moved by `lively_turns`.
pub(crate) const IRIS_ENDS: Range<f32> = 0.95..RIM;
pub(crate) const IRIS_IS_NEAR: Range<f32> = RIM..1.4;
/// How far a lid hides a place from which on its look begins to be made up, and is, in widths of the eye.
pub(crate) const MADE_UP: Range<f32> = 0.0..0.06;
/// Radii between which an iris's edge is looked for in the picture, and the radius that the mesh gives.
const EDGE_AT: Range<f32> = 0.7..1.6;
/// Least step of whiteness, 0 to 255, that is such an edge.
const EDGE_STEP: f32 = 10.0;
/// Shares of the way between the lids at which the white is looked at, and the radii of the iris between which it is: nearer is the iris's rim, and
/// farther away are the corners, which are red or in the shadow.
const WHITE_BETWEEN: [f32; 5] = [0.3, 0.4, 0.5, 0.6, 0.7];
const WHITE_BESIDE: Range<f32> = 1.15..1.8;
/// So many of those places are darker than the one that is taken: lashes and lids throw their shadow on more of a white than lights shine on.
const WHITE_RANK: f32 = 0.75;
/// Lids nearer to each other show no white, in widths of the eye.
const WHITE_GAP: f32 = 0.08;
/// Farthest up and down that an iris goes from its place at rest, in widths of the eye.
const FARTHEST: f32 = 0.22;
/// So much of the opening next to the lids is in their shadow, or lashes: not taken to show what was behind them.
pub(crate) const LASHES: f32 = 0.035;
/// Slack at rest, so that the very edge is the picture's own.
pub(crate) const SLACK: f32 = 0.1;
/// Share of the mirror in what is made up of a white, against an even white: the mirror has the light of the place, and lashes and make-up as well. Tuned by eye on
/// `mona_lisa` and `long_hair_waterfall` moved by `glances`.
pub(crate) const MIRRORED: f32 = 0.5;
/// How far the iris moves, or the lids open more than at rest, from which on what the picture hides is made up, in widths of the eye.
const MOVED: Range<f32> = 0.01..0.06;

/// An eye of the portrait as it is at rest, in crop pixels. Local places: x along the eye from the outer corner to the inner, y down, in widths of the eye.
#[derive(Clone, Debug)]
pub(crate) struct RestEye {
    pub(crate) corners: [Vec2; 2],
    along: Vec2,
    down: Vec2,
    iris: Vec2,
    radius: f32,
    lids: [[f32; LID_SAMPLES]; 2],
    /// Sum of the gaps between the lids, in crop pixels.
    open: f32,
    /// Places that show what the white looks like, beside the outer and the inner corner.
    whites: [Vec2; 2],
    skin: LidSkin,
}

/// Where the colours of an eye come from in one frame; lengths as in the portrait's eye at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EyeMap {
    /// Outer corner at rest, in crop pixels.
    pub origin: Vec2,
    /// From there to the inner corner, and as far down.
    pub along: Vec2,
    /// See [`Self::along`].
    pub down: Vec2,
    /// How far the whole eye is shifted in the face, in crop pixels.
    pub shift: Vec2,
    /// The iris's middle at rest.
    pub rest_iris: Vec2,
    /// And now.
    pub iris: Vec2,
    /// Its radius.
    pub radius: f32,
    /// Places that show what the white looks like, beside the outer and the inner corner.
    pub whites: [Vec2; 2],
    /// How far anything else than at rest is shown, 0 to 1.
    pub moved: f32,
    /// Heights of upper and lower lid at rest, at places evenly along the eye.
    pub lids: [[f32; LID_SAMPLES]; 2],
    /// How far the upper lid is down, 0 to 1.
    pub lowered: f32,
    /// Light of its skin against that below the eye, red, green and blue, at the same places.
    pub skin_lights: [Vec3; LID_SAMPLES],
    /// How much darker than skin lashes are, 0 to 1.
    pub lashes: f32,
}

impl RestEye {
    /// The right (0) or the left (1) eye of a mesh in crop pixels.
    /// `colour` is that of the picture at a point in crop pixels, 0 to 255.
    pub(crate) fn of(mesh: &FaceMesh, eye: usize, colour: impl Fn(Vec2) -> Vec3) -> Self {
        let point = |i: u16| mesh.0[usize::from(i)];
        let edge = FaceMesh::EYES[eye].map(point);
        let corners = [edge[0].truncate(), edge[8].truncate()];
        let along = corners[1] - corners[0];
        let along = if along.length() > 1e-3 { along } else { Vec2::X };
        let across = along.perp();
        let down = if eye == 0 { across } else { -across };
        let local = |p: Vec3| to_local(corners[0], along, down, p.truncate());
        let pupil = FaceMesh::PUPILS[eye];
        let iris = local(mesh.0[pupil]);
        let radius = (1..5).map(|k| local(mesh.0[pupil + k]).distance(iris)).sum::<f32>() / 4.0;
        let radius = if IRISES.contains(&radius) { radius } else { IRIS };
        let seen = |at: Vec2| colour(corners[0] + along * at.x + down * at.y);
        let radius = seen_radius(radius, |x, y| whiteness(seen(iris + Vec2::new(x, y)))).min(*IRISES.end());
        let lid = |points: [Vec3; 9]| {
            let smooth = smooth_through(&points.map(|p| local(p).extend(0.0)));
            heights(&smooth)
        };
        let upper: [Vec3; 9] = std::array::from_fn(|i| edge[i]);
        let lower: [Vec3; 9] = std::array::from_fn(|i| edge[(16 - i) % 16]);
        let lids = [lid(upper), lid(lower)];
        let crease = std::array::from_fn(|i| if (1..8).contains(&i) { point(FaceMesh::CREASES[eye][i - 1]) } else { edge[i] });
        let skin = LidSkin::of(&lids, &lid(crease), seen);
        let iris = iris.clamp(Vec2::splat(-0.5), Vec2::splat(1.5));
        let whites = white_places(&lids, iris, radius, |at| whiteness(seen(at)));
        Self { corners, along, down, iris, radius, lids, open: opening(mesh, eye), whites, skin }
    }

    /// How the eye is shown with another expression of the same mesh.
    pub(crate) fn map(&self, expression: &FaceMesh, eye: usize) -> EyeMap {
        let point = |i: u16| expression.0[usize::from(i)].truncate();
        let edge = FaceMesh::EYES[eye];
        let ends = [point(edge[0]), point(edge[8])];
        let shift = 0.5 * (ends[0] + ends[1] - self.corners[0] - self.corners[1]);
        let local = |p: Vec2| to_local(self.corners[0], self.along, self.down, p - shift);
        let wanted = local(expression.0[FaceMesh::PUPILS[eye]].truncate());
        // The iris does not leave the eye.
        let room = 0.55 * self.radius;
        let x = wanted.x.clamp(room.min(self.iris.x), (1.0 - room).max(self.iris.x));
        let y = wanted.y.clamp(self.iris.y - FARTHEST, self.iris.y + FARTHEST);
        let iris = if wanted.is_finite() { Vec2::new(x, y) } else { self.iris };
        let (upper, lower) = (local(point(edge[4])).y, local(point(edge[12])).y);
        let wider = (self.lids[0][LID_SAMPLES / 2] - upper).max(lower - self.lids[1][LID_SAMPLES / 2]);
        let moved = smooth_step(&MOVED, iris.distance(self.iris).max(wider));
        let lowered = lowered(self.open, opening(expression, eye), MEASURED.len(), self.along.length());
        let Self { corners, along, down, iris: rest_iris, radius, lids, whites, skin, .. } = *self;
        let (skin_lights, lashes) = (skin.lights, skin.lashes);
        EyeMap { origin: corners[0], along, down, shift, rest_iris, iris, radius, whites, moved, lids, lowered, skin_lights, lashes }
    }
}

/// Pairs of lid points between which an eye's opening is measured: the corners say little.
const MEASURED: std::ops::Range<usize> = 2..7;

/// How far an eye is open: the sum of the gaps between its lids.
pub(crate) fn opening(mesh: &FaceMesh, eye: usize) -> f32 {
    let edge = FaceMesh::EYES[eye].map(usize::from);
    MEASURED.map(|i| mesh.0[edge[16 - i]].distance(mesh.0[edge[i]])).sum()
}

/// Where the colour of a place of an eye comes from: the mean of some places in crop pixels, by their shares, whose sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EyeLook {
    /// The places.
    pub sources: [Vec2; 4],
    /// Their shares.
    pub shares: [f32; 4],
}

impl EyeMap {
    /// Where the colour of a place of the eye comes from, both in crop pixels of the head at rest.
    pub fn look(&self, point: Vec2) -> EyeLook {
        let at = to_local(self.origin, self.along, self.down, point - self.shift);
        let zone = self.radius * RIM;
        let travel = self.iris - self.rest_iris;
        let (left, right) = (self.iris.x - zone, self.iris.x + zone);
        // How much of the iris's way a place goes along: all of it in the iris, none at the corners.
        let share = if at.x < left { at.x / left.max(1e-3) } else { (1.0 - at.x) / (1.0 - right).max(1e-3) };
        let share = if at.x < left || at.x > right { share.clamp(0.0, 1.0) } else { 1.0 };
        let (places, shares) = self.seen(at - travel * share);
        EyeLook { sources: places.map(|from| self.origin + self.along * from.x + self.down * from.y), shares }
    }

    /// The place itself, or where a lid hides it in the picture, what looks alike.
    fn seen(&self, at: Vec2) -> ([Vec2; 4], [f32; 4]) {
        let alone = |place: Vec2| ([place; 4], [1.0, 0.0, 0.0, 0.0]);
        if self.moved <= 0.0 {
            return alone(at);
        }
        let inset = self.moved * (LASHES + SLACK) - SLACK;
        let (upper, lower) = (self.lid(0, at.x) + inset, self.lid(1, at.x) - inset);
        if upper >= lower {
            return alone(Vec2::new(at.x, upper.midpoint(lower)));
        }
        let hidden = (upper - at.y).max(at.y - lower);
        if hidden <= 0.0 {
            return alone(at);
        }
        let at_height = |y: f32| Vec2::new(at.x, y.clamp(upper, lower));
        // Next to the lid as in a mirror there.
        let mirrored = at_height(if at.y < upper { upper + hidden } else { lower - hidden });
        // An iris is round: its hidden part looks as the one across its middle.
        let across = at_height(2.0 * self.rest_iris.y - at.y);
        // Beside it there is white: as in the mirror, in the light of the place, or where that shows the iris, as elsewhere on that side.
        let inner = smooth_step(&(self.rest_iris.x - self.radius..self.rest_iris.x + self.radius), at.x);
        let made_up = smooth_step(&MADE_UP, hidden);
        let within = |ends: &Range<f32>, at: Vec2| 1.0 - smooth_step(ends, at.distance(self.rest_iris) / self.radius.max(1e-6));
        let iris = within(&IRIS_ENDS, at);
        let beside = made_up * (1.0 - iris);
        let white = beside * (1.0 - MIRRORED * (1.0 - within(&IRIS_IS_NEAR, mirrored)));
        let [outer_white, inner_white] = self.whites;
        (
            [mirrored, across, outer_white, inner_white],
            [1.0 - made_up + beside - white, made_up * iris, white * (1.0 - inner), white * inner],
        )
    }

    pub(crate) fn lid(&self, which: usize, x: f32) -> f32 {
        height(&self.lids[which], x)
    }
}

/// Height of a lid at a place along the eye.
fn height(lid: &[f32; LID_SAMPLES], x: f32) -> f32 {
    let at = x.clamp(0.0, 1.0) * (LID_SAMPLES - 1) as f32;
    let first = (at as usize).min(LID_SAMPLES - 2);
    let [a, b] = [first, first + 1].map(|i| lid[i]);
    a + (at - first as f32) * (b - a)
}

/// How near a colour is to white, as it is to its darkest part: a light blue iris is as light as a white in the shade, and less white.
fn whiteness(colour: Vec3) -> f32 {
    colour.min_element()
}

/// For the outer and the inner side of the iris, a white place among those that show white there: neither a light on it nor the lids' shadow, and no
/// skin, which corners that are read a little too far out would bring in. A side that shows none is as the other; where no white is seen, halfway to the corners.
fn white_places(lids: &[[f32; LID_SAMPLES]; 2], iris: Vec2, radius: f32, whiteness: impl Fn(Vec2) -> f32) -> [Vec2; 2] {
    let between = |x: f32, share: f32| {
        let [top, bottom] = [0, 1].map(|which| height(&lids[which], x));
        (bottom - top > WHITE_GAP).then(|| Vec2::new(x, top + share * (bottom - top)))
    };
    let white = |is_on_side: &dyn Fn(Vec2) -> bool| {
        let columns = (0..LID_SAMPLES).map(|k| k as f32 / (LID_SAMPLES - 1) as f32);
        let places = columns.flat_map(|x| WHITE_BETWEEN.into_iter().filter_map(move |share| between(x, share)));
        let beside = places.filter(|at| WHITE_BESIDE.contains(&(at.distance(iris) / radius)) && is_on_side(*at));
        let mut seen: Vec<(f32, Vec2)> = beside.map(|at| (whiteness(at), at)).collect();
        seen.sort_by(|a, b| a.0.total_cmp(&b.0));
        seen.get((WHITE_RANK * seen.len() as f32) as usize).map(|(_, at)| *at)
    };
    let sides = [white(&|at| at.x < iris.x), white(&|at| at.x > iris.x)];
    let middle = |x: f32| Vec2::new(x, 0.5 * (height(&lids[0], x) + height(&lids[1], x)));
    let unseen = [middle(0.5 * (iris.x - radius)), middle(0.5 * (1.0 + iris.x + radius))];
    [0, 1].map(|side| sides[side].or(sides[1 - side]).unwrap_or(unseen[side]))
}

/// The radius at which an iris ends in the picture: where the way outwards to both sides becomes whitest at once; the given one where there is no such edge.
fn seen_radius(radius: f32, whiteness: impl Fn(f32, f32) -> f32) -> f32 {
    const STEPS: usize = 19;
    // Near the level of the middle, where lids hide nothing.
    let ring = |r: f32| {
        let directions = [(-0.98, 0.2), (-1.0, 0.0), (-0.98, -0.2), (0.98, 0.2), (1.0, 0.0), (0.98, -0.2)];
        directions.map(|(x, y)| whiteness(r * x, r * y)).into_iter().sum::<f32>() / directions.len() as f32
    };
    let at = |k: usize| radius * (EDGE_AT.start + (EDGE_AT.end - EDGE_AT.start) * k as f32 / (STEPS - 1) as f32);
    let rings: [f32; STEPS] = std::array::from_fn(|k| ring(at(k)));
    let step = |k: usize| rings[k + 2] - rings[k - 2];
    let best = (2..STEPS - 2).max_by(|a, b| step(*a).total_cmp(&step(*b))).unwrap_or(2);
    if step(best) > EDGE_STEP { at(best) } else { radius }
}

pub(crate) fn to_local(origin: Vec2, along: Vec2, down: Vec2, point: Vec2) -> Vec2 {
    let offset = point - origin;
    Vec2::new(offset.dot(along), offset.dot(down)) / along.length_squared().max(1e-9)
}

/// Heights of a line that runs from x = 0 to 1, at places evenly along it.
fn heights(line: &[Vec3]) -> [f32; LID_SAMPLES] {
    std::array::from_fn(|k| {
        let x = k as f32 / (LID_SAMPLES - 1) as f32;
        let after = line.iter().position(|p| p.x >= x).unwrap_or(line.len() - 1).max(1);
        let (a, b) = (line[after - 1], line[after]);
        let share = ((x - a.x) / (b.x - a.x).max(1e-6)).clamp(0.0, 1.0);
        a.y + share * (b.y - a.y)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::testing;

    #[test]
    fn an_eye_at_rest_shows_its_own_picture() {
        let mesh = testing::mesh();
        for eye in [0, 1] {
            let map = RestEye::of(&mesh, eye, |_| Vec3::ZERO).map(&mesh, eye);
            assert!(map.moved == 0.0, "nothing moved");
            for i in FaceMesh::EYES[eye] {
                let middle = mesh.0[FaceMesh::PUPILS[eye]].truncate();
                for share in [0.0, 0.4, 0.9, 1.0] {
                    let point = middle.lerp(mesh.0[usize::from(i)].truncate(), share);
                    let EyeLook { sources, shares } = map.look(point);
                    assert!((shares[0] - 1.0).abs() < 1e-6 && sources[0].distance(point) < 1e-3, "{point} from {sources:?}");
                }
            }
        }
    }

    #[test]
    fn an_iris_moves_unstretched_and_its_white_stays_in_the_eye() {
        let mesh = testing::mesh();
        let travel = Vec2::new(2.5, -1.0);
        let mut looking = mesh.clone();
        (468..478).for_each(|i| looking.0[i] += travel.extend(0.0));
        for eye in [0, 1] {
            let rest = RestEye::of(&mesh, eye, |_| Vec3::ZERO);
            let map = rest.map(&looking, eye);
            let middle = mesh.0[FaceMesh::PUPILS[eye]].truncate();
            for offset in [Vec2::ZERO, Vec2::new(1.0, 0.5), Vec2::new(-1.0, 0.0)] {
                let from = map.look(middle + travel + offset).sources[0];
                assert!(from.distance(middle + offset) < 1e-2, "{offset} comes from {}", from - middle);
            }
            for corner in rest.corners {
                let from = map.look(corner).sources[0];
                assert!(from.distance(corner) < 0.3, "corners stay: {}", from - corner);
            }
        }
    }

    #[test]
    fn an_iris_as_light_as_its_white_ends_where_its_colour_does() {
        let (pupil, blue, shaded_white) = (Vec3::splat(20.0), Vec3::new(110.0, 150.0, 200.0), Vec3::splat(150.0));
        let at = |r: f32| match r {
            ..0.12 => pupil,
            ..0.26 => blue,
            _ => shaded_white,
        };
        let found = seen_radius(0.22, |x, y| whiteness(at(x.hypot(y))));
        assert!((found - 0.26).abs() < 0.02, "{found}");
    }

    #[test]
    fn the_edge_of_an_iris_is_found_in_the_picture() {
        let disc = |radius: f32| move |x: f32, y: f32| if x.hypot(y) < radius { 40.0 } else { 160.0 };
        for radius in [0.18, 0.27, 0.31] {
            let found = seen_radius(0.22, disc(radius));
            assert!((found - radius).abs() < 0.02, "{found} for {radius}");
        }
        assert!((seen_radius(0.22, |_, _| 90.0) - 0.22).abs() < 1e-6, "none to be seen");
    }

    #[test]
    fn the_white_of_a_side_is_neither_its_lightest_nor_its_darkest_place() {
        let mesh = testing::mesh();
        let rest = RestEye::of(&mesh, 0, |_| Vec3::splat(100.0));
        let lightness = |at: Vec2| 200.0 * at.x;
        let found = white_places(&rest.lids, rest.iris, rest.radius, lightness);
        assert!(found.iter().all(|at| WHITE_BESIDE.contains(&(at.distance(rest.iris) / rest.radius))), "{found:?}");
        let [outer, inner] = found.map(|at| at.x);
        assert!(0.05 < outer && outer < rest.iris.x && rest.iris.x < inner && inner < 0.95, "a place on each side: {found:?}");
        let shut = [rest.lids[0]; 2];
        let unseen = white_places(&shut, rest.iris, rest.radius, lightness);
        assert!(unseen.iter().all(|at| at.is_finite()) && unseen[0].x < unseen[1].x, "a shut eye has none: {unseen:?}");
    }

    #[test]
    fn what_a_lid_hid_is_never_skin() {
        let mesh = testing::mesh();
        let mut looking = mesh.clone();
        (468..478).for_each(|i| looking.0[i].y += 4.0);
        let rest = RestEye::of(&mesh, 0, |_| Vec3::ZERO);
        let map = rest.map(&looking, 0);
        for column in 1..8 {
            let (upper, lower) = (FaceMesh::EYES[0][column], FaceMesh::EYES[0][16 - column]);
            let [a, b] = [upper, lower].map(|i| mesh.0[usize::from(i)].truncate());
            for share in [0.02, 0.3, 0.6, 0.98] {
                let EyeLook { sources, shares } = map.look(a.lerp(b, share));
                assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5, "shares {shares:?}");
                for (source, _) in sources.iter().zip(shares).filter(|(_, share)| *share > 0.0) {
                    let local = to_local(map.origin, map.along, map.down, *source);
                    let (top, bottom) = (map.lid(0, local.x), map.lid(1, local.x));
                    assert!(local.y > top - 1e-2 && local.y < bottom + 1e-2, "column {column}: {} in {top} to {bottom}", local.y);
                }
            }
        }
    }
}
