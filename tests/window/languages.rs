//! The window in every language it speaks: it follows the system and the user, no text is cut off in the smallest usual window, and its main states look as
//! they did.

mod fit;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use egui::epaint::text::{FallbackRequest, FontPriority, FontProvider, InsertFontFamily, MissingGlyphPolicy};
use egui_kittest::kittest::Queryable as _;
use retrato::data::Tuning;
use retrato::present::{AboutView, AppConfig, FirstDriver, FontFinder};
use retrato::session::{
    CameraChoice, DriverChoice, Event, Interrupted, LoopbackDevice, LoopbackState, Playback, RecordStatus, RequestId, VirtualCameraPhase,
    VirtualCameraStatus,
};
use retrato::settings::{Countdown, Language, LanguageChoice, Settings, SettingsFile};
use test_needs::needs;

use super::films::{film, finished};
use super::snapshots::assert_as_before;
use super::{Window, camera, group_question, portrait, portrait_picture, ready, source, tracked_frame};

const SIZE: [f32; 2] = [720.0, 520.0];

/// A text of a language, without what stands in it.
fn word(language: Language, key: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/languages").join(language.code()).join("window.ftl");
    let texts = std::fs::read_to_string(file).expect("the texts");
    let line = texts.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    line.unwrap_or_else(|| panic!("{language:?} has the text {key}")).to_owned()
}

fn config(language: Language, finder: FontFinder) -> AppConfig {
    let settings = Settings { countdown: Countdown::Never, language: LanguageChoice::Of(language), ..Settings::default() };
    let camera = CameraChoice::Listed { index: 0, name: "FaceCam".to_owned() };
    AppConfig {
        settings,
        font_finder: finder,
        first_driver: FirstDriver::Named(DriverChoice::Camera(camera)),
        about: AboutView { version: "7.8.9".to_owned(), log: Some(Path::new("logs").join("retrato.log")) },
        path_field_only: true,
        ..AppConfig::default()
    }
}

impl Window {
    /// A window that speaks a language, of the smallest usual size.
    fn speaking(language: Language, finder: FontFinder, has_pictures: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let mut window = Self::drawn(Path::new("Videos"), folder, [SIZE[0], SIZE[1], 1.0], config(language, finder), has_pictures);
        if language.needs_font() {
            window.until("its font is there", |view| view.language.with_font.contains(&language));
            window.harness.run_steps(2);
        }
        // A character that no font has must not pass for a box.
        window.harness.ctx.set_missing_glyph_policy(MissingGlyphPolicy::Panic);
        window
    }

    fn lives(&mut self) {
        let mut log = self.double.0.borrow_mut();
        log.events.extend([
            Event::Cameras(vec![camera(0, "FaceCam"), camera(1, "Desk")]),
            Event::Microphones(vec!["Desk".to_owned(), "Headset".to_owned()]),
            ready(&portrait("Mona Lisa", portrait_picture()), Tuning::Possible),
            Event::SourceOpened(source("FaceCam")),
        ]);
        log.tracked = Some(tracked_frame());
        log.stats.frames_per_sec = 30.0;
        log.stats.latency_ms_p50 = 38.0;
        "GPU: Radeon 780M".clone_into(&mut log.stats.executor);
        log.stats.reader = "face reader";
        drop(log);
        self.harness.run_steps(4);
    }

    fn told(&mut self, events: Vec<Event>) {
        self.double.0.borrow_mut().events.extend(events);
        self.harness.run_steps(4);
    }

    /// Scrolls what is below the middle of the panel.
    fn scroll_panel(&mut self, by: f32) {
        self.harness.hover_at(egui::pos2(SIZE[0] - 150.0, 250.0));
        self.harness.event(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Point,
            delta: egui::vec2(0.0, -by),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Unknown,
            modifiers: egui::Modifiers::NONE,
        });
        self.harness.run_steps(12);
        self.harness.remove_cursor();
        self.harness.run_steps(2);
    }

    fn open_menu(&mut self, language: Language, key: &str) {
        self.harness.get_by_label(&word(language, key)).click();
        self.harness.run_steps(4);
    }
}

/// What can be seen of the window, one after the other; `see` looks at each.
fn all_states(language: Language, finder: &FontFinder, mut see: impl FnMut(&mut Window, &str)) {
    let new = || Window::speaking(language, finder.clone(), true);
    let mut window = new();
    see(&mut window, "empty");
    window.open_menu(language, "language");
    window.until("the search for fonts is over", |view| !view.language.with_font.is_empty() || !view.language.without_font.is_empty());
    see(&mut window, "languages");
    window.press(egui::Key::Escape);
    window.press(egui::Key::F1);
    see(&mut window, "help");
    window.click(&word(language, "help-about"));
    see(&mut window, "about");
    window.press(egui::Key::Escape);
    window.press(egui::Key::Escape);
    window.press(egui::Key::G);
    see(&mut window, "portraits");
    window.press(egui::Key::Escape);
    window.press(egui::Key::L);
    see(&mut window, "no recordings");
    window.press(egui::Key::Escape);
    window.press(egui::Key::O);
    see(&mut window, "path");

    let mut window = new();
    window.harness.input_mut().hovered_files = vec![egui::HoveredFile { path: Some("me.jpg".into()), ..Default::default() }];
    window.harness.run_steps(2);
    see(&mut window, "drop");
    window.harness.input_mut().hovered_files.clear();
    let interrupted = |n: u32| {
        let part = Path::new("clips").join(format!("Mona Lisa {n}.mp4.part"));
        Interrupted { part, bytes: 12_300_000, modified: None }
    };
    window.told(vec![Event::InterruptedFound(vec![interrupted(1), interrupted(2)])]);
    see(&mut window, "recovery");

    let mut window = new();
    window.told(vec![Event::FaceAsked(group_question())]);
    see(&mut window, "which face");
    let mut question = group_question();
    question.faces.clear();
    window.told(vec![Event::FaceAsked(question)]);
    see(&mut window, "no face");
    living(language, new(), &mut see);
    recorded(language, new(), &mut see);
}

