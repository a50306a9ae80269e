//! What an upper lid shows that comes down: skin that its crease hid, and the crease flattens as it unfolds. The picture shows none of it, so it is made of the skin
//! below the eye, in a light between there and above the crease, and ends in a line as dark as the eye's own edge, with the lashes that are seen there.

use glam::{Vec2, Vec3};
use retrato_core::data::FaceMesh;

use crate::eye::{EyeMap, LID_SAMPLES, to_local};
use crate::grid::smooth_step;
use crate::patch::{Patch, smooth_through};

// All lengths are in widths of the eye.

// Where nothing else is said, Tuned by eye on five portraits moved by `lively_turns` and `glances`.

/// Where the skin is taken from: so far below the lower lid on, and this much there for each length along the lid. Tuned on five portraits.
pub(crate) const SKIN_FROM: f32 = 0.1;
pub(crate) const SKIN_STEP: f32 = 0.7;
/// Heights above the lid's edge over which the skin's light becomes that above the crease.
pub(crate) const LIT: std::ops::Range<f32> = 0.0..0.2;
/// Heights above the lid's edge over which its lashes end. Derived: lids' edges are 1.5 to 2 mm thick, of eyes 29 mm wide.
pub(crate) const LASHES_END: std::ops::Range<f32> = 0.035..0.085;
/// Heights above the lid's edge over which the lashes that the picture shows there end.
pub(crate) const OWN_LASHES_END: std::ops::Range<f32> = 0.05..0.14;
/// Parts of the eye next to its corners over which lashes begin.
pub(crate) const LASHES_BEGIN: std::ops::Range<f32> = 0.0..0.2;
/// Where the lid's skin begins, between the crease and the row of points above it; and shares of the way from there to the edge over which it does.
const ABOVE_CREASE: f32 = 0.4;
pub(crate) const BEGINS: std::ops::Range<f32> = 0.0..0.5;
/// Openings of an eye against that at rest from which down the lid's skin is made up, and wholly.
const COMES_DOWN: std::ops::Range<f32> = 0.4..0.85;
/// Narrower eyes than this are shut in the portrait already: mean gap between the lids.
const SHUT: f32 = 0.06;
/// Bounds of light above the crease against that below the eye, and of the edge's darkness against it.
const LIGHTS: std::ops::RangeInclusive<f32> = 0.3..=1.3;
const EDGES: std::ops::RangeInclusive<f32> = 0.25..=0.55;
/// How far the skin's light is that above the crease: a lid that comes down lies before the hollow in which the crease is. Tuned on the same portraits.
const HOLLOW: f32 = 0.25;

/// How a lid's skin looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LidSkin {
    /// Its light against that below the eye, red, green and blue, at places evenly along it.
    pub(crate) lights: [Vec3; LID_SAMPLES],
    /// How much darker than the skin the lashes are, 0 to 1.
    pub(crate) lashes: f32,
}

/// What is seen round an eye at a place along it: colours below the eye and above the crease, and the darkest at the lid's edge.
#[derive(Clone, Copy, Default)]
struct Column {
    below: Vec3,
    above: Vec3,
    edge: f32,
}

