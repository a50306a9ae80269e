//! The driver's neutral face and where the head is held when at ease, found by themselves.
//!
//! Every frame is judged by how relaxed it is, part by part: who speaks with raised brows has a calm mouth at some time and calm brows at another. The neutral is
//! the mean of the frames, weighted so that for each part the most relaxed ones count almost alone. The first frame counts at once, so that the portrait lives
//! from the first frame on; a grin or a blink in it gives way to something calmer. Later frames go on correcting it, slowly.

use std::time::Duration;

use glam::{DVec3, Vec3};

use super::camera::Camera;
use super::eyes::Eye;
use super::framing::{HeadPlace, Shots};
use super::shape::{Shape, angles};
use super::sitter::brows_share;
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
/// Turns of the head, in radians, that count as much as a coefficient of 1 in the score: yaw and pitch.
const TURNED_RAD: [f64; 2] = [0.6, 0.5];

/// A face as it is seen in a frame.
#[derive(Clone, Debug)]
pub(super) struct SeenDriver {
    /// The face in its own axes.
    pub(super) shape: Shape,
    /// Yaw, pitch and roll in space, in radians.
    pub(super) angles: DVec3,
    /// Pixels of the frame for the unit of the shape.
    pub(super) scale: f64,
    /// Where the middle of the hardly moving points is, in pixels of the frame.
    pub(super) centre: DVec3,
    /// How far the brows are raised, 0 to 1; 0 where no coefficients are read.
    pub(super) brows_up: f32,
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
        let known = neutral.unwrap_or(&shape);
        let centre = placement.apply(known.centre().as_dvec3());
        let turn = Camera::of_picture(face.frame_size.map(f64::from)).turn(known, mesh, |p| p)?;
        let brows_up = face.coefficients.as_ref().map_or(0.0, |coefficients| coefficients[Coefficient::BrowInnerUp]);
        let seen = Self { angles: angles(&turn), scale: placement.scale, centre, shape, brows_up };
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
    shots: Shots,
    seen_secs: f32,
}

/// Parts of a face that are relaxed each at its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Brows,
    Eyes,
    /// With cheeks and nose.
    Mouth,
    /// How the head is held.
    Head,
}

impl Part {
    const COUNT: usize = 4;
}

/// How far each part is from being relaxed; lower is calmer. What is a person's own adds the same to all frames.
type Score = [f64; Part::COUNT];

/// Weighted means over the frames.
#[derive(Clone, Debug)]
struct Means {
    best: Score,
    weights: [f64; Part::COUNT],
    points: Box<[DVec3; FaceMesh::COUNT]>,
    angles: DVec3,
    scale_ln: f64,
    centre: DVec3,
    brows_up: f32,
}

impl Calibration {
    /// Whether the neutral face was found.
    pub(super) fn is_settled(&self) -> bool {
        self.seen_secs >= FOUND_SECS
    }

    /// What was seen so far is the neutral face, since somebody says so: later frames correct it no faster than one that was looked for.
    pub(super) fn settle(&mut self) {
        self.seen_secs = self.seen_secs.max(FOUND_SECS);
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
            self.shots.see(seen.place(), elapsed);
            self.means = Some(Means::of(&seen, score(face, &seen)));
            self.used = Some(NeutralFace::new(seen.clone()));
            return Some(seen);
        };
        let seen = SeenDriver::of(face, Some(&used.seen.shape))?;
        if let Some(reframing) = self.shots.see(seen.place(), elapsed) {
            // The picture was cut: the head is where it was, seen otherwise.
            let neutral = reframing.apply(used.seen.place());
            (used.seen.scale, used.seen.centre) = (neutral.scale, neutral.centre);
            let mean = reframing.apply(HeadPlace { scale: means.scale_ln.exp(), centre: means.centre });
            (means.scale_ln, means.centre) = (mean.scale.ln(), mean.centre);
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
            *means = Means { weights: means.weights, ..Means::of(&means.mean().mirrored(last_column), means.best) };
            self.shots = Shots::default();
        }
    }
}

impl SeenDriver {
    fn place(&self) -> HeadPlace {
        HeadPlace { scale: self.scale, centre: self.centre }
    }

    fn lerp(&self, other: &Self, share: f32) -> Self {
        let wide = f64::from(share);
        Self {
            shape: Shape(Box::new(std::array::from_fn(|i| self.shape.0[i].lerp(other.shape.0[i], share)))),
            angles: self.angles.lerp(other.angles, wide),
            scale: self.scale + wide * (other.scale - self.scale),
            centre: self.centre.lerp(other.centre, wide),
            brows_up: self.brows_up + share * (other.brows_up - self.brows_up),
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
            brows_up: self.brows_up,
        }
    }
}

impl Means {
    fn of(seen: &SeenDriver, score: Score) -> Self {
        let points = Box::new(seen.shape.0.map(Vec3::as_dvec3));
        let weights = [1.0; Part::COUNT];
        let (angles, scale_ln, centre, brows_up) = (seen.angles, seen.scale.ln(), seen.centre, seen.brows_up);
        Self { best: score, weights, points, angles, scale_ln, centre, brows_up }
    }

