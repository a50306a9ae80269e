//! What the few-shot generator paints over the warped portrait: the inside of an opened mouth, closed lids, moved eyes.
//!
//! The embedding is made once per portrait. Each frame, the generator sees the square round the face only; it has no statistics over the picture, so that
//! there it gives what it would give in the whole. Outside the face nothing is painted, and the background stays the picture's own.

use candle_core::{Device, Result, Tensor};
use glam::Vec2;

use super::gates::{Face, Gates, averaged};
use super::smooth_step;
use crate::data::{CROP_PX, Landmarks, PaintField, Portrait, PuppetMotion, UncoveredField};
use crate::model::{
    Embedder, FewShotNets, GeneratorInput, GeneratorNet, INPUT_CELLS, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MotionBatch, MotionFlow,
    MotionNet, MotionSample, STILL_BODY, Tuned, WarpedSource, cut, draw_landmarks, landmark_distance,
};
use crate::nn::{StyleVector, WeightsError};

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
}

/// What is known of the person: one picture at least, the portrait itself first.
struct Sitter {
    pictures: Vec<Seen>,
    /// Of the mean embedding of all pictures.
    style: StyleVector,
    /// The person's own generator and style, where there was fine-tuning.
    tuned: Option<(GeneratorNet, StyleVector)>,
}

