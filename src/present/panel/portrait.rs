//! The portrait section: the row of portraits, open, paste; and, folded away, a better likeness and further pictures of the person.

use egui::{Align, Layout, Ui};

use crate::data::Tuning;
use crate::present::action::{Action, Purpose};
use crate::present::gallery;
use crate::present::icons::Icon;
use crate::present::state::ViewState;
use crate::present::theme;
use crate::present::widgets::{self, Weight};
use crate::present::words::{self, t};

/// Side of a thumbnail, in points.
const THUMBNAIL: f32 = 58.0;
/// Side of a further picture's thumbnail, in points.
const FURTHER: f32 = 40.0;
/// Width of the button beside a line of text, in points.
const ASIDE: f32 = 92.0;

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    widgets::section(ui, &t!("portrait"));
    if !view.gallery.is_empty() {
        actions.extend(gallery::row(ui, view, THUMBNAIL));
    }
    ui.horizontal(|ui| {
        let width = (ui.available_width() - theme::GAP) / 2.0;
        if widgets::button(ui, Icon::Open, &t!("open"), width, Weight::Normal).on_hover_text(t!("portrait-open-tip")).clicked() {
            actions.push(Action::Browse(Purpose::Portrait));
        }
        if widgets::button(ui, Icon::Paste, &t!("paste"), width, Weight::Normal).on_hover_text(t!("paste-tip")).clicked() {
            actions.push(Action::Paste);
        }
    });
    // What is under way, and what the portrait is made of, is not folded away.
    if matches!(view.tuning, Tuning::Running { .. }) {
        actions.extend(fine_tuning(ui, view.tuning));
    }
    if !view.further.is_empty() {
        actions.extend(pictures(ui, view));
    }
    actions
}

/// What is seldom needed of it.
pub(super) fn likeness(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    if !matches!(view.tuning, Tuning::Running { .. }) {
        actions.extend(fine_tuning(ui, view.tuning));
    }
    if view.further.is_empty() {
        actions.extend(pictures(ui, view));
    }
    actions
}

/// The button for the first further picture; then how many pictures are used, the further ones, and the button for more.
fn pictures(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let mut action = None;
    let alone = if view.has_portrait() { t!("further-none") } else { t!("said-portrait-first") };
    let mut add = |ui: &mut Ui, text: &str, width: f32| {
        let button = widgets::button(ui, Icon::Add, text, width, Weight::Normal);
        if button.on_hover_text(t!("further-tip")).on_disabled_hover_text(alone.as_str()).clicked() {
            action = Some(Action::Browse(Purpose::FurtherPicture));
        }
    };
    if view.further.is_empty() {
        ui.add_enabled_ui(view.takes_pictures, |ui| add(ui, &t!("further-add"), ui.available_width()));
        return action;
    }
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            add(ui, &t!("further-add-short"), ASIDE);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                widgets::note(ui, t!("further-count", count = 1 + view.further.len()));
            });
        });
    });
    action.or(gallery::further_row(ui, view, FURTHER))
}

/// The button that begins, how far it is, or the way back: one line, always as high; nothing where the portrait cannot be learnt.
fn fine_tuning(ui: &mut Ui, tuning: Tuning) -> Option<Action> {
    match tuning {
        // Most generators learn nothing: what is not to be had is not offered.
        Tuning::Impossible => None,
        Tuning::Possible => {
            let width = ui.available_width();
            let button = widgets::button(ui, Icon::FineTune, &t!("likeness-improve"), width, Weight::Normal);
            button.on_hover_text(t!("likeness-improve-tip")).clicked().then_some(Action::FineTune)
        }
        Tuning::Running { step, steps } => {
            let share = step as f32 / steps.max(1) as f32;
            let row = ui.horizontal(|ui| {
                let cancel = t!("cancel");
                let aside = widgets::wide_enough(ui, &[&cancel], ASIDE);
                let width = ui.available_width() - theme::GAP - aside;
                widgets::progress(ui, &t!("likeness-learning", percent = words::percent(share)), share, width);
                let cancel = widgets::button(ui, Icon::Close, &cancel, aside, Weight::Normal);
                cancel.on_hover_text(t!("likeness-cancel-tip")).clicked()
            });
            row.inner.then_some(Action::StopFineTuning)
        }
        Tuning::Done => {
            let row = ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let undo = widgets::button(ui, Icon::Undo, &t!("undo"), ASIDE, Weight::Normal);
                    let clicked = undo.on_hover_text(t!("likeness-undo-tip")).clicked();
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        widgets::note(ui, t!("likeness-improved")).on_hover_text(t!("likeness-improved-tip"));
                    });
                    clicked
                })
                .inner
            });
            row.inner.then_some(Action::UndoFineTuning)
        }
    }
}
