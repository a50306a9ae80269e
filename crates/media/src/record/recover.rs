//! Finds recordings that a crash, a power cut or a full disk has interrupted, and makes playable files of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::part_index::{IndexError, read_index};
use super::{RecordError, files, gif, part_gif, remux};
use crate::runtime::is_temporary;

/// How the growing files of recordings end.
const MP4_ENDING: &str = ".mp4.part";
const GIF_ENDING: &str = ".gif.part";

/// A temporary file that nobody has written to for so long belongs to a program that has ended.
const LEFTOVER_AGE: Duration = Duration::from_hours(24);

/// Most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 100_000;

/// An interrupted recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Interrupted {
    /// The `.part` file, for [`recover`].
    pub part: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was last written to, where the system knows.
    pub modified: Option<SystemTime>,
}

/// The interrupted recordings in a folder, newest first. What is still being written by a running program is left out.
///
/// # Errors
/// [`RecordError::File`] when the folder cannot be listed.
pub fn find_interrupted(folder: &Path) -> Result<Vec<Interrupted>, RecordError> {
    let entries = fs::read_dir(folder).map_err(RecordError::file("list", folder))?;
    let parts = entries.take(MOST_ENTRIES).filter_map(|entry| interrupted(&entry.ok()?));
    let mut found: Vec<Interrupted> = parts.collect();
    found.sort_by_key(|interrupted| std::cmp::Reverse(interrupted.modified));
    Ok(found)
}

fn interrupted(entry: &fs::DirEntry) -> Option<Interrupted> {
    let part = entry.path();
    let facts = entry.metadata().ok()?;
    let name = entry.file_name();
    let is_part = facts.is_file() && [MP4_ENDING, GIF_ENDING].iter().any(|ending| name.to_string_lossy().ends_with(ending));
    (is_part && is_abandoned(&part)).then(|| Interrupted { bytes: facts.len(), modified: facts.modified().ok(), part: part.clone() })
}

/// Whether nobody writes the file. The lock is a shared one, so that several programs may look at the same time.
fn is_abandoned(part: &Path) -> bool {
    File::open(part).is_ok_and(|file| !matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// Removes the temporary files that a killed program has left in a folder: what it was rewriting is in its `.part` still.
///
/// # Errors
/// [`RecordError::File`] when the folder cannot be listed.
pub fn remove_leftovers(folder: &Path) -> Result<(), RecordError> {
    let entries = fs::read_dir(folder).map_err(RecordError::file("list", folder))?;
    for entry in entries.take(MOST_ENTRIES).flatten() {
        let path = entry.path();
        let is_old = |facts: &fs::Metadata| facts.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFTOVER_AGE));
        let is_leftover =
            is_temporary(&path) && entry.metadata().is_ok_and(|facts| facts.is_file() && is_old(&facts)) && is_abandoned(&path);
        if is_leftover && let Err(error) = fs::remove_file(&path) {
            tracing::debug!("{} cannot be removed: {error}", path.display());
        }
    }
    Ok(())
}

/// Makes a playable MP4 or GIF of an interrupted recording, with every second or picture that reached the disk, and removes the `.part`. Returns the new file:
/// the name the recording would have got, or a free one like it.
///
/// # Errors
/// [`RecordError::StillRecording`] while another program writes it; [`RecordError::NotRecoverable`] when nothing in it is whole or it is
/// no recording: the file is left as it is then.
pub fn recover(part: &Path) -> Result<PathBuf, RecordError> {
    let not_recoverable = |reason: String| RecordError::NotRecoverable { path: part.to_owned(), reason };
    let name = part.file_name().unwrap_or_default().to_string_lossy();
    let is_gif = name.ends_with(GIF_ENDING);
    if !is_gif && !name.ends_with(MP4_ENDING) {
        return Err(not_recoverable(format!("its name ends neither in {MP4_ENDING} nor in {GIF_ENDING}")));
    }
    let mut file = File::options().read(true).write(true).open(part).map_err(RecordError::file("open", part))?;
    files::lock(&file, part)?;
    let target = part.with_extension("");
    if is_gif {
        let whole_bytes = part_gif::whole_bytes(&mut file).map_err(RecordError::file("read", part))?;
        if whole_bytes == 0 {
            return Err(not_recoverable("no picture in it is whole".to_owned()));
        }
        gif::end_file(&file, whole_bytes).map_err(RecordError::file("shorten", part))?;
        drop(file);
        return files::publish(part, &target, false);
    }
    let index = read_index(&mut file).map_err(|error: IndexError| not_recoverable(error.to_string()))?;
    let settled = remux::settle(file, part, &index, &target, false, &mut |_| {})?;
    if let Some(warning) = settled.warning {
        tracing::warn!("{warning}");
    }
    Ok(settled.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_temporary_files_that_nobody_writes_are_removed() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let make = |name: &str, age: Duration| -> std::io::Result<(PathBuf, File)> {
            let path = folder.path().join(name);
            let file = File::create(&path)?;
            file.set_modified(SystemTime::now() - age)?;
            Ok((path, file))
        };
        let week = 7 * LEFTOVER_AGE;
        let (left, _) = make(".retrato-a1b2c3.tmp", week)?;
        let (young, _) = make(".retrato-d4e5f6.tmp", LEFTOVER_AGE / 2)?;
        let (written, file) = make(".retrato-g7h8i9.tmp", week)?;
        file.lock()?;
        let (strange, _) = make("notes.tmp", week)?;
        remove_leftovers(folder.path())?;
        assert!(!left.exists(), "its program was killed");
        assert!(young.exists() && written.exists() && strange.exists(), "these may be in use, or are not ours");
        Ok(())
    }
}
