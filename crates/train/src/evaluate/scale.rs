//! Bringing frames of any shape into the square in which everything is measured, and back into their shape to look for a face.

use glam::Vec2;
use image::RgbImage;

use super::MEASURE_PX;
use crate::data::{FaceMesh, Landmarks};
use crate::scale::{Filter, FilterType, Scaler};

/// No picture for the detector is longer than this, however long and thin the frame is.
const LONGEST_PX: f32 = 1024.0;

/// The whole frame at [`MEASURE_PX`] square, whatever its shape; `None` when it is empty.
///
/// The kernel is the cubic one (B = 0, C = 0.6) that ffmpeg scales with by default, which the prototype's frames were made with.
pub fn scale_to_measure(frame: &RgbImage) -> Option<RgbImage> {
    resize(frame, [MEASURE_PX, MEASURE_PX])
}

/// A measured picture in the shape of the frame it came from (width, height), shorter side [`MEASURE_PX`]: a detector that was taught on
/// faces does not know squeezed ones. `None` when the frame's size is zero.
pub fn upright_for_detection(measured: &RgbImage, frame_size: [u32; 2]) -> Option<RgbImage> {
    resize(measured, detection_size(frame_size)?)
}

/// Landmarks in pixels of a picture of `size`, in pixels of the measured square.
pub(super) fn measured_from_picture(landmarks_in_picture: &Landmarks, size: (u32, u32)) -> Landmarks {
    let scale = MEASURE_PX as f32 / Vec2::new(size.0 as f32, size.1 as f32);
    landmarks_in_picture.map(|p| (p + 0.5) * scale - 0.5)
}

/// The same of a mesh; depths are scaled as the sides are in the mean.
pub(super) fn measured_mesh(mesh_in_picture: &FaceMesh, size: (u32, u32)) -> FaceMesh {
    let scale = MEASURE_PX as f32 / Vec2::new(size.0 as f32, size.1 as f32);
    mesh_in_picture.map(|p| ((p.truncate() + 0.5) * scale - 0.5).extend(p.z * scale.element_product().sqrt()))
}

fn detection_size([width, height]: [u32; 2]) -> Option<[u32; 2]> {
    let shorter = width.min(height);
    (shorter > 0).then(|| {
        let factor = MEASURE_PX as f32 / shorter as f32;
        [width, height].map(|side| (side as f32 * factor).round().min(LONGEST_PX) as u32)
    })
}

fn resize(picture: &RgbImage, [width, height]: [u32; 2]) -> Option<RgbImage> {
    if picture.dimensions() == (width, height) {
        return Some(picture.clone());
    }
    if picture.width() == 0 || picture.height() == 0 {
        return None;
    }
    let filter = FilterType::Custom(Filter::new("cubic", cubic, 2.0).ok()?);
    Scaler::new().rgb(picture, None, [width, height], filter)
}

/// The cubic convolution kernel of Keys with slope -0.6.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.6;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn kernel_weights_sum_to_one_wherever_the_sample_falls() {
        for step in 0..=10 {
            let shift = f64::from(step) / 10.0;
            let sum: f64 = (-2..=2).map(|i| cubic(f64::from(i) + shift)).sum();
            assert!((sum - 1.0).abs() < 1e-12, "weights at {shift} sum to {sum}");
        }
    }

    #[test]
    fn any_frame_becomes_the_measured_square() {
        let grey = RgbImage::from_pixel(30, 70, Rgb([9, 99, 200]));
        let square = scale_to_measure(&grey).expect("not empty");
        assert_eq!(square.dimensions(), (MEASURE_PX, MEASURE_PX), "square");
        assert!(square.pixels().all(|p| p.0 == [9, 99, 200]), "a flat picture stays flat");
        assert_eq!(scale_to_measure(&RgbImage::new(0, 4)), None, "empty");
    }

    #[test]
    fn detection_restores_the_shape_within_bounds() {
        for (frame, expected) in [([720, 1280], [256, 455]), ([640, 480], [341, 256]), ([512, 512], [256, 256]), ([1, 9000], [256, 1024])] {
            assert_eq!(detection_size(frame), Some(expected), "frame {frame:?}");
        }
        assert_eq!(detection_size([0, 8]), None, "empty");
    }

    #[test]
    fn landmarks_keep_their_place_in_the_picture() {
        let corners = measured_from_picture(&Landmarks([Vec2::new(255.5, 454.5); 68]), (256, 455));
        assert_eq!(corners.0[0], Vec2::new(255.5, 255.5), "the far corner stays the far corner");
        let same = measured_from_picture(&Landmarks([Vec2::new(17.0, 93.0); 68]), (256, 256));
        assert_eq!(same.0[0], Vec2::new(17.0, 93.0), "a square picture changes nothing");
    }
}
