//! The motion section: how strongly each part of the face follows, smoothing, mirror, calibration.

use egui::Ui;

use crate::present::action::Action;
use crate::present::icons::Icon;
use crate::present::state::ViewState;
use crate::present::widgets::{self, Weight};
use crate::settings::{Controls, Strengths};

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    widgets::section(ui, "Motion");
    if let Some(controls) = changed(ui, &view.controls) {
        actions.push(Action::SetControls(controls));
    }
    ui.add_space(2.0);
    let enabled = view.has_portrait();
    ui.add_enabled_ui(enabled, |ui| {
        let width = ui.available_width();
        let button = widgets::button(ui, Icon::Calibrate, "Calibrate", width, Weight::Normal);
        let right = button.rect.right_center() - egui::vec2(50.0, 0.0);
        widgets::key_hint(ui.painter(), right, "Space");
        if button.on_hover_text("Look straight ahead with a relaxed face, then press: this is my neutral face").clicked() {
            actions.push(Action::Calibrate);
        }
    });
    actions
}

/// The controls as changed in this frame, if they were.
fn changed(ui: &mut Ui, now: &Controls) -> Option<Controls> {
    let mut next = now.clone();
    ui.spacing_mut().item_spacing.y = 5.0;
    for (label, value) in [
        ("Head", &mut next.strengths.head),
        ("Eyes", &mut next.strengths.eyes),
        ("Gaze", &mut next.strengths.gaze),
        ("Brows", &mut next.strengths.brows),
        ("Mouth", &mut next.strengths.mouth),
    ] {
        if let Some(moved) = widgets::percent_slider(ui, label, *value, Strengths::MAX) {
            *value = moved;
        }
    }
    if let Some(moved) = widgets::percent_slider(ui, "Smoothing", next.smoothing, 1.0) {
        next.smoothing = moved;
    }
    if let Some(on) = widgets::switch(ui, "Mirror", next.mirror, "M") {
        next.mirror = on;
    }
    (next != *now).then_some(next)
}
