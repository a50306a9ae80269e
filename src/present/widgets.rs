//! The few controls that the panels are made of. Each one has a name for screen readers and shows keyboard focus.

use egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextStyle, TextWrapMode, Ui, Vec2,
    WidgetInfo, WidgetText, pos2, vec2,
};

use super::icons::{self, Icon};
use super::theme::{self, size};

/// Side of an icon inside a button, in points.
const ICON: f32 = 16.0;
/// Height of a slider, width of the label before it and of the value after it, in points.
const SLIDER_HEIGHT: f32 = 20.0;
const LABEL_WIDTH: f32 = 80.0;
const VALUE_WIDTH: f32 = 48.0;
/// Height of a name that opens a menu, and side of the mark behind it, in points.
pub(super) const MENU_HEIGHT: f32 = 20.0;
const MARK: f32 = 9.0;

/// How much a button asks for attention.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// An ordinary button.
    Normal,
    /// The one thing to do next.
    Primary,
    /// No surface until the pointer is over it.
    Quiet,
}

/// A button with an icon and text, `width` points wide.
pub(super) fn button(ui: &mut Ui, icon: Icon, text: &str, width: f32, weight: Weight) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::BUTTON_HEIGHT), Sense::click());
    name(ui, &response, text);
    if ui.is_rect_visible(rect) {
        let (fill, text_colour) = surface(&response, weight, ui.is_enabled());
        ui.painter().rect_filled(rect, theme::ROUNDING, fill);
        focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
        let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::regular(size::BODY), text_colour);
        let content = ICON + 7.0 + galley.size().x;
        let left = rect.center().x - content / 2.0;
        let icon_rect = Rect::from_center_size(pos2(left + ICON / 2.0, rect.center().y), Vec2::splat(ICON));
        icons::paint(ui.painter(), icon, icon_rect, text_colour);
        let text_pos = pos2(left + ICON + 7.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(text_pos, galley, text_colour);
    }
    response
}

/// A square button with an icon only; `label` is its name and its tooltip.
pub(super) fn icon_button(ui: &mut Ui, icon: Icon, label: &str, weight: Weight) -> Response {
    let side = theme::BUTTON_HEIGHT.min(ui.spacing().interact_size.y);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    name(ui, &response, label);
    if ui.is_rect_visible(rect) {
        let (fill, colour) = surface(&response, weight, ui.is_enabled());
        ui.painter().rect_filled(rect, theme::ROUNDING, fill);
        focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
        icons::paint(ui.painter(), icon, Rect::from_center_size(rect.center(), Vec2::splat(ICON + 1.0)), colour);
    }
    response.on_hover_text(label)
}

/// A button with text only, as wide as its text; selected ones carry the accent.
pub(super) fn chip(ui: &mut Ui, text: &str, selected: bool) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::regular(size::SMALL + 0.5), Color32::PLACEHOLDER);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 22.0, 27.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, selected, text));
    if ui.is_rect_visible(rect) {
        let (fill, colour) = if selected { (theme::ACCENT_DIM, theme::ACCENT) } else { surface(&response, Weight::Normal, enabled) };
        let rounding = CornerRadius::same(13);
        ui.painter().rect_filled(rect, rounding, fill);
        focus_ring(ui.painter(), &response, rect, 13);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
    }
    response
}

/// A switch with its label on the left, over the whole width. Returns the new state when it was used.
pub(super) fn switch(ui: &mut Ui, label: &str, on: bool, hint: &str) -> Option<bool> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, on, label));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let text_end = painter.text(rect.left_center(), Align2::LEFT_CENTER, label, theme::regular(size::BODY), theme::TEXT);
        key_hint(painter, text_end.right_center() + vec2(8.0, 0.0), hint);
        let track = Rect::from_min_size(pos2(rect.right() - 34.0, rect.center().y - 9.0), vec2(34.0, 18.0));
        let amount = ui.ctx().animate_bool_responsive(response.id, on);
        let off = if response.hovered() { theme::CONTROL_PRESSED } else { theme::CONTROL_HOVER };
        painter.rect_filled(track, 9, off.lerp_to_gamma(theme::ACCENT, amount));
        let x = egui::lerp(track.left() + 9.0..=track.right() - 9.0, amount);
        painter.circle_filled(pos2(x, track.center().y), 6.5, theme::TEXT_SOFT.lerp_to_gamma(theme::STAGE, amount));
        focus_ring(painter, &response, track, 9);
    }
    response.clicked().then_some(!on)
}

