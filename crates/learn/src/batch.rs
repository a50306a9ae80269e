//! Examples as tensors: sources for the embedder, their warps by the motion net where it takes part, and what the generator gets and shall give.

use candle_core::{D, DType, Device, Result, Tensor};

use super::examples::{FewShotExample, MOST_WARPED, View};
use super::options::Framing;
use crate::data::{PICTURE_PX, PLANE_CELLS};
use crate::model::{
    EyePrior, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MotionBatch, MotionNet, MotionSample, MouthPrior, SOURCE_NUMBERS, WarpedSource, cut,
    draw_landmarks,
};
use crate::nn::ops;

/// Weight that a place gains by being hidden in the source.
const HIDDEN_WEIGHT: f64 = 1.5;

/// What one step learns from. Crops of one example lie behind each other; where there are none, each example has its whole picture in their place.
pub struct FewShotBatch {
    /// All sources of all examples, RGB in 0..1, `[sources, picture, picture, 3]`.
    pub pictures: Tensor,
    /// Their landmark images, `[sources, picture / share, picture / share, LANDMARK_CHANNELS]`.
    pub landmarks: Tensor,
    /// `[examples, sources]`: takes the mean over each example's sources.
    pub means: Tensor,
    /// For each crop, which example it is of.
    pub example_of: Tensor,
    /// Identity of each crop.
    pub identities: Vec<u32>,
    /// The warped source, `[crops, side, side, …]`, where the generator works from one.
    pub warped: Option<WarpedSource>,
    /// What the output should be, RGB in 0..1, `[crops, side, side, 3]`.
    pub target: Tensor,
    /// Weight of each pixel in the loss, mean 1, `[crops, side, side, 1]`.
    pub weights: Tensor,
    /// 1 away from mouth and eyes, 0 in them, `[crops, side, side, 1]`.
    pub calm: Tensor,
    /// `[crops, side / share, side / share, LANDMARK_CHANNELS]`.
    pub target_landmarks: Tensor,
}

impl FewShotBatch {
    /// Warps by `motion`, if the framing wants that; its weights get no gradients here.
    pub fn new(examples: &[FewShotExample], motion: Option<&MotionNet>, framing: Framing, device: &Device) -> Result<Self> {
        let Framing { picture, side, share, warps } = framing;
        let sources: Vec<&View> = examples.iter().flat_map(|e| &e.sources).collect();
        let targets: Vec<&View> = examples.iter().map(|e| &e.target).collect();
        let whole = motion.filter(|_| warps).map(|motion| warped(examples, motion, device)).transpose()?;
        let (target, target_landmarks) = seen(&targets, framing, device)?;
        let plane = |values: fn(&FewShotExample) -> &[f32]| {
            let all: Vec<f32> = examples.iter().flat_map(values).copied().collect();
            let full = ops::upsample_bilinear(&Tensor::from_vec(all, (examples.len(), PLANE_CELLS, PLANE_CELLS, 1), device)?)?;
            if picture == PICTURE_PX { Ok(full) } else { ops::average_pool(&full, PICTURE_PX / picture) }
        };
        let calm = plane(|e| &e.calm)?;
        let mut weights = plane(|e| &e.weights)?;
        if let Some(whole) = &whole {
            weights = (weights + whole.visibility.affine(-HIDDEN_WEIGHT, HIDDEN_WEIGHT)?)?;
        }
        let crops = |planes: &Tensor, share: usize| {
            let cuts = examples.iter().enumerate().flat_map(|(n, e)| e.crops.iter().map(move |corner| (n, *corner)));
            let cuts: Vec<Tensor> =
                cuts.map(|(n, corner)| cut(planes, n, corner.map(|c| c / share), [side / share; 2])).collect::<Result<_>>()?;
            Tensor::cat(&cuts, 0)
        };
        let weights = crops(&weights, 1)?;
        let mean = weights.mean_all()?;
        let of_examples = || (0..examples.len() as u32).flat_map(|n| examples[n as usize].crops.iter().map(move |_| n));
        let warped = |whole: WarpedSource| {
            Ok::<_, candle_core::Error>(WarpedSource { picture: crops(&whole.picture, 1)?, visibility: crops(&whole.visibility, 1)? })
        };
        let (pictures, landmarks) = seen(&sources, framing, device)?;
        Ok(Self {
            pictures,
            landmarks,
            means: means(examples, device)?,
            example_of: Tensor::from_iter(of_examples(), device)?,
            identities: of_examples().map(|n| examples[n as usize].identity).collect(),
            warped: whole.map(warped).transpose()?,
            target: crops(&target, 1)?,
            weights: weights.broadcast_div(&mean)?,
            calm: crops(&calm, 1)?,
            target_landmarks: crops(&target_landmarks, share)?,
        })
    }
}

