//! How blurred a picture shows a face: what is drawn into it must not be sharper than what is round it.

use glam::Vec2;
use image::RgbaImage;
use retrato_core::data::{Crop, FaceMesh};

/// Samples along each side of a crop pixel.
const PER_PX: usize = 2;
/// Standard deviations of the Gaussians between which detail is measured, in samples: fine detail lies between the first two, coarse detail between the last two.
const SCALES: [f32; 4] = [1.0, 2.0, 4.0, 8.0];
/// Bounds of a blur, in crop pixels: below, nothing is seen of it; above, a picture shows no face.
const BOUNDS: std::ops::Range<f32> = 0.2..4.0;
/// Samples of the picture for one, along each side, at most.
const FINEST: usize = 6;

/// The standard deviation, in crop pixels, of the Gaussian by which a picture of a face seems to be blurred, 0 where it is sharp.
///
/// The edges of eyes and lips are taken for steps, whose energy in a band of scales is known for any blur (`step_energy`): the ratio of fine to coarse detail says
/// how blurred they are. Grain and brushwork count as detail, so that a grainy picture counts as sharp.
pub fn blur_of(picture: &RgbaImage, crop: &Crop, mesh_in_crop: &FaceMesh) -> f32 {
    let (fine, coarse) = parts(mesh_in_crop)
        .map(|[low, high]| energies(picture, crop, low, high))
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    if coarse <= 1e-9 { 0.0 } else { blur_with_ratio(fine / coarse) }
}

/// Corners of the boxes round both eyes and the mouth.
fn parts(mesh: &FaceMesh) -> impl Iterator<Item = [Vec2; 2]> {
    let round = |points: Vec<usize>| {
        let at = points.into_iter().map(|i| mesh.0[i].truncate());
        let (low, high) = at.fold((Vec2::MAX, Vec2::MIN), |(low, high), p| (low.min(p), high.max(p)));
        let room = Vec2::splat(0.25 * (high - low).max_element());
        [low - room, high + room]
    };
    let [right, left] = FaceMesh::EYES.map(|edge| edge.map(usize::from).to_vec());
    [right, left, [61, 291, 0, 17].to_vec()].map(round).into_iter()
}

/// Energy of fine and of coarse detail in a box of the crop.
fn energies(picture: &RgbaImage, crop: &Crop, low: Vec2, high: Vec2) -> (f32, f32) {
    let size = (high - low) * PER_PX as f32;
    if !(size.is_finite() && size.min_element() >= 4.0 && size.max_element() <= 4096.0) {
        return (0.0, 0.0);
    }
    let [width, height] = size.to_array().map(|side| side.ceil() as usize);
    let step = crop.scale() / PER_PX as f32;
    let each = (step.ceil() as usize).clamp(1, FINEST);
    let brightness = |at: Vec2| {
        let [x, y] = [0, 1].map(|axis| at[axis].round().clamp(0.0, [picture.width(), picture.height()][axis] as f32 - 1.0) as u32);
        let image::Rgba([r, g, b, _]) = *picture.get_pixel(x, y);
        (f32::from(r) + f32::from(g) + f32::from(b)) / 765.0
    };
    let between = |at: Vec2| {
        let (base, off) = (at.floor(), at - at.floor());
        let row = |y: f32| {
            let [a, b] = [0.0, 1.0].map(|x| brightness(base + Vec2::new(x, y)));
            a + off.x * (b - a)
        };
        row(0.0) + off.y * (row(1.0) - row(0.0))
    };
    let plane = Plane::of(width, height, |x, y| {
        let cell = low + (Vec2::new(x as f32, y as f32) + 0.5) / PER_PX as f32;
        let inside = (0..each * each).map(|k| {
            let at = (Vec2::new((k % each) as f32, (k / each) as f32) + 0.5) / each as f32 - 0.5;
            between(crop.image_from_crop(cell) + at * step)
        });
        inside.sum::<f32>() / (each * each) as f32
    });
    let [a, b, c, d] = SCALES.map(|sigma| plane.blurred(sigma));
    (a.squared_distance(&b), c.squared_distance(&d))
}

/// Energy of a step that is blurred by `sigma` between two scales, per length: the square of the difference of two normal distributions' functions, integrated
/// (Székely 2003: half of the energy distance).
fn step_energy(sigma: f32, fine: f32, coarse: f32) -> f32 {
    let [a, b] = [fine, coarse].map(|scale| scale.hypot(sigma));
    a.hypot(b) - (a + b) * std::f32::consts::FRAC_1_SQRT_2
}

