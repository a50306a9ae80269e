//! Fills the hole of a plane of cells from patches of the rest, from coarse to fine (Wexler, Shechtman and Irani 2007; Newson et al. 2014): patches find their
//! like, vote on the hole's colours, and look again.

use glam::{IVec2, Vec3};
use rayon::prelude::*;

use crate::coherence::settle;
use crate::grid::CellGrid;
use crate::patch::{PatchFeatures, RADIUS, partial_cost};
use crate::seamless::corrections;
use crate::search::{Find, Places};
use crate::smooth::spread;

// Where nothing else is said, Tuned by eye on what was filled in behind the heads of eight portraits, within the time that a portrait may take.

/// The coarsest level's longest side in cells, at most.
const COARSEST: usize = 40;
/// Where halving ends early because hardly any source would be left, the longest side that is still taken for a coarsest level.
const MOST_COARSE: usize = 2 * COARSEST;
/// Rounds of finding and voting from the coarsest level to the finest; those in between are as the second.
const ROUNDS: [usize; 3] = [12, 6, 3];
/// Passes of search in a round, and in the first of the coarsest level.
const PASSES: usize = 2;
const FIRST_PASSES: usize = 10;
/// Passes that make finds go together.
const SETTLING: usize = 3;
/// Cost under which patches are as alike as noise lets them be.
const NOISE: f32 = 0.0003;
/// Share of body from which on a cell of the hole is filled from body: under a chin, shoulders rise no higher than they must.
const BODY: f32 = 0.65;
/// What a cell counts of which there is only a smooth guess.
const GUESSED: f32 = 0.04;
const SEED: u64 = 0x9a7c_11e5;

/// Where a cell of the hole comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Origin {
    /// To the cell it is copied from.
    pub offset: IVec2,
    /// What is added to its colours.
    pub correction: Vec3,
}

/// The hole's cells, filled.
pub(crate) struct Filled {
    /// The plane with the mean of what patches say in its hole.
    pub looks: CellGrid<PatchFeatures>,
    /// Where each cell that a patch's middle can be comes from; `None` elsewhere.
    pub origins: CellGrid<Option<Origin>>,
}

/// The plane with its hole filled from the rest; `guess` gives the hole's own cells to begin with, and nothing is taken from `unfit` ones if there are others.
/// `None` when there is nothing to take patches from, or once `stopped` says so.
pub(crate) fn filled(
    guess: &CellGrid<PatchFeatures>,
    hole: &CellGrid<bool>,
    unfit: &CellGrid<bool>,
    stopped: &(dyn Fn() -> bool + Sync),
) -> Option<Filled> {
    const LEAST_SOURCES: usize = 64;
    let none = unfit.map(|_| false);
    let unfit = if Places::new(hole, unfit).sources.len() < LEAST_SOURCES { &none } else { unfit };
    let mut levels = vec![(guess.clone(), hole.clone(), unfit.clone())];
    while let Some((looks, hole, unfit)) = levels.last().filter(|(looks, ..)| looks.width.max(looks.height) > COARSEST) {
        let next = (looks.halved(), halved(hole), halved(unfit));
        if Places::new(&next.1, &next.2).sources.len() < LEAST_SOURCES {
            break;
        }
        levels.push(next);
    }
    // What is done on the coarsest level would take minutes on a fine one, and there is next to nothing to take from.
    if levels.last().is_some_and(|(looks, ..)| looks.width.max(looks.height) > MOST_COARSE) {
        return None;
    }
    let mut before: Option<(Places, Vec<Find>)> = None;
    let finest = levels.len() - 1;
    for (n, (looks, hole, unfit)) in levels.iter_mut().rev().enumerate() {
        let mut places = Places::new(hole, unfit);
        if places.sources.is_empty() {
            return None;
        }
        let seed = SEED ^ (n as u64) << 48;
        let mut finds = if let Some((half, finds)) = &before {
            let finds = places.enlarged(half, finds, seed);
            *looks = copied(&places, looks, hole, &finds);
            finds
        } else {
            *looks = grown(&places, looks, hole);
            let mut finds = places.random(seed);
            places.improve(looks, &mut finds, FIRST_PASSES, seed);
            finds
        };
        let rounds = if n == 0 {
            ROUNDS[0]
        } else if n == finest {
            ROUNDS[2]
        } else {
            ROUNDS[1]
        };
        for round in 0..rounds {
            if stopped() {
                return None;
            }
            places.improve(looks, &mut finds, PASSES, seed ^ (round as u64) << 40);
            settle(&places, looks, &mut finds, SETTLING);
            if n == 0 {
                places.count_uses(&finds);
            }
            *looks = if n > 0 { copied(&places, looks, hole, &finds) } else { voted(&places, looks, hole, &finds) };
        }
        before = Some((places, finds));
    }
    let (places, finds) = before?;
    let (looks, ..) = levels.swap_remove(0);
    let mut offsets = looks.map(|_| None);
    for (target, find) in places.targets.iter().zip(&finds) {
        offsets.cells[*target] = Some(places.place(find.source) - places.place(*target));
    }
    let corrections = corrections(&looks, hole, &offsets);
    let origins = CellGrid::from_fn(looks.size(), |x, y| {
        let cell = y * looks.width + x;
        offsets.cells[cell].map(|offset| Origin { offset, correction: corrections.cells[cell] })
    });
    Some(Filled { looks, origins })
}

