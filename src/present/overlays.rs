//! What lies over everything: help, the question about an interrupted recording, and the path field.

use egui::{Context, Frame, Id, Margin, Modal, RichText, ScrollArea, Stroke, TextEdit, Ui, vec2};

use super::action::{Action, Purpose};
use super::icons::Icon;
use super::keys::SHORTCUTS;
use super::state::{AboutView, PathPrompt, ViewState};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use crate::session::Interrupted;

/// Draws the topmost dialog that is open.
pub(super) fn show(ctx: &Context, view: &ViewState) -> Vec<Action> {
    if view.shown.about {
        dialog(ctx, "about", 480.0, Action::ToggleAbout, |ui| about(ui, &view.about))
    } else if view.shown.help {
        dialog(ctx, "help", 520.0, Action::ToggleHelp, help)
    } else if let Some(prompt) = &view.path_prompt {
        dialog(ctx, "path", 440.0, Action::CloseOverlay, |ui| path_field(ui, prompt))
    } else if !view.interrupted.is_empty() {
        dialog(ctx, "recovery", 440.0, Action::KeepForLater, |ui| recovery(ui, &view.interrupted))
    } else {
        Vec::new()
    }
}

/// A dialog in the middle; a click beside it does `on_close`.
fn dialog(ctx: &Context, name: &str, width: f32, on_close: Action, content: impl FnOnce(&mut Ui) -> Vec<Action>) -> Vec<Action> {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING_LARGE)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin::same(24));
    let modal = Modal::new(Id::unique(name)).frame(frame).backdrop_color(egui::Color32::from_black_alpha(140));
    let response = modal.show(ctx, |ui| {
        ui.set_width(width.min(ctx.content_rect().width() - 100.0));
        // Where the window is low, it scrolls.
        ui.set_max_height(ctx.content_rect().height() - 90.0);
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
    title(ui, "Shortcuts");
    let half = SHORTCUTS.len().div_ceil(2);
    ui.columns(2, |columns| {
        for (column, shortcuts) in columns.iter_mut().zip(SHORTCUTS.chunks(half)) {
            column.spacing_mut().item_spacing.y = 5.0;
            for shortcut in shortcuts {
                shortcut_line(column, shortcut.key, shortcut.does);
            }
        }
    });
    widgets::divider(ui);
    title(ui, "Good to know");
    body(
        ui,
        "Animate only people who agree to it, or who are long gone. Every clip and snapshot is marked as synthetic, so that nobody \
         mistakes it for the real person.",
    );
    body(ui, "Nothing leaves this computer: no account, no network.");
    ui.add_space(8.0);
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, "Close", 110.0, Weight::Normal).clicked() {
            actions.push(Action::ToggleHelp);
        }
        let about = widgets::button(ui, Icon::Info, "About Retrato", 150.0, Weight::Quiet);
        if about.on_hover_text("Version, licences, what it has learnt from").clicked() {
            actions.push(Action::ToggleAbout);
        }
    });
    actions
}

fn about(ui: &mut Ui, about: &AboutView) -> Vec<Action> {
    let mut actions = Vec::new();
    title(ui, &format!("Retrato {}", about.version));
    body(ui, "Brings a portrait to life with your own face, on this computer alone: no account, no network.");
    head(ui, "Licences");
    body(
        ui,
        "Retrato is free: you may use it under the MIT licence or the Apache licence 2.0, as you like. The file NOTICE lists what others made.",
    );
    head(ui, "What it has learnt from");
    body(
        ui,
        "Retrato's own networks were trained on synthetic heads alone: people who do not exist, made by the program from the public head model \
         ICT-FaceKit. No photograph of anybody was used. Faces are read by models that others have trained: MediaPipe's Face Landmarker, and \
         dlib's landmarks where that is missing.",
    );
    if let Some(log) = &about.log {
        head(ui, "When something goes wrong");
        body(ui, format!("The log is in {}", log.display()));
    }
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, "Close", 110.0, Weight::Normal).clicked() {
            actions.push(Action::ToggleAbout);
        }
        if let Some(log) = &about.log {
            let copy = widgets::button(ui, Icon::Copy, "Copy the log's path", 190.0, Weight::Quiet);
            if copy.on_hover_text("For a message to those who mend it").clicked() {
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
        let (rect, _) = ui.allocate_exact_size(vec2(58.0, 22.0), egui::Sense::empty());
        widgets::key_hint(ui.painter(), rect.left_center(), key);
        ui.add(egui::Label::new(RichText::new(does).size(size::SMALL + 0.5).color(theme::TEXT)).wrap());
    });
}

fn recovery(ui: &mut Ui, interrupted: &[Interrupted]) -> Vec<Action> {
    let mut actions = Vec::new();
    let several = interrupted.len() > 1;
    title(ui, if several { "Interrupted recordings were found" } else { "An interrupted recording was found" });
    for recording in interrupted.iter().take(5) {
        let name = recording.part.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        body(ui, format!("{name} ({:.1} MB)", recording.bytes as f64 / 1e6));
    }
    body(ui, "Retrato did not end properly while it was recording. What was recorded until then can be made playable.");
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Check, "Recover", 130.0, Weight::Primary).clicked() {
            actions.push(Action::Recover);
        }
        if widgets::button(ui, Icon::Close, "Keep for later", 150.0, Weight::Normal).clicked() {
            actions.push(Action::KeepForLater);
        }
    });
    actions
}

fn path_field(ui: &mut Ui, prompt: &PathPrompt) -> Vec<Action> {
    let mut actions = Vec::new();
    let (head, what) = match prompt.purpose {
        Purpose::Portrait => ("Open a portrait", "Where is the picture?"),
        Purpose::FurtherPicture => ("Add a picture of this person", "Where is the picture?"),
        Purpose::Driver => ("Open a clip or a performance", "Where is the file?"),
    };
    title(ui, head);
    body(ui, format!("This desktop offers no file dialog. {what}"));
    let mut text = prompt.text.clone();
    let field = TextEdit::singleline(&mut text).hint_text("/folder/file").margin(vec2(10.0, 7.0)).desired_width(f32::INFINITY);
    let response = ui.add(field).accessible_name("Path of the file");
    if ui.memory(|memory| memory.focused().is_none()) && prompt.text.is_empty() {
        response.request_focus();
    }
    if response.changed() {
        actions.push(Action::EditPath(text));
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    if let Some(problem) = &prompt.problem {
        ui.add(egui::Label::new(RichText::new(problem).color(theme::RECORD)).wrap());
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        if widgets::button(ui, Icon::Open, "Open", 120.0, Weight::Primary).clicked() || entered {
            actions.push(Action::ConfirmPath);
        }
        if widgets::button(ui, Icon::Close, "Cancel", 120.0, Weight::Normal).clicked() {
            actions.push(Action::CloseOverlay);
        }
    });
    actions
}
