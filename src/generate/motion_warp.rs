//! The shipped generator's warp: the motion net's backward flow on the portrait's own pixels.

use glam::Vec2;

use super::{FLOW_CELLS, Generator, LandmarkWarp};
use crate::data::{CROP_PX, FlowField, Landmarks, Portrait, PuppetMotion};
use crate::model::{INPUT_CELLS, MotionBatch, MotionNet, MotionSample};

/// How much shoulders are said to follow the head. Not at all: people before a camera move the head more than the body, and on the real clips every measure
/// was better so.
const BODY_FOLLOW: f32 = 0.0;
/// Samples along each side of a cell of the small picture, at most.
const MAX_SAMPLES: usize = 16;
/// A flow that reaches farther than this cannot be meant.
const MAX_FLOW_PX: f32 = 4.0 * CROP_PX;

/// Warps by the motion net. Should the net ever give something that is no flow, the closed form takes over for good.
pub struct MotionWarp {
    net: MotionNet,
    portrait: Option<Prepared>,
    fallback: LandmarkWarp,
    failed: bool,
}

/// What the net needs of a portrait.
struct Prepared {
    rest_in_crop: Landmarks,
    picture: Vec<f32>,
}

impl MotionWarp {
    /// A warp without a portrait yet; until one is set, nothing moves.
    pub fn new(net: MotionNet) -> Self {
        Self { net, portrait: None, fallback: LandmarkWarp::new(), failed: false }
    }

    fn flow(&self, motion: &PuppetMotion) -> candle_core::Result<Option<Vec<f32>>> {
        let Some(portrait) = &self.portrait else { return Ok(None) };
        let sample = MotionSample {
            source: portrait.rest_in_crop.0.to_vec(),
            target: motion.landmarks_in_crop.0.to_vec(),
            pupils: None,
            picture: portrait.picture.clone(),
            body_follow: BODY_FOLLOW,
        };
        let batch = MotionBatch::new(&[sample], &candle_core::Device::Cpu)?;
        let flow = self.net.forward(&batch)?.flow.flatten_all()?.to_vec1::<f32>()?;
        if !flow.iter().all(|v| v.abs() < MAX_FLOW_PX) {
            candle_core::bail!("the motion net's flow is not usable");
        }
        Ok(Some(flow))
    }
}

impl Generator for MotionWarp {
    fn name(&self) -> &'static str {
        if self.failed { self.fallback.name() } else { "motion-net" }
    }

    fn set_portrait(&mut self, portrait: &Portrait) {
        self.portrait = Some(Prepared { rest_in_crop: portrait.landmarks_in_crop(), picture: small_picture(portrait) });
        self.fallback.set_portrait(portrait);
    }

    fn generate(&mut self, motion: &PuppetMotion, flow: &mut FlowField) {
        flow.size = FLOW_CELLS;
        flow.displacement_px.resize(FLOW_CELLS * FLOW_CELLS, Vec2::ZERO);
        if self.failed {
            self.fallback.generate(motion, flow);
            return;
        }
        match self.flow(motion) {
            Ok(None) => flow.displacement_px.fill(Vec2::ZERO),
            Ok(Some(values)) => {
                for (cell, value) in flow.displacement_px.iter_mut().zip(values.as_chunks::<2>().0) {
                    *cell = Vec2::from_array(*value);
                }
            }
            Err(error) => {
                tracing::error!("the motion net failed ({error}); the portrait is moved without it from now on");
                self.failed = true;
                self.fallback.generate(motion, flow);
            }
        }
    }
}

