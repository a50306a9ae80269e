//! YUV to RGB in integers, in blocks that the compiler turns into vector code.

/// Pixels that are converted together.
const BLOCK: usize = 32;
/// Fraction bits of the coefficients.
const SHIFT: i32 = 13;

/// Coefficients of one YUV variant, scaled by 2^13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct YuvToRgb {
    black: i16,
    luma: i16,
    red_from_v: i16,
    green_from_u: i16,
    green_from_v: i16,
    blue_from_u: i16,
}

impl YuvToRgb {
    /// BT.601 in limited range: cameras, and video that does not say what it is.
    pub(super) const BT601_LIMITED: Self = Self::new(0.299, 0.114, false);

    /// From the weights of red and blue in brightness, and whether the values use the full range of a byte.
    pub(super) const fn new(red_weight: f64, blue_weight: f64, full_range: bool) -> Self {
        let scale = (1 << SHIFT) as f64;
        let luma = if full_range { 1.0 } else { 255.0 / 219.0 };
        let chroma = if full_range { 2.0 } else { 2.0 * 255.0 / 224.0 };
        let green_weight = 1.0 - red_weight - blue_weight;
        let (red_from_v, blue_from_u) = (chroma * (1.0 - red_weight), chroma * (1.0 - blue_weight));
        Self {
            black: if full_range { 0 } else { 16 },
            luma: (luma * scale + 0.5) as i16,
            red_from_v: (red_from_v * scale + 0.5) as i16,
            green_from_u: -((blue_from_u * blue_weight / green_weight * scale + 0.5) as i16),
            green_from_v: -((red_from_v * red_weight / green_weight * scale + 0.5) as i16),
            blue_from_u: (blue_from_u * scale + 0.5) as i16,
        }
    }
}

/// Converts one row into interleaved RGB. `load` gives Y, U and V of the pixel at a column below `target.len() / 3`.
#[inline]
pub(super) fn convert_row(yuv: &YuvToRgb, target: &mut [u8], load: impl Fn(usize) -> [u8; 3]) {
    let (blocks, rest) = target.as_chunks_mut::<{ 3 * BLOCK }>();
    let done = blocks.len() * BLOCK;
    for (index, block) in blocks.iter_mut().enumerate() {
        convert_block(yuv, block, |i| load(index * BLOCK + i));
    }
    if !rest.is_empty() {
        let (mut block, last) = ([0; 3 * BLOCK], rest.len() / 3 - 1);
        convert_block(yuv, &mut block, |i| load(done + i.min(last)));
        rest.copy_from_slice(&block[..rest.len()]);
    }
}

#[inline]
fn convert_block(yuv: &YuvToRgb, target: &mut [u8; 3 * BLOCK], load: impl Fn(usize) -> [u8; 3]) {
    let (mut luma, mut blue, mut red) = ([0_i16; BLOCK], [0_i16; BLOCK], [0_i16; BLOCK]);
    for i in 0..BLOCK {
        let [y, u, v] = load(i);
        (luma[i], blue[i], red[i]) = (i16::from(y) - yuv.black, i16::from(u) - 128, i16::from(v) - 128);
    }
    let (mut r, mut g, mut b) = ([0_u8; BLOCK], [0_u8; BLOCK], [0_u8; BLOCK]);
    for i in 0..BLOCK {
        let product = |a: i16, b: i16| i32::from(a) * i32::from(b);
        let base = product(luma[i], yuv.luma) + (1 << (SHIFT - 1));
        let byte = |sum: i32| (sum >> SHIFT).clamp(0, 255) as u8;
        r[i] = byte(base + product(red[i], yuv.red_from_v));
        g[i] = byte(base + product(blue[i], yuv.green_from_u) + product(red[i], yuv.green_from_v));
        b[i] = byte(base + product(blue[i], yuv.blue_from_u));
    }
    for (i, pixel) in target.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        *pixel = [r[i], g[i], b[i]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(yuv: &YuvToRgb, value: [u8; 3]) -> [u8; 3] {
        let mut rgb = [0; 3];
        convert_row(yuv, &mut rgb, |_| value);
        rgb
    }

    #[test]
    fn black_white_and_grey_are_exact() {
        assert_eq!(convert(&YuvToRgb::BT601_LIMITED, [16, 128, 128]), [0; 3], "limited black");
        assert_eq!(convert(&YuvToRgb::BT601_LIMITED, [235, 128, 128]), [255; 3], "limited white");
        assert_eq!(convert(&YuvToRgb::BT601_LIMITED, [0, 128, 128]), [0; 3], "below black is black");
        let full = YuvToRgb::new(0.2126, 0.0722, true);
        for grey in [0, 1, 127, 254, 255] {
            assert_eq!(convert(&full, [grey, 128, 128]), [grey; 3], "full range grey is itself");
        }
    }

    #[test]
    fn pure_colours_of_bt709_come_back() {
        let limited = YuvToRgb::new(0.2126, 0.0722, false);
        for (rgb, yuv) in [([255, 0, 0], [63, 102, 240]), ([0, 255, 0], [173, 42, 26]), ([0, 0, 255], [32, 240, 118])] {
            let found = convert(&limited, yuv);
            assert!(found.iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 2), "{yuv:?} gives {found:?}, not {rgb:?}");
        }
    }

    #[test]
    fn columns_stay_in_order_past_a_block() {
        let mut target = [0; 3 * 71];
        convert_row(&YuvToRgb::new(0.299, 0.114, true), &mut target, |x| [x as u8, 128, 128]);
        assert!(target.chunks(3).enumerate().all(|(x, rgb)| rgb == [x as u8; 3]), "every column has its own value");
    }
}
