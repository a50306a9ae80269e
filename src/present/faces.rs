//! Where is the face? Choosing one of several, or drawing a box around it by hand.

use egui::{Align, Align2, Color32, CursorIcon, Id, Key, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2};
use glam::Vec2 as Point;

use super::action::{Action, ViewAction};
use super::icons::Icon;
use super::stage::{self, PicturePlacement};
use super::state::{QuestionView, ViewState};
use super::theme::{self, size};
use super::widgets::{self, Weight};
use super::words::t;
use crate::data::PixelBox;
use crate::session::PictureShare;

/// Height of the bar below the picture, in points.
const BAR: f32 = 92.0;
/// Width of a button in it, in points, where there is room.
const BUTTON_WIDTH: f32 = 132.0;
/// Smallest side of a drawn box, in pixels of the picture.
const SMALLEST_PX: f32 = 8.0;
/// How far an arrow key moves the box, as a share of its size.
const STEP: f32 = 0.04;

/// Draws the picture with the boxes on it, and the question below.
pub(super) fn show(ui: &mut Ui, stage_rect: Rect, question: &QuestionView, view: &ViewState) -> Vec<Action> {
    let room = stage::picture_room(Rect::from_min_max(view.uncovered(stage_rect).min, stage_rect.max - vec2(0.0, BAR)));
    let placement = PicturePlacement::fit(question.picture.size_px, room, ui.pixels_per_point());
    stage::ground(ui.painter(), stage_rect, Some(placement.rect), view);
    stage::hang(ui.painter(), &question.picture, PictureShare::WHOLE, placement);
    let mut actions = match &question.drawn {
        Some(drawn) => draw_by_hand(ui, placement, question.picture.size_px, drawn),
        None => choose(ui, placement, question),
    };
    let bar = Rect::from_min_max(stage_rect.left_bottom() - vec2(0.0, BAR), stage_rect.max);
    actions.extend(bar_below(ui, bar, question));
    actions
}

/// The box a user starts from when none was found: where heads usually are.
pub(super) fn first_guess(size_px: [u32; 2]) -> PixelBox {
    let (width, height) = (size_px[0] as f32, size_px[1] as f32);
    let side = width.min(height) * 0.4;
    let (x, y) = (width / 2.0, height * 0.4);
    PixelBox { left: x - side / 2.0, top: y - side / 2.0, right: x + side / 2.0, bottom: y + side / 2.0 }
}

fn choose(ui: &Ui, placement: PicturePlacement, question: &QuestionView) -> Vec<Action> {
    let mut actions = Vec::new();
    for (index, face) in question.faces.iter().enumerate() {
        let rect = placement.screen_from_box(face).intersect(placement.rect.expand(2.0));
        let response = ui.interact(rect, ui.scope_id().with(("face", index)), Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
        let chosen = index == question.selected;
        let label = t!("face-number", number = index + 1);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &label));
        let colour = match (chosen, response.hovered()) {
            (true, _) => theme::ACCENT,
            (false, true) => theme::TEXT,
            (false, false) => Color32::from_white_alpha(150),
        };
        box_on_picture(ui, rect, Stroke::new(if chosen { 2.5 } else { 1.5 }, colour));
        number_tag(ui, rect, index + 1, colour);
        widgets::focus_ring(ui.painter(), &response, rect.expand(3.0), 8);
        if response.clicked() {
            actions.push(Action::View(ViewAction::SelectFace(index)));
        }
        // On the face that is marked already, Enter goes on with it.
        if response.double_clicked() || (chosen && response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter))) {
            actions.push(Action::UseFace);
        }
    }
    actions
}

fn box_on_picture(ui: &Ui, rect: Rect, stroke: Stroke) {
    // A dark line outside keeps the box visible on pale pictures.
    ui.painter().rect_stroke(rect.expand(1.0), 7, Stroke::new(stroke.width + 2.0, Color32::from_black_alpha(110)), StrokeKind::Middle);
    ui.painter().rect_stroke(rect, 6, stroke, StrokeKind::Middle);
}

fn number_tag(ui: &Ui, rect: Rect, number: usize, colour: Color32) {
    let centre = rect.left_top();
    ui.painter().circle_filled(centre, 11.0, colour.to_opaque());
    ui.painter().text(centre, Align2::CENTER_CENTER, number, theme::semibold(size::SMALL), theme::STAGE);
}

