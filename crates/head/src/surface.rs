//! The surfaces that a head is made of, as they are for a processor of any kind: points with where they are bound, and triangles.

use std::ops::Range;

use glam::{Vec2, Vec3};
use retrato_core::data::{Crop, FaceMesh};

use crate::depth::HeadDepth;
use crate::grid::{CELL_PX, CELLS, Grid, middle, smooth_step};
use crate::topology::{Joined, is_outline, nearest_on_outline};
use crate::triangles::SKIN;

// Where nothing else is said, ranges are Tuned by eye on sheets of nine portraits (photographs, paintings, a cartoon, a sculpture).

/// So deep in the face nothing is drawn under it, in distances between the eyes: nearer to its outline it is seen beside the face of a turned head.
const COVERED: f32 = 0.4;
/// Share of the person from which on the matte leaves a mark.
const LEAST: f32 = 0.01;
/// Distance from the last of it up to which the sheet goes on, in crop pixels: what stands behind the head is filled in so far, and must not be seen before it moves.
const AROUND_PX: f32 = 7.0;
/// Share of head that is solid: the back of the head begins there, so that at rest all of it is hidden.
const SOLID: f32 = 0.97;
/// Below this share of the head's motion there is no back of a head.
const BACK_GOES: f32 = 0.5;
/// Standard deviation with which what the face does fades outside of it, and the distance from which on it does, in distances between the eyes.
const FADES: f32 = 0.35;
const FADES_FROM: f32 = 0.1;
/// The back of the head curves in over this distance from its outline, in distances between the eyes.
const CURVES: f32 = 1.15;
/// Heights above the chin over which what is stretched at the outline gives way to the back of the head: lower down there is none.
const ABOVE_NECK: Range<f32> = 0.6..1.4;
/// Facing at rest, 1 straight towards the viewer, below which a place of the face is hardly seen, and from which on it is seen well.
const HIDDEN: Range<f32> = 0.12..0.4;
/// Facing that the other side's place must have to stand in for it.
const SHOWN: Range<f32> = 0.25..0.5;
/// Turns of the portrait's own head, as a sine, from which on it has a far side, and from which on all of what that hides is taken from the near one.
const TURNED: Range<f32> = 0.06..0.2;
/// Hair is taken for the back of the head down to this share of the height over the brows.
const FOREHEAD: f32 = 0.45;
/// Height above the chin, in distances between the eyes, below which a head without hair beside its face shows its nape. Derived from anatomy: where the lobes of the ears
/// end, a little below the nose.
const NAPE: f32 = 1.0;
/// Hair narrower than this beside a face does not serve, and more than the second is not used, in distances between the eyes: temples lie behind it.
const HAIR: Range<f32> = 0.15..0.28;
/// Distances from the outline of the head, in distances between the eyes, over which what is stretched there may give way to the back of the head.
const OUTLINE: Range<f32> = 0.2..0.5;

/// Points of the mesh that one of a surface follows at most.
pub const BOUND: usize = 3;

/// A point of a surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShapeVertex {
    /// Where it is at rest, in crop pixels, z away from the viewer.
    pub rest: Vec3,
    /// Where its colour comes from, in pixels of the picture.
    pub source: Vec2,
    /// How far it goes with the head, 0 to 1.
    pub weight: f32,
    /// How firmly the picture's left, upper, right and lower edge hold it, 0 to 1: so much less it goes away from them.
    pub held: [f32; 4],
    /// Points of the face's mesh that it follows, and how much.
    pub bound: [u16; BOUND],
    /// See [`Self::bound`].
    pub shares: [f32; BOUND],
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

