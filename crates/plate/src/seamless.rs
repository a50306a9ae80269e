//! Evens out the seams between pieces that were copied from different places: the hole's colours become those whose differences between neighbours are the
//! pieces' own (Pérez, Gangnet and Blake 2003). What is found is a correction to the copied colours, which a weak pull keeps small.

use glam::{IVec2, Vec3};
use rayon::prelude::*;

use crate::grid::CellGrid;
use crate::patch::PatchFeatures;

/// The pull towards no correction against a difference of neighbours. Derived: it is felt over 1 / sqrt(0.0004) = 50 cells.
const PULL: f32 = 0.0004;
/// Differences at a seam from which on it is an edge of its own, and is left: light at white collars would flow out over the background.
const EDGE: f32 = 0.06;
/// Passes of conjugate gradients.
const PASSES: usize = 150;
/// No correction is larger; colours are 0 to 1.
const MOST: f32 = 0.15;
/// Neighbours that belong to body and background are no neighbours.
const APART: f32 = 0.5;
const CHUNK: usize = 1024;
const WAYS: [IVec2; 4] = [IVec2::X, IVec2::NEG_X, IVec2::Y, IVec2::NEG_Y];

/// The corrections for the cells of the hole, by the offsets to the cells that they are copied from.
pub(crate) fn corrections(looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>, offsets: &CellGrid<Option<IVec2>>) -> CellGrid<Vec3> {
    let [width, height] = looks.size().map(|n| n.cast_signed() as i32);
    let index = |at: IVec2| {
        let inside = at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
        inside.then(|| at.y as usize * width as usize + at.x as usize)
    };
    let place = |cell: usize| glam::USizeVec2::new(cell % looks.width, cell / looks.width).as_ivec2();
    let open: Vec<usize> = (0..hole.cells.len()).filter(|cell| hole.cells[*cell] && offsets.cells[*cell].is_some()).collect();
    let mut number = vec![None; hole.cells.len()];
    for (n, cell) in open.iter().enumerate() {
        number[*cell] = Some(n);
    }
    let source = |at: IVec2, offset: IVec2| index(at + offset).filter(|cell| !hole.cells[*cell]).map(|cell| looks.cells[cell].colour());
    let shown = |cell: usize| {
        offsets.cells[cell].filter(|_| hole.cells[cell]).map_or(Some(looks.cells[cell].colour()), |offset| source(place(cell), offset))
    };
    let pair = |cell: usize, way: IVec2| -> Option<Neighbour> {
        let (at, beside) = (place(cell), place(cell) + way);
        let other = index(beside)?;
        let is_open = number[other].is_some();
        if (!is_open && hole.cells[other]) || (looks.cells[cell].body() - looks.cells[other].body()).abs() > APART {
            return None;
        }
        let of = |offset: Option<IVec2>| offset.and_then(|offset| Some(source(at, offset)? - source(beside, offset)?));
        let own = of(offsets.cells[cell]);
        let theirs = if is_open { of(offsets.cells[other]) } else { own };
        let wanted = match (own, theirs) {
            (Some(own), Some(theirs)) => 0.5 * (own + theirs),
            (one, two) => one.or(two)?,
        };
        let difference = wanted - (shown(cell)? - shown(other)?);
        let weight = 1.0 / (1.0 + (difference.length() / EDGE).powi(4));
        Some(Neighbour { other: number[other], difference: weight * difference, weight })
    };
    let pairs: Vec<[Option<Neighbour>; 4]> = open.par_iter().with_min_len(CHUNK).map(|cell| WAYS.map(|way| pair(*cell, way))).collect();
    let found = solved(&pairs);
    let mut corrections = looks.map(|_| Vec3::ZERO);
    for (cell, correction) in open.iter().zip(found) {
        corrections.cells[*cell] = correction.clamp(Vec3::splat(-MOST), Vec3::splat(MOST));
    }
    corrections
}

