//! The portrait's head in 3D: its own pixels, turned; the compositors draw it. Only what is seen in an opened mouth is made here.

use std::sync::Arc;

use candle_core::Tensor;
use glam::Vec2;
use image::RgbaImage;
use retrato_head::{FaceLight, HeadPicture, HeadShape, MouthInside, blur_of};
use retrato_parts::{PartError, PartPainter};
use retrato_plate::SoftMatte;

use super::backdrop::Backdrops;
use super::clean_plate::{CleanPlate, attached, sampled};
use super::embedding::embedding;
use super::known_plates::{BetterPlate, PlateMaker};
use super::{Generator, GpuTarget, MOST_PICTURES, smooth_step};
use crate::data::{CROP_PX, Crop, HeadChange, MeshMotion, MouthPicture, PartChange, PictureChange, Portrait, PuppetMotion};
use crate::model::{Embedder, PartNets, Tuned};
use crate::runtime::FileCache;

/// Cells of the mouth along each side of a crop pixel.
const PER_PX: usize = 2;
/// Room round the lips, in crop pixels.
const ROOM_PX: f32 = 2.0;
/// Shares of head over which the edge of a coarse matte runs from nothing to all.
const COARSE_EDGE: std::ops::Range<f32> = 0.12..0.88;

/// Turns heads in 3D; a portrait or a motion without a mesh is left to another generator.
pub struct HeadTurn {
    plates: PlateMaker,
    parts: Option<PartMaker>,
    portrait: Option<Prepared>,
    fallback: Box<dyn Generator>,
    /// The portrait, until the other generator is prepared for it.
    waiting: Option<Portrait>,
    /// The portrait itself.
    source: Option<Portrait>,
    /// Whether the other generator has the portrait, or made its last frame.
    fell_back: bool,
}

/// The networks of eyes and mouth, and the embedder that says whose they are.
pub struct PartMaker {
    nets: PartNets,
    embedder: Embedder,
}

impl PartMaker {
    /// Of networks that belong together.
    pub fn new(nets: PartNets, embedder: Embedder) -> Self {
        Self { nets, embedder }
    }
}

struct Prepared {
    shape: Arc<HeadShape>,
    plate: Arc<RgbaImage>,
    soft: Option<Arc<SoftMatte>>,
    /// A better plate that is being made.
    better: Option<BetterPlate>,
    mouth: MouthInside,
    /// What mends the eyes; none without networks.
    parts: Option<PartPainter>,
    /// What the embedder says of the portrait and of each further picture.
    embeddings: Vec<Option<Tensor>>,
    /// What went wrong with the networks on this portrait.
    fault: Option<String>,
}

impl HeadTurn {
    /// Without a portrait yet; `fallback` moves those without a mesh, `parts` mends eyes.
    pub fn new(plates: PlateMaker, parts: Option<PartMaker>, fallback: Box<dyn Generator>) -> Self {
        Self { plates, parts, portrait: None, fallback, waiting: None, source: None, fell_back: false }
    }

    /// Draws the eyes in the style of the mean of all pictures' embeddings from now on.
    fn style(&mut self) {
        let (Some(maker), Some(prepared), Some(portrait)) = (&self.parts, &mut self.portrait, &self.source) else { return };
        match painter(maker, prepared, portrait) {
            Ok(parts) => (prepared.parts, prepared.fault) = (parts, None),
            Err(error) => {
                tracing::error!("{error}");
                (prepared.parts, prepared.fault) = (None, Some(error.to_string()));
            }
        }
    }

