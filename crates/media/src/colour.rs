//! YUV to RGB and back, for cameras, decoders, encoders and the virtual camera.
//!
//! The crate yuv does the work, in its most exact mode. That mode is offered for luma in one plane and chroma in pairs, so that other
//! arrangements are brought into that one row by row, which costs little. Chroma belongs to two neighbours (4:2:2) or to two by two pixels (4:2:0)
//! and is spread to them as it is; on the way back it is their mean.

use image::RgbaImage;
use yuv::{
    BufferStoreMut, YuvBiPlanarImage, YuvBiPlanarImageMut, YuvConversionMode, YuvError, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
    rgba_to_yuv_nv16, rgba_to_yuv420, yuv_nv16_to_rgb,
};

/// Most exact: within 0.51 of a level of the definition, where the faster mode is off by up to 1.5.
const MODE: YuvConversionMode = YuvConversionMode::Professional;

/// Two black pixels in YUYV, limited range.
pub(crate) const BLACK_YUYV: [u8; 4] = [16, 128, 16, 128];

/// What YUV values mean: their matrix, and which part of a byte they use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct YuvEncoding {
    matrix: YuvStandardMatrix,
    range: YuvRange,
}

impl YuvEncoding {
    /// BT.601 in limited range: cameras, and video that does not say what it is.
    pub(crate) const BT601: Self = Self { matrix: YuvStandardMatrix::Bt601, range: YuvRange::Limited };
    /// BT.709 in limited range: HD video.
    pub(crate) const BT709: Self = Self { matrix: YuvStandardMatrix::Bt709, range: YuvRange::Limited };

    /// From the matrix code of a video stream (ITU-T H.273, table 4), and whether its values use the full range of a byte. Codes that name no
    /// matrix of this kind are taken for BT.601, as ffmpeg does.
    pub(crate) fn from_code(matrix: u8, full_range: bool) -> Self {
        let matrix = match matrix {
            1 => YuvStandardMatrix::Bt709,
            4 => YuvStandardMatrix::Fcc,
            // The crate's own SMPTE 240M is off by up to 70 levels in some of its functions.
            7 => YuvStandardMatrix::Custom(0.212, 0.087),
            9 | 10 => YuvStandardMatrix::Bt2020,
            _ => YuvStandardMatrix::Bt601,
        };
        Self { matrix, range: if full_range { YuvRange::Full } else { YuvRange::Limited } }
    }
}

/// Converts one row of `rgb.len() / 3` pixels. `luma` has at least as many bytes, `chroma` a pair of U and V for every two pixels.
/// Luma below black counts as black.
pub(crate) fn row_to_rgb(encoding: YuvEncoding, luma: &[u8], chroma: &[u8], rgb: &mut [u8]) {
    let width = rgb.len() / 3;
    let row = YuvBiPlanarImage {
        y_plane: luma,
        y_stride: luma.len() as u32,
        uv_plane: chroma,
        uv_stride: chroma.len() as u32,
        width: width as u32,
        height: 1,
    };
    report(yuv_nv16_to_rgb(&row, rgb, 3 * width as u32, encoding.range, encoding.matrix, MODE));
}

/// Converts one row of YUYV with `rgb.len() / 3` pixels. `spare` is memory to work in, kept from row to row.
pub(crate) fn yuyv_row_to_rgb(encoding: YuvEncoding, yuyv: &[u8], spare: &mut [Vec<u8>; 2], rgb: &mut [u8]) {
    let pairs = yuyv.as_chunks::<2>().0;
    let [luma, chroma] = spare;
    luma.resize(pairs.len(), 0);
    chroma.resize(pairs.len(), 0);
    for (([y, c], luma), chroma) in pairs.iter().zip(luma.iter_mut()).zip(chroma.iter_mut()) {
        (*luma, *chroma) = (*y, *c);
    }
    row_to_rgb(encoding, luma, chroma, rgb);
}

