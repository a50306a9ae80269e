//! The clipboard, read on a thread of its own: whoever owns it may take seconds to hand over a large picture.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Context, ViewportId};
use image::RgbaImage;

use super::files;
use crate::runtime::{Latest, LatestReader, Worker};

/// After so long it is said that the clipboard is being read, in seconds.
const SILENCE_SECS: f64 = 0.3;

/// What is wanted of the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Text, for a field that is being typed into.
    Text,
    /// A picture, or files.
    Picture,
}

/// What is in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Clip {
    /// A picture, sRGB with straight alpha.
    Picture(Arc<RgbaImage>),
    /// Files.
    Files(Vec<PathBuf>),
    /// Text that names no files.
    Text(String),
    /// Nothing of use.
    Nothing,
}

/// How the clipboard is read. May take long: it is called on a thread of its own.
#[derive(Clone)]
pub struct ClipboardReader(Arc<dyn Fn(Wanted) -> Clip + Send + Sync>);

impl fmt::Debug for ClipboardReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClipboardReader")
    }
}

impl Default for ClipboardReader {
    /// The system's.
    fn default() -> Self {
        Self::new(of_system)
    }
}

impl ClipboardReader {
    /// Reads by a function.
    pub fn new(read: impl Fn(Wanted) -> Clip + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

/// The reading under way; one at a time.
#[derive(Default)]
pub(super) struct Clipboard {
    reader: ClipboardReader,
    under_way: Option<Reading>,
}

struct Reading {
    worker: Option<Worker>,
    clips: LatestReader<Clip>,
    wanted: Wanted,
    asked_at_secs: f64,
}

impl Clipboard {
    pub(super) fn new(reader: ClipboardReader) -> Self {
        Self { reader, under_way: None }
    }

    /// Begins to read. Who asks twice is answered once.
    pub(super) fn ask(&mut self, ctx: &Context, wanted: Wanted, now_secs: f64) -> Result<(), String> {
        if self.under_way.is_some() {
            return Ok(());
        }
        let (clip, clips) = Latest::new();
        let (read, ctx) = (self.reader.clone(), ctx.clone());
        let body = move |_: &_| {
            clip.put((read.0)(wanted));
            ctx.request_repaint_of(ViewportId::ROOT);
        };
        let worker = Worker::spawn("clipboard", body, |error| tracing::error!("{error}")).map_err(|error| error.to_string())?;
        self.under_way = Some(Reading { worker: Some(worker), clips, wanted, asked_at_secs: now_secs });
        Ok(())
    }

    /// The answer, once there is one, and what was wanted.
    pub(super) fn answer(&mut self) -> Option<(Wanted, Clip)> {
        let reading = self.under_way.as_ref()?;
        let clip = reading.clips.take().or_else(|| reading.clips.is_finished().then_some(Clip::Nothing))?;
        self.under_way.take().map(|reading| (reading.wanted, clip))
    }

    /// In how many seconds it shall be said that the clipboard is being read; 0 when it is so already. `None` where nothing is to be said.
    pub(super) fn slow_in(&self, now_secs: f64) -> Option<f64> {
        let reading = self.under_way.as_ref().filter(|reading| reading.wanted == Wanted::Picture)?;
        Some((reading.asked_at_secs + SILENCE_SECS - now_secs).max(0.0))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        // The owner of the clipboard may never answer; closing the window must not wait for it.
        if let Some(worker) = self.worker.take() {
            worker.abandon();
        }
    }
}

/// Reads the system's clipboard.
fn of_system(wanted: Wanted) -> Clip {
    let mut clipboard = match arboard::Clipboard::new() {
        Ok(clipboard) => clipboard,
        Err(error) => {
            tracing::warn!("the clipboard cannot be read: {error}");
            return Clip::Nothing;
        }
    };
    let text = |clipboard: &mut arboard::Clipboard| clipboard.get_text().ok().filter(|text| !text.is_empty());
    if wanted == Wanted::Text {
        return text(&mut clipboard).map_or(Clip::Nothing, Clip::Text);
    }
    // Under X11 some owners never come to the end of a large picture that is asked for as text, and then answer nobody. Elsewhere file managers offer a file's
    // icon as a picture, so files come first.
    let early = if cfg!(target_os = "linux") { picture(&mut clipboard) } else { None };
    if let Some(picture) = early {
        return picture;
    }
    let listed = clipboard.get().file_list().ok().filter(|files| !files.is_empty());
    let text = text(&mut clipboard);
    if let Some(files) = listed.or_else(|| text.as_deref().map(files::paths_in_text).filter(|paths| !paths.is_empty())) {
        return Clip::Files(files);
    }
    let late = if cfg!(target_os = "linux") { None } else { picture(&mut clipboard) };
    // Who copies a picture from a page often gets its address, too: text comes last.
    late.or(text.map(Clip::Text)).unwrap_or(Clip::Nothing)
}

fn picture(clipboard: &mut arboard::Clipboard) -> Option<Clip> {
    let picture = clipboard.get_image().inspect_err(|error| tracing::debug!("no picture in the clipboard: {error}")).ok()?;
    let pixels = RgbaImage::from_raw(picture.width as u32, picture.height as u32, picture.bytes.into_owned()).unwrap_or_default();
    Some(Clip::Picture(Arc::new(pixels)))
}
