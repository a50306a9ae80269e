//! What becomes of a recording in the window: the card, its parts and formats, the replay, the list of earlier ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::{Rgba, RgbaImage};
use retrato::present::{Doing, GifSize, ViewState};
use retrato::record::{AudioSource, RecordFrame, RecordOptions, Recorder};
use retrato::session::{Event, Finished};

use super::Window;

/// A film of two seconds, 25 pictures each, in which something moves.
pub(super) fn film(folder: &Path, name: &str) -> PathBuf {
    let recorder = Recorder::start(RecordOptions::new(folder.join(name)).expect("a format"), AudioSource::None).expect("started");
    let zero = Instant::now();
    for number in 0..50_u32 {
        let pts = Duration::from_millis(40 * u64::from(number));
        let at = 20.0 + 2.0 * number as f32;
        let pixels = RgbaImage::from_fn(160, 200, |x, y| {
            let near = (x as f32 - at).hypot(y as f32 - 90.0) < 30.0;
            if near { Rgba([214, 160, 116, 255]) } else { Rgba([60 + (y / 4) as u8, 52, 44 + (x / 4) as u8, 255]) }
        });
        recorder.push(RecordFrame { pixels: Arc::new(pixels), pts, captured_at: zero + pts }).expect("taken");
    }
    recorder.finish(|_| {}).expect("finished").path
}

pub(super) fn finished(path: &Path) -> Event {
    let duration = Duration::from_secs(2);
    Event::RecordingFinished(Finished {
        path: path.to_owned(),
        frames: 50,
        dropped: 0,
        repeated: 0,
        duration,
        bytes: 1,
        warnings: Vec::new(),
    })
}

fn name(view: &ViewState) -> String {
    view.films.card.as_ref().and_then(|card| card.path.file_name()).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A window in which this film was just recorded.
fn recorded(size: [f32; 2]) -> (Window, PathBuf) {
    let mut window = Window::live(size[0], size[1], 1.0);
    let path = film(window.folder.path(), "Mona Lisa 1.mp4");
    window.double.report(finished(&path));
    window
        .until("the card is complete", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some() && card.picture.is_some()));
    window.harness.run_steps(2);
    (window, path)
}

#[test]
fn a_finished_recording_lies_on_the_stage_with_all_that_can_be_done_with_it() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    for label in
        ["Play Mona Lisa 1", "Replay", "Trim", "Save as", "Show it in its folder", "Rename", "Put it into the trash", "Close (Esc)"]
    {
        assert!(window.has(label), "{label} is offered");
    }
    assert!(window.has_text("0:02.0  ·  160 × 200") && window.has_text("silent"), "and what it is");
    assert!(window.harness.get_by_label("Record").rect().bottom() < 800.0, "the panel is as it was");
    window.look("film_card");
    window.press(egui::Key::Escape);
    assert!(!window.has("Replay"), "Esc puts it away");
}

#[test]
fn the_card_makes_room_for_the_portraits() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    let has_card = |window: &Window| window.has("Replay");
    assert!(has_card(&window), "just recorded");
    window.press(egui::Key::G);
    window.harness.run_steps(2);
    assert!(!has_card(&window), "all portraits are shown");
    window.press(egui::Key::Escape);
    window.harness.run_steps(2);
    assert!(has_card(&window), "it is there again");
}

#[test]
fn the_card_fits_every_window() {
    for (width, height) in [(900.0, 600.0), (720.0, 520.0)] {
        let (mut window, _) = recorded([1240.0, 800.0]);
        window.harness.set_size(egui::vec2(width, height));
        window.harness.run_steps(2);
        window.click("Trim");
        window.until("the strip is there", |view| view.films.card.as_ref().is_some_and(|card| card.strip.len() == 12));
        window.harness.run_steps(2);
        let whole = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
        for label in ["Replay", "Save as", "Put it into the trash", "Save again", "Done"] {
            let rect = window.harness.get_by_label(label).rect();
            assert!(whole.contains_rect(rect), "{label} is in view at {width}x{height}: {rect:?}");
        }
        window.look(&format!("film_card_{width}x{height}"));
    }
}

