//! All portraits, on a sheet over the stage: the user's own first, behind them the built-in ones.

use egui::{Align, Color32, Key, Label, Layout, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder, Vec2, WidgetInfo, vec2};

use super::action::{Action, Purpose, ViewAction};
use super::gallery;
use super::icons::{self, Icon};
use super::state::{GalleryItem, ViewState};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::{self, t};

/// Side of a tile, and height of the lines below it, in points.
const SIDE: f32 = 124.0;
const LINES: f32 = 36.0;
/// Side of a small button on a tile, in points.
const BADGE: f32 = 26.0;
/// How visible small buttons are while the pointer is elsewhere.
const FAR: f32 = 0.4;

/// Draws the sheet. Nothing below it can be clicked.
pub(super) fn show(ui: &mut Ui, stage: Rect, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    ui.interact(stage, ui.scope_id().with("sheet"), Sense::click_and_drag());
    ui.painter().rect_filled(stage, 0, Color32::from_rgba_unmultiplied(17, 16, 15, 247));
    let inner = view.uncovered(stage).shrink2(vec2((stage.width() * 0.04).min(32.0), 18.0));
    let mut sheet = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Min)));
    let ui = &mut sheet;
    ui.horizontal(|ui| {
        ui.label(RichText::new(t!("sheet-title")).font(theme::semibold(size::HEAD + 2.0)).color(theme::TEXT));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Close, &t!("sheet-close"), Weight::Quiet).clicked() {
                actions.push(Action::View(ViewAction::ToggleGallery));
            }
        });
    });
    let first = just_opened(ui).then(|| view.chosen().unwrap_or(0));
    let scrolled = ScrollArea::vertical().id_salt("portraits").auto_shrink([false, false]).show(ui, |ui| {
        let own = view.gallery.iter().take_while(|item| item.is_own()).count();
        widgets::section(ui, &t!("sheet-own"));
        grid(ui, |ui| {
            actions.extend(new_portrait(ui));
            for (index, item) in view.gallery.iter().enumerate().take(own) {
                actions.extend(tile(ui, view, index, item, first == Some(index)));
            }
        });
        if own == 0 {
            widgets::note(ui, t!("sheet-own-none"));
        }
        ui.add_space(theme::GAP);
        widgets::section(ui, &t!("sheet-built-in"));
        grid(ui, |ui| {
            for (index, item) in view.gallery.iter().enumerate().skip(own) {
                actions.extend(tile(ui, view, index, item, first == Some(index)));
            }
        });
    });
    widgets::fade_edges(ui, &scrolled, Color32::from_rgb(17, 16, 15));
    actions
}

/// Whether the sheet was not there in the last frame: then the keyboard comes to it.
fn just_opened(ui: &Ui) -> bool {
    let id = ui.scope_id().with("last shown");
    let now = ui.ctx().cumulative_frame_nr();
    let last: Option<u64> = ui.data_mut(|data| {
        let last = data.get_temp(id);
        data.insert_temp(id, now);
        last
    });
    last.is_none_or(|last| last + 1 < now)
}

fn grid(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 8.0);
        ui.horizontal_wrapped(content);
    });
}

/// The tile for what is not there yet.
fn new_portrait(ui: &mut Ui) -> Option<Action> {
    let (rect, _) = ui.allocate_exact_size(vec2(SIDE, SIDE + LINES), Sense::hover());
    let square = Rect::from_min_size(rect.min, Vec2::splat(SIDE));
    ui.painter().rect_stroke(square, theme::ROUNDING, egui::Stroke::new(1.5, theme::LINE), egui::StrokeKind::Inside);
    icons::paint(ui.painter(), Icon::Add, Rect::from_center_size(square.center_top() + vec2(0.0, 26.0), Vec2::splat(22.0)), theme::ACCENT);
    let inner = Rect::from_min_max(square.min + vec2(10.0, 46.0), square.max - vec2(10.0, 4.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Center)));
    child.spacing_mut().item_spacing.y = 6.0;
    let width = inner.width();
    let open = widgets::button(&mut child, Icon::Open, &t!("open"), width, Weight::Normal).on_hover_text(t!("open-tip"));
    let paste = widgets::button(&mut child, Icon::Paste, &t!("paste"), width, Weight::Normal).on_hover_text(t!("paste-tip"));
    if open.clicked() {
        return Some(Action::Browse(Purpose::Portrait));
    }
    paste.clicked().then_some(Action::Paste)
}

