//! The matte at the picture's own detail.

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use crate::colours::LocalColours;
use crate::foreground::{Unmixed, fitted, unmixed};
use crate::grid::Grid;
use crate::laplacian::Matting;
use crate::prior::{Known, known};
use crate::window::{Window, seen};

/// How much the coarse matte's own share counts against the picture's edges, and what the colours say.
const PRIOR_WEIGHT: f32 = 0.004;
const COLOUR_WEIGHT: f32 = 0.06;
/// Passes of conjugate gradients at half the size and at the whole.
const HALF_PASSES: usize = 60;
const WHOLE_PASSES: usize = 40;
/// Shares below and above which there is none of the head and nothing else: what is left of noise.
const CLEAN: std::ops::Range<f32> = 0.04..0.96;
/// Reach, in cells, and noise, as a variance, of the linear functions by which shares are brought to the picture's pixels.
const FINE_RADIUS: usize = 2;
const FINE_NOISE: f32 = 2e-4;
/// How far colours at the picture's pixels may be from those of their cells: see [`fitted`].
const FINE_SOFTNESS: f32 = 0.02;

/// What a network says about every place of a picture.
pub struct CoarseShares<'a> {
    /// Shares of head and body, 0 to 1, at a place in pixels of the picture.
    pub at: &'a (dyn Fn(Vec2) -> [f32; 2] + Sync),
    /// Side of the network's cells in pixels of the picture.
    pub cell_px: f32,
}

/// The head of a portrait with its soft edge: hair, hat, veil, ears and neck.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftMatte {
    /// Where it is in the picture; it ends there.
    pub window: Window,
    /// Share of head of every pixel of the window, row by row: 0 to 255.
    pub alpha: Vec<u8>,
    /// The head's own colours, without what is behind it: of the window's size, sRGB, with the alpha of the picture itself. Beyond the head's edge they go on smoothly.
    pub foreground: RgbaImage,
}

impl SoftMatte {
    /// Of what the picture shows in a window.
    pub fn of(picture: &RgbaImage, window: Window, coarse: &CoarseShares<'_>) -> Self {
        let colours = window.colours(picture);
        let head = Grid::from_fn(window.cells(), |x, y| (coarse.at)(window.place(x, y))[0].clamp(0.0, 1.0));
        let shares = shares(&colours, &head, coarse.cell_px / window.step as f32);
        let parts = unmixed(&colours, &shares);
        let linear = (window.step > 1).then(|| linear(&colours, &shares));
        let [width, height] = window.size.map(|px| px as usize);
        let mut alpha = vec![0; width * height];
        let mut foreground = RgbaImage::new(window.size[0], window.size[1]);
        let rows = alpha.par_chunks_exact_mut(width).zip(foreground.as_mut().par_chunks_exact_mut(4 * width));
        rows.enumerate().for_each(|(y, (alphas, row))| {
            for (x, (alpha, front)) in alphas.iter_mut().zip(row.as_chunks_mut::<4>().0).enumerate() {
                let place = window.cell_place(x, y);
                let pixel = picture.get_pixel(window.corner[0] + x as u32, window.corner[1] + y as u32).0;
                let colour = seen(pixel);
                let share = match &linear {
                    Some((slope, level)) => cleaned(slope.at(place).dot(colour) + level.at(place)),
                    None => shares.cells[y * shares.width + x],
                };
                let Unmixed { front: own, .. } = fitted(parts.at(place), colour, share, FINE_SOFTNESS);
                // What is only head is the picture's own.
                let own = own.lerp(colour, ((share - 0.9) / 0.1).clamp(0.0, 1.0));
                *alpha = (255.0 * share + 0.5) as u8;
                let [r, g, b] = (own * 255.0 + 0.5).to_array().map(|v| v as u8);
                *front = if share >= 1.0 { pixel } else { [r, g, b, pixel[3]] };
            }
        });
        Self { window, alpha, foreground }
    }

    /// The share of head at a place in pixels of the picture, bilinear, 0 to 1; none beyond the window.
    pub fn share_at(&self, place: Vec2) -> f32 {
        let [left, top] = self.window.corner.map(|px| px as f32);
        let at = place - Vec2::new(left, top);
        let low = at.floor();
        let [width, height] = self.window.size.map(|px| px as f32);
        let one = |dx: f32, dy: f32| {
            let (x, y) = (low.x + dx, low.y + dy);
            let inside = x >= 0.0 && y >= 0.0 && x < width && y < height;
            if inside { f32::from(self.alpha[y as usize * width as usize + x as usize]) / 255.0 } else { 0.0 }
        };
        let (u, v) = (at.x - low.x, at.y - low.y);
        (1.0 - v) * ((1.0 - u) * one(0.0, 0.0) + u * one(1.0, 0.0)) + v * ((1.0 - u) * one(0.0, 1.0) + u * one(1.0, 1.0))
    }
}

