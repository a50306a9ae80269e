//! The portraits that the user has opened: what the gallery shows, and what is kept with each of them.
//!
//! [`Collection`] is the list as a plain value, changed by [`Change`]s. [`CollectionFile`] is its file in the user's data folder: changes are applied to what
//! the file holds at that moment, so that several windows never destroy each other's list. Pictures that have no lasting file of their own, such as pasted
//! ones, are kept beside it.

mod change;
mod file;
mod kept;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use change::Change;
pub use file::{CollectionError, CollectionFile};
pub use kept::{Kept, ToKeep};

use crate::data::Background;
use crate::session::{FaceShare, Framing};
use crate::settings::Motion;

/// How many portraits are remembered; of more, those go that were not opened for longest and are no favourites.
const MAX_PORTRAITS: usize = 200;
/// How many further pictures of one person are remembered.
const MAX_FURTHER: usize = 31;
/// Longest path, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// Which portrait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A picture file.
    File(PathBuf),
    /// One of the program's own, by its name.
    BuiltIn(String),
}

impl Source {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        if let Self::File(path) = self { Some(path) } else { None }
    }

    /// Whether it can be written into the list and found again from another folder.
    fn is_sane(&self) -> bool {
        match self {
            Self::File(path) => is_sane(path),
            Self::BuiltIn(name) => !name.is_empty() && name.len() <= 64,
        }
    }
}

fn is_sane(path: &Path) -> bool {
    path.is_absolute() && path.to_str().is_some_and(|path| path.len() <= MAX_PATH_BYTES)
}

/// A portrait that was opened, with what the user has chosen for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnownPortrait {
    /// Which one.
    pub source: Source,
    /// When it was opened last, in seconds since 1970.
    pub opened_at_secs: u64,
    /// Whether it stays at the front.
    #[serde(default)]
    pub favourite: bool,
    /// Where the user has said that the face is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face: Option<FaceShare>,
    /// How it follows the driver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motion: Option<Motion>,
    /// Which part of it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framing: Option<Framing>,
    /// What stands behind its person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
    /// Further pictures of its person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<PathBuf>,
    /// Of a picture that is kept for the user: a hash of what was pasted, so that it is kept once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What another version of the program keeps with it.
    #[serde(flatten)]
    pub other: BTreeMap<String, serde_json::Value>,
}

impl KnownPortrait {
    fn new(source: Source, opened_at_secs: u64) -> Self {
        Self {
            source,
            opened_at_secs,
            favourite: false,
            face: None,
            motion: None,
            framing: None,
            background: None,
            further: Vec::new(),
            content: None,
            other: BTreeMap::new(),
        }
    }

    /// What of a stranger's entry can be used; `None` where it names no portrait.
    fn sanitised(mut self) -> Option<Self> {
        if !self.source.is_sane() {
            return None;
        }
        self.face = self.face.filter(FaceShare::is_sane);
        self.motion = self.motion.map(|motion| motion.sanitised());
        self.framing = self.framing.map(Framing::sanitised);
        self.further.retain(|path| is_sane(path));
        self.further.truncate(MAX_FURTHER);
        self.content = self.content.filter(|content| content.len() <= 128);
        Some(self)
    }
}

/// The list, the portrait that was opened last first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    portraits: Vec<KnownPortrait>,
}

impl Collection {
    fn of(portraits: Vec<KnownPortrait>) -> Self {
        let mut collection = Self::default();
        for portrait in portraits.into_iter().filter_map(KnownPortrait::sanitised) {
            if collection.get(&portrait.source).is_none() {
                collection.portraits.push(portrait);
            }
        }
        // The sort is stable: of two portraits of one second, the first in the file is the newer one.
        collection.portraits.sort_by_key(|portrait| std::cmp::Reverse(portrait.opened_at_secs));
        collection.trim();
        collection
    }

    /// What is known of a portrait.
    pub fn get(&self, source: &Source) -> Option<&KnownPortrait> {
        self.portraits.iter().find(|portrait| portrait.source == *source)
    }

    /// Whether a portrait of the list is this file, or made from it, too.
    pub fn uses(&self, file: &Path) -> bool {
        self.portraits.iter().any(|portrait| portrait.source.file() == Some(file)) || self.makes_from(file)
    }

    /// Whether this file is a further picture of a portrait of the list.
    fn makes_from(&self, file: &Path) -> bool {
        self.portraits.iter().any(|portrait| portrait.further.iter().any(|further| further == file))
    }

    /// All of them, the one that was opened last first.
    pub fn iter(&self) -> impl Iterator<Item = &KnownPortrait> {
        self.portraits.iter()
    }

    /// The user's own portraits in the order of the gallery: favourites, then the others, each the newest first.
    pub fn own(&self) -> impl Iterator<Item = &KnownPortrait> {
        let own = |favourite: bool| {
            self.portraits.iter().filter(move |portrait| portrait.favourite == favourite && portrait.source.file().is_some())
        };
        own(true).chain(own(false))
    }

    /// The portrait that was opened last.
    pub fn last(&self) -> Option<&KnownPortrait> {
        self.portraits.first()
    }

    /// Lets those go that are too many.
    fn trim(&mut self) {
        while self.portraits.len() > MAX_PORTRAITS {
            let oldest = self.portraits.iter().rposition(|portrait| !portrait.favourite);
            self.portraits.remove(oldest.unwrap_or(self.portraits.len() - 1));
        }
    }
}
