//! Several pictures of one person: adding and removing them, and the offers to do so when a picture was dropped.
//!
//! A dropped picture is a new portrait at once, with no question asked. Whether it shows the same person as the one before can be said afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use egui::load::SizedTexture;
use egui::{Context, TextureHandle};

use super::action::Action;
use super::app::{App, now_secs};
use super::events;
use super::state::{FurtherView, OpeningView};
use super::thumbnails::Place;
use super::toasts::{Offer, Severity};
use super::words::t;
use crate::collection::Change;
use crate::data::Portrait;
use crate::session::{PictureInput, PortraitReady, Request, RequestId};

/// One further picture.
pub(super) struct Further {
    pub(super) portrait: Arc<Portrait>,
    pub(super) thumbnail: Option<TextureHandle>,
    /// Where it comes from, if that is known.
    file: Option<PathBuf>,
}

/// A dropped portrait that may be joined with the one before.
struct Replaced {
    id: RequestId,
    /// Name of the one before.
    before: String,
    /// Its own name.
    by: String,
}

/// What the application keeps in mind of a person's pictures.
#[derive(Default)]
pub(super) struct PersonPictures {
    /// The request for a portrait that was dropped or pasted.
    dropped: Option<RequestId>,
    /// What it has taken the place of, once it is alive.
    replaced: Option<Replaced>,
    /// The further pictures, with their thumbnails as soon as those are made.
    pub(super) further: Vec<Further>,
    /// Files that are being added, and whether the list of portraits has them already.
    adding: Vec<(RequestId, PathBuf, bool)>,
    /// Portraits that were alive in this run, by their content: they may become further pictures.
    seen: Vec<(String, PathBuf)>,
    /// Whether the portrait before is being taken back with all its pictures.
    joining: bool,
}

impl App {
    /// A portrait is alive: takes up what is known of its person's pictures, and offers to take a portrait that was dropped for another picture of the same
    /// person as the one before, where that is possible.
    pub(super) fn turn_to_person(&mut self, ctx: &Context, ready: &PortraitReady) {
        self.person.adding.clear();
        self.person.further.clear();
        let content = &ready.portrait.content_hash;
        if let Some(file) = ready.origin.path() {
            self.person.seen.retain(|(known, _)| known != content);
            self.person.seen.push((content.clone(), file.to_owned()));
        }
        if !std::mem::take(&mut self.person.joining) {
            self.restore_further(ready.id);
        }
        if self.person.dropped.take_if(|id| *id == ready.id).is_some() {
            self.person.replaced = ready.replaced.clone().map(|before| Replaced { id: ready.id, before, by: ready.portrait.name.clone() });
        }
        self.offer_both(ctx, ready.id);
    }

    /// Offers to use the portrait with that request and the one before together; not while it is asked where its face is.
    pub(super) fn offer_both(&mut self, ctx: &Context, id: RequestId) {
        let is_asked = self.view.question.as_ref().is_some_and(|question| question.id == id);
        let Some(Replaced { before, by, .. }) = self.person.replaced.as_ref().filter(|replaced| replaced.id == id && !is_asked) else {
            return;
        };
        let text = if by == before { t!("said-replaced") } else { t!("said-replaced-by", by = by.as_str(), before = before.as_str()) };
        let offer = Offer { label: t!("said-use-both"), action: Action::JoinBefore };
        self.view.toasts.push_offer(text, offer, now_secs(ctx));
    }

    /// It is asked where the face of a picture is: what was offered for it has to wait for the answer.
    pub(super) fn hold_offer(&mut self, asked: RequestId) {
        if self.person.replaced.as_ref().is_some_and(|replaced| replaced.id == asked) {
            self.view.toasts.withdraw(&Action::JoinBefore);
        }
    }

    /// The portrait with that request came by a drop or from the clipboard.
    pub(super) fn note_drop(&mut self, id: RequestId) {
        self.person.dropped = Some(id);
    }

    /// Something else is being opened: what was offered is past.
    pub(super) fn forget_drop(&mut self) {
        self.person.dropped = None;
        self.person.replaced = None;
        for past in [Action::JoinBefore, Action::AddPictures(Vec::new())] {
            self.view.toasts.withdraw(&past);
        }
    }

