//! A portrait for tests.

use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;

use crate::data::{Crop, Landmarks, Portrait};
use crate::face::template;

/// A square picture, all of it the crop, with the generic face in it.
pub(super) fn portrait(pixels: RgbaImage) -> Portrait {
    let scale = pixels.width() as f32 / 256.0;
    let landmarks_in_image = Landmarks(template().map(|p| (p.truncate() * 42.0 + Vec2::new(128.0, 110.0)) * scale));
    Portrait {
        name: "test".to_owned(),
        pupils_in_image: landmarks_in_image.eye_centres(),
        mesh_in_image: None,
        crop: Crop::whole(pixels.width() as f32),
        pixels: Arc::new(pixels),
        landmarks_in_image,
        content_hash: String::new(),
    }
}
