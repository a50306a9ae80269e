//! Before and while recording: countdown, boomerang, framing, clean output, the original, and how a clip is played.

use std::time::Duration;

use egui_kittest::kittest::Queryable as _;
use retrato::data::Tuning;
use retrato::present::AppConfig;
use retrato::record::RecordStatus;
use retrato::session::{DriverChoice, Event, Framing, Playback};

use super::films::{film, finished};
use super::{Window, portrait, portrait_picture, ready, source};

/// A window as a user has it at first, with a camera that drives.
fn as_new() -> Window {
    let mut window = Window::with(1240.0, 800.0, 1.0, AppConfig::default());
    window.come_alive();
    window
}

#[test]
fn a_recording_by_camera_is_counted_down_and_can_be_called_off() {
    let mut window = as_new();
    window.press(egui::Key::R);
    assert!(window.has_text("Recording in 3") && window.double.calls().is_empty(), "3 first");
    window.look("countdown");
    window.press(egui::Key::Escape);
    window.harness.run_steps(20);
    assert!(window.double.calls().is_empty() && !window.has_text("Recording in"), "Esc calls it off");
    window.press(egui::Key::R);
    // A quarter of a second each.
    window.harness.run_steps(12);
    assert_eq!(window.double.calls(), ["record Mona Lisa sound=true"], "then it begins");
}

#[test]
fn a_recording_by_clip_begins_at_once_unless_it_is_wished_otherwise() {
    let mut window = as_new();
    window.click("Talk");
    window.double.report(Event::SourceOpened(source("Talk")));
    window.harness.run_steps(2);
    window.double.calls();
    window.press(egui::Key::R);
    assert_eq!(window.double.calls(), ["record Mona Lisa sound=true"], "at once");
    window.press(egui::Key::R);
    window.double.calls();
    window.click("Countdown");
    window.press(egui::Key::R);
    assert!(window.has_text("Recording in") && window.double.calls().is_empty(), "counted down now");
    window.click("Record");
    assert!(!window.has_text("Recording in") && window.double.calls().is_empty(), "the button calls it off, too");
}

#[test]
fn a_boomerang_is_three_seconds_forth_and_back_by_one_key() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.press(egui::Key::B);
    assert_eq!(window.double.calls(), ["record Mona Lisa sound=false"], "without sound");
    let running = |secs| Some(RecordStatus { elapsed: Duration::from_secs_f64(secs), frames: 70, ..RecordStatus::default() });
    window.double.0.borrow_mut().recording = running(2.9);
    window.harness.run_steps(2);
    assert!(window.double.calls().is_empty(), "not yet");
    window.double.0.borrow_mut().recording = running(3.0);
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["stop"], "by itself, and once");
    let raw = film(window.folder.path(), "Mona Lisa 1.mp4");
    window.double.report(finished(&raw));
    window.until("it goes back and forth", |view| {
        view.films.card.as_ref().is_some_and(|card| card.path.ends_with("Mona Lisa 1 boomerang.mp4") && card.facts.is_some())
    });
    let facts = window.harness.state().view().films.card.as_ref().and_then(|card| card.facts.clone()).expect("facts");
    assert!(
        facts.duration.abs_diff(Duration::from_millis(3920)) < Duration::from_millis(60),
        "twice two seconds less two pictures: {facts:?}"
    );
    assert!(!raw.exists(), "what it was made of is gone");
}

#[test]
fn a_computer_that_is_too_slow_is_told() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.press(egui::Key::R);
    let status = RecordStatus { elapsed: Duration::from_secs_f64(8.3), frames: 25, ..RecordStatus::default() };
    window.double.0.borrow_mut().recording = Some(status);
    window.harness.run_steps(2);
    assert!(window.has_text("Only 3 pictures a second"), "while it is recorded");
    window.double.0.borrow_mut().recording = None;
    let Event::RecordingFinished(mut slow) = finished(&film(window.folder.path(), "slow.mp4")) else { panic!("a recording") };
    (slow.frames, slow.duration) = (25, Duration::from_secs_f64(8.3));
    window.double.report(Event::RecordingFinished(slow));
    window.harness.run_steps(2);
    assert!(window.has_text("too slow for a smooth film"), "and afterwards, with what to do");
}

