//! Small pictures inside the panels: thumbnails and the camera inset. The portrait itself goes through [`super::preview`].

use egui::load::SizedTexture;
use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};
use image::{RgbImage, RgbaImage};

/// Longest side of a thumbnail, in pixels: sharp at twice its largest size in points.
const THUMBNAIL_PX: u32 = 256;
/// The inset is never wider than this, in pixels.
const INSET_PX: u32 = 640;

/// Uploads a small version of a picture.
pub(super) fn thumbnail(ctx: &Context, title: &str, picture: &RgbaImage) -> TextureHandle {
    upload(ctx, title, &small(picture))
}

/// A small version of a picture.
pub(super) fn small(picture: &RgbaImage) -> RgbaImage {
    let scale = f64::from(THUMBNAIL_PX) / f64::from(picture.width().min(picture.height()).max(1));
    let side = |px: u32| ((f64::from(px) * scale.min(1.0)).round() as u32).clamp(1, 4 * THUMBNAIL_PX);
    image::imageops::thumbnail(picture, side(picture.width()), side(picture.height()))
}

/// Uploads a picture as it is.
pub(super) fn upload(ctx: &Context, title: &str, small: &RgbaImage) -> TextureHandle {
    let size = [small.width() as usize, small.height() as usize];
    ctx.load_texture(title, ColorImage::from_rgba_unmultiplied(size, small.as_raw()), TextureOptions::LINEAR)
}

/// The inset's texture, reused from frame to frame.
#[derive(Default)]
pub(super) struct InsetTexture {
    handle: Option<TextureHandle>,
}

impl InsetTexture {
    /// Uploads a frame; a large one is thinned out first, since it is shown small.
    pub(super) fn show(&mut self, ctx: &Context, frame: &RgbImage) -> SizedTexture {
        let image = thinned(frame);
        let handle = if let Some(handle) = &mut self.handle {
            handle.set(image, TextureOptions::LINEAR);
            handle
        } else {
            self.handle.insert(ctx.load_texture("camera", image, TextureOptions::LINEAR))
        };
        SizedTexture::from_handle(handle)
    }
}

fn thinned(frame: &RgbImage) -> ColorImage {
    let step = frame.width().div_ceil(INSET_PX).max(1);
    let (width, height) = (frame.width().div_ceil(step).max(1), frame.height().div_ceil(step).max(1));
    let rows = (0..frame.height()).step_by(step as usize);
    let pixels: Vec<Color32> = rows
        .flat_map(|y| (0..frame.width()).step_by(step as usize).map(move |x| frame.get_pixel(x, y).0))
        .map(|[r, g, b]| Color32::from_rgb(r, g, b))
        .collect();
    if pixels.is_empty() {
        return ColorImage::filled([1, 1], Color32::BLACK);
    }
    ColorImage::new([width as usize, height as usize], pixels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_any_size_become_small_textures() {
        for (width, height) in [(1, 1), (640, 480), (641, 481), (1920, 1080), (0, 0)] {
            let thin = thinned(&RgbImage::from_pixel(width, height, image::Rgb([9, 8, 7])));
            assert!(thin.size[0] <= INSET_PX as usize, "{width}x{height} becomes {:?}", thin.size);
            assert_eq!(thin.pixels.len(), thin.size[0] * thin.size[1], "{width}x{height}: all pixels are there");
        }
    }
}
