//! The picture without its head.

use std::ops::Range;

use glam::{IVec2, Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use crate::exemplar::{Around, Filled, Origin, filled, guess};
use crate::grid::CellGrid;
use crate::matte::{CoarseShares, SoftMatte};
use crate::patch::{PatchFeatures, RADIUS};
use crate::window::{Window, seen};

/// Share of head from which on a pixel's cell is filled, of 255, and so many cells round it: what a soft edge leaves of the head is less than can be seen.
const LEAST_ALPHA: u8 = 6;
const BEYOND: usize = 2;
/// Coarse share of what moves away from which on a place is not copied: it may be hair that the matte has missed.
const MAY_BE_HEAD: f32 = 0.2;
/// Reach in cells over which the body's edge in a plate is softened, and the shares over which it runs.
const BODY_RADIUS: usize = 2;
const BODY_EDGE: Range<f32> = 0.3..0.7;
/// How much nearer to the body's colours than to the background's a place is that counts as body, of all its distance from both; and a distance that says nothing.
const BODY_COLOUR: Range<f32> = 0.3..0.5;
const NO_COLOUR: f32 = 0.04;
/// Reach in cells over which fine structure is measured.
const TEXTURE_RADIUS: usize = 2;

/// A picture with the background and the body in the place of the head.
#[derive(Clone, Debug)]
pub struct Plate {
    /// The whole picture; it differs from the one with the head only in the matte's window.
    pub pixels: RgbaImage,
}

impl Plate {
    /// Of a picture whose head is known, and of whose body the coarse shares know: filled from patches of the rest. Takes a second or two.
    pub fn of(picture: &RgbaImage, matte: &SoftMatte, coarse: &CoarseShares<'_>) -> Self {
        Self::unless(picture, matte, coarse, &|| false).unwrap_or_else(|| Self { pixels: picture.clone() })
    }

    /// The same; `None` once `stopped` says so.
    pub fn unless(picture: &RgbaImage, matte: &SoftMatte, coarse: &CoarseShares<'_>, stopped: &(dyn Fn() -> bool + Sync)) -> Option<Self> {
        let window = matte.window;
        let hole = hole(matte, coarse);
        let shares = shares(window, coarse);
        let guess = guess(&looks(picture, window, &shares), &hole);
        let unfit = shares.map(|share| share.x > MAY_BE_HEAD);
        // Patches need room round the hole up to the picture's edge.
        let padded = |n: usize| n.saturating_sub(RADIUS);
        let size = window.cells().map(|n| n + 2 * RADIUS);
        let inner = |x: usize, y: usize| padded(y).min(guess.height - 1) * guess.width + padded(x).min(guess.width - 1);
        let wide = CellGrid::from_fn(size, |x, y| guess.cells[inner(x, y)]);
        let [wide_hole, wide_unfit] = [&hole, &unfit].map(|plane| CellGrid::from_fn(size, |x, y| plane.cells[inner(x, y)]));
        let filled = filled(&wide, &wide_hole, &wide_unfit, stopped);
        (!stopped()).then(|| {
            Self::composed(picture, window, &hole, |place, at| match &filled {
                Some(filled) => composed(picture, window, filled, place, at),
                None => opaque(guess.at(place).colour()),
            })
        })
    }

    /// Filled smoothly, which takes a moment only.
    pub fn quick(picture: &RgbaImage, matte: &SoftMatte, coarse: &CoarseShares<'_>) -> Self {
        let window = matte.window;
        let hole = hole(matte, coarse);
        let guess = guess(&looks(picture, window, &shares(window, coarse)), &hole);
        Self::composed(picture, window, &hole, |place, _| opaque(guess.at(place).colour()))
    }

    /// The picture with the pixels of the hole as `pixel` says by their place among the cells and in the window.
    fn composed(picture: &RgbaImage, window: Window, hole: &CellGrid<bool>, fill: impl Fn(Vec2, [usize; 2]) -> [u8; 4] + Sync) -> Self {
        let mut pixels = picture.clone();
        let stride = picture.width() as usize * 4;
        let [left, top] = window.corner.map(|px| px as usize);
        let [width, height] = window.size.map(|px| px as usize);
        let step = window.step as usize;
        let inner = inner(hole);
        pixels.as_mut()[top * stride..(top + height) * stride].par_chunks_exact_mut(stride).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row[left * 4..(left + width) * 4].as_chunks_mut::<4>().0.iter_mut().enumerate() {
                if hole.near((x / step).cast_signed(), (y / step).cast_signed()) {
                    let place = window.cell_place(x, y);
                    *pixel = mixed(*pixel, fill(place, [x, y]), filled_share(&inner, place));
                }
            }
        });
        Self { pixels }
    }
}

