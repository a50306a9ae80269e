//! The mean face mesh and its modes: from synthetic heads as the face reader sees them.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use candle_core::{DType, Device, Tensor};
use glam::{DVec3, Vec3};
use nalgebra::DMatrix;
use rayon::prelude::*;
use retrato_face::track::{MeshReader, MeshReaderError};
use serde::Serialize;

use crate::data::{FaceMesh, Landmarks, Similarity};
use crate::face::{MeshFace, MeshModel, MeshModelError, RIGID_WEIGHTS, template};
use crate::nn::{WeightsError, to_bytes};
use crate::random::Random;
use crate::synth::{PairSampler, Scratch};

/// Readings below this presence, or of heads turned further than this, are left out: depth is least certain there.
pub(super) const LEAST_PRESENCE: f32 = 0.9;
const FURTHEST_TURN_RAD: f32 = 0.5;
/// Rounds of aligning all readings with their mean.
const ALIGNMENTS: usize = 4;
/// Rounds of orthogonal iteration: the modes that are kept do not change in the fourth digit any more.
const ITERATIONS: usize = 40;
/// One in so many readings is held out.
const HELD_OUT: usize = 10;
/// Points that hardly move against the skull: corners of the eyes, bridge of the nose, forehead, temples, and the face's sides before the ears.
pub(super) const RIGID_POINTS: [usize; 27] =
    [33, 133, 362, 263, 168, 6, 197, 195, 5, 8, 9, 151, 10, 21, 251, 54, 284, 162, 389, 127, 356, 234, 454, 116, 345, 143, 372];
/// Corners of the right and the left eye.
const EYE_CORNERS: [[usize; 2]; 2] = [[33, 133], [263, 362]];

