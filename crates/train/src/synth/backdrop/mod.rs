//! What stands behind a person: walls, rooms, landscapes, shelves, curtains, towns, leaves, or nothing but colour.

mod indoors;
mod outdoors;
mod plain;

use glam::{Vec2, Vec3};

use super::planes::{Planes, add_clouds};
use crate::data::PICTURE_PX;
use crate::math::smoothstep;
use crate::random::Random;

/// A picture without the person; drawn once for both frames of a pair.
#[derive(Clone, Debug)]
pub(super) struct PaintedBackdrop {
    /// Its pixels, 0..1.
    pub(super) planes: Planes,
    scratch: Vec<f32>,
}

/// A way to paint a backdrop.
type Scene = fn(&mut Brush<'_>);

/// All scenes with their shares among all pictures.
const SCENES: [(f32, Scene); 16] = [
    (0.07, plain::one_colour),
    (0.08, plain::gradient),
    (0.10, plain::studio),
    (0.08, plain::old_master),
    (0.07, plain::clouds),
    (0.07, plain::shapes),
    (0.05, plain::stripes),
    (0.11, outdoors::hills),
    (0.06, outdoors::leaves),
    (0.05, outdoors::town),
    (0.03, outdoors::sea),
    (0.08, indoors::room),
    (0.05, indoors::shelves),
    (0.04, indoors::bricks),
    (0.03, indoors::wallpaper),
    (0.03, indoors::curtain),
];

impl PaintedBackdrop {
    /// A black backdrop.
    pub(super) fn new() -> Self {
        Self { planes: Planes::new(), scratch: Vec::new() }
    }

    /// Paints a new one. `light` is the colour of the person's light, about 1; most backdrops stand in the same.
    pub(super) fn redraw(&mut self, random: &mut Random, light: Vec3) {
        let total: f32 = SCENES.iter().map(|(share, _)| share).sum();
        let mut place = random.unit() * total;
        let scene = SCENES.iter().find(|(share, _)| {
            place -= share;
            place < 0.0
        });
        let mut painter = Brush { planes: &mut self.planes, scratch: &mut self.scratch, random, saturation: 0.0 };
        painter.saturation = if painter.random.chance(0.2) { painter.random.range(0.7, 1.2) } else { painter.random.range(0.05, 0.6) };
        scene.map_or(plain::one_colour as Scene, |(_, scene)| *scene)(&mut painter);
        painter.finish(light);
    }
}

/// A brush for one backdrop. Places are in 0..1 of the picture, x right, y down.
struct Brush<'a> {
    planes: &'a mut Planes,
    scratch: &'a mut Vec<f32>,
    random: &'a mut Random,
    /// How colourful this backdrop is, 0..1.2.
    saturation: f32,
}

