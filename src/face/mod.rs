//! What the tracker and the portrait stage both know about faces: the generic head, what a plausible face looks like, and how faces are looked for.

mod head_model;

pub use head_model::{RIGID_WEIGHTS, RigidFit, fit_rigid, pose_from_rotation, rotation_from_pose, template};
