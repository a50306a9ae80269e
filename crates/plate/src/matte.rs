//! The matte at the picture's own detail.

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;

use crate::colours::LocalColours;
use crate::foreground::{Unmixed, fitted, unmixed};
use crate::grid::CellGrid;
use crate::kept::mixed;
use crate::laplacian::Matting;
use crate::prior::{Trimap, known};
use crate::window::{Window, seen};

/// How much the coarse matte's share counts against the picture's edges. Tuned by eye on the cut-outs of eight portraits.
const COARSE_WEIGHT: f32 = 0.015;
/// The same of the edge that was found by it, and of what the colours say. Tuned on 60 synthetic heads of all looks, and on paintings.
const EDGE_WEIGHT: f32 = 0.004;
const COLOUR_WEIGHT: f32 = 0.12;
/// How much it counts in addition where it is quite sure.
const SURE_WEIGHT: f32 = 0.12;
/// Passes of conjugate gradients at half the size and at the whole.
const HALF_PASSES: usize = 60;
const WHOLE_PASSES: usize = 40;
/// How far from the edge of the head that was cut out shares are looked for, in cells: mostly, and where the first look found shares like these.
const NARROW: usize = 3;
const BROAD: usize = 9;
const MIXED: std::ops::Range<f32> = 0.08..0.92;
/// Half the width of the edge that is expected, in cells.
const EDGE_RADIUS: usize = 1;
/// Variance of a picture's fine structure that counts as grain half and half. Tuned on an old photograph and on paint.
const GRAIN: f32 = 4e-4;
/// Shares below and above which there is none of the head and nothing else: what is left of noise.
const CLEAN: std::ops::Range<f32> = 0.04..0.96;
/// Reach, in cells, and noise, as a variance, of the linear functions by which shares are brought to the picture's pixels.
const FINE_RADIUS: usize = 2;
const FINE_NOISE: f32 = 2e-4;
/// How far colours at the picture's pixels may be from those of their cells: see [`fitted`].
const FINE_SOFTNESS: f32 = 0.02;

/// What a network says about every place of a picture.
pub struct CoarseShares<'a> {
    /// Shares of a person and of the body alone, 0 to 1, at a place in pixels of the picture.
    pub at: &'a (dyn Fn(Vec2) -> [f32; 2] + Sync),
    /// How far what stands behind a place may be uncovered when the head moves, 0 to 1.
    pub uncovered: &'a (dyn Fn(Vec2) -> f32 + Sync),
    /// Side of the network's cells in pixels of the picture.
    pub cell_px: f32,
}

/// The person of a portrait with a soft edge: head, hair, hat, veil and body.
#[derive(Clone, Debug, PartialEq)]
pub struct SoftMatte {
    /// Where it is in the picture; it ends there.
    pub window: Window,
    /// Share of the person of every pixel of the window, row by row: 0 to 255.
    pub alpha: Vec<u8>,
    /// The person's own colours, without what is behind: of the window's size, sRGB, with the alpha of the picture itself. Two pixels beyond
    /// the edge they go on smoothly, and farther away they are the picture's.
    pub foreground: RgbaImage,
}

impl SoftMatte {
    /// Of what the picture shows in a window.
    pub fn of(picture: &RgbaImage, window: Window, coarse: &CoarseShares<'_>) -> Self {
        let colours = window.colours(picture);
        let person = CellGrid::from_fn(window.cells(), |x, y| {
            let [person, _] = (coarse.at)(window.place(x, y));
            person.clamp(0.0, 1.0)
        });
        let shares = shares(&colours, &person, coarse.cell_px / window.step as f32);
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
        let mixed = mixed(window, &alpha);
        for ((x, y, pixel), mixed) in foreground.enumerate_pixels_mut().zip(mixed) {
            if !mixed {
                *pixel = *picture.get_pixel(window.corner[0] + x, window.corner[1] + y);
            }
        }
        Self { window, alpha, foreground }
    }

