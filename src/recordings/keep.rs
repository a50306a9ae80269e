//! Another name for a recording, and the way to the desktop's trash.

use std::path::{Path, PathBuf};

use super::RecordingsError;
use crate::runtime::{is_forbidden_in_name, rename_without_replacing};

/// Longest name, in bytes: what every file system takes, with room for an ending and a number.
const LONGEST_NAME: usize = 200;

/// Gives a file another name in its folder; its ending stays. Returns where it is then.
///
/// # Errors
/// [`RecordingsError::BadName`], [`RecordingsError::NameTaken`] and [`RecordingsError::Rename`].
pub fn rename(path: &Path, name: &str) -> Result<PathBuf, RecordingsError> {
    let name = name.trim();
    if name.is_empty() || name.starts_with('.') || name.len() > LONGEST_NAME || name.contains(is_forbidden_in_name) {
        return Err(RecordingsError::BadName);
    }
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let whole = if name.ends_with(&ending) { name.to_owned() } else { format!("{name}{ending}") };
    let target = path.with_file_name(&whole);
    if target == path {
        return Ok(target);
    }
    match rename_without_replacing(path, &target) {
        Ok(()) => Ok(target),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(RecordingsError::NameTaken { name: whole }),
        Err(cause) => Err(RecordingsError::Rename { path: path.to_owned(), cause }),
    }
}

/// A file in the desktop's trash that can be taken out of it.
#[derive(Debug)]
pub struct Trashed {
    path: PathBuf,
    #[cfg(not(target_os = "macos"))]
    item: trash::TrashItem,
}

/// Puts a file into the desktop's trash. Returns what [`put_back`] takes; `None` where the system tells nobody what its trash holds, as macOS.
///
/// # Errors
/// [`RecordingsError::Trash`]; the file is where it was then.
pub fn throw_away(path: &Path) -> Result<Option<Trashed>, RecordingsError> {
    let failed = |cause: String| RecordingsError::Trash { path: path.to_owned(), cause };
    if !path.exists() {
        return Err(failed("it is not there any more".to_owned()));
    }
    let whole = whole_path(path);
    trash::delete(path).map_err(|error| failed(error.to_string()))?;
    Ok(whole.and_then(|whole| in_trash(path, &whole)))
}

