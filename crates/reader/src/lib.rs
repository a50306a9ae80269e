//! Reads faces: 478 points in 3D with the irises, 52 expression coefficients, and the head's pose.
//!
//! The networks are those of MediaPipe's Face Landmarker (Google, Apache-2.0). Their file, `face_landmarker.task`, is not part of this crate; `make
//! reader-model` fetches it. It is run here by operations of our own, on the CPU, on one thread.
//!
//! ```no_run
//! use retrato_reader::{Reader, RgbView};
//!
//! let mut reader = Reader::load("assets/face_landmarker.task".as_ref())?;
//! let pixels = vec![0; 640 * 480 * 3];
//! let picture = RgbView::new(&pixels, 640, 480)?;
//! if let Some(reading) = reader.read(&picture, std::time::Duration::ZERO) {
//!     println!("the nose is at {}", reading.points[4]);
//! }
//! # Ok::<(), retrato_reader::ReaderError>(())
//! ```

mod aligned;
mod bundle;
mod canonical;
mod coefficients;
mod detector;
mod error;
mod flatbuffer;
mod fusion;
pub mod hostile;
mod kernels;
mod landmarks;
mod model;
mod operators;
mod picture;
mod plan;
mod pose;
mod reader;
mod region;
mod smoothing;
mod still;
#[doc(hidden)]
pub mod testing;

pub use canonical::{CanonicalFace, TRIANGLES};
pub use error::{BundleError, GeometryError, ReaderError, TfliteError};
pub use landmarks::{MESH_POINTS, POINTS};
pub use picture::RgbView;
pub use pose::FaceTransform;
pub use reader::{FaceReading, Reader};
pub use region::Region;
pub use smoothing::Smoothing;
