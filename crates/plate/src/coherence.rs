//! Makes finds of neighbouring patches go together, so that pieces of the picture are copied whole: seams are where two offsets meet.

use glam::IVec2;
use rayon::prelude::*;

use crate::grid::CellGrid;
use crate::patch::PatchFeatures;
use crate::search::{Find, Places};

// Tuned by eye on what was filled in behind the heads of eight portraits.

/// What each of the eight neighbours with another offset counts, as a mean square of colours.
const SEAM_COST: f32 = 0.0008;
const AROUND: [IVec2; 8] = [
    IVec2::new(-1, -1),
    IVec2::new(0, -1),
    IVec2::new(1, -1),
    IVec2::new(-1, 0),
    IVec2::new(1, 0),
    IVec2::new(-1, 1),
    IVec2::new(0, 1),
    IVec2::new(1, 1),
];

/// Every find is exchanged for a neighbour's offset where the seams that go count more than the likeness that is lost. Cells of even and odd rows and columns
/// take turns, so that no two neighbours change at a time.
pub(crate) fn settle(places: &Places, looks: &CellGrid<PatchFeatures>, finds: &mut [Find], passes: usize) {
    for turn in 0..4 * passes {
        let parity = glam::USizeVec2::new(turn % 2, turn / 2 % 2).as_ivec2();
        let changes: Vec<(usize, Find)> = (0..finds.len())
            .into_par_iter()
            .with_min_len(256)
            .filter(|n| {
                let at = places.place(places.targets[*n]);
                at.x % 2 == parity.x && at.y % 2 == parity.y
            })
            .filter_map(|n| settled(places, looks, finds, n).map(|find| (n, find)))
            .collect();
        for (n, find) in changes {
            finds[n] = find;
        }
    }
}

fn settled(places: &Places, looks: &CellGrid<PatchFeatures>, finds: &[Find], n: usize) -> Option<Find> {
    let target = places.targets[n];
    let at = places.place(target);
    let offset = |find: &Find, from: IVec2| places.place(find.source) - from;
    let mut around = [None; 8];
    for (slot, step) in around.iter_mut().zip(AROUND) {
        let beside = at + step;
        *slot = places.target(beside.x as isize, beside.y as isize).map(|other| offset(&finds[other], beside));
    }
    let seams = |of: IVec2| SEAM_COST * around.iter().flatten().filter(|other| **other != of).count() as f32;
    let own = offset(&finds[n], at);
    let mut best: Option<Find> = None;
    let mut least = finds[n].likeness.cost + seams(own);
    for (k, other) in around.iter().enumerate() {
        let Some(other) = other.filter(|other| *other != own && !around[..k].contains(&Some(*other))) else { continue };
        let seams = seams(other);
        if seams < least
            && let Some(source) = places.source(at + other)
        {
            let likeness = places.likeness(looks, target, source);
            if likeness.cost + seams < least {
                least = likeness.cost + seams;
                best = Some(Find { source, likeness });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patch::Likeness;

    #[test]
    fn finds_that_stand_alone_join_their_neighbours_where_it_costs_little() {
        let hole = CellGrid::from_fn([60, 40], |x, y| x.abs_diff(30) < 6 && y.abs_diff(20) < 6);
        let looks = CellGrid::from_fn([60, 40], |_, _| PatchFeatures::new(glam::Vec3::splat(0.5), [0.0; 2], 0.0));
        let places = Places::new(&hole, &hole);
        let find = |target: usize, by: i32| {
            let source = places.source(places.place(target) + IVec2::new(by, 0)).expect("it lies beside");
            Find { source, likeness: Likeness { cost: 0.0, ..Likeness::NONE } }
        };
        let mut finds: Vec<Find> =
            places.targets.iter().enumerate().map(|(n, target)| find(*target, if n % 11 == 3 { -18 } else { 18 })).collect();
        settle(&places, &looks, &mut finds, 3);
        let alone =
            finds.iter().zip(&places.targets).filter(|(find, target)| places.place(find.source).x < places.place(**target).x).count();
        assert_eq!(alone, 0, "all are one piece");
    }
}
