//! What clicks, keys, dropped files and pasted things do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use retrato::present::{AppConfig, Clip, ClipboardReader, FirstDriver};
use retrato::session::{CameraChoice, Event, FaceQuestion, LoopbackDevice, VirtualCameraPhase, VirtualCameraStatus};
use retrato::virtual_camera::{INSTALL, LoopbackState, VirtualCameraError};

use super::{Window, camera, group_question};

#[test]
fn one_of_several_faces_is_chosen_by_key_or_click() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.double.report(Event::FaceAsked(group_question()));
    window.harness.run_steps(3);
    assert!(window.has_text("3 faces in group.jpg"), "the question");
    window.look("faces");
    let at = |window: &Window, number: u32| window.harness.get_by_label(&format!("Face {number}")).rect().center().x;
    assert!(at(&window, 1) < at(&window, 2) && at(&window, 2) < at(&window, 3), "they are counted from left to right");
    let selected = |window: &Window| window.harness.state().view().question.as_ref().map(|q| q.selected);
    assert_eq!(selected(&window), Some(1), "the largest, in the middle, is marked at first");
    window.press(egui::Key::Num3);
    assert_eq!(selected(&window), Some(2), "the key marks the third");
    window.click("Face 1");
    window.click("Use this face");
    assert_eq!(window.double.calls(), ["face 1 of 7"], "the clicked one is used, by its number in the picture that was asked about");
    assert!(!window.has("Use this face"), "the question is answered");
}

#[test]
fn enter_goes_on_with_the_marked_face_or_box() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.double.report(Event::FaceAsked(group_question()));
    window.harness.run_steps(3);
    window.press(egui::Key::Num3);
    window.press(egui::Key::Enter);
    assert_eq!(window.double.calls(), ["face 2 of 7"], "the marked one");
    window.double.report(Event::FaceAsked(group_question()));
    window.harness.run_steps(3);
    window.harness.get_by_label("Face 1").focus();
    window.harness.run_steps(2);
    window.press(egui::Key::Enter);
    assert!(window.double.calls().is_empty() && window.has("Use this face"), "on another face, Enter marks it");
    window.press(egui::Key::Enter);
    assert_eq!(window.double.calls(), ["face 1 of 7"], "once more goes on");
    window.double.report(Event::FaceAsked(FaceQuestion { faces: Vec::new(), ..group_question() }));
    window.harness.run_steps(3);
    window.harness.get_by_label("Use this box").focus();
    window.harness.run_steps(2);
    window.press(egui::Key::Enter);
    let calls = window.double.calls();
    assert!(calls.len() == 1 && calls[0].starts_with("place "), "the box, once: {calls:?}");
}

#[test]
fn a_face_that_was_not_found_is_placed_by_hand() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    let question = FaceQuestion { faces: Vec::new(), ..group_question() };
    let size = [question.pixels.width(), question.pixels.height()];
    window.double.report(Event::FaceAsked(question));
    window.harness.run_steps(3);
    assert!(window.has_text("No face was found in group.jpg"), "said kindly");
    let frame = window.harness.get_by_label_contains("Box around the face").rect();
    let at = |x: f32, y: f32| frame.min + egui::vec2(frame.width() * x, frame.height() * y);
    window.harness.drag_at(at(0.1, 0.1));
    window.harness.run_steps(1);
    window.harness.hover_at(at(0.3, 0.25));
    window.harness.run_steps(1);
    window.harness.drop_at(at(0.5, 0.4));
    window.harness.run_steps(2);
    window.look("place_face");
    window.click("Use this box");
    let calls = window.double.calls();
    let numbers: Vec<f32> = calls[0].split(' ').skip(1).map(|n| n.parse().expect("a number")).collect();
    let expected = [0.1 * size[0] as f32, 0.1 * size[1] as f32, 0.5 * size[0] as f32, 0.4 * size[1] as f32];
    for (got, want) in numbers.iter().zip(expected) {
        assert!((got - want).abs() < 0.01 * size[0] as f32, "the box is given in pixels of the picture: {calls:?}, not {expected:?}");
    }
}

