//! The CPU twin of `shaders/compose.wgsl`: same arithmetic, rows in parallel.

use std::sync::Arc;

use glam::Vec2;
use image::RgbaImage;
use rayon::iter::{IndexedParallelIterator as _, ParallelIterator as _};
use rayon::slice::ParallelSliceMut as _;

use super::region::{PasteRegion, feather};
use crate::data::{CROP_PX, Crop, FlowField, PaintField, PictureChange, Portrait, UncoveredField};

/// Displacements shorter than this, in pixels of the picture, leave a pixel exactly as it is.
pub(super) const STILL_PX: f32 = 1.0 / 64.0;
/// Finished pictures kept for reuse: one shown, one being recorded, one being written.
const POOL: usize = 3;

/// Warps one portrait on the CPU.
pub struct CpuCompositor {
    picture: Arc<RgbaImage>,
    plate: Option<Arc<RgbaImage>>,
    crop: Crop,
    region: PasteRegion,
    pool: Vec<Arc<RgbaImage>>,
}

impl CpuCompositor {
    /// Prepares for one portrait; `plate` is what stands behind the head, of the picture's size.
    pub fn new(portrait: &Portrait, plate: Option<Arc<RgbaImage>>) -> Self {
        let plate = plate.filter(|plate| plate.dimensions() == portrait.pixels.dimensions());
        let region = PasteRegion::new(&portrait.crop, portrait.pixels.width(), portrait.pixels.height());
        Self { picture: Arc::clone(&portrait.pixels), plate, crop: portrait.crop, region, pool: Vec::new() }
    }

    /// The whole picture with the change applied inside the crop; pixels that are neither moved nor painted over are exactly the picture's own.
    pub fn compose(&mut self, change: &PictureChange) -> Arc<RgbaImage> {
        let mut target = self.free_picture();
        if let Some(pixels) = Arc::get_mut(&mut target) {
            self.write_region(change, pixels);
        }
        if self.pool.len() < POOL {
            self.pool.push(Arc::clone(&target));
        }
        target
    }

    /// A picture that nobody else holds. Outside the region it already equals the portrait, since only the region is ever written.
    fn free_picture(&mut self) -> Arc<RgbaImage> {
        match self.pool.iter().position(|p| Arc::strong_count(p) == 1) {
            Some(index) => self.pool.swap_remove(index),
            None => Arc::new((*self.picture).clone()),
        }
    }

    fn write_region(&self, change: &PictureChange, target: &mut RgbaImage) {
        let PasteRegion { left, top, width, height } = self.region;
        if width == 0 || height == 0 {
            return;
        }
        let stride = target.width() as usize * 4;
        let rows = &mut target.as_mut()[top as usize * stride..(top + height) as usize * stride];
        let PictureChange { flow, uncovered, paint } = change;
        let scale = self.crop.scale();
        let moved = columns(&self.crop, &self.region, flow.size);
        let shown = columns(&self.crop, &self.region, uncovered.size.max(1));
        let painted = columns(&self.crop, &self.region, paint.size.max(1));
        let plate = self.plate.as_deref().map(Source::new);
        let source = Source::new(&self.picture);
        rows.par_chunks_exact_mut(stride).with_min_len(8).enumerate().for_each_init(
            || (vec![Vec2::ZERO; flow.size], vec![0.0; uncovered.size], vec![PaintField::NOTHING; paint.size]),
            |(flow_row, uncovered_row, paint_row), (row, out)| {
                let y = top + row as u32;
                let at_y = crop_coordinate(y, self.crop.origin_px[1], scale);
                let edge = feather(at_y);
                flow_row_at(flow, at_y, flow_row);
                let out = &mut out[left as usize * 4..(left + width) as usize * 4];
                write_row(out, &source, flow_row, &moved, edge * scale, left, y);
                if let Some(plate) = &plate
                    && uncovered_row_at(uncovered, at_y, uncovered_row)
                {
                    show_plate(out, plate.row(y, left, width as usize), uncovered_row, &shown, edge);
                }
                if paint_row_at(paint, at_y, paint_row) {
                    paint_row_over(out, paint_row, &painted, edge);
                }
            },
        );
    }
}

