//! What the kernels are told about a frame, as `shaders/frame.wgsl` and `shaders/motion_input.wgsl` have it in memory.

use std::ops::Range;

use bytemuck::Zeroable as _;

use super::super::clean_plate::{ABOVE_CHIN, COMES, GONE, MOVED_PX, MOVES_ALONG, UpFromChin};
use super::super::contour::{BELIEVED, Contour, ContourPoint, MOST_POINTS};
use super::super::fine_paint::{GIVES_WAY, NOTICED};
use super::super::gates::{GateParams, HIDDEN, WHERE_HIDDEN};
use super::super::outline::{FADE, Square};
use super::super::painter::Plan;
use super::super::patches::RIM;
use super::super::reach::{AT_BODY_PX, Sides, TAKES_OVER_PX};
use super::{MOST_PARTS, head_numbers};
use crate::data::{Crop, Landmarks, PuppetMotion};
use crate::model::{HeadFlow, HeadNumbers, LANDMARK_LINE_RADIUS, MASK_FLOOR, MOST_LANDMARK_LINES, STILL_BODY, landmark_lines};

/// What `Part` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Part {
    corner: [u32; 2],
    size: [u32; 2],
    first: u32,
    padding: u32,
}

/// What `Line` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Line {
    start: [f32; 2],
    end: [f32; 2],
    channel: u32,
    padding: u32,
}

/// What `Frame` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Frame {
    corner: [u32; 2],
    size: [u32; 2],
    gates: [GateParams; MOST_PARTS],
    parts: [Part; MOST_PARTS],
    part_count: u32,
    where_hidden: f32,
    gives_way: [f32; 2],
    noticed: f32,
    mask_floor: f32,
    rim: u32,
    near_picture: u32,
    near_flow: u32,
    next_picture: u32,
    next_flow: u32,
    has_next: u32,
    has_plate: u32,
    hull_count: u32,
    unit_px: f32,
    line_count: u32,
    line_radius: f32,
    padding_of_lines: u32,
    fade: [f32; 2],
    hidden: [f32; 2],
    comes: [f32; 2],
    gone: [f32; 2],
    moved_px: [f32; 2],
    moves_along: [f32; 2],
    above_chin: [f32; 2],
    takes_over_px: [f32; 2],
    at_body_px: [f32; 2],
    chin: [f32; 2],
    up: [f32; 2],
    drawn_corner: [u32; 2],
    drawn_size: [u32; 2],
    fine_corner: [u32; 2],
    fine_size: [u32; 2],
    before_reach: [f32; 2],
    reach: f32,
    contour_count: u32,
    sides: [f32; 4],
    head: HeadNumbers,
    hull: [[f32; 2]; Landmarks::COUNT],
    lines: [Line; MOST_LANDMARK_LINES],
    contour: [ContourPoint; MOST_POINTS],
    heard_px: f32,
    believed: f32,
    padding_behind: [u32; 2],
}

const _: () = assert!(size_of::<Frame>() == 3168, "must match the WGSL layout of Frame");

/// What `Motion` looks like in memory.
#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub(super) struct Motion {
    head: HeadNumbers,
    picture: u32,
    slot: u32,
    body_follow: f32,
    line_count: u32,
    points: [[f32; 4]; Landmarks::COUNT],
    wanted: [[f32; 2]; Landmarks::COUNT],
}

const _: () = assert!(size_of::<Motion>() == 1808, "must match the WGSL layout of Motion");

/// A picture of the person on its way to the wanted face.
pub(in crate::generate) struct Run<'a> {
    /// Which picture; the portrait itself is the first.
    pub picture: usize,
    /// Its landmarks, in crop pixels.
    pub landmarks: &'a Landmarks,
    /// How its head moves as a whole.
    pub head: HeadFlow,
}

impl Motion {
    /// Of a run whose flow goes into that slot.
    pub(super) fn new(run: &Run<'_>, slot: usize, target: &Landmarks) -> Self {
        let line_count = landmark_lines(&target.0, None).count() as u32;
        let mut motion = Self {
            head: run.head.numbers(),
            picture: run.picture as u32,
            slot: slot as u32,
            body_follow: STILL_BODY,
            line_count,
            ..Self::zeroed()
        };
        let pairs = run.landmarks.0.iter().zip(&target.0);
        for ((source, target), (point, wanted)) in pairs.zip(motion.points.iter_mut().zip(&mut motion.wanted)) {
            let displacement = *source - *target;
            let rest = displacement - run.head.at(*target);
            *point = [target.x, target.y, rest.x, rest.y];
            *wanted = displacement.to_array();
        }
        motion
    }
}

