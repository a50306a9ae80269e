//! The window's main states, compared with the pictures in `tests/window/snapshots`.
//!
//! They are drawn by a software adapter, which gives the same pixels on every machine. `UPDATE_SNAPSHOTS=1 cargo test window::snapshots` takes what is
//! drawn for what shall be drawn from then on; where a comparison fails, the new picture and the difference lie beside the old one.

use std::path::Path;
use std::time::Duration;

use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use retrato::present::AppConfig;
use retrato::record::RecordStatus;
use retrato::session::{Event, RequestId};
use test_needs::needs;

use super::{Window, group_question};

/// Largest difference of a pixel that counts as none: squared distance of colours in YIQ. Edges of letters may be rounded otherwise by another version of
/// the adapter; a step of one level in one channel is below a hundredth.
const THRESHOLD: f32 = 0.3;

/// A window of the smallest size that is promised, which saves to a folder of the same name on every machine.
fn window() -> Window {
    let folder = tempfile::tempdir().expect("a folder for the test");
    Window::saving_to(Path::new("Videos"), folder, [900.0, 600.0, 1.0], AppConfig::default())
}

fn live() -> Window {
    let mut window = window();
    window.come_alive();
    window
}

pub(super) fn assert_as_before(window: &mut Window, name: &str) {
    let picture = window.harness.render().expect("the window can be drawn");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/window/snapshots");
    let options = SnapshotOptions::new().threshold(THRESHOLD).output_path(folder);
    if let Err(difference) = try_image_snapshot_options(&picture, name, &options) {
        panic!("{difference}");
    }
}

#[needs(software_gpu)]
#[test]
fn empty() {
    assert_as_before(&mut window(), "empty");
}

#[needs(software_gpu)]
#[test]
fn portrait_alive() {
    assert_as_before(&mut live(), "portrait_alive");
}

#[needs(software_gpu)]
#[test]
fn panel_hidden() {
    let mut window = live();
    window.press(egui::Key::P);
    assert_as_before(&mut window, "panel_hidden");
}

#[needs(software_gpu)]
#[test]
fn face_question() {
    let mut window = window();
    window.double.report(Event::FaceAsked(group_question()));
    window.harness.run_steps(3);
    assert_as_before(&mut window, "face_question");
}

#[needs(software_gpu)]
#[test]
fn recording() {
    let mut window = live();
    let status = RecordStatus { elapsed: Duration::from_secs(72), frames: 2160, audio_level: Some(0.55), ..RecordStatus::default() };
    window.double.0.borrow_mut().recording = Some(status);
    window.harness.run_steps(3);
    while !window.harness.state().view().record.dot_lit {
        // How many steps a new window takes depends on its other threads.
        window.harness.run_steps(1);
    }
    assert_as_before(&mut window, "recording");
}

#[needs(software_gpu)]
#[test]
fn error_message() {
    let mut window = live();
    let why = "photo.jpg is no picture this program can read: it is a text file. Save it as JPEG, PNG or WebP and try again".to_owned();
    window.double.report(Event::PortraitFailed { id: RequestId::default(), why });
    window.harness.run_steps(3);
    assert_as_before(&mut window, "error_message");
}

#[needs(software_gpu)]
#[test]
fn help() {
    let mut window = window();
    window.press(egui::Key::F1);
    assert_as_before(&mut window, "help");
}