    fn prepare(&self, portrait: &Portrait) -> Option<Prepared> {
        let mesh = portrait.mesh_in_crop()?;
        let (plate, better) = self.plates.plate(portrait).inspect_err(|error| tracing::error!("the matte net failed: {error}")).ok()?;
        let foreground = |pixel: [u32; 2]| foreground(&plate, pixel);
        let head = |point| sampled(&plate.head, Crop::reach_from_crop(point));
        let picture = HeadPicture {
            pixels: &portrait.pixels,
            plate: Some(&plate.pixels),
            crop: portrait.crop,
            mesh_in_crop: &mesh,
            attached: &attached(portrait, &head),
            matte: &|point| share(&plate, &portrait.crop, point),
            foreground: Some(&foreground),
        };
        let shape = HeadShape::new(picture).inspect_err(|error| tracing::error!("{error}")).ok()?;
        let in_picture = mesh.map(|p| portrait.crop.image_from_crop(p.truncate()).extend(p.z * portrait.crop.scale()));
        let light = FaceLight::of(&portrait.pixels, &in_picture, shape.skin);
        let blur_px = blur_of(&portrait.pixels, &portrait.crop, &mesh);
        tracing::debug!("the face is blurred by {blur_px:.2} crop pixels");
        let mouth = MouthInside::new(&mesh, light, blur_px).inspect_err(|error| tracing::error!("{error}")).ok()?;
        Some(Prepared {
            shape: Arc::new(shape),
            plate: Arc::clone(&plate.pixels),
            soft: plate.soft.clone(),
            better,
            mouth,
            parts: None,
            embeddings: Vec::new(),
            fault: None,
        })
    }

    /// Takes in another picture of the person, the portrait first.
    fn learn_of(&mut self, picture: &Portrait) {
        let (Some(maker), Some(prepared)) = (&self.parts, &mut self.portrait) else { return };
        if prepared.embeddings.len() >= MOST_PICTURES {
            return;
        }
        // One that fails keeps its place: others are taken away by theirs.
        let embedding = embedding(&maker.embedder, picture).inspect_err(|error| tracing::error!("the embedder fails: {error}"));
        prepared.embeddings.push(embedding.ok());
        self.style();
    }

    /// The other generator, prepared for the portrait.
    fn other(&mut self) -> &mut dyn Generator {
        if let Some(portrait) = self.waiting.take() {
            self.fallback.set_portrait(&portrait);
        }
        &mut *self.fallback
    }
}

/// Who mends the eyes of a portrait; nobody where no embedding is known.
fn painter(maker: &PartMaker, prepared: &Prepared, portrait: &Portrait) -> Result<Option<PartPainter>, PartError> {
    let known: Vec<&Tensor> = prepared.embeddings.iter().flatten().collect();
    let Some(mesh) = portrait.mesh_in_crop().filter(|_| !known.is_empty()) else { return Ok(None) };
    let embedding = Embedder::mean(&Tensor::cat(&known, 0)?, known.len())?;
    PartPainter::new(&maker.nets, &embedding, &portrait.pixels, portrait.crop, &mesh).map(Some)
}

/// Share of head at a point of the crop.
fn share(plate: &CleanPlate, crop: &Crop, point: Vec2) -> f32 {
    match &plate.soft {
        Some(soft) => soft.share_at(crop.image_from_crop(point)),
        None => smooth_step(&COARSE_EDGE, sampled(&plate.head, Crop::reach_from_crop(point))),
    }
}

/// The head's own colour at a pixel, where the plate knows it.
fn foreground(plate: &CleanPlate, [x, y]: [u32; 2]) -> Option<[u8; 4]> {
    let soft = plate.soft.as_ref()?;
    let [left, top] = soft.window.corner;
    soft.foreground.get_pixel_checked(x.checked_sub(left)?, y.checked_sub(top)?).map(|pixel| pixel.0)
}

impl Prepared {
    /// What the network changes of the eyes.
    fn parts(&mut self, motion: &MeshMotion) -> Vec<PartChange> {
        let Some(painter) = &mut self.parts else { return Vec::new() };
        painter.changes(motion).unwrap_or_else(|error| {
            tracing::error!("{error}");
            (self.parts, self.fault) = (None, Some(error.to_string()));
            Vec::new()
        })
    }

    fn mouth(&mut self, motion: &MeshMotion, mut picture: MouthPicture) -> MouthPicture {
        picture.size = [0; 2];
        picture.cells.clear();
        let target = motion.mesh_in_crop().landmarks();
        if !target.is_finite() {
            return picture;
        }
        let lips = &target.0[crate::data::region::MOUTH];
        let within = |point: Vec2| point.clamp(Vec2::ZERO, Vec2::splat(CROP_PX));
        let low = within(lips.iter().copied().fold(Vec2::MAX, Vec2::min) - ROOM_PX).as_usizevec2();
        let high = within(lips.iter().copied().fold(Vec2::MIN, Vec2::max) + ROOM_PX + 1.0).as_usizevec2();
        let (corner, size) = (low.to_array(), (high.max(low) - low).to_array());
        self.mouth.draw(motion, corner, size, PER_PX, &mut picture);
        picture
    }
}

