//! Where the pupils are: the iris is looked for as a dark disc with a bright rim between the lids.
//!
//! Classical, without trained weights: the mean radial change of brightness along a circle, as in Daugman's integro-differential operator
//! ("High confidence visual recognition of persons by a test of statistical independence", PAMI 1993), but only beside the middle, where the
//! lids leave the rim free; and the darkness of the circle's middle. Both eyes of a face look the same way and have irises of the same
//! size, so they are searched together first, and then each on its own around the common place.

use std::f32::consts::PI;

use glam::Vec2;
use image::RgbImage;
use retrato_core::math::smooth_step;

use super::eye_cut::{EYE_PX, EyeCut};
use crate::data::{Landmarks, region};

/// Radii of the iris that are tried, over the eye's width from corner to corner.
const RADII: [f32; 3] = [0.19, 0.22, 0.25];
/// Places that are tried in the first search: steps of two pixels to both sides of the middle.
const STEPS: [i32; 2] = [8, 4];
/// The part of the iris that is the darkest: the pupil. As a share of the radius.
const PUPIL: f32 = 0.45;
/// Directions in which the rim is looked at, and the same mirrored: up to 50 degrees from the horizontal.
const RIM: [(f32, f32); 7] =
    [(0.643, -0.766), (0.818, -0.575), (0.943, -0.332), (1.0, 0.0), (0.943, 0.332), (0.818, 0.575), (0.643, 0.766)];
/// Distance of the two places that are compared across the rim from it, in pixels.
const RIM_PX: f32 = 1.2;
/// Open places along the rim that a rim must have to count half.
const RIM_SUPPORT: f32 = 1.5;
/// What one place along the rim can say at most: neither a lash nor a highlight shall outweigh the others.
const ONE_PLACE: std::ops::RangeInclusive<f32> = -0.1..=0.6;
/// Weights of the score: rim 1, darkness of the pupil, share of the iris between the lids, square of the distance from the middle.
const DARKNESS: f32 = 1.0;
const OPEN: f32 = 0.8;
const MIDDLE: f32 = 0.3;
/// Cost of the square of the distance between the common place of both eyes and an eye's own.
const APART: f32 = 4.0;

/// The upper lid hides more of an iris than the lower one, so what is seen of it lies lower than its middle, by this share of the eye's width.
/// Measured on synthetic heads.
const HIDDEN: f32 = 0.035;
/// A rim from which there is no doubt any more.
const SURE_RIM: f32 = 0.4;

/// Mean confidence of both pupils below which a picture's own are not believed.
const LEAST_CONFIDENCE: f32 = 0.35;

/// Radius of the disc of which the darkness says whether a pupil lies there, over the eye's width. Derived: half an iris's.
const DARK_DISC: f32 = 0.11;
/// Least share of that disc between the lids where a pupil is looked for. Tuned with [`RAISED_LID`].
const DARK_DISC_OPEN: f32 = 0.4;
/// How much further up than a reader's upper lid a pupil is looked for, over the eye's width: eyes that are rolled up raise their lids more than readers say. Tuned by looking
/// at `lively_turns`.
const RAISED_LID: f32 = 0.15;
/// Places that are tried for overlooked pupils, in steps of two pixels from the middle of the eye: to either side, up and down. Derived: to the corners and the lids.
const OVERLOOKED_STEPS: [i32; 3] = [6, 5, 2];
/// How much darker the eyes are elsewhere than at the pupils that are said, from where on it is doubted that these are pupils, and from where on it is sure that they are
/// none. Measured by looking at six clips: of the frames in which the pupils are right, one in a hundred has more than 0.12 to 0.2; with eyes rolled up or far aside and
/// in fast glances it is 0.15 to 0.6.
const DARKER: std::ops::Range<f32> = 0.1..0.22;

/// How an eye is looked at: between pixels, or quicker at the next one.
trait Look: Fn(&EyeCut, Vec2) -> Option<(f32, f32)> {}
impl<F: Fn(&EyeCut, Vec2) -> Option<(f32, f32)>> Look for F {}

