//! Results of an evaluation, for machines (one JSON object per clip and model) and for people (a table).

use std::fmt::Write as _;

use serde::Serialize;

use super::{Detail, LandmarkError, Measures, TurnScores};

/// How one model did on one clip. Keys of the JSON object are the names of the fields, those of `scores` beside them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Name of the clip.
    pub clip: String,
    /// Name of the model, such as `copy` or `landmark-warp`.
    pub model: String,
    /// From how many pictures of the person it worked.
    pub sources: usize,
    /// The measures.
    #[serde(flatten)]
    pub scores: Scores,
    /// The same targets by how far the head is turned.
    pub by_turn: Vec<TurnScores>,
    /// How many frames were reenacted and measured.
    pub targets: usize,
    /// How many frames were passed over because no face was found in them.
    pub targets_without_face: usize,
}

/// What was measured of one output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrameScores {
    /// The picture beside its target.
    pub picture: Measures,
    /// How far the target's head is turned from where the source shows it, in degrees.
    pub turn_deg: f64,
    /// Fine detail of mouth and eyes, beside the target's.
    pub detail: Option<Detail>,
    /// Whether a face was found in it.
    pub face_found: bool,
    /// Its landmarks beside the target's.
    pub landmarks: Option<LandmarkError>,
    /// Whether it is the same person.
    pub identity: Identity,
}

/// CSIM: cosine similarity of face descriptors with the source's; `None` where a face was not found or not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Identity {
    /// Of the output.
    pub output: Option<f64>,
    /// Of the target itself, to compare with: expressions change a descriptor, too.
    pub target: Option<f64>,
}

/// Means over the frames of a clip. `None` (null) where no frame allowed the measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Mean of [`Measures::ssim`].
    pub ssim: Option<f64>,
    /// Mean of [`Measures::l1`].
    pub l1: Option<f64>,
    /// Mean of [`Measures::face_ssim`].
    pub face_ssim: Option<f64>,
    /// Mean of [`Measures::face_l1`].
    pub face_l1: Option<f64>,
    /// Mean of [`Measures::mouth_eyes_ssim`].
    pub mouth_eyes_ssim: Option<f64>,
    /// Mean of [`Measures::mouth_eyes_l1`].
    pub mouth_eyes_l1: Option<f64>,
    /// Sharpness of mouth and eyes ([`Detail::sharpness`]), with the energies of all frames taken together: 1 is as sharp as the targets.
    pub sharpness: Option<f64>,
    /// Mean of [`Measures::background`].
    pub background: Option<f64>,
    /// Mean of [`LandmarkError::all`] over the outputs in which a face was found.
    pub landmark_error: Option<f64>,
    /// Mean of [`LandmarkError::mouth`] over the same.
    pub landmark_error_mouth: Option<f64>,
    /// Mean of [`LandmarkError::eyes`] over the same.
    pub landmark_error_eyes: Option<f64>,
    /// Share of the outputs in which a face was found, 0 to 1.
    pub face_found: Option<f64>,
    /// Mean of [`Identity::output`]; `None`, too, without a descriptor model.
    pub csim: Option<f64>,
    /// Mean of [`Identity::target`].
    pub csim_target: Option<f64>,
}

impl Scores {
    /// Means over the frames of a clip: the measures of every output, with the landmark error where a face was found in it.
    pub fn over_frames(frames: &[FrameScores]) -> Self {
        let of = |value: fn(&Measures) -> Option<f64>| mean(frames.iter().map(|frame| value(&frame.picture)));
        let error = |value: fn(&LandmarkError) -> f64| mean(frames.iter().map(|frame| frame.landmarks.as_ref().map(value)));
        let identity = |value: fn(&Identity) -> Option<f64>| mean(frames.iter().map(|frame| value(&frame.identity)));
        Self {
            ssim: of(|m| Some(m.ssim)),
            l1: of(|m| Some(m.l1)),
            face_ssim: of(|m| m.face_ssim),
            face_l1: of(|m| m.face_l1),
            mouth_eyes_ssim: of(|m| m.mouth_eyes_ssim),
            mouth_eyes_l1: of(|m| m.mouth_eyes_l1),
            sharpness: Detail::over_frames(frames.iter().filter_map(|frame| frame.detail)).sharpness(),
            background: of(|m| m.background),
            landmark_error: error(|e| e.all),
            landmark_error_mouth: error(|e| e.mouth),
            landmark_error_eyes: error(|e| e.eyes),
            face_found: mean(frames.iter().map(|frame| Some(if frame.face_found { 1.0 } else { 0.0 }))),
            csim: identity(|i| i.output),
            csim_target: identity(|i| i.target),
        }
    }

