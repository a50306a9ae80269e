//! The parts of the face that the generator makes in a frame: round what opened or closed, and round what the source does not show.
//!
//! The generator has no statistics over the picture and was trained on such parts, so each gives what the whole would give there, for a fraction of the work.

use candle_core::Result;
use glam::Vec2;
use rayon::prelude::*;

use super::gates::{GateGroup, Gates};
use super::outline::Square;
use crate::model::{FrozenGenerator, GeneratorMemory};

/// Cells over which a part fades towards its edge where another part lies beneath.
pub(super) const RIM: usize = 8;
/// Hidden cells from which on they get a part of their own.
const MANY: usize = 24;
/// Weight of the generator at a hidden cell from which on it counts.
const COUNTS: f32 = 0.05;
/// Cells by which a part reaches beyond its hidden cells.
const MARGIN: f32 = 12.0;
/// A part in place of several has at most so many times the cells of all of them.
const MOST_JOINED: usize = 2;

/// The parts of a frame; their memory is kept.
#[derive(Default)]
pub(super) struct Patches {
    patches: Vec<PaintedPatch>,
    used: usize,
}

/// One part.
#[derive(Default)]
struct PaintedPatch {
    square: Square,
    source: Vec<f32>,
    landmarks: Vec<f32>,
    memory: GeneratorMemory,
}

/// What the generator sees: `SOURCE_NUMBERS` for each cell of a square, and the landmark image of the whole crop.
#[derive(Clone, Copy)]
pub(super) struct CropInput<'a> {
    pub square: Square,
    pub source: &'a [f32],
    pub landmarks: &'a [f32],
}

impl Patches {
    /// Chooses the parts: the open places, and what is hidden in none of them. `shares` has those of the paint and of what is hidden for each cell of `whole`.
    pub(super) fn choose(&mut self, gates: &Gates, whole: &Square, shares: &[[f32; 2]]) {
        self.choose_open(gates, whole);
        let (mut count, mut low, mut high) = (0, Vec2::INFINITY, Vec2::NEG_INFINITY);
        for (n, _) in shares.iter().enumerate().filter(|(_, [share, hidden])| share * hidden > COUNTS) {
            let cell = whole.cell(n);
            if !self.made().iter().any(|patch| patch.square.depth(cell).is_some_and(|depth| depth >= RIM / 2)) {
                let at = Vec2::new(cell[0] as f32, cell[1] as f32);
                (count, low, high) = (count + 1, low.min(at), high.max(at));
            }
        }
        if count >= MANY {
            self.add(whole, low - MARGIN, high + MARGIN);
        }
    }

    /// The same for a graphics processor, where what is hidden is not known: the open places, or the whole of `whole` where the head has turned, so that much
    /// may be hidden. Places that are near each other become one part: starting a part anew costs more than some cells between them.
    pub(super) fn choose_unseen(&mut self, gates: &Gates, whole: &Square, turned: bool) {
        self.choose_open(gates, whole);
        if turned {
            self.used = 0;
            self.take(*whole);
        } else if let Some(joined) = self.joined(whole) {
            self.used = 0;
            self.take(joined);
        }
    }

    /// One part in place of several, where it is not much larger than they are together.
    fn joined(&self, whole: &Square) -> Option<Square> {
        let squares = || self.made().iter().map(|patch| patch.square);
        let point = |[x, y]: [usize; 2]| Vec2::new(x as f32, y as f32);
        let low = squares().map(|square| point(square.corner)).reduce(Vec2::min)?;
        let high = squares().map(|square| point(square.corner) + point(square.size)).reduce(Vec2::max)?;
        let all = Square::round(low, high)?.moved_into(whole);
        let together: usize = squares().map(|square| square.area()).sum();
        (self.used > 1 && all.area() <= MOST_JOINED * together).then_some(all)
    }

    fn choose_open(&mut self, gates: &Gates, whole: &Square) {
        self.used = 0;
        for (low, high) in gates.places().map(GateGroup::bounds) {
            self.add(whole, low, high);
        }
    }

