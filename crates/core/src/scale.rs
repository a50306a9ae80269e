//! Scaling of pictures: the one place that names the resizing library, so that its many variants are compiled once and only for our pixels.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8x3, U8x4};
use fast_image_resize::{ResizeAlg, ResizeOptions, Resizer};
use image::{RgbImage, RgbaImage};

use crate::data::PixelBox;

pub use fast_image_resize::{Filter, FilterType};

/// Scales pictures, keeping its buffers from one to the next.
#[derive(Default)]
pub struct Scaler(Resizer);

impl Scaler {
    /// A scaler without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `part` of a picture (all of it by default) at `size` (width, height), convolved with `filter`, which widens as the picture shrinks.
    /// `None` when either size is empty or the part reaches outside.
    pub fn rgb(&mut self, picture: &RgbImage, part: Option<PixelBox>, size: [u32; 2], filter: FilterType) -> Option<RgbImage> {
        if size.contains(&0) || picture.is_empty() {
            return None;
        }
        let mut target = RgbImage::new(size[0], size[1]);
        let source = TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), picture).ok()?;
        let mut view = TypedImage::<U8x3>::from_buffer(size[0], size[1], &mut target).ok()?;
        self.0.resize_typed(&source, &mut view, &options(part, filter)).ok()?;
        Some(target)
    }

    /// A whole picture with straight alpha at `size` (width, height). Transparent pixels do not bleed their colour into their neighbours.
    /// `None` when either size is empty.
    pub fn rgba(&mut self, picture: &RgbaImage, size: [u32; 2], filter: FilterType) -> Option<RgbaImage> {
        if size.contains(&0) || picture.is_empty() {
            return None;
        }
        if picture.pixels().all(|p| p.0[3] == u8::MAX) {
            return self.rgba_as_it_is(picture, size, filter);
        }
        let mut premultiplied = picture.clone();
        premultiplied.pixels_mut().for_each(|p| premultiply(&mut p.0));
        let mut scaled = self.rgba_as_it_is(&premultiplied, size, filter)?;
        scaled.pixels_mut().for_each(|p| unpremultiply(&mut p.0));
        Some(scaled)
    }

    fn rgba_as_it_is(&mut self, picture: &RgbaImage, size: [u32; 2], filter: FilterType) -> Option<RgbaImage> {
        let mut target = RgbaImage::new(size[0], size[1]);
        let source = TypedImageRef::<U8x4>::from_buffer(picture.width(), picture.height(), picture).ok()?;
        let mut view = TypedImage::<U8x4>::from_buffer(size[0], size[1], &mut target).ok()?;
        self.0.resize_typed(&source, &mut view, &options(None, filter)).ok()?;
        Some(target)
    }
}

/// The largest size of `size`'s shape inside `frame`. A difference of two pixels is the rounding to even numbers, not another shape.
pub fn inner_size(size: [u32; 2], frame: [u32; 2]) -> [u32; 2] {
    let scale = (f64::from(frame[0]) / f64::from(size[0].max(1))).min(f64::from(frame[1]) / f64::from(size[1].max(1)));
    std::array::from_fn(|i| {
        let side = ((f64::from(size[i]) * scale).round() as u32).clamp(1, frame[i]);
        if frame[i] - side <= 2 { frame[i] } else { side }
    })
}

fn options(part: Option<PixelBox>, filter: FilterType) -> ResizeOptions {
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    match part {
        Some(part) => options.crop(part.left.into(), part.top.into(), part.width().into(), part.height().into()),
        None => options,
    }
}

fn premultiply(pixel: &mut [u8; 4]) {
    let alpha = u16::from(pixel[3]);
    for channel in &mut pixel[..3] {
        *channel = ((u16::from(*channel) * alpha + 127) / 255) as u8;
    }
}

fn unpremultiply(pixel: &mut [u8; 4]) {
    let alpha = u16::from(pixel[3]);
    for channel in &mut pixel[..3] {
        // Nothing can be said of the colour of what is wholly transparent.
        let restored = (u16::from(*channel) * 255 + alpha / 2).checked_div(alpha);
        *channel = restored.map_or(*channel, |value| value.min(255) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_fits_inside_a_frame_up_to_rounding() {
        assert_eq!(inner_size([200, 400], [64, 48]), [24, 48], "bars at the sides");
        assert_eq!(inner_size([1000, 500], [64, 48]), [64, 32], "bars above and below");
        assert_eq!(inner_size([603, 401], [602, 400]), [602, 400], "rounding is no other shape");
        assert_eq!(inner_size([9000, 1], [64, 48]), [64, 1], "no side vanishes");
    }

    #[test]
    fn transparent_pixels_keep_their_colour_to_themselves() {
        let stripes = |x: u32| if x.is_multiple_of(2) { image::Rgba([255, 0, 0, 0]) } else { image::Rgba([0, 0, 200, 255]) };
        let picture = RgbaImage::from_fn(64, 64, |x, _| stripes(x));
        let small = Scaler::new().rgba(&picture, [8, 8], FilterType::Bilinear).expect("not empty");
        let [r, _, b, a] = small.get_pixel(4, 4).0;
        assert!(r < 4 && b.abs_diff(200) < 4 && a.abs_diff(127) < 6, "only the visible blue remains: {:?}", small.get_pixel(4, 4));
    }

    #[test]
    fn a_part_is_cut_out_and_empty_sizes_are_refused() {
        let picture = RgbImage::from_fn(40, 20, |x, _| image::Rgb([if x < 20 { 10 } else { 200 }; 3]));
        let right = PixelBox { left: 22.0, top: 0.0, right: 40.0, bottom: 20.0 };
        let cut = Scaler::new().rgb(&picture, Some(right), [9, 10], FilterType::Bilinear).expect("inside");
        assert!(cut.pixels().all(|p| p.0 == [200; 3]), "only the right part");
        assert_eq!(Scaler::new().rgb(&picture, None, [0, 4], FilterType::Bilinear), None, "no width");
        let outside = PixelBox { left: 30.0, top: 0.0, right: 60.0, bottom: 20.0 };
        assert_eq!(Scaler::new().rgb(&picture, Some(outside), [4, 4], FilterType::Bilinear), None, "reaches outside");
    }
}
