//! From an episode to what the few-shot generator learns from: sources, a target, and where to look.

use std::ops::Range;

use glam::Vec2;

use super::options::{FewShotOptions, Framing};
use crate::Sample;
use crate::data::region;
use crate::data::{PICTURE_PX, PLANE_CELLS, Part};
use crate::model::INPUT_CELLS;
use crate::random::Random;
use crate::recolouring::Recolouring;
use crate::{HeadEpisode, HeadFrame, tracker_noise};

/// Most sources of one example.
pub const MOST_SOURCES: usize = 8;
/// Most sources that are warped: the nearest ones, as in the program.
pub const MOST_WARPED: usize = 2;
/// Crops of each example, where it is not seen whole.
pub const CROPS: usize = 3;
/// Cells of a mouth's inside from which on it counts as opened.
const OPENED_CELLS: usize = 10;
/// Share of examples whose first frame is among the sources.
const WITH_FIRST: f32 = 0.7;
/// Share of examples whose target is among the sources: where the warp is right, nothing is to be changed.
const WITH_TARGET: f32 = 0.12;
/// Share of examples with pupils drawn.
const WITH_PUPILS: f32 = 0.85;
/// Largest deviation of the landmark noise in pixels, and the largest amount of a tracker's errors.
const MAX_JITTER_PX: f32 = 0.6;
const MAX_TRACKER_NOISE: f32 = 0.8;
/// Deviation of a crop's place, in pixels.
const AROUND_PX: f32 = 8.0;
// Weights of the parts of a picture in the loss.
const MOUTH_WEIGHT: f32 = 9.0;
/// Weight of an eye's cells in the loss.
pub const EYE_WEIGHT: f32 = 7.0;
const LASH_WEIGHT: f32 = 5.0;
const LIP_WEIGHT: f32 = 4.0;
/// Weight of skin, of face and head.
pub const SKIN_WEIGHT: f32 = 1.0;
const WORN_WEIGHT: f32 = 1.0;
/// Weight of all that is neither skin nor part of the face nor worn.
pub const BEHIND_WEIGHT: f32 = 0.3;
/// Cells by which a weighted part reaches beyond itself.
const REACH: usize = 2;
/// Half axes of the places of an eye and a mouth, whatever is seen there, in its widths: lids that are shut and lips that are closed hide what the source
/// shows there, and matter as much.
const EYE_PLACE: Vec2 = Vec2::new(0.55, 0.32);
const MOUTH_PLACE: Vec2 = Vec2::new(0.55, 0.3);

/// One frame as the networks see it.
#[derive(Clone, Debug)]
pub struct View {
    /// RGB in 0..1 at [`Framing::picture`], row by row.
    pub picture: Vec<f32>,
    /// The same at [`INPUT_CELLS`], for the motion net; empty where nothing is warped.
    pub small: Vec<f32>,
    /// As a tracker might find them, in pixels of [`PICTURE_PX`].
    pub landmarks: Vec<Vec2>,
    /// Both pupils in the same pixels, where they are known.
    pub pupils: Option<[Vec2; 2]>,
}

/// One example.
#[derive(Clone, Debug)]
pub struct FewShotExample {
    /// Number of the person among those of the run.
    pub identity: u32,
    /// 1 to [`MOST_SOURCES`], the one most like the target first.
    pub sources: Vec<View>,
    /// The frame that is to be made.
    pub target: View,
    /// Weight of each cell of [`PLANE_CELLS`] squared.
    pub weights: Vec<f32>,
    /// 1 where neither mouth nor eyes are near.
    pub calm: Vec<f32>,
    /// Corners (x, y) of the crops, even numbers of pixels; (0, 0) alone where the picture is seen whole.
    pub crops: Vec<[usize; 2]>,
}

