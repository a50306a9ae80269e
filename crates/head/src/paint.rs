//! Draws a head on the CPU, bands of rows in parallel: straight into a picture of the portrait's own size.

#![expect(clippy::inline_always, reason = "code for a vector width must become part of the function that is compiled for it")]

mod lanes;
mod look;

use std::ops::Range;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use rayon::prelude::*;
use retrato_core::data::{MouthPicture, PasteRegion};
use retrato_core::math::hull;
use retrato_core::runtime::{arch, vectorized};

pub use self::look::HeadLook;

use self::lanes::Lanes;
use crate::eye::EyeLook;
use crate::lid;
use crate::patch::{Patch, PatchVertex, covered};
use crate::pose::{PosedHead, PosedSurface};
use crate::raster::{BAND, BandLayer, BandPlace, Bins, Fold, Scan};
use crate::sample::{LANES, Picture, between_bytes, whole_pixels};
use crate::shape::HeadShape;
use crate::surface::Surface;

/// Displacements, in pixels of the picture, from which on a pixel begins to be drawn, and is drawn wholly: below it is the picture's own.
const MOVES_PX: Range<f32> = 1.0 / 64.0..0.5;
/// Share from which on a pixel is covered wholly.
const FULL: f32 = 0.998;

/// Steps in depth from one pixel to the next that are folds, in distances between the eyes: a jaw before its neck, a nose before its cheek. Tuned by eye on
/// `sargent_black_dress`, `photo_1904` and `long_hair_waterfall` moved by `lively_turns`: with smaller ones, slivers of cloth are taken for folds.
const FOLD: f32 = 0.05;

