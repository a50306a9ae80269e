//! The keyboard shortcuts: one table, read by the keyboard handling and by the help.

use egui::Key;

use super::action::{Action, Purpose};
use super::films::FilmAction;
use super::state::ViewState;

/// A line of the help.
pub(super) struct Shortcut {
    /// The key as printed on a keyboard.
    pub(super) key: &'static str,
    /// What it does.
    pub(super) does: &'static str,
}

/// Every shortcut, in the order of the help.
pub(super) const SHORTCUTS: [Shortcut; 16] = [
    Shortcut { key: "O", does: "Open a portrait; held: see the original" },
    Shortcut { key: "A", does: "Add a picture of this person" },
    Shortcut { key: "Ctrl V", does: "Paste a picture or a path" },
    Shortcut { key: "1 – 9", does: "Portraits of the gallery, or the face" },
    Shortcut { key: "Space", does: "Calibrate: this is my neutral face" },
    Shortcut { key: "M", does: "Mirror" },
    Shortcut { key: "C", does: "Camera picture" },
    Shortcut { key: "R", does: "Record, stop" },
    Shortcut { key: "B", does: "Boomerang of three seconds" },
    Shortcut { key: "S", does: "Snapshot" },
    Shortcut { key: "P", does: "Side panel" },
    Shortcut { key: "L", does: "Earlier recordings" },
    Shortcut { key: "F11", does: "The picture alone" },
    Shortcut { key: "Tab", does: "Next control" },
    Shortcut { key: "F1  ?", does: "This help" },
    Shortcut { key: "Esc", does: "Close what lies on top" },
];

/// What the keys pressed in this frame ask for. Nothing while text is being typed, but Escape always closes.
pub(super) fn actions(ctx: &egui::Context, view: &ViewState) -> Vec<Action> {
    let typing = ctx.text_edit_focused();
    let focused = ctx.memory(|memory| memory.focused().is_some());
    if egui::Popup::is_any_open(ctx) {
        return Vec::new();
    }
    let pressed: Vec<Key> = ctx.input(|input| input.events.iter().filter_map(plain_key).collect());
    let allowed = |key: Key| match key {
        Key::Escape | Key::F1 | Key::F11 => true,
        // Space presses the control that has the focus.
        Key::Space => !typing && !focused,
        _ => !typing,
    };
    let mut actions: Vec<Action> = pressed.into_iter().filter(|&key| allowed(key)).filter_map(|key| action_for(key, view)).collect();
    if ctx.input(|input| input.key_released(Key::O)) {
        actions.push(Action::HoldOriginal(false));
    }
    actions
}

/// The key of a first press without Ctrl, Alt or Command.
fn plain_key(event: &egui::Event) -> Option<Key> {
    match event {
        egui::Event::Key { key, pressed: true, repeat: false, modifiers, .. }
            if !modifiers.ctrl && !modifiers.alt && !modifiers.command =>
        {
            Some(*key)
        }
        _ => None,
    }
}

fn action_for(key: Key, view: &ViewState) -> Option<Action> {
    match key {
        Key::Escape => return Some(Action::CloseOverlay),
        Key::F1 | Key::Questionmark => return Some(Action::ToggleHelp),
        Key::F11 => return Some(Action::ToggleFullScreen),
        _ if view.dialog_is_open() => return None,
        _ => {}
    }
    if let Some(digit) = digit(key) {
        return digit_action(digit, view);
    }
    match key {
        Key::O => Some(Action::HoldOriginal(true)),
        Key::A => view.takes_pictures().then_some(Action::Browse(Purpose::FurtherPicture)),
        Key::Space => view.has_portrait().then_some(Action::Calibrate),
        Key::M => Some(Action::SetControls(crate::settings::Controls { mirror: !view.controls.mirror, ..view.controls.clone() })),
        Key::C => Some(Action::ToggleInset),
        Key::R => view.can_record().then_some(Action::ToggleRecording),
        Key::B => view.can_record().then_some(Action::Boomerang),
        Key::L => Some(Action::Film(FilmAction::List(view.films.list.is_none()))),
        Key::S => view.has_portrait().then_some(Action::Snapshot),
        Key::P => Some(Action::TogglePanel),
        _ => None,
    }
}

fn digit_action(digit: usize, view: &ViewState) -> Option<Action> {
    match &view.question {
        Some(question) => (digit <= question.faces.len()).then_some(Action::SelectFace(digit - 1)),
        None => (digit <= view.gallery.len()).then_some(Action::OpenFromGallery(digit - 1)),
    }
}

/// 1 to 9 for the keys of the number row.
fn digit(key: Key) -> Option<usize> {
    const ROW: [Key; 9] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    ROW.iter().position(|&k| k == key).map(|index| index + 1)
}
