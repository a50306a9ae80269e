//! Draws pairs of frames of one head with everything that is known about them: what the networks are trained on.

use std::sync::Arc;

use glam::{Vec2, Vec3};
use image::RgbImage;

use super::backdrop::PaintedBackdrop;
use super::expression::Expression;
use super::facekit::FaceKit;
pub use super::flow::BackwardFlow;
use super::flow::{backward, traced};
use super::look::{PostProcessing, Workshop};
use super::motion::Motion;
use super::person::Person;
use super::planes::BRIGHTNESS;
use super::pose::Pose;
use super::raster::{NONE, SAMPLES};
use super::shade::FrameBuffer;
use super::surface::{Camera, Lighting};
use crate::data::{CROP_PX, Crop, PICTURE_PX, PLANE_CELLS, Part};
use crate::random::Random;

/// At most this many of the 68 landmarks may lie outside the picture.
const MOST_OUTSIDE: usize = 6;

/// Smallest face that is kept: distance between the outer eye corners, or what the height of a turned face amounts to, in pixels.
const SMALLEST_FACE_PX: f32 = 35.0;

/// Of pairs in wide views, the shares that are framed as a crop and as a crop's reach; the others are framed wider still. Chosen by what
/// the program shows the net: crop and reach of every portrait, and wider squares where another background is wanted.
const AS_CROP: f32 = 0.5;
const AS_REACH: f32 = 0.3;
/// How much wider than a crop's reach the widest view is.
const WIDEST: f32 = 2.2;
/// From the root of the nose down to where bodies end, in cm: a little less than in [`Person`].
const BODY_CM: f32 = 55.0;

/// A pair is redrawn at most this often.
const ATTEMPTS: u64 = 24;

/// One drawn frame of a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct SynthFrame {
    /// [`PICTURE_PX`] squared.
    pub pixels: RgbImage,
    /// [`crate::data::Part`] at the centre of every cell, `PLANE_CELLS` squared, row by row.
    pub labels: Vec<u8>,
    /// The 68 landmarks on dlib's convention, in pixel-index coordinates; a few may lie outside.
    pub landmarks: [Vec2; 68],
    /// Pupil between landmarks 36 and 39, then the one between 42 and 45.
    pub pupils: [Vec2; 2],
    /// Where the eyes look against the head, in radians: yaw to the picture's right, pitch up.
    pub gaze: Vec2,
}

/// Two frames of one person before one backdrop, and the exact motion between them.
#[derive(Clone, Debug, PartialEq)]
pub struct FramePair {
    /// Mostly the first is near a neutral expression.
    pub frames: [SynthFrame; 2],
    /// `backward[k]` makes frame `1 - k` from frame `k`.
    pub backward: [BackwardFlow; 2],
    /// How much of the head's motion the body takes part in, 0..=1.
    pub body_follow: f32,
}

/// Everything that drawing needs room for; one for each thread, used again for every pair.
#[derive(Clone, Debug)]
pub struct Scratch {
    pub(super) canvases: [FrameBuffer; 2],
    pub(super) positions: [Vec<Vec3>; 2],
    pub(super) backdrop: PaintedBackdrop,
    pub(super) workshop: Workshop,
    pub(super) places: Vec<Vec2>,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Scratch {
    /// Room for one pair.
    pub fn new() -> Self {
        Self {
            canvases: [FrameBuffer::new(), FrameBuffer::new()],
            positions: [Vec::new(), Vec::new()],
            backdrop: PaintedBackdrop::new(),
            workshop: Workshop::default(),
            places: Vec::new(),
        }
    }
}

/// Makes pairs: each is known by a seed and an index, and does not depend on the others.
#[derive(Clone, Debug)]
pub struct PairSampler {
    kit: Arc<FaceKit>,
    /// Whether some pairs are framed wider than crops are.
    is_wide: bool,
}

/// What one frame shows, before it is drawn.
pub(super) struct Shot {
    pose: Pose,
    pub(super) camera: Camera,
    pub(super) landmarks: [Vec2; 68],
    pupils: [Vec2; 2],
    /// Middle of the skull across, in pixels.
    skull_x: f32,
}

impl PairSampler {
    /// A sampler over a kit's heads.
    pub fn new(kit: Arc<FaceKit>) -> Self {
        Self { kit, is_wide: false }
    }

