//! Head motion: the driver's turn, shift and growth since neutral, applied to the portrait's own pose within bounds.

use glam::{Mat3, Quat, Vec2};

use super::limits::soft_limit;
use crate::face::RigidFit;

/// Largest turn away from the portrait's own pose, in radians: about 27 degrees. Past it the picture has no pixels to show.
const TURN_RAD: f32 = 0.47;
/// Largest shift, in inter-ocular distances of the portrait: the background does not move, so the neck has to give.
const SHIFT: f32 = 0.40;
/// Largest growth or shrinkage, as a natural logarithm.
const GROWTH_LN: f32 = 0.16;

/// The portrait's pose `sitter_rest` moved as the driver moved from `neutral` to `now`; `strength` 1 moves as much as the driver did.
pub(super) fn transfer(neutral: &RigidFit, now: &RigidFit, sitter_rest: &RigidFit, strength: f32) -> RigidFit {
    let turn = Quat::from_mat3(&(now.rotation * neutral.rotation.transpose())).to_scaled_axis() * strength;
    let angle = turn.length();
    let turn = if angle > 0.0 { turn * (soft_limit(angle, TURN_RAD) / angle) } else { turn };
    let shift = (now.translation - neutral.translation) / neutral.scale * strength;
    let growth = soft_limit((now.scale / neutral.scale).ln() * strength, GROWTH_LN);
    RigidFit {
        rotation: Mat3::from_quat(Quat::from_scaled_axis(turn)) * sitter_rest.rotation,
        scale: sitter_rest.scale * growth.exp(),
        translation: sitter_rest.translation + limited(shift) * sitter_rest.scale,
        residual: now.residual,
    }
}

fn limited(shift: Vec2) -> Vec2 {
    let length = shift.length();
    if length > 0.0 { shift * (soft_limit(length, SHIFT) / length) } else { shift }
}
