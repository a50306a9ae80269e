//! What happens when something is wanted of a recording, and when a worker says what came of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use egui::Context;
use egui::load::SizedTexture;
use image::{DynamicImage, RgbaImage};

use super::focus::Focus;
use super::studio::{self, Said};
use super::{CardAction, CardView, Doing, FilmAction, GifSize, ListView, ListedFilm, ReplayView};
use crate::present::action::Action;
use crate::present::app::{App, now_secs};
use crate::present::events::file_name;
use crate::present::thumbnails::Place;
use crate::present::toasts::{Offer, Severity, sentence};
use crate::present::words::t;
use crate::recordings::{self, Output, RecordingsError, Shape, Trashed};

/// Longer side of the pictures from which thumbnails are made, in pixels.
const THUMBNAIL_PX: u32 = 512;

impl App {
    /// Does what is wanted of a recording.
    pub(in crate::present) fn act_on_film(&mut self, ctx: &Context, action: FilmAction) {
        match action {
            FilmAction::List(shows) => self.show_list(shows),
            FilmAction::Open(path) => {
                self.view.films.list = None;
                self.open_film(path, Vec::new());
            }
            FilmAction::Close => self.close_film(),
            FilmAction::Replay => self.replay_film(),
            FilmAction::Pause(paused) => self.pause_replay(paused),
            FilmAction::Seek(to) => {
                if let Some(player) = self.studio.replay() {
                    // What stands still, if only at its end, shows the picture there and stays.
                    if self.view.films.replay.as_ref().is_some_and(|replay| replay.paused) {
                        player.pause(true);
                    }
                    player.seek(to);
                }
            }
            FilmAction::Volume(volume) => {
                self.studio.set_volume(volume);
                self.replay_volume = volume;
                if let Some(replay) = &mut self.view.films.replay {
                    replay.volume = Some(volume);
                }
            }
            FilmAction::EndReplay => {
                self.studio.end_replay();
                self.view.films.replay = None;
            }
            FilmAction::PutBack => {
                self.view.toasts.withdraw(&Action::Film(FilmAction::PutBack));
                self.studio.put_back();
            }
            FilmAction::Card(action) => self.act_on_card(ctx, action),
        }
    }

    fn act_on_card(&mut self, ctx: &Context, action: CardAction) {
        let Some(card) = &mut self.view.films.card else { return };
        let path = card.path.clone();
        match action {
            CardAction::Point(points) => {
                (card.pointed_at, card.shown_at) = (points, None);
                self.studio.play_card(&path, points);
            }
            CardAction::Trim(on) => {
                card.doing = if on { Doing::Trimming } else { Doing::Nothing };
                if std::mem::take(&mut card.pointed_at) {
                    self.studio.play_card(&path, false);
                }
                if let Some(facts) = card.facts.as_ref().filter(|_| on && card.strip.is_empty()) {
                    self.studio.make_strip(path, facts.duration);
                }
            }
            CardAction::SetPart(part, shown) => {
                if card.part != Some(part) {
                    (card.part, card.gif, card.shown_at) = (Some(part), GifSize::Unknown, Some(shown));
                    self.studio.show_on_card(&path, shown);
                }
            }
            CardAction::ShowAt(place) => {
                card.shown_at = Some(place);
                self.studio.show_on_card(&path, place);
            }
            CardAction::GuessGif => {
                if card.gif == GifSize::Unknown {
                    card.gif = GifSize::Guessing;
                    self.studio.guess_gif(path, card.real_part());
                }
            }
            CardAction::Make(output) => self.make_of_film(output, false),
            CardAction::Cancel => self.studio.cancel(),
            CardAction::Copy => self.copy_film(ctx, &path),
            CardAction::Show => self.studio.show_in_folder(&path),
            CardAction::Name(text) => (card.doing, card.problem) = (Doing::Renaming(text), None),
            CardAction::Rename => {
                if let Doing::Renaming(text) = &card.doing {
                    let name = text.clone();
                    self.studio.rename(path, name);
                }
            }
            CardAction::KeepName => (card.doing, card.problem) = (Doing::Nothing, None),
            CardAction::Delete => self.studio.delete(path),
        }
    }

    /// Lays the card of a recording over the stage. `notes` say what went less well while it was recorded.
    pub(in crate::present) fn open_film(&mut self, path: PathBuf, notes: Vec<String>) {
        self.studio.turn_card();
        self.view.films.replay = None;
        self.studio.look_at(path.clone());
        self.view.films.card = Some(CardView { path, notes, ..CardView::default() });
    }

