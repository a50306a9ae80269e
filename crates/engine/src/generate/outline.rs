//! Where paint may lie: the face's outline, and squares of the crop that the generator makes.

use glam::Vec2;

use super::smooth_step;
use crate::data::{CROP_PX, Landmarks, region};
use crate::model::{LANDMARK_CHANNELS, SOURCE_NUMBERS};

/// Cells along each side of the pictures that the networks see.
pub(super) const CELLS: usize = CROP_PX as usize;
/// Distance from the face's outline at which paint begins to fade and where none is left, in distances between the eyes.
pub(super) const FADE: std::ops::Range<f32> = 0.1..0.35;

/// A part of the crop in whole pixels: corner and size (across, down), all even, the size in steps of 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Square {
    pub corner: [usize; 2],
    pub size: [usize; 2],
}

impl Square {
    /// The square round a rectangle with the corners `low` and `high`, cut at the edge of the crop; `None` where that is next to nothing.
    pub(super) fn round(low: Vec2, high: Vec2) -> Option<Self> {
        const STEP: usize = 8;
        let axis = |low: f32, high: f32| {
            let first = low.clamp(0.0, CROP_PX) as usize / 2 * 2;
            let end = high.ceil().clamp(0.0, CROP_PX) as usize;
            let size = end.saturating_sub(first).next_multiple_of(STEP).min(CELLS);
            (first.min(CELLS - size), size)
        };
        let ((left, width), (top, height)) = (axis(low.x, high.x), axis(low.y, high.y));
        (width > STEP && height > STEP).then_some(Self { corner: [left, top], size: [width, height] })
    }

    /// The same moved, and cut where it must be, so that it lies in `whole`.
    pub(super) fn moved_into(self, whole: &Self) -> Self {
        let size: [usize; 2] = std::array::from_fn(|axis| self.size[axis].min(whole.size[axis]));
        let last = |axis: usize| whole.corner[axis] + whole.size[axis] - size[axis];
        Self { corner: std::array::from_fn(|axis| self.corner[axis].clamp(whole.corner[axis], last(axis))), size }
    }

    /// Place in the crop of cell number `n`, row by row.
    pub(super) fn cell(&self, n: usize) -> [usize; 2] {
        [self.corner[0] + n % self.size[0], self.corner[1] + n / self.size[0]]
    }

    /// The same with `per_px` cells along each pixel.
    pub(super) fn finer(self, per_px: usize) -> Self {
        Self { corner: self.corner.map(|v| v * per_px), size: self.size.map(|v| v * per_px) }
    }

    /// Cells.
    pub(super) fn area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Distance of a cell from the nearest edge, 1 for the outermost cells; `None` outside.
    pub(super) fn depth(&self, cell: [usize; 2]) -> Option<usize> {
        let along = |axis: usize| {
            let from = cell[axis].checked_sub(self.corner[axis])?;
            Some((from + 1).min(self.size[axis].checked_sub(from)?)).filter(|depth| *depth > 0)
        };
        Some(along(0)?.min(along(1)?))
    }

    /// What of a landmark image of the whole crop, at half its size, lies in the square.
    pub(super) fn cut_landmarks(&self, image: &[f32], out: &mut Vec<f32>) {
        let half = |v: [usize; 2]| v.map(|v| v / 2);
        cut(image, CELLS / 2, LANDMARK_CHANNELS, half(self.corner), half(self.size), out);
    }

    /// What of a picture of `whole` lies in the square, which lies in `whole`.
    pub(super) fn cut_source(&self, whole: &Self, picture: &[f32], out: &mut Vec<f32>) {
        let corner = std::array::from_fn(|axis| self.corner[axis] - whole.corner[axis]);
        cut(picture, whole.size[0], SOURCE_NUMBERS, corner, self.size, out);
    }
}

/// A part of a picture of `width` pixels across.
fn cut(picture: &[f32], width: usize, channels: usize, [x, y]: [usize; 2], [across, down]: [usize; 2], out: &mut Vec<f32>) {
    out.clear();
    for row in y..y + down {
        out.extend_from_slice(&picture[(row * width + x) * channels..][..across * channels]);
    }
}

/// The convex hull of a face's landmarks.
pub(super) struct Outline {
    /// Corners one after the other, turning one way.
    corners: Vec<Vec2>,
    /// Distance between the eyes.
    unit_px: f32,
}

impl Outline {
    pub(super) fn of(landmarks: &Landmarks) -> Self {
        Self::hull(landmarks.0.to_vec(), landmarks.inter_ocular())
    }

    /// The same up to the hairline, which is as far above the brows as the nose's base is below them (the classical thirds of a face).
    pub(super) fn with_forehead(landmarks: &Landmarks) -> Self {
        let brows = &landmarks.0[region::BROWS];
        let mean = |points: &[Vec2]| points.iter().sum::<Vec2>() / points.len() as f32;
        let height = mean(brows) - mean(&landmarks.0[region::NOSE_BASE]);
        let mut points = landmarks.0.to_vec();
        points.extend(brows.iter().map(|brow| brow + height));
        Self::hull(points, landmarks.inter_ocular())
    }

    /// The hull of those points that are finite.
    fn hull(mut points: Vec<Vec2>, unit_px: f32) -> Self {
        points.retain(|point| point.is_finite());
        points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        // Lower and upper half (Andrew 1979).
        let half = |points: &mut dyn Iterator<Item = Vec2>| {
            let mut chain: Vec<Vec2> = Vec::new();
            for point in points {
                while let [.., a, b] = chain[..]
                    && (b - a).perp_dot(point - b) <= 0.0
                {
                    chain.pop();
                }
                chain.push(point);
            }
            chain.pop();
            chain
        };
        let mut corners = half(&mut points.iter().copied());
        corners.extend(half(&mut points.iter().rev().copied()));
        Self { corners, unit_px: unit_px.max(1.0) }
    }

