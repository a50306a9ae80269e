//! From the motion a portrait shall make to the change of its picture: one [`Generator`] per method.

mod choice;
mod landmark_warp;
mod motion_warp;

pub use choice::{GeneratorChoice, start};
pub use landmark_warp::LandmarkWarp;
pub use motion_warp::MotionWarp;

use crate::data::{FlowField, Portrait, PuppetMotion};

/// Turns target landmarks into a picture change. One value serves one portrait at a time and may keep scratch memory.
pub trait Generator: Send {
    /// Short name for tables and read-outs, in kebab case.
    fn name(&self) -> &'static str;

    /// Prepares for a portrait; called once before the first frame of it.
    fn set_portrait(&mut self, portrait: &Portrait);

    /// Computes the backward flow that brings the portrait to `motion`, into `flow` (its size is kept as [`FLOW_CELLS`]).
    fn generate(&mut self, motion: &PuppetMotion, flow: &mut FlowField);
}

/// Cells along each side of every generator's flow field: 2 crop pixels a cell.
pub const FLOW_CELLS: usize = crate::model::FLOW_CELLS;
