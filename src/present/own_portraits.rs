//! The user's portraits: opened, remembered with what belongs to each, kept at the front, taken off the list and put back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Context;

use super::action::Action;
use super::app::{App, now_secs};
use super::events;
use super::shelf::{self, Answer};
use super::state::{GalleryItem, OpeningView, ViewState};
use super::thumbnails::Place;
use super::toasts::{Offer, Severity, sentence};
use super::words::t;
use crate::collection::{Change, Collection, KnownPortrait, Source};
use crate::session::{FaceShare, PictureInput, PortraitChoice, PortraitOrigin, PortraitReady, Request, RequestId};

/// What the application keeps in mind of the portraits beside their list.
#[derive(Default)]
pub(super) struct OwnPortraits {
    /// Names of the built-in ones, by their place.
    pub(super) built_in: Vec<String>,
    /// The newest request for a portrait.
    newest: RequestId,
    /// The portrait of the last run, while it is being opened.
    reopening: Option<RequestId>,
    /// The file that is being opened, if it is one.
    opened: Option<(RequestId, PathBuf)>,
    /// A picture that is being kept, and is opened when it is.
    keeping: Option<(RequestId, PictureInput)>,
    /// Pictures that came with the portrait until all of them have lasting files, each with the request by which it is being kept.
    rest: Vec<(Option<RequestId>, PathBuf)>,
    /// The face that the user has just chosen.
    face: Option<(RequestId, FaceShare)>,
    /// The request that the portrait on the stage came by, and where it comes from.
    ready: Option<(RequestId, PortraitOrigin)>,
    /// The portrait that was taken off the list last, and its tile with its place.
    removed: Option<(KnownPortrait, GalleryItem, usize)>,
}

impl App {
    /// Fills the gallery with the portraits of earlier runs; their thumbnails follow.
    pub(super) fn recall_portraits(&mut self) {
        let own: Vec<(PathBuf, bool)> =
            self.shelf.list().own().filter_map(|known| Some((known.source.file()?.to_owned(), known.favourite))).collect();
        for (place, (file, favourite)) in own.into_iter().enumerate() {
            let title = title(&file);
            self.thumbnails.recall(&file, &title);
            self.view.gallery.insert(place, GalleryItem { favourite, ..GalleryItem::of_file(&file) });
        }
    }

    /// Opens what was on the stage in the last run, or else the first built-in portrait.
    pub(super) fn reopen_last(&mut self) {
        let last = self.shelf.list().last().and_then(|known| self.origin(&known.source));
        let id = match last {
            Some(PortraitOrigin::File(path)) => self.open_known(&path),
            Some(PortraitOrigin::BuiltIn(index)) => self.open_portrait(PortraitChoice::BuiltIn(index)),
            _ => self.open_portrait(PortraitChoice::BuiltIn(0)),
        };
        self.own.reopening = Some(id);
    }

    /// A portrait cannot be opened: its tile says whether its file is gone, and the stage does not stay empty at the start.
    pub(super) fn portrait_failed(&mut self, id: RequestId) {
        let opened = self.own.opened.take_if(|(opened, _)| *opened == id);
        if let Some((_, file)) = opened.filter(|(_, file)| self.view.gallery.iter().any(|item| item.origin.path() == Some(file))) {
            self.thumbnails.recall(&file, &title(&file));
        }
        if self.own.reopening.take_if(|reopening| *reopening == id).is_some() && !self.view.has_portrait() && !self.own.built_in.is_empty()
        {
            self.open_portrait(PortraitChoice::BuiltIn(0));
        }
    }

    /// Opens a portrait of the gallery.
    pub(super) fn open_from_gallery(&mut self, index: usize) {
        match self.view.gallery.get(index).map(|item| item.origin.clone()) {
            Some(PortraitOrigin::File(path)) => {
                self.open_known(&path);
            }
            Some(PortraitOrigin::BuiltIn(index)) => {
                self.open_portrait(PortraitChoice::BuiltIn(index));
            }
            Some(PortraitOrigin::Memory) | None => {}
        }
    }

    /// Opens a portrait of the gallery and asks again where its face is.
    pub(super) fn choose_face_again(&mut self, index: usize) {
        if let Some(path) = self.view.gallery.get(index).and_then(|item| item.origin.path()).map(Path::to_owned) {
            self.open_portrait(PortraitChoice::file(path));
        }
    }

