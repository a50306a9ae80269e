//! `retrato evaluate`: how well a clip's own frames are made again from its first frame.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use image::{DynamicImage, RgbImage};

use super::common;
use crate::capture::{self, CaptureError, OpenOptions, SourceSpec};
use crate::compose::CpuCompositor;
use crate::data::{Input, Landmarks, PictureChange, Portrait, PuppetMotion};
use crate::evaluate::{self, CopySource, EvaluationClip, ModelError, Picture, Reenactor};
use crate::face::FaceFinder as _;
use crate::generate::{self, FLOW_CELLS, Generator, GeneratorChoice, WeightFiles};
use crate::pipeline::{self, Progress};
use crate::portrait;
use crate::track::DlibFinder;
use crate::train::FineTuneOptions;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Clips of one person each, or folders of clips
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    #[command(flatten)]
    model: common::ModelArgs,
    #[command(flatten)]
    weights: common::WeightArgs,
    /// Measure the few-shot generator with this many frames of the clip as sources too
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = parse_shots)]
    shots: usize,
    /// Measure the few-shot generator fine-tuned for so many steps on the first frame (and the other shots) too
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..=5000))]
    fine_tune: Option<u64>,
    /// Use at most this many frames of each clip
    #[arg(long, value_name = "COUNT")]
    max_frames: Option<usize>,
    /// Write the outputs as PNGs into this folder
    #[arg(long, value_name = "FOLDER")]
    frames: Option<PathBuf>,
    /// Print the results as JSON: one object per clip and model
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let model = common::load_model(&args.model)?;
    let mut results = Vec::new();
    for path in clip_files(&args.clips)? {
        let mut detector = Detector { finder: DlibFinder::new(Arc::clone(&model)) };
        let clip = read_clip(&path, args, &mut detector)?;
        let mut models: Vec<Box<dyn Reenactor>> = vec![Box::new(CopySource)];
        for generator in generators(args)? {
            models.push(Box::new(GeneratorReenactor::new(generator, 1, None)));
        }
        let files = args.weights.files();
        let fine_tuning = args.fine_tune.map(|steps| (steps, files.clone()));
        let mut variants = vec![(1, fine_tuning.clone())];
        if args.shots > 1 {
            variants.extend([(args.shots, None), (args.shots, fine_tuning)]);
        }
        for (shots, fine_tuning) in variants.into_iter().filter(|(shots, tuning)| *shots > 1 || tuning.is_some()) {
            let generator = started(&GeneratorChoice::FewShot(files.clone()))?;
            models.push(Box::new(GeneratorReenactor::new(generator, shots, fine_tuning)));
        }
        let bar = common::ProgressLine::new(args.json);
        for model in models {
            let mut model = Keeping::new(model, &clip, args.frames.as_deref())?;
            results.push(evaluate::evaluate(&clip, &mut model, &mut |picture| detector.largest(picture), &mut |done| {
                bar.show(progress(&clip, done));
            })?);
        }
        bar.clear();
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&results)?);
    } else {
        print!("{}", evaluate::table(&results));
    }
    Ok(ExitCode::SUCCESS)
}

/// All that is measured; to measure another in the place of one would be wrong.
fn generators(args: &Args) -> anyhow::Result<Vec<Box<dyn Generator>>> {
    let files = args.weights.files();
    let choices = [GeneratorChoice::LandmarkWarp, GeneratorChoice::MotionNet(files.clone()), GeneratorChoice::FewShot(files)];
    choices.iter().map(started).collect()
}

fn started(choice: &GeneratorChoice) -> anyhow::Result<Box<dyn Generator>> {
    match generate::start(choice) {
        (generator, None) => Ok(generator),
        (_, Some(trouble)) => Err(anyhow!(trouble)),
    }
}

fn parse_shots(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|shots| (1..=32).contains(shots)).ok_or_else(|| "give a number from 1 to 32".to_owned())
}

fn progress(clip: &EvaluationClip, done: usize) -> Progress {
    Progress { frames: done as u64, total: Some(clip.targets.len() as u64), finishing: None }
}

