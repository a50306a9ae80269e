//! Backdrops under a roof: rooms with windows and pictures, shelves, bricks and tiles, wallpaper, curtains.

use glam::{Vec2, Vec3};

use super::Brush;
use crate::data::PICTURE_PX;

/// A wall with its floor, corner, window, door and pictures, each there or not.
pub(super) fn room(painter: &mut Brush<'_>) {
    let wall = painter.colour() * 0.85;
    let fall = painter.range(0.3, 0.9);
    let angle = painter.range(0.0, std::f32::consts::TAU);
    painter.ramp(wall, wall * fall, angle);
    if painter.random.chance(0.5) {
        let (edge, shade) = (painter.range(0.05, 0.95), painter.range(0.55, 1.25));
        painter.rectangle(Vec2::new(edge, 0.0), Vec2::ONE, (wall * fall * shade).min(Vec3::ONE), 0.8);
    }
    if painter.random.chance(0.5) {
        let (level, floor) = (painter.range(0.6, 0.95), painter.near(Vec3::new(0.4, 0.28, 0.18), 0.3));
        painter.rectangle(Vec2::new(0.0, level), Vec2::ONE, floor, 1.0);
        painter.rectangle(Vec2::new(0.0, level - 0.02), Vec2::new(1.0, level), (wall * 1.2).min(Vec3::ONE), 0.9);
    }
    if painter.random.chance(0.55) {
        window(painter);
    }
    if painter.random.chance(0.3) {
        let (left, wood) = (painter.range(-0.1, 0.9), painter.near(Vec3::new(0.45, 0.3, 0.2), 0.3));
        let width = painter.range(0.2, 0.4);
        painter.rectangle(Vec2::new(left, 0.1), Vec2::new(left + width, 1.0), wood, 1.0);
        painter.rectangle(Vec2::new(left + 0.03, 0.15), Vec2::new(left + width - 0.03, 0.5), wood * 0.85, 1.0);
    }
    for _ in 0..painter.random.below(5) {
        framed(painter);
    }
    painter.mottle([4, 4], 5, 0.06);
}

/// A bright window with bars.
fn window(painter: &mut Brush<'_>) {
    let low = Vec2::new(painter.range(-0.2, 0.9), painter.range(-0.1, 0.3));
    let size = Vec2::new(painter.range(0.15, 0.45), painter.range(0.3, 0.7));
    let (frame, light) = (painter.colour() * 0.8, painter.near(Vec3::new(0.85, 0.9, 0.95), 0.12));
    painter.rectangle(low - 0.02, low + size + 0.02, frame, 1.0);
    painter.rectangle(low, low + size, light, 1.0);
    let (columns, rows) = (1 + painter.random.below(3), 1 + painter.random.below(4));
    for column in 1..columns {
        let x = low.x + size.x * column as f32 / columns as f32;
        painter.rectangle(Vec2::new(x - 0.006, low.y), Vec2::new(x + 0.006, low.y + size.y), frame, 1.0);
    }
    for row in 1..rows {
        let y = low.y + size.y * row as f32 / rows as f32;
        painter.rectangle(Vec2::new(low.x, y - 0.006), Vec2::new(low.x + size.x, y + 0.006), frame, 1.0);
    }
}

/// A picture in its frame.
fn framed(painter: &mut Brush<'_>) {
    let low = Vec2::new(painter.range(-0.1, 1.0), painter.range(-0.1, 0.6));
    let size = Vec2::new(painter.range(0.08, 0.3), painter.range(0.08, 0.3));
    let (frame, paper, motif) = (painter.colour() * 0.6, painter.colour(), painter.colour());
    painter.rectangle(low - 0.015, low + size + 0.015, frame, 1.0);
    painter.rectangle(low, low + size, paper, 1.0);
    let centre = low + size * Vec2::new(painter.range(0.3, 0.7), painter.range(0.3, 0.7));
    painter.ellipse(centre, size * 0.25, motif, 0.9, 0.1);
}

