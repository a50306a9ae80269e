//! Everything the panels show, as plain values. Panels read it; the application alone changes it.

use std::path::PathBuf;

use egui::{Rect, vec2};

use super::action::Purpose;
use super::films::{CardView, FilmsView};
use super::preview::{GroundPainter, PreviewPicture};
use super::sight::{DriverReading, LastSeen, Trouble};
use super::takes::CountdownView;
use super::toasts::Toasts;
use super::words::menu::LanguageView;
use super::words::t;
use crate::data::{Background, PixelBox, Tuning};
use crate::session::{
    CameraFormat, CameraInfo, CameraSight, DriverChoice, Framing, Interrupted, LiveStats, Panes, PicturePart, PictureShare, Playback,
    PortraitOrigin, RecordStatus, RequestId, VirtualCameraStatus,
};
use crate::settings::{Controls, Countdown, ExecutorChoice, MotionPreset};

/// A portrait in the gallery: the user's own, or a built-in one.
#[derive(Clone, Debug)]
pub struct GalleryItem {
    /// Which one.
    pub origin: PortraitOrigin,
    /// Its title.
    pub title: String,
    /// Its thumbnail; `None` until the picture has been opened and one is made.
    pub thumbnail: Option<egui::load::SizedTexture>,
    /// Whether it stays at the front.
    pub favourite: bool,
    /// Whether its file is gone.
    pub is_missing: bool,
}

impl GalleryItem {
    /// Whether it is the user's own.
    pub fn is_own(&self) -> bool {
        matches!(self.origin, PortraitOrigin::File(_))
    }

    /// What is said of it where its file is gone.
    pub(super) fn missing(&self) -> Option<String> {
        let file = self.origin.path().filter(|_| self.is_missing)?;
        Some(t!("sheet-missing-tip", file = file.display().to_string()))
    }
}

/// Which portrait is on the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortraitView {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub origin: PortraitOrigin,
}

/// What the motion section shows beside the controls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MotionView {
    /// The user's own presets.
    pub presets: Vec<MotionPreset>,
    /// Whether there is something to undo.
    pub can_undo: bool,
    /// Whether there is something to do again.
    pub can_redo: bool,
}

/// What the window tells of the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutView {
    /// Its version.
    pub version: String,
    /// Where it writes its log, if it does.
    pub log: Option<PathBuf>,
}

/// Another picture of the portrait's person.
#[derive(Clone, Debug, PartialEq)]
pub struct FurtherView {
    /// Its name.
    pub name: String,
    /// Its thumbnail, as soon as it is made.
    pub thumbnail: Option<egui::load::SizedTexture>,
}

/// A picture that is being opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningView {
    /// Number of the request.
    pub id: RequestId,
    /// Its name.
    pub name: String,
}

/// Where the pictures are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutorView {
    /// What the user wants.
    pub choice: ExecutorChoice,
    /// Why they are made where they are.
    pub reason: String,
    /// Whether another executor was asked for and has not answered yet.
    pub changing: bool,
    /// Why the networks are not used for this portrait, if they are not.
    pub networks_fault: Option<String>,
}

/// How the driver is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DriverState {
    /// Nothing drives.
    #[default]
    None,
    /// Chosen, but no frame has come yet.
    Opening,
    /// Frames come and there is a face in them.
    Running,
    /// Frames come, but there is no face in them.
    NoFace,
    /// No frame has come for this many seconds.
    Stalled(f64),
    /// A clip or performance is over.
    Ended,
    /// It cannot be used.
    Failed,
}

impl DriverState {
    /// Whether frames come from it, or will again by themselves.
    pub fn drives(&self) -> bool {
        matches!(self, Self::Running | Self::NoFace | Self::Stalled(_))
    }
}

/// What is seen of a camera that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraView {
    /// Which one.
    pub camera: CameraInfo,
    /// What it can deliver, preferred first.
    pub formats: Vec<CameraFormat>,
    /// What came of the last look.
    pub sight: CameraSight,
    /// Its picture.
    pub thumbnail: Option<egui::load::SizedTexture>,
}

/// The driver section.
#[derive(Clone, Debug, Default)]
pub struct DriverView {
    /// Cameras that can be chosen.
    pub cameras: Vec<CameraInfo>,
    /// What is seen of them.
    pub seen: Vec<CameraView>,
    /// Whether all of them are looked at.
    pub looks_at_cameras: bool,
    /// Whether cameras are being looked for.
    pub listing: bool,
    /// Titles of the built-in performances.
    pub performances: Vec<String>,
    /// What was chosen.
    pub source: Option<DriverChoice>,
    /// What to call it.
    pub label: String,
    /// Its nominal frames per second, where it has any.
    pub rate: Option<f64>,
    /// How it is doing.
    pub state: DriverState,
}

