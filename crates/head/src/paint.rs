//! Draws a head on the CPU, bands of rows in parallel: straight into a picture of the portrait's own size.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

use std::ops::Range;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::{MouthPicture, PasteRegion};
use retrato_core::math::hull;

use crate::eye::{self, EyeLook};
use crate::lid;
use crate::patch::{Patch, PatchVertex, covered};
use crate::pose::PosedHead;
use crate::raster::{BAND, BandLayer, BandPlace, Bins, Scan};
use crate::sample::{Picture, between_bytes};
use crate::shape::HeadShape;

/// Displacements, in pixels of the picture, from which on a pixel begins to be drawn, and is drawn wholly: below it is the picture's own.
const MOVES_PX: Range<f32> = 1.0 / 64.0..0.5;
/// Share from which on a pixel is covered wholly.
const FULL: f32 = 0.998;

/// What is so little behind a surface lies on it, in distances between the eyes.
const NEAR: f32 = 0.02;

/// The dark in a mouth next to the skin.
const DARK: Vec3 = Vec3::new(0.34, 0.20, 0.20);

/// The numbers by which every processor draws a head alike.
#[derive(Clone, Copy, Debug)]
pub struct HeadLook;

impl HeadLook {
    /// Displacements, in pixels of the picture, from which on a pixel begins to be drawn, and is drawn wholly.
    pub const MOVES_PX: Range<f32> = MOVES_PX;
    /// What is so little behind a surface lies on it, in distances between the eyes.
    pub const NEAR: f32 = NEAR;
    /// The dark in a mouth next to the skin.
    pub const DARK: Vec3 = DARK;
    /// Radius that moves unstretched, in radii of the iris.
    pub const RIM: f32 = eye::RIM;
    /// What is left out next to the lids, in widths of the eye.
    pub const LASHES: f32 = eye::LASHES;
    /// Slack at rest, in widths of the eye.
    pub const SLACK: f32 = eye::SLACK;
    /// Share of the mirror in a white that is made up.
    pub const MIRRORED: f32 = eye::MIRRORED;
    /// How far a lid hides a place from which on its look begins to be made up, and is, in widths of the eye.
    pub const MADE_UP: Range<f32> = eye::MADE_UP;
    /// Where a lid's skin is taken from below the eye, and this much there for each length along the lid, in widths of the eye.
    pub const SKIN_FROM: f32 = lid::SKIN_FROM;
    /// See [`Self::SKIN_FROM`].
    pub const SKIN_STEP: f32 = lid::SKIN_STEP;
    /// Heights above a lid's edge over which its light becomes that above the crease.
    pub const LIT: Range<f32> = lid::LIT;
    /// Heights above a lid's edge over which its lashes end.
    pub const LASHES_END: Range<f32> = lid::LASHES_END;
    /// Heights above a lid's edge over which the lashes that the picture shows there end.
    pub const OWN_LASHES_END: Range<f32> = lid::OWN_LASHES_END;
    /// Parts of the eye next to its corners over which lashes begin.
    pub const LASHES_BEGIN: Range<f32> = lid::LASHES_BEGIN;
    /// Shares of the way to the lid's edge over which its skin begins.
    pub const LID_BEGINS: Range<f32> = lid::BEGINS;
}

/// Draws heads. Its memory is kept from frame to frame.
#[derive(Default)]
pub struct HeadPainter {
    bins: [Bins; SURFACES],
}

/// The surfaces, from the one that lies over all others to the one that lies under them.
const FAR_SIDE: usize = 0;
const FACE: usize = 1;
const FAR_FRONT: usize = 2;
const FRONT: usize = 3;
const BACK: usize = 4;
const SURFACES: usize = 5;

/// Memory of one thread.
#[derive(Default)]
struct Band {
    layers: [BandLayer; SURFACES],
    /// Colour and share of what lies over the face: eyes and mouth; and how far it comes from somewhere else.
    over: Vec<[f32; 5]>,
    over_columns: Range<usize>,
}

