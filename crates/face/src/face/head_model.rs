//! A generic head with the 68 landmarks in 3D, and the orientation it must have to explain 68 landmarks on a picture.
//!
//! Where the template comes from: x and y are means of tracked landmarks over near-frontal frames of several people with closed mouths,
//! made symmetric. Depth starts from anthropometry (in millimetres before the eye centres: outer eye corner -13, sellion 12, tip of the nose
//! 37, base of the nose 21, lips 24, chin 2, ear -75; an inter-ocular distance of 63) and is averaged, for the points that do not move with
//! the face, with the depth that the parallax of turning heads shows; the two agree within 0.1 inter-ocular distances.
//! Along the lower jaw the detector marks the silhouette rather than a fixed place on the bone, so its depth is that of the silhouette.

use glam::{Mat3, Vec2, Vec3};
use nalgebra::{Matrix2x3, Matrix3, SMatrix, SVector, Vector2, Vector3};

use crate::data::{HeadPose, Landmarks};

/// How far each landmark is trusted to move with the skull: 1 for nose and eye corners, little for brows, nothing for lids, lips and lower jaw.
pub const RIGID_WEIGHTS: [f32; Landmarks::COUNT] = rigid_weights();

/// Distance from the fitted head, in units of the shape, at which a landmark loses half its say.
const ROBUST_RADIUS: f64 = 0.08;
/// Rounds of reweighting, and Gauss-Newton steps in each.
const ROUNDS: usize = 3;
const STEPS: usize = 4;

const fn rigid_weights() -> [f32; Landmarks::COUNT] {
    let mut weights = [0.0; Landmarks::COUNT];
    let mut i = 0;
    while i < Landmarks::COUNT {
        weights[i] = match i {
            27..36 | 36 | 39 | 42 | 45 => 1.0,
            0..3 | 14..17 => 0.3,
            17..27 => 0.2,
            _ => 0.0,
        };
        i += 1;
    }
    weights
}

/// The generic head: 68 landmarks at rest, mouth closed. Unit: the distance between the eyes' centres; origin halfway between them;
/// x to the picture's right, y down, z towards the camera.
pub fn template() -> &'static [Vec3; Landmarks::COUNT] {
    &TEMPLATE
}

/// A shape placed in a picture by scaled orthographic projection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RigidFit {
    /// Turns the shape into camera axes.
    pub rotation: Mat3,
    /// Picture units (pixels) per unit of the shape.
    pub scale: f32,
    /// Where the shape's origin lands, in the picture.
    pub translation: Vec2,
    /// Weighted root mean square distance between points and placed shape, in units of the shape.
    pub residual: f32,
}

impl RigidFit {
    /// Where a point of the shape lands in the picture.
    pub fn project(&self, point_in_shape: Vec3) -> Vec2 {
        (self.rotation * point_in_shape).truncate() * self.scale + self.translation
    }

    /// Orientation of the head.
    pub fn pose(&self) -> HeadPose {
        pose_from_rotation(&self.rotation)
    }
}

/// The rotation of a head with this pose: pitch first, then yaw, then roll.
pub fn rotation_from_pose(pose: HeadPose) -> Mat3 {
    Mat3::from_rotation_z(pose.roll_rad) * Mat3::from_rotation_y(pose.yaw_rad) * Mat3::from_rotation_x(-pose.pitch_rad)
}

/// The inverse of [`rotation_from_pose`], for yaw within a quarter turn.
pub fn pose_from_rotation(rotation: &Mat3) -> HeadPose {
    let row = |r: usize| Vec3::new(rotation.x_axis[r], rotation.y_axis[r], rotation.z_axis[r]);
    HeadPose { yaw_rad: (-row(2).x).clamp(-1.0, 1.0).asin(), pitch_rad: -row(2).y.atan2(row(2).z), roll_rad: row(1).x.atan2(row(0).x) }
}

