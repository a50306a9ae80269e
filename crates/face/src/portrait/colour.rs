//! From a picture's own colour profile to sRGB.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSliceMut as _;

/// Converts pixels that are meant in the colours of `profile`. A profile that is damaged, or is for another kind of pixels (CMYK data have been
/// turned into RGB by the decoder already), is left out: most such pictures are close to sRGB anyway.
pub(super) fn convert_to_srgb(pixels: &mut RgbaImage, profile: &[u8], grey: bool) {
    let Ok(own) = ColorProfile::new_from_slice(profile) else { return };
    let expected = if grey { DataColorSpace::Gray } else { DataColorSpace::Rgb };
    if own.color_space != expected {
        return;
    }
    let layout = if grey { Layout::GrayAlpha } else { Layout::Rgba };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = own.create_transform_8bit(layout, &srgb, Layout::Rgba, TransformOptions::default()) else { return };
    let row_bytes = pixels.width() as usize * 4;
    pixels.par_chunks_exact_mut(row_bytes).for_each(|row| {
        let own: Vec<u8> = if grey { row.chunks_exact(4).flat_map(|p| [p[0], p[3]]).collect() } else { row.to_vec() };
        if let Err(error) = transform.transform(&own, row) {
            tracing::warn!("a row was left in its own colours: {error}");
        }
    });
}
