//! The row of portraits to choose from.

use egui::load::SizedTexture;
use egui::{Color32, CornerRadius, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::action::Action;
use super::icons::{self, Icon};
use super::state::{GalleryItem, ViewState};
use super::theme;

/// A row of thumbnails with sides of `side` points, which scrolls sideways where it does not fit.
pub(super) fn row(ui: &mut Ui, view: &ViewState, side: f32) -> Option<Action> {
    let count = view.gallery.len() as f32;
    let wanted = count * side + (count - 1.0) * theme::GAP;
    let width = wanted.min(ui.available_width());
    let mut action = None;
    ui.allocate_ui(vec2(width, side), |ui| {
        ScrollArea::horizontal().id_salt("gallery").auto_shrink([false, true]).show(ui, |ui| {
            ui.horizontal(|ui| {
                for (index, item) in view.gallery.iter().enumerate() {
                    let chosen = view.portrait.as_ref().and_then(|p| p.in_gallery) == Some(index);
                    if thumbnail(ui, item, index, side, chosen).clicked() {
                        action = Some(Action::OpenFromGallery(index));
                    }
                }
            });
        });
    });
    action
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
    let label = format!("Remove {name}");
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &label));
    if ui.is_rect_visible(rect) {
        picture(ui, thumbnail, rect, !response.hovered());
        let badge = egui::Rect::from_min_size(rect.right_top() + vec2(-15.0, 1.0), Vec2::splat(14.0));
        let colour = if response.hovered() { theme::TEXT } else { theme::TEXT_SOFT };
        ui.painter().circle_filled(badge.center(), 7.0, Color32::from_black_alpha(190));
        icons::paint(ui.painter(), Icon::Close, badge.shrink(2.5), colour);
        super::widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), theme::ROUNDING);
    }
    response.on_hover_text(label)
}

fn thumbnail(ui: &mut Ui, item: &GalleryItem, index: usize, side: f32, chosen: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, format!("Portrait: {}", item.title)));
    if ui.is_rect_visible(rect) {
        let rounding = CornerRadius::same(theme::ROUNDING);
        picture(ui, item.thumbnail, rect, response.hovered() || chosen);
        let (stroke, inside) = match (chosen, response.hovered()) {
            (true, _) => (Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside),
            (false, true) => (Stroke::new(1.5, theme::TEXT_SOFT), StrokeKind::Inside),
            (false, false) => (Stroke::new(1.0, Color32::from_white_alpha(16)), StrokeKind::Inside),
        };
        ui.painter().rect_stroke(rect, rounding, stroke, inside);
        super::widgets::focus_ring(ui.painter(), &response, rect.shrink(2.0), theme::ROUNDING);
    }
    let key = if index < 9 { format!("  ({})", index + 1) } else { String::new() };
    response.on_hover_text(format!("{}{key}", item.title))
}

/// The thumbnail, or a frame with a head in it for a picture of which there is none yet.
fn picture(ui: &Ui, thumbnail: Option<SizedTexture>, rect: egui::Rect, lit: bool) {
    let Some(thumbnail) = thumbnail else {
        ui.painter().rect_filled(rect, theme::ROUNDING, theme::CONTROL);
        icons::paint(ui.painter(), Icon::Picture, rect.shrink(rect.width() * 0.3), theme::TEXT_FAINT);
        return;
    };
    paint_square(ui, thumbnail, rect, lit);
}

fn paint_square(ui: &Ui, thumbnail: SizedTexture, rect: egui::Rect, lit: bool) {
    egui::Image::from_texture(thumbnail)
        .uv(square_part(thumbnail.size))
        .corner_radius(theme::ROUNDING)
        .tint(if lit { Color32::WHITE } else { Color32::from_gray(208) })
        .paint_at(ui, rect);
}

/// The upper square of a tall picture, the middle one of a wide picture: where the face usually is.
fn square_part(size: Vec2) -> egui::Rect {
    let side = size.x.min(size.y).max(1.0);
    let part = vec2(side / size.x.max(1.0), side / size.y.max(1.0));
    let top = (1.0 - part.y) * 0.2;
    egui::Rect::from_min_size(pos2((1.0 - part.x) / 2.0, top), part)
}
