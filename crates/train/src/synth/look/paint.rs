//! Paint: the Kuwahara filter, which turns a picture into flat touches with crisp edges, and sharpening.

use super::super::planes::{AREA, BRIGHTNESS, Planes, blur, box_filter};
use crate::data::PICTURE_PX;

/// Variance of brightness below which windows count as equally flat: about 1.5 of 255 levels.
const FLAT: f32 = 4e-5;

/// Kuwahara's filter (Kuwahara et al. 1976) with soft choice: of four windows of `2 half + 1` pixels that touch the pixel, the flattest count most.
pub(super) fn kuwahara(planes: &mut Planes, half: usize, work: &mut [Vec<f32>; 6]) {
    let [red, green, blue, variance, mean, scratch] = work;
    planes.brightness(mean);
    variance.clear();
    variance.extend(mean.iter().map(|v| v * v));
    scratch.resize(AREA, 0.0);
    for (copy, plane) in [&mut *red, &mut *green, &mut *blue].into_iter().zip(&planes.0) {
        copy.clear();
        copy.extend_from_slice(plane);
    }
    for plane in [&mut *red, &mut *green, &mut *blue, &mut *variance] {
        box_filter(plane, PICTURE_PX, half, scratch);
    }
    for (square, ((r, g), b)) in variance.iter_mut().zip(red.iter().zip(&*green).zip(&*blue)) {
        let brightness = BRIGHTNESS.x * r + BRIGHTNESS.y * g + BRIGHTNESS.z * b;
        let flatness = 1.0 / ((*square - brightness * brightness).max(0.0) + FLAT);
        *square = flatness * flatness * flatness;
    }
    blend_windows(planes, half, [red, green, blue], variance);
}

/// Mean of the four windows round every pixel, weighted by their flatness.
fn blend_windows(planes: &mut Planes, half: usize, means: [&[f32]; 3], weights: &[f32]) {
    let last = PICTURE_PX - 1;
    for y in 0..PICTURE_PX {
        let rows = [y.saturating_sub(half) * PICTURE_PX, (y + half).min(last) * PICTURE_PX];
        for x in 0..PICTURE_PX {
            let columns = [x.saturating_sub(half), (x + half).min(last)];
            let windows = [rows[0] + columns[0], rows[0] + columns[1], rows[1] + columns[0], rows[1] + columns[1]];
            let shares = windows.map(|w| weights[w]);
            let total = 1.0 / shares.iter().sum::<f32>();
            for (plane, mean) in planes.0.iter_mut().zip(means) {
                let sum: f32 = windows.iter().zip(shares).map(|(w, share)| share * mean[*w]).sum();
                plane[y * PICTURE_PX + x] = sum * total;
            }
        }
    }
}

/// Adds what a blur of 1.2 px takes away, `amount` times.
pub(super) fn sharpen(planes: &mut Planes, amount: f32, work: &mut [Vec<f32>; 6]) {
    let [copy, scratch, ..] = work;
    for plane in &mut planes.0 {
        copy.clear();
        copy.extend_from_slice(plane);
        blur(copy, 1.2, scratch);
        plane.iter_mut().zip(&*copy).for_each(|(v, soft)| *v = (*v + amount * (*v - soft)).clamp(0.0, 1.0));
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    #[test]
    fn kuwahara_keeps_an_edge_and_flattens_noise() {
        let mut planes = Planes::new();
        let mut random = crate::random::Random::new(1, 1);
        for i in 0..AREA {
            let side = if i % PICTURE_PX < 128 { 0.2 } else { 0.8 };
            planes.set(i, Vec3::splat(side + random.range(-0.05, 0.05)));
        }
        kuwahara(&mut planes, 2, &mut Default::default());
        let row = 100 * PICTURE_PX;
        assert!(planes.at(row + 126).x < 0.3 && planes.at(row + 129).x > 0.7, "the edge stays sharp");
        let spread = (row + 20..row + 100).map(|i| (planes.at(i).x - 0.2).abs()).fold(0.0, f32::max);
        assert!(spread < 0.04, "noise is flattened to {spread}");
    }
}