/// A cell and its neighbour.
#[derive(Clone, Copy, Debug)]
struct Neighbour {
    /// The neighbour's number, if it is open.
    other: Option<usize>,
    /// What their corrections should differ by, times the weight.
    difference: Vec3,
    weight: f32,
}

/// The least squares of all pairs' differences and the pull, by conjugate gradients.
fn solved(pairs: &[[Option<Neighbour>; 4]]) -> Vec<Vec3> {
    let product = |values: &[Vec3], out: &mut Vec<Vec3>| {
        pairs
            .par_iter()
            .zip(values)
            .with_min_len(CHUNK)
            .map(|(pairs, own)| {
                let differences = pairs.iter().flatten().map(|pair| pair.weight * (*own - pair.other.map_or(Vec3::ZERO, |n| values[n])));
                differences.fold(PULL * *own, |sum, difference| sum + difference)
            })
            .collect_into_vec(out);
    };
    let dot = |a: &[Vec3], b: &[Vec3]| a.iter().zip(b).map(|(a, b)| f64::from(a.dot(*b))).sum::<f64>();
    let mut found = vec![Vec3::ZERO; pairs.len()];
    let mut residual: Vec<Vec3> = pairs.iter().map(|pairs| pairs.iter().flatten().map(|pair| pair.difference).sum()).collect();
    let mut direction = residual.clone();
    let mut energy = dot(&residual, &residual);
    let least = 1e-6 * energy;
    let mut out = Vec::new();
    for _ in 0..PASSES {
        if energy <= least || energy <= f64::MIN_POSITIVE {
            break;
        }
        product(&direction, &mut out);
        let step = (energy / dot(&direction, &out).max(f64::MIN_POSITIVE)) as f32;
        for n in 0..found.len() {
            found[n] += step * direction[n];
            residual[n] -= step * out[n];
        }
        let last = energy;
        energy = dot(&residual, &residual);
        let kept = (energy / last) as f32;
        for (way, residual) in direction.iter_mut().zip(&residual) {
            *way = *residual + kept * *way;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_other_brightness_become_one_slope_and_their_texture_stays() {
        let texture = |x: usize, y: usize| 0.03 * ((x * 7 + y * 5) % 4) as f32;
        let looks =
            CellGrid::from_fn([90, 40], |x, y| PatchFeatures::new(Vec3::splat(0.2 + 0.002 * x as f32 + texture(x, y)), [0.0; 2], 0.0));
        let hole = CellGrid::from_fn([90, 40], |x, y| (35..55).contains(&x) && (10..30).contains(&y));
        // Each half from its own side, so that they meet at a step of 0.08.
        let offsets = hole.map(|hole| hole.then_some(IVec2::ZERO));
        let offsets = CellGrid::from_fn([90, 40], |x, y| {
            offsets.near(x.cast_signed(), y.cast_signed()).map(|_| IVec2::new(if x < 45 { -20 } else { 20 }, 0))
        });
        let corrections = corrections(&looks, &hole, &offsets);
        let mut worst = 0.0_f32;
        for n in (0..3600).filter(|n| hole.cells[*n]) {
            let offset = offsets.cells[n].expect("it is in the hole");
            let copied = looks.cells[n.saturating_add_signed(offset.x as isize)].colour();
            worst = worst.max((copied + corrections.cells[n] - looks.cells[n].colour()).abs().max_element());
        }
        assert!(worst < 0.015, "off by {worst}, by 0.04 without");
    }

    #[test]
    fn nothing_is_corrected_where_nothing_is_copied() {
        let looks = CellGrid::from_fn([9, 9], |_, _| PatchFeatures::new(Vec3::X, [0.0; 2], 0.0));
        let none = corrections(&looks, &looks.map(|_| true), &looks.map(|_| None));
        assert!(none.cells.iter().all(|correction| *correction == Vec3::ZERO), "nothing");
    }
}
