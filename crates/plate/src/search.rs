//! Where every patch at the hole finds one that is like it (`PatchMatch`, Barnes et al. 2009).
//!
//! Every place looks at what its neighbours found in the pass before, and at random places ever nearer to its own find. So the result is the same on any
//! number of cores.

use glam::{IVec2, Vec3};
use rayon::prelude::*;

use crate::grid::CellGrid;
use crate::patch::{Likeness, PatchFeatures, RADIUS, likeness};
use crate::random::Random;

// Tuned by eye on what was filled in behind the heads of eight portraits.

/// What a distance as long as the plane counts against a find: of equals the near one is taken.
const FAR_COST: f32 = 0.0004;
/// What a source counts in addition for each time that it is taken beyond the mean, up to so many times.
const USE_COST: f32 = 0.002;
const MOST_USES: f32 = 4.0;
/// Steps to neighbours whose finds are tried.
const STEPS: [i32; 3] = [1, 3, 8];
/// Targets that one thread takes at a time.
const CHUNK: usize = 64;

/// What a target found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Find {
    /// Index of the source's cell.
    pub source: usize,
    pub likeness: Likeness,
}

/// A plane with a hole: which patches have to be found, and which can be taken.
pub(crate) struct Places {
    size: [usize; 2],
    /// Middles of patches that touch the hole.
    pub targets: Vec<usize>,
    /// Number of a target's cell among them.
    target_at: Vec<u32>,
    /// Middles of patches without any of the hole.
    pub sources: Vec<usize>,
    is_source: Vec<bool>,
    /// What a source counts in addition, by its cell, for being taken more often than others.
    used: Vec<f32>,
}

const NO_TARGET: u32 = u32::MAX;

impl Places {
    /// Of a plane in which `hole` marks the unknown cells, and `unfit` those that nothing shall be taken from; patches lie wholly inside, so nothing within their radius of the edge is a middle.
    pub(crate) fn new(hole: &CellGrid<bool>, unfit: &CellGrid<bool>) -> Self {
        let touches = hole.map(|hole| f32::from(u8::from(hole))).widened(RADIUS);
        let [width, height] = hole.size();
        let inside = |cell: usize| {
            let (x, y) = (cell % width, cell / width);
            x.min(y) >= RADIUS && x + RADIUS < width && y + RADIUS < height
        };
        let (targets, sources): (Vec<usize>, Vec<usize>) =
            (0..width * height).filter(|cell| inside(*cell)).partition(|cell| touches.cells[*cell] > 0.5);
        let sources: Vec<usize> = sources.into_iter().filter(|cell| !unfit.cells[*cell]).collect();
        let mut target_at = vec![NO_TARGET; width * height];
        for (n, cell) in targets.iter().enumerate() {
            target_at[*cell] = n as u32;
        }
        let mut is_source = vec![false; width * height];
        for cell in &sources {
            is_source[*cell] = true;
        }
        Self { size: [width, height], targets, target_at, sources, is_source, used: vec![0.0; width * height] }
    }

    /// The number of the target at a cell.
    pub(crate) fn target(&self, x: isize, y: isize) -> Option<usize> {
        let [width, height] = self.size.map(usize::cast_signed);
        let inside = (0..width).contains(&x) && (0..height).contains(&y);
        inside.then(|| self.target_at[(y * width + x) as usize]).filter(|n| *n != NO_TARGET).map(|n| n as usize)
    }

    pub(crate) fn place(&self, cell: usize) -> IVec2 {
        glam::USizeVec2::new(cell % self.size[0], cell / self.size[0]).as_ivec2()
    }

    /// The source at a place, if there is one.
    pub(crate) fn source(&self, at: IVec2) -> Option<usize> {
        let [width, height] = self.size.map(|n| n.cast_signed() as i32);
        let inside = at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
        inside.then(|| at.y as usize * self.size[0] + at.x as usize).filter(|cell| self.is_source[*cell])
    }

    /// How well a source fits a target, with what its distance counts.
    pub(crate) fn likeness(&self, looks: &CellGrid<PatchFeatures>, target: usize, source: usize) -> Likeness {
        let Likeness { cost, shift } = likeness(looks, target, source);
        let far = (self.place(target) - self.place(source)).as_vec2().length() / self.size[0].max(self.size[1]) as f32;
        Likeness { cost: cost + FAR_COST * far + self.used[source], shift }
    }

    /// Lets sources that were taken often count as less like: what is repeated is seen.
    pub(crate) fn count_uses(&mut self, finds: &[Find]) {
        let [width, height] = self.size;
        let mut counts = CellGrid { width, height, cells: vec![0.0; width * height] };
        for find in finds {
            counts.cells[find.source] += 1.0;
        }
        let mean = finds.len() as f32 / self.sources.len().max(1) as f32;
        let near = counts.box_mean(1);
        self.used = near.cells.iter().map(|count| USE_COST * (count / mean.max(1.0) - 1.0).clamp(0.0, MOST_USES)).collect();
    }

