//! What comes in from the desktop: dropped files, files held over the window, and the clipboard.

use std::path::PathBuf;

use egui::{Context, Event};
use image::RgbaImage;

use super::action::Action;
use super::app::App;
use super::files;
use super::toasts::Severity;
use crate::session::DeferredPixels;

/// What dropped files and pasted text ask for.
pub(super) fn actions(ctx: &Context) -> Vec<Action> {
    let dropped: Vec<PathBuf> = ctx.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    let pasted: Vec<PathBuf> = if ctx.text_edit_focused() { Vec::new() } else { pasted_paths(ctx) };
    [dropped, pasted].into_iter().filter(|paths| !paths.is_empty()).map(Action::OpenFiles).collect()
}

fn pasted_paths(ctx: &Context) -> Vec<PathBuf> {
    ctx.input(|input| {
        let texts = input.events.iter().filter_map(|event| if let Event::Paste(text) = event { Some(text.as_str()) } else { None });
        texts.flat_map(files::paths_in_text).collect()
    })
}

/// Files that are held over the window.
pub(super) fn hovered(ctx: &Context) -> Vec<PathBuf> {
    // A file without a name still counts as one: the highlight must show.
    ctx.input(|input| input.raw.hovered_files.iter().map(|file| file.path.clone().unwrap_or_default()).collect())
}

impl App {
    /// Opens a pasted picture, and answers the paste button.
    pub(super) fn take_pasted_picture(&mut self, ctx: &Context) {
        if ctx.text_edit_focused() {
            return;
        }
        let (picture, text) = ctx.input(|input| {
            let picture =
                input.events.iter().find_map(|event| if let Event::PasteImage(image) = event { Some(image.clone()) } else { None });
            let text = input.events.iter().find_map(|event| if let Event::Paste(text) = event { Some(text.clone()) } else { None });
            (picture, text)
        });
        if let Some(picture) = picture {
            self.paste_asked_at_secs = None;
            if picture.size.contains(&0) {
                self.say(Severity::Error, "The pasted picture is empty. Copy it again", ctx);
            } else {
                self.open_pasted(DeferredPixels::new(move || straight_alpha(&picture)));
            }
        } else if let Some(text) = text {
            self.paste_asked_at_secs = None;
            if files::paths_in_text(&text).is_empty() {
                self.say(Severity::Info, "The clipboard holds text, not a picture. Copy a picture first, or its path", ctx);
            }
        }
    }
}

/// The clipboard's picture with straight alpha; large ones take a while.
fn straight_alpha(picture: &egui::ColorImage) -> RgbaImage {
    let [width, height] = picture.size.map(|side| side as u32);
    let bytes = picture.pixels.iter().flat_map(egui::Color32::to_srgba_unmultiplied).collect();
    RgbaImage::from_raw(width, height, bytes).unwrap_or_default()
}
