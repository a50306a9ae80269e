//! The window as a user sees it: drawn by a software renderer, driven by clicks and keys, with a double in place of the pipeline.
//!
//! Every picture drawn here lands in the build's temporary folder for people to look at.

mod deeds;
mod double;
mod executor;
mod films;
mod gallery;
mod keyboard;
mod languages;
mod looks;
mod motion;
mod person;
mod small;
mod snapshots;
mod studio;
mod takes;
mod tuning;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::{Harness, kittest::Queryable as _};
use glam::Vec2;
use image::{Rgb, RgbImage, Rgba, RgbaImage};
use retrato::capture::SourceKind;
use retrato::data::{Coefficient, Coefficients, Crop, FaceMotion, FrameTime, Landmarks, PixelBox, Portrait, TrackedFrame, Tuning};
use retrato::face::MeshModel;
use retrato::present::{App, AppConfig, BuiltInPortrait, ViewState};
use retrato::session::{
    CameraInfo, DeferredPixels, Event, FaceQuestion, LiveStats, PortraitOrigin, PortraitReady, Rendered, RenderedImage, RequestId,
    SourceInfo,
};
use retrato::settings::{Countdown, Settings};

use double::Double;

/// A painted-looking head, the same on every machine.
fn painted_portrait(width: u32, height: u32, hue: f32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let at = Vec2::new(x as f32 / width as f32 - 0.5, y as f32 / height as f32 - 0.42);
        let head = (at * Vec2::new(4.9, 3.5)).length();
        let shoulders = ((at - Vec2::new(0.0, 0.62)) * Vec2::new(1.7, 2.0)).length();
        let light = 0.75 - at.x * 0.5 - at.y * 0.3;
        let [r, g, b] = if head < 1.0 {
            [0.86 * light, 0.62 * light, 0.46 * light]
        } else if shoulders < 0.75 {
            [0.22 * light, 0.12 + 0.2 * hue * light, 0.2 * light]
        } else {
            [0.36 * light, 0.3 * light + 0.1 * hue, 0.2 * light + 0.15 * hue]
        };
        Rgba([r, g, b, 1.0].map(|c| (c.clamp(0.0, 1.0) * 255.0) as u8))
    })
}

fn portrait_picture() -> RgbaImage {
    painted_portrait(600, 900, 0.3)
}

fn built_in() -> Vec<BuiltInPortrait> {
    [("Lady in ochre", 0.1), ("Sailor", 0.5), ("The reader", 0.9)]
        .map(|(title, hue)| BuiltInPortrait {
            name: title.to_lowercase(),
            title: title.to_owned(),
            image: DeferredPixels::new(move || painted_portrait(360, 480, hue)),
        })
        .into()
}

struct Window {
    harness: Harness<'static, App>,
    double: Double,
    render_state: Option<egui_wgpu::RenderState>,
    folder: tempfile::TempDir,
}

impl Window {
    fn new(width: f32, height: f32, pixels_per_point: f32) -> Self {
        // A camera drives in most tests, and nobody waits for it.
        let settings = Settings { countdown: Countdown::Never, ..Settings::default() };
        Self::with(width, height, pixels_per_point, AppConfig { settings, ..AppConfig::default() })
    }

