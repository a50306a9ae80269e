//! Tests of the whole retargeting, on the mean face.

use std::sync::Arc;
use std::time::{Duration, Instant};

use glam::{DVec3, Mat3, Vec3};

use super::shape::{Shape, angles, rotation};
use super::*;
use crate::data::{FrameTime, MeshMotion};
use crate::face::{MeshModel, template};
use crate::settings::Strengths;

/// The mean face in front view, 60 pixels between the eyes, after `change` of its points in units of a hundredth of that.
fn face(change: impl Fn(usize, Vec3) -> Vec3) -> FaceMesh {
    let landmarks = crate::data::Landmarks(template().map(|p| p.truncate() * 60.0 + Vec2::new(320.0, 200.0)));
    let mean = MeshModel::shipped().and_then(|model| model.fit(&landmarks, None)).expect("the mean face fits itself");
    FaceMesh(Box::new(std::array::from_fn(|i| change(i, mean.0[i]))))
}

fn unchanged(_: usize, p: Vec3) -> Vec3 {
    p
}

/// The same face with lids closed by a share of their gap.
fn lids(closed: f32) -> FaceMesh {
    let mut mesh = face(unchanged);
    for eye in FaceMesh::EYES.map(|eye| eye.map(usize::from)) {
        (1..8).for_each(|i| mesh.0[eye[i]] = mesh.0[eye[i]].lerp(mesh.0[eye[16 - i]], closed));
    }
    mesh
}

/// The same face with lower lip and chin down by some pixels.
fn jaw(px: f32) -> FaceMesh {
    const LOWER_LIP_AND_CHIN: [usize; 42] = [
        95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325, 77, 90, 180, 85, 16, 315, 404, 320, 307, 146, 91,
        181, 84, 17, 314, 405, 321, 375, 152, 148, 377, 18, 200, 199,
    ];
    let mut mesh = face(unchanged);
    for i in LOWER_LIP_AND_CHIN {
        mesh.0[i].y += px;
    }
    mesh
}

fn turned(mesh: &FaceMesh, by: DVec3) -> FaceMesh {
    let rotation = rotation(by).as_mat3();
    let middle = mesh.0[168];
    mesh.map(|p| rotation * (p - middle) + middle)
}

/// A wider face with larger eyes, turned a little to the side.
fn portrait() -> Portrait {
    let wide = face(|_, p| Vec3::new(p.x * 1.15, p.y, p.z));
    let mesh = turned(&wide, DVec3::new(0.2, 0.0, 0.05)).map(|p| p * 1.4);
    let landmarks_in_image = mesh.landmarks();
    Portrait {
        name: "test".to_owned(),
        pixels: Arc::new(image::RgbaImage::new(900, 700)),
        pupils_in_image: mesh.pupils(),
        landmarks_in_image,
        crop: Crop { origin_px: [300.0, 100.0], side_px: 400.0 },
        mesh_in_image: Some(Arc::new(mesh)),
        content_hash: String::new(),
    }
}

fn tracked(index: u64, mesh: Option<FaceMesh>) -> TrackedFrame {
    let time = FrameTime { index, media_time: Duration::from_millis(33 * index), captured_at: Instant::now() };
    let face = mesh
        .map(|mesh| FaceMotion { mesh_in_frame: Some(Arc::new(mesh.clone())), ..FaceMotion::of_landmarks(mesh.landmarks(), [640, 480]) });
    TrackedFrame { time, pixels: None, face }
}

/// A retargeter that has seen the neutral driver long enough, with these controls.
fn calibrated(controls: Controls) -> (Retargeter, FaceMesh) {
    let portrait = portrait();
    let mut retargeter = Retargeter::default();
    retargeter.set_controls(controls);
    retargeter.set_portrait(&portrait);
    for i in 0..60 {
        retargeter.retarget(&tracked(i, Some(face(unchanged))));
    }
    assert!(retargeter.is_calibrated(), "two seconds are enough");
    (retargeter, portrait.mesh_in_crop().expect("it has one"))
}

fn moved(retargeter: &mut Retargeter, index: u64, mesh: Option<FaceMesh>) -> MeshMotion {
    retargeter.retarget(&tracked(index, mesh)).and_then(|motion| motion.mesh).expect("a portrait is set")
}

fn farthest(a: &FaceMesh, b: &FaceMesh) -> f32 {
    a.0.iter().zip(b.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max)
}

/// Openings of both eyes.
fn openings(mesh: &FaceMesh) -> [f32; 2] {
    let (shape, _) = Shape::of(mesh).expect("a face");
    [0, 1].map(|side| Eye::of(&shape, side).opening)
}

