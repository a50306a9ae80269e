//! How sharp an output is beside its target: the energy of the luminance above a quarter of the sampling rate.
//!
//! The luminance `Y = 0.2126 R + 0.7152 G + 0.0722 B` (ITU-R BT.709) of both pictures, on a scale from 0 to 1, is parted by a half-band filter: `h`, the
//! interpolating filter of Deslauriers and Dubuc (1989) with eleven taps, passes half of the amplitude at a quarter of the sampling rate, nearly all below
//! and nearly nothing above. What it leaves out, `H = Y - h * hᵀ * Y`, holds all that varies faster than a quarter of the sampling rate along rows or
//! columns. The energy of a picture is the mean of `H²` over a region, and the sharpness of an output is its energy over that of the target: 1 when it is
//! as sharp, less when it is blurred, more when it is noisy or has edges that are not there.

use image::RgbImage;

use super::Mask;

/// The half-band filter from its middle outwards; the other half is its mirror image. Its taps sum to 1.
const HALF_BAND: [f64; 6] = [256.0 / 512.0, 150.0 / 512.0, 0.0, -25.0 / 512.0, 0.0, 3.0 / 512.0];

/// Energy below which a target has no detail to compare with: that of differences of a hundredth of an 8-bit step.
const LEAST_ENERGY: f64 = (0.01 / 255.0) * (0.01 / 255.0);

/// Energies above a quarter of the sampling rate in the same region of an output and of its target, per pixel, of luminance from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Detail {
    /// Of the output.
    pub output: f64,
    /// Of the target.
    pub target: f64,
}

impl Detail {
    /// Mean energies over the frames of a clip; frames with more detail count more.
    pub(super) fn over_frames(frames: impl Iterator<Item = Self>) -> Self {
        let (sum, count) = frames.fold((Self::default(), 0.0_f64), |(sum, count), frame| {
            (Self { output: sum.output + frame.output, target: sum.target + frame.target }, count + 1.0)
        });
        let count = count.max(1.0);
        Self { output: sum.output / count, target: sum.target / count }
    }

    /// Output over target; `None` where the target has no detail.
    pub fn sharpness(self) -> Option<f64> {
        (self.target > LEAST_ENERGY).then(|| self.output / self.target)
    }
}

/// Detail of an output and of its target in a region; `None` when they differ in size or the region is empty.
pub fn compare_detail(output: &RgbImage, target: &RgbImage, region: &Mask) -> Option<Detail> {
    let energy = |picture| region.mean_of(&high_energy(picture));
    let comparable = output.dimensions() == target.dimensions() && output.width() > 0;
    comparable.then(|| Some(Detail { output: energy(output)?, target: energy(target)? })).flatten()
}

/// `H²` at every pixel, row by row.
fn high_energy(picture: &RgbImage) -> Vec<f64> {
    let width = picture.width() as usize;
    let luminance: Vec<f64> =
        picture.pixels().map(|p| (0.2126 * f64::from(p[0]) + 0.7152 * f64::from(p[1]) + 0.0722 * f64::from(p[2])) / 255.0).collect();
    let rows: Vec<f64> = luminance.chunks_exact(width).flat_map(low_pass).collect();
    let height = luminance.len() / width;
    let columns: Vec<Vec<f64>> = (0..width).map(|x| low_pass(&rows[x..].iter().step_by(width).copied().collect::<Vec<_>>())).collect();
    debug_assert!(columns.iter().all(|column| column.len() == height), "a value for every pixel");
    luminance.iter().enumerate().map(|(i, y)| (y - columns[i % width][i / width]).powi(2)).collect()
}

