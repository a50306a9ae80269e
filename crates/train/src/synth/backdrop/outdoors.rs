//! Backdrops under the open sky: hills as behind a Renaissance sitter, leaves, towns, the sea.

use glam::{Vec2, Vec3};

use super::Brush;

/// A sky from the zenith to the horizon, with clouds; returns the colour at the horizon, which distance fades to.
fn sky(painter: &mut Brush<'_>) -> Vec3 {
    const ZENITHS: [Vec3; 6] = [
        Vec3::new(0.35, 0.55, 0.85),
        Vec3::new(0.45, 0.6, 0.65),
        Vec3::new(0.55, 0.6, 0.5),
        Vec3::new(0.25, 0.3, 0.45),
        Vec3::new(0.75, 0.7, 0.6),
        Vec3::new(0.1, 0.1, 0.2),
    ];
    let zenith = *painter.random.pick(&ZENITHS);
    let zenith = painter.near(zenith, 0.12);
    let pale = Vec3::new(painter.range(0.7, 1.0), painter.range(0.65, 0.9), painter.range(0.5, 0.9));
    let horizon = zenith.lerp(pale, painter.range(0.2, 0.9));
    painter.each(|at| zenith.lerp(horizon, (at.y * 1.7).min(1.0)));
    if painter.random.chance(0.7) {
        let gain = painter.range(0.05, 0.25);
        painter.mottle([2, 5], 5, gain);
    }
    horizon
}

/// Ridges one behind the other, paler with distance, then a plain with a road or a river, trees and rocks.
pub(super) fn hills(painter: &mut Brush<'_>) {
    let haze = sky(painter);
    let horizon = painter.range(0.3, 0.65);
    let near = Vec3::new(painter.range(0.12, 0.4), painter.range(0.15, 0.42), painter.range(0.05, 0.25));
    let ridges = 2 + painter.random.below(4);
    let rough = painter.range(0.35, 0.62);
    for ridge in 0..ridges {
        let t = (ridge + 1) as f32 / ridges as f32;
        let level = horizon - 0.12 * (1.0 - t) + 0.3 * t * t;
        let line_height = painter.range(0.03, 0.12);
        let line = painter.ridge(level, line_height, rough);
        let colour = haze.lerp(near, 0.25 + 0.75 * t);
        let colour = painter.near(colour, 0.08);
        painter.below(&line, colour, colour * 0.75, 0.25);
    }
    if painter.random.chance(0.5) {
        winding_way(painter, horizon, haze);
    }
    for _ in 0..painter.random.below(14) {
        tree(painter, horizon, near);
    }
    let gain = painter.range(0.08, 0.25);
    painter.mottle([6, 10], 4, gain);
}

/// A road or river that winds towards the viewer and grows wider.
fn winding_way(painter: &mut Brush<'_>, horizon: f32, haze: Vec3) {
    let colour = if painter.random.chance(0.5) { haze * 0.9 } else { Vec3::new(0.6, 0.5, 0.35) };
    let (start, bend, turns) = (painter.range(0.05, 0.95), painter.range(0.03, 0.2), painter.range(4.0, 14.0));
    let width = painter.range(0.05, 0.25);
    let steps = 60;
    for step in 0..steps {
        let t = step as f32 / steps as f32;
        let y = horizon + 0.05 + (1.0 - horizon) * t * t;
        let x = start + bend * (0.2 + t) * (turns * t.sqrt()).sin();
        let half = 0.004 + width * t * t;
        painter.rectangle(Vec2::new(x - half, y), Vec2::new(x + half, y + 0.02), colour, 0.7);
    }
}

/// A tree: a trunk and a crown of many soft blobs.
fn tree(painter: &mut Brush<'_>, horizon: f32, near: Vec3) {
    let depth = painter.range(0.1, 1.0);
    let foot = Vec2::new(painter.range(0.0, 1.0), horizon + 0.1 + 0.5 * depth);
    let size = 0.25 * depth * painter.range(0.4, 1.2);
    let dark = painter.near(near * 0.6, 0.3);
    painter.rectangle(foot - Vec2::new(0.04 * size, size), foot + Vec2::new(0.04 * size, 0.0), dark * 0.6, 0.9);
    for _ in 0..7 {
        let at = foot + Vec2::new(painter.random.normal(0.0, 0.22), painter.random.normal(-1.2, 0.22)) * size;
        let radius = size * painter.range(0.15, 0.4);
        let colour = painter.near(dark, 0.25);
        painter.ellipse(at, Vec2::new(radius, radius * 0.8), colour, 0.9, 0.5);
    }
}

