//! What stands behind the person, what is kept of it with each portrait, the output window, and the chooser of cameras.

use std::path::PathBuf;
use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use image::{Rgb, RgbImage};
use retrato::data::Background;
use retrato::session::{CameraFormat, CameraLook, CameraSight, Event, Framing, PortraitOrigin, Rendered, RenderedImage};

use super::{Window, camera, painted_portrait, rendered};

impl Window {
    fn choose_background(&mut self, entry: &str) {
        self.open_combo_entry("What of the picture is shown and recorded", entry);
    }

    fn background(&self) -> Background {
        self.harness.state().view().background
    }

    fn seen(&mut self, index: u32, name: &str, sight: CameraSight) {
        let format = |size, fps| CameraFormat { pixel_format: "YUYV".to_owned(), size, fps };
        let formats = vec![format([640, 480], 30.0), format([1920, 1080], 5.0)];
        self.double.report(Event::CameraSeen(CameraLook { camera: camera(index, name), formats, sight }));
        self.harness.run_steps(3);
    }
}

#[test]
fn another_background_is_chosen_and_films_are_not_made_without_any() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.choose_background("Blurred background");
    assert_eq!(window.double.calls(), ["background Blurred"], "asked for");
    window.choose_background("Background #24405e");
    assert_eq!(window.double.calls(), ["background Colour([36, 64, 94])"], "a plain one");
    window.harness.get_by_label("What of the picture is shown and recorded").click();
    window.harness.run_steps(3);
    window.look("backgrounds");
    window.press(egui::Key::Escape);
    window.choose_background("Transparent, for snapshots");
    assert_eq!(window.double.calls(), ["background Transparent"], "none");
    window.look("background_transparent");
    window.press(egui::Key::R);
    assert!(window.double.calls().is_empty() && window.has_text("A film has no transparency"), "it is said why there is no film");
    window.press(egui::Key::S);
    assert_eq!(window.double.calls(), ["snapshot Mona Lisa"], "a snapshot can be transparent");
    window.choose_background("Green, to be keyed out");
    window.press(egui::Key::R);
    assert_eq!(window.double.calls(), ["background Colour([0, 255, 0])", "record Mona Lisa sound=true"], "green can be filmed");
    window.choose_background("Transparent, for snapshots");
    assert!(window.double.calls().is_empty() && window.background() == Background::GREEN, "not in the middle of a film");
}

#[test]
fn the_panel_offers_backgrounds_too() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("More");
    window.click("Background");
    window.click("Blurred background");
    assert_eq!(window.double.calls(), ["background Blurred"], "as the stage's own menu");
}

#[test]
fn any_colour_can_stand_behind_the_portrait() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.harness.get_by_label("What of the picture is shown and recorded").click();
    window.harness.run_steps(3);
    window.click("Another colour");
    assert!(window.double.calls().is_empty(), "nothing is chosen yet");
    window.look("other_colour");
    let number = |window: &Window| window.harness.get_by_label("Number of the colour").value();
    assert_eq!(number(&window).as_deref(), Some("#24405e"), "a colour to begin with");
    window.harness.get_by_label("Number of the colour").focus();
    window.harness.run_steps(2);
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.harness.run_steps(2);
    window.harness.get_by_label("Number of the colour").type_text("#8040c");
    window.harness.run_steps(3);
    assert!(window.double.calls().is_empty() && number(&window).as_deref() == Some("#8040c"), "not a colour yet");
    window.harness.get_by_label("Number of the colour").type_text("0");
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["background Colour([128, 64, 192])"], "now it is one, and the menu is still there");
    window.press(egui::Key::Escape);
    window.choose_background("Another colour");
    assert!(
        window.double.calls().is_empty() && window.background() == Background::Colour([128, 64, 192]),
        "closing the picker changes nothing"
    );
}

#[test]
fn a_background_that_cannot_be_made_is_told_and_the_menu_says_what_is_shown() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.choose_background("Blurred background");
    window.double.report(Event::BackgroundFailed {
        background: Background::Blurred,
        why: "landmark-warp does not know where the person ends".to_owned(),
    });
    window.harness.run_steps(3);
    assert!(window.has_text("does not know where the person ends"), "told");
    assert_eq!(window.background(), Background::Own, "the portrait keeps its own");
}

#[test]
fn framing_and_background_come_back_with_their_portrait() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let [mother, dog] = ["mother.png", "dog.png"].map(|name| window.folder.path().join(name));
    let come = |window: &mut Window, file: &PathBuf| {
        window.ready_from(PortraitOrigin::File(file.clone()), "somebody", None);
        let calls = window.double.calls();
        (window.harness.state().view().framing, window.background(), calls)
    };
    come(&mut window, &mother);
    window.open_combo_entry("What of the picture is shown and recorded", "Head and shoulders");
    window.choose_background("Blurred background");
    window.double.calls();
    let (framing, background, calls) = come(&mut window, &dog);
    assert_eq!((framing, background), (Framing::Bust, Background::Blurred), "a new portrait takes over what is there");
    assert!(calls.is_empty(), "so nothing has to be asked for: {calls:?}");
    window.open_combo_entry("What of the picture is shown and recorded", "Whole picture");
    window.choose_background("Green, to be keyed out");
    window.double.calls();
    let (framing, background, calls) = come(&mut window, &mother);
    assert_eq!((framing, background), (Framing::Bust, Background::Blurred), "one that was there before has its own");
    assert_eq!(calls, ["frame Bust", "background Blurred"], "which is asked for");
    assert_eq!(come(&mut window, &dog).1, Background::GREEN, "and so has the other");
}

