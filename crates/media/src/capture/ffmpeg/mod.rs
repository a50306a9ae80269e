//! ffmpeg as a child process, for whatever is not decoded in-process.
//!
//! It sees one local file and no network: the path is given as a `file:` URL, protocols and formats are limited, playlists are not among them.

mod child;
mod probe;
mod video;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::data::SAMPLE_RATE_HZ;

pub(super) use self::child::Child;
pub(super) use self::probe::Probe;
pub(super) use self::video::FfmpegPictures;

/// Containers and streams that are handed to ffmpeg; none of them names other files, and none is sound alone.
const FORMATS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,ivf,h264,hevc,m4v,dv,mxf,mxf_opatom,\
                       nut,rm,yuv4mpegpipe,obu,av1,vc1,mjpeg,h263,h261,bink,smk,wtv,swf,roq,live_flv,amv,nsv";

/// The programs, and how long they may be silent.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    /// Decodes.
    pub(super) ffmpeg: OsString,
    /// Looks at files.
    pub(super) ffprobe: OsString,
    /// A program that gives nothing for this long is ended.
    pub(super) patience: Duration,
}

impl Tools {
    /// The programs on the search path.
    pub(super) fn installed() -> Self {
        Self { ffmpeg: "ffmpeg".into(), ffprobe: "ffprobe".into(), patience: Duration::from_secs(10) }
    }

    /// None: what is not decoded in-process is refused, as on a machine without them.
    pub(super) fn none() -> Self {
        Self { ffmpeg: OsString::new(), ffprobe: OsString::new(), ..Self::installed() }
    }
}

/// Version of the installed ffmpeg, as it names itself; `None` when there is none.
pub fn ffmpeg_version() -> Option<String> {
    let output = std::process::Command::new("ffmpeg").args(["-hide_banner", "-version"]).output().ok()?;
    let first = String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned();
    Some(first.strip_prefix("ffmpeg version ").map_or_else(|| first.clone(), |rest| rest.split(' ').next().unwrap_or(rest).to_owned()))
}

/// Arguments before a file that keep ffmpeg and ffprobe to it.
fn restrictions() -> [&'static str; 7] {
    ["-hide_banner", "-v", "error", "-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]
}

/// The file as a URL, so that a name that begins with `-` or holds a colon is still a name.
fn url_of(path: &Path) -> OsString {
    let mut url = OsString::from("file:");
    url.push(path);
    url
}

/// Arguments that make ffmpeg give a stream of a file as sound: stereo 32-bit floats at 48 kHz from the file's time zero on.
pub(super) fn sound_arguments(path: &Path, stream: u32) -> Vec<OsString> {
    let rate = SAMPLE_RATE_HZ.to_string();
    let mut arguments: Vec<OsString> = ["-nostdin"].iter().chain(&restrictions()).map(Into::into).collect();
    arguments.extend(["-i".into(), url_of(path)]);
    // Sound that begins late is preceded by silence, gaps are filled.
    arguments.extend(["-map", &format!("0:{stream}"), "-af", "aresample=async=1:first_pts=0"].map(Into::into));
    arguments.extend(["-f", "f32le", "-ar", &rate, "-ac", "2", "pipe:1"].map(Into::into));
    arguments
}
