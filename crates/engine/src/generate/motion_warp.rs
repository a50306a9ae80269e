//! The motion net's backward flow on the portrait's own pixels, and, with a painter, what the few-shot generator mends of it.

use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;

use super::backdrop::Backdrops;
use super::clean_plate::CleanPlate;
use super::gpu::GpuGenerator;
use super::known_plates::{BetterPlate, PlateMaker};
use super::painter::Painter;
use super::plan::{MovedPicture, PictureData};
use super::reach::{HeadField, Sides, spread};
use super::{FLOW_CELLS, Generator, GpuTarget, LandmarkWarp};
use crate::data::{CROP_PX, Landmarks, OnGpu, PictureChange, Portrait, PuppetMotion};
use crate::gpu::ChangeBuffers;
use crate::model::{FrozenMotion, HeadFlow, INPUT_CELLS, MotionMemory, MotionNet, MotionSample, Tuned};
use crate::runtime::FileCache;

/// A flow that reaches farther than this cannot be meant.
pub(super) const MAX_FLOW_PX: f32 = 4.0 * CROP_PX;

/// Warps by the motion net. Should the net ever give something that is no flow, the closed form takes over until the next portrait.
pub struct MotionWarp {
    net: FrozenMotion,
    memory: MotionMemory,
    near: Vec<Vec2>,
    plates: Option<PlateMaker>,
    painter: Option<Painter>,
    /// The painter while it is left out, since it failed on this portrait.
    resting_painter: Option<Painter>,
    portrait: Option<Prepared>,
    fallback: LandmarkWarp,
    /// Whether the closed form stands in for all networks.
    failed: bool,
    /// What went wrong with the networks on this portrait.
    fault: Option<String>,
    gpu: Option<OnDevice>,
}

/// The work on a graphics processor, and where it goes.
struct OnDevice {
    generator: GpuGenerator,
    target: ChangeBuffers,
}

/// What the net needs of a portrait.
struct Prepared {
    source: Portrait,
    rest_in_crop: Landmarks,
    picture: Vec<f32>,
    plate: Option<CleanPlate>,
    /// A better plate that is being made.
    better: Option<BetterPlate>,
    sides: Sides,
}

impl MotionWarp {
    /// A warp without a portrait yet; until one is set, nothing moves.
    ///
    /// # Errors
    /// A net that is not on the CPU.
    pub fn new(net: &MotionNet) -> candle_core::Result<Self> {
        Ok(Self {
            net: net.freeze()?,
            memory: MotionMemory::default(),
            near: Vec::new(),
            plates: None,
            painter: None,
            resting_painter: None,
            portrait: None,
            fallback: LandmarkWarp::new(),
            failed: false,
            fault: None,
            gpu: None,
        })
    }

    /// The same with what stands behind the head shown where the head leaves it.
    #[must_use]
    pub fn with_plates_by(self, plates: PlateMaker) -> Self {
        Self { plates: Some(plates), ..self }
    }

    /// The same with what the warp cannot show painted over it.
    #[must_use]
    pub fn painted_by(self, painter: Painter) -> Self {
        Self { painter: Some(painter), ..self }
    }

    /// Pixels of the crop that the generator makes in a frame on a graphics processor; none without a painter.
    pub(crate) fn generated_px(&mut self, motion: &PuppetMotion) -> usize {
        self.painter.as_mut().map_or(0, |painter| painter.generated_px(motion))
    }

    fn change(&mut self, motion: &PuppetMotion, change: &mut PictureChange) -> candle_core::Result<()> {
        let Some(portrait) = &self.portrait else {
            change.flow.displacement_px.fill(Vec2::ZERO);
            return Ok(());
        };
        if let Some(device) = &mut self.gpu {
            change.on_gpu = on_device(&mut device.generator, self.painter.as_mut(), &portrait.rest_in_crop, motion);
            if change.on_gpu.is_some() {
                return Ok(());
            }
        }
        let sample = MotionSample::of_still_body(&portrait.rest_in_crop.0, &motion.landmarks_in_crop.0, portrait.picture.clone());
        self.net.forward(&sample, &mut self.memory);
        let moved = self.memory.flow();
        if !moved.flow.iter().all(|v| v.x.abs() < MAX_FLOW_PX && v.y.abs() < MAX_FLOW_PX) {
            candle_core::bail!("the motion net's flow is not usable");
        }
        self.near.clear();
        self.near.extend(self.memory.near());
        let head = HeadField::new(&portrait.rest_in_crop, &motion.landmarks_in_crop, &self.near);
        let moving = portrait.plate.as_ref().map(|plate| plate.moving(&head, &motion.landmarks_in_crop));
        let flow = &mut change.flow.displacement_px;
        spread(&moved.flow, portrait.sides, |point| moving.as_ref().map_or(Vec2::ZERO, |head| head.beyond_crop(point)), flow);
        if let Some(head) = &moving {
            head.uncovered(flow, &mut change.uncovered);
        }
        match &mut self.painter {
            Some(painter) => painter.paint(&self.net, moved, moving.as_ref(), motion, change),
            None => Ok(()),
        }
    }

