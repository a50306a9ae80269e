//! The keyboard shortcuts: one table, read by the keyboard handling and by the help.

use egui::{Key, Modifiers};

use super::action::{Action, Purpose, RecordAction, ViewAction};
use super::films::FilmAction;
use super::state::ViewState;
use super::words::t;

/// A line of the help.
pub(super) struct Shortcut {
    /// The key as printed on a keyboard.
    pub(super) key: String,
    /// What it does.
    pub(super) does: String,
}

/// Every shortcut, in the order of the help.
pub(super) fn shortcuts() -> [Shortcut; 21] {
    let plain = |key: &str, does| Shortcut { key: key.to_owned(), does };
    let with_ctrl = |key: &str, does| Shortcut { key: t!("key-ctrl", key = key), does };
    [
        plain("O", t!("help-open")),
        plain("G", t!("help-gallery")),
        plain("A", t!("help-further")),
        with_ctrl("V", t!("help-paste")),
        plain("1 – 9", t!("help-digits")),
        plain(&t!("key-enter"), t!("help-enter")),
        plain(&t!("key-space"), t!("help-space")),
        plain("M", t!("help-mirror")),
        with_ctrl("Z", t!("help-undo")),
        with_ctrl("Y", t!("help-redo")),
        plain("C", t!("help-inset")),
        plain("R", t!("help-record")),
        plain("B", t!("help-boomerang")),
        plain("S", t!("help-snapshot")),
        plain("P", t!("help-panel")),
        plain("L", t!("help-list")),
        plain("W", t!("help-output")),
        plain("F11", t!("help-alone")),
        plain("Tab", t!("help-tab")),
        plain("F1  ?", t!("help-help")),
        plain("Esc", t!("help-escape")),
    ]
}

/// What the keys pressed in this frame ask for. Nothing while text is being typed, but Escape always closes and pasting always pastes.
pub(super) fn actions(ctx: &egui::Context, view: &ViewState) -> Vec<Action> {
    let typing = ctx.text_edit_focused();
    let focused = ctx.memory(|memory| memory.focused().is_some());
    let presses: Vec<(Key, Modifiers)> = ctx.input(|input| input.events.iter().filter_map(press).collect());
    let mut wanted: Vec<Action> = presses
        .iter()
        .filter_map(|&(key, modifiers)| with_command(key, modifiers))
        .filter(|action| !typing || *action == Action::Paste)
        .collect();
    if egui::Popup::is_any_open(ctx) {
        // A list that is open has the other keys.
        wanted.retain(|action| *action == Action::Paste);
        return wanted;
    }
    let allowed = |key: Key| match key {
        Key::Escape | Key::F1 | Key::F11 => true,
        // They press the control that has the focus.
        Key::Space | Key::Enter => !typing && !focused,
        _ => !typing,
    };
    let plain = presses.into_iter().filter(|(_, modifiers)| !modifiers.ctrl && !modifiers.alt && !modifiers.command);
    wanted.extend(plain.map(|(key, _)| key).filter(|&key| allowed(key)).filter_map(|key| action_for(key, view)));
    if ctx.input(|input| input.key_released(Key::O)) {
        wanted.push(Action::HoldOriginal(false));
    }
    wanted
}

/// The first press of a key.
fn press(event: &egui::Event) -> Option<(Key, Modifiers)> {
    match event {
        egui::Event::Key { key, pressed: true, repeat: false, modifiers, .. } => Some((*key, *modifiers)),
        _ => None,
    }
}

/// What a key asks for together with Ctrl, or Command on a Mac.
fn with_command(key: Key, modifiers: Modifiers) -> Option<Action> {
    match key {
        Key::Paste => Some(Action::Paste),
        _ if !modifiers.command || modifiers.alt => None,
        Key::V => Some(Action::Paste),
        Key::Z if modifiers.shift => Some(Action::RedoMotion),
        Key::Z => Some(Action::UndoMotion),
        Key::Y => Some(Action::RedoMotion),
        _ => None,
    }
}

fn action_for(key: Key, view: &ViewState) -> Option<Action> {
    match key {
        Key::Escape => return Some(Action::CloseOverlay),
        Key::F1 | Key::Questionmark => return Some(Action::View(ViewAction::ToggleHelp)),
        Key::F11 => return Some(Action::ToggleFullScreen),
        _ if view.dialog_is_open() => return None,
        _ => {}
    }
    if let Some(digit) = digit(key) {
        return digit_action(digit, view);
    }
    match key {
        Key::O => Some(Action::HoldOriginal(true)),
        Key::G => Some(Action::View(ViewAction::ToggleGallery)),
        Key::Enter => view.question.as_ref().map(|question| if question.drawn.is_some() { Action::PlaceFace } else { Action::UseFace }),
        Key::A => view.takes_pictures.then_some(Action::Browse(Purpose::FurtherPicture)),
        Key::Space => view.has_portrait().then_some(Action::Calibrate),
        Key::M => Some(Action::SetControls(crate::settings::Controls { mirror: !view.controls.mirror, ..view.controls.clone() })),
        Key::C => Some(Action::View(ViewAction::ToggleInset)),
        Key::R => view.can_record().then_some(Action::Record(RecordAction::ToggleRecording)),
        Key::B => view.can_record().then_some(Action::Record(RecordAction::Boomerang)),
        Key::L => Some(Action::Film(FilmAction::List(view.films.list.is_none()))),
        Key::S => view.has_portrait().then_some(Action::Record(RecordAction::Snapshot)),
        Key::P => Some(Action::View(ViewAction::TogglePanel)),
        Key::W => (view.has_portrait() || view.shown.output).then_some(Action::View(ViewAction::ToggleOutput)),
        _ => None,
    }
}

fn digit_action(digit: usize, view: &ViewState) -> Option<Action> {
    match &view.question {
        Some(question) => (digit <= question.faces.len()).then_some(Action::View(ViewAction::SelectFace(digit - 1))),
        None => (digit <= view.gallery.len()).then_some(Action::OpenFromGallery(digit - 1)),
    }
}

/// 1 to 9 for the keys of the number row.
fn digit(key: Key) -> Option<usize> {
    const ROW: [Key; 9] = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];
    ROW.iter().position(|&k| k == key).map(|index| index + 1)
}
