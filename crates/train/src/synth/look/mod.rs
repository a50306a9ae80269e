//! How a picture was made: photographs new and old, oil, watercolour, engraving, pencil, cartoon, stone. One look serves both frames of a pair.
//!
//! Filters follow what is shown. Textures (grain, canvas, strokes, cracks, hatching) belong to the first frame's picture plane; the second frame has them
//! where its surface points lay in the first, so that the exact flow carries them over, just as it does when a painting comes to life.

mod drawing;
mod grade;
mod jpeg;
mod material;
mod paint;

use glam::{Vec2, Vec3};

use super::planes::Planes;
use crate::data::PICTURE_PX;
use crate::random::Random;
use drawing::Drawing;
use grade::Grade;
use material::SurfaceTexture;

/// Planes that looks work with; made once and used again.
#[derive(Clone, Debug, Default)]
pub(super) struct Workshop {
    material: Vec<f32>,
    lines: Vec<f32>,
    /// Darkest and lightest of the first frame.
    range: (f32, f32),
    work: [Vec<f32>; 6],
}

/// Everything that happens to a drawn frame before it is a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PostProcessing {
    /// Kuwahara filters one after the other, by the half width of their windows, 1..=3.
    brushes: Vec<usize>,
    /// Standard deviation of the blur, in pixels.
    blur_px: f32,
    /// How far brightness is stretched to the full range before anything else, 0..=1.
    levels: f32,
    /// Strength of sharpening, as an old enlarger or a telephone does it.
    sharpen: f32,
    grade: Grade,
    drawing: Drawing,
    material: SurfaceTexture,
    /// Darkening of the corners, 0..1.
    vignette: f32,
    /// Quality of the JPEG that it was saved as, 1 to 100; 0 for none.
    jpeg: f32,
}

/// A family of looks.
type Family = fn(&mut Random) -> PostProcessing;

/// All families with their shares among all pairs.
const FAMILIES: [(f32, Family); 8] = [
    (0.34, photograph),
    (0.12, old_photograph),
    (0.24, oil),
    (0.08, cartoon),
    (0.05, engraving),
    (0.07, pencil),
    (0.05, stone),
    (0.05, watercolour),
];

/// Those that are painted or drawn, with the same shares.
const PAINTED: [(f32, Family); 4] = [(0.24, oil), (0.05, watercolour), (0.05, engraving), (0.07, pencil)];

impl PostProcessing {
    /// A random look.
    pub(super) fn new(random: &mut Random) -> Self {
        Self::of(&FAMILIES, random)
    }

    /// A photograph, new or old.
    pub(super) fn photographed(random: &mut Random) -> Self {
        Self::of(&FAMILIES[..2], random)
    }

    /// A painting or a drawing of somebody who is no cartoon: oil, watercolour, engraving or pencil.
    pub(super) fn painted(random: &mut Random) -> Self {
        Self::of(&PAINTED, random)
    }

    fn of(families: &[(f32, Family)], random: &mut Random) -> Self {
        let total: f32 = families.iter().map(|(share, _)| share).sum();
        let mut place = random.unit() * total;
        let family = families.iter().find(|(share, _)| {
            place -= share;
            place < 0.0
        });
        family.map_or(photograph as Family, |(_, family)| *family)(random)
    }

    /// A look in which eyes and mouths can be seen from close by: a photograph, mostly, or an oil painting.
    pub(super) fn close(random: &mut Random) -> Self {
        match random.below(10) {
            0..5 => photograph(random),
            5..7 => old_photograph(random),
            7..9 => oil(random),
            _ => Self::new(random),
        }
    }

    /// Whether the second frame needs to know where its surface points lay in the first.
    pub(super) fn has_texture(&self) -> bool {
        !self.material.is_none() || self.drawing.has_lines()
    }

    /// Makes what both frames share: the textures, and the range of brightness in the first frame as it was drawn.
    pub(super) fn prepare(&self, first: &Planes, random: &mut Random, workshop: &mut Workshop) {
        workshop.range = grade::range(first);
        self.material.draw(random, &mut workshop.material);
        self.drawing.draw_lines(random, &mut workshop.lines);
    }

    /// Finishes a frame. `places` says for every pixel where it lay in the first frame, in pixels; none for the first frame itself.
    pub(super) fn apply(&self, planes: &mut Planes, places: Option<&[Vec2]>, workshop: &mut Workshop) {
        let Workshop { material, lines, range, work } = workshop;
        if self.levels > 0.0 {
            grade::stretch(planes, *range, self.levels);
        }
        for &half in &self.brushes {
            paint::kuwahara(planes, half, work);
        }
        if self.sharpen > 0.0 {
            paint::sharpen(planes, self.sharpen, work);
        }
        planes.blur(self.blur_px, &mut work[0]);
        self.grade.apply(planes);
        self.drawing.apply(planes, lines, places, work);
        if !self.material.is_none() {
            material::apply(planes, material, places);
        }
        if self.vignette > 0.0 {
            darken_corners(planes, self.vignette);
        }
        if self.jpeg > 0.0 {
            jpeg::round_trip(planes, self.jpeg as u8);
        }
        for plane in &mut planes.0 {
            for value in plane {
                *value = value.clamp(0.0, 1.0);
            }
        }
    }
}

