//! Where the generator is listened to.
//!
//! What the warp fetched is the portrait's own paint, and right wherever nothing opened, closed or came to light; there the generator could only blur it or give
//! it the tone of its synthetic heads. So it is listened to at a mouth or an eye that differs from the source's, where the source does not show the place, and
//! where it wants something quite different.

use glam::Vec2;

use super::smooth_step;
use crate::data::{Landmarks, region};

/// Difference between two eyes' heights, in eye widths, from which on the generator begins to be listened to and is listened to wholly.
const EYE: std::ops::Range<f32> = 0.03..0.08;
/// The same of the way a pupil went, in eye widths.
const GAZE: std::ops::Range<f32> = 0.04..0.12;
/// The same of the inner lips' distance, in widths of the inner mouth. The generator does not know whether a narrow gap is dark or full of teeth, and closes it;
/// the portrait's own line between the lips, drawn out, looks more like an open mouth than that.
const MOUTH: std::ops::Range<f32> = 0.10..0.30;
/// The same of how hidden a place is.
const HIDDEN: std::ops::Range<f32> = 0.35..0.75;
/// The same of the change that it wants, averaged over [`AROUND`] cells in each direction.
const CHANGE: std::ops::Range<f32> = 0.05..0.15;
const AROUND: usize = 4;
/// Distance from the middle of an eye or a mouth up to which it counts as that and from which on no more, in its widths.
const NEAR_EYE: std::ops::Range<f32> = 0.7..1.3;
const NEAR_MOUTH: std::ops::Range<f32> = 0.56..1.04;

/// A face as it is seen or wanted.
pub(super) struct Face<'a> {
    pub landmarks: &'a Landmarks,
    /// Right eye's first, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

/// What differs between two faces of a person.
pub(super) struct Gates {
    eyes: [Gate; 2],
    mouth: Gate,
}

/// How far it is open, and where it is.
struct Gate {
    open: f32,
    middle: Vec2,
    width_px: f32,
}

impl Gates {
    /// From what the source shows to what is wanted; places are those of the wanted face.
    pub(super) fn between(source: &Face<'_>, target: &Face<'_>) -> Self {
        let eye = |n: usize| {
            let points = [region::RIGHT_EYE, region::LEFT_EYE][n].clone();
            let (was, is) = (Eye::of(source, points.clone(), n), Eye::of(target, points, n));
            let gaze = was.gaze.zip(is.gaze).map_or(0.0, |(a, b)| a.distance(b));
            let open = smooth_step(&EYE, (was.height - is.height).abs()).max(smooth_step(&GAZE, gaze));
            Gate { open, middle: is.middle, width_px: is.width_px }
        };
        let mouth = &target.landmarks.0[region::MOUTH];
        let opened = (lip_distance(source.landmarks) - lip_distance(target.landmarks)).abs();
        Self {
            eyes: [eye(0), eye(1)],
            mouth: Gate { open: smooth_step(&MOUTH, opened), middle: mean(mouth), width_px: mouth[0].distance(mouth[6]) },
        }
    }

    /// How far the generator is listened to at a place that is `hidden` from the source, 0 to 1, and where it wants a change of `change`, averaged around.
    pub(super) fn at(&self, place: Vec2, hidden: f32, change: f32) -> f32 {
        let eyes = self.eyes.iter().map(|eye| eye.at(place, &NEAR_EYE)).fold(0.0, f32::max);
        eyes.max(self.mouth.at(place, &NEAR_MOUTH)).max(smooth_step(&HIDDEN, hidden)).max(smooth_step(&CHANGE, change))
    }
}

impl Gate {
    fn at(&self, place: Vec2, near: &std::ops::Range<f32>) -> f32 {
        if self.open <= 0.0 {
            return 0.0;
        }
        self.open * (1.0 - smooth_step(near, place.distance(self.middle) / self.width_px.max(1.0)))
    }
}

struct Eye {
    middle: Vec2,
    width_px: f32,
    /// In widths.
    height: f32,
    /// From the middle to the pupil, in widths.
    gaze: Option<Vec2>,
}

impl Eye {
    fn of(face: &Face<'_>, points: std::ops::Range<usize>, number: usize) -> Self {
        let points = &face.landmarks.0[points];
        let width_px = points[0].distance(points[3]).max(1.0);
        let height = f32::midpoint(points[1].distance(points[5]), points[2].distance(points[4])) / width_px;
        // The corners keep still when the lids move.
        let middle = (points[0] + points[3]) / 2.0;
        Self { middle: mean(points), width_px, height, gaze: face.pupils.map(|pupils| (pupils[number] - middle) / width_px) }
    }
}

