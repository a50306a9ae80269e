//! A face's own 3D shape, made from its landmarks in one picture and the generic head model.

use glam::{Vec2, Vec3};

use crate::data::Landmarks;
use crate::face::{RIGID_WEIGHTS, RigidFit, fit_rigid, pose_from_rotation, template};

/// Turns to the side, in radians, from which on the outline on the far side is no longer the jaw, and at which none of it is.
const JAW_HIDDEN_RAD: std::ops::Range<f32> = 0.1..0.45;
/// How far the outline that hides it lies behind the outer corners of eye and mouth, in distances between the eyes.
const OUTLINE_BEHIND: f32 = 0.15;
/// The jaw on each side, from the ear to the chin, and the outer corners of that side's eye and mouth.
const SIDES: [([usize; 9], usize, usize); 2] = [([0, 1, 2, 3, 4, 5, 6, 7, 8], 36, 48), ([16, 15, 14, 13, 12, 11, 10, 9, 8], 45, 54)];

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
        let depths = depths(&pose);
        let points = std::array::from_fn(|i| {
            let seen = (landmarks.0[i] - pose.translation) / pose.scale;
            pose.rotation.transpose() * seen.extend(depths[i])
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

/// How far towards the camera each landmark of the generic head is under a pose. On the far side of a turned face the landmarks of the jaw lie on the outline
/// of cheek and brow, which hides the jaw: at the jaw's own depth, a turn would carry that outline far beyond what there is to see of the face.
fn depths(pose: &RigidFit) -> [f32; Landmarks::COUNT] {
    let mut depths: [f32; Landmarks::COUNT] = std::array::from_fn(|i| (pose.rotation * template()[i]).z);
    let yaw = pose_from_rotation(&pose.rotation).yaw_rad;
    let hidden = ((yaw.abs() - JAW_HIDDEN_RAD.start) / (JAW_HIDDEN_RAD.end - JAW_HIDDEN_RAD.start)).clamp(0.0, 1.0);
    let (jaw, eye, mouth) = &SIDES[usize::from(yaw > 0.0)];
    let (at_eye, at_mouth) = (depths[*eye], depths[*mouth]);
    for (k, point) in jaw.iter().enumerate() {
        let outline = at_eye + (at_mouth - at_eye) * k as f32 / (jaw.len() - 1) as f32 - OUTLINE_BEHIND;
        depths[*point] += hidden * (outline - depths[*point]).max(0.0);
    }
    depths
}

/// Upper and lower points of the right eye's lids.
pub(super) const RIGHT_LIDS: [(usize, usize); 2] = [(37, 41), (38, 40)];
/// Upper and lower points of the left eye's lids.
pub(super) const LEFT_LIDS: [(usize, usize); 2] = [(43, 47), (44, 46)];
/// Upper and lower points of the inner lip contour.
pub(super) const INNER_LIPS: [(usize, usize); 3] = [(61, 67), (62, 66), (63, 65)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::rotation_from_pose;
    use glam::Mat3;

    fn posed(yaw_rad: f32) -> RigidFit {
        let rotation = rotation_from_pose(HeadPose { yaw_rad, pitch_rad: 0.0, roll_rad: 0.0 });
        RigidFit { rotation, scale: 50.0, translation: Vec2::splat(128.0), residual: 0.0 }
    }

    #[test]
    fn the_far_outline_of_a_turned_face_goes_with_the_cheek_and_not_with_the_jaw_behind_it() {
        for (yaw_rad, outline, eye) in [(-0.6, 1, 36), (0.6, 15, 45)] {
            let rest = posed(yaw_rad);
            let seen = Landmarks(template().map(|p| (rest.rotation * p).truncate() * rest.scale + rest.translation));
            let shape = FaceShape::of(&seen).expect("a face");
            let back = Mat3::from_rotation_y(-0.3 * yaw_rad.signum()) * shape.pose.rotation;
            let turned = shape.project(&RigidFit { rotation: back, ..shape.pose }, &[Vec3::ZERO; Landmarks::COUNT]);
            let way = |i: usize| (turned.0[i].x - seen.0[i].x).abs();
            assert!(way(outline) < way(eye) + 0.1 * rest.scale, "{} pixels, the eye beside it {}", way(outline), way(eye));
            assert!(turned.0[8].distance(seen.0[8]) < 0.5 * rest.scale, "the chin stays below the mouth");
        }
    }

    #[test]
    fn a_face_seen_from_the_front_has_the_generic_heads_depths() {
        let front = posed(0.05);
        let own = depths(&front);
        assert!((0..Landmarks::COUNT).all(|i| (own[i] - (front.rotation * template()[i]).z).abs() < 1e-6), "{own:?}");
    }
}