impl Surface {
    /// Adds another one's points and triangles.
    fn append(&mut self, other: Self) {
        let first = self.vertices.len() as u32;
        self.vertices.extend(other.vertices);
        self.triangles.extend(other.triangles.into_iter().map(|t| t.map(|i| i + first)));
    }
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
        face(self.mesh, self.joined, self.crop)
    }

    /// The parts of the face that the portrait hardly shows, with the look of the other side.
    pub(crate) fn far_side(&self) -> Surface {
        let mut surface = self.face();
        let partners = FaceMesh::partners();
        let symmetry = Symmetry::of(self.mesh);
        let facing: Vec<f32> = surface.vertices.iter().map(|vertex| -vertex.normal.z).collect();
        for (i, vertex) in surface.vertices.iter_mut().enumerate() {
            let partner = usize::from(partners[i]);
            let hidden = 1.0 - smooth_step(&HIDDEN, facing[i]);
            let is_far = if partner == i { 0.0 } else { symmetry.far(vertex.rest) };
            vertex.cover = is_far * hidden * smooth_step(&SHOWN, facing[partner]);
            vertex.source = self.crop.image_from_crop(self.mesh.0[partner].truncate());
        }
        let covers = |t: &[u16; 3]| t.iter().any(|i| surface.vertices[usize::from(*i)].cover > 0.0);
        surface.triangles = SKIN.iter().filter(|t| covers(t)).map(|t| t.map(u32::from)).collect();
        surface
    }

    /// What is seen of head, hair and neck round the face.
    pub(crate) fn front(&self) -> Surface {
        let HeadDepth { shares, uncovered, front, face, unit_px, .. } = self.depth;
        let covered: Vec<bool> = (0..CELLS * CELLS).map(|cell| face.deep.0[cell] > COVERED * unit_px).collect();
        let moving = Grid::of(|cell| shares.0[cell].min(uncovered.0[cell]));
        let near = moving.distance_to(|share| share > LEAST);
        let is_kept = |quad: &[usize; 4]| quad.iter().any(|cell| near.0[*cell] < AROUND_PX) && !quad.iter().all(|cell| covered[*cell]);
        self.sheet(is_kept, false, |cell| {
            let at = middle(cell);
            (front.0[cell], at)
        })
    }

    /// The back of the head, which comes to light when the head turns away: hair, and bare skin from the nape down where no hair hangs.
    pub(crate) fn back(&self) -> Surface {
        let HeadDepth { matte, front, back, weight, above, unit_px, .. } = self.depth;
        let is_solid: Vec<bool> = matte.0.iter().zip(&weight.0).map(|(share, weight)| *share > SOLID && *weight > BACK_GOES).collect();
        let round = CURVES * unit_px;
        let inside = Grid::of(|cell| f32::from(u8::from(is_solid[cell]))).distance_to(|v| v < 0.5);
        let curve = inside.map(|d| (1.0 - (1.0 - ((d - CELL_PX).max(0.0) / round).min(1.0)).powi(2)).max(0.0).sqrt());
        let depth = |cell: usize| front.0[cell] + curve.0[cell] * (back.0[cell] - front.0[cell]).max(0.0);
        let look = BackLook::new(&is_solid, &self.depth.face.beside, self.mesh.0[8].y, *unit_px);
        let is_bare = |quad: &[usize; 4]| above.0[quad[0]] < NAPE && look.is_bare(quad[0]);
        let is_kept = |quad: &[usize; 4]| quad.iter().all(|cell| is_solid[*cell]);
        // Each with corners of its own: between hair and skin there is no way from one's look to the other's.
        let mut hair = self.sheet(|quad| is_kept(quad) && !is_bare(quad), true, |cell| (depth(cell), look.hair(cell)));
        hair.append(self.sheet(|quad| is_kept(quad) && is_bare(quad), true, |cell| (depth(cell), look.beside(cell))));
        hair
    }

    /// Lets only what is next to the head's outline give way to its back: elsewhere there is nothing behind it.
    pub(crate) fn keep_inside(&self, front: &mut Surface) {
        let solid = self.depth.matte.distance_to(|share| share < SOLID);
        for vertex in &mut front.vertices {
            vertex.normal *= 1.0 - smooth_step(&OUTLINE, solid.at(vertex.rest.truncate()) / self.depth.unit_px);
        }
    }

    /// The parts of hair, ear and neck that the portrait hardly shows, with the look of the other side.
    pub(crate) fn far_front(&self, front: &Surface) -> Surface {
        let HeadDepth { matte, front: depth, face, .. } = self.depth;
        let symmetry = Symmetry::of(self.mesh);
        let mut surface = front.clone();
        for vertex in &mut surface.vertices {
            let at = symmetry.mirrored(vertex.rest).truncate();
            let facing = slope_normal(depth, at).map_or(0.0, |normal| -normal.z);
            // What mirrors a place beside the face lies beside it, too.
            let beside = smooth_step(&(0.0..3.0 * CELL_PX), face.beside.at(at));
            let is_there = smooth_step(&(0.9..1.0), matte.at(at)) * smooth_step(&SHOWN, facing) * beside * symmetry.far(vertex.rest);
            vertex.cover = (1.0 - smooth_step(&HIDDEN, -vertex.normal.z)) * is_there * vertex.normal.length();
            vertex.source = self.crop.image_from_crop(at);
        }
        let vertices = &surface.vertices;
        surface.triangles.retain(|t| t.iter().any(|i| vertices[*i as usize].cover > 0.0));
        surface
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
        let HeadDepth { weight, held, face, unit_px, .. } = self.depth;
        let at = middle(cell);
        let (bound, shares) = if let Some((triangle, shares)) = face.seen[cell] {
            (triangle, shares.to_array())
        } else {
            let ([a, b], share, distance) = nearest_on_outline(self.mesh, at);
            let fade = (-((distance - FADES_FROM * unit_px).max(0.0) / (FADES * unit_px)).powi(2)).exp();
            ([a, b, b], [(1.0 - share) * fade, share * fade, 0.0])
        };
        ShapeVertex {
            rest: at.extend(depth),
            source: self.crop.image_from_crop(source),
            weight: weight.0[cell],
            held: std::array::from_fn(|side| held[side].0[cell]),
            bound,
            shares,
            cover: 1.0,
            // Shorter where it shall matter less.
            normal: slope_normal(&self.depth.front, at)
                .map_or(Vec3::ZERO, |normal| normal * smooth_step(&ABOVE_NECK, self.depth.above.0[cell])),
        }
    }
}

