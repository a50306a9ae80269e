//! What the few-shot generator paints over the warped portrait: the inside of an opened mouth, closed lids, moved eyes.
//!
//! The embedding is made once per portrait. Each frame, the generator makes the parts of the face that the gates open. Outside the face nothing is painted, and
//! the background stays the picture's own.

use candle_core::{Result, Tensor};
use glam::Vec2;
use rayon::prelude::*;

use super::clean_plate::MovingHead;
use super::embedding::embedding;
use super::fine_paint::{FinePixel, paint_finely};
use super::gates::{Face, Gates, weight_where};
use super::layer::{Layer, Stroke};
use super::outline::{CELLS, Outline, Shares, Square};
use super::patches::{CropInput, Patches};
use super::plan::{PaintPlan, PictureData};
use crate::data::{Landmarks, PaintField, PictureChange, Portrait, PuppetMotion, UncoveredField};
use crate::model::{
    DrawnPart, Embedder, EyePrior, FewShotNets, FrameFlow, FrozenGenerator, FrozenMotion, GeneratorLayers, HeadFlow, INPUT_CELLS,
    LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MotionMemory, MotionSample, MouthPrior, SOURCE_NUMBERS, Tuned, draw_landmarks, fetch_part,
    landmark_distance, lay_over,
};
use crate::nn::WeightsError;

/// Most pictures of one person that are used, the portrait among them.
pub const MOST_PICTURES: usize = 32;
/// By how much the portrait counts as nearer to a wanted face than another picture that is as near: its own pixels are moved as they are, those of others are
/// painted over it. Chosen on four real clips.
const OWN_IS_NEARER: f32 = 0.9;
/// A head that has turned farther than this, in radians, may show much of the face that its source does not.
const TURNED_RAD: f32 = 0.06;

/// The few-shot networks, and what they need of a portrait.
pub struct Painter {
    nets: FewShotNets,
    person: Option<PaintedPerson>,
    frame: FrameMemory,
    /// Chooses the parts as if nothing were known of what is hidden: for comparison with another processor.
    pub(crate) unseen: bool,
}

/// Memory of a frame.
#[derive(Default)]
struct FrameMemory {
    /// The portrait as the motion net fetches it, and what the generator sees: `SOURCE_NUMBERS` for each pixel of the square.
    own: Vec<f32>,
    source: Vec<f32>,
    behind: Vec<f32>,
    /// What the generator would see if nothing were drawn into it.
    seen: Vec<f32>,
    /// For each pixel of the square, how far what was drawn into the source covers the warped picture.
    covered: Vec<f32>,
    /// How another picture than the portrait's own moves.
    moved: MotionMemory,
    /// The target's landmark image.
    landmarks: Vec<f32>,
    /// For each pixel of the square, the share of the paint, and that of the generator for what is hidden.
    shares: Vec<[f32; 2]>,
    patches: Patches,
    known: Vec<FinePixel>,
    /// What is drawn into the source, and the same in cells of the paint.
    drawn: Layer,
    drawn_fine: Layer,
}

/// What is known of the person: one picture at least, the portrait itself first.
struct PaintedPerson {
    pictures: Vec<SourcePicture>,
    /// In the style of the mean embedding of all pictures, or the person's own where there was fine-tuning.
    generator: FrozenGenerator,
}

/// One picture as the networks see it.
struct SourcePicture {
    /// `[256, 256, 3]`, and with a pixel for each cell of the paint.
    picture: Vec<f32>,
    fine: Vec<f32>,
    /// The same small, for the motion net.
    small: Vec<f32>,
    landmarks: Landmarks,
    pupils: [Vec2; 2],
    /// How its mouth may look inside, and its eyes.
    mouth: Option<MouthPrior>,
    eyes: Option<EyePrior>,
    /// `[1, numbers]`.
    embedding: Tensor,
}

impl Painter {
    /// A painter without a portrait, who paints nothing.
    pub fn new(nets: FewShotNets) -> Self {
        Self { nets, person: None, frame: FrameMemory::default(), unseen: false }
    }

    pub(super) fn set_portrait(&mut self, portrait: &Portrait) -> Result<()> {
        self.person = None;
        let first = self.see(portrait)?;
        let pictures = vec![first];
        self.person = Some(PaintedPerson { generator: fed_forward(&self.nets, &pictures)?, pictures });
        Ok(())
    }

    /// Another picture of the same person; what is beyond the most that are used is left out.
    pub(super) fn add_source(&mut self, portrait: &Portrait) -> Result<()> {
        if self.person.as_ref().is_none_or(|person| person.pictures.len() >= MOST_PICTURES) {
            return Ok(());
        }
        let seen = self.see(portrait)?;
        if let Some(person) = &mut self.person {
            person.pictures.push(seen);
            person.generator = fed_forward(&self.nets, &person.pictures)?;
        }
        Ok(())
    }