impl DriverView {
    /// What to do where no face is seen.
    pub(super) fn no_face(&self) -> String {
        match &self.source {
            Some(DriverChoice::File(_)) => t!("no-face-clip"),
            _ => t!("no-face"),
        }
    }
}

/// The driver's newest frame, for the inset.
#[derive(Clone, Debug)]
pub struct InsetView {
    /// The frame; `None` for a performance, which has no pixels.
    pub frame: Option<egui::load::SizedTexture>,
    /// Width and height of the frame in which the landmarks are given, in pixels.
    pub frame_size_px: [f32; 2],
    /// The face in it.
    pub(super) face: Option<DriverReading>,
    /// Where a face was seen last.
    pub(super) last: Option<LastSeen>,
    /// How bright the picture is, where no face is found.
    pub(super) brightness: Option<f32>,
}

impl InsetView {
    /// Why there is no face; `None` where there is one.
    pub(super) fn trouble(&self, reader_is_ready: bool) -> Option<Trouble> {
        self.face.is_none().then(|| Trouble::of(reader_is_ready, self.brightness, self.last.as_ref()))
    }
}

/// The question where the face is in a new picture.
#[derive(Clone, Debug)]
pub struct QuestionView {
    /// Number of the request that opened the picture.
    pub id: RequestId,
    /// The picture's name.
    pub name: String,
    /// The picture.
    pub picture: PreviewPicture,
    /// Faces found, in pixels of the picture, from left to right.
    pub faces: Vec<PixelBox>,
    /// What the pipeline calls each of them.
    pub numbers: Vec<usize>,
    /// The marked one.
    pub selected: usize,
    /// The box drawn by hand, in pixels of the picture; there while drawing by hand.
    pub drawn: Option<PixelBox>,
}

/// The record section.
#[derive(Clone, Debug, Default)]
pub struct RecordView {
    /// The recording that is running.
    pub running: Option<RecordStatus>,
    /// Whether the dot of a running recording is lit.
    pub dot_lit: bool,
    /// Pictures a second, when they are too few for a smooth film.
    pub stutters: Option<f64>,
    /// When recordings are counted down.
    pub countdown: Countdown,
    /// What they show beside the living portrait, in this run.
    pub panes: Panes,
    /// Whether they show a mark that says that they are synthetic.
    pub mark: bool,
    /// Whether recordings have sound.
    pub sound: bool,
    /// Microphones that can be chosen.
    pub microphones: Vec<String>,
    /// The one that was chosen; `None` is the system's default.
    pub microphone: Option<String>,
    /// Where recordings go, shortened for display.
    pub folder: String,
    /// The last recording or snapshot of this run.
    pub last_file: Option<PathBuf>,
    /// The virtual camera, while it is on.
    pub virtual_camera: Option<VirtualCameraStatus>,
    /// Why it is off, after it was switched on.
    pub virtual_camera_trouble: Option<String>,
}

impl RecordView {
    /// Whether the last recording is being completed.
    pub fn is_finishing(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.finishing.is_some())
    }
}

/// The field that replaces a missing file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrompt {
    /// What the file is for.
    pub purpose: Purpose,
    /// What was typed.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

/// Which parts of the window are open.
#[expect(clippy::struct_excessive_bools, reason = "independent parts, each open or not")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visibility {
    /// The side panel.
    pub panel: bool,
    /// The camera inset.
    pub inset: bool,
    /// The help.
    pub help: bool,
    /// Full screen.
    pub full_screen: bool,
    /// The sheet with all portraits.
    pub gallery: bool,
    /// What the program is.
    pub about: bool,
    /// The part of the panel for what is seldom needed.
    pub more: bool,
    /// The window that shows the portrait alone.
    pub output: bool,
}

impl Default for Visibility {
    fn default() -> Self {
        Self { panel: true, inset: true, help: false, full_screen: false, gallery: false, about: false, more: false, output: false }
    }
}

