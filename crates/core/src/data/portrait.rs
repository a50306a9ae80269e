//! A picture that is ready to be animated.

use std::sync::Arc;

use glam::Vec2;
use image::{RgbaImage, imageops};

use super::{Crop, FaceMesh, Landmarks};

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
    /// The sitter's face in 3D, in pixels of the picture; `None` where only landmarks are known.
    pub mesh_in_image: Option<Arc<FaceMesh>>,
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

    /// The sitter's face in 3D, in crop pixels; `None` where only landmarks are known.
    pub fn mesh_in_crop(&self) -> Option<FaceMesh> {
        let scale = self.crop.scale();
        let mesh = self.mesh_in_image.as_ref()?;
        Some(mesh.map(|p| self.crop.crop_from_image(p.truncate()).extend(p.z / scale)))
    }

    /// The same with no more of the picture than its crop shows, which is all that counts of a further picture of a person.
    #[must_use]
    pub fn cut_to_crop(&self) -> Self {
        let (width, height) = self.pixels.dimensions();
        let [(left, across), (top, down)] = [(0, width), (1, height)].map(|(axis, size)| {
            let start = self.crop.origin_px[axis];
            // One more on either side: samples are taken at the nearest pixel.
            let within = |px: f32| px.clamp(0.0, size as f32) as u32;
            let low = within(start.floor() - 1.0).min(size.saturating_sub(1));
            (low, within((start + self.crop.side_px).ceil() + 1.0).max(low + 1) - low)
        });
        let corner = Vec2::new(left as f32, top as f32);
        let [x, y] = self.crop.origin_px;
        Self {
            name: self.name.clone(),
            pixels: Arc::new(imageops::crop_imm(&*self.pixels, left, top, across, down).to_image()),
            landmarks_in_image: self.landmarks_in_image.map(|p| p - corner),
            pupils_in_image: self.pupils_in_image.map(|p| p - corner),
            mesh_in_image: self.mesh_in_image.as_ref().map(|mesh| Arc::new(mesh.map(|p| p - corner.extend(0.0)))),
            crop: Crop { origin_px: [x - corner.x, y - corner.y], ..self.crop },
            content_hash: self.content_hash.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_picture_shows_the_same_in_its_crop() {
        let pixels = Arc::new(RgbaImage::from_fn(300, 240, |x, y| image::Rgba([x as u8, y as u8, (x * y) as u8, 255])));
        let middle = Vec2::new(150.0, 120.0);
        for origin_px in [[70.3, 41.8], [-25.0, -60.5], [210.0, 170.0], [-9000.0, 0.0]] {
            let whole = Portrait {
                name: "test".to_owned(),
                pixels: Arc::clone(&pixels),
                landmarks_in_image: Landmarks([middle; Landmarks::COUNT]),
                pupils_in_image: [middle; 2],
                mesh_in_image: None,
                crop: Crop { origin_px, side_px: 130.7 },
                content_hash: String::new(),
            };
            let cut = whole.cut_to_crop();
            assert!(cut.pixels.width() <= 135 && cut.pixels.height() <= 135, "no more than the crop: {:?}", cut.pixels.dimensions());
            for cells in [64, 256] {
                let unlike = whole.crop_picture(cells).iter().zip(cut.crop_picture(cells)).filter(|(a, b)| (*a - b).abs() > 1e-6).count();
                // A sample half way between two pixels may fall on the other one.
                assert!(unlike < cells * cells / 50, "{unlike} numbers differ at {origin_px:?}");
            }
            let moved = cut.landmarks_in_crop().0[0].distance(whole.landmarks_in_crop().0[0]);
            assert!(moved < 1e-2, "the landmarks stay where they are in the crop: {moved}");
        }
    }
}
