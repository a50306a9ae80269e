//! The few controls that the panels are made of. Each one has a name for screen readers and shows keyboard focus.

use std::sync::Arc;

use egui::{
    Align2, Color32, CornerRadius, Mesh, Painter, PointerButton, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, TextStyle,
    TextWrapMode, Ui, Vec2, WidgetInfo, WidgetText, containers::scroll_area::ScrollAreaOutput, pos2, vec2,
};

use super::icons::{self, Icon};
use super::theme::{self, size};
use super::words::t;

/// Side of an icon inside a button, in points.
const ICON: f32 = 16.0;
/// Distance of a button's text from its icon, and of both from its edges, in points.
const ICON_GAP: f32 = 7.0;
const BUTTON_MARGIN: f32 = 9.0;
/// Distance of a key from the edge of its button, in points.
const KEY_GAP: f32 = 8.0;
/// How small the text of a button becomes before it is cut.
const SMALLEST_TEXT: f32 = 0.85;
/// Height of a slider, width of the label before it and of the value after it, in points.
const SLIDER_HEIGHT: f32 = 20.0;
const LABEL_WIDTH: f32 = 80.0;
const VALUE_WIDTH: f32 = 48.0;
/// So near to its usual place, in percent, a slider that is dragged stays there.
const SNAP_PERCENT: f64 = 3.0;
/// Above this, in percent, most faces begin to break: the number says so by its colour.
const LARGE_PERCENT: f64 = 150.0;
/// Size of the text on a key's cap, and the room beside it, in points.
const KEY_SIZE: f32 = 10.5;
const KEY_MARGIN: f32 = 10.0;
/// Height of the fade at an edge behind which there is more, in points.
const FADE: f32 = 26.0;
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

/// Width of a button that has room for each of these texts, at least `least` points.
pub(super) fn wide_enough(ui: &Ui, texts: &[&str], least: f32) -> f32 {
    let width = |text: &&str| {
        let galley = ui.painter().layout_no_wrap((*text).to_owned(), theme::regular(size::BODY), Color32::PLACEHOLDER);
        (galley.size().x + ICON + ICON_GAP + 2.0 * BUTTON_MARGIN).ceil()
    };
    texts.iter().map(width).fold(least, f32::max)
}

/// A button with an icon and text, at least `width` points wide: where its text needs more, it takes what there is.
pub(super) fn button(ui: &mut Ui, icon: Icon, text: &str, width: f32, weight: Weight) -> Response {
    let width = wide_enough(ui, &[text], width).min(ui.available_width().max(0.0));
    button_with_key(ui, icon, text, "", width, weight)
}

/// The same, exactly `width` points wide, with the key that presses it, too, behind its text.
pub(super) fn button_with_key(ui: &mut Ui, icon: Icon, text: &str, key: &str, width: f32, weight: Weight) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::BUTTON_HEIGHT), Sense::click());
    name(ui, &response, text);
    if ui.is_rect_visible(rect) {
        let (fill, text_colour) = surface(&response, weight, ui.is_enabled());
        ui.painter().rect_filled(rect, theme::ROUNDING, fill);
        focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
        let key_width = if key.is_empty() { 0.0 } else { key_width(ui.painter(), key) + KEY_GAP };
        let room = (rect.width() - key_width).max(0.0);
        let galley = fitting(ui, text, room - ICON - ICON_GAP - 4.0, text_colour);
        let content = ICON + ICON_GAP + galley.size().x;
        let left = rect.left() + (room - content) / 2.0;
        let icon_rect = Rect::from_center_size(pos2(left + ICON / 2.0, rect.center().y), Vec2::splat(ICON));
        icons::paint(ui.painter(), icon, icon_rect, text_colour);
        let text_pos = pos2(left + ICON + ICON_GAP, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(text_pos, galley, text_colour);
        key_hint(ui.painter(), pos2(rect.right() - key_width, rect.center().y), key);
    }
    response
}

/// Text in one line: a little smaller where it is a little too wide, cut where it is far too wide.
fn fitting(ui: &Ui, text: &str, room: f32, colour: Color32) -> Arc<egui::Galley> {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::regular(size::BODY), colour);
    if galley.size().x <= room {
        return galley;
    }
    let scale = (room / galley.size().x).max(SMALLEST_TEXT);
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::regular(size::BODY * scale), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(1.0) + 0.5);
    ui.painter().layout_job(job)
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

