//! What the processors share.

use std::ops::Range;

use glam::{Vec2, Vec3};

use super::{DARK, MOVES_PX};
use crate::{eye, lid};

/// The numbers by which every processor draws a head alike.
#[derive(Clone, Copy, Debug)]
pub struct HeadLook;

impl HeadLook {
    /// Displacements, in pixels of the picture, from which on a pixel begins to be drawn, and is drawn wholly.
    pub const MOVES_PX: Range<f32> = MOVES_PX;
    /// Places whose mean the back of a head shows, in its reach: one in the middle, and two rings round it.
    pub const BACK_STEPS: [Vec2; 9] = [
        Vec2::ZERO,
        Vec2::new(0.5, 0.2),
        Vec2::new(-0.2, 0.5),
        Vec2::new(-0.5, -0.2),
        Vec2::new(0.2, -0.5),
        Vec2::new(0.7, -0.7),
        Vec2::new(0.7, 0.7),
        Vec2::new(-0.7, 0.7),
        Vec2::new(-0.7, -0.7),
    ];
    /// The dark in a mouth next to the skin.
    pub const DARK: Vec3 = DARK;
    /// Radius that moves unstretched, in radii of the iris.
    pub const RIM: f32 = eye::RIM;
    /// What is left out next to the lids, in widths of the eye.
    pub const LASHES: f32 = eye::LASHES;
    /// Slack at rest, in widths of the eye.
    pub const SLACK: f32 = eye::SLACK;
    /// Share of the mirror in a white that is made up.
    pub const MIRRORED: f32 = eye::MIRRORED;
    /// How far a lid hides a place from which on its look begins to be made up, and is, in widths of the eye.
    pub const MADE_UP: Range<f32> = eye::MADE_UP;
    /// Radii of the iris over which it ends, and over which what is mirrored ceases to be of it.
    pub const IRIS_ENDS: Range<f32> = eye::IRIS_ENDS;
    /// See [`Self::IRIS_ENDS`].
    pub const IRIS_IS_NEAR: Range<f32> = eye::IRIS_IS_NEAR;
    /// Where a lid's skin is taken from below the eye, and this much there for each length along the lid, in widths of the eye.
    pub const SKIN_FROM: f32 = lid::SKIN_FROM;
    /// See [`Self::SKIN_FROM`].
    pub const SKIN_STEP: f32 = lid::SKIN_STEP;
    /// Heights above a lid's edge over which its light becomes that above the crease.
    pub const LIT: Range<f32> = lid::LIT;
    /// Heights above a lid's edge over which its lashes end.
    pub const LASHES_END: Range<f32> = lid::LASHES_END;
    /// Heights above a lid's edge over which the lashes that the picture shows there end.
    pub const OWN_LASHES_END: Range<f32> = lid::OWN_LASHES_END;
    /// Parts of the eye next to its corners over which lashes begin.
    pub const LASHES_BEGIN: Range<f32> = lid::LASHES_BEGIN;
    /// Shares of the way to the lid's edge over which its skin begins.
    pub const LID_BEGINS: Range<f32> = lid::BEGINS;
}