    fn with(width: f32, height: f32, pixels_per_point: f32, config: AppConfig) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let recordings = folder.path().to_owned();
        Self::saving_to(&recordings, folder, [width, height, pixels_per_point], config)
    }

    /// A window of so many points, with so many pixels in each, that says it saves to `recordings`.
    fn saving_to(recordings: &Path, folder: tempfile::TempDir, size: [f32; 3], config: AppConfig) -> Self {
        Self::drawn(recordings, folder, size, config, true)
    }

    /// The same, without pictures on the stage and with plain grounds where that is wanted.
    fn drawn(
        recordings: &Path,
        folder: tempfile::TempDir,
        [width, height, pixels_per_point]: [f32; 3],
        config: AppConfig,
        has_pictures: bool,
    ) -> Self {
        let double = Double::default();
        let session = double.clone();
        let settings = Settings { recordings_dir: recordings.to_owned(), ..config.settings };
        let performances = ["Talk", "Laugh", "Doubt", "Look around"].map(str::to_owned).into();
        let config = AppConfig { settings, portraits: built_in(), performances, ..config };
        let mut render_state = None;
        let harness = Harness::builder()
            .with_size(egui::vec2(width, height))
            .with_pixels_per_point(pixels_per_point)
            .with_render_cursor(false)
            .with_context_setup(retrato::present::apply_theme)
            // Fonts of the system are looked for while the window is there already.
            .allow_missing_glyphs()
            .wgpu()
            .build_eframe(|cc| {
                render_state.clone_from(&cc.wgpu_render_state);
                App::new(&cc.egui_ctx, cc.wgpu_render_state.as_ref().filter(|_| has_pictures), Box::new(session), config)
            });
        let mut window = Self { harness, double, render_state, folder };
        window.until("the gallery has its thumbnails", |view| view.gallery.iter().all(|item| item.is_own() || item.thumbnail.is_some()));
        window.harness.run_steps(3);
        window.double.calls();
        window
    }

    /// Waits for something that is made on another thread.
    fn until(&mut self, what: &str, holds: impl Fn(&ViewState) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !holds(self.harness.state().view()) {
            assert!(Instant::now() < deadline, "{what} within a minute");
            std::thread::sleep(Duration::from_millis(5));
            // A whole second of the window's clock: what blinks does so as if nobody had waited.
            self.harness.run_steps(4);
        }
    }

    /// A window in which a portrait moves, driven by a camera.
    fn live(width: f32, height: f32, pixels_per_point: f32) -> Self {
        let mut window = Self::new(width, height, pixels_per_point);
        window.come_alive();
        window
    }

    fn come_alive(&mut self) {
        let mut log = self.double.0.borrow_mut();
        log.events.extend([
            Event::Cameras(vec![camera(0, "FaceCam"), camera(1, "Document camera")]),
            Event::Microphones(vec!["Desk".to_owned()]),
            ready(&portrait("Mona Lisa", portrait_picture()), Tuning::Possible),
        ]);
        log.rendered = Some(rendered(RenderedImage::Cpu(Arc::new(portrait_picture()))));
        log.tracked = Some(tracked_frame());
        log.stats = LiveStats {
            frames_per_sec: 30.0,
            latency_ms_p50: 38.0,
            executor: "GPU: Radeon 780M".to_owned(),
            generator: "few-shot".to_owned(),
            reader: "face reader",
        };
        drop(log);
        self.harness.run_steps(2);
        self.open_combo_entry("Camera", "FaceCam");
        self.double.report(Event::SourceOpened(source("FaceCam")));
        self.double.0.borrow_mut().tracked = Some(tracked_frame());
        self.harness.run_steps(3);
        self.double.calls();
    }

    /// The portrait that was asked for last comes alive, as if from memory.
    fn ready(&mut self, name: &str, picture: RgbaImage) {
        let id = self.double.0.borrow().last;
        self.double.report(ready_as(id, PortraitOrigin::Memory, &portrait(name, picture), None));
        self.harness.run_steps(3);
    }

    fn open_combo_entry(&mut self, combo: &str, entry: &str) {
        self.harness.get_by_label(combo).click();
        self.harness.run_steps(3);
        self.harness.get_by_label(entry).click();
        self.harness.run_steps(3);
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).scroll_to_me();
        self.harness.run_steps(4);
        self.harness.get_by_label(label).click();
        self.harness.run_steps(3);
    }

    fn press(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.harness.run_steps(3);
    }

    fn has(&self, label: &str) -> bool {
        self.harness.query_by_label(label).is_some()
    }

    fn has_text(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    /// Draws the window into a file and checks what can be checked of any picture of it.
    fn look(&mut self, name: &str) -> RgbaImage {
        self.harness.check_accessibility();
        let picture = self.harness.render().expect("the window can be drawn");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("window_{name}.png"));
        picture.save(path).expect("the picture can be saved");
        picture
    }
}

fn camera(index: u32, name: &str) -> CameraInfo {
    CameraInfo { index, name: name.to_owned(), detail: String::new() }
}

fn source(name: &str) -> SourceInfo {
    SourceInfo {
        name: name.to_owned(),
        kind: SourceKind::Camera,
        size: [640, 480],
        fps: 30.0,
        frames: None,
        duration: None,
        has_sound: false,
        decoder: "YUYV".to_owned(),
    }
}

fn portrait(name: &str, picture: RgbaImage) -> Arc<Portrait> {
    Arc::new(Portrait {
        name: name.to_owned(),
        crop: Crop::whole(picture.width() as f32),
        pixels: Arc::new(picture),
        landmarks_in_image: face_landmarks(),
        pupils_in_image: [Vec2::ZERO; 2],
        mesh_in_image: None,
        content_hash: name.to_owned(),
    })
}

/// A portrait that nobody asked for by a number.
fn ready(portrait: &Arc<Portrait>, tuning: Tuning) -> Event {
    let (id, origin, portrait) = (RequestId::default(), PortraitOrigin::Memory, Arc::clone(portrait));
    Event::PortraitReady(PortraitReady { id, origin, portrait, tuning, takes_pictures: true, replaced: None })
}