fn draw_by_hand(ui: &Ui, placement: PicturePlacement, size_px: [u32; 2], drawn: &PixelBox) -> Vec<Action> {
    let id = ui.scope_id().with("face box");
    let response = ui.interact(placement.rect, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::Crosshair);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, t!("face-box")));
    let rect = placement.screen_from_box(drawn);
    dim_around(ui, placement.rect, rect.intersect(placement.rect));
    box_on_picture(ui, rect, Stroke::new(2.0, theme::ACCENT));
    widgets::focus_ring(ui.painter(), &response, rect.expand(3.0), 8);
    let pointer = response.interact_pointer_pos().map(|at| placement.picture_from_screen(at));
    let mut moved = None;
    if response.drag_started()
        && let Some(origin) = ui.input(|i| i.pointer.press_origin())
    {
        let start = placement.picture_from_screen(origin);
        let grabbed = contains(drawn, start).then_some(*drawn);
        ui.data_mut(|data| data.insert_temp(id, (start, grabbed)));
    }
    if (response.dragged() || response.drag_stopped())
        && let Some(now) = pointer
    {
        moved = dragged_box(ui, id, now);
    }
    if response.has_focus() {
        moved = moved.or_else(|| box_by_keys(ui, id, drawn));
    }
    moved.map(|b| Action::View(ViewAction::DrawFaceBox(kept_inside(b, size_px)))).into_iter().collect()
}

/// The box after the pointer went to `now`: moved when the drag began inside it, else drawn anew.
fn dragged_box(ui: &Ui, id: Id, now: Point) -> Option<PixelBox> {
    let (start, grabbed): (Point, Option<PixelBox>) = ui.data(|data| data.get_temp(id))?;
    let (low, high) = (start.min(now), start.max(now));
    Some(match grabbed {
        Some(b) => shifted(&b, now - start),
        None => PixelBox { left: low.x, top: low.y, right: high.x.max(low.x + SMALLEST_PX), bottom: high.y.max(low.y + SMALLEST_PX) },
    })
}

fn box_by_keys(ui: &Ui, id: Id, b: &PixelBox) -> Option<PixelBox> {
    // The arrows belong to the box while it has the focus, not to the way through the controls.
    let filter = egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let step = b.width().max(b.height()) * STEP;
    let pressed = |key: Key| ui.input(|i| i.num_presses(key)) as f32 * step;
    let by = Point::new(pressed(Key::ArrowRight) - pressed(Key::ArrowLeft), pressed(Key::ArrowDown) - pressed(Key::ArrowUp));
    let grow = pressed(Key::Plus) + pressed(Key::Equals) - pressed(Key::Minus);
    let changed = by != Point::ZERO || grow.abs() > 0.0;
    changed.then(|| {
        let b = shifted(b, by);
        PixelBox { left: b.left - grow, top: b.top - grow, right: b.right + grow, bottom: b.bottom + grow }
    })
}

fn contains(b: &PixelBox, p: Point) -> bool {
    (b.left..=b.right).contains(&p.x) && (b.top..=b.bottom).contains(&p.y)
}

fn shifted(b: &PixelBox, by: Point) -> PixelBox {
    PixelBox { left: b.left + by.x, top: b.top + by.y, right: b.right + by.x, bottom: b.bottom + by.y }
}

/// The box moved, and if need be cut, so that it lies in the picture and is never smaller than [`SMALLEST_PX`].
fn kept_inside(b: PixelBox, size_px: [u32; 2]) -> PixelBox {
    let side = |low: f32, high: f32, limit: f32| {
        let length = (high - low).clamp(SMALLEST_PX.min(limit), limit);
        let low = low.clamp(0.0, limit - length);
        (low, low + length)
    };
    let (left, right) = side(b.left, b.right, size_px[0] as f32);
    let (top, bottom) = side(b.top, b.bottom, size_px[1] as f32);
    PixelBox { left, top, right, bottom }
}

/// Darkens the picture around `hole`.
fn dim_around(ui: &Ui, picture: Rect, hole: Rect) {
    let shade = Color32::from_black_alpha(120);
    let (p, h) = (picture, hole);
    for rect in [
        Rect::from_min_max(p.min, egui::pos2(p.right(), h.top())),
        Rect::from_min_max(egui::pos2(p.left(), h.bottom()), p.max),
        Rect::from_min_max(egui::pos2(p.left(), h.top()), h.left_bottom()),
        Rect::from_min_max(h.right_top(), egui::pos2(p.right(), h.bottom())),
    ] {
        ui.painter().rect_filled(rect, 0, shade);
    }
}