/// Leaves or lights out of focus.
pub(super) fn leaves(painter: &mut Brush<'_>) {
    let green = Vec3::new(painter.range(0.1, 0.5), painter.range(0.2, 0.55), painter.range(0.05, 0.35));
    let base = if painter.random.chance(0.6) { green } else { painter.colour() * 0.6 };
    painter.planes.fill(base * 0.6);
    painter.mottle([3, 3], 4, 0.5);
    let (size, soft) = (painter.range(0.01, 0.06), painter.range(0.05, 0.9));
    for _ in 0..60 + painter.random.below(140) {
        let at = Vec2::new(painter.range(-0.05, 1.05), painter.range(-0.05, 1.05));
        let radius = size * painter.range(0.4, 1.8);
        let (colour, amount) = (painter.near(base * 1.1, 0.45), painter.range(0.3, 0.9));
        let flat = painter.range(0.5, 1.0);
        painter.ellipse(at, Vec2::new(radius, radius * flat), colour, amount, soft);
    }
}

/// Houses with rows of windows.
pub(super) fn town(painter: &mut Brush<'_>) {
    let haze = sky(painter);
    for layer in 0..3 {
        let mut x = painter.range(-0.2, 0.0);
        while x < 1.0 {
            let (width, top) = (painter.range(0.08, 0.3), painter.range(0.1, 0.6) + 0.08 * layer as f32);
            let wall = painter.colour() * 0.8;
            let wall = haze.lerp(wall, 0.45 + 0.25 * layer as f32);
            painter.rectangle(Vec2::new(x, top), Vec2::new(x + width, 1.0), wall, 1.0);
            windows(painter, Vec2::new(x, top), width, wall);
            x += width + painter.range(0.0, 0.08);
        }
    }
    painter.mottle([8, 8], 3, 0.08);
}

/// Rows of windows on a wall.
fn windows(painter: &mut Brush<'_>, corner: Vec2, width: f32, wall: Vec3) {
    let columns = 2 + painter.random.below(4);
    let pitch = Vec2::new(width / columns as f32, painter.range(0.05, 0.11));
    let (glass, lit) = (wall * painter.range(0.3, 0.7), Vec3::new(1.0, 0.9, 0.6));
    for row in 0..((1.0 - corner.y) / pitch.y) as usize {
        for column in 0..columns {
            let low = corner + pitch * (Vec2::new(column as f32, row as f32) + Vec2::new(0.25, 0.3));
            let colour = if painter.random.chance(0.12) { lit } else { glass };
            painter.rectangle(low, low + pitch * Vec2::new(0.5, 0.5), colour, 0.9);
        }
    }
}

/// Water to the horizon, perhaps with a shore.
pub(super) fn sea(painter: &mut Brush<'_>) {
    let haze = sky(painter);
    let horizon = painter.range(0.25, 0.6);
    let water = haze * Vec3::new(painter.range(0.3, 0.7), painter.range(0.5, 0.9), painter.range(0.6, 1.0));
    let line = vec![horizon; super::PICTURE_PX];
    painter.below(&line, haze.lerp(water, 0.5), water * 0.7, 0.6);
    for _ in 0..150 {
        let t = painter.random.unit();
        let at = Vec2::new(painter.range(0.0, 1.0), horizon + (1.0 - horizon) * t * t);
        let (size, glint) = (0.01 + 0.06 * t, painter.near(haze, 0.2));
        painter.rectangle(at, at + Vec2::new(size, 0.006 + 0.006 * t), glint, 0.35);
    }
    if painter.random.chance(0.5) {
        let (level, sand) = (painter.range(0.75, 0.95), painter.near(Vec3::new(0.75, 0.65, 0.5), 0.2));
        let shore = painter.ridge(level, 0.04, 0.4);
        painter.below(&shore, sand, sand * 0.8, 0.3);
    }
}