#[test]
fn the_small_picture_plays_while_it_is_pointed_at() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    let position = window.harness.get_by_label("Play Mona Lisa 1").rect().center();
    window.harness.hover_at(position);
    window.until("it plays", |view| view.films.card.as_ref().is_some_and(|card| card.pointed_at));
    window.harness.hover_at(egui::pos2(20.0, 20.0));
    window.until("it stands still", |view| view.films.card.as_ref().is_some_and(|card| !card.pointed_at));
}

#[test]
fn the_ends_are_cut_off_by_keys_and_the_recording_stays() {
    let (mut window, path) = recorded([1240.0, 800.0]);
    let before = std::fs::read(&path).expect("the film");
    window.click("Trim");
    assert!(window.harness.get_by_label("Save again").accesskit_node().is_disabled(), "nothing is cut off yet");
    window.harness.get_by_label_contains("Beginning of the part").focus();
    window.harness.run_steps(2);
    for _ in 0..5 {
        window.press(egui::Key::ArrowRight);
    }
    window.harness.get_by_label_contains("End of the part").focus();
    window.harness.run_steps(2);
    for _ in 0..4 {
        window.press(egui::Key::ArrowLeft);
    }
    let part = window.harness.state().view().films.card.as_ref().and_then(|card| card.part).expect("a part");
    assert_eq!((part.from.as_millis(), part.to.as_millis()), (500, 1600), "a tenth of a second for each press");
    window.look("film_trim");
    window.click("Save again");
    window.until("the part is saved", |view| name(view) == "Mona Lisa 1 trimmed.mp4");
    window.until("it is looked at", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
    let facts = window.harness.state().view().films.card.as_ref().and_then(|card| card.facts.clone()).expect("facts");
    assert!(facts.duration.abs_diff(Duration::from_millis(1100)) < Duration::from_millis(50), "as long as the part: {facts:?}");
    assert_eq!(std::fs::read(&path).expect("the film"), before, "the recording is as it was");
}

#[test]
fn a_gif_says_before_how_large_it_will_be() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    window.click("Save as");
    window.until("the size is known", |view| {
        view.films.card.as_ref().is_some_and(|card| matches!(card.gif, GifSize::About(size) if size > 1000))
    });
    window.harness.run_steps(2);
    for label in ["Film, whole picture (MP4)", "Film, square (MP4)", "Film, tall for telephones (MP4)"] {
        assert!(window.has(label), "{label} is offered");
    }
    window.look("film_formats");
    window.press(egui::Key::Escape);
    assert!(window.has("Replay") && !window.has("Film, square (MP4)"), "Esc closes the menu alone");
    window.click("Save as");
    window.harness.get_by_label_contains("GIF, about").click();
    window.harness.run_steps(2);
    window.until("the GIF is there", |view| name(view) == "Mona Lisa 1.gif");
    window.until("it is looked at", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
}

#[test]
fn a_trimmed_gif_is_one_click_away() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    window.click("Trim");
    window.harness.get_by_label_contains("End of the part").focus();
    window.harness.run_steps(2);
    for _ in 0..4 {
        window.press(egui::Key::ArrowLeft);
    }
    window.click("GIF");
    window.until("the GIF is there", |view| std::path::Path::new(&name(view)).extension().is_some_and(|end| end == "gif"));
    window.until("it is looked at", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
    window.harness.run_steps(2);
    let facts = window.harness.state().view().films.card.as_ref().and_then(|card| card.facts.clone()).expect("facts");
    assert!(facts.duration.abs_diff(Duration::from_millis(1600)) < Duration::from_millis(80), "of the part alone: {facts:?}");
    window.click("Trim");
    assert!(!window.has("GIF") && window.has("Save again"), "which is saved as a GIF anyway");
}

#[test]
fn a_click_on_the_strip_shows_the_picture_there() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    window.click("Trim");
    window.until("the strip is there", |view| view.films.card.as_ref().is_some_and(|card| card.strip.len() == 12));
    window.harness.run_steps(2);
    let small = window.harness.get_by_label("Play Mona Lisa 1").rect();
    let ends = ["Beginning of the part", "End of the part"].map(|end| window.harness.get_by_label_contains(end).rect());
    let at = |share: f32| egui::pos2(egui::lerp(ends[0].right()..=ends[1].left(), share), ends[0].center().y);
    let mut shown = Vec::new();
    for share in [0.2, 0.8] {
        window.harness.hover_at(at(share));
        window.harness.drag_at(at(share));
        window.harness.run_steps(2);
        window.harness.drop_at(at(share));
        let whole = Duration::from_secs(2).mul_f32(share);
        let near = |place: Duration| place.abs_diff(whole) < Duration::from_millis(60);
        window.until("the place is shown", |view| view.films.card.as_ref().and_then(|card| card.shown_at).is_some_and(near));
        // The picture comes from another thread.
        std::thread::sleep(Duration::from_millis(400));
        window.harness.run_steps(3);
        let picture = window.look("film_trim_place");
        let part =
            image::imageops::crop_imm(&picture, small.left() as u32, small.top() as u32, small.width() as u32, small.height() as u32);
        shown.push(part.to_image());
    }
    assert!(shown[0] != shown[1], "another picture for another place");
}

