//! Draws triangles into a band of a picture's rows: what is nearest to the viewer stays.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]
#![expect(clippy::needless_bitwise_bool, reason = "comparisons without branches become one of vectors")]

use glam::{Vec2, Vec3};

use crate::pose::PosedSurface;
use crate::sample::{LANES, whole_number};
use crate::surface::Surface;

/// Rows of a band.
pub(crate) const BAND: usize = 16;
/// Triangles of less than so many square pixels are not drawn: their slopes are as good as noise, and their neighbours cover their place.
const SMALLEST: f32 = 4e-3;
/// Rows and columns beyond any picture. Derived: below 2^23, up to which [`whole_number`] can tell whole numbers apart.
const FARTHEST: f32 = 4e6;
/// Rows beside a band that are drawn as well, since edges look at their neighbours.
const BESIDE: usize = 1;
/// Where a surface folds, more of the picture than this is hidden between two pixels; elsewhere it is steep, and goes on from one to the other.
const HIDDEN_PX: f32 = 1.0;

/// A part of a picture in whole pixels: its left column, the row of the band's first row of pixels, and how wide it is.
#[derive(Clone, Copy)]
pub(crate) struct BandPlace {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
}

/// What is nearest in each pixel of a band and of the rows beside it.
#[derive(Default)]
pub(crate) struct BandLayer {
    /// Depth; infinite where there is nothing.
    depth: Vec<f32>,
    /// Source in the picture, and how far it covers.
    values: Vec<[f32; 3]>,
    /// Whether the surface folds at a pixel of the band: something beside it lies far behind.
    folds: Vec<bool>,
    width: usize,
    /// Columns in which there is something.
    pub(crate) columns: std::ops::Range<usize>,
}

/// Where a surface lies before itself: what is behind, next to its fold.
pub(crate) struct Fold {
    /// Share of the pixel that the nearer part covers.
    pub(crate) share: f32,
    /// Source of the part behind, and how far it covers.
    pub(crate) source: Vec2,
    pub(crate) cover: f32,
}

impl BandLayer {
    /// Nothing yet.
    pub(crate) fn clear(&mut self, width: usize) {
        let size = width * (BAND + 2 * BESIDE);
        if self.width != width || self.depth.len() != size || !self.columns.is_empty() {
            self.depth.clear();
            self.depth.resize(size, f32::INFINITY);
            self.values.resize(size, [0.0; 3]);
        }
        (self.width, self.columns) = (width, 0..0);
    }

    fn index(&self, row: usize, column: usize) -> usize {
        (row + BESIDE) * self.width + column
    }

    /// Depth at a pixel of the band; infinite where there is nothing.
    #[inline(always)]
    pub(crate) fn depth(&self, row: usize, column: usize) -> f32 {
        self.depth[self.index(row, column)]
    }

    /// Depths of some pixels of the band, from a column on.
    #[inline(always)]
    fn depths(&self, index: usize) -> Option<&[f32; LANES]> {
        self.depth.get(index..)?.first_chunk()
    }

    /// Whether there is nothing in some pixels of the band, from a column on.
    #[inline(always)]
    pub(crate) fn none(&self, row: usize, column: usize) -> bool {
        if column + LANES <= self.columns.start || column >= self.columns.end {
            return true;
        }
        let Some(depths) = self.depths(self.index(row, column)) else { return false };
        let [_, any] = there(depths);
        !any
    }

    /// Sources of some pixels of the band, from a column on, their columns and rows, and how far each is covered. `None` unless there is something in each of them, without a
    /// fold.
    #[inline(always)]
    pub(crate) fn all(&self, row: usize, column: usize) -> Option<[[f32; LANES]; 3]> {
        let index = self.index(row, column);
        let values: &[[f32; 3]; LANES] = self.values.get(index..)?.first_chunk()?;
        let folds: &[bool; LANES] = self.folds.get(row * self.width + column..)?.first_chunk()?;
        let [mut is_there, _] = there(self.depths(index)?);
        let mut seen = [[0.0; LANES]; 3];
        for n in 0..LANES {
            is_there &= !folds[n];
            (seen[0][n], seen[1][n], seen[2][n]) = (values[n][0], values[n][1], values[n][2]);
        }
        is_there.then_some(seen)
    }

