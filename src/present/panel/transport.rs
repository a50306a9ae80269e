//! How the clip or the performance that drives is played: pause, place, repetition, speed, and its present picture as the neutral one.

use egui::{Popup, RectAlign, Ui, vec2};

use crate::present::action::Action;
use crate::present::films::bar::{self, Wish};
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::ViewState;
use crate::present::theme;
use crate::present::widgets::{self, Weight};
use crate::present::words::t;
use crate::session::{PlayRequest, Playback};

/// Width of the menu of speeds, in points.
const MENU_WIDTH: f32 = 150.0;

/// Speeds that are offered.
fn speeds() -> [(f32, String); 5] {
    [(0.25, t!("speed-quarter")), (0.5, t!("speed-half")), (1.0, t!("speed-own")), (1.5, t!("speed-more")), (2.0, t!("speed-double"))]
}

/// Draws it; nothing while a camera drives, or nothing does.
pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let Some(playback) = &view.playback else { return Vec::new() };
    let mut actions = Vec::new();
    if playback.waiting {
        widgets::note(ui, t!("play-waits"));
    }
    // What does not say how long it is, such as a GIF, has no places to go to.
    if let Some(length) = playback.length {
        widgets::row(ui, theme::BUTTON_HEIGHT, |ui| {
            let width = ui.available_width();
            let wish = bar::show(ui, playback.paused || playback.ended, [playback.position, length], width, false);
            match wish {
                Some(Wish::Pause(paused)) => actions.push(Action::Play(PlayRequest::Pause(paused))),
                Some(Wish::Seek(to)) => {
                    // What stands still at its end shows the picture there and stays.
                    actions.extend(playback.ended.then_some(Action::Play(PlayRequest::Pause(true))));
                    actions.push(Action::Play(PlayRequest::Seek(to)));
                }
                None => {}
            }
        });
    }
    widgets::row(ui, 26.0, |ui| actions.extend(choices(ui, playback, view.has_portrait())));
    actions
}

fn choices(ui: &mut Ui, playback: &Playback, has_portrait: bool) -> Option<Action> {
    let mut action = None;
    let (weight, label) = if playback.looped { (Weight::Normal, t!("play-again")) } else { (Weight::Quiet, t!("play-once")) };
    if widgets::icon_button(ui, Icon::Loop, &label, weight).clicked() {
        action = Some(Action::Play(PlayRequest::Loop(!playback.looped)));
    }
    let speed = widgets::menu_button(ui, &t!("play-speed"), &format!("{}x", playback.speed)).on_hover_text(t!("play-speed-tip"));
    let menu = Popup::menu(&speed).align(RectAlign::BOTTOM_START).width(MENU_WIDTH);
    menus::show(menu, &speed, |ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 4.0);
        for (speed, label) in speeds() {
            if widgets::entry(ui, (playback.speed - speed).abs() < 1e-3, label).clicked() {
                action = Some(Action::Play(PlayRequest::Speed(speed)));
                ui.close();
            }
        }
    });
    ui.add_enabled_ui(has_portrait, |ui| {
        if widgets::chip(ui, &t!("play-neutral"), false).on_hover_text(t!("play-neutral-tip")).clicked() {
            action = Some(Action::CalibrateHere);
        }
    });
    action
}
