//! Faces in real pictures: every shared portrait is found and placed, the dog is not, and a face that moves in a known way is tracked that way.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use glam::{Vec2, Vec3};
use image::{RgbImage, RgbaImage};
use retrato::builtin;
use retrato::data::{FaceMesh, Frame, FrameTime, Input, Landmarks, PixelBox};
use retrato::face::{FaceFinders, MeshModel};
use retrato::portrait::{FaceCandidate, OpenLimits, Picture, crop_around, find_faces, fit_in_box, open_picture, portrait};
use retrato::track::{DlibFinder, FaceModel, FaceReader, MeshReader, TrackOptions, Tracker};
use test_needs::needs;

use crate::shared::shared_media;

static MODEL: LazyLock<Arc<FaceModel>> =
    LazyLock::new(|| Arc::new(FaceModel::load(None).expect("the tests need the landmark model of libdlib-data")));

/// Where the eyes are in each portrait, measured by hand: the person's right and left pupil as shares of the picture's sides.
const EYES: [(&str, Vec2, Vec2); 6] = [
    ("mona_lisa.jpg", Vec2::new(0.356, 0.437), Vec2::new(0.519, 0.435)),
    ("girl_with_a_pearl_earring.jpg", Vec2::new(0.344, 0.380), Vec2::new(0.455, 0.398)),
    ("cartoon_boy.jpg", Vec2::new(0.372, 0.482), Vec2::new(0.626, 0.480)),
    ("terracotta_warrior.jpg", Vec2::new(0.440, 0.430), Vec2::new(0.553, 0.428)),
    ("photo_1904.jpg", Vec2::new(0.408, 0.327), Vec2::new(0.578, 0.319)),
    ("sargent_black_dress.jpg", Vec2::new(0.462, 0.195), Vec2::new(0.535, 0.193)),
];

fn shared_portrait(name: &str) -> Picture {
    open_picture(&shared_media(&format!("portraits/{name}")), OpenLimits::default()).expect("a shared portrait opens")
}

/// The faces of a picture as the landmark model alone finds them, and as it finds them together with the face reader.
fn faces_both_ways(pixels: &RgbaImage) -> [Vec<FaceCandidate>; 2] {
    let mut dlib = DlibFinder::new(Arc::clone(&MODEL));
    let mut reader = MeshReader::load().expect("the tests need the face reader's model");
    let alone = find_faces(&mut FaceFinders { landmarks: Some(&mut dlib), mesh: None }, pixels);
    [alone, find_faces(&mut FaceFinders { landmarks: Some(&mut dlib), mesh: Some(&mut reader) }, pixels)]
}

#[needs(shared_media, landmark_model, face_model)]
#[test]
fn every_portrait_has_its_face_where_the_eyes_are() {
    for (name, right_eye, left_eye) in EYES {
        let picture = shared_portrait(name);
        for faces in faces_both_ways(&picture.pixels) {
            assert_eq!(faces.len(), 1, "{name} shows one face");
            let size = Vec2::new(picture.pixels.width() as f32, picture.pixels.height() as f32);
            let landmarks = &faces[0].landmarks_in_image;
            for (want, region) in [(right_eye, 36..42), (left_eye, 42..48)] {
                let (want, got) = (want * size, landmarks.centre(region));
                assert!(want.distance(got) < 0.2 * landmarks.inter_ocular(), "{name}: an eye at {want} was placed at {got}");
            }
            let crop = crop_around(landmarks).expect("a face has a crop");
            let (low, high) = landmarks.bounds();
            let inside =
                |p: Vec2| crop.crop_from_image(p).cmpgt(Vec2::splat(40.0)).all() && crop.crop_from_image(p).cmplt(Vec2::splat(216.0)).all();
            assert!(inside(low) && inside(high), "{name}: the face has no room in its crop");
            let portrait = portrait(picture.clone(), &faces[0]).expect("a portrait");
            let mesh = portrait.mesh_in_image.expect("every portrait has a mesh");
            let unit = landmarks.inter_ocular();
            let off = mean_distance(&mesh.landmarks(), landmarks) / unit;
            assert!(off < 0.01, "{name}: the mesh's landmarks are {off} inter-ocular distances off");
            // The tip of the nose stands before the eyes' corners, the face's sides lie behind them; of a turned head in the mean of both sides.
            let depth = |points: [usize; 2]| points.map(|i| mesh.0[i].z / unit).iter().sum::<f32>() / 2.0;
            let [nose, corners, sides] = [[4, 4], [33, 263], [234, 454]].map(depth);
            assert!(nose < corners - 0.2 && sides > corners + 0.2, "{name}: depths {nose}, {corners}, {sides}");
        }
    }
}

