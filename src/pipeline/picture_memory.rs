//! What is remembered of pictures, so that one that was opened before is alive at once.

use std::path::Path;

use crate::runtime::FileCache;

/// Names of the folders.
const FACES: &str = "faces";
const PLATES: &str = "plates";

/// Where it is kept; without a place, it is found and made again every time.
#[derive(Clone, Debug, Default)]
pub struct PictureMemory {
    /// The faces that were found.
    pub faces: Option<FileCache>,
    /// The clean plates that were made.
    pub plates: Option<FileCache>,
}

impl PictureMemory {
    /// In the system's cache folder of the user.
    pub fn of_user() -> Self {
        Self { faces: FileCache::of_user(FACES), plates: FileCache::of_user(PLATES) }
    }

    /// In folders of a folder anywhere, of at most `max_bytes` each.
    pub fn at(folder: &Path, max_bytes: u64) -> Self {
        let [faces, plates] = [FACES, PLATES].map(|name| Some(FileCache::at(folder.join(name), max_bytes)));
        Self { faces, plates }
    }
}
