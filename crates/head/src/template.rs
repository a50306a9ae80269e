//! The skull: a neutral head without ears that is laid under a face's mesh, so that temples, crown and neck have a depth.

use glam::{Mat3, Vec2, Vec3};
use retrato_core::data::{FaceMesh, Landmarks, Similarity};

use crate::grid::{CELLS, Grid, cells_in};

const BYTES: &[u8] = include_bytes!("../../../models/head_template.bin");
/// What a file of a template begins with.
const MAGIC: &[u8; 8] = b"RETHEAD1";
/// Steps of a stored coordinate in a centimetre.
const STEPS: f32 = 800.0;
/// Most vertices that 16 bits can number.
const MOST: usize = u16::MAX as usize;
/// Landmarks that are hardly moved by any expression: nose, eyes, corners of the mouth, ends and middle of the jaw.
const FITTED: [std::ops::Range<usize>; 5] = [27..48, 48..49, 54..55, 0..1, 16..17];
/// The chin, fitted as well.
const CHIN: usize = 8;
/// Standard deviation with which a landmark's offset is spread over the head, in distances between the eyes. Tuned on nine portraits.
const SPREAD: f32 = 0.45;
/// How little a landmark's offset counts far from it. Tuned with the above.
const FAR: f32 = 0.15;

/// A neutral head: x to the picture's right, y down, z away from the viewer, in cm.
#[derive(Clone, Debug, PartialEq)]
pub struct SkullTemplate {
    /// Its vertices.
    pub vertices: Vec<Vec3>,
    /// Its triangles, whichever way round.
    pub triangles: Vec<[u16; 3]>,
    /// Where its 68 landmarks lie.
    pub landmarks: [Vec3; Landmarks::COUNT],
}