/// What in a plate is body: the picture's own where the plate is the picture, and made up where it fills.
pub(crate) struct PlateBody {
    window: Window,
    inner: CellGrid<f32>,
    body: CellGrid<f32>,
    /// Colours of the body and of the background round the hole.
    colours: Option<[CellGrid<Vec3>; 2]>,
}

impl PlateBody {
    /// In the plate of a picture whose head is known.
    pub(crate) fn of(picture: &RgbaImage, matte: &SoftMatte, coarse: &CoarseShares<'_>) -> Self {
        let window = matte.window;
        let hole = hole(matte, coarse);
        let Around { is_body, behind, bodies } = Around::of(&looks(picture, window, &shares(window, coarse)), &hole);
        let body = is_body.map(|body| f32::from(u8::from(body))).box_mean(BODY_RADIUS);
        let colours = bodies.zip(behind).map(|parts| <[_; 2]>::from(parts).map(|plane| plane.map(|look| look.colour())));
        Self { window, inner: inner(&hole), body, colours }
    }

    /// How far a pixel of the picture is filled in, and how much body is filled in there where the plate shows this colour; 0 to 1.
    pub(crate) fn at(&self, at: [u32; 2], shown: [u8; 4]) -> (f32, f32) {
        let inside = |axis: usize| at[axis].checked_sub(self.window.corner[axis]).filter(|px| *px < self.window.size[axis]);
        let (Some(x), Some(y)) = (inside(0), inside(1)) else { return (0.0, 0.0) };
        let place = self.window.cell_place(x as usize, y as usize);
        let body = smooth(&BODY_EDGE, self.body.at(place));
        let alike = self.colours.as_ref().filter(|_| body > 0.0).map_or(1.0, |colours| {
            let [from_body, from_rest] = [0, 1].map(|part| colours[part].at(place).distance(seen(shown)));
            smooth(&BODY_COLOUR, (from_rest + NO_COLOUR) / (from_body + from_rest + 2.0 * NO_COLOUR))
        });
        (filled_share(&self.inner, place), body * alike)
    }
}

fn smooth(edge: &Range<f32>, value: f32) -> f32 {
    ((value - edge.start) / (edge.end - edge.start)).clamp(0.0, 1.0)
}

/// How much of a hole is round every cell: what lies at its edge is mixed with the picture's own, so that the cells' edges are not seen.
fn inner(hole: &CellGrid<bool>) -> CellGrid<f32> {
    hole.map(|hole| f32::from(u8::from(hole))).box_mean(1)
}

/// How far a place among the cells is filled.
fn filled_share(inner: &CellGrid<f32>, place: Vec2) -> f32 {
    (1.5 * inner.at(place) - 0.5).clamp(0.0, 1.0)
}

/// Shares of what moves away and of the body that stays, of the cells.
fn shares(window: Window, coarse: &CoarseShares<'_>) -> CellGrid<Vec2> {
    CellGrid::from_fn(window.cells(), |x, y| {
        let place = window.place(x, y);
        let ([person, body], uncovered) = ((coarse.at)(place), (coarse.uncovered)(place));
        Vec2::new(person * uncovered, body * (1.0 - uncovered))
    })
}

/// What the cells look like.
fn looks(picture: &RgbaImage, window: Window, shares: &CellGrid<Vec2>) -> CellGrid<PatchFeatures> {
    let (colours, textures) = (window.colours(picture), textures(picture, window));
    CellGrid::from_fn(window.cells(), |x, y| {
        let cell = y * colours.width + x;
        let body = f32::from(u8::from(shares.cells[cell].y > 0.5));
        PatchFeatures::new(colours.cells[cell], textures.cells[cell].truncate().to_array(), body)
    })
}

fn mixed(own: [u8; 4], filled: [u8; 4], share: f32) -> [u8; 4] {
    std::array::from_fn(|c| (f32::from(own[c]) + share * (f32::from(filled[c]) - f32::from(own[c])) + 0.5) as u8)
}

fn opaque(colour: Vec3) -> [u8; 4] {
    let [r, g, b] = (colour.clamp(Vec3::ZERO, Vec3::ONE) * 255.0 + 0.5).to_array().map(|v| v as u8);
    [r, g, b, 255]
}