impl HeadPainter {
    /// Draws a posed head with what is seen in its mouth, and behind it the plate, into `target`, which equals the head's picture but in the rows `changed` of its region; returns those that now differ.
    pub fn paint(
        &mut self,
        shape: &HeadShape,
        posed: &PosedHead,
        mouth: &MouthPicture,
        plate: &RgbaImage,
        target: &mut RgbaImage,
        changed: &Range<usize>,
    ) -> Range<usize> {
        let PasteRegion { left, top, width, height } = shape.region;
        let plate = if plate.dimensions() == shape.picture.dimensions() { plate } else { &*shape.plate };
        if width < 2 || height < 2 || target.dimensions() != shape.picture.dimensions() {
            return 0..0;
        }
        if posed.still {
            let stride = 4 * target.width() as usize;
            let rows = (top as usize + changed.start) * stride..(top as usize + changed.end) * stride;
            target.as_mut()[rows.clone()].copy_from_slice(&shape.picture.as_raw()[rows]);
            return 0..0;
        }
        let bands = (height as usize).div_ceil(BAND);
        let bounds = [left as f32, top as f32, (left + width) as f32];
        let surfaces = [&shape.far_side, &shape.face, &shape.far_front, &shape.front, &shape.back];
        let poses = [&posed.far_side, &posed.face, &posed.far_front, &posed.front, &posed.back];
        let pairs = surfaces.into_par_iter().zip(poses);
        self.bins.par_iter_mut().zip(pairs).for_each(|(bins, (surface, pose))| bins.fill(surface, pose, bounds, bands));
        let bins = &self.bins;
        let stride = target.width() as usize * 4;
        let rows = &mut target.as_mut()[top as usize * stride..][..height as usize * stride];
        let look = [Picture::new(&shape.picture), Picture::new(&shape.layer)];
        let written = rows.par_chunks_mut(BAND * stride).enumerate().map_init(Band::default, |band, (number, rows)| {
            let place = BandPlace { left: left as usize, top: top as usize + number * BAND, width: width as usize };
            let painting = Painting { shape, posed, mouth, plate, place, look: look[0], layer: look[1] };
            // The same with the processor's widest vectors.
            retrato_core::runtime::arch().dispatch(
                #[inline(always)]
                || {
                    for (n, layer) in band.layers.iter_mut().enumerate() {
                        layer.clear(place.width);
                        layer.draw(place, surfaces[n], poses[n], bins[n].of(number));
                    }
                    painting.openings(band);
                    let mut written = 0..0;
                    for (row, out) in rows.chunks_exact_mut(stride).enumerate() {
                        let number = number * BAND + row;
                        let out = out[4 * left as usize..][..4 * width as usize].as_chunks_mut::<4>().0;
                        if painting.row(band, row, out, changed.contains(&number)) {
                            written = hull(written, number..number + 1);
                        }
                    }
                    written
                },
            )
        });
        written.reduce(|| 0..0, hull)
    }
}

/// What is drawn into one band.
struct Painting<'a> {
    shape: &'a HeadShape,
    posed: &'a PosedHead,
    mouth: &'a MouthPicture,
    plate: &'a RgbaImage,
    place: BandPlace,
    look: Picture<'a>,
    layer: Picture<'a>,
}

/// A pixel on its way: what lies in front comes first.
struct Pixel {
    colour: [f32; 4],
    share: f32,
    /// How far it is anything else than the picture's own.
    moved: f32,
}

impl Pixel {
    /// Something behind what there is, already multiplied with its share.
    #[inline(always)]
    fn behind(&mut self, colour: [f32; 4], share: f32, moved: f32) {
        let rest = 1.0 - self.share;
        (0..4).for_each(|n| self.colour[n] += rest * colour[n]);
        self.share += rest * share;
        self.moved = self.moved.max(moved);
    }
}