    /// The share of the person at a place in pixels of the picture, bilinear, 0 to 1; none beyond the window.
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
///
/// Twice: the coarse matte does not know well where the edge is, so first the head is cut out at half the size, and then its edge is looked at closely.
fn shares(colours: &CellGrid<Vec3>, head: &CellGrid<f32>, coarse_cell: f32) -> CellGrid<f32> {
    let guide = without_grain(colours);
    let (half_colours, half_head) = (guide.halved(), head.halved());
    let rough = open_shares(&half_colours, &half_head, &known(&half_head, coarse_cell / 2.0), COARSE_WEIGHT, HALF_PASSES);
    let cut = cut_out(&rough, &half_head).doubled(head.size());
    let rough = rough.doubled(head.size());
    let known = at_edge(&cut, &rough);
    // Where the edge was found, the coarse matte has said what it can.
    let prior = cut.box_mean(EDGE_RADIUS);
    open_shares(&guide, &prior, &known, EDGE_WEIGHT, WHOLE_PASSES).map(cleaned)
}

/// Shares for the cells that are open, from what is expected of them, the colours about them and the picture's edges.
fn open_shares(
    colours: &CellGrid<Vec3>,
    prior: &CellGrid<f32>,
    known: &CellGrid<Trimap>,
    prior_weight: f32,
    passes: usize,
) -> CellGrid<f32> {
    let models = LocalColours::new(colours, known);
    let wanted = CellGrid::from_fn(prior.size(), |x, y| {
        let cell = y * prior.width + x;
        (known.cells[cell] == Trimap::Open).then(|| {
            let prior = prior.cells[cell];
            let (found, weight) = models.estimate(x, y, colours.cells[cell], prior);
            let sure = 2.0 * prior - 1.0;
            let (of_prior, of_colour) = (prior_weight + SURE_WEIGHT * sure * sure, COLOUR_WEIGHT * weight * weight);
            (of_prior + of_colour, (of_prior * prior + of_colour * found) / (of_prior + of_colour))
        })
    });
    let mut shares = CellGrid::from_fn(prior.size(), |x, y| {
        let cell = y * prior.width + x;
        match known.cells[cell] {
            Trimap::Head => 1.0,
            Trimap::Rest => 0.0,
            Trimap::Open => wanted.cells[cell].map_or(0.0, |(_, share)| share),
        }
    });
    Matting::new(colours, &wanted).solve(&mut shares, passes);
    shares.map(|share| share.clamp(0.0, 1.0))
}

/// The head in one piece, 0 or 1: what is not joined to the middle of the coarse matte goes, and holes in it are closed.
fn cut_out(shares: &CellGrid<f32>, coarse: &CellGrid<f32>) -> CellGrid<f32> {
    let inside: Vec<bool> = shares.box_mean(1).cells.iter().map(|share| *share > 0.5).collect();
    let surest = coarse.box_mean(6);
    let start = (0..inside.len()).filter(|cell| inside[*cell]).max_by(|a, b| surest.cells[*a].total_cmp(&surest.cells[*b]));
    let head = joined(&inside, shares.size(), start);
    let outside: Vec<bool> = head.iter().map(|inside| !inside).collect();
    // Beyond the edge all is outside; a hole is what is not joined to that.
    let [width, height] = shares.size();
    let at_edge = (0..inside.len()).filter(|cell| {
        let (x, y) = (cell % width, cell / width);
        outside[*cell] && (x == 0 || y == 0 || x + 1 == width || y + 1 == height)
    });
    let open = joined(&outside, shares.size(), at_edge);
    CellGrid { width, height, cells: open.iter().map(|open| f32::from(u8::from(!open))).collect() }
}

/// The cells of `inside`, row by row, that are joined to one of the starts by their sides; the size is across and down.
pub fn joined(inside: &[bool], [width, height]: [usize; 2], starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; inside.len()];
    let mut waiting: Vec<usize> = starts.into_iter().collect();
    for cell in &waiting {
        reached[*cell] = true;
    }
    while let Some(cell) = waiting.pop() {
        let (x, y) = (cell % width, cell / width);
        let beside = [
            (x > 0).then(|| cell - 1),
            (x + 1 < width).then(|| cell + 1),
            (y > 0).then(|| cell - width),
            (y + 1 < height).then(|| cell + width),
        ];
        for next in beside.into_iter().flatten() {
            if inside[next] && !reached[next] {
                reached[next] = true;
                waiting.push(next);
            }
        }
    }
    reached
}

