//! From what the networks make of a face to the paint over the picture.
//!
//! The networks see the crop with a pixel for each of its own, and a large portrait has several for that. What they change is soft, but lids, lashes and teeth are
//! drawn, and drawn again in the finer cells of the paint: their edges would be steps otherwise.

use rayon::prelude::*;

use super::layer::Cell;
use super::outline::Square;
use super::smooth_step;
use crate::data::PaintField;

/// Change of colour from which on the warped picture's own detail gives way, and at which none of it is kept. Below, the brushwork stays under the change.
pub(super) const GIVES_WAY: std::ops::Range<f32> = 0.06..0.25;
/// Changes smaller than this are none: half a step of 8 bits.
pub(super) const NOTICED: f32 = 0.5 / 255.0;

/// What is known of a pixel of the crop.
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct FinePixel {
    /// The portrait's own colour as the warp fetches it, and how much of the paint shows.
    pub own: [f32; 3],
    pub share: f32,
    /// The colour before anything was drawn, of the picture that is seen most, and how surely it shows the place.
    pub seen: [f32; 3],
    pub visible: f32,
    /// What the generator changes.
    pub change: [f32; 3],
    pub padding: f32,
}

type Numbers = [f32; size_of::<FinePixel>() / size_of::<f32>()];

/// The paint for a square of which everything is `known`, with what is `drawn` in a part of it, in cells of the paint.
pub(super) fn paint_finely(known: &[FinePixel], square: &Square, (part, drawn): (&Square, &[Cell]), paint: &mut PaintField) {
    const SIDE: usize = PaintField::CELLS;
    let [across, down] = square.size;
    let Square { corner: [left, top], size: [columns, rows] } = square.finer(PaintField::PER_PX);
    paint.begin(top..top + rows);
    let known: &[Numbers] = bytemuck::cast_slice(known);
    let lines = paint.cells.par_chunks_exact_mut(SIDE).skip(top).take(rows).enumerate();
    lines.with_min_len(16).for_each_init(
        || vec![Numbers::default(); across],
        |between, (row, line)| {
            let [near, next] = doubled(row, down).map(|row| &known[row * across..][..across]);
            between.iter_mut().zip(near).zip(next).for_each(|((out, a), b)| *out = mixed(a, b));
            let drawn = (top + row).checked_sub(part.corner[1]).filter(|row| *row < part.size[1]).map(|row| &drawn[row * part.size[0]..]);
            for (column, cell) in line[left..][..columns].iter_mut().enumerate() {
                let [near, next] = doubled(column, across).map(|column| &between[column]);
                let here: FinePixel = bytemuck::cast(mixed(near, next));
                if here.share > 0.0 {
                    let at = (left + column).checked_sub(part.corner[0]).filter(|column| *column < part.size[0]);
                    *cell = here.painted(at.zip(drawn).map(|(at, drawn)| drawn[at]).unwrap_or_default());
                }
            }
        },
    );
}

/// The pixel that one of twice as many cells lies in, and the next nearest.
fn doubled(cell: usize, pixels: usize) -> [usize; 2] {
    let near = cell / PaintField::PER_PX;
    let next = if cell.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(pixels - 1) };
    [near, next]
}

fn mixed(near: &Numbers, next: &Numbers) -> Numbers {
    std::array::from_fn(|n| 0.75 * near[n] + 0.25 * next[n])
}

impl FinePixel {
    /// The paint of a cell with what is drawn there.
    fn painted(&self, [[r, g, b, share], [covers, ..]]: Cell) -> [f32; 4] {
        // What counts where the source does not show the place covers it as far as it counts.
        let (share, covered) = if share < 0.0 { (-share * (1.0 - self.visible), -share * (1.0 - self.visible)) } else { (share, 0.0) };
        let drawn = [r, g, b];
        let wanted = std::array::from_fn(|c| self.seen[c] + share * (drawn[c] - self.seen[c]) + self.change[c]);
        stroke(&self.own, &wanted, self.share, covers.max(covered))
    }
}

