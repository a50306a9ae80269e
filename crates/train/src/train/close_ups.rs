//! What the networks of eyes and mouth learn from: close-ups of synthetic heads, drawn by geometry from one frame as the program does it, beside what they
//! should look like.

use std::sync::{Arc, Mutex};

use candle_core::{Device, Tensor};
use glam::{Vec2, Vec3};
use image::{RgbImage, RgbaImage};
use retrato_face::track::MeshReader;
use retrato_head::{FaceLight, FacePart, MouthInside, PartView, PosedPart, blur_of};
use retrato_learn::TrainError;
use retrato_parts::{PartInput, mirrored_columns};

use super::face_mesh::{LEAST_PRESENCE, RIGID_POINTS};
use super::stream::Dataset;
use crate::data::{CROP_PX, Crop, FaceMesh, HeadMotion, MeshMotion, MouthPicture, PICTURE_PX, PLANE_CELLS, Part, Similarity};
use crate::model::{Embedder, LANDMARK_CHANNELS, LANDMARK_LINE_RADIUS, draw_landmarks};
use crate::synth::{CloseUp, CloseUpFrame, CloseUpSampler, Scratch};

/// A close-up whose faces are not all read is made anew at most this often.
const ATTEMPTS: u64 = 12;
/// Turns one index into those of further attempts: indices stay far below 2^56.
const ATTEMPT_BIT: u32 = 56;
/// Distance beyond which a point counts for less than half in the fit of the head's motion, in distances between the eyes.
const OUTLIER: f64 = 0.03;
/// A part whose opening is read otherwise than it is by more than this, in widths of the part, teaches nothing: the reader sees real faces better.
const MISREAD_OPENING: f32 = 0.07;
/// The same of the mean distance of its landmarks from where they are, in distances between the eyes.
const MISREAD_PLACE: f32 = 0.07;
/// Weights of the parts of a picture in the loss.
const OPENING_WEIGHT: f32 = 6.0;
const LASH_WEIGHT: f32 = 5.0;
pub(super) const SKIN_WEIGHT: f32 = 1.0;
const OTHER_WEIGHT: f32 = 0.15;
/// Weight that the neighbourhood of lids and lips gains, and how far it reaches, in pixels of the frame.
const EDGE_WEIGHT: f32 = 3.0;
const EDGE_PX: f32 = 5.0;

/// One part in one frame.
#[derive(Clone, Debug)]
pub struct PartExample {
    /// What the network sees.
    pub input: PartInput,
    /// What it should make of it: `[height, width, 3]`, 0 to 1.
    pub target: Vec<f32>,
    /// How much every pixel counts: `[height, width]`.
    pub weights: Vec<f32>,
}

/// One frame: both eyes, then the mouth.
pub type PartFrame = [PartExample; 3];

/// One person.
#[derive(Clone, Debug)]
pub struct PartEpisode {
    /// The portrait's embedding.
    pub embedding: Vec<f32>,
    /// The portrait itself, then what it becomes.
    pub frames: Vec<PartFrame>,
}

/// Makes episodes: each is known by a seed and an index.
pub struct PartSampler {
    sampler: CloseUpSampler,
    embedder: Embedder,
    /// Readers that no thread uses at present.
    readers: Mutex<Vec<MeshReader>>,
}

impl PartSampler {
    /// Of a kit's heads, whose portraits an embedder describes.
    pub fn new(sampler: CloseUpSampler, embedder: Embedder) -> Self {
        Self { sampler, embedder, readers: Mutex::new(Vec::new()) }
    }

    fn reader(&self) -> Result<MeshReader, TrainError> {
        let free = self.readers.lock().ok().and_then(|mut readers| readers.pop());
        free.map_or_else(|| MeshReader::load().map_err(|error| TrainError::Settings(error.to_string())), Ok)
    }

