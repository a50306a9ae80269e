//! What lies over everything: help, the question about an interrupted recording, and the path field.

use egui::{Align2, Context, Frame, Id, Margin, Modal, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2};

use super::action::{Action, Purpose, ViewAction};
use super::icons::Icon;
use super::keys::shortcuts;
use super::state::{AboutView, PathPrompt, ViewState};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::{self, t};
use crate::session::Interrupted;

/// Windows lower than this have no room for messages above a dialog, in points.
const LOW: f32 = 700.0;

/// Draws the topmost dialog that is open.
pub(super) fn show(ctx: &Context, view: &ViewState) -> Vec<Action> {
    if view.shown.about {
        dialog(ctx, view, "about", 480.0, Action::View(ViewAction::ToggleAbout), |ui| about(ui, &view.about))
    } else if view.shown.help {
        dialog(ctx, view, "help", 520.0, Action::View(ViewAction::ToggleHelp), help)
    } else if let Some(prompt) = &view.path_prompt {
        dialog(ctx, view, "path", 440.0, Action::CloseOverlay, |ui| path_field(ui, prompt))
    } else if !view.interrupted.is_empty() {
        dialog(ctx, view, "recovery", 440.0, Action::View(ViewAction::KeepForLater), |ui| recovery(ui, &view.interrupted))
    } else {
        Vec::new()
    }
}

/// A dialog in the middle; a click beside it does `on_close`.
fn dialog(
    ctx: &Context,
    view: &ViewState,
    name: &str,
    width: f32,
    on_close: Action,
    content: impl FnOnce(&mut Ui) -> Vec<Action>,
) -> Vec<Action> {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING_LARGE)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin::same(24));
    // In a low window it makes room for messages.
    let above = if ctx.content_rect().height() < LOW { view.covered[0] } else { 0.0 };
    let area = Modal::default_area(Id::unique(name)).anchor(Align2::CENTER_CENTER, vec2(0.0, above / 2.0));
    let modal = Modal::new(Id::unique(name)).area(area).frame(frame).backdrop_color(egui::Color32::from_black_alpha(140));
    let response = modal.show(ctx, |ui| {
        ui.set_width(width.min(ctx.content_rect().width() - 100.0));
        // Where the window is low, it scrolls.
        ui.set_max_height(ctx.content_rect().height() - 90.0 - above);
        let scrolled = ScrollArea::vertical().id_salt(name).show(ui, content);
        widgets::fade_edges(ui, &scrolled, theme::RAISED);
        scrolled.inner
    });
    let mut actions = response.inner;
    if response.backdrop_response.clicked() {
        actions.push(on_close);
    }
    actions
}

fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::semibold(size::HEAD + 2.0)).color(theme::TEXT));
    ui.add_space(4.0);
}

fn body(ui: &mut Ui, text: impl Into<String>) {
    ui.add(egui::Label::new(RichText::new(text).color(theme::TEXT_SOFT)).wrap());
}

fn help(ui: &mut Ui) -> Vec<Action> {
    title(ui, &t!("help-title"));
    let all = shortcuts();
    let half = all.len().div_ceil(2);
    ui.columns(2, |columns| {
        for (column, shortcuts) in columns.iter_mut().zip(all.chunks(half)) {
            column.spacing_mut().item_spacing.y = 3.0;
            for shortcut in shortcuts {
                shortcut_line(column, &shortcut.key, &shortcut.does);
            }
        }
    });
    widgets::divider(ui);
    title(ui, &t!("help-know"));
    body(ui, t!("help-consent"));
    body(ui, t!("help-private"));
    ui.add_space(8.0);
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, &t!("close"), 110.0, Weight::Normal).clicked() {
            actions.push(Action::View(ViewAction::ToggleHelp));
        }
        let about = widgets::button(ui, Icon::Info, &t!("help-about"), 150.0, Weight::Quiet);
        if about.on_hover_text(t!("help-about-tip")).clicked() {
            actions.push(Action::View(ViewAction::ToggleAbout));
        }
    });
    actions
}