#[test]
fn the_picture_is_framed_by_menu_wheel_and_hand() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.click("What of the picture is shown and recorded");
    window.harness.get_by_label("Head and shoulders").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["frame Bust"], "asked for");
    window.look("framed_bust");
    let middle = window.harness.get_by_label("Portrait: Mona Lisa").rect().center();
    window.harness.hover_at(middle);
    window.harness.run_steps(1);
    window.harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 120.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    window.harness.run_steps(6);
    let nearer = window.harness.state().view().part.expect("a part");
    assert!(nearer.width < 600 && matches!(window.harness.state().view().framing, Framing::ByHand(_)), "the wheel goes nearer");
    window.harness.drag_at(middle);
    window.harness.run_steps(1);
    window.harness.hover_at(middle + egui::vec2(60.0, 0.0));
    window.harness.run_steps(1);
    window.harness.drop_at(middle + egui::vec2(60.0, 0.0));
    window.harness.run_steps(2);
    let moved = window.harness.state().view().part.expect("a part");
    assert!(moved.left < nearer.left && moved.width == nearer.width, "dragging moves: {nearer:?} {moved:?}");
    window.double.report(ready(&portrait("Sailor", portrait_picture()), Tuning::Possible));
    window.harness.run_steps(2);
    assert_eq!(window.harness.state().view().framing, Framing::Whole, "what was chosen by hand belongs to that picture");
}

#[test]
fn other_pictures_are_recorded_only_on_request() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.click("What of the picture is shown and recorded");
    window.harness.get_by_label("Record you, the painting, the living one").click();
    window.harness.run_steps(3);
    window.press(egui::Key::R);
    assert_eq!(window.double.calls(), ["record Mona Lisa sound=true Triptych"], "as it was asked for");
}

#[test]
fn f11_shows_the_picture_and_nothing_else() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.press(egui::Key::F11);
    for label in ["Record", "Hide side panel (P)", "What of the picture is shown and recorded", "Hide camera picture (C)"] {
        assert!(!window.has(label), "no {label}");
    }
    let rect = window.harness.get_by_label("Portrait: Mona Lisa").rect();
    assert!((rect.height() - 800.0).abs() < 1.0, "as large as it fits, without margins: {rect:?}");
    let picture = window.look("picture_alone");
    assert_eq!(picture.get_pixel(4, 400).0[..3], [0, 0, 0], "on black");
    window.press(egui::Key::Escape);
    assert!(window.has("Record"), "Esc leads back");
}

#[test]
fn the_original_is_seen_while_its_key_is_held() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    let key =
        |pressed| egui::Event::Key { key: egui::Key::O, physical_key: None, pressed, repeat: false, modifiers: egui::Modifiers::NONE };
    window.harness.event(key(true));
    window.harness.run_steps(3);
    assert!(window.harness.state().view().original.is_some(), "as it was painted");
    window.harness.event(key(false));
    window.harness.run_steps(2);
    let view = window.harness.state().view();
    assert!(view.original.is_none() && view.path_prompt.is_none(), "alive again, and nothing is opened");
}

#[test]
fn a_clip_is_paused_and_gone_through() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    assert!(!window.has("Place in the film"), "a camera has no places to go to");
    let playback = Playback {
        position: Duration::from_secs(3),
        length: Some(Duration::from_secs(12)),
        paused: false,
        waiting: false,
        looped: true,
        speed: 1.0,
        ended: false,
    };
    window.double.0.borrow_mut().playback = Some(playback.clone());
    window.harness.run_steps(2);
    window.click("Pause");
    window.click("Starts again at its end");
    window.click("Neutral here");
    window.harness.get_by_label("Place in the film").set_value_accesskit(6.0);
    window.harness.run_steps(2);
    window.open_combo_entry("Speed of the clip: 1x", "Half speed");
    let calls = window.double.calls();
    assert_eq!(calls, ["play Pause(true)", "play Loop(false)", "calibrate here", "play Seek(6s)", "play Speed(0.5)"], "each is asked for");
    window.double.0.borrow_mut().playback = Some(Playback { waiting: true, position: Duration::ZERO, ..playback });
    window.harness.run_steps(2);
    assert!(window.has_text("begins when a portrait is there"), "what it waits for");
    window.look("clip_transport");
    window.double.0.borrow_mut().playback = None;
    window.harness.run_steps(2);
    assert!(!window.has("Neutral here"), "gone with the clip");
    assert!(matches!(window.harness.state().view().driver.source, Some(DriverChoice::Camera(_))), "a camera drives");
}
