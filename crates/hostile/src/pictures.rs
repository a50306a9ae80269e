//! Portraits and camera frames.

use std::io::Cursor;

use image::ImageReader;
use retrato_core::stills::{StepFor, is_tiff, read_jpeg, read_png, read_tiff};
use retrato_face::portrait::{OpenLimits, open_bytes, open_pixels};
use retrato_media::capture::hostile::camera_frame as convert;

use crate::numbers;

/// Most pixels of a picture that is decoded here: a picture may claim a thousand times as many in a few bytes, and each would take a second.
const MOST_PIXELS: u64 = 1 << 20;
/// Most bytes of a line of a camera's picture.
const LONGEST_STRIDE: usize = 1 << 10;

const LIMITS: OpenLimits = OpenLimits { working_side_px: 96 };

/// A portrait, as it is opened, if it is small.
pub(crate) fn opened(bytes: &[u8]) {
    if is_small(bytes) {
        opened_at_any_size(bytes);
    }
}

/// A portrait, whatever size it claims.
pub(crate) fn opened_at_any_size(bytes: &[u8]) {
    if let Ok(picture) = open_bytes("a picture", bytes, LIMITS) {
        assert!(picture.pixels.width().max(picture.pixels.height()) <= 8192, "it is scaled down");
        let again = open_pixels("its pixels", image::RgbaImage::clone(&picture.pixels), LIMITS);
        assert!(again.is_ok(), "what was opened once can be opened again");
    }
}

/// What is read piece by piece, averaged down by the number in the first byte.
pub(crate) fn averaged(bytes: &[u8]) {
    let ([step], bytes) = numbers(bytes);
    let step_for: StepFor<'_> = &|[width, height]| (u64::from(width) * u64::from(height) <= MOST_PIXELS).then_some(step as u32 % 16);
    for read in [read_jpeg, read_png, read_tiff] {
        if let Ok(still) = read(bytes, step_for) {
            assert!(still.pixels.width() <= still.full_size[0].max(1), "it is not enlarged");
        }
    }
}

/// A frame of a camera: how it is arranged, and its size, from the first bytes.
pub(crate) fn camera_frame(bytes: &[u8]) {
    let ([format, width, height, wide, stride, scale], bytes) = numbers(bytes);
    let size = [width << (wide % 16), height << (wide / 16)].map(|side| side as u32);
    let stride = (scale % 4 != 0).then_some(stride * scale % LONGEST_STRIDE);
    if u64::from(size[0]) * u64::from(size[1]) <= MOST_PIXELS || bytes.is_empty() {
        _ = convert(format, size, stride, bytes);
    }
}

fn is_small(bytes: &[u8]) -> bool {
    if is_tiff(bytes) {
        let small = std::cell::Cell::new(false);
        let ask: StepFor<'_> = &|[width, height]| {
            small.set(u64::from(width) * u64::from(height) <= MOST_PIXELS);
            None
        };
        return read_tiff(bytes, ask).is_err() && small.get();
    }
    let size = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok().and_then(|reader| reader.into_dimensions().ok());
    size.is_none_or(|(width, height)| u64::from(width) * u64::from(height) <= MOST_PIXELS)
}
