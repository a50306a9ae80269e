//! The weight of the generator against the warped picture, place by place.
//!
//! What the warp fetched is the portrait's own paint, and right wherever nothing opened, closed or came to light; there the generator could only blur it or give
//! it the tone of its synthetic heads. So it has a weight at a mouth or an eye that differs from the source's, and where the source does not show the place.
//! What is drawn there before it, teeth and tongue, lids and irises, is sharper than what it makes of them and has the picture's own colours: its weight stays
//! below 1.

use glam::Vec2;

use super::smooth_step;
use crate::data::{Landmarks, region};
use crate::wgsl_struct;

/// Weight of the generator at an eye and at a mouth that differ wholly, and where nothing of a place is seen. Chosen on four real clips, where the
/// mouth's and the eyes' similarity was best on average and the mouth's landmarks still far nearer than without it.
const AT_EYE: f32 = 0.4;
const AT_MOUTH: f32 = 0.3;
pub(super) const WHERE_HIDDEN: f32 = 0.8;
/// Difference between two eyes' heights, in eye widths, over which the generator's weight rises.
const EYE: std::ops::Range<f32> = 0.03..0.08;
/// The same of the way a pupil went, in eye widths.
const GAZE: std::ops::Range<f32> = 0.04..0.12;
/// The same of the inner lips' distance, in widths of the inner mouth. The generator does not know whether a narrow gap is dark or full of teeth, and closes it;
/// the portrait's own line between the lips, drawn out, looks more like an open mouth than that.
const MOUTH: std::ops::Range<f32> = 0.10..0.30;
/// The same of how hidden a place is.
pub(super) const HIDDEN: std::ops::Range<f32> = 0.35..0.75;
/// Distance from the middle of an eye or a mouth up to which it counts as that and from which on no more, in its widths.
const NEAR_EYE: std::ops::Range<f32> = 0.7..1.3;
const NEAR_MOUTH: std::ops::Range<f32> = 0.56..1.04;

/// A face as it is seen or wanted.
pub(super) struct Face<'a> {
    pub landmarks: &'a Landmarks,
    /// Right eye's first, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

/// Two eyes and a mouth.
pub(super) const GATES: usize = 3;

/// What differs between two faces of a person.
pub(super) struct Gates {
    eyes: [Gate; 2],
    mouth: [Gate; 1],
}

wgsl_struct! {
    /// Where a part of the face differs, and how much the generator weighs there.
    #[derive(Clone, Debug, PartialEq)]
    pub(super) struct Gate {
        /// Largest weight of the generator, 0 to 1.
        open: f32,
        /// In crop pixels.
        middle: Vec2,
        /// Distance from the middle up to which it is open that far, and from which on it is closed, in pixels.
        near_px: std::ops::Range<f32>,
    }
}

/// Gates that lie together: those of the eyes, or the mouth's.
#[derive(Clone, Copy)]
pub(super) struct GateGroup<'a>(&'a [Gate]);

impl Gates {
    /// From what the source shows to what is wanted; places are those of the wanted face.
    pub(super) fn between(source: &Face<'_>, target: &Face<'_>) -> Self {
        let eye = |n: usize| {
            let points = [region::RIGHT_EYE, region::LEFT_EYE][n].clone();
            let (was, is) = (EyeOpening::of(source, points.clone(), n), EyeOpening::of(target, points, n));
            let gaze = was.gaze.zip(is.gaze).map_or(0.0, |(a, b)| a.distance(b));
            let open = AT_EYE * smooth_step(&EYE, (was.height - is.height).abs()).max(smooth_step(&GAZE, gaze));
            Gate::new(open, is.middle, &NEAR_EYE, is.width_px)
        };
        let mouth = &target.landmarks.0[region::MOUTH];
        let opened = (lip_distance(source.landmarks) - lip_distance(target.landmarks)).abs();
        let mouth = Gate::new(AT_MOUTH * smooth_step(&MOUTH, opened), mean(mouth), &NEAR_MOUTH, mouth[0].distance(mouth[6]));
        Self { eyes: [eye(0), eye(1)], mouth: [mouth] }
    }

    /// All of them, for the kernels.
    pub(super) fn all(&self) -> [Gate; GATES] {
        let ([right, left], [mouth]) = (self.eyes.clone(), self.mouth.clone());
        [right, left, mouth]
    }

    /// What is open, place by place.
    pub(super) fn places(&self) -> impl Iterator<Item = GateGroup<'_>> {
        [GateGroup(&self.eyes), GateGroup(&self.mouth)].into_iter().filter(|place| place.0.iter().any(Gate::is_open))
    }
}

