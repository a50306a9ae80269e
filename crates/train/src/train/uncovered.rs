//! Where background comes to light behind a head that moves away, the source shows the head: a warp that stood still there would leave a ring of old hair.
//! The best that a warp can do is to fetch the nearest background that was there already.

use glam::{IVec2, Vec2};

use crate::data::Part;
use crate::data::{CROP_PX, nearest_cells};
use crate::model::FLOW_CELLS;

/// Cells that are fetched from beyond the nearest one: the rim itself is mixed with the head.
const BEYOND: f32 = 1.5;

/// The flow with hidden background fetched from the nearest visible background; planes are [`FLOW_CELLS`] square. Without visible background nothing changes.
pub(super) fn with_background_fetched(flow: &[Vec2], labels: &[u8], visible: &[f32]) -> Vec<Vec2> {
    let is_background = |cell: usize| labels[cell] == Part::Background as u8;
    let nearest = nearest_cells(FLOW_CELLS, |cell| is_background(cell) && visible[cell] > 0.0);
    let cell_px = CROP_PX / FLOW_CELLS as f32;
    let mut fetched = flow.to_vec();
    for (cell, to) in fetched.iter_mut().enumerate() {
        if let (true, Some(from)) = (is_background(cell) && visible[cell] <= 0.0, nearest[cell]) {
            let way = (place(from) - place(cell)).as_vec2();
            *to = cell_px * (way + BEYOND * way.normalize_or_zero());
        }
    }
    fetched
}

fn place(cell: usize) -> IVec2 {
    glam::USizeVec2::new(cell % FLOW_CELLS, cell / FLOW_CELLS).as_ivec2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncovered_background_is_fetched_from_just_beyond_its_rim() {
        // A head's old place, a square of hidden background, in the middle of visible background.
        let inside = |cell: usize| (40..60).contains(&(cell % FLOW_CELLS)) && (50..90).contains(&(cell / FLOW_CELLS));
        let cells = FLOW_CELLS * FLOW_CELLS;
        let labels = vec![Part::Background as u8; cells];
        let visible: Vec<f32> = (0..cells).map(|cell| if inside(cell) { 0.0 } else { 1.0 }).collect();
        let flow = with_background_fetched(&vec![Vec2::ZERO; cells], &labels, &visible);
        let at = |x: usize, y: usize| flow[y * FLOW_CELLS + x];
        assert_eq!(at(30, 70), Vec2::ZERO, "what was visible stays where it is");
        assert_eq!(at(42, 70), Vec2::new(-9.0, 0.0), "three cells to the rim and one and a half beyond, in pixels");
        assert_eq!(at(59, 70), Vec2::new(5.0, 0.0), "from the other side where that is nearer");
    }

    #[test]
    fn a_hidden_part_of_the_head_keeps_its_true_flow() {
        let cells = FLOW_CELLS * FLOW_CELLS;
        let labels = vec![Part::Face as u8; cells];
        let flow = with_background_fetched(&vec![Vec2::ONE; cells], &labels, &vec![0.0; cells]);
        assert!(flow.iter().all(|d| *d == Vec2::ONE), "nothing changes without background");
    }
}
