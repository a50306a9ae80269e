//! The kernels' sources, with what they take over from the CPU's own code: whatever both calculate with is declared there alone.

use glam::Vec2;

use super::super::clean_plate::{ABOVE_CHIN, COMES, GONE, LEAST_HEAD, MOVED_PX, MOVES_ALONG};
use super::super::contour::{LEAST_MASS, SURE_NEARNESS};
use super::super::fine_paint::{GIVES_WAY, NOTICED};
use super::super::gates::{GATES, HIDDEN, WHERE_HIDDEN};
use super::super::motion_warp::MAX_FLOW_PX;
use super::super::outline::{CELLS, FADE, Shares};
use super::super::patches::RIM;
use super::super::reach::{AT_BODY_PX, TAKES_OVER_PX};
use super::convolutions::{Extent, LayerParams};
use super::frame::{FrameParams, MotionParams, PartNumber};
use super::{CHANNELS, SEEN};
use crate::data::{CROP_PX, Crop, Landmarks, PaintField, UncoveredField};
use crate::gpu::GROUP;
use crate::model::{
    self, FLOW_SCALE_PX, INPUT_CELLS, INPUT_CHANNELS, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, MASK_FLOOR, MATTE_CELLS, MOTION_LINE_RADIUS,
    candidates, head_motion, mix,
};
use crate::nn::ops::snap;
use crate::wgsl::Shader;
use crate::wgsl_constants;

/// Needed by the others.
static FRAME: Shader = shader!("frame.wgsl", [], |into| {
    into.declare::<FrameParams>();
    into.declare::<MotionParams>();
    wgsl_constants!(into; GROUP, CROP_PX, INPUT_CELLS, MATTE_CELLS, FLOW_CELLS = model::FLOW_CELLS, REACH_CELLS = super::FLOW_CELLS);
    wgsl_constants!(into; CROP_CELLS = CELLS, UNCOVERED_CELLS = UncoveredField::CELLS, PAINT_CELLS = PaintField::CELLS);
    wgsl_constants!(into; REACH = Crop::REACH, BEFORE_REACH = Vec2::from(Crop::BEFORE_REACH));
    wgsl_constants!(into; HEAD_CENTRE = head_motion::CENTRE, HEAD_RADII = head_motion::RADII);
    wgsl_constants!(into; LANDMARKS = Landmarks::COUNT, LANDMARK_CHANNELS);
});

pub(super) static MOTION_INPUT: Shader = shader!("motion_input.wgsl", [&FRAME], |into| {
    wgsl_constants!(into; SIGMAS_PX = candidates::SIGMAS_PX, FLOOR = candidates::FLOOR, MAX_DENSITY = candidates::MAX_DENSITY);
    wgsl_constants!(into; FLOW_SCALE_PX, LINE_RADIUS = MOTION_LINE_RADIUS, SEEN, INPUT_FOURS = INPUT_CHANNELS / 4);
});

pub(super) static MOTION_FLOW: Shader = shader!("motion_flow.wgsl", [&FRAME], |into| {
    wgsl_constants!(into; RESIDUAL_PX = mix::RESIDUAL_PX, SILL = mix::SILL, LEAK = mix::LEAK, FLOW_NUMBERS = mix::CHANNELS);
    wgsl_constants!(into; SIGMA_PX = snap::SIGMA_PX, FLOOR = snap::FLOOR, FARTHEST = snap::REACH, ROUNDS = snap::ROUNDS, MAX_FLOW_PX);
});

pub(super) static REACH: Shader = shader!("reach.wgsl", [&FRAME], |into| {
    wgsl_constants!(into; ABOVE_CHIN, COMES, GONE, LEAST_HEAD, MOVED_PX, MOVES_ALONG, TAKES_OVER_PX, AT_BODY_PX, LEAST_MASS, SURE_NEARNESS);
});

pub(super) static SHOW: Shader =
    shader!("show.wgsl", [&FRAME], |into| wgsl_constants!(into; FADE, KNOT_STEP = Shares::STEP, COMES, HIDDEN, WHERE_HIDDEN));

pub(super) static GENERATOR_INPUT: Shader = shader!("generator_input.wgsl", [&FRAME], |into| {
    into.declare::<PartNumber>();
    wgsl_constants!(into; LINE_RADIUS = LANDMARK_LINE_RADIUS, GENERATOR_FOURS = CHANNELS / 4);
});

pub(super) static PAINT: Shader = shader!("paint.wgsl", [&FRAME], |into| {
    wgsl_constants!(into; GATES, GIVES_WAY, NOTICED, MASK_FLOOR = MASK_FLOOR as f32, RIM);
});

pub(super) static CONV: Shader = shader!("conv.wgsl", [], |into| {
    into.declare::<LayerParams>();
    into.declare::<Extent>();
    wgsl_constants!(into; GROUP);
});

#[cfg(test)]
pub(crate) static ALL: [&Shader; 7] = [&CONV, &MOTION_INPUT, &MOTION_FLOW, &REACH, &SHOW, &GENERATOR_INPUT, &PAINT];