    /// Offers to take pictures that came with the portrait for the same person's.
    pub(super) fn offer_rest(&mut self, ctx: &Context, rest: Vec<PathBuf>) {
        let offer = Offer { label: t!("said-one-person"), action: Action::AddPictures(rest) };
        self.view.toasts.push_offer(t!("said-one-portrait"), offer, now_secs(ctx));
    }

    /// Makes the portrait from these pictures, too.
    pub(super) fn add_pictures(&mut self, ctx: &Context, files: Vec<PathBuf>) {
        self.view.toasts.withdraw(&Action::AddPictures(Vec::new()));
        if !self.view.has_portrait() && self.view.opening.is_empty() {
            return self.say(Severity::Info, t!("said-portrait-first"), ctx);
        }
        for file in files {
            let id = self.request_further(self.portrait_to_add_to(), file.clone(), false);
            self.view.opening.push(OpeningView { id, name: events::file_name(&file) });
        }
    }

    /// Makes the portrait from the pictures that belonged to it in an earlier run.
    fn restore_further(&mut self, portrait: RequestId) {
        if !self.view.takes_pictures {
            return;
        }
        let known = self.source_on_stage().and_then(|source| self.shelf.list().get(&source)).map(|known| known.further.clone());
        for file in known.unwrap_or_default() {
            self.request_further(portrait, file, true);
        }
    }

    fn request_further(&mut self, portrait: RequestId, file: PathBuf, is_known: bool) -> RequestId {
        let id = self.new_id();
        self.person.adding.push((id, file.clone(), is_known));
        self.session.request(Request::AddPicture { id, portrait, picture: PictureInput::Path(file) });
        id
    }

    /// Does without one of the further pictures.
    pub(super) fn remove_picture(&mut self, index: usize) {
        let file = self.person.further.get(index).and_then(|further| further.file.clone());
        if let Some((source, file)) = self.source_on_stage().zip(file) {
            self.shelf.change(Change::RemoveFurther(source, file));
        }
        self.session.request(Request::RemovePicture(index));
    }

    /// Goes back to the portrait before, with the present one as another picture of the same person.
    pub(super) fn join_before(&mut self) {
        self.view.toasts.withdraw(&Action::JoinBefore);
        self.person.replaced = None;
        self.person.joining = true;
        self.session.request(Request::JoinBefore);
    }

    /// Shows which further pictures are used from now on; `added` is the request for the newest one.
    pub(super) fn show_further(&mut self, ctx: &Context, pictures: &[Arc<Portrait>], added: Option<RequestId>) {
        let mut known = std::mem::take(&mut self.person.further);
        let added_file = added.and_then(|id| {
            let place = self.person.adding.iter().position(|(adding, ..)| *adding == id)?;
            Some(self.person.adding.swap_remove(place))
        });
        let more = pictures.len() > known.len();
        for picture in pictures {
            if let Some(place) = known.iter().position(|further| Arc::ptr_eq(&further.portrait, picture)) {
                self.person.further.push(known.swap_remove(place));
                continue;
            }
            let seen = self.person.seen.iter().find(|(content, _)| *content == picture.content_hash).map(|(_, file)| file.clone());
            let file = added_file.as_ref().map(|(_, file, _)| file.clone()).or(seen);
            let is_known = added_file.as_ref().is_some_and(|(_, _, is_known)| *is_known);
            if let Some((source, file)) = self.source_on_stage().zip(file.clone()).filter(|_| !is_known) {
                self.shelf.change(Change::AddFurther(source, file));
            }
            let pixels = Arc::clone(&picture.pixels);
            self.thumbnails.make(Place::Further(Arc::clone(picture)), &picture.name, move || pixels);
            self.person.further.push(Further { portrait: Arc::clone(picture), thumbnail: None, file });
        }
        let view = |further: &Further| FurtherView {
            name: further.portrait.name.clone(),
            thumbnail: further.thumbnail.as_ref().map(SizedTexture::from_handle),
        };
        self.view.further = self.person.further.iter().map(view).collect();
        if let Some(id) = added {
            self.view.opened(id);
        }
        if more && !self.view.shown.panel {
            // Where the panel cannot tell.
            self.say(Severity::Done, t!("said-made-from", count = 1 + pictures.len()), ctx);
        }
    }
}
