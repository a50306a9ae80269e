//! Parts of a face that are drawn anew: where they lie, and what is changed of them.

use glam::{Vec2, Vec3};

/// Where the frame of a part lies in the crop: turned, scaled and shifted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartPlace {
    /// The middle of the frame's first pixel, in crop pixels.
    pub origin: Vec2,
    /// One pixel of the frame along its rows, in crop pixels; one down is as long and upright to it.
    pub across: Vec2,
}

impl PartPlace {
    /// A point of the frame, in crop pixels.
    pub fn crop_from_frame(&self, point: Vec2) -> Vec2 {
        self.origin + self.across * point.x + self.across.perp() * point.y
    }

    /// A point of the crop, in the frame.
    pub fn frame_from_crop(&self, point: Vec2) -> Vec2 {
        let offset = point - self.origin;
        Vec2::new(offset.dot(self.across), offset.dot(self.across.perp())) / self.across.length_squared().max(1e-12)
    }
}

/// What is added to the colours of a part, in a frame of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct PartChange {
    /// Where the frame lies.
    pub place: PartPlace,
    /// Pixels of the frame across and down.
    pub size: [usize; 2],
    /// Row by row what is added to red, green and blue, in shares of white, -1 to 1; nothing along the frame's border.
    pub added: Vec<Vec3>,
}

impl PartChange {
    /// What is added at a point of the crop: bilinear, nothing outside of the frame.
    pub fn at(&self, point_in_crop: Vec2) -> Vec3 {
        let at = self.place.frame_from_crop(point_in_crop);
        let [width, height] = self.size;
        let most = Vec2::new(width as f32, height as f32) - 1.0;
        if !(at.cmpge(Vec2::ZERO).all() && at.cmple(most).all()) {
            return Vec3::ZERO;
        }
        let first = at.floor().min(most - 1.0).max(Vec2::ZERO);
        let part = at - first;
        let start = first.y as usize * width + first.x as usize;
        let value = |n: usize| self.added.get(start + n).copied().unwrap_or_default();
        value(0).lerp(value(1), part.x).lerp(value(width).lerp(value(width + 1), part.x), part.y)
    }

    /// Corners of the frame, in crop pixels: the first is its upper left one, the others follow clockwise.
    pub fn corners(&self) -> [Vec2; 4] {
        let [right, bottom] = self.size.map(|px| px.saturating_sub(1) as f32);
        [Vec2::ZERO, Vec2::new(right, 0.0), Vec2::new(right, bottom), Vec2::new(0.0, bottom)].map(|at| self.place.crop_from_frame(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_where_its_frame_lies() {
        let place = PartPlace { origin: Vec2::new(10.0, 20.0), across: Vec2::new(0.0, 0.5) };
        let added = (0..12).map(|i| Vec3::splat(i as f32)).collect();
        let change = PartChange { place, size: [4, 3], added };
        // Turned by a quarter: a step along the rows leads down, a row down leads to the left.
        assert_eq!(place.crop_from_frame(Vec2::new(2.0, 1.0)), Vec2::new(9.5, 21.0), "turned and scaled");
        assert!((change.at(Vec2::new(9.5, 21.0)).x - 6.0).abs() < 1e-5, "a pixel's own value");
        assert!((change.at(Vec2::new(9.75, 20.75)).x - 3.5).abs() < 1e-5, "between four pixels");
        assert_eq!(change.at(Vec2::new(10.2, 20.0)), Vec3::ZERO, "outside");
        assert_eq!(change.corners()[2], Vec2::new(9.0, 21.5), "lower right");
    }
}
