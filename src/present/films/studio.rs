//! The workers behind the card: each does one thing and says what came of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, unbounded};
use egui::load::SizedTexture;
use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions, ViewportId};
use image::RgbImage;

use super::Part;
use super::clipboard::FileClipboard;
use crate::recordings::{self, Conversion, FilmFacts, Hearing, KeptFilm, Made, Output, Player, PlayerOptions, RecordingsError, Trashed};
use crate::runtime::{Latest, LatestReader, StopFlag, Worker, WorkerError};

/// Longer side of the pictures of the card, of the strip and of the replay, in pixels.
const CARD_PX: u32 = 480;
const STRIP_PX: u32 = 160;
const REPLAY_PX: u32 = 1280;
/// Pictures of a strip.
pub(super) const STRIP_PICTURES: u32 = 12;
/// Most recordings that are listed.
const MOST_LISTED: usize = 60;

/// What a worker says. Of the card's, with the number of the card that it was for.
pub(super) enum Said {
    /// What a film is.
    Facts(u64, Result<FilmFacts, RecordingsError>),
    /// A picture of it.
    Picture(u64, ColorImage),
    /// The next picture of its strip.
    Strip(u64, ColorImage),
    /// How large the GIF of a part would be.
    Gif(u64, Option<Part>, Option<u64>),
    /// A file was made of it, or not.
    Made(u64, Result<Made, RecordingsError>),
    /// The file that was called so has another name, or not.
    Renamed(u64, PathBuf, Result<PathBuf, RecordingsError>),
    /// It is in the trash, from where it may be taken back, or not.
    Deleted(u64, Result<(PathBuf, Option<Trashed>), RecordingsError>),
    /// It is where it was before, or not.
    PutBack(Result<PathBuf, RecordingsError>),
    /// The earlier recordings.
    Listed(Vec<KeptFilm>),
    /// A file is in the clipboard, or not.
    Copied(PathBuf, Result<(), String>),
    /// There is no file manager that shows this file.
    NotShown(PathBuf),
    /// The replay is at its end, or cannot go on.
    ReplayOver(u64, Option<String>),
    /// The replay is not heard.
    ReplaySilent(u64, String),
}

/// A film that is played into a texture.
struct Screen {
    player: Player,
    frames: LatestReader<ColorImage>,
}

/// The workers, and what keeps their results alive.
pub(in crate::present) struct Studio {
    ctx: Context,
    says: Sender<Said>,
    said: Receiver<Said>,
    workers: Vec<Worker>,
    /// The file that is being made, and how far it is.
    making: Option<(Worker, Arc<AtomicU32>)>,
    card_screen: Option<Screen>,
    replay_screen: Option<Screen>,
    hearing: Option<Hearing>,
    clipboard: Option<FileClipboard>,
    /// What was thrown away last.
    pub(super) trashed: Option<Trashed>,
    card_texture: Option<TextureHandle>,
    replay_texture: Option<TextureHandle>,
    strip: Vec<TextureHandle>,
    pub(super) listed: Vec<(PathBuf, TextureHandle)>,
    /// Number of the card that is open, and of the replay.
    pub(super) card: u64,
    replay: u64,
}

impl Studio {
    /// Idle. What workers say is few and each is wanted, so their link has no bound.
    pub(in crate::present) fn new(ctx: &Context) -> Self {
        let (says, said) = unbounded();
        Self {
            ctx: ctx.clone(),
            says,
            said,
            workers: Vec::new(),
            making: None,
            card_screen: None,
            replay_screen: None,
            hearing: None,
            clipboard: None,
            trashed: None,
            card_texture: None,
            replay_texture: None,
            strip: Vec::new(),
            listed: Vec::new(),
            card: 0,
            replay: 0,
        }
    }

    /// What was said since the last call.
    pub(super) fn take_said(&mut self) -> Vec<Said> {
        self.workers.retain(|worker| !worker.is_finished());
        self.said.try_iter().collect()
    }

