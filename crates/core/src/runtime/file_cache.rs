//! A folder of things that can be made again: bounded, checked, and never in the way.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::temporary_in;

/// Most bytes of one entry.
const MAX_ENTRY_BYTES: u64 = 64 << 20;
/// Most bytes of all entries of one folder.
const MAX_BYTES: u64 = 256 << 20;
/// A file's time may be so far ahead: clocks of other machines that share a home differ.
const CLOCK_SLACK: Duration = Duration::from_mins(10);
const DIGEST_BYTES: usize = 32;

/// Entries by key. Whatever goes wrong, such as a full disk or a damaged entry, only costs the time to make the entry again.
#[derive(Clone, Debug)]
pub struct FileCache {
    folder: PathBuf,
    max_bytes: u64,
}

impl FileCache {
    /// The folder of this name in the system's cache folder of the user; `None` when there is none.
    pub fn of_user(name: &str) -> Option<Self> {
        let folders = directories::ProjectDirs::from("", "", "retrato")?;
        Some(Self::at(folders.cache_dir().join(name), MAX_BYTES))
    }

    /// A folder anywhere, which is made when it is needed; its entries have `max_bytes` together.
    pub fn at(folder: impl Into<PathBuf>, max_bytes: u64) -> Self {
        Self { folder: folder.into(), max_bytes }
    }

    /// The entry of a key, if it is there and whole. A damaged one is removed.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        let path = self.path(key);
        if path.is_dir() {
            // Nothing could ever be written in its place.
            tracing::warn!("{} is a folder in the place of an entry; it is removed", path.display());
            std::fs::remove_dir_all(&path).ok();
            return None;
        }
        let content = read_entry(&path)?;
        let whole = content.split_first_chunk::<DIGEST_BYTES>().filter(|(digest, rest)| *blake3::hash(rest).as_bytes() == **digest);
        let Some((_, rest)) = whole else {
            tracing::warn!("{} is damaged; it is made again", path.display());
            std::fs::remove_file(&path).ok();
            return None;
        };
        // Entries that are used stay longest.
        File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now())).ok();
        Some(rest.to_vec())
    }

    /// Keeps an entry, and lets the oldest ones go where there are too many.
    pub fn put(&self, key: &str, content: &[u8]) {
        if content.len() as u64 + DIGEST_BYTES as u64 > MAX_ENTRY_BYTES.min(self.max_bytes) {
            return;
        }
        if let Err(error) = self.write(&self.path(key), content) {
            tracing::warn!("{} cannot be written ({error}); it works without, but slower", self.folder.display());
        }
        self.trim();
    }

    /// Lets an entry go, if it is there.
    pub fn remove(&self, key: &str) {
        let path = self.path(key);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!("{} cannot be removed: {error}", path.display());
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(blake3::hash(key.as_bytes()).to_hex().as_str())
    }

    fn write(&self, path: &Path, content: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let mut file = temporary_in(&self.folder)?;
        file.write_all(blake3::hash(content).as_bytes())?;
        file.write_all(content)?;
        file.persist(path)?;
        Ok(())
    }

    /// Removes the entries that were not used for longest until the rest fits.
    fn trim(&self) {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return };
        // After the clock has jumped back, the entries from before must not stay for ever and push out every new one.
        let now = SystemTime::now() + CLOCK_SLACK;
        let used = |time: SystemTime| if time > now { SystemTime::UNIX_EPOCH } else { time };
        let entry = |file: std::fs::DirEntry| {
            let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((used(about.modified().ok()?), about.len(), file.path()))
        };
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = files.flatten().filter_map(entry).collect();
        entries.sort();
        let mut sum: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in entries {
            if sum <= self.max_bytes {
                break;
            }
            if std::fs::remove_file(path).is_ok() {
                sum -= bytes;
            }
        }
    }
}

fn read_entry(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let mut content = Vec::new();
    file.take(MAX_ENTRY_BYTES + 1).read_to_end(&mut content).ok()?;
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_and_damaged_ones_do_not() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let cache = FileCache::at(folder.path().join("made when needed"), 1 << 20);
        assert_eq!(cache.get("a"), None, "nothing yet");
        cache.put("a", b"something");
        cache.put("b", b"");
        assert_eq!((cache.get("a"), cache.get("b")), (Some(b"something".to_vec()), Some(Vec::new())), "as they were");
        for damage in [&b"short"[..], &[0; 60]] {
            std::fs::write(cache.path("a"), damage)?;
            assert_eq!(cache.get("a"), None, "damaged");
            assert!(!cache.path("a").exists(), "and removed");
        }
        cache.remove("b");
        cache.remove("never there");
        assert_eq!(cache.get("b"), None, "removed when asked");
        Ok(())
    }

    #[test]
    fn the_longest_unused_go_when_there_are_too_many() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let cache = FileCache::at(folder.path(), 3500);
        let age = |key: &str, seconds: u64| {
            let time = SystemTime::now() - std::time::Duration::from_secs(seconds);
            File::options().append(true).open(cache.path(key))?.set_modified(time)
        };
        for (key, seconds) in [("old", 300), ("older", 500), ("new", 100)] {
            cache.put(key, &[7; 1000]);
            age(key, seconds)?;
        }
        assert!(cache.get("older").is_some(), "used just now");
        cache.put("newest", &[7; 1000]);
        assert_eq!(["old", "older", "new", "newest"].map(|key| cache.get(key).is_some()), [false, true, true, true], "old goes first");
        cache.put("huge", &[7; 4000]);
        assert!(cache.get("huge").is_none() && cache.get("newest").is_some(), "what would not fit is not kept");
        Ok(())
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_trouble() -> std::io::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        let cache = FileCache::at(file.path().join("below a file"), 1000);
        cache.put("a", b"something");
        assert_eq!(cache.get("a"), None, "nothing was kept");
        Ok(())
    }
}
