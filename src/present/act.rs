//! What happens when the user wants something.

use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, ViewportCommand, ViewportId};

use super::action::{Action, Purpose, RecordAction, ViewAction};
use super::app::{App, FirstDriver, now_secs};
use super::dialogs::Answer;
use super::files::{self, FileRole};
use super::history::{History, MotionState};
use super::state::{DriverState, OpeningView, ViewState};
use super::takes::Take;
use super::toasts::{Severity, sentence};
use super::words::{self, t};
use super::{desktop, events, faces};
use crate::session::{
    CameraChoice, DriverChoice, FaceShare, NewFile, PictureInput, PortraitChoice, Request, RequestId, VirtualCameraOptions,
};
use crate::settings::{Controls, ExecutorChoice, MotionPreset};

impl App {
    /// Does what was asked for.
    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::Browse(purpose) => self.browse(ctx, purpose),
            Action::Paste => self.paste(ctx),
            Action::OpenFiles(paths) => self.open_files(ctx, &paths),
            Action::OpenFromGallery(index) => self.open_from_gallery(index),
            Action::ChooseFaceAgain(index) => self.choose_face_again(index),
            Action::SetFavourite(index, favourite) => self.set_favourite(index, favourite),
            Action::RemoveFromGallery(index) => self.remove_from_gallery(ctx, index),
            Action::PutBack => self.put_back(),
            Action::UseDriver(driver) => {
                if let DriverChoice::Camera(CameraChoice::Listed { index, name }) = &driver {
                    (self.settings.camera, self.settings.camera_index) = (Some(name.clone()), Some(*index));
                    self.keeper.touch(now_secs(ctx));
                }
                self.use_driver(driver);
            }
            Action::RefreshDevices => {
                self.view.driver.listing = true;
                self.session.request(Request::ListDevices);
            }
            Action::LookAtCameras(on) => self.look_at_cameras(on),
            Action::SetControls(controls) => self.change_motion(ctx, |app| app.set_controls(ctx, controls)),
            Action::UseMotion(motion) => {
                let controls = self.view.controls.with_motion(motion);
                self.change_motion(ctx, |app| app.set_controls(ctx, controls));
            }
            Action::SavePreset(name) => self.change_motion(ctx, |app| app.save_preset(ctx, &name)),
            Action::RemovePreset(name) => self.change_motion(ctx, |app| app.set_presets(ctx, |presets| presets.retain(|p| p.name != name))),
            Action::UndoMotion => self.undo_motion(ctx, History::undo),
            Action::RedoMotion => self.undo_motion(ctx, History::redo),
            Action::CopyText(text) => {
                ctx.copy_text(text);
                self.say(Severity::Done, t!("said-copied"), ctx);
            }
            Action::LookForFonts => self.look_for_fonts(ctx),
            Action::UseLanguage(choice) => self.use_language(ctx, choice),
            Action::Calibrate => self.session.request(Request::Calibrate),
            Action::CalibrateHere => self.session.request(Request::CalibrateHere),
            Action::Play(wish) => self.session.request(Request::Play(wish)),
            Action::Frame(framing) => self.frame(framing),
            Action::SetBackground(background) => self.set_background(ctx, background),
            Action::HoldOriginal(held) => self.hold_original(ctx, held),
            Action::View(action) => act_on_view(&mut self.view, action),
            Action::Record(action) => self.act_on_recording(ctx, action),
            Action::Film(action) => self.act_on_film(ctx, action),
            Action::AddPictures(files) => self.add_pictures(ctx, files),
            Action::RemovePicture(index) => self.remove_picture(index),
            Action::JoinBefore => self.join_before(),
            Action::UseExecutor(wanted) => self.use_executor(ctx, wanted),
            Action::FineTune => self.session.request(Request::FineTune),
            Action::StopFineTuning => self.session.request(Request::StopFineTuning),
            Action::UndoFineTuning => self.session.request(Request::UndoFineTuning),
            Action::UseFace | Action::PlaceFace => self.answer_question(),
            Action::DropQuestion => self.drop_question(ctx),
            Action::ToggleFullScreen => self.toggle_full_screen(ctx),
            Action::CloseOverlay => self.close_overlay(ctx),
            Action::ConfirmPath => self.confirm_path(ctx),
            Action::Recover => {
                for recording in std::mem::take(&mut self.view.interrupted) {
                    self.session.request(Request::Recover(recording.part));
                }
            }
        }
    }

    fn act_on_recording(&mut self, ctx: &Context, action: RecordAction) {
        match action {
            RecordAction::ToggleRecording => self.toggle_take(ctx, Take::Film),
            RecordAction::Boomerang => self.toggle_take(ctx, Take::Boomerang),
            RecordAction::SetCountdown(countdown) => {
                self.view.record.countdown = countdown;
                self.settings.countdown = countdown;
                self.keeper.touch(now_secs(ctx));
            }
            RecordAction::SetPanes(panes) => self.view.record.panes = panes,
            RecordAction::SetMark(on) => {
                self.view.record.mark = on;
                self.settings.mark = on;
                self.keeper.touch(now_secs(ctx));
            }
            RecordAction::Snapshot => self.session.request(Request::Snapshot(self.new_file())),
            RecordAction::SetSound(on) => {
                self.view.record.sound = on;
                self.settings.record_sound = on;
                self.keeper.touch(now_secs(ctx));
            }
            RecordAction::SetMicrophone(name) => {
                self.view.record.microphone.clone_from(&name);
                self.settings.microphone = name;
                self.keeper.touch(now_secs(ctx));
            }
            RecordAction::SetVirtualCamera(on) => {
                self.view.record.virtual_camera_trouble = None;
                let device = self.settings.virtual_camera.clone();
                self.session.request(if on {
                    Request::StartVirtualCamera(VirtualCameraOptions { device, ..VirtualCameraOptions::default() })
                } else {
                    Request::StopVirtualCamera
                });
            }
            RecordAction::ShowInFolder => self.show_in_folder(ctx),
            RecordAction::CopyPath => {
                if let Some(path) = &self.view.record.last_file {
                    ctx.copy_text(path.display().to_string());
                    self.say(Severity::Done, t!("said-path-copied"), ctx);
                }
            }
        }
    }

    pub(super) fn browse(&mut self, ctx: &Context, purpose: Purpose) {
        if self.path_field_only {
            return self.take_answer(ctx, Answer::NoDialog(purpose));
        }
        let waker = ctx.clone();
        if let Err(why) = self.dialogs.ask(purpose, Arc::new(move || waker.request_repaint_of(ViewportId::ROOT))) {
            self.say(Severity::Error, t!("said-no-dialog", why = why), ctx);
        }
    }

    /// Opens what a dialog or the path field gave; a file of unknown kind is taken for what it was asked for.
    pub(super) fn open_picked(&mut self, ctx: &Context, purpose: Purpose, paths: &[PathBuf]) {
        match (purpose, paths) {
            (Purpose::Portrait, [only]) => {
                self.open_portrait(PortraitChoice::file(only));
            }
            (Purpose::FurtherPicture, files) => self.add_pictures(ctx, files.to_vec()),
            (Purpose::Driver, [only]) => self.use_driver(DriverChoice::File(only.clone())),
            _ => self.open_files(ctx, paths),
        }
    }

    /// Opens files for what they are: the first picture as the portrait, the first clip or performance as the driver.
    fn open_files(&mut self, ctx: &Context, paths: &[PathBuf]) {
        let of = |wanted: &[FileRole]| paths.iter().filter(|path| wanted.contains(&files::kind(path))).cloned().collect::<Vec<_>>();
        let drivers = of(&[FileRole::Clip, FileRole::Performance]);
        let portraits = of(&[FileRole::Portrait]);
        for path in of(&[FileRole::Unknown]) {
            self.say(Severity::Warning, t!("said-neither", name = events::file_name(&path)), ctx);
        }
        if let Some(first) = drivers.first() {
            self.use_driver(DriverChoice::File(first.clone()));
        }
        if drivers.len() > 1 {
            self.say(Severity::Info, t!("said-one-driver", name = events::file_name(&drivers[0])), ctx);
        }
        let mut portraits = portraits.into_iter();
        let Some(first) = portraits.next() else { return };
        let rest: Vec<PathBuf> = portraits.collect();
        let id = if self.shelf.is_passing(&first) {
            let name = events::file_name(&first);
            self.open_passing(PictureInput::Path(first), &name)
        } else {
            self.open_portrait(PortraitChoice::file(first))
        };
        if rest.is_empty() { self.note_drop(id) } else { self.take_rest(ctx, rest) }
    }

    /// A number for one more request.
    pub(super) fn new_id(&mut self) -> RequestId {
        self.last_id = self.last_id.next();
        self.last_id
    }

    /// Lets something else drive.
    pub(super) fn use_driver(&mut self, driver: DriverChoice) {
        self.first_driver = FirstDriver::Nothing;
        self.view.driver.label = events::provisional_label(&self.view, &driver);
        self.view.driver.rate = None;
        self.view.driver.state = DriverState::Opening;
        self.view.driver.source = Some(driver.clone());
        self.view.inset = None;
        self.session.request(Request::Drive(driver));
    }

    /// Changes something in the motion section, so that it can be taken back.
    fn change_motion(&mut self, ctx: &Context, change: impl FnOnce(&mut Self)) {
        let before = self.motion_state();
        change(self);
        let after = self.motion_state();
        self.history.note(before, &after, now_secs(ctx));
        self.remember_motion();
        self.show_history();
    }

    fn undo_motion(&mut self, ctx: &Context, step: fn(&mut History, MotionState) -> Option<MotionState>) {
        let now = self.motion_state();
        let Some(state) = step(&mut self.history, now) else { return };
        let (controls, presets) = state.into_parts(&self.view.controls);
        self.set_controls(ctx, controls);
        self.set_presets(ctx, |own| *own = presets);
        self.remember_motion();
        self.show_history();
    }

    fn motion_state(&self) -> MotionState {
        MotionState::of(&self.view.controls, &self.settings.presets)
    }

    pub(super) fn show_history(&mut self) {
        (self.view.motion.can_undo, self.view.motion.can_redo) = (self.history.can_undo(), self.history.can_redo());
    }

    fn save_preset(&mut self, ctx: &Context, name: &str) {
        let Some(name) = MotionPreset::clean_name(name) else {
            return self.say(Severity::Info, t!("said-other-name"), ctx);
        };
        let motion = self.view.controls.motion();
        let mut kept = false;
        self.set_presets(ctx, |presets| kept = MotionPreset::keep(presets, name, motion));
        if !kept {
            self.say(Severity::Info, t!("said-no-room"), ctx);
        }
    }

    fn set_presets(&mut self, ctx: &Context, change: impl FnOnce(&mut Vec<MotionPreset>)) {
        change(&mut self.settings.presets);
        self.view.motion.presets.clone_from(&self.settings.presets);
        self.keeper.touch(now_secs(ctx));
    }

    pub(super) fn set_controls(&mut self, ctx: &Context, controls: Controls) {
        self.view.controls = controls.clone();
        self.settings.controls = controls.clone();
        self.keeper.touch(now_secs(ctx));
        self.session.request(Request::SetControls(controls));
    }

    fn use_executor(&mut self, ctx: &Context, wanted: ExecutorChoice) {
        self.view.executor.choice = wanted;
        self.view.executor.changing = true;
        self.settings.executor = wanted;
        self.keeper.touch(now_secs(ctx));
        self.session.request(Request::UseExecutor(wanted));
    }

    fn answer_question(&mut self) {
        let Some(question) = self.view.question.take() else { return };
        let id = question.id;
        let chosen = question.drawn.as_ref().or_else(|| question.faces.get(question.selected));
        if let Some(chosen) = chosen {
            self.remember_face(id, FaceShare::of(chosen, question.picture.size_px));
        }
        self.view.opening.insert(0, OpeningView { id, name: question.name });
        self.session.request(match question.drawn {
            Some(face_box) => Request::PlaceFace { id, face_box },
            None => Request::ChooseFace { id, index: question.numbers.get(question.selected).copied().unwrap_or_default() },
        });
    }

    fn toggle_full_screen(&mut self, ctx: &Context) {
        self.view.shown.full_screen = !self.view.shown.full_screen;
        ctx.send_viewport_cmd(ViewportCommand::Fullscreen(self.view.shown.full_screen));
    }

    fn drop_question(&mut self, ctx: &Context) {
        self.keep_largest_face();
        if let Some(question) = self.view.question.take() {
            self.offer_both(ctx, question.id);
        }
    }

    fn close_overlay(&mut self, ctx: &Context) {
        let view = &mut self.view;
        if view.shown.about {
            view.shown.about = false;
        } else if view.shown.help {
            view.shown.help = false;
        } else if view.path_prompt.is_some() {
            view.path_prompt = None;
        } else if !view.interrupted.is_empty() {
            view.interrupted.clear();
        } else if view.countdown.is_some() {
            view.countdown = None;
        } else if view.shown.gallery {
            view.shown.gallery = false;
        } else if let Some(film) = view.films.closes().filter(|_| view.question.is_none() || view.films.list.is_some()) {
            // A card lies below the question.
            self.act_on_film(ctx, film);
        } else if view.question.is_none() && view.shown.full_screen {
            self.toggle_full_screen(ctx);
        } else {
            self.drop_question(ctx);
        }
    }

    fn confirm_path(&mut self, ctx: &Context) {
        let Some(prompt) = &mut self.view.path_prompt else { return };
        let typed = prompt.text.trim();
        let path = files::paths_in_text(typed).into_iter().next().unwrap_or_else(|| PathBuf::from(typed));
        if !path.is_file() {
            prompt.problem = Some(t!("path-none"));
            return;
        }
        let purpose = prompt.purpose;
        self.view.path_prompt = None;
        self.open_picked(ctx, purpose, &[path]);
    }

    /// The next recording or snapshot of the portrait.
    pub(super) fn new_file(&self) -> NewFile {
        let title = self.view.portrait.as_ref().map_or_else(|| t!("untitled"), |portrait| words::name(&portrait.name).into_owned());
        NewFile { folder: self.settings.recordings_dir.clone(), title, mark: self.settings.mark }
    }

    fn show_in_folder(&mut self, ctx: &Context) {
        let Some(path) = self.view.record.last_file.clone() else { return };
        let text = path.display().to_string();
        let waker = ctx.clone();
        // Without a file manager the path in the clipboard is the next best thing.
        let on_failure = move || {
            waker.copy_text(text);
            waker.request_repaint_of(ViewportId::ROOT);
        };
        match desktop::show_in_folder(&path, on_failure) {
            Ok(worker) => {
                if let Some(earlier) = self.file_manager.replace(worker) {
                    earlier.abandon();
                }
            }
            Err(error) => self.say(Severity::Error, sentence(error.to_string()), ctx),
        }
    }
}

