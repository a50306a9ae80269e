//! From a synthetic pair to what the motion net learns from: inputs, true flow, true visibility, pictures and weights, with augmentation.

use glam::Vec2;

use super::uncovered;
use crate::data::Part;
use crate::model::{FLOW_CELLS, INPUT_CELLS, MotionSample};
use crate::random::Random;
use crate::synth::FramePair;
use retrato_learn::Recolouring;
use retrato_learn::Sample;
use retrato_learn::tracker_noise;

/// One training example; planes are [`FLOW_CELLS`] square, row by row.
#[derive(Clone, Debug)]
pub struct MotionExample {
    /// The net's input.
    pub input: MotionSample,
    /// True backward flow in crop pixels; where background comes to light, from the nearest background that was there already.
    pub flow: Vec<Vec2>,
    /// 1 where the source shows the place, else 0.
    pub visible: Vec<f32>,
    /// Weight of each place's flow error, mean 1.
    pub flow_weight: Vec<f32>,
    /// Weight of each place's colour error, mean 1 before visibility.
    pub colour_weight: Vec<f32>,
    /// 1 on the face's skin, eyes and mouth: for figures.
    pub face: Vec<f32>,
    /// Source and target, RGB in 0..1.
    pub pictures: [Vec<f32>; 2],
}

/// Largest deviation of the landmark noise, in pixels.
const MAX_JITTER_PX: f32 = 0.8;
/// Largest amount of a tracker's errors, as [`tracker_noise`] has them.
const MAX_TRACKER_NOISE: f32 = 1.5;
/// Share of samples with pupils: the tracker does not always know them.
const WITH_PUPILS: f32 = 0.5;
/// Weight of a hidden place's flow error beside a visible one's: of the head, and of background that comes to light.
const HIDDEN_WEIGHT: f32 = 0.08;
const UNCOVERED_WEIGHT: f32 = 0.6;

/// Makes an example; `augment` is left out in validation. The same sample number and seed give the same example.
pub(super) fn example(sample: &Sample<FramePair>, seed: u64, augment: bool) -> MotionExample {
    let mut random = Random::new(seed ^ 0xA06_3E47, sample.number);
    let (from, to) = (sample.turn, 1 - sample.turn);
    let frames = [&sample.item.frames[from], &sample.item.frames[to]];
    let colours = if augment { Recolouring::sometimes(&mut random) } else { Recolouring::NONE };
    let jitter = if augment { random.range(0.0, MAX_JITTER_PX) } else { 0.0 };
    let amount = if augment { random.range(0.0, MAX_TRACKER_NOISE) } else { 0.0 };
    let [source, target] = frames.map(|frame| {
        let mut points = tracker_noise::disturbed(&frame.landmarks, amount, &mut random);
        for point in &mut points {
            *point += Vec2::new(random.normal(0.0, jitter), random.normal(0.0, jitter));
        }
        points
    });
    let pupils = (!augment || random.chance(WITH_PUPILS)).then(|| frames.map(|frame| frame.pupils));
    let backward = &sample.item.backward[from];
    let visible: Vec<f32> = backward.visible.iter().map(|v| f32::from(u8::from(*v))).collect();
    let labels = &frames[1].labels;
    let (flow_weight, colour_weight) = weights(labels, &visible);
    let pictures = frames.map(|frame| colours.shrink(&frame.pixels, FLOW_CELLS));
    MotionExample {
        input: MotionSample {
            source,
            target,
            pupils,
            picture: colours.shrink(&frames[0].pixels, INPUT_CELLS),
            body_follow: sample.item.body_follow,
        },
        flow: uncovered::with_background_fetched(&backward.displacement_px, labels, &visible),
        visible,
        flow_weight,
        colour_weight,
        face: labels.iter().map(|l| f32::from(u8::from(is_face(*l)))).collect(),
        pictures,
    }
}

/// Whether a label is of the face's skin, eyes or mouth.
fn is_face(label: u8) -> bool {
    [Part::Face, Part::MouthInterior, Part::EyeSocket, Part::Gums, Part::Teeth, Part::Eyeball, Part::Lash].iter().any(|p| *p as u8 == label)
}

/// Whether a label is of what opens and closes.
fn is_mouth_or_eye(label: u8) -> bool {
    is_face(label) && label != Part::Face as u8
}

/// Whether a label is of what is worn.
fn is_worn(label: u8) -> bool {
    [Part::Hair, Part::Headwear, Part::Glasses, Part::Jewellery].iter().any(|p| *p as u8 == label)
}

/// Weights of flow and colour errors: the face counts more, mouth and eyes most, hidden places little.
fn weights(labels: &[u8], visible: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let weight = |label: u8| {
        1.0 + if is_face(label) { 3.0 } else { 0.0 }
            + if is_worn(label) { 1.0 } else { 0.0 }
            + if is_mouth_or_eye(label) { 4.0 } else { 0.0 }
    };
    let hidden = |label: u8| if label == Part::Background as u8 { UNCOVERED_WEIGHT } else { HIDDEN_WEIGHT };
    let flow = labels.iter().zip(visible).map(|(l, v)| weight(*l) * (v + hidden(*l) * (1.0 - v))).collect();
    (normalised(flow), normalised(labels.iter().map(|l| weight(*l)).collect()))
}

fn normalised(mut weights: Vec<f32>) -> Vec<f32> {
    let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
    for weight in &mut weights {
        *weight /= mean.max(1e-6);
    }
    weights
}
