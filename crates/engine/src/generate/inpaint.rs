//! Fills a hole in a picture from what surrounds it.
//!
//! What is broad comes from a pyramid: colours are gathered upwards with their weights and spread downwards into the hole (push and pull, Gortler et al.
//! 1996), smoothed on every level. What is fine, such as brushwork, is mirrored at the hole's edge.

use glam::{IVec2, Vec2};
use image::RgbaImage;
use rayon::prelude::*;

/// Longest side of the pyramid's base, in cells.
const MAX_BASE: usize = 512;
/// Passes of smoothing inside the hole, on every level.
const SMOOTHING: usize = 3;

/// A part of a picture and what is known of it: corner and size in pixels, all inside the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub corner: [u32; 2],
    pub size: [u32; 2],
}

/// How a place takes part: 0 where it is known and may be looked at, up to 1 in the hole; and whether it may be looked at.
pub(super) struct Hole<'a> {
    /// How much of a place, in pixels of the picture, is to be filled.
    pub filled: &'a (dyn Fn(Vec2) -> f32 + Sync),
    /// How much its colour may be used, 0 to 1.
    pub known: &'a (dyn Fn(Vec2) -> f32 + Sync),
    /// The nearest place that may be used.
    pub nearest: &'a (dyn Fn(Vec2) -> Option<Vec2> + Sync),
    /// Structures finer than this many pixels are mirrored.
    pub fine_px: f32,
}

