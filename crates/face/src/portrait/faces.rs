//! Finds the faces in a picture: large and small, painted, tilted, faint; and fits landmarks into a box drawn by hand.

use glam::Vec2;
use image::{RgbImage, RgbaImage, imageops};

use crate::data::{Landmarks, PixelBox};
use crate::face::{
    FaceFinder, FaceFinders, FacePlace, MeshFinder, ReadOptions, Reading, SMALLEST_FACE_PX, Similarity, UprightCut, parts_in_order,
    read_landmarks, resized, shape_distance, template,
};

use super::PortraitError;
use super::candidate::{FaceCandidate, MOST_SHAPE_DISTANCE, SAME_FACE, Seen, merged};
use super::crop::opaque;

/// A portrait is read once, so it can be read well.
const READING: ReadOptions = ReadOptions { face_px: 300, squares: 5 };
/// A guess among many in a box drawn by hand.
const QUICK_READING: ReadOptions = ReadOptions { face_px: 200, squares: 3 };

/// Long sides at which every picture is searched: faces of a sixth and of a thirteenth of it.
const USUAL_SIDES: [u32; 2] = [480, 1040];
/// Long side for faces still smaller, when the usual ones have none.
const LARGEST_SIDE: u32 = 2200;
/// Of a picture that is longer than this many times its shorter side, only so much counts for its scale: its faces are no larger than that side.
const MOST_ELONGATED: f32 = 2.0;
/// No picture that is searched is longer, in pixels.
const MOST_SIDE_PX: f32 = 8000.0;
/// Larger upscaling than this only finds noise.
const MOST_ENLARGED: f32 = 3.0;
/// Long side on which the changed versions of the picture are searched.
const CHANGED_SIDE: u32 = 640;

/// Limit of a plausible face: agreement of the readings, in inter-ocular distances.
const MOST_SPREAD: f32 = 0.035;
/// The same where the detector saw a face only in a changed picture. It also finds faces in dogs then, but the readings disagree there.
const MOST_SPREAD_IN_CHANGED: f32 = 0.018;
/// Least side of a box drawn by hand, in pixels.
const LEAST_BOX_PX: f32 = 12.0;

/// The faces of a picture, the largest first; none when there is no human face.
///
/// Reads meshes, and tries the picture as it is at several scales; when nobody is found, enlarged, then turned, brightened, evened out and softened.
pub fn find_faces(finders: &mut FaceFinders<'_>, pixels: &RgbaImage) -> Vec<FaceCandidate> {
    find_faces_telling(finders, pixels, |_| {})
}

/// The same, and tells `early` the largest one as soon as a large one is found: looking for small ones takes longer than that.
pub fn find_faces_telling(finders: &mut FaceFinders<'_>, pixels: &RgbaImage, early: impl FnOnce(&FaceCandidate)) -> Vec<FaceCandidate> {
    let flat = opaque(pixels);
    let seen = finders.mesh.as_mut().map_or_else(Vec::new, |mesh| Seen::of(&mesh.faces(&flat)));
    let mut early = Some(early);
    if let Some(largest) = seen.first().filter(|seen| seen.is_sure())
        && let Some(early) = early.take()
    {
        early(&largest.face);
    }
    let found = match finders.landmarks.as_mut() {
        Some(finder) => found_by_landmarks(&mut **finder, &flat, seen.iter().any(Seen::is_sure), |largest| {
            if let Some(early) = early.take() {
                early(largest);
            }
        }),
        None => Vec::new(),
    };
    merged(seen, found)
}

/// The faces that the detector finds, the largest first. Where one is known already, the picture is searched as it is only.
fn found_by_landmarks(
    finder: &mut dyn FaceFinder,
    flat: &RgbImage,
    is_known: bool,
    early: impl FnOnce(&FaceCandidate),
) -> Vec<FaceCandidate> {
    let mut search = FaceSearch { finder, picture: flat, found: Vec::new() };
    let [coarse, fine] = USUAL_SIDES;
    search.at_scale(coarse, 0.0, None);
    search.largest_first();
    if let Some(largest) = search.found.first() {
        early(largest);
    }
    search.at_scale(fine, 0.0, None);
    let attempts = [Attempt::Plain(LARGEST_SIDE)]
        .into_iter()
        .chain([-15.0, 15.0, -30.0, 30.0, 90.0, -90.0, 180.0].map(Attempt::Turned))
        .chain([Change::Even, Change::Brighten, Change::Darken, Change::Soften].map(Attempt::Changed));
    for attempt in attempts {
        if is_known || !search.found.is_empty() {
            break;
        }
        match attempt {
            Attempt::Plain(side) => search.at_scale(side, 0.0, None),
            Attempt::Turned(degrees) => search.at_scale(CHANGED_SIDE, f32::to_radians(degrees), None),
            Attempt::Changed(change) => search.at_scale(CHANGED_SIDE, 0.0, Some(change)),
        }
    }
    search.largest_first();
    search.found
}