    /// Opens a file with the face that was chosen in it before.
    fn open_known(&mut self, path: &Path) -> RequestId {
        let face = self.shelf.list().get(&Source::File(path.to_owned())).and_then(|known| known.face);
        let picture = PictureInput::Path(path.to_owned());
        self.open_portrait(match face {
            Some(face) => PortraitChoice::PictureWithFace(picture, face),
            None => PortraitChoice::Picture(picture),
        })
    }

    /// Opens a picture that has no lasting file, once it is kept; at once where nothing is kept.
    pub(super) fn open_passing(&mut self, picture: PictureInput, name: &str) -> RequestId {
        let id = self.leave_what_was_opened();
        match self.shelf.keep(id, picture.clone()) {
            None => {
                self.view.opening = vec![OpeningView { id, name: name.to_owned() }];
                self.own.keeping = Some((id, picture));
            }
            Some(picture) => self.open_as(id, PortraitChoice::Picture(picture)),
        }
        id
    }

    /// Begins to open a portrait. Gives the number of the request.
    pub(super) fn open_portrait(&mut self, choice: PortraitChoice) -> RequestId {
        let id = self.leave_what_was_opened();
        self.open_as(id, choice);
        id
    }

    /// What was being opened, asked and offered is of no use any more. Gives the number of the request for something else.
    fn leave_what_was_opened(&mut self) -> RequestId {
        self.own.newest = self.new_id();
        self.forget_drop();
        self.view.question = None;
        self.view.shown.gallery = false;
        self.own.keeping = None;
        self.own.rest.clear();
        self.own.newest
    }

    /// Whether another portrait was asked for after the one with that request.
    pub(super) fn is_superseded(&self, id: RequestId) -> bool {
        id < self.own.newest
    }

    /// The request for the portrait that further pictures belong to: the one that is being opened, or else the one on the stage.
    pub(super) fn portrait_to_add_to(&self) -> RequestId {
        let comes = self.view.opening.iter().any(|opening| opening.id == self.own.newest);
        self.own.ready.as_ref().filter(|_| !comes).map_or(self.own.newest, |(id, _)| *id)
    }

    fn open_as(&mut self, id: RequestId, choice: PortraitChoice) {
        let origin = choice.origin();
        let name = match (&origin, &choice) {
            (PortraitOrigin::File(path), _) => events::file_name(path),
            (PortraitOrigin::BuiltIn(_), _) => {
                self.view.gallery.iter().find(|item| item.origin == origin).map_or_else(String::new, |item| item.title.clone())
            }
            (PortraitOrigin::Memory, PortraitChoice::Enrolled(portrait)) => portrait.name.clone(),
            (PortraitOrigin::Memory, _) => t!("pasted-opening"),
        };
        self.own.opened = origin.path().map(|path| (id, path.to_owned()));
        self.view.opening = vec![OpeningView { id, name }];
        self.session.request(Request::OpenPortrait { id, choice });
    }

    /// Takes what the thread of the list has done.
    pub(super) fn take_shelf_answers(&mut self, ctx: &Context) {
        for answer in self.shelf.answers() {
            match answer {
                Answer::Trouble(why) => self.say(Severity::Warning, t!("trouble-portraits", why = sentence(why)), ctx),
                Answer::Kept(id, kept) => {
                    let file = match kept {
                        Ok(kept) => {
                            for gone in self.shelf.take(&kept) {
                                self.view.gallery.retain(|item| item.origin.path() != Some(&gone));
                            }
                            Some(kept.file)
                        }
                        Err(why) => {
                            self.say(Severity::Warning, t!("said-passing", why = why), ctx);
                            None
                        }
                    };
                    // Something else may have been opened meanwhile.
                    if let Some((_, picture)) = self.own.keeping.take_if(|(waiting, _)| *waiting == id) {
                        self.open_as(id, PortraitChoice::Picture(file.map_or(picture, PictureInput::Path)));
                    } else {
                        self.has_kept_waiting(ctx, id, file);
                    }
                }
            }
        }
    }

    /// Pictures that came with a portrait wait in the gallery, those that will not stay where they are once they are kept; then it is offered to take all
    /// for pictures of one person.
    pub(super) fn take_rest(&mut self, ctx: &Context, files: Vec<PathBuf>) {
        // The first one comes first, so it is put in last.
        for file in files.into_iter().rev() {
            let id = self.shelf.is_passing(&file).then(|| self.new_id());
            let keeping = id.filter(|id| self.shelf.keep(*id, PictureInput::Path(file.clone())).is_none());
            if keeping.is_none() {
                self.add_waiting(&file);
            }
            self.own.rest.insert(0, (keeping, file));
        }
        self.offer_kept_rest(ctx);
    }