#[test]
fn the_box_around_a_face_can_be_moved_by_keys() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.double.report(Event::FaceAsked(FaceQuestion { faces: Vec::new(), ..group_question() }));
    window.harness.run_steps(3);
    let drawn = |window: &Window| window.harness.state().view().question.as_ref().and_then(|q| q.drawn).expect("a box");
    let before = drawn(&window);
    window.harness.get_by_label_contains("Box around the face").focus();
    window.harness.run_steps(2);
    for key in [egui::Key::ArrowRight, egui::Key::ArrowRight, egui::Key::Plus] {
        window.press(key);
    }
    let after = drawn(&window);
    assert!(after.centre().x > before.centre().x, "moved to the right: {before:?} {after:?}");
    assert!(after.width() > before.width(), "and made larger: {before:?} {after:?}");
}

#[test]
fn every_shortcut_does_what_the_help_says() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    for (key, call) in [
        (egui::Key::Space, "calibrate"),
        (egui::Key::M, "controls mirror=false head=1.00"),
        (egui::Key::S, "snapshot Mona Lisa"),
        (egui::Key::R, "record Mona Lisa sound=true"),
        (egui::Key::R, "stop"),
        (egui::Key::Num2, "open built-in 1"),
    ] {
        window.press(key);
        assert_eq!(window.double.calls(), [call], "{key:?}");
    }
    window.press(egui::Key::C);
    assert!(!window.has_text("Driver picture"), "C hides the camera");
    window.press(egui::Key::P);
    assert!(!window.has("Record"), "P hides the panel");
    assert!(window.has("Show side panel (P)"), "and leaves a way back");
    window.press(egui::Key::F11);
    assert!(window.harness.state().view().shown.full_screen, "F11 fills the screen");
    window.press(egui::Key::Questionmark);
    assert!(window.has("Shortcuts"), "? shows the help");
    window.press(egui::Key::Num1);
    assert!(window.double.calls().is_empty(), "keys do not reach through the help");
    window.press(egui::Key::Escape);
    assert!(!window.has("Shortcuts"), "Esc closes it");
    window.press(egui::Key::F1);
    assert!(window.has_text("marked as synthetic") && window.has_text("people who agree"), "F1 too, with the word on consent");
    window.look("help");
}

#[test]
fn shortcuts_with_control_keys_are_left_to_the_system() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    for key in [egui::Key::R, egui::Key::S, egui::Key::M] {
        window.harness.key_press_modifiers(egui::Modifiers::CTRL, key);
        window.harness.run_steps(2);
    }
    assert!(window.double.calls().is_empty(), "Ctrl with a letter is no shortcut");
}

#[test]
fn dropped_files_are_told_apart() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    let files = ["art/vermeer.jpg", "me.mp4", "second.png", "notes.txt"];
    window.harness.input_mut().hovered_files =
        files.iter().map(|name| egui::HoveredFile { path: Some(PathBuf::from(name)), ..Default::default() }).collect();
    window.harness.run_steps(2);
    window.look("hovering");
    window.harness.input_mut().hovered_files.clear();
    for name in files {
        window.harness.input_mut().dropped_files.push(Arc::new(Dropped(PathBuf::from(name))));
    }
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["drive by me.mp4", "open vermeer.jpg"], "the clip drives, the first picture is opened");
    assert!(window.has_text("notes.txt is neither a picture nor a clip"), "the stranger is named");
    assert!(window.has_text("Portrait: second"), "the other picture waits in the gallery");
    window.look("dropped");
}

#[test]
fn the_first_driver_is_chosen_when_the_cameras_are_known() {
    let cameras = || vec![camera(0, "FaceCam"), camera(2, "Desk")];
    let window = |wanted: Option<CameraChoice>| {
        let config = AppConfig { first_driver: FirstDriver::AnyCamera(wanted), ..AppConfig::default() };
        Window::with(1200.0, 780.0, 1.0, config)
    };
    let desk = || Some(CameraChoice::Name("Desk".to_owned()));
    for (wanted, found, driver) in [
        (desk(), cameras(), "camera 2 Desk"),
        (None, cameras(), "camera 0 FaceCam"),
        (desk(), vec![camera(0, "FaceCam")], "camera 0 FaceCam"),
        (desk(), Vec::new(), "built-in performance 0"),
    ] {
        let mut window = window(wanted);
        assert_eq!(window.harness.state().view().driver.source, None, "nothing drives before the list is there");
        window.double.report(Event::Cameras(found));
        window.harness.run_steps(2);
        assert_eq!(window.double.calls(), [driver], "what was used last, any other one, or a performance");
        window.double.report(Event::Cameras(cameras()));
        window.harness.run_steps(2);
        assert!(window.double.calls().is_empty(), "a later list changes nothing");
    }
    let mut window = window(desk());
    window.click("Talk");
    assert_eq!(window.double.calls(), ["built-in performance 0"], "the user was quicker");
    window.double.report(Event::Cameras(cameras()));
    window.harness.run_steps(2);
    assert!(window.double.calls().is_empty(), "so that stays");
}

