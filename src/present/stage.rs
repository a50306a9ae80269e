//! The stage: the portrait, large and centred, on a dark ground.

use egui::load::SizedTexture;
use egui::{Align2, Color32, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use glam::Vec2 as Point;

use super::action::{Action, ViewAction};
use super::icons::Icon;
use super::preview::{Ground, PreviewPicture};
use super::state::{DriverState, ViewState};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::{self, t};
use super::{background, empty, faces, framing, inset, takes};
use crate::data::{Background, PixelBox};
use crate::session::{PictureShare, PortraitOrigin};

/// Space around the picture, as a share of the stage's shorter side, and at most so many points.
const AIR: (f32, f32) = (0.06, 44.0);
/// Room that the line below a replay needs, in points.
const REPLAY_LINE: f32 = 64.0;
/// Scales that are told apart.
const STEPS: f32 = 8.0;
/// How far a small picture is enlarged, in physical pixels per pixel.
const MAX_ENLARGEMENT: f32 = 6.0;

/// Where a picture lies on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PicturePlacement {
    /// The picture's rectangle, in points.
    pub(super) rect: Rect,
    /// Points per pixel of the picture.
    pub(super) scale: f32,
}

impl PicturePlacement {
    /// Fits a picture of `size_px` into `room`, centred, without changing its shape, on whole physical pixels.
    pub(super) fn fit(size_px: [u32; 2], room: Rect, pixels_per_point: f32) -> Self {
        let size = vec2(size_px[0].max(1) as f32, size_px[1].max(1) as f32);
        let scale = (room.width() / size.x).min(room.height() / size.y).clamp(1e-4, MAX_ENLARGEMENT / pixels_per_point);
        let whole = |points: f32| (points * pixels_per_point).round() / pixels_per_point;
        let shown = vec2(whole(size.x * scale), whole(size.y * scale));
        let corner = room.center() - shown / 2.0;
        Self { rect: Rect::from_min_size(pos2(whole(corner.x), whole(corner.y)), shown), scale }
    }

    /// A place on the screen, in pixels of the picture.
    pub(super) fn picture_from_screen(&self, at: Pos2) -> Point {
        let offset = (at - self.rect.min) / self.scale;
        Point::new(offset.x, offset.y)
    }

    /// A box of the picture, on the screen.
    pub(super) fn screen_from_box(&self, b: &PixelBox) -> Rect {
        let at = |x: f32, y: f32| self.rect.min + vec2(x, y) * self.scale;
        Rect::from_min_max(at(b.left, b.top), at(b.right, b.bottom))
    }
}

/// Draws the whole stage.
pub(super) fn show(ui: &mut Ui, view: &ViewState) -> Vec<Action> {
    let stage = ui.max_rect();
    let mut actions = if let Some(question) = &view.question {
        faces::show(ui, stage, question, view)
    } else if let Some(replay) = view.films.replay.as_ref().and_then(|replay| replay.picture) {
        replayed(ui, stage, replay, view);
        Vec::new()
    } else if let (Some(_), Some(picture)) = (&view.portrait, view.original.as_ref().or(view.picture.as_ref())) {
        let (size_px, share) = view.part_of(picture);
        let alone = view.shows_picture_alone();
        let placement = placement(size_px, stage, alone, ui.pixels_per_point());
        if alone {
            ui.painter().rect_filled(stage, 0, Color32::BLACK);
            ui.painter().add(picture.shape_of_part(placement.rect, share));
        } else {
            ground(ui.painter(), stage, Some(placement.rect), view);
            if view.background == Background::Transparent {
                background::nothing(ui.painter(), placement.rect);
            }
            hang(ui.painter(), picture, share, placement);
            caption(ui.painter(), stage, placement.rect, view);
        }
        let response = describe_picture(ui, placement.rect, view);
        framing::gestures(ui, &response, view).into_iter().collect()
    } else if view.opening.is_empty() && view.portrait.is_none() && view.hovered_files.is_empty() {
        ground(ui.painter(), stage, None, view);
        empty::show(ui, stage, view)
    } else {
        ground(ui.painter(), stage, None, view);
        Vec::new()
    };
    takes::show(ui, stage, view);
    if !view.shows_picture_alone() {
        actions.extend(around(ui, stage, view));
    }
    if !view.hovered_files.is_empty() {
        empty::drop_highlight(ui, stage, view);
    }
    actions
}

/// Where a picture lies on a stage, which it may have to itself.
pub(super) fn placement(size_px: [u32; 2], stage: Rect, alone: bool, pixels_per_point: f32) -> PicturePlacement {
    PicturePlacement::fit(size_px, if alone { stage } else { picture_room(stage) }, pixels_per_point)
}

/// How large the living picture is shown on a stage; `None` while there is none.
pub(super) fn shown_at(view: &ViewState, stage: Rect, pixels_per_point: f32) -> Option<f32> {
    let (size_px, _) = view.part_of(view.picture.as_ref()?);
    let PicturePlacement { scale, .. } = placement(size_px, stage, view.shows_picture_alone(), pixels_per_point);
    // The output window has a size of its own.
    Some(in_steps(if view.shown.output { 1.0 } else { scale * pixels_per_point }))
}

