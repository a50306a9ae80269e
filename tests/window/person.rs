//! Several pictures of one person in the window: the button, the offers after a drop, the read-out, and removing.

use std::path::PathBuf;
use std::sync::Arc;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use retrato::data::{Portrait, Tuning};
use retrato::present::{AppConfig, ViewState};
use retrato::session::{Event, FaceQuestion, PortraitOrigin, PortraitReady, RequestId};

use super::deeds::Dropped;
use super::{Window, group_question, painted_portrait, portrait, portrait_picture, ready, ready_as};

impl Window {
    pub(super) fn drop_files(&mut self, names: &[&str]) {
        for name in names {
            self.harness.input_mut().dropped_files.push(Arc::new(Dropped(PathBuf::from(name))));
        }
        self.harness.run_steps(3);
    }

    /// The portrait that was asked for last comes alive, from a file or from the program, in the place of another one.
    pub(super) fn ready_from(&mut self, origin: PortraitOrigin, name: &str, replaced: Option<&str>) {
        let id = self.double.0.borrow().last;
        self.double.report(ready_as(id, origin, &portrait(name, painted_portrait(300, 400, 0.4)), replaced));
        self.harness.run_steps(3);
    }

    /// The picture that was added last is used now.
    pub(super) fn further(&mut self, pictures: &[Arc<Portrait>]) {
        let added = Some(self.double.0.borrow().last);
        self.double.report(Event::FurtherPictures { pictures: pictures.to_vec(), added });
        self.harness.run_steps(3);
    }

    /// Title of the portrait that the gallery marks.
    pub(super) fn marked(&self) -> Option<String> {
        let view = self.harness.state().view();
        view.chosen().map(|index| view.gallery[index].title.clone())
    }
}

pub(super) fn picture(name: &str, hue: f32) -> Arc<Portrait> {
    portrait(name, painted_portrait(200, 260, hue))
}

fn file(name: &str) -> PortraitOrigin {
    PortraitOrigin::File(PathBuf::from(name))
}

#[test]
fn pictures_are_added_counted_and_removed() {
    let mut window = Window::with(1200.0, 780.0, 1.0, AppConfig { path_field_only: true, ..AppConfig::default() });
    let is_enabled = |window: &Window| !window.harness.get_by_label("Add a picture of this person…").accesskit_node().is_disabled();
    window.click("More");
    assert!(!is_enabled(&window), "not without a portrait");
    window.press(egui::Key::A);
    assert!(!window.has("Path of the file"), "nor by key");
    window.ready("Mona Lisa", portrait_picture());
    assert!(is_enabled(&window), "but then");
    window.click("Add a picture of this person…");
    assert!(window.has("Add a picture of this person"), "the field says what for");
    let file = window.folder.path().join("laughing.jpg");
    std::fs::write(&file, b"").expect("a file");
    window.harness.get_by_label("Path of the file").set_text_value_accesskit(&file.display().to_string());
    window.harness.run_steps(2);
    window.harness.get_all_by_label("Open").last().expect("the button").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["add laughing.jpg"], "the pipeline is asked");
    assert!(window.has_text("Opening laughing.jpg"), "and that is shown");
    let pictures = [picture("laughing", 0.2), picture("asleep", 0.8)];
    window.further(&pictures[..1]);
    assert!(window.has("2 pictures of this person") && !window.has_text("Opening"), "the read-out");
    window.further(&pictures);
    assert!(window.has("3 pictures of this person"), "one more");
    window.until("they have thumbnails", |view| view.further.iter().all(|picture| picture.thumbnail.is_some()));
    window.look("further_pictures");
    window.click("More");
    // What lies in a row that scrolls by itself cannot ask the panel to scroll.
    window.harness.get_by_label("Add…").scroll_to_me();
    window.harness.run_steps(4);
    window.harness.get_by_label("Remove asleep").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["remove 1"], "the second one");
    window.double.report(Event::PictureFailed { id: RequestId(99), why: "No face was found in hills.jpg, so it is not used.".to_owned() });
    window.further(&pictures[..1]);
    assert!(window.has("2 pictures of this person") && window.has_text("No face was found in hills.jpg"), "failures are told");
    window.press(egui::Key::P);
    window.further(&pictures);
    assert!(window.has_text("Made from 3 pictures of this person now"), "with the panel away, a message says it");
    window.press(egui::Key::P);
    window.ready("The reader", painted_portrait(300, 400, 0.9));
    window.click("More");
    assert!(!window.has("3 pictures of this person") && is_enabled(&window), "another portrait begins by itself");
}