fn tile(ui: &mut Ui, view: &ViewState, index: usize, item: &GalleryItem, take_focus: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    let (rect, _) = ui.allocate_exact_size(vec2(SIDE, SIDE + LINES), Sense::hover());
    let square = Rect::from_min_size(rect.min, Vec2::splat(SIDE));
    let response = ui.interact(square, ui.scope_id().with(("tile", index)), Sense::click());
    gallery::portrait(ui, &response, square, item, view.chosen() == Some(index));
    if take_focus {
        response.request_focus();
        response.scroll_to_me(None);
    }
    if response.clicked() {
        actions.push(Action::OpenFromGallery(index));
    }
    if item.is_own() && response.has_focus() && ui.input(|input| input.key_pressed(Key::Delete)) {
        actions.push(Action::RemoveFromGallery(index));
    }
    let is_near = ui.rect_contains_pointer(rect) || response.has_focus();
    let hint =
        item.missing().or_else(|| Some(item.origin.path()?.display().to_string())).unwrap_or_else(|| words::name(&item.title).into_owned());
    response.on_hover_text(hint);
    lines(ui, Rect::from_min_max(square.left_bottom(), rect.max), item);
    if item.is_own() {
        actions.extend(badges(ui, square, index, item, is_near));
    }
    actions
}

/// The title, and what is wrong.
fn lines(ui: &mut Ui, rect: Rect, item: &GalleryItem) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min)));
    child.spacing_mut().item_spacing.y = 0.0;
    child.add_space(3.0);
    child.add(Label::new(RichText::new(words::name(&item.title)).size(size::SMALL).color(theme::TEXT)).truncate());
    if item.is_missing {
        child.add(Label::new(RichText::new(t!("sheet-missing")).size(size::SMALL).color(theme::ACCENT)).truncate());
    }
}

/// What can be done with a portrait of one's own.
fn badges(ui: &Ui, square: Rect, index: usize, item: &GalleryItem, is_near: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    let corner =
        |from_right: f32, y: f32| Rect::from_min_size(square.right_top() + vec2(-BADGE * (from_right + 1.0) - 4.0, y), Vec2::splat(BADGE));
    let title = item.title.as_str();
    let (label, colour, opacity) = if item.favourite {
        (t!("sheet-keep-not", name = title), theme::ACCENT, 1.0)
    } else {
        (t!("sheet-keep", name = title), theme::TEXT, FAR)
    };
    if badge(ui, corner(2.0, 4.0), Icon::Star, &label, colour, if is_near { 1.0 } else { opacity }) {
        actions.push(Action::SetFavourite(index, !item.favourite));
    }
    let far = if is_near { 1.0 } else { FAR };
    if badge(ui, corner(1.0, 4.0), Icon::Faces, &t!("sheet-other-face", name = title), theme::TEXT, far) {
        actions.push(Action::ChooseFaceAgain(index));
    }
    if badge(ui, corner(0.0, 4.0), Icon::Close, &t!("sheet-take-off", name = title), theme::TEXT, far) {
        actions.push(Action::RemoveFromGallery(index));
    }
    actions
}

fn badge(ui: &Ui, rect: Rect, icon: Icon, label: &str, colour: Color32, opacity: f32) -> bool {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, label));
    let opacity = if response.hovered() || response.has_focus() { 1.0 } else { opacity };
    let ground = if response.hovered() { 225 } else { 150 };
    ui.painter().circle_filled(rect.center(), BADGE / 2.0 - 1.0, Color32::from_black_alpha(ground).gamma_multiply(opacity));
    icons::paint(ui.painter(), icon, rect.shrink(6.0), colour.gamma_multiply(opacity));
    widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), 12);
    response.on_hover_text(label).clicked()
}
