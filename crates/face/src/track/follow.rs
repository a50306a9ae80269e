//! Keeps hold of one face from frame to frame.
//!
//! Landmarks are read at the place where the last ones were. Nothing in the landmark predictor says "there is no face here", so three
//! things are watched: the shape of what was read, how far several readings agree, and, a few times a second, whether the detector still
//! sees a face at that place. The detector searches whole frames only while no face is held.

use std::time::Duration;

use image::RgbImage;

use crate::data::Landmarks;
use crate::face::{FaceFinder, FacePlace, ReadOptions, Reading, parts_in_order, read_landmarks, shape_distance};

use super::search::{Search, choose, holds_face};

/// Time between two checks of a held face by the detector.
const CHECK_EVERY: Duration = Duration::from_millis(250);
/// The same while the last check missed.
const RECHECK_EVERY: Duration = Duration::from_millis(60);
/// Misses in a row after which the face is lost, when its readings disagree and when they agree (a head turned far to the side).
const MISSES_UNSURE: u32 = 2;
const MISSES_SURE: u32 = 5;
/// Spread of the readings up to which they agree, and from which there is no face at all. Measured with two squares on test clips and
/// portraits: 0.002 to 0.007 on faces (0.013 on a half-turned painted one), 0.02 to 0.3 on anything else, 0.035 at the median.
const AGREES: f32 = 0.011;
const DISAGREES: f32 = 0.036;
/// Distance from any turned head from which there is no face.
const MISSHAPEN: f32 = 0.25;
/// Movement between two frames, in sides, after which the landmarks are read again at the new place.
const READ_AGAIN: f32 = 0.06;
/// Movement, and change of size as a factor, that no head makes between two frames.
const JUMP: f32 = 0.6;
const LEAP_IN_SIZE: f32 = 1.5;
/// How long a lost face has precedence over a larger one.
const REMEMBER: Duration = Duration::from_secs(1);

/// Finds a face and follows it.
pub(super) struct Follower {
    finder: Box<dyn FaceFinder + Send>,
    reading: ReadOptions,
    search: Search,
    held: Option<Held>,
    lost: Option<(FacePlace, Duration)>,
}

/// A face that is being followed.
#[derive(Clone, Copy, Debug)]
struct Held {
    place: FacePlace,
    next_check: Duration,
    misses: u32,
}

impl Follower {
    pub(super) fn new(finder: Box<dyn FaceFinder + Send>, reading: ReadOptions) -> Self {
        Self { finder, reading, search: Search::default(), held: None, lost: None }
    }

    /// Forgets the face.
    pub(super) fn reset(&mut self) {
        self.search.restart();
        (self.held, self.lost) = (None, None);
    }

    /// Landmarks as read, before smoothing: of the held face, or of one that is found now.
    pub(super) fn landmarks(&mut self, picture: &RgbImage, now: Duration) -> Option<Landmarks> {
        if let Some(held) = self.held.take() {
            if let Some((held, landmarks)) = self.follow(picture, held, now) {
                self.held = Some(held);
                return Some(landmarks);
            }
            self.lost = Some((held.place, now));
        }
        let (held, landmarks) = self.find(picture, now)?;
        self.held = Some(held);
        Some(landmarks)
    }

    /// Reads the face where it was last; `None` when it is not there any more.
    fn follow(&mut self, picture: &RgbImage, held: Held, now: Duration) -> Option<(Held, Landmarks)> {
        let (mut place, mut reading) = self.read(picture, &held.place)?;
        if moved(&held.place, &place) > READ_AGAIN {
            (place, reading) = self.read(picture, &place)?;
        }
        let leapt = moved(&held.place, &place) > JUMP || leap_in_size(&held.place, &place) > LEAP_IN_SIZE;
        let mut held = Held { place, ..held };
        let doubtful = held.misses == 0 && reading.spread > AGREES;
        if leapt || doubtful || now >= held.next_check || held.next_check > now + CHECK_EVERY {
            self.check(picture, &mut held, reading.spread, now, leapt)?;
        }
        Some((held, reading.landmarks))
    }

    /// Asks the detector whether a face is there; `None` when it has said no often enough.
    fn check(&mut self, picture: &RgbImage, held: &mut Held, spread: f32, now: Duration, leapt: bool) -> Option<()> {
        if holds_face(&mut *self.finder, picture, &held.place) {
            (held.misses, held.next_check) = (0, now + CHECK_EVERY);
            return Some(());
        }
        held.misses += 1;
        held.next_check = now + RECHECK_EVERY;
        let patience = if spread < AGREES { MISSES_SURE } else { MISSES_UNSURE };
        (held.misses < patience && !leapt).then_some(())
    }

