//! Where the keyboard is while a recording's card is open: it comes to the card's main button, and goes back to where it was.

use std::path::PathBuf;

use egui::{Context, Event, Id};

use super::{Doing, FilmsView};

/// How many frames it takes until it shows that the control that had the keyboard is gone.
const FRAMES_TO_BE_GONE: u8 = 3;

/// What of the card is on show. With another part of it, the control that had the keyboard may be gone.
#[derive(Clone, PartialEq)]
enum Part {
    Replay,
    Buttons,
    Trimming,
    Renaming,
    Making,
}

/// What is remembered from frame to frame while a card is open.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    part: Part,
    /// What had the keyboard before the card came.
    before: Option<Id>,
    /// What has it on the card.
    inside: Option<Id>,
    /// Whether the user last used keys, and not the pointer.
    by_keys: bool,
    /// For how many frames it is looked whether the keyboard is nowhere.
    looks: u8,
}

/// Whether the card's main control takes the keyboard in this frame. Nothing is taken from somebody who types, or from what lies above the card.
pub(super) fn comes(ctx: &Context, card: Id, films: &FilmsView, is_covered: bool) -> bool {
    let Some((path, part)) = on_show(films) else { return false };
    let focused = ctx.memory(egui::Memory::focused);
    let Some(mut place) = load(ctx) else {
        let takes = !is_covered && !ctx.text_edit_focused() && !egui::Popup::is_any_open(ctx);
        let looks = if takes { 0 } else { FRAMES_TO_BE_GONE };
        store(ctx, Place { path, part, before: focused, inside: None, by_keys: takes, looks });
        return takes;
    };
    if let Some(by_keys) = last_used_keys(ctx) {
        place.by_keys = by_keys;
    }
    if place.path != path || place.part != part {
        // Another card takes the keyboard as the first one did; another part of it only from the one who used it.
        let is_other_card = place.path != path && part != Part::Renaming;
        place.looks = if is_other_card || place.by_keys { FRAMES_TO_BE_GONE } else { 0 };
        (place.path, place.part) = (path, part);
    }
    place.inside = focused.filter(|id| ctx.read_response(*id).is_some_and(|response| response.layer_id.id == card)).or(place.inside);
    // What is being typed or made has no main control: a key that is still held must not end it.
    let has_main = matches!(place.part, Part::Replay | Part::Buttons | Part::Trimming);
    let takes = place.looks > 0 && focused.is_none() && has_main && !is_covered;
    place.looks = if takes { 0 } else { place.looks.saturating_sub(1) };
    if place.looks > 0 {
        ctx.request_repaint();
    }
    store(ctx, place);
    takes
}

/// No card is open: the keyboard goes back to where it was before, unless it is elsewhere already.
pub(super) fn goes_back(ctx: &Context) {
    let Some(place) = load(ctx) else { return };
    ctx.data_mut(|data| data.remove::<Place>(key()));
    ctx.memory_mut(|memory| {
        let focused = memory.focused();
        if focused.is_some() && focused != place.inside {
            return;
        }
        match (place.before, focused) {
            (Some(before), _) => memory.request_focus(before),
            (None, Some(focused)) => memory.surrender_focus(focused),
            (None, None) => {}
        }
    });
}

fn on_show(films: &FilmsView) -> Option<(PathBuf, Part)> {
    let card = films.card.as_ref()?;
    let part = match card.doing {
        _ if films.replay.is_some() => Part::Replay,
        Doing::Nothing => Part::Buttons,
        Doing::Trimming => Part::Trimming,
        Doing::Renaming(_) => Part::Renaming,
        Doing::Making { .. } => Part::Making,
    };
    Some((card.path.clone(), part))
}

/// Whether keys or the pointer were used last in this frame; `None` for neither.
fn last_used_keys(ctx: &Context) -> Option<bool> {
    ctx.input(|input| {
        input.events.iter().rev().find_map(|event| match event {
            Event::Key { pressed: true, .. } => Some(true),
            Event::PointerButton { pressed: true, .. } => Some(false),
            _ => None,
        })
    })
}

fn key() -> Id {
    Id::unique("keyboard on the card")
}

fn load(ctx: &Context) -> Option<Place> {
    ctx.data(|data| data.get_temp(key()))
}

fn store(ctx: &Context, place: Place) {
    ctx.data_mut(|data| data.insert_temp(key(), place));
}