    /// Lets the graphics processor have the person's pictures and the generator.
    fn bring_person(&mut self) {
        if let Some(device) = &mut self.gpu {
            let pictures: Vec<PictureData<'_>> = match (&self.painter, &self.portrait) {
                (Some(painter), _) => painter.pictures().collect(),
                (None, Some(Prepared { rest_in_crop, picture, .. })) => {
                    vec![PictureData { landmarks: rest_in_crop, small: picture, picture: &[] }]
                }
                (None, None) => Vec::new(),
            };
            if let Some(portrait) = &self.portrait {
                device.generator.turn_to(&device.target, &pictures, portrait.plate.as_ref(), portrait.sides);
            }
            device.generator.set_person(self.painter.as_ref().and_then(Painter::layers).as_ref());
        }
    }
}

/// A frame on a graphics processor, for a portrait with those landmarks at rest.
fn on_device(generator: &mut GpuGenerator, painter: Option<&mut Painter>, rest: &Landmarks, motion: &PuppetMotion) -> Option<OnGpu> {
    let target = &motion.landmarks_in_crop;
    let Some(painter) = painter else { return generator.run(motion, &[run(0, rest, target)], None) };
    let (near, next) = painter.nearest(target);
    let others = [Some(near), next].into_iter().flatten().filter(|picture| *picture > 0);
    let others: Vec<(usize, Landmarks)> = others.filter_map(|picture| Some((picture, painter.landmarks(picture)?.clone()))).collect();
    let mut runs = vec![run(0, rest, target)];
    runs.extend(others.iter().map(|(picture, landmarks)| run(*picture, landmarks, target)));
    let turn_rad = runs.iter().find(|run| run.picture == near).map_or(f32::INFINITY, |run| run.head.turn_rad());
    let plan = painter.plan((near, next), motion, turn_rad);
    generator.run(motion, &runs, plan.as_ref())
}

fn run<'a>(picture: usize, landmarks: &'a Landmarks, target: &Landmarks) -> MovedPicture<'a> {
    MovedPicture { picture, landmarks, head: HeadFlow::between(&landmarks.0, &target.0) }
}

