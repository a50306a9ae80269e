//! The protocol: each model has to make a clip's targets from its source and the landmarks alone, and every output is measured.

use image::RgbImage;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::clip::find_face;
use super::{
    Detect, Evaluation, EvaluationClip, EvaluationFrame, FrameScores, Identity, MEASURE_PX, Scores, SeenFace, TurnScores, compare_detail,
    compare_landmarks, compare_pictures, mouth_and_eyes,
};

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
    fn reenact(&mut self, source: &EvaluationFrame, target: &EvaluationFrame) -> Result<RgbImage, ModelError>;

    /// How many further pictures of the person it wants.
    fn further_pictures(&self) -> usize {
        0
    }

    /// The further pictures, as many as there are, before the first target.
    fn take_further(&mut self, _: &[EvaluationFrame]) {}
}

/// The baseline that does nothing: every output is the source.
#[derive(Clone, Copy, Debug, Default)]
pub struct CopySource;

impl Reenactor for CopySource {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn reenact(&mut self, source: &EvaluationFrame, _: &EvaluationFrame) -> Result<RgbImage, ModelError> {
        Ok(source.pixels.clone())
    }
}

/// Runs one model over a clip and measures every output. `goes_on` is told how many targets are done; `None` when it says no.
///
/// # Errors
/// [`EvaluateError::Model`].
pub fn evaluate(
    clip: &EvaluationClip,
    model: &mut dyn Reenactor,
    detect: &mut Detect<'_>,
    goes_on: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Evaluation>, EvaluateError> {
    let further = clip.shots(model.further_pictures());
    model.take_further(&further);
    let frames = score_targets(clip, model, detect, &mut |done, _| Ok(goes_on(done)))?;
    Ok(frames.map(|frames| Evaluation {
        clip: clip.name.clone(),
        model: model.name().to_owned(),
        sources: 1 + further.len(),
        scores: Scores::over_frames(&frames),
        by_turn: TurnScores::over_frames(&frames),
        targets: frames.len(),
        targets_without_face: clip.targets_without_face,
    }))
}

/// An output that was just made.
pub(super) struct Made<'a> {
    /// The picture.
    pub output: &'a RgbImage,
    /// What it should be.
    pub target: &'a EvaluationFrame,
    /// The face that is found in it.
    pub found: Option<&'a SeenFace>,
}

