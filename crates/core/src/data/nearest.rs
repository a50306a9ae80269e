//! Nearest cells of a grid.

use std::collections::VecDeque;

use glam::IVec2;

/// For every cell of a square grid, row by row, the nearest wanted one, spread from cell to cell (as Danielsson 1980): exact but for a few cells that are off
/// by less than one. `None` when none is wanted.
pub fn nearest_cells(side: usize, wanted: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let place = |cell: usize| glam::USizeVec2::new(cell % side, cell / side).as_ivec2();
    let cells = side * side;
    let mut nearest: Vec<Option<usize>> = (0..cells).map(|cell| wanted(cell).then_some(cell)).collect();
    let mut waiting: VecDeque<usize> = (0..cells).filter(|cell| nearest[*cell].is_some()).collect();
    while let Some(cell) = waiting.pop_front() {
        let Some(source) = nearest[cell] else { continue };
        for step in [IVec2::X, IVec2::NEG_X, IVec2::Y, IVec2::NEG_Y] {
            let at = place(cell) + step;
            if at.min_element() < 0 || at.as_usizevec2().max_element() >= side {
                continue;
            }
            let next = at.y as usize * side + at.x as usize;
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
    fn every_cell_finds_the_nearest() {
        let nearest = nearest_cells(9, |cell| cell == 0 || cell == 44);
        assert_eq!((nearest[1], nearest[43], nearest[0], nearest[80]), (Some(0), Some(44), Some(0), Some(44)), "the nearer of two");
        assert!(nearest_cells(4, |_| false).iter().all(Option::is_none), "none is wanted");
    }
}