    /// Searches the frame and settles on the face that is found.
    fn find(&mut self, picture: &RgbImage, now: Duration) -> Option<(Held, Landmarks)> {
        let found = self.search.look(&mut *self.finder, picture, now);
        let lost_at = self.lost.filter(|(_, at)| now.checked_sub(*at).is_some_and(|age| age < REMEMBER)).map(|(place, _)| place);
        let start = FacePlace::from_box(&choose(&found, lost_at.as_ref())?);
        // The detector's boxes are coarse: the first reading only says where to read.
        let (settled, _) = self.read_anything(picture, &start)?;
        let (place, reading) = self.read(picture, &settled)?;
        self.search.restart();
        Some((Held { place, next_check: now + CHECK_EVERY, misses: 0 }, reading.landmarks))
    }

    /// Landmarks at a place and the place they stand for; `None` when they are no face.
    fn read(&mut self, picture: &RgbImage, place: &FacePlace) -> Option<(FacePlace, Reading)> {
        let (place, reading) = self.read_anything(picture, place)?;
        let face = reading.spread < DISAGREES && parts_in_order(&reading.landmarks) && shape_distance(&reading.landmarks) < MISSHAPEN;
        (face && lies_in(&place, picture)).then_some((place, reading))
    }

    fn read_anything(&mut self, picture: &RgbImage, place: &FacePlace) -> Option<(FacePlace, Reading)> {
        let reading = read_landmarks(&mut *self.finder, picture, place, self.reading)?;
        Some((FacePlace::from_landmarks(&reading.landmarks)?, reading))
    }
}

/// Distance between two places, in sides.
fn moved(from: &FacePlace, to: &FacePlace) -> f32 {
    from.centre.distance(to.centre) / from.side_px
}

fn leap_in_size(from: &FacePlace, to: &FacePlace) -> f32 {
    (to.side_px / from.side_px).max(from.side_px / to.side_px)
}

