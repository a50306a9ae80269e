//! Where the pieces of a picture are put together: as they are, or averaged down.

use image::RgbaImage;

/// Longest step: the sums of more pixels would not fit.
pub(super) const MAX_STEP: u32 = 128;

/// A picture in the making.
pub(super) struct Canvas {
    full: [u32; 2],
    step: u32,
    pixels: RgbaImage,
    /// Sums over the pixels that become one, the colours times alpha; empty where every pixel stays.
    sums: Vec<[u32; 4]>,
}

impl Canvas {
    /// For a picture of `full` size of which `step` pixels across and down become one.
    pub(super) fn new(full: [u32; 2], step: u32) -> Self {
        let step = step.clamp(1, MAX_STEP);
        let [width, height] = full.map(|side| side.div_ceil(step));
        let sums = if step == 1 { Vec::new() } else { vec![[0; 4]; width as usize * height as usize] };
        Self { full, step, pixels: RgbaImage::new(width, height), sums }
    }

    /// Puts a part of a row at its place; what reaches out of the picture is left out.
    pub(super) fn put(&mut self, left: u32, y: u32, row: &[[u8; 4]]) {
        if y >= self.full[1] || left >= self.full[0] {
            return;
        }
        let row = &row[..row.len().min((self.full[0] - left) as usize)];
        let (width, step) = (self.pixels.width() as usize, self.step as usize);
        let start = (y / self.step) as usize * width;
        if self.sums.is_empty() {
            let at = 4 * (start + left as usize);
            self.pixels.as_mut()[at..at + 4 * row.len()].copy_from_slice(row.as_flattened());
            return;
        }
        for (x, pixel) in (left as usize..).zip(row) {
            let sum = &mut self.sums[start + x / step];
            let alpha = u32::from(pixel[3]);
            for (sum, value) in sum.iter_mut().zip([pixel[0], pixel[1], pixel[2]]) {
                *sum += u32::from(value) * alpha;
            }
            sum[3] += alpha;
        }
    }

    /// The picture.
    pub(super) fn finish(mut self) -> RgbaImage {
        let (full, step) = (self.full, self.step);
        let covered = |at: u32, side: u32| step.min(side - at * step);
        for ((x, y, pixel), sum) in self.pixels.enumerate_pixels_mut().zip(&self.sums) {
            let count = covered(x, full[0]) * covered(y, full[1]);
            let alpha = sum[3].max(1);
            let [r, g, b] = [sum[0], sum[1], sum[2]].map(|value| ((value + alpha / 2) / alpha).min(255) as u8);
            pixel.0 = [r, g, b, ((sum[3] + count / 2) / count) as u8];
        }
        self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_step_pixels_stay_as_they_are() {
        let mut canvas = Canvas::new([3, 2], 1);
        canvas.put(0, 0, &[[1, 2, 3, 4]; 9]);
        canvas.put(1, 1, &[[5; 4]]);
        canvas.put(0, 2, &[[9; 4]]);
        let rows: Vec<u8> = canvas.finish().into_raw();
        assert_eq!(rows[..12], [1, 2, 3, 4].repeat(3), "what reaches out is left out");
        assert_eq!(rows[12..], [0, 0, 0, 0, 5, 5, 5, 5, 0, 0, 0, 0], "one pixel of the second row");
    }

    #[test]
    fn pixels_that_become_one_are_averaged_by_what_is_seen_of_them() {
        let mut canvas = Canvas::new([5, 3], 2);
        for y in 0..3 {
            canvas.put(0, y, &[[200, 0, 0, 255], [100, 0, 0, 255], [90, 0, 0, 255], [0, 0, 0, 0], [40, 50, 60, 255]]);
        }
        let pixels = canvas.finish();
        assert_eq!(pixels.dimensions(), (3, 2), "the rest of a step is a pixel, too");
        assert_eq!(pixels.get_pixel(0, 0).0, [150, 0, 0, 255], "the mean");
        assert_eq!(pixels.get_pixel(1, 1).0, [90, 0, 0, 128], "hidden colours count for nothing");
        assert_eq!(pixels.get_pixel(2, 1).0, [40, 50, 60, 255], "in the corner");
    }
}
