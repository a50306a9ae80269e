//! A mean face as a mesh with its modes of variation, and the mesh that 68 landmarks come from: for faces that the face reader does not see.

use std::sync::LazyLock;

use glam::{Vec2, Vec3};
use nalgebra::{DMatrix, DVector};
use safetensors::{Dtype, SafeTensors};

use super::{RIGID_WEIGHTS, RigidFit, fit_rigid};
use crate::data::{FaceMesh, Landmarks};

/// The model that the program carries.
const SHIPPED: &[u8] = include_bytes!("../../../../models/face_mesh.safetensors");
/// More modes than this are refused.
const MOST_MODES: usize = 64;
/// How far landmarks lie from where the modes can bring them, in inter-ocular distances: what the modes are weighed against. Measured on readings of the
/// built-in portraits: 0.02 to 0.04.
const LANDMARK_NOISE: f64 = 0.03;
/// Modes go no further than this, in standard deviations.
const FURTHEST: f64 = 3.0;
/// Rounds of pose and modes.
const ROUNDS: usize = 5;
/// Distance over which what is left between landmarks and modes moves its surroundings, in inter-ocular distances. Tuned on the built-in portraits.
const FALLOFF: f64 = 0.25;
/// Part of a landmark's own say that is added to it, so that landmarks that nearly coincide do not fight.
const RIDGE: f64 = 1e-3;
/// The mouth of the layout in which distances are measured is opened by this many inter-ocular distances: lips that touch move apart freely.
const LAYOUT_MOUTH: f32 = 0.25;

