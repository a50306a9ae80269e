//! What the few-shot generator paints over the warped portrait: the inside of an opened mouth, closed lids, moved eyes.
//!
//! The embedding is made once per portrait. Each frame, the generator sees the square round the face only; it has no statistics over the picture, so that
//! there it gives what it would give in the whole. Outside the face nothing is painted, and the background stays the picture's own.

use candle_core::{Device, Result, Tensor};
use glam::Vec2;
use rayon::prelude::*;

use super::gates::{Face, Gates, averaged};
use super::smooth_step;
use crate::data::{CROP_PX, Landmarks, PaintField, Portrait, PuppetMotion, UncoveredField};
use crate::model::{
    Embedder, FewShotNets, FrozenGenerator, INPUT_CELLS, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MotionBatch, MotionFlow, MotionNet,
    MotionSample, SOURCE_NUMBERS, Tuned, draw_landmarks, fetch_part, landmark_distance, lay_over,
};
use crate::nn::WeightsError;

/// Cells along each side of the paint and of the pictures that the networks see.
const CELLS: usize = CROP_PX as usize;
/// Distance from the face's outline at which paint begins to fade and where none is left, in distances between the eyes.
const FADE: std::ops::Range<f32> = 0.1..0.35;
/// Change of colour from which on the warped picture's own detail gives way, and at which none of it is kept. Below, the brushwork stays under the change.
const GIVES_WAY: std::ops::Range<f32> = 0.06..0.25;
/// Most pictures of one person that are used.
const MOST_PICTURES: usize = 32;
/// Changes smaller than this are none: half a step of 8 bits.
const NOTICED: f32 = 0.5 / 255.0;

/// The few-shot networks, and what they need of a portrait.
pub struct Painter {
    nets: FewShotNets,
    sitter: Option<Sitter>,
    frame: Frame,
}

/// Memory of a frame.
#[derive(Default)]
struct Frame {
    /// The portrait as the motion net fetches it, and what the generator sees: `SOURCE_NUMBERS` for each pixel of the square.
    own: Vec<f32>,
    source: Vec<f32>,
    behind: Vec<f32>,
    /// The target's landmark image, whole and as much of it as lies in the square.
    landmarks: Vec<f32>,
    landmarks_in_square: Vec<f32>,
}

/// What is known of the person: one picture at least, the portrait itself first.
struct Sitter {
    pictures: Vec<Seen>,
    /// In the style of the mean embedding of all pictures, or the person's own where there was fine-tuning.
    generator: FrozenGenerator,
}

/// One picture as the networks see it.
struct Seen {
    /// `[256, 256, 3]`.
    picture: Vec<f32>,
    /// The same small, for the motion net.
    small: Vec<f32>,
    landmarks: Landmarks,
    pupils: [Vec2; 2],
    /// `[1, numbers]`.
    embedding: Tensor,
}

impl Painter {
    /// A painter without a portrait, who paints nothing.
    pub fn new(nets: FewShotNets) -> Self {
        Self { nets, sitter: None, frame: Frame::default() }
    }

    pub(super) fn set_portrait(&mut self, portrait: &Portrait) -> Result<()> {
        self.sitter = None;
        let first = self.see(portrait)?;
        let pictures = vec![first];
        self.sitter = Some(Sitter { generator: fed_forward(&self.nets, &pictures)?, pictures });
        Ok(())
    }

    /// Another picture of the same person; what is beyond the most that are used is left out.
    pub(super) fn add_source(&mut self, portrait: &Portrait) -> Result<()> {
        if self.sitter.as_ref().is_none_or(|sitter| sitter.pictures.len() >= MOST_PICTURES) {
            return Ok(());
        }
        let seen = self.see(portrait)?;
        if let Some(sitter) = &mut self.sitter {
            sitter.pictures.push(seen);
            sitter.generator = fed_forward(&self.nets, &sitter.pictures)?;
        }
        Ok(())
    }

