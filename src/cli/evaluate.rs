//! `retrato evaluate`: how well a clip's own frames are made again from its first frame.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use image::{DynamicImage, RgbImage};

use super::common;
use crate::capture::{self, CaptureError, OpenOptions, SourceSpec};
use crate::compose::CpuCompositor;
use crate::data::{Input, PictureChange, Portrait, PuppetMotion};
use crate::evaluate::{self, CopySource, EvaluationClip, ModelError, Picture, Reenactor, SeenFace};
use crate::face::FaceFinder as _;
use crate::generate::{self, FLOW_CELLS, Generator, GeneratorChoice, WeightFiles};
use crate::learn::FineTuneOptions;
use crate::pipeline::{self, Progress};
use crate::portrait;
use crate::track::{DESCRIPTOR_FILE, DlibFinder, FaceDescriber};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Clips of one person each, or folders of clips
    #[arg(required = true)]
    clips: Vec<PathBuf>,
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
    /// Write the outputs as PNGs into this folder
    #[arg(long, value_name = "FOLDER")]
    frames: Option<PathBuf>,
    /// Print the results as JSON: one object per clip and model
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let model = common::load_model(&args.model)?;
    let describer = args.descriptor_model.as_deref().map(|path| FaceDescriber::load(path, Arc::clone(&model))).transpose()?;
    let mut detector = Detector { finder: DlibFinder::new(model), describer };
    let mut results = Vec::new();
    for path in clip_files(&args.clips)? {
        let clip = read_clip(&path, args, &mut detector)?;
        let bar = common::ProgressLine::new(args.json);
        for model in models(args)? {
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
        if detector.describer.is_none() {
            eprintln!("retrato: identity (CSIM) is measured with --descriptor-model and the dlib project's {DESCRIPTOR_FILE}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All that is measured, in the order of the table.
fn models(args: &Args) -> anyhow::Result<Vec<Box<dyn Reenactor>>> {
    let mut models: Vec<Box<dyn Reenactor>> = vec![Box::new(CopySource)];
    for generator in generators(args)? {
        models.push(Box::new(GeneratorReenactor::new(generator, 1, None)));
    }
    let files = args.weights.files();
    for (shots, steps) in variants(&args.shots, args.fine_tune) {
        let generator = started(&GeneratorChoice::FewShot(files.clone()))?;
        models.push(Box::new(GeneratorReenactor::new(generator, shots, steps.map(|steps| (steps, files.clone())))));
    }
    Ok(models)
}

/// How the few-shot generator is measured beside the plain way: numbers of sources, each without fine-tuning and, where so many steps are asked for, with it.
fn variants(shots: &[usize], fine_tune: Option<u64>) -> Vec<(usize, Option<u64>)> {
    let mut shots: Vec<usize> = shots.iter().copied().chain([1]).collect();
    shots.sort_unstable();
    shots.dedup();
    let of_count = |shots| [(shots, None)].into_iter().chain(fine_tune.map(|steps| (shots, Some(steps))));
    shots.into_iter().flat_map(of_count).filter(|variant| *variant != (1, None)).collect()
}

/// Every method by itself; to measure another in the place of one would be wrong.
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
    let most = args.shots.iter().max().map_or(0, |most| most - 1);
    let clip = EvaluationClip::read(&name, most, frames, &mut |picture| detector.largest(picture))?;
    let there_are = clip.shots(most).len();
    if there_are < most {
        eprintln!("retrato: {name} has only {} frames that can be sources", there_are + 1);
    }
    Ok(clip)
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

/// dlib on the picture as it is, as the reference measures do, and the program's own reading of it.
struct Detector {
    finder: DlibFinder,
    describer: Option<FaceDescriber>,
}

impl Detector {
    fn largest(&mut self, picture: &RgbImage) -> Option<SeenFace> {
        let faces = self.finder.detect(picture);
        let largest = faces.into_iter().max_by(|a, b| a.area().total_cmp(&b.area()))?;
        let landmarks = self.finder.predict(picture, &[largest])?.pop()?;
        let descriptor = self.describer.as_ref().and_then(|describer| describer.describe(picture, &largest));
        let fine_landmarks = portrait::read_in_box(&mut self.finder, picture, &largest)?;
        Some(SeenFace { landmarks, fine_landmarks, descriptor })
    }
}

/// A generator with the compositor behind it.
struct GeneratorReenactor {
    generator: Box<dyn Generator>,
    name: String,
    prepared: Option<(Portrait, CpuCompositor)>,
    /// Pictures of the person that it works from.
    sources: usize,
    /// Steps of fine-tuning, and the weights that it starts from.
    fine_tuning: Option<(u64, WeightFiles)>,
    shots: Vec<Portrait>,
    change: PictureChange,
}

fn portrait_of(picture: &Picture) -> Portrait {
    let pixels = DynamicImage::ImageRgb8(picture.pixels.clone()).into_rgba8();
    portrait::portrait_from_whole("frame", pixels, picture.fine_landmarks.clone())
}

impl GeneratorReenactor {
    /// With more than one shot, further frames of the clip are sources too.
    fn new(generator: Box<dyn Generator>, shots: usize, fine_tuning: Option<(u64, WeightFiles)>) -> Self {
        let mut name = generator.name().to_owned();
        if shots > 1 {
            name = format!("{name}, {shots} shots");
        }
        if fine_tuning.is_some() {
            name += ", fine-tuned";
        }
        Self { generator, name, prepared: None, sources: shots, shots: Vec::new(), fine_tuning, change: PictureChange::none(FLOW_CELLS) }
    }

    /// One clip has one source; it is prepared once.
    fn prepare(&mut self, source: &Picture) -> Result<(), ModelError> {
        let is_new = self.prepared.as_ref().is_none_or(|(portrait, _)| portrait.landmarks_in_image != source.fine_landmarks);
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

    fn further_pictures(&self) -> usize {
        self.sources - 1
    }

    fn take_further(&mut self, pictures: &[Picture]) {
        self.shots = pictures.iter().map(portrait_of).collect();
    }

    fn reenact(&mut self, source: &Picture, target: &Picture) -> Result<RgbImage, ModelError> {
        self.prepare(source)?;
        let (portrait, compositor) = self.prepared.as_mut().ok_or_else(|| anyhow!("no source is prepared"))?;
        let landmarks_in_crop = target.fine_landmarks.map(|p| portrait.crop.crop_from_image(p));
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

    fn further_pictures(&self) -> usize {
        self.model.further_pictures()
    }

    fn take_further(&mut self, pictures: &[Picture]) {
        self.model.take_further(pictures);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_sources_is_measured_once() {
        assert_eq!(variants(&[], None), [], "one source is always measured");
        assert_eq!(variants(&[8, 4, 1, 8], None), [(4, None), (8, None)], "no row twice");
        let tuned = [(1, Some(40)), (8, None), (8, Some(40))];
        assert_eq!(variants(&[8], Some(40)), tuned, "with and without fine-tuning");
    }

    #[test]
    fn numbers_of_sources_are_from_1_to_32() {
        assert_eq!(parse_shots(" 32"), Ok(32), "the most");
        for wrong in ["0", "33", "-1", "few", ""] {
            assert!(parse_shots(wrong).is_err(), "{wrong} is refused");
        }
    }
}
