//! The learning curve: one JSON object per line as training goes, and a picture of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::checkpoint::write_whole;
use retrato_learn::{Figures, TrainError};

/// One point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint<F> {
    /// Steps made.
    pub step: u64,
    /// Samples seen.
    pub samples: u64,
    /// Learning rate of the last step.
    pub rate: f32,
    /// Means over the steps since the last point.
    pub training: F,
    /// On held-out heads, with the averaged weights, if it was time to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<F>,
    /// Seconds of training so far, in this and earlier sittings.
    pub seconds: f64,
}

/// A curve that is kept in `curve.jsonl` and drawn to `curve.svg` in a folder.
pub struct Curve<F> {
    folder: PathBuf,
    points: Vec<CurvePoint<F>>,
}

impl<F: Figures> Curve<F> {
    /// Goes on with the curve in a folder, without the points after `step`: a resumed run makes those again.
    pub fn open(folder: &Path, step: u64) -> Result<Self, TrainError> {
        let text = std::fs::read_to_string(folder.join("curve.jsonl")).unwrap_or_default();
        // A line cut off by a kill is no point.
        let points: Vec<CurvePoint<F>> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(|p: &CurvePoint<F>| p.step <= step).collect();
        let curve = Self { folder: folder.to_owned(), points };
        write_whole(&curve.folder.join("curve.jsonl"), curve.lines().as_bytes())?;
        Ok(curve)
    }

    /// The points so far.
    pub fn points(&self) -> &[CurvePoint<F>] {
        &self.points
    }

    /// Adds a point to the file, and draws the picture again.
    pub fn add(&mut self, point: CurvePoint<F>) -> Result<(), TrainError> {
        let path = self.folder.join("curve.jsonl");
        let wrap = |source: std::io::Error| TrainError::Write { path: path.clone(), source };
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).map_err(wrap)?;
        writeln!(file, "{}", line(&point)).map_err(wrap)?;
        self.points.push(point);
        write_whole(&self.folder.join("curve.svg"), self.svg().as_bytes())
    }

    fn lines(&self) -> String {
        self.points.iter().map(|p| line(p) + "\n").collect()
    }

    /// Three charts, one above the other; training thin, validation thick.
    fn svg(&self) -> String {
        let mut svg = vec![String::from(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="720" height="660" font-family="sans-serif" font-size="12"><rect width="720" height="660" fill="#fff"/>"##,
        )];
        for (row, (title, value)) in F::CHARTS.into_iter().enumerate() {
            self.chart(&mut svg, 20.0 + 210.0 * row as f32, title, value);
        }
        svg.push("</svg>\n".to_owned());
        svg.concat()
    }

    fn chart(&self, svg: &mut Vec<String>, top: f32, title: &str, value: fn(&F) -> f32) {
        let training: Vec<(f32, f32)> = self.points.iter().map(|p| (p.samples as f32, value(&p.training))).collect();
        let validation: Vec<(f32, f32)> = self.points.iter().filter_map(|p| Some((p.samples as f32, value(&p.validation?)))).collect();
        let all = || training.iter().chain(&validation).filter(|p| p.1.is_finite());
        let (low, high) = all().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p.1), h.max(p.1)));
        let last = all().fold(1.0_f32, |m, p| m.max(p.0));
        if low > high {
            return;
        }
        let span = (high - low).max(1e-6);
        let place = |p: &(f32, f32)| (70.0 + 620.0 * p.0 / last, top + 170.0 - 150.0 * (p.1 - low) / span);
        let mut text = |x: f32, y: f32, words: &str| svg.push(format!(r#"<text x="{x:.0}" y="{y:.0}">{words}</text>"#));
        text(70.0, top + 8.0, title);
        text(10.0, top + 24.0, &format!("{high:.3}"));
        text(10.0, top + 174.0, &format!("{low:.3}"));
        text(600.0, top + 188.0, &format!("{last:.0} samples"));
        for (points, style) in [(&training, r##"stroke="#888" stroke-width="1""##), (&validation, r##"stroke="#c33" stroke-width="2.5""##)]
        {
            let path: Vec<String> = points.iter().filter(|p| p.1.is_finite()).map(&place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            svg.push(format!(r#"<polyline fill="none" {style} points="{}"/>"#, path.join(" ")));
        }
    }
}

fn line(point: &CurvePoint<impl Serialize>) -> String {
    serde_json::to_string(point).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::loss::LossParts;
    use super::*;

    fn point(step: u64, loss: f32) -> CurvePoint<LossParts> {
        let parts = LossParts { loss, flow_error_px: 2.0 * loss, ..LossParts::default() };
        CurvePoint {
            step,
            samples: 16 * step,
            rate: 1e-3,
            training: parts,
            validation: (step.is_multiple_of(2)).then_some(parts),
            seconds: 1.0,
        }
    }

    #[test]
    fn a_curve_is_kept_drawn_and_gone_on_with() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut curve = Curve::open(folder.path(), 0)?;
        for step in 1..=4 {
            curve.add(point(step, 1.0 / step as f32))?;
        }
        let svg = std::fs::read_to_string(folder.path().join("curve.svg"))?;
        assert!(svg.matches("<polyline").count() == 6 && svg.ends_with("</svg>\n"), "three charts of two lines");
        let mut file = std::fs::OpenOptions::new().append(true).open(folder.path().join("curve.jsonl"))?;
        write!(file, "{{\"step\": 5, \"sam")?;
        drop(file);
        let again = Curve::<LossParts>::open(folder.path(), 3)?;
        let steps: Vec<u64> = again.points().iter().map(|p| p.step).collect();
        assert_eq!(steps, [1, 2, 3], "what came after the checkpoint is left out, and so is the cut line");
        Ok(())
    }
}