/// What is known when the head is cut out: all but a band along its edge, which is broader where the first look found hair or the like.
fn at_edge(cut: &CellGrid<f32>, rough: &CellGrid<f32>) -> CellGrid<Trimap> {
    let edge = cut.map(|share| f32::from(u8::from(share > 0.5)));
    let (inner, outer) = (edge.narrowed(NARROW), edge.widened(NARROW));
    let (deep, far) = (edge.narrowed(BROAD), edge.widened(BROAD));
    CellGrid::from_fn(cut.size(), |x, y| {
        let cell = y * cut.width + x;
        let mixed = MIXED.contains(&rough.cells[cell]);
        let is_open =
            if mixed { deep.cells[cell] < 0.5 && far.cells[cell] > 0.5 } else { inner.cells[cell] < 0.5 && outer.cells[cell] > 0.5 };
        match (is_open, edge.cells[cell] > 0.5) {
            (true, _) => Trimap::Open,
            (false, true) => Trimap::Head,
            (false, false) => Trimap::Rest,
        }
    })
}

/// The colours without what noise or grain there is: mixed with the mean of their neighbours as far as most of the picture's fine structure is alike everywhere.
fn without_grain(colours: &CellGrid<Vec3>) -> CellGrid<Vec3> {
    let mean = colours.box_mean(1);
    let off = |cell: usize| (colours.cells[cell] - mean.cells[cell]).length_squared() / 3.0;
    let mut squares: Vec<f32> = (0..colours.cells.len()).step_by(7).map(off).collect();
    let middle = squares.len() / 2;
    let (_, median, _) = squares.select_nth_unstable_by(middle, f32::total_cmp);
    let share = *median / (*median + GRAIN);
    CellGrid { cells: colours.cells.iter().zip(&mean.cells).map(|(own, mean)| own.lerp(*mean, share)).collect(), ..*colours }
}

fn cleaned(share: f32) -> f32 {
    ((share - CLEAN.start) / (CLEAN.end - CLEAN.start)).clamp(0.0, 1.0)
}