/// A switch with its label on the left, over the whole width; `key` switches it, too, and `tip` says what it does. Returns the new state when it was used.
pub(super) fn switch(ui: &mut Ui, label: &str, on: bool, key: &str, tip: &str) -> Option<bool> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, on, label));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        let text_end = painter.text(rect.left_center(), Align2::LEFT_CENTER, label, theme::regular(size::BODY), theme::TEXT);
        key_hint(painter, text_end.right_center() + vec2(8.0, 0.0), key);
        let track = Rect::from_min_size(pos2(rect.right() - 34.0, rect.center().y - 9.0), vec2(34.0, 18.0));
        let amount = ui.ctx().animate_bool_responsive(response.id, on);
        let off = if response.hovered() { theme::CONTROL_PRESSED } else { theme::CONTROL_HOVER };
        painter.rect_filled(track, 9, off.lerp_to_gamma(theme::ACCENT, amount));
        let x = egui::lerp(track.left() + 9.0..=track.right() - 9.0, amount);
        painter.circle_filled(pos2(x, track.center().y), 6.5, theme::TEXT_SOFT.lerp_to_gamma(theme::STAGE, amount));
        focus_ring(painter, &response, track, 9);
    }
    response.on_hover_text(tip).clicked().then_some(!on)
}

/// A labelled slider of a share, 0 to `max`, with its value in percent, which can be typed, too.
pub(super) struct PercentSlider<'a> {
    /// What it sets.
    pub(super) label: &'a str,
    /// Room for that, and for the labels of the sliders above and below, in points: see [`label_width`].
    pub(super) label_width: f32,
    /// What that means.
    pub(super) tip: &'a str,
    /// The greatest value.
    pub(super) max: f32,
    /// The value it has at first; a mark shows where, and a double click goes back there.
    pub(super) usual: f32,
}

/// Width of the labels of some sliders that stand one above the other.
pub(super) fn label_width(ui: &Ui, labels: &[&str]) -> f32 {
    let width = |label: &&str| ui.painter().layout_no_wrap((*label).to_owned(), theme::regular(size::BODY), Color32::PLACEHOLDER).size().x;
    labels.iter().map(|label| (width(label) + 6.0).ceil()).fold(LABEL_WIDTH, f32::max)
}

impl PercentSlider<'_> {
    /// Draws it over the whole width. Returns the new value when it was changed.
    pub(super) fn show(&self, ui: &mut Ui, value: f32) -> Option<f32> {
        let (max, usual) = (f64::from(self.max * 100.0), f64::from(self.usual * 100.0).round());
        let before = f64::from(value * 100.0).round();
        let mut percent = before;
        row(ui, SLIDER_HEIGHT, |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let width = ui.available_width();
            cell(ui, self.label_width, Align2::LEFT_CENTER, self.label, theme::TEXT);
            ui.scope(|ui| {
                let widgets = &mut ui.visuals_mut().widgets;
                for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                    // No outline around egui's own handle: ours lies over it.
                    state.fg_stroke = Stroke::NONE;
                }
                ui.spacing_mut().slider_width = width - self.label_width - VALUE_WIDTH;
                let slider = egui::Slider::new(&mut percent, 0.0..=max).step_by(1.0).show_value(false);
                let response = ui.add(slider).accessible_name(self.label);
                if response.dragged() && (percent - usual).abs() <= SNAP_PERCENT {
                    percent = usual;
                }
                if response.contains_pointer() && ui.input(|input| input.pointer.button_double_clicked(PointerButton::Primary)) {
                    percent = usual;
                }
                knob(ui, &response, (percent / max) as f32, Some((usual / max) as f32));
                response.on_hover_text(format!("{}\n{}", self.tip, t!("slider-back", percent = usual)));
            });
            self.number(ui, &mut percent, max, usual);
        });
        ((percent - before).abs() > 0.25).then_some((percent / 100.0) as f32)
    }

    /// The value, which can be clicked and typed.
    fn number(&self, ui: &mut Ui, percent: &mut f64, max: f64, usual: f64) {
        let is_usual = (*percent - usual).abs() < 0.5;
        ui.scope(|ui| {
            ui.spacing_mut().button_padding = vec2(3.0, 0.0);
            // As wide as the number, which ends where the others end.
            ui.spacing_mut().interact_size = vec2(0.0, SLIDER_HEIGHT);
            let colour = match () {
                () if *percent > LARGE_PERCENT => theme::ACCENT,
                () if is_usual => theme::TEXT_FAINT,
                () => theme::TEXT_SOFT,
            };
            let widgets = &mut ui.visuals_mut().widgets;
            widgets.inactive.weak_bg_fill = Color32::TRANSPARENT;
            widgets.inactive.fg_stroke.color = colour;
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let field =
                    egui::DragValue::new(percent).range(0.0..=max).speed(0.5).max_decimals(0).suffix(" %").update_while_editing(false);
                let response = ui.add(field).accessible_name(t!("slider-number", label = self.label));
                response.on_hover_text(t!("slider-number-tip"));
            });
        });
    }
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
        let quick = quick_click(&response).map(|share| moved = share * max).is_some();
        knob(ui, &response, moved / max, None);
        response.changed() || quick
    });
    response.inner.then_some(moved)
}

