//! Drawings: cartoons with outlines, engravings in hatched lines, pencil and chalk.

use std::f32::consts::{PI, TAU};

use glam::{Vec2, Vec3};

use super::super::planes::{AREA, BRIGHTNESS, Planes, add_hills, blur};
use super::{WHITE, sampled};
use crate::data::PICTURE_PX;
use crate::random::Random;

/// A way to draw what is shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Drawing {
    /// As it is.
    None,
    /// Few tones, and dark lines at edges.
    Cartoon {
        /// Tones from dark to light.
        levels: f32,
        /// Strength of the outline, 0..=1.
        outline: f32,
        /// Half width of the outline in pixels.
        width_px: f32,
    },
    /// Ink lines, the wider the darker.
    Hatching {
        /// Colour of the lines.
        ink: Vec3,
        /// Colour between them.
        paper: Vec3,
        /// Distance between lines in pixels.
        pitch_px: f32,
        /// Whether a second set of lines crosses the first in the dark.
        crossed: bool,
        /// How much of the picture's own colours shines through, 0..1.
        wash: f32,
    },
    /// Soft lines at edges over soft tones.
    Pencil {
        /// Colour of the pencil or chalk.
        ink: Vec3,
        /// Colour of the paper.
        paper: Vec3,
        /// Strength of the tones between lines, 0..1.
        tone: f32,
        /// Strength of strokes in the tones, 0..1.
        strokes: f32,
    },
}

impl Drawing {
    /// Ink or sanguine lines on white or yellowed paper.
    pub(super) fn hatching(random: &mut Random) -> Self {
        let (ink, paper) = materials(random);
        Self::Hatching {
            ink,
            paper,
            pitch_px: random.range(2.4, 4.8),
            crossed: random.chance(0.5),
            wash: if random.chance(0.3) { random.range(0.1, 0.5) } else { 0.0 },
        }
    }

    /// Pencil, charcoal or chalk on paper.
    pub(super) fn pencil(random: &mut Random) -> Self {
        let (ink, paper) = materials(random);
        Self::Pencil { ink, paper, tone: random.range(0.3, 0.9), strokes: random.range(0.0, 0.5) }
    }

    /// Whether it draws with a pattern of lines.
    pub(super) fn has_lines(&self) -> bool {
        matches!(self, Self::Hatching { .. } | Self::Pencil { .. })
    }

    /// Draws the pattern of lines of the first frame: 0 in the middle of a line to 1 halfway to the next.
    pub(super) fn draw_lines(&self, random: &mut Random, lines: &mut Vec<f32>) {
        let (pitch, crossed) = match self {
            Self::Hatching { pitch_px, crossed, .. } => (*pitch_px, *crossed),
            Self::Pencil { .. } => (random.range(2.5, 5.0), false),
            _ => return,
        };
        lines.clear();
        lines.resize(AREA, 0.0);
        // Lines swing with the hills, as an engraver's follow a form.
        let swing = random.range(0.5, 6.0);
        add_hills(lines, random, [4, 4], swing);
        let angle = random.range(0.0, PI);
        let (along, across) = (Vec2::from_angle(angle) / pitch, Vec2::from_angle(angle + random.range(0.7, 1.6)) / pitch);
        for (index, line) in lines.iter_mut().enumerate() {
            let at = Vec2::new((index % PICTURE_PX) as f32, (index / PICTURE_PX) as f32);
            let wave = |direction: Vec2| 0.5 + 0.5 * (TAU * (at.dot(direction) + *line / pitch)).cos();
            let first = wave(along);
            // The crossing lines only matter where it is dark.
            *line = if crossed { first.min(0.45 + 0.55 * wave(across)) } else { first };
        }
    }

    /// Draws the picture.
    pub(super) fn apply(&self, planes: &mut Planes, lines: &[f32], places: Option<&[Vec2]>, work: &mut [Vec<f32>; 6]) {
        match self {
            Self::None => {}
            Self::Cartoon { levels, outline, width_px } => {
                if *outline > 0.0 {
                    edges(planes, *width_px, work);
                }
                posterise(planes, *levels);
                if *outline > 0.0 {
                    for plane in &mut planes.0 {
                        plane.iter_mut().zip(&work[0]).for_each(|(v, edge)| *v *= 1.0 - outline * edge);
                    }
                }
            }
            Self::Hatching { ink, paper, wash, .. } => hatch(planes, lines, places, [*ink, *paper], *wash),
            Self::Pencil { ink, paper, tone, strokes } => {
                edges(planes, 0.8, work);
                sketch(planes, &work[0], lines, places, [*ink, *paper], [*tone, *strokes]);
            }
        }
    }
}

