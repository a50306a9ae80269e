//! The motion section: presets, how strongly each part of the face follows, smoothing, mirror, the neutral face, and the way back.

use egui::{Align, Layout, Popup, PopupCloseBehavior, RectAlign, TextEdit, Ui, vec2};

use crate::present::action::Action;
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::ViewState;
use crate::present::theme;
use crate::present::widgets::{self, PercentSlider, Weight};
use crate::present::words::t;
use crate::settings::{BuiltInPreset, Controls, Motion, MotionPreset, PRESETS, Strengths};

/// Width of the field for a preset's name, in points.
const NAME_WIDTH: f32 = 210.0;

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    widgets::row(ui, 24.0, |ui| {
        widgets::section(ui, &t!("motion"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (icon, label, enabled, action) in [
                (Icon::Redo, t!("motion-redo"), view.motion.can_redo, Action::RedoMotion),
                (Icon::Undo, t!("motion-undo"), view.motion.can_undo, Action::UndoMotion),
            ] {
                if ui.add_enabled_ui(enabled, |ui| widgets::icon_button(ui, icon, &label, Weight::Quiet).clicked()).inner {
                    actions.push(action);
                }
            }
        });
    });
    actions.extend(presets(ui, view));
    if let Some(controls) = changed(ui, &view.controls) {
        actions.push(Action::SetControls(controls));
    }
    ui.add_space(2.0);
    let enabled = view.has_portrait();
    ui.add_enabled_ui(enabled, |ui| {
        let width = ui.available_width();
        let button = widgets::button_with_key(ui, Icon::Calibrate, &t!("motion-neutral"), &t!("key-space"), width, Weight::Normal);
        if button.on_hover_text(t!("motion-neutral-tip")).on_disabled_hover_text(t!("motion-neutral-not")).clicked() {
            actions.push(Action::Calibrate);
        }
    });
    actions
}

/// A chip for each preset, the user's own behind those of the program, and one that keeps what is set.
fn presets(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    let now = view.controls.motion();
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 27.0;
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.horizontal_wrapped(|ui| {
            for preset in PRESETS {
                let (name, hint) = words_of(&preset);
                if widgets::chip(ui, &name, now == preset.motion).on_hover_text(hint).clicked() {
                    actions.push(Action::UseMotion(preset.motion));
                }
            }
            for preset in &view.motion.presets {
                actions.extend(own(ui, preset, now));
            }
            actions.extend(keep(ui, view, now));
        });
    });
    actions
}

/// Name and hint of a preset of the program.
fn words_of(preset: &BuiltInPreset) -> (String, String) {
    match preset.name {
        "Natural" => (t!("preset-natural"), t!("preset-natural-tip")),
        "Lively" => (t!("preset-lively"), t!("preset-lively-tip")),
        "Theatre" => (t!("preset-theatre"), t!("preset-theatre-tip")),
        "Eyes only" => (t!("preset-eyes"), t!("preset-eyes-tip")),
        other => (other.to_owned(), preset.hint.to_owned()),
    }
}

/// A preset of the user's own; a right click, or a second click, offers to remove it.
fn own(ui: &mut Ui, preset: &MotionPreset, now: Motion) -> Option<Action> {
    let is_set = preset.motion == now;
    let tip = if is_set { t!("motion-own-set-tip") } else { t!("motion-own-tip") };
    let chip = widgets::chip(ui, &preset.name, is_set).on_hover_text(tip);
    let mut action = None;
    let menu = if is_set { Popup::menu(&chip) } else { Popup::context_menu(&chip) };
    menus::show(menu, &chip, |ui| {
        let label = t!("motion-remove", name = preset.name.as_str());
        if widgets::button(ui, Icon::Close, &label, NAME_WIDTH, Weight::Quiet).clicked() {
            action = Some(Action::RemovePreset(preset.name.clone()));
            ui.close();
        }
    });
    action.or_else(|| (chip.clicked() && !is_set).then_some(Action::UseMotion(preset.motion)))
}

/// The way to keep what is set under a name.
fn keep(ui: &mut Ui, view: &ViewState, now: Motion) -> Option<Action> {
    let chip = widgets::chip(ui, &t!("motion-save"), false).on_hover_text(t!("motion-save-tip"));
    let id = ui.scope_id().with("preset name");
    let mut action = None;
    if chip.clicked() {
        let own = view.motion.presets.iter().find(|preset| preset.motion == now);
        ui.data_mut(|data| data.insert_temp(id, own.map(|preset| preset.name.clone()).unwrap_or_default()));
    }
    Popup::menu(&chip).align(RectAlign::BOTTOM_END).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        let mut name: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
        let field = TextEdit::singleline(&mut name).hint_text(t!("motion-name")).margin(vec2(9.0, 6.0)).desired_width(NAME_WIDTH);
        let response = ui.add(field).accessible_name(t!("motion-name"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if !entered && (chip.clicked() || ui.memory(|memory| memory.focused().is_none())) {
            response.request_focus();
        }
        let is_usable = MotionPreset::clean_name(&name).is_some();
        ui.add_space(theme::GAP / 2.0);
        let save =
            ui.add_enabled_ui(is_usable, |ui| widgets::button(ui, Icon::Save, &t!("save"), NAME_WIDTH, Weight::Primary).clicked()).inner;
        if (save || entered) && is_usable {
            action = Some(Action::SavePreset(name.clone()));
            ui.close();
        }
        ui.data_mut(|data| data.insert_temp(id, name));
    });
    menus::settle(&chip);
    action
}

/// The controls as changed in this frame, if they were.
fn changed(ui: &mut Ui, now: &Controls) -> Option<Controls> {
    let mut next = now.clone();
    let usual = Motion::default();
    ui.spacing_mut().item_spacing.y = 5.0;
    let smoothing = t!("motion-smoothing");
    let rows = [
        (t!("motion-head"), t!("motion-head-tip"), &mut next.strengths.head, usual.strengths.head),
        (t!("motion-eyes"), t!("motion-eyes-tip"), &mut next.strengths.eyes, usual.strengths.eyes),
        (t!("motion-gaze"), t!("motion-gaze-tip"), &mut next.strengths.gaze, usual.strengths.gaze),
        (t!("motion-brows"), t!("motion-brows-tip"), &mut next.strengths.brows, usual.strengths.brows),
        (t!("motion-mouth"), t!("motion-mouth-tip"), &mut next.strengths.mouth, usual.strengths.mouth),
    ];
    let label_width = {
        let labels: Vec<&str> = rows.iter().map(|(label, ..)| label.as_str()).chain([smoothing.as_str()]).collect();
        widgets::label_width(ui, &labels)
    };
    for (label, tip, value, usual) in rows {
        let slider = PercentSlider { label: &label, label_width, tip: &tip, max: Strengths::MAX, usual };
        if let Some(moved) = slider.show(ui, *value) {
            *value = moved;
        }
    }
    let slider = PercentSlider { label: &smoothing, label_width, tip: &t!("motion-smoothing-tip"), max: 1.0, usual: usual.smoothing };
    if let Some(moved) = slider.show(ui, next.smoothing) {
        next.smoothing = moved;
    }
    if let Some(on) = widgets::switch(ui, &t!("motion-mirror"), next.mirror, "M", &t!("motion-mirror-tip")) {
        next.mirror = on;
    }
    (next != *now).then_some(next)
}
