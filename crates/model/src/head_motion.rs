//! Rigid motion of a head between two sets of landmarks, as a flow for every place of the picture.
//!
//! The generic head is fitted to the source, given the source's own outline at the generic head's depths, and fitted to the target; between the two, an
//! ellipsoid in the place of skull and hair turns. Beyond its silhouette the flow goes on as in the ellipsoid's middle plane, so that it stays smooth.

use glam::{Mat3, Vec2, Vec3};

use super::candidates::HeadNumbers;
use crate::face::{RIGID_WEIGHTS, RigidFit, fit_rigid, template};

/// The ellipsoid's centre and radii in the generic head's frame and unit (distance between the eyes): those with which the flow comes closest to the true one
/// on synthetic heads, over face, hair and ears together.
pub const CENTRE: Vec3 = Vec3::new(0.0, 0.02, -1.69);
/// See [`CENTRE`].
pub const RADII: Vec3 = Vec3::new(1.30, 2.67, 1.94);
/// A head that grows or shrinks more than this between the two is a wrong fit.
const MAX_GROWTH: f32 = 5.0;

/// The same head in source and target.
pub(super) struct HeadPair {
    source: RigidFit,
    target: RigidFit,
    /// From the target's camera axes to the head's.
    inverse: Mat3,
}

impl HeadPair {
    /// `None` when the landmarks are not 68 or no head explains them.
    pub(super) fn between(source: &[Vec2], target: &[Vec2]) -> Option<Self> {
        let (points, moved) = (source.try_into().ok()?, target.try_into().ok()?);
        let source = fit_rigid(points, template(), &RIGID_WEIGHTS)?;
        let shape: [Vec3; 68] = std::array::from_fn(|i| {
            let depth = (source.rotation * template()[i]).z;
            source.rotation.transpose() * ((points[i] - source.translation) / source.scale).extend(depth)
        });
        let target = fit_rigid(moved, &shape, &RIGID_WEIGHTS)?;
        let growth = target.scale / source.scale;
        let usable = (1.0 / MAX_GROWTH..MAX_GROWTH).contains(&growth) && source.scale > 0.0;
        usable.then(|| Self { source, target, inverse: target.rotation.transpose() })
    }

    /// Displacement from a place of the target to where the source shows it.
    pub(super) fn at(&self, place: Vec2) -> Vec2 {
        let on_screen = (place - self.target.translation) / self.target.scale;
        let start = (self.inverse * on_screen.extend(0.0) - CENTRE) / RADII;
        let along = self.inverse.z_axis / RADII;
        let (squares, product) = (along.length_squared(), start.dot(along));
        let inside = (product * product - squares * (start.length_squared() - 1.0)).max(0.0);
        let depth = (inside.sqrt() - product) / squares;
        self.source.project(self.inverse * on_screen.extend(depth)) - place
    }

    /// The angle between both poses, in radians.
    pub(super) fn turn_rad(&self) -> f32 {
        let between = self.inverse * self.source.rotation;
        let trace = between.x_axis.x + between.y_axis.y + between.z_axis.z;
        ((trace - 1.0) / 2.0).clamp(-1.0, 1.0).acos()
    }

    /// What [`Self::at`] needs, as numbers.
    pub(super) fn numbers(&self) -> HeadNumbers {
        let Self { source, target, inverse } = self;
        let rows = (source.rotation * source.scale).transpose();
        HeadNumbers {
            is_head: true,
            inverse: [inverse.x_axis, inverse.y_axis, inverse.z_axis],
            source: [rows.x_axis.extend(source.translation.x), rows.y_axis.extend(source.translation.y)],
            translation: target.translation,
            per_scale: 1.0 / target.scale,
            affine: [Vec3::ZERO; 2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::rotation_from_pose;

    /// The generic head in a crop, and where a point of its frame lands.
    fn posed(yaw_rad: f32) -> (Vec<Vec2>, impl Fn(Vec3) -> Vec2) {
        let rotation = rotation_from_pose(HeadPose { yaw_rad, pitch_rad: 0.1, roll_rad: 0.0 });
        let project = move |p: Vec3| (rotation * p).truncate() * 50.0 + Vec2::new(128.0, 110.0);
        (template().iter().map(|p| project(*p)).collect(), project)
    }

    #[test]
    fn a_turned_head_is_followed_by_nose_and_crown() {
        let ((source, in_source), (target, in_target)) = (posed(-0.1), posed(0.3));
        let motion = HeadPair::between(&source, &target).expect("the generic head itself");
        let crown = CENTRE + RADII * Vec3::new(0.0, -0.8, 0.6);
        let cheek = CENTRE + RADII * Vec3::new(0.48, 0.36, 0.8);
        for place in [crown, cheek] {
            let error = motion.at(in_target(place)).distance(in_source(place) - in_target(place));
            assert!(error < 0.5, "off by {error} pixels at {place}");
        }
        assert!(motion.at(Vec2::new(-40.0, 300.0)).is_finite(), "defined beside the head");
    }

    #[test]
    fn an_opened_mouth_leaves_the_crown_where_it_is() {
        let (source, project) = posed(0.0);
        let mut target = source.clone();
        for i in (4..13).chain(55..60).chain(65..68) {
            target[i].y += 15.0;
        }
        let motion = HeadPair::between(&source, &target).expect("a face");
        let moved = motion.at(project(CENTRE + RADII * Vec3::new(0.0, -0.8, 0.6))).length();
        assert!(moved < 1.0, "the crown moves by {moved} pixels");
    }

    #[test]
    fn no_head_is_found_where_there_is_none() {
        assert!(HeadPair::between(&[Vec2::ZERO; 68], &[Vec2::ONE; 68]).is_none(), "all in one place");
        assert!(HeadPair::between(&[Vec2::ZERO; 5], &[Vec2::ONE; 5]).is_none(), "too few");
    }
}