#[test]
fn a_place_in_a_replay_that_stands_still_is_shown() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    window.click("Replay");
    window.until("it plays", |view| view.films.replay.as_ref().is_some_and(|replay| replay.picture.is_some()));
    window.click("Pause");
    window.until("it stands still", |view| view.films.replay.as_ref().is_some_and(|replay| replay.paused));
    let bar = window.harness.get_by_label("Place in the film").rect();
    let mut shown = Vec::new();
    for share in [0.1, 0.9] {
        let at = egui::pos2(egui::lerp(bar.x_range(), share), bar.center().y);
        window.harness.hover_at(at);
        window.harness.drag_at(at);
        window.harness.run_steps(2);
        window.harness.drop_at(at);
        std::thread::sleep(Duration::from_millis(400));
        window.harness.run_steps(3);
        let view = window.harness.state().view().films.replay.clone().expect("a replay");
        assert!(view.paused, "it stands still");
        shown.push((view.position, window.look("film_replay_place")));
    }
    assert!(shown[0].0 < shown[1].0 && shown[0].1 != shown[1].1, "each place has its picture");
    // A slow computer sees the button go down and up in one frame.
    let at = bar.center();
    let button = |pressed| {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        egui::Event::PointerButton { pos: at, button, pressed, modifiers }
    };
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    window.harness.input_mut().events.extend([button(true), button(false)]);
    window.harness.run_steps(3);
    let position = window.harness.state().view().films.replay.as_ref().map(|replay| replay.position).expect("a replay");
    assert!(position > shown[0].0 && position < shown[1].0, "a quick click counts, too: {position:?}");
}

#[test]
fn a_recording_in_the_trash_is_put_back() {
    let (mut window, path) = recorded([1240.0, 800.0]);
    window.click("Put it into the trash");
    window.until("it is in the trash", |view| view.films.card.is_none());
    window.harness.run_steps(2);
    assert!(!path.exists() && window.has_text("Mona Lisa 1.mp4 is in the trash"), "told");
    window.look("film_in_trash");
    window.click("Put it back");
    window.until("it is there again", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
    window.harness.run_steps(2);
    assert!(path.exists() && window.has_text("is back in its folder") && !window.has("Put it back"), "and told");
}

#[test]
fn messages_leave_names_of_files_as_they_are() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.double.report(finished(&window.folder.path().join("my mother 1.mp4")));
    window.harness.run_steps(3);
    assert!(window.has_text("my mother 1.mp4 is saved") && !window.has_text("My mother"), "with its small letter");
}