/// The face's own triangles; its openings are closed.
pub(crate) fn face(mesh: &FaceMesh, joined: &Joined, crop: Crop) -> Surface {
    let normals = joined.normals(mesh);
    let vertex = |i: u16| {
        let rest = mesh.0[usize::from(i)];
        ShapeVertex {
            rest,
            source: crop.image_from_crop(rest.truncate()),
            weight: 1.0,
            held: [0.0; 4],
            bound: [i; BOUND],
            shares: std::array::from_fn(|n| if n == 0 { 1.0 } else { 0.0 }),
            cover: if is_outline(i) { 0.0 } else { 1.0 },
            normal: normals[usize::from(i)],
        }
    };
    let triangles = joined.closed().map(|t| t.map(u32::from)).collect();
    Surface { vertices: (0..FaceMesh::SKIN as u16).map(vertex).collect(), triangles }
}

/// Direction out of the front at a point in crop pixels, of length 1.
fn slope_normal(front: &Grid, at: Vec2) -> Option<Vec3> {
    let step = CELL_PX;
    let slope = |by: Vec2| (front.at(at + by) - front.at(at - by)) / (2.0 * step);
    Vec3::new(slope(Vec2::new(step, 0.0)), slope(Vec2::new(0.0, step)), -1.0).try_normalize()
}

/// The plane that divides a face into a right and a left half.
struct Symmetry {
    /// From the right to the left, of length 1; its depth is the sine of the head's turn.
    across: Vec3,
    middle: Vec3,
}

impl Symmetry {
    fn of(mesh: &FaceMesh) -> Self {
        let partners = FaceMesh::partners();
        let pairs = (0..FaceMesh::SKIN).filter(|i| *i < usize::from(partners[*i])).map(|i| [mesh.0[i], mesh.0[usize::from(partners[i])]]);
        let (across, middle, count) = pairs.fold((Vec3::ZERO, Vec3::ZERO, 0.0_f32), |(across, middle, count), [a, b]| {
            (across + b - a, middle + a.midpoint(b), count + 1.0)
        });
        Self { across: across.normalize_or(Vec3::X), middle: middle / count.max(1.0) }
    }

