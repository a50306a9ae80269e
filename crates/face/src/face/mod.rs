//! What several stages know about faces: the generic head, what a plausible face looks like, how faces and their pupils are looked for.

mod descriptor;
mod eye_cut;
mod finder;
mod gaze;
mod head_model;
mod mesh_model;
mod place;
mod plausible;
mod pupils;
mod upright;

pub use descriptor::FaceDescriptor;
pub use finder::{FaceFinder, FaceFinders, MeshFace, MeshFinder, ReadOptions, Reading, SMALLEST_FACE_PX, read_landmarks};
pub use gaze::{EyeFrame, PUPIL_DEPTH, gaze_from_pupils, pupil_travel, pupils_from_gaze};
pub use head_model::{RIGID_WEIGHTS, RigidFit, fit_rigid, pose_from_rotation, rotation_from_pose, template};
pub use mesh_model::{MeshModel, MeshModelError};
pub use place::{FacePlace, Similarity};
pub use plausible::{parts_in_order, shape_distance};
pub use pupils::{Pupil, find_pupils, overlooked_pupils, rest_pupils};
pub use upright::{UprightCut, resized};
