//! The system's file dialog, on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::Purpose;
use super::files;
use super::words::t;
use crate::runtime::{Latest, LatestReader, Worker};

/// A dialog that is gone sooner than this was never there: nobody cancels so fast.
const TOO_FAST: Duration = Duration::from_millis(400);

/// How a dialog ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Files were picked.
    Picked(Purpose, Vec<PathBuf>),
    /// The user thought better of it.
    Cancelled,
    /// This desktop has no file dialog.
    NoDialog(Purpose),
}

/// The file dialog; one at a time.
#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<(Worker, LatestReader<Answer>)>,
}

impl Dialogs {
    /// Opens the dialog. `wake` is called when the answer is there. Does nothing while one is open already.
    pub(super) fn ask(&mut self, purpose: Purpose, wake: Arc<dyn Fn() + Send + Sync>) -> Result<(), String> {
        if self.open.is_some() {
            return Ok(());
        }
        let (answers, reader) = Latest::new();
        let dialog = dialog(purpose);
        let body = move |_: &_| {
            answers.put(pick(purpose, dialog));
            wake();
        };
        let worker = Worker::spawn("file dialog", body, |error| tracing::error!("{error}")).map_err(|e| e.to_string())?;
        self.open = Some((worker, reader));
        Ok(())
    }

    /// The answer, once there is one.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        let (_, reader) = self.open.as_ref()?;
        let answer = reader.take();
        if answer.is_some() || reader.is_finished() {
            self.open = None;
        }
        answer
    }
}

impl Drop for Dialogs {
    fn drop(&mut self) {
        // A dialog may stay open as long as its user likes; closing the window must not wait for it.
        if let Some((worker, _)) = self.open.take() {
            worker.abandon();
        }
    }
}

/// The dialog for a purpose. It has its words from here, since the thread that shows it speaks English.
fn dialog(purpose: Purpose) -> rfd::AsyncFileDialog {
    let dialog = rfd::AsyncFileDialog::new();
    let dialog = match purpose {
        Purpose::Portrait => dialog.set_title(t!("path-portrait")).add_filter(t!("dialog-pictures"), &files::PICTURES),
        Purpose::FurtherPicture => dialog.set_title(t!("path-further")).add_filter(t!("dialog-pictures"), &files::PICTURES),
        Purpose::Driver => {
            let endings = [&files::CLIPS[..], &files::PERFORMANCES[..]].concat();
            dialog.set_title(t!("path-driver")).add_filter(t!("dialog-clips"), &endings)
        }
    };
    dialog.add_filter(t!("dialog-all"), &["*"])
}

fn pick(purpose: Purpose, dialog: rfd::AsyncFileDialog) -> Answer {
    if !may_have_dialog() {
        return Answer::NoDialog(purpose);
    }
    let asked_at = Instant::now();
    match pollster::block_on(dialog.pick_files()) {
        Some(picked) => Answer::Picked(purpose, picked.iter().map(|file| file.path().to_owned()).collect()),
        None if cfg!(target_os = "linux") && asked_at.elapsed() < TOO_FAST => Answer::NoDialog(purpose),
        None => Answer::Cancelled,
    }
}

/// Whether trying makes sense: on Linux the dialog needs a session bus with a portal, or zenity.
fn may_have_dialog() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let bus =
        set("DBUS_SESSION_BUS_ADDRESS") || std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|dir| PathBuf::from(dir).join("bus").exists());
    let zenity = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join("zenity").is_file()));
    bus || zenity
}