    /// A find for every target by chance; there must be sources.
    pub(crate) fn random(&self, seed: u64) -> Vec<Find> {
        let one = |n: usize| Find { source: self.sources[Random::new(seed, n as u64).below(self.sources.len())], likeness: Likeness::NONE };
        (0..self.targets.len()).map(one).collect()
    }

    /// Finds of a plane of half the size, for this one; those that lead nowhere here are taken by chance.
    pub(crate) fn enlarged(&self, half: &Self, finds: &[Find], seed: u64) -> Vec<Find> {
        let one = |(n, cell): (usize, &usize)| {
            let at = self.place(*cell);
            let near = [IVec2::ZERO, IVec2::X, IVec2::Y, IVec2::NEG_X, IVec2::NEG_Y].into_iter().find_map(|step| {
                let there = at / 2 + step;
                let find = finds[half.target(there.x as isize, there.y as isize)?];
                let offset = half.place(find.source) - there;
                self.source(at + 2 * offset)
            });
            let source = near.unwrap_or_else(|| self.sources[Random::new(seed, n as u64).below(self.sources.len())]);
            Find { source, likeness: Likeness { cost: f32::INFINITY, shift: Vec3::ZERO } }
        };
        self.targets.par_iter().enumerate().with_min_len(CHUNK).map(one).collect()
    }

    /// Measures all finds anew, after the plane has changed, and improves them.
    pub(crate) fn improve(&self, looks: &CellGrid<PatchFeatures>, finds: &mut Vec<Find>, passes: usize, seed: u64) {
        finds.par_iter_mut().zip(&self.targets).with_min_len(CHUNK).for_each(|(find, target)| {
            find.likeness = self.likeness(looks, *target, find.source);
        });
        for pass in 0..passes {
            let next = (0..finds.len()).into_par_iter().with_min_len(CHUNK);
            *finds = next.map(|n| self.improved(looks, finds, n, seed ^ (pass as u64) << 32)).collect();
        }
    }

    fn improved(&self, looks: &CellGrid<PatchFeatures>, finds: &[Find], n: usize, seed: u64) -> Find {
        let target = self.targets[n];
        let at = self.place(target);
        let mut best = finds[n];
        let mut last = best.source;
        let consider = |source: usize, best: &mut Find| {
            if source != best.source {
                let likeness = self.likeness(looks, target, source);
                if likeness.cost < best.likeness.cost {
                    *best = Find { source, likeness };
                }
            }
        };
        for step in STEPS {
            for way in [IVec2::X, IVec2::NEG_X, IVec2::Y, IVec2::NEG_Y] {
                let beside = at + step * way;
                let Some(other) = self.target(beside.x as isize, beside.y as isize) else { continue };
                if let Some(source) = self.source(self.place(finds[other].source) - step * way)
                    && source != last
                {
                    last = source;
                    consider(source, &mut best);
                }
            }
        }
        let mut random = Random::new(seed, n as u64);
        consider(self.sources[random.below(self.sources.len())], &mut best);
        let mut radius = self.size[0].max(self.size[1]) as f32 / 2.0;
        while radius >= 1.0 {
            let by = IVec2::new(random.range(-radius, radius).round() as i32, random.range(-radius, radius).round() as i32);
            if let Some(source) = self.source(self.place(best.source) + by) {
                consider(source, &mut best);
            }
            radius /= 2.0;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_of_a_plain_pattern_find_their_like() {
        let hole = CellGrid::from_fn([60, 50], |x, y| x.abs_diff(30) < 6 && y.abs_diff(25) < 6);
        let looks = CellGrid::from_fn([60, 50], |x, y| {
            PatchFeatures::new(Vec3::new(((x * x + 5 * y) % 8) as f32, (x % 8) as f32, (y % 6) as f32) / 8.0, [0.0; 2], 0.0)
        });
        let places = Places::new(&hole, &hole);
        assert_eq!(places.targets.len(), 17 * 17, "all that touch the hole");
        let mut finds = places.random(7);
        places.improve(&looks, &mut finds, 12, 3);
        let alike = finds.iter().filter(|find| find.likeness.cost < 1e-3).count();
        assert!(alike * 10 > finds.len() * 9, "{alike} of {} found it", finds.len());
        assert!(finds.iter().all(|find| places.source(places.place(find.source)).is_some()), "all are sources");
    }

    #[test]
    fn a_plane_without_sources_has_none() {
        for size in [[1, 1], [7, 7], [5, 60]] {
            assert!(
                Places::new(&CellGrid::from_fn(size, |_, _| true), &CellGrid::from_fn(size, |_, _| false)).sources.is_empty(),
                "{size:?}"
            );
        }
    }
}