#[test]
fn what_is_being_made_can_be_given_up() {
    let (mut window, path) = recorded([1240.0, 800.0]);
    window.click("Save as");
    window.click("Film, square (MP4)");
    // It may be done already on a quick machine: then there is nothing to give up.
    if window.has("Cancel") {
        window.click("Cancel");
    }
    window.until("it has ended", |view| view.films.card.as_ref().is_some_and(|card| card.doing == Doing::Nothing));
    assert!(path.exists(), "the recording stays in any case");
}

#[test]
fn a_recording_gets_another_name() {
    let (mut window, path) = recorded([1240.0, 800.0]);
    window.click("Rename");
    let field = window.harness.get_by_label("New name");
    assert!(field.is_focused(), "ready to type");
    field.type_text(" laughing");
    window.harness.run_steps(2);
    window.press(egui::Key::Enter);
    window.until("it is renamed", |view| name(view) == "Mona Lisa 1 laughing.mp4");
    assert!(!path.exists(), "the same file");
    assert!(window.double.calls().is_empty(), "letters are text here, not shortcuts");
}

#[test]
fn a_recording_is_played_on_the_stage() {
    let (mut window, _) = recorded([1240.0, 800.0]);
    window.click("Replay");
    window.until("it plays", |view| view.films.replay.as_ref().is_some_and(|replay| replay.picture.is_some()));
    window.harness.run_steps(2);
    assert!(window.has("Pause") && window.has("Place in the film") && !window.has("Trim"), "its line takes the card's place");
    window.look("film_replay");
    window.until("it is at its end", |view| view.films.replay.as_ref().is_some_and(|replay| replay.paused));
    window.press(egui::Key::Escape);
    assert!(window.has("Replay") && window.harness.state().view().films.replay.is_none(), "Esc leads back to the card");
}

#[test]
fn earlier_recordings_are_listed_the_newest_first() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    let old = film(window.folder.path(), "Sailor 1.mp4");
    let long_ago = std::time::SystemTime::now() - Duration::from_hours(50);
    std::fs::File::options().write(true).open(&old).and_then(|file| file.set_modified(long_ago)).expect("its time");
    film(window.folder.path(), "Lady 1.mp4");
    window.press(egui::Key::L);
    window.until("they are listed with their pictures", |view| {
        view.films.list.as_ref().is_some_and(|list| list.films.len() == 2 && list.films.iter().all(|film| film.thumbnail.is_some()))
    });
    window.harness.run_steps(2);
    let view = window.harness.state().view();
    let films: Vec<_> = view.films.list.iter().flat_map(|list| &list.films).map(|film| film.age.clone()).collect();
    assert_eq!(films, ["just now", "2 days ago"], "the newest first");
    window.look("film_list");
    window.click("Recording: Sailor 1.mp4");
    window.until("its card opens", |view| name(view) == "Sailor 1.mp4" && view.films.list.is_none());
    window.press(egui::Key::Escape);
    window.press(egui::Key::L);
    window.press(egui::Key::Escape);
    assert!(window.harness.state().view().films.list.is_none(), "Esc closes the list");
}

#[test]
fn a_file_that_is_gone_is_said_on_its_card() {
    let mut window = Window::live(1240.0, 800.0, 1.0);
    window.double.report(finished(&window.folder.path().join("gone.mp4")));
    window.until("it is looked for", |view| view.films.card.as_ref().is_some_and(|card| card.problem.is_some()));
    window.harness.run_steps(2);
    assert!(window.has_text("gone.mp4"), "which one");
    assert!(window.harness.get_by_label("Trim").accesskit_node().is_disabled(), "nothing can be cut off it");
}