/// A pupil as found in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pupil {
    /// Its middle, in pixels of the picture.
    pub at: Vec2,
    /// How sure it is, 0 to 1.
    pub confidence: f32,
}

/// The pupils of the face with these landmarks, in pixels of the picture; the sitter's right one (between landmarks 36 and 39) first.
/// `None` for an eye that is shut, too small or outside the picture. Takes about half a millisecond.
pub fn find_pupils(picture: &RgbImage, landmarks: &Landmarks) -> [Option<Pupil>; 2] {
    let firsts = [region::RIGHT_EYE.start, region::LEFT_EYE.start];
    let width_px = firsts.map(|first| landmarks.0[first].distance(landmarks.0[first + 3])).into_iter().fold(0.0, f32::max);
    let eyes = firsts.map(|first| EyeCut::new(picture, landmarks, first, width_px));
    let Some((offset, radius)) = search_together(&eyes) else { return [None; 2] };
    eyes.map(|eye| {
        let eye = eye?;
        let at = refine(&eye, eye.middle() + offset, radius);
        let confidence = (rim(&eye, at, radius, EyeCut::at) / SURE_RIM).clamp(0.0, 1.0);
        Some(Pupil { at: eye.picture_from_cut(at - Vec2::Y * HIDDEN * EYE_PX as f32), confidence })
    })
}

/// The pupils of a face that is seen once, in pixels of the picture: the middle of the opening where an iris is hard to see.
pub fn rest_pupils(picture: &RgbImage, landmarks: &Landmarks) -> [Vec2; 2] {
    let [right, left] = find_pupils(picture, landmarks);
    match (right, left) {
        // The two were searched together, so they are right or wrong together.
        (Some(right), Some(left)) if right.confidence + left.confidence > 2.0 * LEAST_CONFIDENCE => [right.at, left.at],
        _ => landmarks.eye_centres(),
    }
}

/// Where the pupils are when those that a reader says (the sitter's right one first) are none, since a pupil is dark: in pixels of the picture, and how sure it is,
/// 0 to 1, that the reader's are none. Readers lose irises that the upper lid half covers, and those of fast or far glances.
///
/// Both eyes look the same way, so the place is looked for in both together: a dark corner of one eye is no pupil. `None` for eyes that are shut, too small or
/// outside the picture.
pub fn overlooked_pupils(picture: &RgbImage, landmarks: &Landmarks, said: [Vec2; 2]) -> Option<([Vec2; 2], f32)> {
    let firsts = [region::RIGHT_EYE.start, region::LEFT_EYE.start];
    let [right, left] = firsts.map(|first| {
        let (raised, width_px) = with_raised_lid(landmarks, first);
        EyeCut::new(picture, &raised, first, width_px)
    });
    let eyes = [right?, left?];
    let [across, up, down] = OVERLOOKED_STEPS;
    let offsets = (-up..=down).flat_map(|y| (-across..=across).map(move |x| Vec2::new(x as f32, y as f32) * 2.0));
    let together = |offset: &Vec2| eyes.iter().map(|eye| pupil_darkness(eye, eye.middle() + *offset)).sum::<f32>() - middle_cost(*offset);
    let (offset, _) = offsets.map(|offset| (offset, together(&offset))).max_by(|a, b| a.1.total_cmp(&b.1))?;
    let found = [0, 1].map(|side| darkest_near(&eyes[side], eyes[side].middle() + offset));
    // Pupils that lids hide cannot be judged.
    let darker = |side: usize| {
        let said = pupil_darkness(&eyes[side], eyes[side].cut_from_picture(said[side]));
        (said > 0.0).then(|| pupil_darkness(&eyes[side], found[side]) - said)
    };
    let judged: Vec<f32> = (0..2).filter_map(darker).collect();
    let doubt = smooth_step(&DARKER, judged.iter().sum::<f32>() / judged.len().max(1) as f32);
    Some(([0, 1].map(|side| eyes[side].picture_from_cut(found[side])), doubt))
}

