//! Reads the morphable head of ICT-FaceKit (Li et al. 2020) from its own folder of .obj files.

mod obj;
mod stand_in;

use std::ops::Range;
use std::path::{Path, PathBuf};

use glam::Vec3;
use rayon::prelude::*;

use crate::data::Part;
use obj::{expression_names, read_triangles, read_vertices};

/// Identity shapes of the kit, `identity000.obj` and on.
const KIT_IDENTITIES: usize = 100;
/// The bust is cut off below this height, in cm: clothes take over.
const BUST_EDGE_CM: f32 = -14.3;
/// Expression deltas shorter than this are left out, in cm.
const SMALL_DELTA_CM: f32 = 2e-4;

/// The kit's vertex ranges that are drawn, and what they are. The iris shells, the tear fluid and the blend meshes are left out.
const PARTS: [(Range<usize>, Part); 10] = [
    (0..9409, Part::Face),
    (9409..11248, Part::Head),
    (11248..13294, Part::MouthInterior),
    (13294..14062, Part::EyeSocket),
    (14062..17039, Part::Gums),
    (17039..21451, Part::Teeth),
    (21451..22221, Part::Eyeball),
    (23021..23791, Part::Eyeball),
    (25351..26035, Part::Lash),
    (26035..26719, Part::Lash),
];

/// First vertex of each tooth: 16 upper ones from the sitter's left to the right, then 16 lower ones.
const TEETH: [usize; 33] = [
    17039, 17230, 17416, 17607, 17730, 17895, 17991, 18067, 18143, 18219, 18295, 18391, 18556, 18679, 18870, 19056, 19247, 19426, 19602,
    19814, 19952, 20079, 20169, 20263, 20349, 20435, 20529, 20619, 20746, 20884, 21096, 21272, 21451,
];

/// The kit's own choice of the 68 landmarks, with its substitutes for the jaw line.
const LANDMARKS: [usize; 68] = [
    1278, 1272, 12, 1834, 243, 781, 2199, 1447, 966, 3661, 4390, 3022, 2484, 4036, 2253, 3490, 3496, 268, 493, 1914, 2044, 1401, 3615,
    4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360, 1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756,
    3721, 3725, 3732, 5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
];

/// Where dlib puts its points against the kit's choice (medians over 40 rendered people): landmark, offset right and down in percent of the outer eye
/// distance.
const DLIB_OFFSETS: [(usize, f32, f32); 20] = [
    (0, -3.2, -4.8),
    (1, -3.3, -8.3),
    (2, -4.1, -12.1),
    (3, -5.4, -18.7),
    (4, -7.3, -16.7),
    (5, -5.2, -8.4),
    (6, -3.7, -3.0),
    (7, -2.7, 1.7),
    (9, 1.9, 1.6),
    (10, 2.8, -2.4),
    (11, 4.7, -7.2),
    (12, 7.1, -15.1),
    (13, 5.4, -18.1),
    (14, 4.0, -12.3),
    (15, 2.7, -10.6),
    (16, 3.1, -6.4),
    (31, -1.7, -4.2),
    (32, -1.5, -2.2),
    (34, 0.0, -2.5),
    (35, 0.1, -3.9),
];
/// One percent of the neutral head's outer eye distance, in cm.
const OFFSET_UNIT_CM: f32 = 0.09;

/// Why the head could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FaceKitError {
    /// A file or the folder cannot be read.
    #[error("cannot read {path}: {source}; unpack ICT-FaceKit and give its FaceXModel folder with --facekit")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what the kit has there.
    #[error("{path} is not the file that ICT-FaceKit has there: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// One blend shape: how far it moves the few vertices that it moves.
#[derive(Clone, Debug)]
pub struct BlendShape {
    /// Name in the kit, as `jawOpen` or `eyeBlink_L` (L is the sitter's left).
    pub name: String,
    /// The vertices that move, ascending.
    pub vertices: Vec<u32>,
    /// How far at weight 1, in cm.
    pub deltas: Vec<Vec3>,
}

/// One identity shape, three numbers a vertex, in 16 bits: adding a hundred of them is bound by memory, and a step is less than a micrometre.
#[derive(Debug)]
struct IdentityShape {
    /// What a step is, in cm at weight 1.
    unit: f32,
    steps: Vec<i16>,
}

impl IdentityShape {
    fn new(deltas: &[Vec3]) -> Self {
        let largest = deltas.iter().map(|d| d.abs().max_element()).fold(1e-6, f32::max);
        let unit = largest / f32::from(i16::MAX);
        Self { unit, steps: deltas.iter().flat_map(|d| (*d / unit).round().to_array()).map(|x| x as i16).collect() }
    }
}