/// Everything the panels show.
#[derive(Debug, Default)]
pub struct ViewState {
    /// What draws the ground of the stage; `None` without a device.
    pub stage_ground: Option<GroundPainter>,
    /// What draws the ground of the panel; `None` without a device.
    pub panel_ground: Option<GroundPainter>,
    /// Portraits to choose from: favourites, the user's others, the built-in ones.
    pub gallery: Vec<GalleryItem>,
    /// The portrait on the stage.
    pub portrait: Option<PortraitView>,
    /// Whether it can be made from further pictures of its person.
    pub takes_pictures: bool,
    /// Further pictures that it is made from.
    pub further: Vec<FurtherView>,
    /// How far it is fine-tuned.
    pub tuning: Tuning,
    /// Its newest picture.
    pub picture: Option<PreviewPicture>,
    /// Its picture as it was painted, while that is wanted.
    pub original: Option<PreviewPicture>,
    /// What stands behind its person.
    pub background: Background,
    /// Which part of the picture is wanted.
    pub framing: Framing,
    /// What that is of this portrait; `None` for all of it.
    pub part: Option<PicturePart>,
    /// Pictures that are being opened, the portrait first.
    pub opening: Vec<OpeningView>,
    /// Whether the clipboard is being read, and it takes a while.
    pub reading_clipboard: bool,
    /// An open question about a face.
    pub question: Option<QuestionView>,
    /// Files held over the window, by name.
    pub hovered_files: Vec<PathBuf>,
    /// Whether this session cannot receive dropped files.
    pub no_drop: bool,
    /// The driver.
    pub driver: DriverView,
    /// The driver's newest frame.
    pub inset: Option<InsetView>,
    /// How the clip or the performance that drives is played.
    pub playback: Option<Playback>,
    /// How the portrait follows.
    pub controls: Controls,
    /// Presets, and the way back.
    pub motion: MotionView,
    /// Recording.
    pub record: RecordView,
    /// A recording that begins in a moment.
    pub countdown: Option<CountdownView>,
    /// Recordings that are made.
    pub films: FilmsView,
    /// Speed.
    pub stats: LiveStats,
    /// Where the pictures are made.
    pub executor: ExecutorView,
    /// Which parts are open.
    pub shown: Visibility,
    /// The path field, while it is open.
    pub path_prompt: Option<PathPrompt>,
    /// Recordings of an earlier run that wait for a decision.
    pub interrupted: Vec<Interrupted>,
    /// What the program is.
    pub about: AboutView,
    /// Languages.
    pub language: LanguageView,
    /// Messages.
    pub toasts: Toasts,
    /// How much of the stage messages cover at its upper edge, and a recording's card at its lower edge, in points.
    pub(super) covered: [f32; 2],
}

impl ViewState {
    /// Whether a portrait is on the stage.
    pub fn has_portrait(&self) -> bool {
        self.portrait.is_some()
    }

    /// Whether the record button does something: frames come only from a driver.
    pub fn can_record(&self) -> bool {
        (self.has_portrait() && self.driver.state.drives()) || self.record.running.is_some()
    }

    /// Whether nothing but the picture is shown.
    pub fn shows_picture_alone(&self) -> bool {
        self.shown.full_screen && self.has_portrait() && self.question.is_none() && !self.shown.gallery
    }

    /// The recording's card, unless something else has its place.
    pub(super) fn shown_card(&self) -> Option<&CardView> {
        let is_elsewhere = self.shows_picture_alone() || self.shown.gallery || self.films.list.is_some() || self.question.is_some();
        self.films.card.as_ref().filter(|_| !is_elsewhere)
    }

    /// The part of a stage in which what is read or clicked lies beneath nothing.
    pub(super) fn uncovered(&self, stage: Rect) -> Rect {
        let [above, below] = self.covered;
        Rect::from_min_max(stage.min + vec2(0.0, above), stage.max - vec2(0.0, below))
    }

    /// Size in pixels of what is shown of a picture, and where in it that lies.
    pub(super) fn part_of(&self, picture: &PreviewPicture) -> ([u32; 2], PictureShare) {
        match self.part {
            Some(part) => ([part.width, part.height], part.share(picture.size_px)),
            None => (picture.size_px, PictureShare::WHOLE),
        }
    }

    /// Place in the gallery of the portrait on the stage.
    pub fn chosen(&self) -> Option<usize> {
        let origin = self.portrait.as_ref().map(|portrait| &portrait.origin).filter(|origin| **origin != PortraitOrigin::Memory)?;
        self.gallery.iter().position(|item| item.origin == *origin)
    }

    /// Takes a picture off the list of those that are being opened.
    pub(super) fn opened(&mut self, id: RequestId) {
        self.opening.retain(|opening| opening.id != id);
    }

    /// Whether a dialog covers the window.
    pub fn dialog_is_open(&self) -> bool {
        self.shown.help || self.shown.about || self.path_prompt.is_some() || !self.interrupted.is_empty()
    }
}
