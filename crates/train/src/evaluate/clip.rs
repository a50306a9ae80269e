//! The frames of a clip that an evaluation needs: the first is the source, every tenth from the sixth a target, and others are further pictures of the person.

use std::borrow::Borrow;

use glam::Vec2;
use image::RgbImage;

use super::scale::{measured_from_picture, measured_mesh};
use super::{EvaluateError, ModelError, scale_to_measure, upright_for_detection};
use crate::data::{FaceMesh, Landmarks};
use crate::face::{FaceDescriptor, rest_pupils};

/// Index of the first target among the clip's frames.
const FIRST_TARGET: usize = 5;
/// Frames from one target to the next.
const TARGET_STEP: usize = 10;
/// Frames as far away from every target as can be: of these, further pictures are taken first.
const SHOT_STEP: usize = 10;
/// A further picture is at least so many frames away from every target.
const LEAST_DISTANCE: usize = 3;
/// More targets than any sensible clip has; what comes later is not measured.
const MOST_TARGETS: usize = 4096;

/// A face as it was seen in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenFace {
    /// Its landmarks, in pixels of the picture, as a predictor gives them at once: what pictures are measured by.
    pub landmarks: Landmarks,
    /// The same read as well as can be: what models work from.
    pub fine_landmarks: Landmarks,
    /// The face in 3D, where it was read so.
    pub mesh: Option<FaceMesh>,
    /// How far the head is turned to the side, in radians: [`HeadPose::yaw_rad`](crate::data::HeadPose).
    pub yaw_rad: f32,
    /// Who it belongs to, where that is looked at.
    pub descriptor: Option<FaceDescriptor>,
}

/// Sees the largest face of any picture.
pub type Detect<'a> = dyn FnMut(&RgbImage) -> Option<SeenFace> + 'a;

/// One frame of a clip, scaled for measuring, and its face.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationFrame {
    /// Index of the frame in the clip.
    pub index: usize,
    /// The whole frame, [`MEASURE_PX`](super::MEASURE_PX) square.
    pub pixels: RgbImage,
    /// The largest face, in pixels of `pixels`, as a predictor gives it at once: what outputs are measured by.
    pub landmarks: Landmarks,
    /// The same read as well as can be: what models work from.
    pub fine_landmarks: Landmarks,
    /// The face in 3D, where it was read so, in pixels of `pixels`.
    pub mesh: Option<FaceMesh>,
    /// The pupils, the right eye's first, in the same; the middle of the opening where they cannot be seen.
    pub pupils: [Vec2; 2],
    /// How far the head is turned to the side, in radians.
    pub yaw_rad: f32,
    /// Who the face belongs to, where that is looked at.
    pub descriptor: Option<FaceDescriptor>,
}

/// The frames of a clip that an evaluation needs.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationClip {
    /// Name of the clip.
    pub name: String,
    /// Width and height of the clip's frames, in pixels.
    pub frame_size: [u32; 2],
    /// The first frame.
    pub source: EvaluationFrame,
    /// The frames to be made again, in order; never empty.
    pub targets: Vec<EvaluationFrame>,
    /// How many frames were passed over because no face was found in them.
    pub targets_without_face: usize,
    /// Frames half way between two targets.
    far: Vec<EvaluationFrame>,
    /// Others, where there are too few of those.
    near: Vec<EvaluationFrame>,
}