/// The landmarks with the upper lid of the eye that begins at `first` raised, and the width of that eye.
fn with_raised_lid(landmarks: &Landmarks, first: usize) -> (Landmarks, f32) {
    let along = landmarks.0[first + 3] - landmarks.0[first];
    let mut raised = landmarks.clone();
    for lid in &mut raised.0[first + 1..first + 3] {
        *lid -= RAISED_LID * along.perp();
    }
    (raised, along.length())
}

/// Mean darkness of the middle of an iris around `at`, 0 to about 1; 0 where the lids hide it.
fn pupil_darkness(eye: &EyeCut, at: Vec2) -> f32 {
    let radius = DARK_DISC * EYE_PX as f32;
    let (darkness, open) = eye.disc(at, radius);
    if open < DARK_DISC_OPEN * PI * radius * radius { 0.0 } else { darkness / (open + 1.0) }
}

/// What a place costs that lies so far from the middle, in pixels of the cut.
fn middle_cost(offset: Vec2) -> f32 {
    MIDDLE * (offset / EYE_PX as f32).length_squared()
}

/// The darkest place of one eye near `start`, to a pixel.
fn darkest_near(eye: &EyeCut, start: Vec2) -> Vec2 {
    let around = (-2..=2).flat_map(|y| (-2..=2).map(move |x| Vec2::new(x as f32, y as f32)));
    let rated = around.map(|by| (start + by, pupil_darkness(eye, start + by) - APART * (by / EYE_PX as f32).length_squared()));
    rated.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(start, |(at, _)| at)
}

/// The offset from the middle of the eye and the radius, in pixels of the cut, that suit all eyes best.
fn search_together(eyes: &[Option<EyeCut>; 2]) -> Option<(Vec2, f32)> {
    if eyes.iter().all(Option::is_none) {
        return None;
    }
    let radii = RADII.map(|radius| radius * EYE_PX as f32);
    let [across, down] = STEPS;
    let offsets = (-down..=down).flat_map(|y| (-across..=across).map(move |x| Vec2::new(x as f32, y as f32) * 2.0));
    let candidates = radii.into_iter().flat_map(|radius| offsets.clone().map(move |offset| (offset, radius)));
    let rated = candidates.map(|(offset, radius)| {
        let scores = eyes.iter().flatten().map(|eye| score(eye, eye.middle() + offset, radius, EyeCut::near));
        (scores.sum::<f32>(), offset, radius)
    });
    rated.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, offset, radius)| (offset, radius))
}

/// The best place for one eye near `start`, to a quarter of a pixel.
fn refine(eye: &EyeCut, start: Vec2, radius: f32) -> Vec2 {
    let rate = |at: Vec2| score(eye, at, radius, EyeCut::at) - APART * ((at - start) / EYE_PX as f32).length_squared();
    let mut best = (start, rate(start));
    for (reach, step) in [(2, 2.0), (1, 1.0), (1, 0.5), (1, 0.25)] {
        let around = best.0;
        for (x, y) in (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y))) {
            let at = around + Vec2::new(x as f32, y as f32) * step;
            let rated = rate(at);
            if rated > best.1 {
                best = (at, rated);
            }
        }
    }
    best.0
}

/// How well an iris of `radius` fits around `at`.
fn score(eye: &EyeCut, at: Vec2, radius: f32, look: impl Look) -> f32 {
    let (darkness, open) = eye.disc(at, PUPIL * radius);
    rim(eye, at, radius, look) + DARKNESS * darkness / (open + 1.0) + OPEN * eye.open_share(at, radius) - middle_cost(at - eye.middle())
}