impl Frame {
    /// Of the motion of the portrait's own head, which is the first of `runs`, of what is decided about the paint, of where the face ends in the plate, if there is one,
    /// and of where the picture goes on.
    pub(super) fn new(
        motion: &PuppetMotion,
        runs: &[Run<'_>],
        plan: Option<&Plan<'_>>,
        (contour, sides): (Option<&Contour>, Sides),
    ) -> Self {
        let target = &motion.landmarks_in_crop;
        let up = UpFromChin::of(target);
        let mut frame = Self {
            where_hidden: WHERE_HIDDEN,
            gives_way: pair(&GIVES_WAY),
            noticed: NOTICED,
            mask_floor: MASK_FLOOR as f32,
            rim: RIM as u32,
            has_plate: u32::from(contour.is_some()),
            unit_px: up.unit_px,
            line_radius: LANDMARK_LINE_RADIUS,
            fade: pair(&FADE),
            hidden: pair(&HIDDEN),
            comes: pair(&COMES),
            gone: pair(&GONE),
            moved_px: pair(&MOVED_PX),
            moves_along: pair(&MOVES_ALONG),
            above_chin: pair(&ABOVE_CHIN),
            takes_over_px: pair(&TAKES_OVER_PX),
            at_body_px: pair(&AT_BODY_PX),
            chin: up.chin.to_array(),
            up: up.up.to_array(),
            before_reach: Crop::BEFORE_REACH,
            reach: Crop::REACH,
            sides: sides.numbers(),
            head: runs.first().map(|run| run.head.numbers()).unwrap_or_default(),
            ..Self::zeroed()
        };
        for (line, slot) in landmark_lines(&target.0, motion.pupils_in_crop).zip(&mut frame.lines) {
            let [start, end] = line.ends.map(|end| end.to_array());
            *slot = Line { start, end, channel: line.channel as u32, padding: 0 };
            frame.line_count += 1;
        }
        if let Some(contour) = contour {
            frame.take_contour(contour, target);
        }
        if let Some(plan) = plan {
            frame.take_plan(plan, runs);
        }
        frame
    }

    fn take_contour(&mut self, contour: &Contour, target: &Landmarks) {
        let moved = contour.moved(target);
        for (point, slot) in moved.points().iter().zip(&mut self.contour) {
            *slot = *point;
            self.contour_count += 1;
        }
        (self.heard_px, self.believed) = (moved.heard_px(), BELIEVED);
    }

    fn take_plan(&mut self, plan: &Plan<'_>, runs: &[Run<'_>]) {
        let slot = |picture: usize| runs.iter().position(|run| run.picture == picture).unwrap_or(0) as u32;
        (self.near_picture, self.near_flow) = (plan.near as u32, slot(plan.near));
        if let Some(next) = plan.next {
            (self.next_picture, self.next_flow, self.has_next) = (next as u32, slot(next), 1);
        }
        (self.corner, self.size) = placed(&plan.square);
        self.gates = plan.gates.params();
        let mut first = 0;
        for (square, part) in plan.parts().zip(&mut self.parts) {
            let (corner, size) = placed(&square);
            *part = Part { corner, size, first: (first / 4) as u32, padding: 0 };
            first += head_numbers(square.area());
            self.part_count += 1;
        }
        for (corner, slot) in plan.outline.corners().iter().zip(&mut self.hull) {
            *slot = corner.to_array();
            self.hull_count += 1;
        }
        (self.drawn_corner, self.drawn_size) = placed(plan.drawn.part().0);
        (self.fine_corner, self.fine_size) = placed(plan.drawn_fine.part().0);
    }

    /// Size of the square in which there may be paint, across and down.
    pub(super) fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Size of each part, across and down, and where its result begins, in fours of numbers.
    pub(super) fn parts(&self) -> impl Iterator<Item = ([u32; 2], u32)> + '_ {
        self.parts.iter().take(self.part_count as usize).map(|part| (part.size, part.first))
    }
}

fn pair(range: &Range<f32>) -> [f32; 2] {
    [range.start, range.end]
}

fn placed(square: &Square) -> ([u32; 2], [u32; 2]) {
    let u32s = |pair: [usize; 2]| pair.map(|v| v as u32);
    (u32s(square.corner), u32s(square.size))
}
