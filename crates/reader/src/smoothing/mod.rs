//! Smoothing of landmarks over time.

mod one_euro;
mod parts;

use std::time::Duration;

use glam::Vec3;

use crate::canonical::CanonicalFace;
use crate::landmarks::POINTS;
use crate::region::bounds;
use one_euro::OneEuroFilter;
use parts::ByParts;

/// How landmarks are smoothed over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    /// Not at all.
    Off,
    /// As MediaPipe does it: each coordinate by itself, according to its speed.
    OneEuro,
    /// The head's motion apart from the face's, and of the face each part by itself. Less lag with about the same steadiness.
    #[default]
    ByParts,
}

/// The filters and their state.
#[derive(Debug)]
pub(crate) struct MeshSmoother {
    kind: Smoothing,
    one_euro: OneEuroFilter,
    by_parts: ByParts,
}

impl MeshSmoother {
    pub(crate) fn new(canonical: &CanonicalFace) -> Self {
        Self { kind: Smoothing::default(), one_euro: OneEuroFilter::default(), by_parts: ByParts::new(canonical) }
    }

    pub(crate) fn choose(&mut self, kind: Smoothing) {
        self.kind = kind;
        self.reset();
    }

    /// Forgets the past.
    pub(crate) fn reset(&mut self) {
        self.one_euro.reset();
        self.by_parts.reset();
    }

    pub(crate) fn smooth(&mut self, points: &[Vec3; POINTS], time: Duration) -> [Vec3; POINTS] {
        match self.kind {
            Smoothing::Off => *points,
            Smoothing::OneEuro => {
                let [low, high] = bounds(points);
                self.one_euro.smooth(points, ((high - low).element_sum() / 2.0) as f32, time)
            }
            Smoothing::ByParts => self.by_parts.smooth(points, time),
        }
    }
}