#[derive(Debug)]
pub(super) struct Dropped(pub(super) PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

#[test]
fn pictures_and_paths_can_be_pasted() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    let picture = egui::ColorImage::filled([20, 30], egui::Color32::GOLD);
    window.harness.event(egui::Event::PasteImage(Arc::new(picture)));
    window.harness.run_steps(2);
    window.harness.event(egui::Event::Paste("file:///art/My%20Face.png".to_owned()));
    window.harness.run_steps(2);
    assert_eq!(window.double.calls(), ["open Pasted picture 20x30", "open My Face.png"], "a picture, then a path");
    window.harness.event(egui::Event::Paste("just words".to_owned()));
    window.harness.run_steps(2);
    assert!(window.has_text("The clipboard holds text, not a picture"), "and words are refused kindly");
}

#[test]
fn a_slow_clipboard_holds_nothing_up_and_is_not_called_empty() {
    let (give, given) = std::sync::mpsc::channel::<Clip>();
    let given = Arc::new(std::sync::Mutex::new(given));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let clipboard = ClipboardReader::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        given.lock().expect("the test's channel").recv().unwrap_or(Clip::Nothing)
    });
    let mut window = Window::with(1200.0, 780.0, 1.0, AppConfig { clipboard, ..AppConfig::default() });
    window.harness.get_all_by_label("Paste").next().expect("the button").click();
    // Sixty seconds of the window's clock, in which it draws every frame that it is asked for.
    window.harness.run_steps(240);
    assert!(window.has("Reading the clipboard …"), "it says what it waits for");
    assert!(!window.has_text("There is no picture"), "and claims nothing");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::V);
    window.harness.run_steps(3);
    give.send(Clip::Picture(Arc::new(super::painted_portrait(20, 30, 0.5)))).expect("the clipboard's owner answers");
    let deadline = Instant::now() + Duration::from_mins(1);
    let mut calls = Vec::new();
    while calls.is_empty() {
        assert!(Instant::now() < deadline, "the picture is opened within a minute");
        window.harness.run_steps(1);
        calls = window.double.calls();
    }
    assert_eq!(calls, ["open Pasted picture"], "then the picture is opened, once");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "who asks twice is answered once");
    assert!(!window.has("Reading the clipboard …"), "nothing is being read any more");
    for (clip, words) in [
        (Clip::Nothing, "There is no picture in the clipboard"),
        (Clip::Text("just words".to_owned()), "The clipboard holds text, not a picture"),
    ] {
        window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::V);
        give.send(clip).expect("an answer");
        window.harness.run_steps(1);
        while !window.has_text(words) {
            assert!(Instant::now() < deadline, "{words} within a minute");
            std::thread::sleep(Duration::from_millis(5));
            window.harness.run_steps(1);
        }
    }
}

#[test]
fn strengths_follow_the_sliders() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.harness.get_by_label("Head").set_value_accesskit(150.0);
    window.harness.run_steps(2);
    assert_eq!(window.double.calls(), ["controls mirror=true head=1.50"], "set by assistive technology");
    window.harness.get_by_label("Head").focus();
    window.harness.run_steps(2);
    window.press(egui::Key::ArrowRight);
    let calls = window.double.calls();
    assert_eq!(calls.len(), 1, "the arrow key moves the slider: {calls:?}");
    window.click("Mirror");
    assert!(window.double.calls()[0].contains("mirror=false"), "the switch switches");
}

#[test]
fn tab_reaches_every_control() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("More");
    let mut reached = Vec::new();
    for _ in 0..60 {
        window.press(egui::Key::Tab);
        let focused = window.harness.root().children_recursive().find(egui_kittest::Node::is_focused);
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for label in [
        "Help and shortcuts (F1)",
        "Hide side panel (P)",
        "Portrait: Sailor",
        "All portraits",
        "Open…",
        "Paste",
        "Improve likeness",
        "Add a picture of this person…",
        "Camera",
        "Look for cameras again",
        "Laugh",
        "Read by: face reader",
        "Clip…",
        "Natural",
        "Eyes only",
        "Save…",
        "Head",
        "Head in percent",
        "Gaze",
        "Smoothing",
        "Mirror",
        "Set my neutral face",
        "More",
        "Record",
        "Snapshot",
        "Sound on",
        "Virtual camera",
        "Speed: GPU: Radeon 780M",
        "Hide camera picture (C)",
    ] {
        assert!(reached.iter().any(|name| name == label), "Tab never came to {label}; it came to {reached:?}");
    }
}

