//! The soft edge of a portrait's head at the picture's own detail, and what stands behind it.
//!
//! A network says coarsely which part of a picture is head and which is body. [`SoftMatte`] finds the person's edge between its cells and the
//! person's colours without the background's; [`Plate`] fills what the head and what hangs from it cover from the rest of the picture; [`Cutout`] lays the
//! person over another background.

mod coherence;
mod colours;
mod cutout;
mod exemplar;
mod foreground;
mod grid;
mod kept;
mod lab;
mod laplacian;
mod matte;
mod patch;
mod plate;
mod prior;
mod seamless;
mod search;
mod smooth;
mod window;

pub use cutout::{Backed, Cutout, CutoutParts, straight};
pub use kept::{from_bytes, to_bytes};
pub use lab::lab;
pub use matte::{CoarseShares, SoftMatte, joined};
pub use plate::Plate;
pub use window::Window;

use retrato_core::{data, random};