impl LidSkin {
    /// Of an eye whose lids lie at these heights at rest, and its crease at these; `colour` is that of the picture at a local place, 0 to 255.
    pub(crate) fn of(lids: &[[f32; LID_SAMPLES]; 2], crease: &[f32; LID_SAMPLES], colour: impl Fn(Vec2) -> Vec3) -> Self {
        const STEPS: usize = 6;
        let mean = |x: f32, from: f32, to: f32| {
            let heights = (0..STEPS).map(|k| from + (to - from) * (k as f32 + 0.5) / STEPS as f32);
            heights.map(|y| colour(Vec2::new(x, y))).sum::<Vec3>() / STEPS as f32
        };
        let columns: [Column; LID_SAMPLES] = std::array::from_fn(|k| {
            let x = k as f32 / (LID_SAMPLES - 1) as f32;
            let from = lids[1][k] + SKIN_FROM;
            let edge = (0..STEPS).map(|n| lightness(colour(Vec2::new(x, lids[0][k] + 0.02 * (n as f32 - 2.0))))).fold(f32::MAX, f32::min);
            Column { below: mean(x, from, from + 0.25), above: mean(x, crease[k] - 0.12, crease[k] - 0.02), edge }
        });
        // Broad means: brows' hairs and cracks of paint are no light.
        let broad = |k: usize| {
            let near = &columns[k.saturating_sub(LID_SAMPLES / 6)..(k + LID_SAMPLES / 6 + 1).min(LID_SAMPLES)];
            let sum = near.iter().fold(Column::default(), |a, b| Column {
                below: a.below + b.below,
                above: a.above + b.above,
                edge: a.edge + b.edge,
            });
            (sum, near.len() as f32)
        };
        let lights = std::array::from_fn(|k| {
            let (Column { below, above, .. }, count) = broad(k);
            let ratio = (above / below.max(Vec3::splat(count))).clamp(Vec3::splat(*LIGHTS.start()), Vec3::splat(*LIGHTS.end()));
            ratio.powf(HOLLOW)
        });
        let (Column { below, edge, .. }, count) = broad(LID_SAMPLES / 2);
        let edge = edge / lightness(below).max(count);
        Self { lights, lashes: 1.0 - edge.clamp(*EDGES.start(), *EDGES.end()) }
    }
}

/// How light a colour is, in its own unit.
pub(crate) fn lightness(colour: Vec3) -> f32 {
    colour.dot(Vec3::new(0.3, 0.59, 0.11))
}

/// Where the colour of a place of a lid comes from, in crop pixels, and by what it is multiplied; and lashes over it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LidLook {
    /// The place.
    pub source: Vec2,
    /// The factor of red, green and blue.
    pub light: Vec3,
    /// Where the lashes are at rest, and how far they are seen where they are darker than the skin, 0 to 1.
    pub lashes: Vec2,
    /// See [`Self::lashes`].
    pub lashes_share: f32,
}

impl EyeMap {
    /// What is seen of the upper lid at `at`: along the eye, and how high above the lid's edge, in widths of the eye.
    pub fn lid_look(&self, at: Vec2) -> LidLook {
        let x = at.x.clamp(0.0, 1.0);
        let high = at.y.max(0.0);
        let down = self.lid(1, x) + SKIN_FROM + SKIN_STEP * high;
        let lit = Vec3::ONE.lerp(self.skin_light(x), smooth_step(&LIT, high));
        let ends = smooth_step(&LASHES_BEGIN, x) * smooth_step(&LASHES_BEGIN, 1.0 - x);
        let dark = self.lashes * ends * (1.0 - smooth_step(&LASHES_END, high));
        let place = |y: f32| self.origin + self.along * x + self.down * y;
        LidLook {
            source: place(down),
            light: lit * (1.0 - dark),
            lashes: place(self.lid(0, x) - high),
            lashes_share: 1.0 - smooth_step(&OWN_LASHES_END, high),
        }
    }

    fn skin_light(&self, x: f32) -> Vec3 {
        let at = x.clamp(0.0, 1.0) * (LID_SAMPLES - 1) as f32;
        let first = (at as usize).min(LID_SAMPLES - 2);
        self.skin_lights[first].lerp(self.skin_lights[first + 1], at - first as f32)
    }
}

impl LidLook {
    /// The colour, from the skin's and the lashes' place, 0 to 255.
    pub(crate) fn colour(&self, skin: Vec3, lashes: Vec3) -> Vec3 {
        let made = (skin * self.light).min(Vec3::splat(255.0));
        made.lerp(made.min(lashes), self.lashes_share)
    }
}

/// How far a place of the lid covers what lies under it, by how far it is inside its beginning and its edge, in pixels of the picture.
pub(crate) fn covers([beginning, edge]: [f32; 2]) -> f32 {
    let below = beginning / (beginning + edge).max(1e-3);
    smooth_step(&BEGINS, below) * (edge + 0.5).clamp(0.0, 1.0)
}

/// How far a lid is down whose eye was open by one measure at rest, and is by another now, in sums of gaps; `width` is the eye's.
pub(crate) fn lowered(rest: f32, now: f32, count: usize, width: f32) -> f32 {
    let shut = rest < SHUT * count as f32 * width.max(1e-3);
    if shut { 0.0 } else { 1.0 - smooth_step(&COMES_DOWN, now / rest) }
}