    /// Corners one after the other, turning one way.
    pub(super) fn corners(&self) -> &[Vec2] {
        &self.corners
    }

    /// The part of the crop in which there may be paint; `None` where that is next to nothing.
    pub(super) fn bounds(&self) -> Option<Square> {
        let margin = FADE.end * self.unit_px;
        let low = self.corners.iter().copied().reduce(Vec2::min)? - margin;
        let high = self.corners.iter().copied().reduce(Vec2::max)? + margin;
        Square::round(low, high)
    }

    /// How much of the paint shows at a place: 1 on the face, 0 away from it.
    pub(super) fn share(&self, at: Vec2) -> f32 {
        let far = self.distance(at) / self.unit_px;
        1.0 - smooth_step(&FADE, far)
    }

    /// Whether a place is on the face.
    pub(super) fn is_inside(&self, at: Vec2) -> bool {
        self.distance(at) <= 0.0
    }

    /// Distance from the hull, 0 inside.
    fn distance(&self, at: Vec2) -> f32 {
        let edges = || self.corners.iter().zip(self.corners.iter().cycle().skip(1));
        if edges().all(|(a, b)| (*b - *a).perp_dot(at - *a) >= 0.0) {
            return 0.0;
        }
        let to_edge = |a: Vec2, b: Vec2| {
            let along = b - a;
            let t = ((at - a).dot(along) / along.length_squared().max(1e-6)).clamp(0.0, 1.0);
            at.distance(a + t * along)
        };
        edges().map(|(a, b)| to_edge(*a, *b)).fold(f32::INFINITY, f32::min)
    }
}

/// How much of the paint shows in a square, known at every second pixel: it changes slowly, and the distance to the face's outline takes long to find.
pub(super) struct Shares {
    corner: [usize; 2],
    columns: usize,
    knots: Vec<f32>,
}

impl Shares {
    /// Pixels from one place that is known to the next.
    pub(super) const STEP: usize = 2;

    pub(super) fn of(outline: &Outline, square: &Square) -> Self {
        let [columns, rows] = square.size.map(|s| s / Self::STEP + 2);
        let place = |knot: usize, axis: usize| (square.corner[axis] + knot * Self::STEP) as f32;
        let knots = (0..columns * rows).map(|n| outline.share(Vec2::new(place(n % columns, 0), place(n / columns, 1)))).collect();
        Self { corner: square.corner, columns, knots }
    }

    /// At a pixel of the square.
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        let (x, y) = (x - self.corner[0], y - self.corner[1]);
        let part = |v: usize| (v % Self::STEP) as f32 / Self::STEP as f32;
        let upper = &self.knots[y / Self::STEP * self.columns + x / Self::STEP..];
        let across = |line: &[f32]| line[0] + part(x) * (line[1] - line[0]);
        let (upper, lower) = (across(upper), across(&upper[self.columns..]));
        upper + part(y) * (lower - upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Landmarks {
        Landmarks(crate::face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)))
    }

    #[test]
    fn paint_shows_on_the_face_fades_and_ends() {
        let outline = Outline::of(&face());
        assert!((outline.share(face().0[30]) - 1.0).abs() < 1e-6 && outline.share(face().0[62]) > 0.99, "whole on nose and mouth");
        assert!(outline.share(Vec2::new(3.0, 3.0)) == 0.0, "none in the corner");
        let chin = face().0[8];
        let shares: Vec<f32> = (0..20).map(|k| outline.share(chin + Vec2::new(0.0, k as f32))).collect();
        assert!(shares.windows(2).all(|w| w[0] >= w[1]) && shares[0] > 0.9 && shares[19] == 0.0, "it fades below the chin: {shares:?}");
        let square = outline.bounds().expect("a face has bounds");
        assert!(square.size.iter().all(|s| s % 8 == 0) && square.corner.iter().all(|c| c % 2 == 0), "sizes the generator can take");
        assert!((0..2).all(|k| square.corner[k] + square.size[k] <= CELLS), "inside the crop");
    }

    #[test]
    fn shares_between_the_knots_are_nearly_those_of_the_outline() {
        let outline = Outline::of(&face());
        let square = outline.bounds().expect("a face has bounds");
        let shares = Shares::of(&outline, &square);
        let ([left, top], [across, down]) = (square.corner, square.size);
        for (x, y) in (0..across * down).map(|n| (left + n % across, top + n / across)) {
            let exact = outline.share(Vec2::new(x as f32, y as f32));
            assert!((shares.at(x, y) - exact).abs() < 0.04, "{} instead of {exact} at {x}, {y}", shares.at(x, y));
        }
    }

    #[test]
    fn faces_half_outside_or_of_nothing_are_no_trouble() {
        for shift in [Vec2::new(-90.0, 40.0), Vec2::new(150.0, 150.0), Vec2::splat(900.0), Vec2::splat(f32::NAN)] {
            let outline = Outline::of(&face().map(|p| p + shift));
            if let Some(square) = outline.bounds() {
                assert!((0..2).all(|k| square.corner[k] + square.size[k] <= CELLS), "inside the crop at {shift}");
            }
        }
        assert!(Outline::of(&Landmarks([Vec2::ZERO; 68])).bounds().is_none(), "a face in one point");
    }
}
