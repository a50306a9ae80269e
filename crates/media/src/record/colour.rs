//! sRGB pixels to the planes video encoders take: BT.709 in limited range, chroma at half resolution (I420).
//!
//! openh264's own converter uses the BT.601 matrix, which players would show with a green cast under the BT.709 label of HD video.

use image::RgbaImage;

/// Fractional bits of the matrix below.
const BITS: u32 = 16;

/// Luma weights: BT.709's 0.2126, 0.7152 and 0.0722, times 219/255 for limited range.
const LUMA: [i32; 3] = [11_966, 40_254, 4_064];

/// Blue-difference weights: (B - Y) / 1.8556, times 224/255.
const CB: [i32; 3] = [-6_596, -22_188, 28_784];

/// Red-difference weights: (R - Y) / 1.5748, times 224/255.
const CR: [i32; 3] = [28_784, -26_145, -2_639];

/// A picture in three planes; both sides are even.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Planes {
    /// Width in pixels.
    pub(super) width: usize,
    /// Height in pixels.
    pub(super) height: usize,
    /// Luma, row by row.
    pub(super) y: Vec<u8>,
    /// Blue difference, at half width and height.
    pub(super) u: Vec<u8>,
    /// Red difference, at half width and height.
    pub(super) v: Vec<u8>,
}

impl Planes {
    /// Empty planes; sides are rounded down to even numbers.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize & !1, height as usize & !1);
        let quarter = width * height / 4;
        Self { width, height, y: vec![0; width * height], u: vec![0; quarter], v: vec![0; quarter] }
    }

    /// Fills the planes from a picture of at least their size, ignoring alpha; an odd last row or column is left out.
    pub(super) fn fill(&mut self, picture: &RgbaImage) {
        let stride = picture.width() as usize * 4;
        let rows = picture.as_raw().chunks_exact(stride * 2);
        let luma_rows = self.y.chunks_exact_mut(self.width * 2);
        let chroma_rows = self.u.chunks_exact_mut(self.width / 2).zip(self.v.chunks_exact_mut(self.width / 2));
        for ((pair, luma), (u, v)) in rows.zip(luma_rows).zip(chroma_rows) {
            let (upper, lower) = pair.split_at(stride);
            let (luma_upper, luma_lower) = luma.split_at_mut(self.width);
            luma_row(upper, luma_upper);
            luma_row(lower, luma_lower);
            chroma_row(upper, lower, u, v);
        }
    }
}

fn weigh(weights: [i32; 3], rgb: [i32; 3]) -> i32 {
    weights[0] * rgb[0] + weights[1] * rgb[1] + weights[2] * rgb[2]
}

fn luma_row(pixels: &[u8], luma: &mut [u8]) {
    for (y, pixel) in luma.iter_mut().zip(pixels.chunks_exact(4)) {
        let rgb = [i32::from(pixel[0]), i32::from(pixel[1]), i32::from(pixel[2])];
        *y = ((weigh(LUMA, rgb) + (16 << BITS) + (1 << (BITS - 1))) >> BITS) as u8;
    }
}

/// Chroma is taken from the sum of two by two pixels, hence two more fractional bits.
fn chroma_row(upper: &[u8], lower: &[u8], u: &mut [u8], v: &mut [u8]) {
    const SUM_BITS: u32 = BITS + 2;
    const OFFSET: i32 = (128 << SUM_BITS) + (1 << (SUM_BITS - 1));
    let pairs = upper.chunks_exact(8).zip(lower.chunks_exact(8));
    for ((u, v), (a, b)) in u.iter_mut().zip(v).zip(pairs) {
        let sum = |c: usize| i32::from(a[c]) + i32::from(a[c + 4]) + i32::from(b[c]) + i32::from(b[c + 4]);
        let rgb = [sum(0), sum(1), sum(2)];
        *u = ((weigh(CB, rgb) + OFFSET) >> SUM_BITS) as u8;
        *v = ((weigh(CR, rgb) + OFFSET) >> SUM_BITS) as u8;
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn planes_of(rgb: [u8; 3]) -> [u8; 3] {
        let mut planes = Planes::new(2, 2);
        planes.fill(&RgbaImage::from_pixel(2, 2, Rgba([rgb[0], rgb[1], rgb[2], 255])));
        [planes.y[3], planes.u[0], planes.v[0]]
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
    fn odd_sides_lose_their_last_row_and_column() {
        let mut planes = Planes::new(5, 3);
        planes.fill(&RgbaImage::from_fn(5, 3, |x, y| if x == 4 || y == 2 { Rgba([255; 4]) } else { Rgba([0, 0, 0, 255]) }));
        assert_eq!((planes.width, planes.height), (4, 2), "even size");
        assert!(planes.y.iter().all(|&y| y == 16), "only the black part is left");
    }
}
