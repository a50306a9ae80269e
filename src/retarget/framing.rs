//! How the driver's picture is framed: what a cut or a zoom changes, and what it does not.
//!
//! A cut moves and resizes the head in the frame, though the driver has not moved. What it changes is added up, so that the head goes on from where it was. A clip
//! that begins again, or goes back to an earlier shot, shows places that were seen before: there the framing is what it was then, else each repetition would add a
//! little, and the portrait would grow or wander.

use glam::DVec3;

/// What no head does between two frames, but a cut does: a shift, in units of the shape per second, or a change of size, as a logarithm per second; frames may
/// be apart by so many seconds. Derived: the first is 1 m/s, where the outer corners of the eyes are 9 cm apart; the second, a head that comes that fast from
/// 30 cm away.
const CUT_SHIFT: f64 = 11.0;
const CUT_GROWTH_LN: f64 = 3.3;
const CUT_SECS: f32 = 0.15;
/// Places nearer to each other than this, in units of the shape and as a logarithm of sizes, are one. Chosen: more than a reader's noise, which is near 0.01, and less
/// than what editors zoom by, which is a tenth and more.
const SAME_SHIFT: f64 = 0.25;
const SAME_GROWTH_LN: f64 = 0.06;
/// Most places that are remembered.
const MOST_PLACES: usize = 256;

/// Where a head is in the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HeadPlace {
    /// Pixels for the unit of the shape.
    pub(super) scale: f64,
    /// Middle, in pixels.
    pub(super) centre: DVec3,
}

impl HeadPlace {
    /// How far apart two places are; 1 and more are not the same.
    fn distance(&self, other: &Self) -> f64 {
        let shift = self.centre.distance(other.centre) / (self.scale.max(other.scale) * SAME_SHIFT);
        shift.max((self.scale / other.scale).ln().abs() / SAME_GROWTH_LN)
    }
}

/// A change of the frame: places of one shot in pixels of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reframing {
    scale: f64,
    shift: DVec3,
}

impl Reframing {
    const NONE: Self = Self { scale: 1.0, shift: DVec3::ZERO };

    /// That which brings one place to another.
    fn between(from: &HeadPlace, to: &HeadPlace) -> Self {
        let scale = to.scale / from.scale;
        Self { scale, shift: to.centre - scale * from.centre }
    }

    /// This one after another one.
    fn after(&self, first: &Self) -> Self {
        Self { scale: self.scale * first.scale, shift: self.scale * first.shift + self.shift }
    }

    fn inverse(&self) -> Self {
        Self { scale: 1.0 / self.scale, shift: -self.shift / self.scale }
    }

    /// Where a place of the one shot is in the other.
    pub(super) fn apply(&self, place: HeadPlace) -> HeadPlace {
        HeadPlace { scale: place.scale * self.scale, centre: self.scale * place.centre + self.shift }
    }
}

/// Follows a driver's head from shot to shot.
#[derive(Clone, Debug, Default)]
pub(super) struct Shots {
    last: Option<HeadPlace>,
    /// From the first shot to the present one.
    present: Option<Reframing>,
    /// Places that were seen, and the framing then; the oldest first.
    seen: Vec<(HeadPlace, Reframing)>,
}

impl Shots {
    /// Takes the head's place in a frame that comes `elapsed` seconds after the last one; what the frame's picture was changed by, if it was cut.
    pub(super) fn see(&mut self, place: HeadPlace, elapsed: f32) -> Option<Reframing> {
        let present = self.present.unwrap_or(Reframing::NONE);
        let last = self.last.replace(place);
        let cut_from = last.filter(|last| is_cut(last, &place, elapsed));
        let framing = match cut_from {
            None => present,
            Some(last) => self.known(&place).unwrap_or_else(|| Reframing::between(&last, &place).after(&present)),
        };
        self.present = Some(framing);
        self.remember(place, framing);
        cut_from.map(|_| framing.after(&present.inverse()))
    }

    /// The framing when the head was last seen nearly there.
    fn known(&self, place: &HeadPlace) -> Option<Reframing> {
        let near = self.seen.iter().map(|(seen, framing)| (seen.distance(place), framing)).filter(|(distance, _)| *distance < 1.0);
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, framing)| *framing)
    }

    fn remember(&mut self, place: HeadPlace, framing: Reframing) {
        if self.seen.iter().any(|(seen, known)| *known == framing && seen.distance(&place) < 0.5) {
            return;
        }
        if self.seen.len() >= MOST_PLACES {
            self.seen.remove(0);
        }
        self.seen.push((place, framing));
    }
}

/// Whether no head comes from one place to the other in that time.
fn is_cut(from: &HeadPlace, to: &HeadPlace, elapsed: f32) -> bool {
    let secs = f64::from(elapsed);
    let moved = to.centre.distance(from.centre) > CUT_SHIFT * from.scale * secs;
    elapsed <= CUT_SECS && ((to.scale / from.scale).ln().abs() > CUT_GROWTH_LN * secs || moved)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_SECS: f32 = 0.04;

    /// A head that comes nearer and moves to the side for two seconds.
    fn take(zoom: f64) -> Vec<HeadPlace> {
        let at =
            |i: i32| HeadPlace { scale: zoom * (100.0 + f64::from(i)), centre: zoom * DVec3::new(300.0 + 2.0 * f64::from(i), 200.0, 0.0) };
        (0..50).map(at).collect()
    }

    /// Where a place of the first shot is after all of these.
    fn moved(shots: &mut Shots, places: &[HeadPlace], mut from: HeadPlace) -> HeadPlace {
        for place in places {
            if let Some(reframing) = shots.see(*place, FRAME_SECS) {
                from = reframing.apply(from);
            }
        }
        from
    }

    #[test]
    fn a_clip_that_begins_again_is_framed_as_before() {
        let mut shots = Shots::default();
        let neutral = HeadPlace { scale: 110.0, centre: DVec3::new(320.0, 190.0, 0.0) };
        for repetition in 0..20 {
            let now = moved(&mut shots, &take(1.0), neutral);
            assert!(now.distance(&neutral) < 1e-9, "repetition {repetition}: {now:?}");
        }
    }

    #[test]
    fn zoomed_shots_follow_each_other_without_adding_up() {
        let mut shots = Shots::default();
        let neutral = HeadPlace { scale: 110.0, centre: DVec3::new(320.0, 190.0, 0.0) };
        let mut now = neutral;
        for repetition in 0..10 {
            now = moved(&mut shots, &take(1.0), now);
            assert!(repetition == 0 || now.distance(&neutral) < 0.2, "repetition {repetition}: {now:?}");
            let zoomed = moved(&mut shots, &take(1.6), now);
            // The head is where it was in the last frame before the cut.
            let (last, first) = (take(1.0)[49], take(1.6)[0]);
            if repetition == 0 {
                let ratio = |place: HeadPlace, of: HeadPlace| place.scale / of.scale;
                assert!((ratio(zoomed, first) - ratio(neutral, last)).abs() < 1e-9, "{zoomed:?}");
            }
            now = zoomed;
        }
    }

    #[test]
    fn what_a_head_can_do_is_no_cut_and_what_comes_late_neither() {
        let mut shots = Shots::default();
        let [first, .., last] = &take(1.0)[..] else { unreachable!("fifty") };
        shots.see(*first, 0.0);
        assert_eq!(shots.see(*last, 1.0), None, "a second later");
        assert!(shots.see(*first, FRAME_SECS).is_some(), "at once");
    }
}
