//! What the program writes down of its work: to standard error, and for the window to a file, since nobody sees what a window says there.

use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

/// Warnings of the program and of what it stands on.
const WARNINGS: &str = "warn,wgpu_hal=error,wgpu_core=error,naga=error,symphonia=error";
/// What the file has beside them: how the program started.
const IN_FILE: &str = "warn,retrato=info,wgpu_hal=error,wgpu_core=error,naga=error,symphonia=error";
/// A larger file becomes the old one, and a new one is begun.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Warnings by default; `RUST_LOG` asks for more. Gives the file that is written, where one is wanted and can be.
pub(super) fn start(to_file: bool) -> Option<PathBuf> {
    let filter = || EnvFilter::try_from_default_env();
    let on_screen = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        // Should nobody listen to standard error, it could only complain there.
        .log_internal_errors(false)
        .with_filter(filter().unwrap_or_else(|_| EnvFilter::new(WARNINGS)));
    let (path, file) = to_file.then(path).flatten().and_then(|path| Some((path.clone(), open(&path).ok()?))).unzip();
    let in_file = file.map(|file| {
        fmt::layer()
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_target(false)
            .log_internal_errors(false)
            .with_filter(filter().unwrap_or_else(|_| EnvFilter::new(IN_FILE)))
    });
    tracing_subscriber::registry().with(on_screen).with(in_file).init();
    path
}

/// Where the file is.
pub(super) fn path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "retrato")?;
    Some(folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).join("retrato.log"))
}

/// Opens the file to write on; several windows may.
fn open(path: &Path) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    if std::fs::metadata(path).is_ok_and(|about| about.len() > MAX_FILE_BYTES) {
        std::fs::rename(path, path.with_extension("log.old"))?;
    }
    File::options().create(true).append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn the_log_does_not_grow_for_ever() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("made when needed").join("retrato.log");
        open(&path)?.write_all(b"one\n")?;
        open(&path)?.write_all(b"two\n")?;
        assert_eq!(std::fs::read_to_string(&path)?, "one\ntwo\n", "several windows write to it");
        open(&path)?.write_all(&vec![b'x'; MAX_FILE_BYTES as usize])?;
        open(&path)?.write_all(b"new\n")?;
        assert_eq!(std::fs::read_to_string(&path)?, "new\n", "begun anew");
        assert!(std::fs::read_to_string(path.with_extension("log.old"))?.starts_with("one"), "the old one is kept, once");
        Ok(())
    }
}
