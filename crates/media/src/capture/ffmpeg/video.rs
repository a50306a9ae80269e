//! Pictures decoded by ffmpeg: upright, scaled and at a constant rate, as raw RGB on a pipe.

use std::path::{Path, PathBuf};
use std::time::Duration;

use image::RgbImage;
use image::metadata::Orientation;

use super::probe::{Probe, VideoStream};
use super::{Child, Tools, restrictions, url_of};
use crate::capture::clip::{DecodedPicture, OpenedClip, Pictures};
use crate::capture::error::CaptureError;
use crate::capture::pixels::is_acceptable_size;
use crate::capture::scale::fit_within;
use crate::capture::source::{OpenOptions, SourceKind};

/// The pictures that a child process gives.
pub(in crate::capture) struct FfmpegPictures {
    tools: Tools,
    path: PathBuf,
    stream: VideoStream,
    /// Size of the pictures as they come.
    size: [u32; 2],
    child: Child,
    given: u64,
}

impl FfmpegPictures {
    /// Looks at the file and starts decoding it. `why` says why it is not decoded in-process.
    pub(in crate::capture) fn open(tools: &Tools, path: &Path, options: OpenOptions, why: &str) -> Result<OpenedClip, CaptureError> {
        let probe = Probe::of(tools, path, why)?;
        let stream = probe.video.ok_or_else(|| CaptureError::NoVideo { path: path.to_owned() })?;
        let [width, height] = stream.size;
        if !is_acceptable_size(stream.size) {
            return Err(CaptureError::TooLarge { path: path.to_owned(), width, height });
        }
        let size = fit_within(stream.size, options.max_side_px);
        let child = start(tools, path, &stream, size)?;
        let (fps, frames, duration) = (stream.rate.fps(), stream.frames, stream.duration);
        let pictures = Self { tools: tools.clone(), path: path.to_owned(), stream, size, child, given: 0 };
        Ok(OpenedClip {
            pictures: Box::new(pictures),
            kind: SourceKind::Clip,
            size,
            shown: size,
            orientation: Orientation::NoTransforms,
            fps,
            frames,
            duration,
            has_sound: probe.has_sound,
            decoder: "ffmpeg",
        })
    }
}

impl Pictures for FfmpegPictures {
    fn next(&mut self) -> Result<Option<DecodedPicture>, CaptureError> {
        let Some(bytes) = self.child.next()? else { return Ok(None) };
        // A piece that is too short is the rest of a picture that ffmpeg did not finish.
        let Some(pixels) = RgbImage::from_raw(self.size[0], self.size[1], bytes) else { return Ok(None) };
        let at = Duration::try_from_secs_f64(self.given as f64 / self.stream.rate.fps()).unwrap_or_default();
        self.given += 1;
        Ok(Some(DecodedPicture { pixels, at, lasts: None }))
    }

    fn restart(&mut self) -> Result<(), CaptureError> {
        self.child = start(&self.tools, &self.path, &self.stream, self.size)?;
        self.given = 0;
        Ok(())
    }
}

fn start(tools: &Tools, path: &Path, stream: &VideoStream, [width, height]: [u32; 2]) -> Result<Child, CaptureError> {
    let rate = stream.rate;
    // A first picture that comes late is shown from the beginning, so that sound and picture stay together.
    // The size may change midway: pictures of another shape get bars. RGB comes before the bars, which not every format can have, and before a
    // scaling that has nothing to do, whose coarse way with colours would show.
    let fit = format!("scale={width}:{height}:flags=area:force_original_aspect_ratio=decrease");
    let [first, second] = if stream.size == [width, height] { ["format=rgb24", &fit] } else { [&fit, "format=rgb24"] };
    // What keeps the shape of pictures of another size counts pixels and not their shape, so these become square before.
    let stretch = if stream.has_square_pixels { "" } else { "scale=w=max(iw\\,iw*sar):h=max(ih\\,ih/sar),setsar=1," };
    let filter = format!("fps={}/{}:start_time=0,{stretch}{first},{second},pad={width}:{height}:-1:-1", rate.numerator, rate.denominator);
    let mut arguments: Vec<_> = ["-nostdin"].iter().chain(&restrictions()).map(Into::into).collect();
    arguments.extend(["-i".into(), url_of(path), "-map".into(), format!("0:{}", stream.index).into()]);
    arguments.extend(["-vf", &filter, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"].map(Into::into));
    let piece_bytes = width as usize * height as usize * 3;
    Child::start(tools, &tools.ffmpeg, arguments, piece_bytes, path, "its pictures")
}
