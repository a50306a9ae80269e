//! Looks for a face in whole frames, small and cheap first, and checks on a small cut whether a place still holds one.

use std::time::Duration;

use image::RgbImage;

use crate::data::PixelBox;
use crate::face::{FaceFinder, FacePlace, UprightCut, resized};

/// Long sides to which a frame is scaled for the search, and how often each is tried while there is no face.
/// A face must be 80 pixels wide there: a quarter, an eighth and a sixteenth of the long side.
const LEVELS: [(u32, Duration); 3] = [(320, Duration::ZERO), (640, Duration::from_millis(250)), (1280, Duration::from_millis(1500))];
/// Larger upscaling than this only finds noise.
const MOST_ENLARGED: f32 = 2.0;

/// Side of the face in the cut on which a place is checked, and the room around it: enough for the detector, and quick.
const CHECK_FACE_PX: u32 = 110;
const CHECK_MARGIN: f32 = 0.4;
/// Overlap with the checked square that counts as the same face.
const SAME_FACE: f32 = 0.35;

/// The search for a face, level by level.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    next_at: [Option<Duration>; LEVELS.len()],
}

impl Search {
    /// Faces of the frame in the cheapest level that is due and has any, as boxes in pixels of the frame.
    pub(super) fn look(&mut self, finder: &mut dyn FaceFinder, picture: &RgbImage, now: Duration) -> Vec<PixelBox> {
        for (level, (long_side, every)) in LEVELS.iter().enumerate() {
            let due = self.next_at[level].is_none_or(|at| now >= at || at > now + *every);
            if !due {
                continue;
            }
            self.next_at[level] = Some(now + *every);
            let found = faces_at(finder, picture, *long_side);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Makes every level due at once.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}

fn faces_at(finder: &mut dyn FaceFinder, picture: &RgbImage, long_side: u32) -> Vec<PixelBox> {
    let longest = picture.width().max(picture.height()).max(1);
    let factor = (long_side as f32 / longest as f32).min(MOST_ENLARGED);
    let [width, height] = [picture.width(), picture.height()].map(|side| (side as f32 * factor).round() as u32);
    let Some(scaled) = resized(picture, width, height) else { return Vec::new() };
    finder.detect(&scaled).iter().map(|found| found.scaled(1.0 / factor)).collect()
}

/// Whether the detector sees a face just at this place.
pub(super) fn holds_face(finder: &mut dyn FaceFinder, picture: &RgbImage, place: &FacePlace) -> bool {
    let Some(cut) = UprightCut::new(picture, place, CHECK_FACE_PX, CHECK_MARGIN) else { return false };
    let square = cut.square_in_cut(CHECK_FACE_PX);
    finder.detect(&cut.pixels).iter().any(|found| found.overlap(&square) > SAME_FACE)
}

/// The face to follow: the one that overlaps the place where a face was just lost, else the largest.
pub(super) fn choose(found: &[PixelBox], lost_at: Option<&FacePlace>) -> Option<PixelBox> {
    let overlap = |b: &PixelBox| lost_at.map_or(0.0, |place| place.to_box().overlap(b));
    let nearest = found.iter().copied().max_by(|a, b| overlap(a).total_cmp(&overlap(b))).filter(|b| overlap(b) > 0.2);
    nearest.or_else(|| found.iter().copied().max_by(|a, b| a.area().total_cmp(&b.area())))
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::data::Landmarks;

    /// Notes the sizes of the pictures it is shown, and finds nothing.
    #[derive(Default)]
    struct Blind {
        widths: Vec<u32>,
    }

    impl FaceFinder for Blind {
        fn detect(&mut self, picture: &RgbImage) -> Vec<PixelBox> {
            self.widths.push(picture.width());
            Vec::new()
        }

        fn predict(&mut self, _: &RgbImage, _: &[PixelBox]) -> Option<Vec<Landmarks>> {
            None
        }
    }

    #[test]
    fn the_costly_levels_are_tried_at_once_and_then_seldom() {
        let (mut search, mut blind, picture) = (Search::default(), Blind::default(), RgbImage::new(640, 480));
        for frame in 0..90_u64 {
            search.look(&mut blind, &picture, Duration::from_millis(frame * 33));
        }
        let times = |width| blind.widths.iter().filter(|w| **w == width).count();
        assert_eq!(blind.widths[..3], [320, 640, 1280], "the first frame is searched at every level");
        assert_eq!(times(320), 90, "the cheap level runs on every frame");
        assert!((8..=13).contains(&times(640)), "the middle level ran {} times in 3 s", times(640));
        assert_eq!(times(1280), 2, "the costly level runs every 1.5 s");
    }

    #[test]
    fn a_clip_that_starts_over_does_not_stop_the_search() {
        let (mut search, mut blind, picture) = (Search::default(), Blind::default(), RgbImage::new(640, 480));
        search.look(&mut blind, &picture, Duration::from_secs(100));
        search.look(&mut blind, &picture, Duration::ZERO);
        assert_eq!(blind.widths.len(), 6, "all levels are due again when time goes back");
    }

    #[test]
    fn the_lost_face_comes_before_a_larger_one() {
        let small = PixelBox { left: 0.0, top: 0.0, right: 100.0, bottom: 100.0 };
        let large = PixelBox { left: 200.0, top: 0.0, right: 500.0, bottom: 300.0 };
        let lost_at = FacePlace { centre: Vec2::splat(55.0), side_px: 100.0, roll_rad: 0.0 };
        assert_eq!(choose(&[small, large], None), Some(large), "at the start the largest wins");
        assert_eq!(choose(&[small, large], Some(&lost_at)), Some(small), "afterwards continuity wins");
        assert_eq!(choose(&[large], Some(&lost_at)), Some(large), "a face elsewhere is better than none");
        assert_eq!(choose(&[], None), None, "no face, no choice");
    }
}