/// Whether a place is sane and its middle inside the picture.
fn lies_in(place: &FacePlace, picture: &RgbImage) -> bool {
    let limit = glam::Vec2::new(picture.width() as f32, picture.height() as f32);
    place.is_sane() && place.centre.cmpge(glam::Vec2::ZERO).all() && place.centre.cmplt(limit).all()
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::data::PixelBox;
    use crate::face::template;

    const FRAME: Duration = Duration::from_millis(33);
    const BACKGROUND: image::Rgb<u8> = image::Rgb([90, 90, 90]);
    const COLOURS: [image::Rgb<u8>; 2] = [image::Rgb([255, 0, 0]), image::Rgb([0, 255, 0])];

    /// Sees a face in every pure red or pure green square, and answers with made-up landmarks anywhere, as the real one does.
    struct Squares;

    impl Squares {
        fn boxes(picture: &RgbImage, within: &PixelBox) -> Vec<PixelBox> {
            let of = |colour: &image::Rgb<u8>| {
                let near = |p: &image::Rgb<u8>| p.0.iter().zip(colour.0).all(|(a, b)| a.abs_diff(b) < 70);
                let inside =
                    |x: u32, y: u32| (within.left..within.right).contains(&(x as f32)) && (within.top..within.bottom).contains(&(y as f32));
                let at = picture.enumerate_pixels().filter(|(x, y, p)| near(p) && inside(*x, *y));
                let start = PixelBox { left: f32::MAX, top: f32::MAX, right: 0.0, bottom: 0.0 };
                let around = at.fold(start, |b, (x, y, _)| PixelBox {
                    left: b.left.min(x as f32),
                    top: b.top.min(y as f32),
                    right: b.right.max(x as f32 + 1.0),
                    bottom: b.bottom.max(y as f32 + 1.0),
                });
                (around.width() > 8.0 && around.height() > 8.0).then_some(around)
            };
            COLOURS.iter().filter_map(of).collect()
        }
    }

    impl FaceFinder for Squares {
        fn detect(&mut self, picture: &RgbImage) -> Vec<PixelBox> {
            let whole = PixelBox { left: 0.0, top: 0.0, right: picture.width() as f32, bottom: picture.height() as f32 };
            Self::boxes(picture, &whole).into_iter().filter(|b| b.width() >= 70.0 && (b.width() / b.height() - 1.0).abs() < 0.2).collect()
        }

        fn predict(&mut self, picture: &RgbImage, boxes: &[PixelBox]) -> Option<Vec<Landmarks>> {
            let answer = |asked: &PixelBox| {
                let seen = Self::boxes(picture, &FacePlace::from_box(asked).varied(Vec2::ZERO, 1.5).to_box());
                let face = seen.iter().find(|b| b.overlap(asked) > 0.15).unwrap_or(asked);
                let unit = face.width() / 2.47;
                Landmarks(template().map(|p| face.centre() - 0.5 + (p.truncate() - Vec2::new(0.0, 0.598)) * unit))
            };
            Some(boxes.iter().map(answer).collect())
        }
    }

    fn picture(squares: &[(f32, f32, f32)]) -> RgbImage {
        let mut picture = RgbImage::from_pixel(640, 480, BACKGROUND);
        for ((x, y, side), colour) in squares.iter().zip(COLOURS) {
            for (px, py, pixel) in picture.enumerate_pixels_mut() {
                if (px as f32 - x).abs() < side / 2.0 && (py as f32 - y).abs() < side / 2.0 {
                    *pixel = colour;
                }
            }
        }
        picture
    }

    fn follower() -> Follower {
        Follower::new(Box::new(Squares), ReadOptions { face_px: 100, squares: 3 })
    }

    fn nose(found: Option<&Landmarks>) -> Option<f32> {
        found.map(|l| l.centre(0..68).x)
    }

    #[test]
    fn a_face_is_found_at_once_and_followed() {
        let mut follower = follower();
        for frame in 0..30_u32 {
            let x = 200.0 + 8.0 * frame as f32;
            let found = follower.landmarks(&picture(&[(x, 240.0, 160.0)]), FRAME * frame);
            let nose = nose(found.as_ref()).expect("the face is in every frame");
            assert!((nose - x).abs() < 4.0, "frame {frame}: face at {x}, landmarks at {nose}");
        }
    }

    #[test]
    fn a_face_that_leaves_is_lost_within_half_a_second_and_not_made_up() {
        let mut follower = follower();
        for frame in 0..10 {
            assert!(follower.landmarks(&picture(&[(300.0, 240.0, 160.0)]), FRAME * frame).is_some(), "frame {frame} has a face");
        }
        let empty = picture(&[]);
        let after: Vec<bool> = (10..60).map(|frame| follower.landmarks(&empty, FRAME * frame).is_some()).collect();
        let last = after.iter().rposition(|face| *face).map_or(0, |i| i + 1);
        assert!(last <= 15, "a face is reported for {last} frames after it left");
        let back = follower.landmarks(&picture(&[(500.0, 200.0, 150.0)]), FRAME * 60);
        assert!((nose(back.as_ref()).expect("found again at once") - 500.0).abs() < 5.0, "found where it is");
    }

    #[test]
    fn the_largest_face_wins_at_first_and_keeps_the_role() {
        let mut follower = follower();
        let first = follower.landmarks(&picture(&[(150.0, 240.0, 120.0), (450.0, 240.0, 200.0)]), Duration::ZERO);
        assert!((nose(first.as_ref()).expect("two faces") - 450.0).abs() < 6.0, "the larger one");
        for frame in 1..40 {
            let grown = picture(&[(150.0, 240.0, 260.0), (450.0, 240.0, 180.0)]);
            let found = follower.landmarks(&grown, FRAME * frame);
            assert!((nose(found.as_ref()).expect("still there") - 450.0).abs() < 6.0, "frame {frame}: another face took over");
        }
    }

    #[test]
    fn a_cut_to_another_place_is_survived() {
        let mut follower = follower();
        follower.landmarks(&picture(&[(150.0, 150.0, 120.0)]), Duration::ZERO);
        let mut found = None;
        for frame in 1..16 {
            found = follower.landmarks(&picture(&[(480.0, 320.0, 200.0)]), FRAME * frame);
        }
        assert!((nose(found.as_ref()).expect("there is a face") - 480.0).abs() < 6.0, "the new place is found within half a second");
    }

    #[test]
    fn no_face_and_no_pixels_are_no_face() {
        let mut follower = follower();
        assert!(follower.landmarks(&picture(&[]), Duration::ZERO).is_none(), "an empty room");
        assert!(follower.landmarks(&RgbImage::new(0, 0), FRAME).is_none(), "an empty picture");
        assert!(follower.landmarks(&RgbImage::new(1, 1), FRAME * 2).is_none(), "one pixel");
    }
}
