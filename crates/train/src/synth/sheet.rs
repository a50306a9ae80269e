//! Contact sheets: for every pair the source with its points, the target, the exact warp of the source, and the target's labels.

use glam::{Vec2, Vec3};
use image::{Rgb, RgbImage};

use super::flow::BackwardFlow;
use super::pair::{FramePair, SynthFrame};
use crate::data::{PICTURE_PX, PLANE_CELLS, Part};

/// Pictures side by side for one pair.
const TILES: usize = 4;

/// Brightness of what the source does not show.
const HIDDEN: f32 = 0.3;

/// A colour for every part.
const COLOURS: [[u8; 3]; Part::COUNT] = [
    [30, 30, 40],
    [230, 180, 150],
    [190, 130, 110],
    [120, 20, 30],
    [90, 60, 120],
    [220, 70, 90],
    [255, 255, 230],
    [120, 200, 255],
    [0, 0, 0],
    [110, 70, 30],
    [180, 60, 200],
    [255, 230, 0],
    [0, 220, 160],
    [60, 110, 60],
];

/// A sheet of pairs, `columns` of them side by side; each is four pictures wide: source with landmarks (green) and pupils (red), target,
/// source warped by the exact flow (darkened where the source does not show the place), labels of the target.
pub fn sheet(pairs: &[FramePair], columns: usize) -> RgbImage {
    let columns = columns.clamp(1, pairs.len().max(1));
    let rows = pairs.len().div_ceil(columns).max(1);
    let side = PICTURE_PX;
    let mut sheet = RgbImage::new((columns * TILES * side) as u32, (rows * side) as u32);
    let at = |pixel: usize| i64::try_from(pixel).unwrap_or(i64::MAX);
    for (index, pair) in pairs.iter().enumerate() {
        let (left, top) = ((index % columns) * TILES * side, (index / columns) * side);
        let [source, target] = &pair.frames;
        let tiles = [pointed(source), target.pixels.clone(), warped(&source.pixels, &pair.backward[0]), labelled(target)];
        for (tile, picture) in tiles.iter().enumerate() {
            image::imageops::replace(&mut sheet, picture, at(left + tile * side), at(top));
        }
    }
    sheet
}

/// The picture with its landmarks and pupils.
fn pointed(frame: &SynthFrame) -> RgbImage {
    let mut picture = frame.pixels.clone();
    let mut dot = |at: Vec2, colour: [u8; 3]| {
        let (x, y) = ((at.x + 0.5).floor(), (at.y + 0.5).floor());
        if (0.0..PICTURE_PX as f32).contains(&x) && (0.0..PICTURE_PX as f32).contains(&y) {
            picture.put_pixel(x as u32, y as u32, Rgb(colour));
        }
    };
    frame.landmarks.iter().for_each(|at| dot(*at, [0, 255, 0]));
    for pupil in frame.pupils {
        dot(pupil, [255, 0, 0]);
        dot(pupil + Vec2::X, [255, 0, 0]);
    }
    picture
}

/// What the flow makes of the source, dark where the source does not show it.
fn warped(source: &RgbImage, flow: &BackwardFlow) -> RgbImage {
    RgbImage::from_fn(PICTURE_PX as u32, PICTURE_PX as u32, |x, y| {
        let cell = (y as usize / 2) * PLANE_CELLS + x as usize / 2;
        let colour = sampled(source, Vec2::new(x as f32, y as f32) + displacement(flow, x, y));
        let shown = if flow.visible[cell] { colour } else { colour * HIDDEN };
        Rgb(shown.to_array().map(|v| (v + 0.5) as u8))
    })
}

/// The flow at a pixel: between cells where they move together, else that of its own cell.
fn displacement(flow: &BackwardFlow, x: u32, y: u32) -> Vec2 {
    let (cell_x, cell_y) = (x as usize / 2, y as usize / 2);
    let next = |cell: usize, pixel: u32| if pixel.is_multiple_of(2) { cell.saturating_sub(1) } else { (cell + 1).min(PLANE_CELLS - 1) };
    let at = |x: usize, y: usize| flow.displacement_px[y * PLANE_CELLS + x];
    let (here, beside) = (at(cell_x, cell_y), at(next(cell_x, x), cell_y));
    let (over, across) = (at(cell_x, next(cell_y, y)), at(next(cell_x, x), next(cell_y, y)));
    if [beside, over, across].iter().any(|other| other.distance(here) > 2.0) {
        return here;
    }
    0.75 * (0.75 * here + 0.25 * beside) + 0.25 * (0.75 * over + 0.25 * across)
}

/// A picture's colour between pixels, borders continued, 0..255.
fn sampled(picture: &RgbImage, at: Vec2) -> Vec3 {
    let last = (PICTURE_PX - 1) as f32;
    let at = at.clamp(Vec2::ZERO, Vec2::splat(last));
    let (low, t) = (at.floor(), at.fract());
    let pixel = |dx: f32, dy: f32| {
        let Rgb(colour) = *picture.get_pixel((low.x + dx).min(last) as u32, (low.y + dy).min(last) as u32);
        Vec3::from_array(colour.map(f32::from))
    };
    pixel(0.0, 0.0).lerp(pixel(1.0, 0.0), t.x).lerp(pixel(0.0, 1.0).lerp(pixel(1.0, 1.0), t.x), t.y)
}

/// The labels in colours.
fn labelled(frame: &SynthFrame) -> RgbImage {
    RgbImage::from_fn(PICTURE_PX as u32, PICTURE_PX as u32, |x, y| {
        let label = frame.labels[(y as usize / 2) * PLANE_CELLS + x as usize / 2];
        Rgb(COLOURS.get(label as usize).copied().unwrap_or([255, 0, 255]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> FramePair {
        let frame = |shift: u32| SynthFrame {
            pixels: RgbImage::from_fn(256, 256, |x, _| Rgb([(x + shift).min(255) as u8, 0, 0])),
            labels: vec![1; PLANE_CELLS * PLANE_CELLS],
            landmarks: [Vec2::new(300.0, -4.0); 68],
            pupils: [Vec2::new(10.0, 20.0); 2],
            gaze: Vec2::ZERO,
        };
        let flow = |x: f32| BackwardFlow {
            displacement_px: vec![Vec2::new(x, 0.0); PLANE_CELLS * PLANE_CELLS],
            visible: (0..PLANE_CELLS * PLANE_CELLS).map(|cell| cell % PLANE_CELLS < 64).collect(),
        };
        FramePair { frames: [frame(0), frame(5)], backward: [flow(5.0), flow(-5.0)], body_follow: 0.5 }
    }

    #[test]
    fn the_warped_source_is_the_target_where_it_is_seen_and_dark_elsewhere() {
        let sheet = sheet(&[pair(), pair(), pair()], 2);
        assert_eq!(sheet.dimensions(), (2048, 512), "two columns of four pictures, two rows");
        let [target, warp] = [1, 2].map(|tile| sheet.get_pixel(256 * tile + 60, 100).0[0]);
        assert_eq!(target, warp, "exact flow");
        let [target, warp] = [1, 2].map(|tile| sheet.get_pixel(256 * tile + 200, 100).0[0]);
        assert!(i32::from(warp) < i32::from(target) / 2, "hidden places are dark: {warp} of {target}");
        assert_eq!(sheet.get_pixel(10, 20).0, [255, 0, 0], "pupils are dotted");
    }
}
