//! The small camera picture with what is read in it: contours, points and gaze, how far lids, mouth and brows are moved, and what is the matter where no face is
//! found.

use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

use super::action::{Action, ViewAction};
use super::icons::Icon;
use super::sight::{DriverReading, Movements, Trouble};
use super::state::{InsetView, ViewState};
use super::theme;
use super::widgets::{self, Weight};
use super::words::t;
use crate::data::{FaceMesh, Landmarks, region};

/// Width of the inset: a share of the stage's width within limits, in points.
const WIDTH: (f32, f32, f32) = (0.2, 150.0, 320.0);
/// Radius of the dot on a pupil, in points.
const PUPIL_RADIUS: f32 = 1.8;
/// Radius of the dot on a point of the mesh, in points.
const POINT_RADIUS: f32 = 0.6;
/// Length of the line of sight for a gaze of 1, over the distance between the eyes.
const GAZE_REACH: f32 = 0.55;
/// Height of the band with the bars, size of its words and height of a bar, in points.
const BAND: f32 = 27.0;
const LABEL: f32 = 10.0;
const BAR: f32 = 4.0;
/// The lines of a face: first and last landmark, and whether the line closes.
const LINES: [(RangeInclusive<usize>, bool); 9] = [
    (0..=16, false),
    (17..=21, false),
    (22..=26, false),
    (27..=30, false),
    (31..=35, false),
    (36..=41, true),
    (42..=47, true),
    (48..=59, true),
    (60..=67, true),
];

/// Draws the inset at the lower left of the stage, if it is switched on and there is something to see.
pub(super) fn show(ui: &mut Ui, stage: Rect, view: &ViewState) -> Option<Action> {
    let inset = view.inset.as_ref().filter(|_| view.shown.inset)?;
    let [width, height] = inset.frame_size_px;
    let shown_width = (stage.width() * WIDTH.0).clamp(WIDTH.1, WIDTH.2);
    let size = vec2(shown_width, shown_width * (height / width.max(1.0)).clamp(0.4, 1.4));
    let rect = Rect::from_min_size(stage.left_bottom() + vec2(16.0, -16.0 - size.y), size);
    let mirror = view.controls.mirror;
    let response = ui.interact(rect, ui.scope_id().with("inset"), Sense::hover());
    let trouble = inset.trouble(!view.stats.reader.is_empty());
    let seen = trouble.map_or_else(|| t!("inset-face"), Trouble::words);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, t!("inset-label", seen = seen.as_str())));
    paint(ui, rect, inset, trouble, mirror);
    hide_button(ui, rect, response.hovered() || response.contains_pointer())
}

fn paint(ui: &Ui, rect: Rect, inset: &InsetView, trouble: Option<Trouble>, mirror: bool) {
    let rounding = CornerRadius::same(theme::ROUNDING_LARGE - 2);
    let shadow = egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(140) };
    ui.painter().add(shadow.as_shape(rect, rounding));
    ui.painter().rect_filled(rect, rounding, theme::STAGE);
    if let Some(frame) = inset.frame {
        let uv = if mirror { Rect::from_min_max(pos2(1.0, 0.0), pos2(0.0, 1.0)) } else { Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)) };
        egui::Image::from_texture(frame).uv(uv).corner_radius(rounding).tint(Color32::from_gray(225)).paint_at(ui, rect);
    }
    let painter = ui.painter().with_clip_rect(rect);
    if let Some(face) = &inset.face {
        face_shapes(&painter, face, |p| place(p, inset.frame_size_px, rect, mirror));
    }
    let band = Rect::from_min_max(pos2(rect.left(), rect.bottom() - BAND), rect.max);
    let lower = CornerRadius { nw: 0, ne: 0, ..rounding };
    match (&inset.face, trouble) {
        (Some(face), _) => {
            painter.rect_filled(band, lower, Color32::from_black_alpha(150));
            bars(&painter, band, &face.movements, mirror);
        }
        (None, Some(trouble)) => {
            painter.rect_filled(band, lower, Color32::from_black_alpha(170));
            painter.text(band.center(), Align2::CENTER_CENTER, trouble.words(), theme::regular(LABEL), theme::ACCENT);
        }
        (None, None) => {}
    }
    ui.painter().rect_stroke(rect, rounding, Stroke::new(1.0, Color32::from_white_alpha(28)), StrokeKind::Inside);
}

/// What is read of the face: the mesh where there is one, the lines of the landmarks, the pupils, and where they look.
fn face_shapes(painter: &Painter, face: &DriverReading, to_screen: impl Fn(glam::Vec2) -> Pos2) {
    if let Some(mesh) = &face.mesh_in_frame {
        let dot = |p: &glam::Vec3| Shape::circle_filled(to_screen(p.truncate()), POINT_RADIUS, theme::ACCENT.gamma_multiply(0.35));
        painter.extend(mesh.0[..FaceMesh::SKIN].iter().map(dot));
        let outline = FaceMesh::OUTLINE.iter().chain(&FaceMesh::OUTLINE[..1]);
        let outline: Vec<Pos2> = outline.map(|i| to_screen(mesh.0[usize::from(*i)].truncate())).collect();
        painter.extend(line(&outline, Stroke::new(1.0, theme::ACCENT.gamma_multiply(0.6))));
    }
    painter.extend(face_lines(&face.landmarks_in_frame, face.mesh_in_frame.is_some(), &to_screen));
    let reach = GAZE_REACH * face.landmarks_in_frame.inter_ocular();
    for pupil in face.pupils_in_frame.into_iter().flatten() {
        if let Some(gaze) = face.gaze {
            painter.line_segment([to_screen(pupil), to_screen(pupil + gaze * reach)], Stroke::new(1.4, theme::GOOD));
        }
        painter.circle_filled(to_screen(pupil), PUPIL_RADIUS, theme::ACCENT);
    }
}

