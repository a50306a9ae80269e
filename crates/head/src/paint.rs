//! Draws a head on the CPU, bands of rows in parallel: straight into a picture of the portrait's own size.

use std::ops::Range;

use glam::{Vec2, Vec3};
use image::RgbaImage;
use pulp::Arch;
use rayon::prelude::*;
use retrato_core::data::{Crop, MouthPicture};

use crate::eye::EyeLook;
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

/// A part of a picture in whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// First column.
    pub left: u32,
    /// First row.
    pub top: u32,
    /// Number of columns.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
}

impl Region {
    /// The reach of a crop, cut to a picture of that width and height.
    pub fn of(crop: &Crop, (width, height): (u32, u32)) -> Self {
        let reach = crop.reach();
        let span = |origin: f32, size: u32| {
            let first = origin.floor().clamp(0.0, size as f32) as u32;
            let end = (origin + reach.side_px).ceil().clamp(0.0, size as f32) as u32;
            (first, end.saturating_sub(first))
        };
        let ((left, width), (top, height)) = (span(reach.origin_px[0], width), span(reach.origin_px[1], height));
        Self { left, top, width, height }
    }
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
        let Region { left, top, width, height } = shape.region;
        let plate = if plate.dimensions() == shape.picture.dimensions() { plate } else { &*shape.plate };
        if width < 2 || height < 2 || target.dimensions() != shape.picture.dimensions() {
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
            let place = BandPlace { left: left as i32, top: (top as usize + number * BAND) as i32, width: width as usize };
            let painting = Painting { shape, posed, mouth, plate, place, look: look[0], layer: look[1] };
            // The same with the processor's widest vectors.
            Arch::new().dispatch(
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

/// The shortest range in which both lie.
fn hull(a: Range<usize>, b: Range<usize>) -> Range<usize> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b,
        (_, true) => a,
        _ => a.start.min(b.start)..a.end.max(b.end),
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
                        let at = Vec2::new((left as usize + column) as f32, (top as usize + row) as f32);
                        let ([r, g, b], share, moved) = look(at, Vec2::new(x, y), Vec2::new(upper, lower));
                        if share > 0.0 {
                            band.over[row * width + column] = [r, g, b, share, moved];
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
                        let at = Vec2::new((left as usize + column) as f32, (top as usize + row) as f32);
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
        let y = top as usize + row;
        let first = y * self.shape.picture.width() as usize + left as usize;
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
            let at = Vec2::new((left as usize + column) as f32, y as f32);
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
            && let Some((source, cover)) = band.layers[FRONT].at(row, column)
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
mod tests {
    use std::sync::Arc;

    use glam::Mat3;
    use retrato_core::data::{FaceMesh, HeadMotion, MeshMotion};

    use super::*;
    use crate::shape::testing;

    fn painted(shape: &HeadShape, expression: &FaceMesh, head: HeadMotion) -> RgbaImage {
        let motion = MeshMotion { expression_in_crop: Arc::new(expression.clone()), head };
        let (mut posed, mut target) = (PosedHead::default(), (*shape.picture).clone());
        shape.pose(&motion, &mut posed);
        HeadPainter::default().paint(shape, &posed, &MouthPicture::default(), &shape.plate, &mut target, &(0..0));
        target
    }

    /// A turn about a point between the ears; positive to the picture's left.
    fn turned(shape: &HeadShape, degrees: f32) -> HeadMotion {
        let pivot = shape.mesh.0[168] + Vec3::new(0.0, 0.2, 1.2) * shape.unit_px;
        HeadMotion::about(pivot, Mat3::from_rotation_y(degrees.to_radians()), 1.0, Vec3::ZERO)
    }

    /// The test's head with a picture of one colour in which some places are painted over, each of them inside lines between points of the mesh.
    fn with_marks(marks: &[(&[u16], f32, [u8; 3])]) -> HeadShape {
        let shape = testing::head();
        let inside = |ring: &[u16], shrunk: f32, at: Vec2| {
            let points: Vec<Vec2> = ring.iter().map(|i| shape.crop.image_from_crop(shape.mesh.0[usize::from(*i)].truncate())).collect();
            let middle = points.iter().sum::<Vec2>() / points.len() as f32;
            let points: Vec<Vec2> = points.iter().map(|p| middle.lerp(*p, shrunk)).collect();
            let crossings = (0..points.len()).filter(|i| {
                let (a, b) = (points[*i], points[(i + 1) % points.len()]);
                (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x)
            });
            crossings.count() % 2 == 1
        };
        let picture = RgbaImage::from_fn(shape.picture.width(), shape.picture.height(), |x, y| {
            let mark = marks.iter().find(|(ring, shrunk, _)| inside(ring, *shrunk, Vec2::new(x as f32, y as f32)));
            let [r, g, b] = mark.map_or([90; 3], |(.., colour)| *colour);
            image::Rgba([r, g, b, 255])
        });
        HeadShape { picture: Arc::new(picture), ..shape }
    }

    fn count(picture: &RgbaImage, is_it: impl Fn([u8; 4]) -> bool) -> usize {
        picture.pixels().filter(|pixel| is_it(pixel.0)).count()
    }

    #[test]
    fn a_head_at_rest_is_the_portrait_bit_for_bit() {
        let shape = testing::head();
        assert!(painted(&shape, &shape.mesh, HeadMotion::default()).as_raw() == shape.picture.as_raw(), "nothing moves");
        let turned = painted(&shape, &shape.mesh, turned(&shape, 20.0));
        assert!(turned.as_raw() != shape.picture.as_raw(), "and something does when it turns");
    }

    #[test]
    fn rows_that_were_changed_are_the_portraits_again() {
        let shape = testing::head();
        let (mut posed, mut painter, mut target) = (PosedHead::default(), HeadPainter::default(), (*shape.picture).clone());
        let mut changed = 0..0;
        for degrees in [30.0, -10.0, 0.0] {
            let motion = MeshMotion { expression_in_crop: Arc::new(shape.mesh.clone()), head: turned(&shape, degrees) };
            shape.pose(&motion, &mut posed);
            changed = painter.paint(&shape, &posed, &MouthPicture::default(), &shape.plate, &mut target, &changed);
            assert_eq!(changed.is_empty(), degrees == 0.0, "rows that differ at {degrees} degrees: {changed:?}");
        }
        assert!(target.as_raw() == shape.picture.as_raw(), "after all of it");
    }

    #[test]
    fn near_points_go_farther_than_far_ones() {
        let shape = testing::head();
        let mut posed = PosedHead::default();
        let motion = MeshMotion { expression_in_crop: Arc::new(shape.mesh.clone()), head: turned(&shape, 15.0) };
        shape.pose(&motion, &mut posed);
        let way = |i: usize| (posed.face.at[i].x - shape.face.vertices[i].source.x).abs();
        assert!(way(1) > way(6) && way(6) > 1.5 * way(234).min(way(454)), "nose {}, bridge {}, ears {} {}", way(1), way(6), way(234), way(454));
    }

    #[test]
    fn the_far_cheek_is_hidden_and_the_near_one_is_not() {
        let partners = FaceMesh::partners();
        let right: [u16; 9] = [227, 116, 123, 147, 215, 58, 132, 93, 234];
        let left = right.map(|i| partners[usize::from(i)]);
        let shape = with_marks(&[(&right, 1.0, [250, 0, 0]), (&left, 1.0, [0, 0, 250])]);
        let red = |picture: &RgbaImage| count(picture, |[r, g, ..]| r > 150 && g < 60);
        let blue = |picture: &RgbaImage| count(picture, |[_, g, b, _]| b > 150 && g < 60);
        let away = painted(&shape, &shape.mesh, turned(&shape, 38.0));
        assert!(blue(&shape.picture) > 20 && red(&shape.picture) > 20, "both are seen at rest");
        let [hidden, shown] = [red(&away), blue(&away)].map(|n| n as f32);
        let [a, b] = [red(&shape.picture), blue(&shape.picture)].map(|n| n as f32);
        let (far, near) = if hidden / a < shown / b { (hidden / a, shown / b) } else { (shown / b, hidden / a) };
        assert!(far < 0.3 && near > 0.9, "far {far}, near {near}");
    }

    #[test]
    fn shut_lids_leave_no_pixel_of_the_eye() {
        let shape = with_marks(&[(&FaceMesh::EYES[0], 0.6, [0, 250, 0]), (&FaceMesh::EYES[1], 0.6, [0, 250, 0])]);
        let green = |picture: &RgbaImage| count(picture, |[r, g, ..]| g > r.saturating_add(60));
        assert!(green(&shape.picture) > 10, "eyes are seen at rest");
        let mut shut = shape.mesh.clone();
        for edge in FaceMesh::EYES {
            (1..8).for_each(|i| shut.0[usize::from(edge[i])] = shut.0[usize::from(edge[16 - i])]);
        }
        assert_eq!(green(&painted(&shape, &shut, HeadMotion::default())), 0, "shut");
        assert_eq!(green(&painted(&shape, &shut, turned(&shape, 20.0))), 0, "shut and turned");
        let mut half = shape.mesh.clone();
        for edge in FaceMesh::EYES {
            (1..8).for_each(|i| half.0[usize::from(edge[i])] = shape.mesh.0[usize::from(edge[i])].midpoint(shape.mesh.0[usize::from(edge[16 - i])]));
        }
        let seen = green(&painted(&shape, &half, HeadMotion::default()));
        assert!(seen > 0 && seen < green(&shape.picture), "half shut: {seen}");
    }

    #[test]
    fn nonsense_gives_a_picture_all_the_same() {
        let shape = testing::head();
        for wild in [f32::NAN, f32::INFINITY, -1e30] {
            let nowhere = shape.mesh.map(|p| p + wild);
            let spin = HeadMotion { rotation: Mat3::from_cols_array(&[wild; 9]), scale: wild, translation: Vec3::splat(wild) };
            for (mesh, head) in [(&nowhere, HeadMotion::default()), (&shape.mesh, spin), (&nowhere, spin)] {
                assert_eq!(painted(&shape, mesh, head).dimensions(), shape.picture.dimensions(), "{wild}");
            }
        }
    }
}
