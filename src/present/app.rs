//! The application: owns the state and the pipeline, and is the only one to act on what panels return.

use std::sync::Arc;
use std::time::Duration;

use egui::{CentralPanel, Context, Frame, Ui};
use egui_wgpu::RenderState;

use super::cameras::CameraTextures;
use super::clipboard::{Clipboard, ClipboardReader};
use super::dialogs::{Answer, Dialogs};
use super::films::Studio;
use super::history::History;
use super::keeper::SettingsKeeper;
use super::output::OutputWindow;
use super::own_portraits::{self, OwnPortraits};
use super::person::PersonPictures;
use super::preview::{GroundPainter, PictureSlot, PreviewPainter};
use super::shelf::Shelf;
use super::sight::{self, DriverReading, LastSeen};
use super::state::{AboutView, DriverView, ExecutorView, InsetView, MotionView, QuestionView, RecordView, ViewState};
use super::takes::TakeUnderWay;
use super::textures::InsetTexture;
use super::thumbnails::{OpenPicture, Thumbnails};
use super::toasts::Severity;
use super::words::{FontFinder, Fonts, t};
use super::{desktop, events, faces, films, intake, keys, overlays, panel, sheet, stage, theme, toasts};
use crate::collection::{Collection, CollectionFile};
use crate::data::{Portrait, TrackedFrame};
use crate::runtime::{FileCache, Worker};
use crate::session::{
    CameraChoice, CameraInfo, DeferredPixels, DriverChoice, Event, FaceQuestion, PortraitChoice, PortraitReady, RenderedImage, Request,
    RequestId, Session,
};
use crate::settings::{ExecutorChoice, Settings, SettingsFile};

/// Half a period of the blinking dot, in seconds.
const BLINK_SECS: f64 = 0.5;
/// What messages and the card cover counts as changed beyond this, in points.
const HALF_A_POINT: f32 = 0.5;

/// A portrait that comes with the program.
#[derive(Clone, Debug)]
pub struct BuiltInPortrait {
    /// The name by which it is remembered.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A small picture of it, which is made beside the window's work.
    pub image: DeferredPixels,
}

/// What drives the first portrait.
#[derive(Clone, Debug, Default)]
pub enum FirstDriver {
    /// Nothing.
    #[default]
    Nothing,
    /// This.
    Named(DriverChoice),
    /// This camera, or any other one; without one the first built-in performance, so that something lives at once. Known when the cameras are.
    AnyCamera(Option<CameraChoice>),
}

/// What the window starts with.
#[derive(Default)]
pub struct AppConfig {
    /// Settings of the last run.
    pub settings: Settings,
    /// Where they are kept; `None` keeps nothing.
    pub settings_file: Option<SettingsFile>,
    /// Built-in portraits, in the order of their numbers.
    pub portraits: Vec<BuiltInPortrait>,
    /// Titles of the built-in performances, in the order of their numbers.
    pub performances: Vec<String>,
    /// A portrait to open at once.
    pub first_portrait: Option<PortraitChoice>,
    /// Whether to open the portrait of the last run instead, where none is given.
    pub reopen: bool,
    /// The portraits that the user has opened.
    pub collection: Collection,
    /// Where they are kept; `None` keeps nothing.
    pub collection_file: Option<CollectionFile>,
    /// Where their thumbnails are remembered.
    pub thumbnails: Option<FileCache>,
    /// How a picture file is opened for its thumbnail; without it only portraits that were opened have one.
    pub open_picture: Option<OpenPicture>,
    /// How the clipboard is read.
    pub clipboard: ClipboardReader,
    /// What the program is.
    pub about: AboutView,
    /// A driver to use from the beginning.
    pub first_driver: FirstDriver,
    /// Where pictures are made in this run, whatever the settings say.
    pub executor: Option<ExecutorChoice>,
    /// What the user should know from the beginning, such as settings that could not be read.
    pub notices: Vec<String>,
    /// The user's languages as the system names them, the dearest first; none is English.
    pub locales: Vec<String>,
    /// How fonts for languages are found that the program brings none for.
    pub font_finder: FontFinder,
    /// Whether this session cannot receive dropped files.
    pub no_drop: bool,
    /// Ask for files in a field instead of the system's dialog, as is done anyway where there is no dialog.
    pub path_field_only: bool,
}

