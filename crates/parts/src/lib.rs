//! Eyes and mouth of a portrait in frames of their own: drawn by geometry, described for the networks, and mended by them.
//!
//! Frame after frame the eyes are mended so; the mouth's network is trained with them, and not used until it is better than geometry.
//!
//! [`PartInput`] is what a network sees of one part in one frame; training and the live program make it by the same code, so that a network is used exactly as
//! it was trained. [`PartPainter`] runs the networks for one portrait.

mod guide;
mod input;
mod painter;

pub use guide::{GUIDE_CHANNELS, GUIDE_SHARE};
pub use input::{PartInput, fade, mirrored_columns};
pub use painter::{PartError, PartPainter};
