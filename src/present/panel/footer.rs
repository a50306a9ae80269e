//! The last line of the panel: how fast the portrait lives, and who else sees it.

use egui::{Align, Layout, Ui};

use crate::present::state::ViewState;
use crate::present::widgets;
use crate::present::words::{self, t};
use crate::session::VirtualCameraPhase;

/// Height of the line, in points.
const HEIGHT: f32 = widgets::MENU_HEIGHT;

pub(super) fn show(ui: &mut Ui, view: &ViewState) {
    let stats = &view.stats;
    let speed = if stats.frames_per_sec >= 0.5 {
        let [rate, ms] = [stats.frames_per_sec, stats.latency_ms_p50].map(|value| words::number(value, 0));
        t!("foot-speed", rate = rate, ms = ms)
    } else {
        t!("foot-idle")
    };
    widgets::row(ui, HEIGHT, |ui| {
        widgets::note(ui, speed).on_hover_text(t!("foot-speed-tip"));
        let is_on = view.record.virtual_camera.as_ref().is_some_and(|camera| matches!(camera.phase, VirtualCameraPhase::On { .. }));
        if is_on {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                widgets::note(ui, t!("foot-camera")).on_hover_text(t!("foot-camera-tip"));
            });
        }
    });
}