    /// A sampler that shows heads as they come in crops, in their reach ([`Crop::reach`]), and in what is wider still.
    pub fn with_wide_views(kit: Arc<FaceKit>) -> Self {
        Self { kit, is_wide: true }
    }

    /// The kit of its heads.
    pub fn kit(&self) -> &FaceKit {
        &self.kit
    }

    /// The pair number `index` of a seed.
    pub fn pair(&self, seed: u64, index: u64, scratch: &mut Scratch) -> FramePair {
        let mut attempt = 0;
        loop {
            // Another attempt is another stream; indices stay far below 2^56.
            let mut random = Random::new(seed, index | attempt << 56);
            attempt += 1;
            let person = Person::new(&self.kit, &mut random);
            let motion = Motion::new(&self.kit, &mut random);
            let view = if self.is_wide { View::wide(&mut random) } else { View::CROP };
            let shots = self.shots(&person, &motion, &view, &mut random, &mut scratch.positions);
            if attempt == ATTEMPTS || shots.iter().all(|shot| shot.is_usable(view.wider)) {
                return drawn(&person, &shots, motion.body_follow, &mut random, scratch);
            }
        }
    }

    /// Poses the person, and points the camera so that the face lies where faces lie in crops.
    fn shots(&self, person: &Person, motion: &Motion, view: &View, random: &mut Random, positions: &mut [Vec<Vec3>; 2]) -> [Shot; 2] {
        let lens = Lens::new(random).wider(view.wider);
        let mut shot =
            |k: usize| Shot::new(&self.kit, person, &motion.expressions[k], &motion.poses[k], &lens, motion.scales[k], &mut positions[k]);
        let mut shots = [shot(0), shot(1)];
        // Crops are centred on the skull or on the face, and mostly on the first frame's.
        let by_skull = random.unit();
        let anchor = shots[0].anchor(by_skull).lerp(shots[1].anchor(by_skull), 0.3);
        let eyes = view.place(eyes_in_crop(random), lens.scale());
        for shot in &mut shots {
            shot.shift(eyes - anchor);
        }
        shots
    }
}

/// Where the root of the nose comes to lie, in pixels.
pub(super) fn eyes_in_crop(random: &mut Random) -> Vec2 {
    Vec2::new(random.normal(127.5, 12.0), random.normal(111.5, 12.0))
}

/// What is shown round a crop.
struct View {
    /// How much wider than a crop it is.
    wider: f32,
    /// Where the crop's first pixel lies in it, as parts of what is beside the crop.
    crop_at: Vec2,
}

impl View {
    const CROP: Self = Self { wider: 1.0, crop_at: Vec2::ZERO };

    /// A crop, its reach, or what is wider still.
    fn wide(random: &mut Random) -> Self {
        let unit = random.unit();
        if unit < AS_CROP {
            return Self::CROP;
        }
        let beside = (Crop::REACH - 1.0) * CROP_PX;
        let of_reach = Self { wider: Crop::REACH, crop_at: Vec2::from_array(Crop::BEFORE_REACH) / beside };
        if unit < AS_CROP + AS_REACH {
            return of_reach;
        }
        Self { wider: Crop::REACH * random.range(1.0, WIDEST), crop_at: Vec2::new(random.range(0.2, 0.8), random.range(0.1, 0.8)) }
    }

