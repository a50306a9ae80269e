//! Large PNG pictures, row by row.

use std::io::Cursor;

use image::metadata::Orientation;
use png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};

use super::canvas::Canvas;
use super::{Colours, StepFor, Still, StillError};

/// Reads a PNG.
///
/// # Errors
/// Everything in [`StillError`]; an interlaced picture has no rows until all of it is there, and is always too large.
pub fn read_png(bytes: &[u8], step_for: StepFor<'_>) -> Result<Still, StillError> {
    let mut decoder = Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(why)?;
    let info = reader.info();
    let full = [info.width, info.height];
    let step = step_for(full).ok_or(StillError::TooLarge(full))?;
    if info.interlaced {
        return Err(StillError::TooLarge(full));
    }
    let colours = info.icc_profile.as_ref().map(|profile| Colours::Profile(profile.to_vec()));
    let orientation = info.exif_metadata.as_ref().and_then(|exif| Orientation::from_exif_chunk(exif)).unwrap_or(Orientation::NoTransforms);
    let (colour, depth) = reader.output_color_type();
    if depth != BitDepth::Eight {
        return Err(StillError::Kind(format!("of {depth:?} bits a channel")));
    }
    let mut canvas = Canvas::new(full, step);
    let mut row = Vec::with_capacity(full[0] as usize);
    for y in 0..full[1] {
        let Some(data) = reader.next_row().map_err(why)? else { return Err(StillError::CutOff) };
        row.clear();
        to_rgba(colour, data.data(), &mut row);
        canvas.put(0, y, &row);
    }
    let is_grey = matches!(colour, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    Ok(Still { pixels: canvas.finish(), full_size: full, is_grey, orientation, colours })
}

fn to_rgba(colour: ColorType, data: &[u8], row: &mut Vec<[u8; 4]>) {
    match colour {
        ColorType::Grayscale | ColorType::Indexed => row.extend(data.iter().map(|&v| [v, v, v, 255])),
        ColorType::GrayscaleAlpha => row.extend(data.as_chunks().0.iter().map(|&[v, a]| [v, v, v, a])),
        ColorType::Rgb => row.extend(data.as_chunks().0.iter().map(|&[r, g, b]| [r, g, b, 255])),
        ColorType::Rgba => row.extend_from_slice(data.as_chunks().0),
    }
}

fn why(error: DecodingError) -> StillError {
    match error {
        DecodingError::IoError(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => StillError::CutOff,
        error => StillError::Damaged(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

    use super::*;

    fn encoded(picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Png).expect("a PNG in memory");
        bytes.into_inner()
    }

    #[test]
    fn every_kind_is_read_and_averaged_down() {
        let picture = RgbaImage::from_fn(90, 60, |x, _| Rgba([(x * 2) as u8, 80, 10, 255]));
        let picture = DynamicImage::ImageRgba8(picture);
        for kind in [
            picture.clone(),
            DynamicImage::ImageRgb8(picture.to_rgb8()),
            DynamicImage::ImageRgb16(picture.to_rgb16()),
            DynamicImage::ImageLuma8(picture.to_luma8()),
            DynamicImage::ImageLumaA8(picture.to_luma_alpha8()),
        ] {
            let still = read_png(&encoded(&kind), &|size| (size == [90, 60]).then_some(3)).expect("a picture");
            assert_eq!((still.pixels.dimensions(), still.full_size), ((30, 20), [90, 60]), "three to one");
            let wanted = kind.to_rgba8().get_pixel(31, 31).0;
            let found = still.pixels.get_pixel(10, 10).0;
            assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1), "{:?}: {found:?} for {wanted:?}", kind.color());
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let whole =
            encoded(&DynamicImage::ImageRgb8(image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([(x * y) as u8, x as u8, y as u8]))));
        assert_eq!(read_png(&whole, &|_| None).map(drop), Err(StillError::TooLarge([64, 64])), "refused by its size");
        assert!(read_png(&whole[..whole.len() / 2], &|_| Some(1)).is_err(), "half of it");
    }
}
