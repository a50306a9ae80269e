//! The small camera picture with the landmarks and pupils that were found in it.

use egui::{Color32, CornerRadius, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

use super::action::Action;
use super::icons::Icon;
use super::state::{InsetView, ViewState};
use super::theme;
use super::widgets::{self, Weight};
use crate::data::Landmarks;

/// Width of the inset: a share of the stage's width within limits, in points.
const WIDTH: (f32, f32, f32) = (0.2, 150.0, 320.0);
/// Radius of the dot on a pupil, in points.
const PUPIL_RADIUS: f32 = 1.8;
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
    let seen = if inset.landmarks_in_frame.is_some() { "a face is found" } else { "no face is found" };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Driver picture: {seen}")));
    paint(ui, rect, inset, mirror);
    hide_button(ui, rect, response.hovered() || response.contains_pointer())
}

fn paint(ui: &Ui, rect: Rect, inset: &InsetView, mirror: bool) {
    let rounding = CornerRadius::same(theme::ROUNDING_LARGE - 2);
    let shadow = egui::Shadow { offset: [0, 6], blur: 24, spread: 0, color: Color32::from_black_alpha(140) };
    ui.painter().add(shadow.as_shape(rect, rounding));
    ui.painter().rect_filled(rect, rounding, theme::STAGE);
    if let Some(frame) = inset.frame {
        let uv = if mirror { Rect::from_min_max(pos2(1.0, 0.0), pos2(0.0, 1.0)) } else { Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)) };
        egui::Image::from_texture(frame).uv(uv).corner_radius(rounding).tint(Color32::from_gray(225)).paint_at(ui, rect);
    }
    if let Some(landmarks) = &inset.landmarks_in_frame {
        let painter = ui.painter().with_clip_rect(rect);
        let to_screen = |p| place(p, inset.frame_size_px, rect, mirror);
        painter.extend(face_lines(landmarks, to_screen));
        painter
            .extend(inset.pupils_in_frame.into_iter().flatten().map(|p| Shape::circle_filled(to_screen(p), PUPIL_RADIUS, theme::ACCENT)));
    }
    ui.painter().rect_stroke(rect, rounding, Stroke::new(1.0, Color32::from_white_alpha(28)), StrokeKind::Inside);
}

/// A place of the driver's frame, on the screen. Pixel centres lie at whole coordinates, hence the half.
fn place(point_in_frame: glam::Vec2, frame_size_px: [f32; 2], rect: Rect, mirror: bool) -> Pos2 {
    let x = (point_in_frame.x + 0.5) / frame_size_px[0].max(1.0);
    let y = (point_in_frame.y + 0.5) / frame_size_px[1].max(1.0);
    let x = if mirror { 1.0 - x } else { x };
    rect.min + vec2(x, y) * rect.size()
}

fn face_lines(landmarks: &Landmarks, to_screen: impl Fn(glam::Vec2) -> Pos2) -> Vec<Shape> {
    let stroke = Stroke::new(1.3, theme::ACCENT.gamma_multiply(0.9));
    LINES
        .iter()
        .flat_map(|(range, closed)| {
            let mut points: Vec<Pos2> = landmarks.0[range.clone()].iter().map(|&p| to_screen(p)).collect();
            points.extend(points.first().copied().filter(|_| *closed));
            // One by one: a path's joints shoot out where it turns sharply, as at the corners of a shut mouth.
            points.windows(2).map(|pair| Shape::line_segment([pair[0], pair[1]], stroke)).collect::<Vec<_>>()
        })
        .collect()
}

/// A cross in the corner; pale until the pointer comes near.
fn hide_button(ui: &mut Ui, rect: Rect, near: bool) -> Option<Action> {
    let corner = Rect::from_min_size(rect.right_top() + vec2(-30.0, 2.0), Vec2::splat(28.0));
    let builder = egui::UiBuilder::new().id_salt("hide inset").max_rect(corner);
    ui.scope_builder(builder, |ui| {
        ui.set_opacity(if near { 1.0 } else { 0.35 });
        widgets::icon_button(ui, Icon::Close, "Hide camera picture (C)", Weight::Quiet).clicked().then_some(Action::ToggleInset)
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
