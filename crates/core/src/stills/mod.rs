//! Still pictures that the image library does not read, or only whole: TIFF of every kind, JPEG XL, HEIC and AVIF, and pictures too large to be held in memory.
//!
//! JPEG, PNG and TIFF are read piece by piece and averaged down by a whole number of pixels on the way, where that is asked for. HEIC and AVIF are decoded by
//! programs that distributions have: no decoder for them is light enough to be part of this one.

mod canvas;
mod converter;
mod heif;
mod heif_header;
mod ink;
mod jpeg;
mod jxl;
mod png;
mod tiff;
mod tiff_samples;

use image::RgbaImage;
use image::metadata::Orientation;

pub use self::converter::programs_of;
pub use self::heif::{is_heif, read_heif};
pub use self::jpeg::read_jpeg;
pub use self::jxl::{is_jxl, read_jxl};
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
    /// The colours that its numbers mean; sRGB where nothing is said.
    pub colours: Option<Colours>,
}

/// What red, green, blue or grey of a picture are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Colours {
    /// A profile of the International Color Consortium.
    Profile(Vec<u8>),
    /// Code points of ITU-T H.273.
    Coded {
        /// `ColourPrimaries`.
        primaries: u8,
        /// `TransferCharacteristics`.
        transfer: u8,
    },
}

/// Why a picture cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StillError {
    /// It is of a kind that is not read; the words go on after "it is a picture ".
    #[error("it is a picture {0}")]
    Kind(String),
    /// It is read by a program that is not installed; the words say what it is and what to install.
    #[error("it is {0}")]
    Needs(String),
    /// The program that reads it failed.
    #[error("{0}")]
    Failed(String),
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
