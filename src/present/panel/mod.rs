//! The side panel: portrait, driver, motion, what is seldom needed, and, always in reach at its foot, the recording.

mod cameras;
mod driver;
mod footer;
mod more;
mod motion;
mod portrait;
pub(super) mod record;
mod transport;

use egui::{Align, Frame, Layout, Margin, Panel, RichText, ScrollArea, Stroke, Ui};

use super::action::{Action, ViewAction};
use super::icons::Icon;
use super::preview::Ground;
use super::state::ViewState;
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::{self, t};

/// Draws the panel at the right edge.
pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    let margin = theme::MARGIN as i8;
    // The scroll bar lives in the right margin, so that it covers nothing.
    let frame = Frame::new().inner_margin(Margin { left: margin, right: 2, top: 8, bottom: 8 });
    let content_width = theme::PANEL_WIDTH - 2.0 * theme::MARGIN;
    Panel::right("panel").exact_size(theme::PANEL_WIDTH).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ground(ui, view);
        ui.scope(|ui| {
            ui.set_max_width(content_width);
            actions.extend(header(ui, view));
            ui.add_space(4.0);
        });
        let foot = Frame::new().inner_margin(Margin { top: 10, right: margin - 2, ..Margin::ZERO });
        Panel::bottom("record").resizable(false).show_separator_line(false).frame(foot).show(ui, |ui| {
            actions.extend(record::show(ui, view));
            footer::show(ui, view);
        });
        let scrolled = ScrollArea::vertical().id_salt("panel").auto_shrink([false, false]).show(ui, |ui| {
            ui.set_max_width(content_width);
            actions.extend(portrait::show(ui, view));
            widgets::divider(ui);
            actions.extend(driver::show(ui, view));
            widgets::divider(ui);
            actions.extend(motion::show(ui, view));
            widgets::divider(ui);
            actions.extend(more::show(ui, view));
            ui.add_space(theme::GAP);
        });
        widgets::fade_edges(ui, &scrolled, theme::PANEL);
    });
    actions
}

/// The panel's surface, and the hairline between it and the stage.
fn ground(ui: &Ui, view: &ViewState) {
    let window = ui.ctx().content_rect();
    let rect = window.with_min_x(ui.max_rect().left() - theme::MARGIN);
    let painter = ui.ctx().layer_painter(ui.layer_id());
    match &view.panel_ground {
        Some(backdrop) => painter.add(backdrop.shape(rect, Ground::plain(theme::PANEL))),
        None => painter.rect_filled(rect, 0, theme::PANEL),
    };
    painter.vline(rect.left() + 0.5, rect.y_range(), Stroke::new(1.0, theme::LINE));
}

fn header(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    ui.horizontal(|ui| {
        ui.label(RichText::new("Retrato").font(theme::semibold(size::HEAD)).color(theme::TEXT));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            if widgets::icon_button(ui, Icon::Panel, &t!("panel-hide"), Weight::Quiet).clicked() {
                actions.push(Action::View(ViewAction::TogglePanel));
            }
            if widgets::icon_button(ui, Icon::Help, &t!("panel-help"), Weight::Quiet).clicked() {
                actions.push(Action::View(ViewAction::ToggleHelp));
            }
            actions.extend(words::menu::button(ui, view));
        });
    });
    actions
}
