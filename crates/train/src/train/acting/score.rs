//! What is made when: curves through keys for every movement, blinks, and the unrest of a living head.

use std::f32::consts::TAU;

use glam::Vec2;

use crate::data::{Coefficient, Coefficients, HeadPose};
use crate::math::smoothstep;

/// A blink: the lids fall, rest and rise, in seconds. Derived from published means of spontaneous blinks.
const FALL_SECS: f32 = 0.09;
const SHUT_SECS: f32 = 0.05;
const RISE_SECS: f32 = 0.16;

/// What is moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Channel {
    /// One movement of the face, 0 to 1.
    Of(Coefficient),
    /// The same on both sides.
    Both(Coefficient, Coefficient),
    /// Turn of the head in degrees, to the picture's right.
    Yaw,
    /// Nod in degrees, downwards.
    Pitch,
    /// Tilt in degrees, clockwise in the picture.
    Roll,
    /// Where the eyes look against the head, 1 for 30 degrees: to the picture's right.
    Aside,
    /// The same, downwards.
    Down,
}

/// The face at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Moment {
    pub(super) coefficients: Coefficients,
    pub(super) pose: HeadPose,
    pub(super) gaze: Vec2,
    /// How far the head is moved, in inter-ocular distances.
    pub(super) shift: Vec2,
}

/// What is made when.
#[derive(Clone, Debug)]
pub(super) struct Score {
    pub(super) seconds: f32,
    curves: Vec<(Channel, Vec<(f32, f32)>)>,
    blinks: Vec<f32>,
}

impl Score {
    pub(super) fn new(seconds: f32) -> Self {
        Self { seconds, curves: Vec::new(), blinks: Vec::new() }
    }

    /// Moves a part smoothly from key to key: time in seconds, and value. Before the first key and after the last one it is at rest.
    pub(super) fn play(&mut self, part: Channel, keys: &[(f32, f32)]) -> &mut Self {
        self.curves.push((part, keys.to_vec()));
        self
    }

    /// Blinks that begin at these times.
    pub(super) fn blink(&mut self, at: &[f32]) -> &mut Self {
        self.blinks.extend(at);
        self
    }

    /// The face at a time, in seconds.
    pub(super) fn at(&self, time: f32) -> Moment {
        let mut moment = Moment::default();
        let mut angles = [0.0; 3];
        let mut add = |coefficient: Coefficient, value: f32| {
            let slot = &mut moment.coefficients.0[coefficient as usize];
            *slot = (*slot + value).clamp(0.0, 1.0);
        };
        for (part, keys) in &self.curves {
            let value = between(keys, time);
            match *part {
                Channel::Of(coefficient) => add(coefficient, value),
                Channel::Both(left, right) => [left, right].into_iter().for_each(|side| add(side, value)),
                Channel::Yaw => angles[0] += value,
                Channel::Pitch => angles[1] += value,
                Channel::Roll => angles[2] += value,
                Channel::Aside => moment.gaze.x += value,
                Channel::Down => moment.gaze.y += value,
            }
        }
        let shut = self.blinks.iter().map(|at| blink(time - at)).fold(0.0, f32::max);
        let mut shut_to = |coefficient: Coefficient| {
            let slot = &mut moment.coefficients.0[coefficient as usize];
            *slot = slot.max(shut);
        };
        [Coefficient::EyeBlinkLeft, Coefficient::EyeBlinkRight].into_iter().for_each(&mut shut_to);
        // A head is never quite still. Whole waves in the length of the act, so that it can begin again.
        let wave = |count: f32, phase: f32| (TAU * (count * time / self.seconds + phase)).sin() - (TAU * phase).sin();
        angles[0] += 0.9 * wave(2.0, 0.1) + 0.3 * wave(7.0, 0.6);
        angles[1] += 0.6 * wave(3.0, 0.4) + 0.25 * wave(8.0, 0.2);
        angles[2] += 0.5 * wave(2.0, 0.7);
        moment.shift = Vec2::new(0.015 * wave(2.0, 0.3), 0.01 * wave(3.0, 0.8));
        let [yaw_rad, pitch_rad, roll_rad] = angles.map(f32::to_radians);
        moment.pose = HeadPose { yaw_rad, pitch_rad, roll_rad };
        looking(&mut moment);
        moment
    }
}