/// The window's application.
pub struct App {
    pub(super) view: ViewState,
    pub(super) session: Box<dyn Session>,
    pub(super) settings: Settings,
    pub(super) keeper: SettingsKeeper,
    pub(super) dialogs: Dialogs,
    pub(super) path_field_only: bool,
    /// Number of the last request that has one.
    pub(super) last_id: RequestId,
    pub(super) clipboard: Clipboard,
    /// What was pasted for the field that is being typed into.
    pub(super) typed: Vec<String>,
    pub(super) file_manager: Option<Worker>,
    pub(super) person: PersonPictures,
    pub(super) own: OwnPortraits,
    pub(super) shelf: Shelf,
    pub(super) history: History,
    /// The driver to begin with, until the cameras are known or the user chooses.
    pub(super) first_driver: FirstDriver,
    pub(super) painter: Option<PreviewPainter>,
    /// The portrait on the stage as it was opened, and where its picture is shown as it was painted.
    pub(super) original: Option<Arc<Portrait>>,
    pub(super) original_slot: PictureSlot,
    /// How large the pipeline was told that the picture is shown.
    shown_at: f32,
    /// When the key went down that shows it, in seconds of the window's clock.
    pub(super) original_asked_at_secs: Option<f64>,
    output: OutputWindow,
    pub(super) take: TakeUnderWay,
    pub(super) studio: Studio,
    /// How loud replays are, from 0 to 1.
    pub(super) replay_volume: f32,
    pub(super) focuses: films::Focuses,
    picture: PictureSlot,
    question: PictureSlot,
    inset: InsetTexture,
    pub(super) cameras: CameraTextures,
    pub(super) thumbnails: Thumbnails,
    notices: Vec<String>,
    pub(super) locales: Vec<String>,
    pub(super) fonts: Fonts,
}

impl App {
    /// A window's application on `ctx`. Pictures are drawn on the device of `render_state`; without one there are none.
    pub fn new(ctx: &Context, render_state: Option<&RenderState>, session: Box<dyn Session>, config: AppConfig) -> Self {
        theme::apply(ctx);
        let mut app = Self {
            view: ViewState {
                stage_ground: render_state.map(GroundPainter::new),
                panel_ground: render_state.map(GroundPainter::new),
                ..first_view(&config)
            },
            session,
            keeper: SettingsKeeper::new(config.settings_file),
            settings: config.settings,
            dialogs: Dialogs::default(),
            path_field_only: config.path_field_only,
            last_id: RequestId::default(),
            clipboard: Clipboard::new(config.clipboard),
            typed: Vec::new(),
            file_manager: None,
            person: PersonPictures::default(),
            own: OwnPortraits::default(),
            shelf: Shelf::start(ctx, config.collection_file, config.collection),
            history: History::default(),
            first_driver: FirstDriver::Nothing,
            painter: render_state.map(PreviewPainter::new),
            original: None,
            original_slot: PictureSlot::default(),
            shown_at: 1.0,
            original_asked_at_secs: None,
            output: OutputWindow::default(),
            take: TakeUnderWay::default(),
            studio: Studio::new(ctx),
            replay_volume: 1.0,
            focuses: films::Focuses::default(),
            picture: PictureSlot::default(),
            question: PictureSlot::default(),
            inset: InsetTexture::default(),
            cameras: CameraTextures::default(),
            thumbnails: Thumbnails::start(ctx, config.thumbnails, config.open_picture),
            notices: config.notices,
            locales: config.locales,
            fonts: Fonts::new(config.font_finder),
        };
        app.speak(ctx);
        for (index, BuiltInPortrait { name, title, image }) in config.portraits.into_iter().enumerate() {
            app.own.built_in.push(name);
            own_portraits::built_in_item(&mut app, index, title, image);
        }
        app.recall_portraits();
        app.begin(config.first_portrait, config.reopen, config.first_driver);
        app
    }