    /// Notes where the face is in a recording that was just made.
    pub(in crate::present) fn note_focus(&mut self, path: &Path) {
        let Some(portrait) = &self.original else { return };
        self.focuses.note(path, Focus::of(portrait, self.view.part));
    }

    fn close_film(&mut self) {
        self.studio.turn_card();
        self.view.films.card = None;
        self.view.films.replay = None;
    }

    fn replay_film(&mut self) {
        let Some(card) = &mut self.view.films.card else { return };
        card.pointed_at = false;
        self.studio.play_card(&card.path, false);
        let volume = card.facts.as_ref().is_some_and(|facts| facts.has_sound).then_some(self.replay_volume);
        self.studio.start_replay(&card.path, card.real_part(), volume);
        let length = card.facts.as_ref().map_or(Duration::ZERO, |facts| facts.duration);
        self.view.films.replay = Some(ReplayView { picture: None, position: Duration::ZERO, length, paused: false, silent: None, volume });
    }

    fn pause_replay(&mut self, paused: bool) {
        let (Some(player), Some(replay), Some(card)) = (self.studio.replay(), &mut self.view.films.replay, &self.view.films.card) else {
            return;
        };
        let part = card.real_part();
        if !paused && part.is_some_and(|part| player.playback().position >= part.to) {
            player.seek(part.map_or(Duration::ZERO, |part| part.from));
        }
        replay.paused = paused;
        player.pause(paused);
    }

    /// Makes a file of the recording on the card.
    pub(in crate::present) fn make_of_film(&mut self, output: Output, source_goes: bool) {
        let Some(path) = self.view.films.card.as_ref().map(|card| card.path.clone()) else { return };
        let Some(card) = &mut self.view.films.card else { return };
        let focus = self.focuses.in_film(&path, card.facts.as_ref().map(|facts| facts.size));
        let what = match output {
            Output::Film(Shape::Whole) => t!("film-making-whole"),
            Output::Film(Shape::Square) => t!("film-making-square"),
            Output::Film(Shape::Tall) => t!("film-making-tall"),
            Output::Gif => t!("film-making-gif"),
            Output::Still => t!("film-making-still"),
            Output::BackAndForth => t!("film-making-back"),
        };
        (card.doing, card.problem) = (Doing::Making { what, share: 0.0 }, None);
        let mut job = studio::conversion(path, card.real_part(), output, focus);
        if output == Output::Still {
            // What the card shows: where the pointer left the film, else where the part begins.
            job.from = self.studio.card_position().unwrap_or(job.from);
        }
        self.studio.make(job, source_goes);
    }

    fn show_list(&mut self, shows: bool) {
        self.view.films.list = shows.then(|| ListView { reading: true, ..ListView::default() });
        if shows {
            self.studio.list(self.settings.recordings_dir.clone());
        }
    }

    fn copy_film(&mut self, ctx: &Context, path: &Path) {
        if !self.studio.copy(path.to_owned()) {
            self.copy_path_instead(ctx, path);
        }
    }

    fn copy_path_instead(&mut self, ctx: &Context, path: &Path) {
        ctx.copy_text(path.display().to_string());
        self.say(Severity::Info, t!("said-film-path"), ctx);
    }

    /// Shows what the workers have made, and acts on what they say.
    pub(in crate::present) fn drain_films(&mut self, ctx: &Context) {
        for said in self.studio.take_said() {
            self.hear_of_film(ctx, said);
        }
        if let Some(picture) = self.studio.new_card_picture()
            && let Some(card) = &mut self.view.films.card
        {
            card.picture = Some(picture);
        }
        if let Some(share) = self.studio.making()
            && let Some(CardView { doing: Doing::Making { share: shown, .. }, .. }) = &mut self.view.films.card
        {
            *shown = share;
        }
        let picture = self.studio.new_replay_picture();
        if let Some((replay, player)) = self.view.films.replay.as_mut().zip(self.studio.replay()) {
            let playback = player.playback();
            (replay.position, replay.paused) = (playback.position, playback.paused || playback.ended);
            replay.length = playback.length.unwrap_or(replay.length);
            replay.picture = picture.or(replay.picture);
        }
    }

