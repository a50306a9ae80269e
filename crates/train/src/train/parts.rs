//! Training of the networks of eyes and mouth on close-ups.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use candle_core::{D, DType, Device, Tensor};
use image::RgbImage;
use rayon::prelude::*;
use retrato_head::FacePart;
use retrato_learn::{Chart, Figures, Sample, TrainError, loss};
use retrato_parts::{GUIDE_CHANNELS, GUIDE_SHARE, fade};
use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, write_whole};
use super::close_ups::{PartEpisode, PartExample, SKIN_WEIGHT};
use super::learning::{Groups, Learning, in_shares};
use super::stream::{Dataset, Stream, StreamOptions};
use super::trainer::{StepReport, Trainer, rate_at};
use crate::model::{GeneratorInput, PartConfig, PartNet, PartNets, SOURCE_NUMBERS, WarpedSource};
use crate::nn::{AdamSettings, Gradients, MovingAverage, Scope, Store, to_bytes};
use crate::synth::{CLOSE_UP_FRAMES, Scratch};

/// A source of episodes.
pub type PartSource = dyn Dataset<Item = PartEpisode>;

/// What a checkpoint of this run calls itself.
const KIND: &str = "retrato part training 1";
/// What a checkpoint calls weights, optimiser and steps.
const GROUPS: Groups = ["weights", "adam", "adam steps"];
/// The contact sheet that lies beside exported weights.
const SHEET_FILE: &str = "parts.sheet.png";
/// Held-out close-ups on it, and frames of each.
const SHEET_ROWS: usize = 12;
const SHEET_FRAMES: usize = 2;
/// Weight of errors of the steps between neighbours, against those of colours.
const EDGES: f64 = 0.7;
/// Weight of changes to skin away from lids and lips: geometry draws it with the picture's own brushwork.
const RESTRAINT: f64 = 0.5;
/// Weight of the eyes' loss against the mouth's: there are two of them.
const EYES: f64 = 1.0;

/// Settings of a run.
#[derive(Clone, Debug)]
pub struct PartOptions {
    /// Seed of the weights, the close-ups and their order.
    pub seed: u64,
    /// Steps of the whole run: the learning rate falls towards the last of them.
    pub steps: u64,
    /// Frames per step.
    pub batch: usize,
    /// Learning rate after warming up.
    pub rate: f32,
    /// Share of the averaged weights that one step keeps.
    pub average_decay: f32,
    /// Sizes of the networks.
    pub config: PartConfig,
    /// Close-ups per block of the stream.
    pub block: usize,
    /// Visits of each frame.
    pub visits: usize,
    /// Threads that make close-ups.
    pub threads: usize,
    /// Shares of a batch that are worked on side by side.
    pub shards: usize,
    /// Held-out close-ups.
    pub validation: usize,
    /// Where the networks are trained.
    pub device: Device,
}

/// Figures of one batch: weighted absolute errors, colours in 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartFigures {
    /// The whole loss.
    pub loss: f32,
    /// Error of eyes.
    pub eye_error: f32,
    /// The same as geometry draws them.
    pub eye_given: f32,
    /// Error of mouths.
    pub mouth_error: f32,
    /// The same as geometry draws them.
    pub mouth_given: f32,
    /// Errors of eyes and mouths with another person's embedding; in validation only.
    #[serde(default)]
    pub eye_shuffled: f32,
    /// See [`Self::eye_shuffled`].
    #[serde(default)]
    pub mouth_shuffled: f32,
}

impl PartFigures {
    fn each(&self, other: &Self, join: impl Fn(f32, f32) -> f32) -> Self {
        Self {
            loss: join(self.loss, other.loss),
            eye_error: join(self.eye_error, other.eye_error),
            eye_given: join(self.eye_given, other.eye_given),
            mouth_error: join(self.mouth_error, other.mouth_error),
            mouth_given: join(self.mouth_given, other.mouth_given),
            eye_shuffled: join(self.eye_shuffled, other.eye_shuffled),
            mouth_shuffled: join(self.mouth_shuffled, other.mouth_shuffled),
        }
    }
}

impl Figures for PartFigures {
    const CHARTS: [Chart<Self>; 3] = [("loss", |p| p.loss), ("error of eyes", |p| p.eye_error), ("error of mouths", |p| p.mouth_error)];

