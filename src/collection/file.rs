//! The list's file in the user's data folder: versioned, bounded, and shared by all windows.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Change, Collection, KnownPortrait};
use crate::runtime::write_whole;

/// A longer list is not ours.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// The version of the format that is written.
const VERSION: u32 = 1;
/// How long another window may hold the list.
const PATIENCE: Duration = Duration::from_secs(2);

/// The file as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    version: u32,
    portraits: Vec<T>,
}

/// Why the list cannot be read or written. Each message says what follows.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// The system tells us no place for data.
    #[error("portraits cannot be remembered: the system names no folder for data; set HOME or XDG_DATA_HOME")]
    NoPlace,
    /// The file cannot be understood, or not wholly.
    #[error("the list of your portraits was damaged: {} of them could be saved; the old list was kept as {}", .saved, .kept.display())]
    Damaged {
        /// How many entries are whole.
        saved: usize,
        /// Where the old file lies now.
        kept: PathBuf,
    },
    /// A newer version of the program has written it.
    #[error("the list of your portraits was written by a newer Retrato, so it is left as it is: {}", .0.display())]
    Newer(PathBuf),
    /// The system does not let us read it.
    #[error("the list of your portraits cannot be read; check the permissions of {}: {cause}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// It cannot be written.
    #[error("your portraits cannot be remembered; check the free space and permissions of {}: {cause}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Another window holds it and does not let go.
    #[error("your portraits cannot be remembered now: another Retrato is writing the list; close it and try again")]
    Busy,
    /// A picture is larger than what is kept.
    #[error("it is too large to be kept ({} MB, at most {} MB)", .bytes >> 20, .most >> 20)]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most.
        most: u64,
    },
    /// A picture cannot be encoded.
    #[error("it cannot be written as PNG: {0}")]
    Encode(#[from] image::ImageError),
}

/// The folder of the list and of the pictures that are kept.
#[derive(Clone, Debug)]
pub struct CollectionFile {
    folder: PathBuf,
}

impl CollectionFile {
    /// In the system's data folder of the user.
    ///
    /// # Errors
    /// [`CollectionError::NoPlace`].
    pub fn of_user() -> Result<Self, CollectionError> {
        let dirs = directories::ProjectDirs::from("", "", "retrato").ok_or(CollectionError::NoPlace)?;
        Ok(Self::at(dirs.data_dir()))
    }

    /// In a folder anywhere, which is made when it is needed.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where the list is, or will be.
    pub fn path(&self) -> PathBuf {
        self.folder.join("portraits.json")
    }

    /// Where pictures are kept that have no lasting file of their own.
    pub fn pictures(&self) -> PathBuf {
        self.folder.join("pictures")
    }

    /// Whether nothing was ever kept here.
    pub fn is_new(&self) -> bool {
        !self.path().exists()
    }

    /// The list, and what the user should know when it could not be had: a missing file is none of that. A damaged one is set aside; what is whole in it
    /// is used.
    pub fn load(&self) -> (Collection, Option<CollectionError>) {
        let text = match self.read() {
            Ok(Some(text)) => text,
            Ok(None) => return (Collection::default(), None),
            Err(cause) => return (Collection::default(), Some(CollectionError::Read { path: self.path(), cause })),
        };
        match parsed(&text) {
            Parsed::Whole(collection) => (collection, None),
            Parsed::Newer => (Collection::default(), Some(CollectionError::Newer(self.path()))),
            Parsed::Damaged(collection, cause) => {
                tracing::warn!("{} could not be understood: {cause}", self.path().display());
                let error = self.set_aside(collection.portraits.len());
                (collection, Some(error))
            }
        }
    }

    /// Changes the list as it is in the file now, and gives it. What was damaged is told beside it.
    ///
    /// # Errors
    /// When it cannot be read or written; nothing is changed then.
    pub fn update(&self, changes: &[Change]) -> Result<(Collection, Option<CollectionError>), CollectionError> {
        self.locked(|| {
            let (mut collection, trouble) = self.load_to_change()?;
            for change in changes {
                collection.apply(change);
            }
            self.write(&collection)?;
            Ok((collection, trouble))
        })
    }

