//! Several pictures of one person: adding and removing them, and the offers to do so when a picture was dropped.
//!
//! A dropped picture is a new portrait at once, with no question asked. Whether it shows the same person as the one before can be said afterwards.

use std::path::PathBuf;
use std::sync::Arc;

use egui::load::SizedTexture;
use egui::{Context, TextureHandle};
use image::RgbaImage;

use super::action::Action;
use super::app::{App, now_secs};
use super::driver::{FurtherPicture, PictureChoice};
use super::state::FurtherView;
use super::toasts::{Offer, Severity};
use super::{events, textures};

/// What the application keeps in mind of portraits and their further pictures.
#[derive(Default)]
pub(super) struct Sitters {
    present: Option<Shown>,
    before: Option<Shown>,
    /// Whether the portrait that is being opened was dropped or pasted.
    dropped: bool,
    /// The further pictures' thumbnails, each with the picture that it is of.
    thumbnails: Vec<(Arc<RgbaImage>, TextureHandle)>,
}

/// A portrait that is or was on the stage.
struct Shown {
    name: String,
    pixels: Arc<RgbaImage>,
    choice: Option<PictureChoice>,
}

impl Shown {
    /// Whether this is the same picture: another of its faces, or the file once more.
    fn is(&self, pixels: &Arc<RgbaImage>, choice: Option<&PictureChoice>) -> bool {
        let same_file = matches!((&self.choice, choice), (Some(PictureChoice::File(a)), Some(PictureChoice::File(b))) if a == b);
        same_file || Arc::ptr_eq(&self.pixels, pixels)
    }
}

impl App {
    /// Remembers what is on the stage; after a drop, offers to take it for another picture of the same person. Built-in portraits are nobody's.
    pub(super) fn portrait_took_the_stage(&mut self, ctx: &Context, name: &str, pixels: &Arc<RgbaImage>) {
        let dropped = std::mem::take(&mut self.sitters.dropped);
        if self.sitters.present.as_ref().is_some_and(|shown| shown.is(pixels, self.asked_for.as_ref())) {
            return;
        }
        let shown = Shown { name: name.to_owned(), pixels: Arc::clone(pixels), choice: self.asked_for.clone() };
        self.sitters.before = self.sitters.present.replace(shown);
        let before = self.sitters.before.as_ref().filter(|before| !matches!(before.choice, None | Some(PictureChoice::BuiltIn(_))));
        if let Some(before) = before.filter(|_| dropped && self.view.takes_pictures()) {
            let text = format!("{name} has taken the place of {}. Do they show the same person?", before.name);
            let offer = Offer { label: "Use both pictures".to_owned(), action: Action::JoinBefore };
            self.view.toasts.push_offer(text, offer, now_secs(ctx));
        }
    }

    /// The portrait that is being opened came by a drop or from the clipboard.
    pub(super) fn note_drop(&mut self) {
        self.sitters.dropped = true;
    }

    /// Something else is being opened: what was offered is past.
    pub(super) fn forget_drop(&mut self) {
        self.sitters.dropped = false;
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
        if !self.view.has_portrait() && self.view.opening.is_none() {
            return self.say(Severity::Info, "Open a portrait of the person first, then add further pictures", ctx);
        }
        self.view.opening = files.first().map(|file| events::file_name(file)).or(self.view.opening.take());
        for file in files {
            self.puppet.add_picture(file);
        }
    }

    /// Goes back to the portrait before, with the present one as another picture of the same person.
    pub(super) fn join_before(&mut self) {
        self.view.toasts.withdraw_offers();
        if let Some(before) = &self.sitters.before {
            self.asked_for.clone_from(&before.choice);
            self.puppet.join_before();
        }
    }

    /// Shows which further pictures are used from now on.
    pub(super) fn show_further(&mut self, ctx: &Context, pictures: &[FurtherPicture]) {
        let mut known = std::mem::take(&mut self.sitters.thumbnails);
        for picture in pictures {
            let made = known.iter().position(|(pixels, _)| Arc::ptr_eq(pixels, &picture.pixels)).map(|place| known.swap_remove(place));
            let made = made.unwrap_or_else(|| (Arc::clone(&picture.pixels), textures::thumbnail(ctx, &picture.name, &picture.pixels)));
            self.sitters.thumbnails.push(made);
        }
        let more = pictures.len() > self.view.further.len();
        let views = pictures.iter().zip(&self.sitters.thumbnails);
        self.view.further = views
            .map(|(picture, (_, handle))| FurtherView { name: picture.name.clone(), thumbnail: SizedTexture::from_handle(handle) })
            .collect();
        self.view.opening = None;
        if more && !self.view.shown.panel {
            // Where the panel cannot tell.
            self.say(Severity::Done, format!("Made from {} pictures of this person now", 1 + pictures.len()), ctx);
        }
    }
}