/// Ways to look again at a picture in which nobody was found.
#[derive(Clone, Copy)]
enum Attempt {
    Plain(u32),
    Turned(f32),
    Changed(Change),
}

/// Changes that bring out a face for the detector.
#[derive(Clone, Copy)]
enum Change {
    Even,
    Brighten,
    Darken,
    Soften,
}

impl Change {
    fn apply(self, picture: &RgbImage) -> RgbImage {
        match self {
            Self::Even => evened(picture),
            Self::Brighten => with_gamma(picture, 0.5),
            Self::Darken => with_gamma(picture, 1.8),
            Self::Soften => imageops::fast_blur(picture, 1.6),
        }
    }
}

struct FaceSearch<'a> {
    finder: &'a mut dyn FaceFinder,
    picture: &'a RgbImage,
    found: Vec<FaceCandidate>,
}

impl FaceSearch<'_> {
    fn largest_first(&mut self) {
        self.found.sort_by(|a, b| b.place.side_px.total_cmp(&a.place.side_px));
    }

    /// Searches the picture scaled to a long side, turned back by `roll_rad`, and changed.
    fn at_scale(&mut self, long_side: u32, roll_rad: f32, change: Option<Change>) {
        let (width, height) = self.picture.dimensions();
        let longest = width.max(height).max(1);
        let counted = (longest as f32).min(MOST_ELONGATED * width.min(height).max(1) as f32);
        let factor = (long_side as f32 / counted).min(MOST_ENLARGED).min(MOST_SIDE_PX / longest as f32);
        let whole = FacePlace { centre: Vec2::new(width as f32 - 1.0, height as f32 - 1.0) * 0.5, side_px: longest as f32, roll_rad };
        let turned = || UprightCut::new(self.picture, &whole, (longest as f32 * factor) as u32, 0.0);
        let (scaled, cut) = if roll_rad == 0.0 {
            let [width, height] = [width, height].map(|side| (side as f32 * factor).round() as u32);
            (resized(self.picture, width, height), None)
        } else {
            let cut = turned();
            (cut.as_ref().map(|cut| cut.pixels.clone()), cut)
        };
        let Some(scaled) = scaled else { return };
        let most_spread = if cut.is_some() || change.is_some() { MOST_SPREAD_IN_CHANGED } else { MOST_SPREAD };
        let searched = change.map_or_else(|| scaled.clone(), |change| change.apply(&scaled));
        for found in self.finder.detect(&searched) {
            let place = match &cut {
                None => FacePlace::from_box(&found).scaled(1.0 / factor),
                Some(cut) => FacePlace { centre: cut.picture_from_cut(found.centre() - 0.5), side_px: found.width() / factor, roll_rad },
            };
            self.consider(&place, most_spread);
        }
    }

    /// Settles on the face at a place, and keeps it when it looks like one and is not known yet.
    fn consider(&mut self, place: &FacePlace, most_spread: f32) {
        let Some((place, reading)) = self.settle_best(place) else { return };
        let known = self.found.iter().any(|face| face.place.to_box().overlap(&place.to_box()) > SAME_FACE);
        if !known && is_plausible(&reading, most_spread) {
            self.found.push(FaceCandidate { landmarks_in_image: reading.landmarks, place, mesh_in_image: None });
        }
    }

    /// Settles from the place itself and, unless that is clearly a face, from others around it; the most face-like reading wins.
    fn settle_best(&mut self, place: &FacePlace) -> Option<(FacePlace, Reading)> {
        let mut best: Option<(FacePlace, Reading)> = None;
        for (tilt_rad, factor) in STARTS {
            let start = FacePlace { roll_rad: place.roll_rad + tilt_rad, side_px: place.side_px * factor, ..*place };
            let settled = settle(self.finder, self.picture, &start, READING, 3);
            best = best.into_iter().chain(settled).min_by(|a, b| cost(&a.1).total_cmp(&cost(&b.1)));
            if best.as_ref().is_some_and(|(_, reading)| reading.spread < CLEARLY_A_FACE) {
                break;
            }
        }
        best
    }
}