/// How much darker it is inside the rim than outside, about 0 to 1: mean over the places along the rim that the lids leave free.
fn rim(eye: &EyeCut, at: Vec2, radius: f32, look: impl Look) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (x, y) in RIM {
        for outwards in [Vec2::new(x, y), Vec2::new(-x, y)] {
            let places = [radius - RIM_PX, radius + RIM_PX].map(|distance| look(eye, at + outwards * distance));
            let [Some((inside, open_inside)), Some((outside, open_outside))] = places else { continue };
            let weight = (0.3 + x * x) * open_inside.min(open_outside);
            sum += weight * (inside - outside).clamp(*ONE_PLACE.start(), *ONE_PLACE.end());
            count += weight;
        }
    }
    sum / (count + RIM_SUPPORT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    const INTER_OCULAR_PX: f32 = 90.0;

    /// A face that is tilted by `roll_rad`, with irises moved by `offset` from the middle between the corners, in pixels.
    fn face(roll_rad: f32, offset: Vec2, lids: f32) -> (Landmarks, [Vec2; 2]) {
        let place = |p: Vec2| Vec2::from_angle(roll_rad).rotate(p * INTER_OCULAR_PX) + Vec2::new(130.0, 60.0);
        let mut landmarks = Landmarks(template().map(|p| place(p.truncate())));
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            landmarks.0[upper] = landmarks.0[lower].lerp(landmarks.0[upper], lids);
        }
        let irises = [36, 42].map(|first| 0.5 * (landmarks.0[first] + landmarks.0[first + 3]) + offset);
        (landmarks, irises)
    }

    /// Skin, and between the lids a white with an iris, its pupil and a highlight.
    fn painted(landmarks: &Landmarks, irises: [Vec2; 2], colours: [u8; 4]) -> RgbImage {
        let [skin, white, iris, pupil] = colours;
        let inside = |first: usize, p: Vec2| {
            let corner = |i: usize| landmarks.0[first + i % 6];
            (0..6).all(|i| (corner(i + 1) - corner(i)).perp_dot(p - corner(i)) > 0.0)
        };
        RgbImage::from_fn(260, 120, |x, y| {
            let p = Vec2::new(x as f32, y as f32);
            let grain = (x * 7 + y * 13) % 8;
            let value = [36, 42].into_iter().zip(irises).find(|(first, _)| inside(*first, p)).map_or(skin, |(_, centre)| {
                match p.distance(centre) {
                    _ if p.distance(centre + Vec2::new(1.5, -1.5)) < 1.0 => 250,
                    d if d < 3.0 => pupil,
                    d if d < 7.5 => iris,
                    _ => white,
                }
            });
            image::Rgb([value.saturating_add(grain as u8); 3])
        })
    }

    fn errors(found: [Option<Pupil>; 2], irises: [Vec2; 2]) -> [f32; 2] {
        let hidden = HIDDEN * 0.39 * INTER_OCULAR_PX;
        std::array::from_fn(|i| found[i].map_or(f32::INFINITY, |pupil| pupil.at.distance(irises[i] - Vec2::Y * hidden)))
    }

    #[test]
    fn irises_are_found_wherever_they_look() {
        for colours in [[170, 225, 60, 20], [90, 130, 60, 40], [200, 215, 150, 60]] {
            for (roll_rad, offset) in
                [(0.0, Vec2::ZERO), (0.0, Vec2::new(7.0, 0.5)), (0.25, Vec2::new(-6.0, 0.0)), (-0.3, Vec2::new(2.0, 1.5))]
            {
                let (landmarks, irises) = face(roll_rad, offset, 1.0);
                let found = find_pupils(&painted(&landmarks, irises, colours), &landmarks);
                let errors = errors(found, irises);
                assert!(errors.iter().all(|e| *e < 2.5), "{errors:?} pixels off, colours {colours:?}, offset {offset}, roll {roll_rad}");
                let sure = found.iter().flatten().all(|pupil| pupil.confidence > LEAST_CONFIDENCE);
                assert!(sure, "clear irises are sure: {found:?}");
            }
        }
    }

    #[test]
    fn pupils_that_are_none_are_looked_for_and_those_that_are_stay() {
        let colours = [170, 225, 60, 20];
        for offset in [Vec2::new(0.0, -8.0), Vec2::new(9.0, -3.0), Vec2::new(-9.0, 0.0)] {
            let (landmarks, irises) = face(0.1, offset, 1.0);
            let picture = painted(&landmarks, irises, colours);
            let (found, doubt) = overlooked_pupils(&picture, &landmarks, landmarks.eye_centres()).expect("open eyes");
            assert!(doubt > 0.9, "the white is no pupil, {offset}: {doubt}");
            let error = [0, 1].map(|side| found[side].distance(irises[side]));
            assert!(error.iter().all(|error| *error < 4.0), "{error:?} pixels off at {offset}");
            let (_, doubt) = overlooked_pupils(&picture, &landmarks, irises).expect("open eyes");
            let lid_hides_pupil = offset.y < -5.0;
            assert!(lid_hides_pupil || doubt < 0.1, "these are pupils, {offset}: {doubt}");
        }
    }

    #[test]
    fn dark_corners_of_both_eyes_are_no_pupils() {
        let (landmarks, irises) = face(0.0, Vec2::ZERO, 1.0);
        let mut picture = painted(&landmarks, irises, [170, 225, 110, 90]);
        for (corner, inwards) in [(landmarks.0[36], 5.0), (landmarks.0[45], -5.0)] {
            for (x, y) in (-4..=4).flat_map(|y| (-4..=4).map(move |x| (x, y))) {
                let at = (corner + Vec2::new(inwards, 0.0)).as_ivec2() + glam::IVec2::new(x, y);
                picture.put_pixel(at.x as u32, at.y as u32, image::Rgb([10; 3]));
            }
        }
        let (_, doubt) = overlooked_pupils(&picture, &landmarks, irises).expect("open eyes");
        assert!(doubt < 0.1, "they do not look the same way: {doubt}");
    }

    #[test]
    fn shut_and_tiny_eyes_have_no_pupil() {
        let (landmarks, irises) = face(0.0, Vec2::ZERO, 0.0);
        let picture = painted(&landmarks, irises, [170, 225, 60, 20]);
        assert_eq!(find_pupils(&picture, &landmarks), [None; 2], "shut eyes");
        let (landmarks, _) = face(0.0, Vec2::ZERO, 1.0);
        assert_eq!(find_pupils(&picture, &landmarks.map(|p| p * 0.05)), [None; 2], "eyes of two pixels");
        for nonsense in [f32::NAN, 1e30] {
            assert_eq!(find_pupils(&picture, &Landmarks([Vec2::splat(nonsense); 68])), [None; 2], "nonsense");
        }
        assert_eq!(find_pupils(&RgbImage::new(0, 0), &landmarks), [None; 2], "an empty picture");
        assert!(overlooked_pupils(&picture, &landmarks.map(|p| p * 0.05), landmarks.eye_centres()).is_none(), "eyes of two pixels");
        for nowhere in [Vec2::splat(f32::NAN), Vec2::splat(1e30)] {
            let (found, doubt) = overlooked_pupils(&picture, &landmarks, [nowhere; 2]).expect("open eyes");
            assert!(found.iter().all(|at| at.is_finite()) && (0.0..=1.0).contains(&doubt), "{found:?}, {doubt}");
        }
    }

    #[test]
    fn without_an_iris_the_pupils_rest_in_the_middle() {
        let (landmarks, irises) = face(0.0, Vec2::new(6.0, 0.0), 1.0);
        let blank = RgbImage::from_pixel(260, 120, image::Rgb([170; 3]));
        assert_eq!(rest_pupils(&blank, &landmarks), landmarks.eye_centres(), "a blank face");
        let looking = rest_pupils(&painted(&landmarks, irises, [170, 225, 60, 20]), &landmarks);
        assert!(looking[0].x > landmarks.eye_centres()[0].x + 4.0, "a look to the side is kept: {looking:?}");
    }
}