    /// The list for somebody who will write it: what must not be written over is an error.
    pub(super) fn load_to_change(&self) -> Result<(Collection, Option<CollectionError>), CollectionError> {
        let (collection, trouble) = self.load();
        match trouble {
            Some(error @ (CollectionError::Newer(_) | CollectionError::Read { .. })) => Err(error),
            trouble => Ok((collection, trouble)),
        }
    }

    /// Does something while no other window writes the list.
    pub(super) fn locked<T>(&self, work: impl FnOnce() -> Result<T, CollectionError>) -> Result<T, CollectionError> {
        std::fs::create_dir_all(&self.folder).map_err(|cause| self.cannot_write(cause))?;
        let path = self.folder.join("portraits.lock");
        let file = File::options().create(true).append(true).open(&path).map_err(|cause| self.cannot_write(cause))?;
        let asked_at = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if asked_at.elapsed() > PATIENCE => return Err(CollectionError::Busy),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
                // A file system without locks: one window is still safe, since the file is replaced as a whole.
                Err(TryLockError::Error(cause)) => {
                    tracing::warn!("{} cannot be locked: {cause}", path.display());
                    break;
                }
            }
        }
        // The lock ends with the file.
        work()
    }

    /// Writes the list so that a crash leaves either the old file or the new one.
    pub(super) fn write(&self, collection: &Collection) -> Result<(), CollectionError> {
        let stored = Stored { version: VERSION, portraits: collection.portraits.iter().collect::<Vec<&KnownPortrait>>() };
        let text = serde_json::to_string_pretty(&stored).map_err(std::io::Error::from);
        text.and_then(|text| write_whole(&self.path(), format!("{text}\n").as_bytes())).map_err(|cause| self.cannot_write(cause))
    }

    pub(super) fn cannot_write(&self, cause: std::io::Error) -> CollectionError {
        CollectionError::Write { path: self.folder.clone(), cause }
    }

    fn read(&self) -> std::io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path()) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut text = Vec::new();
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Puts the damaged file beside the list, under a name that no earlier one has.
    fn set_aside(&self, saved: usize) -> CollectionError {
        let bad = |number: u32| {
            let ending = if number == 1 { "bad".to_owned() } else { format!("bad{number}") };
            self.path().with_extension(format!("json.{ending}"))
        };
        let kept = (1..100).map(bad).find(|path| !path.exists()).unwrap_or_else(|| bad(1));
        match std::fs::rename(self.path(), &kept) {
            Ok(()) => CollectionError::Damaged { saved, kept },
            Err(cause) => CollectionError::Read { path: self.path(), cause },
        }
    }
}

/// What a file's text is.
enum Parsed {
    Whole(Collection),
    Damaged(Collection, String),
    Newer,
}

fn parsed(text: &[u8]) -> Parsed {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Parsed::Damaged(Collection::default(), "far too long".to_owned());
    }
    let stored: Stored<serde_json::Value> = match serde_json::from_slice(text) {
        Ok(stored) => stored,
        Err(error) => return Parsed::Damaged(Collection::default(), error.to_string()),
    };
    if stored.version > VERSION {
        return Parsed::Newer;
    }
    let (mut whole, mut broken) = (Vec::new(), None);
    for entry in stored.portraits {
        match serde_json::from_value::<KnownPortrait>(entry) {
            Ok(portrait) => whole.push(portrait),
            Err(error) => broken = Some(error.to_string()),
        }
    }
    let collection = Collection::of(whole);
    broken.map_or(Parsed::Whole(collection.clone()), |why| Parsed::Damaged(collection, why))
}

/// The folder that a path is in.
pub(super) fn is_in(folder: &Path, path: &Path) -> bool {
    path.parent() == Some(folder)
}

#[cfg(test)]
pub(super) mod testing {
    use super::CollectionFile;

    /// A list in a folder of its own, not written yet.
    pub(in crate::collection) fn list() -> (tempfile::TempDir, CollectionFile) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let file = CollectionFile::at(folder.path().join("retrato"));
        (folder, file)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::list;
    use super::*;
    use crate::collection::Source;
    use crate::data::Background;
    use crate::session::{FaceShare, Framing, PictureShare};
    use crate::settings::{Motion, Strengths};

