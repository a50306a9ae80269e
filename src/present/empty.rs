//! The stage without a portrait: an invitation. And the highlight while files are held over the window.

use egui::{Align, Align2, Color32, Layout, Rect, RichText, Shape, Stroke, StrokeKind, Ui, UiBuilder, Vec2, vec2};

use super::action::{Action, Purpose};
use super::files::{self, FileRole};
use super::gallery;
use super::icons::{self, Icon};
use super::state::ViewState;
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::t;

/// Side of a thumbnail here, in points.
const THUMBNAIL: f32 = 92.0;

/// Draws the invitation.
pub(super) fn show(ui: &mut Ui, stage: Rect, view: &ViewState) -> Vec<Action> {
    let stage = view.uncovered(stage);
    let zone = Rect::from_center_size(stage.center(), vec2((stage.width() - 64.0).min(640.0), (stage.height() - 64.0).min(440.0)));
    dashed_outline(ui, zone, theme::TEXT_FAINT.gamma_multiply(0.6));
    let mut actions = Vec::new();
    let height = if view.gallery.is_empty() { 176.0 } else { 326.0 };
    let column = Rect::from_center_size(zone.center(), vec2(zone.width() - 48.0, height));
    ui.scope_builder(UiBuilder::new().max_rect(column).layout(Layout::top_down(Align::Center)), |ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(54.0), egui::Sense::empty());
        icons::paint(ui.painter(), Icon::Picture, rect, theme::ACCENT);
        ui.add_space(6.0);
        ui.label(RichText::new(t!("empty-title")).font(theme::semibold(size::TITLE)).color(theme::TEXT));
        ui.label(RichText::new(t!("empty-note")).color(theme::TEXT_SOFT));
        ui.add_space(10.0);
        actions.extend(buttons(ui));
        if view.no_drop {
            ui.label(RichText::new(t!("empty-no-drop")).size(size::SMALL).color(theme::ACCENT));
        }
        if !view.gallery.is_empty() {
            ui.add_space(16.0);
            ui.label(RichText::new(t!("empty-try")).size(size::SMALL).color(theme::TEXT_FAINT));
            actions.extend(gallery::row(ui, view, THUMBNAIL));
        }
    });
    actions
}

fn buttons(ui: &mut Ui) -> Option<Action> {
    let mut action = None;
    let [open, paste] = [t!("open"), t!("paste")];
    let width = widgets::wide_enough(ui, &[&open, &paste], 118.0);
    ui.allocate_ui_with_layout(vec2(2.0 * width + theme::GAP, theme::BUTTON_HEIGHT), Layout::left_to_right(Align::Center), |ui| {
        if widgets::button(ui, Icon::Open, &open, width, Weight::Primary).on_hover_text(t!("open-tip")).clicked() {
            action = Some(Action::Browse(Purpose::Portrait));
        }
        if widgets::button(ui, Icon::Paste, &paste, width, Weight::Normal).on_hover_text(t!("paste-tip")).clicked() {
            action = Some(Action::Paste);
        }
    });
    action
}

fn dashed_outline(ui: &Ui, zone: Rect, colour: Color32) {
    let r = 18.0;
    let corner = |centre: egui::Pos2, from: f32| (0..=6).map(move |i| centre + Vec2::angled((from + 15.0 * i as f32).to_radians()) * r);
    let inner = zone.shrink(r);
    let mut outline: Vec<egui::Pos2> = corner(inner.right_bottom(), 0.0)
        .chain(corner(inner.left_bottom(), 90.0))
        .chain(corner(inner.left_top(), 180.0))
        .chain(corner(inner.right_top(), 270.0))
        .collect();
    outline.extend(outline.first().copied());
    ui.painter().extend(Shape::dashed_line(&outline, Stroke::new(1.5, colour), 7.0, 6.0));
}

/// What dropping the files would do.
fn promise(view: &ViewState) -> (String, String) {
    let kinds: Vec<FileRole> = view.hovered_files.iter().map(|path| files::kind(path)).collect();
    let portraits = kinds.iter().filter(|kind| **kind == FileRole::Portrait).count();
    let drives = kinds.iter().any(|kind| matches!(kind, FileRole::Clip | FileRole::Performance));
    let names: Vec<String> =
        view.hovered_files.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()).collect();
    let title = match (portraits > 0, drives) {
        (true, _) => t!("drop-portrait"),
        (false, true) => t!("drop-driver"),
        (false, false) => t!("drop-neither"),
    };
    let more = names.len().saturating_sub(3);
    let list = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    (title, if more == 0 { list } else { t!("drop-more", list = list, count = more) })
}

/// Covers the stage while files are held over the window.
pub(super) fn drop_highlight(ui: &Ui, stage: Rect, view: &ViewState) {
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop highlight")));
    painter.rect_filled(stage, 0, Color32::from_rgba_unmultiplied(13, 12, 12, 205));
    let zone = stage.shrink(18.0);
    painter.rect_filled(zone, 18, theme::ACCENT.gamma_multiply(0.07));
    painter.rect_stroke(zone, 18, Stroke::new(2.5, theme::ACCENT), StrokeKind::Inside);
    let (title, names) = promise(view);
    icons::paint(&painter, Icon::Picture, Rect::from_center_size(zone.center() - vec2(0.0, 52.0), Vec2::splat(56.0)), theme::ACCENT);
    painter.text(zone.center() + vec2(0.0, 6.0), Align2::CENTER_CENTER, title, theme::semibold(size::TITLE), theme::TEXT);
    let names = painter.layout(names, theme::regular(size::BODY), theme::TEXT_SOFT, zone.width() - 60.0);
    painter.galley(zone.center() + vec2(-names.size().x / 2.0, 30.0), names, theme::TEXT_SOFT);
}