    fn begin(&mut self, portrait: Option<PortraitChoice>, reopen: bool, driver: FirstDriver) {
        self.session.request(Request::SetControls(self.settings.controls.clone()));
        self.session.request(Request::ListDevices);
        self.session.request(Request::FindInterrupted(self.settings.recordings_dir.clone()));
        match driver {
            FirstDriver::Named(driver) => self.use_driver(driver),
            later => self.first_driver = later,
        }
        match portrait {
            Some(portrait) => {
                self.open_portrait(portrait);
            }
            None if reopen => self.reopen_last(),
            None => {}
        }
    }

    /// What the window shows; for tests.
    pub fn view(&self) -> &ViewState {
        &self.view
    }

    pub(super) fn say(&mut self, severity: Severity, text: impl Into<String>, ctx: &Context) {
        self.view.toasts.push(severity, text, now_secs(ctx));
    }

    fn drain(&mut self, ctx: &Context) {
        let now = now_secs(ctx);
        for notice in std::mem::take(&mut self.notices) {
            self.say(Severity::Warning, t!("trouble-settings", why = toasts::sentence(notice)), ctx);
        }
        for event in self.session.take_events() {
            match &event {
                // Nobody waits for the answer any more.
                Event::FaceAsked(question) if self.is_superseded(question.id) => {}
                Event::FaceAsked(question) => {
                    self.ask_about_face(question);
                    self.hold_offer(question.id);
                }
                Event::PortraitFailed { id, .. } => {
                    let id = *id;
                    events::apply(&mut self.view, event, now);
                    self.portrait_failed(id);
                }
                Event::PortraitReady(ready) => {
                    let ready = ready.clone();
                    events::apply(&mut self.view, event, now);
                    self.portrait_is_ready(ctx, &ready);
                }
                Event::FurtherPictures { pictures, added } => self.show_further(ctx, pictures, *added),
                Event::Cameras(cameras) => {
                    self.begin_with_camera(cameras);
                    events::apply(&mut self.view, event, now);
                }
                Event::CameraSeen(look) => self.show_camera(ctx, look),
                Event::ExecutorChosen(decision) => {
                    if let Some(measured) = decision.measured.as_ref().filter(|_| !decision.remembered) {
                        self.settings.remember_measured(measured.clone());
                        self.keeper.touch(now);
                    }
                    events::apply(&mut self.view, event, now);
                }
                Event::RecordingFinished(finished) => {
                    let finished = finished.clone();
                    if !self.takes_boomerang() {
                        events::apply(&mut self.view, event, now);
                    }
                    self.take_is_finished(&finished);
                }
                Event::RecordingFailed(_) => {
                    self.take = TakeUnderWay::default();
                    events::apply(&mut self.view, event, now);
                }
                Event::Recovered(path) => {
                    let path = path.clone();
                    events::apply(&mut self.view, event, now);
                    self.open_film(path, Vec::new());
                }
                _ => events::apply(&mut self.view, event, now),
            }
        }
        if let (Some(painter), Some(rendered)) = (&self.painter, self.session.take_rendered()) {
            self.view.picture = Some(self.picture.show_smaller(painter, &rendered.image, rendered.size_px));
        }
        if let Some(tracked) = self.session.take_tracked() {
            self.show_tracked(ctx, &tracked);
        }
        self.take_shelf_answers(ctx);
        self.watch_fonts(ctx);
        self.show_thumbnails();
        self.view.stats = self.session.live_stats();
        self.view.record.running = self.session.recording();
        self.view.record.virtual_camera = self.session.virtual_camera();
        self.view.playback = self.session.playback();
        self.watch_take();
        self.drain_films(ctx);
        if let Some(answer) = self.dialogs.answer() {
            self.take_answer(ctx, answer);
        }
    }