    fn hear_of_film(&mut self, ctx: &Context, said: Said) {
        let open = self.studio.card;
        match said {
            Said::Listed(films) => self.show_listed(films),
            Said::Copied(path, Ok(())) => self.say(Severity::Done, t!("said-film-copied", file = file_name(&path)), ctx),
            Said::Copied(path, Err(error)) => {
                tracing::warn!("the clipboard takes no file: {error}");
                self.copy_path_instead(ctx, &path);
            }
            Said::NotShown(path) => {
                ctx.copy_text(path.display().to_string());
                self.say(Severity::Warning, t!("said-no-file-manager"), ctx);
            }
            Said::ReplayOver(number, Some(why)) if self.studio.is_replay(number) => {
                self.act_on_film(ctx, FilmAction::EndReplay);
                self.say(Severity::Error, t!("trouble-film", why = sentence(why)), ctx);
            }
            Said::ReplaySilent(number, why) if self.studio.is_replay(number) => {
                if let Some(replay) = &mut self.view.films.replay {
                    (replay.silent, replay.volume) = (Some(why), None);
                }
            }
            Said::Facts(card, facts) if card == open => self.show_facts(facts),
            Said::Picture(card, picture) if card == open => {
                let picture = self.studio.card_picture(picture);
                self.on_card(|card| card.picture = card.picture.or(Some(picture)));
            }
            Said::Strip(card, picture) if card == open => {
                let picture = self.studio.strip_picture(picture);
                self.on_card(|card| card.strip.push(picture));
            }
            Said::Gif(card, part, size) if card == open => self.on_card(|card| {
                // Other ends were chosen meanwhile: it is asked for again.
                let still = card.gif == GifSize::Guessing && card.real_part() == part;
                card.gif = if still { size.map_or(GifSize::Untold, GifSize::About) } else { GifSize::Unknown };
            }),
            Said::Made(card, outcome) => self.has_made(ctx, card == open, outcome),
            Said::Renamed(card, path, outcome) => self.has_renamed(card == open, &path, outcome),
            Said::Deleted(card, outcome) => self.has_deleted(ctx, card == open, outcome),
            Said::PutBack(outcome) => self.has_put_back(ctx, outcome),
            // Of a card or a replay that was put away.
            Said::ReplayOver(..) | Said::ReplaySilent(..) | Said::Facts(..) | Said::Picture(..) | Said::Strip(..) | Said::Gif(..) => {}
        }
    }

    fn on_card(&mut self, change: impl FnOnce(&mut CardView)) {
        if let Some(card) = &mut self.view.films.card {
            change(card);
        }
    }

    fn show_facts(&mut self, facts: Result<recordings::FilmFacts, RecordingsError>) {
        self.on_card(|card| match facts {
            Ok(facts) => card.facts = Some(facts),
            Err(error) => card.problem = Some(trouble(&error)),
        });
    }

    fn has_made(&mut self, ctx: &Context, is_open: bool, outcome: Result<recordings::Made, RecordingsError>) {
        if is_open {
            self.studio.has_made();
            self.on_card(|card| card.doing = Doing::Nothing);
        }
        match outcome {
            Ok(made) => {
                self.say(Severity::Done, t!("file-saved", file = file_name(&made.path)), ctx);
                self.view.record.last_file = Some(made.path.clone());
                let is_film = made.path.extension().is_some_and(|ending| ending != "png");
                if is_open && is_film {
                    // Its face is where the film's is, but in another shape, where it is in the middle.
                    self.open_film(made.path, made.warnings);
                }
            }
            Err(error) if is_open => self.on_card(|card| card.problem = Some(trouble(&error))),
            // A film that was put away while something was made of it: it was given up.
            Err(error) => tracing::info!("{error}"),
        }
    }

    fn has_renamed(&mut self, is_open: bool, before: &Path, outcome: Result<PathBuf, RecordingsError>) {
        match outcome {
            Ok(path) => {
                if let Some(last) = self.view.record.last_file.as_mut().filter(|last| *last == before) {
                    last.clone_from(&path);
                }
                self.focuses.rename(before, &path);
                if is_open {
                    self.on_card(|card| (card.path, card.doing, card.problem) = (path, Doing::Nothing, None));
                }
            }
            Err(error) if is_open => self.on_card(|card| card.problem = Some(trouble(&error))),
            Err(error) => tracing::info!("{error}"),
        }
    }

    fn has_deleted(&mut self, ctx: &Context, is_open: bool, outcome: Result<(PathBuf, Option<Trashed>), RecordingsError>) {
        match outcome {
            Ok((path, trashed)) => {
                let text = t!("said-trashed", file = file_name(&path));
                // One film at a time is offered.
                self.view.toasts.withdraw(&Action::Film(FilmAction::PutBack));
                if trashed.is_some() {
                    let offer = Offer { label: t!("put-back"), action: Action::Film(FilmAction::PutBack) };
                    self.view.toasts.push_offer(text, offer, now_secs(ctx));
                } else {
                    self.say(Severity::Done, text, ctx);
                }
                self.studio.trashed = trashed;
                self.view.record.last_file.take_if(|last| *last == path);
                if is_open {
                    self.close_film();
                }
            }
            Err(error) if is_open => self.on_card(|card| card.problem = Some(trouble(&error))),
            Err(error) => self.say(Severity::Error, trouble(&error), ctx),
        }
    }

