//! How far away each part of a portrait's head is: the mesh's own depth in the face, a skull's round it, and beyond it what the matte's outline lets one expect.

use glam::{Vec2, Vec3};
use retrato_core::data::FaceMesh;

use crate::attached::{Attachment, SOFTENED};
use crate::grid::{CELL_PX, CELLS, Grid, cells_in, middle, smooth_step};
use crate::template::SkullTemplate;
use crate::topology::Joined;

// All lengths are in distances between the eyes. Tuned together on nine portraits, photographs, paintings, a cartoon and a sculpture.

/// Radius of the profile that hair and other outlines are inflated to, and how much deeper than wide it is.
const ROUND: f32 = 1.15;
const DEEPER: f32 = 1.1;
/// How far the outline of the head lies behind the rim of the face.
const OUTLINE_BACK: f32 = 0.9;
/// Nothing of the front lies farther behind the rim of the face.
const DEEPEST: f32 = 1.0;
/// How far the back of the head reaches behind its outline, for each unit by which the front does before it.
const BACK: f32 = 0.8;
/// Heights above the chin over which the back of the head comes out of the neck.
const NAPE: std::ops::Range<f32> = 0.1..1.5;
/// Distances from the face over which its motion fades: what is next to it goes with it, whatever hangs there.
const BESIDE: std::ops::Range<f32> = 0.1..1.0;
/// Distances from the face over which the softened motion takes the place of the face's own. Chosen: a little more than it is softened by; looked at on `cartoon_boy` and
/// `sargent_black_dress`.
const RIM: std::ops::Range<f32> = 0.0..0.35;
/// Shares of head in the matte from which on a place belongs to it somewhat and wholly.
const BELONGS: std::ops::Range<f32> = 0.2..0.8;

/// What is known of every cell of the reach.
pub(crate) struct HeadDepth {
    /// Share of the person, 0 to 1.
    pub(crate) shares: Grid,
    /// How far a place belongs to them, 0 to 1.
    pub(crate) matte: Grid,
    /// Whether what stands behind a place may be uncovered.
    pub(crate) uncovered: Grid,
    /// Depth of what is seen, and of the back of the head, in crop pixels.
    pub(crate) front: Grid,
    pub(crate) back: Grid,
    /// How far a place goes with the head, 0 to 1.
    pub(crate) weight: Grid,
    /// How firmly the picture's left, upper, right and lower edge hold a place, 0 to 1.
    pub(crate) held: [Grid; 4],
    /// Height above the chin, in distances between the eyes.
    pub(crate) above: Grid,
    /// Where the face is.
    pub(crate) face: FaceCells,
    /// How far a place is inside of the head's outline, in crop pixels.
    pub(crate) solid: Grid,
    /// Distance between the eyes in crop pixels.
    pub(crate) unit_px: f32,
}

/// The cells that a face covers: the triangle that is seen there, and its corners' shares.
pub(crate) struct FaceCells {
    pub(crate) seen: Vec<Option<([u16; 3], Vec3)>>,
    /// Depth, only where there is face.
    depth: Grid,
    /// 1 in the face, 0 beside it.
    inside: Grid,
    /// How far a cell is inside, and how far outside, in crop pixels.
    pub(crate) deep: Grid,
    pub(crate) beside: Grid,
}

impl FaceCells {
    fn of(mesh: &FaceMesh, joined: &Joined) -> Self {
        let mut seen = vec![None; CELLS * CELLS];
        let mut depth = Grid(vec![f32::INFINITY; CELLS * CELLS]);
        for triangle in joined.closed() {
            cells_in(triangle.map(|i| mesh.0[usize::from(i)]), |cell, z, shares| {
                if z < depth.0[cell] {
                    depth.0[cell] = z;
                    seen[cell] = Some((triangle, shares));
                }
            });
        }
        let inside = depth.map(|z| f32::from(u8::from(z.is_finite())));
        let (deep, beside) = (inside.distance_to(|v| v < 0.5), inside.distance_to(|v| v > 0.5));
        Self { seen, depth, inside, deep, beside }
    }
}

