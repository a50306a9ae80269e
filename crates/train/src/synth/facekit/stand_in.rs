//! A crude head of ellipsoids in the kit's form, for tests and trials without the kit. No dimension of it comes from the kit.

use std::f32::consts::{PI, TAU};

use glam::Vec3;

use super::{BlendShape, FaceKit, IdentityShape, hollows, jaw_rows};
use crate::data::Part;

/// Columns and rows of the head's grid; columns begin at the back.
const HEAD: (usize, usize) = (96, 72);
/// Columns and rows of an eyeball.
const EYE: (usize, usize) = (24, 14);
/// Middle of the eyeball at the picture's right, and its radius, in cm.
const EYE_AT: Vec3 = Vec3::new(3.1, 3.6, 8.0);
const EYE_RADIUS: f32 = 1.5;

/// Half of the 68 landmarks, in cm on the picture's right: landmark there, its twin on the left, x and y.
const HALF: [(usize, usize, f32, f32); 31] = [
    (16, 0, 7.5, 3.5),
    (15, 1, 7.3, 1.5),
    (14, 2, 7.1, -0.5),
    (13, 3, 6.7, -2.4),
    (12, 4, 6.0, -4.1),
    (11, 5, 4.9, -5.6),
    (10, 6, 3.4, -6.7),
    (9, 7, 1.8, -7.4),
    (26, 17, 5.8, 5.2),
    (25, 18, 4.9, 5.9),
    (24, 19, 3.8, 6.2),
    (23, 20, 2.4, 6.1),
    (22, 21, 1.2, 5.8),
    (35, 31, 1.3, -0.8),
    (34, 32, 0.7, -1.0),
    (45, 36, 4.5, 3.4),
    (44, 37, 3.8, 3.9),
    (43, 38, 2.8, 3.9),
    (42, 39, 1.8, 3.3),
    (47, 40, 2.7, 3.0),
    (46, 41, 3.8, 3.0),
    (54, 48, 2.5, -3.5),
    (53, 49, 1.7, -2.8),
    (52, 50, 0.7, -2.4),
    (55, 59, 1.8, -4.1),
    (56, 58, 1.0, -4.3),
    (64, 60, 2.2, -3.5),
    (63, 61, 1.0, -3.3),
    (65, 67, 1.0, -3.5),
    (62, 62, 0.0, -3.3),
    (66, 66, 0.0, -3.5),
];
/// Landmarks on the middle line: landmark, y.
const MIDDLE: [(usize, f32); 8] = [(8, -7.6), (27, 3.7), (28, 2.6), (29, 1.6), (30, 0.4), (33, -1.2), (51, -2.5), (57, -4.4)];

impl FaceKit {
    /// A crude stand-in for the kit: a head of ellipsoids with landmarks, eyes and a few expressions. It trains nothing useful.
    pub fn stand_in() -> Self {
        let mut mesh = KitBuilder::default();
        mesh.grid(HEAD, |azimuth, height| head_at(azimuth + PI, height), |p| p.z > 0.0 && p.y > -9.0);
        mesh.teeth();
        let eyes = [-1.0, 1.0].map(|side| {
            let first = mesh.positions.len();
            let centre = EYE_AT * Vec3::new(side, 1.0, 1.0);
            mesh.shell(EYE, Part::Eyeball, |azimuth, height| centre + EYE_RADIUS * sphere(azimuth, height));
            first..mesh.positions.len()
        });
        let face_end = mesh.parts.iter().filter(|p| **p == Part::Face).count();
        let face = &mesh.positions[..face_end];
        let landmarks = landmarks(face);
        Self {
            hollows: hollows(&mesh.positions, &mesh.triangles),
            jaw_rows: jaw_rows(face, &landmarks),
            landmarks,
            eyes,
            identities: identities(&mesh.positions),
            expressions: expressions(&mesh.positions, &mesh.parts),
            neutral: mesh.positions,
            parts: mesh.parts,
            triangles: mesh.triangles,
            lash_triangles: Vec::new(),
            lash_reach: Vec::new(),
            teeth: mesh.teeth,
        }
    }
}

/// A sphere's point; `height` runs from 0 at the top to 1.
fn sphere(azimuth: f32, height: f32) -> Vec3 {
    let (sin, cos) = azimuth.sin_cos();
    let (level, up) = (PI * height).sin_cos();
    Vec3::new(sin * level, up, cos * level)
}

/// Skull, neck and nose.
fn head_at(azimuth: f32, height: f32) -> Vec3 {
    let y = 14.5 - 30.0 * height.powf(1.05);
    let skull = (1.0 - ((y - 3.0) / 11.8).powi(2)).max(0.0).sqrt();
    let neck = if y < 0.0 { 5.5 + 0.35 * (-9.0 - y).max(0.0).powf(1.5) } else { 0.0 };
    let (sin, cos) = azimuth.sin_cos();
    let nose = (-(sin / 0.14).powi(2)).exp() * (-((y - 0.3) / 1.6).powi(2)).exp() * f32::from(u8::from(cos > 0.0));
    Vec3::new(sin * (8.0 * skull).max(neck), y, cos * (10.0 * skull).max(neck) + 0.8 * skull + 2.2 * nose)
}

#[derive(Default)]
struct KitBuilder {
    positions: Vec<Vec3>,
    parts: Vec<Part>,
    triangles: Vec<[u32; 3]>,
    teeth: Vec<std::ops::Range<usize>>,
}