    fn has_put_back(&mut self, ctx: &Context, outcome: Result<PathBuf, RecordingsError>) {
        match outcome {
            Ok(path) => {
                self.say(Severity::Done, t!("said-put-back", file = file_name(&path)), ctx);
                self.view.record.last_file.get_or_insert_with(|| path.clone());
                if self.view.films.list.is_some() {
                    self.show_list(true);
                } else if self.view.films.card.is_none() && self.view.record.running.is_none() && self.view.countdown.is_none() {
                    self.open_film(path, Vec::new());
                }
            }
            Err(error) => self.say(Severity::Error, trouble(&error), ctx),
        }
    }

    fn show_listed(&mut self, films: Vec<recordings::KeptFilm>) {
        let Some(list) = &mut self.view.films.list else { return };
        let now = SystemTime::now();
        let known = |path: &Path| self.studio.listed.iter().find(|(known, _)| known == path).map(|(_, texture)| texture);
        list.reading = false;
        list.films = films
            .into_iter()
            .map(|film| ListedFilm {
                age: age(now.duration_since(film.written).unwrap_or_default()),
                thumbnail: known(&film.path).map(SizedTexture::from_handle),
                bytes: film.bytes,
                path: film.path,
            })
            .collect();
        for film in list.films.iter().filter(|film| film.thumbnail.is_none()) {
            let path = film.path.clone();
            let pixels = move || Arc::new(thumbnail_pixels(&path));
            self.thumbnails.make(Place::Film(film.path.clone()), "recording", pixels);
        }
    }

    /// The thumbnail of an earlier recording is made.
    pub(in crate::present) fn show_film_thumbnail(&mut self, path: PathBuf, texture: egui::TextureHandle) {
        if let Some(film) = self.view.films.list.iter_mut().flat_map(|list| &mut list.films).find(|film| film.path == path) {
            film.thumbnail = Some(SizedTexture::from_handle(&texture));
        }
        self.studio.listed.retain(|(known, _)| *known != path);
        self.studio.listed.push((path, texture));
    }
}

/// A film's first picture; one dark pixel where there is none, which says as much.
fn thumbnail_pixels(path: &Path) -> RgbaImage {
    match recordings::picture_at(path, Duration::ZERO, Some(THUMBNAIL_PX)) {
        Ok(picture) => DynamicImage::ImageRgb8(Arc::unwrap_or_clone(picture)).into_rgba8(),
        Err(error) => {
            tracing::info!("{} has no thumbnail: {error}", path.display());
            RgbaImage::from_pixel(1, 1, image::Rgba([30, 28, 27, 255]))
        }
    }
}

/// What went wrong with a recording.
fn trouble(error: &RecordingsError) -> String {
    match error {
        RecordingsError::Cancelled => t!("film-cancelled"),
        RecordingsError::Empty => t!("film-no-part"),
        RecordingsError::NoFilm { path } => t!("film-no-film", file = path.display().to_string()),
        RecordingsError::TooLong { most_secs } => t!("film-too-long", seconds = *most_secs),
        RecordingsError::BadName => t!("film-bad-name"),
        RecordingsError::NameTaken { name } => t!("film-name-taken", name = name.as_str()),
        // What is said of files and devices.
        other => t!("trouble-film", why = sentence(other.to_string())),
    }
}

/// How long ago, in words.
fn age(ago: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    const MONTH: u64 = 30 * DAY;
    match ago.as_secs() {
        secs if secs >= MONTH => t!("age-months", count = secs / MONTH),
        secs if secs >= DAY => t!("age-days", count = secs / DAY),
        secs if secs >= HOUR => t!("age-hours", count = secs / HOUR),
        secs if secs >= MINUTE => t!("age-minutes", count = secs / MINUTE),
        _ => t!("age-now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_people_say_them() {
        let ages = [3, 61, 7_300, 90_000, 86_400 * 70].map(|secs| age(Duration::from_secs(secs)));
        assert_eq!(ages, ["just now", "1 minute ago", "2 hours ago", "1 day ago", "2 months ago"], "from seconds to months");
    }
}
