//! What is drawn into the warped source before the generator mends it, as a layer of its own: for the finer cells of the paint, and for a processor that has the
//! source elsewhere.

use glam::Vec3;

use super::outline::Square;

/// Strokes over a part of the crop; their memory is kept.
#[derive(Default)]
pub(super) struct Layer {
    /// The whole that may be drawn into, and its cells.
    whole: Square,
    cells: Vec<Cell>,
    /// The part of it that is drawn into, and its cells.
    square: Square,
    part: Vec<Cell>,
}

/// What is drawn into a cell: colour and share; a share below zero counts as far as the source does not show the place. Then how far nothing of what was there
/// may shine through, and nothing else.
pub(super) type Cell = [[f32; 4]; 2];

/// How a stroke counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stroke {
    /// Everywhere, and covers what is there so far.
    Covering(f32),
    /// As far as the source does not show the place.
    WhereHidden,
}

impl Layer {
    /// Nothing yet, in `whole`.
    pub(super) fn begin(&mut self, whole: Square) {
        self.whole = whole;
        self.cells.clear();
        self.cells.resize(whole.area(), Cell::default());
    }

    /// One more stroke over a cell. Strokes of the same kind lie over each other; of different ones, the later counts.
    pub(super) fn stroke(&mut self, cell: usize, colour: Vec3, share: f32, kind: Stroke) {
        let Some([have, [covers, ..]]) = self.cells.get_mut(cell) else { return };
        let sign = match kind {
            Stroke::Covering(more) => {
                *covers = covers.max(more);
                1.0
            }
            Stroke::WhereHidden => -1.0,
        };
        let before = (have[3] * sign).max(0.0);
        let kept = before * (1.0 - share);
        let sum = share + kept;
        if sum > 0.0 {
            let mixed = (Vec3::from_slice(&have[..]) * kept + colour * share) / sum;
            *have = mixed.extend(sign * sum).to_array();
        }
    }

    /// No stroke comes after these: finds the part that they lie in.
    pub(super) fn end(&mut self) {
        let (mut low, mut high) = (self.whole.size, [0; 2]);
        let across = self.whole.size[0].max(1);
        for (n, _) in self.cells.iter().enumerate().filter(|(_, [drawn, _])| drawn[3] != 0.0) {
            for (axis, at) in [n % across, n / across].into_iter().enumerate() {
                (low[axis], high[axis]) = (low[axis].min(at), high[axis].max(at + 1));
            }
        }
        let size: [usize; 2] = std::array::from_fn(|axis| high[axis].saturating_sub(low[axis]));
        self.square = Square { corner: std::array::from_fn(|axis| self.whole.corner[axis] + low[axis]), size };
        self.part.clear();
        for row in low[1]..low[1] + size[1] {
            self.part.extend_from_slice(&self.cells[row * across + low[0]..][..size[0]]);
        }
    }

    /// The part of the crop that is drawn into, and its cells.
    pub(super) fn part(&self) -> (&Square, &[Cell]) {
        (&self.square, &self.part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_lie_over_each_other_and_only_their_part_is_kept() {
        let mut layer = Layer::default();
        layer.begin(Square { corner: [10, 20], size: [16, 16] });
        layer.end();
        assert_eq!(layer.part().1.len(), 0, "nothing drawn");
        layer.begin(Square { corner: [10, 20], size: [16, 16] });
        let cell = |x: usize, y: usize| y * 16 + x;
        layer.stroke(cell(3, 2), Vec3::ONE, 0.5, Stroke::Covering(0.25));
        layer.stroke(cell(3, 2), Vec3::ZERO, 0.5, Stroke::Covering(0.75));
        layer.stroke(cell(5, 6), Vec3::splat(0.2), 1.0, Stroke::WhereHidden);
        layer.stroke(usize::MAX, Vec3::ONE, 1.0, Stroke::Covering(1.0));
        layer.end();
        let (square, cells) = layer.part();
        assert_eq!((square.corner, square.size), ([13, 22], [3, 5]), "the part");
        let [[r, _, _, share], [covers, ..]] = cells[0];
        // A grey of 0.4 under both: 0.4 -> 0.7 -> 0.35.
        assert!((0.4 + share * (r - 0.4) - 0.35).abs() < 1e-6, "one over the other: {r} with {share}");
        assert!((covers - 0.75).abs() < 1e-6, "the most that covers: {covers}");
        let hidden = cells[4 * 3 + 2][0].map(|v| (v * 10.0).round() as i32);
        assert_eq!(hidden, [2, 2, 2, -10], "what counts where the source shows nothing");
    }
}
