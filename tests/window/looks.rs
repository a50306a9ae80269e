//! What the window shows in each of its states.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use retrato::data::TrackedFrame;
use retrato::present::{AboutView, AppConfig};
use retrato::session::{Event, Finished, Interrupted, RecordStatus, RenderedImage, RequestId};

use super::{Window, rendered, tracked_frame};

#[test]
fn the_empty_window_invites() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    assert!(window.has("Drop a portrait here"), "the invitation is there");
    for title in ["Portrait: Lady in ochre", "Portrait: Sailor", "Portrait: The reader"] {
        assert_eq!(window.harness.query_all_by_label(title).count(), 2, "{title} is offered on the stage and in the panel");
    }
    assert!(!window.has_text("Wayland"), "no word of Wayland where dropping works");
    window.look("empty");
    window.harness.get_all_by_label("Portrait: Sailor").next().expect("the sailor").click();
    window.harness.run_steps(3);
    assert_eq!(window.double.calls(), ["open built-in 1"], "a click on a thumbnail opens it");
    assert!(window.has("Opening Sailor …"), "and the stage says so");
}

#[test]
fn the_smallest_promised_window_has_room_for_everything() {
    let mut window = Window::new(900.0, 600.0, 1.0);
    window.look("empty_900x600");
    window.come_alive();
    let picture = window.look("live_900x600");
    assert_eq!(picture.dimensions(), (900, 600), "drawn at its size");
    for label in ["Record", "Snapshot", "Sound on", "30 fps · 38 ms"] {
        let rect = window.harness.get_by_label(label).rect();
        assert!(egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(900.0, 600.0)).contains_rect(rect), "{label} is in view: {rect:?}");
    }
}

#[test]
fn a_wayland_session_is_told_that_dropping_does_not_work() {
    let mut window = Window::with(1000.0, 700.0, 1.0, AppConfig { no_drop: true, ..AppConfig::default() });
    assert!(window.has_text("Wayland"), "said in the empty window");
    window.look("empty_wayland");
}

#[test]
fn a_living_portrait_fills_the_stage() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    assert!(window.has("Portrait: Mona Lisa"), "named for screen readers");
    assert!(window.has("FaceCam, 30 fps"), "the driver's state");
    assert!(window.has("30 fps · 38 ms"), "speed");
    assert!(window.has_text("Driver picture: a face is found"), "the inset is described");
    let picture = window.look("live");
    let middle = picture.get_pixel(450, 330).0;
    assert!(middle[0] > 60, "a face, not the dark stage: {middle:?}");
    let corner = picture.get_pixel(4, 4).0;
    assert!(corner[0] < 30, "the stage stays dark: {corner:?}");
}

#[test]
fn the_picture_on_the_stage_has_the_colours_of_the_picture() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let plain = RgbaImage::from_pixel(64, 96, Rgba([200, 120, 40, 255]));
    window.double.0.borrow_mut().rendered = Some(rendered(RenderedImage::Cpu(Arc::new(plain))));
    window.harness.run_steps(2);
    let shown = window.harness.render().expect("the window can be drawn");
    let pixel = shown.get_pixel(454, 380).0;
    let off = [200, 120, 40].iter().zip(pixel).map(|(&want, got): (&i32, u8)| (want - i32::from(got)).abs()).max();
    assert!(off <= Some(1), "enlarged pixels keep their colour: {pixel:?}");
}

#[test]
fn everything_is_drawn_sharp_on_a_dense_display() {
    let mut window = Window::live(1280.0, 800.0, 2.0);
    assert_eq!(window.look("live_2x").dimensions(), (2560, 1600), "every physical pixel is drawn");
}

#[test]
fn a_large_window_still_looks_composed() {
    let mut window = Window::live(1920.0, 1080.0, 1.0);
    let panel = window.harness.get_by_label("Record").rect();
    assert!(panel.width() < 300.0 && panel.left() > 1600.0, "the panel stays slim at the right: {panel:?}");
    window.look("live_large");
}

