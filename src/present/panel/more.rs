//! What is seldom needed, folded away: a better likeness, further pictures, other backgrounds, the virtual camera, and what makes the pictures.

use egui::{Align, Layout, Popup, PopupCloseBehavior, RectAlign, Ui, vec2};

use super::portrait;
use crate::present::action::{Action, RecordAction, ViewAction};
use crate::present::background;
use crate::present::events;
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::{RecordView, ViewState};
use crate::present::theme;
use crate::present::widgets::{self, Weight};
use crate::present::words::t;
use crate::session::VirtualCameraPhase;
use crate::settings::ExecutorChoice;

/// Width of the menu, in points.
const MENU_WIDTH: f32 = 230.0;

/// What can be chosen, and what it means.
fn choices() -> [(ExecutorChoice, String, String); 3] {
    [
        (ExecutorChoice::Auto, t!("speed-auto"), t!("speed-auto-tip")),
        (ExecutorChoice::Cpu, t!("speed-cpu"), t!("speed-cpu-tip")),
        (ExecutorChoice::Gpu, t!("speed-gpu"), t!("speed-gpu-tip")),
    ]
}

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    if widgets::fold(ui, &t!("more"), view.shown.more, &t!("more-tip")).clicked() {
        actions.push(Action::View(ViewAction::ToggleMore));
    }
    if !view.shown.more {
        return actions;
    }
    actions.extend(portrait::likeness(ui, view));
    actions.extend(behind(ui, view));
    actions.extend(virtual_camera(ui, &view.record));
    actions.extend(speed(ui, view));
    actions
}

/// What stands behind the person: the same entries as in the stage's own menu.
fn behind(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let response = widgets::button(ui, Icon::Frame, &t!("background"), ui.available_width(), Weight::Normal);
    let mut action = None;
    let menu = Popup::menu(&response).align(RectAlign::TOP_END).width(MENU_WIDTH);
    // Colours are tried while it is open.
    let menu = menu.close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    menus::show(menu, &response, |ui| action = background::entries(ui, view));
    action
}

/// The switch of the virtual camera, and how it is doing.
fn virtual_camera(ui: &mut Ui, record: &RecordView) -> Vec<Action> {
    let switched = widgets::switch(ui, &t!("virtual-camera"), record.virtual_camera.is_some(), "", &t!("virtual-camera-tip"));
    let mut actions: Vec<Action> = switched.map(|on| Action::Record(RecordAction::SetVirtualCamera(on))).into_iter().collect();
    // What to do stays on show, since it may have to be typed elsewhere.
    match record.virtual_camera.as_ref().map(|camera| &camera.phase) {
        Some(VirtualCameraPhase::Opening) => {
            widgets::note(ui, t!("virtual-camera-opening"));
        }
        Some(VirtualCameraPhase::On { device, .. }) => {
            widgets::note(ui, t!("virtual-camera-choose", name = device.name.as_str()));
        }
        Some(VirtualCameraPhase::Over) | None => actions.extend(record.virtual_camera_trouble.as_deref().and_then(|why| trouble(ui, why))),
    }
    actions
}

fn trouble(ui: &mut Ui, why: &str) -> Option<Action> {
    widgets::note(ui, t!("trouble-virtual-camera", why = why));
    let commands = events::commands_in(why)?;
    let button = widgets::button(ui, Icon::Copy, &t!("copy-commands"), ui.available_width(), Weight::Normal);
    button.on_hover_text(t!("virtual-camera-commands-tip")).clicked().then_some(Action::CopyText(commands))
}

/// What makes the pictures: a name that opens the choice.
fn speed(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    widgets::row(ui, 26.0, |ui| {
        ui.label(t!("speed"));
        let choice = |ui: &mut Ui| ui.add_enabled_ui(view.record.running.is_none(), |ui| executor(ui, view)).inner;
        ui.with_layout(Layout::right_to_left(Align::Center), choice).inner
    })
}

fn executor(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let name = if view.stats.executor.is_empty() { t!("speed-unknown") } else { view.stats.executor.clone() };
    let response =
        widgets::menu_button(ui, &t!("speed"), &name).on_hover_text(t!("speed-tip")).on_disabled_hover_text(t!("speed-recording"));
    let mut action = None;
    let menu = Popup::menu(&response).align(RectAlign::TOP_END).width(MENU_WIDTH);
    menus::show(menu, &response, |ui| {
        ui.spacing_mut().button_padding = vec2(theme::GAP, 4.0);
        for (choice, label, hint) in choices() {
            if widgets::entry(ui, view.executor.choice == choice, label).on_hover_text(hint).clicked() {
                action = Some(Action::UseExecutor(choice));
                ui.close();
            }
        }
        if !view.executor.reason.is_empty() {
            widgets::note(ui, t!("speed-now", why = view.executor.reason.as_str()));
        }
        if let Some(why) = &view.executor.networks_fault {
            widgets::note(ui, t!("speed-no-networks", why = why.as_str()));
        }
    });
    action
}
