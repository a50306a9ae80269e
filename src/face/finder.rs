//! What a face detector and landmark predictor must offer, and how landmarks are read with one: on an upright, enlarged cut.

use glam::Vec2;
use image::RgbImage;

use crate::data::{Landmarks, PixelBox};

use super::{FacePlace, UprightCut};

/// Finds faces and their landmarks in pictures. An instance belongs to one thread.
pub trait FaceFinder {
    /// Boxes of upright, roughly frontal faces at least [`SMALLEST_FACE_PX`] wide, in pixels of `picture`, in no special order.
    /// The time it takes grows with the picture's area.
    fn detect(&mut self, picture: &RgbImage) -> Vec<PixelBox>;

    /// The landmarks of the upright face in each of `boxes`, in whole pixels of `picture`; `None` when a box or the picture is unusable.
    /// Landmarks come back for any box, also one without a face.
    fn predict(&mut self, picture: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>>;
}

/// Side of the smallest face a detector finds, in pixels.
pub const SMALLEST_FACE_PX: f32 = 80.0;

/// Room around the face's square in a cut for landmarks, as a share of its side: chin and wide open mouth reach below the square.
const MARGIN: f32 = 0.25;

/// How landmarks are read from a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// Side of the face's square in the cut, in pixels: landmarks come in whole pixels of the cut.
    pub face_px: u32,
    /// How many slightly different squares are read and averaged, 1 to 5.
    pub readings: usize,
}

/// Landmarks, and how far the readings they are the mean of agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Mean of the readings, in pixels of the picture; finer than one pixel.
    pub landmarks: Landmarks,
    /// Mean distance of a reading's landmarks from the mean's, over the inter-ocular distance. On a face about 0.01, on anything else
    /// several times as much; 0 for a single reading.
    pub spread: f32,
}

/// The squares that are read: offset in sides, and factor of the side.
const VARIANTS: [(Vec2, f32); 5] = [
    (Vec2::ZERO, 1.0),
    (Vec2::new(0.02, 0.01), 1.03),
    (Vec2::new(-0.02, -0.01), 0.97),
    (Vec2::new(0.01, -0.02), 1.02),
    (Vec2::new(-0.01, 0.02), 0.98),
];

/// Reads the landmarks of the face at `place`. `None` when the place is unusable.
pub fn read_landmarks(finder: &mut dyn FaceFinder, picture: &RgbImage, place: &FacePlace, options: ReadOptions) -> Option<Reading> {
    let cut = UprightCut::new(picture, place, options.face_px, MARGIN)?;
    let square = FacePlace::from_box(&cut.square_in_cut(options.face_px));
    let variants = &VARIANTS[..options.readings.clamp(1, VARIANTS.len())];
    let boxes: Vec<PixelBox> = variants.iter().map(|&(offset, factor)| square.varied(offset, factor).to_box()).collect();
    let readings = finder.predict(&cut.pixels, &boxes)?;
    let mean = Landmarks(std::array::from_fn(|i| readings.iter().map(|r| r.0[i]).sum::<Vec2>() / readings.len() as f32));
    let count = (readings.len() * Landmarks::COUNT) as f32;
    let distance = readings.iter().flat_map(|r| r.0.iter().zip(&mean.0)).map(|(a, b)| a.distance(*b)).sum::<f32>() / count;
    let spread = distance / mean.inter_ocular().max(1.0);
    let landmarks = mean.map(|p| cut.picture_from_cut(p));
    landmarks.is_finite().then_some(Reading { landmarks, spread })
}
