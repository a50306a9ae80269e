//! Which part of a head a place of a filmed frame or a picture shows, as far as its landmarks tell: synthetic heads know it exactly.

use glam::Vec2;

use crate::data::region;
use crate::data::{PICTURE_PX, PLANE_CELLS, Part};

/// [`Part`] of every cell of [`PLANE_CELLS`] squared, row by row: face, eyes and the inside of the mouth, all else background.
pub(crate) fn parts(landmarks: &[Vec2; 68]) -> Vec<u8> {
    let mut labels = vec![Part::Background as u8; PLANE_CELLS * PLANE_CELLS];
    // Along the jaw and back over the brows.
    let face: Vec<Vec2> = landmarks[region::JAW].iter().chain(landmarks[region::BROWS].iter().rev()).copied().collect();
    fill(&mut labels, &face, Part::Face);
    for eye in [region::RIGHT_EYE, region::LEFT_EYE] {
        fill(&mut labels, &landmarks[eye], Part::Eyeball);
    }
    fill(&mut labels, &landmarks[region::INNER_LIPS], Part::MouthInterior);
    labels
}

/// Labels the cells whose centres lie inside a polygon of points in pixels.
fn fill(labels: &mut [u8], outline: &[Vec2], part: Part) {
    let cell_px = (PICTURE_PX / PLANE_CELLS) as f32;
    let Some(low) = outline.iter().copied().reduce(Vec2::min) else { return };
    let high = outline.iter().copied().fold(low, Vec2::max);
    let cells = |from: f32, to: f32| {
        let inside = |v: f32| (v / cell_px).clamp(0.0, PLANE_CELLS as f32) as usize;
        inside(from)..inside(to + cell_px)
    };
    for y in cells(low.y, high.y) {
        for x in cells(low.x, high.x) {
            let centre = (Vec2::new(x as f32, y as f32) + 0.5) * cell_px - 0.5;
            if holds(outline, centre) {
                labels[y * PLANE_CELLS + x] = part as u8;
            }
        }
    }
}

/// Whether a point lies inside a polygon: a ray to the right crosses its sides an odd number of times.
fn holds(outline: &[Vec2], point: Vec2) -> bool {
    let next = outline.iter().cycle().skip(1);
    let crossings = outline.iter().zip(next).filter(|(a, b)| {
        let spans = (a.y > point.y) != (b.y > point.y);
        spans && point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    fn face(shift: Vec2) -> [Vec2; 68] {
        template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0) + shift)
    }

    #[test]
    fn eyes_and_mouth_lie_in_the_face_and_the_rest_outside() {
        let mut landmarks = face(Vec2::ZERO);
        // A mouth wide open.
        landmarks[65..68].iter_mut().for_each(|p| p.y += 12.0);
        let labels = parts(&landmarks);
        let at = |p: Vec2| labels[(p.y as usize / 2) * PLANE_CELLS + p.x as usize / 2];
        let middle = |range: std::ops::Range<usize>| landmarks[range.clone()].iter().sum::<Vec2>() / range.len() as f32;
        assert_eq!(at(middle(region::RIGHT_EYE)), Part::Eyeball as u8, "an eye");
        assert_eq!(at(middle(region::INNER_LIPS)), Part::MouthInterior as u8, "the mouth");
        assert_eq!(at(landmarks[30]), Part::Face as u8, "the tip of the nose");
        assert_eq!((labels[0], at(landmarks[8] + Vec2::new(0.0, 6.0))), (0, 0), "a corner, and below the chin");
        let count = (0..labels.len()).filter(|cell| labels[*cell] == Part::Face as u8).count();
        assert!((800..6000).contains(&count), "the face has {count} cells");
    }

    #[test]
    fn a_face_partly_or_wholly_outside_does_no_harm() {
        assert!(parts(&face(Vec2::splat(1e4))).iter().all(|l| *l == 0), "far away");
        assert!(parts(&face(Vec2::new(-100.0, 0.0))).contains(&(Part::Face as u8)), "half of it");
        assert!(parts(&[Vec2::ZERO; 68]).iter().all(|l| *l == 0), "a point has no inside");
    }
}