/// Why bytes are no template.
#[derive(Debug, thiserror::Error)]
#[error("the program's template of a head is damaged: {0}; build the program again from its own sources")]
pub struct TemplateError(pub(crate) &'static str);

/// Depths of the template under a portrait, nearest and farthest in each cell; infinite where it is not.
pub(crate) struct SkullDepth {
    pub(crate) near: Grid,
    pub(crate) far: Grid,
}

impl SkullTemplate {
    /// The program's own.
    ///
    /// # Errors
    /// A damaged build.
    pub fn own() -> Result<Self, TemplateError> {
        Self::read(BYTES)
    }

    /// From the bytes of a file.
    ///
    /// # Errors
    /// What [`Self::bytes`] does not write.
    pub fn read(bytes: &[u8]) -> Result<Self, TemplateError> {
        let ([vertices, triangles], rest) = counts_of(*MAGIC, bytes)?;
        let words = rest.as_chunks::<2>().0;
        if rest.len() != 2 * 3 * (vertices + triangles + Landmarks::COUNT) {
            return Err(TemplateError("its length is not what it says"));
        }
        let point = |[x, y, z]: &[[u8; 2]; 3]| Vec3::from_array([*x, *y, *z].map(|w| f32::from(i16::from_le_bytes(w)) / STEPS));
        let triples = words.as_chunks::<3>().0;
        let mut landmarks = [Vec3::ZERO; Landmarks::COUNT];
        landmarks.iter_mut().zip(&triples[vertices + triangles..]).for_each(|(out, triple)| *out = point(triple));
        let triangles: Vec<[u16; 3]> = triples[vertices..][..triangles].iter().map(|t| t.map(u16::from_le_bytes)).collect();
        if triangles.as_flattened().iter().any(|i| usize::from(*i) >= vertices) {
            return Err(TemplateError("a triangle has a corner that there is not"));
        }
        Ok(Self { vertices: triples[..vertices].iter().map(point).collect(), triangles, landmarks })
    }

    /// As a file holds it.
    ///
    /// # Errors
    /// More vertices or triangles than 16 bits can number.
    pub fn bytes(&self) -> Result<Vec<u8>, TemplateError> {
        if self.vertices.len().max(self.triangles.len()) > MOST {
            return Err(TemplateError("it has more vertices or triangles than 65,535"));
        }
        let steps = |p: &Vec3| p.to_array().map(|v| (v * STEPS).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16);
        let counts = [self.vertices.len(), self.triangles.len()].map(|n| n as u16);
        let numbers = self.vertices.iter().flat_map(steps).flat_map(i16::to_le_bytes);
        let corners = self.triangles.iter().flatten().copied().flat_map(u16::to_le_bytes);
        let landmarks = self.landmarks.iter().flat_map(steps).flat_map(i16::to_le_bytes);
        Ok(MAGIC
            .iter()
            .copied()
            .chain(counts.into_iter().flat_map(u16::to_le_bytes))
            .chain(numbers)
            .chain(corners)
            .chain(landmarks)
            .collect())
    }

    /// A template with fewer vertices: those in cubes of `side_cm` become one.
    #[must_use]
    pub fn simplified(vertices: &[Vec3], triangles: &[[u32; 3]], landmarks: [Vec3; Landmarks::COUNT], side_cm: f32) -> Self {
        let mut cubes = std::collections::BTreeMap::<[i32; 3], (u16, Vec3, f32)>::new();
        let cube = |p: &Vec3| (*p / side_cm).round().to_array().map(|v| v as i32);
        for index in triangles.iter().flatten() {
            let p = &vertices[*index as usize];
            let next = cubes.len().min(MOST) as u16;
            let entry = cubes.entry(cube(p)).or_insert((next, Vec3::ZERO, 0.0));
            (entry.1, entry.2) = (entry.1 + *p, entry.2 + 1.0);
        }
        let mut merged = vec![Vec3::ZERO; cubes.len()];
        for (index, sum, count) in cubes.values() {
            merged[usize::from(*index)] = *sum / *count;
        }
        let number = |index: u32| cubes.get(&cube(&vertices[index as usize])).map_or(0, |(number, ..)| *number);
        let mut kept: Vec<[u16; 3]> = triangles.iter().map(|t| t.map(number)).filter(|[a, b, c]| a != b && b != c && c != a).collect();
        for t in &mut kept {
            let first = t.iter().enumerate().min_by_key(|(_, v)| **v).map_or(0, |(n, _)| n);
            t.rotate_left(first);
        }
        kept.sort_unstable();
        kept.dedup();
        Self { vertices: merged, triangles: kept, landmarks }
    }

    /// Its depths under a face, in crop pixels: turned and scaled to it, then bent to its landmarks.
    pub(crate) fn under(&self, mesh: &FaceMesh) -> SkullDepth {
        let wanted = mesh.landmarks_in_space();
        let fitted = FITTED.iter().cloned().flatten().chain([CHIN]);
        let pairs: Vec<(Vec3, Vec3)> = fitted.map(|i| (self.landmarks[i], wanted[i])).collect();
        let (turn, shift) = similarity(&pairs);
        let put = |p: Vec3| turn * p + shift;
        let near = 2.0 * (SPREAD * mesh.inter_ocular().max(1.0)).powi(2);
        let offsets: Vec<(Vec2, Vec3)> = self.landmarks.iter().zip(wanted).map(|(p, to)| (put(*p).truncate(), to - put(*p))).collect();
        let bent = |p: &Vec3| {
            let p = put(*p);
            let weigh = |(at, offset): &(Vec2, Vec3)| {
                let weight = (-at.distance_squared(p.truncate()) / near).exp();
                (*offset * weight).extend(weight)
            };
            let sum: glam::Vec4 = offsets.iter().map(weigh).sum();
            p + sum.truncate() / (sum.w + FAR)
        };
        let vertices: Vec<Vec3> = self.vertices.iter().map(bent).collect();
        let plane = |empty: f32| Grid(vec![empty; CELLS * CELLS]);
        let mut depth = SkullDepth { near: plane(f32::INFINITY), far: plane(f32::NEG_INFINITY) };
        for triangle in &self.triangles {
            cells_in(triangle.map(|i| vertices[usize::from(i)]), |cell, z, _| {
                (depth.near.0[cell], depth.far.0[cell]) = (depth.near.0[cell].min(z), depth.far.0[cell].max(z));
            });
        }
        depth
    }
}

/// Numbers of vertices and triangles that stand at the beginning of a template's file, and what follows.
pub(crate) fn counts_of(magic: [u8; 8], bytes: &[u8]) -> Result<([usize; 2], &[u8]), TemplateError> {
    let rest = bytes.strip_prefix(&magic).ok_or(TemplateError("it does not begin as one"))?;
    let (counts, rest) = rest.split_first_chunk::<4>().ok_or(TemplateError("it ends early"))?;
    Ok(([0, 2].map(|at| usize::from(u16::from_le_bytes([counts[at], counts[at + 1]]))), rest))
}

/// The turn with scale, and the shift, that bring the first points of the pairs nearest to the second; none at all for points that lie on one line.
pub(crate) fn similarity(pairs: &[(Vec3, Vec3)]) -> (Mat3, Vec3) {
    let fit = Similarity::fit(pairs.iter().map(|(from, to)| (from.as_dvec3(), to.as_dvec3(), 1.0)));
    fit.map_or((Mat3::IDENTITY, Vec3::ZERO), |fit| ((fit.rotation * fit.scale).as_mat3(), fit.shift.as_vec3()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_template_is_in_order_and_survives_its_file() -> Result<(), TemplateError> {
        let own = SkullTemplate::own()?;
        assert!(own.vertices.len() > 1000 && own.triangles.len() > 2000, "a whole head");
        assert_eq!(SkullTemplate::read(&own.bytes()?)?, own, "written and read");
        let bytes = own.bytes()?;
        let mut wrong = bytes.clone();
        let corner = MAGIC.len() + 4 + 6 * own.vertices.len();
        wrong[corner..corner + 2].copy_from_slice(&u16::MAX.to_le_bytes());
        for wrong in [&bytes[..bytes.len() - 1], &bytes[1..], b"", &wrong] {
            assert!(SkullTemplate::read(wrong).is_err(), "{} bytes that are none", wrong.len());
        }
        Ok(())
    }

    #[test]
    fn the_own_template_is_the_one_that_its_manifest_describes() -> anyhow::Result<()> {
        let manifest: serde_json::Value = serde_json::from_str(include_str!("../../../models/head_template.json"))?;
        let own = SkullTemplate::own()?;
        assert_eq!(manifest["blake3"], blake3::hash(BYTES).to_hex().as_str(), "the file");
        assert_eq!(manifest["vertices"], own.vertices.len(), "vertices");
        assert_eq!(manifest["triangles"], own.triangles.len(), "triangles");
        Ok(())
    }

    #[test]
    fn a_similarity_is_found_again() {
        let turn = Mat3::from_rotation_y(0.5) * Mat3::from_rotation_x(-0.3) * 3.5;
        let shift = Vec3::new(10.0, -4.0, 2.0);
        let points = [Vec3::X, Vec3::Y, Vec3::Z, Vec3::new(1.0, 2.0, -1.0), Vec3::ZERO];
        let (found, moved) = similarity(&points.map(|p| (p, turn * p + shift)));
        for p in points {
            assert!((found * p + moved).distance(turn * p + shift) < 1e-3, "{p}");
        }
    }
}