/// A value of a texture at a place, between pixels.
fn sampled(plane: &[f32], at: Vec2) -> f32 {
    let last = (PICTURE_PX - 1) as f32;
    let at = at.clamp(Vec2::ZERO, Vec2::splat(last - 0.001));
    let (x, y) = (at.x as usize, at.y as usize);
    let (tx, ty) = (at.x - x as f32, at.y - y as f32);
    let row = &plane[y * PICTURE_PX + x..];
    let above = row[0] + (row[1] - row[0]) * tx;
    let below = row[PICTURE_PX] + (row[PICTURE_PX + 1] - row[PICTURE_PX]) * tx;
    above + (below - above) * ty
}

fn darken_corners(planes: &mut Planes, strength: f32) {
    let middle = 0.5 * (PICTURE_PX - 1) as f32;
    let squares: [f32; PICTURE_PX] = std::array::from_fn(|i| ((i as f32 - middle) / PICTURE_PX as f32).powi(2));
    for plane in &mut planes.0 {
        for (row, dy) in plane.chunks_exact_mut(PICTURE_PX).zip(squares) {
            row.iter_mut().zip(&squares).for_each(|(v, dx)| *v *= 1.0 - 2.0 * strength * (dx + dy));
        }
    }
}

/// A look that changes nothing, to build the others from.
fn bare() -> PostProcessing {
    PostProcessing {
        brushes: Vec::new(),
        blur_px: 0.0,
        levels: 0.0,
        sharpen: 0.0,
        grade: Grade::none(),
        drawing: Drawing::None,
        material: SurfaceTexture::none(),
        vignette: 0.0,
        jpeg: 0.0,
    }
}

/// Draws from `low..high` with some probability, else 0.
fn sometimes(random: &mut Random, probability: f32, low: f32, high: f32) -> f32 {
    if random.chance(probability) { random.range(low, high) } else { 0.0 }
}

fn photograph(random: &mut Random) -> PostProcessing {
    PostProcessing {
        blur_px: sometimes(random, 0.45, 0.4, 1.3),
        sharpen: sometimes(random, 0.2, 0.2, 0.9),
        grade: Grade::colour(random, 0.06),
        material: SurfaceTexture { grain: sometimes(random, 0.5, 0.01, 0.05), ..SurfaceTexture::none() },
        vignette: sometimes(random, 0.2, 0.1, 0.6),
        jpeg: sometimes(random, 0.3, 26.0, 84.0),
        levels: sometimes(random, 0.4, 0.3, 0.9),
        ..bare()
    }
}

fn old_photograph(random: &mut Random) -> PostProcessing {
    let grain = random.range(0.02, 0.12);
    PostProcessing {
        blur_px: random.range(0.3, 1.5),
        grade: Grade::toned(random, grade::Toning::Photograph),
        material: SurfaceTexture {
            grain,
            paper: sometimes(random, 0.5, 0.02, 0.08),
            scratches: sometimes(random, 0.35, 2.0, 12.0),
            ..SurfaceTexture::none()
        },
        vignette: sometimes(random, 0.5, 0.1, 0.8),
        jpeg: sometimes(random, 0.15, 39.0, 84.0),
        levels: sometimes(random, 0.6, 0.3, 1.0),
        ..bare()
    }
}

fn oil(random: &mut Random) -> PostProcessing {
    const BRUSHES: [&[usize]; 8] = [&[1], &[1], &[1], &[2], &[2], &[1, 1], &[1, 1], &[2, 1]];
    let brushes = *random.pick(&BRUSHES);
    PostProcessing {
        brushes: brushes.to_vec(),
        sharpen: sometimes(random, 0.3, 0.2, 0.6),
        grade: if random.chance(0.55) { Grade::varnish(random) } else { Grade::colour(random, 0.08) },
        material: SurfaceTexture {
            strokes: sometimes(random, 0.6, 0.02, 0.12),
            weave: sometimes(random, 0.5, 0.02, 0.07),
            cracks: sometimes(random, 0.3, 0.08, 0.4),
            grain: sometimes(random, 0.3, 0.01, 0.03),
            ..SurfaceTexture::none()
        },
        vignette: sometimes(random, 0.3, 0.1, 0.5),
        jpeg: sometimes(random, 0.2, 39.0, 84.0),
        levels: sometimes(random, 0.4, 0.2, 0.8),
        ..bare()
    }
}

fn cartoon(random: &mut Random) -> PostProcessing {
    PostProcessing {
        brushes: if random.chance(0.6) { vec![1 + random.below(2)] } else { Vec::new() },
        grade: Grade::vivid(random),
        drawing: Drawing::Cartoon {
            levels: random.range(2.5, 7.0),
            outline: sometimes(random, 0.75, 0.4, 1.0),
            width_px: random.range(0.7, 1.4),
        },
        levels: sometimes(random, 0.6, 0.5, 1.0),
        ..bare()
    }
}

