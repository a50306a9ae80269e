//! The square of a picture in which its face will move, and the finished portrait.

use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbaImage;

use crate::data::{Crop, FaceMesh, Landmarks, Portrait};
use crate::face::{FacePlace, MeshModel, RIGID_WEIGHTS, fit_rigid, rest_pupils, template};

use super::{FaceCandidate, Picture};

/// Side of the crop over the side of the face's square: 5.4 inter-ocular distances, 2.4 times the height from brows to chin.
/// The head with its hair and its motion fits in, and the eyes are 47 of the crop's 256 pixels apart, as in the training data.
const SIDE_PER_FACE: f32 = 2.2;
/// The point of the generic head that comes to the middle: between the ears (so that a turned head is centred on the skull and not on the
/// nose), a little under the eyes (hair above, shoulders below).
const MIDDLE_OF_HEAD: Vec3 = Vec3::new(0.0, 0.3, -0.6);

/// The square around a face with room for hair, shoulders and motion. It may reach past the picture's edges.
/// `None` when the landmarks span nothing.
pub fn crop_around(landmarks_in_image: &Landmarks) -> Option<Crop> {
    let place = FacePlace::from_landmarks(landmarks_in_image).filter(FacePlace::is_sane)?;
    let fit = fit_rigid(&landmarks_in_image.0, template(), &RIGID_WEIGHTS)?;
    let side_px = (SIDE_PER_FACE * place.side_px).round();
    // A fit gone astray must not carry the crop off the face.
    let centre = fit.project(MIDDLE_OF_HEAD).clamp(place.centre - 0.5 * place.side_px, place.centre + 0.5 * place.side_px);
    let origin_px = (centre + 0.5 - 0.5 * side_px).round().to_array();
    Some(Crop { origin_px, side_px })
}

/// A portrait of a face that was found in the picture. `None` when its landmarks span nothing.
pub fn portrait(picture: Picture, face: &FaceCandidate) -> Option<Portrait> {
    let crop = crop_around(&face.landmarks_in_image)?;
    let Picture { name, pixels, content_hash, .. } = picture;
    Some(finished(name, pixels, face.landmarks_in_image.clone(), face.mesh_in_image.clone(), crop, content_hash))
}

/// The pupils are those of the mesh where there is one; where there is none, it is fitted to the landmarks and to what is seen of the pupils.
fn finished(
    name: String,
    pixels: Arc<RgbaImage>,
    landmarks_in_image: Landmarks,
    mesh: Option<FaceMesh>,
    crop: Crop,
    content_hash: String,
) -> Portrait {
    let pupils_in_image = mesh.as_ref().map_or_else(|| pupils(&pixels, &landmarks_in_image), FaceMesh::pupils);
    let fit = || MeshModel::shipped()?.fit(&landmarks_in_image, Some(pupils_in_image));
    let mesh_in_image = mesh.or_else(fit).map(Arc::new);
    Portrait { name, pixels, landmarks_in_image, pupils_in_image, mesh_in_image, crop, content_hash }
}

/// The pupils of the face with these landmarks, in pixels of the picture.
pub fn pupils(pixels: &RgbaImage, landmarks_in_image: &Landmarks) -> [Vec2; 2] {
    let (low, high) = landmarks_in_image.bounds();
    let last = Vec2::new(pixels.width() as f32, pixels.height() as f32) - 1.0;
    // The face alone: the whole picture may be hundreds of times as large.
    let low = low.floor().max(Vec2::ZERO);
    let size = high.ceil().min(last) + 1.0 - low;
    if !(size.x >= 1.0 && size.y >= 1.0) {
        return landmarks_in_image.eye_centres();
    }
    let face = image::imageops::crop_imm(pixels, low.x as u32, low.y as u32, size.x as u32, size.y as u32).to_image();
    rest_pupils(&opaque(&face), &landmarks_in_image.map(|p| p - low)).map(|p| p + low)
}

/// A portrait whose crop is the whole picture, for measurements on complete frames: a square picture is covered exactly,
/// any other reaches its longer side from the upper left corner.
pub fn portrait_from_whole(name: &str, pixels: RgbaImage, landmarks_in_image: Landmarks, mesh_in_image: Option<FaceMesh>) -> Portrait {
    let crop = Crop::whole(pixels.width().max(pixels.height()) as f32);
    let content_hash = blake3::hash(pixels.as_raw()).to_hex().to_string();
    finished(name.to_owned(), Arc::new(pixels), landmarks_in_image, mesh_in_image, crop, content_hash)
}