    /// Means over clips, each clip counting once.
    pub fn over_clips(clips: &[&Self]) -> Self {
        let of = |value: fn(&Self) -> Option<f64>| mean(clips.iter().map(|scores| value(scores)));
        Self {
            ssim: of(|s| s.ssim),
            l1: of(|s| s.l1),
            face_ssim: of(|s| s.face_ssim),
            face_l1: of(|s| s.face_l1),
            mouth_eyes_ssim: of(|s| s.mouth_eyes_ssim),
            mouth_eyes_l1: of(|s| s.mouth_eyes_l1),
            sharpness: of(|s| s.sharpness),
            background: of(|s| s.background),
            landmark_error: of(|s| s.landmark_error),
            landmark_error_mouth: of(|s| s.landmark_error_mouth),
            landmark_error_eyes: of(|s| s.landmark_error_eyes),
            face_found: of(|s| s.face_found),
            csim: of(|s| s.csim),
            csim_target: of(|s| s.csim_target),
        }
    }

    /// The columns of the table: those of the headings, then those of the identity.
    fn columns(&self) -> [Option<f64>; HEADINGS.len() + IDENTITY_HEADINGS.len()] {
        [
            self.ssim,
            self.l1,
            self.face_ssim,
            self.face_l1,
            self.mouth_eyes_ssim,
            self.mouth_eyes_l1,
            self.sharpness,
            self.background,
            self.landmark_error,
            self.landmark_error_mouth,
            self.landmark_error_eyes,
            self.face_found,
            self.csim,
            self.csim_target,
        ]
    }
}

/// Mean of the values that exist.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = values.flatten().fold((0.0, 0_usize), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / count as f64)
}

const HEADINGS: [&str; 12] =
    ["SSIM", "L1", "face SSIM", "face L1", "m+e SSIM", "m+e L1", "sharp", "backgr.", "lmk err", "mouth", "eyes", "found"];

/// Columns that are there when descriptors were compared.
const IDENTITY_HEADINGS: [&str; 2] = ["CSIM", "target's"];

/// A table that grows line by line while clips are evaluated: a line per clip and model, at the end the mean of each model where there is more than one clip.
#[derive(Clone, Debug)]
pub struct ResultTable {
    /// Widths of the columns of names.
    names: [usize; 2],
    /// How many columns of numbers there are.
    columns: usize,
}

impl ResultTable {
    /// A table for clips and models with these names, with the columns of the identity or without.
    pub fn new<'a>(clips: impl IntoIterator<Item = &'a str>, models: impl IntoIterator<Item = &'a str>, with_identity: bool) -> Self {
        let longest = |names: &mut dyn Iterator<Item = &'a str>| names.map(|name| name.chars().count()).max().unwrap_or(0);
        let clips = longest(&mut clips.into_iter().chain(["clip", "mean"]));
        let models = longest(&mut models.into_iter().chain(["model"]));
        Self { names: [clips, models], columns: HEADINGS.len() + if with_identity { IDENTITY_HEADINGS.len() } else { 0 } }
    }

    /// The first line.
    pub fn heading(&self) -> String {
        self.line("clip", "model", self.headings().map(str::to_owned))
    }

    /// The line of one result.
    pub fn row(&self, result: &Evaluation) -> String {
        self.line(&result.clip, &result.model, numbers(&result.scores))
    }

    /// The last lines: the mean of every model that was measured on more than one clip.
    pub fn means(&self, results: &[Evaluation]) -> String {
        let mean = |model: &str| {
            let clips: Vec<&Scores> = of_model(results, model).map(|r| &r.scores).collect();
            (clips.len() > 1).then(|| self.line("mean", model, numbers(&Scores::over_clips(&clips))))
        };
        models(results).into_iter().filter_map(mean).collect()
    }

    fn headings(&self) -> impl Iterator<Item = &'static str> {
        HEADINGS.into_iter().chain(IDENTITY_HEADINGS).take(self.columns)
    }

    /// Names to the left, numbers to the right. A name that is longer than was said moves its line.
    fn line(&self, clip: &str, model: &str, cells: impl Iterator<Item = String>) -> String {
        let [clips, models] = self.names;
        let mut line = format!("{clip:<clips$}  {model:<models$}");
        for (cell, heading) in cells.zip(self.headings()) {
            let width = heading.chars().count().max(NUMBER_WIDTH);
            write!(line, "  {cell:>width$}").ok();
        }
        line + "\n"
    }
}

