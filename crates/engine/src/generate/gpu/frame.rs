//! What the kernels are told about a frame.

use glam::{UVec2, Vec2, Vec4};

use super::super::contour::{Contour, ContourPoint, MOST_POINTS};
use super::super::gates::{GATES, Gate};
use super::super::outline::Square;
use super::super::plan::{MovedPicture, PaintPlan};
use super::super::reach::Sides;
use super::{MOST_PARTS, head_numbers};
use crate::data::{Landmarks, PuppetMotion, UpFromChin};
use crate::model::{HeadNumbers, LandmarkLine, MOST_LANDMARK_LINES, STILL_BODY, landmark_lines};
use crate::wgsl::Wgsl as _;
use crate::wgsl_struct;

wgsl_struct! {
    /// A part of the face that the generator makes.
    #[derive(Clone, Copy)]
    struct GeneratedPart {
        /// Its place in the crop.
        corner: UVec2,
        size: UVec2,
        /// Where its numbers begin, in fours.
        first: usize,
    }
}

wgsl_struct! {
    /// Which part of the face a kernel works on.
    pub(super) struct PartNumber {
        pub part: usize,
    }
}

wgsl_struct! {
    /// What all kernels of a frame are told.
    pub(super) struct FrameParams {
        /// Square of the crop in which there may be paint; no size for none.
        corner: UVec2,
        size: UVec2,
        gates: [Gate; GATES],
        parts: [GeneratedPart; MOST_PARTS],
        part_count: usize,
        /// The picture that is seen most, and where its flow lies; the same of the next, and whether there is one.
        near_picture: usize,
        near_flow: usize,
        next_picture: usize,
        next_flow: usize,
        has_next: bool,
        /// Whether the head is known, and what stands behind it.
        has_plate: bool,
        /// Distance between the eyes.
        unit_px: f32,
        chin: Vec2,
        /// From the chin, of length 1.
        up: Vec2,
        /// Where something is drawn into the source.
        drawn_corner: UVec2,
        drawn_size: UVec2,
        /// The same in cells of the paint.
        fine_corner: UVec2,
        fine_size: UVec2,
        /// Whether the picture goes on beyond the crop's left, upper, right and lower edge: 1 or 0.
        sides: Vec4,
        head: HeadNumbers,
        /// Corners of the face's outline.
        hull: [Vec2; Landmarks::COUNT],
        hull_count: usize,
        lines: [LandmarkLine; MOST_LANDMARK_LINES],
        line_count: usize,
        contour: [ContourPoint; MOST_POINTS],
        contour_count: usize,
        /// Distance from a point of the contour up to which it has weight.
        radius_px: f32,
    }
}

wgsl_struct! {
    /// From one picture of the person to the wanted face.
    pub(super) struct MotionParams {
        head: HeadNumbers,
        /// Which picture, and where its flow goes.
        picture: usize,
        slot: usize,
        body_follow: f32,
        line_count: usize,
        /// Landmarks of the target, and what the whole head's motion leaves of their displacement.
        points: [Vec4; Landmarks::COUNT],
        /// Displacement from target to source.
        wanted: [Vec2; Landmarks::COUNT],
    }
}

impl MotionParams {
    /// Of a run whose flow goes into that slot.
    pub(super) fn new(run: &MovedPicture<'_>, slot: usize, target: &Landmarks) -> Self {
        let line_count = landmark_lines(&target.0, None).count();
        let mut motion = Self { head: run.head.numbers(), picture: run.picture, slot, body_follow: STILL_BODY, line_count, ..Self::zero() };
        let pairs = run.landmarks.0.iter().zip(&target.0);
        for ((source, target), (point, wanted)) in pairs.zip(motion.points.iter_mut().zip(&mut motion.wanted)) {
            let displacement = *source - *target;
            let rest = displacement - run.head.at(*target);
            *point = Vec4::new(target.x, target.y, rest.x, rest.y);
            *wanted = displacement;
        }
        motion
    }
}

impl FrameParams {
    /// Of the motion of the portrait's own head, which is the first of `runs`, of what is decided about the paint, of where the face ends in the plate, if there is one,
    /// and of where the picture goes on.
    pub(super) fn new(
        motion: &PuppetMotion,
        runs: &[MovedPicture<'_>],
        plan: Option<&PaintPlan<'_>>,
        (contour, sides): (Option<&Contour>, Sides),
    ) -> Self {
        let target = &motion.landmarks_in_crop;
        let UpFromChin { chin, up, unit_px } = UpFromChin::of(target);
        let head = runs.first().map_or_else(HeadNumbers::zero, |run| run.head.numbers());
        let mut frame = Self { has_plate: contour.is_some(), unit_px, chin, up, sides: sides.numbers(), head, ..Self::zero() };
        frame.line_count = fill(&mut frame.lines, landmark_lines(&target.0, motion.pupils_in_crop));
        if let Some(contour) = contour {
            let moved = contour.moved(target);
            frame.contour_count = fill(&mut frame.contour, moved.points().iter().copied());
            frame.radius_px = moved.radius_px();
        }
        if let Some(plan) = plan {
            frame.take_plan(plan, runs);
        }
        frame
    }

    fn take_plan(&mut self, plan: &PaintPlan<'_>, runs: &[MovedPicture<'_>]) {
        let slot = |picture: usize| runs.iter().position(|run| run.picture == picture).unwrap_or(0);
        (self.near_picture, self.near_flow) = (plan.near, slot(plan.near));
        if let Some(next) = plan.next {
            (self.next_picture, self.next_flow, self.has_next) = (next, slot(next), true);
        }
        (self.corner, self.size) = placed(&plan.square);
        self.gates = plan.gates.all();
        let mut numbers = 0;
        let parts = plan.parts().map(|square| {
            let ((corner, size), first) = (placed(&square), numbers / 4);
            numbers += head_numbers(square.area());
            GeneratedPart { corner, size, first }
        });
        self.part_count = fill(&mut self.parts, parts);
        self.hull_count = fill(&mut self.hull, plan.outline.corners().iter().copied());
        (self.drawn_corner, self.drawn_size) = placed(plan.drawn.part().0);
        (self.fine_corner, self.fine_size) = placed(plan.drawn_fine.part().0);
    }

    /// Size of the square in which there may be paint, across and down.
    pub(super) fn size(&self) -> UVec2 {
        self.size
    }

    /// Size of each part, across and down, and where its result begins, in fours of numbers.
    pub(super) fn parts(&self) -> impl Iterator<Item = (UVec2, usize)> + '_ {
        self.parts.iter().take(self.part_count).map(|part| (part.size, part.first))
    }
}

/// Puts values into the first slots, as many as there are of both; says how many.
fn fill<T>(slots: &mut [T], values: impl Iterator<Item = T>) -> usize {
    slots.iter_mut().zip(values).map(|(slot, value)| *slot = value).count()
}

fn placed(square: &Square) -> (UVec2, UVec2) {
    let vector = |[x, y]: [usize; 2]| UVec2::new(x as u32, y as u32);
    (vector(square.corner), vector(square.size))
}
