//! The parts of a measured picture: face, mouth and eyes, and what lies outside every head.

use glam::DVec2;

use super::MEASURE_PX;
use crate::data::{Landmarks, region};

const SIDE: usize = MEASURE_PX as usize;
/// How far the face reaches beyond the hull of its landmarks, in pixels.
const FACE_MARGIN_PX: isize = 10;

/// A set of pixels of a measured picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask(Vec<bool>);

impl Mask {
    /// The pixels whose index coordinates fulfil `contains`.
    pub fn from_fn(contains: impl Fn(DVec2) -> bool) -> Self {
        Self((0..SIDE * SIDE).map(|i| contains(DVec2::new((i % SIDE) as f64, (i / SIDE) as f64))).collect())
    }

    /// How many pixels are in it.
    pub fn count(&self) -> usize {
        self.0.iter().filter(|&&inside| inside).count()
    }

    /// Whether the pixel at column `x` and row `y` is in it.
    pub fn contains(&self, x: usize, y: usize) -> bool {
        x < SIDE && y < SIDE && self.0[y * SIDE + x]
    }

    /// Mean over the mask of a map that has one value a pixel; `None` when the mask is empty.
    pub fn mean_of(&self, map: &[f64]) -> Option<f64> {
        let (sum, count) = self.0.iter().zip(map).filter(|(inside, _)| **inside).fold((0.0, 0_usize), |(s, n), (_, v)| (s + v, n + 1));
        (count > 0).then(|| sum / count as f64)
    }

    /// Every pixel within `radius_px` of one in the mask.
    fn dilated(&self, radius_px: isize) -> Self {
        let mut grown = vec![false; SIDE * SIDE];
        for dy in -radius_px..=radius_px {
            let reach = ((radius_px * radius_px - dy * dy) as f64).sqrt() as usize;
            for (y, row) in grown.chunks_exact_mut(SIDE).enumerate() {
                let Some(from) = y.checked_add_signed(dy).filter(|&from| from < SIDE) else { continue };
                widen(&self.0[from * SIDE..(from + 1) * SIDE], reach, row);
            }
        }
        Self(grown)
    }
}

/// Adds to `to` every place of a row that has a member of `from` at most `reach` away.
fn widen(from: &[bool], reach: usize, to: &mut [bool]) {
    let mut before = vec![0_usize; SIDE + 1];
    for (x, &inside) in from.iter().enumerate() {
        before[x + 1] = before[x] + usize::from(inside);
    }
    for (x, out) in to.iter_mut().enumerate() {
        *out |= before[(x + reach + 1).min(SIDE)] > before[x.saturating_sub(reach)];
    }
}

/// The face: convex hull of all landmarks, dilated by 10 pixels.
pub fn face(landmarks: &Landmarks) -> Mask {
    let hull = convex_hull(landmarks.0.iter().map(|p| p.as_dvec2()).collect());
    Mask::from_fn(|p| in_convex(&hull, p)).dilated(FACE_MARGIN_PX)
}

/// Corners of the convex hull (Andrew's monotone chain), none of three in a line.
fn convex_hull(mut points: Vec<DVec2>) -> Vec<DVec2> {
    points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    points.dedup();
    let mut hull = half_hull(points.iter().copied());
    hull.extend(half_hull(points.iter().rev().copied()));
    hull
}

/// One chain of the hull without its last point.
fn half_hull(points: impl Iterator<Item = DVec2>) -> Vec<DVec2> {
    let mut chain: Vec<DVec2> = Vec::new();
    for p in points {
        while let [.., a, b] = chain[..] {
            if (b - a).perp_dot(p - b) > 0.0 {
                break;
            }
            chain.pop();
        }
        chain.push(p);
    }
    chain.pop();
    chain
}

/// Whether `p` is inside or on the edge of a convex polygon that has an area.
fn in_convex(corners: &[DVec2], p: DVec2) -> bool {
    let edges = corners.iter().zip(corners.iter().cycle().skip(1));
    corners.len() >= 3 && edges.into_iter().all(|(&a, &b)| (b - a).perp_dot(p - a) >= -1e-9)
}

/// Mouth and eyes: the padded boxes around the lips and around each eye.
pub fn mouth_and_eyes(landmarks: &Landmarks) -> Mask {
    let boxes = [
        padded_box(landmarks, region::MOUTH, 0.15, 0.25),
        padded_box(landmarks, region::RIGHT_EYE, 0.25, 0.5),
        padded_box(landmarks, region::LEFT_EYE, 0.25, 0.5),
    ];
    Mask::from_fn(|p| boxes.iter().any(|(low, high)| p.cmpge(*low).all() && p.cmple(*high).all()))
}

