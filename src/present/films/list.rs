//! The sheet with the earlier recordings.

use egui::{
    Align, Align2, Area, Color32, Context, CornerRadius, Frame, Id, Layout, Margin, Order, Rect, Response, RichText, Role, ScrollArea,
    Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::{FilmAction, ListView, ListedFilm};
use crate::present::action::Action;
use crate::present::icons::{self, Icon};
use crate::present::state::ViewState;
use crate::present::theme::{self, size};
use crate::present::widgets::{self, Weight};
use crate::present::words::{bytes, t};

/// Distance of the sheet from the stage's edges, and the room inside its edge, in points.
const AIR: f32 = 18.0;
const PADDING: i8 = 16;
/// A film's place on the sheet: width, and heights of its picture and of the words below it, in points.
const TILE_WIDTH: f32 = 156.0;
const PICTURE_HEIGHT: f32 = 104.0;
const WORDS_HEIGHT: f32 = 40.0;

/// Draws the sheet, while it is open.
pub(in crate::present) fn show(ctx: &Context, stage: Rect, view: &ViewState) -> Vec<Action> {
    let Some(list) = &view.films.list else { return Vec::new() };
    let frame = Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::LINE))
        .corner_radius(theme::ROUNDING_LARGE)
        .shadow(theme::dialog_shadow())
        .inner_margin(Margin::same(PADDING));
    let room = view.uncovered(stage).shrink(AIR);
    let shown = Area::new(Id::unique("earlier recordings")).order(Order::Middle).fixed_pos(room.min).show(ctx, |ui| {
        frame
            .show(ui, |ui| {
                ui.set_width(room.width() - 2.0 * f32::from(PADDING));
                ui.set_height(room.height() - 2.0 * f32::from(PADDING));
                sheet(ui, list, &view.record.folder)
            })
            .inner
    });
    shown.inner.into_iter().map(Action::Film).collect()
}

fn sheet(ui: &mut Ui, list: &ListView, folder: &str) -> Option<FilmAction> {
    let mut action = None;
    widgets::row(ui, 28.0, |ui| {
        ui.label(RichText::new(t!("films-title")).font(theme::semibold(size::HEAD)).color(theme::TEXT));
        ui.label(RichText::new(t!("films-in", folder = folder)).size(size::SMALL).color(theme::TEXT_FAINT));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Close, &t!("close-tip"), Weight::Quiet).clicked() {
                action = Some(FilmAction::List(false));
            }
        });
    });
    ui.add_space(4.0);
    if list.films.is_empty() {
        let text = if list.reading { t!("films-looking") } else { t!("films-none") };
        ui.label(RichText::new(text).color(theme::TEXT_SOFT));
        return action;
    }
    ScrollArea::vertical().id_salt("recordings").auto_shrink([false, false]).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(12.0, 12.0);
            for film in &list.films {
                if tile(ui, film).clicked() {
                    action = Some(FilmAction::Open(film.path.clone()));
                }
            }
        });
    });
    action
}

fn tile(ui: &mut Ui, film: &ListedFilm) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(TILE_WIDTH, PICTURE_HEIGHT + WORDS_HEIGHT), Sense::click());
    let name = film.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, t!("films-one", name = name.as_str())));
    if ui.is_rect_visible(rect) {
        let slot = rect.with_max_y(rect.top() + PICTURE_HEIGHT);
        let rounding = CornerRadius::same(theme::ROUNDING);
        ui.painter().rect_filled(slot, rounding, theme::STAGE);
        match film.thumbnail {
            Some(picture) => {
                let scale = (slot.width() / picture.size.x.max(1.0)).min(slot.height() / picture.size.y.max(1.0));
                let inner = Rect::from_center_size(slot.center(), picture.size * scale);
                egui::Image::from_texture(picture).corner_radius(rounding).paint_at(ui, inner);
            }
            None => icons::paint(ui.painter(), Icon::Film, slot.shrink(34.0), theme::TEXT_FAINT),
        }
        let line = if response.hovered() { Stroke::new(1.5, theme::TEXT_SOFT) } else { Stroke::new(1.0, Color32::from_white_alpha(16)) };
        ui.painter().rect_stroke(slot, rounding, line, StrokeKind::Inside);
        widgets::focus_ring(ui.painter(), &response, slot.shrink(2.0), theme::ROUNDING);
        words(ui, slot, &name, &format!("{}  ·  {}", film.age, bytes(film.bytes)));
    }
    response.on_hover_text(name)
}

fn words(ui: &Ui, slot: Rect, name: &str, facts: &str) {
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), theme::regular(size::BODY), theme::TEXT);
    job.wrap = egui::text::TextWrapping::truncate_at_width(slot.width());
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(slot.left_bottom() + vec2(0.0, 4.0), galley, theme::TEXT);
    ui.painter().text(slot.left_bottom() + vec2(0.0, 23.0), Align2::LEFT_TOP, facts, theme::regular(size::SMALL), theme::TEXT_FAINT);
}
