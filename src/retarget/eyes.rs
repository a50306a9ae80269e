//! The eyes: how far each is open, as a share of what this face's eyes can do, and where the eyeballs look.

use glam::{Vec2, Vec3};

use super::shape::Shape;
use crate::data::FaceMesh;

/// Radius of the sphere on which the iris moves, in widths of the eye between its corners. Derived from anatomy: the iris lies about 10 mm before the centre of
/// rotation, the corners are about 29 mm apart, and the corners' depth shortens what is seen of it.
const BALL_RADIUS: f32 = 0.4;
/// How much more the eyes turn up and down than the irises' heights say: lids hide their upper or lower ends, and a reader places them in the middle of what is
/// left. Measured by the reader's own coefficients on six clips: 1.13 to 1.41 times as much up and down, 0.83 to 0.95 times to the sides.
const UPRIGHT: f32 = 1.35;
/// Turn of the eyes that counts as 1 in [`crate::data::FaceMotion::gaze`], in radians.
const UNIT_RAD: f32 = std::f32::consts::FRAC_PI_6;
/// Furthest turn of the eyes against the head, in radians. Derived from anatomy: about 45 degrees.
const FURTHEST_RAD: f32 = 0.8;
/// Furthest that the middle of an iris goes from the middle of the eye along it, in eye widths: it then touches the corner.
const FURTHEST_ALONG: f32 = 0.33;

/// Pairs of lid points of which the opening is the mean: the corners say little.
const MEASURED: std::ops::Range<usize> = 2..7;

/// One eye of a shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eye {
    /// Halfway between the corners.
    middle: Vec3,
    /// From the corner on the picture's left to the other one.
    along: Vec3,
    /// Upright to it in the plane of the face, down, and as long.
    down: Vec3,
    /// Mean gap between the lids over the eye's width.
    pub(super) opening: f32,
    /// The middle of the iris in the eye's own measure.
    pub(super) iris: Vec2,
}

impl Eye {
    /// The sitter's right (0) or left eye (1) of a shape.
    pub(super) fn of(shape: &Shape, side: usize) -> Self {
        let lids = &FaceMesh::EYES[side];
        let (outer, inner) = (shape.point(lids[0]), shape.point(lids[8]));
        let along = if side == 0 { inner - outer } else { outer - inner };
        // The face's own z axis points away from the viewer.
        let down = Vec3::Z.cross(along);
        let middle = 0.5 * (outer + inner);
        let width = along.length().max(1e-6);
        let gap = |i: usize| (shape.point(lids[16 - i]) - shape.point(lids[i])).dot(down) / width;
        let opening = MEASURED.map(gap).sum::<f32>() / (MEASURED.len() as f32 * width);
        let iris = shape.0[FaceMesh::PUPILS[side]] - middle;
        let iris = Vec2::new(iris.dot(along), iris.dot(down)) / (width * width);
        Self { middle, along, down, opening, iris }
    }

    /// Width between the corners.
    pub(super) fn width(&self) -> f32 {
        self.along.length()
    }

    /// A step in the eye's own measure, in the axes of the face.
    pub(super) fn step(&self, by: Vec2) -> Vec3 {
        self.along * by.x + self.down * by.y
    }

    /// A point in the eye's own measure.
    pub(super) fn place(&self, at: Vec2) -> Vec3 {
        self.middle + self.step(at)
    }
}

/// Turn of an eyeball whose iris is seen at a place of the eye, in radians.
fn turn(iris: Vec2) -> Vec2 {
    (iris / BALL_RADIUS).clamp(Vec2::splat(-0.98), Vec2::splat(0.98)).map(f32::asin)
}

/// How far the eyes have turned from neutral, x to the picture's right and y down, in the unit of [`crate::data::FaceMotion::gaze`]: both eyes turn together.
pub(super) fn gaze_between(neutral: &[Eye; 2], now: &[Eye; 2]) -> Vec2 {
    let each = [0, 1].map(|eye| turn(now[eye].iris) - turn(neutral[eye].iris));
    0.5 * (each[0] + each[1]) * Vec2::new(1.0, UPRIGHT) / UNIT_RAD
}

/// Where the iris of an eye at rest goes when the eyes turn by `gaze`, in the eye's own measure.
pub(super) fn iris_after(rest: &Eye, gaze: Vec2) -> Vec2 {
    let (from, by) = (turn(rest.iris), gaze * UNIT_RAD);
    let turned = [0, 1].map(|axis| {
        let (from, by) = (from[axis], by[axis]);
        // A sitter who looks aside has farther to go to the other side, and gets there when the driver does.
        let farther = if from * by < 0.0 { 1.0 + from.abs() / FURTHEST_RAD } else { 1.0 };
        super::limits::soft_limit(from + farther * by, FURTHEST_RAD)
    });
    let turned = Vec2::from(turned);
    let at = turned.map(f32::sin) * BALL_RADIUS;
    // A sitter who looks further aside than that may do so.
    let furthest = FURTHEST_ALONG.max(rest.iris.x.abs());
    Vec2::new(at.x.clamp(-furthest, furthest), at.y)
}

/// Opening of a shut eye as readers show it, before anything is known of the driver's own. Measured on the clips frown, glances, `lively_turns`, `mouth_wide`,
/// `phone_talk` and smile: 0.04 to 0.07, the irises' reader putting a lower bound on what it sees.
const SHUT: f32 = 0.07;
/// Bounds of what a driver's own shut eye is taken to be.
const SHUT_BOUNDS: std::ops::RangeInclusive<f32> = 0.03..=0.1;
/// Share of the way from open to shut at which the lids meet: quick blinks are seen by one or two frames, of which none need show the lids together.
/// Derived: there the reader's blink coefficient passes one half on all six clips.
const MEET: f32 = 0.8;
/// Seconds in which the driver's widest opening follows a wider one, and falls back to the neutral one.
const WIDEN_SECS: f32 = 0.4;
const NARROW_SECS: f32 = 20.0;
/// Furthest that eyes open beyond their rest.
const WIDEST: f32 = 1.6;

/// What is known of how far one of the driver's eyes opens and shuts.
#[derive(Clone, Copy, Debug)]
pub(super) struct LidRange {
    shut: f32,
    open: f32,
}

impl Default for LidRange {
    fn default() -> Self {
        Self { shut: SHUT, open: 0.0 }
    }
}

impl LidRange {
    /// Learns from an opening that was seen `elapsed` seconds after the last one.
    pub(super) fn see(&mut self, opening: f32, elapsed: f32) {
        if !opening.is_finite() {
            return;
        }
        // A lid that is nearer to the other than ever before: half of the way at once, so that one bad reading does not settle it.
        if opening < self.shut {
            self.shut = (0.5 * (self.shut + opening)).clamp(*SHUT_BOUNDS.start(), *SHUT_BOUNDS.end());
        }
        let secs = if opening > self.open { WIDEN_SECS } else { NARROW_SECS };
        self.open = if self.open > 0.0 { self.open + (opening - self.open) * (1.0 - (-elapsed / secs).exp()) } else { opening };
    }

    /// How far an eye is open: 0 when shut, 1 as in the driver's neutral face, more when wider.
    pub(super) fn share(self, opening: f32, neutral: f32) -> f32 {
        // A neutral face of narrowed eyes: what the driver's eyes can do counts with it.
        let neutral = neutral.max(0.75 * self.open).max(self.shut + 0.04);
        let closed = (neutral - opening) / (neutral - self.shut);
        if closed > 0.0 { (1.0 - closed / MEET).max(0.0) } else { (opening / neutral).min(WIDEST) }
    }
}