    /// Whether there is something beside some pixels of the band, from a column on, on all sides: none of them is at the layer's edge.
    #[inline(always)]
    pub(crate) fn surrounds(&self, row: usize, column: usize) -> bool {
        let index = self.index(row, column);
        if column == 0 || column + LANES >= self.width {
            return false;
        }
        let (Some(above), Some(below)) = (self.depths(index - self.width), self.depths(index + self.width)) else { return false };
        let ([above, _], [below, _]) = (there(above), there(below));
        above & below & (self.depth[index - 1] < f32::INFINITY) & (self.depth[index + LANES] < f32::INFINITY)
    }

    /// Source, and how far it covers, softened at the layer's edge; `None` where there is nothing.
    #[inline(always)]
    pub(crate) fn at(&self, row: usize, column: usize) -> Option<(Vec2, f32)> {
        let (source, cover) = self.inside(row, column)?;
        Some((source, cover * self.edge(self.index(row, column), column)))
    }

    /// The same of a layer whose look says itself where it ends.
    #[inline(always)]
    pub(crate) fn inside(&self, row: usize, column: usize) -> Option<(Vec2, f32)> {
        if !self.columns.contains(&column) {
            return None;
        }
        let index = self.index(row, column);
        let [u, v, cover] = self.values[index];
        (self.depth[index] < f32::INFINITY).then_some((Vec2::new(u, v), cover))
    }

    /// Source of what is so many rows below a pixel of the band, one at most; `None` where there is nothing.
    #[inline(always)]
    pub(crate) fn beside(&self, row: usize, column: usize, down: i8) -> Option<Vec2> {
        let index = self.index(row, column);
        let index = match down {
            ..0 => index - self.width,
            0 => index,
            _ => index + self.width,
        };
        let [u, v, _] = self.values[index];
        (self.depth[index] < f32::INFINITY).then_some(Vec2::new(u, v))
    }

    /// Share of a pixel that its layer covers, by its neighbours.
    #[inline(always)]
    fn edge(&self, index: usize, column: usize) -> f32 {
        let is_there = |at: usize| self.depth.get(at).is_none_or(|z| *z < f32::INFINITY);
        let (left, right) = (column > 0, column + 1 < self.width);
        let beside = (!left || is_there(index - 1)) && (!right || is_there(index + 1));
        if beside && is_there(index - self.width) && is_there(index + self.width) {
            return 1.0;
        }
        let mut count = 0;
        for middle in [index - self.width, index, index + self.width] {
            count += i32::from(!left || is_there(middle - 1)) + i32::from(is_there(middle)) + i32::from(!right || is_there(middle + 1));
        }
        // Half of a pixel next to a straight edge.
        ((count - 3) as f32 / 6.0).clamp(0.0, 1.0)
    }

    /// Looks for folds, once all is drawn: steps in depth of more than `step` from one pixel to the next.
    #[inline(always)]
    pub(crate) fn find_folds(&mut self, step: f32) {
        self.folds.clear();
        self.folds.resize(self.width * BAND, false);
        let columns = self.columns.start.max(1)..self.columns.end.min(self.width.saturating_sub(1));
        if columns.is_empty() {
            return;
        }
        for row in 0..BAND {
            let at = self.index(row, 0);
            let line = |first: usize| &self.depth[first + columns.start..first + columns.end];
            let beside = [line(at - 1), line(at + 1), line(at - self.width), line(at + self.width)];
            let own = line(at);
            let folds = &mut self.folds[row * self.width..][columns.clone()];
            for (n, fold) in folds.iter_mut().enumerate() {
                let far = own[n] + step;
                *fold = beside.iter().fold(false, |fold, line| fold | ((line[n] > far) & (line[n] < f32::INFINITY)));
            }
        }
    }

    /// The fold at a pixel, if there is one, by the same `step`: a surface ends there as at a layer's edge, but with itself behind.
    #[inline(always)]
    pub(crate) fn fold(&self, row: usize, column: usize, step: f32) -> Option<Fold> {
        if self.folds[row * self.width + column] { self.behind_fold(self.index(row, column), step) } else { None }
    }