/// The hole filled from its edge inwards, cell by cell, each from the middle of the patch that fits best what is known about it (as Efros and Leung 1999): the
/// first sharp guess of the coarsest level. What the smooth guess says counts a little.
fn grown(places: &Places, looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>) -> CellGrid<PatchFeatures> {
    let mut looks = looks.clone();
    let mut known: Vec<f32> = hole.cells.iter().map(|hole| if *hole { GUESSED } else { 1.0 }).collect();
    let is_known = |known: &[f32], x: isize, y: isize| known[hole.near_index(x, y)] > GUESSED;
    loop {
        let edge: Vec<usize> = places
            .targets
            .iter()
            .copied()
            .filter(|cell| {
                let (x, y) = ((cell % hole.width).cast_signed(), (cell / hole.width).cast_signed());
                !is_known(&known, x, y) && [(-1, 0), (1, 0), (0, -1), (0, 1)].into_iter().any(|(i, j)| is_known(&known, x + i, y + j))
            })
            .collect();
        if edge.is_empty() {
            return looks;
        }
        let found: Vec<PatchFeatures> = edge
            .par_iter()
            .map(|target| {
                let (mut least, mut best) = (f32::INFINITY, *target);
                for source in &places.sources {
                    let cost = partial_cost(&looks, &known, *target, *source, least);
                    if cost < least {
                        (least, best) = (cost, *source);
                    }
                }
                looks.cells[best]
            })
            .collect();
        for (cell, mut look) in edge.into_iter().zip(found) {
            look.0[5] = looks.cells[cell].0[5];
            looks.cells[cell] = look;
            known[cell] = 1.0;
        }
    }
}

/// Half the size: cells with any of it.
fn halved(plane: &CellGrid<bool>) -> CellGrid<bool> {
    CellGrid::from_fn([plane.width.div_ceil(2), plane.height.div_ceil(2)], |x, y| {
        [(0, 0), (1, 0), (0, 1), (1, 1)].into_iter().any(|(i, j)| plane.near((2 * x + i).cast_signed(), (2 * y + j).cast_signed()))
    })
}

/// The hole's cells as the middles of their patches' finds.
fn copied(places: &Places, looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>, finds: &[Find]) -> CellGrid<PatchFeatures> {
    let mut next = looks.clone();
    for (target, find) in places.targets.iter().zip(finds).filter(|(target, _)| hole.cells[**target]) {
        let body = next.cells[*target].0[5];
        next.cells[*target] = looks.cells[find.source];
        next.cells[*target].0[5] = body;
    }
    next
}