    /// Where the parts are.
    pub(super) fn squares(&self) -> impl Iterator<Item = Square> + '_ {
        self.made().iter().map(|patch| patch.square)
    }

    /// Cells that are made.
    #[cfg(test)]
    pub(super) fn area(&self) -> usize {
        self.made().iter().map(|patch| patch.square.area()).sum()
    }

    fn add(&mut self, whole: &Square, low: Vec2, high: Vec2) {
        if let Some(square) = Square::round(low, high) {
            self.take(square.moved_into(whole));
        }
    }

    fn take(&mut self, square: Square) {
        if self.patches.len() == self.used {
            self.patches.push(PaintedPatch::default());
        }
        self.patches[self.used].square = square;
        self.used += 1;
    }

    fn made(&self) -> &[PaintedPatch] {
        &self.patches[..self.used]
    }

    /// Makes the parts of a scene.
    pub(super) fn make(&mut self, generator: &FrozenGenerator, scene: CropInput<'_>) -> Result<()> {
        self.patches[..self.used].par_iter_mut().try_for_each(|patch| patch.make(generator, scene))
    }

    /// What the generator wants at a cell in place of `source`; `hidden` is its share for not being shown.
    pub(super) fn wanted(&self, gates: &Gates, cell: [usize; 2], source: [f32; 3], hidden: f32) -> [f32; 3] {
        let at = Vec2::new(cell[0] as f32, cell[1] as f32);
        let open = gates.places().map(|place| place.at(at)).fold(hidden, f32::max);
        if open <= 0.0 {
            return source;
        }
        let (mut sum, mut total) = ([0.0; 3], 0.0);
        for patch in self.made() {
            if let Some(depth) = patch.square.depth(cell) {
                let weight = depth.min(RIM) as f32;
                let made = patch.at(cell);
                sum = std::array::from_fn(|c| sum[c] + weight * made[c]);
                total += weight;
            }
        }
        if total > 0.0 { std::array::from_fn(|c| source[c] + open * (sum[c] / total - source[c])) } else { source }
    }
}

impl PaintedPatch {
    fn make(&mut self, generator: &FrozenGenerator, scene: CropInput<'_>) -> Result<()> {
        self.square.cut_source(&scene.square, scene.source, &mut self.source);
        self.square.cut_landmarks(scene.landmarks, &mut self.landmarks);
        let [across, down] = self.square.size;
        generator.forward([down, across], &self.source, &self.landmarks, &mut self.memory)?;
        if !self.memory.picture().iter().all(|v| v.is_finite()) {
            candle_core::bail!("the generator's picture is not usable");
        }
        Ok(())
    }

