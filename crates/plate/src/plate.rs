//! The picture without its head.

use glam::{IVec2, Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use crate::exemplar::{Filled, Origin, filled, guess};
use crate::grid::Grid;
use crate::matte::SoftMatte;
use crate::patch::{Look, RADIUS};
use crate::window::{Window, seen};

/// Share of head from which on a pixel's cell is filled, of 255, and so many cells round it: what a soft edge leaves of the head is less than can be seen.
const LEAST_ALPHA: u8 = 6;
const BEYOND: usize = 2;
/// Reach in cells over which fine structure is measured.
const TEXTURE_RADIUS: usize = 2;

/// A picture with the background and the body in the place of the head.
#[derive(Clone, Debug)]
pub struct Plate {
    /// The whole picture.
    pub pixels: RgbaImage,
    /// The part of it that may differ from the picture: corner and size in pixels.
    pub window: Window,
}

impl Plate {
    /// Of a picture whose head is known; `body_at` gives the share of body, 0 to 1, at a place in pixels of the picture.
    pub fn of(picture: &RgbaImage, matte: &SoftMatte, body_at: &(dyn Fn(Vec2) -> f32 + Sync)) -> Self {
        let window = matte.window;
        let colours = window.colours(picture);
        let hole = hole(matte);
        let textures = textures(picture, window);
        let looks = Grid::from_fn(window.cells(), |x, y| {
            let cell = y * colours.width + x;
            Look::new(colours.cells[cell], textures.cells[cell].truncate().to_array(), f32::from(u8::from(body_at(window.place(x, y)) > 0.5)))
        });
        let guess = guess(&looks, &hole);
        // Patches need room round the hole up to the picture's edge.
        let padded = |n: usize| n.saturating_sub(RADIUS);
        let size = window.cells().map(|n| n + 2 * RADIUS);
        let inner = |x: usize, y: usize| padded(y).min(guess.height - 1) * guess.width + padded(x).min(guess.width - 1);
        let (wide, wide_hole) = (Grid::from_fn(size, |x, y| guess.cells[inner(x, y)]), Grid::from_fn(size, |x, y| hole.cells[inner(x, y)]));
        let filled = filled(&wide, &wide_hole);
        let mut pixels = picture.clone();
        let stride = picture.width() as usize * 4;
        let [left, top] = window.corner.map(|px| px as usize);
        let [width, height] = window.size.map(|px| px as usize);
        pixels.as_mut()[top * stride..(top + height) * stride].par_chunks_exact_mut(stride).enumerate().for_each(|(y, row)| {
            for (x, pixel) in row[left * 4..(left + width) * 4].as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let place = window.cell_place(x, y);
                let cell = place.round().as_ivec2().max(IVec2::ZERO);
                if !hole.near(cell.x as isize, cell.y as isize) {
                    continue;
                }
                *pixel = match &filled {
                    Some(filled) => composed(picture, window, filled, place, [x, y]),
                    None => opaque(guess.at(place).colour()),
                };
            }
        });
        Self { pixels, window }
    }
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
            let cell = middle.as_ivec2() + IVec2::new(i, j) + RADIUS as i32;
            let Some(Origin { offset, shift }) = filled.origins.near(cell.x as isize, cell.y as isize) else { continue };
            // A quadratic spline over three cells.
            let weight = spline(off.x - i as f32) * spline(off.y - j as f32);
            let Some(pixel) = moved(picture, window, [x, y], offset) else { continue };
            sum += weight * (seen(pixel) + shift);
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
    let step = window.step as i32;
    let at = [x as i32 + step * cells.x, y as i32 + step * cells.y];
    let [column, row] = std::array::from_fn(|axis| {
        let inside = at[axis].clamp(0, window.size[axis] as i32 - 1);
        inside as u32 + window.corner[axis]
    });
    picture.get_pixel_checked(column, row).map(|pixel| pixel.0)
}

/// The cells in which there is some of the head, and those round them.
fn hole(matte: &SoftMatte) -> Grid<bool> {
    let Window { size: [width, height], step, .. } = matte.window;
    let most = Grid::from_fn(matte.window.cells(), |x, y| {
        let span = |n: usize, size: u32| n as u32 * step..((n as u32 + 1) * step).min(size);
        let pixels = span(y, height).flat_map(|row| span(x, width).map(move |column| (row * width + column) as usize));
        f32::from(u8::from(pixels.map(|pixel| matte.alpha[pixel]).max().unwrap_or(0) > LEAST_ALPHA))
    });
    most.widened(BEYOND).map(|share| share > 0.5)
}

/// Strength of fine structure across and down, as mean differences of brightness between pixels.
fn textures(picture: &RgbaImage, window: Window) -> Grid<Vec3> {
    let Window { corner, size, step } = window;
    let bright = |x: u32, y: u32| seen(picture.get_pixel(corner[0] + x.min(size[0] - 1), corner[1] + y.min(size[1] - 1)).0).element_sum() / 3.0;
    let fine = Grid::from_fn(window.cells(), |x, y| {
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