/// The hole's cells as the patches over them say, the likest ones loudest.
fn voted(places: &Places, looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>, finds: &[Find]) -> CellGrid<PatchFeatures> {
    let reach = RADIUS.cast_signed();
    let mut next = looks.clone();
    next.cells.par_iter_mut().enumerate().with_min_len(256).filter(|(cell, _)| hole.cells[*cell]).for_each(|(cell, look)| {
        let (x, y) = ((cell % looks.width).cast_signed(), (cell / looks.width).cast_signed());
        let patches = || {
            (-reach..=reach).flat_map(move |j| (-reach..=reach).map(move |i| (i, j))).filter_map(|(i, j)| {
                let find = &finds[places.target(x + i, y + j)?];
                Some((i, j, find))
            })
        };
        let least = patches().map(|(_, _, find)| find.likeness.cost).fold(f32::INFINITY, f32::min);
        let (mut sum, mut mass) = ([0.0_f32; 5], 0.0);
        for (i, j, find) in patches() {
            let ratio = (least + NOISE) / (find.likeness.cost + NOISE);
            let weight = ratio * ratio * ratio / (1.0 + (i * i + j * j) as f32 / 4.0);
            let from = (find.source.cast_signed() - j * looks.width.cast_signed() - i) as usize;
            let found = &looks.cells[from].0;
            let shift = find.likeness.shift.to_array();
            for (lane, value) in sum.iter_mut().enumerate() {
                *value += weight * (found[lane] + shift.get(lane).unwrap_or(&0.0));
            }
            mass += weight;
        }
        if mass > 0.0 {
            // What is body there was decided before.
            sum.iter().zip(&mut look.0).for_each(|(sum, value)| *value = sum / mass);
        }
    });
    next
}

/// A first guess: smooth, background from background and body from body. Looks and body shares of the hole's own cells are not looked at.
pub(crate) fn guess(looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>) -> CellGrid<PatchFeatures> {
    let Around { is_body, behind, bodies } = Around::of(looks, hole);
    CellGrid::from_fn(looks.size(), |x, y| {
        let cell = y * looks.width + x;
        if !hole.cells[cell] {
            return looks.cells[cell];
        }
        let is_body = is_body.cells[cell];
        let (first, second) = if is_body { (&bodies, &behind) } else { (&behind, &bodies) };
        let look = first.as_ref().or(second.as_ref()).map_or(looks.cells[cell], |plane| plane.cells[cell]);
        let [r, g, b, across, down, ..] = look.0;
        let plain = PatchFeatures::new(Vec3::new(r, g, b), [0.0; 2], f32::from(u8::from(is_body)));
        let mut with_texture = plain.0;
        (with_texture[3], with_texture[4]) = (across, down);
        PatchFeatures(with_texture)
    })
}

/// What lies round a hole, gone on with smoothly into it.
pub(crate) struct Around {
    /// Whether the body goes on to there.
    pub is_body: CellGrid<bool>,
    /// The background alone, and the body alone, where there is any.
    pub behind: Option<CellGrid<PatchFeatures>>,
    /// See [`Self::behind`].
    pub bodies: Option<CellGrid<PatchFeatures>>,
}

