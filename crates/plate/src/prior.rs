//! What the coarse matte says before the picture's own edges are looked at.

use crate::grid::CellGrid;

/// So far inside and outside of the coarse edge a place is uncertain, in cells of the coarse matte: hair stands off farther than the edge is wrong inwards.
const INSIDE: f32 = 2.0;
const OUTSIDE: f32 = 3.0;
/// Shares beyond which the coarse matte is taken at its word, away from its edge.
const SURE: std::ops::Range<f32> = 0.06..0.94;

/// What is known of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trimap {
    /// All of it is head.
    Head,
    /// None of it is.
    Rest,
    /// It has to be found out.
    Open,
}

/// Parts the cells by how surely they are head; `coarse_cell` is the side of the coarse matte's cells in cells of this plane.
pub(crate) fn known(head: &CellGrid<f32>, coarse_cell: f32) -> CellGrid<Trimap> {
    let edge = head.map(|share| f32::from(u8::from(share > 0.5)));
    let radius = |coarse: f32| ((coarse * coarse_cell).ceil() as usize).clamp(1, 24);
    let (inner, outer) = (edge.narrowed(radius(INSIDE)), edge.widened(radius(OUTSIDE)));
    CellGrid::from_fn(head.size(), |x, y| {
        let cell = y * head.width + x;
        let share = head.cells[cell];
        match (inner.cells[cell] > 0.5, outer.cells[cell] > 0.5) {
            (true, _) if share > SURE.end => Trimap::Head,
            (_, false) if share < SURE.start => Trimap::Rest,
            _ => Trimap::Open,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_the_edge_or_not_sure_is_open() {
        let head = CellGrid::from_fn([60, 40], |x, y| if (25, 10) == (x / 2, y) || x == 50 { 0.3 } else { f32::from(u8::from(x < 30)) });
        let known = known(&head, 2.0);
        let at = |x: isize| known.near(x, 20);
        assert_eq!(
            (at(10), at(27), at(33), at(40), at(50)),
            (Trimap::Head, Trimap::Open, Trimap::Open, Trimap::Rest, Trimap::Open),
            "in a row"
        );
    }
}
