//! What a face detector and landmark predictor must offer, and how landmarks are read with one: on an upright, enlarged cut.

use glam::Vec2;
use image::RgbImage;

use crate::data::{Coefficients, FaceMesh, HeadPose, Landmarks, PixelBox};

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

/// A face that was read as a mesh, in pixels of the picture.
#[derive(Clone, Debug)]
pub struct MeshFace {
    /// The face in 3D; smoothed in films.
    pub mesh: FaceMesh,
    /// How strongly each movement is made.
    pub coefficients: Coefficients,
    /// Orientation of the head relative to the camera.
    pub pose: HeadPose,
    /// How certain it is that there is a face, 0 to 1.
    pub presence: f32,
    /// Whether it is the face of the film's last frame, as opposed to one that was searched for: that can be another person's.
    pub followed: bool,
}

/// Reads the faces of single pictures as meshes. An instance belongs to one thread.
pub trait MeshFinder {
    /// The faces in a picture, the largest first.
    fn faces(&mut self, picture: &RgbImage) -> Vec<MeshFace>;

    /// The face in an upright square around `centre`, in pixels; `None` where there is none.
    fn face_in(&mut self, picture: &RgbImage, centre: Vec2, side_px: f32) -> Option<MeshFace>;
}

/// What the faces of a picture are looked for with; either may be missing.
#[derive(Default)]
pub struct FaceFinders<'a> {
    /// Finds faces and their landmarks.
    pub landmarks: Option<&'a mut dyn FaceFinder>,
    /// Finds faces and their meshes.
    pub mesh: Option<&'a mut dyn MeshFinder>,
}

impl std::fmt::Debug for FaceFinders<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceFinders").field("landmarks", &self.landmarks.is_some()).field("mesh", &self.mesh.is_some()).finish()
    }
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
    /// In how many slightly different squares landmarks are read, 1 to 5; in each as it is and as in a mirror.
    pub squares: usize,
}

/// Landmarks, and how far the readings they are the mean of agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Mean of the readings, in pixels of the picture; finer than one pixel.
    pub landmarks: Landmarks,
    /// Mean distance of a reading's landmarks from their mean over the squares, over the inter-ocular distance. On a face about 0.01, on
    /// anything else several times as much; 0 for a single square.
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
///
/// A predictor has learned each side of a face by itself and errs on each in its own way: the mean of a reading and that of the mirrored face
/// is nearer to the truth than that of many readings of one of them.
pub fn read_landmarks(finder: &mut dyn FaceFinder, picture: &RgbImage, place: &FacePlace, options: ReadOptions) -> Option<Reading> {
    let cut = UprightCut::new(picture, place, options.face_px, MARGIN)?;
    let square = FacePlace::from_box(&cut.square_in_cut(options.face_px));
    let variants = &VARIANTS[..options.squares.clamp(1, VARIANTS.len())];
    let plain = variants.iter().map(|&(offset, factor)| square.varied(offset, factor).to_box());
    let both = beside_its_mirror_image(&cut.pixels);
    let columns = both.width() as f32;
    let mirrored = plain.clone().map(|b| PixelBox { left: columns - b.right, right: columns - b.left, ..b });
    let mut readings = finder.predict(&both, &plain.clone().chain(mirrored).collect::<Vec<_>>())?;
    let (plain, mirrored) = readings.split_at_mut_checked(variants.len())?;
    for reading in &mut *mirrored {
        *reading = reading.mirrored(columns - 1.0);
    }
    let spread = 0.5 * (distance_from_mean(plain) + distance_from_mean(mirrored));
    let mean = mean(&readings);
    let spread = spread / mean.inter_ocular().max(1.0);
    let landmarks = mean.map(|p| cut.picture_from_cut(p));
    landmarks.is_finite().then_some(Reading { landmarks, spread })
}

/// A picture twice as wide: the given one, and to the right of it the same mirrored.
fn beside_its_mirror_image(picture: &RgbImage) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut both = Vec::with_capacity(2 * picture.as_raw().len());
    for row in picture.as_raw().chunks_exact((3 * width as usize).max(1)) {
        both.extend_from_slice(row);
        both.extend(row.as_chunks::<3>().0.iter().rev().flatten());
    }
    RgbImage::from_raw(2 * width, height, both).unwrap_or_default()
}

fn mean(readings: &[Landmarks]) -> Landmarks {
    Landmarks(std::array::from_fn(|i| readings.iter().map(|r| r.0[i]).sum::<Vec2>() / readings.len().max(1) as f32))
}

/// Mean distance of the readings' landmarks from their mean.
fn distance_from_mean(readings: &[Landmarks]) -> f32 {
    let mean = mean(readings);
    let distance = |reading: &Landmarks| reading.0.iter().zip(&mean.0).map(|(a, b)| a.distance(*b)).sum::<f32>();
    readings.iter().map(distance).sum::<f32>() / (readings.len() * Landmarks::COUNT).max(1) as f32
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// Reads every landmark at the middle of the bright pixels of a box, moved to the right by as much as a predictor that errs.
    struct Leaning(f32);

    impl FaceFinder for Leaning {
        fn detect(&mut self, _: &RgbImage) -> Vec<PixelBox> {
            Vec::new()
        }

        fn predict(&mut self, picture: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>> {
            let inside = |b: &PixelBox, x: u32| (b.left..b.right).contains(&(x as f32));
            let middle = |b: &PixelBox| {
                let bright = picture.enumerate_pixels().filter(|(x, _, pixel)| inside(b, *x) && pixel[0] > 128);
                let (sum, count) = bright.fold((Vec2::ZERO, 0.0), |(sum, n), (x, y, _)| (sum + Vec2::new(x as f32, y as f32), n + 1.0));
                sum / count + Vec2::new(self.0, 0.0)
            };
            Some(boxes.iter().map(|b| Landmarks([middle(b); Landmarks::COUNT])).collect())
        }
    }

    #[test]
    fn what_a_predictor_errs_to_one_side_cancels_out() {
        let spot = |x: u32, y: u32| (130..140).contains(&x) && (100..110).contains(&y);
        let picture = RgbImage::from_fn(240, 200, |x, y| if spot(x, y) { Rgb([255; 3]) } else { Rgb([0; 3]) });
        let place = FacePlace { centre: Vec2::new(120.0, 100.0), side_px: 100.0, roll_rad: 0.3 };
        for squares in [1, 3, 9] {
            let options = ReadOptions { face_px: 100, squares };
            let read = read_landmarks(&mut Leaning(6.0), &picture, &place, options).expect("landmarks");
            let nose = read.landmarks.0[30];
            assert!(nose.distance(Vec2::new(134.5, 104.5)) < 0.5, "{squares} squares: {nose}");
            assert!(read.spread < 0.5, "all readings are the same: {}", read.spread);
        }
    }
}
