//! Which driver a frame comes from, so that nothing is learnt of a new driver from a frame of the one before.

/// Which driver it is: more with every choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DriverEpoch(u64);

impl DriverEpoch {
    /// That of the driver after this one.
    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// Turns to a newer driver; whether it is one. The choice of it and its first frame come by two links, in either order.
    pub(super) fn turn_to(&mut self, other: Self) -> bool {
        let is_newer = other > *self;
        *self = other.max(*self);
        is_newer
    }
}

/// What a driver sent, or what was made of it.
#[derive(Clone, Debug)]
pub(super) struct FromDriver<T> {
    /// Which driver.
    pub(super) epoch: DriverEpoch,
    /// What.
    pub(super) value: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_late_turns_to_nobody() {
        let first = DriverEpoch::default().next();
        let mut present = DriverEpoch::default();
        assert!(present.turn_to(first) && !present.turn_to(first), "once");
        assert!(present.turn_to(first.next()), "to the next one");
        assert!(!present.turn_to(first), "and not back");
        assert_eq!(present, first.next(), "the newest");
    }
}