/// Physical pixels per pixel of a picture, up to 1 and in eighths: not every change of the window's size is a new one.
pub(super) fn in_steps(scale: f32) -> f32 {
    (STEPS * scale).ceil().clamp(1.0, STEPS) / STEPS
}

/// What lies on the stage beside the picture.
fn around(ui: &mut Ui, stage: Rect, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    if view.question.is_none() {
        // Cards and lists of recordings lie where the inset does.
        if view.films.card.is_none() && view.films.list.is_none() {
            actions.extend(inset::show(ui, stage, view));
            hint(ui, stage, view);
        }
        if view.has_portrait() {
            actions.extend(framing::button(ui, framing::corner(stage, view), view));
        }
    }
    opening(ui, stage, view);
    if !view.shown.panel {
        actions.extend(floating_controls(ui, stage, view));
    }
    actions
}

/// A recording that is played: as large as it fits, above its line.
fn replayed(ui: &Ui, stage: Rect, picture: SizedTexture, view: &ViewState) {
    let room = if view.shows_picture_alone() { stage } else { picture_room(stage.with_max_y(stage.bottom() - REPLAY_LINE)) };
    let placement = PicturePlacement::fit([picture.size.x as u32, picture.size.y as u32], room, ui.pixels_per_point());
    ground(ui.painter(), stage, Some(placement.rect), view);
    egui::Image::from_texture(picture).paint_at(ui, placement.rect);
    let response = ui.interact(placement.rect, ui.scope_id().with("replay"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, t!("stage-replay")));
}

/// Where the picture may lie: the stage less some air.
pub(super) fn picture_room(stage: Rect) -> Rect {
    let air = (stage.width().min(stage.height()) * AIR.0).min(AIR.1);
    stage.shrink2(vec2(air, air + 6.0))
}

/// Hangs a part of a picture on the stage, with a hairline that keeps dark edges from melting into the ground.
pub(super) fn hang(painter: &Painter, picture: &PreviewPicture, share: PictureShare, placement: PicturePlacement) {
    painter.add(picture.shape_of_part(placement.rect, share));
    painter.rect_stroke(placement.rect, 0, Stroke::new(1.0, Color32::from_white_alpha(14)), StrokeKind::Outside);
}

/// A dark ground with a faint glow in the middle, and the shadow of the picture that hangs at `picture`.
pub(super) fn ground(painter: &Painter, stage: Rect, picture: Option<Rect>, view: &ViewState) {
    let Some(backdrop) = &view.stage_ground else {
        painter.rect_filled(stage, 0, theme::STAGE);
        return;
    };
    let (blur, darkness) = theme::PICTURE_SHADOW;
    let shadow = picture.map(|rect| rect.translate(vec2(0.0, blur * 0.25)));
    let ground = Ground { edge: theme::STAGE, glow: theme::STAGE_GLOW, shadow, blur, darkness };
    painter.add(backdrop.shape(stage, ground));
}

/// Names the picture for screen readers, and lets the pointer take hold of it.
fn describe_picture(ui: &Ui, rect: Rect, view: &ViewState) -> Response {
    // Not a stop on the keyboard's way: the menu does the same.
    let response = ui.interact(rect, ui.scope_id().with("picture"), Sense::CLICK | Sense::DRAG);
    let name = view.portrait.as_ref().map_or("", |portrait| &portrait.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, t!("stage-portrait", name = words::name(name))));
    response
}

/// The portrait's name under the picture, like a label in a museum; left out where there is no room.
fn caption(painter: &Painter, stage: Rect, picture: Rect, view: &ViewState) {
    // A card or a sheet of recordings lies there.
    let Some(portrait) = view.portrait.as_ref().filter(|_| view.films.card.is_none() && view.films.list.is_none()) else { return };
    let below = stage.bottom() - picture.bottom();
    if below < 26.0 {
        return;
    }
    let at = pos2(picture.center().x, picture.bottom() + (below / 2.0).min(20.0));
    let built_in = matches!(portrait.origin, PortraitOrigin::BuiltIn(_));
    let text = match (built_in, view.no_drop) {
        (false, _) => portrait.name.clone(),
        (true, false) => t!("stage-caption-drop", name = words::name(&portrait.name)),
        (true, true) => t!("stage-caption-open", name = words::name(&portrait.name)),
    };
    painter.text(at, Align2::CENTER_CENTER, text, theme::regular(size::SMALL), theme::TEXT_SOFT);
}

