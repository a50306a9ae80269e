//! Structural similarity (Wang et al., 2004) as scikit-image computes it by default: 7 x 7 uniform window, sample covariance, edges reflected.

use image::RgbImage;

/// Side of the window over which means and covariances are taken, in pixels.
const WINDOW: usize = 7;
/// Pixels at each edge whose window reaches outside; they do not count in the mean.
const MARGIN: usize = WINDOW / 2;
/// Stabilisers `(k * range)²` with `k` of 0.01 and 0.03 and a range of 1.
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Similarity of two pictures, at every pixel and as one number.
#[derive(Clone, Debug, PartialEq)]
pub struct SsimMap {
    /// Mean over the three channels, without the outermost 3 pixels; 1 for equal pictures.
    pub mean: f64,
    /// Row by row, one value a pixel, each the mean over the three channels.
    pub map: Vec<f64>,
}

/// Structural similarity of two pictures of the same size, each side at least 7 pixels; `None` for any other pair.
pub fn structural_similarity(a: &RgbImage, b: &RgbImage) -> Option<SsimMap> {
    let (width, height) = (a.width() as usize, a.height() as usize);
    if a.dimensions() != b.dimensions() || width < WINDOW || height < WINDOW {
        return None;
    }
    let mut map = vec![0.0; width * height];
    for channel in 0..3 {
        let similarity = channel_similarity(&plane(a, channel), &plane(b, channel), width);
        map.iter_mut().zip(similarity).for_each(|(sum, s)| *sum += s / 3.0);
    }
    Some(SsimMap { mean: mean_inside(&map, width), map })
}

/// One channel as numbers from 0 to 1.
fn plane(picture: &RgbImage, channel: usize) -> Vec<f64> {
    picture.pixels().map(|p| f64::from(p.0[channel]) / 255.0).collect()
}

fn channel_similarity(a: &[f64], b: &[f64], width: usize) -> Vec<f64> {
    const SAMPLES: f64 = (WINDOW * WINDOW) as f64;
    const UNBIASED: f64 = SAMPLES / (SAMPLES - 1.0);
    let product_mean = |p: &[f64], q: &[f64]| window_mean(&p.iter().zip(q).map(|(x, y)| x * y).collect::<Vec<_>>(), width);
    let (mean_a, mean_b) = (window_mean(a, width), window_mean(b, width));
    let (square_a, square_b, product) = (product_mean(a, a), product_mean(b, b), product_mean(a, b));
    (0..a.len())
        .map(|i| {
            let (ma, mb) = (mean_a[i], mean_b[i]);
            let variances = UNBIASED * (square_a[i] - ma * ma + square_b[i] - mb * mb);
            let covariance = UNBIASED * (product[i] - ma * mb);
            ((2.0 * ma * mb + C1) * (2.0 * covariance + C2)) / ((ma * ma + mb * mb + C1) * (variances + C2))
        })
        .collect()
}

/// Mean over the window around every pixel; past an edge the picture goes on mirrored, the edge pixel repeated.
fn window_mean(values: &[f64], width: usize) -> Vec<f64> {
    let height = values.len() / width;
    let mut rows = Vec::with_capacity(values.len());
    for row in values.chunks_exact(width) {
        push_line_means(row.iter().copied(), &mut rows);
    }
    let mut columns = Vec::with_capacity(values.len());
    for x in 0..width {
        push_line_means(rows[x..].iter().step_by(width).copied(), &mut columns);
    }
    (0..values.len()).map(|i| columns[(i % width) * height + i / width]).collect()
}

/// Appends the running mean of one line, by differences of its prefix sums.
fn push_line_means(line: impl ExactSizeIterator<Item = f64> + Clone, means: &mut Vec<f64>) {
    let len = line.len();
    let values: Vec<f64> = line.collect();
    let mut sums = Vec::with_capacity(len + 2 * MARGIN + 1);
    let mut sum = 0.0;
    sums.push(sum);
    let mirrored = (0..MARGIN).rev().chain(0..len).chain((len - MARGIN..len).rev());
    for i in mirrored {
        sum += values[i];
        sums.push(sum);
    }
    means.extend((0..len).map(|i| (sums[i + WINDOW] - sums[i]) / WINDOW as f64));
}

fn mean_inside(map: &[f64], width: usize) -> f64 {
    let height = map.len() / width;
    let inside = map.chunks_exact(width).skip(MARGIN).take(height - 2 * MARGIN).flat_map(|row| &row[MARGIN..width - MARGIN]);
    inside.sum::<f64>() / ((width - 2 * MARGIN) * (height - 2 * MARGIN)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn equal_pictures_are_fully_similar_everywhere() {
        let picture = RgbImage::from_fn(9, 8, |x, y| Rgb([(x * 20) as u8, (y * 30) as u8, (x * y) as u8]));
        let ssim = structural_similarity(&picture, &picture).expect("a valid pair");
        assert!((ssim.mean - 1.0).abs() < 1e-12, "mean {}", ssim.mean);
        assert!(ssim.map.iter().all(|s| (s - 1.0).abs() < 1e-9), "every pixel");
    }

    #[test]
    fn flat_pictures_differ_by_the_luminance_term_alone() {
        let flat = |v: u8| RgbImage::from_pixel(10, 10, Rgb([v, v, v]));
        let ssim = structural_similarity(&flat(51), &flat(102)).expect("a valid pair");
        // Means 0.2 and 0.4, no variance: (2 * 0.08 + 1e-4) / (0.04 + 0.16 + 1e-4).
        let by_hand = 0.1601 / 0.2001;
        assert!((ssim.mean - by_hand).abs() < 1e-9, "{} instead of {by_hand}", ssim.mean);
    }

    #[test]
    fn one_different_pixel_in_a_single_window_matches_the_calculation_by_hand() {
        let black = RgbImage::new(7, 7);
        let mut spot = black.clone();
        spot.put_pixel(3, 3, Rgb([255, 255, 255]));
        let ssim = structural_similarity(&black, &spot).expect("a valid pair");
        // Only the middle pixel counts: mean 1/49, sample variance (1/49 - 1/49²) * 49/48 = 1/49, covariance 0.
        let m = 1.0 / 49.0;
        let by_hand = (C1 * C2) / ((m * m + C1) * (m + C2));
        assert!((ssim.mean - by_hand).abs() < 1e-9, "{} instead of {by_hand}", ssim.mean);
    }

    #[test]
    fn window_mean_reflects_with_the_edge_repeated() {
        let line: Vec<f64> = (0..8).map(f64::from).collect();
        let mut means = Vec::new();
        push_line_means(line.iter().copied(), &mut means);
        // At 0 the window holds 2 1 0 | 0 1 2 3.
        assert!((means[0] - 9.0 / 7.0).abs() < 1e-12, "left edge {}", means[0]);
        assert!((means[4] - 4.0).abs() < 1e-12, "middle {}", means[4]);
        assert!((means[7] - (4.0 + 5.0 + 6.0 + 7.0 + 7.0 + 6.0 + 5.0) / 7.0).abs() < 1e-12, "right edge {}", means[7]);
    }

    #[test]
    fn pictures_that_cannot_be_compared_give_nothing() {
        assert_eq!(structural_similarity(&RgbImage::new(9, 9), &RgbImage::new(9, 8)), None, "sizes differ");
        assert_eq!(structural_similarity(&RgbImage::new(6, 9), &RgbImage::new(6, 9)), None, "smaller than the window");
        assert_eq!(structural_similarity(&RgbImage::new(0, 0), &RgbImage::new(0, 0)), None, "empty");
    }
}
