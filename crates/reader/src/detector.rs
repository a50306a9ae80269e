//! Finds faces in a square: BlazeFace, short range.
//!
//! Bazarevsky et al., BlazeFace: Sub-millisecond neural face detection on mobile GPUs, 2019.

use glam::DVec2;
use pulp::Arch;

use crate::error::TfliteError;
use crate::model::Model;
use crate::picture::{Outside, RgbView};
use crate::plan::Plan;
use crate::region::{Region, overlap};

/// Side of the square that the network looks at, in pixels.
pub(crate) const SIDE: usize = 128;
/// Places in which the network looks for a face: two in each of 16 x 16 cells, six in each of 8 x 8.
const ANCHORS: usize = 16 * 16 * 2 + 8 * 8 * 6;
/// Numbers for each anchor: centre and size of the box, then six points.
const VALUES: usize = 16;
/// The score from which a face counts.
pub(crate) const THRESHOLD: f64 = 0.5;
/// Boxes that overlap the best one by more than this are the same face.
const SAME_FACE: f64 = 0.5;
/// Scores are computed from numbers within these bounds.
const MOST_LOGIT: f32 = 100.0;

/// A face in a picture, in pixels of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Detection {
    /// Centre and size of the box, in the axes of the square that was looked at.
    pub centre: DVec2,
    pub size: DVec2,
    /// The eye on the left of the picture and the other one.
    pub eyes: [DVec2; 2],
    /// Between 0 and 1.
    pub score: f64,
}

impl Detection {
    pub(crate) fn region(&self) -> Region {
        Region::around_box(self.centre, self.size, self.eyes)
    }

    pub(crate) fn bounds(&self) -> [DVec2; 2] {
        [self.centre - self.size / 2.0, self.centre + self.size / 2.0]
    }
}

/// The detector's network.
pub(crate) struct Detector {
    pub(crate) plan: Plan,
}

impl Detector {
    /// # Errors
    /// Where the network has other inputs or outputs than this one.
    pub(crate) fn new(model: &Model, arch: Arch) -> Result<Self, TfliteError> {
        let plan = Plan::new(model, arch)?;
        let fits = plan.lengths() == (3 * SIDE * SIDE, vec![ANCHORS * VALUES, ANCHORS]);
        if fits { Ok(Self { plan }) } else { Err(TfliteError::OtherNetwork) }
    }

    /// The faces in a square of the picture, best first. What lies outside the picture is black.
    pub(crate) fn detect(&mut self, picture: &RgbView<'_>, square: &Region) -> Vec<Detection> {
        picture.sample(square, SIDE, Outside::Black, [1.0 / 127.5, -1.0], self.plan.input_mut());
        self.plan.run();
        merged(decoded(self.plan.output(0), self.plan.output(1))).into_iter().map(|face| face.placed(square)).collect()
    }
}

/// A face in parts of the square.
#[derive(Clone, Copy)]
struct Candidate {
    centre: DVec2,
    size: DVec2,
    eyes: [DVec2; 2],
    score: f64,
}

impl Candidate {
    fn bounds(&self) -> [DVec2; 2] {
        [self.centre - self.size / 2.0, self.centre + self.size / 2.0]
    }

    fn placed(&self, square: &Region) -> Detection {
        let [centre, left, right] = [self.centre, self.eyes[0], self.eyes[1]].map(|part| square.place(part));
        Detection { centre, size: self.size * square.size, eyes: [left, right], score: self.score }
    }
}

/// The centre of anchor `index`, in parts of the square.
fn anchor(index: usize) -> DVec2 {
    let (cells, cell) = if index < 512 { (16, index / 2) } else { (8, (index - 512) / 6) };
    (DVec2::new((cell % cells) as f64, (cell / cells) as f64) + 0.5) / cells as f64
}