#[needs(shared_media, landmark_model, face_model)]
#[test]
fn a_dog_is_no_person() {
    let picture = shared_portrait("dog_no_human_face.jpg");
    assert_eq!(faces_both_ways(&picture.pixels), [[], []], "the dog was taken for a person");
}

/// Mean distance of the points of two faces in space, when both have the same mean depth.
fn distance_in_space(a: &FaceMesh, b: &FaceMesh) -> f32 {
    let pairs = || a.0.iter().zip(b.0.iter());
    let depth = pairs().map(|(p, q)| q.z - p.z).sum::<f32>() / FaceMesh::COUNT as f32;
    pairs().map(|(p, q)| (*p + Vec3::Z * depth).distance(*q)).sum::<f32>() / FaceMesh::COUNT as f32
}

/// Measured: 0.016 (garden), 0.020 (lady) and 0.027 (dutch); that of the fourth was fitted itself.
#[test]
fn a_mesh_fitted_to_landmarks_alone_is_near_the_one_that_was_read() {
    let model = MeshModel::shipped().expect("the program's own");
    for builtin in &builtin::PORTRAITS {
        let portrait = builtin.portrait().expect("a built-in portrait");
        let read = portrait.mesh_in_image.expect("it was read");
        let unit = portrait.landmarks_in_image.inter_ocular();
        let fitted = model.fit(&read.landmarks(), Some(read.pupils())).expect("a face");
        let off = mean_distance(&fitted.landmarks(), &read.landmarks());
        assert!(off < 0.5, "{}: its landmarks are {off} pixels off", builtin.name);
        let error = distance_in_space(&fitted, &read) / unit;
        assert!(error < 0.05, "{}: {error} inter-ocular distances off in space", builtin.name);
    }
}

#[needs(shared_media, landmark_model, face_model)]
#[test]
fn several_faces_come_largest_first_and_small_ones_are_found() {
    let (large, small) = (shared_portrait("mona_lisa.jpg"), shared_portrait("photo_1904.jpg"));
    let mut wall = RgbaImage::from_pixel(1600, 1100, image::Rgba([120, 110, 100, 255]));
    image::imageops::overlay(&mut wall, &*large.pixels, 100, 200);
    image::imageops::overlay(&mut wall, &image::imageops::thumbnail(&*small.pixels, 300, 400), 1000, 300);
    for faces in faces_both_ways(&wall) {
        let places: Vec<_> = faces.iter().map(|face| face.place).collect();
        assert_eq!(places.len(), 2, "two people hang on the wall: {places:?}");
        assert!(places[0].centre.x < 702.0 && places[1].centre.x > 1000.0, "the larger one first: {places:?}");
        assert!(places[0].side_px > places[1].side_px, "sorted by size: {places:?}");
    }
}

#[needs(shared_media, landmark_model, face_model)]
#[test]
fn a_very_small_face_in_a_large_picture_is_found() {
    let picture = shared_portrait("photo_1904.jpg");
    let mut hall = RgbaImage::from_pixel(1800, 1300, image::Rgba([90, 80, 70, 255]));
    image::imageops::overlay(&mut hall, &image::imageops::thumbnail(&*picture.pixels, 200, 267), 700, 500);
    for faces in faces_both_ways(&hall) {
        assert_eq!(faces.len(), 1, "one person in the hall");
        assert!(faces[0].place.centre.distance(Vec2::new(797.0, 604.0)) < 12.0, "at {}", faces[0].place.centre);
    }
}

#[needs(shared_media, landmark_model, face_model)]
#[test]
fn a_box_drawn_by_hand_is_filled_with_the_face_in_it() {
    for (name, right_eye, left_eye) in EYES {
        let picture = shared_portrait(name);
        let size = Vec2::new(picture.pixels.width() as f32, picture.pixels.height() as f32);
        let (right_eye, left_eye) = (right_eye * size, left_eye * size);
        let between = 0.5 * (right_eye + left_eye);
        let unit = right_eye.distance(left_eye);
        // Drawn as people do: a bit loose, a bit off.
        let drawn = PixelBox {
            left: between.x - 1.5 * unit,
            top: between.y - 0.8 * unit,
            right: between.x + 1.3 * unit,
            bottom: between.y + 2.1 * unit,
        };
        let mut dlib = DlibFinder::new(Arc::clone(&MODEL));
        let mut reader = MeshReader::load().expect("the tests need the face reader's model");
        for finders in [FaceFinders { landmarks: Some(&mut dlib), mesh: None }, FaceFinders { landmarks: None, mesh: Some(&mut reader) }] {
            let mut finders = finders;
            let face = fit_in_box(&mut finders, &picture.pixels, &drawn).expect("a box on a face");
            let is_read = finders.mesh.is_some();
            if is_read && face.mesh_in_image.is_none() {
                continue;
            }
            for (want, region) in [(right_eye, 36..42), (left_eye, 42..48)] {
                let got = face.landmarks_in_image.centre(region);
                assert!(want.distance(got) < 0.25 * unit, "{name}: an eye at {want} was placed at {got}");
            }
        }
    }
}