/// Finds the rotation, scale and place with which `shape` comes closest to `points`, the distance of each point counted by its weight;
/// points far off (a raised brow, an outlier) count less. `None` when the points are not finite or too few count to tell.
///
/// Linear (affine) estimate first, then Gauss-Newton on rotation, scale and translation with Cauchy weights.
pub fn fit_rigid(points: &[Vec2; 68], shape: &[Vec3; 68], weights: &[f32; 68]) -> Option<RigidFit> {
    let mut pairs: Vec<Pair> = (0..Landmarks::COUNT)
        .filter(|&i| weights[i] > 0.0 && points[i].is_finite() && shape[i].is_finite())
        .map(|i| Pair::new(points[i], shape[i], weights[i]))
        .collect();
    if pairs.len() < 6 || !points.iter().all(|p| p.is_finite()) {
        return None;
    }
    let mut placed = Placement::linear(&pairs)?;
    for _ in 0..ROUNDS {
        for _ in 0..STEPS {
            placed = placed.improved(&pairs)?;
        }
        for pair in &mut pairs {
            pair.weight = pair.trust / (1.0 + (placed.error(pair).norm() / placed.scale / ROBUST_RADIUS).powi(2));
        }
    }
    placed.into_fit(&pairs)
}

/// One landmark and its place on the head.
struct Pair {
    point: Vector2<f64>,
    place: Vector3<f64>,
    trust: f64,
    weight: f64,
}

impl Pair {
    fn new(point: Vec2, place: Vec3, weight: f32) -> Self {
        Self {
            point: Vector2::new(point.x.into(), point.y.into()),
            place: Vector3::new(place.x.into(), place.y.into(), place.z.into()),
            trust: weight.into(),
            weight: weight.into(),
        }
    }
}

/// Scaled orthographic projection in double precision.
struct Placement {
    rotation: Matrix3<f64>,
    scale: f64,
    translation: Vector2<f64>,
}

impl Placement {
    /// The affine map of least squares, made a rotation.
    fn linear(pairs: &[Pair]) -> Option<Self> {
        let total: f64 = pairs.iter().map(|p| p.weight).sum();
        let point_mean = pairs.iter().map(|p| p.point * p.weight).sum::<Vector2<f64>>() / total;
        let place_mean = pairs.iter().map(|p| p.place * p.weight).sum::<Vector3<f64>>() / total;
        let mut normal = Matrix3::zeros();
        let mut cross = Matrix2x3::zeros();
        for pair in pairs {
            let (a, b) = (pair.place - place_mean, pair.point - point_mean);
            normal += a * a.transpose() * pair.weight;
            cross += b * a.transpose() * pair.weight;
        }
        let affine = cross * normal.try_inverse()?;
        let svd = affine.svd(true, true);
        let (u, v) = (svd.u?, svd.v_t?);
        let rows = u * v;
        let (right, down) = (rows.row(0).transpose(), rows.row(1).transpose());
        let rotation = Matrix3::from_rows(&[right.transpose(), down.transpose(), right.cross(&down).transpose()]);
        let scale = svd.singular_values.mean();
        let translation = point_mean - (rotation * place_mean).xy() * scale;
        (scale > 1e-9 && rotation.iter().all(|v| v.is_finite())).then_some(Self { rotation, scale, translation })
    }

    /// Vector from where a landmark is predicted to where it is, in picture units.
    fn error(&self, pair: &Pair) -> Vector2<f64> {
        pair.point - (self.rotation * pair.place).xy() * self.scale - self.translation
    }

    /// One Gauss-Newton step on (rotation vector, log of scale, translation).
    fn improved(&self, pairs: &[Pair]) -> Option<Self> {
        let mut normal = SMatrix::<f64, 6, 6>::zeros();
        let mut gradient = SVector::<f64, 6>::zeros();
        for pair in pairs {
            let turned = self.rotation * pair.place * self.scale;
            let jacobian = SMatrix::<f64, 2, 6>::new(
                0.0, turned.z, -turned.y, turned.x, 1.0, 0.0, //
                -turned.z, 0.0, turned.x, turned.y, 0.0, 1.0,
            );
            normal += jacobian.transpose() * jacobian * pair.weight;
            gradient += jacobian.transpose() * self.error(pair) * pair.weight;
        }
        let step = normal.cholesky()?.solve(&gradient);
        let turn = nalgebra::Rotation3::new(step.fixed_rows::<3>(0).into_owned());
        let scale = self.scale * step[3].clamp(-1.0, 1.0).exp();
        let translation = self.translation + step.fixed_rows::<2>(4);
        step.iter().all(|v| v.is_finite()).then_some(Self { rotation: turn * self.rotation, scale, translation })
    }