fn bar_below(ui: &mut Ui, bar: Rect, question: &QuestionView) -> Vec<Action> {
    let by_hand = question.drawn.is_some();
    let count = question.faces.len();
    let text = match (by_hand, count) {
        (false, _) => t!("face-which", count = count, name = question.name.as_str()),
        (true, 0) => t!("face-none", name = question.name.as_str()),
        (true, _) => t!("face-draw"),
    };
    let mut actions = Vec::new();
    let inner = Rect::from_center_size(bar.center(), vec2((bar.width() - 40.0).min(560.0), bar.height() - 12.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(Layout::top_down(Align::Center)), |ui| {
        ui.label(egui::RichText::new(text).color(theme::TEXT));
        actions.extend(
            ui.allocate_ui_with_layout(vec2(ui.available_width(), theme::BUTTON_HEIGHT), Layout::left_to_right(Align::Center), |ui| {
                buttons(ui, question)
            })
            .inner,
        );
    });
    actions
}

/// The answers, in the middle of the line.
fn buttons(ui: &mut Ui, question: &QuestionView) -> Vec<Action> {
    let (by_hand, count) = (question.drawn.is_some(), question.faces.len());
    let (text, action) = if by_hand { (t!("face-use-box"), Action::PlaceFace) } else { (t!("face-use"), Action::UseFace) };
    let mut answers = vec![(Icon::Check, text, t!("key-enter"), Weight::Primary, action)];
    if !by_hand && count > 0 {
        answers.push((
            Icon::Add,
            t!("face-draw-instead"),
            t!("face-draw-instead-tip"),
            Weight::Normal,
            Action::View(ViewAction::DrawFaceInstead),
        ));
    }
    let tip = if count > 0 { t!("face-keep-largest") } else { t!("face-do-not-open") };
    answers.push((Icon::Close, t!("cancel"), tip, Weight::Quiet, Action::DropQuestion));
    let room = ui.available_width();
    let gaps = theme::GAP * (answers.len() - 1) as f32;
    let widths: Vec<f32> = answers.iter().map(|(_, text, ..)| widgets::wide_enough(ui, &[text], BUTTON_WIDTH)).collect();
    // In a narrow window each is only as wide as it has to be.
    let is_tight = widths.iter().sum::<f32>() + gaps > room;
    let widths: Vec<f32> =
        if is_tight { answers.iter().map(|(_, text, ..)| widgets::wide_enough(ui, &[text], 0.0)).collect() } else { widths };
    ui.add_space(((room - widths.iter().sum::<f32>() - gaps) / 2.0).max(0.0));
    let mut wanted = Vec::new();
    for ((icon, text, tip, weight, action), width) in answers.into_iter().zip(widths) {
        if widgets::button(ui, icon, &text, width, weight).on_hover_text(tip).clicked() {
            wanted.push(action);
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_never_leaves_the_picture() {
        for b in [
            PixelBox { left: -50.0, top: 10.0, right: 20.0, bottom: 900.0 },
            PixelBox { left: 5000.0, top: -9.0, right: 5001.0, bottom: -8.0 },
            PixelBox { left: 40.0, top: 40.0, right: 30.0, bottom: 30.0 },
        ] {
            let kept = kept_inside(b, [300, 200]);
            assert!(kept.left >= 0.0 && kept.top >= 0.0 && kept.right <= 300.0 && kept.bottom <= 200.0, "inside: {kept:?}");
            assert!(kept.width() >= SMALLEST_PX - 1e-3 && kept.height() >= SMALLEST_PX - 1e-3, "not too small: {kept:?}");
        }
        let tiny = kept_inside(first_guess([4, 4]), [4, 4]);
        assert!(tiny.right <= 4.0 && tiny.width() > 0.0, "even in a picture of 4 pixels: {tiny:?}");
    }

    #[test]
    fn the_first_guess_lies_in_the_upper_middle() {
        let guess = first_guess([600, 900]);
        assert!((guess.centre().x - 300.0).abs() < 1e-3 && guess.centre().y < 450.0, "{guess:?}");
        assert!((guess.width() - guess.height()).abs() < 1e-3, "a square: {guess:?}");
    }
}