fn living(language: Language, mut window: Window, see: &mut impl FnMut(&mut Window, &str)) {
    window.lives();
    see(&mut window, "alive");
    window.open_menu(language, "framing-tip");
    see(&mut window, "framing");
    window.press(egui::Key::Escape);
    let on = VirtualCameraStatus { phase: VirtualCameraPhase::Opening, ..VirtualCameraStatus::default() };
    window.double.0.borrow_mut().virtual_camera = Some(on);
    window.click(&word(language, "more"));
    for step in 0..4 {
        see(&mut window, &format!("panel {step}"));
        window.scroll_panel(220.0);
    }
    window.double.0.borrow_mut().virtual_camera = None;
    let pictures = vec![portrait("laughing", portrait_picture()), portrait("asleep", portrait_picture())];
    window.told(vec![
        Event::FurtherPictures { pictures, added: None },
        Event::FineTuning(Tuning::Running { step: 14, steps: 40 }),
        Event::VirtualCameraFailed("no device".to_owned()),
    ]);
    see(&mut window, "learning");
    window.scroll_panel(-2000.0);
    see(&mut window, "learning above");
    let name = "Retrato".to_owned();
    let device = LoopbackDevice { path: "/dev/video9".into(), name, state: LoopbackState::Free };
    window.told(vec![Event::FineTuning(Tuning::Done), Event::VirtualCameraOpened(device)]);
    window.scroll_panel(2000.0);
    see(&mut window, "learnt");
    window.scroll_panel(-2000.0);
    let twelve = Some(Duration::from_secs(12));
    window.double.0.borrow_mut().playback = Some(Playback {
        position: Duration::from_secs(3),
        length: twelve,
        paused: false,
        waiting: true,
        looped: true,
        speed: 1.0,
        ended: false,
    });
    window.harness.run_steps(3);
    window.scroll_panel(150.0);
    see(&mut window, "clip");
    window.double.0.borrow_mut().playback = None;
    window.told(vec![Event::FaceLost]);
    see(&mut window, "face lost");
    window.told(vec![Event::SourceStalled { seconds: 12.0, reason: String::new() }]);
    see(&mut window, "stalled");
    let failed = Event::PortraitFailed { id: RequestId::default(), why: "photo.jpg is no picture this program can read".to_owned() };
    window.told(vec![Event::Calibrated, Event::FineTuned { before: 0.4, after: 0.3, kept: true }, failed]);
    see(&mut window, "messages");
}

fn recorded(language: Language, mut window: Window, see: &mut impl FnMut(&mut Window, &str)) {
    window.lives();
    let status = RecordStatus { elapsed: Duration::from_secs(72), frames: 2160, audio_level: Some(0.55), ..RecordStatus::default() };
    window.double.0.borrow_mut().recording = Some(status.clone());
    window.harness.run_steps(3);
    see(&mut window, "recording");
    window.double.0.borrow_mut().recording = Some(RecordStatus { dropped: 3, finishing: Some(0.44), ..status.clone() });
    window.harness.run_steps(3);
    see(&mut window, "saving");
    window.double.0.borrow_mut().recording = Some(RecordStatus { frames: 20, ..status });
    window.harness.run_steps(3);
    see(&mut window, "slow");
    window.double.0.borrow_mut().recording = None;
    let path = film(window.folder.path(), "Mona Lisa 1.mp4");
    window.double.report(finished(&path));
    window.until("the card is complete", |view| view.films.card.as_ref().is_some_and(|card| card.facts.is_some()));
    // The message about it goes.
    window.until("the message is gone", |view| view.toasts.shown().is_empty());
    see(&mut window, "film");
    window.open_menu(language, "film-save-as");
    see(&mut window, "formats");
    window.press(egui::Key::Escape);
    window.click(&word(language, "film-trim"));
    see(&mut window, "trimming");
    window.click(&word(language, "film-replay"));
    see(&mut window, "replay");
}

fn nothing_is_cut_off(language: Language) {
    all_states(language, &FontFinder::default(), |window, state| {
        let at_fault = fit::faults(&window.harness, &["Videos", "Mona Lisa"]);
        if !at_fault.is_empty() {
            window.look(&format!("{}_{}", language.code(), state.replace(' ', "_")));
        }
        assert_eq!(at_fault, Vec::<String>::new(), "{language:?}, {state}");
    });
}

