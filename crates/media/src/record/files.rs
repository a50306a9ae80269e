//! Where recordings go: checks before the start, names that are free, room on the disk, and files that appear whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{RecordError, RecordFormat, RecordOptions};
use crate::runtime::{is_same_file, is_special, rename_without_replacing, temporary_in};

/// What a recording in progress is called: its final name and this.
pub(super) const PART_SUFFIX: &str = ".part";

/// How many numbered names are tried before giving up.
const MOST_NUMBERS: u32 = 9999;

/// A recording stops when less room than this is left, in bytes; on small disks less than a twentieth of the whole.
const RESERVE_BYTES: u64 = 64 << 20;

/// Never less reserve than this: room for the last fragment and the folder's own growth.
const LEAST_RESERVE_BYTES: u64 = 2 << 20;

/// The folder that holds `path`.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Refuses paths that can never become a file.
///
/// # Errors
/// [`RecordError::IsFolder`], [`RecordError::NotAFile`], [`RecordError::StandardOutput`] or [`RecordError::NoFolder`].
pub(super) fn check_place(path: &Path) -> Result<(), RecordError> {
    if path.as_os_str() == "-" {
        return Err(RecordError::StandardOutput);
    }
    if is_special(path) {
        return Err(RecordError::NotAFile { path: path.to_owned() });
    }
    if path.is_dir() || path.file_name().is_none() {
        return Err(RecordError::IsFolder { path: path.to_owned() });
    }
    let folder = folder_of(path);
    if folder.is_dir() { Ok(()) } else { Err(RecordError::NoFolder { path: folder.to_owned() }) }
}

/// As [`check_place`]; a folder of pictures may exist already. Nothing that the recording is made from may be in the way.
///
/// # Errors
/// As [`check_place`], and [`RecordError::IsInput`].
pub(super) fn check_place_of(options: &RecordOptions) -> Result<(), RecordError> {
    let path = &options.path;
    let is_input = |place: &Path| options.inputs.iter().find(|input| is_same_file(place, input));
    if let Some(input) = is_input(path) {
        return Err(RecordError::IsInput { path: path.clone(), input: input.clone() });
    }
    // Folders such as `.` have no name from which a free one could be made; the root of the file system is no place for pictures at all.
    let has_room = path.file_name().is_some() || path.parent().is_some() && (options.overwrite || is_empty_folder(path));
    if options.format != RecordFormat::PngSequence || !path.is_dir() || !has_room {
        return check_place(path);
    }
    let frames = if options.overwrite { old_frames(path)? } else { Vec::new() };
    let lost = frames.into_iter().find_map(|frame| Some((is_input(&frame)?.clone(), frame)));
    lost.map_or(Ok(()), |(input, path)| Err(RecordError::IsInput { path, input }))
}