impl Around {
    /// Round the hole of a plane.
    pub(crate) fn of(looks: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>) -> Self {
        let known = hole.map(|hole| f32::from(u8::from(!hole)));
        let body = spread(&looks.map(|look| look.body()), &known);
        let part = |of: fn(f32) -> f32| {
            let weight = CellGrid { cells: known.cells.iter().zip(&looks.cells).map(|(k, look)| k * of(look.body())).collect(), ..known };
            let any = weight.cells.iter().any(|weight| *weight > 0.0);
            any.then(|| spread(looks, &weight))
        };
        let (behind, bodies) = (part(|body| f32::from(u8::from(body <= 0.5))), part(|body| f32::from(u8::from(body > 0.5))));
        Self { is_body: body.map(|body| body > BODY), behind, bodies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holed(
        size: [usize; 2],
        colour: impl Fn(usize, usize) -> Vec3 + Sync + Send,
    ) -> (CellGrid<PatchFeatures>, CellGrid<PatchFeatures>, CellGrid<bool>) {
        let hole = CellGrid::from_fn(size, |x, y| (x as f32 - 60.0).hypot(y as f32 - 50.0) < 24.0);
        let truth = CellGrid::from_fn(size, |x, y| PatchFeatures::new(colour(x, y), [0.0; 2], 0.0));
        let shown = CellGrid::from_fn(size, |x, y| {
            let cell = y * size[0] + x;
            if hole.cells[cell] { PatchFeatures::new(Vec3::X, [0.0; 2], 0.0) } else { truth.cells[cell] }
        });
        (truth, shown, hole)
    }

    fn error(a: &CellGrid<PatchFeatures>, b: &CellGrid<PatchFeatures>, hole: &CellGrid<bool>) -> f32 {
        let off = (0..hole.cells.len()).filter(|cell| hole.cells[*cell]).map(|n| a.cells[n].colour().distance(b.cells[n].colour()));
        let (sum, count) = off.fold((0.0, 0.0), |(sum, count), off| (sum + off, count + 1.0_f32));
        sum / count.max(1.0)
    }

    #[test]
    fn a_pattern_and_a_horizon_go_on_behind_the_hole() {
        let brick = |x: usize, y: usize| {
            if y < 50 { Vec3::new(0.5, 0.6, 0.9) } else { Vec3::splat(0.2 + 0.3 * f32::from(u8::from((x / 4 + y / 4).is_multiple_of(2)))) }
        };
        let (truth, shown, hole) = holed([120, 100], brick);
        let guess = guess(&shown, &hole);
        let filled = filled(&guess, &hole, &hole.map(|_| false), &|| false).expect("there is enough of it");
        let (smooth, exemplar) = (error(&guess, &truth, &hole), error(&filled.looks, &truth, &hole));
        assert!(exemplar < 0.04 && 3.0 * exemplar < smooth, "off by {exemplar}, smoothly by {smooth}");
        let rest = (0..hole.cells.len()).filter(|n| !hole.cells[*n] && filled.looks.cells[*n] != shown.cells[*n]).count();
        assert_eq!(rest, 0, "what is known stays");
    }

    #[test]
    fn body_comes_from_body_and_background_from_background() {
        let (_, shown, hole) = holed([120, 100], |_, y| if y < 60 { Vec3::Y } else { Vec3::Z });
        let looks = CellGrid::from_fn(shown.size(), |x, y| {
            let mut look = shown.cells[y * 120 + x];
            look.0[5] = PatchFeatures::new(Vec3::ZERO, [0.0; 2], f32::from(u8::from(y >= 60))).0[5];
            look
        });
        let guess = guess(&looks, &hole);
        let filled = filled(&guess, &hole, &hole.map(|_| false), &|| false).expect("there is enough of it");
        for n in (0..hole.cells.len()).filter(|n| hole.cells[*n]) {
            let (colour, body) = (filled.looks.cells[n].colour(), guess.cells[n].body());
            let wanted = if body > 0.5 { Vec3::Z } else { Vec3::Y };
            let at_border = (n / 120).abs_diff(60) < 8;
            assert!(at_border || colour.distance(wanted) < 0.2, "at {}, {}: {colour}", n % 120, n / 120);
        }
    }

    #[test]
    fn a_plane_that_is_all_hole_is_left_to_others() {
        let looks = CellGrid::from_fn([50, 40], |_, _| PatchFeatures::new(Vec3::X, [0.0; 2], 0.0));
        assert!(filled(&looks, &looks.map(|_| true), &looks.map(|_| false), &|| false).is_none(), "nothing to take from");
    }
}