#[test]
fn what_learns_no_likeness_may_still_use_several_pictures() {
    let mut window = Window::with(1200.0, 780.0, 1.0, AppConfig { path_field_only: true, ..AppConfig::default() });
    let Event::PortraitReady(ready) = ready(&portrait("Mona Lisa", portrait_picture()), Tuning::Impossible) else { return };
    let is_asked = |window: &mut Window| {
        window.press(egui::Key::A);
        let is_asked = window.has("Path of the file");
        window.press(egui::Key::Escape);
        is_asked
    };
    window.double.report(Event::PortraitReady(ready.clone()));
    window.harness.run_steps(3);
    assert!(is_asked(&mut window), "as the pipeline says");
    window.double.report(Event::PortraitReady(PortraitReady { takes_pictures: false, tuning: Tuning::Possible, ..ready }));
    window.harness.run_steps(3);
    assert!(!is_asked(&mut window), "in this case, too");
}

#[test]
fn a_dropped_picture_is_a_new_portrait_and_may_be_said_to_show_the_same_person() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.press(egui::Key::Num1);
    window.ready_from(PortraitOrigin::BuiltIn(0), "Lady in ochre", None);
    window.double.calls();
    window.drop_files(&["art/me.jpg"]);
    window.ready_from(file("art/me.jpg"), "me", None);
    assert_eq!(window.double.calls(), ["open me.jpg"], "one drop, one portrait");
    assert!(!window.has("Use both pictures"), "nothing is offered unless the pipeline says that they may be one person's");
    window.drop_files(&["art/me_laughing.jpg"]);
    assert_eq!(window.double.calls(), ["open me_laughing.jpg"], "no question comes before it");
    window.ready_from(file("art/me_laughing.jpg"), "me_laughing", Some("me"));
    assert!(window.has_text("“me_laughing” has taken the place of “me”"), "what can be said afterwards");
    assert!(!window.harness.state().view().dialog_is_open(), "nothing is in the way");
    window.look("same_person");
    window.click("Use both pictures");
    assert_eq!(window.double.calls(), ["join"], "they are joined");
    assert!(!window.has("Use both pictures"), "the offer is taken");
    window.ready_from(file("art/me.jpg"), "me", None);
    assert_eq!(window.marked().as_deref(), Some("me"), "the gallery marks the portrait that is back");
    window.drop_files(&["art/copy_of_me.jpg"]);
    window.ready_from(file("art/copy_of_me.jpg"), "copy_of_me", None);
    assert!(!window.has("Use both pictures"), "the same picture once more is no other picture");
    window.double.calls();
    window.drop_files(&["art/stranger.jpg"]);
    window.ready_from(file("art/stranger.jpg"), "stranger", Some("me"));
    assert!(window.has("Use both pictures"), "offered again");
    window.press(egui::Key::Num1);
    assert!(!window.has("Use both pictures"), "until something else is opened");
    window.ready_from(PortraitOrigin::BuiltIn(0), "Lady in ochre", Some("stranger"));
    assert!(!window.has("Use both pictures"), "which was no drop");
}

