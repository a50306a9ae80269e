//! The portrait's face, and the driver's motion on it.

use std::f64::consts::TAU;
use std::sync::Arc;

use glam::{DMat3, DVec3, Mat3, Quat, Vec2, Vec3};

use super::camera::Camera;
use super::eyes::{Eye, LidRange, gaze_between, iris_after};
use super::limits::soft_limit;
use super::lips::{self, LipRange};
use super::neutral::{NeutralFace, SeenDriver};
use super::shape::{Shape, angles, limited, placed, rotation};
use crate::data::{FaceMesh, HeadMotion, MeshMotion, Similarity};
use crate::math::smooth_step;
use crate::settings::Strengths;

/// Largest offset of a point by expression, in the sitter's unit (between the outer corners of the eyes): a jaw that opens wide moves the chin by 0.5.
const REACH: f32 = 0.7;
/// Heights on the face over which one part gives way to the next, in units of the shape below the eyes: brows to the middle of the face, and that to the mouth.
const BROWS_END: std::ops::Range<f32> = -0.2..-0.05;
const MOUTH_BEGINS: std::ops::Range<f32> = 0.2..0.5;
/// Heights over which the forehead hardly follows the brows any more.
const FOREHEAD: std::ops::Range<f32> = -0.65..-0.4;
/// Share of the way to the driver's raised brows that a sitter's lower ones go beyond the driver's own way: all of it and they look as raised, none and they move as
/// far. Derived: the mean of both.
const RAISED: f32 = 0.5;
/// The brows' upper edges.
const BROWS: [u16; 10] = [70, 63, 105, 66, 107, 336, 296, 334, 293, 300];
/// Furthest shift of the head across the picture, in units of the shape.
const SHIFT: f32 = 0.6;
/// Largest change of the head's size, as a logarithm: half again as large, or two thirds.
const GROWTH_LN: f32 = 0.4;
/// Where the head turns, from the middle between the mesh's last points before the ears, in units of the shape. Derived from anatomy: the uppermost vertebrae
/// lie some 4 cm behind those points and 4 cm below, where the outer corners of the eyes are 9 cm apart.
const PIVOT_BACK: f32 = 0.45;
const PIVOT_BELOW: f32 = 0.45;
/// Rounds in which the turn is found by which the portrait is seen turned as the driver. Derived: each leaves less than a third of what was missing.
const TURN_ROUNDS: usize = 3;
/// Steepest pitch, in radians: beyond, yaw and roll cannot be told apart.
const STEEPEST_RAD: f64 = 1.3;
/// Share of the lower lid's own motion that it keeps when the lids are moved by their opening: it rises in a smile, and hardly in a blink.
const LOWER_LID: f32 = 0.6;

/// Share of the lid's way that crease and skin above it go: the skin of a lid that comes down was folded behind its crease, which hardly follows.
/// Tuned on the portraits `photo_1904`, `child_with_book`, `mona_lisa` and `sargent_black_dress`.
const UNROLLS: [f32; 2] = [0.3, 0.1];

/// What retargeting needs to know of the portrait.
#[derive(Debug)]
pub(super) struct SitterFace {
    /// The portrait's mesh in the crop.
    pub(super) mesh: FaceMesh,
    shape: Shape,
    placement: Similarity,
    camera: Camera,
    /// Yaw, pitch and roll at rest, in space.
    angles: DVec3,
    eyes: [Eye; 2],
    /// For each point the shares of brows, of the middle of the face and of the mouth; they add up to 1.
    parts: Box<[[f32; 3]; FaceMesh::COUNT]>,
    pivot: Vec3,
}

/// What one frame of the driver says.
pub(super) struct DriverFrame<'a> {
    /// The neutral face.
    pub(super) neutral: &'a NeutralFace,
    /// The frame's face.
    pub(super) seen: SeenDriver,
    /// How far the driver's lids go.
    pub(super) lids: [LidRange; 2],
    /// How far the driver's lips close.
    pub(super) lips: LipRange,
}

impl DriverFrame<'_> {
    /// The eyes.
    fn eyes(&self) -> [Eye; 2] {
        [0, 1].map(|side| Eye::of(&self.seen.shape, side))
    }

    /// How far the eyes have turned from neutral, in the unit of [`crate::data::FaceMotion::gaze`].
    pub(super) fn gaze(&self) -> Vec2 {
        gaze_between(&self.neutral.eyes, &self.eyes())
    }
}