fn engraving(random: &mut Random) -> PostProcessing {
    PostProcessing {
        brushes: if random.chance(0.3) { vec![1] } else { Vec::new() },
        grade: Grade::colour(random, 0.02),
        drawing: Drawing::hatching(random),
        material: SurfaceTexture { paper: random.range(0.0, 0.06), ..SurfaceTexture::none() },
        levels: random.range(0.8, 1.0),
        ..bare()
    }
}

fn pencil(random: &mut Random) -> PostProcessing {
    PostProcessing {
        grade: Grade::colour(random, 0.02),
        drawing: Drawing::pencil(random),
        material: SurfaceTexture { paper: random.range(0.02, 0.1), grain: random.range(0.0, 0.06), ..SurfaceTexture::none() },
        levels: random.range(0.7, 1.0),
        ..bare()
    }
}

fn stone(random: &mut Random) -> PostProcessing {
    PostProcessing {
        blur_px: sometimes(random, 0.3, 0.3, 0.8),
        grade: Grade::toned(random, grade::Toning::Stone),
        material: SurfaceTexture {
            paper: sometimes(random, 0.7, 0.03, 0.15),
            cracks: sometimes(random, 0.2, 0.1, 0.4),
            ..SurfaceTexture::none()
        },
        levels: random.range(0.4, 1.0),
        ..bare()
    }
}

fn watercolour(random: &mut Random) -> PostProcessing {
    PostProcessing {
        brushes: vec![*random.pick(&[1, 2, 2]), 1],
        grade: Grade::pale(random),
        drawing: Drawing::Cartoon {
            levels: random.range(4.0, 9.0),
            outline: sometimes(random, 0.4, 0.2, 0.7),
            width_px: random.range(0.7, 1.1),
        },
        material: SurfaceTexture { paper: random.range(0.03, 0.12), ..SurfaceTexture::none() },
        levels: random.range(0.3, 0.9),
        ..bare()
    }
}

/// White, for papers.
const WHITE: Vec3 = Vec3::ONE;

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Planes {
        let mut planes = Planes::new();
        for i in 0..PICTURE_PX * PICTURE_PX {
            let (x, y) = ((i % PICTURE_PX) as f32, (i / PICTURE_PX) as f32);
            let disc = if (x - 128.0).hypot(y - 128.0) < 60.0 { 0.5 } else { 0.1 };
            planes.set(i, Vec3::new(disc + x / 600.0, disc + y / 700.0, disc));
        }
        planes
    }

    fn finished(family: Family, seed: u64, places: Option<&[Vec2]>) -> Planes {
        let mut random = Random::new(seed, 5);
        let look = family(&mut random);
        let (mut planes, mut workshop) = (card(), Workshop::default());
        look.prepare(&planes, &mut random, &mut workshop);
        look.apply(&mut planes, places, &mut workshop);
        planes
    }

    #[test]
    fn every_family_stays_within_range_and_keeps_the_motif() {
        for (index, (_, family)) in FAMILIES.iter().enumerate() {
            for seed in 0..6 {
                let planes = finished(*family, seed, None);
                assert!(planes.0.iter().flatten().all(|v| (0.0..=1.0).contains(v)), "family {index}, seed {seed}: range");
                let mean = |inside: bool| {
                    let chosen = (0..PICTURE_PX * PICTURE_PX).filter(|i| {
                        let distance = ((i % PICTURE_PX) as f32 - 128.0).hypot((i / PICTURE_PX) as f32 - 128.0);
                        if inside { distance < 50.0 } else { (70.0..100.0).contains(&distance) }
                    });
                    let (sum, count) = chosen.fold((0.0, 0), |(s, n), i| (s + planes.at(i).element_sum(), n + 1));
                    sum / count as f32
                };
                assert!((mean(true) - mean(false)).abs() > 0.1, "family {index}, seed {seed}: the disc is still seen");
            }
        }
    }

    #[test]
    fn unmoved_places_give_the_same_picture_as_none() {
        let places: Vec<Vec2> = (0..PICTURE_PX * PICTURE_PX).map(|i| Vec2::new((i % PICTURE_PX) as f32, (i / PICTURE_PX) as f32)).collect();
        for (index, (_, family)) in FAMILIES.iter().enumerate() {
            let (direct, traced) = (finished(*family, 9, None), finished(*family, 9, Some(&places)));
            let inner = (0..PICTURE_PX * PICTURE_PX).filter(|i| i % PICTURE_PX < 255 && i / PICTURE_PX < 255);
            let worst = inner.map(|i| (direct.at(i) - traced.at(i)).abs().max_element()).fold(0.0, f32::max);
            assert!(worst < 2e-2, "family {index}: textures lie in the first frame's plane, {worst}");
        }
    }
}
