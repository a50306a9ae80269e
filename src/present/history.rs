//! The way back in the motion section: what was set before, step by step.

use crate::settings::{Controls, Motion, MotionPreset, Strengths};

/// How many steps are remembered.
const MAX_STEPS: usize = 100;
/// A slider that is moved again within so many seconds is still the same step.
const SAME_STEP_SECS: f64 = 1.0;

/// What can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MotionState {
    motion: Motion,
    mirror: bool,
    presets: Vec<MotionPreset>,
}

impl MotionState {
    pub(super) fn of(controls: &Controls, presets: &[MotionPreset]) -> Self {
        Self { motion: controls.motion(), mirror: controls.mirror, presets: presets.to_vec() }
    }

    /// The controls and presets with this put into them.
    pub(super) fn into_parts(self, controls: &Controls) -> (Controls, Vec<MotionPreset>) {
        (Controls { mirror: self.mirror, ..controls.with_motion(self.motion) }, self.presets)
    }

    /// The one slider that differs from another state; `None` where something else does, or more than one.
    fn slider_moved_to(&self, other: &Self) -> Option<usize> {
        let sliders = |Motion { strengths: s, smoothing }: &Motion| {
            let Strengths { head, eyes, gaze, brows, mouth } = *s;
            [head, eyes, gaze, brows, mouth, *smoothing]
        };
        if self.mirror != other.mirror || self.presets != other.presets {
            return None;
        }
        let (before, after) = (sliders(&self.motion), sliders(&other.motion));
        let mut moved = (0..before.len()).filter(|&n| before[n].to_bits() != after[n].to_bits());
        moved.next().filter(|_| moved.next().is_none())
    }
}

/// What was set, and what was taken back.
#[derive(Debug, Default)]
pub(super) struct History {
    past: Vec<MotionState>,
    future: Vec<MotionState>,
    /// The slider that was moved last, and when, in seconds of the window's clock.
    moving: Option<(usize, f64)>,
}

impl History {
    /// What was set is set otherwise now.
    pub(super) fn note(&mut self, before: MotionState, after: &MotionState, now_secs: f64) {
        if before == *after {
            return;
        }
        self.future.clear();
        let slider = before.slider_moved_to(after);
        let goes_on = self.moving.zip(slider).is_some_and(|((last, at), slider)| last == slider && now_secs - at < SAME_STEP_SECS);
        self.moving = slider.map(|slider| (slider, now_secs));
        if goes_on {
            return;
        }
        if self.past.len() == MAX_STEPS {
            self.past.remove(0);
        }
        self.past.push(before);
    }

    /// What was set before.
    pub(super) fn undo(&mut self, now: MotionState) -> Option<MotionState> {
        self.moving = None;
        let before = self.past.pop()?;
        self.future.push(now);
        Some(before)
    }

    /// What was taken back last.
    pub(super) fn redo(&mut self, now: MotionState) -> Option<MotionState> {
        self.moving = None;
        let again = self.future.pop()?;
        self.past.push(now);
        Some(again)
    }

    /// Another portrait has a motion of its own.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub(super) fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(head: f32, mirror: bool) -> MotionState {
        let motion = Motion { strengths: Strengths { head, ..Strengths::default() }, ..Motion::default() };
        MotionState { motion, mirror, presets: Vec::new() }
    }

    #[test]
    fn every_step_is_taken_back_and_made_again() {
        let mut history = History::default();
        let states = [state(1.0, false), state(1.5, false), state(1.5, true), state(0.5, true)];
        for (n, pair) in states.windows(2).enumerate() {
            history.note(pair[0].clone(), &pair[1], 10.0 * n as f64);
        }
        let mut now = states[3].clone();
        for before in states[..3].iter().rev() {
            now = history.undo(now).expect("a step back");
            assert_eq!(now, *before, "as it was");
        }
        assert!(history.undo(now.clone()).is_none() && !history.can_undo(), "that was the beginning");
        for after in &states[1..] {
            now = history.redo(now).expect("a step forward");
            assert_eq!(now, *after, "as it was");
        }
        now = history.undo(now).expect("back once more");
        history.note(now.clone(), &state(0.1, true), 99.0);
        assert!(!history.can_redo(), "something new takes the place of what was taken back");
    }

    #[test]
    fn a_slider_that_moves_is_one_step_until_it_rests() {
        let mut history = History::default();
        let mut now = state(1.0, false);
        let mut move_to = |history: &mut History, head: f32, at: f64| {
            let next = state(head, false);
            history.note(std::mem::replace(&mut now, next.clone()), &next, at);
        };
        for step in 0_u8..50 {
            move_to(&mut history, 1.0 + f32::from(step + 1) / 100.0, f64::from(step) * 0.5);
        }
        move_to(&mut history, 0.2, 60.0);
        assert_eq!(history.past.len(), 2, "one long drag, then another one");
        assert_eq!(history.undo(state(0.2, false)), Some(state(1.5, false)), "where it rested");
        for n in 0_u16..500 {
            history.note(state(f32::from(n), false), &state(f32::from(n) + 1.0, n % 2 == 0), f64::from(n) * 5.0);
        }
        assert_eq!(history.past.len(), MAX_STEPS, "not for ever");
    }
}
