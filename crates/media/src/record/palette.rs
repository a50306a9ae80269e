//! A palette for GIFs: chosen from pictures, with fast look-up and an ordered dither that does not crawl from picture to picture.

use image::RgbaImage;

/// Colours of a palette; one more index stands for "unchanged".
pub(super) const COLOURS: usize = 255;

/// The index that stands for "unchanged".
pub(super) const UNCHANGED: u8 = 255;

/// Thoroughness of the palette search, 1 (best) to 30.
const SEARCH_SPEED: i32 = 4;

/// Most pixels the search looks at.
const MOST_SAMPLES: usize = 60_000;

/// Bits per channel of the look-up table.
const TABLE_BITS: u32 = 6;

/// Marks a table entry that was not searched yet.
const UNKNOWN: u16 = u16::MAX;

/// Order of thresholds in an 8x8 block (Bayer), 0 to 63.
const BAYER: [[i16; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

/// Up to [`COLOURS`] colours and the way from any colour to them.
pub(super) struct Palette {
    colours: Vec<[u8; 3]>,
    nearest: Vec<u16>,
    /// Width of the dither, in steps of a channel: how far colours of the palette are apart.
    spread: i16,
}

impl Palette {
    /// The palette that suits these pictures.
    pub(super) fn of<'a>(pictures: impl Iterator<Item = &'a RgbaImage> + Clone) -> Self {
        let pixels: usize = pictures.clone().map(|picture| picture.as_raw().len() / 4).sum();
        // An odd step does not fall into the columns of pictures with even sides.
        let step = (pixels / MOST_SAMPLES).max(1) | 1;
        let samples: Vec<u8> = pictures
            .flat_map(|picture| picture.as_raw().chunks_exact(4))
            .step_by(step)
            .filter(|pixel| is_seen(pixel))
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Self::from_samples(&samples)
    }

    fn from_samples(samples: &[u8]) -> Self {
        // The search wants a picture; any shape will do, as long as its sides fit.
        let height = (samples.len() / 3).div_ceil(usize::from(u16::MAX)).max(1);
        let width = samples.len() / 3 / height;
        let found = gif::Frame::from_rgb_speed(width as u16, height as u16, &samples[..3 * width * height], SEARCH_SPEED).palette;
        let mut colours: Vec<[u8; 3]> = found.unwrap_or_default().chunks_exact(3).map(|colour| [colour[0], colour[1], colour[2]]).collect();
        colours.sort_unstable();
        colours.dedup();
        if colours.is_empty() {
            colours.push([0; 3]);
        }
        while colours.len() > COLOURS {
            let spare = most_crowded(&colours);
            colours.remove(spare);
        }
        let spread = typical_distance(&colours);
        Self { colours, nearest: vec![UNKNOWN; 1 << (3 * TABLE_BITS)], spread }
    }

    /// The colours as a GIF wants them: 256 triples.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.colours.concat();
        bytes.resize(256 * 3, 0);
        bytes
    }

    /// The index for a pixel at a place of the picture, dithered.
    pub(super) fn index(&mut self, rgb: [u8; 3], x: usize, y: usize) -> u8 {
        let shift = (BAYER[y % 8][x % 8] - 32) * self.spread / 64;
        let shifted = rgb.map(|channel| (i16::from(channel) + shift).clamp(0, 255) as u8);
        self.nearest(shifted)
    }

    /// A colour of the palette.
    pub(super) fn colour(&self, index: u8) -> [u8; 3] {
        self.colours.get(usize::from(index)).copied().unwrap_or_default()
    }

    /// Mean squared distance of a picture's pixels from the palette, before dithering; looks at a part of them.
    pub(super) fn error(&mut self, picture: &RgbaImage) -> f32 {
        let (mut sum, mut count) = (0_u64, 0_u64);
        for pixel in picture.as_raw().chunks_exact(4).step_by(37).filter(|pixel| is_seen(pixel)) {
            let rgb = [pixel[0], pixel[1], pixel[2]];
            let index = self.nearest(rgb);
            sum += u64::from(distance(rgb, self.colour(index)));
            count += 1;
        }
        sum as f32 / count.max(1) as f32
    }

    fn nearest(&mut self, rgb: [u8; 3]) -> u8 {
        let key = rgb.iter().fold(0, |key, &channel| key << TABLE_BITS | usize::from(channel >> (8 - TABLE_BITS)));
        if self.nearest[key] == UNKNOWN {
            // The cell's middle stands for all of it.
            let middle = rgb.map(|channel| (channel >> (8 - TABLE_BITS) << (8 - TABLE_BITS)) | 1 << (7 - TABLE_BITS));
            let best = (0..self.colours.len()).min_by_key(|&i| distance(middle, self.colours[i]));
            self.nearest[key] = best.unwrap_or(0) as u16;
        }
        self.nearest[key] as u8
    }
}

