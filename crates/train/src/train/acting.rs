//! Performances of our own making: faces that talk, laugh, doubt and look around, acted by the mean of synthetic heads.
//!
//! What every expression does to a face is read off synthetic heads that make it; how much of which is made when is written down here ([`Act`]).

mod acts;
mod score;

use std::collections::BTreeMap;

use glam::{Vec2, Vec3};
use retrato_face::track::{MeshReader, MeshReaderError};

pub use self::acts::{ACTS, Act};
use self::score::Moment;
use super::face_mesh::{LEAST_PRESENCE, aligned, mean_of, upright};
use crate::data::{COEFFICIENT_NAMES, COEFFICIENTS, Coefficient, FaceMesh, FaceMotion, Performance, PerformanceFrame, PerformanceHeader};
use crate::face::{pupil_travel, rotation_from_pose};
use crate::synth::{Expression, FaceKit, PairSampler, Scratch};

/// Frames per second of what is acted.
const FPS: f64 = 25.0;
/// Size of the driver's frame, and where and how large the face is in it: inter-ocular distance and middle, in pixels.
const FRAME_PX: [u32; 2] = [640, 480];
const EYES_PX: f32 = 88.0;
const MIDDLE_PX: Vec2 = Vec2::new(320.0, 205.0);
/// The joint that a head turns about, in inter-ocular distances from between the eyes: between the ears and down the neck. Derived from anatomy.
const PIVOT: Vec3 = Vec3::new(0.0, 1.3, 1.5);
/// Persons that are read.
const PERSONS: usize = 12;
/// With fewer of them, what is one person's own would show.
const FEWEST: usize = 4;
/// Persons are looked for among so many.
const CANDIDATES: u64 = 200;
/// Seed of the persons.
const SEED: u64 = 7;

/// Why nothing can be acted.
#[derive(Debug, thiserror::Error)]
pub enum ActingError {
    /// The face reader is needed.
    #[error("{0}")]
    Reader(#[from] MeshReaderError),
    /// Hardly any head was read.
    #[error("only {0} synthetic heads could be read, too few: the face reader's model or the kit is another one")]
    TooFew(usize),
}

/// A face that can make every expression.
#[derive(Debug)]
pub struct Actor {
    neutral: FaceMesh,
    /// What each coefficient does at 1.
    moves: BTreeMap<usize, FaceMesh>,
}

impl Actor {
    /// Reads synthetic heads with every expression.
    ///
    /// # Errors
    /// [`ActingError`].
    pub fn learn(sampler: &PairSampler) -> Result<Self, ActingError> {
        let made: Vec<(usize, Expression)> = (0..COEFFICIENTS).filter_map(|i| Some((i, expression(sampler.kit(), i)?))).collect();
        let expressions: Vec<Expression> =
            std::iter::once(Expression::default()).chain(made.iter().map(|(_, made)| made.clone())).collect();
        let mut reader = MeshReader::load()?;
        let mut scratch = Scratch::new();
        let mut persons: Vec<Vec<FaceMesh>> = Vec::new();
        for index in 0..CANDIDATES {
            if persons.len() == PERSONS {
                break;
            }
            // A glance at the neutral face first: most are left out.
            let mut read = |expressions: &[Expression]| -> Option<Vec<FaceMesh>> {
                let pictures = sampler.study(SEED, index, expressions, &mut scratch)?;
                let mut face = |picture| reader.read_still(picture).into_iter().next().filter(|face| face.presence >= LEAST_PRESENCE);
                pictures.iter().map(|picture| Some(face(picture)?.mesh)).collect()
            };
            if read(&expressions[..1]).is_some()
                && let Some(faces) = read(&expressions)
            {
                persons.push(faces);
            }
        }
        Self::of(&persons, &made.iter().map(|(index, _)| *index).collect::<Vec<_>>()).ok_or(ActingError::TooFew(persons.len()))
    }