/// The crop at [`INPUT_CELLS`], each cell the mean over its square, RGB in 0..1; what lies outside the picture repeats its border, what is transparent is grey.
fn small_picture(portrait: &Portrait) -> Vec<f32> {
    const GREY: f32 = 128.0;
    let pixels = &portrait.pixels;
    let (width, height) = pixels.dimensions();
    let cell_px = CROP_PX / INPUT_CELLS as f32;
    let samples = ((portrait.crop.scale() * cell_px).ceil() as usize).clamp(1, MAX_SAMPLES);
    let colour = |at: Vec2| -> [f32; 3] {
        let inside = |v: f32, side: u32| (v.round().max(0.0) as u32).min(side.saturating_sub(1));
        let pixel = pixels.get_pixel(inside(at.x, width), inside(at.y, height)).0.map(f32::from);
        let alpha = pixel[3] / 255.0;
        std::array::from_fn(|c| GREY + alpha * (pixel[c] - GREY))
    };
    let mut picture = Vec::with_capacity(INPUT_CELLS * INPUT_CELLS * 3);
    for cell in 0..INPUT_CELLS * INPUT_CELLS {
        let corner = Vec2::new((cell % INPUT_CELLS) as f32, (cell / INPUT_CELLS) as f32) * cell_px;
        let mut sum = [0.0; 3];
        for k in 0..samples * samples {
            let step = Vec2::new((k % samples) as f32 + 0.5, (k / samples) as f32 + 0.5) / samples as f32;
            let at = portrait.crop.image_from_crop(corner + step * cell_px - 0.5);
            sum.iter_mut().zip(colour(at)).for_each(|(s, c)| *s += c);
        }
        picture.extend(sum.map(|s| s / (255 * samples * samples) as f32));
    }
    picture
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Crop;
    use crate::face::template;
    use crate::generate::{GeneratorChoice, start};

    fn portrait(pixels: image::RgbaImage) -> Portrait {
        let scale = pixels.width() as f32 / 256.0;
        let landmarks_in_image = Landmarks(template().map(|p| (p.truncate() * 42.0 + Vec2::new(128.0, 110.0)) * scale));
        let crop = Crop::whole(pixels.width() as f32);
        Portrait { name: "test".to_owned(), pixels: Arc::new(pixels), landmarks_in_image, crop, content_hash: String::new() }
    }

    #[test]
    fn the_small_picture_is_the_mean_of_its_squares() {
        let checked = image::RgbaImage::from_fn(256, 256, |x, y| {
            let value = if x < 128 { 200 } else { ((x + y) % 2 * 100) as u8 };
            image::Rgba([value, value, value, 255])
        });
        let small = small_picture(&portrait(checked));
        assert!((small[(10 * INPUT_CELLS + 10) * 3] - 200.0 / 255.0).abs() < 1e-4, "a plain part keeps its value");
        assert!((small[(10 * INPUT_CELLS + 50) * 3] - 50.0 / 255.0).abs() < 1e-4, "a checked part becomes its mean");
        let clear = image::RgbaImage::from_pixel(256, 256, image::Rgba([255, 0, 0, 0]));
        assert!((small_picture(&portrait(clear))[0] - 128.0 / 255.0).abs() < 1e-4, "what is transparent is grey");
    }

    #[test]
    fn the_shipped_net_moves_the_face_and_leaves_the_corners() {
        let (mut generator, trouble) = start(&GeneratorChoice::default());
        assert_eq!((generator.name(), trouble), ("motion-net", None), "the shipped weights are in order");
        let portrait = portrait(image::RgbaImage::from_pixel(256, 256, image::Rgba([120, 110, 100, 255])));
        generator.set_portrait(&portrait);
        let rest = portrait.landmarks_in_crop();
        let mut flow = FlowField::still(FLOW_CELLS);
        let moved = Vec2::new(9.0, 5.0);
        generator.generate(&PuppetMotion { landmarks_in_crop: rest.map(|p| p + moved), gaze: None }, &mut flow);
        let cell = |px: f32| ((px + 0.5) * FLOW_CELLS as f32 / CROP_PX) as usize;
        let at = |p: Vec2| flow.displacement_px[cell(p.y) * FLOW_CELLS + cell(p.x)];
        for index in [8, 30, 36, 45, 51, 57] {
            let missing = (at(rest.0[index] + moved) + moved).length();
            assert!(missing < 1.5, "landmark {index} misses its place by {missing} pixels");
        }
        for corner in [Vec2::new(3.0, 3.0), Vec2::new(252.0, 3.0)] {
            assert!(at(corner).length() < 0.75, "the background at {corner} moves by {}", at(corner).length());
        }
    }
}
