//! The line below a film that is played: pause, place, time.

use std::time::Duration;

use egui::{Align2, Sense, Ui, vec2};

use crate::present::icons::Icon;
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::t;

/// Width of the time, in points.
const TIME_WIDTH: f32 = 80.0;

/// What was wanted of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::present) enum Wish {
    /// Stand still, or go on.
    Pause(bool),
    /// Go to this place.
    Seek(Duration),
}

/// Draws it over `width` points. With `takes_keyboard` the keyboard comes to its button.
pub(in crate::present) fn show(
    ui: &mut Ui,
    paused: bool,
    [position, length]: [Duration; 2],
    width: f32,
    takes_keyboard: bool,
) -> Option<Wish> {
    let mut wish = None;
    let (icon, label) = if paused { (Icon::Play, t!("play")) } else { (Icon::Pause, t!("pause")) };
    let button = widgets::icon_button(ui, icon, &label, Weight::Quiet);
    if takes_keyboard {
        button.request_focus();
    }
    if button.clicked() {
        wish = Some(Wish::Pause(!paused));
    }
    let slider_width = (width - theme::BUTTON_HEIGHT - TIME_WIDTH - 2.0 * theme::GAP).max(40.0);
    let most = length.as_secs_f32().max(0.1);
    if let Some(to) = widgets::plain_slider(ui, &t!("play-place"), position.as_secs_f32().min(most), most, slider_width) {
        wish = Some(Wish::Seek(Duration::try_from_secs_f32(to).unwrap_or_default()));
    }
    let (rect, _) = ui.allocate_exact_size(vec2(TIME_WIDTH, 20.0), Sense::empty());
    let time = format!("{} / {}", short(position), short(length));
    ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, time, theme::regular(size::SMALL), theme::TEXT_SOFT);
    wish
}

fn short(time: Duration) -> String {
    crate::present::panel::record::clock(time)
}