/// Makes an example; `augment` is left out in validation. The same sample number and seed give the same example.
pub fn example(sample: &Sample<HeadEpisode>, options: &FewShotOptions, augment: bool) -> FewShotExample {
    let mut random = Random::new(options.seed ^ 0xFE_5407, sample.number);
    let framing = options.framing();
    let frames = &sample.item.frames;
    let (target, mut sources) = roles(&sample.item, options.most_sources, &mut random);
    if framing.warps && sample.item.target.is_none() && random.chance(WITH_TARGET) {
        sources.insert(0, target);
        sources.truncate(options.most_sources);
    }
    sources.sort_by(|a, b| distance(&frames[*a], &frames[target]).total_cmp(&distance(&frames[*b], &frames[target])));
    let colours = if augment { Recolouring::sometimes(&mut random) } else { Recolouring::NONE };
    let noise = Noise {
        jitter_px: if augment { random.range(0.0, MAX_JITTER_PX) } else { 0.0 },
        amount: if augment { random.range(0.0, MAX_TRACKER_NOISE) } else { 0.0 },
        pupils: !augment || random.chance(WITH_PUPILS),
    };
    let sources = sources.into_iter().map(|k| view(&frames[k], framing, &colours, noise, &mut random)).collect();
    let frame = &frames[target];
    let target = view(frame, framing, &colours, noise, &mut random);
    let (weights, calm) = importance(frame);
    let crops = if framing.warps { (0..CROPS).map(|n| crop(frame, n, framing.side, &mut random)).collect() } else { vec![[0, 0]] };
    FewShotExample { identity: sample.item.identity, sources, target, weights, calm, crops }
}

/// Which frame is the target, and which are sources.
fn roles(episode: &HeadEpisode, most_sources: usize, random: &mut Random) -> (usize, Vec<usize>) {
    let frames = episode.frames.len();
    let first = random.chance(WITH_FIRST);
    // The first frame is rarely the target: its face is calm.
    let drawn = if first { 1 + random.below(frames - 1) } else { random.below(frames) };
    let target = episode.target.unwrap_or(drawn);
    let mut others: Vec<usize> = (0..frames).filter(|k| *k != target).collect();
    for last in (1..others.len()).rev() {
        others.swap(last, random.below(last + 1));
    }
    let count = 1 + random.below(others.len().min(most_sources));
    if first && let Some(at) = others.iter().position(|k| *k == 0) {
        others.swap(0, at);
    }
    others.truncate(count);
    (target, others)
}

/// How far a source is from a target, by what must move: the landmarks, those of mouth and eyes counted twice.
fn distance(source: &HeadFrame, target: &HeadFrame) -> f32 {
    crate::model::landmark_distance(&source.landmarks, &target.landmarks)
}

#[derive(Clone, Copy)]
struct Noise {
    jitter_px: f32,
    amount: f32,
    pupils: bool,
}

fn view(frame: &HeadFrame, framing: Framing, colours: &Recolouring, noise: Noise, random: &mut Random) -> View {
    let mut landmarks = tracker_noise::disturbed(&frame.landmarks, noise.amount, random);
    let mut jitter = || Vec2::new(random.normal(0.0, noise.jitter_px), random.normal(0.0, noise.jitter_px));
    for point in &mut landmarks {
        *point += jitter();
    }
    let pupils = frame.pupils.filter(|_| noise.pupils).map(|pupils| pupils.map(|p| p + jitter()));
    let small = if framing.warps { colours.shrink(&frame.pixels, INPUT_CELLS) } else { Vec::new() };
    View { picture: colours.shrink(&frame.pixels, framing.picture), small, landmarks, pupils }
}

/// A frame as it is.
pub fn plain(frame: &HeadFrame, framing: Framing) -> View {
    let noise = Noise { jitter_px: 0.0, amount: 0.0, pupils: true };
    view(frame, framing, &Recolouring::NONE, noise, &mut Random::new(0, 0))
}

/// Weight of every cell, and where nothing opens or closes. Parts reach beyond themselves: what is next to a lid matters as much.
fn importance(frame: &HeadFrame) -> (Vec<f32>, Vec<f32>) {
    let weight = |label: u8| match Part::of_label(label) {
        Some(part) if part.is_mouth_interior() => MOUTH_WEIGHT,
        Some(Part::EyeSocket | Part::Eyeball) => EYE_WEIGHT,
        Some(Part::Lash) => LASH_WEIGHT,
        Some(Part::Face | Part::Head) => SKIN_WEIGHT,
        Some(part) if part.is_worn() => WORN_WEIGHT,
        _ => BEHIND_WEIGHT,
    };
    let weights: Vec<f32> = frame.labels.iter().map(|l| weight(*l)).collect();
    let mut widened = widest(&weights, REACH);
    for (points, half_axes, least) in
        [(region::RIGHT_EYE, EYE_PLACE, EYE_WEIGHT), (region::LEFT_EYE, EYE_PLACE, EYE_WEIGHT), (region::MOUTH, MOUTH_PLACE, LIP_WEIGHT)]
    {
        raise(&mut widened, &Ellipse::round(&frame.landmarks[points], half_axes), least);
    }
    let calm = widened.iter().map(|w| f32::from(u8::from(*w < LIP_WEIGHT))).collect();
    (widened, calm)
}

