//! Tests of the whole retargeting, on the generic head.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{Mat3, Vec2};

use super::*;
use crate::data::{FrameTime, HeadPose, region};
use crate::face::{rotation_from_pose, template};
use crate::settings::Strengths;

/// Landmarks of the generic head under a pose, `scale` pixels per inter-ocular distance, after `shape` has changed it.
fn face(rotation: Mat3, scale: f32, centre: Vec2, shape: impl Fn(usize, Vec3) -> Vec3) -> Landmarks {
    Landmarks(std::array::from_fn(|i| (rotation * shape(i, template()[i])).truncate() * scale + centre))
}

fn unchanged(_: usize, p: Vec3) -> Vec3 {
    p
}

fn portrait() -> Portrait {
    // A wider face with larger eyes than the driver's, turned a little to the side.
    let rotation = rotation_from_pose(HeadPose { yaw_rad: 0.25, pitch_rad: 0.0, roll_rad: 0.05 });
    let eyes = |i: usize, p: Vec3| if region::EYES.contains(&i) { Vec3::new(p.x, p.y * 1.6, p.z) } else { p * Vec3::new(1.1, 1.0, 1.0) };
    let landmarks_in_image = face(rotation, 84.0, Vec2::new(256.0, 220.0), eyes);
    Portrait {
        name: "test".to_owned(),
        pixels: Arc::new(image::RgbaImage::new(512, 512)),
        pupils_in_image: landmarks_in_image.eye_centres().map(|p| p + Vec2::new(3.0, -1.0)),
        mesh_in_image: None,
        landmarks_in_image,
        crop: Crop::whole(512.0),
        content_hash: String::new(),
    }
}

fn tracked(index: u64, landmarks: Option<Landmarks>) -> TrackedFrame {
    let time = FrameTime { index, media_time: Duration::from_millis(33 * index), captured_at: Instant::now() };
    let face = landmarks.map(|landmarks_in_frame| FaceMotion::of_landmarks(landmarks_in_frame, [640, 480]));
    TrackedFrame { time, pixels: None, face }
}

fn driver(shape: impl Fn(usize, Vec3) -> Vec3) -> Landmarks {
    face(Mat3::IDENTITY, 60.0, Vec2::new(320.0, 200.0), shape)
}

/// A retargeter that has seen the neutral driver often enough.
fn calibrated() -> (Retargeter, Landmarks) {
    let portrait = portrait();
    let mut retargeter = Retargeter::default();
    retargeter.set_portrait(&portrait);
    for i in 0..12 {
        retargeter.retarget(&tracked(i, Some(driver(unchanged))));
    }
    assert!(retargeter.is_calibrated(), "twelve frames are enough");
    (retargeter, portrait.landmarks_in_crop())
}

fn largest_distance(a: &Landmarks, b: &Landmarks) -> f32 {
    a.0.iter().zip(&b.0).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max)
}

#[test]
fn a_neutral_driver_leaves_the_portrait_at_rest() {
    let (mut retargeter, rest) = calibrated();
    let moved = retargeter.retarget(&tracked(20, Some(driver(unchanged)))).expect("a portrait is set");
    let distance = largest_distance(&moved.landmarks_in_crop, &rest);
    assert!(distance < 0.05, "rest is met within {distance} pixels");
}

#[test]
fn closed_eyes_close_fully_whatever_their_size() {
    let (mut retargeter, _) = calibrated();
    let blink = driver(|i, p| match i {
        37 | 38 => template()[if i == 37 { 41 } else { 40 }],
        43 | 44 => template()[if i == 43 { 47 } else { 46 }],
        _ => p,
    });
    let before = portrait().landmarks_in_crop().eye_aspect();
    retargeter.retarget(&tracked(20, Some(blink.clone())));
    let moved = retargeter.retarget(&tracked(23, Some(blink))).expect("a portrait is set");
    let after = moved.landmarks_in_crop.eye_aspect();
    assert!(after.iter().all(|aspect| *aspect < 0.05), "lids meet: {before:?} became {after:?}");
}

/// The driver with eyes closed as far as landmarks ever close: 1 is open.
fn narrowed(opening: f32) -> Landmarks {
    driver(|i, p| match i {
        37 | 43 => p + Vec3::Y * (template()[i + 4].y - p.y) * (1.0 - opening),
        38 | 44 => p + Vec3::Y * (template()[i + 2].y - p.y) * (1.0 - opening),
        _ => p,
    })
}