    fn plus(&self, other: &Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    fn divided(&self, count: f32) -> Self {
        self.each(self, |a, _| a / count)
    }

    fn loss(&self) -> f32 {
        self.loss
    }

    fn words(&self) -> String {
        let Self { eye_error, eye_given, mouth_error, mouth_given, eye_shuffled, mouth_shuffled, .. } = self;
        let of =
            |error: &f32, given: &f32, shuffled: &f32| format!("{error:.4} (as drawn {given:.4}, with another's embedding {shuffled:.4})");
        format!("eyes {}, mouths {}", of(eye_error, eye_given, eye_shuffled), of(mouth_error, mouth_given, mouth_shuffled))
    }
}

/// A run of training.
pub struct PartTrainer {
    options: PartOptions,
    learning: Learning<PartNets>,
    average: MovingAverage,
    stream: Stream<PartEpisode>,
    held_out: Vec<Arc<PartEpisode>>,
    step: u64,
}

impl PartTrainer {
    /// A run from fresh weights, or from those of an earlier one.
    ///
    /// # Errors
    /// Weights of another size; no close-up can be made.
    pub fn new(source: &Arc<PartSource>, options: PartOptions, start: Option<BTreeMap<String, Tensor>>) -> Result<Self, TrainError> {
        let device = &options.device;
        let store = start.map_or_else(|| Store::fresh(options.seed, device), |w| Store::from_tensors(w, true, device));
        let nets = PartNets::new(&store.scope(), &options.config)?;
        let average = MovingAverage::new(&store.variables(), options.average_decay)?;
        Self::assemble(source, options, Learning::new(store, nets, AdamSettings::default())?, average, 0)
    }

    /// Goes on exactly where a checkpoint was written.
    ///
    /// # Errors
    /// A checkpoint of another run.
    pub fn resume(source: &Arc<PartSource>, options: PartOptions, path: &Path) -> Result<Self, TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        checkpoint.check(path, KIND, &identity(&options))?;
        let step = checkpoint.count("step").unwrap_or(0);
        let nets = |scope: &Scope<'_>| PartNets::new(scope, &options.config);
        let learning = Learning::resumed(&checkpoint, GROUPS, AdamSettings::default(), &options.device, nets)?;
        let average = MovingAverage::restored(checkpoint.group("average"), options.average_decay);
        Self::assemble(source, options, learning, average, step)
    }

    fn assemble(
        source: &Arc<PartSource>,
        options: PartOptions,
        learning: Learning<PartNets>,
        average: MovingAverage,
        step: u64,
    ) -> Result<Self, TrainError> {
        let held_out = (0..options.validation as u64)
            .into_par_iter()
            .map_init(Scratch::new, |scratch, index| source.held_out(options.seed, index, scratch).map(Arc::new))
            .collect::<Result<_, _>>()?;
        let PartOptions { seed, block, visits, threads, batch, .. } = options;
        let stream_options = StreamOptions { seed, block, turns: CLOSE_UP_FRAMES, visits, threads };
        let stream = Stream::new(source, stream_options, step * batch as u64);
        Ok(Self { options, learning, average, stream, held_out, step })
    }