    /// Where a place of the crop lies, so low that a body, at `scale` pixels per centimetre, does not end inside the picture.
    fn place(&self, in_crop: Vec2, scale: f32) -> Vec2 {
        let before = (self.wider - 1.0) * CROP_PX * self.crop_at;
        let at = (in_crop + 0.5 + before) / self.wider - 0.5;
        Vec2::new(at.x, if self.wider > 1.0 { at.y.max(CROP_PX - BODY_CM * scale) } else { at.y })
    }
}

/// What a camera sees at the distance at which it stands.
pub(super) struct Lens {
    focal_px: f32,
    /// Pixels per centimetre.
    scale: f32,
}

impl Lens {
    pub(super) fn new(random: &mut Random) -> Self {
        let focal_px = random.range(300.0, 1100.0);
        // Eyes stand about 6.2 cm apart; the program's crops show them 47 pixels apart.
        Self { focal_px, scale: random.range(6.0, 11.0) }
    }

    /// A lens that shows the whole head with room to turn.
    pub(super) fn of_whole_head(random: &mut Random) -> Self {
        Self { focal_px: random.range(500.0, 1100.0), scale: random.range(5.5, 7.0) }
    }

    /// The same lens of a camera that shows so much more.
    fn wider(self, by: f32) -> Self {
        Self { focal_px: self.focal_px / by, scale: self.scale / by }
    }

    /// Pixels per centimetre.
    pub(super) fn scale(&self) -> f32 {
        self.scale
    }
}

impl Shot {
    /// Poses the person: its vertices into `positions`, and what they come to in a picture. `scale` is the size against the lens's own.
    pub(super) fn new(
        kit: &FaceKit,
        person: &Person,
        expression: &Expression,
        pose: &Pose,
        lens: &Lens,
        scale: f32,
        positions: &mut Vec<Vec3>,
    ) -> Self {
        person.positions(kit, expression, pose, positions);
        let distance_cm = lens.focal_px / (lens.scale * scale);
        let camera = Camera { focal_px: lens.focal_px, distance_cm, centre_px: Vec2::ZERO };
        let (landmarks, pupils) = person.landmarks(kit, positions, &camera);
        let skull_x = camera.project(skull(person, positions)).x;
        Self { pose: *pose, camera, landmarks, pupils, skull_x }
    }

    /// Between the middle of the face (`by_skull` 0) and that of the skull (1) across, and the root of the nose in height.
    pub(super) fn anchor(&self, by_skull: f32) -> Vec2 {
        let (low, high) = self.landmarks.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p.x), h.max(p.x)));
        let face = 0.5 * (low + high);
        Vec2::new(face + by_skull * (self.skull_x - face), self.landmarks[27].y)
    }

    /// How the person holds itself.
    pub(super) fn pose(&self) -> Pose {
        self.pose
    }

    /// Points the camera elsewhere, so that everything comes to lie `by` pixels further.
    pub(super) fn shift(&mut self, by: Vec2) {
        self.camera.centre_px += by;
        self.landmarks.iter_mut().chain(&mut self.pupils).for_each(|point| *point += by);
    }

    /// Whether the face is large enough, for a view that is so much wider than a crop, and inside the picture.
    pub(super) fn is_usable(&self, wider: f32) -> bool {
        let points = &self.landmarks;
        let inside = 0.0..=(PICTURE_PX - 1) as f32;
        let outside = points.iter().filter(|p| !(inside.contains(&p.x) && inside.contains(&p.y))).count();
        // Eye corners come together as the face turns; its height does not.
        let size = points[36].distance(points[45]).max(0.75 * points[27].distance(points[8]));
        outside <= MOST_OUTSIDE && size * wider >= SMALLEST_FACE_PX
    }
}

/// About the middle of the head above the neck, in the world: of the box round scalp and ears.
fn skull(person: &Person, positions: &[Vec3]) -> Vec3 {
    let scalp = || {
        let all = person.surface.vertices.iter().zip(positions).step_by(3);
        all.filter(|(vertex, _)| vertex.part == Part::Head).map(|(_, at)| *at)
    };
    let (sum, count) = scalp().fold((0.0, 0.0_f32), |(sum, count), at| (sum + at.y, count + 1.0));
    let neck = sum / count.max(1.0);
    let above = scalp().filter(|at| at.y >= neck);
    let (low, high) = above.fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    if low.cmple(high).all() { 0.5 * (low + high) } else { Vec3::ZERO }
}