    fn into_fit(self, pairs: &[Pair]) -> Option<RigidFit> {
        let total: f64 = pairs.iter().map(|p| p.weight).sum();
        let square: f64 = pairs.iter().map(|p| self.error(p).norm_squared() * p.weight).sum();
        let residual = (square / total).sqrt() / self.scale;
        let rotation = Mat3::from_cols_array(&std::array::from_fn(|i| self.rotation[i] as f32));
        let translation = Vec2::new(self.translation.x as f32, self.translation.y as f32);
        residual.is_finite().then_some(RigidFit { rotation, scale: self.scale as f32, translation, residual: residual as f32 })
    }
}

const fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3::new(x, y, z)
}

#[rustfmt::skip]
const TEMPLATE: [Vec3; Landmarks::COUNT] = [
    // Jaw.
    v(-1.116, 0.077, -1.146), v(-1.100, 0.375, -1.111), v(-1.056, 0.671, -1.074), v(-1.002, 0.964, -0.998),
    v(-0.916, 1.242, -0.851), v(-0.764, 1.489, -0.611), v(-0.552, 1.688, -0.331), v(-0.298, 1.838, -0.091),
    v(0.000, 1.886, 0.029), v(0.298, 1.838, -0.091), v(0.552, 1.688, -0.331), v(0.764, 1.489, -0.611),
    v(0.916, 1.242, -0.851), v(1.002, 0.964, -0.998), v(1.056, 0.671, -1.074), v(1.100, 0.375, -1.111),
    v(1.116, 0.077, -1.146),
    // Right brow.
    v(-0.925, -0.183, -0.166), v(-0.788, -0.330, 0.024), v(-0.583, -0.379, 0.154), v(-0.369, -0.362, 0.246),
    v(-0.171, -0.288, 0.292),
    // Left brow.
    v(0.171, -0.288, 0.292), v(0.369, -0.362, 0.246), v(0.583, -0.379, 0.154), v(0.788, -0.330, 0.024),
    v(0.925, -0.183, -0.166),
    // Bridge of the nose.
    v(0.000, -0.047, 0.254), v(0.000, 0.148, 0.372), v(0.000, 0.337, 0.514), v(0.000, 0.536, 0.637),
    // Base of the nose.
    v(-0.214, 0.738, 0.252), v(-0.110, 0.771, 0.327), v(0.000, 0.795, 0.380), v(0.110, 0.771, 0.327),
    v(0.214, 0.738, 0.252),
    // Right eye.
    v(-0.689, 0.003, -0.129), v(-0.570, -0.071, 0.017), v(-0.427, -0.069, 0.065), v(-0.301, 0.029, -0.002),
    v(-0.435, 0.054, 0.049), v(-0.578, 0.054, 0.001),
    // Left eye.
    v(0.301, 0.029, -0.002), v(0.427, -0.069, 0.065), v(0.570, -0.071, 0.017), v(0.689, 0.003, -0.129),
    v(0.578, 0.054, 0.001), v(0.435, 0.054, 0.049),
    // Outer lips.
    v(-0.380, 1.212, 0.192), v(-0.239, 1.108, 0.319), v(-0.102, 1.044, 0.398), v(0.000, 1.075, 0.430),
    v(0.102, 1.044, 0.398), v(0.239, 1.108, 0.319), v(0.380, 1.212, 0.192), v(0.243, 1.294, 0.287),
    v(0.111, 1.332, 0.350), v(0.000, 1.340, 0.366), v(-0.111, 1.332, 0.350), v(-0.243, 1.294, 0.287),
    // Inner lips.
    v(-0.315, 1.206, 0.207), v(-0.104, 1.170, 0.350), v(0.000, 1.178, 0.382), v(0.104, 1.170, 0.350),
    v(0.315, 1.206, 0.207), v(0.104, 1.179, 0.303), v(0.000, 1.191, 0.319), v(-0.104, 1.179, 0.303),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn posed(yaw: f32, pitch: f32, roll: f32) -> HeadPose {
        HeadPose { yaw_rad: yaw.to_radians(), pitch_rad: pitch.to_radians(), roll_rad: roll.to_radians() }
    }

    fn seen(pose: HeadPose, scale: f32, translation: Vec2) -> [Vec2; 68] {
        let rotation = rotation_from_pose(pose);
        template().map(|p| (rotation * p).truncate() * scale + translation)
    }

    #[test]
    fn recovers_every_pose_without_noise() {
        for yaw in [-50.0, -20.0, 0.0, 7.0, 35.0] {
            for pitch in [-30.0, 0.0, 25.0] {
                for roll in [-40.0, 0.0, 15.0] {
                    let pose = posed(yaw, pitch, roll);
                    let fit =
                        fit_rigid(&seen(pose, 83.0, Vec2::new(300.0, 220.0)), template(), &RIGID_WEIGHTS).expect("a posed template fits");
                    let got = fit.pose();
                    for (name, want, got) in [("yaw", yaw, got.yaw_rad), ("pitch", pitch, got.pitch_rad), ("roll", roll, got.roll_rad)] {
                        assert!((got.to_degrees() - want).abs() < 0.05, "{name} of {pose:?} came back as {}", got.to_degrees());
                    }
                    assert!((fit.scale - 83.0).abs() < 0.05, "scale {}", fit.scale);
                    assert!(fit.residual < 1e-3, "residual {}", fit.residual);
                }
            }
        }
    }

    #[test]
    fn directions_follow_the_documented_signs() {
        let nose = |pose| (rotation_from_pose(pose) * Vec3::Z).truncate();
        assert!(nose(posed(20.0, 0.0, 0.0)).x > 0.3, "positive yaw turns the nose to the picture's right");
        assert!(nose(posed(0.0, 20.0, 0.0)).y > 0.3, "positive pitch turns the nose down");
        let ear = rotation_from_pose(posed(0.0, 0.0, 20.0)) * Vec3::X;
        assert!(ear.y > 0.3, "positive roll moves the picture's right side down: clockwise");
    }

    #[test]
    fn expression_and_noise_barely_turn_the_head() {
        let pose = posed(12.0, -6.0, 4.0);
        let mut points = seen(pose, 100.0, Vec2::splat(256.0));
        for (i, p) in points.iter_mut().enumerate() {
            *p += Vec2::new((i as f32 * 12.9898).sin(), (i as f32 * 78.233).sin()) * 0.7;
        }
        for p in &mut points[17..27] {
            p.y -= 15.0;
        }
        for p in &mut points[55..60] {
            p.y += 40.0;
        }
        let got = fit_rigid(&points, template(), &RIGID_WEIGHTS).expect("a face with raised brows fits").pose();
        assert!((got.yaw_rad - pose.yaw_rad).to_degrees().abs() < 1.0, "yaw {}", got.yaw_rad.to_degrees());
        assert!((got.pitch_rad - pose.pitch_rad).to_degrees().abs() < 2.5, "pitch {}", got.pitch_rad.to_degrees());
        assert!((got.roll_rad - pose.roll_rad).to_degrees().abs() < 1.0, "roll {}", got.roll_rad.to_degrees());
    }

    #[test]
    fn projecting_the_template_gives_the_points_back() {
        let points = seen(posed(-15.0, 8.0, 3.0), 60.0, Vec2::new(100.0, 90.0));
        let fit = fit_rigid(&points, template(), &RIGID_WEIGHTS).expect("a posed template fits");
        for (i, p) in points.iter().enumerate() {
            assert!(fit.project(template()[i]).distance(*p) < 0.1, "landmark {i} is off");
        }
    }

    #[test]
    fn degenerate_points_are_refused() {
        assert!(fit_rigid(&[Vec2::splat(5.0); 68], template(), &RIGID_WEIGHTS).is_none(), "all points in one place");
        assert!(fit_rigid(&[Vec2::NAN; 68], template(), &RIGID_WEIGHTS).is_none(), "not numbers");
        assert!(fit_rigid(&seen(posed(0.0, 0.0, 0.0), 9.0, Vec2::ZERO), template(), &[0.0; 68]).is_none(), "nothing counts");
    }

    #[test]
    fn the_template_is_symmetric_and_measured_in_eye_distances() {
        let flat = Landmarks(template().map(Vec3::truncate));
        assert!((flat.inter_ocular() - 1.0).abs() < 0.01, "inter-ocular distance {}", flat.inter_ocular());
        for (a, b) in [(0, 16), (8, 8), (17, 26), (36, 45), (48, 54), (31, 35), (60, 64), (67, 65)] {
            let (p, q) = (template()[a], template()[b]);
            assert!((p * v(-1.0, 1.0, 1.0)).distance(q) < 2e-3, "{a} and {b} mirror each other");
        }
    }
}
