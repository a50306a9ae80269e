//! A matte and its plate as bytes, to be kept: only what cannot be seen in the picture itself.

use image::RgbaImage;

use crate::grid::CellGrid;
use crate::matte::SoftMatte;
use crate::plate::{Plate, hole};
use crate::window::Window;

/// Pixels round the head whose colours in front are kept, too: what samples between pixels needs them.
const ROUND: usize = 2;

/// Alpha, then the colours in front where they are not the picture's own, then the plate's pixels in place of the head.
pub fn to_bytes(matte: &SoftMatte, plate: &RgbaImage) -> Vec<u8> {
    let mut bytes = matte.alpha.clone();
    let unmixed = mixed(matte.window, &matte.alpha);
    for (pixel, _) in matte.foreground.pixels().zip(&unmixed).filter(|(_, mixed)| **mixed) {
        bytes.extend(&pixel.0[..3]);
    }
    for [x, y] in filled(matte) {
        bytes.extend(plate.get_pixel(x, y).0);
    }
    bytes
}

/// What [`to_bytes`] made of that picture and window; `None` for anything else.
pub fn from_bytes(bytes: &[u8], picture: &RgbaImage, window: Window) -> Option<(SoftMatte, Plate)> {
    let [width, height] = window.size;
    let inside = (0..2).all(|axis| window.corner[axis].checked_add(window.size[axis]) <= Some([picture.width(), picture.height()][axis]));
    let same = inside.then_some(u64::from(width) * u64::from(height)).and_then(|pixels| usize::try_from(pixels).ok())?;
    let (alpha, rest) = bytes.split_at_checked(same)?;
    let [left, top] = window.corner;
    let mut foreground = image::imageops::crop_imm(picture, left, top, width, height).to_image();
    let mixed = mixed(window, alpha);
    let (colours, rest) = rest.split_at_checked(3 * mixed.iter().filter(|mixed| **mixed).count())?;
    let own = foreground.pixels_mut().zip(&mixed).filter(|(_, mixed)| **mixed);
    for ((pixel, _), colour) in own.zip(colours.as_chunks::<3>().0) {
        pixel.0[..3].copy_from_slice(colour);
    }
    let matte = SoftMatte { window, alpha: alpha.to_vec(), foreground };
    let (pixels, beyond) = rest.as_chunks::<4>();
    let filled = filled(&matte);
    if !beyond.is_empty() || pixels.len() != filled.len() {
        return None;
    }
    let mut plate = Plate { pixels: picture.clone() };
    for ([x, y], pixel) in filled.into_iter().zip(pixels) {
        plate.pixels.put_pixel(x, y, image::Rgba(*pixel));
    }
    Some((matte, plate))
}

/// The pixels of a window whose colours in front are not the picture's: those that are not all head, but have some of it near.
pub(crate) fn mixed(window: Window, alpha: &[u8]) -> Vec<bool> {
    let [width, height] = window.size.map(|px| px as usize);
    let shares = CellGrid { width, height, cells: alpha.iter().map(|alpha| f32::from(*alpha)).collect() };
    let near = shares.widened(ROUND);
    alpha.iter().zip(&near.cells).map(|(alpha, near)| *alpha < u8::MAX && *near > 0.0).collect()
}

/// The pixels of the picture that the plate fills.
fn filled(matte: &SoftMatte) -> Vec<[u32; 2]> {
    let hole = hole(matte);
    let Window { corner: [left, top], size: [width, height], step } = matte.window;
    let inside = |x: u32, y: u32| hole.near(((x / step) as usize).cast_signed(), ((y / step) as usize).cast_signed());
    (0..height).flat_map(|y| (0..width).filter(move |x| inside(*x, y)).map(move |x| [left + x, top + y]).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use glam::Vec2;

    use super::*;
    use crate::CoarseShares;
    use crate::data::Crop;

    fn made() -> (RgbaImage, SoftMatte, Plate) {
        let picture = RgbaImage::from_fn(120, 100, |x, y| {
            let head = (f32::from(x as u16) - 60.0).hypot(f32::from(y as u16) - 50.0) < 25.0;
            image::Rgba(if head { [180, 120, 100, 255] } else { [(x * 2) as u8, (y * 2) as u8, 90, 255] })
        });
        let window = Window::of([120, 100], &Crop { origin_px: [10.0, -5.0], side_px: 100.0 }).expect("it overlaps");
        let at = |at: Vec2| [f32::from(u8::from(at.distance(Vec2::new(60.0, 50.0)) < 25.0)), 0.0];
        let coarse = CoarseShares { at: &at, cell_px: 2.0 };
        let matte = SoftMatte::of(&picture, window, &coarse);
        let plate = Plate::of(&picture, &matte, &coarse);
        (picture, matte, plate)
    }

    #[test]
    fn what_was_kept_comes_back_as_it_was_and_nothing_else_does() {
        let (picture, matte, plate) = made();
        let bytes = to_bytes(&matte, &plate.pixels);
        assert!(bytes.len() < 4 * 100 * 95, "the picture itself is not kept: {} bytes", bytes.len());
        let (same, again) = from_bytes(&bytes, &picture, matte.window).expect("it is whole");
        assert!(same == matte && again.pixels == plate.pixels, "as it was");
        let without = |count: usize| bytes[..bytes.len() - count].to_vec();
        for wrong in [Vec::new(), without(1), without(4), [&bytes[..], &[0; 4]].concat(), vec![255; bytes.len()]] {
            assert!(from_bytes(&wrong, &picture, matte.window).is_none(), "{} bytes", wrong.len());
        }
        let elsewhere = Window { corner: [60, 0], ..matte.window };
        assert!(from_bytes(&bytes, &picture, elsewhere).is_none(), "beyond the picture");
    }
}
