//! Which part of a portrait's picture is shown, recorded and sent.

use image::RgbaImage;
use serde::{Deserialize, Serialize};

use crate::data::{Crop, Portrait};

/// Least side of a part, in pixels: what every encoder takes.
const LEAST_SIDE_PX: u32 = 64;
/// Least share of a side that is left by hand.
const LEAST_SHARE: f32 = 0.05;
/// A head with its hair: the side of a square, as a multiple of the crop's side, and where the crop's middle lies in it, from above. Tuned: on the built-in
/// portraits and the shared ones, so that no hat is cut off that the crop's reach shows.
const HEAD: (f32, f32) = (1.45, 0.56);
/// Head and shoulders: width and height as multiples of the crop's side, and where its middle lies, from above. Tuned as [`HEAD`].
const BUST: ([f32; 2], f32) = ([1.9, 2.3], 0.4);

/// Which part of the picture is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// All of it.
    #[default]
    Whole,
    /// The head.
    Head,
    /// Head and shoulders.
    Bust,
    /// A part that was chosen by hand.
    ByHand(PictureShare),
}

/// A part of a picture, in shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PictureShare {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl PictureShare {
    /// All of a picture.
    pub const WHOLE: Self = Self { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };

    /// Inside of the picture, and not too small; the whole one for what holds no numbers.
    #[must_use]
    pub fn sanitised(self) -> Self {
        if ![self.left, self.top, self.width, self.height].iter().all(|share| share.is_finite()) {
            return Self::WHOLE;
        }
        let (width, height) = (self.width.clamp(LEAST_SHARE, 1.0), self.height.clamp(LEAST_SHARE, 1.0));
        Self { left: self.left.clamp(0.0, 1.0 - width), top: self.top.clamp(0.0, 1.0 - height), width, height }
    }

    /// Nearer by `factor`, or farther for one below 1, round a place of the part in shares of it. Where one side is as long as the picture's, only the other one
    /// still grows.
    #[must_use]
    pub fn zoomed(self, factor: f32, [x, y]: [f32; 2]) -> Self {
        let (width, height) = (self.width / factor, self.height / factor);
        // Both sides stop together, so that the part keeps its shape.
        let least = (LEAST_SHARE / width).max(LEAST_SHARE / height).max(1.0);
        let (width, height) = ((width * least).min(1.0), (height * least).min(1.0));
        Self { left: self.left + x * (self.width - width), top: self.top + y * (self.height - height), width, height }.sanitised()
    }

    /// Moved by shares of the picture's sides.
    #[must_use]
    pub fn moved(self, [x, y]: [f32; 2]) -> Self {
        Self { left: self.left + x, top: self.top + y, ..self }.sanitised()
    }
}

/// A part of a picture in whole pixels, both sides even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PicturePart {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl Framing {
    /// The same with a part that lies in the picture.
    #[must_use]
    pub fn sanitised(self) -> Self {
        if let Self::ByHand(share) = self { Self::ByHand(share.sanitised()) } else { self }
    }

    /// What it shows of a portrait; `None` for all of it. The window and everything that records or sends ask here, so all show the same.
    pub fn part(&self, portrait: &Portrait) -> Option<PicturePart> {
        let size = portrait.pixels.dimensions().into();
        let share = match self {
            Self::Whole => return None,
            Self::Head => around(&portrait.crop, [HEAD.0; 2], HEAD.1, size),
            Self::Bust => around(&portrait.crop, BUST.0, BUST.1, size),
            Self::ByHand(share) => share.sanitised(),
        };
        PicturePart::of(share, size)
    }
}

/// A part of these multiples of the crop's side, whose middle is the crop's, `from_top` of its height below its upper edge; moved inside of the picture.
fn around(crop: &Crop, sides: [f32; 2], from_top: f32, size: [u32; 2]) -> PictureShare {
    let [across, down] = size.map(|side| side.max(1) as f32);
    let [width, height] = [(sides[0] * crop.side_px).min(across), (sides[1] * crop.side_px).min(down)];
    let [x, y] = crop.origin_px.map(|origin| origin + 0.5 * crop.side_px);
    let (left, top) = ((x - 0.5 * width).clamp(0.0, across - width), (y - from_top * height).clamp(0.0, down - height));
    PictureShare { left: left / across, top: top / down, width: width / across, height: height / down }
}

impl PicturePart {
    /// The pixels of a share of a picture of this size; `None` when these are all.
    fn of(share: PictureShare, size: [u32; 2]) -> Option<Self> {
        let span = |origin: f32, length: f32, size: u32| {
            // Even, as video wants it.
            let pixels = (((length * size as f32).round() as u32) & !1).clamp(LEAST_SIDE_PX.min(size & !1), size & !1);
            (((origin * size as f32).round() as u32).min(size - pixels), pixels)
        };
        let ((left, width), (top, height)) = (span(share.left, share.width, size[0]), span(share.top, share.height, size[1]));
        let part = Self { left, top, width, height };
        (part.width > 0 && part.height > 0 && [width, height] != size).then_some(part)
    }

