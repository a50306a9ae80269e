//! From a picture's own colour profile to sRGB.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use rayon::iter::ParallelIterator as _;
use rayon::slice::ParallelSliceMut as _;

use crate::stills::Colours;

/// Converts pixels that are meant in `colours`. A profile that is damaged, or is for another kind of pixels (CMYK data have been
/// turned into RGB by the decoder already), is left out: most such pictures are close to sRGB anyway.
pub(super) fn convert_to_srgb(pixels: &mut RgbaImage, colours: &Colours, grey: bool) {
    let own = match colours {
        Colours::Profile(profile) => ColorProfile::new_from_slice(profile).ok(),
        Colours::Coded { primaries, transfer } => coded(*primaries, *transfer),
    };
    let Some(own) = own else { return };
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

/// The profile of code points of ITU-T H.273; none for those that are close to sRGB, or mean nothing.
fn coded(primaries: u8, transfer: u8) -> Option<ColorProfile> {
    const BT_2020: u8 = 9;
    const DISPLAY_P3: u8 = 12;
    const PQ: u8 = 16;
    const HLG: u8 = 18;
    match (primaries, transfer) {
        (BT_2020, PQ) => Some(ColorProfile::new_bt2020_pq()),
        (BT_2020, HLG) => Some(ColorProfile::new_bt2020_hlg()),
        (DISPLAY_P3, PQ) => Some(ColorProfile::new_display_p3_pq()),
        (DISPLAY_P3, _) => Some(ColorProfile::new_display_p3()),
        (BT_2020, _) => Some(ColorProfile::new_bt2020()),
        // The curves of film and television are taken for that of sRGB, as cameras do.
        _ => None,
    }
}