/// Tilts and sizes of the detector's box from which a reading is started: painted and half-turned heads need some help.
const STARTS: [(f32, f32); 5] = [(0.0, 1.0), (-0.15, 1.0), (0.15, 1.0), (0.0, 0.9), (0.0, 1.12)];

/// Spread of the readings under which one start is enough.
const CLEARLY_A_FACE: f32 = 0.012;

/// How little a reading looks like a face.
fn cost(reading: &Reading) -> f32 {
    reading.spread + 0.3 * shape_distance(&reading.landmarks)
}

fn is_plausible(reading: &Reading, most_spread: f32) -> bool {
    reading.spread < most_spread && parts_in_order(&reading.landmarks) && shape_distance(&reading.landmarks) < MOST_SHAPE_DISTANCE
}

/// Reads landmarks, moves to where they say the face is, and reads again.
fn settle(
    finder: &mut dyn FaceFinder,
    picture: &RgbImage,
    start: &FacePlace,
    options: ReadOptions,
    rounds: usize,
) -> Option<(FacePlace, Reading)> {
    let mut place = *start;
    let mut last = None;
    for _ in 0..rounds {
        let reading = read_landmarks(finder, picture, &place, options)?;
        place = FacePlace::from_landmarks(&reading.landmarks).filter(FacePlace::is_sane)?;
        last = Some((place, reading));
    }
    last
}

/// The face in a detector's box, read as well as that of a portrait: as a mesh where one is seen in it. `None` when the box is unusable.
pub fn read_in_box(finders: &mut FaceFinders<'_>, picture: &RgbImage, found: &PixelBox) -> Option<FaceCandidate> {
    let start = FacePlace::from_box(found);
    let seen = finders.mesh.as_mut().and_then(|mesh| seen_near(&mut **mesh, picture, &start));
    seen.or_else(|| {
        let (place, reading) = settle(&mut **finders.landmarks.as_mut()?, picture, &start, READING, 3)?;
        Some(FaceCandidate { landmarks_in_image: reading.landmarks, place, mesh_in_image: None })
    })
}

/// The face in a box that a person has drawn, from brows to chin or around the whole head.
///
/// Reads a mesh in squares around the box first. Where there is none, tries boxes around the drawn one, tilted ones too, and takes the most plausible
/// landmarks that stay in it; where nothing looks like a face (an animal, a doodle), the generic face is laid into the box, for the user to adjust.
///
/// # Errors
/// [`PortraitError::NoFaceInBox`] for a box that holds nothing of the picture.
pub fn fit_in_box(finders: &mut FaceFinders<'_>, pixels: &RgbaImage, drawn: &PixelBox) -> Result<FaceCandidate, PortraitError> {
    let start = FacePlace::from_box(drawn);
    let inside = PixelBox { left: 0.0, top: 0.0, right: pixels.width() as f32, bottom: pixels.height() as f32 };
    let useful = start.is_sane() && drawn.width().min(drawn.height()) >= LEAST_BOX_PX && drawn.overlap(&inside) > 0.0;
    if !useful {
        return Err(PortraitError::NoFaceInBox);
    }
    let flat = opaque(pixels);
    let seen = finders.mesh.as_mut().and_then(|mesh| seen_near(&mut **mesh, &flat, &start));
    let fitted = || finders.landmarks.as_mut().and_then(|finder| fitted_near(&mut **finder, &flat, &start));
    Ok(seen.or_else(fitted).unwrap_or_else(|| generic_face_in(&start)))
}

/// The mesh of the face at a place that a person has drawn.
fn seen_near(mesh: &mut dyn MeshFinder, flat: &RgbImage, start: &FacePlace) -> Option<FaceCandidate> {
    // The reader wants a square of twice the detector's; people draw about that, or the face alone.
    [2.0, 1.4, 2.8].into_iter().find_map(|factor| {
        let mut found = mesh.face_in(flat, start.centre + 0.5, factor * start.side_px)?;
        // Once more where the face turned out to be.
        if let Some(place) = FacePlace::from_landmarks(&found.mesh.landmarks())
            && let Some(again) = mesh.face_in(flat, place.centre + 0.5, 2.0 * place.side_px)
        {
            found = again;
        }
        FaceCandidate::of_mesh(&found).filter(|face| stays(&face.place, start))
    })
}