    /// A contact sheet of held-out close-ups: of two frames each, right eye, left eye (mirrored) and mouth as geometry draws them, as the networks make them, and as
    /// they are.
    fn sheet(&self) -> Result<RgbImage, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let nets = PartNets::new(&store.scope(), &self.options.config)?;
        let sizes = FacePart::ALL.map(|part| part.size().map(|px| px as u32));
        let across: u32 = sizes.iter().map(|[width, _]| 3 * width).sum();
        let down = sizes.iter().map(|[_, height]| *height).max().unwrap_or(0);
        let episodes = &self.held_out[..self.held_out.len().min(SHEET_ROWS)];
        let mut sheet = RgbImage::new(across * SHEET_FRAMES as u32, down * episodes.len() as u32);
        let mut top = 0;
        for episode in episodes {
            let mut left = 0;
            for frame in episode.frames.iter().skip(1).take(SHEET_FRAMES) {
                for ((part, example), [width, height]) in FacePart::ALL.into_iter().zip(frame).zip(sizes) {
                    let net = if part == FacePart::Mouth { &nets.mouth } else { &nets.eye };
                    let batch = Batch::new(&[(&episode.embedding, example)], part, &self.options.device)?;
                    for picture in [&batch.source.picture, &batch.made(net)?, &batch.target] {
                        let values = (picture.clamp(0.0, 1.0)? * 255.0)?.flatten_all()?.to_vec1::<f32>()?;
                        let bytes = values.iter().map(|v| (v + 0.5) as u8).collect();
                        if let Some(tile) = RgbImage::from_raw(width, height, bytes) {
                            image::imageops::replace(&mut sheet, &tile, left, top);
                        }
                        left += i64::from(width);
                    }
                }
            }
            top += i64::from(down);
        }
        Ok(sheet)
    }

    /// Mean gradients and figures of a batch.
    fn gradients(&self, samples: &[Sample<PartEpisode>]) -> Result<(Gradients, PartFigures), TrainError> {
        let (nets, device, variables) = (&self.learning.net, &self.options.device, self.learning.store.variables());
        let ([gradients], figures) = in_shares(samples, self.options.shards, |samples| {
            let frames: Vec<(&PartEpisode, usize)> = samples.iter().map(|s| (&*s.item, s.turn)).collect();
            let (loss, figures) = loss_of(nets, &frames, device)?;
            Ok(([Gradients::of(&loss.backward()?, &variables)?], figures))
        })?;
        Ok((gradients, figures))
    }
}

impl Trainer for PartTrainer {
    type Figures = PartFigures;

    fn steps(&self) -> u64 {
        self.step
    }

    fn is_finished(&self) -> bool {
        self.step >= self.options.steps
    }

    fn step(&mut self) -> Result<StepReport<PartFigures>, TrainError> {
        let samples: Vec<_> = (0..self.options.batch).map(|_| self.stream.sample()).collect::<Result<_, _>>()?;
        let (gradients, parts) = self.gradients(&samples)?;
        if !parts.loss.is_finite() {
            return Err(TrainError::Diverged(self.step));
        }
        let rate = rate_at(self.options.rate, self.step, self.options.steps);
        let gradient_norm = self.learning.adam.step(&gradients, rate)?;
        self.average.update(&self.learning.store.variables(), self.step)?;
        self.step += 1;
        Ok(StepReport { step: self.step, parts, rate, gradient_norm })
    }

    fn validate(&self) -> Result<PartFigures, TrainError> {
        let store = Store::from_tensors(self.average.values().clone(), false, &self.options.device);
        let nets = PartNets::new(&store.scope(), &self.options.config)?;
        let mut sum = PartFigures::default();
        for (episode, other) in self.held_out.iter().zip(self.held_out.iter().cycle().skip(1)) {
            let figures = |episode: &PartEpisode| -> Result<PartFigures, TrainError> {
                let frames: Vec<(&PartEpisode, usize)> = (1..episode.frames.len()).map(|frame| (episode, frame)).collect();
                Ok(loss_of(&nets, &frames, &self.options.device)?.1)
            };
            let own = figures(episode)?;
            let shuffled = figures(&PartEpisode { embedding: other.embedding.clone(), frames: episode.frames.clone() })?;
            sum = sum.plus(&PartFigures { eye_shuffled: shuffled.eye_error, mouth_shuffled: shuffled.mouth_error, ..own });
        }
        Ok(sum.divided(self.held_out.len().max(1) as f32))
    }

    fn save(&self, path: &Path) -> Result<(), TrainError> {
        let mut checkpoint = Checkpoint::default();
        self.learning.keep(&mut checkpoint, GROUPS)?;
        checkpoint.put("average", self.average.values());
        checkpoint.describe(KIND, &identity(&self.options));
        checkpoint.about.insert("step".to_owned(), self.step.to_string());
        checkpoint.write(path)
    }

    fn export(&self, path: &Path) -> Result<(), TrainError> {
        let bytes = to_bytes(self.average.values(), candle_core::DType::F16, std::collections::HashMap::new())?;
        write_whole(path, &bytes)?;
        let mut sheet = std::io::Cursor::new(Vec::new());
        self.sheet()?.write_to(&mut sheet, image::ImageFormat::Png).map_err(|error| TrainError::Settings(error.to_string()))?;
        write_whole(&path.with_file_name(SHEET_FILE), sheet.get_ref())
    }
}

