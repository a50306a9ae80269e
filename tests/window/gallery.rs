//! The portraits that the user has opened: remembered with all that belongs to them, shown on a sheet, kept and taken off.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::Queryable as _;
use retrato::collection::{CollectionFile, Source};
use retrato::data::Portrait;
use retrato::present::{AppConfig, OpenPicture};
use retrato::runtime::FileCache;
use retrato::session::{Event, FaceQuestion, PortraitOrigin, RequestId};
use retrato::settings::Motion;

use super::person::picture;
use super::{Window, group_question, painted_portrait, portrait, portrait_picture, ready_as};

/// A folder with a list of portraits and some pictures.
struct Home {
    folder: tempfile::TempDir,
    list: CollectionFile,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let list = CollectionFile::at(folder.path().join("data"));
        Self { folder, list }
    }

    /// A picture file that exists.
    fn picture(&self, name: &str) -> PathBuf {
        // Beside the folder of passing files, from which pictures would be copied.
        let path = self.folder.path().join(name);
        painted_portrait(60, 80, 0.2).save(&path).expect("a picture");
        path
    }

    /// A window of the next start.
    fn window(&self) -> Window {
        let open: OpenPicture = Arc::new(|path: &Path| image::open(path).ok().map(image::DynamicImage::into_rgba8));
        let config = AppConfig {
            collection: self.list.load().0,
            collection_file: Some(self.list.clone()),
            thumbnails: Some(FileCache::at(self.folder.path().join("thumbnails"), 1 << 20)),
            open_picture: Some(open),
            reopen: true,
            path_field_only: true,
            ..AppConfig::default()
        };
        Window::with(1200.0, 780.0, 1.0, config)
    }
}

impl Window {
    /// The file is chosen in a dialog and comes alive.
    fn open(&mut self, file: &Path) {
        self.ask_for(file);
        self.alive(file, None);
    }

    fn ask_for(&mut self, file: &Path) {
        self.press(egui::Key::O);
        self.harness.get_by_label("Path of the file").set_text_value_accesskit(&file.display().to_string());
        self.harness.run_steps(2);
        self.harness.get_all_by_label("Open").last().expect("the button").click();
        self.harness.run_steps(3);
    }

    fn alive(&mut self, file: &Path, replaced: Option<&str>) {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        self.ready_from(PortraitOrigin::File(file.to_owned()), &name, replaced);
    }

    fn titles(&self) -> Vec<String> {
        self.harness.state().view().gallery.iter().map(|item| item.title.clone()).collect()
    }

    /// Waits until the pipeline is asked for something.
    fn next_calls(&mut self) -> Vec<String> {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let calls = self.double.calls();
            if !calls.is_empty() {
                return calls;
            }
            assert!(Instant::now() < deadline, "something is asked for within a minute");
            std::thread::sleep(Duration::from_millis(5));
            self.harness.run_steps(1);
        }
    }

    fn set_head(&mut self, percent: f64) {
        self.harness.get_by_label("Head").set_value_accesskit(percent);
        self.harness.run_steps(2);
    }

    fn motion(&self) -> Motion {
        self.harness.state().view().controls.motion()
    }
}

/// The calls that open, without those that say how the portrait moves.
fn opened(calls: &[String]) -> Vec<&str> {
    calls.iter().map(String::as_str).filter(|call| !call.starts_with("controls")).collect()
}