impl KitBuilder {
    /// The head, whose face comes before the rest of it.
    fn grid(&mut self, size: (usize, usize), at: impl Fn(f32, f32) -> Vec3, is_face: impl Fn(Vec3) -> bool) {
        let mut whole = Self::default();
        whole.shell(size, Part::Head, at);
        let mut order: Vec<usize> = (0..whole.positions.len()).collect();
        order.sort_by_key(|&i| !is_face(whole.positions[i]));
        let mut new = vec![0_u32; order.len()];
        for (i, &old) in order.iter().enumerate() {
            new[old] = i as u32;
            self.positions.push(whole.positions[old]);
            self.parts.push(if is_face(whole.positions[old]) { Part::Face } else { Part::Head });
        }
        self.triangles = whole.triangles.iter().map(|t| t.map(|i| new[i as usize])).collect();
    }

    fn shell(&mut self, (columns, rows): (usize, usize), part: Part, at: impl Fn(f32, f32) -> Vec3) {
        let first = self.positions.len() as u32;
        for i in 0..columns * rows {
            self.positions.push(at((i % columns) as f32 / columns as f32 * TAU, (i / columns) as f32 / (rows - 1) as f32));
            self.parts.push(part);
        }
        for i in 0..columns * (rows - 1) {
            let (row, column) = (i / columns * columns, i % columns);
            let [a, b] = [column, (column + 1) % columns].map(|c| first + (row + c) as u32);
            let (c, d) = (a + columns as u32, b + columns as u32);
            self.triangles.extend([[a, c, b], [b, c, d]]);
        }
    }

    /// Sixteen upper and sixteen lower teeth of one triangle each, behind the lips.
    fn teeth(&mut self) {
        for tooth in 0..32 {
            let first = self.positions.len();
            let (along, low) = ((tooth % 16) as f32 / 7.5 - 1.0, if tooth < 16 { -3.4 } else { -4.4 });
            let at = Vec3::new(-2.5 * along, low, 8.5 - 3.0 * along * along);
            self.positions.extend([at, at + Vec3::X * 0.25, at + Vec3::Y]);
            self.parts.extend([Part::Teeth; 3]);
            self.triangles.push([0, 1, 2].map(|k| (first + k) as u32));
            self.teeth.push(first..first + 3);
        }
    }
}

fn landmarks(face: &[Vec3]) -> [u32; 68] {
    let mut landmarks = [0; 68];
    let nearest = |x: f32, y: f32| {
        let distance = |p: &Vec3| (p.x - x).hypot(p.y - y) - 0.02 * p.z;
        face.iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1))).map_or(0, |(i, _)| i as u32)
    };
    for (right, left, x, y) in HALF {
        landmarks[right] = nearest(x, y);
        landmarks[left] = nearest(-x, y);
    }
    for (landmark, y) in MIDDLE {
        landmarks[landmark] = nearest(0.0, y);
    }
    landmarks
}

/// Width, height, depth and a few waves.
fn identities(positions: &[Vec3]) -> Vec<IdentityShape> {
    let shape = |f: &dyn Fn(Vec3) -> Vec3| IdentityShape::new(&positions.iter().map(|p| f(*p)).collect::<Vec<_>>());
    let mut shapes = vec![
        shape(&|p| Vec3::new(0.05 * p.x, 0.0, 0.0)),
        shape(&|p| Vec3::new(0.0, 0.05 * p.y, 0.0)),
        shape(&|p| Vec3::new(0.0, 0.0, 0.05 * p.z)),
    ];
    for k in 1..4 {
        let wave = k as f32;
        shapes.push(shape(&|p| Vec3::new(0.0, 0.0, 0.1 * (0.3 * wave * p.y + wave).sin())));
    }
    shapes
}

/// Shapes that move places near the mouth, the brows and the eyes.
fn expressions(positions: &[Vec3], parts: &[Part]) -> Vec<BlendShape> {
    let near = |p: Vec3, x: f32, y: f32, reach: f32| (-((p.x - x).powi(2) + (p.y - y).powi(2)) / (2.0 * reach * reach)).exp();
    let shape = |name: &str, f: &dyn Fn(Vec3) -> Vec3| {
        let moved =
            |(i, p): (usize, &Vec3)| Some((i as u32, f(*p))).filter(|(_, d)| d.length() > 1e-3 && p.z > 0.0 && parts[i] != Part::Eyeball);
        let (vertices, deltas) = positions.iter().enumerate().filter_map(moved).unzip();
        BlendShape { name: name.to_owned(), vertices, deltas }
    };
    let mut shapes = vec![
        shape("jawOpen", &|p| if p.y < -3.4 { Vec3::new(0.0, -3.0, -0.5) * near(p, 0.0, -5.5, 2.5) } else { Vec3::ZERO }),
        shape("mouthPucker", &|p| Vec3::new(-0.3 * p.x, 0.0, 0.6) * near(p, 0.0, -3.5, 1.8)),
    ];
    for (side, x) in [("_L", 1.0), ("_R", -1.0)] {
        shapes.push(shape(&format!("browInnerUp{side}"), &|p| Vec3::Y * 0.6 * near(p, 2.0 * x, 6.0, 1.2)));
        shapes.push(shape(&format!("eyeBlink{side}"), &|p| Vec3::Y * -0.7 * near(p, 3.1 * x, 4.0, 0.5)));
        shapes.push(shape(&format!("mouthSmile{side}"), &|p| Vec3::new(0.8 * x, 0.8, -0.3) * near(p, 2.5 * x, -3.5, 1.2)));
    }
    shapes.sort_by(|a, b| a.name.cmp(&b.name));
    shapes
}