    /// The close-up as an episode; `None` where a face is not read.
    fn episode(&self, close_up: &CloseUp, reader: &mut MeshReader) -> Result<Option<PartEpisode>, TrainError> {
        let mut meshes = Vec::with_capacity(close_up.frames.len());
        for frame in &close_up.frames {
            let face = reader.read_still(&frame.clear).into_iter().next().filter(|face| face.presence >= LEAST_PRESENCE);
            let Some(face) = face else { return Ok(None) };
            meshes.push(face.mesh);
        }
        let well_read: Vec<[bool; 3]> =
            close_up.frames.iter().zip(&meshes).map(|(frame, mesh)| FacePart::ALL.map(|part| is_well_read(part, frame, mesh))).collect();
        if well_read.first().is_none_or(|parts| parts.contains(&false)) {
            return Ok(None);
        }
        let (Some(portrait), Some(rest)) = (close_up.frames.first(), meshes.first()) else { return Ok(None) };
        let embedding = self.embedding(&close_up.portrait, rest)?;
        let crop = Crop::whole(CROP_PX);
        let mut views = Vec::with_capacity(FacePart::ALL.len());
        for part in FacePart::ALL {
            let view = &portrait.views[zone(part)];
            let mesh = rest.map(|p| view.from_frame(p));
            let view = PartView::new(part, &opaque(&view.pixels), crop, &mesh).map_err(|error| TrainError::Settings(error.to_string()))?;
            views.push((view, mesh));
        }
        let (mouth_view, _) = &views[FacePart::ALL.len() - 1];
        let picture = opaque(&close_up.portrait);
        let light = FaceLight::of(&picture, rest, mouth_view.skin());
        let blur_px = blur_of(&picture, &crop, rest) * mouth_view.mesh_at_rest().inter_ocular() / rest.inter_ocular();
        let mut inside =
            MouthInside::new(mouth_view.mesh_at_rest(), light, blur_px).map_err(|error| TrainError::Settings(error.to_string()))?;
        let frames = close_up.frames.iter().zip(&meshes).zip(well_read).map(|((frame, mesh), well_read)| {
            let parts = views.iter_mut().zip(well_read).map(|((view, rest), well_read)| {
                let mut example = example(view, rest, frame, mesh, &mut inside)?;
                if !well_read {
                    example.weights.fill(0.0);
                }
                Some(example)
            });
            let parts: Option<Vec<PartExample>> = parts.collect();
            parts.and_then(|parts| PartFrame::try_from(parts).ok())
        });
        let frames: Option<Vec<PartFrame>> = frames.collect();
        Ok(frames.map(|frames| PartEpisode { embedding, frames }))
    }

    /// What the embedder says of a portrait.
    fn embedding(&self, portrait: &RgbImage, mesh: &FaceMesh) -> Result<Vec<f32>, TrainError> {
        let numbers: Vec<f32> = portrait.as_raw().iter().map(|v| f32::from(*v) / 255.0).collect();
        let cells = PICTURE_PX / 2;
        let mut image = vec![0.0; cells * cells * LANDMARK_CHANNELS];
        draw_landmarks(&mesh.landmarks().0, Some(mesh.pupils()), cells, LANDMARK_LINE_RADIUS, &mut image, LANDMARK_CHANNELS, 0);
        let picture = Tensor::from_vec(numbers, (1, PICTURE_PX, PICTURE_PX, 3), &Device::Cpu)?;
        let image = Tensor::from_vec(image, (1, cells, cells, LANDMARK_CHANNELS), &Device::Cpu)?;
        Ok(self.embedder.embed(&picture, &image)?.flatten_all()?.to_vec1()?)
    }
}

impl Dataset for PartSampler {
    type Item = PartEpisode;

    fn make(&self, seed: u64, index: u64, scratch: &mut Scratch) -> Result<PartEpisode, TrainError> {
        let mut reader = self.reader()?;
        let mut found = None;
        for attempt in 0..ATTEMPTS {
            let close_up = self.sampler.close_up(seed, index | attempt << ATTEMPT_BIT, scratch);
            found = self.episode(&close_up, &mut reader)?;
            if found.is_some() {
                break;
            }
        }
        if let Ok(mut readers) = self.readers.lock() {
            readers.push(reader);
        }
        found
            .ok_or_else(|| TrainError::Settings(format!("no face was read in {ATTEMPTS} close-ups in a row: is the face reader in order?")))
    }
}

