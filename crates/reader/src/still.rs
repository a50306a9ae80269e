//! Faces in a single picture, which may be small in it or lie on their side.

use std::f64::consts::{FRAC_PI_2, PI};

use glam::DVec2;

use crate::detector::Detection;
use crate::landmarks::LandmarkOutput;
use crate::picture::RgbView;
use crate::reader::{Reader, same_face};
use crate::region::{Region, overlap};

/// How often the squares that are searched are halved: a face of a thirtieth of the picture is found. Long, narrow pictures are searched in squares no
/// larger than their shorter side too, but for at most so many halvings.
const HALVINGS: usize = 2;
const MOST_HALVINGS: usize = 6;
/// Squares are not halved below this side, in pixels: the detector would see nothing that it did not see before.
const SMALLEST_SQUARE_PX: f64 = 128.0;
/// The most faces that are read.
const MOST_FACES: usize = 8;
/// Detections that overlap by more than this are the same face.
const SAME_FACE: f64 = 0.3;
/// How often the region is placed again around the landmarks that were found in it, as happens from picture to picture in a film.
const REFINEMENTS: usize = 2;
/// Turns in which a picture is searched where it shows no upright face.
const TURNS: [f64; 3] = [FRAC_PI_2, -FRAC_PI_2, PI];

/// Landmarks and regions of the faces, the largest first.
pub(crate) fn faces(reader: &mut Reader, picture: &RgbView<'_>) -> Vec<(LandmarkOutput, Region)> {
    let upright = squares(picture.size()).flat_map(|square| reader.detector.detect(picture, &square)).collect();
    let faces = read(reader, picture, distinct(upright));
    if !faces.is_empty() {
        return faces;
    }
    let whole = Region::whole(picture.size());
    let turned = TURNS.iter().flat_map(|angle| reader.detector.detect(picture, &Region { angle: *angle, ..whole })).collect();
    read(reader, picture, distinct(turned))
}

/// The whole picture, then squares of half its side, and so on, each overlapping the next by half.
pub(crate) fn squares(picture: DVec2) -> impl Iterator<Item = Region> {
    let longest = picture.max_element();
    let level = move |halving: usize| {
        let side = longest / (1 << halving) as f64;
        let counts = picture.to_array().map(|length| ((2.0 * length / side).ceil() as usize).saturating_sub(1).max(1));
        let centre = move |index: usize, count: usize, length: f64| {
            if count == 1 { length / 2.0 } else { side / 2.0 + (length - side) * index as f64 / (count - 1) as f64 }
        };
        (0..counts[0] * counts[1]).map(move |i| {
            let (x, y) = (i % counts[0], i / counts[0]);
            Region::square(DVec2::new(centre(x, counts[0], picture.x), centre(y, counts[1], picture.y)), side)
        })
    };
    let fine_enough = longest / picture.min_element();
    let halvings = HALVINGS.max((fine_enough.log2().ceil() as usize).min(MOST_HALVINGS));
    (0..=halvings).filter(move |halving| *halving == 0 || longest / (1 << halving) as f64 >= SMALLEST_SQUARE_PX).flat_map(level)
}

/// The best detection of each face.
fn distinct(mut detections: Vec<Detection>) -> Vec<Detection> {
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut faces: Vec<Detection> = Vec::new();
    for detection in detections {
        if faces.iter().all(|face| overlap(face.bounds(), detection.bounds()) <= SAME_FACE) {
            faces.push(detection);
        }
    }
    faces.truncate(4 * MOST_FACES);
    faces
}

fn read(reader: &mut Reader, picture: &RgbView<'_>, detections: Vec<Detection>) -> Vec<(LandmarkOutput, Region)> {
    let mut faces: Vec<(LandmarkOutput, Region)> = Vec::new();
    for detection in detections {
        let Some(found) = refined(reader, picture, detection.region()) else { continue };
        if faces.iter().all(|(face, _)| !same_face(face, &found.0)) {
            faces.push(found);
        }
    }
    faces.sort_by(|(_, a), (_, b)| b.size.element_product().total_cmp(&a.size.element_product()));
    faces.truncate(MOST_FACES);
    faces
}

/// The landmarks in a region, looked at again in regions that follow from them.
fn refined(reader: &mut Reader, picture: &RgbView<'_>, region: Region) -> Option<(LandmarkOutput, Region)> {
    let mut best = (reader.present(picture, &region)?, region);
    for _ in 0..REFINEMENTS {
        let region = Region::around_points(&best.0.points);
        match reader.present(picture, &region) {
            Some(found) => best = (found, region),
            None => break,
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_cover_the_picture_and_overlap_by_half() {
        for size in [
            DVec2::new(1000.0, 700.0),
            DVec2::new(400.0, 1600.0),
            DVec2::new(130.0, 90.0),
            DVec2::new(20_000.0, 40.0),
            DVec2::new(900.0, 9000.0),
        ] {
            let all: Vec<Region> = squares(size).collect();
            assert!(all.len() < 400, "{size}: {} squares", all.len());
            assert_eq!(all[0], Region::whole(size));
            for halving in 1..=HALVINGS {
                let side = size.max_element() / (1 << halving) as f64;
                let level: Vec<&Region> = all.iter().filter(|square| (square.size.x - side).abs() < 1e-9).collect();
                assert_eq!(level.is_empty(), side < SMALLEST_SQUARE_PX, "{size}, side {side}");
                // A face of up to a third of a square's side lies whole in one of them, wherever it is.
                for place in (0..=20).flat_map(|x| (0..=20).map(move |y| DVec2::new(f64::from(x), f64::from(y)) / 20.0)) {
                    let face_side = size.min(DVec2::splat(side / 3.0));
                    let face = place * (size - face_side) + face_side / 2.0;
                    let holds = |square: &&&Region| ((face - square.centre).abs() + face_side / 2.0).max_element() <= side / 2.0 + 1e-6;
                    assert!(level.is_empty() || level.iter().any(|square| holds(&square)), "{size}, side {side}: {face}");
                }
            }
        }
    }
}
