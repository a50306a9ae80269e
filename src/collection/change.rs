//! What can happen to the list.

use std::path::PathBuf;

use super::{Collection, KnownPortrait, MAX_FURTHER, Source};
use crate::data::Background;
use crate::session::{FaceShare, Framing};
use crate::settings::Motion;

/// One change. It means the same whatever else has happened to the list meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A portrait was opened, at so many seconds since 1970.
    Opened(Source, u64),
    /// The user has said where its face is.
    Face(Source, FaceShare),
    /// It is moved like this from now on.
    Motion(Source, Motion),
    /// This part of it is shown from now on.
    Framing(Source, Framing),
    /// This stands behind its person from now on.
    Background(Source, Background),
    /// It shall stay at the front, or not any more.
    Favourite(Source, bool),
    /// It is made from one more picture.
    AddFurther(Source, PathBuf),
    /// It is made without that picture.
    RemoveFurther(Source, PathBuf),
    /// It was pasted with this content.
    Content(Source, String),
    /// It shall not be remembered.
    Remove(Source),
    /// It shall be, after all.
    PutBack(Box<KnownPortrait>),
}

impl Change {
    /// Which portrait is changed.
    pub fn source(&self) -> &Source {
        match self {
            Self::Opened(source, _)
            | Self::Face(source, _)
            | Self::Motion(source, _)
            | Self::Framing(source, _)
            | Self::Background(source, _)
            | Self::Favourite(source, _)
            | Self::AddFurther(source, _)
            | Self::RemoveFurther(source, _)
            | Self::Content(source, _)
            | Self::Remove(source) => source,
            Self::PutBack(portrait) => &portrait.source,
        }
    }

    /// Takes the change into a list of those that wait, in the place of one that it makes superfluous.
    pub fn queue(self, waiting: &mut Vec<Self>) {
        waiting.retain(|earlier| !earlier.is_superseded_by(&self));
        waiting.push(self);
    }

    /// Whether `later` makes this one superfluous: sliders and what is dragged change often.
    fn is_superseded_by(&self, later: &Self) -> bool {
        matches!(
            (self, later),
            (Self::Motion(a, _), Self::Motion(b, _))
                | (Self::Framing(a, _), Self::Framing(b, _))
                | (Self::Background(a, _), Self::Background(b, _)) if a == b
        )
    }
}