#[test]
fn recording_shows_time_and_can_be_stopped() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.click("Record");
    assert_eq!(window.double.calls(), ["record Mona Lisa sound=true"], "named after the portrait");
    window.double.0.borrow_mut().recording =
        Some(RecordStatus { elapsed: Duration::from_secs(72), audio_level: Some(0.55), ..RecordStatus::default() });
    window.harness.run_steps(2);
    assert!(window.has("Stop recording") && window.has("Microphone level 55 %"), "button and meter");
    window.look("recording");
    window.press(egui::Key::P);
    assert!(!window.has("Stop recording"), "the panel is hidden");
    window.look("recording_without_panel");
    window.press(egui::Key::R);
    assert_eq!(window.double.calls(), ["stop"], "the key works without the panel");
    window.double.0.borrow_mut().recording = Some(RecordStatus { finishing: Some(0.4), dropped: 3, ..RecordStatus::default() });
    window.harness.run_steps(2);
    window.press(egui::Key::R);
    assert!(window.double.calls().is_empty(), "nothing can be started or stopped while the file is completed");
    window.double.0.borrow_mut().recording = None;
    let path = PathBuf::from("clips").join("Mona Lisa 1.mp4");
    let duration = Duration::from_secs(72);
    window.double.report(Event::RecordingFinished(Finished {
        path,
        frames: 2160,
        dropped: 0,
        repeated: 0,
        duration,
        bytes: 1,
        warnings: Vec::new(),
    }));
    window.press(egui::Key::P);
    assert!(window.has_text("Mona Lisa 1.mp4 is saved (72.0 s)"), "told where it is");
    assert!(window.has("Show the last file in its folder") && window.has("Copy the path of the last file"), "two ways to it");
    window.look("recorded");
}

#[test]
fn trouble_is_told_where_it_matters() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.double.report(Event::FaceLost);
    window.harness.run_steps(2);
    assert!(window.has_text("No face found: look into the camera"), "on the stage and in the panel");
    window.look("no_face");
    window.double.report(Event::SourceStalled { seconds: 3.0, reason: String::new() });
    let why = "photo.jpg is no picture this program can read: it is a text file. Save it as JPEG, PNG or WebP and try again";
    for _ in 0..3 {
        window.double.report(Event::PortraitFailed { id: RequestId::default(), why: why.to_owned() });
    }
    window.harness.run_steps(3);
    assert!(window.has_text("has sent nothing for 3 s"), "the stalled camera");
    assert_eq!(window.harness.query_all_by_role(egui::accesskit::Role::Alert).count(), 1, "one message, not three");
    window.look("trouble");
    window.click("Dismiss message");
    assert!(!window.has_text("photo.jpg is no picture"), "it can be put away");
}

#[test]
fn the_driver_picture_says_why_no_face_is_found() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    assert!(window.has_text("Driver picture: a face is found"), "all is well");
    let seen = tracked_frame();
    let mut show = |brightness: u8, reader: &'static str| {
        let dark = RgbImage::from_pixel(640, 480, Rgb([brightness; 3]));
        let mut log = window.double.0.borrow_mut();
        log.stats.reader = reader;
        log.tracked = Some(TrackedFrame { pixels: Some(Arc::new(dark)), face: None, ..seen.clone() });
        drop(log);
        window.harness.run_steps(3);
        let words = ["Too dark", "still loading", "No face: look into the camera"];
        words.map(|words| window.has_text(&format!("Driver picture: {words}")) || window.has_text(words))
    };
    assert_eq!(show(8, "face reader"), [true, false, false], "a dark room");
    assert_eq!(show(120, ""), [false, true, false], "nothing reads faces yet");
    assert_eq!(show(120, "face reader"), [false, false, true], "none of these");
    window.look("no_face_why");
}

#[test]
fn interrupted_recordings_are_offered_for_recovery() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let found = Interrupted { part: PathBuf::from("clips").join("Mona Lisa 3.mp4.part"), bytes: 12_300_000, modified: None };
    window.double.report(Event::InterruptedFound(vec![found]));
    window.harness.run_steps(3);
    assert!(window.has("An interrupted recording was found") && window.has_text("12.3 MB"), "what was found");
    window.look("recovery");
    window.click("Recover");
    assert_eq!(window.double.calls(), ["recover Mona Lisa 3.mp4.part"], "made playable");
    assert!(!window.has("Recover"), "the question is gone");
}

#[test]
fn nothing_is_redrawn_when_nothing_happens() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.harness.run();
    let next = window.harness.output().viewport_output.values().map(|output| output.repaint_delay).min();
    assert!(next > Some(Duration::from_hours(1)), "the still window asks for no repaint, not {next:?}");
    window.double.0.borrow_mut().recording = Some(RecordStatus::default());
    window.harness.run_steps(1);
    let next = window.harness.output().viewport_output.values().map(|output| output.repaint_delay).min();
    assert!(next <= Some(Duration::from_millis(500)) && next > Some(Duration::ZERO), "the blinking dot asks for two a second: {next:?}");
}

