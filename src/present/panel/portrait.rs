//! The portrait section: built-in portraits, open, paste.

use egui::Ui;

use crate::present::action::{Action, Purpose};
use crate::present::gallery;
use crate::present::icons::Icon;
use crate::present::state::ViewState;
use crate::present::theme;
use crate::present::widgets::{self, Weight};

/// Side of a thumbnail, in points.
const THUMBNAIL: f32 = 58.0;

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    widgets::section(ui, "Portrait");
    if !view.gallery.is_empty() {
        actions.extend(gallery::row(ui, view, THUMBNAIL));
    }
    ui.horizontal(|ui| {
        let width = (ui.available_width() - theme::GAP) / 2.0;
        if widgets::button(ui, Icon::Open, "Open…", width, Weight::Normal).on_hover_text("Open a portrait (O)").clicked() {
            actions.push(Action::Browse(Purpose::Portrait));
        }
        if widgets::button(ui, Icon::Paste, "Paste", width, Weight::Normal).on_hover_text("From the clipboard (Ctrl V)").clicked() {
            actions.push(Action::Paste);
        }
    });
    actions
}
