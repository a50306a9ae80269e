//! The protocol: the clip's first frame is the source, every tenth frame from the sixth a target, and each model has to make the targets
//! from the source and the landmarks alone.

use std::borrow::Borrow;

use glam::Vec2;
use image::RgbImage;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::scale::measured_from_picture;
use super::{
    Evaluation, LandmarkError, MEASURE_PX, Measures, Scores, compare_landmarks, compare_pictures, scale_to_measure, upright_for_detection,
};
use crate::data::Landmarks;
use crate::face::rest_pupils;

/// Index of the first target among the clip's frames.
const FIRST_TARGET: usize = 5;
/// Frames from one target to the next.
const TARGET_STEP: usize = 10;
/// Every so many frames one may become a further picture of the person.
const SHOT_STEP: usize = 10;
/// More targets than any sensible clip has; what comes later is not measured.
const MOST_TARGETS: usize = 4096;

/// Outputs that are kept in memory until they are measured, side by side on all cores.
const MEASURED_TOGETHER: usize = 32;

/// What a model says when it fails.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// Why an evaluation failed.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The clip could not be read to its end.
    #[error("cannot read {clip}: {cause}")]
    Read {
        /// Name of the clip.
        clip: String,
        /// What the reader said.
        cause: ModelError,
    },
    /// The first frame shows no face, or there is no frame.
    #[error("{clip} has no face in its first frame; cut the clip so that it begins with one")]
    NoSource {
        /// Name of the clip.
        clip: String,
    },
    /// No frame to compare with.
    #[error("{clip} has no frame to compare with: it must have a face in at least one of its frames 6, 16, 26 and so on")]
    NoTarget {
        /// Name of the clip.
        clip: String,
    },
    /// A model did not do its work.
    #[error("the model {model} failed on frame {frame} of {clip}: {cause}")]
    Model {
        /// Name of the model.
        model: String,
        /// Name of the clip.
        clip: String,
        /// Index of the target frame.
        frame: usize,
        /// What it said.
        cause: ModelError,
    },
}

/// Something that animates a source picture.
pub trait Reenactor {
    /// Short name for tables and results, such as `landmark-warp`.
    fn name(&self) -> &str;

    /// The face of `source` moved as that of `target` is, of which only landmarks and pupils may be looked at. Pictures are [`MEASURE_PX`] square; source and
    /// target show the same person.
    fn reenact(&mut self, source: &Picture, target: &Picture) -> Result<RgbImage, ModelError>;

    /// More pictures of the person, before the first target.
    fn take_shots(&mut self, _: &[Picture]) {}
}

/// The baseline that does nothing: every output is the source.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopySource;

impl Reenactor for CopySource {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn reenact(&mut self, source: &Picture, _: &Picture) -> Result<RgbImage, ModelError> {
        Ok(source.pixels.clone())
    }
}

/// One frame of a clip, scaled for measuring, and its face.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Index of the frame in the clip.
    pub index: usize,
    /// The whole frame, [`MEASURE_PX`] square.
    pub pixels: RgbImage,
    /// The largest face, in pixels of `pixels`.
    pub landmarks: Landmarks,
    /// The pupils, the right eye's first, in the same; the middle of the opening where they cannot be seen.
    pub pupils: [Vec2; 2],
}

/// The frames of a clip that an evaluation needs.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluationClip {
    /// Name of the clip.
    pub name: String,
    /// Width and height of the clip's frames, in pixels.
    pub frame_size: [u32; 2],
    /// The first frame.
    pub source: Picture,
    /// More frames of the person, spread over the clip, none of them a target.
    pub shots: Vec<Picture>,
    /// The frames to be made again, in order; never empty.
    pub targets: Vec<Picture>,
    /// How many frames were passed over because no face was found in them.
    pub targets_without_face: usize,
}

impl EvaluationClip {
    /// Takes source and targets out of all frames of a clip, in order, and `more` further frames of the person. `detect` returns the landmarks of the largest face of any picture.
    pub fn read<P: Borrow<RgbImage>, E: Into<ModelError>>(
        name: &str,
        more: usize,
        frames: impl IntoIterator<Item = Result<P, E>>,
        detect: &mut dyn FnMut(&RgbImage) -> Option<Landmarks>,
    ) -> Result<Self, EvaluateError> {
        let clip = || name.to_owned();
        let mut frame_size = [0; 2];
        let mut source = None;
        let (mut targets, mut targets_without_face) = (Vec::new(), 0);
        let mut shots = Vec::new();
        for (index, frame) in frames.into_iter().enumerate() {
            let frame = frame.map_err(|cause| EvaluateError::Read { clip: clip(), cause: cause.into() })?;
            if index == 0 {
                frame_size = frame.borrow().dimensions().into();
                source = Picture::of(index, frame.borrow(), detect);
                if source.is_none() {
                    return Err(EvaluateError::NoSource { clip: clip() });
                }
            } else if is_target(index) {
                match Picture::of(index, frame.borrow(), detect) {
                    Some(target) => targets.push(target),
                    None => targets_without_face += 1,
                }
            } else if more > 0 && index.is_multiple_of(SHOT_STEP) {
                shots.extend(Picture::of(index, frame.borrow(), detect));
            }
            if targets.len() == MOST_TARGETS {
                break;
            }
        }
        let source = source.ok_or_else(|| EvaluateError::NoSource { clip: clip() })?;
        if targets.is_empty() {
            return Err(EvaluateError::NoTarget { clip: clip() });
        }
        Ok(Self { name: clip(), frame_size, source, shots: spread(shots, more), targets, targets_without_face })
    }
}

