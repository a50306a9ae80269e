//! A face without its head's pose: the mesh in the face's own axes, in units of the distance between its eyes.

use glam::{DMat3, DVec3, Vec3};

use crate::data::{FaceMesh, Similarity};

/// Points that hardly move against the skull, and how much each counts: the rim of the forehead, the temples, the bridge of the nose, the corners of the eyes;
/// the skin between the brows moves more, and counts less.
const RIGID: [(u16, f64); 25] = [
    (10, 1.0),
    (109, 1.0),
    (338, 1.0),
    (67, 1.0),
    (297, 1.0),
    (54, 1.0),
    (284, 1.0),
    (162, 1.0),
    (389, 1.0),
    (127, 1.0),
    (356, 1.0),
    (234, 1.0),
    (454, 1.0),
    (168, 1.0),
    (6, 1.0),
    (197, 1.0),
    (195, 0.5),
    (33, 1.0),
    (263, 1.0),
    (133, 1.0),
    (362, 1.0),
    (151, 0.4),
    (9, 0.3),
    (8, 0.5),
    (4, 0.3),
];
/// Distance, in distances between the eyes, beyond which a point of a fit counts for less than half: larger than a reader's noise, smaller than a raised brow.
/// Derived from the noise of still faces, which is near 0.01.
const OUTLIER: f64 = 0.03;

/// A face in its own axes: x to the picture's right when it looks at the viewer, y down, z away from the viewer; the origin is halfway between the eyes, the
/// unit the distance between their outer corners.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape(pub(super) Box<[Vec3; FaceMesh::COUNT]>);

impl Shape {
    /// Takes a mesh apart into the face in its own axes and the similarity from there to the picture. `None` for what is no face.
    pub(super) fn of(mesh: &FaceMesh) -> Option<(Self, Similarity)> {
        let placement = own_axes(mesh)?;
        Some((Self::at(mesh, &placement), placement))
    }

    /// The shape of a mesh whose place in the picture is known.
    pub(super) fn at(mesh: &FaceMesh, placement: &Similarity) -> Self {
        let back = placement.inverse();
        Self(Box::new(mesh.0.map(|p| back.apply(p.as_dvec3()).as_vec3())))
    }

    /// The similarity that brings this shape closest to a mesh of the same face in another pose, with another expression; its unit is a pixel of the mesh.
    pub(super) fn place_on(&self, mesh: &FaceMesh) -> Option<Similarity> {
        let pairs = RIGID.map(|(i, weight)| (self.0[usize::from(i)].as_dvec3(), mesh.0[usize::from(i)].as_dvec3(), weight));
        let first = Similarity::fit(pairs.iter().copied())?;
        Similarity::fit_robust(&pairs, OUTLIER * first.scale)
    }

    /// Whether all coordinates are numbers.
    pub(super) fn is_finite(&self) -> bool {
        self.0.iter().all(|p| p.is_finite())
    }

    /// A point.
    pub(super) fn point(&self, index: u16) -> Vec3 {
        self.0[usize::from(index)]
    }

    /// Middle of the hardly moving points.
    pub(super) fn centre(&self) -> Vec3 {
        RIGID.iter().map(|(i, _)| self.point(*i)).sum::<Vec3>() / RIGID.len() as f32
    }
}

/// Where a face's own axes lie in its picture: x from the right to the left outer corner of the eyes, y from the forehead to the chin, as upright to x as the
/// picture allows.
fn own_axes(mesh: &FaceMesh) -> Option<Similarity> {
    let at = |i: usize| mesh.0[i].as_dvec3();
    let across = at(263) - at(33);
    let unit = across.length();
    let x = across.try_normalize()?;
    let down = at(152) - at(10);
    let y = (down - x * down.dot(x)).try_normalize()?;
    let rotation = DMat3::from_cols(x, y, x.cross(y));
    let origin = (at(33) + at(133) + at(362) + at(263)) / 4.0;
    let placed = Similarity { rotation, scale: unit, shift: origin };
    let sound = unit > 1e-3 && placed.rotation.is_finite() && placed.shift.is_finite() && mesh.0.iter().all(|p| p.is_finite());
    sound.then_some(placed)
}

/// From a face's own axes to those of y up and z towards the viewer, in which yaw, pitch and roll are defined, and back.
const Y_UP: DMat3 = DMat3::from_diagonal(DVec3::new(1.0, -1.0, -1.0));

/// Yaw, pitch and roll of a head, in radians: it is rolled first, then pitched about a level axis, then turned about an upright one. Positive to the picture's
/// right, downwards, and counter-clockwise in the picture; pitch is between a quarter turn up and down.
pub(super) fn angles(rotation: &DMat3) -> DVec3 {
    let r = Y_UP * *rotation * Y_UP;
    DVec3::new(r.z_axis.x.atan2(r.z_axis.z), (-r.z_axis.y).clamp(-1.0, 1.0).asin(), r.x_axis.y.atan2(r.y_axis.y))
}

/// The rotation of a head with these angles.
pub(super) fn rotation(angles: DVec3) -> DMat3 {
    Y_UP * (DMat3::from_rotation_y(angles.x) * DMat3::from_rotation_x(angles.y) * DMat3::from_rotation_z(angles.z)) * Y_UP
}

/// A vector that is small against a face, with the length bent so that it never passes `limit`.
pub(super) fn limited(offset: Vec3, limit: f32) -> Vec3 {
    let length = offset.length();
    if length > 0.0 { offset * (super::limits::soft_limit(length, limit) / length) } else { offset }
}

/// A point in double precision, in the axes of a similarity's target.
pub(super) fn placed(placement: &Similarity, point: Vec3) -> DVec3 {
    placement.apply(point.as_dvec3())
}
