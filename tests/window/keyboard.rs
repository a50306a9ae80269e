//! The window without a mouse: menus by arrow keys, and where the keyboard is before, while and after a recording's card is open.

use egui::Key;
use egui_kittest::kittest::Queryable as _;
use retrato::session::RecordStatus;

use super::Window;
use super::films::{film, finished};

const FRAMING: &str = "What of the picture is shown and recorded";

impl Window {
    pub(super) fn is_focused(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).any(|node| node.is_focused())
    }

    fn focus(&mut self, label: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.run_steps(2);
        assert!(self.is_focused(label), "{label} takes the keyboard");
    }

    /// A recording ends while a control has the keyboard.
    fn finish_recording(&mut self, focused: Option<&str>) {
        let path = film(self.folder.path(), "Mona Lisa 1.mp4");
        self.double.0.borrow_mut().recording = Some(RecordStatus::default());
        self.harness.run_steps(2);
        if let Some(label) = focused {
            self.focus(label);
        }
        self.double.0.borrow_mut().recording = None;
        self.double.report(finished(&path));
        self.until("the card is complete", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
        self.harness.run_steps(2);
    }
}

#[test]
fn a_menu_is_opened_walked_through_and_closed_by_keys() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.focus(FRAMING);
    window.press(Key::Enter);
    assert!(window.is_focused("Head"), "the first entry has the keyboard");
    window.look("menu_by_keys");
    window.press(Key::ArrowDown);
    assert!(window.is_focused("Head and shoulders"), "down to the next");
    window.press(Key::End);
    assert!(window.is_focused("Output window"), "to the last");
    window.press(Key::ArrowDown);
    assert!(window.is_focused("Head"), "and round");
    window.press(Key::ArrowUp);
    window.press(Key::ArrowUp);
    assert!(window.is_focused("Mark recordings and snapshots"), "up to the one before");
    window.press(Key::Home);
    assert!(window.is_focused("Head"), "to the first");
    window.press(Key::Escape);
    assert!(!window.has("Head and shoulders") && window.is_focused(FRAMING), "closed, and the button has the keyboard again");
    assert!(window.double.calls().is_empty(), "nothing was chosen");
    window.press(Key::Space);
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    assert_eq!(window.double.calls(), ["frame Bust"], "chosen");
    assert!(!window.has("Head and shoulders") && window.is_focused(FRAMING), "closed, and the button has the keyboard again");
}

#[test]
fn arrow_keys_begin_at_the_first_entry_of_a_menu_that_was_clicked() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("Language");
    assert!(!window.is_focused("As the system: English"), "the pointer is at it, not the keyboard");
    window.press(Key::ArrowDown);
    assert!(window.is_focused("As the system: English"), "now it is");
    window.press(Key::End);
    window.press(Key::Home);
    window.press(Key::ArrowDown);
    assert!(window.is_focused("English"), "and goes on");
    window.press(Key::Escape);
    assert!(window.is_focused("Language"), "the button has the keyboard");
}

#[test]
fn the_cameras_are_walked_through_by_keys_too() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.focus("Camera");
    window.press(Key::Enter);
    assert!(window.is_focused("FaceCam"), "the first one");
    window.press(Key::End);
    assert!(window.is_focused("Document camera"), "the last one");
    window.press(Key::Escape);
    assert!(!window.has("Document camera") && window.is_focused("Camera"), "and back");
}

#[test]
fn the_keyboard_comes_to_a_finished_recording_and_goes_back() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.finish_recording(Some("Snapshot"));
    assert!(window.is_focused("Replay"), "the card's main button has the keyboard");
    let picture = window.look("film_card_by_keys");
    let rect = window.harness.get_by_label("Replay").rect();
    let at = |x: f32| picture.get_pixel(x as u32, rect.center().y as u32).0;
    let bright = |pixel: [u8; 4]| pixel[0] > 150;
    assert!(
        bright(at(rect.left() + 6.0)) && !bright(at(rect.left() + 0.5)) && bright(at(rect.left() - 1.5)),
        "which is seen on the accent, too"
    );
    window.press(Key::Enter);
    window.until("it plays", |view| view.films.replay.is_some());
    window.harness.run_steps(3);
    assert!(window.is_focused("Pause") || window.is_focused("Play"), "its line has the keyboard");
    window.press(Key::Escape);
    window.harness.run_steps(3);
    assert!(window.is_focused("Replay"), "back on the card");
    window.press(Key::Tab);
    assert!(window.is_focused("Trim"), "from where Tab goes on");
    window.press(Key::Escape);
    window.harness.run_steps(3);
    assert!(!window.has("Replay") && window.is_focused("Snapshot"), "closed: the keyboard is where it was");
}

#[test]
fn a_card_takes_no_keys_from_somebody_who_types() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.click("Save…");
    window.harness.run_steps(2);
    window.finish_recording(None);
    assert!(window.is_focused("Name of this motion"), "the field keeps the keyboard");
}

#[test]
fn without_the_keyboard_anywhere_it_is_nowhere_afterwards() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.finish_recording(None);
    assert!(window.is_focused("Replay"), "the card has it");
    window.click("Close (Esc)");
    window.harness.run_steps(3);
    window.press(Key::Space);
    assert_eq!(window.double.calls(), ["calibrate"], "Space sets the neutral face, as before");
}
