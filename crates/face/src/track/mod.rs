//! Track: a frame in, the driver's face out. The only stage that knows the face reader and dlib.

mod dlib;
mod follow;
mod gaze;
mod irises;
mod mesh;
mod pose;
mod search;
mod smoothing;
mod tracker;

pub use dlib::{
    DESCRIPTOR_FILE, DescriptorError, DlibFinder, FaceDescriber, FaceModel, MODEL_FILE, MODEL_VARIABLE, TrackError, model_places,
};
pub use mesh::{MeshReader, MeshReaderError, READER_FILE, READER_VARIABLE, reader_file, reader_places};
pub use pose::head_pose;
pub use smoothing::{OneEuro, Smoother};
pub use tracker::{FaceReader, TrackOptions, Tracker};
