//! The 68 facial landmarks, in the order of the iBUG 300-W annotation that dlib's predictor uses.

use glam::Vec2;
use serde::{Deserialize, Serialize};

use super::exactly::exactly;

/// Index ranges of the parts of a face among the 68 landmarks. "Right" and "left" are the sitter's own.
pub mod region {
    use std::ops::Range;

    /// Outline of the jaw, from the sitter's right ear (0) over the chin (8) to the left ear (16).
    pub const JAW: Range<usize> = 0..17;
    /// Right and left eyebrow.
    pub const BROWS: Range<usize> = 17..27;
    /// Bridge of the nose, from between the eyes (27) to the tip (30).
    pub const NOSE_BRIDGE: Range<usize> = 27..31;
    /// Underside of the nose.
    pub const NOSE_BASE: Range<usize> = 31..36;
    /// Right eye: outer corner 36, upper lid 37 and 38, inner corner 39, lower lid 40 and 41.
    pub const RIGHT_EYE: Range<usize> = 36..42;
    /// Left eye: inner corner 42, upper lid 43 and 44, outer corner 45, lower lid 46 and 47.
    pub const LEFT_EYE: Range<usize> = 42..48;
    /// Both eyes.
    pub const EYES: Range<usize> = 36..48;
    /// Outer contour of the lips; corners 48 and 54.
    pub const OUTER_LIPS: Range<usize> = 48..60;
    /// Inner contour of the lips; corners 60 and 64, upper 61 to 63, lower 65 to 67.
    pub const INNER_LIPS: Range<usize> = 60..68;
    /// All points of the mouth.
    pub const MOUTH: Range<usize> = 48..68;
}

/// For every landmark, the one that takes its place in a mirrored face.
const PARTNER: [usize; Landmarks::COUNT] = [
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, // jaw
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17, // brows
    27, 28, 29, 30, 35, 34, 33, 32, 31, // nose
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40, // eyes
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, // outer lips
    64, 63, 62, 61, 60, 67, 66, 65, // inner lips
];

/// The 68 landmarks of one face.
///
/// Coordinates are pixel indices of whatever picture the holder's field name says: the centre of pixel `i` lies at `i`, x to the right, y down.
#[derive(Clone, Debug, PartialEq)]
pub struct Landmarks(pub [Vec2; Self::COUNT]);

impl Landmarks {
    /// How many points there are.
    pub const COUNT: usize = 68;

    /// Every point sent through `f`.
    #[must_use]
    pub fn map(&self, f: impl FnMut(Vec2) -> Vec2) -> Self {
        Self(self.0.map(f))
    }

    /// The face as in a mirror: left and right exchanged, in a picture whose last column has the index `last_column`.
    #[must_use]
    pub fn mirrored(&self, last_column: f32) -> Self {
        Self(PARTNER.map(|partner| Vec2::new(last_column - self.0[partner].x, self.0[partner].y)))
    }

    /// Mean of the points of one region.
    pub fn centre(&self, region: std::ops::Range<usize>) -> Vec2 {
        let n = region.len().max(1) as f32;
        self.0[region].iter().copied().sum::<Vec2>() / n
    }

    /// Distance between the centres of the two eyes, in the unit of the points.
    pub fn inter_ocular(&self) -> f32 {
        let [right, left] = self.eye_centres();
        right.distance(left)
    }

    /// Middles of the openings of the right and the left eye.
    pub fn eye_centres(&self) -> [Vec2; 2] {
        [self.centre(region::RIGHT_EYE), self.centre(region::LEFT_EYE)]
    }

    /// Opening of the right and the left eye: mean lid distance over the distance of the eye's corners (the eye aspect ratio).
    /// About 0.3 for an open eye, under 0.12 for a closed one.
    pub fn eye_aspect(&self) -> [f32; 2] {
        [region::RIGHT_EYE.start, region::LEFT_EYE.start].map(|first| {
            let p = |i: usize| self.0[first + i];
            let height = 0.5 * (p(1).distance(p(5)) + p(2).distance(p(4)));
            height / p(0).distance(p(3)).max(1e-6)
        })
    }

    /// Smallest axis-parallel box that holds all points: its lowest and highest corner.
    pub fn bounds(&self) -> (Vec2, Vec2) {
        self.0.iter().fold((Vec2::INFINITY, Vec2::NEG_INFINITY), |(low, high), &p| (low.min(p), high.max(p)))
    }

    /// Whether all coordinates are finite numbers.
    pub fn is_finite(&self) -> bool {
        self.0.iter().all(|p| p.is_finite())
    }

    /// Point by point from `self` (at 0) to `other` (at 1).
    #[must_use]
    pub fn lerp(&self, other: &Self, amount: f32) -> Self {
        Self(std::array::from_fn(|i| self.0[i].lerp(other.0[i], amount)))
    }
}

impl Serialize for Landmarks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|p| [p.x, p.y]))
    }
}

impl<'de> Deserialize<'de> for Landmarks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let points: [[f32; 2]; Self::COUNT] = exactly(deserializer, "68 landmarks, each [x, y]")?;
        Ok(Self(points.map(Vec2::from_array)))
    }
}

/// Where the chin is and which way is up, in a face.
#[derive(Clone, Copy, Debug)]
pub struct UpFromChin {
    /// The chin.
    pub chin: Vec2,
    /// Up, of length 1.
    pub up: Vec2,
    /// Distance between the eyes, at least a pixel.
    pub unit_px: f32,
}

impl UpFromChin {
    /// Of a face's landmarks.
    pub fn of(landmarks: &Landmarks) -> Self {
        const CHIN: usize = 8;
        const NOSE_ROOT: usize = 27;
        let (chin, root) = (landmarks.0[CHIN], landmarks.0[NOSE_ROOT]);
        Self { chin, up: (root - chin).try_normalize().unwrap_or(Vec2::NEG_Y), unit_px: landmarks.inter_ocular().max(1.0) }
    }

    /// Height of a point above the chin, in distances between the eyes.
    pub fn height(&self, at: Vec2) -> f32 {
        (at - self.chin).dot(self.up) / self.unit_px
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_twice_changes_nothing() {
        let landmarks = Landmarks(std::array::from_fn(|i| Vec2::new(i as f32 * 3.5, i as f32)));
        assert_eq!(landmarks.mirrored(100.0).mirrored(100.0), landmarks, "partners are mutual");
    }
}
