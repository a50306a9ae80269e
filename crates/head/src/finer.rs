//! The face's triangles divided into four each, so that what lies between the mesh's points follows them smoothly: lips and jaw have no corners.

use std::collections::BTreeMap;

use retrato_core::data::FaceMesh;

use crate::surface::{BOUND, ShapeVertex, Surface};
use crate::triangles::SKIN;

/// How tightly a place between two points of the skin follows its other neighbours (Dyn, Levin and Gregory 1990; half of theirs, since the mesh is irregular).
const TENSION: f32 = 1.0 / 32.0;

/// The points of the skin that face an edge between two points, the smaller number first.
type Opposite = BTreeMap<[u16; 2], Vec<u16>>;

fn sorted(a: u16, b: u16) -> [u16; 2] {
    [a.min(b), a.max(b)]
}

/// A surface of the mesh's points with a further point in the middle of each edge. At rest it is the same.
pub(crate) fn finer(coarse: &Surface) -> Surface {
    let mut opposite = Opposite::new();
    for [a, b, c] in SKIN {
        for (a, b, c) in [(a, b, c), (b, c, a), (c, a, b)] {
            opposite.entry(sorted(a, b)).or_default().push(c);
        }
    }
    let contours = contours();
    let mut vertices = coarse.vertices.clone();
    let mut middles = BTreeMap::<[u16; 2], u32>::new();
    let mut middle = |a: u32, b: u32| {
        let edge = sorted(a as u16, b as u16);
        *middles.entry(edge).or_insert_with(|| {
            let [p, q] = edge.map(|i| coarse.vertices[usize::from(i)]);
            let (bound, shares) = contours.get(&edge).map_or_else(|| inner(edge, &opposite), |beside| along(edge, *beside));
            vertices.push(ShapeVertex {
                rest: p.rest.midpoint(q.rest),
                source: p.source.midpoint(q.source),
                weight: p.weight.midpoint(q.weight),
                bound,
                shares,
                cover: p.cover.midpoint(q.cover),
                normal: (p.normal + q.normal).normalize_or_zero(),
            });
            vertices.len() as u32 - 1
        })
    };
    let mut triangles = Vec::with_capacity(4 * coarse.triangles.len());
    for [a, b, c] in &coarse.triangles {
        let [ab, bc, ca] = [middle(*a, *b), middle(*b, *c), middle(*c, *a)];
        triangles.extend([[*a, ab, ca], [ab, *b, bc], [ca, bc, *c], [ab, bc, ca]]);
    }
    Surface { vertices, triangles }
}

type Binding = ([u16; BOUND], [f32; BOUND]);

fn binding(points: &[(u16, f32)]) -> Binding {
    let mut made = ([0; BOUND], [0.0; BOUND]);
    for (n, (point, share)) in points.iter().enumerate().take(BOUND) {
        (made.0[n], made.1[n]) = (*point, *share);
    }
    made
}

/// The middle of an edge within the skin.
fn inner(edge: [u16; 2], opposite: &Opposite) -> Binding {
    let [a, b] = edge;
    let straight = || binding(&[(a, 0.5), (b, 0.5)]);
    let Some([c, d]) = opposite.get(&edge).and_then(|points| <[u16; 2]>::try_from(points.as_slice()).ok()) else { return straight() };
    let beyond = |p: u16, q: u16, not: u16| opposite.get(&sorted(p, q))?.iter().copied().find(|other| *other != not);
    let (Some(e), Some(f), Some(g), Some(h)) = (beyond(a, c, b), beyond(b, c, a), beyond(a, d, b), beyond(b, d, a)) else {
        return straight();
    };
    let w = TENSION;
    binding(&[(a, 0.5), (b, 0.5), (c, 2.0 * w), (d, 2.0 * w), (e, -w), (f, -w), (g, -w), (h, -w)])
}

/// The middle of an edge on a contour with the points before and behind it there (Catmull and Rom 1974).
fn along([a, b]: [u16; 2], [before, behind]: [u16; 2]) -> Binding {
    binding(&[(a, 9.0 / 16.0), (b, 9.0 / 16.0), (before, -1.0 / 16.0), (behind, -1.0 / 16.0)])
}

/// The edges of eyes, mouth and face, and the points beside them; at the corners of eyes and mouth a contour ends.
fn contours() -> BTreeMap<[u16; 2], [u16; 2]> {
    let [right, left] = FaceMesh::EYES;
    let mut edges = BTreeMap::new();
    for (ring, has_corners) in [(&right[..], true), (&left[..], true), (&FaceMesh::INNER_LIPS[..], true), (&FaceMesh::OUTLINE[..], false)] {
        let count = ring.len();
        let is_corner = |i: usize| has_corners && i.is_multiple_of(count / 2);
        for i in 0..count {
            let next = (i + 1) % count;
            let before = if is_corner(i) { i } else { (i + count - 1) % count };
            let behind = if is_corner(next) { next } else { (next + 1) % count };
            let beside = if ring[i] < ring[next] { [ring[before], ring[behind]] } else { [ring[behind], ring[before]] };
            edges.insert(sorted(ring[i], ring[next]), beside);
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;
    use crate::shape::testing;

    #[test]
    fn a_finer_face_is_the_same_at_rest_and_follows_whole_motions() {
        let shape = testing::head();
        let face = &shape.face;
        assert!(face.vertices.len() > 3 * FaceMesh::SKIN && face.triangles.len() == 4 * 902, "{} triangles", face.triangles.len());
        for vertex in &face.vertices {
            let sum: f32 = vertex.shares.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "shares of {sum}");
            let at = shape.crop.image_from_crop(vertex.rest.truncate());
            assert!(at.distance(vertex.source) < 1e-3, "its own place in the picture");
        }
    }

    #[test]
    fn a_bent_line_becomes_round() {
        let shape = testing::head();
        // Every point moves by the square of its place: half way between two, a straight line would be off.
        let bend = |p: Vec3| 0.01 * (p.x - 128.0).powi(2);
        let mesh = &shape.mesh;
        let (mut smooth, mut straight) = (0.0_f32, 0.0_f32);
        for vertex in &shape.face.vertices[FaceMesh::SKIN..] {
            let moved: f32 = vertex.bound.iter().zip(vertex.shares).map(|(i, share)| share * bend(mesh.0[usize::from(*i)])).sum();
            let plain = bend(mesh.0[usize::from(vertex.bound[0])]).midpoint(bend(mesh.0[usize::from(vertex.bound[1])]));
            smooth += (moved - bend(vertex.rest)).abs();
            straight += (plain - bend(vertex.rest)).abs();
        }
        assert!(smooth < 0.85 * straight, "smooth {smooth}, straight {straight}");
    }
}
