//! The user's portraits as the window knows them, and the thread that keeps their list and their pictures on disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use egui::{Context, ViewportId};

use crate::collection::{Change, Collection, CollectionError, CollectionFile, Kept, Source, ToKeep};
use crate::runtime::Worker;
use crate::session::{PictureInput, RequestId};

/// How long changes rest before they are written: a slider that moves makes many.
const REST: Duration = Duration::from_secs(1);
/// Longest time until changes that could not be written are tried again.
const MAX_PAUSE: Duration = Duration::from_mins(1);

/// What the thread is asked for.
enum Order {
    Change(Change),
    Keep(RequestId, PictureInput),
    Discard(PathBuf),
}

/// What it answers.
pub(super) enum Answer {
    /// A picture was kept, or why not.
    Kept(RequestId, Result<Kept, String>),
    /// Something the user should know.
    Trouble(String),
}

/// The list, and the way to its file. Orders are few and each counts, so their link has no bound. Fields are dropped in this order: the end of the link lets
/// the thread write what is left and end.
pub(super) struct Shelf {
    list: Collection,
    file: Option<CollectionFile>,
    orders: Option<Sender<Order>>,
    answers: Option<Receiver<Answer>>,
    _worker: Option<Worker>,
}

impl Shelf {
    /// Without a file the list lasts as long as the window.
    pub(super) fn start(ctx: &Context, file: Option<CollectionFile>, list: Collection) -> Self {
        let none = |list, file| Self { list, file, orders: None, answers: None, _worker: None };
        let Some(place) = file.clone() else { return none(list, file) };
        let (orders, wanted) = unbounded();
        let (given, answers) = unbounded();
        let ctx = ctx.clone();
        let answer = move |answer| {
            // The window may be gone by now.
            given.send(answer).ok();
            ctx.request_repaint_of(ViewportId::ROOT);
        };
        let keeper = Keeper { file: place, waiting: Vec::new(), failed: None, answer: Box::new(answer), told: String::new() };
        match Worker::spawn("portraits", move |_| keeper.run(&wanted), |error| tracing::error!("{error}")) {
            Ok(worker) => Self { list, file, orders: Some(orders), answers: Some(answers), _worker: Some(worker) },
            Err(error) => {
                tracing::error!("portraits are not remembered: {error}");
                none(list, file)
            }
        }
    }

    /// The list.
    pub(super) fn list(&self) -> &Collection {
        &self.list
    }

    /// Changes the list, here and, after a moment, in its file.
    pub(super) fn change(&mut self, change: Change) {
        self.list.apply(&change);
        self.order(Order::Change(change));
    }

    /// Has a picture kept that has no lasting file. Gives it back where nothing is kept.
    pub(super) fn keep(&self, id: RequestId, picture: PictureInput) -> Option<PictureInput> {
        match &self.orders {
            Some(orders) => {
                orders.send(Order::Keep(id, picture)).ok();
                None
            }
            None => Some(picture),
        }
    }

    /// Deletes a picture, if it is one that is kept for the user.
    pub(super) fn discard(&self, picture: &Path) {
        self.order(Order::Discard(picture.to_owned()));
    }

    /// What has been done since the last call.
    pub(super) fn answers(&self) -> Vec<Answer> {
        self.answers.iter().flat_map(Receiver::try_iter).collect()
    }

    /// Takes up a picture that was kept. Gives the files of kept pictures that had to make room for it.
    pub(super) fn take(&mut self, kept: &Kept) -> Vec<PathBuf> {
        let is_gone = |file: &&Path| {
            self.file.as_ref().is_some_and(|place| place.keeps(file))
                && !kept.collection.iter().any(|known| known.source.file() == Some(*file))
        };
        let gone: Vec<PathBuf> = self.list.iter().filter_map(|known| known.source.file()).filter(is_gone).map(Path::to_owned).collect();
        for file in &gone {
            self.list.apply(&Change::Remove(Source::File(file.clone())));
        }
        self.list.apply(&Change::Opened(Source::File(kept.file.clone()), seconds_now()));
        gone
    }

    /// Whether a picture will not stay where it is, as those that browsers let one drag.
    pub(super) fn is_passing(&self, picture: &Path) -> bool {
        self.file.is_some() && picture.starts_with(std::env::temp_dir())
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            // A thread that is gone has said why.
            orders.send(order).ok();
        }
    }
}

/// Seconds since 1970.
pub(super) fn seconds_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The thread's own.
struct Keeper {
    file: CollectionFile,
    waiting: Vec<Change>,
    /// When they could not be written, and how long they wait since.
    failed: Option<(Instant, Duration)>,
    answer: Box<dyn Fn(Answer) + Send>,
    /// What was told last, so that it is not told at every change.
    told: String,
}