    /// Draws this person by what fine-tuning made, or else by what is known of all people.
    pub(super) fn adopt(&mut self, tuned: Option<&Tuned>) -> std::result::Result<(), WeightsError> {
        if let Some(sitter) = &mut self.sitter {
            sitter.generator = match tuned {
                Some(tuned) => {
                    let (generator, style) = tuned.nets()?;
                    generator.freeze(&style)?
                }
                None => fed_forward(&self.nets, &sitter.pictures)?,
            };
        }
        Ok(())
    }

    fn see(&self, portrait: &Portrait) -> Result<Seen> {
        let picture = portrait.crop_picture(CELLS);
        let landmarks = portrait.landmarks_in_crop();
        let mut image = Vec::new();
        draw_image(&landmarks, Some(portrait.pupils_in_crop()), &mut image);
        let image = Tensor::from_vec(image, (1, CELLS / 2, CELLS / 2, LANDMARK_CHANNELS), &Device::Cpu)?;
        let embedding = self.nets.embedder.embed(&Tensor::from_slice(&picture, (1, CELLS, CELLS, 3), &Device::Cpu)?, &image)?;
        Ok(Seen { picture, small: portrait.crop_picture(INPUT_CELLS), landmarks, pupils: portrait.pupils_in_crop(), embedding })
    }

    /// Paints over what `moved` shows of the portrait; further pictures are warped by `net`. What is uncovered is
    /// left to the plate.
    pub(super) fn paint(
        &mut self,
        net: &MotionNet,
        moved: &MotionFlow,
        motion: &PuppetMotion,
        uncovered: &UncoveredField,
        paint: &mut PaintField,
    ) -> Result<()> {
        let Some(sitter) = &mut self.sitter else { return Ok(()) };
        let outline = Outline::of(&motion.landmarks_in_crop);
        let Some(square) = outline.bounds() else { return Ok(()) };
        let near = sitter.fetch(net, moved, motion, &square, &mut self.frame)?;
        let gates = sitter.gates(near, motion);
        let [across, down] = square.size;
        let Frame { own, source, landmarks, landmarks_in_square, .. } = &mut self.frame;
        draw_image(&motion.landmarks_in_crop, motion.pupils_in_crop, landmarks);
        square.cut_landmarks(landmarks, landmarks_in_square);
        let after = sitter.generator.forward([down, across], source, landmarks_in_square)?;
        if !after.iter().all(|v| v.is_finite()) {
            candle_core::bail!("the generator's picture is not usable");
        }
        let after = after.as_chunks::<3>().0;
        let (own, source) = (own.as_chunks::<SOURCE_NUMBERS>().0, source.as_chunks::<SOURCE_NUMBERS>().0);
        let changes: Vec<f32> = source.iter().zip(after).map(|(a, b)| (0..3).map(|c| (b[c] - a[c]).abs()).fold(0.0, f32::max)).collect();
        let changes = averaged(&changes, across);
        paint.size = CELLS;
        paint.cells.clear();
        paint.cells.resize(CELLS * CELLS, PaintField::NOTHING);
        let shares = Shares::of(&outline, &square);
        let lines = paint.cells.par_chunks_exact_mut(CELLS).enumerate().skip(square.corner[1]).take(down);
        lines.with_min_len(8).for_each(|(y, line)| {
            let first = (y - square.corner[1]) * across;
            for (column, cell) in line[square.corner[0]..][..across].iter_mut().enumerate() {
                let (x, n) = (square.corner[0] + column, first + column);
                let at = Vec2::new(x as f32, y as f32);
                let share = shares.at(x, y) * (1.0 - uncovered.nearest([x, y], CELLS));
                if share > 0.0 {
                    let [r, g, b, visible] = source[n];
                    let listened = gates.at(at, 1.0 - visible, changes[n]);
                    let fetched = [r, g, b];
                    let wanted = std::array::from_fn(|c| fetched[c] + listened * (after[n][c] - fetched[c]));
                    let [r, g, b, _] = own[n];
                    *cell = stroke(&[r, g, b], &wanted, share);
                }
            }
        });
        Ok(())
    }
}

