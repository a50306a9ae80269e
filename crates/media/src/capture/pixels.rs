//! Pixel formats of cameras and decoders, turned into RGB.
//!
//! All lengths are checked: camera drivers hand out buffers that are too short after a bus error, or padded at the end of rows and frames.

use image::RgbImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::colour::{YuvEncoding, pair_chroma, row_to_rgb, yuyv_row_to_rgb};

/// Longest side of a frame, in pixels.
pub(super) const MAX_SIDE_PX: u32 = 8192;
/// Most pixels of a frame.
pub(super) const MAX_PIXELS: u64 = 40_000_000;

/// Whether a frame of this size is accepted at all.
pub(super) fn is_acceptable_size([width, height]: [u32; 2]) -> bool {
    (1..=MAX_SIDE_PX).contains(&width) && (1..=MAX_SIDE_PX).contains(&height) && u64::from(width) * u64::from(height) <= MAX_PIXELS
}

/// Why the bytes of a frame cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    /// Fewer bytes than the format needs.
    #[error("{found} bytes came where {needed} are needed")]
    Short {
        /// Bytes needed.
        needed: usize,
        /// Bytes there.
        found: usize,
    },
    /// A size that no frame may have.
    #[error("a frame of {width} x {height} pixels is not accepted")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A compressed frame of another size than agreed.
    #[error("the picture is {found_width} x {found_height} pixels instead of {width} x {height}")]
    Mismatch {
        /// Agreed width.
        width: u32,
        /// Agreed height.
        height: u32,
        /// Width in the compressed data.
        found_width: usize,
        /// Height in the compressed data.
        found_height: usize,
    },
    /// A JPEG that cannot be decoded.
    #[error("the JPEG data is broken: {0}")]
    Jpeg(String),
}

/// How the bytes of a frame are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PixelFormat {
    /// One JPEG picture.
    Mjpeg,
    /// Y0 U Y1 V, BT.601 limited range.
    Yuyv,
    /// A plane of Y, then one of U V pairs at half resolution; BT.601 limited range.
    Nv12,
    /// One byte of brightness, full range.
    Gray,
    /// R G B.
    Rgb,
    /// B G R.
    Bgr,
}

impl PixelFormat {
    /// Bytes of one row without padding; none for JPEG, which has no rows.
    fn row_bytes(self, width: usize) -> usize {
        match self {
            Self::Mjpeg => 0,
            Self::Yuyv => width.div_ceil(2) * 4,
            Self::Nv12 => width.next_multiple_of(2),
            Self::Gray => width,
            Self::Rgb | Self::Bgr => width * 3,
        }
    }
}

/// A frame as a camera delivers it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawFrame<'a> {
    /// Arrangement of the bytes.
    pub(super) format: PixelFormat,
    /// Width and height in pixels.
    pub(super) size: [u32; 2],
    /// Bytes from one row to the next, when the driver says so; at least the row itself.
    pub(super) stride: Option<usize>,
    /// The data; may be longer than needed.
    pub(super) bytes: &'a [u8],
}

impl RawFrame<'_> {
    /// Converts into `out`, whose memory is used again when it is large enough.
    pub(super) fn write_rgb(&self, out: &mut RgbImage) -> Result<(), PixelError> {
        let [width, height] = self.size;
        if !is_acceptable_size(self.size) {
            return Err(PixelError::Size { width, height });
        }
        fit(out, width, height);
        match self.format {
            PixelFormat::Mjpeg => decode_jpeg(self.bytes, out),
            PixelFormat::Nv12 => self.nv12(out),
            PixelFormat::Yuyv => {
                let mut spare = Default::default();
                self.each_row(out, |row, target| yuyv_row_to_rgb(YuvEncoding::BT601, row, &mut spare, target))
            }
            PixelFormat::Gray => self.each_row(out, gray_row),
            PixelFormat::Rgb => self.each_row(out, |row, target| target.copy_from_slice(row)),
            PixelFormat::Bgr => self.each_row(out, bgr_row),
        }
    }

    fn each_row(&self, out: &mut RgbImage, mut write: impl FnMut(&[u8], &mut [u8])) -> Result<(), PixelError> {
        let [width, height] = self.size.map(|side| side as usize);
        let rows = Rows::new(self.bytes, self.format.row_bytes(width), self.stride, height)?;
        out.chunks_exact_mut(width * 3).enumerate().for_each(|(y, target)| write(rows.row(y), target));
        Ok(())
    }

    fn nv12(&self, out: &mut RgbImage) -> Result<(), PixelError> {
        let [width, height] = self.size.map(|side| side as usize);
        let row_bytes = self.format.row_bytes(width);
        let luma = Rows::new(self.bytes, row_bytes, self.stride, height)?;
        let chroma_start = (luma.stride * height).min(self.bytes.len());
        let chroma = Rows::new(&self.bytes[chroma_start..], row_bytes, self.stride, height.div_ceil(2))?;
        for (y, target) in out.chunks_exact_mut(width * 3).enumerate() {
            row_to_rgb(YuvEncoding::BT601, luma.row(y), chroma.row(y / 2), target);
        }
        Ok(())
    }
}

