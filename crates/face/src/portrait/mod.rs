//! Portrait: a file from anywhere becomes a picture with a face that can be animated.

mod candidate;
mod colour;
mod crop;
mod faces;
mod foreign;
mod open;

pub use candidate::FaceCandidate;
pub use crop::{crop_around, portrait, portrait_from_whole, pupils};
pub use faces::{find_faces, find_faces_telling, fit_in_box, read_in_box};
pub use foreign::ForeignFormat;
pub use open::{OpenLimits, Picture, PortraitError, open_bytes, open_picture, open_pixels};
