//! Takes the trembling out of tracked landmarks without slowing down what really moves.
//!
//! The landmarks are split into a similarity (place, size and tilt of the head) and what is left in the head's own frame. Each part goes
//! through a One-Euro filter (Casiez, Roussel, Vogel: "1 Euro Filter", CHI 2012): a low-pass whose cut-off rises with the speed, here the
//! common speed of a whole region in inter-ocular distances per second, so that a region stays in shape, a driver far from the camera is
//! smoothed like a near one, and a blink, far faster than the noise, passes.

use std::ops::Range;
use std::time::Duration;

use glam::Vec2;

use crate::data::{Landmarks, region};
use crate::face::Similarity;

/// Longest gap between two frames that the filter bridges; after a longer one it starts afresh.
const LONGEST_GAP: Duration = Duration::from_millis(500);

/// Filter setting of one part of the face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OneEuro {
    /// Cut-off while still, in hertz.
    pub still_hz: f32,
    /// Rise of the cut-off with the speed, in hertz per (inter-ocular distance per second).
    pub hz_per_speed: f32,
    /// Speed that is taken for noise, in inter-ocular distances per second.
    pub noise_speed: f32,
    /// Cut-off of the speed estimate itself, in hertz.
    pub speed_hz: f32,
}

/// Place, size and tilt of the head.
const HEAD: OneEuro = OneEuro { still_hz: 1.2, hz_per_speed: 30.0, noise_speed: 0.04, speed_hz: 5.0 };
/// Shape within the head's frame, region by region: jaw and brows tremble most and move least, lids and lips must stay quick.
const REGIONS: [(Range<usize>, OneEuro); 6] = [
    (region::JAW, OneEuro { still_hz: 0.8, hz_per_speed: 20.0, noise_speed: 0.1, speed_hz: 4.0 }),
    (region::BROWS, OneEuro { still_hz: 1.0, hz_per_speed: 30.0, noise_speed: 0.1, speed_hz: 5.0 }),
    (27..36, OneEuro { still_hz: 0.8, hz_per_speed: 30.0, noise_speed: 0.06, speed_hz: 4.0 }),
    (region::RIGHT_EYE, OneEuro { still_hz: 1.5, hz_per_speed: 60.0, noise_speed: 0.1, speed_hz: 10.0 }),
    (region::LEFT_EYE, OneEuro { still_hz: 1.5, hz_per_speed: 60.0, noise_speed: 0.1, speed_hz: 10.0 }),
    (region::MOUTH, OneEuro { still_hz: 1.5, hz_per_speed: 30.0, noise_speed: 0.08, speed_hz: 8.0 }),
];

/// Smooths the landmarks of one face from frame to frame.
#[derive(Clone, Debug)]
pub struct Smoother {
    strength: f32,
    last_time: Option<Duration>,
    head: Part,
    regions: [Part; REGIONS.len()],
}

impl Smoother {
    /// Strength that the settings are tuned for.
    pub const DEFAULT_STRENGTH: f32 = 0.5;

    /// A smoother of the given strength, from 0 (landmarks pass untouched) over 0.5 (tuned) to 1 (calm and slow).
    pub fn new(strength: f32) -> Self {
        let regions = REGIONS.map(|(_, setting)| Part::new(setting));
        Self { strength: strength.clamp(0.0, 1.0), last_time: None, head: Part::new(HEAD), regions }
    }

    /// Changes the strength from the next frame on.
    pub fn set_strength(&mut self, strength: f32) {
        self.strength = strength.clamp(0.0, 1.0);
    }

    /// Forgets the face, so that the next one is not pulled towards it.
    pub fn reset(&mut self) {
        *self = Self::new(self.strength);
    }

    /// The smoothed landmarks. `at` is the frame's time within its source.
    pub fn smooth(&mut self, landmarks: &Landmarks, at: Duration) -> Landmarks {
        let Some(head) = Similarity::from_template(landmarks) else { return landmarks.clone() };
        let clock = Clock::new(self.last_time, at, self.strength);
        if clock.starts() {
            self.reset();
        }
        self.last_time = Some(at);
        let size = head.turn_and_scale.length();
        let placed = self.head.filter(&[head.turn_and_scale, head.shift], size, clock);
        let steady = Similarity { turn_and_scale: placed[0], shift: placed[1] };
        let mut smoothed = landmarks.map(|p| head.invert(p));
        for ((range, _), part) in REGIONS.iter().zip(&mut self.regions) {
            let filtered = part.filter(&smoothed.0[range.clone()], 1.0, clock);
            smoothed.0[range.clone()].copy_from_slice(filtered);
        }
        smoothed.map(|p| steady.apply(p))
    }
}

