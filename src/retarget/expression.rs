//! Expression: how each point of the driver's face left its neutral place, scaled region by region to the portrait's own proportions.

use glam::Vec3;

use super::limits::soft_limit;
use super::shape::{FaceShape, INNER_LIPS, LEFT_LIDS, RIGHT_LIDS};
use crate::data::{Landmarks, region};
use crate::settings::Strengths;

/// Largest offset per region, in inter-ocular distances: brows, nose, eyes, mouth and jaw.
const REACH: Reach = Reach { brows: 0.22, nose: 0.10, eyes: 0.45, mouth: 0.65 };
/// Proportions of the two faces are trusted within these bounds; beyond, a landmark is more likely wrong than the face strange.
const PROPORTION: std::ops::RangeInclusive<f32> = 0.4..=2.6;
/// The outline beside the ears moves little in life and jitters much in tracking: share of its offset that is kept there; all of it at the chin.
const JAW_AT_EAR: f32 = 0.15;
/// Where the lids of a shut eye meet: this share of the opening above the lower lid. The upper lid makes the way.
const MEETING: f32 = 0.15;
/// The nose moves little by itself.
const NOSE_SHARE: f32 = 0.6;

struct Reach {
    brows: f32,
    nose: f32,
    eyes: f32,
    mouth: f32,
}

/// Horizontal and vertical scale from the driver's face to the portrait's for one region.
#[derive(Clone, Copy)]
struct Proportion {
    x: f32,
    y: f32,
}

impl Proportion {
    fn of(ratio_x: f32, ratio_y: f32) -> Self {
        let trusted = |ratio: f32| if ratio.is_finite() { ratio.clamp(*PROPORTION.start(), *PROPORTION.end()) } else { 1.0 };
        Self { x: trusted(ratio_x), y: trusted(ratio_y) }
    }

    fn apply(self, offset: Vec3, strength: f32, reach: f32) -> Vec3 {
        let scaled = Vec3::new(offset.x * self.x, offset.y * self.y, offset.z * self.x) * strength;
        let length = scaled.length();
        if length > 0.0 { scaled * (soft_limit(length, reach) / length) } else { scaled }
    }
}

/// The driver's `offsets` from `driver`'s neutral shape, as offsets of the `sitter`'s. All in the face's own axes and inter-ocular distances.
/// `closures` say how far the right and the left eye are to be closed beyond that, 0 to 1.
pub(super) fn transfer(
    offsets: &[Vec3; Landmarks::COUNT],
    driver: &FaceShape,
    sitter: &FaceShape,
    closures: [f32; 2],
    strengths: &Strengths,
) -> [Vec3; Landmarks::COUNT] {
    let lower_face = Proportion::of(width(sitter, 48, 54) / width(driver, 48, 54), height(sitter, 33, 8) / height(driver, 33, 8));
    let brows = Proportion::of(1.0, height(sitter, 19, 37) / height(driver, 19, 37));
    let mut moved = *offsets;
    scale(&mut moved, region::BROWS, brows, strengths.brows, REACH.brows);
    scale(&mut moved, region::NOSE_BRIDGE.start..region::NOSE_BASE.end, Proportion { x: 1.0, y: 1.0 }, NOSE_SHARE, REACH.nose);
    for ((eye, lids), closure) in [(region::RIGHT_EYE, RIGHT_LIDS), (region::LEFT_EYE, LEFT_LIDS)].into_iter().zip(closures) {
        let (outer, inner) = (eye.start, eye.start + 3);
        let lid = Proportion::of(width(sitter, outer, inner) / width(driver, outer, inner), sitter.gap(&lids) / driver.gap(&lids));
        scale(&mut moved, eye, lid, strengths.eyes, REACH.eyes);
        keep_order(&mut moved, sitter, &lids);
        close(&mut moved, sitter, &lids, closure * strengths.eyes.min(1.0));
    }
    scale(&mut moved, region::MOUTH, lower_face, strengths.mouth, REACH.mouth);
    keep_order(&mut moved, sitter, &INNER_LIPS);
    for i in region::JAW {
        let towards_ear = (i as f32 - 8.0).abs() / 8.0;
        let share = 1.0 - (1.0 - JAW_AT_EAR) * towards_ear;
        moved[i] = lower_face.apply(offsets[i], strengths.mouth * share, REACH.mouth);
    }
    moved
}

fn scale(moved: &mut [Vec3; Landmarks::COUNT], part: std::ops::Range<usize>, proportion: Proportion, strength: f32, reach: f32) {
    for offset in &mut moved[part] {
        *offset = proportion.apply(*offset, strength, reach);
    }
}

/// Lids and lips may meet but never cross: where they would, both stop where they meet.
fn keep_order(moved: &mut [Vec3; Landmarks::COUNT], sitter: &FaceShape, pairs: &[(usize, usize)]) {
    for &(upper, lower) in pairs {
        let at = |i: usize| sitter.points[i].y + moved[i].y;
        let crossing = at(upper) - at(lower);
        if crossing > 0.0 {
            moved[upper].y -= 0.5 * crossing;
            moved[lower].y += 0.5 * crossing;
        }
    }
}

/// Brings the lids together: by `closure` of the way that is left.
fn close(moved: &mut [Vec3; Landmarks::COUNT], sitter: &FaceShape, pairs: &[(usize, usize)], closure: f32) {
    for &(upper, lower) in pairs {
        let at = |i: usize| sitter.points[i].y + moved[i].y;
        let gap = at(lower) - at(upper);
        moved[upper].y += closure * (1.0 - MEETING) * gap;
        moved[lower].y -= closure * MEETING * gap;
    }
}

fn width(shape: &FaceShape, a: usize, b: usize) -> f32 {
    (shape.points[b].x - shape.points[a].x).abs()
}

fn height(shape: &FaceShape, upper: usize, lower: usize) -> f32 {
    (shape.points[lower].y - shape.points[upper].y).abs()
}