/// What must be the same for a checkpoint to fit; steps may differ, so that a run can be made longer.
fn identity(options: &PartOptions) -> String {
    let PartOptions { seed, batch, shards, block, visits, config, .. } = options;
    format!("seed {seed} batch {batch} in {shards} block {block} visits {visits} {config:?}")
}

/// The loss of some frames, and its figures.
fn loss_of(nets: &PartNets, frames: &[(&PartEpisode, usize)], device: &Device) -> Result<(Tensor, PartFigures), TrainError> {
    let eyes: Vec<(&[f32], &PartExample)> = of(frames, &[0, 1]);
    let mouths: Vec<(&[f32], &PartExample)> = of(frames, &[2]);
    let eye = Batch::new(&eyes, FacePart::RightEye, device)?;
    let mouth = Batch::new(&mouths, FacePart::Mouth, device)?;
    let (eye_loss, [eye_error, eye_given]) = eye.loss(&nets.eye)?;
    let (mouth_loss, [mouth_error, mouth_given]) = mouth.loss(&nets.mouth)?;
    let loss = ((eye_loss * EYES)? + mouth_loss)?;
    let loss_value = loss.to_scalar()?;
    let figures = PartFigures { loss: loss_value, eye_error, eye_given, mouth_error, mouth_given, ..PartFigures::default() };
    Ok((loss, figures))
}

/// Some parts of all frames, with the embedding of each.
fn of<'a>(frames: &[(&'a PartEpisode, usize)], parts: &[usize]) -> Vec<(&'a [f32], &'a PartExample)> {
    let of_frame = |(episode, frame): &(&'a PartEpisode, usize)| {
        let (episode, frame) = (*episode, *frame);
        parts
            .iter()
            .filter_map(move |part| Some((episode.embedding.as_slice(), episode.frames.get(frame)?.get(*part)?)))
            .collect::<Vec<_>>()
    };
    frames.iter().flat_map(of_frame).collect()
}

/// Parts of one kind as tensors.
struct Batch {
    embeddings: Tensor,
    source: WarpedSource,
    guide: Tensor,
    target: Tensor,
    weights: Tensor,
    /// 1 on skin away from what opens, else 0.
    calm: Tensor,
    fade: Tensor,
}

impl Batch {
    fn new(parts: &[(&[f32], &PartExample)], part: FacePart, device: &Device) -> candle_core::Result<Self> {
        let ([width, height], count) = (part.size(), parts.len());
        let plane = |values: fn(&PartExample) -> &[f32], share: usize, numbers: usize| {
            let all: Vec<f32> = parts.iter().flat_map(|(_, example)| values(example)).copied().collect();
            Tensor::from_vec(all, (count, height / share, width / share, numbers), device)
        };
        let source = plane(|e| &e.input.source, 1, SOURCE_NUMBERS)?;
        let weights = plane(|e| &e.weights, 1, 1)?;
        let calm = weights.le(SKIN_WEIGHT)?.to_dtype(DType::F32)?;
        let numbers = parts.first().map_or(0, |(embedding, _)| embedding.len());
        let embeddings: Vec<f32> = parts.iter().flat_map(|(embedding, _)| *embedding).copied().collect();
        Ok(Self {
            embeddings: Tensor::from_vec(embeddings, (count, numbers), device)?,
            source: WarpedSource {
                picture: source.narrow(D::Minus1, 0, 3)?.contiguous()?,
                visibility: source.narrow(D::Minus1, 3, 1)?.contiguous()?,
            },
            guide: plane(|e| &e.input.guide, GUIDE_SHARE, GUIDE_CHANNELS)?,
            target: plane(|e| &e.target, 1, 3)?,
            weights: weights.broadcast_div(&(weights.mean_all()? + 1e-6)?)?,
            calm,
            fade: Tensor::from_vec(fade([width, height]), (1, height, width, 1), device)?,
        })
    }

    /// What the network makes of the parts.
    fn made(&self, net: &PartNet) -> candle_core::Result<Tensor> {
        let style = net.projection.project(&self.embeddings)?;
        let input = GeneratorInput { source: Some(self.source.clone()), landmarks: self.guide.clone() };
        let output = net.generator.forward(&input, &style)?;
        // As it is used: nothing is changed along the border.
        let change = (output.picture - &self.source.picture)?.broadcast_mul(&self.fade)?;
        &self.source.picture + change
    }