/// Why the mean face cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MeshModelError {
    /// The bytes are no safetensors file.
    #[error("the mean face is damaged ({0}): this build of Retrato is broken, build it again")]
    Format(#[from] safetensors::SafeTensorError),
    /// A tensor has another type or shape, or numbers that are none.
    #[error("the mean face's {0} is not one of a face mesh: this build of Retrato is broken, build it again")]
    Tensor(&'static str),
}

/// A mean face and its modes of variation, of persons and expressions together.
///
/// The unit is about the distance between the eyes' centres and the origin lies about halfway between them, with the axes of a [`FaceMesh`]. The head looks
/// straight into the camera.
#[derive(Debug)]
pub struct MeshModel {
    mean: FaceMesh,
    /// One standard deviation each.
    modes: Vec<FaceMesh>,
    mean_landmarks: [Vec3; Landmarks::COUNT],
    mode_landmarks: Vec<[Vec3; Landmarks::COUNT]>,
    /// How far every point moves for every landmark that moves by 1: points are rows.
    falloff: DMatrix<f64>,
}

impl MeshModel {
    /// The program's own; `None` in a broken build, which `retrato doctor` reports.
    pub fn shipped() -> Option<&'static Self> {
        static MODEL: LazyLock<Option<MeshModel>> =
            LazyLock::new(|| MeshModel::parse(SHIPPED).inspect_err(|error| tracing::error!("{error}")).ok());
        MODEL.as_ref()
    }

    /// The bytes of the program's own, for their check sum.
    pub fn shipped_bytes() -> &'static [u8] {
        SHIPPED
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`MeshModelError`]: anything but the tensors `mean` (points by 3) and `modes` (modes by points by 3) in f16.
    pub fn parse(bytes: &[u8]) -> Result<Self, MeshModelError> {
        let file = SafeTensors::deserialize(bytes)?;
        let mut mean = meshes(&file, "mean")?;
        let modes = meshes(&file, "modes")?;
        let mean = if mean.len() == 1 { mean.pop() } else { None };
        Self::new(mean.ok_or(MeshModelError::Tensor("mean"))?, modes)
    }

    /// A model of a mean and its modes, one standard deviation each.
    ///
    /// # Errors
    /// [`MeshModelError::Tensor`]: a mean without extent.
    pub fn new(mean: FaceMesh, modes: Vec<FaceMesh>) -> Result<Self, MeshModelError> {
        let has_extent = (0.5..2.0).contains(&mean.landmarks().inter_ocular());
        let falloff = falloff(&mean).filter(|_| has_extent).ok_or(MeshModelError::Tensor("mean"))?;
        let mean_landmarks = mean.landmarks_in_space();
        let mode_landmarks = modes.iter().map(FaceMesh::landmarks_in_space).collect();
        Ok(Self { mean, modes, mean_landmarks, mode_landmarks, falloff })
    }

    /// The mean face.
    pub fn mean(&self) -> &FaceMesh {
        &self.mean
    }

    /// The mesh of the face with these landmarks, in their own picture; `None` when they span nothing.
    ///
    /// Its own landmarks are the given ones, but for a small part of a pixel. Irises go to the pupils, the right eye's first; where these are not
    /// known, they look ahead.
    pub fn fit(&self, landmarks: &Landmarks, pupils: Option<[Vec2; 2]>) -> Option<FaceMesh> {
        let (placed, modes) = self.pose_and_modes(landmarks)?;
        let scale = f64::from(placed.scale);
        let face = self.varied(&modes).map(|p| {
            let turned = placed.rotation * towards_camera(p);
            ((turned.truncate() * placed.scale) + placed.translation).extend(-turned.z * placed.scale)
        });
        let now = face.landmarks();
        let left = |axis: usize| {
            let moves = landmarks.0.iter().zip(&now.0).map(|(wanted, is)| f64::from(wanted[axis] - is[axis]) / scale);
            &self.falloff * DVector::from_iterator(Landmarks::COUNT, moves) * scale
        };
        let [across, down] = [left(0), left(1)];
        let mut points = face.0;
        for (index, point) in points.iter_mut().enumerate() {
            *point += Vec3::new(across[index] as f32, down[index] as f32, 0.0);
        }
        if let Some(pupils) = pupils {
            for (middle, pupil) in FaceMesh::PUPILS.into_iter().zip(pupils) {
                let shift = (pupil - points[middle].truncate()).extend(0.0);
                points[middle..middle + 5].iter_mut().for_each(|point| *point += shift);
            }
        }
        FaceMesh::from_points(&points[..])
    }

    /// The pose in which the face shows these landmarks, and how far the modes go for it.
    fn pose_and_modes(&self, landmarks: &Landmarks) -> Option<(RigidFit, Vec<f64>)> {
        let mut modes = vec![0.0; self.modes.len()];
        let mut placed = None;
        for _ in 0..ROUNDS {
            let shape = self.landmarks_of(&modes).map(towards_camera);
            let fit = fit_rigid(&landmarks.0, &shape, &RIGID_WEIGHTS).filter(|fit| fit.scale > 1e-6)?;
            modes = self.modes_at(&fit, landmarks)?;
            placed = Some(fit);
        }
        Some((placed?, modes))
    }

    /// The modes that bring the landmarks of a placed face nearest to the given ones: least squares, weighed against how far modes usually go.
    fn modes_at(&self, placed: &RigidFit, landmarks: &Landmarks) -> Option<Vec<f64>> {
        let count = self.modes.len();
        let seen = |p: Vec3| (placed.rotation * towards_camera(p)).truncate();
        let mut rows = DMatrix::<f64>::zeros(2 * Landmarks::COUNT, count);
        let mut wanted = DVector::<f64>::zeros(2 * Landmarks::COUNT);
        for (i, (point, mean)) in landmarks.0.iter().zip(&self.mean_landmarks).enumerate() {
            let off = (*point - placed.translation) / placed.scale - seen(*mean);
            for axis in 0..2 {
                wanted[2 * i + axis] = f64::from(off[axis]);
            }
            for (k, mode) in self.mode_landmarks.iter().enumerate() {
                let move_ = seen(mode[i]);
                for axis in 0..2 {
                    rows[(2 * i + axis, k)] = f64::from(move_[axis]);
                }
            }
        }
        let mut normal = rows.tr_mul(&rows);
        for k in 0..count {
            normal[(k, k)] += LANDMARK_NOISE * LANDMARK_NOISE;
        }
        let found = normal.cholesky()?.solve(&rows.tr_mul(&wanted));
        found.iter().all(|v| v.is_finite()).then(|| found.iter().map(|v| v.clamp(-FURTHEST, FURTHEST)).collect())
    }

    fn landmarks_of(&self, modes: &[f64]) -> [Vec3; Landmarks::COUNT] {
        let moved = |i: usize| self.mode_landmarks.iter().zip(modes).map(|(mode, amount)| mode[i] * *amount as f32).sum::<Vec3>();
        std::array::from_fn(|i| self.mean_landmarks[i] + moved(i))
    }

    /// The mean face with its modes so far, in standard deviations.
    fn varied(&self, modes: &[f64]) -> FaceMesh {
        let moved = |i: usize| self.modes.iter().zip(modes).map(|(mode, amount)| mode.0[i] * *amount as f32).sum::<Vec3>();
        FaceMesh(Box::new(std::array::from_fn(|i| self.mean.0[i] + moved(i))))
    }
}