#[test]
fn a_neutral_driver_leaves_the_portrait_at_rest() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let motion = moved(&mut retargeter, 60, Some(face(unchanged)));
    assert!(farthest(&motion.mesh_in_crop(), &rest) < 0.1, "by {} pixels", farthest(&motion.mesh_in_crop(), &rest));
}

#[test]
fn shut_eyes_shut_fully_and_half_shut_ones_do_not() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let [open, _] = openings(&rest);
    for (index, closed, range) in [(60, 0.9, -1e-3..1e-3), (61, 0.45, 0.2 * open..0.75 * open), (62, 0.0, 0.95 * open..1.05 * open)] {
        let seen = openings(&moved(&mut retargeter, index, Some(lids(closed))).expression_in_crop);
        assert!(seen.iter().all(|opening| range.contains(opening)), "{closed}: {seen:?} of {open}");
    }
    let (mut weak, _) = calibrated(Controls { strengths: Strengths { eyes: 0.5, ..Strengths::default() }, ..Controls::default() });
    let seen = openings(&moved(&mut weak, 60, Some(lids(0.95))).expression_in_crop)[0];
    assert!((0.35..0.65).contains(&(seen / open)), "half the strength: {seen} of {open}");
}

#[test]
fn lips_open_as_far_and_never_cross() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let gap = |mesh: &FaceMesh| (mesh.0[14] - mesh.0[13]).length() / (mesh.0[33] - mesh.0[263]).length();
    let driver = gap(&jaw(20.0)) - gap(&jaw(0.0));
    let opened = moved(&mut retargeter, 60, Some(jaw(20.0)));
    let own = gap(&opened.expression_in_crop) - gap(&rest);
    assert!((own / driver - 1.0).abs() < 0.15, "{own} and {driver}, in distances between the eyes");
    let pressed = moved(&mut retargeter, 61, Some(jaw(-25.0)));
    let (shape, _) = Shape::of(&pressed.expression_in_crop).expect("a face");
    for i in 1..10 {
        let (upper, lower) = (FaceMesh::INNER_LIPS[i], FaceMesh::INNER_LIPS[20 - i]);
        assert!(shape.point(upper).y < shape.point(lower).y + 1e-3, "pair {i} meets");
    }
    for column in [[0_u16, 11, 12, 13, 14, 15, 16, 17], [37, 72, 38, 82, 87, 86, 85, 84]] {
        let heights = column.map(|i| shape.point(i).y);
        assert!(heights.is_sorted_by(|a, b| *a < b + 1e-3), "no lip is folded where they are pressed: {heights:?}");
    }
}

#[test]
fn lips_that_are_parted_at_ease_part_a_closed_mouth_once_they_were_seen_closed() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    retargeter.recalibrate();
    for i in 60..120 {
        retargeter.retarget(&tracked(i, Some(jaw(8.0))));
    }
    let gap = |mesh: &FaceMesh| (mesh.0[14] - mesh.0[13]).length() / (mesh.0[33] - mesh.0[263]).length();
    let at_ease = gap(&moved(&mut retargeter, 120, Some(jaw(8.0))).expression_in_crop);
    assert!((at_ease - gap(&rest)).abs() < 0.01, "neutral is rest: {at_ease}");
    moved(&mut retargeter, 121, Some(jaw(0.0)));
    let spoken = gap(&moved(&mut retargeter, 122, Some(jaw(16.0))).expression_in_crop);
    let driver = gap(&jaw(16.0)) - gap(&jaw(0.0));
    assert!(((spoken - gap(&rest)) / driver - 1.0).abs() < 0.15, "{spoken}, the driver's lips {driver} from where they meet");
}

#[test]
fn the_head_turns_as_far_as_the_drivers_from_where_it_looks() {
    for by in [DVec3::new(0.4, 0.0, 0.0), DVec3::new(-0.5, 0.1, 0.0), DVec3::new(0.0, 0.25, 0.0), DVec3::new(0.0, -0.2, 0.3)] {
        let (mut retargeter, rest) = calibrated(Controls::default());
        let motion = moved(&mut retargeter, 60, Some(turned(&face(unchanged), by)));
        let change = |camera: Camera, before: &FaceMesh, after: &FaceMesh| {
            let (shape, _) = Shape::of(before).expect("a face");
            let pose = |mesh: &FaceMesh| angles(&camera.turn(&shape, mesh, |p| p).expect("a face"));
            pose(after) - pose(before)
        };
        let driver = change(Camera::of_picture([640.0, 480.0]), &face(unchanged), &turned(&face(unchanged), by));
        let portrait = portrait();
        let camera = Camera::of_picture([900.0, 700.0]).in_crop(&portrait.crop);
        let own = change(camera, &rest, &motion.mesh_in_crop());
        assert!((own - driver).abs().max_element() < 0.02, "{driver} became {own}");
        assert!((driver - by).abs().max_element() < 0.15, "{by} is seen as {driver}");
        assert!(farthest(&motion.expression_in_crop, &rest) < 1.5, "a turn is no expression");
    }
}

