//! Still pictures that the image library does not read, or only whole: TIFF of every kind, and pictures too large to be held in memory.
//!
//! All of them are read piece by piece and averaged down by a whole number of pixels on the way, where that is asked for.

mod canvas;
mod ink;
mod jpeg;
mod png;
mod tiff;
mod tiff_samples;

use image::RgbaImage;
use image::metadata::Orientation;

pub use self::jpeg::read_jpeg;
pub use self::png::read_png;
pub use self::tiff::{is_tiff, read_tiff};

/// Most bytes that a decoder may take for one piece of a picture.
const MAX_PIECE_BYTES: usize = 1 << 30;

/// A picture as it is stored: not turned upright, and in its own colours.
#[derive(Clone, Debug)]
pub struct Still {
    /// Straight alpha, averaged down as was asked for.
    pub pixels: RgbaImage,
    /// Width and height as stored, in pixels.
    pub full_size: [u32; 2],
    /// Whether the profile, if there is one, is meant for one channel of grey.
    pub is_grey: bool,
    /// How to turn it upright.
    pub orientation: Orientation,
    /// The colour profile of red, green and blue, or of grey.
    pub profile: Option<Vec<u8>>,
}

/// Why a picture cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StillError {
    /// It is of a kind that is not read; the words go on after "it is a picture ".
    #[error("it is a picture {0}")]
    Kind(String),
    /// It has more pixels than may be read.
    #[error("it has {} x {} pixels", .0[0], .0[1])]
    TooLarge([u32; 2]),
    /// Its end is missing.
    #[error("it is cut off")]
    CutOff,
    /// It breaks its own format.
    #[error("{0}")]
    Damaged(String),
}

/// Says for a picture of this size (width, height) by how many pixels across and down it shall be averaged; `None` refuses it.
pub type StepFor<'a> = &'a dyn Fn([u32; 2]) -> Option<u32>;
