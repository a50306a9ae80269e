//! What travels between the stages: one type for every arrow of the pipeline, and no behaviour beyond what the type itself means.

mod audio;
mod coefficients;
mod crop_picture;
mod exactly;
mod face;
mod flow;
mod frame;
mod geometry;
mod labels;
mod landmarks68;
mod loopback;
mod mesh;
mod motion;
mod nearest;
mod part;
mod performance;
mod portrait;
mod similarity;
mod tuning;

pub use audio::{AudioBlock, SAMPLE_RATE_HZ};
pub use coefficients::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficient, Coefficients};
pub use face::{Landmarks, UpFromChin, region};
pub use flow::{FlowField, HeadChange, MouthPicture, OnGpu, PaintField, PictureChange, UncoveredField};
pub use frame::{Frame, FrameTime, Input};
pub use geometry::{CROP_PX, Crop, HeadPose, PasteRegion, PixelBox};
pub use labels::{PICTURE_PX, PLANE_CELLS, Part};
pub use loopback::{LOOPBACK_DRIVER, OWN_CAMERA_LABEL};
pub use mesh::FaceMesh;
pub use motion::{FaceMotion, HeadMotion, MeshMotion, PuppetMotion, TrackedFrame};
pub use nearest::nearest_cells;
pub use part::{PartChange, PartPlace};
pub use performance::{Performance, PerformanceError, PerformanceFrame, PerformanceHeader, PerformanceWriter};
pub use portrait::Portrait;
pub use similarity::Similarity;
pub use tuning::Tuning;
