//! A clip of drawn squares for the tests of this module.

use glam::Vec2;
use image::{Rgb, RgbImage};

use super::{EvaluateError, EvaluationClip, ModelError, SeenFace};
use crate::data::Landmarks;
use crate::face::FaceDescriptor;

/// A frame whose face is a red square that moves with `step`; without a face it is all grey.
pub(super) fn frame(step: u32, face: bool, size: (u32, u32)) -> RgbImage {
    let (left, top) = (size.0 / 4 + step * size.0 / 128, size.1 / 4);
    RgbImage::from_fn(size.0, size.1, |x, y| {
        let inside = face && (left..left + size.0 / 4).contains(&x) && (top..top + size.1 / 4).contains(&y);
        if inside { Rgb([250, 20, 20]) } else { Rgb([90, 90, 90]) }
    })
}

/// Stands for the face detector: finds the red square and spreads 68 points over it. It belongs to somebody else the farther right it is.
pub(super) fn find_red(picture: &RgbImage) -> Option<SeenFace> {
    let red: Vec<Vec2> =
        picture.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 170).map(|(x, y, _)| Vec2::new(x as f32, y as f32)).collect();
    let low = red.iter().copied().reduce(Vec2::min)?;
    let size = red.iter().copied().reduce(Vec2::max)? - low;
    let landmarks = Landmarks(std::array::from_fn(|i| low + size * Vec2::new((i * 7 % 68) as f32, (i * 13 % 68) as f32) / 67.0));
    let angle = f64::from(low.x / picture.width() as f32);
    let mut numbers = [0.0; 128];
    [numbers[0], numbers[1]] = [angle.cos(), angle.sin()];
    // It turns by half a degree for every pixel of a measured picture.
    let yaw_rad = (0.5 * 256.0 * low.x / picture.width() as f32).to_radians();
    Some(SeenFace { fine_landmarks: landmarks.clone(), landmarks, mesh: None, yaw_rad, descriptor: FaceDescriptor::new(&numbers) })
}

pub(super) fn read(frames: Vec<RgbImage>) -> Result<EvaluationClip, EvaluateError> {
    read_with(2, frames)
}

pub(super) fn read_with(most_shots: usize, frames: Vec<RgbImage>) -> Result<EvaluationClip, EvaluateError> {
    EvaluationClip::read("squares", most_shots, frames.into_iter().map(Ok::<_, ModelError>), &mut find_red)
}

pub(super) fn moving(count: u32, size: (u32, u32)) -> Vec<RgbImage> {
    (0..count).map(|step| frame(step, true, size)).collect()
}
