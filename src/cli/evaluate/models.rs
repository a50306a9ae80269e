//! What is measured: every generator of the program, behind the compositor, with the numbers of sources and the fine-tuning that were asked for.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use image::{DynamicImage, RgbImage};

use super::Args;
use crate::compose::CpuCompositor;
use crate::data::{PictureChange, Portrait, PuppetMotion};
use crate::evaluate::{CopySource, EvaluationClip, EvaluationFrame, ModelError, Reenactor};
use crate::generate::{self, FLOW_CELLS, Generator, GeneratorChoice, WeightFiles};
use crate::learn::FineTuneOptions;
use crate::pipeline;
use crate::portrait;
use crate::retarget;
use crate::runtime::StopFlag;

/// All that is measured, in the order of the table.
pub(super) fn models(args: &Args, stop: &StopFlag) -> anyhow::Result<Vec<Box<dyn Reenactor>>> {
    let mut models: Vec<Box<dyn Reenactor>> = vec![Box::new(CopySource)];
    for generator in generators(args)? {
        models.push(Box::new(GeneratorReenactor::new(generator, 1, None, stop)));
    }
    let files = args.weights.files();
    for (shots, steps) in variants(&args.shots, args.fine_tune) {
        let generator = started(&GeneratorChoice::FewShot(files.clone()))?;
        models.push(Box::new(GeneratorReenactor::new(generator, shots, steps.map(|steps| (steps, files.clone())), stop)));
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
    let choices = [
        GeneratorChoice::LandmarkWarp,
        GeneratorChoice::MotionNet(files.clone()),
        GeneratorChoice::FewShot(files.clone()),
        GeneratorChoice::Head(files),
    ];
    choices.iter().map(started).collect()
}

fn started(choice: &GeneratorChoice) -> anyhow::Result<Box<dyn Generator>> {
    match generate::start(choice) {
        (generator, None) => Ok(generator),
        (_, Some(trouble)) => Err(anyhow!(trouble)),
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
    /// Ends fine-tuning early.
    stop: StopFlag,
    shots: Vec<Portrait>,
    change: PictureChange,
}

fn portrait_of(picture: &EvaluationFrame) -> Portrait {
    let pixels = DynamicImage::ImageRgb8(picture.pixels.clone()).into_rgba8();
    portrait::portrait_from_whole("frame", pixels, picture.fine_landmarks.clone(), picture.mesh.clone())
}

impl GeneratorReenactor {
    /// With more than one shot, further frames of the clip are sources too.
    fn new(generator: Box<dyn Generator>, shots: usize, fine_tuning: Option<(u64, WeightFiles)>, stop: &StopFlag) -> Self {
        let mut name = generator.name().to_owned();
        if shots > 1 {
            name = format!("{name}, {shots} shots");
        }
        if fine_tuning.is_some() {
            name += ", fine-tuned";
        }
        let change = PictureChange::none(FLOW_CELLS);
        Self { generator, name, prepared: None, sources: shots, shots: Vec::new(), fine_tuning, stop: stop.clone(), change }
    }

    /// One clip has one source; it is prepared once.
    fn prepare(&mut self, source: &EvaluationFrame) -> Result<(), ModelError> {
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
                if let Some(tuned) = pipeline::fine_tune(&pictures, files, options, |_| !self.stop.is_set())?.tuned {
                    self.generator.adopt(Some(&tuned));
                }
            }
            let compositor = CpuCompositor::new(&portrait, self.generator.plate()).with_head(self.generator.head());
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

    fn take_further(&mut self, pictures: &[EvaluationFrame]) {
        self.shots = pictures.iter().map(portrait_of).collect();
    }

    fn reenact(&mut self, source: &EvaluationFrame, target: &EvaluationFrame) -> Result<RgbImage, ModelError> {
        self.prepare(source)?;
        let (portrait, compositor) = self.prepared.as_mut().ok_or_else(|| anyhow!("no source is prepared"))?;
        let landmarks_in_crop = target.fine_landmarks.map(|p| portrait.crop.crop_from_image(p));
        let pupils_in_crop = Some(target.pupils.map(|p| portrait.crop.crop_from_image(p)));
        let mesh = target.mesh.as_ref().and_then(|mesh| retarget::reenacted(portrait, mesh));
        let motion = PuppetMotion { pupils_in_crop, mesh, ..PuppetMotion::of_landmarks(landmarks_in_crop) };
        self.generator.generate(&motion, &mut self.change);
        let composed = compositor.compose(&self.change);
        Ok(DynamicImage::ImageRgba8((*composed).clone()).into_rgb8())
    }
}

/// Passes a model's work on and, if asked, keeps its outputs as files.
pub(super) struct Keeping {
    model: Box<dyn Reenactor>,
    folder: Option<PathBuf>,
    made: usize,
}

impl Keeping {
    pub(super) fn new(model: Box<dyn Reenactor>, clip: &EvaluationClip, frames: Option<&Path>) -> anyhow::Result<Self> {
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

    fn take_further(&mut self, pictures: &[EvaluationFrame]) {
        self.model.take_further(pictures);
    }

    fn reenact(&mut self, source: &EvaluationFrame, target: &EvaluationFrame) -> Result<RgbImage, ModelError> {
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
}