/// The generator in the style of the mean embedding of some pictures.
fn fed_forward(nets: &FewShotNets, pictures: &[Seen]) -> Result<FrozenGenerator> {
    let embeddings: Vec<&Tensor> = pictures.iter().map(|seen| &seen.embedding).collect();
    let mean = Embedder::mean(&Tensor::cat(&embeddings, 0)?, embeddings.len())?;
    nets.generator.freeze(&nets.projection.project(&mean)?)
}

impl Sitter {
    /// The picture that has to be moved least, and the next.
    fn nearest(&self, target: &Landmarks) -> (usize, Option<usize>) {
        let mut order: Vec<(usize, f32)> =
            self.pictures.iter().map(|seen| landmark_distance(&seen.landmarks.0, &target.0)).enumerate().collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        (order.first().map_or(0, |(n, _)| *n), order.get(1).map(|(n, _)| *n))
    }

    /// Where the generator is listened to, when picture number `near` is brought to a motion.
    fn gates(&self, near: usize, motion: &PuppetMotion) -> Gates {
        let target = Face { landmarks: &motion.landmarks_in_crop, pupils: motion.pupils_in_crop };
        let source = self.pictures.get(near).map_or(Face { landmarks: &motion.landmarks_in_crop, pupils: None }, |seen| Face {
            landmarks: &seen.landmarks,
            pupils: Some(seen.pupils),
        });
        Gates::between(&source, &target)
    }

    /// Brings the portrait and what the generator sees to the motion; the portrait's own flow is known already. Returns which picture is seen most.
    fn fetch(&self, net: &MotionNet, moved: &MotionFlow, motion: &PuppetMotion, square: &Square, frame: &mut Frame) -> Result<usize> {
        let Some(first) = self.pictures.first() else { candle_core::bail!("there is no picture") };
        fetch_part(&first.picture, moved, square.corner, square.size, &mut frame.own)?;
        let (near, next) = self.nearest(&motion.landmarks_in_crop);
        self.fetch_one(near, net, motion, square, (&frame.own, &mut frame.source))?;
        if let Some(next) = next {
            self.fetch_one(next, net, motion, square, (&frame.own, &mut frame.behind))?;
            lay_over(&mut frame.source, &frame.behind);
        }
        Ok(near)
    }

    /// Brings picture number `which` to the motion; the portrait itself, the first, is there already.
    fn fetch_one(
        &self,
        which: usize,
        net: &MotionNet,
        motion: &PuppetMotion,
        square: &Square,
        (own, out): (&[f32], &mut Vec<f32>),
    ) -> Result<()> {
        let Some(seen) = self.pictures.get(which).filter(|_| which > 0) else {
            out.clear();
            out.extend_from_slice(own);
            return Ok(());
        };
        let sample = MotionSample::of_still_body(&seen.landmarks.0, &motion.landmarks_in_crop.0, seen.small.clone());
        let flow = net.forward(&MotionBatch::new(&[sample], &Device::Cpu)?)?;
        fetch_part(&seen.picture, &flow, square.corner, square.size, out)
    }
}

/// What turns the warped colour into the generated one, as far as `share` says.
fn stroke(before: &[f32; 3], after: &[f32; 3], share: f32) -> [f32; 4] {
    let change: [f32; 3] = std::array::from_fn(|c| share * (after[c] - before[c]));
    let largest = change.iter().fold(0.0_f32, |m, c| m.max(c.abs()));
    if largest < NOTICED {
        return PaintField::NOTHING;
    }
    let cover = share * smooth_step(&GIVES_WAY, largest);
    let [r, g, b] = std::array::from_fn(|c| change[c] + cover * before[c]);
    [r, g, b, 1.0 - cover]
}

/// The landmark image of the whole crop, at half its size.
fn draw_image(landmarks: &Landmarks, pupils: Option<[Vec2; 2]>, out: &mut Vec<f32>) {
    const SIDE: usize = CELLS / 2;
    out.clear();
    out.resize(SIDE * SIDE * LANDMARK_CHANNELS, 0.0);
    draw_landmarks(&landmarks.0, pupils, SIDE, LANDMARK_LINE_RADIUS, out, LANDMARK_CHANNELS, 0);
}