    /// From readings of persons: the neutral face first, then one for each of the coefficients.
    fn of(persons: &[Vec<FaceMesh>], coefficients: &[usize]) -> Option<Self> {
        let mut neutrals = Vec::new();
        let mut moved: BTreeMap<usize, Vec<FaceMesh>> = BTreeMap::new();
        let partners = FaceMesh::partners();
        for faces in persons {
            let neutral = upright(faces.first()?)?;
            for (face, index) in faces.iter().skip(1).zip(coefficients) {
                let face = aligned(face, &neutral)?;
                let offset = FaceMesh(Box::new(std::array::from_fn(|i| face.0[i] - neutral.0[i])));
                // What the other side of a face does, mirrored, is known as well.
                let mirrored = FaceMesh(Box::new(std::array::from_fn(|i| offset.0[usize::from(partners[i])] * Vec3::new(-1.0, 1.0, 1.0))));
                moved.entry(*index).or_default().push(offset);
                moved.entry(Coefficient::partner(*index)).or_default().push(mirrored);
            }
            neutrals.push(neutral.mirrored(0.0));
            neutrals.push(neutral);
        }
        if persons.len() < FEWEST {
            return None;
        }
        let neutral = mean_of(&neutrals)?;
        let moves = moved.iter().map(|(index, offsets)| Some((*index, mean_of(offsets)?))).collect::<Option<_>>()?;
        Some(Self { neutral, moves })
    }

    /// The face at a moment, in pixels of the frame.
    fn face(&self, moment: &Moment) -> FaceMotion {
        let mut face = self.neutral.clone();
        for (index, offset) in &self.moves {
            let amount = moment.coefficients.0[*index];
            if amount > 0.0 {
                face.0.iter_mut().zip(offset.0.iter()).for_each(|(point, by)| *point += *by * amount);
            }
        }
        for (middle, [outer, inner]) in FaceMesh::PUPILS.into_iter().zip([[33, 133], [263, 362]]) {
            let width = self.neutral.0[outer].distance(self.neutral.0[inner]);
            let rest = self.neutral.0[middle] - face.0[middle];
            let travel = pupil_travel(moment.gaze, width).extend(0.0);
            face.0[middle..middle + 5].iter_mut().for_each(|point| *point += rest + travel);
        }
        let flip = Vec3::new(1.0, 1.0, -1.0);
        let rotation = rotation_from_pose(moment.pose);
        let mesh = face.map(|p| {
            let turned = rotation * ((p - PIVOT) * flip) * flip + PIVOT;
            (turned + moment.shift.extend(0.0)) * EYES_PX + MIDDLE_PX.extend(0.0)
        });
        let (landmarks, pupils) = (mesh.landmarks(), mesh.pupils());
        FaceMotion {
            pose: moment.pose,
            gaze: Some(moment.gaze),
            pupils_in_frame: Some(pupils),
            mesh_in_frame: Some(mesh.into()),
            coefficients: Some(moment.coefficients),
            ..FaceMotion::of_landmarks(landmarks, FRAME_PX)
        }
    }

