//! The head's pose in space, from where its landmarks lie in a picture.

use glam::{DMat4, DVec2, DVec3, Vec3};
use retrato_core::data::Similarity;

use crate::canonical::CanonicalFace;
use crate::landmarks::{MESH_POINTS, POINTS};

/// The vertical field of view that is assumed of the camera, in degrees, and its nearest plane, in centimetres.
const FIELD_OF_VIEW_DEG: f64 = 63.0;
const NEAR_CM: f64 = 1.0;

/// Where the head is, and how it is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaceTransform {
    /// From the canonical face to the camera's space, in centimetres: the camera is at the origin and looks along -z, y is up.
    pub face_to_camera: Similarity,
}

impl FaceTransform {
    /// The matrix from the canonical face to the camera's space.
    pub fn matrix(&self) -> DMat4 {
        self.face_to_camera.matrix()
    }

    /// Turn to the side, in radians; positive to the right of the picture.
    pub fn yaw(&self) -> f64 {
        let r = self.face_to_camera.rotation;
        r.z_axis.x.atan2(r.z_axis.z)
    }

    /// Nod, in radians; positive downwards.
    pub fn pitch(&self) -> f64 {
        (-self.face_to_camera.rotation.z_axis.y.clamp(-1.0, 1.0)).asin()
    }

    /// Tilt, in radians; positive counter-clockwise in the picture.
    pub fn roll(&self) -> f64 {
        let r = self.face_to_camera.rotation;
        r.x_axis.y.atan2(r.y_axis.y)
    }

    /// The pose of a face with these landmarks in a picture of this size.
    ///
    /// The depths of landmarks are relative: first the scale between them and the canonical face is found in the plane, then again with perspective.
    /// None where the landmarks are nearly one point.
    pub(crate) fn fit(face: &CanonicalFace, points: &[Vec3; POINTS], picture: DVec2) -> Option<Self> {
        let planar = on_near_plane(points, picture);
        let mean_depth = mean_depth(&planar);
        let fit = |place: &dyn Fn(DVec3) -> DVec3| {
            Similarity::fit(face.weights.iter().map(|(index, weight)| (face.vertices[*index], place(planar[*index]), *weight)))
        };
        let at_scale = |scale: f64| move |p: DVec3| in_camera(p, mean_depth, scale);
        let first = fit(&|p| DVec3::new(p.x, p.y, -p.z))?.scale;
        let second = fit(&at_scale(first))?.scale;
        Some(Self { face_to_camera: fit(&at_scale(first * second))? })
    }
}

/// Landmarks on the camera's nearest plane, in centimetres, y up; z is relative.
fn on_near_plane(points: &[Vec3; POINTS], picture: DVec2) -> Vec<DVec3> {
    let height = 2.0 * NEAR_CM * (FIELD_OF_VIEW_DEG.to_radians() / 2.0).tan();
    let width = height * picture.x / picture.y;
    let place = |p: &Vec3| {
        let p = p.as_dvec3() / DVec3::new(picture.x, picture.y, picture.x);
        DVec3::new((p.x - 0.5) * width, (0.5 - p.y) * height, p.z * width)
    };
    points.iter().map(place).collect()
}

/// Mean depth of the mesh without the irises.
fn mean_depth(planar: &[DVec3]) -> f64 {
    planar[..MESH_POINTS].iter().map(|p| p.z).sum::<f64>() / MESH_POINTS as f64
}

/// A point of the nearest plane where it is in space, in the camera's axes.
fn in_camera(p: DVec3, mean_depth: f64, scale: f64) -> DVec3 {
    let depth = (p.z - mean_depth + NEAR_CM) / scale;
    DVec3::new(p.x * depth / NEAR_CM, p.y * depth / NEAR_CM, -depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::stand_in;
    use glam::DMat3;

    /// The landmarks of a turned head as the assumed camera sees it.
    fn seen(face: &CanonicalFace, known: &Similarity, picture: DVec2) -> [Vec3; POINTS] {
        let mut points = [Vec3::ZERO; POINTS];
        let scale = known.scale / -known.shift.z;
        let focal = picture.y / (2.0 * (FIELD_OF_VIEW_DEG.to_radians() / 2.0).tan());
        for (point, vertex) in points.iter_mut().zip(&face.vertices) {
            let turned = known.apply(*vertex);
            let depth = -(known.rotation * *vertex).z * scale * focal;
            *point = Vec3::new(
                (picture.x / 2.0 + focal * turned.x / -turned.z) as f32,
                (picture.y / 2.0 - focal * turned.y / -turned.z) as f32,
                depth as f32,
            );
        }
        points
    }

    #[test]
    fn a_turned_head_is_found_in_a_picture_of_any_shape() {
        let face = stand_in();
        for picture in [DVec2::new(640.0, 480.0), DVec2::new(300.0, 900.0)] {
            for angles in [
                DVec3::new(0.0, 0.0, 0.0),
                DVec3::new(0.5, 0.0, 0.0),
                DVec3::new(0.0, -0.4, 0.0),
                DVec3::new(0.0, 0.0, 0.6),
                DVec3::new(0.3, 0.2, -0.2),
            ] {
                let rotation = DMat3::from_rotation_z(angles.z) * DMat3::from_rotation_x(angles.y) * DMat3::from_rotation_y(angles.x);
                let known = Similarity { rotation, scale: 1.0, shift: DVec3::new(3.0, -2.0, -400.0) };
                let found = FaceTransform::fit(&face, &seen(&face, &known, picture), picture).unwrap();
                assert!(found.face_to_camera.rotation.abs_diff_eq(rotation, 0.03), "{angles}: {found:?}");
                let wanted = FaceTransform { face_to_camera: known };
                for (got, wanted) in [(found.yaw(), wanted.yaw()), (found.pitch(), wanted.pitch()), (found.roll(), wanted.roll())] {
                    assert!((got - wanted).abs() < 0.03, "{angles}: {got}, not {wanted}");
                }
            }
        }
        assert!(FaceTransform::fit(&face, &[Vec3::ONE; POINTS], DVec2::splat(100.0)).is_none());
    }

    #[test]
    fn turns_have_the_documented_signs() {
        let pose = |rotation| FaceTransform { face_to_camera: Similarity { rotation, scale: 1.0, shift: DVec3::ZERO } };
        assert!((pose(DMat3::from_rotation_y(0.3)).yaw() - 0.3).abs() < 1e-9);
        assert!((pose(DMat3::from_rotation_x(0.3)).pitch() - 0.3).abs() < 1e-9);
        assert!((pose(DMat3::from_rotation_z(0.3)).roll() - 0.3).abs() < 1e-9);
    }
}
