//! Cuts a face out of a picture: upright, at a given size, edges repeated where the picture ends.

use glam::Vec2;
use image::RgbImage;

use super::FacePlace;
use crate::data::PixelBox;
use crate::scale::{FilterType, Scaler};

/// Pixels of the picture per pixel of the cut beyond which the picture is averaged down first, so that nothing aliases.
const SHRINK_BEYOND: f32 = 1.7;

/// An upright cut around a face.
#[derive(Clone, Debug)]
pub struct UprightCut {
    /// The pixels, a square.
    pub pixels: RgbImage,
    centre_in_picture: Vec2,
    /// One pixel to the right in the cut, in pixels of the picture.
    right: Vec2,
}

impl UprightCut {
    /// Cuts the square `place`, widened by `margin` of its side on every side, so that the square itself measures `face_px`.
    /// `None` when the place is not sane or the cut would be empty.
    pub fn new(picture: &RgbImage, place: &FacePlace, face_px: u32, margin: f32) -> Option<Self> {
        if !place.is_sane() || picture.width() == 0 || picture.height() == 0 || face_px == 0 {
            return None;
        }
        let size = (face_px as f32 * (1.0 + 2.0 * margin)).round().clamp(1.0, 4096.0) as u32;
        let step = place.side_px / face_px as f32;
        let right = Vec2::from_angle(place.roll_rad) * step;
        let mut cut = Self { pixels: RgbImage::new(size, size), centre_in_picture: place.centre, right };
        if step > SHRINK_BEYOND {
            cut.fill_shrunk(picture, step)?;
        } else {
            fill(&mut cut.pixels, picture, place.centre, [right, right.perp()]);
        }
        Some(cut)
    }

    /// A point of the cut, in the picture; both in pixel indices.
    pub fn picture_from_cut(&self, point_in_cut: Vec2) -> Vec2 {
        self.centre_in_picture + self.right.rotate(point_in_cut - self.middle())
    }

    /// A point of the picture, in the cut; both in pixel indices.
    pub fn cut_from_picture(&self, point_in_picture: Vec2) -> Vec2 {
        let back = Vec2::new(self.right.x, -self.right.y) / self.right.length_squared();
        back.rotate(point_in_picture - self.centre_in_picture) + self.middle()
    }

    /// The square that was asked for, in pixels of the cut.
    pub fn square_in_cut(&self, face_px: u32) -> crate::data::PixelBox {
        let (middle, half) = (self.middle() + 0.5, 0.5 * face_px as f32);
        crate::data::PixelBox { left: middle.x - half, top: middle.y - half, right: middle.x + half, bottom: middle.y + half }
    }

    fn middle(&self) -> Vec2 {
        Vec2::splat(0.5 * (self.pixels.width() as f32 - 1.0))
    }

    /// Averages the part of the picture that is needed down to the cut's scale, then samples from that.
    fn fill_shrunk(&mut self, picture: &RgbImage, step: f32) -> Option<()> {
        let reach = 0.5 * self.pixels.width() as f32 * (self.right.x.abs() + self.right.y.abs()) + 2.0 * step;
        let limit = Vec2::new(picture.width() as f32, picture.height() as f32);
        let low = (self.centre_in_picture - reach).clamp(Vec2::ZERO, limit - 1.0).floor();
        let high = (self.centre_in_picture + reach).clamp(low + 1.0, limit).ceil();
        let size = ((high - low) / step).round().max(Vec2::ONE);
        let small = shrink(picture, low, high - low, size)?;
        let scale = size / (high - low);
        let centre = (self.centre_in_picture + 0.5 - low) * scale - 0.5;
        // Sides are rounded to whole pixels, so the scales of the two axes differ a little.
        fill(&mut self.pixels, &small, centre, [self.right * scale, self.right.perp() * scale]);
        Some(())
    }
}

/// A part of a picture, averaged down to `size`.
fn shrink(picture: &RgbImage, low: Vec2, extent: Vec2, size: Vec2) -> Option<RgbImage> {
    let part = PixelBox { left: low.x, top: low.y, right: low.x + extent.x, bottom: low.y + extent.y };
    Scaler::new().rgb(picture, Some(part), [size.x as u32, size.y as u32], FilterType::Bilinear)
}

/// A whole picture at another size: averaged when smaller, bilinear when larger. `None` when either size is empty.
pub fn resized(picture: &RgbImage, width: u32, height: u32) -> Option<RgbImage> {
    if picture.width() == 0 || picture.height() == 0 || width == 0 || height == 0 {
        return None;
    }
    let extent = Vec2::new(picture.width() as f32, picture.height() as f32);
    shrink(picture, Vec2::ZERO, extent, Vec2::new(width as f32, height as f32))
}

/// Samples `source` bilinearly around `centre`, with the given steps to the right and down; positions in fixed point with 16 bits of fraction.
fn fill(target: &mut RgbImage, source: &RgbImage, centre: Vec2, [right, down]: [Vec2; 2]) {
    const ONE: f32 = 65536.0;
    let fixed = |v: f32| f64::from(v * ONE) as i64;
    let size = target.width();
    let first = centre - (right + down) * (0.5 * (size as f32 - 1.0));
    let (step_x, step_y) = (fixed(right.x), fixed(right.y));
    let sampler = Sampler::new(source);
    for (row, pixels) in target.chunks_exact_mut(3 * size as usize).enumerate() {
        let start = first + down * row as f32;
        let (mut x, mut y) = (fixed(start.x), fixed(start.y));
        for pixel in pixels.chunks_exact_mut(3) {
            sampler.sample(x, y, pixel);
            x += step_x;
            y += step_y;
        }
    }
}