/// Whether the reader sees a part about as it is.
fn is_well_read(part: FacePart, frame: &CloseUpFrame, mesh: &FaceMesh) -> bool {
    let read = mesh.landmarks().0;
    let (points, opening): (_, fn(&[Vec2; 68]) -> f32) = match part {
        FacePart::RightEye => (36..42, |p| (p[37].distance(p[41]) + p[38].distance(p[40])) / (2.0 * p[36].distance(p[39]).max(1e-3))),
        FacePart::LeftEye => (42..48, |p| (p[43].distance(p[47]) + p[44].distance(p[46])) / (2.0 * p[42].distance(p[45]).max(1e-3))),
        FacePart::Mouth => {
            (48..68, |p| (p[61].distance(p[67]) + p[62].distance(p[66]) + p[63].distance(p[65])) / (3.0 * p[60].distance(p[64]).max(1e-3)))
        }
    };
    let count = points.len() as f32;
    let off = points.map(|i| read[i].distance(frame.landmarks[i])).sum::<f32>() / count / mesh.inter_ocular().max(1e-3);
    (opening(&read) - opening(&frame.landmarks)).abs() < MISREAD_OPENING && off < MISREAD_PLACE
}

/// Which close view shows a part.
fn zone(part: FacePart) -> usize {
    usize::from(part == FacePart::Mouth)
}

fn opaque(picture: &RgbImage) -> RgbaImage {
    image::DynamicImage::ImageRgb8(picture.clone()).into_rgba8()
}

/// The motion that brings a face at rest to another one of the same person, as the program's re-enactment does.
fn motion(rest: &FaceMesh, mesh: &FaceMesh) -> Option<MeshMotion> {
    let pairs = RIGID_POINTS.map(|i| (rest.0[i].as_dvec3(), mesh.0[i].as_dvec3(), 1.0));
    let fit = Similarity::fit_robust(&pairs, OUTLIER * f64::from(mesh.inter_ocular()))?;
    let back = fit.inverse();
    let expression = Arc::new(mesh.map(|p| back.apply(p.as_dvec3()).as_vec3()));
    let head = HeadMotion { rotation: fit.rotation.as_mat3(), scale: fit.scale as f32, translation: fit.shift.as_vec3() };
    Some(MeshMotion { expression_in_crop: expression, head })
}

/// A part of one frame: as geometry draws it from the portrait, and as it is. Everything lies in the pixels of the portrait's close view.
fn example(view: &mut PartView, rest: &FaceMesh, frame: &CloseUpFrame, mesh: &FaceMesh, inside: &mut MouthInside) -> Option<PartExample> {
    let part = view.part();
    let size = part.size();
    let truth = &frame.views[zone(part)];
    let mesh = mesh.map(|p| truth.from_frame(p));
    let posed = view.place(&motion(rest, &mesh)?);
    let mut mouth = MouthPicture::default();
    if part == FacePart::Mouth {
        inside.draw(&posed.motion, [0, 0], size, 1, &mut mouth);
    }
    view.draw(&posed, &mouth);
    let mut input = PartInput::default();
    input.fill(part, view.drawn(), &posed.mesh, view.mesh_at_rest());
    let (mut target, mut weights) = seen(truth, &posed, part);
    let [width, _] = size;
    if part == FacePart::LeftEye {
        mirrored_columns(&mut target, width, 3);
        mirrored_columns(&mut weights, width, 1);
    }
    Some(PartExample { input, target, weights })
}

/// What the truth shows of a part, and how much each of its pixels counts.
fn seen(truth: &crate::synth::CloseView, posed: &PosedPart, part: FacePart) -> (Vec<f32>, Vec<f32>) {
    let [width, height] = part.size();
    let edges: Vec<Vec2> = match part {
        FacePart::Mouth => FaceMesh::INNER_LIPS.iter().map(|i| posed.mesh.0[usize::from(*i)].truncate()).collect(),
        FacePart::RightEye | FacePart::LeftEye => {
            FaceMesh::EYES[usize::from(part == FacePart::LeftEye)].iter().map(|i| posed.mesh.0[usize::from(*i)].truncate()).collect()
        }
    };
    let (mut target, mut weights) = (Vec::with_capacity(width * height * 3), Vec::with_capacity(width * height));
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let at = Vec2::new(x as f32, y as f32);
        let place = posed.place.crop_from_frame(at);
        target.extend(sampled(&truth.pixels, place, posed.place.across.length()).to_array());
        let label = labelled(&truth.labels, place);
        let is = |parts: &[Part]| parts.iter().any(|part| label == Some(*part as u8));
        let own = if is(&[Part::MouthInterior, Part::Gums, Part::Teeth, Part::Eyeball, Part::EyeSocket]) {
            OPENING_WEIGHT
        } else if is(&[Part::Lash]) {
            LASH_WEIGHT
        } else if is(&[Part::Face]) {
            SKIN_WEIGHT
        } else {
            OTHER_WEIGHT
        };
        let far = edges.iter().map(|edge| edge.distance(at)).fold(f32::INFINITY, f32::min);
        let near = if own >= SKIN_WEIGHT { EDGE_WEIGHT * (1.0 - far / EDGE_PX).max(0.0) } else { 0.0 };
        weights.push(own.max(near));
    }
    (target, weights)
}