/// A path as the trash writes it down: without links in its folders.
fn whole_path(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    // There, names without links are of another form than the trash's.
    if cfg!(windows) {
        return Some(path);
    }
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

/// What was put into the trash last from there.
#[cfg(not(target_os = "macos"))]
fn in_trash(path: &Path, whole: &Path) -> Option<Trashed> {
    let items = trash::os_limited::list().inspect_err(|error| tracing::warn!("the trash cannot be listed: {error}")).ok()?;
    // The trash counts whole seconds. Where its note is a file, that knows more.
    let when = |item: &trash::TrashItem| (item.time_deleted, std::fs::metadata(&item.id).and_then(|note| note.modified()).ok());
    let item = items.into_iter().filter(|item| item.original_path() == whole).max_by_key(when)?;
    Some(Trashed { path: path.to_owned(), item })
}

#[cfg(target_os = "macos")]
fn in_trash(_: &Path, _: &Path) -> Option<Trashed> {
    None
}

/// Takes a file out of the trash and puts it where it was. Replaces nothing. Returns where it is.
///
/// # Errors
/// [`RecordingsError::PutBack`]; the file stays in the trash then.
#[cfg(not(target_os = "macos"))]
pub fn put_back(trashed: Trashed) -> Result<PathBuf, RecordingsError> {
    let Trashed { path, item } = trashed;
    let was_there = path.symlink_metadata().is_ok();
    match trash::os_limited::restore_all([item]) {
        Ok(()) => Ok(path),
        Err(trash::Error::RestoreCollision { .. }) => {
            Err(RecordingsError::PutBack { path, cause: "another file has its name; it stays in the trash".to_owned() })
        }
        Err(error) => {
            // The name is taken with an empty file first, which stays when the film cannot follow.
            if !was_there && path.metadata().is_ok_and(|found| found.len() == 0) {
                std::fs::remove_file(&path).unwrap_or_else(|error| tracing::warn!("an empty file stays: {error}"));
            }
            Err(RecordingsError::PutBack { path, cause: error.to_string() })
        }
    }
}

/// Says that it cannot be put back.
///
/// # Errors
/// [`RecordingsError::PutBack`] always.
#[cfg(target_os = "macos")]
pub fn put_back(trashed: Trashed) -> Result<PathBuf, RecordingsError> {
    Err(RecordingsError::PutBack { path: trashed.path, cause: "the system's trash gives nothing back to programs".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names the folder in which the child process of the test below throws away.
    #[cfg(target_os = "linux")]
    const CHILD_FOLDER: &str = "RETRATO_TEST_TRASH";

    #[test]
    fn a_new_name_keeps_the_ending_and_replaces_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Lady 1.mp4");
        std::fs::write(&path, b"film").expect("a file");
        std::fs::write(folder.path().join("taken.mp4"), b"other").expect("a file");
        for bad in ["", "  ", "a/b", "..", ".hidden", "a\nb", &"x".repeat(300)] {
            assert!(matches!(rename(&path, bad), Err(RecordingsError::BadName)), "{bad:?} is no name");
        }
        let refused = rename(&path, "taken").expect_err("it is there").to_string();
        assert!(refused.contains("taken.mp4"), "says which: {refused}");
        assert_eq!(std::fs::read(folder.path().join("taken.mp4")).expect("the other one"), b"other", "which is as it was");
        let renamed = rename(&path, " Grandmother laughs ").expect("a free name");
        assert_eq!(renamed, folder.path().join("Grandmother laughs.mp4"), "with its ending");
        assert!(!path.exists() && std::fs::read(&renamed).is_ok_and(|bytes| bytes == b"film"), "the same file");
        assert_eq!(rename(&renamed, "Grandmother laughs.mp4").expect("nothing to do"), renamed, "the name it has");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_thrown_away_lies_in_the_trash() {
        if let Some(folder) = std::env::var_os(CHILD_FOLDER) {
            let film = PathBuf::from(folder).join("film.mp4");
            let trashed = throw_away(&film).expect("a trash").expect("which can be looked into");
            std::fs::write(&film, b"another").expect("a file in its place");
            let refused = put_back(trashed).expect_err("its place is taken").to_string();
            assert!(refused.contains("film.mp4") && refused.contains("another file"), "said so: {refused}");
            assert_eq!(std::fs::read(&film).expect("the other one"), b"another", "which is as it was");
            let other = throw_away(&film).expect("a trash").expect("the newer of two");
            assert_eq!(put_back(other).expect("a free place"), film, "where it was");
            assert_eq!(std::fs::read(&film).expect("it is back"), b"another", "the one that was thrown away last");
            std::fs::remove_file(&film).expect("away");
            let error = throw_away(&film).expect_err("it is gone").to_string();
            assert!(error.contains("not there any more") && error.contains("nothing was deleted"), "said so: {error}");
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("film.mp4"), b"film").expect("a file");
        let mut child = std::process::Command::new(std::env::current_exe().expect("this program"));
        child.args(["--exact", "recordings::keep::tests::what_is_thrown_away_lies_in_the_trash"]);
        let output = child.env(CHILD_FOLDER, folder.path()).env("XDG_DATA_HOME", folder.path().join("data")).output().expect("it runs");
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stdout));
        let kept = std::fs::read(folder.path().join("data/Trash/files/film.mp4")).expect("it lies in the trash");
        assert_eq!(kept, b"film", "as it was");
        let note = std::fs::read_to_string(folder.path().join("data/Trash/info/film.mp4.trashinfo")).expect("with a note");
        assert!(note.contains("film.mp4") && note.contains("DeletionDate"), "that says from where and when: {note}");
    }
}