    fn source(name: &str) -> Source {
        Source::File(std::env::temp_dir().join(name))
    }

    #[test]
    fn the_list_comes_back_with_all_that_belongs_to_each_portrait() {
        let (_folder, file) = list();
        assert_eq!(file.load().0, Collection::default(), "a missing list is an empty one");
        assert!(file.load().1.is_none() && file.is_new(), "and nothing to warn of");
        let face = FaceShare { left: 0.125, top: 0.25, right: 0.5, bottom: 0.75 };
        let motion = Motion { strengths: Strengths { head: 0.5, ..Strengths::default() }, smoothing: 0.25 };
        let changes = [
            Change::Opened(Source::BuiltIn("garden".to_owned()), 5),
            Change::Opened(source("me.jpg"), 7),
            Change::Face(source("me.jpg"), face),
            Change::Motion(source("me.jpg"), motion),
            Change::Favourite(source("me.jpg"), true),
            Change::AddFurther(source("me.jpg"), std::env::temp_dir().join("me laughing.jpg")),
        ];
        let (written, trouble) = file.update(&changes).expect("written");
        assert!(trouble.is_none(), "all is well");
        let (read, trouble) = file.load();
        assert_eq!((read, trouble.is_none()), (written, true), "as it was written");
    }

    #[test]
    fn two_windows_add_to_one_list() {
        let (_folder, file) = list();
        let windows: Vec<_> = (0..4)
            .map(|window| {
                let file = file.clone();
                std::thread::spawn(move || {
                    for n in 0..10 {
                        file.update(&[Change::Opened(source(&format!("{window} {n}.jpg")), n)]).expect("written");
                    }
                })
            })
            .collect();
        for window in windows {
            window.join().expect("no panic");
        }
        assert_eq!(file.load().0.iter().count(), 40, "nobody's portraits are lost");
    }

    #[test]
    fn a_list_that_is_held_by_another_program_is_left_alone() {
        let (_folder, file) = list();
        file.update(&[Change::Opened(source("a.jpg"), 1)]).expect("written");
        let held = File::options().append(true).open(file.folder.join("portraits.lock")).expect("the lock");
        held.lock().expect("held");
        let error = file.update(&[Change::Opened(source("b.jpg"), 2)]).expect_err("not now");
        assert!(error.to_string().contains("another Retrato"), "which is said: {error}");
        drop(held);
        let (list, _) = file.update(&[Change::Opened(source("b.jpg"), 2)]).expect("later");
        assert_eq!(list.iter().count(), 2, "then it works");
    }

    #[test]
    fn a_damaged_list_is_set_aside_and_what_is_whole_in_it_stays() {
        let (_folder, file) = list();
        file.update(&[Change::Opened(source("a.jpg"), 1), Change::Opened(source("b.jpg"), 2)]).expect("written");
        let text = std::fs::read_to_string(file.path()).expect("the list");
        let broken = text.replacen("\"opened_at_secs\": 2", "\"opened_at_secs\": \"two\"", 1);
        assert_ne!(broken, text, "one entry is spoilt");
        for (number, (damage, saved)) in [(broken, 1), ("{{{".to_owned(), 0), ("x".repeat(5 << 20), 0)].into_iter().enumerate() {
            std::fs::write(file.path(), &damage).expect("damaged");
            let (list, trouble) = file.load();
            assert_eq!(list.iter().count(), saved, "what is whole");
            let Some(CollectionError::Damaged { kept, .. }) = trouble else { panic!("told: {trouble:?}") };
            assert_eq!(std::fs::read_to_string(&kept).expect("the old list"), damage, "kept unchanged");
            assert!(file.is_new(), "number {number} is out of the way");
            assert!(file.load().1.is_none(), "told once");
        }
    }