/// What the network is sure of, best first.
fn decoded(boxes: &[f32], logits: &[f32]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (index, (values, logit)) in boxes.as_chunks::<VALUES>().0.iter().zip(logits).enumerate() {
        let score = 1.0 / (1.0 + f64::from(-logit.clamp(-MOST_LOGIT, MOST_LOGIT)).exp());
        // Not a number compares as false.
        if score >= THRESHOLD && values.iter().all(|v| v.is_finite()) {
            let pair = |at: usize| DVec2::new(f64::from(values[at]), f64::from(values[at + 1])) / SIDE as f64;
            let anchor = anchor(index);
            let eyes = [anchor + pair(4), anchor + pair(6)];
            candidates.push(Candidate { centre: anchor + pair(0), size: pair(2), eyes, score });
        }
    }
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    candidates
}

/// One face for each group of boxes that overlap: their mean, weighted by score.
fn merged(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut faces = Vec::new();
    while let Some(best) = candidates.first().copied() {
        let same = |other: &Candidate| overlap(best.bounds(), other.bounds()) > SAME_FACE;
        let (group, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(same);
        let total: f64 = group.iter().map(|face| face.score).sum();
        if total > 0.0 {
            let mean = |of: fn(&Candidate) -> DVec2| group.iter().map(|face| of(face) * face.score).sum::<DVec2>() / total;
            let eyes = [mean(|face| face.eyes[0]), mean(|face| face.eyes[1])];
            faces.push(Candidate { centre: mean(|face| face.centre), size: mean(|face| face.size), eyes, score: best.score });
        }
        // A box of no size overlaps nothing, not even itself.
        candidates = others.into_iter().skip(usize::from(total <= 0.0)).collect();
    }
    faces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(anchors: &[(usize, f32, [f32; 4])]) -> (Vec<f32>, Vec<f32>) {
        let (mut boxes, mut logits) = (vec![0.0; ANCHORS * VALUES], vec![-100.0; ANCHORS]);
        for (index, logit, values) in anchors {
            boxes[index * VALUES..][..4].copy_from_slice(values);
            logits[*index] = *logit;
        }
        (boxes, logits)
    }

    #[test]
    fn anchors_run_row_by_row_over_both_grids() {
        assert_eq!(anchor(0), DVec2::splat(1.0 / 32.0));
        assert_eq!(anchor(1), anchor(0));
        assert_eq!(anchor(2), DVec2::new(3.0 / 32.0, 1.0 / 32.0));
        assert_eq!(anchor(511), DVec2::splat(31.0 / 32.0));
        assert_eq!(anchor(512), DVec2::splat(1.0 / 16.0));
        assert_eq!(anchor(ANCHORS - 1), DVec2::splat(15.0 / 16.0));
    }

    #[test]
    fn overlapping_boxes_become_one_face_weighted_by_score() {
        let (boxes, logits) =
            raw(&[(0, 2.0, [0.0, 0.0, 64.0, 64.0]), (1, 0.5, [6.4, 0.0, 64.0, 64.0]), (511, 0.0, [0.0, 0.0, 12.8, 12.8])]);
        let faces = merged(decoded(&boxes, &logits));
        assert_eq!(faces.len(), 2);
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let share = sigmoid(0.5) / (sigmoid(2.0) + sigmoid(0.5));
        assert!((faces[0].centre.x - (1.0 / 32.0 + share * 0.05)).abs() < 1e-6, "{}", faces[0].centre);
        assert!((faces[0].score - sigmoid(2.0)).abs() < 1e-9);
        let placed = faces[1].placed(&Region::square(DVec2::new(100.0, 50.0), 200.0));
        assert!(placed.centre.abs_diff_eq(DVec2::new(193.75, 143.75), 1e-4), "{}", placed.centre);
        assert!(placed.size.abs_diff_eq(DVec2::splat(20.0), 1e-4));
    }

    #[test]
    fn what_is_not_a_number_or_has_no_size_ends_nowhere() {
        let (boxes, logits) = raw(&[(3, 9.0, [f32::NAN; 4]), (4, f32::NAN, [0.0; 4]), (5, 9.0, [0.0; 4]), (6, 8.0, [0.0, 0.0, -5.0, 9.0])]);
        assert!(merged(decoded(&boxes, &logits)).is_empty());
    }
}