/// A part of the crop in whole pixels: corner and size (across, down), all even, the size in steps of 8.
struct Square {
    corner: [usize; 2],
    size: [usize; 2],
}

impl Square {
    /// What of a landmark image lies in the square.
    fn cut_landmarks(&self, image: &[f32], out: &mut Vec<f32>) {
        let ([x, y], [across, down]) = (self.corner.map(|c| c / 2), self.size.map(|s| s / 2));
        out.clear();
        for row in y..y + down {
            out.extend_from_slice(&image[(row * CELLS / 2 + x) * LANDMARK_CHANNELS..][..across * LANDMARK_CHANNELS]);
        }
    }
}

/// The convex hull of a face's landmarks.
struct Outline {
    /// Corners one after the other, turning one way.
    corners: Vec<Vec2>,
    /// Distance between the eyes.
    unit_px: f32,
}

impl Outline {
    fn of(landmarks: &Landmarks) -> Self {
        let mut points: Vec<Vec2> = landmarks.0.iter().copied().filter(|p| p.is_finite()).collect();
        points.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        // Lower and upper half (Andrew 1979).
        let half = |points: &mut dyn Iterator<Item = Vec2>| {
            let mut chain: Vec<Vec2> = Vec::new();
            for point in points {
                while let [.., a, b] = chain[..]
                    && (b - a).perp_dot(point - b) <= 0.0
                {
                    chain.pop();
                }
                chain.push(point);
            }
            chain.pop();
            chain
        };
        let mut corners = half(&mut points.iter().copied());
        corners.extend(half(&mut points.iter().rev().copied()));
        Self { corners, unit_px: landmarks.inter_ocular().max(1.0) }
    }

    /// The part of the crop in which there may be paint; `None` where that is next to nothing.
    fn bounds(&self) -> Option<Square> {
        const STEP: usize = 8;
        let margin = FADE.end * self.unit_px;
        let low = self.corners.iter().copied().reduce(Vec2::min)? - margin;
        let high = self.corners.iter().copied().reduce(Vec2::max)? + margin;
        let axis = |low: f32, high: f32| {
            let first = low.clamp(0.0, CROP_PX) as usize / 2 * 2;
            let end = high.ceil().clamp(0.0, CROP_PX) as usize;
            let size = end.saturating_sub(first).next_multiple_of(STEP).min(CELLS);
            (first.min(CELLS - size), size)
        };
        let ((left, width), (top, height)) = (axis(low.x, high.x), axis(low.y, high.y));
        (width > STEP && height > STEP).then_some(Square { corner: [left, top], size: [width, height] })
    }

    /// How much of the paint shows at a place: 1 on the face, 0 away from it.
    fn share(&self, at: Vec2) -> f32 {
        let far = self.distance(at) / self.unit_px;
        1.0 - smooth_step(&FADE, far)
    }

    /// Distance from the hull, 0 inside.
    fn distance(&self, at: Vec2) -> f32 {
        let edges = || self.corners.iter().zip(self.corners.iter().cycle().skip(1));
        if edges().all(|(a, b)| (*b - *a).perp_dot(at - *a) >= 0.0) {
            return 0.0;
        }
        let to_edge = |a: Vec2, b: Vec2| {
            let along = b - a;
            let t = ((at - a).dot(along) / along.length_squared().max(1e-6)).clamp(0.0, 1.0);
            at.distance(a + t * along)
        };
        edges().map(|(a, b)| to_edge(*a, *b)).fold(f32::INFINITY, f32::min)
    }
}

/// How much of the paint shows in a square, known at every second pixel: it changes slowly, and the distance to the face's outline takes long to find.
struct Shares {
    corner: [usize; 2],
    columns: usize,
    knots: Vec<f32>,
}

impl Shares {
    const STEP: usize = 2;

    fn of(outline: &Outline, square: &Square) -> Self {
        let [columns, rows] = square.size.map(|s| s / Self::STEP + 2);
        let place = |knot: usize, axis: usize| (square.corner[axis] + knot * Self::STEP) as f32;
        let knots = (0..columns * rows).map(|n| outline.share(Vec2::new(place(n % columns, 0), place(n / columns, 1)))).collect();
        Self { corner: square.corner, columns, knots }
    }