/// Brings rows of U and V together into `chroma`, as [`row_to_rgb`] takes them.
pub(crate) fn pair_chroma(u: &[u8], v: &[u8], chroma: &mut Vec<u8>) {
    chroma.resize(2 * u.len().min(v.len()), 0);
    chroma.as_chunks_mut::<2>().0.iter_mut().zip(u.iter().zip(v)).for_each(|(pair, (u, v))| *pair = [*u, *v]);
}

/// Converts a row of RGBA, whose alpha is ignored, into YUYV. Both hold the same even number of pixels. `spare` is as in [`yuyv_row_to_rgb`].
pub(crate) fn row_to_yuyv(encoding: YuvEncoding, rgba: &[u8], spare: &mut [Vec<u8>; 2], yuyv: &mut [u8]) {
    let width = rgba.len() / 4;
    let [luma, chroma] = spare;
    luma.resize(width, 0);
    chroma.resize(width, 0);
    let mut row = YuvBiPlanarImageMut {
        y_plane: BufferStoreMut::Borrowed(luma),
        y_stride: width as u32,
        uv_plane: BufferStoreMut::Borrowed(chroma),
        uv_stride: width as u32,
        width: width as u32,
        height: 1,
    };
    report(rgba_to_yuv_nv16(&mut row, rgba, 4 * width as u32, encoding.range, encoding.matrix, MODE));
    yuyv.as_chunks_mut::<2>().0.iter_mut().zip(luma.iter().zip(&*chroma)).for_each(|(pair, (y, c))| *pair = [*y, *c]);
}

/// A picture as encoders take it: Y at full, U and V at half resolution, both sides even.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Yuv420Picture {
    /// Width and height in pixels.
    pub(crate) size: [usize; 2],
    /// Y, U and V, row by row without padding.
    pub(crate) planes: [Vec<u8>; 3],
}

impl Yuv420Picture {
    /// Empty planes; sides are rounded down to even numbers.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let size = [width as usize & !1, height as usize & !1];
        let pixels = size[0] * size[1];
        Self { size, planes: [pixels, pixels / 4, pixels / 4].map(|bytes| vec![0; bytes]) }
    }

    /// Fills the planes from a picture of at least their size, ignoring alpha; an odd last row or column is left out.
    pub(crate) fn fill(&mut self, picture: &RgbaImage, encoding: YuvEncoding) {
        let [width, height] = self.size.map(|side| side as u32);
        let [y_plane, u_plane, v_plane] = self.planes.each_mut().map(|plane| BufferStoreMut::Borrowed(plane));
        let (y_stride, u_stride, v_stride) = (width, width / 2, width / 2);
        let mut planes = YuvPlanarImageMut { y_plane, y_stride, u_plane, u_stride, v_plane, v_stride, width, height };
        report(rgba_to_yuv420(&mut planes, picture.as_raw(), 4 * picture.width(), encoding.range, encoding.matrix, MODE));
    }
}

