//! The desktop around the window: the file manager, and what the session can do.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::runtime::{Worker, WorkerError};

/// Shows a file in the desktop's file manager, without waiting. `on_failure` is called when there is none.
pub(super) fn show_in_folder(path: &Path, on_failure: impl FnOnce() + Send + 'static) -> Result<Worker, WorkerError> {
    let mut command = reveal(path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let body = move |_: &_| {
        let shown = command.status().is_ok_and(|status| status.success() || cfg!(windows));
        if !shown {
            on_failure();
        }
    };
    Worker::spawn("file manager", body, |error| tracing::error!("{error}"))
}

fn reveal(path: &Path) -> Command {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("open");
        command.arg("-R").arg(path);
        command
    } else if cfg!(windows) {
        let mut command = Command::new("explorer");
        command.arg(format!("/select,{}", path.display()));
        command
    } else {
        let mut command = Command::new("xdg-open");
        command.arg(path.parent().unwrap_or(path));
        command
    }
}

/// A path for people: the home folder as `~`.
pub(super) fn short_path(path: &Path) -> String {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// Whether a display is there at all; on other systems than Linux there always is one.
pub(super) fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET")
}
