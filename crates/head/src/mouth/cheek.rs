//! The inside of the cheeks: what is seen behind the corners of a mouth, beside the teeth.

use glam::Vec3;
use retrato_core::data::FaceMesh;

/// Points of [`FaceMesh::INNER_LIPS`] from the upper lip round a corner to the lower lip, each with the index of its own on the list: the right corner, and the left one.
const EDGES: [[usize; POINTS]; 2] = [[3, 2, 1, 0, 19, 18, 17], [7, 8, 9, 10, 11, 12, 13]];
const POINTS: usize = 7;
/// Rows of points from the lips to the end.
const ROWS: usize = 9;
/// Where a cheek's inside lies behind the lips: beside the first molars, and behind the last ones. Distance from the middle, heights of its upper and lower end (down), and depth,
/// in cm. Measured on ICT-FaceKit's neutral head.
const WALLS: [[f32; 4]; 2] = [[3.2, 0.55, 5.75, -7.5], [3.3, 0.8, 5.6, -4.5]];

/// Both cheeks in one frame: points in rows from the lips to the throat.
#[derive(Clone, Debug, Default)]
pub(super) struct Cheeks {
    points: Vec<Vec3>,
    normals: Vec<Vec3>,
}

impl Cheeks {
    /// From where the lips are, and where places of the skull go: `put` brings there a place of the template in cm, of which a share of 0 (skull) to 1 (jaw) goes with the jaw.
    pub(super) fn pose(&mut self, mesh: &FaceMesh, put: impl Fn(Vec3, f32) -> Vec3) {
        self.points.clear();
        for (edge, side) in EDGES.iter().zip([-1.0, 1.0]) {
            for (n, lip) in edge.iter().enumerate() {
                let share = n as f32 / (POINTS - 1) as f32;
                let lip = mesh.0[usize::from(FaceMesh::INNER_LIPS[*lip])];
                let [wall, end] = WALLS.map(|[x, top, bottom, z]| put(Vec3::new(side * x, top + share * (bottom - top), z), share));
                self.points.extend((0..ROWS).map(|row| {
                    let way = 2.0 * row as f32 / (ROWS - 1) as f32;
                    if way < 1.0 { lip.lerp(wall, way) } else { wall.lerp(end, way - 1.0) }
                }));
            }
        }
        self.normals.clear();
        self.normals.resize(self.points.len(), Vec3::ZERO);
        for triangle in Self::triangles() {
            let [a, b, c] = triangle.map(|i| self.points[i]);
            let normal = (b - a).cross(c - a);
            for i in triangle {
                self.normals[i] -= normal;
            }
        }
    }

    /// Each place, where its light is taken from, and its normal into the mouth.
    pub(super) fn places(&self) -> impl Iterator<Item = [Vec3; 3]> + '_ {
        self.points.iter().zip(&self.normals).enumerate().map(|(index, (at, normal))| {
            // On the lips' own edge no place sees the opening.
            let lit = if index % ROWS == 0 { self.points[index + 1] } else { *at };
            [*at, lit, normal.normalize_or_zero()]
        })
    }

    /// The triangles between the points, anticlockwise as seen from inside of the mouth.
    pub(super) fn triangles() -> impl Iterator<Item = [usize; 3]> {
        (0..2).flat_map(|cheek| (0..POINTS - 1).flat_map(move |n| (0..ROWS - 1).map(move |row| (cheek, n, row)))).flat_map(
            |(cheek, n, row)| {
                let first = (cheek * POINTS + n) * ROWS + row;
                let [a, b, c, d] = [first, first + 1, first + ROWS, first + ROWS + 1];
                if cheek == 0 { [[a, b, d], [a, d, c]] } else { [[a, d, b], [a, c, d]] }
            },
        )
    }
}