/// The morphable head, without the parts that are never drawn. Units are cm; x to the picture's right, y up, z to the viewer.
#[derive(Debug)]
pub struct FaceKit {
    /// The mean head.
    pub neutral: Vec<Vec3>,
    /// What each vertex belongs to.
    pub parts: Vec<Part>,
    /// Triangles without eyelashes, counter-clockwise from outside.
    pub triangles: Vec<[u32; 3]>,
    /// Triangles of the eyelashes.
    pub lash_triangles: Vec<[u32; 3]>,
    /// All expressions, by name.
    pub expressions: Vec<BlendShape>,
    /// Vertices of the 68 landmarks, on dlib's convention.
    pub landmarks: [u32; 68],
    /// Jaw landmarks that slide along the contour: landmark, and the vertices it may slide to.
    pub jaw_rows: Vec<(usize, Vec<u32>)>,
    /// Vertices of the two eyeballs: first the one on the picture's left.
    pub eyes: [Range<usize>; 2],
    /// For each of [`Self::lash_triangles`], how far off the lids it reaches, in cm.
    pub lash_reach: Vec<f32>,
    /// Vertices of each tooth: 16 upper, 16 lower.
    pub teeth: Vec<Range<usize>>,
    /// How hollow the neutral head is at each vertex, 0..0.85: little light gets there.
    pub hollows: Vec<f32>,
    /// Identity shapes.
    identities: Vec<IdentityShape>,
}

impl FaceKit {
    /// Reads the kit from its `FaceXModel` folder.
    pub fn load(folder: &Path) -> Result<Self, FaceKitError> {
        let neutral_path = folder.join("generic_neutral_mesh.obj");
        let all = read_vertices(&neutral_path)?;
        let polygons = read_triangles(&neutral_path)?;
        let kept = KeptVertices::choose(&all, &polygons);
        let shape = |name: &str| -> Result<Vec<Vec3>, FaceKitError> {
            let moved = read_vertices(&folder.join(format!("{name}.obj")))?;
            Ok(kept.old.iter().map(|&i| moved[i as usize] - all[i as usize]).collect())
        };
        let identities = (0..KIT_IDENTITIES)
            .into_par_iter()
            .map(|i| shape(&format!("identity{i:03}")).map(|deltas| IdentityShape::new(&deltas)))
            .collect::<Result<Vec<_>, FaceKitError>>()?;
        let expressions = expression_names(folder)?
            .into_par_iter()
            .map(|name| shape(&name).map(|deltas| sparse(name, &deltas)))
            .collect::<Result<Vec<_>, FaceKitError>>()?;
        let neutral: Vec<Vec3> = kept.old.iter().map(|&i| all[i as usize]).collect();
        let (triangles, lash_triangles) = kept.triangles(&polygons);
        let landmarks = dlib_landmarks(&neutral, kept.range(0..9409).end, |old| kept.new_index(old));
        let mut eyes = [kept.range(21451..22221), kept.range(23021..23791)];
        if neutral[eyes[0].start].x > 0.0 {
            eyes.swap(0, 1);
        }
        Ok(Self {
            parts: kept.old.iter().map(|&i| part_of(i as usize).unwrap_or_default()).collect(),
            jaw_rows: jaw_rows(&neutral[..kept.range(0..9409).end], &landmarks),
            teeth: TEETH.windows(2).map(|w| kept.range(w[0]..w[1])).collect(),
            hollows: hollows(&neutral, &triangles),
            lash_reach: lash_reach(&neutral, kept.range(0..9409).end, &lash_triangles),
            neutral,
            triangles,
            lash_triangles,
            expressions,
            landmarks,
            eyes,
            identities,
        })
    }

    /// Index of an expression in [`Self::expressions`]; `None` when the kit lacks it.
    pub fn expression(&self, name: &str) -> Option<usize> {
        self.expressions.binary_search_by(|shape| shape.name.as_str().cmp(name)).ok()
    }

    /// How many identity shapes there are.
    pub fn identity_count(&self) -> usize {
        self.identities.len()
    }