/// Why there is no mean face.
#[derive(Debug, thiserror::Error)]
pub enum FaceMeshError {
    /// The face reader is needed.
    #[error("{0}")]
    Reader(#[from] MeshReaderError),
    /// Hardly any head was read.
    #[error("only {0} of the heads could be read, too few for {1} modes: give more pairs")]
    TooFew(usize, usize),
    /// The readings span nothing.
    #[error("the heads that were read have no mean: {0}")]
    Model(#[from] MeshModelError),
    /// The file could not be made.
    #[error("the file cannot be made: {0}")]
    File(#[from] WeightsError),
}

/// The mean face mesh, and how it did on held-out heads.
#[derive(Debug)]
pub struct LearntFaceMesh {
    /// The file's bytes.
    pub file: Vec<u8>,
    /// How many readings it is of, mirrored ones not counted.
    pub readings: usize,
    /// Figures on held-out heads.
    pub validation: FaceMeshFigures,
}

/// How near meshes that are fitted to landmarks alone come to those that the reader saw, in inter-ocular distances.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FaceMeshFigures {
    /// Mean distance of the points in space, their mean depth taken as equal.
    pub distance_in_space: f32,
    /// The same in the picture.
    pub distance_in_picture: f32,
    /// Part of the readings' variance that the modes hold.
    pub variance_held: f32,
}

/// Reads synthetic heads and learns `modes` modes from them. `told` hears how many pairs are done.
///
/// # Errors
/// [`FaceMeshError`].
pub fn learn_face_mesh(
    sampler: &PairSampler,
    seed: u64,
    pairs: u64,
    modes: usize,
    told: impl Fn(u64) + Sync,
) -> Result<LearntFaceMesh, FaceMeshError> {
    let readings = readings(sampler, seed, pairs, told)?;
    if readings.len() < 20 * modes {
        return Err(FaceMeshError::TooFew(readings.len(), modes));
    }
    // In one piece, since both frames of a pair show one person.
    let (held_out, learnt) = readings.split_at(readings.len() / HELD_OUT);
    let (mean, modes, variance_held) = statistics(learnt, modes).ok_or(FaceMeshError::TooFew(learnt.len(), modes))?;
    let file = bytes(&mean, &modes)?;
    let model = MeshModel::parse(&file)?;
    let errors: Vec<[f32; 2]> = held_out.iter().filter_map(|mesh| errors(&model, mesh)).collect();
    let mean_of = |k: usize| errors.iter().map(|e| e[k]).sum::<f32>() / errors.len().max(1) as f32;
    let validation = FaceMeshFigures { distance_in_space: mean_of(0), distance_in_picture: mean_of(1), variance_held };
    Ok(LearntFaceMesh { file, readings: learnt.len(), validation })
}

/// What the face reader sees of synthetic heads that look near enough into the camera.
fn readings(sampler: &PairSampler, seed: u64, pairs: u64, told: impl Fn(u64) + Sync) -> Result<Vec<FaceMesh>, FaceMeshError> {
    let threads = rayon::current_num_threads().max(1) as u64;
    let done = AtomicU64::new(0);
    let of_thread = |thread: u64| {
        let mut reader = MeshReader::load()?;
        let mut scratch = Scratch::new();
        let mut found = Vec::new();
        for index in (thread..pairs).step_by(threads as usize) {
            for frame in sampler.pair(seed, index, &mut scratch).frames {
                let face = reader.read_still(&frame.pixels).into_iter().next().filter(is_clear);
                found.extend(face.map(|face| (index, face.mesh)));
            }
            told(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
        Ok(found)
    };
    let parts: Vec<Vec<(u64, FaceMesh)>> = (0..threads).into_par_iter().map(of_thread).collect::<Result<_, FaceMeshError>>()?;
    let mut all: Vec<(u64, FaceMesh)> = parts.into_iter().flatten().collect();
    // The same whatever the number of threads.
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, mesh)| mesh).collect())
}

fn is_clear(face: &MeshFace) -> bool {
    face.presence >= LEAST_PRESENCE && face.pose.yaw_rad.abs().max(face.pose.pitch_rad.abs()) < FURTHEST_TURN_RAD
}

/// The mean of the meshes and of their mirror images, upright and in inter-ocular distances; its modes, one standard deviation each; and the part of the
/// variance that these hold.
fn statistics(readings: &[FaceMesh], modes: usize) -> Option<(FaceMesh, Vec<FaceMesh>, f32)> {
    let mut faces: Vec<FaceMesh> = readings.iter().filter_map(upright).collect();
    faces.extend(faces.iter().map(|face| face.mirrored(0.0)).collect::<Vec<_>>());
    let mut mean = mean_of(&faces)?;
    for _ in 0..ALIGNMENTS {
        faces = faces.iter().filter_map(|face| aligned(face, &mean)).collect();
        mean = upright(&mean_of(&faces)?)?;
    }
    faces = faces.iter().filter_map(|face| aligned(face, &mean)).collect();
    rest_irises(&mut faces, &mean);
    let deviations = DMatrix::<f32>::from_fn(faces.len(), 3 * FaceMesh::COUNT, |row, column| {
        let (point, axis) = (column / 3, column % 3);
        faces[row].0[point][axis] - mean.0[point][axis]
    });
    let (directions, variances) = principal(&deviations, modes)?;
    let total = deviations.norm_squared() / faces.len() as f32;
    let held = variances.iter().sum::<f32>() / total.max(f32::MIN_POSITIVE);
    let mode = |k: usize| {
        let point = |i: usize| Vec3::from_array(std::array::from_fn(|axis| directions[(3 * i + axis, k)] * variances[k].sqrt()));
        FaceMesh(Box::new(std::array::from_fn(point)))
    };
    Some((mean, (0..variances.len()).map(mode).collect(), held))
}

/// A face turned, scaled and moved so that its landmarks come nearest to those of the generic head.
pub(super) fn upright(face: &FaceMesh) -> Option<FaceMesh> {
    let landmarks = face.landmarks_in_space();
    let pairs = (0..Landmarks::COUNT).map(|i| {
        let wanted = template()[i] * Vec3::new(1.0, 1.0, -1.0);
        (landmarks[i].as_dvec3(), wanted.as_dvec3(), f64::from(RIGID_WEIGHTS[i]))
    });
    moved(face, &Similarity::fit(pairs)?)
}

/// A face turned, scaled and moved so that what hardly moves comes nearest to the same of another one.
pub(super) fn aligned(face: &FaceMesh, to: &FaceMesh) -> Option<FaceMesh> {
    moved(face, &Similarity::fit(RIGID_POINTS.iter().map(|i| (face.0[*i].as_dvec3(), to.0[*i].as_dvec3(), 1.0)))?)
}

fn moved(face: &FaceMesh, by: &Similarity) -> Option<FaceMesh> {
    FaceMesh::from_points(&face.map(|p| by.apply(p.as_dvec3()).as_vec3()).0[..])
}

pub(super) fn mean_of(faces: &[FaceMesh]) -> Option<FaceMesh> {
    let mut sums = [DVec3::ZERO; FaceMesh::COUNT];
    for face in faces {
        for (sum, point) in sums.iter_mut().zip(face.0.iter()) {
            *sum += point.as_dvec3();
        }
    }
    let mean: Vec<Vec3> = sums.iter().map(|sum| (*sum / faces.len() as f64).as_vec3()).collect();
    FaceMesh::from_points(&mean)
}

/// Puts every iris where that of the mean lies between the corners of its eye, so that no mode is spent on where people look.
fn rest_irises(faces: &mut [FaceMesh], mean: &FaceMesh) {
    let from_corners = |face: &FaceMesh, eye: usize| {
        let [outer, inner] = EYE_CORNERS[eye].map(|i| face.0[i]);
        face.0[FaceMesh::PUPILS[eye]] - 0.5 * (outer + inner)
    };
    for face in faces {
        for (eye, middle) in FaceMesh::PUPILS.into_iter().enumerate() {
            let shift = from_corners(mean, eye) - from_corners(face, eye);
            face.0[middle..middle + 5].iter_mut().for_each(|point| *point += shift);
        }
    }
}

/// The directions in which rows vary most, as columns, and their variances: orthogonal iteration.
fn principal(rows: &DMatrix<f32>, count: usize) -> Option<(DMatrix<f32>, Vec<f32>)> {
    let mut random = Random::new(1, 0);
    let mut directions = DMatrix::<f32>::from_fn(rows.ncols(), count, |_, _| random.normal(0.0, 1.0)).qr().q();
    for _ in 0..ITERATIONS {
        directions = rows.tr_mul(&(rows * &directions)).qr().q();
    }
    let along = rows * &directions;
    // Within the space that was found the directions are turned so that they vary by themselves.
    let eigen = (along.tr_mul(&along) / rows.nrows() as f32).symmetric_eigen();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let turned = directions * eigen.eigenvectors.select_columns(&order);
    let variances: Vec<f32> = order.iter().map(|i| eigen.eigenvalues[*i].max(0.0)).collect();
    turned.iter().all(|v| v.is_finite()).then_some((turned, variances))
}

fn bytes(mean: &FaceMesh, modes: &[FaceMesh]) -> Result<Vec<u8>, WeightsError> {
    let values = |mesh: &FaceMesh| mesh.0.iter().flat_map(Vec3::to_array).collect::<Vec<f32>>();
    let tensors = BTreeMap::from([
        ("mean".to_owned(), Tensor::from_vec(values(mean), (FaceMesh::COUNT, 3), &Device::Cpu)?),
        (
            "modes".to_owned(),
            Tensor::from_vec(modes.iter().flat_map(values).collect::<Vec<f32>>(), (modes.len(), FaceMesh::COUNT, 3), &Device::Cpu)?,
        ),
    ]);
    to_bytes(&tensors, DType::F16, HashMap::new())
}

/// Mean distances in space and in the picture between a reading and what is fitted to its landmarks, in inter-ocular distances.
fn errors(model: &MeshModel, reading: &FaceMesh) -> Option<[f32; 2]> {
    let fitted = model.fit(&reading.landmarks(), Some(reading.pupils()))?;
    let depth = |mesh: &FaceMesh| mesh.0.iter().map(|p| p.z).sum::<f32>() / FaceMesh::COUNT as f32;
    let shift = Vec3::Z * (depth(reading) - depth(&fitted));
    let pairs = || fitted.0.iter().zip(reading.0.iter());
    let unit = reading.landmarks().inter_ocular().max(1e-3) * FaceMesh::COUNT as f32;
    let in_space = pairs().map(|(a, b)| (*a + shift).distance(*b)).sum::<f32>() / unit;
    let in_picture = pairs().map(|(a, b)| a.truncate().distance(b.truncate())).sum::<f32>() / unit;
    Some([in_space, in_picture])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean face, whose lips are lifted by amounts of a standard deviation of 0.1, placed and turned somehow.
    fn faces() -> Vec<FaceMesh> {
        let mut random = Random::new(3, 0);
        let mean = MeshModel::shipped().expect("the program's own").mean();
        let face = |_| {
            let mut face = mean.clone();
            let lifted = random.normal(0.0, 0.1);
            for i in FaceMesh::INNER_LIPS {
                face.0[usize::from(i)].y -= lifted;
            }
            let turn = glam::Mat3::from_rotation_y(random.normal(0.0, 0.3)) * glam::Mat3::from_rotation_z(random.normal(0.0, 0.3));
            let (size, place) = (random.range(40.0, 90.0), Vec3::new(random.range(50.0, 200.0), 100.0, 7.0));
            face.map(|p| turn * p * size + place)
        };
        (0..300).map(face).collect()
    }

    #[test]
    fn the_mode_that_faces_vary_by_is_found() {
        let (mean, modes, held) = statistics(&faces(), 2).expect("faces");
        let lip = usize::from(FaceMesh::INNER_LIPS[4]);
        let (first, second) = (modes[0].0[lip].y.abs(), modes[1].0[lip].length());
        assert!((first / 0.1 - 1.0).abs() < 0.15, "lips move by a standard deviation of 0.1, as {first} says");
        assert!(second < 0.05 * first && held > 0.95, "nothing else moves: {second}, {held}");
        assert!(modes[0].0[168].length() < 0.05 * first, "the nose does not");
        let shipped = MeshModel::shipped().expect("the program's own").mean();
        let off = mean.0.iter().zip(shipped.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(off < 0.05, "the mean is the face that was turned about: {off}");
    }
}
