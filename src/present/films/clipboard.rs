//! Copies files to the clipboard, as a file manager does it. The window's toolkit copies text and pictures only.

use std::path::PathBuf;

use crossbeam::channel::{Sender, unbounded};

use crate::runtime::Worker;

/// The thread that holds the clipboard: what was copied is there as long as somebody can be asked for it. Wishes are few, so their link has no bound.
pub(super) struct FileClipboard {
    wishes: Option<Sender<PathBuf>>,
    worker: Option<Worker>,
}

impl FileClipboard {
    /// Starts the thread at the first wish. `copied` is told what came of each.
    pub(super) fn start(copied: impl Fn(PathBuf, Result<(), String>) + Send + 'static) -> Self {
        let (wishes, wanted) = unbounded::<PathBuf>();
        let body = move |_: &_| {
            let mut held: Option<arboard::Clipboard> = None;
            for path in wanted {
                let outcome = copy(&mut held, &path).map_err(|error| error.to_string());
                copied(path, outcome);
            }
        };
        let worker = Worker::spawn("clipboard", body, |error| tracing::error!("{error}"));
        let worker = worker.inspect_err(|error| tracing::error!("files cannot be copied: {error}")).ok();
        Self { wishes: Some(wishes), worker }
    }

    /// Copies a file; false when nobody is there to do it.
    pub(super) fn copy(&self, path: PathBuf) -> bool {
        self.worker.is_some() && self.wishes.as_ref().is_some_and(|wishes| wishes.send(path).is_ok())
    }
}

fn copy(held: &mut Option<arboard::Clipboard>, path: &PathBuf) -> Result<(), arboard::Error> {
    let clipboard = match held {
        Some(clipboard) => clipboard,
        None => held.insert(arboard::Clipboard::new()?),
    };
    clipboard.set().file_list(&[path])
}

impl Drop for FileClipboard {
    fn drop(&mut self) {
        drop(self.wishes.take());
        // A desktop that does not answer must not keep the window open.
        if let Some(worker) = self.worker.take() {
            worker.abandon();
        }
    }
}