impl EvaluationClip {
    /// Takes source and targets out of all frames of a clip, in order, and as many as there are of `most_shots` further frames of the person.
    pub fn read<P: Borrow<RgbImage>, E: Into<ModelError>>(
        name: &str,
        most_shots: usize,
        frames: impl IntoIterator<Item = Result<P, E>>,
        detect: &mut Detect<'_>,
    ) -> Result<Self, EvaluateError> {
        let clip = || name.to_owned();
        let mut frame_size = [0; 2];
        let mut source = None;
        let (mut targets, mut targets_without_face) = (Vec::new(), 0);
        let (mut far, mut unseen) = (Vec::new(), Vec::new());
        for (index, frame) in frames.into_iter().enumerate() {
            let frame = frame.map_err(|cause| EvaluateError::Read { clip: clip(), cause: cause.into() })?;
            let frame = frame.borrow();
            if index == 0 {
                frame_size = frame.dimensions().into();
                source = EvaluationFrame::of(index, frame, detect);
                if source.is_none() {
                    return Err(EvaluateError::NoSource { clip: clip() });
                }
            } else if is_target(index) {
                match EvaluationFrame::of(index, frame, detect) {
                    Some(target) => targets.push(target),
                    None => targets_without_face += 1,
                }
            } else if most_shots > 0 && index.is_multiple_of(SHOT_STEP) {
                far.extend(EvaluationFrame::of(index, frame, detect));
            } else if far.len() < most_shots && distance_to_target(index) >= LEAST_DISTANCE {
                // Whether they are needed turns out at the end.
                unseen.extend(scale_to_measure(frame).map(|pixels| (index, pixels)));
            }
            if far.len() >= most_shots {
                unseen.clear();
            }
            if targets.len() == MOST_TARGETS {
                break;
            }
        }
        let source = source.ok_or_else(|| EvaluateError::NoSource { clip: clip() })?;
        if targets.is_empty() {
            return Err(EvaluateError::NoTarget { clip: clip() });
        }
        let near = unseen.into_iter().filter_map(|(index, pixels)| EvaluationFrame::seen(index, pixels, frame_size, detect)).collect();
        Ok(Self { name: clip(), frame_size, source, targets, targets_without_face, far, near })
    }

    /// A source and its targets that are known already, without further pictures; `unread` targets had no face that could be read.
    pub(super) fn of(name: String, source: EvaluationFrame, targets: Vec<EvaluationFrame>, unread: usize) -> Self {
        let frame_size = source.pixels.dimensions().into();
        Self { name, frame_size, source, targets, targets_without_face: unread, far: Vec::new(), near: Vec::new() }
    }

    /// At most `count` further pictures of the person, spread over the clip; fewer, where the clip has no more. None is a target.
    pub fn shots(&self, count: usize) -> Vec<EvaluationFrame> {
        let mut shots = spread(&self.far, count);
        shots.extend(spread(&self.near, count.saturating_sub(self.far.len())));
        shots
    }
}

/// At most `count` of some pictures, evenly spread over them.
fn spread(pictures: &[EvaluationFrame], count: usize) -> Vec<EvaluationFrame> {
    let (all, count) = (pictures.len(), count.min(pictures.len()));
    (0..count).filter_map(|k| pictures.get((2 * k + 1) * all / (2 * count))).cloned().collect()
}

/// Whether the frame of this index is to be made again.
fn is_target(index: usize) -> bool {
    index >= FIRST_TARGET && (index - FIRST_TARGET).is_multiple_of(TARGET_STEP)
}

/// Frames to the next target or the last one, whichever is nearer.
fn distance_to_target(index: usize) -> usize {
    let after = (index + TARGET_STEP - FIRST_TARGET) % TARGET_STEP;
    after.min(TARGET_STEP - after)
}

impl EvaluationFrame {
    pub(super) fn of(index: usize, frame: &RgbImage, detect: &mut Detect<'_>) -> Option<Self> {
        Self::seen(index, scale_to_measure(frame)?, frame.dimensions().into(), detect)
    }

    fn seen(index: usize, pixels: RgbImage, frame_size: [u32; 2], detect: &mut Detect<'_>) -> Option<Self> {
        let SeenFace { landmarks, fine_landmarks, mesh, yaw_rad, descriptor } = find_face(&pixels, frame_size, detect)?;
        let pupils = mesh.as_ref().map_or_else(|| rest_pupils(&pixels, &fine_landmarks), FaceMesh::pupils);
        Some(Self { index, pixels, landmarks, fine_landmarks, mesh, pupils, yaw_rad, descriptor })
    }

    /// How far the head is turned from where another picture shows it, to either side, in degrees.
    pub(super) fn turn_deg(&self, from: &Self) -> f64 {
        f64::from(self.yaw_rad - from.yaw_rad).abs().to_degrees()
    }

    pub(super) fn shown(&self) -> (&RgbImage, &Landmarks) {
        (&self.pixels, &self.landmarks)
    }
}

