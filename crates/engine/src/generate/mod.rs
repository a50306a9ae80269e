//! From the motion a portrait shall make to the change of its picture: one [`Generator`] per method.

mod backdrop;
mod choice;
mod clean_plate;
mod colour_evidence;
mod contour;
mod embedding;
mod fine_paint;
mod gates;
pub(crate) mod gpu;
mod head_turn;
mod known_plates;
mod landmark_warp;
mod layer;
mod motion_warp;
mod outline;
mod painter;
mod patches;
mod plan;
mod reach;
mod seen;
mod shoulders;
#[cfg(test)]
mod testing;

pub use backdrop::{Backdrop, Backdrops};
pub use choice::{GeneratorChoice, WeightFiles, start};
pub use gpu::network_trial;
pub use head_turn::{HeadTurn, PartMaker};
pub use known_plates::PlateMaker;
pub use landmark_warp::LandmarkWarp;
pub use motion_warp::MotionWarp;
pub use painter::{MOST_PICTURES, Painter};

use std::sync::Arc;

use image::RgbaImage;
use retrato_head::HeadShape;

use crate::data::{PictureChange, Portrait, PuppetMotion};
use crate::gpu::{ChangeBuffers, Gpu};
use crate::math::smooth_step;
use crate::model::Tuned;
use crate::runtime::{FileCache, Timings};

/// Turns target landmarks into a picture change. One value serves one portrait at a time and may keep scratch memory.
pub trait Generator: Send {
    /// Short name for tables and read-outs, in kebab case.
    fn name(&self) -> &'static str;

    /// Whether trained networks make the pictures at present.
    fn uses_networks(&self) -> bool {
        false
    }

    /// Why it does without some of its networks for this portrait, if it does. The next portrait tries them again.
    fn networks_fault(&self) -> Option<&str> {
        None
    }

    /// Prepares for a portrait; called once before the first frame of it.
    fn set_portrait(&mut self, portrait: &Portrait);

    /// Remembers there from now on what takes long to make of a portrait; a method that makes nothing of it does nothing with it.
    fn remember_in(&mut self, _: FileCache) {}

    /// Takes another picture of the portrait's person, after [`Self::set_portrait`]; a method that needs only one does nothing with it.
    fn add_source(&mut self, _: &Portrait) {}

    /// Does without one of the pictures that were added, by its place among them; the rest keep their order.
    fn remove_source(&mut self, _: usize) {}

    /// Whether it makes anything of further pictures of the portrait's person.
    fn takes_pictures(&self) -> bool {
        self.can_adopt()
    }

    /// Whether it draws by what fine-tuning makes.
    fn can_adopt(&self) -> bool {
        false
    }

    /// Takes what fine-tuning made for the portrait's person, after [`Self::set_portrait`], or goes back to drawing without it; a method without a
    /// network does nothing with it.
    fn adopt(&mut self, _: Option<&Tuned>) {}

    /// Works on a graphics processor from now on, into a compositor's own buffers for this portrait, or on the CPU again; called after
    /// [`Self::set_portrait`]. A method without networks does nothing with it.
    fn work_on(&mut self, _: Option<GpuTarget<'_>>) {}

    /// What stands behind the head of the portrait, of the picture's size, when the method knows; called after [`Self::set_portrait`].
    fn plate(&self) -> Option<Arc<RgbaImage>> {
        None
    }

    /// The portrait's head in 3D, for the compositor to turn, when the method has one; called after [`Self::set_portrait`].
    fn head(&self) -> Option<Arc<HeadShape>> {
        None
    }

    /// Gives what [`Self::plate`] takes long to make roughly at first from now on, and well by [`Self::better_plate`]: for a portrait that someone waits for.
    fn make_haste(&mut self) {}

    /// What [`Self::plate`] gives from now on, once when a better one is ready.
    fn better_plate(&mut self) -> Option<Arc<RgbaImage>> {
        None
    }

    /// What lays the portrait's person over other backgrounds, by the plate of that moment, when the method knows where the person ends; called after
    /// [`Self::set_portrait`].
    fn backdrops(&self) -> Option<Backdrops> {
        None
    }

    /// Computes what brings the portrait to `motion`, into `change`: the flow (its size is kept as [`FLOW_CELLS`]),
    /// where the plate shows and the paint, if the method has any.
    fn generate(&mut self, motion: &PuppetMotion, change: &mut PictureChange);
}

/// Where a generator works on a graphics processor.
#[derive(Clone, Copy)]
pub struct GpuTarget<'a> {
    /// The device.
    pub gpu: &'a Gpu,
    /// Where the change of the picture goes.
    pub buffers: &'a ChangeBuffers,
    /// Takes the times of its own stages, by the device's clock.
    pub timings: &'a Timings,
}

/// Cells along each side of every generator's flow field over the crop's reach: 2 crop pixels a cell.
pub const FLOW_CELLS: usize = 192;