/// A pixel of the hole from the picture's own pixels, as the origins of the nine cells about it say: where they agree it is a copy, at seams they are mixed.
fn composed(picture: &RgbaImage, window: Window, filled: &Filled, place: Vec2, [x, y]: [usize; 2]) -> [u8; 4] {
    let middle = place.round();
    let off = place - middle;
    let (mut sum, mut alpha, mut mass) = (Vec3::ZERO, 0.0, 0.0);
    for j in -1..=1 {
        for i in -1..=1 {
            let cell = middle.as_ivec2() + IVec2::new(i, j) + RADIUS.cast_signed() as i32;
            let Some(Origin { offset, correction }) = filled.origins.near(cell.x as isize, cell.y as isize) else { continue };
            // A quadratic spline over three cells.
            let weight = spline(off.x - i as f32) * spline(off.y - j as f32);
            let Some(pixel) = moved(picture, window, [x, y], offset) else { continue };
            sum += weight * (seen(pixel) + correction);
            alpha += weight * f32::from(pixel[3]);
            mass += weight;
        }
    }
    if mass <= 1e-6 {
        return opaque(filled.looks.at(place + RADIUS as f32).colour());
    }
    let [r, g, b, _] = opaque(sum / mass);
    [r, g, b, (alpha / mass + 0.5) as u8]
}

fn spline(off: f32) -> f32 {
    let far = off.abs();
    if far < 0.5 { 0.75 - far * far } else { 0.5 * (1.5 - far).max(0.0).powi(2) }
}

/// The picture's pixel so many cells from one of the window.
fn moved(picture: &RgbaImage, window: Window, [x, y]: [usize; 2], cells: IVec2) -> Option<[u8; 4]> {
    let step = window.step.cast_signed();
    let at = glam::USizeVec2::new(x, y).as_ivec2() + step * cells;
    let [column, row] = std::array::from_fn(|axis| {
        let inside = at[axis].clamp(0, window.size[axis].cast_signed() - 1);
        inside.cast_unsigned() + window.corner[axis]
    });
    picture.get_pixel_checked(column, row).map(|pixel| pixel.0)
}

/// The cells in which there is some of what moves away, and those round them.
fn hole(matte: &SoftMatte, coarse: &CoarseShares<'_>) -> CellGrid<bool> {
    let Window { size: [width, height], step, .. } = matte.window;
    let most = CellGrid::from_fn(matte.window.cells(), |x, y| {
        let span = |n: usize, size: u32| n as u32 * step..((n as u32 + 1) * step).min(size);
        if (coarse.uncovered)(matte.window.place(x, y)) <= 0.0 {
            return 0.0;
        }
        let pixels = span(y, height).flat_map(|row| span(x, width).map(move |column| (row * width + column) as usize));
        f32::from(u8::from(pixels.map(|pixel| matte.alpha[pixel]).max().unwrap_or(0) > LEAST_ALPHA))
    });
    most.widened(BEYOND).map(|share| share > 0.5)
}

