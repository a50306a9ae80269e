//! What several commands share: naming portraits and drivers, loading the model, progress and interruption.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::builtin;
use crate::capture::SourceSpec;
use crate::data::{Background, PixelBox, Portrait, UnknownBackground};
use crate::executor::Executors;
use crate::generate::{GeneratorChoice, WeightFiles};
use crate::learn::{FineTuneOptions, FineTuned};
use crate::model::Tuned;
use crate::pipeline::{self, FineTuning, OpenedPicture, PictureMemory, Progress};
use crate::runtime::StopFlag;
use crate::session::{DriverChoice, PictureInput};
use crate::settings::{SettingsFile, Strengths};
use crate::track::{FaceModel, FaceReader, MODEL_VARIABLE, TrackError, Tracker};

/// Fine-tunes on a person's pictures, the portrait first, unless that was done before, and says what came of it; `None` when it did not get better than what the program knew before.
pub(super) fn fine_tune(
    pictures: &[&Portrait],
    files: &WeightFiles,
    steps: u64,
    stop: &StopFlag,
    quiet: bool,
) -> anyhow::Result<Option<Tuned>> {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(steps) };
    let settings = FineTuning { options: FineTuneOptions { steps, ..FineTuneOptions::default() }, cache: None }.kept_for_user();
    let learnt = pipeline::fine_tune_once(pictures, files, &settings, |step| {
        bar.set_position(step.step);
        !stop.is_set()
    })?;
    bar.finish_and_clear();
    let FineTuned { before, after, tuned } = learnt.result;
    if !quiet {
        let kept = match (learnt.from_cache, &tuned) {
            (true, _) => "from cache",
            (false, Some(_)) => "kept",
            (false, None) => "not better, left out",
        };
        say!("fine-tuned: error on held-out poses {before:.4} before, {after:.4} after; {kept}");
    }
    Ok(tuned)
}

/// Where the landmark model is.
#[derive(clap::Args)]
pub(super) struct ModelArgs {
    /// The landmark model, when it is not where Debian's libdlib-data puts it
    #[arg(long, value_name = "FILE")]
    pub(super) landmark_model: Option<PathBuf>,
}

/// What moves the portrait.
#[derive(clap::Args)]
pub(super) struct GeneratorArgs {
    /// What moves the portrait: head-3d, or for comparison few-shot, motion-net to do without what that paints, or landmark-warp for the closed form without a
    /// network
    #[arg(long, default_value = "head-3d", value_parser = ["head-3d", "few-shot", "motion-net", "landmark-warp"], value_name = "NAME")]
    generator: String,
    #[command(flatten)]
    pub(super) weights: WeightArgs,
}

/// Other weights than the program's own.
#[derive(clap::Args)]
pub(super) struct WeightArgs {
    /// Weights of the motion net, instead of the program's own
    #[arg(long = "motion-weights", value_name = "FILE")]
    motion: Option<PathBuf>,
    /// Weights of the matte net, which finds the head
    #[arg(long = "matte-weights", value_name = "FILE")]
    matte: Option<PathBuf>,
    /// Weights of the few-shot generator, which paints what a warp cannot show
    #[arg(long = "few-shot-weights", value_name = "FILE")]
    few_shot: Option<PathBuf>,
    /// Weights of the networks of eyes and mouth to use instead of the program's own
    #[arg(long = "parts-weights", value_name = "FILE")]
    pub(super) parts: Option<PathBuf>,
}

impl WeightArgs {
    pub(super) fn files(&self) -> WeightFiles {
        WeightFiles { motion: self.motion.clone(), matte: self.matte.clone(), few_shot: self.few_shot.clone(), parts: self.parts.clone() }
    }

    /// The files that were named.
    pub(super) fn named(&self) -> impl Iterator<Item = PathBuf> {
        [&self.motion, &self.matte, &self.few_shot].into_iter().flatten().cloned()
    }
}

impl GeneratorArgs {
    pub(super) fn choice(&self) -> GeneratorChoice {
        match self.generator.as_str() {
            "landmark-warp" => GeneratorChoice::LandmarkWarp,
            "motion-net" => GeneratorChoice::MotionNet(self.weights.files()),
            "few-shot" => GeneratorChoice::FewShot(self.weights.files()),
            _ => GeneratorChoice::Head(self.weights.files()),
        }
    }
}