    /// The head with the given identity weights (standard deviations), in cm.
    pub fn identity(&self, weights: &[f32]) -> Vec<Vec3> {
        // In blocks that stay in the first-level cache while all shapes are added, four shapes at a time.
        const BLOCK: usize = 3072;
        let mut flat: Vec<f32> = self.neutral.iter().flat_map(Vec3::to_array).collect();
        let factors: Vec<f32> = self.identities.iter().zip(weights).map(|(shape, weight)| shape.unit * weight).collect();
        for (block, out) in flat.chunks_mut(BLOCK).enumerate() {
            let range = block * BLOCK..block * BLOCK + out.len();
            for (shapes, w) in self.identities.chunks(4).zip(factors.chunks(4)) {
                if let ([a, b, c, d], [wa, wb, wc, wd]) = (shapes, w) {
                    let [a, b, c, d] = [a, b, c, d].map(|shape| &shape.steps[range.clone()]);
                    for ((((out, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                        *out += wa * f32::from(*a) + wb * f32::from(*b) + wc * f32::from(*c) + wd * f32::from(*d);
                    }
                } else {
                    for (shape, weight) in shapes.iter().zip(w) {
                        for (out, step) in out.iter_mut().zip(&shape.steps[range.clone()]) {
                            *out += weight * f32::from(*step);
                        }
                    }
                }
            }
        }
        flat.chunks_exact(3).map(Vec3::from_slice).collect()
    }

    /// One past the last vertex of a part; parts come in the order of [`Part`].
    pub fn end_of(&self, part: Part) -> usize {
        self.parts.partition_point(|p| *p as u8 <= part as u8)
    }

    /// The vertices of a part.
    pub fn range_of(&self, part: Part) -> Range<usize> {
        self.parts.partition_point(|p| (*p as u8) < part as u8)..self.end_of(part)
    }
}

/// Which vertices of the kit are kept, and where they go.
struct KeptVertices {
    /// Old index of each kept vertex.
    old: Vec<u32>,
    /// How many vertices before each old index are kept; one more than there are old vertices.
    before: Vec<u32>,
}

impl KeptVertices {
    fn choose(all: &[Vec3], polygons: &[[u32; 3]]) -> Self {
        let mut used = vec![false; all.len()];
        for triangle in polygons.iter().filter(|t| is_drawn(t, all)) {
            for &i in triangle {
                used[i as usize] = true;
            }
        }
        for i in LANDMARKS {
            used[i] = true;
        }
        let mut before = Vec::with_capacity(all.len() + 1);
        let mut count = 0;
        for &u in &used {
            before.push(count);
            count += u32::from(u);
        }
        before.push(count);
        let old = (0..all.len() as u32).filter(|&i| used[i as usize]).collect();
        Self { old, before }
    }

    fn new_index(&self, old: usize) -> u32 {
        self.before[old]
    }

    fn range(&self, old: Range<usize>) -> Range<usize> {
        self.before[old.start] as usize..self.before[old.end] as usize
    }

    /// Drawn triangles in new indices: those without lashes, and the lashes.
    fn triangles(&self, polygons: &[[u32; 3]]) -> (Vec<[u32; 3]>, Vec<[u32; 3]>) {
        let is_kept = |i: &u32| self.before[*i as usize] != self.before[*i as usize + 1];
        polygons
            .iter()
            .filter(|t| t.iter().all(is_kept) && part_of(t[0] as usize).is_some())
            .map(|t| (part_of(t[0] as usize), t.map(|i| self.before[i as usize])))
            .fold((Vec::new(), Vec::new()), |(mut skin, mut lash), (part, t)| {
                if part == Some(Part::Lash) { &mut lash } else { &mut skin }.push(t);
                (skin, lash)
            })
    }
}

fn part_of(old: usize) -> Option<Part> {
    PARTS.iter().find(|(range, _)| range.contains(&old)).map(|(_, part)| *part)
}

/// Whether a triangle of the kit is part of a drawn surface above the bust's edge.
fn is_drawn(triangle: &[u32; 3], all: &[Vec3]) -> bool {
    let lowest = triangle.iter().map(|&i| all[i as usize].y).fold(f32::MAX, f32::min);
    match part_of(triangle[0] as usize) {
        None => false,
        Some(Part::Face | Part::Head) => lowest >= BUST_EDGE_CM,
        Some(_) => true,
    }
}

fn sparse(name: String, deltas: &[Vec3]) -> BlendShape {
    let moved = deltas.iter().enumerate().filter(|(_, d)| d.length_squared() > SMALL_DELTA_CM * SMALL_DELTA_CM);
    let (vertices, deltas) = moved.map(|(i, d)| (i as u32, *d)).unzip();
    BlendShape { name, vertices, deltas }
}

/// Moves the kit's jaw and nose landmarks to the face vertices where dlib would put its points.
fn dlib_landmarks(neutral: &[Vec3], face_end: usize, new_index: impl Fn(usize) -> u32) -> [u32; 68] {
    let mut landmarks = LANDMARKS.map(new_index);
    for (landmark, right, down) in DLIB_OFFSETS {
        let wanted = neutral[landmarks[landmark] as usize] + Vec3::new(right, -down, 0.0) * OFFSET_UNIT_CM;
        // Depth counts little: the offset is one seen from the front.
        let distance = |v: &Vec3| (*v - wanted).truncate().length() + 0.15 * (v.z - wanted.z).abs();
        let nearest = neutral[..face_end].iter().enumerate().min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)));
        if let Some((i, _)) = nearest {
            landmarks[landmark] = i as u32;
        }
    }
    landmarks
}

