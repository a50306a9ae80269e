//! The driver's neutral face and where the head is held when at ease, found by themselves.
//!
//! Every frame is judged by how relaxed it is; the neutral is the mean of the frames, weighted so that the most relaxed ones count almost alone. The first
//! frame counts at once, so that the portrait lives from the first frame on; a grin or a blink in it gives way to something calmer. Later frames go on
//! correcting it, slowly.

use std::time::Duration;

use glam::{DVec3, Vec3};

use super::eyes::Eye;
use super::shape::{Shape, angles};
use crate::data::{Coefficient, FaceMesh, FaceMotion};

/// Seconds of frames after which the neutral counts as found.
const FOUND_SECS: f32 = 1.5;
/// Frames whose score is worse than the best one's by more than this hardly count. In the unit of the score, which is that of coefficients.
const TOLERANCE: f64 = 0.12;
/// Seconds in which earlier frames are forgotten while the neutral is looked for, and shortest time, in seconds, in which it may change wholly afterwards: a
/// driver who sits differently is met after a while, one who looks aside for a moment is not.
const FORGET_SECS: f32 = 20.0;
const CORRECTION_SECS: f32 = 60.0;
/// By how much the best score rises each second, so that a face that never again is as calm as once is not held to it for ever.
const BEST_RISES: f64 = 0.004;
/// Seconds in which what is used follows what was found.
const EASE_SECS: f32 = 0.35;
/// What no head does between two frames, but a cut does: a shift, in units of the shape per second, or a change of size, as a logarithm per second; frames may
/// be apart by so many seconds. Derived: the first is 1 m/s, where the outer corners of the eyes are 9 cm apart; the second, a head that comes that fast from
/// 30 cm away.
const CUT_SHIFT: f64 = 11.0;
const CUT_GROWTH_LN: f64 = 3.3;
const CUT_SECS: f32 = 0.15;
/// Turns of the head, in radians, that count as much as a coefficient of 1 in the score: yaw and pitch.
const TURNED_RAD: [f64; 2] = [0.6, 0.5];

/// A face as it is seen in a frame.
#[derive(Clone, Debug)]
pub(super) struct SeenDriver {
    /// The face in its own axes.
    pub(super) shape: Shape,
    /// Yaw, pitch and roll, in radians.
    pub(super) angles: DVec3,
    /// Pixels of the frame for the unit of the shape.
    pub(super) scale: f64,
    /// Where the middle of the hardly moving points is, in pixels of the frame.
    pub(super) centre: DVec3,
}

impl SeenDriver {
    /// Of a face whose neutral shape is known, or of an unknown one, which is then measured by itself. `None` for what is no face.
    fn of(face: &FaceMotion, neutral: Option<&Shape>) -> Option<Self> {
        let mesh = face.mesh_in_frame.as_deref()?;
        let (shape, placement) = match neutral {
            Some(neutral) => {
                let placement = neutral.place_on(mesh)?;
                (Shape::at(mesh, &placement), placement)
            }
            None => Shape::of(mesh)?,
        };
        let centre = placement.apply(neutral.unwrap_or(&shape).centre().as_dvec3());
        let seen = Self { shape, angles: angles(&placement.rotation), scale: placement.scale, centre };
        (seen.angles.is_finite() && seen.centre.is_finite() && seen.shape.is_finite()).then_some(seen)
    }
}

/// The neutral face in use.
#[derive(Clone, Debug)]
pub(super) struct NeutralFace {
    /// How it is seen.
    pub(super) seen: SeenDriver,
    /// Its eyes.
    pub(super) eyes: [Eye; 2],
}

impl NeutralFace {
    fn new(seen: SeenDriver) -> Self {
        let eyes = [0, 1].map(|side| Eye::of(&seen.shape, side));
        Self { seen, eyes }
    }
}

/// Finds the neutral face.
#[derive(Clone, Debug, Default)]
pub(super) struct Calibration {
    means: Option<Means>,
    used: Option<NeutralFace>,
    last: Option<Duration>,
    /// Size and place in the last frame.
    last_place: Option<(f64, DVec3)>,
    seen_secs: f32,
}