#[test]
fn the_virtual_camera_is_switched_and_says_how_it_is() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let record = |window: &Window| window.harness.get_by_label("Record").rect();
    let place = record(&window);
    window.click("More");
    window.click("Virtual camera");
    assert_eq!(window.double.calls(), ["virtual camera on"], "a click switches it on");
    assert!(window.has("Opening the device …"), "it is on its way");
    let device = LoopbackDevice { path: PathBuf::from("/dev/video9"), name: "Retrato".to_owned(), state: LoopbackState::Free };
    let phase = VirtualCameraPhase::On { device: device.clone(), size: [1280, 720] };
    window.double.0.borrow_mut().virtual_camera = Some(VirtualCameraStatus { phase, ..VirtualCameraStatus::default() });
    window.double.report(Event::VirtualCameraOpened(device));
    window.harness.run_steps(3);
    assert!(window.has("Choose the camera Retrato in other programs"), "what to choose in them");
    window.look("virtual_camera");
    window.click("Virtual camera");
    assert_eq!(window.double.calls(), ["virtual camera off"], "and off again");

    window.click("Virtual camera");
    window.double.0.borrow_mut().virtual_camera = None;
    window.double.report(Event::VirtualCameraFailed(VirtualCameraError::NoDevice.to_string()));
    window.harness.run_steps(3);
    assert!(window.harness.state().view().record.virtual_camera.is_none(), "the switch is off");
    assert_eq!(record(&window), place, "no message moves the button that somebody is about to press");
    let said = window.harness.query_all_by_label_contains("sudo modprobe v4l2loopback").count();
    assert_eq!(said, 1, "what to type stands in the panel, once");
    assert!(window.has_text("needs a device that some commands make"), "and the message says where");
    for place in [0, 1] {
        let button = window.harness.get_all_by_label("Copy commands").nth(place).expect("one in the message, one in the panel");
        button.scroll_to_me();
        window.harness.run_steps(4);
        window.harness.get_all_by_label("Copy commands").nth(place).expect("the button").click();
        // The text goes out with the frame in which the button was released.
        window.harness.step();
        let copied = |window: &Window| {
            window
                .harness
                .output()
                .platform_output
                .commands
                .iter()
                .any(|command| *command == egui::OutputCommand::CopyText(INSTALL.to_owned()))
        };
        let there = (0..4).any(|_| {
            let there = copied(&window);
            window.harness.step();
            there
        });
        assert!(there, "button {place} puts the commands into the clipboard");
    }
    window.look("virtual_camera_missing");
    assert_eq!(window.double.calls(), ["virtual camera on"], "nothing else was asked");
    window.click("Virtual camera");
    assert!(window.has("Opening the device …"), "once more, and the note is gone");
}

#[test]
fn without_a_file_dialog_a_path_is_typed() {
    let mut window = Window::with(1200.0, 780.0, 1.0, AppConfig { path_field_only: true, ..AppConfig::default() });
    window.press(egui::Key::O);
    assert!(window.has("Open a portrait"), "the field stands in for the dialog");
    let field = window.harness.get_by_label("Path of the file");
    assert!(field.is_focused(), "ready to type");
    field.type_text("rsmp");
    window.harness.run_steps(2);
    for key in [egui::Key::R, egui::Key::S, egui::Key::M, egui::Key::P, egui::Key::Num1] {
        window.press(key);
    }
    assert!(window.double.calls().is_empty() && window.harness.state().view().shown.panel, "letters are text here, not shortcuts");
    window.look("path_field");
    window.press(egui::Key::Enter);
    assert!(window.has("There is no such file."), "what is wrong");
    let picture = window.folder.path().join("face.png");
    std::fs::write(&picture, b"").expect("a file");
    let path = picture.display().to_string();
    window.harness.get_by_label("Path of the file").set_text_value_accesskit(&path);
    window.harness.run_steps(2);
    window.harness.get_all_by_label("Open").last().expect("the button").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["open face.png"], "the file is opened");
    assert!(!window.has("Path of the file"), "and the field is gone");
}
