//! Planes of pixels whose lengths were checked, and the conversion of planar YUV.

use image::RgbImage;

use super::pixels::{PixelError, fit};
use super::yuv::{YuvToRgb, convert_row};

/// Rows of a plane.
pub(super) struct Rows<'a> {
    bytes: &'a [u8],
    row_bytes: usize,
    /// Bytes from one row to the next.
    pub(super) stride: usize,
}

impl<'a> Rows<'a> {
    /// Checks that `height` rows of `row_bytes` are there. A missing or impossible `stride` means rows without padding.
    pub(super) fn new(bytes: &'a [u8], row_bytes: usize, stride: Option<usize>, height: usize) -> Result<Self, PixelError> {
        let stride = stride.unwrap_or(0).max(row_bytes);
        // The last row needs no padding.
        let needed = height.saturating_sub(1).saturating_mul(stride).saturating_add(row_bytes);
        if bytes.len() < needed {
            return Err(PixelError::Short { needed, found: bytes.len() });
        }
        Ok(Self { bytes, row_bytes, stride })
    }

    /// One row, without its padding.
    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        &self.bytes[y * self.stride..][..self.row_bytes]
    }
}

/// A decoded picture: Y at full, U and V at half resolution.
pub(super) struct I420<'a> {
    /// Width and height in pixels.
    pub(super) size: [usize; 2],
    /// Y, U and V.
    pub(super) planes: [&'a [u8]; 3],
    /// Bytes from row to row of each plane.
    pub(super) strides: [usize; 3],
}

impl I420<'_> {
    /// Converts into `out`, whose memory is used again when it is large enough.
    pub(super) fn write_rgb(&self, yuv: &YuvToRgb, out: &mut RgbImage) -> Result<(), PixelError> {
        let [width, height] = self.size;
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let luma = Rows::new(self.planes[0], width, Some(self.strides[0]), height)?;
        let blue = Rows::new(self.planes[1], half_width, Some(self.strides[1]), half_height)?;
        let red = Rows::new(self.planes[2], half_width, Some(self.strides[2]), half_height)?;
        fit(out, width as u32, height as u32);
        for (y, target) in out.chunks_exact_mut(width * 3).enumerate() {
            let (l, u, v) = (luma.row(y), blue.row(y / 2), red.row(y / 2));
            convert_row(yuv, target, |x| [l[x], u[x / 2], v[x / 2]]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_takes_its_own_chroma() {
        let (size, strides) = ([5, 3], [8, 4, 5]);
        let y: Vec<u8> = (0..8 * 3).map(|i| 40 + i as u8).collect();
        let u: Vec<u8> = (0..4 * 2).map(|i| 90 + 9 * i as u8).collect();
        let v: Vec<u8> = (0..5 * 2).map(|i| 170 - 8 * i as u8).collect();
        let mut out = RgbImage::new(0, 0);
        let picture = I420 { size, planes: [&y, &u, &v], strides };
        picture.write_rgb(&YuvToRgb::BT601_LIMITED, &mut out).expect("complete planes");
        for (x, row, pixel) in out.enumerate_pixels() {
            let (x, row) = (x as usize, row as usize);
            let mut wanted = [0; 3];
            convert_row(&YuvToRgb::BT601_LIMITED, &mut wanted, |_| [y[row * 8 + x], u[row / 2 * 4 + x / 2], v[row / 2 * 5 + x / 2]]);
            assert_eq!(pixel.0, wanted, "pixel {x},{row}");
        }
        let short = I420 { size, planes: [&y[..20], &u, &v], strides };
        assert!(short.write_rgb(&YuvToRgb::BT601_LIMITED, &mut out).is_err(), "a plane that ends early is an error");
    }
}