/// Weighted means over the frames.
#[derive(Clone, Debug)]
struct Means {
    best: f64,
    weight: f64,
    points: Box<[DVec3; FaceMesh::COUNT]>,
    angles: DVec3,
    scale_ln: f64,
    centre: DVec3,
}

impl Calibration {
    /// Whether the neutral face was found.
    pub(super) fn is_settled(&self) -> bool {
        self.seen_secs >= FOUND_SECS
    }

    /// The neutral face in use.
    pub(super) fn neutral(&self) -> Option<&NeutralFace> {
        self.used.as_ref()
    }

    /// Takes a frame's face into account, and returns how it is seen. `None` for what is no face.
    pub(super) fn see(&mut self, now: Duration, face: &FaceMotion) -> Option<SeenDriver> {
        let elapsed = self.last.replace(now).map_or(0.0, |last| now.saturating_sub(last).as_secs_f32()).min(1.0);
        let Some((used, means)) = self.used.as_mut().zip(self.means.as_mut()) else {
            let seen = SeenDriver::of(face, None)?;
            self.means = Some(Means::of(&seen, score(face, &seen)));
            self.used = Some(NeutralFace::new(seen.clone()));
            return Some(seen);
        };
        let seen = SeenDriver::of(face, Some(&used.seen.shape))?;
        if let Some((scale, centre)) = self.last_place.replace((seen.scale, seen.centre))
            && elapsed <= CUT_SECS
            && ((seen.scale / scale).ln().abs() > CUT_GROWTH_LN * f64::from(elapsed)
                || seen.centre.distance(centre) > CUT_SHIFT * scale * f64::from(elapsed))
        {
            // The picture was cut: the head is where it was, seen otherwise.
            let ratio = seen.scale / scale;
            let moved = |before: DVec3| seen.centre + ratio * (before - centre);
            (used.seen.scale, used.seen.centre) = (used.seen.scale * ratio, moved(used.seen.centre));
            (means.scale_ln, means.centre) = (means.scale_ln + ratio.ln(), moved(means.centre));
        }
        self.seen_secs += elapsed;
        let most = if self.seen_secs < FOUND_SECS { 1.0 } else { f64::from(elapsed / CORRECTION_SECS) };
        means.add(&seen, score(face, &seen), elapsed, most);
        let share = 1.0 - (-elapsed / EASE_SECS).exp();
        *used = NeutralFace::new(used.seen.lerp(&means.mean(), share));
        Some(seen)
    }

    /// Exchanges left and right of all that is known, in frames whose last column is `last_column`.
    pub(super) fn mirror(&mut self, last_column: f32) {
        if let Some((used, means)) = self.used.as_mut().zip(self.means.as_mut()) {
            *used = NeutralFace::new(used.seen.mirrored(last_column));
            *means = Means { weight: means.weight, ..Means::of(&means.mean().mirrored(last_column), means.best) };
            self.last_place = None;
        }
    }
}

impl SeenDriver {
    fn lerp(&self, other: &Self, share: f32) -> Self {
        let wide = f64::from(share);
        Self {
            shape: Shape(Box::new(std::array::from_fn(|i| self.shape.0[i].lerp(other.shape.0[i], share)))),
            angles: self.angles.lerp(other.angles, wide),
            scale: self.scale + wide * (other.scale - self.scale),
            centre: self.centre.lerp(other.centre, wide),
        }
    }

    fn mirrored(&self, last_column: f32) -> Self {
        let partners = FaceMesh::partners();
        let mirrored = |i: usize| self.shape.0[usize::from(partners[i])] * Vec3::new(-1.0, 1.0, 1.0);
        Self {
            shape: Shape(Box::new(std::array::from_fn(mirrored))),
            angles: self.angles * DVec3::new(-1.0, 1.0, -1.0),
            scale: self.scale,
            centre: self.centre.with_x(f64::from(last_column) - self.centre.x),
        }
    }
}

