//! What `shaders/compose.wgsl` does, on the CPU: same arithmetic, rows in parallel.

use std::ops::Range;
use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;
use rayon::iter::{IndexedParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;
use retrato_head::{HeadShape, smaller};

use super::feather::feather;
use super::row::{Across, Column, Row, SourcePixels};
use super::turned::TurnedHead;
use crate::data::{CROP_PX, Crop, PaintField, PasteRegion, PictureChange, Portrait};
use crate::math::hull;

/// Displacements shorter than this, in pixels of the picture, leave a pixel exactly as it is.
pub(super) const STILL_PX: f32 = 1.0 / 64.0;
/// Finished pictures kept for reuse: one shown, one being recorded, one on its way to the virtual camera, one being written.
const POOL: usize = 4;

/// Warps one portrait on the CPU.
pub struct CpuCompositor {
    picture: Arc<RgbaImage>,
    plate: Option<Arc<RgbaImage>>,
    crop: Crop,
    region: PasteRegion,
    head: Option<TurnedHead>,
    pool: Vec<Pooled>,
}

/// A finished picture for reuse, and the rows of the region in which it differs from the portrait.
struct Pooled {
    picture: Arc<RgbaImage>,
    changed: Range<usize>,
}

impl CpuCompositor {
    /// Prepares for one portrait; `plate` is what stands behind the head, of the picture's size.
    pub fn new(portrait: &Portrait, plate: Option<Arc<RgbaImage>>) -> Self {
        let plate = plate.filter(|plate| plate.dimensions() == portrait.pixels.dimensions());
        let region = PasteRegion::new(&portrait.crop.reach(), portrait.pixels.dimensions());
        Self { picture: Arc::clone(&portrait.pixels), plate, crop: portrait.crop, region, head: None, pool: Vec::new() }
    }

    /// The same with the portrait's head in 3D, which is turned where a change says so.
    #[must_use]
    pub fn with_head(self, shape: Option<Arc<HeadShape>>) -> Self {
        let plate = self.plate.clone();
        Self { head: shape.map(|shape| TurnedHead::new(shape, plate)), ..self }
    }

    /// The same for the picture made smaller by `scale`, 0 to 1: for where it is shown so, at a fraction of the work.
    #[must_use]
    pub fn smaller(&self, scale: f32) -> Self {
        let made = |picture: &Arc<RgbaImage>| Arc::new(smaller(picture, scale));
        let picture = made(&self.picture);
        let plate = self.plate.as_ref().map(made);
        let head = self.head.as_ref().map(|head| {
            let is_own = self.plate.as_ref().is_some_and(|plate| Arc::ptr_eq(plate, head.plate()));
            let behind = plate.clone().filter(|_| is_own).unwrap_or_else(|| made(head.plate()));
            head.smaller(scale, &picture, &behind)
        });
        let crop = self.crop.smaller(scale);
        let region = PasteRegion::new(&crop.reach(), picture.dimensions());
        Self { picture, plate, crop, region, head, pool: Vec::new() }
    }

    /// Shows another plate from now on, of the picture's size; nothing where it has none.
    pub fn set_plate(&mut self, plate: Arc<RgbaImage>) {
        if let Some(head) = &mut self.head {
            head.set_plate(Arc::clone(&plate));
        }
        self.plate = self.plate.take().map(|before| if before.dimensions() == plate.dimensions() { plate } else { before });
    }

    /// The whole picture with the change applied inside the crop's reach; pixels that are neither moved nor painted over are exactly the picture's own.
    pub fn compose(&mut self, change: &PictureChange) -> Arc<RgbaImage> {
        let Pooled { mut picture, mut changed } = self.free_picture();
        if let Some(pixels) = Arc::get_mut(&mut picture) {
            changed = match (&mut self.head, &change.head) {
                (Some(turned), Some(head)) => turned.draw(head, pixels, &changed),
                _ => rayon::scope(|_| self.write_region(change, pixels, &changed)),
            };
        }
        if self.pool.len() < POOL {
            self.pool.push(Pooled { picture: Arc::clone(&picture), changed });
        }
        picture
    }

    /// A picture that nobody else holds. Outside the region it already equals the portrait, since only the region is ever written.
    fn free_picture(&mut self) -> Pooled {
        match self.pool.iter().position(|pooled| Arc::strong_count(&pooled.picture) == 1) {
            Some(index) => self.pool.swap_remove(index),
            None => Pooled { picture: Arc::new((*self.picture).clone()), changed: 0..0 },
        }
    }

    /// Writes the rows that change, and those that are still `changed` from another time; returns the former.
    fn write_region(&self, change: &PictureChange, target: &mut RgbaImage, changed: &Range<usize>) -> Range<usize> {
        let PasteRegion { left, top, width, height } = self.region;
        if width == 0 || height == 0 {
            return 0..0;
        }
        let stride = target.width() as usize * 4;
        let rows = &mut target.as_mut()[top as usize * stride..(top + height) as usize * stride];
        let PictureChange { flow, uncovered, paint, .. } = change;
        let reach = self.crop.reach();
        let moved = columns(&reach, &self.region, flow.size);
        let shown = columns(&reach, &self.region, uncovered.size.max(1));
        let painted = columns(&self.crop, &self.region, paint.size.max(1));
        let plate = self.plate.as_deref().map(SourcePixels::new);
        let source = SourcePixels::new(&self.picture);
        let written = rows.par_chunks_exact_mut(stride).with_min_len(8).enumerate().map_init(
            || (vec![Vec2::ZERO; flow.size], vec![0.0; uncovered.size], vec![PaintField::NOTHING; paint.size]),
            |(flow_row, uncovered_row, paint_row), (row, out)| {
                let y = top + row as u32;
                let at_y = crop_coordinate(y, reach.origin_px[1], reach.scale());
                let paint_y = crop_coordinate(y, self.crop.origin_px[1], self.crop.scale());
                let moves = row_at(&flow.displacement_px, flow.size, at_y, flow_row, Vec2::lerp, |v| *v != Vec2::ZERO);
                let shows = row_at(&uncovered.cells, uncovered.size, at_y, uncovered_row, |a, b, t| a + t * (b - a), |v| *v > 0.0);
                let paints = if paint.is_near(paint_y) {
                    row_at(&paint.cells, paint.size, paint_y, paint_row, between, PaintField::paints)
                } else {
                    0..0
                };
                let changes = !moves.is_empty() || !shows.is_empty() || !paints.is_empty();
                if !changes && !changed.contains(&row) {
                    return 0..0;
                }
                let behind = plate.as_ref().map(|plate| plate.row(y, left, width as usize)).filter(|_| !shows.is_empty());
                let made = Row {
                    corner: [left, y],
                    edge: feather(at_y),
                    scale: self.crop.scale(),
                    source: &source,
                    flow: Across { row: flow_row, columns: &moved, cells: moves },
                    plate: behind.map(|behind| (behind, Across { row: uncovered_row, columns: &shown, cells: shows })),
                    paint: (!paints.is_empty()).then_some((feather(paint_y), Across { row: paint_row, columns: &painted, cells: paints })),
                };
                made.write(&mut out[left as usize * 4..(left + width) as usize * 4]);
                if changes { row..row + 1 } else { 0..0 }
            },
        );
        written.reduce(|| 0..0, hull)
    }
}

fn columns(crop: &Crop, region: &PasteRegion, cells: usize) -> Vec<Column> {
    (region.left..region.left + region.width)
        .map(|x| {
            let at = crop_coordinate(x, crop.origin_px[0], crop.scale());
            let (cell, next, fraction) = cell_of(at, cells);
            Column { cell, next, fraction, feather: feather(at) }
        })
        .collect()
}

/// Crop coordinate of a picture's column or row.
fn crop_coordinate(pixel: u32, origin_px: f32, scale: f32) -> f32 {
    (pixel as f32 + 0.5 - origin_px) / scale - 0.5
}

/// The two cells of a field around a crop coordinate and the share of the second.
fn cell_of(at_px: f32, cells: usize) -> (usize, usize, f32) {
    let position = ((at_px + 0.5) * cells as f32 / CROP_PX - 0.5).clamp(0.0, (cells - 1) as f32);
    let cell = position as usize;
    (cell, (cell + 1).min(cells - 1), position - cell as f32)
}

/// A field's row at a height of the crop, between its two nearest rows; and the cells from the first to the last in which there is anything.
fn row_at<T: Copy>(
    field: &[T],
    size: usize,
    at_y: f32,
    out: &mut [T],
    between: impl Fn(T, T, f32) -> T,
    is_some: impl Fn(&T) -> bool,
) -> Range<usize> {
    if size == 0 {
        return 0..0;
    }
    let (above, below, share) = cell_of(at_y, size);
    let row = |r: usize| &field[r * size..(r + 1) * size];
    out.iter_mut().zip(row(above)).zip(row(below)).for_each(|((out, a), b)| *out = between(*a, *b, share));
    match (out.iter().position(&is_some), out.iter().rposition(&is_some)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    }
}

fn between(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|c| a[c] + share * (b[c] - a[c]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{FlowField, Landmarks, UncoveredField};

    fn portrait() -> Portrait {
        Portrait {
            name: "test".to_owned(),
            pixels: Arc::new(RgbaImage::from_fn(400, 300, |x, y| image::Rgba([(x / 2) as u8, (y / 2) as u8, 77, 255]))),
            landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [Vec2::ZERO; 2],
            mesh_in_image: None,
            crop: Crop { origin_px: [100.0, 20.0], side_px: 256.0 },
            content_hash: String::new(),
        }
    }

    fn uniform(displacement: Vec2) -> PictureChange {
        PictureChange::warp(FlowField { size: 128, displacement_px: vec![displacement; 128 * 128] })
    }

    #[test]
    fn paint_covers_what_it_should_and_leaves_the_rest() {
        let portrait = portrait();
        let mut change = uniform(Vec2::ZERO);
        let painted = |cell: usize| (100..120).contains(&(cell % 256)) && (60..80).contains(&(cell / 256));
        let cell = |cell: usize| if painted(cell) { [0.5, 0.0, -0.1, 0.0] } else { PaintField::NOTHING };
        change.paint = PaintField { size: 256, cells: (0..256 * 256).map(cell).collect(), rows: 60..80 };
        let composed = CpuCompositor::new(&portrait, None).compose(&change);
        assert_eq!(composed.get_pixel(210, 90).0, [128, 0, 0, 255], "nothing of the picture is kept under full paint");
        let far = composed.pixels().zip(portrait.pixels.pixels()).enumerate();
        let unequal = far.filter(|(i, (a, b))| a != b && !((199..221).contains(&(i % 400)) && (79..101).contains(&(i / 400)))).count();
        assert_eq!(unequal, 0, "beside it every pixel is the picture's own");
    }

    #[test]
    fn the_plate_shows_where_it_is_uncovered_and_nowhere_else() {
        let portrait = portrait();
        let plate = Arc::new(RgbaImage::from_pixel(400, 300, image::Rgba([9, 200, 9, 255])));
        let mut change = uniform(Vec2::ZERO);
        let bare = |cell: usize| f32::from(u8::from((50..60).contains(&(cell % 128)) && (30..40).contains(&(cell / 128))));
        change.uncovered = UncoveredField { size: 128, cells: (0..128 * 128).map(bare).collect() };
        let composed = CpuCompositor::new(&portrait, Some(plate)).compose(&change);
        // The reach begins at (36, -76), and a cell has 3 pixels.
        assert_eq!(composed.get_pixel(201, 29).0, [9, 200, 9, 255], "uncovered");
        let far = composed.pixels().zip(portrait.pixels.pixels()).enumerate();
        let unequal = far.filter(|(i, (a, b))| a != b && !((183..219).contains(&(i % 400)) && (11..47).contains(&(i / 400)))).count();
        assert_eq!(unequal, 0, "beside it every pixel is the picture's own");
        let small = Arc::new(RgbaImage::new(3, 3));
        assert_eq!(
            CpuCompositor::new(&portrait, Some(small)).compose(&change).as_raw(),
            portrait.pixels.as_raw(),
            "another picture's plate"
        );
    }

    #[test]
    fn no_flow_leaves_every_pixel_as_it_is() {
        let portrait = portrait();
        let composed = CpuCompositor::new(&portrait, None).compose(&uniform(Vec2::ZERO));
        assert_eq!(composed.as_raw(), portrait.pixels.as_raw(), "bit for bit");
    }

    #[test]
    fn a_uniform_flow_shifts_the_reach_and_nothing_outside_it() {
        let portrait = Portrait { crop: Crop { origin_px: [164.0, 84.0], side_px: 128.0 }, ..portrait() };
        let composed = CpuCompositor::new(&portrait, None).compose(&uniform(Vec2::new(20.0, -8.0)));
        // In the middle the pixel comes from ten columns to the right and four rows above; the picture is a ramp.
        assert_eq!(composed.get_pixel(228, 148).0, [119, 72, 77, 255], "shifted");
        for (x, y) in [(50, 150), (380, 150), (228, 5), (228, 290)] {
            assert_eq!(composed.get_pixel(x, y), portrait.pixels.get_pixel(x, y), "outside the reach");
        }
    }

    #[test]
    fn nonsense_in_the_flow_stays_inside_the_picture() {
        let portrait = portrait();
        let mut compositor = CpuCompositor::new(&portrait, None);
        for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            let composed = compositor.compose(&uniform(Vec2::splat(wild)));
            assert_eq!(composed.dimensions(), (400, 300), "a picture comes out for {wild}");
        }
    }

    #[test]
    fn finished_pictures_are_reused_once_nobody_holds_them() {
        let mut compositor = CpuCompositor::new(&portrait(), None);
        let first = compositor.compose(&uniform(Vec2::X));
        let held = compositor.compose(&uniform(Vec2::Y));
        assert!(!Arc::ptr_eq(&first, &held), "one that is held is not overwritten");
        let address = Arc::as_ptr(&first);
        drop(first);
        let again = compositor.compose(&uniform(Vec2::ZERO));
        assert_eq!(Arc::as_ptr(&again), address, "a free one is");
        assert_eq!(again.as_raw(), portrait().pixels.as_raw(), "and holds nothing of the frame before");
    }
}
