//! Paints the face: skin with its spots and reds, lips, brows, make-up, stubble.

use std::ops::Range;

use glam::{Vec2, Vec3};

use super::super::facekit::FaceKit;
use super::super::noise::value_noise;
use super::super::surface::Vertex;
use super::scene::Scene;
use super::shapes::{is_inside, polyline_distance, random_colour, smoothstep};
use crate::data::Part;
use crate::random::Random;

/// The painted vertices of the kit.
pub(super) struct SkinPaint<'a> {
    pub(super) kit: &'a FaceKit,
    pub(super) scene: &'a Scene,
    /// The person's head at rest.
    pub(super) shape: &'a [Vec3],
    /// Landmarks at rest.
    pub(super) landmarks: [Vec3; 68],
    pub(super) vertices: Vec<Vertex>,
    /// Vertices of the face.
    face: Range<usize>,
    /// Vertices of face, scalp and neck.
    skin: Range<usize>,
}

impl<'a> SkinPaint<'a> {
    /// Everything in plain skin.
    pub(super) fn new(kit: &'a FaceKit, scene: &'a Scene, shape: &'a [Vec3], random: &mut Random) -> Self {
        let specular = random.range(0.0, if scene.is_cartoon { 0.05 } else { 0.22 });
        let texture_gain = if scene.is_sculpture { random.range(0.0, 0.22) } else { random.range(0.0, 0.07) };
        let scale = random.range(1.5, 6.0);
        let vertex =
            |(part, at): (&Part, &Vec3)| Vertex { part: *part, albedo: scene.skin, specular, texture_at: *at * scale, texture_gain };
        Self {
            kit,
            scene,
            shape,
            landmarks: kit.landmarks.map(|i| shape[i as usize]),
            vertices: kit.parts.iter().zip(shape).map(vertex).collect(),
            face: kit.range_of(Part::Face),
            skin: 0..kit.end_of(Part::Head),
        }
    }

    /// All that is on the skin.
    pub(super) fn paint_skin(&mut self, random: &mut Random) {
        self.mottle(random);
        self.shade_hollows(random);
        if !self.scene.is_sculpture {
            self.redden(random);
            self.shade_eyes(random);
        }
        self.lips(random);
        self.brows(random);
        if !self.scene.is_sculpture && random.chance(if self.scene.is_cartoon { 0.7 } else { 0.35 }) {
            self.eye_liner(random);
        }
    }

    fn mottle(&mut self, random: &mut Random) {
        let strength = if self.scene.is_cartoon {
            0.2
        } else if self.scene.is_sculpture {
            1.6
        } else {
            1.0
        };
        let (coarse, fine) = (random.range(0.2, 0.5), random.range(0.8, 2.5));
        let (a, b) = (random.range(0.0, 0.1) * strength, random.range(0.0, 0.08) * strength);
        let offset = Vec3::new(1.0, 1.3, -1.0) * random.range(0.0, 50.0);
        for i in self.skin.clone() {
            let at = self.shape[i];
            let factor = 1.0 + a * value_noise(at * coarse + offset) + b * value_noise(at * fine + offset);
            self.vertices[i].albedo *= factor;
        }
    }

    /// Little light comes into hollows: nostrils, the corners of eyes and mouth, behind the ears.
    fn shade_hollows(&mut self, random: &mut Random) {
        let strength = random.range(0.4, 1.0);
        for i in 0..self.kit.end_of(Part::EyeSocket) {
            let shade = 1.0 - strength * self.kit.hollows[i];
            let cool = if self.scene.is_sculpture { shade } else { shade * shade.sqrt() };
            self.vertices[i].albedo *= Vec3::new(shade, cool, cool);
        }
    }

    /// Multiplies the skin near `centre` by 1 - m * `taken`, m falling as a Gaussian from `strength`.
    fn spot(&mut self, centre: Vec3, radius: f32, strength: f32, taken: Vec3) {
        let limit = 9.0 * radius * radius;
        for i in self.face.clone() {
            let d2 = self.shape[i].distance_squared(centre);
            if d2 < limit {
                self.vertices[i].albedo *= Vec3::ONE - taken * (strength * (-d2 / (2.0 * radius * radius)).exp());
            }
        }
    }

    fn redden(&mut self, random: &mut Random) {
        let lm = &self.landmarks;
        let cheeks = [lm[2].lerp(lm[31], 0.55), lm[14].lerp(lm[35], 0.55)];
        let nose = lm[30];
        let rouge = random.chance(if self.scene.is_cartoon { 0.4 } else { 0.12 });
        let (radius, strength) = (random.range(1.2, 2.2), if rouge { random.range(0.25, 0.5) } else { random.range(0.0, 0.25) });
        let red = Vec3::new(0.1, 0.8, 0.7);
        for cheek in cheeks {
            self.spot(cheek, radius, strength, red);
        }
        let (radius, strength) = (random.range(0.9, 1.6), random.range(0.0, 0.2));
        self.spot(nose, radius, strength, red);
    }

    fn eye_centre(&self, eye: usize) -> Vec3 {
        self.landmarks[36 + 6 * eye..42 + 6 * eye].iter().sum::<Vec3>() / 6.0
    }