/// The measures of every output, in the order of the targets. `goes_on` is told how many targets are done, and what the last output is; `None` when it says no.
pub(super) fn score_targets(
    clip: &EvaluationClip,
    model: &mut dyn Reenactor,
    detect: &mut Detect<'_>,
    goes_on: &mut dyn FnMut(usize, Made<'_>) -> Result<bool, ModelError>,
) -> Result<Option<Vec<FrameScores>>, EvaluateError> {
    let mut frames = Vec::with_capacity(clip.targets.len());
    for targets in clip.targets.chunks(MEASURED_TOGETHER) {
        let mut outputs = Vec::with_capacity(targets.len());
        for target in targets {
            let output = reenact(&clip.source, target, model).map_err(|cause| failed(clip, model, target, cause))?;
            let found = find_face(&output, clip.frame_size, detect);
            let made = Made { output: &output, target, found: found.as_ref() };
            if !goes_on(frames.len() + outputs.len() + 1, made).map_err(|cause| failed(clip, model, target, cause))? {
                return Ok(None);
            }
            outputs.push((output, target, found));
        }
        frames.extend(measure(&outputs, &clip.source));
    }
    Ok(Some(frames))
}

/// Measures some outputs, each with its target and the face that was found in it.
fn measure(outputs: &[(RgbImage, &EvaluationFrame, Option<SeenFace>)], source: &EvaluationFrame) -> Vec<FrameScores> {
    outputs.par_iter().filter_map(|(output, target, found)| measure_one(output, target, found.as_ref(), source)).collect()
}

fn measure_one(output: &RgbImage, target: &EvaluationFrame, found: Option<&SeenFace>, source: &EvaluationFrame) -> Option<FrameScores> {
    let csim = |face: Option<&SeenFace>| Some(face?.descriptor.as_ref()?.cosine_similarity(source.descriptor.as_ref()?));
    let of_target = target.descriptor.as_ref().zip(source.descriptor.as_ref()).map(|(target, source)| target.cosine_similarity(source));
    Some(FrameScores {
        picture: compare_pictures(output, target.shown(), source.shown())?,
        turn_deg: target.turn_deg(source),
        detail: compare_detail(output, &target.pixels, &mouth_and_eyes(&target.landmarks)),
        face_found: found.is_some(),
        landmarks: found.and_then(|found| compare_landmarks(&found.landmarks, &target.landmarks)),
        identity: Identity { output: csim(found), target: of_target },
    })
}

/// One output, checked to have the size that can be measured.
fn reenact(source: &EvaluationFrame, target: &EvaluationFrame, model: &mut dyn Reenactor) -> Result<RgbImage, ModelError> {
    model.reenact(source, target).and_then(|picture| match picture.dimensions() {
        (MEASURE_PX, MEASURE_PX) => Ok(picture),
        (width, height) => Err(format!("its output is {width} x {height} pixels instead of {MEASURE_PX} x {MEASURE_PX}").into()),
    })
}

fn failed(clip: &EvaluationClip, model: &dyn Reenactor, target: &EvaluationFrame, cause: ModelError) -> EvaluateError {
    EvaluateError::Model { model: model.name().to_owned(), clip: clip.name.clone(), frame: target.index, cause }
}

#[cfg(test)]
mod tests {
    use glam::Vec2;
    use image::Rgb;

    use super::super::testing::{find_red, moving, read};
    use super::*;

    /// Paints the square where the target's landmarks say: what a perfect model does.
    struct Oracle;

    impl Reenactor for Oracle {
        fn name(&self) -> &'static str {
            "oracle"
        }

        fn reenact(&mut self, source: &EvaluationFrame, target: &EvaluationFrame) -> Result<RgbImage, ModelError> {
            let (low, high) = target.landmarks.bounds();
            Ok(RgbImage::from_fn(source.pixels.width(), source.pixels.height(), |x, y| {
                let p = Vec2::new(x as f32, y as f32);
                if p.cmpge(low).all() && p.cmple(high).all() { Rgb([250, 20, 20]) } else { Rgb([90, 90, 90]) }
            }))
        }
    }

    #[test]
    fn a_perfect_model_scores_perfectly_and_copying_does_not() {
        let clip = read(moving(20, (256, 256))).expect("a clip with faces");
        let mut seen = Vec::new();
        let mut goes_on = |done| {
            seen.push(done);
            true
        };
        let perfect = evaluate(&clip, &mut Oracle, &mut find_red, &mut goes_on).expect("an evaluation").expect("to its end");
        assert_eq!(seen, [1, 2], "progress after every target");
        assert!(perfect.scores.ssim.is_some_and(|s| (s - 1.0).abs() < 1e-9), "{perfect:?}");
        assert_eq!((perfect.scores.landmark_error, perfect.scores.face_found), (Some(0.0), Some(1.0)), "{perfect:?}");
        let copy = evaluate(&clip, &mut CopySource, &mut find_red, &mut |_| true).expect("an evaluation").expect("to its end");
        assert_eq!((copy.model.as_str(), copy.targets, copy.scores.background), ("copy", 2, Some(0.0)), "{copy:?}");
        assert!(copy.scores.ssim < Some(0.99) && copy.scores.landmark_error > Some(0.1), "copying misses the motion: {copy:?}");
        assert!(copy.scores.csim.is_some_and(|csim| (csim - 1.0).abs() < 1e-9), "but is nobody else: {copy:?}");
        assert!(
            perfect.scores.csim < Some(1.0) && perfect.scores.csim == perfect.scores.csim_target,
            "as unlike as the target: {perfect:?}"
        );
    }

    #[test]
    fn targets_are_told_apart_by_the_turn_from_the_source() {
        let clip = read(moving(30, (256, 256))).expect("a clip with faces");
        let perfect = evaluate(&clip, &mut Oracle, &mut find_red, &mut |_| true).expect("an evaluation").expect("to its end");
        // Two pixels a frame are a degree: the targets 5, 15 and 25 are turned by so many degrees.
        let turned: Vec<usize> = perfect.by_turn.iter().map(|bin| bin.targets).collect();
        assert_eq!(turned, [1, 1, 1, 0], "{:?}", perfect.by_turn);
        assert!(perfect.by_turn[2].ssim.is_some_and(|s| (s - 1.0).abs() < 1e-9), "{:?}", perfect.by_turn);
        assert!(perfect.scores.sharpness.is_some_and(|s| (s - 1.0).abs() < 1e-9), "as sharp as the target: {perfect:?}");
    }

    #[test]
    fn an_evaluation_ends_early_where_nobody_wants_more() {
        let clip = read(moving(30, (256, 256))).expect("a clip with faces");
        let mut seen = Vec::new();
        let mut goes_on = |done| {
            seen.push(done);
            done < 2
        };
        assert_eq!(evaluate(&clip, &mut CopySource, &mut find_red, &mut goes_on).expect("no failure"), None, "no half result");
        assert_eq!(seen, [1, 2], "nothing is made after that");
    }

    #[test]
    fn a_model_that_fails_is_named() {
        struct Wrong;
        impl Reenactor for Wrong {
            fn name(&self) -> &'static str {
                "wrong"
            }
            fn reenact(&mut self, _: &EvaluationFrame, _: &EvaluationFrame) -> Result<RgbImage, ModelError> {
                Ok(RgbImage::new(8, 9))
            }
        }
        let clip = read(moving(6, (256, 256))).expect("a clip with faces");
        let error = evaluate(&clip, &mut Wrong, &mut find_red, &mut |_| true).expect_err("an output of the wrong size").to_string();
        assert!(error.contains("wrong") && error.contains("frame 5") && error.contains("8 x 9"), "says who, where and what: {error}");
    }
}
