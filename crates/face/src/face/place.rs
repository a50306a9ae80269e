//! Where an upright square around a face lies: the box that the detector would draw and that the landmark predictor wants, with the head's tilt.

use glam::Vec2;

use crate::data::{Landmarks, PixelBox, region};

use super::template;

/// Side of the detector's box over the inter-ocular distance of the template, and where its centre lies on the template.
/// Fitted to 1000 detections on the test clips (the boxes are then right within 5 % of their side).
const SIDE_PER_INTER_OCULAR: f32 = 2.47;
const CENTRE_ON_TEMPLATE: Vec2 = Vec2::new(0.0, 0.598);
/// Share of the mouth's points in placing the box; the others count 1. A gaping mouth shall not push the box down.
const MOUTH_WEIGHT: f32 = 0.3;

/// A square around a face in a picture, turned with the head.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FacePlace {
    /// Middle of the square, in pixel indices of the picture.
    pub centre: Vec2,
    /// Side of the square, in pixels of the picture.
    pub side_px: f32,
    /// Tilt of the head in the picture plane, positive clockwise as seen.
    pub roll_rad: f32,
}

impl FacePlace {
    /// The upright place of a detector's box.
    pub fn from_box(found: &PixelBox) -> Self {
        Self { centre: found.centre() - 0.5, side_px: 0.5 * (found.width() + found.height()), roll_rad: 0.0 }
    }

    /// The place at which a detector would see the face with these landmarks: the best similarity from the template.
    /// `None` when the points span nothing.
    pub fn from_landmarks(landmarks: &Landmarks) -> Option<Self> {
        let map = Similarity::from_template(landmarks)?;
        Some(Self {
            centre: map.apply(CENTRE_ON_TEMPLATE),
            side_px: SIDE_PER_INTER_OCULAR * map.turn_and_scale.length(),
            roll_rad: map.roll_rad(),
        })
    }

    /// The smallest axis-parallel box around the untilted square.
    pub fn to_box(&self) -> PixelBox {
        let (middle, half) = (self.centre + 0.5, 0.5 * self.side_px);
        PixelBox { left: middle.x - half, top: middle.y - half, right: middle.x + half, bottom: middle.y + half }
    }

    /// Whether all numbers are finite and the square is neither tiny nor absurd.
    pub fn is_sane(&self) -> bool {
        self.centre.is_finite() && self.centre.length() < 1e6 && self.roll_rad.is_finite() && (8.0..1e6).contains(&self.side_px)
    }

    /// The same place in a picture scaled by `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self { centre: (self.centre + 0.5) * factor - 0.5, side_px: self.side_px * factor, roll_rad: self.roll_rad }
    }

    /// The same square moved by `offset` and enlarged by `factor`; the offset counts in sides, along the head's own axes.
    #[must_use]
    pub fn varied(&self, offset: Vec2, factor: f32) -> Self {
        let along = Vec2::from_angle(self.roll_rad).rotate(offset * self.side_px);
        Self { centre: self.centre + along, side_px: self.side_px * factor, roll_rad: self.roll_rad }
    }
}

/// `p -> turn_and_scale * p + shift`, with complex multiplication: turns, scales and moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Where the unit vector to the right goes.
    pub turn_and_scale: Vec2,
    /// Where the origin goes.
    pub shift: Vec2,
}