/// Shares as linear functions of the colours about every cell: slopes and levels, of cleaned shares as they were before.
fn linear(colours: &CellGrid<Vec3>, shares: &CellGrid<f32>) -> (CellGrid<Vec3>, CellGrid<f32>) {
    let raw = shares.map(|share| CLEAN.start + share * (CLEAN.end - CLEAN.start));
    let mean = colours.box_mean(FINE_RADIUS);
    let share = raw.box_mean(FINE_RADIUS);
    let product = |f: &(dyn Fn(Vec3) -> Vec3 + Sync)| colours.map(f).box_mean(FINE_RADIUS);
    let [squares, crossed] = [product(&|c| c * c), product(&|c| Vec3::new(c.x * c.y, c.x * c.z, c.y * c.z))];
    let with_share = CellGrid { cells: colours.cells.iter().zip(&raw.cells).map(|(c, s)| *c * *s).collect(), ..*colours };
    let with_share = with_share.box_mean(FINE_RADIUS);
    let fits = CellGrid::from_fn(colours.size(), |x, y| {
        let n = y * colours.width + x;
        let (m, sq, cr) = (mean.cells[n], squares.cells[n], crossed.cells[n]);
        let diagonal = sq - m * m + FINE_NOISE;
        let (xy, xz, yz) = (cr.x - m.x * m.y, cr.y - m.x * m.z, cr.z - m.y * m.z);
        let covariance = glam::Mat3::from_cols(Vec3::new(diagonal.x, xy, xz), Vec3::new(xy, diagonal.y, yz), Vec3::new(xz, yz, diagonal.z));
        let slope = covariance.inverse() * (with_share.cells[n] - m * share.cells[n]);
        // Near-singular windows have no slope to speak of.
        if slope.is_finite() { slope } else { Vec3::ZERO }
    });
    let level = CellGrid::from_fn(colours.size(), |x, y| {
        let n = y * colours.width + x;
        share.cells[n] - fits.cells[n].dot(mean.cells[n])
    });
    (fits.box_mean(FINE_RADIUS), level.box_mean(FINE_RADIUS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Crop;

    const MIDDLE: Vec2 = Vec2::new(90.0, 80.0);

    /// A head with spikes of hair before stripes.
    fn truth(at: Vec2) -> f32 {
        let off = at - MIDDLE;
        let edge = 42.0 + 5.0 * (9.0 * off.y.atan2(off.x)).sin();
        ((edge - off.length()) / 3.0 + 0.5).clamp(0.0, 1.0)
    }

    fn colours(at: Vec2) -> [Vec3; 2] {
        let stripe = if (at.x as i32 / 6) % 2 == 0 { 0.15 } else { 0.0 };
        [Vec3::new(0.35, 0.2, 0.12) + 0.001 * at.y, Vec3::new(0.3 + stripe, 0.65 + stripe, 0.5)]
    }

    fn picture() -> RgbaImage {
        RgbaImage::from_fn(180, 160, |x, y| {
            let at = Vec2::new(x as f32, y as f32);
            let [head, rest] = colours(at);
            let [r, g, b] = (rest.lerp(head, truth(at)) * 255.0).to_array().map(|v| v as u8);
            image::Rgba([r, g, b, 255])
        })
    }

    fn made(wrong: Option<Vec2>) -> SoftMatte {
        let window = Window::of([180, 160], &Crop { origin_px: [0.0; 2], side_px: 180.0 }).expect("it is there");
        // A net that sees a disc in cells of 6 pixels, and perhaps something that is no head.
        let coarse = |at: Vec2| {
            let cell = (at / 6.0).floor() * 6.0 + 3.0;
            let seen = cell.distance(MIDDLE) < 43.0 || wrong.is_some_and(|wrong| wrong.distance(cell) < 10.0);
            [if seen { 0.97 } else { 0.03 }, 0.0]
        };
        SoftMatte::of(&picture(), window, &CoarseShares { at: &coarse, uncovered: &|_| 1.0, cell_px: 6.0 })
    }

    #[test]
    fn spikes_between_the_cells_of_the_net_are_found_with_their_own_colours() {
        let matte = made(None);
        let (mut off, mut coarse_off, mut colour_off, mut edge) = (0.0, 0.0, 0.0_f32, 0.0);
        for (n, alpha) in matte.alpha.iter().enumerate() {
            let at = Vec2::new((n % 180) as f32, (n / 180) as f32);
            let share = f32::from(*alpha) / 255.0;
            if (30.0..54.0).contains(&at.distance(MIDDLE)) {
                off += (share - truth(at)).abs();
                coarse_off += (f32::from(u8::from(at.distance(MIDDLE) < 43.0)) - truth(at)).abs();
                edge += 1.0;
            }
            if truth(at) > 0.2 && share > 0.2 {
                let [r, g, b, _] = matte.foreground.get_pixel(n as u32 % 180, n as u32 / 180).0;
                let front = Vec3::new(f32::from(r), f32::from(g), f32::from(b)) / 255.0;
                colour_off = colour_off.max(front.distance(colours(at)[0]));
            }
        }
        assert!(off / edge < 0.04 && 2.0 * off < coarse_off, "off by {} and coarsely by {}", off / edge, coarse_off / edge);
        assert!(colour_off < 0.15, "no background in the hair: {colour_off}");
    }

    #[test]
    fn what_is_not_joined_to_the_head_is_no_head_and_shares_between_pixels_are_mixed() {
        let matte = made(Some(Vec2::new(165.0, 20.0)));
        assert!(matte.share_at(Vec2::new(165.0, 20.0)) < 0.01, "an island");
        assert!(matte.share_at(MIDDLE) > 0.99 && matte.share_at(Vec2::new(-3.0, 20.0)) == 0.0, "the head, and beyond the picture");
        let [a, b] = [(48.0, 80.0), (49.0, 80.0)].map(|(x, y)| matte.share_at(Vec2::new(x, y)));
        assert!((matte.share_at(Vec2::new(48.5, 80.0)) - 0.5 * (a + b)).abs() < 1e-5, "half way");
    }

    #[test]
    fn pictures_of_all_sizes_and_nets_that_say_nothing_are_no_trouble() {
        for (size, side_px) in [([8, 8], 8.0), ([9, 700], 900.0), ([901, 13], 1000.0)] {
            let crop = Crop { origin_px: [0.0; 2], side_px };
            let Some(window) = Window::of(size, &crop) else { panic!("{size:?} is enough") };
            for share in [0.0, 0.5, 1.0, f32::NAN] {
                let picture = RgbaImage::from_pixel(size[0], size[1], image::Rgba([90, 80, 70, 255]));
                let matte = SoftMatte::of(
                    &picture,
                    window,
                    &CoarseShares { at: &|_| [share, share], uncovered: &|_| share, cell_px: side_px / 128.0 },
                );
                assert_eq!(matte.alpha.len(), (size[0] * size[1]) as usize, "{size:?} {share}");
            }
        }
    }
}