    /// A picture that is not opened is kept now, or could not be: then it stays where it is.
    fn has_kept_waiting(&mut self, ctx: &Context, id: RequestId, file: Option<PathBuf>) {
        let of_rest = self.own.rest.iter_mut().find(|(keeping, _)| *keeping == Some(id));
        let Some(file) = file.or_else(|| of_rest.as_ref().map(|(_, passing)| passing.clone())) else { return };
        if let Some(of_rest) = of_rest {
            *of_rest = (None, file.clone());
        }
        self.add_waiting(&file);
        self.offer_kept_rest(ctx);
    }

    fn offer_kept_rest(&mut self, ctx: &Context) {
        if self.own.rest.is_empty() || self.own.rest.iter().any(|(keeping, _)| keeping.is_some()) {
            return;
        }
        let rest: Vec<PathBuf> = std::mem::take(&mut self.own.rest).into_iter().map(|(_, file)| file).collect();
        self.offer_rest(ctx, rest);
    }

    /// Puts the portrait that has come alive into the gallery and the list, and gives it the motion that belongs to it.
    pub(super) fn remember_portrait(&mut self, ctx: &Context, ready: &PortraitReady) {
        let before = self.own.ready.replace((ready.id, ready.origin.clone()));
        if before.is_none_or(|(_, before)| before != ready.origin) {
            // What was changed for another portrait is not to be undone here.
            self.history.clear();
            self.show_history();
        }
        self.own.reopening = None;
        if let Some(file) = ready.origin.path() {
            if !self.view.gallery.iter().any(|item| item.origin == ready.origin) {
                self.view.add_to_gallery(file);
            }
            self.thumbnails.make_own(file, &ready.portrait);
        }
        let Some(source) = self.source(&ready.origin) else { return };
        self.shelf.change(Change::Opened(source.clone(), shelf::seconds_now()));
        if let Some((_, face)) = self.own.face.take_if(|(id, _)| *id == ready.id) {
            self.shelf.change(Change::Face(source.clone(), face));
        }
        match self.shelf.list().get(&source).and_then(|known| known.motion) {
            Some(motion) if motion != self.view.controls.motion() => {
                let controls = self.view.controls.with_motion(motion);
                self.set_controls(ctx, controls);
            }
            Some(_) => {}
            // From now on it has one of its own.
            None => self.shelf.change(Change::Motion(source, self.view.controls.motion())),
        }
    }

    /// Keeps the present motion with the portrait on the stage.
    pub(super) fn remember_motion(&mut self) {
        if let Some(source) = self.source_on_stage() {
            self.shelf.change(Change::Motion(source, self.view.controls.motion()));
        }
    }

    /// Keeps in mind which face was chosen, until the portrait is there.
    pub(super) fn remember_face(&mut self, id: RequestId, face: FaceShare) {
        self.own.face = Some((id, face));
    }

    /// The question is put away: the largest face, which is alive already, is the one.
    pub(super) fn keep_largest_face(&mut self) {
        let Some(question) = &self.view.question else { return };
        let largest = question.numbers.iter().position(|number| *number == 0).and_then(|place| question.faces.get(place));
        let is_alive = self.own.ready.as_ref().is_some_and(|(id, _)| *id == question.id);
        let Some(largest) = largest.filter(|_| is_alive) else { return };
        let face = FaceShare::of(largest, question.picture.size_px);
        if let Some(source) = self.source_on_stage() {
            self.shelf.change(Change::Face(source, face));
        }
    }

    /// Lets a portrait stay at the front, or not any more.
    pub(super) fn set_favourite(&mut self, index: usize, favourite: bool) {
        let Some(item) = self.view.gallery.get(index).filter(|item| item.is_own()) else { return };
        let Some(source) = self.source(&item.origin) else { return };
        self.shelf.change(Change::Favourite(source, favourite));
        let item = self.view.gallery.remove(index);
        let place = self.view.favourites();
        self.view.gallery.insert(place, GalleryItem { favourite, ..item });
    }

