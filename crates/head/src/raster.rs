//! Draws triangles into a band of a picture's rows: what is nearest to the viewer stays.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use glam::{Vec2, Vec3};

use crate::pose::PosedSurface;
use crate::surface::Surface;

/// Rows of a band.
pub(crate) const BAND: usize = 16;
/// Triangles of less than so many square pixels are not drawn: their slopes are as good as noise, and their neighbours cover their place.
const SMALLEST: f32 = 4e-3;
/// Rows beside a band that are drawn as well, since edges look at their neighbours.
const BESIDE: usize = 1;

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
    width: usize,
    /// Columns in which there is something.
    pub(crate) columns: std::ops::Range<usize>,
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
            for edge in &self.edges {
                let at_left = edge.at(-self.corner.x, y) + OVER * (edge.across.abs() + edge.down.abs());
                if edge.across > 0.0 {
                    from = from.max(-at_left / edge.across);
                } else if edge.across < 0.0 {
                    to = to.min(-at_left / edge.across);
                } else if at_left < 0.0 {
                    to = -1.0;
                }
            }
            let first = next_whole(from);
            if to >= first as f32 {
                let x = first as f32 - self.corner.x;
                let values = std::array::from_fn(|n| self.values[n].at(x, y));
                visit(row, first..to as usize + 1, self.depth.at(x, y), values);
            }
        }
    }
}

/// The next whole number that is not smaller, from 0 on: without a call to the mathematical library.
#[inline(always)]
fn next_whole(value: f32) -> usize {
    let whole = value.max(0.0) as usize;
    whole + usize::from((whole as f32) < value)
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