    /// Does without a picture that was added, by its place among those.
    pub(super) fn remove_source(&mut self, index: usize) -> Result<()> {
        let Some(person) = self.person.as_mut().filter(|person| index + 1 < person.pictures.len()) else { return Ok(()) };
        person.pictures.remove(index + 1);
        person.generator = fed_forward(&self.nets, &person.pictures)?;
        Ok(())
    }

    /// Draws this person by what fine-tuning made, or else by what is known of all people.
    pub(super) fn adopt(&mut self, tuned: Option<&Tuned>) -> std::result::Result<(), WeightsError> {
        if let Some(person) = &mut self.person {
            person.generator = match tuned {
                Some(tuned) => {
                    let (generator, style) = tuned.nets()?;
                    generator.freeze(&style)?
                }
                None => fed_forward(&self.nets, &person.pictures)?,
            };
        }
        Ok(())
    }

    fn see(&self, portrait: &Portrait) -> Result<SourcePicture> {
        let picture = portrait.crop_picture(CELLS);
        let landmarks = portrait.landmarks_in_crop();
        let embedding = embedding(&self.nets.embedder, portrait)?;
        let mouth = MouthPrior::of(&picture, &landmarks.0);
        let eyes = EyePrior::seen(&picture, &landmarks.0, Some(portrait.pupils_in_crop()));
        Ok(SourcePicture {
            picture,
            fine: portrait.crop_picture(PaintField::CELLS),
            mouth,
            eyes,
            small: portrait.crop_picture(INPUT_CELLS),
            landmarks,
            pupils: portrait.pupils_in_crop(),
            embedding,
        })
    }

    /// The person's pictures, the portrait first, for another processor.
    pub(super) fn pictures(&self) -> impl Iterator<Item = PictureData<'_>> {
        let seen = self.person.iter().flat_map(|person| &person.pictures);
        seen.map(|seen| PictureData { landmarks: &seen.landmarks, small: &seen.small, picture: &seen.picture })
    }

    /// The landmarks of one of the person's pictures.
    pub(super) fn landmarks(&self, picture: usize) -> Option<&Landmarks> {
        Some(&self.person.as_ref()?.pictures.get(picture)?.landmarks)
    }

    /// The generator of the person, for another processor.
    pub(super) fn layers(&self) -> Option<GeneratorLayers> {
        self.person.as_ref().map(|person| person.generator.layers())
    }

    /// The picture that has to be moved least to be like `target`, and the next.
    pub(super) fn nearest(&self, target: &Landmarks) -> (usize, Option<usize>) {
        self.person.as_ref().map_or((0, None), |person| person.nearest(target))
    }

    /// Decides what is painted, `near` and `next` being the nearest pictures and `turn_rad` how far the head has turned since the nearest. `None` without a portrait,
    /// or where there is hardly a face.
    pub(super) fn plan(&mut self, (near, next): (usize, Option<usize>), motion: &PuppetMotion, turn_rad: f32) -> Option<PaintPlan<'_>> {
        let Self { person, frame, .. } = self;
        let person = person.as_ref()?;
        let outline = Outline::of(&motion.landmarks_in_crop);
        let square = outline.bounds()?;
        let gates = person.gates(near, motion);
        let FrameMemory { patches, drawn, drawn_fine, .. } = frame;
        patches.choose_unseen(&gates, &square, turn_rad > TURNED_RAD);
        person.draw_layer(near, motion, &square, 1, drawn);
        person.draw_layer(near, motion, &square, PaintField::PER_PX, drawn_fine);
        Some(PaintPlan { near, next, square, outline, gates, drawn, drawn_fine, patches })
    }

    /// Pixels of the crop that the generator makes of the portrait in a frame.
    pub(super) fn generated_px(&mut self, motion: &PuppetMotion) -> usize {
        let Some(rest) = self.landmarks(0) else { return 0 };
        let turn_rad = HeadFlow::between(&rest.0, &motion.landmarks_in_crop.0).turn_rad();
        self.plan((0, None), motion, turn_rad).map_or(0, |plan| plan.parts().map(|part| part.area()).sum())
    }

    /// Paints over what `moved` shows of the portrait; further pictures are warped by `net`. What is uncovered is left to the plate, and what `head` does not
    /// come to, to the warp.
    pub(super) fn paint(
        &mut self,
        net: &FrozenMotion,
        moved: &FrameFlow,
        head: Option<&MovingHead<'_>>,
        motion: &PuppetMotion,
        change: &mut PictureChange,
    ) -> Result<()> {
        let Some(person) = &mut self.person else { return Ok(()) };
        let outline = Outline::of(&motion.landmarks_in_crop);
        let Some(square) = outline.bounds() else { return Ok(()) };
        let near = person.fetch(net, moved, motion, &square, &mut self.frame)?;
        let gates = person.gates(near, motion);
        let FrameMemory { own, source, seen, covered, landmarks, shares, patches, known, drawn_fine, .. } = &mut self.frame;
        find_shares(&outline, &square, (source, covered), (&change.uncovered, head), shares);
        patches.choose(&gates, &square, shares);
        if self.unseen
            && let Some(seen) = person.pictures.get(near)
        {
            let head = HeadFlow::between(&seen.landmarks.0, &motion.landmarks_in_crop.0);
            patches.choose_unseen(&gates, &square, head.turn_rad() > TURNED_RAD);
        }
        draw_image(&motion.landmarks_in_crop, motion.pupils_in_crop, landmarks);
        let scene = CropInput { square, source, landmarks };
        patches.make(&person.generator, scene)?;
        let (own, seen, source) = (numbers(own), numbers(seen), numbers(source));
        known.clear();
        known.par_extend((0..square.area()).into_par_iter().with_min_len(1024).map(|n| {
            let ([x, y, z, _], [r, g, b, visible], [drawn @ .., _], [share, hidden]) = (own[n], seen[n], source[n], shares[n]);
            let wanted = if share > 0.0 { patches.wanted(&gates, square.cell(n), drawn, hidden) } else { drawn };
            let change = std::array::from_fn(|c| wanted[c] - drawn[c]);
            FinePixel { own: [x, y, z], share, seen: [r, g, b], visible, change, padding: 0.0 }
        }));
        person.draw_layer(near, motion, &square, PaintField::PER_PX, drawn_fine);
        paint_finely(known, &square, drawn_fine.part(), &mut change.paint);
        Ok(())
    }
}

