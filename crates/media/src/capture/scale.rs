//! Brings decoded pictures into shape: upright, and no larger than asked for.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

use crate::scale::{FilterType, Scaler, inner_size};

/// Turns and scales pictures, one after the other.
pub(super) struct Shaper {
    /// Size before turning and scaling.
    stored: [u32; 2],
    /// Size before turning, after scaling.
    scaled: [u32; 2],
    orientation: Orientation,
    scaler: Scaler,
}

impl Shaper {
    /// For pictures of `size` that are to be turned by `orientation` and made to fit `max_side_px`.
    pub(super) fn new(size: [u32; 2], orientation: Orientation, max_side_px: Option<u32>) -> Self {
        Self { stored: size, scaled: fit_within(size, max_side_px), orientation, scaler: Scaler::new() }
    }

    /// The same for pictures whose pixels are not square: they are stretched to `shown`, their size in square pixels, before that.
    pub(super) fn stretching(size: [u32; 2], shown: [u32; 2], orientation: Orientation, max_side_px: Option<u32>) -> Self {
        Self { scaled: fit_within(shown, max_side_px), ..Self::new(size, orientation, max_side_px) }
    }

    /// Size of the pictures that come out.
    pub(super) fn size(&self) -> [u32; 2] {
        let [width, height] = self.scaled;
        if turns_sideways(self.orientation) { [height, width] } else { [width, height] }
    }

    /// Brings one picture into shape. Pictures of another size than announced, as in streams that change midway, are fitted between black bars.
    pub(super) fn shape(&mut self, pixels: RgbImage) -> RgbImage {
        let pixels = if <[u32; 2]>::from(pixels.dimensions()) == self.scaled { pixels } else { self.scale(pixels) };
        if self.orientation == Orientation::NoTransforms {
            return pixels;
        }
        let mut picture = DynamicImage::ImageRgb8(pixels);
        picture.apply_orientation(self.orientation);
        picture.into_rgb8()
    }

    fn scale(&mut self, pixels: RgbImage) -> RgbImage {
        let size = pixels.dimensions().into();
        let inner = if size == self.stored { self.scaled } else { inner_size(size, self.scaled) };
        // Cannot fail for the sizes that are accepted; if it did, the whole picture would still be right, only large.
        let scaled = self.scaler.rgb(&pixels, None, inner, FilterType::Bilinear).unwrap_or(pixels);
        if inner == self.scaled {
            return scaled;
        }
        let mut framed = RgbImage::new(self.scaled[0], self.scaled[1]);
        let [left, top] = [0, 1].map(|i| i64::from((self.scaled[i] - inner[i]) / 2));
        image::imageops::replace(&mut framed, &scaled, left, top);
        framed
    }
}