/// Where one column of the region lies in a field, and how much of the change its crop edge leaves.
struct Column {
    cell: usize,
    next: usize,
    fraction: f32,
    feather: f32,
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

fn flow_row_at(flow: &FlowField, at_y: f32, out: &mut [Vec2]) {
    let (above, below, share) = cell_of(at_y, flow.size);
    let row = |r: usize| &flow.displacement_px[r * flow.size..(r + 1) * flow.size];
    for ((out, a), b) in out.iter_mut().zip(row(above)).zip(row(below)) {
        *out = a.lerp(*b, share);
    }
}

fn write_row(out: &mut [u8], source: &Source<'_>, flow_row: &[Vec2], columns: &[Column], edge: f32, left: u32, y: u32) {
    let own = source.row(y, left, columns.len());
    for (i, ((pixel, own), column)) in out.chunks_exact_mut(4).zip(own.chunks_exact(4)).zip(columns).enumerate() {
        let flow = flow_row[column.cell].lerp(flow_row[column.next], column.fraction) * (edge * column.feather);
        // A NaN flow compares false here, and the sampler takes it for the border: never out of bounds.
        if flow.x.abs() < STILL_PX && flow.y.abs() < STILL_PX {
            pixel.copy_from_slice(own);
        } else {
            pixel.copy_from_slice(&source.cubic(left as f32 + i as f32 + flow.x, y as f32 + flow.y));
        }
    }
}

/// How much of the plate shows at a height of the crop; false where nothing does in the whole row.
fn uncovered_row_at(uncovered: &UncoveredField, at_y: f32, out: &mut [f32]) -> bool {
    if uncovered.is_empty() {
        return false;
    }
    let (above, below, share) = cell_of(at_y, uncovered.size);
    let row = |r: usize| &uncovered.cells[r * uncovered.size..(r + 1) * uncovered.size];
    out.iter_mut().zip(row(above)).zip(row(below)).for_each(|((out, a), b)| *out = a + share * (b - a));
    out.iter().any(|share| *share > 0.0)
}

/// Mixes the plate into a row.
fn show_plate(out: &mut [u8], plate: &[u8], uncovered_row: &[f32], columns: &[Column], edge: f32) {
    for ((pixel, behind), column) in out.chunks_exact_mut(4).zip(plate.chunks_exact(4)).zip(columns) {
        let (a, b) = (uncovered_row[column.cell], uncovered_row[column.next]);
        let share = edge * column.feather * (a + column.fraction * (b - a));
        if share > 0.0 {
            for (value, behind) in pixel.iter_mut().zip(behind) {
                *value = (f32::from(*value) + share * (f32::from(*behind) - f32::from(*value)) + 0.5).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// The paint at a height of the crop; false where there is none in the whole row.
fn paint_row_at(paint: &PaintField, at_y: f32, out: &mut [[f32; 4]]) -> bool {
    if paint.is_empty() {
        return false;
    }
    let (above, below, share) = cell_of(at_y, paint.size);
    let row = |r: usize| &paint.cells[r * paint.size..(r + 1) * paint.size];
    let mut any = false;
    for ((out, a), b) in out.iter_mut().zip(row(above)).zip(row(below)) {
        *out = between(*a, *b, share);
        any |= PaintField::paints(out);
    }
    any
}

fn between(a: [f32; 4], b: [f32; 4], share: f32) -> [f32; 4] {
    std::array::from_fn(|c| a[c] + share * (b[c] - a[c]))
}

/// Paints over a row; its own transparency stays.
fn paint_row_over(out: &mut [u8], paint_row: &[[f32; 4]], columns: &[Column], edge: f32) {
    for (pixel, column) in out.chunks_exact_mut(4).zip(columns) {
        let paint = between(paint_row[column.cell], paint_row[column.next], column.fraction);
        if !PaintField::paints(&paint) {
            continue;
        }
        let strength = edge * column.feather;
        let keep = 1.0 + strength * (paint[3] - 1.0);
        for (value, paint) in pixel.iter_mut().zip(&paint[..3]) {
            // A NaN becomes 0 in the conversion.
            *value = (keep * f32::from(*value) + 255.0 * strength * paint + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
}

/// The picture being sampled.
struct Source<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

impl<'a> Source<'a> {
    fn new(picture: &'a RgbaImage) -> Self {
        Self { pixels: picture.as_raw(), width: picture.width() as usize, height: picture.height() as usize }
    }

    fn row(&self, y: u32, left: u32, count: usize) -> &'a [u8] {
        let first = (y as usize * self.width + left as usize) * 4;
        &self.pixels[first..first + count * 4]
    }

    /// Catmull-Rom interpolation, which keeps brushwork crisp where bilinear sampling would blur it; edges repeat.
    fn cubic(&self, x: f32, y: f32) -> [u8; 4] {
        let (x0, y0) = (x.floor(), y.floor());
        let (wx, wy) = (catmull_rom(x - x0), catmull_rom(y - y0));
        let mut sum = [0.0_f32; 4];
        if x0 >= 1.0 && y0 >= 1.0 && x0 + 3.0 < self.width as f32 && y0 + 3.0 < self.height as f32 {
            let first = ((y0 as usize - 1) * self.width + x0 as usize - 1) * 4;
            for (j, wy) in wy.iter().enumerate() {
                let taps = &self.pixels[first + j * self.width * 4..][..16];
                for c in 0..4 {
                    let row = wx[0] * f32::from(taps[c])
                        + wx[1] * f32::from(taps[4 + c])
                        + wx[2] * f32::from(taps[8 + c])
                        + wx[3] * f32::from(taps[12 + c]);
                    sum[c] += wy * row;
                }
            }
        } else {
            self.cubic_at_edge([x0, y0], wx, wy, &mut sum);
        }
        sum.map(|v| (v + 0.5).clamp(0.0, 255.0) as u8)
    }

    fn cubic_at_edge(&self, [x0, y0]: [f32; 2], wx: [f32; 4], wy: [f32; 4], sum: &mut [f32; 4]) {
        for (j, wy) in wy.iter().enumerate() {
            let row = nearest_inside(y0 + j as f32 - 1.0, self.height);
            for (i, wx) in wx.iter().enumerate() {
                let column = nearest_inside(x0 + i as f32 - 1.0, self.width);
                let tap = &self.pixels[(row * self.width + column) * 4..][..4];
                for c in 0..4 {
                    sum[c] += wx * wy * f32::from(tap[c]);
                }
            }
        }
    }
}

/// The row or column at a whole coordinate, the outermost one for what lies outside; 0 for a NaN.
fn nearest_inside(at: f32, size: usize) -> usize {
    (at.max(0.0) as usize).min(size - 1)
}

/// Weights of the four neighbours at -1, 0, 1 and 2 for a position `t` between 0 and 1 (Catmull and Rom 1974, a = -1/2).
fn catmull_rom(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1.0, -1.5 * t3 + 2.0 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Landmarks;

    fn portrait() -> Portrait {
        Portrait {
            name: "test".to_owned(),
            pixels: Arc::new(RgbaImage::from_fn(400, 300, |x, y| image::Rgba([(x / 2) as u8, (y / 2) as u8, 77, 255]))),
            landmarks_in_image: Landmarks([Vec2::ZERO; Landmarks::COUNT]),
            pupils_in_image: [Vec2::ZERO; 2],
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
        change.paint = PaintField { size: 256, cells: (0..256 * 256).map(cell).collect() };
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
        assert_eq!(composed.get_pixel(210, 90).0, [9, 200, 9, 255], "uncovered");
        let far = composed.pixels().zip(portrait.pixels.pixels()).enumerate();
        let unequal = far.filter(|(i, (a, b))| a != b && !((198..222).contains(&(i % 400)) && (78..102).contains(&(i / 400)))).count();
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
    fn a_uniform_flow_shifts_the_crop_and_nothing_outside_it() {
        let portrait = portrait();
        let composed = CpuCompositor::new(&portrait, None).compose(&uniform(Vec2::new(10.0, -4.0)));
        // In the middle the pixel comes from ten columns to the right and four rows above; the picture is a ramp.
        assert_eq!(composed.get_pixel(228, 148).0, [119, 72, 77, 255], "shifted");
        for (x, y) in [(50, 150), (380, 150), (228, 5), (228, 290)] {
            assert_eq!(composed.get_pixel(x, y), portrait.pixels.get_pixel(x, y), "outside the crop");
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