    /// At a pixel of the square.
    fn at(&self, x: usize, y: usize) -> f32 {
        let (x, y) = (x - self.corner[0], y - self.corner[1]);
        let part = |v: usize| (v % Self::STEP) as f32 / Self::STEP as f32;
        let upper = &self.knots[y / Self::STEP * self.columns + x / Self::STEP..];
        let across = |line: &[f32]| line[0] + part(x) * (line[1] - line[0]);
        let (upper, lower) = (across(upper), across(&upper[self.columns..]));
        upper + part(y) * (lower - upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Landmarks {
        Landmarks(crate::face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)))
    }

    #[test]
    fn paint_shows_on_the_face_fades_and_ends() {
        let outline = Outline::of(&face());
        assert!((outline.share(face().0[30]) - 1.0).abs() < 1e-6 && outline.share(face().0[62]) > 0.99, "whole on nose and mouth");
        assert!(outline.share(Vec2::new(3.0, 3.0)) == 0.0, "none in the corner");
        let chin = face().0[8];
        let shares: Vec<f32> = (0..20).map(|k| outline.share(chin + Vec2::new(0.0, k as f32))).collect();
        assert!(shares.windows(2).all(|w| w[0] >= w[1]) && shares[0] > 0.9 && shares[19] == 0.0, "it fades below the chin: {shares:?}");
        let square = outline.bounds().expect("a face has bounds");
        assert!(square.size.iter().all(|s| s % 8 == 0) && square.corner.iter().all(|c| c % 2 == 0), "sizes the generator can take");
        assert!((0..2).all(|k| square.corner[k] + square.size[k] <= CELLS), "inside the crop");
    }

    #[test]
    fn shares_between_the_knots_are_nearly_those_of_the_outline() {
        let outline = Outline::of(&face());
        let square = outline.bounds().expect("a face has bounds");
        let shares = Shares::of(&outline, &square);
        let ([left, top], [across, down]) = (square.corner, square.size);
        for (x, y) in (0..across * down).map(|n| (left + n % across, top + n / across)) {
            let exact = outline.share(Vec2::new(x as f32, y as f32));
            assert!((shares.at(x, y) - exact).abs() < 0.04, "{} instead of {exact} at {x}, {y}", shares.at(x, y));
        }
    }

    #[test]
    fn faces_half_outside_or_of_nothing_are_no_trouble() {
        for shift in [Vec2::new(-90.0, 40.0), Vec2::new(150.0, 150.0), Vec2::splat(900.0), Vec2::splat(f32::NAN)] {
            let outline = Outline::of(&face().map(|p| p + shift));
            if let Some(square) = outline.bounds() {
                assert!((0..2).all(|k| square.corner[k] + square.size[k] <= CELLS), "inside the crop at {shift}");
            }
        }
        assert!(Outline::of(&Landmarks([Vec2::ZERO; 68])).bounds().is_none(), "a face in one point");
    }

    #[test]
    fn a_stroke_gives_the_generated_colour_and_keeps_brushwork_under_small_changes() {
        let (before, dark, warmer) = ([0.6, 0.4, 0.3], [0.1, 0.05, 0.05], [0.63, 0.41, 0.3]);
        let result = |after: &[f32; 3]| {
            let [r, g, b, keep] = stroke(&before, after, 1.0);
            ([r, g, b].into_iter().zip(before).map(|(p, w)| keep * w + p).collect::<Vec<_>>(), keep)
        };
        for after in [dark, warmer] {
            let (colour, _) = result(&after);
            assert!(colour.iter().zip(after).all(|(a, b)| (a - b).abs() < 1e-5), "{colour:?} is {after:?}");
        }
        assert!(result(&dark).1 < 1e-3, "nothing of the lips is kept in the mouth");
        assert!(result(&warmer).1 > 0.999, "all of the cheek is");
        assert!(!PaintField::paints(&stroke(&before, &before, 1.0)), "no change, no paint");
    }
}
