//! Pictures as three planes of numbers, and the quick filters that backdrops and looks are made with.

use glam::Vec3;
use image::RgbImage;

use crate::data::PICTURE_PX;
use crate::math::smoothstep;
use crate::random::Random;

/// Pixels of a plane.
pub(super) const AREA: usize = PICTURE_PX * PICTURE_PX;

/// Weights of red, green and blue in the brightness of a colour (Rec. 601).
pub(super) const BRIGHTNESS: Vec3 = Vec3::new(0.299, 0.587, 0.114);

/// A picture of [`PICTURE_PX`] squared: red, green, blue in 0..1, row by row.
#[derive(Clone, Debug)]
pub(super) struct Planes(pub(super) [Vec<f32>; 3]);

impl Planes {
    /// A black picture.
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| vec![0.0; AREA]))
    }

    /// Copies another picture.
    pub(super) fn copy_from(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            mine.copy_from_slice(theirs);
        }
    }

    /// Paints every pixel.
    pub(super) fn fill(&mut self, colour: Vec3) {
        for (plane, value) in self.0.iter_mut().zip(colour.to_array()) {
            plane.fill(value);
        }
    }

    /// Colour of a pixel.
    pub(super) fn at(&self, index: usize) -> Vec3 {
        Vec3::new(self.0[0][index], self.0[1][index], self.0[2][index])
    }

    /// Sets the colour of a pixel.
    pub(super) fn set(&mut self, index: usize, colour: Vec3) {
        for (plane, value) in self.0.iter_mut().zip(colour.to_array()) {
            plane[index] = value;
        }
    }

    /// Moves a pixel towards a colour; `amount` in 0..=1.
    pub(super) fn mix(&mut self, index: usize, colour: Vec3, amount: f32) {
        for (plane, value) in self.0.iter_mut().zip(colour.to_array()) {
            plane[index] += amount * (value - plane[index]);
        }
    }

    /// Brightness of every pixel.
    pub(super) fn brightness(&self, out: &mut Vec<f32>) {
        out.clear();
        let [red, green, blue] = &self.0;
        out.extend(red.iter().zip(green).zip(blue).map(|((r, g), b)| BRIGHTNESS.x * r + BRIGHTNESS.y * g + BRIGHTNESS.z * b));
    }

    /// Blurs all planes; `sigma` in pixels.
    pub(super) fn blur(&mut self, sigma: f32, scratch: &mut Vec<f32>) {
        for plane in &mut self.0 {
            blur(plane, sigma, scratch);
        }
    }

    /// Eight bits a channel.
    pub(super) fn to_image(&self) -> RgbImage {
        let [red, green, blue] = &self.0;
        let mut pixels = vec![0; 3 * AREA];
        for (pixel, ((r, g), b)) in pixels.chunks_exact_mut(3).zip(red.iter().zip(green).zip(blue)) {
            pixel[0] = byte(*r);
            pixel[1] = byte(*g);
            pixel[2] = byte(*b);
        }
        RgbImage::from_raw(PICTURE_PX as u32, PICTURE_PX as u32, pixels).unwrap_or_default()
    }
}

fn byte(value: f32) -> u8 {
    (value * 255.0 + 0.5) as u8
}

/// Gaussian blur of one plane with borders continued: exact taps up to 1.5 px, three box filters beyond.
pub(super) fn blur(plane: &mut [f32], sigma: f32, scratch: &mut Vec<f32>) {
    if sigma < 0.2 {
        return;
    }
    scratch.resize(AREA, 0.0);
    if sigma <= 1.5 {
        taps(plane, sigma, scratch);
        return;
    }
    // Three boxes of width 2r + 1 have the variance (2r + 1)² / 4 - 1/4.
    let radius = ((0.25 + sigma * sigma).sqrt() - 0.5).round() as usize;
    for _ in 0..3 {
        box_filter(plane, PICTURE_PX, radius.max(1), scratch);
    }
}

/// Nine exact taps along rows, then along columns.
fn taps(plane: &mut [f32], sigma: f32, scratch: &mut [f32]) {
    const REACH: usize = 4;
    let mut kernel: [f32; 2 * REACH + 1] = std::array::from_fn(|i| (-0.5 * ((i as f32 - REACH as f32) / sigma).powi(2)).exp());
    let sum: f32 = kernel.iter().sum();
    for weight in &mut kernel {
        *weight /= sum;
    }
    let mut padded = [0.0; PICTURE_PX + 2 * REACH];
    for (row, out) in plane.chunks_exact(PICTURE_PX).zip(scratch.chunks_exact_mut(PICTURE_PX)) {
        padded[..REACH].fill(row[0]);
        padded[REACH..REACH + PICTURE_PX].copy_from_slice(row);
        padded[REACH + PICTURE_PX..].fill(row[PICTURE_PX - 1]);
        out.fill(0.0);
        for (tap, k) in kernel.iter().enumerate() {
            out.iter_mut().zip(&padded[tap..]).for_each(|(o, v)| *o += k * v);
        }
    }
    for (y, out) in plane.chunks_exact_mut(PICTURE_PX).enumerate() {
        out.fill(0.0);
        for (tap, k) in kernel.iter().enumerate() {
            let from = (y + tap).saturating_sub(REACH).min(PICTURE_PX - 1) * PICTURE_PX;
            out.iter_mut().zip(&scratch[from..from + PICTURE_PX]).for_each(|(o, v)| *o += k * v);
        }
    }
}

