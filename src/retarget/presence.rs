//! How present the driver is: eases between rest and motion, so that losing or finding a face never makes a jump.

use std::time::Duration;

use crate::math::smoothstep;

/// Seconds of missing face that are ridden out before the portrait starts to relax.
const PATIENCE_SECS: f32 = 0.15;
/// Seconds from full motion to rest, and back.
const EASE_SECS: [f32; 2] = [0.7, 0.3];

/// Follows the tracker's yes and no with a smooth weight.
#[derive(Debug)]
pub(super) struct Presence {
    level: f32,
    absent_secs: f32,
    last: Option<Duration>,
    ever_seen: bool,
}

impl Default for Presence {
    fn default() -> Self {
        Self { level: 0.0, absent_secs: 0.0, last: None, ever_seen: false }
    }
}

impl Presence {
    /// Weight of the driver's motion at `now`, 0 to 1.
    pub(super) fn update(&mut self, now: Duration, has_face: bool) -> f32 {
        let elapsed = self.last.replace(now).map_or(0.0, |last| now.saturating_sub(last).as_secs_f32());
        if has_face {
            self.absent_secs = 0.0;
            // The very first face starts at its neutral, which is rest already: nothing to ease.
            self.level = if self.ever_seen { (self.level + elapsed / EASE_SECS[1]).min(1.0) } else { 1.0 };
            self.ever_seen = true;
        } else {
            self.absent_secs += elapsed;
            if self.absent_secs > PATIENCE_SECS {
                self.level = (self.level - elapsed / EASE_SECS[0]).max(0.0);
            }
        }
        self.weight()
    }

    /// The weight of the last update.
    pub(super) fn weight(&self) -> f32 {
        smoothstep(0.0, 1.0, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losing_and_finding_a_face_moves_in_small_steps() {
        let mut presence = Presence::default();
        let mut levels = Vec::new();
        for frame in 0..120_u32 {
            levels.push(presence.update(Duration::from_millis(u64::from(frame) * 33), !(30..90).contains(&frame)));
        }
        assert!((levels[29] - 1.0).abs() < 1e-6, "present while tracked");
        assert!(levels[89].abs() < 1e-6, "at rest after two seconds without a face");
        assert!((levels[119] - 1.0).abs() < 1e-6, "back after one second");
        let step = levels.windows(2).skip(1).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(step < 0.2, "no jump: largest step {step}");
    }
}