/// Ink and paper.
fn materials(random: &mut Random) -> (Vec3, Vec3) {
    const INKS: [Vec3; 4] =
        [Vec3::new(0.08, 0.07, 0.07), Vec3::new(0.25, 0.15, 0.08), Vec3::new(0.5, 0.2, 0.12), Vec3::new(0.15, 0.18, 0.3)];
    let yellowed = Vec3::new(0.92, 0.85, 0.7);
    let (ink, paper) = (*random.pick(&INKS), WHITE.lerp(yellowed, random.unit()) * random.range(0.8, 1.0));
    (ink, paper)
}

/// How much every pixel is dark line between lighter sides, 0..=1, into the first work plane: a difference of Gaussians of the brightness.
fn edges(planes: &Planes, width_px: f32, work: &mut [Vec<f32>; 6]) {
    let [fine, coarse, scratch, ..] = work;
    planes.brightness(fine);
    coarse.clear();
    coarse.extend_from_slice(fine);
    blur(fine, width_px, scratch);
    blur(coarse, 1.6 * width_px, scratch);
    for (f, c) in fine.iter_mut().zip(&*coarse) {
        *f = ((*c - *f) * 18.0 / (0.25 + *c) - 0.25).clamp(0.0, 1.0);
    }
}

/// Brings brightness to few steps and keeps the hue.
fn posterise(planes: &mut Planes, levels: f32) {
    let [red, green, blue] = &mut planes.0;
    for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
        let brightness = BRIGHTNESS.x * *r + BRIGHTNESS.y * *g + BRIGHTNESS.z * *b;
        let at = brightness * levels;
        let step = at as u32 as f32;
        // The last eighth of a step rises to the next: no jagged borders.
        let level = (step + ((at - step - 0.8) * 5.0).clamp(0.0, 1.0) + 0.35) / levels;
        let gain = (level / brightness.max(0.02)).min(6.0);
        *r *= gain;
        *g *= gain;
        *b *= gain;
    }
}

/// The lines' pattern at a pixel.
fn line_at(lines: &[f32], places: Option<&[Vec2]>, index: usize) -> f32 {
    places.map_or_else(|| lines[index], |places| sampled(lines, places[index]))
}

fn hatch(planes: &mut Planes, lines: &[f32], places: Option<&[Vec2]>, [ink, paper]: [Vec3; 2], wash: f32) {
    for index in 0..AREA {
        let colour = planes.at(index);
        let darkness = 1.0 - colour.dot(BRIGHTNESS).clamp(0.0, 1.0);
        // A line as wide as the darkness, with soft sides.
        let cover = ((darkness * 1.1 - 0.05 - line_at(lines, places, index)) * 3.0 + 0.5).clamp(0.0, 1.0);
        let ground = paper.lerp(paper * colour * 1.3, wash);
        planes.set(index, ground.lerp(ink, cover));
    }
}

fn sketch(planes: &mut Planes, edges: &[f32], lines: &[f32], places: Option<&[Vec2]>, [ink, paper]: [Vec3; 2], [tone, strokes]: [f32; 2]) {
    for (index, edge) in edges.iter().enumerate() {
        let darkness = 1.0 - planes.at(index).dot(BRIGHTNESS).clamp(0.0, 1.0);
        let shade = tone * darkness * (1.0 - strokes * line_at(lines, places, index));
        planes.set(index, paper.lerp(ink, (shade + 0.8 * edge).min(1.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posterised_greys_have_few_levels() {
        let mut planes = Planes::new();
        for i in 0..AREA {
            planes.set(i, Vec3::splat(i as f32 / AREA as f32));
        }
        posterise(&mut planes, 4.0);
        let mut levels: Vec<i32> = (0..AREA).step_by(97).map(|i| (planes.at(i).x * 50.0).round() as i32).collect();
        levels.sort_unstable();
        let mut counts = std::collections::BTreeMap::new();
        for level in &levels {
            *counts.entry(*level).or_insert(0) += 1;
        }
        let common = counts.values().filter(|&&n| n > levels.len() / 10).count();
        assert!((3..=5).contains(&common), "four flat tones, found {common}");
    }

    #[test]
    fn hatching_is_darker_where_the_picture_is() {
        let mut planes = Planes::new();
        for i in 0..AREA {
            planes.set(i, Vec3::splat(if i % PICTURE_PX < 128 { 0.15 } else { 0.85 }));
        }
        let mut random = Random::new(2, 2);
        let drawing = Drawing::hatching(&mut random);
        let mut lines = Vec::new();
        drawing.draw_lines(&mut random, &mut lines);
        drawing.apply(&mut planes, &lines, None, &mut Default::default());
        let mean = |columns: std::ops::Range<usize>| -> f32 {
            (0..AREA).filter(|i| columns.contains(&(i % PICTURE_PX))).map(|i| planes.at(i).element_sum()).sum::<f32>() / AREA as f32
        };
        assert!(mean(0..128) < 0.7 * mean(128..256), "{} against {}", mean(0..128), mean(128..256));
    }
}