/// What reads the driver's face.
#[derive(clap::Args)]
pub(super) struct ReaderArgs {
    /// What reads the driver's face: best for the face reader where it is installed and sees the face, else dlib; dlib for dlib alone
    #[arg(long, default_value = "best", value_parser = parse_reader, value_name = "NAME")]
    pub(super) reader: FaceReader,
}

/// A background by its name, or a colour.
pub(super) fn parse_background(text: &str) -> Result<Background, String> {
    text.parse().map_err(|error: UnknownBackground| error.to_string())
}

fn parse_reader(text: &str) -> Result<FaceReader, String> {
    match text {
        "best" => Ok(FaceReader::Best),
        "dlib" => Ok(FaceReader::Dlib),
        _ => Err("give best or dlib".to_owned()),
    }
}

impl ReaderArgs {
    /// A tracker of the pictures of a driver.
    ///
    /// # Errors
    /// Why the landmark model cannot be used, where nothing else reads faces either.
    pub(super) fn tracker(&self, model: Model, smoothing: f32) -> anyhow::Result<Tracker> {
        check_named(&model)?;
        let (model, missing) = match model {
            Ok(model) => (Some(model), None),
            Err(error) => (None, Some(error)),
        };
        let tracker = pipeline::tracker(model, smoothing, self.reader);
        match missing {
            Some(error) if !tracker.can_read() => Err(error.into()),
            _ => Ok(tracker),
        }
    }
}

/// Refuses a landmark model that was asked for and is not there, and one that is damaged. Where none is installed, the face reader may do without.
fn check_named(model: &Model) -> anyhow::Result<()> {
    match model {
        Err(TrackError::Missing { looked_in }) if looked_in.len() > 1 => Ok(()),
        Err(error) => Err(anyhow!("{error}")),
        Ok(_) => Ok(()),
    }
}

/// The landmark model, or why there is none: stored motion and built-in portraits do without.
pub(super) type Model = Result<Arc<FaceModel>, TrackError>;

impl ModelArgs {
    /// The file that was asked for, here or in the environment. It must be there: another one in its place would be a surprise.
    ///
    /// # Errors
    /// [`TrackError::Missing`].
    pub(super) fn named(&self) -> Result<Option<PathBuf>, TrackError> {
        let of_environment = || std::env::var_os(MODEL_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        match self.landmark_model.clone().or_else(of_environment) {
            Some(path) if !path.exists() => Err(TrackError::Missing { looked_in: vec![path] }),
            named => Ok(named),
        }
    }
}

pub(super) fn load_model(args: &ModelArgs) -> Model {
    FaceModel::load(args.named()?.as_deref()).map(Arc::new)
}

/// A built-in portrait by name, or the picture at a path.
pub(super) fn portrait(argument: &OsStr, face: usize, face_box: Option<PixelBox>, model: &Model) -> anyhow::Result<Arc<Portrait>> {
    let path = Path::new(argument);
    if !path.exists()
        && let Some(builtin) = argument.to_str().and_then(builtin::portrait)
    {
        return Ok(Arc::new(builtin.portrait()?));
    }
    check_named(model)?;
    let opened = OpenedPicture::open(PictureInput::Path(path.to_owned()), model.as_ref().ok(), PictureMemory::of_user().faces.as_ref())?;
    if let Some(face_box) = face_box {
        return opened.place_in_own(face_box, model.as_ref().ok()).map_err(Into::into);
    }
    if opened.faces.is_empty() {
        model.as_ref().map_err(|e| anyhow!("{e}"))?;
        anyhow::bail!("no face was found in {}: choose a portrait that shows a face, or say where it is with --face-box", path.display());
    }
    let count = opened.faces.len();
    let index = face.checked_sub(1).filter(|i| *i < count);
    let index = index.with_context(|| format!("--face {face}: {} shows {count} face(s)", path.display()))?;
    opened.choose(index).context("the face's landmarks cannot be used: say where the face is with --face-box")
}

/// A built-in performance by name, or whatever the argument names.
pub(super) fn driver(argument: &OsStr, looped: bool) -> anyhow::Result<SourceSpec> {
    Ok(DriverChoice::from_argument(argument).source(looped)?)
}

/// The clips in a folder, sorted; folders in it are not looked into.
#[cfg(feature = "train")]
pub(super) fn clips_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    const EXTENSIONS: [&str; 5] = ["mp4", "mov", "webm", "mkv", "avi"];
    let entries = std::fs::read_dir(folder).with_context(|| format!("the folder {} cannot be read", folder.display()))?;
    let mut inside: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()).collect();
    inside.retain(|path| path.extension().is_some_and(|e| EXTENSIONS.contains(&e.to_string_lossy().to_lowercase().as_str())));
    inside.sort();
    Ok(inside)
}

