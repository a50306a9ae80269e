//! `retrato evaluate`: how well a clip's own frames are made again from its first frame, or those of synthetic people.

mod clips;
mod following;
mod models;

mod output;
mod synthetic;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clips::{FaceDetectors, clip_files, clip_name, read_clip};
use models::{Keeping, models};
use output::{Bar, ResultWriter};

use super::common;
use super::say::Results;
use crate::evaluate::{self, EvaluationClip, Reenactor, ResultTable};
use crate::runtime::StopFlag;
use crate::track::{DESCRIPTOR_FILE, FaceDescriber};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Clips of one person each, or folders of clips
    #[arg(required_unless_present = "synthetic")]
    clips: Vec<PathBuf>,
    #[command(flatten)]
    synthetic: synthetic::SyntheticArgs,
    #[command(flatten)]
    reader: common::ReaderArgs,
    #[command(flatten)]
    model: common::ModelArgs,
    #[command(flatten)]
    weights: common::WeightArgs,
    /// Measure the few-shot generator with so many frames of the clip as sources, too: one count or several, such as 4,8,32
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', value_parser = parse_shots)]
    shots: Vec<usize>,
    /// Measure the identity, too (CSIM), by the network of dlib's face recognition, its `dlib_face_recognition_resnet_model_v1.dat`
    #[arg(long, value_name = "FILE")]
    descriptor_model: Option<PathBuf>,
    /// Measure the few-shot generator fine-tuned for so many steps on the first frame (and the other shots) too
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..=5000))]
    fine_tune: Option<u64>,
    /// Use at most this many frames of each clip
    #[arg(long, value_name = "COUNT")]
    max_frames: Option<usize>,
    /// Write the outputs as PNGs into this folder; of synthetic people also what they should be
    #[arg(long, value_name = "FOLDER")]
    frames: Option<PathBuf>,
    /// Measure instead how faithfully these portraits would follow each clip, by the coefficients and the pose of the motion itself
    #[arg(long, value_name = "PORTRAIT", num_args = 1..)]
    following: Vec<std::ffi::OsString>,
    /// Print the results as JSON: an array with one object per clip and model, each on a line of its own and written as soon as it is known; of synthetic
    /// people one per look, source, bin and model at the end
    #[arg(long)]
    json: bool,
}

/// Measures all models on all clips. A clip that cannot be used is told and left out; Ctrl-C ends the work and keeps what is done.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if !args.following.is_empty() {
        return following::run(args);
    }
    if args.synthetic.synthetic {
        return synthetic::run(args);
    }
    let model = common::load_model(&args.model)?;
    let describer = args.descriptor_model.as_deref().map(|path| FaceDescriber::load(path, Arc::clone(&model))).transpose()?;
    let with_identity = describer.is_some();
    let files = clip_files(&args.clips)?;
    let stop = common::stop_on_interrupt()?;
    // Weights that cannot be used are told before the first clip is read.
    let models = models(args, &stop)?;
    let names: Vec<String> = files.iter().map(|path| clip_name(path)).collect();
    let table = ResultTable::new(names.iter().map(String::as_str), models.iter().map(|model| model.name()), with_identity);
    let mut evaluation = Evaluating {
        args,
        detector: FaceDetectors::new(model, describer, args.reader.reader),
        output: ResultWriter::begin(Results, args.json, table)?,
        models: Some(models),
        stop,
    };
    if !args.json {
        tell!("retrato: drivers are read by the {}", evaluation.detector.reader_name());
    }
    let ended = evaluation.all(&files);
    let (is_empty, stopped) = (evaluation.output.is_empty(), evaluation.stop.is_set());
    evaluation.output.finish()?;
    ended?;
    if is_empty {
        let why = if stopped { "stopped before the first result" } else { "no clip could be used" };
        tell!("retrato: nothing was measured: {why}");
        return Ok(ExitCode::FAILURE);
    }
    if !with_identity && !args.json {
        tell!("retrato: identity (CSIM) is measured with --descriptor-model and the dlib project's {DESCRIPTOR_FILE}");
    }
    Ok(ExitCode::SUCCESS)
}

/// An evaluation at work.
struct Evaluating<'a> {
    args: &'a Args,
    detector: FaceDetectors,
    output: ResultWriter<Results>,
    /// Models that were made already, for the first clip.
    models: Option<Vec<Box<dyn Reenactor>>>,
    stop: StopFlag,
}

impl Evaluating<'_> {
    /// Measures on every clip that can be used, until the user stops it.
    fn all(&mut self, files: &[PathBuf]) -> anyhow::Result<()> {
        for (n, path) in files.iter().enumerate() {
            let bar = Bar::new(n + 1, files.len(), &clip_name(path));
            match read_clip(path, self.args, &mut self.detector, &self.stop, &bar) {
                Ok(Some(clip)) => self.clip(&clip, &bar)?,
                Ok(None) => {}
                Err(error) => left_out(path, &error, &bar),
            }
            if self.stop.is_set() {
                break;
            }
        }
        Ok(())
    }

    /// Measures every model on one clip. One that fails is told and left out.
    fn clip(&mut self, clip: &EvaluationClip, bar: &Bar) -> anyhow::Result<()> {
        let models = self.models.take().map_or_else(|| models(self.args, &self.stop), Ok)?;
        self.output.next_clip();
        bar.begin(Some((models.len() * clip.targets.len()) as u64), "");
        for model in models {
            let mut model = Keeping::new(model, clip, self.args.frames.as_deref())?;
            bar.say(model.name());
            let goes_on = &mut |_| {
                bar.step();
                !self.stop.is_set()
            };
            match evaluate::evaluate(clip, &mut model, &mut |picture| self.detector.largest(picture), goes_on) {
                Ok(Some(result)) => bar.aside(|| self.output.add(result))?,
                Ok(None) => return Ok(()),
                Err(error) => bar.aside(|| tell!("retrato: {error}")),
            }
        }
        Ok(())
    }
}

/// Says why a clip is left out.
fn left_out(path: &Path, error: &anyhow::Error, bar: &Bar) {
    bar.aside(|| tell!("retrato: {} is left out: {error:#}", path.display()));
}

fn parse_shots(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|shots| (1..=32).contains(shots)).ok_or_else(|| "give a number from 1 to 32".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_sources_are_from_1_to_32() {
        assert_eq!(parse_shots(" 32"), Ok(32), "the most");
        for wrong in ["0", "33", "-1", "few", ""] {
            assert!(parse_shots(wrong).is_err(), "{wrong} is refused");
        }
    }
}