impl Similarity {
    /// The similarity that carries the flat template closest to `landmarks`. `None` when the landmarks span nothing.
    pub fn from_template(landmarks: &Landmarks) -> Option<Self> {
        let weight = |i: usize| if i < region::MOUTH.start { 1.0 } else { MOUTH_WEIGHT };
        let pairs = || landmarks.0.iter().zip(template()).enumerate().map(|(i, (p, place))| (weight(i), *p, place.truncate()));
        let total: f32 = pairs().map(|(w, ..)| w).sum();
        let point_mean = pairs().map(|(w, p, _)| p * w).sum::<Vec2>() / total;
        let place_mean = pairs().map(|(w, _, place)| place * w).sum::<Vec2>() / total;
        let (mut cross, mut spread) = (Vec2::ZERO, 0.0);
        for (w, p, place) in pairs() {
            let (a, b) = (place - place_mean, p - point_mean);
            cross += Vec2::new(a.dot(b), a.perp_dot(b)) * w;
            spread += a.length_squared() * w;
        }
        let turn_and_scale = cross / spread;
        let usable = turn_and_scale.is_finite() && turn_and_scale.length() > 1e-6;
        usable.then(|| Self { turn_and_scale, shift: point_mean - turn_and_scale.rotate(place_mean) })
    }

    /// A point of the template's frame, in the picture.
    pub fn apply(&self, p: Vec2) -> Vec2 {
        self.turn_and_scale.rotate(p) + self.shift
    }

    /// A point of the picture, in the template's frame.
    pub fn invert(&self, p: Vec2) -> Vec2 {
        let turn = self.turn_and_scale;
        Vec2::new(turn.x, -turn.y).rotate(p - self.shift) / turn.length_squared()
    }

    fn roll_rad(&self) -> f32 {
        self.turn_and_scale.to_angle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(scale: f32, roll_rad: f32, shift: Vec2) -> Landmarks {
        Landmarks(template().map(|p| Vec2::from_angle(roll_rad).rotate(p.truncate()) * scale + shift))
    }

    #[test]
    fn a_tilted_face_gives_a_tilted_square_that_keeps_its_size() {
        for roll_rad in [-0.6_f32, 0.0, 0.3] {
            let place = FacePlace::from_landmarks(&placed(80.0, roll_rad, Vec2::new(320.0, 200.0))).expect("a template has a place");
            assert!((place.roll_rad - roll_rad).abs() < 1e-4, "roll {} instead of {roll_rad}", place.roll_rad);
            assert!((place.side_px - 80.0 * SIDE_PER_INTER_OCULAR).abs() < 0.1, "side {}", place.side_px);
            let down = Vec2::from_angle(roll_rad).rotate(CENTRE_ON_TEMPLATE) * 80.0;
            assert!(place.centre.distance(Vec2::new(320.0, 200.0) + down) < 0.1, "centre {}", place.centre);
        }
    }

    #[test]
    fn an_opening_mouth_moves_the_square_only_a_little() {
        let still = placed(80.0, 0.0, Vec2::splat(300.0));
        let mut open = still.clone();
        for i in (55..60).chain(65..68).chain(6..11) {
            open.0[i].y += 40.0;
        }
        let (a, b) = (FacePlace::from_landmarks(&still).expect("still"), FacePlace::from_landmarks(&open).expect("open"));
        assert!(a.centre.distance(b.centre) < 0.06 * a.side_px, "moved {} px of {}", a.centre.distance(b.centre), a.side_px);
    }

    #[test]
    fn box_and_place_agree() {
        let found = PixelBox { left: 10.0, top: 20.0, right: 110.0, bottom: 120.0 };
        assert_eq!(FacePlace::from_box(&found).to_box(), found, "an upright place is its box");
    }

    #[test]
    fn points_in_one_place_have_no_square() {
        assert!(FacePlace::from_landmarks(&Landmarks([Vec2::splat(3.0); 68])).is_none(), "no extent, no place");
        assert!(FacePlace::from_landmarks(&Landmarks([Vec2::NAN; 68])).is_none(), "not numbers, no place");
    }

    #[test]
    fn a_similarity_undoes_itself() {
        let map = Similarity::from_template(&placed(50.0, 0.4, Vec2::new(7.0, -3.0))).expect("a template fits itself");
        assert!(map.invert(map.apply(Vec2::new(0.3, 0.7))).distance(Vec2::new(0.3, 0.7)) < 1e-4, "there and back");
    }
}
