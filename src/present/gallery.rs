//! The row of portraits to choose from, and how a portrait is drawn small.

use egui::load::SizedTexture;
use egui::{Align2, Color32, CornerRadius, Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::action::{Action, ViewAction};
use super::icons::{self, Icon};
use super::state::{GalleryItem, ViewState};
use super::theme::{self, size};
use super::words::{self, t};

/// The first portraits of the gallery as thumbnails with sides of `side` points, as many as there is room for, and the way to all of them.
pub(super) fn row(ui: &mut Ui, view: &ViewState, side: f32) -> Option<Action> {
    let room = ((ui.available_width() + theme::GAP) / (side + theme::GAP)) as usize;
    let shown = in_row(view, room.saturating_sub(1));
    let width = (shown.len() + 1) as f32 * (side + theme::GAP) - theme::GAP;
    let mut action = None;
    ui.allocate_ui(vec2(width, side), |ui| {
        ui.horizontal(|ui| {
            for index in shown {
                let item = &view.gallery[index];
                if thumbnail(ui, item, index, side, view.chosen() == Some(index)).clicked() {
                    action = Some(Action::OpenFromGallery(index));
                }
            }
            if all(ui, view, side).clicked() {
                action = Some(Action::View(ViewAction::ToggleGallery));
            }
        });
    });
    action
}

/// Places of the portraits that a row of so many shows: the first ones, and the one on the stage.
fn in_row(view: &ViewState, room: usize) -> Vec<usize> {
    let mut shown: Vec<usize> = (0..view.gallery.len().min(room)).collect();
    if let Some(chosen) = view.chosen().filter(|chosen| !shown.contains(chosen))
        && let Some(last) = shown.last_mut()
    {
        *last = chosen;
    }
    shown
}

/// The way to all portraits.
fn all(ui: &mut Ui, view: &ViewState, side: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, view.shown.gallery, t!("gallery-all")));
    if ui.is_rect_visible(rect) {
        let fill = if response.hovered() { theme::CONTROL_HOVER } else { theme::CONTROL };
        let colour = if view.shown.gallery { theme::ACCENT } else { theme::TEXT_SOFT };
        ui.painter().rect_filled(rect, theme::ROUNDING, fill);
        let middle = rect.center() - vec2(0.0, 7.0);
        icons::paint(ui.painter(), Icon::Grid, Rect::from_center_size(middle, Vec2::splat(17.0)), colour);
        let text = t!("gallery-all-count", count = view.gallery.len());
        ui.painter().text(rect.center() + vec2(0.0, 13.0), Align2::CENTER_CENTER, text, theme::regular(size::SMALL), colour);
        super::widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), theme::ROUNDING);
    }
    response.on_hover_text(t!("gallery-all-tip"))
}

/// A row of the further pictures of the portrait's person; a click removes one.
pub(super) fn further_row(ui: &mut Ui, view: &ViewState, side: f32) -> Option<Action> {
    let mut action = None;
    ui.allocate_ui(vec2(ui.available_width(), side), |ui| {
        ScrollArea::horizontal().id_salt("further pictures").auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal(|ui| {
                for (index, picture) in view.further.iter().enumerate() {
                    if removable(ui, &picture.name, picture.thumbnail, side).clicked() {
                        action = Some(Action::RemovePicture(index));
                    }
                }
            });
        });
    });
    action
}

/// A thumbnail with a cross.
fn removable(ui: &mut Ui, name: &str, thumbnail: Option<SizedTexture>, side: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    let label = t!("gallery-remove", name = name);
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &label));
    if ui.is_rect_visible(rect) {
        picture(ui, thumbnail, rect, !response.hovered());
        let badge = Rect::from_min_size(rect.right_top() + vec2(-15.0, 1.0), Vec2::splat(14.0));
        let colour = if response.hovered() { theme::TEXT } else { theme::TEXT_SOFT };
        ui.painter().circle_filled(badge.center(), 7.0, Color32::from_black_alpha(190));
        icons::paint(ui.painter(), Icon::Close, badge.shrink(2.5), colour);
        super::widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), theme::ROUNDING);
    }
    response.on_hover_text(label)
}

