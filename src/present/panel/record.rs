//! The record section: the big button, snapshot, sound, and where the files are.

use std::time::Duration;

use egui::{Align, Color32, ComboBox, CornerRadius, Layout, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo, vec2};

use crate::present::action::{Action, RecordAction};
use crate::present::films::FilmAction;
use crate::present::icons::{self, Icon};
use crate::present::menus;
use crate::present::state::{RecordView, ViewState};
use crate::present::takes;
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::{self, t};
use crate::settings::Countdown;

/// Height of the record button, in points.
const HEIGHT: f32 = 44.0;

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    let rule = ui.max_rect().top() - 10.0;
    ui.painter().hline(ui.max_rect().x_range(), rule, egui::Stroke::new(1.0, theme::LINE));
    let record = &view.record;
    ui.horizontal(|ui| {
        let enabled = view.can_record() && !record.is_finishing();
        let width = ui.available_width() - 2.0 * (HEIGHT + theme::GAP);
        ui.add_enabled_ui(enabled, |ui| {
            if big_button(ui, record, view.countdown.is_some(), width) {
                actions.push(Action::Record(RecordAction::ToggleRecording));
            }
        });
        ui.add_enabled_ui(enabled && record.running.is_none(), |ui| {
            if square_button(ui, Icon::Boomerang, &t!("boomerang"), false).on_hover_text(t!("boomerang-tip")).clicked() {
                actions.push(Action::Record(RecordAction::Boomerang));
            }
        });
        actions.extend(countdown_button(ui, view));
    });
    ui.horizontal(|ui| {
        let width = (ui.available_width() - theme::GAP) / 2.0;
        ui.add_enabled_ui(view.has_portrait(), |ui| {
            let button = widgets::button(ui, Icon::Snapshot, &t!("snapshot"), width, Weight::Normal);
            if button.on_hover_text(t!("snapshot-tip")).clicked() {
                actions.push(Action::Record(RecordAction::Snapshot));
            }
        });
        actions.extend(sound_button(ui, record, width));
    });
    if record.sound {
        actions.extend(microphone(ui, record));
    }
    actions.extend(place(ui, record));
    actions
}

/// Minutes and seconds, with hours when there are any.
pub(in crate::present) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A button as high as the big one; a lit one is on.
fn square_button(ui: &mut Ui, icon: Icon, label: &str, lit: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(HEIGHT, HEIGHT), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, lit, label));
    let fill = if response.hovered() && enabled { theme::CONTROL_PRESSED } else { theme::CONTROL };
    ui.painter().rect_filled(rect, theme::ROUNDING + 2, if enabled { fill } else { fill.gamma_multiply(0.5) });
    let colour = match (enabled, lit) {
        (false, _) => theme::TEXT_FAINT.gamma_multiply(0.7),
        (true, true) => theme::ACCENT,
        (true, false) => theme::TEXT_SOFT,
    };
    icons::paint(ui.painter(), icon, Rect::from_center_size(rect.center(), egui::Vec2::splat(20.0)), colour);
    widgets::focus_ring(ui.painter(), &response, rect, theme::ROUNDING + 2);
    response
}

/// Switches counting down on or off for whatever drives; a menu would be too much for two choices.
fn countdown_button(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let on = view.counts_down();
    let hint = match (on, view.record.countdown) {
        (true, _) => t!("countdown-on"),
        (false, Countdown::WithCamera) => t!("countdown-with-camera"),
        (false, _) => t!("countdown-off"),
    };
    let next = if on { Countdown::Never } else { Countdown::Always };
    square_button(ui, Icon::Countdown, &t!("countdown"), on)
        .on_hover_text(hint)
        .clicked()
        .then_some(Action::Record(RecordAction::SetCountdown(next)))
}

fn big_button(ui: &mut Ui, record: &RecordView, counts: bool, width: f32) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::click());
    let text = match record.running.as_ref().map(|running| (running.elapsed, running.finishing)) {
        Some((_, Some(share))) => t!("record-saving", percent = words::percent(share)),
        Some((elapsed, None)) => t!("record-stop", time = clock(elapsed)),
        None if counts => t!("cancel"),
        None => t!("record"),
    };
    let enabled = ui.is_enabled();
    let running = record.running.is_some();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, if running { t!("record-stop-label") } else { t!("record") }));
    let (fill, colour, mark) = match (running, response.hovered(), enabled) {
        (_, _, false) => (theme::CONTROL.gamma_multiply(0.5), theme::TEXT_FAINT, theme::RECORD.gamma_multiply(0.35)),
        (true, hovered, _) => (theme::RECORD.gamma_multiply(if hovered { 0.95 } else { 0.82 }), Color32::WHITE, Color32::WHITE),
        (false, true, _) => (theme::CONTROL_PRESSED, theme::TEXT, theme::RECORD),
        (false, false, _) => (theme::CONTROL_HOVER, theme::TEXT, theme::RECORD),
    };
    let rounding = CornerRadius::same(theme::ROUNDING + 2);
    ui.painter().rect_filled(rect, rounding, fill);
    widgets::focus_ring(ui.painter(), &response, rect, theme::ROUNDING + 2);
    let galley = ui.painter().layout_no_wrap(text, theme::semibold(size::BODY + 1.0), colour);
    let before_text = 24.0;
    let left = rect.center().x - f32::midpoint(galley.size().x, before_text);
    paint_mark(ui, egui::pos2(left + 7.0, rect.center().y), running, record.dot_lit, mark);
    ui.painter().galley(egui::pos2(left + before_text, rect.center().y - galley.size().y / 2.0), galley, colour);
    response
        .on_hover_text(if running { t!("record-stop-tip") } else { t!("record-tip") })
        .on_disabled_hover_text(t!("record-not"))
        .clicked()
}

