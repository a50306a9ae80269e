//! Results of an evaluation, for machines (one JSON object per clip and model) and for people (a table).

use serde::Serialize;

use super::{LandmarkError, Measures};

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
fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = values.flatten().fold((0.0, 0_usize), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / count as f64)
}

const HEADINGS: [&str; 11] = ["SSIM", "L1", "face SSIM", "face L1", "m+e SSIM", "m+e L1", "backgr.", "lmk err", "mouth", "eyes", "found"];

/// Columns that are there when descriptors were compared.
const IDENTITY_HEADINGS: [&str; 2] = ["CSIM", "target's"];

/// A table of all results, a line per clip and model, then the mean of each model where there is more than one clip.
pub fn table(results: &[Evaluation]) -> String {
    let with_identity = results.iter().any(|r| r.scores.csim.is_some() || r.scores.csim_target.is_some());
    let columns = HEADINGS.len() + if with_identity { IDENTITY_HEADINGS.len() } else { 0 };
    let line = |clip: &str, model: &str, scores: &Scores| {
        let numbers = scores.columns().into_iter().take(columns).map(|value| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.4}")));
        [clip.to_owned(), model.to_owned()].into_iter().chain(numbers).collect::<Vec<String>>()
    };
    let mut lines: Vec<Vec<String>> = results.iter().map(|r| line(&r.clip, &r.model, &r.scores)).collect();
    for model in models(results) {
        let clips: Vec<&Scores> = results.iter().filter(|r| r.model == model).map(|r| &r.scores).collect();
        if clips.len() > 1 {
            lines.push(line("mean", model, &Scores::over_clips(&clips)));
        }
    }
    let headings = ["clip", "model"].iter().chain(&HEADINGS).chain(&IDENTITY_HEADINGS);
    lines.insert(0, headings.take(2 + columns).map(|&h| h.to_owned()).collect());
    aligned(&lines)
}

/// The models in the order of their first result.
fn models(results: &[Evaluation]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for result in results {
        if !names.contains(&result.model.as_str()) {
            names.push(&result.model);
        }
    }
    names
}

/// Columns as wide as their widest cell: names to the left, numbers to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let cell = |(column, text): (usize, &String)| {
        if column < 2 { format!("{text:<0$}", widths[column]) } else { format!("{text:>0$}", widths[column]) }
    };
    lines.iter().map(|cells| cells.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ") + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ssim: f64, background: Option<f64>, error: Option<f64>) -> FrameScores {
        let picture =
            Measures { ssim, l1: 0.5, face_ssim: None, face_l1: None, mouth_eyes_ssim: Some(0.2), mouth_eyes_l1: None, background };
        let landmarks = error.map(|all| LandmarkError { all, mouth: 2.0 * all, eyes: 0.5 * all });
        FrameScores { picture, face_found: error.is_some(), landmarks, identity: Identity::default() }
    }

    fn evaluation(clip: &str, model: &str, frames: &[FrameScores]) -> Evaluation {
        let scores = Scores::over_frames(frames);
        Evaluation { clip: clip.to_owned(), model: model.to_owned(), sources: 1, scores, targets: frames.len(), targets_without_face: 1 }
    }

    #[test]
    fn means_count_only_what_was_measured() {
        let scores = Scores::over_frames(&[frame(0.5, None, Some(0.1)), frame(1.0, Some(0.3), None), frame(0.0, Some(0.1), Some(0.3))]);
        assert_eq!((scores.ssim, scores.background, scores.face_ssim), (Some(0.5), Some(0.2), None), "pictures");
        assert!(scores.landmark_error.is_some_and(|e| (e - 0.2).abs() < 1e-12), "mean over the two found faces: {scores:?}");
        assert!(scores.face_found.is_some_and(|f| (f - 2.0 / 3.0).abs() < 1e-12), "two of three");
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
            "background",
            "landmark_error",
            "landmark_error_mouth",
            "landmark_error_eyes",
            "face_found",
            "csim",
            "csim_target",
            "targets",
            "targets_without_face",
        ];
        let keys = json.as_object().expect("an object");
        assert!(expected.iter().all(|key| keys.contains_key(*key)) && keys.len() == expected.len(), "keys of {json}");
        assert!(json["background"].is_null() && json["face_found"] == 0.0 && json["ssim"] == 0.5, "values of {json}");
    }

    #[test]
    fn table_is_aligned_and_ends_with_the_means() {
        let results = [
            evaluation("a", "copy", &[frame(0.5, None, None)]),
            evaluation("a", "landmark-warp", &[frame(0.25, None, Some(0.125))]),
            evaluation("a long name", "copy", &[frame(1.0, None, None)]),
        ];
        let text = table(&results);
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
        let text = table(&[evaluation("a", "copy", &frames), evaluation("b", "copy", &[frame(0.5, None, None)])]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].ends_with("CSIM  target's"), "the headings of:\n{text}");
        assert!(lines[1].ends_with("0.8000    0.8000"), "means over what was found in:\n{text}");
        assert!(lines[2].ends_with("-         -") && lines[3].starts_with("mean"), "nothing of the other clip in:\n{text}");
    }
}