/// Factor of all cut-offs: without bound at strength 0, 1 at the tuned strength, a third at 1.
fn quickness(strength: f32) -> f32 {
    (Smoother::DEFAULT_STRENGTH / strength).powf(1.6)
}

/// What all filters of one frame share.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    /// Since the last frame; 0 on the first.
    pub(super) gap_secs: f32,
    quickness: f32,
}

impl Clock {
    /// Of a frame at `at` after one at `last`.
    pub(super) fn new(last: Option<Duration>, at: Duration, strength: f32) -> Self {
        let gap = last.and_then(|last| at.checked_sub(last)).filter(|gap| *gap <= LONGEST_GAP).unwrap_or_default();
        Self { gap_secs: gap.as_secs_f32(), quickness: quickness(strength) }
    }

    /// Whether there is nothing before this frame to be smoothed with: filters start afresh.
    pub(super) fn starts(self) -> bool {
        self.gap_secs <= 0.0
    }

    /// Share of the new value in a low-pass of this cut-off.
    fn share(self, cutoff_hz: f32) -> f32 {
        let turn = std::f32::consts::TAU * cutoff_hz * self.gap_secs;
        if turn.is_finite() { turn / (turn + 1.0) } else { 1.0 }
    }
}

/// Points that are filtered with one common cut-off.
#[derive(Clone, Debug)]
pub(super) struct Part {
    setting: OneEuro,
    last_raw: Vec<Vec2>,
    speeds: Vec<Vec2>,
    values: Vec<Vec2>,
}

impl Part {
    pub(super) fn new(setting: OneEuro) -> Self {
        Self { setting, last_raw: Vec::new(), speeds: Vec::new(), values: Vec::new() }
    }