#[test]
fn irises_turn_as_the_drivers_do() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let looking = face(|i, p| if i >= FaceMesh::SKIN { p + Vec3::new(3.0, 0.0, 0.0) } else { p });
    let motion = retargeter.retarget(&tracked(60, Some(looking.clone()))).expect("a portrait is set");
    let iris = |mesh: &FaceMesh, side| Eye::of(&Shape::of(mesh).expect("a face").0, side).iris;
    let expression = &motion.mesh.expect("a mesh").expression_in_crop;
    for side in 0..2 {
        let driver = iris(&looking, side) - iris(&face(unchanged), side);
        let own = iris(expression, side) - iris(&rest, side);
        assert!((own.x / driver.x - 1.0).abs() < 0.2 && own.y.abs() < 0.02, "{own} and {driver}");
    }
    assert!(motion.gaze.is_some_and(|gaze| gaze.x > 0.2 && gaze.y.abs() < 0.05), "{:?}", motion.gaze);
    let far = face(|i, p| if i >= FaceMesh::SKIN { p + Vec3::X * 90.0 } else { p });
    let expression = moved(&mut retargeter, 61, Some(far)).expression_in_crop;
    assert!((0..2).all(|side| iris(&expression, side).x < 0.4), "an iris stays in its eye");
}

#[test]
fn a_first_frame_with_a_grin_is_no_neutral() {
    let portrait = portrait();
    let grin = face(|i, p| if [61, 291, 78, 308].contains(&i) { p - Vec3::Y * 6.0 } else { p });
    let open = jaw(14.0);
    let grin = FaceMesh(Box::new(std::array::from_fn(|i| grin.0[i] + open.0[i] - face(unchanged).0[i])));
    let mut retargeter = Retargeter::default();
    retargeter.set_portrait(&portrait);
    let rest = portrait.mesh_in_crop().expect("it has one");
    for i in 0..10 {
        retargeter.retarget(&tracked(i, Some(grin.clone())));
    }
    for i in 10..90 {
        retargeter.retarget(&tracked(i, Some(face(unchanged))));
    }
    let calm = farthest(&moved(&mut retargeter, 90, Some(face(unchanged))).expression_in_crop, &rest);
    let grinning = farthest(&moved(&mut retargeter, 91, Some(grin)).expression_in_crop, &rest);
    assert!(calm < 0.15 * grinning && grinning > 3.0, "calm {calm}, grinning {grinning} pixels from rest");
}

#[test]
fn losing_the_face_brings_the_portrait_to_rest_without_a_jump() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let mut last = moved(&mut retargeter, 60, Some(turned(&jaw(15.0), DVec3::new(0.3, 0.0, 0.0)))).mesh_in_crop();
    for i in 61..130 {
        let next = moved(&mut retargeter, i, None).mesh_in_crop();
        assert!(farthest(&next, &last) < 4.0, "no jump at frame {i}: {}", farthest(&next, &last));
        last = next;
    }
    assert!(farthest(&last, &rest) < 0.05, "at rest in the end");
}

#[test]
fn nonsense_never_reaches_the_picture() {
    let (mut retargeter, _) = calibrated(Controls::default());
    let mut random = 1_u32;
    let mut noise = move || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    for i in 60..300 {
        let wild = 10.0_f32.powf(i as f32 / 60.0);
        let mesh = face(unchanged).map(|p| p + Vec3::new(noise(), noise(), noise()) * wild);
        let motion = moved(&mut retargeter, i, Some(mesh));
        let mesh = motion.mesh_in_crop();
        assert!(mesh.0.iter().all(|p| p.is_finite() && p.length() < 5000.0), "bounded at noise {wild}");
        assert!((motion.head.rotation.determinant() - 1.0).abs() < 1e-3, "a rotation at noise {wild}");
    }
    for nonsense in [f32::NAN, f32::INFINITY, 0.0] {
        let mesh = moved(&mut retargeter, 400, Some(face(|_, _| Vec3::splat(nonsense)))).mesh_in_crop();
        assert!(mesh.0.iter().all(|p| p.is_finite()), "{nonsense}");
    }
}

