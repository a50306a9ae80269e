//! Small windows: messages and cards lie beside what is read and clicked.

use egui::{Key, Rect};
use egui_kittest::kittest::Queryable as _;
use retrato::session::{Event, RequestId};

use super::films::{film, finished};
use super::{Window, group_question};

const SIZES: [[f32; 2]; 3] = [[640.0, 480.0], [800.0, 600.0], [900.0, 600.0]];
const WHY: &str = "holiday.jpg is a directory: give one picture in it";

impl Window {
    fn say(&mut self, why: &str) {
        self.double.report(Event::PortraitFailed { id: RequestId::default(), why: why.to_owned() });
        self.harness.run_steps(4);
    }

    /// Where messages lie.
    fn messages(&self) -> Vec<Rect> {
        let closing = self.harness.query_all_by_label("Dismiss message").map(|node| node.rect());
        closing.map(|close| close.with_min_x(close.left() - 200.0).expand2(egui::vec2(4.0, 6.0))).collect()
    }

    /// Messages hide none of these, which are all in the window.
    fn assert_free(&self, labels: &[&str], name: &str) {
        let messages = self.messages();
        assert!(!messages.is_empty(), "{name}: there is a message");
        for label in labels {
            let all: Vec<Rect> = self.harness.query_all_by_label(label).map(|node| node.rect()).collect();
            assert!(!all.is_empty(), "{name}: {label} is there");
            for (rect, message) in all.iter().flat_map(|rect| messages.iter().map(move |message| (rect, message))) {
                assert!(!rect.shrink(1.0).intersects(*message), "{name}: {label} at {rect:?} is not below the message at {message:?}");
            }
        }
    }
}

#[test]
fn messages_hide_nothing_that_is_read_or_clicked() {
    for [width, height] in SIZES {
        let name = |what: &str| format!("small_{what}_{width}x{height}");
        let mut window = Window::new(width, height, 1.0);
        window.say(WHY);
        window.look(&name("empty"));
        window.assert_free(&["Drop a portrait here", "Open…", "Paste"], &name("empty"));
        window.come_alive();
        window.say(WHY);
        window.look(&name("portrait"));
        window.assert_free(&["What of the picture is shown and recorded", "Hide side panel (P)"], &name("portrait"));
        window.press(Key::G);
        window.look(&name("sheet"));
        window.assert_free(&["Portraits", "Close the portraits (Esc)"], &name("sheet"));
        window.press(Key::Escape);
        window.press(Key::L);
        window.until("the list is read", |view| view.films.list.as_ref().is_some_and(|list| !list.reading));
        window.say(WHY);
        window.look(&name("list"));
        window.assert_free(&["Recordings", "Close (Esc)"], &name("list"));
        window.press(Key::Escape);
        window.press(Key::F1);
        window.say(WHY);
        window.look(&name("help"));
        window.assert_free(&["Shortcuts"], &name("help"));
        window.press(Key::Escape);
        window.double.report(Event::FaceAsked(group_question()));
        window.harness.run_steps(3);
        window.say(WHY);
        window.look(&name("question"));
        window.assert_free(&["Face 1", "Face 2", "Face 3", "Use this face"], &name("question"));
        window.press(Key::Escape);
        window.press(Key::P);
        window.say(WHY);
        window.look(&name("without_panel"));
        window.assert_free(&["What of the picture is shown and recorded", "Show side panel (P)"], &name("without_panel"));
    }
}

#[test]
fn a_card_lies_beside_messages_and_gives_way_to_questions_and_lists() {
    for [width, height] in SIZES {
        let name = |what: &str| format!("small_{what}_{width}x{height}");
        let mut window = Window::live(width, height, 1.0);
        let path = film(window.folder.path(), "Mona Lisa 1.mp4");
        window.double.report(finished(&path));
        window.until("the card is complete", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
        window.click("Trim");
        for number in 0..4 {
            window.say(&format!("picture{number}.jpg is a directory: give one picture in it"));
        }
        window.look(&name("card"));
        window.assert_free(&["Replay", "Trim", "Save as", "Mona Lisa 1", "What of the picture is shown and recorded"], &name("card"));
        window.double.report(Event::FaceAsked(group_question()));
        window.harness.run_steps(3);
        assert!(window.has("Use this face") && !window.has("Replay"), "the question has its place");
        window.press(Key::Escape);
        window.press(Key::L);
        assert!(!window.has("Replay"), "and so has the list");
        window.press(Key::Escape);
        assert!(window.has("Replay"), "then it is there again");
    }
}
