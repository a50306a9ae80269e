//! A portrait's crop at the networks' resolution.

use glam::Vec2;
use rayon::prelude::*;

use super::{CROP_PX, Portrait};

/// Samples along each side of a cell, at most.
const MAX_SAMPLES: usize = 16;

impl Portrait {
    /// The crop at `cells` x `cells`, each cell the mean over its square, RGB in 0..1; what lies outside the picture repeats its border, what is transparent is grey.
    pub fn crop_picture(&self, cells: usize) -> Vec<f32> {
        const GREY: f32 = 128.0;
        let pixels = &self.pixels;
        let (width, height) = pixels.dimensions();
        let cell_px = CROP_PX / cells as f32;
        let samples = ((self.crop.scale() * cell_px).ceil() as usize).clamp(1, MAX_SAMPLES);
        let colour = |at: Vec2| -> [f32; 3] {
            let inside = |v: f32, side: u32| (v.round().max(0.0) as u32).min(side.saturating_sub(1));
            let pixel = pixels.get_pixel(inside(at.x, width), inside(at.y, height)).0.map(f32::from);
            let alpha = pixel[3] / 255.0;
            std::array::from_fn(|c| GREY + alpha * (pixel[c] - GREY))
        };
        let mut picture = vec![0.0; cells * cells * 3];
        picture.par_chunks_exact_mut(3).with_min_len(cells.max(1)).enumerate().for_each(|(cell, out)| {
            let corner = Vec2::new((cell % cells) as f32, (cell / cells) as f32) * cell_px;
            let mut sum = [0.0; 3];
            for k in 0..samples * samples {
                let step = Vec2::new((k % samples) as f32 + 0.5, (k / samples) as f32 + 0.5) / samples as f32;
                let at = self.crop.image_from_crop(corner + step * cell_px - 0.5);
                sum.iter_mut().zip(colour(at)).for_each(|(s, c)| *s += c);
            }
            out.copy_from_slice(&sum.map(|s| s / (255 * samples * samples) as f32));
        });
        picture
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Crop, Landmarks};
    use super::*;

    fn portrait(pixels: image::RgbaImage) -> Portrait {
        Portrait {
            name: "test".to_owned(),
            crop: Crop::whole(pixels.width() as f32),
            pixels: Arc::new(pixels),
            landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [Vec2::ZERO; 2],
            content_hash: String::new(),
        }
    }

    #[test]
    fn each_cell_is_the_mean_of_its_squares() {
        let checked = image::RgbaImage::from_fn(256, 256, |x, y| {
            let value = if x < 128 { 200 } else { ((x + y) % 2 * 100) as u8 };
            image::Rgba([value, value, value, 255])
        });
        let small = portrait(checked).crop_picture(64);
        assert!((small[(10 * 64 + 10) * 3] - 200.0 / 255.0).abs() < 1e-4, "a plain part keeps its value");
        assert!((small[(10 * 64 + 50) * 3] - 50.0 / 255.0).abs() < 1e-4, "a checked part becomes its mean");
        let clear = image::RgbaImage::from_pixel(256, 256, image::Rgba([255, 0, 0, 0]));
        assert!((portrait(clear).crop_picture(64)[0] - 128.0 / 255.0).abs() < 1e-4, "what is transparent is grey");
    }
}
