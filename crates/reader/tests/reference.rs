//! The reader against recorded values of MediaPipe 0.10.14, and its behaviour on whole pictures.
//!
//! `tests/data/make_reference.py` made the values, from a portrait of our own.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what is wrong")]

use std::time::Duration;

use glam::{DVec2, Vec3};
use retrato_reader::{FaceReading, POINTS, Reader, Region, RgbView, Smoothing, testing};
use test_needs::needs;

/// Side of the stored picture.
const SIDE: usize = 144;
/// Numbers that are recorded for each picture: points, coefficients, matrix.
const RECORD: usize = 3 * POINTS + 52 + 16;

fn reader() -> Reader {
    Reader::load(&testing::model_file()).unwrap()
}

fn portrait() -> Vec<u8> {
    include_bytes!("data/portrait.rgb").to_vec()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The picture moved to the right and down; what leaves comes back on the other side.
fn rolled(pixels: &[u8], right: usize, down: usize) -> Vec<u8> {
    let row = |y: usize| &pixels[(y + SIDE - down) % SIDE * SIDE * 3..][..SIDE * 3];
    (0..SIDE).flat_map(|y| row(y).iter().cycle().skip(3 * (SIDE - right)).take(SIDE * 3).copied().collect::<Vec<u8>>()).collect()
}

/// A picture of another size with the portrait drawn into it, turned and scaled about its centre, on grey.
fn placed(width: usize, height: usize, centre: DVec2, scale: f64, angle: f64) -> Vec<u8> {
    let pixels = portrait();
    let pixel = |x: usize, y: usize| {
        let at = DVec2::from_angle(-angle).rotate(DVec2::new(x as f64, y as f64) - centre) / scale + SIDE as f64 / 2.0;
        let inside = at.cmpge(DVec2::ZERO).all() && at.cmplt(DVec2::splat(SIDE as f64 - 1.0)).all();
        let (low, part) = (at.floor(), at - at.floor());
        let value = |dx: usize, dy: usize, c: usize| f64::from(pixels[((low.y as usize + dy) * SIDE + low.x as usize + dx) * 3 + c]);
        let blend = |c: usize| {
            let [upper, lower] = [0, 1].map(|dy| value(0, dy, c) * (1.0 - part.x) + value(1, dy, c) * part.x);
            (upper * (1.0 - part.y) + lower * part.y).round() as u8
        };
        if inside { [0, 1, 2].map(blend) } else { [128; 3] }
    };
    (0..width * height).flat_map(|i| pixel(i % width, i / width)).collect()
}

/// Compares a reading with a record. Points agree to `px`, coefficients to `coefficient`, the matrix to `cm`.
fn assert_agrees(reading: &FaceReading, record: &[f32], px: f32, coefficient: f32, cm: f32, what: &str) {
    let points = reading.points.iter().flat_map(Vec3::to_array);
    let matrix = reading.pose.unwrap().matrix().to_cols_array().map(|v| v as f32);
    for (values, wanted, tolerance, part) in [
        (points.collect::<Vec<_>>(), &record[..3 * POINTS], px, "points"),
        (reading.coefficients.to_vec(), &record[3 * POINTS..][..52], coefficient, "coefficients"),
        (matrix.to_vec(), &record[3 * POINTS + 52..], cm, "matrix"),
    ] {
        let worst = values.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= tolerance, "{what}: {part} differ by up to {worst}");
    }
}

#[needs(face_model)]
#[test]
fn a_picture_is_read_as_mediapipe_reads_it() {
    let (mut reader, pixels) = (reader(), portrait());
    let picture = RgbView::new(&pixels, SIDE, SIDE).unwrap();
    let region = reader.detect(&picture)[0];
    let reading = reader.read_region(&picture, &region).unwrap();
    // MediaPipe samples on a grid of 1/32 pixel and rounds colours; that is what is left between the two.
    assert_agrees(&reading, &floats(include_bytes!("data/mediapipe_picture.f32")), 0.1, 0.01, 0.05, "picture");
}

#[needs(face_model)]
#[test]
fn a_film_is_read_and_smoothed_as_mediapipe_does_it() {
    let (mut reader, pixels) = (reader(), portrait());
    reader.set_smoothing(Smoothing::OneEuro);
    for (i, record) in floats(include_bytes!("data/mediapipe_film.f32")).chunks_exact(RECORD).enumerate() {
        let pixels = rolled(&pixels, 3 * i, 2 * i);
        let picture = RgbView::new(&pixels, SIDE, SIDE).unwrap();
        let reading = reader.read(&picture, Duration::from_millis(40 * i as u64)).unwrap();
        assert_agrees(&reading, record, 0.1, 0.01, 0.05, &format!("frame {i}"));
    }
}