#[test]
fn mirroring_keeps_the_calibration_and_turns_the_other_way() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    retargeter.set_controls(Controls { mirror: true, ..Controls::default() });
    let still = moved(&mut retargeter, 60, Some(face(unchanged))).mesh_in_crop();
    assert!(farthest(&still, &rest) < 0.5, "the mirrored neutral face is neutral: {} pixels", farthest(&still, &rest));
    let motion = moved(&mut retargeter, 61, Some(turned(&face(unchanged), DVec3::new(0.3, 0.0, 0.0))));
    assert!(angles(&motion.head.rotation.as_dmat3()).x < -0.25, "{}", angles(&motion.head.rotation.as_dmat3()));
}

#[test]
fn absolute_motion_puts_the_drivers_own_face_there() {
    let mut retargeter = Retargeter::default();
    let portrait = portrait();
    retargeter.set_controls(Controls { absolute: true, ..Controls::default() });
    retargeter.set_portrait(&portrait);
    let driver = turned(&jaw(9.0), DVec3::new(0.3, 0.1, 0.0));
    let motion = moved(&mut retargeter, 0, Some(driver.clone()));
    let scale = Vec2::new(900.0 / 640.0, 700.0 / 480.0);
    let expected =
        driver.map(|p| portrait.crop.crop_from_image((p.truncate() + 0.5) * scale - 0.5).extend(p.z * scale.x / portrait.crop.scale()));
    assert!(farthest(&motion.mesh_in_crop(), &expected) < 0.01, "by {}", farthest(&motion.mesh_in_crop(), &expected));
    assert!(motion.head.rotation != Mat3::IDENTITY, "it was turned");
}

#[test]
fn a_picture_that_was_chosen_as_neutral_stays_so() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    assert!(!retargeter.take_as_neutral(&tracked(60, None)), "no face, no neutral");
    assert!(retargeter.take_as_neutral(&tracked(61, Some(jaw(10.0)))) && retargeter.is_calibrated(), "known at once");
    let motion = moved(&mut retargeter, 62, Some(jaw(10.0)));
    assert!(farthest(&motion.mesh_in_crop(), &rest) < 0.1, "what was chosen is rest: {}", farthest(&motion.mesh_in_crop(), &rest));
    let neutral = |retargeter: &Retargeter| {
        let driver = retargeter.drivers.present().expect("a driver");
        driver.calibration.neutral().expect("its neutral face").seen.shape.clone()
    };
    let chosen = neutral(&retargeter);
    for i in 63..123 {
        // A calmer face, which would have been the neutral one by itself.
        moved(&mut retargeter, i, Some(face(unchanged)));
    }
    let far = |a: &Shape, b: &Shape| a.0.iter().zip(b.0.iter()).map(|(a, b)| a.distance(*b)).fold(0.0, f32::max);
    let (calmer, _) = Shape::of(&face(unchanged)).expect("a face");
    let (drifted, whole) = (far(&neutral(&retargeter), &chosen), far(&calmer, &chosen));
    assert!(drifted < 0.1 * whole, "two seconds later it still is: {drifted} of {whole}");
}

#[test]
fn a_frame_that_is_shown_again_teaches_nothing() {
    let (mut retargeter, rest) = calibrated(Controls::default());
    let speaking = tracked(60, Some(jaw(10.0)));
    let mesh = |motion: Option<PuppetMotion>| motion.and_then(|motion| motion.mesh).expect("a portrait is set").mesh_in_crop();
    let first = mesh(retargeter.retarget(&speaking));
    assert!(farthest(&first, &rest) > 5.0, "the mouth opens: {}", farthest(&first, &rest));
    let again = mesh(retargeter.again(&speaking));
    assert!(farthest(&again, &first) < 0.5, "as wide as before: {}", farthest(&again, &first));
    retargeter.recalibrate();
    let held = mesh(retargeter.again(&speaking));
    assert!(farthest(&held, &again) < 1e-3, "what it was moved to stays while nobody is known: {}", farthest(&held, &again));
    assert!(retargeter.drivers.present().is_none(), "and nobody is taken for the driver");
    let elsewhere = face(|_, p| p + Vec3::X * 250.0);
    let other = moved(&mut retargeter, 61, Some(elsewhere)).mesh_in_crop();
    assert!(farthest(&other, &rest) < 0.1, "so that whoever comes then drives at once: {}", farthest(&other, &rest));
}