/// At most `count` of some pictures, evenly spread over them.
fn spread(pictures: Vec<Picture>, count: usize) -> Vec<Picture> {
    let (all, count) = (pictures.len(), count.min(pictures.len()));
    let wanted: Vec<usize> = (0..count).map(|k| (2 * k + 1) * all / (2 * count)).collect();
    pictures.into_iter().enumerate().filter(|(n, _)| wanted.contains(n)).map(|(_, picture)| picture).collect()
}

/// Whether the frame of this index is to be made again.
fn is_target(index: usize) -> bool {
    index >= FIRST_TARGET && (index - FIRST_TARGET).is_multiple_of(TARGET_STEP)
}

impl Picture {
    fn of(index: usize, frame: &RgbImage, detect: &mut dyn FnMut(&RgbImage) -> Option<Landmarks>) -> Option<Self> {
        let pixels = scale_to_measure(frame)?;
        let landmarks = find_face(&pixels, frame.dimensions().into(), detect)?;
        let pupils = rest_pupils(&pixels, &landmarks);
        Some(Self { index, pixels, landmarks, pupils })
    }

    fn shown(&self) -> (&RgbImage, &Landmarks) {
        (&self.pixels, &self.landmarks)
    }
}

/// The largest face of a measured picture, found in the shape of the original frame, in pixels of the measured one.
fn find_face(measured: &RgbImage, frame_size: [u32; 2], detect: &mut dyn FnMut(&RgbImage) -> Option<Landmarks>) -> Option<Landmarks> {
    let upright = upright_for_detection(measured, frame_size)?;
    Some(measured_from_picture(&detect(&upright)?, upright.dimensions()))
}

/// Runs one model over a clip and measures every output. `detect` as in [`EvaluationClip::read`]; `progress` hears how many targets are done.
pub fn evaluate(
    clip: &EvaluationClip,
    model: &mut dyn Reenactor,
    detect: &mut dyn FnMut(&RgbImage) -> Option<Landmarks>,
    progress: &mut dyn FnMut(usize),
) -> Result<Evaluation, EvaluateError> {
    let mut frames = Vec::with_capacity(clip.targets.len());
    model.take_shots(&clip.shots);
    for targets in clip.targets.chunks(MEASURED_TOGETHER) {
        let mut outputs = Vec::with_capacity(targets.len());
        for target in targets {
            let output = reenact(clip, target, model)?;
            let found = find_face(&output, clip.frame_size, detect);
            outputs.push((output, target, found.and_then(|found| compare_landmarks(&found, &target.landmarks))));
            progress(frames.len() + outputs.len());
        }
        frames.extend(measure(&outputs, &clip.source));
    }
    Ok(Evaluation {
        clip: clip.name.clone(),
        model: model.name().to_owned(),
        scores: Scores::over_frames(&frames),
        targets: frames.len(),
        targets_without_face: clip.targets_without_face,
    })
}

/// Measures some outputs, each with its target and the landmark error that is already known.
fn measure(outputs: &[(RgbImage, &Picture, Option<LandmarkError>)], source: &Picture) -> Vec<(Measures, Option<LandmarkError>)> {
    outputs
        .par_iter()
        .filter_map(|(output, target, error)| Some((compare_pictures(output, target.shown(), source.shown())?, *error)))
        .collect()
}

