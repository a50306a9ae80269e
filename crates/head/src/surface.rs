//! The surfaces that a head is made of, as they are for a processor of any kind: points with where they are bound, and triangles.

use glam::{Vec2, Vec3};
use retrato_core::data::{Crop, FaceMesh};

use crate::depth::HeadDepth;
use crate::grid::{CELL_PX, CELLS, middle, smooth_step};
use crate::topology::{Joined, is_outline, nearest_on_outline};
use crate::triangles::SKIN;

/// Share of head from which on the matte leaves a mark.
const LEAST: f32 = 0.01;
/// Share of head that is solid: the back of the head begins there, so that at rest all of it is hidden.
const SOLID: f32 = 0.97;
/// Below this share of the head's motion there is no back of a head.
const BACK_GOES: f32 = 0.5;
/// Standard deviation with which what the face does fades outside of it, and the distance from which on it does, in distances between the eyes.
const FADES: f32 = 0.35;
const FADES_FROM: f32 = 0.1;
/// The back of the head has the hair's look from next to its outline: so much of the height above the brows is used for all of it.
const BACK_HEIGHT: f32 = 0.5;
/// Facing at rest, 1 straight towards the viewer, below which a place of the face is hardly seen, and from which on it is seen well.
const HIDDEN: std::ops::Range<f32> = 0.12..0.4;
/// Facing that the other side's place must have to stand in for it.
const SHOWN: std::ops::Range<f32> = 0.25..0.5;

/// A point of a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeVertex {
    /// Where it is at rest, in crop pixels, z away from the viewer.
    pub rest: Vec3,
    /// Where its colour comes from, in pixels of the picture.
    pub source: Vec2,
    /// How far it goes with the head, 0 to 1.
    pub weight: f32,
    /// Points of the face's mesh that it follows, and how much.
    pub bound: [u16; 3],
    /// See [`Self::bound`].
    pub shares: [f32; 3],
    /// How far the surface covers what is behind it, 0 to 1.
    pub cover: f32,
    /// Direction out of the surface at rest, of length 1; zero where it does not matter.
    pub normal: Vec3,
}

/// Points and triangles; those that are clockwise in the picture (y down) are seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// The points.
    pub vertices: Vec<ShapeVertex>,
    /// The triangles.
    pub triangles: Vec<[u32; 3]>,
}

/// Makes the surfaces of one portrait.
pub(crate) struct SurfaceMaker<'a> {
    pub(crate) mesh: &'a FaceMesh,
    pub(crate) joined: &'a Joined,
    pub(crate) depth: &'a HeadDepth,
    pub(crate) crop: Crop,
}

