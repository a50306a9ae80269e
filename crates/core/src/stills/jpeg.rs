//! Large JPEG pictures, made smaller while they are decoded: of every block of 8 x 8 pixels, only as many are computed as are wanted.

use image::RgbaImage;
use image::metadata::Orientation;
use jpeg_decoder::{CodingProcess, Decoder, Error, PixelFormat};

use super::{Colours, MAX_PIECE_BYTES, StepFor, Still, StillError};

/// Most pixels of a progressive JPEG: all of its coefficients are in memory until the last scan, up to six bytes for a pixel.
const MAX_PROGRESSIVE_PIXELS: u64 = 250_000_000;
/// Largest part of a side that a block can be reduced to.
const MAX_STEP: u32 = 8;

/// Reads a JPEG. Steps are those of the format, 1, 2, 4 and 8: the largest that is not above the one asked for.
///
/// # Errors
/// Everything in [`StillError`]; a picture in printing inks is always too large.
pub fn read_jpeg(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    let bytes = &*crate::jpeg::with_tables(bytes);
    let mut decoder = Decoder::new(bytes);
    decoder.set_max_decoding_buffer_size(MAX_PIECE_BYTES);
    decoder.read_info().map_err(why)?;
    let Some(info) = decoder.info() else { return Err(StillError::Damaged("it has no header".to_owned())) };
    let full = [u32::from(info.width), u32::from(info.height)];
    let step = step_for(full).ok_or(StillError::TooLarge(full))?;
    if info.coding_process == CodingProcess::DctProgressive && u64::from(full[0]) * u64::from(full[1]) > MAX_PROGRESSIVE_PIXELS {
        return Err(StillError::TooLarge(full));
    }
    if info.coding_process == CodingProcess::Lossless {
        return Err(StillError::Kind("in lossless JPEG".to_owned()));
    }
    let step = (step.clamp(1, MAX_STEP) + 1).next_power_of_two() / 2;
    let wanted = full.map(|side| side.div_ceil(step) as u16);
    let scaled = decoder.scale(wanted[0], wanted[1]).map_err(why)?;
    let data = decoder.decode().map_err(why)?;
    let [width, height] = [scaled.0, scaled.1].map(u32::from);
    let rgba: Vec<u8> = match info.pixel_format {
        PixelFormat::L8 => data.iter().flat_map(|&v| [v, v, v, 255]).collect(),
        PixelFormat::RGB24 => data.as_chunks().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect(),
        PixelFormat::L16 => {
            data.as_chunks().0.iter().flat_map(|&[a, b]| [(u16::from_ne_bytes([a, b]) >> 8) as u8; 3].into_iter().chain([255])).collect()
        }
        PixelFormat::CMYK32 => return Err(StillError::TooLarge(full)),
    };
    let pixels = RgbaImage::from_raw(width, height, rgba).ok_or_else(|| StillError::Damaged("its size contradicts itself".to_owned()))?;
    let orientation = decoder.exif_data().and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    let colours = decoder.icc_profile().map(Colours::Profile);
    Ok(Still { pixels, full_size: full, is_grey: info.pixel_format == PixelFormat::L8, orientation, colours })
}

fn why(error: Error) -> StillError {
    match error {
        Error::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => StillError::CutOff,
        Error::Unsupported(what) => StillError::Kind(format!("with {what:?}")),
        error => StillError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;

    #[test]
    fn a_picture_is_made_smaller_while_it_is_decoded() {
        let picture = RgbImage::from_fn(161, 80, |x, y| Rgb([x as u8, (3 * y) as u8, 40]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("a JPEG in memory");
        let bytes = bytes.into_inner();
        for (asked, step) in [(1, 1), (3, 2), (4, 4), (7, 4), (8, 8), (100, 8)] {
            let still = read_jpeg(&bytes, &|_| Some(asked)).expect("a picture");
            assert_eq!(still.full_size, [161, 80], "the size as stored");
            assert_eq!(still.pixels.dimensions(), (161_u32.div_ceil(step), 80_u32.div_ceil(step)), "{asked} pixels become one: {step}");
            let [r, g, ..] = still.pixels.get_pixel(80 / step, 40 / step).0;
            assert!(r.abs_diff(80) < 12 && g.abs_diff(120) < 24, "{asked}: the same place has the same colour: {r} {g}");
        }
        assert_eq!(read_jpeg(&bytes, &|_| None).map(drop), Err(StillError::TooLarge([161, 80])), "refused by its size");
        assert!(read_jpeg(&bytes[..200], &|_| Some(1)).is_err(), "cut off");
    }
}