/// Strength of fine structure across and down, as mean differences of brightness between pixels.
fn textures(picture: &RgbaImage, window: Window) -> CellGrid<Vec3> {
    let Window { corner, size, step } = window;
    let bright =
        |x: u32, y: u32| seen(picture.get_pixel(corner[0] + x.min(size[0] - 1), corner[1] + y.min(size[1] - 1)).0).element_sum() / 3.0;
    let fine = CellGrid::from_fn(window.cells(), |x, y| {
        let (mut sum, mut count) = (Vec3::ZERO, 0.0_f32);
        for row in y as u32 * step..((y as u32 + 1) * step).min(size[1]) {
            for column in x as u32 * step..((x as u32 + 1) * step).min(size[0]) {
                let here = bright(column, row);
                sum += Vec3::new((bright(column + 1, row) - here).abs(), (bright(column, row + 1) - here).abs(), 0.0);
                count += 1.0;
            }
        }
        sum / count.max(1.0)
    });
    fine.box_mean(TEXTURE_RADIUS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Crop;

    /// Boards of 12 pixels across with a rail, of any size; the head is a red disc.
    fn picture(scale: u32, with_head: bool) -> RgbaImage {
        RgbaImage::from_fn(200 * scale, 180 * scale, |x, y| {
            let (x, y) = (x / scale, y / scale);
            if with_head && in_head(Vec2::new(x as f32, y as f32)) {
                return image::Rgba([220, 40, 30, 255]);
            }
            let board = 90 + 50 * u8::from((x / 12) % 2 == 0);
            image::Rgba(if y.abs_diff(120) < 4 { [30, 30, 40, 255] } else { [board, board - 20, 60, 255] })
        })
    }

    fn in_head(at: Vec2) -> bool {
        at.distance(Vec2::new(100.0, 90.0)) < 40.0
    }

    fn off(scale: u32) -> f32 {
        let shown = picture(scale, true);
        let size = [200 * scale, 180 * scale];
        let window = Window::of(size, &Crop { origin_px: [0.0; 2], side_px: size[0] as f32 }).expect("it is there");
        let share = |at: Vec2| [f32::from(u8::from(in_head(at / scale as f32))), 0.0];
        let coarse = CoarseShares { at: &share, uncovered: &|_| 1.0, cell_px: 3.0 * scale as f32 };
        let plate = Plate::of(&shown, &SoftMatte::of(&shown, window, &coarse), &coarse).pixels;
        let truth = picture(scale, false);
        let (mut sum, mut count) = (0.0, 0.0);
        for ((x, y, a), b) in plate.enumerate_pixels().zip(truth.pixels()) {
            let far = (Vec2::new(x as f32, y as f32) / scale as f32).distance(Vec2::new(100.0, 90.0));
            if far < 40.0 {
                sum += (0..3).map(|c| f32::from(a[c].abs_diff(b[c]))).sum::<f32>() / 3.0;
                count += 1.0;
            }
            assert!(far < 48.0 || a == b, "what is not behind the head stays: {x}, {y}");
        }
        sum / count
    }

    #[test]
    fn boards_and_a_rail_go_on_behind_the_head_at_the_pictures_own_resolution() {
        for scale in [1, 3] {
            let off = off(scale);
            assert!(off < 6.0, "off by {off} of 255 at {scale}");
        }
    }

    #[test]
    fn a_plate_that_is_no_longer_wanted_is_given_up_and_a_quick_one_has_no_head_either() {
        let shown = picture(1, true);
        let window = Window::of([200, 180], &Crop { origin_px: [0.0; 2], side_px: 200.0 }).expect("it is there");
        let share = |at: Vec2| [f32::from(u8::from(in_head(at))), 0.0];
        let coarse = CoarseShares { at: &share, uncovered: &|_| 1.0, cell_px: 3.0 };
        let matte = SoftMatte::of(&shown, window, &coarse);
        assert!(Plate::unless(&shown, &matte, &coarse, &|| true).is_none(), "stopped");
        let quick = Plate::quick(&shown, &matte, &coarse).pixels;
        assert!(quick.pixels().all(|pixel| pixel[0] < pixel[1] + 90), "no red is left");
        assert_eq!(quick.get_pixel(5, 90), shown.get_pixel(5, 90), "the rest is the picture's own");
    }

    #[test]
    fn only_what_may_be_uncovered_is_filled() {
        let shown = picture(1, true);
        let window = Window::of([200, 180], &Crop { origin_px: [0.0; 2], side_px: 200.0 }).expect("it is there");
        let share = |at: Vec2| [f32::from(u8::from(in_head(at))), 0.0];
        let upper_half = |at: Vec2| f32::from(u8::from(at.y < 90.0));
        let coarse = CoarseShares { at: &share, uncovered: &upper_half, cell_px: 3.0 };
        let matte = SoftMatte::of(&shown, window, &coarse);
        let filled = Plate::of(&shown, &matte, &coarse).pixels;
        assert!(filled.get_pixel(100, 70)[0] < filled.get_pixel(100, 70)[1] + 90, "no red above");
        assert_eq!(filled.get_pixel(100, 110), shown.get_pixel(100, 110), "the rest of the head stays");
        assert!(matte.share_at(Vec2::new(100.0, 110.0)) > 0.99, "and is known to be head");
    }

    #[test]
    fn a_picture_that_is_all_head_has_a_plate_too() {
        let picture = RgbaImage::from_pixel(60, 50, image::Rgba([90, 80, 70, 255]));
        let window = Window::of([60, 50], &Crop { origin_px: [0.0; 2], side_px: 60.0 }).expect("it is there");
        let matte = SoftMatte { window, alpha: vec![255; 3000], foreground: picture.clone() };
        assert_eq!(
            Plate::of(&picture, &matte, &CoarseShares { at: &|_| [1.0, 0.0], uncovered: &|_| 1.0, cell_px: 1.0 }).pixels.dimensions(),
            (60, 50),
            "a picture comes out"
        );
    }
}
