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
use crate::data::Portrait;
use crate::session::{PictureInput, PortraitReady, Request, RequestId};

/// What the application keeps in mind of a person's pictures.
#[derive(Default)]
pub(super) struct PersonPictures {
    /// The request for a portrait that was dropped or pasted.
    dropped: Option<RequestId>,
    /// The further pictures with their thumbnails, as soon as those are made.
    pub(super) thumbnails: Vec<(Arc<Portrait>, Option<TextureHandle>)>,
}

impl App {
    /// Offers to take a portrait that was dropped for another picture of the same person as the one before, where that is possible.
    pub(super) fn offer_both(&mut self, ctx: &Context, ready: &PortraitReady) {
        let dropped = self.person.dropped.take_if(|id| *id == ready.id).is_some();
        if let Some(before) = ready.replaced.as_ref().filter(|_| dropped) {
            let text = format!("{} has taken the place of {before}. Do they show the same person?", ready.portrait.name);
            let offer = Offer { label: "Use both pictures".to_owned(), action: Action::JoinBefore };
            self.view.toasts.push_offer(text, offer, now_secs(ctx));
        }
    }

    /// The portrait with that request came by a drop or from the clipboard.
    pub(super) fn note_drop(&mut self, id: RequestId) {
        self.person.dropped = Some(id);
    }

    /// Something else is being opened: what was offered is past.
    pub(super) fn forget_drop(&mut self) {
        self.person.dropped = None;
        self.view.toasts.withdraw_offers();
    }

    /// Offers to take pictures that came with the portrait for the same person's.
    pub(super) fn offer_rest(&mut self, ctx: &Context, rest: Vec<PathBuf>) {
        let offer = Offer { label: "All show one person".to_owned(), action: Action::AddPictures(rest) };
        self.view.toasts.push_offer("One portrait at a time: the others wait in the gallery", offer, now_secs(ctx));
    }

    /// Makes the portrait from these pictures, too.
    pub(super) fn add_pictures(&mut self, ctx: &Context, files: Vec<PathBuf>) {
        self.view.toasts.withdraw_offers();
        if !self.view.has_portrait() && self.view.opening.is_empty() {
            return self.say(Severity::Info, "Open a portrait of the person first, then add further pictures", ctx);
        }
        for file in files {
            let id = self.new_id();
            self.view.opening.push(OpeningView { id, name: events::file_name(&file) });
            self.session.request(Request::AddPicture { id, picture: PictureInput::Path(file) });
        }
    }

    /// Goes back to the portrait before, with the present one as another picture of the same person.
    pub(super) fn join_before(&mut self) {
        self.view.toasts.withdraw_offers();
        self.session.request(Request::JoinBefore);
    }

    /// Shows which further pictures are used from now on; `added` is the request for the newest one.
    pub(super) fn show_further(&mut self, ctx: &Context, pictures: &[Arc<Portrait>], added: Option<RequestId>) {
        let mut known = std::mem::take(&mut self.person.thumbnails);
        for picture in pictures {
            let made = known.iter().position(|(shown, _)| Arc::ptr_eq(shown, picture)).map(|place| known.swap_remove(place));
            self.person.thumbnails.push(made.unwrap_or_else(|| {
                let pixels = Arc::clone(&picture.pixels);
                self.thumbnails.make(Place::Further(Arc::clone(picture)), &picture.name, move || pixels);
                (Arc::clone(picture), None)
            }));
        }
        let more = pictures.len() > self.view.further.len();
        let views = pictures.iter().zip(&self.person.thumbnails);
        self.view.further = views
            .map(|(picture, (_, handle))| FurtherView {
                name: picture.name.clone(),
                thumbnail: handle.as_ref().map(SizedTexture::from_handle),
            })
            .collect();
        if let Some(id) = added {
            self.view.opened(id);
        }
        if more && !self.view.shown.panel {
            // Where the panel cannot tell.
            self.say(Severity::Done, format!("Made from {} pictures of this person now", 1 + pictures.len()), ctx);
        }
    }
}