    fn mirrored(&self, point: Vec3) -> Vec3 {
        point - self.across * (2.0 * (point - self.middle).dot(self.across))
    }

    /// How far a point lies on the side that a head in three-quarter view turns away from the viewer.
    fn far(&self, point: Vec3) -> f32 {
        let side = (point - self.middle).dot(self.across) * self.across.z.signum();
        if side > 0.0 { smooth_step(&TURNED, self.across.z.abs()) } else { 0.0 }
    }
}

/// Which places of a picture the back of a head looks like.
struct BackLook {
    /// Of each row the first and the last solid cell, and how wide the hair is from there on, in crop pixels.
    spans: Vec<Option<[(usize, f32); 2]>>,
    /// First row with any, and the last one with face.
    top: usize,
    chin: usize,
    /// The first one's height and how far hair is taken below it, in crop pixels.
    highest: f32,
    reach: f32,
    /// Distance between the eyes in crop pixels.
    unit: f32,
}

impl BackLook {
    fn new(is_solid: &[bool], beside_face: &Grid, brow: f32, unit: f32) -> Self {
        let ends = |(row, solid): (usize, &[bool])| {
            let (first, last) =
                solid.iter().position(|v| *v).zip(solid.iter().rposition(|v| *v)).filter(|(first, last)| last - first > 4)?;
            let is_face = |column: &usize| beside_face.0[row * CELLS + column] < 2.0 * CELL_PX;
            let half = (last - first) / 2;
            let [from_left, from_right] =
                [(first..=last).find(is_face).map(|c| c - first), (first..=last).rev().find(is_face).map(|c| last - c)];
            let wide = |cells: Option<usize>| CELL_PX * cells.unwrap_or(half).min(half) as f32;
            Some([(first, wide(from_left)), (last, wide(from_right))])
        };
        let spans: Vec<_> = is_solid.chunks_exact(CELLS).enumerate().map(ends).collect();
        let top = spans.iter().position(Option::is_some).unwrap_or(0);
        let has_face = |row: &usize| beside_face.0[row * CELLS..][..CELLS].iter().any(|beside| *beside < CELL_PX);
        let chin = (0..CELLS).rfind(has_face).unwrap_or(0);
        let highest = middle(top * CELLS).y;
        Self { spans, top, chin, highest, reach: (FOREHEAD * (brow - highest)).max(CELL_PX), unit }
    }

    /// The side of its row on which a cell lies, 0 or 1, and how far from the outline along the surface, in crop pixels; `None` beside the head.
    fn side(&self, cell: usize) -> Option<(usize, f32)> {
        let [(a, _), (b, _)] = self.spans[cell / CELLS]?;
        let column = cell % CELLS;
        let from_edge = column.saturating_sub(a).min(b.saturating_sub(column)) as f32 * CELL_PX;
        let round = CURVES * self.unit;
        Some((usize::from(2 * column > a + b), round * (1.0 - (from_edge / round).min(1.0)).acos()))
    }

    fn is_wide(&self, row: usize, side: usize) -> bool {
        self.spans[row].is_some_and(|ends| ends[side].1 > HAIR.start * self.unit)
    }

    /// Whether no hair is seen beside the face from a cell's height down to the chin, on its side.
    fn is_bare(&self, cell: usize) -> bool {
        self.side(cell).is_some_and(|(side, _)| (cell / CELLS..=self.chin).all(|row| !self.is_wide(row, side)))
    }