/// What to do, in a pill at the foot of the picture.
fn hint(ui: &Ui, stage: Rect, view: &ViewState) {
    if view.portrait.is_none() {
        return;
    }
    let text = match view.driver.state {
        DriverState::NoFace => view.driver.no_face(),
        DriverState::Stalled(seconds) => {
            t!("driver-stalled-pill", name = view.driver.label.as_str(), seconds = words::number(seconds, 0))
        }
        _ => return,
    };
    let galley = ui.painter().layout(text.clone(), theme::regular(size::BODY), theme::TEXT, stage.width() - 64.0);
    let rect = Align2::CENTER_BOTTOM.anchor_size(stage.center_bottom() - vec2(0.0, 18.0), galley.size() + vec2(32.0, 16.0));
    ui.painter().rect_filled(rect, 16, Color32::from_black_alpha(200));
    ui.painter().rect_stroke(rect, 16, Stroke::new(1.0, theme::ACCENT_DIM), StrokeKind::Inside);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme::TEXT);
    let response = ui.interact(rect, ui.scope_id().with("hint"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// A spinner with the name of the picture that is being opened.
fn opening(ui: &Ui, stage: Rect, view: &ViewState) {
    let text = match view.opening.first() {
        Some(opening) => t!("stage-opening", name = words::name(&opening.name)),
        None if view.reading_clipboard => t!("stage-clipboard"),
        None => return,
    };
    let galley = ui.painter().layout_no_wrap(text.clone(), theme::regular(size::BODY), theme::TEXT);
    let rect = Rect::from_center_size(stage.center(), galley.size() + vec2(64.0, 24.0));
    ui.painter().rect_filled(rect, 20, Color32::from_black_alpha(210));
    let spinner = Rect::from_center_size(rect.left_center() + vec2(24.0, 0.0), Vec2::splat(18.0));
    egui::Spinner::new().color(theme::ACCENT).paint_at(ui, spinner);
    ui.painter().galley(pos2(rect.left() + 44.0, rect.center().y - galley.size().y / 2.0), galley, theme::TEXT);
    let response = ui.interact(rect, ui.scope_id().with("opening"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// Where the buttons in the stage's upper right corner lie, if there are any.
pub(super) fn corner_buttons(stage: Rect, view: &ViewState) -> Option<Rect> {
    let corner = framing::corner(stage, view);
    match (view.has_portrait() && view.question.is_none(), view.shown.panel) {
        (true, true) => Some(corner),
        (true, false) => Some(corner.union(panel_button(stage))),
        (false, false) => Some(panel_button(stage)),
        (false, true) => None,
    }
}

fn panel_button(stage: Rect) -> Rect {
    Rect::from_min_size(stage.right_top() + vec2(-46.0, 12.0), Vec2::splat(theme::BUTTON_HEIGHT))
}

/// Where the mark of a recording lies while the panel is hidden.
pub(super) fn mark_of_recording(stage: Rect) -> Rect {
    Rect::from_min_size(stage.left_top() + vec2(20.0, 18.0), vec2(76.0, 26.0))
}

/// What must stay in reach while the panel is hidden: the way back, and the recording.
fn floating_controls(ui: &mut Ui, stage: Rect, view: &ViewState) -> Vec<Action> {
    let mut actions = Vec::new();
    ui.scope_builder(egui::UiBuilder::new().max_rect(panel_button(stage)), |ui| {
        if widgets::icon_button(ui, Icon::Panel, &t!("stage-show-panel"), Weight::Quiet).clicked() {
            actions.push(Action::View(ViewAction::TogglePanel));
        }
    });
    if let Some(running) = &view.record.running {
        recording_mark(ui.painter(), mark_of_recording(stage), running.elapsed, view.record.dot_lit);
    }
    actions
}

fn recording_mark(painter: &Painter, rect: Rect, elapsed: std::time::Duration, lit: bool) {
    painter.rect_filled(rect, 13, Color32::from_black_alpha(170));
    let dot = if lit { theme::RECORD } else { theme::RECORD.gamma_multiply(0.25) };
    painter.circle_filled(rect.left_center() + vec2(15.0, 0.0), 4.5, dot);
    let time = super::panel::record::clock(elapsed);
    painter.text(rect.left_center() + vec2(28.0, 0.0), Align2::LEFT_CENTER, time, theme::regular(size::BODY), theme::TEXT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_lies_in_the_middle() {
        let room = Rect::from_min_size(pos2(10.0, 20.0), vec2(600.0, 500.0));
        for size in [[600, 900], [4000, 1000], [1, 1], [256, 256]] {
            let placement = PicturePlacement::fit(size, room, 2.0);
            let shown = placement.rect;
            assert!(room.expand(0.51).contains_rect(shown), "{size:?} stays inside: {shown:?}");
            assert!(shown.center().distance(room.center()) <= 0.5, "{size:?} is centred: {shown:?}");
            let aspect = size[0] as f32 / size[1] as f32;
            assert!((shown.width() - shown.height() * aspect).abs() <= 0.5 * (1.0 + aspect), "{size:?} keeps its shape: {shown:?}");
        }
    }

    #[test]
    fn screen_and_picture_are_inverse_to_each_other() {
        let placement = PicturePlacement::fit([1000, 500], Rect::from_min_size(pos2(30.0, 40.0), vec2(500.0, 500.0)), 1.0);
        let face = PixelBox { left: 100.0, top: 50.0, right: 300.0, bottom: 250.0 };
        let on_screen = placement.screen_from_box(&face);
        let back = placement.picture_from_screen(on_screen.min);
        assert!(back.distance(Point::new(100.0, 50.0)) < 1e-2, "got {back:?}");
        assert!((on_screen.width() - 100.0).abs() < 1e-3, "half size: {on_screen:?}");
    }
}