/// Mean over the square of `2 radius + 1` pixels round every pixel of a square plane, at most [`PICTURE_PX`] wide; borders continued.
pub(super) fn box_filter(plane: &mut [f32], side: usize, radius: usize, scratch: &mut [f32]) {
    let share = 1.0 / (2 * radius + 1) as f32;
    let last = side - 1;
    for (row, out) in plane.chunks_exact(side).zip(scratch.chunks_exact_mut(side)) {
        let mut sum = row[0] * (radius + 1) as f32 + (1..=radius).map(|x| row[x.min(last)]).sum::<f32>();
        for (x, value) in out.iter_mut().enumerate() {
            *value = sum * share;
            sum += row[(x + radius + 1).min(last)] - row[x.saturating_sub(radius)];
        }
    }
    let mut sums = [0.0_f32; PICTURE_PX];
    let sums = &mut sums[..side];
    let line = |y: usize| y.min(last) * side..(y.min(last) + 1) * side;
    for y in 0..=radius {
        let weight = if y == 0 { (radius + 1) as f32 } else { 1.0 };
        sums.iter_mut().zip(&scratch[line(y)]).for_each(|(s, v)| *s += weight * v);
    }
    for (y, out) in plane.chunks_exact_mut(side).enumerate() {
        let (enter, leave) = (&scratch[line(y + radius + 1)], &scratch[line(y.saturating_sub(radius))]);
        for ((value, sum), (new, old)) in out.iter_mut().zip(sums.iter_mut()).zip(enter.iter().zip(leave)) {
            *value = *sum * share;
            *sum += new - old;
        }
    }
}

/// Adds smooth random hills of about `PICTURE_PX / cells` pixels and of -gain..gain to a plane.
pub(super) fn add_hills(plane: &mut [f32], random: &mut Random, cells: [usize; 2], gain: f32) {
    let [across, down] = cells.map(|c| c.clamp(1, PICTURE_PX));
    let lattice: Vec<f32> = (0..(across + 1) * (down + 1)).map(|_| random.range(-gain, gain)).collect();
    let places: Vec<(usize, f32)> = (0..PICTURE_PX).map(|x| cell_of(x, across)).collect();
    let mut line = vec![0.0; across + 1];
    for (y, row) in plane.chunks_exact_mut(PICTURE_PX).enumerate() {
        let (cell, t) = cell_of(y, down);
        let (above, below) = (&lattice[cell * (across + 1)..][..=across], &lattice[(cell + 1) * (across + 1)..][..=across]);
        line.iter_mut().zip(above.iter().zip(below)).for_each(|(l, (a, b))| *l = a + (b - a) * t);
        for (value, &(cell, t)) in row.iter_mut().zip(&places) {
            *value += line[cell] + (line[cell + 1] - line[cell]) * t;
        }
    }
}

/// Cell of a lattice over the picture, and the eased place within it.
fn cell_of(pixel: usize, cells: usize) -> (usize, f32) {
    let at = pixel as f32 * cells as f32 / PICTURE_PX as f32;
    let cell = (at as usize).min(cells - 1);
    (cell, smoothstep(0.0, 1.0, at - cell as f32))
}

/// Adds `octaves` of hills, each twice as fine and `fade` times as high as the one before.
pub(super) fn add_clouds(plane: &mut [f32], random: &mut Random, cells: [usize; 2], octaves: usize, fade: f32) {
    let mut gain = 1.0;
    for octave in 0..octaves {
        add_hills(plane, random, cells.map(|c| c << octave), gain);
        gain *= fade;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(sigma: f32) -> Vec<f32> {
        let mut plane = vec![0.0; AREA];
        plane[100 * PICTURE_PX + 90] = 1.0;
        blur(&mut plane, sigma, &mut Vec::new());
        plane
    }

    #[test]
    fn a_blurred_dot_keeps_its_sum_its_place_and_has_the_asked_width() {
        for sigma in [0.7, 1.3, 3.0, 8.0] {
            let plane = dot(sigma);
            let sum: f32 = plane.iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "sum {sum} at sigma {sigma}");
            let moment = |f: &dyn Fn(f32, f32) -> f32| -> f32 {
                plane.iter().enumerate().map(|(i, v)| v * f((i % PICTURE_PX) as f32, (i / PICTURE_PX) as f32)).sum()
            };
            assert!((moment(&|x, _| x) - 90.0).abs() < 0.02, "x is kept at sigma {sigma}");
            assert!((moment(&|_, y| y) - 100.0).abs() < 0.02, "y is kept at sigma {sigma}");
            let width = moment(&|x, _| (x - 90.0).powi(2)).sqrt();
            assert!((width - sigma).abs() < 0.25 * sigma, "width {width} at sigma {sigma}");
        }
    }

    #[test]
    fn a_flat_plane_stays_flat_to_the_border() {
        let mut plane = vec![0.4; AREA];
        blur(&mut plane, 5.0, &mut Vec::new());
        assert!(plane.iter().all(|v| (v - 0.4).abs() < 1e-4), "borders are continued");
    }

    #[test]
    fn pictures_keep_the_order_of_pixels_and_clamp() {
        let mut planes = Planes::new();
        planes.set(PICTURE_PX + 2, Vec3::new(0.5, 2.0, -1.0));
        assert_eq!(planes.to_image().get_pixel(2, 1).0, [128, 255, 0], "row 1, column 2");
    }
}
