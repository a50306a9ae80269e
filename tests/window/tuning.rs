//! Fine-tuning in the window: button, progress, the way back, and what is told.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use retrato::data::Tuning;
use retrato::session::Event;

use super::{Window, portrait, portrait_picture, ready};

impl Window {
    fn take(&mut self, event: Event) {
        self.double.report(event);
        self.harness.run_steps(3);
    }
}

#[test]
fn the_portrait_is_fine_tuned_cancelled_and_undone() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.look("fine_tune");
    window.click("Fine-tune");
    assert_eq!(window.double.calls(), ["fine-tune"], "the button begins");
    window.take(Event::FineTuning(Tuning::Running { step: 0, steps: 40 }));
    let row = window.harness.get_by_label("Fine-tuning 0 %").rect();
    window.take(Event::FineTuning(Tuning::Running { step: 14, steps: 40 }));
    assert!(window.has("Fine-tuning 35 %") && !window.has("Fine-tune"), "the progress is in the button's place");
    assert_eq!(window.harness.get_by_label("Fine-tuning 35 %").rect(), row, "and nothing jumps");
    window.look("fine_tuning");
    window.click("Cancel");
    assert_eq!(window.double.calls(), ["stop fine-tuning"], "cancelled");
    window.take(Event::FineTuning(Tuning::Possible));
    assert!(window.has("Fine-tune") && !window.has("Cancel"), "as before");
    window.take(Event::FineTuning(Tuning::Done));
    window.take(Event::FineTuned { before: 0.04, after: 0.03, kept: true });
    assert!(window.has("Fine-tuned") && window.has_text("Fine-tuned: 25 % closer to the picture"), "the note and the toast");
    window.look("fine_tuned");
    window.click("Undo");
    assert_eq!(window.double.calls(), ["undo fine-tuning"], "the way back");
    window.take(Event::FineTuning(Tuning::Possible));
    assert!(window.has("Fine-tune") && !window.has("Undo"), "and forward again");
}

#[test]
fn the_button_waits_for_a_portrait_that_can_be_learnt() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    let is_enabled = |window: &Window| !window.harness.get_by_label("Fine-tune").accesskit_node().is_disabled();
    assert!(!is_enabled(&window), "without a portrait");
    let ready = |tuning| ready(&portrait("Mona Lisa", portrait_picture()), tuning);
    window.take(ready(Tuning::Impossible));
    assert!(!is_enabled(&window), "nor with a generator that learns nothing");
    window.take(ready(Tuning::Possible));
    assert!(is_enabled(&window), "but then");
    window.take(ready(Tuning::Done));
    assert!(window.has("Fine-tuned") && window.has("Undo"), "a portrait that was learnt before says so at once");
    window.take(Event::FineTuned { before: 0.03, after: 0.04, kept: false });
    assert!(window.has_text("Fine-tuning made nothing better; nothing was changed"), "no gain is told");
}