/// The clips named, folders replaced by the video files in them.
fn clip_files(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let inside = common::clips_in(path)?;
            if inside.is_empty() {
                anyhow::bail!("{} holds no clip: name the files, or a folder with MP4 files in it", path.display());
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn read_clip(path: &Path, args: &Args, detector: &mut Detector) -> anyhow::Result<EvaluationClip> {
    let spec = SourceSpec::Clip { path: path.to_owned(), looped: false };
    let source = capture::open(&spec, OpenOptions::full_size())?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let frames = Frames(source).take(args.max_frames.unwrap_or(usize::MAX));
    Ok(EvaluationClip::read(&name, args.shots - 1, frames, &mut |picture| detector.largest(picture))?)
}

/// The pictures of a clip, one after the other.
struct Frames(capture::BoxedSource);

impl Iterator for Frames {
    type Item = Result<Arc<RgbImage>, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.0.next() {
                Ok(Some(Input::Frame(frame))) => return Some(Ok(frame.pixels)),
                Ok(Some(Input::Motion(..))) => {}
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// dlib on the picture as it is, as the reference measures do.
struct Detector {
    finder: DlibFinder,
}

impl Detector {
    fn largest(&mut self, picture: &RgbImage) -> Option<Landmarks> {
        let faces = self.finder.detect(picture);
        let largest = faces.into_iter().max_by(|a, b| a.area().total_cmp(&b.area()))?;
        self.finder.predict(picture, &[largest])?.pop()
    }
}

/// A generator with the compositor behind it.
struct GeneratorReenactor {
    generator: Box<dyn Generator>,
    name: String,
    prepared: Option<(Portrait, CpuCompositor)>,
    takes_shots: bool,
    /// Steps of fine-tuning, and the weights that it starts from.
    fine_tuning: Option<(u64, WeightFiles)>,
    shots: Vec<Portrait>,
    change: PictureChange,
}

fn portrait_of(picture: &Picture) -> Portrait {
    let pixels = DynamicImage::ImageRgb8(picture.pixels.clone()).into_rgba8();
    portrait::portrait_from_whole("frame", pixels, picture.landmarks.clone())
}

impl GeneratorReenactor {
    /// With more than one shot, all further frames of the clip that were chosen are sources too.
    fn new(generator: Box<dyn Generator>, shots: usize, fine_tuning: Option<(u64, WeightFiles)>) -> Self {
        let mut name = generator.name().to_owned();
        if shots > 1 {
            name = format!("{name}, {shots} shots");
        }
        if fine_tuning.is_some() {
            name += ", fine-tuned";
        }
        Self {
            generator,
            name,
            prepared: None,
            takes_shots: shots > 1,
            shots: Vec::new(),
            fine_tuning,
            change: PictureChange::none(FLOW_CELLS),
        }
    }

    /// One clip has one source; it is prepared once.
    fn prepare(&mut self, source: &Picture) -> Result<(), ModelError> {
        let is_new = self.prepared.as_ref().is_none_or(|(portrait, _)| portrait.landmarks_in_image != source.landmarks);
        if is_new {
            let portrait = portrait_of(source);
            self.generator.set_portrait(&portrait);
            for shot in &self.shots {
                self.generator.add_source(shot);
            }
            if let Some((steps, files)) = &self.fine_tuning {
                let pictures: Vec<&Portrait> = std::iter::once(&portrait).chain(&self.shots).collect();
                let options = FineTuneOptions { steps: *steps, ..FineTuneOptions::default() };
                if let Some(tuned) = pipeline::fine_tune(&pictures, files, options, |_| true)?.tuned {
                    self.generator.adopt(Some(&tuned));
                }
            }
            let compositor = CpuCompositor::new(&portrait, self.generator.plate());
            self.prepared = Some((portrait, compositor));
        }
        Ok(())
    }
}

impl Reenactor for GeneratorReenactor {
    fn name(&self) -> &str {
        &self.name
    }

    fn take_shots(&mut self, shots: &[Picture]) {
        if self.takes_shots {
            self.shots = shots.iter().map(portrait_of).collect();
        }
    }

    fn reenact(&mut self, source: &Picture, target: &Picture) -> Result<RgbImage, ModelError> {
        self.prepare(source)?;
        let (portrait, compositor) = self.prepared.as_mut().ok_or_else(|| anyhow!("no source is prepared"))?;
        let landmarks_in_crop = target.landmarks.map(|p| portrait.crop.crop_from_image(p));
        let pupils_in_crop = Some(target.pupils.map(|p| portrait.crop.crop_from_image(p)));
        self.generator.generate(&PuppetMotion { landmarks_in_crop, gaze: None, pupils_in_crop }, &mut self.change);
        let composed = compositor.compose(&self.change);
        Ok(DynamicImage::ImageRgba8((*composed).clone()).into_rgb8())
    }
}

/// Passes a model's work on and, if asked, keeps its outputs as files.
struct Keeping {
    model: Box<dyn Reenactor>,
    folder: Option<PathBuf>,
    made: usize,
}

impl Keeping {
    fn new(model: Box<dyn Reenactor>, clip: &EvaluationClip, frames: Option<&Path>) -> anyhow::Result<Self> {
        let folder = frames.map(|frames| frames.join(&clip.name).join(model.name()));
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder)?;
        }
        Ok(Self { model, folder, made: 0 })
    }
}

impl Reenactor for Keeping {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn take_shots(&mut self, shots: &[Picture]) {
        self.model.take_shots(shots);
    }

    fn reenact(&mut self, source: &Picture, target: &Picture) -> Result<RgbImage, ModelError> {
        let output = self.model.reenact(source, target)?;
        if let Some(folder) = &self.folder {
            output.save(folder.join(format!("{:04}.png", self.made)))?;
        }
        self.made += 1;
        Ok(output)
    }
}