/// The largest face of a measured picture, found in the shape of the original frame; its landmarks in pixels of the measured one.
pub(super) fn find_face(measured: &RgbImage, frame_size: [u32; 2], detect: &mut Detect<'_>) -> Option<SeenFace> {
    let upright = upright_for_detection(measured, frame_size)?;
    let seen = detect(&upright)?;
    let size = upright.dimensions();
    let mesh = seen.mesh.as_ref().map(|mesh| measured_mesh(mesh, size));
    let measured = |landmarks| measured_from_picture(landmarks, size);
    Some(SeenFace { landmarks: measured(&seen.landmarks), fine_landmarks: measured(&seen.fine_landmarks), mesh, ..seen })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{find_red, frame, moving, read, read_with};
    use super::*;

    fn indices(pictures: &[EvaluationFrame]) -> Vec<usize> {
        pictures.iter().map(|picture| picture.index).collect()
    }

    #[test]
    fn every_tenth_frame_from_the_sixth_is_a_target() {
        let mut frames = moving(30, (256, 256));
        frames[15] = frame(15, false, (256, 256));
        let clip = read(frames).expect("a clip with faces");
        assert_eq!(clip.source.index, 0, "the first frame is the source");
        assert_eq!(indices(&clip.targets), [5, 25], "the sixth, not the sixteenth without a face, the twenty-sixth");
        assert_eq!(clip.targets_without_face, 1, "the passed one is counted");
        assert_eq!(indices(&clip.shots(2)), [10, 20], "others for more shots");
    }

    #[test]
    fn further_pictures_are_spread_and_never_close_to_a_target() {
        let clip = read_with(40, moving(62, (64, 64))).expect("a clip with faces");
        assert_eq!(indices(&clip.shots(3)), [20, 40, 60], "spread over those half way");
        assert_eq!(indices(&clip.shots(6)), [10, 20, 30, 40, 50, 60], "all of them");
        let many = indices(&clip.shots(20));
        assert_eq!((many.len(), &many[..6]), (20, &[10, 20, 30, 40, 50, 60][..]), "then others");
        let all = indices(&clip.shots(40));
        assert!(all.len() == 31 && all.iter().all(|&index| index > 0 && distance_to_target(index) >= 3), "as many as there are: {all:?}");
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len(), "each once: {all:?}");
        let long = read_with(4, moving(62, (64, 64))).expect("a clip with faces");
        assert!(
            long.near.is_empty() && indices(&long.shots(4)) == [10, 30, 40, 60],
            "no others where there are enough: {:?}",
            indices(&long.shots(4))
        );
        assert_eq!(read_with(0, moving(30, (64, 64))).expect("a clip").shots(5), [], "none are wanted");
    }

    #[test]
    fn frames_of_any_shape_are_measured_as_a_square() {
        let clip = read(moving(6, (720, 1280))).expect("a clip with faces");
        assert_eq!((clip.frame_size, clip.source.pixels.dimensions()), ([720, 1280], (256, 256)), "scaled, shape remembered");
        let (low, high) = clip.source.landmarks.bounds();
        assert!(
            (low - 63.5).abs().max_element() < 1.5 && (high - 126.5).abs().max_element() < 1.5,
            "a quarter of each side: {low} to {high}"
        );
    }

    #[test]
    fn clips_that_cannot_be_evaluated_are_refused() {
        assert!(matches!(read(Vec::new()), Err(EvaluateError::NoSource { .. })), "no frame");
        assert!(matches!(read(vec![frame(0, false, (64, 64))]), Err(EvaluateError::NoSource { .. })), "no face");
        assert!(matches!(read(vec![RgbImage::new(0, 0)]), Err(EvaluateError::NoSource { .. })), "an empty frame");
        assert!(matches!(read(moving(5, (64, 64))), Err(EvaluateError::NoTarget { .. })), "too short");
        let broken = [Ok(frame(0, true, (64, 64))), Err("cut off")];
        let error = EvaluationClip::read("cut.mp4", 0, broken, &mut find_red).expect_err("a broken clip");
        assert_eq!(error.to_string(), "cannot read cut.mp4: cut off", "names the clip and the cause");
    }
}