/// Sets the coefficients of where the eyes look; lids follow eyes that look up and down.
fn looking(moment: &mut Moment) {
    let Vec2 { x, y } = moment.gaze;
    for (coefficient, value) in [
        (Coefficient::EyeLookOutLeft, x),
        (Coefficient::EyeLookInRight, x),
        (Coefficient::EyeLookInLeft, -x),
        (Coefficient::EyeLookOutRight, -x),
        (Coefficient::EyeLookDownLeft, y),
        (Coefficient::EyeLookDownRight, y),
        (Coefficient::EyeLookUpLeft, -y),
        (Coefficient::EyeLookUpRight, -y),
    ] {
        moment.coefficients.0[coefficient as usize] = value.clamp(0.0, 1.0);
    }
}

/// The value between two keys, at rest (0) outside all of them.
fn between(keys: &[(f32, f32)], time: f32) -> f32 {
    let before = keys.iter().rev().find(|(at, _)| *at <= time);
    let after = keys.iter().find(|(at, _)| *at > time);
    match (before, after) {
        (Some((from, a)), Some((to, b))) => a + (b - a) * smoothstep(*from, *to, time),
        (Some((_, last)), None) => *last,
        (None, Some((_, first))) => *first,
        (None, None) => 0.0,
    }
}

/// How far lids are shut so many seconds after a blink began.
fn blink(since: f32) -> f32 {
    between(&[(0.0, 0.0), (FALL_SECS, 1.0), (FALL_SECS + SHUT_SECS, 1.0), (FALL_SECS + SHUT_SECS + RISE_SECS, 0.0)], since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_go_through_their_keys() {
        let keys = [(1.0, 0.0), (2.0, 0.8), (3.0, 0.2)];
        for (time, value) in [(0.0, 0.0), (1.0, 0.0), (1.5, 0.4), (2.0, 0.8), (3.0, 0.2), (9.0, 0.2)] {
            assert!((between(&keys, time) - value).abs() < 1e-6, "{} at {time}", between(&keys, time));
        }
    }

    #[test]
    fn a_blink_shuts_both_eyes_for_a_moment() {
        let mut score = Score::new(4.0);
        score.blink(&[1.0]);
        let shut = |time: f32| score.at(time).coefficients[Coefficient::EyeBlinkLeft];
        assert!(shut(0.9) < 1e-6 && shut(1.1) > 0.99 && shut(1.4) < 1e-6, "{} {} {}", shut(0.9), shut(1.1), shut(1.4));
        let moment = score.at(1.1);
        assert!((moment.coefficients[Coefficient::EyeBlinkRight] - shut(1.1)).abs() < 1e-6, "both");
    }

    #[test]
    fn eyes_that_look_aside_say_so_on_both_sides() {
        let mut score = Score::new(4.0);
        score.play(Channel::Aside, &[(0.0, 0.6)]).play(Channel::Down, &[(0.0, -0.4)]);
        let all = score.at(1.0).coefficients;
        assert!(all[Coefficient::EyeLookOutLeft] > 0.5 && all[Coefficient::EyeLookInRight] > 0.5, "to the person's left");
        assert!(all[Coefficient::EyeLookUpLeft] > 0.3 && all[Coefficient::EyeLookDownLeft] < 1e-6, "and up");
    }

    #[test]
    fn an_act_begins_again_without_a_jump() {
        let score = Score::new(6.0);
        let (first, last) = (score.at(0.0).pose, score.at(6.0).pose);
        assert!((first.yaw_rad - last.yaw_rad).abs() + (first.pitch_rad - last.pitch_rad).abs() < 1e-4, "{first:?} {last:?}");
    }
}
