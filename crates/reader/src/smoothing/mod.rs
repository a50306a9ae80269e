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
        // All settings come together whenever one of them changes: the past is forgotten only for another filter.
        if kind != self.kind {
            self.kind = kind;
            self.reset();
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::tests::stand_in;

    #[test]
    fn the_same_kind_chosen_again_forgets_nothing() {
        for kind in [Smoothing::OneEuro, Smoothing::ByParts] {
            let mut smoothers = [0, 1].map(|_| MeshSmoother::new(&stand_in()));
            for picture in 0..12_u32 {
                let points = std::array::from_fn(|i| Vec3::new((7 * i % 100) as f32, (3 * i % 90) as f32, picture as f32));
                let [once, often] = smoothers.each_mut().map(|smoother| {
                    if picture == 0 {
                        smoother.choose(kind);
                    }
                    smoother
                });
                often.choose(kind);
                let time = Duration::from_millis(33 * u64::from(picture));
                assert_eq!(once.smooth(&points, time), often.smooth(&points, time), "{kind:?}, picture {picture}");
            }
        }
    }
}