    /// Says something to the window, from any thread.
    fn voice(&self) -> impl Fn(Said) + Clone + Send + Sync + use<> {
        let (says, ctx) = (self.says.clone(), self.ctx.clone());
        move |what| {
            // The window may be gone by now.
            says.send(what).ok();
            ctx.request_repaint_of(ViewportId::ROOT);
        }
    }

    fn run(&mut self, name: &'static str, work: impl FnOnce(&StopFlag) + Send + 'static) {
        let started = Worker::spawn(name, work, |error| tracing::error!("{error}"));
        self.keep(started);
    }

    fn keep(&mut self, started: Result<Worker, WorkerError>) {
        match started {
            Ok(worker) => self.workers.push(worker),
            Err(error) => tracing::error!("{error}"),
        }
    }

    /// Another recording is looked at from now on, or none: what was begun for the last one is given up.
    pub(super) fn turn_card(&mut self) {
        self.card += 1;
        self.card_screen = None;
        self.card_texture = None;
        self.strip.clear();
        self.end_replay();
        if let Some((worker, _)) = self.making.take() {
            worker.stop();
            self.workers.push(worker);
        }
    }

    /// Finds out what a film is, and gets its first picture.
    pub(super) fn look_at(&mut self, path: PathBuf) {
        let (say, card) = (self.voice(), self.card);
        self.run("look at recording", move |_| {
            if let Ok(picture) = recordings::picture_at(&path, Duration::ZERO, Some(CARD_PX)) {
                say(Said::Picture(card, colour_image(&picture)));
            }
            say(Said::Facts(card, recordings::facts(&path)));
        });
    }

    /// Makes the pictures of a strip, one after the other.
    pub(super) fn make_strip(&mut self, path: PathBuf, length: Duration) {
        let (say, card) = (self.voice(), self.card);
        self.run("strip", move |stop| {
            let sink = |picture: Arc<RgbImage>| say(Said::Strip(card, colour_image(&picture)));
            if let Err(error) = recordings::strip(&path, length, STRIP_PICTURES, STRIP_PX, stop, sink) {
                tracing::warn!("there is no strip of {}: {error}", path.display());
            }
        });
    }

    /// Guesses the size of a GIF.
    pub(super) fn guess_gif(&mut self, path: PathBuf, part: Option<Part>) {
        let (say, card) = (self.voice(), self.card);
        let job = conversion(path, part, Output::Gif, [0.5; 2]);
        self.run("GIF sample", move |stop| {
            let guess = recordings::gif_bytes(&job, stop);
            say(Said::Gif(card, part, guess.inspect_err(|error| tracing::warn!("the GIF's size is not known: {error}")).ok()));
        });
    }

    /// Makes a file of a film. A film that was recorded for this alone goes when it is made.
    pub(super) fn make(&mut self, job: Conversion, source_goes: bool) {
        let (say, card, ctx) = (self.voice(), self.card, self.ctx.clone());
        let share = Arc::new(AtomicU32::new(0));
        let told = Arc::clone(&share);
        let panicked = say.clone();
        let body = move |stop: &StopFlag| {
            let progress = |done: f32| {
                // A hundred steps are enough for the eye.
                if (done * 100.0) as u32 != (f32::from_bits(told.swap(done.to_bits(), Ordering::Relaxed)) * 100.0) as u32 {
                    ctx.request_repaint_of(ViewportId::ROOT);
                }
            };
            let mut made = recordings::convert(&job, stop, progress);
            if let Ok(made) = &mut made
                && source_goes
                && let Err(error) = std::fs::remove_file(&job.source)
            {
                made.warnings.push(format!("{} could not be removed: {error}", job.source.display()));
            }
            say(Said::Made(card, made));
        };
        match Worker::spawn("save again", body, move |error| panicked(Said::Made(card, Err(error.into())))) {
            Ok(worker) => self.making = Some((worker, share)),
            Err(error) => self.voice()(Said::Made(card, Err(error.into()))),
        }
    }

    /// How far the file is that is being made.
    pub(super) fn making(&self) -> Option<f32> {
        self.making.as_ref().map(|(_, share)| f32::from_bits(share.load(Ordering::Relaxed)))
    }