/// The driver's position in a frame of the made-up clip: scale, tilt and middle of the picture in the frame.
fn motion(frame: usize) -> (f32, f32, Vec2) {
    let t = frame as f32 / 30.0;
    (0.75 + 0.1 * (2.0 * t).sin(), 0.35 * (3.0 * t).sin(), Vec2::new(320.0 + 90.0 * (2.5 * t).sin(), 250.0 + 25.0 * (4.0 * t).cos()))
}

/// A portrait that moves before a wall with a pattern.
fn moving_portrait(portrait: &RgbaImage, frame: usize) -> RgbImage {
    let (scale, roll, middle) = motion(frame);
    let half = Vec2::new(portrait.width() as f32, portrait.height() as f32) * 0.5;
    RgbImage::from_fn(640, 480, |x, y| {
        let p = Vec2::from_angle(-roll).rotate(Vec2::new(x as f32, y as f32) - middle) / scale + half;
        let wall = || image::Rgb([((x / 9 * 31 + y / 7 * 17) % 90) as u8 + 60; 3]);
        let sampled = image::imageops::interpolate_bilinear(portrait, p.x, p.y);
        sampled.map_or_else(wall, |image::Rgba([r, g, b, _])| image::Rgb([r, g, b]))
    })
}

fn frame(pixels: RgbImage, index: usize) -> Input {
    let media_time = Duration::from_secs_f64(index as f64 / 30.0);
    Input::Frame(Frame { pixels: Arc::new(pixels), time: FrameTime { index: index as u64, media_time, captured_at: Instant::now() } })
}

#[needs(shared_media, landmark_model)]
#[test]
fn a_known_motion_is_tracked_and_a_face_that_left_is_not_made_up() {
    let portrait = shared_portrait("photo_1904.jpg");
    let mut dlib = DlibFinder::new(Arc::clone(&MODEL));
    let mut finders = FaceFinders { landmarks: Some(&mut dlib), mesh: None };
    let face = find_faces(&mut finders, &portrait.pixels).remove(0).landmarks_in_image;
    let mut tracker =
        Tracker::new(Some(Arc::clone(&MODEL)), TrackOptions { smoothing: 0.0, reader: FaceReader::Dlib, ..TrackOptions::default() });
    let half = Vec2::new(portrait.pixels.width() as f32, portrait.pixels.height() as f32) * 0.5;
    for index in 0..45 {
        let tracked = tracker.track(frame(moving_portrait(&portrait.pixels, index), index));
        let got = tracked.face.expect("the face is in every frame");
        let (scale, roll, middle) = motion(index);
        let want = face.map(|p| Vec2::from_angle(roll).rotate(p - half) * scale + middle);
        let error = mean_distance(&want, &got.landmarks_in_frame) / want.inter_ocular();
        assert!(error < 0.05, "frame {index}: landmarks are off by {error} inter-ocular distances");
        assert!((got.pose.roll_rad - roll).abs() < 0.12, "frame {index}: roll {} instead of {roll}", got.pose.roll_rad);
    }
    let wall = RgbImage::from_fn(640, 480, |x, y| image::Rgb([((x / 9 * 31 + y / 7 * 17) % 90) as u8 + 60; 3]));
    let seen = (45..75).filter(|index| tracker.track(frame(wall.clone(), *index)).face.is_some()).count();
    assert!(seen <= 15, "a face was reported for {seen} frames after it left");
    let back = tracker.track(frame(moving_portrait(&portrait.pixels, 80), 80));
    assert!(back.face.is_some(), "the face is found again in the first frame that shows it");
}

fn mean_distance(a: &Landmarks, b: &Landmarks) -> f32 {
    a.0.iter().zip(&b.0).map(|(p, q)| p.distance(*q)).sum::<f32>() / Landmarks::COUNT as f32
}