impl Brush<'_> {
    /// A random colour as colourful as this backdrop is.
    fn colour(&mut self) -> Vec3 {
        let colour = Vec3::from_array(std::array::from_fn(|_| self.random.unit()));
        let mean = Vec3::splat(colour.element_sum() / 3.0);
        (mean + (colour - mean) * self.saturation).clamp(Vec3::ZERO, Vec3::ONE)
    }

    /// A colour near another.
    fn near(&mut self, colour: Vec3, spread: f32) -> Vec3 {
        let shade = self.random.normal(1.0, spread);
        (colour * shade + Vec3::from_array(std::array::from_fn(|_| self.random.normal(0.0, 0.3 * spread)))).clamp(Vec3::ZERO, Vec3::ONE)
    }

    /// Uniform in `low..high`.
    fn range(&mut self, low: f32, high: f32) -> f32 {
        self.random.range(low, high)
    }

    /// Colours every pixel by its place.
    fn each(&mut self, colour: impl Fn(Vec2) -> Vec3) {
        for y in 0..PICTURE_PX {
            for x in 0..PICTURE_PX {
                self.planes.set(y * PICTURE_PX + x, colour(place(x, y)));
            }
        }
    }

    /// From one colour to another along a line at `angle` radians.
    fn ramp(&mut self, from: Vec3, to: Vec3, angle: f32) {
        let along = Vec2::from_angle(angle);
        self.each(|at| from.lerp(to, ((at - 0.5).dot(along) + 0.5).clamp(0.0, 1.0)));
    }

    /// A rectangle, cut off at the borders, with even edges.
    fn rectangle(&mut self, low: Vec2, high: Vec2, colour: Vec3, amount: f32) {
        let [left, top, right, bottom] =
            [low.x, low.y, high.x, high.y].map(|v| (v * PICTURE_PX as f32).clamp(0.0, PICTURE_PX as f32) as usize);
        for y in top..bottom {
            for x in left..right.max(left) {
                self.planes.mix(y * PICTURE_PX + x, colour, amount);
            }
        }
    }

    /// An ellipse with an edge `soft` wide as a share of its radius.
    fn ellipse(&mut self, centre: Vec2, radii: Vec2, colour: Vec3, amount: f32, soft: f32) {
        let side = PICTURE_PX as f32;
        let (low, high) = ((centre - radii) * side, (centre + radii) * side);
        let bound = |v: f32| v.clamp(0.0, side) as usize;
        for y in bound(low.y)..bound(high.y + 1.0) {
            for x in bound(low.x)..bound(high.x + 1.0) {
                let distance = ((place(x, y) - centre) / radii).length();
                let cover = ((1.0 - distance) / soft.max(1e-3)).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.planes.mix(y * PICTURE_PX + x, colour, amount * cover);
                }
            }
        }
    }

    /// Everything below a line given by its height in every column; the colour may change down from the line.
    fn below(&mut self, line: &[f32], at_line: Vec3, deeper: Vec3, depth: f32) {
        for (x, top) in line.iter().enumerate() {
            let top = top * PICTURE_PX as f32;
            for y in top.max(0.0) as usize..PICTURE_PX {
                let cover = (y as f32 + 1.0 - top).clamp(0.0, 1.0);
                let t = ((y as f32 - top) / (depth * PICTURE_PX as f32)).clamp(0.0, 1.0);
                self.planes.mix(y * PICTURE_PX + x, at_line.lerp(deeper, t), cover);
            }
        }
    }

    /// A ridge: heights of about `level` that vary by `height`, rough or smooth.
    fn ridge(&mut self, level: f32, height: f32, rough: f32) -> Vec<f32> {
        let mut line = vec![level; PICTURE_PX];
        let mut gain = height;
        let mut cells = 2 + self.random.below(3);
        while cells <= 128 {
            let knots: Vec<f32> = (0..=cells).map(|_| self.random.range(-gain, gain)).collect();
            for (x, value) in line.iter_mut().enumerate() {
                let at = x as f32 * cells as f32 / PICTURE_PX as f32;
                let (knot, t) = (at as usize, at.fract());
                *value += knots[knot] + (knots[knot + 1] - knots[knot]) * smoothstep(0.0, 1.0, t);
            }
            gain *= rough;
            cells *= 2;
        }
        line
    }

    /// Modulates the brightness of everything with clouds; `cells` across and down at the coarsest.
    fn mottle(&mut self, cells: [usize; 2], octaves: usize, gain: f32) {
        self.scratch.clear();
        self.scratch.resize(PICTURE_PX * PICTURE_PX, 0.0);
        add_clouds(self.scratch, self.random, cells, octaves, 0.6);
        for plane in &mut self.planes.0 {
            plane.iter_mut().zip(&*self.scratch).for_each(|(v, n)| *v *= 1.0 + gain * n);
        }
    }

    /// The last touches: out of focus, in the scene's light, within range.
    fn finish(&mut self, light: Vec3) {
        if self.random.chance(0.35) {
            let sigma = self.random.range(0.7, 6.0);
            self.planes.blur(sigma, self.scratch);
        }
        let tint = if self.random.chance(0.7) { Vec3::ONE.lerp(light.clamp(Vec3::splat(0.4), Vec3::splat(1.6)), 0.7) } else { Vec3::ONE };
        for (plane, gain) in self.planes.0.iter_mut().zip(tint.to_array()) {
            for value in plane {
                *value = (*value * gain).clamp(0.0, 1.0);
            }
        }
    }
}

/// Place of a pixel's centre in 0..1.
fn place(x: usize, y: usize) -> Vec2 {
    Vec2::new(x as f32 + 0.5, y as f32 + 0.5) / PICTURE_PX as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_fills_the_picture_within_range_and_repeats() {
        for (index, (_, scene)) in SCENES.iter().enumerate() {
            let draw = |seed| {
                let mut backdrop = PaintedBackdrop::new();
                let mut random = Random::new(seed, index as u64);
                let mut painter =
                    Brush { planes: &mut backdrop.planes, scratch: &mut backdrop.scratch, random: &mut random, saturation: 0.5 };
                scene(&mut painter);
                painter.finish(Vec3::ONE);
                backdrop.planes
            };
            for seed in 0..4 {
                let planes = draw(seed);
                assert!(planes.0.iter().flatten().all(|v| (0.0..=1.0).contains(v)), "scene {index} of seed {seed} is within range");
                assert!(planes.0 == draw(seed).0, "scene {index} of seed {seed} is the same again");
            }
            assert!(draw(1).0 != draw(2).0, "scene {index} varies");
        }
    }
}
