//! What a network is told about a part beside its picture: where lids, iris and lips are to be, as images, and how far they are open.

use glam::Vec2;
use retrato_core::data::FaceMesh;
use retrato_head::FacePart;
use retrato_model::LANDMARK_CHANNELS;

/// Numbers of a pixel of the guide: as many as a landmark image has, whose place it takes.
pub const GUIDE_CHANNELS: usize = LANDMARK_CHANNELS;
/// Pixels of the frame for one of the guide, along each side.
pub const GUIDE_SHARE: usize = 2;

/// Half the width of lines, in pixels of the guide.
const LINE: f32 = 0.8;
/// Points along a brow from its inner end, along its upper edge, and along its lower one: those of the right side.
const BROW: [[u16; 5]; 2] = [[107, 66, 105, 63, 70], [55, 65, 52, 53, 46]];
/// Outer contour of the lips, from the right corner along the upper lip to the left corner, and back along the lower lip.
const OUTER_LIPS: [u16; 20] = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146];
/// Openings are told in widths of the part times this, so that they run from 0 to about 1.
const OPENING: f32 = 2.0;

/// A picture of some numbers a pixel, drawn into.
struct Sheet<'a> {
    size: [usize; 2],
    values: &'a mut [f32],
}

impl Sheet<'_> {
    /// Raises one number of every pixel inside of a closed line, by how much of the pixel lies inside.
    fn fill(&mut self, outline: &[Vec2], channel: usize) {
        const SAMPLES: [Vec2; 4] = [Vec2::new(-0.25, -0.25), Vec2::new(0.25, -0.25), Vec2::new(-0.25, 0.25), Vec2::new(0.25, 0.25)];
        self.each(outline, 1.0, channel, |at| SAMPLES.iter().filter(|offset| is_inside(outline, at + **offset)).count() as f32 / 4.0);
    }

    /// Draws an open line.
    fn line(&mut self, points: &[Vec2], channel: usize) {
        self.each(points, LINE + 1.0, channel, |at| {
            let far = points.windows(2).map(|ends| distance(ends[0], ends[1], at)).fold(f32::INFINITY, f32::min);
            (LINE + 0.5 - far).clamp(0.0, 1.0)
        });
    }

    /// Fills one number of every pixel.
    fn flood(&mut self, value: f32, channel: usize) {
        let value = if value.is_finite() { value.clamp(0.0, 2.0) } else { 0.0 };
        self.values.iter_mut().skip(channel).step_by(GUIDE_CHANNELS).for_each(|v| *v = value);
    }

    fn each(&mut self, points: &[Vec2], margin: f32, channel: usize, value: impl Fn(Vec2) -> f32) {
        let [width, height] = self.size;
        let (low, high) = points.iter().fold((Vec2::INFINITY, Vec2::NEG_INFINITY), |(low, high), p| (low.min(*p), high.max(*p)));
        if !(low.is_finite() && high.is_finite()) {
            return;
        }
        let span = |from: f32, to: f32, size: usize| {
            ((from - margin).floor().max(0.0) as usize).min(size)..((to + margin).ceil().max(-1.0) + 1.0).min(size as f32) as usize
        };
        for row in span(low.y, high.y, height) {
            for column in span(low.x, high.x, width) {
                if let Some(v) = self.values.get_mut((row * width + column) * GUIDE_CHANNELS + channel) {
                    *v = v.max(value(Vec2::new(column as f32, row as f32)));
                }
            }
        }
    }
}