    #[cold]
    fn behind_fold(&self, index: usize, step: f32) -> Option<Fold> {
        let far = self.depth[index] + step;
        let source = |at: usize| Vec2::new(self.values[at][0], self.values[at][1]);
        let (mut count, mut nearest) = (0, (f32::INFINITY, index));
        for (down, middle) in [(-1.0, index - self.width), (0.0, index), (1.0, index + self.width)] {
            for (right, beside) in [(-1.0, middle - 1), (0.0, middle), (1.0, middle + 1)] {
                let depth = self.depth[beside];
                let hidden = source(beside) - source(index) - Vec2::new(right, down);
                if depth > far && depth < f32::INFINITY && hidden.length_squared() > HIDDEN_PX * HIDDEN_PX {
                    count += 1;
                    // Of those that share a side with the pixel, the nearest.
                    let shares_side = middle == index || beside == middle;
                    if shares_side && depth < nearest.0 {
                        nearest = (depth, beside);
                    }
                }
            }
        }
        let [u, v, cover] = self.values[nearest.1];
        // As at a layer's edge.
        (count > 0 && nearest.1 != index).then(|| Fold {
            share: ((6 - count) as f32 / 6.0).clamp(0.0, 1.0),
            source: Vec2::new(u, v),
            cover,
        })
    }

    /// Draws a triangle with its sources and covers.
    #[inline(always)]
    fn triangle(&mut self, place: BandPlace, at: [Vec3; 3], values: [[f32; 3]; 3]) {
        let shift = Vec3::new(place.left as f32, place.top as f32 - BESIDE as f32, 0.0);
        let Some(scan) = Scan::new(at.map(|p| p - shift), values) else { return };
        let width = self.width;
        scan.spans(width, BAND + 2 * BESIDE, |row, columns, mut z, mut value| {
            let first = row * width + columns.start;
            self.columns = if self.columns.is_empty() {
                columns.clone()
            } else {
                self.columns.start.min(columns.start)..self.columns.end.max(columns.end)
            };
            let cells = self.depth[first..first + columns.len()].iter_mut().zip(&mut self.values[first..first + columns.len()]);
            for (depth, out) in cells {
                if z < *depth {
                    *depth = z;
                    *out = value;
                }
                z += scan.depth.across;
                (0..3).for_each(|n| value[n] += scan.values[n].across);
            }
        });
    }

    /// Draws those triangles of a surface that are listed.
    #[inline(always)]
    pub(crate) fn draw(&mut self, place: BandPlace, surface: &Surface, posed: &PosedSurface, listed: &[u32]) {
        for number in listed {
            let corners = surface.triangles[*number as usize].map(|i| i as usize);
            let at = corners.map(|i| posed.at[i]);
            let values = corners.map(|i| {
                let source = surface.vertices[i].source;
                [source.x, source.y, posed.cover[i]]
            });
            self.triangle(place, at, values);
        }
    }
}

/// Of which of some depths there is anything: in all of them, and in any. Without branches, so that the comparisons become one of vectors.
#[inline(always)]
fn there(depths: &[f32; LANES]) -> [bool; 2] {
    let (mut all, mut any) = (true, false);
    for depth in depths {
        all &= *depth < f32::INFINITY;
        any |= *depth < f32::INFINITY;
    }
    [all, any]
}

/// A number over a triangle: at its first corner, and how it changes per pixel.
#[derive(Clone, Copy)]
pub(crate) struct Slope {
    start: f32,
    pub(crate) across: f32,
    down: f32,
}

impl Slope {
    /// So far from the first corner.
    fn at(&self, x: f32, y: f32) -> f32 {
        self.start + x * self.across + y * self.down
    }
}

/// A triangle that is seen from its front, ready to be drawn row by row.
pub(crate) struct Scan<const N: usize> {
    edges: [Slope; 3],
    /// Columns for each unit by which an edge's slope changes along a row.
    columns: [f32; 3],
    pub(crate) depth: Slope,
    pub(crate) values: [Slope; N],
    corner: Vec2,
    low: f32,
    high: f32,
}

