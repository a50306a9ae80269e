//! Self-reenactment of synthetic people whom no training has seen: their poses, expressions and mattes are known exactly.

use super::runner::{Made, score_targets};
use super::{Detect, EvaluateError, EvaluationClip, EvaluationFrame, FrameScores, MatteMeter, ModelError, Reenactor};
use crate::data::Landmarks;
use crate::synth::{TestBin, TestFilm, TestFrame, TestLook, TestView};

/// How the pictures of a film are made, and from where its source shows the head.
pub type FilmKind = (TestLook, TestView);

/// A film of a synthetic person, read.
#[derive(Clone, Debug)]
pub struct SyntheticClip {
    /// Source and targets. Models work from the landmarks that were read; regions are measured by the true ones.
    pub clip: EvaluationClip,
    /// The bins of the targets that could not be read.
    pub unread: Vec<TestBin>,
    /// Of which film.
    pub kind: FilmKind,
    /// What is known of each target.
    truths: Vec<Truth>,
}

#[derive(Clone, Debug)]
struct Truth {
    bin: TestBin,
    matte: Vec<f32>,
    /// Error of the matte net on the target itself.
    net_error: f64,
}

/// What was measured of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticFrame {
    /// Of which film.
    pub kind: FilmKind,
    /// What the target shows.
    pub bin: TestBin,
    /// Name of the model.
    pub model: String,
    /// The usual measures.
    pub scores: FrameScores,
    /// Error of the matte.
    pub matte: f64,
    /// The same of the target itself.
    pub matte_target: f64,
}

