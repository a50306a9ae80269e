//! Where the face is in recordings of this run, so that other shapes of them are cut round it.

use std::path::{Path, PathBuf};

use crate::data::Portrait;
use crate::session::{PicturePart, PictureShare};

/// Where a face is in a film of which nothing is known, in shares of its sides: in the upper half of the middle.
const USUAL: [f32; 2] = [0.5, 0.4];
/// Recordings of which it is remembered.
const MOST: usize = 64;

/// Where the face is in the living picture of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Focus {
    /// In shares of that picture's sides.
    in_living: [f32; 2],
    /// Width over height of that picture.
    aspect: f32,
}

impl Focus {
    /// Of a portrait of which this part is recorded; `None` for all of it.
    pub(super) fn of(portrait: &Portrait, part: Option<PicturePart>) -> Self {
        let size = portrait.pixels.dimensions().into();
        let share = part.map_or(PictureShare::WHOLE, |part| part.share(size));
        let [across, down] = size.map(|side: u32| side.max(1) as f32);
        let [x, y] = portrait.crop.origin_px.map(|origin| origin + 0.5 * portrait.crop.side_px);
        let in_living = [(x / across - share.left) / share.width, (y / down - share.top) / share.height];
        Self { in_living, aspect: across * share.width / (down * share.height) }
    }

    /// In shares of a film of this size. What stands beside the living picture is to its left and as high.
    fn in_film(&self, [width, height]: [u32; 2]) -> [f32; 2] {
        let living = (self.aspect * height as f32 / width.max(1) as f32).min(1.0);
        let [x, y] = self.in_living;
        [1.0 - living * (1.0 - x), y]
    }
}

/// Where it is in each, the newest first.
#[derive(Debug, Default)]
pub(in crate::present) struct Focuses(Vec<(PathBuf, Focus)>);

impl Focuses {
    pub(super) fn note(&mut self, path: &Path, focus: Focus) {
        self.0.retain(|(known, _)| known != path);
        self.0.insert(0, (path.to_owned(), focus));
        self.0.truncate(MOST);
    }

    /// A recording has another name.
    pub(super) fn rename(&mut self, before: &Path, after: &Path) {
        if let Some(place) = self.0.iter().position(|(known, _)| known == before) {
            let (_, focus) = self.0.remove(place);
            self.note(after, focus);
        }
    }

    /// Where the face is in a film, in shares of its sides. Without its `size` the living picture is taken for all of it.
    pub(super) fn in_film(&self, path: &Path, size: Option<[u32; 2]>) -> [f32; 2] {
        let focus = self.0.iter().find(|(known, _)| known == path).map(|(_, focus)| focus);
        focus.map_or(USUAL, |focus| size.map_or(focus.in_living, |size| focus.in_film(size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: [f32; 2], wanted: [f32; 2]) -> bool {
        found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 2e-3)
    }

    #[test]
    fn the_face_is_in_the_living_picture_whatever_stands_beside_it() {
        let focus = Focus { in_living: [0.5, 0.4], aspect: 2.0 / 3.0 };
        assert!(near(focus.in_film([480, 720]), [0.5, 0.4]), "alone: {:?}", focus.in_film([480, 720]));
        let two = [480 + 8 + 480, 720];
        assert!(near(focus.in_film(two), [(480.0 + 8.0 + 240.0) / 968.0, 0.4]), "beside the painting: {:?}", focus.in_film(two));
        let three = [720 + 8 + 480 + 8 + 480, 720];
        assert!(near(focus.in_film(three), [(1216.0 + 240.0) / 1696.0, 0.4]), "beside both: {:?}", focus.in_film(three));
    }

    #[test]
    fn a_part_of_the_portrait_has_its_own_middle_and_shape() {
        let portrait = crate::builtin::PORTRAITS[0].portrait().expect("a built-in portrait");
        let [x, y] = portrait.crop.origin_px.map(|origin| origin + 0.5 * portrait.crop.side_px);
        let part = PicturePart { left: x as u32 - 40, top: y as u32 - 20, width: 80, height: 40 };
        let focus = Focus::of(&portrait, Some(part));
        assert!((focus.aspect - 2.0).abs() < 1e-3, "twice as wide as high: {}", focus.aspect);
        assert!(focus.in_living.iter().all(|share| (share - 0.5).abs() < 0.03), "round the face: {:?}", focus.in_living);
    }

    #[test]
    fn it_goes_with_a_recording_that_is_renamed() {
        let mut focuses = Focuses::default();
        let [first, second] = ["first.mp4", "second.mp4"].map(Path::new);
        focuses.note(first, Focus { in_living: [0.2, 0.3], aspect: 1.0 });
        focuses.rename(first, second);
        assert!(near(focuses.in_film(second, None), [0.2, 0.3]), "under its new name");
        assert!(near(focuses.in_film(first, None), USUAL), "and nothing is known of the old one");
    }
}