#[test]
fn a_portrait_that_is_ready_late_is_not_taken_for_the_one_asked_for_since() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.drop_files(&["art/first.jpg"]);
    let first = window.double.0.borrow().last;
    window.drop_files(&["art/second.jpg"]);
    assert!(window.has("Opening second.jpg …"), "the second is being opened");
    window.double.report(ready_as(first, file("art/first.jpg"), &picture("first", 0.2), Some("me")));
    window.harness.run_steps(3);
    assert_eq!(window.marked().as_deref(), Some("first"), "the gallery marks what is on the stage");
    let has_thumbnail = |view: &ViewState, title: &str| view.gallery.iter().any(|item| item.title == title && item.thumbnail.is_some());
    window.until("the first has its thumbnail", |view| has_thumbnail(view, "first"));
    assert!(!has_thumbnail(window.harness.state().view(), "second"), "and the second has no thumbnail of the first");
    assert!(window.has("Opening second.jpg …"), "the second is still being opened");
    assert!(!window.has("Use both pictures"), "an offer would come too early");
    window.ready_from(file("art/second.jpg"), "second", Some("first"));
    assert_eq!(window.marked().as_deref(), Some("second"), "then it is there");
    window.until("it has its thumbnail, too", |view| has_thumbnail(view, "second"));
    assert!(window.has("Use both pictures") && !window.has_text("Opening"), "and its offer, too");
}

#[test]
fn pictures_dropped_together_may_all_show_one_person() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.drop_files(&["a.jpg", "b.jpg", "c.png"]);
    let portrait = window.double.0.borrow().last;
    window.ready("a", painted_portrait(300, 400, 0.4));
    assert_eq!(window.double.calls(), ["open a.jpg"], "the first is the portrait");
    assert!(
        window.has_text("the others wait in the gallery") && window.has_text("Portrait: b") && window.has_text("Portrait: c"),
        "the others wait"
    );
    window.click("All show one person");
    assert_eq!(window.double.calls(), ["add b.jpg", "add c.png"], "or are further pictures");
    assert_eq!(window.double.0.borrow().added_to, portrait, "of the portrait that they came with");
    assert!(!window.has("All show one person"), "said once");
}

#[test]
fn nothing_is_offered_while_it_is_asked_where_the_face_is() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.ready("me", portrait_picture());
    window.drop_files(&["art/three.jpg"]);
    let id = window.double.0.borrow().last;
    window.ready_from(file("art/three.jpg"), "three", Some("me"));
    window.double.report(Event::FaceAsked(FaceQuestion { id, ..group_question() }));
    window.harness.run_steps(3);
    assert!(!window.has("Use both pictures"), "it is not known yet whether this face stays");
    window.click("Use this face");
    window.ready_from(file("art/three.jpg"), "three", None);
    assert!(window.has_text("“three” has taken the place of “me”"), "now it is");
    window.click("Use both pictures");
    assert_eq!(window.double.calls().last().map(String::as_str), Some("join"), "and can be taken");
}

#[test]
fn a_question_about_a_picture_that_nobody_waits_for_is_not_asked() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.drop_files(&["art/group.jpg"]);
    let group = window.double.0.borrow().last;
    window.press(egui::Key::Num1);
    window.double.report(Event::FaceAsked(FaceQuestion { id: group, ..group_question() }));
    window.harness.run_steps(3);
    assert!(window.harness.state().view().question.is_none(), "another portrait was chosen while faces were looked for");
    window.ready_from(PortraitOrigin::BuiltIn(0), "Lady in ochre", None);
    assert_eq!(window.marked().as_deref(), Some("Lady in ochre"), "and nothing covers it");
}

#[test]
fn two_pasted_pictures_are_not_called_by_one_name() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    let picture = egui::ColorImage::filled([20, 30], egui::Color32::GOLD);
    window.harness.event(egui::Event::PasteImage(Arc::new(picture)));
    window.harness.run_steps(3);
    window.ready_from(PortraitOrigin::Memory, "Pasted picture", Some("Pasted picture"));
    assert!(window.has_text("A new portrait has taken the place of the one before"), "said without the name");
    assert!(!window.has_text("Pasted picture has taken"), "which would say nothing");
}