/// Shares of head for every cell, from the coarse ones; `coarse_cell` is the side of their cells in cells of the plane.
fn shares(colours: &Grid<Vec3>, head: &Grid<f32>, coarse_cell: f32) -> Grid<f32> {
    let known = known(head, coarse_cell);
    let models = LocalColours::new(colours, &known);
    let wanted = Grid::from_fn(head.size(), |x, y| {
        let cell = y * head.width + x;
        (known.cells[cell] == Known::Open).then(|| {
            let prior = head.cells[cell];
            let (found, weight) = models.estimate(x, y, colours.cells[cell], prior);
            let (of_prior, of_colour) = (PRIOR_WEIGHT, COLOUR_WEIGHT * weight * weight);
            (of_prior + of_colour, (of_prior * prior + of_colour * found) / (of_prior + of_colour))
        })
    });
    let mut shares = Grid::from_fn(head.size(), |x, y| {
        let cell = y * head.width + x;
        match known.cells[cell] {
            Known::Head => 1.0,
            Known::Rest => 0.0,
            Known::Open => wanted.cells[cell].map_or(0.0, |(_, share)| share),
        }
    });
    let half_colours = colours.halved();
    let half_wanted = Grid::from_fn(half_colours.size(), |x, y| {
        let cells = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(i, j)| wanted.near((2 * x + i) as isize, (2 * y + j) as isize));
        let open = cells.into_iter().flatten();
        let (mass, sum) = open.fold((0.0, 0.0), |(mass, sum), (weight, share)| (mass + weight, sum + weight * share));
        (mass > 0.0).then(|| (mass, sum / mass))
    });
    let mut half = shares.halved();
    Matting::new(&half_colours, &half_wanted).solve(&mut half, HALF_PASSES);
    let doubled = half.doubled(shares.size());
    for (cell, share) in shares.cells.iter_mut().enumerate() {
        if known.cells[cell] == Known::Open {
            *share = doubled.cells[cell].clamp(0.0, 1.0);
        }
    }
    Matting::new(colours, &wanted).solve(&mut shares, WHOLE_PASSES);
    shares.map(cleaned)
}

fn cleaned(share: f32) -> f32 {
    ((share - CLEAN.start) / (CLEAN.end - CLEAN.start)).clamp(0.0, 1.0)
}

/// Shares as linear functions of the colours about every cell: slopes and levels, of cleaned shares as they were before.
fn linear(colours: &Grid<Vec3>, shares: &Grid<f32>) -> (Grid<Vec3>, Grid<f32>) {
    let raw = shares.map(|share| CLEAN.start + share * (CLEAN.end - CLEAN.start));
    let mean = colours.box_mean(FINE_RADIUS);
    let share = raw.box_mean(FINE_RADIUS);
    let product = |f: &(dyn Fn(Vec3) -> Vec3 + Sync)| colours.map(f).box_mean(FINE_RADIUS);
    let [squares, crossed] = [product(&|c| c * c), product(&|c| Vec3::new(c.x * c.y, c.x * c.z, c.y * c.z))];
    let with_share = Grid { cells: colours.cells.iter().zip(&raw.cells).map(|(c, s)| *c * *s).collect(), ..*colours };
    let with_share = with_share.box_mean(FINE_RADIUS);
    let fits = Grid::from_fn(colours.size(), |x, y| {
        let n = y * colours.width + x;
        let (m, sq, cr) = (mean.cells[n], squares.cells[n], crossed.cells[n]);
        let diagonal = sq - m * m + FINE_NOISE;
        let (xy, xz, yz) = (cr.x - m.x * m.y, cr.y - m.x * m.z, cr.z - m.y * m.z);
        let covariance = glam::Mat3::from_cols(
            Vec3::new(diagonal.x, xy, xz),
            Vec3::new(xy, diagonal.y, yz),
            Vec3::new(xz, yz, diagonal.z),
        );
        let slope = covariance.inverse() * (with_share.cells[n] - m * share.cells[n]);
        // Near-singular windows have no slope to speak of.
        if slope.is_finite() { slope } else { Vec3::ZERO }
    });
    let level = Grid::from_fn(colours.size(), |x, y| {
        let n = y * colours.width + x;
        share.cells[n] - fits.cells[n].dot(mean.cells[n])
    });
    (fits.box_mean(FINE_RADIUS), level.box_mean(FINE_RADIUS))
}