impl<const N: usize> Scan<N> {
    /// `None` for what is turned away, too small or no number.
    #[inline(always)]
    pub(crate) fn new(at: [Vec3; 3], values: [[f32; N]; 3]) -> Option<Self> {
        let [a, b, c] = at.map(Vec3::truncate);
        let area = (b - a).perp_dot(c - a);
        // Also false for a NaN. What is larger than any picture is none.
        if !(area > SMALLEST && area < 1e9) {
            return None;
        }
        let slope = |v: [f32; 3]| {
            let across = ((v[1] - v[0]) * (c.y - a.y) - (v[2] - v[0]) * (b.y - a.y)) / area;
            let down = ((v[2] - v[0]) * (b.x - a.x) - (v[1] - v[0]) * (c.x - a.x)) / area;
            Slope { start: v[0], across, down }
        };
        let edges = [slope([1.0, 0.0, 0.0]), slope([0.0, 1.0, 0.0]), slope([0.0, 0.0, 1.0])];
        Some(Self {
            edges,
            columns: [1.0 / edges[0].across, 1.0 / edges[1].across, 1.0 / edges[2].across],
            depth: slope(at.map(|p| p.z)),
            values: std::array::from_fn(|n| slope([values[0][n], values[1][n], values[2][n]])),
            corner: a,
            low: a.y.min(b.y).min(c.y),
            high: a.y.max(b.y).max(c.y),
        })
    }

    /// Calls `visit` for each row of an area with the columns that the triangle covers there, and depth and values at the first.
    #[inline(always)]
    pub(crate) fn spans(&self, width: usize, height: usize, mut visit: impl FnMut(usize, std::ops::Range<usize>, f32, [f32; N])) {
        // So much of a pixel reaches over an edge: neighbours leave no gap.
        const OVER: f32 = 1e-3;
        if self.high < 0.0 {
            return;
        }
        let end = ((self.high + OVER) as usize + 1).min(height);
        for row in next_whole(self.low - OVER)..end {
            let y = row as f32 - self.corner.y;
            let (mut from, mut to) = (0.0_f32, width as f32 - 1.0);
            for (edge, columns) in self.edges.iter().zip(self.columns) {
                let at_left = edge.at(-self.corner.x, y) + OVER * (edge.across.abs() + edge.down.abs());
                if edge.across > 0.0 {
                    from = from.max(-at_left * columns);
                } else if edge.across < 0.0 {
                    to = to.min(-at_left * columns);
                } else if at_left < 0.0 {
                    to = -1.0;
                }
            }
            let first = next_whole(from);
            if to >= first as f32 {
                let x = first as f32 - self.corner.x;
                let values = std::array::from_fn(|n| self.values[n].at(x, y));
                visit(row, first..whole_number(to.floor()) as usize + 1, self.depth.at(x, y), values);
            }
        }
    }
}

/// The next whole number that is not smaller, from 0 on.
#[inline(always)]
fn next_whole(value: f32) -> usize {
    whole_number(value.clamp(0.0, FARTHEST).ceil()) as usize
}

/// Which triangles of a surface meet which band.
#[derive(Default)]
pub(crate) struct Bins {
    starts: Vec<u32>,
    numbers: Vec<u32>,
    spans: Vec<[u16; 2]>,
}

impl Bins {
    /// Of a surface in the rows from `top` on, so many bands.
    pub(crate) fn fill(&mut self, surface: &Surface, posed: &PosedSurface, [left, top, right]: [f32; 3], bands: usize) {
        let beside = BESIDE as f32;
        self.spans.clear();
        self.spans.extend(surface.triangles.iter().map(|triangle| {
            let [a, b, c] = triangle.map(|i| posed.at[i as usize]);
            let covers = triangle.iter().any(|i| posed.cover[*i as usize] > 0.0);
            let is_seen = covers && (b - a).truncate().perp_dot((c - a).truncate()) > 0.0;
            let low = a.y.min(b.y).min(c.y) - top - beside - 1.0;
            let high = a.y.max(b.y).max(c.y) - top + beside + 1.0;
            let aside = a.x.min(b.x).min(c.x) > right || a.x.max(b.x).max(c.x) < left;
            if !is_seen || aside || high < 0.0 || low >= (bands * BAND) as f32 {
                return [1, 0];
            }
            [(low.max(0.0) as usize / BAND) as u16, (high as usize / BAND).min(bands - 1) as u16]
        }));
        self.starts.clear();
        self.starts.resize(bands + 1, 0);
        for [first, last] in &self.spans {
            (*first..=*last).for_each(|band| self.starts[usize::from(band) + 1] += 1);
        }
        (0..bands).for_each(|band| self.starts[band + 1] += self.starts[band]);
        self.numbers.clear();
        self.numbers.resize(self.starts[bands] as usize, 0);
        let mut next = self.starts.clone();
        for (number, [first, last]) in self.spans.iter().enumerate() {
            for next in next.iter_mut().take(usize::from(*last) + 1).skip(usize::from(*first)) {
                self.numbers[*next as usize] = number as u32;
                *next += 1;
            }
        }
    }

