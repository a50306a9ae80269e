//! Faults on purpose: killed and stopped while it records, disks that fill at every stage, homes that cannot be written, files that were damaged, clocks that
//! jump. `make test` runs a short form of those that are not timed; `make soak` (`RETRATO_SOAK=1`) all of them, for long.

mod disks;
#[cfg(target_os = "linux")]
mod homes;
mod live;
mod stored;
#[cfg(unix)]
mod underway;

/// How often, or for how long: the first number, or the second one in the long form.
fn scaled<T>(short: T, long: T) -> T {
    if std::env::var_os("RETRATO_SOAK").is_some_and(|value| !value.is_empty()) { long } else { short }
}

/// Repeatable numbers below a bound.
struct Dice(u32);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(bound)) >> 32) as u32
    }
}