fn drawn(person: &Person, shots: &[Shot; 2], body_follow: f32, random: &mut Random, scratch: &mut Scratch) -> FramePair {
    scratch.backdrop.redraw(random, tint(&person.lighting));
    let look = PostProcessing::new(random);
    let hollow_strength = random.range(0.0, 0.45);
    let shadow_strength = if random.chance(0.5) { random.range(0.3, 0.9) } else { 0.0 };
    for ((canvas, positions), shot) in scratch.canvases.iter_mut().zip(&scratch.positions).zip(shots) {
        (canvas.hollow_strength, canvas.shadow_strength) = (hollow_strength, shadow_strength);
        canvas.draw(&person.surface, positions, &person.lighting, &shot.camera, &scratch.backdrop);
    }
    if random.chance(EXPOSED) {
        let gain = exposure(&scratch.canvases[0]);
        scratch.canvases.iter_mut().for_each(|canvas| lighten(canvas, gain));
    }
    let triangles = &person.surface.triangles;
    let [first, second] = &scratch.canvases;
    let flows = [backward(&second.coverage, &first.coverage, triangles), backward(&first.coverage, &second.coverage, triangles)];
    look.prepare(&first.picture, random, &mut scratch.workshop);
    if look.has_texture() {
        find_places(second, first, triangles, &mut scratch.places);
    }
    look.apply(&mut scratch.canvases[0].picture, None, &mut scratch.workshop);
    let places = look.has_texture().then_some(scratch.places.as_slice());
    look.apply(&mut scratch.canvases[1].picture, places, &mut scratch.workshop);
    let frames = [frame(&scratch.canvases[0], &shots[0]), frame(&scratch.canvases[1], &shots[1])];
    FramePair { frames, backward: flows, body_follow }
}

pub(super) fn frame(canvas: &FrameBuffer, shot: &Shot) -> SynthFrame {
    SynthFrame {
        pixels: canvas.picture.to_image(),
        labels: canvas.labels.clone(),
        landmarks: shot.landmarks,
        pupils: shot.pupils,
        gaze: shot.pose.gaze,
    }
}

/// Share of pictures whose exposure was made for the face.
pub(super) const EXPOSED: f32 = 0.9;

pub(super) fn lighten(canvas: &mut FrameBuffer, gain: f32) {
    for value in canvas.picture.0.iter_mut().flatten() {
        *value = (*value * gain).min(1.0);
    }
}

/// What a face that is nearly black must be multiplied with to be seen: 1 for most.
pub(super) fn exposure(canvas: &FrameBuffer) -> f32 {
    const DARKEST: f32 = 0.18;
    let faces = canvas.labels.iter().enumerate().filter(|(_, label)| **label == Part::Face as u8);
    let (sum, count) = faces.fold((0.0, 0.0), |(sum, count), (cell, _)| {
        let pixel = (cell / PLANE_CELLS) * 2 * PICTURE_PX + (cell % PLANE_CELLS) * 2;
        (sum + canvas.picture.at(pixel).dot(BRIGHTNESS), count + 1.0_f32)
    });
    (DARKEST * count.max(1.0) / sum.max(1e-3)).clamp(1.0, 4.0)
}

/// Colour of all light together, of brightness 1.
pub(super) fn tint(lighting: &Lighting) -> Vec3 {
    let sum = lighting.lights.iter().fold(lighting.ambient, |sum, light| sum + 0.5 * light.colour);
    sum / sum.dot(BRIGHTNESS).max(1e-3)
}

