//! `retrato evaluate --synthetic`: how well synthetic people whom no training has seen are made again, by look, source and turn.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::anyhow;

use super::clips::{FaceDetectors, with_mesh};
use super::models::{Keeping, models};
use super::output::Bar;
use super::{Args, common};
use crate::cli::say::Results;
use crate::cli::synth::KitArgs;
use crate::data::{Landmarks, PixelBox};
use crate::evaluate::{FilmKind, MatteMeter, Reenactor as _, SyntheticClip, SyntheticFrame, SyntheticResults, synthetic_table};
use crate::model;
use crate::runtime::StopFlag;
use crate::synth::{Scratch, TestFilm, TestLook, TestSampler, TestView};

/// What is measured, in the order of the table.
const MODELS: [&str; 4] = ["copy", "landmark-warp", "few-shot", "head-3d"];

/// What the synthetic people are made of.
#[derive(clap::Args)]
#[command(mut_arg("facekit", |arg| arg.conflicts_with("clips")), mut_arg("stand_in", |arg| arg.conflicts_with("clips")))]
pub(super) struct SyntheticArgs {
    /// Measure on synthetic people whom no training has seen instead of clips
    #[arg(long, conflicts_with_all = ["clips", "shots", "descriptor_model", "fine_tune", "max_frames", "following"])]
    pub(super) synthetic: bool,
    #[command(flatten)]
    kit: KitArgs,
    /// How many synthetic people
    #[arg(long, default_value = "24", value_name = "COUNT", conflicts_with = "clips", value_parser = clap::value_parser!(u64).range(1..=1000))]
    people: u64,
    /// Seed of the synthetic people
    #[arg(long, default_value = "1", conflicts_with = "clips")]
    seed: u64,
}

/// Measures on every person, in both looks, from both sources. Ctrl-C ends the work and keeps what is done.
pub(super) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let SyntheticArgs { kit, people, seed, .. } = &args.synthetic;
    let sampler = TestSampler::new(kit.load()?);
    let mut evaluation = Evaluating {
        args,
        detector: FaceDetectors::new(common::load_model(&args.model)?, None, args.reader.reader),
        // Of the program's own, whatever net is measured.
        meter: MatteMeter::new(model::load(None)?),
        stop: common::stop_on_interrupt()?,
        results: SyntheticResults::default(),
        read: Counts::default(),
    };
    tell!("retrato: drivers are read by the {}", evaluation.detector.reader_name());
    let kinds = || TestLook::ALL.into_iter().flat_map(|look| TestView::ALL.map(|view| (look, view)));
    let all: Vec<(u64, FilmKind)> = (0..*people).flat_map(|person| kinds().map(move |kind| (person, kind))).collect();
    let mut scratch = Scratch::new();
    for (number, (person, kind)) in all.iter().enumerate() {
        let name = format!("{} {} {person:03}", kind.0.name(), kind.1.name());
        let bar = Bar::new(number + 1, all.len(), &name);
        bar.begin(None, "drawing");
        let film = sampler.film(*seed, *person, kind.0, kind.1, &mut scratch);
        evaluation.film(&name, *kind, &film, &bar)?;
        if evaluation.stop.is_set() {
            break;
        }
    }
    evaluation.finish()
}

/// An evaluation at work.
struct Evaluating<'a> {
    args: &'a Args,
    detector: FaceDetectors,
    meter: MatteMeter,
    stop: StopFlag,
    results: SyntheticResults,
    read: Counts,
}

/// How sources and targets were read.
#[derive(Default)]
struct Counts {
    sources: usize,
    /// Sources whose face was found only in a box.
    in_box: usize,
    /// Sources and targets that were read as landmarks alone, with a mesh that is fitted to them.
    sources_without_mesh: usize,
    targets: usize,
    targets_without_mesh: usize,
    unread: usize,
}

