//! Finds recordings that a crash, a power cut or a full disk has interrupted, and makes playable files of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::part_index::{IndexError, read_index};
use super::{RecordError, files, remux};

/// How the growing file of an MP4 recording ends.
const PART_ENDING: &str = ".mp4.part";

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
    let is_part = facts.is_file() && entry.file_name().to_string_lossy().ends_with(PART_ENDING);
    (is_part && is_abandoned(&part)).then(|| Interrupted { bytes: facts.len(), modified: facts.modified().ok(), part: part.clone() })
}

/// Whether nobody writes the file. The lock is a shared one, so that several programs may look at the same time.
fn is_abandoned(part: &Path) -> bool {
    File::open(part).is_ok_and(|file| !matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// Makes a playable MP4 of an interrupted recording, with every second that reached the disk, and removes the `.part`. Returns the new file:
/// the name the recording would have got, or a free one like it.
///
/// # Errors
/// [`RecordError::StillRecording`] while another program writes it; [`RecordError::NotRecoverable`] when nothing in it is whole or it is
/// no recording: the file is left as it is then.
pub fn recover(part: &Path) -> Result<PathBuf, RecordError> {
    let not_recoverable = |reason: String| RecordError::NotRecoverable { path: part.to_owned(), reason };
    let name = part.file_name().unwrap_or_default().to_string_lossy();
    if !name.ends_with(PART_ENDING) {
        return Err(not_recoverable(format!("its name does not end in {PART_ENDING}")));
    }
    let mut file = File::options().read(true).write(true).open(part).map_err(RecordError::file("open", part))?;
    files::lock(&file, part)?;
    let index = read_index(&mut file).map_err(|error: IndexError| not_recoverable(error.to_string()))?;
    let target = part.with_extension("");
    let settled = remux::settle(file, part, &index, &target, false, &mut |_| {})?;
    if let Some(warning) = settled.warning {
        tracing::warn!("{warning}");
    }
    Ok(settled.path)
}
