//! Measures an adapter against the CPU, and says for how long that holds.

use super::policy;
use crate::compose::compare_executors;
use crate::generate::network_trial;
use crate::gpu::{AdapterDescription, Gpu, TrialMs};
use crate::settings::MeasuredAdapter;

/// The program's version, as measurements are remembered by it: unoptimised code is slower on the CPU alone.
const PROGRAM: &str = if cfg!(debug_assertions) { concat!(env!("CARGO_PKG_VERSION"), ", unoptimised") } else { env!("CARGO_PKG_VERSION") };

/// Times the composition of a picture, and the networks where the adapter may run them; those are left out when they cannot be run.
pub(super) fn measure(gpu: &Gpu) -> MeasuredAdapter {
    let composition = compare_executors(&gpu.device, &gpu.queue);
    let networks_ms = policy::may_run_networks(&gpu.info).then(|| network_trial(gpu)).and_then(|trial| {
        let failed = |error| tracing::warn!("the networks could not be measured on {}: {error}", gpu.info.name);
        trial.map_err(failed).ok().map(|[cpu, gpu]| TrialMs { cpu, gpu })
    });
    MeasuredAdapter {
        adapter: name_of(&gpu.info),
        driver: gpu.info.driver.clone(),
        program: PROGRAM.to_owned(),
        cpu_ms: composition.cpu,
        gpu_ms: composition.gpu,
        networks_ms,
    }
}

/// Whether an earlier measurement holds for this adapter with the driver and the program that there are now, and has all that is needed. What could not
/// be measured is tried again.
pub(super) fn holds_for(known: &MeasuredAdapter, adapter: &AdapterDescription) -> bool {
    let same = known.adapter == name_of(adapter) && known.driver == adapter.driver && known.program == PROGRAM;
    same && (known.networks_ms.is_some() || !policy::may_run_networks(adapter))
}

fn name_of(adapter: &AdapterDescription) -> String {
    format!("{} ({})", adapter.name, adapter.backend)
}