/// Bars for lids, mouth and brows, each of both sides as they lie in the picture.
fn bars(painter: &Painter, band: Rect, movements: &Movements, mirror: bool) {
    let sides = |[right, left]: [f32; 2]| if mirror { [left, right] } else { [right, left] };
    let groups: [(String, Vec<f32>, bool); 3] = [
        (t!("inset-lids"), sides(movements.eyes).into(), false),
        (t!("inset-mouth"), vec![movements.mouth], false),
        (t!("inset-brows"), sides(movements.brows).into(), true),
    ];
    let width = band.width() / groups.len() as f32;
    for (index, (label, values, signed)) in groups.into_iter().enumerate() {
        let group = Rect::from_min_size(pos2(band.left() + width * index as f32, band.top()), vec2(width, BAND)).shrink2(vec2(7.0, 4.0));
        painter.text(group.left_top(), Align2::LEFT_TOP, label, theme::regular(LABEL), theme::TEXT_SOFT);
        let each = group.width() / values.len() as f32;
        for (side, value) in values.into_iter().enumerate() {
            let corner = pos2(group.left() + each * side as f32, group.bottom() - BAR);
            bar(painter, Rect::from_min_size(corner, vec2(each, BAR)).shrink2(vec2(1.0, 0.0)), value, signed);
        }
    }
}

/// One bar: from the left for 0 to 1, from the middle to either side for -1 to 1.
fn bar(painter: &Painter, slot: Rect, value: f32, signed: bool) {
    painter.rect_filled(slot, 1, Color32::from_white_alpha(34));
    let (zero, reach) = if signed { (slot.center().x, 0.5 * slot.width()) } else { (slot.left(), slot.width()) };
    let end = zero + value * reach;
    painter.rect_filled(Rect::from_x_y_ranges(zero.min(end)..=zero.max(end), slot.y_range()), 1, theme::ACCENT);
}

/// A place of the driver's frame, on the screen. Pixel centres lie at whole coordinates, hence the half.
fn place(point_in_frame: glam::Vec2, frame_size_px: [f32; 2], rect: Rect, mirror: bool) -> Pos2 {
    let x = (point_in_frame.x + 0.5) / frame_size_px[0].max(1.0);
    let y = (point_in_frame.y + 0.5) / frame_size_px[1].max(1.0);
    let x = if mirror { 1.0 - x } else { x };
    rect.min + vec2(x, y) * rect.size()
}

/// The lines through the landmarks; without the jaw where the mesh's own outline is drawn.
fn face_lines(landmarks: &Landmarks, has_outline: bool, to_screen: impl Fn(glam::Vec2) -> Pos2) -> Vec<Shape> {
    let stroke = Stroke::new(1.3, theme::ACCENT.gamma_multiply(0.9));
    let shown = LINES.iter().filter(|(range, _)| !has_outline || *range.start() != region::JAW.start);
    let shapes = shown.flat_map(|(range, closed)| {
        let mut points: Vec<Pos2> = landmarks.0[range.clone()].iter().map(|&p| to_screen(p)).collect();
        points.extend(points.first().copied().filter(|_| *closed));
        line(&points, stroke)
    });
    shapes.collect()
}

/// One by one: a path's joints shoot out where it turns sharply, as at the corners of a shut mouth.
fn line(points: &[Pos2], stroke: Stroke) -> Vec<Shape> {
    points.windows(2).map(|pair| Shape::line_segment([pair[0], pair[1]], stroke)).collect()
}

/// A cross in the corner; pale until the pointer comes near.
fn hide_button(ui: &mut Ui, rect: Rect, near: bool) -> Option<Action> {
    let corner = Rect::from_min_size(rect.right_top() + vec2(-30.0, 2.0), Vec2::splat(28.0));
    let builder = egui::UiBuilder::new().id_salt("hide inset").max_rect(corner);
    ui.scope_builder(builder, |ui| {
        ui.set_opacity(if near { 1.0 } else { 0.35 });
        widgets::icon_button(ui, Icon::Close, &t!("inset-hide"), Weight::Quiet).clicked().then_some(Action::View(ViewAction::ToggleInset))
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landmarks_lie_on_the_picture_mirrored_or_not() {
        let rect = Rect::from_min_size(pos2(100.0, 50.0), vec2(200.0, 150.0));
        let plain = place(glam::Vec2::new(-0.5, -0.5), [400.0, 300.0], rect, false);
        assert_eq!(plain, rect.left_top(), "the frame's corner is the inset's corner");
        let mirrored = place(glam::Vec2::new(-0.5, -0.5), [400.0, 300.0], rect, true);
        assert_eq!(mirrored, rect.right_top(), "and the other one in the mirror");
    }

    #[test]
    fn every_landmark_is_on_one_line() {
        let mut covered: Vec<usize> = LINES.iter().flat_map(|(range, _)| range.clone()).collect();
        covered.sort_unstable();
        assert_eq!(covered, (0..Landmarks::COUNT).collect::<Vec<_>>(), "all 68, each once");
    }
}
