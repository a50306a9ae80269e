//! The last line of the panel: speed, and where the pictures are made.

use egui::{Align, Layout, Popup, RectAlign, Ui, vec2};

use crate::present::action::Action;
use crate::present::state::ViewState;
use crate::present::widgets;
use crate::settings::ExecutorChoice;

/// Height of the line, in points.
const HEIGHT: f32 = widgets::MENU_HEIGHT;
/// Width of the menu, in points.
const MENU_WIDTH: f32 = 230.0;

/// What can be chosen, and what it means.
const CHOICES: [(ExecutorChoice, &str, &str); 3] = [
    (ExecutorChoice::Auto, "Automatic", "The graphics processor where it is the faster one"),
    (ExecutorChoice::Cpu, "CPU", "The main processor"),
    (ExecutorChoice::Gpu, "GPU", "The graphics adapter, also one that is only software"),
];

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let stats = &view.stats;
    let speed = if stats.frames_per_sec >= 0.5 {
        format!("{:.0} fps · {:.0} ms", stats.frames_per_sec, stats.latency_ms_p50)
    } else {
        "idle".to_owned()
    };
    widgets::row(ui, HEIGHT, |ui| {
        widgets::note(ui, speed).on_hover_text("Pictures per second, and the time from a camera frame to its picture");
        let executor = |ui: &mut Ui| ui.add_enabled_ui(view.record.running.is_none(), |ui| executor(ui, view)).inner;
        ui.with_layout(Layout::right_to_left(Align::Center), executor).inner
    })
}

/// What makes the pictures: a button that opens the choice.
fn executor(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let name = if view.stats.executor.is_empty() { "Executor" } else { view.stats.executor.as_str() };
    let response = widgets::menu_button(ui, "Executor", name)
        .on_hover_text("What makes the pictures")
        .on_disabled_hover_text("Stop the recording to change what makes the pictures");
    let mut action = None;
    Popup::menu(&response).align(RectAlign::TOP_END).width(MENU_WIDTH).show(|ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 4.0);
        for (choice, label, hint) in CHOICES {
            if ui.selectable_label(view.executor.choice == choice, label).on_hover_text(hint).clicked() {
                action = Some(Action::UseExecutor(choice));
                ui.close();
            }
        }
        if !view.executor.reason.is_empty() {
            widgets::note(ui, format!("Now: {}.", view.executor.reason));
        }
        if let Some(why) = &view.executor.networks_fault {
            widgets::note(ui, format!("The networks are not used for this portrait: {why}."));
        }
    });
    action
}
