//! Fine-tuning in the window: button, progress, the way back, and what is told.

use egui_kittest::kittest::Queryable as _;
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
    window.click("More");
    window.look("fine_tune");
    window.click("Improve likeness");
    assert_eq!(window.double.calls(), ["fine-tune"], "the button begins");
    window.take(Event::FineTuning(Tuning::Running { step: 0, steps: 40 }));
    let row = window.harness.get_by_label("Learning 0 %").rect();
    window.take(Event::FineTuning(Tuning::Running { step: 14, steps: 40 }));
    assert!(window.has("Learning 35 %") && !window.has("Improve likeness"), "the progress");
    assert_eq!(window.harness.get_by_label("Learning 35 %").rect(), row, "and nothing jumps");
    window.look("fine_tuning");
    window.click("Cancel");
    assert_eq!(window.double.calls(), ["stop fine-tuning"], "cancelled");
    window.take(Event::FineTuning(Tuning::Possible));
    assert!(window.has("Improve likeness") && !window.has("Cancel"), "as before");
    window.take(Event::FineTuning(Tuning::Done));
    window.take(Event::FineTuned { before: 0.04, after: 0.03, kept: true });
    assert!(
        window.has("Likeness improved") && window.has_text("The likeness is better: 25 % closer to the picture"),
        "the note and the toast"
    );
    window.look("fine_tuned");
    window.click("Undo");
    assert_eq!(window.double.calls(), ["undo fine-tuning"], "the way back");
    window.take(Event::FineTuning(Tuning::Possible));
    assert!(window.has("Improve likeness"), "and forward again");
}

#[test]
fn only_a_portrait_that_can_be_learnt_has_the_button() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.click("More");
    assert!(!window.has("Improve likeness"), "without a portrait there is none");
    let ready = |tuning| ready(&portrait("Mona Lisa", portrait_picture()), tuning);
    window.take(ready(Tuning::Impossible));
    assert!(!window.has("Improve likeness"), "nor with a generator that learns nothing");
    window.take(ready(Tuning::Possible));
    assert!(window.has("Improve likeness"), "but then");
    window.take(ready(Tuning::Done));
    assert!(window.has("Likeness improved") && window.has("Undo"), "a portrait that was learnt before says so at once");
    window.take(Event::FineTuned { before: 0.03, after: 0.04, kept: false });
    assert!(window.has_text("The likeness could not be made better; nothing was changed"), "no gain is told");
}