impl Keeper {
    fn run(mut self, wanted: &Receiver<Order>) {
        loop {
            let order =
                if self.waiting.is_empty() { wanted.recv().map_err(RecvTimeoutError::from) } else { wanted.recv_timeout(self.pause()) };
            match order {
                Ok(Order::Change(change)) => change.queue(&mut self.waiting),
                Ok(Order::Keep(id, picture)) => {
                    self.write();
                    let kept = self.keep(picture);
                    (self.answer)(Answer::Kept(id, kept));
                }
                Ok(Order::Discard(picture)) => {
                    if let Err(error) = self.file.discard(&picture) {
                        self.tell(&error);
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.write(),
                Err(RecvTimeoutError::Disconnected) => return self.write(),
            }
        }
    }

    /// How long to wait for further changes.
    fn pause(&self) -> Duration {
        self.failed.map_or(REST, |(at, pause)| pause.saturating_sub(at.elapsed()).max(REST))
    }

    fn write(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        match self.file.update(&self.waiting) {
            Ok((_, trouble)) => {
                self.waiting.clear();
                self.failed = None;
                self.told.clear();
                if let Some(trouble) = trouble {
                    self.tell(&trouble);
                }
            }
            // A newer program's list stays as it is.
            Err(error @ CollectionError::Newer(_)) => {
                self.waiting.clear();
                self.failed = None;
                self.tell(&error);
            }
            // Another window lets go of the list sooner or later, and a full disk gets room again. Later changes mean nothing without the earlier ones.
            Err(error) => {
                let pause = self.failed.map_or(REST, |(_, pause)| pause);
                self.failed = Some((Instant::now(), (2 * pause).min(MAX_PAUSE)));
                self.tell(&error);
            }
        }
    }

    fn keep(&mut self, picture: PictureInput) -> Result<Kept, String> {
        let picture = match picture {
            PictureInput::Path(path) => ToKeep::File(path),
            PictureInput::Pixels { name, pixels } => ToKeep::Pixels(name, pixels),
            PictureInput::Deferred { name, pixels } => ToKeep::Pixels(name, Arc::new(pixels.convert())),
            PictureInput::Bytes { .. } => return Err("it has no pixels yet".to_owned()),
        };
        let kept = self.file.keep(&picture, seconds_now()).map_err(|error| error.to_string())?;
        if let Some(trouble) = &kept.trouble {
            self.tell(trouble);
        }
        Ok(kept)
    }

    fn tell(&mut self, error: &CollectionError) {
        let text = error.to_string();
        if text != self.told {
            tracing::warn!("{text}");
            (self.answer)(Answer::Trouble(text.clone()));
            self.told = text;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Motion;

    fn trouble(shelf: &Shelf) -> String {
        let answers = shelf.answers.as_ref().expect("a thread");
        match answers.recv_timeout(Duration::from_secs(30)).expect("an answer") {
            Answer::Trouble(why) => why,
            Answer::Kept(..) => panic!("nothing was kept"),
        }
    }

    #[test]
    fn changes_that_cannot_be_written_wait_until_they_can() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let place = home.path().join("data");
        std::fs::write(&place, b"a file where the folder should be")?;
        let file = CollectionFile::at(&place);
        let mut shelf = Shelf::start(&Context::default(), Some(file.clone()), Collection::default());
        let portrait = Source::File(home.path().join("mother.png"));
        shelf.change(Change::Opened(portrait.clone(), 1));
        assert!(trouble(&shelf).contains("permissions"), "it is told");
        std::fs::remove_file(&place)?;
        let motion = Motion { smoothing: 0.25, ..Motion::default() };
        shelf.change(Change::Motion(portrait.clone(), motion));
        drop(shelf);
        let known = file.load().0.get(&portrait).cloned().expect("the portrait is in the list after all");
        assert_eq!(known.motion, Some(motion), "with what was chosen for it later");
        Ok(())
    }

    #[test]
    fn a_damaged_list_is_told_also_when_a_picture_is_kept() -> std::io::Result<()> {
        let home = tempfile::tempdir()?;
        let file = CollectionFile::at(home.path());
        std::fs::write(file.path(), b"{{{")?;
        let shelf = Shelf::start(&Context::default(), Some(file), Collection::default());
        let pixels = Arc::new(image::RgbaImage::new(4, 4));
        shelf.keep(RequestId(1), PictureInput::Pixels { name: "pasted".to_owned(), pixels });
        assert!(trouble(&shelf).contains("damaged"), "before the picture is used");
        Ok(())
    }
}
