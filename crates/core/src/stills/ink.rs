//! Colours that are no light: what lies on paper, and what the eye makes of it.

/// Linear red, green and blue of sRGB from X, Y and Z under the light D50, adapted by Bradford's method (Lindbloom).
const SRGB_FROM_D50: [[f32; 3]; 3] =
    [[3.133_856, -1.616_867, -0.490_615], [-0.978_768, 1.916_142, 0.033_454], [0.071_945, -0.228_991, 1.405_243]];
/// X, Y and Z of white under D50.
const D50: [f32; 3] = [0.964_22, 1.0, 0.825_21];

/// Red, green and blue from cyan, magenta, yellow and black, all 0 to 1. Without the profile of a printing press this is what is meant on the whole.
pub(super) fn rgb_from_cmyk([c, m, y, k]: [f32; 4]) -> [f32; 3] {
    [c, m, y].map(|ink| (1.0 - ink) * (1.0 - k))
}

/// sRGB, 0 to 1, from CIE L*a*b* under D50: lightness 0 to 100, a and b about -128 to 128 (CIE 15).
pub(super) fn rgb_from_lab([lightness, a, b]: [f32; 3]) -> [f32; 3] {
    let y = (lightness + 16.0) / 116.0;
    let xyz = [y + a / 500.0, y, y - b / 200.0].map(|f| {
        let cubed = f * f * f;
        if cubed > 216.0 / 24_389.0 { cubed } else { (116.0 * f - 16.0) * 27.0 / 24_389.0 }
    });
    SRGB_FROM_D50.map(|row| {
        let linear: f32 = (0..3).map(|i| row[i] * xyz[i] * D50[i]).sum();
        if linear <= 0.003_130_8 { 12.92 * linear.max(0.0) } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
    })
}

/// Red, green and blue from luma and chroma in full range, as JPEG has them (ITU-R BT.601), all 0 to 1 with chroma's middle at one half.
pub(super) fn rgb_from_ycbcr([y, cb, cr]: [f32; 3]) -> [f32; 3] {
    // The middle of 256 values is the one with the number 128.
    let [cb, cr] = [cb, cr].map(|chroma| chroma - 128.0 / 255.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: [f32; 3], wanted: [f32; 3], what: &str) {
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01), "{what}: {found:?} for {wanted:?}");
    }

    #[test]
    fn known_colours_come_out() {
        assert_near(rgb_from_lab([100.0, 0.0, 0.0]), [1.0; 3], "white");
        assert_near(rgb_from_lab([0.0, 0.0, 0.0]), [0.0; 3], "black");
        assert_near(rgb_from_lab([53.585, 0.0, 0.0]), [0.502; 3], "middle grey");
        assert_near(rgb_from_lab([54.29, 80.81, 69.89]), [1.0, 0.0, 0.0], "red");
        assert_near(rgb_from_cmyk([0.0, 1.0, 1.0, 0.0]), [1.0, 0.0, 0.0], "red ink");
        assert_near(rgb_from_cmyk([0.2, 0.4, 0.6, 0.5]), [0.4, 0.3, 0.2], "half in the dark");
        assert_near(rgb_from_ycbcr([0.299, 84.97 / 255.0, 1.0]), [1.0, 0.0, 0.0], "red signal");
    }
}