/// The answer to a request.
fn ready_as(id: RequestId, origin: PortraitOrigin, portrait: &Arc<Portrait>, replaced: Option<&str>) -> Event {
    let (portrait, replaced) = (Arc::clone(portrait), replaced.map(str::to_owned));
    Event::PortraitReady(PortraitReady { id, origin, portrait, tuning: Tuning::Possible, takes_pictures: true, replaced })
}

fn rendered(image: RenderedImage) -> Rendered {
    let size_px = image.size_px();
    Rendered { time: frame_time(), portrait: RequestId::default(), image, size_px }
}

fn frame_time() -> FrameTime {
    FrameTime { index: 0, media_time: Duration::ZERO, captured_at: Instant::now() }
}

fn tracked_frame() -> TrackedFrame {
    let pixels = RgbImage::from_fn(640, 480, |x, y| {
        let at = Vec2::new(x as f32 - 320.0, y as f32 - 240.0);
        let face = (at / Vec2::new(110.0, 150.0)).length() < 1.0;
        if face { Rgb([176, 132, 110]) } else { Rgb([60 + (y / 8) as u8, 66 + (y / 9) as u8, 74]) }
    });
    let mesh = MeshModel::shipped().and_then(|model| model.fit(&face_landmarks(), None)).expect("a mesh of the face");
    let mut coefficients = Coefficients::default();
    for (coefficient, value) in [
        (Coefficient::EyeBlinkLeft, 0.35),
        (Coefficient::JawOpen, 0.25),
        (Coefficient::BrowInnerUp, 0.4),
        (Coefficient::BrowDownRight, 0.6),
    ] {
        coefficients.0[coefficient as usize] = value;
    }
    let face = FaceMotion {
        gaze: Some(Vec2::new(0.6, -0.2)),
        pupils_in_frame: Some(mesh.pupils()),
        mesh_in_frame: Some(Arc::new(mesh)),
        coefficients: Some(coefficients),
        ..FaceMotion::of_landmarks(face_landmarks(), [640, 480])
    };
    TrackedFrame { time: frame_time(), pixels: Some(Arc::new(pixels)), face: Some(face) }
}

/// A plain face of 68 points around (320, 240).
fn face_landmarks() -> Landmarks {
    let arc = |i: usize, n: usize, from: f32, to: f32| (from + (to - from) * i as f32 / (n - 1) as f32).to_radians();
    let ring = |i: usize, n: usize, centre: Vec2, r: Vec2| {
        let a = std::f32::consts::PI + std::f32::consts::TAU * i as f32 / n as f32;
        centre + Vec2::new(a.cos(), a.sin()) * r
    };
    let centre = Vec2::new(320.0, 240.0);
    Landmarks(std::array::from_fn(|i| match i {
        0..=16 => centre - Vec2::new(arc(i, 17, 0.0, 180.0).cos() * 105.0, arc(i, 17, 180.0, 0.0).sin() * -135.0 - 5.0),
        17..=21 => centre + Vec2::new(-85.0 + 15.0 * (i - 17) as f32, -62.0 - arc(i - 17, 5, 0.0, 180.0).sin() * 10.0),
        22..=26 => centre + Vec2::new(25.0 + 15.0 * (i - 22) as f32, -62.0 - arc(i - 22, 5, 0.0, 180.0).sin() * 10.0),
        27..=30 => centre + Vec2::new(0.0, -35.0 + 17.0 * (i - 27) as f32),
        31..=35 => centre + Vec2::new(-20.0 + 10.0 * (i - 31) as f32, 28.0),
        36..=41 => ring(i - 36, 6, centre + Vec2::new(-48.0, -38.0), Vec2::new(20.0, 9.0)),
        42..=47 => ring(i - 42, 6, centre + Vec2::new(48.0, -38.0), Vec2::new(20.0, 9.0)),
        48..=59 => ring(i - 48, 12, centre + Vec2::new(0.0, 68.0), Vec2::new(42.0, 17.0)),
        _ => ring(i - 60, 8, centre + Vec2::new(0.0, 68.0), Vec2::new(28.0, 6.0)),
    }))
}

fn group_question() -> FaceQuestion {
    let pixels = Arc::new(portrait_picture());
    let (w, h) = (pixels.width() as f32, pixels.height() as f32);
    let face = |x: f32, y: f32, s: f32| PixelBox { left: w * x, top: h * y, right: w * (x + s), bottom: h * y + w * s };
    let faces = vec![face(0.36, 0.14, 0.28), face(0.06, 0.5, 0.16), face(0.74, 0.46, 0.2)];
    FaceQuestion { id: RequestId(7), name: "group.jpg".to_owned(), pixels, faces }
}