impl SitterFace {
    /// Of a portrait's mesh in its crop, and of the camera that sees it there. `None` for what is no face.
    pub(super) fn new(mesh: FaceMesh, camera: Camera) -> Option<Self> {
        let (shape, placement) = Shape::of(&mesh)?;
        let angles = angles(&camera.turn(&shape, &mesh, |p| p)?);
        let eyes = [0, 1].map(|side| Eye::of(&shape, side));
        let parts = Box::new(shape.0.map(|p| shares(p.y)));
        let ears = 0.5 * (shape.point(234) + shape.point(454));
        let pivot = placed(&placement, ears + Vec3::new(0.0, PIVOT_BELOW, PIVOT_BACK)).as_vec3();
        Some(Self { mesh, shape, placement, camera, angles, eyes, parts, pivot })
    }

    /// The driver's motion since neutral; the eyes turn by `gaze`.
    pub(super) fn moved(&self, driver: &DriverFrame<'_>, gaze: Vec2, strengths: &Strengths) -> MeshMotion {
        let shape = self.expression(driver, gaze, strengths);
        let expression = FaceMesh(Box::new(shape.0.map(|p| placed(&self.placement, p).as_vec3())));
        MeshMotion { head: self.head(driver, &expression, strengths.head), expression_in_crop: Arc::new(expression) }
    }

    /// The driver's own face on the portrait's picture: for re-enactment of the same head. `mesh` is in the crop.
    pub(super) fn absolute(&self, mesh: &FaceMesh) -> Option<MeshMotion> {
        let placement = self.shape.place_on(mesh)?;
        let (to, back) = (as_head_motion(&placement), placement.inverse());
        let expression = mesh.map(|p| self.placement.apply(back.apply(p.as_dvec3())).as_vec3());
        // From the sitter's place in the crop to where the driver's head is.
        let from = self.placement.inverse();
        let from = as_head_motion(&from);
        let head =
            HeadMotion { rotation: to.rotation * from.rotation, scale: to.scale * from.scale, translation: to.apply(from.translation) };
        Some(MeshMotion { expression_in_crop: Arc::new(expression), head })
    }

    /// The sitter's shape with the driver's expression.
    fn expression(&self, driver: &DriverFrame<'_>, gaze: Vec2, strengths: &Strengths) -> Shape {
        let neutral = &driver.neutral.seen.shape;
        // In units of the eyes' distance, offsets carry over as they are: scaling them by the proportions of mouth, chin and brows followed less well
        // (measured by the reader's coefficients on six clips and five portraits).
        let strength = [strengths.brows, strengths.mouth, strengths.mouth];
        let mut moved = Shape(Box::new(std::array::from_fn(|i| {
            let offset = driver.seen.shape.0[i] - neutral.0[i];
            let factor: f32 = self.parts[i].iter().zip(strength).map(|(share, strength)| share * strength).sum();
            self.shape.0[i] + limited(offset * factor, REACH)
        })));
        let lift = self.lift(driver) * strengths.brows;
        for (point, rest) in moved.0.iter_mut().zip(self.shape.0.iter()) {
            point.y += lift * brows_share(rest.y) * smooth_step(&FOREHEAD, rest.y);
        }
        lips::place(&self.shape, &mut moved, neutral, driver.lips, strengths.mouth);
        for side in 0..2 {
            self.move_eye(side, driver, gaze, strengths.eyes, &mut moved);
        }
        moved
    }

    /// How much higher the driver's raised brows lift the sitter's, if those lie lower at rest; negative is up.
    fn lift(&self, driver: &DriverFrame<'_>) -> f32 {
        let height = |shape: &Shape| BROWS.iter().map(|i| shape.point(*i).y).sum::<f32>() / BROWS.len() as f32;
        let neutral = &driver.neutral.seen;
        let raised = (driver.seen.brows_up - neutral.brows_up) / (1.0 - neutral.brows_up).max(0.1);
        RAISED * raised.clamp(0.0, 1.0) * (height(&neutral.shape) - height(&self.shape)).min(0.0)
    }

    /// Opens or shuts an eye as far as the driver's, and turns its iris.
    fn move_eye(&self, side: usize, driver: &DriverFrame<'_>, gaze: Vec2, strength: f32, moved: &mut Shape) {
        let (rest, neutral, now) = (&self.eyes[side], &driver.neutral.eyes[side], Eye::of(&driver.seen.shape, side));
        let lids = FaceMesh::EYES[side].map(usize::from);
        let width = rest.width() / neutral.width().max(1e-6);
        let own = |i: usize| limited((driver.seen.shape.0[i] - driver.neutral.seen.shape.0[i]) * width * strength, REACH);
        for corner in [lids[0], lids[8]] {
            moved.0[corner] = self.shape.0[corner] + own(corner);
        }
        let open = 1.0 + (driver.lids[side].share(now.opening, neutral.opening) - 1.0) * strength;
        for i in 1..8 {
            let (upper, lower) = (lids[i], lids[16 - i]);
            let gap = self.shape.0[lower] - self.shape.0[upper];
            let low = self.shape.0[lower] + LOWER_LID * own(lower);
            moved.0[lower] = low;
            moved.0[upper] = low - gap * open.max(0.0);
            let travel = moved.0[upper] - self.shape.0[upper];
            if travel.y > 0.0 {
                for (ring, share) in [FaceMesh::CREASES[side], FaceMesh::ABOVE_CREASES[side]].iter().zip(UNROLLS) {
                    moved.0[usize::from(ring[i - 1])] += share * travel;
                }
            }
        }
        let eye = Eye::of(moved, side);
        let iris = iris_after(rest, gaze);
        for i in FaceMesh::PUPILS[side]..FaceMesh::PUPILS[side] + 5 {
            // With the eye first, then within it.
            moved.0[i] = self.shape.0[i] + eye.place(iris) - rest.place(rest.iris);
        }
    }