/// Whether there is nothing in a folder.
pub(super) fn is_empty_folder(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

/// The pictures of an earlier recording in a folder.
///
/// # Errors
/// [`RecordError::File`] when the folder cannot be listed.
pub(super) fn old_frames(folder: &Path) -> Result<Vec<PathBuf>, RecordError> {
    let entries = fs::read_dir(folder).map_err(RecordError::file("list", folder))?.flatten();
    let is_frame = |name: &str| {
        let digits = name.strip_prefix("frame_").and_then(|rest| rest.strip_suffix(".png"));
        digits.is_some_and(|digits| digits.len() >= 6 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Ok(entries.filter(|entry| is_frame(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect())
}

/// `path` itself, then `name (2).ending`, `name (3).ending` and so on.
pub(super) fn numbered_names(path: &Path) -> impl Iterator<Item = PathBuf> {
    let stem = path.file_stem().unwrap_or_default().to_os_string();
    let ending = path.extension().map(ToOwned::to_owned);
    let original = path.to_owned();
    let numbered = {
        let original = original.clone();
        (2..=MOST_NUMBERS).map(move |number| {
            let mut name = stem.clone();
            name.push(format!(" ({number})"));
            if let Some(ending) = &ending {
                name.push(".");
                name.push(ending);
            }
            original.with_file_name(name)
        })
    };
    std::iter::once(original).chain(numbered)
}

/// The file that stands for `path` while it is recorded.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(PART_SUFFIX);
    path.with_file_name(name)
}

/// A recording's names: what it will be called, and the open, locked file that grows meanwhile.
#[derive(Debug)]
pub(super) struct OpenPart {
    /// The final name.
    pub(super) target: PathBuf,
    /// The growing file's name.
    pub(super) part: PathBuf,
    /// The growing file; its lock tells others that somebody is writing.
    pub(super) file: File,
}

/// Opens a new `.part` beside `path`. Neither a finished nor an interrupted recording is touched: a free name is taken instead
/// (`overwrite` gives the finished one up, at the end).
///
/// # Errors
/// As [`check_place`], and [`RecordError::NotWritable`].
pub(super) fn open_part(path: &Path, overwrite: bool) -> Result<OpenPart, RecordError> {
    check_place(path)?;
    for name in numbered_names(path) {
        if !overwrite && name.exists() {
            continue;
        }
        let part = part_of(&name);
        match File::options().read(true).write(true).create_new(true).open(&part) {
            Ok(file) => {
                lock(&file, &part)?;
                let target = if overwrite { path.to_owned() } else { name };
                return Ok(OpenPart { target, part, file });
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(RecordError::NotWritable { path: path.to_owned(), cause }),
        }
    }
    let cause = io::Error::new(io::ErrorKind::AlreadyExists, "thousands of files with this name exist");
    Err(RecordError::NotWritable { path: path.to_owned(), cause })
}

/// Marks a file as being written, until it is closed.
///
/// # Errors
/// [`RecordError::StillRecording`] when somebody else has marked it.
pub(super) fn lock(file: &File, path: &Path) -> Result<(), RecordError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(RecordError::StillRecording { path: path.to_owned() }),
        // Some network file systems know no locks; recording there must work all the same.
        Err(fs::TryLockError::Error(error)) => {
            tracing::debug!("no lock on {}: {error}", path.display());
            Ok(())
        }
    }
}

/// A temporary file beside `target`, which vanishes unless it is published; with the permissions of an ordinary file.
///
/// # Errors
/// [`RecordError::NotWritable`].
pub(super) fn temporary_beside(target: &Path) -> Result<tempfile::NamedTempFile, RecordError> {
    temporary_in(folder_of(target)).map_err(|cause| RecordError::NotWritable { path: target.to_owned(), cause })
}

/// Gives a complete file its final name in one step, and makes that last. Without `overwrite` an existing file keeps its name and a free
/// one is taken. Returns the name.
///
/// # Errors
/// [`RecordError::File`] when renaming fails.
pub(super) fn publish(finished: &Path, target: &Path, overwrite: bool) -> Result<PathBuf, RecordError> {
    let name = if overwrite {
        fs::rename(finished, target).map_err(RecordError::file("rename the finished recording to", target))?;
        target.to_owned()
    } else {
        rename_to_free(finished, target)?
    };
    sync_folder(folder_of(&name));
    Ok(name)
}

fn rename_to_free(finished: &Path, target: &Path) -> Result<PathBuf, RecordError> {
    for name in numbered_names(target) {
        match rename_without_replacing(finished, &name) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(RecordError::file("rename the finished recording to", &name)(cause)),
        }
    }
    let cause = io::Error::new(io::ErrorKind::AlreadyExists, "thousands of files with this name exist");
    Err(RecordError::NotWritable { path: target.to_owned(), cause })
}

/// Makes a rename survive a power cut; a file system that cannot is no reason to fail.
fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!("cannot sync the folder {}: {error}", folder.display());
    }
}

/// Room on the disk that holds `folder`: free for us, and in all, in bytes. `None` where the system does not say.
#[cfg(unix)]
pub(super) fn disk_room(folder: &Path) -> Option<(u64, u64)> {
    let room = rustix::fs::statvfs(folder).ok()?;
    // Some file systems say nothing, by saying zero.
    (room.f_blocks > 0).then(|| (room.f_bavail.saturating_mul(room.f_frsize), room.f_blocks.saturating_mul(room.f_frsize)))
}

/// Room on the disk: not asked for on this system, where a full disk shows as a failing write.
#[cfg(not(unix))]
pub(super) fn disk_room(_folder: &Path) -> Option<(u64, u64)> {
    None
}

/// Makes a write beyond the process's limit of file sizes fail, as on a full disk. Otherwise the system ends the program without a word.
#[cfg(unix)]
pub(super) fn survive_size_limit() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // Nobody reads the flag: it is enough that the signal has a handler.
        if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default()) {
            tracing::debug!("a limit of file sizes would end the program: {error}");
        }
    });
}

/// Systems without such signals let the write fail by themselves.
#[cfg(not(unix))]
pub(super) fn survive_size_limit() {}

/// Refuses to go on when the disk of `path` is nearly full.
///
/// # Errors
/// [`RecordError::DiskFull`].
pub(super) fn check_room(path: &Path) -> Result<(), RecordError> {
    match disk_room(folder_of(path)) {
        Some((free_bytes, total_bytes)) if free_bytes < reserve(total_bytes) => {
            Err(RecordError::DiskFull { path: path.to_owned(), free_bytes })
        }
        _ => Ok(()),
    }
}