impl Collection {
    /// Changes the list. What concerns a portrait that is not in it changes nothing, but for opening and putting back.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Opened(source, at_secs) => self.opened(source, *at_secs),
            Change::Remove(source) => self.portraits.retain(|portrait| portrait.source != *source),
            Change::PutBack(portrait) => self.put_back(portrait),
            Change::Face(source, face) => self.with(source, |portrait| portrait.face = Some(*face)),
            Change::Motion(source, motion) => self.with(source, |portrait| portrait.motion = Some(*motion)),
            Change::Framing(source, framing) => self.with(source, |portrait| portrait.framing = Some(*framing)),
            Change::Background(source, background) => self.with(source, |portrait| portrait.background = Some(*background)),
            Change::Favourite(source, favourite) => self.with(source, |portrait| portrait.favourite = *favourite),
            Change::Content(source, content) => self.with(source, |portrait| portrait.content = Some(content.clone())),
            Change::AddFurther(source, file) => self.with(source, |portrait| {
                if !portrait.further.contains(file) && portrait.further.len() < MAX_FURTHER && super::is_sane(file) {
                    portrait.further.push(file.clone());
                }
            }),
            Change::RemoveFurther(source, file) => self.with(source, |portrait| portrait.further.retain(|known| known != file)),
        }
    }

    fn with(&mut self, source: &Source, change: impl FnOnce(&mut KnownPortrait)) {
        if let Some(portrait) = self.portraits.iter_mut().find(|portrait| portrait.source == *source) {
            change(portrait);
        }
    }

    fn opened(&mut self, source: &Source, at_secs: u64) {
        if !source.is_sane() {
            // It could not be written, or not be found again.
            return;
        }
        let known = self.portraits.iter().position(|portrait| portrait.source == *source).map(|index| self.portraits.remove(index));
        let mut portrait = known.unwrap_or_else(|| KnownPortrait::new(source.clone(), at_secs));
        // A clock that was set back must not put it behind older ones.
        let newest = self.portraits.first().map_or(0, |newest| newest.opened_at_secs);
        portrait.opened_at_secs = at_secs.max(newest);
        self.portraits.insert(0, portrait);
        self.trim();
    }

    fn put_back(&mut self, portrait: &KnownPortrait) {
        if self.get(&portrait.source).is_none() && portrait.source.is_sane() {
            let place = self.portraits.partition_point(|known| known.opened_at_secs > portrait.opened_at_secs);
            self.portraits.insert(place, portrait.clone());
            self.trim();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::collection::MAX_PORTRAITS;

    fn file(name: &str) -> Source {
        Source::File(Path::new(if cfg!(windows) { "C:\\art" } else { "/art" }).join(name))
    }

    fn names(collection: &Collection) -> Vec<String> {
        let name =
            |portrait: &KnownPortrait| portrait.source.file().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        collection.own().filter_map(name).collect()
    }

    #[test]
    fn favourites_come_first_then_the_newest() {
        let mut list = Collection::default();
        for (name, at) in [("a", 10), ("b", 20), ("c", 30), ("a", 40)] {
            list.apply(&Change::Opened(file(name), at));
        }
        list.apply(&Change::Opened(Source::BuiltIn("garden".to_owned()), 50));
        assert_eq!(names(&list), ["a", "c", "b"], "each once, opened again is newest; the program's own are not among them");
        assert_eq!(list.last().map(|last| &last.source), Some(&Source::BuiltIn("garden".to_owned())), "but one of them was the last");
        list.apply(&Change::Favourite(file("b"), true));
        assert_eq!(names(&list), ["b", "a", "c"], "the favourite stays at the front");
        list.apply(&Change::Opened(file("d"), 5));
        assert_eq!(names(&list), ["b", "d", "a", "c"], "a clock that was set back hides nothing");
    }

    #[test]
    fn what_belongs_to_a_portrait_stays_with_it() {
        let mut list = Collection::default();
        let face = FaceShare { left: 0.1, top: 0.2, right: 0.3, bottom: 0.4 };
        let motion = Motion { smoothing: 0.25, ..Motion::default() };
        let Source::File(more) = file("laughing") else { panic!("a file") };
        list.apply(&Change::Face(file("a"), face));
        assert_eq!(list, Collection::default(), "nobody is put into the list by anything but opening");
        list.apply(&Change::Opened(file("a"), 1));
        for change in [
            Change::Face(file("a"), face),
            Change::Motion(file("a"), motion),
            Change::Framing(file("a"), Framing::Head),
            Change::Background(file("a"), Background::Blurred),
            Change::AddFurther(file("a"), more.clone()),
            Change::AddFurther(file("a"), more.clone()),
            Change::Opened(file("b"), 2),
            Change::Opened(file("a"), 3),
        ] {
            list.apply(&change);
        }
        let known = list.get(&file("a")).expect("it is known").clone();
        assert_eq!(
            (known.face, known.motion, known.further.as_slice()),
            (Some(face), Some(motion), &[more.clone()][..]),
            "all of it, once"
        );
        assert_eq!((known.framing, known.background), (Some(Framing::Head), Some(Background::Blurred)), "how it is shown, too");
        list.apply(&Change::Remove(file("a")));
        assert_eq!(names(&list), ["b"], "removed");
        list.apply(&Change::PutBack(Box::new(known.clone())));
        assert_eq!((names(&list), list.get(&file("a"))), (vec!["a".to_owned(), "b".to_owned()], Some(&known)), "and put back as it was");
        list.apply(&Change::RemoveFurther(file("a"), more));
        assert!(list.get(&file("a")).expect("it").further.is_empty(), "one picture less");
    }

    #[test]
    fn the_list_has_an_end_and_favourites_do_not_fall_off_it() {
        let mut list = Collection::default();
        list.apply(&Change::Opened(file("dear"), 0));
        list.apply(&Change::Favourite(file("dear"), true));
        for n in 0..2 * MAX_PORTRAITS {
            list.apply(&Change::Opened(file(&n.to_string()), n as u64));
        }
        assert_eq!(list.iter().count(), MAX_PORTRAITS, "bounded");
        assert_eq!(names(&list)[0], "dear", "but for the favourite, which is the oldest of all");
        list.apply(&Change::Opened(Source::File("relative.jpg".into()), 9999));
        assert_eq!(list.iter().count(), MAX_PORTRAITS, "what could not be found again is not remembered");
    }

    #[test]
    fn a_slider_that_is_moved_for_long_is_one_change() {
        let mut waiting = Vec::new();
        let motion = |smoothing: f32| Change::Motion(file("a"), Motion { smoothing, ..Motion::default() });
        Change::Opened(file("a"), 1).queue(&mut waiting);
        for step in 0_u8..100 {
            motion(f32::from(step) / 100.0).queue(&mut waiting);
        }
        Change::Motion(file("b"), Motion::default()).queue(&mut waiting);
        assert_eq!(waiting.len(), 3, "one for each portrait");
        assert_eq!(waiting[1], motion(0.99), "the last one");
    }
}