/// Width of a number from 0 to 9 with four places.
pub(super) const NUMBER_WIDTH: usize = 6;

pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}"))
}

fn numbers(scores: &Scores) -> impl Iterator<Item = String> + use<> {
    scores.columns().into_iter().map(number)
}

/// All results by turn: a line for each model and bin, in which every target of every clip counts alike. Empty without results.
pub fn turn_table(results: &[Evaluation]) -> String {
    let mut lines = String::new();
    let models = models(results);
    let width = models.iter().map(|model| model.chars().count()).max().unwrap_or(0).max("model".len());
    for model in models {
        for bin in 0.. {
            let clips: Vec<&TurnScores> = of_model(results, model).filter_map(|result| result.by_turn.get(bin)).collect();
            let Some(all) = TurnScores::together(&clips) else { break };
            let [face_ssim, ssim, l1] = [all.face_ssim, all.ssim, all.l1].map(number);
            writeln!(lines, "{:<9}  {model:<width$}  {:>6}  {face_ssim:>9}  {ssim:>6}  {l1:>6}", all.name(), all.targets).ok();
        }
    }
    let heading = format!("{:<9}  {:<width$}  {:>6}  {:>9}  {:>6}  {:>6}\n", "turn, deg", "model", "frames", "face SSIM", "SSIM", "L1");
    if lines.is_empty() { lines } else { heading + &lines }
}

/// The models in the order of their first result.
fn models(results: &[Evaluation]) -> Vec<&str> {
    distinct(results.iter().map(|result| result.model.as_str()))
}

