//! Further pictures of the person whose portrait is alive, and the way back to the portrait before.
//!
//! All of this belongs to the generating thread. The generator keeps what it makes of the pictures; the pictures themselves are kept here, for the day it
//! has to start anew.

use std::sync::Arc;

use super::enroll::EnrollJob;
use super::puppet::Puppet;
use super::{PictureInput, Pipeline, generating};
use crate::data::Portrait;
use crate::generate::MOST_PICTURES;

/// The pictures beside the portrait itself.
#[derive(Default)]
pub(super) struct FurtherPictures {
    pictures: Vec<Arc<Portrait>>,
    /// The portrait that was alive before, with its own further pictures.
    before: Option<(Arc<Portrait>, Vec<Arc<Portrait>>)>,
}

impl FurtherPictures {
    /// All of them, in the order they came.
    pub(super) fn all(&self) -> &[Arc<Portrait>] {
        &self.pictures
    }

    /// Another portrait takes the place of the `old` one, with no further pictures yet. Another face of the same picture is no way back.
    pub(super) fn turn_to(&mut self, old: Option<&Arc<Portrait>>, new: &Portrait) {
        let pictures = std::mem::take(&mut self.pictures);
        if let Some(old) = old.filter(|old| old.content_hash != new.content_hash) {
            self.before = Some((Arc::clone(old), pictures));
        }
    }

    /// Lets the `portrait` be made from one more picture.
    ///
    /// # Errors
    /// Why it cannot be, for the user; nothing is changed then.
    pub(super) fn add(&mut self, picture: &Portrait, portrait: Option<&Portrait>, puppet: &mut Puppet) -> Result<(), String> {
        let name = &picture.name;
        let Some(portrait) = portrait else { return Err(format!("{name} is not used: open a portrait of the person first.")) };
        if !puppet.can_adopt() {
            return Err("Only a portrait that the few-shot generator moves can be made from several pictures.".to_owned());
        }
        let known = || self.pictures.iter().map(|known| &**known).chain([portrait]);
        if known().any(|known| known.content_hash == picture.content_hash) {
            return Err(format!("{name} is used already."));
        }
        if known().count() >= MOST_PICTURES {
            return Err(format!("{name} is not used: {MOST_PICTURES} pictures of one person are the most."));
        }
        puppet.add_source(picture);
        self.pictures.push(Arc::new(picture.cut_to_crop()));
        Ok(())
    }

    /// Does without one of them. Returns whether there was such a one.
    pub(super) fn remove(&mut self, index: usize, puppet: &mut Puppet) -> bool {
        let there = index < self.pictures.len();
        if there {
            self.pictures.remove(index);
            puppet.remove_source(index);
        }
        there
    }

    /// Shows them to a puppet that has just been given the portrait anew.
    pub(super) fn show(&self, puppet: &mut Puppet) {
        self.pictures.iter().for_each(|picture| puppet.add_source(picture));
    }

    /// The portrait before, and all pictures that it has when the present one and its own are the same person's.
    pub(super) fn joined(&mut self, present: &Portrait) -> Option<(Arc<Portrait>, Vec<Arc<Portrait>>)> {
        let (portrait, mut pictures) = self.before.take()?;
        pictures.push(Arc::new(present.cut_to_crop()));
        pictures.extend(self.pictures.iter().cloned());
        Some((portrait, pictures))
    }

    /// There is no way back any more.
    pub(super) fn forget_before(&mut self) {
        self.before = None;
    }
}

impl Pipeline {
    /// Opens another picture of the person whose portrait is alive, from which it is then made, too; answers with
    /// [`Event::FurtherPictures`](super::Event::FurtherPictures) or [`Event::PictureFailed`](super::Event::PictureFailed).
    pub fn add_picture(&self, input: PictureInput) {
        self.to_enroll.send(EnrollJob::Add(input)).ok();
    }

    /// Does without one of those pictures, by its place among them.
    pub fn remove_picture(&self, index: usize) {
        self.to_generate.send(generating::Command::RemovePicture(index)).ok();
    }

    /// Takes the portrait before this one back, with this one and its further pictures as further pictures of its person. Does nothing without one.
    pub fn join_before(&self) {
        self.to_generate.send(generating::Command::JoinBefore).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use image::RgbaImage;

    use super::*;
    use crate::builtin;
    use crate::data::{FaceMotion, FrameTime, HeadPose, TrackedFrame};
    use crate::generate::{GeneratorChoice, start};
    use crate::pipeline::RenderedImage;
    use crate::runtime::Timings;
    use crate::settings::Controls;

    fn portrait(number: usize) -> Arc<Portrait> {
        Arc::new(builtin::PORTRAITS[number].portrait().expect("a built-in portrait"))
    }

    fn puppet(portrait: &Portrait) -> Puppet {
        let mut puppet = Puppet::new(start(&GeneratorChoice::default()).0, None, Timings::default());
        puppet.set_controls(Controls { absolute: true, ..Controls::default() });
        puppet.set_portrait(portrait).expect("the CPU takes any picture");
        puppet
    }

    /// The portrait with its mouth wide open.
    fn speaking(puppet: &mut Puppet, portrait: &Portrait) -> Arc<RgbaImage> {
        let mut opened = portrait.landmarks_in_image.clone();
        // The lower lip, its inner edge and the chin go down.
        for index in (5..12).chain(55..60).chain(65..68) {
            opened.0[index].y += 0.06 * portrait.crop.side_px;
        }
        let time = FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() };
        let face = FaceMotion {
            landmarks_in_frame: opened,
            frame_size: portrait.pixels.dimensions().into(),
            pose: HeadPose::default(),
            gaze: None,
            pupils_in_frame: None,
        };
        match puppet.frame(&TrackedFrame { time, pixels: None, face: Some(face) }) {
            Some(RenderedImage::Cpu(picture)) => picture,
            other => panic!("a picture of the CPU's is expected, not {other:?}"),
        }
    }