/// Where every pixel of the second frame lay in the first, in pixels; the background stays.
pub(super) fn find_places(second: &FrameBuffer, first: &FrameBuffer, triangles: &[[u32; 3]], places: &mut Vec<Vec2>) {
    places.clear();
    places.extend((0..PICTURE_PX * PICTURE_PX).map(|index| {
        let (x, y) = (index % PICTURE_PX, index / PICTURE_PX);
        let triangle = second.coverage.buffer.triangle[(2 * y + 1) * SAMPLES + 2 * x + 1];
        let pixel = Vec2::new(x as f32, y as f32);
        if triangle == NONE {
            return pixel;
        }
        (traced(&second.coverage, &first.coverage, triangles[triangle as usize], pixel * 2.0 + 0.5).truncate() - 0.5) / 2.0
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(indices: &[u64]) -> Vec<FramePair> {
        let sampler = PairSampler::new(Arc::new(FaceKit::stand_in()));
        let mut scratch = Scratch::new();
        indices.iter().map(|index| sampler.pair(5, *index, &mut scratch)).collect()
    }

    #[test]
    fn a_pair_depends_on_its_seed_and_index_only() {
        let (forward, backward) = (pairs(&[0, 1, 2, 3]), pairs(&[3, 2, 1, 0]));
        assert!(forward.iter().eq(backward.iter().rev()), "neither order nor used scratch matters");
        assert!(forward[0].frames[0].pixels != forward[1].frames[0].pixels, "pairs differ");
    }

    #[test]
    fn what_is_visible_has_the_same_part_where_it_came_from() {
        for (index, pair) in pairs(&[10, 11, 12, 13, 14, 15]).iter().enumerate() {
            for (source, target, flow) in [(0, 1, &pair.backward[0]), (1, 0, &pair.backward[1])] {
                let (mut same, mut all) = (0, 0);
                for (cell, label) in pair.frames[target].labels.iter().enumerate() {
                    let centre = Vec2::new((cell % PLANE_CELLS) as f32, (cell / PLANE_CELLS) as f32);
                    let from = (centre + flow.displacement_px[cell] / 2.0).round();
                    if flow.visible[cell] {
                        let from = from.clamp(Vec2::ZERO, Vec2::splat((PLANE_CELLS - 1) as f32)).as_uvec2();
                        all += 1;
                        same += usize::from(pair.frames[source].labels[from.y as usize * PLANE_CELLS + from.x as usize] == *label);
                    }
                }
                assert!(all > 4000, "pair {index}: most is visible, {all}");
                assert!(same * 100 > all * 95, "pair {index}: {same} of {all} cells come from their own part");
            }
        }
    }

    #[test]
    fn landmarks_lie_on_the_face_and_pairs_are_usable() {
        for (index, pair) in pairs(&[20, 21, 22, 23, 24, 25, 26, 27]).iter().enumerate() {
            for frame in &pair.frames {
                let outside = frame.landmarks.iter().filter(|p| p.min_element() < 0.0 || p.max_element() > 255.0).count();
                assert!(outside <= MOST_OUTSIDE, "pair {index}: {outside} landmarks outside");
                let face = frame.labels.iter().map(|l| usize::from(*l == Part::Face as u8)).sum::<usize>();
                assert!(face > 300, "pair {index}: a face of {face} cells");
            }
            assert!((0.0..=1.0).contains(&pair.body_follow), "pair {index}: follow in range");
        }
    }
    #[test]
    fn wide_views_show_smaller_heads_whose_bodies_go_on_to_the_edge() {
        let sampler = PairSampler::with_wide_views(Arc::new(FaceKit::stand_in()));
        let mut scratch = Scratch::new();
        let (mut sizes, mut whole) = ([0; 2], 0);
        for index in 0..24 {
            for frame in sampler.pair(5, index, &mut scratch).frames {
                let is_small = frame.landmarks[27].distance(frame.landmarks[8]) < 50.0;
                let last_row = &frame.labels[PLANE_CELLS * (PLANE_CELLS - 1)..];
                sizes[usize::from(is_small)] += 1;
                whole += usize::from(is_small && last_row.iter().any(|label| *label != Part::Background as u8));
            }
        }
        // A bust of stone may end above it.
        assert!(whole * 4 >= sizes[1] * 3, "{whole} of {} small ones reach the lower edge", sizes[1]);
        assert!(sizes.iter().all(|count| *count >= 8), "large and small heads: {sizes:?}");
    }
}