/// The picture with the hole filled; pixels outside of `area`, and those of which nothing is to be filled, are the picture's own.
pub(super) fn inpainted(picture: &RgbaImage, area: Area, hole: &Hole<'_>) -> RgbaImage {
    let mut out = picture.clone();
    let [width, height] = area.size.map(|s| s as usize);
    if width == 0 || height == 0 {
        return out;
    }
    let step = width.max(height).div_ceil(MAX_BASE);
    let levels = pulled(pushed(base(picture, area, hole, step)));
    let coarse = ((hole.fine_px / step as f32).max(1.0).log2().round() as usize).min(levels.len().saturating_sub(1));
    let (Some(broad), Some(smooth)) = (levels.first(), levels.get(coarse)) else { return out };
    let cell = |at: Vec2, scale: usize| (at - corner(area) + 0.5) / (step * scale) as f32 - 0.5;
    let stride = picture.width() as usize * 4;
    let top = area.corner[1] as usize;
    out.as_mut()[top * stride..(top + height) * stride].par_chunks_exact_mut(stride).enumerate().for_each(|(y, row)| {
        for x in 0..width {
            let at = corner(area) + Vec2::new(x as f32, y as f32);
            let share = (hole.filled)(at);
            if share <= 0.0 {
                continue;
            }
            let mut colour = broad.at(cell(at, 1));
            if let Some(mirrored) = (hole.nearest)(at).map(|edge| (2.0 * edge - at).round())
                && let Some(pixel) = inside(picture, mirrored)
                && (hole.known)(mirrored) > 0.5
            {
                let plain = smooth.at(cell(mirrored, 1 << coarse));
                colour.iter_mut().zip(pixel).zip(plain).for_each(|((c, p), s)| *c += f32::from(p) - s);
            }
            let pixel = &mut row[(area.corner[0] as usize + x) * 4..][..4];
            for (value, colour) in pixel.iter_mut().zip(colour) {
                *value = (f32::from(*value) + share * (colour - f32::from(*value)) + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
    });
    out
}

fn corner(area: Area) -> Vec2 {
    Vec2::new(area.corner[0] as f32, area.corner[1] as f32)
}

fn inside(picture: &RgbaImage, at: Vec2) -> Option<[u8; 4]> {
    let at: IVec2 = at.as_ivec2();
    let [x, y] = [u32::try_from(at.x).ok()?, u32::try_from(at.y).ok()?];
    picture.get_pixel_checked(x, y).map(|p| p.0)
}

/// One level of the pyramid: colours (0 to 255) and how well they are known.
struct Level {
    width: usize,
    height: usize,
    cells: Vec<([f32; 4], f32)>,
}

impl Level {
    fn get(&self, x: usize, y: usize) -> &([f32; 4], f32) {
        &self.cells[y.min(self.height - 1) * self.width + x.min(self.width - 1)]
    }

    /// Bilinear; beyond the edge it repeats.
    fn at(&self, place: Vec2) -> [f32; 4] {
        let place = place.clamp(Vec2::ZERO, Vec2::new((self.width - 1) as f32, (self.height - 1) as f32));
        let (x, y) = (place.x as usize, place.y as usize);
        let (u, v) = (place.x.fract(), place.y.fract());
        let corners = [(x, y, (1.0 - u) * (1.0 - v)), (x + 1, y, u * (1.0 - v)), (x, y + 1, (1.0 - u) * v), (x + 1, y + 1, u * v)];
        corners.into_iter().fold([0.0; 4], |mut sum, (x, y, weight)| {
            sum.iter_mut().zip(self.get(x, y).0).for_each(|(s, c)| *s += weight * c);
            sum
        })
    }
}

/// The area in squares of `step` pixels, each the mean of what is known of it.
fn base(picture: &RgbaImage, area: Area, hole: &Hole<'_>, step: usize) -> Level {
    let [width, height] = area.size.map(|s| (s as usize).div_ceil(step));
    let cells = (0..width * height)
        .into_par_iter()
        .map(|cell| {
            let first = corner(area) + step as f32 * Vec2::new((cell % width) as f32, (cell / width) as f32);
            let pixels = (0..step * step).map(|k| first + Vec2::new((k % step) as f32, (k / step) as f32));
            let known = pixels.filter_map(|at| Some((inside(picture, at)?, (hole.known)(at))));
            let (sum, weight) = known.fold(([0.0_f32; 4], 0.0), |(mut sum, weight), (pixel, known)| {
                sum.iter_mut().zip(pixel).for_each(|(s, p)| *s += known * f32::from(p));
                (sum, weight + known)
            });
            (sum.map(|s| s / weight.max(1e-6)), weight / (step * step) as f32)
        })
        .collect();
    Level { width, height, cells }
}

/// All levels up to one cell.
fn pushed(base: Level) -> Vec<Level> {
    let mut levels = vec![base];
    while let Some(last) = levels.last()
        && last.width.max(last.height) > 1
    {
        let (width, height) = (last.width.div_ceil(2), last.height.div_ceil(2));
        let gathered = |cell: usize| {
            let (x, y) = (2 * (cell % width), 2 * (cell / width));
            let mut sum = ([0.0_f32; 4], 0.0_f32);
            for (colour, weight) in [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| last.get(x + i, y + j)) {
                sum.0.iter_mut().zip(colour).for_each(|(s, c)| *s += weight * c);
                sum.1 += weight;
            }
            (sum.0.map(|s| s / sum.1.max(1e-6)), sum.1.min(1.0))
        };
        let cells = (0..width * height).into_par_iter().map(gathered).collect();
        levels.push(Level { width, height, cells });
    }
    levels
}

/// The same levels, filled from the coarsest down.
fn pulled(mut levels: Vec<Level>) -> Vec<Level> {
    for k in (0..levels.len().saturating_sub(1)).rev() {
        let (fine, coarse) = levels.split_at_mut(k + 1);
        let (Some(fine), Some(coarse)) = (fine.last_mut(), coarse.first()) else { continue };
        let width = fine.width;
        fine.cells.par_iter_mut().enumerate().for_each(|(cell, (colour, weight))| {
            let at = Vec2::new((cell % width) as f32, (cell / width) as f32);
            let behind = coarse.at((at + 0.5) / 2.0 - 0.5);
            colour.iter_mut().zip(behind).for_each(|(c, b)| *c = *weight * *c + (1.0 - *weight) * b);
        });
        for _ in 0..SMOOTHING {
            smooth(fine);
        }
    }
    levels
}

/// Mixes every cell with its neighbours, as far as it is not known.
fn smooth(level: &mut Level) {
    let mixed: Vec<(usize, [f32; 4])> = (0..level.cells.len())
        .into_par_iter()
        .filter(|cell| level.cells[*cell].1 < 1.0)
        .map(|cell| {
            let (colour, weight) = level.cells[cell];
            let (x, y) = (cell % level.width, cell / level.width);
            let around = [(x.saturating_sub(1), y), (x + 1, y), (x, y.saturating_sub(1)), (x, y + 1)].map(|(x, y)| level.get(x, y).0);
            let mean = |c: usize| around.iter().map(|colour| colour[c]).sum::<f32>() / 4.0;
            (cell, std::array::from_fn(|c| weight * colour[c] + (1.0 - weight) * mean(c)))
        })
        .collect();
    for (cell, colour) in mixed {
        level.cells[cell].0 = colour;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ramp with a fine pattern of stripes, and a round red hole in it.
    fn picture(with_hole: bool) -> RgbaImage {
        RgbaImage::from_fn(96, 80, |x, y| {
            let stripe = if (x / 2) % 2 == 0 { 12 } else { 0 };
            let red = with_hole && in_hole(Vec2::new(x as f32, y as f32)) > 0.0;
            image::Rgba(if red { [250, 0, 0, 255] } else { [(40 + x + stripe) as u8, (60 + y) as u8, 90, 255] })
        })
    }

    fn in_hole(at: Vec2) -> f32 {
        f32::from(u8::from(at.distance(Vec2::new(48.0, 40.0)) < 14.0))
    }

    fn edge(at: Vec2) -> Option<Vec2> {
        let middle = Vec2::new(48.0, 40.0);
        Some(middle + 15.0 * (at - middle).try_normalize()?)
    }

    #[test]
    fn a_hole_is_filled_with_what_is_around_it_brushwork_included() {
        let area = Area { corner: [10, 5], size: [80, 70] };
        let hole = Hole { filled: &in_hole, known: &|at| 1.0 - in_hole(at), nearest: &edge, fine_px: 8.0 };
        let filled = inpainted(&picture(true), area, &hole);
        let whole = picture(false);
        let (mut worst, mut outside, mut stripes) = (0, 0, 0.0_f32);
        for ((x, y, a), b) in filled.enumerate_pixels().zip(whole.pixels()) {
            let difference = (0..3).map(|c| a[c].abs_diff(b[c])).max().unwrap_or(255);
            if in_hole(Vec2::new(x as f32, y as f32)) > 0.0 {
                worst = worst.max(difference);
                stripes += f32::from(a[0].abs_diff(filled.get_pixel(x + 2, y)[0]));
            } else {
                outside += usize::from(a != b);
            }
        }
        assert_eq!(outside, 0, "what is known stays as it is");
        assert!(worst < 45, "the red is gone: off by {worst} of 255 at most");
        assert!(stripes / 600.0 > 5.0, "stripes go on: {}", stripes / 600.0);
    }

    #[test]
    fn nothing_known_and_nothing_there_are_no_trouble() {
        let all = Hole { filled: &|_| 1.0, known: &|_| 0.0, nearest: &|_| None, fine_px: 8.0 };
        for size in [[0, 4], [1, 1], [30, 2]] {
            let filled = inpainted(&picture(false), Area { corner: [3, 3], size }, &all);
            assert_eq!(filled.dimensions(), (96, 80), "a picture comes out of {size:?}");
        }
    }
}