#[test]
fn a_picture_made_on_the_gpu_is_shown_as_it_is() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let state = window.render_state.clone().expect("the harness draws with wgpu");
    let size_px = [48, 32];
    let descriptor = wgpu::TextureDescriptor {
        label: Some("made on the gpu"),
        size: wgpu::Extent3d { width: size_px[0], height: size_px[1], depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format: wgpu::TextureFormat::Rgba8Unorm,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    };
    let pixels = [20, 90, 160, 255].repeat((size_px[0] * size_px[1]) as usize);
    let order = wgpu::util::TextureDataOrder::LayerMajor;
    let texture = wgpu::util::DeviceExt::create_texture_with_data(&state.device, &state.queue, &descriptor, order, &pixels);
    window.double.0.borrow_mut().rendered = Some(rendered(RenderedImage::Gpu(texture)));
    window.harness.run_steps(2);
    let shown = window.harness.render().expect("the window can be drawn");
    assert_eq!(shown.get_pixel(454, 380).0, [20, 90, 160, 255], "the texture's own colour");
}

#[test]
fn a_large_picture_is_averaged_not_sampled() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    let stripes = RgbaImage::from_fn(3000, 3000, |x, _| if x % 2 == 0 { Rgba([255, 255, 255, 255]) } else { Rgba([0, 0, 0, 255]) });
    window.double.0.borrow_mut().rendered = Some(rendered(RenderedImage::Cpu(Arc::new(stripes))));
    window.harness.run_steps(2);
    let shown = window.harness.render().expect("the window can be drawn");
    for x in 400..440 {
        let grey = shown.get_pixel(x, 380).0[0];
        assert!((90..=166).contains(&grey), "fine stripes become grey, not a pattern: {grey} at {x}");
    }
}

#[test]
fn nothing_is_recorded_while_nothing_drives() {
    let mut window = Window::new(1200.0, 780.0, 1.0);
    window.ready("Mona Lisa", super::portrait_picture());
    let is_enabled = |window: &Window| !window.harness.get_by_label("Record").accesskit_node().is_disabled();
    assert!(!is_enabled(&window), "there would be nothing in the file");
    window.press(egui::Key::R);
    assert!(window.double.calls().is_empty(), "nor by key");
    window.come_alive();
    assert!(is_enabled(&window), "a camera drives");
    window.double.report(Event::SourceStalled { seconds: 3.0, reason: String::new() });
    window.harness.run_steps(2);
    assert!(is_enabled(&window), "a camera that stalls comes back by itself");
    window.double.report(Event::SourceFailed("the camera is gone".to_owned()));
    window.harness.run_steps(2);
    assert!(!is_enabled(&window), "one that failed does not");
    window.double.0.borrow_mut().recording = Some(RecordStatus::default());
    window.harness.run_steps(2);
    assert!(!window.harness.get_by_label("Stop recording").accesskit_node().is_disabled(), "but what runs can be ended");
}

#[test]
fn a_clip_is_not_told_to_look_into_the_camera() {
    let mut window = Window::live(1200.0, 780.0, 1.0);
    window.drop_files(&["smile.mp4"]);
    assert!(window.has("Opening smile.mp4 …") && !window.has_text("No face"), "it is being opened");
    window.double.report(Event::FaceLost);
    window.harness.run_steps(3);
    assert!(window.has_text("No face is seen here in the clip"), "words for a clip");
    assert!(!window.has_text("No face found: look into the camera"), "not for a camera");
}

#[test]
fn more_behind_an_edge_fades_and_the_rest_does_not() {
    let mut window = Window::live(900.0, 600.0, 1.0);
    let brightest = |window: &mut Window, y: std::ops::Range<u32>| {
        let picture = window.look("fade_900x600");
        let row = |y| (620..880).map(move |x| (x, y));
        y.flat_map(row).map(|(x, y)| picture.get_pixel(x, y).0[0]).max().unwrap_or_default()
    };
    let foot = window.harness.get_by_label("Record").rect().top() as u32;
    // The last points above the line over Record belong to what is cut there.
    let edge = foot - 14..foot - 11;
    assert!(brightest(&mut window, edge) < 60, "what is cut at the edge has faded into the panel");
}

#[test]
fn what_the_program_is_can_be_read_from_the_help() {
    let about = AboutView { version: "7.8.9".to_owned(), log: Some(PathBuf::from("logs").join("retrato.log")) };
    let mut window = Window::with(1200.0, 780.0, 1.0, AppConfig { about, ..AppConfig::default() });
    window.press(egui::Key::F1);
    window.click("About Retrato");
    for words in ["Retrato 7.8.9", "MIT licence", "synthetic heads alone", "retrato.log"] {
        assert!(window.has_text(words), "{words}");
    }
    window.look("about");
    window.press(egui::Key::Escape);
    assert!(!window.has("Retrato 7.8.9") && window.has("Shortcuts"), "back to the help");
    window.press(egui::Key::Escape);
    assert!(!window.has("Shortcuts"), "and to the stage");
}