/// A labelled slider over the whole width, its value shown in percent. Returns the new value when it was moved.
pub(super) fn percent_slider(ui: &mut Ui, label: &str, value: f32, max: f32) -> Option<f32> {
    let mut percent = f64::from(value * 100.0).round();
    let response = row(ui, SLIDER_HEIGHT, |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            // No outline around egui's own handle: ours lies over it.
            state.fg_stroke = Stroke::NONE;
        }
        let width = ui.available_width();
        cell(ui, LABEL_WIDTH, Align2::LEFT_CENTER, label, theme::TEXT);
        ui.spacing_mut().slider_width = width - LABEL_WIDTH - VALUE_WIDTH;
        let slider = egui::Slider::new(&mut percent, 0.0..=f64::from(max * 100.0)).step_by(1.0).show_value(false);
        let response = ui.add(slider).accessible_name(label);
        knob(ui, &response, percent as f32 / (max * 100.0));
        let untouched = (percent - 100.0).abs() < 0.5 && max > 1.0;
        let colour = if untouched { theme::TEXT_FAINT } else { theme::TEXT_SOFT };
        cell(ui, VALUE_WIDTH, Align2::RIGHT_CENTER, &format!("{percent:.0} %"), colour);
        response
    });
    response.changed().then_some(percent as f32 / 100.0)
}

/// A slider from 0 to `max`, `width` points wide, without words; `label` names it for screen readers. Returns the new value when it was moved.
pub(super) fn plain_slider(ui: &mut Ui, label: &str, value: f32, max: f32, width: f32) -> Option<f32> {
    let mut moved = value;
    let response = ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = SLIDER_HEIGHT;
        ui.spacing_mut().slider_width = width;
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            // As for the labelled one: our handle lies over egui's.
            state.fg_stroke = Stroke::NONE;
        }
        let response = ui.add(egui::Slider::new(&mut moved, 0.0..=max).show_value(false)).accessible_name(label);
        knob(ui, &response, moved / max);
        response
    });
    response.inner.changed().then_some(moved)
}

/// The slider's handle, drawn over egui's own, which cannot be given a colour apart from the rail's.
fn knob(ui: &Ui, slider: &Response, share: f32) {
    // Where egui puts its handle: half a handle inside both ends.
    let inset = slider.rect.height() / 2.5;
    let x = egui::lerp(slider.rect.left() + inset..=slider.rect.right() - inset, share.clamp(0.0, 1.0));
    let centre = pos2(x, slider.rect.center().y);
    let colour = if slider.hovered() || slider.dragged() { theme::TEXT } else { theme::TEXT_SOFT };
    ui.painter().circle_filled(centre, inset + 1.0, theme::PANEL);
    ui.painter().circle_filled(centre, inset - 1.0, colour);
    if slider.has_focus() {
        ui.painter().circle_stroke(centre, inset + 2.5, Stroke::new(2.0, theme::ACCENT));
    }
}

fn cell(ui: &mut Ui, width: f32, align: Align2, text: &str, colour: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, SLIDER_HEIGHT), Sense::empty());
    ui.painter().text(align.pos_in_rect(&rect), align, text, theme::regular(size::BODY), colour);
}

/// What is under way, and a slim bar of how far it is, as high as a button and `width` points wide.
pub(super) fn progress(ui: &mut Ui, text: &str, share: f32, width: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::BUTTON_HEIGHT), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, text));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let text_at = rect.left_top() + vec2(0.0, 3.0);
        painter.text(text_at, Align2::LEFT_TOP, text, theme::regular(size::SMALL), theme::TEXT_SOFT);
        let rail = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 8.0), pos2(rect.right(), rect.bottom() - 4.0));
        painter.rect_filled(rail, 2, theme::CONTROL);
        let done = Rect::from_min_size(rail.min, vec2(rail.width() * share.clamp(0.0, 1.0), rail.height()));
        painter.rect_filled(done, 2, theme::ACCENT);
    }
}

