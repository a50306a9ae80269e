//! What can go wrong while recording, in words for the person who pressed the button.

use std::io;
use std::path::{Path, PathBuf};

use crate::runtime::WorkerError;

/// Why something could not be recorded, recovered or saved.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The name's ending stands for no format we write.
    #[error("cannot record to {}: its ending is not one of .mp4, .gif or none (a folder of PNG pictures); choose one of these", path.display())]
    UnknownFormat {
        /// What was asked for.
        path: PathBuf,
    },
    /// The folder that shall hold the recording is not there.
    #[error("the folder {} does not exist, or is not a folder; create it or choose another place for the recording", path.display())]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The name of the recording belongs to a folder.
    #[error("{} is a folder; give the recording a file name inside it", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The name of the recording belongs to something that no recording can replace.
    #[error("{} is a device, a pipe or a socket, where no recording can be kept; give the name of a file that ends in .mp4 or .gif, or of a new folder", path.display())]
    NotAFile {
        /// What was asked for.
        path: PathBuf,
    },
    /// The name that stands for standard output elsewhere.
    #[error(
        "- would be standard output, to which no recording can be written; give the name of a file that ends in .mp4 or .gif, or of a new folder"
    )]
    StandardOutput,
    /// The recording would replace what it is made from.
    #[error("{} is the file {}, which is read to make it; give the recording another name", path.display(), input.display())]
    IsInput {
        /// The recording.
        path: PathBuf,
        /// What is read.
        input: PathBuf,
    },
    /// The folder that shall hold pictures holds other things already.
    #[error("{} is already there and is not an empty folder; choose another name, or allow overwriting", path.display())]
    Occupied {
        /// What is in the way.
        path: PathBuf,
    },
    /// Nothing can be written there.
    #[error("cannot write {}: {cause}; check the folder's permissions or choose another place", path.display())]
    NotWritable {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Reading or writing failed underway.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// What was being done, as in "cannot ACTION PATH".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The disk is nearly full.
    #[error("only {} MiB are left on the disk of {}; free some space or record to another disk", free_bytes >> 20, path.display())]
    DiskFull {
        /// Where the recording is.
        path: PathBuf,
        /// Room left, in bytes.
        free_bytes: u64,
    },
    /// The pictures are too small, or none at all.
    #[error("a picture of {width}x{height} pixels cannot be recorded as video; both sides must have at least {least} pixels")]
    PictureTooSmall {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Least side in pixels.
        least: u32,
    },
    /// An encoder refused its input.
    #[error("the {codec} encoder failed: {message}; stop and record again, and if it keeps failing choose another format")]
    Encoder {
        /// Which encoder.
        codec: &'static str,
        /// What it said.
        message: String,
    },
    /// There is no such microphone, or none at all.
    #[error("no microphone found{}; plug one in, choose another one, or record without sound", named(device.as_deref()))]
    NoMicrophone {
        /// The name that was asked for.
        device: Option<String>,
    },
    /// The microphone cannot be opened or stopped working.
    #[error(
        "the microphone {device} cannot be used: {message}; close other programs that use it, choose another one, or record without sound"
    )]
    Microphone {
        /// Its name.
        device: String,
        /// What the system said.
        message: String,
    },
    /// The microphone is open and delivers nothing.
    #[error(
        "the microphone {device} delivered no sound within {waited_secs:.0} seconds; check that it is connected and not muted by a switch, or choose another one"
    )]
    MicrophoneSilent {
        /// Its name.
        device: String,
        /// How long we waited, in seconds.
        waited_secs: f32,
    },
    /// Nothing came before the recording was stopped.
    #[error("nothing was recorded: no picture arrived before the recording was stopped")]
    NothingRecorded,
    /// The recorder has stopped by itself; [`super::Recorder::finish`] tells why.
    #[error("the recording has already stopped; finish it to learn why")]
    AlreadyStopped,
    /// The recording ended before it was asked to; what was good is kept.
    #[error("the recording stopped early: {cause}. {}", kept_text(*kept_secs, path.as_deref()))]
    StoppedEarly {
        /// What happened.
        cause: Box<Self>,
        /// How much was kept, in seconds.
        kept_secs: f64,
        /// Where it is; `None` when nothing could be kept.
        path: Option<PathBuf>,
    },
    /// A file that claims to be an interrupted recording is not one.
    #[error("{} cannot be recovered: {reason}; the file was left as it is", path.display())]
    NotRecoverable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The recording is still being written.
    #[error("{} is still being recorded by a running Retrato; stop that recording first", path.display())]
    StillRecording {
        /// The file.
        path: PathBuf,
    },
    /// The worker thread failed.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}

impl RecordError {
    /// For `map_err`: reading or writing `path` failed while doing `action`.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { action, path, cause }
    }

    /// For `map_err`: an encoder or a container writer failed.
    pub(super) fn encoder<E: std::fmt::Display>(codec: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::Encoder { codec, message: error.to_string() }
    }

    /// Whether the disk ran out of room.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::DiskFull { .. } => true,
            Self::File { cause, .. } => matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
            Self::StoppedEarly { cause, .. } => cause.is_disk_full(),
            _ => false,
        }
    }
}

fn named(device: Option<&str>) -> String {
    device.map(|name| format!(" called \"{name}\"")).unwrap_or_default()
}

fn kept_text(kept_secs: f64, path: Option<&Path>) -> String {
    match path {
        Some(path) => format!("The first {kept_secs:.1} seconds were kept in {}", path.display()),
        None => "Nothing could be kept".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_stop_says_what_happened_and_what_was_kept() {
        let cause = Box::new(RecordError::DiskFull { path: "a.mp4".into(), free_bytes: 3 << 20 });
        let error = RecordError::StoppedEarly { cause, kept_secs: 12.34, path: Some("a.mp4".into()) };
        let text = error.to_string();
        assert!(text.contains("3 MiB") && text.contains("12.3 seconds") && text.contains("a.mp4"), "cause, length and place: {text}");
        assert!(error.is_disk_full(), "a full disk is recognised through the wrapping");
    }
}
