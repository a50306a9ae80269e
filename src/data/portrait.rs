//! A picture that is ready to be animated.

use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;

use super::{Crop, Landmarks};

/// A portrait: the picture at working resolution, the face in it, and the square in which it will move.
#[derive(Clone, Debug)]
pub struct Portrait {
    /// What to call it: the file's stem, or the title of a built-in one.
    pub name: String,
    /// The whole picture, sRGB with straight alpha, upright, both sides even.
    pub pixels: Arc<RgbaImage>,
    /// The sitter's landmarks, in pixels of the picture.
    pub landmarks_in_image: Landmarks,
    /// The sitter's pupils, the right eye's first, in pixels of the picture; the middle of the opening where they cannot be seen.
    pub pupils_in_image: [Vec2; 2],
    /// Where motion is computed.
    pub crop: Crop,
    /// Hash of the picture's file, in hexadecimal: the key of everything cached about it.
    pub content_hash: String,
}

impl Portrait {
    /// The sitter's landmarks in crop pixels.
    pub fn landmarks_in_crop(&self) -> Landmarks {
        self.landmarks_in_image.map(|p| self.crop.crop_from_image(p))
    }

    /// The sitter's pupils in crop pixels.
    pub fn pupils_in_crop(&self) -> [Vec2; 2] {
        self.pupils_in_image.map(|p| self.crop.crop_from_image(p))
    }
}