    fn shade_eyes(&mut self, random: &mut Random) {
        let strong = random.chance(0.2);
        let strength = if strong { random.range(0.2, 0.6) } else { random.range(0.0, 0.2) };
        let taken = if random.chance(0.8) { Vec3::new(0.6, 0.7, 0.7) } else { Vec3::ONE - random_colour(random, 1.0) };
        let radius = random.range(1.2, 2.0);
        for eye in 0..2 {
            let centre = self.eye_centre(eye) + Vec3::Y * 0.3;
            self.spot(centre, radius, strength, taken);
        }
    }

    fn lips(&mut self, random: &mut Random) {
        let outline: Vec<Vec2> = self.landmarks[48..60].iter().map(|p| p.truncate()).collect();
        let closed: Vec<Vec2> = outline.iter().chain(&outline[..1]).copied().collect();
        let colour = self.lip_colour(random);
        let cover = if self.scene.is_sculpture { 0.3 } else { random.range(0.35, 1.0) };
        let shine = random.range(0.0, 0.25);
        let soft = random.range(0.06, 0.16);
        let inner_edge = self.landmarks[62].z - 1.3;
        for i in self.face.start..self.kit.end_of(Part::MouthInterior) {
            let at = self.shape[i];
            let inside = match self.vertices[i].part {
                Part::Face if at.z > 7.5 && at.y < 0.0 && at.y > -6.5 && at.x.abs() < 4.0 => {
                    if is_inside(&outline, at.truncate()) {
                        1.0
                    } else {
                        (-(polyline_distance(&closed, at.truncate()) / soft).powi(2)).exp()
                    }
                }
                Part::MouthInterior if at.z > inner_edge => 1.0,
                _ => 0.0,
            };
            if inside > 0.01 {
                let vertex = &mut self.vertices[i];
                vertex.albedo = vertex.albedo.lerp(colour, inside * cover);
                vertex.specular += inside * shine;
            }
        }
    }

    fn lip_colour(&self, random: &mut Random) -> Vec3 {
        let skin = self.scene.skin;
        if self.scene.is_sculpture {
            return skin * 0.93;
        }
        if random.chance(0.75) {
            // Own lips: the skin with less green and blue.
            skin * Vec3::new(0.92, 0.60, 0.58) * random.range(0.75, 1.1)
        } else {
            Vec3::new(random.range(0.4, 0.95), random.range(0.05, 0.4), random.range(0.1, 0.4)) / self.scene.gain.max(0.7)
        }
    }

    fn brows(&mut self, random: &mut Random) {
        let colour = self.scene.hair * random.range(0.5, 1.1);
        let width = random.range(0.16, 0.46);
        let cover = if self.scene.is_sculpture { random.range(0.0, 0.4) } else { random.range(0.0, 1.0_f32).sqrt() };
        let lift = random.range(-0.1, 0.15);
        let rough = random.range(0.0, 0.4);
        for brow in [17..22, 22..27] {
            let line: Vec<Vec2> = self.landmarks[brow].iter().map(|p| p.truncate() + Vec2::Y * lift).collect();
            for i in self.face.clone() {
                let at = self.shape[i];
                if at.z < 4.0 || at.y < line[0].y - 2.0 || at.y > line[2].y + 2.0 {
                    continue;
                }
                let distance = polyline_distance(&line, at.truncate()) * (1.0 + rough * value_noise(at * 3.0));
                let m = smoothstep(1.4 * width, 0.5 * width, distance) * cover;
                let vertex = &mut self.vertices[i];
                vertex.albedo = vertex.albedo.lerp(colour, m);
                vertex.texture_gain = vertex.texture_gain.max(0.4 * m);
            }
        }
    }

    fn eye_liner(&mut self, random: &mut Random) {
        let (strength, width) = (random.range(0.3, 0.9), random.range(0.06, 0.14));
        let below = random.range(0.0, 0.7);
        for eye in 0..2 {
            let mut line: Vec<Vec2> = self.landmarks[36 + 6 * eye..42 + 6 * eye].iter().map(|p| p.truncate()).collect();
            line.push(line[0]);
            for i in self.face.clone() {
                let at = self.shape[i];
                if at.z > 4.0 && (at.y - line[0].y).abs() < 2.0 {
                    let m = strength * (-(polyline_distance(&line, at.truncate()) / width).powi(2)).exp();
                    let lower = smoothstep(-0.1, 0.1, line[0].midpoint(line[3]).y - at.y);
                    self.vertices[i].albedo *= 1.0 - m * (1.0 + (below - 1.0) * lower);
                }
            }
        }
    }

    /// Hair colour over the skin by a mask of strengths 0..1, with a rough texture.
    pub(super) fn stain(&mut self, colour: Vec3, mask: impl Fn(Vec3) -> f32) {
        for i in self.skin.clone() {
            let m = mask(self.shape[i]);
            if m > 0.01 {
                let vertex = &mut self.vertices[i];
                vertex.albedo = vertex.albedo.lerp(colour, m);
                vertex.texture_gain = vertex.texture_gain.max(0.35 * m);
            }
        }
    }
}