/// Weight of the generator where the source shows so little of a place, 0 to 1.
pub(super) fn weight_where(hidden: f32) -> f32 {
    WHERE_HIDDEN * smooth_step(&HIDDEN, hidden)
}

impl GateGroup<'_> {
    /// Weight of the generator at a point, 0 to 1.
    pub(super) fn at(self, point: Vec2) -> f32 {
        self.0.iter().map(|gate| gate.at(point)).fold(0.0, f32::max)
    }

    /// The corners of the smallest upright rectangle round what is open.
    pub(super) fn bounds(self) -> (Vec2, Vec2) {
        let open = || self.0.iter().filter(|gate| gate.is_open());
        let low = open().map(|gate| gate.middle - gate.near_px.end).fold(Vec2::INFINITY, Vec2::min);
        let high = open().map(|gate| gate.middle + gate.near_px.end).fold(Vec2::NEG_INFINITY, Vec2::max);
        (low, high)
    }
}

impl Gate {
    fn new(open: f32, middle: Vec2, near: &std::ops::Range<f32>, width_px: f32) -> Self {
        let width_px = width_px.max(1.0);
        Self { open, middle, near_px: near.start * width_px..near.end * width_px }
    }

    fn is_open(&self) -> bool {
        self.open > 0.0
    }

    fn at(&self, point: Vec2) -> f32 {
        if self.is_open() { self.open * (1.0 - smooth_step(&self.near_px, point.distance(self.middle))) } else { 0.0 }
    }
}

struct EyeOpening {
    middle: Vec2,
    width_px: f32,
    /// In widths.
    height: f32,
    /// From the middle to the pupil, in widths.
    gaze: Option<Vec2>,
}

impl EyeOpening {
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

    fn at(gates: &Gates, point: Vec2) -> f32 {
        gates.places().map(|place| place.at(point)).fold(0.0, f32::max)
    }

    #[test]
    fn a_mouth_that_opens_gives_the_generator_weight_and_the_rest_of_the_face_does_not() {
        let (rest, mut open) = (face(), face());
        for point in [57, 58, 56, 65, 66, 67] {
            open.0[point].y += 12.0;
        }
        let gates = gates(&rest, &open);
        assert!(at(&gates, open.0[66]) > 0.99 * AT_MOUTH, "in the mouth");
        assert!(at(&gates, open.0[37]) < 1e-6 && at(&gates, open.0[27]) < 1e-6, "not at the eye and the root of the nose");
        let bounds: Vec<_> = gates.places().map(GateGroup::bounds).collect();
        let [(low, high)] = bounds[..] else { panic!("one place is open: {bounds:?}") };
        let inside = |p: Vec2| p.cmpge(low).all() && p.cmple(high).all();
        assert!(open.0[region::MOUTH].iter().all(|p| inside(*p)) && !inside(open.0[37]), "round the mouth");
        assert!(weight_where(0.9) > 0.99 * WHERE_HIDDEN && weight_where(0.2) == 0.0, "where the source does not show it");
    }

    #[test]
    fn a_wink_and_a_glance_open_their_own_eye() {
        let (rest, mut wink) = (face(), face());
        for (upper, lower) in [(37, 41), (38, 40)] {
            wink.0[upper] = wink.0[lower];
        }
        let found = gates(&rest, &wink);
        let eye = |gates: &Gates, eye: usize| at(gates, rest.eye_centres()[eye]);
        assert!(eye(&found, 0) > 0.99 * AT_EYE && eye(&found, 1) < 1e-6, "the closed one only");
        let pupils = rest.eye_centres();
        let glance = Face { landmarks: &rest, pupils: Some(pupils.map(|p| p + Vec2::new(4.0, 0.0))) };
        let found = Gates::between(&Face { landmarks: &rest, pupils: Some(pupils) }, &glance);
        assert!(eye(&found, 0) > 0.9 * AT_EYE && eye(&found, 1) > 0.9 * AT_EYE, "both look aside");
    }

    #[test]
    fn turning_and_growing_alone_open_nothing() {
        let rest = face();
        let turn = Vec2::from_angle(0.3) * 1.2;
        let found = gates(&rest, &rest.map(|p| turn.rotate(p - 128.0) + 120.0));
        assert!([30, 37, 44, 62, 8].iter().all(|n| at(&found, rest.0[*n]) < 1e-3), "the same face elsewhere");
    }
}
