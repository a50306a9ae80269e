//! Blinks: which of the driver's eyes are shut, decided without flutter, so that the portrait's lids meet when the driver's do.
//!
//! Landmark predictors never let the lids meet: they leave a shut eye about an eighth as high as it is wide, and a quick blink still more. So
//! the opening is counted from there, relative to the driver's own open eye, and an eye that was open a moment ago counts as shut earlier than
//! one that is narrowed slowly: blinks are quick, squints are not. Measured on the test clips.

use std::time::Duration;

/// Opening of a shut eye as landmarks show it: lid distance over the eye's width.
const SHUT_ASPECT: f32 = 0.12;
/// Least difference between an open eye and a shut one.
const LEAST_RANGE: f32 = 0.05;
/// Openings, from 0 (shut) to 1 (the driver's open eye), below which an eye is shut: one that was open just now, and any other.
const SHUT_IF_QUICK: f32 = 0.34;
const SHUT: f32 = 0.2;
/// How much further it must open again to be open.
const HYSTERESIS: f32 = 0.06;
/// An opening from which an eye is open for certain, and how long "just now" lasts after it.
const OPEN: f32 = 0.7;
const JUST_NOW_SECS: f32 = 0.25;
/// Seconds in which the idea of the open eye follows an eye that opens wider, and in which it sinks back to the neutral face.
const WIDEN_SECS: f32 = 0.4;
const SINK_SECS: f32 = 15.0;
/// Seconds from open to shut, and back.
const CLOSE_SECS: f32 = 0.07;
const REOPEN_SECS: f32 = 0.13;

/// The lids of both eyes, the right one first.
#[derive(Debug, Default)]
pub(super) struct Lids {
    eyes: [Eye; 2],
    last: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Eye {
    is_shut: bool,
    /// How far it has closed beyond what the landmarks show, 0 to 1.
    closure: f32,
    /// Aspect of the open eye; 0 before anything is known.
    open_aspect: f32,
    secs_since_open: f32,
}

impl Default for Eye {
    fn default() -> Self {
        Self { is_shut: false, closure: 0.0, open_aspect: 0.0, secs_since_open: f32::INFINITY }
    }
}

impl Lids {
    /// How far to close both eyes beyond what the landmarks show, 0 to 1, after a frame at `now` with these aspects (lid distance over width);
    /// `neutral` are those of the driver's neutral face.
    pub(super) fn update(&mut self, now: Duration, aspects: [f32; 2], neutral: [f32; 2]) -> [f32; 2] {
        let elapsed = self.last.replace(now).map_or(0.0, |last| now.saturating_sub(last).as_secs_f32());
        for ((eye, aspect), neutral) in self.eyes.iter_mut().zip(aspects).zip(neutral) {
            eye.update(elapsed, aspect, neutral);
        }
        self.eyes.map(|eye| eye.closure)
    }

    /// Exchanges left and right.
    pub(super) fn mirror(&mut self) {
        self.eyes.swap(0, 1);
    }
}

impl Eye {
    fn update(&mut self, elapsed: f32, aspect: f32, neutral: f32) {
        if !aspect.is_finite() || !neutral.is_finite() {
            return;
        }
        let secs = if aspect > self.open_aspect { WIDEN_SECS } else { SINK_SECS };
        let followed = self.open_aspect + (aspect - self.open_aspect) * (1.0 - (-elapsed / secs).exp());
        self.open_aspect = followed.max(neutral);
        let opening = (aspect - SHUT_ASPECT) / (self.open_aspect - SHUT_ASPECT).max(LEAST_RANGE);
        self.secs_since_open = if opening > OPEN { 0.0 } else { self.secs_since_open + elapsed };
        let limit = if self.secs_since_open < JUST_NOW_SECS { SHUT_IF_QUICK } else { SHUT };
        self.is_shut = opening < limit + if self.is_shut { HYSTERESIS } else { 0.0 };
        let step = if self.is_shut { elapsed / CLOSE_SECS } else { -elapsed / REOPEN_SECS };
        self.closure = (self.closure + step).clamp(0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEUTRAL: f32 = 0.3;

    /// Closures of the right eye for its aspects, 30 frames a second.
    fn closures(aspects: &[f32]) -> Vec<f32> {
        let mut lids = Lids::default();
        let at = |i: usize| Duration::from_secs_f32(i as f32 / 30.0);
        aspects.iter().enumerate().map(|(i, aspect)| lids.update(at(i), [*aspect; 2], [NEUTRAL; 2])[0]).collect()
    }

    /// Whether the eye begins to close, or to open, how many times.
    fn turns(closures: &[f32]) -> usize {
        let moves: Vec<f32> = closures.windows(2).map(|w| w[1] - w[0]).filter(|d| d.abs() > 1e-6).map(f32::signum).collect();
        moves.windows(2).filter(|w| w[0] * w[1] < 0.0).count() + usize::from(!moves.is_empty())
    }

    #[test]
    fn a_blink_shuts_the_eye_fully_and_once() {
        let blink = [0.3, 0.3, 0.3, 0.24, 0.15, 0.13, 0.135, 0.17, 0.22, 0.26, 0.28, 0.3, 0.3, 0.3, 0.3];
        let closures = closures(&blink);
        assert!(closures[6] > 0.99, "shut: {closures:?}");
        assert!(closures[14] < 0.01, "open again: {closures:?}");
        assert_eq!(turns(&closures), 2, "closes once and opens once: {closures:?}");
    }

    #[test]
    fn a_squint_stays_a_squint() {
        let squint: Vec<f32> =
            (0..120).map(|i| NEUTRAL - 0.1 * (i as f32 / 30.0).min(1.0) + if i % 2 == 0 { 0.006 } else { -0.006 }).collect();
        let closures = closures(&squint);
        assert!(closures.iter().all(|c| *c < 0.01), "never shut: {closures:?}");
    }

    #[test]
    fn noise_at_the_limit_makes_no_flutter() {
        let limit = SHUT_ASPECT + SHUT * (NEUTRAL - SHUT_ASPECT);
        let noisy: Vec<f32> = (0..200).map(|i| limit - 0.003 + if i % 3 == 0 { 0.006 } else { -0.002 }).collect();
        assert!(turns(&closures(&noisy)) <= 1, "one decision for all of it");
    }

    #[test]
    fn eyes_shut_for_long_stay_shut() {
        let mut aspects = vec![0.3; 10];
        aspects.extend([0.2, 0.15]);
        aspects.extend(vec![0.135; 90]);
        let closures = closures(&aspects);
        assert!(closures[20..].iter().all(|c| *c > 0.99), "shut: {closures:?}");
    }

    #[test]
    fn a_neutral_of_narrowed_eyes_learns_how_wide_they_open() {
        let mut aspects = vec![0.3; 5];
        aspects.extend(vec![0.42; 60]);
        aspects.extend([0.33, 0.2, 0.19, 0.2, 0.3, 0.42]);
        let closures = closures(&aspects);
        assert!(closures[65..].iter().any(|c| *c > 0.8), "a blink that the landmarks hardly show: {:?}", &closures[65..]);
    }
}
