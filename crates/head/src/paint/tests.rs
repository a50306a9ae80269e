//! What a painted head looks like.

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
fn pixels_that_are_drawn_together_are_as_one_by_one() {
    let shape = testing::head();
    let mut smiling = shape.mesh.clone();
    (0..468).for_each(|i| smiling.0[i].y += if smiling.0[i].y > shape.mesh.0[1].y { 2.0 } else { 0.0 });
    let (mut posed, mut band, mut bins) = (PosedHead::default(), Band::default(), <[Bins; SURFACES]>::default());
    let (mut together, mut all) = (0, 0);
    for degrees in [3.0, 25.0, -30.0] {
        shape.pose(&MeshMotion { expression_in_crop: Arc::new(smiling.clone()), head: turned(&shape, degrees) }, &mut posed);
        let PasteRegion { left, top, width, height } = shape.region;
        let surfaces = [&shape.far_side, &shape.face, &shape.far_front, &shape.front, &shape.back];
        let poses = [&posed.far_side, &posed.face, &posed.far_front, &posed.front, &posed.back];
        let bands = (height as usize).div_ceil(BAND);
        for (bins, (surface, pose)) in bins.iter_mut().zip(surfaces.iter().zip(poses)) {
            bins.fill(surface, pose, [left as f32, top as f32, (left + width) as f32], bands);
        }
        for number in 0..height as usize / BAND {
            let place = BandPlace { left: left as usize, top: top as usize + number * BAND, width: width as usize };
            let [look, layer] = [&*shape.picture, &shape.layer].map(Picture::new);
            let fold_px = FOLD * shape.unit_px * shape.crop.scale();
            let mouth = MouthPicture::default();
            let corner = Vec2::new(left as f32, top as f32);
            let (plate, back_px) = (&*shape.plate, shape.back_px());
            let painting = Painting { shape: &shape, posed: &posed, mouth: &mouth, plate, place, look, layer, corner, back_px, fold_px };
            painting.surfaces(&mut band, std::array::from_fn(|n| (surfaces[n], poses[n], bins[n].of(number))));
            painting.openings(&mut band);
            for row in 0..BAND {
                let first = (place.top + row) * shape.picture.width() as usize + place.left;
                let [own, plate] =
                    [&shape.picture, &shape.plate].map(|picture| &picture.as_raw().as_chunks::<4>().0[first..first + place.width]);
                for column in (0..place.width - LANES).step_by(LANES) {
                    let mut out = [[0; 4]; LANES];
                    all += 1;
                    if painting.together(&band, row, column, [own, plate], &mut out) {
                        together += 1;
                        let drawn = 0..place.width;
                        let one_by_one: [[u8; 4]; LANES] =
                            std::array::from_fn(|n| painting.shown(&band, row, column + n, &drawn, [own[column + n], plate[column + n]]));
                        let off = out.as_flattened().iter().zip(one_by_one.as_flattened()).map(|(a, b)| a.abs_diff(*b)).max();
                        assert!(off <= Some(1), "{out:?} for {one_by_one:?} at {column}, {row} of band {number}, {degrees} degrees");
                    }
                }
            }
        }
    }
    assert!(together > all / 2, "most are: {together} of {all}");
}

#[test]
fn what_an_edge_holds_goes_beyond_it_but_not_away_from_it() {
    let mut shape = testing::head();
    for vertex in &mut shape.front.vertices {
        (vertex.held, vertex.weight) = ([0.0, 0.0, 0.0, 1.0], 1.0);
    }
    let way = |down: f32| {
        let head = HeadMotion { translation: Vec3::new(3.0, down, 0.0), ..HeadMotion::default() };
        let mut posed = PosedHead::default();
        shape.pose(&MeshMotion { expression_in_crop: Arc::new(shape.mesh.clone()), head }, &mut posed);
        let vertex = &shape.front.vertices[0];
        (posed.front.at[0].truncate() - shape.crop.image_from_crop(vertex.rest.truncate())) / shape.crop.scale()
    };
    let (up, down) = (way(-8.0), way(8.0));
    assert!(up.distance(Vec2::new(3.0, 0.0)) < 0.01, "aside, but not up: {up}");
    assert!(down.distance(Vec2::new(3.0, 8.0)) < 0.01, "beyond the lower edge: {down}");
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
    let shape = with_marks(&[(&FaceMesh::EYES[0], 0.8, [250, 0, 250]), (&FaceMesh::EYES[1], 0.8, [250, 0, 250])]);
    let marked = |picture: &RgbaImage| count(picture, |[r, g, b, _]| r.min(b) > 120 && g < 80);
    assert!(marked(&shape.picture) > 10, "eyes are seen at rest");
    let mut shut = shape.mesh.clone();
    for edge in FaceMesh::EYES {
        (1..8).for_each(|i| shut.0[usize::from(edge[i])] = shut.0[usize::from(edge[16 - i])]);
    }
    assert_eq!(marked(&painted(&shape, &shut, HeadMotion::default())), 0, "shut");
    assert_eq!(marked(&painted(&shape, &shut, turned(&shape, 20.0))), 0, "shut and turned");
    let mut half = shape.mesh.clone();
    for edge in FaceMesh::EYES {
        for i in 1..8 {
            half.0[usize::from(edge[i])] = shape.mesh.0[usize::from(edge[i])].midpoint(shape.mesh.0[usize::from(edge[16 - i])]);
        }
    }
    let seen = marked(&painted(&shape, &half, HeadMotion::default()));
    assert!(seen > 0 && seen < marked(&shape.picture), "half shut: {seen}");
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