#[test]
fn a_blink_that_landmarks_show_by_half_shuts_the_lids_and_a_squint_does_not() {
    let strengths = Strengths { eyes: 0.5, ..Strengths::default() };
    for (opening, controls, expected) in [
        (0.45, Controls::default(), 0.0..0.05),
        (0.45, Controls { strengths, ..Controls::default() }, 0.15..0.6),
        (0.75, Controls::default(), 0.2..0.6),
    ] {
        let (mut retargeter, _) = calibrated();
        retargeter.set_controls(controls);
        let aspects: Vec<f32> = (20..30)
            .filter_map(|i| retargeter.retarget(&tracked(i, Some(narrowed(opening)))))
            .map(|moved| moved.landmarks_in_crop.eye_aspect()[0])
            .collect();
        assert!(expected.contains(&aspects[4]), "opening {opening} gives {aspects:?}");
    }
}

fn looking(index: u64, landmarks: Landmarks, gaze: Vec2) -> TrackedFrame {
    let mut tracked = tracked(index, Some(landmarks));
    if let Some(face) = &mut tracked.face {
        face.gaze = Some(gaze);
    }
    tracked
}

const NEUTRAL_GAZE: Vec2 = Vec2::new(0.15, -0.1);

/// How far the portrait's pupils lie from rest, in widths of their eyes, when the driver looks `turn` away from neutral.
fn pupils_after(turn: Vec2, controls: Controls) -> [Vec2; 2] {
    let (mut retargeter, _) = calibrated();
    let portrait = portrait();
    retargeter.set_controls(controls);
    let side = if retargeter.controls.mirror { Vec2::new(-1.0, 1.0) } else { Vec2::ONE };
    for i in 20..30 {
        retargeter.retarget(&looking(i, driver(unchanged), NEUTRAL_GAZE * side));
    }
    let moved = retargeter.retarget(&looking(30, driver(unchanged), (NEUTRAL_GAZE + turn) * side)).expect("a portrait is set");
    let (pupils, rest) = (moved.pupils_in_crop.expect("always known"), portrait.pupils_in_crop());
    let landmarks = portrait.landmarks_in_crop();
    let width = landmarks.0[36].distance(landmarks.0[39]).max(landmarks.0[42].distance(landmarks.0[45]));
    [0, 1].map(|eye| (pupils[eye] - rest[eye]) / width)
}

#[test]
fn pupils_follow_the_gaze_from_neutral() {
    for [still, right, down] in [Controls::default(), Controls { mirror: true, ..Controls::default() }]
        .map(|controls| [Vec2::ZERO, Vec2::new(0.5, 0.0), Vec2::new(0.0, 0.3)].map(|turn| pupils_after(turn, controls.clone())))
    {
        for eye in 0..2 {
            assert!(still[eye].length() < 0.01, "the neutral gaze is the portrait's own: {still:?}");
            assert!((0.08..0.2).contains(&right[eye].x) && right[eye].y.abs() < 0.04, "15 degrees to the right: {right:?}");
            assert!((0.04..0.15).contains(&down[eye].y) && down[eye].x.abs() < 0.04, "9 degrees down: {down:?}");
        }
    }
}

#[test]
fn the_strength_of_the_gaze_scales_it_within_the_eye() {
    let with = |gaze: f32| Controls { strengths: Strengths { gaze, ..Strengths::default() }, ..Controls::default() };
    let turn = Vec2::new(0.3, 0.0);
    let [none, whole, double] = [0.0, 1.0, 2.0].map(|strength| pupils_after(turn, with(strength))[0].x);
    assert!(none.abs() < 0.01 && double > 1.7 * whole, "none, whole, double: {none}, {whole}, {double}");
    let furthest = pupils_after(Vec2::new(50.0, 50.0), with(2.0));
    assert!(furthest.iter().all(|p| p.x < 0.4 && p.y < 0.3), "the iris stays in the eye: {furthest:?}");
}

#[test]
fn pupils_move_with_the_head_and_rest_without_a_gaze() {
    let (mut retargeter, rest) = calibrated();
    let shifted = driver(unchanged).map(|p| p + Vec2::new(6.0, 3.0));
    let moved = retargeter.retarget(&tracked(20, Some(shifted))).expect("a portrait is set");
    assert_eq!(moved.gaze, None, "no gaze was measured");
    let head = moved.landmarks_in_crop.0[36] - rest.0[36];
    for (now, before) in moved.pupils_in_crop.expect("always known").iter().zip(portrait().pupils_in_crop()) {
        assert!((*now - before).distance(head) < 0.1, "from {before} to {now} with a head that moved by {head}");
    }
    assert!(head.length() > 2.0, "the head moved: {head}");
}

