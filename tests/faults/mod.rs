//! Faults on purpose: killed and stopped while it records, disks that fill at every stage, homes that cannot be written, files that were damaged, clocks that
//! jump. `make test` runs a short form; `make soak` (`RETRATO_SOAK=1`) the long one.

use std::time::Duration;

use retrato::generate::GeneratorChoice;
use retrato::pipeline::{Pipeline, PipelineConfig};
use retrato::session::{DriverChoice, Event, PortraitChoice, Request, RequestId, Session as _};

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

/// A built-in portrait that a built-in performance moves already: a recording is refused while nothing drives.
fn driven(generator: GeneratorChoice) -> Pipeline {
    let run = Pipeline::start(PipelineConfig { generator, ..PipelineConfig::default() }, || {}).expect("a pipeline");
    run.request(Request::OpenPortrait { id: RequestId(1), choice: PortraitChoice::BuiltIn(0) });
    run.request(Request::Drive(DriverChoice::BuiltIn(0)));
    let (mut is_shown, mut is_driven) = (false, false);
    while !(is_shown && is_driven) {
        is_driven |= run.take_events().iter().any(|event| matches!(event, Event::SourceOpened(_)));
        is_shown |= run.wait_rendered(Duration::from_millis(100)).is_some_and(|frame| frame.portrait == RequestId(1));
    }
    run
}

/// Repeatable numbers below a bound.
struct Dice(u32);

impl Dice {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(bound)) >> 32) as u32
    }
}
