//! Boxes, crops and head orientation.

use glam::Vec2;
use serde::{Deserialize, Serialize};

/// Side of the square in which motion is computed, in pixels.
pub const CROP_PX: f32 = 256.0;

/// Orientation of a head relative to the camera, in radians; all zero when it looks straight into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeadPose {
    /// Turn to the side; positive towards the picture's right.
    pub yaw_rad: f32,
    /// Nod; positive downwards.
    pub pitch_rad: f32,
    /// Tilt in the picture plane; positive clockwise as seen on the picture.
    pub roll_rad: f32,
}

/// An axis-parallel box in a picture, in pixels; right and bottom are exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelBox {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl PixelBox {
    /// Width in pixels.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Height in pixels.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Area in square pixels; never negative.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Middle of the box.
    pub fn centre(&self) -> Vec2 {
        Vec2::new(self.left + self.right, self.top + self.bottom) * 0.5
    }

    /// The same box in a picture scaled by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self { left: self.left * factor, top: self.top * factor, right: self.right * factor, bottom: self.bottom * factor }
    }

    /// Area of the intersection over area of the union, 0 to 1.
    pub fn overlap(&self, other: &Self) -> f32 {
        let common = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        let shared = common.area();
        shared / (self.area() + other.area() - shared).max(f32::MIN_POSITIVE)
    }
}

/// The square of a portrait in which motion is computed. It may reach past the picture's edges.
///
/// Both spaces use pixel-index coordinates (the centre of pixel `i` lies at `i`), so the half-pixel shift is part of the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// Upper left corner of the square, in pixels of the picture (edge, not pixel centre).
    pub origin_px: [f32; 2],
    /// Side of the square, in pixels of the picture.
    pub side_px: f32,
}

impl Crop {
    /// Side of the reach over that of its crop, and how far it goes beyond the crop on the left and above, in crop pixels.
    pub const REACH: f32 = 1.5;
    /// See [`Self::REACH`].
    pub const BEFORE_REACH: [f32; 2] = [64.0, 96.0];

    /// The crop that covers a whole square-scaled picture: for measurements on complete frames.
    pub fn whole(side_px: f32) -> Self {
        Self { origin_px: [0.0, 0.0], side_px }
    }

    /// The square round this one in which a head still moves: half as wide again, and most of it above, since hair, hats and head-dresses reach beyond
    /// the crop. It is a crop itself, of [`CROP_PX`] of its own pixels.
    #[must_use]
    pub fn reach(&self) -> Self {
        let before = Self::BEFORE_REACH.map(|px| px * self.scale());
        Self { origin_px: [self.origin_px[0] - before[0], self.origin_px[1] - before[1]], side_px: Self::REACH * self.side_px }
    }

    /// The same crop of the picture made smaller by `scale`.
    #[must_use]
    pub fn smaller(&self, scale: f32) -> Self {
        Self { origin_px: self.origin_px.map(|px| scale * px), side_px: scale * self.side_px }
    }

    /// A point of the crop, in its reach.
    pub fn reach_from_crop(point_in_crop: Vec2) -> Vec2 {
        (point_in_crop + 0.5 + Vec2::from_array(Self::BEFORE_REACH)) / Self::REACH - 0.5
    }

    /// A point of the reach, in its crop.
    pub fn crop_from_reach(point_in_reach: Vec2) -> Vec2 {
        (point_in_reach + 0.5) * Self::REACH - Vec2::from_array(Self::BEFORE_REACH) - 0.5
    }

    /// Pixels of the picture per pixel of the crop.
    pub fn scale(&self) -> f32 {
        self.side_px / CROP_PX
    }

    /// A point of the picture, in the crop.
    pub fn crop_from_image(&self, point_in_image: Vec2) -> Vec2 {
        (point_in_image + 0.5 - Vec2::from_array(self.origin_px)) / self.scale() - 0.5
    }

    /// A point of the crop, in the picture.
    pub fn image_from_crop(&self, point_in_crop: Vec2) -> Vec2 {
        (point_in_crop + 0.5) * self.scale() + Vec2::from_array(self.origin_px) - 0.5
    }
}

/// The part of a picture that a change may reach, in whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasteRegion {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Number of columns; zero when crop and picture do not meet.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl PasteRegion {
    /// The crop, cut to a picture of that width and height.
    pub fn new(crop: &Crop, (width, height): (u32, u32)) -> Self {
        let span = |origin: f32, size: u32| {
            let first = origin.floor().clamp(0.0, size as f32) as u32;
            let end = (origin + crop.side_px).ceil().clamp(0.0, size as f32) as u32;
            (first, end.saturating_sub(first))
        };
        let ((left, width), (top, height)) = (span(crop.origin_px[0], width), span(crop.origin_px[1], height));
        Self { left, top, width, height }
    }
}
