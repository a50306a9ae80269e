//! What becomes of a recording: the card that lies over the stage when one is finished, its replay, and the list of earlier ones.
//!
//! Files are read and written by [`recordings`](crate::recordings) on workers; `studio` starts them and hears what they say.

mod actions;
pub(super) mod bar;
pub(super) mod card;
mod clipboard;
mod focus;
mod keyboard;
pub(super) mod list;
mod studio;
mod trim;

use std::path::PathBuf;
use std::time::Duration;

use egui::load::SizedTexture;

pub(super) use focus::Focuses;
pub(super) use studio::Studio;

use crate::recordings::{FilmFacts, Output};

/// Recordings after they were made.
#[derive(Clone, Debug, Default)]
pub struct FilmsView {
    /// The recording that is looked at.
    pub card: Option<CardView>,
    /// The earlier recordings, while they are on show.
    pub list: Option<ListView>,
    /// The recording that is played on the stage.
    pub replay: Option<ReplayView>,
}

/// A recording, and what is being done with it.
#[derive(Clone, Debug, Default)]
pub struct CardView {
    /// The file.
    pub path: PathBuf,
    /// What is known about it, as soon as it was looked at.
    pub facts: Option<FilmFacts>,
    /// A picture of it, which moves while it is pointed at.
    pub picture: Option<SizedTexture>,
    /// Whether it is pointed at.
    pub pointed_at: bool,
    /// The place of the picture, where one was chosen on the strip.
    pub shown_at: Option<Duration>,
    /// What is done to it.
    pub doing: Doing,
    /// The ends that were chosen.
    pub part: Option<Part>,
    /// Pictures of all of it, for the ends.
    pub strip: Vec<SizedTexture>,
    /// How large it would be as a GIF.
    pub gif: GifSize,
    /// What did not work.
    pub problem: Option<String>,
    /// What went less well than it should while it was recorded.
    pub notes: Vec<String>,
}

/// What is done to a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Doing {
    /// Nothing: it waits for what is wanted.
    #[default]
    Nothing,
    /// Its ends are chosen.
    Trimming,
    /// It gets another name.
    Renaming(String),
    /// A file is made of it.
    Making {
        /// What is made, for people.
        what: String,
        /// How far it is, from 0 to 1.
        share: f32,
    },
}

/// A part of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub from: Duration,
    /// Where it ends.
    pub to: Duration,
}

/// How large a GIF would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GifSize {
    /// Nobody has asked.
    #[default]
    Unknown,
    /// A sample is being made.
    Guessing,
    /// About so many bytes.
    About(u64),
    /// It cannot be told.
    Untold,
}

/// The earlier recordings.
#[derive(Clone, Debug, Default)]
pub struct ListView {
    /// Whether the folder is still being read.
    pub reading: bool,
    /// The newest first.
    pub films: Vec<ListedFilm>,
}

/// One of the earlier recordings.
#[derive(Clone, Debug)]
pub struct ListedFilm {
    /// The file.
    pub path: PathBuf,
    /// How long ago it was made, in words.
    pub age: String,
    /// Its size.
    pub bytes: u64,
    /// Its thumbnail, as soon as one is made.
    pub thumbnail: Option<SizedTexture>,
}

/// A recording that is played on the stage.
#[derive(Clone, Debug)]
pub struct ReplayView {
    /// The newest picture; `None` until the first one comes.
    pub picture: Option<SizedTexture>,
    /// Place in the film.
    pub position: Duration,
    /// Its length.
    pub length: Duration,
    /// Whether it stands still.
    pub paused: bool,
    /// Why nothing is heard of its sound, if so.
    pub silent: Option<String>,
    /// How loud its sound is, from 0 to 1; `None` where it has none.
    pub volume: Option<f32>,
}

/// What can be wanted of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum FilmAction {
    /// Show the earlier recordings, or put them away.
    List(bool),
    /// Look at a recording.
    Open(PathBuf),
    /// Put it away.
    Close,
    /// Play it on the stage.
    Replay,
    /// Let the replay stand still, or go on.
    Pause(bool),
    /// Go to a place of the replay.
    Seek(Duration),
    /// How loud the replay is.
    Volume(f32),
    /// End the replay.
    EndReplay,
    /// Put the recording back that was thrown away last.
    PutBack,
    /// Something about the recording that is looked at.
    Card(CardAction),
}

/// What can be wanted of the recording that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum CardAction {
    /// It is pointed at, or not any more.
    Point(bool),
    /// Choose the ends, or be done with that.
    Trim(bool),
    /// These ends. The picture at the one that was moved is shown.
    SetPart(Part, Duration),
    /// Show the picture at this place.
    ShowAt(Duration),
    /// Find out how large the GIF would be.
    GuessGif,
    /// Make a file of it.
    Make(Output),
    /// Give up what is being made.
    Cancel,
    /// Copy the file.
    Copy,
    /// Show it in its folder.
    Show,
    /// Begin to rename it, with the text of the field as it is typed.
    Name(String),
    /// Rename it as typed.
    Rename,
    /// Leave its name.
    KeepName,
    /// Put it into the trash.
    Delete,
}

impl CardView {
    /// The file's name without its ending.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Whether it is a GIF, which has no sound and no further shapes.
    pub fn is_gif(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gif"))
    }

    /// The part that was chosen, where that is less than all of it.
    pub fn real_part(&self) -> Option<Part> {
        let whole = self.facts.as_ref()?.duration;
        self.part.filter(|part| !part.from.is_zero() || part.to < whole)
    }
}

impl FilmsView {
    /// What closes whatever lies on top here; `None` where nothing is open.
    pub(super) fn closes(&self) -> Option<FilmAction> {
        if self.list.is_some() {
            return Some(FilmAction::List(false));
        }
        if self.replay.is_some() {
            return Some(FilmAction::EndReplay);
        }
        self.card.as_ref().map(|card| match card.doing {
            Doing::Nothing => FilmAction::Close,
            Doing::Trimming => FilmAction::Card(CardAction::Trim(false)),
            Doing::Renaming(_) => FilmAction::Card(CardAction::KeepName),
            Doing::Making { .. } => FilmAction::Card(CardAction::Cancel),
        })
    }
}

/// Minutes, seconds and tenths.
fn clock(time: Duration) -> String {
    let tenths = (time.as_millis() + 50) / 100;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_as_people_write_them() {
        let sizes = [1, 123_400, 999_999, 1_250_000, 31_400_000].map(crate::present::words::bytes);
        assert_eq!(sizes, ["1 kB", "124 kB", "1000 kB", "1.2 MB", "31 MB"], "of any size");
        let times = [0, 3_949, 61_000, 3_600_000].map(|ms| clock(Duration::from_millis(ms)));
        assert_eq!(times, ["0:00.0", "0:03.9", "1:01.0", "60:00.0"], "with tenths");
    }

    #[test]
    fn a_part_that_is_all_of_it_is_none() {
        let facts = FilmFacts { size: [2, 2], duration: Duration::from_secs(4), fps: 25.0, has_sound: false, bytes: 1 };
        let card = |from, to| CardView {
            facts: Some(facts.clone()),
            part: Some(Part { from: Duration::from_secs(from), to: Duration::from_secs(to) }),
            ..CardView::default()
        };
        assert_eq!(card(0, 4).real_part(), None, "from end to end");
        assert!(card(1, 4).real_part().is_some() && card(0, 3).real_part().is_some(), "less than that");
    }
}