fn about(ui: &mut Ui, about: &AboutView) -> Vec<Action> {
    let mut actions = Vec::new();
    title(ui, &format!("Retrato {}", about.version));
    body(ui, t!("about-what"));
    head(ui, &t!("about-licences"));
    body(ui, t!("about-licences-text"));
    head(ui, &t!("about-learnt"));
    body(ui, t!("about-learnt-text"));
    if let Some(log) = &about.log {
        head(ui, &t!("about-wrong"));
        body(ui, t!("about-log", path = log.display().to_string()));
    }
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, &t!("close"), 110.0, Weight::Normal).clicked() {
            actions.push(Action::View(ViewAction::ToggleAbout));
        }
        if let Some(log) = &about.log {
            let copy = widgets::button(ui, Icon::Copy, &t!("about-copy-log"), 190.0, Weight::Quiet);
            if copy.on_hover_text(t!("about-copy-log-tip")).clicked() {
                actions.push(Action::CopyText(log.display().to_string()));
            }
        }
    });
    actions
}

fn head(ui: &mut Ui, text: &str) {
    ui.add_space(4.0);
    widgets::section(ui, text);
}

fn shortcut_line(ui: &mut Ui, key: &str, does: &str) {
    widgets::row(ui, 22.0, |ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(widgets::key_width(ui.painter(), key).max(58.0), 22.0), egui::Sense::empty());
        widgets::key_hint(ui.painter(), rect.left_center(), key);
        ui.add(egui::Label::new(RichText::new(does).size(size::SMALL + 0.5).color(theme::TEXT)).wrap());
    });
}

fn recovery(ui: &mut Ui, interrupted: &[Interrupted]) -> Vec<Action> {
    let mut actions = Vec::new();
    title(ui, &t!("recovery-title", count = interrupted.len()));
    for recording in interrupted.iter().take(5) {
        let name = recording.part.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let size = t!("megabytes", number = words::number(recording.bytes as f64 / 1e6, 1));
        body(ui, t!("recovery-file", name = name, size = size));
    }
    body(ui, t!("recovery-text"));
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, &t!("recovery-recover"), 130.0, Weight::Primary).clicked() {
            actions.push(Action::Recover);
        }
        if widgets::button(ui, Icon::Close, &t!("recovery-later"), 150.0, Weight::Normal).clicked() {
            actions.push(Action::View(ViewAction::KeepForLater));
        }
    });
    actions
}

fn path_field(ui: &mut Ui, prompt: &PathPrompt) -> Vec<Action> {
    let mut actions = Vec::new();
    let (head, what) = match prompt.purpose {
        Purpose::Portrait => (t!("path-portrait"), t!("path-where-picture")),
        Purpose::FurtherPicture => (t!("path-further"), t!("path-where-picture")),
        Purpose::Driver => (t!("path-driver"), t!("path-where-file")),
    };
    title(ui, &head);
    body(ui, what);
    let mut text = prompt.text.clone();
    let field = TextEdit::singleline(&mut text).hint_text(t!("path-hint")).margin(vec2(10.0, 7.0)).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name(t!("path-label"));
    if ui.memory(|memory| memory.focused().is_none()) && prompt.text.is_empty() {
        response.request_focus();
    }
    if response.changed() {
        actions.push(Action::View(ViewAction::EditPath(text)));
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    if let Some(problem) = &prompt.problem {
        ui.add(egui::Label::new(RichText::new(problem).color(theme::RECORD)).wrap());
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Open, &t!("path-open"), 120.0, Weight::Primary).clicked() || entered {
            actions.push(Action::ConfirmPath);
        }
        if widgets::button(ui, Icon::Close, &t!("cancel"), 120.0, Weight::Normal).clicked() {
            actions.push(Action::CloseOverlay);
        }
    });
    actions
}