    /// Puts the portrait on the stage as it is, until its first moving picture comes, and into the gallery.
    fn portrait_is_ready(&mut self, ctx: &Context, ready: &PortraitReady) {
        let portrait = &ready.portrait;
        if let Some(painter) = &self.painter {
            self.view.picture = Some(self.picture.show(painter, &RenderedImage::Cpu(Arc::clone(&portrait.pixels))));
        }
        self.remember_portrait(ctx, ready);
        self.frame_portrait(portrait);
        self.recall_background(ctx);
        self.turn_to_person(ctx, ready);
    }

    /// Tells the pipeline how large the picture is shown.
    fn tell_scale(&mut self, scale: Option<f32>) {
        if let Some(scale) = scale.filter(|scale| scale.total_cmp(&self.shown_at).is_ne()) {
            self.shown_at = scale;
            self.session.request(Request::ShowAt(scale));
        }
    }

    /// Lets the first driver be a camera, now that they are known.
    fn begin_with_camera(&mut self, cameras: &[CameraInfo]) {
        let FirstDriver::AnyCamera(wanted) = std::mem::take(&mut self.first_driver) else { return };
        let camera = wanted.and_then(|choice| choice.find(cameras)).or(cameras.first());
        self.use_driver(camera.map_or(DriverChoice::BuiltIn(0), |camera| {
            DriverChoice::Camera(CameraChoice::Listed { index: camera.index, name: camera.name.clone() })
        }));
    }

    fn ask_about_face(&mut self, question: &FaceQuestion) {
        let Some(painter) = &self.painter else { return };
        let picture = self.question.show(painter, &RenderedImage::Cpu(Arc::clone(&question.pixels)));
        let size_px = picture.size_px;
        // People count from left to right.
        let mut numbers: Vec<usize> = (0..question.faces.len()).collect();
        numbers.sort_by(|a, b| question.faces[*a].centre().x.total_cmp(&question.faces[*b].centre().x));
        self.view.opened(question.id);
        self.view.question = Some(QuestionView {
            id: question.id,
            name: question.name.clone(),
            picture,
            drawn: question.faces.is_empty().then(|| faces::first_guess(size_px)),
            faces: numbers.iter().map(|number| question.faces[*number]).collect(),
            // The largest is alive already.
            selected: numbers.iter().position(|number| *number == 0).unwrap_or_default(),
            numbers,
        });
    }

    fn show_tracked(&mut self, ctx: &Context, tracked: &TrackedFrame) {
        let size = tracked.pixels.as_ref().map(|frame| [frame.width(), frame.height()]);
        let Some(size) = size.or(tracked.face.as_ref().map(|face| face.frame_size)) else { return };
        let wanted = tracked.pixels.as_ref().filter(|_| self.view.shown.inset);
        let last = self.view.inset.as_ref().and_then(|inset| inset.last);
        self.view.inset = Some(InsetView {
            frame: wanted.map(|frame| self.inset.show(ctx, frame)),
            frame_size_px: size.map(|side| side as f32),
            face: tracked.face.as_ref().map(DriverReading::of),
            last: tracked.face.as_ref().map(LastSeen::of).or(last),
            brightness: tracked.pixels.as_ref().filter(|_| tracked.face.is_none()).and_then(|frame| sight::brightness(frame)),
        });
    }

    pub(super) fn take_answer(&mut self, ctx: &Context, answer: Answer) {
        match answer {
            Answer::Picked(purpose, paths) => self.open_picked(ctx, purpose, &paths),
            Answer::NoDialog(purpose) => {
                self.view.path_prompt = Some(super::state::PathPrompt { purpose, text: String::new(), problem: None });
            }
            Answer::Cancelled => {}
        }
    }

