//! What comes in from the desktop: dropped files, files held over the window, and the clipboard.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, Event, Key, ViewportCommand};
use image::RgbaImage;

use super::action::Action;
use super::app::{App, now_secs};
use super::clipboard::{Clip, Wanted};
use super::files;
use super::toasts::Severity;
use super::words::t;
use crate::session::{DeferredPixels, PictureInput};

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
    /// Has the clipboard read, for what is being typed or for a portrait.
    pub(super) fn paste(&mut self, ctx: &Context) {
        if self.view.no_drop {
            // Under Wayland only the toolkit knows the clipboard. It answers at once.
            return ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
        }
        let wanted = if ctx.text_edit_focused() { Wanted::Text } else { Wanted::Picture };
        if let Err(why) = self.clipboard.ask(ctx, wanted, now_secs(ctx)) {
            self.say(Severity::Error, t!("said-clipboard", why = why), ctx);
        }
    }

    /// Takes what the clipboard has given, and says so when it takes long.
    pub(super) fn watch_clipboard(&mut self, ctx: &Context) -> Option<f64> {
        if let Some((wanted, clip)) = self.clipboard.answer() {
            self.view.reading_clipboard = false;
            match (wanted, clip) {
                (Wanted::Text, Clip::Text(text)) => self.typed.push(text),
                (Wanted::Text, _) => {}
                (Wanted::Picture, clip) => self.take_clip(ctx, clip),
            }
        }
        let slow_in = self.clipboard.slow_in(now_secs(ctx))?;
        self.view.reading_clipboard = slow_in <= 0.0;
        (slow_in > 0.0).then_some(slow_in)
    }

    fn take_clip(&mut self, ctx: &Context, clip: Clip) {
        match clip {
            Clip::Picture(pixels) if pixels.width() == 0 || pixels.height() == 0 => {
                self.say(Severity::Error, t!("said-clipboard-empty"), ctx);
            }
            Clip::Picture(pixels) => self.open_pasted(PictureInput::Pixels { name: t!("pasted-name"), pixels }),
            Clip::Files(files) => self.act(ctx, Action::OpenFiles(files)),
            Clip::Text(_) => self.say(Severity::Info, t!("said-clipboard-text"), ctx),
            Clip::Nothing => self.say(Severity::Info, t!("said-clipboard-nothing"), ctx),
        }
    }

    /// Opens what the toolkit has pasted by itself.
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
            if picture.size.contains(&0) {
                return self.take_clip(ctx, Clip::Picture(Arc::default()));
            }
            let pixels = DeferredPixels::new(move || straight_alpha(&picture));
            self.open_pasted(PictureInput::Deferred { name: t!("pasted-name"), pixels });
        } else if let Some(text) = text.filter(|text| files::paths_in_text(text).is_empty()) {
            self.take_clip(ctx, Clip::Text(text));
        }
    }

    /// Opens a picture from the clipboard, and keeps it: it has no file.
    fn open_pasted(&mut self, picture: PictureInput) {
        let id = self.open_passing(picture, &t!("pasted-opening"));
        self.note_drop(id);
    }

    /// Gives the keys of cutting and copying, and what was pasted, to the field that is being typed into. The toolkit's own way would wait for the clipboard's
    /// owner on the window's thread.
    pub(super) fn type_from_clipboard(&mut self, input: &mut egui::RawInput) {
        let meant = |event: &Event| match event {
            Event::Key { key: Key::C, pressed: true, modifiers, .. } if modifiers.command => Some(Event::Copy),
            Event::Key { key: Key::X, pressed: true, modifiers, .. } if modifiers.command => Some(Event::Cut),
            Event::Key { key: Key::Copy, pressed: true, .. } => Some(Event::Copy),
            Event::Key { key: Key::Cut, pressed: true, .. } => Some(Event::Cut),
            _ => None,
        };
        let more: Vec<Event> = input.events.iter().filter_map(meant).chain(self.typed.drain(..).map(Event::Paste)).collect();
        input.events.extend(more);
    }
}

/// The clipboard's picture with straight alpha; large ones take a while.
fn straight_alpha(picture: &egui::ColorImage) -> RgbaImage {
    let [width, height] = picture.size.map(|side| side as u32);
    let bytes = picture.pixels.iter().flat_map(egui::Color32::to_srgba_unmultiplied).collect();
    RgbaImage::from_raw(width, height, bytes).unwrap_or_default()
}