impl Evaluating<'_> {
    /// Measures every model on one film. Where one fails, it is told and the film counts for none.
    fn film(&mut self, name: &str, kind: FilmKind, film: &TestFilm, bar: &Bar) -> anyhow::Result<()> {
        let Some(clip) = self.read(name, kind, film, bar)? else {
            bar.aside(|| tell!("retrato: {name} is left out: its source cannot be read"));
            return Ok(());
        };
        if let Some(folder) = &self.args.frames {
            keep_truth(&folder.join(name), &clip)?;
        }
        let mut models = models(self.args, &self.stop)?;
        models.retain(|model| MODELS.contains(&model.name()));
        bar.begin(Some((models.len() * clip.clip.targets.len()) as u64), "");
        let mut frames: Vec<SyntheticFrame> = Vec::new();
        for model in models {
            let mut model = Keeping::new(model, &clip.clip, self.args.frames.as_deref())?;
            bar.say(model.name());
            let goes_on = &mut || {
                bar.step();
                !self.stop.is_set()
            };
            match clip.evaluate(&mut model, &mut |picture| self.detector.driver(picture), &self.meter, goes_on) {
                Ok(Some(results)) => frames.extend(results),
                Ok(None) => return Ok(()),
                Err(error) => {
                    bar.aside(|| tell!("retrato: {name} is left out: {error}"));
                    return Ok(());
                }
            }
        }
        self.results.add(&clip, frames);
        Ok(())
    }

    /// Source and targets as the program reads them.
    fn read(&mut self, name: &str, kind: FilmKind, film: &TestFilm, bar: &Bar) -> anyhow::Result<Option<SyntheticClip>> {
        bar.begin(None, "reading");
        let (low, high) = Landmarks(film.source.shown.landmarks).bounds();
        let drawn = PixelBox { left: low.x, top: low.y, right: high.x, bottom: high.y };
        let portrait = self.detector.portrait(&film.source.shown.pixels, &drawn);
        let Some((face, in_box)) = portrait else { return Ok(None) };
        let read = &mut self.read;
        read.in_box += usize::from(in_box);
        read.sources_without_mesh += usize::from(face.mesh.is_none());
        let driver = &mut |picture: &_| {
            let face = self.detector.driver(picture)?;
            read.targets_without_mesh += usize::from(face.mesh.is_none());
            Some(with_mesh(face, picture))
        };
        let clip = SyntheticClip::read(name, kind, film, &mut |_| Some(face.clone()), driver, &self.meter);
        let clip = clip.map_err(|error| anyhow!(error))?;
        read.sources += 1;
        read.targets += film.targets.len();
        read.unread += clip.as_ref().map_or(0, |clip| clip.unread.len());
        Ok(clip)
    }

    /// Prints the results.
    fn finish(self) -> anyhow::Result<ExitCode> {
        if self.results.is_empty() {
            tell!(
                "retrato: nothing was measured: {}",
                if self.stop.is_set() { "stopped before the first result" } else { "no face was read" }
            );
            return Ok(ExitCode::FAILURE);
        }
        let Counts { sources, in_box, sources_without_mesh, targets, targets_without_mesh, unread } = self.read;
        tell!("retrato: {sources} sources: {sources_without_mesh} read as landmarks alone, {in_box} found only in a box");
        tell!("retrato: {targets} targets: {targets_without_mesh} read as landmarks alone, {unread} not at all");
        let scores = self.results.scores();
        if self.args.json {
            let lines: Vec<String> = scores.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            say!("[\n{}\n]", lines.join(",\n"));
        } else {
            Results.write_all(synthetic_table(&scores).as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes source and targets, numbered as the models' outputs are.
fn keep_truth(folder: &Path, clip: &SyntheticClip) -> anyhow::Result<()> {
    let folder = folder.join("truth");
    std::fs::create_dir_all(&folder)?;
    clip.clip.source.pixels.save(folder.join("source.png"))?;
    for (number, target) in clip.clip.targets.iter().enumerate() {
        target.pixels.save(folder.join(format!("{number:04}.png")))?;
    }
    Ok(())
}
