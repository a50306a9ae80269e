//! JPEG XL.

use image::RgbaImage;
use image::metadata::Orientation;
use jxl_oxide::{AllocTracker, EnumColourEncoding, JxlImage, JxlThreadPool, PixelFormat, RenderingIntent};

use super::{Colours, StepFor, Still, StillError};
use crate::runtime::contain;

/// Most memory that the decoder may take: 100 megapixels of three channels as floats, and what is made of them on the way.
const MAX_DECODER_BYTES: usize = 4 << 30;
/// How a codestream begins, and a file with boxes around one.
const BEGINNINGS: [&[u8]; 2] = [b"\xff\x0a", b"\0\0\0\x0cJXL "];

/// Whether these are the bytes of a JPEG XL picture.
pub fn is_jxl(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// Reads a JPEG XL picture, upright; of an animation the first picture.
///
/// # Errors
/// Everything in [`StillError`]. None is averaged down: where that is asked for, it is too large.
pub fn read_jxl(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    // The decoder is safe code, but what a stranger's bytes make it do need not end in an error of its own.
    contain(|| read(bytes, step_for)).unwrap_or_else(|why| Err(StillError::Damaged(format!("its decoder gave up: {why}"))))
}

fn read(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    let damaged = |error: Box<dyn std::error::Error + Send + Sync>| StillError::Damaged(error.to_string());
    let mut picture =
        JxlImage::builder().pool(JxlThreadPool::none()).alloc_tracker(AllocTracker::with_limit(MAX_DECODER_BYTES)).build_uninit();
    // The header alone first: its size decides whether more is read.
    let mut given = 0;
    let mut picture = loop {
        let piece = &bytes[given..bytes.len().min(given + (64 << 10))];
        if piece.is_empty() {
            return Err(StillError::CutOff);
        }
        given += picture.feed_bytes(piece).map_err(damaged)?;
        match picture.try_init().map_err(damaged)? {
            jxl_oxide::InitializeResult::NeedMoreData(more) => picture = more,
            jxl_oxide::InitializeResult::Initialized(picture) => break picture,
        }
    };
    let full_size = [picture.width(), picture.height()];
    if step_for(full_size) != Some(1) {
        return Err(StillError::TooLarge(full_size));
    }
    while given < bytes.len() {
        match picture.feed_bytes(&bytes[given..]).map_err(damaged)? {
            // What follows the picture is none of its own.
            0 => break,
            taken => given += taken,
        }
    }
    if picture.num_loaded_keyframes() == 0 {
        return Err(StillError::CutOff);
    }
    let format = picture.pixel_format();
    if matches!(format, PixelFormat::Cmyk | PixelFormat::Cmyka) {
        return Err(StillError::Kind("in printing inks".to_owned()));
    }
    let is_grey = format.is_grayscale();
    // What is stored in the format's own colours becomes sRGB at once, and all else is what its profile says.
    let colours = if picture.image_header().metadata.xyb_encoded {
        let relative = RenderingIntent::Relative;
        picture.request_color_encoding(if is_grey { EnumColourEncoding::gray_srgb(relative) } else { EnumColourEncoding::srgb(relative) });
        None
    } else {
        // The decoder's own profile would be one that it makes of the picture's.
        Some(Colours::Profile(picture.original_icc().map_or_else(|| picture.rendered_icc(), <[u8]>::to_vec)))
    };
    let rendered = picture.render_frame(0).map_err(damaged)?;
    let mut samples = rendered.stream();
    let (width, height, channels) = (samples.width(), samples.height(), samples.channels() as usize);
    let mut row = vec![0_u8; width as usize * channels];
    let mut pixels = RgbaImage::new(width, height);
    for line in pixels.chunks_exact_mut(width.max(1) as usize * 4) {
        samples.write_to_buffer(&mut row);
        for (pixel, own) in line.as_chunks_mut().0.iter_mut().zip(row.chunks_exact(channels.max(1))) {
            *pixel = match *own {
                [grey] => [grey, grey, grey, 255],
                [grey, alpha] => [grey, grey, grey, alpha],
                [red, green, blue] => [red, green, blue, 255],
                [red, green, blue, alpha, ..] => [red, green, blue, alpha],
                [] => [0; 4],
            };
        }
    }
    Ok(Still { pixels, full_size: [width, height], is_grey, orientation: Orientation::NoTransforms, colours })
}