fn turns_sideways(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// The size scaled down so that its long side is at most `max_side_px`, never below one pixel.
pub(super) fn fit_within([width, height]: [u32; 2], max_side_px: Option<u32>) -> [u32; 2] {
    let long = width.max(height);
    match max_side_px {
        Some(most) if long > most.max(1) => {
            let factor = f64::from(most.max(1)) / f64::from(long);
            [width, height].map(|side| ((f64::from(side) * factor).round() as u32).max(1))
        }
        _ => [width, height],
    }
}

/// The most that a pixel is wider than high, or higher than wide: more is damage.
const MOST_STRETCHED: f64 = 8.0;

/// The size in square pixels of pictures of `size` whose pixels have this width and height. As players do it, rows are made longer, never fewer.
pub(super) fn shown_size(size: [u32; 2], pixel_aspect: Option<[u32; 2]>) -> [u32; 2] {
    let Some([width, height]) = pixel_aspect else { return size };
    let ratio = f64::from(width) / f64::from(height.max(1));
    if !(1.0 / MOST_STRETCHED..=MOST_STRETCHED).contains(&ratio) {
        return size;
    }
    let stretched = |side: u32, by: f64| ((f64::from(side) * by).round() as u32).max(1);
    if ratio > 1.0 { [stretched(size[0], ratio), size[1]] } else { [size[0], stretched(size[1], 1.0 / ratio)] }
}

/// What the transformation matrix in a track's header asks for. Anything but quarter turns and mirrors is ignored.
pub(super) fn orientation_of(matrix: [i32; 9]) -> Orientation {
    match [matrix[0], matrix[1], matrix[3], matrix[4]].map(i32::signum) {
        [0, 1, -1, 0] => Orientation::Rotate90,
        [-1, 0, 0, -1] => Orientation::Rotate180,
        [0, -1, 1, 0] => Orientation::Rotate270,
        [-1, 0, 0, 1] => Orientation::FlipHorizontal,
        [1, 0, 0, -1] => Orientation::FlipVertical,
        [0, 1, 1, 0] => Orientation::Rotate90FlipH,
        [0, -1, -1, 0] => Orientation::Rotate270FlipH,
        _ => Orientation::NoTransforms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_scaled_down_and_never_up() {
        assert_eq!(fit_within([3840, 2160], Some(1280)), [1280, 720], "4K fits 1280");
        assert_eq!(fit_within([640, 480], Some(1280)), [640, 480], "small pictures stay");
        assert_eq!(fit_within([8000, 2], Some(1280)), [1280, 1], "no side vanishes");
        assert_eq!(fit_within([3840, 2160], None), [3840, 2160], "as it is, when asked for");
    }

    #[test]
    fn pixels_that_are_not_square_are_stretched_before_anything_is_turned() {
        assert_eq!(shown_size([720, 576], Some([64, 45])), [1024, 576], "widescreen PAL");
        assert_eq!(shown_size([720, 480], Some([8, 9])), [720, 540], "NTSC: high pixels");
        assert_eq!(shown_size([720, 480], None), [720, 480], "square when not said");
        for nonsense in [[1, 0], [0, 1], [1, 60_000], [60_000, 1]] {
            assert_eq!(shown_size([720, 480], Some(nonsense)), [720, 480], "{nonsense:?} is damage");
        }
        let mut shaper = Shaper::stretching([40, 20], [80, 20], Orientation::Rotate90, None);
        assert_eq!(shaper.size(), [20, 80], "twice as long, then turned");
        let shaped = shaper.shape(RgbImage::from_pixel(40, 20, image::Rgb([9; 3])));
        assert_eq!(shaped.dimensions(), (20, 80), "as announced");
        assert!(shaped.pixels().all(|pixel| pixel.0 == [9; 3]), "without bars");
    }

    #[test]
    fn a_quarter_turn_moves_the_corner_and_swaps_the_sides() {
        let mut picture = RgbImage::new(4, 2);
        picture.put_pixel(0, 0, image::Rgb([9, 9, 9]));
        let one = 1 << 16;
        let quarter = orientation_of([0, one, 0, -one, 0, 0, 0, 0, 1 << 30]);
        let mut shaper = Shaper::new([4, 2], quarter, None);
        assert_eq!(shaper.size(), [2, 4], "sides are swapped");
        let turned = shaper.shape(picture);
        assert_eq!(turned.dimensions(), (2, 4), "as announced");
        assert_eq!(turned.get_pixel(1, 0).0, [9; 3], "upper left goes to upper right, clockwise");
    }

    #[test]
    fn a_picture_of_another_shape_stands_between_bars() {
        let mut shaper = Shaper::new([400, 400], Orientation::NoTransforms, Some(200));
        let wide = shaper.shape(RgbImage::from_pixel(640, 320, image::Rgb([200; 3])));
        assert_eq!(wide.dimensions(), (200, 200), "the size that was announced");
        let column: Vec<u8> = [0, 49, 50, 100, 149, 150, 199].iter().map(|&y| wide.get_pixel(100, y).0[0]).collect();
        assert_eq!(column, [0, 0, 200, 200, 200, 0, 0], "twice as wide as high: bars above and below");
        let same_shape = shaper.shape(RgbImage::from_pixel(640, 640, image::Rgb([200; 3])));
        assert!(same_shape.pixels().all(|pixel| pixel.0 == [200; 3]), "no bars where none are needed");
    }

    #[test]
    fn scaling_keeps_the_mean() {
        let picture = RgbImage::from_fn(400, 200, |x, _| image::Rgb([if x % 2 == 0 { 100 } else { 200 }; 3]));
        let mut shaper = Shaper::new([400, 200], Orientation::NoTransforms, Some(100));
        let small = shaper.shape(picture);
        assert_eq!(small.dimensions(), (100, 50), "fits");
        assert!(small.pixels().all(|p| p.0[0].abs_diff(150) <= 6), "stripes are averaged, not sampled");
    }
}
