//! Backdrops without things: colours, gradients, painted cloth, stripes, and wild shapes that keep a network from trusting any background.

use glam::{Vec2, Vec3};

use super::super::planes::add_clouds;
use super::{Brush, place};
use crate::data::PICTURE_PX;

/// One even colour, sometimes white or black.
pub(super) fn one_colour(painter: &mut Brush<'_>) {
    let colour = match painter.random.below(5) {
        0 => Vec3::splat(painter.range(0.85, 1.0)),
        1 => Vec3::splat(painter.range(0.0, 0.1)),
        _ => painter.colour(),
    };
    painter.planes.fill(colour);
    if painter.random.chance(0.5) {
        painter.mottle([3, 3], 5, 0.06);
    }
}

/// Two colours in any direction.
pub(super) fn gradient(painter: &mut Brush<'_>) {
    let (from, to, angle) = (painter.colour(), painter.colour(), painter.range(0.0, std::f32::consts::TAU));
    painter.ramp(from, to, angle);
    if painter.random.chance(0.6) {
        let gain = painter.range(0.05, 0.3);
        painter.mottle([2, 2], 5, gain);
    }
}

/// A photographer's cloth: light in the middle, mottled.
pub(super) fn studio(painter: &mut Brush<'_>) {
    let (base, gain) = (painter.colour() * 0.7, painter.range(0.08, 0.4));
    let (centre, width) = (Vec2::new(painter.range(0.2, 0.8), painter.range(0.1, 0.7)), painter.range(0.3, 0.9));
    let (bright, dark) = (painter.range(1.0, 1.7), painter.range(0.3, 0.9));
    painter.each(|at| base * (dark + (bright - dark) * (-((at - centre) / width).length_squared()).exp()));
    painter.mottle([3, 3], 5, gain);
}

/// The brown dark of old portraits, lighter on one side.
pub(super) fn old_master(painter: &mut Brush<'_>) {
    let warm = Vec3::new(1.0, painter.range(0.7, 0.95), painter.range(0.4, 0.85));
    let (low, high) = (painter.range(0.02, 0.12), painter.range(0.12, 0.4));
    let angle = painter.range(0.0, std::f32::consts::TAU);
    painter.ramp(warm * low, warm * high, angle);
    let gain = painter.range(0.1, 0.35);
    painter.mottle([2, 3], 6, gain);
}

/// Colour clouds, from soft to wild.
pub(super) fn clouds(painter: &mut Brush<'_>) {
    let base = painter.colour();
    painter.planes.fill(base);
    let (gain, octaves, cells) = (painter.range(0.15, 0.7), 2 + painter.random.below(5), 2 + painter.random.below(4));
    let one_noise = painter.random.chance(0.5);
    if one_noise {
        return painter.mottle([cells, cells], octaves, gain);
    }
    for plane in &mut painter.planes.0 {
        painter.scratch.clear();
        painter.scratch.resize(PICTURE_PX * PICTURE_PX, 0.0);
        add_clouds(painter.scratch, painter.random, [cells, cells], octaves, 0.6);
        plane.iter_mut().zip(&*painter.scratch).for_each(|(v, n)| *v += 0.6 * gain * n);
    }
}

/// Boxes and ellipses thrown on a gradient.
pub(super) fn shapes(painter: &mut Brush<'_>) {
    gradient(painter);
    for _ in 0..=painter.random.below(14) {
        let (colour, amount) = (painter.colour(), painter.range(0.3, 1.0));
        let low = Vec2::new(painter.range(-0.2, 1.0), painter.range(-0.2, 1.0));
        let size = Vec2::new(painter.range(0.02, 0.6), painter.range(0.02, 0.8));
        if painter.random.chance(0.6) {
            painter.rectangle(low, low + size, colour, amount);
        } else {
            painter.ellipse(low, size / 2.0, colour, amount, 0.02);
        }
    }
}

/// Stripes or checks of any width, straight or waved.
pub(super) fn stripes(painter: &mut Brush<'_>) {
    let (from, to) = (painter.colour(), painter.colour());
    let along = Vec2::from_angle(painter.range(0.0, std::f32::consts::PI)) * painter.range(4.0, 40.0) * std::f32::consts::TAU;
    let (hard, wave, checks) = (painter.range(1.0, 8.0), painter.range(0.0, 0.04), painter.random.chance(0.3));
    let place_of = |at: Vec2| at + Vec2::new((at.y * 19.0).sin(), (at.x * 23.0).sin()) * wave;
    for y in 0..PICTURE_PX {
        for x in 0..PICTURE_PX {
            let at = place_of(place(x, y));
            let across = if checks { at.dot(along).sin() * at.dot(along.perp()).sin() } else { at.dot(along).sin() };
            let t = (0.5 + 0.5 * hard * across).clamp(0.0, 1.0);
            painter.planes.set(y * PICTURE_PX + x, from.lerp(to, t));
        }
    }
    let gain = painter.range(0.0, 0.2);
    painter.mottle([2, 2], 4, gain);
}
