//! The matting Laplacian (Levin, Lischinski and Weiss 2008): shares of head that are, in every little window, nearly linear in the picture's colours.
//!
//! With windows of 3 x 3 cells, its product with a plane of shares is that of a filter: fit a linear function of the colours to the shares in every window,
//! and take what the fits of a cell's nine windows do not explain (He, Sun and Tang 2010).

use glam::{Mat3, Vec3};
use rayon::prelude::*;

use crate::grid::CellGrid;

/// What colours may vary by within a window without a change of the share, as a variance; colours are 0 to 1.
const NOISE: f32 = 0.0006;
/// Cells of a window.
const AREA: f32 = 9.0;
/// Cells that one thread takes at a time.
const CHUNK: usize = 1024;

/// A window: its middle and the statistics of its colours.
struct Fit {
    centre: usize,
    mean: Vec3,
    /// Inverse of the covariance.
    inverse: Mat3,
}

/// The equations for the cells that are open.
pub(crate) struct Matting<'a> {
    colours: &'a CellGrid<Vec3>,
    /// The cells to be found.
    open: Vec<usize>,
    windows: Vec<Fit>,
    /// For every cell, the windows round it, and a last entry that is never there.
    window_at: Vec<u32>,
    /// Diagonals of the matrix.
    diagonal: Vec<f32>,
    /// How much the wanted share of every open cell counts, and that share.
    wanted: Vec<(f32, f32)>,
}

const NO_WINDOW: u32 = u32::MAX;

impl<'a> Matting<'a> {
    /// For the cells for which `wanted` says a share and how much it counts; the others are kept.
    pub(crate) fn new(colours: &'a CellGrid<Vec3>, wanted: &CellGrid<Option<(f32, f32)>>) -> Self {
        let open: Vec<usize> = (0..wanted.cells.len()).filter(|cell| wanted.cells[*cell].is_some()).collect();
        let [width, height] = colours.size();
        let mut window_at = vec![NO_WINDOW; width * height];
        let mut centres = Vec::new();
        for cell in &open {
            for centre in around(*cell % width, *cell / width, [width, height]) {
                if window_at[centre] == NO_WINDOW {
                    window_at[centre] = centres.len() as u32;
                    centres.push(centre);
                }
            }
        }
        let windows: Vec<Fit> = centres.par_iter().with_min_len(CHUNK).map(|centre| fit(colours, *centre)).collect();
        let wanted: Vec<(f32, f32)> = open.iter().filter_map(|cell| wanted.cells[*cell]).collect();
        let mut matting = Self { colours, open, windows, window_at, diagonal: Vec::new(), wanted };
        matting.diagonal = (0..matting.open.len()).into_par_iter().with_min_len(CHUNK).map(|n| matting.diagonal_of(n)).collect();
        matting
    }

