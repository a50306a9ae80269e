//! The output window: the portrait and nothing else, for programs that capture windows, and for projectors.
//!
//! It is drawn by itself whenever there is a new picture: one texture more, and nothing that the main window waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use egui::{
    Color32, Context, CursorIcon, Event, Key, Role, Sense, Ui, ViewportBuilder, ViewportClass, ViewportCommand, ViewportId, WidgetInfo,
};

use super::preview::PreviewPicture;
use super::stage::PicturePlacement;
use super::state::ViewState;
use super::words::{self, t};
use crate::session::PictureShare;

/// Its title, by which other programs find it: the same in every language.
pub(super) const TITLE: &str = "Retrato - output";
/// Its first and its smallest size, in points.
const SIZE: [f32; 2] = [960.0, 720.0];
const SMALLEST: [f32; 2] = [160.0, 120.0];

/// What the output window shows, and what was asked for in it.
#[derive(Default)]
struct Shown {
    picture: Option<(PreviewPicture, [u32; 2], PictureShare)>,
    label: String,
    closes: bool,
}

/// The output window.
#[derive(Default)]
pub(super) struct OutputWindow(Arc<Mutex<Shown>>);

impl OutputWindow {
    fn id() -> ViewportId {
        ViewportId::from_hash_of("output")
    }

    /// Shows the newest picture, in this frame of the main window; to be called in every frame while it is open.
    pub(super) fn show(&self, ctx: &Context, view: &ViewState) {
        let mut shown = lock(&self.0);
        let part = view.picture.as_ref().map(|picture| view.part_of(picture));
        shown.picture = view.picture.clone().zip(part).map(|(picture, (size_px, share))| (picture, size_px, share));
        shown.label = view.portrait.as_ref().map_or_else(String::new, |portrait| t!("stage-portrait", name = words::name(&portrait.name)));
        drop(shown);
        let builder = ViewportBuilder::default().with_title(TITLE).with_inner_size(SIZE).with_min_inner_size(SMALLEST);
        let shown = Arc::clone(&self.0);
        ctx.show_viewport_deferred(Self::id(), builder, move |ui, class| draw(ui, class, &shown));
        ctx.request_repaint_of(Self::id());
    }

    /// Whether it was closed by its user since the last call.
    pub(super) fn take_closed(&self) -> bool {
        std::mem::take(&mut lock(&self.0).closes)
    }
}

fn draw(ui: &mut Ui, class: ViewportClass, shown: &Mutex<Shown>) {
    let mut shown = lock(shown);
    let rect = ui.available_rect_before_wrap();
    ui.painter().rect_filled(rect, 0, Color32::BLACK);
    let response = ui.allocate_rect(rect, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &shown.label));
    if let Some((picture, size_px, share)) = &shown.picture {
        let placement = PicturePlacement::fit(*size_px, rect, ui.pixels_per_point());
        ui.painter().add(picture.shape_of_part(placement.rect, *share));
    }
    if class == ViewportClass::EmbeddedWindow {
        // The keys are the main window's.
        return;
    }
    let (by_key, toggles, by_desktop, is_full) = ui.input(|input| {
        let viewport = input.viewport();
        (input.events.iter().any(closes), input.key_pressed(Key::F11), viewport.close_requested(), viewport.fullscreen == Some(true))
    });
    if by_key || by_desktop {
        shown.closes = true;
        ui.request_repaint_of(ViewportId::ROOT);
    }
    if toggles {
        ui.send_viewport_cmd(ViewportCommand::Fullscreen(!is_full));
    }
    if is_full {
        ui.set_cursor_icon(CursorIcon::None);
    }
}

/// Whether a key closes the window: Escape, the key that opened it, and what closes windows elsewhere. A key that is still held from opening it does not.
fn closes(event: &Event) -> bool {
    match event {
        Event::Key { key: Key::Escape, pressed: true, .. } => true,
        Event::Key { key: Key::W, pressed: true, repeat: false, modifiers, .. } => !modifiers.alt && !modifiers.shift,
        _ => false,
    }
}

/// A panic while it was held cannot leave its value half-written.
fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use egui::Modifiers;

    use super::*;

    #[test]
    fn it_is_closed_by_the_keys_that_close_windows() {
        let press = |key, modifiers, repeat| Event::Key { key, physical_key: None, pressed: true, repeat, modifiers };
        for (key, modifiers) in [(Key::Escape, Modifiers::NONE), (Key::W, Modifiers::NONE), (Key::W, Modifiers::CTRL | Modifiers::COMMAND)]
        {
            assert!(closes(&press(key, modifiers, false)), "{modifiers:?} {key:?}");
        }
        assert!(!closes(&press(Key::W, Modifiers::NONE, true)), "not by the press that opened it");
        assert!(!closes(&press(Key::W, Modifiers::ALT, false)) && !closes(&press(Key::F11, Modifiers::NONE, false)), "nor by others");
    }
}
