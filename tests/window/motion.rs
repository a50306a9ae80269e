//! The motion section: presets, numbers, the way back.

use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use retrato::present::AppConfig;
use retrato::settings::{Motion, PRESETS, SettingsFile};

use super::Window;

impl Window {
    fn now(&self) -> Motion {
        self.harness.state().view().controls.motion()
    }

    fn undo_key(&mut self, modifiers: egui::Modifiers) {
        self.harness.key_press_modifiers(modifiers, egui::Key::Z);
        self.harness.run_steps(2);
    }

    fn slide(&mut self, label: &str, percent: f64) {
        self.harness.get_by_label(label).set_value_accesskit(percent);
        // Long enough for the next one to be a step of its own.
        self.harness.run_steps(8);
    }

    fn save_as(&mut self, name: &str) {
        self.click("Save…");
        self.harness.get_by_label("Name of this motion").set_text_value_accesskit(name);
        self.harness.run_steps(2);
        self.harness.get_by_label("Save").click();
        self.harness.run_steps(3);
    }

    fn preset_names(&self) -> Vec<String> {
        self.harness.state().view().motion.presets.iter().map(|preset| preset.name.clone()).collect()
    }
}

#[test]
fn a_preset_is_one_click_and_shows_which_it_is() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let is_chosen = |window: &Window, name: &str| window.harness.get_by_label(name).accesskit_node().toggled() == Some(Toggled::True);
    assert!(is_chosen(&window, "Natural"), "at first");
    for preset in PRESETS.iter().rev() {
        window.click(preset.name);
        assert_eq!(window.now(), preset.motion, "{}", preset.name);
        assert!(PRESETS.iter().all(|other| is_chosen(&window, other.name) == (other.name == preset.name)), "{} alone", preset.name);
    }
    window.slide("Mouth", 40.0);
    assert!(!PRESETS.iter().any(|preset| is_chosen(&window, preset.name)), "what was changed is none of them any more");
    window.look("motion_presets");
}

#[test]
fn own_presets_are_saved_renamed_and_removed() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    let config = AppConfig { settings_file: Some(file.clone()), ..AppConfig::default() };
    let mut window = Window::with(1200.0, 780.0, 1.0, config);
    window.come_alive();
    window.slide("Head", 70.0);
    window.save_as("Grandmother");
    assert_eq!(window.preset_names(), ["Grandmother"], "saved");
    window.look("motion_own_preset");
    window.click("Save…");
    let field = window.harness.get_by_label("Name of this motion");
    assert!(field.is_focused(), "ready to type");
    assert_eq!(field.value().as_deref(), Some("Grandmother"), "the name that it has");
    field.set_text_value_accesskit("Grandma");
    window.harness.run_steps(2);
    window.press(egui::Key::Enter);
    assert_eq!(window.preset_names(), ["Grandma"], "saved again under another name, it is renamed");
    assert!(!window.has("Name of this motion"), "and the field is gone");
    window.click("Natural");
    window.click("Grandma");
    assert!((window.now().strengths.head - 0.7).abs() < 1e-6, "one click away");
    window.click("Save…");
    window.harness.get_by_label("Name of this motion").set_text_value_accesskit("Natural");
    window.harness.run_steps(2);
    assert!(window.harness.get_by_label("Save").accesskit_node().is_disabled(), "the program's own names are taken");
    window.press(egui::Key::Escape);
    window.click("Grandma");
    window.click("Remove Grandma");
    assert!(window.preset_names().is_empty(), "removed");
    window.undo_key(egui::Modifiers::COMMAND);
    assert_eq!(window.preset_names(), ["Grandma"], "which can be undone");
    drop(window);
    let kept = file.load().0.presets;
    assert_eq!(kept.iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>(), ["Grandma"], "it is there at the next start");
}

#[test]
fn everything_in_the_section_is_undone_and_redone() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let undo = |window: &Window| !window.harness.get_by_label("Undo (Ctrl Z)").accesskit_node().is_disabled();
    assert!(!undo(&window), "nothing was changed yet");
    window.slide("Head", 150.0);
    window.slide("Mouth", 20.0);
    window.click("Mirror");
    window.click("Theatre");
    let heads = |window: &Window| (window.now(), window.harness.state().view().controls.mirror);
    let theatre = heads(&window);
    window.undo_key(egui::Modifiers::COMMAND);
    assert!((window.now().strengths.mouth - 0.2).abs() < 1e-6 && !heads(&window).1, "the preset");
    window.undo_key(egui::Modifiers::COMMAND);
    assert!(heads(&window).1, "the switch");
    window.click("Undo (Ctrl Z)");
    assert!((window.now().strengths.mouth - 1.0).abs() < 1e-6, "a slider, by the button");
    window.undo_key(egui::Modifiers::COMMAND);
    assert_eq!(window.now(), Motion::default(), "all of it");
    assert!(!undo(&window), "no further");
    window.undo_key(egui::Modifiers::COMMAND);
    for _ in 0..4 {
        window.undo_key(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT);
    }
    assert_eq!(heads(&window), theatre, "and forward again");
    assert!(window.harness.get_by_label("Redo (Ctrl Y)").accesskit_node().is_disabled(), "to the end");
}

#[test]
fn a_double_click_puts_a_slider_back() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    for (label, far, usual) in [("Head", 180.0, 1.0), ("Smoothing", 90.0, 0.5)] {
        window.slide(label, far);
        let node = window.harness.get_by_label(label);
        node.scroll_to_me();
        window.harness.run_steps(4);
        let at = window.harness.get_by_label(label).rect().center() + egui::vec2(20.0, 0.0);
        window.harness.hover_at(at);
        window.harness.run_steps(1);
        for pressed in [true, false, true, false] {
            let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
            // All in one frame: the harness's own way would take a quarter of a second for each.
            window.harness.input_mut().events.push(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
        }
        window.harness.run_steps(3);
        let value = if label == "Head" { window.now().strengths.head } else { window.now().smoothing };
        assert!((value - usual).abs() < 1e-6, "{label} is at {value}, not at {usual}");
    }
}

#[test]
fn a_number_can_be_typed() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let type_number = |window: &mut Window, text: &str| {
        window.click("Eyes in percent");
        window.harness.event(egui::Event::Text(text.to_owned()));
        window.harness.run_steps(2);
        window.press(egui::Key::Enter);
    };
    type_number(&mut window, "83");
    assert!((window.now().strengths.eyes - 0.83).abs() < 1e-6, "as typed: {:?}", window.now().strengths);
    window.press(egui::Key::Escape);
    type_number(&mut window, "900");
    assert!((window.now().strengths.eyes - 2.0).abs() < 1e-6, "no more than there is: {:?}", window.now().strengths);
    assert!(window.harness.state().view().question.is_none(), "and nothing else happened");
}