impl Means {
    fn of(seen: &SeenDriver, score: f64) -> Self {
        let points = Box::new(seen.shape.0.map(Vec3::as_dvec3));
        Self { best: score, weight: 1.0, points, angles: seen.angles, scale_ln: seen.scale.ln(), centre: seen.centre }
    }

    /// One more frame, which counts `most` against all before it at most. Frames of which the best so far is much better hardly count; a better one takes weight
    /// from all before it.
    fn add(&mut self, seen: &SeenDriver, score: f64, elapsed: f32, most: f64) {
        self.best += f64::from(elapsed) * BEST_RISES;
        if score < self.best {
            self.weight *= ((score - self.best) / TOLERANCE).exp();
            self.best = score;
        }
        self.weight *= f64::from((-elapsed / FORGET_SECS).exp());
        let weight = ((self.best - score) / TOLERANCE).exp();
        self.weight += weight;
        let share = (weight / self.weight).min(most);
        if !share.is_finite() {
            return;
        }
        for (mean, point) in self.points.iter_mut().zip(seen.shape.0.iter()) {
            *mean += share * (point.as_dvec3() - *mean);
        }
        self.angles += share * (seen.angles - self.angles);
        self.scale_ln += share * (seen.scale.ln() - self.scale_ln);
        self.centre += share * (seen.centre - self.centre);
    }

    fn mean(&self) -> SeenDriver {
        let shape = Shape(Box::new(self.points.map(DVec3::as_vec3)));
        SeenDriver { shape, angles: self.angles, scale: self.scale_ln.exp(), centre: self.centre }
    }
}

/// Movements that a relaxed face does not make.
const ONE_EACH: [Coefficient; 7] = [
    Coefficient::JawOpen,
    Coefficient::MouthPucker,
    Coefficient::MouthFunnel,
    Coefficient::BrowInnerUp,
    Coefficient::CheekPuff,
    Coefficient::MouthLeft,
    Coefficient::MouthRight,
];
const ON_EITHER_SIDE: [[Coefficient; 2]; 9] = [
    [Coefficient::EyeBlinkLeft, Coefficient::EyeBlinkRight],
    [Coefficient::MouthSmileLeft, Coefficient::MouthSmileRight],
    [Coefficient::MouthStretchLeft, Coefficient::MouthStretchRight],
    [Coefficient::BrowDownLeft, Coefficient::BrowDownRight],
    [Coefficient::BrowOuterUpLeft, Coefficient::BrowOuterUpRight],
    [Coefficient::MouthUpperUpLeft, Coefficient::MouthUpperUpRight],
    [Coefficient::MouthLowerDownLeft, Coefficient::MouthLowerDownRight],
    [Coefficient::EyeLookOutLeft, Coefficient::EyeLookOutRight],
    [Coefficient::EyeLookInLeft, Coefficient::EyeLookInRight],
];

/// How far a face is from being relaxed and turned to the camera; lower is calmer. What is a person's own adds the same to all frames.
fn score(face: &FaceMotion, seen: &SeenDriver) -> f64 {
    let shape = &seen.shape;
    let turned = (seen.angles.x / TURNED_RAD[0]).powi(2) + (seen.angles.y / TURNED_RAD[1]).powi(2);
    let moved = if let Some(coefficients) = &face.coefficients {
        let sum = |list: &[Coefficient]| list.iter().map(|c| f64::from(coefficients[*c])).sum::<f64>();
        sum(&ONE_EACH) + 0.5 * sum(ON_EITHER_SIDE.as_flattened())
    } else {
        let lips = &FaceMesh::INNER_LIPS;
        let open_mouth = (shape.point(lips[15]) - shape.point(lips[5])).y.max(0.0);
        let open_eyes: f32 = [0, 1].map(|side| Eye::of(shape, side).opening.min(0.3)).iter().sum();
        f64::from(3.0 * open_mouth + 2.0 * (0.6 - open_eyes))
    };
    let score = turned + moved;
    if score.is_finite() { score } else { 10.0 }
}
