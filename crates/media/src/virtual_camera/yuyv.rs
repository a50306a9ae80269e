//! sRGB pixels to YUYV: BT.601 in limited range, which is what V4L2 and the programs that read cameras take for granted with sRGB.
//!
//! Two neighbours share their chroma, so a row is converted in pairs of pixels, in blocks that the compiler turns into vector code.

/// Two black pixels.
pub(super) const BLACK: [u8; 4] = [16, 128, 16, 128];

/// Pairs that are converted together.
const BLOCK: usize = 16;
/// Fractional bits of the matrix below: with 15, every weight fits into the 16 bits that vectors multiply fastest.
const BITS: u32 = 15;
/// Luma weights: BT.601's 0.299, 0.587 and 0.114, times 219/255 for limited range, with a sum that is as near as can be.
const LUMA: [i16; 3] = [8_414, 16_520, 3_208];
/// Blue-difference weights: (B - Y) / 1.772, times 224/255.
const CB: [i16; 3] = [-4_857, -9_535, 14_392];
/// Red-difference weights: (R - Y) / 1.402, times 224/255.
const CR: [i16; 3] = [14_392, -12_052, -2_340];

/// Converts a row of RGBA, whose alpha is ignored, into YUYV. Both hold the same even number of pixels.
pub(super) fn convert_row(rgba: &[u8], yuyv: &mut [u8]) {
    let (sources, last_source) = rgba.as_chunks::<{ 8 * BLOCK }>();
    let (targets, last_target) = yuyv.as_chunks_mut::<{ 4 * BLOCK }>();
    for (source, target) in sources.iter().zip(targets) {
        convert_block(source, target);
    }
    if !last_target.is_empty() {
        let (mut source, mut target) = ([0; 8 * BLOCK], [0; 4 * BLOCK]);
        source[..last_source.len()].copy_from_slice(last_source);
        convert_block(&source, &mut target);
        last_target.copy_from_slice(&target[..last_target.len()]);
    }
}

fn convert_block(rgba: &[u8; 8 * BLOCK], yuyv: &mut [u8; 4 * BLOCK]) {
    let mut left = [[0_i16; BLOCK]; 3];
    let mut right = [[0_i16; BLOCK]; 3];
    for (i, pair) in rgba.as_chunks::<8>().0.iter().enumerate() {
        for channel in 0..3 {
            left[channel][i] = i16::from(pair[channel]);
            right[channel][i] = i16::from(pair[4 + channel]);
        }
    }
    let (mut y0, mut y1, mut u, mut v) = ([0_u8; BLOCK], [0_u8; BLOCK], [0_u8; BLOCK], [0_u8; BLOCK]);
    for i in 0..BLOCK {
        let sum: [i16; 3] = std::array::from_fn(|channel| left[channel][i] + right[channel][i]);
        y0[i] = scaled(weigh(LUMA, left.map(|channel| channel[i])), 16, BITS);
        y1[i] = scaled(weigh(LUMA, right.map(|channel| channel[i])), 16, BITS);
        // Of two pixels together, hence one more fractional bit.
        u[i] = scaled(weigh(CB, sum), 128, BITS + 1);
        v[i] = scaled(weigh(CR, sum), 128, BITS + 1);
    }
    for (i, pair) in yuyv.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        *pair = [y0[i], u[i], y1[i], v[i]];
    }
}

#[inline]
fn weigh(weights: [i16; 3], rgb: [i16; 3]) -> i32 {
    let product = |i: usize| i32::from(weights[i]) * i32::from(rgb[i]);
    product(0) + product(1) + product(2)
}

/// A sum without its fractional bits, rounded, above `offset`. The weights keep it within a byte.
#[inline]
fn scaled(sum: i32, offset: i32, bits: u32) -> u8 {
    ((sum + (offset << bits) + (1 << (bits - 1))) >> bits) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(left: [u8; 3], right: [u8; 3]) -> [u8; 4] {
        let rgba = [left, right].map(|[r, g, b]| [r, g, b, 255]).concat();
        let mut yuyv = [0; 4];
        convert_row(&rgba, &mut yuyv);
        yuyv
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
            assert_eq!(converted(rgb, rgb), [y, u, y, v], "{rgb:?}");
        }
        assert_eq!(converted([0; 3], [0; 3]), BLACK, "black is black");
    }

    #[test]
    fn neighbours_keep_their_own_luma_and_share_their_chroma() {
        assert_eq!(converted([255; 3], [0; 3]), [235, 128, 16, 128], "white beside black");
        let [y0, u, y1, v] = converted([255, 0, 0], [0, 0, 255]);
        assert_eq!([y0, y1], [81, 41], "red beside blue");
        assert_eq!([u, v], [165, 175], "the mean of both");
    }

    #[test]
    fn columns_stay_in_order_past_a_block() {
        let greys: Vec<u8> = (0..74).map(|x| 3 * x).collect();
        let rgba: Vec<u8> = greys.iter().flat_map(|g| [*g, *g, *g, 0]).collect();
        let mut yuyv = vec![0; 2 * greys.len()];
        convert_row(&rgba, &mut yuyv);
        let expected = |g: u8| (16.0 + f64::from(g) * 219.0 / 255.0).round() as u8;
        for (x, grey) in greys.iter().enumerate() {
            assert_eq!(yuyv[2 * x..][..2], [expected(*grey), 128], "column {x}");
        }
    }
}