/// One picture as the networks see it.
struct Seen {
    /// `[1, 256, 256, 3]`.
    picture: Tensor,
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
        Self { nets, sitter: None }
    }

    pub(super) fn set_portrait(&mut self, portrait: &Portrait) -> Result<()> {
        self.sitter = None;
        let first = self.see(portrait)?;
        self.sitter = Some(Sitter { style: self.nets.projection.project(&first.embedding)?, pictures: vec![first], tuned: None });
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
            let embeddings: Vec<&Tensor> = sitter.pictures.iter().map(|seen| &seen.embedding).collect();
            let count = embeddings.len();
            sitter.style = self.nets.projection.project(&Embedder::mean(&Tensor::cat(&embeddings, 0)?, count)?)?;
        }
        Ok(())
    }

    /// Draws this person by what fine-tuning made, or else by what is known of all people.
    pub(super) fn adopt(&mut self, tuned: Option<&Tuned>) -> std::result::Result<(), WeightsError> {
        if let Some(sitter) = &mut self.sitter {
            sitter.tuned = tuned.map(Tuned::nets).transpose()?;
        }
        Ok(())
    }

    fn see(&self, portrait: &Portrait) -> Result<Seen> {
        let picture = Tensor::from_vec(portrait.crop_picture(CELLS), (1, CELLS, CELLS, 3), &Device::Cpu)?;
        let landmarks = portrait.landmarks_in_crop();
        let embedding = self.nets.embedder.embed(&picture, &landmark_image(&landmarks, Some(portrait.pupils_in_crop()))?)?;
        Ok(Seen { picture, small: portrait.crop_picture(INPUT_CELLS), landmarks, pupils: portrait.pupils_in_crop(), embedding })
    }

    /// Paints over what `moved` shows of the portrait; further pictures are warped by `net`. What is uncovered is
    /// left to the plate.
    pub(super) fn paint(
        &self,
        net: &MotionNet,
        moved: &MotionFlow,
        motion: &PuppetMotion,
        uncovered: &UncoveredField,
        paint: &mut PaintField,
    ) -> Result<()> {
        let Some(sitter) = &self.sitter else { return Ok(()) };
        let outline = Outline::of(&motion.landmarks_in_crop);
        let Some(square) = outline.bounds() else { return Ok(()) };
        let own = sitter.warped(0, net, Some(moved), motion)?.cut(0, square.corner, square.size)?;
        let (near, next) = sitter.nearest(&motion.landmarks_in_crop);
        let warped = match next {
            None => own.clone(),
            Some(next) => {
                let warped = |which: usize| sitter.warped(which, net, (which == 0).then_some(moved), motion);
                warped(near)?.over(&warped(next)?)?.cut(0, square.corner, square.size)?
            }
        };
        let gates = sitter.gates(near, motion);
        let landmarks = cut(
            &landmark_image(&motion.landmarks_in_crop, motion.pupils_in_crop)?,
            0,
            square.corner.map(|c| c / 2),
            square.size.map(|s| s / 2),
        )?;
        let before = own.picture.flatten_all()?.to_vec1::<f32>()?;
        let fetched = warped.picture.flatten_all()?.to_vec1::<f32>()?;
        let visible = warped.visibility.flatten_all()?.to_vec1::<f32>()?;
        let (generator, style) =
            sitter.tuned.as_ref().map_or((&self.nets.generator, &sitter.style), |(generator, style)| (generator, style));
        let output = generator.forward(&GeneratorInput { source: Some(warped), landmarks }, style)?;
        let after = output.picture.flatten_all()?.to_vec1::<f32>()?;
        if !after.iter().all(|v| v.is_finite()) {
            candle_core::bail!("the generator's picture is not usable");
        }
        paint.size = CELLS;
        paint.cells.resize(CELLS * CELLS, PaintField::NOTHING);
        paint.cells.fill(PaintField::NOTHING);
        let (fetched, after) = (fetched.as_chunks::<3>().0, after.as_chunks::<3>().0);
        let changes: Vec<f32> = fetched.iter().zip(after).map(|(a, b)| (0..3).map(|c| (b[c] - a[c]).abs()).fold(0.0, f32::max)).collect();
        let changes = averaged(&changes, square.size[0]);
        for (n, before) in before.as_chunks::<3>().0.iter().enumerate() {
            let (x, y) = (square.corner[0] + n % square.size[0], square.corner[1] + n / square.size[0]);
            let share = outline.share(Vec2::new(x as f32, y as f32)) * (1.0 - uncovered.nearest([x, y], CELLS));
            if share > 0.0 {
                let listened = gates.at(Vec2::new(x as f32, y as f32), 1.0 - visible[n], changes[n]);
                let wanted = std::array::from_fn(|c| fetched[n][c] + listened * (after[n][c] - fetched[n][c]));
                paint.cells[y * CELLS + x] = stroke(before, &wanted, share);
            }
        }
        Ok(())
    }
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

    /// Picture number `which` brought to the target, along `moved` where that is known already.
    fn warped(&self, which: usize, net: &MotionNet, moved: Option<&MotionFlow>, motion: &PuppetMotion) -> Result<WarpedSource> {
        let Some(seen) = self.pictures.get(which) else { candle_core::bail!("there are only {} pictures", self.pictures.len()) };
        if let Some(moved) = moved {
            return WarpedSource::fetched(&seen.picture, moved);
        }
        let sample = MotionSample {
            source: seen.landmarks.0.to_vec(),
            target: motion.landmarks_in_crop.0.to_vec(),
            pupils: None,
            picture: seen.small.clone(),
            body_follow: STILL_BODY,
        };
        WarpedSource::fetched(&seen.picture, &net.forward(&MotionBatch::new(&[sample], &Device::Cpu)?)?)
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

fn landmark_image(landmarks: &Landmarks, pupils: Option<[Vec2; 2]>) -> Result<Tensor> {
    const SIDE: usize = CELLS / 2;
    let mut image = vec![0.0_f32; SIDE * SIDE * LANDMARK_CHANNELS];
    draw_landmarks(&landmarks.0, pupils, SIDE, LANDMARK_LINE_RADIUS, &mut image, LANDMARK_CHANNELS, 0);
    Tensor::from_vec(image, (1, SIDE, SIDE, LANDMARK_CHANNELS), &Device::Cpu)
}

/// A part of the crop in whole pixels: corner and size (across, down), all even, the size in steps of 8.
struct Square {
    corner: [usize; 2],
    size: [usize; 2],
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
