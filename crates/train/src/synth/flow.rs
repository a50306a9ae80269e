//! The exact motion between two drawn frames of one surface: where everything in one picture was in the other, and whether it was seen there.

use glam::{Vec2, Vec3};

use super::raster::{Coverage, NONE, SAMPLES, on_screen};
use crate::data::{PLANE_CELLS, Part};

/// How far behind the seen surface a point may lie and still count as seen, in cm.
const DEPTH_TOLERANCE_CM: f32 = 0.12;

/// Samples along the side of one cell.
const CELL_SAMPLES: usize = SAMPLES / PLANE_CELLS;

/// Where each place of a target picture lies in the source picture.
#[derive(Clone, Debug, PartialEq)]
pub struct BackwardFlow {
    /// Row by row for `PLANE_CELLS` squared cells: displacement from the cell's centre in the target to its source, in pixels of the picture.
    pub displacement_px: Vec<Vec2>,
    /// Whether the source shows that place.
    pub visible: Vec<bool>,
}

/// The flow that makes the target from the source. The background does not move, and is visible where the source shows background as well.
pub(super) fn backward(target: &Coverage, source: &Coverage, triangles: &[[u32; 3]]) -> BackwardFlow {
    let mut flow =
        BackwardFlow { displacement_px: vec![Vec2::ZERO; PLANE_CELLS * PLANE_CELLS], visible: vec![false; PLANE_CELLS * PLANE_CELLS] };
    for cell in 0..PLANE_CELLS * PLANE_CELLS {
        let sample = cell_sample(cell);
        // The cell's centre lies between four samples.
        let centre = Vec2::new((sample % SAMPLES) as f32, (sample / SAMPLES) as f32) - 0.5;
        let triangle = target.buffer.triangle[sample];
        if triangle == NONE {
            flow.visible[cell] = source.buffer.triangle[sample] == NONE;
            continue;
        }
        let there = traced(target, source, triangles[triangle as usize], centre);
        flow.displacement_px[cell] = (there.truncate() - centre) / 2.0;
        flow.visible[cell] = is_seen(source, there, target.parts[triangle as usize]);
    }
    flow
}

/// The sample that stands for a cell of the label, flow and visibility planes.
pub(super) fn cell_sample(cell: usize) -> usize {
    let (x, y) = (cell % PLANE_CELLS, cell / PLANE_CELLS);
    let middle = CELL_SAMPLES / 2;
    (y * CELL_SAMPLES + middle) * SAMPLES + x * CELL_SAMPLES + middle
}

/// Where the source's camera has the surface point that the target shows at `at`: x and y in samples, 1 / depth.
#[inline]
pub(super) fn traced(target: &Coverage, source: &Coverage, triangle: [u32; 3], at: Vec2) -> Vec3 {
    let [a, b, c] = target.shares(triangle, at);
    let [pa, pb, pc] = triangle.map(|v| source.positions[v as usize]);
    on_screen(&source.camera, a * pa + b * pb + c * pc)
}

/// Whether a point of some part is seen at its place or at most a pixel beside it.
fn is_seen(source: &Coverage, there: Vec3, part: Part) -> bool {
    if there.z <= 0.0 {
        return false;
    }
    let (x, y) = ((there.x + 0.5).floor(), (there.y + 0.5).floor());
    let inside = 2.0..(SAMPLES - 2) as f32;
    if !inside.contains(&x) || !inside.contains(&y) {
        return false;
    }
    let sample = y as usize * SAMPLES + x as usize;
    let depth = 1.0 / there.z;
    let taps = [1, 2, SAMPLES, 2 * SAMPLES].into_iter().flat_map(|step| [sample + step, sample - step]);
    std::iter::once(sample).chain(taps).any(|tap| {
        let triangle = source.buffer.triangle[tap];
        triangle != NONE && depth <= source.depth_cm(tap) + DEPTH_TOLERANCE_CM && is_same(source.parts[triangle as usize], part)
    })
}

/// Whether two parts are one surface: all skin hangs together, also into the mouth and the eye sockets.
fn is_same(a: Part, b: Part) -> bool {
    let skin = |part| matches!(part, Part::Face | Part::Head | Part::MouthInterior | Part::EyeSocket);
    a == b || (skin(a) && skin(b))
}

#[cfg(test)]
mod tests {
    use glam::Mat3;

    use super::super::raster::tests::{camera, ellipsoid};
    use super::super::surface::Camera;
    use super::*;

    fn drawn(positions: &[Vec3], camera: &Camera) -> Coverage {
        let (surface, _) = ellipsoid(Vec3::ONE);
        let mut coverage = Coverage::new();
        coverage.draw(&surface, positions, camera);
        coverage
    }

    fn cell(x: usize, y: usize) -> usize {
        y * PLANE_CELLS + x
    }

    #[test]
    fn a_moved_camera_moves_everything_the_same_way_and_the_background_stays() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let moved = Camera { centre_px: camera().centre_px + Vec2::new(7.5, -3.25), ..camera() };
        let flow = backward(&drawn(&positions, &camera()), &drawn(&positions, &moved), &surface.triangles);
        let middle = flow.displacement_px[cell(60, 65)];
        assert!(middle.distance(Vec2::new(7.5, -3.25)) < 1e-2, "the source is where its camera put it: {middle}");
        assert!(flow.visible[cell(60, 65)], "and is seen there");
        assert_eq!(flow.displacement_px[cell(2, 2)], Vec2::ZERO, "background stays");
        assert!(flow.visible[cell(2, 2)], "and is seen");
    }

    #[test]
    fn a_turn_hides_what_it_turns_away_and_moves_the_middle_as_geometry_says() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let turn = Mat3::from_rotation_y(0.4);
        let turned: Vec<Vec3> = positions.iter().map(|p| turn * *p).collect();
        let (source, target) = (drawn(&positions, &camera()), drawn(&turned, &camera()));
        let flow = backward(&target, &source, &surface.triangles);
        // What the target shows at its middle is a known point of the ellipsoid, turned back in the source.
        let at = cell(60, 65);
        let centre = Vec2::new(60.0, 65.0) * 2.0 + 0.5;
        let depth = target.depth_cm(cell_sample(at));
        let point = ((centre - camera().centre_px) * Vec2::new(1.0, -1.0) * depth / camera().focal_px).extend(80.0 - depth);
        let expected = camera().project(turn.transpose() * point) - centre;
        assert!(flow.displacement_px[at].distance(expected) < 0.3, "{} but geometry says {expected}", flow.displacement_px[at]);
        assert!(flow.visible[at], "the middle is seen in both");
        let hidden = (0..PLANE_CELLS).filter(|&x| target.buffer.triangle[cell_sample(cell(x, 65))] != NONE && !flow.visible[cell(x, 65)]);
        let hidden: Vec<usize> = hidden.collect();
        assert!(!hidden.is_empty() && hidden.iter().all(|&x| x < 45), "only the side that turned into view was hidden: {hidden:?}");
    }

    #[test]
    fn uncovered_background_was_not_seen() {
        let (surface, positions) = ellipsoid(Vec3::new(8.0, 11.0, 9.0));
        let shifted: Vec<Vec3> = positions.iter().map(|p| *p + Vec3::new(6.0, 0.0, 0.0)).collect();
        let flow = backward(&drawn(&shifted, &camera()), &drawn(&positions, &camera()), &surface.triangles);
        let uncovered = cell((120 - 50) / 2, 65);
        assert_eq!(flow.displacement_px[uncovered], Vec2::ZERO, "it is background now");
        assert!(!flow.visible[uncovered], "the source has the ellipsoid there");
    }
}
