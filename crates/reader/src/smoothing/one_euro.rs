//! The One-Euro filter, with MediaPipe's constants for face landmarks.
//!
//! Casiez, Roussel and Vogel, 1 Euro filter: A simple speed-based low-pass filter for noisy input in interactive systems, 2012.

use std::f32::consts::TAU;
use std::time::Duration;

use glam::Vec3;

use crate::landmarks::POINTS;

/// Cut-off frequency at rest and of the speed, in hertz.
const REST_HZ: f32 = 0.05;
const SPEED_HZ: f32 = 1.0;
/// How much the cut-off grows with speed, in hertz for a face size in a second.
const GROWTH: f32 = 80.0;
/// The rate that is assumed until two times are known.
const FIRST_RATE_HZ: f32 = 30.0;

/// The filter's state: one for each coordinate of each landmark.
#[derive(Clone, Debug, Default)]
pub(crate) struct OneEuro {
    state: Option<State>,
}

#[derive(Clone, Debug)]
struct State {
    time: Duration,
    raw: [Vec3; POINTS],
    smooth: [Vec3; POINTS],
    speed: [Vec3; POINTS],
}

impl OneEuro {
    /// The smoothed points. A time that is not later than the last one returns them as they are.
    pub(crate) fn smooth(&mut self, points: &[Vec3; POINTS], face_px: f32, time: Duration) -> [Vec3; POINTS] {
        let Some(state) = &mut self.state else {
            self.state = Some(State { time, raw: *points, smooth: *points, speed: [Vec3::ZERO; POINTS] });
            return *points;
        };
        let Some(passed) = time.checked_sub(state.time).filter(|passed| !passed.is_zero()) else { return *points };
        // The reference takes a first time of 0 for unknown.
        let rate = if state.time.is_zero() { FIRST_RATE_HZ } else { 1.0 / passed.as_secs_f32() };
        let share = |cutoff: Vec3| 1.0 / (1.0 + rate / (TAU * cutoff));
        let scale = rate / face_px;
        let follow = share(Vec3::splat(SPEED_HZ));
        for (i, point) in points.iter().enumerate() {
            let speed = follow * ((point - state.raw[i]) * scale) + (1.0 - follow) * state.speed[i];
            let share = share(REST_HZ + GROWTH * speed.abs());
            state.smooth[i] = share * point + (1.0 - share) * state.smooth[i];
            state.speed[i] = speed;
        }
        state.raw = *points;
        state.time = time;
        state.smooth
    }

    pub(crate) fn reset(&mut self) {
        self.state = None;
    }
}