    pub(crate) fn of(&self, band: usize) -> &[u32] {
        &self.numbers[self.starts[band] as usize..self.starts[band + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::ShapeVertex;

    const WIDE: usize = 24;

    /// Squares over some columns, each at a depth, with the look that lies so far to the right in the picture.
    fn drawn(squares: &[(std::ops::Range<f32>, f32, f32)]) -> BandLayer {
        let (mut surface, mut posed) = (Surface::default(), PosedSurface::default());
        for (columns, depth, aside) in squares {
            let first = surface.vertices.len() as u32;
            for (x, y) in [(columns.start, -4.0), (columns.end, -4.0), (columns.end, 30.0), (columns.start, 30.0)] {
                posed.at.push(Vec3::new(x, y, *depth));
                posed.cover.push(1.0);
                let source = Vec2::new(x + aside, y);
                surface.vertices.push(ShapeVertex {
                    rest: Vec3::ZERO,
                    source,
                    weight: 1.0,
                    held: [0.0; 4],
                    bound: [0; 3],
                    shares: [0.0; 3],
                    cover: 1.0,
                    normal: Vec3::ZERO,
                });
            }
            surface.triangles.extend([[first, first + 1, first + 2], [first, first + 2, first + 3]]);
        }
        let mut layer = BandLayer::default();
        let listed: Vec<u32> = (0..surface.triangles.len() as u32).collect();
        layer.clear(WIDE);
        layer.draw(BandPlace { left: 0, top: 0, width: WIDE }, &surface, &posed, &listed);
        layer.find_folds(1.0);
        layer
    }

    #[test]
    fn a_surface_before_itself_ends_softly_and_a_steep_one_goes_on() {
        let folded = drawn(&[(2.0..10.5, 5.0, 0.0), (4.0..20.0, 9.0, 40.0)]);
        let fold = folded.fold(8, 10, 1.0).expect("the last column of what is before");
        assert!((fold.share - 0.5).abs() < 1e-6 && fold.source.distance(Vec2::new(51.0, 8.0)) < 1e-3, "{} of {}", fold.share, fold.source);
        for column in [5, 9, 11, 15] {
            assert!(folded.fold(8, column, 1.0).is_none(), "nowhere else: {column}");
        }
        let steep = drawn(&[(2.0..10.5, 5.0, 0.0), (4.0..20.0, 9.0, 0.0)]);
        assert!((0..WIDE).all(|column| steep.fold(8, column, 1.0).is_none()), "nothing is hidden there");
    }

    #[test]
    fn pixels_are_all_there_where_the_layer_covers_them_without_folds() {
        let layer = drawn(&[(2.0..18.0, 5.0, 3.0)]);
        let [x, y, cover] = layer.all(3, 4).expect("eight pixels inside");
        assert!((0..LANES).all(|n| (x[n] - (7 + n) as f32).abs() < 1e-3 && (y[n] - 3.0).abs() < 1e-3 && cover[n] > 0.999), "{x:?} {y:?}");
        assert!(layer.surrounds(3, 4) && !layer.surrounds(3, 2), "inside, and at the edge");
        assert!(layer.all(3, 0).is_none() && !layer.none(3, 0), "some of them");
        let beyond = drawn(&[(2.0..8.0, 5.0, 3.0)]);
        assert!(beyond.none(3, 12) && beyond.all(3, 12).is_none(), "none beyond");
    }
}