/// For each jaw landmark but the chin, the face vertices of its row that may be the contour when the head turns.
fn jaw_rows(face: &[Vec3], landmarks: &[u32; 68]) -> Vec<(usize, Vec<u32>)> {
    (0..17)
        .filter(|&landmark| landmark != 8)
        .map(|landmark| {
            let at = face[landmarks[landmark] as usize];
            let side = at.x.signum();
            let in_row = |v: &Vec3| {
                let out = v.x * side;
                (v.y - at.y).abs() < 0.3 && out > 0.35 * at.x.abs() && out <= at.x.abs() + 0.05 && v.z > at.z - 0.2
            };
            let row = face.iter().enumerate().filter(|(_, v)| in_row(v)).map(|(i, _)| i as u32);
            (landmark, std::iter::once(landmarks[landmark]).chain(row).collect())
        })
        .collect()
}

/// Distance of the farthest corner of each lash triangle from the nearest vertex of the face.
fn lash_reach(neutral: &[Vec3], face_end: usize, triangles: &[[u32; 3]]) -> Vec<f32> {
    let near_eyes: Vec<Vec3> = neutral[..face_end].iter().filter(|p| (1.5..5.2).contains(&p.y) && p.z > 7.5).copied().collect();
    let nearest = |i: u32| near_eyes.iter().map(|p| p.distance_squared(neutral[i as usize])).fold(f32::MAX, f32::min);
    triangles.par_iter().map(|t| t.iter().map(|&i| nearest(i)).fold(0.0, f32::max).sqrt()).collect()
}

/// How far each vertex lies below its smoothed neighbourhood, as a shade 0..0.85.
fn hollows(neutral: &[Vec3], triangles: &[[u32; 3]]) -> Vec<f32> {
    const ROUNDS: usize = 12;
    const FULL_SHADE_CM: f32 = 0.55;
    let mut normals = vec![Vec3::ZERO; neutral.len()];
    for t in triangles {
        let [a, b, c] = t.map(|i| neutral[i as usize]);
        for &i in t {
            normals[i as usize] += (b - a).cross(c - a);
        }
    }
    let mut smooth = neutral.to_vec();
    for _ in 0..ROUNDS {
        let mut sums = vec![(Vec3::ZERO, 0.0_f32); neutral.len()];
        for t in triangles {
            let total: Vec3 = t.iter().map(|&i| smooth[i as usize]).sum();
            for &i in t {
                let sum = &mut sums[i as usize];
                *sum = (sum.0 + total - smooth[i as usize], sum.1 + 2.0);
            }
        }
        for (p, (sum, count)) in smooth.iter_mut().zip(&sums) {
            if *count > 0.0 {
                *p = *sum / *count;
            }
        }
    }
    let shade = |((p, s), n): ((&Vec3, &Vec3), &Vec3)| ((*s - *p).dot(n.normalize_or_zero()) / FULL_SHADE_CM).clamp(0.0, 0.85);
    neutral.iter().zip(&smooth).zip(&normals).map(shade).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_says_what_to_do() {
        let error = FaceKit::load(Path::new("no/such/folder")).expect_err("it is not there");
        assert!(error.to_string().contains("--facekit"), "the option is named: {error}");
    }

    #[test]
    fn identities_are_added_as_weighted() {
        let kit = FaceKit::stand_in();
        let mut weights = vec![0.0; kit.identity_count()];
        assert!(kit.identity(&weights) == kit.neutral, "no weights, the mean head");
        (weights[0], weights[4]) = (2.0, -1.0);
        for (made, at) in kit.identity(&weights).iter().zip(&kit.neutral) {
            // The stand-in's first shape widens by a twentieth, the fifth is a wave in depth.
            let wanted = *at + Vec3::new(0.1 * at.x, 0.0, -0.1 * (0.6 * at.y + 2.0).sin());
            assert!(made.distance(wanted) < 1e-3, "{made} instead of {wanted}");
        }
    }

    #[test]
    fn sparse_shapes_keep_only_what_moves() {
        let shape = sparse("x".into(), &[Vec3::ZERO, Vec3::X, Vec3::splat(1e-6), Vec3::Y]);
        assert_eq!(shape.vertices, [1, 3], "vertices that move");
        assert_eq!(shape.deltas, [Vec3::X, Vec3::Y], "their deltas");
    }
}