    /// The loss; the error of what the network makes, and of what it is given.
    fn loss(&self, net: &PartNet) -> Result<(Tensor, [f32; 2]), TrainError> {
        let made = self.made(net)?;
        let changes = (&made - &self.source.picture)?.abs()?.broadcast_mul(&self.calm)?.mean_all()?;
        let loss = (loss::multi_scale_error(&made, &self.target, &self.weights, EDGES)? + (changes * RESTRAINT)?)?;
        let error =
            |picture: &Tensor| -> candle_core::Result<f32> { loss::weighted_error(picture, &self.target, &self.weights)?.to_scalar() };
        Ok((loss, [error(&made)?, error(&self.source.picture)?]))
    }
}

#[cfg(test)]
mod tests {
    use retrato_parts::PartInput;

    use super::*;
    use crate::model::{Preset, TextureConfig};
    use crate::nn::ops::Statistics;
    use crate::random::Random;

    /// Parts of one colour, which shall become darker the larger a number of their person is.
    struct Darker;

    impl Dataset for Darker {
        type Item = PartEpisode;

        fn make(&self, seed: u64, index: u64, _: &mut Scratch) -> Result<PartEpisode, TrainError> {
            let mut random = Random::new(seed, index);
            let person = random.range(-1.0, 1.0);
            let mut example = |part: FacePart| {
                let [width, height] = part.size();
                let colour = random.range(0.4, 0.8);
                let source = (0..width * height).flat_map(|_| [colour, colour, colour, 1.0]).collect();
                let guide = vec![0.0; width * height / 4 * GUIDE_CHANNELS];
                PartExample {
                    input: PartInput { source, guide },
                    target: vec![colour - 0.15 - 0.1 * person; width * height * 3],
                    weights: vec![1.0; width * height],
                }
            };
            let frames = (0..CLOSE_UP_FRAMES).map(|_| FacePart::ALL.map(&mut example)).collect();
            Ok(PartEpisode { embedding: vec![person; 8], frames })
        }
    }

    fn options() -> PartOptions {
        let texture = TextureConfig { channels: [4, 8, 8], blocks: 1, refinements: 1, statistics: Statistics::None, spectral: false };
        PartOptions {
            seed: 2,
            steps: 100,
            batch: 2,
            rate: 3e-3,
            average_decay: 0.8,
            config: PartConfig { embedding: 8, eye: texture.clone(), mouth: texture },
            block: 2,
            visits: 1,
            threads: 1,
            shards: 2,
            validation: 2,
            device: Device::Cpu,
        }
    }

    #[test]
    fn networks_learn_what_parts_should_look_like_and_go_on_as_if_they_had_not_stopped() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run.safetensors");
        let source: Arc<PartSource> = Arc::new(Darker);
        let mut trainer = PartTrainer::new(&source, options(), None)?;
        let before = trainer.validate()?;
        assert!((before.eye_error - before.eye_given).abs() < 1e-6, "fresh networks change nothing: {before:?}");
        for _ in 0..40 {
            trainer.step()?;
        }
        let after = trainer.validate()?;
        assert!(after.eye_error < 0.7 * after.eye_given && after.mouth_error < 0.7 * after.mouth_given, "{after:?}");
        trainer.save(&path)?;
        let went_on = trainer.step()?.parts;
        let resumed = PartTrainer::resume(&source, options(), &path)?.step()?.parts;
        assert_eq!(went_on, resumed, "bit for bit");
        let exported = folder.path().join("parts.safetensors");
        trainer.export(&exported)?;
        PartNets::new(&Store::from_file(&exported, false, &Device::Cpu)?.scope(), &options().config)?;
        assert!(folder.path().join(SHEET_FILE).exists(), "with a contact sheet");
        Ok(())
    }

    #[test]
    fn the_shipped_sizes_are_quick() -> anyhow::Result<()> {
        let nets = PartNets::new(&Store::fresh(1, &Device::Cpu).scope(), &PartConfig::of(Preset::Retrato))?;
        let flops = |net: &PartNet, part: FacePart| net.flops([part.size()[1], part.size()[0]]);
        let all = 2 * flops(&nets.eye, FacePart::RightEye)? + flops(&nets.mouth, FacePart::Mouth)?;
        assert!(all < 1_500_000_000, "operations of a frame: {all}");
        Ok(())
    }
}