    /// Gives it up; it says so when it has.
    pub(super) fn cancel(&self) {
        if let Some((worker, _)) = &self.making {
            worker.stop();
        }
    }

    /// It has said what came of it.
    pub(super) fn has_made(&mut self) {
        if let Some((worker, _)) = self.making.take() {
            self.workers.push(worker);
        }
    }

    /// Gives a file another name.
    pub(super) fn rename(&mut self, path: PathBuf, name: String) {
        let (say, card) = (self.voice(), self.card);
        self.run("rename", move |_| {
            let outcome = recordings::rename(&path, &name);
            say(Said::Renamed(card, path, outcome));
        });
    }

    /// Puts a file into the trash.
    pub(super) fn delete(&mut self, path: PathBuf) {
        let (say, card) = (self.voice(), self.card);
        self.run("trash", move |_| {
            let outcome = recordings::throw_away(&path).map(|trashed| (path, trashed));
            say(Said::Deleted(card, outcome));
        });
    }

    /// Takes the file that was thrown away last out of the trash.
    pub(super) fn put_back(&mut self) {
        let Some(trashed) = self.trashed.take() else { return };
        let say = self.voice();
        self.run("put back", move |_| say(Said::PutBack(recordings::put_back(trashed))));
    }

    /// Reads which recordings a folder holds.
    pub(super) fn list(&mut self, folder: PathBuf) {
        let say = self.voice();
        self.run("list recordings", move |_| say(Said::Listed(recordings::films(&folder, MOST_LISTED))));
    }

    /// Copies a file to the clipboard; false when nobody is there to do it.
    pub(super) fn copy(&mut self, path: PathBuf) -> bool {
        let say = self.voice();
        let clipboard = self.clipboard.get_or_insert_with(|| FileClipboard::start(move |path, outcome| say(Said::Copied(path, outcome))));
        clipboard.copy(path)
    }

    /// Shows a file in its folder.
    pub(super) fn show_in_folder(&self, path: &Path) {
        let (say, shown) = (self.voice(), path.to_owned());
        let started = crate::present::desktop::show_in_folder(path, move || say(Said::NotShown(shown)));
        match started {
            // A file manager may run as long as its user likes.
            Ok(worker) => worker.abandon(),
            Err(error) => tracing::error!("{error}"),
        }
    }

    /// Plays the card's small picture, or lets it stand still where it is.
    pub(super) fn play_card(&mut self, path: &Path, plays: bool) {
        if !plays {
            if let Some(screen) = &self.card_screen {
                screen.player.pause(true);
            }
            return;
        }
        match &self.card_screen {
            Some(screen) => screen.player.pause(false),
            None => self.card_screen = self.screen(path, PlayerOptions { looped: true, ..options(CARD_PX, None) }, None),
        }
    }

    /// Shows the picture of a place on the card.
    pub(super) fn show_on_card(&mut self, path: &Path, at: Duration) {
        if self.card_screen.is_none() {
            self.card_screen = self.screen(path, PlayerOptions { looped: true, from: at, ..options(CARD_PX, None) }, None);
        }
        if let Some(screen) = &self.card_screen {
            screen.player.pause(true);
            screen.player.seek(at);
        }
    }

    /// The place of the picture on the card; `None` when it has not moved yet.
    pub(super) fn card_position(&self) -> Option<Duration> {
        self.card_screen.as_ref().map(|screen| screen.player.playback().position)
    }

    /// Plays a film on the stage, with its sound where it has some.
    pub(super) fn start_replay(&mut self, path: &Path, part: Option<Part>, volume: Option<f32>) {
        self.end_replay();
        let (say, replay) = (self.voice(), self.replay);
        let silent = say.clone();
        let over = move |why| say(Said::ReplayOver(replay, why));
        self.replay_screen = self.screen(path, options(REPLAY_PX, part), Some(Box::new(over)));
        if let (Some(screen), Some(volume)) = (&self.replay_screen, volume) {
            let hearing = screen.player.hear(path, volume, move |why| silent(Said::ReplaySilent(replay, why)));
            self.hearing = hearing.inspect_err(|error| tracing::error!("{error}")).ok();
        }
    }

