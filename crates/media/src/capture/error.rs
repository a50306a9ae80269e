//! Everything that can go wrong while capturing, said so that the user knows what to do.

use std::path::PathBuf;

use crate::data::PerformanceError;
use crate::runtime::WorkerError;

/// Why a source cannot be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// Nothing is at the path.
    #[error("there is no file {}: check the path", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// The name that stands for standard input elsewhere.
    #[error("- would be standard input, which is not read: save it to a file first, and give the path of that")]
    StandardInput,
    /// The path is a directory.
    #[error("{} is a directory: give one video file in it", path.display())]
    Directory {
        /// The path.
        path: PathBuf,
    },
    /// The file has no bytes.
    #[error("{} is empty (zero bytes): it was probably not copied or recorded completely", path.display())]
    Empty {
        /// The path.
        path: PathBuf,
    },
    /// The system does not let us read the file.
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is something else.
    #[error("{} is no video: it looks like {looks_like}; give a video, a GIF, a picture or a performance", path.display())]
    NotAVideo {
        /// The path.
        path: PathBuf,
        /// What it seems to be.
        looks_like: String,
    },
    /// A container without pictures.
    #[error("{} has no picture track: it holds sound or data only", path.display())]
    NoVideo {
        /// The path.
        path: PathBuf,
    },
    /// A video whose frames are all missing.
    #[error("{} has no frames (0 could be decoded): choose another clip", path.display())]
    NoFrames {
        /// The path.
        path: PathBuf,
    },
    /// A recording that was never finished: the index at its end is missing.
    #[error("{} was cut off before its index (the `moov` box): record or copy it again", path.display())]
    Unfinished {
        /// The path.
        path: PathBuf,
    },
    /// A file whose contents contradict themselves.
    #[error("{} is damaged: {detail}; copy it again, or convert it with ffmpeg", path.display())]
    Damaged {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// More pixels than allowed.
    #[error("{} has {width} x {height} pixels, more than 8192 on a side or 40 megapixels: scale it down first", path.display())]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Only ffmpeg could read it, and there is none.
    #[error("{} needs ffmpeg ({why}), which is not installed: install the package `ffmpeg`, e.g. `sudo apt install ffmpeg`, or convert the clip to MP4 with H.264", path.display())]
    NeedsFfmpeg {
        /// The path.
        path: PathBuf,
        /// Why it cannot be decoded without.
        why: String,
    },
    /// ffmpeg is there and was built without what the file needs.
    #[error("{} cannot be decoded, because the installed ffmpeg has no decoder for it ({detail}): install a complete ffmpeg (Debian, Ubuntu: `ffmpeg`; Fedora: `ffmpeg` of RPM Fusion instead of `ffmpeg-free`), or convert the clip to MP4 with H.264", path.display())]
    FfmpegLacks {
        /// The path.
        path: PathBuf,
        /// What ffmpeg said.
        detail: String,
    },
    /// ffmpeg is there and refuses the file.
    #[error("{} cannot be decoded, not even by ffmpeg: {detail}; it is probably damaged: copy it again, or choose another clip", path.display())]
    Ffmpeg {
        /// The path.
        path: PathBuf,
        /// The end of what ffmpeg said.
        detail: String,
    },
    /// ffmpeg gave nothing and was ended.
    #[error("ffmpeg gave nothing for {seconds} s while reading {} and was stopped: convert the clip to MP4 (H.264) first", path.display())]
    FfmpegStuck {
        /// The path.
        path: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// No camera at all.
    #[error("no camera was found: connect one, or drive the portrait with a clip")]
    NoCamera,
    /// The wanted camera is not there.
    #[error("there is no camera {wanted}; available: {available}")]
    CameraNotFound {
        /// What was asked for.
        wanted: String,
        /// What there is.
        available: String,
    },
    /// The camera exists and cannot be used.
    #[error("the camera {name} cannot be opened: {detail}; close other programs that use it, or check its permissions")]
    CameraOpen {
        /// Name of the camera.
        name: String,
        /// What the driver said to each attempt.
        detail: String,
    },
    /// The camera failed while it ran.
    #[error("the camera {name} stopped: {detail}; check its cable")]
    CameraRead {
        /// Name of the camera.
        name: String,
        /// What the driver said.
        detail: String,
    },
    /// No frame came in time.
    #[error("the camera {name} has sent nothing for {seconds} s: check its cable, or whether another program uses it")]
    CameraStalled {
        /// Name of the camera.
        name: String,
        /// How long nothing came.
        seconds: u64,
    },
    /// Built without cameras.
    #[error("this Retrato was built without camera support: build it with the feature `camera`, or use a clip")]
    NoCameraSupport,
    /// A frame whose bytes do not fit its format.
    #[error("a frame from the camera is damaged: {0}")]
    BadFrame(#[from] super::pixels::PixelError),
    /// A stored performance that cannot be used.
    #[error("{}: {cause}", path.display())]
    Performance {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        cause: PerformanceError,
    },
    /// Sound that cannot be decoded.
    #[error("the sound of {} cannot be decoded: {detail}; the picture still works", path.display())]
    Sound {
        /// The path.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A thread that cannot start or has failed.
    #[error(transparent)]
    Thread(#[from] WorkerError),
}

impl CaptureError {
    /// Whether it is worth trying again by itself: a camera may come back, a broken file stays broken.
    pub fn is_worth_retrying(&self) -> bool {
        matches!(
            self,
            Self::NoCamera
                | Self::CameraNotFound { .. }
                | Self::CameraOpen { .. }
                | Self::CameraRead { .. }
                | Self::CameraStalled { .. }
                | Self::BadFrame(_)
        )
    }
}
