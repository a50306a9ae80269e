//! How a head is turned in space, seen by a camera.
//!
//! A mesh says how a face looks along the line of sight to it. A head that turns or nods moves aside or down as well, where the camera sees more of its side: taken
//! for turns of the head, those looks are too large by a quarter (measured on six clips: 1.29 times the reader's own pose in yaw, 1.1 to 1.24 times in pitch), and
//! larger still on a portrait whose face moves less across its picture. So driver and portrait are both measured in space, as the reader measures.

use glam::{DMat3, DVec2, DVec3};

use super::shape::Shape;
use crate::data::{Crop, FaceMesh, Similarity};

/// The vertical field of view of the camera that is assumed, in degrees. Derived: it is the reader's own.
const FIELD_OF_VIEW_DEG: f64 = 63.0;
/// Nothing lies nearer to the camera than this share of the face's distance.
const NEAREST: f64 = 0.2;
/// The points that say how a head is turned, and how much each counts. Derived: they are those of the reader's geometry, so that a turn is the same to both.
const POINTS: [(u16, f64); 33] = [
    (4, 0.070_91),
    (6, 0.032_1),
    (10, 0.008_447),
    (33, 0.058_724),
    (54, 0.007_667),
    (67, 0.009_078),
    (117, 0.009_792),
    (119, 0.014_565),
    (121, 0.018_591),
    (127, 0.005_198),
    (129, 0.120_625),
    (132, 0.005_56),
    (133, 0.053_286),
    (136, 0.066_89),
    (143, 0.014_817),
    (147, 0.014_263),
    (198, 0.025_462),
    (205, 0.047_252),
    (263, 0.058_724),
    (284, 0.007_667),
    (297, 0.009_078),
    (346, 0.009_792),
    (348, 0.014_565),
    (350, 0.018_591),
    (356, 0.005_198),
    (358, 0.120_625),
    (361, 0.005_56),
    (362, 0.053_286),
    (365, 0.066_89),
    (372, 0.014_817),
    (376, 0.014_263),
    (420, 0.025_462),
    (425, 0.047_252),
];

/// The camera that a picture is taken by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Camera {
    /// Where it looks, and its focal length, in pixels of whatever the mesh is in.
    middle: DVec2,
    focal_px: f64,
}

impl Camera {
    /// Of a picture of this width and height.
    pub(super) fn of_picture(size: [f64; 2]) -> Self {
        let [width, height] = size.map(|side| side.max(1.0));
        let focal_px = 0.5 * height / (0.5 * FIELD_OF_VIEW_DEG).to_radians().tan();
        Self { middle: 0.5 * DVec2::new(width, height) - 0.5, focal_px }
    }

    /// The same for meshes in a crop of the picture.
    pub(super) fn in_crop(self, crop: &Crop) -> Self {
        let middle = crop.crop_from_image(self.middle.as_vec2()).as_dvec2();
        Self { middle, focal_px: self.focal_px / f64::from(crop.scale()) }
    }

    /// How the head with this shape is turned whose mesh is seen, and goes where `place` brings it. `None` for what is no face.
    pub(super) fn turn(&self, shape: &Shape, mesh: &FaceMesh, place: impl Fn(DVec3) -> DVec3) -> Option<DMat3> {
        let skin = &mesh.0[..FaceMesh::SKIN];
        let middle = place(skin.iter().map(|p| p.as_dvec3()).sum::<DVec3>() / skin.len() as f64);
        let in_space = |i: u16| {
            let at = place(mesh.0[usize::from(i)].as_dvec3());
            let distance = (1.0 + (at.z - middle.z) / self.focal_px).max(NEAREST);
            ((at.truncate() - self.middle) / self.focal_px * distance).extend(distance)
        };
        Similarity::fit(POINTS.iter().map(|(i, weight)| (shape.point(*i).as_dvec3(), in_space(*i), *weight))).map(|fit| fit.rotation)
    }
}

#[cfg(test)]
mod tests {
    use glam::{Mat3, Vec3};

    use super::super::shape::angles;
    use super::*;

    /// A face of 60 pixels between the eyes as a camera sees it that is at `at`, turned by `yaw`.
    fn seen(shape: &Shape, at: Vec3, yaw: f32) -> FaceMesh {
        FaceMesh(Box::new(shape.0.map(|p| {
            let in_space = at + Mat3::from_rotation_y(-yaw) * p;
            Vec3::new(320.0, 240.0, 0.0)
                + in_space.truncate().extend(0.0) * (60.0 * at.z / in_space.z)
                + Vec3::Z * (60.0 * (in_space.z - at.z))
        })))
    }

    #[test]
    fn a_turn_in_space_is_the_same_wherever_the_face_is_in_the_picture() {
        let shape = Shape(Box::new(std::array::from_fn(|i| {
            let [a, b] = [i as f32 * 0.7, i as f32 * 1.9].map(f32::sin);
            Vec3::new(0.8 * a, b, 0.5 * a * a + 0.3 * b * b)
        })));
        let camera = Camera::of_picture([640.0, 480.0]);
        let distance = (camera.focal_px / 60.0) as f32;
        for (x, y, yaw) in [(0.0, 0.0, 0.3), (2.0, 0.0, 0.3), (-2.0, 1.0, 0.3), (2.0, -1.0, -0.5), (1.5, 1.0, 0.0)] {
            let mesh = seen(&shape, Vec3::new(x, y, distance), yaw);
            let found = angles(&camera.turn(&shape, &mesh, |p| p).expect("a face"));
            assert!((found - DVec3::new(f64::from(yaw), 0.0, 0.0)).abs().max_element() < 0.06, "at {x} {y}, {yaw}: {found}");
        }
        assert!(camera.turn(&shape, &FaceMesh(Box::new([Vec3::ONE; FaceMesh::COUNT])), |p| p).is_none(), "one point is no face");
    }
}