    /// The driver's head since neutral, about the sitter's neck.
    fn head(&self, driver: &DriverFrame<'_>, expression: &FaceMesh, strength: f32) -> HeadMotion {
        let (now, neutral) = (&driver.seen, &driver.neutral.seen);
        let wide = f64::from(strength);
        // Angle by angle: a head that looks aside turns from where it looks, about an upright axis as the driver's.
        let mut wanted = self.angles + wide * (now.angles - neutral.angles).map(nearest_turn);
        wanted.y = wanted.y.clamp(-STEEPEST_RAD, STEEPEST_RAD);
        let wanted = rotation(wanted);
        let growth = soft_limit((now.scale / neutral.scale).ln() as f32 * strength, GROWTH_LN).exp();
        let shift = ((now.centre - neutral.centre) * (wide * self.placement.scale / neutral.scale)).as_vec3();
        // The face as it is measured: with its expression, as the driver's, since an open jaw is taken for some of a nod.
        let face = self.mesh.lerp(expression, strength.min(1.0));
        let mut turn = wanted * rotation(self.angles).transpose();
        for _ in 0..TURN_ROUNDS {
            let motion = self.carried(&turn, growth, shift);
            let place = |p: DVec3| motion.apply(p.as_vec3()).as_dvec3();
            let Some(seen) = self.camera.turn(&self.shape, &face, place) else { return HeadMotion::default() };
            turn = wanted * seen.transpose() * turn;
        }
        let motion = self.carried(&turn, growth, shift);
        let sound = motion.rotation.is_finite() && motion.scale.is_finite() && motion.translation.is_finite();
        if sound { motion } else { HeadMotion::default() }
    }

    /// The head turned and grown about the neck, its middle shifted.
    fn carried(&self, turn: &DMat3, growth: f32, shift: Vec3) -> HeadMotion {
        let rotation = turn.as_mat3();
        let centre = placed(&self.placement, self.shape.centre()).as_vec3();
        // Turning about the neck moves the face already: what is left of the shift is the body's.
        let turned = HeadMotion::about(self.pivot, rotation, growth, Vec3::ZERO);
        let left = (shift - (turned.apply(centre) - centre)).with_z(0.0);
        HeadMotion::about(self.pivot, rotation, growth, limited(left, SHIFT * self.placement.scale as f32))
    }

    /// No motion at all.
    pub(super) fn at_rest(&self) -> MeshMotion {
        MeshMotion { expression_in_crop: Arc::new(self.mesh.clone()), head: HeadMotion::default() }
    }

    /// A motion of which only `share` is made, 0 to 1.
    pub(super) fn eased(&self, motion: MeshMotion, share: f32) -> MeshMotion {
        if share >= 1.0 {
            return motion;
        }
        let turn = Quat::IDENTITY.slerp(Quat::from_mat3(&motion.head.rotation), share);
        let shift = motion.head.apply(self.pivot) - self.pivot;
        MeshMotion {
            expression_in_crop: Arc::new(self.mesh.lerp(&motion.expression_in_crop, share)),
            head: HeadMotion::about(self.pivot, Mat3::from_quat(turn), motion.head.scale.powf(share), shift * share),
        }
    }
}

/// An angle within half a turn of zero.
fn nearest_turn(angle: f64) -> f64 {
    angle - TAU * (angle / TAU).round()
}

/// The same in the precision of pictures.
fn as_head_motion(similarity: &Similarity) -> HeadMotion {
    HeadMotion { rotation: similarity.rotation.as_mat3(), scale: similarity.scale as f32, translation: similarity.shift.as_vec3() }
}

/// Shares of brows, middle and mouth at a height of the face.
fn shares(y: f32) -> [f32; 3] {
    let (brows, mouth) = (brows_share(y), smooth_step(&MOUTH_BEGINS, y));
    [brows, 1.0 - brows - mouth, mouth]
}

/// How far a height of the face belongs to the brows, 0 to 1.
pub(super) fn brows_share(y: f32) -> f32 {
    1.0 - smooth_step(&BROWS_END, y)
}