    fn windows_round(&self, cell: usize) -> impl Iterator<Item = u32> + '_ {
        let width = self.colours.width;
        around(cell % width, cell / width, self.colours.size()).map(|centre| self.window_at[centre]).filter(|window| *window != NO_WINDOW)
    }

    fn diagonal_of(&self, n: usize) -> f32 {
        let colour = self.colours.cells[self.open[n]];
        let of_windows: f32 = self
            .windows_round(self.open[n])
            .map(|window| {
                let Fit { mean, inverse, .. } = &self.windows[window as usize];
                let off = colour - *mean;
                1.0 - (1.0 + off.dot(*inverse * off)) / AREA
            })
            .sum();
        (of_windows + self.wanted[n].0).max(1e-4)
    }

    /// The matrix times a plane of shares, for the open cells, without what the wanted shares add.
    fn product(&self, shares: &[f32], fits: &mut Vec<(Vec3, f32)>, out: &mut Vec<f32>) {
        let width = self.colours.width;
        self.windows
            .par_iter()
            .with_min_len(CHUNK)
            .map(|Fit { centre, mean, inverse }| {
                let (mut sum, mut with_colours) = (0.0, Vec3::ZERO);
                for row in [centre - width, *centre, centre + width] {
                    for (share, colour) in shares[row - 1..=row + 1].iter().zip(&self.colours.cells[row - 1..=row + 1]) {
                        sum += share;
                        with_colours += *share * *colour;
                    }
                }
                let share = sum / AREA;
                let slope = *inverse * (with_colours / AREA - share * *mean);
                (slope, share - slope.dot(*mean))
            })
            .collect_into_vec(fits);
        self.open
            .par_iter()
            .with_min_len(CHUNK)
            .map(|cell| {
                let (mut slope, mut level, mut count) = (Vec3::ZERO, 0.0, 0.0);
                for window in self.windows_round(*cell) {
                    let (a, b) = fits[window as usize];
                    slope += a;
                    level += b;
                    count += 1.0;
                }
                count * shares[*cell] - slope.dot(self.colours.cells[*cell]) - level
            })
            .collect_into_vec(out);
    }

    /// Improves a plane of shares by conjugate gradients with the diagonal as preconditioner.
    pub(crate) fn solve(&self, shares: &mut CellGrid<f32>, passes: usize) {
        let (mut fits, mut product) = (Vec::new(), Vec::new());
        self.product(&shares.cells, &mut fits, &mut product);
        let terms = self.open.iter().zip(&self.wanted);
        let mut residual: Vec<f32> =
            terms.zip(&product).map(|((cell, (weight, share)), p)| weight * (share - shares.cells[*cell]) - p).collect();
        let mut direction: Vec<f32> = residual.iter().zip(&self.diagonal).map(|(r, d)| r / d).collect();
        let mut energy = dot(&residual, &direction);
        let least = 1e-6 * energy;
        let mut plane = vec![0.0; shares.cells.len()];
        for _ in 0..passes {
            if energy <= least || energy <= f64::MIN_POSITIVE {
                break;
            }
            for (cell, value) in self.open.iter().zip(&direction) {
                plane[*cell] = *value;
            }
            self.product(&plane, &mut fits, &mut product);
            for ((p, value), (weight, _)) in product.iter_mut().zip(&direction).zip(&self.wanted) {
                *p += weight * value;
            }
            let step = (energy / dot(&direction, &product).max(f64::MIN_POSITIVE)) as f32;
            if !step.is_finite() {
                break;
            }
            for ((cell, value), (r, p)) in self.open.iter().zip(&direction).zip(residual.iter_mut().zip(&product)) {
                shares.cells[*cell] += step * value;
                *r -= step * p;
            }
            let last = energy;
            energy = residual.iter().zip(&self.diagonal).map(|(r, d)| f64::from(r * r / d)).sum();
            let kept = (energy / last) as f32;
            for ((value, r), d) in direction.iter_mut().zip(&residual).zip(&self.diagonal) {
                *value = r / d + kept * *value;
            }
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum()
}

/// A cell and its neighbours, as far as a window round them lies inside.
fn around(x: usize, y: usize, [width, height]: [usize; 2]) -> impl Iterator<Item = usize> {
    let span = |at: usize, size: usize| at.max(2) - 1..(at + 2).min(size.saturating_sub(1));
    let columns = span(x, width);
    span(y, height).flat_map(move |y| columns.clone().map(move |x| y * width + x))
}

fn fit(colours: &CellGrid<Vec3>, centre: usize) -> Fit {
    let width = colours.width;
    let cells = || [centre - width, centre, centre + width].into_iter().flat_map(|row| row - 1..=row + 1).map(|cell| colours.cells[cell]);
    let mean = cells().sum::<Vec3>() / AREA;
    let mut covariance = Mat3::from_diagonal(Vec3::splat(NOISE / AREA));
    for colour in cells() {
        let off = colour - mean;
        covariance += Mat3::from_cols(off * off.x, off * off.y, off * off.z) * (1.0 / AREA);
    }
    Fit { centre, mean, inverse: covariance.inverse() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_edge_between_two_colours_is_found_from_what_is_known_at_both_sides() {
        let truth = |x: usize, y: usize| ((x as f32 - 14.0 - (y % 5) as f32) / 6.0).clamp(0.0, 1.0);
        let colours = CellGrid::from_fn([40, 30], |x, y| Vec3::new(0.2, 0.6, 0.3).lerp(Vec3::new(0.7, 0.4, 0.2), truth(x, y)));
        let wanted = CellGrid::from_fn([40, 30], |x, _| (8..32).contains(&x).then_some((0.0, 0.5)));
        let mut shares = CellGrid::from_fn([40, 30], |x, _| if x < 8 { 0.0 } else { f32::from(u8::from(x >= 32)) });
        Matting::new(&colours, &wanted).solve(&mut shares, 200);
        let off = (0..1200).map(|n| (shares.cells[n] - truth(n % 40, n / 40)).abs()).fold(0.0, f32::max);
        assert!(off < 0.08, "off by {off}");
    }

    #[test]
    fn where_colours_say_nothing_the_wanted_shares_count_and_tiny_planes_are_no_trouble() {
        let flat = CellGrid::from_fn([30, 20], |_, _| Vec3::splat(0.4));
        let wanted = CellGrid::from_fn([30, 20], |x, _| Some((0.5, f32::from(u8::from(x > 14)))));
        let mut shares = flat.map(|_| 0.5);
        Matting::new(&flat, &wanted).solve(&mut shares, 60);
        assert!(shares.near(3, 9) < 0.05 && shares.near(26, 9) > 0.95, "as wanted");
        for size in [[1, 1], [2, 9], [3, 3]] {
            let flat = CellGrid::from_fn(size, |_, _| Vec3::splat(0.4));
            let mut shares = flat.map(|_| 0.0);
            Matting::new(&flat, &flat.map(|_| Some((1.0, 1.0)))).solve(&mut shares, 9);
            assert!(shares.cells.iter().all(|share| (share - 1.0).abs() < 1e-3), "{size:?}: {:?}", shares.cells);
        }
    }
}
