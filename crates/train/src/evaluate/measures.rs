//! How close an output comes to the frame it should show, and how well its face carries the motion.

use image::RgbImage;
use serde::Serialize;

use super::{MEASURE_PX, background, face, mouth_and_eyes, structural_similarity};
use crate::data::{Landmarks, region};

/// A background of this many pixels or fewer says nothing.
const LEAST_BACKGROUND_PX: usize = 50;

/// Comparison of one output with its target. SSIM is 1 and everything else 0 when they are equal; differences are on a scale from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// Structural similarity over the whole picture.
    pub ssim: f64,
    /// Mean absolute difference over the whole picture.
    pub l1: f64,
    /// Structural similarity in the face; `None` when none of it is in the picture.
    pub face_ssim: Option<f64>,
    /// Mean absolute difference in the face.
    pub face_l1: Option<f64>,
    /// Structural similarity around the mouth and the eyes.
    pub mouth_eyes_ssim: Option<f64>,
    /// Mean absolute difference around the mouth and the eyes.
    pub mouth_eyes_l1: Option<f64>,
    /// Mean absolute difference between output and source where neither has the head; `None` when the heads leave too little.
    pub background: Option<f64>,
}

/// A picture of the clip and the landmarks of its face: what the measures need to know about source and target.
type Shown<'a> = (&'a RgbImage, &'a Landmarks);

/// Compares an output with its target. All three pictures are [`MEASURE_PX`] square; `None` when one is not.
pub fn compare_pictures(output: &RgbImage, target: Shown<'_>, source: Shown<'_>) -> Option<Measures> {
    let square = |picture: &RgbImage| picture.dimensions() == (MEASURE_PX, MEASURE_PX);
    if !(square(output) && square(target.0) && square(source.0)) {
        return None;
    }
    let similarity = structural_similarity(output, target.0)?;
    let error = absolute_difference(output, target.0);
    let (face, details) = (face(target.1), mouth_and_eyes(target.1));
    let behind = background(source.1, target.1);
    Some(Measures {
        ssim: similarity.mean,
        l1: error.iter().sum::<f64>() / error.len() as f64,
        face_ssim: face.mean_of(&similarity.map),
        face_l1: face.mean_of(&error),
        mouth_eyes_ssim: details.mean_of(&similarity.map),
        mouth_eyes_l1: details.mean_of(&error),
        background: (behind.count() > LEAST_BACKGROUND_PX).then(|| behind.mean_of(&absolute_difference(output, source.0))).flatten(),
    })
}

/// Absolute difference at every pixel, mean over the channels, on a scale from 0 to 1.
fn absolute_difference(a: &RgbImage, b: &RgbImage) -> Vec<f64> {
    let pixel = |p: &image::Rgb<u8>, q: &image::Rgb<u8>| p.0.iter().zip(q.0).map(|(x, y)| u32::from(x.abs_diff(y))).sum::<u32>();
    a.pixels().zip(b.pixels()).map(|(p, q)| f64::from(pixel(p, q)) / (3.0 * 255.0)).collect()
}

/// How far the landmarks found in an output are from the target's, in distances between the target's eyes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LandmarkError {
    /// Mean over all 68 landmarks.
    pub all: f64,
    /// Mean over the mouth.
    pub mouth: f64,
    /// Mean over both eyes.
    pub eyes: f64,
}

/// Distance of the landmarks found in an output from those of its target; `None` when the target's eyes coincide.
pub fn compare_landmarks(found: &Landmarks, target: &Landmarks) -> Option<LandmarkError> {
    let eye_distance = f64::from(target.inter_ocular());
    let mean_over = |part: std::ops::Range<usize>| {
        let count = part.len() as f64;
        part.map(|i| f64::from(found.0[i].distance(target.0[i]))).sum::<f64>() / (count * eye_distance)
    };
    (eye_distance > 0.0).then(|| LandmarkError {
        all: mean_over(0..Landmarks::COUNT),
        mouth: mean_over(region::MOUTH),
        eyes: mean_over(region::EYES),
    })
}

#[cfg(test)]
mod tests {
    use super::super::compare_detail;
    use super::*;
    use glam::Vec2;
    use image::Rgb;

    /// Recorded by `tests/reference/evaluate_measures.py` with scikit-image 0.26, scipy 1.17 and numpy 2.4.
    const REFERENCE: Measures = Measures {
        ssim: 0.327_957_653,
        l1: 0.139_752_995,
        face_ssim: Some(0.316_522_856),
        face_l1: Some(0.140_187_056),
        mouth_eyes_ssim: Some(0.285_194_042),
        mouth_eyes_l1: Some(0.139_582_400),
        background: Some(0.138_633_772),
    };