/// One output, checked to have the size that can be measured.
fn reenact(clip: &EvaluationClip, target: &Picture, model: &mut dyn Reenactor) -> Result<RgbImage, EvaluateError> {
    let output = model.reenact(&clip.source, target);
    let output = output.and_then(|picture| match picture.dimensions() {
        (MEASURE_PX, MEASURE_PX) => Ok(picture),
        (width, height) => Err(format!("its output is {width} x {height} pixels instead of {MEASURE_PX} x {MEASURE_PX}").into()),
    });
    output.map_err(|cause| EvaluateError::Model { model: model.name().to_owned(), clip: clip.name.clone(), frame: target.index, cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// A frame whose face is a red square that moves with `step`; without a face it is all grey.
    fn frame(step: u32, face: bool, size: (u32, u32)) -> RgbImage {
        let (left, top) = (size.0 / 4 + step * size.0 / 128, size.1 / 4);
        RgbImage::from_fn(size.0, size.1, |x, y| {
            let inside = face && (left..left + size.0 / 4).contains(&x) && (top..top + size.1 / 4).contains(&y);
            if inside { Rgb([250, 20, 20]) } else { Rgb([90, 90, 90]) }
        })
    }

    /// Stands for the face detector: finds the red square and spreads 68 points over it.
    fn find_red(picture: &RgbImage) -> Option<Landmarks> {
        let red: Vec<Vec2> =
            picture.enumerate_pixels().filter(|(_, _, p)| p.0[0] > 170).map(|(x, y, _)| Vec2::new(x as f32, y as f32)).collect();
        let low = red.iter().copied().reduce(Vec2::min)?;
        let size = red.iter().copied().reduce(Vec2::max)? - low;
        Some(Landmarks(std::array::from_fn(|i| low + size * Vec2::new((i * 7 % 68) as f32, (i * 13 % 68) as f32) / 67.0)))
    }

    fn read(frames: Vec<RgbImage>) -> Result<EvaluationClip, EvaluateError> {
        EvaluationClip::read("squares", 2, frames.into_iter().map(Ok::<_, ModelError>), &mut find_red)
    }

    fn moving(count: u32, size: (u32, u32)) -> Vec<RgbImage> {
        (0..count).map(|step| frame(step, true, size)).collect()
    }

    /// Paints the square where the target's landmarks say: what a perfect model does.
    struct Oracle;

    impl Reenactor for Oracle {
        fn name(&self) -> &'static str {
            "oracle"
        }

        fn reenact(&mut self, source: &Picture, target: &Picture) -> Result<RgbImage, ModelError> {
            let (low, high) = target.landmarks.bounds();
            Ok(RgbImage::from_fn(source.pixels.width(), source.pixels.height(), |x, y| {
                let p = Vec2::new(x as f32, y as f32);
                if p.cmpge(low).all() && p.cmple(high).all() { Rgb([250, 20, 20]) } else { Rgb([90, 90, 90]) }
            }))
        }
    }

    #[test]
    fn every_tenth_frame_from_the_sixth_is_a_target() {
        let mut frames = moving(30, (256, 256));
        frames[15] = frame(15, false, (256, 256));
        let clip = read(frames).expect("a clip with faces");
        assert_eq!(clip.source.index, 0, "the first frame is the source");
        assert_eq!(
            clip.targets.iter().map(|t| t.index).collect::<Vec<_>>(),
            [5, 25],
            "the sixth, not the sixteenth without a face, the twenty-sixth"
        );
        assert_eq!(clip.targets_without_face, 1, "the passed one is counted");
        assert_eq!(clip.shots.iter().map(|shot| shot.index).collect::<Vec<_>>(), [10, 20], "others for more shots");
    }

    #[test]
    fn a_perfect_model_scores_perfectly_and_copying_does_not() {
        let clip = read(moving(20, (256, 256))).expect("a clip with faces");
        let mut seen = Vec::new();
        let perfect = evaluate(&clip, &mut Oracle, &mut find_red, &mut |done| seen.push(done)).expect("an evaluation");
        assert_eq!(seen, [1, 2], "progress after every target");
        assert!(perfect.scores.ssim.is_some_and(|s| (s - 1.0).abs() < 1e-9), "{perfect:?}");
        assert_eq!((perfect.scores.landmark_error, perfect.scores.face_found), (Some(0.0), Some(1.0)), "{perfect:?}");
        let copy = evaluate(&clip, &mut CopySource, &mut find_red, &mut |_| ()).expect("an evaluation");
        assert_eq!((copy.model.as_str(), copy.targets, copy.scores.background), ("copy", 2, Some(0.0)), "{copy:?}");
        assert!(copy.scores.ssim < Some(0.99) && copy.scores.landmark_error > Some(0.1), "copying misses the motion: {copy:?}");
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

    #[test]
    fn a_model_that_fails_is_named() {
        struct Wrong;
        impl Reenactor for Wrong {
            fn name(&self) -> &'static str {
                "wrong"
            }
            fn reenact(&mut self, _: &Picture, _: &Picture) -> Result<RgbImage, ModelError> {
                Ok(RgbImage::new(8, 9))
            }
        }
        let clip = read(moving(6, (256, 256))).expect("a clip with faces");
        let error = evaluate(&clip, &mut Wrong, &mut find_red, &mut |_| ()).expect_err("an output of the wrong size").to_string();
        assert!(error.contains("wrong") && error.contains("frame 5") && error.contains("8 x 9"), "says who, where and what: {error}");
    }
}