#[test]
fn a_portrait_without_a_background_does_not_take_it_from_a_film() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let [mother, dog] = ["mother.png", "dog.png"].map(|name| PortraitOrigin::File(window.folder.path().join(name)));
    window.ready_from(mother.clone(), "mother", None);
    window.choose_background("Transparent, for snapshots");
    window.ready_from(dog.clone(), "dog", None);
    window.choose_background("Blurred background");
    window.press(egui::Key::R);
    window.double.calls();
    window.ready_from(mother.clone(), "mother", None);
    assert_eq!(window.background(), Background::Blurred, "the film goes on before what it has");
    assert!(!window.double.calls().iter().any(|call| call.contains("Transparent")), "and the pipeline is asked for nothing else");
    window.press(egui::Key::R);
    window.ready_from(dog, "dog", None);
    window.ready_from(mother, "mother", None);
    assert_eq!(window.background(), Background::Transparent, "after the film the portrait has its own again");
}

#[test]
fn the_output_window_shows_the_portrait_alone() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.press(egui::Key::W);
    assert!(!window.harness.state().view().shown.output, "there is nothing to show yet");
    window.come_alive();
    window.press(egui::Key::W);
    assert!(window.has("Retrato - output"), "a window of that title");
    assert_eq!(window.harness.query_all_by_label("Portrait: Mona Lisa").count(), 2, "with the portrait, named for screen readers");
    window.look("output");
    window.press(egui::Key::W);
    assert!(!window.has("Retrato - output"), "closed by the same key");
    window.open_combo_entry("What of the picture is shown and recorded", "Output window");
    assert!(window.has("Retrato - output"), "and there is an entry in the menu");
}

#[test]
fn pictures_are_made_as_large_as_they_are_shown() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.come_alive();
    let shown_at = |window: &Window| window.double.0.borrow().shown_at;
    assert_eq!(shown_at(&window), Some(7.0 / 8.0), "900 rows on a stage of 780, less some air");
    let rect = window.harness.get_by_label("Portrait: Mona Lisa").rect();
    let smaller = RenderedImage::Cpu(Arc::new(painted_portrait(450, 675, 0.3)));
    window.double.0.borrow_mut().rendered = Some(Rendered { size_px: [600, 900], ..rendered(smaller) });
    window.harness.run_steps(3);
    assert_eq!(window.harness.get_by_label("Portrait: Mona Lisa").rect(), rect, "a smaller image of it lies in the same place");
    assert_eq!(shown_at(&window), Some(7.0 / 8.0), "and is asked for as before");
    window.press(egui::Key::W);
    assert_eq!(shown_at(&window), Some(1.0), "the output window shows it at any size");
    window.press(egui::Key::W);
    window.harness.set_size(egui::vec2(900.0, 500.0));
    window.harness.run_steps(3);
    assert_eq!(shown_at(&window), Some(4.0 / 8.0), "a smaller window: 500, less some air");
}

#[test]
fn cameras_are_chosen_by_their_pictures() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.harness.get_by_label("Camera").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["look at cameras true"], "all of them are looked at while it is open");
    let all = [(0, "FaceCam"), (1, "Document camera"), (2, "Old webcam"), (3, "Locked")].map(|(index, name)| camera(index, name));
    window.double.report(Event::Cameras(all.to_vec()));
    window.harness.run_steps(2);
    window.seen(0, "FaceCam", CameraSight::Drives);
    let orange = RgbImage::from_pixel(320, 240, Rgb([250, 130, 10]));
    window.seen(1, "Document camera", CameraSight::Picture(Arc::new(orange)));
    window.seen(2, "Old webcam", CameraSight::Busy);
    window.seen(3, "Locked", CameraSight::Forbidden);
    assert!(window.has("Old webcam: Used by another program") && window.has("Locked: This program may not use it"), "what is the matter");
    let shown = window.look("cameras");
    let place = window.harness.get_by_label("Document camera").rect();
    let pixel = shown.get_pixel(place.left() as u32 + 30, place.center().y as u32).0;
    assert!(pixel[0] > 200 && pixel[2] < 60, "the camera's picture: {pixel:?}");
    window.double.report(Event::Cameras(all[..2].to_vec()));
    window.harness.run_steps(3);
    assert!(!window.has_text("Old webcam"), "a camera that was unplugged goes");
    window.harness.get_by_label("Document camera").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["camera 1 Document camera", "look at cameras false"], "chosen, and none is held any more");
}
