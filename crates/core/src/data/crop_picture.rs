//! A portrait's crop at the networks' resolution.

use glam::Vec2;
use rayon::prelude::*;

use super::{CROP_PX, Portrait};

/// Samples along each side of a cell, at most.
const MAX_SAMPLES: usize = 16;

impl Portrait {
    /// The crop at `cells` x `cells`, each cell the mean over its square, RGB in 0..1; what lies outside the picture repeats its border, what is transparent is grey.
    pub fn crop_picture(&self, cells: usize) -> Vec<f32> {
        let (width, _) = self.pixels.dimensions();
        let (pixels, _) = self.pixels.as_chunks::<4>();
        let samples = ((self.crop.scale() * CROP_PX / cells as f32).ceil() as usize).clamp(1, MAX_SAMPLES);
        let [columns, rows] = [0, 1].map(|axis| self.sampled_lines(axis, cells, samples));
        let mut picture = vec![0.0; cells * cells * 3];
        picture.par_chunks_exact_mut(3 * cells.max(1)).zip(rows.par_chunks_exact(samples)).for_each(|(line, rows)| {
            for row in rows {
                let row = &pixels[row * width as usize..][..width as usize];
                for (sum, columns) in line.as_chunks_mut::<3>().0.iter_mut().zip(columns.chunks_exact(samples)) {
                    for column in columns {
                        add(sum, row[*column]);
                    }
                }
            }
            for sum in line {
                *sum /= (255 * samples * samples) as f32;
            }
        });
        picture
    }

    /// The columns (axis 0) or rows (axis 1) of the picture that are looked at, `samples` for each cell.
    fn sampled_lines(&self, axis: usize, cells: usize, samples: usize) -> Vec<usize> {
        let last = [self.pixels.width(), self.pixels.height()][axis].saturating_sub(1) as usize;
        let step_px = CROP_PX / (cells * samples) as f32;
        let place = |n: usize| self.crop.image_from_crop(Vec2::splat((n as f32 + 0.5) * step_px - 0.5))[axis];
        (0..cells * samples).map(|n| (place(n).round().max(0.0) as usize).min(last)).collect()
    }
}

fn add(sum: &mut [f32; 3], [r, g, b, alpha]: [u8; 4]) {
    const GREY: f32 = 128.0;
    let share = f32::from(alpha) / 255.0;
    sum.iter_mut().zip([r, g, b]).for_each(|(sum, colour)| *sum += GREY + share * (f32::from(colour) - GREY));
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
            mesh_in_image: None,
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
