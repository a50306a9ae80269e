//! A face's own 3D shape, made from its landmarks in one picture and the generic head model.

use glam::{Vec2, Vec3};

use crate::data::Landmarks;
use crate::face::{RIGID_WEIGHTS, RigidFit, fit_rigid, template};

/// 68 points in units of the inter-ocular distance, and the pose under which they give exactly the landmarks they were made from.
#[derive(Clone, Debug)]
pub(super) struct FaceShape {
    pub(super) points: [Vec3; Landmarks::COUNT],
    pub(super) pose: RigidFit,
}

impl FaceShape {
    /// Takes x and y from the picture and the depth, which no single picture shows, from the generic head turned the same way.
    pub(super) fn of(landmarks: &Landmarks) -> Option<Self> {
        let pose = fit_rigid(&landmarks.0, template(), &RIGID_WEIGHTS)?;
        let points = std::array::from_fn(|i| {
            let seen = (landmarks.0[i] - pose.translation) / pose.scale;
            let depth = (pose.rotation * template()[i]).z;
            pose.rotation.transpose() * seen.extend(depth)
        });
        Some(Self { points, pose })
    }

    /// Splits landmarks of the same face into its pose and, in the face's own axes, how each point differs from this shape.
    pub(super) fn decompose(&self, landmarks: &Landmarks) -> Option<(RigidFit, [Vec3; Landmarks::COUNT])> {
        let pose = fit_rigid(&landmarks.0, &self.points, &RIGID_WEIGHTS)?;
        let offsets = std::array::from_fn(|i| {
            let seen = (landmarks.0[i] - pose.translation) / pose.scale;
            let expected = (pose.rotation * self.points[i]).truncate();
            pose.rotation.transpose() * (seen - expected).extend(0.0)
        });
        Some((pose, offsets))
    }

    /// Landmarks of this shape with `offsets` added, under `pose`.
    pub(super) fn project(&self, pose: &RigidFit, offsets: &[Vec3; Landmarks::COUNT]) -> Landmarks {
        Landmarks(std::array::from_fn(|i| {
            let turned: Vec2 = (pose.rotation * (self.points[i] + offsets[i])).truncate();
            turned * pose.scale + pose.translation
        }))
    }

    /// Lid distance over the width of both eyes, the right one first, with `offsets` added.
    pub(super) fn eye_aspects(&self, offsets: &[Vec3; Landmarks::COUNT]) -> [f32; 2] {
        [(RIGHT_LIDS, 36, 39), (LEFT_LIDS, 42, 45)].map(|(lids, outer, inner)| {
            let offset = lids.iter().map(|&(upper, lower)| offsets[lower].y - offsets[upper].y).sum::<f32>() / lids.len() as f32;
            (self.gap(&lids) + offset) / (self.points[inner].x - self.points[outer].x).abs().max(1e-3)
        })
    }

    /// Mean distance between upper and lower points of `pairs`, along the face's own vertical.
    pub(super) fn gap(&self, pairs: &[(usize, usize)]) -> f32 {
        pairs.iter().map(|&(upper, lower)| self.points[lower].y - self.points[upper].y).sum::<f32>() / pairs.len().max(1) as f32
    }
}

/// Upper and lower points of the right eye's lids.
pub(super) const RIGHT_LIDS: [(usize, usize); 2] = [(37, 41), (38, 40)];
/// Upper and lower points of the left eye's lids.
pub(super) const LEFT_LIDS: [(usize, usize); 2] = [(43, 47), (44, 46)];
/// Upper and lower points of the inner lip contour.
pub(super) const INNER_LIPS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];