    /// Whether something said belongs to the replay that is on show.
    pub(super) fn is_replay(&self, number: u64) -> bool {
        number == self.replay
    }

    /// Ends it.
    pub(super) fn end_replay(&mut self) {
        self.replay += 1;
        (self.hearing, self.replay_screen, self.replay_texture) = (None, None, None);
    }

    /// The film on the stage.
    pub(super) fn replay(&self) -> Option<&Player> {
        self.replay_screen.as_ref().map(|screen| &screen.player)
    }

    /// How loud the replay is.
    pub(super) fn set_volume(&self, volume: f32) {
        if let Some(hearing) = &self.hearing {
            hearing.set_volume(volume);
        }
    }

    fn screen(&self, path: &Path, options: PlayerOptions, over: Option<Box<dyn Fn(Option<String>) + Send + Sync>>) -> Option<Screen> {
        let (frames_out, frames) = Latest::new();
        let ctx = self.ctx.clone();
        let sink = move |picture: Arc<RgbImage>| {
            frames_out.put(colour_image(&picture));
            ctx.request_repaint_of(ViewportId::ROOT);
        };
        let on_end = move |why: Option<String>| {
            if let Some(over) = &over {
                over(why);
            }
        };
        let player: Result<Player, RecordingsError> = Player::start(path, options, sink, on_end);
        player.inspect_err(|error| tracing::error!("{error}")).ok().map(|player| Screen { player, frames })
    }

    /// Shows a picture on the card.
    pub(super) fn card_picture(&mut self, picture: ColorImage) -> SizedTexture {
        show(&self.ctx, &mut self.card_texture, "film", picture)
    }

    /// The newest picture of the card's film, when there is a new one.
    pub(super) fn new_card_picture(&mut self) -> Option<SizedTexture> {
        let picture = self.card_screen.as_ref()?.frames.take()?;
        Some(self.card_picture(picture))
    }

    /// The newest picture of the replay, when there is a new one.
    pub(super) fn new_replay_picture(&mut self) -> Option<SizedTexture> {
        let picture = self.replay_screen.as_ref()?.frames.take()?;
        Some(show(&self.ctx, &mut self.replay_texture, "replay", picture))
    }

    /// One more picture of the strip.
    pub(super) fn strip_picture(&mut self, picture: ColorImage) -> SizedTexture {
        let handle = self.ctx.load_texture("strip", picture, TextureOptions::LINEAR);
        let texture = SizedTexture::from_handle(&handle);
        self.strip.push(handle);
        texture
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        // All but what writes: reading a large file must not keep the window open.
        for worker in self.workers.drain(..) {
            worker.abandon();
        }
    }
}

/// What a part of a film shall become.
pub(super) fn conversion(source: PathBuf, part: Option<Part>, output: Output, focus: [f32; 2]) -> Conversion {
    let (from, to) = part.map_or((Duration::ZERO, None), |part| (part.from, Some(part.to)));
    Conversion { source, from, to, output, focus }
}

fn options(max_side_px: u32, part: Option<Part>) -> PlayerOptions {
    let (from, to) = part.map_or((Duration::ZERO, None), |part| (part.from, Some(part.to)));
    PlayerOptions { max_side_px, looped: false, from, to }
}

/// Puts a picture into a texture that is reused.
fn show(ctx: &Context, texture: &mut Option<TextureHandle>, name: &str, picture: ColorImage) -> SizedTexture {
    let handle = match texture {
        Some(handle) => {
            handle.set(picture, TextureOptions::LINEAR);
            handle
        }
        None => texture.insert(ctx.load_texture(name, picture, TextureOptions::LINEAR)),
    };
    SizedTexture::from_handle(handle)
}

/// On the worker that has the picture: the window's thread only uploads it.
fn colour_image(picture: &RgbImage) -> ColorImage {
    let size = [picture.width() as usize, picture.height() as usize];
    ColorImage::new(size, picture.pixels().map(|pixel| Color32::from_rgb(pixel.0[0], pixel.0[1], pixel.0[2])).collect())
}