/// Draws the guide of a part whose face lies at `mesh` in pixels of the frame, and lay at `rest`: `[height / 2, width / 2, GUIDE_CHANNELS]`.
pub(crate) fn draw(part: FacePart, mesh: &FaceMesh, rest: &FaceMesh, out: &mut Vec<f32>) {
    let size = part.size().map(|px| px / GUIDE_SHARE);
    out.clear();
    out.resize(size[0] * size[1] * GUIDE_CHANNELS, 0.0);
    let mut sheet = Sheet { size, values: out };
    let at = |mesh: &FaceMesh, i: u16| (mesh.0[usize::from(i)].truncate() + 0.5) / GUIDE_SHARE as f32 - 0.5;
    let points = |list: &[u16]| list.iter().map(|i| at(mesh, *i)).collect::<Vec<Vec2>>();
    match part {
        FacePart::Mouth => {
            let (inner, outer) = (points(&FaceMesh::INNER_LIPS), points(&OUTER_LIPS));
            sheet.fill(&inner, 0);
            let (upper, lower) = (0..11, |k: usize| (10 + k) % 20);
            let upper_lip: Vec<Vec2> = upper.clone().map(|i| outer[i]).chain(upper.rev().map(|i| inner[i])).collect();
            let lower_lip: Vec<Vec2> = (0..11).map(|k| outer[lower(k)]).chain((0..11).rev().map(|k| inner[lower(k)])).collect();
            sheet.fill(&upper_lip, 1);
            sheet.fill(&lower_lip, 2);
            sheet.line(&inner[..11], 3);
            let parted = |mesh: &FaceMesh| at(mesh, 13).distance(at(mesh, 14)) / at(mesh, 78).distance(at(mesh, 308)).max(1.0);
            sheet.flood(OPENING * parted(mesh), 4);
            sheet.flood(OPENING * parted(rest), 5);
            sheet.flood(at(mesh, 61).distance(at(mesh, 291)) / at(rest, 61).distance(at(rest, 291)).max(1.0), 6);
        }
        FacePart::RightEye | FacePart::LeftEye => {
            let side = usize::from(part == FacePart::LeftEye);
            let lids = points(&FaceMesh::EYES[side]);
            sheet.fill(&lids, 0);
            let pupil = FaceMesh::PUPILS[side] as u16;
            let iris = at(mesh, pupil);
            let radius = (1..5).map(|k| at(mesh, pupil + k).distance(iris)).sum::<f32>() / 4.0;
            let disc: Vec<Vec2> = (0..24).map(|k| iris + radius * Vec2::from_angle(k as f32 * std::f32::consts::TAU / 24.0)).collect();
            sheet.fill(&disc, 1);
            sheet.line(&lids[..9], 2);
            let lower: Vec<Vec2> = lids[8..].iter().chain(&lids[..1]).copied().collect();
            sheet.line(&lower, 3);
            let partners = FaceMesh::partners();
            for edge in BROW {
                let edge = edge.map(|i| if side == 0 { i } else { partners[usize::from(i)] });
                sheet.line(&points(&edge), 4);
            }
            let opening = |mesh: &FaceMesh| {
                let lids = FaceMesh::EYES[side].map(|i| at(mesh, i));
                (2..7).map(|i| lids[i].distance(lids[16 - i])).sum::<f32>() / 5.0 / lids[0].distance(lids[8]).max(1.0)
            };
            sheet.flood(OPENING * opening(mesh), 5);
            sheet.flood(OPENING * opening(rest), 6);
        }
    }
}

/// Whether a point lies inside of a closed line: a ray from it crosses that an odd number of times.
fn is_inside(outline: &[Vec2], at: Vec2) -> bool {
    let edges = outline.iter().zip(outline.iter().cycle().skip(1));
    let crosses = |(a, b): &(&Vec2, &Vec2)| (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x);
    edges.filter(crosses).count() % 2 == 1
}

/// Distance of a point from a line between two others.
fn distance(a: Vec2, b: Vec2, at: Vec2) -> f32 {
    let along = b - a;
    let share = ((at - a).dot(along) / along.length_squared().max(1e-9)).clamp(0.0, 1.0);
    at.distance(a + along * share)
}

/// How much of every pixel of a frame lies in the part's opening: `[height, width]`.
pub(crate) fn opening(part: FacePart, mesh: &FaceMesh) -> Vec<f32> {
    let [width, height] = part.size();
    let list: &[u16] = match part {
        FacePart::Mouth => &FaceMesh::INNER_LIPS,
        FacePart::RightEye => &FaceMesh::EYES[0],
        FacePart::LeftEye => &FaceMesh::EYES[1],
    };
    let outline: Vec<Vec2> = list.iter().map(|i| mesh.0[usize::from(*i)].truncate()).collect();
    let mut values = vec![0.0; width * height * GUIDE_CHANNELS];
    Sheet { size: [width, height], values: &mut values }.fill(&outline, 0);
    values.into_iter().step_by(GUIDE_CHANNELS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_filled_to_its_edges() {
        let mut values = vec![0.0; 8 * 8 * GUIDE_CHANNELS];
        let mut sheet = Sheet { size: [8, 8], values: &mut values };
        sheet.fill(&[Vec2::new(1.5, 1.5), Vec2::new(5.0, 1.5), Vec2::new(5.0, 4.5), Vec2::new(1.5, 4.5)], 3);
        let at = |x: usize, y: usize| values[(y * 8 + x) * GUIDE_CHANNELS + 3];
        assert!((at(2, 2), at(4, 4), at(1, 2), at(6, 3)) == (1.0, 1.0, 0.0, 0.0), "inside and outside");
        assert!((at(5, 3) - 0.5).abs() < 1e-6, "half of a pixel: {}", at(5, 3));
    }

    #[test]
    fn guides_show_where_things_are() {
        let mesh = retrato_model_mesh();
        let mut out = Vec::new();
        for part in FacePart::ALL {
            draw(part, &mesh, &mesh, &mut out);
            let [width, height] = part.size().map(|px| px / GUIDE_SHARE);
            assert_eq!(out.len(), width * height * GUIDE_CHANNELS, "{part:?}");
            assert!(out.iter().all(|v| (0.0..=2.0).contains(v)), "{part:?}");
        }
    }

    /// Something like a face: its points on a circle.
    fn retrato_model_mesh() -> FaceMesh {
        FaceMesh(Box::new(std::array::from_fn(|i| {
            let angle = i as f32 * 0.1;
            glam::Vec3::new(48.0 + 30.0 * angle.cos(), 40.0 + 30.0 * angle.sin(), 0.0)
        })))
    }
}
