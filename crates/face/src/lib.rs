//! Faces in pictures and films: the head model, detector and landmarks, the tracker, and portraits.

pub mod face;
pub mod portrait;
pub mod track;

use retrato_core::{data, scale, stills};