/// Each name once, in the order of its first mention.
pub(super) fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn of_model<'a>(results: &'a [Evaluation], model: &'a str) -> impl Iterator<Item = &'a Evaluation> {
    results.iter().filter(move |result| result.model == model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ssim: f64, background: Option<f64>, error: Option<f64>) -> FrameScores {
        let picture =
            Measures { ssim, l1: 0.5, face_ssim: None, face_l1: None, mouth_eyes_ssim: Some(0.2), mouth_eyes_l1: None, background };
        let landmarks = error.map(|all| LandmarkError { all, mouth: 2.0 * all, eyes: 0.5 * all });
        let detail = Some(Detail { output: ssim, target: 0.5 });
        FrameScores { picture, turn_deg: 40.0 * ssim, detail, face_found: error.is_some(), landmarks, identity: Identity::default() }
    }

    fn evaluation(clip: &str, model: &str, frames: &[FrameScores]) -> Evaluation {
        let scores = Scores::over_frames(frames);
        let by_turn = TurnScores::over_frames(frames);
        Evaluation {
            clip: clip.to_owned(),
            model: model.to_owned(),
            sources: 1,
            scores,
            by_turn,
            targets: frames.len(),
            targets_without_face: 1,
        }
    }

    #[test]
    fn means_count_only_what_was_measured() {
        let scores = Scores::over_frames(&[frame(0.5, None, Some(0.1)), frame(1.0, Some(0.3), None), frame(0.0, Some(0.1), Some(0.3))]);
        assert_eq!((scores.ssim, scores.background, scores.face_ssim), (Some(0.5), Some(0.2), None), "pictures");
        assert!(scores.landmark_error.is_some_and(|e| (e - 0.2).abs() < 1e-12), "mean over the two found faces: {scores:?}");
        assert!(scores.face_found.is_some_and(|f| (f - 2.0 / 3.0).abs() < 1e-12), "two of three");
        assert_eq!(scores.sharpness, Some(1.0), "energies of 0.5, 1 and 0 beside three times 0.5");
        assert_eq!(Scores::over_frames(&[]), Scores::default(), "no frame, no score");
    }

    #[test]
    fn json_has_the_agreed_keys() {
        let json = serde_json::to_value(evaluation("smile", "copy", &[frame(0.5, None, None)])).expect("plain data");
        let expected = [
            "clip",
            "model",
            "sources",
            "ssim",
            "l1",
            "face_ssim",
            "face_l1",
            "mouth_eyes_ssim",
            "mouth_eyes_l1",
            "sharpness",
            "background",
            "landmark_error",
            "landmark_error_mouth",
            "landmark_error_eyes",
            "face_found",
            "csim",
            "csim_target",
            "by_turn",
            "targets",
            "targets_without_face",
        ];
        let keys = json.as_object().expect("an object");
        assert!(expected.iter().all(|key| keys.contains_key(*key)) && keys.len() == expected.len(), "keys of {json}");
        assert!(json["background"].is_null() && json["face_found"] == 0.0 && json["ssim"] == 0.5, "values of {json}");
        let bin = &json["by_turn"][2];
        assert!(bin["from_deg"] == 20 && bin["below_deg"] == 30 && bin["targets"] == 1 && bin["ssim"] == 0.5, "a bin of {json}");
        assert!(json["by_turn"][3]["below_deg"].is_null(), "the last one has no end");
    }

    /// The whole table, as it is printed bit by bit.
    fn table(results: &[Evaluation], with_identity: bool) -> String {
        let names = |name: fn(&Evaluation) -> &str| results.iter().map(name);
        let table = ResultTable::new(names(|r| &r.clip), names(|r| &r.model), with_identity);
        let rows: String = results.iter().map(|result| table.row(result)).collect();
        table.heading() + &rows + &table.means(results)
    }

    #[test]
    fn table_is_aligned_and_ends_with_the_means() {
        let results = [
            evaluation("a", "copy", &[frame(0.5, None, None)]),
            evaluation("a", "landmark-warp", &[frame(0.25, None, Some(0.125))]),
            evaluation("a long name", "copy", &[frame(1.0, None, None)]),
        ];
        let text = table(&results, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "heading, three results, one mean, in:\n{text}");
        assert!(lines.iter().all(|l| l.chars().count() == lines[0].chars().count()), "equally long lines in:\n{text}");
        assert!(lines[4].starts_with("mean") && lines[4].contains("0.7500"), "mean of copy in:\n{text}");
        assert!(lines[2].contains("0.1250") && lines[1].contains('-'), "missing values are dashes in:\n{text}");
        assert!(!text.contains("CSIM"), "no column of what was not looked at in:\n{text}");
    }

    #[test]
    fn identity_has_columns_where_it_was_looked_at() {
        let identity = |output, target| Identity { output, target };
        let frames = [
            FrameScores { identity: identity(Some(0.8), Some(0.9)), ..frame(0.5, None, Some(0.1)) },
            FrameScores { identity: identity(None, Some(0.7)), ..frame(0.5, None, None) },
        ];
        let text = table(&[evaluation("a", "copy", &frames), evaluation("b", "copy", &[frame(0.5, None, None)])], true);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("CSIM  target's"), "the headings of:\n{text}");
        assert!(lines[1].ends_with("0.8000    0.8000"), "means over what was found in:\n{text}");
        assert!(lines[2].ends_with("-         -") && lines[3].starts_with("mean"), "nothing of the other clip in:\n{text}");
    }

    #[test]
    fn the_table_by_turn_takes_the_targets_of_all_clips_together() {
        // Turned by 0, 10 and 40 degrees.
        let results = [
            evaluation("a", "copy", &[frame(0.0, None, None), frame(0.25, None, None)]),
            evaluation("b", "copy", &[frame(0.0, None, None), frame(1.0, None, None)]),
        ];
        let text = turn_table(&results);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.len(), 5, "a heading and four bins in:\n{text}");
        assert_eq!(lines[1], ["0-10", "copy", "2", "-", "0.0000", "0.5000"], "one target of each clip in:\n{text}");
        assert_eq!(lines[2], ["10-20", "copy", "1", "-", "0.2500", "0.5000"], "of the first clip alone in:\n{text}");
        assert_eq!(lines[3], ["20-30", "copy", "0", "-", "-", "-"], "none in:\n{text}");
        assert_eq!(lines[4], ["over", "30", "copy", "1", "-", "1.0000", "0.5000"], "of the second in:\n{text}");
        assert_eq!(turn_table(&[]), "", "nothing without results");
    }
}