#[needs(face_model)]
#[test]
fn a_film_without_a_face_is_none_and_a_face_that_comes_back_is_found_at_once() {
    let (mut reader, pixels, grey) = (reader(), portrait(), vec![128; SIDE * SIDE * 3]);
    let show =
        |reader: &mut Reader, pixels: &[u8], i: u64| reader.read(&RgbView::new(pixels, SIDE, SIDE).unwrap(), Duration::from_millis(40 * i));
    assert!(show(&mut reader, &grey, 0).is_none());
    let first = show(&mut reader, &pixels, 1).unwrap();
    assert!(show(&mut reader, &grey, 2).is_none());
    let again = show(&mut reader, &pixels, 3).unwrap();
    assert_eq!(first.points, again.points, "nothing of the time before is left");
    // The face jumps farther than its region reaches: it is looked for in the same picture.
    let far = placed(600, 300, DVec2::new(100.0, 150.0), 1.2, 0.0);
    let further = placed(600, 300, DVec2::new(500.0, 150.0), 1.2, 0.0);
    let show =
        |reader: &mut Reader, pixels: &[u8], i: u64| reader.read(&RgbView::new(pixels, 600, 300).unwrap(), Duration::from_millis(40 * i));
    let before = show(&mut reader, &far, 4).unwrap();
    assert!(before.points[4].x < 150.0 && !before.followed);
    assert!(show(&mut reader, &far, 5).unwrap().followed);
    let after = show(&mut reader, &further, 6).unwrap();
    assert!(after.points[4].x > 450.0 && !after.followed);
    reader.follow(before.region);
    assert!(show(&mut reader, &far, 7).unwrap().points[4].x < 150.0, "the region is looked at that was asked for");
}

#[needs(face_model)]
#[test]
fn a_small_face_is_found_within_a_second_of_film_and_then_followed() {
    let mut reader = reader();
    let pixels = placed(1280, 720, DVec2::new(1150.0, 110.0), 0.8, 0.1);
    let picture = RgbView::new(&pixels, 1280, 720).unwrap();
    let mut found = (0..60).map(|i| reader.read(&picture, Duration::from_millis(33 * i)));
    let first = found.by_ref().position(|reading| reading.is_some());
    assert!(first.is_some_and(|first| first < 30), "{first:?}");
    assert!(found.all(|reading| reading.is_some_and(|reading| reading.points[4].x > 1100.0)), "it is followed");
}

#[needs(face_model)]
#[test]
fn single_pictures_show_small_faces_several_faces_and_faces_on_their_side() {
    let (mut reader, pixels) = (reader(), portrait());
    let whole = RgbView::new(&pixels, SIDE, SIDE).unwrap();
    let nose = reader.read_still(&whole)[0].points[4].truncate().as_dvec2() - SIDE as f64 / 2.0;
    // A face of a fifteenth of the picture's width.
    for (width, height, centre, scale, angle) in [
        (1600, 900, DVec2::new(1450.0, 120.0), 1.0, 0.0),
        (400, 400, DVec2::new(200.0, 190.0), 1.5, 1.6),
        (300, 900, DVec2::new(150.0, 700.0), 1.0, -0.3),
    ] {
        let pixels = placed(width, height, centre, scale, angle);
        let faces = reader.read_still(&RgbView::new(&pixels, width, height).unwrap());
        assert_eq!(faces.len(), 1, "{width} x {height}, turned by {angle}");
        let wanted = centre + DVec2::from_angle(angle).rotate(nose * scale);
        let got = faces[0].points[4].truncate().as_dvec2();
        assert!(got.distance(wanted) < 4.0 * scale, "{width} x {height}, turned by {angle}: the nose is at {got}, not {wanted}");
    }
    let mut two = placed(700, 300, DVec2::new(120.0, 150.0), 1.5, 0.0);
    let other = placed(700, 300, DVec2::new(550.0, 150.0), 1.0, 0.1);
    let right = two.iter_mut().zip(other).enumerate().filter(|(i, _)| i / 3 % 700 >= 350);
    right.for_each(|(_, (to, from))| *to = from);
    let faces = reader.read_still(&RgbView::new(&two, 700, 300).unwrap());
    assert_eq!(faces.len(), 2);
    assert!(faces[0].points[4].x < 350.0 && faces[1].points[4].x > 350.0, "the larger face comes first");
}

#[needs(face_model)]
#[test]
fn pictures_of_any_size_and_regions_of_any_kind_do_no_harm() {
    let mut reader = reader();
    for (width, height) in [(1, 1), (1, 500), (3000, 2), (7, 5)] {
        let pixels: Vec<u8> = (0..width * height * 3).map(|i| (i * 31 % 251) as u8).collect();
        let picture = RgbView::new(&pixels, width, height).unwrap();
        assert!(reader.read(&picture, Duration::ZERO).is_none());
        assert!(reader.read_still(&picture).is_empty());
    }
    let pixels = portrait();
    let picture = RgbView::new(&pixels, SIDE, SIDE).unwrap();
    for (centre, side, angle) in [
        (DVec2::NAN, 50.0, 0.0),
        (DVec2::splat(1e12), 50.0, 0.0),
        (DVec2::splat(50.0), -3.0, 0.0),
        (DVec2::splat(50.0), 1e300, 0.0),
        (DVec2::splat(50.0), 90.0, f64::NAN),
    ] {
        assert!(reader.read_region(&picture, &Region { centre, size: DVec2::splat(side), angle }).is_none(), "{centre} {side} {angle}");
    }
}