impl Generator for MotionWarp {
    fn name(&self) -> &'static str {
        match (self.failed, &self.painter) {
            (true, _) => self.fallback.name(),
            (false, Some(_)) => "few-shot",
            (false, None) => "motion-net",
        }
    }

    fn uses_networks(&self) -> bool {
        !self.failed
    }

    fn networks_fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        // What failed on the last portrait is tried again.
        (self.failed, self.fault) = (false, None);
        self.painter = self.painter.take().or(self.resting_painter.take());
        // The plate that is being made for the one before would take its time from the new one.
        if let Some(better) = self.portrait.take().and_then(|before| before.better) {
            better.abandon();
        }
        let plate = self.plates.as_ref().map(|plates| plates.plate(portrait)).transpose().unwrap_or_else(|error| {
            tracing::error!("the matte net failed ({error}); what stands behind the head is not filled in");
            None
        });
        let (plate, better) = plate.map_or((None, None), |(plate, better)| (Some(plate), better));
        let picture = portrait.crop_picture(INPUT_CELLS);
        let sides = Sides::of(portrait);
        self.portrait =
            Some(Prepared { source: portrait.clone(), rest_in_crop: portrait.landmarks_in_crop(), picture, plate, better, sides });
        self.fallback.set_portrait(portrait);
        if let Some(painter) = &mut self.painter
            && let Err(error) = painter.set_portrait(portrait)
        {
            tracing::error!("the few-shot generator failed ({error}); this portrait is moved without it");
            self.fault = Some(format!("the few-shot generator failed: {error}"));
            self.resting_painter = self.painter.take();
        }
        // The compositor of the last portrait is gone; the next one's buffers are named later.
        if let Some(device) = &mut self.gpu {
            device.generator.forget_person();
        }
    }

    fn remember_in(&mut self, known: FileCache) {
        if let Some(plates) = &mut self.plates {
            plates.remember_in(known);
        }
    }

    fn make_haste(&mut self) {
        if let Some(plates) = &mut self.plates {
            plates.make_haste();
        }
    }

    fn better_plate(&mut self) -> Option<Arc<RgbaImage>> {
        let portrait = self.portrait.as_mut()?;
        let pixels = portrait.better.as_ref()?.take()?;
        portrait.better = None;
        portrait.plate.as_mut()?.pixels = Arc::clone(&pixels);
        Some(pixels)
    }

    fn backdrops(&self) -> Option<Backdrops> {
        let Prepared { source, plate, .. } = self.portrait.as_ref()?;
        let CleanPlate { soft, pixels, .. } = plate.as_ref()?;
        Some(self.plates.as_ref()?.backdrops(source, soft.as_ref()?, pixels, None))
    }

    fn add_source(&mut self, portrait: &Portrait) {
        if let Some(painter) = &mut self.painter
            && let Err(error) = painter.add_source(portrait)
        {
            tracing::error!("another picture of the person could not be used: {error}");
        }
        self.bring_person();
    }

    fn remove_source(&mut self, index: usize) {
        if let Some(painter) = &mut self.painter
            && let Err(error) = painter.remove_source(index)
        {
            tracing::error!("a picture of the person could not be removed: {error}");
        }
        self.bring_person();
    }

    fn can_adopt(&self) -> bool {
        self.painter.is_some() && !self.failed
    }

    fn adopt(&mut self, tuned: Option<&Tuned>) {
        if let Some(painter) = &mut self.painter
            && let Err(error) = painter.adopt(tuned)
        {
            tracing::error!("the fine-tuned generator could not be used: {error}");
        }
        if let (Some(device), Some(painter)) = (&mut self.gpu, &self.painter) {
            device.generator.set_person(painter.layers().as_ref());
        }
    }

    fn work_on(&mut self, target: Option<GpuTarget<'_>>) {
        self.gpu = target.map(|GpuTarget { gpu, buffers, timings }| {
            let kept = self.gpu.take().map(|device| device.generator).filter(|generator| generator.is_on(gpu));
            let generator = kept.unwrap_or_else(|| GpuGenerator::new(gpu, &self.net, timings));
            OnDevice { generator, target: buffers.clone() }
        });
        self.bring_person();
    }

    fn plate(&self) -> Option<Arc<RgbaImage>> {
        self.portrait.as_ref()?.plate.as_ref().map(|plate| Arc::clone(&plate.pixels))
    }

    fn generate(&mut self, motion: &PuppetMotion, change: &mut PictureChange) {
        change.flow.size = FLOW_CELLS;
        change.flow.displacement_px.resize(FLOW_CELLS * FLOW_CELLS, Vec2::ZERO);
        change.uncovered.clear();
        change.paint.clear();
        change.on_gpu = None;
        if self.failed {
            self.fallback.generate(motion, change);
            return;
        }
        // All of it on the threads of the pool, instead of going there and back for every layer.
        if let Err(error) = rayon::scope(|_| self.change(motion, change)) {
            tracing::error!("the networks failed ({error}); this portrait is moved without them from now on");
            (self.failed, self.fault) = (true, Some(error.to_string()));
            self.fallback.generate(motion, change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::portrait;
    use super::*;
    use crate::data::{Crop, PaintField};
    use crate::generate::{GeneratorChoice, WeightFiles, start};
    use crate::model::{GeneratorConfig, GeneratorNet, Preset};
    use crate::nn::Store;
    use candle_core::{Device, Tensor};

    #[test]
    fn what_fine_tuning_made_is_painted_with_and_can_be_put_away() -> anyhow::Result<()> {
        let portrait = crate::builtin::PORTRAITS[0].portrait()?;
        let mut opened = portrait.landmarks_in_crop();
        // The lower lip, its inner edge and the chin go down.
        for index in (5..12).chain(55..60).chain(65..68) {
            opened.0[index].y += 14.0;
        }
        let motion = PuppetMotion::of_landmarks(opened);
        let (mut generator, _) = start(&GeneratorChoice::FewShot(WeightFiles::default()));
        assert!(generator.can_adopt() && !start(&GeneratorChoice::LandmarkWarp).0.can_adopt(), "only the few-shot generator does");
        let store = Store::fresh(5, &Device::Cpu);
        let net = GeneratorNet::new(&store.scope().under("generator"), &GeneratorConfig::of(Preset::Retrato))?;
        let weights = store.variables().into_iter().map(|(name, v)| (name, v.as_tensor().clone())).collect();
        let tuned = Tuned::new(weights, &Tensor::full(0.1_f32, (1, net.layout().numbers()), &Device::Cpu)?)?;
        generator.set_portrait(&portrait);
        let mut painted = |tuned: Option<&Tuned>| {
            generator.adopt(tuned);
            let mut change = PictureChange::none(FLOW_CELLS);
            generator.generate(&motion, &mut change);
            change.paint.cells
        };
        let before = painted(None);
        assert!(before.iter().any(PaintField::paints), "an opened mouth is painted");
        assert!(painted(Some(&tuned)) != before, "by another generator, other paint");
        assert!(painted(None) == before, "and the first again");
        Ok(())
    }

    #[test]
    fn networks_that_failed_on_one_portrait_are_tried_again_on_the_next() {
        let (mut generator, _) = start(&GeneratorChoice::FewShot(WeightFiles::default()));
        let portrait = portrait(image::RgbaImage::from_pixel(256, 256, image::Rgba([120, 110, 100, 255])));
        let mut change = PictureChange::none(FLOW_CELLS);
        generator.set_portrait(&portrait);
        assert!(generator.uses_networks() && generator.networks_fault().is_none(), "all is well");
        let nowhere = portrait.landmarks_in_crop().map(|_| Vec2::NAN);
        generator.generate(&PuppetMotion::of_landmarks(nowhere), &mut change);
        let state = (generator.name(), generator.uses_networks(), generator.can_adopt());
        assert_eq!(state, ("landmark-warp", false, false), "the closed form stands in");
        assert!(
            generator.networks_fault().is_some_and(|why| why.contains("flow")),
            "and the reason is known: {:?}",
            generator.networks_fault()
        );
        generator.set_portrait(&portrait);
        let state = (generator.name(), generator.uses_networks(), generator.can_adopt());
        assert_eq!(state, ("few-shot", true, true), "another portrait begins with the networks");
        assert_eq!(generator.networks_fault(), None, "without a fault");
    }

    #[test]
    fn the_shipped_net_moves_the_face_and_leaves_the_corners() {
        let (mut generator, trouble) = start(&GeneratorChoice::FewShot(WeightFiles::default()));
        assert_eq!((generator.name(), trouble), ("few-shot", None), "the shipped weights are in order");
        let portrait = portrait(image::RgbaImage::from_pixel(256, 256, image::Rgba([120, 110, 100, 255])));
        generator.set_portrait(&portrait);
        let rest = portrait.landmarks_in_crop();
        let mut change = PictureChange::none(FLOW_CELLS);
        let moved = Vec2::new(9.0, 5.0);
        generator.generate(&PuppetMotion::of_landmarks(rest.map(|p| p + moved)), &mut change);
        let cell = |px: f32| ((px + 0.5) * FLOW_CELLS as f32 / CROP_PX) as usize;
        let at = |p: Vec2| {
            let p = Crop::reach_from_crop(p);
            change.flow.displacement_px[cell(p.y) * FLOW_CELLS + cell(p.x)]
        };
        for index in [8, 30, 36, 45, 51, 57] {
            let missing = (at(rest.0[index] + moved) + moved).length();
            assert!(missing < 1.5, "landmark {index} misses its place by {missing} pixels");
        }
        for corner in [Vec2::new(3.0, 3.0), Vec2::new(252.0, 3.0)] {
            assert!(at(corner).length() < 0.75, "the background at {corner} moves by {}", at(corner).length());
        }
    }
}
