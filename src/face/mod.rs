//! What the tracker and the portrait stage both know about faces: the generic head, what a plausible face looks like, and how faces are looked for.

mod finder;
mod head_model;
mod place;
mod plausible;
mod upright;

pub use finder::{FaceFinder, ReadOptions, Reading, SMALLEST_FACE_PX, read_landmarks};
pub use head_model::{RIGID_WEIGHTS, RigidFit, fit_rigid, pose_from_rotation, rotation_from_pose, template};
pub use place::{FacePlace, Similarity};
pub use plausible::{parts_in_order, shape_distance};
pub use upright::{UprightCut, resized};
