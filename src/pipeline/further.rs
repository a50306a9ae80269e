//! Further pictures of the person whose portrait is alive, and the way back to the portrait before.
//!
//! All of this belongs to the generating thread. The generator keeps what it makes of the pictures; the pictures themselves are kept here, for when it
//! has to start anew.

use std::sync::Arc;

use super::command::LivePortrait;
use super::puppet::Puppet;
use crate::data::Portrait;
use crate::generate::MOST_PICTURES;
use crate::session::PortraitOrigin;

/// The pictures beside the portrait itself.
#[derive(Default)]
pub(super) struct FurtherPictures {
    pictures: Vec<Arc<Portrait>>,
    /// The portrait that was alive before, with its own further pictures.
    before: Option<(LivePortrait, Vec<Arc<Portrait>>)>,
}

impl FurtherPictures {
    /// All of them, in the order they came.
    pub(super) fn all(&self) -> &[Arc<Portrait>] {
        &self.pictures
    }

    /// Another portrait takes the place of the `old` one, with no further pictures yet. Another face of the same picture, and a copy of it under another
    /// name, is no way back. Gives the old one's name when the two may be pictures of one person: a built-in portrait is nobody's.
    pub(super) fn turn_to(&mut self, old: Option<&LivePortrait>, new: &Portrait) -> Option<String> {
        let pictures = std::mem::take(&mut self.pictures);
        let old = old.filter(|old| old.portrait.content_hash != new.content_hash)?;
        let may_join = !matches!(old.origin, PortraitOrigin::BuiltIn(_));
        self.before = may_join.then(|| (old.clone(), pictures));
        may_join.then(|| old.portrait.name.clone())
    }

    /// Lets the `portrait` be made from one more picture.
    ///
    /// # Errors
    /// Why it cannot be, for the user; nothing is changed then.
    pub(super) fn add(&mut self, picture: &Portrait, portrait: Option<&Portrait>, puppet: &mut Puppet) -> Result<(), String> {
        let name = &picture.name;
        let Some(portrait) = portrait else { return Err(format!("{name} is not used: open a portrait of the person first.")) };
        if !puppet.takes_pictures() {
            return Err("Only a portrait that the networks draw can be made from several pictures.".to_owned());
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

    /// Gives them to a puppet that has just been given the portrait anew.
    pub(super) fn show(&self, puppet: &mut Puppet) {
        self.pictures.iter().for_each(|picture| puppet.add_source(picture));
    }

    /// The portrait before, and all pictures that it has when the present one and its own are the same person's. There is no way back after that.
    pub(super) fn join(&mut self, present: &Portrait) -> Option<(LivePortrait, Vec<Arc<Portrait>>)> {
        let (portrait, mut pictures) = self.before.take()?;
        pictures.push(Arc::new(present.cut_to_crop()));
        pictures.append(&mut self.pictures);
        Some((portrait, pictures))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use image::RgbaImage;

    use super::*;
    use crate::builtin;
    use crate::data::{FaceMotion, FrameTime, TrackedFrame};
    use crate::face::MeshModel;
    use crate::generate::{GeneratorChoice, WeightFiles, start};
    use crate::runtime::Timings;
    use crate::session::{RenderedImage, RequestId};
    use crate::settings::Controls;

    fn portrait(number: usize) -> Arc<Portrait> {
        Arc::new(builtin::PORTRAITS[number].portrait().expect("a built-in portrait"))
    }

    fn puppet(portrait: &Portrait) -> Puppet {
        let mut puppet = Puppet::new(start(&GeneratorChoice::FewShot(WeightFiles::default())).0, None, Timings::default());
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
        let mesh = MeshModel::shipped().and_then(|model| model.fit(&opened, Some(portrait.pupils_in_image)));
        let face =
            FaceMotion { mesh_in_frame: mesh.map(Arc::new), ..FaceMotion::of_landmarks(opened, portrait.pixels.dimensions().into()) };
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
        assert!(unlike(&first_and_third, &three) > 20, "without it, other paint: {}", unlike(&first_and_third, &three));
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
        assert!(refused(&mut FurtherPictures::default(), &mut closed_form, &other, Some(&portrait)).contains("networks"), "no use for it");
    }

    fn live(number: u64, origin: PortraitOrigin) -> LivePortrait {
        LivePortrait { id: RequestId(number), origin, portrait: portrait(number as usize) }
    }

    #[test]
    fn the_portrait_before_takes_the_present_one_as_a_picture_of_the_same_person() {
        let [first, second, third] = [0, 1, 2].map(|number| live(number, PortraitOrigin::Memory));
        let mut further = FurtherPictures::default();
        assert_eq!(further.turn_to(None, &first.portrait), None, "there was none before");
        assert!(further.join(&first.portrait).is_none(), "nor a way back");
        further.pictures.push(Arc::clone(&third.portrait));
        assert_eq!(
            further.turn_to(Some(&first), &second.portrait).as_deref(),
            Some(first.portrait.name.as_str()),
            "the first may be joined"
        );
        assert!(further.all().is_empty(), "another portrait begins by itself");
        // Another face of the same picture.
        assert_eq!(further.turn_to(Some(&second), &second.portrait), None, "which takes nobody's place");
        let (portrait, pictures) = further.join(&second.portrait).expect("the first was before");
        let names: Vec<&str> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        let expected = [&third, &second].map(|live| live.portrait.name.as_str());
        assert_eq!((portrait.id, names), (first.id, expected.to_vec()), "with what it had, and known by its own number");
        assert!(further.join(&second.portrait).is_none(), "once");
    }

    #[test]
    fn a_copy_under_another_name_brings_back_nobody_else() {
        let [first, second] = [0, 1].map(|number| live(number, PortraitOrigin::Memory));
        let copy = Portrait { name: "copy".to_owned(), ..(*second.portrait).clone() };
        let mut further = FurtherPictures::default();
        assert!(further.turn_to(Some(&first), &second.portrait).is_some(), "the first may be joined");
        assert_eq!(further.turn_to(Some(&second), &copy), None, "the copy is the same picture, so that nothing is offered");
    }

    #[test]
    fn a_built_in_portrait_is_nobodys() {
        let (built_in, own) = (live(0, PortraitOrigin::BuiltIn(0)), live(1, PortraitOrigin::File("me.jpg".into())));
        let mut further = FurtherPictures::default();
        assert_eq!(further.turn_to(Some(&built_in), &own.portrait), None, "not offered");
        assert!(further.join(&own.portrait).is_none(), "and not done");
    }
}