/// Where something can open or close, in cells.
struct Ellipse {
    middle: Vec2,
    along: Vec2,
    half_axes: Vec2,
}

impl Ellipse {
    /// Round points of which the widest two lie along it; `half_axes` are in widths.
    fn round(points: &[Vec2], half_axes: Vec2) -> Self {
        let cells = PLANE_CELLS as f32 / PICTURE_PX as f32;
        let across = (points[points.len().min(12) / 2] - points[0]) * cells;
        let middle = points.iter().sum::<Vec2>() / points.len() as f32 * cells;
        Self { middle, along: across.normalize_or(Vec2::X), half_axes: half_axes * across.length().max(1.0) }
    }

    fn holds(&self, place: Vec2) -> bool {
        let from = place - self.middle;
        (Vec2::new(self.along.dot(from), self.along.perp_dot(from)) / self.half_axes).length_squared() <= 1.0
    }
}

/// Raises the cells in an ellipse to `least`.
fn raise(plane: &mut [f32], ellipse: &Ellipse, least: f32) {
    for (cell, value) in plane.iter_mut().enumerate() {
        let place = Vec2::new((cell % PLANE_CELLS) as f32 + 0.5, (cell / PLANE_CELLS) as f32 + 0.5);
        if *value < least && ellipse.holds(place) {
            *value = least;
        }
    }
}

/// The largest value within `reach` cells in both directions.
fn widest(plane: &[f32], reach: usize) -> Vec<f32> {
    let along = |plane: &[f32], step: usize, position: fn(usize) -> usize| -> Vec<f32> {
        (0..plane.len())
            .map(|cell| {
                let at = position(cell);
                let before = at.min(reach);
                let after = (PLANE_CELLS - 1 - at).min(reach);
                (0..=before + after).map(|k| plane[cell - before * step + k * step]).fold(0.0, f32::max)
            })
            .collect()
    };
    let rows = along(plane, 1, |cell| cell % PLANE_CELLS);
    along(&rows, PLANE_CELLS, |cell| cell / PLANE_CELLS)
}

/// Corner of crop number `n`: the first mostly round the mouth when there is something to see in it, the second round an eye, the third anywhere.
fn crop(frame: &HeadFrame, n: usize, side: usize, random: &mut Random) -> [usize; 2] {
    let kind = random.unit();
    let opened = frame.labels.iter().filter(|label| Part::of_label(**label).is_some_and(Part::is_mouth_interior)).count() >= OPENED_CELLS;
    let (mouth, eyes) = match n {
        0 if opened => (0.9, 1.0),
        0 => (0.5, 1.0),
        1 => (0.1, 0.9),
        _ => (0.3, 0.6),
    };
    let middle = |points: Range<usize>| frame.landmarks[points.clone()].iter().sum::<Vec2>() / points.len() as f32;
    let centre = if kind < mouth {
        middle(region::MOUTH)
    } else if kind < eyes {
        middle(if random.chance(0.5) { region::RIGHT_EYE } else { region::LEFT_EYE })
    } else {
        Vec2::new(random.range(0.0, PICTURE_PX as f32), random.range(0.0, PICTURE_PX as f32))
    };
    let shift = Vec2::new(random.normal(0.0, AROUND_PX), random.normal(0.0, AROUND_PX));
    let last = (PICTURE_PX - side) as f32;
    let corner = (centre + shift - side as f32 / 2.0).clamp(Vec2::ZERO, Vec2::splat(last));
    // Unshuffling and landmark images work on squares of two pixels.
    corner.to_array().map(|v| v as usize / 2 * 2)
}
