//! Where background comes to light behind a head that moves away, the source shows the head: a warp that stood still there would leave a ring of old hair.
//! The best that a warp can do is to fetch the nearest background that was there already.

use std::collections::VecDeque;

use glam::{IVec2, Vec2};

use crate::data::CROP_PX;
use crate::model::FLOW_CELLS;
use crate::synth::Part;

/// Cells that are fetched from beyond the nearest one: the rim itself is mixed with the head.
const BEYOND: f32 = 1.5;

/// The flow with hidden background fetched from the nearest visible background; planes are [`FLOW_CELLS`] square. Without visible background nothing changes.
pub(super) fn with_background_fetched(flow: &[Vec2], labels: &[u8], visible: &[f32]) -> Vec<Vec2> {
    let is_background = |cell: usize| labels[cell] == Part::Background as u8;
    let nearest = nearest_of(|cell| is_background(cell) && visible[cell] > 0.0);
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

/// For every cell the nearest wanted one, spread from cell to cell (as Danielsson 1980): exact but for a few cells that are off by less than one.
fn nearest_of(wanted: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let cells = FLOW_CELLS * FLOW_CELLS;
    let mut nearest: Vec<Option<usize>> = (0..cells).map(|cell| wanted(cell).then_some(cell)).collect();
    let mut waiting: VecDeque<usize> = (0..cells).filter(|cell| nearest[*cell].is_some()).collect();
    while let Some(cell) = waiting.pop_front() {
        let Some(source) = nearest[cell] else { continue };
        for step in [IVec2::X, IVec2::NEG_X, IVec2::Y, IVec2::NEG_Y] {
            let at = place(cell) + step;
            if at.min_element() < 0 || at.as_usizevec2().max_element() >= FLOW_CELLS {
                continue;
            }
            let next = at.y as usize * FLOW_CELLS + at.x as usize;
            let distance = |from: usize| (place(from) - at).length_squared();
            if nearest[next].is_none_or(|known| distance(source) < distance(known)) {
                nearest[next] = Some(source);
                waiting.push_back(next);
            }
        }
    }
    nearest
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