/// Between the axes of a mesh and those of the head model, whose z goes the other way.
fn towards_camera(p: Vec3) -> Vec3 {
    p * Vec3::new(1.0, 1.0, -1.0)
}

/// Meshes of a tensor of points by 3, or of several by points by 3.
fn meshes(file: &SafeTensors<'_>, name: &'static str) -> Result<Vec<FaceMesh>, MeshModelError> {
    let wrong = || MeshModelError::Tensor(name);
    let view = file.tensor(name)?;
    let count = match view.shape() {
        [FaceMesh::COUNT, 3] => 1,
        [count, FaceMesh::COUNT, 3] if *count <= MOST_MODES => *count,
        _ => return Err(wrong()),
    };
    if view.dtype() != Dtype::F16 {
        return Err(wrong());
    }
    let values: Vec<f32> = view.data().as_chunks::<2>().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect();
    let points: Vec<Vec3> = values.as_chunks::<3>().0.iter().map(|p| Vec3::from_array(*p)).collect();
    let meshes: Vec<FaceMesh> = points.chunks(FaceMesh::COUNT).filter_map(FaceMesh::from_points).collect();
    if meshes.len() == count { Ok(meshes) } else { Err(wrong()) }
}

/// How far every point of a face moves for every landmark that moves by 1, so that the landmarks of the moved points are nearly the moved landmarks.
///
/// The likeliest moves of all points, if near ones move alike and what is known are the moves of the landmarks, which are means of points (kriging): with the
/// likeness of points K and the means L it is K Lᵀ (L K Lᵀ + ridge)⁻¹.
fn falloff(mean: &FaceMesh) -> Option<DMatrix<f64>> {
    let mut layout = mean.clone();
    let lips = mean.0[usize::from(FaceMesh::INNER_LIPS[5])].y;
    // Below the line of the lips all goes down with the jaw; corners stay about where they are.
    let half_width = 0.5 * mean.0[usize::from(FaceMesh::INNER_LIPS[10])].distance(mean.0[usize::from(FaceMesh::INNER_LIPS[0])]);
    let lower: Vec<usize> = FaceMesh::INNER_LIPS[11..].iter().map(|i| usize::from(*i)).collect();
    for (index, point) in layout.0.iter_mut().enumerate() {
        if lower.contains(&index) || mean.0[index].y > lips + 0.02 {
            let across = 1.0 - (mean.0[index].x / half_width).powi(2).min(1.0);
            let below = if mean.0[index].y > lips + 0.3 { 1.0 } else { across };
            point.y += LAYOUT_MOUTH * below;
        }
    }
    let alike = DMatrix::from_fn(FaceMesh::COUNT, FaceMesh::COUNT, |a, b| {
        let r = 3.0_f64.sqrt() * f64::from(layout.0[a].distance(layout.0[b])) / FALLOFF;
        (1.0 + r) * (-r).exp()
    });
    let mut means = DMatrix::zeros(Landmarks::COUNT, FaceMesh::COUNT);
    for point in 0..FaceMesh::COUNT {
        let mut one = [Vec3::ZERO; FaceMesh::COUNT];
        one[point].x = 1.0;
        for (landmark, share) in FaceMesh(Box::new(one)).landmarks().0.iter().enumerate() {
            means[(landmark, point)] = f64::from(share.x);
        }
    }
    let to_landmarks = &alike * means.transpose();
    let mut among_landmarks = &means * &to_landmarks;
    for i in 0..Landmarks::COUNT {
        among_landmarks[(i, i)] += RIDGE;
    }
    let falloff = to_landmarks * among_landmarks.try_inverse()?;
    falloff.iter().all(|v| v.is_finite()).then_some(falloff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::{pose_from_rotation, rotation_from_pose};

    fn model() -> &'static MeshModel {
        MeshModel::shipped().expect("the program's own model can be read")
    }

    /// A face of the model as a camera sees it whose head is turned.
    fn seen(face: &FaceMesh, pose: HeadPose) -> FaceMesh {
        let rotation = rotation_from_pose(pose);
        face.map(|p| towards_camera(rotation * towards_camera(p)) * 80.0 + Vec3::new(300.0, 240.0, 0.0))
    }

    #[test]
    fn the_mean_face_is_upright_symmetric_and_deep() {
        let mean = model().mean();
        let mirrored = mean.mirrored(0.0);
        let skewed = mean.0.iter().zip(mirrored.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(skewed < 0.02, "left and right differ by {skewed}");
        assert!((mean.landmarks().inter_ocular() - 1.0).abs() < 0.1, "the eyes are {} apart", mean.landmarks().inter_ocular());
        let [nose, corner, side] = [4, 33, 234].map(|i| mean.0[i].z);
        assert!(nose < corner - 0.4 && side > corner + 0.3, "depths of nose, eye and side: {nose}, {corner}, {side}");
    }

    #[test]
    fn a_turned_face_is_found_again_from_its_landmarks() {
        for (yaw, pitch, roll) in [(0.0, 0.0, 0.0), (0.5, 0.1, 0.0), (-0.4, -0.2, 0.3)] {
            let pose = HeadPose { yaw_rad: yaw, pitch_rad: pitch, roll_rad: roll };
            let modes: Vec<f64> = (0..model().modes.len()).map(|k| [0.8, -0.5, 0.0, 0.3][k % 4]).collect();
            let face = seen(&model().varied(&modes), pose);
            let (placed, _) = model().pose_and_modes(&face.landmarks()).expect("a face");
            let found = pose_from_rotation(&placed.rotation);
            assert!((found.yaw_rad - yaw).abs() < 0.12 && (found.roll_rad - roll).abs() < 0.06, "{found:?} instead of {pose:?}");
            let fitted = model().fit(&face.landmarks(), None).expect("a face");
            let off = fitted.0.iter().zip(face.0.iter()).map(|(a, b)| (*a - *b).truncate().length()).sum::<f32>() / FaceMesh::COUNT as f32;
            assert!(off < 4.0, "points lie {off} of 80 pixels off in the picture");
            let depth = fitted.0.iter().zip(face.0.iter()).map(|(a, b)| (a.z - b.z).abs()).sum::<f32>() / FaceMesh::COUNT as f32;
            assert!(depth < 8.0, "and {depth} in depth");
        }
    }

    #[test]
    fn landmarks_and_pupils_are_met_whatever_the_face() {
        let pose = HeadPose { yaw_rad: 0.3, pitch_rad: 0.1, roll_rad: -0.2 };
        let mut landmarks = seen(model().mean(), pose).landmarks();
        // A gaping mouth, one eye shut, and what no face does.
        for i in (55..60).chain(65..68).chain(6..11) {
            landmarks.0[i].y += 35.0;
        }
        (landmarks.0[37], landmarks.0[38]) = (landmarks.0[41], landmarks.0[40]);
        for (i, p) in landmarks.0.iter_mut().enumerate() {
            *p += Vec2::new((i as f32 * 12.9).sin(), (i as f32 * 78.2).sin()) * 2.0;
        }
        let pupils = [Vec2::new(262.0, 236.0), Vec2::new(338.0, 243.0)];
        let fitted = model().fit(&landmarks, Some(pupils)).expect("a face");
        let furthest = fitted.landmarks().0.iter().zip(&landmarks.0).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
        assert!(furthest < 1.0, "a landmark is {furthest} pixels off at 80 between the eyes");
        assert!(fitted.pupils().iter().zip(pupils).all(|(a, b)| a.distance(b) < 1e-3), "pupils are where they were seen");
        let reach = fitted.0.iter().map(|p| p.truncate().distance(Vec2::new(300.0, 240.0))).fold(0.0, f32::max);
        assert!(reach < 80.0 * 3.0, "nothing flies off: {reach}");
    }

    #[test]
    fn no_face_has_no_mesh_and_damaged_models_are_refused() {
        assert!(model().fit(&Landmarks([Vec2::ZERO; 68]), None).is_none(), "one point");
        assert!(model().fit(&Landmarks([Vec2::NAN; 68]), None).is_none(), "no numbers");
        for cut in [0, 8, 60, SHIPPED.len() / 2, SHIPPED.len() - 1] {
            assert!(MeshModel::parse(&SHIPPED[..cut]).is_err(), "cut to {cut} bytes");
        }
        let mut wild = SHIPPED.to_vec();
        let last = wild.len() - 1;
        wild[last] = 0x7e;
        assert!(matches!(MeshModel::parse(&wild), Err(MeshModelError::Tensor(_))), "a number that is none");
        let flat = FaceMesh(Box::new([Vec3::ZERO; FaceMesh::COUNT]));
        assert!(MeshModel::new(flat, Vec::new()).is_err(), "a mean without extent");
    }
}