/// The landmarks of the face at a place that a person has drawn, tilted or smaller ones too.
fn fitted_near(finder: &mut dyn FaceFinder, flat: &RgbImage, start: &FacePlace) -> Option<FaceCandidate> {
    let guesses = variants_of(start).filter_map(|variant| {
        let (place, reading) = settle(finder, flat, &variant, QUICK_READING, 2)?;
        let cost = cost(&reading) + 0.03 * strayed(&place, start);
        (stays(&place, start) && is_plausible(&reading, MOST_SPREAD)).then_some((cost, place))
    });
    let (_, best) = guesses.min_by(|a, b| a.0.total_cmp(&b.0))?;
    let (place, reading) = settle(finder, flat, &best, READING, 1)?;
    Some(FaceCandidate { landmarks_in_image: reading.landmarks, place, mesh_in_image: None })
}

/// How far a face lies from where it was drawn, in sides of the drawn square.
fn strayed(place: &FacePlace, start: &FacePlace) -> f32 {
    place.centre.distance(start.centre) / start.side_px
}

/// Whether a face is the one that was drawn.
fn stays(place: &FacePlace, start: &FacePlace) -> bool {
    strayed(place, start) < 0.35 && (0.45..1.4).contains(&(place.side_px / start.side_px))
}

fn variants_of(start: &FacePlace) -> impl Iterator<Item = FacePlace> {
    let start = *start;
    [0.0_f32, -18.0, 18.0, -36.0, 36.0].into_iter().flat_map(move |degrees| {
        let tilted = FacePlace { roll_rad: degrees.to_radians(), ..start };
        // The detector's box spans brows to chin; people draw wider, and around the hair.
        [(0.0, 1.0), (0.08, 0.85), (0.1, 0.7)].map(|(down, factor)| tilted.varied(Vec2::new(0.0, down), factor))
    })
}

fn generic_face_in(place: &FacePlace) -> FaceCandidate {
    let flat = Landmarks(template().map(glam::Vec3::truncate));
    let own = FacePlace::from_landmarks(&flat).map_or(1.0, |own| own.side_px);
    let turn_and_scale = Vec2::from_angle(place.roll_rad) * (place.side_px / own);
    let unshifted = Similarity { turn_and_scale, shift: Vec2::ZERO };
    let placed = flat.map(|p| unshifted.apply(p));
    let shift = FacePlace::from_landmarks(&placed).map_or(Vec2::ZERO, |at| place.centre - at.centre);
    FaceCandidate { landmarks_in_image: placed.map(|p| p + shift), place: *place, mesh_in_image: None }
}

fn with_gamma(picture: &RgbImage, gamma: f32) -> RgbImage {
    let table: [u8; 256] = std::array::from_fn(|v| ((v as f32 / 255.0).powf(gamma) * 255.0).round() as u8);
    let mut changed = picture.clone();
    for value in changed.iter_mut() {
        *value = table[usize::from(*value)];
    }
    changed
}

