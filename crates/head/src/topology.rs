//! Which points of the mesh are joined to triangles, where the eyes and the mouth are, and which points lie on the face's outline.

use glam::{Vec2, Vec3};
use retrato_core::data::FaceMesh;

use crate::triangles::SKIN;

/// The triangles of a face.
pub(crate) struct Joined {
    /// Of the closed eyes and mouth: what the openings hold in the picture.
    openings: Vec<[u16; 3]>,
}

/// Whether a point lies on the outline of the face.
pub(crate) fn is_outline(index: u16) -> bool {
    FaceMesh::OUTLINE.contains(&index)
}

impl Joined {
    pub(crate) fn new() -> Self {
        let [right, left] = FaceMesh::EYES;
        // The right eye and the mouth are listed clockwise in the picture, the left eye the other way round.
        let left: Vec<[u16; 3]> = between_edges(&left).into_iter().map(|[a, b, c]| [a, c, b]).collect();
        Self { openings: [between_edges(&right), left, between_edges(&FaceMesh::INNER_LIPS)].concat() }
    }

    /// Skin and openings: no hole is left.
    pub(crate) fn closed(&self) -> impl Iterator<Item = [u16; 3]> + '_ {
        SKIN.iter().chain(&self.openings).copied()
    }

    /// For each point of the skin, the direction out of the face, of length 1; zero for what has none.
    pub(crate) fn normals(&self, mesh: &FaceMesh) -> Vec<Vec3> {
        let mut sums = vec![Vec3::ZERO; FaceMesh::SKIN];
        for triangle in self.closed() {
            let [a, b, c] = triangle.map(|i| mesh.0[usize::from(i)]);
            // Clockwise with y down and z away: the product points away from the viewer where the front is seen.
            let out = -(b - a).cross(c - a);
            for i in triangle {
                sums[usize::from(i)] += out;
            }
        }
        sums.into_iter().map(Vec3::normalize_or_zero).collect()
    }
}

/// Triangles between the upper and the lower half of an opening's edge.
fn between_edges(edge: &[u16]) -> Vec<[u16; 3]> {
    let half = edge.len() / 2;
    let lower = |i: usize| edge[(edge.len() - i) % edge.len()];
    let quads = (0..half).map(|i| [edge[i], edge[i + 1], lower(i + 1), lower(i)]);
    let halves = quads.flat_map(|[a, b, c, d]| [[a, b, c], [a, c, d]]);
    halves.filter(|[a, b, c]| a != b && b != c && c != a).collect()
}

/// The place of the face's outline that is nearest to a point: two neighbours on it, the share of the second, and the distance.
pub(crate) fn nearest_on_outline(mesh: &FaceMesh, point: Vec2) -> ([u16; 2], f32, f32) {
    let outline = &FaceMesh::OUTLINE;
    let sides = (0..outline.len()).map(|i| {
        let pair = [outline[i], outline[(i + 1) % outline.len()]];
        let [a, b] = pair.map(|i| mesh.0[usize::from(i)].truncate());
        let along = b - a;
        let share = ((point - a).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
        (pair, share, point.distance(a + along * share))
    });
    sides.min_by(|a, b| a.2.total_cmp(&b.2)).unwrap_or(([outline[0]; 2], 0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_triangles_cover_the_face_once_and_are_symmetric() {
        let joined = Joined::new();
        let mut edges = BTreeSet::new();
        for [a, b, c] in joined.closed() {
            for edge in [(a, b), (b, c), (c, a)] {
                assert!(edges.insert(edge), "{edge:?} has one triangle on that side");
            }
        }
        let border: Vec<(u16, u16)> = edges.iter().copied().filter(|(a, b)| !edges.contains(&(*b, *a))).collect();
        assert_eq!(border.len(), FaceMesh::OUTLINE.len(), "nothing but the outline is open");
        assert!(border.iter().all(|(a, b)| is_outline(*a) && is_outline(*b)), "{border:?}");
        let used: BTreeSet<u16> = SKIN.iter().flatten().copied().collect();
        assert_eq!(used.len(), FaceMesh::SKIN, "every point of the skin is used");
        let partners = FaceMesh::partners();
        let sorted = |mut t: [u16; 3]| {
            t.sort_unstable();
            t
        };
        let all: BTreeSet<[u16; 3]> = SKIN.iter().map(|t| sorted(*t)).collect();
        assert!(SKIN.iter().all(|t| all.contains(&sorted(t.map(|i| partners[usize::from(i)])))), "the mirrored triangles are the same");
    }

    #[test]
    fn contours_of_lips_lids_and_brows_are_edges_of_triangles() {
        let edges: BTreeSet<[u16; 2]> =
            SKIN.iter().flat_map(|[a, b, c]| [[*a, *b], [*b, *c], [*c, *a]]).map(|[a, b]| [a.min(b), a.max(b)]).collect();
        let contours: [&[u16]; 11] = [
            &[61, 185, 40, 39, 37, 0],
            &[61, 146, 91, 181, 84, 17],
            &[76, 184, 74, 73, 72, 11],
            &[76, 77, 90, 180, 85, 16],
            &[62, 183, 42, 41, 38, 12],
            &[62, 96, 89, 179, 86, 15],
            &[78, 191, 80, 81, 82, 13],
            &[78, 95, 88, 178, 87, 14],
            &[130, 247, 30, 29, 27, 28, 56, 190, 243],
            &[130, 25, 110, 24, 23, 22, 26, 112, 243],
            &[70, 63, 105, 66, 107],
        ];
        let partners = FaceMesh::partners();
        for ends in contours.iter().flat_map(|contour| contour.windows(2)) {
            for [a, b] in [[ends[0], ends[1]], [ends[0], ends[1]].map(|i| partners[usize::from(i)])] {
                assert!(edges.contains(&[a.min(b), a.max(b)]), "{a} to {b}");
            }
        }
    }

    #[test]
    fn no_triangle_of_the_skin_crosses_an_eye_or_the_mouth() {
        let edges: BTreeSet<[u16; 2]> =
            SKIN.iter().flat_map(|[a, b, c]| [[*a, *b], [*b, *c], [*c, *a]]).map(|[a, b]| [a.min(b), a.max(b)]).collect();
        for opening in [&FaceMesh::EYES[0][..], &FaceMesh::EYES[1], &FaceMesh::INNER_LIPS] {
            for i in 0..opening.len() {
                for j in i + 2..opening.len() {
                    let neighbours = i == 0 && j == opening.len() - 1;
                    let edge = [opening[i].min(opening[j]), opening[i].max(opening[j])];
                    assert!(neighbours || !edges.contains(&edge), "{edge:?} leads through an opening");
                }
            }
        }
    }
}