impl Generator for HeadTurn {
    fn name(&self) -> &'static str {
        if self.fell_back { self.fallback.name() } else { "head-3d" }
    }

    fn uses_networks(&self) -> bool {
        match &self.portrait {
            Some(portrait) if !self.fell_back => portrait.parts.is_some(),
            _ => self.fallback.uses_networks(),
        }
    }

    fn networks_fault(&self) -> Option<&str> {
        match &self.portrait {
            Some(portrait) if !self.fell_back => portrait.fault.as_deref(),
            _ => self.fallback.networks_fault(),
        }
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        // The plate that is being made for the one before would take its time from the new one.
        if let Some(better) = self.portrait.take().and_then(|before| before.better) {
            better.abandon();
        }
        self.portrait = self.prepare(portrait);
        self.source = Some(portrait.clone());
        self.waiting = Some(portrait.clone());
        self.learn_of(portrait);
        self.fell_back = self.portrait.is_none();
        if self.fell_back {
            self.other();
        }
    }

    fn remember_in(&mut self, known: FileCache) {
        self.plates.remember_in(known.clone());
        self.fallback.remember_in(known);
    }

    fn add_source(&mut self, portrait: &Portrait) {
        match &self.portrait {
            Some(_) => self.learn_of(portrait),
            None => self.fallback.add_source(portrait),
        }
    }

    fn remove_source(&mut self, index: usize) {
        match &mut self.portrait {
            Some(prepared) if index + 1 < prepared.embeddings.len() => {
                prepared.embeddings.remove(index + 1);
                self.style();
            }
            Some(_) => {}
            None => self.fallback.remove_source(index),
        }
    }

    fn takes_pictures(&self) -> bool {
        self.portrait.as_ref().map_or_else(|| self.fallback.takes_pictures(), |portrait| portrait.parts.is_some())
    }

    fn can_adopt(&self) -> bool {
        self.portrait.is_none() && self.fallback.can_adopt()
    }

    fn adopt(&mut self, tuned: Option<&Tuned>) {
        if self.portrait.is_none() {
            self.fallback.adopt(tuned);
        }
    }

    fn work_on(&mut self, target: Option<GpuTarget<'_>>) {
        let target = if self.portrait.is_some() { None } else { target };
        self.fallback.work_on(target);
    }

    fn plate(&self) -> Option<Arc<RgbaImage>> {
        self.portrait.as_ref().map_or_else(|| self.fallback.plate(), |portrait| Some(Arc::clone(&portrait.plate)))
    }

    fn make_haste(&mut self) {
        self.plates.make_haste();
        self.fallback.make_haste();
    }

    fn better_plate(&mut self) -> Option<Arc<RgbaImage>> {
        let Some(portrait) = &mut self.portrait else { return self.fallback.better_plate() };
        let plate = portrait.better.as_ref()?.take()?;
        portrait.better = None;
        portrait.plate = Arc::clone(&plate);
        Some(plate)
    }

    fn backdrops(&self) -> Option<Backdrops> {
        let Some(prepared) = &self.portrait else { return self.fallback.backdrops() };
        Some(self.plates.backdrops(self.source.as_ref()?, prepared.soft.as_ref()?, &prepared.plate, Some(&prepared.shape)))
    }

    fn head(&self) -> Option<Arc<HeadShape>> {
        self.portrait.as_ref().map(|portrait| Arc::clone(&portrait.shape))
    }

    fn generate(&mut self, motion: &PuppetMotion, change: &mut PictureChange) {
        let (Some(portrait), Some(mesh)) = (&mut self.portrait, &motion.mesh) else {
            change.head = None;
            self.fell_back = true;
            return self.other().generate(motion, change);
        };
        self.fell_back = false;
        let mouth = change.head.take().map(|head| head.mouth).unwrap_or_default();
        change.on_gpu = None;
        let mouth = portrait.mouth(mesh, mouth);
        change.head = Some(HeadChange { motion: mesh.clone(), mouth, parts: portrait.parts(mesh) });
    }
}