    /// A textured picture by formula; the reference script has the same.
    fn picture(phase: u32) -> RgbImage {
        RgbImage::from_fn(MEASURE_PX, MEASURE_PX, |x, y| {
            let wave = |f: u32| (x * (3 + f) + y * (5 - f) + x * y * (f + 1) / 64 + phase * (7 + 11 * f)) % 256;
            let block = 40 * ((x / 16 + y / 16 + phase) % 3);
            Rgb([0, 1, 2].map(|channel| ((wave(channel) + block) >> 1) as u8))
        })
    }

    /// Landmarks by formula, whole numbers as dlib gives them; the reference script has the same.
    fn face_at(left: u32, top: u32) -> Landmarks {
        Landmarks(std::array::from_fn(|i| {
            let i = i as u32;
            let (x, y) = match i {
                0..17 => (i * 6, 30 + i * (16 - i)),
                17..27 => (8 + (i - 17) * 9, 18 - (i - 17) % 5),
                27..36 => (44 + i % 3 * 4, 30 + (i - 27) * 4),
                36..48 => (20 + (i - 36) / 6 * 42 + (i % 6) * 3, 32 + (i % 3) * 2),
                _ => (30 + (i - 48) % 10 * 4, 72 + (i - 48) / 10 * 5 + i % 4),
            };
            Vec2::new((left + x) as f32, (top + y) as f32)
        }))
    }

    #[test]
    fn agrees_with_the_reference_script() {
        let (output, target, source) = (picture(1), picture(2), picture(3));
        let got = compare_pictures(&output, (&target, &face_at(80, 90)), (&source, &face_at(60, 70))).expect("square pictures");
        let pairs = |m: &Measures| [Some(m.ssim), Some(m.l1), m.face_ssim, m.face_l1, m.mouth_eyes_ssim, m.mouth_eyes_l1, m.background];
        for (index, (got, expected)) in pairs(&got).into_iter().zip(pairs(&REFERENCE)).enumerate() {
            let difference = got.zip(expected).map(|(a, b)| (a - b).abs());
            assert!(difference.is_some_and(|d| d < 1e-6), "measure {index}: {got:?} instead of {expected:?}");
        }
    }

    #[test]
    fn detail_agrees_with_the_reference_script() {
        let region = mouth_and_eyes(&face_at(80, 90));
        let detail = compare_detail(&picture(1), &picture(2), &region).expect("pictures of one size");
        assert!((detail.output - 0.001_018_610).abs() < 1e-8 && (detail.target - 0.000_957_999).abs() < 1e-8, "{detail:?}");
        assert!(detail.sharpness().is_some_and(|s| (s - 1.063_268_956).abs() < 1e-6), "{detail:?}");
    }

    #[test]
    fn landmark_error_agrees_with_the_reference_script() {
        let mut found = face_at(80, 90);
        found.0.iter_mut().enumerate().for_each(|(i, p)| *p += Vec2::new((i % 3) as f32, (i % 5) as f32 - 2.0));
        let error = compare_landmarks(&found, &face_at(80, 90)).expect("eyes apart");
        for (got, expected) in [(error.all, 0.041_735_617), (error.mouth, 0.041_064_343), (error.eyes, 0.040_406_861)] {
            assert!((got - expected).abs() < 1e-6, "{got} instead of {expected}");
        }
    }

    #[test]
    fn equal_pictures_have_no_error() {
        let (shown, landmarks) = (picture(5), face_at(80, 90));
        let same = compare_pictures(&shown, (&shown, &landmarks), (&shown, &landmarks)).expect("square pictures");
        assert!((same.ssim - 1.0).abs() < 1e-9 && same.face_ssim.is_some_and(|s| (s - 1.0).abs() < 1e-9), "fully similar: {same:?}");
        assert_eq!((same.l1, same.face_l1, same.mouth_eyes_l1, same.background), (0.0, Some(0.0), Some(0.0), Some(0.0)), "no difference");
    }

    #[test]
    fn a_head_that_fills_the_picture_leaves_no_background() {
        let wide = face_at(80, 90).map(|p| (p - 128.0) * 4.0 + 128.0);
        let (shown, other) = (picture(5), picture(6));
        assert_eq!(compare_pictures(&shown, (&other, &wide), (&shown, &wide)).expect("square pictures").background, None, "nothing left");
    }

    #[test]
    fn unusable_input_gives_nothing() {
        let (good, small, landmarks) = (picture(1), RgbImage::new(64, 64), face_at(80, 90));
        assert_eq!(compare_pictures(&small, (&good, &landmarks), (&good, &landmarks)), None, "output of another size");
        assert_eq!(compare_landmarks(&landmarks, &Landmarks([Vec2::ZERO; 68])), None, "eyes in one place");
    }
}