/// What turns the warped colour into the wanted one, as far as `share` says. Where the warped one is `covered`, none of its detail shines through.
fn stroke(before: &[f32; 3], after: &[f32; 3], share: f32, covered: f32) -> [f32; 4] {
    let change: [f32; 3] = std::array::from_fn(|c| share * (after[c] - before[c]));
    let largest = change.iter().fold(0.0_f32, |m, c| m.max(c.abs()));
    let gives_way = smooth_step(&GIVES_WAY, largest).max(covered);
    if largest < NOTICED && gives_way <= 0.0 {
        return PaintField::NOTHING;
    }
    let cover = share * gives_way;
    let [r, g, b] = std::array::from_fn(|c| change[c] + cover * before[c]);
    [r, g, b, 1.0 - cover]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_gives_the_generated_colour_and_keeps_brushwork_under_small_changes() {
        let (before, dark, warmer) = ([0.6, 0.4, 0.3], [0.1, 0.05, 0.05], [0.63, 0.41, 0.3]);
        let result = |after: &[f32; 3]| {
            let [r, g, b, keep] = stroke(&before, after, 1.0, 0.0);
            ([r, g, b].into_iter().zip(before).map(|(p, w)| keep * w + p).collect::<Vec<_>>(), keep)
        };
        for after in [dark, warmer] {
            let (colour, _) = result(&after);
            assert!(colour.iter().zip(after).all(|(a, b)| (a - b).abs() < 1e-5), "{colour:?} is {after:?}");
        }
        assert!(result(&dark).1 < 1e-3, "nothing of the lips is kept in the mouth");
        assert!(result(&warmer).1 > 0.999, "all of the cheek is");
        assert!(!PaintField::paints(&stroke(&before, &before, 1.0, 0.0)), "no change, no paint");
        let [r, .., keep] = stroke(&before, &warmer, 1.0, 1.0);
        assert!((r - warmer[0]).abs() < 1e-5 && keep < 1e-3, "nothing shines through where it is covered");
    }

    #[test]
    fn what_is_drawn_has_finer_edges_than_what_is_known() {
        let square = Square { corner: [100, 60], size: [8, 8] };
        let skin = [0.6, 0.4, 0.3];
        let known = vec![FinePixel { own: skin, share: 1.0, seen: skin, ..FinePixel::default() }; 64];
        // The right half of every pixel of a column is covered by black.
        let part = Square { corner: [207, 120], size: [1, 16] };
        let drawn = vec![[[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]; 16];
        let mut paint = PaintField::default();
        paint_finely(&known, &square, (&part, &drawn), &mut paint);
        let cell = |x: usize, y: usize| paint.cells[y * PaintField::CELLS + x];
        assert!(cell(207, 125).iter().all(|v| v.abs() < 1e-6), "black, and nothing kept");
        for beside in [(206, 125), (208, 125), (207, 119), (207, 136)] {
            assert!(!PaintField::paints(&cell(beside.0, beside.1)), "{beside:?}");
        }
        let hidden = |visible: f32| {
            let known = vec![FinePixel { own: skin, share: 1.0, seen: skin, visible, ..FinePixel::default() }; 64];
            let mut paint = PaintField::default();
            paint_finely(&known, &square, (&part, &[[[0.0, 0.0, 0.0, -1.0], [0.0; 4]]; 16]), &mut paint);
            paint.cells[125 * PaintField::CELLS + 207][3]
        };
        assert!(hidden(0.0) < 1e-6 && hidden(1.0) > 1.0 - 1e-6, "what counts only where the source shows nothing");
    }

    #[test]
    fn nothing_is_left_of_the_paint_before() {
        let known = vec![FinePixel { own: [0.5; 3], share: 1.0, seen: [0.9; 3], ..FinePixel::default() }; 64];
        let mut paint = PaintField::default();
        let painted = |paint: &PaintField| paint.cells.iter().filter(|cell| PaintField::paints(cell)).count();
        for (corner, y_px) in [([100, 60], 64.0), ([20, 180], 184.0), ([100, 70], 74.0)] {
            paint.clear();
            assert!(!paint.is_near(64.0), "none yet");
            paint_finely(&known, &Square { corner, size: [8, 8] }, (&Square::default(), &[]), &mut paint);
            assert_eq!(painted(&paint), 256, "the square and nothing else");
            assert!(paint.is_near(y_px) && !paint.is_near(y_px + 20.0) && !paint.is_near(y_px - 20.0), "it says where");
        }
    }

    #[test]
    fn what_the_generator_changes_is_soft_between_pixels() {
        let square = Square { corner: [100, 60], size: [8, 8] };
        let known: Vec<FinePixel> = (0..64)
            .map(|n| FinePixel {
                own: [0.5; 3],
                share: 1.0,
                seen: [0.5; 3],
                change: [if n % 8 < 4 { 0.0 } else { 0.04 }; 3],
                ..FinePixel::default()
            })
            .collect();
        let mut paint = PaintField::default();
        paint_finely(&known, &square, (&Square::default(), &[]), &mut paint);
        let red = |x: usize| paint.cells[126 * PaintField::CELLS + x][0];
        assert!(
            red(206).abs() < 1e-6 && (red(207) - 0.01).abs() < 1e-6 && (red(208) - 0.03).abs() < 1e-6 && (red(209) - 0.04).abs() < 1e-6
        );
    }
}
