//! What is seen in an opened mouth.

use std::sync::Arc;

use retrato_core::data::HeadMotion;

use super::*;
use crate::shape::testing;

const CORNER: [usize; 2] = [60, 60];
const SIZE: [usize; 2] = [136, 136];

/// The lips of a face opened by a share of the template's jaw, whose chin goes with them.
fn opened(share: f32, inside: &MouthInside) -> MeshMotion {
    let mut mesh = testing::mesh();
    let rest = testing::mesh();
    let lower: [usize; 9] = [324, 318, 402, 317, 14, 87, 178, 88, 95];
    for i in lower {
        let middle = 1.0 - (rest.0[i].x - rest.0[14].x).abs() / (rest.0[308].x - rest.0[14].x).abs();
        mesh.0[i].y += share * inside.lips_open * middle.clamp(0.3, 1.0);
    }
    mesh.0[152].y += share * inside.chin_open;
    MeshMotion { expression_in_crop: Arc::new(mesh), head: HeadMotion::default() }
}

fn inside() -> MouthInside {
    MouthInside::new(&testing::mesh(), FaceLight { colour: Vec3::ONE, flesh: 1.0, lips: of_luminance_1(GUM), black: Vec3::ZERO }, 0.0)
        .expect("the program's own")
}

fn drawn(inside: &mut MouthInside, motion: &MeshMotion) -> MouthPicture {
    let mut picture = MouthPicture::default();
    inside.draw(motion, CORNER, SIZE, 1, &mut picture);
    picture
}

fn brightness(picture: &MouthPicture, at: Vec2) -> f32 {
    picture.colour(at).expect("in the picture").element_sum() / 3.0
}

#[test]
fn the_tongue_sinks_with_the_jaw_and_spreads_and_is_seen_in_an_opened_mouth() {
    let mut inside = inside();
    let template = MouthTemplate::own().expect("the program's own");
    let goes = |tissue: MouthTissue| {
        let of = template.vertices.iter().zip(&inside.vertices).filter(|(v, _)| v.tissue == tissue && v.drop.length() > GOES_CM);
        let back = inside.turn.inverse();
        of.map(|(v, placed)| (*v, back * placed.drop)).collect::<Vec<_>>()
    };
    let down = |all: &[(MouthVertex, Vec3)]| {
        all.iter().map(|(v, drop)| (drop.with_x(0.0)).length() / v.drop.length()).sum::<f32>() / all.len() as f32
    };
    let (tongue, tooth) = (goes(MouthTissue::Tongue), goes(MouthTissue::Tooth));
    assert!((down(&tongue) / down(&tooth) - TONGUE_GOES).abs() < 0.01, "{} of {}", down(&tongue), down(&tooth));
    let sideways = |drop: Vec3, at: Vec3| drop.x * at.x.signum();
    let most = tongue.iter().map(|(v, drop)| sideways(*drop, v.at)).fold(0.0, f32::max);
    assert!(most > 0.9 * TONGUE_SPREADS_CM, "its rims go outwards: {most}");
    assert!(tongue.iter().all(|(v, drop)| sideways(*drop, v.at) > -0.2), "and nothing of it inwards");
    let motion = opened(1.0, &inside);
    let lips = motion.mesh_in_crop();
    let middle = lips.0[13].lerp(lips.0[14], 0.65).truncate();
    let picture = drawn(&mut inside, &motion);
    let seen = picture.colour(middle).expect("in the picture");
    let dark = shown(inside.light.shows_flesh(GUM * GUM * REFLECTED)).element_sum() / 3.0;
    assert!(seen.x > 1.1 * seen.y && brightness(&picture, middle) > 1.5 * dark, "{seen} before {dark}");
}

#[test]
fn a_place_sees_as_much_light_as_of_the_opening() {
    let square = [Vec3::new(-1.0, -1.0, 0.0), Vec3::new(1.0, -1.0, 0.0), Vec3::new(1.0, 1.0, 0.0), Vec3::new(-1.0, 1.0, 0.0)];
    let at = |depth: f32| irradiance(&square, Vec3::new(0.0, 0.0, depth), Vec3::NEG_Z);
    assert!((at(1e-3) - 1.0).abs() < 0.01, "all of it close behind: {}", at(1e-3));
    // The form factor of a square as wide as twice its distance, from tables: 0.5541.
    assert!((at(1.0) - 0.5541).abs() < 1e-3, "{}", at(1.0));
    assert!(at(5.0) < 0.06 && irradiance(&square, Vec3::Z, Vec3::Z) == 0.0, "little far behind, nothing on the back");
    for cosine in [-1.0_f32, -0.7, -0.1, 0.0, 0.3, 0.99, 1.0] {
        assert!((angle(cosine) - cosine.acos()).abs() < 1e-4, "{cosine}");
    }
}