    /// For a cell of the back, the place in crop pixels of hair that it looks like.
    fn hair(&self, cell: usize) -> Vec2 {
        let at = middle(cell);
        // Above, the hair next to the place; lower down, that from over the brows: ears and cheeks have no place behind the head.
        let down = (at.y - self.highest).max(0.0);
        let height = self.highest + self.reach * (1.0 - (-down / self.reach).exp());
        let row = (((height - middle(0).y) / CELL_PX).max(0.0) as usize).clamp(self.top, CELLS - 1);
        let Some((side, along)) = self.side(cell) else { return at };
        // Where the face reaches the outline of the head there is no hair: the next row above that has some.
        let taken = (self.top..=row).rev().find(|row| self.is_wide(*row, side)).unwrap_or(row);
        let Some(ends) = self.spans[taken] else { return at };
        let (edge, width) = ends[side];
        // As far along the surface from the outline as the place is itself, there and back within the hair.
        let room = (width - CELL_PX).min(HAIR.end * self.unit).max(CELL_PX);
        Vec2::new(inwards(edge, side, there_and_back(along, room)), height - CELL_PX * (row - taken) as f32)
    }

    /// For a cell of the back, the place in crop pixels that it looks like where what is seen beside it goes on behind: cheek, jaw and neck.
    fn beside(&self, cell: usize) -> Vec2 {
        let at = middle(cell);
        let Some((side, along)) = self.side(cell) else { return at };
        let edge = self.spans[cell / CELLS].map_or(cell % CELLS, |ends| ends[side].0);
        Vec2::new(inwards(edge, side, there_and_back(along, HAIR.end * self.unit)), at.y)
    }
}

/// A place so far inside of the outline's cell in a row, on its left or right side, in crop pixels; never in the outline's own cell, which shows some background.
fn inwards(edge: usize, side: usize, by: f32) -> f32 {
    let inside = CELL_PX + by;
    middle(0).x + CELL_PX * edge as f32 + if side == 0 { inside } else { -inside }
}

/// A way of a length within a room, mirrored at its ends as often as need be.
fn there_and_back(way: f32, room: f32) -> f32 {
    let folded = (way / room).rem_euclid(2.0);
    room * if folded > 1.0 { 2.0 - folded } else { folded }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head from row 10 on: hair alone, from row 30 on hair beside a face, and from row 50 on face as far as the outline.
    fn look() -> BackLook {
        let is_solid: Vec<bool> = (0..CELLS * CELLS).map(|cell| (20..60).contains(&(cell % CELLS)) && cell / CELLS >= 10).collect();
        let face = |cell: usize| match cell / CELLS {
            ..30 => false,
            30..50 => (28..52).contains(&(cell % CELLS)),
            _ => (20..60).contains(&(cell % CELLS)),
        };
        let beside = Grid::of(|cell| if face(cell) { 0.0 } else { 5.0 * CELL_PX });
        BackLook::new(&is_solid, &beside, middle(40 * CELLS).y, 10.0 * CELL_PX)
    }

    #[test]
    fn the_back_of_a_head_is_hair_down_to_the_nape_and_skin_below_it() {
        let look = look();
        for column in [20, 24, 38, 41, 57, 59] {
            let [hairy, bare] = [40, 60].map(|row| row * CELLS + column);
            assert!(!look.is_bare(hairy) && look.is_bare(bare), "column {column}");
            for cell in [hairy, bare] {
                let at = look.hair(cell);
                assert!(at.y < middle(30 * CELLS).y, "hair comes from over the face: {at}");
                assert!(at.x > middle(20).x && at.x < middle(59).x, "and from inside of the outline: {at}");
            }
            let at = look.beside(bare);
            let edge = if column < 40 { middle(20).x } else { middle(59).x };
            let inside = (at.x - edge).abs();
            assert!(
                at.y.total_cmp(&middle(bare).y).is_eq() && inside >= CELL_PX && inside <= CELL_PX + HAIR.end * look.unit,
                "skin comes from beside: {at}"
            );
        }
    }

    #[test]
    fn a_way_there_and_back_never_leaves_its_room() {
        for (way, place) in [(0.0, 0.0), (1.5, 1.5), (2.0, 2.0), (3.0, 1.0), (4.0, 0.0), (5.0, 1.0)] {
            assert!((there_and_back(way, 2.0) - place).abs() < 1e-6, "{way}");
        }
    }
}