/// Every example's sources as the motion net fetches them, the nearest over the next.
fn warped(examples: &[FewShotExample], motion: &MotionNet, device: &Device) -> Result<WarpedSource> {
    // All first sources, then the second ones of those examples that have them.
    let rank = |rank: usize| examples.iter().enumerate().filter_map(move |(n, e)| Some((n, e.sources.get(rank)?, &e.target)));
    let mut done: Option<WarpedSource> = None;
    for ranked in (0..MOST_WARPED).map(|k| rank(k).collect::<Vec<_>>()) {
        if ranked.is_empty() {
            break;
        }
        let samples: Vec<MotionSample> = ranked.iter().map(|(_, source, target)| motion_sample(source, target)).collect();
        let views: Vec<&View> = ranked.iter().map(|(_, source, _)| *source).collect();
        let fetched =
            WarpedSource::fetched(&pictures(&views, PICTURE_PX, device)?, &motion.forward(&MotionBatch::new(&samples, device)?)?)?;
        done = Some(match done {
            None => fetched,
            Some(nearer) => behind(&nearer, &fetched, &ranked.iter().map(|(n, ..)| *n).collect::<Vec<_>>())?,
        });
    }
    with_parts(&done.ok_or_else(|| candle_core::Error::Msg("no examples".to_owned()))?, examples)
}

/// Draws into each example how its mouth and its eyes may look, known from the nearest source, as the program does.
fn with_parts(warped: &WarpedSource, examples: &[FewShotExample]) -> Result<WarpedSource> {
    let size = [PICTURE_PX; 2];
    let mut numbers = ops::numbers(&warped.channels()?)?.to_vec();
    for (example, source) in examples.iter().zip(numbers.chunks_exact_mut(PICTURE_PX * PICTURE_PX * SOURCE_NUMBERS)) {
        let Some(near) = example.sources.first() else { continue };
        let target = &example.target;
        if let Some(mouth) = MouthPrior::of(&near.picture, &near.landmarks) {
            mouth.draw(&target.landmarks, [0, 0], size, source);
        }
        if let Some((was, is)) =
            EyePrior::seen(&near.picture, &near.landmarks, near.pupils).zip(EyePrior::of(&target.landmarks, target.pupils))
        {
            was.draw(&near.picture, &is, [0, 0], size, source);
        }
    }
    let drawn = Tensor::from_vec(numbers, (examples.len(), PICTURE_PX, PICTURE_PX, SOURCE_NUMBERS), warped.picture.device())?;
    Ok(WarpedSource { picture: drawn.narrow(D::Minus1, 0, 3)?.contiguous()?, visibility: drawn.narrow(D::Minus1, 3, 1)?.contiguous()? })
}

/// Puts `further`, the sources of the examples `numbers`, behind `nearer`, the sources of all.
fn behind(nearer: &WarpedSource, further: &WarpedSource, numbers: &[usize]) -> Result<WarpedSource> {
    let count = nearer.picture.dim(0)?;
    let mut parts: Vec<WarpedSource> = Vec::with_capacity(count);
    for n in 0..count {
        let part = |source: &WarpedSource, k: usize| -> Result<WarpedSource> {
            Ok(WarpedSource { picture: source.picture.narrow(0, k, 1)?, visibility: source.visibility.narrow(0, k, 1)? })
        };
        let own = part(nearer, n)?;
        parts.push(match numbers.iter().position(|m| *m == n) {
            Some(k) => own.over(&part(further, k)?)?,
            None => own,
        });
    }
    let all = |plane: fn(&WarpedSource) -> &Tensor| Tensor::cat(&parts.iter().map(plane).collect::<Vec<_>>(), 0);
    Ok(WarpedSource { picture: all(|p| &p.picture)?, visibility: all(|p| &p.visibility)? })
}

fn motion_sample(source: &View, target: &View) -> MotionSample {
    // The body as in the program, and no pupils: moving the iris is left to the generator.
    MotionSample::of_still_body(&source.landmarks, &target.landmarks, source.small.clone())
}

fn pictures(views: &[&View], side: usize, device: &Device) -> Result<Tensor> {
    let all: Vec<f32> = views.iter().flat_map(|view| &view.picture).copied().collect();
    Tensor::from_vec(all, (views.len(), side, side, 3), device)
}

fn landmark_images(views: &[&View], cells: usize, device: &Device) -> Result<Tensor> {
    let numbers = cells * cells * LANDMARK_CHANNELS;
    let mut all = vec![0.0_f32; views.len() * numbers];
    for (view, image) in views.iter().zip(all.chunks_exact_mut(numbers.max(1))) {
        draw_landmarks(&view.landmarks, view.pupils, cells, LANDMARK_LINE_RADIUS, image, LANDMARK_CHANNELS, 0);
    }
    Tensor::from_vec(all, (views.len(), cells, cells, LANDMARK_CHANNELS), device)
}

/// What the embedder sees of views.
pub fn seen(views: &[&View], framing: Framing, device: &Device) -> Result<(Tensor, Tensor)> {
    Ok((pictures(views, framing.picture, device)?, landmark_images(views, framing.picture / framing.share, device)?))
}

/// The matrix that takes the mean over each example's sources.
fn means(examples: &[FewShotExample], device: &Device) -> Result<Tensor> {
    let total: usize = examples.iter().map(|e| e.sources.len()).sum();
    let mut matrix = vec![0.0_f32; examples.len() * total];
    let mut first = 0;
    for (row, example) in matrix.chunks_exact_mut(total.max(1)).zip(examples) {
        let count = example.sources.len();
        row[first..first + count].fill(1.0 / count as f32);
        first += count;
    }
    Tensor::from_vec(matrix, (examples.len(), total), device)?.to_dtype(DType::F32)
}