fn gray_row(row: &[u8], target: &mut [u8]) {
    target.as_chunks_mut::<3>().0.iter_mut().zip(row).for_each(|(rgb, &y)| *rgb = [y; 3]);
}

fn bgr_row(row: &[u8], target: &mut [u8]) {
    let pixels = target.as_chunks_mut::<3>().0.iter_mut().zip(row.as_chunks::<3>().0);
    pixels.for_each(|(rgb, &[b, g, r])| *rgb = [r, g, b]);
}

/// Rows of a plane whose length was checked.
struct Rows<'a> {
    bytes: &'a [u8],
    row_bytes: usize,
    /// Bytes from one row to the next.
    stride: usize,
}

impl<'a> Rows<'a> {
    /// Checks that `height` rows of `row_bytes` are there. A missing or impossible `stride` means rows without padding.
    fn new(bytes: &'a [u8], row_bytes: usize, stride: Option<usize>, height: usize) -> Result<Self, PixelError> {
        let stride = stride.unwrap_or(0).max(row_bytes);
        // The last row needs no padding.
        let needed = height.saturating_sub(1).saturating_mul(stride).saturating_add(row_bytes);
        if bytes.len() < needed {
            return Err(PixelError::Short { needed, found: bytes.len() });
        }
        Ok(Self { bytes, row_bytes, stride })
    }

    /// One row, without its padding.
    fn row(&self, y: usize) -> &'a [u8] {
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
    pub(super) fn write_rgb(&self, encoding: YuvEncoding, out: &mut RgbImage) -> Result<(), PixelError> {
        let [width, height] = self.size;
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let luma = Rows::new(self.planes[0], width, Some(self.strides[0]), height)?;
        let blue = Rows::new(self.planes[1], half_width, Some(self.strides[1]), half_height)?;
        let red = Rows::new(self.planes[2], half_width, Some(self.strides[2]), half_height)?;
        fit(out, width as u32, height as u32);
        let mut chroma = Vec::new();
        for (y, target) in out.chunks_exact_mut(width * 3).enumerate() {
            if y % 2 == 0 {
                pair_chroma(blue.row(y / 2), red.row(y / 2), &mut chroma);
            }
            row_to_rgb(encoding, luma.row(y), &chroma, target);
        }
        Ok(())
    }
}

/// Gives `out` the size, keeping its memory where possible.
fn fit(out: &mut RgbImage, width: u32, height: u32) {
    if out.dimensions() == (width, height) {
        return;
    }
    let mut bytes = std::mem::take(out).into_raw();
    bytes.resize(width as usize * height as usize * 3, 0);
    *out = RgbImage::from_raw(width, height, bytes).unwrap_or_default();
}