impl SyntheticClip {
    /// Reads a film: `source_face` sees the face of its source, `driver_face` those of its targets. `None` where the source has none.
    ///
    /// # Errors
    /// What the matte net says.
    pub fn read(
        name: &str,
        kind: FilmKind,
        film: &TestFilm,
        source_face: &mut Detect<'_>,
        driver_face: &mut Detect<'_>,
        meter: &MatteMeter,
    ) -> Result<Option<Self>, ModelError> {
        let Some(source) = read(0, &film.source, source_face) else { return Ok(None) };
        let (mut targets, mut truths, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        for (index, (bin, frame)) in film.targets.iter().enumerate() {
            if let Some(target) = read(index + 1, frame, driver_face) {
                let net_error = meter.error(&target.pixels, &target.fine_landmarks, &frame.matte)?;
                truths.push(Truth { bin: *bin, matte: frame.matte.clone(), net_error });
                targets.push(target);
            } else {
                unread.push(*bin);
            }
        }
        let clip = EvaluationClip::of(name.to_owned(), source, targets, unread.len());
        Ok(Some(Self { clip, unread, kind, truths }))
    }

    /// Runs a model over it and measures every output. `goes_on` is asked after each; `None` when it says no.
    ///
    /// # Errors
    /// [`EvaluateError::Model`].
    pub fn evaluate(
        &self,
        model: &mut dyn Reenactor,
        detect: &mut Detect<'_>,
        meter: &MatteMeter,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<SyntheticFrame>>, EvaluateError> {
        let mut mattes = Vec::with_capacity(self.truths.len());
        let scores = score_targets(&self.clip, model, detect, &mut |done, Made { output, target, found }| {
            // Where a face is found, the output's own landmarks say where its head is.
            let landmarks = found.map_or(&target.fine_landmarks, |face| &face.fine_landmarks);
            let truth = self.truths.get(done - 1).ok_or("a target of which nothing is known")?;
            mattes.push(meter.error(output, landmarks, &truth.matte)?);
            Ok(goes_on())
        })?;
        let frame = |(scores, (truth, matte)): (FrameScores, (&Truth, f64))| SyntheticFrame {
            kind: self.kind,
            bin: truth.bin,
            model: model.name().to_owned(),
            scores,
            matte,
            matte_target: truth.net_error,
        };
        Ok(scores.map(|scores| scores.into_iter().zip(self.truths.iter().zip(mattes)).map(frame).collect()))
    }
}

/// A frame as the reader sees it, to be measured where its face truly is.
fn read(index: usize, frame: &TestFrame, face: &mut Detect<'_>) -> Option<EvaluationFrame> {
    let read = EvaluationFrame::of(index, &frame.shown.pixels, face)?;
    Some(EvaluationFrame { landmarks: Landmarks(frame.shown.landmarks), yaw_rad: frame.yaw_rad, ..read })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::RgbImage;

    use super::*;
    use crate::evaluate::{CopySource, Scores, SeenFace};
    use crate::synth::{FaceKit, Scratch, TestSampler};

    /// Makes every target as it is.
    struct Oracle;

    impl Reenactor for Oracle {
        fn name(&self) -> &'static str {
            "oracle"
        }

        fn reenact(&mut self, _: &EvaluationFrame, target: &EvaluationFrame) -> Result<RgbImage, ModelError> {
            Ok(target.pixels.clone())
        }
    }

    fn film() -> TestFilm {
        let sampler = TestSampler::new(Arc::new(FaceKit::stand_in()));
        sampler.film(1, 2, TestLook::Realistic, TestView::Frontal, &mut Scratch::new())
    }

    /// Stands for a reader that is never wrong, but for the pictures that it does not know.
    fn knows(film: &TestFilm, unread: &[usize]) -> impl FnMut(&RgbImage) -> Option<SeenFace> {
        let frames = [&film.source].into_iter().chain(film.targets.iter().map(|(_, frame)| frame));
        let known: Vec<TestFrame> =
            frames.enumerate().filter(|(index, _)| !unread.contains(index)).map(|(_, frame)| frame.clone()).collect();
        move |picture| {
            let frame = known.iter().find(|frame| frame.shown.pixels == *picture)?;
            let landmarks = Landmarks(frame.shown.landmarks);
            Some(SeenFace { fine_landmarks: landmarks.clone(), landmarks, mesh: None, yaw_rad: frame.yaw_rad, descriptor: None })
        }
    }

    fn clip(film: &TestFilm, unread: &[usize], meter: &MatteMeter) -> Result<Option<SyntheticClip>, ModelError> {
        let kind = (TestLook::Realistic, TestView::Frontal);
        SyntheticClip::read("one", kind, film, &mut knows(film, unread), &mut knows(film, unread), meter)
    }

    #[test]
    fn the_truth_has_no_error_and_a_copy_is_worse_the_farther_the_head_turns() -> Result<(), ModelError> {
        let meter = MatteMeter::new(crate::model::load(None)?);
        let film = film();
        let clip = clip(&film, &[], &meter)?.ok_or("a face")?;
        let scored = |model: &mut dyn Reenactor| clip.evaluate(model, &mut knows(&film, &[]), &meter, &mut || true);
        let truth = scored(&mut Oracle)?.ok_or("to its end")?;
        assert_eq!(truth.len(), film.targets.len(), "every target");
        for frame in &truth {
            let picture = &frame.scores.picture;
            assert!((picture.ssim - 1.0).abs() < 1e-9 && picture.l1 == 0.0, "{frame:?}");
            assert!((frame.matte - frame.matte_target).abs() < 1e-12, "no further from the true matte than the target is: {frame:?}");
            assert!(
                frame.scores.detail.and_then(super::super::Detail::sharpness).is_none_or(|s| (s - 1.0).abs() < 1e-9),
                "as sharp: {frame:?}"
            );
        }
        let copy = scored(&mut CopySource)?.ok_or("to its end")?;
        let of = |bin: TestBin| -> (f64, f64) {
            let inside: Vec<FrameScores> = copy.iter().filter(|frame| frame.bin == bin).map(|frame| frame.scores).collect();
            let scores = Scores::over_frames(&inside);
            (scores.ssim.unwrap_or(f64::NAN), scores.l1.unwrap_or(f64::NAN))
        };
        let turns = [TestBin::Yaw0, TestBin::Yaw15, TestBin::Yaw30, TestBin::Yaw45].map(of);
        for (less, more) in turns.iter().zip(&turns[1..]) {
            assert!(less.0 > more.0 && less.1 < more.1, "less alike, more error: {turns:?}");
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_counted() -> Result<(), ModelError> {
        let meter = MatteMeter::new(crate::model::load(None)?);
        let film = film();
        let far = film.targets.iter().position(|(bin, _)| *bin == TestBin::Yaw45).ok_or("a target")?;
        let read = clip(&film, &[far + 1], &meter)?.ok_or("a face")?;
        assert_eq!((read.unread.as_slice(), read.clip.targets.len()), (&[TestBin::Yaw45][..], film.targets.len() - 1), "one less");
        let scored = read.evaluate(&mut Oracle, &mut knows(&film, &[]), &meter, &mut || true)?.ok_or("to its end")?;
        assert!(scored.iter().zip(&read.clip.targets).all(|(s, t)| s.bin == film.targets[t.index - 1].0), "the others keep their bins");
        // The first target is the same picture as the source.
        assert!(clip(&film, &[0, 1], &meter)?.is_none(), "a source that cannot be read");
        Ok(())
    }
}