/// Brightness measured against its surroundings: lifts faces out of dark, faded and unevenly lit pictures. The result is grey.
fn evened(picture: &RgbImage) -> RgbImage {
    let grey = imageops::grayscale(picture);
    let around = imageops::fast_blur(&grey, SMALLEST_FACE_PX / 2.0);
    let squares = image::ImageBuffer::<image::Luma<f32>, Vec<f32>>::from_fn(grey.width(), grey.height(), |x, y| {
        let difference = f32::from(grey.get_pixel(x, y)[0]) - f32::from(around.get_pixel(x, y)[0]);
        image::Luma([difference * difference])
    });
    let variance = imageops::fast_blur(&squares, SMALLEST_FACE_PX / 2.0);
    RgbImage::from_fn(grey.width(), grey.height(), |x, y| {
        let difference = f32::from(grey.get_pixel(x, y)[0]) - f32::from(around.get_pixel(x, y)[0]);
        let value = 128.0 + 48.0 * difference / variance.get_pixel(x, y)[0].max(16.0).sqrt();
        image::Rgb([value.clamp(0.0, 255.0) as u8; 3])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Finds nothing, and reads landmarks that scatter with the box, as on a background.
    struct Blind;

    impl FaceFinder for Blind {
        fn detect(&mut self, _: &RgbImage) -> Vec<PixelBox> {
            Vec::new()
        }

        fn predict(&mut self, _: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>> {
            let scattered = |b: &PixelBox| Landmarks(std::array::from_fn(|i| b.centre() + Vec2::from_angle(i as f32 * b.left) * 30.0));
            Some(boxes.iter().map(scattered).collect())
        }
    }

    /// Sees the upright of a picture with a bright upper edge, and reads the generic face there, whichever square it is asked in.
    struct Upright;

    impl FaceFinder for Upright {
        fn detect(&mut self, picture: &RgbImage) -> Vec<PixelBox> {
            let (width, height) = picture.dimensions();
            let is_bright = |x: u32, y: u32| picture.get_pixel(x, y)[0] > 200;
            let is_upright = is_bright(width / 2, height / 16) && !is_bright(width / 2, height - height / 16 - 1);
            let is_whole = !is_bright(width / 16, height / 2) && !is_bright(width - width / 16 - 1, height / 2);
            let [w, h] = [width, height].map(|side| side as f32);
            let face = PixelBox { left: 0.3 * w, top: 0.3 * h, right: 0.7 * w, bottom: 0.3 * h + 0.4 * w };
            if is_upright && is_whole { vec![face] } else { Vec::new() }
        }

        fn predict(&mut self, _: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>> {
            // The second half of the squares lies on the mirror image.
            let half = boxes.len().div_ceil(2);
            let own = |i: usize| &boxes[if i < half { 0 } else { half }];
            Some((0..boxes.len()).map(|i| generic_face_in(&FacePlace::from_box(own(i))).landmarks_in_image).collect())
        }
    }

    #[test]
    fn faces_on_their_side_and_upside_down_are_found() {
        let upright = RgbaImage::from_fn(400, 400, |_, y| image::Rgba(if y < 50 { [255; 4] } else { [80, 80, 80, 255] }));
        for (turned, roll) in [
            (upright.clone(), 0.0),
            (imageops::rotate90(&upright), 90.0),
            (imageops::rotate270(&upright), -90.0),
            (imageops::rotate180(&upright), 180.0),
        ] {
            let mut finders = FaceFinders { landmarks: Some(&mut Upright), mesh: None };
            let found = find_faces(&mut finders, &turned);
            let [face] = &found[..] else { panic!("turned by {roll} degrees: {} faces", found.len()) };
            let off = (face.place.roll_rad - f32::to_radians(roll)).rem_euclid(std::f32::consts::TAU);
            assert!(off.min(std::f32::consts::TAU - off) < 0.1, "turned by {roll} degrees: {}", face.place.roll_rad.to_degrees());
            assert!(face.place.centre.distance(Vec2::splat(200.0)) < 60.0, "in the middle: {}", face.place.centre);
        }
    }

    #[test]
    fn nobody_is_found_where_nobody_is() {
        let mut finders = FaceFinders { landmarks: Some(&mut Blind), mesh: None };
        assert!(find_faces(&mut finders, &RgbaImage::new(200, 100)).is_empty(), "an empty picture");
    }

    #[test]
    fn a_box_on_something_that_is_no_face_gets_the_generic_face() {
        let drawn = PixelBox { left: 40.0, top: 50.0, right: 140.0, bottom: 150.0 };
        let mut finders = FaceFinders { landmarks: Some(&mut Blind), mesh: None };
        let face = fit_in_box(&mut finders, &RgbaImage::new(300, 300), &drawn).expect("a generic face");
        let (low, high) = face.landmarks_in_image.bounds();
        assert!(low.cmpgt(Vec2::new(38.0, 45.0)).all() && high.cmplt(Vec2::new(142.0, 160.0)).all(), "it fills the box: {low} to {high}");
        let place = FacePlace::from_landmarks(&face.landmarks_in_image).expect("it is a face");
        assert!(place.centre.distance(drawn.centre() - 0.5) < 0.5, "its middle is the box's: {}", place.centre);
    }

    #[test]
    fn useless_boxes_are_refused() {
        let picture = RgbaImage::new(300, 300);
        let square = |left: f32, side: f32| PixelBox { left, top: 10.0, right: left + side, bottom: 10.0 + side };
        for bad in [square(10.0, 3.0), square(900.0, 50.0), square(f32::NAN, 50.0), square(60.0, -40.0), square(0.0, f32::INFINITY)] {
            assert!(
                matches!(fit_in_box(&mut FaceFinders::default(), &picture, &bad), Err(PortraitError::NoFaceInBox)),
                "{bad:?} was accepted"
            );
        }
    }

    #[test]
    fn evening_out_brings_back_faint_contrast() {
        let faint = RgbImage::from_fn(200, 200, |x, y| image::Rgb([if (x / 10 + y / 10) % 2 == 0 { 20 } else { 30 }; 3]));
        let even = evened(&faint);
        let (dark, bright) = (even.get_pixel(105, 115)[0], even.get_pixel(105, 105)[0]);
        assert!(dark.abs_diff(bright) > 60, "10 grey values became {}", dark.abs_diff(bright));
    }
}
