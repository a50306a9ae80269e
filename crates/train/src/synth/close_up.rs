//! Eyes and mouths as a camera sees them that stands close: one person with several expressions and poses, the whole head small, both parts large.

use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbImage;

use super::expression::Expression;
use super::facekit::FaceKit;
use super::look::PostProcessing;
use super::motion::Motion;
use super::pair::{EXPOSED, Lens, Scratch, Shot, exposure, eyes_in_crop, find_places, lighten, tint};
use super::person::Person;
use super::surface::Camera;
use crate::data::PICTURE_PX;
use crate::random::Random;

/// Frames of a close-up: the portrait, and what it is to become.
pub const CLOSE_UP_FRAMES: usize = 5;
/// Pixels per centimetre of a view of both eyes or of the mouth.
const CLOSE_PX_PER_CM: f32 = 20.0;
/// A frame is posed anew at most this often.
const ATTEMPTS: usize = 8;
/// Share of frames, beside those that the motion shuts, in which both eyes are about to shut.
const BLINKS: f32 = 0.25;
/// Share of frames of which only the expression changes.
const STILL_HEAD: f32 = 0.3;

/// A part of a frame, seen larger.
#[derive(Clone, Debug)]
pub struct CloseView {
    /// [`PICTURE_PX`] squared.
    pub pixels: RgbImage,
    /// [`crate::data::Part`] of every cell of the view.
    pub labels: Vec<u8>,
    /// The point of the whole frame in its middle, in the frame's pixels.
    middle: Vec2,
    /// Its pixels for one of the frame.
    zoom: f32,
}

impl CloseView {
    /// A point of the whole frame with its depth, in the view's pixels.
    pub fn from_frame(&self, point: Vec3) -> Vec3 {
        let at = (point.truncate() - self.middle) * self.zoom + 0.5 * (PICTURE_PX - 1) as f32;
        at.extend(point.z * self.zoom)
    }
}

/// One frame.
#[derive(Clone, Debug)]
pub struct CloseUpFrame {
    /// The whole head as it comes from the camera, without any look: for the face reader.
    pub clear: RgbImage,
    /// Its 68 landmarks, in its pixels.
    pub landmarks: [Vec2; 68],
    /// Both eyes, then the mouth, in the picture's look.
    pub views: [CloseView; 2],
}

/// One person in one light and look. The first frame is the portrait.
#[derive(Clone, Debug)]
pub struct CloseUp {
    /// [`CLOSE_UP_FRAMES`].
    pub frames: Vec<CloseUpFrame>,
    /// The first frame's whole head in the picture's look.
    pub portrait: RgbImage,
}

/// Makes close-ups: each is known by a seed and an index.
#[derive(Clone, Debug)]
pub struct CloseUpSampler {
    kit: Arc<FaceKit>,
}

impl CloseUpSampler {
    /// Of a kit's heads.
    pub fn new(kit: Arc<FaceKit>) -> Self {
        Self { kit }
    }

    /// The close-up number `index` of a seed.
    pub fn close_up(&self, seed: u64, index: u64, scratch: &mut Scratch) -> CloseUp {
        let mut random = Random::new(seed, index);
        let person = Person::new(&self.kit, &mut random);
        let look = PostProcessing::close(&mut random);
        let (hollow, shadow) = (random.range(0.0, 0.45), if random.chance(0.5) { random.range(0.3, 0.9) } else { 0.0 });
        for canvas in &mut scratch.canvases {
            (canvas.hollow_strength, canvas.shadow_strength) = (hollow, shadow);
        }
        scratch.backdrop.redraw(&mut random, tint(&person.lighting));
        let lens = Lens::new(&mut random);
        let eyes = eyes_in_crop(&mut random);
        let mut shots: Vec<(Shot, Vec<Vec3>)> = Vec::with_capacity(CLOSE_UP_FRAMES);
        for _ in 0..CLOSE_UP_FRAMES {
            let first = shots.first().map(|(shot, _)| shot);
            let shot = self.shot(&person, first, &lens, eyes, &mut random);
            shots.push(shot);
        }
        let exposed = random.chance(EXPOSED);
        let mut gain = 1.0;
        let mut draw =
            |slot: usize, (shot, positions): &(Shot, Vec<Vec3>), window: Option<(Vec2, f32)>, scratch: &mut Scratch, first: bool| {
                let camera = window.map_or(shot.camera, |(middle, zoom)| closer(&shot.camera, middle, zoom));
                let canvas = &mut scratch.canvases[slot];
                canvas.draw(&person.surface, positions, &person.lighting, &camera, &scratch.backdrop);
                if first && exposed {
                    gain = exposure(canvas);
                }
                lighten(canvas, gain);
            };
        let mut clear = Vec::with_capacity(CLOSE_UP_FRAMES);
        for (number, shot) in shots.iter().enumerate() {
            draw(1, shot, None, scratch, number == 0);
            clear.push((scratch.canvases[1].picture.to_image(), shot.0.landmarks));
            if number == 0 {
                scratch.canvases.swap(0, 1);
            }
        }
        let portrait = {
            let canvas = &mut scratch.canvases[0];
            look.prepare(&canvas.picture, &mut random, &mut scratch.workshop);
            look.apply(&mut canvas.picture, None, &mut scratch.workshop);
            canvas.picture.to_image()
        };
        let zoom = CLOSE_PX_PER_CM / lens.scale();
        let mut views: [Vec<CloseView>; 2] = [Vec::new(), Vec::new()];
        for (zone, views) in views.iter_mut().enumerate() {
            for (number, shot) in shots.iter().enumerate() {
                let (slot, middle) = (number.min(1), middle_of(&shot.0, zone));
                draw(slot, shot, Some((middle, zoom)), scratch, false);
                if number == 0 {
                    look.prepare(&scratch.canvases[0].picture, &mut random, &mut scratch.workshop);
                }
                let textured = number > 0 && look.has_texture();
                if textured {
                    let [first, other] = &scratch.canvases;
                    find_places(other, first, &person.surface.triangles, &mut scratch.places);
                }
                let canvas = &mut scratch.canvases[slot];
                look.apply(&mut canvas.picture, textured.then_some(scratch.places.as_slice()), &mut scratch.workshop);
                views.push(CloseView { pixels: canvas.picture.to_image(), labels: canvas.labels.clone(), middle, zoom });
            }
        }
        let [eyes, mouths] = views;
        let frames = clear.into_iter().zip(eyes.into_iter().zip(mouths));
        CloseUp {
            frames: frames.map(|((clear, landmarks), (eyes, mouth))| CloseUpFrame { clear, landmarks, views: [eyes, mouth] }).collect(),
            portrait,
        }
    }