/// A disc to start, a blinking disc while recording.
fn paint_mark(ui: &Ui, centre: egui::Pos2, running: bool, lit: bool, colour: Color32) {
    let colour = if running && !lit { colour.gamma_multiply(0.25) } else { colour };
    ui.painter().circle_filled(centre, 6.5, colour);
}

fn sound_button(ui: &mut Ui, record: &RecordView, width: f32) -> Option<Action> {
    let (icon, text) = if record.sound { (Icon::Mic, t!("sound-on")) } else { (Icon::MicOff, t!("sound-off")) };
    let enabled = record.running.is_none();
    ui.add_enabled_ui(enabled, |ui| {
        let button = widgets::button(ui, icon, &text, width, Weight::Normal);
        button.on_hover_text(t!("sound-tip")).clicked().then_some(Action::Record(RecordAction::SetSound(!record.sound)))
    })
    .inner
}

fn microphone(ui: &mut Ui, record: &RecordView) -> Option<Action> {
    let mut action = None;
    if record.microphones.len() > 1 && record.running.is_none() {
        let chosen = record.microphone.clone().unwrap_or_else(|| t!("microphone-system"));
        let combo = ComboBox::from_id_salt("microphone").width(ui.available_width()).truncate().selected_text(chosen);
        let response = combo.show_ui(ui, |ui| {
            if widgets::entry(ui, record.microphone.is_none(), t!("microphone-system")).clicked() {
                action = Some(Action::Record(RecordAction::SetMicrophone(None)));
            }
            for name in &record.microphones {
                if widgets::entry(ui, record.microphone.as_ref() == Some(name), name).clicked() {
                    action = Some(Action::Record(RecordAction::SetMicrophone(Some(name.clone()))));
                }
            }
            menus::steer(ui);
        });
        menus::settle(&response.response);
        response.response.accessible_name(t!("microphone"));
    }
    if let Some(level) = record.running.as_ref().and_then(|running| running.audio_level) {
        level_meter(ui, level);
    }
    action
}

fn level_meter(ui: &mut Ui, level: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 6.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, t!("microphone-level", percent = words::percent(level))));
    ui.painter().rect_filled(rect, 3, theme::CONTROL);
    let width = rect.width() * level.clamp(0.0, 1.0);
    let colour = if level > 0.95 { theme::RECORD } else { theme::GOOD };
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(width, rect.height())), 3, colour);
}

/// Where the files are, and the way to the last one.
fn place(ui: &mut Ui, record: &RecordView) -> Option<Action> {
    let mut action = None;
    widgets::row(ui, 24.0, |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if widgets::icon_button(ui, Icon::Film, &t!("record-earlier"), Weight::Quiet).clicked() {
                action = Some(Action::Film(FilmAction::List(true)));
            }
            if record.last_file.is_some() {
                if widgets::icon_button(ui, Icon::Copy, &t!("record-copy-path"), Weight::Quiet).clicked() {
                    action = Some(Action::Record(RecordAction::CopyPath));
                }
                if widgets::icon_button(ui, Icon::Open, &t!("record-show"), Weight::Quiet).clicked() {
                    action = Some(Action::Record(RecordAction::ShowInFolder));
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| how_it_goes(ui, record));
        });
    });
    action
}

/// What there is to say of a recording that runs, else where the last one is.
fn how_it_goes(ui: &mut Ui, record: &RecordView) {
    let lost = record.running.as_ref().map_or(0, |running| running.dropped);
    if let Some(rate) = record.stutters {
        let slow = RichText::new(takes::few(rate)).size(size::SMALL).color(theme::ACCENT);
        ui.add(egui::Label::new(slow).truncate()).on_hover_text(t!("record-slow-tip"));
    } else if lost > 0 {
        widgets::note(ui, t!("record-lost", count = lost)).on_hover_text(t!("record-lost-tip"));
    } else {
        let name = record.last_file.as_ref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
        saved(ui, &record.folder, name.as_deref());
    }
}

fn saved(ui: &mut Ui, folder: &str, last: Option<&str>) {
    let text = match last {
        Some(name) => t!("record-saved", name = name),
        None => t!("record-saved-in", folder = folder),
    };
    ui.add(egui::Label::new(RichText::new(text).size(size::SMALL).color(theme::TEXT_FAINT)).truncate());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_hours_only_when_there_are_some() {
        assert_eq!(clock(Duration::from_millis(12_900)), "0:12", "whole seconds");
        assert_eq!(clock(Duration::from_secs(61)), "1:01", "two digits of seconds");
        assert_eq!(clock(Duration::from_secs(3 * 3600 + 62)), "3:01:02", "hours");
    }
}
