//! The films in a folder.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Most entries of a folder that are looked at: a folder with more is no folder of recordings.
const MOST_ENTRIES: usize = 20_000;

/// A film that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFilm {
    /// The file.
    pub path: PathBuf,
    /// When it was written last.
    pub written: SystemTime,
    /// Its size.
    pub bytes: u64,
}

/// The newest films of a folder, MP4 and GIF, at most `most`; none of a folder that is not there or cannot be read.
pub fn films(folder: &Path, most: usize) -> Vec<KeptFilm> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<KeptFilm> = entries.flatten().take(MOST_ENTRIES).filter_map(|entry| film(&entry.path())).collect();
    // Of one moment, such as a copied folder's, in the order of their names.
    found.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| a.path.cmp(&b.path)));
    found.truncate(most);
    found
}

fn film(path: &Path) -> Option<KeptFilm> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    let facts =
        std::fs::metadata(path).ok().filter(|facts| matches!(ending.as_str(), "mp4" | "gif") && facts.is_file() && facts.len() > 0)?;
    Some(KeptFilm { path: path.to_owned(), written: facts.modified().unwrap_or(SystemTime::UNIX_EPOCH), bytes: facts.len() })
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_films_come_first_and_nothing_else_comes() {
        let folder = tempfile::tempdir().expect("a folder");
        for (age, name) in [(30, "old.mp4"), (10, "new.GIF"), (20, "middle.mp4"), (0, "still.png"), (0, "growing.mp4.part"), (0, "none")] {
            let path = folder.path().join(name);
            std::fs::write(&path, b"x").expect("a file");
            let written = SystemTime::now() - Duration::from_secs(age);
            File::options().write(true).open(&path).and_then(|file| file.set_modified(written)).expect("its time");
        }
        std::fs::write(folder.path().join("empty.mp4"), b"").expect("a file");
        std::fs::create_dir(folder.path().join("folder.mp4")).expect("a folder");
        let names = |most| {
            let films = films(folder.path(), most);
            films.iter().map(|film| film.path.file_name().unwrap_or_default().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(9), ["new.GIF", "middle.mp4", "old.mp4"], "films alone, the newest first");
        assert_eq!(names(2), ["new.GIF", "middle.mp4"], "no more than asked for");
        assert!(films(&folder.path().join("missing"), 9).is_empty(), "nothing where nothing is");
    }
}