/// The blur, in crop pixels, of steps that have this ratio of fine to coarse detail.
fn blur_with_ratio(ratio: f32) -> f32 {
    let of = |blur_px: f32| {
        let sigma = blur_px * PER_PX as f32;
        step_energy(sigma, SCALES[0], SCALES[1]) / step_energy(sigma, SCALES[2], SCALES[3])
    };
    let (mut low, mut high) = (BOUNDS.start, BOUNDS.end);
    if ratio >= of(low) {
        return 0.0;
    }
    for _ in 0..24 {
        let middle = 0.5 * (low + high);
        if of(middle) > ratio { low = middle } else { high = middle }
    }
    low
}

/// A plane of numbers.
struct Plane {
    width: usize,
    values: Vec<f32>,
}

impl Plane {
    fn of(width: usize, height: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        Self { width, values: (0..width * height).map(|n| value(n % width, n / width)).collect() }
    }

    fn blurred(&self, sigma: f32) -> Self {
        let mut values = self.values.clone();
        blur(&mut values, self.width, sigma);
        Self { width: self.width, values }
    }

    fn squared_distance(&self, other: &Self) -> f32 {
        self.values.iter().zip(&other.values).map(|(a, b)| (a - b).powi(2)).sum()
    }
}

/// Blurs rows of values by a Gaussian of that standard deviation, in values; at the edges they repeat.
pub(super) fn blur<T>(values: &mut [T], width: usize, sigma: f32)
where
    T: Copy + std::ops::Mul<f32, Output = T> + std::ops::Add<Output = T>,
{
    let reach = (2.5 * sigma).ceil() as usize;
    if reach == 0 || width == 0 || values.is_empty() {
        return;
    }
    let weights: Vec<f32> = (0..=reach).map(|n| (-0.5 * (n as f32 / sigma).powi(2)).exp()).collect();
    let whole = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let height = values.len() / width;
    let mut before = values.to_vec();
    for (stride, along, across) in [(1, width, height), (width, height, width)] {
        before.copy_from_slice(values);
        for line in 0..across {
            let first = if stride == 1 { line * width } else { line };
            for n in 0..along {
                let at = |n: usize| before[first + n * stride];
                let mut sum = at(n) * weights[0];
                for (off, weight) in weights.iter().enumerate().skip(1) {
                    sum = sum + (at(n.saturating_sub(off)) + at((n + off).min(along - 1))) * *weight;
                }
                values[first + n * stride] = sum * (1.0 / whole);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::testing;

    /// A face whose eyes and mouth are stripes, blurred by so many pixels of the crop.
    fn found(blur_px: f32) -> f32 {
        let mesh = testing::mesh();
        let crop = testing::crop();
        let sigma = blur_px * crop.scale();
        let side = testing::SIDE as usize;
        let mut values: Vec<f32> =
            (0..side * side).map(|n| f32::from(u8::from((n % side / 41 + n / side / 37).is_multiple_of(2)))).collect();
        blur(&mut values, side, sigma);
        let picture = RgbaImage::from_fn(testing::SIDE, testing::SIDE, |x, y| {
            let level = (40.0 + 170.0 * values[y as usize * side + x as usize]) as u8;
            image::Rgba([level, level, level, 255])
        });
        blur_of(&picture, &crop, &mesh)
    }

    #[test]
    fn a_blur_is_found_as_large_as_it_is() {
        for blur_px in [0.8, 1.5, 2.5] {
            let found = found(blur_px);
            assert!((found / blur_px - 1.0).abs() < 0.25, "{found} for {blur_px}");
        }
        assert!(found(0.01) < 0.45, "sharp: {}", found(0.01));
    }

    #[test]
    fn nothing_to_see_is_sharp_and_nonsense_does_no_harm() {
        let flat = RgbaImage::from_pixel(9, 9, image::Rgba([90; 4]));
        let mesh = testing::mesh();
        let wild = mesh.map(|_| glam::Vec3::NAN);
        assert_eq!((blur_of(&flat, &testing::crop(), &mesh), blur_of(&flat, &testing::crop(), &wild)), (0.0, 0.0));
    }
}