#[test]
fn a_gaze_that_is_lost_eases_to_rest() {
    let (mut retargeter, _) = calibrated();
    for i in 20..30 {
        retargeter.retarget(&looking(i, driver(unchanged), Vec2::ZERO));
    }
    let mut last = retargeter.retarget(&looking(30, driver(unchanged), Vec2::new(0.5, 0.0))).and_then(|m| m.gaze).expect("measured");
    assert!(last.x > 0.4, "aside: {last}");
    for i in 31..80 {
        let next = retargeter.retarget(&tracked(i, Some(driver(unchanged)))).and_then(|m| m.gaze).expect("was measured");
        assert!(next.distance(last) < 0.06, "no jump at frame {i}");
        last = next;
    }
    assert!(last.length() < 0.01, "at rest in the end: {last}");
}

#[test]
fn absolute_motion_takes_the_drivers_own_pupils() {
    let (mut retargeter, _) = calibrated();
    retargeter.set_controls(Controls { absolute: true, ..Controls::default() });
    let mut frame = tracked(20, Some(driver(unchanged)));
    if let Some(face) = &mut frame.face {
        face.pupils_in_frame = Some([Vec2::new(320.0, 240.0), Vec2::new(380.0, 240.0)]);
    }
    let pupils = retargeter.retarget(&frame).and_then(|m| m.pupils_in_crop).expect("always known");
    assert!(pupils[0].distance(Vec2::splat(128.0)) < 0.6, "the middle of the frame is the middle of the portrait: {pupils:?}");
}

#[test]
fn a_turn_of_the_driver_turns_the_portrait_as_far() {
    let (mut retargeter, rest) = calibrated();
    let turn = rotation_from_pose(HeadPose { yaw_rad: 0.15, ..HeadPose::default() });
    let turned = face(turn, 60.0, Vec2::new(320.0, 200.0), unchanged);
    let moved = retargeter.retarget(&tracked(20, Some(turned))).expect("a portrait is set");
    let yaw = |landmarks: &Landmarks| FaceShape::of(landmarks).expect("a face").pose.pose().yaw_rad;
    let change = yaw(&moved.landmarks_in_crop) - yaw(&rest);
    assert!((change - 0.15).abs() < 0.04, "turned by {change} rad");
}

#[test]
fn losing_the_face_brings_the_portrait_to_rest_without_a_jump() {
    let (mut retargeter, rest) = calibrated();
    let open = driver(|i, p| if (65..68).contains(&i) || (55..60).contains(&i) { p + Vec3::Y * 0.25 } else { p });
    let mut last = retargeter.retarget(&tracked(20, Some(open))).expect("a portrait is set").landmarks_in_crop;
    for i in 21..80 {
        let next = retargeter.retarget(&tracked(i, None)).expect("a portrait is set").landmarks_in_crop;
        assert!(largest_distance(&next, &last) < 2.5, "no jump at frame {i}");
        last = next;
    }
    assert!(largest_distance(&last, &rest) < 0.05, "at rest in the end");
}

#[test]
fn no_driver_folds_the_face() {
    let (mut retargeter, rest) = calibrated();
    let mut random = 1_u32;
    let mut noise = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let guard = FoldGuard::new(&rest);
    // With the head held still, every triangle can be compared with the face at rest.
    retargeter.set_controls(Controls { strengths: Strengths { head: 0.0, ..Strengths::default() }, ..Controls::default() });
    for i in 0..400_u64 {
        let wild = 10.0_f32.powf(i as f32 / 130.0);
        let landmarks = driver(unchanged).map(|p| p + Vec2::new(noise(), noise()) * wild);
        let moved = retargeter.retarget(&tracked(20 + i, Some(landmarks))).expect("a portrait is set").landmarks_in_crop;
        assert!(moved.is_finite() && guard.holds(&rest, &moved, |_| true), "no fold at noise {wild}");
    }
    let nonsense = Landmarks([Vec2::new(f32::NAN, 1e30); Landmarks::COUNT]);
    let moved = retargeter.retarget(&tracked(900, Some(nonsense))).expect("a portrait is set");
    assert!(moved.landmarks_in_crop.is_finite(), "a tracker's nonsense does not reach the picture");
}

#[test]
fn mirroring_keeps_the_calibration() {
    let (mut retargeter, rest) = calibrated();
    retargeter.set_controls(Controls { mirror: true, ..Controls::default() });
    let moved = retargeter.retarget(&tracked(20, Some(driver(unchanged)))).expect("a portrait is set");
    let distance = largest_distance(&moved.landmarks_in_crop, &rest);
    assert!(distance < 0.5, "the mirrored neutral face is neutral: {distance} pixels");
}