/// Whether a pixel, red to alpha, is there in a format whose pixels are there or not.
pub(super) fn is_seen(pixel: &[u8]) -> bool {
    const HALF: u8 = 128;
    pixel.get(3).is_some_and(|alpha| *alpha >= HALF)
}

/// Squared distance, weighted roughly as the eye does.
fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    let square = |i: usize| u32::from(a[i].abs_diff(b[i])).pow(2);
    (2 * square(0) + 4 * square(1) + square(2)) / 7
}

fn nearest_other(colours: &[[u8; 3]], i: usize) -> u32 {
    let others = colours.iter().enumerate().filter(|(j, _)| *j != i);
    others.map(|(_, other)| distance(colours[i], *other)).min().unwrap_or(0)
}

/// The colour that is missed least.
fn most_crowded(colours: &[[u8; 3]]) -> usize {
    (0..colours.len()).min_by_key(|&i| nearest_other(colours, i)).unwrap_or(0)
}

/// Median distance between neighbours, in steps of a channel; none where there are few colours, since flat areas then are meant to be flat.
fn typical_distance(colours: &[[u8; 3]]) -> i16 {
    if colours.len() < 64 {
        return 0;
    }
    let mut distances: Vec<u32> = (0..colours.len()).map(|i| nearest_other(colours, i)).collect();
    distances.sort_unstable();
    f64::from(distances[distances.len() / 2]).sqrt().round() as i16
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn few_colours_are_kept_exactly() {
        let picture = RgbaImage::from_fn(40, 40, |x, y| if (x + y) % 3 == 0 { Rgba([250, 10, 20, 255]) } else { Rgba([4, 90, 200, 255]) });
        let mut palette = Palette::of(std::iter::once(&picture));
        let index = palette.index([250, 10, 20], 5, 6);
        assert_eq!(palette.colour(index), [250, 10, 20], "an exact colour");
        assert!(palette.error(&picture) < 1e-6, "nothing is lost");
        assert_ne!(index, UNCHANGED, "the special index is never used for a colour");
    }

    #[test]
    fn dithering_keeps_the_mean_of_a_gradient() {
        let picture = RgbaImage::from_fn(256, 256, |x, y| Rgba([x as u8, y as u8, x.midpoint(y) as u8, 255]));
        let mut palette = Palette::of(std::iter::once(&picture));
        let block_mean = |palette: &mut Palette, left: usize, top: usize| {
            let pixels = (0..64).map(|i| (left + i % 8, top + i / 8));
            let shown = pixels.map(|(x, y)| {
                let index = palette.index([x as u8, y as u8, x.midpoint(y) as u8], x, y);
                f32::from(palette.colour(index)[1])
            });
            shown.sum::<f32>() / 64.0
        };
        for at in [(32, 64), (120, 120), (200, 48)] {
            let mean = block_mean(&mut palette, at.0, at.1);
            assert!((mean - (at.1 as f32 + 3.5)).abs() < 9.0, "mean of the block at {at:?} is {mean}");
        }
    }
}