/// A flag that Ctrl-C sets, so that what was made so far is finished and kept.
pub(super) fn stop_on_interrupt() -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    let flag = stop.clone();
    ctrlc::set_handler(move || flag.set()).context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// A progress bar on standard error; nothing when that is no terminal or the result is JSON.
pub(super) struct ProgressLine(ProgressBar);

impl ProgressLine {
    pub(super) fn new(quiet: bool) -> Self {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(8) };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
    }

    pub(super) fn show(&self, progress: Progress) {
        if let Some(total) = progress.total.filter(|total| self.0.length() != Some(*total)) {
            self.0.set_length(total);
            let style = "{bar:32} {pos}/{len} frames, {per_sec}, {eta} left {msg}";
            self.0.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.0.set_position(progress.frames);
        if progress.finishing.is_some() {
            self.0.set_message("finishing the file");
        }
    }

    pub(super) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// A path as JSON can hold it: bytes that are no text become a replacement sign.
pub(super) fn serialize_path<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

pub(super) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|duration| !duration.is_zero()).ok_or_else(|| "give a number of seconds above 0".to_owned())
}

pub(super) fn parse_face_number(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "give 1 for the largest face, 2 for the next, and so on".to_owned())
}

pub(super) fn parse_strength(text: &str) -> Result<f32, String> {
    parse_within(text, Strengths::MAX)
}

pub(super) fn parse_unit(text: &str) -> Result<f32, String> {
    parse_within(text, 1.0)
}

fn parse_within(text: &str, most: f32) -> Result<f32, String> {
    let value = text.parse::<f32>().ok().filter(|v| (0.0..=most).contains(v));
    value.ok_or_else(|| format!("give a number from 0 to {most}"))
}

pub(super) fn parse_box(text: &str) -> Result<PixelBox, String> {
    const WANTED: &str = "give four numbers: LEFT,TOP,RIGHT,BOTTOM in pixels, at least 8 apart";
    let number = |part: &str| {
        let value = part.trim().parse::<f32>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| format!("{:?} is no number: {WANTED}", part.trim()))
    };
    let numbers = text.split(',').map(number).collect::<Result<Vec<f32>, String>>()?;
    match numbers[..] {
        [left, top, right, bottom] if right - left >= 8.0 && bottom - top >= 8.0 => Ok(PixelBox { left, top, right, bottom }),
        _ => Err(WANTED.to_owned()),
    }
}

/// The executors of this machine, with what the window has measured of them.
pub(super) fn executors() -> Executors {
    Executors::of_machine(SettingsFile::of_user().map(|file| file.load().0.measured_adapters).unwrap_or_default())
}

/// Where pictures are made: `auto`, `cpu` or `gpu`.
pub(super) fn parse_executor(text: &str) -> Result<crate::settings::ExecutorChoice, String> {
    match text {
        "auto" => Ok(crate::settings::ExecutorChoice::Auto),
        "cpu" => Ok(crate::settings::ExecutorChoice::Cpu),
        "gpu" => Ok(crate::settings::ExecutorChoice::Gpu),
        _ => Err("give auto, cpu or gpu".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert_eq!(parse_strength("1.5"), Ok(1.5), "inside");
        for bad in ["-1", "2.1", "NaN", "inf", "much"] {
            assert!(parse_strength(bad).is_err(), "{bad} is refused");
        }
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)), "half a second");
        for bad in ["-1", "0", "NaN", "1e300", "long"] {
            assert!(parse_seconds(bad).is_err(), "{bad} is refused");
        }
        assert!(parse_reader("best").is_ok() && parse_reader("dlib").is_ok() && parse_reader("mesh").is_err(), "readers have two names");
        assert!(parse_face_number("2").is_ok() && parse_face_number("0").is_err(), "faces are counted from 1");
        assert_eq!(parse_box("1, 2,30,40"), Ok(PixelBox { left: 1.0, top: 2.0, right: 30.0, bottom: 40.0 }), "a box");
        for bad in ["1,2,3", "1,2,3,4", "a,b,c,d", "0,0,NaN,50", "1,oops,2,30,40", "1,2,30,40,", "1,2,30,40,50", ""] {
            assert!(parse_box(bad).is_err_and(|why| why.contains("four numbers")), "{bad} is refused");
        }
        assert!(parse_box("1,oops,2,30,40").is_err_and(|why| why.contains("\"oops\"")), "with what is no number");
    }
}
