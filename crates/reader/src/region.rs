//! The rotated square of a picture in which a face is looked for.

use glam::{DVec2, Vec3};

/// How much larger than the face's box a region is.
const MARGIN: f64 = 1.5;
/// Landmarks at the outer corners of the eyes: the face is upright between them.
const RIGHT_EYE: usize = 33;
const LEFT_EYE: usize = 263;
/// The smallest region that is looked at, in pixels. Smaller ones hold no face.
const SMALLEST_PX: f64 = 4.0;

/// A rotated rectangle in a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Its centre. Integer coordinates are the corners of pixels as the networks sample them.
    pub centre: DVec2,
    /// Width and height before it is turned.
    pub size: DVec2,
    /// How far it is turned in the picture, clockwise, in radians.
    pub angle: f64,
}

impl Region {
    /// An upright square.
    pub fn square(centre: DVec2, side: f64) -> Self {
        Self { centre, size: DVec2::splat(side), angle: 0.0 }
    }

    /// The smallest upright square that holds a whole picture.
    pub(crate) fn whole(picture: DVec2) -> Self {
        Self::square(picture / 2.0, picture.max_element())
    }

    /// The region around a face whose eyes are known, from a detector's box.
    pub(crate) fn around_box(centre: DVec2, size: DVec2, eyes: [DVec2; 2]) -> Self {
        Self { centre, size: size * MARGIN, angle: (eyes[1] - eyes[0]).to_angle() }
    }

    /// The region in which the face with these landmarks is looked for in the next picture.
    pub(crate) fn around_points(points: &[Vec3]) -> Self {
        let [low, high] = bounds(points);
        let eyes = [points[RIGHT_EYE], points[LEFT_EYE]].map(|p| p.truncate().as_dvec2());
        Self { angle: (eyes[1] - eyes[0]).to_angle(), ..Self::square((low + high) / 2.0, (high - low).max_element() * MARGIN) }
    }

    /// The place in the picture of a point given in parts of the region: (0, 0) is its first corner, (1, 1) the opposite one.
    pub(crate) fn place(&self, part: DVec2) -> DVec2 {
        self.centre + DVec2::from_angle(self.angle).rotate((part - 0.5) * self.size)
    }

    /// Whether there can be a face in it: its numbers are finite, its size is more than nothing, and it meets the picture.
    pub(crate) fn is_sensible(&self, picture: DVec2) -> bool {
        let reach = self.size.length() / 2.0;
        self.centre.is_finite()
            && self.angle.is_finite()
            && self.size.is_finite()
            && self.size.min_element() >= SMALLEST_PX
            && self.size.max_element() <= 16.0 * picture.max_element()
            && (self.centre + reach).cmpgt(DVec2::ZERO).all()
            && (self.centre - reach).cmplt(picture).all()
    }
}

/// The lowest and highest x and y.
pub(crate) fn bounds(points: &[Vec3]) -> [DVec2; 2] {
    let start = [DVec2::INFINITY, DVec2::NEG_INFINITY];
    points.iter().map(|p| p.truncate().as_dvec2()).fold(start, |[low, high], p| [low.min(p), high.max(p)])
}

/// The area that two boxes share, over the area of both together.
pub(crate) fn overlap([a_low, a_high]: [DVec2; 2], [b_low, b_high]: [DVec2; 2]) -> f64 {
    let area = |low: DVec2, high: DVec2| (high - low).max(DVec2::ZERO).element_product();
    let shared = area(a_low.max(b_low), a_high.min(b_high));
    let both = area(a_low, a_high) + area(b_low, b_high) - shared;
    if both > 0.0 { shared / both } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landmarks::POINTS;

    #[test]
    fn the_region_around_points_holds_them_turned_as_the_eyes_are() {
        let mut points = [Vec3::new(50.0, 60.0, 1.0); POINTS];
        points[RIGHT_EYE] = Vec3::new(40.0, 50.0, 0.0);
        points[LEFT_EYE] = Vec3::new(60.0, 70.0, 0.0);
        points[10] = Vec3::new(50.0, 20.0, 0.0);
        let region = Region::around_points(&points);
        assert_eq!(region.centre, DVec2::new(50.0, 45.0));
        assert_eq!(region.size, DVec2::splat(75.0));
        assert!((region.angle - std::f64::consts::FRAC_PI_4).abs() < 1e-9, "{}", region.angle);
        assert!(region.place(DVec2::splat(0.5)).abs_diff_eq(region.centre, 1e-9));
        let corner = region.place(DVec2::ZERO);
        assert!(corner.abs_diff_eq(region.centre - DVec2::new(0.0, 37.5 * 2.0_f64.sqrt()), 1e-6), "{corner}");
    }

    #[test]
    fn regions_without_a_face_are_refused() {
        let picture = DVec2::new(640.0, 480.0);
        assert!(Region::whole(picture).is_sensible(picture));
        let bad = [
            Region::square(DVec2::new(f64::NAN, 5.0), 50.0),
            Region::square(DVec2::splat(100.0), 0.0),
            Region::square(DVec2::splat(100.0), f64::INFINITY),
            Region::square(DVec2::splat(-400.0), 100.0),
            Region::square(DVec2::splat(2000.0), 100.0),
            Region::square(DVec2::splat(100.0), 1e9),
            Region { angle: f64::NAN, ..Region::whole(picture) },
        ];
        for region in bad {
            assert!(!region.is_sensible(picture), "{region:?}");
        }
    }

    #[test]
    fn boxes_overlap_by_their_shared_area() {
        let square = |at: f64| [DVec2::splat(at), DVec2::splat(at + 2.0)];
        assert!((overlap(square(0.0), square(0.0)) - 1.0).abs() < 1e-12);
        assert!((overlap(square(0.0), square(1.0)) - 1.0 / 7.0).abs() < 1e-12);
        assert!(overlap(square(0.0), square(5.0)).abs() < 1e-12);
        assert!(overlap([DVec2::ZERO, DVec2::ZERO], [DVec2::ZERO, DVec2::ZERO]).abs() < 1e-12, "boxes of no size");
    }
}