fn thumbnail(ui: &mut Ui, item: &GalleryItem, index: usize, side: f32, chosen: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    portrait(ui, &response, rect, item, chosen);
    let key = if index < 9 { format!("  ({})", index + 1) } else { String::new() };
    match item.missing() {
        Some(why) => response.on_hover_text(why),
        None => response.on_hover_text(format!("{}{key}", words::name(&item.title))),
    }
}

/// Draws a portrait of the gallery into a square, and names it for screen readers.
pub(super) fn portrait(ui: &Ui, response: &Response, rect: Rect, item: &GalleryItem, chosen: bool) {
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let name = words::name(&item.title);
        let label = if item.is_missing { t!("gallery-portrait-missing", name = name) } else { t!("stage-portrait", name = name) };
        WidgetInfo::selected(Role::RadioButton, enabled, chosen, label)
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let rounding = CornerRadius::same(theme::ROUNDING);
    picture(ui, item.thumbnail, rect, response.hovered() || chosen);
    if item.is_missing {
        ui.painter().rect_filled(rect, rounding, theme::PANEL.gamma_multiply(0.78));
        icons::paint(ui.painter(), Icon::Alert, Rect::from_center_size(rect.center(), Vec2::splat(18.0)), theme::TEXT_SOFT);
    }
    let stroke = match (chosen, response.hovered()) {
        (true, _) => Stroke::new(2.0, theme::ACCENT),
        (false, true) => Stroke::new(1.5, theme::TEXT_SOFT),
        (false, false) => Stroke::new(1.0, Color32::from_white_alpha(16)),
    };
    ui.painter().rect_stroke(rect, rounding, stroke, StrokeKind::Inside);
    super::widgets::focus_ring(ui.painter(), response, rect.shrink(2.0), theme::ROUNDING);
}

/// The thumbnail, or a frame with a head in it for a picture of which there is none yet.
fn picture(ui: &Ui, thumbnail: Option<SizedTexture>, rect: Rect, lit: bool) {
    let Some(thumbnail) = thumbnail else {
        ui.painter().rect_filled(rect, theme::ROUNDING, theme::CONTROL);
        icons::paint(ui.painter(), Icon::Picture, rect.shrink(rect.width() * 0.3), theme::TEXT_FAINT);
        return;
    };
    paint_square(ui, thumbnail, rect, lit);
}

fn paint_square(ui: &Ui, thumbnail: SizedTexture, rect: Rect, lit: bool) {
    egui::Image::from_texture(thumbnail)
        .uv(square_part(thumbnail.size))
        .corner_radius(theme::ROUNDING)
        .tint(if lit { Color32::WHITE } else { Color32::from_gray(208) })
        .paint_at(ui, rect);
}

/// The upper square of a tall picture, the middle one of a wide picture: where the face usually is.
fn square_part(size: Vec2) -> Rect {
    let side = size.x.min(size.y).max(1.0);
    let part = vec2(side / size.x.max(1.0), side / size.y.max(1.0));
    let top = (1.0 - part.y) * 0.2;
    Rect::from_min_size(pos2((1.0 - part.x) / 2.0, top), part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::state::PortraitView;
    use crate::session::PortraitOrigin;

    #[test]
    fn the_portrait_on_the_stage_is_in_the_row_wherever_it_is_in_the_gallery() {
        let item = |index: usize| GalleryItem {
            origin: PortraitOrigin::BuiltIn(index),
            title: index.to_string(),
            thumbnail: None,
            favourite: false,
            is_missing: false,
        };
        let mut view = ViewState { gallery: (0..8).map(item).collect(), ..ViewState::default() };
        assert_eq!(in_row(&view, 3), [0, 1, 2], "the first ones");
        for (on_stage, expected) in [(1, [0, 1, 2]), (7, [0, 1, 7])] {
            view.portrait = Some(PortraitView { name: String::new(), origin: PortraitOrigin::BuiltIn(on_stage) });
            assert_eq!(in_row(&view, 3), expected, "with {on_stage} on the stage");
        }
        assert_eq!(in_row(&view, 0), Vec::<usize>::new(), "no room at all");
        assert_eq!(in_row(&view, 99).len(), 8, "room for all");
    }
}
