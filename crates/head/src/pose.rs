//! Where a head's surfaces go in one frame.

use std::ops::Range;

use glam::Vec3;
use rayon::prelude::*;
use retrato_core::data::{Crop, FaceMesh, HeadMotion, MeshMotion};

use crate::eye::{EyeMap, opening};
use crate::grid::smooth_step;
use crate::lid;
use crate::limit::limited;
use crate::patch::Patch;
use crate::shape::HeadShape;
use crate::surface::{ShapeVertex, Surface};

// Where nothing else is said, ranges are Tuned by eye on sheets of nine portraits (photographs, paintings, a cartoon, a sculpture).

/// A point of the face never moves farther against the head, in distances between the eyes.
const FARTHEST: f32 = 1.2;
/// Openings of an eye against those at rest below which its lids meet, and from which on they are as they are: no slit is left of an eye that is all but shut.
const MEETS: Range<f32> = 0.10..0.30;
/// How much more a place faces the viewer than at rest, from which on the other side's look begins to take its place, and has taken it.
const TURNS_UP: Range<f32> = 0.06..0.30;
/// The same, from which on what is stretched at the outline begins to give way to the back of the head, and has given way; and up to which facing at rest a place
/// counts as stretched, and from which on it does not.
const STRETCHED: Range<f32> = 0.20..0.50;
const STEEP: Range<f32> = 0.12..0.30;
/// Motions of the head, in crop pixels, from which on what stands behind it begins to be shown, and is shown wholly.
const LEAVES_PX: Range<f32> = 0.25..2.0;
/// Motions shorter than this are none, in crop pixels.
const STILL_PX: f32 = 1e-3;
/// How much farther the lips part than at rest from which on the mouth's inside is seen, and nothing else, in widths of the mouth.
const PARTS: Range<f32> = 0.02..0.08;
/// Eyes and mouth lie so much before the skin, in distances between the eyes: rounding must not hide them.
const BEFORE: f32 = 0.03;
/// The strips' margin beyond their edges, in pixels of the picture.
const MARGIN_PX: f32 = 1.5;

/// A surface in one frame.
#[derive(Clone, Debug, Default)]
pub struct PosedSurface {
    /// Where each vertex is, in pixels of the picture, z away from the viewer.
    pub at: Vec<Vec3>,
    /// How far it covers what is behind it, 0 to 1.
    pub cover: Vec<f32>,
}

/// A head in one frame. Its memory is kept from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct PosedHead {
    /// The face's own triangles.
    pub face: PosedSurface,
    /// The other side's look where the portrait shows none.
    pub far_side: PosedSurface,
    /// What is seen round the face.
    pub front: PosedSurface,
    /// The other side's look there.
    pub far_front: PosedSurface,
    /// The back of the head.
    pub back: PosedSurface,
    /// The right and the left eye's opening.
    pub eyes: [Patch; 2],
    /// The skin of their upper lids.
    pub lids: [Patch; 2],
    /// What eyes and lids show.
    pub eye_maps: Option<[EyeMap; 2]>,
    /// The mouth's opening.
    pub mouth: Patch,
    /// How far the mouth's inside is seen, 0 to 1.
    pub mouth_open: f32,
    /// How far what stands behind the head is shown where the head has left, 0 to 1.
    pub disocclusion: f32,
    /// Whether nothing moves at all: the portrait is its own picture.
    pub still: bool,
    offsets: Vec<Vec3>,
}

impl PosedHead {
    /// Corners of all triangles of eyes, lids and mouth.
    pub const OPENING_CORNERS: usize = 4 * Patch::corners(9) + Patch::corners(11);
}

impl HeadShape {
    /// Where the head goes by `motion`, in crop pixels; whatever is no number there is no motion.
    pub fn pose(&self, motion: &MeshMotion, posed: &mut PosedHead) {
        let head = limited(&motion.head, self.mesh.0[168], self.unit_px);
        self.pose_within_limits(head, &motion.expression_in_crop, posed);
    }

