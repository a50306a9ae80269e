//! What the user sees of an evaluation: results as soon as they are there, and how far it is.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::evaluate::{Evaluation, ResultTable, turn_table};

/// The results on standard output, one line each. Every line is out as soon as it is known, so that what ends the program early loses none.
pub(super) struct ResultWriter<W: Write> {
    to: W,
    /// Results are lines of one JSON array, or of a table.
    json: bool,
    table: ResultTable,
    /// The results of every clip.
    clips: Vec<Vec<Evaluation>>,
}

impl<W: Write> ResultWriter<W> {
    /// Begins the output.
    pub(super) fn begin(mut to: W, json: bool, table: ResultTable) -> std::io::Result<Self> {
        to.write_all(if json { b"[".to_vec() } else { table.heading().into_bytes() }.as_slice())?;
        to.flush()?;
        Ok(Self { to, json, table, clips: Vec::new() })
    }

    /// The results that come now are another clip's.
    pub(super) fn next_clip(&mut self) {
        self.clips.push(Vec::new());
    }

    /// Whether nothing was measured.
    pub(super) fn is_empty(&self) -> bool {
        self.clips.iter().all(Vec::is_empty)
    }

    /// Writes one result of the present clip.
    pub(super) fn add(&mut self, result: Evaluation) -> std::io::Result<()> {
        let line = if self.json {
            let comma = if self.is_empty() { "\n" } else { ",\n" };
            format!("{comma}{}", serde_json::to_string(&result)?)
        } else {
            self.table.row(&result)
        };
        self.to.write_all(line.as_bytes())?;
        self.to.flush()?;
        match self.clips.last_mut() {
            Some(clip) => clip.push(result),
            None => self.clips.push(vec![result]),
        }
        Ok(())
    }

    /// Ends the output: with the means and the results by turn, or with the end of the array.
    pub(super) fn finish(mut self) -> std::io::Result<()> {
        let end = if self.json {
            "\n]\n".to_owned()
        } else {
            let comparable = comparable(self.clips);
            let turns = turn_table(&comparable);
            let gap = if turns.is_empty() { "" } else { "\n" };
            self.table.means(&comparable) + gap + &turns
        };
        self.to.write_all(end.as_bytes())?;
        self.to.flush()
    }
}

/// The results of those clips on which all models were measured: means over others would compare models on different clips.
fn comparable(clips: Vec<Vec<Evaluation>>) -> Vec<Evaluation> {
    let models = |clip: &[Evaluation]| clip.iter().map(|result| result.model.clone()).collect::<Vec<String>>();
    let all = clips.iter().map(|clip| models(clip)).max_by_key(Vec::len).unwrap_or_default();
    clips.into_iter().filter(|clip| models(clip) == all).flatten().collect()
}

/// How far the work on one clip is, on standard error; nothing when that is no terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Of clip `number` of `count`.
    pub(super) fn new(number: usize, count: usize, clip: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        bar.set_prefix(format!("clip {number} of {count}, {clip}"));
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    /// Begins to count frames from 0, of so many.
    pub(super) fn begin(&self, frames: Option<u64>, what: &str) {
        let known = "{prefix}: {msg} {bar:24} {pos}/{len} frames, {eta} left";
        let template = if frames.is_some() { known } else { "{prefix}: {msg} {pos} frames" };
        self.0.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.0.set_length(frames.unwrap_or(0));
        self.0.reset();
        self.say(what);
    }

    /// Says what is being done.
    pub(super) fn say(&self, what: &str) {
        self.0.set_message(what.to_owned());
    }

    /// One frame more.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away while something else is written.
    pub(super) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Scores;

    fn result(clip: &str, model: &str, ssim: f64) -> Evaluation {
        let scores = Scores { ssim: Some(ssim), ..Scores::default() };
        let (clip, model) = (clip.to_owned(), model.to_owned());
        Evaluation { clip, model, sources: 1, scores, by_turn: Vec::new(), targets: 1, targets_without_face: 0 }
    }

    /// Remembers what was flushed.
    #[derive(Default)]
    struct Pipe {
        written: Vec<u8>,
        flushed: usize,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            self.flushed = self.written.len();
            Ok(())
        }
    }

    fn all(json: bool, clips: Vec<Vec<Evaluation>>) -> String {
        let mut pipe = Pipe::default();
        let table = ResultTable::new(["a", "b"], ["copy", "warp"], false);
        let mut output = ResultWriter::begin(&mut pipe, json, table).expect("written");
        for clip in clips {
            output.next_clip();
            for result in clip {
                output.add(result).expect("written");
            }
        }
        output.finish().expect("written");
        assert_eq!(pipe.flushed, pipe.written.len(), "all of it is out");
        String::from_utf8(pipe.written).expect("text")
    }

    #[test]
    fn a_line_is_out_before_the_next_result_is_there() {
        let mut pipe = Pipe::default();
        let mut output = ResultWriter::begin(&mut pipe, false, ResultTable::new(["a"], ["copy"], false)).expect("written");
        output.next_clip();
        output.add(result("a", "copy", 0.5)).expect("written");
        drop(output);
        let text = String::from_utf8(pipe.written).expect("text");
        assert!(pipe.flushed == text.len() && text.lines().count() == 2 && text.contains("0.5000"), "heading and row: {text}");
    }

    #[test]
    fn json_is_one_array_with_a_result_a_line() {
        let one = |clip: &str| vec![result(clip, "copy", 0.5)];
        for (count, clips) in [(0, vec![]), (1, vec![one("a")]), (2, vec![one("a"), vec![], one("b")])] {
            let text = all(true, clips);
            let results: Vec<serde_json::Value> = serde_json::from_str(&text).expect("valid JSON");
            assert_eq!(results.len(), count, "every result in {text}");
            assert_eq!(text.lines().count(), 2 + results.len(), "a line each in {text}");
        }
    }

    #[test]
    fn means_compare_models_on_the_same_clips() {
        let whole = |clip: &str, ssim: f64| vec![result(clip, "copy", ssim), result(clip, "warp", ssim)];
        let text = all(false, vec![whole("a", 0.2), whole("b", 0.4), vec![result("b", "copy", 0.9)]]);
        let means: Vec<&str> = text.lines().filter(|line| line.starts_with("mean")).collect();
        assert_eq!(means.len(), 2, "one of each model in:\n{text}");
        assert!(means.iter().all(|mean| mean.contains("0.3000")), "without the clip that one model lacks in:\n{text}");
    }
}