/// Colour at a place of a picture, the mean over a square of `side` pixels; the edge's own beyond it.
fn sampled(picture: &RgbImage, at: Vec2, side: f32) -> Vec3 {
    let last = (PICTURE_PX - 1) as f32;
    let pixel = |x: f32, y: f32| {
        let image::Rgb(colour) = *picture.get_pixel(x.clamp(0.0, last) as u32, y.clamp(0.0, last) as u32);
        Vec3::from_array(colour.map(f32::from))
    };
    let steps = side.clamp(1.0, 4.0).ceil() as usize;
    let mut sum = Vec3::ZERO;
    for (column, row) in (0..steps).flat_map(|row| (0..steps).map(move |column| (column, row))) {
        let offset = (Vec2::new(column as f32, row as f32) + 0.5) / steps as f32 - 0.5;
        let place = at + offset * side.max(1.0);
        let (low, t) = (place.floor(), place - place.floor());
        let above = pixel(low.x, low.y).lerp(pixel(low.x + 1.0, low.y), t.x);
        let below = pixel(low.x, low.y + 1.0).lerp(pixel(low.x + 1.0, low.y + 1.0), t.x);
        sum += above.lerp(below, t.y);
    }
    sum / (255.0 * (steps * steps) as f32)
}

/// The part of the head at a place of a view; `None` outside.
fn labelled(labels: &[u8], at: Vec2) -> Option<u8> {
    let cell = ((at + 0.5) * PLANE_CELLS as f32 / PICTURE_PX as f32).floor();
    let inside = cell.cmpge(Vec2::ZERO).all() && cell.cmplt(Vec2::splat(PLANE_CELLS as f32)).all();
    inside.then(|| labels.get(cell.y as usize * PLANE_CELLS + cell.x as usize).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::MeshModel;

    fn face() -> FaceMesh {
        MeshModel::shipped().expect("the program's own").mean().map(|p| p * 60.0 + Vec3::new(128.0, 110.0, 0.0))
    }

    fn frame(landmarks: &[Vec2; 68]) -> CloseUpFrame {
        let close = CloseUpSampler::new(Arc::new(crate::synth::FaceKit::stand_in())).close_up(1, 1, &mut Scratch::new());
        CloseUpFrame { landmarks: *landmarks, ..close.frames[0].clone() }
    }

    #[test]
    fn a_part_that_is_read_otherwise_than_it_is_is_noticed() {
        let mesh = face();
        let landmarks = mesh.landmarks().0;
        assert!(FacePart::ALL.into_iter().all(|part| is_well_read(part, &frame(&landmarks), &mesh)), "read as it is");
        let mut open = landmarks;
        (65..68).for_each(|i| open[i].y += 8.0);
        let well = FacePart::ALL.map(|part| is_well_read(part, &frame(&open), &mesh));
        assert_eq!(well, [true, true, false], "the mouth is open, and was read as shut");
    }

    #[test]
    fn the_motion_between_two_readings_is_head_and_expression() {
        let rest = face();
        let turn = glam::Mat3::from_rotation_y(0.3);
        let mut smiling = rest.clone();
        smiling.0[61].x -= 4.0;
        let moved = smiling.map(|p| turn * p * 1.2 + Vec3::new(3.0, 4.0, 0.0));
        let found = motion(&rest, &moved).expect("a face");
        assert!((found.head.scale - 1.2).abs() < 0.01 && (found.head.rotation * Vec3::Z).distance(turn * Vec3::Z) < 0.01, "the head");
        let corner = found.expression_in_crop.0[61] - rest.0[61];
        assert!(corner.distance(Vec3::new(-4.0, 0.0, 0.0)) < 0.2, "the corner of the mouth: {corner}");
    }
}
