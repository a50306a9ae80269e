//! A picture as the device takes it: fitted into the fixed size, centred on black, in YUYV.

use std::borrow::Cow;

use image::{Rgba, RgbaImage};

use crate::colour::{BLACK_YUYV as BLACK, YuvEncoding, row_to_yuyv};
use crate::scale::{FilterType, Scaler, inner_size};

/// The device's frame, rewritten by every picture. Buffers are kept from one to the next.
pub(super) struct YuyvFrame {
    size: [u32; 2],
    bytes: Vec<u8>,
    /// Size of the picture inside the bars; `None` while there is no picture.
    inner: Option<[u32; 2]>,
    scaler: Scaler,
    /// Memory for the conversion of a row.
    spare: [Vec<u8>; 2],
}

impl YuyvFrame {
    /// A black frame of `size` (width, height) in pixels; the width is even.
    pub(super) fn black(size: [u32; 2]) -> Self {
        let pairs = (size[0] / 2) as usize * size[1] as usize;
        Self { size, bytes: BLACK.repeat(pairs), inner: None, scaler: Scaler::new(), spare: Default::default() }
    }

    /// The frame's bytes, row by row without padding.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Shows a picture: as large as it fits, in the middle, transparency over black. An empty picture changes nothing.
    pub(super) fn show(&mut self, picture: &RgbaImage) {
        if picture.is_empty() {
            return;
        }
        // Chroma belongs to pairs, so the picture covers whole ones.
        let [width, height] = inner_size(picture.dimensions().into(), self.size);
        let inner = [(width & !1).max(2), height];
        let scaled = if picture.dimensions() == inner.into() {
            Cow::Borrowed(picture)
        } else {
            let Some(scaled) = self.scaler.rgba(picture, inner, FilterType::Bilinear) else { return };
            Cow::Owned(scaled)
        };
        if self.inner != Some(inner) {
            // What the last picture covered and this one does not becomes bars again.
            self.bytes.as_chunks_mut().0.fill(BLACK);
            self.inner = Some(inner);
        }
        self.write(&over_black(scaled), inner);
    }

    fn write(&mut self, picture: &RgbaImage, [width, height]: [u32; 2]) {
        let left_bytes = ((self.size[0] - width) / 4 * 4) as usize;
        let rows = self.bytes.chunks_exact_mut(2 * self.size[0] as usize).skip(((self.size[1] - height) / 2) as usize);
        for (source, target) in picture.as_raw().chunks_exact(4 * width as usize).zip(rows) {
            // What V4L2, and the programs that read cameras, take for granted with sRGB.
            row_to_yuyv(YuvEncoding::BT601, source, &mut self.spare, &mut target[left_bytes..][..2 * width as usize]);
        }
    }
}

/// The picture without transparency.
fn over_black(picture: Cow<'_, RgbaImage>) -> Cow<'_, RgbaImage> {
    if picture.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        return picture;
    }
    let mut flat = picture.into_owned();
    for Rgba([r, g, b, a]) in flat.pixels_mut() {
        for channel in [r, g, b] {
            *channel = ((u16::from(*channel) * u16::from(*a) + 127) / 255) as u8;
        }
    }
    Cow::Owned(flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: [u8; 4] = [235, 128, 235, 128];

    /// The pair of pixels that begins at column `x`.
    fn pair(frame: &YuyvFrame, x: usize, y: usize) -> [u8; 4] {
        let at = 2 * (y * frame.size[0] as usize + x);
        frame.bytes()[at..at + 4].try_into().expect("a pair")
    }

    fn white(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_pixel(width, height, Rgba([255; 4]))
    }

    #[test]
    fn an_upright_picture_stands_in_the_middle_between_bars() {
        let mut frame = YuyvFrame::black([64, 48]);
        assert!(frame.bytes().as_chunks().0.iter().all(|pair: &[u8; 4]| *pair == BLACK), "black before the first picture");
        frame.show(&white(200, 400));
        assert_eq!(frame.bytes().len(), 64 * 48 * 2, "as large as the device wants it");
        for y in [0, 47] {
            assert_eq!([18, 20, 42, 44].map(|x| pair(&frame, x, y)), [BLACK, WHITE, WHITE, BLACK], "24 of 64 columns, row {y}");
        }
    }

    #[test]
    fn small_pictures_grow_and_large_ones_shrink_to_fit() {
        let mut frame = YuyvFrame::black([64, 48]);
        for (size, bar) in [([16, 12], false), ([640, 480], false), ([1000, 500], true), ([64, 48], false), ([3000, 7], true)] {
            frame.show(&white(size[0], size[1]));
            assert_eq!(pair(&frame, 32, 23), WHITE, "{size:?} in the middle");
            assert_eq!(pair(&frame, 0, 23), WHITE, "{size:?} over the whole width");
            assert_eq!(pair(&frame, 32, 0) == BLACK, bar, "{size:?} above");
        }
    }

    #[test]
    fn bars_of_another_shape_are_black_again() {
        let mut frame = YuyvFrame::black([64, 48]);
        frame.show(&white(640, 480));
        frame.show(&RgbaImage::new(0, 5));
        assert_eq!(pair(&frame, 0, 0), WHITE, "an empty picture changes nothing");
        frame.show(&white(1, 400));
        assert_eq!([28, 30, 32].map(|x| pair(&frame, x, 24)), [BLACK, WHITE, BLACK], "one pair is left");
    }

    #[test]
    fn transparency_lies_over_black() {
        let mut frame = YuyvFrame::black([32, 32]);
        frame.show(&RgbaImage::from_pixel(32, 32, Rgba([255, 255, 255, 0])));
        assert_eq!(pair(&frame, 16, 16), BLACK, "nothing to be seen");
        frame.show(&RgbaImage::from_pixel(32, 32, Rgba([255, 255, 255, 128])));
        assert_eq!(pair(&frame, 16, 16), [126, 128, 126, 128], "half of white");
    }

    #[test]
    fn a_frame_of_640_by_480_takes_little_time() {
        let picture = RgbaImage::from_fn(640, 480, |x, y| Rgba([x as u8, y as u8, (x ^ y) as u8, 255]));
        let mut frame = YuyvFrame::black([640, 480]);
        let time = |frame: &mut YuyvFrame| {
            let start = std::time::Instant::now();
            frame.show(&picture);
            start.elapsed()
        };
        let best = (0..20).map(|_| time(&mut frame)).min().expect("twenty");
        // A tenth of that where it is optimised; the bound is for this build, on a machine that does other things as well.
        assert!(best.as_millis() < 20, "{best:?}");
    }
}
