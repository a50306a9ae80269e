//! What changes a portrait's picture: a backward flow that says where to look in the old one, and what shows behind the head, and what is painted over both.

use std::ops::Range;

use glam::{Vec2, Vec3, Vec4};

use super::{CROP_PX, Crop, MeshMotion, PartChange};

/// Backward flow over the crop's reach on a square grid.
///
/// Cell `(x, y)` covers a square of `CROP_PX / size` of the reach's pixels; its value belongs to that square's centre.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowField {
    /// Cells along each side.
    pub size: usize,
    /// Row by row: displacement from a pixel of the new picture to its source, in crop pixels.
    pub displacement_px: Vec<Vec2>,
}

impl FlowField {
    /// A field that moves nothing.
    pub fn still(size: usize) -> Self {
        Self { size, displacement_px: vec![Vec2::ZERO; size * size] }
    }
}

/// What is painted over the warped picture, on a square grid over the crop: each of its pixels becomes `keep * warped + paint`.
///
/// Where the warped picture shows what it should, `keep` is 1 and its brushwork stays; where a mouth opens, `keep` falls towards 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaintField {
    /// Cells along each side; 0 when nothing is painted.
    pub size: usize,
    /// Row by row: red, green and blue of the paint, -1 to 2 for 0 to 255, and `keep`, 0 to 1. Nothing to go by when nothing is painted.
    pub cells: Vec<[f32; 4]>,
    /// Rows in which there may be paint.
    pub rows: Range<usize>,
}

impl PaintField {
    /// Cells along each pixel of the crop, and along each side where anything is painted: finer than what the networks see, for the sake of what is drawn.
    pub const PER_PX: usize = 2;
    /// See [`Self::PER_PX`].
    pub const CELLS: usize = Self::PER_PX * CROP_PX as usize;

    /// What leaves a pixel as it is.
    pub const NOTHING: [f32; 4] = [0.0, 0.0, 0.0, 1.0];

    /// Whether a cell leaves a mark at all.
    pub fn paints(cell: &[f32; 4]) -> bool {
        cell[3] < 1.0 || cell[..3].iter().any(|c| *c != 0.0)
    }

    /// Takes all paint away. Its memory is kept.
    pub fn clear(&mut self) {
        self.size = 0;
    }

    /// Whether there may be paint at a height of the crop, in its pixels.
    pub fn is_near(&self, y_px: f32) -> bool {
        let row = (y_px + 0.5) * self.size as f32 / CROP_PX - 0.5;
        !self.is_empty() && row > self.rows.start as f32 - 1.0 && row < self.rows.end as f32
    }

    /// Begins anew with [`Self::CELLS`] along each side and paint in some rows.
    pub fn begin(&mut self, rows: Range<usize>) {
        if self.cells.len() == Self::CELLS * Self::CELLS {
            self.cells[self.rows.start * Self::CELLS..self.rows.end * Self::CELLS].fill(Self::NOTHING);
        } else {
            self.cells.clear();
            self.cells.resize(Self::CELLS * Self::CELLS, Self::NOTHING);
        }
        (self.size, self.rows) = (Self::CELLS, rows);
    }

    /// Whether nothing is painted at all.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }
}

/// Where the head was and is no more, on a square grid over the crop's reach: there the clean plate takes the place of the warped picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UncoveredField {
    /// Cells along each side; 0 when nothing is uncovered.
    pub size: usize,
    /// Row by row: share of the plate, 0 to 1.
    pub cells: Vec<f32>,
}

impl UncoveredField {
    /// Cells along each side of what generators give: one for each pixel of the reach.
    pub const CELLS: usize = CROP_PX as usize;

    /// Share of the plate in the cell nearest to a point of the crop; 0 when nothing is uncovered.
    pub fn nearest(&self, point_in_crop: Vec2) -> f32 {
        let cell = ((Crop::reach_from_crop(point_in_crop) + 0.5) * (self.size as f32 / CROP_PX)).max(Vec2::ZERO).as_usizevec2();
        if self.is_empty() { 0.0 } else { self.cells.get(cell.y * self.size + cell.x).copied().unwrap_or(0.0) }
    }

    /// Covers all.
    pub fn clear(&mut self) {
        self.size = 0;
        self.cells.clear();
    }

    /// Whether nothing is uncovered at all.
    pub fn is_empty(&self) -> bool {
        self.size == 0
    }
}

/// The inside of a mouth, on a grid of cells over a part of the crop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MouthPicture {
    /// Upper left corner in crop pixels: edge, not centre.
    pub corner: [usize; 2],
    /// Cells across and down.
    pub size: [usize; 2],
    /// Cells along each side of a crop pixel.
    pub per_px: usize,
    /// Row by row: red, green and blue, 0 to 1, and 1; all 0 where nothing is known.
    pub cells: Vec<Vec4>,
}

impl MouthPicture {
    /// Its colour, 0 to 1, at a point of the crop, bilinear between the cells of which something is known; `None` far from them.
    pub fn colour(&self, point_in_crop: Vec2) -> Option<Vec3> {
        let corner = Vec2::new(self.corner[0] as f32, self.corner[1] as f32);
        let at = (point_in_crop + 0.5 - corner) * self.per_px as f32 - 0.5;
        let first = at.floor();
        let part = at - first;
        let mut sum = Vec4::ZERO;
        for (dx, dy, share) in [
            (0.0, 0.0, (1.0 - part.x) * (1.0 - part.y)),
            (1.0, 0.0, part.x * (1.0 - part.y)),
            (0.0, 1.0, (1.0 - part.x) * part.y),
            (1.0, 1.0, part.x * part.y),
        ] {
            let (x, y) = (first.x + dx, first.y + dy);
            if x >= 0.0 && y >= 0.0 && x < self.size[0] as f32 && y < self.size[1] as f32 {
                let cell = self.cells.get(y as usize * self.size[0] + x as usize);
                sum += cell.copied().unwrap_or_default() * share;
            }
        }
        (sum.w > 1e-3).then(|| sum.truncate() / sum.w)
    }
}

/// What a portrait's head does in 3D in one frame: a compositor that has its shape turns it.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadChange {
    /// How it moves.
    pub motion: MeshMotion,
    /// What is seen in its mouth where that opens farther than in the portrait.
    pub mouth: MouthPicture,
    /// What is changed of its eyes and its mouth then.
    pub parts: Vec<PartChange>,
}

/// What a generator makes of a portrait for one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct PictureChange {
    /// The head in 3D; where there is one, nothing else of the change counts.
    pub head: Option<HeadChange>,
    /// Where every pixel comes from.
    pub flow: FlowField,
    /// Where what stands behind the head takes its place.
    pub uncovered: UncoveredField,
    /// What is painted over both.
    pub paint: PaintField,
    /// What of it lies in the GPU compositor's own buffers already; then nothing of it is here.
    pub on_gpu: Option<OnGpu>,
}

/// What a generator made on the compositor's device, beside the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnGpu {
    /// What is uncovered.
    pub uncovered: bool,
    /// Paint.
    pub painted: bool,
}

impl PictureChange {
    /// No change, with a flow of `size` cells along each side.
    pub fn none(size: usize) -> Self {
        Self::warp(FlowField::still(size))
    }

    /// A flow with nothing painted over it.
    pub fn warp(flow: FlowField) -> Self {
        Self { head: None, flow, uncovered: UncoveredField::default(), paint: PaintField::default(), on_gpu: None }
    }
}
