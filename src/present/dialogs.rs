//! The system's file dialog, on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::action::Purpose;
use super::files;
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
        let body = move |_: &_| {
            answers.put(pick(purpose));
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

fn pick(purpose: Purpose) -> Answer {
    if !may_have_dialog() {
        return Answer::NoDialog(purpose);
    }
    let dialog = match purpose {
        Purpose::Portrait => rfd::AsyncFileDialog::new().set_title("Open a portrait").add_filter("Pictures", &files::PICTURES),
        Purpose::FurtherPicture => {
            rfd::AsyncFileDialog::new().set_title("Add a picture of this person").add_filter("Pictures", &files::PICTURES)
        }
        Purpose::Driver => rfd::AsyncFileDialog::new()
            .set_title("Open a clip or a performance")
            .add_filter("Clips and performances", &[&files::CLIPS[..], &files::PERFORMANCES[..]].concat()),
    };
    let asked_at = Instant::now();
    match pollster::block_on(dialog.add_filter("All files", &["*"]).pick_files()) {
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