    /// Lets time do its work: toasts go, settings are saved, the dot blinks. Asks to be called again only when needed.
    fn keep_time(&mut self, ctx: &Context) {
        let now = now_secs(ctx);
        self.view.record.dot_lit = ((now / BLINK_SECS) as u64).is_multiple_of(2);
        let (error, settings_in) = self.keeper.tick(&self.settings, now);
        if let Some(error) = error {
            self.say(Severity::Warning, t!("trouble-settings", why = toasts::sentence(error.to_string())), ctx);
        }
        let blink_in = self.view.record.running.is_some().then(|| BLINK_SECS - now % BLINK_SECS);
        let clipboard_in = self.watch_clipboard(ctx);
        let toast_in = self.view.toasts.expire(now);
        self.watch_removed();
        self.view.shown.output &= !self.output.take_closed();
        let (count_in, original_in) = (self.count_down(now), self.watch_original(ctx));
        let next = [settings_in, blink_in, clipboard_in, toast_in, count_in, original_in].into_iter().flatten().min_by(f64::total_cmp);
        if let Some(secs) = next {
            ctx.request_repaint_after(Duration::from_secs_f64(secs.max(0.01)));
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        self.drain(ctx);
        self.keep_time(ctx);
    }

    fn raw_input_hook(&mut self, _: &Context, input: &mut egui::RawInput) {
        self.type_from_clipboard(input);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        let mut actions = keys::actions(&ctx, &self.view);
        actions.extend(intake::actions(&ctx));
        self.view.hovered_files = intake::hovered(&ctx);
        self.take_pasted_picture(&ctx);
        self.view.covered = [toasts::covers(&ctx, &self.view), films::card::covers(&ctx, &self.view)];
        let mut stage_rect = ui.max_rect();
        let alone = self.view.shows_picture_alone();
        if self.view.shown.panel && !alone {
            actions.extend(panel::show(ui, &self.view));
        }
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            stage_rect = ui.max_rect();
            actions.extend(stage::show(ui, &self.view));
            if self.view.shown.gallery {
                actions.extend(sheet::show(ui, stage_rect, &self.view));
            }
        });
        self.tell_scale(stage::shown_at(&self.view, stage_rect, ctx.pixels_per_point()));
        actions.extend(overlays::show(&ctx, &self.view));
        actions.extend(films::card::show(&ctx, stage_rect, &self.view));
        if !alone {
            actions.extend(films::list::show(&ctx, stage_rect, &self.view));
            actions.extend(toasts::show(&ctx, stage_rect, &self.view));
        }
        let covers = [toasts::covers(&ctx, &self.view), films::card::covers(&ctx, &self.view)];
        if covers.iter().zip(self.view.covered).any(|(now, before)| (now - before).abs() > HALF_A_POINT) {
            // What lies beside them moves.
            ctx.request_repaint();
        }
        if self.view.shown.output {
            self.output.show(&ctx, &self.view);
        }
        if !actions.is_empty() {
            // What was done shows at once, not at the next occasion.
            ctx.request_repaint();
        }
        for action in actions {
            self.act(&ctx, action);
        }
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::STAGE.to_normalized_gamma_f32()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.forget_removed();
        self.keeper.finish(&self.settings);
        if let Some(worker) = self.file_manager.take() {
            worker.abandon();
        }
    }
}

/// The window's clock, in seconds.
pub(super) fn now_secs(ctx: &Context) -> f64 {
    ctx.input(|input| input.time)
}

fn first_view(config: &AppConfig) -> ViewState {
    ViewState {
        no_drop: config.no_drop,
        controls: config.settings.controls.clone(),
        motion: MotionView { presets: config.settings.presets.clone(), ..MotionView::default() },
        about: config.about.clone(),
        executor: ExecutorView { choice: config.executor.unwrap_or(config.settings.executor), ..ExecutorView::default() },
        driver: DriverView { performances: config.performances.clone(), listing: true, ..DriverView::default() },
        record: RecordView {
            sound: config.settings.record_sound,
            countdown: config.settings.countdown,
            mark: config.settings.mark,
            microphone: config.settings.microphone.clone(),
            folder: desktop::short_path(&config.settings.recordings_dir),
            ..RecordView::default()
        },
        ..ViewState::default()
    }
}