#[test]
fn cheeks_close_the_corners_of_a_mouth() {
    let mut inside = inside();
    let motion = opened(0.8, &inside);
    let lips = motion.mesh_in_crop();
    let upright = |at: Vec3, _: f32| inside.turn * at + inside.shift;
    let mut cheeks = Cheeks::default();
    cheeks.pose(&lips, upright);
    let places: Vec<[Vec3; 3]> = cheeks.places().collect();
    let middle = lips.0[13].midpoint(lips.0[14]);
    let quarter = places.len() / 4;
    for [at, _, normal] in places[quarter..quarter + 6].iter().chain(&places[3 * quarter..3 * quarter + 6]) {
        assert!(normal.x * (middle.x - at.x) > 0.0, "it looks into the mouth: {normal} at {at}");
    }
    assert!(Cheeks::triangles().flatten().all(|i| i < places.len()), "corners that are there");
    let dark = inside.light.pictured(inside.light.shows_flesh(GUM * GUM * DARK)).element_sum() / 3.0;
    let picture = drawn(&mut inside, &motion);
    for corner in [78, 308] {
        let near = lips.0[corner].lerp(middle, 0.06).truncate();
        assert!(brightness(&picture, near) > 1.1 * dark, "{} in a corner, {dark} in the dark", brightness(&picture, near));
    }
}

#[test]
fn a_mouths_black_is_the_pictures_own_where_that_is_dark() {
    let mesh = testing::mesh();
    let grey = |level: u8| {
        let picture = RgbaImage::from_fn(256, 256, |x, _| image::Rgba(if x % 8 == 0 { [level; 4] } else { [200; 4] }));
        FaceLight::of(&picture, &mesh, Vec3::splat(0.8))
    };
    assert!((grey(40).pictured(Vec3::ZERO) - 40.0 / 255.0).abs().max_element() < 0.01, "{}", grey(40).pictured(Vec3::ZERO));
    let most = shown(linear(Vec3::splat(0.8)) * MOST_BLACK);
    assert!((grey(150).pictured(Vec3::ZERO) - most).abs().max_element() < 0.01, "what is light is no black");
    assert_eq!(FaceLight::of(&RgbaImage::new(1, 1), &mesh.map(|p| p + 999.0), Vec3::splat(0.8)).black, Vec3::ZERO, "nothing to see");
}

#[test]
fn an_opened_mouth_has_light_teeth_before_a_dark_throat() {
    let mut inside = inside();
    let motion = opened(0.8, &inside);
    let picture = drawn(&mut inside, &motion);
    let lips = [13, 14].map(|i| motion.expression_in_crop.0[i].truncate());
    let column: Vec<f32> = (0..40).map(|k| brightness(&picture, lips[0].lerp(lips[1], k as f32 / 39.0))).collect();
    let brightest = column.iter().copied().fold(0.0, f32::max);
    let darkest = column.iter().copied().fold(1.0, f32::min);
    assert!(brightest > 2.0 * darkest, "{darkest} to {brightest}");
}

#[test]
fn a_jaw_opens_as_far_as_lips_and_chin_say() {
    let inside = inside();
    for share in [0.0, 0.4, 1.0] {
        let open = inside.open(&opened(share, &inside).expression_in_crop);
        let closed = inside.open(&testing::mesh());
        assert!((open - closed - share).abs() < 0.12, "{open} for {share}");
    }
    let mut grin = opened(0.6, &inside);
    let mut mesh = (*grin.expression_in_crop).clone();
    mesh.0[152] = testing::mesh().0[152];
    grin.expression_in_crop = Arc::new(mesh);
    assert!(inside.open(&grin.expression_in_crop) < 0.15, "lips that part before shut teeth");
}

#[test]
fn whites_tell_the_light_and_nonsense_does_no_harm() {
    let mesh = testing::mesh();
    let white =
        |level: u8| FaceLight::of(&RgbaImage::from_pixel(256, 256, image::Rgba([level, level, level, 255])), &mesh, Vec3::splat(0.5));
    assert!(white(200).colour.element_sum() > white(120).colour.element_sum(), "lighter whites, lighter teeth");
    assert!(white(200).flesh < 0.3, "a picture without colours has none in its mouth: {}", white(200).flesh);
    let by_skin = FaceLight::of(&RgbaImage::new(1, 1), &mesh, Vec3::splat(0.5));
    let told = linear(Vec3::splat(0.5)) / SKIN;
    assert!((by_skin.colour - told).element_sum().abs() < 1e-5, "by the skin where no eye is in the picture");
    let red = image::Rgba([200, 90, 80, 255]);
    let lids = FaceLight::of(&RgbaImage::from_pixel(256, 256, red), &mesh, Vec3::new(0.8, 0.6, 0.5));
    let skin = FaceLight::of(&RgbaImage::new(1, 1), &mesh, Vec3::new(0.8, 0.6, 0.5));
    assert!((lids.colour - skin.colour).length() < 1e-6, "what is redder than the skin is no white");
    let mut inside = inside();
    let far = MeshMotion { expression_in_crop: Arc::new(mesh.map(|p| p * 1e9)), head: HeadMotion::default() };
    let none = MeshMotion { expression_in_crop: Arc::new(mesh.map(|_| Vec3::NAN)), head: HeadMotion::default() };
    for motion in [far, none] {
        assert!(drawn(&mut inside, &motion).cells.iter().all(|cell| cell.is_finite()), "finite");
    }
}
