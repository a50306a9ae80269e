//! Colours as eyes tell them apart.

use glam::Vec3;

/// CIE L*a*b* by hundred of a colour in sRGB, 0 to 1: equal distances look equally different, in the dark as well, where hair and landscape of old paintings lie.
pub fn lab(rgb: Vec3) -> Vec3 {
    // sRGB to linear light and to XYZ by the white point D65 (IEC 61966-2-1), and that to L*a*b* (CIE 15).
    let linear = rgb.map(|v| if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
    let by_white = Vec3::new(
        linear.dot(Vec3::new(0.4124, 0.3576, 0.1805)) / 0.9505,
        linear.dot(Vec3::new(0.2126, 0.7152, 0.0722)),
        linear.dot(Vec3::new(0.0193, 0.1192, 0.9505)) / 1.0891,
    );
    let f = by_white.map(|t| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 });
    Vec3::new(1.16 * f.y - 0.16, 5.0 * (f.x - f.y), 2.0 * (f.y - f.z))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_told_apart_as_eyes_do() {
        // Reference values of CIE L*a*b*.
        for (rgb, known) in [([1.0; 3], [1.0, 0.0, 0.0]), ([1.0, 0.0, 0.0], [0.5324, 0.8009, 0.6720]), ([0.0; 3], [0.0; 3])] {
            let off = (lab(Vec3::from_array(rgb)) - Vec3::from_array(known)).abs().max_element();
            assert!(off < 2e-3, "{rgb:?}: off by {off}");
        }
    }
}
