//! What is decided of a frame before anything of it is made: the CPU plans, and either processor makes it.

use super::gates::Gates;
use super::layer::Layer;
use super::outline::{Outline, Square};
use super::patches::Patches;
use crate::data::Landmarks;
use crate::model::HeadFlow;

/// A picture of the person, for the kernels.
pub(super) struct PictureData<'a> {
    pub landmarks: &'a Landmarks,
    /// `[64, 64, 3]`.
    pub small: &'a [f32],
    /// `[256, 256, 3]`; empty where nothing is painted.
    pub picture: &'a [f32],
}

/// A picture of the person on its way to the wanted face.
pub(super) struct MovedPicture<'a> {
    /// Which picture; the portrait itself is the first.
    pub picture: usize,
    /// Its landmarks, in crop pixels.
    pub landmarks: &'a Landmarks,
    /// How its head moves as a whole.
    pub head: HeadFlow,
}

/// What of a frame's paint is decided.
pub(super) struct PaintPlan<'a> {
    /// The picture that is seen most, and the next.
    pub near: usize,
    pub next: Option<usize>,
    /// Where there may be paint.
    pub square: Square,
    pub outline: Outline,
    pub gates: Gates,
    /// What mouth and eyes may look like, and the same in cells of the paint.
    pub drawn: &'a Layer,
    pub drawn_fine: &'a Layer,
    pub patches: &'a Patches,
}

impl PaintPlan<'_> {
    /// The parts of the face that the generator makes.
    pub(super) fn parts(&self) -> impl Iterator<Item = Square> + '_ {
        self.patches.squares()
    }
}