/// Books and boxes on boards.
pub(super) fn shelves(painter: &mut Brush<'_>) {
    let wood = painter.near(Vec3::new(0.38, 0.26, 0.16), 0.35);
    painter.planes.fill(wood * 0.35);
    let (pitch, board) = (painter.range(0.16, 0.34), painter.range(0.012, 0.03));
    let mut y = painter.range(-0.2, 0.0);
    while y < 1.0 {
        let floor = y + pitch - board;
        let mut x = painter.range(-0.05, 0.0);
        while x < 1.0 {
            let (width, height) = (painter.range(0.012, 0.05), pitch * painter.range(0.55, 0.92));
            if painter.random.chance(0.92) {
                let colour = painter.colour() * 0.75;
                painter.rectangle(Vec2::new(x, floor - height), Vec2::new(x + width, floor), colour, 1.0);
                let band = floor - height * painter.range(0.6, 0.9);
                painter.rectangle(Vec2::new(x, band), Vec2::new(x + width, band + 0.015), (colour * 1.6).min(Vec3::ONE), 0.6);
            }
            x += width + 0.004;
        }
        painter.rectangle(Vec2::new(0.0, floor), Vec2::new(1.0, floor + board), wood, 1.0);
        y += pitch;
    }
    painter.mottle([4, 4], 3, 0.12);
}

/// Bricks or tiles with joints.
pub(super) fn bricks(painter: &mut Brush<'_>) {
    let base = if painter.random.chance(0.5) { Vec3::new(0.55, 0.3, 0.22) } else { painter.colour() };
    let joint = painter.colour() * 0.8;
    painter.planes.fill(joint);
    let size = Vec2::new(painter.range(0.06, 0.2), painter.range(0.03, 0.12));
    let (gap, shift, spread) = (painter.range(0.004, 0.012), painter.range(0.0, 0.5), painter.range(0.03, 0.2));
    for row in 0..=(1.0 / size.y) as usize {
        let offset = if row % 2 == 1 { shift * size.x } else { 0.0 };
        for column in 0..(1.0 / size.x) as usize + 2 {
            let low = Vec2::new(column as f32 * size.x - offset, row as f32 * size.y);
            let colour = painter.near(base, spread);
            painter.rectangle(low, low + size - gap, colour, 1.0);
        }
    }
    painter.mottle([5, 5], 5, 0.15);
}

/// A motif that repeats.
pub(super) fn wallpaper(painter: &mut Brush<'_>) {
    let (ground, motif) = (painter.colour(), painter.colour());
    painter.planes.fill(ground);
    let (pitch, amount) = (painter.range(0.06, 0.25), painter.range(0.3, 1.0));
    let petals: Vec<(Vec2, Vec2)> = (0..3 + painter.random.below(5))
        .map(|_| {
            let at = Vec2::new(painter.random.range(-0.3, 0.3), painter.random.range(-0.3, 0.3));
            (at, Vec2::new(painter.random.range(0.05, 0.25), painter.random.range(0.05, 0.25)))
        })
        .collect();
    let count = (1.0 / pitch) as usize + 2;
    for row in 0..count {
        for column in 0..count {
            let stagger = if row % 2 == 1 { 0.5 } else { 0.0 };
            let centre = Vec2::new(column as f32 + stagger, row as f32) * pitch;
            for (at, radii) in &petals {
                painter.ellipse(centre + *at * pitch, *radii * pitch, motif, amount, 0.3);
            }
        }
    }
    painter.mottle([2, 2], 4, 0.1);
}

/// Cloth in folds.
pub(super) fn curtain(painter: &mut Brush<'_>) {
    let cloth = painter.colour() * 0.8;
    let folds = painter.ridge(0.0, 0.5, 0.75);
    let (sway, depth) = (painter.range(0.0, 0.15), painter.range(0.5, 1.0));
    painter.each(|at| {
        let x = (at.x + sway * (at.y - 0.5) * (at.x - 0.5)).clamp(0.0, 0.999);
        let fold = folds[(x * PICTURE_PX as f32) as usize];
        cloth * (1.0 + depth * fold).clamp(0.1, 1.5)
    });
    painter.mottle([2, 2], 4, 0.1);
}
