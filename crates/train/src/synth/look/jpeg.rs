//! The blocks of a coarse JPEG: discrete cosine transform of 8x8 pixels, rounding, and back.

use std::f32::consts::PI;

use super::super::planes::Planes;
use crate::data::PICTURE_PX;

const SIDE: usize = 8;

/// Rounds every block's frequencies to multiples of `step` (in 0..1 of the full range) times a weight that grows with frequency.
pub(super) fn coarsen(planes: &mut Planes, step: f32) {
    let [red, green, blue] = &mut planes.0;
    for ((r, g), b) in red.iter_mut().zip(green.iter_mut()).zip(blue.iter_mut()) {
        let brightness = 0.299 * *r + 0.587 * *g + 0.114 * *b;
        (*r, *b) = (*r - brightness, *b - brightness);
        *g = brightness;
    }
    let cosines = cosines();
    for (plane, coarse) in planes.0.iter_mut().zip([2.0, 1.0, 2.0]) {
        for corner_y in (0..PICTURE_PX).step_by(SIDE) {
            for corner_x in (0..PICTURE_PX).step_by(SIDE) {
                round_block(plane, corner_y * PICTURE_PX + corner_x, step * coarse, &cosines);
            }
        }
    }
    let [red, green, blue] = &mut planes.0;
    for ((r, g), b) in red.iter_mut().zip(green.iter_mut()).zip(blue.iter_mut()) {
        let brightness = *g;
        (*r, *b) = (*r + brightness, *b + brightness);
        *g = (brightness - 0.299 * *r - 0.114 * *b) / 0.587;
    }
}

/// Row `k` is the cosine of frequency `k`; the matrix is orthogonal.
fn cosines() -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|k| {
        let norm = if k == 0 { (1.0 / SIDE as f32).sqrt() } else { (2.0 / SIDE as f32).sqrt() };
        std::array::from_fn(|i| norm * (PI * k as f32 * (i as f32 + 0.5) / SIDE as f32).cos())
    })
}

fn round_block(plane: &mut [f32], corner: usize, step: f32, cosines: &[[f32; SIDE]; SIDE]) {
    let mut block: [[f32; SIDE]; SIDE] = [[0.0; SIDE]; SIDE];
    for (y, row) in block.iter_mut().enumerate() {
        row.copy_from_slice(&plane[corner + y * PICTURE_PX..][..SIDE]);
    }
    let transposed = turned(cosines);
    let mut waves = product(&product(cosines, &block), &transposed);
    for (y, row) in waves.iter_mut().enumerate() {
        for (x, wave) in row.iter_mut().enumerate() {
            let quantum = step * (1.0 + 0.9 * (x + y) as f32);
            // Add and subtract half: rounds to the nearest without a call.
            let steps = *wave / quantum;
            *wave = (steps + if steps < 0.0 { -0.5 } else { 0.5 }) as i32 as f32 * quantum;
        }
    }
    let block = product(&product(&transposed, &waves), cosines);
    for (y, row) in block.iter().enumerate() {
        plane[corner + y * PICTURE_PX..][..SIDE].copy_from_slice(row);
    }
}

fn turned(a: &[[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|y| std::array::from_fn(|x| a[x][y]))
}

fn product(a: &[[f32; SIDE]; SIDE], b: &[[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    let mut out = [[0.0; SIDE]; SIDE];
    for (row, left) in out.iter_mut().zip(a) {
        for (weight, right) in left.iter().zip(b) {
            row.iter_mut().zip(right).for_each(|(o, v)| *o += weight * v);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use glam::Vec3;

    use super::*;

    #[test]
    fn fine_steps_change_little_and_coarse_ones_more() {
        let mut card = Planes::new();
        for i in 0..PICTURE_PX * PICTURE_PX {
            let (x, y) = ((i % PICTURE_PX) as f32, (i / PICTURE_PX) as f32);
            card.set(i, Vec3::new(0.5 + 0.4 * (x * 0.3).sin(), 0.5 + 0.3 * (y * 0.2).cos(), 0.4));
        }
        let error = |step: f32| {
            let mut planes = card.clone();
            coarsen(&mut planes, step);
            planes.0.iter().flatten().zip(card.0.iter().flatten()).map(|(a, b)| (a - b).abs()).sum::<f32>()
                / (3 * PICTURE_PX * PICTURE_PX) as f32
        };
        assert!(error(1e-4) < 1e-3, "nearly unchanged: {}", error(1e-4));
        assert!(error(0.1) > 5.0 * error(0.005), "coarser is worse: {} against {}", error(0.1), error(0.005));
        assert!(error(0.1) < 0.1, "but still the picture");
    }
}