/// One line through the half-band filter; past its ends it goes on mirrored, the last pixel repeated.
fn low_pass(line: &[f64]) -> Vec<f64> {
    let last = line.len().cast_signed() - 1;
    let at = |i: isize| {
        let mut i = i;
        while !(0..=last).contains(&i) {
            i = if i < 0 { -1 - i } else { 2 * last + 1 - i };
        }
        line[i as usize]
    };
    let filtered = |i: isize| {
        let taps = HALF_BAND.iter().zip(0..).skip(1);
        HALF_BAND[0] * at(i) + taps.map(|(tap, k)| tap * (at(i - k) + at(i + k))).sum::<f64>()
    };
    (0..=last).map(filtered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::MEASURE_PX;
    use crate::random::Random;

    /// Everything but the border, where the picture goes on mirrored.
    fn inside() -> Mask {
        let far = f64::from(MEASURE_PX) - 9.0;
        Mask::from_fn(|p| p.cmpge(glam::DVec2::splat(8.0)).all() && p.cmple(glam::DVec2::splat(far)).all())
    }

    fn grey(value: impl Fn(u32, u32) -> f64) -> RgbImage {
        RgbImage::from_fn(MEASURE_PX, MEASURE_PX, |x, y| image::Rgb([value(x, y).round() as u8; 3]))
    }

    fn sharpness(output: &RgbImage, target: &RgbImage) -> Option<f64> {
        compare_detail(output, target, &inside()).expect("pictures of one size").sharpness()
    }

    /// A textured picture, such as skin and lashes are.
    fn texture() -> RgbImage {
        let mut random = Random::new(4, 0);
        let noise: Vec<f64> = (0..MEASURE_PX * MEASURE_PX).map(|_| f64::from(random.normal(0.0, 12.0))).collect();
        grey(|x, y| (f64::from(x) * 0.4).sin().mul_add(30.0, 128.0) + noise[(y * MEASURE_PX + x) as usize])
    }

    #[test]
    fn the_filter_halves_a_quarter_of_the_sampling_rate_and_stops_what_is_twice_as_fast() {
        let gain = |frequency: f64| {
            let wave = |k: usize| (std::f64::consts::TAU * frequency * k as f64).cos();
            HALF_BAND[0] + 2.0 * HALF_BAND.iter().enumerate().skip(1).map(|(k, tap)| tap * wave(k)).sum::<f64>()
        };
        for (frequency, expected) in [(0.0, 1.0), (0.25, 0.5), (0.5, 0.0)] {
            assert!((gain(frequency) - expected).abs() < 1e-12, "{frequency} of the sampling rate: {}", gain(frequency));
        }
        assert!(gain(0.125) > 0.97 && gain(0.375).abs() < 0.03, "steep: {} and {}", gain(0.125), gain(0.375));
    }

    #[test]
    fn the_same_picture_is_as_sharp() {
        assert_eq!(sharpness(&texture(), &texture()), Some(1.0), "exactly");
    }

    #[test]
    fn stripes_of_half_the_contrast_have_a_quarter_of_the_energy() {
        let stripes = |contrast: f64| grey(move |x, _| 128.0 + if x % 2 == 0 { contrast } else { -contrast });
        let detail = compare_detail(&stripes(20.0), &stripes(40.0), &inside()).expect("pictures of one size");
        // The fastest stripes there are: nothing of them passes the filter.
        assert!((detail.target - (40.0_f64 / 255.0).powi(2)).abs() < 1e-12, "{detail:?}");
        assert!(detail.sharpness().is_some_and(|s| (s - 0.25).abs() < 1e-9), "{detail:?}");
    }

    #[test]
    fn a_blurred_picture_is_less_sharp_and_a_noisy_one_more() {
        let target = texture();
        let slightly = image::imageops::blur(&target, 0.6);
        let much = image::imageops::blur(&target, 1.5);
        let [a, b] = [&slightly, &much].map(|picture| sharpness(picture, &target).expect("a target with detail"));
        assert!(a < 0.6 && b < 0.1 && b < a, "blurred: {a} and {b}");
        let mut random = Random::new(5, 0);
        let mut noisy = target.clone();
        noisy.pixels_mut().for_each(|p| {
            let more = random.normal(0.0, 12.0);
            p.0 = p.0.map(|v| (f32::from(v) + more).round().clamp(0.0, 255.0) as u8);
        });
        let noisy = sharpness(&noisy, &target).expect("a target with detail");
        assert!((1.7..2.3).contains(&noisy), "noise as strong as the texture doubles its energy: {noisy}");
    }

    #[test]
    fn slow_changes_of_light_count_as_no_detail() {
        let slow = grey(|x, y| 100.0 + 50.0 * (f64::from(x) / 30.0).sin() + 0.2 * f64::from(y));
        let detail = compare_detail(&slow, &texture(), &inside()).expect("pictures of one size");
        // What is left is the rounding to whole levels: a twelfth of a step's square, three quarters of which is fast.
        assert!(detail.output < 1.2 / 12.0 / 255.0_f64.powi(2), "{detail:?}");
        assert_eq!(sharpness(&texture(), &grey(|_, _| 90.0)), None, "a flat target has nothing to compare with");
        assert_eq!(compare_detail(&slow, &RgbImage::new(8, 8), &inside()), None, "another size");
        assert_eq!(compare_detail(&slow, &slow, &Mask::from_fn(|_| false)), None, "no region");
    }
}