/// Titles of the user's own portraits, and behind them those of the built-in ones.
fn before_built_in(own: [&'static str; 3]) -> [&'static str; 6] {
    [own[0], own[1], own[2], "Lady in ochre", "Sailor", "The reader"]
}

/// A second picture becomes ready and is used with the first one, as the pipeline reports it.
fn use_both(window: &mut Window, first: (RequestId, &Path, &Arc<Portrait>), second: (RequestId, &Path, &Arc<Portrait>)) {
    let origin = |file: &Path| PortraitOrigin::File(file.to_owned());
    window.double.report(ready_as(second.0, origin(second.1), second.2, Some("mother")));
    window.harness.run_steps(3);
    window.click("Use both pictures");
    window.double.report(ready_as(first.0, origin(first.1), first.2, None));
    window.double.report(Event::FurtherPictures { pictures: vec![Arc::clone(second.2)], added: None });
    window.harness.run_steps(3);
}

#[test]
fn portraits_are_there_again_at_the_next_start_and_the_last_one_is_reopened() {
    let home = Home::new();
    let mut window = home.window();
    assert_eq!(window.titles(), ["Lady in ochre", "Sailor", "The reader"], "a first start has the built-in ones");
    window.double.calls();
    let [mother, dog, friend] = ["mother.png", "dog.png", "friend.png"].map(|name| home.picture(name));
    for file in [&mother, &dog, &friend, &dog] {
        window.open(file);
    }
    assert_eq!(window.titles(), before_built_in(["friend", "dog", "mother"]), "own ones first; what is opened again does not jump about");
    drop(window);

    let mut window = home.window();
    assert_eq!(window.double.0.borrow().last, RequestId(1), "something is opened at once");
    assert!(window.has("Opening dog.png …"), "the portrait of the last run");
    window.alive(&dog, None);
    assert_eq!(window.titles(), before_built_in(["dog", "friend", "mother"]), "the newest first");
    window.until("thumbnails", |view| view.gallery.iter().all(|item| item.thumbnail.is_some()));
    assert_eq!(window.marked().as_deref(), Some("dog"), "and it is marked");
    window.look("gallery_row");
}

#[test]
fn a_first_start_and_a_lost_file_begin_with_a_built_in_portrait() {
    let home = Home::new();
    let mut window = home.window();
    assert!(window.has("Opening Lady in ochre …"), "nothing was opened before");
    let mother = home.picture("mother.png");
    window.open(&mother);
    drop(window);
    std::fs::remove_file(&mother).expect("it is gone");
    let mut window = home.window();
    let (id, why) = (window.double.0.borrow().last, "there is no file mother.png: check the path".to_owned());
    window.double.report(Event::PortraitFailed { id, why });
    window.harness.run_steps(2);
    assert_eq!(opened(&window.double.calls()), ["open built-in 0"], "the stage does not stay empty");
    assert!(window.has_text("There is no file mother.png"), "and it is told why");
    window.until("it is known that the file is gone", |view| view.gallery[0].is_missing);
    assert!(window.has("Portrait: mother, its file is missing"), "the portrait is not hidden");
    window.press(egui::Key::G);
    assert!(window.has_text("The file is not there"), "the sheet says so");
    window.look("gallery_missing");
    // The file comes back.
    home.picture("mother.png");
    window.press(egui::Key::Num1);
    assert_eq!(opened(&window.double.calls()), ["open mother.png"], "it can be tried again");
    window.alive(&mother, None);
    window.until("it is there again", |view| !view.gallery[0].is_missing);
}

#[test]
fn the_sheet_is_used_by_keyboard() {
    let home = Home::new();
    let mut window = home.window();
    for name in ["mother.png", "dog.png"] {
        window.open(&home.picture(name));
    }
    window.double.calls();
    window.press(egui::Key::G);
    assert!(window.has("Yours, the newest first") && window.has("They come with Retrato"), "own ones first");
    window.look("gallery_sheet");
    window.harness.run_steps(2);
    window.press(egui::Key::Enter);
    assert_eq!(opened(&window.double.calls()), ["open dog.png"], "the portrait on the stage has the keyboard");
    assert!(!window.has("Yours, the newest first"), "a portrait that is opened puts the sheet away");
    window.press(egui::Key::G);
    window.harness.run_steps(2);
    window.press(egui::Key::Delete);
    assert_eq!(window.titles()[0], "mother", "Delete takes it off the list");
    assert!(window.has_text("“dog” is off the list") && window.has("Yours, the newest first"), "which is told, on the sheet");
    window.click("Put it back");
    assert_eq!(window.titles()[..2], ["dog".to_owned(), "mother".to_owned()], "and can be taken back");
    window.press(egui::Key::Escape);
    assert!(!window.has("Yours, the newest first"), "Esc closes it");
    assert!(window.double.calls().is_empty(), "nothing else was done");
}

#[test]
fn a_favourite_stays_at_the_front_also_of_the_next_start() {
    let home = Home::new();
    let mut window = home.window();
    for name in ["mother.png", "dog.png", "friend.png"] {
        window.open(&home.picture(name));
    }
    window.press(egui::Key::G);
    window.click("Keep mother at the front");
    assert_eq!(window.titles()[..3], ["mother", "friend", "dog"].map(str::to_owned), "at once");
    window.open(&home.picture("new.png"));
    assert_eq!(window.titles()[..2], ["mother", "new"].map(str::to_owned), "a new one comes behind it");
    drop(window);
    let mut window = home.window();
    assert_eq!(window.titles()[0], "mother", "and next time");
    window.press(egui::Key::G);
    window.click("Do not keep mother at the front");
    drop(window);
    assert_eq!(home.window().titles()[..4], ["new", "friend", "dog", "mother"].map(str::to_owned), "until it is none any more");
}

#[test]
fn each_portrait_keeps_its_own_motion() {
    let home = Home::new();
    let [mother, dog] = ["mother.png", "dog.png"].map(|name| home.picture(name));
    let mut window = home.window();
    window.open(&mother);
    window.set_head(150.0);
    window.open(&dog);
    assert!((window.motion().strengths.head - 1.5).abs() < 1e-6, "a new one begins as the last one was moved");
    window.set_head(50.0);
    window.double.calls();
    window.open(&mother);
    assert_eq!(window.double.calls(), ["open mother.png", "controls mirror=true head=1.50"], "the first one is moved as before");
    window.harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    window.harness.run_steps(2);
    assert!(window.double.calls().is_empty(), "what was changed for another portrait is not undone here");
    drop(window);
    let mut window = home.window();
    window.double.calls();
    window.alive(&mother, None);
    window.open(&dog);
    assert_eq!(window.double.calls().last().map(String::as_str), Some("controls mirror=true head=0.50"), "also at the next start");
}

#[test]
fn a_chosen_face_is_not_asked_for_again_unless_one_wants() {
    let home = Home::new();
    let group = home.picture("group.png");
    let mut window = home.window();
    window.ask_for(&group);
    let id = window.double.0.borrow().last;
    window.alive(&group, None);
    window.double.report(Event::FaceAsked(FaceQuestion { id, ..group_question() }));
    window.harness.run_steps(3);
    window.press(egui::Key::Num3);
    window.press(egui::Key::Enter);
    window.alive(&group, None);
    drop(window);
    let mut window = home.window();
    assert!(window.has("Opening group.png …"), "reopened");
    window.double.calls();
    window.press(egui::Key::Num1);
    // The third from the left begins at 0.74 of the width and 0.46 of the height.
    assert_eq!(opened(&window.double.calls()), ["open group.png with the face at 0.74 0.46"], "the face that was chosen");
    window.press(egui::Key::G);
    window.click("Choose another face in group");
    assert_eq!(opened(&window.double.calls()), ["open group.png"], "asked again");
    let id = window.double.0.borrow().last;
    window.alive(&group, None);
    window.double.report(Event::FaceAsked(FaceQuestion { id, ..group_question() }));
    window.harness.run_steps(3);
    window.press(egui::Key::Escape);
    window.press(egui::Key::Num1);
    assert_eq!(opened(&window.double.calls()), ["open group.png with the face at 0.36 0.14"], "who does not choose keeps the largest");
}

#[test]
fn further_pictures_belong_to_their_portrait() {
    let home = Home::new();
    let [mother, dog, laughing] = ["mother.png", "dog.png", "laughing.png"].map(|name| home.picture(name));
    let mut window = home.window();
    window.open(&mother);
    window.drop_files(&["not looked at.txt"]);
    window.press(egui::Key::A);
    window.harness.get_by_label("Path of the file").set_text_value_accesskit(&laughing.display().to_string());
    window.harness.run_steps(2);
    window.harness.get_all_by_label("Open").last().expect("the button").click();
    window.harness.run_steps(3);
    let used = [picture("laughing", 0.3)];
    window.further(&used);
    window.open(&dog);
    window.double.calls();
    window.open(&mother);
    assert_eq!(opened(&window.double.calls()), ["open mother.png", "add laughing.png"], "it comes back with its further picture");
    window.further(&used);
    window.click("Remove laughing");
    window.double.report(Event::FurtherPictures { pictures: Vec::new(), added: None });
    window.harness.run_steps(3);
    window.open(&dog);
    window.double.calls();
    window.open(&mother);
    assert_eq!(opened(&window.double.calls()), ["open mother.png"], "until it is removed");
}

#[test]
fn a_pasted_picture_is_kept_and_goes_when_it_is_taken_off_the_list() {
    let home = Home::new();
    let mut window = home.window();
    window.double.calls();
    let pasted = egui::ColorImage::filled([20, 30], egui::Color32::GOLD);
    window.harness.event(egui::Event::PasteImage(Arc::new(pasted)));
    window.harness.run_steps(1);
    assert!(window.has("Opening the pasted picture …"), "something happens at once");
    assert_eq!(window.next_calls(), ["open Pasted picture 1.png"], "it has a file now");
    let kept = home.list.pictures().join("Pasted picture 1.png");
    assert!(kept.is_file(), "in the data folder");
    window.alive(&kept, None);
    let own = home.picture("own.png");
    window.open(&own);
    drop(window);

    let mut window = home.window();
    window.alive(&own, None);
    assert_eq!(window.titles()[..2], ["own", "Pasted picture 1"].map(str::to_owned), "both are there again");
    window.press(egui::Key::G);
    window.click("Take own off the list");
    window.click("Take Pasted picture 1 off the list");
    assert!(kept.is_file(), "it can still be put back");
    // The offer goes.
    window.until("the offer is gone", |view| view.toasts.shown().is_empty());
    drop(window);
    assert!(!kept.exists(), "the copy that was kept is gone");
    assert!(own.is_file(), "the user's own file stays, whatever is taken off the list");
    assert_eq!(home.list.load().0.own().count(), 0, "and the list is empty");
}

#[test]
fn a_picture_that_passes_through_is_copied() {
    let home = Home::new();
    let mut window = home.window();
    window.double.calls();
    // Browsers let one drag files from the folder for passing ones, where this test has its own.
    let passing = home.picture("from the browser.png");
    window.drop_files(&[passing.to_str().expect("a path")]);
    assert_eq!(window.next_calls(), ["open from the browser 1.png"], "the copy is opened");
    std::fs::remove_file(&passing).expect("it passes");
    assert!(home.list.pictures().join("from the browser 1.png").is_file(), "the copy stays");
}

#[test]
fn two_windows_leave_each_others_portraits_in_the_list() {
    let home = Home::new();
    let (mut first, mut second) = (home.window(), home.window());
    let [mother, dog, friend] = ["mother.png", "dog.png", "friend.png"].map(|name| home.picture(name));
    first.open(&mother);
    second.open(&dog);
    first.open(&friend);
    drop(first);
    second.set_head(130.0);
    drop(second);
    let list = home.list.load().0;
    for file in [&mother, &dog, &friend] {
        assert!(list.get(&Source::File(file.clone())).is_some(), "{} is in the list", file.display());
    }
    let motion = list.get(&Source::File(dog)).and_then(|known| known.motion).expect("its motion");
    assert!((motion.strengths.head - 1.3).abs() < 1e-6, "with what the second window has chosen for it");
}

#[test]
fn a_list_that_cannot_be_written_is_said_and_the_portrait_lives() {
    let home = Home::new();
    std::fs::write(home.folder.path().join("data"), b"a file where the folder should be").expect("a file");
    let mut window = home.window();
    window.double.calls();
    window.harness.event(egui::Event::PasteImage(Arc::new(egui::ColorImage::filled([20, 30], egui::Color32::GOLD))));
    window.harness.run_steps(1);
    assert_eq!(window.next_calls(), ["open Pasted picture 20x30"], "from memory");
    window.harness.run_steps(2);
    assert!(window.has_text("The picture will be gone at the next start"), "which is said");
}

#[test]
fn joined_portraits_stay_together() {
    let home = Home::new();
    let [mother, again] = ["mother.png", "mother again.png"].map(|name| home.picture(name));
    let mut window = home.window();
    let first = portrait("mother", portrait_picture());
    let second = portrait("mother again", painted_portrait(300, 400, 0.7));
    window.ask_for(&mother);
    let first_id = window.double.0.borrow().last;
    window.double.report(ready_as(first_id, PortraitOrigin::File(mother.clone()), &first, None));
    window.harness.run_steps(3);
    window.double.calls();
    window.drop_files(&[again.to_str().expect("a path")]);
    let calls = window.next_calls();
    let copy = home.list.pictures().join("mother again 1.png");
    assert_eq!(opened(&calls).last(), Some(&"open mother again 1.png"), "a passing file is copied");
    let second_id = window.double.0.borrow().last;
    use_both(&mut window, (first_id, &mother, &first), (second_id, &copy, &second));
    let known = window.harness.state().collection().get(&Source::File(mother)).cloned().expect("the first");
    assert_eq!(known.further, [copy], "the second is a further picture of the first from now on");
}

#[test]
fn a_pasted_picture_that_another_portrait_is_made_from_outlives_its_tile() {
    let home = Home::new();
    let mother = home.picture("mother.png");
    let [first, second] = [portrait("mother", portrait_picture()), portrait("pasted", painted_portrait(300, 400, 0.7))];
    let mut window = home.window();
    window.ask_for(&mother);
    let first_id = window.double.0.borrow().last;
    window.double.report(ready_as(first_id, PortraitOrigin::File(mother.clone()), &first, None));
    window.harness.run_steps(3);
    window.double.calls();
    window.harness.event(egui::Event::PasteImage(Arc::new(egui::ColorImage::filled([20, 30], egui::Color32::GOLD))));
    window.harness.run_steps(1);
    window.next_calls();
    let kept = home.list.pictures().join("Pasted picture 1.png");
    let second_id = window.double.0.borrow().last;
    use_both(&mut window, (first_id, &mother, &first), (second_id, &kept, &second));
    window.press(egui::Key::G);
    window.click("Take Pasted picture 1 off the list");
    window.until("the offer to put it back is gone", |view| view.toasts.shown().is_empty());
    drop(window);
    assert!(kept.is_file(), "the portrait on the stage is made from it");
    let mut window = home.window();
    window.alive(&mother, None);
    window.press(egui::Key::G);
    window.click("Take mother off the list");
    window.until("the offer to put it back is gone", |view| view.toasts.shown().is_empty());
    drop(window);
    assert!(!kept.exists() && mother.is_file(), "it goes with the last portrait that is made from it; the user's own file stays");
}

#[test]
fn all_pictures_that_pass_through_are_copied() {
    let home = Home::new();
    let mut window = home.window();
    window.double.calls();
    let passing = ["first.png", "second.png", "third.png"].map(|name| home.picture(name));
    // Of one content there is one copy.
    for (file, hue) in passing.iter().zip([0.1, 0.5, 0.9]) {
        painted_portrait(60, 80, hue).save(file).expect("a picture");
    }
    window.drop_files(&passing.each_ref().map(|file| file.to_str().expect("a path")));
    window.until("all are in the gallery", |view| view.gallery.len() == 5);
    let first = home.list.pictures().join("first 1.png");
    window.alive(&first, None);
    assert_eq!(window.titles()[1..3], ["second 1", "third 1"].map(str::to_owned), "the copies wait, in the order of the files");
    for file in &passing {
        std::fs::remove_file(file).expect("it passes");
    }
    window.double.calls();
    window.click("All show one person");
    assert_eq!(window.double.calls(), ["add second 1.png", "add third 1.png"], "the copies are further pictures");
    drop(window);
    let list = home.list.load().0;
    assert!(list.own().all(|known| known.source.file().is_some_and(Path::is_file)), "no passing file is in the list: {list:?}");
}