/// A row that is at least `height` points high, instead of a button's height; icon buttons in it are no larger.
pub(super) fn row<R>(ui: &mut Ui, height: f32, content: impl FnOnce(&mut Ui) -> R) -> R {
    let row = ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = height;
        ui.horizontal(content).inner
    });
    row.inner
}

/// Head of a panel section.
pub(super) fn section(ui: &mut Ui, text: &str) {
    let head = RichText::new(text).font(theme::semibold(size::SMALL)).color(theme::TEXT_SOFT);
    ui.label(head);
}

/// A small name with the mark that it opens a menu; `what` it names is for screen readers.
pub(super) fn menu_button(ui: &mut Ui, what: &str, name: &str) -> Response {
    let text = WidgetText::from(RichText::new(name).size(size::SMALL));
    let galley = text.into_galley(ui, Some(TextWrapMode::Truncate), ui.available_width() - MARK - 6.0, TextStyle::Body);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + MARK + 6.0, MENU_HEIGHT), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, format!("{what}: {name}")));
    if ui.is_rect_visible(rect) {
        let colour = if response.hovered() && enabled { theme::TEXT_SOFT } else { theme::TEXT_FAINT };
        let text_at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
        ui.painter().galley_with_override_text_color(text_at, galley, colour);
        let mark = Rect::from_center_size(rect.right_center() - vec2(MARK / 2.0, 0.0), vec2(MARK, MARK));
        icons::paint(ui.painter(), Icon::Menu, mark, colour);
        focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
    }
    response
}

/// A line of small, soft text that wraps.
pub(super) fn note(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.add(egui::Label::new(RichText::new(text).size(size::SMALL).color(theme::TEXT_FAINT)).wrap())
}

/// A thin line between sections.
pub(super) fn divider(ui: &mut Ui) {
    ui.add_space(theme::GAP);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::empty());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, theme::LINE));
    ui.add_space(theme::GAP);
}

/// A key, drawn as a small cap with its left edge at `left_centre`; nothing for an empty one.
pub(super) fn key_hint(painter: &Painter, left_centre: egui::Pos2, key: &str) {
    if key.is_empty() {
        return;
    }
    let galley = painter.layout_no_wrap(key.to_owned(), theme::regular(10.5), theme::TEXT_FAINT);
    let rect = Align2::LEFT_CENTER.anchor_size(left_centre, galley.size() + vec2(10.0, 4.0));
    painter.rect_stroke(rect, 4, Stroke::new(1.0, theme::CONTROL_PRESSED), StrokeKind::Inside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT_FAINT);
}

/// The ring that shows which control the keyboard is at.
pub(super) fn focus_ring(painter: &Painter, response: &Response, rect: Rect, rounding: u8) {
    if response.has_focus() {
        painter.rect_stroke(rect.expand(2.0), rounding + 2, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
    }
}

fn name(ui: &Ui, response: &Response, label: &str) {
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
}

/// Fill and text colour of a button.
fn surface(response: &Response, weight: Weight, enabled: bool) -> (Color32, Color32) {
    let pressed = response.is_pointer_button_down_on();
    match weight {
        _ if !enabled => (theme::CONTROL.gamma_multiply(0.5), theme::TEXT_FAINT.gamma_multiply(0.7)),
        Weight::Primary if pressed => (theme::ACCENT.gamma_multiply(0.85), theme::STAGE),
        Weight::Primary if response.hovered() => (theme::ACCENT.lerp_to_gamma(theme::TEXT, 0.2), theme::STAGE),
        Weight::Primary => (theme::ACCENT, theme::STAGE),
        _ if pressed => (theme::CONTROL_PRESSED, theme::TEXT),
        _ if response.hovered() => (theme::CONTROL_HOVER, theme::TEXT),
        Weight::Normal => (theme::CONTROL, theme::TEXT),
        Weight::Quiet => (Color32::TRANSPARENT, theme::TEXT_SOFT),
    }
}