/// Mean distance of the inner lips, in widths of the inner mouth.
fn lip_distance(landmarks: &Landmarks) -> f32 {
    let inner = &landmarks.0[region::MOUTH.end - 8..region::MOUTH.end];
    let sum: f32 = [(1, 7), (2, 6), (3, 5)].map(|(up, low)| inner[up].distance(inner[low])).iter().sum();
    sum / 3.0 / inner[0].distance(inner[4]).max(1.0)
}

fn mean(points: &[Vec2]) -> Vec2 {
    points.iter().sum::<Vec2>() / points.len().max(1) as f32
}

/// Each value's mean over the square of [`AROUND`] cells in each direction, on a grid of `width` columns.
pub(super) fn averaged(plane: &[f32], width: usize) -> Vec<f32> {
    let height = plane.len() / width.max(1);
    let along = |plane: &[f32], length: usize, step: usize, starts: &mut dyn Iterator<Item = usize>| {
        let mut out = vec![0.0; plane.len()];
        for start in starts {
            let mut sum: f32 = (0..AROUND.min(length)).map(|k| plane[start + k * step]).sum();
            let mut count = AROUND.min(length);
            for at in 0..length {
                if let Some(coming) = Some(at + AROUND).filter(|k| *k < length) {
                    sum += plane[start + coming * step];
                    count += 1;
                }
                if let Some(going) = at.checked_sub(AROUND + 1) {
                    sum -= plane[start + going * step];
                    count -= 1;
                }
                out[start + at * step] = sum / count.max(1) as f32;
            }
        }
        out
    };
    let rows = along(plane, width, 1, &mut (0..height).map(|row| row * width));
    along(&rows, height, width, &mut (0..width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    fn face() -> Landmarks {
        Landmarks(template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)))
    }

    fn gates(source: &Landmarks, target: &Landmarks) -> Gates {
        Gates::between(&Face { landmarks: source, pupils: None }, &Face { landmarks: target, pupils: None })
    }

    #[test]
    fn a_mouth_that_opens_is_listened_to_and_the_rest_of_the_face_is_not() {
        let (rest, mut open) = (face(), face());
        for point in [57, 58, 56, 65, 66, 67] {
            open.0[point].y += 12.0;
        }
        let gates = gates(&rest, &open);
        assert!(gates.at(open.0[66], 0.0, 0.0) > 0.99, "in the mouth");
        assert!(gates.at(open.0[37], 0.0, 0.0) < 1e-6 && gates.at(open.0[27], 0.0, 0.0) < 1e-6, "not at the eye and the root of the nose");
        assert!(gates.at(open.0[30], 0.9, 0.0) > 0.99 && gates.at(open.0[30], 0.0, 0.3) > 0.99, "hidden, or much to change");
    }

    #[test]
    fn a_wink_and_a_glance_open_their_own_eye() {
        let (rest, mut wink) = (face(), face());
        for (upper, lower) in [(37, 41), (38, 40)] {
            wink.0[upper] = wink.0[lower];
        }
        let found = gates(&rest, &wink);
        let at = |gates: &Gates, eye: usize| gates.at(rest.eye_centres()[eye], 0.0, 0.0);
        assert!(at(&found, 0) > 0.99 && at(&found, 1) < 1e-6, "the closed one only");
        let pupils = rest.eye_centres();
        let glance = Face { landmarks: &rest, pupils: Some(pupils.map(|p| p + Vec2::new(4.0, 0.0))) };
        let found = Gates::between(&Face { landmarks: &rest, pupils: Some(pupils) }, &glance);
        assert!(at(&found, 0) > 0.9 && at(&found, 1) > 0.9, "both look aside");
    }

    #[test]
    fn turning_and_growing_alone_open_nothing() {
        let rest = face();
        let turn = Vec2::from_angle(0.3) * 1.2;
        let found = gates(&rest, &rest.map(|p| turn.rotate(p - 128.0) + 120.0));
        assert!([30, 37, 44, 62, 8].iter().all(|n| found.at(rest.0[*n], 0.0, 0.0) < 1e-3), "the same face elsewhere");
    }

    #[test]
    fn averages_are_over_squares_and_keep_even_planes() {
        let mut plane = vec![0.0; 30 * 20];
        plane[10 * 30 + 15] = 81.0;
        let mean = averaged(&plane, 30);
        assert!((mean[10 * 30 + 15] - 1.0).abs() < 1e-4 && (mean[6 * 30 + 11] - 1.0).abs() < 1e-4, "within four cells");
        assert!(mean[5 * 30 + 15].abs() < 1e-4 && mean[10 * 30 + 20].abs() < 1e-4, "not beyond");
        assert!(averaged(&[0.5; 12], 4).iter().all(|v| (v - 0.5).abs() < 1e-6), "small planes too");
    }
}