#[test]
fn nothing_is_cut_off_in_english() {
    nothing_is_cut_off(Language::English);
}

#[test]
fn nothing_is_cut_off_in_spanish() {
    nothing_is_cut_off(Language::Spanish);
}

#[test]
fn nothing_is_cut_off_in_german() {
    nothing_is_cut_off(Language::German);
}

#[test]
fn nothing_is_cut_off_in_french() {
    nothing_is_cut_off(Language::French);
}

#[test]
fn nothing_is_cut_off_in_portuguese() {
    nothing_is_cut_off(Language::Portuguese);
}

#[test]
fn nothing_is_cut_off_in_italian() {
    nothing_is_cut_off(Language::Italian);
}

#[needs(cjk_font)]
#[test]
fn nothing_is_cut_off_in_japanese() {
    nothing_is_cut_off(Language::Japanese);
}

#[needs(cjk_font)]
#[test]
fn nothing_is_cut_off_in_chinese() {
    nothing_is_cut_off(Language::Chinese);
}

/// The main states of a language, compared with pictures.
fn look_as_before(language: Language) {
    let finder = FontFinder::new(|language| Some(noto(language)));
    let name = |state: &str| format!("{}_{state}", language.code());
    // Without the picture on the stage and the fine noise of the grounds, the pictures are small files.
    let mut window = Window::speaking(language, finder, false);
    assert_as_before(&mut window, &name("empty"));
    window.lives();
    window.click(&word(language, "more"));
    assert_as_before(&mut window, &name("alive"));
    window.press(egui::Key::F1);
    assert_as_before(&mut window, &name("help"));
}

/// Noto Sans CJK in the shapes of a language.
fn noto(language: Language) -> Arc<dyn FontProvider> {
    let folder = "/usr/share/fonts/opentype/noto";
    let file = Path::new(folder).join("NotoSansCJK-Regular.ttc");
    // The file has Japanese first, Korean, and then simplified Chinese.
    let (bytes, index) = (std::fs::read(file).expect("the font"), if language == Language::Japanese { 0 } else { 2 });
    let mut data = egui::FontData::from_owned(bytes);
    data.index = index;
    Arc::new(move |request: &FallbackRequest<'_>| {
        let families = vec![InsertFontFamily { family: request.family.clone(), priority: FontPriority::Lowest }];
        Some(egui::epaint::text::FontInsert { name: format!("Noto {index}"), data: data.clone(), families })
    })
}

#[needs(software_gpu)]
#[test]
fn spanish_looks_as_before() {
    look_as_before(Language::Spanish);
}

#[needs(software_gpu)]
#[test]
fn german_looks_as_before() {
    look_as_before(Language::German);
}

#[needs(software_gpu)]
#[test]
fn french_looks_as_before() {
    look_as_before(Language::French);
}

#[needs(software_gpu)]
#[test]
fn portuguese_looks_as_before() {
    look_as_before(Language::Portuguese);
}

#[needs(software_gpu)]
#[test]
fn italian_looks_as_before() {
    look_as_before(Language::Italian);
}

#[needs(software_gpu, noto_cjk)]
#[test]
fn japanese_looks_as_before() {
    look_as_before(Language::Japanese);
}

#[needs(software_gpu, noto_cjk)]
#[test]
fn chinese_looks_as_before() {
    look_as_before(Language::Chinese);
}

#[test]
fn the_system_chooses_the_language_and_the_menu_another_one() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = SettingsFile::at(folder.path().join("settings.toml"));
    let config = AppConfig {
        locales: vec!["de-AT".to_owned()],
        settings_file: Some(file.clone()),
        font_finder: FontFinder::new(|_| None),
        ..AppConfig::default()
    };
    let mut window = Window::with(1200.0, 780.0, 1.0, config);
    assert!(window.has("Zieh ein Porträt hierher"), "the system speaks German");
    window.open_menu(Language::German, "language");
    assert!(window.has("Wie das System: Deutsch"), "which the menu says");
    window.until("no font was found", |view| !view.language.without_font.is_empty());
    window.harness.run_steps(2);
    assert!(window.has("Japanisch") && window.has("Chinesisch (vereinfacht)"), "what cannot be shown is named in letters that can");
    window.look("languages");
    window.harness.get_by_label("Español").click();
    window.harness.run_steps(3);
    assert!(window.has("Suelta aquí un retrato"), "at once, everywhere");
    drop(window);
    assert_eq!(file.load().0.language, LanguageChoice::Of(Language::Spanish), "and at the next start");
}

#[test]
fn without_a_font_the_window_says_so_and_speaks_english() {
    let mut window = Window::with(1200.0, 780.0, 1.0, config(Language::Japanese, FontFinder::new(|_| None)));
    window.until("the search is over", |view| !view.language.without_font.is_empty());
    window.harness.run_steps(2);
    assert!(window.has("Drop a portrait here"), "in English");
    assert!(window.has_text("No font for Japanese is installed"), "and why");
}