/// Where on a slider's rail, from 0 to 1, the pointer went down and up within one frame, of which the toolkit's slider sees nothing: a slow computer has few frames.
fn quick_click(slider: &Response) -> Option<f32> {
    let clicked = slider.interact(Sense::CLICK);
    let is_quick = clicked.clicked() && clicked.ctx.input(|input| input.pointer.any_pressed());
    let pointer = clicked.interact_pointer_pos().filter(|_| is_quick)?;
    let rail = slider.rect.x_range().shrink(slider.rect.height() / 2.5);
    Some(((pointer.x - rail.min) / rail.span().max(1.0)).clamp(0.0, 1.0))
}

/// The slider's handle, drawn over egui's own, which cannot be given a colour apart from the rail's, and the mark of its usual place.
fn knob(ui: &Ui, slider: &Response, share: f32, usual: Option<f32>) {
    // Where egui puts its handle: half a handle inside both ends.
    let inset = slider.rect.height() / 2.5;
    let at = |share: f32| egui::lerp(slider.rect.left() + inset..=slider.rect.right() - inset, share.clamp(0.0, 1.0));
    let centre = pos2(at(share), slider.rect.center().y);
    if let Some(usual) = usual {
        let mark = Rect::from_center_size(pos2(at(usual), centre.y), vec2(1.5, 11.0));
        ui.painter().rect_filled(mark, 0, theme::TEXT_FAINT.gamma_multiply(0.8));
    }
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

/// Lets what was scrolled fade into `ground` at its upper and lower edge where there is more of it.
pub(super) fn fade_edges<R>(ui: &Ui, scrolled: &ScrollAreaOutput<R>, ground: Color32) {
    let (rect, above) = (scrolled.inner_rect, scrolled.state.clamped_offset().y);
    let below = scrolled.content_size.y - rect.height() - above;
    let fade = |edge: f32, inwards: f32, hidden: f32| {
        // It comes and goes with the first points that are hidden, without a jump.
        let solid = ground.gamma_multiply((hidden / FADE).clamp(0.0, 1.0));
        let mut mesh = Mesh::default();
        for (y, colour) in [(edge, solid), (edge + inwards * FADE, Color32::TRANSPARENT)] {
            mesh.colored_vertex(pos2(rect.left(), y), colour);
            mesh.colored_vertex(pos2(rect.right(), y), colour);
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(1, 2, 3);
        ui.painter().add(mesh);
    };
    if above > 0.5 {
        fade(rect.top(), 1.0, above);
    }
    if below > 0.5 {
        fade(rect.bottom(), -1.0, below);
    }
}

/// A line that opens and closes what is below it.
pub(super) fn fold(ui: &mut Ui, label: &str, is_open: bool, tip: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, is_open, label));
    if ui.is_rect_visible(rect) {
        let colour = if response.hovered() { theme::TEXT } else { theme::TEXT_SOFT };
        let icon = if is_open { Icon::Unfolded } else { Icon::Folded };
        icons::paint(ui.painter(), icon, Rect::from_center_size(rect.left_center() + vec2(6.0, 0.0), Vec2::splat(10.0)), colour);
        ui.painter().text(rect.left_center() + vec2(19.0, 0.0), Align2::LEFT_CENTER, label, theme::semibold(size::SMALL), colour);
        focus_ring(ui.painter(), &response, rect, theme::ROUNDING);
    }
    response.on_hover_text(tip)
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

/// An entry of a menu; the chosen one carries the accent.
pub(super) fn entry(ui: &mut Ui, is_chosen: bool, text: impl Into<String>) -> Response {
    let response = ui.selectable_label(is_chosen, text.into());
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    // Inside: neighbours lie close.
    focus_ring(ui.painter(), &response, response.rect.shrink(2.0), theme::ROUNDING);
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
    let galley = painter.layout_no_wrap(key.to_owned(), theme::regular(KEY_SIZE), theme::TEXT_FAINT);
    let rect = Align2::LEFT_CENTER.anchor_size(left_centre, galley.size() + vec2(KEY_MARGIN, 4.0));
    painter.rect_stroke(rect, 4, Stroke::new(1.0, theme::CONTROL_PRESSED), StrokeKind::Inside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT_FAINT);
}

/// Width of a key's cap, in points.
pub(super) fn key_width(painter: &Painter, key: &str) -> f32 {
    painter.layout_no_wrap(key.to_owned(), theme::regular(KEY_SIZE), theme::TEXT_FAINT).size().x + KEY_MARGIN
}

/// The ring that shows which control the keyboard is at: the accent, and within it a dark line, which sets it apart from controls that have the accent themselves.
pub(super) fn focus_ring(painter: &Painter, response: &Response, rect: Rect, rounding: u8) {
    if response.has_focus() {
        painter.rect_stroke(rect.expand(2.0), rounding + 2, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
        painter.rect_stroke(rect, rounding, Stroke::new(2.0, theme::STAGE), StrokeKind::Inside);
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
        Weight::Quiet if !enabled => (Color32::TRANSPARENT, theme::TEXT_FAINT.gamma_multiply(0.5)),
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