/// The dark in a mouth next to the skin.
const DARK: Vec3 = Vec3::new(0.34, 0.20, 0.20);

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
        let looks = [Picture::new(&shape.picture), Picture::new(&shape.layer)];
        let corner = Vec2::new(left as f32, top as f32);
        let fold_px = FOLD * shape.unit_px * shape.crop.scale();
        let written = rows.par_chunks_mut(BAND * stride).enumerate().map_init(Band::default, |band, (number, rows)| {
            let place = BandPlace { left: left as usize, top: top as usize + number * BAND, width: width as usize };
            let [look, layer] = looks;
            let painting = Painting { shape, posed, mouth, plate, place, look, layer, corner, back_px: shape.back_px(), fold_px };
            // The same with the processor's widest vectors.
            vectorized(
                arch(),
                #[inline(always)]
                || {
                    painting.surfaces(band, std::array::from_fn(|n| (surfaces[n], poses[n], bins[n].of(number))));
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
    /// First pixel of the layer.
    corner: Vec2,
    /// Reach of the mean that the back of the head shows, in pixels of the picture.
    back_px: f32,
    /// Steps in depth that are folds, in pixels of the picture.
    fold_px: f32,
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
    /// Draws the listed triangles of all surfaces.
    #[inline(always)]
    fn surfaces(&self, band: &mut Band, surfaces: [(&Surface, &PosedSurface, &[u32]); SURFACES]) {
        for (layer, (surface, posed, listed)) in band.layers.iter_mut().zip(surfaces) {
            layer.clear(self.place.width);
            layer.draw(self.place, surface, posed, listed);
        }
        for layer in [FACE, FRONT] {
            band.layers[layer].find_folds(self.fold_px);
        }
    }

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
        let shown = self.posed.disocclusion > 0.0;
        if drawn.is_empty() && !shown {
            if was_changed {
                out.copy_from_slice(own);
            }
            return false;
        }
        let mut differs = false;
        let mut column = 0;
        while column < width {
            let together = out.get_mut(column..).and_then(<[_]>::first_chunk_mut);
            if let Some(out) = together
                && self.together(band, row, column, [own, plate], out)
            {
                differs |= *out != own[column..column + LANES];
                column += LANES;
                continue;
            }
            let end = (column + LANES).min(width);
            for column in column..end {
                let pixel = self.shown(band, row, column, &drawn, [own[column], plate[column]]);
                differs |= pixel != own[column];
                out[column] = pixel;
            }
            column = end;
        }
        differs
    }

    /// Writes some pixels at once, as [`Self::shown`] does one by one, where face, front and plate are all that is seen; whether it is so.
    #[inline(always)]
    fn together(&self, band: &Band, row: usize, column: usize, [own, plate]: [&[[u8; 4]]; 2], out: &mut [[u8; 4]; LANES]) -> bool {
        let none = |layer: usize| band.layers[layer].none(row, column);
        let is_over = |n: usize| band.over_columns.contains(&n) && band.over[row * self.place.width + n][3] > 0.0;
        if !none(FAR_SIDE) || (column..column + LANES).any(is_over) {
            return false;
        }
        let at = [(self.place.left + column) as f32, (self.place.top + row) as f32];
        let whole = whole_pixels(&own[column..column + LANES]);
        let mut pixels = Lanes::default();
        let (has_face, has_front) = (!none(FACE), !none(FRONT));
        if has_face {
            let face = &band.layers[FACE];
            let Some(seen) = face.all(row, column).filter(|_| face.surrounds(row, column)) else { return false };
            pixels.behind(&self.look, seen, [0.0; 2], at, true);
        }
        if !pixels.are_full() {
            if !none(FAR_FRONT) {
                return false;
            }
            if has_front {
                let Some(seen) = band.layers[FRONT].all(row, column) else { return false };
                pixels.behind(&self.layer, seen, self.corner.into(), at, false);
            }
            if !pixels.are_full() {
                if !none(BACK) {
                    return false;
                }
                if !has_face && !has_front && self.posed.disocclusion >= 1.0 {
                    out.copy_from_slice(&plate[column..column + LANES]);
                    return true;
                }
                pixels.end(&whole, &whole_pixels(&plate[column..column + LANES]), self.posed.disocclusion, !has_face && !has_front);
            }
        }
        pixels.write(&whole, out);
        true
    }

    /// A pixel, whatever is seen in it; `drawn` are the columns of the row with any surface.
    #[inline(always)]
    fn shown(&self, band: &Band, row: usize, column: usize, drawn: &Range<usize>, [own, plate]: [[u8; 4]; 2]) -> [u8; 4] {
        let behind = |n: usize| f32::from(own[n]) + self.posed.disocclusion * (f32::from(plate[n]) - f32::from(own[n]));
        let is_covered = drawn.contains(&column) && band.layers.iter().any(|layer| layer.depth(row, column) < f32::INFINITY);
        if !is_covered {
            let is_plate = self.posed.disocclusion >= 1.0 || own == plate;
            return if is_plate { plate } else { between_bytes(std::array::from_fn(behind)) };
        }
        let at = Vec2::new((self.place.left + column) as f32, (self.place.top + row) as f32);
        let pixel = self.pixel(band, row, column, at, behind);
        mixed(own, pixel.colour, pixel.moved)
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
            let mut look = self.look.bilinear(source);
            let mut moved = moves(source - at);
            if let Some(Fold { share, source, .. }) = band.layers[FACE].fold(row, column, self.fold_px) {
                mix(&mut look, share, self.look.bilinear(source));
                moved = moved.max(moves(source - at));
            }
            pixel.behind(look.map(|v| v * cover), cover, moved);
        }
        if pixel.share < FULL {
            self.far_look(band, [FAR_FRONT, FRONT], row, column, &mut pixel);
        }
        if pixel.share < FULL
            && let Some((source, cover)) = band.layers[FRONT].inside(row, column)
        {
            let mut moved = moves(source - at);
            let fold = band.layers[FRONT].fold(row, column, self.fold_px);
            if moved <= 0.0 && pixel.share <= 0.0 && fold.is_none() {
                // Shoulders, and all that is at rest: nothing of what lies behind counts there.
                return pixel;
            }
            is_head = true;
            let mut look = self.layer.bilinear(source - self.corner).map(|v| v * cover);
            if let Some(Fold { share, source, cover }) = fold {
                mix(&mut look, share, self.layer.bilinear(source - self.corner).map(|v| v * cover));
                moved = moved.max(moves(source - at));
            }
            pixel.behind(look, look[3] / 255.0, moved);
        }
        if pixel.share < FULL
            && let Some((source, cover)) = band.layers[BACK].at(row, column)
            && cover > 0.0
        {
            pixel.behind(self.back_look(source).map(|v| v * cover), cover, if is_head { 0.0 } else { 1.0 });
            is_head = true;
        }
        if pixel.share < FULL {
            pixel.behind(std::array::from_fn(behind), 1.0, if is_head { 0.0 } else { 1.0 });
        }
        pixel
    }

    /// The back of the head at a place of the picture: the mean of the head's own colours round it. Detail would give away that it was copied.
    #[inline(always)]
    fn back_look(&self, source: Vec2) -> [f32; 4] {
        let mut sum = [0.0; 4];
        for step in HeadLook::BACK_STEPS {
            let look = self.layer.bilinear(source - self.corner + self.back_px * step);
            (0..4).for_each(|n| sum[n] += look[n]);
        }
        sum.map(|v| v * 255.0 / sum[3].max(1.0))
    }

    /// The other side's look over a surface, as far as it is nothing behind that.
    #[inline(always)]
    fn far_look(&self, band: &Band, [far, own]: [usize; 2], row: usize, column: usize, pixel: &mut Pixel) {
        if let Some((source, cover)) = band.layers[far].at(row, column)
            && cover > 0.0
            && band.layers[far].depth(row, column) <= band.layers[own].depth(row, column) + self.shape.near_px()
        {
            let look = if far == FAR_FRONT { self.layer.bilinear(source - self.corner) } else { self.look.bilinear(source) };
            let light = self.shape.far_light.extend(1.0).to_array();
            pixel.behind(std::array::from_fn(|n| look[n] * light[n] * cover), cover * look[3] / 255.0, cover);
        }
    }
}

/// A pixel of the picture with so much of a colour, 0 to 1.
#[inline(always)]
fn mixed(own: [u8; 4], colour: [f32; 4], share: f32) -> [u8; 4] {
    let mut mixed = [0.0; 4];
    for n in 0..4 {
        let own = f32::from(own[n]);
        // All of it is the colour itself, without rounding.
        mixed[n] = if share >= 1.0 { colour[n] } else { own + share * (colour[n] - own) };
    }
    between_bytes(mixed)
}

/// So much of a colour, and another one behind it.
#[inline(always)]
fn mix(colour: &mut [f32; 4], share: f32, behind: [f32; 4]) {
    (0..4).for_each(|n| colour[n] = behind[n] + share * (colour[n] - behind[n]));
}

/// How far a pixel that comes from so far away is drawn, 0 to 1.
#[inline(always)]
fn moves(displacement: Vec2) -> f32 {
    let Vec2 { x, y } = displacement.abs();
    let far = if x > y { x } else { y };
    ((far - MOVES_PX.start) / (MOVES_PX.end - MOVES_PX.start)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
