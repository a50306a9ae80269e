//! Planes of numbers over the crop's reach, in which the head's depth is worked out.

use glam::{Vec2, Vec3};
use retrato_core::data::{CROP_PX, Crop};
pub(crate) use retrato_core::math::smooth_step;

/// Cells along each side.
pub(crate) const CELLS: usize = 192;
/// Crop pixels along a cell.
pub(crate) const CELL_PX: f32 = Crop::REACH * CROP_PX / CELLS as f32;

/// A number for each cell, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Grid(pub(crate) Vec<f32>);

/// Middle of a cell, in crop pixels.
pub(crate) fn middle(cell: usize) -> Vec2 {
    let at = Vec2::new((cell % CELLS) as f32, (cell / CELLS) as f32) + 0.5;
    at * CELL_PX - Vec2::from_array(Crop::BEFORE_REACH) - 0.5
}

/// Where a point in crop pixels lies among the cells' middles.
fn place(point: Vec2) -> Vec2 {
    (point + 0.5 + Vec2::from_array(Crop::BEFORE_REACH)) / CELL_PX - 0.5
}

impl Grid {
    pub(crate) fn of(value: impl Fn(usize) -> f32) -> Self {
        Self((0..CELLS * CELLS).map(value).collect())
    }

    pub(crate) fn map(&self, f: impl Fn(f32) -> f32) -> Self {
        Self(self.0.iter().map(|v| f(*v)).collect())
    }

    /// Bilinear at a point in crop pixels; beyond the edge it repeats, and for what is no number it is that of the first cell.
    pub(crate) fn at(&self, point: Vec2) -> f32 {
        let at = place(point).max(Vec2::ZERO).min(Vec2::splat((CELLS - 1) as f32));
        let (x, y) = (at.x as usize, at.y as usize);
        let (u, v) = (at.x.fract(), at.y.fract());
        let cell = |x: usize, y: usize| self.0[y.min(CELLS - 1) * CELLS + x.min(CELLS - 1)];
        let between = |a: f32, b: f32, t: f32| a + t * (b - a);
        between(between(cell(x, y), cell(x + 1, y), u), between(cell(x, y + 1), cell(x + 1, y + 1), u), v)
    }

    /// Three running means in each direction: nearly a Gaussian of that standard deviation, in crop pixels.
    #[must_use]
    pub(crate) fn blurred(&self, sigma_px: f32) -> Self {
        // The variance of three boxes of 2 r + 1 cells is r (r + 1).
        let variance = (sigma_px / CELL_PX).powi(2);
        let radius = ((0.25 + variance).sqrt() - 0.5).round().max(0.0) as usize;
        let mut plane = self.0.clone();
        if radius == 0 {
            return Self(plane);
        }
        let mut line = vec![0.0; CELLS];
        for stride in [1, CELLS] {
            for n in 0..CELLS {
                let first = if stride == 1 { n * CELLS } else { n };
                for _ in 0..3 {
                    running_mean(&plane, first, stride, radius, &mut line);
                    line.iter().enumerate().for_each(|(k, v)| plane[first + k * stride] = *v);
                }
            }
        }
        Self(plane)
    }

    /// Distance of each cell from the nearest in which `inside` holds, in crop pixels (Felzenszwalb and Huttenlocher 2012); very large where there is none.
    pub(crate) fn distance_to(&self, inside: impl Fn(f32) -> bool) -> Self {
        const FAR: f32 = 1e9;
        let mut plane: Vec<f32> = self.0.iter().map(|v| if inside(*v) { 0.0 } else { FAR }).collect();
        let (mut line, mut out) = (vec![0.0; CELLS], vec![0.0; CELLS]);
        for stride in [1, CELLS] {
            for n in 0..CELLS {
                let first = if stride == 1 { n * CELLS } else { n };
                (0..CELLS).for_each(|k| line[k] = plane[first + k * stride]);
                lower_envelope(&line, &mut out);
                (0..CELLS).for_each(|k| plane[first + k * stride] = out[k]);
            }
        }
        Self(plane.into_iter().map(|d| d.min(FAR).sqrt() * CELL_PX).collect())
    }
}

fn running_mean(plane: &[f32], first: usize, stride: usize, radius: usize, out: &mut [f32]) {
    let value = |k: usize| plane[first + k.clamp(radius, CELLS - 1 + radius).saturating_sub(radius) * stride];
    let width = 2 * radius + 1;
    // `value` counts from `radius` cells before the line.
    let mut sum: f32 = (0..width).map(value).sum();
    for (k, out) in out.iter_mut().enumerate() {
        *out = sum / width as f32;
        sum += value(k + width) - value(k);
    }
}