/// A picture as the face finder wants it: without alpha, what is transparent shown grey.
pub(super) fn opaque(pixels: &RgbaImage) -> image::RgbImage {
    const GREY: u32 = 128;
    let mut flat = image::RgbImage::new(pixels.width(), pixels.height());
    for (target, source) in flat.pixels_mut().zip(pixels.pixels()) {
        let alpha = u32::from(source[3]);
        target.0 = std::array::from_fn(|c| ((u32::from(source[c]) * alpha + GREY * (255 - alpha) + 127) / 255) as u8);
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::HeadPose;
    use crate::face::rotation_from_pose;

    fn holds(crop: &Crop, point_in_image: Vec2) -> bool {
        let p = crop.crop_from_image(point_in_image);
        p.cmpge(Vec2::ZERO).all() && p.cmple(Vec2::splat(crate::data::CROP_PX)).all()
    }

    fn turned(yaw_rad: f32) -> (Landmarks, impl Fn(Vec3) -> Vec2) {
        let rotation = rotation_from_pose(HeadPose { yaw_rad, pitch_rad: 0.1, roll_rad: 0.05 });
        let place = move |p: Vec3| (rotation * p).truncate() * 60.0 + Vec2::new(400.0, 300.0);
        (Landmarks(template().map(&place)), place)
    }

    #[test]
    fn hair_chin_and_ears_fit_in_with_room_to_move() {
        for yaw in [-0.7, 0.0, 0.4] {
            let (landmarks, place) = turned(yaw);
            let crop = crop_around(&landmarks).expect("a face has a crop");
            for point in [Vec3::new(0.0, -1.9, -0.8), Vec3::new(0.0, 2.2, 0.0), Vec3::new(-1.4, 0.2, -1.2), Vec3::new(1.4, 0.2, -1.2)] {
                for motion in [Vec2::new(-20.0, -10.0), Vec2::new(20.0, 10.0)] {
                    assert!(holds(&crop, place(point) + motion), "yaw {yaw}: {point} moved by {motion} leaves {crop:?}");
                }
            }
            let eyes = crop.crop_from_image(Vec2::ZERO).distance(crop.crop_from_image(Vec2::new(60.0, 0.0)));
            assert!((38.0..56.0).contains(&eyes), "eyes {eyes} crop pixels apart");
        }
    }

    #[test]
    fn a_whole_picture_is_its_own_crop() {
        let (landmarks, _) = turned(0.0);
        let portrait = portrait_from_whole("frame", RgbaImage::new(512, 512), landmarks, None);
        assert!(portrait.crop.image_from_crop(Vec2::splat(-0.5)).distance(Vec2::splat(-0.5)) < 1e-4, "corner to corner");
        assert!(portrait.crop.image_from_crop(Vec2::splat(255.5)).distance(Vec2::splat(511.5)) < 1e-3, "corner to corner");
    }

    #[test]
    fn transparent_parts_turn_grey() {
        let mut pixels = RgbaImage::from_pixel(2, 1, image::Rgba([250, 0, 10, 255]));
        pixels.put_pixel(1, 0, image::Rgba([250, 0, 10, 0]));
        assert_eq!(opaque(&pixels).as_raw(), &[250, 0, 10, 128, 128, 128], "opaque kept, transparent grey");
    }

    #[test]
    fn pupils_stay_at_their_eyes_whatever_the_picture() {
        let (landmarks, _) = turned(0.0);
        let blank = RgbaImage::from_pixel(800, 700, image::Rgba([150, 120, 100, 255]));
        let distances = [0, 1].map(|eye| pupils(&blank, &landmarks)[eye].distance(landmarks.eye_centres()[eye]));
        assert!(distances.iter().all(|d| *d < 1e-3), "nothing to see, {distances:?} pixels off");
        for elsewhere in [landmarks.map(|p| p + 5000.0), landmarks.map(|p| p - 5000.0), Landmarks([Vec2::splat(f32::NAN); 68])] {
            let found = pupils(&blank, &elsewhere);
            assert_eq!(format!("{found:?}"), format!("{:?}", elsewhere.eye_centres()), "no picture there");
        }
    }

    #[test]
    fn no_face_no_crop() {
        assert!(crop_around(&Landmarks([Vec2::ZERO; 68])).is_none(), "one point has a crop");
    }
}
