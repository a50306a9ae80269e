//! Every reader of strangers' bytes in this part, as the fuzzer and the replay of its finds call them: no device is opened and no other program started.

use std::path::Path;

use image::RgbImage;

use super::clip::ClipSource;
use super::clip::sps::Sps;
use super::error::CaptureError;
use super::ffmpeg::Tools;
use super::pixels::{PixelError, PixelFormat, RawFrame};
use super::sound::SoundReader;
use super::source::{OpenOptions, Source as _};

/// The arrangements of a camera's bytes, by number.
const FORMATS: [PixelFormat; 6] =
    [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Gray, PixelFormat::Rgb, PixelFormat::Bgr];

/// Reads at most `most` frames of a film, an animation or a still, then goes back to its middle and reads the same again. Returns how many came.
///
/// # Errors
/// Everything that opening and reading a clip may end with; ffmpeg counts as missing.
pub fn film(path: &Path, most: usize) -> Result<usize, CaptureError> {
    let mut source = ClipSource::open_with(&Tools::none(), path, false, OpenOptions { max_side_px: Some(64) })?;
    let mut came = 0;
    for to in [None, source.info().duration.map(|length| length / 2)] {
        if let Some(to) = to {
            source.seek(to)?;
        }
        for _ in 0..most {
            match source.next()? {
                Some(_) => came += 1,
                None => break,
            }
        }
    }
    Ok(came)
}

/// Reads at most `most` blocks of a film's sound. Returns how many came.
///
/// # Errors
/// Everything that opening and reading sound may end with; ffmpeg counts as missing.
pub fn sound(path: &Path, most: usize) -> Result<usize, CaptureError> {
    let Some(mut sound) = SoundReader::open_with(&Tools::none(), path)? else { return Ok(0) };
    for came in 0..most {
        if sound.next_block()?.is_none() {
            return Ok(came);
        }
    }
    Ok(most)
}

/// Reads a sequence parameter set of H.264. Whether it is whole.
pub fn sequence_parameters(nal: &[u8]) -> bool {
    Sps::parse(nal).inspect(|sps| _ = (sps.obstacle(), sps.encoding())).is_some()
}

/// Converts a frame as a camera's driver hands it out, in the format of that number: MJPEG, YUYV, NV12, grey, RGB, BGR, and again from the beginning.
///
/// # Errors
/// A size that is not accepted, too few bytes, a damaged JPEG.
pub fn camera_frame(format: usize, size: [u32; 2], stride: Option<usize>, bytes: &[u8]) -> Result<RgbImage, PixelError> {
    let mut out = RgbImage::default();
    RawFrame { format: FORMATS[format % FORMATS.len()], size, stride, bytes }.write_rgb(&mut out).map(|()| out)
}