/// Sizes are checked before a row comes here: an error is a fault of this program, and costs a row but no panic.
fn report(converted: Result<(), YuvError>) {
    if let Err(error) = converted {
        tracing::error!("colours could not be converted: {error}");
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    /// RGB by the definition of BT.601 and its kin, in floating point and unrounded.
    fn by_definition([y, u, v]: [u8; 3], [red_weight, blue_weight]: [f64; 2], full_range: bool) -> [f64; 3] {
        let (black, luma, chroma) = if full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
        let (y, u, v) = ((f64::from(y) - black) / luma, (f64::from(u) - 128.0) / chroma, (f64::from(v) - 128.0) / chroma);
        let (red, blue) = (2.0 * (1.0 - red_weight) * v, 2.0 * (1.0 - blue_weight) * u);
        let green = (blue_weight * blue + red_weight * red) / (1.0 - red_weight - blue_weight);
        [y + red, y - green, y + blue].map(|c| (c * 255.0).clamp(0.0, 255.0))
    }

    fn noise(count: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    fn rgb_of(encoding: YuvEncoding, [y, u, v]: [u8; 3]) -> [u8; 3] {
        let mut rgb = [0; 3];
        row_to_rgb(encoding, &[y], &[u, v], &mut rgb);
        rgb
    }

    #[test]
    fn every_matrix_and_range_follows_its_definition_at_every_width() {
        let weights = [(1, [0.2126, 0.0722]), (2, [0.299, 0.114]), (4, [0.30, 0.11]), (7, [0.212, 0.087]), (9, [0.2627, 0.0593])];
        for (code, weights) in weights {
            for full_range in [false, true] {
                for width in [1, 2, 7, 31, 32, 33, 65, 640] {
                    let encoding = YuvEncoding::from_code(code, full_range);
                    // No colour has luma below black.
                    let least = if full_range { 0 } else { 16 };
                    let luma: Vec<u8> = noise(width, 7).iter().map(|y| *y.max(&least)).collect();
                    let chroma = noise(width.next_multiple_of(2), 8);
                    let mut rgb = vec![0; 3 * width];
                    row_to_rgb(encoding, &luma, &chroma, &mut rgb);
                    for (x, found) in rgb.chunks_exact(3).enumerate() {
                        let wanted = by_definition([luma[x], chroma[x & !1], chroma[x | 1]], weights, full_range);
                        let close = found.iter().zip(wanted).all(|(f, w)| (f64::from(*f) - w).abs() <= 0.75);
                        assert!(close, "matrix {code}, full range {full_range}, column {x} of {width}: {found:?} against {wanted:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn black_white_and_grey_are_exact() {
        assert_eq!(rgb_of(YuvEncoding::BT601, [16, 128, 128]), [0; 3], "limited black");
        assert_eq!(rgb_of(YuvEncoding::BT601, [235, 128, 128]), [255; 3], "limited white");
        assert_eq!(rgb_of(YuvEncoding::BT601, [0, 128, 128]), [0; 3], "below black is black");
        for grey in [0, 1, 127, 254, 255] {
            assert_eq!(rgb_of(YuvEncoding::from_code(1, true), [grey, 128, 128]), [grey; 3], "full range grey is itself");
        }
    }

    #[test]
    fn pure_colours_of_bt709_come_back() {
        for (rgb, yuv) in [([255, 0, 0], [63, 102, 240]), ([0, 255, 0], [173, 42, 26]), ([0, 0, 255], [32, 240, 118])] {
            let found = rgb_of(YuvEncoding::BT709, yuv);
            assert!(found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2), "{yuv:?} gives {found:?}, not {rgb:?}");
        }
    }

    /// Luma of the last pixel, and chroma, of a picture of one colour.
    fn planes_of([r, g, b]: [u8; 3]) -> [u8; 3] {
        let mut filled = Yuv420Picture::new(2, 2);
        filled.fill(&RgbaImage::from_pixel(2, 2, Rgba([r, g, b, 255])), YuvEncoding::BT709);
        [filled.planes[0][3], filled.planes[1][0], filled.planes[2][0]]
    }

    fn yuyv_of(left: [u8; 3], right: [u8; 3]) -> [u8; 4] {
        let rgba = [left, right].map(|[r, g, b]| [r, g, b, 255]).concat();
        let mut yuyv = [0; 4];
        row_to_yuyv(YuvEncoding::BT601, &rgba, &mut Default::default(), &mut yuyv);
        yuyv
    }

    #[test]
    fn primaries_land_on_the_values_of_bt709() {
        // Limited-range values from the definition in Recommendation ITU-R BT.709, rounded.
        assert_eq!(planes_of([0, 0, 0]), [16, 128, 128], "black");
        assert_eq!(planes_of([255, 255, 255]), [235, 128, 128], "white");
        assert_eq!(planes_of([255, 0, 0]), [63, 102, 240], "red");
        assert_eq!(planes_of([0, 255, 0]), [173, 42, 26], "green");
        assert_eq!(planes_of([0, 0, 255]), [32, 240, 118], "blue");
    }

    #[test]
    fn primaries_land_on_the_values_of_bt601() {
        // Limited-range values from the definition in Recommendation ITU-R BT.601, rounded.
        for (rgb, [y, u, v]) in [
            ([0, 0, 0], [16, 128, 128]),
            ([255, 255, 255], [235, 128, 128]),
            ([128, 128, 128], [126, 128, 128]),
            ([255, 0, 0], [81, 90, 240]),
            ([0, 255, 0], [145, 54, 34]),
            ([0, 0, 255], [41, 240, 110]),
            ([255, 255, 0], [210, 16, 146]),
        ] {
            assert_eq!(yuyv_of(rgb, rgb), [y, u, y, v], "{rgb:?}");
        }
        assert_eq!(yuyv_of([0; 3], [0; 3]), BLACK_YUYV, "black is black");
    }

    #[test]
    fn neighbours_keep_their_own_luma_and_share_their_chroma() {
        assert_eq!(yuyv_of([255; 3], [0; 3]), [235, 128, 16, 128], "white beside black");
        let [y0, u, y1, v] = yuyv_of([255, 0, 0], [0, 0, 255]);
        assert_eq!([y0, y1], [81, 41], "red beside blue");
        assert_eq!([u, v], [165, 175], "the mean of both");
    }

    #[test]
    fn columns_of_yuyv_stay_in_order() {
        let greys: Vec<u8> = (0..74).map(|x| 3 * x).collect();
        let rgba: Vec<u8> = greys.iter().flat_map(|g| [*g, *g, *g, 0]).collect();
        let mut yuyv = vec![0; 2 * greys.len()];
        row_to_yuyv(YuvEncoding::BT601, &rgba, &mut Default::default(), &mut yuyv);
        for (x, grey) in greys.iter().enumerate() {
            // Half a level, and what the crate's coefficients are rounded by.
            let off = f64::from(yuyv[2 * x]) - (16.0 + f64::from(*grey) * 219.0 / 255.0);
            assert!(off.abs() < 0.51 && yuyv[2 * x + 1] == 128, "column {x} is off by {off}");
        }
        let mut rgb = vec![0; 3 * greys.len()];
        yuyv_row_to_rgb(YuvEncoding::BT601, &yuyv, &mut Default::default(), &mut rgb);
        let same = rgb.chunks_exact(3).zip(&greys).all(|(rgb, grey)| rgb.iter().all(|c| c.abs_diff(*grey) <= 1));
        assert!(same, "and come back: {rgb:?}");
    }

    #[test]
    fn odd_sides_lose_their_last_row_and_column() {
        let picture = RgbaImage::from_fn(5, 3, |x, y| if x == 4 || y == 2 { Rgba([255; 4]) } else { Rgba([0, 0, 0, 255]) });
        let mut filled = Yuv420Picture::new(5, 3);
        filled.fill(&picture, YuvEncoding::BT709);
        assert_eq!(filled.size, [4, 2], "even size");
        assert!(filled.planes[0].iter().all(|&y| y == 16), "only the black part is left");
    }

    #[test]
    fn chroma_of_video_is_the_mean_of_two_by_two_pixels() {
        let bytes = noise(4 * 130 * 34, 3);
        let picture = RgbaImage::from_raw(130, 34, bytes).expect("as many bytes");
        let mut filled = Yuv420Picture::new(130, 34);
        filled.fill(&picture, YuvEncoding::BT709);
        for (i, (u, v)) in filled.planes[1].iter().zip(&filled.planes[2]).enumerate() {
            let (x, y) = (2 * (i as u32 % 65), 2 * (i as u32 / 65));
            let mean: [f64; 3] = std::array::from_fn(|c| {
                [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| f64::from(picture.get_pixel(x + dx, y + dy).0[c])).iter().sum::<f64>() / 4.0
            });
            let luma = 0.2126 * mean[0] + 0.7152 * mean[1] + 0.0722 * mean[2];
            let wanted = [(mean[2] - luma) / 1.8556, (mean[0] - luma) / 1.5748].map(|difference| 128.0 + difference * 224.0 / 255.0);
            let close = [u, v].iter().zip(wanted).all(|(f, w)| (f64::from(**f) - w).abs() <= 0.75);
            assert!(close, "{x},{y}: {u} {v} against {wanted:?}");
        }
    }
}
