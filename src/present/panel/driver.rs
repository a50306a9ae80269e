//! The driver section: camera, clip or performance, and how it is doing.

use egui::{Align, Color32, Layout, Popup, RectAlign, RichText, Sense, Ui, vec2};

use crate::present::action::{Action, Purpose, ViewAction};
use crate::present::icons::Icon;
use crate::present::menus;
use crate::present::state::{DriverState, DriverView, ViewState};
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::{self, t};
use crate::session::DriverChoice;
use crate::settings::{Controls, FaceReader};

/// Width of the menu of readers, in points.
const MENU_WIDTH: f32 = 190.0;

/// What can read faces, and what that means.
fn readers() -> [(FaceReader, String, String); 2] {
    [
        (FaceReader::Best, t!("driver-reader-best"), t!("driver-reader-best-tip")),
        (FaceReader::Dlib, t!("driver-reader-dlib"), t!("driver-reader-dlib-tip")),
    ]
}

pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    widgets::row(ui, 24.0, |ui| {
        widgets::section(ui, &t!("driver"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = if view.shown.inset { t!("inset-hide") } else { t!("inset-show") };
            if widgets::icon_button(ui, Icon::Inset, &label, Weight::Quiet).clicked() {
                actions.push(Action::View(ViewAction::ToggleInset));
            }
            actions.extend(reader(ui, view));
        });
    });
    actions.extend(super::cameras::show(ui, view));
    actions.extend(others(ui, &view.driver));
    state_line(ui, &view.driver);
    actions.extend(super::transport::show(ui, view));
    actions
}

/// What reads the driver's face: a name that opens the choice.
fn reader(ui: &mut Ui, view: &ViewState) -> Option<Action> {
    let name = if view.stats.reader.is_empty() { t!("driver-reader").into() } else { words::name(view.stats.reader) };
    let response = widgets::menu_button(ui, &t!("driver-read-by"), &name).on_hover_text(t!("driver-reader-tip"));
    let mut action = None;
    let menu = Popup::menu(&response).align(RectAlign::BOTTOM_END).width(MENU_WIDTH);
    menus::show(menu, &response, |ui| {
        ui.spacing_mut().button_padding = vec2(8.0, 4.0);
        for (reader, label, hint) in readers() {
            if widgets::entry(ui, view.controls.reader == reader, label).on_hover_text(hint).clicked() {
                action = Some(Action::SetControls(Controls { reader, ..view.controls.clone() }));
                ui.close();
            }
        }
    });
    action
}

fn others(ui: &mut Ui, driver: &DriverView) -> Vec<Action> {
    let mut actions = Vec::new();
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 27.0;
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.horizontal_wrapped(|ui| actions = chips(ui, driver));
    });
    actions
}

fn chips(ui: &mut Ui, driver: &DriverView) -> Vec<Action> {
    let mut actions = Vec::new();
    for (index, title) in driver.performances.iter().enumerate() {
        let choice = DriverChoice::BuiltIn(index);
        let chosen = driver.source.as_ref() == Some(&choice);
        if widgets::chip(ui, &words::name(title), chosen).on_hover_text(t!("driver-performance-tip")).clicked() {
            actions.push(Action::UseDriver(choice));
        }
    }
    let from_file = matches!(driver.source, Some(DriverChoice::File(_)));
    if widgets::chip(ui, &t!("driver-clip"), from_file).on_hover_text(t!("driver-clip-tip")).clicked() {
        actions.push(Action::Browse(Purpose::Driver));
    }
    actions
}

fn state_line(ui: &mut Ui, driver: &DriverView) {
    let (colour, text) = describe(driver);
    ui.horizontal_top(|ui| {
        let (dot, _) = ui.allocate_exact_size(vec2(8.0, 17.0), Sense::empty());
        ui.painter().circle_filled(dot.center(), 3.5, colour);
        ui.add(egui::Label::new(RichText::new(text).size(size::SMALL).color(theme::TEXT_SOFT)).wrap());
    });
}

fn describe(driver: &DriverView) -> (Color32, String) {
    let label = if driver.label.is_empty() { t!("driver-it") } else { words::name(&driver.label).into_owned() };
    match driver.state {
        DriverState::None => (theme::TEXT_FAINT, t!("driver-nothing")),
        DriverState::Opening => (theme::ACCENT, t!("stage-opening", name = label)),
        DriverState::Running => {
            let rate = driver.rate.map(|rate| words::number(rate, 0));
            (theme::GOOD, rate.map_or_else(|| label.clone(), |rate| t!("driver-running", name = label.as_str(), rate = rate)))
        }
        DriverState::NoFace => (theme::ACCENT, driver.no_face()),
        DriverState::Stalled(seconds) => (theme::RECORD, t!("driver-stalled", name = label, seconds = words::number(seconds, 0))),
        DriverState::Ended => (theme::TEXT_FAINT, t!("driver-ended", name = label)),
        DriverState::Failed => (theme::RECORD, t!("driver-failed", name = label)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_says_something_of_its_own() {
        let states = [
            DriverState::None,
            DriverState::Opening,
            DriverState::Running,
            DriverState::NoFace,
            DriverState::Stalled(4.2),
            DriverState::Ended,
            DriverState::Failed,
        ];
        let driver = |state| DriverView { label: "FaceCam".to_owned(), rate: Some(30.0), state, ..DriverView::default() };
        let mut texts: Vec<String> = states.into_iter().map(|state| describe(&driver(state)).1).collect();
        assert!(texts.contains(&"FaceCam, 30 fps".to_owned()), "a running camera is named with its rate");
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 7, "no two states read the same");
    }
}