    #[test]
    fn a_list_of_a_newer_program_is_not_touched() {
        let (_folder, file) = list();
        std::fs::create_dir_all(file.folder.clone()).expect("a folder");
        let newer = "{\"version\": 2, \"portraits\": [{\"anything\": 1}]}";
        std::fs::write(file.path(), newer).expect("written");
        assert!(matches!(file.load(), (_, Some(CollectionError::Newer(_)))), "said at the start");
        assert!(matches!(file.update(&[Change::Opened(source("a.jpg"), 1)]), Err(CollectionError::Newer(_))), "and nothing is written");
        assert_eq!(std::fs::read_to_string(file.path()).expect("the list"), newer, "it is as it was");
    }

    #[test]
    fn a_list_of_an_earlier_program_is_read_and_what_is_new_comes_back() {
        let (_folder, file) = list();
        std::fs::create_dir_all(file.folder.clone()).expect("a folder");
        let path = std::env::temp_dir().join("a.jpg");
        let stored = serde_json::to_string(&path).expect("a path");
        let text = format!(
            "{{\"version\": 1, \"portraits\": [{{\"source\": {{\"file\": {stored}}}, \"opened_at_secs\": 1, \"favourite\": true}}]}}"
        );
        std::fs::write(file.path(), text).expect("written");
        let (list, trouble) = file.load();
        let source = Source::File(path);
        let known = list.get(&source).expect("it is known");
        assert!(trouble.is_none() && known.favourite && known.framing.is_none() && known.background.is_none(), "as it was: {known:?}");
        let far = PictureShare { left: 7.0, top: -1.0, width: 0.5, height: f32::NAN };
        let changes = [Framing::Head, Framing::ByHand(far)].map(|framing| Change::Framing(source.clone(), framing));
        file.update(&changes[..1]).expect("written");
        file.update(&[Change::Background(source.clone(), Background::GREEN)]).expect("written");
        let known = file.load().0.get(&source).cloned().expect("it is known");
        assert_eq!((known.framing, known.background), (Some(Framing::Head), Some(Background::GREEN)), "both");
        let far = KnownPortrait { framing: Some(Framing::ByHand(far)), ..known }.sanitised().expect("a portrait");
        assert_eq!(far.framing, Some(Framing::ByHand(PictureShare::WHOLE)), "a part lies in its picture");
    }

    #[test]
    fn a_strangers_list_cannot_do_harm() {
        let (_folder, file) = list();
        std::fs::create_dir_all(file.folder.clone()).expect("a folder");
        let path = serde_json::to_string(&std::env::temp_dir().join("a.jpg")).expect("a path");
        let text = format!(
            "{{\"version\": 1, \"portraits\": [\
             {{\"source\": {{\"file\": \"relative/../../x\"}}, \"opened_at_secs\": 1}},\
             {{\"source\": {{\"file\": {path}}}, \"opened_at_secs\": 1, \"face\": {{\"left\": 0.9, \"top\": 0.1, \"right\": 0.2, \"bottom\": 7.0}},\
             \"motion\": {{\"smoothing\": 1e30}}, \"further\": [\"x\", {path}], \"sparkle\": [1]}},\
             {{\"source\": {{\"file\": {path}}}, \"opened_at_secs\": 9}}]}}"
        );
        std::fs::write(file.path(), text).expect("written");
        let (list, trouble) = file.update(&[]).expect("it can be read");
        assert!(trouble.is_none(), "nothing is damaged: {trouble:?}");
        let known: Vec<_> = list.iter().collect();
        assert_eq!(known.len(), 1, "no path that depends on a folder, and each once");
        assert_eq!((known[0].face, known[0].further.len()), (None, 1), "no face outside of the picture");
        assert!(known[0].motion.is_some_and(|motion| (motion.smoothing - 1.0).abs() < 1e-6), "numbers within their range");
        let written = std::fs::read_to_string(file.path()).expect("the list");
        assert!(written.contains("sparkle"), "what another version keeps stays: {written}");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let list = CollectionFile::at(file.path().join("below a file"));
        let error = list.update(&[Change::Opened(source("a.jpg"), 1)]).expect_err("it cannot be");
        assert!(error.to_string().contains("permissions"), "what to do: {error}");
    }
}