/// How much of a disk of `total_bytes` stays free.
fn reserve(total_bytes: u64) -> u64 {
    (total_bytes / 20).clamp(LEAST_RESERVE_BYTES, RESERVE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_before_the_ending() {
        let names: Vec<_> = numbered_names(Path::new("a/my.clip.mp4")).take(3).collect();
        assert_eq!(names, ["a/my.clip.mp4", "a/my.clip (2).mp4", "a/my.clip (3).mp4"].map(PathBuf::from), "order of tries");
        assert_eq!(numbered_names(Path::new("frames")).nth(1), Some(PathBuf::from("frames (2)")), "no ending");
    }

    #[test]
    fn neither_a_finished_nor_an_interrupted_recording_is_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("clip.mp4");
        fs::write(&path, "finished").expect("written");
        fs::write(folder.path().join("clip (2).mp4.part"), "interrupted").expect("written");
        let open = open_part(&path, false).expect("opened");
        assert_eq!(open.target, folder.path().join("clip (3).mp4"), "the first free name");
        let again = open_part(&path, true).expect("opened");
        assert_eq!(again.target, path, "the name itself when it may be replaced");
    }

    #[test]
    fn publishing_takes_a_free_name_unless_told_to_replace() {
        let folder = tempfile::tempdir().expect("a folder");
        let target = folder.path().join("clip.mp4");
        let publish_text = |text: &str, overwrite| {
            let temporary = temporary_beside(&target).expect("a temporary file");
            fs::write(temporary.path(), text).expect("written");
            publish(temporary.path(), &target, overwrite).expect("published")
        };
        assert_eq!(publish_text("one", false), target, "the name is free");
        assert_eq!(publish_text("two", false), folder.path().join("clip (2).mp4"), "the name is taken");
        assert_eq!(publish_text("three", true), target, "replaced on request");
        assert_eq!(fs::read_to_string(&target).expect("read"), "three", "with the new contents");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 2, "nothing else is left");
    }

    #[test]
    fn impossible_places_are_refused_with_the_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("no/such/clip.mp4");
        assert!(matches!(check_place(&missing), Err(RecordError::NoFolder { .. })), "no such folder");
        assert!(matches!(check_place(folder.path()), Err(RecordError::IsFolder { .. })), "a folder is no file");
        assert!(check_place(Path::new("clip.mp4")).is_ok(), "a bare name goes to the current folder");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_and_so_is_what_the_recording_is_made_from() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(check_place(Path::new("/dev/null")), Err(RecordError::NotAFile { .. })), "a device");
        assert!(matches!(check_place(Path::new("-")), Err(RecordError::StandardOutput)), "standard output");
        let options = |path: &Path, input: &Path| {
            let mut options = RecordOptions::new(path).expect("a format");
            (options.overwrite, options.inputs) = (true, vec![input.to_owned()]);
            options
        };
        assert!(matches!(check_place_of(&options(Path::new("/"), Path::new("x"))), Err(RecordError::IsFolder { .. })), "the root");
        let (clip, link, hard) = (folder.path().join("a.mp4"), folder.path().join("b.mp4"), folder.path().join("c.mp4"));
        fs::write(&clip, "clip").expect("written");
        std::os::unix::fs::symlink(&clip, &link).expect("a link");
        fs::hard_link(&clip, &hard).expect("a link");
        for (path, input) in [(&clip, &clip), (&link, &clip), (&clip, &link), (&hard, &link)] {
            assert!(matches!(check_place_of(&options(path, input)), Err(RecordError::IsInput { .. })), "{path:?} from {input:?}");
        }
        let frames = folder.path().join("frames");
        fs::create_dir(&frames).expect("a folder");
        let (frame, other) = (frames.join("frame_000001.png"), frames.join("portrait.png"));
        fs::write(&frame, "a picture").expect("written");
        fs::write(&other, "a picture").expect("written");
        assert!(matches!(check_place_of(&options(&frames, &frame)), Err(RecordError::IsInput { .. })), "it would be removed");
        assert!(check_place_of(&options(&frames, &other)).is_ok(), "this one stays");
    }

    #[test]
    fn small_disks_keep_a_smaller_reserve() {
        assert_eq!(reserve(1 << 40), RESERVE_BYTES, "a large disk");
        assert_eq!(reserve(100 << 20), 5 << 20, "a small one");
        assert_eq!(reserve(1 << 20), LEAST_RESERVE_BYTES, "a tiny one");
    }
}