/// Acts where nothing but the state is needed.
fn act_on_view(view: &mut ViewState, action: ViewAction) {
    match action {
        ViewAction::SelectFace(index) => {
            if let Some(question) = &mut view.question {
                question.selected = index.min(question.faces.len().saturating_sub(1));
            }
        }
        ViewAction::DrawFaceInstead => {
            if let Some(question) = &mut view.question {
                question.drawn = Some(faces::first_guess(question.picture.size_px));
            }
        }
        ViewAction::DrawFaceBox(face_box) => {
            if let Some(question) = &mut view.question {
                question.drawn = Some(face_box);
            }
        }
        ViewAction::ToggleGallery => view.shown.gallery = !view.shown.gallery,
        ViewAction::ToggleAbout => view.shown.about = !view.shown.about,
        ViewAction::ToggleMore => view.shown.more = !view.shown.more,
        ViewAction::TogglePanel => view.shown.panel = !view.shown.panel,
        ViewAction::ToggleOutput => view.shown.output = !view.shown.output,
        ViewAction::ToggleInset => view.shown.inset = !view.shown.inset,
        ViewAction::ToggleHelp => view.shown.help = !view.shown.help,
        ViewAction::EditPath(text) => {
            if let Some(prompt) = &mut view.path_prompt {
                prompt.text = text;
                prompt.problem = None;
            }
        }
        ViewAction::KeepForLater => view.interrupted.clear(),
        ViewAction::DismissToast(id) => view.toasts.dismiss(id),
    }
}