    fn unlike(a: &RgbaImage, b: &RgbaImage) -> usize {
        a.pixels().zip(b.pixels()).filter(|(a, b)| a.0.iter().zip(b.0).any(|(a, b)| a.abs_diff(b) > 2)).count()
    }

    #[test]
    fn every_further_picture_changes_what_is_painted_until_it_is_removed() {
        let portrait = portrait(0);
        let mut puppet = puppet(&portrait);
        let mut further = FurtherPictures::default();
        let alone = speaking(&mut puppet, &portrait);
        let mut add = |further: &mut FurtherPictures, number: usize| {
            let picture = super::tests::portrait(number);
            further.add(&picture, Some(&portrait), &mut puppet).expect("it can be used");
            speaking(&mut puppet, &portrait)
        };
        let (two, three) = (add(&mut further, 1), add(&mut further, 2));
        assert!(unlike(&alone, &two) > 100, "the second picture is seen: {}", unlike(&alone, &two));
        assert!(unlike(&two, &three) > 100, "and the third: {}", unlike(&two, &three));
        assert_eq!(further.all().len(), 2, "two beside the portrait");
        assert!(further.remove(0, &mut puppet), "the second goes");
        let first_and_third = speaking(&mut puppet, &portrait);
        assert!(unlike(&first_and_third, &three) > 100, "without it, other paint: {}", unlike(&first_and_third, &three));
        let mut anew = super::tests::puppet(&portrait);
        further.show(&mut anew);
        assert_eq!(speaking(&mut anew, &portrait), first_and_third, "a puppet that is shown the rest paints the same");
        assert!(further.remove(0, &mut puppet) && !further.remove(0, &mut puppet), "the last goes once");
        assert_eq!(speaking(&mut puppet, &portrait), alone, "as at the beginning");
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_changes_nothing() {
        let (portrait, other) = (portrait(0), portrait(1));
        let mut puppet = puppet(&portrait);
        let mut further = FurtherPictures::default();
        let refused = |further: &mut FurtherPictures, puppet: &mut Puppet, picture: &Portrait, portrait: Option<&Portrait>| {
            further.add(picture, portrait, puppet).expect_err("it must be refused")
        };
        assert!(refused(&mut further, &mut puppet, &other, None).contains("open a portrait"), "there is nobody yet");
        assert!(refused(&mut further, &mut puppet, &portrait, Some(&portrait)).contains("used already"), "the portrait itself");
        further.add(&other, Some(&portrait), &mut puppet).expect("another picture");
        assert!(refused(&mut further, &mut puppet, &other, Some(&portrait)).contains("used already"), "twice");
        for number in 2..MOST_PICTURES {
            let picture = Portrait { content_hash: number.to_string(), ..(*other).clone() };
            further.pictures.push(Arc::new(picture));
        }
        let one_more = Portrait { content_hash: "one more".to_owned(), ..(*other).clone() };
        assert!(refused(&mut further, &mut puppet, &one_more, Some(&portrait)).contains("32 pictures"), "too many");
        let mut closed_form = Puppet::new(start(&GeneratorChoice::LandmarkWarp).0, None, Timings::default());
        closed_form.set_portrait(&portrait).expect("a portrait");
        assert!(refused(&mut FurtherPictures::default(), &mut closed_form, &other, Some(&portrait)).contains("few-shot"), "no use for it");
    }

    #[test]
    fn the_portrait_before_takes_the_present_one_as_a_picture_of_the_same_person() {
        let (first, second, third) = (portrait(0), portrait(1), portrait(2));
        let mut further = FurtherPictures::default();
        further.turn_to(None, &first);
        assert!(further.joined(&first).is_none(), "there was none before");
        further.pictures.push(Arc::clone(&third));
        further.turn_to(Some(&first), &second);
        assert!(further.all().is_empty(), "another portrait begins by itself");
        // Another face of the same picture.
        further.turn_to(Some(&second), &second);
        let (portrait, pictures) = further.joined(&second).expect("the first was before");
        let names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        assert_eq!((&portrait.name, names), (&first.name, vec![third.name.as_str(), second.name.as_str()]), "with what it had");
        assert!(further.joined(&second).is_none(), "once");
    }
}