impl SurfaceMaker<'_> {
    /// The face's own triangles; its openings are closed.
    pub(crate) fn face(&self) -> Surface {
        let normals = self.joined.normals(self.mesh);
        let vertex = |i: u16| {
            let rest = self.mesh.0[usize::from(i)];
            ShapeVertex {
                rest,
                source: self.crop.image_from_crop(rest.truncate()),
                weight: 1.0,
                bound: [i; 3],
                shares: [1.0, 0.0, 0.0],
                cover: if is_outline(i) { 0.0 } else { 1.0 },
                normal: normals[usize::from(i)],
            }
        };
        let triangles = self.joined.closed().map(|t| t.map(u32::from)).collect();
        Surface { vertices: (0..FaceMesh::SKIN as u16).map(vertex).collect(), triangles }
    }

    /// The parts of the face that the portrait hardly shows, with the look of the other side.
    pub(crate) fn far_side(&self) -> Surface {
        let mut surface = self.face();
        let partners = FaceMesh::partners();
        let facing: Vec<f32> = surface.vertices.iter().map(|vertex| -vertex.normal.z).collect();
        for (i, vertex) in surface.vertices.iter_mut().enumerate() {
            let partner = usize::from(partners[i]);
            let hidden = 1.0 - smooth_step(&HIDDEN, facing[i]);
            vertex.cover = if partner == i { 0.0 } else { hidden * smooth_step(&SHOWN, facing[partner]) };
            vertex.source = self.crop.image_from_crop(self.mesh.0[partner].truncate());
        }
        let covers = |t: &[u16; 3]| t.iter().any(|i| surface.vertices[usize::from(*i)].cover > 0.0);
        surface.triangles = SKIN.iter().filter(|t| covers(t)).map(|t| t.map(u32::from)).collect();
        surface
    }

    /// What is seen of head, hair and neck round the face.
    pub(crate) fn front(&self) -> Surface {
        let HeadDepth { matte, front, face, .. } = self.depth;
        let covered: Vec<bool> = (0..CELLS * CELLS).map(|cell| face.cover(cell) > 0.999 && face.deep.0[cell] > 2.0 * CELL_PX).collect();
        let near = matte.distance_to(|share| share > LEAST);
        let is_kept = |quad: &[usize; 4]| quad.iter().any(|cell| near.0[*cell] < 1.5 * CELL_PX) && !quad.iter().all(|cell| covered[*cell]);
        self.sheet(is_kept, false, |cell| {
            let at = middle(cell);
            (front.0[cell], at)
        })
    }

    /// The back of the head, which comes to light when the head turns away.
    pub(crate) fn back(&self) -> Surface {
        let HeadDepth { matte, back, weight, .. } = self.depth;
        let is_solid: Vec<bool> = matte.0.iter().zip(&weight.0).map(|(share, weight)| *share > SOLID && *weight > BACK_GOES).collect();
        let spans: Vec<Option<(usize, usize)>> = is_solid
            .chunks_exact(CELLS)
            .map(|row| row.iter().position(|v| *v).zip(row.iter().rposition(|v| *v)).filter(|(first, last)| last - first > 4))
            .collect();
        let Some(top) = spans.iter().position(Option::is_some) else { return Surface::default() };
        let brow = self.mesh.0[8].y;
        let source = |cell: usize| {
            let at = middle(cell);
            let highest = middle(top * CELLS).y;
            // Above, the hair next to the place; lower down, that from over the brows: ears and cheeks have no place behind the head.
            let reach = (brow - highest).max(CELL_PX);
            let down = (at.y - highest).max(0.0);
            let height = highest + reach * BACK_HEIGHT * 2.0 * (1.0 - (-down / (2.0 * BACK_HEIGHT * reach)).exp()).min(0.95);
            let row = (((height - middle(0).y) / CELL_PX).max(0.0) as usize).clamp(top, CELLS - 1);
            let (own, other) = (spans[cell / CELLS], spans[row]);
            let (Some((a, b)), Some((c, d))) = (own, other) else { return at };
            let share = ((cell % CELLS) as f32 - a as f32) / (b - a) as f32;
            // A little inside of the outline, where hair is thin.
            let share = 0.06 + 0.88 * share.clamp(0.0, 1.0);
            Vec2::new(middle(0).x + CELL_PX * (c as f32 + share * (d - c) as f32), height)
        };
        self.sheet(|quad| quad.iter().all(|cell| is_solid[*cell]), true, |cell| (back.0[cell], source(cell)))
    }

    /// A surface over the cells: with the squares between four of them that are kept, turned away from the viewer or not, at the depth and with the look, a
    /// point in crop pixels, that `place` says.
    fn sheet(&self, is_kept: impl Fn(&[usize; 4]) -> bool, turned: bool, place: impl Fn(usize) -> (f32, Vec2)) -> Surface {
        let mut numbers = vec![u32::MAX; CELLS * CELLS];
        let mut surface = Surface::default();
        for row in 0..CELLS - 1 {
            for column in 0..CELLS - 1 {
                let first = row * CELLS + column;
                let quad = [first, first + 1, first + CELLS + 1, first + CELLS];
                if !is_kept(&quad) {
                    continue;
                }
                let [a, b, c, d] = quad.map(|cell| {
                    if numbers[cell] == u32::MAX {
                        numbers[cell] = surface.vertices.len() as u32;
                        let (depth, source) = place(cell);
                        surface.vertices.push(self.vertex(cell, depth, source));
                    }
                    numbers[cell]
                });
                let both = if turned { [[a, c, b], [a, d, c]] } else { [[a, b, c], [a, c, d]] };
                surface.triangles.extend(both);
            }
        }
        surface
    }

    fn vertex(&self, cell: usize, depth: f32, source: Vec2) -> ShapeVertex {
        let HeadDepth { weight, face, unit_px, .. } = self.depth;
        let at = middle(cell);
        let (bound, shares) = match face.seen[cell] {
            Some((triangle, shares)) => (triangle, shares.to_array()),
            None => {
                let ([a, b], share, distance) = nearest_on_outline(self.mesh, at);
                let fade = (-((distance - FADES_FROM * unit_px).max(0.0) / (FADES * unit_px)).powi(2)).exp();
                ([a, b, b], [(1.0 - share) * fade, share * fade, 0.0])
            }
        };
        ShapeVertex {
            rest: at.extend(depth),
            source: self.crop.image_from_crop(source),
            weight: weight.0[cell],
            bound,
            shares,
            cover: 1.0,
            normal: Vec3::ZERO,
        }
    }
}
