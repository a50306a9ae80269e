//! What is left of a picture that was saved as a JPEG.

use glam::Vec3;
use image::ImageFormat;
use image::codecs::jpeg::JpegEncoder;

use super::super::planes::{BRIGHTNESS, Planes};
use crate::data::PICTURE_PX;

/// Saves and opens a picture as a JPEG of a quality from 1 to 100.
pub(super) fn round_trip(planes: &mut Planes, quality: u8) {
    halve_colour(planes);
    let mut bytes = Vec::new();
    // Neither fails in memory; the picture would stay as it is.
    if JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&planes.to_image()).is_err() {
        return;
    }
    if let Ok(opened) = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg) {
        for (index, pixel) in opened.to_rgb8().pixels().enumerate() {
            planes.set(index, Vec3::from(pixel.0.map(f32::from)) / 255.0);
        }
    }
}

/// Leaves colour at half the resolution each way (4:2:0), as cameras save it; the encoder would keep all of it.
fn halve_colour(planes: &mut Planes) {
    let grey = |colour: Vec3| Vec3::splat(colour.dot(BRIGHTNESS));
    for first in (0..PICTURE_PX).step_by(2).flat_map(|y| (0..PICTURE_PX).step_by(2).map(move |x| y * PICTURE_PX + x)) {
        let square = [first, first + 1, first + PICTURE_PX, first + PICTURE_PX + 1].map(|index| (index, planes.at(index)));
        let colour = square.iter().map(|(_, colour)| *colour - grey(*colour)).sum::<Vec3>() / 4.0;
        for (index, own) in square {
            planes.set(index, grey(own) + colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Planes {
        let mut card = Planes::new();
        for i in 0..PICTURE_PX * PICTURE_PX {
            let (x, y) = ((i % PICTURE_PX) as f32, (i / PICTURE_PX) as f32);
            card.set(i, Vec3::new(0.5 + 0.4 * (x * 0.3).sin(), 0.5 + 0.3 * (y * 0.2).cos(), 0.4));
        }
        card
    }

    #[test]
    fn fine_pictures_change_little_and_coarse_ones_more() {
        let brightness = |planes: &Planes| {
            let mut out = Vec::new();
            planes.brightness(&mut out);
            out
        };
        let error = |quality: u8| {
            let mut planes = card();
            round_trip(&mut planes, quality);
            brightness(&planes).iter().zip(brightness(&card())).map(|(a, b)| (a - b).abs()).sum::<f32>() / (PICTURE_PX * PICTURE_PX) as f32
        };
        let [fine, usual, coarse] = [98, 80, 10].map(error);
        assert!(fine < usual && usual < 0.02, "nearly unchanged: {fine} and {usual}");
        assert!(coarse > 2.0 * usual && coarse < 0.1, "coarser is worse, but still the picture: {coarse} against {usual}");
    }

    #[test]
    fn colour_spreads_over_two_pixels_and_brightness_does_not() {
        let mut planes = Planes::new();
        planes.fill(Vec3::splat(0.5));
        let red = Vec3::new(0.8, 0.4, 0.4);
        planes.set(0, red);
        halve_colour(&mut planes);
        let [spot, beside, apart] = [0, 1, 2].map(|index| planes.at(index));
        assert!((spot.dot(BRIGHTNESS) - red.dot(BRIGHTNESS)).abs() < 1e-6 && spot.x - spot.y < 0.2, "as bright, less red: {spot}");
        assert!((beside.dot(BRIGHTNESS) - 0.5).abs() < 1e-6 && beside.x > beside.y + 0.05, "a little red: {beside}");
        assert_eq!(apart, Vec3::splat(0.5), "nothing farther off");
    }
}