/// Lowest and highest corner of the box around some landmarks, wider by shares of its own width and height. A flat region, such as
/// closed lips, is padded as if it were a quarter as high as wide.
fn padded_box(landmarks: &Landmarks, part: std::ops::Range<usize>, pad_x: f64, pad_y: f64) -> (DVec2, DVec2) {
    let points = landmarks.0[part].iter().map(|p| p.as_dvec2());
    let (low, high) = points.fold((DVec2::INFINITY, DVec2::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
    let size = high - low;
    let padding = DVec2::new(pad_x * size.x, pad_y * size.y.max(0.25 * size.x));
    (low - padding, high + padding)
}

/// The background: every pixel that neither the source's nor the target's head covers.
pub fn background(source: &Landmarks, target: &Landmarks) -> Mask {
    let heads = [HeadOutline::of_head(source), HeadOutline::of_head(target)];
    Mask::from_fn(|p| !heads.iter().any(|head| head.contains(p)))
}

/// A rough outline of a head with its hair.
struct HeadOutline {
    centre: DVec2,
    half_axes: DVec2,
}

impl HeadOutline {
    fn of_head(landmarks: &Landmarks) -> Self {
        let point = |i: usize| landmarks.0[i].as_dvec2();
        let jaw_width = point(region::JAW.start).distance(point(region::JAW.end - 1));
        let nose_root = point(region::NOSE_BRIDGE.start);
        let face_height = point(8).distance(nose_root);
        Self { centre: nose_root - DVec2::new(0.0, 0.05 * face_height), half_axes: DVec2::new(1.05 * jaw_width, 1.9 * face_height) }
    }

    fn contains(&self, p: DVec2) -> bool {
        ((p - self.centre) / self.half_axes).length_squared() <= 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use glam::Vec2;

    /// All landmarks in one place, but for those given.
    fn landmarks(rest: Vec2, given: &[(usize, Vec2)]) -> Landmarks {
        let mut points = [rest; Landmarks::COUNT];
        for &(i, p) in given {
            points[i] = p;
        }
        Landmarks(points)
    }

    #[test]
    fn face_is_the_hull_with_round_corners() {
        let corners =
            [(0, Vec2::new(100.0, 100.0)), (1, Vec2::new(120.0, 100.0)), (2, Vec2::new(120.0, 130.0)), (3, Vec2::new(100.0, 130.0))];
        let mask = face(&landmarks(Vec2::new(110.0, 110.0), &corners));
        for (x, y, inside) in
            [(100, 100, true), (110, 90, true), (110, 89, false), (130, 130, true), (131, 130, false), (94, 92, true), (93, 92, false)]
        {
            assert_eq!(mask.contains(x, y), inside, "pixel {x}, {y}");
        }
        // A rectangle of 21 x 31 pixels, a strip of 10 along each side, and the quarter discs, which together are the disc without its axes.
        let disc = (-10_i32..=10).flat_map(|x| (-10_i32..=10).map(move |y| x * x + y * y)).filter(|d| *d <= 100).count();
        assert_eq!(mask.count(), 21 * 31 + 2 * 10 * (21 + 31) + disc - 41, "area");
    }

    #[test]
    fn face_outside_the_picture_is_empty_and_one_without_area_too() {
        assert_eq!(
            face(&landmarks(Vec2::splat(-500.0), &[(0, Vec2::new(-400.0, -500.0)), (1, Vec2::new(-400.0, -400.0))])).count(),
            0,
            "outside"
        );
        assert_eq!(face(&landmarks(Vec2::splat(50.0), &[])).count(), 0, "all landmarks in one place");
    }

    #[test]
    fn mouth_and_eye_boxes_are_padded_and_inclusive() {
        let lips = [(48, Vec2::new(100.0, 200.0)), (54, Vec2::new(140.0, 200.0))];
        let mut points = landmarks(Vec2::splat(-900.0), &lips);
        for i in region::MOUTH.filter(|i| *i != 48 && *i != 54) {
            points.0[i] = Vec2::new(120.0, 200.0);
        }
        let mask = mouth_and_eyes(&points);
        // 40 wide, no height: 6 px beside it, a quarter of a quarter of 40, 2.5 px, above and below.
        assert!(mask.contains(94, 200) && !mask.contains(93, 200) && mask.contains(146, 198) && !mask.contains(146, 197), "edges");
        assert_eq!(mask.count(), 53 * 5, "area");
    }

    #[test]
    fn background_leaves_out_both_heads() {
        let head = |x: f32| {
            landmarks(Vec2::new(x, 100.0), &[(0, Vec2::new(x - 20.0, 100.0)), (16, Vec2::new(x + 20.0, 100.0)), (8, Vec2::new(x, 130.0))])
        };
        let mask = background(&head(60.0), &head(200.0));
        // Half axes 42 and 57 around (60, 98.5) and (200, 98.5).
        for (x, y, outside) in [(60, 98, false), (101, 98, false), (102, 98, true), (200, 42, false), (200, 41, true), (130, 98, true)] {
            assert_eq!(mask.contains(x, y), outside, "pixel {x}, {y}");
        }
    }

    #[test]
    fn mean_of_an_empty_mask_is_nothing() {
        assert_eq!(Mask::from_fn(|_| false).mean_of(&vec![1.0; SIDE * SIDE]), None, "no pixel, no mean");
        let left = Mask::from_fn(|p| p.x < 1.0);
        let map: Vec<f64> = (0..SIDE * SIDE).map(|i| (i % SIDE) as f64 + 2.0).collect();
        assert_eq!(left.mean_of(&map), Some(2.0), "only the first column counts");
    }
}