    /// Itself in shares of a picture of this size.
    pub fn share(&self, size: [u32; 2]) -> PictureShare {
        let [across, down] = size.map(|side| side.max(1) as f32);
        PictureShare {
            left: self.left as f32 / across,
            top: self.top as f32 / down,
            width: self.width as f32 / across,
            height: self.height as f32 / down,
        }
    }

    /// These pixels of a picture.
    pub fn cut(&self, picture: &RgbaImage) -> RgbaImage {
        image::imageops::crop_imm(picture, self.left, self.top, self.width, self.height).to_image()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use glam::Vec2;

    use super::*;
    use crate::data::Landmarks;

    fn portrait(size: [u32; 2], origin_px: [f32; 2], side_px: f32) -> Portrait {
        Portrait {
            name: String::new(),
            pixels: Arc::new(RgbaImage::new(size[0], size[1])),
            landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [Vec2::ZERO; 2],
            mesh_in_image: None,
            crop: Crop { origin_px, side_px },
            content_hash: String::new(),
        }
    }

    #[test]
    fn head_and_bust_hold_the_face_and_stay_in_the_picture() {
        for (size, origin, side) in
            [([1000, 1600], [300.0, 200.0], 300.0), ([801, 603], [-40.0, -30.0], 500.0), ([64, 64], [0.0, 0.0], 64.0)]
        {
            let portrait = portrait(size, origin, side);
            for framing in [Framing::Head, Framing::Bust] {
                let part = framing.part(&portrait).unwrap_or(PicturePart { left: 0, top: 0, width: size[0], height: size[1] });
                assert!(part.left + part.width <= size[0] && part.top + part.height <= size[1], "{framing:?} of {size:?}: {part:?}");
                let middle = origin.map(|origin| origin + 0.5 * side);
                let holds = |low: u32, length: u32, at: f32| (low as f32..=(low + length) as f32).contains(&at);
                assert!(holds(part.left, part.width, middle[0]) && holds(part.top, part.height, middle[1]), "with the face: {part:?}");
            }
        }
        let portrait = portrait([1000, 1600], [300.0, 200.0], 300.0);
        let [head, bust] = [Framing::Head, Framing::Bust].map(|framing| framing.part(&portrait).expect("a part"));
        assert!(head.width == head.height && head.width < bust.width && bust.width < bust.height, "{head:?} {bust:?}");
    }

    #[test]
    fn all_of_a_picture_is_no_part_and_every_part_is_even() {
        let portrait = portrait([801, 603], [100.0, 100.0], 200.0);
        assert_eq!(Framing::Whole.part(&portrait), None, "all of it");
        for share in [0.01, 0.123, 0.5, 0.777, 1.0, 7.0, f32::NAN] {
            let share = PictureShare { left: 0.3, top: -2.0, width: share, height: share };
            let part = Framing::ByHand(share).part(&portrait).expect("an odd picture has even parts only");
            assert!([part.width, part.height].iter().all(|side| side.is_multiple_of(2) && *side >= 64), "{share:?}: {part:?}");
            assert!(part.left + part.width <= 801 && part.top + part.height <= 603, "{share:?}: {part:?}");
        }
    }

    #[test]
    fn zooming_keeps_its_place_and_moving_stays_inside() {
        let near = PictureShare::WHOLE.zoomed(2.0, [0.25, 0.75]);
        assert_eq!(near, PictureShare { left: 0.125, top: 0.375, width: 0.5, height: 0.5 }, "the place under the pointer stays");
        assert_eq!(near.zoomed(0.1, [0.5, 0.5]), PictureShare::WHOLE, "no farther than the whole picture");
        let nearest = near.zoomed(1e6, [0.5, 0.5]);
        assert!([nearest.width, nearest.height].iter().all(|side| (side - LEAST_SHARE).abs() < 1e-6), "nor nearer than that: {nearest:?}");
        assert_eq!(near.moved([9.0, -9.0]), PictureShare { left: 0.5, top: 0.0, ..near }, "up to the edges");
        let wide = PictureShare { left: 0.0, top: 0.4, width: 1.0, height: 0.2 }.zoomed(0.5, [0.5, 0.5]);
        assert!(
            (wide.width - 1.0).abs() < 1e-6 && (wide.height - 0.4).abs() < 1e-6,
            "where one side is full the other one still grows: {wide:?}"
        );
    }

    #[test]
    fn the_cut_is_these_pixels() {
        let picture = RgbaImage::from_fn(100, 80, |x, y| image::Rgba([x as u8, y as u8, 0, 255]));
        let cut = PicturePart { left: 10, top: 20, width: 4, height: 6 }.cut(&picture);
        assert_eq!(
            (cut.dimensions(), cut.get_pixel(0, 0).0, cut.get_pixel(3, 5).0),
            ((4, 6), [10, 20, 0, 255], [13, 25, 0, 255]),
            "exactly"
        );
    }
}