    /// Takes a portrait off the list, and offers to put it back. Its file stays where it is, unless it is a picture that was kept here.
    pub(super) fn remove_from_gallery(&mut self, ctx: &Context, index: usize) {
        let Some(item) = self.view.gallery.get(index).filter(|item| item.is_own()) else { return };
        let Some(source) = self.source(&item.origin) else { return };
        self.forget_removed();
        let known = self.shelf.list().get(&source).cloned();
        self.shelf.change(Change::Remove(source));
        let item = self.view.gallery.remove(index);
        let text = t!("sheet-taken-off", name = item.title.as_str());
        if let Some(known) = known {
            self.own.removed = Some((known, item, index));
            let offer = Offer { label: t!("put-back"), action: Action::PutBack };
            self.view.toasts.push_offer(text, offer, now_secs(ctx));
        }
    }

    /// Puts the portrait back that was taken off the list last.
    pub(super) fn put_back(&mut self) {
        self.view.toasts.withdraw(&Action::PutBack);
        let Some((known, item, index)) = self.own.removed.take() else { return };
        self.shelf.change(Change::PutBack(Box::new(known)));
        self.view.gallery.retain(|other| other.origin != item.origin);
        self.view.gallery.insert(index.min(self.view.gallery.len()), item);
    }

    /// Once nobody can put it back any more, a picture that was kept for the user alone is deleted.
    pub(super) fn forget_removed(&mut self) {
        let Some((known, ..)) = self.own.removed.take() else { return };
        // It may have been opened again, and another portrait may be made from it.
        for file in known.source.file().into_iter().chain(known.further.iter().map(PathBuf::as_path)) {
            if !self.shelf.list().uses(file) {
                self.shelf.discard(file);
            }
        }
    }

    /// Forgets what was removed when its offer is gone.
    pub(super) fn watch_removed(&mut self) {
        if self.own.removed.is_some() && !self.view.toasts.offers(&Action::PutBack) {
            self.forget_removed();
        }
    }

    /// A file that waits in the gallery without being opened.
    fn add_waiting(&mut self, file: &Path) {
        if self.view.gallery.iter().any(|item| item.origin.path() == Some(file)) {
            return;
        }
        self.view.add_to_gallery(file);
        self.thumbnails.recall(file, &title(file));
        self.shelf.change(Change::Opened(Source::File(file.to_owned()), shelf::seconds_now()));
    }

    /// How the list calls the portrait on the stage.
    pub(super) fn source_on_stage(&self) -> Option<Source> {
        self.source(&self.view.portrait.as_ref()?.origin)
    }

    /// How the list calls a portrait.
    pub(super) fn source(&self, origin: &PortraitOrigin) -> Option<Source> {
        match origin {
            PortraitOrigin::File(path) => Some(Source::File(path.clone())),
            PortraitOrigin::BuiltIn(index) => self.own.built_in.get(*index).cloned().map(Source::BuiltIn),
            PortraitOrigin::Memory => None,
        }
    }

    fn origin(&self, source: &Source) -> Option<PortraitOrigin> {
        match source {
            Source::File(path) => Some(PortraitOrigin::File(path.clone())),
            Source::BuiltIn(name) => self.own.built_in.iter().position(|known| known == name).map(PortraitOrigin::BuiltIn),
        }
    }

    /// What is known of the portraits; for tests.
    pub fn collection(&self) -> &Collection {
        self.shelf.list()
    }
}

impl GalleryItem {
    fn of_file(file: &Path) -> Self {
        Self { origin: PortraitOrigin::File(file.to_owned()), title: title(file), thumbnail: None, favourite: false, is_missing: false }
    }
}

impl ViewState {
    /// How many favourites there are: the newest portrait comes behind them.
    fn favourites(&self) -> usize {
        self.gallery.iter().take_while(|item| item.favourite).count()
    }

    fn add_to_gallery(&mut self, file: &Path) {
        let place = self.favourites();
        self.gallery.insert(place, GalleryItem::of_file(file));
    }
}

/// What a picture file is called in the gallery.
fn title(file: &Path) -> String {
    file.file_stem().map_or_else(|| events::file_name(file), |stem| stem.to_string_lossy().into_owned())
}

/// The thumbnails of the built-in portraits are made of what the program brings.
pub(super) fn built_in_item(app: &mut App, index: usize, title: String, image: crate::session::DeferredPixels) {
    let origin = PortraitOrigin::BuiltIn(index);
    app.thumbnails.make(Place::Gallery(origin.clone()), &title, move || Arc::new(image.convert()));
    app.view.gallery.push(GalleryItem { origin, title, thumbnail: None, favourite: false, is_missing: false });
}