impl Painting<'_> {
    /// Draws eyes and mouth, as far as the face does not hide them.
    fn openings(&self, band: &mut Band) {
        band.over_columns = 0..0;
        let Some(maps) = &self.posed.eye_maps else { return };
        let Self { shape, posed, .. } = self;
        for (patch, map) in posed.eyes.iter().zip(maps) {
            self.opening(band, patch, |at, rest, inside| {
                let EyeLook { sources, shares } = map.look(rest);
                let mut colour = [0.0; 3];
                for (source, share) in sources.iter().zip(shares).filter(|(_, share)| *share > 0.0) {
                    let look = self.look.bilinear(shape.crop.image_from_crop(*source));
                    (0..3).for_each(|n| colour[n] += share * look[n]);
                }
                let moved = if shares[0] < 1.0 { 1.0 } else { moves(shape.crop.image_from_crop(sources[0]) - at) };
                (colour, covered(inside.to_array()), moved)
            });
            self.soften_lids(band, patch);
        }
        for (patch, map) in posed.lids.iter().zip(maps).filter(|(_, map)| map.lowered > 0.0) {
            self.opening(band, patch, |_, at, inside| {
                let look = map.lid_look(at);
                let [skin, lashes] = [look.source, look.lashes].map(|place| {
                    let [r, g, b, _] = self.look.bilinear(shape.crop.image_from_crop(place));
                    Vec3::new(r, g, b)
                });
                let colour = look.colour(skin, lashes);
                (colour.to_array(), map.lowered * lid::covers(inside.to_array()), 1.0)
            });
        }
        if posed.mouth_open > 0.0 {
            let dark = shape.skin * DARK;
            self.opening(band, &posed.mouth, |at, _, inside| {
                let colour = self.mouth.colour(shape.crop.crop_from_image(at)).unwrap_or(dark);
                ((255.0 * colour).to_array(), covered(inside.to_array()) * posed.mouth_open, 1.0)
            });
        }
    }

    /// Draws one opening; `look` gives colour, share and how far it is moved, for a pixel, its place while the head is at rest, and how far it is inside.
    fn opening(&self, band: &mut Band, patch: &Patch, look: impl Fn(Vec2, Vec2, Vec2) -> ([f32; 3], f32, f32)) {
        let BandPlace { left, top, width } = self.place;
        let corner = Vec3::new(left as f32, top as f32, 0.0);
        let meets = |v: &PatchVertex| v.at.y > corner.y - 1.0 && v.at.y < corner.y + BAND as f32;
        let low = patch.vertices.iter().map(|v| v.at.y).fold(f32::MAX, f32::min);
        let crosses = low < corner.y && patch.vertices.iter().any(|v| v.at.y > corner.y);
        if !(crosses || patch.vertices.iter().any(meets)) {
            return;
        }
        if band.over_columns.is_empty() {
            band.over.clear();
            band.over.resize(width * BAND, [0.0; 5]);
        }
        for triangle in patch.triangles() {
            let values = triangle.map(|v| [v.rest.x, v.rest.y, v.inside.x, v.inside.y]);
            let Some(scan) = Scan::new(triangle.map(|v| v.at - corner), values) else { continue };
            scan.spans(width, BAND, |row, columns, mut depth, mut value| {
                for column in columns.clone() {
                    let [x, y, upper, lower] = value;
                    if depth < band.layers[FACE].depth(row, column) {
                        let at = Vec2::new((left + column) as f32, (top + row) as f32);
                        let ([r, g, b], share, moved) = look(at, Vec2::new(x, y), Vec2::new(upper, lower));
                        if share > 0.0 {
                            let over = &mut band.over[row * width + column];
                            // What was drawn before lies behind it.
                            let behind = over[3] * (1.0 - share);
                            let whole = share + behind;
                            let part = behind / whole;
                            let mixed = |n: usize, front: f32| front + part * (over[n] - front);
                            *over = [mixed(0, r), mixed(1, g), mixed(2, b), whole, moved.max(if part > 0.0 { over[4] } else { 0.0 })];
                        }
                    }
                    depth += scan.depth.across;
                    (0..4).for_each(|n| value[n] += scan.values[n].across);
                }
                band.over_columns = hull(band.over_columns.clone(), columns);
            });
        }
    }

    /// Where two lids meet, or an eye's edge runs through a pixel, the skin on both sides of it: the face's triangles end there as steps.
    fn soften_lids(&self, band: &mut Band, patch: &Patch) {
        let BandPlace { left, top, width } = self.place;
        if band.over_columns.is_empty() {
            return;
        }
        let corner = Vec3::new(left as f32, top as f32, 0.0);
        for triangle in patch.triangles() {
            let Some(scan) = Scan::new(triangle.map(|v| v.at - corner), triangle.map(|v| v.inside.to_array())) else { continue };
            scan.spans(width, BAND, |row, columns, mut depth, mut value| {
                for column in columns {
                    let face = &band.layers[FACE];
                    let share = covered(value);
                    if share < 1.0 && value[0].min(value[1]) > -1.0 && depth < face.depth(row, column) {
                        let at = Vec2::new((left + column) as f32, (top + row) as f32);
                        let mut sum = [0.0; 4];
                        let mut moved = 0.0_f32;
                        for (down, weight) in [(-1, 0.25), (0, 0.5), (1, 0.25)] {
                            let source = face.beside(row, column, down).or_else(|| face.beside(row, column, 0)).unwrap_or(at);
                            let look = self.look.bilinear(source);
                            (0..4).for_each(|n| sum[n] += weight * look[n]);
                            moved = moved.max(moves(source - at - Vec2::new(0.0, down as f32)));
                        }
                        let over = &mut band.over[row * width + column];
                        let before = *over;
                        (0..3).for_each(|n| over[n] = share * before[n] + (1.0 - share) * sum[n]);
                        (over[3], over[4]) = (1.0, moved.max(if share > 0.0 { before[4] } else { 0.0 }));
                    }
                    depth += scan.depth.across;
                    (0..2).for_each(|n| value[n] += scan.values[n].across);
                }
            });
        }
    }

    /// Writes a row; says whether it differs from the picture's own. One in which nothing is drawn is written only if it `was_changed`.
    #[inline(always)]
    fn row(&self, band: &Band, row: usize, out: &mut [[u8; 4]], was_changed: bool) -> bool {
        let BandPlace { left, top, width } = self.place;
        let y = top + row;
        let first = y * self.shape.picture.width() as usize + left;
        let own = &self.shape.picture.as_raw().as_chunks::<4>().0[first..first + width];
        let plate = &self.plate.as_raw().as_chunks::<4>().0[first..first + width];
        let drawn = band.layers.iter().map(|layer| layer.columns.clone()).fold(0..0, hull);
        let shown = self.posed.left > 0.0;
        if drawn.is_empty() && !shown {
            if was_changed {
                out.copy_from_slice(own);
            }
            return false;
        }
        let mut differs = false;
        for (column, out) in out.iter_mut().enumerate() {
            let behind = |n: usize| f32::from(own[column][n]) + self.posed.left * (f32::from(plate[column][n]) - f32::from(own[column][n]));
            let is_covered = drawn.contains(&column) && band.layers.iter().any(|layer| layer.depth(row, column) < f32::INFINITY);
            if !is_covered {
                *out = if self.posed.left >= 1.0 || own[column] == plate[column] {
                    plate[column]
                } else {
                    between_bytes(std::array::from_fn(behind))
                };
                differs |= *out != own[column];
                continue;
            }
            let at = Vec2::new((left + column) as f32, y as f32);
            let pixel = self.pixel(band, row, column, at, behind);
            *out = if pixel.moved <= 0.0 {
                own[column]
            } else if pixel.moved >= 1.0 {
                between_bytes(pixel.colour)
            } else {
                between_bytes(std::array::from_fn(|n| {
                    let own = f32::from(own[column][n]);
                    own + pixel.moved * (pixel.colour[n] - own)
                }))
            };
            differs |= *out != own[column];
        }
        differs
    }

    #[inline(always)]
    fn pixel(&self, band: &Band, row: usize, column: usize, at: Vec2, behind: impl Fn(usize) -> f32) -> Pixel {
        let mut pixel = Pixel { colour: [0.0; 4], share: 0.0, moved: 0.0 };
        let mut is_head = false;
        if band.over_columns.contains(&column) {
            let [r, g, b, share, moved] = band.over[row * self.place.width + column];
            if share > 0.0 {
                pixel.behind([r, g, b, 255.0].map(|v| v * share), share, moved * share);
            }
        }
        self.far_look(band, [FAR_SIDE, FACE], row, column, &mut pixel);
        if pixel.share < FULL
            && let Some((source, cover)) = band.layers[FACE].at(row, column)
            && cover > 0.0
        {
            is_head = true;
            pixel.behind(self.look.bilinear(source).map(|v| v * cover), cover, moves(source - at));
        }
        if pixel.share < FULL {
            self.far_look(band, [FAR_FRONT, FRONT], row, column, &mut pixel);
        }
        if pixel.share < FULL
            && let Some((source, cover)) = band.layers[FRONT].inside(row, column)
        {
            let moved = moves(source - at);
            if moved <= 0.0 && pixel.share <= 0.0 {
                // Shoulders, and all that is at rest: nothing of what lies behind counts there.
                return pixel;
            }
            is_head = true;
            let corner = Vec2::new(self.shape.region.left as f32, self.shape.region.top as f32);
            let look = self.layer.bilinear(source - corner);
            let alpha = look[3] / 255.0;
            let [r, g, b, a] = look.map(|v| v * cover);
            pixel.behind([r, g, b, a], alpha * cover, moved);
        }
        if pixel.share < FULL
            && let Some((source, cover)) = band.layers[BACK].at(row, column)
            && cover > 0.0
        {
            pixel.behind(self.look.bilinear(source).map(|v| v * cover), cover, if is_head { 0.0 } else { 1.0 });
            is_head = true;
        }
        if pixel.share < FULL {
            pixel.behind(std::array::from_fn(behind), 1.0, if is_head { 0.0 } else { 1.0 });
        }
        pixel
    }

    /// The other side's look over a surface, as far as it is nothing behind that.
    #[inline(always)]
    fn far_look(&self, band: &Band, [far, own]: [usize; 2], row: usize, column: usize, pixel: &mut Pixel) {
        if let Some((source, cover)) = band.layers[far].at(row, column)
            && cover > 0.0
            && band.layers[far].depth(row, column) <= band.layers[own].depth(row, column) + self.shape.unit_px * NEAR
        {
            let look = self.look.bilinear(source);
            let light = self.shape.far_light.extend(1.0).to_array();
            pixel.behind(std::array::from_fn(|n| look[n] * light[n] * cover), cover, cover);
        }
    }
}

/// How far a pixel that comes from so far away is drawn, 0 to 1.
#[inline(always)]
fn moves(displacement: Vec2) -> f32 {
    let far = displacement.abs().max_element();
    ((far - MOVES_PX.start) / (MOVES_PX.end - MOVES_PX.start)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