impl HeadDepth {
    /// Of a face in crop pixels; `matte` is the share of the person at a point in crop pixels.
    pub(crate) fn of(mesh: &FaceMesh, joined: &Joined, skull: &SkullTemplate, attached: &Attachment, matte: &dyn Fn(Vec2) -> f32) -> Self {
        let unit = mesh.inter_ocular().max(1.0);
        let shares = Grid::of(|cell| matte(middle(cell)));
        let matte = shares.map(|share| smooth_step(&BELONGS, share));
        let face = FaceCells::of(mesh, joined);
        let mut rims = [127, 234, 356, 454].map(|i: usize| mesh.0[i].z);
        rims.sort_by(f32::total_cmp);
        let rim = rims[1].midpoint(rims[2]);

        // Softened: the cells' corners would be seen on the outline of a turned head.
        let solid = matte.distance_to(|share| share <= 0.5).blurred(CELL_PX);
        let round = ROUND * unit;
        let inflated = solid.map(|d| (1.0 - (1.0 - (d / round).min(1.0)).powi(2)).max(0.0).sqrt() * round * DEEPER);
        let outline = rim + OUTLINE_BACK * unit;
        let hair = inflated.map(|bulge| outline - bulge);
        let skull = skull.under(mesh);
        let around = Self::around(&hair, &skull.near, rim, unit);
        let front = Self::with_face(&around, &face, unit);

        let above = |cell: usize| attached.above(middle(cell));
        let weight = |cell: usize| {
            let beside = 1.0 - smooth_step(&BESIDE, face.beside.0[cell] / unit);
            attached.weight(middle(cell)).max(beside)
        };
        let occiput = |cell: usize| {
            let far = skull.far.0[cell];
            let skull = if far.is_finite() { far - outline } else { 0.0 };
            skull.max(inflated.0[cell] * BACK).max(0.0) * smooth_step(&NAPE, above(cell))
        };
        let bulge = Grid::of(occiput).blurred(0.15 * unit);
        let back = Grid::of(|cell| outline + bulge.0[cell].min(inflated.0[cell] * 1.6));
        let weight = Grid::of(weight).blurred(SOFTENED * unit);
        // All of it in the face, and from its rim on less and less without a step, which would be seen on the edge of a jaw before a neck.
        let weight = Grid::of(|cell| 1.0 - smooth_step(&RIM, face.beside.0[cell] / unit) * (1.0 - weight.0[cell]));
        let (held, uncovered) = (attached.held(&shares), Grid::of(|cell| attached.may_uncover(middle(cell))));
        Self { shares, matte, uncovered, front, back, weight, held, above: Grid::of(above), face, solid, unit_px: unit }
    }

    /// The skull, and beside and below it the inflated outline, brought to the skull's depth next to it.
    fn around(hair: &Grid, skull: &Grid, rim: f32, unit: f32) -> Grid {
        let hit = skull.map(|z| f32::from(u8::from(z.is_finite())));
        let inside = hit.distance_to(|v| v < 0.5);
        let core = inside.map(|d| f32::from(u8::from(d > 0.15 * unit)));
        let share = core.blurred(0.3 * unit);
        let offset = Grid::of(|cell| if core.0[cell] > 0.5 { skull.0[cell] - hair.0[cell] } else { 0.0 }).blurred(0.3 * unit);
        let away = core.distance_to(|v| v > 0.5);
        let soft = core.blurred(0.12 * unit);
        Grid::of(|cell| {
            let fade = (-(away.0[cell] / (0.6 * unit)).powi(2)).exp();
            let joined = hair.0[cell] + (offset.0[cell] / (share.0[cell] + 1e-3)).clamp(-1.2 * unit, 0.4 * unit) * fade;
            let outside = joined.min(rim + DEEPEST * unit);
            if hit.0[cell] > 0.5 { skull.0[cell] * soft.0[cell] + outside * (1.0 - soft.0[cell]) } else { outside }
        })
    }

    /// The face's own depth, and everything round it brought to agree with it at its rim.
    fn with_face(around: &Grid, face: &FaceCells, unit: f32) -> Grid {
        let FaceCells { depth, inside, deep, beside, .. } = face;
        let share = inside.blurred(0.35 * unit);
        let offset = Grid::of(|cell| if inside.0[cell] > 0.5 { depth.0[cell] - around.0[cell] } else { 0.0 }).blurred(0.35 * unit);
        let blended = deep.map(|d| f32::from(u8::from(d > 0.10 * unit))).blurred(0.06 * unit);
        let joined = Grid::of(|cell| {
            let fade = (-(beside.0[cell] / (0.8 * unit)).powi(2)).exp();
            let around = around.0[cell] + offset.0[cell] / (share.0[cell] + 1e-3) * fade;
            let b = if inside.0[cell] > 0.5 { blended.0[cell] } else { 0.0 };
            if b > 0.0 { depth.0[cell] * b + around * (1.0 - b) } else { around }
        });
        joined.blurred(0.04 * unit)
    }
}