    /// The portrait's shot, or one of what becomes of it.
    fn shot(&self, person: &Person, first: Option<&Shot>, lens: &Lens, eyes: Vec2, random: &mut Random) -> (Shot, Vec<Vec3>) {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let motion = Motion::new(&self.kit, random);
            let slot = usize::from(first.is_some());
            let mut pose = motion.poses[slot];
            if let Some(first) = first.filter(|_| random.chance(STILL_HEAD)) {
                let gaze = pose.gaze;
                pose = first.pose();
                pose.gaze = gaze;
            }
            let mut expression: Expression = motion.expressions[slot].clone();
            if slot > 0 && random.chance(BLINKS) {
                let shut = random.range(0.3, 1.05);
                for name in ["eyeBlink_L", "eyeBlink_R"] {
                    expression.set(&self.kit, name, shut);
                }
            }
            let mut positions = Vec::new();
            let mut shot = Shot::new(&self.kit, person, &expression, &pose, lens, 1.0, &mut positions);
            let shift = eyes - shot.anchor(0.0);
            shot.shift(shift);
            if shot.is_usable(1.0) || attempt == ATTEMPTS {
                return (shot, positions);
            }
        }
    }
}

/// The middle of both eyes, or of the mouth, in the frame.
fn middle_of(shot: &Shot, zone: usize) -> Vec2 {
    let mean = |points: &[usize]| points.iter().map(|i| shot.landmarks[*i]).sum::<Vec2>() / points.len() as f32;
    if zone == 0 { mean(&[36, 39, 42, 45]) } else { mean(&[48, 54, 8, 33]) }
}

/// The same camera with a longer lens, pointed at a place of its picture.
fn closer(camera: &Camera, middle: Vec2, zoom: f32) -> Camera {
    let centre_px = (camera.centre_px - middle) * zoom + 0.5 * (PICTURE_PX - 1) as f32;
    Camera { focal_px: camera.focal_px * zoom, centre_px, ..*camera }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_view_is_the_same_scene_seen_larger() {
        let sampler = CloseUpSampler::new(Arc::new(FaceKit::stand_in()));
        let close_up = sampler.close_up(3, 1, &mut Scratch::new());
        assert_eq!(close_up.frames.len(), CLOSE_UP_FRAMES, "portrait and targets");
        for frame in &close_up.frames {
            for view in &frame.views {
                assert!(view.zoom > 1.2, "larger: {}", view.zoom);
                let middle = view.from_frame(view.middle.extend(0.0)).truncate();
                assert!(middle.distance(Vec2::splat(127.5)) < 1e-3, "its middle is in its middle: {middle}");
                let skin = view.labels.iter().map(|label| usize::from(*label == crate::data::Part::Face as u8)).sum::<usize>();
                assert!(skin > 2000, "skin nearly everywhere: {skin} cells");
            }
        }
        let again = sampler.close_up(3, 1, &mut Scratch::new());
        assert!(again.portrait == close_up.portrait && again.frames[3].views[1].pixels == close_up.frames[3].views[1].pixels, "repeatable");
    }
}