/// The strip from where the skin of the upper lid begins to its edge, of an eye; its vertices' places at rest are those of [`EyeMap::lid_look`].
pub(crate) fn strip(patch: &mut Patch, map: &EyeMap, expression: &FaceMesh, eye: usize, margin: f32, put: impl Fn(Vec3) -> Vec3) {
    let point = |i: u16| expression.0[usize::from(i)];
    let edges = FaceMesh::EYES[eye];
    let mut edge: [Vec3; 9] = std::array::from_fn(|i| point(edges[i]));
    let begins = |i: usize| point(FaceMesh::CREASES[eye][i]).lerp(point(FaceMesh::ABOVE_CREASES[eye][i]), ABOVE_CREASE);
    let mut upper: [Vec3; 9] = std::array::from_fn(|i| if (1..8).contains(&i) { begins(i - 1) } else { point(edges[i]) });
    if eye == 1 {
        edge.reverse();
        upper.reverse();
    }
    patch.between(&upper, &edge, margin, put);
    let local = |p: Vec2| to_local(map.origin, map.along, map.down, p - map.shift);
    let lowest = smooth_through(&edge);
    for (pair, edge) in patch.vertices.as_chunks_mut::<2>().0.iter_mut().zip(lowest) {
        let edge = local(edge.truncate()).y;
        for vertex in pair {
            let at = local(vertex.rest);
            vertex.rest = Vec2::new(at.x, edge - at.y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eye::RestEye;
    use crate::shape::testing;

    #[test]
    fn a_lids_skin_comes_from_below_the_eye_and_ends_in_lashes() {
        let mesh = testing::mesh();
        // Light skin, dark above the crease and darker at the lid's edge.
        let crease = mesh.0[usize::from(FaceMesh::CREASES[0][3])].y;
        let edge = mesh.0[usize::from(FaceMesh::EYES[0][4])].y;
        let grey = |at: Vec2| {
            if at.y < crease {
                100.0
            } else if (at.y - edge).abs() < 1.0 {
                40.0
            } else {
                200.0
            }
        };
        let map = RestEye::of(&mesh, 0, |at| Vec3::new(1.0, 0.9, 0.8) * grey(at)).map(&mesh, 0);
        let lower = mesh.0[usize::from(FaceMesh::EYES[0][12])].y;
        for high in [0.0, 0.1, 0.3] {
            let look = map.lid_look(Vec2::new(0.5, high));
            assert!(look.source.y > lower, "{high}: from {} below {lower}", look.source.y);
        }
        let look = map.lid_look(Vec2::new(0.5, 0.0));
        assert!(look.colour(Vec3::splat(200.0), Vec3::splat(30.0)).x < 40.0, "its own lashes are dark");
        assert!(look.colour(Vec3::splat(100.0), Vec3::splat(250.0)).x < 100.0, "what is light at the edge is no lash");
        let [edge, above] = [0.0, 0.3].map(|high| map.lid_look(Vec2::new(0.5, high)).light.x);
        assert!((0.7..0.95).contains(&above), "between the light below the eye and above the crease: {above}");
        assert!(edge < 0.6 && map.lid_look(Vec2::ZERO).light.x > 0.99, "lashes: {edge}, none at the corner");
    }

    #[test]
    fn a_lid_is_made_up_as_it_comes_down() {
        assert!(lowered(5.0, 5.0, 5, 4.0) == 0.0 && lowered(5.0, 6.0, 5, 4.0) == 0.0, "open, and wider");
        assert!(lowered(5.0, 0.0, 5, 4.0) > 0.999 && (0.2..0.8).contains(&lowered(5.0, 3.2, 5, 4.0)), "shut, and half");
        assert!(lowered(0.1, 0.0, 5, 4.0) == 0.0, "an eye that is shut in the portrait");
        assert!(covers([0.0, 9.0]) == 0.0 && covers([9.0, 9.0]) > 0.99 && covers([9.0, -0.6]) == 0.0, "from the crease to the edge");
    }
}
