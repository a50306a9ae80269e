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
/// Spread of the readings up to which they agree, and from which there is no face at all. Measured on the test clips: 0.0035 to 0.0085 on
/// faces, 0.02 to 0.14 on anything else.
const AGREES: f32 = 0.014;
const DISAGREES: f32 = 0.05;
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
        let (settled, _) = self.read(picture, &start)?;
        let (place, reading) = self.read(picture, &settled)?;
        self.search.restart();
        Some((Held { place, next_check: now + CHECK_EVERY, misses: 0 }, reading.landmarks))
    }

    /// Landmarks at a place and the place they stand for; `None` when they are no face.
    fn read(&mut self, picture: &RgbImage, place: &FacePlace) -> Option<(FacePlace, Reading)> {
        let reading = read_landmarks(&mut *self.finder, picture, place, self.reading)?;
        let place = FacePlace::from_landmarks(&reading.landmarks)?;
        let face = reading.spread < DISAGREES && parts_in_order(&reading.landmarks) && shape_distance(&reading.landmarks) < MISSHAPEN;
        (face && lies_in(&place, picture)).then_some((place, reading))
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