/// For each pixel of a square, how much of the paint shows there, and the weight of the generator where neither the source nor what was drawn into it shows the
/// place.
fn find_shares(
    outline: &Outline,
    square: &Square,
    (source, covered): (&[f32], &[f32]),
    (uncovered, head): (&UncoveredField, Option<&MovingHead<'_>>),
    out: &mut Vec<[f32; 2]>,
) {
    let shares = Shares::of(outline, square);
    out.clear();
    out.extend(source.as_chunks::<SOURCE_NUMBERS>().0.iter().zip(covered).enumerate().map(|(n, ([.., visible], covered))| {
        let [x, y] = square.cell(n);
        let point = Vec2::new(x as f32, y as f32);
        let share = shares.at(x, y) * (1.0 - uncovered.nearest(point));
        let hidden = if share > 0.0 { weight_where(1.0 - visible) * (1.0 - covered) } else { 0.0 };
        // Landmarks may lie beside the face's edge: there is no skin to be made of the background.
        let on_head = head.filter(|_| hidden > 0.0).map_or(1.0, |head| head.is_at(point));
        [share, hidden * on_head]
    }));
}

/// The generator in the style of the mean embedding of some pictures.
fn fed_forward(nets: &FewShotNets, pictures: &[SourcePicture]) -> Result<FrozenGenerator> {
    let embeddings: Vec<&Tensor> = pictures.iter().map(|seen| &seen.embedding).collect();
    let mean = Embedder::mean(&Tensor::cat(&embeddings, 0)?, embeddings.len())?;
    nets.generator.freeze(&nets.projection.project(&mean)?)
}

impl PaintedPerson {
    /// The picture that has to be moved least, and the next.
    fn nearest(&self, target: &Landmarks) -> (usize, Option<usize>) {
        let distance = |(n, seen): (usize, &SourcePicture)| {
            let own = if n == 0 { OWN_IS_NEARER } else { 1.0 };
            (n, own * landmark_distance(&seen.landmarks.0, &target.0))
        };
        let mut order: Vec<(usize, f32)> = self.pictures.iter().enumerate().map(distance).collect();
        order.sort_by(|a, b| a.1.total_cmp(&b.1));
        (order.first().map_or(0, |(n, _)| *n), order.get(1).map(|(n, _)| *n))
    }

    /// The generator's weights, when picture number `near` is brought to a motion.
    fn gates(&self, near: usize, motion: &PuppetMotion) -> Gates {
        let target = Face { landmarks: &motion.landmarks_in_crop, pupils: motion.pupils_in_crop };
        let source = self.pictures.get(near).map_or(Face { landmarks: &motion.landmarks_in_crop, pupils: None }, |seen| Face {
            landmarks: &seen.landmarks,
            pupils: Some(seen.pupils),
        });
        Gates::between(&source, &target)
    }

    /// What mouth and eyes of picture number `near` may look like in a motion, with `per_px` cells along each pixel.
    fn draw_layer(&self, near: usize, motion: &PuppetMotion, square: &Square, per_px: usize, layer: &mut Layer) {
        layer.begin(square.finer(per_px));
        if let Some(seen) = self.pictures.get(near) {
            seen.draw_layer(motion, square, per_px, layer);
        }
        layer.end();
    }

    /// Brings the portrait and what the generator sees to the motion; the portrait's own flow is known already. Returns which picture is seen most.
    fn fetch(
        &self,
        net: &FrozenMotion,
        moved: &FrameFlow,
        motion: &PuppetMotion,
        square: &Square,
        frame: &mut FrameMemory,
    ) -> Result<usize> {
        let Some(first) = self.pictures.first() else { candle_core::bail!("there is no picture") };
        fetch_part(&first.picture, moved, square.corner, square.size, &mut frame.own)?;
        let (near, next) = self.nearest(&motion.landmarks_in_crop);
        self.fetch_one(near, net, motion, square, (&frame.own, &mut frame.source), &mut frame.moved)?;
        if let Some(next) = next {
            self.fetch_one(next, net, motion, square, (&frame.own, &mut frame.behind), &mut frame.moved)?;
            lay_over(&mut frame.source, &frame.behind);
        }
        frame.seen.clone_from(&frame.source);
        frame.covered.clear();
        frame.covered.resize(square.size[0] * square.size[1], 0.0);
        if let Some(seen) = self.pictures.get(near) {
            seen.draw_parts(motion, square, &mut frame.source, &mut frame.covered);
        }
        Ok(near)
    }

    /// Brings picture number `which` to the motion; the portrait itself, the first, is there already.
    fn fetch_one(
        &self,
        which: usize,
        net: &FrozenMotion,
        motion: &PuppetMotion,
        square: &Square,
        (own, out): (&[f32], &mut Vec<f32>),
        memory: &mut MotionMemory,
    ) -> Result<()> {
        let Some(seen) = self.pictures.get(which).filter(|_| which > 0) else {
            out.clear();
            out.extend_from_slice(own);
            return Ok(());
        };
        let sample = MotionSample::of_still_body(&seen.landmarks.0, &motion.landmarks_in_crop.0, seen.small.clone());
        net.forward(&sample, memory);
        fetch_part(&seen.picture, memory.flow(), square.corner, square.size, out)
    }
}

impl SourcePicture {
    /// Draws into the warped source how mouth and eyes may look, where they differ from the picture's; `covered` is told where nothing of the warped picture may shine through.
    fn draw_parts(&self, motion: &PuppetMotion, square: &Square, source: &mut [f32], covered: &mut [f32]) {
        let target = &motion.landmarks_in_crop.0;
        let part = DrawnPart::new(square.corner, square.size, 1);
        let pixels = source.as_chunks_mut::<SOURCE_NUMBERS>().0;
        if let Some(mouth) = &self.mouth {
            mouth.each(target, part, |n, colour, share| {
                covered[n] = mouth.mix_into(&mut pixels[n], colour, share);
            });
        }
        if let Some((eyes, target)) = self.eyes.as_ref().zip(EyePrior::of(target, motion.pupils_in_crop)) {
            eyes.each(&self.picture, &target, part, |n, drawn| {
                drawn.mix_into(&mut pixels[n]);
                covered[n] = covered[n].max(drawn.covers);
            });
        }
    }

    /// The same into a layer of its own, with `per_px` cells along each pixel.
    fn draw_layer(&self, motion: &PuppetMotion, square: &Square, per_px: usize, layer: &mut Layer) {
        let target = &motion.landmarks_in_crop.0;
        let (part, picture) = (DrawnPart::new(square.corner, square.size, per_px), if per_px == 1 { &self.picture } else { &self.fine });
        if let Some(mouth) = &self.mouth {
            mouth.each(target, part, |cell, colour, share| layer.stroke(cell, colour, share, Stroke::WhereHidden));
        }
        if let Some((eyes, target)) = self.eyes.as_ref().zip(EyePrior::of(target, motion.pupils_in_crop)) {
            eyes.each(picture, &target, part, |cell, drawn| {
                layer.stroke(cell, drawn.colour, drawn.share, Stroke::Covering(drawn.covers));
            });
        }
    }
}

/// Pixels of what the warp fetched.
fn numbers(source: &[f32]) -> &[[f32; SOURCE_NUMBERS]] {
    source.as_chunks().0
}

/// The landmark image of the whole crop, at half its size.
pub(super) fn draw_image(landmarks: &Landmarks, pupils: Option<[Vec2; 2]>, out: &mut Vec<f32>) {
    const SIDE: usize = CELLS / 2;
    out.clear();
    out.resize(SIDE * SIDE * LANDMARK_CHANNELS, 0.0);
    draw_landmarks(&landmarks.0, pupils, SIDE, LANDMARK_LINE_RADIUS, out, LANDMARK_CHANNELS, 0);
}
