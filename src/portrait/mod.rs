//! Portrait: a file from anywhere becomes a picture with a face that can be animated.

mod colour;
mod open;

pub use open::{OpenLimits, Picture, PortraitError, open_bytes, open_picture, open_pixels};
