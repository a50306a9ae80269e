//! The portrait's head in 3D: its own pixels, turned; the compositors draw it. Only what is seen in an opened mouth is made here.

use std::sync::Arc;

use glam::{Vec2, Vec3, Vec4};
use image::RgbaImage;
use retrato_head::{HeadPicture, HeadShape};

use super::clean_plate::{CleanPlate, sampled};
use super::known_plates::{BetterPlate, PlateMaker};
use super::{Generator, GpuTarget, smooth_step};
use crate::data::{CROP_PX, Crop, HeadChange, MeshMotion, MouthPicture, PictureChange, Portrait, PuppetMotion};
use crate::model::{DrawnPart, MouthPrior, Tuned};
use crate::runtime::FileCache;

/// Pixels along each side of the picture that the mouth's colours are taken from.
const PICTURE_PX: usize = CROP_PX as usize;
/// Cells of the mouth along each side of a crop pixel.
const PER_PX: usize = 2;
/// Room round the lips, in crop pixels.
const ROOM_PX: f32 = 2.0;
/// Shares of head over which the edge of a coarse matte runs from nothing to all.
const COARSE_EDGE: std::ops::Range<f32> = 0.12..0.88;

/// Turns heads in 3D; a portrait or a motion without a mesh is left to another generator.
pub struct HeadTurn {
    plates: PlateMaker,
    portrait: Option<Prepared>,
    fallback: Box<dyn Generator>,
    /// The portrait, until the other generator is prepared for it.
    waiting: Option<Portrait>,
    /// Whether the other generator has the portrait, or made its last frame.
    fell_back: bool,
}

struct Prepared {
    shape: Arc<HeadShape>,
    plate: Arc<RgbaImage>,
    /// A better plate that is being made.
    better: Option<BetterPlate>,
    mouth: Option<MouthPrior>,
}

impl HeadTurn {
    /// Without a portrait yet; `fallback` moves those without a mesh.
    pub fn new(plates: PlateMaker, fallback: Box<dyn Generator>) -> Self {
        Self { plates, portrait: None, fallback, waiting: None, fell_back: false }
    }

    fn prepare(&self, portrait: &Portrait) -> Option<Prepared> {
        let mesh = portrait.mesh_in_crop()?;
        let (plate, better) = self.plates.plate(portrait).inspect_err(|error| tracing::error!("the matte net failed: {error}")).ok()?;
        let foreground = |pixel: [u32; 2]| foreground(&plate, pixel);
        let picture = HeadPicture {
            pixels: &portrait.pixels,
            plate: Some(&plate.pixels),
            crop: portrait.crop,
            mesh_in_crop: &mesh,
            matte: &|point| share(&plate, &portrait.crop, point),
            foreground: Some(&foreground),
        };
        let shape = HeadShape::new(picture).inspect_err(|error| tracing::error!("{error}")).ok()?;
        let mouth = MouthPrior::of(&portrait.crop_picture(PICTURE_PX), &mesh.landmarks().0);
        Some(Prepared { shape: Arc::new(shape), plate: Arc::clone(&plate.pixels), better, mouth })
    }

    /// Whether heads are turned at present.
    fn turns(&self) -> bool {
        self.portrait.is_some() && !self.fell_back
    }

    /// The other generator, prepared for the portrait.
    fn other(&mut self) -> &mut dyn Generator {
        if let Some(portrait) = self.waiting.take() {
            self.fallback.set_portrait(&portrait);
        }
        &mut *self.fallback
    }
}

/// A colour of the mouth's inside in the shadow of the lips and cheeks, the deeper the darker it is by itself: teeth stand in front, the tongue behind them.
/// Tuned by eye on `mona_lisa`, `sargent_black_dress` and `long_hair_waterfall`, and by the errors of the clips `lively_turns`, smile and `mouth_wide`.
fn in_shadow(colour: Vec3) -> Vec3 {
    let light = colour.dot(Vec3::new(0.3, 0.59, 0.11)).clamp(0.0, 1.0);
    // What is darker also loses colour to the brown of a shadow.
    let grey = Vec3::splat(light);
    colour.lerp(grey, 0.15) * (0.55 + 0.4 * light)
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
    fn mouth(&self, motion: &MeshMotion, mut picture: MouthPicture) -> MouthPicture {
        picture.size = [0; 2];
        picture.cells.clear();
        let Some(prior) = &self.mouth else { return picture };
        let target = motion.mesh_in_crop().landmarks();
        if !target.is_finite() {
            return picture;
        }
        let lips = &target.0[crate::data::region::MOUTH];
        let within = |point: Vec2| point.clamp(Vec2::ZERO, Vec2::splat(CROP_PX));
        let low = within(lips.iter().copied().fold(Vec2::MAX, Vec2::min) - ROOM_PX).as_usizevec2();
        let high = within(lips.iter().copied().fold(Vec2::MIN, Vec2::max) + ROOM_PX + 1.0).as_usizevec2();
        let (corner, size) = (low.to_array(), (high.max(low) - low).to_array());
        picture.corner = corner;
        picture.per_px = PER_PX;
        picture.size = size.map(|px| px * PER_PX);
        picture.cells.resize(picture.size[0] * picture.size[1], Vec4::ZERO);
        prior.each(&target.0, DrawnPart::new(corner, size, PER_PX), |cell, colour, share| {
            if share > 0.0
                && let Some(cell) = picture.cells.get_mut(cell)
            {
                *cell = in_shadow(colour).extend(1.0);
            }
        });
        picture
    }
}

impl Generator for HeadTurn {
    fn name(&self) -> &'static str {
        if self.fell_back { self.fallback.name() } else { "head-3d" }
    }

    fn uses_networks(&self) -> bool {
        !self.turns() && self.fallback.uses_networks()
    }

    fn networks_fault(&self) -> Option<&str> {
        if self.turns() { None } else { self.fallback.networks_fault() }
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        self.portrait = self.prepare(portrait);
        self.waiting = Some(portrait.clone());
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
        if self.portrait.is_none() {
            self.fallback.add_source(portrait);
        }
    }

    fn remove_source(&mut self, index: usize) {
        if self.portrait.is_none() {
            self.fallback.remove_source(index);
        }
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

    fn head(&self) -> Option<Arc<HeadShape>> {
        self.portrait.as_ref().map(|portrait| Arc::clone(&portrait.shape))
    }

    fn generate(&mut self, motion: &PuppetMotion, change: &mut PictureChange) {
        let (Some(portrait), Some(mesh)) = (&self.portrait, &motion.mesh) else {
            change.head = None;
            self.fell_back = true;
            return self.other().generate(motion, change);
        };
        self.fell_back = false;
        let mouth = change.head.take().map(|head| head.mouth).unwrap_or_default();
        change.on_gpu = None;
        change.head = Some(HeadChange { motion: mesh.clone(), mouth: portrait.mouth(mesh, mouth) });
    }
}