    /// Filters the points; `unit` is the distance that speeds are counted in.
    pub(super) fn filter(&mut self, raw: &[Vec2], unit: f32, clock: Clock) -> &[Vec2] {
        if self.values.len() != raw.len() || clock.starts() {
            self.values = raw.to_vec();
            self.last_raw = raw.to_vec();
            self.speeds = vec![Vec2::ZERO; raw.len()];
            return &self.values;
        }
        let share_of_speed = clock.share(self.setting.speed_hz);
        for ((speed, last), new) in self.speeds.iter_mut().zip(&mut self.last_raw).zip(raw) {
            *speed = speed.lerp((*new - *last) / (unit * clock.gap_secs), share_of_speed);
            *last = *new;
        }
        let common = (self.speeds.iter().map(|v| v.length_squared()).sum::<f32>() / self.speeds.len() as f32).sqrt();
        let excess = (common - self.setting.noise_speed).max(0.0);
        let share = clock.share((self.setting.still_hz + self.setting.hz_per_speed * excess) * clock.quickness);
        for (value, new) in self.values.iter_mut().zip(raw) {
            *value = value.lerp(*new, share);
        }
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::template;

    const FPS: f32 = 30.0;
    const INTER_OCULAR_PX: f32 = 100.0;

    fn at(frame: usize) -> Duration {
        Duration::from_secs_f32(frame as f32 / FPS)
    }

    fn face(shift: Vec2) -> Landmarks {
        Landmarks(template().map(|p| p.truncate() * INTER_OCULAR_PX + 250.0 + shift))
    }

    /// Roughly normal noise of about 0.4 px, like that of three averaged readings.
    fn trembling(face: &Landmarks, frame: usize) -> Landmarks {
        let uniform = |i: usize, k: usize| {
            let x = (((frame * 68 + i) * 7 + k) as f64 * 12.9898).sin() * 43_758.545_3;
            (x - x.floor()) as f32 - 0.5
        };
        let noise = |i: usize, k: usize| 0.8 * (uniform(i, k) + uniform(i, k + 1) + uniform(i, k + 2));
        Landmarks(std::array::from_fn(|i| face.0[i] + Vec2::new(noise(i, 0), noise(i, 3))))
    }

    fn smoothed(strength: f32, raw: &[Landmarks]) -> Vec<Landmarks> {
        let mut smoother = Smoother::new(strength);
        raw.iter().enumerate().map(|(frame, landmarks)| smoother.smooth(landmarks, at(frame))).collect()
    }

    fn jitter(run: &[Landmarks]) -> f32 {
        let second_differences = run.windows(3).flat_map(|w| (0..68).map(|i| (w[2].0[i] + w[0].0[i] - w[1].0[i] * 2.0).length()));
        second_differences.sum::<f32>() / (68 * (run.len() - 2)) as f32
    }

    /// A face that closes its eyes within two frames, keeps them shut for one, and opens them within three.
    fn blinking(frame: usize) -> Landmarks {
        let closed = match frame {
            31 | 35 => 0.5,
            32..=33 => 1.0,
            34 => 0.8,
            _ => 0.0,
        };
        let mut face = face(Vec2::ZERO);
        for (upper, lower) in [(37, 41), (38, 40), (43, 47), (44, 46)] {
            face.0[upper] = face.0[upper].lerp(face.0[lower], closed);
        }
        face
    }

    #[test]
    fn a_still_face_stays_still() {
        let raw: Vec<_> = (0..90).map(|frame| trembling(&face(Vec2::ZERO), frame)).collect();
        let share = jitter(&smoothed(Smoother::DEFAULT_STRENGTH, &raw)[10..]) / jitter(&raw[10..]);
        assert!(share < 0.3, "{share} of the jitter is left");
        let calmer = jitter(&smoothed(1.0, &raw)[10..]) / jitter(&raw[10..]);
        assert!(calmer < 0.6 * share, "full strength leaves {calmer}, the default {share}");
    }

    #[test]
    fn a_blink_passes() {
        let raw: Vec<_> = (0..60).map(|frame| trembling(&blinking(frame), frame)).collect();
        let opening = |run: &[Landmarks]| run.iter().map(|l| l.eye_aspect()[0]).collect::<Vec<_>>();
        let dip = |run: &[f32]| run[25] - run[31..37].iter().copied().fold(f32::INFINITY, f32::min);
        let (before, after) = (opening(&raw), opening(&smoothed(Smoother::DEFAULT_STRENGTH, &raw)));
        assert!(dip(&before) > 0.1, "the test blinks: {}", dip(&before));
        assert!(dip(&after) > 0.8 * dip(&before), "{} of {} is left of the blink", dip(&after), dip(&before));
        assert!((after[42] - before[42]).abs() < 0.02, "the eye is open again after a fifth of a second");
    }

    #[test]
    fn a_moving_head_is_followed_closely() {
        let speed = Vec2::new(1.5 * INTER_OCULAR_PX / FPS, 0.0);
        let raw: Vec<_> = (0..60).map(|frame| trembling(&face(speed * frame as f32), frame)).collect();
        let run = smoothed(Smoother::DEFAULT_STRENGTH, &raw);
        let lag_frames = (raw[59].centre(0..68) - run[59].centre(0..68)).x / speed.x;
        assert!((0.0..1.5).contains(&lag_frames), "{lag_frames} frames behind");
    }

    #[test]
    fn strength_zero_changes_nothing() {
        let raw: Vec<_> = (0..20).map(|frame| trembling(&blinking(frame + 25), frame)).collect();
        for (before, after) in raw.iter().zip(smoothed(0.0, &raw)) {
            assert!(before.0.iter().zip(&after.0).all(|(a, b)| a.distance(*b) < 0.01), "a point moved");
        }
    }

    #[test]
    fn after_a_pause_or_a_jump_back_in_time_it_starts_afresh() {
        let mut smoother = Smoother::new(1.0);
        smoother.smooth(&face(Vec2::ZERO), at(0));
        smoother.smooth(&face(Vec2::ZERO), at(1));
        for (frame, shift) in [(40, 100.0), (5, -80.0)] {
            let moved = face(Vec2::splat(shift));
            let got = smoother.smooth(&moved, at(frame));
            assert!(got.0[30].distance(moved.0[30]) < 0.01, "frame {frame} is pulled towards the past");
        }
    }

    #[test]
    fn a_face_far_away_is_smoothed_like_a_near_one() {
        let near: Vec<_> = (0..40).map(|frame| trembling(&blinking(frame), frame)).collect();
        let far: Vec<_> = near.iter().map(|l| l.map(|p| p * 0.25)).collect();
        let (near, far) = (smoothed(0.5, &near), smoothed(0.5, &far));
        for (a, b) in near.iter().zip(&far) {
            assert!(a.0.iter().zip(&b.0).all(|(p, q)| (*p * 0.25).distance(*q) < 0.02), "distance changes the smoothing");
        }
    }
}