    /// A whole act.
    pub fn perform(&self, act: &Act) -> Performance {
        let score = act.score();
        let count = (f64::from(score.seconds) * FPS).round() as u64;
        let frame = |index: u64| {
            let at = index as f64 / FPS;
            PerformanceFrame::of_motion(at, Some(&self.face(&score.at(at as f32))))
        };
        Performance { header: PerformanceHeader::new(act.title, FPS, FRAME_PX, Some(count)), frames: (0..count).map(frame).collect() }
    }
}

/// The kit's expression that a coefficient stands for; `None` where it has none, and for where the eyes look to the side, which is no expression.
fn expression(kit: &FaceKit, coefficient: usize) -> Option<Expression> {
    let name = COEFFICIENT_NAMES[coefficient];
    if name.starts_with("eyeLookIn") || name.starts_with("eyeLookOut") {
        return None;
    }
    let side = |stem: &str, side: &str| format!("{stem}{side}");
    let shapes = match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
        _ if kit.expression(name).is_some() => vec![name.to_owned()],
        (Some(stem), _) => vec![side(stem, "_L")],
        (_, Some(stem)) => vec![side(stem, "_R")],
        _ => vec![side(name, "_L"), side(name, "_R")],
    };
    let mut expression = Expression::default();
    for shape in &shapes {
        kit.expression(shape)?;
        expression.set(kit, shape, 1.0);
    }
    Some(expression)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Coefficients, HeadPose};

    /// Persons whose right brow goes up and whose jaw drops, by known amounts, each drawn at a size of its own.
    fn actor() -> Actor {
        let model = crate::face::MeshModel::shipped().expect("the program's own model");
        let person = |k: usize| {
            let size = 50.0 + 5.0 * k as f32;
            let seen = |face: FaceMesh| face.map(|p| p * size + Vec3::new(128.0, 110.0, 3.0));
            let moved = |points: &[usize], by: Vec3| {
                let mut face = model.mean().clone();
                for i in points {
                    face.0[*i] += by;
                }
                seen(face)
            };
            vec![seen(model.mean().clone()), moved(&[70, 63, 105], Vec3::new(0.0, -0.2, 0.0)), moved(&[14, 152], Vec3::new(0.0, 0.5, 0.0))]
        };
        let persons: Vec<Vec<FaceMesh>> = (0..PERSONS).map(person).collect();
        let [brow, jaw] = [Coefficient::BrowOuterUpRight, Coefficient::JawOpen].map(|c| c as usize);
        Actor::of(&persons, &[brow, jaw]).expect("persons")
    }

    fn moment(coefficient: Coefficient) -> Moment {
        let mut coefficients = Coefficients::default();
        coefficients.0[coefficient as usize] = 1.0;
        Moment { coefficients, ..Moment::default() }
    }

    #[test]
    fn an_actor_makes_what_was_read_on_both_sides() {
        let actor = actor();
        let mesh = |moment: &Moment| actor.face(moment).mesh_in_frame.expect("a mesh");
        let rest = mesh(&Moment::default());
        for (coefficient, point, still) in [(Coefficient::BrowOuterUpRight, 105, 334), (Coefficient::BrowOuterUpLeft, 334, 105)] {
            let raised = mesh(&moment(coefficient));
            assert!(raised.0[point].y < rest.0[point].y - 0.15 * EYES_PX, "{coefficient:?} raises a brow");
            assert!(raised.0[still].distance(rest.0[still]) < 0.5, "and not the other one");
        }
        let opened = mesh(&moment(Coefficient::JawOpen));
        assert!(opened.0[152].y > rest.0[152].y + 0.4 * EYES_PX, "the chin drops");
    }

    #[test]
    fn heads_turn_and_eyes_look_where_they_are_told() {
        let actor = actor();
        let pose = HeadPose { yaw_rad: 0.5, ..HeadPose::default() };
        let face = actor.face(&Moment { pose, gaze: Vec2::new(0.8, 0.0), ..Moment::default() });
        let found = retrato_face::track::head_pose(&face.landmarks_in_frame);
        assert!((found.yaw_rad - 0.5).abs() < 0.1, "turned by {}", found.yaw_rad);
        let gaze = crate::face::gaze_from_pupils(&face.landmarks_in_frame, face.pupils_in_frame.expect("pupils")).expect("a face");
        assert!(gaze.x > 0.4, "the eyes look to the picture's right: {gaze}");
    }

    #[test]
    fn acts_stay_in_the_frame_and_end_where_they_begin() {
        let actor = actor();
        for act in &ACTS {
            let performance = actor.perform(act);
            let mut bytes = Vec::new();
            performance.write(&mut bytes).expect("within the bounds of a performance");
            let faces: Vec<FaceMotion> = performance.frames.iter().filter_map(|frame| frame.motion(FRAME_PX)).collect();
            assert!(faces.len() > 100, "{}: {} frames", act.name, faces.len());
            let inside = |p: &Vec2| p.x > 0.0 && p.y > 0.0 && p.x < 640.0 && p.y < 480.0;
            assert!(faces.iter().all(|face| face.landmarks_in_frame.0.iter().all(inside)), "{} stays in sight", act.name);
            let mean = |a: &FaceMotion, b: &FaceMotion| {
                let pairs = a.landmarks_in_frame.0.iter().zip(&b.landmarks_in_frame.0);
                pairs.map(|(a, b)| a.distance(*b)).sum::<f32>() / 68.0
            };
            let (first, last) = (&faces[0], &faces[faces.len() - 1]);
            assert!(mean(first, last) < 3.0, "{} jumps by {} pixels when it begins again", act.name, mean(first, last));
            let fastest = faces.windows(2).map(|pair| mean(&pair[0], &pair[1])).fold(0.0, f32::max);
            assert!(fastest < 14.0, "{} jumps by {fastest} pixels", act.name);
        }
    }
}