fn decode_jpeg(bytes: &[u8], out: &mut RgbImage) -> Result<(), PixelError> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE_PX as usize)
        .set_max_height(MAX_SIDE_PX as usize)
        .set_strict_mode(false)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let broken = |e: zune_jpeg::errors::DecodeErrors| PixelError::Jpeg(format!("{e:?}"));
    let bytes = crate::jpeg::with_tables(bytes);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*bytes), options);
    decoder.decode_headers().map_err(broken)?;
    let (width, height) = out.dimensions();
    match decoder.info() {
        Some(info) if (u32::from(info.width), u32::from(info.height)) == (width, height) => {}
        info => {
            let (found_width, found_height) = info.map_or((0, 0), |i| (usize::from(i.width), usize::from(i.height)));
            return Err(PixelError::Mismatch { width, height, found_width, found_height });
        }
    }
    decoder.decode_into(out).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(format: PixelFormat, size: [u32; 2], stride: Option<usize>, bytes: &[u8]) -> Result<RgbImage, PixelError> {
        let mut out = RgbImage::new(3, 1);
        RawFrame { format, size, stride, bytes }.write_rgb(&mut out).map(|()| out)
    }

    /// BT.601 limited range by the definition, in floating point.
    fn reference(y: u8, u: u8, v: u8) -> [f64; 3] {
        let (y, u, v) = ((f64::from(y) - 16.0) / 219.0, (f64::from(u) - 128.0) / 224.0, (f64::from(v) - 128.0) / 224.0);
        [y + 1.402 * v, y - (0.114 * 1.772 * u + 0.299 * 1.402 * v) / 0.587, y + 1.772 * u].map(|c| (c * 255.0).clamp(0.0, 255.0))
    }

    /// No colour has luma below 16; what is nevertheless below counts as black.
    fn not_below_black(byte: u8) -> u8 {
        byte.max(16)
    }

    fn assert_close(found: &[u8], wanted: [f64; 3], what: &str) {
        for (f, w) in found.iter().zip(wanted) {
            assert!((f64::from(*f) - w).abs() <= 0.75, "{what}: {found:?} against {wanted:?}");
        }
    }

    #[test]
    fn yuyv_matches_the_definition_at_every_width() {
        for width in [1_u32, 2, 7, 31, 32, 33, 65, 640] {
            let row = (width as usize).div_ceil(2) * 4;
            let bytes: Vec<u8> = (0..row * 2).map(|i| (i * 73 + i / 251) as u8).map(not_below_black).collect();
            let image = convert(PixelFormat::Yuyv, [width, 2], None, &bytes).expect("complete");
            for (x, y, pixel) in image.enumerate_pixels() {
                let pair = &bytes[y as usize * row + (x as usize / 2) * 4..][..4];
                assert_close(&pixel.0, reference(pair[(x as usize % 2) * 2], pair[1], pair[3]), "YUYV");
            }
        }
    }

    #[test]
    fn nv12_matches_the_definition_with_odd_sizes_and_padding() {
        for (width, height, stride) in [(5_usize, 3_usize, 6_usize), (33, 5, 48), (64, 4, 64)] {
            let bytes: Vec<u8> = (0..stride * (height + height.div_ceil(2))).map(|i| (i * 91 + 7) as u8).map(not_below_black).collect();
            let image = convert(PixelFormat::Nv12, [width as u32, height as u32], Some(stride), &bytes).expect("complete");
            for (x, y, pixel) in image.enumerate_pixels() {
                let (x, y) = (x as usize, y as usize);
                let pair = &bytes[stride * height + (y / 2) * stride + (x & !1)..][..2];
                assert_close(&pixel.0, reference(bytes[y * stride + x], pair[0], pair[1]), "NV12");
            }
        }
    }

    #[test]
    fn every_pixel_takes_its_own_chroma() {
        let (size, strides) = ([5, 3], [8, 4, 5]);
        let y: Vec<u8> = (0..8 * 3).map(|i| 40 + i as u8).collect();
        let u: Vec<u8> = (0..4 * 2).map(|i| 90 + 9 * i as u8).collect();
        let v: Vec<u8> = (0..5 * 2).map(|i| 170 - 8 * i as u8).collect();
        let mut out = RgbImage::new(0, 0);
        let picture = I420 { size, planes: [&y, &u, &v], strides };
        picture.write_rgb(YuvEncoding::BT601, &mut out).expect("complete planes");
        for (x, row, pixel) in out.enumerate_pixels() {
            let (x, row) = (x as usize, row as usize);
            assert_close(&pixel.0, reference(y[row * 8 + x], u[row / 2 * 4 + x / 2], v[row / 2 * 5 + x / 2]), &format!("pixel {x},{row}"));
        }
        let short = I420 { size, planes: [&y[..20], &u, &v], strides };
        assert!(short.write_rgb(YuvEncoding::BT601, &mut out).is_err(), "a plane that ends early is an error");
    }

    #[test]
    fn packed_formats_keep_their_order_and_skip_padding() {
        let padded = [1, 2, 3, 4, 5, 6, 99, 99, 7, 8, 9, 10, 11, 12];
        let rgb = convert(PixelFormat::Rgb, [2, 2], Some(8), &padded).expect("the last row needs no padding");
        assert_eq!(rgb.as_raw(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "RGB is copied without the padding");
        let bgr = convert(PixelFormat::Bgr, [2, 1], None, &padded).expect("complete");
        assert_eq!(bgr.as_raw(), &[3, 2, 1, 6, 5, 4], "blue and red change places");
        let gray = convert(PixelFormat::Gray, [2, 1], None, &padded).expect("complete");
        assert_eq!(gray.as_raw(), &[1, 1, 1, 2, 2, 2], "brightness goes to all channels");
    }

    #[test]
    fn short_buffers_and_wild_sizes_are_errors() {
        for format in [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Gray, PixelFormat::Rgb, PixelFormat::Bgr] {
            let needed = format.row_bytes(64) * 48 * if format == PixelFormat::Nv12 { 3 } else { 2 } / 2;
            assert!(convert(format, [64, 48], None, &vec![0; needed]).is_ok(), "{format:?}: just enough");
            let short = convert(format, [64, 48], None, &vec![0; needed - 1]);
            assert!(matches!(short, Err(PixelError::Short { .. })), "{format:?}: one byte short");
            assert!(matches!(convert(format, [64, 48], None, &[]), Err(PixelError::Short { .. })), "{format:?}: nothing");
            assert!(matches!(convert(format, [0, 48], None, &[]), Err(PixelError::Size { .. })), "{format:?}: no width");
            assert!(matches!(convert(format, [60_000, 60_000], None, &[]), Err(PixelError::Size { .. })), "{format:?}: huge");
        }
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 4) as u8, (y * 4) as u8, 128]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Jpeg).expect("a JPEG in memory");
        bytes.into_inner()
    }

    #[test]
    fn mjpeg_is_decoded_with_padding_and_checked_against_the_agreed_size() {
        let mut bytes = jpeg(64, 48);
        let wanted = image::load_from_memory(&bytes).expect("our own JPEG").to_rgb8();
        bytes.resize(bytes.len() + 5000, 0);
        let decoded = convert(PixelFormat::Mjpeg, [64, 48], None, &bytes).expect("padding is harmless");
        let worst = decoded.iter().zip(wanted.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(2), "same picture as the image crate's: {worst:?}");
        assert!(matches!(convert(PixelFormat::Mjpeg, [32, 48], None, &bytes), Err(PixelError::Mismatch { .. })), "another size");
        assert!(matches!(convert(PixelFormat::Mjpeg, [64, 48], None, b"no JPEG"), Err(PixelError::Jpeg(_))), "no JPEG");
        assert!(matches!(convert(PixelFormat::Mjpeg, [64, 48], None, &[]), Err(PixelError::Jpeg(_))), "nothing");
    }

    #[test]
    fn frames_without_huffman_tables_are_decoded_with_the_standard_ones() {
        let whole = jpeg(64, 48);
        let segment = |at: usize| at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
        let starts = std::iter::successors(Some(2), |&at| (whole[at + 1] != 0xda).then(|| segment(at)));
        let kept =
            starts.filter(|&at| whole[at + 1] != 0xc4).map(|at| if whole[at + 1] == 0xda { &whole[at..] } else { &whole[at..segment(at)] });
        let stripped = [&whole[..2]].into_iter().chain(kept).collect::<Vec<_>>().concat();
        assert!(stripped.len() + 400 < whole.len(), "the tables are gone");
        let [found, wanted] = [&stripped, &whole].map(|bytes| convert(PixelFormat::Mjpeg, [64, 48], None, bytes).expect("a picture"));
        assert!(found == wanted, "the same picture");
    }

    #[test]
    fn vga_yuyv_is_fast() {
        let bytes: Vec<u8> = (0..640 * 480 * 2).map(|i| (i * 31) as u8).collect();
        let frame = RawFrame { format: PixelFormat::Yuyv, size: [640, 480], stride: None, bytes: &bytes };
        let mut out = RgbImage::new(640, 480);
        let best = (0..20)
            .map(|_| {
                let start = std::time::Instant::now();
                frame.write_rgb(&mut out).expect("complete");
                start.elapsed()
            })
            .min();
        assert!(best < Some(std::time::Duration::from_millis(4)), "640x480 took {best:?}; it should be well under 1 ms on an idle machine");
    }
}