    /// The same for a head's motion that is within the limits: held back twice, it would be another one.
    pub(crate) fn pose_within_limits(&self, head: HeadMotion, expression: &FaceMesh, posed: &mut PosedHead) {
        let unit = self.unit_px;
        let expression = self.expression(expression);
        let offset = |i: usize| expression.0[i] - self.mesh.0[i];
        posed.offsets.clear();
        posed.offsets.extend((0..FaceMesh::SKIN).map(offset));
        let place = Placing { head, offsets: &posed.offsets, crop: &self.crop };
        place.surface(&self.face, &mut posed.face);
        place.surface(&self.front, &mut posed.front);
        place.surface(&self.back, &mut posed.back);
        place.surface(&self.far_side, &mut posed.far_side);
        place.surface(&self.far_front, &mut posed.far_front);
        let turns_up = |vertex: &ShapeVertex| vertex.normal.z - (head.rotation * vertex.normal).z;
        for (surface, posed) in [(&self.far_side, &mut posed.far_side), (&self.far_front, &mut posed.far_front)] {
            for (cover, vertex) in posed.cover.iter_mut().zip(&surface.vertices) {
                *cover *= smooth_step(&TURNS_UP, turns_up(vertex));
            }
        }
        for (cover, vertex) in posed.front.cover.iter_mut().zip(&self.front.vertices) {
            let steep = 1.0 - smooth_step(&STEEP, -vertex.normal.z / vertex.normal.length().max(1e-6));
            *cover *= 1.0 - steep * smooth_step(&STRETCHED, turns_up(vertex));
        }
        let before = Vec3::new(0.0, 0.0, BEFORE * unit * self.crop.scale());
        let put = |p: Vec3| place.in_picture(head.apply(p)) - before;
        let margin = MARGIN_PX / self.crop.scale();
        let point = |i: u16| expression.0[usize::from(i)];
        for (eye, patch) in posed.eyes.iter_mut().enumerate() {
            let edge = FaceMesh::EYES[eye].map(point);
            let mut upper: [Vec3; 9] = std::array::from_fn(|i| edge[i]);
            let mut lower: [Vec3; 9] = std::array::from_fn(|i| edge[(16 - i) % 16]);
            if eye == 1 {
                // Listed from the outer corner, which is at the right in the picture.
                upper.reverse();
                lower.reverse();
            }
            patch.between(&upper, &lower, margin, put);
        }
        let maps = [0, 1].map(|eye| self.eyes[eye].map(&expression, eye));
        for (eye, (patch, map)) in posed.lids.iter_mut().zip(&maps).enumerate() {
            lid::strip(patch, map, &expression, eye, margin, put);
        }
        posed.eye_maps = Some(maps);
        let lips = FaceMesh::INNER_LIPS.map(point);
        let upper: [Vec3; 11] = std::array::from_fn(|i| lips[i]);
        let lower: [Vec3; 11] = std::array::from_fn(|i| lips[(20 - i) % 20]);
        posed.mouth.between(&upper, &lower, margin, put);
        posed.mouth_open = smooth_step(&PARTS, parted(&expression) - parted(&self.mesh));
        let farthest = self.farthest(&head);
        posed.disocclusion = smooth_step(&LEAVES_PX, farthest);
        let pairs = expression.0.iter().zip(self.mesh.0.iter());
        posed.still = farthest < STILL_PX && pairs.map(|(a, b)| a.distance(*b)).all(|way| way < STILL_PX);
    }

    /// The expression without what cannot be meant, with lids that meet where they all but do.
    fn expression(&self, wanted: &FaceMesh) -> FaceMesh {
        let rest = &self.mesh;
        let mut index = 0;
        let mut made = wanted.map(|p| {
            let rest = rest.0[index];
            index += 1;
            if p.is_finite() { rest + (p - rest).clamp_length_max(FARTHEST * self.unit_px) } else { rest }
        });
        for (eye, edge) in FaceMesh::EYES.iter().enumerate() {
            // An eye that is shut in the portrait stays as it is.
            let share = opening(&made, eye) / opening(rest, eye).max(1e-3);
            let keep = smooth_step(&MEETS, share);
            if keep < 1.0 && share < 1.0 {
                for i in 1..8 {
                    let (upper, lower) = (usize::from(edge[i]), usize::from(edge[16 - i]));
                    made.0[upper] = made.0[lower].lerp(made.0[upper], keep);
                }
            }
        }
        made
    }

    /// Farthest that any part of the head goes, in crop pixels.
    fn farthest(&self, head: &HeadMotion) -> f32 {
        let middle = self.mesh.0[168];
        let corners = (0..8).map(|n| {
            let side = |bit: usize| if n >> bit & 1 == 1 { 1.0 } else { -1.0 };
            middle + self.unit_px * Vec3::new(1.2 * side(0), 1.5 * side(1), 0.8 + 0.8 * side(2))
        });
        corners.map(|p| (head.apply(p) - p).truncate().length()).fold(0.0, f32::max)
    }
}

/// Distance between the inner lips in widths of the mouth.
fn parted(mesh: &FaceMesh) -> f32 {
    mesh.0[13].distance(mesh.0[14]) / mesh.0[78].distance(mesh.0[308]).max(1.0)
}

/// Brings vertices to their places.
struct Placing<'a> {
    head: HeadMotion,
    offsets: &'a [Vec3],
    crop: &'a Crop,
}

impl Placing<'_> {
    fn in_picture(&self, point: Vec3) -> Vec3 {
        self.crop.image_from_crop(point.truncate()).extend(point.z * self.crop.scale())
    }

    fn vertex(&self, vertex: &ShapeVertex) -> Vec3 {
        let offset = |(i, share): (&u16, &f32)| self.offsets[usize::from(*i)] * *share;
        let bound = vertex.bound.iter().zip(&vertex.shares).filter(|(_, share)| **share != 0.0);
        let at = vertex.rest + bound.map(offset).sum::<Vec3>();
        let mut way = vertex.weight * (self.head.apply(at) - at);
        for axis in 0..2 {
            let side = if way[axis] > 0.0 { axis } else { axis + 2 };
            way[axis] *= 1.0 - vertex.held[side];
        }
        self.in_picture(at + way)
    }

    fn surface(&self, surface: &Surface, posed: &mut PosedSurface) {
        surface.vertices.par_iter().with_min_len(2048).map(|vertex| self.vertex(vertex)).collect_into_vec(&mut posed.at);
        posed.cover.clear();
        posed.cover.extend(surface.vertices.iter().map(|vertex| vertex.cover));
    }
}