    /// One more frame, which counts `most` against all before it at most. Frames of which the best so far is much better hardly count; a better one takes weight
    /// from all before it.
    fn add(&mut self, seen: &SeenDriver, score: Score, elapsed: f32, most: f64) {
        let shares: [f64; Part::COUNT] = std::array::from_fn(|part| {
            let (best, sum, score) = (&mut self.best[part], &mut self.weights[part], score[part]);
            *best += f64::from(elapsed) * BEST_RISES;
            if score < *best {
                *sum *= ((score - *best) / TOLERANCE).exp();
                *best = score;
            }
            *sum *= f64::from((-elapsed / FORGET_SECS).exp());
            let weight = ((*best - score) / TOLERANCE).exp();
            *sum += weight;
            (weight / *sum).min(most)
        });
        if shares.iter().any(|share| !share.is_finite()) {
            return;
        }
        let share = |part: Part| shares[part as usize];
        for (i, (mean, point)) in self.points.iter_mut().zip(seen.shape.0.iter()).enumerate() {
            let brows = f64::from(brows_share(mean.y as f32));
            let own = if is_of_eye(i) { share(Part::Eyes) } else { share(Part::Mouth) + brows * (share(Part::Brows) - share(Part::Mouth)) };
            *mean += own * (point.as_dvec3() - *mean);
        }
        self.brows_up += share(Part::Brows) as f32 * (seen.brows_up - self.brows_up);
        let head = share(Part::Head);
        self.angles += head * (seen.angles - self.angles);
        self.scale_ln += head * (seen.scale.ln() - self.scale_ln);
        self.centre += head * (seen.centre - self.centre);
    }

    fn mean(&self) -> SeenDriver {
        let shape = Shape(Box::new(self.points.map(DVec3::as_vec3)));
        SeenDriver { shape, angles: self.angles, scale: self.scale_ln.exp(), centre: self.centre, brows_up: self.brows_up }
    }
}

/// Whether a point is of a lid, or of an iris.
fn is_of_eye(index: usize) -> bool {
    index >= FaceMesh::SKIN || FaceMesh::EYES.as_flattened().contains(&(index as u16))
}

/// Movements that a relaxed face does not make, part by part: those of the middle, and those of either side, of which each counts half.
const MOVEMENTS: [(&[Coefficient], &[[Coefficient; 2]]); Part::Head as usize] = [
    (
        &[Coefficient::BrowInnerUp],
        &[[Coefficient::BrowDownLeft, Coefficient::BrowDownRight], [Coefficient::BrowOuterUpLeft, Coefficient::BrowOuterUpRight]],
    ),
    (
        &[],
        &[
            [Coefficient::EyeBlinkLeft, Coefficient::EyeBlinkRight],
            [Coefficient::EyeWideLeft, Coefficient::EyeWideRight],
            [Coefficient::EyeLookOutLeft, Coefficient::EyeLookOutRight],
            [Coefficient::EyeLookInLeft, Coefficient::EyeLookInRight],
            [Coefficient::EyeLookUpLeft, Coefficient::EyeLookUpRight],
            [Coefficient::EyeLookDownLeft, Coefficient::EyeLookDownRight],
        ],
    ),
    (
        &[
            Coefficient::JawOpen,
            Coefficient::MouthPucker,
            Coefficient::MouthFunnel,
            Coefficient::CheekPuff,
            Coefficient::MouthLeft,
            Coefficient::MouthRight,
        ],
        &[
            [Coefficient::MouthSmileLeft, Coefficient::MouthSmileRight],
            [Coefficient::MouthStretchLeft, Coefficient::MouthStretchRight],
            [Coefficient::MouthPressLeft, Coefficient::MouthPressRight],
            [Coefficient::MouthUpperUpLeft, Coefficient::MouthUpperUpRight],
            [Coefficient::MouthLowerDownLeft, Coefficient::MouthLowerDownRight],
        ],
    ),
];

/// How far each part is from being relaxed, and turned to the camera.
fn score(face: &FaceMotion, seen: &SeenDriver) -> Score {
    let turned = (seen.angles.x / TURNED_RAD[0]).powi(2) + (seen.angles.y / TURNED_RAD[1]).powi(2);
    let moved = if let Some(coefficients) = &face.coefficients {
        let sum = |list: &[Coefficient]| list.iter().map(|c| f64::from(coefficients[*c])).sum::<f64>();
        MOVEMENTS.map(|(middle, sides)| sum(middle) + 0.5 * sum(sides.as_flattened()))
    } else {
        let shape = &seen.shape;
        let lips = &FaceMesh::INNER_LIPS;
        let open_mouth = (shape.point(lips[15]) - shape.point(lips[5])).y.max(0.0);
        let open_eyes: f32 = [0, 1].map(|side| Eye::of(shape, side).opening.min(0.3)).iter().sum();
        [0.0, f64::from(2.0 * (0.6 - open_eyes)), f64::from(3.0 * open_mouth)]
    };
    // A face that is turned away shows each of its parts less well; a head is held in one way whatever the face does, but not in the midst of an outburst.
    let [brows, eyes, mouth] = moved;
    let score = [brows + turned, eyes + turned, mouth + turned, brows + eyes + mouth + turned];
    score.map(|part| if part.is_finite() { part } else { 10.0 })
}
