//! Results on synthetic people by look, source and bin: for machines, and as a table.

use std::fmt::Write as _;

use serde::Serialize;

use super::report::{NUMBER_WIDTH, distinct, mean, number};
use super::{FilmKind, Scores, SyntheticClip, SyntheticFrame};
use crate::synth::{TestBin, TestLook, TestView};

/// How one model did in one bin. Keys of the JSON object are the names of the fields, those of `scores` beside them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyntheticScores {
    /// How the pictures are made.
    pub look: TestLook,
    /// From where the source shows the head.
    pub source: TestView,
    /// What the targets show.
    pub bin: TestBin,
    /// Name of the model.
    pub model: String,
    /// The measures; without landmarks and identity.
    #[serde(flatten)]
    pub scores: Scores,
    /// Mean error of the outputs' mattes, 0 to 1.
    pub matte: Option<f64>,
    /// The same of the targets themselves: what the matte net cannot see.
    pub matte_target: Option<f64>,
    /// How many targets were measured.
    pub targets: usize,
    /// How many could not be read.
    pub unread: usize,
}

/// Everything that was measured.
#[derive(Clone, Debug, Default)]
pub struct SyntheticResults {
    frames: Vec<SyntheticFrame>,
    unread: Vec<(FilmKind, TestBin)>,
}

impl SyntheticResults {
    /// Takes in what every model did on a clip.
    pub fn add(&mut self, clip: &SyntheticClip, frames: Vec<SyntheticFrame>) {
        self.unread.extend(clip.unread.iter().map(|bin| (clip.kind, *bin)));
        self.frames.extend(frames);
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// By look, source, bin and model, without those of which there was no target.
    pub fn scores(&self) -> Vec<SyntheticScores> {
        let models = distinct(self.frames.iter().map(|frame| frame.model.as_str()));
        let kinds = TestLook::ALL.into_iter().flat_map(|look| TestView::ALL.map(|view| (look, view)));
        let bins = kinds.flat_map(|kind| TestBin::ALL.map(|bin| (kind, bin)));
        let all = bins.flat_map(|(kind, bin)| models.iter().map(move |model| (kind, bin, *model)));
        all.filter_map(|(kind, bin, model)| self.of(kind, bin, model)).collect()
    }

    fn of(&self, kind: FilmKind, bin: TestBin, model: &str) -> Option<SyntheticScores> {
        let inside = || self.frames.iter().filter(|frame| frame.kind == kind && frame.bin == bin && frame.model == model);
        let frames: Vec<_> = inside().map(|frame| frame.scores).collect();
        let unread = self.unread.iter().filter(|unread| **unread == (kind, bin)).count();
        (frames.len() + unread > 0).then(|| SyntheticScores {
            look: kind.0,
            source: kind.1,
            bin,
            model: model.to_owned(),
            scores: Scores::over_frames(&frames),
            matte: mean(inside().map(|frame| Some(frame.matte))),
            matte_target: mean(inside().map(|frame| Some(frame.matte_target))),
            targets: frames.len(),
            unread,
        })
    }
}

const HEADINGS: [&str; 9] = ["SSIM", "L1", "face SSIM", "face L1", "m+e SSIM", "m+e L1", "sharp", "matte", "target's"];

/// A line for each look, source, bin and model.
pub fn synthetic_table(results: &[SyntheticScores]) -> String {
    let width = results.iter().map(|result| result.model.chars().count()).max().unwrap_or(0).max("model".len());
    let line = |names: [&str; 3], model: &str, counts: [&str; 2], cells: &[String]| {
        let [look, source, bin] = names;
        let [targets, unread] = counts;
        let mut line = format!("{look:<9}  {source:<13}  {bin:<10}  {model:<width$}  {targets:>6}  {unread:>6}");
        for (cell, heading) in cells.iter().zip(HEADINGS) {
            let width = heading.len().max(NUMBER_WIDTH);
            write!(line, "  {cell:>width$}").ok();
        }
        line + "\n"
    };
    let rows = results.iter().map(|result| {
        let Scores { ssim, l1, face_ssim, face_l1, mouth_eyes_ssim, mouth_eyes_l1, sharpness, .. } = result.scores;
        let cells = [ssim, l1, face_ssim, face_l1, mouth_eyes_ssim, mouth_eyes_l1, sharpness, result.matte, result.matte_target];
        let names = [result.look.name(), result.source.name(), result.bin.name()];
        let [targets, unread] = [result.targets, result.unread].map(|count| count.to_string());
        line(names, &result.model, [&targets, &unread], &cells.map(number))
    });
    let rows: String = rows.collect();
    line(["look", "source", "bin"], "model", ["frames", "unread"], &HEADINGS.map(str::to_owned)) + &rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Detail, FrameScores, Identity, Measures};

    fn frame(kind: FilmKind, bin: TestBin, model: &str, ssim: f64) -> SyntheticFrame {
        let picture =
            Measures { ssim, l1: 1.0 - ssim, face_ssim: None, face_l1: None, mouth_eyes_ssim: None, mouth_eyes_l1: None, background: None };
        let detail = Some(Detail { output: ssim, target: 0.5 });
        let scores = FrameScores { picture, turn_deg: 0.0, detail, face_found: true, landmarks: None, identity: Identity::default() };
        SyntheticFrame { kind, bin, model: model.to_owned(), scores, matte: 0.25 * ssim, matte_target: 0.125 }
    }

    #[test]
    fn means_are_of_one_look_source_bin_and_model() {
        let (front, turned) = ((TestLook::Painted, TestView::Frontal), (TestLook::Painted, TestView::ThreeQuarter));
        let frames = vec![
            frame(front, TestBin::Yaw30, "copy", 0.5),
            frame(front, TestBin::Yaw30, "copy", 1.0),
            frame(front, TestBin::Yaw30, "warp", 0.25),
            frame(front, TestBin::Yaw45, "copy", 0.125),
            frame(turned, TestBin::Yaw30, "copy", 0.0),
        ];
        let results = SyntheticResults { frames, unread: vec![(turned, TestBin::Yaw30), (turned, TestBin::Yaw45)] };
        let scores = results.scores();
        let of = |source, bin, model: &str| scores.iter().find(|s| s.source == source && s.bin == bin && s.model == model);
        let both = of(TestView::Frontal, TestBin::Yaw30, "copy").expect("measured");
        assert_eq!((both.targets, both.unread, both.scores.ssim, both.matte), (2, 0, Some(0.75), Some(0.1875)), "{both:?}");
        assert_eq!(both.scores.sharpness, Some(1.5), "energies are added: {both:?}");
        let lost = of(TestView::ThreeQuarter, TestBin::Yaw45, "copy").expect("there were targets");
        assert_eq!((lost.targets, lost.unread, lost.scores.ssim), (0, 1, None), "{lost:?}");
        assert!(of(TestView::Frontal, TestBin::Pitch, "copy").is_none(), "no targets, no line");
        let json = serde_json::to_value(both).expect("plain data");
        assert!(json["look"] == "painted" && json["source"] == "frontal" && json["bin"] == "yaw30" && json["ssim"] == 0.75, "{json}");
        assert_eq!(serde_json::to_value(lost).expect("plain data")["source"], "three-quarter");
        let table = synthetic_table(&scores);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 1 + scores.len(), "a heading and a line each in:\n{table}");
        assert!(lines.iter().all(|line| line.chars().count() == lines[0].chars().count()), "aligned:\n{table}");
        assert!(lines[1].contains("yaw 30") && lines[1].contains("0.7500"), "{table}");
    }
}
