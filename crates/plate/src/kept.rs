//! A matte and its plate as bytes, to be kept: only what cannot be seen in the picture itself.

use image::RgbaImage;

use crate::grid::CellGrid;
use crate::matte::SoftMatte;
use crate::plate::Plate;
use crate::window::Window;

/// Pixels round the head whose colours in front are kept, too: what samples between pixels needs them.
const ROUND: usize = 2;

/// Alpha, then the colours in front where they are not the picture's own, then which cells the plate fills, a bit each, and its pixels there.
pub fn to_bytes(matte: &SoftMatte, picture: &RgbaImage, plate: &RgbaImage) -> Vec<u8> {
    let mut bytes = matte.alpha.clone();
    let unmixed = mixed(matte.window, &matte.alpha);
    for (pixel, _) in matte.foreground.pixels().zip(&unmixed).filter(|(_, mixed)| **mixed) {
        bytes.extend(&pixel.0[..3]);
    }
    let window = matte.window;
    let filled =
        CellGrid::from_fn(window.cells(), |x, y| pixels_of(window, [x, y]).any(|[x, y]| picture.get_pixel(x, y) != plate.get_pixel(x, y)));
    let eight = |cells: &[bool]| cells.iter().rev().fold(0, |byte, filled| byte << 1 | u8::from(*filled));
    bytes.extend(filled.cells.chunks(8).map(eight));
    for [x, y] in pixels_in(window, &filled.cells) {
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
    let cells = window.cells().iter().product::<usize>();
    let (bits, rest) = rest.split_at_checked(cells.div_ceil(8))?;
    let filled: Vec<bool> = (0..cells).map(|cell| bits[cell / 8] >> (cell % 8) & 1 == 1).collect();
    let filled: Vec<[u32; 2]> = pixels_in(window, &filled).collect();
    let (pixels, beyond) = rest.as_chunks::<4>();
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

/// The pixels of the picture in a cell of the window.
fn pixels_of(window: Window, [x, y]: [usize; 2]) -> impl Iterator<Item = [u32; 2]> {
    let Window { corner: [left, top], size: [width, height], step } = window;
    let span = |n: usize, size: u32| (n as u32 * step).min(size)..((n as u32 + 1) * step).min(size);
    let columns = span(x, width);
    span(y, height).flat_map(move |row| columns.clone().map(move |column| [left + column, top + row]))
}

/// The pixels of the picture in those cells of the window that are chosen.
fn pixels_in(window: Window, chosen: &[bool]) -> impl Iterator<Item = [u32; 2]> {
    let width = window.cells()[0];
    chosen.iter().enumerate().filter(|(_, chosen)| **chosen).flat_map(move |(cell, _)| pixels_of(window, [cell % width, cell / width]))
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
        let coarse = CoarseShares { at: &at, uncovered: &|_| 1.0, cell_px: 2.0 };
        let matte = SoftMatte::of(&picture, window, &coarse);
        let plate = Plate::of(&picture, &matte, &coarse);
        (picture, matte, plate)
    }

    #[test]
    fn what_was_kept_comes_back_as_it_was_and_nothing_else_does() {
        let (picture, matte, plate) = made();
        let bytes = to_bytes(&matte, &picture, &plate.pixels);
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