/// The least of parabolas over a line: squared distances along one axis.
fn lower_envelope(line: &[f32], out: &mut [f32]) {
    let mut roots: Vec<(usize, f32)> = Vec::with_capacity(CELLS);
    for (q, value) in line.iter().enumerate() {
        let crossing = |p: usize| {
            let (q, p_at) = (q as f32, p as f32);
            (value + q * q - (line[p] + p_at * p_at)) / (2.0 * (q - p_at))
        };
        let mut from = f32::NEG_INFINITY;
        while let Some(&(p, start)) = roots.last() {
            from = crossing(p);
            if from > start {
                break;
            }
            roots.pop();
            from = f32::NEG_INFINITY;
        }
        roots.push((q, from));
    }
    let mut k = 0;
    for (q, out) in out.iter_mut().enumerate() {
        while k + 1 < roots.len() && roots[k + 1].1 < q as f32 {
            k += 1;
        }
        let p = roots[k].0;
        *out = (q as f32 - p as f32).powi(2) + line[p];
    }
}

/// Calls `visit` with each cell whose middle lies in a triangle of the crop, the depth there and the shares of the corners.
pub(crate) fn cells_in(corners: [Vec3; 3], mut visit: impl FnMut(usize, f32, Vec3)) {
    let [a, b, c] = corners.map(|p| place(p.truncate()));
    let area = (b - a).perp_dot(c - a);
    if !(area.abs() > 1e-6 && area.is_finite()) {
        return;
    }
    let (low, high) = (a.min(b).min(c), a.max(b).max(c));
    let span = |low: f32, high: f32| low.ceil().clamp(0.0, CELLS as f32) as usize..(high.floor() + 1.0).clamp(0.0, CELLS as f32) as usize;
    for y in span(low.y, high.y) {
        for x in span(low.x, high.x) {
            let at = Vec2::new(x as f32, y as f32);
            let shares = Vec3::new((b - at).perp_dot(c - at), (c - at).perp_dot(a - at), (a - at).perp_dot(b - at)) / area;
            if shares.min_element() >= -1e-4 {
                visit(y * CELLS + x, shares.dot(Vec3::new(corners[0].z, corners[1].z, corners[2].z)), shares);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_to_the_nearest_cell() {
        let points = [(20_usize, 30_usize), (110, 70), (60, 120)];
        let plane = Grid::of(|cell| f32::from(u8::from(points.contains(&(cell % CELLS, cell / CELLS)))));
        let distance = plane.distance_to(|v| v > 0.5);
        for cell in (0..CELLS * CELLS).step_by(977) {
            let nearest = |(x, y): &(usize, usize)| middle(y * CELLS + x).distance(middle(cell));
            let expected = points.iter().map(nearest).fold(f32::MAX, f32::min);
            assert!((distance.0[cell] - expected).abs() < 0.05, "{} instead of {expected}", distance.0[cell]);
        }
        assert!(plane.distance_to(|v| v > 2.0).0[0] > 1e4, "nothing to be near to");
    }

    #[test]
    fn a_blur_keeps_the_sum_and_has_the_width_that_it_should() {
        let plane = Grid::of(|cell| if cell == 64 * CELLS + 64 { 1.0 } else { 0.0 });
        let blurred = plane.blurred(12.0);
        let sum: f32 = blurred.0.iter().sum();
        let spread = |cell: usize| (middle(cell) - middle(64 * CELLS + 64)).x.powi(2);
        let variance: f32 = blurred.0.iter().enumerate().map(|(cell, v)| v * spread(cell)).sum();
        assert!((sum - 1.0).abs() < 1e-3 && (variance.sqrt() - 12.0).abs() < 0.5 * CELL_PX, "sum {sum}, deviation {}", variance.sqrt());
    }

    #[test]
    fn a_plane_is_read_between_its_cells() {
        let plane = Grid::of(|cell| middle(cell).x);
        for x in [-20.0, 3.3, 101.7] {
            assert!((plane.at(Vec2::new(x, 50.0)) - x).abs() < 1e-3, "at {x}: {}", plane.at(Vec2::new(x, 50.0)));
        }
        assert!(plane.at(Vec2::NAN).is_finite() && plane.at(Vec2::splat(1e30)).is_finite(), "whatever is asked");
    }
}
