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
pub(crate) struct OneEuroFilter {
    state: Option<FilterState>,
}

#[derive(Clone, Debug)]
struct FilterState {
    time: Duration,
    raw: [Vec3; POINTS],
    smooth: [Vec3; POINTS],
    speed: [Vec3; POINTS],
}

impl OneEuroFilter {
    /// The smoothed points. A time that is not later than the last one returns them as they are.
    pub(crate) fn smooth(&mut self, points: &[Vec3; POINTS], face_px: f32, time: Duration) -> [Vec3; POINTS] {
        let Some(state) = &mut self.state else {
            self.state = Some(FilterState { time, raw: *points, smooth: *points, speed: [Vec3::ZERO; POINTS] });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_filtered_as_the_formula_says() {
        let mut filter = OneEuroFilter::default();
        let points = |x: f32| [Vec3::new(x, 2.0, -x); POINTS];
        let time = |i: u64| Duration::from_millis(1000 + 50 * i);
        let share = |cutoff: f32| 1.0 / (1.0 + 20.0 / (TAU * cutoff));
        assert_eq!(filter.smooth(&points(10.0), 100.0, time(0)), points(10.0), "the first passes");
        // Speeds are in face sizes in a second, low-pass filtered.
        let (mut raw, mut smooth, mut speed) = (10.0, 10.0, 0.0);
        for (i, x) in [(1, 10.5), (2, 14.0), (3, 14.0), (4, 13.9)] {
            speed = share(1.0) * ((x - raw) / 100.0 * 20.0) + (1.0 - share(1.0)) * speed;
            let follow = share(0.05 + 80.0 * f32::abs(speed));
            smooth = follow * x + (1.0 - follow) * smooth;
            raw = x;
            let got = filter.smooth(&points(x), 100.0, time(i))[7];
            assert!(got.abs_diff_eq(Vec3::new(smooth, 2.0, -smooth), 1e-4), "sample {i}: {got}, not {smooth}");
        }
        assert_eq!(filter.smooth(&points(50.0), 100.0, time(4)), points(50.0), "the same time again");
        filter.reset();
        assert_eq!(filter.smooth(&points(3.0), 100.0, time(1)), points(3.0), "after a reset");
    }
}