struct Sampler<'a> {
    pixels: &'a [u8],
    stride: usize,
    last_x: i64,
    last_y: i64,
}

impl<'a> Sampler<'a> {
    fn new(source: &'a RgbImage) -> Self {
        let (width, height) = source.dimensions();
        Self { pixels: source.as_raw(), stride: 3 * width as usize, last_x: i64::from(width) - 1, last_y: i64::from(height) - 1 }
    }

    #[inline]
    fn sample(&self, x: i64, y: i64, out: &mut [u8]) {
        let (x, y) = (x.clamp(0, self.last_x << 16), y.clamp(0, self.last_y << 16));
        let (column, row) = ((x >> 16) as usize, (y >> 16) as usize);
        let (fx, fy) = (((x >> 8) & 255) as u32, ((y >> 8) & 255) as u32);
        let right = if x < self.last_x << 16 { 3 } else { 0 };
        let down = if y < self.last_y << 16 { self.stride } else { 0 };
        let at = row * self.stride + 3 * column;
        let (upper, lower) = (&self.pixels[at..at + right + 3], &self.pixels[at + down..at + down + right + 3]);
        for c in 0..3 {
            let above = u32::from(upper[c]) * (256 - fx) + u32::from(upper[c + right]) * fx;
            let below = u32::from(lower[c]) * (256 - fx) + u32::from(lower[c + right]) * fx;
            out[c] = ((above * (256 - fy) + below * fy + 32768) >> 16) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 7]))
    }

    fn place(x: f32, y: f32, side_px: f32, roll_rad: f32) -> FacePlace {
        FacePlace { centre: Vec2::new(x, y), side_px, roll_rad }
    }

    #[test]
    fn every_pixel_comes_from_where_the_mapping_says() {
        let picture = ramp(240, 200);
        for (side, face_px, roll) in [(50.0, 100, 0.0), (60.0, 60, 0.5), (90.0, 30, -0.4), (40.0, 70, 1.2)] {
            let cut = UprightCut::new(&picture, &place(120.0, 100.0, side, roll), face_px, 0.2).expect("a cut inside the picture");
            let mut bias = Vec2::ZERO;
            for (x, y, pixel) in cut.pixels.enumerate_pixels() {
                let from = cut.picture_from_cut(Vec2::new(x as f32, y as f32));
                assert!(cut.cut_from_picture(from).distance(Vec2::new(x as f32, y as f32)) < 1e-3, "there and back");
                let got = Vec2::new(pixel[0].into(), pixel[1].into());
                bias += (got - from) / cut.pixels.pixels().len() as f32;
                assert!(got.distance(from) < 1.5, "pixel {x},{y} of a {face_px} px cut shows {got}, mapped to {from}");
            }
            assert!(bias.abs().max_element() < 0.1, "a {face_px} px cut is shifted by {bias}");
        }
    }

    #[test]
    fn a_place_beyond_the_edge_repeats_the_edge() {
        let picture = ramp(50, 50);
        let cut = UprightCut::new(&picture, &place(-200.0, 25.0, 40.0, 0.0), 40, 0.0).expect("a cut off the picture");
        assert!(cut.pixels.pixels().all(|p| p[0] == 0), "left of the picture its first column goes on");
        let far = UprightCut::new(&picture, &place(900.0, 900.0, 400.0, 0.2), 40, 0.5).expect("a large cut off the picture");
        assert!(far.pixels.pixels().all(|p| p[0] >= 40 && p[1] >= 40), "its last corner goes on");
    }

    #[test]
    fn nonsense_places_are_refused() {
        let picture = ramp(50, 50);
        for bad in
            [place(f32::NAN, 0.0, 50.0, 0.0), place(0.0, 0.0, 0.0, 0.0), place(0.0, 0.0, f32::INFINITY, 0.0), place(1e9, 0.0, 9.0, 0.0)]
        {
            assert!(UprightCut::new(&picture, &bad, 100, 0.2).is_none(), "{bad:?} was cut");
        }
        assert!(UprightCut::new(&RgbImage::new(0, 0), &place(0.0, 0.0, 50.0, 0.0), 100, 0.2).is_none(), "an empty picture was cut");
    }

    #[test]
    fn the_square_lies_in_the_middle_of_the_cut() {
        let cut = UprightCut::new(&ramp(99, 99), &place(50.0, 50.0, 40.0, 0.3), 80, 0.25).expect("a cut");
        let square = cut.square_in_cut(80);
        assert_eq!((square.left, square.right, cut.pixels.width()), (20.0, 100.0, 120), "margins on both sides");
        assert!(cut.picture_from_cut(square.centre() - 0.5).distance(Vec2::splat(50.0)) < 1e-3, "middle to middle");
    }
}