    /// The colour of a cell of the square.
    fn at(&self, cell: [usize; 2]) -> [f32; 3] {
        let [x, y]: [usize; 2] = std::array::from_fn(|axis| cell[axis] - self.square.corner[axis]);
        let pixel = y * self.square.size[0] + x;
        self.memory.picture().as_chunks::<3>().0.get(pixel).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::gates::Face;
    use super::*;
    use crate::data::Landmarks;

    const WHOLE: Square = Square { corner: [40, 20], size: [176, 192] };

    fn face() -> Landmarks {
        Landmarks(crate::face::template().map(|p| p.truncate() * 42.0 + Vec2::new(128.0, 110.0)))
    }

    fn opened() -> Landmarks {
        let mut open = face();
        for point in [57, 58, 56, 65, 66, 67] {
            open.0[point].y += 12.0;
        }
        open
    }

    fn gates(target: &Landmarks) -> Gates {
        Gates::between(&Face { landmarks: &face(), pupils: None }, &Face { landmarks: target, pupils: None })
    }

    fn chosen(target: &Landmarks, shares: &[[f32; 2]]) -> Patches {
        let mut patches = Patches::default();
        patches.choose(&gates(target), &WHOLE, shares);
        patches
    }

    #[test]
    fn only_what_opens_or_is_hidden_is_made() {
        let shown = vec![[1.0, 0.0]; WHOLE.area()];
        assert_eq!(chosen(&face(), &shown).area(), 0, "nothing at rest");
        let mouth = chosen(&opened(), &shown);
        assert!(mouth.area() > 0 && mouth.area() * 3 < WHOLE.area(), "a mouth: {} of {} cells", mouth.area(), WHOLE.area());
        let hidden = |cells: usize, paint: f32| {
            let share = |n| if WHOLE.cell(n)[0] < 44 && (60..60 + cells).contains(&WHOLE.cell(n)[1]) { [paint, 1.0] } else { [1.0, 0.0] };
            chosen(&face(), &(0..WHOLE.area()).map(share).collect::<Vec<_>>())
        };
        assert_eq!((hidden(3, 1.0).area(), hidden(30, 0.0).area()), (0, 0), "a few cells, or where there is no paint");
        let side = hidden(30, 1.0);
        assert!(side.area() >= 120 && side.area() * 6 < WHOLE.area(), "a hidden cheek: {} cells", side.area());
        let corner = side.made()[0].square.corner;
        assert!(corner[0] == WHOLE.corner[0] && corner[1] < 60, "with a margin, inside the whole: {corner:?}");
    }

    #[test]
    fn where_nothing_is_known_of_what_is_hidden_near_places_are_one_part() {
        let mut both = opened();
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            both.0[upper] = both.0[lower];
        }
        let mut patches = Patches::default();
        patches.choose_open(&gates(&both), &WHOLE);
        let apart: Vec<Square> = patches.squares().collect();
        assert_eq!(apart.len(), 2, "eyes and mouth");
        patches.choose_unseen(&gates(&both), &WHOLE, false);
        let joined: Vec<Square> = patches.squares().collect();
        let [one] = joined[..] else { panic!("one part: {joined:?}") };
        assert!(apart.iter().all(|square| one.depth(square.corner).is_some()) && one.size.iter().all(|side| side % 8 == 0), "{one:?}");
        patches.choose_unseen(&gates(&both), &WHOLE, true);
        assert_eq!(patches.squares().collect::<Vec<_>>(), [WHOLE], "all of it where the head has turned");
        patches.choose_unseen(&gates(&face()), &WHOLE, false);
        assert_eq!(patches.area(), 0, "nothing at rest");
    }

    #[test]
    fn colours_of_parts_are_mixed_without_a_seam_and_taken_where_the_gates_open() {
        let gates = gates(&opened());
        let mut patches = chosen(&opened(), &vec![[1.0, 0.0]; WHOLE.area()]);
        // A second part over the upper half of the first.
        let [across, down] = patches.made()[0].square.size;
        let corner = patches.made()[0].square.corner;
        patches.patches.push(PaintedPatch { square: Square { corner, size: [across, down / 16 * 8] }, ..PaintedPatch::default() });
        patches.used = 2;
        for (patch, value) in patches.patches.iter_mut().zip([0.2, 0.8]) {
            patch.memory.fill(patch.square.area(), value);
        }
        let grey = [0.5; 3];
        let [x, middle] = [corner[0] + across / 2, corner[1] + down / 2];
        let column: Vec<f32> = (corner[1]..corner[1] + down).map(|y| patches.wanted(&gates, [x, y], grey, 1.0)[0]).collect();
        assert!(column.windows(2).all(|w| (w[0] - w[1]).abs() < 0.09), "no seam: {column:?}");
        assert!((column[down - 9] - 0.2).abs() < 1e-6, "one part alone");
        assert!(column[20] > 0.4, "two parts mixed: {}", column[20]);
        let [left, ..] = patches.wanted(&gates, [corner[0] + 1, middle], grey, 0.0);
        assert!((left - 0.5).abs() < 0.05, "at the gate's edge the source stays: {left}");
        let [beside, ..] = patches.wanted(&gates, WHOLE.corner, grey, 1.0);
        assert!((beside - 0.5).abs() < 1e-6, "and where nothing was made: {beside}");
    }
}
