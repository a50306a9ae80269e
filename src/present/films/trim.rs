//! The strip on which the ends of a recording are chosen.

use std::time::Duration;

use egui::{Color32, CornerRadius, CursorIcon, EventFilter, Key, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::studio::STRIP_PICTURES;
use super::{CardAction, CardView, FilmAction, Part, clock};
use crate::present::theme;
use crate::present::words::t;

/// Height of the strip and width of a handle, in points.
const HEIGHT: f32 = 48.0;
const HANDLE: f32 = 12.0;
/// Least length of a part.
const LEAST: Duration = Duration::from_millis(200);
/// How far a key moves an end.
const STEP: Duration = Duration::from_millis(100);

/// One of both ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    From,
    To,
}

/// Draws it over the whole width.
pub(super) fn strip(ui: &mut Ui, card: &CardView, whole: Duration) -> Option<FilmAction> {
    let part = card.part.unwrap_or(Part { from: Duration::ZERO, to: whole });
    let (outer, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let rect = outer.shrink2(vec2(HANDLE, 0.0));
    pictures(ui, card, rect);
    let at_x = |x: f32| whole.mul_f32(((x - rect.left()) / rect.width()).clamp(0.0, 1.0));
    let sought = place_sought(ui, rect, card.shown_at, at_x);
    let x_of = |at: Duration| rect.left() + rect.width() * (at.as_secs_f32() / whole.as_secs_f32().max(1e-3)).min(1.0);
    let (left, right) = (x_of(part.from), x_of(part.to));
    let shade = Color32::from_black_alpha(170);
    ui.painter().rect_filled(Rect::from_x_y_ranges(rect.left()..=left, rect.y_range()), 0, shade);
    ui.painter().rect_filled(Rect::from_x_y_ranges(right..=rect.right(), rect.y_range()), 0, shade);
    let frame = Rect::from_x_y_ranges(left..=right, rect.y_range());
    ui.painter().rect_stroke(frame, 0, Stroke::new(2.0, theme::ACCENT), StrokeKind::Inside);
    if let Some(at) = card.shown_at {
        ui.painter().vline(x_of(at), rect.y_range(), Stroke::new(2.0, theme::TEXT));
    }
    let mut action = sought.map(|at| FilmAction::Card(CardAction::ShowAt(at)));
    for (end, x) in [(End::From, left - HANDLE), (End::To, right)] {
        let handle = Rect::from_min_size(pos2(x, rect.top()), vec2(HANDLE, HEIGHT));
        if let Some(to) = handle_moved(ui, handle, end, part, at_x) {
            action = Some(moved(part, end, to, whole));
        }
    }
    action
}

/// The place on the strip that the pointer asks for, where that is another one than `now`. Not a stop on the keyboard's way: the ends show their pictures, too.
fn place_sought(ui: &Ui, rect: Rect, now: Option<Duration>, at: impl Fn(f32) -> Duration) -> Option<Duration> {
    let response = ui.interact(rect, ui.scope_id().with("place"), Sense::CLICK | Sense::DRAG);
    let pointer = response.interact_pointer_pos()?;
    let is_asked = response.is_pointer_button_down_on() || response.clicked();
    Some(at(pointer.x)).filter(|to| is_asked && now != Some(*to))
}

fn pictures(ui: &Ui, card: &CardView, rect: Rect) {
    ui.painter().rect_filled(rect, 0, theme::STAGE);
    let each = rect.width() / STRIP_PICTURES as f32;
    for (index, picture) in card.strip.iter().enumerate() {
        let slot = Rect::from_min_size(pos2(rect.left() + each * index as f32, rect.top()), vec2(each, HEIGHT));
        egui::Image::from_texture(*picture).uv(middle_part(picture.size, slot.size())).paint_at(ui, slot);
    }
}

/// The middle of a picture of this size that has the shape of `slot`.
fn middle_part(size: egui::Vec2, slot: egui::Vec2) -> Rect {
    let scale = (slot.x / size.x.max(1.0)).max(slot.y / size.y.max(1.0)).max(1e-6);
    let part = vec2((slot.x / (size.x * scale)).min(1.0), (slot.y / (size.y * scale)).min(1.0));
    Rect::from_center_size(pos2(0.5, 0.5), part)
}

/// Where an end is moved to, by the pointer or by keys.
fn handle_moved(ui: &Ui, rect: Rect, end: End, part: Part, at: impl Fn(f32) -> Duration) -> Option<Duration> {
    let (name, id, now) = match end {
        End::From => (t!("film-part-begin"), "from", part.from),
        End::To => (t!("film-part-end"), "to", part.to),
    };
    let id = ui.scope_id().with(id);
    let response = ui.interact(rect, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::ResizeHorizontal);
    response.widget_info(|| WidgetInfo::slider(true, now.as_secs_f64(), t!("film-part-at", end = name.as_str(), time = clock(now))));
    let lit = response.hovered() || response.dragged() || response.has_focus();
    let rounding = if end == End::From { CornerRadius { nw: 5, sw: 5, ne: 0, se: 0 } } else { CornerRadius { nw: 0, sw: 0, ne: 5, se: 5 } };
    ui.painter().rect_filled(rect, rounding, if lit { theme::TEXT } else { theme::ACCENT });
    let grip = Rect::from_center_size(rect.center(), vec2(2.0, 16.0));
    ui.painter().rect_filled(grip, 1, theme::STAGE);
    if response.has_focus() {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        let (less, more) = ui.input(|input| (input.num_presses(Key::ArrowLeft) as u32, input.num_presses(Key::ArrowRight) as u32));
        if less + more > 0 {
            return Some((now + STEP * more).saturating_sub(STEP * less));
        }
    }
    // The edge that lies at the film, not the handle's middle, follows the pointer.
    let edge = if end == End::From { 0.5 } else { -0.5 } * HANDLE;
    response.interact_pointer_pos().filter(|_| response.dragged()).map(|pointer| at(pointer.x + edge))
}

/// The part after an end went to a place; both ends keep their distance.
fn moved(part: Part, end: End, to: Duration, whole: Duration) -> FilmAction {
    let least = LEAST.min(whole);
    let part = match end {
        End::From => Part { from: to.min(part.to.saturating_sub(least)), ..part },
        End::To => Part { to: to.max(part.from + least).min(whole), ..part },
    };
    FilmAction::Card(CardAction::SetPart(part, if end == End::From { part.from } else { part.to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn the_ends_never_meet_and_stay_in_the_film() {
        let part = Part { from: ms(1000), to: ms(2000) };
        let after = |end, to| match moved(part, end, ms(to), ms(3000)) {
            FilmAction::Card(CardAction::SetPart(part, shown)) => (part.from.as_millis(), part.to.as_millis(), shown.as_millis()),
            other => panic!("{other:?}"),
        };
        assert_eq!(after(End::From, 500), (500, 2000, 500), "the beginning, with its picture");
        assert_eq!(after(End::From, 2500), (1800, 2000, 1800), "not behind the end");
        assert_eq!(after(End::To, 9000), (1000, 3000, 3000), "not behind the film's end");
        assert_eq!(after(End::To, 0), (1000, 1200, 1200), "not before the beginning");
    }

    #[test]
    fn pictures_of_the_strip_are_cut_to_their_slots() {
        let wide = middle_part(vec2(400.0, 100.0), vec2(50.0, 50.0));
        assert!((wide.width() - 0.25).abs() < 1e-6 && (wide.height() - 1.0).abs() < 1e-6, "the middle of a wide one: {wide:?}");
        let tall = middle_part(vec2(100.0, 400.0), vec2(100.0, 50.0));
        assert!((tall.width() - 1.0).abs() < 1e-6 && (tall.height() - 0.125).abs() < 1e-6, "and of a tall one: {tall:?}");
    }
}
